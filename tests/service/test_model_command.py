from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from models.registry import activate, previous_version, read_pointer
from service import loading
from service.__main__ import main
from tests.service.toy_versions import load, make_version, other_taxonomy


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Three versions, of which 2 is current, 1 was before it, and 3 has another taxonomy."""
    home = tmp_path / "home"
    make_version(home, "1")
    make_version(home, "2")
    make_version(home, "3", taxonomy=other_taxonomy(tmp_path / "other.yaml", **{"test-1": "test-2"}))
    activate(home, "1")
    activate(home, "2")
    monkeypatch.setattr(loading, "load", load)
    monkeypatch.setenv("RECLAMO_MODEL", str(home))
    return home


def run(*arguments: str) -> int:
    return main(["models", *arguments])


def test_the_list_says_what_there_is_and_what_is_wrong(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (home / "1/weights.json").unlink()
    assert run("list") == 0
    head, first, second, third = capsys.readouterr().out.splitlines()
    assert head.split() == ["version", "taxonomy", "languages", "created"]
    assert first.startswith("1 ")
    assert "previous, cannot be served: 1 lacks weights.json" in first
    assert second.split() == ["2", "test-1", "fi", "vi", "es", "en", "2026-01-01T00:00:00+00:00", "current"]
    assert "cannot be served: it is for taxonomy test-2" in third


def test_a_list_without_a_pointer_is_still_a_list(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (home / "current").unlink()
    assert run("list") == 0
    told = capsys.readouterr()
    assert len(told.out.splitlines()) == 4
    assert "pointer" in told.err


def test_a_version_is_examined_and_activated(home: Path) -> None:
    assert run("activate", "1") == 0
    assert (read_pointer(home).version, previous_version(home)) == ("1", home / "2")


@pytest.mark.parametrize(
    ("weights", "reason"), [({"breaks": True}, "cannot be loaded"), ({"kind": "other"}, "instead of complaint")]
)
def test_what_cannot_be_served_is_refused(
    home: Path, capsys: pytest.CaptureFixture[str], weights: dict[str, Any], reason: str
) -> None:
    make_version(home, "4", **weights)
    assert run("activate", "4") == 1
    assert reason in capsys.readouterr().err
    assert read_pointer(home).version == "2"


def test_another_taxonomy_must_be_accepted(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("activate", "3") == 1
    assert "test-2" in capsys.readouterr().err
    assert read_pointer(home).version == "2"
    assert run("activate", "3", "--accept-taxonomy") == 0
    assert read_pointer(home).accepts_taxonomy


def test_one_command_rolls_back_and_once_more_forward(home: Path) -> None:
    assert run("rollback") == 0
    assert (read_pointer(home).version, previous_version(home)) == ("1", home / "2")
    assert run("rollback") == 0
    assert (read_pointer(home).version, previous_version(home)) == ("2", home / "1")


def test_a_rollback_accepts_the_taxonomy_that_was_served_before(home: Path) -> None:
    run("activate", "3", "--accept-taxonomy")
    assert run("rollback") == 0
    assert read_pointer(home).version == "2"
    assert read_pointer(home).accepts_taxonomy


def test_a_rollback_to_something_broken_is_refused(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (home / "1/weights.json").write_bytes(b"{ }")
    assert run("rollback") == 1
    assert "weights.json has SHA-256" in capsys.readouterr().err
    assert read_pointer(home).version == "2"


def test_a_rollback_needs_something_to_go_back_to(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (home / "previous").unlink()
    assert run("rollback") == 1
    assert "activate VERSION" in capsys.readouterr().err


def test_the_way_back_out_of_a_broken_version_needs_no_pointer(home: Path) -> None:
    (home / "current").write_text("", encoding="utf-8")
    assert run("rollback") == 0
    assert read_pointer(home).version == "1"


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (["activate", "9"], 1, "no version '9'"),
        (["activate", "../home/1"], 1, "no version"),
        (["rollback", "--model", "{home}/1"], 1, "one classifier by itself"),
        (["list", "--model", "/no/such"], 0, "/no/such holds neither"),
    ],
)
def test_what_cannot_be_done_is_said(
    home: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], code: int, told: str
) -> None:
    assert run(*(each.replace("{home}", str(home)) for each in arguments)) == code
    assert told in capsys.readouterr().err


def test_a_wrong_setting_is_named(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("RECLAMO_PORT", "eighty")
    assert run("list") == 2
    assert "RECLAMO_PORT=eighty" in capsys.readouterr().err
