"""Versions of a year's plan: drafts from documents, adopting, what running cases owe to them, adjusting one task."""

import copy
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

import offices
import servers
from engine import Conflict, DefinitionError, Forbidden, Invalid
from engine.records import cases, focus_tasks, plan_moves
from engine.records import plans as plan_rows
from offices import DIRECTOR, DRAFTER, HEAD, SECRETARY

At = Callable[..., offices.Office]
MADE_UP = servers.ROOT / "tests" / "fixtures" / "plan_made_up.txt"
OFFICE_HEAD = "cvp.so"
WHY = "Kế hoạch mới thay thế kế hoạch đã ký ngày 14/02."


def document(office: offices.Office) -> bytes:
    """The plan of the demo as a document: made of what is stored, so that the office's own T1 to T6 are in it."""
    view = office.engine.queries.plan(SECRETARY)
    names = {"ubnd_giao": "do Chủ tịch UBND tỉnh giao", "so_dang_ky": "do Giám đốc Sở đăng ký"}
    lines = ["KẾ HOẠCH", "Thực hiện nhiệm vụ trọng tâm của Giám đốc Sở Khoa học và Công nghệ năm 2022"]
    lines += ["II. NỘI DUNG VÀ GIẢI PHÁP THỰC HIỆN"]
    rows = ["TT\tNội dung\tĐơn vị\tBắt đầu\tHoàn thành\tLộ trình\tKết quả"]
    for group, origin in enumerate(names, 1):
        lines.append(f"{group}. Nhiệm vụ trọng tâm {names[origin]}")
        for n, task in enumerate([t for t in view.tasks if t.origin == origin], 1):
            lines += [f"{group}.{n}. Nhiệm vụ {n}: {task.title}", "a) Giải pháp thực hiện:", "- Triển khai nhiệm vụ."]
            lines.append(f"b) Thời gian hoàn thành: {said(task.committed_finish)}/2022.")
            months = " ".join(
                f"<p>- {said(month)}: {text}</p>" for month, texts in task.months.items() for text in texts
            )
            results = " ".join(f"<p>- {text}</p>" for text, *_ in task.results)
            span = f"{said(task.planned_start)}\t{said(task.planned_finish)}"
            rows.append(f"{task.no}\t{task.title}\t{task.lead_unit_name}\t{span}\t{months}\t{results}")
    return "\n".join([*lines, "Phụ lục", *rows, ""]).encode()


def said(month: str) -> str:
    return f"Tháng {int(month[5:])}"


def months(office: offices.Office, code: str) -> tuple[str, ...]:
    """The months of the running case of a task, as stored."""
    c, f = cases.c, focus_tasks.c
    joined = sa.select(c.planned_finish, c.committed_finish, c.latest_finish).join(focus_tasks, f.id == c.focus_task_id)
    return tuple(office.read(joined.where(f.code == code, c.status == "running"))[0])


def stored(office: offices.Office) -> dict[int, str]:
    """Version → status, of 2022."""
    p = plan_rows.c
    return {r.version: r.status for r in office.read(sa.select(p.version, p.status).where(p.year == 2022))}


def test_a_document_becomes_a_draft_beside_the_plan_in_force(office_at: At) -> None:
    office = office_at("phan_cong")
    text = document(office).decode().replace("\tTháng 1\tTháng 3\t", "\tTháng 1\tTháng 4\t")
    plan_id = office.engine.plans.import_document(SECRETARY, text.encode(), "ke-hoach.txt")
    assert stored(office) == {2: "adopted", 3: "draft"}
    draft = office.engine.queries.plan(SECRETARY, 2022, 3)
    assert (draft.id, draft.status) == (plan_id, "draft")
    changed = {(c.code, c.what, c.before, c.after) for c in draft.current.changes if c.code == "T1"}
    assert ("T1", "planned_finish", "2022-03", "2022-04") in changed
    # What a document does not say is taken over.
    first = draft.tasks[0]
    assert (first.process_id, first.label) == ("chi_thi_khcn", "Chỉ thị KH&CN")
    # A draft is nobody's plan yet: cases and lists are as they were.
    assert next(t.planned_finish for t in office.engine.queries.focus_tasks(SECRETARY)) == "2022-03"
    assert months(office, "T1")[0] == "2022-03"


