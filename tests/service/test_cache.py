from __future__ import annotations

from models.answer import Answer
from service.cache import AnswerCache
from tests.service.conftest import Start
from tests.service.dummy_engine import DummyEngine

ENGINE = DummyEngine()


def answer_to(text: str) -> Answer:
    prepared = ENGINE.encode_pre(text)
    return ENGINE.encode_post(prepared, prepared.cost)


def test_the_least_recently_used_answer_goes_first() -> None:
    cache = AnswerCache(2)
    first, second, third = (cache.key("1", text, None) for text in "abc")
    cache.put(first, answer_to("a"))
    cache.put(second, answer_to("b"))
    assert cache.get(first)
    cache.put(third, answer_to("c"))
    assert cache.get(second) is None
    assert len(cache) == 2
    assert cache.get(first)


def test_a_cache_of_no_size_keeps_nothing() -> None:
    cache = AnswerCache(0)
    cache.put(cache.key("1", "a", None), answer_to("a"))
    assert len(cache) == 0


def test_version_and_language_and_process_make_different_keys() -> None:
    cache = AnswerCache(1)
    keys = {cache.key("1", "a", None), cache.key("2", "a", None), cache.key("1", "a", "fi"), cache.key("1", "fia", "")}
    assert len(keys) == 4
    assert AnswerCache(1).key("1", "a", None) not in keys


def test_no_text_is_kept(start: Start) -> None:
    client = start()
    client.post("/v1/classify", json={"text": "The parcel with hunter2 in it is late"})
    cache: AnswerCache = client.app.state.classifier.cache  # type: ignore[attr-defined]
    assert len(cache) == 5, "four test messages and this one"
    kept = repr(vars(cache))
    assert "model_version" in kept, "the answers themselves are looked through"
    assert "hunter2" not in kept
