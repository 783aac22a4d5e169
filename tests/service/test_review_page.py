from __future__ import annotations

import re
from html import unescape
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from data.taxonomy import read_taxonomy
from service.access import POLICY
from service.interface import read_interface
from service.keys import edit_keys
from service.review_page import CATALOGUE
from tests.service.conftest import Start
from tests.service.dummy_engine import DummyEngine
from tests.service.pages import interface_of

STATIC = Path(__file__).parents[2] / "service/static"
SCRIPTS = sorted((STATIC / "review").glob("*.js"))
TEMPLATE = (STATIC.parent / "templates/review.html").read_text(encoding="utf-8")
LANGUAGES = ["fi", "vi", "es", "en"]
OWN = read_interface(CATALOGUE)


@pytest.mark.parametrize("ui", LANGUAGES)
def test_the_page_speaks_each_language(client: TestClient, ui: str) -> None:
    response = client.get(f"/review?ui={ui}")
    assert response.status_code == 200
    assert response.headers["content-language"] == ui
    assert response.headers["vary"] == "Accept-Language"
    page = unescape(response.text)
    assert f'<html lang="{ui}">' in page
    assert f'href="/review?ui={ui}" lang="{ui}" hreflang="{ui}" aria-current="true"' in page
    for name in ("confirm", "pass", "undo", "reset", "reason"):
        assert OWN.phrase(ui)[name] in page


def test_the_first_page_leads_here_where_tickets_are_kept(client: TestClient, start: Start, tmp_path: Path) -> None:
    assert 'href="/review' not in client.get("/?ui=en").text
    assert (
        'href="/review?ui=fi">Tarkistettavat viestit<' in start(store=f"sqlite:///{tmp_path}/t.db").get("/?ui=fi").text
    )


def test_the_words_of_both_pages_go_together() -> None:
    shared = read_interface()
    assert shared.languages == OWN.languages
    assert set(shared.phrases).isdisjoint(OWN.phrases)


def test_placeholders_are_the_same_in_every_language() -> None:
    for name, words in OWN.phrases.items():
        assert len({frozenset(re.findall(r"\{\w+\}", phrase)) for phrase in words.values()}) == 1, name


def test_no_phrase_was_left_in_another_language() -> None:
    for name, words in OWN.phrases.items():
        assert len(set(words.values())) == len(words), name


def test_the_page_asks_only_for_words_that_there_are(client: TestClient) -> None:
    phrases = interface_of(client.get("/review?ui=en").text)["phrases"]
    script = "".join(file.read_text(encoding="utf-8") for file in SCRIPTS)
    asked = {first or second for first, second in re.findall(r'phrases\.(\w+)|fill\("(\w+)"', script)}
    assert len(asked) > 25
    assert asked <= set(phrases)


def test_every_word_is_used() -> None:
    used = TEMPLATE + "".join(file.read_text(encoding="utf-8") for file in SCRIPTS)
    assert [name for name in OWN.phrases if not re.search(rf"\b{name}\b", used)] == []


def test_nothing_is_inline_and_nothing_comes_from_another_host(client: TestClient) -> None:
    response = client.get("/review")
    page = response.text
    assert response.headers["content-security-policy"] == POLICY
    assert "unsafe-inline" not in POLICY
    assert re.findall(r"<script(?![^>]*\bsrc=)", page) == []
    assert re.findall(r"<style|\sstyle=|\son\w+=", page) == []
    assert [link for link in re.findall(r'(?:src|href)="([^"]*)"', page) if not link.startswith(("/", "#"))] == []
    for file in re.findall(r'(?:src|href)="(/static/[^"]*)"', page):
        assert client.get(file).status_code == 200, file


