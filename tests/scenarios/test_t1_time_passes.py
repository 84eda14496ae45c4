"""T1 when people are silent or late: reminders, deemed consent, and the two months of the plan coming to their end."""

from collections.abc import Callable
from datetime import date

import pytest
import sqlalchemy as sa

import offices
from engine import Conflict, NotFound
from engine.records import timers
from offices import CLERK, DIRECTOR, DRAFTER, HEAD, LEADER, SECRETARY, VICE_CHAIR, all_answer, handles
from webui import demo

At = Callable[..., offices.Office]


# --- silence ------------------------------------------------------------------------------------------------------


def test_two_silent_council_members_are_taken_to_agree_when_the_time_is_over(office_at: At) -> None:
    office = office_at("hoi_dong_gop_y").at("2022-02-21 09:00")
    all_answer("hoi_dong_gop_y", dict.fromkeys(demo.COUNCIL[:5], demo.AGREES))(office)
    silent = list(demo.COUNCIL[5:])
    assert office.waits() == {"hoi_dong_gop_y": silent}
    late = office.task(silent[0], "hoi_dong_gop_y")
    office.at("2022-02-23 23:59")
    assert office.waits() == {"hoi_dong_gop_y": silent}

    office.at("2022-02-24 00:00")
    assert office.waits() == {"hoan_thien_du_thao_2": [DRAFTER]}
    assert office.history("hoi_dong_gop_y") == [("completed", "dong_y", 1)] * 5 + [("cancelled", None, 1)] * 2
    (council,) = [c for c in office.case(DRAFTER).consultations if c.kind == "council"]
    assert (council.closed, council.asked, council.answered) == (True, 7, 5)
    assert council.counts == {"dong_y": 5, "khong_tra_loi": 2}
    assert [o.state for o in council.opinions] == ["answered"] * 5 + ["deemed"] * 2
    assert (council.due.state, council.due.day) == ("done", date(2022, 2, 23))
    # Their tasks are gone: from the list, and from under a page that is still open.
    for person in silent:
        assert office.engine.queries.inbox(person).groups == []
    with pytest.raises((Conflict, NotFound)):
        office.engine.cases.complete(late.id, silent[0], demo.AGREES, late.version)
    assert office.shards() == {}

    office.finish()
    assert office.case().state == "completed"
    assert office.faults() == []


def test_nobody_of_the_council_answers(office_at: At) -> None:
    office = office_at("hoi_dong_gop_y").at("2022-02-24 00:00")
    assert office.waits() == {"hoan_thien_du_thao_2": [DRAFTER]}
    (council,) = [c for c in office.case(DRAFTER).consultations if c.kind == "council"]
    assert council.counts == {"khong_tra_loi": 7}
    assert office.faults() == []


def test_the_last_answer_closes_the_round_and_its_timer(office_at: At) -> None:
    office = office_at("hoi_dong_gop_y").until("hoan_thien_du_thao_2")
    before = office.case(DRAFTER).consultations
    office.at("2022-02-24 00:00")
    assert office.case(DRAFTER).consultations == before
    assert office.waits() == {"hoan_thien_du_thao_2": [DRAFTER]}


# --- reminders ----------------------------------------------------------------------------------------------------


def test_who_has_not_answered_is_reminded_at_half_time_and_a_day_before(office_at: At) -> None:
    # Asked on 28/01 for five working days, Tết between: half is over on 09/02, the last day is 11/02.
    office = office_at("gop_y_noi_bo").at("2022-02-08 09:00")
    office.does("cct.tdc", "gop_y_noi_bo", demo.AGREES)
    office.at("2022-02-09 09:00")
    office.does(LEADER, "gop_y_noi_bo", demo.AGREES)
    office.at("2022-02-11 17:00")
    assert office.told("cct.tdc", "nhac_gop_y") == []
    assert office.told(LEADER, "nhac_gop_y") == ["09/02 08:00"]
    still = {"tp.shtt", "gd.ttud", "cvp.so", "pgd.so.2"}
    for person in still:
        assert office.told(person, "nhac_gop_y") == ["09/02 08:00", "10/02 08:00"]
    # Who else may answer for a unit is reminded with its head.
    assert office.everybody_told("nhac_gop_y") == {LEADER, *still, "pcvp.so"}

    office.at("2022-02-12 00:00")
    assert office.waits() == {"hoan_thien_du_thao_1": [DRAFTER]}
    (internal,) = office.case(DRAFTER).consultations
    assert internal.counts == {"dong_y": 2, "khong_tra_loi": 4}
    assert office.faults() == []


def test_nobody_is_reminded_of_what_is_answered_in_time(office_at: At) -> None:
    office = office_at("gop_y_noi_bo").until("thong_qua_du_thao_1").at("2022-02-14 09:00")
    assert office.everybody_told("nhac_gop_y") == set()


def test_the_shortest_round_ends_with_its_second_working_day(office_at: At) -> None:
    office = office_at("duyet_du_thao").until("mo_dot_xin_y_kien")
    office.at("2022-02-10 16:00")
    handles("mo_dot_xin_y_kien", days=2)(office)
    assert office.due("cct.tdc", "gop_y_noi_bo") == "soon 14/02"
    office.at("2022-02-14 23:59")
    assert len(office.waits()["gop_y_noi_bo"]) == 6
    office.at("2022-02-15 00:00")
    assert office.waits() == {"hoan_thien_du_thao_1": [DRAFTER]}
    assert office.faults() == []


