"""Does a confidence of 0.8 mean right four times in five? Measured on the confidences that answers give."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from data.message import Message
from data.taxonomy import Taxonomy, as_list
from models.answer import Answer, Choice, Mention, Urgency

BINS = 10
DRAWS = 200


def claims(message: Message, answer: Answer, group: str) -> list[tuple[float, bool]]:
    """List (confidence, right) of every label of a group that an answer gives; none where nobody labelled it."""
    if group not in message.labels:
        return []
    given: Choice | Urgency | Sequence[Choice | Mention] | None = getattr(answer, group)
    each = [] if given is None else [given] if isinstance(given, Choice | Urgency) else list(given)
    true = as_list(message.labels[group])
    return [(one.confidence, one.label in true) for one in each]


def all_claims(
    messages: Sequence[Message], answers: Sequence[Answer], taxonomy: Taxonomy
) -> dict[str, list[tuple[float, bool]]]:
    """List the `claims` of all answers by group."""
    return {
        group.id: [one for m, a in zip(messages, answers, strict=True) for one in claims(m, a, group.id)]
        for group in taxonomy.groups
    }


def calibration_error(claimed: Sequence[tuple[float, bool]]) -> float:
    """Mean distance of confidence and share of right answers over ten bins of confidence, by their size (0 to 1)."""
    if not claimed:
        return 0.0
    confidence, right = (np.array(side, float) for side in zip(*claimed, strict=True))
    which = np.minimum((confidence * BINS).astype(int), BINS - 1)
    count = np.bincount(which, minlength=BINS)
    gap = np.bincount(which, confidence, minlength=BINS) - np.bincount(which, right, minlength=BINS)
    return float(np.abs(gap).sum() / count.sum())


def error_by_chance(claimed: Sequence[tuple[float, bool]], seed: int = 1) -> float:
    """Mean `calibration_error` if every confidence were exactly right: few labels never look quite calibrated."""
    if not claimed:
        return 0.0
    dice = np.random.default_rng(seed)
    sure = np.array([confidence for confidence, _ in claimed])
    draws = dice.random((DRAWS, len(sure))) < sure
    return float(np.mean([calibration_error(list(zip(sure, right, strict=True))) for right in draws]))


def reliability_table(messages: Sequence[Message], answers: Sequence[Answer], taxonomy: Taxonomy) -> str:
    """Write the calibration error per group and language, with the number of labels given and what chance makes."""
    languages = sorted({message.lang for message in messages})
    lines = ["| group | " + " | ".join(languages) + " | all |", "|---|" + "---|" * (len(languages) + 1)]
    for group in taxonomy.groups:
        pairs = [(m.lang, claims(m, a, group.id)) for m, a in zip(messages, answers, strict=True)]
        cells = []
        for language in (*languages, None):
            own = [claim for lang, part in pairs if language in (lang, None) for claim in part]
            cells.append(f"{calibration_error(own):.3f} ({len(own)}; {error_by_chance(own):.3f})")
        lines.append(f"| {group.id} | " + " | ".join(cells) + " |")
    lines += [
        "",
        "In brackets the number of labels, and the error that confidences would show if all were exactly right.",
    ]
    return "\n".join(lines) + "\n"
