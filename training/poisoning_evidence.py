"""What speaks for and against each correction: what the messages themselves suggest, and what other people said.

Every correction is asked of a model that learnt from everybody but its author (kernel ridge on hashed words and
letters, the idea of `data.dispute` with authors as folds), and held against other people's corrections of the same or
nearly the same message. Both become one figure: how much likelier the labels are if given blindly than if read.
What an author is strict or lenient about is allowed for first: it is not blindness.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.linalg import cho_factor, cho_solve
from scipy.special import expit, logit
from sklearn.feature_extraction.text import HashingVectorizer, TfidfTransformer

from data.near import near_duplicates
from data.taxonomy import SINGLE, Labels, Taxonomy, as_list

FOLDS: Final = 8
RIDGE: Final = 0.5
"""Added to the kernel's diagonal, on which every message has 1."""
EDGES: Final = (0.5, 0.75, 0.9, 0.97)
"""Quantiles of a label's scores between which the chance of the label is counted."""
PRIOR: Final = 4.0
"""Made-up messages with the usual share of the label in every such part, so that none has a chance of 0 or 1."""
STRICTEST: Final = 1.5
"""Log-odds by which an author may favour or avoid a label, all through, and still be reading."""
AGREE: Final = 0.8
"""How often one person gives a label that another gave, before anything is known."""
PEERS_SAY: Final = 0.5
"""Weight of what others said beside what the messages suggest: both rest on the same message."""
MOST: Final = 4.0
"""No single correction says more than this (natural logarithm of odds)."""
ALIKE: Final = 0.5
"""Overlap from which two messages are nearly the same."""
_BLOCK: Final = 512
_STEPS: Final = np.linspace(-STRICTEST, STRICTEST, 13)

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Verdict:
    """One correction: all labels of the groups that the author settled. `ticket` names the message."""

    id: int
    author: str
    at: datetime
    ticket: str
    text: str
    lang: str
    labels: Labels
    cleared: bool = False
    """Whether a person believed it again after it was quarantined: its author is not judged by it."""


@dataclass(frozen=True)
class Lesson:
    """A labelled message that nobody is suspected of."""

    text: str
    labels: Labels


@dataclass(frozen=True)
class Matter:
    """All that is asked of, computed once: verdicts first, then lessons.

    `kernel` (rows × rows); `given` and `settled` (rows × labels): 1 where a label was given, and where its group was
    settled at all; `peers`: for a verdict, the other verdicts of the same or nearly the same message.
    """

    verdicts: Sequence[Verdict]
    names: tuple[str, ...]
    weight: Floats
    kernel: NDArray[np.float32]
    given: Floats
    settled: NDArray[np.bool_]
    peers: dict[int, list[int]]

    @property
    def authors(self) -> NDArray[np.str_]:
        return np.array([verdict.author for verdict in self.verdicts], np.str_)


def features(texts: Sequence[str]) -> sparse.csr_matrix:
    """Hash words and letters of texts into a sparse matrix, whose rows have length 1."""
    readable = [text.encode("utf-8", "replace").decode("utf-8") for text in texts]
    parts = []
    for how in ({"ngram_range": (1, 2)}, {"analyzer": "char_wb", "ngram_range": (2, 4)}):
        counts = HashingVectorizer(n_features=1 << 17, alternate_sign=False, norm=None, **how).transform(readable)
        parts.append(TfidfTransformer(sublinear_tf=True).fit_transform(counts))
    return (sparse.hstack(parts) / np.sqrt(2)).tocsr().astype(np.float32)


def prepare(
    verdicts: Sequence[Verdict], lessons: Sequence[Lesson], taxonomy: Taxonomy, known: sparse.csr_matrix | None = None
) -> Matter:
    """Compute what does not depend on who is believed. `known` are the features of all texts, if they are at hand."""
    texts = [*(verdict.text for verdict in verdicts), *(lesson.text for lesson in lessons)]
    rows = features(texts) if known is None else known
    columns = [(group.id, label) for group in taxonomy.groups for label in group.ids]
    labels = [*(verdict.labels for verdict in verdicts), *(lesson.labels for lesson in lessons)]
    given = np.array([[label in as_list(own.get(group)) for group, label in columns] for own in labels], np.float64)
    settled = np.array([[group in own for group, _ in columns] for own in labels], np.bool_)
    return Matter(
        verdicts, tuple(f"{group}.{label}" for group, label in columns),
        np.array([0.5 if group in SINGLE else 1.0 for group, _ in columns]),
        _alike(rows), given, settled, _peers(verdicts),
    )  # fmt: skip


def blindness(matter: Matter, believed: NDArray[np.bool_]) -> Floats:
    """Say for each verdict how much likelier it is blind than read (verdicts,), as the logarithm of odds.

    Learns from the verdicts `believed` and the lessons alone.
    """
    scores = _out_of_fold(matter, believed)
    authors, count = matter.authors, len(matter.verdicts)
    usable = np.concatenate([believed, np.ones(len(matter.given) - count, np.bool_)])
    total = np.zeros(count)
    for column in range(len(matter.names)):
        known = matter.settled[:, column]
        if not known[:count].any() or not (known & usable).any():
            continue
        given, score = matter.given[:, column], scores[:, column]
        part = np.searchsorted(np.quantile(score[known & usable], EDGES), score)
        peers = _peer_shares(matter, column, believed)
        for author in np.unique(authors):
            own = np.flatnonzero((authors == author) & known[:count])
            others = known & usable
            others[:count] &= authors != author
            if not len(own) or not others.any():
                continue
            usual = _usual(given[others])
            read = _chances(part[own], part[others], given[others], usual)
            bias = _strictness(read, given[own])
            blind = (given[own].sum() + PRIOR * usual) / (len(own) + PRIOR)
            told = _odds(given[own], blind, expit(logit(read) + bias))
            said = peers[own]
            heard = np.flatnonzero(~np.isnan(said))
            if len(heard):
                agreed = _agreement(
                    said[heard] >= 0.5, peers, given[:count], (authors != author) & known[:count], usual
                )
                chance = expit(logit(agreed) + bias)
                told[heard] += PEERS_SAY * _odds(given[own][heard], blind, chance)
            total[own] += matter.weight[column] * told
    return np.clip(total, -MOST, MOST)


