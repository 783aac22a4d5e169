"""What drift is told from: per message its language, week, labels, certainty and hashed words; never its text.

A word counts by its first letters, so that endings matter little, and stands in for itself as a number that a key makes
of it. The key comes from the store's secret and is saved nowhere: from a saved reference alone no word can be read.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
import unicodedata
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from data.taxonomy import Labels, Taxonomy, as_list
from data.whole import write_whole
from models.answer import Reason

STEM: Final = 5
"""Letters of a word that count."""
BITS: Final = 20
"""Words are told apart by so many bits: of ten thousand, one in a hundred shares its number with another."""
LONGEST: Final = 400
"""Words of a message that are looked at, so that no single message weighs much."""
UNTIMED: Final = -1
"""The week of messages that came at no known time."""
ABSTAINED: Final = "abstained"
_FORMAT: Final = 1
_WORD = re.compile(r"\w+")

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Measured:
    """One message: `flags` are its labels (`group.label`) and why it should be reviewed (`review.reason`)."""

    lang: str
    week: int
    model: str
    flags: frozenset[str]
    certainty: float
    """0 where the model abstained."""
    words: NDArray[np.uint32]


@dataclass(frozen=True)
class Rows:
    """Many messages: `flags` (messages × columns), `words` (messages × 2^BITS, 1 where a word occurs)."""

    columns: tuple[str, ...]
    lang: NDArray[np.str_]
    week: NDArray[np.int32]
    model: NDArray[np.str_]
    flags: NDArray[np.bool_]
    certainty: NDArray[np.float32]
    words: sparse.csr_matrix

    def __len__(self) -> int:
        return len(self.lang)

    def __getitem__(self, chosen: NDArray[Any]) -> Rows:
        """Keep the chosen rows (a mask, or their numbers)."""
        return replace(
            self, lang=self.lang[chosen], week=self.week[chosen], model=self.model[chosen], flags=self.flags[chosen],
            certainty=self.certainty[chosen], words=self.words[chosen],
        )  # fmt: skip


class Hasher:
    """Turns words into numbers with a key; keeps the numbers of the words that it has met."""

    def __init__(self, key: bytes) -> None:
        self._key = hashlib.sha256(b"drift" + key).digest()
        self._known: dict[str, int] = {}

    @property
    def fingerprint(self) -> str:
        """Tells one key from another, and nothing else of it."""
        return hashlib.sha256(b"fingerprint" + self._key).hexdigest()[:16]

    def __call__(self, text: str, lang: str) -> NDArray[np.uint32]:
        """List the numbers of the words of a text, each once. All numbers written in digits are one word."""
        words = _WORD.findall(unicodedata.normalize("NFC", text.lower()))[:LONGEST]
        stems = {"0" if any(c.isdigit() for c in word) else word[:STEM] for word in words}
        return np.array(sorted({self._number(f"{lang} {stem}") for stem in stems}), np.uint32)

    def _number(self, stem: str) -> int:
        if stem not in self._known:
            if len(self._known) > 1 << BITS:
                self._known.clear()
            digest = hashlib.blake2b(stem.encode("utf-8", "replace"), key=self._key, digest_size=4).digest()
            self._known[stem] = int.from_bytes(digest, "big") >> (32 - BITS)
        return self._known[stem]


def flags_of(labels: Labels, review: Iterable[str], certainty: float) -> frozenset[str]:
    """Name what was said of a message: its labels, the reasons for review, and whether the model abstained."""
    said = {f"{group}.{label}" for group, value in labels.items() for label in as_list(value)}
    said |= {f"review.{reason}" for reason in review}
    return frozenset(said | ({ABSTAINED} if certainty <= 0 else set()))


def columns_of(taxonomy: Taxonomy) -> tuple[str, ...]:
    """List the flags that are compared."""
    labels = [f"{group.id}.{label}" for group in taxonomy.groups for label in group.ids]
    return (*labels, *(f"review.{reason.value}" for reason in Reason), ABSTAINED)


def gather(measured: Sequence[Measured], columns: tuple[str, ...]) -> Rows:
    """Put messages in rows; flags that are no column are left out."""
    place = {name: i for i, name in enumerate(columns)}
    flags = np.zeros((len(measured), len(columns)), np.bool_)
    for row, one in enumerate(measured):
        flags[row, [place[name] for name in one.flags if name in place]] = True
    starts = np.cumsum([0, *(len(one.words) for one in measured)])
    words = np.concatenate([np.zeros(0, np.uint32), *(one.words for one in measured)])
    return Rows(
        columns=columns,
        lang=np.array([one.lang for one in measured], np.str_),
        week=np.array([one.week for one in measured], np.int32),
        model=np.array([one.model for one in measured], np.str_),
        flags=flags,
        certainty=np.array([one.certainty for one in measured], np.float32),
        words=_occurrences(words, starts),
    )


def save_rows(path: Path, rows: Rows, about: dict[str, Any]) -> None:
    """Write rows and what is known of them, whole or not at all; no text, no names, in no order of time."""
    order = np.random.default_rng(len(rows)).permutation(len(rows))
    kept = rows[order]
    buffer = io.BytesIO()
    np.savez_compressed(
        buffer, lang=kept.lang, week=kept.week, model=kept.model, flags=kept.flags, certainty=kept.certainty,
        words=kept.words.indices.astype(np.uint32), starts=kept.words.indptr.astype(np.int64),
        about=np.array(json.dumps({**about, "format": _FORMAT, "columns": rows.columns})),
    )  # fmt: skip
    write_whole(path, buffer.getvalue())


def load_rows(path: Path) -> tuple[Rows, dict[str, Any]]:
    """Read what `save_rows` wrote; raises `FileNotFoundError` or `ValueError`, which say what to do."""
    if not path.is_file():
        raise FileNotFoundError(f"there is no reference {path}: make one with --renew")
    try:
        with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as parts:
            about: dict[str, Any] = json.loads(str(parts["about"]))
            if about.pop("format") != _FORMAT:
                raise ValueError("another format")
            rows = Rows(
                tuple(about.pop("columns")), parts["lang"], parts["week"], parts["model"], parts["flags"],
                parts["certainty"], _occurrences(parts["words"], parts["starts"]),
            )  # fmt: skip
        lengths = {len(rows.lang), len(rows.week), len(rows.model), len(rows.flags), len(rows.certainty)}
        if lengths != {rows.words.shape[0]} or rows.flags.shape[1:] != (len(rows.columns),):
            raise ValueError("its parts do not fit together")
    except (OSError, EOFError, ValueError, KeyError, TypeError, AttributeError, zipfile.BadZipFile) as error:
        told = f"{path} is no reference that this version reads ({type(error).__name__}): make one with --renew"
        raise ValueError(told) from error
    return rows, about


def _occurrences(words: NDArray[Any], starts: NDArray[Any]) -> sparse.csr_matrix:
    ones = np.ones(len(words), np.float32)
    return sparse.csr_matrix((ones, words.astype(np.int32), starts), shape=(len(starts) - 1, 1 << BITS))
