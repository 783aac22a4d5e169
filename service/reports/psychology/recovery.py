"""What was done about it: what people asked for against what they got, and failures after a repair.

The store knows when a ticket was answered and closed, if its ticket system says so; it does not know what was paid or
repaired. So the gap is told in what is known: whether and how soon a message was dealt with, by what it asked for.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Final

import numpy as np

from service.reports.breaks import find_breaks
from service.reports.changes import compared_note
from service.reports.counts.prevalence import interval
from service.reports.counts.spread import FEWEST_FOR_SHARES, draws, of_mask, slim, within
from service.reports.figure import Cell, Chart, Column, Figure, Table
from service.reports.ledger import Bools, Floats, Ledger
from service.reports.periods import divide
from service.reports.psychology.grievances import Grievances
from service.reports.roles import Role, role
from service.reports.seen import ages, whole
from service.reports.since import BEFORE, NOW
from service.reports.tongue import Tongue

AGAIN: Final = 2
"""From this contact on about one matter, the first did not settle it."""

HALF_ANSWERED, AGAIN_SHARE = 5, 8
"""Places of columns of `remedies`."""


def remedies(found: Grievances) -> Figure | None:
    """Show how messages were dealt with, by what they ask for."""
    labels = found.taxonomy.ids("motives")
    tongue, tickets = found.tongue, found.tickets
    answers, ends = _tells(tickets, tickets.answered), _tells(tickets, tickets.closed)
    tells = answers | ends
    if not labels or not tells.any():
        return None
    newest, age = found.view.ledger.last_day or date.today(), ages(tickets, found.view.ledger)
    late = np.isnan(tickets.answered) & np.isnan(tickets.closed) & (age > tickets.due)
    again = came_again(found, tickets)
    to_answer, to_end = Waits(tickets.answered, age), Waits(tickets.closed, age)
    counts = found.count(slim(tickets, ("motives",)), "motives")

    def row(name: str, number: Cell, asked: Bools) -> list[Cell]:
        told: list[Cell] = [name, number, _share(tells, asked)]
        if int((asked & tells).sum()) < FEWEST_FOR_SHARES:
            return [*told, *[found.too_few] * 6]
        return [
            *told,
            _share(~np.isnan(tickets.answered), asked & answers),
            _share(~np.isnan(tickets.closed), asked & ends),
            to_answer.half_by(asked & answers),
            to_end.half_by(asked & ends),
            _share(late, asked & tells & ~np.isnan(tickets.due)),
            _share(again, asked),
        ]

    held = tickets.labels["motives"]
    named = [label for label in labels if held.of(label).any()]
    rows = [
        row(
            tongue.label("motives", label),
            interval(draws(counts, [label])[0], int(held.of(label).sum())),
            held.of(label),
        )
        for label in named
    ]
    everyone = np.ones(len(tickets), np.bool_)
    name = tongue.say("All complaints") if found.kinds else tongue.say("All messages")
    rows.append(row(name, len(tickets), everyone))
    return Figure(
        id="remedies",
        title=tongue.say("What people ask for, and what becomes of it"),
        table=Table(
            columns=[
                Column("motive", tongue.say("They ask for"), "text"),
                Column("messages", tongue.say("Messages")),
                Column("known", tongue.say("Systems that report times"), "share"),
                Column("answered", tongue.say("Answered"), "share"),
                Column("closed", tongue.say("Closed"), "share"),
                Column("half_answered", tongue.say("Half were answered within (hours)"), "hours"),
                Column("half_closed", tongue.say("Half were closed within (hours)"), "hours"),
                Column("overdue", tongue.say("Open beyond their time"), "share"),
                Column("again", tongue.say("Came back about it"), "share"),
            ],
            rows=rows,
            links=[*(found.link(motive=label) for label in named), None],
        ),
        chart=Chart("bars", ["answered", "closed", "overdue"]),
        told=_longest(tongue, rows),
        note=found.notes(
            tongue.say(
                "Whether people got what they asked for is not known: that a ticket was closed does not mean that "
                "anything was granted."
            ),
            tongue.say(
                "Messages that were still open on {day} are part of the times, so that fast answers alone do not make "
                "them look short.",
                day=tongue.day(newest),
            ),
            tongue.say("Shares and times are by labels as they stand; only the number of messages is corrected."),
            corrected=counts.corrected,
        ),
    )  # fmt: skip


def _longest(tongue: Tongue, rows: Sequence[Sequence[Cell]]) -> str:
    """Say who waits longest for an answer, or else who comes back most often; "" where neither is known."""
    *asked, everyone = rows

    def most(column: int) -> tuple[float, str, float] | None:
        found = [(cell, str(row[0])) for row in asked if isinstance(cell := row[column], float)]
        usual = everyone[column]
        return (*max(found), usual) if found and isinstance(usual, float) and max(found)[0] > usual else None

    if waits := most(HALF_ANSWERED):
        hours, usual = (tongue.number(each, 0 if each >= 10 else 1) for each in (waits[0], waits[2]))
        return tongue.say(
            "“{motive}” waits longest: half of these messages were answered within {hours} hours, half of all of them "
            "within {usual}.",
            motive=waits[1], hours=hours, usual=usual,
        )  # fmt: skip
    if returns := most(AGAIN_SHARE):
        return tongue.say(
            "“{motive}” brings the most people back: {share} of these messages, and {usual} of all of them.",
            motive=returns[1], share=tongue.share(returns[0]), usual=tongue.share(returns[2]),
        )  # fmt: skip
    return ""


def deviations(found: Grievances) -> Figure | None:
    """Show what failed again after it was dealt with (double deviation), over time."""
    unsolved = role("unsolved", found.taxonomy)
    if unsolved is None:
        return None
    again = came_again(found, found.tickets)
    tickets, tongue = slim(found.tickets, (unsolved.group,)), found.tongue
    if not (again & unsolved.rows(tickets)).any():
        return None
    periods = divide(tickets, whole(found.view.filter, found.view.ledger))
    starts, cells = periods.starts, periods.cells
    of_all = np.bincount(cells, minlength=len(starts))
    counts = found.count(tickets[again], unsolved.group, cells[again], len(starts))
    drawn, plain = draws(counts, unsolved.labels), of_mask(unsolved.rows(tickets) & again, cells, len(starts))
    rows: list[list[Cell]] = []
    for cell, start in enumerate(starts):
        if of_all[cell]:
            share = found.told(drawn[cell] / of_all[cell], plain[cell], int(of_all[cell]))
            rows.append([start, interval(drawn[cell], float(plain[cell])), share])
    told = sum(not isinstance(row[2], str) for row in rows)
    return Figure(
        id="deviations",
        title=tongue.say("Failed again after it was dealt with"),
        table=Table(
            columns=[
                periods.column(tongue),
                Column("messages", tongue.say("Messages")),
                Column("share", tongue.say("Share of all"), "share"),
            ],
            rows=rows,
        ),
        # Shares with holes between them make no line that could be read.
        chart=Chart("lines", ["share" if told > 2 * len(rows) / 3 else "messages"], find_breaks(found.view)),
        told=_told(found, unsolved),
        note=found.notes(
            tongue.say(
                "A second failure weighs more than the first: people forgive a fault more easily than a repair that "
                "failed."
            ),
            tongue.say("The first and the last period may be incomplete."),
            corrected=counts.corrected,
        ),
    )


def _told(found: Grievances, unsolved: Role) -> str:
    """Say how many failed again, and how many in the period before where that can be compared."""
    since, tongue = found.since, found.tongue
    tickets, cells = since.tickets
    those = found.those(tickets)

    def drawn_of(rows: Bools) -> Floats:
        counts = found.count(slim(tickets, (unsolved.group,))[rows], unsolved.group, cells[rows], 3)
        return draws(counts, unsolved.labels)

    again, every = drawn_of(came_again(found, tickets) & those), drawn_of(those)
    drawn = np.stack([within(part, whole) for part, whole in zip(again, every, strict=True)])
    compared = since.comparable and not since.mixed  # what the models said chose these tickets
    lately = drawn[NOW] if compared else drawn[NOW:].sum(axis=0)
    now = interval(within(lately, found.bound(unsolved.group, unsolved.labels)))
    said = [
        tongue.say(
            "Messages about a matter that was not settled although the writer had been in touch before: {number}.",
            number=found.ranged(now),
        )
    ]
    if compared:
        said.append(tongue.say("In the period before: {number}.", number=found.ranged(interval(drawn[BEFORE]))))
        said.append(compared_note(since))
    return " ".join(filter(None, said))


def came_again(found: Grievances, tickets: Ledger) -> Bools:
    """Tickets (n) of people who had been in touch about it before, by the ticket system's count or by their words."""
    returning = role("returning", found.taxonomy)
    counted: Bools = tickets.contact >= AGAIN
    return counted | returning.rows(tickets) if returning else counted


