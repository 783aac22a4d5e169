"""Kill a writer at random moments, and see whether what it had acknowledged is there.

Run as `python -m tests.data.store.kills URL SECRET KILLS SEED`. This process forks a writer, which puts, changes,
corrects and erases tickets and says so after each call has returned; kills it (SIGKILL) at a moment that the seed
decides; and compares what was said with what the store holds. Ends with 0 where nothing was missing.
"""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import NoReturn

from sqlalchemy.engine import make_url

from data.store.records import Lease, Replay
from data.store.store import Store
from tests.data.store.making import correction, key, new, reading

LINES = 12
"""A writer lives until it has said so many things, at the most, and a moment longer."""

MOMENT = 0.02
"""Seconds, at the most: some calls take no longer."""

OPENING = 0.15
"""One writer in five lives so many seconds at the most, and may be killed while it opens the store."""

Said = dict[str, tuple[int, int, int]]
"""By ticket: the length of its text (0: erased), how many corrections, how many idempotent answers."""


def write(url: str, secret: Path, first: int, seed: int, out: int) -> NoReturn:
    """Work without end; each line says what is certain from then on."""
    chance = random.Random(seed)
    store = Store.open(url, secret)
    for number in range(first, sys.maxsize):
        name, text, corrections = f"t{number}", f"text {number} " * chance.randrange(1, 300), 0

        def say(text: str, corrections: int, answers: int = 0, name: str = name) -> None:
            os.write(out, f"{name} {len(text)} {corrections} {answers}\n".encode())

        store.put(new(store, name, text), reading(answer={"text": text}))
        say(text, 0)
        if chance.random() < 0.5:
            store.correct(key(name), correction(reason="r" * chance.randrange(2_000)))
            corrections += 1
            say(text, corrections)
        if chance.random() < 0.3:
            text += "changed"
            store.put(new(store, name, text), reading())
            say(text, corrections)
        if chance.random() < 0.3:
            lease = store.begin(name, "svc", "f")
            assert isinstance(lease, Lease)
            store.finish(lease, Replay(status=200, body=text), key(name))
            say(text, corrections, 1)
        elif chance.random() < 0.2:
            store.erase(key(name))
            say("", 0)
    raise AssertionError


def run(url: str, secret: Path, kills: int, seed: int) -> tuple[int, int]:
    """Kill so many writers; returns how many writes were acknowledged and how many tickets were looked at."""
    chance = random.Random(seed)
    acknowledged = looked = 0
    for kill in range(kills):
        said: Said = {}
        for name, length, corrections, answers in _killed(url, secret, kill * 1_000_000, chance):
            said[name] = (int(length), int(corrections), int(answers))
            acknowledged += 1
        looked += len(said)
        _check(url, secret, said)
    return acknowledged, looked


def _killed(url: str, secret: Path, first: int, chance: random.Random) -> Iterator[list[str]]:
    seed, early = chance.randrange(2**32), chance.random() < 0.2
    wanted, seconds = (0, chance.uniform(0, OPENING)) if early else (chance.randrange(LINES), chance.uniform(0, MOMENT))
    come, go = os.pipe()
    child = os.fork()
    if not child:
        try:
            os.close(come)
            write(url, secret, first, seed, go)
        finally:
            os._exit(1)
    os.close(go)
    with os.fdopen(come) as lines:
        said = [lines.readline() for _ in range(wanted)]
        time.sleep(seconds)
        os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        if not os.WIFSIGNALED(status):
            raise SystemExit("the writer ended by itself")
        said += lines
    yield from (line.split() for line in said if line.endswith("\n"))


def _check(url: str, secret: Path, said: Said) -> None:
    _whole(url)
    store = Store.open(url, secret)
    for name, (length, corrections, answers) in said.items():
        kept = store.get(key(name))
        if not length:
            if kept is not None or store.put(new(store, name), reading()).outcome != "refused":
                raise SystemExit(f"{name} was erased and is there")
            continue
        if kept is None:
            # An erasure may have been done that could no longer be acknowledged: then its tombstone is there.
            if store.put(new(store, name), reading()).outcome != "refused":
                raise SystemExit(f"{name} was acknowledged and is missing")
            continue
        if len(kept.text) < length or len(kept.corrections) < corrections:
            raise SystemExit(f"{name} is older than what was acknowledged")
        if answers and isinstance(store.begin(name, "svc", "f"), Lease):
            raise SystemExit(f"{name}: its answer was acknowledged and is missing")
    store.close()
    _whole(url)


def _whole(url: str) -> None:
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite" and Path(str(parsed.database)).exists():
        with closing(sqlite3.connect(str(parsed.database))) as database:
            for pragma in ("integrity_check", "foreign_key_check"):
                found = database.execute(f"PRAGMA {pragma}").fetchall()
                if found not in ([], [("ok",)]):
                    raise SystemExit(f"{pragma}: {found[:5]}")


if __name__ == "__main__":
    acknowledged, looked = run(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]))
    sys.stdout.write(f"{acknowledged} acknowledged writes of {looked} tickets, none missing\n")
