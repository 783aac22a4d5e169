"""Count how a classifier errs on frozen gold, as it is served: the `confusion.json` of its artifact."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from data.message import Message
from data.taxonomy import Group, Taxonomy, as_list
from models.answer import Answer
from models.confusion import Confusion, Hits
from training.evaluate import answer_labels


def confusion(messages: Sequence[Message], answers: Sequence[Answer], taxonomy: Taxonomy) -> Confusion:
    """Count true labels against said ones; a group that a message has no label of does not count it."""
    unread: dict[str, int] = {}
    pairs: dict[str, list[tuple[Message, Answer]]] = {}
    for message, answer in zip(messages, answers, strict=True):
        if answer.language.supported:
            pairs.setdefault(answer.language.label, []).append((message, answer))
        else:
            unread[message.lang] = unread.get(message.lang, 0) + 1
    many: dict[str, dict[str, dict[str, Hits]]] = {}
    single: dict[str, dict[str, list[list[int]]]] = {}
    for group in taxonomy.groups:
        for language, own in sorted(pairs.items()):
            known = [(message.labels[group.id], answer) for message, answer in own if group.id in message.labels]
            said = [(as_list(true), as_list(answer_labels(answer)[group.id])) for true, answer in known]
            if group.mode == "many":
                many.setdefault(group.id, {})[language] = {label: _hits(said, label) for label in group.ids}
            else:
                single.setdefault(group.id, {})[language] = _table(said, group)
    labels: dict[str, list[str]] = {group.id: group.ids for group in taxonomy.groups}
    return Confusion(labels=labels, many=many, single=single, unread=unread)


def _hits(pairs: Sequence[tuple[list[str], list[str]]], label: str) -> Hits:
    both = [(label in true, label in said) for true, said in pairs]
    tp, fp, fn, tn = (both.count(case) for case in ((True, True), (False, True), (True, False), (False, False)))
    return Hits(tp=tp, fp=fp, fn=fn, tn=tn)


def _table(pairs: Sequence[tuple[list[str], list[str]]], group: Group) -> list[list[int]]:
    counted = np.zeros((len(group.ids), len(group.ids) + 1), int)
    for true, said in pairs:
        if true:
            counted[group.ids.index(true[0]), group.ids.index(said[0]) if said else -1] += 1
    rows: list[list[int]] = counted.tolist()
    return rows
