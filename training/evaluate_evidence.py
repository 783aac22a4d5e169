"""Does the evidence carry its label? Deleting it must cost more than deleting as many other words.

The deletion test is the comprehensiveness of DeYoung et al. 2020 (arXiv 1911.03429), beside what people marked.
"""

from __future__ import annotations

import json
import random
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from data.message import Message
from models.answer import Span
from models.layout import layout
from models.onnx_engine import OnnxEngine

MARKS = Path(__file__).parents[1] / "data" / "evidence"
DRAWS = 3
"""Random spans that the deletion of the evidence is compared with, label by label."""


@dataclass(frozen=True)
class EvidenceFigures:
    """Per language: labels tried, share whose evidence cost more than the mean random span, token-F1 against marks."""

    tried: int
    ahead: float
    marked: int
    token_f1: float


Marks = dict[tuple[str, str, str], list[str]]
"""By message, group and label: the passages that a person marked."""


def read_marks(folder: Path = MARKS) -> Marks:
    """Read marked passages from `{language}.jsonl`; nothing where there are none."""
    found: Marks = {}
    for path in sorted(folder.glob("*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            found[row["id"], row["group"], row["label"]] = row["passages"]
    return found


def measure_evidence(
    engine: OnnxEngine, messages: Sequence[Message], marks: Marks, most: int = 10_000, seed: int = 5
) -> dict[str, EvidenceFigures]:
    """Try the evidence of every label that the engine gives, by language.

    The deletion test stops after `most` messages of a language; marked labels are all looked at.
    """
    dice = random.Random(seed)
    ahead: defaultdict[str, list[bool]] = defaultdict(list)
    overlap: defaultdict[str, list[float]] = defaultdict(list)
    tried: Counter[str] = Counter()
    for message in messages:
        tried[message.lang] += 1
        for group, label, spans in _given(engine, message):
            within = tried[message.lang] <= most
            cost = _costs(engine, message, group, label, spans, dice) if within else None
            if cost is not None:
                ahead[message.lang].append(cost[0] > cost[1])
            passages = marks.get((message.id, group, label))
            if passages:
                overlap[message.lang].append(token_f1(message.text, spans, passages))
    return {
        language: EvidenceFigures(len(won), _mean(won), len(overlap[language]), _mean(overlap[language]))
        for language, won in sorted(ahead.items())
    }


def token_f1(text: str, spans: Sequence[Span], passages: Sequence[str]) -> float:
    """F1 over the words of the text: those in the spans against those in the passages."""
    said = {i for i, (start, end) in enumerate(_words(text)) if any(s.start < end and start < s.end for s in spans)}
    places = [(text.find(passage), len(passage)) for passage in passages]
    true = {
        i for i, (start, end) in enumerate(_words(text)) if any(0 <= at < end and start < at + n for at, n in places)
    }
    return 2 * len(said & true) / max(1, len(said) + len(true))


def evidence_table(found: dict[str, EvidenceFigures]) -> str:
    """Write the figures, one row per language."""
    lines = [
        "| language | labels | evidence costs more than random words | marked labels | token-F1 |",
        "|---|---|---|---|---|",
    ]
    for language, one in found.items():
        lines.append(f"| {language} | {one.tried} | {one.ahead:.1%} | {one.marked} | {one.token_f1:.3f} |")
    return "\n".join(lines) + "\n"


def _given(engine: OnnxEngine, message: Message) -> Iterator[tuple[str, str, list[Span]]]:
    prepared = engine.encode_pre(message.text, message.lang)
    answer = engine.encode_post(prepared, engine.encode_core([prepared])[0])
    for group, mentions in (("themes", answer.themes), ("signals", answer.signals)):
        for mention in mentions:
            if mention.evidence:
                yield group, mention.label, mention.evidence


def _costs(
    engine: OnnxEngine, message: Message, group: str, label: str, spans: Sequence[Span], dice: random.Random
) -> tuple[float, float] | None:
    """How much the score falls without the evidence, and without as many words drawn at random (a mean)."""
    words = _words(message.text)
    held = [i for i, (start, end) in enumerate(words) if any(s.start < end and start < s.end for s in spans)]
    if not held or len(held) > len(words) // 2:
        return None  # nothing of like length is left to compare with
    texts = [message.text, _without(message.text, [words[i] for i in held])]
    for _ in range(DRAWS):
        first = dice.randrange(len(words) - len(held) + 1)
        texts.append(_without(message.text, words[first : first + len(held)]))
    column = next(c.start + c.labels.index(label) for c in layout(engine.taxonomy) if c.group == group)
    whole, bare, *others = (_score(engine, text, message.lang, column) for text in texts)
    return whole - bare, whole - sum(others) / len(others)


def _score(engine: OnnxEngine, text: str, language: str, column: int) -> float:
    scores = engine.encode_core([engine.encode_pre(text, language)])[0]
    return float(scores.scores[column]) if scores else 0.0


def _words(text: str) -> list[tuple[int, int]]:
    return [match.span() for match in re.finditer(r"\S+", text)]


def _without(text: str, spans: Sequence[tuple[int, int]]) -> str:
    kept = list(text)
    for start, end in spans:
        kept[start:end] = [" "] * (end - start)
    return " ".join("".join(kept).split())


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0
