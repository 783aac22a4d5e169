"""Messages as examples: typical ones of a cell, redacted, with the words that speak for its theme marked.

A cell is the messages of one language about one theme, or all of one language that the view's address asks for. One of
fewer than `View.fewest` messages shows none, and tells no words. Nothing of this is ever kept: an erased message is
gone from the page with the next load.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, tzinfo
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from service.reports.ledger import Bools, Ints, Ledger
from service.reports.pages import address
from service.reports.psychology.grievances import LABELLED, WORDS, Grievances
from service.reports.psychology.marking import marking
from service.reports.psychology.typical import typical
from service.reports.view import View

if TYPE_CHECKING:
    from data.store.records import Wording

CANDIDATES: Final = 200
"""Messages of a cell that its examples are chosen from."""

FEW_CANDIDATES: Final = 100
"""The same where there are many cells on a page."""

SHORTEST: Final = 30
LONGEST: Final = 400
"""Characters of an example; what is shorter says little, what is longer nobody reads."""

MOST_READ: Final = 5_000
"""Characters of a message whose words are counted."""

LEAST_SURE: Final = 0.5
"""Chance that an example is about its theme at all."""

MOST: Final = 3
MOST_WORDS: Final = 10
"""Examples and words of a cell."""


@dataclass(frozen=True)
class Example:
    """One message: its text in pieces, of which some speak for the theme."""

    day: date
    pieces: Sequence[tuple[str, bool]]


@dataclass(frozen=True)
class Cell:
    """Messages of one language: how many there are, examples of them, and the words that mark them."""

    lang: str
    name: str
    messages: int
    few: bool
    """Whether there are too few to show any."""
    examples: Sequence[Example]
    words: Sequence[str]


@dataclass(frozen=True)
class Section:
    """A theme, or all that was asked for (then without an id), by language."""

    theme: str
    title: str
    messages: int
    link: str
    cells: Sequence[Cell]


def words(view: View) -> Mapping[str, Any]:
    """Make the sections of the words page: one a theme, or a single one where the address asks for certain labels."""
    found = Grievances(view)
    asked, tickets = view.filter, found.unlabelled
    if any(getattr(asked, name) is not None for name in LABELLED):
        title = view.tongue.say("Messages that the filter asks for")
        if asked.theme in found.taxonomy.ids("themes"):
            title = view.tongue.label("themes", asked.theme)
        sections = [_section(view, tickets, asked.rows(tickets), asked.theme or "", title, CANDIDATES, MOST)]
        return {"sections": sections}
    rows = {theme: tickets.labels["themes"].of(theme) for theme in found.themes}
    sections = [
        _section(view, tickets, rows[theme], theme, view.tongue.label("themes", theme), FEW_CANDIDATES, 1)
        for theme in sorted(rows, key=lambda each: -int(rows[each].sum()))
    ]
    return {"sections": sections}


def _section(view: View, tickets: Ledger, rows: Bools, theme: str, title: str, candidates: int, most: int) -> Section:
    """Make a section of the tickets where `rows` (n) is true; its words are held against the others."""
    langs = tickets.feature("lang")
    cells = []
    for code in np.argsort(-np.bincount(langs.codes[rows], minlength=len(langs.names)), kind="stable").tolist():
        spoken = langs.codes == code
        ids = tickets.ids[spoken & rows]
        if not len(ids):
            break
        here = _read(view, ids, candidates) if len(ids) >= view.fewest else []
        shown = len(here) >= view.fewest  # some may have been erased since they were counted
        there = _read(view, tickets.ids[spoken & ~rows], candidates) if shown else []
        cells.append(
            Cell(
                lang=langs.names[code],
                name=view.tongue.tongue_name(langs.names[code]),
                messages=len(ids),
                few=not shown,
                examples=_examples(here, theme, most, view.ledger.zone) if shown else [],
                words=_words(here, there, view.fewest) if shown else [],
            )
        )
    link = address(view, WORDS, theme=theme or None)
    return Section(theme=theme, title=title, messages=int(rows.sum()), link=link, cells=cells)


def _some(ids: Ints, most: int) -> Ints:
    """Choose ids by chance, the same ones for the same cell."""
    if len(ids) <= most:
        return ids
    return np.random.default_rng(len(ids)).choice(np.sort(ids), most, replace=False)


def _read(view: View, ids: Ints, most: int) -> list[Wording]:
    if view.store is None:
        return []
    return view.store.wordings(_some(ids, most).tolist(), MOST_READ)


def _examples(read: Sequence[Wording], theme: str, most: int, zone: tzinfo) -> list[Example]:
    fit = [each for each in read if SHORTEST <= len(each.text.strip()) <= LONGEST and mostly(each.answer, theme)]
    places = typical([each.text for each in fit], most, [each.subject for each in fit])
    return [
        Example(each.received_at.astimezone(zone).date(), pieces(each.text, evidence(each.answer, theme)))
        for each in (fit[place] for place in places)
    ]


def _words(here: Sequence[Wording], there: Sequence[Wording], fewest: int) -> list[str]:
    return marking([each.text for each in here], [each.text for each in there], MOST_WORDS, max(fewest, 3))


def mostly(answer: Mapping[str, Any], theme: str) -> bool:
    """Say whether a message is more about this theme than about others; it is if a person said so, or none is asked."""
    sure = {mention["label"]: mention["confidence"] for mention in answer.get("themes") or ()}
    return theme not in sure or sure[theme] >= max(LEAST_SURE, *sure.values())


def evidence(answer: Mapping[str, Any], theme: str) -> list[tuple[int, int]]:
    """Find the spans of an answer that speak for a theme, or for any where it is ""."""
    mentions = answer.get("themes") or ()
    return [
        (span["start"], span["end"])
        for mention in mentions
        if mention["label"] == theme or not theme
        for span in mention.get("evidence") or ()
    ]


def pieces(text: str, spans: Sequence[tuple[int, int]]) -> list[tuple[str, bool]]:
    """Cut a text at spans, which may overlap; each piece says whether it is in one."""
    return list(_pieces(text, spans))


def _pieces(text: str, spans: Sequence[tuple[int, int]]) -> Iterator[tuple[str, bool]]:
    place = 0
    for start, end in sorted(spans):
        start, end = max(start, place), min(end, len(text))
        if start >= end:
            continue
        if start > place:
            yield text[place:start], False
        yield text[start:end], True
        place = end
    if place < len(text):
        yield text[place:], False