def test_choices_are_stored_with_the_draft_and_may_be_changed(office_at: At) -> None:
    office = office_at("phan_cong")
    choices = {"T4": {"planned_finish": "2022-06", "short_title": "Kế hoạch CNSH"}}
    plan_id = office.engine.plans.import_document(SECRETARY, document(office), "a.txt", choices=choices)
    task = office.engine.queries.plan(SECRETARY, 2022, 3).tasks[3]
    assert (task.planned_finish, task.short) == ("2022-06", "Kế hoạch CNSH")
    office.engine.plans.amend(SECRETARY, plan_id, {"T4": {"planned_finish": "2022-05"}})
    assert office.engine.queries.plan(SECRETARY, 2022, 3).tasks[3].planned_finish == "2022-05"
    with offices.refused(office, DefinitionError, "definition"):
        office.engine.plans.amend(SECRETARY, plan_id, {"T9": {"planned_finish": "2022-05"}})
    with offices.refused(office, DefinitionError, "definition"):
        office.engine.plans.amend(SECRETARY, plan_id, {"T4": {"planned_finish": "tháng năm"}})
    office.engine.plans.drop(SECRETARY, plan_id)
    assert stored(office) == {2: "adopted"}


def test_a_draft_with_a_unit_that_nobody_knows_needs_a_choice(office_at: At) -> None:
    office = office_at("phan_cong")
    text = document(office).decode().replace("\tTrung tâm Ứng dụng KH&CN\t", "\tTrung tâm Mới\t")
    with offices.refused(office, DefinitionError, "definition") as found:
        office.engine.plans.import_document(SECRETARY, text.encode())
    assert [p.element for p in found.value.problems] == ["focus_tasks[2].lead_unit"]
    office.engine.plans.import_document(SECRETARY, text.encode(), choices={"T3": {"lead_unit": "tt_ung_dung"}})
    assert office.engine.queries.plan(SECRETARY, 2022, 3).tasks[2].lead_unit == "tt_ung_dung"


def test_a_broken_document_stores_nothing(office_at: At) -> None:
    office = office_at("phan_cong")
    broken = document(office).decode().replace("- Tháng 2:", "- Tháng 14:")
    with offices.refused(office, DefinitionError, "definition") as found:
        office.engine.plans.import_document(SECRETARY, broken.encode())
    assert {p.code for p in found.value.problems} == {"unknown_month"}
    assert all(p.params["line"] for p in found.value.problems)


def test_who_may_prepare_and_who_may_adopt(office_at: At) -> None:
    office = office_at("phan_cong")
    for person in (DRAFTER, HEAD, "hd.khcn.1"):
        with offices.refused(office, Forbidden, "plan_role"):
            office.engine.plans.import_document(person, document(office))
    plan_id = office.engine.plans.import_document(SECRETARY, document(office))
    for person in (SECRETARY, HEAD):
        with offices.refused(office, Forbidden, "plan_role"):
            office.engine.plans.adopt(person, plan_id, WHY)
    with offices.refused(office, Invalid, "invalid"):
        office.engine.plans.adopt(DIRECTOR, plan_id, "ngắn")
    office.engine.plans.adopt(OFFICE_HEAD, plan_id, WHY)
    with offices.refused(office, Conflict, "plan_not_draft"):
        office.engine.plans.adopt(DIRECTOR, plan_id, WHY)


def test_an_adopted_version_takes_the_running_cases_with_it(office_at: At) -> None:
    office = office_at("chi_dao")
    text = document(office).decode().replace("\tTháng 1\tTháng 3\t", "\tTháng 1\tTháng 5\t")
    text = text.replace("b) Thời gian hoàn thành: Tháng 3/2022.", "b) Thời gian hoàn thành: Tháng 5/2022.")
    text = text.replace("chậm nhất trong tháng 4/2022", "chậm nhất trong tháng 6/2022")
    plan_id = office.engine.plans.import_document(SECRETARY, text.encode())
    assert office.engine.plans.adopt(DIRECTOR, plan_id, WHY) == 1
    assert stored(office) == {2: "replaced", 3: "adopted"}
    assert months(office, "T1") == ("2022-05", "2022-05", "2022-06")
    task = office.engine.queries.plan(SECRETARY).tasks[0]
    assert (task.adjusted, [c.id for c in task.cases]) == (True, [office.case_id])
    assert next(t for t in office.engine.queries.focus_tasks(SECRETARY) if t.code == "T1").cases
    (move,) = office.read(sa.select(plan_moves))
    assert (move.approved_by, move.reason, move.before["latest_finish"]) == (DIRECTOR, WHY, "2022-04")
    assert office.faults() == []


