"""From an answer to what the store keeps of it: its labels, how sure it is, and its spans in the redacted text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Protocol

from data.store.records import Reading, StoredLabels
from data.taxonomy import GROUP_IDS, SINGLE, Taxonomy
from models.answer import Answer, Choice, Mention, Reason, Span

ABSTAINS: Final = frozenset({Reason.unsupported_language, Reason.unintelligible})


class Redacted(Protocol):
    """A text without personal data, and where the parts of the original stand in it."""

    @property
    def text(self) -> str:
        """The text that may be kept."""
        ...

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Say where a part of the original stands now."""
        ...


class Redact(Protocol):
    """Takes personal data out of a text. `language` may help, and may be missing."""

    def __call__(self, text: str, language: str | None = None) -> Redacted: ...


def reading_of(answer: Answer, redacted: Redacted, taxonomy: Taxonomy, *, shadow: bool = False) -> Reading:
    """Make the record of an answer to the text that `redacted` was made of."""
    abstained = not ABSTAINS.isdisjoint(answer.review.reasons)
    labels: StoredLabels = {}
    sure: list[float] = []
    for group in GROUP_IDS:
        given: Choice | Sequence[Choice] | None = getattr(answer, group)
        choices = [given] if isinstance(given, Choice) else list(given or ())
        sure += [each.confidence for each in choices]
        if group in SINGLE and choices:
            labels[group] = choices[0].label
        elif group not in SINGLE and not abstained and taxonomy.group(group):
            labels[group] = [each.label for each in choices]
    return Reading(
        model_version=answer.model_version,
        taxonomy_version=answer.taxonomy_version,
        labels=labels,
        certainty=0.0 if abstained else min(sure, default=0.0),
        hours=answer.urgency.respond_within_hours if answer.urgency else None,
        review=[reason.value for reason in answer.review.reasons] if answer.review.needed else [],
        answer=moved(answer, redacted).model_dump(mode="json"),
        shadow=shadow,
    )


def moved(answer: Answer, redacted: Redacted) -> Answer:
    """Point the evidence into the redacted text."""

    def move(mentions: Sequence[Mention]) -> list[Mention]:
        return [each.model_copy(update={"evidence": [at(span) for span in each.evidence]}) for each in mentions]

    def at(span: Span) -> Span:
        start, end = redacted.span(span.start, span.end)
        return Span(start=start, end=end)

    return answer.model_copy(update={"themes": move(answer.themes), "signals": move(answer.signals)})
