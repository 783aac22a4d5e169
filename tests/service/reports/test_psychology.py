from __future__ import annotations

from datetime import timedelta
from typing import Any

import numpy as np
import pytest

from data.store.facts import Fact
from data.taxonomy import Group, Taxonomy, read_taxonomy
from service.reports.counts.prevalence import interval
from service.reports.counts.spread import within
from service.reports.figure import Figure, Interval
from service.reports.filters import Filter
from service.reports.overview import overview
from service.reports.pages import Content
from service.reports.psychology.page import psychology
from service.reports.psychology.recovery import Waits
from tests.service.reports.toy_ledger import START, fact
from tests.service.reports.toy_site import TAXONOMY, view


def many(number: int, **more: Any) -> list[Fact]:
    return [fact(day=-(place % 50), **more) for place in range(number)]


def shown(*facts: Fact, **more: Any) -> dict[str, Figure]:
    made = psychology(view(*facts, **{"known": False, **more}))
    return {figure.id: figure for figure in made.figures}


def cell(figure: Figure, row: str, column: str) -> Any:
    place = [each.id for each in figure.table.columns].index(column)
    return next(each for each in figure.table.rows if each[0] == row)[place]


def mid(value: Any) -> float:
    assert isinstance(value, Interval)
    return round(value.mid, 3)


SHIP, BILL, RULES = (TAXONOMY.groups[1].label(id_).name["en"] for id_ in ("delivery", "billing", "policy"))
DELIVERY = many(60, labels={"themes": ["delivery"], "motives": ["redress", "fix"], "emotion": ["anger"]})
BILLING = many(40, labels={"themes": ["billing"], "motives": ["explanation"], "emotion": ["worry"]})
BOTH = many(20, labels={"themes": ["delivery", "billing"], "motives": ["redress"], "emotion": ["neutral"]})


def test_motives_and_emotions_are_shares_of_each_theme() -> None:
    found = shown(*DELIVERY, *BILLING, *BOTH)
    motives = found["motives"]
    assert [row[0] for row in motives.table.rows] == [SHIP, BILL], "the largest comes first"
    assert mid(cell(motives, SHIP, "messages")) == 80
    assert mid(cell(motives, SHIP, "redress")) == 1
    assert mid(cell(motives, SHIP, "fix")) == 0.75
    assert mid(cell(motives, BILL, "explanation")) == round(40 / 60, 3)
    assert mid(cell(found["emotions"], BILL, "worry")) == round(40 / 60, 3)
    assert "Redress" in motives.told
    assert "100%" in motives.told


def test_who_wants_two_things_of_one_justice_misses_it_once() -> None:
    justice = shown(*DELIVERY, *BILLING, *BOTH)["justice"]
    assert [column.id for column in justice.table.columns[2:]] == ["outcome", "process", "treatment", "information"]
    assert mid(cell(justice, SHIP, "outcome")) == 1
    assert mid(cell(justice, BILL, "outcome")) == round(20 / 60, 3)
    assert mid(cell(justice, BILL, "information")) == round(40 / 60, 3)


def test_a_part_is_never_more_than_its_whole() -> None:
    dice = np.random.default_rng(2)
    part, whole = (dice.normal(mean, 5, 400).astype(np.float32) for mean in (32, 26))
    bounded, all_ = interval(within(part, whole)), interval(whole)
    assert (bounded.mid, bounded.low, bounded.high) == (all_.mid, all_.low, all_.high)
    assert within(whole, part).tolist() == whole.tolist(), "what is less stays, draw by draw"


def test_complaints_of_a_theme_are_no_more_than_its_messages() -> None:
    facts = [
        *many(60, labels={"kind": ["complaint"], "themes": ["policy"]}),
        *many(200, labels={"kind": ["complaint"], "themes": ["delivery"]}),
        *many(200, labels={"kind": ["praise"], "themes": ["billing"]}),
    ]
    seen = view(*facts)
    themes = next(each for each in overview(seen).figures if each.id == "themes")
    place = [each.id for each in themes.table.columns].index("messages")
    for theme in (SHIP, RULES):
        every = next(row for row in themes.table.rows if row[0] == theme)[place]
        complaints = cell(next(each for each in psychology(seen).figures if each.id == "motives"), theme, "messages")
        assert isinstance(every, Interval)
        assert (complaints.mid, complaints.low, complaints.high) <= (every.mid, every.low, every.high)
        assert complaints.high <= every.high


