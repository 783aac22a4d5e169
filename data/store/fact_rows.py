"""Read what reports count, for a million tickets at once: plain rows of SQL, and no record of any ticket.

Labels are read by today's taxonomy, as `data.taxonomy_history` brings them there; what was said by a taxonomy that no
map leads from is read as it stands. A version of a model speaks by one taxonomy, so it is looked up once a version.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import chain
from typing import Any, Final, cast

import numpy as np
import numpy.typing as npt
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from sqlalchemy.sql.functions import aggregate_strings

from data.store.facts import Facts, LabelSets, Totals
from data.store.records import GivenCorrection, GivenReading, Ticket
from data.store.standing import believed
from data.store.tables import CorrectionRow, LabelRow, ReadingRow, TicketRow
from data.taxonomy import as_list
from data.taxonomy_history import TaxonomyHistory

PART: Final = 20_000
"""Tickets that are read at once: some tenths of a second, for which SQLite's log cannot be emptied."""

_ASKED: Final = 500
"""Ids in one statement."""

_MOST_KEPT: Final = 100_000
"""Combinations of labels that are kept to be used again; most tickets share theirs with others."""

_IN, _BETWEEN = "\x1f", "\x1e"
"""Separate a group from its label, and one such pair from the next: no label of a taxonomy has them."""

_held = (
    select(aggregate_strings(LabelRow.group + _IN + LabelRow.label, _BETWEEN))
    .where(LabelRow.ticket_id == TicketRow.id)
    .scalar_subquery()
)

_FACTS: Final[Any] = select(
    TicketRow.id, TicketRow.source, TicketRow.lang, TicketRow.channel, TicketRow.branch, TicketRow.received_at,
    TicketRow.first_answered_at, TicketRow.closed_at, TicketRow.contact, TicketRow.hours, TicketRow.certainty,
    TicketRow.judged, TicketRow.needs_review, TicketRow.model_version, TicketRow.version, _held, TicketRow.revision,
).order_by(TicketRow.id)  # fmt: skip
_COLUMNS: Final = len(_FACTS.selected_columns)


def totals(session: Session) -> Totals:
    """Count the tickets and their versions: one pass over an index, a tenth of a second for a million."""
    asked = select(func.count(), func.sum(TicketRow.version), func.max(TicketRow.changed_at)).select_from(TicketRow)
    tickets, versions, newest = session.execute(asked).one()
    return Totals(tickets, int(versions or 0), newest)


def versions(session: Session, since: datetime | None) -> npt.NDArray[np.int64]:
    """List id and version (n × 2) of each ticket, or of those whose last change came at `since` or later."""
    asked = select(TicketRow.id, TicketRow.version)
    if since is not None:
        asked = asked.where(TicketRow.changed_at >= since)
    return np.fromiter(chain.from_iterable(_ask(session, asked)), np.int64).reshape(-1, 2)


# Sorted by id here: where the database is to do it, SQLite goes through all readings in that order, in vain.
_READINGS: Final = select(
    ReadingRow.id, ReadingRow.ticket_id, ReadingRow.revision, ReadingRow.shadow, ReadingRow.taxonomy_version,
    ReadingRow.labels,
)  # fmt: skip
_CORRECTIONS: Final = select(
    CorrectionRow.id, CorrectionRow.ticket_id, CorrectionRow.revision, CorrectionRow.taxonomy_version,
    CorrectionRow.labels, CorrectionRow.undoes, CorrectionRow.quarantined,
)  # fmt: skip

_Judged = tuple[str | None, int]
"""A ticket's labels, as `_held` writes them, and its revision."""


