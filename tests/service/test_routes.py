from __future__ import annotations

import threading
from types import SimpleNamespace

import pytest
from starlette.requests import Request
from starlette.testclient import TestClient

from service.readiness import Phase
from service.routes import deadline_of
from tests.service.conftest import Start, settings, wait_until
from tests.service.dummy_engine import DummyEngine

JSON = {"content-type": "application/json"}
SINGLE, BATCH = "/v1/classify", "/v1/classify/batch"


def test_one_message_gets_one_answer(client: TestClient) -> None:
    response = client.post(SINGLE, json={"text": "My 📦 parcel is late!"})
    assert response.status_code == 200
    answer = response.json()
    assert answer["kind"] == {"label": "complaint", "confidence": 0.9}
    assert answer["themes"] == [{"label": "delivery", "confidence": 0.88, "evidence": [{"start": 5, "end": 11}]}]
    assert (answer["model_version"], answer["taxonomy_version"]) == ("dummy-1", "test-1")


def test_a_batch_is_answered_in_order(client: TestClient) -> None:
    texts = ["gas smells", "x " * 300, "my parcel", "nothing", "my parcel", "invoice " * 40]
    results = client.post(BATCH, json={"messages": [{"text": text} for text in texts]}).json()["results"]
    assert [[theme["label"] for theme in each["themes"]] for each in results] == [
        [],
        [],
        ["delivery"],
        [],
        ["delivery"],
        ["billing"],
    ]
    assert results[0]["urgency"]["label"] == "critical"


def test_evidence_can_be_left_out_and_asked_for_again(client: TestClient) -> None:
    asked = [{"text": "my parcel", "evidence": False}, {"text": "my parcel"}, {"text": "my parcel", "evidence": False}]
    results = client.post(BATCH, json={"messages": asked}).json()["results"]
    assert [bool(each["themes"][0]["evidence"]) for each in results] == [False, True, False]
    assert [each["themes"][0]["label"] for each in results] == ["delivery"] * 3


def test_evidence_is_a_yes_or_no(client: TestClient) -> None:
    response = client.post(SINGLE, json={"text": "my parcel", "evidence": "maybe"})
    assert response.status_code == 422
    assert response.json()["errors"][0]["field"] == "evidence"


def test_the_language_is_passed_on(client: TestClient) -> None:
    answer = client.post(SINGLE, json={"text": "Toimitus on myöhässä", "language": "fi"}).json()
    assert answer["language"]["label"] == "fi"
    assert client.post(SINGLE, json={"text": "Toimitus", "language": None}).status_code == 200


@pytest.mark.parametrize("text", ["😀😀", "....", "123"])
def test_a_text_without_words_is_answered_by_abstaining(client: TestClient, text: str) -> None:
    answer = client.post(SINGLE, json={"text": text}).json()
    assert answer["kind"] is None
    assert answer["review"] == {"needed": True, "reasons": ["unintelligible"]}


@pytest.mark.parametrize(
    ("body", "field", "detail"),
    [
        (b"[]", "body", "is not an object"),
        (b'"text"', "body", "is not an object"),
        (b"null", "body", "is not an object"),
        (b"{}", "text", "is missing"),
        (b'{"text": 5}', "text", "is not a string"),
        (b'{"text": null}', "text", "is not a string"),
        (b'{"text": ""}', "text", "is blank"),
        (b'{"text": " \\n\\t\\u00a0"}', "text", "is blank"),
        (b'{"text": "a\\u0000b"}', "text", "has a NUL character"),
        (b'{"text": "a\\ud800b"}', "text", "has half of a surrogate pair"),
        (b'{"text": "a", "language": "\\udfff"}', "language", "is not a language of this model"),
        (b'{"text": "a", "language": "sv"}', "language", "is not a language of this model"),
        (b'{"text": "a", "lang": "fi"}', "lang", "is not a field of this call"),
        (b'{"text": "a", "\\ud800": 1}', "body", "has half of a surrogate pair"),
        (b'{"text": "a", "my secret is 42": 1}', "(unknown)", "is not a field of this call"),
    ],
)
def test_wrong_fields_are_named_with_their_mend(client: TestClient, body: bytes, field: str, detail: str) -> None:
    response = client.post(SINGLE, content=body, headers=JSON)
    assert response.status_code == 422
    assert response.headers["content-type"] == "application/problem+json"
    (error,) = response.json()["errors"]
    assert (error["field"], error["detail"]) == (field, detail)
    assert error["mend"]


def test_in_a_batch_the_index_is_named(client: TestClient) -> None:
    body = b'{"messages": [{"text": "a"}, {"text": "\\ud83d"}, {"text": " "}, 4, {"text": "b", "language": 1}]}'
    errors = client.post(BATCH, content=body, headers=JSON).json()["errors"]
    assert [error["field"] for error in errors] == [
        "messages[1].text",
        "messages[2].text",
        "messages[3]",
        "messages[4].language",
    ]
    body = b'{"messages": [{"text": "a"}, {"text": "b", "language": "de"}]}'
    (error,) = client.post(BATCH, content=body, headers=JSON).json()["errors"]
    assert error["field"] == "messages[1].language"
    assert error["mend"] == "use one of fi, vi, es, en, or leave it out"


