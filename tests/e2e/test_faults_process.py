"""What a real process does where clients, files or the machine are not as they should be."""

from __future__ import annotations

import os
import resource
import select
import socket
import subprocess
import sys
import time
from contextlib import ExitStack

import pytest

from tests.e2e.test_service_process import ROOT, Start, start

pytestmark = pytest.mark.e2e
__all__ = ["start"]

HALF_HEAD = b"POST /v1/classify HTTP/1.1\r\nHost: localhost\r\nX-Half: "


def connect(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=10)


def received(connection: socket.socket) -> bytes:
    """Read until the service closes."""
    got = b""
    while part := connection.recv(65_536):
        got += part
    return got


def test_a_head_that_never_ends_does_not_hold_its_connection(start: Start) -> None:
    service = start(0.0, "--head-timeout", "0.3", "--max-connections", "20")
    with ExitStack() as stack:
        heads = [b"", b"GET", HALF_HEAD, b"\r\n"]
        held = [stack.enter_context(connect(service.port)) for _ in range(24)]
        for number, each in enumerate(held):
            each.sendall(heads[number % len(heads)])
        for each in held:
            assert received(each) == b"", "it is closed without an answer"
    assert service.ask("POST", "/v1/classify", {"text": "My parcel is late."})[0] == 200


def test_a_second_head_that_comes_drop_by_drop_is_given_up_too(start: Start) -> None:
    service = start(0.0, "--head-timeout", "0.4")
    with connect(service.port) as connection:
        connection.sendall(b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n")
        answer = b""
        while not answer.endswith(b"}"):
            answer += connection.recv(65_536)
        assert answer.startswith(b"HTTP/1.1 200")
        connection.sendall(HALF_HEAD)
        connection.settimeout(0.05)
        for _ in range(100):
            try:
                connection.sendall(b"x")
                assert connection.recv(1) == b""
                break
            except TimeoutError:
                continue
            except ConnectionError:
                break
        else:
            pytest.fail("it is still open")


def test_who_reads_no_answer_does_not_hold_its_connection(start: Start) -> None:
    service = start(0.0, "--unread-timeout", "0.3")
    asked = b"GET /openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n" * 60
    with ExitStack() as stack:
        held = [stack.enter_context(socket.socket()) for _ in range(3)]
        ended = select.poll()
        for each in held:
            each.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2_048)
            each.connect(("127.0.0.1", service.port))
            each.sendall(asked)
            ended.register(each, 0)  # which tells of the end alone
        waiting = {each.fileno() for each in held}
        deadline = time.monotonic() + 20
        while waiting and time.monotonic() < deadline:
            for handle, _ in ended.poll(1_000):
                ended.unregister(handle)
                waiting.discard(handle)
        assert not waiting, "these are still open"
    assert service.ask("POST", "/v1/classify", {"text": "My parcel is late."})[0] == 200
    assert service.end() == 0


def test_a_head_without_end_takes_no_memory(start: Start) -> None:
    service = start(0.0)
    for more in (b"x" * 1_000, b"A: b\r\n" * 200):
        with connect(service.port) as connection:
            connection.sendall(HALF_HEAD)
            sent = 0
            try:
                while sent < 10_000_000:
                    sent += connection.send(more)
            except ConnectionError:
                pass
            assert sent < 10_000_000
    assert service.ask("GET", "/livez")[0] == 200


def test_it_goes_on_after_it_had_no_file_handles_left(start: Start) -> None:
    service = start(0.0, "--head-timeout", "1")
    resource.prlimit(service.process.pid, resource.RLIMIT_NOFILE, (64, 64))
    with ExitStack() as stack:
        for _ in range(150):
            stack.enter_context(connect(service.port)).send(HALF_HEAD)
        time.sleep(0.5)
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        try:
            if service.ask("POST", "/v1/classify", {"text": "My parcel is late."})[0] == 200:
                break
        except OSError:
            time.sleep(0.1)
    else:
        pytest.fail("it does not answer")
    assert service.end() == 0


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no /dev/full")
def test_a_log_that_cannot_be_written_does_not_stop_it() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "tests.service.serve_dummy", "0", "--port", str(port)]
    with open("/dev/full", "w") as full, subprocess.Popen(command, cwd=ROOT, stderr=full) as process:
        try:
            statuses: list[bytes] = []
            deadline = time.monotonic() + 60
            while len(statuses) < 20 and time.monotonic() < deadline:
                try:
                    with connect(port) as connection:
                        connection.sendall(b"GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
                        answer = received(connection)[9:12]
                except OSError:
                    time.sleep(0.1)
                    continue
                statuses += [answer] if answer == b"200" or statuses else []
            assert statuses == [b"200"] * 20
        finally:
            process.terminate()
        process.wait(20)


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="this system has no affinity")
def test_on_one_core_it_computes_on_one_thread(start: Start) -> None:
    usual = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(usual)})  # as `taskset -c 0` does; the process inherits it
    try:
        service = start()
    finally:
        os.sched_setaffinity(0, usual)
    assert "RECLAMO_WORKERS=1\n" in "".join(service.log)
    assert b"\nreclamo_worker_threads 1.0\n" in service.ask("GET", "/metrics")[2]
