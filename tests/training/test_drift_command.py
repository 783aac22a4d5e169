"""`python -m training drift`: from tickets in a store to words, figures and an exit status."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from data.store.records import About, NewTicket, Reading, TicketKey
from data.store.store import Store
from tests.training.tickets import open_in, place
from training.__main__ import main

NOW = datetime(2026, 10, 5, tzinfo=UTC)
WORDS = [
    "invoice",
    "parcel",
    "late",
    "broken",
    "phone",
    "refund",
    "queue",
    "app",
    "password",
    "shoes",
    "driver",
    "menu",
]
NEW = ["visa", "passport", "embassy", "stamp", "border", "customs", "ferry"]


@pytest.fixture(scope="module")
def tickets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Five quiet weeks of sixty messages each."""
    folder = tmp_path_factory.mktemp("tickets")
    store = open_in(folder)
    fill(store, NOW - timedelta(days=35), 300, 35)
    store.close()
    return folder


def fill(store: Store, start: datetime, count: int, days: int, *, model: str = "m1", new: bool = False) -> None:
    dice = np.random.default_rng([count, days, int(new)])
    for number in range(count):
        words = dice.choice(NEW if new else WORDS, 6)
        text = " ".join([*words.tolist(), "please"])
        sure = float(dice.uniform(0.2, 0.5) if new else dice.uniform(0.4, 1))
        reading = Reading(
            model_version=model, taxonomy_version="t", labels={"kind": "complaint", "themes": ["billing"]},
            certainty=sure, answer={},
        )  # fmt: skip
        when = start + timedelta(days=days * number / count)
        key = TicketKey(source="desk", id=f"{start:%m%d}-{model}-{number}")
        new_ticket = NewTicket(key=key, text=text, mark=f"{key.id}", lang="en", about=About(received_at=when))
        store.put(new_ticket, reading)


@pytest.fixture
def reference(tickets: Path, tmp_path: Path) -> Path:
    path = tmp_path / "reference.npz"
    assert drift(tickets, path, NOW, "--renew", "--reference-days", "28") == 0
    return path


def drift(tickets: Path, path: Path, until: datetime, *more: str) -> int:
    return main(["drift", *place(tickets), "--reference", str(path), "--until", until.isoformat(), *more])


def test_quiet_weeks_need_no_retrain(tickets: Path, reference: Path, tmp_path: Path) -> None:
    assert drift(tickets, reference, NOW, "--report", str(tmp_path / "r.md"), "--json", str(tmp_path / "r.json")) == 0
    assert "No retrain is due" in (tmp_path / "r.md").read_text("utf-8")
    found = json.loads((tmp_path / "r.json").read_text("utf-8"))
    assert (found["retrain_due"], found["compared"], found["period"]["messages"]) == (False, True, 60)
    assert found["reference"]["messages"] == 240


def test_a_new_kind_of_message_makes_a_retrain_due(tickets: Path, reference: Path, tmp_path: Path) -> None:
    store = open_in(tickets)
    fill(store, NOW + timedelta(days=30), 60, 7, new=True)
    store.close()
    report = tmp_path / "r.md"
    assert drift(tickets, reference, NOW + timedelta(days=37), "--report", str(report)) == 1
    told = report.read_text("utf-8")
    assert "**A retrain is due.**" in told
    assert "wording moved" in told
    assert "confidence" in told
    assert not any(word in told for word in NEW)


def test_another_model_is_not_taken_for_drift(tickets: Path, reference: Path, tmp_path: Path) -> None:
    store = open_in(tickets)
    fill(store, NOW + timedelta(days=60), 60, 7, model="m2")
    store.close()
    until = NOW + timedelta(days=67)
    assert drift(tickets, reference, until, "--json", str(tmp_path / "r.json")) == 0
    found = json.loads((tmp_path / "r.json").read_text("utf-8"))
    assert {series["kind"] for series in found["series"]} == {"wording", "rare words", "languages"}
    assert any("m2" in note for note in found["notes"])


def test_an_empty_week_says_so(tickets: Path, reference: Path, tmp_path: Path) -> None:
    report = tmp_path / "r.md"
    assert drift(tickets, reference, NOW + timedelta(days=500), "--report", str(report)) == 0
    assert "Nothing can be said" in report.read_text("utf-8")


def test_what_is_missing_is_named(tickets: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert drift(tickets, tmp_path / "none.npz", NOW) == 2
    assert "--renew" in capsys.readouterr().err
    assert drift(tickets, tmp_path / "r.npz", NOW - timedelta(days=300), "--renew") == 2
    assert "a reference needs" in capsys.readouterr().err
    assert not (tmp_path / "r.npz").exists()


def test_a_reference_of_another_store_is_refused(
    tickets: Path, reference: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    open_in(tmp_path).close()
    assert drift(tmp_path, reference, NOW) == 2
    assert "another store's secret" in capsys.readouterr().err
