"""Model cards in the Hugging Face form: what a model is for, what it learnt from, how right it is."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from data.message import Message
from data.taxonomy import Taxonomy
from models.calibration import Calibration
from training.recipe import EncoderRecipe

WRITTEN = "Messages written for this project (`data/corpus`, Apache-2.0), none of them a real person's"
OWN = "Messages and labels of a company's own, which are not part of this artifact"


def classifier_card(
    version: str,
    messages: Sequence[Message],
    taxonomy: Taxonomy,
    calibration: Calibration,
    parts: Mapping[str, str],
    lineage: Mapping[str, Any],
    learnt: str = WRITTEN,
) -> str:
    """Compose the card; `parts` are headed tables of measured figures, `lineage` says how to make the model again.

    `learnt` says whose messages these are.
    """
    counts = Counter((message.split, message.lang) for message in messages)
    languages = sorted({message.lang for message in messages})
    licence = "apache-2.0" if learnt == WRITTEN else "other"
    header = "\n".join(
        ["---", f"license: {licence}", "pipeline_tag: text-classification", "language:"]
        + [f"- {language}" for language in languages]
        + ["---"]
    )
    rows = "\n".join(
        f"| {split} | " + " | ".join(str(counts[split, language]) for language in languages) + " |"
        for split in ("train", "calibration", "gold")
    )
    put_aside = any(split == "calibration" for split, _ in counts)
    judged = (
        "set on the calibration split"
        if put_aside
        else "set by cross-fitting, on rows that the judging head did not see"
    )
    measured = "\n\n".join(f"## {name}\n\n{text.strip()}" for name, text in parts.items())
    limits = calibration.review.model_dump()
    return f"""{header}

# Reclamo classifier {version}

Reads one customer message in {", ".join(languages)} and says {_joined(taxonomy)} by
taxonomy {taxonomy.version}, each with a calibrated confidence, or abstains and says why.

**Meant for** routing and reading customer messages with a person in reach. **Not meant for** judging people, for
languages other than those above (it abstains), or for deciding about someone's money, health or rights unseen.

## Learnt from

{learnt}; the encoder's own sources
and licences are in `models/encoder/README.md`.

| split | {" | ".join(languages)} |
|---|{"---|" * len(languages)}
{rows}

The gold split was never trained on, tuned on or used to set a threshold. Confidences and thresholds were {judged}.

{measured}

## Limits

Written messages are tidier than the mailbox of a company: expect lower figures on your own, measure them with
`python -m training evaluate --corpus YOUR_FOLDER`, and retrain. A person should look where
`review.needed` is true; the chances below which that happens were set with the thresholds: `{json.dumps(limits)}`.

## How it was made

```json
{json.dumps(lineage, indent=1, ensure_ascii=False)}
```
"""


def _joined(taxonomy: Taxonomy) -> str:
    *first, last = (group.id for group in taxonomy.groups)
    return f"{', '.join(first)} and {last}" if first else last


def encoder_card(recipe: EncoderRecipe, curve: Sequence[Mapping[str, float]], table: str = "") -> str:
    """Compose the card of an encoder; `curve` are the validation points, `table` the benchmark figures if measured."""
    languages = "\n".join(f"- {language}" for language in recipe.languages)
    header = f"---\nlicense: apache-2.0\nlibrary_name: sentence-transformers\nlanguage:\n{languages}\n---"
    sources = "\n".join(
        f"| `{one.pattern.replace('|', chr(92) + '|')}` | {one.licence} | {one.cap:,} |" for one in recipe.sources
    )
    tasks = (
        "\n".join(f"| {one.pattern} ({one.field}) | {one.licence} |" for one in recipe.tasks.sets)
        if recipe.tasks
        else ""
    )
    plan, made_up = recipe.distil, recipe.variations
    swapped = ", ".join(f"{count:,} ({language})" for language, count in made_up.swapped.items()) if made_up else ""
    varied = (
        f"Up to {made_up.english:,} English sentences were varied with other words that the teacher knows, and up to {swapped} "
        "pairs with other\nterms on both sides, so that more words are met than the text holds.\n\n"
        if made_up
        else ""
    )
    bare = ", ".join(f"{share:.0%} ({language})" for language, share in plan.bare_share.items())
    names = list(curve[-1]) if curve else []
    points = "\n".join("| " + " | ".join(str(point.get(name, "")) for name in names) + " |" for point in curve)
    head = f"| {' | '.join(names)} |\n|{'---|' * len(names)}"
    return f"""{header}

# {recipe.name}

A sentence encoder for {", ".join(recipe.languages)}: one space for all, 6 layers × 384, about 23 million parameters, 256
pieces a text. `SentenceTransformer("models/encoder")` loads it. It is uncased, and keeps diacritics.

**Teacher:** the package `{recipe.teacher_package.replace("_", "-")}` (all-MiniLM-L6-v2, English, Apache-2.0). The student
has the teacher's body on a new Unigram vocabulary of {recipe.tokenizer.vocabulary:,} pieces, and learnt to say of a
translation what the teacher says of the English.

## Learnt from

| parallel text | licence | most pairs a language |
|---|---|---|
{sources}
| `data/parallel` (written for this project) | Apache-2.0 | all |

Translations are by the contributors of Tatoeba (CC BY 2.0 FR), Microsoft's documentation (CC BY 4.0), XED (Öhman et al.
2020, CC BY 4.0), OPUS-MT (CC BY-SA / CC0), GNOME, Odoo, WordPress, WooCommerce, YaST, Linux Mint, MediaWiki, ERPNext and
Python's documentation. Sentences of SIB-200 and of the validation set were taken out beforehand.

{varied}From step {recipe.tasks.from_step if recipe.tasks else plan.steps:,} on, labelled text too, each set through a head of its own that is thrown away
(training splits; of sets without a test split every fifth text is kept out):

| labelled text | licence |
|---|---|
{tasks}

## Recipe

`python -m training distil` with `training/recipes/encoder.yaml`: {plan.steps:,} steps of {plan.batch} texts
({plan.steps * plan.batch:,} in all), batches by length, loss {plan.cosine_weight} × (1 − cosine) + {plan.contrast_weight} ×
in-batch cross-entropy at scale {plan.contrast_scale:g}, learning rates {plan.learning_rate_embeddings:g} (embeddings) and
{plan.learning_rate_body:g} (body), {bare} of the texts without diacritics, {plan.typo_share:.0%} with typos.
{recipe.note}

Validation ({recipe.validation_pairs:,} news pairs a language, never learnt from): retrieval R@1 into English and cosine to
the teacher.

{head}
{points}

## Measured

{table.strip() or "`make evaluate-encoder` writes the table here."}

## Limits

Formal software and business text dominates the parallel data; colloquial Vietnamese is scarcest. Other languages are
encoded to nothing useful.
"""
