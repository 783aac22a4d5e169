"""How the labels of one version of a taxonomy became those of the next: renamed, merged, split, added, removed.

A map is a YAML file that people write beside the taxonomy when its labels change. What it does not name is unchanged:

    from: "2026.1"
    to: "2026.2"
    renamed: {themes: {staff_conduct: conduct}}
    merged: {emotion: {upset: [sadness, disappointment]}}
    split: {themes: {delivery: [delivery, tracking]}}
    added: {signals: [accessibility]}
    removed: {motives: [voice]}

Only labels have a fate here. What a label means may shift under the same id all the same: then split it, or remove and
add it, so that nobody reads the old judgements as new ones.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from data.taxonomy import GROUP_IDS, GroupId, Taxonomy, TaxonomyError

SHOWN = 8
"""Problems told before the rest is only counted."""

Fate = frozenset[str | None]
"""What may stand for a label afterwards: one label for sure, or one or more of several; None is nothing."""


class TaxonomyMapError(TaxonomyError):
    """A map is missing, unreadable, or does not lead from the one taxonomy to the other; the message says where."""


class TaxonomyMap(BaseModel):
    """What became of labels, by group: `renamed` old to new, `merged` new from old ones, `split` old into new ones."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    from_: str = Field(alias="from", min_length=1)
    to: str = Field(min_length=1)
    renamed: dict[GroupId, dict[str, str]] = {}
    merged: dict[GroupId, dict[str, list[str]]] = {}
    split: dict[GroupId, dict[str, list[str]]] = {}
    added: dict[GroupId, list[str]] = {}
    removed: dict[GroupId, list[str]] = {}

    def fate(self, group: GroupId, label: str) -> Fate:
        """Say what stands for an old label now; a label that the map does not name stands for itself."""
        if new := self.renamed.get(group, {}).get(label):
            return frozenset({new})
        if parts := self.split.get(group, {}).get(label):
            return frozenset(parts)
        if label in self.removed.get(group, []):
            return frozenset({None})
        into = (new for new, old in self.merged.get(group, {}).items() if label in old)
        return frozenset({next(into, label)})

    def problems(self, old: Taxonomy, new: Taxonomy) -> list[str]:
        """Say in words where the map does not lead from `old` to `new`; an empty list means that it does."""
        found = [
            f"it leads {way} taxonomy {told!r}, not {given.version!r}"
            for way, told, given in (("from", self.from_, old), ("to", self.to, new))
            if told != given.version
        ]
        if self.from_ == self.to:
            found.append("it leads from a version to itself; give the changed taxonomy another version")
        for group in GROUP_IDS:
            found += [f"{group}: {told}" for told in self._problems(group, old, new)]
        return found

    def _problems(self, group: GroupId, old: Taxonomy, new: Taxonomy) -> Iterator[str]:
        before, after = old.ids(group), new.ids(group)
        yield from self._too_few(group)
        gone = Counter(self._consumed(group))
        made = Counter(self._produced(group))
        yield from (f"{each} has more than one fate: name it once" for each, times in gone.items() if times > 1)
        yield from (f"{each} comes about more than once: merge its origins" for each, n in made.items() if n > 1)
        yield from (f"{each} is no label of {old.version}" for each in gone if each not in before)
        parts = {part for parts in self.split.get(group, {}).values() for part in parts}
        yield from (
            f"{each} is no label of {new.version}" for each in {**made, **dict.fromkeys(parts)} if each not in after
        )
        kept = [each for each in before if each not in gone]
        for label in kept:
            if label not in after:
                yield f"{label} is not in {new.version}: say whether it was renamed, merged, split or removed"
            elif label in made:
                yield f"{label} was in {old.version} already: to join others to it, merge them with it"
        for label in after:
            if label in kept or label in made or label in parts:
                continue
            if label in gone:
                yield f"{label} is still in {new.version}: if it means something else now, say that it was added too"
            else:
                yield f"{label} is not in {old.version}: say that it was added, or which labels it comes from"

    def _too_few(self, group: GroupId) -> Iterator[str]:
        for told, changes in (("merged from", self.merged), ("split into", self.split)):
            for label, others in changes.get(group, {}).items():
                if len(set(others)) < 2 or len(set(others)) != len(others):
                    yield f"{label} is {told} {', '.join(others) or 'nothing'}: name two or more, each once"

    def _consumed(self, group: GroupId) -> Iterator[str]:
        """Go through the old labels that the map names."""
        yield from self.renamed.get(group, {})
        yield from (label for labels in self.merged.get(group, {}).values() for label in dict.fromkeys(labels))
        yield from self.split.get(group, {})
        yield from self.removed.get(group, [])

    def _produced(self, group: GroupId) -> Iterator[str]:
        """Go through the new labels that the map names; parts of what was split apart, which may join a label."""
        yield from self.renamed.get(group, {}).values()
        yield from self.merged.get(group, {})
        yield from self.added.get(group, [])


def read_map(path: Path) -> TaxonomyMap:
    """Read a map; raises `TaxonomyMapError` that names the file, the place and the mend."""
    try:
        written = yaml.safe_load(path.read_text(encoding="utf-8"))
        return TaxonomyMap.model_validate(written)
    except FileNotFoundError as error:
        raise TaxonomyMapError(f"there is no taxonomy map {path}; give the path of one") from error
    except (OSError, yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        raise TaxonomyMapError(f"{path} is not a readable YAML file: {error}") from error
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"]) or "the whole file"
        hint = "; write versions in quotes" if first["type"] == "string_type" and place in ("from", "to") else ""
        raise TaxonomyMapError(f"{path}, at {place}: {first['msg']}{hint}") from error


def check_map(map_: TaxonomyMap, old: Taxonomy, new: Taxonomy, name: str = "the taxonomy map") -> None:
    """Raise `TaxonomyMapError` with all that is wrong with the map between these two, if anything is."""
    if found := map_.problems(old, new):
        more = f" (and {len(found) - SHOWN} more)" if len(found) > SHOWN else ""
        raise TaxonomyMapError(f"{name}: {'; '.join(found[:SHOWN])}{more}")
