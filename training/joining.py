"""Longer messages out of short ones: what is pressing in one sentence must not drown in the rest."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator, Sequence

from data.message import Message
from data.taxonomy import Taxonomy, as_list

MOST = 3
"""Messages that are joined at most."""


def join_messages(messages: Sequence[Message], taxonomy: Taxonomy, share: float, seed: int) -> Iterator[Message]:
    """Yield `share` as many messages as there are, each two or three of one kind and language in one text.

    Sets of labels are united and the most pressing of ordered labels holds, open where a part leaves it open; so does
    the feeling stay.
    """
    dice = random.Random(seed)
    alike: defaultdict[tuple[str, str | None], list[Message]] = defaultdict(list)
    for message in messages:
        alike[message.lang, message.kind].append(message)
    pools = [pool for pool in alike.values() if len(pool) >= MOST]
    for number in range(round(share * len(messages)) if pools else 0):
        pool = dice.choices(pools, [len(pool) for pool in pools])[0]
        parts = dice.sample(pool, dice.randint(2, MOST))
        labels: dict[str, object] = {}
        for group in taxonomy.groups:
            held = {label for part in parts for label in as_list(part.labels.get(group.id))}
            ordered = [label for label in group.ids if label in held]
            if group.mode == "many":
                labels[group.id] = ordered
            elif group.mode == "ordered" and all(part.labels.get(group.id) for part in parts):
                labels[group.id] = ordered[-1]
            elif group.id == "kind":
                labels[group.id] = parts[0].kind
        yield Message(
            id=f"joined-{number}",
            text=dice.choice([" ", "\n"]).join(part.text for part in parts),
            lang=parts[0].lang,
            group=f"joined-{number}",
            split="train",
            **labels,  # type: ignore[arg-type]
        )
