"""Commands on the yearly plan: its versions, what running cases owe to them, and the end of a year.

A document becomes a draft; the director or the head of the department's office adopts it. Then it replaces the version
before: cases go on under the new version's rows, and their months move with them (`engine.commands.calendar`), so that
the old ones and who approved stay in the journal. Reading documents is pure and happens before the transaction.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import sqlalchemy as sa

from engine import bpmn, clock, jobs, notices, org, planfile, plans
from engine.commands import calendar
from engine.commands.advance import locked_case, note
from engine.commands.models import SYSTEM
from engine.commands.transaction import Tx
from engine.errors import Conflict, Forbidden, Invalid, Reason
from engine.records import archived_cases, cases, focus_tasks, plan_moves, tasks
from engine.records import plans as plan_rows

REASON_MAX = 2000
Choices = Mapping[str, Mapping[str, Any]]


def load(tx: Tx, plan: dict[str, Any]) -> str:
    """Store a plan in force with its focus tasks; the same plan again changes nothing. Returns the plan id.

    For set-up and the demo: no case is moved. Raises DefinitionError with every problem of the plan.
    """
    return plans.load_plan(tx.conn, tx.tenant, plan)


def _require(allowed: bool, actor: str, what: str) -> None:
    if not allowed:
        raise Forbidden("plan_role", f"Expected {actor} to be allowed to {what} plans.")


# --- drafts -------------------------------------------------------------------------------------------------------


def store_draft(
    tx: Tx, actor: str, understood: planfile.Understood, filename: str = "", choices: Choices | None = None
) -> str:
    """Store what was understood of a plan document as a draft, the next version of its year; returns its id.

    It stands beside the version in force (or a draft of carried tasks), whose short titles, processes and artefacts it
    takes over; carried tasks that the document does not have stay. `choices` are values for its tasks, by code. Raises
    Forbidden("plan_role"), DefinitionError (unit not recognised, choice that is none).
    """
    _require(plans.may_draft(tx.actor(actor)), actor, "draft")
    conn, tenant, year = tx.conn, tx.tenant, understood.head.year
    _lock_year(tx, year)
    there = plans.versions(conn, tenant, year)
    before = _before(there)
    old = plans.tasks_of(conn, tenant, before.id) if before else []
    new = plans.from_document(understood, there[0].version + 1 if there else 1, old)
    new = plans.chosen(new, choices or {})
    follows = {code: task.id for code, task in plans.continued(_titles(new), old).items()}
    carried = [task for task in old if task.id not in follows.values() and _is_carried(tx, task, year)]
    for n, task in enumerate(carried, len(new["focus_tasks"]) + 1):
        new["focus_tasks"].append({**plans.values_of(task), "sort": n})
        follows[task.code] = task.id
    facts = {
        "status": "draft",
        "previous": before.id if before else None,
        "made_at": tx.now,
        "made_by": actor,
        "document": plans.document_json(understood, filename),
    }
    return plans.add_version(conn, tenant, new, facts, follows)


def _titles(plan: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [(task["code"], task["title"]) for task in plan["focus_tasks"]]


def _before(there: Sequence[Any]) -> Any:
    """The version that a new one continues: the one in force, else a draft that carried tasks were put into."""
    adopted = next((row for row in there if row.status == "adopted"), None)
    return adopted or next((row for row in there if row.status == "draft" and row.document is None), None)


def _is_carried(tx: Tx, task: Any, year: int) -> bool:
    """Whether a focus task came from the plan of another year."""
    f, p = focus_tasks.c, plan_rows.c
    seen = task
    while seen is not None and seen.follows:
        known = sa.select(focus_tasks, p.year).join(plan_rows, sa.and_(p.tenant_id == f.tenant_id, p.id == f.plan_id))
        seen = tx.conn.execute(known.where(f.tenant_id == tx.tenant, f.id == seen.follows)).first()
        if seen is not None and seen.year != year:
            return True
    return False


def amend(tx: Tx, actor: str, plan_id: str, choices: Choices) -> None:
    """Choose other months, unit, process or titles for tasks of a draft. Raises NotFound, Forbidden, Conflict
    ("plan_not_draft"), DefinitionError."""
    _require(plans.may_draft(tx.actor(actor)), actor, "draft")
    plans.amend(tx.conn, tx.tenant, _draft(tx, plan_id), choices)


def drop(tx: Tx, actor: str, plan_id: str) -> None:
    """Throw a draft away; one that cases stand in cannot be. Raises NotFound, Forbidden, Conflict("plan_not_draft" |
    "plan_has_cases")."""
    _require(plans.may_draft(tx.actor(actor)), actor, "draft")
    row = _draft(tx, plan_id)
    if plans.cases_of(tx.conn, tx.tenant, [task.id for task in plans.tasks_of(tx.conn, tx.tenant, row.id)]):
        raise Conflict("plan_has_cases", "Expected a draft without cases, but cases stand under its tasks.")
    for table, column in ((focus_tasks, focus_tasks.c.plan_id), (plan_rows, plan_rows.c.id)):
        tx.conn.execute(sa.delete(table).where(table.c.tenant_id == tx.tenant, column == row.id))


def _draft(tx: Tx, plan_id: str) -> Any:
    _lock_year(tx, plans.plan(tx.conn, tx.tenant, plan_id).year)
    row = plans.plan(tx.conn, tx.tenant, plan_id)
    if row.status != "draft":
        raise Conflict("plan_not_draft", f"Expected a draft, but version {row.version} is {row.status}.")
    return row


def _lock_year(tx: Tx, year: int) -> None:
    """Who decides on versions of a year comes after who is doing so: of a year one version is in force."""
    p = plan_rows.c
    mine = sa.select(p.id).where(p.tenant_id == tx.tenant, p.year == year).order_by(p.id)
    tx.conn.execute(mine.with_for_update()).all()


# --- adopting -----------------------------------------------------------------------------------------------------


def adopt(
    tx: Tx, actor: str, plan_id: str, reason: str = "", number: str | None = None, dated: date | None = None
) -> int:
    """Adopt a draft: it replaces the version before, whose cases go on under it with its months; returns how many
    cases moved. A reason is needed when a version is replaced; `number` and `dated` may come later.

    Raises NotFound, Forbidden("plan_role"), Conflict("plan_not_draft" | "plan_changed" | "running_left_out", reasons),
    Invalid(reason).
    """
    _require(plans.may_adopt(tx.actor(actor)), actor, "adopt")
    return _adopt(tx, actor, actor, plan_id, reason, number, dated)


def _adopt(
    tx: Tx,
    actor: str,
    approved_by: str,
    plan_id: str,
    reason: str,
    number: str | None = None,
    dated: date | None = None,
    own_case: str | None = None,
) -> int:
    row = _draft(tx, plan_id)
    before = plans.plan(tx.conn, tx.tenant, row.previous) if row.previous else None
    said = reason.strip()
    if before is not None and before.status == "adopted" and not plans.REASON_MIN <= len(said) <= REASON_MAX:
        raise Invalid({"reason": [Reason("too_short", "expected a reason", {"min": plans.REASON_MIN})]})
    now = next((p for p in plans.versions(tx.conn, tx.tenant, row.year) if p.status == "adopted"), None)
    if now is not None and (before is None or now.id != before.id):
        raise Conflict("plan_changed", f"Expected the draft to follow version {now.version}, which is in force.")
    new = {task.follows: task for task in plans.tasks_of(tx.conn, tx.tenant, row.id) if task.follows}
    old = plans.tasks_of(tx.conn, tx.tenant, before.id) if before else []
    opened = plans.cases_of(tx.conn, tx.tenant, [task.id for task in old])
    codes = {task.id: task.code for task in old}
    left = sorted({codes[c.focus_task_id] for c in opened if c.status == "running" and c.focus_task_id not in new})
    if left:
        told = [Reason("running_left_out", f"expected {code} in the new version", {"code": code}) for code in left]
        raise Conflict("running_left_out", f"Expected all tasks with running cases: {', '.join(left)}.", told)
    if before is not None:
        gone = {"status": "replaced", "ended_at": tx.now}
        _update(tx, before.id, gone)
    facts: dict[str, Any] = {
        "status": "adopted",
        "adopted_at": tx.now,
        "adopted_by": approved_by,
        "reason": said or None,
    }
    facts |= {"number": number} if number else {}
    facts |= {"dated": dated} if dated else {}
    _update(tx, row.id, facts)
    moved = 0
    for case in opened:
        task = new.get(case.focus_task_id)
        if task is not None:
            _move(tx, case.id, task, row, actor, approved_by, said, quietly=case.id == own_case)
            moved += 1
    return moved


def _update(tx: Tx, plan_id: str, values: Mapping[str, Any]) -> None:
    tx.conn.execute(
        sa.update(plan_rows).where(plan_rows.c.tenant_id == tx.tenant, plan_rows.c.id == plan_id).values(**values)
    )


def _move(
    tx: Tx,
    case_id: str,
    task: Any,
    plan: Any,
    actor: str,
    approved_by: str,
    reason: str,
    *,
    quietly: bool = False,
) -> None:
    """Put a case under another version's row. A running one takes over its months; every one notes it. `quietly`: the
    case whose own job does this; its entry is written by whoever finishes the job."""
    c = cases.c
    mine = sa.and_(c.tenant_id == tx.tenant, c.id == case_id)
    old = tx.conn.execute(sa.select(*(c[name] for name in plans.MONTHS)).where(mine)).one()._mapping
    wanted = {name: getattr(task, name) for name in plans.MONTHS}
    after = {name: month for name, month in wanted.items() if month != old[name]}
    if not quietly:
        case = locked_case(tx, case_id, actor)
        if case.status == "running" and after:
            version = plan.version
            calendar.change_dates(
                tx, case, after, actor=actor, reason=reason, plan_version=version, approved_by=approved_by
            )
        else:
            after = {}
            note(tx, case, actor, "case.plan_moved", {"plan": plan.id, "year": plan.year, "version": plan.version})
    else:
        after = {}
    tx.conn.execute(sa.update(cases).where(mine).values(focus_task_id=task.id))
    moved = {
        "tenant_id": tx.tenant,
        "case_id": case_id,
        "plan_id": plan.id,
        "at": tx.now,
        "moved_by": actor,
        "approved_by": approved_by,
        "reason": reason,
        "before": {name: old[name] for name in after},
        "after": after,
    }
    tx.conn.execute(sa.insert(plan_moves), moved)


# --- adjusting one task (process S2) --------------------------------------------------------------------------------

# The variables of an adjustment, and the months that they set.
NEW_MONTHS = {
    "new_planned_finish": "planned_finish",
    "new_committed_finish": "committed_finish",
    "new_latest_finish": "latest_finish",
}


@jobs.handler("trinhky:plan")
def adjust(tx: Tx, job: Any, case: Any) -> dict[str, Any]:
    """Make the next version of the plan with other months for one focus task, adopt it and move what runs.

    Variables: `focus_code`, `new_planned_finish`, `new_committed_finish`, `new_latest_finish` ("2022-08"; what is
    missing stays), `ly_do`. The director has decided within the process and stands as who approved. Result variables:
    `plan_version`, `plan_moved`. A wrong month makes an incident.
    """
    # A model may hand them over by its mapping, or leave them among the variables of the process.
    given = {**bpmn.variables(case.case_state), **job.payload["variables"]}
    _lock_year(tx, _plan_of(tx, case).year)
    row = _plan_of(tx, case)
    old = plans.tasks_of(tx.conn, tx.tenant, row.id)
    code = given.get("focus_code") or ""
    months = {name: given[key] for key, name in NEW_MONTHS.items() if given.get(key)}
    task = next((task for task in old if task.code == code), None)
    if task is None or not months:
        raise Invalid({"focus_code": [Reason("not_an_option", f"expected a task and a new month, got {code!r}")]})
    wanted = [months.get(name, getattr(task, name)) for name in plans.MONTHS]
    if wanted != sorted(wanted):
        raise Invalid({"new_latest_finish": [Reason("months_order", f"expected months in order, got {wanted}")]})
    reason = str(given.get("ly_do") or "").strip()
    approved_by = _approver(tx, case.case_id) or case.drafter or SYSTEM
    version = plans.versions(tx.conn, tx.tenant, row.year)[0].version + 1
    said = f"Thay thế phiên bản {row.version} của kế hoạch năm {row.year}"
    new = {
        **{name: getattr(row, name) for name in ("year", "title", "number")},
        "version": version,
        "replaces": said,
        "focus_tasks": [plans.values_of(one) | (months if one.code == code else {}) for one in old],
    }
    facts = {"status": "draft", "previous": row.id, "made_at": tx.now, "made_by": SYSTEM, "document": row.document}
    plan_id = plans.add_version(tx.conn, tx.tenant, new, facts, {one.code: one.id for one in old})
    if len(reason) < plans.REASON_MIN:
        reason = f"Điều chỉnh {code} theo {case.code}. {reason}".strip()
    moved = _adopt(tx, SYSTEM, approved_by, plan_id, reason, own_case=case.case_id)
    _tell_units(tx, old, version, row.year, code, reason)
    return {"plan_version": version, "plan_moved": moved}


def _plan_of(tx: Tx, case: Any) -> Any:
    """The version in force that a case belongs to: of its focus task's year, else the newest."""
    f, p, c = focus_tasks.c, plan_rows.c, cases.c
    year = tx.conn.execute(
        sa.select(p.year)
        .join(focus_tasks, sa.and_(f.tenant_id == p.tenant_id, f.plan_id == p.id))
        .join(cases, sa.and_(c.tenant_id == f.tenant_id, c.focus_task_id == f.id))
        .where(c.tenant_id == tx.tenant, c.id == case.case_id)
    ).scalar()
    row = plans.in_force(tx.conn, tx.tenant, year)
    if row is None:
        raise Conflict("plan_not_in_force", "Expected a plan in force to adjust, but there is none.")
    return row


