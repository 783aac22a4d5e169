"""What is said to have changed did change: not by chance, not by another model, not because days are missing."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from functools import cache
from typing import Any

import numpy as np
import pytest

from data.store.facts import Fact
from service.reports.attention import attention
from service.reports.breaks import find_breaks
from service.reports.changes import told
from service.reports.counts.prevalence import Prevalence
from service.reports.counts.straying import straying
from service.reports.figure import Interval
from service.reports.filters import Filter
from service.reports.ledger import Ledger, day_of, make_ledger
from service.reports.overview import overview
from service.reports.since import Since
from service.reports.tongue import Tongue
from service.reports.view import View
from tests.service.reports.toy_ledger import START, fact
from tests.service.reports.toy_site import DAYS, GROWING, TAXONOMY, Rates, confusion, quarters, view

THEMES, SIGNALS = TAXONOMY.ids("themes"), TAXONOMY.ids("signals")
END = START.date()
CLAIMS = ("grew from", "shrank from", "times as many", "% more than", "% fewer than", "more than before", "less than")
LATEST = quarters(400, rates=Rates({"delivery": 0.3, "billing": 0.3}, {"delivery": 0.3, "billing": 0.3}))


@cache
def steady(number: int) -> Ledger:
    """Draw messages whose labels have nothing to do with their days."""
    dice = np.random.default_rng(7)
    themes, signals = dice.random((number, len(THEMES))) < 0.09, dice.random((number, len(SIGNALS))) < 0.08
    return make_ledger(
        fact(
            lang=str(dice.choice(["fi", "vi", "es", "en"])),
            labels={
                "themes": [THEMES[label] for label in np.flatnonzero(row)],
                "signals": [SIGNALS[label] for label in np.flatnonzero(signs)],
                "kind": [str(dice.choice(["complaint", "request", "praise"], p=[0.7, 0.2, 0.1]))],
                "urgency": [str(dice.choice(["low", "normal", "high", "critical"], p=[0.3, 0.45, 0.2, 0.05]))],
            },
        )
        for row, signs in zip(themes, signals, strict=True)
    )


def scattered(tickets: Ledger, seed: int, waves: float = 0.0) -> Ledger:
    """Let each message come on any day; in waves, weeks differ by a squared spread of so much."""
    dice = np.random.default_rng(seed)
    weeks = dice.gamma(1 / waves, waves, DAYS // 7) if waves else np.ones(DAYS // 7)
    days = day_of(END) - dice.choice(DAYS, len(tickets), p=np.repeat(weeks, 7) / (7 * weeks.sum()))
    return replace(tickets, days=days.astype(np.int32), received_hours=np.asarray(days * 24.0, np.float64))


def look(tickets: Ledger, prevalence: Prevalence, asked: Filter | None = None) -> Since:
    return Since(View(tickets, (asked or Filter()).dated(tickets), Tongue("en", TAXONOMY), prevalence))


def claims(since: Since) -> list[str]:
    said = [each for each in told(since) if any(words in each for words in CLAIMS) and not each.startswith("No theme")]
    return said + [each.why for each in attention(since) if "in the period before" in each.why]


WEEK: Any = {"start": END - timedelta(days=6), "end": END}


@pytest.mark.parametrize(
    ("number", "asked", "waves", "known", "pages"),
    [
        (1300, {}, 0.0, False, 100),
        (1300, {}, 0.05, False, 100),
        (4000, WEEK, 0.0, False, 60),
        (1300, {}, 0.0, True, 20),
    ],
)
def test_where_nothing_changes_a_page_seldom_says_so(
    number: int, asked: Any, waves: float, known: bool, pages: int
) -> None:
    prevalence = Prevalence({"v1": confusion()} if known else {})
    wrong = [
        bool(claims(look(scattered(steady(number), seed, waves), prevalence, Filter(**asked)))) for seed in range(pages)
    ]
    assert np.mean(wrong) <= 0.07


@pytest.mark.parametrize("known", [True, False])
def test_a_small_theme_that_doubles_is_said_to_grow(known: bool) -> None:
    now = {"delivery": 0.24, "billing": 0.3}
    since = look(make_ledger(quarters(1000, 3, Rates({**now, "delivery": 0.12}, now))), Prevalence({}))
    counted = next(each for each in since.of("themes") if each.label == "delivery")
    assert (counted.before.mid, counted.now.mid) == pytest.approx((60, 120), rel=0.15)
    known_since = look(since.view.ledger, Prevalence({"v1": confusion()} if known else {}))
    assert any(each.startswith("Delivery and installation grew") for each in told(known_since))
    assert attention(known_since)[0].name == "Delivery and installation"


def test_weeks_that_differ_by_more_than_chance_are_found() -> None:
    dice = np.random.default_rng(0)
    calm, wild = dice.poisson(50, 200), dice.poisson(50 * dice.gamma(10, 0.1, 200))
    found = straying(np.stack([calm + wild, calm, wild]), np.zeros(200, np.int64))
    assert found[1] < 2.6 < 4 < found[2]
    level = np.where(np.arange(26) < 13, 40, 80)[None]
    assert straying(level, (level[0] > 50).astype(np.int64)).tolist() == [1.0], "another level is no straying"
    assert straying(level[:, :4], np.zeros(4, np.int64)).tolist() == [1.0], "too few weeks"


def test_what_the_filter_chose_by_is_shown_as_counted() -> None:
    made = overview(view(*quarters(), asked=Filter(theme="delivery")))
    for id_ in ("themes", "trend"):
        figure = made.figure(id_)
        assert figure
        assert figure.note.startswith("The filter chose")
        assert "bands" not in figure.told
        cells = [cell for row in figure.table.rows for cell in row[1:2] if isinstance(cell, Interval)]
        assert cells
        assert all(cell.low == cell.mid == cell.high == cell.counted for cell in cells)
    kind = made.figure("kind")
    assert kind
    assert kind.note.startswith("Estimated"), "what it did not choose by is corrected"
    signs = overview(view(*quarters(), asked=Filter(signal="repeat_contact"))).figure("returning")
    assert signs
    assert signs.note.startswith("The filter chose")
    assert not [each for each in told(Since(view(*quarters(), asked=Filter(kind="complaint")))) if "Complaints" in each]


def test_the_change_of_what_the_filter_chose_is_its_difference_give_or_take_chance() -> None:
    changes = Since(view(*quarters(), asked=Filter(theme="delivery"))).of("themes")
    assert len([each for each in changes if each.now.mid]) > 1
    for each in changes:
        assert each.difference.mid == pytest.approx(each.now.mid - each.before.mid, abs=0.1)
        assert each.difference.low < each.difference.mid < each.difference.high or each.before.mid + each.now.mid == 0


def renamed(facts: list[Fact], before: date, model: str) -> list[Fact]:
    return [each._replace(model=model) if each.received_at.date() < before else each for each in facts]


def test_counts_of_two_models_are_compared_only_where_both_are_corrected() -> None:
    facts = quarters(800)
    since = Since(view(*renamed(facts, END - timedelta(days=120), "v0")))
    assert since.mixed
    assert [since.of(group) for group in ("themes", "kind", "signals", "urgency")] == [[], [], [], []]
    said = told(since)
    assert any(each.startswith("The model changed") for each in said)
    assert not any("grew" in each or "Complaints" in each for each in said)
    assert all("period before" not in each.why for each in attention(since))
    themes = overview(since.view).figure("themes")
    assert themes
    assert "before" not in [each.id for each in themes.table.columns]
    assert themes.note.startswith("Estimated"), "the view's own messages are all of the model that is known"
    both = replace(since.view, prevalence=Prevalence({"v0": confusion(), "v1": confusion()}))
    assert any("grew" in each for each in told(Since(both)))
    chosen = replace(both, filter=both.filter.model_copy(update={"theme": "delivery"}))
    assert told(Since(chosen))[1].startswith("The model changed"), "which messages these are, the models said"
    few = Since(view(*renamed(facts, min(each.received_at for each in facts).date() + timedelta(days=1), "v0")))
    assert few.of("themes"), "a few tickets that an old model answered hinder nothing"


def test_a_change_of_the_model_at_the_edge_of_a_view_is_found() -> None:
    facts = renamed(quarters(800), END - timedelta(days=90), "v0")
    assert [each.at for each in find_breaks(view(*facts))] == [END - timedelta(days=90)]
    assert find_breaks(view(*facts, asked=Filter(start=END - timedelta(days=60)))) == []


def test_an_end_to_come_compares_the_days_that_are_there() -> None:
    asked: Any = {"start": END - timedelta(days=12), "end": END + timedelta(days=17)}
    since = Since(view(*LATEST, asked=Filter(**asked)))
    assert (since.now.end, since.before.start, since.before.end) == (
        END, END - timedelta(days=26), END - timedelta(days=14),
    )  # fmt: skip
    said = told(since)
    assert said[0].endswith("from Feb 18, 2026 to Mar 2, 2026.")
    assert said[1].startswith("From Feb 4, 2026 to Feb 16, 2026 there were ")
    assert said[2].startswith("Compared are the days up to Mar 2, 2026 with those from Feb 4, 2026 to Feb 16, 2026")
    assert not claims(since)
    trend = overview(since.view).figure("trend")
    assert trend
    assert trend.chart
    assert list(trend.chart.undrawn) in ([], [date(2026, 2, 16), date(2026, 3, 2)])
    later: Any = {"start": END + timedelta(days=3), "end": END + timedelta(days=9)}
    assert told(Since(view(*LATEST, asked=Filter(**later))))[1].startswith("There is nothing to compare yet")


def test_months_are_compared_with_as_many_of_each_day_of_the_week() -> None:
    days = (END - timedelta(days=back) for back in range(120))
    facts = [fact(day=(each - END).days) for each in days if each.weekday() < 5 for _ in range(4)]
    asked = Filter(start=date(2026, 1, 1), end=date(2026, 1, 31))
    since = Since(view(*facts, asked=asked))
    assert since.sizes == (88, 88), "the 31 days right before have one working day more"
    assert told(since)[1:3] == [
        "From Nov 27, 2025 to Dec 27, 2025 there were as many.",
        "Both periods have as many of each day of the week.",
    ]
    kind = overview(since.view).figure("kind")
    assert kind
    assert "The period before is from Nov 27, 2025 to Dec 27, 2025: both have" in kind.note
    usual = Since(view(*facts, asked=Filter(start=date(2026, 1, 5), end=date(2026, 2, 1))))
    assert told(usual)[1] == "From Dec 8, 2025 to Jan 4, 2026 there were as many."
    assert not any("day of the week" in each for each in told(usual)), "they lie side by side"


def test_today_is_not_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Ledger, "today", END)
    since = Since(view(*LATEST))
    assert since.now.end == END - timedelta(days=1)
    assert since.sizes[1] == len(since.view.tickets) - int((since.view.tickets.days == day_of(END)).sum())
    assert since.counts("kind").tickets.tolist() == [len(since.view.tickets)], "figures hold it"
    assert "Compared are" in told(since)[2]


def test_what_chance_may_explain_is_told_with_both_numbers_and_not_as_sameness() -> None:
    facts = [
        fact(day=-float(day), labels={"kind": ["complaint" if place % 5 < (4 if day < 91 else 3) else "request"]})
        for place, day in enumerate([*np.linspace(0, 90, 65), *np.linspace(91, 181, 50)])
    ]
    since = Since(view(*facts, known=False))
    assert not since.volume_changed
    assert not since.complaints_changed
    said = told(since)
    assert said[1].endswith("there were 50: chance alone may explain the difference.")
    assert [each for each in said if "Complaints" in each] == [
        "Complaints are about 80% of the messages (60% before): chance or the classifier’s errors may explain the "
        "difference."
    ]
    few = told(Since(view(*facts[:65], *facts[66::6], known=False)))
    assert "Complaints are about 80% of the messages." in few, "of ten messages no share is told"


def test_growing_is_still_said_in_words() -> None:
    since = look(make_ledger(quarters(800, rates=GROWING)), Prevalence({"v1": confusion()}))
    assert [each.label for each in since.grown("themes")] == ["delivery"]
    assert [each.label for each in since.shrunk("themes")] == ["billing"]
