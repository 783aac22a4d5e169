"""Labels that were stored under older taxonomies, read by the one that holds now, so that a change loses no history.

Maps and the older taxonomies lie in a folder `taxonomies` beside the taxonomy file: every `*.yaml` with a `from` in it
is a map (`data.taxonomy_map`), every other one a taxonomy as it was. What is stored is never rewritten: each reading
and each correction keeps its labels and the taxonomy that it was made by, and is brought up to date whenever it is
read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import yaml

from data.store.records import Ticket
from data.store.standing import believed
from data.taxonomy import DEFAULT, GroupId, Taxonomy, read_taxonomy
from data.taxonomy_chain import Break, Carried, Chain, Given, Mapped, Unclear
from data.taxonomy_map import TaxonomyMap, TaxonomyMapError, read_map

FOLDER: Final = "taxonomies"


class UnknownTaxonomy(TaxonomyMapError):
    """No map leads from a taxonomy that labels were stored under to the one that holds now."""


@dataclass(frozen=True, slots=True)
class Brought:
    """A ticket's labels by the taxonomy that holds now.

    `labels` are those that stand: people's for the groups in `settled`, the machine's for the rest. `unclear` groups
    must be judged again; those in `to_judge` a person had settled. `unasked` labels could not be given when it was
    judged. What was said by a taxonomy in `unknown`, which no map leads from, is left out.
    """

    labels: Carried
    settled: frozenset[GroupId]
    unclear: Mapping[GroupId, Unclear]
    to_judge: frozenset[GroupId]
    unasked: Mapping[GroupId, tuple[str, ...]]
    unknown: frozenset[str]


class TaxonomyHistory:
    """The taxonomy that holds now, and the ways to it from the older ones."""

    def __init__(self, current: Taxonomy, maps: Sequence[TaxonomyMap] = (), older: Sequence[Taxonomy] = ()) -> None:
        """Find the ways; raises `TaxonomyMapError` where a map contradicts its taxonomies, or one is missing."""
        self.current = current
        taxonomies = {each.version: each for each in older} | {current.version: current}
        next_: dict[str, TaxonomyMap] = {}
        for map_ in maps:
            if map_.from_ in next_:
                told = f"two maps lead from taxonomy {map_.from_}, to {next_[map_.from_].to} and to {map_.to}"
                raise TaxonomyMapError(f"{told}; keep one")
            next_[map_.from_] = map_
        self._chains = {current.version: Chain([current], [])}
        for version in next_:
            if way := _way(version, current.version, next_):
                stops = [each.from_ for each in way]
                if lacking := [stop for stop in stops if stop not in taxonomies]:
                    told = f"a map leads from taxonomy {lacking[0]}, which is not there"
                    raise TaxonomyMapError(f"{told}; put the file as it was beside the map")
                self._chains[version] = Chain([*(taxonomies[stop] for stop in stops), current], way)

    @classmethod
    def read(cls, current: Taxonomy, folder: Path) -> TaxonomyHistory:
        """Read maps and older taxonomies from a folder, which need not be there; raises `TaxonomyError`s."""
        maps: list[TaxonomyMap] = []
        older: dict[str, tuple[Taxonomy, Path]] = {}
        for path in sorted(folder.glob("*.yaml")):
            if _is_map(path):
                maps.append(read_map(path))
                continue
            taxonomy = read_taxonomy(path)
            if taxonomy.version in older:
                other = older[taxonomy.version][1]
                raise TaxonomyMapError(f"{other} and {path} are both taxonomy {taxonomy.version}; keep one")
            older[taxonomy.version] = taxonomy, path
        return cls(current, maps, [taxonomy for taxonomy, _ in older.values()])

    @classmethod
    def beside(cls, file: Path = DEFAULT) -> TaxonomyHistory:
        """Read a taxonomy file and what lies in the folder `taxonomies` beside it; raises `TaxonomyError`s."""
        return cls.read(read_taxonomy(file), file.parent / FOLDER)

    @property
    def versions(self) -> list[str]:
        """The taxonomies whose labels can be brought up to date, the current one among them."""
        return sorted(self._chains)

    def chain(self, version: str) -> Chain:
        """Find the way from a version to the current one; raises `UnknownTaxonomy`."""
        if version not in self._chains:
            told = f"no map leads from taxonomy {version[:80]!r} to {self.current.version!r}"
            raise UnknownTaxonomy(f"{told}; write one, and put it with that taxonomy's file in the folder {FOLDER!r}")
        return self._chains[version]

    def bring(self, labels: Given, version: str) -> Mapped:
        """Say labels that were stored under `version` in the current taxonomy's words; raises `UnknownTaxonomy`."""
        return self.chain(version).apply(labels)

    def breaks(self, version: str) -> list[Break]:
        """List the labels whose counts under `version` cannot be set beside today's; raises `UnknownTaxonomy`."""
        return self.chain(version).breaks()

    def ticket(self, ticket: Ticket) -> Brought:
        """Bring everything that holds of a ticket's newest text up to date, and work out anew what stands.

        A person's judgement that a split left open counts as settled again where the model has since read the text
        by the current taxonomy and what it found goes together with what the person said.
        """
        labels: Carried = {}
        settled: set[GroupId] = set()
        unclear: dict[GroupId, Unclear] = {}
        to_judge: set[GroupId] = set()
        unasked: dict[GroupId, tuple[str, ...]] = {}
        unknown: set[str] = set()
        machine = ticket.reading
        reread: Given = {}
        if machine and machine.taxonomy_version == self.current.version:
            reread = machine.labels
        said = [(machine.labels, machine.taxonomy_version, False)] if machine else []
        said += [(each.labels, each.taxonomy_version, True) for each in believed(ticket.corrections, ticket.revision)]
        for given, version, person in said:
            if version not in self._chains:
                unknown.add(version)
                continue
            mapped = self.bring(given, version)
            if person:
                mapped = mapped.reread(reread)
            for group in given:
                for kept in (labels, unclear, unasked):
                    kept.pop(group, None)
                settled.discard(group)
                to_judge.discard(group)
                if person and group in mapped.labels:
                    settled.add(group)
                elif person and group in mapped.unclear:
                    to_judge.add(group)
            labels.update(mapped.labels)
            unclear.update(mapped.unclear)
            unasked.update(mapped.unasked)
        return Brought(labels, frozenset(settled), unclear, frozenset(to_judge), unasked, frozenset(unknown))


def _is_map(path: Path) -> bool:
    """Say whether a file is a map; what cannot be read is none, and told of by whoever reads it as a taxonomy."""
    try:
        written = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError, UnicodeDecodeError, RecursionError):
        return False
    return isinstance(written, dict) and "from" in written


def _way(version: str, goal: str, next_: Mapping[str, TaxonomyMap]) -> list[TaxonomyMap]:
    """Follow the maps from a version to the goal; empty where they lead elsewhere, or in a circle."""
    way: list[TaxonomyMap] = []
    while version != goal:
        if version not in next_ or len(way) == len(next_):
            return []
        way.append(next_[version])
        version = next_[version].to
    return way
