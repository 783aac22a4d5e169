from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest

from data.tables.delimited import LONGEST_CELL, DelimitedTable
from data.tables.table import Added, Kind, TableError

ADDED = [
    Added("a_kind", Kind.text),
    Added("a_themes", Kind.texts),
    Added("a_sure", Kind.number),
    Added("a_flag", Kind.flag),
]
ANSWER = ["complaint", ["billing", "delivery"], 0.5, True]
NONE = [None] * 4


def table(folder: Path, written: str | bytes, encoding: str | None = None) -> DelimitedTable:
    path = folder / "in.csv"
    path.write_bytes(written if isinstance(written, bytes) else written.encode())
    return DelimitedTable(path, encoding)


def rows(read: DelimitedTable) -> list[list[str]]:
    return [row for chunk in read.chunks(2) for row in chunk.rows]


def notes(read: DelimitedTable) -> dict[int, str]:
    chunks = list(read.chunks(100))
    assert len(chunks) == 1
    return {place: flaw.note for place, flaw in chunks[0].flaws.items()}


def written(read: DelimitedTable, answers: list[list[Any]]) -> bytes:
    path = read.path.with_name("out.csv")
    left = iter(answers)
    with read.writer(path, ADDED) as writer:
        for chunk in read.chunks(2):
            writer.write(chunk, [next(left) for _ in range(len(chunk))])
    return path.read_bytes()


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_it_finds_the_separator_and_writes_with_it(tmp_path: Path, separator: str) -> None:
    read = table(tmp_path, f'id{separator}text{separator}n\n1{separator}"a, b; c"{separator}2\n')
    assert read.columns == ["id", "text", "n"]
    assert rows(read) == [["1", "a, b; c", "2"]]
    out = written(read, [ANSWER]).decode().splitlines()
    assert out[0] == separator.join(["id", "text", "n", "a_kind", "a_themes", "a_sure", "a_flag"])
    assert next(csv.reader(out[1:], delimiter=separator))[3:] == ["complaint", "billing;delivery", "0.5", "true"]


def test_separators_in_texts_do_not_mislead(tmp_path: Path) -> None:
    read = table(tmp_path, "id;text\n1;one, two, three\n2;four, five\n3;six\n")
    assert read.columns == ["id", "text"]
    assert rows(read)[0] == ["1", "one, two, three"]


def test_in_a_single_column_commas_belong_to_the_text(tmp_path: Path) -> None:
    read = table(tmp_path, "text\nLate, and nobody answers; ever.\nFine.\n")
    assert rows(read) == [["Late, and nobody answers; ever."], ["Fine."]]
    assert (
        written(read, [ANSWER, NONE]).decode().splitlines()[1].startswith('"Late, and nobody answers; ever.",complaint')
    )


def test_quoted_line_breaks_stay_in_their_cell(tmp_path: Path) -> None:
    read = table(tmp_path, 'id,text\r\n1,"first\r\nsecond ""quoted"""\r\n2,x\r\n')
    assert rows(read) == [["1", 'first\r\nsecond "quoted"'], ["2", "x"]]
    assert written(read, [NONE, NONE]) == (
        b'id,text,a_kind,a_themes,a_sure,a_flag\r\n1,"first\r\nsecond ""quoted""",,,,\r\n2,x,,,,\r\n'
    )


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32", "utf-8"])
def test_a_byte_order_mark_tells_the_encoding_and_is_written_again(tmp_path: Path, encoding: str) -> None:
    read = table(tmp_path, "text\tn\nEi mitään\t1\n".encode(encoding))
    assert read.columns == ["text", "n"]
    assert rows(read) == [["Ei mitään", "1"]]
    out = written(read, [ANSWER])
    assert out.decode(encoding).splitlines()[1] == "Ei mitään\t1\tcomplaint\tbilling;delivery\t0.5\ttrue"
    assert out[:2] == "text".encode(encoding)[:2]


def test_another_encoding_is_named_by_its_line_and_can_be_told(tmp_path: Path) -> None:
    latin = 'id,text\n1,"a\nb"\n2,Ei mitään\n'.encode("latin-1")
    with pytest.raises(TableError, match=r"line 4 is not UTF-8: .*--encoding cp1252"):
        table(tmp_path, latin)
    read = table(tmp_path, latin, "latin-1")
    assert rows(read)[1] == ["2", "Ei mitään"]
    assert "Ei mitään".encode("latin-1") in written(read, [NONE, NONE])


