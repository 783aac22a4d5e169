"""The phrases before names, found in one pass over the words."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from enum import StrEnum
from functools import cache
from importlib.resources import files

import yaml

from data.redaction.folding import without_marks
from data.redaction.names.words import Words


class Before(StrEnum):
    """What stands before a name."""

    LABEL = "label"
    LABEL_MIXED = "label_mixed"
    INTRO = "intro"
    INTRODUCE = "introduce"
    SPEECH = "speech"
    TITLE = "title"
    TITLE_VI = "title_vi"
    GREETING = "greeting"
    CLOSING = "closing"
    RELATION = "relation"

    @property
    def number(self) -> int:
        """Its place among the others."""
        return _NUMBERS[self]


_NUMBERS = {before: number for number, before in enumerate(Before)}
Trigger = tuple[Before, str, int, int]
"""What stands before a name, its wording, its first word, and the word after it."""


_LONGEST = 5
Phrase = tuple[str, ...]


@cache
def _phrases() -> dict[str, dict[Phrase, list[Before]]]:
    given = yaml.safe_load(files("data.redaction.names").joinpath("triggers.yaml").read_text(encoding="utf-8"))
    phrases: defaultdict[str, dict[Phrase, list[Before]]] = defaultdict(dict)
    for before in Before:
        for written in given[before.value].split("|"):
            phrase = tuple(written.split())
            spellings = {phrase}
            if len(phrase) > 1:
                spellings.add(tuple(map(without_marks, phrase)))
            for spelling in spellings:
                kinds = phrases[spelling[0]].setdefault(spelling, [])
                if before not in kinds:
                    kinds.append(before)
    return dict(phrases)


def find_triggers(words: Words) -> Iterator[Trigger]:
    """Give every phrase that can stand before a name."""
    phrases = _phrases()
    lowered = [word.lower for word in words.all]
    for number, word in enumerate(lowered):
        for phrase, kinds in phrases.get(word, {}).items():
            last = number + len(phrase)
            if tuple(lowered[number:last]) != phrase:
                continue
            if any(words.gap(between).strip(" .") for between in range(number + 1, last)):
                continue
            for before in kinds:
                yield before, " ".join(phrase), number, last
