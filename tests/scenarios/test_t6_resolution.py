"""T6, the resolution of the provincial council: its year, the laws that it may run under, and its ways back."""

import json
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

import consistency
import offices
import stores
from engine import Conflict, Invalid, bpmn
from engine.bpmn import layout
from engine.records import cases, focus_tasks, incidents, journal, process_versions, tasks
from webui import demo
from webui.stories import t6
from webui.stories.t6 import decides_t6, does_t6, meeting, votes

WORKFLOWS = Path(__file__).parents[2] / "workflows"
MODEL = WORKFLOWS / "nq_hdnd_chat_luong" / "nq_hdnd_chat_luong.bpmn"
DEFINITION = bpmn.compile(MODEL.read_bytes(), file=MODEL.name)
STEPS = json.loads((Path(__file__).parents[1] / "fixtures" / "t6_steps.json").read_text("utf-8"))
PLAN = json.loads((WORKFLOWS / "demo" / "plan-2022.json").read_text("utf-8"))
FOCUS = next(task for task in PLAN["focus_tasks"] if task["code"] == "T6")
# Where tests begin; each is kept as a prototype of a store, so that no test plays what came before. "end" is the end.
STOPS = (
    "2022-01-28 09:30",
    "2022-04-01 09:00",
    "2022-06-20 15:00",
    "2022-09-21 15:00",
    "2022-10-27 10:00",
    "2022-11-02 09:00",
    "2022-12-09 10:30",
    "end",
)
At = Callable[[str], offices.Office]


@pytest.fixture
def at(all_stores: stores.Stores) -> Iterator[At]:
    """The story up to a stop (not included) on a store of its own, which must be whole afterwards."""
    opened = []

    def story(stop: str) -> offices.Office:
        with all_stores.lock("story.t6"):
            if not all_stores.has("sqlite", "t6 end"):
                _play(all_stores)
        office = offices.Office(offices.open_engine(all_stores.fresh("sqlite", f"t6 {stop}")))
        opened.append(office)
        known = office.read(sa.select(cases.c.id).where(cases.c.process_id == MODEL.stem))
        return replace(office, case_id=known[0].id if known else "")

    yield story
    for office in opened:
        # A letter that is sent again gets a second number; its document shows the last one, the book has both.
        again = "issued documents: rows too many [], rows missing"
        assert [fault for fault in consistency.faults(office.engine) if again not in fault] == []
        office.engine.close()
        all_stores.drop(office.engine.settings.database_url)


def _play(all_stores: stores.Stores) -> None:
    url = all_stores.fresh("sqlite", "demo")
    core = offices.open_engine(url)
    offices.wind(core, demo.STARTS)
    office = offices.Office(core)
    for when, act in (*t6.STORY, ("end", lambda office: None)):
        if when in STOPS:
            core.close()
            all_stores.keep(url, f"t6 {when}")
        if when != "end":
            office.at(when)
            act(office)
    core.close()
    all_stores.drop(url)


def goes_on(office: offices.Office, until: str) -> offices.Office:
    """The story from now on, up to a moment (not included)."""
    now = f"{office.engine.queries.chrome(t6.SECRETARY).now.astimezone(UTC) + timedelta(hours=7):%Y-%m-%d %H:%M}"
    for when, act in t6.STORY:
        if now < when < until:
            office.at(when)
            act(office)
    return office


def begun(office: offices.Office, day: str, months: str = "", **confirmed: Any) -> offices.Office:
    """T6 opened on a day, through its preparation to the confirmed legal basis."""
    moment = datetime.fromisoformat(f"{day} 01:00").replace(tzinfo=UTC)
    offices.wind(office.engine, moment)
    if months:
        names = ("planned_finish", "committed_finish", "latest_finish")
        values = {"planned_start": day[:7], **dict.fromkeys(names, months)}
        with office.engine.statements().begin() as connection:
            connection.execute(sa.update(focus_tasks).where(focus_tasks.c.code == "T6").values(**values))
    office.opens(t6.HEAD, "T6")
    does_t6("lap_ke_hoach", t6.HEAD)(office)
    for element in ("nghien_cuu", "tham_khao", "khao_sat"):
        does_t6(element)(office)
    does_t6("chon_doi_tuong", doi_tuong=["Hợp tác xã"], days=2)(office)
    t6.recorded("Hợp tác xã", "dong_y", received=day)(office)
    does_t6("xac_nhan_che_do", t6.HEAD, **confirmed)(office)
    return office


