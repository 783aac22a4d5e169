"""A scheduler of its own for a test, with threads that are held until a gate is opened."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable, Sequence

from models.answer import Answer
from models.engine import Prepared
from service.deadline import Deadline
from service.scheduler import Scheduler
from tests.service.dummy_engine import DummyEngine

Body = Callable[[Scheduler, DummyEngine], Awaitable[None]]


class Gate:
    """Holds the computing threads until it is opened."""

    def __init__(self) -> None:
        self.event = threading.Event()
        self.entered = threading.Semaphore(0)

    def __call__(self, _: Sequence[Prepared]) -> None:
        self.entered.release()
        assert self.event.wait(5)

    async def wait_entered(self) -> None:
        await asyncio.to_thread(self.entered.acquire)


def run(
    body: Body, engine: DummyEngine, *, workers: int = 1, queue_tokens: int = 1000, queue_requests: int = 100
) -> None:
    async def main() -> None:
        scheduler = Scheduler(
            workers=workers,
            queue_tokens=queue_tokens,
            queue_requests=queue_requests,
            group_messages=4,
            group_tokens=512,
        )
        scheduler.start()
        try:
            await body(scheduler, engine)
        finally:
            await scheduler.stop(1)

    asyncio.run(main())


async def compute(
    scheduler: Scheduler,
    engine: DummyEngine,
    *texts: str,
    seconds: float = 5.0,
    prompt: bool = True,
    clients: bool = False,
    shares: bool = False,
) -> list[Answer]:
    prepared = [engine.encode_pre(text) for text in texts]
    deadline = Deadline(time.monotonic() + seconds, clients)
    done = await scheduler.compute(
        engine, prepared, deadline=deadline, prompt=prompt, allowed=30.0, questions=texts if shares else ()
    )
    return done.answers
