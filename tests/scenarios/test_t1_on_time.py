"""T1 as the plan wants it: from the assignment to the signed directive, every step done by the person whose it is."""

from collections.abc import Callable
from datetime import date

import pytest

import offices
from offices import CLERK, DIRECTOR, DRAFTER, HEAD, LEADER, PROVINCE, SECRETARY, VICE_CHAIR
from webui import demo

At = Callable[..., offices.Office]


def test_the_directive_is_signed_within_the_planned_month(office_at: At) -> None:
    office = office_at("nhan_nhiem_vu")
    assert office.until("phan_cong").waits() == {"phan_cong": ["unit_head@phong_qlkh"]}
    assert office.due(HEAD, "phan_cong") == "today 28/01"

    drafting = {"danh_gia": [DRAFTER], "nghien_cuu": [DRAFTER], "thu_thap": [DRAFTER]}
    assert office.until("chuan_bi").waits() == drafting
    assert office.until("chon_hinh_thuc").waits() == {"chon_hinh_thuc": ["unit_head@phong_qlkh"]}
    assert office.variables()["is_qppl"] is False
    assert office.until("xay_dung_du_thao").waits() == {"xay_dung_du_thao": [DRAFTER]}
    assert office.until("duyet_du_thao").waits() == {"duyet_du_thao": ["unit_head@phong_qlkh"]}
    assert office.until("mo_dot_xin_y_kien").waits() == {"mo_dot_xin_y_kien": [DRAFTER]}
    # Tết lies between: the next working day after 28/01 is 07/02.
    assert office.due(DRAFTER, "mo_dot_xin_y_kien") == "soon 07/02"

    units = [f"internal_units@{unit}" for unit in demo.UNITS]
    assert office.until("gop_y_noi_bo").waits() == {"gop_y_noi_bo": sorted([*units, "pgd.so.1", "pgd.so.2"])}
    assert office.due("cct.tdc", "gop_y_noi_bo") == "soon 11/02"
    assert office.until("hoan_thien_du_thao_1").waits() == {"hoan_thien_du_thao_1": [DRAFTER]}
    assert office.due(DRAFTER, "hoan_thien_du_thao_1") == "ok 28/02"
    assert office.until("thong_qua_du_thao_1").waits() == {"thong_qua_du_thao_1": ["dept_leader"]}
    assert office.until("gui_hoi_dong").waits() == {"gui_hoi_dong": ["clerk"]}
    assert office.due(CLERK, "gui_hoi_dong") == "soon 14/02"
    assert office.until("hoi_dong_gop_y").waits() == {"hoi_dong_gop_y": list(demo.COUNCIL)}
    assert office.due("hd.khcn.1", "hoi_dong_gop_y") == "ok 23/02"
    assert office.until("hoan_thien_du_thao_2").waits() == {"hoan_thien_du_thao_2": [DRAFTER]}
    assert office.until("ky_trinh").waits() == {"ky_trinh": ["dept_director"]}
    assert office.until("chi_dao").waits() == {"chi_dao": ["vice_chair"]}
    assert office.due(VICE_CHAIR, "chi_dao") == "ok 31/03"
    assert office.until("hoan_thien_ho_so").waits() == {"hoan_thien_ho_so": [DRAFTER]}
    assert office.until("kiem_tra_ho_so").waits() == {"kiem_tra_ho_so": ["ubnd_office"]}
    assert office.until("ky").waits() == {"ky": ["vice_chair"]}
    assert office.until("phat_hanh").waits() == {"phat_hanh": ["clerk"]}
    assert office.due(CLERK, "phat_hanh") == "soon 01/04"
    assert office.until("dong_nhiem_vu").waits() == {"dong_nhiem_vu": ["dept_office"]}
    assert office.due(SECRETARY, "dong_nhiem_vu") == "today 31/03"
    assert office.variables()["status"] == "hoan_thanh_dung_han"
    assert office.finish().waits() == {}

    case = office.case()
    assert case.state == "completed"
    assert case.result == ("01/CT-UBND", date(2022, 3, 31))
    assert (case.case_due.state, case.case_due.day) == ("done", date(2022, 4, 29))
    assert office.milestones() == {
        "Phân công": "done 28/01",
        "Trình nội bộ": "done 08/02",
        "Dự thảo 1": "done 10/02",
        "Hội đồng góp ý": "done 21/02",
        "Dự thảo 2": "done 25/02",
        "Giám đốc ký trình": "done 01/03",
        "Phó Chủ tịch chỉ đạo": "done 03/03",
        "Ký ban hành": "done 31/03",
    }
    assert {step.state for step in case.steps} == {"done"}
    assert office.faults() == []


