"""Does the gate stop whom it should, and nobody else? By simulation: `python -m benchmarks.gate --draws 400`.

Two models are equally right on messages of four languages and six groups, and differ on some share of them by chance.
How many such challengers pass, and how many are stopped that lost 5 points in one language and group?
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from training.gate import RESAMPLES, Asked, Question, judge

LANGUAGES = ("fi", "vi", "es", "en")
GROUPS = ("kind", "themes", "urgency", "signals", "motives", "emotion")
RIGHT, LOST = 0.8, 0.05
"""How often either model is right; what the worse challenger loses in one cell."""
SIZES: Mapping[str, Mapping[str, int]] = {
    "gold (275 a language)": {"gold": 275},
    "gold and 1,000 corrections": {"gold": 275, "newest": 250},
    "gold and 2,000 corrections": {"gold": 275, "newest": 500},
    "gold of 775 a language": {"gold": 775},
}
APART = (0.03, 0.05, 0.1)
"""On what share of messages exactly one of the two models is right."""


def ratio(name: str, champion: NDArray[np.bool_], challenger: NDArray[np.bool_]) -> Question:
    """Ask whether each answer was right."""
    one = np.ones(len(champion))
    sides = [np.stack([each.astype(float), one], axis=1) for each in (champion, challenger)]
    return Question(name, "ratio", sides[0], sides[1], one)


def drawn(
    dice: np.random.Generator,
    sizes: Mapping[str, int],
    apart: float,
    lost: Mapping[tuple[str, str], float] | None = None,
    languages: tuple[str, ...] = LANGUAGES,
) -> Asked:
    """Draw two equally good models' answers; `lost` says what the challenger loses of a language and group."""
    places = [(set_, language) for set_, size in sizes.items() for language in languages for _ in range(size)]
    sets, spoken = (np.array(side) for side in zip(*places, strict=True))
    questions = []
    for group in GROUPS:
        right = dice.random(len(places)) < RIGHT
        differ, which = dice.random(len(places)) < apart, dice.random(len(places)) < 0.5
        champion, challenger = np.where(differ, which, right), np.where(differ, ~which, right)
        for (language, hurt), points in (lost or {}).items():
            if hurt == group:
                own = (spoken == language) & challenger
                share = points * (spoken == language).sum() / own.sum()
                challenger = challenger & ~(own & (dice.random(len(places)) < share))
        questions.append(ratio(group, champion, challenger))
    return Asked(sets, spoken, np.arange(len(places)).astype(str), questions)


def main(arguments: list[str] | None = None) -> int:
    """Print a table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.gate", description=__doc__)
    parser.add_argument("--draws", type=int, default=400)
    parser.add_argument("--resamples", type=int, default=RESAMPLES)
    given = parser.parse_args(arguments)
    sys.stdout.write("| messages | models differ on | figures | unchanged pass | 5 points in one cell stopped |\n")
    sys.stdout.write("|---|---|---|---|---|\n")
    for name, sizes in SIZES.items():
        for apart in APART:
            dice = np.random.default_rng(1)
            passed = stopped = cells = 0
            for draw in tqdm(range(given.draws), desc=name, leave=False, disable=None):
                same = judge(drawn(dice, sizes, apart), seed=draw, resamples=given.resamples)
                hurt = (LANGUAGES[draw % 4], GROUPS[draw % 6])
                worse = judge(drawn(dice, sizes, apart, {hurt: LOST}), seed=draw, resamples=given.resamples)
                passed, stopped, cells = passed + same.passed, stopped + (not worse.passed), len(same.cells)
            shares = f"{passed / given.draws:.1%} | {stopped / given.draws:.1%}"
            sys.stdout.write(f"| {name} | {apart:.0%} | {cells} | {shares} |\n")
            sys.stdout.flush()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
