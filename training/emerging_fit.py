"""How poorly tickets fit the themes that there are: how weakly a theme was chosen, and how far they lie from it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Bools = NDArray[np.bool_]

FEWEST_KNOWN: Final = 20
"""Tickets from which the middle of a theme is known."""


def without_language(vectors: Floats, langs: NDArray[Any]) -> Floats:
    """Take each language's own mean out of unit vectors (n × d), so that what is left is rather meaning than language.

    A multilingual encoder puts every language into a corner of its own (Libovický et al. 2020, arXiv 2004.05160).
    """
    left = vectors.astype(np.float32, copy=True)
    for lang in np.unique(langs):
        own = langs == lang
        left[own] -= left[own].mean(axis=0)
    return units(left)


def units(vectors: Floats) -> Floats:
    """Bring vectors (n × d) to length 1."""
    return np.asarray(vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9), np.float32)


def middles(vectors: Floats, themes: Bools) -> Floats:
    """Find the middle (k × d) of each theme of `themes` (n × k); NaN where hardly any ticket has it."""
    found = np.full((themes.shape[1], vectors.shape[1]), np.nan, np.float32)
    for place, held in enumerate(themes.T):
        if held.sum() >= FEWEST_KNOWN:
            found[place] = vectors[held].mean(axis=0)
    return found


def misfit(vectors: Floats, confidence: NDArray[np.floating[Any]], centres: Floats) -> Floats:
    """Score tickets (n) from 0, which fits best, to 1: the mean of two ranks.

    One is of `confidence` (n), that of the surest theme. The other is of the distance to the nearest of `centres`
    (k × d, `middles`), less the distance to the middle of all (Ren et al. 2021, arXiv 2106.09022).
    """
    weak = _rank(1 - np.asarray(confidence, np.float32))
    known = centres[~np.isnan(centres).any(axis=1)]
    if not len(known):
        return weak
    squares = _nearest(vectors, known)
    own = ((vectors - vectors.mean(axis=0)) ** 2).sum(axis=1)
    return np.asarray((weak + _rank(squares - own)) / 2, np.float32)


def nearest(centre: Floats, centres: Floats, names: Sequence[str], most: int = 3) -> list[str]:
    """Name the themes whose middles are nearest to a place (d), the nearest first."""
    order = np.argsort(((centres - centre) ** 2).sum(axis=1))  # NaN comes last
    return [names[place] for place in order[:most] if not np.isnan(centres[place]).any()]


def _nearest(vectors: Floats, known: Floats) -> Floats:
    found = np.full(len(vectors), np.inf, np.float32)
    for each in known:
        found = np.minimum(found, ((vectors - each) ** 2).sum(axis=1))
    return found


def _rank(values: Floats) -> Floats:
    """Turn values into their places from 0 to 1, equal ones alike."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    middle = np.cumsum(counts) - (counts + 1) / 2
    return np.asarray(middle[inverse] / max(1, len(values) - 1), np.float32)
