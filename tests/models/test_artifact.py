from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from data.taxonomy import DEFAULT
from models.artifact import CorruptArtifact, ForeignArtifact, MissingArtifact, open_artifact, seal
from models.calibration import Calibration
from models.registry import activate, current_version

FACTS = {
    "name": "toy", "version": "1", "created": "2026-01-01T00:00:00+00:00", "taxonomy_version": "2026.1",
    "languages": ["fi"], "window": 64, "weights": {"any": "weights.bin"}, "lineage": {}, "metrics": {}, "libraries": {},
}  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    home = tmp_path / "1"
    home.mkdir()
    shutil.copyfile(DEFAULT, home / "taxonomy.yaml")
    (home / "calibration.json").write_text(Calibration(scales={}, thresholds={}).model_dump_json(), encoding="utf-8")
    (home / "tokenizer.json").write_text("{}", encoding="utf-8")
    (home / "weights.bin").write_bytes(b"\x00" * 1000)
    seal(home, FACTS)
    return home


def change_manifest(folder: Path, **values: object) -> None:
    path = folder / "manifest.json"
    path.write_text(json.dumps({**json.loads(path.read_bytes()), **values}), encoding="utf-8")


def test_a_sealed_folder_opens(folder: Path) -> None:
    manifest, taxonomy, _ = open_artifact(folder)
    assert set(manifest.files) == {"taxonomy.yaml", "calibration.json", "tokenizer.json", "weights.bin"}
    assert taxonomy.version == "2026.1"


def test_one_changed_byte_is_found(folder: Path) -> None:
    (folder / "weights.bin").write_bytes(b"\x00" * 999 + b"\x01")
    with pytest.raises(CorruptArtifact, match=r"weights\.bin has SHA-256"):
        open_artifact(folder)


def test_half_a_file_is_found(folder: Path) -> None:
    (folder / "weights.bin").write_bytes(b"\x00" * 500)
    with pytest.raises(CorruptArtifact):
        open_artifact(folder)


def test_a_lost_file_is_named(folder: Path) -> None:
    (folder / "tokenizer.json").unlink()
    with pytest.raises(MissingArtifact, match=r"lacks tokenizer\.json"):
        open_artifact(folder)


def test_without_a_manifest_there_is_no_artifact(folder: Path) -> None:
    (folder / "manifest.json").unlink()
    with pytest.raises(MissingArtifact, match="no classifier"):
        open_artifact(folder)


def test_half_a_manifest_is_refused(folder: Path) -> None:
    path = folder / "manifest.json"
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(CorruptArtifact, match="not a readable manifest"):
        open_artifact(folder)


def test_other_formats_are_refused(folder: Path) -> None:
    change_manifest(folder, format=99)
    with pytest.raises(ForeignArtifact, match="format 99"):
        open_artifact(folder)


def test_a_manifest_for_another_taxonomy_is_refused(folder: Path) -> None:
    change_manifest(folder, taxonomy_version="1999")
    with pytest.raises(ForeignArtifact, match="1999"):
        open_artifact(folder)


def test_files_outside_the_folder_are_refused(folder: Path) -> None:
    change_manifest(folder, files={"../1/weights.bin": "0"})
    with pytest.raises(MissingArtifact):
        open_artifact(folder)


def test_weights_must_be_vouched_for(folder: Path) -> None:
    change_manifest(folder, weights={"any": "elsewhere.bin"})
    with pytest.raises(MissingArtifact, match="does not vouch"):
        open_artifact(folder)


def test_calibration_must_fit_the_taxonomy(folder: Path) -> None:
    strange = Calibration(scales={}, thresholds={"themes": {"unheard_of": {"*": 0.5}}})
    (folder / "calibration.json").write_text(strange.model_dump_json(), encoding="utf-8")
    seal(folder, FACTS)
    with pytest.raises(ForeignArtifact, match="unheard_of"):
        open_artifact(folder)


def test_the_pointer_names_the_current_version(folder: Path) -> None:
    home = folder.parent
    activate(home, "1")
    assert current_version(home) == folder
    assert current_version(folder) == folder


def test_only_complete_versions_are_activated(folder: Path) -> None:
    (folder / "manifest.json").unlink()
    with pytest.raises(MissingArtifact):
        activate(folder.parent, "1")


@pytest.mark.parametrize("pointer", ["", "../elsewhere", "/etc"])
def test_a_pointer_leads_nowhere_else(tmp_path: Path, pointer: str) -> None:
    (tmp_path / "current").write_text(pointer, encoding="utf-8")
    with pytest.raises(MissingArtifact, match="name of a folder beside it"):
        current_version(tmp_path)
