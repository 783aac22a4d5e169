"""Compute messages on a fixed number of threads, the most pressing first, and refuse early what would come too late.

One message on one single-threaded session per core beats padded batches on a processor, so a thread takes one message,
or a few of like length when many wait. There is no timer that waits for a batch to fill: a free thread takes what is
there.

A single message is due within a twentieth of the time that a request may take, a batch's messages within half of it.
The order is by due time, so single messages overtake batches; a batch that has waited has every other turn. Each of the
two kinds has room of its own, so that no batch shuts single messages out.

Who asks what is being computed already waits for that computation, each until a deadline of its own; it is dropped when
nobody waits for it any more.
"""

from __future__ import annotations

import asyncio
import logging
import os
import sys
import threading
import time
from collections.abc import Callable, Hashable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from models.answer import Answer
from models.engine import Engine, Prepared
from service.backlog import Backlog, Job
from service.deadline import Deadline
from service.errors import DeadlinePassed, Overloaded, ShuttingDown, TooManyMessages

log = logging.getLogger(__name__)

PROMPT_SHARE: Final = 1 / 20
BATCH_SHARE: Final = 1 / 2
MEMORY: Final = 0.95
"""How much of the measured throughput a new group leaves standing: the last 20 groups make most of it."""

LONGEST_RETRY: Final = 120.0

PROMPT_ROOM: Final = 1 / 4
"""Room of single messages, beside that of batches and as a share of it: whoever waits for one is better told to come
again than answered late, while a batch may wait. On two cores it is some two seconds of work as the settings come."""

KNOWN: Final = 500
"""Tokens that the measure must stand on before a batch is refused for its size: a few short messages, as at the start,
say little of how fast a batch goes."""

SPARE: Final = 3 / 4
"""How much of what would just fit a batch that is too large is told to hold."""

