"""The first page: how much came, of what kind and about what, how urgent, and whether it was met in time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from data.taxonomy import GroupId
from service.reports.attention import attention
from service.reports.breaks import find_breaks
from service.reports.changes import compared_note, told
from service.reports.counts.asked import correction_note, count
from service.reports.counts.prevalence import interval
from service.reports.counts.spread import FEWEST_FOR_SHARES, draws
from service.reports.figure import Break, Cell, Chart, Column, Figure, Interval, Table
from service.reports.ledger import Bools, Ledger
from service.reports.pages import Content, address
from service.reports.periods import Periods, divide
from service.reports.roles import Role, role
from service.reports.seen import ages, whole
from service.reports.since import Since
from service.reports.view import View

MOST_LINES: Final = 5
"""Themes with a line of their own; the table has all of them."""

FEWEST_DRAWN: Final = 3
"""Whole periods that make a line."""

AGAIN: Final = 2
"""From this contact on about one matter, the first did not settle it."""


def overview(view: View) -> Content:
    """Make the page: figures, what changed in words, and what deserves attention first."""
    if not len(view.tickets):
        return Content()
    periods = divide(view.tickets, whole(view.filter, view.ledger))
    breaks, since = find_breaks(view), Since(view)
    made = [
        volume(view, periods),
        mix(since, "kind", view.tongue.say("What people write")),
        mix(since, "themes", view.tongue.say("What it is about")),
        trend(view, periods, breaks),
        urgency(since),
        returning(since, periods, breaks),
    ]
    figures = [each for each in made if each is not None]
    return Content(figures, {"changed": told(since), "attention": attention(since)})


def volume(view: View, periods: Periods) -> Figure:
    """Count messages by week or month."""
    tongue = view.tongue
    numbers = np.bincount(periods.cells, minlength=len(periods.starts))
    rows: list[Sequence[Cell]] = [[start, int(n)] for start, n in zip(periods.starts, numbers, strict=True)]
    return Figure(
        id="volume",
        title=tongue.say("How many messages came in"),
        table=Table([periods.column(tongue), Column("messages", tongue.say("Messages"))], rows),
        chart=_lines(["messages"], periods, ()) if len(rows) > 1 else None,
        told=tongue.count("One message in all.", "{n} messages in all.", len(view.tickets)),
        note=tongue.say("Weeks or months that are not whole stand in the table alone."),
    )


def mix(since: Since, group: GroupId, title: str) -> Figure | None:
    """Estimate how many messages have each label of a group, beside the period before."""
    view, tongue = since.view, since.view.tongue
    labels = tongue.taxonomy.ids(group)
    if not labels:
        return None
    counts = since.counts(group)
    changes = {each.label: each for each in since.of(group)}
    columns = [
        Column("label", tongue.say("Label"), "text"),
        Column("messages", tongue.say("Messages")),
        Column("share", tongue.say("Share"), "share"),
    ]
    if changes:
        columns += [
            Column("before", tongue.say("Period before")),
            Column("change", tongue.say("Change")),
        ]
    order = labels if group == "kind" else sorted(labels, key=lambda each: -counts.interval(each).mid)
    rows: list[Sequence[Cell]] = []
    for label in order:
        row: list[Cell] = [tongue.label(group, label), counts.interval(label), counts.share(label)]
        if changes:
            row += [changes[label].before, changes[label].difference] if label in changes else [None, None]
        rows.append(row)
    top = max(labels, key=lambda each: counts.interval(each).mid)
    field = {"kind": "kind", "themes": "theme"}.get(group, group)
    return Figure(
        id=group,
        title=title,
        table=Table(columns, rows, [address(view, **{field: label}) for label in order]),
        chart=Chart("bars", ["messages"]),
        told=tongue.say(
            "Most often: {label}, about {share} of the messages.",
            label=tongue.label(group, top),
            share=tongue.share(counts.share(top).mid),
        ),
        note=_notes(correction_note(view, group, corrected=counts.corrected), compared_note(since) if changes else ""),
    )


def trend(view: View, periods: Periods, breaks: Sequence[Break]) -> Figure | None:
    """Estimate each theme's messages by week or month."""
    tongue, labels = view.tongue, view.tongue.taxonomy.ids("themes")
    if not labels or len(periods.starts) < 2:
        return None
    counts = count(view, view.tickets, "themes", periods.cells, len(periods.starts))
    weight = {label: float(counts.of(label).sum()) if label in counts.names else 0.0 for label in labels}
    order = sorted(labels, key=lambda each: -weight[each])
    rows: list[Sequence[Cell]] = [
        [start, *(counts.interval(label, cell) for label in order)] for cell, start in enumerate(periods.starts)
    ]
    columns = [periods.column(tongue), *(Column(label, tongue.label("themes", label)) for label in order)]
    return Figure(
        id="trend",
        title=tongue.say("The largest themes over time"),
        table=Table(columns, rows),
        chart=_lines(order[:MOST_LINES], periods, breaks),
        told=tongue.say("Messages by theme; the bands show how far the true number may lie from the line.")
        if counts.corrected
        else tongue.say("Messages by theme, as they were counted."),
        note=correction_note(view, "themes", corrected=counts.corrected),
    )