class Waits:
    """How long tickets wait until they are done, those counted that are not done yet (Kaplan and Meier 1958)."""

    def __init__(self, hours: Floats, age: Floats) -> None:
        """`hours` (n) is NaN where a ticket is not done, and `age` (n) says for how long it has been so."""
        done = ~np.isnan(hours)
        time = np.maximum(np.where(done, hours, age), 0)
        # Of equal times, what was done comes before what was only seen for as long.
        order = np.lexsort((~done, time))
        self._order, self._time, self._done = order, time[order], done[order]

    def half_by(self, among: Bools) -> float | None:
        """Hours within which half of some tickets (n) were done; None where they were not in all the time seen."""
        part = among[self._order]
        done = self._done[part]
        left = np.arange(len(done), 0, -1)
        undone = np.cumprod(np.where(done, 1 - 1 / left, 1.0)) if len(done) else np.ones(1)
        half = int(np.argmax(undone <= 0.5 + 1e-9))
        return float(self._time[part][half]) if undone[half] <= 0.5 + 1e-9 else None


def _tells(tickets: Ledger, hours: Floats) -> Bools:
    """Tickets (n) of sources that tell such a time at least once."""
    source = tickets.feature("source")
    known = np.bincount(source.codes[~np.isnan(hours)], minlength=len(source.names)) > 0
    return np.asarray(known[source.codes], np.bool_)


def _share(of: Bools, among: Bools) -> float | None:
    return float(of[among].mean()) if among.any() else None
