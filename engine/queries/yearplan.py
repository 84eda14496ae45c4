"""The plan of a year as pages show it: focus tasks with their dates, months and results, versions with what changed,
and what the end of a year would do.

Days are office days (UTC+7), months text "2022-03". Outsiders of the department have no plan to see.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from engine import clock, org, planfile, plans
from engine.errors import Forbidden, NotFound, Reason
from engine.queries.access import Asker, visible
from engine.queries.progress import ProgressRow, standing
from engine.queries.register import case_state
from engine.records import cases, focus_tasks, people, plan_moves, units
from engine.records import plans as plan_rows


@dataclass(frozen=True, slots=True)
class CaseLink:
    """A case of a focus task: running ones first. `adjusted`: its months were moved by a version of the plan."""

    id: str
    code: str
    title: str
    state: str
    process_id: str
    adjusted: bool


@dataclass(frozen=True, slots=True)
class PlanTask:
    """A focus task of a version. `results`: (text, whether it is there, symbol, day)."""

    id: str
    code: str
    no: int
    title: str
    short: str
    label: str
    origin: str
    basis: str | None
    lead_unit: str
    lead_unit_name: str
    coop_unit_names: Sequence[str]
    planned_start: str
    planned_finish: str
    committed_finish: str
    latest_finish: str
    # month → its entries (words in correct spelling)
    months: Mapping[str, Sequence[str]]
    results: Sequence[tuple[str, bool, str | None, date | None]]
    status: str | None
    mark: str | None
    cases: Sequence[CaseLink]
    process_id: str | None
    adjusted: bool
    # the year from whose plan it was carried on
    carried_from: int | None

    @property
    def results_done(self) -> int:
        """How many results are there."""
        return sum(done for _, done, _, _ in self.results)


@dataclass(frozen=True, slots=True)
class VersionRow:
    """A version of a year's plan, with what it changed of the version that it replaced."""

    id: str
    version: int
    status: str
    made_at: datetime | None
    made_by: str | None
    adopted_at: datetime | None
    adopted_by: str | None
    reason: str | None
    filename: str | None
    changes: Sequence[plans.Change]
    moved: int


@dataclass(frozen=True, slots=True)
class PlanView:
    """A year's plan: one of its versions in full, the others as rows."""

    id: str
    year: int
    version: int
    status: str
    title: str
    number: str | None
    dated: date | None
    replaces: str | None
    years: Sequence[int]
    tasks: Sequence[PlanTask]
    versions: Sequence[VersionRow]
    may_draft: bool
    may_adopt: bool
    # what was understood of its document: findings, lines that were not used, items
    findings: Sequence[planfile.Finding] = ()
    unused: Sequence[Mapping[str, Any]] = ()
    items: Sequence[planfile.Item] = ()

    @property
    def current(self) -> VersionRow:
        """The row of the version that is shown."""
        return next(row for row in self.versions if row.id == self.id)


@dataclass(frozen=True, slots=True)
class Ending:
    """What the end of a year would do with a task: `proposed` is carry, archive or leave."""

    task: PlanTask
    state: str
    proposed: str
    chosen: str


@dataclass(frozen=True, slots=True)
class YearEnd:
    """The end of a year before it is done. `unclear`: why it would be refused as chosen."""

    plan: PlanView
    tasks: Sequence[Ending]
    unclear: Sequence[Reason] = field(default_factory=list)


def plan_units(tx: Asker, person: str) -> tuple[planfile.Unit, ...]:
    """The units that a plan document may name, for who prepares plans. Raises Forbidden("plan_role")."""
    if not plans.may_draft(tx.actor(person)):
        raise Forbidden("plan_role", f"Expected {person} to be allowed to draft plans.")
    return plans.known_units(tx.conn, tx.tenant)


def plan_id(tx: Asker, year: int, version: int | None = None) -> str:
    """The id of a version of a year's plan; of the one in force, else the newest. Raises NotFound."""
    there = plans.versions(tx.conn, tx.tenant, year)
    wanted = [row for row in there if row.version == version] if version else there
    chosen = next((row for row in wanted if row.status == "adopted"), None) or next(iter(wanted), None)
    if chosen is None:
        raise NotFound("plan", f"Expected a plan of {year}, found none.")
    return str(chosen.id)


def plan(tx: Asker, person: str, year: int | None = None, version: int | None = None) -> PlanView | None:
    """A year's plan (the newest in force when None), in the version in force or in the one asked for; None when there
    is no plan at all. Raises NotFound, Forbidden("role") for outsiders."""
    actor = _insider(tx, person)
    if year is None:
        row = plans.in_force(tx.conn, tx.tenant)
        years = plans.years(tx.conn, tx.tenant)
        if row is None and not years:
            return None
        year = row.year if row else years[0]
    shown = plans.plan(tx.conn, tx.tenant, plan_id(tx, year, version))
    return _view(tx, actor, shown)


