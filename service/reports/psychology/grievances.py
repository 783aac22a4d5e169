"""The complaints of a view, divided by theme: what the psychology page and the playbook both count from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

import numpy as np

from data.taxonomy import GroupId, Taxonomy
from service.reports.counts.asked import count
from service.reports.counts.prevalence import Counts, interval
from service.reports.counts.spread import FEWEST_FOR_SHARES, Spread, counted, draws, ratio, slim, spread, within
from service.reports.figure import Cell, Interval
from service.reports.ledger import Bools, Floats, Ints, Ledger
from service.reports.pages import address
from service.reports.roles import role
from service.reports.since import Since
from service.reports.tongue import Tongue
from service.reports.view import View

WORDS: Final = "words"
"""The page that shows messages of a cell."""

LABELLED: Final = ("theme", "urgency", "signal", "motive", "emotion")
"""Fields of the filter that ask for certain messages of those that are looked at."""


@dataclass(frozen=True, eq=False)
class Grievances:
    """Complaints where the taxonomy tells them apart and the view's address names no kind; else all its messages."""

    view: View
    _counts: dict[GroupId, Counts] = field(default_factory=dict, init=False)

    @property
    def taxonomy(self) -> Taxonomy:
        return self.view.tongue.taxonomy

    @property
    def tongue(self) -> Tongue:
        return self.view.tongue

    @cached_property
    def kinds(self) -> tuple[str, ...]:
        """Kinds of messages that are looked at; empty where the view's address has settled it."""
        found = role("grievance", self.taxonomy)
        return found.labels if found and self.view.filter.kind is None else ()

    @cached_property
    def tickets(self) -> Ledger:
        """Those of the view's period."""
        return self._only(self.view.tickets)

    @cached_property
    def unlabelled(self) -> Ledger:
        """Those of the view's period, whatever other labels than a kind the address asks for."""
        asked = dict.fromkeys(LABELLED)
        return self._only(self.view.filter.model_copy(update=asked).of(self.view.ledger))

    @cached_property
    def since(self) -> Since:
        """What the view is compared with."""
        return Since(self.view)

    def those(self, tickets: Ledger) -> Bools:
        """Which of some tickets (n) are of the kinds that are looked at."""
        return tickets.labels["kind"].any_of(self.kinds) if self.kinds else np.ones(len(tickets), np.bool_)

    @cached_property
    def themes(self) -> list[str]:
        """Themes that there are tickets of, as the taxonomy orders them."""
        held = self.tickets.labels["themes"]
        return [theme for theme in self.taxonomy.ids("themes") if held.of(theme).any()]

    @cached_property
    def by_theme(self) -> Spread:
        """Tickets under each of their themes, with what is divided there."""
        return spread(self.tickets, "themes", self.themes, ("motives", "urgency", "emotion"))

    @cached_property
    def sizes(self) -> Ints:
        """Tickets of each theme, as counted."""
        return np.bincount(self.by_theme.codes, minlength=len(self.themes)).astype(np.int64)

    @cached_property
    def numbers(self) -> Floats:
        """Draws (themes × S) of how many messages truly have each theme."""
        return np.stack([self.bound("themes", [theme]) for theme in self.themes])

    def bound(self, group: GroupId, labels: Sequence[str]) -> Floats:
        """Draw (S) how many truly have one of some labels: of complaints no more than of all messages."""
        if group not in self._counts:
            self._counts[group] = self.count(slim(self.tickets, (group,)), group)
        own = draws(self._counts[group], labels)[0]
        return within(own, draws(self.since.counts(group), labels)[0]) if self.kinds else own

    @cached_property
    def motives(self) -> Counts:
        """Motives, in a cell for each theme."""
        return self.divide("motives")

    def divide(self, group: GroupId, cells: Ints | None = None, size: int | None = None) -> Counts:
        """Count a group in a cell for each theme, or in other cells of `by_theme`'s rows."""
        codes = self.by_theme.codes if cells is None else cells
        return self.count(self.by_theme.ledger, group, codes, size or max(1, len(self.themes)))

    def count(self, tickets: Ledger, group: GroupId, cells: Ints | None = None, size: int = 1) -> Counts:
        """Count a group in cells, corrected unless the view's address chose by what the machine said in it."""
        return count(self.view, tickets, group, cells, size)

    def chosen(self, group: GroupId) -> bool:
        """Say whether the view's address asks for certain labels of a group."""
        return self.view.filter.asks(group)

    def share(self, counts: Counts, labels: Sequence[str], cell: int) -> Cell:
        """Tell which share of a cell has one of some labels that exclude each other; none where it is small."""
        size = int(counts.tickets[cell])
        drawn = draws(counts, labels)[cell] / max(1, size)
        return self.told(drawn, int(counted(counts, labels)[cell]), size)

    @property
    def too_few(self) -> str:
        """Stands in the place of a share among few tickets. The estimate beside it may be more than was counted."""
        return self.tongue.say("under {n} counted", n=FEWEST_FOR_SHARES)

    def told(self, drawn: Floats, plain: float, size: int) -> Cell:
        """Write draws of a share among `size` tickets into a cell; `plain` were counted."""
        if size < FEWEST_FOR_SHARES:
            return self.too_few
        return interval(np.clip(drawn, 0, 1), plain / size)

    def ranged(self, found: Interval) -> str:
        """Write a number into a sentence, with its range where there is one."""
        mid, low, high = (self.tongue.number(each) for each in (found.mid, found.low, found.high))
        if low == high:
            return mid
        return self.tongue.say("{number} (between {low} and {high})", number=mid, low=low, high=high)

    def number(self, theme: int) -> Interval:
        """How many messages truly have a theme, by its place in `themes`."""
        return interval(self.numbers[theme], float(self.sizes[theme]))

    def both(self, motive: str) -> Floats:
        """Draws (themes × S) of how many messages truly have a theme and, of what they say of it, this motive."""
        of_cell = ratio(draws(self.motives, [motive]), self.sizes[:, None].astype(np.float32))
        return np.asarray(np.clip(of_cell, 0, 1) * self.numbers, np.float32)

    def link(self, **asked: str) -> str:
        """Address of the messages of the view that have these labels too."""
        if self.kinds:
            asked = {"kind": ",".join(self.kinds)} | asked
        return address(self.view, WORDS, **asked)

    def notes(self, *more: str, corrected: bool = True) -> str:
        """Say how a figure is to be read."""
        said = [*more]
        if self.kinds:
            said.append(self.tongue.say("Only complaints are counted here."))
        if not corrected and any(getattr(self.view.filter, field) is not None for field in LABELLED):
            said.append(
                self.tongue.say(
                    "The filter chose messages by what the classifier said, so some of these figures are as it counted."
                )
            )
        elif not corrected:
            said.append(
                self.tongue.say("How the classifier errs is not known here, so the figures are as it counted them.")
            )
        return " ".join(said)

    def _only(self, tickets: Ledger) -> Ledger:
        return tickets[self.those(tickets)]
