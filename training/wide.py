"""Fit the wide branch: one linear classifier per score over hashed characters and words."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import NDArray
from scipy import sparse
from sklearn.svm import LinearSVC
from tqdm import tqdm

from data.message import Message
from data.taxonomy import Taxonomy
from models.wide import Grams, Wide, grams, weigh
from training.recipe import WideRecipe
from training.targets import UNLABELLED, targets

Matrix = NDArray[np.float32]


def fit_wide(messages: Sequence[Message], taxonomy: Taxonomy, recipe: WideRecipe) -> Wide:
    """Learn from the `train` split. What stands in one message only is ignored."""
    learn = [message for message in messages if message.split == "train"]
    found = [grams(message.text, recipe.bits) for message in learn]
    holders = np.zeros(1 << recipe.bits)
    for one in found:
        holders[np.unique(one.bucket)] += 1
    rarity = np.where(holders > 1, np.log((1 + len(learn)) / (1 + holders)) + 1, 0)
    rarity = rarity.astype(np.float16).astype(np.float32)  # as it is saved
    rows = _rows(found, rarity)
    wanted = targets(learn, taxonomy)
    columns = tqdm(range(wanted.shape[1]), desc="wide branch", unit="score", disable=None)
    jobs = (delayed(_line)(rows, wanted[:, column], recipe.strength) for column in columns)
    lines = Parallel(n_jobs=2, prefer="threads")(jobs)
    table = np.stack([weights for weights, _ in lines], axis=1)
    scale = np.maximum(np.abs(table).max(axis=0), 1e-9) / 127
    offset = np.array([offset for _, offset in lines], np.float32)
    return Wide(rarity, np.rint(table / scale).astype(np.int8), scale.astype(np.float32), offset)


def wide_scores(wide: Wide, texts: Sequence[str]) -> Matrix:
    """Scores (texts × columns), as when serving."""
    return np.stack([wide.read(text).scores for text in texts])


def _rows(found: Sequence[Grams], rarity: Matrix) -> sparse.csr_matrix:
    starts = np.cumsum([0, *(len(one.bucket) for one in found)])
    weights = np.concatenate([weigh(one, rarity) for one in found])
    buckets = np.concatenate([one.bucket for one in found])
    rows = sparse.csr_matrix((weights, buckets, starts), shape=(len(found), len(rarity)))
    rows.sum_duplicates()
    rows.eliminate_zeros()
    return rows


def _line(rows: sparse.csr_matrix, wanted: Matrix, strength: float) -> tuple[Matrix, float]:
    known = wanted != UNLABELLED
    true = wanted[known] == 1
    if true.all() or not true.any():
        return np.zeros(rows.shape[1], np.float32), 1.0 if true.any() else -1.0
    machine = LinearSVC(C=strength, class_weight="balanced").fit(rows[known], true)
    return machine.coef_[0].astype(np.float32), float(machine.intercept_[0])
