"""Snapshots of the tickets that a retraining used, and how erasure reaches them.

A snapshot is JSONL, one `training.corrections.Row` a line, redacted as the store keeps it, readable by its user alone.
Whatever the store no longer has is taken out of every snapshot: erased and purged tickets, and earlier texts. The lists
of what networks know (`training.forgotten`) lose the names of those tickets, and keep how many were erased.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from data.store.records import Ticket, TicketKey
from data.store.store import Store
from training.corrections import Row
from training.forgotten import LEARNT, Learnt, as_lines, read_learnt
from training.runs import STATE, read_state, runs_in, write_private, write_state

SNAPSHOT, DISPUTES, AUDIT = "snapshot.jsonl", "disputes.jsonl", "audit.md"


@dataclass
class Forgotten:
    """What was taken out: rows, and the runs that they were in."""

    rows: int = 0
    runs: list[str] = field(default_factory=list)


def write_rows(path: Path, rows: Iterable[Row]) -> str:
    """Write a snapshot whole or not at all; returns its SHA-256."""
    text = _as_lines(rows)
    write_private(path, text)
    return hashlib.sha256(text.encode()).hexdigest()


def _as_lines(rows: Iterable[Row]) -> str:
    return "".join(row.model_dump_json() + "\n" for row in rows)


def read_rows(path: Path) -> list[Row]:
    """Read a snapshot; raises `ValueError`, which names the line and never shows it."""
    rows = []
    for number, line in enumerate(path.read_bytes().split(b"\n"), 1):
        if not line.strip():
            continue
        if (row := _row(line)) is None:
            raise ValueError(f"{path}, line {number} is damaged: begin anew with --fresh")
        rows.append(row)
    return rows


def forget(runs: Path, store: Store) -> Forgotten:
    """Take out of every snapshot what the store no longer has.

    Lines that cannot be read are taken out too, since nobody can tell whose they are; so is what a cut run left half
    written. The old file is overwritten before it is let go. Only one process may do this at a time (`runs.alone`).
    """
    found = Forgotten()
    known: dict[TicketKey, Ticket | None] = {}

    def look_up(key: TicketKey) -> Ticket | None:
        if key not in known:
            known[key] = store.get(key)
        return known[key]

    for folder in runs_in(runs):
        for half in folder.glob("*.part"):
            _shred(half)
        if (learnt := read_learnt(folder)) is not None:
            there = {each.key for each in learnt if each.key and look_up(each.key)}
            left = [
                each if each.key in there else Learnt(given=each.given)
                for each in learnt
                if each.key is None or each.key in there or store.erased(each.key)
            ]
            _replace(folder / LEARNT, as_lines(left))
        path = folder / SNAPSHOT
        if not path.is_file():
            continue
        rows = [_row(line) for line in path.read_bytes().split(b"\n") if line.strip()]
        keep = [row for row in rows if row is not None and row.still(look_up(row.key))]
        if len(keep) == len(rows):
            continue
        _only(folder, {row.message.id for row in keep})
        _replace(path, _as_lines(keep))
        found.rows += len(rows) - len(keep)
        found.runs.append(folder.name)
    return found


def _replace(path: Path, text: str) -> None:
    """Give a file another content, where it is another, and overwrite the old one by its handle."""
    if path.read_bytes() == text.encode():
        return
    with path.open("r+b") as old:
        write_private(path, text)
        _overwrite(old.fileno())


def _only(folder: Path, ids: set[str]) -> None:
    """Take the names of forgotten rows out of the run's state and of its list of disputes; its audit goes whole."""
    (folder / AUDIT).unlink(missing_ok=True)
    if state := read_state(folder):
        write_state(folder, state.model_copy(update={"ids": [each for each in state.ids if each in ids]}))
    elif (folder / STATE).is_file():
        _shred(folder / STATE)
    if (path := folder / DISPUTES).is_file():
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
        kept = [line for line in lines if _id(line) in ids]
        write_private(path, "".join(line + "\n" for line in kept))


def _row(line: bytes) -> Row | None:
    try:
        return Row.model_validate_json(line)
    except (ValidationError, UnicodeDecodeError):
        return None


def _id(line: str) -> str | None:
    try:
        written: Any = json.loads(line)
    except ValueError:
        return None
    return written.get("id") if isinstance(written, dict) else None


def _shred(path: Path) -> None:
    with path.open("r+b") as file:
        _overwrite(file.fileno())
    path.unlink()


def _overwrite(handle: int) -> None:
    """Write zeros over a file. Drives that write elsewhere each time keep the old blocks for a while all the same."""
    size = os.fstat(handle).st_size
    os.lseek(handle, 0, os.SEEK_SET)
    block = b"\0" * 65_536
    while size > 0:
        size -= os.write(handle, block[: min(size, len(block))])
    with suppress(OSError):
        os.fsync(handle)
