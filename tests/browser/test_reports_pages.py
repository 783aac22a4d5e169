"""Every page of the reports in every language: nothing goes wrong in it, it fits a phone, and everyone can read it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest

from service.reports.pages import path_of
from service.reports.registry import PAGES
from service.reports.tongue import LANGUAGES
from tests.browser.toy_reports import serve

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser

RULES = {"resultTypes": ["violations"]}
"""What axe should work out: all its rules, and no lists of what is right."""

GRAVE = ("serious", "critical")


@pytest.fixture(scope="module")
def reports(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with serve(tmp_path_factory.mktemp("reports")) as url:
        yield url


@pytest.fixture
def quiet(page: Page) -> Iterator[Page]:
    """A page on whose console nothing may be said."""
    said: list[str] = []
    page.on("console", lambda told: said.append(told.text) if told.type in ("error", "warning") else None)
    page.on("response", lambda answer: said.append(f"{answer.status} {answer.url}") if answer.status >= 400 else None)
    yield page
    assert said == []


def grave(page: Page) -> list[str]:
    """What axe finds that would keep somebody from using a page."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="needs pip install -e '.[dev]'")
    found: dict[str, Any] = axe.Axe().run(page, options=RULES).response
    return [
        f"{each['id']}: {node['html'][:120]} {node.get('failureSummary', '')[:200]}"
        for each in found["violations"]
        if each["impact"] in GRAVE
        for node in each["nodes"][:3]
    ]


@pytest.mark.parametrize("id_", [each.id for each in PAGES])
@pytest.mark.parametrize("ui", LANGUAGES)
def test_every_page_in_every_language(quiet: Page, reports: str, id_: str, ui: str) -> None:
    quiet.set_viewport_size({"width": 360, "height": 740})
    quiet.emulate_media(color_scheme="light")
    quiet.goto(f"{reports}{path_of(id_)}?ui={ui}")
    quiet.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true })")
    assert quiet.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0
    assert quiet.evaluate("document.documentElement.lang") == ui
    levels: list[int] = quiet.evaluate("[...document.querySelectorAll('h1, h2, h3, h4')].map(each => +each.tagName[1])")
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels)), "no level is left out"
    for landmark in ("header", "nav", "main", "footer"):
        assert quiet.locator(landmark).first.is_visible(), landmark
    assert quiet.locator("main").count() == 1
    shown = quiet.locator("main").inner_text()
    assert not re.search(r"\b(None|nan|undefined)\b|[{}]", shown), "every value was written"
    assert grave(quiet) == []


@pytest.mark.parametrize("id_", [each.id for each in PAGES])
def test_every_page_in_the_dark(quiet: Page, reports: str, id_: str) -> None:
    quiet.emulate_media(color_scheme="dark")
    quiet.goto(f"{reports}{path_of(id_)}?ui=en")
    assert grave(quiet) == []


def test_the_pages_have_something_to_show(quiet: Page, reports: str) -> None:
    for id_, wanted in (("overview", ".attention a"), ("psychology", ".counsels li"), ("words", "blockquote mark"),
                        ("compare", ".figure"), ("rising", ".figure"), ("emerging", "blockquote")):  # fmt: skip
        quiet.goto(f"{reports}{path_of(id_)}?ui=en")
        assert quiet.locator(wanted).count() > 0, id_
