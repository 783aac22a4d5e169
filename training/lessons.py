"""What a classifier learns from: the messages of the `train` split, and what is made of them."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from data.message import Message
from data.taxonomy import Labels, Taxonomy
from training.agreement import READINGS
from training.exchange import Exchange, read_words
from training.joining import join_messages
from training.recipe import ClassifierRecipe
from training.targets import UNLABELLED, targets
from training.telling import read_told, tell_besides


def lessons(messages: Sequence[Message], taxonomy: Taxonomy, recipe: ClassifierRecipe) -> list[Message]:
    """Add joined messages and messages with something told besides to those of the `train` split."""
    learn = [message for message in messages if message.split == "train"]
    sets = [group.id for group in taxonomy.groups if group.mode == "many"]
    known = [
        message for message in learn if all(group in message.labels for group in sets)
    ]  # open sets cannot be joined
    told = tell_besides(known, taxonomy, read_told(), recipe.told_share, recipe.seed)
    return [*learn, *join_messages(known, taxonomy, recipe.join_share, recipe.seed), *told]


def exchanged(messages: Sequence[Message], share: float, seed: int) -> list[Message]:
    """Return the messages, a share of them with other names, for learners that see each text once."""
    exchange, dice = Exchange(messages, read_words()), random.Random(f"{seed}-exchange")
    return [
        message.model_copy(update={"text": exchange(message.text, message.lang, dice)})
        if dice.random() < share
        else message
        for message in messages
    ]


def first_readings(folder: Path = READINGS) -> dict[str, Labels]:
    """Read what the first reader said of each message that was read twice; nothing where there are no readings."""
    texts = [path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.jsonl"))]
    rows = (json.loads(line) for text in texts for line in text.splitlines())
    return {row["id"]: row["first"] for row in rows}


def doubtful(
    wanted: NDArray[np.float32],
    messages: Sequence[Message],
    first: Mapping[str, Labels],
    taxonomy: Taxonomy,
    doubt: float,
) -> NDArray[np.float32]:
    """Mix targets with what the first reader said, so that a label in dispute is learnt as one.

    `wanted` (messages × columns) keeps 1 - `doubt` of its say; groups that either reader left open stay as they are.
    """
    if not doubt:
        return wanted
    read = [
        (row, message.model_copy(update=dict(first[message.id])))
        for row, message in enumerate(messages)
        if message.id in first
    ]
    if not read:
        return wanted
    rows = np.array([row for row, _ in read])
    other, own = targets([message for _, message in read], taxonomy), wanted[rows]
    known = (other != UNLABELLED) & (own != UNLABELLED)
    mixed = wanted.copy()
    mixed[rows] = np.where(known, (1 - doubt) * own + doubt * other, own)
    return mixed
