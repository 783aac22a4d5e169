"""The stages of a retraining, each of which leaves in the run's folder what the next one needs."""

from __future__ import annotations

import argparse
import hashlib
import json
import logging
import random
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from data.message import Message
from data.store.copies import AUDIT, DISPUTES, writing
from data.taxonomy import Taxonomy
from data.taxonomy_history import TaxonomyHistory
from models.artifact import WIDE, file_hash
from models.onnx_engine import OnnxEngine
from models.registry import activate, current_version
from training.card import WRITTEN
from training.champion import NETWORK, Champion
from training.contest import GOLD, NEWEST, hold_against
from training.corrections import Row
from training.doubts import as_lines, look_over
from training.fit import WEIGHTS, fit
from training.gate_report import gate_table, in_words, reasons
from training.lessons import exchanged, lessons
from training.recipe import ClassifierRecipe
from training.runs import BUILD, CELLS, REPORT, State, write_private, write_state
from training.stages import calibrate_in, digest, write_version
from training.wide import fit_wide

_log = logging.getLogger("training")
REPLAY, REPLAY_LEAST = 0.5, 4_000
"""A warm start is shown so many of the corpus's messages for each correction, and so many at least, so that it does
not forget them. The wide branch, which has no warm start, learns from all."""

FORGOTTEN = (
    "- {} tickets that {} learnt from are erased, or not believed any more: begun from the encoder, without them"
)


@dataclass
class Job:
    """One run: what it is given, and how far it is."""

    given: argparse.Namespace
    champion: Champion
    corpus: list[Message]
    taxonomy: Taxonomy
    recipe: ClassifierRecipe
    recipe_file: Path
    warm: bool
    rows: list[Row]
    folder: Path
    state: State

    @property
    def build(self) -> Path:
        return self.folder / BUILD

    @property
    def learn(self) -> list[Message]:
        """The corrections that are learnt from."""
        return [row.message for row in self.rows if row.use == "learn"]

    @property
    def whole(self) -> list[Message]:
        """The corpus and the corrections that are learnt from."""
        return [*self.corpus, *self.learn]


def note(job: Job, **changes: object) -> None:
    """Write down how far the run is."""
    job.state = job.state.model_copy(update=changes)
    write_state(job.folder, job.state)


def _audit(job: Job) -> None:
    report, found = look_over(job.rows, job.corpus, job.taxonomy, job.recipe.seed)
    with writing(job.given.runs):
        write_private(job.folder / DISPUTES, as_lines(found))
        write_private(job.folder / AUDIT, report)
    _log.info("%s", report.rsplit("\n\n", 1)[-1].partition("\n")[0])  # names stay in the report


def _fit(job: Job) -> None:
    job.build.mkdir(exist_ok=True)
    recipe = job.recipe
    if recipe.wide:
        learn = exchanged(lessons(job.whole, job.taxonomy, recipe), recipe.exchange_share, recipe.seed)
        fit_wide(learn, job.taxonomy, recipe.wide).save(job.build / WIDE)
    start = job.champion.checkpoint if job.warm else None
    logged = recipe.model_copy(update={"log": job.given.log}) if job.given.log else recipe
    fit(_shown(job), job.taxonomy, logged, job.build, start=start)


def _shown(job: Job) -> list[Message]:
    """Choose what the network sees: every correction, and as much of the corpus as keeps it from forgetting."""
    learnt = [message for message in job.corpus if message.split == "train"]
    rest = [message for message in job.corpus if message.split == "calibration"]
    if job.warm:
        many = max(REPLAY_LEAST, round(REPLAY * len(job.learn)))
        learnt = random.Random(job.recipe.seed).sample(learnt, min(many, len(learnt)))
    return [*learnt, *rest, *job.learn]


def _calibrate(job: Job) -> None:
    calibrate_in(job.build, job.whole, job.taxonomy, job.recipe)


def _export(job: Job) -> None:
    _write(job)


def _write(job: Job, **more: Any) -> None:
    folder = job.given.home / job.state.version
    learnt = (
        f"{WRITTEN}, and {job.state.learnt:,} tickets, redacted, with the labels that people gave (under `train` below)"
    )
    write_version(
        folder, job.build, job.whole, job.taxonomy, job.given.taxonomy, job.recipe, _lineage(job), learnt=learnt, **more
    )


