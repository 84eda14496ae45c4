"""How the year's focus tasks stand on a day: DMN-04 over what had happened by then, and nothing that came later."""

from collections.abc import Callable
from datetime import date

import pytest

import offices
from engine import Forbidden
from offices import SECRETARY

At = Callable[..., offices.Office]


def standing(office: offices.Office, day: date | None = None) -> dict[str, str]:
    return {row.code: row.status for row in office.engine.queries.progress(SECRETARY, 2022, day)}


def test_what_nobody_has_opened_is_late_once_its_first_month_is_over(office_at: At) -> None:
    office = office_at("phan_cong")
    assert list(standing(office)) == ["T1", "T2", "T3", "T4", "T5", "T6"]
    assert standing(office)["T2"] == "chua_thuc_hien_chua_den_han"
    assert standing(office, date(2022, 2, 1))["T2"] == "chua_thuc_hien_qua_han_bat_dau"


def test_a_task_is_on_time_then_near_then_behind_the_plan_then_late(office_at: At) -> None:
    office = office_at("ky")
    days = {
        date(2022, 1, 27): "chua_thuc_hien_chua_den_han",
        date(2022, 1, 28): "dang_thuc_hien_trong_han",
        date(2022, 3, 23): "dang_thuc_hien_trong_han",
        date(2022, 3, 24): "dang_thuc_hien_sap_den_han",
        date(2022, 4, 1): "dang_thuc_hien_cham_kh",
        date(2022, 4, 30): "dang_thuc_hien_cham_kh",
        date(2022, 5, 1): "dang_thuc_hien_qua_han",
    }
    assert {day: standing(office, day)["T1"] for day in days} == days


def test_the_day_of_the_signature_counts_and_the_days_before_it_do_not_know_of_it(office_at: At) -> None:
    office = office_at("ky").finish()
    (row,) = [r for r in office.engine.queries.progress(SECRETARY, 2022) if r.code == "T1"]
    assert (row.status, row.colour, row.started_on, row.finished_on) == (
        "hoan_thanh_dung_han",
        "blue",
        date(2022, 1, 28),
        date(2022, 3, 31),
    )
    assert (row.results_done, row.results_total) == (3, 3)
    assert [(r.id, r.done, r.symbol) for r in row.results] == [
        ("T1-r1", True, None),
        ("T1-r2", True, None),
        ("T1-r3", True, "01/CT-UBND"),
    ]
    assert standing(office, date(2022, 3, 30))["T1"] == "dang_thuc_hien_sap_den_han"
    (before,) = [r for r in office.engine.queries.progress(SECRETARY, 2022, date(2022, 2, 10)) if r.code == "T1"]
    assert (before.results_done, before.finished_on) == (1, None)


def test_a_task_that_was_stopped_is_told_so(office_at: At) -> None:
    office = office_at("duyet_du_thao")
    office.decides(offices.HEAD, "duyet_du_thao", "khong_dong_y", offices.REASON)
    office.decides(offices.DIRECTOR, "cho_huong_xu_ly", "khong_dong_y", offices.REASON)
    assert standing(office)["T1"] == "khong_ban_hanh"
    assert standing(office, date(2022, 1, 27))["T1"] == "chua_thuc_hien_chua_den_han"


def test_somebody_outside_the_department_is_refused(office_at: At) -> None:
    office = office_at("phan_cong")
    with pytest.raises(Forbidden):
        office.engine.queries.progress("dm.snv", 2022)
