"""Whatever is sent: no fault of the service's own, and no response that the OpenAPI document does not tell of.

`FUZZ_EXAMPLES=2000` makes it a long run with examples of its own; otherwise they are the same each time.
"""

from __future__ import annotations

import json
import os
import re
import secrets
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import hypothesis
import pytest
import schemathesis
from fastapi import FastAPI
from hypothesis import HealthCheck, Phase, given
from hypothesis import strategies as st
from schemathesis import engine
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import events
from schemathesis.python import asgi
from starlette.testclient import TestClient

from service.app import create_app
from service.keys import SCOPES, edit_keys, issue
from service.wire import Message
from tests.service.conftest import settings, wait_until
from tests.service.declared import Document, Headers, Reply, send
from tests.service.dummy_engine import DummyEngine
from tests.service.toy_tickets import redact
from tests.service.toy_versions import load, make_version

LONG = int(os.environ.get("FUZZ_EXAMPLES", "0"))
SINGLE, BATCH = "/v1/classify", "/v1/classify/batch"
MAX_CHARACTERS = 50_000

Send = Callable[..., Reply]


def examples(number: int, *phases: Phase) -> hypothesis.settings:
    """So many examples, the same each time unless the run is a long one."""
    return hypothesis.settings(
        max_examples=LONG or number,
        derandomize=not LONG,
        database=None,
        deadline=None,
        print_blob=True,
        phases=phases or (Phase.explicit, Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
    )


# What the document says


def versions(folder: Path, **changes: Any) -> FastAPI:
    """An application that keeps tickets, with two versions of a model, of which the second cannot be loaded."""
    first = make_version(folder, "1", mark=0.5)
    make_version(folder, "2", breaks=True)
    given = settings(model=folder, store=f"sqlite:///{folder}-kept/tickets.db", **changes)
    return create_app(load(first, given), given, folder=first, load=load, redact=redact)


_EXPECTED = ["2xx", 401, 403, 404, 409, 429, "5xx"]
_TICKET = "/v1/tickets/{source}/{id}"
BEYOND_A_SCHEMA = [
    {"include-path": path, "checks": {"positive_data_acceptance": {"expected-statuses": [*_EXPECTED, *more]}}}
    for path, more in {
        "/v1/tickets": [422],  # a cursor that was never given out
        # an idempotency key that is no structured field, a ticket that was erased, a time before 1990 or to come
        _TICKET: [400, 410, 422],
        f"{_TICKET}/labels": [400],
        f"{_TICKET}/labels/undo": [400],
        "/v1/emerging/{id}/name": [422],  # a theme that there is, or a name without letters to make an id of
        "/v1/reports": [422],  # a day that no calendar has, or an end before its beginning
        "/v1/reports/complaints.csv": [422],
        "/v1/reports/{page}": [422],
        "/v1/reports/{page}/{figure}.{form}": [422],
    }.items()
]
"""What a call may answer to requests that its schema allows."""


def lies(app: FastAPI, number: int, authorization: str | None = None) -> dict[str, str]:
    """Let schemathesis try the whole document with all of its checks; tells the failures, each with a way to see it."""
    given = {
        "seed": secrets.randbits(64) if LONG else 0,
        "cache": {"enabled": False},
        "headers": {"Authorization": authorization} if authorization else {},
        "generation": {"deterministic": not LONG, "max-examples": LONG or number},
        "operations": BEYOND_A_SCHEMA,
    }
    config = SchemathesisConfig.from_dict(given)
    found, ran = {}, Counter[str]()
    with asgi.get_client(app) as client:  # type: ignore[arg-type]  # it names the messages' types more narrowly
        wait_until(lambda: bool(client.get("/readyz").ok), seconds=30)
        schema = schemathesis.openapi.from_asgi("/openapi.json", app, config=config)
        for event in engine.from_schema(schema).execute():
            assert not isinstance(event, events.FatalError), event.exception
            if isinstance(event, events.NonFatalError):
                found[event.label] = f"{event.value!r}"
            elif isinstance(event, events.ScenarioFinished):
                ran[event.phase.value] += event.status is engine.Status.SUCCESS
                checks = (check for each in event.recorder.checks.values() for check in each)
                for failed in (check.failure_info for check in checks if check.failure_info):
                    found[f"{event.recorder.label}: {failed.failure.title}"] = failed.code_sample
    assert found or {"examples", "coverage", "fuzzing", "stateful"} == {phase for phase in ran if ran[phase]}
    return found


def test_without_keys_the_document_tells_no_lie(tmp_path: Path) -> None:
    assert lies(versions(tmp_path), 15) == {}


def test_with_keys_the_document_tells_no_lie(tmp_path: Path) -> None:
    record, shown = issue("fuzz", SCOPES, now=datetime.now(UTC), requests_per_minute=10**9)
    with edit_keys(tmp_path / "keys.json") as keys:
        keys.append(record)
    never = 10**9
    changes = {"keys": tmp_path / "keys.json", "key_failures": never, "characters_per_minute": never}
    assert lies(versions(tmp_path / "versions", **changes), 10, f"Bearer {shown}") == {}


# Bodies that no schema thinks of

_MARKS = "\u0300\u0301\u0316\u0323\u0489\u20dd"
TEXTS = st.one_of(
    st.text(st.characters(exclude_categories=()), max_size=60),
    st.text("\0\ud800\udfff\ud83d\ude00\u202e\u2066\u2069\u200d\ufeff\ufffe\U0010ffff aé", max_size=30),
    st.text("👨‍👩‍👧🏴‍☠️🇫🇮 ", max_size=40),
    st.builds(lambda mark, times: "e" + mark * times, st.sampled_from(_MARKS), st.integers(1_000, 20_000)),
    st.builds(lambda one, times: one * times, st.sampled_from("a\n \0😀ệ\u0301"), st.integers(1, MAX_CHARACTERS + 1)),
    st.sampled_from(["a" * 1_000_000, "parcel " * 7_000, "DROP TABLE;--", "{{7*7}}", "%n%s", "\x1b[2J"]),
)
NUMBERS = st.sampled_from(["1e999", "-1e999", "9" * 400, "9" * 5_000, "1e-400", "-0", "NaN", "Infinity", "0x10", "01"])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["text", "messages", "x"]), inner),
    max_leaves=5,
)
FIELDS = st.fixed_dictionaries(
    {"text": TEXTS | VALUES},
    optional={
        "language": st.sampled_from(["fi", "EN", "xx", "", "\ud800"]) | VALUES,
        "evidence": st.booleans() | VALUES,
        "x\0": VALUES,
    },
)
OBJECTS = st.one_of(FIELDS, st.fixed_dictionaries({"messages": st.lists(FIELDS, max_size=4) | VALUES}), VALUES)


