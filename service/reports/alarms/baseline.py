"""How many messages of each theme and place are to be expected, and how far counts usually stray from that.

The level is a mean of the past in which older days weigh less; days of the week and, once there is more than a year,
the season of last year are taken into account, each series' own as far as it has messages enough and that of all
messages for the rest. How far counts stray beyond chance is learnt from how the same forecast did on earlier days, so
it holds unsteady days, an unsteady level and the forecast's own errors alike.

Arrays are (..., places, themes). Theme 0 is all messages of a place, place 0 all places.
"""

from __future__ import annotations

from collections import deque
from typing import Final

import numpy as np
import numpy.typing as npt

from service.reports.alarms.surprise import Numbers

WINDOWS: Final = (1, 2, 3, 4, 5, 7, 10, 14)
"""Days whose sum is held against what was to be expected."""

YEAR: Final = 364
"""Whole weeks."""

_LEVEL: Final = 0.5 ** (1 / 35)
_STRAYING: Final = 0.5 ** (1 / 90)
_WEEK: Final = 0.5 ** (1 / 120)
_AROUND: Final = 14
"""Days to both sides over which last year's season is smoothed."""

_WEEK_TRUST: Final = 150.0
_SEASON_TRUST: Final = 400.0
"""Messages of its own that weigh as much as the pattern of all."""

_CAP: Final = 9.0
"""Squared deviations count up to so many variances: an outbreak of the past should not hide the next one."""


def seasons(counts: npt.NDArray[np.floating]) -> npt.NDArray[np.float32]:
    """Say how each day (D, ..., places, themes) compares with its year, by the year before it.

    Before there is a year the first known value stands, which changes nothing: only differences matter.
    """
    days, first = len(counts), YEAR + _AROUND
    found: npt.NDArray[np.float32] = np.ones(counts.shape, np.float32)
    if days <= first:
        return found
    summed = np.concatenate([np.zeros((1, *counts.shape[1:])), np.cumsum(counts, axis=0)])
    width = 2 * _AROUND + 1
    now = np.arange(first, days)
    # The smoothed days end before today, so that nothing is known here that was not known then.
    there = (summed[now - YEAR + _AROUND + 1] - summed[now - YEAR - _AROUND]) / width
    usual = (summed[now] - summed[now - YEAR]) / YEAR
    all_of_it = (there[..., :1, :1] + 0.1) / (usual[..., :1, :1] + 0.1)
    own = (there * width + _SEASON_TRUST * all_of_it) / (usual * width + _SEASON_TRUST)
    found[first:] = np.clip(own, 0.5, 2.0)
    found[:first] = found[first]
    return found


class Baseline:
    """Goes from day to day. Before a day is told of, it says what that day and those before it should have brought."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        self._shape = shape
        self._came = np.zeros(shape)
        self._weight = np.zeros(shape)
        self._weekdays = np.zeros((7, *shape))
        self._moments = np.zeros((len(WINDOWS), *shape))
        self._squares = np.zeros((len(WINDOWS), *shape))
        zero = np.zeros(shape)
        self._past: deque[tuple[Numbers, Numbers, Numbers]] = deque([(zero, zero, zero)], maxlen=WINDOWS[-1] + 1)
        """Newest last: counts and day factors since the start, and the level, at the end of each day."""
        self.days = 0

    def step(self, counts: Numbers, weekday: int, season: npt.NDArray[np.floating]) -> tuple[Numbers, Numbers, Numbers]:
        """Take one more day; returns counts, expected counts and spreads (`surprise`) of windows that end with it.

        Each is (windows, ..., places, themes). What is expected rests on the days before its window alone.
        """
        factor = self._factor(weekday) * season
        came, factors, _ = self._past[-1]
        self._past.append((came + counts, factors + factor, self._learn(counts, factor, weekday)))
        self.days += 1
        past = [self._past[max(-len(self._past), -1 - window)] for window in WINDOWS]
        newest = self._past[-1]
        seen = np.stack([newest[0] - before[0] for before in past])
        expected = np.stack([before[2] * (newest[1] - before[1]) for before in past])
        spread = self._spread()
        if self.days > 3 * WINDOWS[-1]:
            self._stray(seen, expected, spread)
        return seen, expected, spread

    def _factor(self, weekday: int) -> Numbers:
        total = self._weekdays.sum(axis=0)
        common = (self._weekdays[..., :, :1] + 5.0) / (total[..., :, :1] + 35.0)
        return np.asarray(
            7.0 * (self._weekdays[weekday] + _WEEK_TRUST * common[weekday]) / (total + _WEEK_TRUST), np.float64
        )

    def _learn(self, counts: Numbers, factor: Numbers, weekday: int) -> Numbers:
        self._came = self._came * _LEVEL + counts
        self._weight = self._weight * _LEVEL + factor
        self._weekdays *= _WEEK
        self._weekdays[weekday] += counts
        return np.asarray((self._came + 0.5) / np.maximum(self._weight, 1e-9), np.float64)

    def _stray(self, seen: Numbers, expected: Numbers, spread: Numbers) -> None:
        variance = expected + spread * expected**2
        square = np.minimum((seen - expected) ** 2, _CAP * variance)
        self._moments = self._moments * _STRAYING + square - expected
        self._squares = self._squares * _STRAYING + expected**2

    def _spread(self) -> Numbers:
        """Estimate spreads: each series' own, drawn towards what all of them have together."""
        windows = np.array(WINDOWS).reshape(-1, *(1 for _ in self._shape))
        known = self._squares / (2.0 * windows)
        """The inverse variance of a series' own estimate, were its counts Poisson's."""
        own = self._moments / np.maximum(self._squares, 1e-9)
        weight = np.minimum(known, 1e4)
        every = (-2, -1)
        pooled = (weight * own).sum(axis=every, keepdims=True) / np.maximum(weight.sum(axis=every, keepdims=True), 1e-9)
        pooled = np.maximum(pooled, 0.005)
        trust = 1.0 / pooled**2
        return np.asarray(np.maximum((known * own + trust * pooled) / (known + trust), 0.002), np.float64)
