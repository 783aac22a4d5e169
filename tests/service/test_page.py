from __future__ import annotations

import re
from html import unescape
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from data.taxonomy import Taxonomy
from service.interface import read_interface
from service.keys import edit_keys
from tests.service.conftest import Start
from tests.service.dummy_engine import DummyEngine
from tests.service.pages import interface_of

STATIC = Path(__file__).parents[2] / "service/static"
LANGUAGES = ["fi", "vi", "es", "en"]


@pytest.mark.parametrize("ui", LANGUAGES)
def test_the_page_speaks_each_language(client: TestClient, ui: str) -> None:
    response = client.get(f"/?ui={ui}")
    assert response.status_code == 200
    assert response.headers["content-language"] == ui
    page = response.text
    assert f'<html lang="{ui}">' in page
    assert f'lang="{ui}" hreflang="{ui}" aria-current="true"' in page
    phrases = read_interface().phrase(ui)
    for name in ("tagline", "message", "submit", "privacy", "examples"):
        assert phrases[name] in unescape(page)
    assert interface_of(page)["groups"][0]["name"] == DummyEngine().taxonomy.groups[0].name[ui]


def test_the_browser_chooses_where_nobody_asked(client: TestClient) -> None:
    response = client.get("/", headers={"accept-language": "vi-VN,vi;q=0.9"})
    assert '<html lang="vi">' in response.text
    assert response.headers["vary"] == "Accept-Language"


def test_the_script_asks_only_for_phrases_that_there_are(client: TestClient) -> None:
    interface = interface_of(client.get("/?ui=fi").text)
    script = "".join(file.read_text(encoding="utf-8") for file in STATIC.glob("*.js"))
    asked = set(re.findall(r'phrases\.(\w+)|fill\("(\w+)"', script))
    assert len(asked) > 15
    assert {first or second for first, second in asked} <= set(interface["phrases"])


def test_every_phrase_is_used() -> None:
    used = "".join(file.read_text(encoding="utf-8") for file in (*STATIC.glob("*.js"), *STATIC.parent.glob("*/*.html")))
    assert [name for name in read_interface().phrases if name not in used] == []


def test_nothing_is_inline_and_nothing_comes_from_another_host(client: TestClient) -> None:
    page = client.get("/").text
    assert re.findall(r"<script(?![^>]*\bsrc=)", page) == []
    assert re.findall(r"<style|\sstyle=|\son\w+=", page) == []
    assert [link for link in re.findall(r'(?:src|href)="([^"]*)"', page) if not link.startswith(("/", "#"))] == []
    for file in re.findall(r'(?:src|href)="(/static/[^"]*)"', page):
        assert client.get(file).status_code == 200, file


def test_the_script_never_sets_markup() -> None:
    for file in STATIC.glob("*.js"):
        assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(", file.read_text())


@pytest.mark.parametrize("ui", LANGUAGES)
def test_the_page_asks_for_a_key_only_where_there_are_keys(
    client: TestClient, start: Start, tmp_path: Path, ui: str
) -> None:
    with edit_keys(tmp_path / "keys.json"):
        pass
    words = read_interface().phrase(ui)
    assert 'id="key"' not in client.get(f"/?ui={ui}").text
    page = start(keys=tmp_path / "keys.json").get(f"/?ui={ui}").text
    (field,) = re.findall(r"<input [^>]*>", page)
    assert 'type="password"' in field
    assert 'autocomplete="off"' in field
    assert "name=" not in field, "it never becomes a part of an address"
    assert words["key"] in unescape(page)
    assert words["key_note"] in unescape(page)


def test_the_script_keeps_the_key_in_its_tab_alone() -> None:
    script = (STATIC / "page.js").read_text(encoding="utf-8")
    assert 'sessionStorage.setItem("reclamo-key"' in script
    for lasting in ("localStorage", "document.cookie", "indexedDB", "caches"):
        assert lasting not in script


def test_labels_are_escaped_and_come_from_the_taxonomy(start: Start) -> None:
    engine = DummyEngine()
    written = engine.taxonomy.model_dump()
    written["version"] = '"><script>alert(1)</script>'
    written["groups"][1]["labels"][0]["name"]["en"] = "'\"><img src=x onerror=alert(1)>"
    page = start(DummyEngine(taxonomy=Taxonomy.model_validate(written))).get("/?ui=en").text
    assert "<script>alert" not in page
    assert "<img src=x" not in page
    assert interface_of(page)["groups"][1]["labels"]["billing"]["name"] == "'\"><img src=x onerror=alert(1)>"


def test_a_taxonomy_without_a_language_of_the_page_shows_another(start: Start) -> None:
    written = DummyEngine().taxonomy.model_dump()
    written["languages"] = ["en"]
    for group in written["groups"]:
        group["name"] = {"en": group["name"]["en"]}
    page = start(DummyEngine(taxonomy=Taxonomy.model_validate(written))).get("/?ui=fi").text
    assert interface_of(page)["groups"][0]["name"] == "Kind"


TEXT_ON_GROUND = [
    ("ink", "paper"),
    ("ink", "card"),
    ("soft", "paper"),
    ("soft", "card"),
    ("ink", "themes"),
    ("ink", "signals"),
    ("ink", "notice"),
    ("error", "card"),
    ("accent-ink", "accent"),
    ("accent-ink", "accent-hover"),
    *((f"rank-{rank}-ink", f"rank-{rank}") for rank in range(4)),
]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("text", "ground"), TEXT_ON_GROUND)
def test_text_stands_out_as_wcag_aa_asks(scheme: str, text: str, ground: str) -> None:
    light, dark = (STATIC / "page.css").read_text(encoding="utf-8").split("@media (prefers-color-scheme: dark)")
    colours = dict(re.findall(r"--([\w-]+): (#[0-9a-f]+);", light if scheme == "light" else dark))
    darker, lighter = sorted((luminance(colours[text]), luminance(colours[ground])))
    assert (lighter + 0.05) / (darker + 0.05) >= 4.5


def luminance(colour: str) -> float:
    """Relative luminance (WCAG 2.2)."""
    digits = colour[1:] if len(colour) == 7 else "".join(digit * 2 for digit in colour[1:])
    parts = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
