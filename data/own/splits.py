"""Split messages into train, calibration and gold, or into folds: like ones together, every label in each part."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Final, TypeVar

from data.message import SPLITS, Split
from data.near import near_duplicates

SHARES: Final[Mapping[Split, float]] = {"train": 0.7, "calibration": 0.15, "gold": 0.15}
CROSSED: Final[Mapping[Split, float]] = {"train": 0.85, "gold": 0.15}
"""Of few rows none is put aside to calibrate with (`training.crossed`)."""
ALIKE: Final = 0.5
"""Overlap of word 5-grams from which two texts stand on the same side (`data.check.NEAR`)."""


Part = TypeVar("Part", Split, int)


def shares_for(rows: int, enough: int) -> Mapping[Split, float]:
    """Choose what part of so many rows is learnt from, calibrated with, and kept to measure."""
    return CROSSED if rows < enough else SHARES


def near_groups(texts: Sequence[str], least: float = ALIKE) -> list[int]:
    """Give each text the number of its group (texts,): near copies of each other, directly or through others."""
    parent = list(range(len(texts)))

    def root(place: int) -> int:
        while parent[place] != place:
            parent[place] = parent[parent[place]]
            place = parent[place]
        return place

    for pair in near_duplicates(texts, least):
        one, other = sorted((root(pair.first), root(pair.second)))
        parent[other] = one
    return [root(place) for place in range(len(texts))]


def split_groups(
    groups: Sequence[int],
    labels: Sequence[Sequence[str]],
    shares: Mapping[Part, float],
    seed: str = "",
) -> list[Part]:
    """Choose a part for each row (rows,): the rows of a group stand together, each label is spread by `shares`.

    `labels` are all labels of each row. Iterative stratification (Sechidis et al. 2011): the rarest label first, each
    group to where its label is missed most. The order among equals is a hash, so that the same rows split the same way.
    """
    members: defaultdict[int, list[int]] = defaultdict(list)
    for row, group in enumerate(groups):
        members[group].append(row)
    held = {group: [label for row in rows for label in labels[row]] for group, rows in members.items()}
    carriers: defaultdict[str, set[int]] = defaultdict(set)
    for group, own in held.items():
        for label in own or [""]:
            carriers[label].add(group)
    wanted = {
        label: {part: share * len(own) for part, share in shares.items() if share > 0}
        for label, own in carriers.items()
    }
    chosen: dict[int, Part] = {}
    for label in sorted(carriers, key=lambda each: (len(carriers[each]), each)):
        for group in sorted(carriers[label] - chosen.keys(), key=lambda each: _rank(f"{seed}-{label}-{each}")):
            missed = wanted[label]
            # What counts is the part of its share that is missed, so that the small splits get their first one early.
            part = max(missed, key=lambda each: (missed[each] / shares[each] if missed[each] > 0 else -1, each))
            chosen[group] = part
            for each in set(held[group] or [""]):
                wanted[each][part] -= 1
    return [chosen[group] for group in groups]


def lacking(splits: Sequence[Split], labels: Sequence[Sequence[str]]) -> dict[str, list[Split]]:
    """List the labels that stand in no message of a split, with those splits."""
    seen: defaultdict[str, set[Split]] = defaultdict(set)
    for split, own in zip(splits, labels, strict=True):
        for label in own:
            seen[label].add(split)
    used = [split for split in SPLITS if split in splits]
    return {label: left for label, own in sorted(seen.items()) if (left := [s for s in used if s not in own])}


def _rank(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()
