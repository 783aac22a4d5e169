from __future__ import annotations

import logging
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from service.keys import edit_keys
from service.origin import allowed_hosts, check_exposure, is_loopback
from service.settings import Settings, SettingsError
from tests.service.conftest import Start

TEXT = {"text": "my parcel"}


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    path = tmp_path / "keys.json"
    with edit_keys(path):
        pass
    return path


@pytest.mark.parametrize(
    ("name", "loopback"),
    [
        ("127.0.0.1", True),
        ("127.8.9.10", True),
        ("::1", True),
        ("LOCALHOST.", True),
        ("reclamo.localhost", True),
        ("0.0.0.0", False),
        ("::", False),
        ("", False),
        ("10.0.0.1", False),
        ("localhost.example.com", False),
        ("127.0.0.1.nip.io", False),
        ("2130706433", False),
    ],
)
def test_loopback_is_what_only_this_machine_can_reach(name: str, loopback: bool) -> None:
    assert is_loopback(name) is loopback


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.0.0.1", "reclamo.example.com"])
def test_open_to_others_without_keys_is_refused_with_the_command_to_run(host: str) -> None:
    with pytest.raises(SettingsError, match=r"RECLAMO_HOST=.*python -m service keys make NAME --scope classify"):
        check_exposure(Settings(host=host))


def test_open_to_others_on_purpose_is_said_loudly(caplog: pytest.LogCaptureFixture) -> None:
    check_exposure(Settings(host="0.0.0.0", open=True))
    (said,) = caplog.records
    assert said.levelno == logging.WARNING
    assert "OPEN TO EVERYBODY" in said.getMessage()


def test_open_on_loopback_is_said_in_one_loud_line(caplog: pytest.LogCaptureFixture) -> None:
    check_exposure(Settings())
    (said,) = caplog.records
    assert said.levelno == logging.WARNING
    assert "NO KEYS" in said.getMessage()


def test_with_keys_any_address_will_do(keys: Path, caplog: pytest.LogCaptureFixture) -> None:
    check_exposure(Settings(host="0.0.0.0", keys=keys))
    assert caplog.records == []


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0"])
def test_keys_that_were_named_and_are_not_there_never_mean_open(tmp_path: Path, host: str) -> None:
    missing = tmp_path / "none.json"
    for found in ("there is no such file", "no file of keys"):
        with pytest.raises(SettingsError, match=rf"{found}.*RECLAMO_KEYS={missing} python -m service keys make"):
            check_exposure(Settings(host=host, keys=missing, open=True))
        missing.write_text("{")


def test_which_names_are_allowed(keys: Path) -> None:
    assert allowed_hosts(Settings()) == frozenset()
    named = Settings(hosts=" Reclamo.example.com ,10.0.0.1")
    assert allowed_hosts(named) == frozenset({"reclamo.example.com", "10.0.0.1"})
    assert allowed_hosts(Settings(keys=keys)) is None
    assert allowed_hosts(Settings(host="0.0.0.0", open=True)) is None
    assert allowed_hosts(Settings(keys=keys, hosts="a")) == frozenset({"a"})


@pytest.mark.parametrize(
    "host", ["localhost", "localhost:8080", "127.0.0.1:1", "[::1]:8080", "[::1]", "Named.Example:80"]
)
def test_the_service_answers_to_its_own_names(start: Start, host: str) -> None:
    client = start(hosts="testserver,named.example")
    assert client.post("/v1/classify", json=TEXT, headers={"host": host}).status_code == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8080", "localhost.evil.example", "", "[::2]", "10.0.0.1"]
)
@pytest.mark.parametrize("path", ["/", "/v1/classify", "/openapi.json"])
def test_a_name_that_was_made_to_point_here_is_refused(client: TestClient, host: str, path: str) -> None:
    response = client.get(path, headers={"host": host})
    assert (response.status_code, response.json()["type"]) == (421, "urn:reclamo:problem:misdirected")
    assert "RECLAMO_HOSTS" in response.json()["detail"]


def test_probes_may_come_under_any_name(client: TestClient) -> None:
    for path in ("/livez", "/readyz"):
        assert client.get(path, headers={"host": "10.1.2.3:8080"}).status_code == 200


FOREIGN = [
    {"sec-fetch-site": "cross-site"},
    {"sec-fetch-site": "same-site"},
    {"sec-fetch-site": "cross-site", "origin": "http://testserver"},
    {"origin": "https://evil.example"},
    {"origin": "http://testserver.evil.example"},
    {"origin": "http://testserver:81"},
    {"origin": "null"},
    {"origin": "http://[broken"},
]
OWN = [
    {},
    {"sec-fetch-site": "same-origin"},
    {"sec-fetch-site": "none"},
    {"origin": "http://testserver"},
    {"origin": "HTTP://TESTSERVER"},
]


@pytest.mark.parametrize("headers", FOREIGN)
def test_a_page_of_another_site_may_not_send(client: TestClient, headers: dict[str, str]) -> None:
    for method in ("POST", "PUT", "DELETE", "PATCH"):
        response = client.request(method, "/v1/classify", json=TEXT, headers=headers)
        assert (response.status_code, response.json()["type"]) == (403, "urn:reclamo:problem:cross-origin")


@pytest.mark.parametrize("headers", OWN)
def test_the_service_s_own_page_and_programs_may(client: TestClient, headers: dict[str, str]) -> None:
    assert client.post("/v1/classify", json=TEXT, headers=headers).status_code == 200


@pytest.mark.parametrize("headers", FOREIGN)
def test_a_link_from_another_site_may_lead_to_the_page(client: TestClient, headers: dict[str, str]) -> None:
    response = client.get("/", headers=headers)
    assert response.status_code == 200
    assert response.headers["cross-origin-resource-policy"] == "same-origin"
    assert "access-control-allow-origin" not in response.headers
