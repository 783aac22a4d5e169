"""An engine without weights: labels from keywords, so that the HTTP layer is tested in milliseconds."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from data.taxonomy import GroupId, Taxonomy, read_taxonomy
from models.answer import Answer, Choice, Language, Mention, Reason, Review, Span, Urgency
from models.canary import Canary, canaries_for
from models.engine import Prepared

KEYWORDS: dict[str, dict[str, tuple[str, ...]]] = {
    "themes": {
        "billing": ("charged", "tilausmaksu", "suscripción", "trừ tiền", "invoice"),
        "delivery": ("parcel", "delivery", "toimitus", "entrega", "giao"),
    },
    "signals": {"harm": ("gas", "kaasulle"), "leaving": ("cancel",)},
}

MUST_GET: dict[GroupId, str] = {"kind": "complaint", "themes": "billing"}
CANARIES = {
    "fi": Canary(text="Tilausmaksu veloitettiin kahdesti", labels=MUST_GET),
    "vi": Canary(text="Tôi bị trừ tiền hai lần", labels=MUST_GET),
    "es": Canary(text="Me han cobrado dos veces la suscripción", labels=MUST_GET),
    "en": Canary(text="I was charged twice", labels=MUST_GET),
}


class DummyEngine:
    """The three seams, deterministic. `seconds` is slept for each message; `before` is called with each group."""

    model_version = "dummy-1"
    name = "dummy"
    languages: Sequence[str] = ("fi", "vi", "es", "en")
    canaries: Mapping[str, Sequence[Canary]]

    def __init__(
        self,
        *,
        seconds: float = 0.0,
        before: Callable[[Sequence[Prepared]], None] | None = None,
        taxonomy: Taxonomy | None = None,
    ) -> None:
        self.seconds = seconds
        self.before = before
        self.taxonomy = taxonomy or read_taxonomy(Path(__file__).with_name("taxonomy.yaml"))
        kept = {language: [canary.within(self.taxonomy)] for language, canary in CANARIES.items()}
        self.canaries = canaries_for(self.languages, self.taxonomy, kept)
        self.groups: list[list[str]] = []
        self._lock = threading.Lock()

    @property
    def computed(self) -> list[str]:
        """Every text that reached the core, in order."""
        with self._lock:
            return [text for group in self.groups for text in group]

    def encode_pre(self, text: str, language: str | None = None, *, evidence: bool = True) -> Prepared:
        letters = any(character.isalpha() for character in text)
        return Prepared(text, cost=len(text.split()) + 2 if letters else 0, payload=(language, evidence))

    def encode_core(self, prepared: Sequence[Prepared]) -> list[int]:
        with self._lock:
            self.groups.append([each.text for each in prepared])
        if self.before:
            self.before(prepared)
        if self.seconds:
            time.sleep(self.seconds * len(prepared))
        return [each.cost for each in prepared]

    def encode_post(self, prepared: Prepared, scores: object) -> Answer:
        assert scores == prepared.cost
        if not prepared.cost:
            return self._abstention(Reason.unintelligible)
        language, evidence = prepared.payload
        themes, signals = (_mentions(prepared.text, KEYWORDS[group], evidence) for group in ("themes", "signals"))
        harm = any(each.label == "harm" for each in signals)
        urgency = ("critical", 0.93, 1.0) if harm else ("normal", 0.71, 24.0) if themes else ("low", 0.64, 72.0)
        return Answer(
            kind=Choice(label="complaint" if themes or signals else "other", confidence=0.9),
            themes=themes,
            urgency=Urgency(label=urgency[0], confidence=urgency[1], respond_within_hours=urgency[2]),
            signals=signals,
            motives=[Choice(label="redress", confidence=0.55)] if themes else [],
            emotion=Choice(label="anger" if "!" in prepared.text else "neutral", confidence=0.8),
            language=Language(label=language or "en", confidence=0.99, supported=True),
            review=Review(needed=not themes, reasons=[] if themes else [Reason.low_confidence]),
            model_version=self.model_version,
            taxonomy_version=self.taxonomy.version,
        )

    def _abstention(self, reason: Reason) -> Answer:
        return Answer(
            kind=None,
            themes=[],
            urgency=None,
            signals=[],
            motives=[],
            emotion=None,
            language=Language(label="und", confidence=0.0, supported=False),
            review=Review(needed=True, reasons=[reason]),
            model_version=self.model_version,
            taxonomy_version=self.taxonomy.version,
        )


def _mentions(text: str, keywords: dict[str, tuple[str, ...]], evidence: bool) -> list[Mention]:
    lowered = text.lower()
    found = []
    for label, words in keywords.items():
        spans = [Span(start=at, end=at + len(word)) for word in words if (at := lowered.find(word)) >= 0]
        if spans:
            found.append(Mention(label=label, confidence=0.88, evidence=spans if evidence else []))
    return found