def plan_by_id(tx: Asker, person: str, plan_id: str) -> PlanView:
    """A version by its id. Raises NotFound, Forbidden("role") for outsiders."""
    return _view(tx, _insider(tx, person), plans.plan(tx.conn, tx.tenant, plan_id))


def _insider(tx: Asker, person: str) -> org.Actor:
    actor: org.Actor = tx.actor(person)
    if not (actor.in_department or actor.watches_all):
        raise Forbidden("role", f"Expected {person} to work in the department.")
    return actor


def _view(tx: Asker, actor: org.Actor, row: Any) -> PlanView:
    rows = plans.versions(tx.conn, tx.tenant, row.year)
    document = row.document or {}
    return PlanView(
        id=row.id,
        year=row.year,
        version=row.version,
        status=row.status,
        title=row.title,
        number=row.number,
        dated=row.dated,
        replaces=row.replaces,
        years=plans.years(tx.conn, tx.tenant),
        tasks=_tasks(tx, actor, row),
        versions=_versions(tx, rows),
        may_draft=plans.may_draft(actor),
        may_adopt=plans.may_adopt(actor),
        findings=[planfile.Finding(**{**f, "lines": tuple(f["lines"])}) for f in document.get("findings", ())],
        unused=document.get("unused", ()),
        items=[planfile.Item(**{**i, "lines": tuple(i["lines"])}) for i in document.get("items", ())],
    )


def _tasks(tx: Asker, actor: org.Actor, row: Any) -> list[PlanTask]:
    tasks = plans.tasks_of(tx.conn, tx.tenant, row.id)
    names = _unit_names(tx)
    opened = _cases(tx, actor, tasks)
    standings: dict[str, ProgressRow] = {}
    if row.status in ("adopted", "closed"):
        standings = {one.code: one for one in standing(tx, row.year, tx.today)}
    origins = _origins(tx, tasks, row.year)
    found: list[PlanTask] = []
    for no, task in enumerate(tasks, 1):
        stands = standings.get(task.code)
        done = {result.id: result for result in stands.results} if stands else {}
        results = []
        for result in task.results or ():
            one = done.get(result["id"])
            text = planfile.corrected(result["text"])
            results.append((text, bool(one and one.done), one.symbol if one else None, one.dated if one else None))
        found.append(
            PlanTask(
                id=task.id,
                code=task.code,
                no=no,
                title=planfile.corrected(task.title),
                short=task.short_title,
                label=task.label,
                origin=task.origin,
                basis=task.basis,
                lead_unit=task.lead_unit,
                lead_unit_name=names.get(task.lead_unit, task.lead_unit),
                coop_unit_names=[names.get(unit, unit) for unit in task.coop_units or ()],
                **{name: getattr(task, name) for name in plans.MONTHS},
                months=_months(task.roadmap or ()),
                results=results,
                status=stands.status if stands else None,
                mark=stands.mark if stands else None,
                cases=opened[task.id],
                process_id=task.process_id,
                adjusted=any(case.adjusted for case in opened[task.id]),
                carried_from=origins.get(task.id),
            )
        )
    return found


