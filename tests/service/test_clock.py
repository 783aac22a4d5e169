"""What the service measures, it measures on the monotonic clock: the clock on the wall may jump."""

from __future__ import annotations

import random
import re
import time
from pathlib import Path

import pytest

from tests.service.conftest import Start

SERVICE = Path(__file__).parents[2] / "service"
ON_THE_WALL = {
    "demo.py": "the day that a demonstration is made on",
    "digest_command.py": "which week is over",
    "hook.py": "when an alert was sent, for who checks its signature",
    "idempotency.py": "when a key is free again, which the store wrote down",
    "keeping.py": "the age of a ticket",
    "keys.py": "the end of a key",
    "keys_command.py": "the same",
    "ledger.py": "which day is today, where people read",
    "notices.py": "the same as hook.py",
    "rescoring.py": "which answers are older than a change of the model",
    "seen.py": "which tickets bear a date that is still to come",
    "ticket_wire.py": "the same",
    "traces.py": "the times of a span",
}


def test_only_what_is_meant_for_people_is_read_off_the_wall() -> None:
    wall = re.compile(r"time\.time(_ns)?\b|datetime\.now\b|utcnow")
    assert {path.name for path in SERVICE.rglob("*.py") if wall.search(path.read_text())} == set(ON_THE_WALL)


def test_a_clock_that_jumps_changes_no_answer(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    client = start(request_timeout=5)
    dice, true = random.Random(0), time.time
    monkeypatch.setattr(time, "time", lambda: true() + dice.uniform(-1, 1) * 400 * 86_400)
    for number in range(30):
        response = client.post("/v1/classify", json={"text": f"My parcel {number}"}, headers={"prefer": "wait=4"})
        assert response.status_code == 200
        times = [float(found) for found in re.findall(r"dur=([-\d.]+)", response.headers["server-timing"])]
        assert len(times) == 3
        assert all(0 <= each < 5_000 for each in times)
