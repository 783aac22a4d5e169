"""The flags of `python -m training drift` and `audit-corrections`, and what they do."""

from __future__ import annotations

import argparse
import logging
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from data.corpus import CORPUS, read_corpus
from data.taxonomy import DEFAULT, read_taxonomy
from data.whole import write_whole
from training.drift import look, renew, renew_from_corpus
from training.drift_report import as_json, as_markdown
from training.flags import add_store, moment
from training.poisoning_report import audit_corrections
from training.retrain import open_store

ROOT = Path(__file__).parents[1]
REFERENCE = ROOT / "build" / "drift" / "reference.npz"
FOUND = 1
_log = logging.getLogger("training")


def add_watch(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add both commands to the program's."""
    drift = commands.add_parser("drift", help="hold the newest tickets against a reference; 1 where a retrain is due")
    add_store(drift)
    drift.add_argument("--days", type=_days, default=7, help="how many days are looked at (default 7)")
    drift.add_argument("--until", type=moment, help="the end of these days (default: now)")
    drift.add_argument("--reference", type=Path, default=REFERENCE, help="file of the reference")
    drift.add_argument("--renew", action="store_true", help="make the reference of the days before these, then stop")
    drift.add_argument(
        "--reference-days", type=_days, default=56, help="how many days a new reference has (default 56)"
    )
    drift.add_argument("--corpus", type=Path, help="with --renew: make it of this corpus and the current model instead")
    drift.add_argument("--home", type=Path, help="where versions live, if not in models/shipped (with --corpus)")
    drift.add_argument("--taxonomy", type=Path, default=DEFAULT)
    drift.add_argument("--report", type=Path, help="write the findings as Markdown here")
    drift.add_argument("--json", type=Path, help="write the findings as JSON here")
    drift.set_defaults(run=watch_drift)

    audit = commands.add_parser("audit-corrections", help="whose corrections are given blindly; 1 where somebody's are")
    add_store(audit)
    audit.add_argument("--since", type=moment, help="look at tickets that people judged since then (default: at all)")
    audit.add_argument("--quarantine", action="store_true", help="stop believing the corrections of such a burst")
    audit.add_argument("--believe", metavar="AUTHOR", help="take this author's quarantine back, for good, then stop")
    audit.add_argument("--corpus", type=Path, default=CORPUS, help="labelled messages to learn from besides")
    audit.add_argument("--taxonomy", type=Path, default=DEFAULT)
    audit.add_argument("--report", type=Path, help="write the audit as Markdown here")
    audit.set_defaults(run=watch_corrections)


def watch_drift(given: argparse.Namespace) -> int:
    """Look for drift, or make a new reference; returns the exit status."""
    until: datetime = given.until or datetime.now(UTC)
    store = open_store(given.store, given.secret)
    try:
        if given.renew:
            if given.corpus:
                made = renew_from_corpus(store, given.reference, given.corpus, given.home)
            else:
                before = until - timedelta(days=given.days)
                made = renew(store, given.reference, until=before, days=given.reference_days, taxonomy=given.taxonomy)
            told = f"{len(made.rows)} messages, {made.unrest.weeks} whole weeks"
            _log.info("the reference is in %s: %s, read by %s", given.reference, told, made.model)
            return 0
        found = look(store, given.reference, until=until, days=given.days)
    except SQLAlchemyError as error:
        raise ValueError(f"the store failed ({type(error).__name__}); try again") from None
    finally:
        store.close()
    text = as_markdown(found)
    _log.info("%s", text)
    if given.report:
        write_whole(given.report, text)
    if given.json:
        write_whole(given.json, as_json(found) + "\n")
    return FOUND if found.due else 0


def watch_corrections(given: argparse.Namespace) -> int:
    """Look for corrections that are given blindly, or believe an author again; returns the exit status."""
    store = open_store(given.store, given.secret)
    try:
        if given.believe:
            count = store.believe(given.believe)
            if not count:
                raise ValueError(f"nothing that {given.believe} corrected is quarantined")
            _log.info("%d corrections by %s are believed again, and not judged any more", count, given.believe)
            return 0
        taxonomy, messages = read_taxonomy(given.taxonomy), read_corpus(given.corpus)
        audit = audit_corrections(store, messages, taxonomy, since=given.since, quarantine=given.quarantine)
    except SQLAlchemyError as error:
        raise ValueError(f"the store failed ({type(error).__name__}); try again") from None
    finally:
        store.close()
    _log.info("%s", audit.text)
    if given.report:
        write_whole(given.report, audit.text)
    return FOUND if any(standing.suspected for standing in audit.standings) else 0


def _days(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 3_660:
        raise argparse.ArgumentTypeError("write a number of days from 1 to 3660")
    return int(text)
