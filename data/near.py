"""Near duplicates: pairs of texts that share too many of their word 5-grams (character 8-grams for short ones)."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

_WORD = re.compile(r"\w+")
_COMMON = 60
"""A gram that stands in more texts than this is a phrase of the language, and names no pair on its own."""


@dataclass(frozen=True, slots=True)
class Twins:
    """Two rows whose gram sets overlap by `overlap` (Jaccard, 0 to 1); 1 means the same words."""

    first: int
    second: int
    overlap: float


def skeleton(text: str) -> str:
    """Reduce a text to its bare words: lower case, no diacritics, no punctuation."""
    bare = unicodedata.normalize("NFD", text.lower().replace("đ", "d"))
    return " ".join(_WORD.findall("".join(c for c in bare if not unicodedata.combining(c))))


def grams(text: str, size: int = 5) -> frozenset[str]:
    """Word n-grams of a text's skeleton; a text of fewer words than `size` gives character 8-grams."""
    bare = skeleton(text)
    words = bare.split()
    if len(words) >= size:
        return frozenset(" ".join(words[i : i + size]) for i in range(len(words) - size + 1))
    return frozenset(bare[i : i + 8] for i in range(max(1, len(bare) - 7))) if bare else frozenset()


def near_duplicates(texts: Sequence[str], least: float = 0.5, size: int = 5) -> Iterator[Twins]:
    """Yield the pairs that overlap by at least `least`, each once, in order of rows.

    Runs in time linear in the grams, as grams shared by more than `_COMMON` texts propose no pairs.
    """
    sets = [grams(text, size) for text in texts]
    holders: defaultdict[str, list[int]] = defaultdict(list)
    for row, own in enumerate(sets):
        shared: defaultdict[int, int] = defaultdict(int)
        for gram in own:
            if len(holders[gram]) <= _COMMON:
                for other in holders[gram]:
                    shared[other] += 1
                holders[gram].append(row)
        for other in sorted(shared):
            overlap = len(own & sets[other]) / len(own | sets[other])
            if overlap >= least:
                yield Twins(other, row, overlap)
