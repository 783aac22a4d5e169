"""How often the written corpus has a word: in small letters, and with a capital within a sentence.

What is written small elsewhere is rarely a name; a capital that many messages share is a brand's or a town's.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

LANGUAGES = ("fi", "vi", "es", "en")
LEVELS = (2, 6, 40)
"""Fewest messages for the levels 1, 2 and 3; a word of one message only is not kept."""
_CAPITAL = "^"


@dataclass(frozen=True)
class Vocabulary:
    """Words as sorted hashes (`keys`), and for each its level in every language, two bits each (`levels`)."""

    keys: NDArray[np.uint32]
    levels: NDArray[np.uint8]

    def look_up(self, word: str, language: str | None) -> tuple[int, int]:
        """Give the levels (0 to 3) of a word in small letters: written so, and written with a capital.

        Where the language is none of the four, the highest of theirs.
        """
        return self._level(_key(word), language), self._level(_key(_CAPITAL + word), language)

    @cached_property
    def _sorted(self) -> array[int]:
        return array("I", self.keys.tolist())  # in plain Python a search in it is several times faster

    def _level(self, key: int, language: str | None) -> int:
        place = bisect_left(self._sorted, key)
        if place == len(self._sorted) or self._sorted[place] != key:
            return 0
        packed = int(self.levels[place])
        if language in LANGUAGES:
            return packed >> 2 * LANGUAGES.index(language) & 3
        return max(packed >> 2 * number & 3 for number in range(len(LANGUAGES)))


def make_vocabulary(small: Mapping[str, Mapping[str, int]], capital: Mapping[str, Mapping[str, int]]) -> Vocabulary:
    """Make one of counts by language and word (in small letters): messages that have it small, and with a capital."""
    levels: dict[int, int] = {}
    for counts, before in ((small, ""), (capital, _CAPITAL)):
        for number, language in enumerate(LANGUAGES):
            for word, count in counts.get(language, {}).items():
                level = sum(count >= least for least in LEVELS)
                if level:
                    key = _key(before + word)
                    levels[key] = levels.get(key, 0) | level << 2 * number
    keys = sorted(levels)
    return Vocabulary(np.array(keys, np.uint32), np.array([levels[key] for key in keys], np.uint8))


def _key(word: str) -> int:
    return crc32(word.encode("utf-8", "replace"))
