"""The tables as the migrations make them are the tables as the program knows them."""

from __future__ import annotations

import subprocess
import sys
import threading
import zipfile
from datetime import timedelta
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.command import downgrade
from alembic.migration import MigrationContext
from sqlalchemy import inspect, text

from data.store.emerging import Found, Member
from data.store.errors import StoreUnusable
from data.store.opening import WRITES, _config, head, open_database
from data.store.store import Store
from data.store.tables import Base
from tests.data.store.making import NOON, held, key, new, reading

ROOT = Path(__file__).parents[3]


def test_migrations_and_models_agree(url: str) -> None:
    database = open_database(url)
    with database.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_server_default": True})
        assert compare_metadata(context, Base.metadata) == []
        assert context.get_current_revision() == head()
    database.dispose()


def test_cascades_and_names_are_as_the_models_say(url: str) -> None:
    """What alembic does not compare."""
    database = open_database(url)
    inspected = inspect(database)
    for table in Base.metadata.sorted_tables:
        there = {
            (each["name"], tuple(each["constrained_columns"]), each["referred_table"], each["options"].get("ondelete"))
            for each in inspected.get_foreign_keys(table.name)
        }
        meant = {
            (each.name, tuple(each.column_keys), each.referred_table.name, each.ondelete)
            for each in table.foreign_key_constraints
        }
        assert there == meant
        assert inspected.get_pk_constraint(table.name)["constrained_columns"] == [c.name for c in table.primary_key]
        assert {each["name"] for each in inspected.get_indexes(table.name) if not each["unique"]} == {
            each.name for each in table.indexes
        }
    database.dispose()


def test_ids_are_never_given_anew(store: Store) -> None:
    """A cursor or a list of corrections to quarantine may outlive what it names."""
    store.put(new(store, 1), reading())
    first = store.get(key(1))
    store.erase(key(1))
    store.put(new(store, 2), reading())
    second = store.get(key(2))
    assert first is not None
    assert second is not None
    assert second.readings[0].id > first.readings[0].id


def test_going_back_leaves_nothing(url: str) -> None:
    database = open_database(url)
    with database.execution_options(**WRITES).begin() as connection:
        config = _config()
        config.attributes["connection"] = connection
        downgrade(config, "base")
    assert inspect(database).get_table_names() == ["alembic_version"]
    database.dispose()


def test_words_of_groups_that_nobody_counted_are_taken_away(url: str, secret: Path) -> None:
    store = Store.open(url, secret)
    store.put(new(store), reading())
    ids = store.emerging.received(NOON, NOON + timedelta(days=1))
    (group,) = store.emerging.keep([Found([Member(ids[0], 1, 1.0)], 0.8, {"en": [("Kanarialintu", 9)]}, [])], ids)
    store.close()
    database = open_database(url)
    with database.execution_options(**WRITES).begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0003'"))
    database.dispose()
    store = Store.open(url, secret)
    assert store.emerging.group(group).words == {}
    store.close()
    assert not [name for name in held(secret.parents[1], "Kanarialintu") if "tickets.db" in name]


def test_opening_again_keeps_what_is_there(url: str, secret: Path) -> None:
    first = Store.open(url, secret)
    first.put(new(first), reading())
    first.close()
    second = Store.open(url, secret)
    assert second.get(key()) is not None
    second.close()


def test_a_store_of_a_newer_program_is_refused(url: str) -> None:
    database = open_database(url)
    with database.execution_options(**WRITES).begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    database.dispose()
    with pytest.raises(StoreUnusable, match="newer version"):
        open_database(url)


def test_many_open_a_new_store_at_once(url: str, secret: Path) -> None:
    """Threads of one process, and processes beside it."""
    program = (
        "import sys; from pathlib import Path; from data.store.store import Store;"
        "Store.open(sys.argv[1], Path(sys.argv[2])).close()"
    )
    command = [sys.executable, "-c", program, url, str(secret)]
    processes = [subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True) for _ in range(3)]
    wrong: list[BaseException] = []

    def open_and_close() -> None:
        try:
            Store.open(url, secret).close()
        except BaseException as error:
            wrong.append(error)

    threads = [threading.Thread(target=open_and_close) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    for process in processes:
        _, told = process.communicate(timeout=120)
        assert process.returncode == 0, told


def test_an_installed_package_has_its_migrations(tmp_path: Path) -> None:
    program = (
        "from setuptools import build_meta; import sys;print(build_meta.build_wheel(sys.argv[1]), file=sys.stderr)"
    )
    copy = tmp_path / "project"
    (copy / "data").mkdir(parents=True)
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        (copy / name).write_bytes((ROOT / name).read_bytes())
    for path in (ROOT / "data").rglob("*.py"):
        target = copy / path.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(path.read_bytes())
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", program, str(tmp_path)],
        cwd=copy, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    names = zipfile.ZipFile(next(tmp_path.glob("*.whl"))).namelist()
    wanted = {f"data/store/migrations/{path}" for path in ("env.py", "__init__.py", "versions/0001_tickets.py")}
    assert wanted <= set(names)
