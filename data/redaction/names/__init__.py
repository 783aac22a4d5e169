"""Names of people: by rules over words (what stands before them, which are listed, where they stand), and learnt."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from data.redaction.kinds import Found, Kind
from data.redaction.names.around import by_neighbours
from data.redaction.names.known import by_list
from data.redaction.names.rules import by_context, connected
from data.redaction.names.sets import word_set
from data.redaction.names.signatures import by_place
from data.redaction.names.small import in_small_letters
from data.redaction.names.tagger import Tagger, believed, may_hold_names, runs_of, shipped
from data.redaction.names.triggers import Trigger, find_triggers
from data.redaction.names.words import Run, Words

_CALLED_AFTER = re.compile(
    r"(?<!\w)(?:" + "|".join(map(re.escape, sorted(word_set("called_after"), key=len, reverse=True))) + r")(?!\w)", re.I
)
"""Firms and goods called after people, which are told from people only by being known."""

_FIRST_OF_FIRMS = frozenset(re.split(r"[^\w'-]", name)[0] for name in word_set("called_after"))

__all__ = ["by_rules", "find_names"]


def find_names(text: str, language: str | None = None, tagger: Tagger | None = None) -> Iterator[Found]:
    """Find the names of people in a folded text whose other personal data is masked already.

    What the rules or the tagger (None: the package's) take for a name, unless the tagger speaks against the rules.
    """
    words = Words(text, language)
    triggers = list(find_triggers(words))
    tagger = tagger or shipped()
    runs = by_rules(words, triggers)
    if runs or may_hold_names(words, triggers, tagger.vocabulary):
        chances = tagger.chances(words, triggers)
        learnt = runs_of(words, chances, tagger.threshold(language))
        runs = [*believed(runs, chances), *_without_firms(words, learnt)]
    for run in [*runs, *_again(words, runs)]:
        yield Found(Kind.NAME, run.start, run.end)


def by_rules(words: Words, triggers: Sequence[Trigger]) -> list[Run]:
    """Give the runs of words that the rules take for names."""
    runs = [
        *by_context(words, triggers),
        *by_list(words),
        *by_place(words),
        *by_neighbours(words),
        *in_small_letters(words),
    ]
    runs = _without_firms(words, runs)
    for run in list(runs):
        runs.extend(connected(words, run))
    return runs


def _without_firms(words: Words, runs: Iterable[Run]) -> list[Run]:
    if _FIRST_OF_FIRMS.isdisjoint(word.lower for word in words.all):
        return list(runs)
    firms = [match.span() for match in _CALLED_AFTER.finditer(words.text)]
    return [run for run in runs if not any(start <= run.start < end for start, end in firms)]


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
