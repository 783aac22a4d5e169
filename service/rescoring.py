"""Read anew, in the background, what another model answered than the one that answers now.

After an activation, a rollback or a start with another model, the store holds answers of two models, whose counts
cannot be compared. The tickets that wait are those whose answer is another version's: nothing else has to be kept of
how far this came, and a process that was killed goes on where it was. They are read one at a time, the newest received
first, only while nothing else is computed, and with a rest after each.

What is read is the redacted text: the original is not kept. Names and numbers say little of what a message is about,
so answers differ seldom for it; they differ from those of a new ticket all the same.

The earlier answers are kept beside the new one, and people's corrections hold. A ticket that was erased, changed or
answered meanwhile is left alone. Each is tried once after a change of the model: one that the model abstains from has
its answer, which says so, and one that it fails on waits for the next start or the next model. Answers given after the
change are never touched: where two services on one store answer with different models, they would read each other's
for ever.
"""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from data.store.errors import Missing, Stale
from data.store.records import Ticket, TicketKey
from models.engine import Engine
from service.classify import Classifier
from service.errors import Problem, ShuttingDown
from service.idle import answer_idly
from service.reading import reading_of

if TYPE_CHECKING:
    from data.store.outdated import Place
    from service.storing import StoreCalls

log = logging.getLogger(__name__)

PART: Final = 100
"""Tickets that are listed at once."""

REST: Final = 1.0
"""After each ticket, so many times as long as it took: the other half of the time is left to everybody else."""

LOOK: Final = 2.0
"""Seconds between looks at whether another model answers."""

TRIES: Final = 5
PATIENCE: Final = 10.0
"""Seconds until a ticket is tried again for which there was no room, no time or no store."""

Counted = Callable[[str], None]
"""Is told what became of a ticket: `kept`, `dropped` or `failed`."""

Waiting = Callable[[int], None]
"""Is told how many tickets wait."""


@dataclass(frozen=True, slots=True)
class _AsKept:
    """A text that was redacted before: everything stands where it stood."""

    text: str

    def span(self, start: int, end: int) -> tuple[int, int]:
        return start, end


class Rescoring:
    """Goes through the tickets once after every change of the model."""

    def __init__(
        self,
        calls: StoreCalls,
        classifier: Classifier,
        *,
        counted: Counted,
        waiting: Waiting,
        rest: float = REST,
        settled: float | None = None,
    ) -> None:
        """`settled` is after how many seconds nothing that began under the model before is under way any more."""
        self._calls = calls
        self._classifier = classifier
        self._counted = counted
        self._waiting = waiting
        self._rest = rest
        self._settled = classifier.settings.request_timeout if settled is None else settled

    async def run(self) -> None:
        """Read until cancelled."""
        while True:
            engine = self._classifier.engine
            await asyncio.sleep(self._settled)
            try:
                if self._answers(engine) and await self._is_sound(engine):
                    await self._go_through(engine)
            except ShuttingDown:
                return
            except Exception as error:  # the next model must be seen all the same
                log.error("answers of other models are left as they are: %s", type(error).__name__)
            while self._answers(engine):
                await asyncio.sleep(LOOK)

    def _answers(self, engine: Engine) -> bool:
        return self._classifier.engine is engine

    async def _is_sound(self, engine: Engine) -> bool:
        """Try the test messages: a model that fails on them at the start must not rewrite the past."""
        for language, canaries in engine.canaries.items():
            for canary in canaries:
                answer = await answer_idly(self._classifier, engine, canary.text, language)
                if problem := canary.problem(answer):
                    log.error("no older answer is given anew: the test message in %s %s", language, problem)
                    return False
        return True

    async def _go_through(self, engine: Engine) -> None:
        since, model, kept = datetime.now(UTC), engine.model_version, 0
        place: Place | None = None
        while self._answers(engine):
            waiting = await self._calls.ask("read", lambda store: store.count_outdated(model))
            self._waiting(waiting)
            part = await self._calls.ask("read", lambda store, at=place: store.outdated(model, PART, at))  # type: ignore[misc]
            if not part:
                break
            place = part[-1].place
            random.shuffle(part)  # another service on this store goes through the same list
            for each in part:
                if not self._answers(engine):
                    return
                began = time.monotonic()
                outcome = await self._patiently(engine, each.key, since)
                self._counted(outcome)
                kept += outcome == "kept"
                await asyncio.sleep((time.monotonic() - began) * self._rest)
        if kept:
            log.info("%s has read %d older tickets anew", model, kept)

    async def _patiently(self, engine: Engine, key: TicketKey, since: datetime) -> str:
        for _ in range(TRIES):
            try:
                return await self._read(engine, key, since)
            except ShuttingDown:
                raise
            except Problem:  # no room, no time, or the store is in trouble
                await asyncio.sleep(PATIENCE)
            except Exception as error:  # its message may quote the text
                log.error("a ticket could not be read anew: %s", type(error).__name__)
                return "failed"
        return "failed"

    async def _read(self, engine: Engine, key: TicketKey, since: datetime) -> str:
        ticket = await self._calls.ask("read", lambda store: store.get(key))
        if ticket is None or not _is_older(ticket, engine, since):
            return "dropped"
        known = ticket.lang if ticket.lang in engine.languages else None
        answer = await answer_idly(self._classifier, engine, ticket.text, known)
        reading = reading_of(answer, _AsKept(ticket.text), engine.taxonomy)
        try:
            await self._calls.ask("write", lambda store: store.add_reading(key, reading, ticket.revision))
        except (Missing, Stale):
            return "dropped"
        return "kept"


def _is_older(ticket: Ticket, engine: Engine, since: datetime) -> bool:
    """Say whether another model answered, before this one did."""
    held = ticket.reading
    return held is not None and held.model_version != engine.model_version and held.at < since
