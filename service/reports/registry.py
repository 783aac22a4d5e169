"""All pages of the reports, in the order in which the menu has them. Whoever adds a page adds a line."""

from __future__ import annotations

from typing import Final

from service.reports.alarms.rising_page import rising
from service.reports.comparing import comparing
from service.reports.emerging import cards, emerging
from service.reports.overview import overview
from service.reports.pages import FIRST, Content, Page
from service.reports.psychology.examples import words
from service.reports.psychology.grievances import WORDS
from service.reports.psychology.page import psychology

PAGES: Final[tuple[Page, ...]] = (
    Page(FIRST, lambda tongue: tongue.say("Overview"), overview, template="reports/overview.html"),
    Page("psychology", lambda tongue: tongue.say("Psychology"), psychology, template="reports/psychology.html"),
    Page(
        WORDS,
        lambda tongue: tongue.say("In their words"),
        lambda view: Content(),
        template="reports/words.html",
        fresh=words,
    ),
    Page("compare", lambda tongue: tongue.say("Compare"), comparing, template="reports/compare.html"),
    Page("rising", lambda tongue: tongue.say("Rising"), rising, template="reports/rising.html"),
    Page(
        "emerging",
        lambda tongue: tongue.say("Not known yet"),
        emerging,
        template="reports/emerging.html",
        fresh=cards,
    ),
)


def find_page(id_: str) -> Page | None:
    """Find a page by its id."""
    return next((page for page in PAGES if page.id == id_), None)
