"""The student: the teacher's body on a new tokenizer and new piece embeddings."""

from __future__ import annotations

from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from sentence_transformers import SentenceTransformer
from sentence_transformers.models import Normalize, Pooling, Transformer
from tokenizers import Tokenizer
from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

from training.alignment import Matrix
from training.tokenizer import SPECIAL


def build_student(teacher: SentenceTransformer, embeddings: Matrix) -> BertModel:
    """Copy the teacher's body and put the given embeddings (pieces × dimensions) under it.

    Dropout is off: the student has a fixed target and far more text than it can memorise.
    """
    body = teacher[0].auto_model
    config = BertConfig(**{**body.config.to_dict(), "vocab_size": len(embeddings), "pad_token_id": 0})
    config.hidden_dropout_prob = config.attention_probs_dropout_prob = 0.0
    config._attn_implementation = "eager"  # on short texts in bf16 on CPUs 1.5 times as fast as sdpa
    student = BertModel(config, add_pooling_layer=False)
    weights = {name: value for name, value in body.state_dict().items() if "pooler" not in name}
    weights["embeddings.word_embeddings.weight"] = torch.from_numpy(embeddings)
    student.load_state_dict(weights, strict=False)
    return student


def load_student(folder: Path) -> tuple[BertModel, Tokenizer]:
    """Read a student that `save_student` wrote, to go on with it; raises `FileNotFoundError` where there is none."""
    if not (folder / "tokenizer.json").is_file():
        told = (
            f"there is no encoder in {folder} to go on from: make the first part, as the recipe says in its first lines"
        )
        raise FileNotFoundError(told)
    student = BertModel.from_pretrained(folder, add_pooling_layer=False, attn_implementation="eager")
    student.float()
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return student, tokenizer


def mean_vector(student: BertModel, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """Encode piece ids (texts × length) as unit vectors (texts × dimensions): the mean over real pieces."""
    hidden = student(input_ids=ids, attention_mask=mask).last_hidden_state.float()
    weights = mask.unsqueeze(-1).float()
    mean = (hidden * weights).sum(1) / weights.sum(1).clamp(min=1)
    return torch.nn.functional.normalize(mean, dim=1)


def save_student(student: BertModel, tokenizer: Tokenizer, folder: Path, max_tokens: int = 256) -> None:
    """Write a sentence-transformers folder, weights in half precision (46 MB at 32,000 pieces)."""
    folder.mkdir(parents=True, exist_ok=True)
    staging = folder.parent / f".{folder.name}.hf"
    student.save_pretrained(staging)
    wrapped = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        model_max_length=max_tokens,
        **dict(zip(("pad_token", "unk_token", "cls_token", "sep_token", "mask_token"), SPECIAL, strict=True)),
    )
    wrapped.save_pretrained(staging)
    transformer = Transformer(str(staging), max_seq_length=max_tokens)
    pooling = Pooling(transformer.get_embedding_dimension(), pooling_mode="mean")
    whole = SentenceTransformer(modules=[transformer, pooling, Normalize()], device="cpu")
    whole.save(str(folder), create_model_card=False)
    _halve(folder / "model.safetensors")
    for path in sorted(staging.iterdir()):
        path.unlink()
    staging.rmdir()


def _halve(path: Path) -> None:
    """Store the weights in half precision; the configuration still says float32, so they are computed with in full."""
    part = path.with_suffix(".part")
    save_file({name: value.half() for name, value in load_file(str(path)).items()}, str(part), {"format": "pt"})
    part.chmod(0o644)
    part.replace(path)