def _months(roadmap: Sequence[Mapping[str, Any]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for entry in roadmap:
        for month in _span(entry["month"], entry.get("until") or entry["month"]):
            found[month].append(planfile.corrected(entry["text"]))
    return dict(found)


def _span(first: str, last: str) -> list[str]:
    year, month = int(first[:4]), int(first[5:])
    found: list[str] = []
    while f"{year}-{month:02}" <= last and len(found) < 36:
        found.append(f"{year}-{month:02}")
        year, month = (year, month + 1) if month < 12 else (year + 1, 1)
    return found


def _unit_names(tx: Asker) -> dict[str, str]:
    rows = tx.conn.execute(sa.select(units.c.id, units.c.name).where(units.c.tenant_id == tx.tenant))
    return {row.id: row.name for row in rows}


def _cases(tx: Asker, actor: org.Actor, tasks: Sequence[Any]) -> dict[str, list[CaseLink]]:
    c, m = cases.c, plan_moves.c
    ids = [task.id for task in tasks]
    mine = sa.select(c.id, c.code, c.title, c.status, c.process_id, c.focus_task_id)
    rows = list(
        tx.conn.execute(
            mine.where(c.tenant_id == tx.tenant, c.focus_task_id.in_(ids), visible(actor)).order_by(c.started_at)
        )
    )
    moved = sa.select(m.case_id, m.after).where(m.tenant_id == tx.tenant, m.case_id.in_([row.id for row in rows]))
    adjusted = {row.case_id for row in tx.conn.execute(moved) if row.after}
    found: dict[str, list[CaseLink]] = defaultdict(list)
    for row in sorted(rows, key=lambda row: row.status != "running"):
        state = case_state(row.status)
        link = CaseLink(row.id, row.code, row.title, state, row.process_id, row.id in adjusted)
        found[row.focus_task_id].append(link)
    return found


def _origins(tx: Asker, tasks: Sequence[Any], year: int) -> dict[str, int]:
    """The year from which a task was carried on, by task id."""
    f, p = focus_tasks.c, plan_rows.c
    found: dict[str, int] = {}
    looking = {task.id: task.follows for task in tasks if task.follows}
    joined = sa.select(f.id, f.follows, p.year).join(plan_rows, sa.and_(p.tenant_id == f.tenant_id, p.id == f.plan_id))
    for _ in range(50):  # versions of one year, at most
        if not looking:
            break
        wanted = joined.where(f.tenant_id == tx.tenant, f.id.in_(set(looking.values())))
        rows = {row.id: row for row in tx.conn.execute(wanted)}
        further = {}
        for mine, follows in looking.items():
            row = rows.get(follows)
            if row is not None and row.year != year:
                found[mine] = row.year
            elif row is not None and row.follows:
                further[mine] = row.follows
        looking = further
    return found


def _versions(tx: Asker, rows: Sequence[Any]) -> list[VersionRow]:
    wanted = {name for row in rows for name in (row.made_by, row.adopted_by) if name}
    p, m = people.c, plan_moves.c
    named = tx.conn.execute(sa.select(p.id, p.name).where(p.tenant_id == tx.tenant, p.id.in_(wanted)))
    names = {row.id: row.name for row in named}
    counted = (
        sa.select(m.plan_id, sa.func.count().label("moved"))
        .where(m.tenant_id == tx.tenant, m.plan_id.in_([row.id for row in rows]))
        .group_by(m.plan_id)
    )
    moved = {row.plan_id: row.moved for row in tx.conn.execute(counted)}
    tasks = {row.id: plans.tasks_of(tx.conn, tx.tenant, row.id) for row in rows}
    return [
        VersionRow(
            id=row.id,
            version=row.version,
            status=row.status,
            made_at=row.made_at,
            made_by=names.get(row.made_by, row.made_by),
            adopted_at=row.adopted_at,
            adopted_by=names.get(row.adopted_by, row.adopted_by),
            reason=row.reason,
            filename=(row.document or {}).get("filename") or None,
            changes=plans.changes(tasks[row.previous], tasks[row.id]) if row.previous in tasks else [],
            moved=moved.get(row.id, 0),
        )
        for row in rows
    ]


# --- the end of a year ----------------------------------------------------------------------------------------------


def year_end(
    tx: Asker,
    person: str,
    year: int,
    carry: Sequence[str] | None = None,
    leave: Mapping[str, str] | None = None,
) -> YearEnd:
    """What closing a year would do, and why it would be refused as chosen; `carry` None proposes what is unfinished.

    Raises NotFound, Forbidden("plan_role").
    """
    actor = tx.actor(person)
    if not plans.may_adopt(actor):
        raise Forbidden("plan_role", f"Expected {person} to be allowed to close plans.")
    row = plans.in_force(tx.conn, tx.tenant, year)
    if row is None:
        raise NotFound("plan", f"Expected a plan of {year} in force, found none.")
    view = _view(tx, actor, row)
    old = plans.tasks_of(tx.conn, tx.tenant, row.id)
    opened = plans.cases_of(tx.conn, tx.tenant, [task.id for task in old])
    states = {task.code: plans.state_at_end(task, opened) for task in old}
    proposed = {code: "archive" if state == "finished" else "carry" for code, state in states.items()}
    going = [code for code, what in proposed.items() if what == "carry"] if carry is None else list(carry)
    given_up = leave or {}
    today = clock.local_date(tx.now)
    return YearEnd(
        plan=view,
        tasks=[
            Ending(
                task,
                states[task.code],
                proposed[task.code],
                "carry" if task.code in going else "leave" if task.code in given_up else "archive",
            )
            for task in view.tasks
        ],
        unclear=plans.unclear(tx.conn, tx.tenant, row, old, opened, going, given_up, today),
    )
