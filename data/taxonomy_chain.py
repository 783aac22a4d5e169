"""Labels of an old taxonomy in the words of a new one, over any number of maps, and which series break on the way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Literal

from data.taxonomy import GROUP_IDS, SINGLE, GroupId, Labels, Taxonomy, as_list
from data.taxonomy_map import Fate, TaxonomyMap, check_map

_GONE: Fate = frozenset({None})

Carried = dict[GroupId, str | list[str]]
"""Labels by group: a string for single groups, a list for the others."""

Given = Labels | Mapping[GroupId, str | list[str]]
"""The same, as whoever has them calls the groups."""


@dataclass(frozen=True, slots=True)
class Unclear:
    """A group that must be judged again: `certain` labels hold, and of each set in `among` one or more do."""

    certain: tuple[str, ...] = ()
    among: tuple[frozenset[str], ...] = ()

    def allows(self, labels: Sequence[str]) -> bool:
        """Say whether labels that were read anew go together with what was judged."""
        given = set(labels)
        open_: set[str] = set().union(*self.among)
        return (
            bool(self.among)
            and given.issuperset(self.certain)
            and given <= open_.union(self.certain)
            and all(given & each for each in self.among)
        )


@dataclass(frozen=True, slots=True)
class Mapped:
    """What labels have become.

    `labels` hold groups that carried over exactly, `unclear` those that must be judged again, `lost` the old labels
    that nothing stands for any more, and `unasked` the new ones that whoever judged could not give: their absence
    from `labels` says nothing.
    """

    labels: Carried
    unclear: Mapping[GroupId, Unclear] = field(default_factory=dict)
    lost: Mapping[GroupId, tuple[str, ...]] = field(default_factory=dict)
    unasked: Mapping[GroupId, tuple[str, ...]] = field(default_factory=dict)

    def reread(self, labels: Given) -> Mapped:
        """Settle unclear groups by labels that the same text got by the new taxonomy, where both go together."""
        agreed: Carried = {
            group: _value(group, as_list(labels.get(group)))
            for group, what in self.unclear.items()
            if what.allows(as_list(labels.get(group)))
        }
        left = {group: what for group, what in self.unclear.items() if group not in agreed}
        asked = {group: names for group, names in self.unasked.items() if group not in agreed}
        return replace(self, labels={**self.labels, **agreed}, unclear=left, unasked=asked)


@dataclass(frozen=True, slots=True)
class Break:
    """A label whose counts before the taxonomy `since` cannot be set beside those after it.

    It `begins` (nobody was asked for it before), `divides` (it was a part, or lacked a part, of a label that was
    split), or `ends` (nothing stands for it since; `label` is its old name then).
    """

    group: GroupId
    label: str
    why: Literal["begins", "divides", "ends"]
    since: str

    def __str__(self) -> str:
        told = {
            "begins": f"begins with {self.since}",
            "divides": f"has other borders since {self.since}",
            "ends": f"ends with {self.since}",
        }
        return f"{self.group}.{self.label} {told[self.why]}"


class Chain:
    """Taxonomies, the oldest first, and the map from each to the next. With one taxonomy nothing changes."""

    def __init__(self, taxonomies: Sequence[Taxonomy], maps: Sequence[TaxonomyMap]) -> None:
        """Check every map; raises `TaxonomyMapError` where one does not lead from one taxonomy to the next."""
        for map_, old, new in zip(maps, taxonomies[:-1], taxonomies[1:], strict=True):
            check_map(map_, old, new, f"the map from {map_.from_} to {map_.to}")
        self.taxonomies = list(taxonomies)
        self.maps = list(maps)

    @property
    def old(self) -> Taxonomy:
        return self.taxonomies[0]

    @property
    def new(self) -> Taxonomy:
        return self.taxonomies[-1]

    def fate(self, group: GroupId, label: str) -> Fate:
        """Say what stands for an old label at the end; nothing at all for what never was a label."""
        return self._fates.get((group, label), frozenset())

    @cached_property
    def _fates(self) -> dict[tuple[GroupId, str], Fate]:
        return {(group.id, label): self._follow(group.id, label) for group in self.old.groups for label in group.ids}

    def _follow(self, group: GroupId, label: str) -> Fate:
        stands: Fate = frozenset({label})
        for map_ in self.maps:
            fates = (_GONE if each is None else map_.fate(group, each) for each in stands)
            stands = frozenset(new for fate in fates for new in fate)
        return stands

    @cached_property
    def unasked(self) -> dict[GroupId, tuple[str, ...]]:
        """The new labels, by group, that hold something which nobody was asked for by the old taxonomy."""
        found: dict[GroupId, tuple[str, ...]] = {}
        for group in GROUP_IDS:
            names: set[str] = set()
            for map_ in self.maps:
                names = {new for each in names for new in map_.fate(group, each) if new is not None}
                names.update(map_.added.get(group, ()))
            if names:
                found[group] = tuple(label for label in self.new.ids(group) if label in names)
        return found

    def apply(self, labels: Given) -> Mapped:
        """Say old labels in the new taxonomy's words. Renamed and merged ones carry over exactly."""
        carried: Carried = {}
        unclear: dict[GroupId, Unclear] = {}
        lost: dict[GroupId, tuple[str, ...]] = {}
        for group in GROUP_IDS:
            if group not in labels:
                continue
            fates = {label: self.fate(group, label) for label in as_list(labels[group])}
            if gone := tuple(label for label, fate in fates.items() if fate == _GONE):
                lost[group] = gone
            found = self._standing(group, fates)
            if isinstance(found, Unclear):
                unclear[group] = found
            elif found is not None:
                carried[group] = found
        for group in self._needed(carried):
            if group in lost and carried.get(group) == []:
                del carried[group]
                unclear[group] = Unclear()
        asked = {group: names for group, names in self.unasked.items() if group in labels}
        return Mapped(carried, unclear, lost, asked)

    def breaks(self) -> list[Break]:
        """List the labels whose series break between the oldest taxonomy and the newest, in the order of the labels."""
        found: list[Break] = []
        tails = [Chain(self.taxonomies[at:], self.maps[at:]) for at in range(1, len(self.taxonomies))]
        for group, label, why in self._breaking():
            whole = next(
                (tail for tail in tails if (group, label) not in {each[:2] for each in tail._breaking()}), None
            )
            since = self._ended(group, label) if why == "ends" else (whole or tails[-1]).old.version
            found.append(Break(group, label, why, since))
        return found

    def _standing(self, group: GroupId, fates: Mapping[str, Fate]) -> str | list[str] | Unclear | None:
        """Work out a group's labels, or None where there is no such group any more."""
        after = self.new.group(group)
        if after is None:
            return None
        certain = tuple(dict.fromkeys(new for fate in fates.values() if len(fate) == 1 for new in fate if new))
        among = tuple(frozenset(new for new in fate if new) for fate in fates.values() if len(fate) > 1)
        strange = any(not fate for fate in fates.values())
        if among or strange:
            return Unclear(certain, among)
        if after.mode != "many" and len(certain) > 1:
            return Unclear((), (frozenset(certain),))
        if group in SINGLE and not certain:
            return Unclear() if fates else None
        return _value(group, certain)

    def _needed(self, labels: Given) -> set[GroupId]:
        """Collect the groups that must have a label by the new taxonomy's rules."""
        return {
            group
            for rule in self.new.rules
            if set(as_list(labels.get(rule.group))) & set(rule.labels)
            for group in rule.needed
        }

    def _breaking(self) -> list[tuple[GroupId, str, Literal["begins", "divides", "ends"]]]:
        found: list[tuple[GroupId, str, Literal["begins", "divides", "ends"]]] = []
        for group in GROUP_IDS:
            fates = {label: self.fate(group, label) for label in self.old.ids(group)}
            divided = {new for fate in fates.values() if len(fate) > 1 for new in fate}
            for label in self.new.ids(group):
                if label in divided:
                    found.append((group, label, "divides"))
                elif label in self.unasked.get(group, ()):
                    found.append((group, label, "begins"))
            found += [(group, label, "ends") for label, fate in fates.items() if fate == _GONE]
        return found

    def _ended(self, group: GroupId, label: str) -> str:
        """Find the first taxonomy in which nothing stands for an old label."""
        lengths = range(1, len(self.maps) + 1)
        parts = (Chain(self.taxonomies[: length + 1], self.maps[:length]) for length in lengths)
        return next(part.new.version for part in parts if part.fate(group, label) == _GONE)


def _value(group: GroupId, labels: Sequence[str]) -> str | list[str]:
    return labels[0] if group in SINGLE else list(labels)
