"""The two supporting processes: the periodic report S1 through a whole year, and S2, which moves a task of the plan."""

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

import offices
from engine import bpmn
from engine.commands import models
from engine.records import cases, documents, focus_tasks, plans
from offices import CLERK, DIRECTOR, LEADER, SECRETARY, VICE_CHAIR
from webui.stories import s1, s2

At = Callable[..., offices.Office]
ROOT = Path(__file__).parents[2]
STEPS = {code: json.loads((ROOT / f"tests/fixtures/{code}_steps.json").read_text("utf-8")) for code in ("s1", "s2")}
MODELS = {"s1": "bao_cao_tien_do", "s2": "dieu_chinh_kh"}


def compiled(code: str) -> bpmn.Definition:
    name = MODELS[code]
    return bpmn.compile((ROOT / f"workflows/{name}/{name}.bpmn").read_bytes(), file=name)


@pytest.mark.parametrize("code", STEPS)
def test_each_step_is_one_element_with_exactly_its_covers_in_its_lane(code: str) -> None:
    elements = compiled(code).elements.values()
    for step in STEPS[code]:
        (found,) = [e for e in elements if e.properties.get("step") == step["step"]]
        assert found.properties.get("covers", "").split() == step["covers"]
        assert found.lane in re.split(r"\W+", step["lane"])
    known = {step["step"] for step in STEPS[code]}
    for element in elements:
        assert {*element.properties.get("step", "").split(), *element.properties.get("part_of", "").split()} <= known


# --- S1 -------------------------------------------------------------------------------------------------------------


@pytest.fixture
def year(office_at: At) -> offices.Office:
    """The office on the first working day of the year."""
    office = office_at("nhan_nhiem_vu")
    offices.wind(office.engine, datetime(2022, 1, 28, 1, tzinfo=UTC))
    # The stores of T1 have no timers that start processes: here they are wanted.
    office.engine.write(lambda tx: models._arm_starts(tx, [tx.environment_facts.processes[s1.PROCESS]]))
    offices.wind(office.engine, datetime(2022, 1, 4, 1, tzinfo=UTC))
    return office


def reports(office: offices.Office) -> list[Any]:
    c, d = cases.c, documents.c
    signed = sa.and_(d.case_id == c.id, d.artefact == "bao_cao_da_ky")
    found = sa.select(c.code, c.status, c.started_by, c.started_at, d.number, d.dated).outerjoin(documents, signed)
    return office.read(found.where(c.process_id == s1.PROCESS).order_by(c.started_at))


def test_every_month_of_the_year_has_its_signed_report(year: offices.Office) -> None:
    for when, act in s1.STORY:
        year.at(when)
        act(year)
    year.at("2022-12-30 17:00")
    found = reports(year)
    assert [row.status for row in found] == ["completed"] * 12
    assert [row.number for row in found] == [f"{n:02d}/BC-KHCN" for n in range(1, 13)]
    assert [f"{row.dated:%d/%m}" for row in found] == [f"{sign[3:]}/{sign[:2]}" for _, _, sign in s1.MONTHS.values()]
    # January's timer was not armed yet when this store was made; the others have opened by themselves.
    opened = [f"{row.started_at + timedelta(hours=7):%d/%m %H:%M}" for row in found[1:]]
    assert opened == [f"15/{n:02d} 08:00" for n in range(2, 13)]
    assert {row.started_by for row in found[1:]} == {"system"}
    # Once a unit was late: the office and the leaders were told, and the unit itself once more.
    assert year.told(SECRETARY, "cham_bao_cao") == ["19/07 00:00"]
    assert year.told(s1.LATE, "cham_bao_cao") == ["19/07 00:00"]
    assert year.told(LEADER, "cham_bao_cao") == ["19/07 00:00"]
    assert year.told("cct.tdc", "cham_bao_cao") == []
    assert year.faults() == []


