"""Languages, channels and branches side by side: which differ, and which only look so because of the classifier."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from data.taxonomy import Group
from service.reports.counts.asked import correction_note
from service.reports.counts.differences import FALSE_ALARMS, Apart, Real, adjusted, chance, holds, tell_apart
from service.reports.counts.prevalence import interval
from service.reports.figure import Cell, Chart, Column, Figure, Interval, Table
from service.reports.ledger import Bools, Floats, Ints
from service.reports.pages import address
from service.reports.view import View

By = Literal["lang", "channel", "branch", "source"]

FEWEST: Final = 30
"""Tickets that a side must have."""
FEW: Final = 100
"""Below as many tickets a side is marked: only large differences can be seen there."""
MOST_SIDES: Final = 12
"""The largest are shown."""
MOST_ROWS: Final = 20
"""Differences that are listed, the clearest first."""


@dataclass(frozen=True, eq=False)
class _Sides:
    """What is held against each other: names as stored (C), tickets (C), and the side of each of the view's (n)."""

    by: By
    names: Sequence[str | None]
    """None for the small ones together."""
    titles: Sequence[str]
    tickets: Ints
    cells: Ints
    """−1: on no side."""


@dataclass(frozen=True, eq=False)
class _Compared:
    """One group's labels (L) on all sides (C)."""

    group: Group
    titles: Sequence[str]
    counted: Ints
    draws: Floats
    corrected: bool
    apart: Apart


def compare(view: View, by: By) -> list[Figure]:
    """Make the page's figures; none where fewer than two sides have tickets enough.

    Groups that the view asks a label of are left out: the machine chose these tickets by that very group. Where a
    group's counts are not corrected, the sides may differ by the machine's errors alone: no difference is sure.
    """
    sides = _sides(view, by)
    if len(sides.names) < 2:
        return []
    groups = [group for group in view.tongue.taxonomy.groups if not view.filter.asks(group.id)]
    found = [each for group in groups if (each := _compared(view, sides, group)) is not None]
    if not found:
        return [_overview(view, sides)]
    counted = holds(np.concatenate([each.apart.counted_z for each in found]))
    false = _false(found)
    clear = false <= FALSE_ALARMS
    ends = np.cumsum([len(each.titles) for each in found])[:-1]
    figures = [_overview(view, sides), _differences(view, sides, found, false)]
    for each, own, own_counted in zip(found, np.split(clear, ends), np.split(counted, ends), strict=True):
        figures.append(_side_by_side(view, sides, each, own, own_counted & ~own))
    return figures


def _sides(view: View, by: By) -> _Sides:
    """Take the largest sides, and the smaller ones together where that makes a side.

    What has no name is none, and what the machine could not read is on none.
    """
    tickets = view.tickets
    feature, read = tickets.feature(by), view.prevalence.read(tickets)
    numbers = np.bincount(feature.codes[read], minlength=len(feature.names))
    ranked = sorted(range(len(feature.names)), key=lambda i: (-numbers[i], feature.names[i]))
    kept = [i for i in ranked if feature.names[i] and numbers[i] >= FEWEST][:MOST_SIDES]
    place = np.full(len(feature.names) + 1, -1, np.int64)
    place[kept] = np.arange(len(kept))
    names: list[str | None] = [feature.names[i] for i in kept]
    titles = [view.tongue.tongue_name(feature.names[i]) if by == "lang" else feature.names[i] for i in kept]
    small = [i for i in ranked if feature.names[i] and i not in kept]
    if kept and numbers[small].sum() >= FEWEST:
        place[small] = len(kept)
        names.append(None)
        titles.append(view.tongue.say("The others together"))
    cells = np.where(read, place[feature.codes], -1)
    return _Sides(by, names, titles, np.bincount(cells[cells >= 0], minlength=len(names)), cells)


