"""How many statements a page costs: a list of many cases costs as many as a list of few."""

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

import offices
from engine.clock import new_id
from engine.records import cases, tasks
from offices import SECRETARY, VICE_CHAIR

At = Callable[..., offices.Office]


def statements(office: offices.Office, ask: Callable[[], Any]) -> int:
    """How many statements a query sends, asked a second time (models are read once)."""
    ask()
    sent: list[str] = []

    def count(*args: Any) -> None:
        sent.append(args[2])

    engine = office.engine.statements()
    sa.event.listen(engine, "before_cursor_execute", count)
    ask()
    sa.event.remove(engine, "before_cursor_execute", count)
    return len(sent)


def copy_case(office: offices.Office, times: int) -> None:
    """More cases at the same step as the one there is."""
    (case,) = office.read(sa.select(cases))
    waiting = office.read(sa.select(tasks).where(tasks.c.state == "ready"))
    with office.engine.statements().begin() as connection:
        for n in range(times):
            case_id = new_id()
            connection.execute(sa.insert(cases), {**case._mapping, "id": case_id, "code": f"HS-X-{n}"})
            for task in waiting:
                connection.execute(sa.insert(tasks), {**task._mapping, "id": new_id(), "case_id": case_id})


def test_the_list_of_cases_costs_the_same_however_long_it_is(office_at: At) -> None:
    office = office_at("ky")
    few = statements(office, lambda: office.engine.queries.cases(SECRETARY))
    copy_case(office, 20)
    assert statements(office, lambda: office.engine.queries.cases(SECRETARY)) == few
    assert few <= 8


def test_the_page_of_a_case_costs_the_same_however_long_its_history_is(office_at: At) -> None:
    early, late = office_at("phan_cong"), office_at("ky")
    counts = [statements(o, lambda o=o: o.case()) for o in (early, late)]
    assert max(counts) <= 25, counts


def test_the_page_of_a_decision_costs_little(office_at: At) -> None:
    office = office_at("ky")
    view = office.task(VICE_CHAIR, "ky")
    assert statements(office, lambda: office.engine.queries.task(VICE_CHAIR, view.id)) <= 15
