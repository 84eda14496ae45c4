"""What pages are told: each person's own list, what one may see of a case, and nothing of what one may not."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

import offices
from engine import NotFound, org
from engine.records import cases, document_versions
from offices import CLERK, DIRECTOR, DRAFTER, HEAD, LEADER, REASON, SECRETARY, VICE_CHAIR
from webui import demo

At = Callable[..., offices.Office]
OUTSIDER, INSPECTOR, ELSEWHERE = "dm.snv", "ktra", "cv.tdc.1"


def listed(office: offices.Office, person: str, tab: str = "todo") -> list[tuple[str, list[str]]]:
    """The inbox: (group, elements in order)."""
    inbox = office.engine.queries.inbox(person, tab)
    return [(group.state, [row.element for row in group.rows]) for group in inbox.groups]


# --- the list -----------------------------------------------------------------------------------------------------


def test_the_list_is_grouped_by_how_urgent_things_are(office_at: At) -> None:
    office = office_at("chuan_bi")
    assert [(state, sorted(elements)) for state, elements in listed(office, DRAFTER)] == [
        ("today", ["danh_gia", "nghien_cuu", "thu_thap"])
    ]
    office.at("2022-02-08")
    assert [state for state, _ in listed(office, DRAFTER)] == ["late"]
    assert listed(office, DRAFTER, "late") == listed(office, DRAFTER)
    assert listed(office, DRAFTER, "soon") == []


def test_the_numbers_on_the_tabs_are_those_of_the_lists(office_at: At) -> None:
    office = office_at("hoi_dong_gop_y")
    for person in (DRAFTER, HEAD, SECRETARY, "hd.khcn.1", DIRECTOR, OUTSIDER):
        counts = office.engine.queries.inbox(person).counts
        for tab in ("todo", "late", "soon", "group", "waiting", "done"):
            assert counts[tab] == sum(len(elements) for _, elements in listed(office, person, tab)), (person, tab)


def test_what_one_drafts_or_opened_is_watched_while_others_have_it(office_at: At) -> None:
    office = office_at("chi_dao")
    for person in (DRAFTER, SECRETARY):
        assert listed(office, person) == []
        assert listed(office, person, "waiting") == [("ok", ["chi_dao"])]
    assert listed(office, HEAD, "waiting") == []


def test_what_one_has_done_is_listed_newest_first(office_at: At) -> None:
    office = office_at("chi_dao")
    (group,) = office.engine.queries.inbox(HEAD, "done").groups
    assert [row.element for row in group.rows] == ["duyet_du_thao", "chon_hinh_thuc", "phan_cong"]
    inbox = office.engine.queries.inbox(HEAD)
    assert inbox.last_done.name == "Trưởng đơn vị duyệt dự thảo"
    assert inbox.ever


def test_a_claimed_task_leaves_the_lists_of_the_others(office_at: At) -> None:
    office = office_at("ky").until("dong_nhiem_vu")
    view = office.task(SECRETARY, "dong_nhiem_vu")
    assert [e for _, found in listed(office, "cv.tonghop.2", "group") for e in found] == ["dong_nhiem_vu"]
    office.engine.cases.claim(SECRETARY, view.id, view.version)
    assert listed(office, "cv.tonghop.2") == []
    assert [e for _, found in listed(office, SECRETARY) for e in found] == ["dong_nhiem_vu"]
    assert listed(office, SECRETARY, "group") == []


def test_an_unknown_tab_is_the_first(office_at: At) -> None:
    office = office_at("chi_dao")
    assert office.engine.queries.inbox(VICE_CHAIR, "khong-co").tab == "todo"


def test_the_list_can_be_narrowed_to_a_focus_task(office_at: At) -> None:
    office = office_at("chi_dao")
    inbox = office.engine.queries.inbox(VICE_CHAIR)
    (focus,) = inbox.focus
    assert focus.count == 1
    assert len(office.engine.queries.inbox(VICE_CHAIR, "todo", focus.id).groups) == 1
    assert office.engine.queries.inbox(VICE_CHAIR, "todo", "khong-co").groups == []


def test_a_task_for_several_groups_is_everybodys_who_holds_one(office_at: At, tmp_path: Path) -> None:
    body = """
    <startEvent id="s"/><endEvent id="e"/>
    <userTask id="viec"><extensionElements>
      <zeebe:assignmentDefinition candidateGroups="dept_director, clerk" candidateUsers="cv.tdc.1"/>
    </extensionElements></userTask>
    ~ s viec e
    """
    office = offices.with_small_process(office_at("nhan_nhiem_vu"), tmp_path, body)
    office.opens(SECRETARY, "T2")
    for person in (DIRECTOR, CLERK, ELSEWHERE):
        view = office.task(person, "viec")
        assert {"claim", "complete"} <= view.rights, person
        (row,) = [row for group in office.engine.queries.inbox(person).groups for row in group.rows]
        assert row.claimable
    with pytest.raises(NotFound):
        office.task(LEADER, "viec")
    office.does(CLERK, "viec")
    assert office.case().state == "completed"


# --- who may see --------------------------------------------------------------------------------------------------


def test_the_department_sees_its_cases_and_others_those_they_take_part_in(office_at: At) -> None:
    office = office_at("hoi_dong_gop_y")
    for person in (SECRETARY, HEAD, DRAFTER, DIRECTOR, INSPECTOR, ELSEWHERE, "hd.khcn.1"):
        assert office.case(person).code == "HS-2022-001"
        assert [row.code for row in office.engine.queries.cases(person).rows] == ["HS-2022-001"]
    for person in (OUTSIDER, VICE_CHAIR, "gk.sk.1", "nobody"):
        with pytest.raises(NotFound):
            office.case(person)
        with pytest.raises(NotFound):
            office.engine.queries.diagram(person, office.case_id)
        assert office.engine.queries.cases(person).rows == []
    # Who was asked and has answered still sees what it was about.
    office.does("hd.khcn.1", "hoi_dong_gop_y", demo.AGREES)
    assert office.case("hd.khcn.1").code == "HS-2022-001"


def test_a_restricted_case_is_for_those_who_take_part_and_the_leaders(office_at: At) -> None:
    office = office_at("hoi_dong_gop_y")
    with office.engine.statements().begin() as connection:
        connection.execute(sa.update(cases).values(secrecy="han_che"))
    for person in (SECRETARY, DRAFTER, HEAD, DIRECTOR, LEADER, INSPECTOR, "hd.khcn.1"):
        assert office.case(person).code == "HS-2022-001"
    for person in (ELSEWHERE, "cv.qlkh.2", "ptqt.so"):
        with pytest.raises(NotFound):
            office.case(person)
        assert office.engine.queries.cases(person).rows == []
        assert office.engine.queries.cases(person).counts["all"] == 0
        assert [f.cases for f in office.engine.queries.focus_tasks(person) if f.code == "T1"] == [[]]


def test_the_inspector_sees_everything_and_may_nothing(office_at: At) -> None:
    office = office_at("chi_dao")
    view = office.engine.queries.task(INSPECTOR, office.task(VICE_CHAIR, "chi_dao").id)
    assert view.rights == frozenset()
    assert view.why_not.code == "role"
    assert not any(focus.may_start for focus in office.engine.queries.focus_tasks(INSPECTOR))


def test_a_file_is_for_those_who_see_its_case(office_at: At) -> None:
    office = office_at("hoi_dong_gop_y")
    (row,) = office.read(sa.select(document_versions).where(document_versions.c.filename == "du_thao_1-1.docx"))
    for person in (DRAFTER, "hd.khcn.1", INSPECTOR):
        found = office.engine.queries.file(person, row.id)
        assert (found.sha256, found.size, len(found.content)) == (row.sha256, row.size, row.size)
    for person, version in ((OUTSIDER, row.id), (DRAFTER, "khong-co")):
        with pytest.raises(NotFound):
            office.engine.queries.file(person, version)


def test_a_case_is_found_by_its_code_as_by_its_id(office_at: At) -> None:
    office = office_at("chi_dao")
    assert office.engine.queries.case(HEAD, "HS-2022-001").id == office.case_id
    with pytest.raises(NotFound):
        office.engine.queries.case(HEAD, "HS-2022-002")


# --- the page of a task -------------------------------------------------------------------------------------------


def test_a_finished_task_shows_what_was_answered_and_offers_nothing(office_at: At) -> None:
    office = office_at("phan_cong")
    view = office.task(HEAD, "phan_cong")
    offices.handles("phan_cong", HEAD)(office)
    done = office.engine.queries.task(HEAD, view.id)
    assert (done.state, done.rights, done.why_not.code) == ("completed", frozenset(), "already_completed")
    values = {field.key: field.value for field in done.form.fields}
    assert values["drafter"] == DRAFTER
    assert done.completed_at is not None


def test_what_blocks_a_task_is_listed_before_one_tries(office_at: At) -> None:
    office = office_at("hoi_dong_gop_y").until("hoan_thien_du_thao_2", hoi_dong_gop_y=_with_remarks)
    view = office.task(DRAFTER, "hoan_thien_du_thao_2")
    states = {(c.code, c.target): c.state for c in view.conditions}
    assert states[("opinions_explained", "opinions")] == "missing"
    assert states[("document", "du_thao_2")] == "missing"
    office.answers_remarks(DRAFTER)
    office.attaches(DRAFTER, view)
    assert {c.state for c in office.task(DRAFTER, "hoan_thien_du_thao_2").conditions} == {"met"}


def _with_remarks(office: offices.Office) -> None:
    opinions = {p: demo.REMARKS if n < 2 else demo.AGREES for n, p in enumerate(demo.COUNCIL)}
    offices.all_answer("hoi_dong_gop_y", opinions)(office)


def test_a_gate_says_what_each_decision_leads_to(office_at: At) -> None:
    office = office_at("chi_dao")
    gate = office.task(VICE_CHAIR, "chi_dao").gate
    told = {o.slug: (o.kind, o.reason_min) for o in gate.outcomes}
    assert told == {
        "dong_y": ("approve", 0),
        "dong_y_co_chinh_sua": ("edit", 10),
        "yeu_cau_chinh_sua": ("return", 10),
        "doi_hinh_thuc": ("return", 10),
        "khong_dong_y": ("refuse", 10),
    }
    leads = {o.slug: o.consequence for o in gate.outcomes}
    assert leads["khong_dong_y"] == "Không ban hành"
    assert leads["doi_hinh_thuc"].endswith("Chọn Chỉ thị hay Kế hoạch")
    assert (gate.gate, gate.round, gate.needs_password) == ("direction", 1, False)


def test_texts_are_in_the_language_one_reads(office_at: At) -> None:
    office = office_at("chi_dao")
    task_id = office.task(VICE_CHAIR, "chi_dao").id
    assert office.engine.queries.task(VICE_CHAIR, task_id, "vi").name == "Phó Chủ tịch cho ý kiến"
    assert office.engine.queries.task(VICE_CHAIR, task_id, "en").name == "Vice chair gives direction"


# --- cases and plan -----------------------------------------------------------------------------------------------


def test_cases_are_counted_and_filtered(office_at: At) -> None:
    office = office_at("ky").at("2022-04-01")
    found = office.engine.queries.cases(SECRETARY)
    assert found.counts == {"all": 1, "running": 1, "late": 1, "soon": 0, "done": 0, "archived": 0}
    (row,) = found.rows
    assert (row.focus_code, row.milestone, row.step_due.state) == ("T1", "Phó Chủ tịch chỉ đạo", "late")
    assert [holder for _, holder in row.steps] == ["Phó Chủ tịch UBND tỉnh"]
    for state, count in (("running", 1), ("late", 1), ("soon", 0), ("done", 0)):
        assert len(office.engine.queries.cases(SECRETARY, state).rows) == count
    assert len(office.engine.queries.cases(SECRETARY, None, "phong_qlkh").rows) == 1
    assert office.engine.queries.cases(SECRETARY, None, "van_phong_so").rows == []


def test_the_plan_has_six_focus_tasks_and_all_can_be_run(office_at: At) -> None:
    office = office_at("nhan_nhiem_vu")
    plan = office.engine.queries.focus_tasks(SECRETARY)
    assert [focus.code for focus in plan] == ["T1", "T2", "T3", "T4", "T5", "T6"]
    assert all(focus.executable for focus in plan)
    assert {focus.code: focus.may_start for focus in plan}["T1"]
    first = plan[0]
    assert (first.planned_start, first.planned_finish, first.latest_finish) == ("2022-01", "2022-03", "2022-04")
    office.opens(SECRETARY, "T1")
    assert not office.engine.queries.focus_task(SECRETARY, first.id).may_start
    with pytest.raises(NotFound):
        office.engine.queries.focus_task(SECRETARY, "khong-co")


def test_the_top_bar_counts_what_waits_and_says_that_the_clock_was_moved(office_at: At) -> None:
    office = office_at("hoi_dong_gop_y")
    bar = office.engine.queries.chrome("hd.khcn.1")
    assert (bar.todo, bar.unread, bar.clock_moved) == (1, 0, True)
    assert bar.now.date() == date(2022, 2, 14)
    assert "start" in office.engine.queries.chrome(SECRETARY).may
    assert "start" not in office.engine.queries.chrome("hd.khcn.1").may


def test_the_diagram_shows_where_the_case_stands(office_at: At) -> None:
    office = office_at("hoi_dong_gop_y").at("2022-02-21 09:00")
    office.does("hd.khcn.1", "hoi_dong_gop_y", demo.AGREES)
    picture = office.engine.queries.diagram(HEAD, office.case_id)
    assert picture.startswith("<svg")
    assert "<script" not in picture
    assert 'id="el-hoi_dong_gop_y"' in picture


def test_the_journal_on_the_page_tells_who_did_what_without_its_payload(office_at: At) -> None:
    office = office_at("duyet_du_thao")
    office.decides(HEAD, "duyet_du_thao", "yeu_cau_chinh_sua", REASON)
    newest = office.case().journal[0]
    assert (newest.kind, newest.by) == ("gate.decided", "Trưởng phòng Quản lý Khoa học")
    assert newest.params["outcome"] == "yeu_cau_chinh_sua"
    assert newest.params["reason"] == REASON
    assert office.case().journal_count == newest.seq


def test_what_a_table_was_given_is_told_to_those_who_read_what_people_said(office_at: At) -> None:
    office = office_at("hoi_dong_gop_y")
    for person, told in (("cv.qlkh.1", True), ("hd.khcn.1", False)):
        entries = office.engine.queries.case(person, office.case_id).journal
        (table,) = [table for entry in entries for table in entry.tables]
        assert table.name == "Định tuyến văn bản" and [row.number for row in table.rows] == [4]
        assert bool(table.given) == told


# --- people -------------------------------------------------------------------------------------------------------


def test_the_holders_of_a_key_are_those_of_that_day_in_order_of_their_names(office_at: At) -> None:
    office = office_at("nhan_nhiem_vu")

    def names(key: str, day: date = date(2022, 1, 28)) -> list[str]:
        found: list[Any] = office.engine.read(lambda tx: org.holders(tx.conn, tx.tenant, key, day))
        return [row.id for row in found]

    assert names("dept_leader") == ["gd.so", "pgd.so.1", "pgd.so.2"]
    assert names("unit_head@phong_qlkh") == ["tp.qlkh"]
    assert names("internal_units@chi_cuc_tdc") == ["cct.tdc", "pcct.tdc"]
    assert names("vice_chair") == ["pct.ubnd"]
    assert names("hd.khcn.3") == ["hd.khcn.3"]
    assert names("unit_head@khong_co") == names("khong_co") == []
