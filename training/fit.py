"""Fine-tune the classifier: one encoder, one head per label group, on messages that people labelled."""

from __future__ import annotations

import json
import logging
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from datasets import Dataset
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer
from transformers import (
    AutoTokenizer,
    EarlyStoppingCallback,
    EvalPrediction,
    Trainer,
    TrainerCallback,
    TrainingArguments,
    set_seed,
)

from data.message import Message
from data.taxonomy import Taxonomy
from models.calibration import Calibration
from models.decision import chances, ordered_choice
from models.layout import Columns, layout
from training.careless import add_typos, strip_diacritics
from training.checkpoints import discard, hash_parts, take_up
from training.exchange import Exchange, read_words
from training.experiments import logged_to
from training.head_first import start_head
from training.lessons import doubtful, first_readings, lessons
from training.metrics import figures, headline, mean_headline
from training.network import Network, lean, load_encoder
from training.pieces import piece_ids, stack_pieces
from training.recipe import ClassifierRecipe
from training.targets import class_weights, labels_of, loss, targets

_log = logging.getLogger("training")
WEIGHTS, SCORES = "network.safetensors", "calibration_scores.npz"
Matrix = NDArray[np.float32]


def fit(
    messages: Sequence[Message],
    taxonomy: Taxonomy,
    recipe: ClassifierRecipe,
    output: Path,
    *,
    fresh: bool = False,
    start: Path | None = None,
    beside: Callable[[], None] | None = None,
) -> Network:
    """Train on the `train` split, stop early on the `calibration` split, and write the best network to `output`.

    Goes on from the last checkpoint in `output/checkpoints`, if the same fit left it there, unless `fresh`; `start` is
    a folder with an earlier fitted network to begin from instead of the bare encoder. `beside` writes what belongs to
    the network (`save_network`). Raises `ValueError` where a split is empty or `start` does not fit.
    """
    learn = [message for message in messages if message.split == "train"]
    check = [message for message in messages if message.split == "calibration"]
    if not learn or not check:
        raise ValueError("fitting needs messages in the splits 'train' and 'calibration'; run `python -m data check`")
    set_seed(recipe.seed)
    checkpoints = output / "checkpoints"
    tokenizer = fast_tokenizer(recipe.encoder)
    network = load_network(taxonomy, recipe, start) if start else new_network(taxonomy, recipe)
    exchange = Exchange(learn, read_words())
    learn = lessons(learn, taxonomy, recipe)
    wanted = doubtful(targets(learn, taxonomy), learn, first_readings(), taxonomy, recipe.doubt)
    last = take_up(checkpoints, _inputs(network, tokenizer, [*learn, *check], wanted, taxonomy, recipe), fresh=fresh)
    began = None
    if recipe.head_first and not start:
        start_head(network, learn, taxonomy, recipe, tokenizer)
        began = _beginning(network, tokenizer, check, taxonomy, recipe)
    collator = Collator(tokenizer, recipe, exchange)
    with logged_to(recipe.log, output):  # the logs read where they go when the trainer is made
        trainer = _GroupTrainer(
            model=network,
            args=_arguments(recipe, checkpoints, recipe.epochs_for(len(learn))),
            train_dataset=_dataset(learn, wanted, tokenizer),
            eval_dataset=_dataset(check, targets(check, taxonomy), tokenizer),
            data_collator=collator,
            compute_metrics=lambda outcome: _score(outcome, taxonomy),
            callbacks=[_Epochs(collator), EarlyStoppingCallback(early_stopping_patience=recipe.patience)],
            groups=layout(taxonomy),
            balance=class_weights(wanted, layout(taxonomy), recipe.balance),
            recipe=recipe,
        )
        trainer.train(resume_from_checkpoint=str(last) if last else None)
    if began and began.mean >= (trainer.state.best_metric or 0.0):
        _log.info("fine-tuning did not better the head on the untouched encoder (%.4f): that is kept", began.mean)
        network.load_state_dict(began.state)
    save_network(network, output, beside)
    (output / "history.json").write_text(json.dumps(trainer.state.log_history, indent=1), encoding="utf-8")
    discard(checkpoints)
    return load_network(taxonomy, recipe, output)  # the trained object stays wrapped in the trainer's half precision


