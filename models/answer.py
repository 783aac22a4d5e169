"""The answer to a message, exactly as it leaves the service."""

from __future__ import annotations

from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field


class Reason(StrEnum):
    """Why a person should look at a message, for machines to read."""

    unsupported_language = "unsupported_language"
    unintelligible = "unintelligible"
    mixed_language = "mixed_language"
    low_confidence = "low_confidence"
    conflicting_urgency = "conflicting_urgency"
    unlike_training = "unlike_training"


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Span(_Frozen):
    """Part of the given text: characters `start` (inclusive) to `end` (exclusive), counted in code points."""

    start: int = Field(ge=0)
    end: int = Field(ge=0)


class Choice(_Frozen):
    """One label with the calibrated chance that it is right."""

    label: str
    confidence: float = Field(ge=0, le=1)


class Mention(Choice):
    """A label with the parts of the text that speak for it."""

    evidence: list[Span] = []


class Urgency(Choice):
    """How soon a person must act."""

    respond_within_hours: float = Field(gt=0)


class Language(_Frozen):
    """What the text is written in (`und` where that cannot be told), and whether the model was made for it."""

    label: str
    confidence: float = Field(ge=0, le=1)
    supported: bool


class Plausible(_Frozen):
    """Sets that hold all true labels, but for a share of `error_rate` of messages like those learnt from."""

    error_rate: float = Field(gt=0, lt=1)
    themes: list[str]
    urgency: list[str]


class Review(_Frozen):
    """Whether a person should look, and why."""

    needed: bool
    reasons: list[Reason] = []


class Answer(_Frozen):
    """What the model says of one message. Nothing is invented: what it cannot tell is null or empty."""

    kind: Choice | None
    themes: list[Mention]
    urgency: Urgency | None
    signals: list[Mention]
    motives: list[Choice]
    emotion: Choice | None
    language: Language
    review: Review
    plausible: Plausible | None = None
    """Null where the model abstains, or promises no sets."""
    model_version: str
    taxonomy_version: str