def test_a_report_waits_for_all_four_units_and_reminds_the_late_ones(year: offices.Office) -> None:
    year.at("2022-02-15 08:30")
    s1.finds(year)
    assert year.case().title == "Theo dõi, báo cáo tiến độ định kỳ 02/2022"
    assert [(row.started_by, row.status) for row in reports(year)] == [("system", "running")]
    units = ("phong_qlkh", "chi_cuc_tdc", "phong_khcn_cs_shtt", "tt_ung_dung")
    assert year.waits() == {"don_vi_cap_nhat": sorted(f"unit_head@{unit}" for unit in units)}
    assert year.due("cct.tdc", "don_vi_cap_nhat").endswith("16/02")
    s1.units_report("tp.qlkh", "tp.shtt", "gd.ttud")(year)
    year.at("2022-02-16 23:59")
    assert year.everybody_told("nhac_bao_cao") == {"cct.tdc"}
    assert year.everybody_told("cham_bao_cao") == set()
    year.at("2022-02-17 00:00")
    assert {"cct.tdc", SECRETARY, LEADER, DIRECTOR} <= year.everybody_told("cham_bao_cao")
    assert year.waits() == {"don_vi_cap_nhat": ["unit_head@chi_cuc_tdc"]}
    s1.units_report("cct.tdc")(year)
    assert year.waits() == {"ra_soat": ["dept_office"]}
    made = {d.artefact for d in year.case().documents}
    assert made == {"bang_tien_do", "du_thao_bao_cao"}
    assert year.faults() == []


def test_the_office_sends_the_report_back_to_all_units(year: offices.Office) -> None:
    year.at("2022-02-15 08:30")
    s1.finds(year)
    s1.units_report(*s1.UNITS)(year)
    s1.reviewed("yeu_cau_chinh_sua", "Bổ sung minh chứng cho từng kết quả.")(year)
    assert len(year.waits()["don_vi_cap_nhat"]) == 4
    year.at("2022-02-16 09:00")
    s1.units_report(*s1.UNITS)(year)
    s1.reviewed()(year)
    assert year.waits() == {"ky_nhay": ["unit_head@van_phong_so"]}
    s1.initialled(year)
    assert year.waits() == {"ky": ["dept_director"]}
    assert year.due(DIRECTOR, "ky").endswith("21/02"), "the 20th is a Sunday"
    s1.signed()(year)
    assert year.waits() == {"gui_bao_cao": ["clerk"] * 3}
    s1.sent("2022-02-16")(year)
    assert [row.status for row in reports(year)] == ["completed"]
    assert year.acted() >= {*s1.UNITS, SECRETARY, s1.CHIEF, DIRECTOR, CLERK}
    assert year.faults() == []


@pytest.mark.parametrize(
    ("opened", "period", "cut_off"),
    [
        ("2022-03-15", "quy", "2022-03-14"),
        ("2022-05-16", "thang", "2022-05-14"),
        ("2022-06-15", "6_thang", "2022-06-14"),
        ("2022-09-15", "9_thang", "2022-09-14"),
        ("2022-12-15", "nam", "2022-12-14"),
    ],
)
def test_the_month_decides_the_period_that_is_reported(
    year: offices.Office, opened: str, period: str, cut_off: str
) -> None:
    year.at(f"{opened} 09:00")
    s1.finds(year)
    known = year.variables()
    assert (known["period"], known["cut_off"]) == (period, cut_off)


# --- S2 -------------------------------------------------------------------------------------------------------------


def versions(office: offices.Office) -> list[int]:
    return [row.version for row in office.read(sa.select(plans).order_by(plans.c.version))]


def months(office: offices.Office, code: str) -> tuple[str, str, str]:
    f, p = focus_tasks.c, plans.c
    newest = office.read(sa.select(sa.func.max(p.version)))[0][0]
    found = sa.select(f.planned_finish, f.committed_finish, f.latest_finish).join(plans, p.id == f.plan_id)
    (row,) = office.read(found.where(f.code == code, p.version == newest))
    return (row.planned_finish, row.committed_finish, row.latest_finish)


