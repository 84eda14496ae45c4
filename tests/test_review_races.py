"""What a fresh reading found where two act at once, or where one broken row stood in the way of all others."""

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

import offices
import stores
from engine import Conflict, Engine, EngineError, FixedClock
from engine.records import cases, files, jobs, tasks, timers
from offices import DRAFTER, SECRETARY
from webui import demo

At = Callable[..., offices.Office]
NOBODY = "00000000-0000-7000-8000-000000000000"


def together(*acts: Callable[[], Any]) -> list[Any]:
    """What each of the acts gave, begun at the same time: its result or its error."""
    start = threading.Barrier(len(acts))
    given: list[Any] = [None] * len(acts)

    def run(n: int, act: Callable[[], Any]) -> None:
        start.wait()
        try:
            given[n] = act()
        except Exception as error:
            given[n] = error

    threads = [threading.Thread(target=run, args=(n, act)) for n, act in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return given


@pytest.mark.postgres
def test_a_document_that_waited_for_the_completion_of_its_task_is_refused(all_stores: stores.Stores) -> None:
    office = offices.office_at(all_stores, "postgresql", "phan_cong")
    office = office.until("xay_dung_du_thao")  # type: ignore[assignment]
    view = office.task(DRAFTER, "xay_dung_du_thao")
    given: list[Any] = []

    def attach() -> None:
        try:
            body = demo.word("Muộn", [])
            given.append(office.engine.cases.attach(DRAFTER, view.id, "du_thao", "muon.docx", "", body))
        except EngineError as error:
            given.append(error)

    with office.engine.statements().begin() as other:
        other.execute(sa.select(cases.c.id).where(cases.c.id == office.case_id).with_for_update())
        thread = threading.Thread(target=attach)
        thread.start()
        waiting = sa.text("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
        for _ in range(200):
            if other.execute(waiting).scalar_one():
                break
            threading.Event().wait(0.02)
            other.execute(sa.text("SELECT pg_stat_clear_snapshot()"))
        other.execute(sa.update(tasks).where(tasks.c.id == view.id).values(state="completed", version=9))
    thread.join()
    assert [type(g) for g in given] == [Conflict], given
    office.engine.close()


def test_of_many_who_open_the_same_case_at_once_one_does(office_at: At) -> None:
    office = office_at()
    focus = next(f for f in office.engine.queries.focus_tasks(SECRETARY) if f.code == "T1")
    found = together(*[lambda: office.engine.cases.start(SECRETARY, focus.id)] * 4)
    refused = [error.code for error in found if isinstance(error, Conflict)]
    assert refused == ["already_running"] * 3, found
    assert len(office.read(sa.select(cases.c.id))) == 1


def test_the_same_file_uploaded_twice_at_once_is_kept_once(office_at: At) -> None:
    office = office_at("phan_cong").until("xay_dung_du_thao")
    view = office.task(DRAFTER, "xay_dung_du_thao")
    body = demo.word("Cùng một bản", [])

    def attach() -> Any:
        return office.engine.cases.attach(DRAFTER, view.id, "du_thao", "a.docx", "", body)

    found = together(attach, attach, attach)
    assert len(set(found)) == 1, found
    assert len(office.read(sa.select(files.c.sha256).where(files.c.size == len(body)))) == 1


def test_a_broken_timer_or_job_does_not_stop_those_of_other_cases(office_at: At) -> None:
    office = office_at("gop_y_noi_bo")
    now = office.engine.clock.system_now()
    with office.engine.statements().begin() as connection:
        broken = {"tenant_id": 1, "case_id": NOBODY, "token": "1", "element": "x"}
        connection.execute(sa.insert(timers), {**broken, "due_at": now - timedelta(days=9000), "state": "armed"})
        job = {"id": NOBODY, "kind": "trinhky:notify", "payload": {}, "state": "queued", "attempts": 4}
        connection.execute(sa.insert(jobs), {**broken, **job, "run_at": now - timedelta(days=1)})
    office.engine.operations.move_clock(office.engine.queries.chrome(SECRETARY).now + timedelta(days=20))
    office.engine.operations.settle()
    assert office.waits() == {"hoan_thien_du_thao_1": [DRAFTER]}
    assert [r.token for r in office.read(sa.select(jobs.c.token).where(jobs.c.state == "queued"))] == ["1"]


def test_a_job_that_failed_twice_at_once_raises_one_incident(office_at: At) -> None:
    office = office_at("phan_cong")
    row = {"tenant_id": 1, "id": NOBODY, "kind": "x", "case_id": office.case_id, "token": "1", "element": "x"}
    waits = {"payload": {}, "state": "queued", "attempts": 4, "run_at": office.engine.clock.system_now()}
    with office.engine.statements().begin() as connection:
        connection.execute(sa.insert(jobs), {**row, **waits})
    from engine.commands import operations

    (job,) = office.engine.read(operations.due_jobs, 10)
    office.engine.write(operations.fail_job, job, "first")
    office.engine.write(operations.fail_job, job, "second")
    assert [r.last_error for r in office.read(sa.select(jobs.c.last_error).where(jobs.c.id == NOBODY))] == ["first"]


def test_the_time_of_a_transaction_stands_when_another_thread_moves_the_clock(sqlite_demo_url: str) -> None:
    core = Engine(offices.settings(sqlite_demo_url), FixedClock(offices.SYSTEM))

    def ask(tx: Any) -> list[Any]:
        before = tx.now
        core._moved.offset += 3600
        return [before, tx.now]

    first, second = core.read(ask)
    core.close()
    assert first == second
