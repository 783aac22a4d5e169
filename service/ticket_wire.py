"""The bodies, addresses and queries of tickets."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Final, Literal, TypeVar

from fastapi import Path
from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    field_validator,
    model_validator,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError

from data.store.facts import EARLIEST
from data.store.records import About, Challenger, Disagreement, GivenReading, Query, StoredLabels, Ticket
from data.taxonomy import GROUP_IDS, SINGLE, GroupId, Taxonomy
from service.retention import SOURCE
from service.wire import LanguageCode, Text

PLAIN: Final = r"^[^\x00-\x1f\x7f]*$"
"""One line without controls."""

LONGEST_REASON: Final = 2_000

UNNAMED: Final = "unnamed"
"""Who corrects where there are no keys and the body names nobody."""

AHEAD: Final = timedelta(days=1)
"""A ticket may be so far ahead of this machine's clock: clocks differ, and some systems leave out their zone."""

_MOMENT: Final = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)", re.ASCII)


def _moment(value: object) -> object:
    """Read a time with its zone; numbers and days alone, which say less than a moment, are none."""
    if not isinstance(value, str):
        return value
    wrong = PydanticCustomError(
        "moment", "is not a time with its zone", {"mend": "write it as 2026-03-01T09:30:00+02:00"}
    )
    if not _MOMENT.fullmatch(value):
        raise wrong
    try:
        return datetime.fromisoformat(value.upper()).astimezone(UTC)
    except (ValueError, OverflowError):
        raise wrong from None


def _happened(moment: datetime) -> datetime:
    """Refuse what cannot be the time of a ticket: one wrong date would stretch every report."""
    if moment < EARLIEST:
        raise PydanticCustomError(
            "too_early", f"is before {EARLIEST.year}", {"mend": "send when it happened, or leave it out"}
        )
    if moment > datetime.now(UTC) + AHEAD:
        raise PydanticCustomError(
            "ahead", "is more than a day ahead", {"mend": "send when it happened, or leave it out"}
        )
    return moment


def _yes_or_no(value: object) -> object:
    if value in ("true", "false"):
        return value == "true"
    raise PydanticCustomError("yes_or_no", "is not true or false", {"mend": "write true or false"})


class _LeftOut:
    """Says of a field that may be left out that it is not null when it is given."""

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        written = handler(schema)
        kinds = written.pop("anyOf", [{}])
        return {**kinds[0], **written}


T = TypeVar("T")
Given = Annotated[T | None, _LeftOut()]

Moment = Annotated[AwareDatetime, BeforeValidator(_moment)]
Happened = Annotated[Moment, AfterValidator(_happened)]
YesNo = Annotated[bool, BeforeValidator(_yes_or_no)]
Line = Annotated[str, Field(pattern=PLAIN)]
Word = Annotated[str, Field(max_length=64, pattern=PLAIN)]
LabelId = Annotated[str, Field(max_length=64, pattern=r"^[a-z][a-z0-9_]*$")]
LabelIds = Annotated[list[LabelId], Field(max_length=100)]
Subject = Annotated[str, Field(min_length=1, max_length=256, pattern=PLAIN)]

Source = Annotated[
    str, Path(pattern=f"^{SOURCE}$", description="The system that the ticket is from.", examples=["zendesk"])
]
TicketId = Annotated[
    str,
    Path(
        min_length=1,
        max_length=256,
        pattern=r"^[^\x00-\x1f\x7f/]+$",
        description="Its id there, percent-encoded; it cannot have a slash.",
        examples=["4711"],
    ),
]
SubjectKey = Annotated[
    str,
    Path(
        min_length=1,
        max_length=256,
        pattern=r"^[^\x00-\x1f\x7f]+$",
        description="The person, exactly as `subject` of the tickets named them, percent-encoded.",
        examples=["customer-81"],
    ),
]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class TicketBody(_Strict):
    """A ticket as a system sends it. What is left out stays as it was."""

    text: Text
    language: LanguageCode | None = Field(
        default=None,
        description="A language of the model, such as `fi`. Another one than before: the same text is read anew by it.",
        examples=["en"],
    )
    channel: Word = Field(default="", description="How it came, such as `email`.")
    branch: Word = Field(default="", description="Which part of the company it concerns.")
    received_at: Happened | None = Field(
        default=None,
        description="When the customer wrote; unset: now. This and the next two: since 1990, a day ahead at most.",
    )
    first_answered_at: Happened | None = None
    closed_at: Happened | None = None
    contact: int | None = Field(
        default=None, ge=1, le=1_000, description="How many times the customer has been in touch about this, with this."
    )
    subject: Subject | None = Field(
        default=None,
        description="Who the customer is, by an id of yours; kept as a keyed hash, so that the person can be erased.",
    )

    def about(self) -> About:
        """Take out what is known beside the text."""
        return About(**{name: getattr(self, name) for name in About.model_fields})


