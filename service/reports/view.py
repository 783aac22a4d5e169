"""What a page is made from: the tickets that its address asks for, and everything that turns them into figures."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from service.reports.counts.prevalence import Prevalence
from service.reports.filters import Filter
from service.reports.ledger import Ledger
from service.reports.psychology.playbook import Playbook
from service.reports.tongue import Tongue

if TYPE_CHECKING:
    from data.store.store import Store


@dataclass(frozen=True)
class View:
    """One reader's look at one state of the store."""

    ledger: Ledger
    """All tickets."""
    filter: Filter
    """With dates (`Filter.dated`)."""
    tongue: Tongue
    prevalence: Prevalence
    fewest: int = 5
    """A cell of fewer messages shows none of them."""
    store: Store | None = None
    """For examples: pages are made on a thread, which may ask it. None where the tickets are out of thin air."""
    playbook: Playbook | None = None
    """With a company's own entries; None: as it comes."""

    @cached_property
    def tickets(self) -> Ledger:
        """The tickets that are asked for."""
        return self.filter.of(self.ledger)
