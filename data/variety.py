"""How various a corpus is: measured, so that nobody has to take the writers' word for it."""

from __future__ import annotations

import lzma
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from data.near import grams, skeleton

OFTEN = 20
"""An opening or a closing that more messages share than this counts as worn."""
EDGE = 3
"""Words of an opening or a closing."""
SAMPLE = 20_000
"""Words that vocabulary and compression are measured on, so that corpora of any size compare."""


@dataclass(frozen=True, slots=True)
class Variety:
    """Figures of one set of texts.

    `nearest` is the mean, `closest` the largest 5-gram overlap (Jaccard) of a text with its nearest neighbour; `worn`
    the share of texts whose first or last three words more than 20 texts share; `vocabulary` the distinct words among
    the first 20,000 words and `compressed` their size after LZMA by their size before.
    """

    texts: int
    nearest: float
    closest: float
    worn: float
    vocabulary: int
    compressed: float


def variety(texts: Sequence[str]) -> Variety:
    """Measure texts of one language; they are read in the given order."""
    overlaps = nearest_overlaps(texts)
    words = [word for text in texts for word in skeleton(text).split()][:SAMPLE]
    raw = " ".join(words).encode()
    return Variety(
        texts=len(texts),
        nearest=round(float(np.mean(overlaps)), 4) if len(texts) else 0.0,
        closest=round(float(np.max(overlaps)), 4) if len(texts) else 0.0,
        worn=round(_worn(texts), 4),
        vocabulary=len(set(words)),
        compressed=round(len(lzma.compress(raw)) / max(1, len(raw)), 4),
    )


def nearest_overlaps(texts: Sequence[str]) -> list[float]:
    """Find for every text its largest 5-gram overlap with another."""
    sets = [grams(text) for text in texts]
    holders: defaultdict[str, list[int]] = defaultdict(list)
    for row, own in enumerate(sets):
        for gram in own:
            holders[gram].append(row)
    best: list[float] = []
    for row, own in enumerate(sets):
        shared = Counter(other for gram in own for other in holders[gram] if other != row)
        best.append(max((n / (len(own) + len(sets[other]) - n) for other, n in shared.items()), default=0.0))
    return best


def _worn(texts: Sequence[str]) -> float:
    """Share of texts that open or close as more than `OFTEN` do; texts shorter than an edge have neither."""
    split = [words for text in texts if len(words := skeleton(text).split()) > EDGE]
    openings = Counter(tuple(words[:EDGE]) for words in split)
    closings = Counter(tuple(words[-EDGE:]) for words in split)
    worn = sum(openings[tuple(w[:EDGE])] > OFTEN or closings[tuple(w[-EDGE:])] > OFTEN for w in split)
    return worn / max(1, len(texts))
