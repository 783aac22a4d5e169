"""Our own `training fit` on public benchmarks, by their official splits, beside TF-IDF on the same rows.

Run as `python -m benchmarks.finetune viocd umsab` (`--seeds 3`); without names it lists them. The figures are kept
beside the encoder, for its card. The weights made here are thrown away: some of these sets may be measured with, never
learnt from by anything that ships.
"""

from __future__ import annotations

import argparse
import json
import lzma
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from data.message import Message, Split
from data.taxonomy import Group, GroupId, Label, Taxonomy
from training.baseline import tfidf_answers
from training.finetuned import FINETUNED, Finetuned, finetuned_table, record
from training.measured import comparable, held_out, taught_by_others
from training.metrics import figures
from training.recipe import read_classifier_recipe
from training.trial import trial

TEXT = Path(__file__).parents[2] / "shared" / "data" / "labelled"
SPLIT_OF: dict[str, Split] = {"train": "train", "dev": "calibration", "test": "gold"}
DEV = 10
"""Where a set has no development split, every tenth training row is one."""


@dataclass(frozen=True)
class Benchmark:
    """A public set: where it lies, which field is learnt, for how many epochs, and what was published."""

    folder: str
    language: str
    field: str
    epochs: int
    published: str
    files: str = "*"


BENCHMARKS = {
    "viocd": Benchmark("benchmark/viocd", "vi", "label", 6, "PhoBERT 0.922 F1 (arXiv 2104.11969)"),
    "uit_vsfc": Benchmark("benchmark/uit_vsfc", "vi", "label", 4, ""),
    "banking77": Benchmark("open/banking77", "en", "label", 12, "0.93–0.94 accuracy"),
    "clinc150": Benchmark("open/clinc150", "en", "label", 8, ""),
    "xed": Benchmark("open/xed", "fi", "labels", 4, "SVM 0.586, BERT 0.54–0.60 macro-F1", "fi.annotated*"),
    "eduskunta": Benchmark("open/eduskunta_vkk", "fi", "label", 2, "0.71 accuracy"),
    "umsab": Benchmark("open/umsab_tweets", "es", "label", 6, "", "es.*"),
}


def read_benchmark(name: str, folder: Path = TEXT) -> tuple[list[Message], Taxonomy]:
    """Read a set as messages of a taxonomy with one group; raises `FileNotFoundError` where it is not at hand.

    Where the set has no test split of its own, what is held out of it is left out if another set may have taught it to
    the encoder, or if the rest of the set holds it in other capitals or stops.
    """
    found = BENCHMARKS[name]
    paths = sorted((folder / found.folder).glob(f"{found.files}.jsonl.xz"))
    if not paths:
        raise FileNotFoundError(f"the benchmark {name} is not in {folder / found.folder}; nothing was measured")
    parts = {path.name.split(".")[1] for path in paths}
    rows: list[tuple[str, list[str], Split]] = []
    for path in paths:
        part = path.name.split(".")[1]
        with lzma.open(path, "rt", encoding="utf-8") as lines:
            for line in lines:
                row: dict[str, Any] = json.loads(line)
                given = row[found.field] if isinstance(row[found.field], list) else [row[found.field]]
                rows.append((row["text"], given, _split(row["text"], part, len(rows), parts)))
    if "test" not in parts:
        home = folder / found.folder
        taught = taught_by_others(home.parent, home.name)
        taught.update(comparable(text) for text, _, split in rows if split != "gold")
        rows = [row for row in rows if row[2] != "gold" or comparable(row[0]) not in taught]
    ids = {label: f"l{i}" for i, label in enumerate(sorted({label for _, given, _ in rows for label in given}))}
    several = found.field == "labels"
    group: GroupId = "themes" if several else "kind"
    messages = [
        Message.model_validate(
            {
                "id": f"{name}-{i}",
                "text": text,
                "lang": found.language,
                "group": f"{name}-{i}",
                "split": split,
                group: [ids[label] for label in given] if several else ids[given[0]],
            }
        )
        for i, (text, given, split) in enumerate(rows)
        if text.strip()
    ]
    labels = [Label(id=id_, name={found.language: label}) for label, id_ in ids.items()]
    named = Group(id=group, name={found.language: name}, mode="many" if several else "one", labels=labels)
    return messages, Taxonomy(version=name, languages=[found.language], groups=[named])


def compare(name: str, seeds: int, epochs: int | None) -> list[Finetuned]:
    """Fit a set once a seed and TF-IDF once; give every figure of its test split."""
    messages, taxonomy = read_benchmark(name)
    benchmark, standard = BENCHMARKS[name], read_classifier_recipe()
    asked = [m for m in messages if m.split == "gold"]
    learn = [m for m in messages if m.split == "train"]
    runs = []
    for seed in range(seeds):
        each = epochs or benchmark.epochs
        update = {
            "seed": standard.seed + seed,
            "epochs": each,
            "patience": each,
            "join_share": 0.0,
            "exchange_share": 0.0,
        }
        said = trial(messages, taxonomy, standard.model_copy(update=update))
        runs.append(figures([m.labels for m in asked], said, taxonomy))
    plain = figures([m.labels for m in asked], tfidf_answers(learn, [m.text for m in asked], taxonomy), taxonomy)
    command = f"python -m benchmarks.finetune {name} --seeds {seeds}" + (f" --epochs {epochs}" if epochs else "")
    return [
        Finetuned(
            benchmark=name, language=benchmark.language, figure=figure.split("_", 1)[1], command=command,
            ours=[run[figure] for run in runs], tfidf=value, published=benchmark.published,
        )
        for figure, value in plain.items()
    ]  # fmt: skip


def _split(text: str, part: str, number: int, parts: set[str]) -> Split:
    if part in ("dev", "test"):
        return SPLIT_OF[part]
    if "test" not in parts and held_out(text):
        return "gold"
    return "calibration" if "dev" not in parts and number % DEV == 0 else "train"


def main(arguments: list[str] | None = None) -> int:
    """Measure the named sets and print a table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.finetune", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="SET", help=f"sets to measure, of {', '.join(BENCHMARKS)}")
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--epochs", type=int, help="in place of the set's own")
    parser.add_argument("--record", type=Path, default=Path(read_classifier_recipe().encoder) / FINETUNED)
    given = parser.parse_args(arguments)
    if unknown := set(given.names) - BENCHMARKS.keys():
        parser.error(f"no set {', '.join(sorted(unknown))}; there are {', '.join(BENCHMARKS)}")
    if not given.names:
        sys.stdout.write("\n".join(BENCHMARKS) + "\n")
        return 0
    for name in given.names:
        try:
            record(compare(name, given.seeds, given.epochs), given.record)
        except FileNotFoundError as error:
            sys.stderr.write(f"{error}\n")
    sys.stdout.write(finetuned_table(given.record))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
