"""Critical messages that a challenger misses are no chance: it is stopped, and every fall is told."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.gate import drawn, ratio
from data.message import Message
from data.taxonomy import read_taxonomy
from models.answer import Answer, Choice, Language, Review, Urgency
from training.gate import ALL, BOTH, MISSED, Asked, Cell, Question, Verdict, judge
from training.gate_report import gate_table, in_words, reasons
from training.measures import asked_of_both

TAXONOMY = read_taxonomy()
RECALL = "critical recall"


def message(number: int, urgency: str | None, lang: str = "vi") -> Message:
    return Message(
        id=f"{lang}{number}", text="…", lang=lang, urgency=urgency, group=f"{lang}{number}", split="gold"
    )  # fmt: skip


def answer(urgency: str) -> Answer:
    return Answer(
        kind=Choice(label="other", confidence=0.9), themes=[],
        urgency=Urgency(label=urgency, confidence=0.9, respond_within_hours=1), signals=[], motives=[], emotion=None,
        language=Language(label="vi", confidence=1, supported=True), review=Review(needed=False), model_version="m",
        taxonomy_version=TAXONOMY.version,
    )  # fmt: skip


def compared(missed: dict[str, int], size: int = 80, sets: tuple[str, ...] = ("gold",)) -> Verdict:
    """Ask of `size` critical messages a language and as many calm ones; the challenger misses some, by language."""
    messages, theirs, ours, named = [], [], [], []
    for set_ in sets:
        for lang, count in missed.items():
            for number in range(2 * size):
                true = "critical" if number < size else "low"
                messages.append(message(number, true, lang))
                theirs.append(answer("low" if true == "critical" and number < -count else true))
                ours.append(answer("high" if true == "critical" and number < count else true))
                named.append(set_)
    return judge(asked_of_both(named, messages, theirs, ours, TAXONOMY), seed=1, resamples=200)


def pooled(verdict: Verdict, set_: str = "gold") -> Cell:
    return next(cell for cell in verdict.cells if (cell.set, cell.language, cell.name) == (set_, ALL, RECALL))


def test_recall_is_asked_of_the_truly_critical_alone() -> None:
    messages = [message(0, "critical"), message(1, "critical"), message(2, "low"), message(3, None)]
    theirs, ours = [answer("critical")] * 4, [answer(each) for each in ("high", "critical", "critical", "critical")]
    asked = asked_of_both(["gold"] * 4, messages, theirs, ours, TAXONOMY)
    (question,) = (each for each in asked.questions if each.name == RECALL)
    assert question.guarded
    assert question.counted.tolist() == [1, 1, 0, 0]
    assert question.champion.tolist() == [[1, 1], [1, 1], [0, 0], [0, 0]]
    assert question.challenger.tolist() == [[0, 1], [1, 1], [0, 0], [0, 0]]
    assert [each.name for each in asked.questions if each.guarded] == [RECALL]


def test_three_more_missed_in_one_language_stop_a_challenger_within_its_margin() -> None:
    verdict = compared({"fi": 0, "vi": 3, "es": 0, "en": 0})
    own = next(cell for cell in verdict.cells if (cell.language, cell.name) == ("vi", RECALL))
    assert own.loss < own.margin
    assert not verdict.passed
    assert [(cell.language, cell.name) for cell in verdict.stopped] == [(ALL, RECALL)]
    first = in_words(verdict).splitlines()[0]
    assert "critical recall fell in vi on gold (1.000 → 0.963, 3 of 80 messages)" in first
    assert "3 more messages missed than by the champion, where 1 may be" in reasons(verdict)[0]


@pytest.mark.parametrize(("missed", "passed"), [(0, True), (MISSED, True), (MISSED + 1, False)])
def test_as_many_messages_as_are_allowed_and_no_more(missed: int, passed: bool) -> None:
    verdict = compared({"fi": 0, "vi": missed})
    assert pooled(verdict).strict
    assert verdict.passed is passed
    first = in_words(verdict).splitlines()[0]
    assert ("fell in vi" in first) is (missed > 0)
    assert "fell in fi" not in first
    assert "no fall counts as chance" in in_words(verdict)


def test_what_one_language_gains_makes_up_for_another_and_the_fall_is_still_told() -> None:
    verdict = compared({"fi": -4, "vi": 3})
    assert pooled(verdict).loss < 0
    assert verdict.passed
    assert "critical recall fell in vi" in in_words(verdict).splitlines()[0]


def test_each_set_is_held_for_itself() -> None:
    verdict = compared({"fi": 0, "vi": 1}, sets=("gold", "newest"))
    assert verdict.passed  # one on each
    assert not pooled(verdict, BOTH).strict
    told = in_words(verdict).splitlines()[0]
    assert "on gold" in told
    assert "on newest" in told


def test_a_language_alone_is_held_too() -> None:
    assert compared({"vi": 1}).passed
    assert not compared({"vi": 2}).passed


def test_with_few_critical_messages_nobody_is_stopped_and_the_fall_is_told() -> None:
    right = np.ones(200, bool)
    few = np.arange(200) < 8
    sides = [np.stack([few * each, few], 1).astype(float) for each in (right, np.arange(200) >= 2)]
    rare = Question(RECALL, "ratio", sides[0], sides[1], few.astype(float), 10, headline=False, guarded=True)
    places = np.array(["gold"] * 200), np.array(["fi"] * 200), np.arange(200).astype(str)
    verdict = judge(Asked(*places, [ratio("kind", right, right), rare]), seed=1, resamples=200)
    assert verdict.passed
    assert "critical recall fell in fi on gold (1.000 → 0.750, 2 of 8 messages)" in in_words(verdict)


def test_the_other_figures_keep_their_margins() -> None:
    """What is not chance widens no margin of what is."""
    plain = drawn(np.random.default_rng(3), {"gold": 200}, 0.05)
    one = np.ones(len(plain.sets))
    sides = [np.stack([np.random.default_rng(seed).random(len(one)) < 0.5, one], 1).astype(float) for seed in (1, 2)]
    wild = Question(RECALL, "ratio", sides[0], sides[1], one, headline=False, guarded=True)
    alone = judge(plain, seed=1, resamples=200)
    assert not any(cell.strict for cell in alone.cells)
    beside = judge(
        Asked(plain.sets, plain.languages, plain.situations, [*plain.questions, wild]), seed=1, resamples=200
    )
    strict = [cell for cell in beside.cells if cell.strict]
    assert [(cell.set, cell.language, cell.name) for cell in strict] == [("gold", ALL, RECALL)]
    assert strict[0].margin == pytest.approx(1 / 800, rel=1e-3)


def test_a_taxonomy_of_one_group_has_its_rows_in_the_table() -> None:
    right = np.ones(60, bool)
    places = np.array(["gold"] * 60), np.array(["fi"] * 60), np.arange(60).astype(str)
    table = gate_table(judge(Asked(*places, [ratio("kind", right, right)]), seed=1, resamples=100))
    assert "| fi | kind | 1.000 → 1.000 (60) |" in table
