"""Completing a task: through the engine, as the same statements issued bare, and over HTTP; and the size of a case.

"Bare" replays through SQLAlchemy Core the very statements (and parameters) that the engine issued, on a copy of the
same store, with nothing between them: the limit that the database and Core set. PostgreSQL runs with its own durable
defaults (fsync on), SQLite in WAL mode with `synchronous=FULL`.
"""

import gc
import http.client
import itertools
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse
from collections.abc import Callable
from pathlib import Path
from typing import Any

import sqlalchemy as sa

import servers
from engine import Engine, Settings
from webui import demo

CASES = 120
ELEMENTS = ("nghien_cuu", "thu_thap", "danh_gia")
CHEAP = {"TRINHKY_ARGON2_TIME": "1", "TRINHKY_ARGON2_MEMORY_KIB": "64"}


class Durable(servers.PostgreSQL):
    """A PostgreSQL server as Debian sets it up: every commit reaches the disk."""

    OPTIONS = ("listen_addresses=127.0.0.1", "unix_socket_directories=", "max_connections=100", "timezone=UTC")


def engine_on(url: str) -> Engine:
    """An engine whose passwords are hashed cheaply: log-in is not what is measured."""
    return Engine(Settings(database_url=url, argon2_time=1, argon2_memory_kib=64))


def prepare(url: str) -> list[tuple[str, str, int]]:
    """A demo store with many cases of T1, each with three open tasks of the drafter: (task, element, version)."""
    engine = engine_on(url)
    engine.migrate()
    engine.operations.load_demo(engine.settings.workflows, demo.STARTS, demo.PASSWORD)
    plan = json.loads((engine.settings.workflows / "demo" / "plan-2022.json").read_text(encoding="utf-8"))
    one = next(task for task in plan["focus_tasks"] if task["code"] == "T1")
    plan["version"] += 1
    plan["focus_tasks"] = [{**one, "code": f"B{n:03d}", "sort": n} for n in range(CASES)]
    engine.plans.load(plan)
    todo: list[tuple[str, str, int]] = []
    office = demo.Office(engine)
    for focus in engine.queries.focus_tasks("cv.tonghop.1"):
        office.case_id = engine.cases.start("cv.tonghop.1", focus.id)
        office.does("tp.qlkh", "phan_cong", demo.ANSWERS["phan_cong"])
    inbox = engine.queries.inbox(demo.DRAFTER)
    for row in (row for group in inbox.groups for row in group.rows):
        todo.append((row.task_id, row.element, row.version))
    engine.close()
    return todo


def through_engine(engine: Engine, todo: list[tuple[str, str, int]]) -> list[float]:
    """Seconds of each completion, one after another."""
    times = []
    for task, element, version in todo:
        started = time.perf_counter()
        engine.cases.complete(task, demo.DRAFTER, demo.ANSWERS[element], version)
        times.append(time.perf_counter() - started)
    return times


def recorded(engine: Engine, todo: list[tuple[str, str, int]]) -> list[list[tuple[Any, Any]]]:
    """The statements of each completion, as Core constructs with their parameters."""
    current: list[tuple[Any, Any]] = []

    def note(conn: Any, element: Any, many: Any, params: Any, options: Any) -> None:
        current.append((element, list(many) if many else dict(params)))

    sa.event.listen(engine.statements(), "before_execute", note)
    found = []
    for task, element, version in todo:
        current = []
        engine.cases.complete(task, demo.DRAFTER, demo.ANSWERS[element], version)
        found.append(current)
    sa.event.remove(engine.statements(), "before_execute", note)
    return found


def bare(engine: Engine, statements: list[list[tuple[Any, Any]]]) -> list[float]:
    """Seconds of each completion's statements, in one transaction each, with nothing in between."""
    times = []
    database = engine.statements()
    for one in statements:
        started = time.perf_counter()
        with database.connect() as raw, raw.execution_options(trinhky_write=True) as conn, conn.begin():
            for element, params in one:
                result = conn.execute(element, params)
                if result.returns_rows:
                    result.all()
        times.append(time.perf_counter() - started)
    return times


