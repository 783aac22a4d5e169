"""`python -m data store`: bring a ticket store up to date, delete what is past its time, erase a ticket or a person."""

from __future__ import annotations

import argparse
import sys
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from data.store.errors import StoreError
from data.store.opening import head
from data.store.records import TicketKey
from data.store.retention import Retention, read_retention
from data.store.store import Store

UNSWEPT = 3
"""Exit code: it was done, but bytes of what was deleted are still in the database."""

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
    purge = commands.add_parser("purge", parents=[shared], help="delete tickets that are past their retention")
    purge.add_argument(
        "--retention", required=True, type=_retention, metavar="SOURCE=DAYS,…", help="as in default=365,zendesk=90"
    )
    ticket = commands.add_parser("erase-ticket", parents=[shared], help="erase a ticket for good")
    ticket.add_argument("source", metavar="SOURCE", help="the system that it comes from")
    ticket.add_argument("id", metavar="ID", help="its id there")
    subject = commands.add_parser("erase-subject", parents=[shared], help="erase a person's tickets for good")
    subject.add_argument("key", metavar="KEY", help=f"what the ticket system knows the person by; {STDIN} reads it")


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
        return code if store.swept else _unswept()
    except (StoreError, SQLAlchemyError) as error:
        return _refuse(f"the store failed: {getattr(error, 'orig', None) or error}")
    finally:
        store.close()


def _act(store: Store, given: argparse.Namespace) -> int:
    if given.action == "upgrade":
        return _tell(f"the store is at version {head()}")
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


def _unswept() -> int:
    told = "bytes of what was deleted are still in the database: somebody reads it, or its disk is full"
    sys.stderr.write(f"{told}; a running service tries again within minutes, and so does every command here\n")
    return UNSWEPT


def _refuse(told: str) -> int:
    sys.stderr.write(f"{told}\n")
    return 2
