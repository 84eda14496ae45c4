"""Hồ sơ as a list, and the plan's focus tasks from which cases are opened."""

from collections import defaultdict
from collections.abc import Callable, Mapping
from typing import Any

import sqlalchemy as sa

from engine import org
from engine.errors import NotFound
from engine.queries import paths
from engine.queries.access import Asker, due_of, key_names, listed, month_due, visible
from engine.queries.inbox import short
from engine.queries.views import CaseList, CaseRow, FocusTaskView
from engine.records import archived_cases, cases, focus_tasks, people, plans, tasks, units

URGENCY = {"late": 0, "today": 1, "soon": 2, "ok": 3, "none": 4}
LIMIT = 500
FILTERS: Mapping[str, Callable[[CaseRow], bool]] = {
    "all": lambda case: True,
    "running": lambda case: case.state == "running",
    "late": lambda case: case.state == "running" and "late" in (case.step_due.state, case.case_due.state),
    "soon": lambda case: case.state == "running" and case.step_due.state in ("today", "soon"),
    "done": lambda case: case.state != "running",
}


def cases_list(tx: Asker, person: str, state: str | None = None, unit: str | None = None) -> CaseList:
    """The cases that a person may see, newest first; `state`: running, late, soon, done or archived; `unit`: the lead
    unit. Cases of closed years are only among the archived."""
    actor = tx.actor(person)
    c, f = cases.c, focus_tasks.c
    rows = tx.conn.execute(
        sa.select(
            c.id,
            c.code,
            c.title,
            c.lead_unit,
            c.status,
            c.milestone,
            c.started_at,
            c.ended_at,
            c.latest_finish,
            c.definition,
            f.code.label("focus_code"),
            f.short_title,
            f.label,
            units.c.name.label("unit_name"),
            _archived().label("archived"),
        )
        .outerjoin(focus_tasks, sa.and_(f.tenant_id == c.tenant_id, f.id == c.focus_task_id))
        .outerjoin(units, sa.and_(units.c.tenant_id == c.tenant_id, units.c.id == c.lead_unit))
        .where(c.tenant_id == tx.tenant, listed(actor))
        .order_by(_archived(), c.started_at.desc(), c.id)
        .limit(LIMIT)
    ).all()
    archive = [r for r in rows if r.archived]
    live = [r for r in rows if not r.archived]
    rows = archive if state == "archived" else live
    current = _current_steps(tx, [r.id for r in [*live, *archive] if r.status == "running"])
    names = key_names(tx, [t.candidate for held in current.values() for t in held if t.candidate and not t.person])
    running = [_line(tx, r, current.get(r.id, []), names) for r in live]
    counts = {name: sum(map(holds, running)) for name, holds in FILTERS.items()} | {"archived": len(archive)}
    lines = [_line(tx, r, current.get(r.id, []), names) for r in rows] if state == "archived" else running
    keep = FILTERS.get(state or "all", FILTERS["all"])
    named = {r.lead_unit: r.unit_name or r.lead_unit for r in rows}
    by_id = {r.id: r.lead_unit for r in rows}
    shown = [x for x in lines if keep(x) and (not unit or by_id[x.id] == unit)]
    outsider = not (actor.in_department or actor.watches_all)
    return CaseList(counts, sorted(named.items(), key=lambda item: item[1]), shown, outsider)


def _archived() -> sa.ColumnElement[bool]:
    a = archived_cases.c
    return sa.exists().where(a.tenant_id == cases.c.tenant_id, a.case_id == cases.c.id)


def _current_steps(tx: Asker, ids: list[str]) -> dict[str, list[Any]]:
    t = tasks.c
    found = defaultdict(list)
    if ids:
        rows = tx.conn.execute(
            sa.select(t.case_id, t.name, t.step, t.candidate, t.due_at, people.c.name.label("person"))
            .outerjoin(people, sa.and_(people.c.tenant_id == t.tenant_id, people.c.id == t.assignee))
            .where(t.tenant_id == tx.tenant, t.case_id.in_(ids), t.state.in_(("ready", "claimed")))
            .order_by(t.created_at)
        )
        for row in rows:
            found[row.case_id].append(row)
    return found


