"""Fixtures of the browser tests: visitors, and servers on a store where T1 has come to a stop.

`visitor_at`  a function that puts a person in front of a server: visitor_at(server, viewport=…)
`visitor`     one in front of the module's live server, on a wide screen
`server_at`   a function that starts `trinhky serve` where T1 has gone as planned up to a stop of `offices.STOPS`, once
              per module, name and settings: server_at("chuan_bi", TRINHKY_UPLOAD_LIMIT="1000")
`office_of`   a function that gives the demo's people at work on a server's store: office_of(server)
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

import offices
import servers
import stores
import visitors
from engine import Engine
from engine.records import cases


@pytest.fixture
def visitor_at(new_page: Callable[..., Any]) -> Callable[..., visitors.Visitor]:
    def at(server: servers.LiveServer, **options: Any) -> visitors.Visitor:
        return visitors.Visitor(new_page(**options), server.url, options.get("java_script_enabled", True))

    return at


@pytest.fixture
def visitor(visitor_at: Callable[..., visitors.Visitor], live_server: servers.LiveServer) -> visitors.Visitor:
    return visitor_at(live_server)


@pytest.fixture(scope="module")
def server_at(all_stores: stores.Stores, run_folder: Path) -> Iterator[Callable[..., servers.LiveServer]]:
    started: dict[Any, servers.LiveServer] = {}

    def at(stop: str, name: str = "", **env: str) -> servers.LiveServer:
        key = (name or stop, *sorted(env.items()))
        if key not in started:
            url = store_at(all_stores, stop)
            started[key] = servers.LiveServer(url, run_folder / f"{url.rpartition('/')[2]}.log", **env)
            started[key].start()
        return started[key]

    at.started = started  # type: ignore[attr-defined]
    yield at
    for server in started.values():
        server.stop()
        all_stores.drop(server.database_url)


def store_at(all_stores: stores.Stores, stop: str) -> str:
    """A store where T1 has gone up to a stop, on the machine's clock instead of the tests' that stands still."""
    office = offices.office_at(all_stores, "sqlite", stop)
    url, now = office.engine.settings.database_url, office.engine.queries.chrome(offices.SECRETARY).now
    office.engine.close()
    core = Engine(offices.settings(url))
    offices.wind(core, now)
    core.close()
    return url


@pytest.fixture
def office_of() -> Callable[[servers.LiveServer], offices.Office]:
    def of(server: servers.LiveServer) -> offices.Office:
        office = offices.Office(server.engine)
        found = office.read(sa.select(cases.c.id).order_by(cases.c.started_at.desc()))
        office.case_id = found[0].id if found else ""
        return office

    return of


@pytest.fixture(autouse=True)
def no_faults(request: pytest.FixtureRequest) -> Iterator[None]:
    """A page that answered 500 fails the test that asked for it, with what the server's log says."""
    seen: dict[Path, int] = {}
    for server in _servers(request):
        seen[server.log] = server.log.stat().st_size
    yield
    for server in _servers(request):
        said = server.log.read_bytes()[seen.get(server.log, 0) :].decode(errors="replace")
        assert "Traceback" not in said and "ERROR" not in said, said[-4000:]


def _servers(request: pytest.FixtureRequest) -> list[servers.LiveServer]:
    one = [request.getfixturevalue("live_server")] if "live_server" in request.fixturenames else []
    more = request.getfixturevalue("server_at").started.values() if "server_at" in request.fixturenames else []
    return [*one, *more]
