"""The digest of a week or a month: what changed in plain words, what rises, and what deserves attention."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Final, Literal
from urllib.parse import urlsplit

from service.page import TEMPLATES
from service.reports.alarms.episodes import Episode, episodes, told_episode
from service.reports.alarms.mail import Attachment, Letter
from service.reports.alarms.rising import Rise
from service.reports.attention import attention
from service.reports.changes import told
from service.reports.filters import Filter
from service.reports.ledger import date_of
from service.reports.pages import FIRST, address
from service.reports.since import Since
from service.reports.view import View
from service.reports.web.exports import PdfMissing

log = logging.getLogger(__name__)

Period = Literal["week", "month"]
PERIODS: Final[tuple[Period, ...]] = ("week", "month")

Print = Callable[[str], bytes]
"""Prints a page to PDF; raises `PdfMissing`."""

MOST_RISES: Final = 10


@dataclass(frozen=True, slots=True)
class Item:
    """Something with a reason and, where the service's address is known, a link."""

    name: str
    why: str
    link: str | None


@dataclass(frozen=True)
class Digest:
    """What a digest says, in the reader's language. `words` are those of its template."""

    language: str
    title: str
    paragraph: Sequence[str]
    rising: Sequence[str]
    signs: Sequence[str]
    attention: Sequence[Item]
    link: str | None
    words: dict[str, str]


def period_before(today: date, period: Period) -> tuple[date, date]:
    """Find the last week (from Monday) or month that is over: its first and its last day."""
    if period == "week":
        start = today - timedelta(days=today.weekday() + 7)
        return start, start + timedelta(days=6)
    end = today.replace(day=1) - timedelta(days=1)
    return end.replace(day=1), end


def write_digest(view: View, rises: Sequence[Rise], period: Period, home: str | None = None) -> Digest:
    """Write the digest of the view's dates, which should be those of the period."""
    start, end, tongue = view.filter.start, view.filter.end, view.tongue
    if start is None or end is None:
        raise ValueError("a digest is of certain days: give the view dates")
    since = Since(view)
    within = [rise for rise in rises if start <= date_of(rise.day) <= end]
    dates = {"start": tongue.day(start), "end": tongue.day(end)}
    if period == "week":
        title = tongue.say("What customers wrote in the week from {start} to {end}", **dates)
    else:
        title = tongue.say("What customers wrote in the month from {start} to {end}", **dates)
    return Digest(
        language=tongue.language,
        title=title,
        paragraph=told(since),
        rising=_sentences(view, episodes(rise for rise in within if rise.level == "alarm")),
        signs=_sentences(view, [[rise] for rise in within if rise.level == "sign"]),
        attention=[Item(each.name, each.why, _absolute(each.link, home)) for each in attention(since)],
        link=_absolute(address(view, FIRST), home),
        words={
            "rising": tongue.say("What rises"),
            "nothing": tongue.say("No theme rose so much that chance does not explain it."),
            "signs": tongue.say("Early signs"),
            "careful": tongue.say("These may be chance: look at them again in some days."),
            "attention": tongue.say("What deserves attention"),
            "report": tongue.say("Open the report"),
            "note": tongue.say("Counts of rising themes are what the classifier says, uncorrected."),
        },
    )


def as_text(digest: Digest) -> str:
    """Write a digest as plain text."""
    words = digest.words
    parts = [digest.title, " ".join(digest.paragraph)]
    parts.append(_list(words["rising"], digest.rising or [words["nothing"]]))
    if digest.signs:
        parts.append(_list(f"{words['signs']} – {words['careful']}", digest.signs))
    if digest.attention:
        items = [f"{each.name}: {each.why}" + (f"\n  {each.link}" if each.link else "") for each in digest.attention]
        parts.append(_list(words["attention"], items))
    if digest.link:
        parts.append(f"{words['report']}: {digest.link}")
    parts.append(words["note"])
    return "\n\n".join(parts) + "\n"


def as_html(digest: Digest) -> str:
    """Write a digest as a page of its own, for mail and for paper: it loads nothing."""
    return TEMPLATES.get_template("reports/digest.html").render(digest=digest, words=digest.words)


def as_letter(digest: Digest, name: str, printer: Print | None = None) -> Letter:
    """Write a digest as mail; `name` is that of the PDF, which is left out where nothing can print."""
    html = as_html(digest)
    letter = Letter(digest.title, as_text(digest), html)
    if printer is None:
        return letter
    try:
        return replace(letter, attachments=[Attachment(f"{name}.pdf", "application/pdf", printer(html))])
    except PdfMissing as error:
        log.warning("the digest has no PDF: %s", error)
        return letter


def filter_of(today: date, period: Period) -> Filter:
    """Ask for the tickets of the last period that is over."""
    start, end = period_before(today, period)
    return Filter(start=start, end=end)


def _sentences(view: View, rises: Sequence[Episode]) -> list[str]:
    return [told_episode(rise, view.tongue) for rise in rises[:MOST_RISES]]


def _list(title: str, items: Sequence[str]) -> str:
    return "\n".join([title, *(f"- {item}" for item in items)])


def _absolute(link: str, home: str | None) -> str | None:
    if home is None:
        return None
    parts = urlsplit(link)
    return f"{home}{parts.path}" + (f"?{parts.query}" if parts.query else "")
