"""Alerts: what is said of a theme that rises, to whom it is sent, and that nobody is told twice.

An alert holds counts and names of labels and places, never words of customers.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any, Final
from urllib.parse import urlencode

from service.recipients import Recipient
from service.reports.alarms.daily import ALL, Place
from service.reports.alarms.hook import Hook, HookError
from service.reports.alarms.mail import Letter, MailError, MailServer
from service.reports.alarms.rising import QUIET, Rise
from service.reports.alarms.sent import Sent
from service.reports.ledger import date_of
from service.reports.tongue import Tongue

log = logging.getLogger(__name__)

FRESH: Final = timedelta(days=4)
"""An older alarm is no news: one that could not be sent for so long is left out."""

HOOK: Final = "webhook"


@dataclass(frozen=True)
class Notices:
    """Everything that alerts are sent by; what is None is not used."""

    sent: Sent
    tongue: Callable[[str], Tongue]
    mail: MailServer | None = None
    to: Sequence[Recipient] = ()
    hook: Hook | None = None
    home: str | None = None
    """Address under which people reach the service, without a slash at the end."""

    def tell(self, rises: Iterable[Rise], today: date) -> bool:
        """Send what is news; returns whether all of it went out. Signs are never sent."""
        well = True
        for rise in rises:
            if rise.level != "alarm" or date_of(rise.day) < today - FRESH:
                continue
            if self.hook:
                well &= self._deliver(rise, HOOK, partial(self._post, rise))
            for each in self.to if self.mail else ():
                well &= self._deliver(rise, each.mark, partial(self._write, rise, each))
        return well

    def _deliver(self, rise: Rise, receiver: str, send: Callable[[], None]) -> bool:
        day = date_of(rise.day)
        told = self.sent.last(_matter(rise.theme, rise.further), receiver)
        before = self.sent.last(_matter(rise.theme, rise.further - 1), receiver)
        # Late tickets can move an alarm by some days, or bring one before it: it is the same one still.
        if (told and day < told + timedelta(days=QUIET)) or (before and day <= before):
            return True
        try:
            send()
        except (MailError, HookError) as error:
            log.error("an alert was not sent, it is tried again: %s", error)
            return False
        self.sent.note(_matter(rise.theme, rise.further), receiver, day)
        return True

    def _post(self, rise: Rise) -> None:
        assert self.hook
        self.hook.send(rise.id, payload(rise, self.tongue("en"), self.home))

    def _write(self, rise: Rise, to: Recipient) -> None:
        assert self.mail
        self.mail.send(letter(rise, self.tongue(to.language), self.home), to, rise.id)


def _matter(theme: str, further: int) -> str:
    """Name an alarm as `Sent` remembers it."""
    return f"alarm {theme or 'all'}" + (f" {further}" if further else "")


def payload(rise: Rise, tongue: Tongue, home: str | None) -> dict[str, Any]:
    """Write an alert as a webhook has it."""
    where = [
        {"feature": place.feature, "value": place.value, "count": count, "expected": round(expected, 1)}
        for place, count, expected in rise.where
    ]
    data = {
        "theme": rise.theme or None,
        "name": name_of(rise, tongue),
        "day": date_of(rise.day).isoformat(),
        "days": rise.days,
        "count": rise.count,
        "expected": round(rise.expected, 1),
        "chance": float(f"{rise.chance:.2g}"),
        "where": where,
        "link": link(rise, home, tongue.language),
    }
    return {"type": "theme.rising", "timestamp": datetime.now(UTC).isoformat(timespec="seconds"), "data": data}


def letter(rise: Rise, tongue: Tongue, home: str | None) -> Letter:
    """Write an alert as a mail."""
    lines = [told(rise, tongue), *told_where(rise, tongue), ""]
    if address := link(rise, home, tongue.language):
        lines += [tongue.say("The figures: {link}", link=address), ""]
    lines.append(
        tongue.say(
            "Counted is what the classifier says, uncorrected. Over all themes together, chance alone makes about one "
            "such alert in a month or fewer. You hear of this theme again only if it rises further."
        )
    )
    return Letter(tongue.say("Rising: {theme}", theme=name_of(rise, tongue)), "\n".join(lines) + "\n")


def name_of(rise: Rise, tongue: Tongue) -> str:
    """Name what rises."""
    return tongue.label("themes", rise.theme) if rise.theme != ALL else tongue.say("All messages together")


def told(rise: Rise, tongue: Tongue) -> str:
    """Say in one sentence what rose."""
    return tongue.count(
        "{theme}: {count} messages on {day}, where about {expected} were to be expected.",
        "{theme}: {count} messages in the {n} days up to {day}, where about {expected} were to be expected.",
        rise.days,
        theme=name_of(rise, tongue),
        count=tongue.number(rise.count),
        day=tongue.day(date_of(rise.day)),
        expected=_expected(rise.expected, tongue),
    )


def told_where(rise: Rise, tongue: Tongue) -> list[str]:
    """Say where it rose above all, a sentence each."""
    return [_there(place, count, expected, tongue) for place, count, expected in rise.where]


def _there(place: Place, count: int, expected: float, tongue: Tongue) -> str:
    numbers = {"count": tongue.number(count), "expected": _expected(expected, tongue)}
    if place.feature == "lang":
        language = tongue.tongue_name(place.value)
        return tongue.say("Above all in {language}: {count} instead of about {expected}.", language=language, **numbers)
    numbers["name"] = place.value
    if place.feature == "channel":
        return tongue.say("Above all by the channel {name}: {count} instead of about {expected}.", **numbers)
    if place.feature == "source":
        return tongue.say("Above all from the source {name}: {count} instead of about {expected}.", **numbers)
    return tongue.say("Above all about the branch {name}: {count} instead of about {expected}.", **numbers)


def _expected(number: float, tongue: Tongue) -> str:
    """Write how many were to be expected, never as none: of nothing, nothing could be said."""
    return tongue.number(max(number, 0.1), 0 if number >= 10 else 1)


def link(rise: Rise, home: str | None, language: str) -> str | None:
    """Write where the rise is shown; None where nobody knows how people reach the service."""
    if home is None:
        return None
    asked = {"theme": rise.theme} if rise.theme != ALL else {}
    return f"{home}/reports?{urlencode({**asked, 'ui': language})}"