def test_a_version_without_a_task_that_runs_is_not_adopted(office_at: At) -> None:
    office = office_at("phan_cong")
    shorter = MADE_UP.read_bytes().replace(b"2024", b"2022")
    plan_id = office.engine.plans.import_document(SECRETARY, shorter)
    with offices.refused(office, Conflict, "running_left_out") as found:
        office.engine.plans.adopt(DIRECTOR, plan_id, WHY)
    assert [reason.params["code"] for reason in found.value.reasons] == ["T1"]


def test_a_draft_made_before_another_was_adopted_is_out_of_date(office_at: At) -> None:
    office = office_at("phan_cong")
    first = office.engine.plans.import_document(SECRETARY, document(office))
    second = office.engine.plans.import_document(SECRETARY, document(office))
    office.engine.plans.adopt(DIRECTOR, first, WHY)
    with offices.refused(office, Conflict, "plan_changed"):
        office.engine.plans.adopt(DIRECTOR, second, WHY)


def test_two_who_adopt_at_once_leave_one_version_in_force(office_at: At) -> None:
    office = office_at("phan_cong")
    drafts = [office.engine.plans.import_document(SECRETARY, document(office)) for _ in range(2)]

    def adopting(plan_id: str) -> str:
        try:
            office.engine.plans.adopt(DIRECTOR, plan_id, WHY)
        except Conflict as error:
            return error.code
        return "adopted"

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(adopting, drafts)) == ["adopted", "plan_changed"]
    assert sorted(stored(office).values()) == ["adopted", "draft", "replaced"]
    assert office.faults() == []


def test_a_first_plan_of_another_year_needs_no_reason(office_at: At) -> None:
    office = office_at("phan_cong")
    plan_id = office.engine.plans.import_document(SECRETARY, MADE_UP.read_bytes(), "ke-hoach-2024.txt")
    assert office.engine.plans.adopt(DIRECTOR, plan_id) == 0
    view = office.engine.queries.plan(SECRETARY)
    assert (view.year, len(view.tasks), view.years) == (2024, 2, [2024, 2022])
    # The old year's plan stays in force beside it, with its cases.
    assert office.engine.queries.plan(SECRETARY, 2022).tasks[0].cases
    kept = json.dumps([dict(row._mapping) for row in office.read(sa.select(plan_rows.c.document))], ensure_ascii=False)
    assert "Bưởi" not in kept
    assert "example.org" not in kept


def test_a_plan_not_in_force_opens_no_cases(office_at: At) -> None:
    office = office_at("phan_cong")
    office.engine.plans.import_document(SECRETARY, document(office))
    draft = office.engine.queries.plan(SECRETARY, 2022, 3)
    with offices.refused(office, Conflict, "plan_not_in_force"):
        office.engine.cases.start(SECRETARY, draft.tasks[0].id)


# --- adjusting one task (S2) --------------------------------------------------------------------------------------

S2 = """<startEvent id="s"/><sequenceFlow id="f1" sourceRef="s" targetRef="quyet_dinh"/>
<userTask id="quyet_dinh" name="Giám đốc Sở quyết định"><extensionElements>
<zeebe:userTask/><zeebe:assignmentDefinition candidateGroups="dept_director"/>
<zeebe:properties><zeebe:property name="gate" value="approval"/>
<zeebe:property name="outcomes" value="dong_y yeu_cau_chinh_sua"/></zeebe:properties></extensionElements></userTask>
<sequenceFlow id="f2" sourceRef="quyet_dinh" targetRef="ban_hanh"/>
<serviceTask id="ban_hanh" name="Ban hành phiên bản mới"><extensionElements>
<zeebe:taskDefinition type="trinhky:plan"/></extensionElements></serviceTask>
<sequenceFlow id="f3" sourceRef="ban_hanh" targetRef="e"/><endEvent id="e"/>"""
NEW = {
    "focus_code": "T1",
    "new_planned_finish": "2022-05",
    "new_committed_finish": "2022-05",
    "new_latest_finish": "2022-06",
    "ly_do": "Chờ ý kiến của Hội đồng KH&CN tỉnh.",
}


