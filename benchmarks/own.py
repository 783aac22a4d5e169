"""Few labels: our own recipe beside SetFit and TF-IDF, on the same rows of public sets, several draws.

`python -m benchmarks.own run` measures on the official test splits what is not measured yet (a cut run goes on where it
was) and writes docs/own-taxonomy.md; `choose` measures variants of the recipe on rows of the training and development
splits alone; `table` only writes. Ours splits the rows that it is given into training and calibration itself.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks.finetune import read_benchmark
from data.message import Message, Split
from data.own.splits import near_groups, split_groups
from data.taxonomy import Labels, Taxonomy, as_list
from training.baseline import tfidf_answers
from training.metrics import figures
from training.own import OWN_RECIPE
from training.peers import setfit_answers
from training.recipe import ClassifierRecipe, read_classifier_recipe, read_encoder_recipe
from training.teacher import teacher_folder
from training.trial import trial

RESULTS = Path(__file__).with_name("own.results.jsonl")
REPORT = Path(__file__).parents[1] / "docs" / "own-taxonomy.md"
BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"
SETS = ("viocd", "banking77")
SIZES = (10, 50, 200)
ASKED = 1_000
"""Development rows that a choice is made on."""
SHARES: dict[Split, float] = {"train": 0.8, "calibration": 0.2}
CROSSED: dict[Split, float] = {"train": 1.0}
PAIRS = 40
"""Pairs that SetFit is shown for each row: its authors' 20 of either sort, once."""
SETFIT_STEPS = 300
"""Steps of 32 pairs after which SetFit is stopped, so that a run ends the same day: half an hour or so on two cores."""
VARIANTS: dict[str, dict[str, Any]] = {
    "own": {},
    "without the wide branch": {"wide": None},
    "head alone, crossed": {"tune_from": 100_000},
    "fine-tuned": {"tune_from": 0},
    "fine-tuned, heads at random": {"tune_from": 0, "head_first": 0.0},
    "looser head": {"head_first": 0.05},
    "tighter head": {"head_first": 0.002},
}  # fmt: skip


@dataclass(frozen=True)
class Result:
    """Figures of one system on one draw; `part` is test or dev, `rows` how many labels it was given in all."""

    set: str
    part: str
    encoder: str
    size: int
    draw: int
    system: str
    rows: int
    accuracy: float
    macro_f1: float
    seconds: float

    @property
    def key(self) -> tuple[str, str, str, int, int, str]:
        return self.set, self.part, self.encoder, self.size, self.draw, self.system


def drawn(messages: Sequence[Message], size: int, draw: int) -> list[Message]:
    """Choose `size` training rows of each label, or all where there are fewer, by a hash of text and draw."""
    ranked = sorted(messages, key=lambda m: hashlib.sha256(f"{draw}-{m.text}".encode()).hexdigest())
    counted: Counter[str] = Counter()
    kept = []
    for message in ranked:
        if message.split == "train" and counted[label := str(message.kind)] < size:
            counted[label] += 1
            kept.append(message)
    return kept


def asked(messages: Sequence[Message], part: str, learnt: Sequence[Message]) -> list[Message]:
    """List what is asked: the test split, or for a choice the first development rows, by hash."""
    if part == "test":
        return [message for message in messages if message.split == "gold"]
    known = {message.text for message in learnt}
    rows = [message for message in messages if message.split == "calibration" and message.text not in known]
    return sorted(rows, key=lambda m: hashlib.sha256(m.text.encode()).hexdigest())[:ASKED]


def ours(
    rows: Sequence[Message], texts: Sequence[Message], taxonomy: Taxonomy, recipe: ClassifierRecipe
) -> list[Labels]:
    """Learn from `rows`, a part of which sets chances and blend where they are many, and answer `texts`."""
    shares = SHARES if len(rows) >= recipe.tune_from else CROSSED
    splits = split_groups(
        near_groups([m.text for m in rows]), [as_list(m.kind) for m in rows], shares, str(recipe.seed)
    )
    learn = [message.model_copy(update={"split": split}) for message, split in zip(rows, splits, strict=True)]
    return trial([*learn, *(message.model_copy(update={"split": "gold"}) for message in texts)], taxonomy, recipe)


def measure(
    name: str, part: str, encoder: str, sizes: Sequence[int], draws: int, systems: Mapping[str, ClassifierRecipe | str],
    path: Path,
) -> None:  # fmt: skip
    """Measure what `path` does not hold yet, a line at a time; raises `FileNotFoundError` without the set."""
    messages, taxonomy = read_benchmark(name)
    done = {result.key for result in read_results(path)}
    for size in sizes:
        for draw in range(draws):
            rows = drawn(messages, size, draw)
            texts = asked(messages, part, rows)
            for system, recipe in systems.items():
                # TF-IDF has no encoder: it is measured once.
                used = "none" if system == "TF-IDF + linear" else encoder
                if (name, part, used, size, draw, system) in done:
                    continue
                began = time.perf_counter()
                said = _answers(system, recipe, rows, texts, taxonomy)
                found = figures([m.labels for m in texts], said, taxonomy)
                seconds = round(time.perf_counter() - began, 1)
                result = Result(
                    name, part, used, size, draw, system, len(rows), found["kind_accuracy"], found["kind_macro_f1"],
                    seconds,
                )  # fmt: skip
                record(result, path)
                sys.stderr.write(f"{result}\n")


