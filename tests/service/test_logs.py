from __future__ import annotations

import json
import logging
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from service import logs
from tests.service.conftest import Start
from tests.service.dummy_engine import DummyEngine

SECRET = "hunter2"
Lines = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def root() -> Iterator[logging.Logger]:
    """The root logger, put back afterwards as it was."""
    logger = logging.getLogger()
    handlers, level = logger.handlers[:], logger.level
    yield logger
    logger.handlers[:] = handlers
    logger.setLevel(level)


@pytest.fixture
def lines(root: logging.Logger, capsys: pytest.CaptureFixture[str]) -> Lines:
    """Begins to log as JSON when first asked, and gives what was logged since the last time of asking."""
    begun = False

    def read() -> list[dict[str, Any]]:
        nonlocal begun
        printed = capsys.readouterr().err.splitlines() if begun else []
        if not begun:
            logs.set_up("json")
        begun = True
        return [json.loads(line) for line in printed]

    return read


def test_a_request_is_one_object_with_all_there_is_to_tell(start: Start, lines: Lines) -> None:
    client = start(DummyEngine(seconds=0.01))
    lines()
    response = client.post(f"/v1/classify?q={SECRET}", json={"text": f"My word is {SECRET} 😀"})
    (told,) = (line for line in lines() if line.get("event") == "request")
    assert told["time"].endswith("+00:00")
    assert told["ms"] >= told["infer_ms"] >= 10
    assert told["queue_ms"] >= 0
    assert {name: value for name, value in told.items() if name not in ("time", "ms", "queue_ms", "infer_ms")} == {
        "level": "info",
        "logger": "service.access",
        "event": "request",
        "method": "POST",
        "route": "/v1/classify",
        "status": 200,
        "characters": 20,
        "request_id": response.headers["x-request-id"],
        "messages": 1,
        "cached": 0,
        "model_version": "dummy-1",
    }


def test_a_refusal_is_told_by_its_name_and_an_unknown_address_by_its_path(start: Start, lines: Lines) -> None:
    client = start()
    lines()
    client.post("/v1/classify", json={"text": SECRET}, headers={"prefer": "wait=0"})
    client.get(f"/no%20such%0A%22page?q={SECRET}")
    refused, unknown = (line for line in lines() if line.get("event") == "request")
    assert (refused["status"], refused["problem"], refused["route"]) == (504, "deadline-passed", "/v1/classify")
    assert "model_version" not in refused
    assert (unknown["status"], unknown["path"]) == (404, "/no%20such%0A%22page")
    assert "route" not in unknown
    assert SECRET not in str((refused, unknown))


def test_everything_else_is_an_object_too_and_quotes_no_exception(lines: Lines) -> None:
    lines()
    log = logging.getLogger("some.library")
    log.info("listening on %s", "here\nand there")
    try:
        raise ValueError(SECRET)
    except ValueError:
        log.exception("it failed")
    first, second = lines()
    assert (first["level"], first["logger"], first["message"]) == (
        "info",
        "some.library",
        "listening on here\nand there",
    )
    assert (second["level"], second["message"], second["error"]) == ("error", "it failed", "ValueError")
    assert "test_everything_else" in second["at"]
    assert SECRET not in str(second)


def test_lines_to_read_quote_no_exception_either(root: logging.Logger, capsys: pytest.CaptureFixture[str]) -> None:
    logs.set_up()
    try:
        raise ValueError(SECRET)
    except ValueError:
        logging.getLogger("some.library").warning("it failed", exc_info=True)
    told = capsys.readouterr().err
    assert " WARNING some.library: it failed\nValueError at test_lines_to_read" in told
    assert SECRET not in told


def test_an_exception_that_is_gone_is_no_fault(root: logging.Logger, lines: Lines) -> None:
    lines()
    logging.getLogger("some.library").error("odd", exc_info=sys.exc_info())
    assert [line["message"] for line in lines()] == ["odd"]
