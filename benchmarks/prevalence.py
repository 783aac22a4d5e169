"""Whether the intervals of corrected counts hold the truth when the mix of messages shifts, and what correcting gains.

`python -m benchmarks.prevalence real` counts the current model's errors on gold and draws populations from the
calibration split, never from gold: each label in turn is made a quarter, half, twice and four times as frequent, as far
as that is possible. It reads both splits once (two minutes) and keeps the answers in `build/prevalence`.
`python -m benchmarks.prevalence synthetic` needs no model: error rates are made up, so that all that is between the
counted errors and the population's is chance.
"""

from __future__ import annotations

import argparse
import json
import logging
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from data.corpus import read_corpus
from data.message import Message
from data.taxonomy import GroupId, Taxonomy, as_list, read_taxonomy
from models.answer import Answer
from models.confusion import Confusion, Hits
from models.onnx_engine import OnnxEngine
from models.registry import current_version
from service.reports.counts.prevalence import Prevalence
from service.reports.ledger import Bools, Feature, Labels, Ledger
from training.confusion import confusion
from training.evaluate import answer_labels

HOME, CACHE = Path("models/shipped"), Path("build/prevalence")
SIZES: Final = (200, 1_000, 5_000)
SHIFTS: Final = (0.25, 0.5, 2.0, 4.0)
MOST: Final = 0.8
"""No label is made more frequent than that."""
MODEL: Final = "measured"

_log = logging.getLogger("benchmarks")


@dataclass(frozen=True, eq=False)
class Pool:
    """Messages (n) in one language with the true labels and the said ones (L × n each) of one group."""

    language: str
    group: GroupId
    many: bool
    labels: tuple[str, ...]
    true: Bools
    said: Bools


@dataclass(frozen=True, slots=True)
class Outcome:
    """One label in one population: whether its interval held the truth, and shares of error and width."""

    language: str
    many: bool
    size: int
    shifted: bool
    held: bool
    error: float
    counted_error: float
    width: float


