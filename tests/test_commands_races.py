"""Several people in the same moment, with real threads on both databases: nobody is lost, nothing happens twice."""

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

import consistency
import offices
from engine import Conflict, EngineError, db, documents, numbering
from engine.commands import cases as commands
from engine.records import cases, document_versions, jobs, meta, numbers, registers, tasks
from offices import DRAFTER, HEAD, LEADER, SECRETARY, handles
from webui import demo

At = Callable[..., offices.Office]


@pytest.fixture
def office_at(office_at: At) -> Iterator[At]:
    yield from consistency.whole_after(office_at)


def at_once(calls: Sequence[Callable[[], Any]]) -> list[Any]:
    """Do all calls in threads of their own that start together; results and engine errors in the order of calls."""
    found: list[Any] = [None] * len(calls)
    start = threading.Barrier(len(calls))

    def run(number: int) -> None:
        start.wait()
        try:
            found[number] = calls[number]()
        except Exception as error:
            found[number] = error

    threads = [threading.Thread(target=run, args=(n,)) for n in range(len(calls))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    unexpected = [e for e in found if isinstance(e, Exception) and not isinstance(e, EngineError)]
    if unexpected:
        raise unexpected[0]
    return found


def codes(results: list[Any]) -> list[str]:
    """The refusals among results."""
    return [result.code for result in results if isinstance(result, EngineError)]


def completing(office: offices.Office, person: str, element: str, answers: Any = None) -> Callable[[], Any]:
    view = office.task(person, element)
    given = demo.ANSWERS[element] if answers is None else answers
    return lambda: office.engine.cases.complete(view.id, person, given, view.version)


# --- tasks --------------------------------------------------------------------------------------------------------


def test_three_parallel_tasks_finished_at_once_all_count(office_at: At) -> None:
    office = office_at("chuan_bi")
    results = at_once([completing(office, DRAFTER, e) for e in ("nghien_cuu", "thu_thap", "danh_gia")])
    assert codes(results) == []
    assert office.waits() == {"chon_hinh_thuc": ["unit_head@phong_qlkh"]}
    opened = office.read(sa.select(sa.func.count()).where(tasks.c.element == "chon_hinh_thuc"))
    assert opened[0][0] == 1
    assert office.faults() == []


def test_of_many_completions_of_one_task_exactly_one_succeeds(office_at: At) -> None:
    office = office_at("chuan_bi")
    results = at_once([completing(office, DRAFTER, "thu_thap")] * 6)
    assert sorted(codes(results)) == ["already_completed"] * 5
    assert office.history("thu_thap") == [("completed", None, 1)]
    assert office.faults() == []


def test_of_two_leaders_who_decide_one_gate_at_once_one_decides(office_at: At) -> None:
    office = office_at("gop_y_noi_bo").hurry("thong_qua_du_thao_1")
    view = office.task(LEADER, "thong_qua_du_thao_1")

    def decide(person: str, outcome: str) -> Callable[[], Any]:
        answers = {"outcome": outcome, "reason": offices.REASON}
        return lambda: office.engine.signing.sign(view.id, person, answers, view.version, office.password)

    results = at_once([decide(LEADER, "dong_y"), decide("pgd.so.2", "khong_dong_y")])
    assert codes(results) == ["already_completed"]
    ((_, outcome, _),) = office.history("thong_qua_du_thao_1")
    assert office.waits() in ({"gui_hoi_dong": ["clerk"]}, {"cho_huong_xu_ly": ["dept_director"]})
    assert ("gui_hoi_dong" in office.waits()) == (outcome == "dong_y")
    assert office.faults() == []


def test_of_two_who_claim_at_once_one_gets_it(office_at: At) -> None:
    office = office_at("ky").until("dong_nhiem_vu")
    view = office.task(SECRETARY, "dong_nhiem_vu")
    people = (SECRETARY, "cv.tonghop.2", "cvp.so", "pcvp.so")
    claims = [lambda p=person: office.engine.cases.claim(p, view.id, view.version) for person in people]
    assert codes(at_once(claims)) == ["already_claimed"] * 3
    assert len(office.waits()["dong_nhiem_vu"]) == 1


def test_the_whole_council_answers_at_once(office_at: At) -> None:
    office = office_at("hoi_dong_gop_y")
    results = at_once([completing(office, p, "hoi_dong_gop_y", demo.AGREES) for p in demo.COUNCIL])
    assert codes(results) == []
    assert office.waits() == {"hoan_thien_du_thao_2": [DRAFTER]}
    assert office.shards() == {}
    assert office.history("hoi_dong_gop_y") == [("completed", "dong_y", 1)] * 7
    assert office.faults() == []


def test_an_answer_and_the_end_of_the_time_do_not_both_happen(office_at: At) -> None:
    office = office_at("hoi_dong_gop_y").at("2022-02-23 23:59")
    answer = completing(office, "hd.khcn.1", "hoi_dong_gop_y", demo.AGREES)
    late = offices.datetime(2022, 2, 23, 17, 0, tzinfo=offices.UTC)
    results = at_once([answer, lambda: office.engine.operations.advance(late)])
    assert codes(results) in ([], ["withdrawn"], ["already_completed"])
    (council,) = [c for c in office.case(DRAFTER).consultations if c.kind == "council"]
    answered = 0 if codes(results) else 1
    assert (council.closed, council.answered) == (True, answered)
    assert council.counts["khong_tra_loi"] == 7 - answered
    assert office.waits() == {"hoan_thien_du_thao_2": [DRAFTER]}
    assert office.faults() == []


# --- what one waits for has changed when one's turn comes -------------------------------------------------------------


def while_waiting(office: offices.Office, first: Callable[[Any], Any], second: Callable[[], Any]) -> Any:
    """Run the command `first(tx)`, and `second` so that it waits for the row that `first` has locked."""
    locked = threading.Event()

    def slow(tx: Any) -> Any:
        done = first(tx)
        locked.set()
        time.sleep(0.3)
        return done

    def waits() -> Any:
        locked.wait(10)
        return second()

    one, two = at_once([lambda: office.engine.write(slow), waits])
    assert not isinstance(one, Exception), one
    return two


def test_a_file_cannot_slip_in_behind_a_completion(office_at: At) -> None:
    office = office_at("phan_cong").hurry("xay_dung_du_thao")
    view = office.task(DRAFTER, "xay_dung_du_thao")
    body = demo.word("Dự thảo", ["Một."])
    office.engine.cases.attach(DRAFTER, view.id, "du_thao", "a.docx", "", body)
    answers = demo.ANSWERS["xay_dung_du_thao"]
    second = while_waiting(
        office,
        lambda tx: commands.complete(tx, view.id, DRAFTER, answers, view.version),
        lambda: office.engine.cases.attach(DRAFTER, view.id, "du_thao", "b.docx", "", demo.word("Khác", [])),
    )
    assert codes([second]) == ["already_completed"]
    assert office.read(sa.select(sa.func.count()).select_from(document_versions))[0][0] == 1
    assert office.waits() == {"duyet_du_thao": ["unit_head@phong_qlkh"]}


def test_who_waits_behind_a_claim_is_told_that_it_is_taken(office_at: At) -> None:
    office = office_at("phan_cong")
    view = office.task(HEAD, "phan_cong")
    second = while_waiting(
        office,
        lambda tx: commands.claim(tx, HEAD, view.id, view.version),
        lambda: office.engine.cases.claim(HEAD, view.id, view.version),
    )
    assert codes([second]) == ["already_claimed"]


def test_a_draft_is_not_kept_on_a_task_that_was_finished_meanwhile(office_at: At) -> None:
    office = office_at("phan_cong")
    view = office.task(HEAD, "phan_cong")
    second = while_waiting(
        office,
        lambda tx: commands.complete(tx, view.id, HEAD, demo.ANSWERS["phan_cong"], view.version),
        lambda: office.engine.cases.save_draft(HEAD, view.id, {"noi_dung": "muộn"}),
    )
    assert codes([second]) == ["already_completed"]
    assert office.read(sa.select(tasks.c.draft).where(tasks.c.id == view.id))[0].draft is None


# --- cases and numbers --------------------------------------------------------------------------------------------


def test_two_who_open_the_same_focus_task_at_once_open_one_case(office_at: At) -> None:
    office = office_at("nhan_nhiem_vu")
    focus = next(f for f in office.engine.queries.focus_tasks(SECRETARY) if f.code == "T1")
    results = at_once([lambda p=p: office.engine.cases.start(p, focus.id) for p in (SECRETARY, HEAD, "cvp.so")])
    assert codes(results) == ["already_running"] * 2
    assert [row.code for row in office.read(sa.select(cases.c.code))] == ["HS-2022-001"]


def test_numbers_taken_at_once_are_given_once_each_without_a_gap(office_at: At) -> None:
    office = office_at("nhan_nhiem_vu")

    def take(asked_for: str) -> Callable[[], str]:
        what = {"register": "CT-UBND", "pattern": "{n}/CT-UBND", "asked_for": asked_for, "case_id": None}
        return lambda: office.engine.write(
            lambda tx: numbering.take_number(tx.conn, tx.tenant, **what, day=demo.STARTS.date(), now=demo.STARTS)
        )

    wanted = [f"job:{n}" for n in range(8)]
    given = at_once([take(name) for name in wanted])
    assert sorted(given) == [f"{n:02d}/CT-UBND" for n in range(1, 9)]
    # The same jobs again get the same numbers.
    assert [take(name)() for name in wanted] == given
    assert office.read(sa.select(sa.func.count()).select_from(numbers))[0][0] == 8


def test_the_same_file_attached_in_two_places_at_once_is_stored_once(office_at: At) -> None:
    office = office_at("nhan_nhiem_vu")

    def store() -> str:
        return str(office.engine.write(lambda tx: documents.store(tx.conn, tx.tenant, b"the same bytes")))

    assert len(set(at_once([store] * 6))) == 1


# --- retries ------------------------------------------------------------------------------------------------------


class Fails:
    """A command that the database refuses a few times before it works."""

    def __init__(self, times: int, error: Exception) -> None:
        self.left, self.error, self.tries = times, error, 0

    def __call__(self, tx: Any) -> str:
        self.tries += 1
        tx.conn.execute(sa.update(meta).values(clock_offset=meta.c.clock_offset + 3600))
        if self.left:
            self.left -= 1
            raise DBAPIError("UPDATE", None, self.error)
        return "done"


REFUSALS = [psycopg.errors.SerializationFailure(), psycopg.errors.DeadlockDetected()]
LOCKED = sqlite3.OperationalError("database is locked")


@pytest.mark.parametrize("error", [*REFUSALS, LOCKED], ids=["40001", "40P01", "locked"])
def test_a_command_that_the_database_refused_is_tried_again_from_the_start(office_at: At, error: Exception) -> None:
    office = office_at("nhan_nhiem_vu")
    offset = office.read(sa.select(meta.c.clock_offset))[0][0]
    command = Fails(2, error)
    assert office.engine.write(command) == "done"
    assert command.tries == 3
    assert office.read(sa.select(meta.c.clock_offset))[0][0] == offset + 3600


def test_after_three_tries_the_caller_is_told_to_come_back(office_at: At) -> None:
    office = office_at("nhan_nhiem_vu")
    before = offices.dump(office.engine)
    command = Fails(9, REFUSALS[0])
    with pytest.raises(Conflict) as found:
        office.engine.write(command)
    assert (found.value.code, command.tries) == ("busy", 3)
    assert offices.dump(office.engine) == before


def test_what_the_database_refuses_for_good_is_not_tried_again(office_at: At) -> None:
    office = office_at("nhan_nhiem_vu")
    command = Fails(1, psycopg.errors.CheckViolation())
    with pytest.raises(DBAPIError):
        office.engine.write(command)
    assert command.tries == 1


def test_two_commands_in_each_others_way_both_come_through(postgresql_demo_url: str) -> None:
    """A real deadlock: PostgreSQL throws one of them out, and the door tries it again."""
    core = offices.open_engine(postgresql_demo_url)
    with core.statements().begin() as connection:
        row = {"tenant_id": 1, "name": "", "year": 2022, "last": 0, "pattern": "{n}"}
        connection.execute(sa.insert(registers), [{**row, "name": name} for name in ("a", "b")])
    meet = threading.Barrier(2)
    tries: list[str] = []

    def command(order: str) -> Callable[[Any], None]:
        def run(tx: Any) -> None:
            tries.append(order)
            for number, name in enumerate(order):
                here = registers.c.name == name
                change = sa.update(registers).where(here).values(last=registers.c.last + 1)
                tx.conn.execute(change)
                if number == 0 and tries.count(order) == 1:
                    meet.wait(10)

        return run

    assert codes(at_once([lambda: core.write(command("ab")), lambda: core.write(command("ba"))])) == []
    assert len(tries) > 2
    with core.statements().connect() as connection:
        assert connection.execute(sa.select(registers.c.last)).scalars().all() == [2, 2]
    core.close()


def test_what_is_worth_another_try() -> None:
    def refused(error: Exception) -> bool:
        return db.worth_retrying(DBAPIError("UPDATE", None, error))

    assert all(refused(error) for error in (*REFUSALS, LOCKED))
    assert not refused(sqlite3.OperationalError("no such table: x"))
    assert not refused(psycopg.errors.NotNullViolation())


def test_no_job_is_queued_twice_by_a_command_that_was_tried_again(office_at: At) -> None:
    office = office_at("ky")
    view = office.task(offices.VICE_CHAIR, "ky")
    refusals = [LOCKED, LOCKED]

    def sign(tx: Any) -> Any:
        done = commands.complete(
            tx, view.id, offices.VICE_CHAIR, {"outcome": "dong_y"}, view.version, signed_as="PHÓ CHỦ TỊCH"
        )
        if refusals:
            raise DBAPIError("COMMIT", None, refusals.pop())
        return done

    office.engine.write(sign)
    assert [row.kind for row in office.read(sa.select(jobs.c.kind))] == ["trinhky:number"]
    office.engine.operations.settle()
    handles("phat_hanh", offices.CLERK)(office)
    assert office.faults() == []


def test_a_connection_that_dies_takes_only_its_own_command_with_it(postgresql_demo_url: str) -> None:
    core = offices.open_engine(postgresql_demo_url)
    before = offices.dump(core)

    tries = []

    def dies(tx: Any) -> None:
        tries.append(tx)
        tx.conn.execute(sa.update(meta).values(clock_offset=0))
        tx.conn.execute(sa.select(sa.func.pg_terminate_backend(sa.func.pg_backend_pid())))

    with pytest.raises(DBAPIError):
        core.write(dies)
    assert len(tries) == 3
    assert offices.dump(core) == before
    assert core.write(lambda tx: tx.conn.execute(sa.select(sa.literal(1))).scalar()) == 1
    core.close()


def test_when_the_server_was_restarted_the_next_commands_work(postgresql_demo_url: str) -> None:
    """Connections in the pool have died while nobody used them."""
    core = offices.open_engine(postgresql_demo_url)
    other = offices.open_engine(postgresql_demo_url)
    people = [lambda: core.queries.chrome(SECRETARY) for _ in range(4)]
    at_once(people)
    others = "WHERE datname = current_database() AND pid <> pg_backend_pid()"
    with other.statements().connect() as connection:
        ended = connection.execute(sa.text(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity {others}"))
        assert len(ended.all()) >= 1
    time.sleep(0.1)
    assert core.queries.chrome(SECRETARY).todo == 0
    core.people.set_language(SECRETARY, "en")
    other.close()
    core.close()


def test_a_connection_that_dies_with_the_commit_is_not_tried_again_blindly(postgresql_demo_url: str) -> None:
    """Nobody can know whether it was committed; who asked looks and asks again."""
    core = offices.open_engine(postgresql_demo_url)
    tries: list[int] = []

    def command(tx: Any) -> None:
        tries.append(tx.conn.execute(sa.select(sa.func.pg_backend_pid())).scalar_one())
        tx.conn.execute(sa.update(meta).values(clock_offset=0))

    def dies(connection: sa.Connection) -> None:
        if tries:
            with core.statements().connect() as other:
                other.execute(sa.select(sa.func.pg_terminate_backend(tries[0])))
            time.sleep(0.1)

    sa.event.listen(core.statements(), "commit", dies)
    with pytest.raises(DBAPIError):
        core.write(command)
    sa.event.remove(core.statements(), "commit", dies)
    assert len(tries) == 1
    core.write(command)
    assert len(tries) == 2
    core.close()
