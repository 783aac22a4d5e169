"""Who gets mail from the service, and in which language."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import Final

LANGUAGES: Final = ("fi", "vi", "es", "en")

MOST_RECIPIENTS: Final = 100

_ADDRESS: Final = re.compile(r"[A-Za-z0-9.!#$%&'*+/?^_`{|}~-]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*", re.ASCII)


@dataclass(frozen=True, slots=True)
class Recipient:
    """Somebody who gets mail, and the language of it."""

    address: str
    language: str

    @property
    def mark(self) -> str:
        """Stands for the address where it need not be read."""
        return hashlib.sha256(self.address.lower().encode()).hexdigest()[:16]


def read_address(written: str) -> str:
    """Read one plain address; raises `ValueError`."""
    if not _ADDRESS.fullmatch(written) or len(written) > 254:
        raise ValueError("is no address of e-mail: write it as anna@example.com")
    return written


def read_recipients(written: str) -> tuple[Recipient, ...]:
    """Read `anna@example.com=fi,ben@example.com`; English where no language is given. Raises `ValueError`."""
    found: dict[str, Recipient] = {}
    for part in filter(None, (part.strip() for part in written.split(","))):
        address, _, language = part.partition("=")
        if (language := language or "en") not in LANGUAGES:
            raise ValueError(f"names a language that mail is not written in: choose among {', '.join(LANGUAGES)}")
        found[address.lower()] = Recipient(read_address(address), language)
    if len(found) > MOST_RECIPIENTS:
        raise ValueError(f"names more than {MOST_RECIPIENTS} recipients: use the address of a list")
    return tuple(found.values())