def _compared(view: View, sides: _Sides, group: Group) -> _Compared | None:
    """Count a group's labels, an ordered group's also as "this or more urgent"; None where no ticket has any."""
    tongue = view.tongue
    counts = view.prevalence.counts(view.tickets, group.id, sides.cells, len(sides.names))
    known = [label for label in group.ids if label in counts.names]
    if not known:
        return None
    rows = [[label] for label in known]
    titles = [tongue.label(group.id, label) for label in known]
    if group.mode == "ordered":
        for place in range(len(known) - 2, 0, -1):
            rows.append(known[place:])
            titles.append(tongue.say("{label} or more urgent", label=tongue.label(group.id, known[place])))
    sums = np.array([[name in row for name in counts.names] for row in rows], np.float32)
    draws = np.tensordot(sums, counts.draws, 1).astype(np.float32)
    counted = (sums.astype(np.int64) @ counts.counted).astype(np.int64)
    return _Compared(group, titles, counted, draws, counts.corrected, tell_apart(draws, counted, sides.tickets))


def _false(found: Sequence[_Compared]) -> Real:
    """Say of each difference (labels of all groups × C) which part of those as clear is none; 1 where none is sure."""
    z = np.concatenate([each.apart.z for each in found])
    corrected = np.repeat([each.corrected for each in found], [len(each.titles) for each in found])
    false = np.ones_like(z)
    false[corrected] = adjusted(chance(z[corrected]))
    return false


def _overview(view: View, sides: _Sides) -> Figure:
    """Say what is held against what, and which sides are small."""
    tongue = view.tongue
    rows: list[Sequence[Cell]] = [
        [title, int(n), tongue.say("Few messages: only large differences show.") if n < FEW else ""]
        for title, n in zip(sides.titles, sides.tickets, strict=True)
    ]
    left = len(view.tickets) - int(sides.tickets.sum())
    return Figure(
        id="sides",
        title=tongue.say("What is compared"),
        table=Table(
            [
                Column("side", tongue.say("Side"), "text"),
                Column("messages", tongue.say("Messages")),
                Column("warning", tongue.say("Note"), "text"),
            ],
            rows,
            [address(view, **{sides.by: name}) if name else None for name in sides.names],
        ),
        chart=Chart("bars", ["messages"]),
        told=tongue.say("Each side is compared with all the others together."),
        note=tongue.count(
            "One message is on no side: its side is unknown or has too few messages, or it could not be read.",
            "{n} messages are on no side: their side is unknown or has too few messages, or they could not be read.",
            left,
        )
        if left
        else "",
    )


def _differences(view: View, sides: _Sides, found: Sequence[_Compared], false: Real) -> Figure:
    """List the differences that hold, the clearest first."""
    tongue = view.tongue
    z = np.concatenate([each.apart.z for each in found])
    owner = [(each, row) for each in found for row in range(len(each.titles))]
    # Of two sides, one is the other's mirror.
    places = [place for place in np.argwhere(false <= FALSE_ALARMS).tolist() if len(sides.names) > 2 or place[1] == 0]
    places.sort(key=lambda place: -abs(float(z[place[0], place[1]])))
    rows: list[Sequence[Cell]] = []
    for row, side in places[:MOST_ROWS]:
        each, label = owner[row]
        here, elsewhere = _shares(sides, each, label, side)
        difference = interval(each.apart.difference[label, side])
        rows.append([each.titles[label], sides.titles[side], here, elsewhere, difference, float(false[row, side])])
    if rows:
        first = rows[0]
        told = tongue.say(
            "The clearest difference: “{label}” is in {share} of the messages of {side} and in {rest} of the others.",
            label=first[0], side=first[1], share=_middle(view, first[2]), rest=_middle(view, first[3]),
        )  # fmt: skip
    else:
        told = _unsure(view, sides, found)
    notes: list[str] = []
    if any(each.corrected for each in found):
        notes.append(
            tongue.say(
                "Corrected for the classifier's errors in each language, and for the number of comparisons on this "
                "page: of the differences listed, about one in twenty may be none."
            )
        )
    if not all(each.corrected for each in found):
        notes.append(
            tongue.say(
                "Labels whose counts cannot be corrected are not listed: the classifier's errors alone may make them "
                "differ."
            )
        )
    return Figure(
        id="differences",
        title=tongue.say("Differences that hold"),
        table=Table(
            [
                Column("label", tongue.say("Label"), "text"),
                Column("side", tongue.say("Side"), "text"),
                Column("share", tongue.say("Share there"), "share"),
                Column("elsewhere", tongue.say("Share elsewhere"), "share"),
                Column("difference", tongue.say("Difference"), "share"),
                Column("false", tongue.say("False ones among all as clear as this"), "share"),
            ],
            rows,
        ),
        chart=Chart("bars", ["share", "elsewhere"], named_by=2) if rows else None,
        told=told,
        note=" ".join(notes),
    )