def test_the_adjustment_of_the_year_leaves_the_months_of_its_task(office_at: At) -> None:
    office = office_at("nhan_nhiem_vu")
    before = months(office, s2.FOCUS)
    for when, act in s2.STORY:
        office.at(when)
        act(office)
    assert versions(office) == [2, 3], "the plan of 2022 is itself a second version"
    assert months(office, s2.FOCUS) == before == ("2022-12", "2022-12", "2022-12")
    assert office.history("tham_tra_de_nghi") == [("completed", "chua_du", 1), ("completed", "du", 2)]
    assert office.case().state == "completed"
    assert office.faults() == []


def adjusts(office: offices.Office, code: str, person: str, **proposal: Any) -> offices.Office:
    """The head of the unit proposes other months for a task, and the office finds nothing missing."""
    focus = next(f for f in office.engine.queries.focus_tasks(person) if f.code == code)
    office.case_id = office.engine.cases.start(person, focus.id, process_id=s2.PROCESS)
    office.engine.operations.settle()
    office.does(person, "de_nghi", {"ly_do": "Phải chờ ý kiến của các bộ, ngành Trung ương.", **proposal})
    office.decides(SECRETARY, "tham_tra_de_nghi", "du")
    return office


LATER = {"new_planned_finish": "2022-09", "new_committed_finish": "2022-10", "new_latest_finish": "2022-10"}


def test_a_task_that_the_department_registered_is_moved_by_its_director(office_at: At) -> None:
    office = adjusts(office_at("nhan_nhiem_vu"), "T5", "tp.shtt", **LATER)
    office.decides(DIRECTOR, "giam_doc_quyet_dinh", "dong_y")
    assert months(office, "T5") == ("2022-09", "2022-10", "2022-10")
    assert office.case().state == "completed"
    assert office.faults() == []


def test_for_a_task_of_the_province_the_vice_chair_has_to_consent(office_at: At) -> None:
    office = adjusts(office_at("nhan_nhiem_vu"), "T3", "gd.ttud", new_latest_finish="2022-06")
    office.decides(DIRECTOR, "giam_doc_quyet_dinh", "dong_y")
    assert office.waits() == {"cho_y_kien_chi_dao": ["vice_chair"]}
    assert versions(office) == [2]
    office.decides(VICE_CHAIR, "cho_y_kien_chi_dao", "khong_dong_y", "Giải thưởng phải trao đúng ngày 18/5.")
    assert (office.case().state, versions(office)) == ("ended", [2])
    assert months(office, "T3") == ("2022-05", "2022-05", "2022-05")
    assert office.faults() == []


def test_the_unit_may_ask_for_the_vice_chairs_consent_itself(office_at: At) -> None:
    office = adjusts(office_at("nhan_nhiem_vu"), "T5", "tp.shtt", **LATER, xin_y_kien_cap_giao=True)
    office.decides(DIRECTOR, "giam_doc_quyet_dinh", "dong_y")
    assert office.waits() == {"cho_y_kien_chi_dao": ["vice_chair"]}
    office.decides(VICE_CHAIR, "cho_y_kien_chi_dao", "dong_y")
    assert months(office, "T5")[2] == "2022-10"


def test_the_director_may_refuse_or_ask_for_more(office_at: At) -> None:
    office = adjusts(office_at("nhan_nhiem_vu"), "T5", "tp.shtt", **LATER)
    office.decides(DIRECTOR, "giam_doc_quyet_dinh", "yeu_cau_chinh_sua", "Đề nghị lùi một tháng, không phải hai.")
    assert office.waits() == {"de_nghi": ["unit_head@phong_khcn_cs_shtt"]}
    office.at("2022-02-07 09:00").does("tp.shtt", "de_nghi", {"ly_do": "Chỉ xin lùi một tháng.", **LATER})
    office.decides(SECRETARY, "tham_tra_de_nghi", "du")
    office.decides(DIRECTOR, "giam_doc_quyet_dinh", "khong_dong_y", "Nhiệm vụ phải hoàn thành theo kế hoạch.")
    assert (office.case().state, versions(office)) == ("ended", [2])