def steps_done(office: offices.Office) -> set[str]:
    """The steps of which a task was ever opened."""
    rows = office.read(sa.select(tasks.c.step).where(tasks.c.case_id == office.case_id))
    return {row.step for row in rows}


def documents(office: offices.Office) -> dict[str, Any]:
    return {document.artefact: document for document in office.case().documents}


# --- the model ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("step", STEPS, ids=lambda s: s["step"])
def test_each_step_of_t6_is_one_element_with_exactly_its_covers(step: dict[str, Any]) -> None:
    found = [e for e in DEFINITION.elements.values() if e.properties.get("step") == step["step"]]
    assert len(found) == 1
    assert found[0].properties.get("covers", "").split() == step["covers"]
    if step["lane"] != "—":
        assert found[0].lane in re.split(r"\W+", step["lane"])


def test_each_result_of_t6_is_made_by_a_step_that_the_domain_names_and_that_covers_it() -> None:
    for result in FOCUS["results"]:
        for artefact in result["artefacts"]:
            makers = [e for e in DEFINITION.elements.values() if artefact in e.properties.get("produces", "").split()]
            assert len(makers) == 1, artefact
            assert makers[0].properties["step"] in result["steps"]
            assert result["id"] in makers[0].properties["covers"].split()


def test_the_picture_of_t6_is_no_wider_than_two_screens() -> None:
    assert layout.Geometry.read(MODEL.read_bytes()).bounds.w <= 2400


# --- its year -----------------------------------------------------------------------------------------------------


def test_the_resolution_is_adopted_at_the_years_last_session_with_all_ten_results(at: At) -> None:
    office = at("end")
    assert office.case().state == "completed"
    (row,) = [r for r in office.engine.queries.progress(t6.SECRETARY, 2022, date(2022, 12, 31)) if r.code == "T6"]
    assert (row.results_done, row.results_total) == (10, 10)
    assert row.finished_on == date(2022, 12, 9)
    assert documents(office)["nghi_quyet_da_thong_qua"].symbol == "01/2022/NQ-HĐND"
    assert documents(office)["to_trinh_hdnd"].symbol == "01/TTr-UBND"
    assert {state.partition(" ")[0] for state in office.milestones().values()} == {"done"}
    assert office.variables()["status"] == "hoan_thanh_dung_han"
    assert office.read(sa.select(incidents).where(incidents.c.case_id == office.case_id)) == []
    assert office.faults() == []


def test_the_status_at_the_end_of_each_month_is_what_the_plan_says(at: At) -> None:
    office = at("end")
    found = {}
    for month in t6.MONTHLY:
        last = (date.fromisoformat(f"{month}-28") + timedelta(days=4)).replace(day=1) - timedelta(days=1)
        rows = office.engine.queries.progress(t6.SECRETARY, 2022, last)
        found[month] = next(row.status for row in rows if row.code == "T6")
    assert found == t6.MONTHLY


def test_affected_parties_have_no_accounts_and_their_silence_is_no_consent(at: At) -> None:
    office = at("2022-04-01 09:00").at("2022-04-01 09:00")
    (asked,) = [c for c in office.case(t6.DRAFTER).consultations if c.kind == "affected"]
    said = {o.who: (o.outcome or o.silence, o.recorded_by is not None) for o in asked.opinions}
    assert said == {
        "Doanh nghiệp nhỏ và vừa": ("dong_y", True),
        "Hợp tác xã": ("khong_dong_y", True),
        "Hộ kinh doanh": ("khong_tra_loi", False),
        "Hiệp hội doanh nghiệp": ("dong_y_co_y_kien", True),
    }
    # The proposal cannot be handed in while a remark is open.
    does_t6("xac_nhan_che_do", t6.HEAD, can_lam_viec=False)(office)
    with pytest.raises(Conflict) as refused:
        does_t6("lap_ho_so")(office)
    assert refused.value.code == "gate_closed"
    office.answers_remarks(t6.DRAFTER)
    does_t6("lap_ho_so")(office)
    assert office.waits() == {"mo_dot_xin_y_kien": [t6.DRAFTER]}


