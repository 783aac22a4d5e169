"""Recipes: committed YAML files that say how a model is made, read into checked objects."""

from __future__ import annotations

from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, Field

from training.experiments import LogTo

RECIPES = Path(__file__).parent / "recipes"


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Source(_Strict):
    """Parallel text from one origin: which, how much at most, how often drawn, under which licence."""

    pattern: str
    cap: int = Field(gt=0)
    weight: float = Field(gt=0)
    licence: str


class TokenizerRecipe(_Strict):
    """How many pieces, and how the languages share the text that they are chosen on."""

    vocabulary: int = Field(ge=100)
    share: dict[str, float]
    characters: int = Field(gt=0)
    without_diacritics: float = Field(ge=0, le=1)


class DistilRecipe(_Strict):
    """Batches, steps, learning rates and loss of the distillation."""

    steps: int = Field(gt=0)
    batch: int = Field(gt=1)
    pool: int = Field(gt=0)
    max_tokens: int = Field(gt=2)
    share: dict[str, float]
    bare_share: dict[str, float] = {}
    typo_share: float = Field(ge=0, le=1)
    drop_share: float = Field(default=0.0, ge=0, lt=1)
    """Share of the pieces that are left out, so that no single piece is leant on."""
    learning_rate_embeddings: float
    learning_rate_body: float
    warmup: int
    cosine_weight: float
    contrast_weight: float
    contrast_scale: float
    checkpoint_minutes: float
    validate_every: int


class VariationRecipe(_Strict):
    """Made-up sentences to learn from: how many English ones, how many swapped pairs a language, how often drawn."""

    english: int = Field(ge=0)
    swapped: dict[str, int]
    word_share: float = Field(ge=0, le=1)
    swap_share: float = Field(ge=0, le=1)
    longest: int = Field(gt=4)
    weight: float = Field(gt=0)


class TaskSource(_Strict):
    """Open labelled sets (folder names matching `pattern`) whose `field` is learnt as `task`, and how often."""

    task: str
    pattern: str
    field: str
    chance: float = Field(gt=0)
    licence: str


class TasksRecipe(_Strict):
    """Labelled text learnt beside the teacher, from a step on: one batch of one set at every step."""

    from_step: int = Field(ge=0)
    batch: int = Field(gt=0)
    max_tokens: int = Field(gt=2)
    weight: float = Field(gt=0)
    scale: float = Field(gt=0)
    learning_rate: float
    sets: list[TaskSource]


class EncoderRecipe(_Strict):
    """Everything that decides what the encoder becomes; see `training/recipes/encoder.yaml`."""

    name: str
    seed: int
    languages: list[str]
    teacher_package: str
    sources: list[Source]
    start: str | None = None
    """Folder of an encoder to go on from, tokenizer and all; None: the teacher's body on a vocabulary made here."""
    own_weight: float = Field(gt=0)
    own_terms_weight: float = Field(default=0.5, gt=0)
    validation_source: str
    validation_pairs: int
    max_words: int
    short_words: int = Field(gt=0)
    tokenizer: TokenizerRecipe
    distil: DistilRecipe
    variations: VariationRecipe | None = None
    tasks: TasksRecipe | None = None
    note: str = ""
    """What a reader of the card should know of how the shipped weights were made."""

    @property
    def foreign(self) -> list[str]:
        """The languages that are not the teacher's."""
        return [language for language in self.languages if language != "en"]


def read_encoder_recipe(path: Path = RECIPES / "encoder.yaml") -> EncoderRecipe:
    """Read and check a recipe; raises `pydantic.ValidationError` naming the field that is wrong."""
    return EncoderRecipe.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))


class WideRecipe(_Strict):
    """The wide branch: 2^bits buckets, and how closely it may follow its rows (the C of a linear SVM)."""

    bits: int = Field(ge=8, le=20)
    strength: float = Field(gt=0)


class ClassifierRecipe(_Strict):
    """Everything that decides what the classifier becomes; see `training/recipes/classifier.yaml`."""

    name: str
    seed: int
    encoder: str
    max_tokens: int = Field(ge=8)
    dropout: float = Field(ge=0, lt=1)
    epochs: int = Field(gt=0)
    patience: int = Field(gt=0)
    batch: int = Field(gt=0)
    learning_rate: float
    learning_rate_embeddings: float
    learning_rate_heads: float
    layer_decay: float = Field(gt=0, le=1)
    weight_decay: float
    warmup_share: float = Field(ge=0, lt=1)
    bare_share: float = Field(ge=0, le=1)
    typo_share: float = Field(ge=0, le=1)
    join_share: float = Field(default=0.0, ge=0, le=1)
    """As many messages again, joined out of two or three of one kind and language (`training.joining`)."""
    told_share: float = Field(default=0.0, ge=0, le=1)
    """As many messages again for each thing told besides, with the labels that it brings (`training.telling`)."""
    exchange_share: float = Field(default=0.0, ge=0, le=1)
    """Share of the texts shown with other names, and half of these with other genders."""
    doubt: float = Field(default=0.0, ge=0, lt=1)
    """How much a label counts that only the first of two readers gave; 0: the final label alone counts."""
    group_weights: dict[str, float]
    balance: float = Field(ge=0, le=1)
    wide: WideRecipe | None
    """None: the encoder alone."""
    head_first: float = Field(default=0.0, ge=0)
    """How closely a linear head on the untouched encoder may follow its rows (the C of a logistic regression) before
    both are fine-tuned (`training.head_first`); 0: the heads begin at random."""
    leans_on: str | None = None
    """Folder of a network fitted on the same encoder, half of whose body is mixed into it to begin with."""
    tune_from: int = Field(default=0, ge=0)
    """Rows of a company's own table below which that head alone is the network (`training.crossed`)."""
    least_steps: int = Field(default=0, ge=0)
    """Few rows are shown for more epochs, until there were so many steps, but for no more than `most_epochs`."""
    most_epochs: int = Field(default=20, gt=0)
    log: list[LogTo] = []
    """Where the fit's figures are sent besides the log, through transformers' own `report_to`."""

    def epochs_for(self, rows: int) -> int:
        """Choose the number of epochs for so many rows to learn from."""
        wanted = -(-self.least_steps * self.batch // max(1, rows))
        return max(self.epochs, min(wanted, self.most_epochs))


def read_classifier_recipe(path: Path = RECIPES / "classifier.yaml") -> ClassifierRecipe:
    """Read and check a recipe; raises `pydantic.ValidationError` naming the field that is wrong."""
    return ClassifierRecipe.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
