from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from pydantic import ValidationError

from service.reports.filters import USUAL_DAYS, Filter
from service.reports.registry import PAGES
from tests.service.reports.toy_ledger import fact, ledger
from tests.service.reports.toy_site import view


def test_a_filter_keeps_what_it_asks_for() -> None:
    found = ledger(
        fact(lang="fi", channel="chat", labels={"themes": ["billing", "delivery"], "urgency": ["high"]}),
        fact(lang="fi", channel="email", labels={"themes": ["billing"]}, day=3),
        fact(lang="vi", branch="Leeds", labels={"kind": ["praise"]}, day=-3),
    )
    kept = {
        "lang": "fi", "channel": "chat", "theme": "delivery", "urgency": "high", "kind": "complaint", "source": "shop",
    }  # fmt: skip
    assert Filter().rows(found).tolist() == [True] * 3
    assert Filter.model_validate(kept).rows(found).tolist() == [True, False, False]
    assert Filter(theme="billing").rows(found).tolist() == [True, True, False]
    assert Filter(branch="Leeds").of(found).ids.tolist() == [found.ids[2]]
    assert Filter(start=date(2026, 3, 2), end=date(2026, 3, 4)).rows(found).tolist() == [True, False, False]
    assert not Filter(lang="sv").rows(found).any()


def test_a_filter_is_what_its_address_says() -> None:
    asked = Filter(start=date(2026, 3, 1), lang="fi", branch="TP.HCM & Huế")
    assert asked.query() == "from=2026-03-01&lang=fi&branch=TP.HCM+%26+Hu%E1%BA%BF"
    assert Filter.model_validate({"from": "2026-03-01", "lang": "fi", "branch": "TP.HCM & Huế"}) == asked
    assert Filter().query() == ""


def test_missing_dates_are_those_of_the_newest_quarter() -> None:
    found = ledger(fact(), fact(day=-400))
    asked = Filter().dated(found)
    assert asked.end == date(2026, 3, 2)
    assert asked.start == date(2026, 3, 2) - timedelta(days=USUAL_DAYS - 1)
    before = asked.before()
    assert before.end == asked.start - timedelta(days=1)
    assert before.start == asked.start - timedelta(days=USUAL_DAYS)
    assert Filter(end=date(2020, 1, 1)).dated(ledger()).start is not None
    with pytest.raises(ValueError, match="without dates"):
        Filter().before()


def test_a_ticket_of_the_future_does_not_move_the_view() -> None:
    ahead = fact(received_at=datetime(9999, 12, 31, tzinfo=UTC))
    assert Filter().dated(ledger(fact(), ahead)).end == date(2026, 3, 2)
    assert Filter().dated(ledger(ahead)).end == ledger().today


def test_of_a_period_that_is_not_over_the_same_days_are_the_period_before() -> None:
    month = Filter(start=date(2026, 3, 1), end=date(2026, 3, 31))
    before = month.before(date(2026, 3, 10))
    assert (before.start, before.end) == (date(2026, 2, 15), date(2026, 2, 24))
    assert month.before(date(2026, 4, 9)) == month.before()


@pytest.mark.parametrize("days", [1, 3, 6, 7, 8, 14, 28, 30, 31, 91, 365])
def test_the_period_before_is_as_long_and_has_the_same_days_of_the_week(days: int) -> None:
    asked = Filter(start=date(2026, 8, 1), end=date(2026, 8, 1) + timedelta(days=days - 1))
    before = asked.before()
    assert asked.start
    assert asked.end
    assert before.start
    assert before.end
    assert before.end - before.start == asked.end - asked.start
    assert before.start.weekday() == asked.start.weekday()
    assert timedelta(days=1) <= asked.start - before.end <= timedelta(days=7), "the latest such"


def test_a_period_before_all_dates_begins_with_the_first() -> None:
    assert Filter(start=date.min, end=date.max).before().start == date.min


def test_a_filter_says_which_groups_it_asks_for() -> None:
    assert Filter(theme="billing").asks("themes")
    assert not Filter(theme="billing").asks("kind")
    assert Filter(theme="billing").asks_labels
    assert not Filter(lang="fi").asks_labels


def test_pages_stand_tickets_that_are_wrongly_dated() -> None:
    wrong = [fact(received_at=datetime(year, 12, 31, tzinfo=UTC)) for year in (1, 1970, 2099, 9999)]
    widest = Filter(start=date(1970, 1, 1), end=date(2199, 12, 31))
    for asked, tickets in ((None, 2), (widest, 4)):
        found = view(fact(), fact(day=-3), *wrong, asked=asked)
        assert len(found.tickets) == tickets
        for page in PAGES:
            page.content(found)


def test_dates_must_be_in_order() -> None:
    with pytest.raises(ValidationError, match="later"):
        Filter(start=date(2026, 3, 2), end=date(2026, 3, 1))
