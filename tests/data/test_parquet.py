from __future__ import annotations

import datetime
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from data.tables import parquet
from data.tables.parquet import ParquetTable
from data.tables.table import Added, Kind, TableError

ADDED = [
    Added("a_kind", Kind.text),
    Added("a_themes", Kind.texts),
    Added("a_sure", Kind.numbers),
    Added("a_flag", Kind.flag),
    Added("a_spans", Kind.spans),
]
ANSWER = ["complaint", ["billing"], [0.5], True, [{"label": "billing", "start": 0, "end": 4}]]
NONE: list[Any] = [None] * 5


def write(folder: Path, rows: int = 5) -> Path:
    columns = {
        "id": pa.array(range(rows), pa.int16()),
        "text": pa.array([f"text {i}" if i % 3 else None for i in range(rows)], pa.large_string()),
        "sector": pa.array(["shop"] * rows).dictionary_encode(),
        "when": pa.array([datetime.datetime(2026, 11, 22, tzinfo=datetime.UTC)] * rows, pa.timestamp("ms", "UTC")),
        "price": pa.array([Decimal("1.10")] * rows, pa.decimal128(9, 2)),
        "tags": pa.array([["a", "b"]] * rows),
    }
    path = folder / "in.parquet"
    pq.write_table(pa.table(columns).replace_schema_metadata({"owner": "the shop"}), path, row_group_size=100)
    return path


def copy(path: Path) -> Path:
    out = path.with_name("out.parquet")
    with ParquetTable(path) as read, read.writer(out, ADDED) as writer:
        for chunk in read.chunks(32):
            writer.write(chunk, [ANSWER if place % 2 else NONE for place in range(len(chunk))])
    return out


def test_columns_pass_as_they_are_and_answers_have_real_types(tmp_path: Path) -> None:
    path = write(tmp_path)
    before, after = pq.read_table(path), pq.read_table(copy(path))
    assert after.select(before.column_names).equals(before)
    assert after.schema.metadata[b"owner"] == b"the shop"
    assert after.column_names[6:] == [each.name for each in ADDED]
    assert after.to_pylist()[1]["a_spans"] == ANSWER[4]
    assert after.schema.field("a_themes").type == pa.list_(pa.string())
    assert [row["a_flag"] for row in after.to_pylist()] == [None, True, None, True, None]


def test_texts_of_any_string_type_are_read_in_chunks(tmp_path: Path) -> None:
    with ParquetTable(write(tmp_path, 300)) as read:
        assert read.count() == 300
        assert max(len(chunk) for chunk in read.chunks(64)) == 64
        texts = [cell for chunk in read.chunks(7) for cell in chunk.cells(1)]
        assert texts == [f"text {i}" if i % 3 else None for i in range(300)]
        assert next(read.chunks(2)).cells(2) == ["shop", "shop"]


def test_little_is_held_before_it_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet, "_GROUP_ROWS", 64)
    path = write(tmp_path, 300)
    out = copy(path)
    assert pq.ParquetFile(out).metadata.num_row_groups >= 4
    assert pq.read_table(out)["id"].to_pylist() == [*range(300)]


def test_a_table_without_rows_gets_its_columns(tmp_path: Path) -> None:
    out = pq.read_table(copy(write(tmp_path, 0)))
    assert out.num_rows == 0
    assert out.column_names[-1] == "a_spans"


@pytest.mark.parametrize("content", [b"", b"id,text\n", b"PAR1 and no end"])
def test_what_is_no_parquet_is_told(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "in.parquet"
    path.write_bytes(content)
    with pytest.raises(TableError, match="is no Parquet file, or is cut off"):
        ParquetTable(path)


def test_a_damaged_page_is_told_where_it_is_read(tmp_path: Path) -> None:
    path = write(tmp_path, 5_000)
    content = bytearray(path.read_bytes())
    content[500:1_500] = b"\xff" * 1_000
    path.write_bytes(content)
    with ParquetTable(path) as read, pytest.raises(TableError, match="is damaged"):
        list(read.chunks(100))


def test_without_pyarrow_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(TableError, match=r"Parquet needs pyarrow, .*pip install pyarrow"):
        ParquetTable(tmp_path / "in.parquet")
