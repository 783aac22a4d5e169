"""What a page of the reports is: a function from a `View` to figures, and a template that shows them.

`service/reports/registry.py` lists all pages. A page without a template of its own gets the usual one, which shows the
figures one below the other; one of its own extends `reports/frame.html`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final
from urllib.parse import urlencode

from service.reports.figure import Figure
from service.reports.filters import Filter
from service.reports.tongue import Tongue
from service.reports.view import View

FIRST: Final = "overview"
"""The page that stands at `/reports` itself."""


@dataclass(frozen=True)
class Content:
    """What a page shows. It is kept for as long as the store does not change, so it holds no ledger and no text.

    `extra` is for the page's own template, as variables of these names.
    """

    figures: Sequence[Figure] = ()
    extra: Mapping[str, Any] = field(default_factory=dict)

    def figure(self, id_: str) -> Figure | None:
        """Find a figure by its id."""
        return next((each for each in self.figures if each.id == id_), None)


@dataclass(frozen=True)
class Page:
    """One page: its id is the last part of its address, its title a function so that it is in the reader's language."""

    id: str
    title: Callable[[Tongue], str]
    make: Callable[[View], Content | Sequence[Figure]]
    """Runs on a thread, and should take less than a second for a million tickets."""
    template: str = "reports/page.html"
    fresh: Callable[[View], Mapping[str, Any]] | None = None
    """More variables of the template, made anew each time and never kept: what holds words of customers."""

    def content(self, view: View) -> Content:
        """Make what the page shows."""
        made = self.make(view)
        return made if isinstance(made, Content) else Content(made)


def path_of(page: str) -> str:
    """Where a page stands."""
    return "/reports" if page == FIRST else f"/reports/{page}"


def address(view: View, page: str = FIRST, **changes: str | date | None) -> str:
    """Write where a page shows this view, or one that differs: `address(view, theme="billing", start=day)`.

    `changes` are fields of `Filter`; None asks for all.
    """
    return write_address(path_of(page), view.filter.model_copy(update=changes), view.tongue.language)


def write_address(path: str, asked: Filter, language: str) -> str:
    """Write an address with the view's filter and the reader's language."""
    query = asked.query()
    return f"{path}?{query}{'&' if query else ''}{urlencode({'ui': language})}"
