"""Labels that a model trained on the other messages strongly disputes: mostly slips, sometimes the model's blind spots.

Every message is judged by linear classifiers that never saw its group (cross-validation by groups), as in confident
learning (Northcutt et al. 2021) without its counting. Of a group that a message leaves open, it is neither asked nor
learnt from. Needs scikit-learn, which training installs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from data.message import Message
from data.taxonomy import Taxonomy, as_list

FOLDS = 5
SURE = 0.8
"""Distance from the border between yes and no, in margins, from which a verdict counts as strong."""
FEWEST = 20
"""Labels with fewer examples are not judged: a model knows too little of them."""


@dataclass(frozen=True, slots=True)
class Dispute:
    """A label that the model would take away (`given`) or add; `margin` says how sure it is."""

    id: str
    group: str
    label: str
    given: bool
    margin: float


def disputes(messages: Sequence[Message], taxonomy: Taxonomy) -> list[Dispute]:
    """List the strongly disputed labels, the surest first. Takes minutes for ten thousand messages."""
    import numpy as np
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.model_selection import GroupKFold
    from sklearn.pipeline import make_union
    from sklearn.svm import LinearSVC

    texts = [message.text for message in messages]
    features = make_union(
        TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, min_df=2),
        TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 4), sublinear_tf=True, min_df=3),
    ).fit_transform(texts)
    folds = list(GroupKFold(FOLDS).split(texts, groups=[message.group for message in messages]))
    found: list[Dispute] = []
    for group in taxonomy.groups:
        known = np.array([group.id in message.labels for message in messages])
        for label in group.ids:
            given = np.array([label in as_list(message.labels.get(group.id)) for message in messages])
            if not FEWEST <= given.sum() <= known.sum() - FEWEST:
                continue
            margin = np.zeros(len(given))
            for learn, ask in ((one[known[one]], other[known[other]]) for one, other in folds):
                if not len(ask) or len({*given[learn].tolist()}) < 2:
                    continue
                model = LinearSVC(C=0.5, class_weight="balanced").fit(features[learn], given[learn])
                margin[ask] = model.decision_function(features[ask])
            against = np.where(given, -margin, margin)
            found += [
                Dispute(messages[i].id, group.id, label, bool(given[i]), round(float(against[i]), 2))
                for i in np.flatnonzero(against >= SURE).tolist()
            ]
    return sorted(found, key=lambda dispute: -dispute.margin)
