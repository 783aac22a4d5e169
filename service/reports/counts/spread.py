"""Estimates within the labels of a group that overlap: a ticket with two themes counts in both.

Tickets are written once for each of their labels, so that every label is a cell of its own for
`Prevalence.counts`. What is estimated in a cell is how its tickets divide; how many tickets truly belong into the cell
is another estimate, and the two are multiplied draw by draw.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt

from data.taxonomy import GROUP_IDS, GroupId
from service.reports.counts.prevalence import Counts
from service.reports.ledger import Bools, Floats, Ints, Labels, Ledger

FEWEST_FOR_SHARES: Final = 30
"""Of fewer tickets no share is told: chance alone would move it by a third and more."""


@dataclass(frozen=True, eq=False)
class Spread:
    """Tickets by the labels `names` of a group: `codes[i]` is the label that row i of the ledger stands under."""

    names: tuple[str, ...]
    ledger: Ledger
    codes: Ints


def spread(ledger: Ledger, over: GroupId, names: Sequence[str], keep: Sequence[GroupId]) -> Spread:
    """Write each ticket once for each of its labels among `names`, with no other labels than those of `keep`."""
    held = np.stack([ledger.labels[over].of(name) for name in names]) if names else np.zeros((0, len(ledger)), np.bool_)
    codes, rows = np.nonzero(held)
    return Spread(tuple(names), slim(ledger, keep)[rows], codes)


def slim(ledger: Ledger, keep: Sequence[GroupId]) -> Ledger:
    """Leave out the labels of other groups than `keep`: they need not be copied then."""
    none = Labels((), np.zeros((0, len(ledger)), np.bool_))
    labels = {group: ledger.labels[group] if group in keep else none for group in GROUP_IDS}
    said = {group: ledger.said[group] if group in keep else none for group in GROUP_IDS}
    return replace(ledger, labels=labels, said=said)


def as_counted(ledger: Ledger, group: GroupId, cells: Ints | None, size: int) -> Counts:
    """Count a group's labels as they stand, where nothing can be corrected."""
    places = np.zeros(len(ledger), np.int64) if cells is None else cells
    labels = ledger.labels[group]
    numbers = [of_mask(held, places, size) for held in labels.held]
    found = np.stack(numbers) if numbers else np.zeros((0, size), np.int64)
    tickets = np.bincount(places, minlength=size).astype(np.int64)
    return Counts(labels.names, found, found[:, :, None].astype(np.float32), tickets, corrected=False)


def draws(counts: Counts, labels: Sequence[str]) -> Floats:
    """Draws (C × S) of how many tickets have one of some labels that exclude each other."""
    places = [counts.names.index(label) for label in labels if label in counts.names]
    return np.asarray(counts.draws[places].sum(axis=0), np.float32)


def counted(counts: Counts, labels: Sequence[str]) -> Ints:
    """Uncorrected numbers (C) of the same."""
    places = [counts.names.index(label) for label in labels if label in counts.names]
    return np.asarray(counts.counted[places].sum(axis=0), np.int64)


def ratio(above: npt.NDArray[np.floating], below: npt.NDArray[np.floating]) -> Floats:
    """Divide draws; where there is nothing to divide by, the share is 0."""
    nothing = np.zeros(np.broadcast(above, below).shape, np.float32)
    return np.asarray(np.divide(above, below, out=nothing, where=below > 0), np.float32)


def within(part: Floats, whole: Floats) -> Floats:
    """Bound draws (S) of a part by those of its whole, the lowest by the lowest.

    Both are estimated from tickets of their own, so that a part of nearly all may come out as more than all. Now
    neither its middle nor an end of its range is above the whole's.
    """
    ranks = part.argsort(kind="stable").argsort(kind="stable")
    return np.asarray(np.minimum(part, np.sort(whole)[ranks]), np.float32)


def of_mask(mask: Bools, codes: Ints, size: int) -> Ints:
    """Count rows by cell where a mask (n) is true."""
    return np.bincount(codes[mask], minlength=size).astype(np.int64)
