"""Parallel text: sentences in one of our languages beside their English, from files that never enter the repository."""

from __future__ import annotations

import json
import lzma
import random
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from training.measured import comparable, measured_with
from training.recipe import EncoderRecipe, Source

_LETTERS = re.compile(r"[^\W\d_]{2,}")


@dataclass(frozen=True, slots=True)
class Pair:
    """One sentence and its English, with how often it is drawn; `ours` if it was written for this project."""

    english: str
    other: str
    weight: float
    ours: bool = False


def read_tsv(path: Path) -> Iterator[tuple[str, str, str]]:
    """Yield (English, other, source) from an xz-compressed file of tab-separated lines; bad lines are passed over."""
    with lzma.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            fields = line.rstrip("\n").split("\t")
            if len(fields) >= 2:
                yield fields[0], fields[1], fields[2] if len(fields) > 2 else "terms"


def read_validation(folder: Path, language: str, recipe: EncoderRecipe) -> list[tuple[str, str]]:
    """Read the pairs kept for the validation curve, in file order."""
    rows = read_tsv(folder / "parallel" / f"en-{language}.tsv.xz")
    return [(en, other) for en, other, source in rows if source == recipe.validation_source][: recipe.validation_pairs]


def kept_apart(folder: Path, recipe: EncoderRecipe) -> set[str]:
    """Sentences that some test is made of, so that no training pair may contain them on either side."""
    held = measured_with(folder / "labelled" / "open")
    for language in recipe.foreign:
        rows = read_tsv(folder / "parallel" / f"en-{language}.tsv.xz")
        held.update(comparable(en) for en, _, source in rows if source == recipe.validation_source)
    for path in sorted((folder / "labelled" / "benchmark" / "sib200").glob("en.*.jsonl.xz")):
        with lzma.open(path, "rt", encoding="utf-8") as lines:
            held.update(comparable(json.loads(line)["text"]) for line in lines)
    return held


def read_own_pairs(folder: Path, language: str, weight: float, split: str = "train") -> list[Pair]:
    """Read the project's own parallel sentences (`en`, `fi`, `vi`, `es` columns, named in the first line)."""
    pairs: list[Pair] = []
    for path in sorted(folder.glob(f"{split}*.tsv")):
        header, *lines = path.read_text(encoding="utf-8").splitlines()
        columns = header.split("\t")
        for line in lines:
            row = dict(zip(columns, line.split("\t"), strict=True))
            if language in row:
                pairs.append(Pair(row["en"], row[language], weight, ours=True))
    return pairs


def read_pairs(folder: Path, language: str, recipe: EncoderRecipe, held: set[str]) -> list[Pair]:
    """Read the pairs that weights may learn from: capped per source, filtered, without what a test holds."""
    paths = [folder / "parallel" / f"en-{language}.tsv.xz", folder / "parallel" / f"terms.en-{language}.tsv.xz"]
    rows = [(row, "terms" in path.name) for path in paths if path.exists() for row in read_tsv(path)]
    random.Random(recipe.seed).shuffle(rows)
    taken: Counter[str] = Counter()
    seen: set[tuple[str, str]] = set()
    pairs: list[Pair] = []
    for (english, other, origin), is_term in rows:
        source = _source_of("terms" if is_term else origin, recipe.sources)
        if source is None or taken[origin] >= source.cap or (english, other) in seen:
            continue
        if not _plausible(english, other, recipe.max_words) or not held.isdisjoint(
            (comparable(english), comparable(other))
        ):
            continue
        seen.add((english, other))
        taken[origin] += 1
        rare = min(1.0, recipe.short_words / max(len(english.split()), len(other.split()))) ** 2
        pairs.append(Pair(english, other, source.weight * rare))
    return pairs


def _source_of(origin: str, sources: list[Source]) -> Source | None:
    return next((source for source in sources if re.fullmatch(source.pattern, origin)), None)


def _plausible(english: str, other: str, max_words: int) -> bool:
    lengths = len(english), len(other)
    if min(lengths) < 2 or len(english.split()) > max_words:
        return False
    if max(lengths) > 3 * min(lengths) + 15:
        return False
    return bool(_LETTERS.search(english) and _LETTERS.search(other))
