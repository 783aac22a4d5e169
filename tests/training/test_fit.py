from __future__ import annotations

from pathlib import Path

import pytest
import torch

from data.corpus import read_corpus
from data.taxonomy import Taxonomy
from training.fit import LengthBatches, fit, load_network, new_network, parameter_groups
from training.network import Network
from training.recipe import ClassifierRecipe


def test_batches_are_of_like_length_in_random_order() -> None:
    lengths = list(range(1, 321))
    sampler = LengthBatches(lengths, batch=16, seed=1)
    order = list(sampler)
    assert sorted(order) == list(range(320))
    batches = [[lengths[i] for i in order[at : at + 16]] for at in range(0, 320, 16)]
    means = [sum(batch) / 16 for batch in batches]
    assert means != sorted(means)
    assert means != sorted(means, reverse=True)
    assert all(max(batch) < 2 * min(batch) + 20 for batch in batches)


def test_an_epoch_has_an_order_of_its_own_and_keeps_it() -> None:
    sampler = LengthBatches([5, 9, 3, 7] * 20, batch=8, seed=1)
    first = list(sampler)
    assert first == list(sampler)
    sampler.set_epoch(1)
    assert first != list(sampler)


def test_lower_layers_learn_more_slowly(recipe: ClassifierRecipe, taxonomy: Taxonomy, tiny_encoder: Path) -> None:
    network = new_network(taxonomy, recipe)
    rates = {
        name: group["lr"]
        for (name, _), group in zip(network.named_parameters(), parameter_groups(network, recipe), strict=True)
    }
    first = next(rate for name, rate in rates.items() if "layer.0." in name)
    last = next(rate for name, rate in rates.items() if "layer.1." in name)
    assert first < last < rates["query"]


def test_fitting_needs_both_splits(corpus: Path, recipe: ClassifierRecipe, taxonomy: Taxonomy, tmp_path: Path) -> None:
    only = [message for message in read_corpus(corpus) if message.split == "gold"]
    with pytest.raises(ValueError, match="data check"):
        fit(only, taxonomy, recipe, tmp_path)


def test_a_fitted_network_is_read_back_as_it_was(
    corpus: Path, recipe: ClassifierRecipe, taxonomy: Taxonomy, tmp_path: Path
) -> None:
    short = recipe.model_copy(update={"epochs": 1})
    network: Network = fit(read_corpus(corpus), taxonomy, short, tmp_path).eval()
    again = load_network(taxonomy, short, tmp_path)
    ids, mask = torch.tensor([[2, 9, 8, 3]]), torch.ones(1, 4, dtype=torch.long)
    for one, other in zip(network(ids, mask), again(ids, mask), strict=True):
        assert torch.allclose(one, other, atol=1e-6)
    assert not (tmp_path / "checkpoints").exists()


def test_shares_add_up_to_the_scores(recipe: ClassifierRecipe, taxonomy: Taxonomy) -> None:
    network = new_network(taxonomy, recipe).eval()
    ids = torch.tensor([[2, 9, 8, 3], [2, 7, 3, 0]])
    mask = (ids != 0).long()
    scores, shares = network(ids, mask)
    whole = shares.sum(1) + network.whole.bias[network.evidence]
    assert torch.allclose(whole, scores[:, network.evidence], atol=1e-5)
    assert (shares[1, 3] == 0).all()
