"""Who is away, who acts meanwhile, what would stop, and what was done in one's name."""

from collections.abc import Callable
from datetime import date

import pytest
import sqlalchemy as sa

import offices
from engine import Conflict, Forbidden, Invalid, NotFound
from engine.records import tasks
from offices import DIRECTOR, DRAFTER, HEAD, LEADER, SECRETARY
from webui import demo

At = Callable[..., offices.Office]
DEPUTY_HEAD = "ptp.qlkh"
FROM, TO = "2022-02-12", "2022-02-16"


def gates_of(office: offices.Office, person: str) -> list[str]:
    inbox = office.engine.queries.inbox(person)
    return [row.element for group in inbox.groups for row in group.rows]


def test_the_deputy_holds_the_seat_while_the_head_is_away_and_no_longer(office_at: At) -> None:
    office = office_at("duyet_du_thao").at("2022-02-11")
    assert gates_of(office, "pgd.so.2") == []
    office.away(HEAD, FROM, TO, "cv.qlkh.2")
    assert "duyet_du_thao" not in gates_of(office, "cv.qlkh.2"), "not before the first day"
    office.at("2022-02-14")
    (row,) = [r for g in office.engine.queries.inbox("cv.qlkh.2").groups for r in g.rows]
    assert (row.element, row.for_whom) == ("duyet_du_thao", "Trưởng phòng Quản lý Khoa học")
    office.at("2022-02-17")
    assert gates_of(office, "cv.qlkh.2") == []


def test_what_a_deputy_decides_is_written_down_as_done_for_the_other(office_at: At) -> None:
    office = office_at("duyet_du_thao").at("2022-02-11")
    office.away(HEAD, FROM, TO, "cv.qlkh.2")
    office.at("2022-02-14").decides("cv.qlkh.2", "duyet_du_thao", "dong_y")
    t = tasks.c
    row = office.read(sa.select(t.ended_by, t.on_behalf_of).where(t.element == "duyet_du_thao"))[0]
    assert (row.ended_by, row.on_behalf_of) == ("cv.qlkh.2", HEAD)
    (done,) = office.engine.queries.done_for(HEAD, date(2022, 2, 12), date(2022, 2, 16))
    assert (done.name, done.outcome) == ("Trưởng đơn vị duyệt dự thảo", "dong_y")
    office.at("2022-02-17 09:00")
    office.engine.operations.settle()
    assert len(office.told(HEAD, "done_for_you")) == 1
    office.at("2022-02-18 09:00")
    office.engine.operations.settle()
    assert len(office.told(HEAD, "done_for_you")) == 1, "told once"
    assert office.faults() == []


def test_who_drafted_does_not_approve_as_a_deputy_either(office_at: At) -> None:
    office = office_at("duyet_du_thao").at("2022-02-11")
    office.away(HEAD, FROM, TO, DRAFTER)
    with pytest.raises(Conflict) as refused:
        office.at("2022-02-14").decides(DRAFTER, "duyet_du_thao", "dong_y")
    assert [reason.code for reason in refused.value.reasons] == ["four_eyes"]


def test_a_deputy_does_the_work_that_was_given_by_name(office_at: At) -> None:
    office = office_at("chuan_bi").at("2022-02-09")
    office.away(DRAFTER, "2022-02-09", "2022-02-11", "cv.qlkh.3", "Đi công tác")
    office.does("cv.qlkh.3", "thu_thap", demo.ANSWERS["thu_thap"])
    t = tasks.c
    row = office.read(sa.select(t.ended_by, t.on_behalf_of).where(t.element == "thu_thap"))[0]
    assert (row.ended_by, row.on_behalf_of) == ("cv.qlkh.3", DRAFTER)
    assert office.case().drafter_name == "Chuyên viên Phòng Quản lý Khoa học 1", "the drafter stays the drafter"