def test_more_than_nine_different_people_act(office_at: At) -> None:
    office = office_at("ky").finish()
    people = {SECRETARY, HEAD, DRAFTER, LEADER, DIRECTOR, VICE_CHAIR, PROVINCE, CLERK}
    assert office.acted() == {*people, *offices.ASKED, *demo.COUNCIL}
    assert len(office.acted()) >= 9


def test_the_case_shows_who_signed_what_in_which_capacity(office_at: At) -> None:
    office = office_at("ky").finish()
    gates = {(gate.element, gate.decider, gate.outcome) for gate in office.case().gates}
    assert gates == {
        ("duyet_du_thao", "Trưởng phòng Quản lý Khoa học", "dong_y"),
        ("thong_qua_du_thao_1", "Phó Giám đốc Sở 1", "dong_y"),
        ("ky_trinh", "Giám đốc Sở", "dong_y"),
        ("chi_dao", "Phó Chủ tịch UBND tỉnh", "dong_y"),
        ("kiem_tra_ho_so", "Chuyên viên Văn phòng UBND tỉnh", "du"),
        ("ky", "Phó Chủ tịch UBND tỉnh", "dong_y"),
    }
    documents = {d.artefact: d for d in office.case().documents}
    signed, issued = documents["ban_trinh_ky"].versions[0], documents["chi_thi_da_ky"].versions[0]
    assert signed.sha256 == issued.sha256
    assert issued.signed
    assert documents["chi_thi_da_ky"].symbol == "01/CT-UBND"


def test_nobody_is_told_of_a_delay_when_the_plan_is_met(office_at: At) -> None:
    office = office_at("ky").finish()
    office.at("2022-05-02")
    assert office.everybody_told("cham_ke_hoach") == set()
    assert office.everybody_told("qua_han") == set()
    assert office.told(DRAFTER, "da_ban_hanh") == ["31/03 14:00"]
    assert office.everybody_told("da_ban_hanh") == {DRAFTER, HEAD, LEADER, "pgd.so.2", DIRECTOR}


def test_a_task_is_shown_late_from_the_midnight_after_its_day(office_at: At) -> None:
    office = office_at("phan_cong")
    office.at("2022-01-28 23:59")
    assert office.due(HEAD, "phan_cong") == "today 28/01"
    office.at("2022-01-29 00:00")
    assert office.due(HEAD, "phan_cong") == "late 28/01"
    # Tết is not counted: on Monday 07/02 it is late by one working day.
    office.at("2022-02-07 08:00")
    assert office.task(HEAD, "phan_cong").due.days == 1


def test_the_head_may_choose_a_plan_instead_of_a_directive(office_at: At) -> None:
    office = office_at("phan_cong").until("chon_hinh_thuc")
    office.at("2022-01-28 11:00")
    why = "Cần giao việc theo từng năm cho các cơ quan."
    office.does(HEAD, "chon_hinh_thuc", {"doc_kind": "ke_hoach", "ly_do": why})
    office.finish()
    assert office.case().result == ("01/KH-UBND", date(2022, 3, 31))
    assert office.faults() == []


@pytest.mark.parametrize(
    ("signed", "status", "shown"),
    [
        ("2022-02-28 09:00", "hoan_thanh_truoc_han", "done"),
        ("2022-03-31 17:00", "hoan_thanh_dung_han", "done"),
        ("2022-04-05 09:00", "hoan_thanh_cham_kh", "done"),
        ("2022-04-30 16:00", "hoan_thanh_cham_kh", "done"),
        ("2022-05-04 09:00", "hoan_thanh_qua_han", "done_late"),
    ],
)
def test_the_day_of_signing_decides_the_status(office_at: At, signed: str, status: str, shown: str) -> None:
    office = office_at("hoi_dong_gop_y").hurry("ky")
    office.at(signed).decides(VICE_CHAIR, "ky", "dong_y")
    offices.handles("phat_hanh", CLERK)(office)
    assert office.variables()["status"] == status
    offices.handles("dong_nhiem_vu", SECRETARY)(office)
    assert (office.case().progress, office.case().case_due.state) == (status, shown)
    assert office.faults() == []