def test_every_module_that_a_script_imports_is_there(client: TestClient) -> None:
    modules = {file: re.findall(r'from "(\.[^"]+)"', file.read_text(encoding="utf-8")) for file in STATIC.rglob("*.js")}
    assert sum(map(len, modules.values())) > 20
    for file, imports in modules.items():
        for name in imports:
            path = (file.parent / name).resolve().relative_to(STATIC)
            response = client.get(f"/static/{path}")
            assert response.status_code == 200, (file, name)
            assert response.headers["content-type"].startswith("text/javascript"), "no module is run otherwise"


def test_the_scripts_never_set_markup_nor_keep_anything_beyond_the_tab() -> None:
    for file in SCRIPTS:
        script = file.read_text(encoding="utf-8")
        assert not re.search(
            r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|setAttribute\(.style", script
        )
        assert not re.search(r"localStorage|document\.cookie|indexedDB|caches\b|serviceWorker", script), file.name
        assert len(script.splitlines()) <= 400, file.name
    script = "".join(file.read_text(encoding="utf-8") for file in SCRIPTS)
    assert set(re.findall(r'"(reclamo-\w+)"', script)) == {"reclamo-key", "reclamo-undo"}


def test_the_style_takes_its_colours_from_the_other_page() -> None:
    shared = (STATIC / "page.css").read_text(encoding="utf-8")
    own = (STATIC / "review/review.css").read_text(encoding="utf-8")
    assert set(re.findall(r"var\((--[\w-]+)\)", own)) <= set(re.findall(r"(--[\w-]+):", shared))
    assert re.findall(r"--[\w-]+:", own) == []
    for media in ("forced-colors: active", "print", "pointer: coarse"):
        assert media in own


def test_groups_say_how_many_labels_they_take_and_which_rules_tie_them(start: Start) -> None:
    taxonomy = read_taxonomy()
    page = interface_of(start(DummyEngine(taxonomy=taxonomy)).get("/review?ui=fi").text)
    single = {group["id"]: group["single"] for group in page["groups"]}
    assert single == {
        "kind": True, "themes": False, "urgency": True, "signals": False, "motives": False, "emotion": True
    }  # fmt: skip
    assert page["rules"] == [rule.model_dump() for rule in taxonomy.rules]
    assert page["groups"][1]["name"] == "Teemat"


@pytest.mark.parametrize("ui", LANGUAGES)
def test_it_asks_for_a_key_where_there_are_keys_and_else_for_a_name(
    client: TestClient, start: Start, tmp_path: Path, ui: str
) -> None:
    with edit_keys(tmp_path / "keys.json"):
        pass
    without = client.get(f"/review?ui={ui}").text
    assert 'id="author"' in without
    assert 'id="key"' not in without
    page = start(keys=tmp_path / "keys.json").get(f"/review?ui={ui}").text
    assert 'id="author"' not in page, "the name of the key is the author"
    (field,) = re.findall(r'<input id="key"[^>]*>', page)
    assert 'type="password"' in field
    assert 'autocomplete="off"' in field
    assert "name=" not in field, "it never becomes a part of an address"


def test_labels_of_the_taxonomy_are_escaped(start: Start) -> None:
    engine = DummyEngine()
    written = engine.taxonomy.model_dump()
    written["groups"][1]["labels"][0]["name"]["en"] = "'\"><img src=x onerror=alert(1)>"
    page = start(DummyEngine(taxonomy=type(engine.taxonomy).model_validate(written))).get("/review?ui=en").text
    assert "<img src=x" not in page
    assert interface_of(page)["groups"][1]["labels"]["billing"]["name"] == "'\"><img src=x onerror=alert(1)>"


def test_every_field_and_region_has_a_name() -> None:
    for field in re.findall(r'<(?:input|select)[^>]*id="([\w-]+)"', TEMPLATE):
        assert f'for="{field}"' in TEMPLATE or re.search(rf'<label[^>]*><input id="{field}"', TEMPLATE), field
    assert 'role="status"' in TEMPLATE
    assert TEMPLATE.count('role="alert"') == 3
    assert '<a class="skip"' in TEMPLATE