class GroupLabels(_Strict):
    """All labels of each group that is named here; the others stay as they are.

    Only what the taxonomy's rules leave empty beside these labels is emptied too.
    """

    model_config = ConfigDict(json_schema_extra={"minProperties": 1})

    kind: Given[LabelId] = None
    themes: Given[LabelIds] = None
    urgency: Given[LabelId] = None
    signals: Given[LabelIds] = None
    motives: Given[LabelIds] = None
    emotion: Given[LabelId] = None

    @field_validator("*", mode="before")
    @classmethod
    def _given(cls, value: object) -> object:
        if value is None:
            raise PydanticCustomError("null", "is null", {"mend": "name labels, or leave the group out"})
        return value

    @model_validator(mode="after")
    def _any(self) -> GroupLabels:
        if not self.model_fields_set:
            raise PydanticCustomError("no_group", "names no group", {"mend": "name the labels of at least one"})
        return self

    def given(self) -> StoredLabels:
        """Gather the labels by group."""
        return {group: value for group in GROUP_IDS if (value := getattr(self, group)) is not None}


Author = Annotated[str, Field(min_length=1, max_length=128, pattern=PLAIN)]
_AUTHOR: Final = "Who says so. Where the service has keys, it is the name of the key instead."


class LabelsBody(_Strict):
    """What a person says that the labels are."""

    labels: GroupLabels
    reason: str = Field(
        default="",
        max_length=LONGEST_REASON,
        pattern=r"^[^\x00]*$",
        description="Why, for whoever looks at it later; kept redacted.",
    )
    author: Author = Field(default=UNNAMED, description=_AUTHOR)


class UndoBody(_Strict):
    """Whose newest correction is to be taken back."""

    author: Author = Field(default=UNNAMED, description=_AUTHOR)


class Filters(BaseModel):
    """Which tickets to list: those that every given parameter fits."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Given[LabelId] = None
    theme: Given[LabelId] = None
    urgency: Given[LabelId] = None
    signal: Given[LabelId] = None
    motive: Given[LabelId] = None
    emotion: Given[LabelId] = None
    lang: Given[Word] = Field(default=None, description="Language of the text, such as `fi`.")
    source: Given[Word] = None
    channel: Given[Word] = None
    branch: Given[Word] = None
    needs_review: Given[YesNo] = None
    judged: Given[YesNo] = Field(default=None, description="Whether a person has spoken.")
    received_from: Given[Moment] = None
    received_to: Given[Moment] = Field(default=None, description="Before this moment.")
    limit: int = Field(default=50, ge=1, le=500)
    after: Given[Line] = Field(
        default=None, max_length=200, description="`next` of the page before, for the one after it."
    )

    def query(self) -> Query:
        """Put it as the store asks it."""
        named: dict[GroupId, str | None] = {
            "kind": self.kind,
            "themes": self.theme,
            "urgency": self.urgency,
            "signals": self.signal,
            "motives": self.motive,
            "emotion": self.emotion,
        }
        labels = {group: label for group, label in named.items() if label is not None}
        return Query(labels=labels, **{name: getattr(self, name) for name in Query.model_fields if name != "labels"})


class Waiting(BaseModel):
    """Which part of the queue to list."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    lang: Given[Word] = Field(default=None, description="Language of the text, such as `fi`.")
    limit: int = Field(default=20, ge=1, le=500)


class DisagreementPart(BaseModel):
    """Which part of the disagreements to list."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    judged: Given[YesNo] = Field(default=None, description="Whether a person has spoken.")
    model_version: Given[Line] = Field(default=None, max_length=128, description="Of the challenger.")
    limit: int = Field(default=50, ge=1, le=500)
    after: Given[int] = Field(default=None, ge=0, le=2**62, description="`next` of the page before.")


class Kept(BaseModel):
    """What became of a ticket that was put, and how it stands."""

    outcome: Literal["created", "unchanged", "changed"]
    ticket: Ticket


class TicketList(BaseModel):
    """Tickets, the first to look at first."""

    tickets: Sequence[Ticket]


class TicketPage(TicketList):
    """Tickets, the newest received first; `next` is the `after` of the next page, null at the end."""

    next: str | None = None


class Disagreements(BaseModel):
    """Tickets that the last challenger to read them reads otherwise, the newest such reading first."""

    disagreements: Sequence[Disagreement]
    next: int | None = Field(default=None, description="`after` of the next page; null at the end.")


class Challengers(BaseModel):
    """How challengers fared, the newest first."""

    challengers: Sequence[Challenger]


def shown(ticket: Ticket) -> Ticket:
    """Leave out what a challenger said: nobody is to act on it."""
    readings: list[GivenReading] = [each for each in ticket.readings if not each.shadow]
    return ticket.model_copy(update={"readings": readings})


def describe_labels(schemas: dict[str, Any], taxonomy: Taxonomy) -> None:
    """Say in the OpenAPI document which groups and labels the model that answers now has."""
    properties: dict[str, Any] = {}
    for group in taxonomy.groups:
        one: dict[str, Any] = {"type": "string", "enum": group.ids}
        many = {"type": "array", "items": one, "uniqueItems": True}
        properties[group.id] = one if group.id in SINGLE else many
    schemas["GroupLabels"]["properties"] = properties
