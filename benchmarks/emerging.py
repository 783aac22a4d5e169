"""Whether a theme that the taxonomy lacks is found: `python -m benchmarks.emerging`.

Each theme in turn is held out: nothing that has it is learnt from. A light classifier (linear regressions on the
encoder as it is) then reads a population that has it among others, as often as it comes, and groups are made of what
fits poorly. The theme counts as found where one group has it in at least `PURE` of its messages in three languages of
four. Gold messages are never looked at.
"""

from __future__ import annotations

import argparse
import hashlib
import logging
import os
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from data.corpus import CORPUS, read_corpus
from data.message import Message
from data.taxonomy import read_taxonomy
from training.emerging_embed import ENCODER, embed
from training.emerging_fit import Bools, Floats, middles, misfit, without_language
from training.emerging_groups import Grouped, Plan, find_groups

ROOT: Final = Path(__file__).parents[1]
CACHE: Final = ROOT / "build" / "emerging" / "vectors.npz"
PURE: Final = 0.7
LANGUAGES_NEEDED: Final = 3
FEWEST: Final = 3
"""Messages of a language in a group, below which the group says nothing of it."""
PENALTY: Final = 3e-4
"""Of the regressions, for each message: a tenth of a vector's variance along one of its 384 dimensions."""
POPULATION_SHARE: Final = 0.3
"""Part of the training messages that stand for new ones, beside the calibration messages."""


@dataclass(frozen=True)
class Row:
    """What became of one theme."""

    theme: str
    messages: int
    groups: int
    rank: int
    """Place of its group among all that are shown."""
    purity: dict[str, float]
    size: int
    recall: float

    @property
    def pure(self) -> int:
        """Languages in which its group is pure."""
        return sum(value >= PURE for value in self.purity.values())