def test_limits_of_the_law_are_those_of_the_feasible_plan(at: At) -> None:
    """The dates of domain.md §2.5."""
    office = at("end")
    due = {}
    for row in office.read(sa.select(tasks).where(tasks.c.case_id == office.case_id).order_by(tasks.c.created_at)):
        if row.due_at:
            due.setdefault(row.element, []).append(f"{row.due_at + timedelta(hours=7):%d/%m}")
    # posted on 04/05 and on 05/08 (thirty days end on 03/06, and on Sunday 04/09): taken off from 04/06 and 06/09 on
    opened = {}
    for row in office.read(sa.select(tasks).where(tasks.c.element == "go_bai").order_by(tasks.c.created_at)):
        opened.setdefault("go_bai", []).append(f"{row.created_at + timedelta(hours=7):%d/%m %H:%M}")
    assert opened == {"go_bai": ["04/06 00:00", "06/09 00:00"]}
    # fifteen days from 10/06 end on Saturday 25/06; from 24/06 on Saturday 09/07; from 08/09 on Friday 23/09
    assert due["tham_dinh"] == ["27/06", "11/07", "23/09"]
    # a session that opens on 07/12: the file by 22/11, the report by Friday 25/11, the papers by 30/11
    assert due["ky"][-2:] == ["22/11", "13/12"]
    assert (due["ban_hdnd_tham_tra"], due["tai_lieu_ky_hop"]) == (["25/11"], ["30/11"])
    # adopted on Friday 09/12: to the gazette three days after, printed seven days after that
    assert (due["gui_cong_bao"], due["bang_chung_cong_bo"]) == (["12/12"], ["19/12"])


def test_on_the_last_day_before_the_session_those_who_hold_the_file_are_reminded(at: At) -> None:
    office = at("2022-11-02 09:00")
    goes_on(office, "2022-11-18")
    office.at("2022-11-22 12:00")
    assert office.everybody_told("han_truoc_ky_hop") >= {t6.DRAFTER, t6.DIRECTOR, t6.PROVINCE, t6.COMMITTEE}
    decides_t6(t6.CHAIR, "ky")(office)
    office.at("2022-11-25 12:00")
    assert office.told(t6.COMMITTEE, "han_truoc_ky_hop") == ["22/11 08:00", "25/11 08:00"]


# --- the laws -----------------------------------------------------------------------------------------------------


def test_t6_under_l2025_skips_08_to_21(at: At) -> None:
    office = begun(at("2022-01-28 09:30"), "2025-07-15", "2025-12", special_measures=True)
    assert office.variables()["legal_regime"] == "L2025_87"
    assert office.waits() == {"lap_bao_cao_tac_dong": [t6.DRAFTER]}
    office.does(t6.DRAFTER, "lap_bao_cao_tac_dong", {"noi_dung_tiep_thu": "Đã đánh giá tác động từng chính sách."})
    does_t6("soan_du_thao")(office)
    skipped = {f"T6.{n:02d}" for n in range(7, 22)}
    assert skipped.isdisjoint(steps_done(office))
    assert steps_done(office) >= {"T6.06", "T6.22", "T6.24", "T6.25"}
    # twenty days on the portal under the laws of 2025
    assert office.variables()["han"][1] == {"n": 20, "u": "ngay"}


def test_t6_under_l2025_without_special_measures_needs_no_impact_report(at: At) -> None:
    office = begun(at("2022-01-28 09:30"), "2025-04-15", "2025-12", special_measures=False)
    assert office.variables()["legal_regime"] == "L2025"
    assert office.waits() == {"soan_du_thao": [t6.DRAFTER]}


@pytest.mark.parametrize(
    ("day", "clause", "waits"),
    [
        ("2022-02-14", "1", "soan_du_thao"),
        ("2022-02-14", "2", "lap_bao_cao_tac_dong"),
        ("2022-02-14", "4", "lam_viec"),
        ("2020-12-15", "2", "lam_viec"),
    ],
)
def test_the_clause_and_the_law_say_whether_there_is_a_proposal_stage(
    at: At, day: str, clause: str, waits: str
) -> None:
    office = begun(at("2022-01-28 09:30"), day, "2022-12", dieu27_khoan=clause)
    assert office.waits() == {waits: [t6.DRAFTER]}


