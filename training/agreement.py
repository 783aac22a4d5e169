"""How far two readers who label the same message blindly agree: the ceiling that a classifier is compared with."""

from __future__ import annotations

import json
from collections.abc import Set
from pathlib import Path

from data.taxonomy import Labels, Taxonomy
from training.metrics import Figures, by_language

READINGS = Path(__file__).parents[1] / "data" / "readings"


def read_readings(folder: Path = READINGS, only: Set[str] | None = None) -> dict[str, list[tuple[Labels, Labels]]]:
    """Read (first, second) labels per language from `{language}.jsonl`; `only` names the messages wanted.

    Raises `FileNotFoundError` without any file.
    """
    found: dict[str, list[tuple[Labels, Labels]]] = {}
    for path in sorted(folder.glob("*.jsonl")):
        rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        found[path.stem] = [(row["first"], row["second"]) for row in rows if only is None or row["id"] in only]
    if not found:
        raise FileNotFoundError(f"no second readings in {folder}: it needs {{language}}.jsonl")
    return found


def agreement(readings: dict[str, list[tuple[Labels, Labels]]], taxonomy: Taxonomy) -> dict[str, Figures]:
    """Score the second reading against the first, per language, by the figures that a classifier is scored by."""
    pairs = [(language, *pair) for language, rows in readings.items() for pair in rows]
    first, second = [pair[1] for pair in pairs], [pair[2] for pair in pairs]
    return by_language(first, second, [pair[0] for pair in pairs], taxonomy)
