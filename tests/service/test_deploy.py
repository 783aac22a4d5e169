"""What stands in `deploy/` goes with the service: metrics, labels and settings that are named there exist."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families
from starlette.testclient import TestClient

from data.taxonomy import read_taxonomy
from service.settings import PREFIX, Settings
from tests.service.conftest import Start
from tests.service.dummy_engine import DummyEngine

DEPLOY = Path(__file__).parents[2] / "deploy"
DASHBOARD: dict[str, Any] = json.loads((DEPLOY / "grafana-dashboard.json").read_text(encoding="utf-8"))
ALERTS: list[dict[str, Any]] = yaml.safe_load((DEPLOY / "alerts.yml").read_text(encoding="utf-8"))["groups"][0]["rules"]

METRIC = re.compile(r"\b((?:reclamo|process|python)_\w+)(?:\{([^}]*)\})?")
ADDED = {"job", "instance", "le"}
"""Labels that Prometheus adds itself, or that every histogram has."""

QUERIES = {
    f"{panel['title']}: {target['legendFormat']}": target["expr"]
    for panel in DASHBOARD["panels"]
    for target in panel.get("targets", [])
} | {rule["alert"]: rule["expr"] for rule in ALERTS}


@pytest.fixture(scope="module")
def served(client: TestClient) -> dict[str, set[str]]:
    """The names of the samples in `/metrics`, each with the names of its labels."""
    client.post("/v1/classify", json={"text": "My parcel is late!"})
    families = text_string_to_metric_families(client.get("/metrics").text)
    return {sample.name: set(sample.labels) for family in families for sample in family.samples}


@pytest.mark.parametrize("query", QUERIES)
def test_every_query_asks_for_what_there_is(query: str, served: dict[str, set[str]]) -> None:
    asked_for = QUERIES[query]
    found = METRIC.findall(asked_for)
    assert found or asked_for.startswith("up{")
    for name, selectors in found:
        assert name in served
        asked = set(re.findall(r"(\w+)\s*(?:=~|!~|!=|=)", selectors))
        asked |= {each.strip() for group in re.findall(r"\bby \(([^)]*)\)", asked_for) for each in group.split(",")}
        assert asked <= served[name] | ADDED, name


def test_every_series_of_the_service_is_shown_or_watched(served: dict[str, set[str]]) -> None:
    ours = {re.sub(r"_(bucket|sum|count)$", "", name) for name in served if name.startswith("reclamo_")}
    told = " ".join(QUERIES.values())
    assert {name for name in ours if name not in told} == set()


def test_the_names_in_the_legends_are_labels(served: dict[str, set[str]]) -> None:
    for panel in DASHBOARD["panels"]:
        for target in panel.get("targets", []):
            shown = set(re.findall(r"{{(\w+)}}", target["legendFormat"]))
            names = [name for name, _ in METRIC.findall(target["expr"])]
            assert shown <= served[names[0]] | ADDED, panel["title"]


def test_panels_do_not_overlap() -> None:
    taken: set[tuple[int, int]] = set()
    for panel in DASHBOARD["panels"]:
        at = panel["gridPos"]
        assert at["x"] + at["w"] <= 24
        cells = {(at["x"] + x, at["y"] + y) for x in range(at["w"]) for y in range(at["h"])}
        assert not cells & taken, panel["title"]
        taken |= cells
    assert len({panel["id"] for panel in DASHBOARD["panels"]}) == len(DASHBOARD["panels"])


@pytest.mark.parametrize("rule", ALERTS, ids=lambda rule: rule["alert"])
def test_every_alert_gives_its_reason(rule: dict[str, Any]) -> None:
    assert rule["labels"]["severity"] in ("page", "ticket")
    assert rule["annotations"]["summary"]
    assert len(rule["annotations"]["reason"]) > 40


@pytest.mark.parametrize("name", ["reclamo.service", "Containerfile", "README.md", "prometheus.yml"])
def test_every_setting_that_is_named_is_one(name: str) -> None:
    known = {f"{PREFIX}{field.upper()}" for field in Settings.model_fields}
    assert set(re.findall(rf"{PREFIX}[A-Z_]+", (DEPLOY / name).read_text(encoding="utf-8"))) <= known


def test_every_extra_that_is_named_is_one() -> None:
    known = tomllib.loads((DEPLOY.parent / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    told = (DEPLOY / "README.md").read_text(encoding="utf-8")
    named = re.findall(r"EXTRAS=([\w,]+)|'\.\[([\w,]+)\]'", told)
    assert len(named) >= 2
    assert {each for pair in named for each in "".join(pair).split(",")} <= set(known["optional-dependencies"])
    assert 'ARG EXTRAS=""' in (DEPLOY / "Containerfile").read_text(encoding="utf-8")


def test_there_are_about_as_many_series_as_is_said(start: Start) -> None:
    """With the labels that ship: what the README of `deploy` says holds, and nothing grows with what is sent."""
    client = start(DummyEngine(taxonomy=read_taxonomy()))
    for number in range(20):
        client.post("/v1/classify", json={"text": f"My parcel number {number}", "language": "fi"})
        client.get(f"/nothing/{number}")
    families = list(text_string_to_metric_families(client.get("/metrics").text))
    count = sum(len(family.samples) for family in families)
    assert 250 < count < 550
