"""Where challengers differ from the answers that were given, and who was right, by what people said since."""

from __future__ import annotations

import builtins
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from data.store.records import Challenger, Contest, Disagreement, GivenCorrection, GivenReading, Ticket
from data.store.rows import tickets
from data.store.standing import Labels, believed, differing
from data.store.tables import CorrectionRow, ReadingRow, TicketRow
from data.taxonomy import GroupId

PART: Final = 200
"""Tickets that are read at once where many are gone through."""

MOST: Final = 500
"""Disagreements in a list, at the most."""

Begin = Callable[[], AbstractContextManager[Session]]

_READINGS: Final = select(
    ReadingRow.id, ReadingRow.ticket_id, ReadingRow.revision, ReadingRow.shadow, ReadingRow.model_version,
    ReadingRow.taxonomy_version, ReadingRow.labels,
)  # fmt: skip
_CORRECTIONS: Final = select(
    CorrectionRow.id, CorrectionRow.ticket_id, CorrectionRow.revision, CorrectionRow.taxonomy_version,
    CorrectionRow.labels, CorrectionRow.undoes, CorrectionRow.quarantined, TicketRow.revision.label("stands"),
).join(TicketRow, TicketRow.id == CorrectionRow.ticket_id)  # fmt: skip


class Challenges:
    """What challengers said, beside the answers."""

    def __init__(self, read: Begin) -> None:
        self._read = read

    def list(
        self, limit: int = 50, after: int | None = None, *, judged: bool | None = None, model: str | None = None
    ) -> builtins.list[Disagreement]:
        """List tickets that the last challenger to read them reads otherwise, the newest reading first.

        `after` is the id of the last reading, `judged` says whether people judged the ticket, `model` which challenger.
        """
        limit = max(1, min(limit, MOST))
        asked = (
            select(ReadingRow.id, ReadingRow.ticket_id)
            .join(TicketRow, TicketRow.id == ReadingRow.ticket_id)
            .where(ReadingRow.shadow.is_(True), TicketRow.agreed.is_(False))
        )
        if judged is not None:
            asked = asked.where(TicketRow.judged == judged)
        if model is not None:
            asked = asked.where(ReadingRow.model_version == model)
        found: builtins.list[Disagreement] = []
        with self._read() as session:
            last = after
            while len(found) < limit:
                further = asked if last is None else asked.where(ReadingRow.id < last)
                part = session.execute(further.order_by(ReadingRow.id.desc()).limit(PART)).all()
                if not part:
                    break
                rows = session.scalars(select(TicketRow).where(TicketRow.id.in_({ticket for _, ticket in part})))
                by_id = {row.id: row for row in rows}
                read = dict(zip(by_id, tickets(session, list(by_id.values())), strict=True))
                for id_, ticket_id in part:
                    if compared := _compare(read[ticket_id], id_):
                        found.append(compared)
                last = part[-1].id
        return found[:limit]

    def tally(self) -> builtins.list[Challenger]:
        """Count for each challenger who was right in what people settled; who read something last comes first.

        A challenger is compared with the answer that stood when it read the ticket: that one may be its own by now.
        Groups that were settled by another taxonomy than both speak by are left out.
        """
        judged: Counter[str] = Counter()
        right: defaultdict[str, Counter[tuple[GroupId, str]]] = defaultdict(Counter)
        newest: dict[str, int] = {}
        with self._read() as session:
            for settled, readings in _judged(session):
                for answer, shadow in _pairs(readings):
                    model = shadow.model_version
                    newest[model] = max(newest.get(model, 0), shadow.id)
                    judged[model] += 1
                    spoke = {answer.taxonomy_version, shadow.taxonomy_version}
                    truth = {group: labels for group, (labels, version) in settled.items() if spoke == {version}}
                    right[model].update(_right(truth, answer.labels, shadow.labels))
        return [
            Challenger(model_version=model, judged=judged[model], groups=_contests(right[model]))
            for model in sorted(newest, key=newest.__getitem__, reverse=True)
        ]


def _compare(ticket: Ticket, shadow_id: int) -> Disagreement | None:
    given, shadow = ticket.reading, ticket.challenge
    if given is None or shadow is None or shadow.id != shadow_id:
        return None
    groups = differing(given.labels, shadow.labels)
    return Disagreement(ticket=ticket, shadow=shadow, groups=groups) if groups else None


_Settled = dict[GroupId, tuple[str | list[str], str]]
"""Labels by group, with the taxonomy that they were given by."""


def _judged(session: Session) -> Iterator[tuple[_Settled, list[GivenReading]]]:
    """Read what people settled of each ticket, with the readings of its newest text, oldest first."""
    last = 0
    while ids := _spoken_of(session, last):
        last = ids[-1]
        settled: dict[int, _Settled] = {}
        said: defaultdict[int, list[Any]] = defaultdict(list)
        for row in session.execute(_CORRECTIONS.where(CorrectionRow.ticket_id.in_(ids)).order_by(CorrectionRow.id)):
            said[row.ticket_id].append(row)
        revisions = {id_: rows[0].stands for id_, rows in said.items()}
        for id_, rows in said.items():
            given = [GivenCorrection.model_construct(**row._mapping) for row in rows]
            settled[id_] = {
                group: (labels, each.taxonomy_version)
                for each in believed(given, revisions[id_])
                for group, labels in each.labels.items()
            }
        readings: defaultdict[int, list[GivenReading]] = defaultdict(list)
        for row in session.execute(_READINGS.where(ReadingRow.ticket_id.in_(ids)).order_by(ReadingRow.id)):
            if row.revision == revisions.get(row.ticket_id):
                readings[row.ticket_id].append(GivenReading.model_construct(**row._mapping))
        yield from ((held, readings[id_]) for id_, held in settled.items() if held)


def _spoken_of(session: Session, last: int) -> Sequence[int]:
    asked = select(CorrectionRow.ticket_id).where(CorrectionRow.ticket_id > last).distinct()
    return session.scalars(asked.order_by(CorrectionRow.ticket_id).limit(PART)).all()


def _pairs(readings: Sequence[GivenReading]) -> list[tuple[GivenReading, GivenReading]]:
    """Pair the newest reading of each challenger with the answer that it was made beside."""
    found: dict[str, tuple[GivenReading, GivenReading]] = {}
    answer: GivenReading | None = None
    for each in readings:
        if not each.shadow:
            answer = each
        elif answer:
            found[each.model_version] = answer, each
    return list(found.values())


def _right(truth: Labels, answer: Labels, challenger: Labels) -> Iterator[tuple[GroupId, str]]:
    wrong, wrong_too = differing(answer, truth), differing(challenger, truth)
    for group in differing(answer, challenger):
        if group in truth:
            yield group, "answer" if group not in wrong else "neither" if group in wrong_too else "challenger"


def _contests(right: Counter[tuple[GroupId, str]]) -> dict[GroupId, Contest]:
    groups = dict.fromkeys(group for group, _ in right)
    return {
        group: Contest(**{who: right[group, who] for who in ("answer", "challenger", "neither")}) for group in groups
    }
