"""How the focus tasks of a year stand on a day, by decision table DMN-04 `trang_thai_tien_do` (domain.md §4).

A day is an office day (UTC+7). What was not yet so on that day does not count: a case opened later, a signature given
later, a document added later. Months are those of the newest version of the year's plan.
"""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa

from engine import bpmn, clock, deadlines, feel
from engine.errors import Forbidden
from engine.queries.access import Asker
from engine.records import cases, document_versions, documents, focus_tasks, plan_moves, plans, units

DECISION = "trang_thai_tien_do"
# Artefacts of one document per instance: `bien_ban_tap_huan-01`, `-02` …
ONE_OF_SEVERAL = re.compile(r"-\d+$")


@dataclass(frozen=True, slots=True)
class ResultRow:
    """One of a task's expected results: its words in the plan, whether its documents are there, and the number and
    date of the one that was issued."""

    id: str
    text: str
    done: bool
    symbol: str | None = None
    dated: date | None = None


@dataclass(frozen=True, slots=True)
class ProgressRow:
    """A focus task on a day. Months are "2022-03". `status`, `colour`, `mark` and `flag` as DMN-04 gives them."""

    code: str
    title: str
    lead_unit: str
    planned_start: str
    planned_finish: str
    committed_finish: str
    latest_finish: str
    started_on: date | None
    finished_on: date | None
    status: str
    colour: str
    results_done: int
    results_total: int
    mark: str | None = None
    flag: str | None = None
    origin: str = ""
    lead_unit_name: str = ""
    coop_units: Sequence[str] = ()
    case_id: str | None = None
    case_code: str | None = None
    results: Sequence[ResultRow] = ()
    # da_dieu_chinh: a version of the plan gave the running case other months
    adjusted: bool = False


def progress(tx: Asker, person: str, year: int, day: date | None = None) -> list[ProgressRow]:
    """The focus tasks of a year as they stand at the end of an office day (today's when None), in the plan's order.

    Raises Forbidden("role") for somebody who neither works in the department nor watches all of its cases.
    """
    actor = tx.actor(person)
    if not (actor.in_department or actor.watches_all):
        raise Forbidden("role", f"Expected {person} to work in the department.")
    return standing(tx, year, day or tx.today)


def standing(tx: Asker, year: int, day: date) -> list[ProgressRow]:
    """`progress` for whoever may see everything: the reports that the system writes."""
    tasks = _tasks(tx, year)
    opened = _cases(tx, year, day)
    documented = _documents(tx, [case.id for case in opened.values()], day)
    adjusted = _adjusted(tx, [case.id for case in opened.values()], day)
    decision = tx.kernel_env().decision(DECISION)
    env = feel.Env(calendar=tx.environment_facts.calendar)
    found = []
    for task in tasks:
        case = opened.get((task.code, task.process_id))
        facts = _facts(case, day)
        months = {name: getattr(task, name) for name in MONTHS}
        iso = {name: facts[name].isoformat() if facts[name] else None for name in ("finished_on",)}
        judged = decision.evaluate({**facts, **iso, **months, "as_of": day.isoformat()}, env).value
        results = [_result(one, documented.get(case.id, {}) if case else {}) for one in task.results or ()]
        found.append(
            ProgressRow(
                code=task.code,
                title=task.title,
                lead_unit=task.lead_unit,
                **months,
                started_on=facts["started_on"],
                finished_on=facts["finished_on"],
                status=judged["status"],
                colour=judged["colour"],
                results_done=sum(one.done for one in results),
                results_total=len(results),
                mark=judged["mark"],
                flag=judged["flag"],
                origin=task.origin,
                lead_unit_name=task.unit_name or task.lead_unit,
                coop_units=tuple(task.coop_units or ()),
                case_id=case.id if case else None,
                case_code=case.code if case else None,
                results=results,
                adjusted=case is not None and case.id in adjusted,
            )
        )
    return found


MONTHS = ("planned_start", "planned_finish", "committed_finish", "latest_finish")


def _tasks(tx: Asker, year: int) -> Sequence[Any]:
    f, p = focus_tasks.c, plans.c
    newest = (
        sa.select(p.id)
        .where(p.tenant_id == tx.tenant, p.year == year, p.status != "draft")
        .order_by(p.version.desc())
        .limit(1)
        .scalar_subquery()
    )
    return list(
        tx.conn.execute(
            sa.select(focus_tasks, units.c.name.label("unit_name"))
            .outerjoin(units, sa.and_(units.c.tenant_id == f.tenant_id, units.c.id == f.lead_unit))
            .where(f.tenant_id == tx.tenant, f.plan_id == newest)
            .order_by(f.sort)
        )
    )


