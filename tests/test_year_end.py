"""The end of a year: what is unfinished goes on under the next plan, the rest is archived, nothing is left unclear."""

from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

import offices
import servers
from engine import Conflict, Forbidden
from engine.records import archived_cases, cases, focus_tasks
from offices import DIRECTOR, SECRETARY

At = Callable[..., offices.Office]
MADE_UP = servers.ROOT / "tests" / "fixtures" / "plan_made_up.txt"
GIVEN_UP = "Không thực hiện trong năm, đã báo cáo."
REST = {code: GIVEN_UP for code in ("T2", "T3", "T4", "T5", "T6")}


def reasons(error: Conflict) -> list[tuple[str, str | None]]:
    return [(reason.code, reason.params.get("code")) for reason in error.reasons]


def test_a_year_is_closed_only_when_it_is_clear_what_becomes_of_each_task(office_at: At) -> None:
    office = office_at("chi_dao")
    with offices.refused(office, Forbidden, "plan_role"):
        office.engine.plans.close_year(SECRETARY, 2022, ["T1"], REST)
    with offices.refused(office, Conflict, "year_unclear") as found:
        office.engine.plans.close_year(DIRECTOR, 2022, ["T1"], REST)
    assert reasons(found.value) == [("too_early", None)]
    office.at("2022-12-30")
    with offices.refused(office, Conflict, "year_unclear") as found:
        office.engine.plans.close_year(DIRECTOR, 2022, ["T9"], {"T2": "ngắn"})
    assert reasons(found.value) == [
        ("no_task", "T9"),
        ("still_running", "T1"),
        *[("not_begun", code) for code in ("T2", "T3", "T4", "T5", "T6")],
    ]
    preview = office.engine.queries.year_end(DIRECTOR, 2022, ["T1"], REST)
    assert preview.unclear == []
    assert [(e.task.code, e.state, e.chosen) for e in preview.tasks] == [
        ("T1", "running", "carry"),
        *[(code, "not_begun", "leave") for code in ("T2", "T3", "T4", "T5", "T6")],
    ]


def test_a_running_case_goes_on_under_the_new_year_with_its_history(office_at: At) -> None:
    office = office_at("chi_dao").at("2022-12-30")
    before = office.case().journal_count
    new = {"T1": {"planned_finish": "2023-02", "committed_finish": "2023-02", "latest_finish": "2023-03"}}
    plan_id = office.engine.plans.close_year(DIRECTOR, 2022, ["T1"], REST, new)
    plan = office.engine.queries.plan(SECRETARY, 2023)
    assert (plan.id, plan.status, plan.version) == (plan_id, "draft", 1)
    assert plan.title.endswith("năm 2023")
    (task,) = plan.tasks
    assert (task.code, task.carried_from, task.latest_finish) == ("T1-22", 2022, "2023-03")
    assert [(case.id, case.state, case.adjusted) for case in task.cases] == [(office.case_id, "running", True)]
    old = office.engine.queries.plan(SECRETARY, 2022)
    assert (old.status, old.current.reason is not None) == ("closed", True)
    assert office.case().journal_count > before
    assert office.case().case_due.day.isoformat() == "2023-03-31"
    # The same people go on with the same case.
    office.decides(offices.VICE_CHAIR, "chi_dao", "dong_y")
    office.engine.plans.adopt(DIRECTOR, plan_id)
    assert [t.code for t in office.engine.queries.focus_tasks(SECRETARY)] == ["T1-22"]
    assert office.faults() == []


def test_finished_cases_are_archived_and_leave_the_lists(office_at: At) -> None:
    office = office_at("ky").finish().at("2022-12-30")
    code = office.case().code
    with offices.refused(office, Conflict, "year_unclear") as found:
        office.engine.plans.close_year(DIRECTOR, 2022, ["T1"], REST)
    assert reasons(found.value) == [("finished", "T1")]
    office.engine.plans.close_year(DIRECTOR, 2022, ["T6"], {c: w for c, w in REST.items() if c != "T6"})
    assert office.case_id in {row.case_id for row in office.read(sa.select(archived_cases))}
    # Periodic reports that still run stay where they are.
    assert {row.state for row in office.engine.queries.cases(SECRETARY).rows} <= {"running"}
    assert code not in {row.code for row in office.engine.queries.cases(SECRETARY).rows}
    archive = office.engine.queries.cases(SECRETARY, "archived")
    assert code in {row.code for row in archive.rows}
    assert archive.counts == office.engine.queries.cases(SECRETARY).counts
    assert archive.counts["archived"] == len(archive.rows)
    # It can still be read by its address.
    assert office.case().result is not None
    assert [t.code for t in office.engine.queries.plan(SECRETARY, 2023).tasks] == ["T6-22"]
    assert office.faults() == []


def test_next_years_document_keeps_the_carried_tasks(office_at: At) -> None:
    office = office_at("chi_dao").at("2022-12-30")
    office.engine.plans.close_year(DIRECTOR, 2022, ["T1"], REST)
    text = MADE_UP.read_bytes().replace(b"2024", b"2023")
    plan_id = office.engine.plans.import_document(SECRETARY, text, "ke-hoach-2023.txt")
    draft = office.engine.queries.plan(SECRETARY, 2023, 2)
    assert [t.code for t in draft.tasks] == ["T1", "T2", "T1-22"]
    assert office.engine.plans.adopt(DIRECTOR, plan_id, "Kế hoạch năm 2023 được ban hành.") == 1
    (row,) = office.read(
        sa.select(focus_tasks.c.code, focus_tasks.c.plan_id).join(cases, cases.c.focus_task_id == focus_tasks.c.id)
    )
    assert (row.code, row.plan_id) == ("T1-22", plan_id)
    assert [t.carried_from for t in office.engine.queries.plan(SECRETARY, 2023).tasks] == [None, None, 2022]
    assert office.faults() == []


def test_a_closed_year_is_not_closed_again_and_opens_nothing(office_at: At) -> None:
    office = office_at("chi_dao").at("2022-12-30")
    old = office.engine.queries.plan(SECRETARY, 2022).tasks[1]
    office.engine.plans.close_year(DIRECTOR, 2022, ["T1"], REST)
    with offices.refused(office, Conflict, "plan_not_in_force"):
        office.engine.plans.close_year(DIRECTOR, 2022, ["T1"], REST)
    with offices.refused(office, Conflict, "plan_not_in_force"):
        office.engine.cases.start(SECRETARY, old.id)


@pytest.mark.parametrize("carry", [["T1"], ["T1", "T2", "T3", "T4", "T5", "T6"]])
def test_an_open_draft_of_the_year_must_be_decided_first(office_at: At, carry: list[str], tmp_path: Path) -> None:
    office = office_at("chi_dao").at("2022-12-30")
    draft = office.engine.plans.import_document(SECRETARY, MADE_UP.read_bytes().replace(b"2024", b"2022"))
    with offices.refused(office, Conflict, "year_unclear") as found:
        office.engine.plans.close_year(DIRECTOR, 2022, carry, {c: w for c, w in REST.items() if c not in carry})
    assert reasons(found.value) == [("draft_open", None)]
    office.engine.plans.drop(SECRETARY, draft)
    office.engine.plans.close_year(DIRECTOR, 2022, carry, {c: w for c, w in REST.items() if c not in carry})
    assert len(office.engine.queries.plan(SECRETARY, 2023).tasks) == len(carry)
