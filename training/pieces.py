"""Texts as rows of piece ids, and rows of unlike length as one batch."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from tokenizers import Tokenizer


def piece_ids(tokenizer: Tokenizer, text: str, max_tokens: int) -> list[int]:
    """Piece ids of a text, cut to `max_tokens` with the closing piece kept."""
    ids = tokenizer.encode(text).ids
    return ids if len(ids) <= max_tokens else [*ids[: max_tokens - 1], ids[-1]]


def stack_pieces(rows: Sequence[Sequence[int]]) -> tuple[torch.Tensor, torch.Tensor]:
    """Fill rows up to the longest: ids and mask (texts × length)."""
    width = max(len(row) for row in rows)
    ids = torch.tensor([[*row, *([0] * (width - len(row)))] for row in rows])
    return ids, (torch.arange(width)[None] < torch.tensor([[len(row)] for row in rows])).long()
