"""What goes into the store and comes out of it: tickets, what machines and people said of them, and queries."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field

from data.taxonomy import GroupId

LONGEST = 10_000_000
"""Characters of a text, at the most."""


def _without_nul(value: str) -> str:
    if "\x00" in value:
        raise ValueError("holds NUL, which no database takes: leave it out")
    return value


def _in_utc(value: datetime) -> datetime:
    try:
        return value.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("is a time outside the years 1 to 9999 in UTC") from error


Plain = Annotated[str, AfterValidator(_without_nul)]
"""A string that every database takes: without NUL; pydantic itself refuses half a surrogate pair."""

Moment = Annotated[AwareDatetime, AfterValidator(_in_utc)]
"""A time, given in any zone, kept in UTC."""

LabelName = Annotated[Plain, Field(max_length=64)]
StoredLabels = dict[GroupId, LabelName | Annotated[list[LabelName], Field(max_length=200)]]
"""Labels by group: a string for single groups, a list for the others."""

Mark = Annotated[Plain, Field(min_length=1, max_length=64)]
Version = Annotated[Plain, Field(max_length=128)]


class _Record(BaseModel):
    # What is refused is not repeated: it may be a customer's words.
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class TicketKey(_Record):
    """The name of a ticket: the system that it comes from, and its id there."""

    source: Plain = Field(min_length=1, max_length=64)
    id: Plain = Field(min_length=1, max_length=256)


class About(_Record):
    """What is known of a ticket beside its text. Times are in any zone and stored in UTC."""

    channel: Plain = Field(default="", max_length=64)
    branch: Plain = Field(default="", max_length=64)
    received_at: Moment | None = None
    first_answered_at: Moment | None = None
    closed_at: Moment | None = None
    contact: int | None = Field(default=None, ge=1, le=1_000)
    """How many times the customer has been in touch about this, this time included."""


class NewTicket(_Record):
    """A ticket to be kept. `text` is redacted already; `mark` stands for the text as it came (`Store.mark`)."""

    key: TicketKey
    text: Plain = Field(max_length=LONGEST)
    mark: Mark
    lang: Plain = Field(max_length=16)
    about: About = About()
    subject: Mark | None = None
    """Stands for the person whom the ticket is of (`Store.subject`)."""


class Reading(_Record):
    """What a model said of a ticket's text. `answer` is the whole answer, its spans in the redacted text.

    `certainty` is the lowest confidence among its decisions, 0 where it abstained. A `shadow` reading is a
    challenger's: it is kept for comparison and changes nothing.
    """

    model_version: Version
    taxonomy_version: Version
    labels: StoredLabels
    certainty: float = Field(ge=0, le=1)
    hours: float | None = Field(default=None, gt=0, allow_inf_nan=False)
    """Within how many hours a person must act."""
    review: list[str] = []
    answer: dict[str, Any]
    shadow: bool = False


class GivenReading(Reading):
    """A reading as it was kept."""

    id: int
    at: Moment
    revision: int


BELIEVED: Final = ""
"""In place of why a correction is not believed: it was quarantined, and a person believed it again."""


class Correction(_Record):
    """What a person says that the labels are: all labels of each group in `labels`, and nothing of other groups."""

    author: Plain = Field(min_length=1, max_length=128)
    reason: Plain = Field(default="", max_length=2_000)
    taxonomy_version: Version
    labels: StoredLabels = Field(min_length=1)
    hours: float | None = Field(default=None, gt=0, allow_inf_nan=False)
    """Within how many hours a person must act, where urgency is among the labels."""


class GivenCorrection(Correction):
    """A correction as it was kept. `undoes` names the one that it takes back; it settles nothing itself then."""

    labels: StoredLabels
    id: int
    at: Moment
    revision: int
    undoes: int | None = None
    quarantined: str | None = None
    """Why it is not believed, where it is not; `BELIEVED` where a person took that back, for good."""


class Ticket(_Record):
    """A ticket with everything said of it, oldest first.

    `revision` counts its texts, `version` every change. `labels` are those that hold: people's for the groups that they
    settled, the machine's for the rest. Readings and corrections of earlier revisions are kept, and hold no more.
    """

    key: TicketKey
    revision: int
    version: int
    text: str
    lang: str
    about: About
    stored_at: Moment
    changed_at: Moment
    labels: StoredLabels
    judged: bool
    """Whether a person has settled or confirmed its labels."""
    needs_review: bool
    readings: list[GivenReading]
    corrections: list[GivenCorrection]

    @property
    def reading(self) -> GivenReading | None:
        """The newest answer that was given, for the text as it stands."""
        return self._newest(shadow=False)

    @property
    def challenge(self) -> GivenReading | None:
        """What the challenger that read the text as it stands last says of it."""
        return self._newest(shadow=True)

    def _newest(self, *, shadow: bool) -> GivenReading | None:
        held = [each for each in self.readings if each.shadow == shadow and each.revision == self.revision]
        return held[-1] if held else None


class Wording(_Record):
    """A ticket's redacted text as it stands, for reports: by the store's own id, without the ticket's name.

    `answer` is the newest one that was given to this text, whose spans point into it; empty where there is none.
    """

    id: int
    lang: str
    subject: str | None
    """Stands for the person who wrote it, where that is known."""
    received_at: Moment
    text: str
    answer: dict[str, Any]


class Put(_Record):
    """What became of a ticket that was put. `refused` means that it, or its subject, was erased for good."""

    outcome: Literal["created", "unchanged", "changed", "refused"]
    ticket: Ticket | None
    erased: bool = False
    """Whether it was kept without its person until now, and is erased with its refusal."""


class Lease(_Record):
    """A request with an idempotency key that has begun. From `until` on, another may begin with the same key."""

    mark: str
    until: AwareDatetime


class Replay(_Record):
    """What was answered when an idempotency key came first."""

    status: int
    body: str


class Disagreement(_Record):
    """A ticket that a challenger reads otherwise than the model that answers."""

    ticket: Ticket
    shadow: GivenReading
    groups: list[GroupId]


class Contest(_Record):
    """Who was right in a group of labels where a challenger differed from the answer and a person settled it.

    Counts tickets.
    """

    answer: int
    challenger: int
    neither: int


class Challenger(_Record):
    """How a challenger fared by what people said since; groups in which nobody settled a difference are left out."""

    model_version: Version
    judged: int
    """Tickets that people judged, of those that it has read as they stand."""
    groups: dict[GroupId, Contest]


class Query(_Record):
    """Which tickets to list; what is None is not asked for."""

    source: Plain | None = None
    lang: Plain | None = None
    channel: Plain | None = None
    branch: Plain | None = None
    labels: dict[GroupId, Plain] = {}
    """One label of each group named."""
    needs_review: bool | None = None
    judged: bool | None = None
    received_from: Moment | None = None
    received_to: Moment | None = None
    """Before this moment."""


class Page(_Record):
    """Some tickets, and the cursor of the next ones, or None at the end."""

    tickets: Sequence[Ticket]
    next: str | None = None
