"""What an encoder reached on public benchmarks when it was fine-tuned: kept beside it, shown in its card."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pydantic import BaseModel, ConfigDict

FINETUNED = "finetuned.jsonl"


class Finetuned(BaseModel):
    """One figure of one benchmark's test split: ours, a value for each seed, and TF-IDF with a linear SVM beside."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    benchmark: str
    language: str
    figure: str
    ours: list[float]
    tfidf: float
    published: str
    command: str


def read_finetuned(path: Path) -> list[Finetuned]:
    """Read what was recorded; nothing where no benchmark was run with this encoder."""
    if not path.exists():
        return []
    return [Finetuned.model_validate_json(line) for line in path.read_text(encoding="utf-8").splitlines()]


def record(found: Sequence[Finetuned], path: Path) -> None:
    """Keep figures, in place of older ones of the same benchmarks."""
    again = {one.benchmark for one in found}
    kept = [one for one in read_finetuned(path) if one.benchmark not in again]
    path.write_text("".join(one.model_dump_json() + "\n" for one in (*kept, *found)), encoding="utf-8")


def finetuned_table(path: Path) -> str:
    """Write the table: mean over the seeds, each seed in brackets."""
    lines = [
        "| benchmark | figure | reclamo-encoder | TF-IDF + linear | published | command |",
        "|---|---|---|---|---|---|",
    ]
    for one in read_finetuned(path):
        each = ", ".join(f"{value:.3f}" for value in one.ours)
        lines.append(
            f"| {one.benchmark} ({one.language}) | {one.figure} | {sum(one.ours) / len(one.ours):.3f} ({each}) "
            f"| {one.tfidf:.3f} | {one.published} | `{one.command}` |"
        )
    return "\n".join(lines) + "\n"
