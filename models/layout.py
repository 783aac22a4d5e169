"""Which column of the network's output means what, derived from the taxonomy alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from data.taxonomy import Taxonomy


@dataclass(frozen=True, slots=True)
class Columns:
    """Where a group's scores stand: `start` inclusive, `stop` exclusive.

    An `ordered` group of k labels has k − 1 columns; column i scores "more pressing than label i".
    """

    group: str
    mode: str
    labels: tuple[str, ...]
    start: int
    stop: int

    @property
    def size(self) -> int:
        return self.stop - self.start


def layout(taxonomy: Taxonomy) -> list[Columns]:
    """List the columns of every group, in the taxonomy's order."""
    found: list[Columns] = []
    at = 0
    for group in taxonomy.groups:
        size = len(group.ids) - (group.mode == "ordered")
        found.append(Columns(group.id, group.mode, tuple(group.ids), at, at + size))
        at += size
    return found


def spread(values: Mapping[str, float], taxonomy: Taxonomy) -> NDArray[np.float32]:
    """Give every column the value of its group (columns,); 0 where the group has none."""
    return np.array([values.get(c.group, 0.0) for c in layout(taxonomy) for _ in range(c.size)], dtype=np.float32)


def evidence_columns(taxonomy: Taxonomy) -> list[int]:
    """List the columns whose per-piece shares the network also gives, in order."""
    groups = {group.id for group in taxonomy.groups if group.evidence}
    return [i for columns in layout(taxonomy) if columns.group in groups for i in range(columns.start, columns.stop)]
