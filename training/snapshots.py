"""Snapshots of the tickets that a retraining used.

A snapshot is JSONL, one `training.corrections.Row` a line, redacted as the store keeps it, readable by its user alone.
`data.store.copies` takes out of it what the store no longer has, at any time: whoever reads or writes one does so
within `data.store.copies.writing`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

from pydantic import ValidationError

from data.store.copies import as_lines
from training.corrections import Row
from training.runs import write_private


def write_rows(path: Path, rows: Iterable[Row]) -> str:
    """Write a snapshot whole or not at all; returns its SHA-256."""
    text = as_lines(rows)
    write_private(path, text)
    return hashlib.sha256(text.encode()).hexdigest()


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


def _row(line: bytes) -> Row | None:
    try:
        return Row.model_validate_json(line)
    except (ValidationError, UnicodeDecodeError):
        return None
