"""Compute messages on a fixed number of threads, the most pressing first, and refuse early what would come too late.

One message on one single-threaded session per core beats padded batches on a processor, so a thread takes one message,
or a few of like length when many wait. There is no timer that waits for a batch to fill: a free thread takes what is
there.

A single message is due within a twentieth of the time that a request may take, a batch's messages within half of it.
The order is by due time alone, so single messages overtake batches, and a batch that has waited overtakes them.
"""

from __future__ import annotations

import asyncio
import logging
import os
import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from models.answer import Answer
from models.engine import Engine, Prepared
from service.backlog import Backlog, Job
from service.deadline import Deadline
from service.errors import Overloaded, ShuttingDown

log = logging.getLogger(__name__)

PROMPT_SHARE: Final = 1 / 20
BATCH_SHARE: Final = 1 / 2
MEMORY: Final = 0.95
"""How much of the measured throughput a new group leaves standing: the last 20 groups make most of it."""

LONGEST_RETRY: Final = 120.0

PROMPT_ROOM: Final = 1 / 4
"""Share of the line that single messages may fill: whoever waits for one is better told to come again than answered
late, while a batch may wait. On two cores it is some two seconds of work as the settings come."""

FULL: Final = 0.98
"""From this share on the line counts as full before a message is cut into tokens: over the rest they would all be cut
only to be refused."""

GIVES_WAY: Final = 5
"""How much nicer a computing thread is than the event loop's; 20 is the most."""

Watch = Callable[[Sequence[Job]], None]
"""Is told of each group that was computed, on the thread that computed it."""


@dataclass(frozen=True, slots=True)
class Computed:
    """Answers in the order asked, the longest wait in line and the longest computation, in seconds."""

    answers: list[Answer]
    waited: float
    computed: float


