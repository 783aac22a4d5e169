"""Distillation on toy text: a stand-in teacher, three toy languages, a fifth one added by the recipe alone."""

from __future__ import annotations

import json
import lzma
import random
from pathlib import Path

import numpy as np
import pytest
import torch
from sentence_transformers import SentenceTransformer
from tokenizers import Tokenizer

from training.alignment import bag, lexical_start, ridge_start
from training.distil import distil, draw_pool, prepare_lessons
from training.measured import held_out
from training.parallel import kept_apart, read_own_pairs, read_pairs
from training.recipe import EncoderRecipe, TaskSource, TasksRecipe, read_encoder_recipe
from training.tasks import Tasks
from training.teacher import load_teacher
from training.tokenizer import fertility

ENGLISH = [
    "water",
    "is",
    "cold",
    "the",
    "bill",
    "wrong",
    "my",
    "phone",
    "broken",
    "late",
    "train",
    "very",
    "we",
    "wait",
]


def in_toy(language: str, sentence: str) -> str:
    """Write an English sentence in a toy language: every word reversed, with an ending of the language's own."""
    return " ".join(word[::-1] + {"fi": "a", "vi": "u", "es": "o", "eo": "aj"}[language] for word in sentence.split())


def sentences(count: int, seed: int) -> list[str]:
    dice = random.Random(seed)
    return [" ".join(dice.choices(ENGLISH, k=dice.randint(3, 7))) for _ in range(count)]


@pytest.fixture(scope="module")
def text(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("text")
    (folder / "parallel").mkdir()
    (folder / "labelled" / "benchmark" / "sib200").mkdir(parents=True)
    (folder / "labelled" / "open").mkdir(parents=True)
    for language in ("fi", "vi", "es", "eo"):
        rows = [(en, in_toy(language, en), "ours") for en in sentences(400, 1)]
        rows += [(en, in_toy(language, en), "held") for en in sentences(30, 2)]
        rows += [(en, in_toy(language, en), "forbidden") for en in sentences(30, 3)]
        with lzma.open(folder / "parallel" / f"en-{language}.tsv.xz", "wt", encoding="utf-8") as out:
            out.writelines("\t".join(row) + "\n" for row in rows)
    (folder / "labelled" / "open" / "moods").mkdir()
    with lzma.open(folder / "labelled/open/moods/en.jsonl.xz", "wt", encoding="utf-8") as out:
        for sentence in sentences(60, 4):
            moods = [mood for mood, word in (("sad", "broken"), ("calm", "water")) if word in sentence] or ["none"]
            out.write(json.dumps({"text": sentence, "lang": "en", "labels": moods}) + "\n")
    with lzma.open(folder / "labelled/benchmark/sib200/en.test.jsonl.xz", "wt", encoding="utf-8") as out:
        out.write(json.dumps({"text": sentences(400, 1)[0]}) + "\n")
    return folder


@pytest.fixture(scope="module")
def toy_recipe(tiny_encoder: Path) -> EncoderRecipe:
    recipe = read_encoder_recipe()
    return recipe.model_copy(
        update={
            "start": None,
            "variations": None,
            "teacher_package": str(tiny_encoder),
            "languages": ["fi", "vi", "es", "eo", "en"],
            "sources": [recipe.sources[0].model_copy(update={"pattern": "ours", "weight": 1.0})],
            "validation_source": "held",
            "tokenizer": recipe.tokenizer.model_copy(
                update={
                    "vocabulary": 200,
                    "characters": 40000,
                    "share": {language: 0.2 for language in ("fi", "vi", "es", "eo", "en")},
                }
            ),
            "tasks": TasksRecipe(
                from_step=6,
                batch=8,
                max_tokens=16,
                weight=0.1,
                scale=4.0,
                learning_rate=1e-2,
                sets=[TaskSource(task="mood", pattern="moods", field="labels", chance=1.0, licence="ours")],
            ),
            "distil": recipe.distil.model_copy(
                update={
                    "steps": 40,
                    "batch": 32,
                    "pool": 4,
                    "max_tokens": 32,
                    "share": {language: 0.2 for language in ("fi", "vi", "es", "eo", "en")},
                    "validate_every": 20,
                    "warmup": 5,
                    "learning_rate_embeddings": 1e-2,
                    "learning_rate_body": 1e-3,
                }
            ),
        }
    )


def test_a_fifth_language_is_learnt_by_the_recipe_alone(text: Path, toy_recipe: EncoderRecipe, tmp_path: Path) -> None:
    distil(toy_recipe, text, tmp_path / "build", tmp_path / "encoder", own=tmp_path)
    curve = [json.loads(line) for line in (tmp_path / "build" / "curve.jsonl").read_text().splitlines()]
    assert [point["step"] for point in curve] == [20, 40]
    assert curve[-1]["eo_cos"] > 0.9
    model = SentenceTransformer(str(tmp_path / "encoder"), device="cpu")
    vectors = model.encode(["water is cold", in_toy("eo", "water is cold"), in_toy("eo", "my phone broken")])
    assert vectors.shape == (3, 32)
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1, abs=1e-2)
    assert vectors[0] @ vectors[1] > vectors[0] @ vectors[2]


