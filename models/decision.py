"""From scores to an answer: calibrated chances, thresholds, the taxonomy's rules, and when a person should look."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from data.taxonomy import Group, Taxonomy
from models.answer import Answer, Choice, Language, Mention, Plausible, Reason, Review, Span, Urgency
from models.calibration import Calibration, Scale
from models.layout import Columns, layout
from models.plausible import plausible

Vector = NDArray[np.float32]
ERROR_RATE = 0.1
"""Share of messages whose set of plausible labels may miss a true one, unless told otherwise."""
FindEvidence = Callable[[str, str], Sequence[Span]]
"""Given group and label, the spans that speak for it."""


def chances(scores: Vector, columns: Columns, scales: Mapping[str, Scale]) -> Vector:
    """Calibrated chances of a group's labels, in the taxonomy's order; of one or ordered groups they add up to 1."""
    raw = scores[columns.start : columns.stop].astype(np.float64)
    if columns.mode == "one":
        raw = raw * scales.get("*", Scale()).slope
        exponent = np.exp(raw - raw.max())
        return np.asarray(exponent / exponent.sum(), dtype=np.float32)
    names = columns.labels[1:] if columns.mode == "ordered" else columns.labels
    lines = [scales.get(name, Scale()) for name in names]
    raw = raw * [line.slope for line in lines] + [line.offset for line in lines]
    above = 1 / (1 + np.exp(-np.clip(raw, -30, 30)))
    if columns.mode == "many":
        return np.asarray(above, dtype=np.float32)
    steps = np.concatenate([[1.0], np.minimum.accumulate(above), [0.0]])
    return np.asarray(steps[:-1] - steps[1:], dtype=np.float32)


def ordered_choice(chance: Vector) -> int:
    """Return the middle of the distribution: the first label at which half of the chance is reached."""
    return int(np.searchsorted(np.cumsum(chance), 0.5))


@dataclass(frozen=True)
class Decider:
    """Decides by one taxonomy and one calibration."""

    taxonomy: Taxonomy
    calibration: Calibration
    model_version: str
    error_rate: float = ERROR_RATE

    def decide(self, scores: Vector, language: Language, evidence: FindEvidence, doubts: Sequence[Reason]) -> Answer:
        """Answer from the scores of one message; `doubts` are reasons to look that were found before scoring."""
        chance = self.chances(scores)
        chosen: dict[str, list[int]] = {
            group.id: self._choose(group, chance[group.id], language.label) for group in self.taxonomy.groups
        }
        self._apply_rules(chosen, chance)
        reasons = [*doubts, *self._doubts(chosen, chance)]
        ordered = list(dict.fromkeys(reasons))
        return Answer(
            kind=self._single(chosen, chance, "kind"),
            themes=self._mentions(chosen, chance, "themes", evidence),
            urgency=self._urgency(chosen, chance),
            signals=self._mentions(chosen, chance, "signals", evidence),
            motives=self._choices(chosen, chance, "motives"),
            emotion=self._single(chosen, chance, "emotion"),
            language=language,
            review=Review(needed=bool(ordered), reasons=ordered),
            plausible=self._plausible(chosen, chance, language.label),
            model_version=self.model_version,
            taxonomy_version=self.taxonomy.version,
        )

    def chances(self, scores: Vector) -> dict[str, Vector]:
        """Calibrated chances of all labels, by group."""
        return {
            columns.group: chances(scores, columns, self.calibration.scales.get(columns.group, {}))
            for columns in layout(self.taxonomy)
        }

    def abstain(self, language: Language, reason: Reason) -> Answer:
        """Say nothing of the message but why."""
        return Answer(
            kind=None,
            themes=[],
            urgency=None,
            signals=[],
            motives=[],
            emotion=None,
            language=language,
            review=Review(needed=True, reasons=[reason]),
            model_version=self.model_version,
            taxonomy_version=self.taxonomy.version,
        )

    def _choose(self, group: Group, chance: Vector, language: str) -> list[int]:
        if group.mode == "ordered":
            worst = len(chance) - 1
            alarming = chance[worst] >= self.calibration.threshold(group.id, group.ids[worst], language)
            return [worst if alarming else ordered_choice(chance)]
        if group.mode == "one":
            return [int(chance.argmax())]
        limits = [self.calibration.threshold(group.id, label, language) for label in group.ids]
        return [i for i in range(len(group.ids)) if chance[i] >= limits[i]]

    def _apply_rules(self, chosen: dict[str, list[int]], chance: dict[str, Vector]) -> None:
        for rule in self.taxonomy.rules:
            ids = self.taxonomy.ids(rule.group)
            if not {ids[i] for i in chosen.get(rule.group, [])} & set(rule.labels):
                continue
            for group in rule.empty:
                if group in chosen:
                    chosen[group] = []
            for group in rule.needed:
                if group in chosen and not chosen[group]:
                    chosen[group] = [int(chance[group].argmax())]

    def _doubts(self, chosen: dict[str, list[int]], chance: dict[str, Vector]) -> list[Reason]:
        limits = self.calibration.review
        doubts: list[Reason] = []
        unsure = any(
            chosen.get(group) and chance[group][chosen[group][0]] < least for group, least in limits.single.items()
        )
        if themes := chosen.get("themes"):
            unsure = unsure or max(float(chance["themes"][i]) for i in themes) < limits.theme
        if unsure:
            doubts.append(Reason.low_confidence)
        if "urgency" in chosen:
            worst = len(chance["urgency"]) - 1
            if chosen["urgency"][0] != worst and chance["urgency"][worst] >= limits.urgent:
                doubts.append(Reason.conflicting_urgency)
        return doubts

    def _single(self, chosen: dict[str, list[int]], chance: dict[str, Vector], group: str) -> Choice | None:
        if not chosen.get(group):
            return None
        return self._choices(chosen, chance, group)[0]

    def _choices(self, chosen: dict[str, list[int]], chance: dict[str, Vector], group: str) -> list[Choice]:
        ids = self.taxonomy.ids(group)
        ranked = sorted(chosen.get(group, []), key=lambda i: -chance[group][i])
        return [Choice(label=ids[i], confidence=_rounded(chance[group][i])) for i in ranked]

    def _mentions(
        self, chosen: dict[str, list[int]], chance: dict[str, Vector], group: str, evidence: FindEvidence
    ) -> list[Mention]:
        return [
            Mention(label=choice.label, confidence=choice.confidence, evidence=list(evidence(group, choice.label)))
            for choice in self._choices(chosen, chance, group)
        ]

    def _plausible(self, chosen: dict[str, list[int]], chance: dict[str, Vector], language: str) -> Plausible | None:
        if not self.calibration.plausible:
            return None
        held: dict[str, list[str]] = {"themes": [], "urgency": []}
        for group, limits in self.calibration.plausible.items():
            if group in chance:
                found = plausible(chance[group], chosen.get(group, []), limits, language, self.error_rate)
                held[group] = [self.taxonomy.ids(group)[i] for i in found]
        return Plausible(error_rate=self.error_rate, themes=held["themes"], urgency=held["urgency"])

    def _urgency(self, chosen: dict[str, list[int]], chance: dict[str, Vector]) -> Urgency | None:
        group = self.taxonomy.group("urgency")
        choice = self._single(chosen, chance, "urgency")
        if group is None or choice is None:
            return None
        hours = group.label(choice.label).respond_within_hours
        return Urgency(label=choice.label, confidence=choice.confidence, respond_within_hours=hours or 24)


def _rounded(chance: float) -> float:
    return round(min(max(float(chance), 0.0), 1.0), 4)