def fast_tokenizer(encoder: str) -> Tokenizer:
    """Load the encoder's tokenizer without padding or truncation, whichever kind of encoder it is."""
    tokenizer = Tokenizer.from_str(AutoTokenizer.from_pretrained(encoder).backend_tokenizer.to_str())
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return tokenizer


def new_network(taxonomy: Taxonomy, recipe: ClassifierRecipe) -> Network:
    """Build an untrained network on the recipe's encoder."""
    encoder, width = load_encoder(recipe.encoder, recipe.dropout)
    if recipe.leans_on:
        lean(encoder, Path(recipe.leans_on) / WEIGHTS)
    return Network(encoder, width, taxonomy)


def save_network(network: Network, folder: Path, beside: Callable[[], None] | None = None) -> None:
    """Write the weights as safetensors in half precision, whole or not at all.

    Half precision keeps ten bits of each weight where 8-bit weights keep seven: a network can lie beside its artifact.

    `beside` writes what else tells of this network. It is called when the old network is gone and the new one is not
    yet there, so that wherever a network is found, what lies beside it is its own.
    """
    folder.mkdir(parents=True, exist_ok=True)
    state = {name: value.detach().half().contiguous().cpu() for name, value in network.state_dict().items()}
    part = folder / f".{WEIGHTS}.part"
    save_file(state, str(part))
    if beside:
        (folder / WEIGHTS).unlink(missing_ok=True)
        beside()
    part.replace(folder / WEIGHTS)


def load_network(taxonomy: Taxonomy, recipe: ClassifierRecipe, folder: Path) -> Network:
    """Read a fitted network back, in evaluation mode; raises `ValueError` where it does not fit."""
    network = new_network(taxonomy, recipe)
    try:
        network.load_state_dict(load_file(str(folder / WEIGHTS)))
    except (RuntimeError, SafetensorError) as error:
        told = f"{folder / WEIGHTS} is cut, or made for other labels or another encoder than {recipe.encoder}"
        raise ValueError(f"{told}: fit anew, without it") from error
    return network.eval()


@torch.no_grad()
def score(network: Network, tokenizer: Tokenizer, texts: Sequence[str], max_tokens: int, batch: int = 32) -> Matrix:
    """Scores (texts × columns) in full precision, in the given order; longer texts are cut at `max_tokens`."""
    network.eval()
    encoded = [piece_ids(tokenizer, text, max_tokens) for text in texts]
    order = sorted(range(len(encoded)), key=lambda i: len(encoded[i]))
    rows: list[Matrix] = [np.empty(0, np.float32)] * len(texts)
    for start in range(0, len(order), batch):
        chosen = order[start : start + batch]
        found = network(*stack_pieces([encoded[i] for i in chosen]))[0].numpy()
        for i, row in zip(chosen, found, strict=True):
            rows[i] = row
    return np.stack(rows)


class LengthBatches(torch.utils.data.Sampler[int]):
    """Orders rows so that every batch holds texts of like length, and batches come in random order.

    transformers' own grouping runs from long texts to short ones, 50 batches at a time. Length goes with the labels
    (what is short is praise or chatter), so the network is led from one kind of message to another and learns nothing.
    """

    def __init__(self, lengths: Sequence[int], batch: int, seed: int) -> None:
        self._lengths = list(lengths)
        self._batch = batch
        self._seed = seed
        self._epoch = 0

    def set_epoch(self, epoch: int) -> None:
        """Draw another order for another epoch, the same one for the same epoch."""
        self._epoch = epoch

    def __len__(self) -> int:
        return len(self._lengths)

    def __iter__(self) -> Iterator[int]:
        dice = random.Random(f"{self._seed}-{self._epoch}")
        jittered = [length * dice.uniform(0.85, 1.15) for length in self._lengths]
        order = sorted(range(len(jittered)), key=jittered.__getitem__)
        batches = [order[i : i + self._batch] for i in range(0, len(order), self._batch)]
        last = batches.pop() if len(batches[-1]) < self._batch else []
        dice.shuffle(batches)
        return iter([row for batch in [*batches, last] for row in batch])