def _line(tx: Asker, row: Any, current: list[Any], names: Mapping[str, str]) -> CaseRow:
    numbered = paths.numbers(tx.models.bundle(tx.conn, tx.tenant, row.definition).definition)
    dues = [due_of(tx, t.due_at) for t in current]
    worst = min(dues, key=lambda d: (URGENCY.get(d.state, 9), -d.days if d.state == "late" else d.days), default=None)
    held: dict[str, list[str]] = {}
    for t in current:
        held.setdefault(t.name, []).append(t.person or names.get(t.candidate or "", ""))
    shown = {name: list(dict.fromkeys(holders)) for name, holders in held.items()}
    at = [numbered[t.step] for t in current if t.step in numbered]
    count = max(numbered.values(), default=0)
    return CaseRow(
        id=row.id,
        code=row.code,
        title=row.title,
        short=row.label or short(row.title),
        focus_code=row.focus_code,
        lead_unit_name=row.unit_name or row.lead_unit,
        state=case_state(row.status),
        milestone=row.milestone,
        steps=[(name, ", ".join(people[:2]) + (" …" if len(people) > 2 else "")) for name, people in shown.items()],
        step_due=worst or due_of(tx, None, row.ended_at),
        case_due=month_due(tx, row.latest_finish, row.ended_at),
        started_at=row.started_at,
        # A case stands at its first open step; what comes before it is done.
        done_steps=min(at) - 1 if at else count if row.status == "completed" else 0,
        step_count=count,
    )


def case_state(status: str) -> str:
    """How a page calls the status of a case."""
    return {"refused": "ended"}.get(status, status)


def focus_tasks_list(tx: Asker, person: str) -> list[FocusTaskView]:
    """The focus tasks of the newest plan version, in the plan's order, with the cases opened for them."""
    actor = tx.actor(person)
    f, c = focus_tasks.c, cases.c
    plan = tx.conn.execute(
        sa.select(plans.c.id)
        .where(plans.c.tenant_id == tx.tenant, plans.c.status == "adopted")
        .order_by(plans.c.year.desc(), plans.c.version.desc())
        .limit(1)
    ).scalar()
    rows = tx.conn.execute(
        sa.select(focus_tasks, units.c.name.label("unit_name"))
        .outerjoin(units, sa.and_(units.c.tenant_id == f.tenant_id, units.c.id == f.lead_unit))
        .where(f.tenant_id == tx.tenant, f.plan_id == plan)
        .order_by(f.sort)
    ).all()
    opened = defaultdict(list)
    for case in tx.conn.execute(
        sa.select(c.id, c.code, c.status, c.focus_task_id)
        .where(c.tenant_id == tx.tenant, c.focus_task_id.in_([r.id for r in rows]), visible(actor))
        .order_by(c.started_at)
    ):
        opened[case.focus_task_id].append((case.id, case.code, case_state(case.status)))
    return [_focus(tx, n, row, opened[row.id], actor) for n, row in enumerate(rows, 1)]


def _focus(tx: Asker, n: int, row: Any, opened: list[tuple[str, str, str]], actor: org.Actor) -> FocusTaskView:
    digest = tx.environment_facts.processes.get(row.process_id or "")
    steps = None
    if digest:
        steps = len(paths.steps(tx.models.bundle(tx.conn, tx.tenant, digest).definition))
    entitled = "van_phong_tong_hop" in actor.roles or ("truong_don_vi" in actor.roles and row.lead_unit in actor.units)
    running = any(state == "running" for _, _, state in opened)
    return FocusTaskView(
        id=row.id,
        code=row.code,
        no=n,
        title=row.title,
        short=row.short_title,
        label=row.label,
        lead_unit_name=row.unit_name or row.lead_unit,
        origin=row.origin,
        planned_start=row.planned_start,
        planned_finish=row.planned_finish,
        committed_finish=row.committed_finish,
        latest_finish=row.latest_finish,
        executable=digest is not None,
        cases=opened,
        may_start=entitled and digest is not None and not running,
        steps=steps,
        results=[r["text"] for r in row.results],
        led="truong_don_vi" in actor.roles and row.lead_unit in actor.units,
    )


def focus_task(tx: Asker, person: str, focus_task_id: str) -> FocusTaskView:
    """One focus task of the plan. Raises NotFound."""
    for view in focus_tasks_list(tx, person):
        if view.id == focus_task_id:
            return view
    raise NotFound("focus_task", f"Expected a focus task with id {focus_task_id}, found none.")