def urgency(since: Since) -> Figure | None:
    """Estimate how urgent messages are, and count whether they were answered in time, where that is known."""
    view, tongue = since.view, since.view.tongue
    labels = tongue.taxonomy.ids("urgency")
    if not labels:
        return None
    counts = since.counts("urgency")
    known, met = answered_in_time(view)
    held = view.tickets.labels["urgency"]
    order = list(reversed(labels))
    group = tongue.taxonomy.group("urgency")
    rows: list[Sequence[Cell]] = []
    for label in order:
        mine = held.of(label)
        tells = int((known & mine).sum())
        rows.append(
            [
                tongue.label("urgency", label),
                counts.interval(label),
                counts.share(label),
                group.label(label).respond_within_hours if group else None,
                tells / max(1, int(mine.sum())) if mine.any() else None,
                int((met & mine).sum()) / tells if tells else None,
            ]
        )
    tells = int(known.sum())
    share = tongue.share(int((met & known).sum()) / tells) if tells else ""
    return Figure(
        id="urgency",
        title=tongue.say("How urgent it is, and whether it was met"),
        table=Table(
            [
                Column("label", tongue.say("Urgency"), "text"),
                Column("messages", tongue.say("Messages")),
                Column("share", tongue.say("Share"), "share"),
                Column("due", tongue.say("To answer within (hours)"), "hours"),
                Column("known", tongue.say("Answer times known"), "share"),
                Column("met", tongue.say("Answered in time"), "share"),
            ],
            rows,
            [address(view, urgency=label) for label in order],
        ),
        chart=Chart("bars", ["messages"]),
        told=tongue.say("Of the messages of which it is known, {share} were answered in time.", share=share)
        if tells
        else tongue.say("When messages were answered is not known: the ticket system does not send it."),
        note=_notes(
            tongue.say(
                "Answered in time: within the hours of its urgency. A message without an answer counts once they are "
                "over, if its system sends answers at all."
            ),
            correction_note(view, "urgency", corrected=counts.corrected),
        ),
    )


def answered_in_time(view: View) -> tuple[Bools, Bools]:
    """Tickets (n) of which it is known whether they were answered in time, and those that were."""
    tickets = view.tickets
    answered = ~np.isnan(tickets.answered)
    source = tickets.feature("source")
    tells = np.bincount(source.codes[answered], minlength=len(source.names))[source.codes] > 0
    with np.errstate(invalid="ignore"):
        met = tickets.answered <= tickets.due
        over = ages(tickets, view.ledger) > tickets.due
    known = ~np.isnan(tickets.due) & tells & (answered | over)
    return known, met & known


