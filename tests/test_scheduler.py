"""Time and work that nobody waits for: rows that a bell makes move, once, whoever rings and however often."""

import os
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

import consistency
import offices
import servers
from engine import Conflict, Engine, FixedClock, Forbidden, Invalid, NotFound, jobs
from engine.commands import operations
from engine.records import cases, journal, numbers, tasks, timers
from engine.records import jobs as job_rows
from offices import CLERK, DIRECTOR, LEADER, SECRETARY, VICE_CHAIR
from webui.scheduler import Scheduler

At = Callable[..., offices.Office]
ADMIN = "qtht"
AFTER_ALL = datetime(2022, 5, 2, tzinfo=UTC)


@pytest.fixture
def office_at(office_at: At) -> Iterator[At]:
    yield from consistency.whole_after(office_at)


def fired(office: offices.Office) -> list[str]:
    """The states of all timers, in the order in which they are due."""
    return [row.state for row in office.read(sa.select(timers.c.state).order_by(timers.c.due_at))]


def entries(office: offices.Office, kind: str) -> int:
    return int(office.read(sa.select(sa.func.count()).where(journal.c.kind == kind))[0][0])


def told_once(office: offices.Office) -> None:
    """The council's time is over, TM1 and TM2 have fired: each exactly once."""
    assert fired(office)[-3:] == ["fired"] * 3
    assert entries(office, "timer.fired") == 3
    assert len(office.told(LEADER, "cham_ke_hoach")) == 1
    assert len(office.told(DIRECTOR, "qua_han")) == 1
    assert office.waits() == {"hoan_thien_du_thao_2": [offices.DRAFTER]}
    assert office.faults() == []


# --- many tickers -------------------------------------------------------------------------------------------------


def test_two_schedulers_in_threads_fire_each_timer_once(office_at: At) -> None:
    office = office_at("hoi_dong_gop_y")
    offices.wind(office.engine, AFTER_ALL)
    other = offices.open_engine(office.engine.settings.database_url)
    together = threading.Barrier(4)
    failed: list[Exception] = []

    def tick(core: Engine) -> None:
        together.wait()
        try:
            for _ in range(6):
                core.operations.tick()
        except Exception as error:
            failed.append(error)

    threads = [threading.Thread(target=tick, args=(core,)) for core in (office.engine, other) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    other.close()
    assert failed == []
    told_once(office)


def test_two_worker_processes_fire_each_timer_once(office_at: At) -> None:
    office = office_at("hoi_dong_gop_y")
    # The workers run on the machine's clock.
    offset = (AFTER_ALL - datetime.now(UTC)).total_seconds()
    with office.engine.statements().begin() as connection:
        connection.execute(sa.update(offices.meta).values(clock_offset=offset))
    env = {**os.environ, "TRINHKY_DATABASE_URL": office.engine.settings.database_url}
    command = [str(servers.TRINHKY), "worker", "--seconds", "0.1"]
    quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE}
    workers = [subprocess.Popen(command, env=env, **quiet) for _ in range(2)]
    try:
        end = time.monotonic() + 60
        while time.monotonic() < end and not office.told(DIRECTOR, "qua_han"):
            time.sleep(0.1)
        time.sleep(0.5)
        assert [worker.poll() for worker in workers] == [None, None]
    finally:
        for worker in workers:
            worker.kill()
            worker.communicate()
    told_once(office)


def test_a_timer_row_is_claimed_by_one(office_at: At) -> None:
    office = office_at("hoi_dong_gop_y")
    offices.wind(office.engine, AFTER_ALL)
    due = office.engine.read(operations.due_timers, 10)
    assert len(due) == 3
    assert [office.engine.write(operations.fire_timer, row) for row in due] == [True, True, True]
    assert [office.engine.write(operations.fire_timer, row) for row in due] == [False, False, False]
    assert entries(office, "timer.fired") == 3


def test_a_job_row_is_done_by_one(office_at: At) -> None:
    office = office_at("ky")
    view = office.task(VICE_CHAIR, "ky")
    office.engine.signing.sign(view.id, VICE_CHAIR, {"outcome": "dong_y"}, view.version, office.password)
    (job,) = office.engine.read(operations.due_jobs, 10)
    assert office.engine.write(operations.do_job, job) is True
    assert office.engine.write(operations.do_job, job) is False
    assert office.read(sa.select(sa.func.count()).where(numbers.c.register != "ho_so"))[0][0] == 1


def test_a_tick_does_at_most_what_it_is_asked_for(office_at: At) -> None:
    office = office_at("hoi_dong_gop_y")
    offices.wind(office.engine, AFTER_ALL)
    for done in (1, 2, 3):
        assert office.engine.operations.tick(limit=1) >= 1
        assert entries(office, "timer.fired") == done


