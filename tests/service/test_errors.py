from __future__ import annotations

import inspect
import json
import re
from pathlib import Path

import pytest

from service import errors
from service.errors import FieldError, InvalidFields, Overloaded, Problem

CLASSES = [
    each
    for each in vars(errors).values()
    if inspect.isclass(each) and issubclass(each, Problem) and each is not Problem and not each.__name__.startswith("_")
]


def test_the_tree_in_the_docstring_is_the_tree() -> None:
    drawn = re.findall(r"[├└]── (\w+)(?: +(\d{3}))?", errors.__doc__ or "")
    assert {name for name, _ in drawn} == {each.__name__ for each in CLASSES}
    assert all(getattr(errors, name).status == int(status) for name, status in drawn if status)


@pytest.mark.parametrize("each", CLASSES)
def test_every_problem_is_documented(each: type[Problem]) -> None:
    readme = (Path(__file__).parents[2] / "service/README.md").read_text(encoding="utf-8")
    assert str(each.status) in readme
    assert each.code in readme
    assert each.__doc__


def test_codes_differ() -> None:
    assert len({each.code for each in CLASSES}) == len(CLASSES)


def test_the_envelope_is_a_problem_document() -> None:
    wrong = FieldError(field="messages[1].text", detail="is blank", mend="send at least one visible character")
    response = InvalidFields([wrong]).response("urn:x:1")
    assert response.status_code == 422
    assert response.headers["content-type"] == "application/problem+json"
    assert json.loads(bytes(response.body)) == {
        "type": "urn:reclamo:problem:invalid-fields",
        "title": "Some fields cannot be used",
        "status": 422,
        "detail": "messages[1].text is blank: send at least one visible character",
        "instance": "urn:x:1",
        "errors": [wrong.model_dump()],
    }


@pytest.mark.parametrize(("seconds", "told"), [(0.0, "1"), (0.2, "1"), (3.01, "4")])
def test_retry_after_is_a_whole_number_of_seconds_rounded_up(seconds: float, told: str) -> None:
    assert Overloaded("", retry_after=seconds).response().headers["retry-after"] == told
