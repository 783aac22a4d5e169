"""How much of a marked set `redact` finds: `python -m data redaction`.

A message of the set is a line of JSON with `id`, `lang`, `split` (dev, test) and `marked`, the text with every item of
personal data in place as `[[kind|text]]`. An item is found when something found overlaps it (whatever its kind: it
would not be stored as it is); something found is right when it overlaps an item. What leaks is counted in characters.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from data.redaction.kinds import Found, Kind
from data.redaction.names.tagger import Tagger
from data.redaction.redactor import redact

SET = Path(__file__).parent.parent / "redaction_set"
"""The marked messages of the repository: `{language}.jsonl`."""
_MARK = re.compile(r"\[\[(" + "|".join(kind.value for kind in Kind) + r")\|(.*?)\]\]", re.DOTALL)
IDENTIFIERS = tuple(kind for kind in Kind if kind not in (Kind.NAME, Kind.ADDRESS))


class MarkedSetError(ValueError):
    """A marked set cannot be read; the message names file and line, and never the text."""


class Marked(BaseModel):
    """One message of a marked set, as it is written."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    lang: str
    split: str
    marked: str

    def read(self) -> tuple[str, list[Found]]:
        """Give the text without marks, and what was marked."""
        pieces: list[str] = []
        items: list[Found] = []
        place = length = 0
        for match in _MARK.finditer(self.marked):
            before, inside = self.marked[place : match.start()], match[2]
            pieces += [before, inside]
            start = length + len(before)
            length = start + len(inside)
            items.append(Found(Kind(match[1]), start, length))
            place = match.end()
        return "".join([*pieces, self.marked[place:]]), items


def read_set(folder: Path = SET) -> list[Marked]:
    """Read the marked messages of a folder. Raises `MarkedSetError` naming file and line."""
    messages: list[Marked] = []
    files = sorted(folder.glob("*.jsonl"))
    if not files:
        raise MarkedSetError(f"{folder} holds no *.jsonl: give the folder with the marked messages (--set)")
    for file in files:
        for number, line in enumerate(file.read_bytes().split(b"\n"), 1):
            if not line.strip():
                continue
            try:
                messages.append(Marked.model_validate_json(line))
            except ValidationError:
                needed = "id, lang, split and marked, all strings"
                raise MarkedSetError(f"{file.name}, line {number}: not a marked message; it needs {needed}") from None
    return messages


@dataclass
class Score:
    """What was found in some messages; counts of items but for `leaked` and `marked`, which are characters."""

    messages: int = 0
    wanted: Counter[Kind] = field(default_factory=Counter)
    found: Counter[Kind] = field(default_factory=Counter)
    taken: int = 0
    right: int = 0
    leaked: Counter[Kind] = field(default_factory=Counter)
    marked: Counter[Kind] = field(default_factory=Counter)

    def add(self, text: str, items: Sequence[Found], language: str | None, tagger: Tagger | None = None) -> None:
        found = redact(text, language, tagger=tagger).found
        covered = {place for one in found for place in range(one.start, one.end)}
        wanted = {place for one in items for place in range(one.start, one.end)}
        self.messages += 1
        for item in items:
            places = [place for place in range(item.start, item.end) if not text[place].isspace()]
            self.wanted[item.kind] += 1
            self.found[item.kind] += any(place in covered for place in places)
            self.marked[item.kind] += len(places)
            self.leaked[item.kind] += sum(place not in covered for place in places)
        self.taken += len(found)
        self.right += sum(any(place in wanted for place in range(one.start, one.end)) for one in found)

    def recall(self, *kinds: Kind) -> float:
        wanted = sum(self.wanted[kind] for kind in kinds)
        return sum(self.found[kind] for kind in kinds) / wanted if wanted else 1.0

    def leak(self, *kinds: Kind) -> float:
        """Give the share of the marked characters (white space not counted) that stayed."""
        marked = sum(self.marked[kind] for kind in kinds)
        return sum(self.leaked[kind] for kind in kinds) / marked if marked else 0.0

    @property
    def precision(self) -> float:
        return self.right / self.taken if self.taken else 1.0


def measure(messages: Sequence[Marked], *, told: bool = True) -> dict[tuple[str, str], Score]:
    """Score every split and language; `told` says whether `redact` is told the language."""
    scores: dict[tuple[str, str], Score] = {}
    for message in messages:
        score = scores.setdefault((message.split, message.lang), Score())
        score.add(*message.read(), message.lang if told else None)
    return scores


def report(folder: Path = SET, *, told: bool = True) -> str:
    """Write the figures of a marked set as tables, the worst first."""
    return "\n".join(_lines(measure(read_set(folder), told=told))) + "\n"


_ROWS = {
    "identifiers": IDENTIFIERS,
    "addresses": (Kind.ADDRESS,),
    "names": (Kind.NAME,),
}


def _lines(scores: dict[tuple[str, str], Score]) -> Iterator[str]:
    for split in sorted({split for split, _ in scores}, reverse=True):
        languages = sorted(language for part, language in scores if part == split)
        yield f"{split}: {sum(scores[split, language].messages for language in languages)} messages"
        yield (
            "figure".ljust(16)
            + "language".ljust(10)
            + "value".rjust(7)
            + "of".rjust(10)
            + "leaked characters".rjust(20)
        )
        rows: list[tuple[float, str]] = []
        for language in languages:
            score = scores[split, language]
            for name, kinds in _ROWS.items():
                value = score.recall(*kinds)
                counted = f"{sum(score.found[k] for k in kinds)}/{sum(score.wanted[k] for k in kinds)}"
                rows.append((value, _row(f"{name}", language, value, counted, f"{score.leak(*kinds):.2%}")))
            rows.append(
                (score.precision, _row("precision", language, score.precision, f"{score.right}/{score.taken}", ""))
            )
        yield from (row for _, row in sorted(rows, key=lambda one: one[0]))
        yield ""


def _row(name: str, language: str, value: float, counted: str, leaked: str) -> str:
    return name.ljust(16) + language.ljust(10) + f"{value:.3f}".rjust(7) + counted.rjust(10) + leaked.rjust(20)