def test_another_law_is_chosen_by_hand_only_with_a_reason(at: At) -> None:
    office = at("2022-01-28 09:30")
    with pytest.raises(Invalid) as refused:
        begun(office, "2025-04-15", "2025-12", che_do="L2015_2020")
    assert list(refused.value.fields) == ["ly_do_chon"]
    does_t6("xac_nhan_che_do", t6.HEAD, che_do="L2015_2020", ly_do_chon="Điều khoản chuyển tiếp của luật mới.")(
        replace(office, case_id=office.read(sa.select(cases.c.id).where(cases.c.process_id == MODEL.stem))[0].id)
    )
    office = replace(office, case_id=office.read(sa.select(cases.c.id).where(cases.c.process_id == MODEL.stem))[0].id)
    assert office.variables()["legal_regime"] == "L2015_2020"
    assert office.waits() == {"lam_viec": [t6.DRAFTER]}


def test_those_who_must_be_consulted_come_from_the_table(at: At) -> None:
    office = begun(at("2022-01-28 09:30"), "2022-02-14", "2022-12", dieu27_khoan="1")
    does_t6("soan_du_thao")(office)
    does_t6("soan_cong_van")(office)
    decides_t6(t6.DIRECTOR, "ky_cong_van")(office)
    office.does(
        t6.CLERK,
        "gui_xin_y_kien",
        {"noi_nhan": "de_xuat", "ngay_gui": "2022-02-14", "cach_gui": "truc_lien_thong"},
    )
    bodies = ("mttq_tinh", "so_noi_vu", "so_tai_chinh", "so_tu_phap")
    assert office.waits()["tra_loi_y_kien"] == [f"ext_agencies@{body}" for body in bodies]


# --- ways back ----------------------------------------------------------------------------------------------------


def test_t6_appraisal_chua_du_dieu_kien_loops_to_10(at: At) -> None:
    office = at("2022-06-20 15:00")
    office.at("2022-06-20 15:00")
    decides_t6(t6.JUSTICE_HEAD, "tham_dinh", "chua_du_dieu_kien", t6.NOT_READY)(office)
    assert office.waits() == {"hoan_thien_de_nghi": [t6.DRAFTER]}
    assert office.task(t6.DRAFTER, "hoan_thien_de_nghi").step == "T6.10"
    # It comes back with the reason, and is not handed in as it was.
    (returned,) = [c for c in office.task(t6.DRAFTER, "hoan_thien_de_nghi").conditions if c.code == "revised"]
    assert (returned.state, returned.target) == ("missing", "ho_so_de_nghi")
    office.at("2022-06-22 15:00")
    does_t6("hoan_thien_de_nghi", **t6.NO_NEW_OPINIONS)(office)
    assert office.waits() == {"tong_hop_de_nghi": [t6.DRAFTER]}


def test_after_the_appraisal_opinions_may_be_asked_for_again(at: At) -> None:
    office = at("2022-06-20 15:00")
    office.at("2022-06-20 15:00")
    decides_t6(t6.JUSTICE_HEAD, "tham_dinh", "chua_du_dieu_kien", t6.NOT_READY)(office)
    does_t6("hoan_thien_de_nghi")(office)
    assert set(office.waits()) == {"soan_cong_van", "dang_tai"}


def test_t6_appraisal_chua_du_dieu_kien_loops_to_26(at: At) -> None:
    office = at("2022-09-21 15:00")
    office.at("2022-09-21 15:00")
    decides_t6(t6.JUSTICE_HEAD, "tham_dinh", "chua_du_dieu_kien", "Nội dung Điều 2 trái với văn bản cấp trên.")(office)
    assert office.waits() == {"hoan_thien_du_thao": [t6.DRAFTER]}
    assert office.task(t6.DRAFTER, "hoan_thien_du_thao").step == "T6.26"
    does_t6("hoan_thien_du_thao")(office)
    assert documents(office)["du_thao_nghi_quyet_da_tiep_thu"].versions[0].number == "2.0"
    assert office.waits() == {"soan_cong_van": [t6.DRAFTER]}


def test_members_who_are_asked_again_and_refuse_send_the_draft_back(at: At) -> None:
    office = at("2022-10-27 10:00")
    office.at("2022-10-27 10:00")
    votes(against=5)(office)
    assert office.waits() == {"ghi_chua_thong_qua": ["ubnd_office"]}
    texts = replace(office, texts=t6.TEXTS)
    texts.does(t6.PROVINCE, "ghi_chua_thong_qua", {"ket_luan": "Năm thành viên chưa nhất trí mức hỗ trợ."})
    assert office.waits() == {"chinh_sua_du_thao": [t6.DRAFTER]}