def main(arguments: list[str] | None = None) -> int:
    """Hold out each theme and print what became of it, the worst first; 1 where one was not found."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.emerging", description=__doc__)
    parser.add_argument("themes", nargs="*", help="themes to hold out (default: each)")
    parser.add_argument("--corpus", type=Path, default=CORPUS)
    parser.add_argument("--encoder", default=ENCODER, help="folder or name of a Hugging Face encoder")
    parser.add_argument("--population", choices=("both", "train", "calibration"), default="both")
    parser.add_argument("--messages", type=int, help="take so many messages instead of all, for a quick look")
    for field in fields(Plan):
        default = field.default
        parser.add_argument(f"--{field.name}", type=type(default), default=default)
    given = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    plan = Plan(**{field.name: getattr(given, field.name) for field in fields(Plan)})
    began = time.monotonic()
    rows = sorted(measure(given, plan), key=lambda row: (row.pure, sum(row.purity.values()), row.theme))
    for line in table(rows):
        sys.stdout.write(line + "\n")
    found = sum(row.pure >= LANGUAGES_NEEDED for row in rows)
    sys.stdout.write(f"\n{found} of {len(rows)} themes found, in {time.monotonic() - began:.0f} seconds; {plan}\n")
    return 0 if found == len(rows) else 1


def measure(given: argparse.Namespace, plan: Plan) -> list[Row]:
    """Hold out each theme that is asked for."""
    taxonomy = read_taxonomy()
    messages = [message for message in read_corpus(given.corpus) if message.split != "gold"]
    messages.sort(key=_draw)
    messages = messages[: given.messages]
    vectors = cached(messages, given.encoder)
    themes = taxonomy.ids("themes")
    held = np.array([[theme in message.themes for theme in themes] for message in messages])
    langs = np.array([message.lang for message in messages])
    of_calibration = np.array([message.split == "calibration" for message in messages])
    of_train = np.array([_draw(message) < POPULATION_SHARE for message in messages]) & ~of_calibration
    new = {"both": of_calibration | of_train, "train": of_train, "calibration": of_calibration}[given.population]
    learnt = ~(of_calibration | of_train) if given.population != "calibration" else ~of_calibration
    rows = []
    for place, theme in enumerate(themes):
        if given.themes and theme not in given.themes:
            continue
        others = np.arange(len(themes)) != place
        known = learnt & ~held[:, place]
        confidence = light_confidence(vectors[known], held[known][:, others], vectors[new])
        groups = group(vectors[known], langs[known], held[known][:, others], vectors[new], langs[new], confidence, plan)
        rows.append(judge(theme, groups, held[new, place], langs[new]))
        logging.info("%s: %s", theme, rows[-1])
    return rows


def group(
    known: Floats, known_langs: NDArray[Any], held: Bools, new: Floats, langs: NDArray[Any], confidence: Floats,
    plan: Plan,
) -> list[Grouped]:  # fmt: skip
    """Group a population, as `training.emerging` does with tickets."""
    plain = without_language(new, langs)
    centres = middles(without_language(known, known_langs), held)
    return find_groups(plain, langs, misfit(plain, confidence, centres), plan)


def light_confidence(known: Floats, held: Bools, new: Floats) -> Floats:
    """Say how sure linear regressions of the themes on the vectors are of the surest theme of each new message (n)."""
    mean = known.mean(axis=0)
    x = (known - mean).astype(np.float64)
    share = held.mean(axis=0)
    weights = np.linalg.solve(x.T @ x + PENALTY * len(x) * np.eye(x.shape[1]), x.T @ (held - share))
    return np.asarray(((new - mean) @ weights + share).max(axis=1), np.float32)


def judge(theme: str, groups: Sequence[Grouped], truth: NDArray[np.bool_], langs: NDArray[Any]) -> Row:
    """Find the group that has the theme in the most languages."""
    best = Row(theme, int(truth.sum()), len(groups), 0, dict.fromkeys(map(str, np.unique(langs)), 0.0), 0, 0.0)
    for rank, each in enumerate(groups, 1):
        spoken, right = langs[each.rows], truth[each.rows]
        purity = {
            lang: float(right[spoken == lang].mean()) if (spoken == lang).sum() >= FEWEST else 0.0
            for lang in best.purity
        }
        row = Row(theme, best.messages, len(groups), rank, purity, len(right), float(right.sum() / truth.sum()))
        if (row.pure, sum(purity.values())) > (best.pure, sum(best.purity.values())):
            best = row
    return best


def table(rows: Sequence[Row]) -> list[str]:
    """Write the figures as Markdown."""
    langs = list(rows[0].purity) if rows else []
    purities = " | ".join(f"purity {lang}" for lang in langs)
    lines = [
        f"| theme held out | messages | found | place | size | recall | {purities} |",
        "|---|---|---|---|---|---|" + "---|" * len(langs),
    ]
    for row in rows:
        found = "yes" if row.pure >= LANGUAGES_NEEDED else "no"
        told = f"{row.rank} of {row.groups} | {row.size} | {row.recall:.2f}"
        lines.append(
            f"| {row.theme} | {row.messages} | {found} | {told} | "
            + " | ".join(f"{row.purity[lang]:.2f}" for lang in langs)
            + " |"
        )
    return lines


def cached(messages: Sequence[Message], encoder: str, path: Path = CACHE) -> Floats:
    """Embed messages, or read what was embedded before."""
    key = {message.id: hashlib.sha256(f"{encoder}\0{message.text}".encode()).hexdigest()[:16] for message in messages}
    known: dict[str, Floats] = {}
    if path.exists():
        with np.load(path, allow_pickle=False) as file:
            known = dict(zip(file["keys"].tolist(), file["vectors"], strict=True))
    missing = [message for message in messages if key[message.id] not in known]
    if missing:
        found = embed([message.text for message in missing], encoder)
        known.update(zip((key[message.id] for message in missing), found, strict=True))
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(".part.npz")
        np.savez(part, keys=np.array(list(known)), vectors=np.stack(list(known.values())))
        os.replace(part, path)
    return np.stack([known[key[message.id]] for message in messages]).astype(np.float32)


def _draw(message: Message) -> float:
    """Give each situation a number from 0 to 1, the same every time."""
    return int(hashlib.sha256(message.group.encode()).hexdigest()[:12], 16) / 16**12


if __name__ == "__main__":
    raise SystemExit(main())