def test_of_few_messages_no_share_is_told() -> None:
    found = shown(*many(29, labels={"themes": ["policy"], "motives": ["voice"]}), *DELIVERY)
    assert cell(found["motives"], RULES, "voice") == "under 30 counted"
    assert mid(cell(found["motives"], RULES, "messages")) == 29
    assert isinstance(cell(found["motives"], SHIP, "voice"), Interval)


def test_only_complaints_are_looked_at_unless_the_address_names_a_kind() -> None:
    praise = many(50, labels={"kind": ["praise"], "themes": ["billing"], "motives": []})
    found = shown(*DELIVERY, *praise)["motives"]
    assert [row[0] for row in found.table.rows] == [SHIP]
    assert "kind=complaint" in str(found.table.links[0])
    assert "Only complaints" in found.note
    asked = shown(*DELIVERY, *praise, asked=Filter(kind="praise"))["motives"]
    assert [row[0] for row in asked.table.rows] == [BILL]


def test_calm_and_urgent_is_told_from_furious_and_not() -> None:
    calm = many(40, labels={"themes": ["delivery"], "urgency": ["critical"], "emotion": ["neutral"]})
    furious = many(60, labels={"themes": ["billing"], "urgency": ["low"], "emotion": ["anger"]})
    found = shown(*calm, *furious)
    moods = found["moods"]
    assert [mid(row[1]) for row in moods.table.rows] == [40, 0, 60, 0]
    assert mid(cell(moods, "Furious but not urgent", "share")) == 0.6
    assert "urgency=critical%2Chigh" in str(moods.table.links[0])
    assert "emotion=anger" in str(moods.table.links[1])
    by_theme = found["moods_by_theme"]
    assert mid(cell(by_theme, SHIP, "calm_urgent")) == 1
    assert mid(cell(by_theme, BILL, "furious_waiting")) == 1
    assert mid(cell(by_theme, BILL, "urgent")) == 0
    assert SHIP in by_theme.told


def test_moods_are_corrected_with_intervals_where_the_errors_are_known() -> None:
    calm = many(100, labels={"themes": ["delivery"], "urgency": ["critical"], "emotion": ["neutral"]})
    loud = many(100, labels={"themes": ["delivery"], "urgency": ["low"], "emotion": ["anger"]})
    moods = shown(*calm, *loud, known=True)["moods"]
    first = moods.table.rows[0][1]
    assert isinstance(first, Interval)
    assert first.counted == 100
    assert first.low < first.mid < first.high < 200
    assert first.low < 100 < first.high
    assert "(between" in moods.told
    assert shown(*calm, *loud)["moods"].told == "Calm but urgent messages: 100."
    assert "counted them" not in moods.note
    assert "counted them" in shown(*calm, *loud)["moods"].note


def test_the_remedy_gap_counts_those_still_open_and_leaves_out_sources_that_tell_nothing() -> None:
    asks: Any = {"themes": ["delivery"], "motives": ["redress"]}
    done = [fact(day=-9, labels=asks, closed_at=START + timedelta(days=-9, hours=10)) for _ in range(30)]
    never = [fact(day=-9, labels=asks) for _ in range(30)]
    silent = [fact(day=-9, labels=asks, source="mute") for _ in range(20)]
    remedies = shown(*done, *never, *silent, fact())["remedies"]
    assert cell(remedies, "Redress", "known") == 0.75
    assert cell(remedies, "Redress", "closed") == 0.5
    assert cell(remedies, "Redress", "answered") is None, "no source tells when it answered"
    assert cell(remedies, "Redress", "half_closed") == 10
    assert cell(remedies, "Redress", "overdue") == 0.5
    assert cell(remedies, "All complaints", "messages") == 81
    assert remedies.told == "", "no source tells when it answered, and nobody came back"
    assert "remedies" not in shown(*silent)


