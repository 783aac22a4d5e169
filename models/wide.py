"""The wide branch: what a text's very letters and words say, beside what the encoder understands.

Hashed character n-grams within words, words and pairs of words, weighted by TF-IDF, through one linear layer. It knows
names, slang and endings that the encoder has seen too seldom; the two err on different messages.
"""

from __future__ import annotations

import re
import unicodedata
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load_file, save_file

LENGTHS = (2, 3, 4, 5)
"""Characters in a character n-gram."""
_WORD = re.compile(r"\S+")
_CORE = re.compile(r"\w+")
_MIX = np.array([0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9, 0x27D4EB2F165667C5], np.uint64)

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Grams:
    """The features of a text: per occurrence its bucket and the word (by number) it stands in; and the words' offsets.

    Occurrences come in two blocks, characters (0) and words (1), told apart by `block`.
    """

    bucket: NDArray[np.int64]
    word: NDArray[np.int64]
    block: NDArray[np.int64]
    offsets: list[tuple[int, int]]


def grams(text: str, bits: int) -> Grams:
    """List the features of a text in 2^bits buckets."""
    offsets = [match.span() for match in _WORD.finditer(text)]
    words = [unicodedata.normalize("NFC", text[start:end].lower()) for start, end in offsets]
    shift = np.uint64(64 - bits)
    padded = "".join(f" {word} " for word in words)
    codes = np.frombuffer(padded.encode("utf-32-le", "replace"), np.uint32).astype(np.uint64) + np.uint64(1)
    owner = np.repeat(np.arange(len(words)), [len(word) + 2 for word in words])
    buckets: list[NDArray[np.uint64]] = []
    owners: list[NDArray[np.int64]] = []
    rolling = np.zeros(len(codes), np.uint64)
    for n in range(1, LENGTHS[-1] + 1):
        usable = len(codes) - n + 1
        if usable <= 0:
            break
        rolling = (rolling[:usable] ^ codes[n - 1 :]) * _MIX[0]
        rolling ^= rolling >> np.uint64(29)
        if n in LENGTHS:
            inside = owner[:usable] == owner[n - 1 :]
            buckets.append((rolling[inside] * _MIX[1]) >> shift)
            owners.append(owner[:usable][inside])
    characters = sum(len(part) for part in buckets)
    cores = [(i, zlib.crc32(core.encode("utf-8", "replace"))) for i, w in enumerate(words) for core in _CORE.findall(w)]
    hashes = np.array([value for _, value in cores], np.uint64)
    where = np.array([i for i, _ in cores], np.int64)
    buckets += [(hashes * _MIX[2]) >> shift, ((hashes[:-1] * _MIX[3] + hashes[1:]) * _MIX[2]) >> shift]
    owners += [where, where[:-1]]
    bucket = np.concatenate(buckets).astype(np.int64)
    block = (np.arange(len(bucket)) >= characters).astype(np.int64)
    return Grams(bucket, np.concatenate(owners).astype(np.int64), block, offsets)


@dataclass(frozen=True)
class Said:
    """What the wide branch makes of one text: scores (columns,), and what is needed to share them among its words."""

    scores: Floats
    grams: Grams
    weight: Floats

    @property
    def words(self) -> list[tuple[int, int]]:
        """Offsets of the text's words."""
        return self.grams.offsets


@dataclass(frozen=True)
class Wide:
    """A fitted wide branch: `rarity` (buckets,), 8-bit `table` (buckets × columns), `scale` and `offset` (columns,)."""

    rarity: Floats
    table: NDArray[np.int8]
    scale: Floats
    offset: Floats

    @property
    def bits(self) -> int:
        """The table has 2^bits buckets."""
        return len(self.rarity).bit_length() - 1

    def read(self, text: str) -> Said:
        """Score a text."""
        found = grams(text, self.bits)
        weight = weigh(found, self.rarity)
        scores = (weight @ self.table[found.bucket].astype(np.float32)) * self.scale + self.offset
        return Said(np.asarray(scores, dtype=np.float32), found, weight)

    def shares(self, said: Said, column: int) -> Floats:
        """Share the score of `column` among the words of the text (words,), the offset aside."""
        each = said.weight * self.table[said.grams.bucket, column] * self.scale[column]
        return np.bincount(said.grams.word, weights=each, minlength=len(said.words)).astype(np.float32)

    def save(self, path: Path) -> None:
        """Write as safetensors, the rarity in half precision."""
        rarity = self.rarity.astype(np.float16)
        save_file({"rarity": rarity, "table": self.table, "scale": self.scale, "offset": self.offset}, str(path))

    @classmethod
    def load(cls, path: Path) -> Wide:
        """Read what `save` wrote; raises `ValueError` if the parts do not fit together."""
        parts = load_file(str(path))
        wide = cls(parts["rarity"].astype(np.float32), parts["table"], parts["scale"], parts["offset"])
        if wide.table.shape != (len(wide.rarity), len(wide.scale)) or len(wide.rarity) != 1 << wide.bits:
            raise ValueError(f"{path} holds a table of {wide.table.shape} for {len(wide.rarity)} buckets")
        return wide


def weigh(found: Grams, rarity: Floats) -> Floats:
    """Weight of every occurrence: (1 + log count) × rarity, shared among its occurrences, each block of length 1."""
    key = found.bucket * 2 + found.block
    _, first, which, count = np.unique(key, return_index=True, return_inverse=True, return_counts=True)
    value = (1 + np.log(count)) * rarity[found.bucket[first]]
    block = found.block[first]
    norm = np.sqrt(np.bincount(block, weights=value * value, minlength=2))
    value = value / np.maximum(norm[block], 1e-9)
    return np.asarray((value / count)[which], dtype=np.float32)
