"""Corrections are looked over before anything is learnt from them: what contradicts, and what a model disputes.

People are right until shown otherwise, so nothing is thrown out here. The report says whose corrections are disputed
unusually often; `Store.quarantine` takes back those that turn out to be wrong. No text stands in it.
"""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict

from data.audit import audit
from data.dispute import Dispute, disputes
from data.message import Message
from data.taxonomy import Taxonomy
from training.corrections import Row

READ = 3_000
"""Messages that the model which disputes is made from, corrections first: a minute on two cores."""
FEWEST = 60
"""With fewer messages in all nothing is disputed: a model would know too little."""
FEWEST_OWN = 20
"""Corrections of one person below which nothing is said of them."""
OFTEN = 2.0
"""How many times as often as the corpus's labels a person's must be disputed to be named."""


def look_over(
    rows: Sequence[Row], corpus: Sequence[Message], taxonomy: Taxonomy, seed: int
) -> tuple[str, list[Dispute]]:
    """Audit the corrections; returns the report as Markdown and the disputed labels of the rows."""
    corrections = {row.message.id: row for row in rows}
    learnt = [message for message in corpus if message.split == "train"]
    one_each = list({row.message.group: row for row in rows}.values())[-READ:]  # alike rows would judge each other
    some = random.Random(seed).sample(learnt, min(len(learnt), READ - len(one_each)))
    judged = [*(row.message for row in one_each), *some]
    found = disputes(judged, taxonomy) if len(judged) >= FEWEST else []
    disputed = {each.id for each in found}
    usual = len([message for message in some if message.id in disputed]) / max(1, len(some))
    share = len([row for row in one_each if row.message.id in disputed]) / max(1, len(one_each))
    lines = [
        f"{share:.1%} of {len(one_each):,} corrections have a label that a model trained on the others disputes; of "
        f"{len(some):,} messages of the corpus {usual:.1%} do.",
        *_people(one_each, disputed, usual),
    ]
    told = audit([row.message for row in rows], taxonomy, judge=False, whole=False).replace(
        "# Audit of", "# Corrections:", 1
    )
    report = "\n".join(lines)
    return f"{told}\n## Disputed labels\n\n{report}\n", [each for each in found if each.id in corrections]


def as_lines(found: Sequence[Dispute]) -> str:
    """Write disputes as JSONL."""
    return "".join(json.dumps(asdict(each)) + "\n" for each in found)


def _people(rows: Sequence[Row], disputed: set[str], usual: float) -> list[str]:
    own, against = Counter(row.author for row in rows), Counter(r.author for r in rows if r.message.id in disputed)
    shares = {author: against[author] / count for author, count in own.items() if count >= FEWEST_OWN}
    often = sorted(
        (author for author, share in shares.items() if share > OFTEN * max(usual, 0.01)), key=lambda a: -shares[a]
    )
    return [
        f"- {author}: {shares[author]:.0%} of {own[author]}; look at these before they are learnt from"
        for author in often
    ]
