"""Which shares differ between sides by more than chance and the classifier's errors explain.

Each side is held against all the others together. The draws of its corrected counts (`prevalence`) say
what its tickets may be; a further draw from each (Jeffreys' Beta posterior) says which share they may be a sample of,
for two sides of few tickets differ without a cause. The difference of the shares' angles (Cohen's h, 1988) over its
spread is then told from nought as a z-test tells it: counting draws on either side of nought could not tell a chance of
1 in 1,000 from one in a million, which hundreds of comparisons need. Angles are used as they spread alike at every
share, while log odds near 0 and 100 % spread without end, and only the spread on the side of nought counts: how far a
difference may reach on the other says nothing of whether there is one. What is called different is chosen by Benjamini
and Hochberg (1995).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist
from typing import Final, TypeVar

import numpy as np
import numpy.typing as npt

from service.reports.counts.correcting import dice_of
from service.reports.ledger import Bools, Floats, Ints

FALSE_ALARMS: Final = 0.05
"""Share of the differences that are called so on a page and are none, on average."""

_BEYOND: Final = 0.05
"""The part of the draws that lies further towards nought than the spread that counts: fewer would be luck."""
_DEVIATIONS: Final = -NormalDist().inv_cdf(_BEYOND)

Real = npt.NDArray[np.float64]
_Kind = TypeVar("_Kind", np.float32, np.float64)


@dataclass(frozen=True, eq=False)
class Apart:
    """How labels (L) differ between sides (C); z are standard deviations from no difference, above 0 for more."""

    z: Real
    """L × C, corrected."""
    counted_z: Real
    """L × C, of the plain counts."""
    difference: Floats
    """L × C × S: the share on the side less the share on the others."""


def tell_apart(draws: Floats, counted: Ints, tickets: Ints) -> Apart:
    """Hold each side against the others: draws (L × C × S) and counts (L × C) of `tickets` (C, two sides at least)."""
    dice = dice_of(draws, counted, tickets)
    have, lack = draws, np.maximum(tickets[:, None] - draws, 0)
    own, rest = _shares(have, lack, dice), _shares(_others(have), _others(lack), dice)
    apart = 2 * (np.arcsin(np.sqrt(own)) - np.arcsin(np.sqrt(rest)))
    low, middle, high = np.quantile(apart, [_BEYOND, 0.5, 1 - _BEYOND], axis=-1)
    z = _DEVIATIONS * middle / np.maximum(np.where(middle > 0, middle - low, high - middle), 1e-6)
    with_, without = counted + 0.5, tickets - counted + 0.5  # half a ticket more keeps what nothing has in bounds
    other_with, other_without = _others(with_), _others(without)
    odds = np.log(with_ / without) - np.log(other_with / other_without)
    spread = np.sqrt(1 / with_ + 1 / without + 1 / other_with + 1 / other_without)
    return Apart(z.astype(np.float64), odds / spread, own - rest)


def chance(z: Real) -> Real:
    """Say how likely such a z, or one further from nought on either side, is where there is no difference."""
    found: Real = np.vectorize(math.erfc, otypes=[np.float64])(np.abs(z) / math.sqrt(2))
    return found


def adjusted(chances: Real) -> Real:
    """Adjust chances of any shape for their number: those of at most `FALSE_ALARMS` are called differences."""
    flat = chances.ravel()
    order = np.argsort(flat)[::-1]
    ranks = np.arange(len(flat), 0, -1)
    found = np.empty_like(flat)
    found[order] = np.minimum.accumulate(np.minimum(flat[order] * len(flat) / ranks, 1.0))
    shaped: Real = found.reshape(chances.shape)
    return shaped


def holds(z: Real) -> Bools:
    """Find the differences among all z of a page."""
    found: Bools = adjusted(chance(z)) <= FALSE_ALARMS
    return found


def _shares(have: Floats, lack: Floats, dice: np.random.Generator) -> Floats:
    """Draw which shares the tickets may be a sample of."""
    yes: Floats = dice.standard_gamma(have + np.float32(0.5), dtype=np.float32) + np.float32(1e-20)
    no: Floats = dice.standard_gamma(lack + np.float32(0.5), dtype=np.float32) + np.float32(1e-20)
    share: Floats = yes / (yes + no)
    return share


def _others(parts: npt.NDArray[_Kind]) -> npt.NDArray[_Kind]:
    """Sum up all sides (axis 1) but each."""
    found: npt.NDArray[_Kind] = np.maximum(parts.sum(axis=1, keepdims=True) - parts, 0)
    return found
