"""T2, quality management by ISO 9001: eleven trainings, scores appealed, requests from outside, what must not block."""

import json
import re
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

import consistency
import offices
import stores
import told
from engine import Conflict, bpmn
from webui import demo
from webui.stories import t2
from webui.stories.many import completes, holding

STEPS = json.loads((Path(__file__).parents[1] / "fixtures" / "t2_steps.json").read_text("utf-8"))
MODEL = Path(__file__).parents[2] / "workflows" / "iso_9001" / "iso_9001.bpmn"
DEFINITION = bpmn.compile(MODEL.read_bytes(), file=MODEL.name)
Play = Callable[..., offices.Office]


@pytest.fixture
def played(all_stores: stores.Stores) -> Iterator[Play]:
    """The story up to an instant (not included), on a store of its own; the store must be whole afterwards.

    `without` leaves acts out, by instant; `instead` replaces them.
    """
    opened = []

    def play(
        until: str = "2023", without: frozenset[str] = frozenset(), instead: dict[str, t2.Act] | None = None
    ) -> offices.Office:
        core = offices.open_engine(all_stores.fresh("sqlite", "demo"))
        offices.wind(core, demo.STARTS)
        office = offices.Office(core)
        opened.append(office)
        for when, act in t2.STORY:
            if when >= until:
                break
            if when not in without:
                office.at(when)
                (instead or {}).get(when, act)(office)
        return office

    yield play
    for office in opened:
        assert consistency.faults(office.engine) == []
        office.engine.close()
        all_stores.drop(office.engine.settings.database_url)


def papers(office: offices.Office) -> dict[str, Any]:
    return {document.artefact: document for document in office.case().documents}


def with_agencies(*units: str, **more: Any) -> dict[str, Any]:
    return {**more, "pending": [f"ext_agencies@{unit}" for unit in units]}


@pytest.mark.parametrize("step", STEPS, ids=lambda s: s["step"])
def test_each_step_of_t2_is_one_element_with_exactly_its_covers(step: dict[str, Any]) -> None:
    found = [e for e in DEFINITION.elements.values() if e.properties.get("step") == step["step"]]
    assert len(found) == 1
    assert found[0].properties.get("covers", "").split() == step["covers"]
    if step["lane"] != "—":
        assert found[0].lane in re.split(r"\W+", step["lane"])


def test_the_year_is_closed_with_every_result_and_the_derived_report(played: Play) -> None:
    office = played()
    case = office.case()
    assert (case.state, case.progress) == ("completed", "hoan_thanh_dung_han")
    # The log of the group and the quarterly urging do not keep the case open.
    assert office.waits() == {}
    made = papers(office)
    plan = json.loads((MODEL.parents[1] / "demo" / "plan-2022.json").read_text("utf-8"))
    task = next(t for t in plan["focus_tasks"] if t["code"] == "T2")
    wanted = [artefact for result in task["results"] for artefact in result["artefacts"]]
    assert [a for a in wanted if a not in made and f"{a}-11" not in made] == []
    assert "bao_cao_nam_iso" in made
    assert case.result == ("02/BC-KHCN", date(2022, 12, 27))
    assert made["huong_dan_cham_diem"].symbol == "01/HD-KHCN"
    assert made["quyet_dinh_xep_hang"].symbol == "01/QĐ-UBND"
    office.at("2022-12-30")
    assert {month: told.standing(office, "T2", told.month_end(month)).status for month in t2.MONTHLY} == t2.MONTHLY
    assert sorted(a for a in made if a.startswith("bien_ban_tap_huan-")) == [
        f"bien_ban_tap_huan-{n:02d}" for n in range(1, 12)
    ]
    assert {step.state for step in case.steps} == {"done"}
    assert all(state.startswith("done") for state in office.milestones().values())
    # Each quarter once, counted from the day of opening.
    assert [state for state, _, _ in office.history("don_doc_quy")] == ["completed"] * 3
    assert office.history("ghi_nhat_ky")[-1][0] == "cancelled"
    assert office.everybody_told("thieu_tap_huan") == set()
    assert office.everybody_told("qua_han") == set()


