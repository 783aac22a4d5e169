"""How long tickets are kept, as people write it: `default=365,zendesk=90`, in days."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

DEFAULT: Final = "default"
"""Stands for every source that is not named. Where it is missing, what is not named is kept for ever."""

LONGEST_DAYS: Final = 36_500


@dataclass(frozen=True)
class Retention:
    """How long tickets are kept after they were received."""

    sources: dict[str, timedelta] = field(default_factory=dict)
    default: timedelta | None = None


def read_retention(written: str) -> Retention:
    """Read `SOURCE=DAYS,…`; nothing means for ever. Raises `ValueError`, which says what to write."""
    found: dict[str, timedelta] = {}
    for part in filter(None, (each.strip() for each in written.split(","))):
        source, equals, days = (each.strip() for each in part.partition("="))
        if not (source and equals and days.isascii() and days.isdigit() and int(days[:9]) <= LONGEST_DAYS):
            raise ValueError(f"retention is written SOURCE=DAYS,…, at most {LONGEST_DAYS} days, as in default=365")
        if source in found:
            raise ValueError(f"retention names {source!r} twice")
        found[source] = timedelta(days=int(days))
    return Retention(default=found.pop(DEFAULT, None), sources=found)
