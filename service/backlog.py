"""The work that waits: ordered by when it is due, bounded by what it costs, grouped by like length.

Jobs stand in one heap per *bucket*: the same engine, the same promptness, and a cost that rounds up to the same
multiple of 16 tokens. The next job is the one due first of all; those computed beside it come from its own bucket, so
that nothing is padded and a single message never waits for a batch's messages to be computed with it.

Nothing here locks; the scheduler does.
"""

from __future__ import annotations

import asyncio
import heapq
import itertools
from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Final

from models.answer import Answer
from models.engine import Engine, Prepared

BUCKET: Final = 16
"""Tokens. Kernels work on tiles of 16, so lengths within one bucket cost the same."""

Key = tuple[int, bool, int]


class State(Enum):
    """Where a job stands."""

    waiting = auto()
    running = auto()
    finished = auto()
    dropped = auto()


@dataclass(eq=False, slots=True)
class Job:
    """One message to compute. Times are in seconds of the monotonic clock; past `expires` it is computed no more."""

    engine: Engine
    prepared: Prepared
    due: float
    expires: float
    prompt: bool
    submitted: float
    future: asyncio.Future[Answer]
    question: Hashable = None
    """What it answers; who asks the same may wait for it too."""
    waiters: int = 0
    started: float = 0.0
    finished: float = 0.0
    state: State = field(default=State.waiting)

    @property
    def cost(self) -> int:
        """Tokens, at least 1: even an empty message takes a turn."""
        return max(1, self.prepared.cost)

    def serves(self, prompt: bool) -> bool:
        """Whether another who asks the same may wait for it: nobody in a hurry for a batch's job that still waits."""
        return self.state is not State.dropped and (self.prompt or not prompt or self.state is not State.waiting)

    @property
    def key(self) -> Key:
        return id(self.engine), self.prompt, -(-self.cost // BUCKET)


class Backlog:
    """Jobs that wait, and the cost of all that wait or run."""

    def __init__(self, *, group_messages: int, group_tokens: int) -> None:
        self.group_messages = group_messages
        self.group_tokens = group_tokens
        self.waiting = 0
        self.cost = 0
        """Tokens waiting or running."""
        self.prompt_cost = 0
        """Of these, the tokens of prompt jobs: those that another prompt job waits for."""
        self._heaps: dict[Key, list[tuple[float, int, Job]]] = {}
        self._order = itertools.count()
        self._batch_had_turn = False

    def add(self, jobs: Iterable[Job]) -> None:
        """Put jobs in line."""
        for job in jobs:
            heapq.heappush(self._heaps.setdefault(job.key, []), (job.due, next(self._order), job))
            self.waiting += 1
            self._count(job, 1)

    def drop(self, jobs: Iterable[Job]) -> None:
        """Forget jobs that nobody waits for any more; those already running run out."""
        for job in jobs:
            if job.state is State.waiting:
                job.state = State.dropped
                self.waiting -= 1
                self._count(job, -1)

    def take(self, workers: int, now: float) -> list[Job]:
        """Take the job that is due first, and others of its bucket when more wait than there are workers.

        While a prompt job waits, others have every second turn at most, however long they are due: a large batch would
        have all. What has expired by `now` is dropped instead.
        """
        self._forget(now)
        if not self._heaps:
            return []
        key = min(self._heaps, key=self._first)
        if self._batch_had_turn and not key[1]:
            key = min((each for each in self._heaps if each[1]), key=self._first, default=key)
        self._batch_had_turn = not key[1]
        heap = self._heaps[key]
        most = min(self.group_messages, max(1, self.group_tokens // (key[2] * BUCKET)), -(-self.waiting // workers))
        taken: list[Job] = []
        while heap and len(taken) < most:
            job = heapq.heappop(heap)[2]
            if self._wanted(job, now):
                job.state = State.running
                self.waiting -= 1
                taken.append(job)
        if not heap:
            del self._heaps[key]
        return taken

    def finish(self, jobs: Iterable[Job]) -> None:
        """Take finished jobs off the account."""
        for job in jobs:
            job.state = State.finished
            self._count(job, -1)

    def _first(self, key: Key) -> tuple[float, int, Job]:
        return self._heaps[key][0]

    def _wanted(self, job: Job, now: float) -> bool:
        if job.expires <= now:
            self.drop([job])
        return job.state is State.waiting

    def _forget(self, now: float) -> None:
        for key in list(self._heaps):
            heap = self._heaps[key]
            while heap and not self._wanted(heap[0][2], now):
                heapq.heappop(heap)
            if not heap:
                del self._heaps[key]

    def _count(self, job: Job, sign: int) -> None:
        self.cost += sign * job.cost
        if job.prompt:
            self.prompt_cost += sign * job.cost