class Collator:
    """Turns rows into a batch; while training, some texts are shown as people type in a hurry."""

    def __init__(self, tokenizer: Tokenizer, recipe: ClassifierRecipe, exchange: Exchange) -> None:
        self._tokenizer = tokenizer
        self._recipe = recipe
        self._exchange = exchange
        self.careless = False
        self.begin(0)

    def begin(self, epoch: int) -> None:
        """Throw other dice in another epoch, the same ones in the same epoch, so that a fit can be taken up there."""
        self._dice = random.Random(f"{self._recipe.seed}-{epoch}-careless")

    def __call__(self, rows: list[dict[str, Any]]) -> dict[str, torch.Tensor]:
        texts = [self._otherwise(row["text"], row["lang"]) if self.careless else row["text"] for row in rows]
        ids, mask = stack_pieces([piece_ids(self._tokenizer, text, self._recipe.max_tokens) for text in texts])
        return {"ids": ids, "mask": mask, "wanted": torch.tensor([row["wanted"] for row in rows])}

    def calm(self) -> Collator:
        """Return one that shows texts as they are."""
        return Collator(self._tokenizer, self._recipe, self._exchange)

    def _otherwise(self, text: str, language: str) -> str:
        if self._dice.random() < self._recipe.exchange_share:
            text = self._exchange(text, language, self._dice)
        if self._dice.random() < self._recipe.bare_share:
            text = strip_diacritics(text)
        return add_typos(text, self._dice) if self._dice.random() < self._recipe.typo_share else text


class _Epochs(TrainerCallback):  # type: ignore[misc]  # transformers is untyped
    """Tells the collator which epoch begins."""

    def __init__(self, collator: Collator) -> None:
        self._collator = collator

    def on_epoch_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        self._collator.begin(round(state.epoch or 0))


