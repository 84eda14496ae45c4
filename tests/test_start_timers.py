"""Processes that begin by themselves: armed by a deployment, fired by business time, once, by the newest version."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

import kernel_models
import offices
from engine import DefinitionError, clock
from engine.commands import reminders
from engine.records import cases, start_timers

At = Callable[..., offices.Office]
ANALYST = "ptqt.so"
# The fifteenth of each month at eight, from the month of the deployment on.
MONTHLY = '="R/" + string(date and time(date(today().year, today().month, 15), time("08:00:00+07:00"))) + "/P1M"'
LED = "<ext><zeebe:properties><zeebe:property name='lead_unit' value='van_phong_so'/></zeebe:properties></ext>"


def body(timer: str, task: str = "cap_nhat") -> str:
    return f"""{LED}<startEvent id="mo_ky">[timer {timer}]</startEvent>
    <userTask id="{task}"><ext><zeebe:assignmentDefinition candidateGroups="dept_office"/></ext></userTask>
    <endEvent id="e"/>
    ~ mo_ky {task} e"""


@pytest.fixture
def office(office_at: At) -> offices.Office:
    opened_late = office_at("nhan_nhiem_vu")
    offices.wind(opened_late.engine, datetime(2022, 1, 5, 1, tzinfo=UTC))
    return opened_late


@pytest.fixture
def deploy(office: offices.Office, tmp_path: Path) -> Callable[[str], Any]:
    def act(text: str) -> Any:
        folder = tmp_path / "bao_cao"
        folder.mkdir(exist_ok=True)
        xml = kernel_models.xml(text, process='id="bao_cao" name="Báo cáo" isExecutable="true"')
        (folder / "bao_cao.bpmn").write_bytes(xml)
        return office.engine.models.deploy(ANALYST, folder)

    return act


def armed(office: offices.Office) -> list[str]:
    rows = office.read(sa.select(start_timers).where(start_timers.c.process_id == "bao_cao"))
    return [f"{row.due_at.astimezone(clock.ZONE):%d/%m %H:%M} {row.state}" for row in rows]


def opened(office: offices.Office) -> list[str]:
    c = cases.c
    rows = office.read(sa.select(c.started_at, c.started_by).where(c.process_id == "bao_cao").order_by(c.started_at))
    assert {row.started_by for row in rows} <= {"system"}
    return [f"{row.started_at.astimezone(clock.ZONE):%d/%m %H:%M}" for row in rows]


def test_a_cycle_opens_a_case_at_each_turn(office: offices.Office, deploy: Callable[[str], Any]) -> None:
    office.at("2022-01-10 09:00")
    deploy(body(f"Cycle {MONTHLY}"))
    assert armed(office) == ["15/01 08:00 armed"]
    office.at("2022-04-20 09:00")
    assert opened(office) == ["15/01 08:00", "15/02 08:00", "15/03 08:00", "15/04 08:00"]
    assert armed(office) == ["15/05 08:00 armed"]
    (case,) = office.read(sa.select(cases).where(cases.c.process_id == "bao_cao").limit(1))
    assert (case.lead_unit, case.focus_task_id, case.title) == ("van_phong_so", None, "Báo cáo 01/2022")
    assert office.faults() == []


def test_a_turn_that_had_passed_when_it_was_deployed_is_left_out(
    office: offices.Office, deploy: Callable[[str], Any]
) -> None:
    office.at("2022-01-20 09:00")
    deploy(body(f"Cycle {MONTHLY}"))
    assert armed(office) == ["15/02 08:00 armed"]
    assert opened(office) == []


def test_a_newer_version_takes_the_timer_over(office: offices.Office, deploy: Callable[[str], Any]) -> None:
    office.at("2022-01-10 09:00")
    deploy(body(f"Cycle {MONTHLY}"))
    office.at("2022-01-20 09:00")
    deploy(body("Cycle R/P1D", "khac"))
    office.at("2022-01-22 10:00")
    assert opened(office) == ["15/01 08:00", "21/01 09:00", "22/01 09:00"]
    deploy(body("Cycle R/P1D", "khac").replace("[timer Cycle R/P1D]", ""))
    assert armed(office) == []
    office.at("2022-03-01 09:00")
    assert len(opened(office)) == 3


def test_a_date_fires_once_and_not_again_by_the_same_version(
    office: offices.Office, deploy: Callable[[str], Any]
) -> None:
    office.at("2022-01-10 09:00")
    text = body('Date =date and time(working days after(today(), 2), time("08:00:00+07:00"))')
    deploy(text)
    office.at("2022-01-30 09:00")
    assert (opened(office), armed(office)) == (["12/01 08:00"], ["12/01 08:00 fired"])
    assert deploy(text) == []
    office.at("2022-02-28 09:00")
    assert opened(office) == ["12/01 08:00"]


def test_two_who_fire_it_open_one_case(office: offices.Office, deploy: Callable[[str], Any]) -> None:
    office.at("2022-01-10 09:00")
    deploy(body(f"Cycle {MONTHLY}"))
    offices.wind(office.engine, datetime(2022, 1, 16, 1, tzinfo=UTC))
    (row,) = office.engine.read(reminders.due_starts, 10)
    assert office.engine.write(reminders.start_by_timer, row) is True
    assert office.engine.write(reminders.start_by_timer, row) is False
    assert len(opened(office)) == 1


def test_a_clock_that_jumps_opens_one_case_for_what_it_missed(
    office: offices.Office, deploy: Callable[[str], Any]
) -> None:
    office.at("2022-01-10 09:00")
    deploy(body(f"Cycle {MONTHLY}"))
    offices.wind(office.engine, datetime(2022, 5, 20, 1, tzinfo=UTC))
    office.engine.operations.settle()
    assert opened(office) == ["20/05 08:00"]
    assert armed(office) == ["15/06 08:00 armed"]


def test_a_timer_that_gives_no_instant_is_refused(office: offices.Office, deploy: Callable[[str], Any]) -> None:
    with pytest.raises(DefinitionError) as found:
        deploy(body("Date =report_day"))
    assert [(p.element, p.code) for p in found.value.problems] == [("mo_ky", "bad_timer")]
    assert armed(office) == []


def test_the_day_of_a_case_is_the_day_of_its_timer(office: offices.Office, deploy: Callable[[str], Any]) -> None:
    office.at("2022-01-10 09:00")
    deploy(body(f"Cycle {MONTHLY}").replace('<userTask id="cap_nhat">', '<userTask id="cap_nhat" name="started_on">'))
    office.at("2022-02-01 09:00")
    (row,) = office.read(sa.select(cases.c.state).where(cases.c.process_id == "bao_cao"))
    assert f'"started_on":"{date(2022, 1, 15).isoformat()}"' in row.state