def _side_by_side(view: View, sides: _Sides, found: _Compared, clear: Bools, doubtful: Bools) -> Figure:
    """Show all shares of one group, and name the sides that stand out."""
    tongue, group = view.tongue, found.group
    more, less = clear & (found.apart.z > 0), clear & (found.apart.z < 0)

    def named(row: Bools) -> str:
        return ", ".join(title for title, marked in zip(sides.titles, row, strict=True) if marked)

    rows: list[Sequence[Cell]] = []
    for place, title in enumerate(found.titles):
        shares = [
            interval(found.draws[place, side] / n, found.counted[place, side] / n)
            for side, n in enumerate(sides.tickets.tolist())
        ]
        rows.append([title, *shares, named(more[place]), named(less[place]), named(doubtful[place])])
    columns = [Column(f"side_{side}", title, "share") for side, title in enumerate(sides.titles)]
    notes = [correction_note(view, group.id, corrected=found.corrected)]
    if doubtful.any():
        notes.append(
            tongue.say("Where only the uncorrected counts differ, the difference may be the classifier's alone.")
        )
    return Figure(
        id=group.id,
        title=group.name.get(tongue.language) or group.name.get("en") or group.id,
        table=Table(
            [
                Column("label", tongue.say("Label"), "text"),
                *columns,
                Column("more", tongue.say("More than elsewhere in"), "text"),
                Column("less", tongue.say("Less than elsewhere in"), "text"),
                Column("doubtful", tongue.say("Counts differ, perhaps by the classifier's errors"), "text"),
            ],
            rows,
        ),
        chart=Chart("heat", [column.id for column in columns]),
        told=tongue.count(
            "One label differs between the sides by more than chance.",
            "{n} labels differ between the sides by more than chance.",
            int(clear.any(axis=1).sum()),
        )
        if clear.any()
        else _unsure(view, sides, [found]),
        note=" ".join(notes),
    )


def _unsure(view: View, sides: _Sides, found: Sequence[_Compared]) -> str:
    """Say that no difference is sure, and name the one that comes nearest to it."""
    z = np.concatenate([each.apart.z for each in found])
    if len(sides.names) == 2:
        z = z[:, :1]  # one is the other's mirror
    place, side = divmod(int(abs(z).argmax()), z.shape[1])
    each, label = [(each, row) for each in found for row in range(len(each.titles))][place]
    here, elsewhere = _shares(sides, each, label, side)
    return view.tongue.say(
        "No difference is larger than chance and the classifier's errors may explain. What comes nearest: “{label}” is "
        "in {share} of the messages of {side} and in {rest} of the others.",
        label=each.titles[label], side=sides.titles[side], share=_middle(view, here), rest=_middle(view, elsewhere),
    )  # fmt: skip


def _shares(sides: _Sides, found: _Compared, label: int, side: int) -> tuple[Interval, Interval]:
    """Estimate which share has a label on a side, and on all others together."""
    own, tickets, counted = found.draws[label, side], int(sides.tickets[side]), int(found.counted[label, side])
    others = int(sides.tickets.sum()) - tickets
    elsewhere = interval(
        (found.draws[label].sum(axis=0) - own) / others, (found.counted[label].sum() - counted) / others
    )
    return interval(own / tickets, counted / tickets), elsewhere


def _middle(view: View, cell: Cell) -> str:
    return view.tongue.share(getattr(cell, "mid", 0.0))
