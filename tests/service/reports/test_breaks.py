from __future__ import annotations

from datetime import date

import pytest

from data.store.facts import Fact
from data.taxonomy import read_taxonomy
from service.reports.breaks import breaks
from service.reports.tongue import Tongue
from tests.service.reports.toy_ledger import fact, ledger

ENGLISH = Tongue("en", read_taxonomy())


def days(model: str, *received: float, each: int = 3) -> list[Fact]:
    return [fact(model=model, day=day) for day in received for _ in range(each)]


def test_a_change_of_the_model_breaks_the_series_on_its_day() -> None:
    found = ledger(*days("v1", *range(10)), *days("v2", *range(10, 30)), *days("v1", *range(30, 35)))
    assert [each.at for each in breaks(found, ENGLISH)] == [date(2026, 3, 12), date(2026, 4, 1)]
    assert "v2, before it v1" in breaks(found, ENGLISH)[0].why


def test_a_series_that_was_read_anew_has_no_break() -> None:
    halfway = ledger(*days("v1", *range(10)), *days("v2", *range(10, 20)))
    assert len(breaks(halfway, ENGLISH)) == 1
    assert breaks(ledger(*days("v2", *range(20))), ENGLISH) == []
    assert breaks(halfway[halfway.feature("model").is_("v2")], ENGLISH) == []
    assert breaks(ledger(), ENGLISH) == []


@pytest.mark.parametrize("gap", [1, 40])
def test_a_few_tickets_that_another_model_answered_make_no_break(gap: int) -> None:
    found = ledger(*days("v2", *range(0, 200, gap)), *days("v1", gap * 2, each=1))
    assert breaks(found, ENGLISH) == []


def test_days_without_tickets_hide_no_break() -> None:
    found = ledger(*days("v1", 0, 3), *days("v2", 100, 101))
    assert [each.at for each in breaks(found, ENGLISH)] == [date(2026, 6, 10)]