# --- the clock ----------------------------------------------------------------------------------------------------


def clock_of(office: offices.Office) -> FixedClock:
    assert isinstance(office.engine.clock, FixedClock)
    return office.engine.clock


def test_a_clock_that_jumps_ahead_fires_what_is_due_once(office_at: At) -> None:
    office = office_at("hoi_dong_gop_y")
    clock_of(office).advance(timedelta(days=400))
    office.engine.operations.settle()
    told_once(office)


def test_a_clock_that_is_set_back_fires_nothing_early_and_nothing_twice(office_at: At) -> None:
    office = office_at("hoi_dong_gop_y").at("2022-04-01 00:00")
    clock_of(office).advance(-timedelta(days=40))
    assert office.engine.operations.settle() == 0
    clock_of(office).advance(timedelta(days=40))
    assert office.engine.operations.settle() == 0
    assert entries(office, "timer.fired") == 2
    clock_of(office).advance(timedelta(days=30))
    office.engine.operations.settle()
    told_once(office)


def test_business_time_only_moves_ahead(office_at: At) -> None:
    office = office_at("hoi_dong_gop_y")
    office.engine.operations.settle()
    with offices.refused(office, Invalid, "invalid") as found:
        office.engine.operations.advance(datetime(2022, 1, 28, tzinfo=UTC))
    assert offices.problems(found.value) == {"until": ["in_the_past"]}


def test_what_was_due_while_nothing_ran_happens_at_the_next_start(office_at: At) -> None:
    office = office_at("hoi_dong_gop_y")
    office.engine.close()
    again = offices.open_engine(office.engine.settings.database_url, offices.SYSTEM + timedelta(days=90))
    again.operations.settle()
    again.close()
    told_once(office)


# --- jobs that fail -----------------------------------------------------------------------------------------------


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], None]]:
    """The handler that gives numbers fails until the returned function is called."""

    def fail(tx: Any, job: Any, case: Any) -> dict[str, Any]:
        del case
        tx.conn.execute(sa.insert(numbers), {**GIVEN, "given_at": tx.now, "asked_for": job.id, "state": "given"})
        raise OSError("sổ văn bản không mở được")

    with monkeypatch.context() as patched:
        patched.setitem(jobs.HANDLERS, "trinhky:number", fail)
        yield patched.undo


GIVEN = {"tenant_id": 1, "register": "hỏng", "year": 2022, "number": 1, "symbol": "hỏng", "case_id": None}


def the_job(office: offices.Office) -> Any:
    newest = sa.select(job_rows).where(job_rows.c.kind == "trinhky:number").order_by(job_rows.c.id.desc())
    return office.read(newest)[0]


def until_given_up(office: offices.Office) -> list[int]:
    """Tick whenever the job is due until it is given up; returns the waits in seconds."""
    waits = []
    while the_job(office).state == "queued":
        due = the_job(office).run_at - clock_of(office).system_now()
        waits.append(int(due.total_seconds()))
        clock_of(office).advance(due - timedelta(seconds=1))
        assert office.engine.operations.tick() == 0
        clock_of(office).advance(timedelta(seconds=1))
        office.engine.operations.tick()
    return waits


def test_a_job_that_fails_is_tried_again_later_and_later_then_stops_the_case_there(
    office_at: At, broken: Callable[[], None]
) -> None:
    office = office_at("ky")
    office.decides(VICE_CHAIR, "ky", "dong_y")
    assert (the_job(office).attempts, the_job(office).last_error) == (1, "OSError: sổ văn bản không mở được")
    assert until_given_up(office) == [5, 30, 180, 1080]
    assert (the_job(office).state, the_job(office).attempts) == ("failed", 5)
    # What the handler wrote before it failed is not there.
    assert office.read(sa.select(sa.func.count()).where(numbers.c.register == "hỏng"))[0][0] == 0
    (incident,) = office.case().incidents
    assert incident.element == "cap_so"
    assert office.waits() == {}
    assert office.faults() == []
    for person in (SECRETARY, DIRECTOR):
        with offices.refused(office, Forbidden, "role"):
            office.engine.operations.retry(person, incident.id)
    with offices.refused(office, NotFound, "incident"):
        office.engine.operations.retry(ADMIN, "nothing")

    broken()
    office.engine.operations.retry(ADMIN, incident.id)
    assert office.case().incidents == []
    office.engine.operations.settle()
    assert office.waits() == {"phat_hanh": ["clerk"]}
    assert office.case().result[0] == "01/CT-UBND"
    with offices.refused(office, Conflict, "resolved"):
        office.engine.operations.retry(ADMIN, incident.id)
    # The given-up job stays as it ended; the step was done by one new job, once.
    states = [row.state for row in office.read(sa.select(job_rows.c.state).order_by(job_rows.c.id))]
    assert states == ["failed", "done"]
    assert [entries(office, kind) for kind in ("incident.raised", "incident.resolved", "job.completed")] == [1, 1, 1]
    offices.handles("phat_hanh", CLERK)(office)
    assert office.faults() == []


