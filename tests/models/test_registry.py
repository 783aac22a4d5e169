from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from models import registry
from models.artifact import ArtifactError, ForeignArtifact, MissingArtifact
from models.registry import (
    activate,
    check_name,
    current_version,
    find_version,
    previous_version,
    read_pointer,
    versions,
)
from tests.service.toy_versions import make_version


@pytest.fixture
def home(tmp_path: Path) -> Path:
    for version in "123":
        make_version(tmp_path, version)
    activate(tmp_path, "1")
    return tmp_path


def test_one_step_leads_back(home: Path) -> None:
    assert previous_version(home) is None, "there was none before the first"
    activate(home, "2")
    assert (current_version(home), previous_version(home)) == (home / "2", home / "1")
    activate(home, "1")
    assert (current_version(home), previous_version(home)) == (home / "1", home / "2")


def test_the_same_version_again_keeps_the_way_back_and_is_noticed(home: Path) -> None:
    activate(home, "2")
    before = read_pointer(home)
    os.utime(home / "current", ns=(0, 0))
    activate(home, "2")
    assert previous_version(home) == home / "1"
    assert read_pointer(home).version == before.version
    assert read_pointer(home).written > 0


def test_the_version_to_go_back_to_can_be_told(home: Path) -> None:
    activate(home, "2")
    activate(home, "3", replaces="1")
    assert previous_version(home) == home / "1"


def test_a_pointer_says_whether_another_taxonomy_is_meant(home: Path) -> None:
    assert not read_pointer(home).accepts_taxonomy
    activate(home, "2", accepts_taxonomy=True)
    assert read_pointer(home).accepts_taxonomy
    assert current_version(home) == home / "2"


def test_what_is_cut_off_in_between_changes_nothing(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="No space"):
        activate(home, "2")
    assert current_version(home) == home / "1"
    assert [path.name for path in home.iterdir() if path.is_file()] == ["current"]


def test_it_is_on_the_disk_when_it_returns(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """File before the name, and the folder that holds the name after it, for both files."""
    done: list[str] = []
    fsync, replace = os.fsync, Path.replace

    def note_fsync(handle: int) -> None:
        done.append("folder" if stat.S_ISDIR(os.fstat(handle).st_mode) else "file")
        fsync(handle)

    def note_replace(part: Path, target: Path) -> Path:
        done.append(target.name)
        return replace(part, target)

    monkeypatch.setattr(os, "fsync", note_fsync)
    monkeypatch.setattr(Path, "replace", note_replace)
    activate(home, "2")
    assert done == ["file", "previous", "folder", "file", "current", "folder"]


@pytest.mark.parametrize("name", ["..", ".", "", "../1", "1/../2", ".hidden", "4", "a\0b", "x" * 5_000])
def test_only_names_of_versions_are_activated(home: Path, name: str) -> None:
    make_version(home, ".hidden")
    with pytest.raises(MissingArtifact):
        activate(home, name)
    with pytest.raises(MissingArtifact):
        find_version(home, name)
    assert current_version(home) == home / "1"


def test_versions_are_listed_whole_or_broken(home: Path) -> None:
    (home / "2/manifest.json").unlink()
    (home / "half").mkdir()
    (home / ".part").mkdir()
    (home / "notes.txt").write_text("", encoding="utf-8")
    assert [folder.name for folder in versions(home)] == ["1", "2", "3", "half"]
    assert versions(home / "1") == [home / "1"], "an artifact by itself is its only version"
    assert versions(home / "nowhere") == []


@pytest.mark.parametrize("pointer", [b"", b"\n1\n", b"..\n", b".hidden\n", b"\xff\xfe", b"a/b"])
def test_a_broken_pointer_is_an_error_of_its_own(home: Path, pointer: bytes) -> None:
    (home / "current").write_bytes(pointer)
    with pytest.raises(MissingArtifact):
        read_pointer(home)
    activate(home, "2")
    assert current_version(home) == home / "2"


@pytest.mark.parametrize("previous", [b"", b"../1", b"\xff", b"1"])
def test_a_broken_way_back_leads_nowhere(home: Path, previous: bytes) -> None:
    (home / registry.PREVIOUS).write_bytes(previous)
    assert previous_version(home) is None


def test_a_folder_bears_the_name_of_its_version(home: Path) -> None:
    check_name(home / "1")
    (home / "1").rename(home / "copy")
    with pytest.raises(ForeignArtifact, match="holds version 1"):
        check_name(home / "copy")
    with pytest.raises(ArtifactError):
        check_name(home / "nowhere")
