"""Plain FastAPI with batching by hand: whoever waits is padded to the longest and computed at once.

`uvicorn benchmarks.race.peers.fastapi_padded:app`. A batch size of one makes it the plainest good design: a thread per
core, one message at a time.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI
from pydantic import BaseModel

from benchmarks.race.shared_model import PaddedEngine, answers, read_setup
from models.registry import current_version

SETUP = read_setup()
engine = PaddedEngine(current_version(), threads=SETUP.threads)
queue: asyncio.Queue[tuple[str, asyncio.Future[dict[str, Any]]]] = asyncio.Queue()
threads = ThreadPoolExecutor(SETUP.workers)


class Message(BaseModel):
    """What is asked."""

    text: str


async def compute() -> None:
    """Take who waits, compute, deliver, for ever."""
    while True:
        batch = [await queue.get()]
        await asyncio.sleep(SETUP.wait / 1000)
        while len(batch) < SETUP.batch and not queue.empty():
            batch.append(queue.get_nowait())
        texts = [text for text, _ in batch]
        done = await asyncio.get_running_loop().run_in_executor(threads, answers, engine, texts)
        for (_, future), answer in zip(batch, done, strict=True):
            future.set_result(answer)


@asynccontextmanager
async def lifespan(_: FastAPI) -> AsyncIterator[None]:
    """Keep one collector per worker running."""
    tasks = [asyncio.create_task(compute()) for _ in range(SETUP.workers)]
    yield
    for task in tasks:
        task.cancel()


app = FastAPI(lifespan=lifespan)


@app.post("/classify")
async def classify(message: Message) -> dict[str, Any]:
    """Answer one message."""
    future: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
    await queue.put((message.text, future))
    return await future
