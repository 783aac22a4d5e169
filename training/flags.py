"""Flags that several stages have."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime
from pathlib import Path


def add_store(command: argparse.ArgumentParser) -> None:
    """Let a stage be told which tickets to read."""
    command.add_argument("--store", help="address of the tickets (default: RECLAMO_STORE)")
    command.add_argument("--secret", type=Path, help="the store's secret (default: RECLAMO_STORE_SECRET)")


def moment(text: str) -> datetime:
    """Read a moment, in UTC where no zone is given; raises `argparse.ArgumentTypeError`."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError("write a moment as 2026-11-22 or 2026-11-22T10:30:00+00:00") from error
    return found if found.tzinfo else found.replace(tzinfo=UTC)
