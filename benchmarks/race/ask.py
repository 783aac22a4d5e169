"""Ask one server in every way: is it right, how soon does it answer, how much does it bear."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from benchmarks.race import BUILD, ROOT
from benchmarks.race.client import TIMEOUT, Order, Report
from benchmarks.race.reference import Reference
from benchmarks.race.results import Phase
from benchmarks.race.rows import ASKED_BEFORE, CORES, SHIPPED, Row
from benchmarks.race.server import Server, ServerError, running
from benchmarks.race.texts import endless
from data.cleaning import clean

CHECKED = 64
"""Requests that a server must answer rightly, one at a time, before it is timed."""
SAMPLED = 100
"""Answers under full load that are compared with the reference afterwards."""
MANY = 32
"""Requests under way at full load."""
LOAD = 0.7
"""What an open loop sends to a server, of its own measured capacity."""
WARM = 2.0
"""Seconds under full load before anything is timed."""
FASTEST, FASTEST_CACHE = 1_000, 4_000
"""More texts a second than any server answers."""


class WrongAnswers(RuntimeError):
    """A server answers otherwise than the reference; the message says how often."""


def ask_server(row: Row, texts: Sequence[str], seconds: float, reference: Reference) -> dict[str, Any]:
    """Start a server, check it, time it and end it; returns the fields of its `Result`.

    Raises `ServerError` or `WrongAnswers`.
    """
    if missing := row.missing():
        raise ServerError(missing)
    asked = _requests(row, texts, WARM + 3 * seconds)
    bodies = _write(row.form.body(each) for each in asked)
    log = BUILD / "logs" / f"{row.name.replace('/', '-')}.log"
    with running(row.command, row.ready, log, row.folder, row.environment) as server:
        return _Asking(row, server, bodies, asked, reference).time(seconds)


def ask_engine(texts: Sequence[str], seconds: float) -> dict[str, Any]:
    """Time the engine without a server, on one thread and on all cores; returns the fields of its `Result`."""
    path = str(_write(islice(endless(texts), int(FASTEST * seconds))))
    single, full = (_carry_out(Order("", path, 0, seconds, many), "bare") for many in (1, CORES))
    return {"phases": {"single": Phase.of(single), "full": Phase.of(full)}}


@dataclass
class _Asking:
    """One server that runs, and how many of its requests were sent already."""

    row: Row
    server: Server
    bodies: Path
    asked: Sequence[Sequence[str]]
    reference: Reference
    sent: int = 0

    def time(self, seconds: float) -> dict[str, Any]:
        many = MANY if self.row.texts == 1 else 2 * CORES
        self._check()
        self._send(WARM, many)
        phases = {}
        if self.row.texts == 1:
            phases["single"] = Phase.of(self._send(seconds))
        spent = self.server.processor_seconds()
        full = self._send(seconds, many, keep=max(2, SAMPLED // self.row.texts))
        spent = self.server.processor_seconds() - spent
        phases["full"] = Phase.of(full, self.row.texts)
        if self.row.texts == 1:
            phases["open"] = Phase.of(self._send(seconds, rate=LOAD * full.rate))
        each = 1000 * spent / (full.used * self.row.texts)
        return {"phases": phases, "processor": each, "same": self.reference.agreement(self.row, full, self.asked)}

    def _check(self) -> None:
        """See that the first answers are right; a cache is then filled."""
        checked = self._send(TIMEOUT, most=CHECKED // self.row.texts, keep=CHECKED)
        same = self.reference.agreement(self.row, checked, self.asked)
        if same < 1 or checked.failed:
            raise WrongAnswers(f"{same:.0%} of its answers have the reference's labels; it failed so: {checked.failed}")
        if self.row.cached:
            self._send(TIMEOUT, MANY, most=ASKED_BEFORE)

    def _send(self, seconds: float, many: int = 1, **more: Any) -> Report:
        report = _carry_out(
            Order(self.server.address + self.row.path, str(self.bodies), self.sent, seconds, many, **more)
        )
        self.sent += report.used
        return report


def _requests(row: Row, texts: Sequence[str], seconds: float) -> list[list[str]]:
    """List the texts of every request that can be sent within the time: never the same twice, but for a cache."""
    if row.cached:
        return [[texts[i % ASKED_BEFORE]] for i in range(int(FASTEST_CACHE * seconds))]
    stream: Iterator[str] = endless(texts)
    if row.computes != SHIPPED:
        stream = (clean(text).text for text in stream)  # the peers beside it do not take quoted mail out
    count = int(FASTEST * seconds / row.texts) + CHECKED
    return [list(islice(stream, row.texts)) for _ in range(count)]


def _write(bodies: Iterator[Any]) -> Path:
    path = BUILD / "bodies.jsonl"
    with path.open("w", encoding="utf-8") as out:
        out.writelines(json.dumps(body, ensure_ascii=False) + "\n" for body in bodies)
    return path


def _carry_out(order: Order, module: str = "client") -> Report:
    """Carry out an order in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", f"benchmarks.race.{module}"],
        input=json.dumps(asdict(order)),
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=order.seconds + 2 * TIMEOUT,
        check=False,
    )
    if done.returncode:
        raise ServerError(f"the client failed: {(done.stderr.strip().splitlines() or ['without a word'])[-1]}")
    report = json.loads(done.stdout)
    return Report(**{**report, "answers": {int(line): answer for line, answer in report["answers"].items()}})
