from __future__ import annotations

import asyncio

import pytest

from models.answer import Answer
from models.engine import Engine, Prepared
from service.backlog import Backlog, Job, State
from tests.service.dummy_engine import DummyEngine

ENGINE = DummyEngine()
NOW = 10.0
LOOP = asyncio.new_event_loop()


@pytest.fixture(scope="module", autouse=True)
def _loop() -> object:
    yield
    LOOP.close()


def job(
    name: str,
    cost: int = 10,
    due: float = 1.0,
    *,
    expires: float = 100.0,
    prompt: bool = False,
    engine: Engine = ENGINE,
) -> Job:
    future: asyncio.Future[Answer] = LOOP.create_future()
    return Job(engine, Prepared(name, cost), due, expires, prompt, 0.0, future)


def names(jobs: list[Job]) -> list[str]:
    return [each.prepared.text for each in jobs]


def backlog(group_messages: int = 8, group_tokens: int = 512) -> Backlog:
    return Backlog(group_messages=group_messages, group_tokens=group_tokens)


def test_what_is_due_first_comes_first_and_equals_in_order_of_arrival() -> None:
    line = backlog(group_messages=1)
    line.add([job("late", due=9), job("soon", due=1), job("soon too", due=1), job("long but sooner", 500, due=0)])
    taken = [names(line.take(1, NOW)) for _ in range(5)]
    assert taken == [["long but sooner"], ["soon"], ["soon too"], ["late"], []]


def test_a_group_is_of_like_length() -> None:
    line = backlog()
    line.add([job("a", 17), job("b", 33), job("c", 32), job("d", 16)])
    assert [names(line.take(1, NOW)) for _ in range(3)] == [["a", "c"], ["b"], ["d"]]


def test_while_there_are_threads_for_all_each_takes_one() -> None:
    line = backlog()
    line.add([job("a"), job("b")])
    assert [names(line.take(2, NOW)), names(line.take(2, NOW))] == [["a"], ["b"]]
    line.add(job(str(number)) for number in range(6))
    assert len(line.take(2, NOW)) == 3


def test_groups_have_limits() -> None:
    line = backlog(group_messages=4, group_tokens=100)
    line.add(job("short") for _ in range(10))
    line.add(job("longer", 40, due=0) for _ in range(3))
    line.add(job("longest", 4000, due=2) for _ in range(2))
    assert [len(line.take(1, NOW)) for _ in range(7)] == [2, 1, 4, 4, 2, 1, 1]


def test_single_messages_are_not_computed_beside_a_batch_nor_one_engine_beside_another() -> None:
    line = backlog()
    line.add([job("single", due=0, prompt=True), job("batch"), job("batch too"), job("other", engine=DummyEngine())])
    assert [names(line.take(1, NOW)) for _ in range(3)] == [["single"], ["batch", "batch too"], ["other"]]


def test_a_batch_that_is_due_first_takes_turns_with_single_messages() -> None:
    line = backlog(group_messages=2)
    line.add(job(f"batch {number}") for number in range(8))
    line.add(job(f"single {number}", due=5, prompt=True) for number in range(3))
    turns = [names(line.take(1, NOW))[0].split()[0] for _ in range(6)]
    assert turns == ["batch", "single", "batch", "single", "batch", "batch"]


def test_dropped_jobs_are_never_taken_and_cost_nothing() -> None:
    line = backlog()
    jobs = [job(str(number), prompt=True) for number in range(3)]
    line.add(jobs)
    line.drop(jobs[:2])
    line.drop(jobs[:2])
    assert (line.cost, line.prompt_cost, line.waiting) == (10, 10, 1)
    assert names(line.take(1, NOW)) == ["2"]
    line.drop(jobs[2:])
    assert jobs[2].state is State.running, "what runs runs out"
    line.finish(jobs[2:])
    assert (line.cost, line.prompt_cost, line.waiting) == (0, 0, 0)
    assert line.take(1, NOW) == []


def test_what_has_expired_is_never_taken_and_costs_nothing() -> None:
    line = backlog()
    expired = [job("first", due=0, expires=9), job("among others", due=2, expires=NOW), job("alone", 40, expires=5)]
    line.add([*expired, job("in time", due=1), job("in time too", due=3)])
    assert names(line.take(1, NOW)) == ["in time", "in time too"]
    assert [each.state for each in expired] == [State.dropped] * 3
    assert (line.cost, line.waiting) == (20, 0)
    line.drop(expired)
    assert line.cost == 20, "nothing is taken off twice"
    assert line.take(1, NOW) == []


def test_an_empty_message_takes_a_turn_too() -> None:
    line = backlog()
    line.add([job("", 0)])
    assert line.cost == 1
