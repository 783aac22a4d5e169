"""Fit the tagger of names (`data.redaction.names.tagger`): logistic regression over the clues of marked messages."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.linear_model import LogisticRegression

from data.corpus import read_corpus
from data.redaction.folding import Folded, fold
from data.redaction.joining import join
from data.redaction.kinds import Found, Kind
from data.redaction.measuring import Marked, Score, read_set
from data.redaction.names import by_rules
from data.redaction.names.tagger import OTHERS, Tagger
from data.redaction.names.triggers import Trigger, find_triggers
from data.redaction.names.vocabulary import LANGUAGES, Vocabulary, make_vocabulary
from data.redaction.names.words import Words
from data.redaction.offsets import replace
from data.redaction.redactor import without_numbers

BITS = 16
"""2^16 weights of two bytes each."""
FOLDS = 5
STRENGTH = 0.3
"""Inverse of the penalty on squared weights."""
SENTENCE, UNTOLD, REDACTED = 0.7, 0.3, 0.5
"""What a word counts in a single sentence, in a message of unknown language, and beside names taken out already."""
PRECISION = 0.975
"""Of all that is taken out, what must be personal data at a language's threshold, measured on folds not learnt from."""
THRESHOLDS = (0.35, 0.4, 0.45, 0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9)


@dataclass(frozen=True)
class Example:
    """The words of a text, which are names, and how much each counts."""

    words: Words
    triggers: Sequence[Trigger]
    named: NDArray[np.bool_]
    weight: NDArray[np.float64]


@dataclass(frozen=True)
class Lines:
    """Clues of the words of some messages as a sparse matrix, with the answer and weight of each."""

    clues: sparse.csr_matrix
    named: NDArray[np.bool_]
    weight: NDArray[np.float64]


def read_marked(folder: Path) -> list[Marked]:
    r"""Read what may be learnt from: the `dev` split of a marked set, and its sentences, if any.

    `sentences/{language}.txt` holds a marked sentence a line, line breaks as `\\n`. Raises `MarkedSetError`, `OSError`.
    """
    messages = [message for message in read_set(folder) if message.split == "dev"]
    for language in LANGUAGES:
        file = folder / "sentences" / f"{language}.txt"
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines() if file.exists() else [], 1):
            marked = line.replace("\\n", "\n")
            messages.append(Marked(id=f"{language}-line-{number}", lang=language, split="sentence", marked=marked))
    return messages


def count_words(corpus: Path) -> Vocabulary:
    """Count in how many messages of the corpus' train split each word stands small, and with a capital of its own."""
    small: dict[str, Counter[str]] = {language: Counter() for language in LANGUAGES}
    capital: dict[str, Counter[str]] = {language: Counter() for language in LANGUAGES}
    for message in read_corpus(corpus, split="train"):
        words = Words(fold(message.text).text, message.lang)
        if words.shouted or message.lang not in small:
            continue
        numbered = list(enumerate(words.all))
        small[message.lang].update({word.text for _, word in numbered if not word.capital})
        capital[message.lang].update(
            {
                word.lower.removesuffix("'s")
                for number, word in numbered
                if word.capital and not words.begins_sentence(number)
            }
        )
    return make_vocabulary(small, capital)


def examples(message: Marked) -> Iterator[Example]:
    """Give the words of a message as they are read when it is redacted: at first, and with the rules' names gone."""
    text, items = message.read()
    whole = SENTENCE if message.split == "sentence" else 1.0
    yield _example(text, items, message.lang, whole)
    yield _example(text, items, None, whole * UNTOLD)
    if any(item.kind is Kind.NAME for item in items):
        yield _example(*_without_names(text, items, message.lang), message.lang, whole * REDACTED)


def _example(text: str, items: Sequence[Found], language: str | None, weight: float) -> Example:
    folded, read, _ = without_numbers(text, language)
    words = Words(read, language)
    kinds = [_kinds(folded.original(word.start, word.end), items) for word in words.all]
    named = np.array([Kind.NAME in found for found in kinds], bool)
    other = np.array([bool(found) and Kind.NAME not in found for found in kinds], bool)
    return Example(words, list(find_triggers(words)), named, np.where(other, 0.0, weight))


def _kinds(span: tuple[int, int], items: Sequence[Found]) -> set[Kind]:
    return {item.kind for item in items if span[0] < item.end and item.start < span[1]}


def _without_names(text: str, items: Sequence[Found], language: str) -> tuple[str, list[Found]]:
    """Take out what the rules find; gives the text and where in it the items are that were not found."""
    folded, read, found = without_numbers(text, language)
    words = Words(read, language)
    runs = by_rules(words, list(find_triggers(words)))
    spans = _originals(folded, join([*found, *(Found(Kind.NAME, run.start, run.end) for run in runs)]))
    redacted = replace(text, spans)
    left = [item for item in items if not any(one.start < item.end and item.start < one.end for one in spans)]
    return redacted.text, [Found(item.kind, *redacted.span(item.start, item.end)) for item in left]


def _originals(folded: Folded, found: Iterable[Found]) -> list[Found]:
    return [Found(item.kind, *folded.original(item.start, item.end)) for item in found]


def lines(messages: Iterable[Marked], vocabulary: Vocabulary) -> Lines:
    """Give the words of messages as lines to learn from; words of other personal data that was missed count nothing."""
    tagger = Tagger(np.zeros(1 << BITS, np.float32), vocabulary, {})
    found: list[NDArray[np.int64]] = []
    named: list[NDArray[np.bool_]] = []
    weight: list[NDArray[np.float64]] = []
    for message in messages:
        for example in examples(message):
            found += tagger.buckets(example.words, example.triggers)
            named.append(example.named)
            weight.append(example.weight)
    bucket = np.concatenate(found)
    rows, width = bucket.shape
    starts = np.arange(0, rows * width + 1, width)
    clues = sparse.csr_matrix((np.ones(rows * width, np.float32), bucket.ravel(), starts), shape=(rows, 1 << BITS))
    clues.sum_duplicates()
    return Lines(clues, np.concatenate(named), np.concatenate(weight))


def fit(parts: Sequence[Lines], vocabulary: Vocabulary, thresholds: Mapping[str, float]) -> Tagger:
    """Learn the weights, as they are saved: in half precision."""
    named, weight = (np.concatenate([getattr(part, name) for part in parts]) for name in ("named", "weight"))
    known = weight > 0
    clues = sparse.vstack([part.clues for part in parts], format="csr")[known]
    model = LogisticRegression(C=STRENGTH, fit_intercept=False, max_iter=100, tol=1e-3)
    model.fit(clues, named[known], sample_weight=weight[known])
    weights = model.coef_[0].astype(np.float16).astype(np.float32)
    return Tagger(weights, vocabulary, dict(thresholds))


def choose(scores: Mapping[float, Score]) -> float:
    """Choose the lowest threshold whose precision is enough; where none is, the one with the highest."""
    enough = [threshold for threshold, score in scores.items() if score.precision >= PRECISION]
    return min(enough) if enough else max(scores, key=lambda threshold: (scores[threshold].precision, threshold))


def names_of(thresholds: Mapping[str, float]) -> dict[str, float]:
    """Give the thresholds with that of other languages, which nothing is known of: the most careful one."""
    return {**thresholds, OTHERS: max(thresholds.values())}
