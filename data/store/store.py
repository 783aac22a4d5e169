"""The store: tickets are put, read, corrected and erased here, and what was acknowledged is on the disk.

A `Store` may be used from several threads, and several processes may have the same database open.
"""

from __future__ import annotations

import builtins
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import numpy.typing as npt
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from data.store import erasing, fact_rows, idempotency, listing, locks, sweeping
from data.store.challenges import Challenges
from data.store.database import Database
from data.store.emerging import Emerging
from data.store.errors import Missing, NothingToUndo, Stale
from data.store.facts import Facts, Totals
from data.store.opening import open_database
from data.store.outdated import Outdated, Place, count_outdated, list_outdated
from data.store.putting import put
from data.store.records import (
    LONGEST,
    Correction,
    Lease,
    NewTicket,
    Page,
    Put,
    Query,
    Reading,
    Replay,
    StoredLabels,
    Ticket,
    TicketKey,
    Wording,
)
from data.store.rows import changed, find, reading_row, settle, ticket
from data.store.secret import Marker, read_secret, seal
from data.store.standing import believed
from data.store.tables import CorrectionRow, TicketRow
from data.taxonomy_history import TaxonomyHistory

MOST = 500
"""Tickets in a page, at the most."""


class Store(Database):
    """Tickets with everything said of them. Raises `data.store.errors.StoreError`s, and SQLAlchemy's where it fails."""

    def __init__(self, database: Engine, marker: Marker) -> None:
        super().__init__(database)
        self._marker = marker
        self.swept = True
        """Whether the last sweep left nothing of what was deleted."""

    @classmethod
    def open(cls, url: str, secret: Path) -> Store:
        """Open the database at `url`, made and brought up to date as needed; raises `StoreUnusable`."""
        marker = read_secret(secret)
        store = cls(open_database(url), marker)
        try:
            with store._write() as session:
                seal(session, marker)
        except BaseException:
            store.close()
            raise
        if store._database.dialect.name == "sqlite":
            store.sweep()  # for whoever was killed between an erasure and its end
        return store

    def mark(self, text: str) -> str:
        """Mark a text as it came, so that it is known when it comes again."""
        return self._marker.mark("text", text)

    def subject(self, key: str) -> str:
        """Mark a person, by whatever key the ticket system knows them."""
        return self._marker.mark("subject", key)

    def alias(self, key: TicketKey) -> str:
        """Mark a ticket for lists that may outlive it."""
        return self._marker.mark("alias", key.source, key.id)

    def erased(self, key: TicketKey) -> bool:
        """Say whether a ticket was erased for good; one that was purged by its age was not."""
        with self._read() as session:
            return erasing.erased(session, [erasing.name(self._marker, key)])

    def there(self, keys: Sequence[TicketKey]) -> dict[TicketKey, tuple[int, datetime]]:
        """Say of tickets that are there their revision, and when they were first stored."""
        with self._read() as session:
            return erasing.there(session, keys)

    @property
    def emerging(self) -> Emerging:
        """Groups of tickets that fit no theme."""
        return Emerging(self._read, self._write)

    @property
    def challenges(self) -> Challenges:
        """Where challengers differ from the answers that were given, and who was right."""
        return Challenges(self._read)

    # Tickets

    def put(self, new: NewTicket, reading: Reading, *, language_told: bool = False) -> Put:
        """Keep a ticket and what the model says of it.

        The same text again changes nothing but what is known about the ticket (`new.about`); where its language was
        told, and is another one now, it gets this reading. Another text makes a new revision. What was erased for good
        is refused; a ticket that is kept without its person is erased where the person was, once that is told.
        """
        names = [erasing.name(self._marker, new.key), *([new.subject] if new.subject else [])]
        with self._write() as session:
            locks.putting(session, names)
            row = find(session, new.key, lock=True)
            if not erasing.erased(session, names):
                return put(session, row, new, reading, language_told=language_told)
            unowned = row is not None and row.subject is None
        gone = 0
        if unowned:
            with self._write() as session:
                locks.erasing(session)
                row = find(session, new.key)
                if row is not None and row.subject is None:
                    gone = erasing.erase(session, self._marker, new.key)
            self.sweep()
        return Put(outcome="refused", ticket=None, erased=gone > 0)

    def get(self, key: TicketKey) -> Ticket | None:
        """Read a ticket, or None where there is none of that name."""
        with self._read() as session:
            row = find(session, key)
            return ticket(session, row) if row else None

    def known(self, key: TicketKey, mark: str) -> Ticket | None:
        """Read a ticket if its newest text is the one so marked: it need not be classified again then."""
        with self._read() as session:
            row = find(session, key)
            return ticket(session, row) if row and row.mark == mark else None

    def list(
        self, query: Query, limit: int = 50, after: str | None = None, history: TaxonomyHistory | None = None
    ) -> Page:
        """List tickets, the newest received first; `after` is the cursor of the page before. Raises `ValueError`.

        With a history, labels are asked for in the words of its taxonomy, and found in those of older ones too.
        """
        with self._read() as session:
            return listing.page(session, query, max(1, min(limit, MOST)), after, history)

    def queue(self, lang: str | None = None, limit: int = 20) -> builtins.list[Ticket]:
        """List what people should look at: the most pressing first, then what the model is least sure of."""
        with self._read() as session:
            return listing.queue(session, lang, max(1, min(limit, MOST)))

    def wordings(self, ids: Sequence[int], longest: int = LONGEST) -> builtins.list[Wording]:
        """Read redacted texts by the store's own ids, `MOST` of them at the most.

        Those of more than `longest` characters are left out, and so is what is gone.
        """
        with self._read() as session:
            return listing.wordings(session, [int(id_) for id_ in ids[:MOST]], longest)

    # What was said of them

    def correct(
        self,
        key: TicketKey,
        correction: Correction,
        if_version: int | None = None,
        *,
        fit: Callable[[Ticket], StoredLabels] | None = None,
    ) -> Ticket:
        """Add what a person says. Raises `Missing`, and `Stale` where `if_version` is not how the ticket stands.

        `fit` makes the labels that are added of the ticket as it stands; nothing is added where it raises.
        """
        with self._write() as session:
            row = self._stands(session, key, if_version)
            if fit:
                correction = correction.model_copy(update={"labels": fit(ticket(session, row))})
            now = datetime.now(UTC)
            session.add(CorrectionRow(ticket_id=row.id, revision=row.revision, at=now, **correction.model_dump()))
            changed(row, now)
            return settle(session, row)

    def undo(self, key: TicketKey, author: str, if_version: int | None = None) -> Ticket:
        """Take back the author's newest correction that holds, by saying so. Raises as `correct`, `NothingToUndo`."""
        with self._write() as session:
            row = self._stands(session, key, if_version)
            held = believed(ticket(session, row).corrections, row.revision)
            own = [each for each in held if each.author == author]
            if not own:
                raise NothingToUndo("there is no correction of yours that holds")
            last, now = own[-1], datetime.now(UTC)
            session.add(
                CorrectionRow(
                    ticket_id=row.id, revision=row.revision, at=now, author=author, reason="", labels={},
                    taxonomy_version=last.taxonomy_version, undoes=last.id,
                )
            )  # fmt: skip
            changed(row, now)
            return settle(session, row)

    def add_reading(self, key: TicketKey, reading: Reading, revision: int | None = None) -> Ticket:
        """Add what another model says of a ticket's newest text, which it read as this `revision`.

        Raises `Missing`, and `Stale` where the ticket has another text by now.
        """
        with self._write() as session:
            row = self._stands(session, key, None)
            if revision is not None and row.revision != revision:
                raise Stale(ticket(session, row))
            now = datetime.now(UTC)
            session.add(reading_row(row, reading, at=now))
            if not reading.shadow:
                changed(row, now)
            return settle(session, row)

    def quarantine(self, corrections: Sequence[int], why: str) -> int:
        """Stop believing corrections, by their ids; returns how many there were. They are kept."""
        with self._write() as session:
            return listing.quarantine(session, corrections, why, datetime.now(UTC))

    def believe(self, author: str) -> int:
        """Believe an author's quarantined corrections again, for good; returns how many there were."""
        with self._write() as session:
            return listing.believe(session, author, datetime.now(UTC))

    def corrected(self, since: datetime | None = None) -> Iterator[Ticket]:
        """Go through the tickets that people judged, those whose last word came after `since`, oldest ticket first."""
        last = 0
        while True:
            with self._read() as session:
                found, last = listing.corrected(session, since, last)
            if not found:
                return
            yield from found

    def outdated(self, model: str, limit: int = 50, before: Place | None = None) -> builtins.list[Outdated]:
        """List tickets that another model answered than this one, the newest received first, on from `before`."""
        with self._read() as session:
            return list_outdated(session, model, max(1, min(limit, MOST)), before)

    def count_outdated(self, model: str) -> int:
        """Count the tickets that another model answered than this one."""
        with self._read() as session:
            return count_outdated(session, model)

    # Counting

    def totals(self) -> Totals:
        """Say how the store stands, so that whoever counted it knows whether to count again."""
        with self._read() as session:
            return fact_rows.totals(session)

    def versions(self, since: datetime | None = None) -> tuple[Totals, npt.NDArray[np.int64]]:
        """List ids and versions (n × 2), of all or of what changed at `since` or later, and the totals with them."""
        with self._read() as session:
            return fact_rows.totals(session), fact_rows.versions(session, since)

    def facts(self, history: TaxonomyHistory | None = None, ids: Sequence[int] | None = None) -> Iterator[Facts]:
        """Read what reports count of every ticket, or of those with these ids, some thousands at a time.

        With a history, labels are read by its taxonomy. What others change meanwhile is read as it stands by then.
        """
        reader = fact_rows.FactReader(history)
        if ids is not None:
            for start in range(0, len(ids), fact_rows.PART):
                with self._read() as session:
                    part = reader.of(session, ids[start : start + fact_rows.PART])
                yield part
            return
        last = 0
        while True:
            with self._read() as session:
                part = reader.after(session, last)
            if not len(part):
                return
            yield part
            last = part.id[-1]

    # Erasure

    def erase(self, key: TicketKey) -> bool:
        """Erase a ticket for good, known or not yet known; returns whether it was there."""
        with self._write() as session:
            locks.erasing(session)
            gone = erasing.erase(session, self._marker, key)
        self.sweep()
        return gone > 0

    def erase_subject(self, key: str) -> int:
        """Erase every ticket of a person for good, those to come included; returns how many there were."""
        subject = self.subject(key)
        with self._write() as session:
            locks.erasing(session)
            gone = erasing.erase_subject(session, self._marker, subject)
        self.sweep()
        return gone

    def sweep(self) -> bool:
        """Make the database let go of what was deleted; erasures do so themselves. False: somebody is in the way."""
        with self._turn:
            self.swept = sweeping.sweep(self._database)
        return self.swept

    def catch_up(self) -> bool:
        """Sweep out what an earlier sweep could not; SQLite's file knows that of other processes' sweeps too."""
        return self.swept if self.swept and self._database.dialect.name != "sqlite" else self.sweep()

    def purge(self, retention: Mapping[str, timedelta], *, default: timedelta | None, now: datetime) -> int:
        """Delete tickets that were received longer ago than their source's retention; returns how many.

        They leave no tombstones: what is sent again is kept again, for as long.
        """
        gone = 0
        while True:
            with self._write() as session:
                locks.erasing(session)
                part = erasing.purge(session, retention, default, now)
            gone += part
            if not part:
                break
        self.sweep()
        return gone

    # Idempotency keys

    def begin(self, key: str, author: str, fingerprint: str) -> Lease | Replay:
        """Begin a request that came with an idempotency key, or return what was answered to it before.

        Raises `KeyMismatch` and `KeyUnderWay`.
        """
        with self._write() as session:
            # Of a request that was erased, nothing may stay that its text could be guessed by.
            asked = self._marker.mark("fingerprint", fingerprint)
            return idempotency.begin(session, self._marker.mark("idempotency", author, key), asked)

    def finish(self, lease: Lease, reply: Replay | None, ticket: TicketKey | None = None) -> None:
        """Keep what was answered, with its `ticket` if it tells of one: it is erased with that.

        With None, forget the request, so that it may be tried again; so does a ticket that was erased meanwhile.
        """
        with self._write() as session:
            locks.alone(session, [lease.mark])
            row = find(session, ticket, lock=True) if ticket else None
            if ticket and row is None:
                reply = None
            idempotency.finish(session, lease, reply, row.id if row else None)

    def _stands(self, session: Session, key: TicketKey, version: int | None) -> TicketRow:
        row = find(session, key, lock=True)
        if row is None:
            raise Missing("there is no such ticket")
        if version is not None and row.version != version:
            raise Stale(ticket(session, row))
        return row