def round_trips(engine: Engine, todo: list[tuple[str, str, int]]) -> list[int]:
    """Statements of each completion with BEGIN and COMMIT: round trips on PostgreSQL."""
    counts = []
    count = 0

    def tick(*_: Any) -> None:
        nonlocal count
        count += 1

    # On SQLite BEGIN is itself a statement that the cursor event sees.
    names = ["before_cursor_execute", "commit"] + ([] if "sqlite" in str(database_of(engine)) else ["begin"])
    for name in names:
        sa.event.listen(engine.statements(), name, tick)
    for task, element, version in todo:
        count = 0
        engine.cases.complete(task, demo.DRAFTER, demo.ANSWERS[element], version)
        counts.append(count)
    for name in names:
        sa.event.remove(engine.statements(), name, tick)
    return counts


def database_of(engine: Engine) -> Any:
    """The dialect's name."""
    return engine.statements().dialect.name


def report(name: str, times: list[float]) -> float:
    """Print median, p95 and throughput; returns completions per second."""
    rate = len(times) / sum(times)
    cuts = statistics.quantiles(times, n=20)
    print(
        f"  {name:<34} median {statistics.median(times) * 1e3:6.2f} ms   p95 {cuts[18] * 1e3:6.2f} ms   {rate:7.0f}/s"
    )
    return rate


def measure(label: str, copy: Callable[[str], str], todo: list[tuple[str, str, int]]) -> None:
    """One database: engine and bare in turn, three times each, on fresh copies of the same store."""
    warm, rest = todo[:30], todo[30:]
    engine = engine_on(copy("recorded"))
    statements = recorded(engine, todo)
    engine.close()
    rates: dict[str, list[float]] = {"engine": [], "bare": []}
    times: dict[str, list[float]] = {"engine": [], "bare": []}
    for n in range(3):
        engine = engine_on(copy(f"engine{n}"))
        through_engine(engine, warm)
        gc.collect()
        found = through_engine(engine, rest)
        times["engine"] += found
        rates["engine"].append(len(found) / sum(found))
        engine.close()
        engine = engine_on(copy(f"bare{n}"))
        bare(engine, statements[:30])
        gc.collect()
        found = bare(engine, statements[30:])
        times["bare"] += found
        rates["bare"].append(len(found) / sum(found))
        engine.close()
    engine = engine_on(copy("counted"))
    counts = round_trips(engine, todo)
    engine.close()
    print(f"{label}: {len(rest)} completions, three rounds")
    report("engine.cases.complete", times["engine"])
    report("the same statements, bare", times["bare"])
    ratio = statistics.median(e / b for e, b in zip(rates["engine"], rates["bare"], strict=True))
    middle, most = statistics.median(counts), max(counts)
    print(f"  ratio of throughput {ratio:.0%}; statements with BEGIN and COMMIT: median {middle:.0f}, max {most}")


