"""Addresses of any country by their form alone: a name, a number, then a postcode and a town with a capital.

Herzbergstraße 128, 10365 Berlin; 15 rue de Tolbiac, 75013 Paris; Los Aromos 1450, 44500 Guadalajara.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from data.redaction.addresses.parts import TOWN, extend, is_plain
from data.redaction.letters import CAPITALISED, WORD

_NUMBER = r"\d{1,4}(?: ?[A-Za-z](?![^\W_]))?(?:[/-]\d{1,4}[A-Za-z]?){0,3}"
_CORE = re.compile(
    rf"(?<![\w/.,-])(?:(?P<name>{CAPITALISED}\.?(?: {CAPITALISED}){{0,3}}) {_NUMBER}"
    rf"|{_NUMBER},? (?P<behind>{WORD}(?: {WORD}){{0,4}})),[ \n]?\d{{4,5}} (?P<town>{TOWN})"
)
_PART = re.compile(rf",[ \n]?(?P<town>{TOWN})(?=[.,;\n)]|$)")


def find(text: str) -> Iterator[tuple[int, int]]:
    """Give the spans of street, number, postcode and town."""
    for match in _CORE.finditer(text):
        words = (match["name"] or match["behind"]).split(" ")
        if not (is_plain(words[0]) or is_plain(match["town"].split(" ")[0])):
            yield match.start(), extend(text, match.end(), _PART)
