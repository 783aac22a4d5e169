"""Finnish surnames in every case: Heikkinenkin, Korhosen, Mäkelälle."""

from __future__ import annotations

import re
from functools import cache

from data.redaction.names.lists import lists

_CLITIC = re.compile(r"(?:kin|kaan|kään|ko|kö|han|hän)$")
_NEN = re.compile(
    r"(?:nen|s(?:en|ta|tä|ella|ellä|elle|elta|eltä|essa|essä|esta|estä|een|eksi|ena|enä|et|ten|ia|iä|ille|illa|illä))$"
)
_SURE_NEN = re.compile(r"(?:nen|s(?:en|ella|ellä|elle|elta|eltä|esta|estä|essa|essä|een))$")
_CASE = re.compile(
    r"(?:lla|llä|lle|lta|ltä|ssa|ssä|sta|stä|ksi|n|a|ä|t|en|in|ien|aa|ää|an|än|iin|ista|istä|ille|illa|illä|ilta|iltä)$"
)
_WEAK = {"ll": "lt", "nn": "nt", "rr": "rt", "mm": "mp", "d": "t", "v": "p"}
"""Consonants before a case ending, and what they are in the nominative: Rannan of Ranta."""


@cache
def _surnames() -> frozenset[str]:
    return frozenset(word for word in lists().surnames if len(word) > 3)


def nominatives(word: str) -> set[str]:
    """Give the words, without marks, of which a word in any case can be a form."""
    lower = word.lower()
    forms = {lower, _CLITIC.sub("", lower)}
    for form in list(forms):
        if (ending := _NEN.search(form)) and len(form) - len(ending.group()) > 2:
            forms.add(form[: ending.start()] + "nen")
        if (ending := _CASE.search(form)) and ending.start() > 3:
            forms.add(form[: ending.start()])
            stem = form[: ending.start()]
            for weak, strong in _WEAK.items():
                if stem[:-1].endswith(weak):
                    forms.add(stem[: -1 - len(weak)] + strong + stem[-1])
    return {form.translate(str.maketrans("åé", "ae")) for form in forms}


def is_surname(word: str) -> bool:
    """Tell whether a word is a Finnish surname that is listed, in any case."""
    return bool(_spelled(word) & _surnames())


def looks_like_surname(word: str) -> bool:
    """Tell whether a word ends as only surnames and a few adjectives do: -nen in any case, three letters before it."""
    lower = _CLITIC.sub("", word.lower())
    ending = _SURE_NEN.search(lower)
    return ending is not None and ending.start() > 2 and lower[ending.start() - 1] in "iyaäouö"


def _spelled(word: str) -> set[str]:
    return {form for form in nominatives(word)} | {
        form.replace("ä", "a").replace("ö", "o") for form in nominatives(word)
    }