def test_a_wrong_byte_far_into_the_file_shows_when_the_rows_are_counted(tmp_path: Path) -> None:
    read = table(tmp_path, b"id,text\n" + b"1,fine enough\n" * 20_000 + b"2,\xe4\n")
    with pytest.raises(TableError, match="line 20002 is not UTF-8"):
        read.count()


def test_an_unknown_encoding_is_refused(tmp_path: Path) -> None:
    for name in ("klingon", "base64"):
        with pytest.raises(TableError, match="is not a text encoding"):
            table(tmp_path, "text\n", name)


@pytest.mark.parametrize("content", [b"", b"\n \n", b"\xef\xbb\xbf", b"\xef\xbb\xbf\n\n"])
def test_an_empty_file_is_told(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(TableError, match="is empty"):
        table(tmp_path, content)


@pytest.mark.parametrize("content", [bytes(range(256)) * 20, "id,text\n1,x\n".encode("utf-16-le")])
def test_a_binary_file_is_told(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(TableError, match=r"is no text .*utf-16-le"):
        table(tmp_path, content)
    assert rows(table(tmp_path, "id,text\n1,x\n".encode("utf-16-le"), "utf-16-le")) == [["1", "x"]]


def test_ragged_lines_lose_nothing_and_say_so(tmp_path: Path) -> None:
    read = table(tmp_path, "id,text,n\n1,a\n2,b,c,d\n3,e,f,\n4,g,h\n")
    assert notes(read) == {
        0: "line 2 has 2 cells, the header 3",
        1: "line 3 has 4 cells, the header 3: is a separator not within quotes?",
    }
    chunk = next(read.chunks(10))
    assert [chunk.flaws[place].usable for place in (0, 1)] == [True, False]
    assert chunk.cells(1) == ["a", "b", "e", "g"]
    out = written(read, [NONE, NONE, ANSWER, NONE]).decode().splitlines()
    assert out[1:4] == ["1,a,,,,,", "2,b,c,,,,,d", "3,e,f,complaint,billing;delivery,0.5,true,"]


def test_blank_lines_are_rows_within_the_table_but_not_after_it(tmp_path: Path) -> None:
    read = table(tmp_path, "\nid,text\n1,a\n\n2,b\n\n\n")
    assert rows(read) == [["1", "a"], ["", ""], ["2", "b"]]
    assert read.count() == 3


def test_a_quote_that_never_closes_is_told_by_its_line(tmp_path: Path) -> None:
    read = table(tmp_path, 'id,text\n1,"fine"\n2,"open\n3,x\n')
    with pytest.raises(TableError, match="line 3 opens a quote that never closes"):
        read.count()


def test_a_cell_without_end_is_not_read_into_memory(tmp_path: Path) -> None:
    read = table(tmp_path, 'id,text\n1,x\n2,"' + "open\n" * 500)
    assert csv.field_size_limit(1_000) == LONGEST_CELL
    with pytest.raises(TableError, match=r"line 3 cannot be read: .*is a quote left open\?"):
        read.count()


def test_nul_and_other_characters_pass(tmp_path: Path) -> None:
    read = table(tmp_path, "id,text\n1,a\0b\u2028c\x1cd\n" + "2,filler text\n" * 10)
    assert rows(read)[0] == ["1", "a\0b\u2028c\x1cd"]


def test_only_our_columns_are_kept_from_reading_as_formulas(tmp_path: Path) -> None:
    read = table(tmp_path, "text,n\n=SUM(A1:A9),-1\n")
    out = written(read, [["=cmd|' /C calc'!A0", ["@x", "y"], -0.5, None]]).decode()
    assert list(csv.reader(out.splitlines()))[1] == ["=SUM(A1:A9)", "-1", "'=cmd|' /C calc'!A0", "'@x;y", "-0.5", ""]


def test_reading_is_repeatable_and_in_chunks(tmp_path: Path) -> None:
    read = table(tmp_path, "id,text\n" + "".join(f"{i},x\n" for i in range(7)))
    assert [len(chunk) for chunk in read.chunks(3)] == [3, 3, 1]
    assert read.count() == 7
    assert [row[0] for row in rows(read)] == list("0123456")
