from __future__ import annotations

from contextlib import nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, get_args

import pytest

from data.taxonomy import Taxonomy, read_taxonomy
from service.errors import InvalidFields
from service.keys import KeyScope, edit_keys, issue
from service.ticket_labels import check_labels
from tests.service.toy_tickets import URL, Desk, correct, count, desk, folder, problem, put

__all__ = ["desk", "folder"]


def test_what_a_person_says_holds_and_is_kept_with_its_reason(desk: Desk) -> None:
    client = desk()
    put(client, "my parcel")
    made = correct(client, {"urgency": "critical", "signals": ["harm"]}, reason="It leaks", author="Aino")
    assert (made.status_code, made.headers["etag"]) == (200, '"2"')
    ticket = client.get(URL).json()
    assert ticket == made.json()
    assert (ticket["labels"]["urgency"], ticket["labels"]["signals"]) == ("critical", ["harm"])
    assert ticket["labels"]["themes"] == ["delivery"], "the machine's word stands where nobody spoke"
    (said,) = ticket["corrections"]
    assert (said["author"], said["reason"], said["hours"]) == ("Aino", "It leaks", 1.0)
    assert ticket["judged"]
    assert [each["version"] for each in client.get("/v1/tickets?judged=true&urgency=critical").json()["tickets"]] == [2]
    assert count(client, 'reclamo_corrections_total{act="given"}') == 1


def test_a_correction_of_an_older_version_is_refused_with_both(desk: Desk) -> None:
    client = desk()
    etag = put(client, "my parcel").headers["etag"]
    first = correct(client, {"kind": "other"}, headers={"if-match": etag}, author="Aino")
    assert first.status_code == 200
    second = correct(client, {"kind": "complaint"}, headers={"if-match": etag}, author="Bao")
    assert problem(second) == (409, "stale-ticket")
    told = second.json()
    assert (told["given_version"], told["current"]["version"], second.headers["etag"]) == (1, 2, '"2"')
    assert told["current"] == client.get(URL).json(), "whole, with its empty fields"
    assert (
        correct(client, {"kind": "complaint"}, headers={"if-match": f"W/{second.headers['etag']}"}).status_code == 200
    )
    assert correct(client, {"kind": "other"}, headers={"if-match": "*"}).status_code == 200
    assert [each["labels"]["kind"] for each in client.get(URL).json()["corrections"]] == ["other", "complaint", "other"]


@pytest.mark.parametrize("version", ["2", '"two"', '"1", "2"', '"1', '"' + "9" * 400 + '"'])
def test_a_version_that_is_none_is_a_bad_request(desk: Desk, version: str) -> None:
    client = desk()
    put(client)
    assert problem(correct(client, {"kind": "other"}, headers={"if-match": version})) == (400, "bad-request")


@pytest.mark.parametrize(
    ("labels", "field", "detail"),
    [
        ({"kind": "praise"}, "labels.kind", "has no label praise"),
        ({"themes": ["delivery", "weather"]}, "labels.themes", "has no label weather"),
        ({"themes": ["delivery", "delivery"]}, "labels.themes", "names a label twice"),
        ({"themes": "delivery"}, "labels.themes", "is not a list"),
        ({"themes": ["delivery"] * 1_000}, "labels.themes", "has too many entries"),
        ({"kind": ["other"]}, "labels.kind", "is not a string"),
        ({"kind": "SECRET WORDS"}, "labels.kind", "has characters that it cannot have"),
        ({"kind": None}, "labels.kind", "is null"),
        ({"topic": "x"}, "labels.topic", "is not a field of this call"),
        ({}, "labels", "names no group"),
    ],
)
def test_labels_that_the_taxonomy_has_not_are_named(desk: Desk, labels: Any, field: str, detail: str) -> None:
    client = desk()
    put(client)
    response = correct(client, labels)
    assert problem(response) == (422, "invalid-fields")
    (error,) = response.json()["errors"]
    assert (error["field"], error["detail"]) == (field, detail)
    assert "SECRET" not in response.text
    assert client.get(URL).json()["corrections"] == []


def ruled() -> Taxonomy:
    plain = read_taxonomy(Path(__file__).with_name("taxonomy.yaml")).model_dump()
    rules = [{"group": "kind", "labels": ["other"], "empty": ["signals"], "needed": ["themes"]}]
    groups = [each for each in plain["groups"] if each["id"] != "motives"]
    return Taxonomy.model_validate(plain | {"rules": rules, "groups": groups})


@pytest.mark.parametrize(
    ("labels", "fields"),
    [
        ({"kind": "other"}, []),
        ({"kind": "other", "signals": [], "themes": ["billing"]}, []),
        ({"kind": "other", "signals": ["harm"]}, ["labels.signals"]),
        ({"kind": "other", "themes": []}, ["labels.themes"]),
        ({"kind": "complaint", "signals": ["harm"], "themes": []}, []),
        ({"motives": ["redress"]}, ["labels.motives"]),
        ({"motives": []}, ["labels.motives"]),
    ],
)
def test_labels_that_contradict_each_other_are_refused(labels: Any, fields: list[str]) -> None:
    with pytest.raises(InvalidFields) if fields else nullcontext() as refused:
        check_labels(labels, ruled())
    assert ([each.field for each in refused.value.errors] if refused else []) == fields


