"""An answer as columns of a table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from data.tables.table import Added, Kind
from models.answer import Answer, Choice, Mention

PREFIX: Final = "reclamo_"
NOTE: Final = "note"
"""Says why a row has no answer, or what is wrong with its form."""
COLUMNS: Final = {
    "kind": Kind.text,
    "kind_confidence": Kind.number,
    "themes": Kind.texts,
    "themes_confidence": Kind.numbers,
    "urgency": Kind.text,
    "urgency_confidence": Kind.number,
    "respond_within_hours": Kind.number,
    "signals": Kind.texts,
    "signals_confidence": Kind.numbers,
    "motives": Kind.texts,
    "motives_confidence": Kind.numbers,
    "emotion": Kind.text,
    "emotion_confidence": Kind.number,
    "language": Kind.text,
    "language_confidence": Kind.number,
    "language_supported": Kind.flag,
    "review": Kind.flag,
    "review_reasons": Kind.texts,
    "plausible_themes": Kind.texts,
    "plausible_urgency": Kind.texts,
    "model_version": Kind.text,
    "taxonomy_version": Kind.text,
    NOTE: Kind.text,
}
"""Without the prefix. Confidences stand in the order of their labels."""
_VERSION: Final = [*COLUMNS].index("model_version")
EVIDENCE: Final = {"themes_evidence": Kind.spans, "signals_evidence": Kind.spans}


def added_columns(*, evidence: bool) -> list[Added]:
    """List the columns that a table gets."""
    told = COLUMNS | EVIDENCE if evidence else COLUMNS
    return [Added(PREFIX + name, kind) for name, kind in told.items()]


def answered(answer: Answer, note: str | None, *, evidence: bool) -> list[Any]:
    """Put an answer into the columns, in their order; plain values that JSON keeps as they are."""
    plausible = answer.plausible
    values = [
        *_single(answer.kind),
        *_several(answer.themes),
        *_single(answer.urgency),
        answer.urgency.respond_within_hours if answer.urgency else None,
        *_several(answer.signals),
        *_several(answer.motives),
        *_single(answer.emotion),
        *_single(answer.language),
        answer.language.supported,
        answer.review.needed,
        [str(reason) for reason in answer.review.reasons],
        plausible.themes if plausible else None,
        plausible.urgency if plausible else None,
        answer.model_version,
        answer.taxonomy_version,
        note,
    ]
    return [*values, _spans(answer.themes), _spans(answer.signals)] if evidence else values


def unanswered(note: str, *, evidence: bool) -> list[Any]:
    """Fill the columns of a row without an answer."""
    names = [*COLUMNS, *EVIDENCE] if evidence else [*COLUMNS]
    return [note if name == NOTE else None for name in names]


def is_answered(values: Sequence[Any]) -> bool:
    """Tell whether a row has an answer, be it that the model abstains."""
    return values[_VERSION] is not None


def _single(choice: Choice | Any) -> tuple[str | None, float | None]:  # noqa: ANN401
    return (choice.label, choice.confidence) if choice else (None, None)


def _several(choices: Sequence[Choice]) -> tuple[list[str], list[float]]:
    return [each.label for each in choices], [each.confidence for each in choices]


def _spans(mentions: Sequence[Mention]) -> list[dict[str, Any]]:
    return [
        {"label": mention.label, "start": span.start, "end": span.end}
        for mention in mentions
        for span in mention.evidence
    ]
