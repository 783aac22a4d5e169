"""Who gives labels blindly, and since when: a burst of wrong corrections by one author is told from honest difference.

Each author's corrections are gone through in the order of time, and what speaks for blindness is added up from wherever
the sum is lowest (a cumulative sum test, Page 1954): that finds a burst and where it began. An author is suspected only
if the sum is high in itself, and higher than those that corrections drawn from all other authors would give, with the
chance of a false suspicion held over all authors (Bonferroni). The worst is set aside first, and the others are then
looked at again without: who was overruled by a poisoner is not suspected for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from training.poisoning_evidence import Matter, Verdict, blindness

LEAST: Final = 10
"""Corrections of a burst, at the least."""
LEAST_OTHERS: Final = 40
"""Corrections by other people, below which nobody can be compared with them."""
BAR: Final = 20.0
"""Evidence of a burst (natural logarithm of odds), at the least. Harsh people reached 9, careless ones 17."""
CHANCE: Final = 0.005
"""Chance of a false suspicion, all authors taken together."""
BLIND: Final = 0.5
"""Part of a burst that is blind: the rest may be right by chance or for cover."""
DRAWS: Final = 2_000
_TAIL: Final = 0.05

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Standing:
    """How an author stands: `evidence` of the worst burst, and how often other people's corrections give as much.

    The burst are the author's corrections from `since` on (`ids`); those of an author who is not suspected are none.
    """

    author: str
    corrections: int
    evidence: float
    chance: float
    suspected: bool
    judged: bool
    since: datetime | None = None
    ids: tuple[int, ...] = ()
    wrong: tuple[int, ...] = ()
    """Corrections of the burst that are likelier blind than read."""
    pace: float | None = None
    """How many times as fast corrections follow each other in the burst; None where that cannot be told."""


def look(matter: Matter, parts: int = 1) -> list[Standing]:
    """Judge every author, the most suspect first; `parts` is how many times authors are judged in all, on others."""
    believed = np.ones(len(matter.verdicts), np.bool_)
    suspected: dict[str, Standing] = {}
    names = sorted({verdict.author for verdict in matter.verdicts})
    while True:
        standings = _standings(matter, believed, [name for name in names if name not in suspected], len(names) * parts)
        worst = [standing for standing in standings if standing.suspected][:1]
        if not worst:
            return [*suspected.values(), *standings]
        suspected[worst[0].author] = worst[0]
        burst = set(worst[0].ids)
        believed &= np.array([verdict.id not in burst for verdict in matter.verdicts])


def _standings(matter: Matter, believed: NDArray[np.bool_], names: Sequence[str], judged_in_all: int) -> list[Standing]:
    odds = blindness(matter, believed)
    steps = np.log(1 - BLIND + BLIND * np.exp(odds))
    authors = matter.authors
    cleared = np.array([verdict.cleared for verdict in matter.verdicts], np.bool_)
    found = []
    for name in names:
        rows = np.flatnonzero((authors == name) & ~cleared).tolist()
        own = sorted(rows, key=lambda row: (matter.verdicts[row].at, matter.verdicts[row].id))
        pool = steps[(authors != name) & believed]
        start, top, evidence = _burst(steps[own])
        judged = len(own) >= LEAST and len(pool) >= LEAST_OTHERS
        chance = _chance(evidence, pool, len(own)) if judged else 1.0
        sure = judged and evidence >= BAR and top - start >= LEAST and chance <= CHANCE / judged_in_all
        standing = Standing(name, len(own), round(evidence, 2), chance, bool(sure), judged)
        found.append(_described(standing, [matter.verdicts[i] for i in own], odds[own], start) if sure else standing)
    return sorted(found, key=lambda standing: (not standing.suspected, -standing.evidence, standing.author))


def _burst(steps: Floats) -> tuple[int, int, float]:
    """Find the stretch of the highest sum: its first step, the one after its last, and the sum."""
    sums = np.concatenate([[0.0], np.cumsum(steps)])
    lowest = np.minimum.accumulate(sums)
    top = int((sums - lowest).argmax())
    start = int(sums[: top + 1].argmin())
    return start, top, float(sums[top] - sums[start])


def _chance(evidence: float, pool: Floats, length: int) -> float:
    """How often corrections drawn from `pool` give so high a sum; beyond the draws, by their exponential tail."""
    drawn = np.random.default_rng(length).choice(pool, (DRAWS, length))
    sums = np.concatenate([np.zeros((DRAWS, 1)), np.cumsum(drawn, axis=1)], axis=1)
    highest = (sums - np.minimum.accumulate(sums, axis=1)).max(axis=1)
    border = float(np.quantile(highest, 1 - _TAIL))
    if evidence <= border:
        return float((1 + (highest >= evidence).sum()) / (DRAWS + 1))
    beyond = max(1e-6, float((highest[highest >= border] - border).mean()))
    return float(_TAIL * np.exp(-(evidence - border) / beyond))


def _described(standing: Standing, own: Sequence[Verdict], odds: Floats, start: int) -> Standing:
    burst = own[start:]
    return Standing(
        standing.author, standing.corrections, standing.evidence, standing.chance, True, True,
        since=burst[0].at, ids=tuple(verdict.id for verdict in burst),
        wrong=tuple(verdict.id for verdict, odd in zip(burst, odds[start:], strict=True) if odd > 0),
        pace=_pace(own[:start], burst),
    )  # fmt: skip


def _pace(before: Sequence[Verdict], burst: Sequence[Verdict]) -> float | None:
    """Compare the usual time between two corrections before the burst and in it."""
    if len(before) < LEAST:
        return None
    hours = [
        float(np.median([(b.at - a.at).total_seconds() / 3600 for a, b in pairwise(part)])) for part in (before, burst)
    ]
    return hours[0] / hours[1] if min(hours) > 0 else None
