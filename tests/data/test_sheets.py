from __future__ import annotations

import datetime
import sys
import zipfile
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from data.tables.sheets import SheetTable
from data.tables.table import Added, Kind, TableError

ADDED = [
    Added("a_kind", Kind.text),
    Added("a_themes", Kind.texts),
    Added("a_sure", Kind.number),
    Added("a_flag", Kind.flag),
]
ANSWER = ["complaint", ["billing", "delivery"], 0.5, True]
DATE = datetime.datetime(2026, 11, 22, 7, 16)


def workbook(folder: Path, **sheets: list[list[Any]]) -> Path:
    path = folder / "in.xlsx"
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for number, row in enumerate(rows, 1):
            for column, value in enumerate(row, 1):
                if value is not None:
                    cell = sheet.cell(number, column, value)
                    if isinstance(value, str):
                        cell.data_type = "s"
    book.save(path)
    return path


def cells(path: Path, sheet: str | None = None) -> list[list[Any]]:
    with SheetTable(path, sheet) as read:
        return [row for chunk in read.chunks(2) for row in chunk.rows]


def written(path: Path) -> list[tuple[Any, ...]]:
    out = path.with_name("out.xlsx")
    with SheetTable(path) as read, read.writer(out, ADDED) as writer:
        for chunk in read.chunks(2):
            writer.write(chunk, [ANSWER] * len(chunk))
    book = openpyxl.load_workbook(out)
    assert len(book.sheetnames) == 1
    return list(book.worksheets[0].iter_rows(values_only=True))


def test_values_keep_their_types_and_columns_come_at_the_end(tmp_path: Path) -> None:
    path = workbook(
        tmp_path, Tickets=[["id", "when", "text"], [1, DATE, "late"], [2.5, None, "=1+1"], [True, None, "x"]]
    )
    assert cells(path) == [[1, DATE, "late"], [2.5, None, "=1+1"], [True, None, "x"]]
    out = written(path)
    assert out[0] == ("id", "when", "text", "a_kind", "a_themes", "a_sure", "a_flag")
    assert out[1] == (1, DATE, "late", "complaint", "billing;delivery", 0.5, True)
    assert [row[:3] for row in out[2:]] == [(2.5, None, "=1+1"), (True, None, "x")]


def test_a_text_that_begins_like_a_formula_stays_a_text(tmp_path: Path) -> None:
    path = workbook(tmp_path, Tickets=[["text"], ["=) thanks"]])
    written(path)
    cell = openpyxl.load_workbook(path.with_name("out.xlsx")).worksheets[0]["A2"]
    assert (cell.value, cell.data_type) == ("=) thanks", "s")


def test_of_a_formula_the_last_value_is_read(tmp_path: Path) -> None:
    path = tmp_path / "in.xlsx"
    book = openpyxl.Workbook()
    book.active.append(["text"])
    book.active.append(["=1+1"])
    book.save(path)
    assert cells(path) == []  # openpyxl computed nothing, so that there is no value
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    parts["xl/worksheets/sheet1.xml"] = (
        parts["xl/worksheets/sheet1.xml"].replace(b"<v />", b"<v>2</v>").replace(b"<v></v>", b"<v>2</v>")
    )
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    assert cells(path) == [[2]]


def test_empty_rows_are_rows_within_the_table_but_not_around_it(tmp_path: Path) -> None:
    path = workbook(tmp_path, Tickets=[[], ["id", "text"], [1, "a"], [], [3], [None, None, "stray"], [], []])
    assert cells(path) == [[1, "a"], [None, None], [3, None], [None, None, "stray"]]
    assert written(path)[4] == (None, None, "complaint", "billing;delivery", 0.5, True, "stray")


def test_a_sheet_is_taken_by_its_name_or_the_first(tmp_path: Path) -> None:
    path = workbook(tmp_path, First=[["text"], ["a"]], Second=[["text"], ["b"]], Third=[])
    assert cells(path) == [["a"]]
    assert cells(path, "Second") == [["b"]]
    with pytest.raises(TableError, match="no sheet 'Fourth'; it has 'First', 'Second', 'Third'"):
        SheetTable(path, "Fourth")
    with pytest.raises(TableError, match=r"sheet 'Third' of .* is empty"):
        SheetTable(path, "Third")


def test_a_wrong_size_in_the_file_hides_no_column(tmp_path: Path) -> None:
    """Some exporters write that a sheet goes from A1 to A1."""
    path = workbook(tmp_path, Tickets=[["id", "text"], [1, "a"]])
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    sheet = parts["xl/worksheets/sheet1.xml"]
    assert b'<dimension ref="A1:B2" />' in sheet
    parts["xl/worksheets/sheet1.xml"] = sheet.replace(b'"A1:B2"', b'"A1"')
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    assert cells(path) == [[1, "a"]]
    with SheetTable(path) as read:
        assert read.count() is None


@pytest.mark.parametrize("content", [b"", b"id,text\n1,a\n", b"PK\x03\x04 and no more", b"\xd0\xcf\x11\xe0" * 100])
def test_what_is_no_workbook_is_told(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "in.xlsx"
    path.write_bytes(content)
    with pytest.raises(TableError, match=r"is no XLSX workbook .*save it as \.xlsx anew"):
        SheetTable(path)


def test_a_damaged_sheet_is_told_where_it_is_read(tmp_path: Path) -> None:
    path = workbook(tmp_path, Tickets=[["text"], *([f"text {i}"] for i in range(5_000))])
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    sheet = parts["xl/worksheets/sheet1.xml"]
    parts["xl/worksheets/sheet1.xml"] = sheet[: len(sheet) // 2]
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    with SheetTable(path) as read, pytest.raises(TableError, match="is damaged"):
        list(read.chunks(100))


def test_temporary_rows_lie_beside_the_output_and_are_gone_at_the_end(tmp_path: Path) -> None:
    path = workbook(tmp_path, Tickets=[["text"], ["a"]])
    folder = tmp_path / "out"
    folder.mkdir()
    with SheetTable(path) as read, read.writer(folder / "out.xlsx", ADDED) as writer:
        assert [each.name.split(".")[0] for each in folder.iterdir()] == ["openpyxl"]
        for chunk in read.chunks(2):
            writer.write(chunk, [ANSWER] * len(chunk))
    assert [each.name for each in folder.iterdir()] == ["out.xlsx"]


def test_without_openpyxl_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    with pytest.raises(TableError, match=r"XLSX needs openpyxl, .*pip install openpyxl"):
        SheetTable(tmp_path / "in.xlsx")