def over_http(url: str, todo: list[tuple[str, str, int]], clients: int = 4) -> None:
    """Completions per second through `trinhky serve`, by clients that keep their connections."""
    port = servers.free_port()
    trinhky = str(Path(sys.executable).with_name("trinhky"))
    server = subprocess.Popen(
        [trinhky, "serve", "--port", str(port)],
        env={**os.environ, **CHEAP, "TRINHKY_DATABASE_URL": url},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        _until_it_answers(port)
        work = iter(list(todo))
        lock = threading.Lock()
        times: list[float] = []
        failures: list[int] = []

        def client() -> None:
            connection, headers, csrf = _logged_in(port)
            while True:
                with lock:
                    task = next(work, None)
                if task is None:
                    return
                answers = {k: ("on" if v is True else v) for k, v in demo.ANSWERS[task[1]].items()}
                form = {**answers, "csrf_token": csrf, "seen_version": task[2]}
                started = time.perf_counter()
                connection.request("POST", f"/viec/{task[0]}/hoan-thanh", urllib.parse.urlencode(form, True), headers)
                answer = connection.getresponse()
                answer.read()
                times.append(time.perf_counter() - started)
                if answer.status not in (302, 303):
                    failures.append(answer.status)

        threads = [threading.Thread(target=client) for _ in range(clients)]
        started = time.perf_counter()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        seconds = time.perf_counter() - started
        done = len(times) - len(failures)
        print(
            f"  HTTP complete, {clients} clients: {done / seconds:.0f}/s, "
            f"median {statistics.median(times) * 1e3:.1f} ms"
            + (f"; {len(failures)} refused: {sorted(set(failures))}" if failures else "")
        )
    finally:
        os.killpg(server.pid, 9)
        server.wait()


def _until_it_answers(port: int) -> None:
    for _ in range(200):
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            connection.request("GET", "/suc-khoe")
            connection.getresponse().read()
            return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError("the server did not answer")


def _logged_in(port: int) -> tuple[http.client.HTTPConnection, dict[str, str], str]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    cookies: dict[str, str] = {}

    def ask(method: str, path: str, form: dict[str, str] | None = None) -> str:
        headers = {"Cookie": "; ".join(f"{k}={v}" for k, v in cookies.items())}
        if form:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        connection.request(method, path, urllib.parse.urlencode(form) if form else None, headers)
        answer = connection.getresponse()
        for name, value in answer.getheaders():
            if name.lower() == "set-cookie":
                key, _, rest = value.partition("=")
                cookies[key] = rest.partition(";")[0]
        return answer.read().decode()

    def token(page: str) -> str:
        found = re.search(r'name="csrf_token" value="([^"]+)"', page)
        if found is None:
            raise RuntimeError("expected a form with a CSRF token")
        return found[1]

    login = token(ask("GET", "/dang-nhap"))
    ask("POST", "/dang-nhap", {"login": demo.DRAFTER, "password": demo.PASSWORD, "csrf_token": login})
    csrf = token(ask("GET", "/viec"))
    headers = {
        "Cookie": "; ".join(f"{k}={v}" for k, v in cookies.items()),
        "Content-Type": "application/x-www-form-urlencoded",
    }
    return connection, headers, csrf


def sizes() -> None:
    """The main state of T1 with its variables after every act of the demo's story, and after many returned rounds."""
    folder = Path(tempfile.mkdtemp(prefix="trinhky-bench-"))
    engine = engine_on(f"sqlite:///{folder / 'sizes.db'}")
    engine.migrate()
    engine.operations.load_demo(engine.settings.workflows, demo.STARTS, demo.PASSWORD)
    office = demo.Office(engine)
    found: list[int] = []

    def size() -> int:
        with engine.statements().connect() as conn:
            return int(conn.execute(sa.text("SELECT max(length(CAST(state AS BLOB))) FROM cases")).scalar() or 0)

    for when, act in demo.STORY:
        office.at(when)
        act(office)
        found.append(size())
        if when == "2022-03-22 10:00":
            before = size()
            for _ in range(20):
                office.decides("gd.so", "ky_trinh", "yeu_cau_chinh_sua", "Bổ sung số liệu minh chứng.")
                office.does(demo.DRAFTER, "hoan_thien_du_thao_2", demo.ANSWERS["hoan_thien_du_thao_2"])
            print(f"  state after 1 round at the director {before} B, after 21 rounds {size()} B")
    engine.close()
    shutil.rmtree(folder)
    middle, acts = statistics.median(found), len(found)
    print(f"  main state of T1 with variables: largest {max(found)} B, median {middle:.0f} B over {acts} acts")


def main() -> None:
    """Print all of it."""
    folder = Path(tempfile.mkdtemp(prefix="trinhky-bench-"))
    folder.chmod(0o755)
    try:
        prototype = folder / "prototype.db"
        todo = prepare(f"sqlite:///{prototype}")

        def sqlite(name: str) -> str:
            target = folder / f"{name}.db"
            shutil.copy(prototype, target)
            return f"sqlite:///{target}"

        measure("SQLite", sqlite, todo)
        over_http(sqlite("http"), todo)
        postgresql = Durable(folder).ensure()
        names = itertools.count()
        todo = prepare(postgresql.create("prototype"))

        def copied(name: str) -> str:
            return postgresql.create(f"{name}_{next(names)}", template="prototype")

        measure("PostgreSQL", copied, todo)
        over_http(copied("http"), todo)
        postgresql.stop()
        sizes()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
