"""What one would pick instead: TF-IDF and a linear classifier per label, trained on the same rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.pipeline import FeatureUnion
from sklearn.svm import LinearSVC

from data.message import Message
from data.taxonomy import Taxonomy, as_list
from models.layout import layout
from training.targets import UNLABELLED, targets

Said = dict[str, list[str]]
Features: TypeAlias = Any
"""A matrix (texts × features), sparse or dense."""


def tfidf_features() -> FeatureUnion:
    """Words 1–2 and characters within words 2–5, weighted by TF-IDF with sublinear counts."""
    return FeatureUnion(
        [
            ("words", TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, min_df=1)),
            ("characters", TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True, min_df=2)),
        ]
    )


def tfidf_answers(learn: Sequence[Message], asked: Sequence[str], taxonomy: Taxonomy) -> list[Said]:
    """Train on `learn` (balanced class weights) and answer each asked text."""
    features = tfidf_features()
    known = features.fit_transform([message.text for message in learn])
    return linear_answers(known, features.transform(asked), learn, taxonomy)


def linear_answers(known: Features, unknown: Features, learn: Sequence[Message], taxonomy: Taxonomy) -> list[Said]:
    """Answer each row of `unknown` by linear classifiers fitted on `known`, the features of `learn` (rows alike).

    Each group is learnt from the messages that have a label for it.
    """
    wanted = targets(learn, taxonomy)
    answers: list[Said] = [{} for _ in range(unknown.shape[0])]
    for columns in layout(taxonomy):
        for answer in answers:
            answer[columns.group] = []
        rows = np.flatnonzero(wanted[:, columns.start] != UNLABELLED).tolist()
        if not rows:
            continue
        if columns.mode == "many":
            for i, label in enumerate(columns.labels):
                true = wanted[rows, columns.start + i] == 1
                said = _linear(known[rows], true, unknown) if true.any() else np.zeros(len(answers), bool)
                for answer, yes in zip(answers, said, strict=True):
                    answer[columns.group] += [label] if yes else []
        else:
            true = np.array([as_list(learn[row].labels[columns.group])[0] for row in rows])
            for answer, label in zip(answers, _linear(known[rows], true, unknown), strict=True):
                answer[columns.group] = [str(label)]
    return answers


def _linear(known: Features, true: np.ndarray, unknown: Features) -> np.ndarray:
    if len(set(true.tolist())) < 2:
        return np.full(unknown.shape[0], true[0])
    return np.asarray(LinearSVC(C=0.5, class_weight="balanced").fit(known, true).predict(unknown))
