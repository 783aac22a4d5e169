from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from data.taxonomy import Taxonomy, read_taxonomy
from models.registry import SHIPPED
from service import loading
from service.loading import ModelError, OtherTaxonomy, current, difference, examine
from tests.service.conftest import settings
from tests.service.toy_versions import TAXONOMY, load, make_version, other_taxonomy

SERVED = read_taxonomy(TAXONOMY)


def examined(folder: Path, beside: Taxonomy | None = SERVED) -> str:
    return examine(folder, load, settings(), beside).model_version


def test_a_sound_version_passes(tmp_path: Path) -> None:
    assert examined(make_version(tmp_path, "1")) == "toy-1"


@pytest.mark.parametrize(
    ("weights", "reason"),
    [
        ({"breaks": True}, "cannot be loaded"),
        ({"kind": "other"}, "the test message in fi got kind other instead of complaint"),
        ({"fails": "trừ tiền"}, r"the test message in vi raised RuntimeError$"),
    ],
)
def test_a_version_that_does_not_do_is_refused(tmp_path: Path, weights: dict[str, Any], reason: str) -> None:
    with pytest.raises(ModelError, match=reason):
        examined(make_version(tmp_path, "1", **weights))


def test_a_folder_with_another_name_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="holds version 1"):
        examined(make_version(tmp_path, "1").rename(tmp_path / "2"))


def test_another_taxonomy_is_refused_unless_any_will_do(tmp_path: Path) -> None:
    folder = make_version(tmp_path, "1", taxonomy=other_taxonomy(tmp_path / "other.yaml", **{"test-1": "test-2"}))
    with pytest.raises(OtherTaxonomy, match="for taxonomy test-2, test-1 is served"):
        examined(folder)
    assert examined(folder, None) == "toy-1"


def test_other_labels_under_the_same_name_are_another_taxonomy(tmp_path: Path) -> None:
    changed = read_taxonomy(other_taxonomy(tmp_path / "other.yaml", **{"id: voice": "id: heard"}))
    assert changed.version == SERVED.version
    assert "other labels" in (difference(changed, SERVED) or "")
    assert difference(SERVED, SERVED.model_copy()) is None


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (lambda folder: (folder / "weights.json").write_bytes(b"[]"), r"weights\.json has SHA-256"),
        (lambda folder: os.truncate(folder / "weights.json", 1), r"weights\.json has SHA-256"),
        (lambda folder: (folder / "weights.json").unlink(), r"lacks weights\.json"),
        (lambda folder: (folder / "manifest.json").unlink(), "neither an artifact"),
        (lambda folder: os.truncate(folder / "manifest.json", 99), "not a readable manifest"),
        (lambda folder: folder, "cannot be loaded: "),  # whole, but its weights are no network
    ],
)
def test_the_engine_that_ships_is_loaded_from_nothing_that_is_broken(
    tmp_path: Path, spoil: Callable[[Path], object], reason: str
) -> None:
    folder = make_version(tmp_path, "1")
    spoil(folder)
    with pytest.raises(ModelError, match=reason):
        loading.load(folder, settings())


def test_the_version_to_serve_is_found_or_said_to_be_missing(tmp_path: Path) -> None:
    assert current(None).parent == SHIPPED
    with pytest.raises(ModelError, match="neither an artifact nor a pointer"):
        current(tmp_path)
    folder = make_version(tmp_path, "1")
    assert current(folder) == folder
