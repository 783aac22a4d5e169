"""A corpus in the words of a new taxonomy: what the map carries over is written, what it leaves open is set apart."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from data.corpus import CorpusError, read_corpus, read_messages, write_messages
from data.message import Message
from data.taxonomy import GROUP_IDS, SINGLE, GroupId
from data.taxonomy_chain import Chain, Unclear
from data.whole import write_whole

AGAIN: Final = "again.jsonl"
"""Beside the languages' folders, where nobody reads it as part of the corpus: messages that people must judge again."""


def rewrite(chain: Chain, corpus: Path, folder: Path) -> str:
    """Write a corpus labelled by the old taxonomy anew, file by file, into a new folder; says in a line what was done.

    A message with a group that must be judged again goes to `again.jsonl` instead, without that group: a line says
    under `file` where it belongs, and under `judge` which labels are certain and among which sets one or more hold.
    Raises `CorpusError` where the folder holds something already.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise CorpusError(f"{folder} holds something already: name a folder that is not there yet")
    read_corpus(corpus)  # finds what is wrong with it before anything is written
    again: list[str] = []
    files: dict[Path, list[Message]] = {}
    for path in sorted(corpus.glob("*/*.jsonl")):
        file = path.relative_to(corpus)
        kept = files.setdefault(folder / file, [])
        for message in read_messages(path):
            mapped = chain.apply(message.labels)
            groups: dict[str, Any] = {
                group: mapped.labels.get(group, None if group in SINGLE else []) for group in GROUP_IDS
            }
            changed = message.model_copy(update=groups)
            if mapped.unclear:
                again.append(_line(changed, file, mapped.unclear))
            else:
                kept.append(changed)
    for path, messages in files.items():
        write_messages(path, messages)
    if again:
        write_whole(folder / AGAIN, "".join(again))
    count = sum(len(messages) for messages in files.values())
    told = f"{len(again):,} to be judged again in {folder / AGAIN}" if again else "none to be judged again"
    return f"{count:,} messages written to {folder}, {told}\n"


def _line(message: Message, file: Path, unclear: Mapping[GroupId, Unclear]) -> str:
    record = message.model_dump(mode="json", exclude_none=True, exclude=set[str](unclear))
    judge = {
        group: {"certain": [*what.certain], "among": [sorted(labels) for labels in what.among]}
        for group, what in unclear.items()
    }
    return json.dumps({**record, "file": file.as_posix(), "judge": judge}, ensure_ascii=False) + "\n"
