"""Other things that one might pick instead: linear heads on frozen encoders, fastText, SetFit; all on the same rows."""

from __future__ import annotations

import random
import tempfile
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from data.message import Message
from data.taxonomy import Taxonomy, as_list
from models.layout import Columns, layout
from training.baseline import Said, linear_answers, tfidf_answers
from training.recipe import ClassifierRecipe, read_encoder_recipe
from training.targets import targets
from training.teacher import load_teacher

Peer = Callable[[Sequence[Message], Sequence[str], Taxonomy], list[Said]]
"""Learns from messages and answers texts."""

CONTRASTED = 1_000
"""Rows that SetFit draws its pairs from in each group: all of them would take days on two cores."""

UPDATES = 50_000
"""Rows that fastText sees at least, again and again where they are few."""

NAMES = {
    "tfidf": "TF-IDF + linear",
    "frozen": "our encoder, frozen + linear",
    "teacher": "English teacher, frozen + linear",
    "fasttext": "fastText",
    "setfit": "SetFit on our encoder",
}


def peer(name: str, recipe: ClassifierRecipe) -> Peer:
    """Give the peer of a name; what it is made of is loaded only when it is asked."""
    teacher = read_encoder_recipe().teacher_package
    known: dict[str, Peer] = {
        "tfidf": tfidf_answers,
        "frozen": lambda learn, asked, taxonomy: frozen_answers(recipe.encoder, learn, asked, taxonomy),
        "teacher": lambda learn, asked, taxonomy: frozen_answers(teacher, learn, asked, taxonomy),
        "fasttext": fasttext_answers,
        "setfit": lambda learn, asked, taxonomy: setfit_answers(recipe, learn, asked, taxonomy),
    }
    return known[name]


def frozen_answers(encoder: str, learn: Sequence[Message], asked: Sequence[str], taxonomy: Taxonomy) -> list[Said]:
    """Fit linear classifiers on the vectors of an encoder that stays as it is."""
    model = load_teacher(encoder)
    known, unknown = (
        np.asarray(model.encode(list(texts), normalize_embeddings=True, show_progress_bar=False))
        for texts in ([message.text for message in learn], asked)
    )
    return linear_answers(known, unknown, learn, taxonomy)


def fasttext_answers(learn: Sequence[Message], asked: Sequence[str], taxonomy: Taxonomy) -> list[Said]:
    """Train floret's fastText mode per group (words 1–2, characters 2–5; one against the rest for sets).

    25 epochs, more where rows are few: below some ten thousand updates it says nothing at all.
    """
    import floret

    epochs = max(25, UPDATES // len(learn))

    answers: list[Said] = [{} for _ in asked]
    lines = [" ".join(message.text.lower().split()) for message in learn]
    for group in taxonomy.groups:
        many = group.mode == "many"
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "rows.txt"
            rows = (
                " ".join([*(f"__label__{label}" for label in as_list(m.labels.get(group.id)) or ["nothing"]), line])
                for m, line in zip(learn, lines, strict=True)
            )
            path.write_text("\n".join(rows) + "\n", encoding="utf-8")
            model = floret.train_supervised(
                str(path), mode="fasttext", epoch=epochs, lr=0.5, wordNgrams=2, minn=2, maxn=5, dim=100, bucket=200_000,
                loss="ova" if many else "softmax", thread=2, verbose=0,
            )  # fmt: skip
        for answer, text in zip(answers, asked, strict=True):
            line = " ".join(text.lower().split()) + "\n"
            found = model.f.predict(line, -1 if many else 1, 0.5 * many, "strict")  # model.predict fails with NumPy 2
            named = [label.removeprefix("__label__") for _, label in found]
            answer[group.id] = [label for label in named if label in group.ids]
    return answers


def setfit_answers(
    recipe: ClassifierRecipe,
    learn: Sequence[Message],
    asked: Sequence[str],
    taxonomy: Taxonomy,
    steps: int = 150,
    contrasted: int = CONTRASTED,
) -> list[Said]:
    """Fine-tune our encoder on pairs of `contrasted` rows per group (Tunstall et al. 2022), then fit heads on all."""
    from datasets import Dataset
    from setfit import SetFitModel, Trainer, TrainingArguments

    answers: list[Said] = [{} for _ in asked]
    wanted = targets(learn, taxonomy)
    for columns in layout(taxonomy):
        drawn = random.Random(recipe.seed).sample(range(len(learn)), min(contrasted, len(learn)))
        strategy = {"multi_target_strategy": "one-vs-rest"} if columns.mode == "many" else {}
        model = SetFitModel.from_pretrained(recipe.encoder, **strategy)
        rows = Dataset.from_dict(
            {"text": [learn[i].text for i in drawn], "label": [_setfit_label(wanted[i], columns) for i in drawn]}
        )
        with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # of pinned memory, which has no use without a GPU
            plan = TrainingArguments(folder, max_steps=steps, batch_size=32, show_progress_bar=False, report_to="none")
            Trainer(model, plan, train_dataset=rows).train_embeddings(rows["text"], rows["label"], args=plan)
        body = model.model_body
        known, unknown = (
            np.asarray(body.encode(list(texts), normalize_embeddings=True, show_progress_bar=False))
            for texts in ([message.text for message in learn], asked)
        )
        said = linear_answers(known, unknown, learn, taxonomy)
        for answer, own in zip(answers, said, strict=True):
            answer[columns.group] = own[columns.group]
    return answers


def _setfit_label(row: np.ndarray, columns: Columns) -> list[int] | int:
    part = row[columns.start : columns.stop]
    if columns.mode == "many":
        return [int(each) for each in part]
    return int(part.argmax() if columns.mode == "one" else part.sum())
