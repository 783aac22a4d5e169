"""Pages on paper: nothing is cut off, and no table is left out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from starlette.testclient import TestClient

from service.app import create_app
from service.reports.web import serving
from tests.service.conftest import settings, wait_until
from tests.service.dummy_engine import DummyEngine
from tests.service.reports.printing import needs_printing
from tests.service.reports.toy_site import TAXONOMY, give_tickets, quarters

pytestmark = needs_printing

MARGIN = 16 * 96 / 25.4
"""Pixels at either side of a page."""


@pytest.fixture(scope="module")
def site() -> Iterator[TestClient]:
    app = create_app(DummyEngine(taxonomy=TAXONOMY), settings())
    give_tickets(app, quarters())
    with TestClient(app) as client:
        wait_until(lambda: client.get("/readyz").status_code == 200)
        yield client


@pytest.fixture
def printed(site: TestClient, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Print a page; returns its pages as WeasyPrint lays them out, charts left blank."""
    from weasyprint import HTML

    pages: list[Any] = []

    def write_pdf(self: Any) -> bytes:
        pages.extend(self.render().pages)
        return b"%PDF-"

    monkeypatch.setattr(HTML, "write_pdf", write_pdf)
    blank = b'<svg xmlns="http://www.w3.org/2000/svg" width="860" height="300"/>'
    monkeypatch.setattr(serving, "draw", lambda *_, **__: blank)

    def show(address: str) -> list[Any]:
        assert site.get(address).content == b"%PDF-"
        return pages

    return show


def boxes(page: Any, kind: str) -> list[Any]:
    return [box for box in page._page_box.descendants() if type(box).__name__ == kind]


@pytest.mark.parametrize("page", ["psychology", "compare", "overview"])
def test_no_words_stand_beyond_the_margins_and_no_head_alone(printed: Any, site: TestClient, page: str) -> None:
    pages = printed(f"/reports/{page}.pdf?ui=es")
    for each in pages:
        room = each.width - MARGIN + 1
        beyond = [box.text for box in boxes(each, "TextBox") if box.text.strip() and box.position_x + box.width > room]
        assert beyond == []
        for table in boxes(each, "TableBox"):
            assert len(table.children) > 1, "the head of a table stands with rows"
    figures = site.get(f"/v1/reports/{page}?ui=es").json()["figures"]
    tables = [table for each in pages for table in boxes(each, "TableBox")]
    assert len(tables) >= sum(bool(each["rows"]) for each in figures), "every figure's numbers are there"
