"""The demo's year 2022: loading the demo and playing all stories, on a fresh SQLite store, in processor time and on the
clock; the hashing of passwords (a signature each, argon2id with production's cost) apart."""

import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest import mock

from engine import Engine, Settings, identity
from webui import demo, year


def main() -> None:
    with TemporaryDirectory() as folder:
        core = Engine(Settings(database_url=f"sqlite:///{Path(folder) / 'year.db'}"))
        core.migrate()
        _told("loading", lambda: core.operations.load_demo(core.settings.workflows, year.STARTS, demo.PASSWORD))
        spent, verify = [0.0, 0], identity.verify

        def timed(*args: Any) -> bool:
            before = time.process_time()
            right = verify(*args)
            spent[0] += time.process_time() - before
            spent[1] += 1
            return right

        with mock.patch.object(identity, "verify", timed):
            done = _told("playing", lambda: year.play(core))
        print(f"  {done} acts; of it {spent[1]} passwords: processor {spent[0]:.1f} s")
        core.close()


def _told(what: str, work: Callable[[], Any]) -> Any:
    clock, processor = time.perf_counter(), time.process_time()
    result = work()
    print(f"{what:8} clock {time.perf_counter() - clock:6.1f} s, processor {time.process_time() - processor:6.1f} s")
    return result