def test_the_remedies_say_who_waits_longest_or_else_comes_back_most_often() -> None:
    def asking(motive: str, hours: float | None, contact: int) -> list[Fact]:
        answered = START + timedelta(days=-9, hours=hours) if hours else None
        labels: Any = {"kind": ["complaint"], "motives": [motive]}
        return [
            fact(day=-9, labels=labels, first_answered_at=answered, closed_at=START, contact=contact if n < 20 else 1)
            for n in range(40)
        ]

    waits = shown(*asking("redress", 50, 1), *asking("fix", 4, 1))["remedies"].told
    assert waits.startswith("“Redress” waits longest: half of these messages were answered within 50 hours")
    returns = shown(*asking("redress", None, 1), *asking("fix", None, 3))["remedies"].told
    assert returns == "“Put it right” brings the most people back: 50% of these messages, and 25% of all of them."


@pytest.mark.parametrize(
    ("hours", "age", "half"),
    [
        ([1, 2, 3, 4], [9, 9, 9, 9], 2),
        ([1, np.nan, np.nan, np.nan], [9, 9, 9, 9], None),
        ([1, 2, np.nan, np.nan], [9, 9, 9, 9], 2),
        ([1, 5, 6, np.nan], [9, 9, 9, 2], 5),
        ([5, 6, np.nan, np.nan], [9, 9, 1, 1], 5),
        ([-1], [9], 0),
        ([], [], None),
    ],
)
def test_half_are_done_by(hours: list[float], age: list[float], half: float | None) -> None:
    waits = Waits(np.array([*hours, 7], np.float32), np.array([*age, 7], np.float32))
    assert waits.half_by(np.arange(len(hours) + 1) < len(hours)) == half


def test_failures_after_a_repair_are_those_who_came_back_about_what_is_unsolved() -> None:
    unsolved: Any = {"themes": ["resolution"]}
    facts = [
        *many(10, labels=unsolved, contact=2),
        *many(8, labels={**unsolved, "signals": ["repeat_contact"]}),
        *many(30, labels=unsolved, contact=1),
        *many(30, labels={"themes": ["delivery"]}, contact=3),
        fact(day=-120, labels=unsolved, contact=2),
        fact(day=-180, labels={"themes": ["delivery"]}),
    ]
    deviations = shown(*facts)["deviations"]
    numbers = [row[1] for row in deviations.table.rows]
    assert sum(mid(each) for each in numbers) == 18
    assert deviations.chart is not None
    assert deviations.chart.kind == "lines"
    assert deviations.told.endswith("before: 18. In the period before: 1.")
    assert shown(*facts[:-1])["deviations"].told.endswith("before: 18."), "the tickets do not reach back so far"
    old = [each._replace(model="v0") if each.received_at < START - timedelta(days=91) else each for each in facts]
    assert shown(*old)["deviations"].told.endswith("before: 18."), "another model counted then"


def test_other_taxonomies_do_without_what_they_have_no_labels_for() -> None:
    names = dict.fromkeys(("fi", "vi", "es", "en"), "x")
    themes = Group.model_validate(
        {"id": "themes", "name": names, "mode": "many", "labels": [{"id": each, "name": names} for each in ("a", "b")]}
    )
    bare = Taxonomy(version="1", languages=["en"], groups=[themes])
    facts = many(40, labels={"kind": [], "themes": ["a"], "urgency": [], "emotion": []})
    assert psychology(view(*facts, taxonomy=bare, known=False)).figures == []
    without = read_taxonomy().model_copy(
        update={"groups": [group for group in TAXONOMY.groups if group.id != "emotion"]}
    )
    assert set(shown(*DELIVERY, *BILLING, taxonomy=without)) == {"motives", "justice"}
    assert psychology(view(known=False)) == Content()


def test_what_the_filter_chose_by_is_taken_as_counted() -> None:
    other = many(40, labels={"themes": ["billing"], "motives": ["voice"]})
    found = shown(*DELIVERY, *BILLING, *other, known=True, asked=Filter(theme="billing"))["motives"]
    number = cell(found, BILL, "messages")
    assert number == Interval(80, 80, 80, 80)
    assert "The filter chose" in found.note
    share = cell(found, BILL, "explanation")
    assert share.low < 0.5 < share.high, "what it did not choose by is corrected"
