"""How many messages each theme had on each day, in all and by language, channel, source and branch.

Counted is what the model says, uncorrected: its errors are the same on both sides of a comparison. Where another
version of the model answers the counts break, so they begin after the last change.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from service.reports.ledger import OTHERS, Bools, Feature, Ints, Ledger

ALL: Final = ""
"""The theme that every message has, and the value that every place has."""

FEATURES: Final = ("lang", "channel", "source", "branch")
MOST_PLACES: Final = 60
LONGEST: Final = 800
"""Days that are looked back on: the season needs more than a year."""

_ONE_MODEL: Final = 0.9
"""Share of a day's messages that one version of the model must have answered."""

_SHARE: Final = 0.01
"""Share of the messages that a place needs."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where messages are counted: those with `feature` = `value`; both "" for all of them."""

    feature: str = ALL
    value: str = ALL


@dataclass(frozen=True, eq=False)
class Daily:
    """Counts (days, places, themes) from the day `first` on (`Ledger.days`). Place 0 is all, theme 0 is any."""

    first: int
    places: tuple[Place, ...]
    themes: tuple[str, ...]
    counts: npt.NDArray[np.float32]

    @property
    def last(self) -> int:
        """The last day; before `first` where there is none."""
        return self.first + len(self.counts) - 1


def count_daily(ledger: Ledger, last: int) -> Daily:
    """Count up to the day `last`, which should be over."""
    within = (ledger.days <= last) & (ledger.days > last - LONGEST)
    first = _first(ledger, within, last)
    within &= ledger.days >= first
    places, said = _places(ledger, within), ledger.said["themes"]
    size = max(last - first + 1, 0)
    days = ledger.days.astype(np.int64) - first
    counts = np.zeros((size, len(places), 1 + len(said.names)), np.float32)
    for theme, held in enumerate((within, *said.held)):
        rows = np.flatnonzero(held & within)
        mine = days[rows]
        counts[:, 0, theme] = np.bincount(mine, minlength=size)
        for feature in FEATURES:
            _split(counts[:, :, theme], ledger.feature(feature), feature, places, mine, rows)
    return Daily(first, places, (ALL, *said.names), counts)


def _split(
    counts: npt.NDArray[np.float32], values: Feature, feature: str, places: tuple[Place, ...], days: Ints, rows: Ints
) -> None:
    """Fill in a feature's places (days x places)."""
    mine = [number for number, place in enumerate(places) if place.feature == feature]
    if not mine:
        return
    columns = np.full(len(values.names), len(mine))
    columns[[values.names.index(places[number].value) for number in mine]] = np.arange(len(mine))
    cells = days * (len(mine) + 1) + columns[values.codes[rows]]
    table = np.bincount(cells, minlength=len(counts) * (len(mine) + 1)).reshape(len(counts), -1)
    counts[:, mine] = table[:, :-1]


def _first(ledger: Ledger, within: Bools, last: int) -> int:
    """Find the day after the last one on which the model that answers now did not answer nearly all."""
    found = ledger.days[within]
    if not len(found):
        return last + 1
    model = ledger.feature("model")
    codes = model.codes[within]
    now = np.bincount(codes[found == found.max()], minlength=len(model.names)).argmax()
    start = int(found.min())
    days = found.astype(np.int64) - start
    every = np.bincount(days)
    other = np.flatnonzero(np.bincount(days[codes == now], minlength=len(every)) < _ONE_MODEL * every)
    return start + (int(other[-1]) + 1 if len(other) else 0)


def _places(ledger: Ledger, within: Bools) -> tuple[Place, ...]:
    found, least = [], _SHARE * int(within.sum())
    for feature in FEATURES:
        values = ledger.feature(feature)
        counts = np.bincount(values.codes[within], minlength=len(values.names)).tolist()
        if len([n for n in counts if n]) > 1:  # with one value alone it is all messages once more
            named = zip(counts, values.names, strict=True)
            found += [
                (n, Place(feature, name)) for n, name in named if name not in (ALL, OTHERS) and n >= max(least, 1)
            ]
    found.sort(key=lambda each: -each[0])
    return (Place(), *(place for _, place in found[: MOST_PLACES - 1]))
