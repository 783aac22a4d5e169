"""`python -m data store`: bring a ticket store up to date, delete what is past its time, erase a ticket or a person.

`export-judged` writes what people judged as a table to learn from.
"""

from __future__ import annotations

import argparse
import sys
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from data.store.copies import Cleaned, clean, runs_folder
from data.store.errors import StoreError
from data.store.judged import Judged, export_judged
from data.store.opening import head
from data.store.records import TicketKey
from data.store.retention import Retention, read_retention
from data.store.store import Store
from data.tables.table import TableError
from data.taxonomy import GROUP_IDS
from data.taxonomy_history import TaxonomyHistory

UNSWEPT = 3
"""Exit code: it was done, but bytes of what was deleted are still in the database, or in copies of trainings."""

STDIN = "-"
"""In place of a person's key: read it from standard input, where lists of processes do not show it."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the commands and their arguments."""
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument(
        "--store", required=True, metavar="URL", help="sqlite:///FILE or postgresql://USER@HOST/DATABASE"
    )
    shared.add_argument("--secret", required=True, type=Path, metavar="FILE", help="the store's secret")
    commands = parser.add_subparsers(dest="action", required=True)
    commands.add_parser("upgrade", parents=[shared], help="make the tables, or bring them to this program's version")
    deleting = argparse.ArgumentParser(add_help=False, parents=[shared])
    deleting.add_argument(
        "--runs", type=Path, default=runs_folder(), metavar="FOLDER",
        help="where retrainings keep texts of tickets, which go there too (default: RECLAMO_RUNS)",
    )  # fmt: skip
    purge = commands.add_parser("purge", parents=[deleting], help="delete tickets that are past their retention")
    purge.add_argument(
        "--retention", required=True, type=_retention, metavar="SOURCE=DAYS,…", help="as in default=365,zendesk=90"
    )
    ticket = commands.add_parser("erase-ticket", parents=[deleting], help="erase a ticket for good")
    ticket.add_argument("source", metavar="SOURCE", help="the system that it comes from")
    ticket.add_argument("id", metavar="ID", help="its id there")
    subject = commands.add_parser("erase-subject", parents=[deleting], help="erase a person's tickets for good")
    subject.add_argument("key", metavar="KEY", help=f"what the ticket system knows the person by; {STDIN} reads it")
    judged = commands.add_parser(
        "export-judged", parents=[shared], help="write judged tickets as a table to learn from"
    )
    judged.add_argument("file", type=Path, metavar="FILE", help="new file, CSV or JSONL by its ending")
    judged.add_argument("--groups", nargs="+", choices=GROUP_IDS, default=[], help="default: all that people settled")
    judged.add_argument("--taxonomy", type=Path, metavar="FILE", help="write labels in its words; default: as given")


def run(given: argparse.Namespace) -> int:
    """Run a command; returns the exit code: 0 done, 1 there was nothing to erase, 2 it could not be done, `UNSWEPT`."""
    if given.action == "erase-ticket":
        try:
            given.ticket = TicketKey(source=given.source, id=given.id)
        except ValueError:
            return _refuse("a ticket has a SOURCE of 1 to 64 characters and an ID of 1 to 256")
    if given.action == "erase-subject":
        given.key = sys.stdin.readline().rstrip("\r\n") if given.key == STDIN else given.key
        if not given.key:
            return _refuse("say whose tickets: no KEY was given")
    try:
        store = Store.open(given.store, given.secret)
    except StoreError as error:
        return _refuse(str(error))
    try:
        code = _act(store, given)
        cleaned = not hasattr(given, "runs") or _told(clean(given.runs, store))
        if not store.swept:
            return _unswept()
        return code if cleaned else UNSWEPT
    except TableError as error:
        return _refuse(str(error))
    except (StoreError, SQLAlchemyError) as error:
        return _refuse(f"the store failed: {getattr(error, 'orig', None) or error}")
    finally:
        store.close()


def _act(store: Store, given: argparse.Namespace) -> int:
    if given.action == "upgrade":
        return _tell(f"the store is at version {head()}")
    if given.action == "export-judged":
        history = TaxonomyHistory.beside(given.taxonomy) if given.taxonomy else None
        return _tell_judged(given.file, export_judged(store, given.file, given.groups, history))
    if given.action == "purge":
        retention: Retention = given.retention
        gone = store.purge(retention.sources, default=retention.default, now=datetime.now(UTC))
        return _tell(f"{gone} tickets deleted")
    if given.action == "erase-ticket":
        there = store.erase(given.ticket)
        told = "erased, and refused from now on" if there else "there was no such ticket; it is refused from now on"
        return _tell(told, code=not there)
    gone = store.erase_subject(given.key)
    return _tell(f"{gone} tickets erased; this person's are refused from now on", code=not gone)


def _retention(written: str) -> Retention:
    try:
        return read_retention(written)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _tell(told: str, *, code: int = 0) -> int:
    sys.stdout.write(f"{told}\n")
    return int(code)


def _tell_judged(file: Path, made: Judged) -> int:
    lines = [f"{file}: {made.rows} tickets, as people labelled their {', '.join(made.groups)}"]
    lines += [f"{count} left out, {why}" for why, count in sorted(made.left_out.items())]
    if len(made.taxonomies) > 1:
        told = ", ".join(sorted(made.taxonomies))
        lines.append(f"their labels are of the taxonomies {told}: --taxonomy FILE writes them in the words of one")
    lines.append("it holds texts of tickets, and no erasure or retention reaches it: delete it once it was learnt from")
    return _tell("\n".join(lines))


def _told(found: Cleaned) -> bool:
    """Say what left the copies of trainings, and what could not; returns whether all could."""
    if found.rows:
        _tell(
            f"{found.rows} texts left the snapshots and exports of trainings; networks that learnt from them still did"
        )
    for each in found.missing:
        _tell(f"{each} was exported and is not there any more: if it was moved, nothing was taken out of it")
    for place, fault in found.failed.items():
        sys.stderr.write(f"texts may still be in {place} of the trainings ({fault}): python -m training forget\n")
    return not found.failed


def _unswept() -> int:
    told = "bytes of what was deleted are still in the database: somebody reads it, or its disk is full"
    sys.stderr.write(f"{told}; a running service tries again within minutes, and so does every command here\n")
    return UNSWEPT


def _refuse(told: str) -> int:
    sys.stderr.write(f"{told}\n")
    return 2
