"""A file of keys for a test."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from service.keys import KeyScope, edit_keys, issue

Make = Callable[..., str]
"""Makes a key in the file: `make("shop", "classify")` gives what its owner shows."""


def maker(path: Path, *first: KeyScope) -> Make:
    """Begin a file with one key of the scopes `first`, and make more by name and scopes."""

    def one(name: str, *scopes: KeyScope, **choices: Any) -> str:
        key, shown = issue(name, scopes, now=datetime.now(UTC), **choices)
        with edit_keys(path) as keys:
            keys.append(key)
        return shown

    one("first", *first)
    return one
