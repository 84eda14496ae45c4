"""Connections to the one database, SQLite or PostgreSQL; and which failures are worth another try.

Not here: transactions (`engine.door` begins them all) and tables (`engine.records`).
"""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

import sqlalchemy as sa
from sqlalchemy import exc
from sqlalchemy.engine import make_url
from sqlalchemy.pool import ConnectionPoolEntry

WRITE = {"trinhky_write": True}
# SQLite gives a reader one snapshot by itself; PostgreSQL has to be asked. It costs no round trip.
READ: dict[str, Any] = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}


class Database:
    """An SQLAlchemy engine set up for us, and the lock that lets one writer of this process into SQLite at a time.

    SQLite is opened in WAL mode with `synchronous=FULL` (an acknowledged commit survives a power cut); a writing
    transaction starts with BEGIN IMMEDIATE. Without the lock four writers wait for each other in SQLite's busy handler
    (p99 of 240-570 ms was measured); with it they queue fairly.
    """

    def __init__(self, url: str) -> None:
        parsed = make_url(url)
        if parsed.get_backend_name() == "postgresql":
            parsed = parsed.set(drivername="postgresql+psycopg")
            self.engine = sa.create_engine(parsed, pool_size=8, max_overflow=24, pool_recycle=1800)
        elif parsed.get_backend_name() == "sqlite":
            self.engine = sa.create_engine(parsed, pool_size=8, max_overflow=24, connect_args={"timeout": 20})
            sa.event.listen(self.engine, "connect", _open_sqlite)
            sa.event.listen(self.engine, "begin", _begin_sqlite)
        else:
            raise ValueError(f"database_url: expected sqlite:// or postgresql://, got {parsed.get_backend_name()}://")
        self.is_sqlite = self.engine.dialect.name == "sqlite"
        self._writers = threading.Lock() if self.is_sqlite else None

    @contextmanager
    def writer(self) -> Iterator[sa.Connection]:
        """A connection for one writing transaction; on SQLite the only one of this process."""
        with self._writers or nullcontext(), self.engine.connect() as connection:
            yield connection.execution_options(**WRITE)

    @contextmanager
    def reader(self) -> Iterator[sa.Connection]:
        """A connection for reading: all its statements see the store as it was when the first one came."""
        with self.engine.connect() as connection:
            yield connection if self.is_sqlite else connection.execution_options(**READ)

    def close(self) -> None:
        """Close all pooled connections."""
        self.engine.dispose()


def _open_sqlite(raw: sqlite3.Connection, _record: ConnectionPoolEntry) -> None:
    # The driver's own transaction handling is off: `_begin_sqlite` says when a transaction starts, and how.
    raw.isolation_level = None
    cursor = raw.cursor()
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        "busy_timeout=20000",
        "temp_store=MEMORY",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: sa.Connection) -> None:
    writes = connection.get_execution_options().get("trinhky_write", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def taken(error: exc.DBAPIError) -> bool:
    """Whether a row with this key is there already (PostgreSQL 23505): mostly one that somebody has just inserted."""
    return getattr(error.orig, "sqlstate", None) == "23505"


def worth_retrying(error: exc.DBAPIError) -> bool:
    """Whether the database refused because of other transactions (PostgreSQL 40001, 40P01, 23505; SQLite busy)."""
    state: Any = getattr(error.orig, "sqlstate", None)
    if state in {"40001", "40P01"} or taken(error):
        return True
    return isinstance(error.orig, sqlite3.OperationalError) and "locked" in str(error.orig)
