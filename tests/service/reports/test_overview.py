from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from data.store.facts import Fact
from data.taxonomy import GroupId, Taxonomy
from service.reports.attention import attention
from service.reports.changes import told
from service.reports.counts.prevalence import Prevalence
from service.reports.figure import Figure, Interval
from service.reports.filters import Filter
from service.reports.overview import answered_in_time, overview
from service.reports.pages import Content
from service.reports.periods import divide
from service.reports.since import Since
from tests.service.reports.toy_ledger import START, fact, ledger
from tests.service.reports.toy_site import DAYS, TAXONOMY, Rates, confusion, quarters, view

STILL = Rates({"delivery": 0.3, "billing": 0.3}, {"delivery": 0.3, "billing": 0.3})


def figure(content: Content, id_: str) -> Figure:
    found = content.figure(id_)
    assert found
    return found


def cell(content: Content, id_: str, row: str, column: str) -> object:
    table = figure(content, id_).table
    place = [each.id for each in table.columns].index(column)
    return next(each[place] for each in table.rows if each[0] == row)


def test_figures_hold_corrected_numbers_beside_counted_ones() -> None:
    content = overview(view(*quarters()))
    assert [each.id for each in content.figures] == ["volume", "kind", "themes", "trend", "urgency", "returning"]
    delivery = cell(content, "themes", "Delivery and installation", "messages")
    assert isinstance(delivery, Interval)
    assert delivery.counted is not None
    assert delivery.low < delivery.mid < delivery.high
    assert delivery.mid != delivery.counted
    assert figure(content, "themes").note.startswith("Estimated")
    unknown = overview(view(*quarters(), known=False))
    raw = cell(unknown, "themes", "Delivery and installation", "messages")
    assert isinstance(raw, Interval)
    assert raw.low == raw.mid == raw.high == raw.counted == delivery.counted
    assert figure(unknown, "themes").note.startswith("As the model counted")


def test_rows_lead_to_their_own_view() -> None:
    content = overview(view(*quarters(), language="fi", asked=Filter(lang="fi")))
    table = figure(content, "themes").table
    assert len(table.links) == len(table.rows)
    assert table.links[0] == "/reports?from=2025-12-02&to=2026-03-02&lang=fi&theme=delivery&ui=fi"


def test_the_page_says_what_grew_and_what_shrank() -> None:
    said = told(Since(view(*quarters(800))))
    assert any(each.startswith("Delivery and installation grew from about") for each in said)
    assert any(each.startswith("Billing and payments shrank from about") for each in said)
    assert not any("Policies" in each for each in said)
    assert not any("{" in each for each in said)


@pytest.mark.parametrize("seed", range(6))
def test_chance_alone_is_called_chance(seed: int) -> None:
    since = Since(view(*quarters(600, seed=seed, rates=STILL)))
    missed = [
        each.label
        for group in ("themes", "kind", "urgency")
        for each in since.of(group)
        if each.difference.low > 0 or each.difference.high < 0
    ]
    assert len(missed) <= 1, "an interval of 95% is missed once in twenty"
    assert not since.grown("themes") + since.shrunk("themes")


def test_without_a_period_before_nothing_is_compared() -> None:
    recent = [each for each in quarters() if each.received_at > START - timedelta(days=DAYS / 2 - 10)]
    looked = view(*recent)
    since = Since(looked)
    assert since.of("themes") == []
    assert told(since)[1].startswith("There is nothing to compare with")
    assert "before" not in [each.id for each in figure(overview(looked), "themes").table.columns]


def test_attention_goes_to_what_grew_and_presses() -> None:
    found = attention(Since(view(*quarters(800))))
    assert found[0].name == "Delivery and installation"
    assert "theme=delivery" in found[0].link
    assert len(found) == 3
    assert len({each.name for each in found}) == 3
    calm = attention(Since(view(*quarters(300, rates=STILL))))
    assert all("urgent message" in each.why for each in calm)


def of(theme: str, days: range, urgency: str = "normal") -> list[Fact]:
    return [fact(day=-day, labels={"themes": [theme], "urgency": [urgency]}) for day in days for _ in range(4)]


def test_what_ended_weeks_ago_is_not_to_be_looked_at_first() -> None:
    early = [fact(day=-181), *of("policy", range(91, 182, 8))]
    now, ended = of("billing", range(20)), of("delivery", range(45, 75))
    since = Since(view(*early, *now, *ended, *of("delivery", range(3))))
    assert [each.label for each in since.grown("themes")[:2]] == ["delivery", "billing"]
    assert [each.name for each in attention(since)] == ["Billing and payments"]
    said = next(each for each in told(since) if each.startswith("Delivery"))
    assert "Most came in the week from " in said
    assert "from Feb 3, 2026 to Mar 2, 2026 it was about 3 a week." in said
    assert not any("Most came" in each for each in told(since) if each.startswith("Billing"))


