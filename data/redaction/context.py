"""Which word before a number says what the number is."""

from __future__ import annotations

import re
from bisect import bisect_right
from enum import StrEnum
from functools import cache
from importlib.resources import files

import yaml

from data.redaction.folding import without_marks

WINDOW = 48
"""Characters before a number that are looked at: a label, a colon and a few small words."""
_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*|\d{1,9}")
_NUMBER = re.compile(r"[\ue000-\ue006]|\d(?:[ .-]?\d){5}")
"""A label belongs to the first long number after it, so a window ends at such a one (or at one already found)."""
_CARD = "thẻ"


class Says(StrEnum):
    """What a word before a number says about it."""

    PHONE = "phone"
    PASSPORT = "passport"
    IDENTITY = "identity"
    ACCOUNT = "account"
    BANK = "bank"
    CARD = "card"
    REFERENCE = "reference"


class _Words:
    """The words of `context.yaml`, looked up by phrase, by word and by stem."""

    def __init__(self) -> None:
        given = yaml.safe_load(files("data.redaction").joinpath("context.yaml").read_text(encoding="utf-8"))
        self.words: dict[str, Says] = {}
        self.phrases: dict[str, Says] = {}
        self.stems: dict[str, Says] = {}
        for says in Says:
            self.words |= dict.fromkeys(given[says.value].get("words", "").split(), says)
            phrases = given[says.value].get("phrases", "").split("|")
            self.phrases |= {phrase.strip(): says for phrase in phrases if phrase.strip()}
            self.stems |= dict.fromkeys(given[says.value].get("stems", "").split(), says)
        self.shortest = min(map(len, self.stems))
        self.longest = max(map(len, self.stems))

    def look_up(self, words: list[str], last: int) -> Says | None:
        """Say what the phrase or word that ends at `words[last]` says."""
        for count in (3, 2):
            if last + 1 >= count and (says := self.phrases.get(" ".join(words[last + 1 - count : last + 1]))):
                return says
        word = words[last]
        if says := self.words.get(word):
            return says
        for length in range(min(len(word), self.longest), self.shortest - 1, -1):
            if says := self.stems.get(word[:length]):
                return says
        return None


@cache
def _words() -> _Words:
    return _Words()


class Context:
    """Where in a folded text stands a word that says what a number is; made once, in one pass over the words."""

    def __init__(self, text: str) -> None:
        self._breaks = [number.end() for number in _NUMBER.finditer(text)]
        self._ends: list[int] = []
        self._says: list[Says] = []
        known = _words()
        words: list[str] = []
        for match in _WORD.finditer(text):
            word = match.group().lower()
            words.append(word if word == _CARD else without_marks(word))
            if says := known.look_up(words, len(words) - 1):
                self._ends.append(match.end())
                self._says.append(says)

    def nearest(self, start: int, *among: Says, window: int = WINDOW) -> Says | None:
        """Give the nearest thing said before `start` among those asked for (all of them where none is named)."""
        number = bisect_right(self._breaks, start)
        least = max(start - window, self._breaks[number - 1] if number else 0)
        hit = bisect_right(self._ends, start) - 1
        while hit >= 0 and self._ends[hit] > least:
            if not among or self._says[hit] in among:
                return self._says[hit]
            hit -= 1
        return None
