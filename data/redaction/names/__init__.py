"""Names of people, by rules over words: what stands before them, which are listed, where they stand."""

from __future__ import annotations

import re
from collections.abc import Iterator

from data.redaction.kinds import Found, Kind
from data.redaction.names.around import by_neighbours
from data.redaction.names.known import by_list
from data.redaction.names.rules import by_context, connected
from data.redaction.names.sets import word_set
from data.redaction.names.signatures import by_place
from data.redaction.names.small import in_small_letters
from data.redaction.names.words import Run, Words

_CALLED_AFTER = re.compile(
    r"(?<!\w)(?:" + "|".join(map(re.escape, sorted(word_set("called_after"), key=len, reverse=True))) + r")(?!\w)", re.I
)
"""Firms and goods called after people, which are told from people only by being known."""

__all__ = ["find_names"]


def find_names(text: str, language: str | None = None) -> Iterator[Found]:
    """Find the names of people in a folded text whose other personal data is masked already."""
    words = Words(text, language)
    runs = [
        *by_context(words),
        *by_list(words),
        *by_place(words),
        *by_neighbours(words),
        *in_small_letters(words),
    ]
    firms = [match.span() for match in _CALLED_AFTER.finditer(text)]
    runs = [run for run in runs if not any(start <= run.start < end for start, end in firms)]
    for run in list(runs):
        runs.extend(connected(words, run))
    for run in [*runs, *_again(words, runs)]:
        yield Found(Kind.NAME, run.start, run.end)


def _again(words: Words, runs: list[Run]) -> Iterator[Run]:
    """Give the other places where a word of a name stands alone: Mr Hollis … and then Hollis said."""
    seen = {number for run in runs for number in range(run.first, run.last)}
    names = {
        word.text
        for run in runs
        for word in words.all[run.first : run.last]
        if len(word.text) > 3 and word.capital and not words.is_stop(word.text) and not words.is_syllable(word.text)
    }
    for number, word in enumerate(words.all):
        if number not in seen and (word.text in names or word.text.removesuffix("s") in names):
            yield Run(number, number + 1, word.start, word.end)
