"""One PostgreSQL server for all the tests that want one."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.data.store.postgres import Server, binaries, running


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    programs = binaries()
    if programs is None:
        pytest.skip("no PostgreSQL here: `apt-get install postgresql`, or put initdb on the PATH")
    with running(programs) as server:
        yield server
