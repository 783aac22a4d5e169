"""The taxonomy: which labels there are, what they mean in each language, and which rules tie them together.

A company may bring its own file: any labels, in any subset of the six groups. Everything that trains, serves and draws
pages reads labels from here and from nowhere else.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

DEFAULT = Path(__file__).parent / "taxonomy.yaml"

GroupId = Literal["kind", "themes", "urgency", "signals", "motives", "emotion"]
GROUP_IDS: tuple[GroupId, ...] = ("kind", "themes", "urgency", "signals", "motives", "emotion")
SINGLE: frozenset[GroupId] = frozenset({"kind", "urgency", "emotion"})
"""Groups of which a message has exactly one label; of the others it has a set."""

Labels = Mapping[str, str | list[str]]
"""A message's labels: a string for single groups, a list for the others."""


class TaxonomyError(ValueError):
    """The taxonomy file is missing, unreadable or inconsistent; the message says where and what to do."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Label(_Strict):
    """One label: its id, and per language a name, a definition and an example."""

    id: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    name: dict[str, str]
    definition: dict[str, str] = {}
    example: dict[str, str] = {}
    respond_within_hours: float | None = Field(default=None, gt=0)
    justice: str | None = None


class Group(_Strict):
    """Labels that answer one question. `ordered` groups list their labels from the least to the most pressing."""

    id: GroupId
    name: dict[str, str]
    mode: Literal["one", "many", "ordered"]
    evidence: bool = False
    labels: list[Label] = Field(min_length=2)

    @cached_property
    def ids(self) -> list[str]:
        return [label.id for label in self.labels]

    def label(self, id_: str) -> Label:
        """Look a label up; raises `KeyError` for an id that the group does not have."""
        return next(label for label in self.labels if label.id == id_) if id_ in self.ids else _missing(id_, self.id)


class Rule(_Strict):
    """Where `group` has one of `labels`, every group in `empty` has none and every group in `needed` at least one."""

    group: GroupId
    labels: list[str]
    empty: list[GroupId] = []
    needed: list[GroupId] = []


class Taxonomy(_Strict):
    """All groups of labels, the languages that they are named in, and the rules between them."""

    version: str = Field(min_length=1)
    languages: list[str] = Field(min_length=1)
    groups: list[Group] = Field(min_length=1)
    rules: list[Rule] = []

    @model_validator(mode="after")
    def _consistent(self) -> Taxonomy:
        ids = [group.id for group in self.groups]
        if len(set(ids)) != len(ids):
            raise ValueError("a group stands twice")
        for group in self.groups:
            if len(set(group.ids)) != len(group.ids):
                raise ValueError(f"group {group.id!r}: a label stands twice")
            if (group.mode == "ordered") != (group.id == "urgency") or (group.id in SINGLE and group.mode == "many"):
                raise ValueError(f"group {group.id!r} cannot have mode {group.mode!r}")
            for label in group.labels:
                if missing := [language for language in self.languages if not label.name.get(language)]:
                    raise ValueError(f"label {group.id}.{label.id} has no name in {', '.join(missing)}")
                if group.id == "urgency" and label.respond_within_hours is None:
                    raise ValueError(f"label urgency.{label.id} needs respond_within_hours")
        for rule in self.rules:
            known = self.ids(rule.group)
            if unknown := [label for label in rule.labels if label not in known]:
                raise ValueError(f"a rule names {rule.group}.{unknown[0]}, which is no label")
        return self

    def group(self, id_: str) -> Group | None:
        """Return the group of that id, or None where this taxonomy has none."""
        return next((group for group in self.groups if group.id == id_), None)

    def ids(self, group: str) -> list[str]:
        """List the label ids of a group, in order; empty where this taxonomy has no such group."""
        found = self.group(group)
        return found.ids if found else []

    def problems(self, labels: Labels) -> list[str]:
        """Say in words what is wrong with a message's labels; an empty list means nothing is."""
        found: list[str] = []
        for group in self.groups:
            given = labels.get(group.id)
            chosen = as_list(given)
            found += [f"{group.id}: unknown label {label!r}" for label in chosen if label not in group.ids]
            if len(set(chosen)) != len(chosen):
                found.append(f"{group.id}: a label stands twice")
            if group.id in SINGLE and (not isinstance(given, str) or not given):
                found.append(f"{group.id}: needs exactly one label")
            if group.mode == "one" and len(chosen) > 1:
                found.append(f"{group.id}: takes one label, has {len(chosen)}")
        for rule in self.rules:
            if not set(as_list(labels.get(rule.group))) & set(rule.labels):
                continue
            told = f"{rule.group} {'/'.join(rule.labels)}"
            found += [f"{told} must have no {other}" for other in rule.empty if as_list(labels.get(other))]
            found += [
                f"{told} needs at least one of {other}" for other in rule.needed if not as_list(labels.get(other))
            ]
        return found


def as_list(value: str | Iterable[str] | None) -> list[str]:
    """Return a group's labels as a list, whichever way they are written."""
    if value is None or value == "":
        return []
    return [value] if isinstance(value, str) else list(value)


def read_taxonomy(path: Path = DEFAULT) -> Taxonomy:
    """Read and check a taxonomy file; raises `TaxonomyError` that names the file, the place and the mend."""
    try:
        written = yaml.safe_load(path.read_text(encoding="utf-8"))
        return Taxonomy.model_validate(written)
    except FileNotFoundError as error:
        raise TaxonomyError(f"there is no taxonomy file {path}; give the path of one, or use {DEFAULT.name}") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise TaxonomyError(f"{path} is not a readable YAML file: {error}") from error
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"]) or "the whole file"
        raise TaxonomyError(f"{path}, at {place}: {first['msg']} ({error.error_count()} problem(s) in all)") from error


def _missing(id_: str, group: str) -> Label:
    raise KeyError(f"{group} has no label {id_!r}")
