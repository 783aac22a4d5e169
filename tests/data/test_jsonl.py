from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from data.tables import jsonl
from data.tables.jsonl import JsonLinesTable
from data.tables.table import Added, Kind, TableError

ADDED = [Added("a_kind", Kind.text), Added("a_themes", Kind.texts), Added("a_spans", Kind.spans)]
ANSWER = ["complaint", ["billing"], [{"label": "billing", "start": 0, "end": 4}]]


def table(folder: Path, written: str | bytes) -> JsonLinesTable:
    path = folder / "in.jsonl"
    path.write_bytes(written if isinstance(written, bytes) else written.encode())
    return JsonLinesTable(path)


def written(read: JsonLinesTable, values: list[Any]) -> list[str]:
    path = read.path.with_name("out.jsonl")
    with read.writer(path, ADDED) as writer:
        for chunk in read.chunks(2):
            writer.write(chunk, [values] * len(chunk))
    return path.read_bytes().decode(read.encoding).splitlines()


def test_lines_stay_as_they_were_and_get_real_lists(tmp_path: Path) -> None:
    line = '{"text": "Ei mit\\u00e4\\u00e4n", "price": 1.10, "id": 12345678901234567890, "deep": {"a": [1]}}'
    read = table(tmp_path, line + "\r\n\n{ }\n")
    assert read.columns == ["text", "price", "id", "deep"]
    out = written(read, ANSWER)
    assert out[0].startswith(line[:-1] + ", ")
    assert json.loads(out[0])["a_spans"] == ANSWER[2]
    assert json.loads(out[1]) == {"a_kind": "complaint", "a_themes": ["billing"], "a_spans": ANSWER[2]}
    assert len(out) == 2


def test_objects_may_differ_and_counting_finds_all_their_fields(tmp_path: Path) -> None:
    lines = [{"id": i} for i in range(300)] + [{"id": 300, "text": "late"}]
    read = table(tmp_path, "".join(json.dumps(line) + "\n" for line in lines))
    assert read.columns == ["id"]
    assert read.count() == 301
    assert read.columns == ["id", "text"]
    assert [cell for chunk in read.chunks(64) for cell in chunk.cells(1)] == [None] * 300 + ["late"]


@pytest.mark.parametrize(
    ("line", "note"),
    [
        ('{"text": "half', "line 2 is not JSON: "),
        ("[1, 2]", "line 2 is not an object"),
        ('{"n": ' + "1" * 5_000 + "}", "thousands of digits"),
        ("[" * 100_000, "too many levels"),
    ],
)
def test_a_broken_line_is_kept_and_says_so(tmp_path: Path, line: str, note: str) -> None:
    read = table(tmp_path, '{"text": "a"}\n' + line + '\n{"text": "b"}\n')
    chunk = next(read.chunks(10))
    assert note in chunk.flaws[1].note
    assert not chunk.flaws[1].usable
    assert chunk.cells(0) == ["a", None, "b"]
    kept = json.loads(written(read, [None, None, None])[1])
    assert kept == {jsonl.RAW: line, "a_kind": None, "a_themes": None, "a_spans": None}


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "is empty"),
        (b"\xef\xbb\xbf\n \n", "is empty"),
        (b'[\n{"text": "a"}\n]\n', "line 1 is not JSON"),
        (b"id,text\n1,a\n", "JSONL has an object in every line"),
        (bytes(range(256)) * 20, "is no text"),
        (b'{"text": "a"}\n{"text": "\xe4"}\n', "line 2 is not UTF-8"),
    ],
)
def test_what_is_no_jsonl_is_refused_at_once(tmp_path: Path, content: bytes, told: str) -> None:
    with pytest.raises(TableError, match=told):
        table(tmp_path, content)


def test_a_line_without_end_is_not_read_into_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read = table(tmp_path, '{"text": "a"}\n' * 300 + '{"text": "' + "a" * 5_000 + '"}')
    monkeypatch.setattr(jsonl, "LONGEST_LINE", 1_000)
    with pytest.raises(TableError, match="line 301 has more than 1,000 characters"):
        read.count()


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_a_byte_order_mark_is_read_and_written(tmp_path: Path, encoding: str) -> None:
    read = table(tmp_path, '{"text": "Ei mitään"}\n'.encode(encoding))
    assert json.loads(written(read, ANSWER)[0])["text"] == "Ei mitään"