# --- the plan's two months ------------------------------------------------------------------------------------------


def test_a_directive_signed_on_5_april_is_late_on_plan_but_in_time(office_at: At) -> None:
    office = office_at("ky").at("2022-03-31 23:59")
    assert office.everybody_told("cham_ke_hoach") == set()
    office.at("2022-04-01 00:00")
    assert office.told(LEADER, "cham_ke_hoach") == ["01/04 00:00"]
    assert office.everybody_told("cham_ke_hoach") == {DIRECTOR, LEADER, "pgd.so.2"}
    assert office.waits() == {"ky": ["vice_chair"]}
    assert office.due(VICE_CHAIR, "ky") == "late 31/03"

    office.at("2022-04-05 09:00").decides(VICE_CHAIR, "ky", "dong_y")
    office.at("2022-04-05 15:00")
    handles("phat_hanh", CLERK)(office)
    assert office.variables()["status"] == "hoan_thanh_cham_kh"
    assert office.milestones()["Ký ban hành"] == "done 05/04"
    case = office.case()
    assert case.result == ("01/CT-UBND", date(2022, 4, 5))
    assert (case.case_due.state, case.case_due.day) == ("done", date(2022, 4, 29))
    handles("dong_nhiem_vu", SECRETARY)(office)
    assert (office.case().state, office.case().progress) == ("completed", "hoan_thanh_cham_kh")
    office.at("2022-05-04")
    assert office.everybody_told("qua_han") == set()
    assert office.faults() == []


def test_a_case_that_is_never_finished_is_taken_to_director_and_office(office_at: At) -> None:
    office = office_at("ky").at("2022-04-30 23:59")
    assert office.everybody_told("qua_han") == set()
    assert office.case().case_due.state == "today" or office.case().case_due.days >= 0
    office.at("2022-05-01 00:00")
    assert office.told(DIRECTOR, "qua_han") == ["01/05 00:00"]
    assert office.told(SECRETARY, "qua_han") == ["01/05 00:00"]
    assert office.told(LEADER, "qua_han") == []
    case = office.case()
    assert (case.state, case.case_due.state, case.case_due.day) == ("running", "late", date(2022, 4, 29))
    assert office.waits() == {"ky": ["vice_chair"]}
    # Long afterwards: told once, and nothing has moved by itself.
    office.at("2022-08-01")
    assert office.told(DIRECTOR, "qua_han") == ["01/05 00:00"]
    assert office.waits() == {"ky": ["vice_chair"]}

    office.decides(VICE_CHAIR, "ky", "dong_y")
    handles("phat_hanh", CLERK)(office)
    assert office.variables()["status"] == "hoan_thanh_qua_han"
    assert office.faults() == []


def test_two_reminders_of_a_short_round_that_fall_on_one_morning_are_one_notice(office_at: At) -> None:
    """Of two working days, half is over when one is left."""
    office = office_at("duyet_du_thao").until("mo_dot_xin_y_kien")
    handles("mo_dot_xin_y_kien", days=2)(office)
    office.at("2022-02-10")
    fired = [row for row in office.case().journal if row.kind == "timer.fired"]
    assert len({row.at for row in fired if row.params["element"].startswith("nhac_")}) == 1
    assert len([row for row in fired if row.params["element"].startswith("nhac_")]) == 2
    assert [len(office.told(person, "nhac_gop_y")) for person in ("cct.tdc", LEADER)] == [1, 1]
    notice = next(n for n in office.engine.queries.notices("cct.tdc") if n.kind == "nhac_gop_y")
    assert notice.task_id is not None, "it leads to the task"


def test_the_plans_timers_are_set_from_the_months_of_the_plan(office_at: At) -> None:
    office = office_at("phan_cong")
    armed = office.read(sa.select(timers.c.due_at).where(timers.c.state == "armed").order_by(timers.c.due_at))
    assert [row.due_at.isoformat() for row in armed] == ["2022-03-31T17:00:00+00:00", "2022-04-30T17:00:00+00:00"]


def test_time_that_jumps_over_everything_fires_each_timer_at_its_own_time(office_at: At) -> None:
    office = office_at("hoi_dong_gop_y").at("2023-01-02")
    assert office.waits() == {"hoan_thien_du_thao_2": [DRAFTER]}
    (council,) = [c for c in office.case(DRAFTER).consultations if c.kind == "council"]
    assert council.counts == {"khong_tra_loi": 7}
    assert office.told(LEADER, "cham_ke_hoach") == ["01/04 00:00"]
    assert office.told(DIRECTOR, "qua_han") == ["01/05 00:00"]
    fired = [row for row in office.case().journal if row.kind == "timer.fired"]
    assert [f"{row.at:%Y-%m-%d %H:%M}" for row in reversed(fired)] == [
        "2022-02-23 17:00",
        "2022-03-31 17:00",
        "2022-04-30 17:00",
    ]
    assert office.faults() == []


def test_a_late_step_is_marked_on_the_case_and_counted(office_at: At) -> None:
    office = office_at("phan_cong").at("2022-02-08 08:00")
    (step,) = [step for step in office.case().steps if step.state == "late"]
    assert (step.step, step.holder, step.due.days) == ("T1.02", "Trưởng phòng Quản lý Khoa học", 2)
    assert office.engine.queries.inbox(HEAD).counts["late"] == 1
    assert office.engine.queries.cases(SECRETARY).counts["late"] == 1