def _alike(rows: sparse.csr_matrix) -> NDArray[np.float32]:
    """Multiply all rows with each other, some at a time: a sparse product of them all would need much memory."""
    found = np.zeros((rows.shape[0], rows.shape[0]), np.float32)
    for start in range(0, len(found), _BLOCK):
        found[start : start + _BLOCK] = (rows[start : start + _BLOCK] @ rows.T).toarray()
    return found


def _out_of_fold(matter: Matter, believed: NDArray[np.bool_]) -> Floats:
    """Score every row by a model that saw neither it nor anything of its author."""
    count, rows = len(matter.verdicts), len(matter.given)
    fold = np.arange(rows) % FOLDS
    sizes = np.zeros(FOLDS)
    authors = matter.authors
    names, amounts = np.unique(authors, return_counts=True)
    for place in np.argsort(-amounts):
        into = int(sizes.argmin())
        fold[:count][authors == names[place]] = into
        sizes[into] += amounts[place]
    usable = np.concatenate([believed, np.ones(rows - count, np.bool_)])
    known = matter.settled & usable[:, None]
    usual = (matter.given * known).sum(axis=0) / np.maximum(1, known.sum(axis=0))
    wanted = np.where(known, matter.given - usual, 0)
    scores = np.zeros_like(wanted)
    for number in range(FOLDS):
        learn, ask = np.flatnonzero((fold != number) & usable), np.flatnonzero(fold == number)
        if not len(learn) or not len(ask):
            continue
        own = matter.kernel[np.ix_(learn, learn)] + RIDGE * np.eye(len(learn), dtype=np.float32)
        factor = cho_factor(own, lower=True, overwrite_a=True, check_finite=False)
        solved = cho_solve(factor, wanted[learn].astype(np.float32), check_finite=False)
        scores[ask] = matter.kernel[np.ix_(ask, learn)] @ solved
    return scores


def _usual(given: Floats) -> float:
    return float((given.sum() + 0.5) / (len(given) + 1))


def _chances(own: NDArray[np.int64], others: NDArray[np.int64], given: Floats, usual: float) -> Floats:
    """Count how often others gave the label where its score is as high as here."""
    parts = len(EDGES) + 1
    yes = np.bincount(others, weights=given, minlength=parts)
    rows = np.bincount(others, minlength=parts)
    return np.asarray(((yes + PRIOR * usual) / (rows + PRIOR))[own])


def _strictness(read: Floats, given: Floats) -> float:
    """Fit by how much an author favours a label, mildly drawn towards not at all."""
    chance = expit(logit(read)[:, None] + _STEPS)
    fits = np.log(np.where(given[:, None] == 1, chance, 1 - chance)).sum(axis=0) - _STEPS**2 / 2
    return float(_STEPS[int(fits.argmax())])


def _odds(given: Floats, blind: float, read: Floats) -> Floats:
    return np.asarray(np.where(given == 1, np.log(blind / read), np.log((1 - blind) / (1 - read))))


def _agreement(
    says: NDArray[np.bool_], peers: Floats, given: Floats, others: NDArray[np.bool_], usual: float
) -> Floats:
    """Count how often others give a label that their peers gave, or did not give."""
    found = []
    for side, prior in ((False, usual / 2), (True, max(AGREE, usual))):
        rows = others & ~np.isnan(peers)
        rows &= np.where(np.isnan(peers), 0, peers) >= 0.5 if side else np.where(np.isnan(peers), 1, peers) < 0.5
        found.append((given[rows].sum() + 2 * PRIOR * prior) / (rows.sum() + 2 * PRIOR))
    return np.asarray(np.where(says, found[1], found[0]))


def _peer_shares(matter: Matter, column: int, believed: NDArray[np.bool_]) -> Floats:
    """Share of other people's verdicts on the message that give the label (verdicts,); nan where there are none."""
    shares = np.full(len(matter.verdicts), np.nan)
    for row, others in matter.peers.items():
        said = [matter.given[other, column] for other in others if believed[other] and matter.settled[other, column]]
        if said:
            shares[row] = float(np.mean(said))
    return shares


def _peers(verdicts: Sequence[Verdict]) -> dict[int, list[int]]:
    """Find for each verdict other people's verdicts of the same, or nearly the same, message."""
    found: defaultdict[int, set[int]] = defaultdict(set)
    holders: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
    for row, verdict in enumerate(verdicts):
        holders[verdict.lang, verdict.ticket].append(row)
    for lang in sorted({lang for lang, _ in holders}):
        tickets = [rows for (own, _), rows in holders.items() if own == lang]
        pairs = [(rows, rows) for rows in tickets]
        twins = near_duplicates([verdicts[rows[0]].text for rows in tickets], ALIKE)
        pairs += [(tickets[twin.first], tickets[twin.second]) for twin in twins]
        for one, other in pairs:
            for a in one:
                for b in other:
                    if verdicts[a].author != verdicts[b].author:
                        found[a].add(b)
                        found[b].add(a)
    return {row: sorted(others) for row, others in found.items()}
