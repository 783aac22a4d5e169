"""What is asked of the reports in an address: the filter and the language, checked."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Annotated, Final

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from service.errors import FieldError
from service.reports.filters import Filter
from service.ticket_wire import PLAIN, Given
from service.wire import field_errors

_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
EARLIEST: Final = date(1970, 1, 1)
LATEST: Final = date(2199, 12, 31)


def _day(value: object) -> object:
    if not isinstance(value, str):
        return value
    try:
        day = date.fromisoformat(value) if _DAY.fullmatch(value) else None
    except ValueError:
        day = None
    if day is None or not EARLIEST <= day <= LATEST:
        raise PydanticCustomError("day", "is not a day", {"mend": "write it as 2026-03-01"})
    return day


Day = Annotated[date, BeforeValidator(_day)]
Named = Annotated[str, Field(max_length=128, pattern=PLAIN)]
LabelList = Annotated[str, Field(max_length=500, pattern=r"^[a-z][a-z0-9_]*(,[a-z][a-z0-9_]*)*$")]


class Asked(BaseModel):
    """Which tickets a report counts, and in which language it speaks."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    start: Given[Day] = Field(
        default=None, alias="from", description="The first day; unset: 91 days before the end.", examples=["2026-03-01"]
    )
    end: Given[Day] = Field(
        default=None, alias="to", description="The last day; unset: that of the newest ticket.", examples=["2026-03-31"]
    )
    lang: Given[Named] = Field(default=None, description="Language of the text, such as `fi`.")
    channel: Given[Named] = None
    source: Given[Named] = None
    branch: Given[Named] = None
    kind: Given[LabelList] = Field(default=None, description="A label, or any of several apart by commas.")
    theme: Given[LabelList] = None
    urgency: Given[LabelList] = None
    signal: Given[LabelList] = None
    motive: Given[LabelList] = None
    emotion: Given[LabelList] = None
    ui: Given[Annotated[str, Field(max_length=8, pattern=PLAIN)]] = Field(
        default=None, description="Language of titles and names: fi, vi, es or en."
    )

    @model_validator(mode="after")
    def _in_order(self) -> Asked:
        if self.start and self.end and self.start > self.end:
            raise PydanticCustomError("order", "`from` is later than `to`", {"mend": "swap them"})
        return self

    def filter(self) -> Filter:
        """Ask for the same, as reports do."""
        return Filter(**self.model_dump(exclude={"ui"}))


def read_asked(parameters: Mapping[str, str]) -> tuple[Asked, list[FieldError]]:
    """Read what a page's address asks for, and what of it cannot be used.

    What a form sends empty is not asked for, and what no report knows is nobody's business here.
    """
    known = {field.alias or name for name, field in Asked.model_fields.items()}
    given = {name: value for name, value in parameters.items() if name in known and value}
    try:
        return Asked.model_validate(given), []
    except ValidationError as error:
        wrong = error.errors()
        faults = field_errors([{**each, "loc": ("query", *each["loc"])} for each in wrong])
        unusable = {str(each["loc"][0]) for each in wrong if each["loc"]} or {"from", "to"}
        return Asked.model_validate({name: value for name, value in given.items() if name not in unusable}), faults