def test_the_share_of_urgent_messages_is_corrected_as_their_number_is() -> None:
    known = confusion()
    wolf = [[60, 60, 70, 0, 0], [60, 60, 70, 0, 0], *known.single["urgency"]["en"][2:]]
    cries = known.model_copy(update={"single": {**known.single, "urgency": {"en": wolf}}})
    facts = [
        *of("policy", range(91, 182, 8)),
        fact(day=-181),
        *of("delivery", range(40)),
        *of("delivery", range(40, 60), "high"),
    ]
    looked = view(*facts, known=False)
    assert "; about 33% of them are urgent." in attention(Since(looked))[0].why, "as counted"
    first = attention(Since(replace(looked, prevalence=Prevalence({"v1": cries}))))[0]
    assert first.name == "Delivery and installation"
    assert int(first.why.split("; about ")[1].split("%")[0]) < 15, (
        "one in three is what it cries where nothing is urgent"
    )


def test_who_had_to_write_again_is_told_with_how_many_did_before() -> None:
    def contacts(days: range, again: int) -> list[Fact]:
        return [fact(day=-day, contact=2 if day % 10 < again else 1) for day in days]

    facts = [*contacts(range(91), 3), *contacts(range(91, 182), 1)]
    told_ = figure(overview(view(*facts, known=False)), "returning").told
    assert told_.startswith("About 0% of the messages say that the writer had been in touch about the matter before.")
    assert told_.endswith("31% of the messages are a second contact or a later one (10% before).")
    says: dict[GroupId, list[str]] = {"signals": ["repeat_contact"]}
    facts = [fact(day=-day, labels=says if day % 10 < (3 if day < 91 else 2) else None) for day in range(182)]
    made = figure(overview(view(*facts, known=False)), "returning")
    assert "In the period before it was 21%: the change may be chance." in made.told
    assert "ticket system" not in made.told


def test_a_message_counts_as_met_once_that_is_known() -> None:
    looked = view(
        fact(hours=24.0, first_answered_at=START + timedelta(hours=2)),
        fact(hours=1.0, first_answered_at=START + timedelta(hours=2)),
        fact(hours=24.0, day=-5),
        fact(hours=24.0),
        fact(hours=24.0, day=-5, source="silent"),
        fact(hours=None, first_answered_at=START),
    )
    known, met = answered_in_time(looked)
    assert known.tolist() == [True, True, True, False, False, False]
    assert met.tolist() == [True, False, False, False, False, False]


def test_nobody_is_called_late_before_the_hours_are_over() -> None:
    looked = view(
        fact(hours=24.0, day=-0.9),
        fact(hours=24.0, day=-1.1),
        fact(hours=24.0, first_answered_at=START),
    )
    known, met = answered_in_time(looked)
    assert known.tolist() == [False, True, True], "yesterday afternoon is not a day ago"
    assert met.tolist() == [False, False, True]


def test_weeks_begin_on_monday_and_months_on_the_first() -> None:
    weeks = divide(ledger(fact(), fact(day=-1), fact(day=-8)), Filter(start=date(2026, 2, 20), end=date(2026, 3, 4)))
    assert list(weeks.starts) == [date(2026, 2, 16), date(2026, 2, 23), date(2026, 3, 2)]
    assert weeks.cells.tolist() == [2, 1, 0]
    assert list(weeks.partial) == [date(2026, 2, 16), date(2026, 3, 2)]
    months = divide(ledger(fact(), fact(day=-800)), Filter(start=date(2023, 12, 1), end=date(2026, 3, 31)))
    assert months.kind == "month"
    assert (months.starts[0], months.starts[-1]) == (date(2023, 12, 1), date(2026, 3, 1))
    assert months.cells.tolist() == [len(months.starts) - 1, 0]
    assert list(months.partial) == []
    assert list(divide(ledger(), Filter()).starts) == []
    last = divide(ledger(fact(received_at=datetime(9999, 12, 31, tzinfo=UTC))), Filter(end=date.max))
    assert list(last.starts) == [date(9999, 12, 27)]
    ends = divide(ledger(fact(received_at=datetime(9999, 12, 31, tzinfo=UTC)), fact(day=2_900_000)), Filter())
    assert (ends.kind, ends.starts[-1]) == ("month", date(9999, 12, 1))


def test_a_taxonomy_of_one_group_has_a_page_too() -> None:
    small = Taxonomy.model_validate(
        {
            "version": "small",
            "languages": ["en"],
            "groups": [
                {
                    "id": "themes",
                    "name": {"en": "Topics"},
                    "mode": "many",
                    "labels": [{"id": "fish", "name": {"en": "Fish"}}, {"id": "fowl", "name": {"en": "Fowl"}}],
                }
            ],
        }
    )
    facts = [fact(day=-day, labels={"themes": ["fish"], "urgency": []}, contact=2) for day in range(60)]
    content = overview(view(*facts, taxonomy=small, known=False))
    assert [each.id for each in content.figures] == ["volume", "themes", "trend", "returning"]
    assert content.extra["attention"][0].name == "Fish"


def test_no_message_makes_no_figure() -> None:
    assert overview(view()).figures == ()
    assert overview(view(fact(), asked=Filter(lang="xx"))).figures == ()
    one = overview(view(fact()))
    assert one.figures[0].table.rows[0][1] == 1
    assert TAXONOMY.ids("themes")