def outcomes(pool: Pool, errors: Confusion, sizes: Sequence[int], repeats: int, seed: int) -> Iterator[Outcome]:
    """Draw populations from a pool with each label's share shifted, and hold the corrected counts against the truth."""
    dice = np.random.default_rng(seed)
    prevalence = Prevalence({MODEL: errors})
    plans = [
        (i, weights(pool.true[i], shift)) for i in range(len(pool.labels)) if pool.true[i].any() for shift in SHIFTS
    ]
    for size in sizes:
        drawn = [dice.choice(pool.true.shape[1], size, p=each) for _, each in plans for _ in range(repeats)]
        cells = np.repeat(np.arange(len(drawn)), size)
        counts = prevalence.counts(_ledger(pool, np.concatenate(drawn)), pool.group, cells, len(drawn))
        for cell, rows in enumerate(drawn):
            truth = pool.true[:, rows].sum(axis=1)
            for i, label in enumerate(pool.labels):
                found = counts.interval(label, cell)
                yield Outcome(
                    pool.language, pool.many, size, plans[cell // repeats][0] == i,
                    round(found.low) <= truth[i] <= round(found.high), abs(found.mid - truth[i]) / size,
                    abs((found.counted or 0) - truth[i]) / size, (found.high - found.low) / size,
                )  # fmt: skip


def weights(true: Bools, shift: float) -> npt.NDArray[np.float64]:
    """Chances (n) to draw each message, so that those with a label are `shift` times as many."""
    share = true.mean()
    wanted = min(shift * share, MOST)
    found = np.where(true, wanted / max(share, 1e-9), (1 - wanted) / max(1 - share, 1e-9))
    chances: npt.NDArray[np.float64] = found / found.sum()
    return chances


def table(found: Iterable[Outcome]) -> str:
    """Write coverage, error beside that of the plain count, and width: means by language and number of tickets."""

    def kind(each: Outcome) -> tuple[bool, bool, int, str]:
        return (not each.many, not each.shifted, each.size, each.language)

    lines = [
        "| labels | tickets | language | held the truth | error | counted error | width |",
        "|---|---|---|---|---|---|---|",
    ]
    for (single, other, size, language), rows in groupby(sorted(found, key=kind), kind):
        part = list(rows)
        held, error, counted, width = (
            float(np.mean([getattr(each, name) for each in part]))
            for name in ("held", "error", "counted_error", "width")
        )
        name = f"{'one of a group' if single else 'yes or no'}, {'not shifted' if other else 'shifted'}"
        lines.append(f"| {name} | {size:,} | {language} | {held:.1%} | {error:.2%} | {counted:.2%} | {width:.1%} |")
    return "\n".join(lines) + "\n"


def made_up(language: str, gold: int, messages: int, seed: int) -> tuple[Pool, Hits, Pool, list[list[int]]]:
    """Make up a classifier of a yes-or-no label and of one of three labels, measured on `gold` messages.

    Gives a pool of its answers to other messages and its counted errors, for either kind.
    """
    dice = np.random.default_rng(seed)
    hit, false = dice.uniform(0.6, 0.95), dice.uniform(0.005, 0.05)
    rates = np.array([dice.dirichlet(np.eye(3, 4)[i] * 12 + [1, 1, 1, 0.01]) for i in range(3)])

    def binary(n: int) -> tuple[Bools, Bools]:
        true = dice.random(n) < 0.15
        return true, dice.random(n) < np.where(true, hit, false)

    def single(n: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        true = dice.choice(3, n, p=[0.6, 0.3, 0.1])
        return true, (dice.random(n)[:, None] > np.cumsum(rates, axis=1)[true]).sum(axis=1)

    (true, said), (which, answer) = binary(gold), single(gold)
    hits = Hits(
        tp=int((true & said).sum()), fp=int((~true & said).sum()),
        fn=int((true & ~said).sum()), tn=int((~true & ~said).sum()),
    )  # fmt: skip
    matrix = np.zeros((3, 4), np.int64)
    np.add.at(matrix, (which, answer), 1)
    (true, said), (which, answer) = binary(messages), single(messages)
    three = np.arange(3)[:, None]
    return (
        Pool(language, "themes", True, ("a",), true[None], said[None]), hits,
        Pool(language, "kind", False, ("a", "b", "c"), three == which, three == answer), matrix.tolist(),
    )  # fmt: skip


def synthetic(worlds: int, gold: int, sizes: Sequence[int], repeats: int, messages: int = 20_000) -> list[Outcome]:
    """Try made-up classifiers of four languages on `gold` messages each, in as many worlds."""
    found: list[Outcome] = []
    for world in range(worlds):
        made = {name: made_up(name, gold, messages, 4 * world + i) for i, name in enumerate(("fi", "vi", "es", "en"))}
        errors = Confusion(
            labels={"themes": ["a"], "kind": ["a", "b", "c"]},
            many={"themes": {name: {"a": each[1]} for name, each in made.items()}},
            single={"kind": {name: each[3] for name, each in made.items()}},
        )
        for each in made.values():
            for pool in (each[0], each[2]):
                found += outcomes(pool, errors, sizes, repeats, world)
    return found


def real(sizes: Sequence[int], repeats: int) -> list[Outcome]:
    """Try the current model: its errors on gold, populations from the calibration split."""
    taxonomy = read_taxonomy()
    asked = {split: [each for each in read_corpus() if each.split == split] for split in ("gold", "calibration")}
    answers = read_answers([*asked["gold"], *asked["calibration"]], current_version(HOME), CACHE)
    errors = confusion(asked["gold"], [answers[each.id] for each in asked["gold"]], taxonomy)
    found: list[Outcome] = []
    for pool in _pools(asked["calibration"], answers, taxonomy):
        _log.info("%s in %s", pool.group, pool.language)
        found += outcomes(pool, errors, sizes, repeats, seed=1)
    return found


def read_answers(messages: Sequence[Message], version: Path, cache: Path) -> dict[str, Answer]:
    """Answer messages as the service does, by id; what was answered before by this version is read from the cache."""
    path = cache / f"{version.name}.jsonl"
    known: dict[str, Answer] = {}
    if path.is_file():
        rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        known = {row["id"]: Answer.model_validate(row["answer"]) for row in rows}
    if missing := [each for each in messages if each.id not in known]:
        engine = OnnxEngine(version)
        for each in missing:
            prepared = engine.encode_pre(each.text, evidence=False)
            known[each.id] = engine.encode_post(prepared, engine.encode_core([prepared])[0])
        cache.mkdir(parents=True, exist_ok=True)
        lines = [json.dumps({"id": id_, "answer": each.model_dump(mode="json")}) for id_, each in known.items()]
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return known


def _pools(messages: Sequence[Message], answers: Mapping[str, Answer], taxonomy: Taxonomy) -> Iterator[Pool]:
    read = [(each, answers[each.id]) for each in messages if answers[each.id].language.supported]
    for language in sorted({answer.language.label for _, answer in read}):
        own = [(each.labels, answer_labels(answer)) for each, answer in read if answer.language.label == language]
        for group in taxonomy.groups:
            true, said = (
                np.array([[label in as_list(pair[side].get(group.id)) for pair in own] for label in group.ids])
                for side in (0, 1)
            )
            yield Pool(language, group.id, group.mode == "many", tuple(group.ids), true, said)


def _ledger(pool: Pool, rows: npt.NDArray[np.int64]) -> Ledger:
    n = len(rows)
    said = Labels(pool.labels, pool.said[:, rows])
    unknown = np.full(n, np.nan, np.float32)
    names = {"source": "", "lang": pool.language, "channel": "", "branch": "", "model": MODEL}
    no = np.zeros(n, np.bool_)
    return Ledger(
        ids=np.arange(n), days=np.zeros(n, np.int32), received_hours=np.zeros(n),
        labels={pool.group: said}, said={pool.group: said},
        features={name: Feature((value,), np.zeros(n, np.int32)) for name, value in names.items()},
        answered=unknown, closed=unknown, due=unknown, contact=np.zeros(n, np.int16), certainty=unknown,
        judged=no, needs_review=no,
    )  # fmt: skip


def main(arguments: list[str] | None = None) -> int:
    """Print a table."""
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    parser = argparse.ArgumentParser(prog="python -m benchmarks.prevalence", description=__doc__)
    parser.add_argument("what", choices=["real", "synthetic"])
    parser.add_argument("--sizes", nargs="*", type=int, default=SIZES, help="tickets in a population")
    parser.add_argument("--repeats", type=int, default=3, help="populations of each shift")
    parser.add_argument("--worlds", type=int, default=50, help="synthetic: made-up classifiers of four languages")
    parser.add_argument("--gold", type=int, default=265, help="synthetic: messages a language that count its errors")
    given = parser.parse_args(arguments)
    if given.what == "real":
        found = real(given.sizes, given.repeats)
    else:
        found = synthetic(given.worlds, given.gold, given.sizes, given.repeats)
    sys.stdout.write(table(found))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
