"""A small foreign taxonomy, a small corpus for it and a tiny random encoder, so that every stage runs in seconds."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import torch
import yaml
from transformers import BertConfig, BertModel

from data.corpus import write_messages
from data.message import SPLITS, Message
from data.taxonomy import Taxonomy, read_taxonomy
from training.__main__ import main
from training.recipe import ClassifierRecipe, TokenizerRecipe, read_classifier_recipe
from training.student import save_student
from training.tokenizer import train_tokenizer

WORDS = {
    "lift": "the lift is stuck again between floors",
    "roof": "water drips through the roof of the stairwell",
    "noise": "music from the flat above all night long",
}
EXTRA = ["please help", "since monday", "we wrote before", "thank you", "nobody came", "it is cold", "our building"]


def _named(id_: str, **rest: object) -> dict[str, object]:
    return {"id": id_, "name": {"en": id_, "es": id_}, **rest}


@pytest.fixture(scope="session")
def taxonomy_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A housing company's own taxonomy: other labels, and only three of the groups."""
    written = {
        "version": "housing-1",
        "languages": ["en", "es"],
        "groups": [
            {"id": "kind", "name": {"en": "Kind"}, "mode": "one", "labels": [_named("fault"), _named("chat")]},
            {
                "id": "themes",
                "name": {"en": "Theme"},
                "mode": "many",
                "evidence": True,
                "labels": [_named(label) for label in WORDS],
            },
            {
                "id": "urgency",
                "name": {"en": "Urgency"},
                "mode": "ordered",
                "labels": [
                    _named("whenever", respond_within_hours=100),
                    _named("soon", respond_within_hours=10),
                    _named("now", respond_within_hours=1),
                ],
            },
        ],
        "rules": [{"group": "kind", "labels": ["fault"], "needed": ["themes"]}],
    }
    path = tmp_path_factory.mktemp("taxonomy") / "housing.yaml"
    path.write_text(yaml.safe_dump(written), encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def taxonomy(taxonomy_file: Path) -> Taxonomy:
    return read_taxonomy(taxonomy_file)


@pytest.fixture(scope="session")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Sixty written-out messages about lifts, roofs and noise, twenty a split."""
    folder = tmp_path_factory.mktemp("corpus")
    for language in ("en", "es"):
        messages = []
        for number in range(90):
            theme = list(WORDS)[number % 3]
            text = f"{WORDS[theme]} {EXTRA[number % 7]} {EXTRA[(number * 3 + 1) % 7]} {number}"
            fault = number % 5 != 0
            messages.append(
                Message(
                    id=f"{language}-{number}",
                    text=text if fault else f"hello {EXTRA[number % 7]} {number}",
                    lang=language,
                    kind="fault" if fault else "chat",
                    themes=[theme] if fault else [],
                    urgency=("whenever", "soon", "now")[number % 3] if fault else "whenever",
                    group=f"{language}-{number}",
                    split=SPLITS[number // 3 % 3],
                )
            )
        write_messages(folder / language / "a.jsonl", messages)
    return folder


@pytest.fixture(scope="session")
def tiny_encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A random two-layer BERT of width 32 as a sentence-transformers folder."""
    folder = tmp_path_factory.mktemp("encoder") / "tiny"
    lines = [*WORDS.values(), *EXTRA, "hello"] * 4
    shares = TokenizerRecipe(vocabulary=150, share={"en": 1.0}, characters=20000, without_diacritics=0)
    tokenizer = train_tokenizer({"en": lines}, shares, seed=1)
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=tokenizer.get_vocab_size(),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=64,
    )
    save_student(BertModel(config, add_pooling_layer=False), tokenizer, folder, max_tokens=48)
    return folder


@pytest.fixture(scope="session")
def recipe(tiny_encoder: Path) -> ClassifierRecipe:
    changes = {
        "encoder": str(tiny_encoder),
        "max_tokens": 48,
        "epochs": 12,
        "patience": 12,
        "batch": 8,
        "learning_rate": 3e-3,
        "learning_rate_embeddings": 1e-2,
        "learning_rate_heads": 1e-2,
        "bare_share": 0.0,
        "typo_share": 0.0,
    }
    return read_classifier_recipe().model_copy(update=changes)


@pytest.fixture(scope="session")
def first(
    tmp_path_factory: pytest.TempPathFactory, corpus: Path, taxonomy_file: Path, recipe: ClassifierRecipe
) -> Path:
    """A folder with a champion and its network."""
    folder = tmp_path_factory.mktemp("first")
    (folder / "recipe.yaml").write_text(yaml.safe_dump(recipe.model_dump()), encoding="utf-8")
    warm = recipe.model_copy(update={"epochs": 4})
    (folder / "warm.yaml").write_text(yaml.safe_dump(warm.model_dump()), encoding="utf-8")
    hasty = recipe.model_copy(update={"epochs": 1})  # more of them, and the best on calibration would be chosen
    (folder / "hasty.yaml").write_text(yaml.safe_dump(hasty.model_dump()), encoding="utf-8")
    for stage in ("fit", "calibrate", "export"):
        assert main(
            [
                stage, "--recipe", str(folder / "recipe.yaml"), "--corpus", str(corpus),
                "--taxonomy", str(taxonomy_file), "--build", str(folder / "build"),
                "--home", str(folder / "versions"), "--version", "1",
            ]
        ) == 0  # fmt: skip
    return folder


@pytest.fixture
def folder(first: Path, tmp_path: Path) -> Path:
    shutil.copytree(first, tmp_path / "own")
    return tmp_path / "own"
