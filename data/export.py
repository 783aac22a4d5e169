"""A corpus as an ordinary dataset folder: Parquet by language and split, and a card that says what is in it.

`datasets.load_dataset(FOLDER)` reads it, and so do pandas and DuckDB; uploaded, it is a dataset repository.
Needs pyarrow (the extra `files`).
"""

from __future__ import annotations

import os
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import yaml

from data.message import SPLITS, Message
from data.tables.table import missing
from data.taxonomy import Taxonomy

COLUMNS: Final[dict[str, tuple[str, str]]] = {
    "id": ("string", "name of the message, unique in the corpus"),
    "text": ("string", "what the customer wrote"),
    "lang": ("string", "ISO 639-1 code of its language"),
    "kind": ("string", "what the message is; null where nobody said"),
    "themes": ("list of strings", "what it is about"),
    "urgency": ("string", "how soon a person must act; null where nobody said"),
    "signals": ("list of strings", "what makes it press"),
    "motives": ("list of strings", "what the writer wants"),
    "emotion": ("string", "the feeling that dominates; null where nobody said"),
    "group": ("string", "messages of one situation have one group, and stand in one split"),
    "channel": ("string", "how it came, where that is known"),
    "sector": ("string", "line of business, where that is known"),
    "tags": ("list of strings", "what makes it hard or special"),
}
"""Columns with their types and meanings, in the order of the files."""
CARD, LABELS = "README.md", "taxonomy.yaml"


class ExportError(ValueError):
    """A dataset cannot be written; the message says why and what to do."""


def export_dataset(
    messages: Sequence[Message], taxonomy: Taxonomy, folder: Path, *, name: str, licence: str, origin: str
) -> list[Path]:
    """Write `folder`, whole or not at all; it must not hold anything yet. Returns the data files.

    `licence` is an identifier as the Hugging Face hub knows them (apache-2.0, cc-by-4.0, other …), `origin` a sentence
    that says where the messages come from. Raises `ExportError`.
    """
    arrow = _arrow()
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ExportError(f"{folder} is not empty: name a new folder")
    if not messages:
        raise ExportError("there is no message to export")
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".export-") as staging:
        part = Path(staging) / "dataset"
        files = []
        for language in sorted({message.lang for message in messages}):
            for split in SPLITS:
                rows = [m for m in messages if m.lang == language and m.split == split]
                if rows:
                    path = part / "data" / language / f"{split}.parquet"
                    path.parent.mkdir(parents=True, exist_ok=True)
                    arrow.parquet.write_table(_table(arrow, rows), path)
                    files.append(path.relative_to(part))
        labels = taxonomy.model_dump(mode="json", exclude_defaults=True)
        (part / LABELS).write_text(yaml.safe_dump(labels, allow_unicode=True, sort_keys=False), encoding="utf-8")
        (part / CARD).write_text(_card(messages, taxonomy, name, licence, origin), encoding="utf-8")
        if folder.exists():
            folder.rmdir()
        os.replace(part, folder)
    return [folder / each for each in files]


def _table(arrow: Any, messages: Sequence[Message]) -> Any:  # noqa: ANN401
    types = {"string": arrow.string(), "list of strings": arrow.list_(arrow.string())}
    schema = arrow.schema([arrow.field(column, types[kind]) for column, (kind, _) in COLUMNS.items()])
    return arrow.Table.from_pylist([{column: getattr(m, column) for column in COLUMNS} for m in messages], schema)


def _card(messages: Sequence[Message], taxonomy: Taxonomy, name: str, licence: str, origin: str) -> str:
    languages = sorted({message.lang for message in messages})
    splits = [split for split in SPLITS if any(message.split == split for message in messages)]
    counts = Counter((message.split, message.lang) for message in messages)
    head = {
        "license": licence,
        "language": languages,
        "pretty_name": name,
        "task_categories": ["text-classification"],
        "configs": [
            {
                "config_name": config,
                "data_files": [
                    {"split": split, "path": f"data/{place}/{split}.parquet"}
                    for split in splits
                    if config == "default" or counts[split, config]
                ],
                **({"default": True} if config == "default" else {}),
            }
            for config, place in [("default", "*"), *((language, language) for language in languages)]
        ],
    }
    columns = "\n".join(f"| `{column}` | {kind} | {told} |" for column, (kind, told) in COLUMNS.items())
    rows = "\n".join(
        f"| {split} | " + " | ".join(f"{counts[split, language]:,}" for language in languages) + " |"
        for split in splits
    )
    labels = "\n".join(
        f"| {group.id} | {'several' if group.mode == 'many' else 'one'} | {', '.join(group.ids)} |"
        for group in taxonomy.groups
    )
    return f"""---
{yaml.safe_dump(head, sort_keys=False, allow_unicode=True).strip()}
---

# {name}

{len(messages):,} customer messages with labels, by taxonomy {taxonomy.version}. {origin}

```python
import datasets
datasets.load_dataset("THIS_FOLDER")            # all languages
datasets.load_dataset("THIS_FOLDER", "{languages[0]}")      # one of them
```

## Columns

| column | type | holds |
|---|---|---|
{columns}

## Labels

`{LABELS}` defines them.

| group | labels a message | labels |
|---|---|---|
{labels}

## Splits

`calibration` is for early stopping, calibration and thresholds; `gold` is for measuring, and nothing else.

| split | {" | ".join(languages)} |
|---|{"---|" * len(languages)}
{rows}

## Licence

{licence}
"""


def _arrow() -> Any:  # noqa: ANN401
    try:
        import pyarrow
        import pyarrow.parquet
    except ModuleNotFoundError as error:
        raise missing("exporting a dataset", "pyarrow") from error
    return pyarrow
