"""Text files of unknown origin: their encoding, and the line that does not fit it."""

from __future__ import annotations

import codecs
from pathlib import Path
from typing import TextIO

from data.tables.table import TableError

_HEAD = 65_536
"""Bytes that are looked at to tell text from other things."""
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # begins like UTF-16, so it is asked first
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_CONTROLS = bytes({*range(32)} - {*b"\t\n\r\f\x1b"})
_MOST_CONTROLS = 0.02


def detect_encoding(path: Path, given: str | None = None) -> str:
    """Tell the encoding: by the byte order mark, else as `given`, else UTF-8.

    Raises `TableError` for an empty file, one that holds no text, and an encoding that there is not.
    """
    if given is not None:
        _check(given)
    with path.open("rb") as file:
        head = file.read(_HEAD)
    if not head.strip():
        raise TableError(f"{path} is empty")
    for mark, encoding in _MARKS:
        if head.startswith(mark):
            return encoding
    if given is not None:
        return given
    if len(head) - len(head.translate(None, _CONTROLS)) > _MOST_CONTROLS * len(head):
        raise TableError(
            f"{path} is no text from its first line on: a binary file, or UTF-16 without a mark (--encoding utf-16-le)"
        )
    return "utf-8"


def open_text(path: Path, encoding: str, newline: str) -> TextIO:
    """Open for reading, strictly; `newline` as for `open`."""
    return path.open(encoding=encoding, errors="strict", newline=newline)


def wrong_encoding(path: Path, encoding: str) -> TableError:
    """Name the line that is not in `encoding`, having failed on it: reads the file up to there."""
    decoder = codecs.getincrementaldecoder(encoding)()
    line = 1
    with path.open("rb") as file:
        for raw in file:
            try:
                line += decoder.decode(raw).count("\n")
            except UnicodeDecodeError:
                break
    name = encoding.removesuffix("-sig").upper()
    return TableError(
        f"{path}, line {line} is not {name}: save the file as UTF-8, or say what it is: --encoding cp1252 (or latin-1, "
        "utf-16 …)"
    )


def _check(encoding: str) -> None:
    try:
        codecs.getincrementaldecoder(encoding)()
        "".encode(encoding)
    except (LookupError, TypeError, AttributeError):
        raise TableError(f"{encoding!r} is not a text encoding: say utf-8, cp1252, latin-1, utf-16 …") from None
