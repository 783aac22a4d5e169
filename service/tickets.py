"""Tickets: classified, redacted and kept; read, corrected and erased. Knows no HTTP.

The text as it came lives no longer than its request, or its place in the challenger's line. What is kept is redacted
first, and where that fails nothing is kept.
"""

from __future__ import annotations

import copy
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Final, TypeVar

from data.store.errors import Missing, NothingToUndo, Stale
from data.store.records import (
    Challenger,
    Correction,
    Disagreement,
    NewTicket,
    Page,
    Put,
    Query,
    Reading,
    StoredLabels,
    Ticket,
    TicketKey,
)
from models.answer import Answer
from service import errors
from service.classify import Classifier
from service.deadline import Deadline
from service.history import Histories
from service.reading import Redact, Redacted, reading_of
from service.shadow import Offered, Shadow
from service.ticket_labels import check_labels
from service.ticket_metrics import TicketMetrics, Work
from service.ticket_wire import LONGEST_REASON, DisagreementPart, LabelsBody, TicketBody, shown

if TYPE_CHECKING:  # a database's driver is loaded only where there is a store
    from data.store.store import Store
    from service.storing import StoreCalls

Classify = Callable[[], Awaitable[Answer]]
"""Classifies the text of the ticket that is put, as for anybody who asks."""

T = TypeVar("T")

NO_TICKET: Final = "There is no such ticket, or it was erased."


