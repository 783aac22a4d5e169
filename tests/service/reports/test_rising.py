from __future__ import annotations

from statistics import NormalDist

import numpy as np
import pytest

from benchmarks.rising import CALM, MIXED, World, bound, delays, false_alarms
from data.taxonomy import GroupId
from service.reports.alarms.baseline import WINDOWS, Baseline
from service.reports.alarms.daily import Daily, Place, count_daily
from service.reports.alarms.rising import EVERYWHERE, QUIET, RATIO, SPREADING, WARM_UP, Rise, find_rises
from service.reports.alarms.surprise import share_out, surprise, tail
from service.reports.ledger import Ledger, day_of
from tests.service.reports.toy_ledger import START, fact, ledger

FIRST = day_of(START.date())


def exact(count: int, mean: float, size: float) -> float:
    """The upper tail of the negative binomial, summed term by term."""
    chance, below = (size / (size + mean)) ** size, 0.0
    for number in range(count):
        below += chance
        chance *= (number + size) / (number + 1) * mean / (mean + size)
    return 1.0 - below


@pytest.mark.parametrize(("count", "mean", "spread"), [(10, 3, 0.02), (27, 14.3, 0.1), (140, 100, 0.001), (9, 3, 0.3)])
def test_a_score_tells_how_often_chance_does_as_much(count: int, mean: float, spread: float) -> None:
    score = surprise(np.array([float(count)]), np.array([mean]), spread)
    assert float(tail(score)[0]) == pytest.approx(exact(count, mean, 1 / spread), rel=0.02)


def test_what_is_allowed_goes_to_the_series_that_need_it() -> None:
    asked = share_out(np.array([1.0, 1.5, 4.0, 9.0]), 0.01, highest=4.5)
    assert asked[0] == asked[1] < NormalDist().inv_cdf(1 - 0.01 / 4)
    assert asked[2:].tolist() == [4.0, 4.5]
    assert tail(asked).sum() == pytest.approx(0.01, rel=0.01)


def test_what_is_expected_follows_the_week_and_not_the_days_that_are_looked_at() -> None:
    baseline = Baseline((1, 1))
    for day in range(140):
        baseline.step(np.array([[0.0 if day % 7 > 4 else 30.0]]), day % 7, np.ones((1, 1)))
    seen, expected, _ = baseline.step(np.array([[300.0]]), 0, np.ones((1, 1)))
    assert seen[0] == 300
    assert expected[0] == pytest.approx(30, rel=0.15)
    assert expected[WINDOWS.index(7)] == pytest.approx(150, rel=0.1)


def daily(*rows: list[float], places: int = 1) -> Daily:
    """Days of one place, a list for each theme."""
    counts = np.array(rows, np.float32).T
    every = np.concatenate([counts.sum(axis=1, keepdims=True), counts], axis=1)[:, None, :]
    names = tuple(f"t{number}" for number in range(len(rows)))
    return Daily(FIRST, (Place(),), ("", *names), np.repeat(every, places, axis=1))


def calm(days: int, mean: float = 5.0, seed: int = 0) -> list[float]:
    return [float(count) for count in np.random.default_rng(seed).poisson(mean, days)]


def test_a_theme_that_trebles_is_told_once_and_again_when_it_rises_further() -> None:
    up = [*calm(100), *calm(60, 15, 1), *calm(30, 60, 2)]
    alarms = [rise for rise in find_rises(daily(up, calm(190, 8, 3), calm(190, 8, 4)), 120) if rise.level == "alarm"]
    assert "" not in {rise.theme for rise in alarms}, "one theme makes no flood"
    found = [rise for rise in alarms if rise.theme == "t0"]
    assert len(found) == 2
    assert [FIRST + 100 <= found[1].day <= FIRST + 104, FIRST + 160 <= found[0].day <= FIRST + 163] == [True, True]
    assert found[1].count > 2 * found[1].expected
    assert found[0].day - found[1].day >= QUIET


def test_a_flood_of_everything_is_one_alarm() -> None:
    rows = [[*calm(100, 6, seed), *calm(10, 18, seed + 50)] for seed in range(8)]
    alarms = [rise.theme for rise in find_rises(daily(*rows), 10) if rise.level == "alarm"]
    assert alarms.count("") == 1
    assert len(alarms) <= 2