def adjusted(office: offices.Office, folder: Path, **values: Any) -> str:
    """Open an adjustment for T1 and let the director approve it; returns the id of its case."""
    offices.with_small_process(office, folder, S2)
    focus = next(t for t in office.engine.queries.focus_tasks(SECRETARY) if t.code == "T1")
    drafting = office.case_id
    case_id: str = office.engine.cases.start(SECRETARY, focus.id, process_id="thu", variables={**NEW, **values})
    office.engine.operations.settle()
    office.case_id = case_id
    office.decides(DIRECTOR, "quyet_dinh", "dong_y")
    office.case_id = drafting
    return case_id


def test_plan_v2_replaces_v1_while_t1_is_at_step_14(office_at: At, tmp_path: Path) -> None:
    office = office_at("hoi_dong_gop_y")
    assert len(office.waits()["hoi_dong_gop_y"]) == 7
    due = office.case().case_due.day
    adjustment = adjusted(office, tmp_path)
    assert stored(office) == {2: "replaced", 3: "adopted"}
    assert months(office, "T1") == ("2022-05", "2022-05", "2022-06")
    assert office.case().case_due.day.isoformat() == "2022-06-30" > due.isoformat()
    plan = office.engine.queries.plan(SECRETARY)
    assert (plan.version, plan.replaces) == (3, "Thay thế phiên bản 2 của kế hoạch năm 2022")
    assert {(c.code, c.what, c.after) for c in plan.current.changes} == {
        ("T1", "planned_finish", "2022-05"),
        ("T1", "committed_finish", "2022-05"),
        ("T1", "latest_finish", "2022-06"),
    }
    assert plan.current.reason == NEW["ly_do"]
    assert plan.current.adopted_by == "Giám đốc Sở"
    assert {case.id for case in plan.tasks[0].cases} == {office.case_id, adjustment}
    move = next(row for row in office.read(sa.select(plan_moves)) if row.case_id == office.case_id)
    assert (move.approved_by, move.before) == (
        DIRECTOR,
        {"planned_finish": "2022-03", "committed_finish": "2022-03", "latest_finish": "2022-04"},
    )
    # The case goes on where it was, and nobody is told of a delay in April.
    assert office.waits()["hoi_dong_gop_y"]
    office.finish()
    assert office.case().state == "completed"
    assert office.faults() == []


def test_an_adjustment_keeps_what_it_does_not_name(office_at: At, tmp_path: Path) -> None:
    office = office_at("chi_dao")
    adjusted(office, tmp_path, new_planned_finish="", new_committed_finish=None, new_latest_finish="2022-05")
    assert months(office, "T1") == ("2022-03", "2022-03", "2022-05")


@pytest.mark.parametrize(
    "wrong", [{"new_latest_finish": "2022-02"}, {"focus_code": "T9"}, {"new_planned_finish": "tháng 5"}]
)
def test_a_wrong_adjustment_stops_with_an_incident_and_changes_nothing(
    office_at: At, tmp_path: Path, wrong: dict[str, str]
) -> None:
    office = office_at("chi_dao")
    adjusted(office, tmp_path, **wrong)
    office.engine.operations.settle()
    assert stored(office) == {2: "adopted"}
    assert months(office, "T1") == ("2022-03", "2022-03", "2022-04")
    assert office.faults() == []


def test_the_same_tasks_are_recognised_in_another_order(office_at: At) -> None:
    office = office_at("phan_cong")
    from engine import plans

    plan = json.loads((servers.ROOT / "workflows" / "demo" / "plan-2022.json").read_text())
    with office.engine.statements().connect() as conn:
        before = plans.tasks_of(conn, 1, plans.in_force(conn, 1).id)
    titles = [(f"T{n}", task["title"]) for n, task in enumerate(reversed(copy.deepcopy(plan["focus_tasks"])), 1)]
    found = plans.continued(titles, before)
    assert {code: row.code for code, row in found.items()} == {f"T{n}": f"T{7 - n}" for n in range(1, 7)}
