"""Texts as vectors of the multilingual encoder, which stays as it is."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np

from data.cleaning import clean
from training.emerging_fit import Floats

ENCODER: Final = str(Path(__file__).parents[1] / "models" / "encoder")

LONGEST: Final = 4_000
"""Characters of a text that are looked at: the encoder reads no more."""


def embed(texts: Sequence[str], encoder: str = ENCODER, *, quiet: bool = False) -> Floats:
    """Encode texts as unit vectors (texts × dimensions); what the customer did not write is left out."""
    from training.teacher import load_teacher  # torch takes seconds to load

    model = load_teacher(encoder)
    plain = [clean(text).text[:LONGEST] or "-" for text in texts]
    bar = None if not quiet else False
    vectors = model.encode(plain, batch_size=32, normalize_embeddings=True, show_progress_bar=bar)
    return np.asarray(vectors, np.float32)
