"""How far few messages carry: a learning curve, and languages that nothing was labelled in.

`python -m benchmarks.scarcity curve --sizes 100 300 1000` fits on so many messages a language;
`python -m benchmarks.scarcity transfer --languages fi vi` fits without each language and asks it. The shipped encoder,
the committed recipe (more epochs where there is little), gold as always; TF-IDF on the same rows stands beside.
"""

from __future__ import annotations

import argparse
import hashlib
import math
import sys
from collections.abc import Iterator, Sequence

import numpy as np

from data.corpus import read_corpus
from data.message import Message, Split
from data.taxonomy import Taxonomy, read_taxonomy
from training.baseline import tfidf_answers
from training.metrics import by_language, headline
from training.recipe import ClassifierRecipe, read_classifier_recipe
from training.trial import trial

CALIBRATED = 5
LEAST_STEPS, MOST_EPOCHS = 400, 20
"""With few rows the epochs are raised until there are so many steps, but no further than this."""


def first_rows(messages: Sequence[Message], size: int) -> list[Message]:
    """Keep `size` labelled messages a language, by the hash of their group, and all of gold.

    A fifth of them is calibrated on, whatever split it was in: who has 100 messages has no others for that.
    """
    ranked = sorted((_hash(message), message.id, message) for message in messages)
    kept: list[Message] = []
    counted: dict[str, int] = {}
    for number, _, message in ranked:
        if message.split == "gold":
            kept.append(message)
            continue
        counted[message.lang] = counted.get(message.lang, 0) + 1
        if counted[message.lang] <= size:
            split: Split = "train" if number % CALIBRATED else "calibration"
            kept.append(message.model_copy(update={"split": split}))
    return kept


def _hash(message: Message) -> int:
    return int(hashlib.sha256(message.group.encode()).hexdigest(), 16)


def for_size(recipe: ClassifierRecipe, rows: int) -> ClassifierRecipe:
    """Give a recipe enough epochs for its number of rows."""
    epochs = math.ceil(LEAST_STEPS / max(1, rows / recipe.batch))
    return recipe.model_copy(update={"epochs": max(recipe.epochs, min(epochs, MOST_EPOCHS)), "patience": MOST_EPOCHS})


def rows_of(
    name: str, messages: Sequence[Message], asked: Sequence[str], taxonomy: Taxonomy, recipe: ClassifierRecipe
) -> Iterator[str]:
    """Fit and ask; yield a table row each for ours and TF-IDF: mean headline figure and themes, per language."""
    learn = [message for message in messages if message.split != "gold"]
    gold = [message for message in messages if message.split == "gold"]
    ours = trial(messages, taxonomy, for_size(recipe, sum(message.split == "train" for message in messages)))
    theirs = tfidf_answers(learn, [message.text for message in gold], taxonomy)
    for system, said in (("reclamo", ours), ("TF-IDF + linear", theirs)):
        table = by_language([m.labels for m in gold], said, [m.lang for m in gold], taxonomy)
        cells = []
        for language in asked:
            mean = np.mean(list(headline(table[language], taxonomy).values()))
            cells.append(f"{mean:.3f} ({table[language]['themes_micro_f1']:.3f})")
        yield f"| {name} | {system} | " + " | ".join(cells) + " |"


def main(arguments: list[str] | None = None) -> int:
    """Print a table: mean headline figure, themes micro-F1 in brackets."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scarcity", description=__doc__)
    parser.add_argument("what", choices=["curve", "transfer"])
    parser.add_argument("--sizes", nargs="*", type=int, default=[100, 300, 1000, 3000])
    parser.add_argument("--languages", nargs="*", help="to leave out, one at a time; all by default")
    parser.add_argument("--most", type=int, default=10_000, help="transfer: labelled messages of each language")
    given = parser.parse_args(arguments)
    taxonomy, recipe, messages = read_taxonomy(), read_classifier_recipe(), read_corpus()
    spoken = sorted({message.lang for message in messages})
    if given.what == "curve":
        head, asked = "messages a language", spoken
        tried = {f"{size:,}": first_rows(messages, size) for size in given.sizes}
    else:
        head, asked = "learnt without", given.languages or spoken
        some = first_rows(messages, given.most)
        tried = {out: [m for m in some if m.split == "gold" or m.lang != out] for out in asked}
    sys.stdout.write(f"| {head} | system | {' | '.join(asked)} |\n|---|---|{'---|' * len(asked)}\n")
    for name, rows in tried.items():
        for line in rows_of(name, rows, asked, taxonomy, recipe):
            sys.stdout.write(line + "\n")
            sys.stdout.flush()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
