"""The page of what rises: alarms and early signs of the view's days, each beside what was to be expected."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from service.reports.alarms.daily import ALL, count_daily
from service.reports.alarms.episodes import episodes, told_episode
from service.reports.alarms.notices import name_of, told_where
from service.reports.alarms.rising import Level, Rise, find_rises
from service.reports.figure import Cell, Chart, Column, Figure, Table
from service.reports.filters import Filter
from service.reports.ledger import date_of, day_of
from service.reports.pages import Content, address
from service.reports.view import View

MOST_DAYS: Final = 366
MOST_TOLD: Final = 5
"""Matters that are told in words, the newest; the figures have all alarms."""

_WITHOUT: Final = ("theme", "kind", "urgency", "signal", "motive", "emotion")
"""What a view may ask of labels is left aside: themes are counted over all messages."""


def rising(view: View) -> Content:
    """Show what rose in the view's days, up to the day before the newest ticket, which may not be over."""
    start, end, newest = view.filter.start, view.filter.end, view.ledger.last_day
    if start is None or end is None or newest is None:
        return Content()
    asked = view.filter.model_copy(update={"start": None, "end": None, **dict.fromkeys(_WITHOUT)})
    tickets = view.ledger if asked == Filter() else asked.of(view.ledger)
    last = min(day_of(end), day_of(newest) - 1)
    days = min(last - day_of(start) + 1, MOST_DAYS)
    rises = find_rises(count_daily(tickets, last), days) if days > 0 else []
    wanted = view.filter.theme.split(",") if view.filter.theme else None
    rises = [rise for rise in rises if wanted is None or rise.theme in wanted]
    tongue = view.tongue
    figures = (
        _figure(
            view,
            rises,
            "alarm",
            tongue.say("What rises"),
            tongue.say(
                "Chance alone makes about one such alarm in a month or fewer, over all themes together. Counted is "
                "what the classifier says, uncorrected. After a change of the model nothing is said for eight "
                "weeks, unless older messages are read anew."
            ),
        ),
        _figure(
            view,
            rises,
            "sign",
            tongue.say("Early signs"),
            tongue.say("Many of these are chance: they are shown early so that a person can look, and never sent."),
        ),
    )
    alarms = [
        (address(view, theme=_theme(episode[-1])), told_episode(episode, tongue))
        for episode in episodes(rise for rise in rises if rise.level == "alarm")
    ]
    return Content(figures, {"alarms": alarms[:MOST_TOLD]})


def _theme(rise: Rise) -> str | None:
    return None if rise.theme == ALL else rise.theme


def _figure(view: View, rises: Sequence[Rise], level: Level, title: str, note: str) -> Figure:
    tongue = view.tongue
    shown = [rise for rise in rises if rise.level == level]
    rows: list[Sequence[Cell]] = [
        [
            name_of(rise, tongue),
            date_of(rise.day),
            rise.days,
            rise.count,
            round(rise.expected, 1),
            round(rise.known, 1) if rise.known else None,
            " ".join(told_where(rise, tongue)),
        ]
        for rise in shown
    ]
    columns = [
        Column("theme", tongue.say("Theme"), "text"),
        Column("day", tongue.say("Noticed on"), "date"),
        Column("days", tongue.say("Days looked at")),
        Column("count", tongue.say("Messages")),
        Column("expected", tongue.say("To be expected")),
        Column("known", tongue.say("Explained by earlier alarms")),
        Column("where", tongue.say("Where"), "text"),
    ]
    links = [address(view, theme=_theme(rise)) for rise in shown]
    if level == "alarm":
        told = tongue.count("One alarm of a rising theme.", "{n} alarms of rising themes.", len(shown))
    else:
        told = tongue.count("One early sign.", "{n} early signs.", len(shown))
    if not shown:
        told = tongue.say("Nothing rose more than chance explains.")
    chart = Chart("bars", ["count", "expected"], named_by=2) if shown else None
    return Figure(f"{level}s", title, Table(columns, rows, links), chart, told, note)
