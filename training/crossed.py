"""Few rows: no part of them is put aside to set chances and thresholds; each is asked of a head that did not see it.

Of a few dozen rows a label a calibration split takes the fifth that the head misses most, and holds too few rows to
say anything. So a linear head on the untouched encoder and the wide branch are fitted once for each fold, to the rows
of the other folds, and what they say of the fold stands for what the whole will say of new messages (cross-fitting).
The network that is kept is the head fitted to all rows: with so few, fine-tuning betters it by nothing
(docs/own-taxonomy.md), and could not be repeated for each fold.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load_file, save_file
from tqdm import tqdm

from data.cleaning import clean
from data.message import Message
from data.own.splits import split_groups
from data.taxonomy import Taxonomy, as_list
from models.layout import layout
from training.fit import fast_tokenizer, load_network, new_network, save_network
from training.head_first import linear_head, mean_vectors, set_head
from training.network import Network
from training.recipe import ClassifierRecipe
from training.targets import targets
from training.wide import fit_wide, wide_scores

Matrix = NDArray[np.float32]

FOLDS = 5
CROSSED = "crossed.safetensors"
"""Beside a network: what was said of each row by heads that did not see it."""


@dataclass(frozen=True)
class Crossed:
    """Scores of the rows learnt from (rows × columns), each by a head and a wide branch that did not see the row."""

    network: Matrix
    wide: Matrix | None

    def save(self, path: Path) -> None:
        """Write them; raises `OSError`."""
        save_file({"network": self.network} | ({} if self.wide is None else {"wide": self.wide}), path)


def read_crossed(path: Path) -> Crossed:
    """Read them back; raises `OSError`."""
    found = load_file(path)
    return Crossed(found["network"], found.get("wide"))


def is_crossed(messages: Sequence[Message]) -> bool:
    """Tell whether nothing was put aside to calibrate with, so that cross-fitting has to."""
    return not any(message.split == "calibration" for message in messages)


def fit_crossed(
    messages: Sequence[Message],
    taxonomy: Taxonomy,
    recipe: ClassifierRecipe,
    output: Path,
    beside: Callable[[], None] | None = None,
) -> tuple[Network, Crossed]:
    """Fit the head to the `train` split and write the network and the crossed scores to `output`.

    Raises `ValueError` where the split is empty or the recipe has no first head.
    """
    learn = [message for message in messages if message.split == "train"]
    if not learn:
        raise ValueError("fitting needs messages in the split 'train'; run `python -m data check`")
    if not recipe.head_first:
        raise ValueError("without a calibration split there is the first head alone: give the recipe a `head_first`")
    network, tokenizer = new_network(taxonomy, recipe), fast_tokenizer(recipe.encoder)
    vectors = mean_vectors(network, tokenizer, [message.text for message in learn], recipe.max_tokens)
    wanted, groups = targets(learn, taxonomy), layout(taxonomy)
    scores = np.zeros_like(wanted)
    wide = np.zeros_like(wanted) if recipe.wide else None
    folds = np.array(_folds(learn, str(recipe.seed)))
    for fold in tqdm(sorted(set(folds.tolist())), desc="folds", unit="fold", disable=None):
        seen = folds != fold
        weight, offset = linear_head(vectors[seen], wanted[seen], groups, recipe)
        scores[~seen] = vectors[~seen] @ weight.T + offset
        if recipe.wide and wide is not None:
            branch = fit_wide([m for m, known in zip(learn, seen, strict=True) if known], taxonomy, recipe.wide)
            asked = [clean(m.text).text for m, known in zip(learn, seen, strict=True) if not known]
            wide[~seen] = wide_scores(branch, asked)
    set_head(network, *linear_head(vectors, wanted, groups, recipe))
    crossed = Crossed(scores, wide)
    output.mkdir(parents=True, exist_ok=True)
    crossed.save(output / CROSSED)
    save_network(network, output, beside)
    return load_network(taxonomy, recipe, output), crossed


def _folds(learn: Sequence[Message], seed: str) -> list[int]:
    """Choose a fold for each message: groups stand together, each label is spread over all folds."""
    numbers: dict[str, int] = {}
    groups = [numbers.setdefault(message.group, len(numbers)) for message in learn]
    labels = [[f"{g}.{label}" for g, own in message.labels.items() for label in as_list(own)] for message in learn]
    return split_groups(groups, labels, dict.fromkeys(range(min(FOLDS, len(numbers))), 1 / FOLDS), seed)
