"""The client: sends requests from a process of its own and reports how long each took.

`python -m benchmarks.race.client` reads an `Order` as JSON from standard input and writes a `Report` to standard
output. A *closed* loop keeps `concurrency` requests under way. An *open* loop sends at `rate` a second at random
moments (Poisson), whether or not earlier ones were answered, and counts time from the moment a request was due.
"""

from __future__ import annotations

import asyncio
import json
import random
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path

import aiohttp
import uvloop

TIMEOUT = 60.0
HEADERS = {"Content-Type": "application/json"}


@dataclass(frozen=True)
class Order:
    """What to send, and how."""

    url: str
    bodies: str
    """File with one body a line."""
    start: int
    """Lines to leave out: sent before."""
    seconds: float
    concurrency: int = 1
    rate: float | None = None
    """Requests a second of an open loop; None for a closed one."""
    most: int | None = None
    """End after so many requests."""
    keep: int = 0
    """Answers to give back, the first ones."""
    seed: int = 0


@dataclass(frozen=True)
class Report:
    """What came of it. `latencies` are milliseconds of the requests answered 200 within the time."""

    used: int
    seconds: float
    latencies: list[float]
    failed: dict[str, int]
    answers: dict[int, str]
    """By line of the file."""

    @property
    def rate(self) -> float:
        """Requests answered a second."""
        return len(self.latencies) / self.seconds


class _Client:
    def __init__(self, order: Order, session: aiohttp.ClientSession) -> None:
        self.order = order
        self.session = session
        self.used = 0
        self.ended: list[tuple[float, float]] = []
        self.failed: dict[str, int] = {}
        self.answers: dict[int, str] = {}
        lines = Path(order.bodies).read_bytes().splitlines()[order.start :]
        self.bodies: Iterator[tuple[int, bytes]] = iter(islice(enumerate(lines, order.start), order.most))

    async def ask(self, number: int, body: bytes, due: float) -> None:
        """Send one body and note how it went; `due` is when its time began to count."""
        self.used += 1
        try:
            async with self.session.post(self.order.url, data=body, headers=HEADERS) as response:
                answer = await response.read()
        except (aiohttp.ClientError, TimeoutError) as error:
            self._fail(type(error).__name__)
            return
        now = time.perf_counter()
        if response.status != 200:
            self._fail(str(response.status))
            return
        self.ended.append((now, 1000 * (now - due)))
        if number < self.order.start + self.order.keep:
            self.answers[number] = answer.decode()

    def _next(self) -> tuple[int, bytes] | None:
        """Take the next body; None after as many as were ordered."""
        following = next(self.bodies, None)
        if following is None and self.order.most is None:
            raise RuntimeError("there are too few bodies for so fast a server")
        return following

    def _fail(self, why: str) -> None:
        self.failed[why] = self.failed.get(why, 0) + 1

    async def closed(self, deadline: float) -> None:
        async def one_after_another() -> None:
            while (now := time.perf_counter()) < deadline:
                if (following := self._next()) is None:
                    return
                await self.ask(*following, due=now)

        await asyncio.gather(*(one_after_another() for _ in range(self.order.concurrency)))

    async def open(self, began: float, deadline: float, rate: float) -> None:
        chance = random.Random(self.order.seed)
        due, tasks = began, []
        while (due := due + chance.expovariate(rate)) < deadline:
            if (following := self._next()) is None:
                break
            if (early := due - time.perf_counter()) > 0:
                await asyncio.sleep(early)
            tasks.append(asyncio.create_task(self.ask(*following, due=due)))
        await asyncio.gather(*tasks)


async def send(order: Order) -> Report:
    """Carry out an order."""
    connector = aiohttp.TCPConnector(limit=0, keepalive_timeout=120)
    timeout = aiohttp.ClientTimeout(total=TIMEOUT)
    async with aiohttp.ClientSession(connector=connector, timeout=timeout) as session:
        client = _Client(order, session)
        began = time.perf_counter()
        deadline = began + order.seconds
        if order.rate is None:
            await client.closed(deadline)
        else:
            await client.open(began, deadline, order.rate)
        seconds = order.seconds if order.most is None else time.perf_counter() - began
    # An open loop counts whoever was sent in time; a closed one counts what came back in time, for the rate.
    counted = [spent for at, spent in client.ended if order.rate or order.most or at <= deadline]
    return Report(client.used, seconds, counted, client.failed, client.answers)


def main() -> int:
    """Read an order, carry it out, report."""
    report = uvloop.run(send(Order(**json.load(sys.stdin))))
    json.dump(asdict(report), sys.stdout)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
