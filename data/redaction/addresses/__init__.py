"""Postal addresses: a street and a number as each country writes them, then whatever of an address follows."""

from __future__ import annotations

import re
from collections.abc import Iterator

from data.redaction.addresses import british, coded, finnish, labelled, spanish, vietnamese
from data.redaction.addresses.before import begin
from data.redaction.kinds import Found, Kind

_DIGIT = re.compile(r"\d")
__all__ = ["find_addresses"]


def find_addresses(text: str) -> Iterator[Found]:
    """Find addresses of Finland, Vietnam, Spanish- and English-speaking countries in a folded text."""
    for country in (finnish, spanish, british, vietnamese, coded, labelled) if _DIGIT.search(text) else (vietnamese,):
        if country is vietnamese and not (_DIGIT.search(text) or vietnamese.RURAL.search(text)):
            continue
        for start, end in country.find(text):
            while end > start and text[end - 1] in " ,.;:-\n":
                end -= 1
            yield Found(Kind.ADDRESS, begin(text, start), end)
