"""The record of complaints, as ISO 10002 asks an organisation to keep one: a line a complaint, without its words.

It is read from the store in parts and sent as it is read, so that it takes no more memory for a million complaints than
for a thousand. The standard's own terms: the *remedy sought* is the motives, the *severity* the urgency, and the
*actions taken* are what is known of them: the first answer, a person's correction and the end.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Final, TypeVar
from zoneinfo import ZoneInfo

from data.store.records import Page, Query, Ticket
from data.taxonomy import GroupId, Taxonomy, as_list
from service.reports.filters import Filter
from service.reports.roles import role
from service.reports.web.exports import MARK, Value, csv_lines

PART: Final = 200
"""Tickets that are read at a time."""

COLUMNS: Final = (
    "source", "id", "received", "channel", "branch", "language", "kind", "themes", "severity", "respond_within_hours",
    "signals", "remedy_sought", "contact", "first_answered", "hours_to_first_answer", "corrected", "closed",
    "hours_to_close", "status",
)  # fmt: skip

_GROUPS: Final[dict[str, GroupId]] = {
    "kind": "kind", "theme": "themes", "urgency": "urgency", "signal": "signals", "motive": "motives",
    "emotion": "emotion",
}  # fmt: skip

T = TypeVar("T")
List = Callable[[Query, int, str | None], Awaitable[Page]]
"""Reads a part of the tickets that a query asks for: at most so many, from a cursor on."""


async def complaint_record(
    listed: List, asked: Filter, taxonomy: Taxonomy, zone: ZoneInfo | None, decimal: str = "."
) -> AsyncIterator[str]:
    """Write the record as CSV, the newest first. Where no kind is asked for, those of people with a grievance."""
    wanted = {group: value.split(",") for name, group in _GROUPS.items() if (value := getattr(asked, name))}
    grievance = role("grievance", taxonomy)
    if grievance and grievance.group not in wanted:
        wanted[grievance.group] = list(grievance.labels)
    # The store looks for one label of a group; where any of several will do, they are picked here.
    query = Query(
        source=asked.source,
        lang=asked.lang,
        channel=asked.channel,
        branch=asked.branch,
        labels={group: labels[0] for group, labels in wanted.items() if len(labels) == 1},
        received_from=_midnight(asked.start, zone),
        received_to=_midnight(asked.end and asked.end + timedelta(days=1), zone),
    )
    yield MARK + csv_lines([COLUMNS], decimal)
    after: str | None = None
    while True:
        page = await listed(query, PART, after)
        fitting = [each for each in page.tickets if all(_has(each, *one) for one in wanted.items())]
        if fitting:
            yield csv_lines((_line(each, taxonomy) for each in fitting), decimal)
        if page.next is None:
            return
        after = page.next


def _line(ticket: Ticket, taxonomy: Taxonomy) -> list[Value]:
    about, labels = ticket.about, ticket.labels
    urgency = as_list(labels.get("urgency"))
    group = taxonomy.group("urgency")
    due = group.label(urgency[0]).respond_within_hours if group and urgency and urgency[0] in group.ids else None
    corrected = max((each.at for each in ticket.corrections), default=None) if ticket.judged else None
    received = about.received_at or ticket.stored_at
    status = "closed" if about.closed_at else "answered" if about.first_answered_at else "open"
    return [
        ticket.key.source, ticket.key.id, _moment(received), about.channel, about.branch, ticket.lang,
        _joined(ticket, "kind"), _joined(ticket, "themes"), _joined(ticket, "urgency"), due,
        _joined(ticket, "signals"), _joined(ticket, "motives"), about.contact, _moment(about.first_answered_at),
        _hours(received, about.first_answered_at), _moment(corrected), _moment(about.closed_at),
        _hours(received, about.closed_at), status,
    ]  # fmt: skip


def _has(ticket: Ticket, group: GroupId, labels: list[str]) -> bool:
    return not set(as_list(ticket.labels.get(group))).isdisjoint(labels)


def _joined(ticket: Ticket, group: GroupId) -> str:
    return "; ".join(as_list(ticket.labels.get(group)))


def _moment(moment: datetime | None) -> str | None:
    return moment.astimezone(UTC).isoformat(timespec="seconds") if moment else None


def _hours(received: datetime, moment: datetime | None) -> float | None:
    return round((moment - received).total_seconds() / 3_600, 2) if moment else None


def _midnight(day: date | None, zone: ZoneInfo | None) -> datetime | None:
    return datetime.combine(day, time(), zone or UTC).astimezone(UTC) if day else None