def returning(since: Since, periods: Periods, breaks: Sequence[Break]) -> Figure | None:
    """Show how many had been in touch before: by what they say, and by the ticket system's own count."""
    view, tongue, tickets = since.view, since.view.tongue, since.view.tickets
    sign = role("returning", tongue.taxonomy)
    counted = tickets.contact > 0
    if sign is None and not counted.any():
        return None
    size = len(periods.starts)
    columns = [periods.column(tongue)]
    series: list[list[Cell]] = []
    note = ""
    if sign is not None:
        counts = count(view, tickets, sign.group, periods.cells, size)
        note = correction_note(view, sign.group, corrected=counts.corrected)
        draws = np.sum([counts.of(label) for label in sign.labels if label in counts.names], axis=0)
        raw = np.bincount(periods.cells, sign.rows(tickets), minlength=size)
        columns.append(Column("says", tongue.say("Say that they wrote before"), "share"))
        series.append(
            [_share(draws[cell], raw[cell], counts.tickets[cell]) if np.ndim(draws) else None for cell in range(size)]
        )
    if counted.any():
        again = np.bincount(periods.cells, counted & (tickets.contact >= AGAIN), minlength=size)
        known = np.bincount(periods.cells, counted, minlength=size)
        columns.append(Column("counted", tongue.say("Counted by the ticket system"), "share"))
        columns.append(Column("known", tongue.say("Messages that it counts")))
        series.append([float(a / k) if k else None for a, k in zip(again, known, strict=True)])
        series.append([int(k) for k in known])
    rows: list[Sequence[Cell]] = [
        [start, *(column[cell] for column in series)] for cell, start in enumerate(periods.starts)
    ]
    drawn = [column.id for column in columns if column.kind == "share"]
    return Figure(
        id="returning",
        title=tongue.say("Who had to write again"),
        table=Table(columns, rows),
        chart=_lines(drawn, periods, breaks) if size > 1 else None,
        told=" ".join([*_say(since, sign), *_contacts(since)])
        or tongue.say("The share of messages from people who had been in touch about the same matter before."),
        note=_notes(
            note,
            tongue.say(
                "The two differ: not everybody says that they wrote before, and systems do not recognise everybody who "
                "comes back another way."
            )
            if len(drawn) > 1
            else "",
        ),
    )


def _say(since: Since, sign: Role | None) -> list[str]:
    """Say which share of the messages say that their writer wrote before, beside the period before."""
    tongue = since.view.tongue
    if sign is None:
        return []
    counts = since.counts(sign.group)
    share = tongue.share(interval(draws(counts, sign.labels)[0] / max(1, int(counts.tickets[0]))).mid)
    said = tongue.say(
        "About {share} of the messages say that the writer had been in touch about the matter before.", share=share
    )
    drawn = since.shares(sign)
    if drawn is None or min(since.sizes) < FEWEST_FOR_SHARES:
        return [said]
    before, now = (tongue.share(interval(each).mid) for each in drawn)
    changed = since.grown(sign.group) + since.shrunk(sign.group)
    if before == now or any(each.label in sign.labels for each in changed):
        return [said, tongue.say("In the period before it was {before}.", before=before)]
    return [said, tongue.say("In the period before it was {before}: the change may be chance.", before=before)]


def _contacts(since: Since) -> list[str]:
    """Say in which share of the messages the ticket system counts an earlier contact, beside the period before."""
    tongue = since.view.tongue
    now, before = (_again(tickets) for tickets in (since.view.tickets, since.before.of(since.view.ledger)))
    if now is None:
        return []
    if before is None or not since.comparable:
        return [
            tongue.say(
                "By the ticket system’s own count, {share} of the messages are a second contact or a later one.",
                share=tongue.share(now),
            )
        ]
    return [
        tongue.say(
            "By the ticket system’s own count, {share} of the messages are a second contact or a later one "
            "({before} before).",
            share=tongue.share(now),
            before=tongue.share(before),
        )
    ]


def _again(tickets: Ledger) -> float | None:
    """Tell in which share of the tickets whose contacts are counted it is not the first; None of few."""
    counted = tickets.contact[tickets.contact > 0]
    return float((counted >= AGAIN).mean()) if len(counted) >= FEWEST_FOR_SHARES else None


def _notes(*notes: str) -> str:
    return " ".join(filter(None, notes))


def _lines(series: Sequence[str], periods: Periods, breaks: Sequence[Break]) -> Chart:
    """Draw whole periods; where there are hardly any, all."""
    enough = len(periods.starts) - len(periods.partial) >= FEWEST_DRAWN
    return Chart("lines", series, breaks, periods.partial if enough else ())


def _share(draws: np.ndarray[tuple[int], np.dtype[np.float32]], counted: float, tickets: int) -> Interval | None:
    return interval(draws / tickets, float(counted) / tickets) if tickets else None
