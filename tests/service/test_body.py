from __future__ import annotations

import threading
from collections.abc import Sequence

import pytest
from starlette.testclient import TestClient

from models.engine import Prepared
from tests.service.conftest import Start, wait_until
from tests.service.dummy_engine import DummyEngine

JSON = {"content-type": "application/json"}


def refused(client: TestClient, body: bytes, path: str = "/v1/classify") -> tuple[int, str, str]:
    response = client.post(path, content=body, headers=JSON)
    assert response.headers["content-type"] == "application/problem+json"
    problem = response.json()
    assert problem["status"] == response.status_code
    return response.status_code, problem["type"].rpartition(":")[2], problem["detail"]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "malformed-json"),
        (b"{", "malformed-json"),
        (b'{"text": NaN}', "malformed-json"),
        (b'{"text": 1' + b"0" * 5000 + b"}", "malformed-json"),
        (b"[" * 200_000, "malformed-json"),
        (b'{"text": "a"} {}', "malformed-json"),
        (b'{"text": "caf\xe9"}', "invalid-encoding"),
        ('{"text": "a"}'.encode("utf-16"), "invalid-encoding"),
        (b'{"text": "\xed\xa0\x80"}', "invalid-encoding"),
    ],
)
def test_what_is_not_json_in_utf_8_is_a_bad_request(client: TestClient, body: bytes, code: str) -> None:
    assert refused(client, body)[:2] == (400, code)


def test_a_byte_order_mark_is_skipped(client: TestClient) -> None:
    body = b'\xef\xbb\xbf{"text": "My parcel is late."}'
    assert client.post("/v1/classify", content=body, headers=JSON).status_code == 200


@pytest.mark.parametrize(
    ("given", "status"),
    [
        ("application/json", 200),
        ("Application/JSON; charset=UTF-8", 200),
        ("application/json; charset=utf8", 200),
        ("application/json; charset=latin-1", 415),
        ("text/plain", 415),
        ("application/x-www-form-urlencoded", 415),
        ("application/vnd.api+json", 415),
        ("nonsense", 415),
    ],
)
def test_only_json_in_utf_8_is_read(client: TestClient, given: str, status: int) -> None:
    body = b'{"text": "My parcel is late."}'
    assert client.post("/v1/classify", content=body, headers={"content-type": given}).status_code == status


def test_a_body_without_a_type_is_refused(client: TestClient) -> None:
    assert client.post("/v1/classify", content=b'{"text": "x"}').status_code == 415


def test_long_messages_and_large_batches_are_too_large(start: Start) -> None:
    client = start(max_characters=5, max_messages=2)
    told = refused(client, b'{"text": "123456"}')
    assert told == (413, "text-too-long", "text has 6 characters, the limit is 5.")
    assert client.post("/v1/classify", json={"text": "äö😀12"}).status_code == 200, "characters are code points"
    path = "/v1/classify/batch"
    assert refused(client, b'{"messages": [{"text": "a"}, {"text": "123456"}]}', path)[2].startswith("messages[1].text")
    assert refused(client, b'{"messages": [1, 2, 3]}', path)[:2] == (413, "too-many-messages")


def fields(number: int) -> bytes:
    return b"{" + b",".join(b'"f%d": 0' % place for place in range(number)) + b"}"


def test_thousands_of_fields_are_one_error(client: TestClient) -> None:
    assert refused(client, fields(50_000))[0] == 422


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/tickets/s/1/labels", b'{"labels": %s}' % fields(4_000)),
        ("/v1/emerging/1/name", b'{"names": %s}' % fields(4_000)),
        ("/v1/classify/batch", b'{"messages": [{"text": "a"}, {"text": %s}]}' % fields(100_000)),
    ],
)
def test_nor_are_they_any_more_one_level_down(client: TestClient, path: str, body: bytes) -> None:
    response = client.post(path, content=body, headers=JSON)
    assert response.status_code == 422
    assert [each["detail"] for each in response.json()["errors"]] == ["has too many fields"]


def test_only_a_batch_may_be_as_large_as_any_body(start: Start) -> None:
    client = start(max_characters=1_000)
    longest = b'{"text": "' + b"\\ud83d\\ude00" * 1_000 + b'"}'
    assert client.post("/v1/classify", content=longest, headers=JSON).status_code == 200
    large = b'{"text": "a"%s}' % (b" " * 76_001)
    assert refused(client, large)[:2] == (413, "body-too-large")
    assert refused(client, b'{"labels": {}%s}' % (b" " * 64_001), "/v1/tickets/s/1/labels")[:2] == (
        413,
        "body-too-large",
    )
    batch = b'{"messages": [%s]}' % large
    assert client.post("/v1/classify/batch", content=batch, headers=JSON).status_code == 200


def test_while_the_line_is_full_nothing_is_parsed(start: Start) -> None:
    gate = threading.Event()
    gate.set()

    def hold(_: Sequence[Prepared]) -> None:
        assert gate.wait(5)

    engine = DummyEngine(before=hold)
    client = start(engine, workers=1, queue_tokens=10)
    gate.clear()
    single = {"text": "word " * 50}
    bodies = {"/v1/classify": single, "/v1/classify/batch": {"messages": [single, {"text": "words " * 50}]}}
    filling = [threading.Thread(target=client.post, args=(path,), kwargs={"json": bodies[path]}) for path in bodies]
    for number, each in enumerate(filling, 1):
        each.start()
        wait_until(lambda n=number: client.app.state.classifier.scheduler.cost == 52 * n)  # type: ignore[misc, attr-defined]
    assert refused(client, b"{")[:2] == (429, "overloaded"), "it is no JSON, and nobody has looked"
    assert refused(client, b"{", "/v1/classify/batch")[:2] == (429, "overloaded")
    assert refused(client, b'{"text": "new"}')[:2] == (429, "overloaded")
    gate.set()
    for each in filling:
        each.join()
    assert "new" not in engine.computed
    assert refused(client, b"{")[:2] == (400, "malformed-json")


def test_while_the_line_for_single_messages_is_full_a_batch_is_read(start: Start) -> None:
    go_on = threading.Event()
    go_on.set()

    def hold(_: Sequence[Prepared]) -> None:
        assert go_on.wait(5)

    client = start(DummyEngine(before=hold), workers=1, queue_tokens=200)
    go_on.clear()
    filling = threading.Thread(target=client.post, args=("/v1/classify",), kwargs={"json": {"text": "word " * 50}})
    filling.start()
    wait_until(lambda: client.app.state.classifier.scheduler.cost == 52)  # type: ignore[attr-defined]
    try:
        assert refused(client, b"{")[:2] == (429, "overloaded"), "a quarter of the line is full"
        assert refused(client, b"{", "/v1/classify/batch")[:2] == (400, "malformed-json")
    finally:
        go_on.set()
        filling.join()
