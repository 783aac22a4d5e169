"""The daily look of a running service: alerts of what rises, and digests that are due.

A day is looked at once it is over in the reports' time zone. What cannot be sent is tried again in an hour.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import partial
from typing import Final, Protocol
from zoneinfo import ZoneInfo

from service.aside import aside
from service.recipients import Recipient
from service.reports.alarms.daily import count_daily
from service.reports.alarms.digest import PERIODS, Period, Print, as_letter, filter_of, period_before, write_digest
from service.reports.alarms.mail import MailError
from service.reports.alarms.notices import Notices
from service.reports.alarms.rising import Rise, find_rises
from service.reports.alarms.sent import SentError
from service.reports.counts.prevalence import Prevalence
from service.reports.ledger import Ledger, day_of
from service.reports.view import View

log = logging.getLogger(__name__)

EARLIEST: Final = 6
"""Hour of the day from which on anything is sent: nobody is woken, and systems that send tickets late have done so."""

LOOK: Final = 300.0
AGAIN: Final = 3_600.0
"""Seconds between looks at the clock, and before another try."""

LONGEST: Final = 1_800.0
"""Seconds that a look may take: servers that answer slowly or not at all are asked for all recipients."""

LATEST: Final = 4
"""Days after its period's end for which a digest is sent."""

LOOKED_AT: Final = 35


class Books(Protocol):
    """Keeps the newest ledger (`service/reports/books.py`)."""

    ledger: Ledger
    zone: ZoneInfo

    @property
    def ready(self) -> bool:
        """Whether the store has been read once."""


@dataclass(frozen=True)
class Watching:
    """What is sent, to whom, and from what it is made."""

    notices: Notices
    prevalence: Callable[[], Prevalence]
    digests: dict[Period, Sequence[Recipient]] = field(default_factory=dict)
    printer: Print | None = None

    def look(self, ledger: Ledger, today: date) -> bool:
        """Send what is due on a day; returns whether all of it went out. Takes seconds: not for the event loop."""
        try:
            rises = look_at(ledger, today)
            well = self.notices.tell(rises, today)
            for period in PERIODS:
                end = period_before(today, period)[1]
                if self.digests.get(period) and today <= end + timedelta(days=LATEST):
                    well &= self._digest(ledger, rises, period, today)
        except SentError as error:
            log.error("alerts and digests are not sent: %s", error)
            return False
        return well

    def _digest(self, ledger: Ledger, rises: Sequence[Rise], period: Period, today: date) -> bool:
        """Send the digest of a period to who has not had it."""
        start, end = period_before(today, period)
        due = [to for to in self.digests[period] if self.notices.sent.last(f"digest {period}", to.mark) != end]
        if not due or not self.notices.mail or ledger.first_day is None or ledger.first_day > end:
            return True
        prevalence, well = self.prevalence(), True
        for to in due:
            tongue = self.notices.tongue(to.language)
            view = View(ledger=ledger, filter=filter_of(today, period), tongue=tongue, prevalence=prevalence)
            digest = write_digest(view, rises, period, self.notices.home)
            letter = as_letter(digest, f"reclamo-{period}-{start}", self.printer)
            try:
                self.notices.mail.send(letter, to, f"digest {period} {start}")
            except MailError as error:
                log.error("a digest was not sent, it is tried again: %s", error)
                well = False
            else:
                self.notices.sent.note(f"digest {period}", to.mark, end)
        return well


def look_at(ledger: Ledger, today: date) -> list[Rise]:
    """Find what rose lately, up to yesterday, so that a digest of a month has all of it."""
    return find_rises(count_daily(ledger, day_of(today) - 1), LOOKED_AT)


async def watch_daily(
    watching: Watching,
    books: Books,
    now: Callable[[], datetime],
    *,
    sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
) -> None:
    """Look once a day, until cancelled."""
    done: date | None = None
    while True:
        moment = now().astimezone(books.zone)
        wait = LOOK
        if books.ready and moment.hour >= EARLIEST and done != moment.date():
            try:
                well = await aside(partial(watching.look, books.ledger, moment.date()), LONGEST)
            except Exception as error:  # whatever libraries raise; it may quote what it stumbled upon
                log.error("what rises was not looked at, in an hour again: %s", type(error).__name__)
                well = False
            if well:
                done = moment.date()
            else:
                wait = AGAIN
        await sleep(wait)
