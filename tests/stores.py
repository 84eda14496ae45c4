"""Fresh stores for tests: made once per run and backend, then copied (SQLite: a file; PostgreSQL: a template database).

Not here: what is in the demo; `trinhky demo` loads it.
"""

import itertools
import os
import shutil
from pathlib import Path

from filelock import FileLock

import servers

KINDS = ("sqlite", "postgresql")


class Stores:
    """Copies of prototypes: `empty` (migrated, no rows of anybody), `demo` (what `make run` serves), and whatever a
    test module keeps as one with `keep`."""

    def __init__(self, run_folder: Path, worker: str) -> None:
        self._folder = run_folder
        self._names = (f"t_{worker}_{number}" for number in itertools.count(1))
        self._postgresql: servers.PostgreSQL | None = None

    @property
    def postgresql(self) -> servers.PostgreSQL:
        """The run's server, started on first use."""
        if self._postgresql is None:
            self._postgresql = servers.PostgreSQL(self._folder).ensure()
        return self._postgresql

    def fresh(self, kind: str, prototype: str = "empty") -> str:
        """The URL of a new store of a kind (`sqlite`, `postgresql`), a copy of a prototype."""
        self._ensure(kind, prototype)
        name = next(self._names)
        if kind == "postgresql":
            return self.postgresql.create(name, template=f"prototype_{prototype}")
        shutil.copy(self._folder / f"prototype_{prototype}.db", self._folder / f"{name}.db")
        return f"sqlite:///{self._folder / name}.db"

    def keep(self, url: str, prototype: str) -> None:
        """Make a store, which nobody has open, a prototype that `fresh` copies."""
        name = url.rpartition("/")[2]
        if url.startswith("postgresql"):
            self.postgresql.drop(f"prototype_{prototype}")
            self.postgresql.create(f"prototype_{prototype}", template=name)
        else:
            shutil.copy(self._folder / name, self._folder / f"prototype_{prototype}.db")
        self._made(url.partition(":")[0], prototype).touch()

    def has(self, kind: str, prototype: str) -> bool:
        """Whether this run has made a prototype."""
        return self._made(kind, prototype).exists()

    def lock(self, name: str) -> FileLock:
        """A lock between the workers of this run."""
        return FileLock(self._folder / f"{name}.lock")

    def _made(self, kind: str, prototype: str) -> Path:
        return self._folder / f"prototype_{prototype}.{kind.partition('+')[0]}.made"

    def drop(self, url: str) -> None:
        """Remove a store made by `fresh`."""
        name = url.rpartition("/")[2]
        if url.startswith("postgresql"):
            self.postgresql.drop(name)
        else:
            for path in self._folder.glob(f"{name}*"):
                path.unlink(missing_ok=True)

    def _ensure(self, kind: str, prototype: str) -> None:
        done = self._made(kind, prototype)
        with FileLock(f"{done}.lock"):
            if done.exists():
                return
            if prototype not in ("empty", "demo"):
                raise AssertionError(f"nobody has kept a {kind} store as prototype {prototype}")
            if kind == "postgresql":
                self.postgresql.drop(f"prototype_{prototype}")  # a half made one, when an earlier test failed here
                url = self.postgresql.create(f"prototype_{prototype}")
            else:
                path = self._folder / f"prototype_{prototype}.db"
                path.unlink(missing_ok=True)
                url = f"sqlite:///{path}"
            _migrate(url)
            if prototype == "demo":
                servers.trinhky("demo", database_url=url)
            leftover = self._folder / f"prototype_{prototype}.db-wal"
            if leftover.exists() and os.path.getsize(leftover):
                raise AssertionError("the prototype was not closed: its write-ahead log still has pages")
            done.touch()


def _migrate(url: str) -> None:
    import engine  # not at the top: tests of the kernel alone need no store

    core = engine.Engine(engine.Settings(database_url=url))
    core.migrate()
    core.close()
