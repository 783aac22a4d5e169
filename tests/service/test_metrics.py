from __future__ import annotations

import itertools
import re
import threading
import time
from collections.abc import Sequence

import pytest
from prometheus_client.parser import text_string_to_metric_families
from starlette.testclient import TestClient

from models.engine import Prepared
from service.metrics import shed_reasons
from service.readiness import Phase
from tests.service.conftest import Start, wait_until
from tests.service.dummy_engine import DummyEngine

SINGLE, BATCH = "/v1/classify", "/v1/classify/batch"
SECRET = "hunter2"


def read(client: TestClient) -> dict[tuple[str, ...], float]:
    """Every sample by its name and the values of its labels, in the order of their names."""
    response = client.get("/metrics")
    assert response.status_code == 200
    assert response.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    return {
        (sample.name, *(value for _, value in sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(response.text)
        for sample in family.samples
    }


def test_answers_are_counted_by_what_they_say(start: Start) -> None:
    client = start()
    messages = [{"text": "My parcel is late!"}, {"text": "gas smells"}, {"text": "😀"}, {"text": "gas smells"}]
    client.post(BATCH, json={"messages": messages})
    client.post(SINGLE, json={"text": "gas smells"})
    told = read(client)
    assert told["reclamo_answers_total", "en"] == 4
    assert told["reclamo_answers_total", "other"] == 1, "the one without a word"
    assert told["reclamo_answers_total", "fi"] == 0, "test messages are nobody's"
    assert told["reclamo_labels_total", "themes", "delivery"] == 1
    assert told["reclamo_labels_total", "signals", "harm"] == 3
    assert told["reclamo_labels_total", "urgency", "critical"] == 3
    assert told["reclamo_labels_total", "motives", "redress"] == 1
    assert told["reclamo_labels_total", "emotion", "anger"] == 1
    assert told["reclamo_labels_total", "kind", "complaint"] == 4
    assert told["reclamo_labels_total", "kind", "other"] == 0
    assert told["reclamo_abstentions_total", "unintelligible"] == 1
    assert told["reclamo_abstentions_total", "unsupported_language"] == 0
    assert told["reclamo_review_needed_total",] == 4
    assert told["reclamo_cached_answers_total",] == 1
    assert told["reclamo_request_messages_count",] == 2
    assert told["reclamo_request_messages_sum",] == 5
    assert told["reclamo_prepare_seconds_count",] == 2


def test_what_was_computed_is_measured(start: Start) -> None:
    client = start(DummyEngine(seconds=0.03))
    client.post(SINGLE, json={"text": "first"})
    client.post(SINGLE, json={"text": "first"})
    told = read(client)
    assert told["reclamo_wait_seconds_count",] == 4 + 1, "the test messages, and one of which a copy was cached"
    assert told["reclamo_compute_seconds_sum",] >= 5 * 0.03
    assert told["reclamo_compute_seconds_bucket", "0.02"] == 0
    assert told["reclamo_group_messages_sum",] == 5


def test_requests_are_counted_by_route_and_never_by_path(start: Start) -> None:
    client = start(max_body_bytes=100)
    client.post(f"{SINGLE}?q={SECRET}", json={"text": SECRET})
    client.post(SINGLE, json={"text": " "})
    client.post(SINGLE, content=b"x" * 101)
    client.get(SINGLE)
    client.get(f"/{SECRET}")
    client.get(f"/static/{SECRET}.js")
    client.request("BREW", f"/{SECRET}")
    text = client.get("/metrics").text
    told = read(client)
    assert SECRET not in text
    assert "_created" not in text, "twice as many series, of which nobody asks"
    assert told["reclamo_requests_total", "POST", SINGLE, "200"] == 1
    assert told["reclamo_requests_total", "POST", SINGLE, "422"] == 1
    assert told["reclamo_requests_total", "POST", "other", "413"] == 1, "refused before it came to a route"
    assert told["reclamo_requests_total", "GET", SINGLE, "405"] == 1
    assert told["reclamo_requests_total", "GET", "other", "404"] == 1
    assert told["reclamo_requests_total", "GET", "/static", "404"] == 1
    assert told["reclamo_requests_total", "other", "other", "404"] == 1
    assert told["reclamo_request_seconds_count", SINGLE] == 3


def test_refusals_are_counted_by_reason(start: Start) -> None:
    client = start(DummyEngine(seconds=0.1))
    reasons = {"client-gone", "deadline-passed", "not-ready", "overloaded", "shutting-down", "too-slow"}
    assert reasons <= set(shed_reasons())
    assert {key for key in read(client) if key[0] == "reclamo_shed_requests_total" and SINGLE in key} == {
        ("reclamo_shed_requests_total", reason, SINGLE) for reason in shed_reasons()
    }
    client.post(SINGLE, json={"text": "a"}, headers={"prefer": "wait=0"})
    client.app.state.readiness.phase = Phase.failed  # type: ignore[attr-defined]
    client.post(SINGLE, json={"text": "a"})
    client.post(SINGLE, json={"text": " "})
    told = read(client)
    assert told["reclamo_shed_requests_total", "deadline-passed", SINGLE] == 1
    assert told["reclamo_shed_requests_total", "not-ready", SINGLE] == 1
    assert sum(value for key, value in told.items() if key[0] == "reclamo_shed_requests_total" and SINGLE in key) == 2


def test_it_answers_while_the_line_is_full(start: Start) -> None:
    gate = threading.Event()
    gate.set()

    def hold(_: Sequence[Prepared]) -> None:
        assert gate.wait(5)

    client = start(DummyEngine(before=hold), workers=1, queue_tokens=40)
    gate.clear()
    threads = [
        threading.Thread(target=client.post, args=(SINGLE,), kwargs={"json": {"text": f"a b {n}"}}) for n in "12"
    ]
    for number, thread in enumerate(threads, 1):
        thread.start()
        wait_until(lambda n=number: read(client)["reclamo_queue_tokens",] == 5 * n)  # type: ignore[misc]
    assert client.post(SINGLE, json={"text": "c"}).status_code == 429
    told = read(client)
    gate.set()
    for thread in threads:
        thread.join()
    assert told["reclamo_queue_tokens_limit",] == 40
    assert told["reclamo_queue_messages",] == 1
    assert told["reclamo_worker_threads",] == 1
    assert told["reclamo_shed_requests_total", "overloaded", SINGLE] == 1
    assert read(client)["reclamo_queue_tokens",] == 0


def test_the_moment_is_told(start: Start) -> None:
    client = start()
    told = read(client)
    assert told["reclamo_model_info", "dummy", "dummy-1", "test-1"] == 1
    assert {key[1]: value for key, value in told.items() if key[0] == "reclamo_phase"} == {
        "starting": 0,
        "ready": 1,
        "failed": 0,
        "stopping": 0,
    }
    assert [key for key in told if key[0] == "reclamo_build_info"] == [("reclamo_build_info", "0.1.0")]
    assert told["process_resident_memory_bytes",] > 1_000_000
    assert told["process_cpu_seconds_total",] > 0
    newer = DummyEngine()
    newer.model_version = "dummy-2"
    client.app.state.classifier.engine = newer  # type: ignore[attr-defined]
    client.app.state.readiness.stop()  # type: ignore[attr-defined]
    told = read(client)
    assert [key for key in told if key[0] == "reclamo_model_info"] == [
        ("reclamo_model_info", "dummy", "dummy-2", "test-1")
    ]
    assert (told["reclamo_phase", "ready"], told["reclamo_phase", "stopping"]) == (0, 1)


def test_a_loop_that_is_held_up_shows(start: Start) -> None:
    client = start(ready=False)
    portal = client.portal
    assert portal
    wait_until(lambda: read(client)["reclamo_event_loop_lag_seconds_count",] >= 1)
    portal.call(time.sleep, 1.1)
    wait_until(lambda: read(client)["reclamo_event_loop_lag_seconds_sum",] >= 0.5)


def test_two_applications_count_apart(start: Start) -> None:
    first, second = start(), start()
    first.post(SINGLE, json={"text": "a"})
    assert read(first)["reclamo_requests_total", "POST", SINGLE, "200"] == 1
    assert read(second)["reclamo_requests_total", "POST", SINGLE, "200"] == 0


@pytest.mark.parametrize("name", ["reclamo_wait_seconds", "reclamo_compute_seconds", "reclamo_request_seconds"])
def test_times_are_told_apart_from_a_millisecond_to_half_a_minute(client: TestClient, name: str) -> None:
    client.post(SINGLE, json={"text": "How long?"})
    bounds = re.findall(rf'^{name}_bucket{{le="([^"+]+)"', client.get("/metrics").text, flags=re.M) or re.findall(
        rf'^{name}_bucket{{le="([^"+]+)",route="{SINGLE}"', client.get("/metrics").text, flags=re.M
    )
    assert (float(bounds[0]), float(bounds[-1])) == (0.001, 30.0)
    assert all(float(high) <= 2.5 * float(low) for low, high in itertools.pairwise(bounds))
