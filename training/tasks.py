"""Labelled open text, learnt beside the teacher: feelings, opinions and intents from what real people wrote.

Each task has a linear head on the sentence vector; sets that share a task share its head, so that what one language
learns of a feeling helps the others. The heads are thrown away.
"""

from __future__ import annotations

import random
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from training.measured import comparable, learnable, measured_with, read_labelled
from training.recipe import TasksRecipe
from training.teacher import device


@dataclass(frozen=True)
class LabelledSet:
    """Texts with their language, the task that they belong to, and their labels as numbers of that task."""

    task: str
    chance: float
    texts: list[str]
    languages: list[str]
    labels: list[list[int]]


@dataclass(frozen=True)
class Lesson:
    """A batch of one task: texts, their languages, and targets (texts × labels) that add up to 1."""

    task: str
    texts: list[str]
    languages: list[str]
    wanted: NDArray[np.float32]


class Tasks:
    """All sets of a recipe, and their heads on vectors of `width`."""

    def __init__(self, folder: Path, recipe: TasksRecipe, width: int, seed: int) -> None:
        """Read the sets from the folder of open labelled text; raises `FileNotFoundError` where a set is missing."""
        names: dict[str, dict[str, int]] = {}
        kept = measured_with(folder)
        self.sets = [
            _read(folder, source.pattern, source.field, source.task, source.chance, names, kept)
            for source in recipe.sets
        ]
        self._recipe = recipe
        self.max_tokens = recipe.max_tokens
        self._seed = seed
        self._sizes = {task: len(labels) for task, labels in names.items()}
        torch.manual_seed(seed)
        heads = {task: torch.nn.Linear(width, size) for task, size in self._sizes.items()}
        self.heads = torch.nn.ModuleDict(heads).to(device())
        self.optimiser = torch.optim.AdamW(self.heads.parameters(), lr=recipe.learning_rate)

    def draw(self, step: int) -> Lesson:
        """Draw the batch of a step; the same step gives the same batch."""
        dice = random.Random(f"{self._seed}-task-{step}")
        chosen = dice.choices(self.sets, [one.chance for one in self.sets])[0]
        rows = [dice.randrange(len(chosen.texts)) for _ in range(self._recipe.batch)]
        wanted = np.zeros((len(rows), self._sizes[chosen.task]), np.float32)
        for i, row in enumerate(rows):
            wanted[i, chosen.labels[row]] = 1 / len(chosen.labels[row])
        return Lesson(chosen.task, [chosen.texts[row] for row in rows], [chosen.languages[row] for row in rows], wanted)

    def loss(self, vectors: torch.Tensor, lesson: Lesson) -> torch.Tensor:
        """Cross-entropy of a lesson's unit vectors, times the weight of the tasks."""
        scores = self.heads[lesson.task](vectors * self._recipe.scale)
        wanted = torch.from_numpy(lesson.wanted).to(vectors.device)
        return self._recipe.weight * torch.nn.functional.cross_entropy(scores, wanted)


def _read(
    folder: Path, pattern: str, field: str, task: str, chance: float, names: dict[str, dict[str, int]], kept: set[str]
) -> LabelledSet:
    folders = [path for path in sorted(folder.glob("*")) if path.is_dir() and re.fullmatch(pattern, path.name)]
    paths = [path for each in folders for path in learnable(each)]
    if not paths:
        raise FileNotFoundError(f"no set matching {pattern!r} in {folder}; leave it out of the recipe or fetch it")
    known = names.setdefault(task, {})
    found = LabelledSet(task, chance, [], [], [])
    for path in paths:
        for row in read_labelled(path):
            if comparable(row["text"]) in kept:
                continue
            given = row[field] if isinstance(row[field], list) else [row[field]]
            found.texts.append(row["text"])
            found.languages.append(row["lang"])
            found.labels.append([known.setdefault(label, len(known)) for label in given])
    return found
