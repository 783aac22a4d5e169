"""Flags that several stages have."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime
from pathlib import Path

from data.store.copies import runs_folder


def add_store(command: argparse.ArgumentParser) -> None:
    """Let a stage be told which tickets to read."""
    command.add_argument("--store", help="address of the tickets (default: RECLAMO_STORE)")
    command.add_argument("--secret", type=Path, help="the store's secret (default: RECLAMO_STORE_SECRET)")


def add_runs(command: argparse.ArgumentParser) -> None:
    """Let a stage be told where retrainings keep their work."""
    command.add_argument(
        "--runs", type=Path, default=runs_folder(), help="where retrainings keep their work (default: RECLAMO_RUNS)"
    )


def moment(text: str) -> datetime:
    """Read a moment, in UTC where no zone is given; raises `argparse.ArgumentTypeError`."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError("write a moment as 2026-11-22 or 2026-11-22T10:30:00+00:00") from error
    return found if found.tzinfo else found.replace(tzinfo=UTC)