def _cases(tx: Asker, year: int, day: date) -> dict[tuple[str, str], Any]:
    """By code and process: the case last opened, up to a day, for a focus task of any version of the year's plan.
    Other processes run for a focus task too, such as the adjustment of the plan: they are no work on it."""
    c, f, p = cases.c, focus_tasks.c, plans.c
    rows = tx.conn.execute(
        sa.select(c.id, c.code, c.process_id, c.status, c.started_at, c.ended_at, c.state, f.code.label("focus_code"))
        .join(focus_tasks, sa.and_(f.tenant_id == c.tenant_id, f.id == c.focus_task_id))
        .join(plans, sa.and_(p.tenant_id == f.tenant_id, p.id == f.plan_id))
        .where(c.tenant_id == tx.tenant, p.year == year, c.started_at < deadlines.end_of_day(day))
        .order_by(c.started_at, c.id)
    )
    return {(row.focus_code, row.process_id): row for row in rows}


def _adjusted(tx: Asker, ids: list[str], day: date) -> set[str]:
    """Which cases had their months changed by a version of the plan up to a day."""
    m = plan_moves.c
    rows = tx.conn.execute(
        sa.select(m.case_id, m.after).where(
            m.tenant_id == tx.tenant, m.case_id.in_(ids), m.at < deadlines.end_of_day(day)
        )
    )
    return {row.case_id for row in rows if row.after}


def _facts(case: Any, day: date) -> dict[str, Any]:
    """What DMN-04 asks about a case on a day."""
    if case is None:
        return {"started": False, "stopped": False, "paused": False, "started_on": None, "finished_on": None}
    known = bpmn.variables(case.state)
    ended = clock.local_date(case.ended_at) if case.ended_at else None
    # The plan's months are for the signature, which a model keeps in `finished_on`, not for closing the file.
    finished = _day(known.get("finished_on")) or (ended if case.status == "completed" else None)
    if finished and finished > day:
        finished = None
    stopped = case.status in ("refused", "cancelled") and ended is not None and ended <= day
    opened = clock.local_date(case.started_at)
    return {
        "started": True,
        "stopped": stopped,
        "paused": False,
        "started_on": min(opened, _day(known.get("started_on")) or opened),
        "finished_on": None if stopped else finished,
    }


def _day(value: Any) -> date | None:
    """The day in a variable of a process: "2022-03-31", or longer."""
    try:
        return date.fromisoformat(value[:10]) if isinstance(value, str) else None
    except ValueError:
        return None


def _documents(tx: Asker, case_ids: Sequence[str], day: date) -> dict[str, dict[str, list[Any]]]:
    """Case id → artefact → its documents that were there at the end of a day; several of an artefact "x-01" under x."""
    d, v = documents.c, document_versions.c
    found: dict[str, dict[str, list[Any]]] = defaultdict(lambda: defaultdict(list))
    there = sa.exists().where(v.tenant_id == d.tenant_id, v.document_id == d.id, v.added_at < deadlines.end_of_day(day))
    rows = tx.conn.execute(
        sa.select(d.case_id, d.artefact, d.number, d.dated)
        .where(d.tenant_id == tx.tenant, d.case_id.in_(case_ids), there)
        .order_by(d.artefact)
    )
    for row in rows:
        found[row.case_id][row.artefact].append(row)
        if ONE_OF_SEVERAL.search(row.artefact):
            found[row.case_id][ONE_OF_SEVERAL.sub("", row.artefact)].append(row)
    return found


def _result(told: Mapping[str, Any], there: Mapping[str, Sequence[Any]]) -> ResultRow:
    wanted = told.get("artefacts") or [told["artefact"]]
    made = [there.get(artefact, ()) for artefact in wanted]
    done = all(len(found) >= told.get("count", 1) for found in made)
    issued = next((one for found in reversed(made) for one in found if one.number), None)
    symbol, dated = (issued.number, issued.dated) if issued else (None, None)
    return ResultRow(told.get("id", ""), told.get("text", ""), done, symbol, dated)
