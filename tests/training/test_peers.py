"""What one would pick instead learns the toy corpus and answers in the taxonomy's words."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from data.corpus import read_corpus
from data.taxonomy import Taxonomy
from training.baseline import tfidf_answers
from training.evaluate import compare
from training.peers import Peer, fasttext_answers, frozen_answers, setfit_answers
from training.recipe import ClassifierRecipe


@pytest.mark.parametrize("name", ["tfidf", "frozen", "fasttext", "setfit"])
def test_a_peer_learns_and_answers(name: str, corpus: Path, taxonomy: Taxonomy, recipe: ClassifierRecipe) -> None:
    if (package := {"fasttext": "floret", "setfit": "setfit"}.get(name)) and not importlib.util.find_spec(package):
        pytest.skip(f"{package} is not installed: pip install {package}")
    peer: Peer = {
        "tfidf": tfidf_answers,
        "frozen": lambda learn, asked, tax: frozen_answers(recipe.encoder, learn, asked, tax),
        "fasttext": fasttext_answers,
        "setfit": lambda learn, asked, tax: setfit_answers(recipe, learn, asked, tax, steps=2),
    }[name]
    messages = read_corpus(corpus)
    learn, gold = ([m for m in messages if m.split == split] for split in ("train", "gold"))
    said = peer(learn, [m.text for m in gold], taxonomy)
    assert len(said) == len(gold)
    for answer in said:
        for group in taxonomy.groups:
            assert set(answer[group.id]) <= set(group.ids)
    table = compare(gold, {name: said}, taxonomy)[name]
    for values in table.values():
        assert values["kind_macro_f1"] > 0.9
        assert values["themes_micro_f1"] > 0.9
