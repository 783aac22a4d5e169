"""The model card of a classifier, in the Hugging Face form: what it is for, what it learnt from, how right it is."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from data.message import Message
from data.taxonomy import Taxonomy
from models.calibration import Calibration


def classifier_card(
    version: str,
    messages: Sequence[Message],
    taxonomy: Taxonomy,
    calibration: Calibration,
    parts: Mapping[str, str],
    lineage: Mapping[str, Any],
) -> str:
    """Compose the card; `parts` are headed tables of measured figures, `lineage` says how to make the model again."""
    counts = Counter((message.split, message.lang) for message in messages)
    languages = sorted({message.lang for message in messages})
    header = "\n".join(
        ["---", "license: apache-2.0", "pipeline_tag: text-classification", "language:"]
        + [f"- {language}" for language in languages]
        + ["---"]
    )
    rows = "\n".join(
        f"| {split} | " + " | ".join(str(counts[split, language]) for language in languages) + " |"
        for split in ("train", "calibration", "gold")
    )
    measured = "\n\n".join(f"## {name}\n\n{text.strip()}" for name, text in parts.items())
    limits = calibration.review.model_dump()
    return f"""{header}

# Reclamo classifier {version}

Reads one customer message in {", ".join(languages)} and says kind, themes, urgency, signals, motives and emotion by
taxonomy {taxonomy.version}, each with a calibrated confidence, or abstains and says why.

**Meant for** routing and reading customer messages with a person in reach. **Not meant for** judging people, for
languages other than those above (it abstains), or for deciding about someone's money, health or rights unseen.

## Learnt from

Messages written for this project (`data/corpus`, Apache-2.0), none of them a real person's; the encoder's own sources
and licences are in `models/encoder/README.md`.

| split | {" | ".join(languages)} |
|---|{"---|" * len(languages)}
{rows}

The gold split was never trained on, tuned on or used to set a threshold.

{measured}

## Limits

Written messages are tidier than the mailbox of a company: expect lower figures on your own, measure them with
`python -m training evaluate --corpus YOUR_FOLDER`, and retrain. A person should look where
`review.needed` is true; the chances below which that happens were set on the calibration split: `{json.dumps(limits)}`.

## How it was made

```json
{json.dumps(lineage, indent=1, ensure_ascii=False)}
```
"""
