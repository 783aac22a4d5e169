"""Retrainings over the toy corpus: the command, its state, and stages that only note that they ran."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.training.tickets import place
from training import retrain_stages
from training.__main__ import main
from training.retrain_stages import STAGES, Job
from training.runs import State, read_state, runs_in


def again(folder: Path, corpus: Path, taxonomy_file: Path, *more: str) -> int:
    return main(
        [
            "retrain", *place(folder), "--runs", str(folder / "runs"), "--recipe", str(folder / "warm.yaml"),
            "--corpus", str(corpus), "--taxonomy", str(taxonomy_file), "--build", str(folder / "build"), "--home",
            str(folder / "versions"), *more,
        ]
    )  # fmt: skip


def only_state(folder: Path) -> State:
    (run,) = runs_in(folder / "runs")
    state = read_state(run)
    assert state is not None
    return state


class Stages:
    """Stages that only note that they ran; one of them may be where the process is killed."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, outcome: str = "passed") -> None:
        self.ran: list[str] = []
        self.killed_at = ""
        self.learnt = 0
        for name in STAGES:
            monkeypatch.setitem(STAGES, name, self._stage(name, outcome))

    def _stage(self, name: str, outcome: str):  # type: ignore[no-untyped-def]  # noqa: ANN202
        def run(job: Job) -> None:
            if name == self.killed_at:
                raise KeyboardInterrupt
            self.ran.append(name)
            self.learnt = len(job.learn)
            if name == "promote":
                retrain_stages.note(job, outcome=outcome)

        return run
