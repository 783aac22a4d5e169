"""A retraining's folder: its state, written whole after every stage, so that a run that was cut goes on.

RUNS/NAME/state.json       what the run is about and which stages are done
RUNS/NAME/snapshot.jsonl   the tickets that it learns from and is examined with (`training.snapshots`), of which
                           `data.store.copies` takes out what is erased
RUNS/NAME/learnt.jsonl     the tickets that its network knows, without their texts (`training.forgotten`)
RUNS/NAME/build/           the network, its checkpoints and exports
RUNS/NAME/report.md        the gate's report
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout
from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from data.whole import write_whole
from models.artifact import ArtifactError, read_manifest

STATE, REPORT, BUILD, CELLS = "state.json", "report.md", "build", "gate.json"
AUTHORS = "authors.md"
"""How far each author's corrections can be believed; names people, and no text."""
KEPT = 10
"""Finished runs whose folders stay; older ones go at the next start."""


class State(BaseModel):
    """How far a run is. `inputs` stands for all that must not change under it."""

    model_config = ConfigDict(frozen=True)

    run: str
    version: str
    champion: str
    inputs: str
    since: AwareDatetime | None
    """Corrections up to then are known to the champion."""
    until: AwareDatetime
    """The newest correction of the snapshot."""
    snapshot_sha256: str
    learnt: int
    newest: int
    fresh: int
    forgotten: int = 0
    """Tickets that the champion learnt from and that are erased or not believed any more: a reason to learn anew."""
    forgotten_ids: list[int] = []
    """Of the corrections that those rested on: what a run began without is no reason for another."""
    left_out: dict[str, int]
    dropped: dict[str, int]
    warm: bool
    stages: dict[str, float] = {}
    """Seconds of each stage that is done."""
    outcome: str | None = None


def write_state(folder: Path, state: State) -> None:
    """Replace the state, all at once."""
    write_private(folder / STATE, state.model_dump_json(indent=1))


def read_state(folder: Path) -> State | None:
    """Read how far a run is; None where it never began or its state cannot be read."""
    try:
        return State.model_validate_json((folder / STATE).read_bytes())
    except (OSError, ValidationError):
        return None


def runs_in(runs: Path) -> list[Path]:
    """List the runs' folders, the oldest first."""
    try:
        return sorted(each for each in runs.iterdir() if each.is_dir() and not each.name.startswith("."))
    except FileNotFoundError:
        return []


def write_private(path: Path, text: str) -> None:
    """Replace a file that only this user may read: after a cut of power it holds the old text or the new one."""
    write_whole(path, text, permissions=0o600)


@contextmanager
def alone(runs: Path) -> Iterator[None]:
    """Keep other retrainings out of the folder; raises `ValueError` where one is under way."""
    runs.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        with FileLock(runs / ".lock", timeout=0):
            yield
    except Timeout as error:
        raise ValueError(f"another retraining is at work in {runs}: wait until it has ended") from error


def tidy(runs: Path, home: Path, needed: set[str]) -> None:
    """Throw away what finished runs left: networks, versions that may not answer, folders of old runs.

    What belongs to a version in `needed` stays. A version that passed and was not made current stays too.
    """
    finished = [(folder, state) for folder in runs_in(runs) if (state := read_state(folder)) and state.outcome]
    for place, (folder, state) in enumerate(reversed(finished)):
        if state.version in needed:
            continue
        if state.outcome in ("stopped", "given up"):
            withdraw(home, state)
        if state.outcome != "passed":
            shutil.rmtree(folder / BUILD, ignore_errors=True)
        if place >= KEPT:
            shutil.rmtree(folder, ignore_errors=True)


def withdraw(home: Path, state: State) -> None:
    """Remove the version that this very run wrote; one of the same name that somebody else wrote since stays."""
    folder = home / state.version
    try:
        corrections = read_manifest(folder).lineage.get("corrections")
    except ArtifactError:
        return
    if isinstance(corrections, dict) and corrections.get("snapshot_sha256") == state.snapshot_sha256:
        shutil.rmtree(folder, ignore_errors=True)
