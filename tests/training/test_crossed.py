"""Few rows are all learnt from, and judged by heads that did not see them."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from data.corpus import read_corpus
from data.message import Message
from data.taxonomy import Taxonomy
from models.registry import SHIPPED
from training.champion import CHECKPOINT, find_champion
from training.crossed import CROSSED, Crossed, fit_crossed, is_crossed, read_crossed
from training.fit import WEIGHTS, fast_tokenizer, load_network, new_network, save_network, score
from training.recipe import ClassifierRecipe, WideRecipe
from training.trial import trial


@pytest.fixture
def few(corpus: Path) -> list[Message]:
    """The toy corpus, with nothing put aside to calibrate with."""
    messages = read_corpus(corpus)
    return [m.model_copy(update={"split": "train"}) if m.split == "calibration" else m for m in messages]


@pytest.fixture
def head_alone(recipe: ClassifierRecipe) -> ClassifierRecipe:
    return recipe.model_copy(update={"head_first": 1.0, "wide": WideRecipe(bits=10, strength=0.5)})


def test_each_row_is_judged_by_a_head_that_did_not_see_it(
    few: list[Message], head_alone: ClassifierRecipe, taxonomy: Taxonomy, tmp_path: Path
) -> None:
    assert is_crossed(few)
    learn = [message for message in few if message.split == "train"]
    # the kind is drawn by lot: a head that saw a row may know it, one that did not cannot
    dice = random.Random(3)
    odd = [message.model_copy(update={"kind": dice.choice(["chat", "fault"])}) for message in learn]
    loose = head_alone.model_copy(update={"head_first": 100.0})
    network, crossed = fit_crossed(odd, taxonomy, loose, tmp_path)
    seen = score(network, fast_tokenizer(loose.encoder), [m.text for m in odd], loose.max_tokens)
    kinds = taxonomy.ids("kind")
    true = np.array([kinds.index(str(message.kind)) for message in odd])

    def right(scores: np.ndarray) -> float:
        return float((scores[:, : len(kinds)].argmax(axis=1) == true).mean())

    assert right(seen) > right(crossed.network) + 0.1


def test_the_network_and_the_scores_are_read_back(
    few: list[Message], head_alone: ClassifierRecipe, taxonomy: Taxonomy, tmp_path: Path
) -> None:
    network, crossed = fit_crossed(few, taxonomy, head_alone, tmp_path)
    found = read_crossed(tmp_path / CROSSED)
    assert crossed.wide is not None
    assert found.wide is not None
    assert (found.network == crossed.network).all()
    assert (found.wide == crossed.wide).all()
    tokenizer, texts = fast_tokenizer(head_alone.encoder), [few[0].text]
    again = load_network(taxonomy, head_alone, tmp_path)
    assert np.allclose(score(network, tokenizer, texts, 64), score(again, tokenizer, texts, 64), atol=1e-5)
    Crossed(crossed.network, None).save(tmp_path / "alone")
    assert read_crossed(tmp_path / "alone").wide is None


def test_a_trial_answers_without_a_calibration_split(
    few: list[Message], head_alone: ClassifierRecipe, taxonomy: Taxonomy
) -> None:
    asked = [message for message in few if message.split == "gold"]
    said = trial(few, taxonomy, head_alone)
    assert sum(given["kind"] == [m.kind] for given, m in zip(said, asked, strict=True)) > 0.9 * len(asked)


def test_without_a_first_head_there_is_nothing_to_cross(
    few: list[Message], recipe: ClassifierRecipe, taxonomy: Taxonomy, tmp_path: Path
) -> None:
    with pytest.raises(ValueError, match="head_first"):
        fit_crossed(few, taxonomy, recipe.model_copy(update={"head_first": 0.0}), tmp_path)
    with pytest.raises(ValueError, match="'train'"):
        fit_crossed([], taxonomy, recipe, tmp_path)


def test_half_of_a_fitted_body_is_mixed_into_the_encoder(
    recipe: ClassifierRecipe, taxonomy: Taxonomy, tmp_path: Path
) -> None:
    plain, fitted = new_network(taxonomy, recipe), new_network(taxonomy, recipe)
    with torch.no_grad():
        for parameter in fitted.parameters():
            parameter.add_(1.0)
    save_network(fitted, tmp_path)
    leaning = new_network(taxonomy, recipe.model_copy(update={"leans_on": str(tmp_path)}))
    for own, mixed in zip(plain.encoder.parameters(), leaning.encoder.parameters(), strict=True):
        assert torch.allclose(mixed, own + 0.5, atol=2e-3)


def test_a_body_of_another_encoder_is_refused(recipe: ClassifierRecipe, taxonomy: Taxonomy, tmp_path: Path) -> None:
    save_file({"encoder.embeddings.LayerNorm.weight": torch.ones(3)}, str(tmp_path / WEIGHTS))
    with pytest.raises(ValueError, match="was not fitted on this encoder"):
        new_network(taxonomy, recipe.model_copy(update={"leans_on": str(tmp_path)}))


def test_the_network_of_the_shipped_version_lies_beside_it() -> None:
    champion = find_champion(SHIPPED, [])
    assert champion.checkpoint is not None
    assert champion.checkpoint == SHIPPED.parent / CHECKPOINT
