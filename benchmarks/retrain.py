"""How long retraining takes, and what a warm start loses: 10,000 messages of the corpus come in as corrected tickets.

`python -m benchmarks.retrain` fits a champion on the rest of the corpus, puts the tickets into a store (SQLite), and
retrains twice: from the champion's network, and from the encoder. Whole situations are tickets or corpus, never both.
The newest fifth of the tickets and gold are learnt from by nobody. About an hour and a half on two idle cores; what is
there already is used again. Nothing else should run.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import logging
import os
import platform
import shutil
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from data.corpus import CORPUS, read_corpus, write_messages
from data.message import Message
from data.store.records import Correction, NewTicket, Reading, TicketKey
from data.store.store import Store
from data.taxonomy import DEFAULT, Taxonomy, read_taxonomy
from models.artifact import read_manifest
from training.__main__ import main as train
from training.metrics import headline
from training.recipe import RECIPES
from training.runs import State, read_state

MINUTES, FASTER = 20, 3
"""Targets: 10,000 tickets within so many minutes on two cores; a warm fit so many times as fast as one from scratch."""


def held_out(messages: Sequence[Message], count: int) -> tuple[list[Message], list[Message]]:
    """Split off `count` training messages or a few less, whole groups by their hash; returns (rest, tickets)."""
    groups: dict[str, list[Message]] = {}
    for message in messages:
        if message.split == "train":
            groups.setdefault(message.group, []).append(message)
    tickets: list[Message] = []
    for group in sorted(groups, key=lambda name: hashlib.sha256(name.encode()).hexdigest()):
        if len(tickets) + len(groups[group]) <= count:
            tickets += groups[group]
    taken = {message.id for message in tickets}
    return [message for message in messages if message.id not in taken], tickets


def keep_tickets(folder: Path, tickets: Sequence[Message], taxonomy: Taxonomy) -> None:
    """Put the tickets into a store, each unread by any machine and labelled by a person."""
    store = Store.open(f"sqlite:///{folder / 'tickets.db'}", folder / "secret")
    unread = Reading(model_version="none", taxonomy_version=taxonomy.version, labels={}, certainty=0.0, answer={})
    for message in tqdm(tickets, desc="tickets", unit="ticket", disable=None):
        key = TicketKey(source="bench", id=message.id)
        store.put(NewTicket(key=key, text=message.text, mark=store.mark(message.text), lang=message.lang), unread)
        labels: dict[Any, Any] = dict(message.labels)
        store.correct(key, Correction(author="reader", taxonomy_version=taxonomy.version, labels=labels))
    store.close()


def means(folder: Path, taxonomy: Taxonomy) -> dict[str, float]:
    """Mean headline figure on gold, by language."""
    gold = read_manifest(folder).metrics["gold"]
    return {language: float(np.mean(list(headline(own, taxonomy).values()))) for language, own in gold.items()}


def table(states: Mapping[str, State], quality: Mapping[str, Mapping[str, float]]) -> str:
    """Write seconds by stage, figures by language, and whether the targets are met."""
    warm, cold = states["warm"], states["cold"]
    lines = ["| seconds | from the champion's network | from the encoder |", "|---|---|---|"]
    lines += [f"| {stage} | {warm.stages[stage]:,.0f} | {cold.stages.get(stage, 0):,.0f} |" for stage in warm.stages]
    whole = {name: sum(state.stages.values()) for name, state in states.items()}
    lines.append(f"| **all** | {whole['warm']:,.0f} | {whole['cold']:,.0f} |")
    languages = list(quality["champion"])
    lines += ["", f"| mean figure on gold | {' | '.join(languages)} |", "|---|" + "---|" * len(languages)]
    for name, own in quality.items():
        lines.append(f"| {name} | " + " | ".join(f"{own[language]:.3f}" for language in languages) + " |")
    worst = max(quality["cold"][language] - quality["warm"][language] for language in languages)
    times = cold.stages["fit"] / warm.stages["fit"]
    lines += [
        "",
        f"- {warm.learnt + warm.newest:,} tickets in {whole['warm'] / 60:.1f} minutes (target {MINUTES} for 10,000)",
        f"- fitting was {times:.1f} times as fast as from scratch (target {FASTER}); in the worst language the warm "
        f"start is {worst * 100:+.1f} points behind",
        *(f"- the gate's verdict on the {name} start: {state.outcome}" for name, state in states.items()),
    ]
    return "\n".join(lines) + "\n"


def main(arguments: list[str] | None = None) -> int:
    """Measure, and print the tables."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.retrain", description=__doc__)
    parser.add_argument("--tickets", type=int, default=10_000)
    parser.add_argument("--folder", type=Path, default=Path("build/bench-retrain"), help="what is made; reused")
    parser.add_argument("--fresh", action="store_true", help="make everything anew")
    parser.add_argument("--corpus", type=Path, default=CORPUS)
    parser.add_argument("--taxonomy", type=Path, default=DEFAULT)
    parser.add_argument("--recipe", type=Path, default=RECIPES / "classifier.yaml", help="champion, and from scratch")
    parser.add_argument("--warm", type=Path, default=RECIPES / "warm.yaml", help="from the champion's network")
    given = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    if given.fresh:
        shutil.rmtree(given.folder, ignore_errors=True)
    given.folder.mkdir(parents=True, exist_ok=True)
    taxonomy = read_taxonomy(given.taxonomy)
    rest, tickets = held_out(read_corpus(given.corpus), given.tickets)
    home, build, runs = given.folder / "versions", given.folder / "build", given.folder / "runs"
    shared = ["--corpus", str(given.folder / "corpus"), "--taxonomy", str(given.taxonomy), "--home", str(home),
              "--build", str(build)]  # fmt: skip
    if not (home / "current").exists():
        for language in sorted({message.lang for message in rest}):
            own = [message for message in rest if message.lang == language]
            write_messages(given.folder / "corpus" / language / "rest.jsonl", own)
        for stage in ("fit", "calibrate", "export"):
            began = time.monotonic()
            if code := train([stage, *shared, "--recipe", str(given.recipe), "--version", "champion"]):
                return code
            sys.stderr.write(f"champion, {stage}: {time.monotonic() - began:.0f} s\n")
    if not (given.folder / "stored").exists():
        for old in given.folder.glob("tickets.db*"):
            old.unlink()
        keep_tickets(given.folder, tickets, taxonomy)
        (given.folder / "stored").touch()
    quality = {"champion": means(home / "champion", taxonomy)}
    states: dict[str, State] = {}
    for name, more in (("warm", ["--recipe", str(given.warm)]), ("cold", ["--cold", "--recipe", str(given.recipe)])):
        kept = given.folder / f"{name}.json"
        if not kept.exists():
            code = train(
                [
                    "retrain", *shared, "--store", f"sqlite:///{given.folder / 'tickets.db'}", "--secret",
                    str(given.folder / "secret"), "--runs", str(runs), "--version", name, "--no-promote", *more,
                ]
            )  # fmt: skip
            state = read_state(runs / name)
            if code == 2 or state is None:
                return 2
            found = {"state": state.model_dump(mode="json"), "gold": means(home / name, taxonomy)}
            kept.write_text(json.dumps(found), encoding="utf-8")
        read = json.loads(kept.read_bytes())
        states[name], quality[name] = State.model_validate(read["state"]), read["gold"]
    sys.stdout.write(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}\n\n")
    sys.stdout.write(table(states, quality))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
