"""What keeping silent gains: how often plausible sets hold the truth, and how the error falls among the sure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from data.message import Message
from data.taxonomy import as_list
from models.answer import Answer

SHARES = (1.0, 0.9, 0.8, 0.7, 0.6, 0.5)
"""Parts of the messages, the surest first, at which the error is told."""


def coverage_table(messages: Sequence[Message], answers: Sequence[Answer]) -> str:
    """Write, per language, how often the plausible sets held every true label, and how large they were."""
    rate = next((answer.plausible.error_rate for answer in answers if answer.plausible), None)
    if rate is None:
        return "This model promises no sets.\n"
    lines = [
        f"Promised: at least {1 - rate:.0%}, with a chance of 95% over the draw of the calibration split.",
        "",
        "| language | themes held | labels in a set | urgency held | labels in a set |",
        "|---|---|---|---|---|",
    ]
    for language in sorted({message.lang for message in messages}):
        cells = []
        for group in ("themes", "urgency"):
            pairs = [each for each in _sets(messages, answers, group) if each[0] == language]
            if not pairs:
                cells += ["–", "–"]
                continue
            cells.append(f"{np.mean([true <= held for _, true, held in pairs]):.1%}")
            cells.append(f"{np.mean([len(held) for _, _, held in pairs]):.1f}")
        lines.append(f"| {language} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def _sets(
    messages: Sequence[Message], answers: Sequence[Answer], group: str
) -> Iterator[tuple[str, set[str], set[str]]]:
    for message, answer in zip(messages, answers, strict=True):
        if answer.plausible and group in message.labels:
            yield message.lang, set(as_list(message.labels[group])), set(getattr(answer.plausible, group))


def theme_errors(messages: Sequence[Message], answers: Sequence[Answer]) -> list[bool]:
    """Say of each message whether the themes given are not exactly the true ones."""
    said = [{theme.label for theme in answer.themes} for answer in answers]
    return [set(message.themes) != themes for message, themes in zip(messages, said, strict=True)]


def risk_curve(wrong: Sequence[bool], certainty: Sequence[float]) -> list[float]:
    """Share of wrong answers among the surest k messages, for k = 1 … all (El-Yaniv & Wiener 2010)."""
    order = np.argsort(-np.asarray(certainty), kind="stable")
    return [float(each) for each in np.cumsum(np.asarray(wrong, float)[order]) / np.arange(1, len(order) + 1)]


def risk_curves(
    messages: Sequence[Message], answers: Sequence[Answer], certainty: Sequence[float]
) -> dict[str, list[float]]:
    """Give the `risk_curve` of wrong theme sets per language, and of `all`."""
    wrong = theme_errors(messages, answers)
    curves = {}
    for language in (*sorted({message.lang for message in messages}), "all"):
        rows = [i for i, message in enumerate(messages) if language in (message.lang, "all")]
        curves[language] = risk_curve([wrong[i] for i in rows], [certainty[i] for i in rows])
    return curves


def risk_table(messages: Sequence[Message], answers: Sequence[Answer], certainty: Sequence[float]) -> str:
    """Write the share of wrong theme sets among the surest part of the messages, per language."""
    curves = risk_curves(messages, answers, certainty)
    lines = ["| answered | " + " | ".join(curves) + " |", "|---|" + "---|" * len(curves)]
    for share in SHARES:
        cells = [f"{curve[max(1, round(share * len(curve))) - 1]:.3f}" for curve in curves.values()]
        lines.append(f"| {share:.0%} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"
