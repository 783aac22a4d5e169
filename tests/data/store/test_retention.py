"""Retention as people write it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from data.store.retention import Retention, read_retention


def test_it_is_read() -> None:
    assert read_retention("") == Retention()
    assert read_retention(" default=365, zendesk = 90 ,") == Retention(
        sources={"zendesk": timedelta(days=90)}, default=timedelta(days=365)
    )
    assert read_retention("jira=0").sources == {"jira": timedelta(0)}


@pytest.mark.parametrize(
    "written", ["365", "default=", "=3", "default=-1", "default=1.5", "default=٣", "a=1,a=2", "a=99999999999"]
)
def test_what_cannot_be_read_says_what_to_write(written: str) -> None:
    with pytest.raises(ValueError, match="retention"):
        read_retention(written)
