"""What turns scores into chances and chances into decisions: scales, thresholds, and when to ask a person."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from data.taxonomy import Taxonomy


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Scale(_Strict):
    """A straight line from a raw score to a calibrated log-odds: `slope` × score + `offset` (Platt 1999)."""

    slope: float = Field(default=1.0, gt=0)
    offset: float = 0.0


class ReviewLimits(_Strict):
    """Below these chances a person should look."""

    single: dict[str, float] = {}
    """Per single group (kind, urgency, emotion): the least chance of the chosen label."""
    theme: float = 0.0
    """The least chance of the surest theme, where the rules ask for one."""
    urgent: float = 1.0
    """The chance of the most pressing urgency from which a calmer verdict is a conflict."""
    unlike: float = 1.0
    """The share of unknown pieces from which a text is unlike what was learnt."""


class Calibration(_Strict):
    """Fitted on the calibration split alone.

    `scales` holds, per group, one entry per score: a label of a `many` group or a step of an ordered one; groups with
    one label share a single entry `*`, whose slope is the inverse temperature (Guo et al. 2017). `thresholds` holds,
    per `many` group and label, the chance from which the label is given, by language with `*` for any other; of an
    ordered group its last label may have one, from which it is given however likely the calmer labels are.
    """

    scales: dict[str, dict[str, Scale]]
    thresholds: dict[str, dict[str, dict[str, float]]]
    review: ReviewLimits = ReviewLimits()
    plausible: dict[str, dict[str, dict[str, float]]] = {}
    """Per group, language and error rate, how strange a label may look and still be in the set (`models.plausible`)."""
    blend: dict[str, float] = {}
    """Per group, how much of the wide branch's score is added to the network's before it is scaled."""

    def threshold(self, group: str, label: str, language: str) -> float:
        """Return the chance from which `label` is given to a text in `language`."""
        by_language = self.thresholds.get(group, {}).get(label, {})
        return by_language.get(language, by_language.get("*", 0.5))

    def contradicts(self, taxonomy: Taxonomy) -> str | None:
        """Say where this calibration does not fit the taxonomy, or None."""
        for group in taxonomy.groups:
            for label in self.thresholds.get(group.id, {}):
                if label not in group.ids:
                    return f"thresholds for {group.id}.{label}, which the taxonomy does not have"
        known = {group.id for group in taxonomy.groups}
        if foreign := [group for group in (*self.scales, *self.plausible, *self.blend) if group not in known]:
            return f"scales for {foreign[0]}, which the taxonomy does not have"
        return None
