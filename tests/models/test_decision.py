from __future__ import annotations

import numpy as np
import pytest

from data.taxonomy import read_taxonomy
from models.answer import Answer, Language, Reason, Span
from models.calibration import Calibration, ReviewLimits, Scale
from models.decision import Decider, chances, ordered_choice
from models.layout import Columns, evidence_columns, layout

TAXONOMY = read_taxonomy()
FINNISH = Language(label="fi", confidence=0.99, supported=True)


def columns(group: str) -> Columns:
    return next(found for found in layout(TAXONOMY) if found.group == group)


def scores(**wanted: list[str]) -> np.ndarray:
    """Scores of 4 for the labels named and −4 for all others; ordered steps up to the label named."""
    row = np.full(layout(TAXONOMY)[-1].stop, -4.0, dtype=np.float32)
    for group, labels in wanted.items():
        found = columns(group)
        for label in labels:
            at = found.labels.index(label)
            if found.mode == "ordered":
                row[found.start : found.start + at] = 4.0
            else:
                row[found.start + at] = 4.0
    return row


def decide(row: np.ndarray, calibration: Calibration | None = None) -> Answer:
    decider = Decider(TAXONOMY, calibration or Calibration(scales={}, thresholds={}), "m-1")
    return decider.decide(row, FINNISH, lambda group, label: [Span(start=0, end=3)], [])


def test_columns_cover_every_label_once() -> None:
    found = layout(TAXONOMY)
    assert [c.start for c in found[1:]] == [c.stop for c in found[:-1]]
    assert columns("urgency").size == 3
    assert len(evidence_columns(TAXONOMY)) == 15 + 8


def test_chances_of_one_and_ordered_groups_add_up() -> None:
    row = np.random.default_rng(0).normal(size=layout(TAXONOMY)[-1].stop).astype(np.float32) * 3
    for group in ("kind", "emotion", "urgency"):
        chance = chances(row, columns(group), {})
        assert chance.sum() == pytest.approx(1, abs=1e-5)
        assert (chance >= 0).all()


def test_ordered_steps_that_contradict_each_other_stay_chances() -> None:
    row = scores(urgency=["low"])
    row[columns("urgency").start + 2] = 4.0  # "more than high" yet not "more than low"
    chance = chances(row, columns("urgency"), {})
    assert (chance >= 0).all()
    assert ordered_choice(chance) == 0


def test_scales_move_chances() -> None:
    row = scores(themes=["billing"])
    plain = chances(row, columns("themes"), {})
    wary = chances(row, columns("themes"), {"billing": Scale(slope=0.25, offset=-1.0)})
    at = columns("themes").labels.index("billing")
    assert plain[at] == pytest.approx(1 / (1 + np.exp(-4)), abs=1e-5)
    assert wary[at] == pytest.approx(0.5, abs=1e-5)


def test_answer_holds_what_the_scores_say() -> None:
    answer = decide(scores(kind=["complaint"], themes=["billing"], urgency=["high"], signals=["money_out"],
                           motives=["redress"], emotion=["anger"]))  # fmt: skip
    assert answer.kind is not None
    assert answer.urgency is not None
    assert (answer.kind.label, answer.urgency.label, answer.urgency.respond_within_hours) == ("complaint", "high", 8)
    assert [mention.label for mention in answer.themes] == ["billing"]
    assert answer.themes[0].evidence == [Span(start=0, end=3)]
    assert not answer.review.needed


def test_a_complaint_gets_its_likeliest_theme_and_other_gets_none() -> None:
    row = scores(kind=["complaint"], urgency=["low"], emotion=["neutral"])
    row[columns("themes").start + columns("themes").labels.index("policy")] = -1.0
    assert [mention.label for mention in decide(row).themes] == ["policy"]
    silent = decide(scores(kind=["other"], themes=["policy"], motives=["voice"], urgency=["low"], emotion=["neutral"]))
    assert silent.themes == []
    assert silent.motives == []


def test_thresholds_are_by_language() -> None:
    row = scores(kind=["request"], urgency=["low"], emotion=["neutral"])
    row[columns("themes").start + columns("themes").labels.index("policy")] = 0.0
    strict = {"themes": {"policy": {"*": 0.4, "fi": 0.6}}}
    assert decide(row, Calibration(scales={}, thresholds=strict)).themes == []
    loose = {"themes": {"policy": {"*": 0.6, "fi": 0.4}}}
    assert len(decide(row, Calibration(scales={}, thresholds=loose)).themes) == 1


def test_doubt_asks_for_a_person() -> None:
    row = scores(kind=["complaint"], themes=["billing"], urgency=["low"], emotion=["anger"])
    row[columns("urgency").start : columns("urgency").stop] = -0.5
    limits = ReviewLimits(single={"urgency": 0.7}, urgent=0.2)
    answer = decide(row, Calibration(scales={}, thresholds={}, review=limits))
    assert answer.review.needed
    assert answer.review.reasons == [Reason.low_confidence, Reason.conflicting_urgency]


def test_abstention_says_nothing_but_why() -> None:
    decider = Decider(TAXONOMY, Calibration(scales={}, thresholds={}), "m-1")
    swedish = Language(label="sv", confidence=0.9, supported=False)
    answer = decider.abstain(swedish, Reason.unsupported_language)
    assert (answer.kind, answer.urgency, answer.emotion) == (None, None, None)
    assert answer.themes == []
    assert answer.review.reasons == [Reason.unsupported_language]


def test_the_most_pressing_label_may_be_given_before_it_is_the_likeliest() -> None:
    row = scores(urgency=["high"])
    row[columns("urgency").start + 2] = -0.6  # a chance of 0.35 that it is critical
    alarm = Calibration(scales={}, thresholds={"urgency": {"critical": {"*": 0.3}}})
    for calibration, label in ((None, "high"), (alarm, "critical")):
        urgency = decide(row, calibration).urgency
        assert urgency is not None
        assert urgency.label == label
