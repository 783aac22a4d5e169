from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from service.reports.ledger import date_of, day_of, join_ledgers, make_ledger
from tests.service.reports.toy_ledger import START, fact, ledger


def test_columns_hold_what_the_tickets_had() -> None:
    found = ledger(
        fact(lang="fi", labels={"themes": ["billing", "delivery"]}, contact=3, first_answered_at=START),
        fact(lang="vi", labels={"themes": ["delivery"]}, day=-1, first_answered_at=START),
        fact(hours=None),
    )
    assert len(found) == 3
    assert found.feature("lang").counts() == {"en": 1, "fi": 1, "vi": 1}
    assert found.labels["themes"].counts() == {"billing": 1, "delivery": 2}
    assert found.labels["themes"].of("delivery").tolist() == [True, True, False]
    assert found.labels["themes"].of("unheard_of").tolist() == [False] * 3
    assert found.labels["themes"].any.tolist() == [True, True, False]
    assert found.contact.tolist() == [3, 0, 0]
    assert found.answered[:2].tolist() == [0, 24]
    assert np.isnan(found.answered[2])
    assert np.isnan(found.due[2])
    assert (found.first_day, found.last_day) == (date(2026, 3, 1), date(2026, 3, 2))


def test_what_the_machine_said_is_kept_beside_what_people_said() -> None:
    unchanged = fact(labels={"themes": ["delivery"]})
    corrected = fact(labels={"themes": ["billing"]}, said={"themes": ["delivery"], "kind": ["complaint"]}, judged=True)
    alone = ledger(unchanged)
    assert alone.said["themes"] is alone.labels["themes"]
    found = ledger(unchanged, corrected)
    assert found.labels["themes"].counts() == {"billing": 1, "delivery": 1}
    assert found.said["themes"].counts() == {"delivery": 2}
    assert found[found.judged].said["themes"].of("delivery").tolist() == [True]


def test_some_tickets_are_a_ledger_too() -> None:
    found = ledger(fact(lang="fi", labels={"themes": ["billing"]}), fact(lang="vi"), fact(lang="fi"))
    finnish = found[found.feature("lang").is_("fi")]
    assert len(finnish) == 2
    assert finnish.labels["themes"].counts() == {"billing": 1}
    assert finnish.said["themes"] is finnish.labels["themes"], "nobody corrected any: one array does for both"
    assert finnish.ids.tolist() == [found.ids[0], found.ids[2]]
    assert found[np.array([1])].feature("lang").counts() == {"fi": 0, "vi": 1}


def test_ledgers_of_different_labels_are_joined() -> None:
    one = ledger(fact(lang="fi", labels={"themes": ["billing"]}))
    other = ledger(fact(lang="vi", labels={"themes": ["delivery"]}, said={"themes": ["returns"]}), fact(lang="fi"))
    found = join_ledgers([one, other])
    assert found.labels["themes"].counts() == {"billing": 1, "delivery": 1}
    assert found.said["themes"].counts() == {"billing": 1, "returns": 1}
    assert found.feature("lang").counts() == {"fi": 2, "vi": 1}
    assert found.ids.tolist() == [*one.ids, *other.ids]
    assert len(join_ledgers([])) == 0


@pytest.mark.parametrize(
    ("moment", "zone", "day"),
    [
        (datetime(2026, 3, 1, 23, tzinfo=UTC), "UTC", date(2026, 3, 1)),
        (datetime(2026, 3, 1, 23, tzinfo=UTC), "Europe/Helsinki", date(2026, 3, 2)),
        (datetime(2026, 6, 30, 21, 30, tzinfo=UTC), "Europe/Helsinki", date(2026, 7, 1)),
        (datetime(2026, 12, 31, 21, 30, tzinfo=UTC), "Europe/Helsinki", date(2026, 12, 31)),
        (datetime(2026, 3, 1, 3, tzinfo=UTC), "America/Mexico_City", date(2026, 2, 28)),
        (datetime(9999, 12, 31, 23, tzinfo=UTC), "Asia/Ho_Chi_Minh", date(9999, 12, 31)),
    ],
)
def test_days_are_those_of_the_zone(moment: datetime, zone: str, day: date) -> None:
    found = make_ledger([fact(received_at=moment)], ZoneInfo(zone))
    assert date_of(int(found.days[0])) == day
    assert day_of(day) == found.days[0]


def test_what_nobody_corrected_stays_the_same_in_a_part() -> None:
    usual = {"kind": ["complaint"], "urgency": ["normal"], "emotion": ["neutral"]}
    mine = fact(labels={"themes": ["billing"]}, said={**usual, "themes": ["delivery"]})
    part = ledger(mine, fact(), fact())[np.array([0, 2])]
    assert part.said["kind"] is part.labels["kind"]
    assert part.labels["themes"].of("billing").tolist() == [True, False]
    assert part.said["themes"].of("delivery").tolist() == [True, False]
    assert set(part.labels) == set(ledger(mine).labels)
