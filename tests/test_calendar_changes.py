"""A day is made a day off, or a plan gets other months: what is due moves, whoever is concerned is told, and a replay
still gives what is stored."""

from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import pytest
import sqlalchemy as sa

import consistency
import offices
from engine import Conflict, Forbidden, Invalid, NotFound, clock
from engine.commands import calendar as commands
from engine.commands.advance import locked_case
from engine.deadlines import DEFAULT_HOURS, Season, due_day, hours_on
from engine.records import calendar_days, cases, consultations, journal, notices, retimings, tasks, timers
from offices import DIRECTOR, DRAFTER, HEAD, SECRETARY, problems, refused

At = Callable[..., offices.Office]
AFTER_TET = date(2022, 2, 7)
SOURCE = "Công văn 123/UBND-KGVX"


@pytest.fixture
def office_at(office_at: At) -> Iterator[At]:
    yield from consistency.whole_after(office_at)


@pytest.fixture
def office(office_at: At) -> offices.Office:
    """The internal round has begun: five working days from Friday 28/01/2022."""
    return office_at("gop_y_noi_bo")


def off(office: offices.Office, day: date = AFTER_TET, **more: Any) -> int:
    given: dict[str, Any] = {"kind": "nghi_hoan_doi", "name": "Nghỉ thêm", "source": SOURCE, "confirmed": True} | more
    return int(office.engine.calendar.change(SECRETARY, day, **given))


def due_days(office: offices.Office, element: str = "gop_y_noi_bo") -> set[str]:
    t = tasks.c
    rows = office.read(sa.select(t.due_at).where(t.element == element, t.state.in_(("ready", "claimed"))))
    return {f"{due_day(row.due_at):%d/%m}" for row in rows}


def armed(office: offices.Office) -> list[str]:
    rows = office.read(sa.select(timers.c.due_at).where(timers.c.state == "armed").order_by(timers.c.due_at))
    return [f"{row.due_at.astimezone(clock.ZONE):%d/%m %H:%M}" for row in rows]


def entries(office: offices.Office, kind: str) -> list[Any]:
    return office.read(sa.select(journal).where(journal.c.kind == kind).order_by(journal.c.seq))


def test_holiday_override_changes_due_dates(office: offices.Office) -> None:
    """domain.md §9: the office is given one more day after Tết, and everything counted in working days moves by it."""
    assert due_days(office) == {"11/02"}
    before = armed(office)
    assert before == ["09/02 08:00", "10/02 08:00", "12/02 00:00", "01/04 00:00", "01/05 00:00"]
    assert off(office) == 0
    assert due_days(office) == {"14/02"}
    assert armed(office) == ["10/02 08:00", "11/02 08:00", "15/02 00:00", "01/04 00:00", "01/05 00:00"]
    (round_,) = office.read(sa.select(consultations.c.due_at))
    assert f"{due_day(round_.due_at):%d/%m}" == "14/02"
    (entry,) = entries(office, "case.retimed")
    assert entry.actor == SECRETARY
    assert office.faults() == []
    told = office.read(sa.select(notices).where(notices.c.kind == "due_moved"))
    assert {row.person_id for row in told} >= {*offices.ASKED}
    assert len({row.person_id for row in told}) == len(told)
    assert (told[0].params["was"], told[0].params["due"]) == ("2022-02-11", "2022-02-14")
    office.at("2022-02-14 23:00")
    assert office.waits()["gop_y_noi_bo"]  # the round is open until the end of its new last day
    office.at("2022-02-15 00:30")
    assert "gop_y_noi_bo" not in office.waits()


def test_a_day_that_is_taken_back_moves_everything_back(office: offices.Office) -> None:
    before = armed(office)
    off(office)
    assert armed(office) != before
    assert office.engine.calendar.remove(SECRETARY, AFTER_TET) == 0
    assert (armed(office), due_days(office)) == (before, {"11/02"})
    assert len(entries(office, "case.retimed")) == 2
    assert office.faults() == []


