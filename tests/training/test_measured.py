"""What one set measures with, no other set teaches."""

from __future__ import annotations

import json
import lzma
from pathlib import Path

from benchmarks.finetune import read_benchmark
from training.measured import comparable, held_out, measured_with, taught_by_others
from training.recipe import TaskSource, TasksRecipe
from training.tasks import Tasks

LINES = [f"line number {i}, spoken slowly" for i in range(60)]


def write(folder: Path, name: str, texts: list[str]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with lzma.open(folder / name, "wt", encoding="utf-8") as out:
        out.writelines(
            json.dumps({"text": text, "lang": "fi", "labels": [("joy", "fear")[i % 2]]}) + "\n"
            for i, text in enumerate(texts)
        )


def test_a_held_out_line_is_not_taught_by_a_copy_in_another_set(tmp_path: Path) -> None:
    write(tmp_path / "one", "fi.jsonl.xz", LINES)
    write(tmp_path / "two", "fi.train.jsonl.xz", [line.upper() + "!" for line in LINES])
    write(tmp_path / "two", "fi.test.jsonl.xz", ["only a test"])
    kept = measured_with(tmp_path)
    held = {comparable(line) for line in LINES if held_out(line)}
    assert held
    assert kept == held | {"only a test"}
    source = TaskSource(task="mood", pattern="two", field="labels", chance=1.0, licence="MIT")
    recipe = TasksRecipe(
        from_step=0, batch=4, max_tokens=8, weight=1.0, scale=1.0, learning_rate=0.1, sets=[source]
    )  # fmt: skip
    taught = {comparable(text) for each in Tasks(tmp_path, recipe, width=4, seed=1).sets for text in each.texts}
    assert taught
    assert taught.isdisjoint(kept)


def test_a_benchmark_leaves_out_what_another_set_taught(tmp_path: Path) -> None:
    held = [line for line in LINES if held_out(line)]
    write(tmp_path / "open" / "xed", "fi.annotated.jsonl.xz", LINES)
    write(tmp_path / "open" / "other", "fi.train.jsonl.xz", [held[0].upper(), LINES[0]])
    assert comparable(held[0]) in taught_by_others(tmp_path / "open", "xed")
    messages, _ = read_benchmark("xed", tmp_path)
    assert {message.text for message in messages if message.split == "gold"} == set(held[1:]) - {LINES[0]}
