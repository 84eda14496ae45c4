"""Which WSGI server: a page that reads a row and writes it back with a version guard, under granian and gunicorn.

The figures stand in docs/decisions/0005-server.md. Not part of `make bench`: gunicorn is not among our libraries. Run
it in a virtual environment that has flask, sqlalchemy, granian and gunicorn, with Debian's `wrk` on PATH:

    python benchmarks/server_choice.py
"""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import flask
import sqlalchemy as sa

HERE = Path(__file__).resolve()
SECONDS = 6
CONNECTIONS = 16
THREADS = 8


def create_app() -> flask.Flask:
    """One read, one guarded write, one commit a request; SQLite in WAL mode with synchronous=FULL, as in our store."""
    engine = sa.create_engine(f"sqlite:///{os.environ['BENCH_STORE']}", pool_size=THREADS, connect_args={"timeout": 20})

    @sa.event.listens_for(engine, "connect")
    def _open(raw, _record):
        raw.isolation_level = None
        raw.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL")

    @sa.event.listens_for(engine, "begin")
    def _begin(connection):
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    writers = threading.Lock()
    read = sa.text("SELECT version FROM item WHERE id = :id")
    write = sa.text("UPDATE item SET version = version + 1, body = :body WHERE id = :id AND version = :version")
    app = flask.Flask(__name__)

    @app.post("/")
    def complete():
        with writers, engine.begin() as connection:
            version = connection.execute(read, {"id": 1}).scalar_one()
            connection.execute(write, {"id": 1, "version": version, "body": "x" * 800})
        return f"<p>{version}</p>"

    return app


SERVERS = {
    "granian": [
        *("granian", "--interface", "wsgi", "--workers", "1", "--blocking-threads", str(THREADS), "--no-ws"),
        *("--host", "127.0.0.1", "--port", "{port}", "--factory", "server_choice:create_app", "--log-level", "error"),
    ],
    "gunicorn gthread": [
        *("gunicorn", "--worker-class", "gthread", "--workers", "1", "--threads", str(THREADS)),
        *("--bind", "127.0.0.1:{port}", "--log-level", "error", "server_choice:create_app()"),
    ],
}


def main() -> None:
    """Measure each server three times, alternating, and print requests a second and the 99th percentile."""
    script = Path(tempfile.mkdtemp()) / "post.lua"
    script.write_text('wrk.method = "POST"\n')
    for _ in range(3):
        for name, command in SERVERS.items():
            print(f"{name:18}", measure(command, script), flush=True)


def measure(command: list[str], script: Path) -> str:
    """Start one server on a fresh store, load it, return wrk's figures."""
    with tempfile.TemporaryDirectory() as folder, socket.socket() as probe:
        store = Path(folder) / "store.db"
        engine = sa.create_engine(f"sqlite:///{store}")
        with engine.begin() as connection:
            connection.exec_driver_sql("CREATE TABLE item (id INTEGER PRIMARY KEY, version INTEGER, body TEXT)")
            connection.exec_driver_sql("INSERT INTO item VALUES (1, 0, '')")
        engine.dispose()
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
        probe.close()
        program = [part.replace("{port}", port) for part in command]
        program[0] = str(Path(sys.executable).with_name(program[0]))
        env = {**os.environ, "BENCH_STORE": str(store)}
        server = subprocess.Popen(program, cwd=HERE.parent, env=env, start_new_session=True)
        try:
            wait(int(port))
            wrk = ["wrk", "--latency", "-t1", f"-c{CONNECTIONS}", f"-d{SECONDS}s", "-s", str(script)]
            out = subprocess.run([*wrk, f"http://127.0.0.1:{port}/"], capture_output=True, text=True, check=True).stdout
        finally:
            os.killpg(server.pid, signal.SIGKILL)
            server.wait()
    figures = {line.split()[0]: line.split()[-1] for line in out.splitlines() if line.split()}
    bad = [line for line in out.splitlines() if "Non-2xx" in line or "Socket errors" in line]
    return f"{figures['Requests/sec:']:>9} requests/s   p50 {figures['50%']}   p99 {figures['99%']} {' '.join(bad)}"


def wait(port: int) -> None:
    """Wait until the port accepts connections."""
    for _ in range(200):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise SystemExit("the server did not start")


if __name__ == "__main__":
    main()