def test_a_majority_of_those_present_is_not_enough(at: At) -> None:
    """Thirty-seven of seventy-five delegates are no majority of all (DMN-14 hdnd_tinh)."""
    office = at("2022-12-09 10:30")
    office.at("2022-12-09 10:30")
    does_t6("bieu_quyet_hdnd", t6.COUNCIL, co_mat=60, tan_thanh=37, khong_tan_thanh=23, khong_bieu_quyet=0)(office)
    assert office.waits() == {"xu_ly_chua_thong_qua": ["hdnd_standing"]}
    decides_t6(t6.STANDING, "xu_ly_chua_thong_qua", "yeu_cau_chinh_sua", "Trình lại tại kỳ họp sau khi rà soát.")(
        office
    )
    assert office.waits() == {"chinh_sua_du_thao": [t6.DRAFTER]}
    does_t6("chinh_sua_du_thao")(office)
    office.at("2022-12-14 09:00")
    decides_t6(t6.PROVINCE, "tham_tra", "du")(office)
    # The next session has a day of its own.
    assert office.waits() == {}
    office.engine.opening.receive(t6.SECRETARY, office.case_id, "lich_ky_hop", {"khai_mac": "2023-03-15"})
    office.engine.operations.settle()
    assert office.due(t6.CHAIR, "ky").endswith("28/02")


def test_the_standing_board_may_stop_it(at: At) -> None:
    office = at("2022-12-09 10:30")
    office.at("2022-12-09 10:30")
    does_t6("bieu_quyet_hdnd", t6.COUNCIL, co_mat=60, tan_thanh=37, khong_tan_thanh=23, khong_bieu_quyet=0)(office)
    decides_t6(t6.STANDING, "xu_ly_chua_thong_qua", "khong_dong_y", "Dừng, không ban hành trong nhiệm kỳ.")(office)
    assert office.read(sa.select(cases.c.status).where(cases.c.id == office.case_id))[0].status == "refused"
    assert office.waits() == {}


def test_a_vote_of_thirty_eight_of_seventy_five_adopts(at: At) -> None:
    office = at("2022-12-09 10:30")
    office.at("2022-12-09 10:30")
    does_t6("bieu_quyet_hdnd", t6.COUNCIL, co_mat=60, tan_thanh=38, khong_tan_thanh=22, khong_bieu_quyet=0)(office)
    assert office.waits() == {"hoan_chinh_nghi_quyet": ["hdnd"]}


# --- versions -----------------------------------------------------------------------------------------------------


def test_a_running_case_keeps_its_version_when_a_new_one_is_deployed(at: At, tmp_path: Path) -> None:
    office = at("2022-04-01 09:00")
    shutil.copytree(WORKFLOWS / "shared", tmp_path / "shared")
    folder = tmp_path / MODEL.stem
    shutil.copytree(MODEL.parent, folder)
    changed = folder / MODEL.name
    text = changed.read_text("utf-8").replace('name="Làm việc với đơn vị liên quan"', 'name="Họp với đơn vị liên quan"')
    changed.write_text(text, "utf-8")
    assert office.engine.models.deploy("ptqt.so", folder) == [(MODEL.stem, 2)]

    office.at("2022-04-01 09:00")
    does_t6("xac_nhan_che_do", t6.HEAD)(office)
    assert office.task(t6.DRAFTER, "lam_viec").name == "Làm việc với đơn vị liên quan"
    does_t6("lam_viec")(office)
    (running,) = office.read(sa.select(cases.c.definition).where(cases.c.id == office.case_id))
    versions = office.read(
        sa.select(process_versions.c.version, process_versions.c.hash).where(
            process_versions.c.process_id == MODEL.stem
        )
    )
    assert {row.version for row in versions if row.hash == running.definition} == {1}
    entries = office.read(sa.select(journal.c.payload).where(journal.c.case_id == office.case_id))
    assert {json.loads(row.payload).get("definition", running.definition) for row in entries} == {running.definition}


def test_meetings_are_awaited_and_said_so(at: At) -> None:
    office = at("2022-11-02 09:00")
    office.at("2022-11-02 09:00")
    with pytest.raises(Conflict) as refused:
        meeting("2022-11-10")(office)
    assert refused.value.code == "not_awaited"
    with pytest.raises(Invalid):
        office.engine.opening.receive(t6.SECRETARY, office.case_id, "lich_ky_hop", {"khai_mac": "mùng bảy"})
