"""What reports count of a ticket: everything that is known of it but its text and its name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from data.taxonomy import GroupId

LabelSets = Mapping[GroupId, Sequence[str]]

EARLIEST: Final = datetime(1990, 1, 1, tzinfo=UTC)
"""Tickets that were received before are wrongly dated."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Fact(NamedTuple):
    """One ticket as it stands, without its text."""

    id: int
    source: str
    lang: str
    channel: str
    branch: str
    received_at: datetime
    first_answered_at: datetime | None
    closed_at: datetime | None
    contact: int | None
    """How many times the customer has been in touch about this, this time included."""
    hours: float | None
    """Within how many hours of its receipt a person must act."""
    certainty: float
    judged: bool
    needs_review: bool
    model: str
    """Version of the model whose answer holds."""
    labels: LabelSets
    """Those that hold: people's where they settled a group, the machine's for the rest."""
    said: LabelSets | None = None
    """The machine's own, where a person changed some; None: as `labels`."""
    version: int = 1
    """Counts the changes of the ticket."""


@dataclass(frozen=True, eq=False)
class Facts:
    """Many tickets by column, which is how a million of them are read; each name is that of `Fact`.

    Times are seconds since 1970-01-01 UTC, NaN where there is none. Tickets of the same labels may share one mapping.
    """

    id: Sequence[int]
    source: Sequence[str]
    lang: Sequence[str]
    channel: Sequence[str]
    branch: Sequence[str]
    received_at: npt.NDArray[np.int64]
    first_answered_at: npt.NDArray[np.float64]
    closed_at: npt.NDArray[np.float64]
    contact: Sequence[int | None]
    hours: Sequence[float | None]
    certainty: Sequence[float]
    judged: Sequence[bool]
    needs_review: Sequence[bool]
    model: Sequence[str]
    labels: Sequence[LabelSets]
    said: Sequence[LabelSets | None]
    version: Sequence[int]

    def __len__(self) -> int:
        return len(self.id)


class Totals(NamedTuple):
    """How a store stands: whatever is put, changed or erased alters one of these."""

    tickets: int
    versions: int
    """The sum of all tickets' versions."""
    newest: datetime | None
    """The latest change, by the clock of whoever made it: one that was longer under way may yet come before it."""


def gather(facts: Sequence[Fact]) -> Facts:
    """Write facts by column."""
    columns: dict[str, Any] = {name: [getattr(fact, name) for fact in facts] for name in Fact._fields}
    for name in ("received_at", "first_answered_at", "closed_at"):
        moments = [np.nan if at is None else (at - _EPOCH).total_seconds() // 1 for at in columns[name]]
        columns[name] = np.array(moments, np.int64 if name == "received_at" else np.float64)
    return Facts(**columns)