class FactReader:
    """Reads facts part by part."""

    def __init__(self, history: TaxonomyHistory | None) -> None:
        """Without a history, labels are read as they stand."""
        self._history = history
        self._taxonomies: dict[str, str] = {}
        self._label_sets: dict[tuple[str | None, str], LabelSets] = {}

    def after(self, session: Session, id_: int) -> Facts:
        """Read up to `PART` tickets, those next after an id."""
        return self._facts(session, list(_ask(session, _FACTS.where(TicketRow.id > id_).limit(PART))))

    def of(self, session: Session, ids: Sequence[int]) -> Facts:
        """Read the tickets with these ids; those that are gone are left out."""
        rows: list[Any] = []
        for start in range(0, len(ids), _ASKED):
            rows += _ask(session, _FACTS.where(TicketRow.id.in_(ids[start : start + _ASKED])))
        return self._facts(session, rows)

    def _facts(self, session: Session, rows: Sequence[Any]) -> Facts:
        """Turn rows into columns; the last two of a row are its labels and the revision of its text."""
        columns: list[Any] = list(zip(*rows, strict=True)) if rows else [()] * _COLUMNS
        *plain, version, written, revision = columns
        ids, models, judged = plain[0], plain[13], plain[11]
        labels = [self._known(session, *held) for held in zip(written, models, strict=True)]
        said: list[LabelSets | None] = [None] * len(ids)
        places = {id_: place for place, (id_, by_people) in enumerate(zip(ids, judged, strict=True)) if by_people}
        of_people = self._judged(session, {id_: (written[at], revision[at]) for id_, at in places.items()})
        for id_, (stands, machines) in of_people.items():
            labels[places[id_]] = stands
            said[places[id_]] = None if machines == stands else machines
        received, answered, closed = (_seconds(column) for column in plain[5:8])
        return Facts(*plain[:5], received.astype(np.int64), answered, closed, *plain[8:], labels, said, version)  # type: ignore[call-arg]

    def _known(self, session: Session, written: str | None, model: str) -> LabelSets:
        held = self._label_sets.get((written, model))
        return self._machine(session, written, model) if held is None else held

    def _machine(self, session: Session, written: str | None, model: str) -> LabelSets:
        """Read the labels of a ticket that nobody judged, all of which one model gave."""
        taxonomy = self._taxonomy(session, model)
        labels = _read(written)
        if self._history and self._is_older(taxonomy):
            labels = _sets(self._history.bring({group: list(held) for group, held in labels.items()}, taxonomy).labels)
        return self._keep(written, model, labels)

    def _keep(self, written: str | None, model: str, labels: LabelSets) -> LabelSets:
        if len(self._label_sets) >= _MOST_KEPT:
            self._label_sets.clear()
        self._label_sets[written, model] = labels
        return labels

    def _is_older(self, taxonomy: str) -> bool:
        """Say whether labels of this taxonomy must be brought to today's, and can be."""
        history = self._history
        return history is not None and taxonomy != history.current.version and taxonomy in history.versions

    def _taxonomy(self, session: Session, model: str) -> str:
        if model not in self._taxonomies:
            asked = (
                select(ReadingRow.taxonomy_version)
                .join(TicketRow, TicketRow.id == ReadingRow.ticket_id)
                .where(TicketRow.model_version == model, ReadingRow.model_version == model)
            )
            self._taxonomies[model] = session.scalar(asked.limit(1)) or ""
        return self._taxonomies[model]

    def _judged(self, session: Session, rows: Mapping[int, _Judged]) -> dict[int, tuple[LabelSets, LabelSets]]:
        """Read what holds of tickets that people judged, and what the machine says of them."""
        readings: dict[int, GivenReading] = {}
        corrections: dict[int, list[GivenCorrection]] = defaultdict(list)
        ids = list(rows)
        for start in range(0, len(ids), _ASKED):
            part = ids[start : start + _ASKED]
            for row in sorted(session.execute(_READINGS.where(ReadingRow.ticket_id.in_(part)))):
                if row.revision == rows[row.ticket_id][1] and not row.shadow:
                    readings[row.ticket_id] = GivenReading.model_construct(**row._mapping)
            for row in sorted(session.execute(_CORRECTIONS.where(CorrectionRow.ticket_id.in_(part)))):
                corrections[row.ticket_id].append(GivenCorrection.model_construct(**row._mapping))
        return {id_: self._stand(*row, readings.get(id_), corrections[id_]) for id_, row in rows.items()}

    def _stand(
        self, written: str | None, revision: int, machine: GivenReading | None, corrections: list[GivenCorrection]
    ) -> tuple[LabelSets, LabelSets]:
        labels = _read(written)
        said: LabelSets = _sets(machine.labels) if machine else {}
        history = self._history
        if history is None:
            return labels, said
        held = believed(corrections, revision)
        spoke = {each.taxonomy_version for each in held} | ({machine.taxonomy_version} if machine else set())
        if spoke - {history.current.version} and spoke <= set(history.versions):
            readings = [machine] if machine else []
            ticket = Ticket.model_construct(revision=revision, readings=readings, corrections=corrections)
            labels = _sets(history.ticket(ticket).labels)
        if machine and self._is_older(machine.taxonomy_version):
            said = _sets(history.bring(machine.labels, machine.taxonomy_version).labels)
        return labels, said


def _ask(session: Session, asked: Any) -> Iterator[Any]:  # noqa: ANN401
    """Ask past SQLAlchemy's reading of types, which takes longer than all else; no words of others are asked for."""
    compiled = asked.compile(dialect=session.get_bind().dialect, compile_kwargs={"literal_binds": True})
    found = session.connection().exec_driver_sql(str(compiled))
    yield from cast(Iterable[Any], found.cursor)
    found.close()


def _seconds(moments: Sequence[Any]) -> npt.NDArray[np.float64]:
    """Read moments as the database gives them, SQLite as text."""
    read = np.array(moments, "M8[s]")
    return np.where(np.isnat(read), np.nan, read.astype(np.int64))


def _read(written: str | None) -> LabelSets:
    """Read labels as the database put them together."""
    found: dict[str, list[str]] = defaultdict(list)
    for pair in written.split(_BETWEEN) if written else ():
        group, _, label = pair.partition(_IN)
        found[group].append(label)
    return {group: tuple(sorted(held)) for group, held in found.items()}  # type: ignore[misc]


def _sets(labels: Mapping[Any, str | Iterable[str]]) -> LabelSets:
    """Bring labels to the form of `_read`: sorted, and no group without one."""
    return {group: tuple(sorted(as_list(held))) for group, held in labels.items() if as_list(held)}
