"""Figures as other programs read them: CSV, XLSX and JSON hold values as they are, PDF the page as it is printed.

CSV begins with a byte order mark: spreadsheets take UTF-8 for something else without it, and everything else skips it.
Where the decimal sign is a comma, spreadsheets tell cells apart by semicolons, so that is how CSV is written for
readers of such languages. Whatever a spreadsheet would take for a formula is preceded by an apostrophe (OWASP, CSV
injection), in the middle of a text too: with another separator than was written a cell would begin there.
"""

from __future__ import annotations

import io
import logging
import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from importlib.util import find_spec
from typing import Any, Final

from service.reports.figure import Cell, Column, Figure, Interval

MARK: Final = "\ufeff"
_BEGINS: Final = re.compile(r'(^|[,;|\t\r\n])[\s"]*+([=+\-@＝＋－＠])?')
"""Where a cell could begin, with all blanks and quotes from there, and the sign of a formula if one follows."""

_SEPARATOR: Final = re.compile(r"[,;|\t\r\n]")
_PUSHED: Final = re.compile(r"\s*[\t\r\n]")

CONTROLS: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
"""What no XML may hold."""

_SHEET: Final = re.compile(r"[\[\]:*?/\\']")

Value = str | int | float | date | None


class PdfMissing(RuntimeError):
    """WeasyPrint, or the system's libraries that it draws with, are not installed; the message says what to do."""


def as_csv(figure: Figure, decimal: str = ".") -> bytes:
    """Write a figure's table; an interval takes four columns."""
    return (MARK + csv_lines([heads(figure), *rows(figure)], decimal)).encode()


def csv_lines(lines: Iterable[Sequence[Value]], decimal: str = ".") -> str:
    """Write lines of CSV (RFC 4180), with `;` between cells where the decimal sign is a comma. All texts are quoted."""
    separator = ";" if decimal == "," else ","
    return "".join(separator.join(_cell(value, decimal) for value in line) + "\r\n" for line in lines)


def as_xlsx(figure: Figure) -> bytes:
    """Write a figure's table as a workbook, with percentages and dates as such. Needs openpyxl (`ImportError`)."""
    from openpyxl import Workbook
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.styles import Font
    from openpyxl.utils import get_column_letter

    book = Workbook(write_only=True)
    sheet = book.create_sheet(_SHEET.sub(" ", CONTROLS.sub("", figure.title))[:31].strip() or "Reclamo")
    sheet.freeze_panes = "B2"
    formats = {"share": "0.0%", "date": "yyyy-mm-dd", "month": "yyyy-mm", "hours": "0.0"}
    kinds = [column.kind for column in figure.table.columns for _ in _parts(figure, column)]
    titles = heads(figure, titles=True)
    for place, title in enumerate(titles, 1):
        sheet.column_dimensions[get_column_letter(place)].width = min(48, max(12, len(title) + 2))

    def cell(value: Value, kind: str, *, bold: bool = False) -> WriteOnlyCell:
        made = WriteOnlyCell(sheet, value=CONTROLS.sub("", value) if isinstance(value, str) else value)
        if isinstance(value, str):
            made.data_type = "s"  # never a formula
        elif kind in formats:
            made.number_format = formats[kind]
        if bold:
            made.font = Font(bold=True)
        return made

    sheet.append([cell(title, "text", bold=True) for title in titles])
    for line in rows(figure):
        sheet.append([cell(value, kind) for value, kind in zip(line, kinds, strict=True)])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def as_json(figure: Figure) -> dict[str, Any]:
    """Put a figure as JSON has it; numbers that are none are null."""
    return {
        "id": figure.id,
        "title": figure.title,
        "told": figure.told,
        "note": figure.note,
        "columns": [{"id": each.id, "title": each.title, "kind": each.kind} for each in figure.table.columns],
        "rows": [[_json(cell) for cell in row] for row in figure.table.rows],
    }


