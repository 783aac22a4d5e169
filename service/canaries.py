"""A message in each language whose label is known: what a model must get right before it is sent any other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from models.answer import Answer, Choice


@dataclass(frozen=True, slots=True)
class Canary:
    """A message, and by group the label that it must get. Without labels any answer will do."""

    text: str
    labels: Mapping[str, str] = field(default_factory=dict)

    def problem(self, answer: Answer) -> str | None:
        """Say what is wrong with the answer to it, or None."""
        for group, label in self.labels.items():
            given: Choice | list[Choice] | None = getattr(answer, group)
            found = [each.label for each in (given if isinstance(given, list) else [given]) if each]
            if label not in found:
                return f"got {group} {', '.join(found) or 'none'} instead of {label}"
        return None
