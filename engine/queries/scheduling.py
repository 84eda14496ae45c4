"""When the steps of a deployed process can and must be done: between two days, for a focus task before it is opened,
for a running case.

How long steps take comes from the law and the limits in the models, else from the journals of earlier cases; what
nobody has said counts as one working day and is marked.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa

from engine import bpmn, clock, dmn, feel, schedule
from engine.errors import EngineError, Invalid, NotFound, Reason
from engine.queries.access import Asker, listed
from engine.queries.durations import durations
from engine.records import cases, focus_tasks

# Backward scheduling over decades says nothing; and a page has to be made of it.
YEARS = 5
MONTHS = ("planned_start", "planned_finish", "committed_finish", "latest_finish")


@dataclass(frozen=True, slots=True)
class Scheduled:
    """A process with its schedule. `assumed`: how many steps nobody has said the length of."""

    process_id: str
    name: str
    schedule: schedule.Schedule
    assumed: int


def process_schedule(
    tx: Asker,
    person: str,
    process_id: str,
    start: date | None = None,
    finish: date | None = None,
    variables: Mapping[str, Any] | None = None,
) -> Scheduled:
    """The schedule of the newest version of a process, forward from `start` (today, when neither day is given),
    backward from `finish`. `variables` are those that a case would begin with, such as the months of the plan.

    Raises NotFound for a process that is not deployed, Invalid("finish") when it lies before the start or too far.
    """
    if start is None and finish is None:
        start = clock.local_date(tx.now)
    first = start or finish
    assert first is not None
    if finish is not None and start is not None and not start <= finish:
        raise Invalid({"finish": [Reason("before_start", "expected an end that is not before the start")]})
    if finish is not None and start is not None and (finish - start).days > YEARS * 366:
        raise Invalid({"finish": [Reason("out_of_range", f"expected at most {YEARS} years")]})
    env = tx.kernel_env()
    try:
        definition = env.definition(env.process(process_id))
    except KeyError:
        raise NotFound("process", f"Expected a deployed process {process_id}, found none.") from None
    begins, ends = f"{first:%Y-%m}", f"{finish or first:%Y-%m}"
    given = dict(zip(MONTHS, (begins, ends, ends, ends), strict=True)) | dict(variables or {})
    calendar = tx.environment_facts.calendar
    try:
        learned = durations(tx, person, process_id).parameters
    except EngineError:  # no case to learn from, or not for this reader
        learned = {}
    steps = schedule.steps_of(
        definition,
        calendar,
        given,
        first,
        called=lambda name: _called(env, name),
        decide=lambda name, values: _decided(env, name, values, calendar),
        parameters=learned,
    )
    found = schedule.plan(steps, calendar, start, finish)
    assumed = sum(slot.step.length.assumed for slot in found.slots)
    return Scheduled(process_id, definition.name or process_id, found, assumed)


def focus_schedule(tx: Asker, person: str, focus_task_id: str) -> Scheduled | None:
    """The schedule of a focus task were it opened now, or in the first month of its plan, until its latest month; None
    while it has no process. Raises NotFound."""
    f = focus_tasks.c
    view = tx.conn.execute(sa.select(focus_tasks).where(f.tenant_id == tx.tenant, f.id == focus_task_id)).first()
    if view is None:
        raise NotFound("focus_task", f"Expected a focus task with id {focus_task_id}, found none.")
    if view.process_id not in tx.environment_facts.processes:
        return None
    calendar, today = tx.environment_facts.calendar, clock.local_date(tx.now)
    start = max(today, date.fromisoformat(f"{view.planned_start}-01"))
    finish = calendar.last_working_day_of_month(view.latest_finish)
    months = {name: getattr(view, name) for name in MONTHS}
    return process_schedule(tx, person, view.process_id, start, max(finish, start), months)


def case_schedule(tx: Asker, person: str, case_id: str) -> Scheduled:
    """The schedule of a case from the day on which it was opened until its latest month: what was planned, not how far
    it has come. Raises NotFound."""
    c = cases.c
    row = tx.conn.execute(
        sa.select(cases).where(c.tenant_id == tx.tenant, c.id == case_id, listed(tx.actor(person)))
    ).first()
    if row is None:
        raise NotFound("case", f"Expected a case that {person} may see, found none.")
    start = clock.local_date(row.started_at)
    finish = tx.environment_facts.calendar.last_working_day_of_month(row.latest_finish)
    months = {name: getattr(row, name) for name in MONTHS}
    return process_schedule(tx, person, row.process_id, start, max(finish, start), months)


def _called(env: bpmn.Env, name: str) -> bpmn.Definition | None:
    try:
        return env.definition(env.process(name))
    except (KeyError, EngineError):
        return None


def _decided(env: bpmn.Env, name: str, values: Mapping[str, Any], calendar: feel.Calendar) -> Any:
    try:
        return env.decision(name).evaluate(dict(values), feel.Env(calendar)).value
    except (KeyError, EngineError, dmn.DecisionError, feel.FeelError):
        return None
