"""The bodies that come in and go out of `/v1`, apart from the answer itself."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Annotated, Any, Final

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from models.answer import Answer
from service.errors import FieldError, InvalidFields

_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_PLAIN_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,39}")
MOST_ERRORS: Final = 20
"""A problem lists no more errors than a person would read."""


def _checked_text(value: object) -> object:
    """Refuse what no message can be: blank, with NUL, or with half a surrogate pair (from cutting UTF-16 text)."""
    if not isinstance(value, str):
        return value
    if _SURROGATE.search(value):
        raise PydanticCustomError("surrogate", "has half of a surrogate pair", {"mend": "send whole characters"})
    if "\0" in value:
        raise PydanticCustomError("nul", "has a NUL character", {"mend": "take it out"})
    if not value.strip():
        raise PydanticCustomError("blank", "is blank", {"mend": "send at least one visible character"})
    return value


Text = Annotated[
    str,
    BeforeValidator(_checked_text),
    Field(
        description="What the customer wrote: plain text, not blank and without NUL.",
        examples=["My parcel is three weeks late."],
        json_schema_extra={"pattern": r"^[^\u0000]*[^\s\u0000][^\u0000]*$"},
    ),
]


def language_code(written: str) -> str:
    """Read `FI`, `fi-FI` and `fi_FI` as `fi`."""
    return re.split("[-_]", written.strip().lower(), maxsplit=1)[0]


LanguageCode = Annotated[str, AfterValidator(language_code)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Message(_Strict):
    """One message. Give `language` where it is known; otherwise the model tells it from the text."""

    text: Text
    language: LanguageCode | None = Field(
        default=None, description="A language of the model, such as `fi`; `fi-FI` is read as it.", examples=["en"]
    )
    evidence: bool = Field(default=True, description="Whether to point at the words that speak for themes and signals.")


class Batch(_Strict):
    """Several messages at a time; the answers come in the same order."""

    messages: list[Message] = Field(min_length=1)


class Activate(_Strict):
    """How a version is to be activated."""

    accept_taxonomy: bool = Field(default=False, description="Whether its taxonomy may be another than the one before.")


class Results(BaseModel):
    """The answers to a batch, in the order of its messages."""

    results: list[Answer]


class Status(BaseModel):
    """What a probe is told."""

    status: str
    model_version: str | None = None
    engine: str | None = None


MENDS: Final = {
    "missing": ("is missing", "add it"),
    "extra_forbidden": ("is not a field of this call", "take it out"),
    "string_type": ("is not a string", "send a JSON string"),
    "string_unicode": ("has half of a surrogate pair", "send whole characters"),
    "bool_type": ("is not true or false", "send a JSON boolean"),
    "bool_parsing": ("is not true or false", "send a JSON boolean"),
    "list_type": ("is not a list", "send a JSON array"),
    "too_short": ("is empty", "send at least one message"),
    "model_attributes_type": ("is not an object", "send a JSON object"),
    "model_type": ("is not an object", "send a JSON object"),
    "dict_type": ("is not an object", "send a JSON object"),
    "too_long": ("has too many entries", "send fewer"),
    "int_type": ("is not a whole number", "send a JSON number without a fraction"),
    "int_parsing": ("is not a whole number", "write it in digits"),
    "greater_than_equal": ("is too small", "see /docs for how small it may be"),
    "less_than_equal": ("is too large", "see /docs for how large it may be"),
    "datetime_type": ("is not a time", "write it as 2026-03-01T09:30:00+02:00"),
    "string_too_long": ("is too long", "see /docs for how long it may be"),
    "string_too_short": ("is empty", "send at least one character"),
    "string_pattern_mismatch": ("has characters that it cannot have", "see /docs for its form"),
}


def field_errors(errors: Sequence[dict[str, Any]]) -> list[FieldError]:
    """Put validation errors into words of our own: the library's may repeat the input."""
    return [_field_error(error) for error in errors[:MOST_ERRORS]]


def check_languages(messages: Sequence[Message], languages: Sequence[str], *, batch: bool) -> None:
    """Refuse a language that the model was not made for (422), rather than quietly answer for another."""
    wrong = [
        FieldError(
            field=f"messages[{index}].language" if batch else "language",
            detail="is not a language of this model",
            mend=f"use one of {', '.join(languages)}, or leave it out",
        )
        for index, message in enumerate(messages)
        if message.language is not None and message.language not in languages
    ]
    if wrong:
        raise InvalidFields(wrong[:MOST_ERRORS])


def _field_error(error: dict[str, Any]) -> FieldError:
    kind = str(error["type"])
    if kind in MENDS:
        detail, mend = MENDS[kind]
    elif mend := error.get("ctx", {}).get("mend"):
        detail = str(error["msg"])
    else:
        detail, mend = "cannot be used", "see /docs for its form"
    return FieldError(field=_place(error["loc"]), detail=detail, mend=mend)


def _place(location: Sequence[str | int]) -> str:
    """Write `("body", "messages", 3, "text")` as `messages[3].text`; an odd field name is not repeated."""
    place = ""
    for part in location[1:]:
        if isinstance(part, int):
            place += f"[{part}]"
        else:
            name = part if _PLAIN_NAME.fullmatch(part) else "(unknown)"
            place += f".{name}" if place else name
    return place or "body"
