"""Groups of tickets that fit no theme: who is in them, what was found of them, and what people decided.

A group keeps ids of tickets and never a text, so that whoever is erased leaves it at once; its size, its dates and its
languages are counted from the tickets whenever they are asked for. `data.store.emerging_runs` brings the groups of a
new run together with earlier ones.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, date, datetime, timedelta, tzinfo
from hashlib import sha256
from typing import Final, Literal, NamedTuple

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from data.store import locks
from data.store.errors import Missing, Unsettled
from data.store.records import LONGEST, Ticket, Wording
from data.store.rows import tickets
from data.store.standing import PERSON
from data.store.tables import EmergingMemberRow, EmergingRow, LabelRow, ReadingRow, TicketRow

Status = Literal["open", "named", "dismissed", "merged"]

MOST_GROUPS: Final = 500
"""Groups that are kept, those that nobody decided on and that were not found for longest going first."""

_PART: Final = 500
_GROUPS: Final = sha256(b"emerging").hexdigest()
"""Stands for all groups where they are locked."""

_IN_PLACE: Final = (TicketRow.id == EmergingMemberRow.ticket_id) & (TicketRow.revision == EmergingMemberRow.revision)

Begin = Callable[[], AbstractContextManager[Session]]


class Reading(NamedTuple):
    """A ticket as it is looked at: its redacted text, and how it was read."""

    id: int
    revision: int
    lang: str
    received_at: datetime
    text: str
    certainty: float
    judged: bool
    subject: str | None
    """Whose it is, marked; None where that is not known."""
    taxonomy: str
    """Version of the taxonomy that the model spoke by."""
    themes: Mapping[str, float]
    """Themes that hold, each with its confidence: 1 where a person said so."""
    review: Sequence[str]
    """Why a person should look, where one should."""


class Member(NamedTuple):
    """A ticket in a group, and how near it is to its middle (1 at the most)."""

    ticket: int
    revision: int
    closeness: float


Words = Mapping[str, Sequence[tuple[str, int]]]
"""Words by language, each with the number of people who used it."""


class Found(NamedTuple):
    """A group as a run found it: its words, and the themes that it is nearest to."""

    members: Sequence[Member]
    steadiness: float
    words: Words
    near: Sequence[str]


class Group(NamedTuple):
    """A group as it stands."""

    id: int
    status: Status
    found_at: datetime
    seen_at: datetime
    current: bool
    """Whether the newest run found it."""
    size: int
    first: datetime | None
    last: datetime | None
    weeks: Sequence[tuple[date, int]]
    """Tickets by the Monday of their week, without gaps."""
    langs: Mapping[str, int]
    steadiness: float
    words: Words
    """None from the erasure of one of its tickets until a run finds it again."""
    near: Sequence[str]
    names: Mapping[str, str]
    label: str | None
    author: str
    into: int | None


class Emerging:
    """The groups of a store. Raises `Missing` for a group that is not there."""

    def __init__(self, read: Begin, write: Begin) -> None:
        self._read = read
        self._write = write

    def received(self, since: datetime, until: datetime) -> list[int]:
        """List the ids of the tickets that were received in a period, in order."""
        asked = select(TicketRow.id).where(TicketRow.received_at >= since, TicketRow.received_at < until)
        with self._read() as session:
            return list(session.scalars(asked.order_by(TicketRow.id)))

    def readings(self, ids: Sequence[int]) -> Iterator[Reading]:
        """Go through tickets by their ids; those that are gone, or that no model has read, are left out."""
        for start in range(0, len(ids), _PART):
            with self._read() as session:
                yield from _readings(session, ids[start : start + _PART])

    def groups(self, zone: tzinfo = UTC) -> list[Group]:
        """List all groups that are not merged into others, those of the newest run first, then the largest.

        Their dates and weeks are those of `zone`.
        """
        with self._read() as session:
            rows = list(session.scalars(select(EmergingRow).where(EmergingRow.status != "merged")))
            found = _groups(session, rows, zone)
        return sorted(found, key=lambda each: (not each.current, -each.size, each.id))

    def group(self, id_: int) -> Group:
        """Read one group."""
        with self._read() as session:
            return _groups(session, [_stands(session, id_)])[0]

    def members(self, id_: int) -> list[Member]:
        """List a group's tickets whose text is still the one that was read, the nearest to its middle first."""
        asked = select(EmergingMemberRow).join(TicketRow, _IN_PLACE).where(EmergingMemberRow.group_id == id_)
        asked = asked.order_by(EmergingMemberRow.closeness.desc(), EmergingMemberRow.ticket_id)
        with self._read() as session:
            return [Member(row.ticket_id, row.revision, row.closeness) for row in session.scalars(asked)]

    def tickets(self, ids: Sequence[int]) -> Iterator[tuple[int, Ticket]]:
        """Go through tickets by their ids, with everything said of them; those that are gone are left out."""
        for start in range(0, len(ids), _PART):
            with self._read() as session:
                asked = select(TicketRow).where(TicketRow.id.in_(ids[start : start + _PART])).order_by(TicketRow.id)
                rows = list(session.scalars(asked))
                found = list(zip([row.id for row in rows], tickets(session, rows), strict=True))
            yield from found

    def quotes(self, id_: int, each: int = 1, longest: int = LONGEST) -> list[Wording]:
        """Read the redacted texts of the most typical tickets of a group, so many of each language."""
        nearest = func.row_number().over(
            partition_by=TicketRow.lang,
            order_by=(EmergingMemberRow.closeness.desc(), TicketRow.id),
        )  # fmt: skip
        asked = select(
            TicketRow.id, TicketRow.lang, TicketRow.subject, TicketRow.received_at, TicketRow.text, nearest.label("at")
        )
        asked = asked.join(EmergingMemberRow, _IN_PLACE).where(
            EmergingMemberRow.group_id == id_, func.length(TicketRow.text) <= longest
        )
        ranked = asked.subquery()
        with self._read() as session:
            rows = session.execute(select(ranked).where(ranked.c.at <= each).order_by(ranked.c.lang, ranked.c.at))
            return [
                Wording(id=row.id, lang=row.lang, subject=row.subject, received_at=row.received_at, text=row.text,
                        answer={})
                for row in rows
            ]  # fmt: skip

    def name(self, id_: int, names: Mapping[str, str], label: str, author: str) -> Group:
        """Name a group: it stands for a label to be, by names in some languages. Raises `Unsettled`."""
        with self._deciding() as session:
            row = _stands(session, id_)
            if row.status == "merged":
                raise Unsettled("it was merged into another group: name that one")
            taken = select(EmergingRow.id).where(
                EmergingRow.label == label, EmergingRow.id != id_, EmergingRow.status == "named"
            )
            if session.scalar(taken.limit(1)) is not None:
                raise Unsettled("another group has this label: merge the two, or choose another")
            row.names, row.label = dict(names), label
            _decide(row, "named", author)
            return _groups(session, [row])[0]

    def dismiss(self, id_: int, author: str) -> Group:
        """Say that a group is nothing; later runs leave it so."""
        with self._deciding() as session:
            row = _stands(session, id_)
            if row.status == "merged":
                raise Unsettled("it was merged into another group: dismiss that one")
            _decide(row, "dismissed", author)
            return _groups(session, [row])[0]

    def reopen(self, id_: int, author: str) -> Group:
        """Take back what was decided. Where it was merged, the other group keeps the tickets that it got."""
        with self._deciding() as session:
            row = _stands(session, id_)
            row.into, row.label, row.names = None, None, {}
            _decide(row, "open", author)
            return _groups(session, [row])[0]

    def merge(self, id_: int, into: int, author: str) -> Group:
        """Put a group's tickets into another one, which is returned. Raises `Unsettled`."""
        with self._deciding() as session:
            row, target = _stands(session, id_), _stands(session, into)
            if row is target:
                raise Unsettled("a group cannot be merged into itself")
            if target.status in ("merged", "dismissed") or row.status == "merged":
                raise Unsettled("one of them was merged or dismissed: open it again first")
            _add(session, into, _members(session, [id_])[id_])
            row.into = into
            _decide(row, "merged", author)
            for other in session.scalars(select(EmergingRow).where(EmergingRow.into == id_)):
                other.into = into
            return _groups(session, [target])[0]

    def keep(self, found: Sequence[Found], looked_at: Sequence[int], now: datetime | None = None) -> list[int]:
        """Keep the groups of a run over the tickets `looked_at`; returns the ids of those that they belong to now."""
        from data.store.emerging_runs import keep

        with self._deciding() as session:
            return keep(session, found, set(looked_at), now or datetime.now(UTC))

    @contextmanager
    def _deciding(self) -> Iterator[Session]:
        """Let in one at a time, whichever groups it is about, and no erasure."""
        with self._write() as session:
            locks.putting(session, [_GROUPS])
            yield session


