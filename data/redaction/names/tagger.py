"""The learnt half of finding names: with which chance a word is part of one, by weights over clues.

It knows no more than the rules, but weighs: what the rules miss because no single reason is enough, and what they take
although much speaks against it. Fitted by `python -m training names`; numpy alone reads it.
"""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.resources import files
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from data.redaction.names.clues import buckets
from data.redaction.names.look import Codes, looks
from data.redaction.names.triggers import Trigger
from data.redaction.names.vocabulary import LANGUAGES, Vocabulary
from data.redaction.names.words import MOST, Run, Words
from data.whole import write_whole

Chances = NDArray[np.float32]

WEIGHTS = "learnt.npz"
"""The fitted tagger, beside this module."""
OTHERS = "others"
"""Whose threshold holds in a text of unknown or another language."""
DOUBT = 0.1
"""What the rules found is given up where no word of it has this chance."""


class TaggerError(ValueError):
    """A file of weights is damaged or not one; the message names it."""


@dataclass(frozen=True)
class Tagger:
    """Weights of 2^n buckets, the corpus' vocabulary, and from which chance on a word is part of a name."""

    weights: NDArray[np.float32]
    vocabulary: Vocabulary
    thresholds: Mapping[str, float]

    @property
    def bits(self) -> int:
        return len(self.weights).bit_length() - 1

    @cached_property
    def _read(self) -> Callable[[str, str | None], Codes]:
        return looks(self.vocabulary)

    def chances(self, words: Words, triggers: Iterable[Trigger]) -> Chances:
        """Give the chance of every word of a text to be part of a person's name."""
        blocks = [self.weights[found].sum(axis=1) for found in self.buckets(words, triggers)]
        scores = np.concatenate(blocks) if blocks else np.zeros(0, np.float32)
        return np.asarray(1 / (1 + np.exp(-np.clip(scores, -30, 30))), np.float32)

    def buckets(self, words: Words, triggers: Iterable[Trigger]) -> Iterable[NDArray[np.int64]]:
        """Give the clues of every word, as buckets, block by block."""
        return buckets(words, triggers, self._read, self.bits)

    def threshold(self, language: str | None) -> float:
        return self.thresholds.get(language or OTHERS, self.thresholds[OTHERS])

    def save(self, path: Path) -> None:
        """Write the tagger, weights in half precision; the same tagger gives the same bytes. Raises `OSError`."""
        names = (*LANGUAGES, OTHERS)
        parts = {
            "weights": self.weights.astype(np.float16),
            "keys": self.vocabulary.keys,
            "levels": self.vocabulary.levels,
            "thresholds": np.array([self.thresholds[name] for name in names], np.float32),
        }
        written = io.BytesIO()
        np.savez_compressed(written, **parts)  # type: ignore[arg-type]
        write_whole(path, written.getvalue())


def load_tagger(content: bytes, name: str = WEIGHTS) -> Tagger:
    """Read what `save` wrote; checksums are looked at, nothing is unpickled. Raises `TaggerError`."""
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as parts:
            weights, keys, levels = parts["weights"], parts["keys"], parts["levels"]
            thresholds = parts["thresholds"]
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise TaggerError(f"{name} is no fitted tagger or damaged ({type(error).__name__}): fit it again") from None
    whole = (
        weights.ndim == 1
        and len(weights).bit_count() == 1
        and np.isfinite(weights).all()
        and keys.dtype == np.uint32
        and levels.dtype == np.uint8
        and keys.shape == levels.shape == (len(keys),)
        and thresholds.shape == (len(LANGUAGES) + 1,)
    )
    if not whole:
        raise TaggerError(f"the parts of {name} do not fit together: fit it again with python -m training names")
    named = dict(zip((*LANGUAGES, OTHERS), map(float, thresholds), strict=True))
    return Tagger(weights.astype(np.float32), Vocabulary(keys, levels), named)


@cache
def shipped() -> Tagger:
    """Read the tagger of the package, once."""
    return load_tagger(files("data.redaction.names").joinpath(WEIGHTS).read_bytes())


def may_hold_names(words: Words, triggers: Sequence[Trigger], vocabulary: Vocabulary) -> bool:
    """Tell whether a text is worth the tagger's time, though the rules found nothing.

    It is where a word has a capital that its place does not explain, or a word in small letters follows a phrase.
    """
    phrased = {after for _, _, _, after in triggers}
    for number, word in enumerate(words.all):
        if word.capital:
            if words.is_plain(word.text):
                continue
            if not words.begins_sentence(number) or not vocabulary.look_up(word.lower, words.language)[0]:
                return True
        elif number in phrased and not words.is_plain(word.text):
            return True
    return False


def runs_of(words: Words, chances: Chances, threshold: float) -> Iterator[Run]:
    """Give the runs of words that are likely enough to be names."""
    number = 0
    likely = [
        bool(chance >= threshold) and (word.capital or not words.is_plain(word.text))
        for chance, word in zip(chances, words.all, strict=True)
    ]
    while number < len(likely):
        last = number + 1
        if likely[number]:
            while last < len(likely) and last - number < MOST and likely[last] and not words.gap(last).strip(" .'-"):
                last += 1
            end = words.all[last - 1].end - 2 * words.all[last - 1].lower.endswith("'s")
            yield Run(number, last, words.all[number].start, end)
        number = last


def believed(runs: Sequence[Run], chances: Chances) -> list[Run]:
    """Keep of what the rules found the runs of which at least one word can be a name."""
    return [run for run in runs if chances[run.first : run.last].max() >= DOUBT]
