"""The migrations make what engine/records.py describes, once, whoever comes together."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

import servers
from engine import db, schema
from engine.records import metadata

OPTIONS = {"compare_type": True, "compare_server_default": True}


@pytest.fixture
def postgresql_empty(postgresql: servers.PostgreSQL) -> Iterator[str]:
    name = f"schema_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"  # the workers share the server
    yield postgresql.create(name)
    postgresql.drop(name)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'new folder' / '100%' / 'store.db'}"
    return str(request.getfixturevalue("postgresql_empty"))


def definitions(engine: sa.Engine) -> list[str]:
    """The database's own words for its tables, columns and indexes, but for Alembic's table."""
    if engine.dialect.name == "sqlite":
        statement = "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND tbl_name <> 'alembic_version'"
    else:
        statement = """
            SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' AND tablename <> 'alembic_version'
            UNION ALL
            SELECT concat_ws(' ', table_name, ordinal_position, column_name, data_type, character_maximum_length,
                             is_nullable, column_default)
            FROM information_schema.columns WHERE table_schema = 'public' AND table_name <> 'alembic_version'"""
    with engine.connect() as connection:
        return sorted(re.sub(r"\s+", " ", row) for row in connection.execute(sa.text(statement)).scalars())


def test_the_migrations_make_exactly_our_tables(empty_url):
    schema.migrate(empty_url)
    database = db.Database(empty_url)
    with database.reader() as connection:
        assert compare_metadata(MigrationContext.configure(connection, opts=OPTIONS), metadata) == []
    migrated = definitions(database.engine)
    with database.engine.begin() as connection:
        metadata.drop_all(connection)
        metadata.create_all(connection)
    assert migrated == definitions(database.engine)
    assert len(migrated) > len(metadata.tables)
    database.close()


def test_migrating_again_changes_nothing(empty_url):
    assert schema.current(empty_url) is None
    schema.migrate(empty_url)
    assert schema.current(empty_url) == schema.newest()
    schema.migrate(empty_url)
    assert schema.current(empty_url) == schema.newest()


def test_looking_at_a_store_that_is_not_there_does_not_make_it(tmp_path):
    assert schema.current(f"sqlite:///{tmp_path / 'store.db'}") is None
    assert list(tmp_path.iterdir()) == []


def test_processes_that_start_together_migrate_once(empty_url):
    program = "import sys; from engine import schema; schema.migrate(sys.argv[1])"
    started = [
        subprocess.Popen(
            [sys.executable, "-c", program, empty_url], cwd=servers.ROOT, stderr=subprocess.PIPE, text=True
        )
        for _ in range(4)
    ]
    assert [(process.communicate()[1], process.returncode) for process in started] == [("", 0)] * 4
    assert schema.current(empty_url) == schema.newest()


def test_alembic_is_not_loaded_by_looking_at_the_schema_module():
    program = "import sys, engine.schema; sys.exit('alembic' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], cwd=servers.ROOT).returncode == 0
