from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from data.taxonomy import read_taxonomy
from models.artifact import open_artifact
from models.registry import activate
from service import versions
from service.versions import Catalogue, Version
from tests.service.toy_versions import TAXONOMY, make_version, other_taxonomy

SERVED = read_taxonomy(TAXONOMY)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    for version in "12":
        make_version(tmp_path / "home", version)
        activate(tmp_path / "home", version)
    return tmp_path / "home"


def look(home: Path) -> dict[str, Version]:
    return {each.version: each for each in Catalogue(home).look("2", SERVED)}


def test_each_version_tells_what_it_is(home: Path) -> None:
    assert [each.model_dump() for each in Catalogue(home).look("2", SERVED)] == [
        {
            "version": version,
            "model_version": f"toy-{version}",
            "taxonomy_version": "test-1",
            "languages": ["fi", "vi", "es", "en"],
            "created": "2026-01-01T00:00:00+00:00",
            "current": version == "2",
            "previous": version == "1",
            "servable": True,
            "reason": None,
        }
        for version in ("1", "2")
    ]


def change(name: str, content: bytes) -> Callable[[Path], object]:
    return lambda folder: (folder / name).write_bytes(content)


def rewrite(**values: object) -> Callable[[Path], object]:
    def write(folder: Path) -> None:
        path = folder / "manifest.json"
        path.write_text(json.dumps({**json.loads(path.read_bytes()), **values}), encoding="utf-8")

    return write


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (change("weights.json", b"{ }"), "weights.json has SHA-256"),
        (lambda folder: os.truncate(folder / "taxonomy.yaml", 100), "taxonomy.yaml has SHA-256"),
        (lambda folder: (folder / "tokenizer.json").unlink(), "lacks tokenizer.json"),
        (lambda folder: (folder / "manifest.json").unlink(), "manifest.json is missing"),
        (change("manifest.json", b'{"format": 1'), "not a readable manifest"),
        (change("manifest.json", b"[" * 100_000), "not a readable manifest"),
        (change("manifest.json", b"\xff"), "not a readable manifest"),
        (rewrite(format=2), "format 2"),
        (rewrite(version="3"), "holds version 3"),
        (rewrite(taxonomy_version="test-9"), "a manifest for test-9"),
        (rewrite(files={"../2/weights.json": ""}), "lacks ../2/weights.json"),
        (
            lambda folder: (
                (folder / "calibration.json").rename(folder / "x").parent.joinpath("calibration.json").mkdir()
            ),
            "lacks",
        ),
    ],
)
def test_a_broken_version_is_listed_with_what_is_wrong(
    home: Path, spoil: Callable[[Path], object], reason: str
) -> None:
    spoil(home / "1")
    found = look(home)
    assert found["2"].servable
    assert not found["1"].servable
    assert reason in (found["1"].reason or "")
    assert str(home) not in (found["1"].reason or ""), "where it lies is nobody's business"


def test_what_a_broken_version_still_tells_is_told(home: Path) -> None:
    (home / "1/weights.json").unlink()
    assert (look(home)["1"].model_version, look(home)["1"].languages) == ("toy-1", ["fi", "vi", "es", "en"])
    (home / "1/manifest.json").unlink()
    assert (look(home)["1"].model_version, look(home)["1"].languages) == (None, [])


def test_whatever_a_library_raises_is_only_a_reason(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: Path) -> None:
        raise MemoryError

    monkeypatch.setattr(versions, "open_artifact", fail)
    assert look(home)["1"].reason == "it cannot be read: MemoryError"


def test_another_taxonomy_is_a_reason_that_can_be_accepted(home: Path, tmp_path: Path) -> None:
    make_version(home, "3", taxonomy=other_taxonomy(tmp_path / "other.yaml", **{"test-1": "test-2"}))
    assert "accept" in (look(home)["3"].reason or "")
    assert look(home)["3"].taxonomy_version == "test-2"


def test_files_are_read_again_only_when_one_has_changed(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []

    def count(folder: Path) -> object:
        opened.append(folder.name)
        return open_artifact(folder)

    monkeypatch.setattr(versions, "open_artifact", count)
    catalogue = Catalogue(home)
    for _ in range(3):
        catalogue.look("2", SERVED)
    assert opened == ["1", "2"]
    os.utime(home / "1/weights.json", ns=(0, 0))
    catalogue.look("2", SERVED)
    assert opened == ["1", "2", "1"]


def test_a_refusal_is_remembered_until_a_file_changes(home: Path) -> None:
    catalogue = Catalogue(home)
    catalogue.refuse(home / "1", "the test message in vi raised RuntimeError")
    assert [each.reason for each in catalogue.look("2", SERVED)] == ["the test message in vi raised RuntimeError", None]
    os.utime(home / "1/weights.json", ns=(0, 0))
    assert [each.reason for each in catalogue.look("2", SERVED)] == [None, None]
    catalogue.refuse(home / "1", "once more")
    catalogue.forget(home / "1")
    assert [each.reason for each in catalogue.look("2", SERVED)] == [None, None]


def test_versions_that_are_gone_are_forgotten(home: Path) -> None:
    catalogue = Catalogue(home)
    catalogue.look("2", SERVED)
    (home / "1").rename(home.parent / "elsewhere")
    assert [each.version for each in catalogue.look("2", SERVED)] == ["2"]
    assert list(catalogue._known) == ["2"]


def test_an_artifact_by_itself_is_its_own_only_version(home: Path) -> None:
    folder = (home / "1").rename(home / "any-name")
    found = Catalogue(folder).look("any-name", SERVED)
    assert [(each.version, each.current, each.servable) for each in found] == [("any-name", True, True)]