class _GroupTrainer(Trainer):  # type: ignore[misc]  # transformers is untyped
    """A Trainer that knows our loss, gives lower layers smaller steps, and is careless only while training."""

    def __init__(self, *, groups: Sequence[Columns], balance: Matrix, recipe: ClassifierRecipe, **rest: Any) -> None:
        super().__init__(**rest)
        self._groups = groups
        self._balance = torch.from_numpy(balance)
        self._recipe = recipe
        self.data_collator: Collator
        self.optimizer: torch.optim.Optimizer | None

    def compute_loss(self, model: Any, inputs: dict[str, torch.Tensor], return_outputs: bool = False, **_: Any) -> Any:
        scores, _shares = model(inputs["ids"], inputs["mask"])
        value = loss(
            scores, inputs["wanted"], self._groups, self._balance.to(scores.device), self._recipe.group_weights
        )
        return (value, {"scores": scores}) if return_outputs else value

    def prediction_step(
        self, model: Any, inputs: dict[str, torch.Tensor], prediction_loss_only: bool, ignore_keys: Any = None
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        with torch.no_grad():
            value, outputs = self.compute_loss(model, self._prepare_inputs(inputs), return_outputs=True)
        return value, outputs["scores"], inputs["wanted"]

    def _get_train_sampler(self, train_dataset: Any = None) -> Any:
        dataset = self.train_dataset if train_dataset is None else train_dataset
        return LengthBatches(dataset["length"], self._recipe.batch, self._recipe.seed)

    def get_train_dataloader(self) -> Any:
        self.data_collator.careless = True
        return super().get_train_dataloader()

    def get_eval_dataloader(self, eval_dataset: Any = None) -> Any:
        keep, self.data_collator = self.data_collator, self.data_collator.calm()
        try:
            return super().get_eval_dataloader(eval_dataset)
        finally:
            self.data_collator = keep

    def create_optimizer(self, *_: Any, **__: Any) -> Any:
        if self.optimizer is None:
            self.optimizer = torch.optim.AdamW(
                parameter_groups(self.model, self._recipe), weight_decay=self._recipe.weight_decay, fused=True
            )
        return self.optimizer


def parameter_groups(network: Network, recipe: ClassifierRecipe) -> list[dict[str, Any]]:
    """Learning rates: heads fastest, encoder layers by `layer_decay` from the top down, embeddings on their own."""
    layers = [name for name, _ in network.encoder.named_parameters() if ".layer" in name]
    numbers = [int(part) for name in layers for part in name.split(".") if part.isdigit()]
    top = max(numbers, default=0)
    groups: list[dict[str, Any]] = []
    for name, parameter in network.named_parameters():
        if not name.startswith("encoder."):
            rate = recipe.learning_rate_heads
        elif "embeddings" in name:
            rate = recipe.learning_rate_embeddings
        else:
            depth = next((int(part) for part in name.split(".") if part.isdigit()), top)
            rate = recipe.learning_rate * recipe.layer_decay ** (top - depth)
        groups.append({"params": [parameter], "lr": rate})
    return groups


def _arguments(recipe: ClassifierRecipe, folder: Path, epochs: int) -> TrainingArguments:
    on_gpu = torch.cuda.is_available()
    return TrainingArguments(
        output_dir=str(folder),
        use_cpu=not on_gpu,
        bf16=True,
        seed=recipe.seed,
        num_train_epochs=epochs,
        per_device_train_batch_size=recipe.batch,
        per_device_eval_batch_size=2 * recipe.batch,
        learning_rate=recipe.learning_rate,
        lr_scheduler_type="cosine",
        warmup_steps=recipe.warmup_share,
        eval_strategy="epoch",
        save_strategy="epoch",
        save_total_limit=2,
        load_best_model_at_end=True,
        restore_callback_states_from_checkpoint=True,  # the patience that is left
        metric_for_best_model="mean",
        greater_is_better=True,
        logging_steps=20,
        report_to=list(recipe.log) or "none",
        remove_unused_columns=False,
        label_names=["wanted"],
        dataloader_pin_memory=False,
    )


@dataclass(frozen=True)
class _Beginning:
    """The network before fine-tuning, and its mean headline figure on the calibration split."""

    state: dict[str, torch.Tensor]
    mean: float


def _beginning(
    network: Network, tokenizer: Tokenizer, check: Sequence[Message], taxonomy: Taxonomy, recipe: ClassifierRecipe
) -> _Beginning:
    scores = score(network, tokenizer, [message.text for message in check], recipe.max_tokens)
    said = [plain_labels(row, taxonomy) for row in scores]
    mean = mean_headline(figures([message.labels for message in check], said, taxonomy), taxonomy)
    state = {name: value.detach().clone() for name, value in network.state_dict().items()}
    return _Beginning(state, mean)


def _inputs(
    network: Network,
    tokenizer: Tokenizer,
    messages: Sequence[Message],
    wanted: Matrix,
    taxonomy: Taxonomy,
    recipe: ClassifierRecipe,
) -> str:
    """Hash what decides what a fit comes to: the network as it begins stands for its encoder or start."""
    named = recipe.model_copy(update={"log": []}).model_dump_json(), taxonomy.model_dump_json(), tokenizer.to_str()
    rows = (message.model_dump_json() for message in messages)
    weights = (value.contiguous().numpy().tobytes() for value in network.state_dict().values())
    return hash_parts([*named, *rows, wanted.tobytes(), *weights])


def _dataset(messages: Sequence[Message], wanted: Matrix, tokenizer: Tokenizer) -> Dataset:
    texts = [message.text for message in messages]
    lengths = [len(e.ids) for e in tokenizer.encode_batch_fast(texts)]
    spoken = [message.lang for message in messages]
    return Dataset.from_dict({"text": texts, "lang": spoken, "wanted": wanted.tolist(), "length": lengths})


def _score(outcome: EvalPrediction, taxonomy: Taxonomy) -> dict[str, float]:
    said = [plain_labels(row, taxonomy) for row in np.asarray(outcome.predictions)]
    truth = [labels_of(row, taxonomy) for row in np.asarray(outcome.label_ids)]  # in the trainer's order, not ours
    found = figures(truth, said, taxonomy)
    return {**headline(found, taxonomy), "mean": mean_headline(found, taxonomy)}


def plain_labels(scores: Matrix, taxonomy: Taxonomy, calibration: Calibration | None = None) -> dict[str, list[str]]:
    """Labels from raw scores alone: the best of one, the middle of ordered, all above their thresholds of many.

    The thresholds are those of all languages together; without a calibration they are one half.
    """
    limits = calibration or Calibration(scales={}, thresholds={})
    said: dict[str, list[str]] = {}
    for columns in layout(taxonomy):
        chance = chances(scores, columns, limits.scales.get(columns.group, {}))
        if columns.mode == "many":
            named = zip(columns.labels, chance, strict=True)
            said[columns.group] = [label for label, c in named if c >= limits.threshold(columns.group, label, "*")]
        else:
            best = int(chance.argmax()) if columns.mode == "one" else ordered_choice(chance)
            said[columns.group] = [columns.labels[best]]
    return said
