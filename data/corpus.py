"""The written corpus: folders of JSONL files, one per language, read and written without losing a line."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from pydantic import ValidationError

from data.message import Message, Split
from data.whole import writing_whole

CORPUS = Path(__file__).parent / "corpus"


class CorpusError(ValueError):
    """A corpus file cannot be read; the message names the file, the line and the mend."""


def read_messages(path: Path) -> list[Message]:
    """Read one JSONL file; raises `CorpusError` naming the line that is wrong."""
    messages: list[Message] = []
    try:
        lines = path.read_bytes().decode("utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise CorpusError(f"{path} cannot be read as UTF-8 text: {error}") from error
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            messages.append(Message.model_validate(json.loads(line)))
        except ValidationError as error:
            first = error.errors()[0]
            place = ".".join(str(part) for part in first["loc"])
            raise CorpusError(f"{path}, line {number}, {place}: {first['msg']}") from error
        except json.JSONDecodeError as error:
            raise CorpusError(f"{path}, line {number} is not JSON: {error.msg} at column {error.colno}") from error
    return messages


def read_corpus(
    folder: Path = CORPUS, languages: Iterable[str] | None = None, split: Split | None = None
) -> list[Message]:
    """Read a corpus folder (`{language}/*.jsonl`), in a stable order, optionally one split of it.

    Raises `CorpusError` where the folder holds no messages or a message stands under another language.
    """
    chosen = sorted(languages) if languages is not None else sorted(p.name for p in folder.glob("*") if p.is_dir())
    messages: list[Message] = []
    for language in chosen:
        for path in sorted((folder / language).glob("*.jsonl")):
            found = read_messages(path)
            if stray := next((m for m in found if m.lang != language), None):
                raise CorpusError(f"{path}: message {stray.id} is in {stray.lang!r}, move it to that folder")
            messages.extend(found)
    if not messages:
        raise CorpusError(f"no messages in {folder}: it needs {{language}}/*.jsonl")
    return [message for message in messages if split is None or message.split == split]


def write_messages(path: Path, messages: Iterable[Message]) -> None:
    """Write a JSONL file whole or not at all."""
    with writing_whole(path) as out:
        for message in messages:
            record = message.model_dump(mode="json", exclude_none=True)
            out.write(json.dumps(record, ensure_ascii=False) + "\n")