def encoded(value: object, encoding: str) -> bytes:
    return json.dumps(value, ensure_ascii=encoding == "ascii").encode(encoding, "surrogatepass")


BODIES = st.one_of(
    st.builds(encoded, OBJECTS, st.sampled_from(["ascii", "utf-8"])),
    st.builds(encoded, OBJECTS, st.sampled_from(["utf-8-sig", "utf-16", "utf-16-le", "utf-32"])),
    st.builds(lambda value, cut: encoded(value, "utf-8")[:-cut], OBJECTS, st.integers(1, 9)),
    st.builds(lambda number: b'{"text": %s}' % number.encode(), NUMBERS),
    st.builds(lambda key: b'{"text": "a", "%s": "b"}' % key, st.sampled_from([b"text", b"__proto__", b"", b"\\u0000"])),
    st.builds(lambda opening, levels: opening * levels, st.sampled_from([b"[", b'{"text":']), st.integers(1, 50_000)),
    st.builds(lambda levels: b'{"text":' + b"[" * levels + b"]" * levels + b"}", st.integers(1, 50_000)),
    st.builds(lambda names: json.dumps({f"f{n}": n for n in range(names)}).encode(), st.integers(10, 5_000)),
    st.builds(lambda number: b'{"messages":[' + b",".join([b'{"text":"a"}'] * number) + b"]}", st.integers(250, 300)),
    st.binary(max_size=200),
    st.just(b"a" * 2_000_001),
)  # fmt: skip
TYPES = st.one_of(
    st.just(b"application/json"),
    st.sampled_from([b"", b"text/plain", b"application/json; charset=utf-16", b"APPLICATION/JSON; charset=\xff;;"]),
    st.binary(max_size=20).map(lambda value: value.translate(None, b"\r\n\0")),
)  # fmt: skip
HEADERS: st.SearchStrategy[Headers] = st.lists(
    st.one_of(
        st.tuples(st.just(b"content-encoding"), st.sampled_from([b"gzip", b"br", b"identity", b"gzip, gzip", b"\xff"])),
        st.tuples(
            st.just(b"content-length"), st.sampled_from([b"0", b"5", b"-1", b"9" * 30, b"1e3", b"5, 5", b"\xb2", b""])
        ),
        st.tuples(st.just(b"transfer-encoding"), st.just(b"chunked")),
        st.tuples(st.just(b"expect"), st.just(b"100-continue")),
        st.tuples(st.just(b"prefer"), st.sampled_from([b"wait=9", b"wait=" + b"9" * 400, b"wait=-1", b"\xff"])),
        st.tuples(
            st.just(b"x-request-timeout-ms"), st.sampled_from([b"9000", b"9" * 400, b"-1", b"1.5", b"", b"\xd9\xa3"])
        ),
        st.tuples(st.just(b"host"), st.sampled_from([b"evil.example", b"[::1", b"", b"\xff", b"localhost:99999999"])),
        st.tuples(st.just(b"origin"), st.sampled_from([b"null", b"http://[", b"http://localhost", b"\xff"])),
        st.tuples(st.just(b"authorization"), st.sampled_from([b"Bearer", b"Bearer \xff", b"Basic x", b"rcl_" * 99])),
    ),
    max_size=2,
)  # fmt: skip