def test_t2_only_10_of_11_trainings_cannot_close_branch(played: Play) -> None:
    last = f"{t2.TRAININGS[-1]} 16:30"
    office = played("2022-11-24", without=frozenset({last}))
    # Scored and ranked, but the strands do not come together; who follows it was warned on 01/10.
    assert "bao_cao_nam" not in office.waits()
    assert office.waits()["to_chuc_tap_huan"] == [t2.DRAFTER]
    assert office.task(t2.DRAFTER, "to_chuc_tap_huan").name == "Tổ chức cuộc tập huấn: 11"
    assert office.everybody_told("thieu_tap_huan") >= {t2.DRAFTER, t2.HEAD, t2.LEADER}
    # The eleventh needs a record of its own: that of the tenth does not do.
    view = office.task(t2.DRAFTER, "to_chuc_tap_huan")
    told = {"ngay": "2022-11-24", "dia_diem": "Hội trường", "co_quan": "Các cơ quan còn lại", "so_nguoi": 20}
    with offices.refused(office, Conflict, "gate_closed"):
        office.engine.cases.complete(view.id, t2.DRAFTER, told, view.version)
    office.does(t2.DRAFTER, "to_chuc_tap_huan", told)
    assert "bao_cao_nam" in office.waits()
    assert "bien_ban_tap_huan-11" in papers(office)


def test_the_number_of_trainings_is_what_the_branch_planned(played: Play) -> None:
    def three(office: offices.Office) -> None:
        plan = {"drafter": t2.DRAFTER, "noi_dung": "Theo dõi chương trình ISO cả năm.", "so_lop": 3}
        office.does(t2.HEAD, "phan_cong", plan)

    office = played("2022-07-13", instead={"2022-01-28 09:30": three})
    assert "to_chuc_tap_huan" not in office.waits()
    assert sorted(a for a in papers(office) if a.startswith("bien_ban_tap_huan-"))[-1] == "bien_ban_tap_huan-03"


def test_t2_28_request_of_so_noi_vu_arriving_twice(played: Play) -> None:
    office = played("2022-05-24")
    assert office.waits()["tra_loi_noi_vu"] == [t2.DRAFTER, t2.DRAFTER]
    due = sorted(view.due.day.isoformat() for view in holding(office, t2.DRAFTER, "tra_loi_noi_vu"))
    assert due == ["2022-05-27", "2022-06-03"]
    # The main strand went on meanwhile.
    assert "bao_cao_6_thang" in office.waits()
    office.at("2022-05-24 10:00")
    t2.answers_home_affairs("210/KHCN-TĐC", "2022-05-24", "kiem_tra_cchc")(office)
    assert office.waits()["tra_loi_noi_vu"] == [t2.DRAFTER]


REQUEST = {"so_cong_van": "400/SNV", "han_tra_loi": "2022-12-30"}


def test_a_request_that_was_not_answered_keeps_the_case_open_the_logs_do_not(played: Play) -> None:
    office = played("2022-12-28", without=frozenset({"2022-10-31 10:00"}))
    assert {"don_doc_quy", "ghi_nhat_ky"} <= office.waits().keys()
    office.at("2022-12-28 08:30")
    office.engine.opening.receive(t2.CLERK, office.case_id, "yeu_cau_so_noi_vu", REQUEST)
    office.does(t2.SECRETARY, "dong_nhiem_vu", {"ket_qua": "Báo cáo năm đã ký, đã lưu.", "da_luu_ho_so": True})
    assert office.waits() == {"tra_loi_noi_vu": [t2.DRAFTER]}
    assert office.case().state == "running"
    t2.answers_home_affairs("500/KHCN-TĐC", "2022-12-28", "sua_tieu_chi")(office)
    assert office.case().state == "completed"


def test_who_has_not_submitted_a_plan_is_reminded_and_waited_for_until_the_end_of_the_month(played: Play) -> None:
    office = played("2022-02-18")
    assert office.waits()["tiep_nhan_ke_hoach"] == ["ext_agencies@so_cong_thuong", "ext_agencies@ubnd_huyen_02"]
    office.at("2022-02-17 08:30")
    assert office.told("dm.sct", "nhac_viec") == ["17/02 08:00"]
    assert office.told("dm.snv", "nhac_viec") == []
    office.at("2022-03-01 00:00")
    assert "tiep_nhan_ke_hoach" not in office.waits()
    assert "lap_bang_theo_doi" in office.waits()
    assert len(office.variables()["plan_reports"]) == 4


def test_the_clerk_records_for_who_writes_on_paper(played: Play) -> None:
    office = played("2022-02-21 09:00")
    (view,) = holding(office, t2.CLERK, "tiep_nhan_ke_hoach")
    assert view.name == f"Tiếp nhận kế hoạch ISO: {t2.UNITS[t2.ON_PAPER]}"
    completes(office, t2.CLERK, view, {"so_ky_hieu": "45/KH-UBND", "ngay_van_ban": "2022-02-17"})
    assert "lap_bang_theo_doi" in office.waits()
    assert papers(office)["ke_hoach_iso_co_quan-06"].versions[0].by == "Văn thư Sở"


