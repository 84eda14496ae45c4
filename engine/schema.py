"""The schema of a store: what version it has, and bringing it to ours with the Alembic migrations beside the package.

Alembic is imported only when asked for: a running server does not need it. Not here: the tables (`engine.records`).
"""

from pathlib import Path
from typing import Any

from sqlalchemy.engine import make_url

from engine import db

MIGRATIONS = Path(__file__).resolve().parent.parent / "migrations"


def migrate(url: str) -> None:
    """Bring a store to the newest version, making it (and the folder of an SQLite file) when there is none.

    All in one transaction: two processes that start together do no harm, a failure leaves what was there.
    """
    from alembic import command

    file = _file(url)
    if file is not None:
        file.parent.mkdir(parents=True, exist_ok=True)
    database = db.Database(url)
    try:
        with database.writer() as connection:
            command.upgrade(config(connection), "head")
    finally:
        database.close()


def current(url: str) -> str | None:
    """The version of a store, None when it has none (or is not there)."""
    from alembic.runtime.migration import MigrationContext

    file = _file(url)
    if file is not None and not file.exists():
        return None
    database = db.Database(url)
    try:
        with database.reader() as connection:
            return MigrationContext.configure(connection).get_current_revision()
    finally:
        database.close()


def newest() -> str:
    """The version that `migrate` brings a store to."""
    from alembic.script import ScriptDirectory

    head = ScriptDirectory.from_config(config(None)).get_current_head()
    if head is None:
        raise AssertionError(f"no migrations in {MIGRATIONS}")
    return head


def config(connection: Any) -> Any:
    """Alembic's settings, without an alembic.ini: where the migrations are, and the connection to work on."""
    from alembic.config import Config

    made = Config(attributes={"connection": connection})
    made.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    made.set_main_option("file_template", "%%(rev)s_%%(slug)s")
    made.set_main_option("path_separator", "os")
    return made


def _file(url: str) -> Path | None:
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite" or parsed.database in (None, "", ":memory:"):
        return None
    return Path(str(parsed.database))