def test_a_correction_can_be_taken_back_by_who_made_it(desk: Desk) -> None:
    client = desk()
    put(client, "my parcel")
    correct(client, {"kind": "other"}, author="Aino")
    undo = f"{URL}/labels/undo"
    assert problem(client.post(undo, json={"author": "Bao"})) == (409, "nothing-to-undo")
    assert problem(client.post(undo, json={"author": "Aino"}, headers={"if-match": '"1"'})) == (409, "stale-ticket")
    ticket = client.post(undo, json={"author": "Aino"}).json()
    assert (ticket["labels"]["kind"], ticket["judged"], len(ticket["corrections"])) == ("complaint", False, 2)
    correct(client, {"kind": "other"})
    assert client.post(undo).json()["labels"]["kind"] == "complaint", "who is not named may take back what is not"
    assert count(client, 'reclamo_corrections_total{act="undone"}') == 2


def test_of_a_ticket_that_is_not_there_nothing_can_be_said(desk: Desk) -> None:
    client = desk()
    assert problem(correct(client, {"kind": "other"})) == (404, "not-found")
    assert problem(client.post(f"{URL}/labels/undo")) == (404, "not-found")


def test_the_queue_has_the_most_pressing_first_and_not_what_was_judged(desk: Desk) -> None:
    client = desk()
    for id_, text in {"1": "nothing", "2": "gas smells", "3": "my parcel", "4711": "cancel"}.items():
        put(client, text, f"/v1/tickets/shop/{id_}", language="fi" if id_ == "1" else "en")

    def ids(query: str = "") -> list[str]:
        return [each["key"]["id"] for each in client.get(f"/v1/review{query}").json()["tickets"]]

    assert ids()[0] == "2"
    assert set(ids()) == {"1", "2", "4711"}
    assert ids("?lang=fi") == ["1"]
    assert len(ids("?limit=1")) == 1
    correct(client, {"kind": "other"})
    assert set(ids()) == {"1", "2"}
    assert problem(client.get("/v1/review?limit=501")) == (422, "invalid-fields")


SCOPES: dict[tuple[str, str], KeyScope] = {
    ("PUT", URL): "tickets",
    ("GET", URL): "tickets",
    ("GET", "/v1/tickets"): "tickets",
    ("DELETE", "/v1/tickets/shop/none"): "tickets",
    ("DELETE", "/v1/subjects/nobody"): "tickets",
    ("POST", f"{URL}/labels"): "label",
    ("POST", f"{URL}/labels/undo"): "label",
    ("GET", "/v1/review"): "label",
    ("GET", "/v1/disagreements"): "label",
    ("GET", "/v1/challengers"): "label",
}
BODIES: dict[str, Any] = {"PUT": {"text": "a"}, "POST": {"labels": {"kind": "other"}}}


@pytest.fixture
def keys(tmp_path: Path) -> dict[str, str]:
    """A key for each scope, by its name; the file is `keys.json`."""
    made = {}
    with edit_keys(tmp_path / "keys.json") as records:
        for scope in get_args(KeyScope):
            record, made[scope] = issue(f"the-{scope}-key", [scope], now=datetime.now(UTC))
            records.append(record)
    return made


def test_every_call_needs_its_scope_and_no_other(desk: Desk, tmp_path: Path, keys: dict[str, str]) -> None:
    client = desk(keys=tmp_path / "keys.json")
    for (method, path), needed in SCOPES.items():
        for scope, shown in keys.items():
            body = {} if path.endswith("undo") else BODIES.get(method)
            response = client.request(method, path, json=body, headers={"x-api-key": shown})
            if scope == needed:
                assert response.status_code < 300, (method, path, response.text)
            else:
                assert problem(response) == (403, "scope-missing"), (method, path, scope)


def test_with_keys_the_author_is_the_key(desk: Desk, tmp_path: Path, keys: dict[str, str]) -> None:
    client = desk(keys=tmp_path / "keys.json")
    client.put(URL, json={"text": "my parcel"}, headers={"x-api-key": keys["tickets"]})
    headers = {"x-api-key": keys["label"]}
    (said,) = correct(client, {"kind": "other"}, author="The boss", headers=headers).json()["corrections"]
    assert said["author"] == "the-label-key"
    undone = client.post(f"{URL}/labels/undo", json={"author": "The boss"}, headers=headers)
    assert undone.json()["corrections"][-1]["author"] == "the-label-key"


def test_characters_of_tickets_count_for_the_key(desk: Desk, tmp_path: Path, keys: dict[str, str]) -> None:
    client = desk(keys=tmp_path / "keys.json", characters_per_minute=12)
    headers = {"x-api-key": keys["tickets"]}
    assert client.put(URL, json={"text": "ten chars."}, headers=headers).status_code == 201
    assert problem(client.put(URL, json={"text": "ten more.."}, headers=headers)) == (429, "rate-limited")


def test_the_document_names_the_labels_that_there_are(desk: Desk) -> None:
    parts = desk().get("/openapi.json").json()["components"]["schemas"]
    labels = parts["GroupLabels"]["properties"]
    assert labels["kind"]["enum"] == ["complaint", "other"]
    assert labels["signals"]["items"]["enum"] == ["harm", "leaving"]
    assert "enum" in parts["TicketBody"]["properties"]["language"]["anyOf"][0]
