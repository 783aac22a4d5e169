"""What keeping silent gains, on answers made by hand."""

from __future__ import annotations

import pytest

from data.message import Message
from models.answer import Answer, Choice, Language, Mention, Plausible, Review, Urgency
from training.abstention import coverage_table, risk_curve, risk_table, theme_errors


def message(id_: str, themes: list[str], urgency: str = "low") -> Message:
    return Message(id=id_, text="…", lang="en", themes=themes, urgency=urgency, group=id_, split="gold")


def answer(themes: list[str], plausible: list[str] | None) -> Answer:
    return Answer(
        kind=Choice(label="complaint", confidence=0.9),
        themes=[Mention(label=theme, confidence=0.8) for theme in themes],
        urgency=Urgency(label="low", confidence=0.9, respond_within_hours=72),
        signals=[],
        motives=[],
        emotion=None,
        language=Language(label="en", confidence=1.0, supported=True),
        review=Review(needed=False),
        plausible=None if plausible is None else Plausible(error_rate=0.1, themes=plausible, urgency=["low"]),
        model_version="m",
        taxonomy_version="t",
    )


MESSAGES = [message("1", ["billing"]), message("2", ["billing", "returns"]), message("3", []), message("4", ["policy"])]
ANSWERS = [
    answer(["billing"], ["billing", "returns"]),
    answer(["billing"], ["billing"]),
    answer([], ["policy"]),
    answer(["policy"], ["policy"]),
]


def test_a_set_holds_the_truth_only_if_no_true_label_is_missing() -> None:
    row = coverage_table(MESSAGES, ANSWERS).splitlines()[-1]
    assert row == "| en | 75.0% | 1.2 | 100.0% | 1.0 |"


def test_a_model_without_promise_says_so() -> None:
    assert "no sets" in coverage_table(MESSAGES[:1], [answer(["billing"], None)])


def test_only_the_exact_themes_are_right() -> None:
    assert theme_errors(MESSAGES, ANSWERS) == [False, True, False, False]


def test_the_error_falls_when_the_unsure_are_left_out() -> None:
    wrong = [True, False, False, True]
    assert risk_curve(wrong, [0.1, 0.9, 0.8, 0.2]) == pytest.approx([0.0, 0.0, 1 / 3, 0.5])
    lines = risk_table(MESSAGES, ANSWERS, [0.9, 0.1, 0.8, 0.7]).splitlines()
    assert lines[2] == "| 100% | 0.250 | 0.250 |"
    assert lines[-1] == "| 50% | 0.000 | 0.000 |"
