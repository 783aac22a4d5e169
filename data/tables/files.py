"""Open a table by the ending of its name."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from data.tables.delimited import DelimitedTable
from data.tables.jsonl import JsonLinesTable
from data.tables.parquet import ParquetTable
from data.tables.sheets import SheetTable
from data.tables.table import Table, TableError

FORMATS: Final = {
    ".csv": "CSV",
    ".tsv": "CSV",
    ".txt": "CSV",
    ".jsonl": "JSONL",
    ".ndjson": "JSONL",
    ".xlsx": "XLSX",
    ".parquet": "Parquet",
}


def format_of(path: Path) -> str:
    """Name the format that the ending says; raises `TableError` for another ending."""
    known = FORMATS.get(path.suffix.lower())
    if known is None:
        raise TableError(f"{path}: the name should end in one of {', '.join(FORMATS)}, by what the file holds")
    return known


def open_table(path: Path, *, encoding: str | None = None, sheet: str | None = None) -> Table[Any]:
    """Open a table for reading; `encoding` is for text, `sheet` for XLSX. Raises `TableError`."""
    kind = format_of(path)
    if encoding is not None and kind not in ("CSV", "JSONL"):
        raise TableError(f"{path}: {kind} tells its encoding itself, leave it out")
    if sheet is not None and kind != "XLSX":
        raise TableError(f"{path}: {kind} has no sheets, leave the sheet out")
    if not path.is_file():
        raise TableError(f"{path} is a folder or the like" if path.exists() else f"there is no file {path}")
    try:
        if kind == "CSV":
            return DelimitedTable(path, encoding)
        if kind == "JSONL":
            return JsonLinesTable(path, encoding)
        return SheetTable(path, sheet) if kind == "XLSX" else ParquetTable(path)
    except OSError as error:
        raise TableError(f"{path} cannot be read: {error.strerror or error}") from error
