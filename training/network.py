"""The classifier's network: one encoder, one head per label group, and the share of every piece in every score.

Each score has its own attention over the pieces (label-wise attention, Mullenbach et al. 2018, arXiv 1802.05695), so
that what it looked at can be shown: score = Σ attention(piece) × value(piece) + mean-pooled part + offset.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file
from torch import nn
from transformers import AutoConfig, AutoModel

from data.taxonomy import Taxonomy
from models.layout import evidence_columns, layout


class Network(nn.Module):
    """Scores of all label groups for a batch of texts."""

    def __init__(self, encoder: nn.Module, width: int, taxonomy: Taxonomy) -> None:
        """Put heads for the taxonomy on an encoder whose hidden size is `width`."""
        super().__init__()
        columns = layout(taxonomy)[-1].stop
        self.encoder = encoder
        self.key = nn.Linear(width, width)
        self.query = nn.Parameter(torch.randn(columns, width) * width**-0.5)
        self.value = nn.Parameter(torch.randn(columns, width) * 0.02)
        self.whole = nn.Linear(width, columns)
        self.drop = nn.Dropout(0.1)
        nn.init.normal_(self.whole.weight, std=0.02)
        nn.init.zeros_(self.whole.bias)
        self.evidence: torch.Tensor
        self.register_buffer("evidence", torch.tensor(evidence_columns(taxonomy), dtype=torch.long), persistent=False)

    def forward(self, ids: torch.Tensor, mask: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """From piece ids and mask (texts × length) to scores (texts × columns) and shares (texts × length × evidence).

        A share is what a piece adds to a score, the mean-pooled part included.
        """
        hidden = self.encoder(input_ids=ids, attention_mask=mask).last_hidden_state.float()
        hidden = self.drop(hidden)
        real = mask.unsqueeze(-1).float()
        keys = torch.tanh(self.key(hidden))
        looks = keys @ self.query.t() + (real - 1) * 1e4
        attention = torch.softmax(looks, dim=1)
        said = hidden @ self.value.t()
        counts = real.sum(1, keepdim=True).clamp(min=1)
        pooled = hidden @ self.whole.weight.t() / counts
        shares = (attention * said + pooled) * real
        return shares.sum(1) + self.whole.bias, shares[:, :, self.evidence]


def load_encoder(name: str, dropout: float) -> tuple[nn.Module, int]:
    """Load any encoder that transformers knows (folder or hub id), with its hidden size."""
    config: Any = AutoConfig.from_pretrained(name)
    for field in ("hidden_dropout_prob", "attention_probs_dropout_prob"):
        if hasattr(config, field):
            setattr(config, field, dropout)
    extra = {"add_pooling_layer": False} if config.model_type in ("bert", "roberta", "xlm-roberta") else {}
    encoder = AutoModel.from_pretrained(name, config=config, attn_implementation="eager", dtype=torch.float32, **extra)
    return encoder, int(config.hidden_size)


def lean(encoder: nn.Module, weights: Path) -> None:
    """Mix half of a fitted network's body into the encoder that it was fitted on.

    The middle of the two knows what customers write of and keeps what the encoder knew (Wortsman et al. 2022,
    arXiv 2109.01903). Raises `OSError` without the file, `ValueError` where it was fitted on another encoder.
    """
    fitted = load_file(str(weights))
    own = encoder.state_dict()
    body = {name: fitted.get(f"encoder.{name}") for name in own}
    unlike = [name for name, value in body.items() if value is None or value.shape != own[name].shape]
    if unlike:
        raise ValueError(f"{weights} was not fitted on this encoder: {unlike[0]} is of another size")
    mixed = {name: (own[name] + value.to(own[name].dtype)) / 2 for name, value in body.items() if value is not None}
    encoder.load_state_dict(mixed)
