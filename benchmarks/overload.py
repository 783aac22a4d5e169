"""What the service does under more than it can do: goodput, waits and refusals at 1, 2 and 5 times its capacity.

Run as `make bench-overload`, or `python -m benchmarks.overload --seconds 10`. The service is a process of its own with
the shipped model and no cache; what else is given goes to it (`--workers 1`). Capacity is what it answers to a few
connections that each ask again at once; then requests come at random moments (Poisson), whether or not it keeps up, and
every time is counted from when a request was due. Client and service share the cores: the client's part is told, in
cores, so that one can see what it took from the service.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Coroutine, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Final, NamedTuple

from data.corpus import read_corpus

ROOT = Path(__file__).parents[1]
LOADS: Final = (1.0, 2.0, 5.0)
CLIENTS: Final = 16
"""Connections that find out the capacity."""
MOST_CONNECTIONS: Final = 880
"""Below the 900 that the service takes."""
PATIENCE: Final = 60.0
"""Seconds to wait for what is late."""
UNSENT: Final = 0
"""In place of a status: all connections were in use, or the service closed one."""


class Connection(asyncio.Protocol):
    """A kept-alive connection: one request at a time, and no more of HTTP than a status and a length."""

    def __init__(self) -> None:
        self.transport: asyncio.Transport | None = None
        self.received = bytearray()
        self.answer: asyncio.Future[int] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def connection_lost(self, exc: Exception | None) -> None:
        self.transport = None
        self._finish(UNSENT)

    def data_received(self, data: bytes) -> None:
        self.received += data
        end = self.received.find(b"\r\n\r\n")
        if end >= 0:
            length = re.search(rb"(?i)\r\ncontent-length: (\d+)", self.received[: end + 2])
            if length and len(self.received) >= end + 4 + int(length[1]):
                self._finish(int(self.received[9:12]))

    def ask(self, request: bytes) -> asyncio.Future[int]:
        """Send a request; the future is the status of its answer."""
        self.received.clear()
        self.answer = asyncio.get_running_loop().create_future()
        if self.transport:
            self.transport.write(request)
        else:
            self._finish(UNSENT)
        return self.answer

    def _finish(self, status: int) -> None:
        if self.answer and not self.answer.done():
            self.answer.set_result(status)


@dataclass
class Client:
    """Connections that are opened when needed and used again, the latest used first."""

    port: int
    idle: list[Connection] = field(default_factory=list)
    opened: int = 0
    tasks: set[asyncio.Task[None]] = field(default_factory=set)

    async def connect(self) -> Connection:
        """Open a connection."""
        self.opened += 1
        _, connection = await asyncio.get_running_loop().create_connection(Connection, "127.0.0.1", self.port)
        return connection

    async def ask(self, request: bytes) -> int:
        """Send a request, and return the status of its answer."""
        while self.idle:
            connection = self.idle.pop()
            if connection.transport:
                break
            self.opened -= 1
        else:
            if self.opened >= MOST_CONNECTIONS:
                return UNSENT
            connection = await self.connect()
        status = await connection.ask(request)
        self.idle.append(connection)
        return status

    def spawn(self, work: Coroutine[None, None, None]) -> None:
        """Do something beside all else."""
        task = asyncio.create_task(work)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def answered(self) -> None:
        """Wait for what is under way."""
        if self.tasks:
            await asyncio.wait(self.tasks, timeout=PATIENCE)

    def close(self) -> None:
        """Close all connections."""
        for connection in self.idle:
            if connection.transport:
                connection.transport.close()


class Reply(NamedTuple):
    """A status, the seconds since the request was due, and whether it came while requests were still being sent."""

    status: int
    seconds: float
    within: bool


@dataclass
class Run:
    """One load, and what came back."""

    name: str
    seconds: float
    replies: list[Reply] = field(default_factory=list)
    client_cpu: float = 0.0

    def times(self, *statuses: int) -> list[float]:
        return sorted(reply.seconds for reply in self.replies if reply.status in statuses)

    @property
    def goodput(self) -> float:
        """Answers a second while requests were being sent."""
        return sum(reply.status == 200 and reply.within for reply in self.replies) / self.seconds

    def row(self, peak: float) -> str:
        """Write a line of the table; times are the median and the 99th percentile, in milliseconds."""
        others = Counter(reply.status for reply in self.replies if reply.status != 200)
        told = ", ".join(f"{number} × {status or 'unsent'}" for status, number in sorted(others.items()))
        return (
            f"| {self.name} | {len(self.replies) / self.seconds:.0f} | {self.goodput:.0f} | {self.goodput / peak:.0%} "
            f"| {_times(self.times(200))} | {_times(self.times(429, 503, 504))} | {told or 'none'} "
            f"| {self.client_cpu / self.seconds:.2f} |"
        )


def requests(port: int, milliseconds: int | None = None) -> Iterator[bytes]:
    """Make requests of gold messages for ever, each a little different from all others."""
    texts = [message.text for message in read_corpus(split="gold")]
    deadline = f"X-Request-Timeout-Ms: {milliseconds}\r\n" if milliseconds else ""
    for number in count():
        body = json.dumps({"text": f"{texts[number % len(texts)]} ({number})"}).encode()
        head = (
            f"POST /v1/classify HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: application/json\r\n{deadline}"
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        yield head.encode() + body


async def closed_loop(client: Client, asked: Iterator[bytes], seconds: float) -> Run:
    """Let each of a few clients ask again as soon as it is answered; measures the capacity."""
    run = Run(f"{CLIENTS} in turn", seconds)
    end, cpu = time.monotonic() + seconds, time.process_time()

    async def ask_on() -> None:
        while (began := time.monotonic()) < end:
            status = await client.ask(next(asked))
            run.replies.append(Reply(status, time.monotonic() - began, time.monotonic() < end))

    await asyncio.gather(*(ask_on() for _ in range(CLIENTS)))
    run.client_cpu = time.process_time() - cpu
    return run


async def open_loop(client: Client, asked: Iterator[bytes], load: float, capacity: float, seconds: float) -> Run:
    """Ask at random moments, whatever comes back; returns when the last request was sent, not answered."""
    run = Run(f"{load:g} ×", seconds)
    dice = random.Random(0)
    due, cpu = time.monotonic(), time.process_time()
    end = due + seconds

    async def ask(due: float) -> None:
        status = await client.ask(next(asked))
        now = time.monotonic()
        run.replies.append(Reply(status, now - due, now < end))

    while (due := due + dice.expovariate(load * capacity)) < end:
        await asyncio.sleep(max(0.0, due - time.monotonic()))
        client.spawn(ask(due))
    run.client_cpu = time.process_time() - cpu
    return run


async def recovery(client: Client, asked: Iterator[bytes], usual: float) -> float:
    """Return the seconds until three answers in a row take no more than twice the usual time."""
    began, quick = time.monotonic(), 0
    while quick < 3 and time.monotonic() - began < PATIENCE:
        sent = time.monotonic()
        status = await client.ask(next(asked))
        quick = quick + 1 if status == 200 and time.monotonic() - sent <= 2 * usual else 0
        await asyncio.sleep(0.02)
    return time.monotonic() - began


async def memory(client: Client) -> float:
    """Read the resident memory of the service, in megabytes, from its metrics."""
    connection = await client.connect()
    await connection.ask(f"GET /metrics HTTP/1.1\r\nHost: 127.0.0.1:{client.port}\r\n\r\n".encode())
    found = re.search(r"(?m)^process_resident_memory_bytes (\S+)$", connection.received.decode())
    client.idle.append(connection)
    return float(found[1]) / 1e6 if found else float("nan")


async def measure(port: int, seconds: float, milliseconds: int | None) -> None:
    """Find the capacity, go beyond it, and tell of both."""
    client, asked = Client(port), requests(port, milliseconds)
    await closed_loop(client, asked, min(2.0, seconds))  # warms up
    usual = []
    for _ in range(20):
        sent = time.monotonic()
        await client.ask(next(asked))
        usual.append(time.monotonic() - sent)
    before = await memory(client)
    peak = await closed_loop(client, asked, seconds)
    if not peak.goodput:
        raise SystemExit("not one answer came in time: give it more --seconds, or a quieter machine")
    runs = [peak]
    _tell(f"capacity {peak.goodput:.0f} a second; a message alone {_times(sorted(usual))} ms (median / p99)\n")
    recovered = 0.0
    for load in LOADS:
        runs.append(await open_loop(client, asked, load, peak.goodput, seconds))
        recovered = await recovery(client, asked, sorted(usual)[len(usual) // 2])
        await client.answered()
    best = max(run.goodput for run in runs)
    _tell("| load | sent/s | goodput/s | of peak | answered ms | refused ms | not answered | client's cores |")
    _tell("|---|---|---|---|---|---|---|---|")
    for run in runs:
        _tell(run.row(best))
    after = await memory(client)
    _tell(f"\nmemory {before:.0f} MB before, {after:.0f} MB after; usual times {recovered:.1f} s after the last flood")
    client.close()


@contextmanager
def service(flags: Sequence[str]) -> Iterator[int]:
    """Start the service, wait until it is ready, and give its port. Its log goes to a file, as it would elsewhere."""
    command = [sys.executable, "-m", "service", "--port", "0", "--cache-answers", "0", *flags]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("RECLAMO_")}
    with tempfile.NamedTemporaryFile("w+", suffix=".log") as log:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stderr=log)
        try:
            while "ready: " not in (told := Path(log.name).read_text(encoding="utf-8")):
                if process.poll() is not None:
                    raise SystemExit(told)
                time.sleep(0.1)
            found = re.search(r"running on http://[\d.]+:(\d+)", told)
            assert found
            yield int(found[1])
        finally:
            process.terminate()
            process.wait(PATIENCE)


def _times(seconds: Sequence[float]) -> str:
    if not seconds:
        return "–"
    median, late = (seconds[min(len(seconds) - 1, int(share * len(seconds)))] * 1000 for share in (0.5, 0.99))
    return f"{median:.1f} / {late:.1f}"


def _tell(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main(arguments: list[str] | None = None) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.overload", description=__doc__)
    parser.add_argument("--seconds", type=float, default=10.0, help="of each load (default 10)")
    parser.add_argument("--timeout-ms", type=int, help="send X-Request-Timeout-Ms with each request")
    given, flags = parser.parse_known_args(arguments)
    with service(flags) as port:
        asyncio.run(measure(port, given.seconds, given.timeout_ms))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
