"""XLSX, a sheet at a time, through openpyxl: values and dates, not formats; of formulas what they last came to."""

from __future__ import annotations

import tempfile
import warnings
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import ParseError

from data.tables.cells import CellChunk, Row, cell_chunks
from data.tables.table import Added, Table, TableError, Values, Writer, missing


class SheetTable(Table[CellChunk]):
    """A sheet of a workbook, by name or else the first. Its first row that is not empty is the header.

    Excel keeps every different text of a workbook in one list, which has to be held in memory while it is read.
    """

    broken = (OSError, zipfile.BadZipFile, zlib.error, ParseError, KeyError, ValueError, EOFError)

    def __init__(self, path: Path, sheet: str | None = None) -> None:
        self.path = path
        self._book = _open(path)
        names = [each.title for each in self._book.worksheets]
        if not names or (sheet is not None and sheet not in names):
            wanted = f"no sheet {sheet!r}" if sheet is not None else "no sheet"
            raise TableError(f"{path} has {wanted}; it has {', '.join(map(repr, names)) or 'none with cells'}")
        self.sheet = sheet or names[0]
        self._sheet = self._book[self.sheet]
        said = self._sheet.max_row  # what the file says, which may be nothing, or wrong
        self._sheet.reset_dimensions()
        header = next(self._filled(), None)
        if header is None:
            raise TableError(f"{self.name} is empty")
        while header and header[-1] is None:
            header.pop()
        self.columns = ["" if cell is None else str(cell) for cell in header]
        self._said = said - 1 if said and said > 1 else None

    @property
    def name(self) -> str:
        return f"sheet {self.sheet!r} of {self.path}"

    @property
    def reading(self) -> dict[str, str]:
        return {"sheet": self.sheet}

    def count(self) -> int | None:
        return self._said

    def writer(self, path: Path, added: Sequence[Added]) -> Writer[CellChunk]:
        return _SheetWriter(self, path, added)

    def close(self) -> None:
        self._book.close()

    def _read(self, rows: int) -> Iterator[CellChunk]:
        return cell_chunks(self._rows(), len(self.columns), rows)

    def _rows(self) -> Iterator[Row]:
        width = len(self.columns)
        filled = self._filled()
        next(filled)
        for cells in filled:
            yield cells + [None] * (width - len(cells)), None

    def _filled(self) -> Iterator[list[Any]]:
        """Read the header and the rows; empty rows before and after them are left out."""
        empty, header = 0, True
        for row in self._sheet.iter_rows(values_only=True):
            cells = list(row)
            while cells and cells[-1] is None:
                cells.pop()
            if not cells:
                empty += 1
                continue
            if not header:
                yield from ([] for _ in range(empty))
            yield cells
            empty, header = 0, False


class _SheetWriter(Writer[CellChunk]):
    def __init__(self, table: SheetTable, path: Path, added: Sequence[Added]) -> None:
        openpyxl = _openpyxl()
        self._cell = openpyxl.cell.WriteOnlyCell
        self._path = path
        self._book = openpyxl.Workbook(write_only=True)
        self._sheet = self._book.create_sheet(table.sheet)
        with _temporary_files_in(path.parent):
            self._append([*table.columns, *(each.name for each in added)])

    def write(self, chunk: CellChunk, values: Sequence[Values]) -> None:
        for row in chunk.widened(values):
            self._append(row)

    def close(self) -> None:
        self._book.save(self._path)
        self._book.close()

    def abandon(self) -> None:
        with suppress(OSError, ValueError):
            self._sheet.close()

    def _append(self, row: Sequence[Any]) -> None:
        self._sheet.append([self._text(cell) if isinstance(cell, str) and cell[:1] == "=" else cell for cell in row])

    def _text(self, value: str) -> Any:  # noqa: ANN401
        """Keep what begins with `=` the text that it was; it would be written as a formula."""
        cell = self._cell(self._sheet, value)
        cell.data_type = "s"
        return cell


def _open(path: Path) -> Any:  # noqa: ANN401
    openpyxl = _openpyxl()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of styles and extensions that are not read here
            return openpyxl.load_workbook(path, read_only=True, data_only=True, keep_links=False)
    except (*SheetTable.broken, TypeError) as error:
        raise TableError(
            f"{path} is no XLSX workbook (a cut-off file, an old .xls, or one with a password): save it as .xlsx anew"
        ) from error


def _openpyxl() -> Any:  # noqa: ANN401
    try:
        import openpyxl
    except ModuleNotFoundError as error:
        raise missing("XLSX", "openpyxl") from error
    return openpyxl


@contextmanager
def _temporary_files_in(folder: Path) -> Iterator[None]:
    """Have openpyxl put its file of rows beside the output: where there is room for it, and where a kill leaves it."""
    before = tempfile.tempdir
    tempfile.tempdir = str(folder)
    try:
        yield
    finally:
        tempfile.tempdir = before
