"""Measure an encoder where its languages meet: topics learnt in English, retrieval, careless typing, pieces a word.

SIB-200 (Adelani et al. 2024, arXiv 2309.07445): 1,004 parallel sentences with seven topics. No encoder is trained on
them; the topic classifier sees the English training split.
"""

from __future__ import annotations

import json
import lzma
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sentence_transformers import SentenceTransformer
from sklearn.linear_model import LogisticRegression
from tokenizers import Tokenizer

from training.careless import add_typos, strip_diacritics
from training.parallel import Pair
from training.tokenizer import fertility

Matrix = NDArray[np.float32]
Split = dict[str, list[tuple[str, str]]]
"""(text, topic) rows by split, in the same order in every language."""

OWN_COSINE = "own sentences, cosine to the teacher's English"
PARTS = ("train", "dev", "test")


@dataclass(frozen=True)
class Row:
    """One figure: which encoder and language, what was measured, and how it came out."""

    encoder: str
    language: str
    figure: str
    value: float


def read_sib200(folder: Path, languages: Sequence[str]) -> dict[str, Split]:
    """Read SIB-200; raises `FileNotFoundError` where it is not at hand."""
    found: dict[str, Split] = {}
    for language in languages:
        found[language] = {}
        for part in PARTS:
            path = folder / "labelled" / "benchmark" / "sib200" / f"{language}.{part}.jsonl.xz"
            with lzma.open(path, "rt", encoding="utf-8") as lines:
                rows = [json.loads(line) for line in lines]
            found[language][part] = [(row["text"], row["label"]) for row in rows]
    return found


def carelessness(seed: int = 7) -> dict[str, Callable[[str], str]]:
    """Name the ways of typing that are measured, each a change of the text."""
    dice = random.Random(seed)
    return {
        "as written": lambda text: text,
        "no diacritics": strip_diacritics,
        "upper case": str.upper,
        "lower case": str.lower,
        "one typo in ten words": lambda text: add_typos(text, dice),
    }


def measure(encoder: Path, name: str, data: Mapping[str, Split], languages: Sequence[str]) -> list[Row]:
    """Every figure of one encoder in the given languages."""
    model = SentenceTransformer(str(encoder), device="cpu").float()

    def vectors(texts: Sequence[str]) -> Matrix:
        found: Matrix = model.encode(list(texts), batch_size=64, normalize_embeddings=True)
        return found

    english = data["en"]
    classifier = _topic_classifier(
        vectors([text for text, _ in english["train"]]), [topic for _, topic in english["train"]],
        vectors([text for text, _ in english["dev"]]), [topic for _, topic in english["dev"]],
    )  # fmt: skip
    every = {language: [text for part in PARTS for text, _ in data[language][part]] for language in languages}
    english_vectors = vectors(every["en"])
    rows: list[Row] = []
    for language in languages:
        texts, topics = zip(*data[language]["test"], strict=True)
        for way, change in carelessness().items():
            if language == "en" and way == "no diacritics":
                continue
            accuracy = classifier.score(vectors([change(text) for text in texts]), topics)
            rows.append(Row(name, language, f"SIB-200 topic accuracy, {way}", float(accuracy)))
        if language != "en":
            nearest = (vectors(every[language]) @ english_vectors.T).argmax(axis=1)
            recall = float((nearest == np.arange(len(nearest))).mean())
            rows.append(Row(name, language, "SIB-200 retrieval R@1 into English (1,004)", recall))
        pieces = Tokenizer.from_file(str(encoder / "tokenizer.json"))
        pieces.no_padding()
        pieces.no_truncation()
        rows.append(Row(name, language, "pieces per word", fertility(pieces, every[language])))
    return rows


def measure_own(encoder: Path, name: str, teacher: Path, pairs: Mapping[str, Sequence[Pair]]) -> list[Row]:
    """Measure retrieval into English and cosine to the teacher on our own sentences kept for measuring.

    `pairs` are translation pairs by language, the same English sentences in the same order.
    """
    student = SentenceTransformer(str(encoder), device="cpu").float()
    english = [pair.english for pair in next(iter(pairs.values()))]
    taught = SentenceTransformer(str(teacher), device="cpu").float().encode(english, normalize_embeddings=True)
    into = student.encode(english, normalize_embeddings=True)
    rows = [Row(name, "en", OWN_COSINE, float((into * taught).sum(axis=1).mean()))]
    for language, own in pairs.items():
        vectors = student.encode([pair.other for pair in own], normalize_embeddings=True)
        recall = float(((vectors @ into.T).argmax(axis=1) == np.arange(len(own))).mean())
        rows.append(Row(name, language, f"own sentences, retrieval R@1 into English ({len(own)})", recall))
        rows.append(Row(name, language, OWN_COSINE, float((vectors * taught).sum(axis=1).mean())))
    return rows


def as_table(rows: Sequence[Row], languages: Sequence[str]) -> str:
    """One line per figure and encoder, one column per language."""
    lines = ["| figure | encoder | " + " | ".join(languages) + " |", "|---|---|" + "---|" * len(languages)]
    values = {(row.figure, row.encoder, row.language): row.value for row in rows}
    for figure in dict.fromkeys(row.figure for row in rows):
        for encoder in dict.fromkeys(row.encoder for row in rows):
            cells = [values.get((figure, encoder, language)) for language in languages]
            if any(cell is not None for cell in cells):
                shown = " | ".join("" if cell is None else f"{cell:.3f}" for cell in cells)
                lines.append(f"| {figure} | {encoder} | {shown} |")
    return "\n".join(lines) + "\n"


def _topic_classifier(
    learn: Matrix, topics: Sequence[str], check: Matrix, checked: Sequence[str]
) -> LogisticRegression:
    """Fit the logistic regression whose strength does best on the English development split."""
    fitted = [LogisticRegression(C=c, max_iter=2000).fit(learn, topics) for c in (1, 3, 10, 30, 100)]
    return max(fitted, key=lambda one: float(one.score(check, checked)))
