"""Sets that hold the truth at the promised rate."""

from __future__ import annotations

import numpy as np
import pytest

from models.plausible import plausible, strangeness
from training.calibrate import RATES, strange_limit

LIMITS = {"*": {"0.1": 0.6, "0.2": 0.4}, "fi": {"0.1": 0.9, "0.2": 0.7}}
CHANCE = np.array([0.5, 0.15, 0.35], np.float32)


def test_the_strangest_true_label_counts() -> None:
    assert strangeness(CHANCE, [0, 1]) == pytest.approx(0.85)
    assert strangeness(CHANCE, []) == 0.0


@pytest.mark.parametrize(
    ("language", "rate", "expected"),
    [("fi", 0.1, [0, 1, 2]), ("fi", 0.2, [0, 2]), ("es", 0.1, [0]), ("es", 0.15, [0]), ("es", 0.05, [0, 1, 2])],
    ids=["own language", "higher rate", "any other language", "rate between", "rate that was not promised"],
)
def test_sets_follow_language_and_rate(language: str, rate: float, expected: list[int]) -> None:
    assert plausible(CHANCE, [], LIMITS, language, rate) == expected


def test_labels_given_are_always_plausible() -> None:
    assert plausible(CHANCE, [1], LIMITS, "es", 0.2) == [1]


@pytest.mark.parametrize("rate", [0.05, 0.1, 0.2])
def test_the_promise_holds_nineteen_times_in_twenty(rate: float) -> None:
    dice = np.random.default_rng(7)
    kept = [1 - strange_limit(dice.random(250), rate) <= rate for _ in range(400)]  # uniform: coverage is the limit
    assert 0.92 <= np.mean(kept) <= 0.99


def test_too_few_messages_promise_nothing_less_than_everything() -> None:
    assert strange_limit(np.array([0.1, 0.2, 0.3]), min(RATES)) == 1.0
