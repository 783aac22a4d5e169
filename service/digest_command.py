"""`python -m service digest`: write the digest of the last week or month, show it or mail it now.

It counts the tickets of the store that the settings name, and remembers nothing: the service sends its own on time.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from datetime import date, datetime

from data.store.errors import StoreUnusable
from data.taxonomy import DEFAULT, Taxonomy, TaxonomyError
from data.taxonomy_history import FOLDER, TaxonomyHistory
from models.artifact import ArtifactError, open_artifact
from service.loading import ModelError, current
from service.recipients import Recipient, read_recipients
from service.reports.alarms.digest import (
    PERIODS,
    Digest,
    Period,
    as_letter,
    as_text,
    filter_of,
    period_before,
    write_digest,
)
from service.reports.alarms.mail import MailError
from service.reports.alarms.sending import mail_server, printer, read_prevalence
from service.reports.alarms.watching import look_at
from service.reports.books import Books
from service.reports.ledger import Ledger
from service.reports.tongue import LANGUAGES, Tongue
from service.reports.view import View
from service.settings import Settings, SettingsError, read_settings
from service.storing import open_store
from service.zone import read_zone


def main(arguments: Sequence[str]) -> int:
    """Show or send; returns the exit code: 1 where a mail was refused, 2 for a setting, the store or the model."""
    given = _parser().parse_args(arguments)
    try:
        settings = read_settings([])
        server = mail_server(settings) if given.to else None
        taxonomy = open_artifact(current(settings.model))[1]
        today = given.today or datetime.now(read_zone(settings.timezone)).date()
        write = _Writer(settings, taxonomy, given.period, today)
    except (SettingsError, StoreUnusable, ModelError, ArtifactError, TaxonomyError) as error:
        return _refuse(str(error), 2)
    if server is None:
        sys.stdout.write(as_text(write(given.print)))
        return 0
    start = period_before(today, given.period)[0]
    for to in given.to:
        letter = as_letter(write(to.language), f"reclamo-{given.period}-{start}", printer())
        try:
            server.send(letter, to, f"digest {given.period} {start} {datetime.now().isoformat()}")
        except MailError as error:
            return _refuse(str(error), 1)
    return 0


class _Writer:
    """Writes one digest in any language."""

    def __init__(self, settings: Settings, taxonomy: Taxonomy, period: Period, today: date) -> None:
        """Count the tickets; raises `SettingsError`, `StoreUnusable` and `TaxonomyError`."""
        self._ledger = _read(settings, taxonomy)
        self._rises = look_at(self._ledger, today)
        self._prevalence = read_prevalence(settings)
        self._taxonomy, self._period, self._today = taxonomy, period, today
        self._home = settings.public_address

    def __call__(self, language: str) -> Digest:
        view = View(
            ledger=self._ledger,
            filter=filter_of(self._today, self._period),
            tongue=Tongue(language, self._taxonomy),
            prevalence=self._prevalence,
        )
        return write_digest(view, self._rises, self._period, self._home)


def _read(settings: Settings, taxonomy: Taxonomy) -> Ledger:
    history = TaxonomyHistory.read(taxonomy, settings.taxonomies or DEFAULT.parent / FOLDER)
    store = open_store(settings)
    try:
        books = Books(store, lambda: history, read_zone(settings.timezone))
        books.refresh()
    finally:
        store.close()
    return books.ledger


def _recipients(written: str) -> tuple[Recipient, ...]:
    try:
        return read_recipients(written)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _refuse(reason: str, code: int) -> int:
    sys.stderr.write(f"{reason}\n")
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m service digest", description=__doc__)
    parser.add_argument("--period", choices=PERIODS, default="week", help="the last one that is over. Default: week")
    parser.add_argument("--today", type=date.fromisoformat, metavar="DATE", help="as if it were that day: 2026-03-09")
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--to", type=_recipients, metavar="WHO", help="mail it: anna@example.com=fi,ben@example.com")
    what.add_argument(
        "--print", nargs="?", const="en", choices=LANGUAGES, metavar="LANGUAGE", help="show it as text. Default: en"
    )
    return parser
