"""What was sent, so that a restart does not send it again: one JSON file, written whole after each delivery.

A process that is killed between a delivery and its note sends that one again, and nothing else.
"""

from __future__ import annotations

import threading
from datetime import date, timedelta
from pathlib import Path
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from data.whole import write_whole

KEPT: Final = timedelta(days=400)
MOST_BYTES: Final = 10_000_000


class SentError(RuntimeError):
    """The file cannot be read or written; the message says what to do."""


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    version: Literal[1] = 1
    sent: dict[str, date]


class Sent:
    """Remembers, for each matter and receiver, the newest day that it was about. No addresses, no texts."""

    def __init__(self, path: Path) -> None:
        """Read the file, where there is one; raises `SentError`."""
        self.path = path
        self._lock = threading.Lock()
        self._days = _read(path)

    def last(self, matter: str, receiver: str) -> date | None:
        """Return the newest day of a matter that was sent to a receiver; None where none was."""
        return self._days.get(f"{matter} {receiver}")

    def note(self, matter: str, receiver: str, day: date) -> None:
        """Remember, on the disk before it returns; raises `SentError`."""
        with self._lock:
            days = {key: when for key, when in self._days.items() if when >= day - KEPT}
            days[f"{matter} {receiver}"] = day
            try:
                write_whole(self.path, _File(sent=days).model_dump_json(indent=1) + "\n", permissions=0o600)
            except OSError as error:
                raise SentError(f"{self.path} cannot be written: {error.strerror}") from None
            finally:
                self._days = days  # even where the disk is full, this process sends nothing twice


def _read(path: Path) -> dict[str, date]:
    try:
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
        return dict(_File.model_validate_json(content).sent)
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise SentError(f"{path} cannot be read: {error.strerror}") from None
    except ValidationError:
        raise SentError(f"{path} is no file of what was sent: move it away to begin anew") from None
