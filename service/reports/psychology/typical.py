"""Which of some messages are like most of them: typical ones, and not the loudest."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import Final
from zlib import crc32

import numpy as np

from service.reports.ledger import Floats

PLACES: Final = 4_096
"""Length of a text's vector; words and letters are hashed into it."""

ALIKE: Final = 0.7
"""Cosine from which two messages say the same: one of them is enough."""

MASKED: Final = re.compile(r"\[[a-z]+\]")
"""What the redaction puts in the place of personal data, as `data.redaction` writes it."""

_WORD: Final = re.compile(r"[^\W\d_]+")


def typical(texts: Sequence[str], most: int, authors: Sequence[str | None] = ()) -> list[int]:
    """Choose at most `most` texts, by their places: nearest to all others, of different writers, unlike each other.

    Texts should be of one language. `authors` are equal for texts of one writer; None is nobody known.
    """
    if not texts:
        return []
    vectors = embed(texts)
    likeness = vectors @ vectors.T
    central = (likeness.sum(axis=1) - 1) / max(1, len(texts) - 1)
    chosen: list[int] = []
    for place in np.argsort(-central, kind="stable").tolist():
        same = authors and authors[place] is not None and authors[place] in {authors[each] for each in chosen}
        if not same and all(likeness[place, each] < ALIKE for each in chosen):
            chosen.append(place)
        if len(chosen) == most:
            break
    return chosen


def embed(texts: Sequence[str]) -> Floats:
    """Write texts as vectors of length one (n × `PLACES`): words and threes of letters, the rarer the weightier."""
    counts = np.zeros((len(texts), PLACES), np.float32)
    for row, text in enumerate(texts):
        for part, number in Counter(_parts(text)).items():
            counts[row, crc32(part.encode()) % PLACES] += number
    spread = np.log1p(counts)
    rarity = np.log((1 + len(texts)) / (1 + (counts > 0).sum(axis=0))) + 1
    weighed = spread * rarity.astype(np.float32)
    return np.asarray(weighed / np.maximum(np.linalg.norm(weighed, axis=1, keepdims=True), 1e-9), np.float32)


def words_of(text: str) -> list[str]:
    """List the words of a text in lower case, without what was redacted and without numbers."""
    return _WORD.findall(MASKED.sub(" ", text).lower())


def _parts(text: str) -> list[str]:
    words = words_of(text)
    threes = [padded[at : at + 3] for word in words for padded in (f" {word} ",) for at in range(len(padded) - 2)]
    return [f"={word}" for word in words] + threes