@pytest.fixture(scope="module")
def running() -> Iterator[TestClient]:
    with TestClient(create_app(DummyEngine(), settings(body_timeout=0.05)), base_url="http://localhost") as client:
        wait_until(lambda: client.get("/readyz").status_code == 200)
        yield client


@pytest.fixture(scope="module")
def sent(running: TestClient) -> Send:
    """Send, and see that what comes back was declared and is no fault."""
    document = Document(running.get("/openapi.json").json())

    def ask(method: str, path: str, headers: Headers, parts: list[bytes], end: str = "whole") -> Reply:
        assert running.portal
        reply: Reply = running.portal.call(send, running.app, method, path, headers, parts, end)
        if end == "gone" and not reply.status:
            return reply
        document.check(method, path, reply)
        assert reply.status < 500, reply
        return reply

    return ask


JSON: Headers = [(b"content-type", b"application/json")]


@examples(250)
@given(TEXTS)
def test_any_text_gets_an_answer_or_a_reason(sent: Send, text: str) -> None:
    reply = sent("post", SINGLE, JSON, [encoded({"text": text}, "ascii")])
    surrogate = any("\ud800" <= character <= "\udfff" for character in json.loads(json.dumps(text)))
    wrong = surrogate or "\0" in text or not text.strip()
    assert surrogate or bool(re.search(Message.model_json_schema()["properties"]["text"]["pattern"], text)) is not wrong
    assert reply.status == (413 if len(text) > MAX_CHARACTERS else 422 if wrong else 200)
    if reply.status == 200:
        assert json.loads(reply.body)["model_version"] == "dummy-1"
    elif len(text) > 40:
        assert text not in reply.body.decode()


@examples(250)
@given(st.sampled_from([SINGLE, BATCH]), st.lists(BODIES, min_size=1, max_size=1), TYPES, HEADERS, st.data())
def test_any_body_is_answered_as_declared(
    sent: Send, path: str, bodies: list[bytes], media: bytes, headers: Headers, data: st.DataObject
) -> None:
    (body,) = bodies
    size = data.draw(st.sampled_from([1, 7, 65_536])) if len(body) < 1_000 else 65_536
    parts = [body[at : at + size] for at in range(0, len(body), size)]
    end = data.draw(st.sampled_from(["whole", "whole", "whole", "gone"]))
    sent("post", path, [(b"content-type", media), *headers], parts, end)


@examples(60)
@given(st.sampled_from(["/livez", "/readyz", "/metrics", "/v1/models"]), HEADERS, st.binary(max_size=50))
def test_any_headers_are_answered_as_declared(sent: Send, path: str, headers: Headers, body: bytes) -> None:
    sent("get", path, headers, [body])


@examples(10)
@given(st.sampled_from([SINGLE, BATCH]), st.binary(max_size=100))
def test_a_body_that_never_ends_is_given_up(sent: Send, path: str, body: bytes) -> None:
    assert sent("post", path, JSON, [body], "nothing").status == 408


@pytest.mark.parametrize("said", [b"1", b"100", b"1999999"])
def test_a_length_that_is_not_true_changes_nothing(sent: Send, said: bytes) -> None:
    """A server counts for itself; what it passes on is what there is."""
    body = encoded({"text": "My parcel is late."}, "ascii")
    assert sent("post", SINGLE, [*JSON, (b"content-length", said)], [body]).status == 200


def test_the_shape_of_a_bomb_is_not_unpacked(sent: Send) -> None:
    for encoding in (b"gzip", b"deflate", b"br", b"zstd", b"gzip, gzip", b"x-gzip"):
        assert sent("post", SINGLE, [*JSON, (b"content-encoding", encoding)], [b"\x1f\x8b\x08"]).status == 415


def test_after_all_that_it_answers(sent: Send) -> None:
    answer = json.loads(sent("post", SINGLE, JSON, [encoded({"text": "My parcel is late."}, "ascii")]).body)
    assert [each["label"] for each in answer["themes"]] == ["delivery"]