def test_a_cut_run_goes_on_where_it_was(text: Path, toy_recipe: EncoderRecipe, tmp_path: Path) -> None:
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    always = toy_recipe.distil.model_copy(update={"steps": 12, "checkpoint_minutes": 0.0})
    recipe = toy_recipe.model_copy(update={"distil": always})
    distil(recipe, text, whole, tmp_path / "a", own=tmp_path)
    distil(recipe, text, cut, tmp_path / "b", own=tmp_path)
    saved = torch.load(cut / "checkpoint.pt", weights_only=True)
    assert saved["step"] == 12
    distil(recipe, text, cut, tmp_path / "b", own=tmp_path)  # nothing is left to do, and nothing changes
    first, second = (SentenceTransformer(str(tmp_path / name), device="cpu").encode(["water"]) for name in "ab")
    assert first == pytest.approx(second, abs=1e-2)


def test_what_a_test_holds_is_never_learnt(text: Path, toy_recipe: EncoderRecipe) -> None:
    held = kept_apart(text, toy_recipe)
    pairs = read_pairs(text, "fi", toy_recipe, held)
    english = {pair.english for pair in pairs}
    assert english
    assert english.isdisjoint(sentences(30, 2)), "validation sentences"
    assert english.isdisjoint(sentences(30, 3)), "sentences of a source that the recipe does not name"
    assert sentences(400, 1)[0] not in english, "a sentence of SIB-200"


def test_a_pool_depends_on_seed_and_number_alone(text: Path, toy_recipe: EncoderRecipe, tmp_path: Path) -> None:
    held = kept_apart(text, toy_recipe)
    pairs = {language: read_pairs(text, language, toy_recipe, held) for language in toy_recipe.foreign}
    lessons = prepare_lessons(toy_recipe, load_teacher(toy_recipe.teacher_package), pairs, tmp_path)
    tokenizer = Tokenizer.from_file(str(Path(toy_recipe.teacher_package) / "tokenizer.json"))
    one, again, other = (draw_pool(lessons, toy_recipe, tokenizer, number) for number in (3, 3, 4))
    assert all((a[2] == b[2]).all() and torch.equal(a[0], b[0]) for a, b in zip(one, again, strict=True))
    assert any((a[2] != b[2]).any() for a, b in zip(one, other, strict=True))
    assert all(mask.sum() > 0.6 * mask.numel() for _, mask, _ in one), "batches are of like length"


def test_held_out_texts_of_a_task_are_never_drawn(text: Path, toy_recipe: EncoderRecipe) -> None:
    assert toy_recipe.tasks
    tasks = Tasks(text / "labelled" / "open", toy_recipe.tasks, width=32, seed=1)
    drawn = {sentence for step in range(60) for sentence in tasks.draw(step).texts}
    kept = {sentence for sentence in sentences(60, 4) if held_out(sentence)}
    assert kept
    assert drawn
    assert drawn.isdisjoint(kept)
    lesson, again = tasks.draw(3), tasks.draw(3)
    assert lesson.texts == again.texts
    assert lesson.wanted.sum(axis=1) == pytest.approx(1.0)


def test_a_missing_task_is_told_by_name(text: Path, toy_recipe: EncoderRecipe) -> None:
    assert toy_recipe.tasks
    source = toy_recipe.tasks.sets[0].model_copy(update={"pattern": "nowhere"})
    with pytest.raises(FileNotFoundError, match="nowhere"):
        Tasks(text / "labelled" / "open", toy_recipe.tasks.model_copy(update={"sets": [source]}), width=32, seed=1)


def test_words_start_beside_their_translations() -> None:
    english = [[0, 1], [0, 2], [3, 1], [3, 2], [0, 4], [3, 4]] * 5
    toy = [[10 + piece for piece in row] for row in english]
    embeddings = np.eye(5, 8, dtype=np.float32)
    student, teacher = bag(toy, 20), bag(english, 5)
    start = lexical_start(student, teacher, embeddings)
    moved = ridge_start(student, teacher, embeddings, start, penalty=1.0)
    for table in (start, moved):
        for piece in range(5):
            assert int((table[10 + piece] @ embeddings.T).argmax()) == piece
    assert np.linalg.norm(moved[10:15], axis=1) == pytest.approx(np.linalg.norm(start[10:15], axis=1), rel=1e-4)


def test_own_sentences_have_every_language() -> None:
    folder = Path(__file__).parents[2] / "data" / "parallel"
    for language in ("fi", "vi", "es"):
        pairs = read_own_pairs(folder, language, weight=1.0)
        assert len(pairs) >= 400
        assert all(pair.english.strip() and pair.other.strip() for pair in pairs)


def test_fertility_counts_pieces_per_word(tiny_encoder: Path) -> None:
    tokenizer = Tokenizer.from_file(str(tiny_encoder / "tokenizer.json"))
    assert 1 <= fertility(tokenizer, ["water, drips!"]) <= 6
