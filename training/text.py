"""Monolingual text of the open labelled sets, for choosing the tokenizer's pieces."""

from __future__ import annotations

import json
import lzma
from pathlib import Path


def open_texts(folder: Path) -> dict[str, list[str]]:
    """Read the texts of the open sets per language; test and development splits are left out."""
    texts: dict[str, list[str]] = {}
    for path in sorted(folder.glob("*/*.jsonl.xz")):
        if ".test." in path.name or ".dev." in path.name:
            continue
        with lzma.open(path, "rt", encoding="utf-8") as lines:
            for line in lines:
                row = json.loads(line)
                texts.setdefault(row["lang"], []).append(row["text"])
    return texts
