"""Keys as their users meet them: the command in one process, the service in another."""

from __future__ import annotations

import json
import os
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path

import pytest

from tests.e2e.test_service_process import ROOT, Process, Start, start

pytestmark = pytest.mark.e2e
__all__ = ["start"]

SECONDS = 60.0
"""Until a test gives up. A running service looks at the file twice a second; tests/service/test_keys.py counts that."""


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    return tmp_path / "keys.json"


def run(*arguments: str, keys: Path | None = None, **settings: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("RECLAMO_")} | settings
    if keys:
        environment["RECLAMO_KEYS"] = str(keys)
    command = [sys.executable, "-m", "service", *arguments]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300, check=False)


def make(keys: Path, name: str, *scopes: str) -> str:
    done = run("keys", "make", name, *(part for scope in scopes for part in ("--scope", scope)), keys=keys)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def ask(service: Process, shown: str | None, text: str = "My parcel is late.", **headers: str) -> HTTPResponse:
    with closing(HTTPConnection("127.0.0.1", service.port, timeout=20)) as connection:
        sent = {"content-type": "application/json", **headers}
        if shown is not None:
            sent["authorization"] = f"Bearer {shown}"
        connection.request("POST", "/v1/classify", json.dumps({"text": text}), sent)
        response = connection.getresponse()
        response.read()
        return response


def eventually(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < deadline, "the service did not notice in time"
        time.sleep(0.05)


def test_it_refuses_to_start_open_to_others() -> None:
    ended = run("--host", "0.0.0.0", "--port", "0")
    assert ended.returncode == 2
    last = ended.stderr.splitlines()[-1]
    assert "RECLAMO_HOST=0.0.0.0" in last
    assert "RECLAMO_KEYS=keys.json python -m service keys make NAME --scope classify" in last
    assert "Traceback" not in ended.stderr


def test_it_refuses_to_start_with_keys_that_cannot_be_used(keys: Path) -> None:
    for content in (None, "{"):
        if content:
            keys.write_text(content)
        ended = run("--port", "0", keys=keys)
        assert ended.returncode == 2
        assert f"RECLAMO_KEYS={keys}" in ended.stderr.splitlines()[-1]


def test_without_keys_it_says_so_once_and_serves_this_machine_alone(start: Start) -> None:
    service = start()
    assert "".join(service.log).count("NO KEYS") == 1
    assert ask(service, None).status == 200
    assert ask(service, None, host="evil.example").status == 421
    assert ask(service, None, origin="https://evil.example").status == 403


def test_open_on_purpose_serves_and_warns(start: Start) -> None:
    service = start(0.0, "--host", "0.0.0.0", "--open", "true")
    assert "OPEN TO EVERYBODY" in "".join(service.log)
    assert ask(service, None).status == 200


def test_a_key_of_the_command_opens_and_a_revoked_one_closes_without_a_restart(start: Start, keys: Path) -> None:
    shop, viewer = make(keys, "shop", "classify"), make(keys, "viewer", "reports")
    assert stat.S_IMODE(keys.stat().st_mode) == 0o600
    service = start(0.0, "--host", "0.0.0.0", "--keys", str(keys))
    assert ask(service, shop).status == 200
    assert ask(service, viewer).status == 403
    assert ask(service, None).status == 401
    assert ask(service, shop[:-1] + ("0" if shop[-1] != "0" else "1")).status == 401
    late = make(keys, "late", "classify")
    eventually(lambda: ask(service, late, **{"prefer": "wait=5"}).status == 200)
    assert run("keys", "revoke", "shop", keys=keys).returncode == 0
    eventually(lambda: ask(service, shop).status == 401)
    assert ask(service, late).status == 200
    service.end()
    log = "".join(service.log)
    assert " key shop " in log
    assert shop not in log
    assert shop[17:] not in log + keys.read_text()


def test_a_broken_file_keeps_the_last_good_keys_and_is_said(start: Start, keys: Path) -> None:
    shop = make(keys, "shop", "classify")
    service = start(0.0, "--keys", str(keys))
    assert ask(service, shop).status == 200
    whole = keys.read_bytes()
    keys.write_bytes(whole[:-30])
    eventually(lambda: ask(service, shop).status == 200 and "stay in force" in "".join(service.log))
    assert run("keys", "make", "crm", "--scope", "classify", keys=keys).returncode == 2, "the command spoils nothing"
    assert keys.read_bytes() == whole[:-30]
    keys.write_bytes(whole.replace(b'"shop"', b'"shoq"'))
    eventually(lambda: ask(service, shop).status == 200 and " key shoq " in "".join(service.log))
    assert "".join(service.log).count("stay in force") == 1


def test_brute_force_is_locked_out(start: Start, keys: Path) -> None:
    shop = make(keys, "shop", "classify")
    service = start(0.0, "--keys", str(keys), "--key-failures", "3", "--proxies", "127.0.0.1")
    attacker = {"x-forwarded-for": "203.0.113.5"}
    answers = [ask(service, f"rcl_{number:012x}_{'0' * 64}", **attacker) for number in range(6)]
    assert [answer.status for answer in answers] == [401] * 3 + [429] * 3
    assert int(answers[-1].headers["retry-after"]) >= 1
    assert ask(service, shop, **{"x-forwarded-for": "203.0.113.6"}).status == 200
    assert "203.0.113.5 is locked out" in "".join(service.log)


def test_who_names_an_address_for_itself_is_not_believed(start: Start, keys: Path) -> None:
    make(keys, "shop", "classify")
    service = start(0.0, "--keys", str(keys), "--key-failures", "3")
    answers = [ask(service, "guess", **{"x-forwarded-for": f"203.0.113.{number}"}).status for number in range(6)]
    assert answers == [401] * 3 + [429] * 3


def test_tls_is_known_from_a_proxy_that_was_named(start: Start) -> None:
    behind = {"x-forwarded-proto": "https"}
    told = ask(start(0.0, "--proxies", "127.0.0.1"), None, **behind).headers["strict-transport-security"]
    assert told.startswith("max-age=")
    assert "strict-transport-security" not in ask(start(), None, **behind).headers


def test_a_stranger_s_body_is_not_waited_for(start: Start, keys: Path) -> None:
    make(keys, "shop", "classify")
    service = start(0.0, "--keys", str(keys), "--body-timeout", "600")
    head = "POST /v1/classify HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    bodies = {"Content-Length: 1000000\r\n\r\n": "", "Transfer-Encoding: chunked\r\n\r\n": "5\r\n"}
    for length, begun in bodies.items():
        with socket.create_connection(("127.0.0.1", service.port), timeout=20) as connection:
            connection.sendall((head + length + begun).encode())
            assert connection.recv(65536).startswith(b"HTTP/1.1 401 ")


def test_a_refused_body_leaves_the_connection_usable(start: Start, keys: Path) -> None:
    shop = make(keys, "shop", "classify")
    service = start(0.0, "--keys", str(keys))
    with closing(HTTPConnection("127.0.0.1", service.port, timeout=20)) as connection:
        for shown, status in (("wrong", 401), (shop, 413), (shop, 200)):
            body = json.dumps({"text": "a" * (1_500_000 if status != 200 else 10)})
            sent = {"content-type": "application/json", "authorization": f"Bearer {shown}"}
            connection.request("POST", "/v1/classify", body, sent)
            response = connection.getresponse()
            response.read()
            assert response.status == status
