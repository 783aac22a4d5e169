from __future__ import annotations

import asyncio
import re
import threading

import pytest
from starlette.testclient import TestClient

from tests.service.conftest import Start


def test_an_unknown_address_is_a_problem(client: TestClient) -> None:
    for path in ("/nothing", "/v1/classify/", "/static/nothing.js", "/static/../settings.py", "/static/swagger/x.js"):
        response = client.get(path)
        assert (response.status_code, response.json()["type"]) == (404, "urn:reclamo:problem:not-found"), path


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_a_wrong_method_is_a_problem_that_names_the_right_one(client: TestClient, method: str) -> None:
    response = client.request(method, "/v1/classify")
    assert (response.status_code, response.json()["type"]) == (405, "urn:reclamo:problem:method-not-allowed")
    assert response.headers["allow"] == "POST"


def test_a_wrong_method_is_told_all_that_there_are_and_nothing_is_described_for_it(start: Start) -> None:
    client = start()
    for path, allowed in {
        "/livez": "GET, HEAD",
        "/v1/tickets/shop/1": "DELETE, GET, PUT",
        "/v1/models/1/activate": "POST",
        "/reports/login": "GET, POST",
    }.items():
        response = client.request("PATCH", path, json={})
        assert (response.status_code, response.headers["allow"]) == (405, allowed), path
    assert client.app.openapi_schema is None  # type: ignore[attr-defined]


def test_the_description_is_not_made_on_the_loop(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    client = start()
    made: list[threading.Thread] = []

    def describe(**_: object) -> dict[str, object]:
        made.append(threading.current_thread())
        with pytest.raises(RuntimeError):
            asyncio.get_running_loop()
        return {"paths": {}}

    monkeypatch.setattr("service.app.get_openapi", describe)
    monkeypatch.setattr("service.app.describe_labels", lambda *_: None)
    client.get("/openapi.json")
    assert len(made) == 1


def test_the_description_has_every_refusal(client: TestClient) -> None:
    described = client.get("/openapi.json").json()
    assert set(described["paths"]) == {
        *("/v1/classify", "/v1/classify/batch", "/v1/models", "/v1/models/{version}/activate"),
        *("/v1/tickets", "/v1/tickets/{source}/{id}", "/v1/tickets/{source}/{id}/labels"),
        *("/v1/tickets/{source}/{id}/labels/undo", "/v1/subjects/{key}", "/v1/review"),
        *("/v1/disagreements", "/v1/challengers"),
        *("/v1/reports", "/v1/reports/complaints.csv", "/v1/reports/{page}", "/v1/reports/{page}/{figure}.{form}"),
        *("/v1/emerging", *(f"/v1/emerging/{{id}}/{done}" for done in ("name", "merge", "dismiss", "reopen"))),
        *("/livez", "/readyz", "/metrics"),
    }
    for path in ("/v1/classify", "/v1/classify/batch"):
        responses = described["paths"][path]["post"]["responses"]
        assert set(responses) == {
            "200",
            "400",
            "401",
            "403",
            "408",
            "413",
            "415",
            "421",
            "422",
            "429",
            "500",
            "503",
            "504",
        }
        assert list(responses["422"]["content"]) == ["application/problem+json"]
    assert {"201", "404", "409", "410", "422", "503"} <= set(
        described["paths"]["/v1/tickets/{source}/{id}"]["put"]["responses"]
    )
    assert {"403", "404", "409"} <= set(described["paths"]["/v1/models/{version}/activate"]["post"]["responses"])
    references = set(re.findall(r"#/components/schemas/(\w+)", str(described)))
    assert references <= set(described["components"]["schemas"])


def test_the_documentation_works_without_another_host(client: TestClient) -> None:
    page = client.get("/docs").text
    files = re.findall(r'(?:src|href)="([^"]+)"', page)
    assert len(files) >= 4
    for file in files:
        assert file.startswith("/")
        assert client.get(file).status_code == 200, file


def test_only_the_two_files_of_swagger_are_served(client: TestClient) -> None:
    assert client.get("/static/swagger/redoc.standalone.js").status_code == 404


def test_the_service_ends_its_threads(start: Start) -> None:
    client = start()
    threads = client.app.state.classifier.scheduler._threads  # type: ignore[attr-defined]
    assert all(thread.is_alive() for thread in threads)
    client.__exit__(None, None, None)
    assert not any(thread.is_alive() for thread in threads)
    client.__enter__()
