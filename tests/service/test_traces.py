from __future__ import annotations

import importlib.util
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode

from service.settings import SettingsError, read_settings
from service.traces import Traces
from tests.service.conftest import Start
from tests.service.dummy_engine import DummyEngine

SINGLE = "/v1/classify"
SECRET = "hunter2"
ENDPOINT = "http://collector.invalid:4318"


@pytest.fixture
def spans(monkeypatch: pytest.MonkeyPatch) -> InMemorySpanExporter:
    """Where the spans of applications go that are started with `traces` set."""
    exporter = InMemorySpanExporter()
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr("service.app.open_traces", lambda _: Traces(provider))
    return exporter


def by_name(spans: InMemorySpanExporter) -> dict[str, ReadableSpan]:
    found = {span.name: span for span in spans.get_finished_spans()}
    spans.clear()
    return found


def test_a_request_is_a_span_with_its_parts_below_it(start: Start, spans: InMemorySpanExporter) -> None:
    client = start(DummyEngine(seconds=0.02), traces=ENDPOINT)
    spans.clear()
    began = time.time_ns()
    response = client.post(f"{SINGLE}?q={SECRET}", json={"text": f"My word is {SECRET}"})
    ended = time.time_ns()
    found = by_name(spans)
    assert set(found) == {f"POST {SINGLE}", "prepare", "queue", "infer"}
    whole = found[f"POST {SINGLE}"]
    assert whole.context
    assert whole.parent is None
    assert whole.kind is SpanKind.SERVER
    assert dict(whole.attributes or {}) == {
        "http.request.method": "POST",
        "http.route": SINGLE,
        "http.response.status_code": 200,
        "reclamo.request_id": response.headers["x-request-id"],
        "reclamo.characters": 18,
        "reclamo.messages": 1,
        "reclamo.cached": 0,
        "reclamo.model_version": "dummy-1",
    }
    assert whole.start_time
    assert whole.end_time
    assert began - 10_000_000 <= whole.start_time <= whole.end_time <= ended + 10_000_000
    times = [whole.start_time]
    for name in ("prepare", "queue", "infer"):
        part = found[name]
        assert part.parent
        assert part.parent.span_id == whole.context.span_id
        assert part.start_time
        assert part.end_time
        times += [part.start_time, part.end_time]
    assert times == sorted(times)
    assert times[-1] - times[-2] >= 20_000_000
    assert SECRET not in "".join(span.to_json() for span in found.values())


def test_the_clients_trace_goes_on(start: Start, spans: InMemorySpanExporter) -> None:
    client = start(traces=ENDPOINT)
    spans.clear()
    trace, parent = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
    client.post(SINGLE, json={"text": "a"}, headers={"traceparent": f"00-{trace}-{parent}-01", "tracestate": "x=1"})
    found = by_name(spans)
    whole = found[f"POST {SINGLE}"]
    assert whole.parent
    assert f"{whole.parent.span_id:016x}" == parent
    assert {f"{span.context.trace_id:032x}" for span in found.values() if span.context} == {trace}
    client.post(SINGLE, json={"text": "b"}, headers={"traceparent": f"00-{trace}-{parent}-00"})
    assert by_name(spans) == {}, "a client may ask not to be recorded"
    client.post(SINGLE, json={"text": "c"}, headers={"traceparent": "nonsense"})
    assert by_name(spans)[f"POST {SINGLE}"].parent is None


def test_an_answer_from_the_cache_did_not_wait(start: Start, spans: InMemorySpanExporter) -> None:
    client = start(traces=ENDPOINT)
    client.post(SINGLE, json={"text": "a"})
    spans.clear()
    client.post(SINGLE, json={"text": "a"})
    assert set(by_name(spans)) == {f"POST {SINGLE}", "prepare"}


def test_a_refusal_says_why(start: Start, spans: InMemorySpanExporter) -> None:
    client = start(traces=ENDPOINT)
    spans.clear()
    client.post(SINGLE, json={"text": "a"}, headers={"prefer": "wait=0"})
    client.get(f"/{SECRET}")
    found = by_name(spans)
    assert set(found) == {f"POST {SINGLE}", "GET"}
    late = found[f"POST {SINGLE}"]
    assert late.attributes
    assert late.attributes["error.type"] == "deadline-passed"
    assert late.status.status_code is StatusCode.ERROR
    assert found["GET"].status.status_code is StatusCode.UNSET
    assert SECRET not in found["GET"].to_json()


@pytest.fixture
def collector() -> Iterator[tuple[str, list[tuple[str, bytes]]]]:
    """A collector of one's own: its address, and the path and body of whatever is sent to it."""
    received: list[tuple[str, bytes]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            received.append((self.path, self.rfile.read(int(self.headers["content-length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None: ...

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", received
        server.shutdown()
        thread.join()


def test_at_the_end_everything_has_been_sent(start: Start, collector: tuple[str, list[tuple[str, bytes]]]) -> None:
    address, received = collector
    client = start(traces=address)
    client.post(SINGLE, json={"text": SECRET})
    client.__exit__(None, None, None)
    assert {path for path, _ in received} == {"/v1/traces"}
    sent = b"".join(body for _, body in received)
    assert f"POST {SINGLE}".encode() in sent
    assert b"reclamo" in sent
    assert SECRET.encode() not in sent
    client.__enter__()


def test_without_the_extra_the_setting_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def nothing(name: str, package: str | None = None) -> None:
        raise ModuleNotFoundError(name)

    monkeypatch.setattr("service.traces.find_spec", nothing)
    assert importlib.util.find_spec("opentelemetry")
    with pytest.raises(SettingsError, match=r"RECLAMO_TRACES: .*pip install .*-e '\.\[traces\]'"):
        read_settings(["--traces", ENDPOINT])
    assert read_settings([]).traces is None


@pytest.mark.parametrize("endpoint", ["collector:4318", "ftp://collector", "http://user:password@collector", "http://"])
def test_an_address_that_is_none_or_has_a_password_is_refused(endpoint: str) -> None:
    with pytest.raises(SettingsError, match="RECLAMO_TRACES"):
        read_settings(["--traces", endpoint])
