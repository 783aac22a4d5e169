"""Which open labelled texts are measured with, so that no other set may teach them.

Sets overlap: two of subtitles hold the same lines, a test text of one among the training texts of the other.
"""

from __future__ import annotations

import hashlib
import json
import lzma
import re
from pathlib import Path
from typing import Any, Final

HELD: Final = 5
"""Of a set without a test split of its own, every fifth text (by its hash) is kept for measuring."""

_MEASURED: Final = (".test.", ".dev.")
_SPACE = re.compile(r"\s+")


def comparable(text: str) -> str:
    """Reduce a sentence to what two copies of it share: letters and digits, lower-cased."""
    return _SPACE.sub(" ", re.sub(r"[\W_]+", " ", text.lower())).strip()


def held_out(text: str) -> bool:
    """Say whether a text of a set without test split is kept for measuring."""
    return int(hashlib.sha256(text.encode()).hexdigest(), 16) % HELD == 0


def read_labelled(path: Path) -> list[dict[str, Any]]:
    """Read the rows of a labelled file that have a text."""
    with lzma.open(path, "rt", encoding="utf-8") as lines:
        return [row for line in lines if (row := json.loads(line)).get("text")]


def learnable(folder: Path) -> list[Path]:
    """List the files of a set that are not a development or test split."""
    return [path for path in sorted(folder.glob("*.jsonl.xz")) if not any(part in path.name for part in _MEASURED)]


def measured_with(folder: Path) -> set[str]:
    """Give what every set under `folder` measures with, as `comparable` text: its own test and dev, or what is held."""
    found: set[str] = set()
    for each in sorted(path for path in folder.glob("*") if path.is_dir()):
        learnt = learnable(each)
        measured = [path for path in sorted(each.glob("*.jsonl.xz")) if path not in learnt]
        found.update(comparable(row["text"]) for path in measured for row in read_labelled(path))
        if not any(".test." in path.name for path in measured):
            found.update(
                comparable(row["text"]) for path in learnt for row in read_labelled(path) if held_out(row["text"])
            )
    return found


def taught_by_others(folder: Path, name: str) -> set[str]:
    """Give the `comparable` texts that sets under `folder` other than `name` may teach."""
    others = [each for each in sorted(folder.glob("*")) if each.is_dir() and each.name != name]
    return {comparable(row["text"]) for each in others for path in learnable(each) for row in read_labelled(path)}
