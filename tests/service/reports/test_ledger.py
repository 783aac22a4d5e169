from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from service.reports.ledger import MOST_NAMES, OTHERS, date_of, day_of, hours_of, join_ledgers, make_ledger
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


def test_moments_of_receipt_are_kept_beside_their_days() -> None:
    evening = datetime(2026, 10, 31, 22, 30, tzinfo=UTC)
    found = make_ledger([fact(received_at=evening)], ZoneInfo("Europe/Helsinki"))
    assert date_of(int(found.days[0])) == date(2026, 11, 1)
    assert found.received_hours.tolist() == [hours_of(evening)]
    assert found[np.array([0])].received_hours.tolist() == join_ledgers([found]).received_hours.tolist()
    assert join_ledgers([found, found]).zone == ZoneInfo("Europe/Helsinki")


def test_a_system_may_send_another_branch_with_every_ticket() -> None:
    many = 2**15 + 10
    usual = [fact(branch="Leeds"), fact(branch="Leeds")]
    found = make_ledger([*(usual[0]._replace(branch=f"order {n}", id=n) for n in range(many)), *usual])
    assert len(found.feature("branch").names) == many + 1
    assert found.feature("branch").is_("Leeds").tolist() == [False] * many + [True, True]
    joined = join_ledgers([found, ledger(fact(branch="Leeds"), fact(branch="another"))])
    counts = joined.feature("branch").counts()
    assert len(counts) == MOST_NAMES + 1
    assert counts["Leeds"] == 3
    assert counts[OTHERS] == many + 1 - (MOST_NAMES - 1)
    again = join_ledgers([joined, ledger(fact(branch="Leeds"))]).feature("branch").counts()
    assert (len(again), again["Leeds"], again[OTHERS]) == (MOST_NAMES + 1, 4, counts[OTHERS])


def test_days_that_cannot_be_true_are_nobodys_first_or_last() -> None:
    ahead = datetime.now(UTC) + timedelta(days=40)
    wrong = [datetime(1970, 1, 1, tzinfo=UTC), ahead, datetime(9999, 12, 31, tzinfo=UTC)]
    found = ledger(*(fact(received_at=moment) for moment in wrong), fact(), fact(day=3))
    assert (found.first_day, found.last_day) == (date(2026, 3, 2), date(2026, 3, 5))
    assert ledger(fact(received_at=ahead)).last_day is None