def test_what_a_deputy_stands_in_for_passes_on_to_nobody(office_at: At) -> None:
    office = office_at("duyet_du_thao").at("2022-02-11")
    office.away(HEAD, FROM, TO, DEPUTY_HEAD)
    office.away(DEPUTY_HEAD, FROM, TO, "cv.qlkh.2")
    office.at("2022-02-14")
    assert "duyet_du_thao" not in gates_of(office, "cv.qlkh.2")


def test_both_away_and_the_gates_that_would_stop_are_counted(office_at: At) -> None:
    office = office_at("chi_dao").at("2022-03-28")
    before = office.engine.queries.coverage(SECRETARY, date(2022, 4, 4), date(2022, 4, 8))
    assert before == []
    office.away("pct.ubnd", "2022-04-04", "2022-04-06", "ct.ubnd")
    assert office.engine.queries.coverage(SECRETARY, date(2022, 4, 4), date(2022, 4, 8)) == [], "the deputy is there"
    (gap,) = office.engine.queries.coverage(SECRETARY, date(2022, 4, 4), date(2022, 4, 8), away="ct.ubnd", deputy=None)
    assert (gap.first_day, gap.last_day) == (date(2022, 4, 4), date(2022, 4, 6))
    assert gap.people == ("Phó Chủ tịch UBND tỉnh",)
    assert {name for _, name in gap.gates} == {"Phó Chủ tịch cho ý kiến", "Phó Chủ tịch ký ban hành"}


def test_days_off_between_do_not_cut_a_gap_in_two(office_at: At) -> None:
    office = office_at("chi_dao").at("2022-03-28")
    office.away("pct.ubnd", "2022-04-07", "2022-04-13", None)
    gaps = office.engine.queries.coverage(SECRETARY, date(2022, 4, 1), date(2022, 4, 30))
    assert [(gap.first_day, gap.last_day) for gap in gaps] == [(date(2022, 4, 7), date(2022, 4, 13))]


def test_an_absence_may_be_cut_short(office_at: At) -> None:
    office = office_at("duyet_du_thao").at("2022-02-11")
    absence = office.away(HEAD, "2022-02-11", TO, "cv.qlkh.2")
    assert "duyet_du_thao" in gates_of(office, "cv.qlkh.2")
    office.engine.authority.end_absence(HEAD, absence)
    assert gates_of(office, "cv.qlkh.2") == []
    (row,) = office.engine.queries.absences(HEAD)
    assert (row.state, row.may_end) == ("taken_back", False)
    with pytest.raises(Conflict):
        office.engine.authority.end_absence(HEAD, absence)


def test_absences_do_not_overlap_and_need_days_and_a_colleague(office_at: At) -> None:
    office = office_at()
    office.away(HEAD, FROM, TO, DEPUTY_HEAD)
    with pytest.raises(Conflict, match="absence"):
        office.away(HEAD, "2022-02-16", "2022-02-18", DEPUTY_HEAD)
    for first, last, deputy in ((TO, FROM, DEPUTY_HEAD), ("2022-01-01", "2022-01-02", None), (FROM, TO, LEADER)):
        with pytest.raises(Invalid):
            office.away(LEADER, first, last, deputy)
    with pytest.raises(NotFound):
        office.engine.authority.announce_absence(SECRETARY, "ai.do", date(2022, 3, 1), date(2022, 3, 2), None, "Ốm")


def test_who_may_announce_it(office_at: At) -> None:
    office = office_at()
    announce = office.engine.authority.announce_absence
    days = (date(2022, 3, 1), date(2022, 3, 2))
    with pytest.raises(Forbidden):
        announce(DRAFTER, HEAD, *days, None, "Nghỉ phép")
    announce(HEAD, DRAFTER, *days, "cv.qlkh.2", "Nghỉ ốm")
    announce(SECRETARY, DIRECTOR, *days, LEADER, "Đi công tác")
    assert [a.person for a in office.engine.queries.absences("cv.tdc.1")] == []
    assert {a.person for a in office.engine.queries.absences(SECRETARY)} == {DRAFTER, DIRECTOR}
    assert len(office.told(LEADER, "deputy_named")) == 1