def test_more_evidence_sends_one_agency_back_to_score_itself(played: Play) -> None:
    office = played("2022-10-12")
    assert office.waits()["tu_cham_diem"] == ["ext_agencies@ubnd_huyen_01"]
    assert "lap_ket_qua_cham" not in office.waits()
    assert len(office.variables()["scores"]) == 5
    # Past the day of the plan it has five working days more: 17/10.
    assert office.due("dm.huyen.01", "tu_cham_diem").endswith("17/10")
    office.at("2022-10-18 00:00")
    assert "tu_cham_diem" not in office.waits()
    assert [view.name for view in holding(office, t2.DRAFTER, "tham_dinh_diem")] == [
        f"Thẩm định điểm cơ quan: {t2.UNITS[t2.INCOMPLETE]}"
    ]


def test_an_appeal_loops_back_for_that_agency_alone_and_silence_accepts_the_score(played: Play) -> None:
    office = played("2022-10-28")
    assert "giai_trinh_diem" in office.waits()
    # Five working days after 19/10.
    office.at("2022-10-26 23:59")
    assert len(office.waits()["giai_trinh_diem"]) == 3
    office.at("2022-10-27 00:00")
    assert [view.name for view in holding(office, t2.DRAFTER, "tham_dinh_diem")] == [
        f"Thẩm định điểm cơ quan: {t2.UNITS[t2.APPEALS]}"
    ]
    raised = {"ket_luan": "dieu_chinh", "diem_tham_dinh": 95, "noi_dung": "Chấp nhận giải trình."}
    office.does(t2.DRAFTER, "tham_dinh_diem", raised)
    scores = {row["agency"]: row["score"] for row in office.variables()["scores"]}
    assert len(scores) == 6
    assert scores[f"ext_agencies@{t2.APPEALS}"] == 95
    assert office.variables()["to_notify"] == [f"ext_agencies@{t2.APPEALS}"]


def test_without_thresholds_nobody_is_ranked_by_the_table_and_the_proposer_names_the_basis(played: Play) -> None:
    office = played("2022-11-08 10:00")
    rankings = office.variables()["rankings"]
    assert {(row["rank"], row["thresholds_missing"]) for row in rankings} == {(None, True)}
    with pytest.raises(offices.Invalid) as refusal:
        office.does(t2.DRAFTER, "de_xuat_xep_hang", {**t2.RANKING, "can_cu": ""})
    assert offices.problems(refusal.value) == {"can_cu": ["required"]}
    # The director signs himself when the rule says so.
    office.does(t2.DRAFTER, "de_xuat_xep_hang", {**t2.RANKING, "cap_ky": "dept_director"})
    assert office.waits()["ky"] == ["dept_director"]


def test_a_missed_target_must_be_explained(played: Play) -> None:
    office = played("2022-12-14")
    missed = {**t2.YEAR, "xa_ap_dung": 200}
    with pytest.raises(offices.Invalid) as refusal:
        office.does(t2.DRAFTER, "bao_cao_nam", missed)
    assert offices.problems(refusal.value) == {"giai_trinh": ["required"]}
    office.does(t2.DRAFTER, "bao_cao_nam", {**missed, "giai_trinh": "Chín xã mới sáp nhập, áp dụng từ quý I năm sau."})
    assert office.waits()["ky"] == ["dept_director"]


def test_members_of_the_board_are_asked_when_the_drafter_chooses_them(played: Play) -> None:
    asks = {**t2.BOARD_PLAN, "board_members": [t2.BOARD_HEAD], "days": 2}
    redraft = {"2022-02-23 15:00": t2.drafts("du_thao_ke_hoach_bcd", asks)}
    office = played("2022-02-28", instead=redraft)
    assert office.waits()["y_kien_bcd"] == [t2.BOARD_HEAD]
    office.does(t2.BOARD_HEAD, "y_kien_bcd", {"outcome": "dong_y"})
    office.does(t2.DRAFTER, "tiep_thu_bcd", {"noi_dung_tiep_thu": "Không có góp ý phải chỉnh lý."})
    assert office.waits()["ky"] == ["iso_board_head"]


def test_a_refused_plan_of_the_board_goes_to_the_director_who_may_stop_the_task(played: Play) -> None:
    refuses = offices.decides(t2.HEAD, "duyet_ke_hoach_bcd", "khong_dong_y", "Trùng với kế hoạch của UBND tỉnh.")
    office = played("2022-02-23 15:00", instead={"2022-02-23 09:00": refuses})
    assert office.waits()["cho_huong_xu_ly"] == ["dept_director"]
    office.decides(t2.DIRECTOR, "cho_huong_xu_ly", "khong_dong_y", "Dừng vì nhiệm vụ được giao cho cơ quan khác.")
    assert office.case().state == "ended"
    assert office.waits() == {}
