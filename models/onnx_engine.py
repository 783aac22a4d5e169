"""The engine that ships: pieces through a runner, long texts in windows, answers by the artifact's calibration."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from data.cleaning import Cleaned, clean
from data.language import Guess, LanguageIdentifier
from models.answer import Answer, Language, Reason, Span
from models.artifact import TOKENIZER, WIDE, CorruptArtifact, open_artifact
from models.canary import Canary, canaries_for
from models.decision import ERROR_RATE, Decider
from models.engine import Prepared
from models.evidence import evidence_spans
from models.layout import evidence_columns, layout, spread
from models.runner import Runner, open_runner, own_engine
from models.wide import Said, Wide

_OVERLAP = 32
"""Pieces that neighbouring windows share, so that no phrase is cut in both."""


@dataclass(frozen=True, slots=True)
class _Reading:
    """What encode_pre found out: the cleaned text, its language, and the windows of piece ids with their offsets."""

    cleaned: Cleaned
    guess: Guess
    refusal: Reason | None
    windows: list[list[int]]
    offsets: list[list[tuple[int, int]]]
    unknown: float
    evidence: bool


@dataclass(frozen=True, slots=True)
class _Scores:
    """Scores (columns,) of the message, and the network's part of them and the wide branch's.

    `shares` are (pieces, evidence columns) of each window.
    """

    scores: NDArray[np.float32]
    network: NDArray[np.float32]
    shares: list[NDArray[np.float32]]
    wide: Said | None


class OnnxEngine:
    """A verified artifact, ready to answer. One runner serves all threads; each call computes on one thread."""

    def __init__(
        self, folder: Path, threads: int = 1, error_rate: float = ERROR_RATE, engine: str | None = None
    ) -> None:
        """Open the artifact in `folder`, in its own run-time engine unless `engine` names another.

        Raises `models.artifact.ArtifactError` if the artifact cannot be trusted, or has no weights for `engine`.
        """
        manifest, self.taxonomy, calibration = open_artifact(folder)
        self.manifest = manifest
        self.model_version = manifest.model_version
        self.languages: Sequence[str] = manifest.languages
        self.canaries: Mapping[str, Sequence[Canary]] = canaries_for(self.languages, self.taxonomy, manifest.canaries)
        self._decider = Decider(self.taxonomy, calibration, self.model_version, error_rate)
        self._limits = calibration.review
        self._identifier = _identifier(tuple(manifest.languages))
        self._tokenizer = Tokenizer.from_file(str(folder / TOKENIZER))
        self._window = manifest.window
        opening, closing = self._tokenizer.encode("").ids  # whatever this encoder puts around a text
        self._frame = opening, closing
        self._unknown = {self._tokenizer.token_to_id(piece) for piece in ("[UNK]", "<unk>")} - {None}
        self._columns = layout(self.taxonomy)
        self._evidence = {column: i for i, column in enumerate(evidence_columns(self.taxonomy))}
        self._blend = spread(calibration.blend, self.taxonomy)
        self._wide = _load_wide(folder / WIDE, len(self._blend)) if self._blend.any() else None
        self._folder, self._threads = folder, threads
        self.runner: Runner = open_runner(engine or own_engine(manifest), folder, manifest, threads)

    @property
    def name(self) -> str:
        """The run-time engine that computes."""
        return self.runner.name

    def on(self, engine: str) -> OnnxEngine:
        """Make the same classifier on another run-time engine; raises `models.artifact.MissingEngine`."""
        other = copy.copy(self)
        other.runner = open_runner(engine, self._folder, self.manifest, self._threads)
        return other

    def encode_pre(self, text: str, language: str | None = None, *, evidence: bool = True) -> Prepared:
        """Clean the text, tell its language, and cut it into windows of pieces."""
        cleaned = clean(text)
        guess = self._identifier.identify(cleaned.text, language)
        if refusal := _refusal(guess):
            return Prepared(text, 0, _Reading(cleaned, guess, refusal, [], [], 0.0, evidence))
        encoded = self._tokenizer.encode(cleaned.text, add_special_tokens=False)
        unknown = sum(id_ in self._unknown for id_ in encoded.ids) / max(1, len(encoded.ids))
        opening, closing = self._frame
        room = self._window - 2
        windows: list[list[int]] = []
        offsets: list[list[tuple[int, int]]] = []
        for start in _window_starts(len(encoded.ids), room):
            windows.append([opening, *encoded.ids[start : start + room], closing])
            offsets.append([(0, 0), *encoded.offsets[start : start + room], (0, 0)])
        cost = sum(len(window) for window in windows)
        return Prepared(text, cost, _Reading(cleaned, guess, None, windows, offsets, unknown, evidence))

    def encode_core(self, prepared: Sequence[Prepared]) -> list[_Scores | None]:
        """Score the messages, window by window: so an answer never depends on what else was asked beside it.

        8-bit engines scale their activations over all that is computed at once, padding included; and on few cores one
        unpadded text a call is also the fastest way.
        """
        return [self._score(one.payload) if one.payload.windows else None for one in prepared]

    def _score(self, reading: _Reading) -> _Scores:
        rows: list[NDArray[np.float32]] = []
        shares: list[NDArray[np.float32]] = []
        for window in reading.windows:
            row, share = self.runner.run(np.array(window, dtype=np.int64), shares=reading.evidence)
            rows.append(row)
            if share is not None:
                shares.append(share)
        lengths = np.array([len(window) for window in reading.windows])
        joined = self._join(np.stack(rows), lengths) if len(rows) > 1 else rows[0]
        wide = self._wide.read(reading.cleaned.text) if self._wide else None
        return _Scores(joined + self._blend * wide.scores if wide else joined, joined, shares, wide)

    def encode_post(self, prepared: Prepared, scores: _Scores | None) -> Answer:
        """Decide, and point at the words in the text as it was given."""
        reading: _Reading = prepared.payload
        guess = reading.guess
        language = Language(label=guess.label, confidence=round(guess.confidence, 4), supported=guess.supported)
        if reading.refusal is not None or scores is None:
            return self._decider.abstain(language, reading.refusal or Reason.unintelligible)
        doubts = [Reason.mixed_language] if guess.mixed else []
        if reading.unknown >= self._limits.unlike:
            doubts.append(Reason.unlike_training)

        def evidence(group: str, label: str) -> list[Span]:
            return self._spans(reading, scores, group, label) if reading.evidence else []

        return self._decider.decide(scores.scores, language, evidence, doubts)

    def theme_certainty(self, scores: _Scores | None) -> float:
        """Say how sure the model is of a message's themes as a whole: the chance that every one is right."""
        if scores is None:
            return 0.0
        chance = self._decider.chances(scores.scores).get("themes", np.ones(1, np.float32))
        return float(np.maximum(chance, 1 - chance).prod())

    def _join(self, scores: NDArray[np.float32], lengths: NDArray[np.int64]) -> NDArray[np.float32]:
        """Join windows: what any part says of `many` and ordered groups holds; of the others the mean by length."""
        joined = np.average(scores, axis=0, weights=lengths).astype(np.float32)
        for columns in self._columns:
            if columns.mode != "one":
                joined[columns.start : columns.stop] = scores[:, columns.start : columns.stop].max(axis=0)
        return joined

    def _spans(self, reading: _Reading, scores: _Scores, group: str, label: str) -> list[Span]:
        columns = next(columns for columns in self._columns if columns.group == group)
        score = columns.start + columns.labels.index(label)
        column = self._evidence.get(score)
        if column is None:
            return []
        strongest = max(range(len(scores.shares)), key=lambda i: float(scores.shares[i][:, column].sum()))
        pieces, shares = reading.offsets[strongest], scores.shares[strongest][:, column]
        if self._wide and scores.wide:
            pieces = [*pieces, *scores.wide.words]
            shares = np.concatenate([shares, self._blend[score] * self._wide.shares(scores.wide, score)])
        found = evidence_spans(reading.cleaned.text, pieces, shares)
        spans = (reading.cleaned.original_span(span.start, span.end) for span in found)
        return [Span(start=start, end=end) for start, end in spans]


@lru_cache(maxsize=1)
def _identifier(languages: tuple[str, ...]) -> LanguageIdentifier:
    """Make one, or take the last one made: it is large, slow to make, and the same for every version."""
    return LanguageIdentifier(languages)


def _load_wide(path: Path, columns: int) -> Wide:
    try:
        wide = Wide.load(path)
    except ValueError as error:
        raise CorruptArtifact(f"{error}; export it anew") from error
    if len(wide.scale) != columns:
        raise CorruptArtifact(f"{path} scores {len(wide.scale)} columns, the taxonomy has {columns}; export it anew")
    return wide


def _refusal(guess: Guess) -> Reason | None:
    if guess.supported:
        return None
    return Reason.unintelligible if guess.label == "und" else Reason.unsupported_language


def _window_starts(pieces: int, room: int) -> list[int]:
    if pieces <= room:
        return [0]
    step = room - min(_OVERLAP, room // 4)
    return [*range(0, pieces - room, step), pieces - room]
