"""Messages and their labels: one record, as it stands in a line of the corpus."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from data.taxonomy import GROUP_IDS, Labels

Split = Literal["train", "calibration", "gold"]
SPLITS: tuple[Split, ...] = ("train", "calibration", "gold")


class Message(BaseModel):
    """What one customer wrote or said, once, on one channel, with the labels that people gave it.

    `group` ties variants of one situation together, so that they never stand on two sides of a split. `tags` say what
    makes it hard or special (spoken, nodiacritics, irony …), for slices in the evaluation.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str = Field(min_length=1)
    text: str
    lang: str
    kind: str | None = None
    themes: list[str] = []
    urgency: str | None = None
    signals: list[str] = []
    motives: list[str] = []
    emotion: str | None = None
    group: str
    split: Split
    channel: str = ""
    sector: str = ""
    tags: list[str] = []

    @property
    def labels(self) -> Labels:
        """The labels by group."""
        return {group: value for group in GROUP_IDS if (value := getattr(self, group)) is not None}
