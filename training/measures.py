"""Answers of two models as the numbers that the gate adds up (`training.gate.Question`)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from data.message import Message
from data.taxonomy import Group, Labels, Taxonomy, as_list
from models.answer import Answer
from training.evaluate import answer_labels
from training.gate import FEWEST_PRESSING, Asked, Measure, Numbers, Question
from training.reliability import BINS, claims

CALIBRATION, PRESSING = "calibration error", "recall"


def asked_of_both(
    sets: Sequence[str],
    messages: Sequence[Message],
    champion: Sequence[Answer],
    challenger: Sequence[Answer],
    taxonomy: Taxonomy,
) -> Asked:
    """Compare two models' answers to the same messages; `sets` names the set of each message.

    Kind and feeling count by accuracy, sets of labels by micro-F1, urgency by quadratic-weighted kappa and by the
    recall of its most pressing label; confidences by their calibration error. What nobody settled counts for neither.
    """
    both = (champion, challenger)
    questions: list[Question] = []
    for group in taxonomy.groups:
        known = np.array([group.id in message.labels for message in messages], float)
        told = [[_told(group, message, answer_labels(answer)) for message, answer in _pairs(messages, each)]
                for each in both]  # fmt: skip
        measure: Measure = "kappa" if group.mode == "ordered" else "ratio"
        one, other = (np.array(rows, float) * known[:, None] for rows in told)
        questions.append(Question(group.id, measure, one, other, known))
        if group.mode == "ordered":
            questions.append(_pressing(group, messages, champion, challenger))
        sure = [
            np.array([_claimed(m, a, group.id) for m, a in _pairs(messages, each)]) * known[:, None] for each in both
        ]
        given = sure[0][:, -1]
        questions.append(Question(f"{group.id} {CALIBRATION}", "calibration", sure[0], sure[1], given, headline=False))
    return Asked(np.array(sets), np.array([m.lang for m in messages]), np.array([m.group for m in messages]), questions)


def _pairs(messages: Sequence[Message], answers: Sequence[Answer]) -> zip[tuple[Message, Answer]]:
    return zip(messages, answers, strict=True)


def _told(group: Group, message: Message, said: Labels) -> list[float]:
    true, given = as_list(message.labels.get(group.id)), as_list(said.get(group.id))
    if group.mode == "many":
        return [2.0 * len({*true} & {*given}), float(len({*true}) + len({*given}))]
    if group.mode == "one":
        return [float(true == given), 1.0]
    rank = {label: float(i) for i, label in enumerate(group.ids)}  # no answer counts as the calmest
    a, b = (rank.get(labels[0], 0.0) if labels else 0.0 for labels in (true, given))
    return [(a - b) ** 2, a, b, a * a, b * b, 1.0]


def _pressing(
    group: Group, messages: Sequence[Message], champion: Sequence[Answer], challenger: Sequence[Answer]
) -> Question:
    worst = group.ids[-1]
    true = np.array([worst in as_list(message.labels.get(group.id)) for message in messages], float)
    sides: list[Numbers] = []
    for answers in (champion, challenger):
        called = np.array([worst in as_list(answer_labels(answer).get(group.id)) for answer in answers], float)
        sides.append(np.stack([true * called, true], axis=1))
    return Question(
        f"{worst} {PRESSING}", "ratio", sides[0], sides[1], true, fewest=FEWEST_PRESSING, headline=False, guarded=True
    )


def _claimed(message: Message, answer: Answer, group: str) -> Numbers:
    """Confidence minus right in each bin, and the number of labels given."""
    found = np.zeros(BINS + 1)
    for confidence, right in claims(message, answer, group):
        found[min(int(confidence * BINS), BINS - 1)] += confidence - right
        found[-1] += 1
    return found
