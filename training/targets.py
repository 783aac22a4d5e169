"""What the network should say: a message's labels as columns, and the loss that compares them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from data.message import Message
from data.taxonomy import Taxonomy, as_list
from models.layout import Columns, layout

UNLABELLED = -1.0
"""Target of a column whose group the message has no label for; it adds nothing to the loss."""


def targets(messages: Sequence[Message], taxonomy: Taxonomy) -> NDArray[np.float32]:
    """Targets (messages × columns): 1 or 0, ordered groups as steps reached."""
    columns = layout(taxonomy)
    wanted = np.full((len(messages), columns[-1].stop), UNLABELLED, dtype=np.float32)
    for row, message in enumerate(messages):
        for group in columns:
            given = message.labels.get(group.group)
            if given is None or (group.mode != "many" and not as_list(given)):
                continue
            wanted[row, group.start : group.stop] = _columns(group, as_list(given))
    return wanted


def labels_of(row: NDArray[np.float32], taxonomy: Taxonomy) -> dict[str, list[str]]:
    """Turn one row of targets back into labels; groups without a label are left out."""
    found: dict[str, list[str]] = {}
    for group in layout(taxonomy):
        part = row[group.start : group.stop]
        if part[0] == UNLABELLED:
            continue
        if group.mode == "many":
            found[group.group] = [label for label, value in zip(group.labels, part, strict=True) if value == 1]
        else:
            found[group.group] = [group.labels[int(part.sum()) if group.mode == "ordered" else int(part.argmax())]]
    return found


def class_weights(wanted: NDArray[np.float32], groups: Sequence[Columns], balance: float) -> NDArray[np.float32]:
    """Weight of a positive per column: (negatives / positives) ** balance, between 0.5 and 8.

    For `one` groups: (mean count / count) ** balance.
    """
    weights = np.ones(wanted.shape[1], dtype=np.float32)
    for group in groups:
        part = wanted[:, group.start : group.stop]
        part = part[part[:, 0] != UNLABELLED]
        positives = np.maximum(part.sum(axis=0), 1)
        base = positives.mean() if group.mode == "one" else np.maximum(len(part) - positives, 0)
        weights[group.start : group.stop] = np.clip((base / positives) ** balance, 0.5, 8)
    return weights


def loss(
    scores: torch.Tensor,
    wanted: torch.Tensor,
    groups: Sequence[Columns],
    weights: torch.Tensor,
    group_weights: Mapping[str, float],
) -> torch.Tensor:
    """Sum over groups of cross-entropy (`one`) or binary cross-entropy (`many`, ordered steps), each a mean."""
    total = scores.new_zeros(())
    for group in groups:
        part = slice(group.start, group.stop)
        known = wanted[:, group.start] != UNLABELLED
        if not bool(known.any()):
            continue
        own, true = scores[known, part], wanted[known, part]
        if group.mode == "one":
            term = functional.cross_entropy(own, true, weight=weights[part], label_smoothing=0.05)
        else:
            term = functional.binary_cross_entropy_with_logits(own, true, pos_weight=weights[part]) * 3
        total = total + group_weights.get(group.group, 1.0) * term
    return total


def _columns(group: Columns, given: list[str]) -> list[float]:
    if group.mode == "ordered":
        level = group.labels.index(given[0])
        return [float(i < level) for i in range(group.size)]
    return [float(label in given) for label in group.labels]
