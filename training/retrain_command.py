"""The flags of `python -m training retrain` and `forget`."""

from __future__ import annotations

import argparse
from pathlib import Path

from data.corpus import CORPUS
from data.taxonomy import DEFAULT
from training.experiments import LOGS
from training.flags import add_runs, add_store, moment
from training.retrain import NEWEST_SHARE, forget, retrain

ROOT = Path(__file__).parents[1]


def add_retrain(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add both commands to the program's."""
    again = commands.add_parser("retrain", help="learn from corrections; promote what is no worse, stop what is")
    add_store(again)
    add_runs(again)
    again.add_argument("--since", type=moment, help="corrections after it are new (default: what the champion knows)")
    again.add_argument(
        "--newest-share", type=_share, default=NEWEST_SHARE, help="share of the new ones to examine with"
    )
    again.add_argument("--dry-run", action="store_true", help="say what would be learnt from, and write nothing")
    again.add_argument("--no-promote", action="store_true", help="leave it to a person to activate what passed")
    again.add_argument("--believe-all", action="store_true", help="name who corrects blindly, and quarantine nobody")
    again.add_argument("--cold", action="store_true", help="begin from the encoder, not from the champion's network")
    again.add_argument("--fresh", action="store_true", help="give up a run that was cut instead of going on with it")
    again.add_argument("--recipe", type=Path, help="default: warm.yaml, or classifier.yaml from the encoder")
    again.add_argument("--corpus", type=Path, default=CORPUS, help="folder with {language}/*.jsonl")
    again.add_argument("--taxonomy", type=Path, default=DEFAULT)
    again.add_argument("--encoder", help="another encoder than the champion's")
    again.add_argument("--build", type=Path, default=ROOT / "build" / "classifier", help="where `fit` left its network")
    again.add_argument("--home", type=Path, default=ROOT / "models" / "shipped", help="where versions live")
    again.add_argument("--version", help="name of the version to write")
    again.add_argument("--report", type=Path, help="write the gate's report here too")
    again.add_argument("--log", action="append", choices=LOGS, help="send the figures of the fit there too")
    again.set_defaults(run=retrain)

    gone = commands.add_parser("forget", help="take erased tickets out of snapshots and exports, at any time")
    add_store(gone)
    add_runs(gone)
    gone.set_defaults(run=forget)


def _share(text: str) -> float:
    try:
        found = float(text)
    except ValueError:
        found = -1.0
    if not 0 <= found <= 0.5:
        raise argparse.ArgumentTypeError("write a share from 0 to 0.5")
    return found