def test_a_month_that_ends_a_day_earlier(office: offices.Office) -> None:
    office.hurry("ky")
    assert due_days(office, "ky") == {"31/03"}
    off(office, date(2022, 3, 31))
    assert due_days(office, "ky") == {"30/03"}


def test_half_a_day_off_moves_nothing_and_shortens_the_office_hours(office: offices.Office) -> None:
    before = armed(office)
    off(office, kind="nghi_nua_ngay", half="chieu")
    assert armed(office) == before
    assert entries(office, "case.retimed") == []
    calendar = office.engine.read(lambda tx: tx.environment_facts.calendar)
    assert calendar.is_working_day(AFTER_TET)
    assert hours_on(AFTER_TET, calendar) == DEFAULT_HOURS[:1]
    off(office, kind="nghi_nua_ngay", half="sang")
    calendar = office.engine.read(lambda tx: tx.environment_facts.calendar)
    assert hours_on(AFTER_TET, calendar) == DEFAULT_HOURS[1:]


def test_a_saturday_that_is_worked_shortens_the_round(office: offices.Office) -> None:
    off(office, date(2022, 1, 29), kind="lam_bu", name="Làm bù")
    assert due_days(office) == {"10/02"}


def test_what_is_brought_forward_into_the_past_is_late_and_its_timers_fire(office: offices.Office) -> None:
    off(office)
    office.at("2022-02-14 09:00")
    office.engine.calendar.remove(SECRETARY, AFTER_TET)
    office.engine.operations.settle()
    assert "gop_y_noi_bo" not in office.waits()
    assert office.faults() == []


