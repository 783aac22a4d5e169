"""The time zone whose days reports count."""

from __future__ import annotations

from zoneinfo import ZoneInfo


def read_zone(name: str) -> ZoneInfo:
    """Look a zone up by its IANA name; raises `ValueError`, which says what to write or to install."""
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, KeyError):  # KeyError: there is no such zone; OSError: it names a folder of zones
        told = "is no time zone that is known here: write a name such as Europe/Helsinki or UTC"
        raise ValueError(f"{told}; where the machine has no list of zones: pip install tzdata") from None
