"""Begin with a linear head on the encoder as it is, and only then fine-tune both (Kumar et al. 2022, arXiv 2202.10054).

With few rows, heads that begin at random first pull the encoder out of shape. A logistic regression on its mean vectors
takes seconds, and is exactly what the network's mean-pooled part computes.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from tokenizers import Tokenizer

from data.message import Message
from data.taxonomy import Taxonomy
from models.layout import Columns, layout
from training.network import Network
from training.pieces import piece_ids, stack_pieces
from training.recipe import ClassifierRecipe
from training.targets import UNLABELLED, class_weights, targets

Matrix = NDArray[np.float32]
SILENT = 3.0
"""Score, for or against, of a label that all rows have or none has: there is nothing to learn of it."""
_BATCH = 32
_ROUNDS = 500


def start_head(
    network: Network, messages: Sequence[Message], taxonomy: Taxonomy, recipe: ClassifierRecipe, tokenizer: Tokenizer
) -> None:
    """Fit the mean-pooled part of `network` to the messages, and let the label-wise attention begin at nothing."""
    vectors = mean_vectors(network, tokenizer, [message.text for message in messages], recipe.max_tokens)
    set_head(network, *linear_head(vectors, targets(messages, taxonomy), layout(taxonomy), recipe))


def set_head(network: Network, weight: Matrix, offset: Matrix) -> None:
    """Make weights (columns × width) and offsets (columns,) on mean vectors what the network says."""
    with torch.no_grad():
        network.whole.weight.copy_(torch.from_numpy(weight))
        network.whole.bias.copy_(torch.from_numpy(offset))
        network.value.zero_()


def linear_head(
    vectors: Matrix, wanted: Matrix, groups: Sequence[Columns], recipe: ClassifierRecipe
) -> tuple[Matrix, Matrix]:
    """Fit weights (columns × width) and offsets (columns,) on vectors (texts × width) and targets (texts × columns)."""
    middle, spread = vectors.mean(axis=0), vectors.std(axis=0) + 1e-6
    scaled = (vectors - middle) / spread
    balance = class_weights(wanted, groups, recipe.balance)
    weight = np.zeros((wanted.shape[1], vectors.shape[1]), np.float32)
    offset = np.zeros(wanted.shape[1], np.float32)
    for group in groups:
        known = wanted[:, group.start] != UNLABELLED
        own = slice(group.start, group.stop)
        if not known.any():
            continue
        if group.mode == "one":
            weight[own], offset[own] = _one(scaled[known], wanted[known, own].argmax(1), balance[own], recipe)
        else:
            for column in range(group.start, group.stop):
                true = wanted[known, column] == 1
                weight[column], offset[column] = _yes_or_no(scaled[known], true, float(balance[column]), recipe)
    weight /= spread
    return weight, offset - weight @ middle


@torch.no_grad()
def mean_vectors(network: Network, tokenizer: Tokenizer, texts: Sequence[str], max_tokens: int) -> Matrix:
    """Mean vectors of the encoder's output (texts × width), as the network's mean-pooled part sees them."""
    network.eval()
    encoded = [piece_ids(tokenizer, text, max_tokens) for text in texts]
    order = sorted(range(len(encoded)), key=lambda i: len(encoded[i]))
    width = network.whole.in_features
    found = np.zeros((len(texts), width), np.float32)
    for start in range(0, len(order), _BATCH):
        chosen = order[start : start + _BATCH]
        ids, mask = stack_pieces([encoded[i] for i in chosen])
        hidden = network.encoder(input_ids=ids, attention_mask=mask).last_hidden_state.float()
        real = mask.unsqueeze(-1).float()
        found[chosen] = ((hidden * real).sum(1) / real.sum(1)).numpy()
    return found


def _one(vectors: Matrix, true: NDArray[np.intp], balance: Matrix, recipe: ClassifierRecipe) -> tuple[Matrix, Matrix]:
    weight = np.zeros((len(balance), vectors.shape[1]), np.float32)
    offset = np.full(len(balance), -SILENT, np.float32)
    seen = np.unique(true)
    if len(seen) < 2:
        offset[seen] = SILENT
        return weight, offset
    machine = _machine(recipe).fit(vectors, true, sample_weight=balance[true])
    if len(seen) == 2:  # one score says which of the two
        weight[seen] = np.stack([-machine.coef_[0], machine.coef_[0]]) / 2
        offset[seen] = np.array([-machine.intercept_[0], machine.intercept_[0]]) / 2
    else:
        weight[seen], offset[seen] = machine.coef_, machine.intercept_
    return weight, offset


def _yes_or_no(
    vectors: Matrix, true: NDArray[np.bool_], balance: float, recipe: ClassifierRecipe
) -> tuple[Matrix, float]:
    if true.all() or not true.any():
        return np.zeros(vectors.shape[1], np.float32), SILENT if true.all() else -SILENT
    machine = _machine(recipe).fit(vectors, true, sample_weight=np.where(true, balance, 1.0))
    return machine.coef_[0], float(machine.intercept_[0])


def _machine(recipe: ClassifierRecipe) -> LogisticRegression:
    return LogisticRegression(C=recipe.head_first, max_iter=_ROUNDS)