def test_a_retry_that_fails_as_well_ends_in_a_new_incident(office_at: At, broken: Callable[[], None]) -> None:
    office = office_at("ky")
    office.decides(VICE_CHAIR, "ky", "dong_y")
    until_given_up(office)
    (first,) = office.case().incidents
    office.engine.operations.retry(ADMIN, first.id)
    until_given_up(office)
    (second,) = office.case().incidents
    assert second.id != first.id
    broken()
    office.engine.operations.retry(ADMIN, second.id)
    office.engine.operations.settle()
    assert office.waits() == {"phat_hanh": ["clerk"]}
    assert office.faults() == []


def test_a_job_of_a_kind_that_nobody_knows_becomes_an_incident(office_at: At, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(jobs.HANDLERS, "trinhky:number")
    office = office_at("ky")
    office.decides(VICE_CHAIR, "ky", "dong_y")
    until_given_up(office)
    assert "no handler" in the_job(office).last_error or "there is none" in the_job(office).last_error
    assert [incident.element for incident in office.case().incidents] == ["cap_so"]


# --- small processes ----------------------------------------------------------------------------------------------


@pytest.fixture
def small(office_at: At, tmp_path: Path) -> Callable[[str], offices.Office]:
    """An office where the focus tasks T2 to T4 run a small process, given as its body."""
    return lambda body: offices.with_small_process(office_at("nhan_nhiem_vu"), tmp_path, body)


WAITS = """
<startEvent id="s"/><intermediateCatchEvent id="cho">[timer Duration PT1H]</intermediateCatchEvent>
<serviceTask id="bao"><ext><zeebe:taskDefinition type="trinhky:notify"/></ext></serviceTask><endEvent id="e"/>
~ s cho bao e
"""


def test_one_broken_case_does_not_stop_the_others(small: Callable[[str], offices.Office]) -> None:
    office = small(WAITS)
    ids = [office.opens(SECRETARY, code) for code in ("T2", "T3", "T4")]
    first = cases.c.id == ids[0]
    (kept,) = office.read(sa.select(cases.c.state).where(first))

    def put(state: str) -> None:
        with office.engine.statements().begin() as connection:
            connection.execute(sa.update(cases).where(first).values(state=state))

    def statuses() -> list[str]:
        status = {row.id: row.status for row in office.read(sa.select(cases.c.id, cases.c.status))}
        return [status[case_id] for case_id in ids]

    put("{")
    office.at("2022-01-28 10:00")
    assert statuses() == ["running", "completed", "completed"]
    # Time goes on for the rest; once it is mended, the broken one goes on too.
    office.at("2022-01-29 10:00").at("2022-01-30 10:00")
    put(kept.state)
    office.engine.operations.settle()
    assert statuses() == ["completed"] * 3


# deployment refuses a task that is nobody's
ROLE = '<ext><zeebe:assignmentDefinition candidateGroups="dept_office"/></ext>'
HOURLY = f"""
<startEvent id="s"/><userTask id="viec">{ROLE}</userTask><endEvent id="e"/>
<boundaryEvent id="nhac" attachedToRef="viec" cancelActivity="false">[timer Cycle R3/PT1H]</boundaryEvent>
<endEvent id="x"/>
~ s viec e
~ nhac x
"""


def test_a_cycle_fires_as_often_as_it_says(small: Callable[[str], offices.Office]) -> None:
    office = small(HOURLY)
    office.opens(SECRETARY, "T2")
    office.at("2022-01-28 09:45")
    assert (entries(office, "timer.fired"), fired(office)) == (2, ["fired", "fired", "armed"])
    office.at("2022-01-30 09:00")
    assert (entries(office, "timer.fired"), fired(office)) == (3, ["fired"] * 3)
    assert office.faults() == []


def test_a_cycle_that_was_slept_through_comes_in_no_burst(small: Callable[[str], offices.Office]) -> None:
    office = small(HOURLY.replace("R3", "R1000"))
    office.opens(SECRETARY, "T2")
    clock_of(office).advance(timedelta(days=2))
    office.engine.operations.settle()
    assert (entries(office, "timer.fired"), fired(office)) == (1, ["fired", "armed"])
    clock_of(office).advance(timedelta(hours=1))
    office.engine.operations.settle()
    assert entries(office, "timer.fired") == 2
    assert office.faults() == []


def test_an_incident_that_the_process_leaves_behind_is_closed(
    small: Callable[[str], offices.Office],
) -> None:
    office = small(
        f"""
        <startEvent id="s"/><parallelGateway id="g"/><userTask id="viec">{ROLE}</userTask>
        <serviceTask id="hong">[job khong:co]</serviceTask><endEvent id="het">[terminate]</endEvent><endEvent id="e"/>
        ~ s g viec het
        ~ g hong e
        """
    )
    office.opens(SECRETARY, "T2")
    for _ in range(5):
        clock_of(office).advance(timedelta(hours=1))
        office.engine.operations.tick()
    assert [incident.element for incident in office.case().incidents] == ["hong"]
    with office.engine.statements().begin() as connection:
        connection.execute(sa.update(tasks).values(assignee=SECRETARY, state="claimed"))
    office.does(SECRETARY, "viec", {})
    assert office.case().incidents == []
    assert office.case().state == "ended"
    assert office.faults() == []


def test_an_expression_that_fails_stops_the_case_there_and_loses_nothing(
    small: Callable[[str], offices.Office],
) -> None:
    office = small(
        f"""
        <startEvent id="s"/><exclusiveGateway id="g"/><userTask id="a">{ROLE}</userTask>
        <userTask id="b">{ROLE}</userTask><endEvent id="e"/>
        ~ s g
        ~ g a if lead_unit = 1
        ~ g b if lead_unit = 2
        ~ a e
        ~ b e
        """
    )
    office.opens(SECRETARY, "T2")
    (incident,) = office.case().incidents
    assert incident.element == "g"
    assert office.waits() == {}
    for _ in range(2):
        (incident,) = office.case().incidents
        office.engine.operations.retry(ADMIN, incident.id)
    assert len(office.case().incidents) == 1
    assert office.faults() == []


# --- the bell -----------------------------------------------------------------------------------------------------


def test_work_that_a_command_queued_is_done_without_waiting_for_the_next_second(office_at: At) -> None:
    office = office_at("ky")
    scheduler = Scheduler(office.engine, seconds=3600)
    scheduler.start()
    try:
        view = office.task(VICE_CHAIR, "ky")
        office.engine.signing.sign(view.id, VICE_CHAIR, {"outcome": "dong_y"}, view.version, office.password)
        end = time.monotonic() + 20
        while time.monotonic() < end and office.waits() != {"phat_hanh": ["clerk"]}:
            time.sleep(0.02)
        assert office.waits() == {"phat_hanh": ["clerk"]}
    finally:
        scheduler.stop()
    assert office.engine.bell is None


def test_two_schedulers_in_one_process_do_no_harm(office_at: At) -> None:
    office = office_at("hoi_dong_gop_y")
    other = offices.open_engine(office.engine.settings.database_url)
    schedulers = [Scheduler(core, seconds=0.05) for core in (office.engine, other)]
    for scheduler in schedulers:
        scheduler.start()
    try:
        offices.wind(office.engine, AFTER_ALL)
        end = time.monotonic() + 30
        while time.monotonic() < end and not office.told(DIRECTOR, "qua_han"):
            time.sleep(0.05)
    finally:
        for scheduler in schedulers:
            scheduler.stop()
        other.close()
    told_once(office)


class Failing:
    """An engine whose ticks fail."""

    def __init__(self) -> None:
        self.operations = self
        self.bell: Any = None
        self.ticks = 0

    def settle(self) -> int:
        self.ticks += 1
        raise RuntimeError("the database is away")


def test_a_tick_that_fails_is_tried_again(caplog: pytest.LogCaptureFixture) -> None:
    engine = Failing()
    scheduler = Scheduler(engine)
    assert scheduler.tick() == 0
    assert scheduler.tick() == 0
    assert engine.ticks == 2
    assert "the tick failed" in caplog.text


def test_a_tick_that_is_still_running_is_not_doubled() -> None:
    class Slow(Failing):
        def settle(self) -> int:
            self.ticks += 1
            started.set()
            go_on.wait(10)
            return 1

    started, go_on = threading.Event(), threading.Event()
    engine = Slow()
    scheduler = Scheduler(engine)
    first = threading.Thread(target=scheduler.tick)
    first.start()
    started.wait(10)
    assert scheduler.tick() == 0
    go_on.set()
    first.join(10)
    assert engine.ticks == 1
