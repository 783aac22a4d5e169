"""Versions of the model changed under a running service, which answers all the while."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest

from models.registry import activate
from tests.service.toy_home import point
from tests.service.toy_versions import make_version

pytestmark = pytest.mark.e2e

ROOT = Path(__file__).parents[2]
MARKS = {"toy-1": 0.1, "toy-2": 0.2}
PROGRAM = [sys.executable, "-m", "tests.service.serve_versions"]


class Service:
    """A running service."""

    def __init__(self, home: Path) -> None:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("RECLAMO_")}
        self.environment = {**environment, "RECLAMO_MODEL": str(home), "RECLAMO_POINTER_POLL": "0.1"}
        command = [*PROGRAM, "--port", "0", "--workers", "2"]
        self.process = subprocess.Popen(command, cwd=ROOT, env=self.environment, stderr=subprocess.PIPE, text=True)
        self.port = 0
        assert self.process.stderr
        for line in self.process.stderr:
            if found := re.search(r"running on http://127\.0\.0\.1:(\d+)", line):
                self.port = int(found[1])
            if "ready: " in line:
                break
        assert self.port
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        """Read the rest of the log away: a full pipe would stop the service."""
        assert self.process.stderr
        with self.process.stderr as log:
            log.read()

    def ask(self, method: str, path: str, body: object = None) -> tuple[int, Any]:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            sent = None if body is None else json.dumps(body)
            connection.request(method, path, sent, {"content-type": "application/json"})
            response = connection.getresponse()
            return response.status, json.loads(response.read())
        finally:
            connection.close()

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*PROGRAM, "models", *arguments],
            cwd=ROOT, env=self.environment, capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip

    def comes_to(self, condition: Callable[[Any], object]) -> Any:
        """Wait until what `/v1/models` tells is so, and return it."""
        deadline = time.monotonic() + 120
        while not condition(told := self.ask("GET", "/v1/models")[1]):
            assert time.monotonic() < deadline, told
            time.sleep(0.02)
        return told

    def memory(self) -> int:
        """Resident bytes."""
        status = Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii")
        return int(status.partition("VmRSS:")[2].split()[0]) * 1024


@pytest.fixture
def home(tmp_path: Path) -> Path:
    home = tmp_path / "home"
    make_version(home, "1", mark=MARKS["toy-1"])
    make_version(home, "2", mark=MARKS["toy-2"])
    activate(home, "1")
    return home


@pytest.fixture
def service(home: Path) -> Iterator[Service]:
    running = Service(home)
    yield running
    running.process.terminate()
    try:
        assert running.process.wait(60) == 0
    finally:
        running.process.kill()


class Load:
    """Clients that ask without a pause, single messages and batches in turn, and hold each answer against its name."""

    def __init__(self, service: Service, clients: int) -> None:
        self.clients = clients
        self.answers: Counter[str] = Counter()
        self.wrong: list[object] = []
        self._over = threading.Event()
        self._threads = [threading.Thread(target=self._ask, args=(service, number)) for number in range(clients)]

    def __enter__(self) -> Load:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()

    def go_on(self) -> None:
        """Wait until as many more requests were answered as there are clients."""
        until = self.answers.total() + self.clients
        deadline = time.monotonic() + 120
        while self.answers.total() < until and not self.wrong:
            assert time.monotonic() < deadline, "no answers come any more"
            time.sleep(0.005)

    def _ask(self, service: Service, number: int) -> None:
        count = 0
        try:
            while not self._over.is_set():
                count += 1
                text = {"text": f"The parcel {number} of {count} is late."}
                if count % 5:
                    self._check(1, *service.ask("POST", "/v1/classify", text))
                else:
                    self._check(8, *service.ask("POST", "/v1/classify/batch", {"messages": [text, *SAME]}))
        except Exception as error:
            self.wrong.append(error)

    def _check(self, expected: int, status: int, body: Any) -> None:
        answers = body.get("results", [body]) if status == 200 else []
        versions = {each["model_version"] for each in answers}
        true = all(each["kind"]["confidence"] == MARKS[each["model_version"]] for each in answers)
        if len(answers) != expected or len(versions) != 1 or not true:
            self.wrong.append((status, body))
        self.answers.update(versions)


SAME = [{"text": f"The same parcel {number}."} for number in range(7)]
"""Messages that every client sends again and again: they come from the cache."""


def test_a_hundred_activations_under_load_lose_and_mix_nothing(service: Service, home: Path) -> None:
    with Load(service, clients=3) as load:
        for number in range(100):
            version = "21"[number % 2]
            status, told = service.ask("POST", f"/v1/models/{version}/activate")
            assert (status, told["model_version"]) == (200, f"toy-{version}")
            load.go_on()
            if number == 9:
                before = service.memory()
    assert load.wrong == []
    assert set(load.answers) == set(MARKS)
    assert service.ask("GET", "/v1/models")[1]["current"]["version"] == "1"
    assert service.memory() < before + 40_000_000


def test_what_is_refused_leaves_the_old_one_answering(service: Service, home: Path) -> None:
    for version, weights in (("3", {"breaks": True}), ("4", {"kind": "other"}), ("5", {}), ("6", {})):
        make_version(home, version, **weights)
    (home / "5/weights.json").write_bytes(b"{")
    (home / "6/manifest.json").unlink()
    with Load(service, clients=1) as load:
        for version in "34563456":
            status, problem = service.ask("POST", f"/v1/models/{version}/activate", {})
            assert (status, problem["type"]) == (409, "urn:reclamo:problem:version-refused"), version
        assert service.ask("POST", "/v1/models/7/activate")[0] == 404
    assert load.wrong == []
    assert set(load.answers) == {"toy-1"}
    assert (home / "current").read_text(encoding="utf-8") == "1\n"


def test_a_running_service_follows_the_commands(service: Service, home: Path) -> None:
    with Load(service, clients=1) as load:
        assert service.command("activate", "2").returncode == 0
        service.comes_to(lambda told: told["current"]["version"] == "2")
        assert "2        test-1" in service.command("list").stdout
        assert service.command("rollback").returncode == 0
        service.comes_to(lambda told: told["current"]["version"] == "1")
        (home / "2/weights.json").write_bytes(b"{}")
        assert service.command("rollback").returncode == 1
        point(home, "2\n")
        told = service.comes_to(lambda told: told["refused"])
        assert told["refused"]["version"] == "2"
        assert "SHA-256" in told["refused"]["reason"]
        assert told["current"]["version"] == "1"
    assert load.wrong == []
    assert set(load.answers) == set(MARKS)
