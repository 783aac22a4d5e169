"""The flags of `python -m training emerging`, and what it does."""

from __future__ import annotations

import argparse
import logging
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from data.corpus import CORPUS
from data.store.store import Store
from data.taxonomy import DEFAULT, read_taxonomy
from training.emerging import MOST, find_emerging
from training.emerging_embed import ENCODER, embed
from training.emerging_export import export
from training.emerging_groups import Plan
from training.flags import add_runs, add_store, moment
from training.retrain import open_store

_log = logging.getLogger("training")


def add_emerging(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the program's."""
    emerging = commands.add_parser("emerging", help="group what the taxonomy has no theme for; show it in the reports")
    add_store(emerging)
    emerging.add_argument("--days", type=int, default=56, help="how many days are looked at (default 56)")
    emerging.add_argument("--until", type=moment, help="the end of these days (default: now)")
    emerging.add_argument("--most", type=int, default=MOST, help=f"tickets that are looked at (default {MOST})")
    emerging.add_argument("--seed", type=int, default=Plan.seed)
    emerging.add_argument("--encoder", default=ENCODER, help="any Hugging Face encoder id or folder")
    emerging.add_argument("--taxonomy", type=Path, default=DEFAULT)
    emerging.add_argument(
        "--corpus", type=Path, default=CORPUS, help="with --export: the messages to learn from besides"
    )
    emerging.add_argument(
        "--export", type=Path, metavar="FOLDER", help="write a taxonomy, a map and examples of the named groups here"
    )
    add_runs(emerging)
    emerging.set_defaults(run=run_emerging)


def run_emerging(given: argparse.Namespace) -> int:
    """Find groups, or write out those that people named; returns the exit status."""
    if not 1 <= given.days <= 3_660 or not 1 <= given.most <= MOST:
        raise ValueError(f"--days takes 1 to 3660, --most 1 to {MOST}")
    store = open_store(given.store, given.secret)
    try:
        return _export(given, store) if given.export else _find(given, store)
    except SQLAlchemyError as error:
        raise ValueError(f"the store failed ({type(error).__name__}); try again") from None
    finally:
        store.close()


def _find(given: argparse.Namespace, store: Store) -> int:
    until: datetime = given.until or datetime.now(UTC)
    since = until - timedelta(days=given.days)
    found = find_emerging(
        store, read_taxonomy(given.taxonomy), partial(embed, encoder=given.encoder), since=since, until=until,
        plan=Plan(seed=given.seed), most=given.most, quiet=False,
    )  # fmt: skip
    told = "%d of %d tickets since %s looked at: %d groups, to be named or dismissed on /reports/emerging"
    _log.info(told, found.looked_at, found.received, since.date(), len(set(found.groups)))
    return 0


def _export(given: argparse.Namespace, store: Store) -> int:
    folder: Path = given.export
    made = export(store, folder, read_taxonomy(given.taxonomy), given.taxonomy, given.corpus, given.runs)
    for label, count in made.examples.items():
        _log.info("%s: %d examples", label, count)
    for label, count in made.too_few.items():
        _log.info("%s is left out: it has %d examples that could be learnt from", label, count)
    _log.info("%s holds taxonomy %s; learn it, and look at how right it is:", folder, made.version)
    _log.info(
        "  python -m training all --taxonomy %s --corpus %s --build %s --home %s --report %s",
        folder / "taxonomy.yaml", folder / "corpus", folder / "build", folder / "models", folder / "evaluation.md",
    )  # fmt: skip
    _log.info("It holds redacted texts of tickets, which erasures reach while it stays there: remove it afterwards.")
    return 0
