"""The words of the page in each language, and which language a person gets.

The words stand in `interface.yaml`. Names of labels do not: those come from the taxonomy, whatever labels it has.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, model_validator

from data.taxonomy import Taxonomy

CATALOGUE = Path(__file__).parent / "interface.yaml"

Words = dict[str, str]
"""One phrase by language."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Example(_Strict):
    """A kind of message worth trying: its title by interface language, and one text by message language."""

    title: Words
    text: Words


class Interface(_Strict):
    """All words of the page. Every phrase must be there in every language, or the service does not start."""

    languages: Words
    """Each interface language under the name that it gives itself."""
    phrases: dict[str, Words]
    reasons: dict[str, Words] = {}
    examples: list[Example] = []

    @model_validator(mode="after")
    def _complete(self) -> Interface:
        entries = {**self.phrases, **{f"reason {name}": words for name, words in self.reasons.items()}}
        entries |= {f"example {number}": each.title for number, each in enumerate(self.examples)}
        for name, words in entries.items():
            if missing := [language for language in self.languages if not words.get(language)]:
                raise ValueError(f"{name!r} is missing in {', '.join(missing)}")
        return self

    def choose(self, wanted: str | None, accepted: str | None) -> str:
        """Choose the interface language: the one asked for, else the best of Accept-Language, else the last listed."""
        if wanted in self.languages:
            return str(wanted)
        for tag in _preferred(accepted or ""):
            if (language := tag.split("-")[0].lower()) in self.languages:
                return language
        return list(self.languages)[-1]

    def phrase(self, ui: str) -> dict[str, str]:
        """Every phrase in one language."""
        return {name: words[ui] for name, words in self.phrases.items()}

    def for_page(self, ui: str, taxonomy: Taxonomy) -> dict[str, Any]:
        """Put together what the page's script needs: phrases, reasons, and the taxonomy's names in one language."""
        return {
            "ui": ui,
            "phrases": self.phrase(ui),
            "reasons": {name: words[ui] for name, words in self.reasons.items()},
            "groups": [
                {
                    "id": group.id,
                    "name": named(group.name, ui, group.id),
                    "labels": {
                        label.id: {
                            "name": named(label.name, ui, label.id),
                            "definition": named(label.definition, ui, ""),
                        }
                        for label in group.labels
                    },
                    "order": group.ids,
                }
                for group in taxonomy.groups
            ],
        }

    def examples_for(self, languages: Sequence[str], ui: str) -> dict[str, list[tuple[str, str]]]:
        """Give the examples as (title, text) by message language, for the languages of the model."""
        found = {
            language: [(each.title[ui], each.text[language]) for each in self.examples if language in each.text]
            for language in languages
        }
        return {language: examples for language, examples in found.items() if examples}


@cache
def read_interface(path: Path = CATALOGUE) -> Interface:
    """Read and check the words of the page."""
    return Interface.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))


def named(names: Words, language: str, otherwise: str) -> str:
    """Choose a name: in `language`, else in English, else in any language, else `otherwise`."""
    return names.get(language) or names.get("en") or next(iter(names.values()), otherwise)


def _preferred(header: str) -> list[str]:
    """List the tags of an Accept-Language header, the most wanted first (RFC 9110, 12.5.4)."""
    weighed: list[tuple[float, str]] = []
    for part in header[:1_000].split(","):
        tag, _, weight = part.strip().partition(";q=")
        try:
            wanted = float(weight) if weight else 1.0
        except ValueError:
            wanted = 0.0
        if tag and wanted > 0:
            weighed.append((-wanted, tag))
    return [tag for _, tag in sorted(weighed, key=lambda pair: pair[0])]
