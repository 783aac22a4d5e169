"""`python -m training names`: fit the tagger of names, with thresholds and figures from folds that it did not learn."""

from __future__ import annotations

import argparse
import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from zlib import crc32

from data.corpus import CORPUS
from data.redaction.kinds import Kind
from data.redaction.measuring import IDENTIFIERS, SET, Marked, Score
from data.redaction.names import tagger as shipped
from data.redaction.names.tagger import Tagger
from data.redaction.names.vocabulary import LANGUAGES
from training.names import FOLDS, THRESHOLDS, choose, count_words, fit, lines, names_of, read_marked

_log = logging.getLogger("training")
_EVERYWHERE = dict.fromkeys((*LANGUAGES, shipped.OTHERS), 0.5)


def add_names(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the program's."""
    names = commands.add_parser("names", help="fit the tagger of people's names from marked messages (a minute)")
    names.add_argument("--set", type=Path, default=SET, help="folder with {language}.jsonl and sentences/")
    names.add_argument("--corpus", type=Path, default=CORPUS, help="folder whose words are counted")
    names.add_argument("--output", type=Path, default=Path(shipped.__file__).with_name(shipped.WEIGHTS))
    names.set_defaults(run=run_names)


def run_names(given: argparse.Namespace) -> int:
    """Choose the thresholds by cross-validation, fit on all and write the file; returns the exit status."""
    messages = read_marked(given.set)
    vocabulary = count_words(given.corpus)
    folds = [[one for one in messages if fold_of(one) == fold] for fold in range(FOLDS)]
    parts = [lines(fold, vocabulary) for fold in folds]
    taggers = [fit([*parts[:fold], *parts[fold + 1 :]], vocabulary, _EVERYWHERE) for fold in range(FOLDS)]
    thresholds = {}
    for language in LANGUAGES:
        scores = cross_validated(folds, taggers, language)
        thresholds[language] = choose(scores)
        _log.info("%s", _line(language, thresholds[language], scores[thresholds[language]]))
    fit(parts, vocabulary, names_of(thresholds)).save(given.output)
    _log.info("%s: %d bytes", given.output.name, given.output.stat().st_size)
    return 0


def fold_of(message: Marked) -> int:
    """Give the fold of a message, by its name alone."""
    return crc32(message.id.encode()) % FOLDS


def cross_validated(
    folds: Sequence[Sequence[Marked]], taggers: Sequence[Tagger], language: str
) -> Mapping[float, Score]:
    """Score whole messages of a language at every threshold, each by the tagger that did not learn from its fold."""
    scores = {threshold: Score() for threshold in THRESHOLDS}
    for fold, tagger in zip(folds, taggers, strict=True):
        read = [(message, message.read()) for message in fold if message.lang == language]
        for threshold, score in scores.items():
            strict = replace(tagger, thresholds=dict.fromkeys(_EVERYWHERE, threshold))
            for message, (text, items) in read:
                if message.split != "sentence":
                    score.add(text, items, language, strict)
    return scores


def _line(language: str, threshold: float, score: Score) -> str:
    return (
        f"{language}: from {threshold} on; not learnt from, names {score.recall(Kind.NAME):.3f}"
        f" ({score.found[Kind.NAME]}/{score.wanted[Kind.NAME]}), identifiers {score.recall(*IDENTIFIERS):.3f},"
        f" precision {score.precision:.3f} ({score.right}/{score.taken}), {score.leak(Kind.NAME):.1%} of names left"
    )