def _stands(session: Session, id_: int) -> EmergingRow:
    row = session.get(EmergingRow, id_)
    if row is None:
        raise Missing("there is no such group")
    return row


def _decide(row: EmergingRow, status: Status, author: str) -> None:
    row.status, row.author, row.decided_at = status, author, datetime.now(UTC)


def _members(session: Session, ids: Sequence[int]) -> dict[int, dict[int, Member]]:
    found: dict[int, dict[int, Member]] = {id_: {} for id_ in ids}
    for row in session.scalars(select(EmergingMemberRow).where(EmergingMemberRow.group_id.in_(ids))):
        found[row.group_id][row.ticket_id] = Member(row.ticket_id, row.revision, row.closeness)
    return found


def _add(session: Session, id_: int, members: Mapping[int, Member]) -> None:
    """Put tickets into a group that has them not yet, or with another text; who was erased meanwhile is left out."""
    there = _members(session, [id_])[id_]
    wanted = [each for ticket, each in members.items() if there.get(ticket) != each]
    for start in range(0, len(wanted), _PART):
        part = {each.ticket: each for each in wanted[start : start + _PART]}
        alive = set(session.scalars(select(TicketRow.id).where(TicketRow.id.in_(part))))
        old = session.scalars(
            select(EmergingMemberRow).where(
                EmergingMemberRow.group_id == id_, EmergingMemberRow.ticket_id.in_(part)
            )
        )  # fmt: skip
        for row in old:
            row.revision, row.closeness = part[row.ticket_id][1:]
            alive.discard(row.ticket_id)
        rows = [
            {"group_id": id_, "ticket_id": ticket, "revision": part[ticket].revision,
             "closeness": part[ticket].closeness}
            for ticket in sorted(alive)
        ]  # fmt: skip
        if rows:
            session.execute(insert(EmergingMemberRow), rows)


