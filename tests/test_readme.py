"""What the README shows is what the software does: its requests are sent, its commands and links exist."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from models.load import load_engine
from service.app import create_app
from service.settings import Settings
from tests.service.conftest import wait_until

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
EXAMPLES = [
    (json.loads(asked), json.loads(answered))
    for asked, answered in re.findall(r"-d '(\{.*?\})'\n```\n\n```json\n(.*?)\n```", README, flags=re.S)
]


def labels(answer: dict[str, Any]) -> dict[str, Any]:
    """An answer without what changes from model to model: confidences, evidence and versions."""
    single = {group: (answer[group] or {}).get("label") for group in ("kind", "urgency", "emotion", "language")}
    many = {group: [found["label"] for found in answer[group]] for group in ("themes", "signals", "motives")}
    return {**single, **many, "review": answer["review"]["needed"]}


def test_it_leads_with_the_two_commands() -> None:
    first = README[: README.index("```", README.index("```") + 3)]
    assert "make serve" in first
    assert "make test" in first


def test_it_shows_a_real_answer_in_each_language_and_they_are_true() -> None:
    assert {answer["language"]["label"] for _, answer in EXAMPLES} >= {"fi", "vi", "es", "en"}
    with TestClient(create_app(load_engine(), Settings()), base_url="http://localhost") as client:
        wait_until(lambda: client.get("/readyz").status_code == 200, seconds=60)
        for asked, shown in EXAMPLES:
            response = client.post("/v1/classify", json=asked)
            assert response.status_code == 200
            assert labels(response.json()) == labels(shown), asked


def test_every_make_target_is_real_and_told() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    real = set(re.findall(r"^([a-z-]+):.*##", makefile, flags=re.M))
    told = set(re.findall(r"make ([a-z-]+)", README))
    assert told <= real
    assert {"serve", "test", "check", "train", "evaluate"} <= told


@pytest.mark.parametrize("target", sorted(set(re.findall(r"\]\((?!http|#)([^)]+)\)", README))))
def test_links_lead_somewhere(target: str) -> None:
    assert (ROOT / target.split("#")[0]).exists()
