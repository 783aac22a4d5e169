"""A message whose labels are known: what a model must get right before it is sent any other.

They travel in the artifact, a few for each language, because which labels there are depends on the model.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from pydantic import BaseModel, ConfigDict, Field

from data.taxonomy import GroupId, Taxonomy
from models.answer import Answer, Choice


class Canary(BaseModel):
    """A message, and by group the label that it must get. Without labels any answer will do."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    text: str = Field(min_length=1, max_length=2_000)
    labels: dict[GroupId, str] = {}

    def within(self, taxonomy: Taxonomy) -> Canary:
        """Ask for no labels but those that a taxonomy has."""
        known = {group: label for group, label in self.labels.items() if label in taxonomy.ids(group)}
        return self.model_copy(update={"labels": known})

    def problem(self, answer: Answer) -> str | None:
        """Say what is wrong with the answer to it, or None."""
        return next((_told(answer, group, label) for group, label in self.missed(answer).items()), None)

    def missed(self, answer: Answer) -> dict[GroupId, str]:
        """Pick the labels that the answer does not give it."""
        return {group: label for group, label in self.labels.items() if label not in _found(answer, group)}


def canaries_for(
    languages: Iterable[str], taxonomy: Taxonomy, kept: Mapping[str, Sequence[Canary]]
) -> dict[str, list[Canary]]:
    """Give every language of a model its test messages: those `kept` for it, else a label's example or name."""
    label = taxonomy.groups[0].labels[0]
    return {
        language: list(kept.get(language, ()))
        or [Canary(text=label.example.get(language) or label.name.get(language) or label.id)]
        for language in languages
    }


def _found(answer: Answer, group: GroupId) -> list[str]:
    given: Choice | Sequence[Choice] | None = getattr(answer, group)
    return [each.label for each in (given if isinstance(given, Sequence) else [given]) if each]


def _told(answer: Answer, group: GroupId, label: str) -> str:
    return f"got {group} {', '.join(_found(answer, group)) or 'none'} instead of {label}"