def test_nothing_is_said_before_there_is_a_past() -> None:
    assert find_rises(daily([*calm(30), *calm(20, 50, 1)]), 50) == []
    assert find_rises(daily([0.0] * 10), 10) == []


def tickets(model: str = "v1", late: str = "v1", rises: bool = True) -> Ledger:
    """One theme in two languages; after 80 days it rises fourfold in Finnish."""
    dice, facts = np.random.default_rng(5), []
    for day in range(90):
        for lang in ("en", "fi"):
            many = 4 if rises and day >= 80 and lang == "fi" else 1
            for _ in range(dice.poisson(3 * many)):
                held: dict[GroupId, list[str]] = {"themes": ["delivery"]}
                facts.append(fact(day=day, lang=lang, labels=held, model=late if day >= 79 else model))
            facts += [fact(day=day, lang=lang, model=late if day >= 79 else model) for _ in range(4)]
    return ledger(*facts)


def lately(tickets: Ledger) -> list[Rise]:
    found = find_rises(count_daily(tickets, FIRST + 89), 10)
    return [rise for rise in found if rise.level == "alarm" and rise.theme == "delivery"]


def test_an_alarm_says_where() -> None:
    (rise,) = lately(tickets())
    assert [place for place, _, _ in rise.where] == [Place("lang", "fi")]
    assert rise.id.startswith("alarm-delivery-2026-")
    assert lately(tickets(rises=False)) == []


def test_another_model_breaks_the_counts() -> None:
    read = tickets(late="v2")
    assert count_daily(read, FIRST + 89).first == FIRST + 79
    assert lately(read) == []


def test_counts_are_of_places_that_differ_and_of_days_that_are_over() -> None:
    counted = count_daily(tickets(), FIRST + 50)
    assert {(place.feature, place.value) for place in counted.places} == {("", ""), ("lang", "en"), ("lang", "fi")}
    assert counted.last == FIRST + 50
    assert counted.counts[:, 1:, :].sum() == counted.counts[:, 0, :].sum()
    assert count_daily(ledger(), FIRST).counts.shape == (0, 1, 1)


def test_chance_makes_few_alarms_and_a_doubling_shows() -> None:
    small = World((*MIXED.sizes[4:7], 20.0))
    alarms, _, shown = false_alarms(small, 1, 1, days=182)
    assert alarms <= 1.5  # a month
    assert shown < 3
    found = delays(World((*CALM.sizes[4:7], 20.0), season=0, restless=0), 3.0, 14, 1, begins=(80, 84))
    assert found.soon(0, 5, found.alarms) > 0.6
    assert found.soon(0, 5, found.alarms | found.signs) >= found.soon(0, 5, found.alarms)


def test_the_bound_is_that_of_the_best_test() -> None:
    assert bound(100 / 7, 2.0, 5 / 30 / 15) == pytest.approx(0.8226, abs=1e-3)
    assert bound(100 / 7, 2.0, 5 / 30) > 0.98
    assert 3 * WINDOWS[-1] <= WARM_UP


def test_a_rise_that_is_over_hides_no_other() -> None:
    # A theme rises for two weeks where much comes; weeks later elsewhere, where as good as nothing had come.
    days, dice = 330, np.random.default_rng(3)
    here, there = dice.poisson(2.0, days).astype(float), dice.poisson(0.15, days).astype(float)
    here[230:244] += dice.poisson(6.0, 14)
    there[230:233] = 2
    there[262:272] += 1
    other = dice.poisson(20.0, (2, days)).astype(float)
    series = np.zeros((days, 3, 3), np.float32)
    series[:, 1:, 1], series[:, 1:, 2] = np.stack([here, there], axis=1), other.T
    series[:, :, 0] = series.sum(axis=2)
    series[:, 0] = series[:, 1:].sum(axis=1)
    places = (Place(), Place("lang", "fi"), Place("lang", "en"))
    rises = find_rises(Daily(20_000, places, ("", "billing", "delivery"), series), 120)
    told = [rise for rise in rises if rise.theme == "billing" and rise.level == "alarm"]
    late = [rise for rise in told if 262 <= rise.day - 20_000 <= 272]
    assert late
    assert [place.value for place, *_ in late[0].where] == ["en"]
    assert len(told) == 2


