"""Ledgers out of thin air: a ticket each with whatever the test cares for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from data.store.facts import Fact
from data.taxonomy import GroupId
from service.reports.ledger import Ledger, make_ledger

START = datetime(2026, 3, 2, 12, tzinfo=UTC)
"""A Monday."""

_ids = count(1)


def fact(*, day: float = 0, labels: Mapping[GroupId, Sequence[str]] | None = None, **more: Any) -> Fact:
    """A ticket received `day` days after `START`, an unpressing complaint unless told otherwise."""
    about: dict[str, Any] = {
        "id": next(_ids), "source": "shop", "lang": "en", "channel": "email", "branch": "", "contact": None,
        "received_at": START + timedelta(days=day), "first_answered_at": None, "closed_at": None, "hours": 24.0,
        "certainty": 0.9, "judged": False, "needs_review": False, "model": "v1",
    }  # fmt: skip
    usual: dict[GroupId, Sequence[str]] = {"kind": ["complaint"], "urgency": ["normal"], "emotion": ["neutral"]}
    return Fact(**(about | more), labels={**usual, **(labels or {})})


def ledger(*facts: Fact) -> Ledger:
    return make_ledger(facts)
