"""CSV in its dialects: comma, semicolon, tab or bar between cells, quoted line breaks, ragged lines."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import Final

from data.tables.cells import CellChunk, Row, cell_chunks
from data.tables.table import Added, Flaw, Table, TableError, Values, Writer
from data.tables.text import detect_encoding, open_text, wrong_encoding

LONGEST_CELL: Final = 10_000_000
"""Characters. What is longer is not a cell but a quote without an end."""
_SAMPLE: Final = 65_536
"""Characters that are looked at to find what separates the cells."""
_SEPARATORS: Final = ",;\t|"
_NONE: Final = "\x1f"
"""Separates nothing: where there is one column, the commas are the text's."""
_END: Final = "\x00end of the table\x00"


class DelimitedTable(Table[CellChunk]):
    """A CSV file. Its first line that is not blank is the header."""

    def __init__(self, path: Path, encoding: str | None = None) -> None:
        self.path = path
        self.encoding = detect_encoding(path, encoding)
        csv.field_size_limit(LONGEST_CELL)
        try:
            with open_text(path, self.encoding, "") as file:
                sample = file.read(_SAMPLE)
        except UnicodeDecodeError:
            raise wrong_encoding(path, self.encoding) from None
        self.ending = "\r\n" if "\r\n" in sample else "\n"
        self.separator = find_separator(sample)
        header = next(self._records(), None)
        if header is None:
            raise TableError(f"{path} is empty")
        self.columns = header[1]

    @property
    def reading(self) -> dict[str, str]:
        return {"encoding": self.encoding}

    def writer(self, path: Path, added: Sequence[Added]) -> Writer[CellChunk]:
        return _DelimitedWriter(self, path, added)

    def _read(self, rows: int) -> Iterator[CellChunk]:
        return cell_chunks(self._rows(), len(self.columns), rows)

    def _rows(self) -> Iterator[Row]:
        records = self._records()
        next(records)
        for line, cells in records:
            yield self._fit(cells, line)

    def _fit(self, cells: list[str], line: int) -> Row:
        width = len(self.columns)
        told = f"line {line} has {len(cells)} cells, the header {width}"
        if len(cells) < width:
            # Nothing was said of a blank line but that it is blank.
            flaw = Flaw(told, usable=True) if cells else None
            return cells + [""] * (width - len(cells)), flaw
        if any(cells[width:]):
            return cells, Flaw(f"{told}: is a separator not within quotes?", usable=False)
        return cells, None

    def _records(self) -> Iterator[tuple[int, list[str]]]:
        """Read the header and the rows, each with the number of its first line; blank lines at the end are left out."""
        with open_text(self.path, self.encoding, "") as file:
            reader = csv.reader(chain(file, [_END]), delimiter=self.separator)
            line, blank, header = 1, 0, True
            try:
                for cells in reader:
                    if cells == [_END]:
                        return
                    if cells and cells[-1].endswith(_END):
                        raise TableError(
                            f"{self.path}, line {line} opens a quote that never closes: add the second one"
                        )
                    if cells:
                        if not header:
                            yield from ((number, []) for number in range(line - blank, line))
                        yield line, cells
                        blank, header = 0, False
                    else:
                        blank += 1
                    line = reader.line_num + 1
            except UnicodeDecodeError:
                raise wrong_encoding(self.path, self.encoding) from None
            except csv.Error as error:
                told = f"{self.path}, line {line} cannot be read: {error}; is a quote left open?"
                raise TableError(told) from error


class _DelimitedWriter(Writer[CellChunk]):
    def __init__(self, table: DelimitedTable, path: Path, added: Sequence[Added]) -> None:
        self._file = path.open("w", encoding=table.encoding, newline="")
        separator = "," if table.separator == _NONE else table.separator
        self._writer = csv.writer(self._file, delimiter=separator, lineterminator=table.ending)
        self._writer.writerow([*table.columns, *(each.name for each in added)])

    def write(self, chunk: CellChunk, values: Sequence[Values]) -> None:
        told = {True: "true", False: "false"}
        for row in chunk.widened(values):
            self._writer.writerow([told[cell] if isinstance(cell, bool) else cell for cell in row])

    def close(self) -> None:
        self._file.close()


def find_separator(sample: str) -> str:
    """Find what cuts the header and as many rows as possible into the same number of cells, of more than one."""

    def fit(separator: str) -> tuple[float, int]:
        widths = [len(cells) for cells in csv.reader(io.StringIO(sample, newline=""), delimiter=separator) if cells]
        if not widths or widths[0] == 1:
            return 0.0, 0
        return widths.count(widths[0]) / len(widths), widths[0]

    best = max(_SEPARATORS, key=fit)
    return best if fit(best)[0] else _NONE