def places(rows: dict[str, list[float]]) -> Daily:
    """Days of one theme beside a steady other one, by branch."""
    steady = np.random.default_rng(9).poisson(30, (len(next(iter(rows.values()))), len(rows)))
    mine = np.array(list(rows.values()), np.float32).T
    here = np.stack([mine + steady, mine, steady.astype(np.float32)], axis=2)
    counts = np.concatenate([here.sum(axis=1, keepdims=True), here], axis=1)
    return Daily(FIRST, (Place(), *(Place("branch", name) for name in rows)), ("", "t0", "t1"), counts)


def alarms(found: Daily, days: int) -> list[Rise]:
    """Those of the theme `t0`, the first one first."""
    return [each for each in find_rises(found, days) if (each.theme, each.level) == ("t0", "alarm")][::-1]


def test_a_theme_that_goes_on_rising_is_told_within_the_quiet_time() -> None:
    steady = alarms(daily([*calm(100), *calm(20, 20, 1)], calm(120, 8, 3), calm(120, 8, 4)), 30)
    assert [rise.further for rise in steady] == [0], "the same rise is told once"
    up = [*calm(100), *calm(10, 20, 1), *calm(10, 100, 2)]
    first, second = alarms(daily(up, calm(120, 8, 3), calm(120, 8, 4)), 30)
    assert (first.further, second.further) == (0, 1)
    assert FIRST + 110 <= second.day <= FIRST + 111
    assert second.count >= 2 * second.known > 3 * second.expected, "what was told goes on is no part of what is usual"
    assert second.expected < 2 * 5 * second.days
    assert first.known == 0


def test_an_alarm_about_one_place_does_not_silence_another() -> None:
    turku, oulu = [*calm(100), *calm(20, 25, 1)], [*calm(110, 5, 2), *calm(10, 25, 3)]
    first, second = alarms(places({"Turku": turku, "Oulu": oulu, "Vaasa": calm(120, 5, 4)}), 30)
    assert [place.value for place, *_ in first.where] == ["Turku"]
    assert FIRST + 110 <= second.day <= FIRST + 113
    assert "Oulu" in [place.value for place, *_ in second.where]


def test_an_alarm_gives_the_figures_of_where_it_rises() -> None:
    local = 0
    for seed in range(0, 80, 8):
        turku = [*calm(100, 5, seed), *calm(6, 25, seed + 1), *calm(34, 5, seed + 2)]
        oulu = [*calm(108, 5, seed + 3), *calm(32, 20, seed + 4)]
        rows = {"Turku": turku, "Oulu": oulu, "Vaasa": calm(140, 5, seed + 5), "Kuopio": calm(140, 5, seed + 6)}
        for rise in alarms(places(rows), 45):
            assert rise.count >= RATIO * rise.expected
            if rise.place != EVERYWHERE:
                local += 1
                assert rise.where[0] == (rise.place, rise.count, rise.expected)
    assert local >= 10


def test_a_rise_that_goes_from_place_to_place_is_told_a_few_times() -> None:
    def spreading(many: float) -> dict[str, list[float]]:
        return {
            f"b{number}": [*calm(100 + number, 2, number), *calm(10, 8, number + 30), *calm(20 - number, many, number)]
            for number in range(15)
        }

    assert [rise.further for rise in alarms(places(spreading(8)), 30)] == [0, 1, 2]
    again = [rise.place for rise in alarms(places(spreading(40)), 30) if rise.further > SPREADING]
    assert again
    assert set(again) == {EVERYWHERE}, "all places together rise further"


def test_an_alarm_elsewhere_does_not_prolong_the_quiet_of_a_place_that_is_calm_again() -> None:
    turku = [*calm(100), *calm(6, 30, 1), *calm(12, 5, 2), *calm(8, 18, 3)]
    oulu = [*calm(110, 5, 4), *calm(6, 25, 5), *calm(10, 5, 6)]
    found = alarms(places({"Turku": turku, "Oulu": oulu, "Vaasa": calm(126, 5, 7), "Pori": calm(126, 5, 8)}), 26)
    assert [rise.where[0][0].value for rise in found] == ["Turku", "Oulu", "Turku"]


def test_signs_are_shown_in_the_quiet_time_as_well() -> None:
    up = [*calm(100), *calm(12, 20, 1), *calm(8, 33, 2)]
    found = [rise for rise in find_rises(daily(up, calm(120, 8, 3), calm(120, 8, 4)), 20) if rise.theme == "t0"]
    assert [rise.level for rise in found][:2] == ["sign", "alarm"]
