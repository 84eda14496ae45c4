"""Fixtures for all tests: stores, PostgreSQL, Chromium, a live server, the reference suites beside the project.

What one asks for:
`database_url`   a fresh migrated store, once on SQLite and once on PostgreSQL (ids `sqlite`, `postgresql`)
`demo_url`       the same with the demo loaded
`sqlite_url`     a fresh migrated SQLite store; `sqlite_demo_url` with the demo
`postgresql_url` a fresh migrated PostgreSQL store; `postgresql_demo_url` with the demo
`office_at`      a function that opens an office on a store where T1 has come to a stop: office_at("chi_dao"), on both
`live_server`    `trinhky serve` on a demo store, one per test module: .url, .engine, .database_url, .kill(), .start()
`new_server`     a function that starts one more, for crash tests: new_server(database_url, **env)
`browser`, `context`, `page`, `phone`   Playwright on Debian's Chromium, 1366×768 and 390×844; `chromium` is its path
`shared_dir`     the reference suites beside the project, or a skip that says so
"""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest

import servers
import stores

RUN_FOLDER = "TEST_RUN_FOLDER"  # how the workers learn of the controller's folder

hypothesis.settings.register_profile(
    "default", max_examples=50, deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.register_profile("ci", hypothesis.settings.get_profile("default"), derandomize=True)
hypothesis.settings.register_profile("soak", hypothesis.settings.get_profile("default"), max_examples=2000)


def pytest_configure(config: pytest.Config) -> None:
    hypothesis.settings.load_profile(
        os.environ.get("HYPOTHESIS_PROFILE") or ("ci" if "CI" in os.environ else "default")
    )
    if not hasattr(config, "workerinput"):
        # The tests' settings are their own, not those of the shell; passwords are hashed as cheaply as argon2 allows.
        for name in [name for name in os.environ if name.startswith("TRINHKY_")]:
            del os.environ[name]
        os.environ["TRINHKY_ARGON2_TIME"] = "1"
        os.environ["TRINHKY_ARGON2_MEMORY_KIB"] = "64"
        folder = Path(tempfile.mkdtemp(prefix="trinhky-test-"))
        folder.chmod(0o755)  # PostgreSQL runs under another account
        os.environ[RUN_FOLDER] = str(folder)


def pytest_unconfigure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput") and RUN_FOLDER in os.environ:
        folder = Path(os.environ.pop(RUN_FOLDER))
        servers.PostgreSQL(folder).stop()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.hookimpl(tryfirst=True)  # before -m looks at the markers
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        names = getattr(item, "fixturenames", ())
        if "live_server" in names:  # one worker runs the module, so that its server starts once
            item.add_marker(pytest.mark.xdist_group(item.location[0]))
        if {"page", "phone", "context", "browser"} & set(names):
            item.add_marker(pytest.mark.browser)
        if any(name.startswith("postgresql") for name in names):
            item.add_marker(pytest.mark.postgres)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    report: Any = yield
    if report.when == "call":
        item.stash[FAILED] = report.failed
    return report


FAILED = pytest.StashKey[bool]()


# ---- stores ---------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def run_folder() -> Path:
    return Path(os.environ[RUN_FOLDER])


@pytest.fixture(scope="session")
def all_stores(run_folder: Path) -> stores.Stores:
    return stores.Stores(run_folder, os.environ.get("PYTEST_XDIST_WORKER", "main"))


@pytest.fixture(scope="session")
def postgresql(all_stores: stores.Stores) -> servers.PostgreSQL:
    return all_stores.postgresql


BACKENDS = [
    pytest.param("sqlite", id="sqlite"),
    pytest.param("postgresql", id="postgresql", marks=pytest.mark.postgres),
]


def _store(all_stores: stores.Stores, kind: str, prototype: str) -> Iterator[str]:
    url = all_stores.fresh(kind, prototype)
    yield url
    all_stores.drop(url)


@pytest.fixture(params=BACKENDS)
def database_url(request: pytest.FixtureRequest, all_stores: stores.Stores) -> Iterator[str]:
    yield from _store(all_stores, request.param, "empty")


@pytest.fixture(params=BACKENDS)
def demo_url(request: pytest.FixtureRequest, all_stores: stores.Stores) -> Iterator[str]:
    yield from _store(all_stores, request.param, "demo")


@pytest.fixture
def sqlite_url(all_stores: stores.Stores) -> Iterator[str]:
    yield from _store(all_stores, "sqlite", "empty")


@pytest.fixture
def sqlite_demo_url(all_stores: stores.Stores) -> Iterator[str]:
    yield from _store(all_stores, "sqlite", "demo")


@pytest.fixture
def postgresql_url(all_stores: stores.Stores) -> Iterator[str]:
    yield from _store(all_stores, "postgresql", "empty")


@pytest.fixture
def postgresql_demo_url(all_stores: stores.Stores) -> Iterator[str]:
    yield from _store(all_stores, "postgresql", "demo")


@pytest.fixture(params=BACKENDS)
def office_at(request: pytest.FixtureRequest, all_stores: stores.Stores) -> Iterator[Callable[..., Any]]:
    import offices  # not at the top: tests of the kernel alone need no store

    opened = []

    def at(stop: str = "nhan_nhiem_vu", **settings: Any) -> offices.Office:
        opened.append(offices.office_at(all_stores, request.param, stop, **settings))
        return opened[-1]

    yield at
    for office in opened:
        office.engine.close()
        all_stores.drop(office.engine.settings.database_url)


# ---- servers --------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def live_server(all_stores: stores.Stores, run_folder: Path) -> Iterator[servers.LiveServer]:
    url = all_stores.fresh("sqlite", "demo")
    server = servers.LiveServer(url, run_folder / f"{url.rpartition('/')[2]}.log")
    try:
        yield server.start()
    finally:
        server.stop()
        all_stores.drop(url)


@pytest.fixture
def new_server(tmp_path: Path) -> Iterator[Callable[..., servers.LiveServer]]:
    started: list[servers.LiveServer] = []

    def start(database_url: str, **env: str) -> servers.LiveServer:
        started.append(servers.LiveServer(database_url, tmp_path / f"server-{len(started)}.log", **env))
        return started[-1].start()

    yield start
    for server in started:
        server.stop()


# ---- browser --------------------------------------------------------------------------------------------------------

CHROMIUM = Path("/usr/bin/chromium")
# Without the background flags Chromium looks up its maker's hosts at every start.
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
DESKTOP = {"width": 1366, "height": 768}
PHONE = {"width": 390, "height": 844}


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of Debian's Chromium; `make test` installs it, Playwright's own download is never used."""
    if not CHROMIUM.exists():
        pytest.fail("the browser tests need Chromium: run `apt-get install chromium` as root", pytrace=False)
    return str(CHROMIUM)


@pytest.fixture(scope="session")
def browser(chromium: str) -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def new_page(browser: Any, request: pytest.FixtureRequest) -> Iterator[Callable[..., Any]]:
    """A function that opens a page in a browser profile of its own: new_page(viewport=…, java_script_enabled=False).

    At the end the test fails when a script on a page has failed; when the test itself fails, the pages are photographed
    into test-results/.
    """
    contexts: list[Any] = []
    errors: list[str] = []

    def opened(**options: Any) -> Any:
        options = {"viewport": DESKTOP, "locale": "vi-VN", "timezone_id": "Asia/Ho_Chi_Minh", **options}
        contexts.append(browser.new_context(**options))
        contexts[-1].set_default_timeout(10_000)
        page = contexts[-1].new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        return page

    yield opened
    if request.node.stash.get(FAILED, False):
        results = servers.ROOT / "test-results"
        results.mkdir(exist_ok=True)
        pages = [page for context in contexts for page in context.pages]
        for number, page in enumerate(pages):
            page.screenshot(path=results / f"{request.node.name}-{number}.png".replace("/", "_"), full_page=True)
    for context in contexts:
        context.close()
    assert not errors, f"scripts on the page failed: {errors}"


@pytest.fixture
def page(new_page: Callable[..., Any]) -> Any:
    return new_page()


@pytest.fixture
def phone(new_page: Callable[..., Any]) -> Any:
    return new_page(viewport=PHONE, has_touch=True, is_mobile=True)


# ---- what lies beside the project -----------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def shared_dir() -> Path:
    """The folder `shared` beside the project: reference suites that are other people's data."""
    folder = servers.ROOT.parent / "shared"
    if not folder.is_dir():
        pytest.skip("the reference suites are not here: they are expected in ../shared")
    return folder
