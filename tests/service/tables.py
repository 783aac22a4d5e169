"""Small tables of every format, to classify."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from pathlib import Path

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq

FORMATS = (".csv", ".jsonl", ".xlsx", ".parquet")


def write_table(path: Path, texts: Sequence[str]) -> Path:
    """Write a table with the columns `id` and `text`."""
    if path.suffix == ".csv":
        with path.open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows([["id", "text"], *enumerate(texts)])
    elif path.suffix == ".jsonl":
        lines = [json.dumps({"id": number, "text": text}) + "\n" for number, text in enumerate(texts)]
        path.write_text("".join(lines), encoding="utf-8")
    elif path.suffix == ".xlsx":
        book = openpyxl.Workbook()
        for row in [["id", "text"], *([number, text or None] for number, text in enumerate(texts))]:
            book.active.append(row)
        book.save(path)
    else:
        pq.write_table(pa.table({"id": range(len(texts)), "text": list(texts)}), path)
    return path
