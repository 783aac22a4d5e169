"""A linear head on the untouched encoder is what the network computes before it is fine-tuned."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from data.corpus import read_corpus
from data.taxonomy import Taxonomy
from models.layout import layout
from training.fit import fast_tokenizer, fit, new_network, plain_labels, score
from training.head_first import SILENT, linear_head, mean_vectors, start_head
from training.recipe import ClassifierRecipe
from training.targets import UNLABELLED, targets


def test_the_network_begins_by_saying_what_the_head_says(
    corpus: Path, recipe: ClassifierRecipe, taxonomy: Taxonomy
) -> None:
    first = recipe.model_copy(update={"head_first": 1.0})
    learn = [message for message in read_corpus(corpus) if message.split == "train"]
    texts = [message.text for message in learn]
    network, tokenizer = new_network(taxonomy, first), fast_tokenizer(first.encoder)
    vectors = mean_vectors(network, tokenizer, texts, first.max_tokens)
    weight, offset = linear_head(vectors, targets(learn, taxonomy), layout(taxonomy), first)
    start_head(network, learn, taxonomy, first, tokenizer)
    found = score(network, tokenizer, texts, first.max_tokens)
    assert np.allclose(found, vectors @ weight.T + offset, atol=1e-3)
    said = [plain_labels(row, taxonomy) for row in found]
    right = [each["kind"] == [message.kind] for each, message in zip(said, learn, strict=True)]
    assert sum(right) > 0.9 * len(right)


def test_what_all_rows_say_or_none_says_is_not_learnt(taxonomy: Taxonomy, recipe: ClassifierRecipe) -> None:
    columns = layout(taxonomy)
    vectors = np.random.default_rng(0).normal(size=(12, 5)).astype(np.float32)
    wanted = np.zeros((12, columns[-1].stop), np.float32)
    wanted[:, 0] = 1  # everything is of the first kind
    wanted[:6, columns[1].start] = 1
    wanted[:, columns[2].start : columns[2].stop] = UNLABELLED  # nobody said how urgent
    weight, offset = linear_head(vectors, wanted, columns, recipe.model_copy(update={"head_first": 1.0}))
    assert (weight[columns[0].start : columns[0].stop] == 0).all()
    assert offset[:2].tolist() == [SILENT, -SILENT]
    assert np.abs(weight[columns[1].start]).max() > 0
    assert offset[columns[1].start + 1] == -SILENT
    assert (weight[columns[2].start :] == 0).all()


def test_the_beginning_is_kept_where_fine_tuning_does_not_better_it(
    corpus: Path, recipe: ClassifierRecipe, taxonomy: Taxonomy, tmp_path: Path
) -> None:
    still = recipe.model_copy(
        update={
            "head_first": 1.0, "epochs": 1, "learning_rate": 0.0, "join_share": 0.0, "told_share": 0.0,
            "learning_rate_embeddings": 0.0, "learning_rate_heads": 0.0,
        }
    )  # fmt: skip
    messages = read_corpus(corpus)
    learn = [message for message in messages if message.split == "train"]
    began, tokenizer = new_network(taxonomy, still), fast_tokenizer(still.encoder)
    start_head(began, learn, taxonomy, still, tokenizer)
    fitted = fit(messages, taxonomy, still, tmp_path)
    assert torch.allclose(fitted.whole.weight, began.whole.weight, rtol=2e-3, atol=1e-4)
    assert (fitted.value == 0).all()


@pytest.mark.parametrize(
    ("rows", "epochs"), [(10, 20), (160, 20), (400, 16), (3_200, 3), (0, 20)], ids=str
)  # fmt: skip
def test_few_rows_are_shown_for_more_epochs(recipe: ClassifierRecipe, rows: int, epochs: int) -> None:
    own = recipe.model_copy(update={"epochs": 3, "batch": 16, "least_steps": 400, "most_epochs": 20})
    assert own.epochs_for(rows) == epochs
    assert recipe.epochs_for(rows) == recipe.epochs
