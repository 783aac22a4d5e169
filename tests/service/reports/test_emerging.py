from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from data.store.emerging import Found, Member
from data.store.store import Store
from service.emerging_routes import make_label
from service.errors import InvalidFields
from service.keys import KeyScope, edit_keys, issue
from tests.service.conftest import wait_until
from tests.service.toy_tickets import Desk, desk, folder, problem, put

__all__ = ["desk", "folder"]

YEAR = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)


def fill(client: TestClient, *sizes: int, words: str = "toll") -> list[int]:
    """Keep groups of so many tickets; returns their ids."""
    number = 0
    for size in sizes:
        for _ in range(size):
            number += 1
            put(client, f"my parcel of wasps {number}", f"/v1/tickets/shop/{number}")
    store: Store = client.app.state.keeping.calls.store  # type: ignore[attr-defined]
    ids = store.emerging.received(*YEAR)
    found, start = [], 0
    for size in sizes:
        members = [Member(id_, 1, 0.9) for id_ in ids[start : start + size]]
        found.append(Found(members, 0.8, {"en": [(words, size)]}, []))
        start += size
    return store.emerging.keep(found, ids)


def shown(client: TestClient, **headers: str) -> str:
    """Read the page once the tickets were counted."""
    wait_until(lambda: client.get("/reports/emerging?ui=en", headers=headers).status_code == 200)
    return client.get("/reports/emerging?ui=en", headers=headers).text


def decide(client: TestClient, group: int, what: str, **body: Any) -> Any:
    return client.post(f"/v1/emerging/{group}/{what}", json=body)


def test_the_page_quotes_groups_of_enough_tickets_alone(desk: Desk) -> None:
    client = desk()
    fill(client, 5)
    page = shown(client)
    assert re.search(r"</blockquote>\s*<p class=\"told-by\">English</p>", page)
    assert re.search(r"<figcaption.*Messages by week", page) or "<svg" not in page
    assert "toll" in page


def test_a_small_group_shows_neither_quotes_nor_words(desk: Desk) -> None:
    client = desk()
    fill(client, 4)
    page = shown(client)
    assert "too few messages" in page
    assert "wasps" not in page
    assert "toll" not in page


@pytest.mark.parametrize(("fewest", "shown_"), [(6, True), (7, False)])
def test_words_and_quotes_are_of_enough_messages_of_their_language(desk: Desk, fewest: int, shown_: bool) -> None:
    client = desk(report_fewest=fewest)
    for number in range(8):
        text, lang = ("my parcel of wasps", "en") if number < 6 else ("the nest of hornets", "fi")
        put(client, f"{text} {number}", f"/v1/tickets/shop/{number}", language=lang)
    store: Store = client.app.state.keeping.calls.store  # type: ignore[attr-defined]
    ids = store.emerging.received(*YEAR)
    members = [Member(id_, 1, 0.9) for id_ in ids]
    store.emerging.keep([Found(members, 0.8, {"en": [("toll", 6), ("fee", 5)]}, [])], ids)
    page = shown(client)
    assert "8 messages" in page
    assert ("toll" in page, "wasps" in page) == (shown_, shown_)
    assert "fee" not in page
    assert "hornets" not in page


def test_without_groups_the_page_says_how_to_make_some(desk: Desk) -> None:
    client = desk()
    put(client)
    page = shown(client)
    assert "RECLAMO_STORE=sqlite:///tickets.db RECLAMO_STORE_SECRET=tickets.db.secret make emerging" in page
    assert "fit no theme well" not in page, "no empty card"


def test_groups_are_named_merged_dismissed_and_opened_again(desk: Desk) -> None:
    client = desk()
    one, two, three = fill(client, 5, 5, 5)
    named = decide(client, one, "name", names={"en": "Wasp nests"}, author="Aino")
    assert (named.status_code, named.json()["status"], named.json()["label"]) == (200, "named", "wasp_nests")
    assert "Wasp nests" in shown(client), "though the store's tickets have not changed"
    assert decide(client, two, "merge", into=one).json()["messages"] == 10
    assert client.post(f"/v1/emerging/{three}/dismiss", json={"author": "Aino"}).json()["status"] == "dismissed"
    listed = client.get("/v1/emerging").json()["groups"]
    assert {each["id"]: each["status"] for each in listed} == {one: "named", three: "dismissed"}
    assert decide(client, three, "reopen").json()["status"] == "open"


def test_what_cannot_be_is_refused(desk: Desk) -> None:
    client = desk()
    one, two = fill(client, 5, 5)
    theme = client.app.state.classifier.engine.taxonomy.ids("themes")[0]  # type: ignore[attr-defined]
    assert problem(decide(client, one, "name", names={"en": theme})) == (422, "invalid-fields")
    assert problem(decide(client, one, "name", names={"xx": "Wasps"})) == (422, "invalid-fields")
    assert problem(decide(client, one, "name", names={})) == (422, "invalid-fields")
    assert problem(decide(client, one, "name")) == (422, "invalid-fields")
    assert problem(decide(client, 4711, "dismiss")) == (404, "not-found")
    assert problem(decide(client, one, "merge", into=one)) == (409, "conflict")
    assert decide(client, one, "name", names={"en": "Wasps"}).status_code == 200
    assert problem(decide(client, two, "name", names={"en": "Wasps"})) == (409, "conflict")


def test_without_a_store_there_are_no_groups(desk: Desk) -> None:
    client = desk(store=None)
    assert problem(client.get("/v1/emerging")) == (404, "no-store")


def test_deciding_needs_the_scope_and_the_key_is_the_author(desk: Desk, tmp_path: Path) -> None:
    keys: dict[KeyScope, dict[str, str]] = {}
    scopes: tuple[KeyScope, ...] = ("reports", "tickets", "label")
    with edit_keys(tmp_path / "keys.json") as records:
        for scope in scopes:
            record, key = issue(f"Aino-{scope}", [scope], now=datetime.now(UTC))
            records.append(record)
            keys[scope] = {"authorization": f"Bearer {key}"}
    client = desk(keys=tmp_path / "keys.json")
    client.headers.update(keys["tickets"])
    (one,) = fill(client, 5)
    del client.headers["authorization"]
    address = f"/v1/emerging/{one}/dismiss"
    assert problem(client.post(address, json={}, headers=keys["reports"])) == (403, "scope-missing")
    assert problem(client.get("/v1/emerging", headers=keys["tickets"])) == (403, "scope-missing")
    assert client.post(address, json={"author": "me"}, headers=keys["label"]).status_code == 200
    store: Store = client.app.state.keeping.calls.store  # type: ignore[attr-defined]
    assert store.emerging.group(one).author == "Aino-label"


@pytest.mark.parametrize(
    ("names", "label"),
    [({"fi": "Pysäköinti", "en": "Parking fees!"}, "parking_fees"), ({"vi": "Phí đỗ xe"}, "phi_do_xe")],
)
def test_an_id_is_made_of_the_name(names: dict[str, str], label: str) -> None:
    assert make_label(names) == label


def test_a_name_without_letters_needs_an_id() -> None:
    with pytest.raises(InvalidFields):
        make_label({"en": "123"})