def _groups(session: Session, rows: Sequence[EmergingRow], zone: tzinfo = UTC) -> list[Group]:
    session.flush()
    newest = session.scalar(select(func.max(EmergingRow.seen_at)))
    received: dict[int, list[tuple[datetime, str]]] = defaultdict(list)
    for start in range(0, len(rows), _PART):
        asked = select(EmergingMemberRow.group_id, TicketRow.received_at, TicketRow.lang).join(TicketRow, _IN_PLACE)
        part = [row.id for row in rows[start : start + _PART]]
        for id_, when, lang in session.execute(asked.where(EmergingMemberRow.group_id.in_(part))):
            received[id_].append((when.astimezone(zone), lang))
    return [_group(row, received[row.id], current=row.seen_at == newest) for row in rows]


def _group(row: EmergingRow, received: Sequence[tuple[datetime, str]], *, current: bool) -> Group:
    times = [when for when, _ in received]
    status: Status = row.status  # type: ignore[assignment]
    return Group(
        id=row.id, status=status, found_at=row.found_at, seen_at=row.seen_at, current=current, size=len(times),
        first=min(times, default=None), last=max(times, default=None), weeks=_weeks(times),
        langs=dict(Counter(lang for _, lang in received).most_common()), steadiness=row.steadiness,
        words={lang: [(word, people) for word, people in told] for lang, told in row.words.items()}, near=row.near,
        names=row.names, label=row.label, author=row.author, into=row.into,
    )  # fmt: skip


def _weeks(times: Sequence[datetime]) -> list[tuple[date, int]]:
    """Count moments by week, at most the last ten years of them."""
    counts = Counter(when.date() - timedelta(days=when.weekday()) for when in times)
    if not counts:
        return []
    last = max(counts)
    first = max(min(counts), last - timedelta(weeks=520))
    weeks = range((last - first).days // 7 + 1)
    return [(week, counts[week]) for week in (first + timedelta(weeks=n) for n in weeks)]


def _readings(session: Session, ids: Sequence[int]) -> Iterator[Reading]:
    asked = select(
        TicketRow.id, TicketRow.revision, TicketRow.lang, TicketRow.received_at, TicketRow.text, TicketRow.certainty,
        TicketRow.judged, TicketRow.subject,
    )  # fmt: skip
    rows = session.execute(asked.where(TicketRow.id.in_(ids)).order_by(TicketRow.id)).all()
    held: dict[int, list[tuple[str, str]]] = defaultdict(list)
    of_themes = select(LabelRow.ticket_id, LabelRow.label, LabelRow.by).where(LabelRow.group == "themes")
    for id_, label, by in session.execute(of_themes.where(LabelRow.ticket_id.in_(ids))):
        held[id_].append((label, by))
    given = select(
        ReadingRow.ticket_id, ReadingRow.revision, ReadingRow.taxonomy_version, ReadingRow.review, ReadingRow.answer
    ).where(ReadingRow.ticket_id.in_(ids), ReadingRow.shadow.is_(False))
    newest = {(row.ticket_id, row.revision): row for row in session.execute(given.order_by(ReadingRow.id))}
    for row in rows:
        read = newest.get((row.id, row.revision))
        if read is None:
            continue
        sure = {each.get("label"): each.get("confidence", 0.0) for each in read.answer.get("themes") or ()}
        themes = {label: 1.0 if by == PERSON else float(sure.get(label, 0.0)) for label, by in held[row.id]}
        yield Reading(*row, taxonomy=read.taxonomy_version, themes=themes, review=read.review)
