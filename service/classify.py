"""From messages to answers: look in the cache, make ready, compute in line, keep."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from models.answer import Answer
from models.engine import Engine, Prepared
from service.cache import AnswerCache
from service.deadline import Deadline
from service.scheduler import Scheduler, Watch
from service.settings import Settings
from service.wire import Message

INLINE_CHARACTERS: Final = 2_000
"""Up to here messages are made ready on the event loop: well under a millisecond, less than the way to a thread."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """Answers in order, and where the time went, in seconds since `began` on the monotonic clock.

    `cached` counts those that were not computed anew: from the cache, or as somebody else waited for them already.
    """

    answers: list[Answer]
    began: float
    prepared: float
    waited: float
    computed: float
    cached: int

    def server_timing(self) -> str:
        """Write the `Server-Timing` header, in milliseconds."""
        parts = {"prepare": self.prepared, "queue": self.waited, "infer": self.computed}
        told = [f"{name};dur={seconds * 1000:.1f}" for name, seconds in parts.items()]
        return ", ".join([*told, f'cache;desc="{self.cached} of {len(self.answers)}"'])


Answered = Callable[[Engine, Outcome], None]
"""Is told of each outcome, and of the engine whose it is."""


class Classifier:
    """One engine at a time, behind a scheduler and a cache. Requests under way keep the engine that they began with."""

    def __init__(
        self, engine: Engine, settings: Settings, *, answered: Answered | None = None, computed: Watch | None = None
    ) -> None:
        self.engine = engine
        self.settings = settings
        self._answered = answered
        self.cache = AnswerCache(settings.cache_answers)
        self.scheduler = Scheduler(
            workers=settings.workers,
            queue_tokens=settings.queue_tokens,
            queue_requests=settings.queue_requests,
            group_messages=settings.group_messages,
            group_tokens=settings.group_tokens,
            watch=computed,
        )

    async def classify(self, messages: Sequence[Message], *, prompt: bool, deadline: Deadline | None = None) -> Outcome:
        """Answer messages in order; `prompt` ones are due sooner. Unset, the deadline is that of a request of now."""
        began = time.monotonic()
        allowed = self.settings.request_timeout
        deadline = deadline or Deadline.after(allowed)
        engine = self.engine
        keys = [
            self.cache.key(engine.model_version, each.text, each.language, evidence=each.evidence) for each in messages
        ]
        # A batch may hold the same message twice: it is computed once.
        found = {key: answer for key in keys if (answer := self.cache.get(key)) is not None}
        cached = sum(key in found for key in keys)
        missing = {key: each for key, each in zip(keys, messages, strict=True) if key not in found}
        waited = computed = 0.0
        made_ready = began
        if missing:
            self.scheduler.check_room(deadline, prompt=prompt)
            prepared = await self._prepare(engine, list(missing.values()), deadline)
            made_ready = time.monotonic()
            done = await self.scheduler.compute(
                engine, prepared, deadline=deadline, prompt=prompt, allowed=allowed, questions=list(missing)
            )
            waited, computed = done.waited, done.computed
            cached += done.shared
            for key, answer in zip(missing, done.answers, strict=True):
                found[key] = answer
                self.cache.put(key, answer)
        outcome = Outcome([found[key] for key in keys], began, made_ready - began, waited, computed, cached)
        if self._answered:
            self._answered(engine, outcome)
        return outcome

    async def _prepare(self, engine: Engine, messages: Sequence[Message], deadline: Deadline) -> list[Prepared]:
        def prepare() -> list[Prepared]:
            made: list[Prepared] = []
            for each in messages:
                if made and deadline.left() <= 0:
                    raise TimeoutError
                made.append(engine.encode_pre(each.text, each.language, evidence=each.evidence))
            return made

        if sum(len(each.text) for each in messages) <= INLINE_CHARACTERS:
            return prepare()
        try:
            async with asyncio.timeout(deadline.left()):
                return await asyncio.to_thread(prepare)
        except TimeoutError:
            raise deadline.passed(self.scheduler.drain()) from None
