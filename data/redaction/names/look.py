"""What a word shows by itself, whatever stands around it, as numbers: the clues of `clues` are made of these."""

from __future__ import annotations

import re
from collections.abc import Callable
from enum import IntEnum
from functools import cache, lru_cache
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from data.redaction.addresses.parts import is_place
from data.redaction.folding import without_marks
from data.redaction.names.finnish import is_surname, looks_like_surname, nominatives
from data.redaction.names.lists import is_stop, lists, words_of
from data.redaction.names.sets import word_set
from data.redaction.names.vocabulary import Vocabulary
from data.words import LANGUAGES_OF

Codes = NDArray[np.uint64]
MOST = 8192
"""Words whose looks are remembered."""
_SETS = (
    "roles", "persons", "things", "not_after", "not_before", "street_before", "firms", "towards", "towards_vi", "does",
    "months", "lettered", "self", "naming",
)  # fmt: skip


class Case(IntEnum):
    """How a word is written."""

    SMALL = 1
    LETTER = 2
    CAPITAL = 3
    CAPITALS = 4


class At(IntEnum):
    """The columns of a word's looks; those before `WORD` are also looked at in the words beside it."""

    KIND = 0
    BARE = 1
    SETS = 2
    CASE = 3
    LISTED = 4
    WORD = 5
    END_2 = 6
    END_3 = 7
    END_4 = 8
    START_3 = 9
    SHAPE = 10
    LENGTH = 11
    OFTEN = 12
    COMMON = 13
    PROPER = 14
    PLACE = 15


def code(said: str) -> int:
    """Give a number for what is said, never 0."""
    return crc32(said.encode("utf-8", "replace")) + 1


@cache
def sets() -> dict[str, int]:
    """Give for every word, or two words, the sets of the rules that it is in, as bits."""
    found: dict[str, int] = {}
    for number, name in enumerate(_SETS):
        for word in word_set(name):
            found[word] = found.get(word, 0) | 1 << number
    return found


def case_of(word: str) -> Case:
    """Tell how a word is written."""
    if not word[0].isupper():
        return Case.SMALL
    if len(word) == 1:
        return Case.LETTER
    return Case.CAPITALS if word.isupper() else Case.CAPITAL


def looks(vocabulary: Vocabulary) -> Callable[[str, str | None], Codes]:
    """Make a reader of words in a language, which remembers those that it read last."""

    @lru_cache(maxsize=MOST)
    def read(word: str, language: str | None) -> Codes:
        return np.array(_look(word, language, vocabulary), np.uint64)

    return read


def _look(word: str, language: str | None, vocabulary: Vocabulary) -> list[int]:
    known = lists()
    lower = word.lower().removesuffix("'s")
    bare = without_marks(lower)
    often, proper = vocabulary.look_up(lower, language)
    case = int(case_of(word))
    finnish = language in ("fi", None) and not (case == Case.SMALL and often)  # what is common needs no endings cut
    syllable = lower in known.syllables
    listed = (
        known.is_given(word),
        known.is_doubtful(word),
        bare in known.surnames,
        lower in known.family,
        syllable,
        bare in known.bare_syllables,
        finnish and known.is_inflected(word),
        finnish and is_surname(word),
        "-" in word and all(known.is_given(part) for part in word.split("-")),
    )
    first = next((number for number, flag in enumerate(listed) if flag), -1)
    if first == 5 and language != "vi":
        first = -1
    place = is_place(word) or (finnish and len(word) > 4 and any(map(is_place, nominatives(word))))
    stop, too = is_stop(known.stop, word), bare in words_of(language)
    plain = language in LANGUAGES_OF.get(lower, ()) if language else lower in LANGUAGES_OF
    common = "plain" if plain else "stop" if stop else "place" if place else "too" if too else often
    ending = finnish and looks_like_surname(word)
    return [
        code(f"kind {case} {first} {common}"),
        code(f"bare {bare}"),
        sets().get(lower, 0),
        case,
        code(f"listed{listed}"),
        code(f"word {word}"),
        code(f"end {lower[-2:]} {case}"),
        code(f"end {lower[-3:]}"),
        code(f"end {lower[-4:]}"),
        code(f"start {lower[:3]}"),
        code(f"shape {_shape(word)}"),
        code(f"length {min(len(word), 9)} {int(case)}"),
        code(f"often {often} {proper} {case}"),
        code(f"common {plain} {stop} {place} {too} {ending} {case}"),
        code(f"proper {proper} {case} {first}"),
        int(place),
    ]


def _shape(word: str) -> str:
    shape = "".join("X" if letter.isupper() else "x" if letter.isalpha() else letter for letter in word[:60])
    return re.sub(r"(.)\1{2,}", r"\1\1", shape)[:8]
