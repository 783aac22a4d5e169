"""A service with messages to review: the real routes and store, around an engine that doubts all it says."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx2

from data.taxonomy import read_taxonomy
from models.answer import Answer, Choice, Mention, Plausible, Reason, Review, Span
from models.engine import Prepared
from service.app import create_app
from tests.browser.serving import serving
from tests.service.conftest import settings, wait_until
from tests.service.dummy_engine import DummyEngine
from tests.service.toy_tickets import redact
from tests.service.toy_versions import load

if TYPE_CHECKING:
    from playwright.sync_api import Page

GAS = "🔥🔥 There is a smell of gas since you brought the parcel. Please come!"
INVOICE = "I was charged twice, and the parcel is late. I will cancel."
PARCEL = "My parcel is three weeks late."
TICKETS = {"parcel": PARCEL, "gas": GAS, "invoice": INVOICE}
"""By id, in the order in which they came; the most pressing is the second, and the invoice is the least sure."""


MACHINE = {
    "kind": "complaint",
    "themes": ["delivery"],
    "urgency": "critical",
    "signals": ["harm"],
    "motives": ["redress"],
    "emotion": "anger",
}
"""What the engine says of `GAS`."""

LABELS = re.compile(r"/v1/tickets/\w+/\w+/labels$")
"""Where decisions are sent to."""


class Doubting(DummyEngine):
    """Labels from keywords, in the taxonomy that is shipped; every answer needs a look."""

    def __init__(self) -> None:
        super().__init__(taxonomy=read_taxonomy())

    def encode_post(self, prepared: Prepared, scores: object) -> Answer:
        answer = super().encode_post(prepared, scores)
        if answer.kind is None:
            return answer
        at = prepared.text.find("charged")
        if at >= 0:
            more = Mention(label="money_out", confidence=0.31, evidence=[Span(start=at, end=at + len("charged twice"))])
            answer = answer.model_copy(update={"signals": [more, *answer.signals]})
        return answer.model_copy(
            update={
                "kind": Choice(label="complaint", confidence=0.9),
                "review": Review(needed=True, reasons=[Reason.low_confidence]),
                "plausible": Plausible(error_rate=0.1, themes=["returns"], urgency=[]),
            }
        )


class Served:
    """A running service: its address, and what a colleague would ask of it. Its tickets come from one `source`."""

    def __init__(self, url: str, key: str | None = None, source: str = "shop") -> None:
        self.url = url
        self.source = source
        self._ids: set[str] = set()
        self._client = httpx2.Client(base_url=url, headers={"Authorization": f"Bearer {key}"} if key else {})

    def put(self, id_: str, text: str, **more: Any) -> None:
        self._ids.add(id_)
        response = self._client.put(f"/v1/tickets/{self.source}/{id_}", json={"text": text, **more})
        assert response.status_code in (200, 201), response.text

    def ticket(self, id_: str) -> dict[str, Any]:
        read: dict[str, Any] = self._client.get(f"/v1/tickets/{self.source}/{id_}").json()
        return read

    def correct(self, id_: str, labels: dict[str, Any], author: str) -> None:
        response = self._client.post(
            f"/v1/tickets/{self.source}/{id_}/labels", json={"labels": labels, "author": author}
        )
        assert response.status_code == 200, response.text

    def erase(self, id_: str) -> None:
        assert self._client.delete(f"/v1/tickets/{self.source}/{id_}").status_code == 204

    def corrected(self, id_: str, count: int = 1) -> list[dict[str, Any]]:
        """Wait for as many corrections of a ticket. The page is not served by its `route`s meanwhile."""
        wait_until(lambda: len(self.ticket(id_)["corrections"]) >= count, 10)
        found: list[dict[str, Any]] = self.ticket(id_)["corrections"]
        assert len(found) == count
        return found

    def clear(self) -> None:
        """Erase all that was put, and say nothing more to the service."""
        for id_ in self._ids:
            self.erase(id_)
        self._client.close()


@contextmanager
def serve(folder: Path, **changes: Any) -> Iterator[str]:
    """Serve on a free port of this machine until the end of the block; gives the address."""
    given = settings(**{"store": f"sqlite:///{folder}/tickets.db", **changes})
    app = create_app(Doubting(), given, load=load, redact=redact)
    with serving(app) as url:
        yield url


def open_review(page: Page, served: Served, ui: str = "en") -> None:
    """Open the page and wait for the message that comes first."""
    page.goto(f"{served.url}/review?ui={ui}")
    shows(page, "gas")


def shows(page: Page, id_: str) -> None:
    """Wait until a message is at hand, and for as long as a person takes to read any at all."""
    page.get_by_role("heading", name=re.compile(rf"· {id_}$")).wait_for()
    page.wait_for_timeout(450)


def says(page: Page, text: str) -> None:
    """Wait until the page says something in passing."""
    page.locator("#status", has_text=text).wait_for()
