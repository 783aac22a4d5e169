"""What the taxonomy does not know yet: groups of tickets that fit its themes poorly, for people to name or dismiss.

`python -m training emerging` makes the groups. They are read from the store whenever the page is shown and never kept:
what was erased is gone with the next load, and what somebody decided shows at once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, Final

from service.reports.figure import Column, Figure, Table
from service.reports.pages import Content
from service.reports.tongue import Tongue
from service.reports.view import View

if TYPE_CHECKING:
    from data.store.emerging import Group

LONGEST: Final = 600
"""Characters of a quote; longer messages are not shown."""

MOST: Final = 60
"""Groups on the page."""

MOST_WEEKS: Final = 26
"""Weeks of a group's course, the newest."""

STEADY: Final = 0.6
"""Overlap between resamplings from which a group is called steady."""


@dataclass(frozen=True)
class Card:
    """One group as the page shows it.

    A group of too few tickets shows neither quotes nor words, nor does any show quotes of a language with too few or
    words of too few people.
    """

    id: int
    title: str
    status: str
    size: int
    first: date | None
    last: date | None
    languages: Sequence[str]
    weeks: Sequence[tuple[date, int]]
    steady: str
    near: Sequence[str]
    words: Sequence[tuple[str, str, Sequence[str]]]
    """Id and name of a language, and its words."""
    quotes: Sequence[tuple[str, str, str]]
    """Id and name of a language, and a typical message."""
    names: Mapping[str, str]
    few: bool


def emerging(view: View) -> Content:
    """Count the groups, for exports."""
    say = view.tongue.say
    columns = [
        Column("group", say("Group"), "text"),
        Column("messages", say("Messages")),
        Column("first", say("First"), "date"),
        Column("last", say("Last"), "date"),
        Column("steadiness", say("Steadiness"), "share"),
    ]
    rows = [
        [_number(each, view.tongue), each.size, each.first and each.first.date(), each.last and each.last.date(),
         each.steadiness]
        for each in _shown(view)
        if each.status != "dismissed"
    ]  # fmt: skip
    if not rows:
        return Content()
    note = say("Groups are made by a computer. Read the messages before you decide on one.")
    return Content([Figure("groups", say("Groups that fit no theme well"), Table(columns, rows), note=note)])


def cards(view: View) -> Mapping[str, Any]:
    """Make what the page shows of each group, quotes included."""
    made = [_card(view, each) for each in _shown(view)]
    return {
        "cards": [each for each in made if each.status != "dismissed"],
        "dismissed": [each for each in made if each.status == "dismissed"],
        "naming": [(lang, view.tongue.tongue_name(lang)) for lang in view.tongue.taxonomy.languages],
    }


def _shown(view: View) -> list[Group]:
    """List the groups of the newest run, and those that people decided on."""
    if view.store is None:
        return []
    groups = view.store.emerging.groups(view.ledger.zone)
    return [each for each in groups if each.size and (each.current or each.status != "open")][:MOST]


def _card(view: View, group: Group) -> Card:
    tongue, few = view.tongue, group.size < view.fewest
    shown = not few and group.status != "dismissed" and view.store is not None
    quotes = view.store.emerging.quotes(group.id, 2, LONGEST) if shown and view.store else []
    quotes = [each for each in quotes if group.langs.get(each.lang, 0) >= view.fewest]
    langs = [
        tongue.say("{language}: {number}", language=tongue.tongue_name(lang), number=tongue.number(count))
        for lang, count in group.langs.items()
    ]
    told = {lang: [word for word, people in each if people >= view.fewest] for lang, each in group.words.items()}
    words = [] if few else [(lang, tongue.tongue_name(lang), each) for lang, each in told.items() if each]
    steady = tongue.say("steady") if group.steadiness >= STEADY else tongue.say("uncertain")
    return Card(
        id=group.id, title=_title(group, tongue), status=group.status, size=group.size,
        first=group.first.date() if group.first else None, last=group.last.date() if group.last else None,
        languages=langs, weeks=group.weeks[-MOST_WEEKS:], steady=steady,
        near=[tongue.label("themes", each) for each in group.near], words=words,
        quotes=[(each.lang, tongue.tongue_name(each.lang), each.text) for each in quotes], names=group.names, few=few,
    )  # fmt: skip


def _title(group: Group, tongue: Tongue) -> str:
    named = group.names.get(tongue.language) or group.names.get("en") or next(iter(group.names.values()), "")
    return named or _number(group, tongue)


def _number(group: Group, tongue: Tongue) -> str:
    return tongue.say("Group {number}", number=str(group.id))
