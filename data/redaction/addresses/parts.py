"""What the addresses of all countries share: following parts, and words that are none."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files

from data.redaction.folding import without_marks
from data.redaction.letters import CAPITALISED
from data.words import LANGUAGES_OF

PARTS = 12
"""An address has at most so many parts after street and number."""
TOWN = rf"{CAPITALISED}(?:[ ](?:(?:de|del|la|las|los|el|y|upon|on|by|le|na|of|under)[ ]){{0,2}}{CAPITALISED}){{0,3}}"


@cache
def places() -> frozenset[str]:
    """Towns, districts and countries, lower case, without marks."""
    lines = files("data.redaction").joinpath("places.txt").read_text(encoding="utf-8").splitlines()
    return frozenset(without_marks(line.strip().lower()) for line in lines if line and not line.startswith("#"))


def is_place(words: str) -> bool:
    """Tell whether words are a listed town, district or country, whatever their case and marks."""
    return without_marks(words.strip(" ,.").lower()) in places()


def is_plain(word: str) -> bool:
    """Tell whether a word is one of the most frequent of its language, hence no part of a name or an address."""
    return word.lower() in LANGUAGES_OF and not is_place(word)


def extend(text: str, end: int, part: re.Pattern[str]) -> int:
    """Read parts of an address on from `end`; gives the end of the last.

    A part whose group `town` is no town by its first word (a frequent word: the next sentence) ends the address.
    """
    for _ in range(PARTS):
        match = part.match(text, end)
        if not match or match.end() == end:
            break
        town = match.groupdict().get("town")
        if town and is_plain(re.split(r"[ .'-]", town, maxsplit=1)[0]):
            break
        end = match.end()
    return end


def take_place(text: str, end: int, following: re.Pattern[str]) -> int:
    """Take in a listed town that follows on `end`, in any case: "c/ tetuán 5 santander"; gives the new end.

    `following` has the words that may name one as its first group; the most of them that do are taken.
    """
    match = following.match(text, end)
    if match:
        words = match[1].split(" ")
        for count in range(len(words), 0, -1):
            place = " ".join(words[:count])
            if is_place(place):
                return match.start(1) + len(place)
    return end
