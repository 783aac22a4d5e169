from __future__ import annotations

import asyncio
import threading
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError
from starlette.testclient import TestClient

from models.artifact import read_manifest
from models.registry import SHIPPED, current_version
from service.classify import Classifier
from service.errors import Overloaded, StoreFailed, TooSlow
from service.reports.registry import find_page
from service.reports.view import View
from service.reports.web import desk as desks
from service.reports.web.desk import AT_ONCE, MOST_WAITING, Desk, read_confusions
from tests.service.conftest import settings, wait_until
from tests.service.dummy_engine import DummyEngine
from tests.service.reports.toy_site import TAXONOMY
from tests.service.toy_tickets import Desk as Start
from tests.service.toy_tickets import desk, folder, problem, put

__all__ = ["desk", "folder"]


def an_empty_desk(store: Any = None) -> Desk:
    return Desk(Classifier(DummyEngine(), settings()), None, home=Path(), store=store)


def test_how_a_model_errs_is_found_by_the_name_that_its_answers_bear() -> None:
    assert read_manifest(current_version(SHIPPED)).model_version in read_confusions(SHIPPED)


def test_what_is_never_kept_is_made_in_turn_with_all_else_and_bounded() -> None:
    go_on, lock = threading.Event(), threading.Lock()
    at_once: list[int] = []
    most = 0

    def make() -> str:
        nonlocal most
        with lock:
            at_once.append(1)
            most = max(most, len(at_once))
        assert go_on.wait(5)
        with lock:
            at_once.pop()
        return "words"

    async def run() -> list[str]:
        made = an_empty_desk()
        asked = [asyncio.create_task(made.fresh(make)) for _ in range(MOST_WAITING)]
        await asyncio.sleep(0)
        with pytest.raises(Overloaded):
            await made.fresh(make)
        with pytest.raises(Overloaded):
            await made.once("a page", make)
        go_on.set()
        told = await asyncio.gather(*asked)
        assert not made._kept
        return told

    assert asyncio.run(run()) == ["words"] * MOST_WAITING
    assert most <= AT_ONCE


def test_what_takes_too_long_is_told_as_such(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(desks, "LONGEST", 0.01)
    go_on = threading.Event()
    with pytest.raises(TooSlow):
        asyncio.run(an_empty_desk().fresh(lambda: go_on.wait(5)))
    go_on.set()


def test_a_failure_of_the_store_is_told_without_its_words() -> None:
    def fail() -> None:
        raise OperationalError("SELECT", {"text": "secret words"}, Exception("secret words"))

    with pytest.raises(StoreFailed) as failed:
        asyncio.run(an_empty_desk(store=object()).fresh(fail))
    assert failed.value.__context__ is None


def test_a_page_whose_words_the_store_cannot_give_is_unavailable(desk: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    client: TestClient = desk(DummyEngine(taxonomy=TAXONOMY))
    put(client)
    wait_until(lambda: client.get("/reports/words").status_code == 200)

    def fail(_: View) -> dict[str, Any]:
        raise OperationalError("SELECT", {}, Exception())

    page = find_page("words")
    assert page
    monkeypatch.setitem(page.__dict__, "fresh", fail)
    assert problem(client.get("/reports/words")) == (503, "store-failed")
