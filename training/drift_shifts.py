"""How far a period stands from the reference, in standard deviations, and how far it would stand by chance alone.

What chance does is found by drawing as many messages at random, language by language, from the reference and the period
together: where nothing has changed, the period is one such draw like any other, whatever the texts and labels are.
Shares are compared as angles (Freeman–Tukey), whose variance hardly depends on the share, so that rare labels raise no
more alarms than common ones.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.stats import rankdata

from training.drift_rows import ABSTAINED, Rows

Floats = NDArray[np.float64]

WORDING: Final = "wording"
"""Where the middle of all messages stands, rarer words weighing more: a two-sample distance (MMD, linear kernel)."""
RARE_WORDS: Final = "rare words"
"""Words that hardly any message has: their part of a message."""
CONFIDENCE: Final = "confidence"
ABSTENTION: Final = "abstention"
LANGUAGES: Final = "languages"
ALL: Final = "all"
"""All languages together, each compared with itself, so that a change of their mix is none here."""

FEWEST: Final = 5
"""Messages from which a language is told apart in the mix."""
RARE: Final = 3
"""Messages up to which a word is rare."""
LOW: Final = 0.1
"""The least sure part of the messages, whose share is watched beside the middle of the certainties."""
FEW: Final = (10, 50)
"""Messages of the period and of the reference below which a language is left out of the comparison."""
_AT_ONCE: Final = 250


@dataclass(frozen=True)
class Shift:
    """One kind of change in one scope. `z` is (draws + 1) × components; its first row is what really came.

    `before` and `now` (components,) are what was compared: shares, the middle certainty, words.
    """

    kind: str
    scope: str
    names: tuple[str, ...]
    z: Floats
    before: Floats
    now: Floats
    size: int
    """Messages of the period."""

    def distances(self) -> Floats:
        """Sum the components up (draws + 1,): the largest one, but for the wording, which is a sum already."""
        return self.z[:, 0] if self.kind == WORDING else np.asarray(np.abs(self.z).max(axis=1))


def shifts(reference: Rows, recent: Rows, rng: np.random.Generator, draws: int) -> list[Shift]:
    """Compare language by language, all together, and the mix of languages."""
    found: list[Shift] = []
    weights: dict[str, float] = {}
    for lang in languages(reference, recent):
        pool = _Pool(reference[reference.lang == lang], recent[recent.lang == lang])
        found += pool.shifts(lang, rng, draws)
        weights[lang] = pool.weight
    return [*found, *_together(found, weights), *_mix(reference, recent, rng, draws)]


def languages(reference: Rows, recent: Rows, few: tuple[int, int] = FEW) -> list[str]:
    """List the languages with enough messages on both sides."""
    known = sorted({str(lang) for lang in recent.lang})
    return [k for k in known if (recent.lang == k).sum() >= few[0] and (reference.lang == k).sum() >= few[1]]


class _Pool:
    """The messages of one language, those of the period first."""

    def __init__(self, old: Rows, new: Rows) -> None:
        self._old, self._new = len(old), len(new)
        self.weight = self._old * self._new / (self._old + self._new)
        self._columns = new.columns
        self._flags = np.concatenate([new.flags, old.flags]).astype(np.float32)
        self._certainty = np.concatenate([new.certainty, old.certainty])
        self._decided = self._certainty > 0
        words = sparse.vstack([new.words, old.words]).tocsr()
        holders = np.bincount(words.indices, minlength=words.shape[1])
        self._vectors = _vectors(words[:, np.flatnonzero(holders > 1)])
        self._centre = np.asarray(self._vectors.mean(axis=0)).ravel()
        rare = sparse.csr_matrix((holders[words.indices] <= RARE, words.indices, words.indptr), words.shape)
        self._rare = np.asarray(rare.sum(axis=1), np.float64).ravel() / np.maximum(1, np.diff(words.indptr))

    def shifts(self, lang: str, rng: np.random.Generator, draws: int) -> Iterator[Shift]:
        low = np.quantile(self._certainty[self._decided], LOW) if self._decided.any() else 0.0
        unsure = (self._decided & (self._certainty <= low)).astype(np.float32)
        rank = np.zeros(len(unsure))
        if self._decided.any():
            rank[self._decided] = rankdata(self._certainty[self._decided]) / (self._decided.sum() + 1) - 0.5
        shares = np.column_stack([self._flags, unsure])
        amounts = np.column_stack([rank, self._rare - self._rare.mean()])
        z_shares, z_amounts, wording = [], [], []
        for chosen in self._chosen(rng, draws):
            z_shares.append(self._angles(chosen @ shares, shares.sum(axis=0)))
            z_amounts.append(self._sums(chosen @ amounts, amounts))
            apart = (chosen @ self._vectors).toarray() - self._new * self._centre
            wording.append((apart * apart).sum(axis=1) / self.weight)
        z, sums = np.concatenate(z_shares), np.concatenate(z_amounts)
        before, now = shares[self._new :].mean(axis=0), shares[: self._new].mean(axis=0)

        def shift(kind: str, names: tuple[str, ...], z: Floats, before: object, now: object) -> Shift:
            return Shift(
                kind, lang, names, z, np.atleast_1d(np.asarray(before)), np.atleast_1d(np.asarray(now)), self._new
            )

        far = np.concatenate(wording).astype(np.float64)
        yield shift(WORDING, ("words",), far[:, None], np.median(far), far[0])
        rare_then, rare_now = self._rare[self._new :].mean(), self._rare[: self._new].mean()
        yield shift(RARE_WORDS, ("rare words",), sums[:, 1:2], rare_then, rare_now)
        for kind, members in self._kinds():
            yield shift(kind, tuple(self._columns[i] for i in members), z[:, members], before[members], now[members])
        middles = [_middle(self._certainty[self._new :]), _middle(self._certainty[: self._new])]
        both = np.column_stack([sums[:, 0], z[:, -1]])
        yield shift(
            CONFIDENCE, ("middle certainty", f"certainty up to {low:.2f}"), both,
            np.array([middles[0], before[-1]]), np.array([middles[1], now[-1]]),
        )  # fmt: skip

    def _kinds(self) -> Iterator[tuple[str, list[int]]]:
        groups: dict[str, list[int]] = {}
        for i, name in enumerate(self._columns):
            group = name.split(".")[0]
            groups.setdefault(ABSTENTION if group in ("review", ABSTAINED) else group, []).append(i)
        yield from groups.items()

    def _chosen(self, rng: np.random.Generator, draws: int) -> Iterator[sparse.csr_matrix]:
        """Yield draws as matrices (some draws × messages) of ones; the very first draw is the period itself."""
        for start in range(0, draws + 1, _AT_ONCE):
            number = min(_AT_ONCE, draws + 1 - start)
            picks = [rng.choice(self._old + self._new, self._new, replace=False, shuffle=False) for _ in range(number)]
            if start == 0:
                picks[0] = np.arange(self._new)
            starts = np.arange(number + 1) * self._new
            ones = np.ones(number * self._new, np.float32)
            yield sparse.csr_matrix((ones, np.concatenate(picks), starts), (number, self._old + self._new))

    def _angles(self, counts: Floats, totals: Floats) -> Floats:
        return angles(counts, self._new, totals - counts, self._old)

    def _sums(self, sums: Floats, amounts: Floats) -> Floats:
        size = self._old + self._new
        variance = (amounts * amounts).sum(axis=0) / max(1, size - 1) * self.weight
        return np.asarray(sums / np.sqrt(np.maximum(variance, 1e-12)))


def angles(new: NDArray[Any], new_size: int, old: NDArray[Any], old_size: int) -> Floats:
    """Compare counts out of so many: differences of their angles, in standard deviations."""
    apart = _angle(new, new_size) - _angle(old, old_size)
    return np.asarray(2 * apart / np.sqrt(1 / new_size + 1 / old_size), np.float64)


def _angle(counts: NDArray[Any], size: int) -> Floats:
    return np.arcsin(np.sqrt((counts + 0.375) / (size + 0.75)))


def _vectors(words: sparse.csr_matrix) -> sparse.csr_matrix:
    """Weigh words by the square of their rarity (idf²) and bring every message to length 1, long or short."""
    rarity = np.log((1 + words.shape[0]) / np.asarray(words.sum(axis=0)).ravel())
    weighed = words.multiply((rarity * rarity).astype(np.float32)).tocsr()
    length = np.sqrt(np.asarray(weighed.multiply(weighed).sum(axis=1)).ravel())
    return (sparse.diags(1 / np.maximum(length, 1e-9)) @ weighed).tocsr().astype(np.float32)


def _middle(certainty: NDArray[np.float32]) -> float:
    decided = certainty[certainty > 0]
    return float(np.median(decided)) if len(decided) else 0.0


def _together(found: list[Shift], weights: dict[str, float]) -> Iterator[Shift]:
    """Add the languages up, each with the weight of its messages."""
    if len(weights) < 2:
        return
    for kind in dict.fromkeys(shift.kind for shift in found):
        own = [shift for shift in found if shift.kind == kind]
        share = np.array([weights[shift.scope] for shift in own])
        if kind == WORDING:
            spread = [np.maximum(shift.z.std(axis=0), 1e-9) for shift in own]
            apart = [(shift.z - shift.z.mean(axis=0)) / s for shift, s in zip(own, spread, strict=True)]
            # On the scale of one language again: around one, and always above zero.
            z = 1 + np.sum(apart, axis=0) / np.sqrt(len(own)) * np.mean(spread)
        else:
            parts = zip(np.sqrt(share), (shift.z for shift in own), strict=True)
            z = sum(weight * part for weight, part in parts) / np.sqrt(share.sum())
        sizes = np.array([shift.size for shift in own], float)
        before, now = (np.average([getattr(s, side) for s in own], axis=0, weights=sizes) for side in ("before", "now"))
        names = own[0].names if kind != CONFIDENCE else (own[0].names[0], "the least sure tenth")
        yield Shift(kind, ALL, names, np.asarray(z), before, now, int(sizes.sum()))


def _mix(reference: Rows, recent: Rows, rng: np.random.Generator, draws: int) -> Iterator[Shift]:
    """Compare how many messages each language has; languages of hardly any messages are one."""
    if not len(reference) or not len(recent):
        return
    names, counts = np.unique(np.concatenate([recent.lang, reference.lang]), return_counts=True)
    own = [str(name) for name in names[counts >= FEWEST]]
    known = [*own, "other"]

    def count(rows: Rows) -> NDArray[np.int64]:
        each = [int((rows.lang == name).sum()) for name in own]
        return np.array([*each, len(rows) - sum(each)])

    new, old = count(recent), count(reference)
    drawn = rng.multivariate_hypergeometric(new + old, len(recent), size=draws)
    counts_new = np.concatenate([new[None], drawn])
    z = angles(counts_new, len(recent), (new + old) - counts_new, len(reference))
    yield Shift(LANGUAGES, ALL, tuple(known), z, old / len(reference), new / len(recent), len(recent))
