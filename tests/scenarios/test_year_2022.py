"""The year 2022 from its first working day to its last: six focus tasks, a report each month, an adjusted plan.

One run of the demo's year (`webui.year`) through the public commands; what is expected of it stands here by hand, from
the plan's dates. The same run is what `make run` shows, stopped on a day.
"""

from calendar import monthrange
from collections import Counter
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
import sqlalchemy as sa

import offices
from engine.records import (
    absences,
    calendar_days,
    cases,
    documents,
    focus_tasks,
    journal,
    numbers,
    opinions,
    plans,
    tasks,
)
from webui import demo, year

SECRETARY = offices.SECRETARY
pytestmark = [pytest.mark.xdist_group("year"), pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def office(all_stores: Any) -> Iterator[offices.Office]:
    """The office at the end of the year."""
    core = offices.open_engine(all_stores.fresh("sqlite", "demo"))
    offices.wind(core, year.STARTS)
    year.play(core)
    yield offices.Office(core)
    core.close()


@pytest.fixture(scope="module")
def case_of(office: offices.Office) -> dict[str, Any]:
    """Code of the focus task → the row of its case."""
    rows = office.engine.queries.progress(SECRETARY, 2022)
    found = {row.id: row for row in office.read(sa.select(cases))}
    return {row.code: found[row.case_id] for row in rows}


@pytest.mark.parametrize("code", ["T1", "T2", "T3", "T4", "T5", "T6"])
def test_every_focus_task_ends_with_all_its_results(office: offices.Office, case_of: dict[str, Any], code: str) -> None:
    (row,) = [row for row in office.engine.queries.progress(SECRETARY, 2022) if row.code == code]
    assert row.results_done == row.results_total > 0
    assert case_of[code].status == "completed"


# When the signer signed, or the board or the office closed the task (domain.md §1.1).
FINISHED = {
    "T1": date(2022, 4, 5),
    "T2": date(2022, 12, 27),
    "T3": date(2022, 5, 26),
    "T4": date(2022, 6, 15),
    "T5": date(2022, 8, 25),
    "T6": date(2022, 12, 9),
}


def test_every_focus_task_was_finished_on_its_day(office: offices.Office) -> None:
    found = {row.code: row.finished_on for row in office.engine.queries.progress(SECRETARY, 2022)}
    assert found == FINISHED


def test_the_status_at_the_end_of_each_month_is_the_plan_s(office: offices.Office) -> None:
    found: dict[str, dict[str, str]] = {code: {} for code in FINISHED}
    for month in range(1, 13):
        day = date(2022, month, monthrange(2022, month)[1])
        for row in office.engine.queries.progress(SECRETARY, 2022, day):
            found[row.code][f"2022-{month:02d}"] = row.status
    assert found == year.monthly()


def test_each_month_has_its_signed_report(office: offices.Office) -> None:
    reports = [row for row in office.read(sa.select(cases)) if row.process_id == "bao_cao_tien_do"]
    assert sorted(f"{row.started_at:%m}" for row in reports) == [f"{n:02d}" for n in range(1, 13)]
    assert {row.status for row in reports} == {"completed"}
    ids = [row.id for row in reports]
    signed = office.read(sa.select(documents.c.number).where(documents.c.case_id.in_(ids), documents.c.number != ""))
    assert len({row.number for row in signed}) == 12


def test_the_plan_was_adjusted_and_its_versions_follow_each_other(office: offices.Office) -> None:
    (adjustment,) = [row for row in office.read(sa.select(cases)) if row.process_id == "dieu_chinh_kh"]
    assert adjustment.status == "completed"
    p = plans.c
    versions = office.read(sa.select(p.version, p.status).where(p.year == 2022).order_by(p.version))
    assert [row.status for row in versions[-2:]] == ["replaced", "adopted"]
    (newest,) = [row.version for row in versions if row.status == "adopted"]
    f = focus_tasks.c
    in_force = sa.select(f.id).join(plans, p.id == f.plan_id).where(p.version == newest, p.year == 2022)
    ran = {row.focus_task_id for row in office.read(sa.select(cases.c.focus_task_id)) if row.focus_task_id}
    assert ran & {row.id for row in office.read(in_force)}, "cases that ran then went over to the new version"


def test_there_were_returns_silences_a_deputy_and_a_changed_calendar(office: offices.Office) -> None:
    t, o = tasks.c, opinions.c
    outcomes = Counter(row.outcome for row in office.read(sa.select(t.outcome).where(t.kind == "gate")))
    assert outcomes["yeu_cau_chinh_sua"] >= 5
    assert office.read(sa.select(o.id).where(o.outcome == "khong_tra_loi")) != []
    deputies = office.read(sa.select(t.ended_by, t.on_behalf_of).where(t.on_behalf_of.is_not(None)))
    assert ("ptp.qlkh", "tp.qlkh") in [tuple(row) for row in deputies]
    assert len(office.read(sa.select(absences.c.id))) == 1
    entered = office.read(sa.select(calendar_days.c.day).where(calendar_days.c.name.like("%mưa lũ%")))
    assert [row.day for row in entered] == [date(2022, 10, 10)]


def test_some_sixty_accounts_took_part(office: offices.Office) -> None:
    acted = {row.actor for row in office.read(sa.select(journal.c.actor).distinct())}
    people = acted - {"system"}
    assert len(people) >= 60


def test_numbers_run_on_without_a_gap_in_every_register(office: offices.Office) -> None:
    n = numbers.c
    given: dict[tuple[str, int], list[int]] = {}
    for row in office.read(sa.select(n.register, n.year, n.number).order_by(n.number)):
        given.setdefault((row.register, row.year), []).append(row.number)
    assert len(given) >= 5
    for register, found in given.items():
        # A number that was given before this book was kept begins its register here.
        assert found == list(range(found[0], found[0] + len(found))), register
        assert found[0] == 1 or register[0] in ("KH-KHCN", "BTC-KHCN"), register


def test_nothing_is_left_open_and_nothing_stopped(office: offices.Office) -> None:
    assert office.read(sa.select(tasks.c.element).where(tasks.c.state.in_(("ready", "claimed")))) == []
    assert {row.status for row in office.read(sa.select(cases.c.status))} == {"completed"}


def test_the_journal_of_the_year_verifies_and_leads_to_the_stored_states(office: offices.Office) -> None:
    findings = office.engine.operations.verify()
    assert len(findings) == 6 + 12 + 1
    assert [finding for finding in findings if finding["faults"]] == []


def test_the_year_stops_on_a_chosen_day(all_stores: Any) -> None:
    core = offices.open_engine(all_stores.fresh("sqlite", "demo"))
    offices.wind(core, year.STARTS)
    told: list[tuple[int, int]] = []
    year.play(core, "2022-02-20", lambda done, of, _: told.append((done, of)))
    now = core.queries.chrome("qtht").now
    assert f"{now:%d/%m/%Y}" == "20/02/2022"
    assert told[-1][0] == told[-1][1] == len(told)
    assert year.play(core, "2022-02-21") == 0, "cases run already: only time passes"
    core.close()


def test_every_act_lies_in_the_year_and_within_office_life() -> None:
    acts = year.acts()
    assert acts == sorted(acts, key=lambda each: each.when)
    assert {each.when.year for each in acts} == {2022}
    assert all(6 <= each.when.hour < 20 for each in acts)
    assert demo.PASSWORD
