"""Tickets, readings and corrections for tests."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from data.store.records import About, Correction, NewTicket, Reading, StoredLabels, TicketKey
from data.store.store import Store

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)

LABELS: StoredLabels = {
    "kind": "complaint",
    "themes": ["billing", "delivery"],
    "urgency": "high",
    "signals": [],
    "motives": ["redress"],
    "emotion": "anger",
}


def key(number: int | str = 1, source: str = "zendesk") -> TicketKey:
    return TicketKey(source=source, id=str(number))


def new(
    store: Store, number: int | str = 1, text: str = "The bill is wrong.", *, source: str = "zendesk", **more: Any
) -> NewTicket:
    """A ticket received `number` minutes after noon, where that is a number."""
    person = more.pop("person", None)
    minutes = number if isinstance(number, int) else 0
    about = About(**{"received_at": NOON + timedelta(minutes=minutes), **more.pop("about", {})})
    return NewTicket(
        key=key(number, source),
        text=text,
        mark=store.mark(text),
        lang=more.pop("lang", "en"),
        about=about,
        subject=store.subject(person) if person else None,
        **more,
    )


def reading(**more: Any) -> Reading:
    given: dict[str, Any] = {
        "model_version": "m1",
        "taxonomy_version": "t1",
        "labels": LABELS,
        "certainty": 0.8,
        "hours": 24.0,
        "answer": {"kind": {"label": "complaint"}},
    }
    return Reading(**{**given, **more})


def correction(author: str = "ann", labels: StoredLabels | None = None, **more: Any) -> Correction:
    return Correction(author=author, taxonomy_version="t1", labels=labels or {"kind": "praise"}, **more)


def held(folder: Path, needle: str) -> list[str]:
    """Names of the files below a folder that hold the bytes of a text, in any of the ways a database writes it."""
    spellings = {needle.encode(), needle.encode("utf-16-le"), needle.encode("unicode_escape")}
    found = []
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            content = path.read_bytes()
            if any(spelling in content for spelling in spellings):
                found.append(path.name)
    return found
