from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from models.artifact import CONFUSION, CorruptArtifact, MissingArtifact, open_artifact, read_manifest, seal
from models.confusion import Confusion, Hits, read_confusion
from tests.models.tiny import table, write_artifact

COUNTS = Confusion(
    labels={"themes": ["billing", "delivery"], "kind": ["complaint", "praise"]},
    many={"themes": {"fi": {"billing": Hits(tp=8, fp=1, fn=2, tn=9), "delivery": Hits(tp=3, fp=0, fn=0, tn=17)}}},
    single={"kind": {"fi": [[12, 1, 0], [0, 6, 1]]}},
    unread={"fi": 2},
)


def artifact(folder: Path, written: bytes | None) -> Path:
    """An artifact that vouches for `confusion.json` as written, or has none."""
    write_artifact(folder, {"onnxruntime-fp32": table()})
    if written is not None:
        (folder / CONFUSION).write_bytes(written)
        facts = read_manifest(folder).model_dump(exclude={"format", "files"})
        seal(folder, facts)
    return folder


def test_counts_are_read_from_an_artifact_that_vouches_for_them(tmp_path: Path) -> None:
    folder = artifact(tmp_path / "1", COUNTS.model_dump_json().encode())
    assert read_confusion(folder) == COUNTS
    manifest, _, _ = open_artifact(folder)
    assert CONFUSION in manifest.files


def test_older_artifacts_have_none(tmp_path: Path) -> None:
    folder = artifact(tmp_path / "1", None)
    assert read_confusion(folder) is None
    (folder / CONFUSION).write_text(COUNTS.model_dump_json(), encoding="utf-8")
    assert read_confusion(folder) is None, "the manifest does not vouch for it"


def test_what_was_changed_or_cut_is_not_read(tmp_path: Path) -> None:
    folder = artifact(tmp_path / "1", COUNTS.model_dump_json().encode())
    (folder / CONFUSION).write_text(COUNTS.model_dump_json().replace("12", "13"), encoding="utf-8")
    with pytest.raises(CorruptArtifact, match="cut or changed"):
        read_confusion(folder)
    (folder / CONFUSION).unlink()
    with pytest.raises(MissingArtifact, match="lacks"):
        read_confusion(folder)
    with pytest.raises(CorruptArtifact, match="not readable"):
        read_confusion(artifact(tmp_path / "2", b'{"labels": {'))


@pytest.mark.parametrize("rows", [[[1, 2, 0]], [[1, 2], [3, 4]], [[1, 2, 0], [3, 4, -1]]])
def test_a_matrix_has_a_row_a_label_and_a_column_more(rows: list[list[int]]) -> None:
    with pytest.raises(ValidationError):
        Confusion(labels={"kind": ["complaint", "praise"]}, single={"kind": {"fi": rows}})


def test_every_label_of_a_group_is_counted() -> None:
    hits = Hits(tp=1, fp=1, fn=1, tn=1)
    with pytest.raises(ValidationError, match="one entry for each label"):
        Confusion(labels={"themes": ["a", "b"]}, many={"themes": {"fi": {"a": hits}}})