def test_many_cases_are_left_to_the_ticker(office: offices.Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(type(office.engine.calendar), "AT_ONCE", 0)
    assert off(office) == 1
    assert due_days(office) == {"11/02"}
    assert off(office, date(2022, 2, 8)) == 1  # once more, before the ticker has come
    (row,) = office.read(sa.select(retimings.c.cause))
    assert [change["day"] for change in row.cause["changes"]] == ["2022-02-07", "2022-02-08"]
    office.engine.operations.settle()
    assert due_days(office) == {"15/02"}
    assert len(entries(office, "case.retimed")) == 1
    assert office.read(sa.select(retimings)) == []


def test_only_the_secretariat_changes_the_calendar(office: offices.Office) -> None:
    for person in (DRAFTER, HEAD, DIRECTOR):
        with refused(office, Forbidden, "role"):
            office.engine.calendar.change(person, AFTER_TET, "nghi_le", "Nghỉ", SOURCE, True)
        with refused(office, Forbidden, "role"):
            office.engine.calendar.remove(person, date(2022, 1, 31))


def test_who_has_seen_an_older_calendar_is_told_so(office: offices.Office) -> None:
    seen = office.engine.read(lambda tx: tx.environment_facts.calendar.digest)
    off(office, seen=seen)
    with refused(office, Conflict, "calendar_changed"):
        off(office, date(2022, 2, 8), seen=seen)
    with refused(office, Conflict, "calendar_changed"):
        office.engine.calendar.remove(SECRETARY, AFTER_TET, seen=seen)


def test_what_is_no_special_day_is_refused(office: offices.Office) -> None:
    wanted = {
        "kind": ({"kind": "lam_bu"}, "worked_anyway"),
        "half": ({"kind": "nghi_nua_ngay"}, "not_an_option"),
        "name": ({"name": " "}, "required"),
        "source": ({"source": ""}, "required"),
    }
    for field, (given, code) in wanted.items():
        with refused(office, Invalid, "invalid") as found:
            off(office, **given)
        assert problems(found.value) == {field: [code]}
    off(office, source="", confirmed=False)
    with refused(office, NotFound, "day"):
        office.engine.calendar.remove(SECRETARY, date(2022, 2, 9))


def test_the_same_day_again_keeps_one_row(office: offices.Office) -> None:
    off(office, confirmed=False)
    off(office)
    (row,) = office.read(sa.select(calendar_days).where(calendar_days.c.day == AFTER_TET))
    assert (row.confirmed, row.source) == (True, SOURCE)


def test_office_hours_are_set_by_season(office: offices.Office) -> None:
    summer = Season("Mùa hè", "04-16", "10-15", ((420, 690), (810, 1020)))
    office.engine.calendar.set_hours(SECRETARY, [summer])
    calendar = office.engine.read(lambda tx: tx.environment_facts.calendar)
    assert hours_on(date(2022, 6, 1), calendar, [summer]) == summer.hours
    assert hours_on(date(2022, 12, 1), calendar, [summer]) == DEFAULT_HOURS
    assert hours_on(date(2022, 6, 4), calendar, [summer]) == ()
    winter = Season("Mùa đông", "10-16", "04-15", ((480, 720),))
    assert hours_on(date(2022, 2, 9), calendar, [winter, summer]) == winter.hours
    with refused(office, Invalid, "invalid"):
        office.engine.calendar.set_hours(SECRETARY, [Season("", None, None, ((720, 450),))])


# --- months of a plan ---------------------------------------------------------------------------------------------


def moved(office: offices.Office, **months: str) -> list[Any]:
    def command(tx: Any) -> Any:
        case = locked_case(tx, office.case_id, DIRECTOR)
        return commands.change_dates(
            tx, case, months, actor=DIRECTOR, reason="UBND tỉnh đồng ý lùi hạn", plan_version=2
        )

    found: list[Any] = office.engine.write(command)
    return found


def test_other_months_of_the_plan_move_what_is_due(office: offices.Office) -> None:
    office.hurry("ky")
    events = moved(office, planned_finish="2022-05", latest_finish="2022-06")
    assert [e["e"] for e in events if e["e"] != "variables.set"] == ["timer.rearmed"] * 2 + ["task.due_changed"]
    assert due_days(office, "ky") == {"31/05"}  # its date was handed to the process that signs
    assert office.everybody_told("due_moved") == {offices.VICE_CHAIR}
    assert armed(office) == ["01/06 00:00", "01/07 00:00"]
    case = office.case()
    assert (case.planned_finish, case.latest_finish) == ("2022-05", "2022-06")
    assert f"{case.case_due.day:%d/%m}" == "30/06"
    (entry,) = entries(office, "case.dates_changed")
    assert entry.actor == DIRECTOR
    for text in ('"from":{"latest_finish":"2022-04","planned_finish":"2022-03"}', '"plan_version":2', '"reason":"UBND'):
        assert text in entry.payload
    assert office.faults() == []
    office.at("2022-05-15 08:00")
    assert office.everybody_told("qua_han") == office.everybody_told("cham_ke_hoach") == set()
    office.at("2022-06-01 08:00")
    assert office.everybody_told("cham_ke_hoach")


def test_an_earlier_start_of_the_plan_moves_the_tasks_that_hang_on_it(office: offices.Office) -> None:
    office.hurry("hoan_thien_du_thao_2")
    assert due_days(office, "hoan_thien_du_thao_2") == {"31/03"}
    (event,) = [e for e in moved(office, planned_start="2022-02") if e["e"] == "task.due_changed"]
    assert (event["was"], event["due"]) == ("2022-03-31T16:59:59Z", "2022-04-29T16:59:59Z")
    assert due_days(office, "hoan_thien_du_thao_2") == {"29/04"}


def test_months_that_are_the_same_leave_no_entry(office: offices.Office) -> None:
    assert moved(office, planned_finish="2022-03") == []
    assert entries(office, "case.dates_changed") == []


def test_what_is_no_month_is_refused(office: offices.Office) -> None:
    for month in ("2022-13", "2022", "03/2022"):
        with refused(office, Invalid, "invalid"):
            moved(office, planned_finish=month)


def test_a_case_that_has_ended_keeps_its_months(office: offices.Office) -> None:
    with office.engine.statements().begin() as connection:
        connection.execute(sa.update(cases).values(status="completed"))
    with refused(office, Conflict, "case_ended"):
        moved(office, planned_finish="2022-05")
    with office.engine.statements().begin() as connection:
        connection.execute(sa.update(cases).values(status="running"))
