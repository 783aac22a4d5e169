"""A service as a process of its own: start it, ask it, look at it from outside, end it."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any, Final, NamedTuple

ROOT: Final = Path(__file__).parents[2]
PATIENCE: Final = 120.0
"""Seconds to wait for a process; machines can be busy."""

MODULE: Final = "service"
DUMMY: Final = "tests.service.serve_dummy"
VERSIONS: Final = "tests.service.serve_versions"


class Reply(NamedTuple):
    """Status, headers and JSON (None where it is none); status 0: the connection broke."""

    status: int
    headers: dict[str, str]
    body: Any


class Service:
    """A running service and its port."""

    def __init__(self, process: subprocess.Popen[bytes], port: int) -> None:
        self.process = process
        self.port = port

    def ask(self, method: str, path: str, body: object = None, *, timeout: float = PATIENCE) -> Reply:
        """Send one request on a connection of its own."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            sent = None if body is None else json.dumps(body)
            connection.request(method, path, sent, {"Content-Type": "application/json", "Connection": "close"})
            response = connection.getresponse()
            told, content = {name.lower(): value for name, value in response.getheaders()}, response.read()
            is_json = "json" in told.get("content-type", "")
            return Reply(response.status, told, json.loads(content) if is_json else None)
        except (OSError, HTTPException):
            return Reply(0, {}, None)
        finally:
            connection.close()

    def classify(self, text: str, language: str | None = None) -> Reply:
        """Ask for the answer to one message."""
        return self.ask("POST", "/v1/classify", {"text": text, "language": language})

    def seconds_until(self, status: int, path: str = "/readyz") -> float:
        """Wait until a probe has this status; returns the seconds that it took, or infinity."""
        began = time.monotonic()
        while time.monotonic() - began < PATIENCE:
            if self.ask("GET", path, timeout=5).status == status:
                return time.monotonic() - began
            time.sleep(0.05)
        return float("inf")

    @property
    def memory(self) -> float:
        """Resident megabytes."""
        found = re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii"))
        return int(found[1]) / 1000 if found else 0.0

    @property
    def handles(self) -> int:
        """Open file handles."""
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    @property
    def children(self) -> int:
        """Processes that it started and that are still there."""
        tasks = Path(f"/proc/{self.process.pid}/task").glob("*/children")
        return sum(len(each.read_text(encoding="ascii").split()) for each in tasks)

    @property
    def port_is_free(self) -> bool:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", self.port))
            except OSError:
                return False
        return True

    def end(self) -> int:
        """Tell it to stop; returns its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(PATIENCE)


@contextmanager
def running(*command: str, log: str | None = None) -> Iterator[Service]:
    """Start `python COMMAND` on a free port and wait until it is ready; its log goes to a file, or to `log`."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("RECLAMO_")}
    with tempfile.NamedTemporaryFile("w+", suffix=".log") as file, open(log or file.name, "a") as errors:
        whole = [sys.executable, *command, "--port", str(port)]
        process = subprocess.Popen(whole, cwd=ROOT, env=environment, stderr=errors)
        service = Service(process, port)
        try:
            while service.ask("GET", "/readyz", timeout=5).status != 200:
                if process.poll() is not None:
                    raise SystemExit(f"{' '.join(whole)} ended:\n{Path(file.name).read_text(encoding='utf-8')}")
                time.sleep(0.1)
            yield service
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()


def connect(service: Service, number: int) -> Sequence[socket.socket]:
    """Open so many connections, as far as the service takes them."""
    opened = []
    for _ in range(number):
        try:
            opened.append(socket.create_connection(("127.0.0.1", service.port), timeout=5))
        except OSError:
            break
    return opened