class Scheduler:
    """The front for asyncio and the threads behind it."""

    def __init__(
        self,
        *,
        workers: int,
        queue_tokens: int,
        queue_requests: int,
        group_messages: int,
        group_tokens: int,
        watch: Watch | None = None,
    ) -> None:
        self.workers = workers
        self.queue_tokens = queue_tokens
        self.queue_requests = queue_requests
        self._watch = watch
        self._requests = 0
        self._backlog = Backlog(group_messages=group_messages, group_tokens=group_tokens)
        self._lock = threading.Lock()
        self._work = threading.Condition(self._lock)
        self._threads: list[threading.Thread] = []
        self._closed = False
        self._began: dict[str, float] = {}
        """When each thread that computes now began, by its name."""
        self._tokens = 0.0
        self._seconds = 0.0

    def start(self) -> None:
        """Start the threads. They are daemons: a computation that hangs cannot keep the process alive."""
        for number in range(self.workers):
            thread = threading.Thread(target=self._serve, name=f"compute-{number}", daemon=True)
            thread.start()
            self._threads.append(thread)

    async def stop(self, timeout: float) -> None:
        """Take nothing new, finish what waits, and end the threads, within `timeout` seconds."""
        with self._lock:
            self._closed = True
            self._work.notify_all()
        deadline = time.monotonic() + timeout
        for thread in self._threads:
            await asyncio.to_thread(thread.join, max(0.0, deadline - time.monotonic()))

    @property
    def cost(self) -> int:
        """Tokens waiting or running now."""
        return self._backlog.cost

    @property
    def waiting(self) -> int:
        """Messages that no thread has taken yet."""
        return self._backlog.waiting

    @property
    def threads(self) -> int:
        """Computing threads that are alive."""
        return sum(thread.is_alive() for thread in self._threads)

    def stalled(self, seconds: float) -> bool:
        """Whether every thread has been computing the same group for longer than `seconds`."""
        before = time.monotonic() - seconds
        with self._lock:
            return len(self._began) == self.workers and all(began < before for began in self._began.values())

    def check_room(self, deadline: Deadline | None = None, *, prompt: bool = True) -> None:
        """Refuse as `compute` would, as far as that can be told before a message is even cut into tokens."""
        with self._lock:
            line, room = self._line(prompt), self._room(prompt)
            if self._backlog.cost >= self.queue_tokens * FULL or line >= room * FULL:
                raise self._overloaded(1, prompt)
            if self._requests >= self.queue_requests:
                raise self._overloaded(1, prompt)
            if deadline:
                self._check_time(1, prompt, deadline)

    async def compute(
        self, engine: Engine, prepared: Sequence[Prepared], *, deadline: Deadline, prompt: bool, allowed: float
    ) -> Computed:
        """Compute messages in line with all others.

        `allowed` is the seconds that requests in general may take. Raises `Overloaded` where the line is full or would
        take too long, `DeadlinePassed` in place of the latter where the deadline is the client's own, and one of
        `DeadlinePassed` and `TooSlow` when time runs out. When the caller is cancelled, what has not begun is dropped.
        """
        now = time.monotonic()
        loop = asyncio.get_running_loop()
        due = now + allowed * (PROMPT_SHARE if prompt else BATCH_SHARE)
        expires = deadline.expires
        jobs = [Job(engine, each, min(due, expires), expires, prompt, now, loop.create_future()) for each in prepared]
        with self._lock:
            self._admit(sum(job.cost for job in jobs), prompt, deadline)
            self._requests += 1
            self._backlog.add(jobs)
            self._work.notify(min(len(jobs), self.workers))
        try:
            async with asyncio.timeout(deadline.left()):
                answers = await asyncio.gather(*(job.future for job in jobs))
        except TimeoutError:
            raise deadline.passed(self._drain()) from None
        finally:
            with self._lock:
                self._requests -= 1
                self._backlog.drop(jobs)
        return Computed(
            answers,
            waited=max((job.started - job.submitted for job in jobs), default=0.0),
            computed=max((job.finished - job.started for job in jobs), default=0.0),
        )

    def _admit(self, cost: int, prompt: bool, deadline: Deadline) -> None:
        """Let `cost` tokens in, or refuse them now rather than after a wait in vain. An idle service takes anything."""
        if self._closed:
            raise ShuttingDown("The service is stopping: ask again, another one may answer.")
        line, room = self._line(prompt), self._room(prompt)
        if (line and line + cost > room) or (self._backlog.cost and self._backlog.cost + cost > self.queue_tokens):
            raise self._overloaded(cost, prompt)
        if self._requests >= self.queue_requests:
            raise self._overloaded(cost, prompt)
        self._check_time(cost, prompt, deadline)

    def _check_time(self, cost: int, prompt: bool, deadline: Deadline) -> None:
        """Refuse `cost` tokens whose turn would come too late, or whose deadline has passed already."""
        left = deadline.left()
        late = self._predicted(self._line(prompt) + cost) - left if self._backlog.cost else 0.0
        if left <= 0 or (late > 0 and deadline.clients):
            raise deadline.passed(min(max(late, 0.0), LONGEST_RETRY))
        if late > 0:
            raise self._overloaded(cost, prompt)

    def _line(self, prompt: bool) -> int:
        """Tokens that another message would wait for."""
        return self._backlog.prompt_cost if prompt else self._backlog.cost

    def _room(self, prompt: bool) -> float:
        """Tokens that such messages may fill the line with."""
        return self.queue_tokens * PROMPT_ROOM if prompt else self.queue_tokens

    def _overloaded(self, cost: int, prompt: bool) -> Overloaded:
        """Say how long it takes until there is room for `cost` more tokens.

        At least half of the line: if all who were refused came back at the first free token, most were refused again.
        """
        line = self._line(prompt)
        excess = max(line + cost - self._room(prompt), self._backlog.cost + cost - self.queue_tokens, line // 2)
        seconds = min(self._predicted(excess), LONGEST_RETRY)
        return Overloaded(f"{self._backlog.cost:,} tokens of work are waiting: ask again later.", retry_after=seconds)

    def _drain(self) -> float:
        """Predict the seconds until everything now in line is done."""
        return min(self._predicted(self._backlog.cost), LONGEST_RETRY)

    def _predicted(self, tokens: float) -> float:
        """Predict the seconds for `tokens` from the measured throughput; 0 before anything was measured."""
        return tokens * self._seconds / self._tokens / self.workers if self._tokens else 0.0

    def _serve(self) -> None:
        _give_way()
        while self._compute_next():
            pass

    def _compute_next(self) -> bool:
        """Compute the next group; false where there will be none. A thread that waits holds no engine, and no text."""
        with self._work:
            while not (jobs := self._backlog.take(self.workers, time.monotonic())):
                if self._closed:
                    return False
                self._work.wait()
            self._began[threading.current_thread().name] = began = time.monotonic()
        for job in jobs:
            job.started = began
        outcomes = _outcomes(jobs)
        ended = time.monotonic()
        for job in jobs:
            job.finished = ended
        with self._lock:
            del self._began[threading.current_thread().name]
            self._backlog.finish(jobs)
            self._tokens = self._tokens * MEMORY + sum(job.cost for job in jobs)
            self._seconds = self._seconds * MEMORY + ended - began
        if self._watch:
            try:
                self._watch(jobs)
            except Exception:
                log.exception("a group was not measured")
        with suppress(RuntimeError):  # the loop has ended: nobody waits for the answer
            jobs[0].future.get_loop().call_soon_threadsafe(_deliver, jobs, outcomes)
        return True


def _outcomes(jobs: Sequence[Job]) -> list[Answer | Exception]:
    """Compute a group. Where it fails, each message is tried alone, so that one cannot spoil its neighbours.

    Whatever the engine raises becomes an outcome: a thread that it ended would be missing for good.
    """
    engine = jobs[0].engine
    prepared = [job.prepared for job in jobs]
    try:
        scores = engine.encode_core(prepared)
        return [engine.encode_post(each, score) for each, score in zip(prepared, scores, strict=True)]
    except BaseException as error:
        return [_told(error)] if len(jobs) == 1 else [_outcomes([job])[0] for job in jobs]


def _told(error: BaseException) -> Exception:
    """Make something that a future can hold, and that nobody takes for a timeout of the service's own."""
    if isinstance(error, Exception) and not isinstance(error, StopIteration | TimeoutError):
        return error
    return RuntimeError(f"the engine raised {type(error).__name__}").with_traceback(error.__traceback__)


def _deliver(jobs: Sequence[Job], outcomes: Sequence[Answer | Exception]) -> None:
    """Hand the outcomes to whoever still waits. Runs on the loop."""
    for job, outcome in zip(jobs, outcomes, strict=True):
        if job.future.done():
            continue
        if isinstance(outcome, Exception):
            job.future.set_exception(outcome)
        else:
            job.future.set_result(outcome)


def _give_way() -> None:
    """Let the event loop's thread go before this one where both want a core: refusals are short, and must be quick.

    Linux knows niceness of single threads. At five times the capacity refusals took 4 ms with it and 12 without
    (docs/lab-log.md).
    """
    if sys.platform == "linux":
        own = threading.get_native_id()
        os.setpriority(os.PRIO_PROCESS, own, min(19, os.getpriority(os.PRIO_PROCESS, own) + GIVES_WAY))
