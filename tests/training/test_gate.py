"""The gate lets the unchanged through and stops what lost: by simulation, and cell by cell."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest

from benchmarks.gate import GROUPS, LANGUAGES, drawn, ratio
from training.gate import ALL, BOTH, MEAN, Asked, Question, Verdict, judge
from training.gate_report import gate_table, in_words, reasons

APART = 0.05
"""On how many messages exactly one of two equal models is right."""


def asked(
    dice: np.random.Generator,
    sizes: Mapping[str, int],
    lost: Mapping[tuple[str, str], float] | None = None,
    languages: tuple[str, ...] = LANGUAGES,
) -> Asked:
    return drawn(dice, sizes, APART, lost, languages)


def test_an_unchanged_challenger_passes_and_five_points_lost_in_one_cell_are_seen() -> None:
    """24 cells, four languages, six groups and the means; 775 messages a language, as gold and 2,000 corrections."""
    dice = np.random.default_rng(3)
    draws, sizes = 100, {"gold": 775}
    passed = [judge(asked(dice, sizes), seed=i, resamples=400).passed for i in range(draws)]
    assert sum(passed) / draws >= 0.95
    worse = [asked(dice, sizes, {(LANGUAGES[i % 4], GROUPS[i % 6]): 0.05}) for i in range(draws // 2)]
    stopped = [not judge(each, seed=i, resamples=400).passed for i, each in enumerate(worse)]
    assert sum(stopped) / len(stopped) >= 0.9


def test_a_loss_in_a_whole_language_is_seen_on_gold_alone() -> None:
    dice = np.random.default_rng(4)
    lost = dict.fromkeys((("fi", group) for group in GROUPS), 0.05)
    verdicts = [judge(asked(dice, {"gold": 275}, lost), seed=i, resamples=400) for i in range(20)]
    assert sum(not verdict.passed for verdict in verdicts) >= 18
    assert {cell.language for verdict in verdicts for cell in verdict.stopped if cell.name == MEAN} <= {"fi", ALL}


def test_what_is_gained_on_one_set_does_not_hide_what_is_lost_on_the_other() -> None:
    dice = np.random.default_rng(5)
    whole = asked(dice, {"gold": 300, "newest": 300}, {("en", "themes"): 0.3})
    gained = []
    for question in whole.questions:
        newest = (whole.sets == "newest")[:, None]
        gained.append(ratio(question.name, np.where(newest, 0.0, question.champion)[:, 0] > 0,
                            np.where(newest, 1.0, question.challenger)[:, 0] > 0))  # fmt: skip
    verdict = judge(Asked(whole.sets, whole.languages, whole.situations, gained), seed=1)
    assert not verdict.passed
    assert {(cell.set, cell.name) for cell in verdict.stopped} >= {("gold", "themes")}
    assert all(cell.set == "gold" for cell in verdict.stopped)


def test_the_same_seed_gives_the_same_verdict() -> None:
    one = asked(np.random.default_rng(6), {"gold": 60})
    assert judge(one, seed=1) == judge(one, seed=1)
    assert judge(one, seed=1).critical != judge(one, seed=2).critical


def test_identical_models_lose_nothing() -> None:
    right = np.arange(120) % 5 > 0
    situations = np.arange(120).astype(str)
    same = Asked(np.array(["gold"] * 120), np.array(["fi"] * 120), situations, [ratio("kind", right, right)])
    verdict = judge(same, seed=1)
    assert verdict.passed
    assert [cell.loss for cell in verdict.cells] == [0.0]


def test_few_messages_are_shown_but_judge_nobody() -> None:
    verdict = judge(asked(np.random.default_rng(7), {"gold": 10}, {("fi", "kind"): 0.7}), seed=1)
    small = [cell for cell in verdict.cells if cell.language == "fi"]
    assert small
    assert not any(cell.judged or cell.stopped for cell in small)
    alone = judge(asked(np.random.default_rng(7), {"gold": 10}, languages=("fi",)), seed=1)
    assert not alone.passed
    assert "too few messages" in in_words(alone)


def test_one_situation_told_a_hundred_times_counts_as_one() -> None:
    """A hundred variants that all went wrong are one misfortune; a hundred messages that did are not."""
    champion, challenger = np.ones(400, bool), np.arange(400) >= 100
    sets, spoken = np.array(["gold"] * 400), np.array(["fi"] * 400)
    tied = np.array(["same" if i < 100 else str(i) for i in range(400)])
    apart = np.arange(400).astype(str)
    verdicts = [
        judge(Asked(sets, spoken, each, [ratio("kind", champion, challenger)]), seed=1) for each in (tied, apart)
    ]
    assert [verdict.passed for verdict in verdicts] == [True, False]


def test_calibration_error_stops_only_where_it_is_no_longer_fine() -> None:
    def claiming(confidence: float) -> np.ndarray:
        parts = np.zeros((500, 11))
        parts[:, 8] = confidence - (np.arange(500) % 100 < 80)
        parts[:, -1] = 1
        return parts

    def verdict(confidence: float) -> Verdict:
        sure = Question("e", "calibration", claiming(0.8), claiming(confidence), np.ones(500), headline=False)
        return judge(
            Asked(np.array(["gold"] * 500), np.array(["fi"] * 500), np.arange(500).astype(str), [sure]), seed=1
        )

    assert verdict(0.84).passed
    assert not verdict(0.89).passed


def test_kappa_is_that_of_scikit_learn() -> None:
    from sklearn.metrics import cohen_kappa_score

    dice = np.random.default_rng(8)
    true, given = dice.integers(0, 4, 300), dice.integers(0, 4, 300)
    rank = np.stack([(true - given) ** 2, true, given, true**2, given**2, np.ones(300)], 1).astype(float)
    places = np.array(["gold"] * 300), np.array(["fi"] * 300), np.arange(300).astype(str)
    cell = judge(Asked(*places, [Question("urgency", "kappa", rank, rank, np.ones(300))]), seed=1).cells[0]
    assert cell.champion == pytest.approx(cohen_kappa_score(true, given, weights="quadratic"))


def test_the_report_says_in_words_why_and_begins_with_the_worst_language() -> None:
    dice = np.random.default_rng(9)
    lost = dict.fromkeys((("vi", group) for group in GROUPS), 0.3)
    verdict = judge(asked(dice, {"gold": 200, "newest": 100}, lost), seed=1)
    words, table = in_words(verdict), gate_table(verdict)
    assert words.startswith("**Stopped**, because of ")
    assert any("the mean of all groups in vi" in reason for reason in reasons(verdict))
    assert "Noticed nine times in ten" in words
    rows = table.splitlines()
    assert "gold: champion → challenger" in rows[0]
    assert "newest: champion → challenger" in rows[0]
    assert rows[2].startswith("| vi | mean |")
    assert rows[-1].startswith(f"| {ALL} |")
    assert BOTH not in rows[0]
    fine = judge(asked(dice, {"gold": 200}), seed=1)
    assert in_words(fine).startswith("**Passed:**")


def test_a_test_message_that_is_failed_stops_a_challenger_that_lost_nothing() -> None:
    fine = judge(asked(np.random.default_rng(9), {"gold": 200}), seed=1)
    assert fine.passed
    failed = replace(fine, failures=["the test message in fi got themes returns instead of billing"])
    assert not failed.passed
    assert reasons(failed) == ["the test message in fi got themes returns instead of billing"]
    assert "1 test messages and 0 of" in in_words(failed)
