"""Whether a period differs from the reference by more than chance and the usual unrest between weeks.

False alarms are held over all series and languages at once: a series raises an alarm where its distance is one that the
farthest of *all* series reaches by chance in fewer than `ALARM_RATE` of the draws (Westfall & Young 1993, single step).
Real weeks differ by more than chance (a strike, a campaign, a holiday). How much more is learnt from the weeks of the
reference, each held against the others, and taken off the distance (as over-dispersion in quasi-likelihood).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from training.drift_rows import UNTIMED, Rows
from training.drift_shifts import ALL, LANGUAGES, RARE_WORDS, WORDING, Shift, shifts

ALARM_RATE: Final = 0.005
"""Periods without drift that raise an alarm: one in two hundred, all series taken together."""
LEAST: Final = (30, 150)
"""Messages of a language, in the period and in the reference, from which it is watched on its own."""
LEAST_ALL: Final = 50
"""Messages of a period, in all languages, from which it is compared at all."""
LEAST_WEEKS: Final = 4
"""Weeks of the reference from which their unrest can be told."""
DRAWS: Final = (200, 2_000)
"""Draws at first, and where these leave an alarm possible."""
DOUBT: Final = 0.05
"""Chance, told from the first draws, above which no more are made."""
_UNREST_DRAWS: Final = 60
OF_TEXT: Final = frozenset({WORDING, RARE_WORDS, LANGUAGES})
"""Kinds that do not depend on which model read the messages."""

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Unrest:
    """How much more weeks differ than chance: variance (n − 1) × `by` above 1, by kind, in a language or in all."""

    by: dict[str, float]
    weeks: int
    """Weeks that it was told from; below `LEAST_WEEKS` it is not known, and taken as none."""

    def excess(self, kind: str, scope: str, size: int) -> float:
        """Variance between weeks of `size` messages, as a multiple of what chance gives (at least 1)."""
        return 1 + max(0, size - 1) * self.by.get(_name(kind, scope), 0.0)


@dataclass(frozen=True)
class Series:
    """One figure that is watched. `distance` 0 is usual, 1 is reached once in a hundred periods by chance alone.

    `what` is the component that moved most, from `before` to `now`; `chance` is how often the farthest of all series
    comes so far without drift.
    """

    kind: str
    scope: str
    what: str
    before: float
    now: float
    size: int
    distance: float
    chance: float
    alarm: bool


@dataclass(frozen=True)
class Comparison:
    """All series, the farthest first; `bar` is the distance from which a series raises an alarm."""

    series: list[Series]
    bar: float
    small: dict[str, int]
    """Languages with too few messages to be watched on their own, and how many they have."""

    @property
    def alarms(self) -> list[Series]:
        return [series for series in self.series if series.alarm]


def compare(
    reference: Rows, recent: Rows, unrest: Unrest, *, seed: int = 1, only_text: bool = False,
    rate: float = ALARM_RATE,
) -> Comparison:  # fmt: skip
    """Hold a period against the reference; raises `ValueError` if it has fewer than `LEAST_ALL` messages.

    With `only_text`, what depends on the model is left out.
    """
    if len(recent) < LEAST_ALL:
        raise ValueError(f"{len(recent)} messages are too few to compare: wait for {LEAST_ALL}, or take more --days")
    small = _small(reference, recent)
    rng = np.random.default_rng(seed)
    for draws in DRAWS:
        found = [
            shift
            for shift in shifts(reference, recent, rng, draws)
            if shift.scope not in small and (shift.kind in OF_TEXT or not only_text)
        ]
        compared = _judge(found, unrest, rate)
        if all(series.chance > DOUBT for series in compared[0]):
            break
    series, bar = compared
    return Comparison(sorted(series, key=lambda s: -s.distance), bar, small)


def learn_unrest(rows: Rows, seed: int = 1) -> Unrest:
    """Hold each week of the reference against the others."""
    weeks = [int(week) for week in np.unique(rows.week) if week != UNTIMED and (rows.week == week).sum() >= LEAST_ALL]
    if len(weeks) < LEAST_WEEKS:
        return Unrest({}, len(weeks))
    rng = np.random.default_rng(seed)
    seen: dict[str, list[tuple[int, float]]] = {}
    for week in weeks:
        own = rows.week == week
        for shift in shifts(rows[~own], rows[own], rng, _UNREST_DRAWS):
            squares = shift.z[:, 0] if shift.kind == WORDING else (shift.z**2).sum(axis=1)
            usual = float(squares[1:].mean())
            if usual > 0:
                excess = float(squares[0]) / usual - 1
                seen.setdefault(_name(shift.kind, shift.scope), []).append((shift.size - 1, excess))
    return Unrest({name: _slope(points) for name, points in seen.items()}, len(weeks))


def _slope(points: Sequence[tuple[int, float]]) -> float:
    """Fit excess = slope × (n − 1), never below none."""
    size, excess = np.array(points, np.float64).T
    return max(0.0, float((size * excess).sum() / (size * size).sum()))


def _name(kind: str, scope: str) -> str:
    return f"{kind}, {ALL if scope == ALL else 'each'}"


def _small(reference: Rows, recent: Rows) -> dict[str, int]:
    found: dict[str, int] = {}
    for lang in (str(lang) for lang in np.unique(recent.lang)):
        size = int((recent.lang == lang).sum())
        if size < LEAST[0] or (reference.lang == lang).sum() < LEAST[1]:
            found[lang] = size
    return found


def _judge(found: Iterable[Shift], unrest: Unrest, rate: float) -> tuple[list[Series], float]:
    known = list(found)
    scaled = [_scaled(shift, unrest) for shift in known]
    farthest = np.max([values[1:] for values in scaled], axis=0)
    draws = len(farthest)
    # An alarm needs (1 + draws that come as far) / (1 + draws) to be at most `rate`.
    allowed = int(rate * (draws + 1)) - 1
    bar = float(np.sort(farthest)[::-1][allowed]) if allowed >= 0 else float("inf")
    series = []
    for shift, values in zip(known, scaled, strict=True):
        chance = (1 + int((farthest >= values[0]).sum())) / (draws + 1)
        most = 0 if shift.kind == WORDING else int(np.abs(shift.z[0]).argmax())
        series.append(
            Series(
                shift.kind, shift.scope, shift.names[most], float(shift.before[most]), float(shift.now[most]),
                shift.size, round(float(values[0]), 3), chance, chance <= rate,
            )
        )  # fmt: skip
    return series, bar


def _scaled(shift: Shift, unrest: Unrest) -> Floats:
    """Bring distances (draws + 1,) on one scale: the middle of the draws is 0, their hundredth part is 1."""
    distances = shift.distances()
    middle, far = np.quantile(distances, [0.5, 0.99])
    excess = unrest.excess(shift.kind, shift.scope, shift.size)
    real = distances[0] / (excess if shift.kind == WORDING else np.sqrt(excess))
    scaled = (distances - middle) / max(far - middle, 1e-9)
    scaled[0] = (real - middle) / max(far - middle, 1e-9)
    return np.asarray(scaled)
