"""What was measured, one JSON line for each server and round, so that a cut race goes on where it was."""

from __future__ import annotations

import os
from pathlib import Path

from pydantic import BaseModel

from benchmarks.race import BUILD
from benchmarks.race.client import Report
from benchmarks.race.server import ServerError

RESULTS = BUILD / "results.jsonl"
ENGINE = "engine"
"""The row of the bare engine."""


class Phase(BaseModel):
    """One way of asking: texts answered a second, milliseconds, and how many requests failed."""

    rate: float
    p50: float
    p99: float
    requests: int
    failed: int

    @classmethod
    def of(cls, report: Report, texts: int = 1) -> Phase:
        """Sum a report up; a request held `texts` texts. Raises `ServerError` where nothing was answered."""
        if not report.latencies:
            raise ServerError(f"it answered nothing in {report.seconds:g} s; it failed so: {report.failed}")
        return cls(
            rate=report.rate * texts,
            p50=percentile(report.latencies, 0.5),
            p99=percentile(report.latencies, 0.99),
            requests=len(report.latencies),
            failed=sum(report.failed.values()),
        )


class Result(BaseModel):
    """A row in one round: `single`, `full` and `open` phases, or why it was not timed."""

    race: str
    """Model and command. Only results of the same race are put together."""
    round: int
    row: str
    phases: dict[str, Phase] = {}
    processor: float | None = None
    """Milliseconds of processor time that the server used for a text at full load, the client's not counted."""
    same: float | None = None
    """Share of the answers under load whose labels are those of the reference."""
    idle: float
    """Part of the processor time that was free before the server was started."""
    refused: str | None = None


def percentile(values: list[float], share: float) -> float:
    """Return the value that this share of all values does not exceed (nearest rank)."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def append(result: Result, path: Path = RESULTS) -> None:
    """Add a line, safely on disk."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as out:
        out.write(result.model_dump_json() + "\n")
        out.flush()
        os.fsync(out.fileno())


def read(race: str | None = None, path: Path = RESULTS) -> list[Result]:
    """Read the results of a race, by default the last one; of a row tried twice in a round the last counts."""
    if not path.exists():
        return []
    found = [Result.model_validate_json(line) for line in path.read_text(encoding="utf-8").splitlines()]
    wanted = race or found[-1].race
    latest = {(each.round, each.row): each for each in found if each.race == wanted}
    return list(latest.values())
