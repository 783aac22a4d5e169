"""Tone and urgency told apart: calm but urgent, furious but not.

Who is loud gets heard; what is urgent and said calmly is overlooked. The two are separate labels here, so that the four
cells can be counted.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from service.reports.counts.prevalence import Counts, interval
from service.reports.counts.spread import counted, draws, ratio, slim
from service.reports.figure import Cell, Chart, Column, Figure, Interval, Table
from service.reports.ledger import Floats, Ints, Ledger
from service.reports.psychology.grievances import Grievances
from service.reports.roles import Role, others, role

PRESSING, WAITING, UNSAID = range(3)
"""Urgency of a ticket: in the role, another, or none because the classifier abstained."""

CELLS = ((PRESSING, False), (PRESSING, True), (WAITING, True), (WAITING, False))
"""By urgency and fury, what is easily overlooked first."""


class _Parts:
    """Who is urgent and who is furious, in words of the taxonomy."""

    def __init__(self, found: Grievances, pressing: Role, furious: Role) -> None:
        self.urgency = (pressing, others(pressing, found.taxonomy))
        self.fury = {True: furious, False: others(furious, found.taxonomy)}

    def codes(self, tickets: Ledger) -> Ints:
        """Urgency (n) of tickets."""
        pressing, waiting = (each.rows(tickets) for each in self.urgency)
        return np.where(pressing, PRESSING, np.where(waiting, WAITING, UNSAID)).astype(np.int64)

    def furious(self, emotion: Counts, fury: bool) -> Floats:
        """Draws (C × S) of which share of a cell's tickets is furious, or is not."""
        chosen, other = draws(emotion, self.fury[fury].labels), draws(emotion, self.fury[not fury].labels)
        return ratio(chosen, chosen + other)

    def link(self, found: Grievances, cell: tuple[int, bool], **more: str) -> str:
        urgency, fury = cell
        return found.link(
            urgency=",".join(self.urgency[urgency].labels), emotion=",".join(self.fury[fury].labels), **more
        )


def moods(found: Grievances) -> Figure | None:
    """Show the four cells over all themes."""
    parts = _parts(found)
    if parts is None:
        return None
    tongue, tickets = found.tongue, slim(found.tickets, ("urgency", "emotion"))
    urgency = found.count(tickets, "urgency")
    emotion = found.count(tickets, "emotion", parts.codes(tickets), 3)
    numbers = {
        (press, fury): draws(urgency, parts.urgency[press].labels)[0] * parts.furious(emotion, fury)[press]
        for press, fury in CELLS
    }
    total = np.sum(np.stack(np.broadcast_arrays(*numbers.values())), axis=0)
    plain = {(press, fury): int(counted(emotion, parts.fury[fury].labels)[press]) for press, fury in CELLS}
    whole = max(1, sum(plain.values()))
    rows: list[list[Cell]] = [
        [
            name,
            interval(numbers[cell], plain[cell]),
            interval(ratio(numbers[cell], total), plain[cell] / whole),
        ]
        for cell, name in zip(CELLS, _names(found), strict=True)
    ]
    calm = interval(numbers[CELLS[0]])
    return Figure(
        id="moods",
        title=tongue.say("Calm but urgent, furious but not"),
        table=Table(
            columns=[
                Column("cell", tongue.say("Tone and urgency"), "text"),
                Column("messages", tongue.say("Messages")),
                Column("share", tongue.say("Share"), "share"),
            ],
            rows=rows,
            links=[parts.link(found, cell) for cell in CELLS],
        ),
        chart=Chart("bars", ["messages"]),
        told=tongue.say("Calm but urgent messages: {number}.", number=found.ranged(calm)),
        note=found.notes(
            tongue.say("Calm but urgent messages are easily overlooked: read them first."),
            corrected=urgency.corrected and emotion.corrected,
        ),
    )


def moods_by_theme(found: Grievances) -> Figure | None:
    """Show the four cells for each theme."""
    parts = _parts(found)
    if parts is None or not found.themes:
        return None
    tongue, size = found.tongue, len(found.themes)
    tickets = found.by_theme.ledger
    cells = found.by_theme.codes * 3 + parts.codes(tickets)
    urgency = found.divide("urgency")
    emotion = found.divide("emotion", cells, size * 3)
    pressing, waiting = (draws(urgency, each.labels) for each in parts.urgency)
    urgent = {PRESSING: ratio(pressing, pressing + waiting), WAITING: ratio(waiting, pressing + waiting)}
    order = np.argsort(-np.median(found.numbers, axis=1), kind="stable").tolist()
    rows: list[list[Cell]] = []
    for theme in order:
        plain = {
            (press, fury): int(counted(emotion, parts.fury[fury].labels)[theme * 3 + press]) for press, fury in CELLS
        }
        whole = sum(plain.values())
        shares = {cell: urgent[cell[0]][theme] * parts.furious(emotion, cell[1])[theme * 3 + cell[0]] for cell in CELLS}
        both = [
            (shares[PRESSING, True] + shares[PRESSING, False], plain[PRESSING, True] + plain[PRESSING, False]),
            (shares[PRESSING, True] + shares[WAITING, True], plain[PRESSING, True] + plain[WAITING, True]),
        ]
        told: list[Cell] = [tongue.label("themes", found.themes[theme]), found.number(theme)]
        told += [found.told(drawn, number, whole) for drawn, number in both]
        told += [found.told(shares[cell], plain[cell], whole) for cell in CELLS]
        rows.append(told)
    return Figure(
        id="moods_by_theme",
        title=tongue.say("Tone and urgency, by theme"),
        table=Table(
            columns=[
                Column("theme", tongue.say("Theme"), "text"),
                Column("messages", tongue.say("Messages")),
                Column("urgent", tongue.say("Urgent"), "share"),
                Column("furious", tongue.say("Furious"), "share"),
                *(
                    Column(id_, name, "share")
                    for id_, name in zip(
                        ("calm_urgent", "furious_urgent", "furious_waiting", "calm_waiting"), _names(found), strict=True
                    )
                ),
            ],
            rows=rows,
            links=[parts.link(found, CELLS[0], theme=found.themes[theme]) for theme in order],
        ),
        chart=Chart(
            "quadrant",
            ["urgent", "furious", "messages"],
            corners=[
                tongue.say("Calmer, less urgent"),
                tongue.say("Calmer, more urgent"),
                tongue.say("Angrier, more urgent"),
                tongue.say("Angrier, less urgent"),
            ],
        ),
        told=_told(found, rows),
        note=found.notes(
            tongue.say("The dashed lines are the average of the themes, larger ones weighing more."),
            tongue.say("The links lead to the messages that are calm but urgent."),
            corrected=urgency.corrected and emotion.corrected,
        ),
    )


def _parts(found: Grievances) -> _Parts | None:
    pressing, furious = role("pressing", found.taxonomy), role("furious", found.taxonomy)
    return _Parts(found, pressing, furious) if pressing and furious else None


def _names(found: Grievances) -> list[str]:
    say = found.tongue.say
    return [
        say("Calm but urgent"), say("Furious and urgent"), say("Furious but not urgent"), say("Calm and not urgent"),
    ]  # fmt: skip


def _told(found: Grievances, rows: Sequence[Sequence[object]]) -> str:
    known = [(row[4].mid, str(row[0])) for row in rows if isinstance(row[4], Interval)]
    if not known:
        return ""
    share, theme = max(known)
    return found.tongue.say(
        "“{theme}” has the largest share of calm but urgent messages: {share}.",
        share=found.tongue.share(share), theme=theme,
    )  # fmt: skip
