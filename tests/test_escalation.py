"""Who is reminded of what, and when their heads are told: DMN-07 by business days, each level once."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import sqlalchemy as sa

import consistency
import offices
from engine import clock
from engine.commands import reminders
from engine.records import escalations, journal, notices, tasks
from offices import CLERK, DIRECTOR, DRAFTER, HEAD, LEADER, SECRETARY

At = Callable[..., offices.Office]
KINDS = ("task_half_time", "task_due_soon", "task_late")


@pytest.fixture
def office_at(office_at: At) -> Iterator[At]:
    yield from consistency.whole_after(office_at)


def reached(office: offices.Office, element: str) -> dict[int, str]:
    """Level → the day on which the tasks of an element reached it."""
    e, t = escalations.c, tasks.c
    rows = office.read(
        sa.select(e.level, e.day).join(tasks, t.id == e.task_id).where(t.element == element).order_by(e.level)
    )
    return {row.level: f"{row.day:%d/%m}" for row in rows}


def told(office: offices.Office, element: str, level: int) -> dict[str, list[str]]:
    e, t = escalations.c, tasks.c
    rows = office.read(sa.select(e.told).join(tasks, t.id == e.task_id).where(t.element == element, e.level == level))
    found: dict[str, list[str]] = rows[0].told
    return found


def notices_of(office: offices.Office, person: str) -> list[tuple[str, str]]:
    n = notices.c
    rows = office.read(
        sa.select(n.created_at, n.kind).where(n.person_id == person, n.kind.in_(KINDS)).order_by(n.created_at, n.id)
    )
    return [(f"{row.created_at.astimezone(clock.ZONE):%d/%m %H:%M}", row.kind) for row in rows]


def test_levels_are_reached_on_their_days_though_the_clock_jumps(office_at: At) -> None:
    """The clerk sends the draft to the council within one working day, and does not."""
    office = office_at("phan_cong")
    office.until("gui_hoi_dong")
    office.at("2022-02-14 09:00")
    (row,) = office.read(sa.select(tasks).where(tasks.c.element == "gui_hoi_dong"))
    opened, due = row.created_at.astimezone(clock.ZONE), row.due_at.astimezone(clock.ZONE)
    assert (f"{opened:%d/%m}", f"{due:%d/%m}") == ("11/02", "14/02")
    office.at("2022-03-25 09:00")
    # Monday 14/02 is its last day; Tuesday is one day over, Thursday three, Monday 21/02 five.
    assert reached(office, "gui_hoi_dong") == {2: "14/02", 3: "15/02", 4: "17/02", 5: "21/02"}
    assert told(office, "gui_hoi_dong", 2) == {"nguoi_xu_ly": [CLERK], "truong_don_vi": ["cvp.so"]}
    last = told(office, "gui_hoi_dong", 5)
    assert list(last) == ["nguoi_xu_ly", "truong_don_vi", "van_phong_so", "pgd_phu_trach", "giam_doc"]
    assert last["giam_doc"] == [DIRECTOR]
    assert LEADER in last["pgd_phu_trach"]
    assert SECRETARY in last["van_phong_so"]
    assert office.faults() == []


def test_half_of_a_months_time_is_told_to_who_works(office_at: At) -> None:
    office = office_at("hoi_dong_gop_y").until("hoan_thien_du_thao_2")
    office.at("2022-03-31 23:00")
    # Opened 21/02, due 31/03: 28 working days, half of them over on 11/03; two are left on 29/03.
    assert reached(office, "hoan_thien_du_thao_2") == {1: "11/03", 2: "29/03"}
    assert notices_of(office, DRAFTER)[-2:] == [("11/03 07:30", "task_half_time"), ("29/03 07:30", "task_due_soon")]
    assert notices_of(office, HEAD)[-1] == ("29/03 07:30", "task_due_soon")
    assert ("11/03 07:30", "task_half_time") not in notices_of(office, HEAD)


def test_past_the_latest_month_everybody_is_told_at_once(office_at: At) -> None:
    office = office_at("ky")
    office.at("2022-05-10 09:00")
    days = reached(office, "ky")
    assert days[5] == "07/04"  # five working days over; not once more when April has ended
    assert ("05/04 07:30", "task_late") in notices_of(office, LEADER)
    assert "07/04 07:30" in office.told(DIRECTOR, "task_late")
    assert "05/04 07:30" not in office.told(DIRECTOR, "task_late")


def test_a_jump_without_a_stop_tells_the_highest_level_alone(office_at: At) -> None:
    office = office_at("ky")
    offices.wind(office.engine, datetime(2022, 4, 20, 3, tzinfo=UTC))
    office.engine.operations.settle()
    assert 5 in reached(office, "ky")
    assert len([day for day in reached(office, "ky").values() if day == "20/04"]) == 1
    before = office.read(sa.select(sa.func.count()).select_from(notices))[0][0]
    office.engine.operations.settle()
    assert office.read(sa.select(sa.func.count()).select_from(notices))[0][0] == before


def test_nothing_is_told_on_days_off_nor_before_the_office_opens(office_at: At) -> None:
    office = office_at("ky")
    office.at("2022-05-10 09:00")
    calendar = office.engine.read(lambda tx: tx.environment_facts.calendar)
    rows = office.read(sa.select(notices.c.created_at).where(notices.c.kind.in_(KINDS)))
    at = [row.created_at.astimezone(clock.ZONE) for row in rows]
    assert at
    assert all(calendar.is_working_day(moment.date()) and moment.hour >= 7 for moment in at)


def test_what_is_done_is_not_told(office_at: At) -> None:
    office = office_at("ky")
    found = office.engine.read(reminders.reached)
    assert found == []
    offices.wind(office.engine, datetime(2022, 4, 20, 3, tzinfo=UTC))
    due: Any = office.engine.read(reminders.to_remind)
    ((case_id, lines),) = due.items()
    task = office.task(offices.VICE_CHAIR, "ky")
    office.engine.signing.sign(task.id, offices.VICE_CHAIR, {"outcome": "dong_y"}, task.version, office.password)
    assert office.engine.write(reminders.remind, case_id, lines) is False


def test_the_journal_and_the_page_say_who_was_told(office_at: At) -> None:
    office = office_at("ky").at("2022-04-10 09:00")
    rows = office.read(sa.select(journal).where(journal.c.kind == "task.escalated").order_by(journal.c.seq))
    assert {row.actor for row in rows} == {"system"}
    last = json.loads(rows[-1].payload)
    assert last["level"] == 5
    assert last["notify"]["giam_doc"] == [DIRECTOR]
    shown = [row for row in office.case().journal if row.kind == "task.escalated"]
    assert DIRECTOR in {person for row in rows for person in json.loads(row.payload)["notify"].get("giam_doc", ())}
    assert shown[0].params["name"] == "Ký ban hành" or shown[0].params["notified"]