def record(result: Result, path: Path) -> None:
    """Keep a result for good."""
    cut = path.exists() and not path.read_bytes().endswith(b"\n")
    with path.open("a", encoding="utf-8") as out:
        out.write("\n" * cut + json.dumps(asdict(result)) + "\n")
        out.flush()
        os.fsync(out.fileno())


def read_results(path: Path) -> list[Result]:
    """Read the results; a line that was cut by a kill counts as not measured."""
    found = []
    for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else []:
        try:
            found.append(Result(**json.loads(line)))
        except (ValueError, TypeError):
            continue
    return found


def results_table(results: Iterable[Result]) -> str:
    """Write mean accuracy and macro-F1 over the draws, the least and the most in brackets."""
    cells: dict[tuple[str, str, str], dict[int, list[Result]]] = {}
    for result in results:
        cells.setdefault((result.set, result.encoder, result.system), {}).setdefault(result.size, []).append(result)
    sizes = sorted({size for row in cells.values() for size in row})
    lines = [
        "| set | system | encoder | " + " | ".join(f"{size} a label" for size in sizes) + " | minutes |",
        "|---|---|---|" + "---|" * (len(sizes) + 1),
    ]
    for (name, encoder, system), row in sorted(cells.items()):
        minutes = " / ".join(f"{_mean(r.seconds for r in row[size]) / 60:.1f}" for size in sizes if size in row)
        shown = [_cell(row.get(size, [])) for size in sizes]
        lines.append(f"| {name} | {system} | {encoder} | {' | '.join(shown)} | {minutes} |")
    return "\n".join(lines) + "\n"


def write_report(results: Sequence[Result], path: Path = REPORT) -> None:
    """Put the tables between the marks in the document, and leave the rest of it as it is."""
    before, _, rest = path.read_text(encoding="utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    parts = []
    for part, title in (("test", "On the test splits"), ("dev", "What the recipe was chosen by (development rows)")):
        if own := [result for result in results if result.part == part]:
            draws = max(result.draw for result in own) + 1
            parts.append(f"### {title}\n\nAccuracy / macro-F1, mean of up to {draws} draws (least–most accuracy).\n")
            parts.append(results_table(own))
    text = "\n".join(parts) or "Nothing was measured yet: `make bench-own`.\n"
    path.write_text(f"{before}{BEGIN}\n\n{text}\n{END}{after}", encoding="utf-8")


def _answers(
    system: str, recipe: ClassifierRecipe | str, rows: Sequence[Message], texts: Sequence[Message], taxonomy: Taxonomy
) -> list[Labels]:
    plain = [message.text for message in texts]
    if isinstance(recipe, str):
        return list(tfidf_answers(rows, plain, taxonomy))
    if system == "SetFit":
        steps = min(SETFIT_STEPS, max(1, PAIRS * len(rows) // 32))
        return list(setfit_answers(recipe, rows, plain, taxonomy, steps, contrasted=len(rows)))
    return ours(rows, texts, taxonomy, recipe)


def _cell(own: Sequence[Result]) -> str:
    if not own:
        return ""
    each = [result.accuracy for result in own]
    span = f" ({min(each):.3f}–{max(each):.3f})" if len(each) > 1 else ""
    return f"{_mean(each):.3f} / {_mean(r.macro_f1 for r in own):.3f}{span}"


def _mean(values: Iterable[float]) -> float:
    listed = list(values)
    return sum(listed) / len(listed)


def _on(encoder: str) -> ClassifierRecipe:
    recipe = read_classifier_recipe(OWN_RECIPE)
    if encoder == "teacher":
        return recipe.model_copy(
            update={"encoder": str(teacher_folder(read_encoder_recipe().teacher_package)), "leans_on": None}
        )
    return recipe


def main(arguments: list[str] | None = None) -> int:
    """Measure or write; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.own", description=__doc__)
    parser.add_argument("what", choices=["run", "choose", "table"])
    parser.add_argument("--sets", nargs="*", default=list(SETS))
    parser.add_argument("--sizes", nargs="*", type=int, default=list(SIZES))
    parser.add_argument("--draws", type=int, default=3)
    parser.add_argument("--encoders", nargs="*", default=["ours", "teacher"], choices=["ours", "teacher"])
    parser.add_argument("--systems", nargs="*", help="run: of reclamo, SetFit, TF-IDF; choose: of the variants")
    parser.add_argument("--results", type=Path, default=RESULTS)
    given = parser.parse_args(arguments)
    plan: Callable[[ClassifierRecipe], dict[str, ClassifierRecipe | str]]
    if given.what == "choose":
        plan = lambda recipe: {name: recipe.model_copy(update=change) for name, change in VARIANTS.items()}  # noqa: E731
    else:
        plan = lambda recipe: {"TF-IDF + linear": "", "reclamo": recipe, "SetFit": recipe}  # noqa: E731
    for encoder in given.encoders if given.what != "table" else []:
        systems = {name: one for name, one in plan(_on(encoder)).items() if name in (given.systems or [name])}
        for name in given.sets:
            if encoder == "teacher" and name != "banking77":
                continue  # it knows English alone
            part = "dev" if given.what == "choose" else "test"
            try:
                measure(name, part, encoder, given.sizes, given.draws, systems, given.results)
            except FileNotFoundError as error:
                sys.stderr.write(f"{error}\n")
    write_report(read_results(given.results))
    sys.stdout.write(results_table(read_results(given.results)))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
