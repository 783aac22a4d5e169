"""`python -m data redaction`: the figures of a marked set."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from data.redaction.measuring import SET, report


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument("--set", type=Path, default=SET, help="folder with {language}.jsonl of marked messages")
    parser.add_argument("--untold", action="store_true", help="do not tell the rules which language a message is in")


def run(given: argparse.Namespace) -> int:
    """Print the tables; returns 0. Raises `MarkedSetError` where the set cannot be read."""
    sys.stdout.write(report(given.set, told=not given.untold))
    return 0
