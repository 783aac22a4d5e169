"""The service as a real process, around an engine without weights."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from http.client import HTTPConnection
from pathlib import Path

import pytest

pytestmark = pytest.mark.e2e

ROOT = Path(__file__).parents[2]


class Process:
    """A running service: its process, port and log."""

    def __init__(self, seconds: float, *flags: str) -> None:
        command = [sys.executable, "-m", "tests.service.serve_dummy", str(seconds), "--port", "0", *flags]
        environment = {name: value for name, value in os.environ.items() if not name.startswith("RECLAMO_")}
        self.process = subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.PIPE, text=True)
        self.log: list[str] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self.port = int(self.logged(r"running on http://[\d.]+:(\d+)"))
        self.logged("ready: ")

    def _read(self) -> None:
        assert self.process.stderr
        with self.process.stderr as lines:
            self.log.extend(lines)

    def logged(self, pattern: str, seconds: float = 120) -> str:
        """Wait for a line of the log; returns what it found."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if found := re.search(pattern, "".join(self.log)):
                return found[found.lastindex or 0]
            time.sleep(0.01)
        raise AssertionError(f"{pattern} is not in the log:\n{''.join(self.log)}")

    def ask(self, method: str, path: str, body: object = None) -> tuple[int, dict[str, str], bytes]:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            sent = None if body is None else json.dumps(body)
            connection.request(method, path, sent, {"content-type": "application/json"})
            response = connection.getresponse()
            return response.status, {k.lower(): v for k, v in response.getheaders()}, response.read()
        finally:
            connection.close()

    def end(self, sent: signal.Signals = signal.SIGTERM) -> int:
        self.process.send_signal(sent)
        code = self.process.wait(20)
        self._reader.join(5)
        return code


Start = Callable[..., Process]


@pytest.fixture
def start() -> Iterator[Start]:
    running: list[Process] = []

    def begin(seconds: float = 0.0, *flags: str) -> Process:
        running.append(Process(seconds, *flags))
        return running[-1]

    yield begin
    for each in running:
        if each.process.poll() is None:
            each.process.kill()
            each.process.wait(5)


def port_is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(("127.0.0.1", port))
    return True


def test_sigterm_under_load_loses_no_accepted_request(start: Start) -> None:
    service = start(0.1, "--workers", "2", "--stop-delay", "0.5")
    statuses: list[int] = []
    lost: list[Exception] = []

    def ask(number: int) -> None:
        try:
            statuses.append(service.ask("POST", "/v1/classify", {"text": f"My slow parcel number {number}."})[0])
        except Exception as error:
            lost.append(error)

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(40)]
    for thread in threads:
        thread.start()
    time.sleep(0.2)
    service.process.send_signal(signal.SIGTERM)
    time.sleep(0.05)
    status, headers, _ = service.ask("GET", "/readyz")
    assert (status, headers["connection"]) == (503, "close"), "readiness turns before the port closes"
    for thread in threads:
        thread.join()
    assert lost == []
    assert statuses == [200] * 40
    assert service.process.wait(20) == 0
    assert port_is_free(service.port)
    with pytest.raises(ConnectionRefusedError):
        service.ask("GET", "/livez")


def test_ctrl_c_ends_it_cleanly(start: Start) -> None:
    service = start()
    assert service.ask("GET", "/readyz")[0] == 200
    assert service.end(signal.SIGINT) == 0
    assert port_is_free(service.port)
    assert "Traceback" not in "".join(service.log)


def test_after_the_grace_what_is_left_is_told(start: Start) -> None:
    service = start(2.0, "--grace", "1", "--stop-delay", "0", "--workers", "1", "--cache-answers", "0")
    answers: list[tuple[int, bytes]] = []

    def ask(text: str) -> None:
        with suppress(ConnectionError):
            status, _, body = service.ask("POST", "/v1/classify", {"text": text})
            answers.append((status, body))

    threads = [threading.Thread(target=ask, args=(f"{text} slow text",)) for text in ("first", "second", "third")]
    for thread in threads:
        thread.start()
    time.sleep(0.3)
    began = time.monotonic()
    assert service.end() == 0
    assert time.monotonic() - began < 6
    for thread in threads:
        thread.join()
    assert [status for status, _ in answers] == [503] * 3
    assert all(json.loads(body)["type"].endswith(":shutting-down") for _, body in answers)


def test_a_client_that_goes_away_costs_no_computation(start: Start) -> None:
    service = start(1.5, "--workers", "1")
    canaries = "".join(service.log).count("computing")
    sockets = []
    for number in range(6):
        body = json.dumps({"text": f"gone and slow {number}"}).encode()
        head = "POST /v1/classify HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        head += f"Content-Length: {len(body)}"
        connection = socket.create_connection(("127.0.0.1", service.port))
        connection.sendall(head.encode() + b"\r\n\r\n" + body)
        sockets.append(connection)
        service.logged(rf"(?s)(computing.*){{{canaries + 1}}}")
    for connection in sockets:
        connection.close()
    service.logged(r"(?s)( 499 .*){6}")
    assert service.ask("POST", "/v1/classify", {"text": "still here"})[0] == 200
    assert service.end() == 0
    assert "".join(service.log).count("computing") == canaries + 2, "the one under way, and the one still here"


def test_large_slow_and_lying_bodies_over_a_real_socket(start: Start) -> None:
    service = start(0.0, "--max-body-bytes", "1000", "--body-timeout", "0.3")
    post = b"POST /v1/classify HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    chunk = b"10000\r\n" + b"a" * 0x10000 + b"\r\n"
    refused = [
        (b"413", post + b"Content-Length: 10000000\r\nExpect: 100-continue\r\n\r\n"),
        (b"413", post + b"Content-Length: 2000\r\n\r\n" + b"a" * 2000),
        (b"413", post + b"Transfer-Encoding: chunked\r\n\r\n" + chunk * 20 + b"0\r\n\r\n"),
        (b"408", post + b"Content-Length: 100\r\n\r\n{"),
        (b"415", post + b"Content-Encoding: gzip\r\nContent-Length: 2\r\n\r\nab"),
    ]
    for status, sent in refused:
        with socket.create_connection(("127.0.0.1", service.port), timeout=10) as connection:
            connection.sendall(sent)
            received = b""
            while part := connection.recv(65536):
                received += part
        assert received.startswith(b"HTTP/1.1 " + status), received[:200]
        assert b"application/problem+json" in received
    assert service.ask("POST", "/v1/classify", {"text": "still alive"})[0] == 200


def test_the_log_tells_the_settings_and_no_message(start: Start) -> None:
    service = start(0.0, "--max-messages", "3")
    service.ask("POST", "/v1/classify", {"text": "hunter2 is my password"})
    service.ask("GET", "/?q=hunter2")
    assert service.end() == 0
    log = "".join(service.log)
    assert "RECLAMO_MAX_MESSAGES=3" in log
    assert "hunter2" not in log


@pytest.mark.parametrize(
    ("flags", "told"), [(["--port", "x"], "RECLAMO_PORT=x"), (["--model", "/no/such"], "/no/such")]
)
def test_what_cannot_be_used_is_said_in_one_line(flags: list[str], told: str) -> None:
    command = [sys.executable, "-m", "service", *flags]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode in (2, 3)
    assert told in ended.stderr.splitlines()[-1]
    assert "Traceback" not in ended.stderr