def _examine(job: Job) -> None:
    challenger = OnnxEngine(job.given.home / job.state.version, threads=2)
    gold = [message for message in job.corpus if message.split == "gold"]
    newest = [row.message for row in job.rows if row.use == "newest"]
    history = TaxonomyHistory.beside(job.given.taxonomy)
    verdict, answered = hold_against(
        OnnxEngine(job.champion.folder, threads=2), challenger, gold, newest, history, job.recipe.seed
    )
    figures = {
        set_: {
            cell.language: {c.name: round(c.challenger, 4) for c in verdict.cells
                            if (c.set, c.language) == (set_, cell.language) and c.size}
            for cell in verdict.cells if cell.set == set_
        }
        for set_ in (GOLD, NEWEST)
    }  # fmt: skip
    gate = {"passed": verdict.passed, "champion": job.champion.version, "reasons": reasons(verdict)}
    words = in_words(verdict)
    said = f"Against the champion, {job.champion.version}"
    _write(
        job, gold=answered, metrics={"newest": figures[NEWEST], "gate": gate},
        parts={said: f"{words}\n{gate_table(verdict)}"},
    )  # fmt: skip
    report = f"# {job.state.version} against {job.champion.version}\n\n{words}\n{_sources(job)}\n{gate_table(verdict)}"
    write_private(job.folder / REPORT, report)
    cells = [asdict(cell) for cell in verdict.cells]
    write_private(job.folder / CELLS, json.dumps({**gate, "cells": cells}, indent=1))
    if job.given.report:
        job.given.report.write_text(report, encoding="utf-8")
    _log.info("%s", words)


def _promote(job: Job) -> None:
    home, version = job.given.home, job.state.version
    by_hand = f"python -m service models activate {version}"
    if not json.loads((job.folder / CELLS).read_bytes())["passed"]:
        outcome, told = "stopped", f"it does not answer; see {job.folder / REPORT}. The next retraining removes it"
    elif job.given.no_promote:
        outcome, told = "passed", f"it does not answer, as told; make it answer with `{by_hand}`"
    elif job.taxonomy.version != job.champion.taxonomy.version:
        outcome, told = "passed", f"its taxonomy is another: if you mean it, `{by_hand} --accept-taxonomy`"
    elif (now := current_version(home).name) != job.champion.version:
        outcome, told = (
            "passed",
            f"{now} answers meanwhile, which it was not compared with; if you mean it, `{by_hand}`",
        )
    else:
        activate(home, version, replaces=job.champion.version)
        outcome, told = "promoted", "it answers from now on; `python -m service models rollback` leads back"
    _log.info("%s %s: %s", version, outcome, told)
    note(job, outcome=outcome)


def _sources(job: Job) -> str:
    state = job.state
    lines = [
        f"Learnt from {state.learnt:,} corrections beside the corpus; {state.fresh:,} came since "
        f"{state.since.date() if state.since else 'the beginning'}, the newest {state.newest:,} of which are the set "
        f"`newest`, which neither model has seen. Only what people gave or confirmed counts, group by group; who "
        f"confirms answers without reading them flatters the champion.",
        *([FORGOTTEN.format(state.forgotten, state.champion)] if state.forgotten else []),
        *(f"- {count} tickets left out: {why}" for why, count in state.left_out.items()),
        *(f"- {count} times a group was left open, {what}" for what, count in state.dropped.items()),
    ]
    return "\n".join(lines) + "\n"


def _lineage(job: Job) -> dict[str, Any]:
    state = job.state
    return {
        "command": "python -m training retrain",
        "recipe": job.recipe.model_dump(),
        "recipe_sha256": hashlib.sha256(Path(job.recipe_file).read_bytes()).hexdigest(),
        "learnt_from_sha256": digest(job.whole),
        NETWORK: file_hash(job.build / WEIGHTS),
        "messages": len(job.whole),
        "champion": state.champion,
        "started_from": f"the network of {state.champion}" if job.warm else "the encoder",
        "forgotten": state.forgotten,
        "corrections": {
            "snapshot_sha256": state.snapshot_sha256,
            "since": state.since.isoformat() if state.since else None,
            "until": state.until.isoformat(),
            "fresh": state.fresh,
            "learnt": state.learnt,
            "newest": state.newest,
            "left_out": state.left_out,
            "dropped": state.dropped,
        },
    }


STAGES: dict[str, Callable[[Job], None]] = {
    "audit": _audit,
    "fit": _fit,
    "calibrate": _calibrate,
    "export": _export,
    "examine": _examine,
    "promote": _promote,
}