FRESH: Final = 60.0
"""Seconds for which a measure is held against the size of a batch. Else one slow moment would refuse it for ever, where
nothing smaller is asked that could measure anew."""

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
    shared: int
    """Answers that were being computed for somebody else already."""


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
        self._measured = 0.0
        """When, on the monotonic clock, the two before were measured last."""
        self._asked: dict[Hashable, Job] = {}
        """The job of each question that is in line or being computed. Changed from the event loop only."""

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
            if self._line(prompt) >= self._room(prompt) * FULL or self._requests >= self.queue_requests:
                raise self._overloaded(1, prompt)
            if deadline:
                self._check_time(1, 1, prompt, deadline)

    async def compute(
        self,
        engine: Engine,
        prepared: Sequence[Prepared],
        *,
        deadline: Deadline,
        prompt: bool,
        allowed: float,
        questions: Sequence[Hashable] = (),
    ) -> Computed:
        """Compute messages in line with all others.

        `allowed` is the seconds that requests in general may take. `questions` say, message by message, what makes two
        of them the same: such are computed once; left out, each is computed. Raises `Overloaded` where the line is full
        or would take too long, `TooManyMessages` where a batch would even alone, `DeadlinePassed` in place of the last
        two where the deadline is the client's own, and one of `DeadlinePassed` and `TooSlow` when time runs out. When
        the caller is cancelled, what has not begun and nobody else waits for is dropped.
        """
        now = time.monotonic()
        loop = asyncio.get_running_loop()
        expires = deadline.expires
        due = min(now + allowed * (PROMPT_SHARE if prompt else BATCH_SHARE), expires)
        jobs: list[Job] = []
        new: list[Job] = []
        with self._lock:
            for each, question in zip(prepared, questions or [None] * len(prepared), strict=True):
                job = self._asked.get(question)
                if job is None or not job.serves(prompt):
                    job = Job(engine, each, due, expires, prompt, now, loop.create_future(), question)
                    new.append(job)
                jobs.append(job)
            self._admit(sum(job.cost for job in new), len(new), prompt, deadline)
            self._requests += 1
            for job in jobs:
                job.waiters += 1
                job.expires = max(job.expires, expires)
            self._backlog.add(new)
            self._work.notify(min(len(new), self.workers))
        if questions:
            self._asked.update((job.question, job) for job in new)
        try:
            # Unlike `gather`, this leaves alone what others wait for too.
            futures = [job.future for job in jobs]
            await asyncio.wait(futures, timeout=deadline.left(), return_when=asyncio.FIRST_EXCEPTION)
            answers = [future.result() for future in futures if future.done()]
            if len(answers) < len(jobs):
                raise deadline.passed(self.drain())
        finally:
            self._leave(jobs)
        return Computed(
            answers,
            waited=max(0.0, *(job.started - now for job in jobs)),
            computed=max(job.finished - max(job.started, now) for job in jobs),
            shared=len(jobs) - len(new),
        )

    def _leave(self, jobs: Sequence[Job]) -> None:
        """Stop waiting for jobs; those that nobody waits for now are dropped, unless they run already."""
        with self._lock:
            self._requests -= 1
            for job in jobs:
                job.waiters -= 1
            left = [job for job in jobs if not job.waiters]
            self._backlog.drop(left)
        for job in left:
            job.future.cancel()
            if self._asked.get(job.question) is job:
                del self._asked[job.question]

    def _admit(self, cost: int, messages: int, prompt: bool, deadline: Deadline) -> None:
        """Let `cost` tokens in, or refuse them now rather than after a wait in vain. An empty line takes anything."""
        if self._closed:
            raise ShuttingDown("The service is stopping: ask again, another one may answer.")
        line = self._line(prompt)
        if (cost and line and line + cost > self._room(prompt)) or self._requests >= self.queue_requests:
            raise self._overloaded(cost, prompt)
        self._check_time(cost, messages, prompt, deadline)

    def _check_time(self, cost: int, messages: int, prompt: bool, deadline: Deadline) -> None:
        """Refuse `cost` tokens whose turn would come too late, or whose deadline has passed already."""
        left = deadline.left()
        needed = self._predicted(cost)
        if messages > 1 and 0 < left < needed and self._knows():
            fits = max(1, int(messages * left / needed * SPARE))
            told = f"Some {fits:,} messages like these can be answered in the time that there is: split the batch."
            raise DeadlinePassed(told) if deadline.clients else TooManyMessages(told)
        late = self._predicted(self._ahead(prompt)) + needed - left if self._backlog.cost else 0.0
        if left <= 0 or (late > 0 and deadline.clients):
            raise deadline.passed(min(max(late, 0.0), LONGEST_RETRY))
        if late > 0:
            raise self._overloaded(cost, prompt)

    def _line(self, prompt: bool) -> int:
        """Tokens that take up the room of such messages."""
        return self._backlog.prompt_cost if prompt else self._backlog.cost - self._backlog.prompt_cost

    def _ahead(self, prompt: bool) -> int:
        """Tokens that another such message would wait for."""
        return self._backlog.prompt_cost if prompt else self._backlog.cost

    def _room(self, prompt: bool) -> float:
        """Tokens that such messages may fill their room with."""
        return self.queue_tokens * PROMPT_ROOM if prompt else self.queue_tokens

    def _overloaded(self, cost: int, prompt: bool) -> Overloaded:
        """Say how long it takes until there is room for `cost` more tokens.

        At least half of the line: if all who were refused came back at the first free token, most were refused again.
        """
        over = cost - self._room(prompt)
        excess = max(self._line(prompt) + min(over, 0.0), self._ahead(prompt) // 2)
        told = f"{self._backlog.cost:,} tokens of work are waiting: ask again later."
        if over > 0 and not prompt:
            told = f"This batch alone is {cost:,} tokens of work, more than may wait beside other batches: split it."
        return Overloaded(told, retry_after=min(self._predicted(excess), LONGEST_RETRY))

    def drain(self) -> float:
        """Predict the seconds until everything now in line is done."""
        return min(self._predicted(self._backlog.cost), LONGEST_RETRY)

    def _predicted(self, tokens: float) -> float:
        """Predict the seconds for `tokens` from the measured throughput; 0 before anything was measured."""
        return tokens * self._seconds / self._tokens / self.workers if self._tokens else 0.0

    def _knows(self) -> bool:
        """Whether the throughput was measured well enough, and lately, to tell a batch that it is too large."""
        return self._tokens >= KNOWN and time.monotonic() - self._measured <= FRESH

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
            self._measured = ended
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
            job.future.exception()  # else the loop logs it where nobody waits any more, and it may quote the text
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
