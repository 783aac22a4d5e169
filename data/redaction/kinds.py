"""What is taken out of a message, and what stands in its place."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """A kind of personal data; `placeholder` is the same in every language."""

    EMAIL = "email"
    ACCOUNT = "account"
    CARD = "card"
    ID = "id"
    PHONE = "phone"
    ADDRESS = "address"
    NAME = "name"

    @property
    def placeholder(self) -> str:
        return f"[{self.value}]"


@dataclass(frozen=True, slots=True)
class Found:
    """Personal data at characters `start` (inclusive) to `end` (exclusive) of the text as it was given."""

    kind: Kind
    start: int
    end: int


PLACEHOLDER = re.compile(r"\[(?:" + "|".join(kind.value for kind in Kind) + r")\]")
"""A placeholder in a text, whoever put it there."""

MASKS = {kind: chr(0xE000 + number) for number, kind in enumerate(Kind)}
"""The character that stands for every character of something already found while the rest is searched.

From the private use area: no letter, no digit, no white space, so that no rule reads across it by accident.
"""
CONTACT_MASK = "[" + "".join(character for kind, character in MASKS.items() if kind is not Kind.NAME) + "]"
"""One masked character of anything but a name, as a pattern: a name beside a name found says nothing."""


def mask(text: str, found: list[Found]) -> str:
    """Cover what was found, character by character; the length stays. `found` does not overlap and is sorted."""
    pieces: list[str] = []
    place = 0
    for item in found:
        pieces += [text[place : item.start], MASKS[item.kind] * (item.end - item.start)]
        place = item.end
    return "".join([*pieces, text[place:]])