class Tickets:
    """What can be done with tickets. Raises `Problem`s, and what the model or the redaction raises."""

    def __init__(
        self,
        calls: StoreCalls,
        classifier: Classifier,
        *,
        redact: Redact,
        metrics: TicketMetrics,
        look: Callable[[], object],
        shadow: Shadow | None = None,
    ) -> None:
        """`look` is called where a put has erased: reports should look soon, as after other erasures."""
        self.calls = calls
        self._classifier = classifier
        self._history = Histories(classifier, classifier.settings.taxonomies)
        self._redact = redact
        self._metrics = metrics
        self._look = look
        self._shadow = shadow
        self._deadline: Deadline | None = None

    def within(self, deadline: Deadline) -> Tickets:
        """Give the same tickets to somebody who waits no longer."""
        timed = copy.copy(self)
        timed._deadline = deadline
        return timed

    async def ask(self, kind: Work, work: Callable[[Store], T]) -> T:
        """Ask the store; what it has not begun by the deadline is refused (`DeadlinePassed`, `TooSlow`)."""
        return await self.calls.ask(kind, work, self._deadline)

    async def put(self, key: TicketKey, body: TicketBody, classify: Classify) -> Put:
        """Keep a ticket; raises `Erased`.

        A text that it has already is not classified again, but where it is told to be in another language than it was
        read in. The answer to that counts only if it is in this language: a text may plainly be in another.
        """
        known = await self.ask("read", lambda store: store.known(key, store.mark(body.text)))
        given = known.reading if known else None
        answer = None if known and given and body.language in (None, known.lang) else await classify()
        if known and given and (answer is None or answer.language.label != body.language):
            text, lang, reading = known.text, known.lang, Reading.model_validate(_plain(given))
            put = await self.ask("write", lambda store: store.put(_new(store, key, body, text, lang), reading))
        else:
            assert answer
            put = await self._put_anew(key, body, answer)
        self._metrics.put(put.outcome)
        if put.erased:
            self._forget()
            self._metrics.erased("subject", 1)
            self._look()
        if put.outcome == "refused":
            raise errors.Erased("This ticket, or the person whom it is of, was erased for good: it is not kept again.")
        return put

    async def _put_anew(self, key: TicketKey, body: TicketBody, answer: Answer) -> Put:
        taxonomy = self._classifier.engine.taxonomy
        language = answer.language.label if answer.language.supported else body.language

        def keep(store: Store) -> tuple[Put, str, Redacted]:
            redacted = self._redact(body.text, language)
            new = _new(store, key, body, redacted.text, answer.language.label)
            reading, told = reading_of(answer, redacted, taxonomy), answer.language.label == body.language
            return store.put(new, reading, language_told=told), new.mark, redacted

        put, mark, redacted = await self.ask("write", keep)
        if self._shadow and put.outcome != "refused":
            self._shadow.offer(Offered(key, mark, body.text, body.language, redacted))
        return put

    async def get(self, key: TicketKey) -> Ticket:
        """Read a ticket; raises `NotFound`."""
        ticket = await self.ask("read", lambda store: store.get(key))
        if ticket is None:
            raise errors.NotFound(NO_TICKET)
        return ticket

    async def page(self, query: Query, limit: int, after: str | None) -> Page:
        """List tickets, the newest first; raises `InvalidFields` for a cursor that is none."""
        try:
            return await self.ask("read", lambda store: store.list(query, limit, after, self._history()))
        except (ValueError, OverflowError, RecursionError):
            if after is None:
                raise
            wrong = errors.FieldError(
                field="after", detail="is no cursor of this list", mend="send `next` of a page, or begin without"
            )
            raise errors.InvalidFields([wrong]) from None

    async def queue(self, lang: str | None, limit: int) -> list[Ticket]:
        """List what people should look at, the most pressing first."""
        return await self.ask("read", lambda store: store.queue(lang, limit))

    async def disagreements(self, part: DisagreementPart) -> list[Disagreement]:
        """List where the challenger differs."""
        return await self.ask(
            "read",
            lambda store: store.challenges.list(part.limit, part.after, judged=part.judged, model=part.model_version),
        )

    async def challengers(self) -> list[Challenger]:
        """Count who was right where challengers differed."""
        return await self.ask("read", lambda store: store.challenges.tally())

    async def correct(self, key: TicketKey, body: LabelsBody, author: str, version: int | None) -> Ticket:
        """Add what a person says; raises `InvalidFields`, `NotFound` and `StaleTicket`."""
        taxonomy = self._classifier.engine.taxonomy
        labels = body.labels.given()
        check_labels(labels, taxonomy)

        def correct(store: Store) -> Ticket:
            ticket = store.get(key)
            if ticket is None:
                raise Missing
            correction = Correction(
                author=author,
                reason=self._redact(body.reason, ticket.lang).text[:LONGEST_REASON] if body.reason else "",
                taxonomy_version=taxonomy.version,
                labels=labels,
                hours=self._hours(labels),
            )
            history = self._history()
            return store.correct(
                key,
                correction,
                version,
                fit=lambda ticket: check_labels(labels, taxonomy, history.ticket(ticket).labels),
            )

        ticket = await self._change(correct, version)
        self._metrics.corrected("given")
        return ticket

    async def undo(self, key: TicketKey, author: str, version: int | None) -> Ticket:
        """Take back the author's newest correction; raises `NotFound`, `StaleTicket` and `NothingToUndo`."""
        ticket = await self._change(lambda store: store.undo(key, author, version), version)
        self._metrics.corrected("undone")
        return ticket

    async def erase(self, key: TicketKey) -> None:
        """Erase a ticket for good, whether it is known yet or not."""
        self._forget()
        gone = await self.ask("erase", lambda store: store.erase(key))
        self._forget()
        self._metrics.erased("ticket", int(gone))

    async def erase_subject(self, subject: str) -> None:
        """Erase every ticket of a person for good, those to come included."""
        self._forget()
        gone = await self.ask("erase", lambda store: store.erase_subject(subject))
        self._forget()
        self._metrics.erased("subject", gone)

    async def _change(self, work: Callable[[Store], Ticket], version: int | None) -> Ticket:
        try:
            return await self.ask("write", work)
        except Missing:
            raise errors.NotFound(NO_TICKET) from None
        except NothingToUndo:
            raise errors.NothingToUndo("There is no correction of yours on this ticket that still holds.") from None
        except Stale as stale:
            current = stale.current
        raise errors.StaleTicket(version, shown(current).model_dump(mode="json"))

    def _hours(self, labels: StoredLabels) -> float | None:
        group = self._classifier.engine.taxonomy.group("urgency")
        chosen = labels.get("urgency")
        return group.label(chosen).respond_within_hours if group and isinstance(chosen, str) else None

    def _forget(self) -> None:
        """Let go of what memory holds. Answers cannot be told apart without their texts, so all of them go."""
        self._classifier.cache.clear()
        if self._shadow:
            self._shadow.forget()


def _new(store: Store, key: TicketKey, body: TicketBody, text: str, lang: str) -> NewTicket:
    subject = store.subject(body.subject) if body.subject else None
    return NewTicket(key=key, text=text, mark=store.mark(body.text), lang=lang, about=body.about(), subject=subject)


def _plain(reading: Reading) -> dict[str, object]:
    """Take out of a reading that was kept what it was made of."""
    return {name: getattr(reading, name) for name in Reading.model_fields}
