"""What a real process tells of itself, and how it keeps its clients' deadlines."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from tests.e2e.test_service_process import Process

pytestmark = pytest.mark.e2e

SECRET = "hunter2"


@contextmanager
def running(seconds: float, *flags: str) -> Iterator[Process]:
    process = Process(seconds, *flags)
    try:
        yield process
    finally:
        if process.process.poll() is None:
            process.process.kill()
            process.process.wait(5)


def ask(service: Process, text: str, milliseconds: int) -> int:
    connection = HTTPConnection("127.0.0.1", service.port, timeout=20)
    try:
        headers = {"content-type": "application/json", "x-request-timeout-ms": str(milliseconds)}
        connection.request("POST", "/v1/classify", json.dumps({"text": text}), headers)
        return connection.getresponse().status
    finally:
        connection.close()


def test_what_is_past_its_clients_deadline_is_never_computed() -> None:
    with running(1.5, "--workers", "1") as service:
        canaries = "".join(service.log).count("computing")
        first = threading.Thread(target=ask, args=(service, "slow first", 20_000))
        first.start()
        service.logged(rf"(?s)(computing.*){{{canaries + 1}}}")
        statuses: list[int] = []
        late = [threading.Thread(target=lambda n=n: statuses.append(ask(service, f"late {n}", 200))) for n in range(6)]
        for thread in late:
            thread.start()
        for thread in [*late, first]:
            thread.join()
        assert statuses == [504] * 6
        assert ask(service, "still here", 20_000) == 200
        _, _, metrics = service.ask("GET", "/metrics")
        found = re.search(rb'shed_requests_total{reason="deadline-passed",route="/v1/classify"} (\S+)', metrics)
        assert found
        assert float(found[1]) == 6
        assert service.end() == 0
        assert "".join(service.log).count("computing") == canaries + 2, "the first, and the one still here"


def test_as_json_every_line_is_an_object_and_holds_no_message() -> None:
    with running(0.0, "--log", "json") as service:
        status, headers, _ = service.ask("POST", f"/v1/classify?q={SECRET}", {"text": f"{SECRET} is my password"})
        assert status == 200
        assert service.ask("GET", "/metrics")[0] == 200
        assert service.end() == 0
        lines = [json.loads(line) for line in service.log]
        (told,) = (line for line in lines if line.get("route") == "/v1/classify")
        assert told["request_id"] == headers["x-request-id"]
        assert told["model_version"] == "dummy-1"
        assert all({"time", "level", "logger"} <= set(line) for line in lines)
        assert SECRET not in "".join(service.log)


def test_spans_go_to_the_collector_that_is_set_and_the_framework_sends_nothing_of_its_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    received: list[tuple[str, bytes]] = []

    class Collector(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            received.append((self.path, self.rfile.read(int(self.headers["content-length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None: ...

    with HTTPServer(("127.0.0.1", 0), Collector) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        address = f"http://127.0.0.1:{server.server_port}"
        monkeypatch.setenv("FASTAPI_OTEL_AUTO_CONFIGURE", "true")
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", f"{address}/framework")
        try:
            with running(0.0, "--traces", f"{address}/ours") as service:
                service.ask("POST", f"/v1/classify?q={SECRET}", {"text": f"{SECRET} is my password"})
                assert service.ask("POST", "/v1/classify", {"text": 5, SECRET: 1})[0] == 422
                assert service.end() == 0
        finally:
            server.shutdown()
            thread.join()
    assert {path for path, _ in received} == {"/ours"}
    sent = b"".join(body for _, body in received)
    assert b"POST /v1/classify" in sent
    assert SECRET.encode() not in sent


def test_a_collector_that_is_not_there_holds_nothing_up() -> None:
    with running(0.0, "--traces", "http://127.0.0.1:9") as service:
        assert service.ask("POST", "/v1/classify", {"text": SECRET})[0] == 200
        assert service.end() == 0
        assert SECRET not in "".join(service.log)
