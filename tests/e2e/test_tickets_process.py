"""Tickets as a ticket system meets them: the real process, the real redaction, and kills at any moment."""

from __future__ import annotations

import json
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from tests.e2e.test_service_process import ROOT, Process, Start, start

pytestmark = pytest.mark.e2e
__all__ = ["start"]

MAIL = "maija.virtanen@example.com"
TEXT = f"My parcel is late. Call +358 40 123 4567 or write to {MAIL}"


def flags(folder: Path) -> tuple[str, ...]:
    return "--store", f"sqlite:///{folder}/tickets.db", "--retention", "36500", "--grace", "5"


def put(service: Process, id_: str, text: str) -> int:
    return service.ask("PUT", f"/v1/tickets/shop/{id_}", {"text": text, "subject": "customer-secret-81"})[0]


def test_what_was_acknowledged_is_there_after_a_kill_and_what_was_erased_is_not(start: Start, tmp_path: Path) -> None:
    service = start(0.0, *flags(tmp_path))
    assert put(service, "1", TEXT) == 201
    assert put(service, "2", f"To be forgotten, {MAIL}") == 201
    status, _, body = service.ask("POST", "/v1/tickets/shop/1/labels", {"labels": {"urgency": "critical"}})
    assert (status, json.loads(body)["labels"]["urgency"]) == (200, "critical")
    assert service.ask("DELETE", "/v1/tickets/shop/2")[0] == 204
    service.process.send_signal(signal.SIGKILL)
    service.process.wait(20)

    again = start(0.0, *flags(tmp_path))
    status, headers, body = again.ask("GET", "/v1/tickets/shop/1")
    ticket = json.loads(body)
    assert (status, headers["etag"], ticket["labels"]["urgency"]) == (200, '"2"', "critical")
    assert "[email]" in ticket["text"]
    assert "[phone]" in ticket["text"]
    assert again.ask("GET", "/v1/tickets/shop/2")[0] == 404
    assert put(again, "2", "To be forgotten") == 410
    assert put(again, "1", TEXT) == 200
    assert again.end() == 0
    log = "".join(service.log + again.log)
    written = b"".join(each.read_bytes() for each in tmp_path.iterdir())
    for secret in (MAIL, "123 4567", "To be forgotten", "customer-secret-81"):
        assert secret not in log
        assert secret.encode() not in written
    assert (tmp_path / "tickets.db.secret").stat().st_mode & 0o077 == 0


def test_killed_again_and_again_it_loses_nothing_that_it_acknowledged(start: Start, tmp_path: Path) -> None:
    kept: list[str] = []
    for turn in range(3):
        service = start(0.0, *flags(tmp_path))
        for number in range(8):
            if put(service, f"{turn}-{number}", f"My parcel {turn} {number}") == 201:
                kept.append(f"{turn}-{number}")
        service.process.kill()
        service.process.wait(20)
    service = start(0.0, *flags(tmp_path))
    listed = json.loads(service.ask("GET", "/v1/tickets?limit=100")[2])["tickets"]
    assert {each["key"]["id"] for each in listed} >= set(kept)
    assert len(kept) == 24
    assert service.end() == 0
    with closing(sqlite3.connect(tmp_path / "tickets.db")) as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)


@pytest.mark.parametrize(
    ("store", "told"), [("sqlite://", "lost at the end"), ("mysql://me:hunter2@there/t", "sqlite:///FILE")]
)
def test_a_store_that_cannot_be_used_ends_the_start_with_one_line(store: str, told: str, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.service.serve_dummy", "0", "--port", "0", "--store", store]
    command += ["--store-secret", str(tmp_path / "secret")]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert ended.returncode == 2
    assert told in ended.stderr.splitlines()[-1]
    assert "Traceback" not in ended.stderr
    assert "hunter2" not in ended.stderr