def test_an_empty_batch_is_refused(client: TestClient) -> None:
    (error,) = client.post(BATCH, json={"messages": []}).json()["errors"]
    assert error == {"field": "messages", "detail": "is empty", "mend": "send at least one message"}


@pytest.mark.parametrize("text", ["hunter2 \ud800", "hunter2 \0"])
def test_a_refusal_never_repeats_the_message(client: TestClient, text: str) -> None:
    escaped = text.encode("ascii", "backslashreplace").replace(b"\0", b"\\u0000")
    response = client.post(SINGLE, content=b'{"text": "' + escaped + b'", "hunter2 x": 1}', headers=JSON)
    assert response.status_code == 422
    assert "hunter2" not in response.text


def test_timing_is_told(client: TestClient) -> None:
    timing = client.post(SINGLE, json={"text": "How long does this take?"}).headers["server-timing"]
    assert [part.split(";")[0] for part in timing.split(", ")] == ["prepare", "queue", "infer", "cache"]
    timing = client.post(SINGLE, json={"text": "How long does this take?"}).headers["server-timing"]
    assert timing.endswith('cache;desc="1 of 1"')


@pytest.mark.parametrize("header", [{"prefer": "wait=0"}, {"x-request-timeout-ms": "0"}])
def test_who_cannot_wait_is_told_and_nothing_is_computed(start: Start, header: dict[str, str]) -> None:
    engine = DummyEngine()
    response = start(engine).post(SINGLE, json={"text": "a"}, headers=header)
    assert (response.status_code, response.json()["type"]) == (504, "urn:reclamo:problem:deadline-passed")
    assert int(response.headers["retry-after"]) >= 1
    assert len(engine.computed) == 4, "the test messages alone"


def test_an_answer_that_misses_the_clients_deadline_is_a_504(start: Start) -> None:
    client = start(DummyEngine(seconds=0.15))
    response = client.post(SINGLE, json={"text": "a"}, headers={"x-request-timeout-ms": "50", "prefer": "wait=9"})
    assert (response.status_code, response.json()["type"].rpartition(":")[2]) == (504, "deadline-passed")


def test_the_deadline_is_counted_from_when_the_request_arrived() -> None:
    app = SimpleNamespace(state=SimpleNamespace(settings=settings(request_timeout=9.0)))
    for headers, expires in (([], 109.0), ([(b"prefer", b"wait=3")], 103.0)):
        scope = {"type": "http", "headers": headers, "state": {"arrived": 100.0}, "app": app}
        assert deadline_of(Request(scope)).expires == expires


def test_a_deadline_that_is_none_is_a_bad_request(client: TestClient) -> None:
    response = client.post(SINGLE, json={"text": "a"}, headers={"x-request-timeout-ms": "soon"})
    assert response.status_code == 400
    assert "X-Request-Timeout-Ms as a whole number of milliseconds" in response.json()["detail"]


def test_an_answer_from_the_cache_comes_in_time_for_anybody(client: TestClient) -> None:
    client.post(SINGLE, json={"text": "asked before"})
    assert client.post(SINGLE, json={"text": "asked before"}, headers={"prefer": "wait=0"}).status_code == 200


def test_an_answer_that_takes_too_long_is_a_503(start: Start) -> None:
    client = start(DummyEngine(seconds=0.2), request_timeout=0.1, ready=False)
    client.app.state.readiness.phase = Phase.ready  # type: ignore[attr-defined]
    response = client.post(SINGLE, json={"text": "a"})
    assert (response.status_code, response.json()["type"].rpartition(":")[2]) == (503, "too-slow")


def test_while_every_thread_is_stuck_the_service_is_alive_and_not_ready(start: Start) -> None:
    go_on = threading.Event()
    go_on.set()

    def stick(_: object) -> None:
        go_on.wait(30)

    client = start(DummyEngine(before=stick), request_timeout=0.05, workers=1)
    go_on.clear()
    assert client.post(SINGLE, json={"text": "a"}).status_code == 503
    wait_until(lambda: client.get("/readyz").status_code == 503)
    assert client.get("/readyz").json()["type"] == "urn:reclamo:problem:not-ready"
    assert client.get("/livez").status_code == 200
    go_on.set()
    wait_until(lambda: client.get("/readyz").status_code == 200)
    assert client.post(SINGLE, json={"text": "b"}).status_code == 200


def test_a_language_may_bear_its_country_and_be_written_large(client: TestClient) -> None:
    for written in ("fi-FI", "FI", "fi_FI"):
        answer = client.post(SINGLE, json={"text": f"Toimitus {written}", "language": written}).json()
        assert answer["language"]["label"] == "fi"
    assert client.post(SINGLE, json={"text": "Toimitus", "language": "sv-FI"}).status_code == 422
    assert client.post(SINGLE, json={"text": "Toimitus", "language": ""}).status_code == 422


@pytest.mark.parametrize("path", ["/livez", "/readyz"])
def test_balancers_may_ask_for_the_head_of_a_probe(client: TestClient, path: str) -> None:
    assert client.head(path).status_code == 200


def test_the_probes(client: TestClient) -> None:
    assert client.get("/livez").json()["status"] == "alive"
    assert client.get("/readyz").json() == {"status": "ready", "model_version": "dummy-1", "engine": "dummy"}