def _approver(tx: Tx, case_id: str) -> str | None:
    """Who last approved in a case: the director's decision, where there is one."""
    t = tasks.c
    decided = sa.and_(t.tenant_id == tx.tenant, t.case_id == case_id, t.kind == "gate", t.state == "completed")
    rows = list(
        tx.conn.execute(
            sa.select(t.ended_by, t.candidate)
            .where(decided, t.outcome.in_(("dong_y", "dong_y_co_chinh_sua", "chap_thuan", "thong_qua")))
            .order_by(t.ended_at.desc())
        )
    )
    director = next((r.ended_by for r in rows if (r.candidate or "").startswith("dept_director")), None)
    return director or (rows[0].ended_by if rows else None)


def _tell_units(tx: Tx, old: Sequence[Any], version: int, year: int, code: str, reason: str) -> None:
    units = {task.lead_unit for task in old if task.code == code}
    heads = [row.id for unit in units for row in org.holders(tx.conn, tx.tenant, f"unit_head@{unit}", tx.today)]
    params = {"year": year, "version": version, "code": code, "reason": reason}
    notices.tell(tx.conn, tx.tenant, heads, "plan_adjusted", params, tx.now)


# --- the end of a year ----------------------------------------------------------------------------------------------


def close_year(
    tx: Tx,
    actor: str,
    year: int,
    carry: Sequence[str],
    leave: Mapping[str, str] | None = None,
    months: Mapping[str, Mapping[str, str]] | None = None,
    reason: str = "",
) -> str:
    """Close a year's plan: tasks in `carry` go on under next year's, with their cases and history; all other cases are
    archived. Returns the id of next year's plan (its draft, made when there is none).

    `leave` are unfinished tasks without a running case that are given up, each with its reason; `months` are new months
    for carried tasks, by code. Raises Forbidden("plan_role"), Conflict("plan_not_in_force"), Invalid, and
    Conflict("year_unclear", reasons) while it is not clear what is to become of a task.
    """
    _require(plans.may_adopt(tx.actor(actor)), actor, "close")
    _lock_year(tx, year)
    row = plans.in_force(tx.conn, tx.tenant, year)
    if row is None:
        raise Conflict("plan_not_in_force", f"Expected a plan of {year} in force, but there is none.")
    old = plans.tasks_of(tx.conn, tx.tenant, row.id)
    opened = plans.cases_of(tx.conn, tx.tenant, [task.id for task in old])
    today = clock.local_date(tx.now)
    unclear = plans.unclear(tx.conn, tx.tenant, row, old, opened, carry, leave or {}, today)
    if unclear:
        raise Conflict("year_unclear", "Expected to know what becomes of every task.", unclear)
    going = [task for task in old if task.code in carry]
    said = reason.strip() or f"Chuyển tiếp từ kế hoạch năm {year}"
    next_plan, rows = _carry(tx, actor, row, going, months or {}, said)
    for case in (c for c in opened if c.focus_task_id in rows):
        _move(tx, case.id, rows[case.focus_task_id], next_plan, actor, actor, said)
    _archive(tx, actor, row, [case for case in opened if case.focus_task_id not in rows])
    given_up = "; ".join(f"{code}: {why.strip()}" for code, why in sorted((leave or {}).items()))
    _update(tx, row.id, {"status": "closed", "ended_at": tx.now, "reason": given_up or row.reason})
    return str(next_plan.id)