def heads(figure: Figure, *, titles: bool = False) -> list[str]:
    """Name the columns of an export: by id, or by title."""
    return [
        (column.title if titles else column.id) + (_TITLES if titles else _IDS)[part]
        for column in figure.table.columns
        for part in _parts(figure, column)
    ]


def rows(figure: Figure) -> list[list[Value]]:
    """List the rows of an export."""
    parts = [_parts(figure, column) for column in figure.table.columns]
    return [
        [_part(cell, part) for cell, wanted in zip(row, parts, strict=True) for part in wanted]
        for row in figure.table.rows
    ]


_IDS: Final[Mapping[str, str]] = {"mid": "", "low": "_low", "high": "_high", "counted": "_counted"}
_TITLES: Final[Mapping[str, str]] = {"mid": "", "low": " ↓", "high": " ↑", "counted": " #"}


def can_print() -> bool:
    """Whether WeasyPrint is installed; whether it finds its libraries shows when it prints."""
    return find_spec("weasyprint") is not None


def pdf(html: str, files: Callable[[str], tuple[bytes, str] | None] = lambda _: None) -> bytes:
    """Print a page to PDF (A4, by its own print style). Raises `PdfMissing`.

    `files` gives the content and the media type of an address that begins with a slash; there is nothing else that the
    page could load: neither another host nor the disk is asked.
    """
    try:
        from weasyprint import HTML
        from weasyprint.urls import URLFetcher, URLFetcherResponse
    except (ImportError, OSError) as error:
        raise PdfMissing(
            "PDF needs more software: pip install -c constraints.txt -e '.[reports]' and, on Debian or Ubuntu, "
            "apt install libpango-1.0-0 libpangoft2-1.0-0"
        ) from error

    logging.getLogger("weasyprint").setLevel(logging.ERROR)  # it tells of each rule of style that is not for paper

    class Own(URLFetcher):  # type: ignore[misc]  # the library is not typed
        """Gives own files and refuses all else."""

        def fetch(self, url: str, headers: object = None) -> URLFetcherResponse:
            found = files(url.removeprefix(_HERE)) if url.startswith(f"{_HERE}/") else None
            if found is None:
                raise ValueError("not a file of the reports")
            return URLFetcherResponse(url, found[0], {"Content-Type": found[1]})

    printed: bytes = HTML(string=html, base_url=f"{_HERE}/", url_fetcher=Own()).write_pdf()
    return printed


_HERE: Final = "http://reclamo.invalid"
"""Stands for this service in addresses; no such host can be."""


def _parts(figure: Figure, column: Column) -> list[str]:
    place = [each.id for each in figure.table.columns].index(column.id)
    cells = [row[place] for row in figure.table.rows if isinstance(row[place], Interval)]
    if not cells:
        return ["mid"]
    counted = any(isinstance(cell, Interval) and cell.counted is not None for cell in cells)
    return ["mid", "low", "high", *(["counted"] if counted else [])]


def _part(cell: Cell, part: str) -> Value:
    only: Value = cell if part == "mid" and not isinstance(cell, Interval) else None
    value: Value = getattr(cell, part) if isinstance(cell, Interval) else only
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _cell(value: Value, decimal: str) -> str:
    if isinstance(value, float):
        return str(float(f"{value:.10g}")).replace(".", decimal)
    if isinstance(value, str):
        harmless = _BEGINS.sub(_harmless, CONTROLS.sub("", value)).replace('"', '""')
        return f'"{harmless}"'
    return "" if value is None else str(value)


def _harmless(found: re.Match[str]) -> str:
    """Put an apostrophe wherever a formula could begin among blanks and quotes, which are looked at once."""
    begins, first, sign = found[0], not found[1], found[2]
    written = _SEPARATOR.sub(r"\g<0>'", begins) if sign else begins
    return f"'{written}" if first and (sign or _PUSHED.match(begins)) else written


def _json(cell: Cell) -> Value | dict[str, Value]:
    if isinstance(cell, Interval):
        return {name: _part(cell, name) for name in ("mid", "low", "high", "counted")}
    if isinstance(cell, date):
        return cell.isoformat()
    return _part(cell, "mid")
