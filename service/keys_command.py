"""`python -m service keys`: make, list and revoke API keys. A service that is running notices within a second."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from service.keys import SCOPES, Key, KeysError, edit_keys, issue, read_keys
from service.settings import SettingsError, read_settings

LONGEST_DAYS = 3_650
"""Ten years: a key that lives longer is one that never expires."""


def main(arguments: Sequence[str]) -> int:
    """Run one of the three; returns the exit code: 2 where it could not be done."""
    given = _parser().parse_args(arguments)
    try:
        path = given.keys or read_settings([]).keys
    except SettingsError as error:
        return _refuse(str(error))
    if path is None:
        return _refuse("say where the keys are kept: RECLAMO_KEYS=FILE, for this command and for the service")
    try:
        if given.command == "make":
            _make(path, given)
        elif given.command == "revoke":
            _revoke(path, given.key)
        else:
            _list(path)
    except KeysError as error:
        return _refuse(f"{path}: {error}")
    return 0


def _parser() -> argparse.ArgumentParser:
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument("--keys", type=Path, metavar="FILE", help="file of the keys. Default: RECLAMO_KEYS")
    parser = argparse.ArgumentParser(prog="python -m service keys", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    make = commands.add_parser("make", parents=[shared], help="make a key and show it, this once")
    make.add_argument("name", metavar="NAME", help="what the key is called in lists and logs")
    make.add_argument(
        "--scope", action="append", required=True, choices=SCOPES, help="what it opens; give it more than once for more"
    )
    make.add_argument("--expires", type=_days, metavar="DAYS", help="days that it lives. Default: until it is revoked")
    make.add_argument("--rate", type=_positive, metavar="N", help="requests a minute. Default: the service's setting")
    commands.add_parser("list", parents=[shared], help="show what keys there are")
    revoke = commands.add_parser("revoke", parents=[shared], help="end a key for good")
    revoke.add_argument("key", metavar="NAME-or-ID")
    return parser


def _make(path: Path, given: argparse.Namespace) -> None:
    now = datetime.now(UTC).replace(microsecond=0)
    expires = now + timedelta(days=given.expires) if given.expires else None
    key, shown = issue(given.name, given.scope, now=now, expires=expires, requests_per_minute=given.rate)
    with edit_keys(path) as keys:
        if any(each.name == key.name for each in keys):
            raise KeysError(f"there is a key called {key.name!r}: choose another name, or revoke that one first")
        keys.append(key)
    sys.stderr.write(
        f"Key {key.name} ({key.id}) opens {', '.join(key.scopes)} {_until(key)}. It is shown only now: keep it safe.\n"
        f"Send it as `Authorization: Bearer …`. The service takes it when started with RECLAMO_KEYS={path}\n"
    )
    sys.stdout.write(f"{shown}\n")  # alone, so that a script can take it


def _list(path: Path) -> None:
    rows = [("id", "name", "scopes", "made", "lives", "requests a minute")]
    for key in read_keys(path):
        rate = str(key.requests_per_minute or "")
        rows.append((key.id, key.name, " ".join(key.scopes), f"{key.created:%Y-%m-%d}", _until(key), rate))
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        sys.stdout.write("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() + "\n")


def _revoke(path: Path, wanted: str) -> None:
    if not path.exists():
        raise KeysError("there is no such file")
    with edit_keys(path) as keys:
        found = next((key for key in keys if wanted in (key.id, key.name)), None)
        if found is None:
            raise KeysError("no key has that name or id: `python -m service keys list` shows them")
        keys.remove(found)
    sys.stderr.write(f"Key {found.name} ({found.id}) is revoked.\n")


def _until(key: Key) -> str:
    if key.expires is None:
        return "until revoked"
    word = "expired" if key.expired(datetime.now(UTC)) else "until"
    return f"{word} {key.expires:%Y-%m-%d %H:%M}Z"


def _positive(written: str) -> int:
    number = int(written)
    if number < 1:
        raise argparse.ArgumentTypeError("give a whole number from 1 on")
    return number


def _days(written: str) -> int:
    if (days := _positive(written)) > LONGEST_DAYS:
        raise argparse.ArgumentTypeError(f"give at most {LONGEST_DAYS} days")
    return days


def _refuse(told: str) -> int:
    sys.stderr.write(f"{told}\n")
    return 2
