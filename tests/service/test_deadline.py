from __future__ import annotations

import time

import pytest
from starlette.datastructures import Headers

from service.deadline import Deadline, asked_wait
from service.errors import BadRequest, DeadlinePassed, TooSlow


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"prefer": "wait=2"}, 2.0),
        ({"prefer": "respond-async, Wait = 10"}, 10.0),
        ({"prefer": 'wait="3";x'}, 3.0),
        ({"prefer": "await=5"}, None),
        ({"x-request-timeout-ms": "250"}, 0.25),
        ({"x-request-timeout-ms": " 0 "}, 0.0),
        ({"x-request-timeout-ms": "1500", "prefer": "wait=1"}, 1.0),
        ({"x-request-timeout-ms": "1500", "prefer": "wait=2"}, 1.5),
        ({}, None),
    ],
)
def test_the_shorter_wait_of_both_headers_counts(headers: dict[str, str], seconds: float | None) -> None:
    assert asked_wait(Headers(headers)) == seconds


@pytest.mark.parametrize("given", ["", "soon", "-1", "1.5", "1e3", "²", "9" * 10])
def test_a_number_of_milliseconds_that_is_none_is_refused(given: str) -> None:
    with pytest.raises(BadRequest, match="X-Request-Timeout-Ms as a whole number"):
        asked_wait(Headers({"x-request-timeout-ms": given}))


@pytest.mark.parametrize(("wait", "clients"), [(None, False), (30.0, False), (60.0, False), (2.0, True), (-1.0, True)])
def test_the_deadline_is_the_clients_only_where_it_is_shorter(wait: float | None, clients: bool) -> None:
    deadline = Deadline.after(30.0, wait)
    assert deadline.clients is clients
    assert deadline.expires <= time.monotonic() + (wait if clients and wait is not None else 30.0)


def test_whose_deadline_it_was_decides_what_is_told() -> None:
    clients, ours = (Deadline(0.0, clients=each).passed(2.5) for each in (True, False))
    assert isinstance(clients, DeadlinePassed)
    assert isinstance(ours, TooSlow)
    assert (clients.status, ours.status) == (504, 503)
    assert clients.headers["Retry-After"] == ours.headers["Retry-After"] == "3"