def _carry(
    tx: Tx,
    actor: str,
    row: Any,
    going: Sequence[Any],
    months: Mapping[str, Mapping[str, str]],
    reason: str,
) -> tuple[Any, dict[str, Any]]:
    """Next year's draft with the carried tasks, and its rows by the id of the task that they carry on."""
    conn, tenant, year = tx.conn, tx.tenant, row.year + 1
    there = [p for p in plans.versions(conn, tenant, year) if p.status == "draft"]
    wrong = [(code, name) for code, values in months.items() for name in values if name not in plans.MONTHS]
    if wrong:
        raise Invalid({name: [Reason("not_an_option", f"expected a month's name for {code}")] for code, name in wrong})
    carried = []
    for n, task in enumerate(going, 1):
        said = plans.values_of(task) | dict(months.get(task.code, {}))
        carried.append({**said, "code": carried_code(task.code, row.year), "sort": 100 + n})
    follows = {task["code"]: old.id for task, old in zip(carried, going, strict=True)}
    if there:
        plan = there[0]
        kept = plans.tasks_of(conn, tenant, plan.id)
        plans.extend(conn, tenant, plan, [*map(plans.values_of, kept), *carried], follows)
        plan_id = plan.id
    elif carried:
        new = {
            "year": year,
            "version": 1,
            "title": row.title.replace(str(row.year), str(year)),
            "focus_tasks": carried,
        }
        facts = {"status": "draft", "made_at": tx.now, "made_by": actor, "reason": reason}
        plan_id = plans.add_version(conn, tenant, new, facts, follows)
    else:
        plan_id = plans.add_empty(conn, tenant, year, row.title.replace(str(row.year), str(year)), tx.now, actor)
    rows = {task.follows: task for task in plans.tasks_of(conn, tenant, plan_id) if task.follows}
    return plans.plan(conn, tenant, plan_id), rows


def carried_code(code: str, year: int) -> str:
    """What a task carried on is called in next year's plan, beside that year's own T1 … : "T6-22"."""
    return code if "-" in code else f"{code}-{year % 100:02}"


def _archive(tx: Tx, actor: str, row: Any, opened: Sequence[Any]) -> None:
    """Take ended cases out of the lists: those of the year's tasks, and supporting ones opened in that year."""
    c, a = cases.c, archived_cases.c
    kept = ~sa.exists().where(a.tenant_id == c.tenant_id, a.case_id == c.id)
    supporting = tx.conn.execute(
        sa.select(c.id).where(
            c.tenant_id == tx.tenant,
            c.focus_task_id.is_(None),
            c.status != "running",
            c.code.startswith(f"HS-{row.year}-"),
            kept,
        )
    ).scalars()
    for case_id in sorted({case.id for case in opened} | set(supporting)):
        case = locked_case(tx, case_id, actor)
        note(tx, case, actor, "case.archived", {"plan": row.id, "year": row.year})
        values = {"tenant_id": tx.tenant, "case_id": case_id, "plan_id": row.id, "at": tx.now, "archived_by": actor}
        tx.conn.execute(sa.insert(archived_cases), values)
