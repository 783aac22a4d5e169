"""What goes into the store and comes out of it: tickets, what machines and people said of them, and queries."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from data.taxonomy import GroupId

StoredLabels = dict[GroupId, str | list[str]]
"""Labels by group: a string for single groups, a list for the others."""


class _Record(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class TicketKey(_Record):
    """The name of a ticket: the system that it comes from, and its id there."""

    source: str = Field(min_length=1, max_length=64)
    id: str = Field(min_length=1, max_length=256)


class About(_Record):
    """What is known of a ticket beside its text. Times are in any zone and stored in UTC."""

    channel: str = Field(default="", max_length=64)
    branch: str = Field(default="", max_length=64)
    received_at: AwareDatetime | None = None
    first_answered_at: AwareDatetime | None = None
    closed_at: AwareDatetime | None = None
    contact: int | None = Field(default=None, ge=1, le=1_000)
    """How many times the customer has been in touch about this, this time included."""


class NewTicket(_Record):
    """A ticket to be kept. `text` is redacted already; `mark` stands for the text as it came (`Store.mark`)."""

    key: TicketKey
    text: str
    mark: str
    lang: str
    about: About = About()
    subject: str | None = None
    """Stands for the person whom the ticket is of (`Store.subject`)."""


class Reading(_Record):
    """What a model said of a ticket's text. `answer` is the whole answer, its spans in the redacted text.

    `certainty` is the lowest confidence among its decisions, 0 where it abstained. A `shadow` reading is a
    challenger's: it is kept for comparison and changes nothing.
    """

    model_version: str
    taxonomy_version: str
    labels: StoredLabels
    certainty: float = Field(ge=0, le=1)
    hours: float | None = Field(default=None, gt=0)
    """Within how many hours a person must act."""
    review: list[str] = []
    answer: dict[str, Any]
    shadow: bool = False


class GivenReading(Reading):
    """A reading as it was kept."""

    id: int
    at: AwareDatetime
    revision: int


class Correction(_Record):
    """What a person says that the labels are: all labels of each group in `labels`, and nothing of other groups."""

    author: str = Field(min_length=1, max_length=128)
    reason: str = Field(default="", max_length=2_000)
    taxonomy_version: str
    labels: StoredLabels = Field(min_length=1)
    hours: float | None = Field(default=None, gt=0)
    """Within how many hours a person must act, where urgency is among the labels."""


class GivenCorrection(Correction):
    """A correction as it was kept. `undoes` names the one that it takes back; it settles nothing itself then."""

    labels: StoredLabels
    id: int
    at: AwareDatetime
    revision: int
    undoes: int | None = None
    quarantined: str | None = None
    """Why it is not believed, where it is not."""


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
    stored_at: AwareDatetime
    changed_at: AwareDatetime
    labels: StoredLabels
    judged: bool
    """Whether a person has settled or confirmed its labels."""
    needs_review: bool
    readings: list[GivenReading]
    corrections: list[GivenCorrection]

    @property
    def reading(self) -> GivenReading | None:
        """The newest answer that was given, for the text as it stands."""
        held = [each for each in self.readings if not each.shadow and each.revision == self.revision]
        return held[-1] if held else None


class Put(_Record):
    """What became of a ticket that was put. `refused` means that it, or its subject, was erased for good."""

    outcome: Literal["created", "unchanged", "changed", "refused"]
    ticket: Ticket | None


class Replay(_Record):
    """What was answered when an idempotency key came first."""

    status: int
    body: str


class Disagreement(_Record):
    """A ticket that a challenger reads otherwise than the model that answers."""

    ticket: Ticket
    shadow: GivenReading
    groups: list[GroupId]


class Query(_Record):
    """Which tickets to list; what is None is not asked for."""

    source: str | None = None
    lang: str | None = None
    channel: str | None = None
    branch: str | None = None
    labels: dict[GroupId, str] = {}
    """One label of each group named."""
    needs_review: bool | None = None
    judged: bool | None = None
    received_from: AwareDatetime | None = None
    received_to: AwareDatetime | None = None
    """Before this moment."""


class Page(_Record):
    """Some tickets, and the cursor of the next ones, or None at the end."""

    tickets: Sequence[Ticket]
    next: str | None = None
