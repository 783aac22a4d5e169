"""Group tickets by meaning, across languages, and keep the groups that fit the themes worst.

Whether one ticket is of an unknown theme can hardly be told: it looks like one of a known theme that is told oddly.
Many alike can be told. So all tickets are divided into small groups, each is cut to its core, and groups are judged
as a whole: by how poorly their tickets fit on average, and by whether they come about again from other samples.
"""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from sklearn.cluster import KMeans
from sklearn.exceptions import ConvergenceWarning
from tqdm import tqdm

from training.emerging_fit import Floats, units

Ints = NDArray[np.int64]

WITHIN: Final = 0.8
"""Share of the tickets that each resampling draws (without putting back), as in Hennig 2007."""


@dataclass(frozen=True)
class Plan:
    """How to group."""

    most: int = 30
    """Groups that are kept."""
    size: int = 45
    """Tickets that a group has on average before it is cut."""
    core: float = 0.6
    """Share of a group's tickets of each language that are kept, those nearest to its middle."""
    poorest: float = 1.0
    """Share of the tickets that are grouped at all, those that fit worst."""
    fewest: int = 5
    """A group of fewer tickets is none."""
    draws: int = 8
    """Resamplings that tell how steady groups are."""
    steady: float = 0.25
    """Groups that are less steady are none."""
    seed: int = 1


@dataclass(frozen=True, eq=False)
class Grouped:
    """A group: its tickets' places (m), the nearest to its middle first, and how near each is (m)."""

    rows: Ints
    closeness: Floats
    centre: Floats
    misfit: float
    """Mean over its tickets: 0.5 is as all of them."""
    steadiness: float
    """Mean overlap (Jaccard) with the group most like it in each resampling."""


def find_groups(
    vectors: Floats, langs: NDArray[Any], misfit: Floats, plan: Plan, *, quiet: bool = True
) -> list[Grouped]:
    """Find groups among tickets, given as vectors without language (n × d) with their misfit (n); the worst fit first.

    The same input gives the same groups.
    """
    looked_at = np.flatnonzero(misfit >= np.quantile(misfit, 1 - plan.poorest)) if len(misfit) else np.arange(0)
    number = min(200, len(looked_at) // plan.size)
    if number < 2:
        return []
    chosen = vectors[looked_at]
    rng = np.random.default_rng(plan.seed)
    bar = tqdm(total=1 + plan.draws, desc="groups", unit="grouping", disable=True if quiet else None)
    with bar, warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # of tickets that repeat each other word for word
        codes = _divide(chosen, number, plan.seed, tries=3)
        bar.update()
        overlap = np.zeros((plan.draws, number))
        for draw in range(plan.draws):
            kept = rng.choice(len(chosen), int(WITHIN * len(chosen)), replace=False)
            again = _divide(chosen[kept], number, plan.seed + 1 + draw)
            overlap[draw] = _overlap(codes[kept], again, number)
            bar.update()
    found = []
    for code in range(number):
        own = np.flatnonzero(codes == code)
        if len(own) < plan.fewest:
            continue
        rows, closeness, centre = _core(chosen, own, langs[looked_at], plan.core)
        if len(rows) >= plan.fewest:
            steadiness = float(overlap[:, code].mean()) if plan.draws else 1.0
            poor = float(misfit[looked_at[rows]].mean())
            found.append(Grouped(looked_at[rows], closeness, centre, poor, steadiness))
    found = [each for each in found if each.steadiness >= plan.steady]
    return sorted(found, key=_worth, reverse=True)[: plan.most]


def _worth(group: Grouped) -> float:
    """Say how much a group deserves to be shown: its misfit in standard errors, more where it is steady."""
    return (group.misfit - 0.5) * math.sqrt(len(group.rows)) * (0.5 + group.steadiness / 2)


def _divide(vectors: Floats, number: int, seed: int, tries: int = 1) -> Ints:
    model = KMeans(number, n_init=tries, max_iter=60, random_state=seed)
    return np.asarray(model.fit_predict(vectors), np.int64)


def _overlap(first: Ints, second: Ints, number: int) -> NDArray[np.float64]:
    """Find, for each group of the first division, the Jaccard overlap with the group of the second most like it."""
    both = np.zeros((number, number))
    np.add.at(both, (first, second), 1)
    either = both.sum(axis=1, keepdims=True) + both.sum(axis=0, keepdims=True) - both
    return np.asarray((both / np.maximum(either, 1)).max(axis=1))


def _core(vectors: Floats, own: Ints, langs: NDArray[Any], share: float) -> tuple[Ints, Floats, Floats]:
    """Keep the tickets of each language that are nearest to the middle of the languages' middles."""
    spoken = langs[own]
    centre = units(np.mean([vectors[own[spoken == lang]].mean(axis=0) for lang in np.unique(spoken)], axis=0)[None])[0]
    closeness = vectors[own] @ centre
    kept = np.zeros(len(own), np.bool_)
    for lang in np.unique(spoken):
        of_it = np.flatnonzero(spoken == lang)
        kept[of_it[np.argsort(-closeness[of_it])][: max(1, round(share * len(of_it)))]] = True
    order = np.flatnonzero(kept)[np.argsort(-closeness[kept], kind="stable")]
    return own[order], closeness[order], centre
