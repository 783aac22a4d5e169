"""Bring the groups that a run found together with those of earlier runs, so that a group stays the same one.

Groups are the same where they share tickets. What people decided outlives runs: tickets of a named, dismissed or merged
group, or of one that others were merged into, still belong to it where they come as several groups, or with others.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from data.store.emerging import _PART, MOST_GROUPS, Found, Member, _add, _members
from data.store.tables import EmergingMemberRow, EmergingRow, TicketRow

SHARED: Final = 0.3
"""Part of the smaller one of two groups that both must have for them to be the same."""

ABSORBED: Final = 0.5
"""Part of a found group from which on it belongs to one that was decided on, however many others do."""

FEWEST_SHARED: Final = 3

MOST_MEMBERS: Final = 5_000
"""Tickets of one group, those nearest to its middle."""


def keep(session: Session, found: Sequence[Found], looked_at: set[int], now: datetime) -> list[int]:
    """Write down what was found; returns the id of the group that each found one is.

    Words of a group are left out where one of its tickets was erased since they were read: some may be its own.
    """
    rows = {row.id: row for row in session.scalars(select(EmergingRow).order_by(EmergingRow.id))}
    earlier = _members(session, list(rows))
    own = [{member.ticket: member for member in sorted(each.members, key=_far)[:MOST_MEMBERS]} for each in found]
    targets = {row.into for row in rows.values()}
    decided = {id_ for id_, row in rows.items() if row.status != "open" or id_ in targets}
    matched = match(own, earlier, decided)
    alive = _alive(session, sorted({member.ticket for each in found for member in each.members}))
    ids: list[int] = []
    touched: set[int] = set()
    for each, members, old in zip(found, own, matched, strict=True):
        row = rows[old] if old is not None else _begin(session, now)
        while row.into is not None:
            _add(session, row.id, members)  # so that it is known again when the older tickets are long gone
            row = rows[row.into]
        if row.id not in decided | touched:
            _forget(session, row.id, looked_at - members.keys())
        _add(session, row.id, members)
        if row.id not in touched:  # of several, the largest comes first and speaks for it
            row.steadiness, row.near = each.steadiness, list(each.near)
            row.words = dict(each.words) if alive.issuperset(member.ticket for member in each.members) else {}
        row.seen_at = now
        touched.add(row.id)
        ids.append(row.id)
    session.flush()
    _tidy(session)
    return ids


def match(
    found: Sequence[Mapping[int, Member]], earlier: Mapping[int, Mapping[int, Member]], decided: set[int]
) -> list[int | None]:
    """Find the earlier group that each found one is; None for a new one.

    One that nobody decided on is one group at the most: the one that shares most with it.
    """
    result: list[int | None] = [None] * len(found)
    pairs = []
    for place, members in enumerate(found):
        for id_, others in earlier.items():
            shared = len(members.keys() & others.keys())
            if shared < FEWEST_SHARED:
                continue
            share = shared / min(len(members), len(others))
            if share >= SHARED or (id_ in decided and shared >= ABSORBED * len(members)):
                pairs.append((shared / len(members.keys() | others.keys()), shared, -place, -id_))
    taken: set[int] = set()
    for _, shared, place, id_ in sorted(pairs, reverse=True):
        place, id_ = -place, -id_
        several = id_ in decided and shared >= ABSORBED * len(found[place])
        if result[place] is None and (id_ not in taken or several):
            result[place] = id_
            taken.add(id_)
    return result


def _far(member: Member) -> tuple[float, int]:
    return -member.closeness, member.ticket


def _alive(session: Session, tickets: Sequence[int]) -> set[int]:
    found: set[int] = set()
    for start in range(0, len(tickets), _PART):
        found.update(session.scalars(select(TicketRow.id).where(TicketRow.id.in_(tickets[start : start + _PART]))))
    return found


def _begin(session: Session, now: datetime) -> EmergingRow:
    row = EmergingRow(
        status="open", found_at=now, seen_at=now, steadiness=0.0, words={}, near=[], names={}, label=None, author="",
        decided_at=None, into=None,
    )  # fmt: skip
    session.add(row)
    session.flush()
    return row


def _forget(session: Session, id_: int, tickets: set[int]) -> None:
    """Take tickets out of a group that a run looked at and did not find in it."""
    there = _members(session, [id_])[id_].keys() & tickets
    gone = sorted(there)
    for start in range(0, len(gone), 500):
        part = gone[start : start + 500]
        session.execute(
            delete(EmergingMemberRow).where(
                EmergingMemberRow.group_id == id_, EmergingMemberRow.ticket_id.in_(part)
            )
        )  # fmt: skip


def _tidy(session: Session) -> None:
    """Delete groups that nobody decided on where they have no tickets left, or are too many."""
    empty = EmergingRow.id.not_in(select(EmergingMemberRow.group_id))
    targets = select(EmergingRow.into).where(EmergingRow.into.is_not(None))
    undecided = (EmergingRow.status == "open") & EmergingRow.id.not_in(targets)
    session.execute(delete(EmergingRow).where(undecided, empty))
    session.execute(update(EmergingRow).where(empty).values(words={}))
    kept = select(EmergingRow.id).where(undecided).order_by(EmergingRow.seen_at.desc(), EmergingRow.id)
    for id_ in list(session.scalars(kept.offset(MOST_GROUPS))):
        session.execute(delete(EmergingRow).where(EmergingRow.id == id_))
