"""Which tickets a view shows. A `Filter` is written in the view's address, so that it can be sent to a colleague."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Annotated, Final
from urllib.parse import urlencode

import numpy as np
from pydantic import AliasChoices, BaseModel, ConfigDict, Field, model_validator

from data.taxonomy import GroupId
from service.reports.ledger import Bools, Ledger, day_of

USUAL_DAYS: Final = 91
"""A view without dates shows as many days, up to the newest ticket."""

Value = Annotated[str, Field(max_length=128)]
LabelValue = Annotated[str, Field(max_length=500)]

_LABELS: Final[Mapping[str, GroupId]] = {
    "kind": "kind", "theme": "themes", "urgency": "urgency",
    "signal": "signals", "motive": "motives", "emotion": "emotion",
}  # fmt: skip
_FEATURES: Final = ("lang", "channel", "source", "branch")


class Filter(BaseModel):
    """What is None is not asked for; dates are days in the reports' time zone, both included.

    Where a label is asked for, several apart by commas ask for tickets with any of them.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    start: date | None = Field(default=None, validation_alias=AliasChoices("from", "start"), serialization_alias="from")
    end: date | None = Field(default=None, validation_alias=AliasChoices("to", "end"), serialization_alias="to")
    lang: Value | None = None
    channel: Value | None = None
    source: Value | None = None
    branch: Value | None = None
    kind: LabelValue | None = None
    theme: LabelValue | None = None
    urgency: LabelValue | None = None
    signal: LabelValue | None = None
    motive: LabelValue | None = None
    emotion: LabelValue | None = None

    @model_validator(mode="after")
    def _in_order(self) -> Filter:
        if self.start and self.end and self.start > self.end:
            raise ValueError("`from` is later than `to`")
        return self

    def query(self) -> str:
        """Write it as an address has it after the question mark; "" where nothing is asked for."""
        asked = self.model_dump(mode="json", by_alias=True, exclude_none=True)
        return urlencode(asked)

    def dated(self, ledger: Ledger) -> Filter:
        """Fill in missing dates: to the newest ticket up to today, from `USUAL_DAYS` before the end."""
        end = self.end or ledger.last_day or ledger.today
        start = self.start or min(end - timedelta(days=USUAL_DAYS - 1), end)
        return self.model_copy(update={"start": start, "end": max(start, end)})

    def before(self, until: date | None = None) -> Filter:
        """Ask for the period before, as long as this one up to `until`. Raises `ValueError` without dates.

        It begins as few whole weeks earlier as keep the two apart, so that the same days of the week are compared: the
        31 days before August have two working days more than August of 2026.
        """
        if self.start is None or self.end is None:
            raise ValueError("a filter without dates has no period before")
        over = (min(until or self.end, self.end) - self.start).days + 1
        start = max(1, self.start.toordinal() - -(-over // 7) * 7)
        return self.model_copy(
            update={"start": date.fromordinal(start), "end": date.fromordinal(max(1, start + over - 1))}
        )

    def asks(self, group: GroupId) -> bool:
        """Whether certain labels of a group are asked for."""
        return any(getattr(self, name) is not None for name, known in _LABELS.items() if known == group)

    @property
    def asks_labels(self) -> bool:
        """Whether certain labels of any group are asked for."""
        return any(getattr(self, name) is not None for name in _LABELS)

    def rows(self, ledger: Ledger) -> Bools:
        """Tickets (n) that are asked for."""
        rows = np.ones(len(ledger), np.bool_)
        if self.start is not None:
            rows &= ledger.days >= day_of(self.start)
        if self.end is not None:
            rows &= ledger.days <= day_of(self.end)
        for name in _FEATURES:
            if (value := getattr(self, name)) is not None:
                rows &= ledger.feature(name).is_(value)
        for name, group in _LABELS.items():
            if (value := getattr(self, name)) is not None:
                rows &= ledger.labels[group].any_of(value.split(","))
        return rows

    def of(self, ledger: Ledger) -> Ledger:
        """Pick the tickets that are asked for."""
        return ledger[self.rows(ledger)]
