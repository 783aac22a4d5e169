"""Alerts: what is said of a theme that rises, to whom it is sent, and that nobody is told twice.

An alert holds counts and names of labels and places, never words of customers.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any, Final
from urllib.parse import urlencode

from service.recipients import Recipient
from service.reports.alarms.daily import ALL, Place
from service.reports.alarms.hook import Hook, HookError
from service.reports.alarms.mail import Letter, MailError, MailServer
from service.reports.alarms.rising import EVERYWHERE, Rise
from service.reports.alarms.sent import Sent
from service.reports.ledger import date_of
from service.reports.tongue import Tongue

log = logging.getLogger(__name__)

FRESH: Final = timedelta(days=4)
"""An older alarm is no news: one that could not be sent for so long is left out."""

MOVED: Final = timedelta(days=7)
"""Late tickets move an alarm by so much at most: what is farther from the one that was told is another."""

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
        alarms: dict[str, list[Rise]] = {}
        for rise in sorted(rises, key=lambda rise: rise.day):
            if rise.level == "alarm":
                alarms.setdefault(rise.theme, []).append(rise)
        well = True
        for found in alarms.values():
            if self.hook:
                well &= self._deliver(found, HOOK, self._post, today)
            for each in self.to if self.mail else ():
                well &= self._deliver(found, each.mark, partial(self._write, each), today)
        return well

    def _deliver(self, alarms: Sequence[Rise], receiver: str, send: Callable[[Rise], None], today: date) -> bool:
        """Send the alarms of a theme that a receiver has not had, the oldest first; none after one that failed."""
        theme = alarms[0].theme
        newest = self._newest(theme, receiver)
        same = _nearest(alarms, newest) if newest else None
        for rise in alarms:
            day = date_of(rise.day)
            if rise is same or day < today - FRESH or (newest and day <= newest):
                continue
            try:
                send(rise)
            except (MailError, HookError) as error:
                log.error("an alert was not sent, it is tried again: %s", error)
                return False
            self.sent.note(_matter(theme), receiver, day)
        return True

    def _newest(self, theme: str, receiver: str) -> date | None:
        """Return the newest alarm of a theme that a receiver has had; once those that followed one were numbered."""
        noted = (self.sent.last(_matter(theme) + number, receiver) for number in ("", " 1", " 2", " 3", " 4", " 5"))
        return max((day for day in noted if day), default=None)

    def _post(self, rise: Rise) -> None:
        assert self.hook
        self.hook.send(rise.id, payload(rise, self.tongue("en"), self.home))

    def _write(self, to: Recipient, rise: Rise) -> None:
        assert self.mail
        self.mail.send(letter(rise, self.tongue(to.language), self.home), to, rise.id)


def _matter(theme: str) -> str:
    """Name the alarms of a theme as `Sent` remembers them."""
    return f"alarm {theme or 'all'}"


def _nearest(alarms: Sequence[Rise], day: date) -> Rise | None:
    """Find the alarm that was told on a day: late tickets can move it by some days, and bring others before it."""
    nearest = min(reversed(alarms), key=lambda rise: abs(date_of(rise.day) - day))
    return nearest if abs(date_of(nearest.day) - day) <= MOVED else None


def payload(rise: Rise, tongue: Tongue, home: str | None) -> dict[str, Any]:
    """Write an alert as a webhook has it."""
    where = [{**asdict(place), "count": count, "expected": round(expected, 1)} for place, count, expected in rise.where]
    data = {
        "theme": rise.theme or None,
        "name": name_of(rise, tongue),
        "day": date_of(rise.day).isoformat(),
        "days": rise.days,
        "count": rise.count,
        "expected": round(rise.expected, 1),
        "chance": float(f"{rise.chance:.2g}"),
        "place": asdict(rise.place) if rise.place != EVERYWHERE else None,
        "where": where,
        "link": link(rise, home, tongue.language),
    }
    return {"type": "theme.rising", "timestamp": datetime.now(UTC).isoformat(timespec="seconds"), "data": data}


def letter(rise: Rise, tongue: Tongue, home: str | None) -> Letter:
    """Write an alert as a mail."""
    lines = [told(rise, tongue), *told_known(rise, tongue), *told_where(rise, tongue), ""]
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
    """Name what rises, and where, if it is in single places alone."""
    name = tongue.label("themes", rise.theme) if rise.theme != ALL else tongue.say("All messages together")
    return f"{name}{place_of(rise, tongue)}"


def place_of(rise: Rise, tongue: Tongue) -> str:
    """Name the single place where it rises, to stand behind its theme; "" where it is not in one alone."""
    if rise.place == EVERYWHERE:
        return ""
    place = rise.place.value
    return f" ({tongue.tongue_name(place) if rise.place.feature == 'lang' else place})"


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


def told_known(rise: Rise, tongue: Tongue) -> list[str]:
    """Say how much of it earlier alarms told of, in one sentence or none."""
    if rise.known < 1:
        return []
    return [tongue.say("Earlier alarms explain about {count} of them.", count=tongue.number(rise.known))]


def told_where(rise: Rise, tongue: Tongue) -> list[str]:
    """Say where it rose above all, a sentence each; not of the place that `told` speaks of."""
    return [_there(place, count, expected, tongue) for place, count, expected in rise.where if place != rise.place]


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
