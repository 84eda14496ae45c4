"""The yearly plan: its versions, its focus tasks, the months and results that it promises.

A plan is loaded from JSON whose texts are the plan document's own words. A version that is loaded again is compared row
by row, so that ids (which cases refer to) stay. Not here: running a focus task (`engine.commands.cases`), and judging
how far it is (`engine.deadlines`).
"""

import itertools
from collections.abc import Iterator, Mapping
from typing import Any

import marshmallow
import sqlalchemy as sa
from marshmallow import fields, validate

from engine import clock
from engine.errors import DefinitionError, NotFound, Problem
from engine.records import cases, focus_tasks, plans, units

SHORT_MAX = 80
LABEL_MAX = 30
# planned ≤ committed ≤ latest: the unit's own target, the promise to the task-giver, "chậm nhất" (domain.md §1.1).
MONTHS = ("planned_start", "planned_finish", "committed_finish", "latest_finish")


# --- the shape of the JSON ----------------------------------------------------------------------------------------


class _Loose(marshmallow.Schema):
    """Notes and sources beside what is stored are fine."""

    class Meta:
        unknown = marshmallow.EXCLUDE


def _text(limit: int = 5000, **options: Any) -> fields.String:
    return fields.String(required=not options, validate=validate.Length(min=1, max=limit), **options)


def _month(**options: Any) -> fields.String:
    shape = validate.Regexp(r"20\d\d-(0[1-9]|1[0-2])\Z", error='Expected a month like "2022-03".')
    return fields.String(required=not options, validate=shape, **options)


def _slug(**options: Any) -> fields.String:
    return fields.String(required=not options, validate=validate.Regexp(r"[a-z0-9_.\-]{1,80}\Z"), **options)


class _Milestone(_Loose):
    month = _month()
    until = _month(load_default=None, allow_none=True)
    text = _text()
    ref = _text(20, load_default=None, allow_none=True)


class _Result(_Loose):
    id = _text(20)
    text = _text()
    artefact = _slug(load_default=None, allow_none=True)
    artefacts = fields.List(_slug(), load_default=list)
    steps = fields.List(_text(20), load_default=list)


class _FocusTask(_Loose):
    code = _text(10)
    sort = fields.Integer(required=True, strict=True)
    title = _text()
    short_title = _text(SHORT_MAX, load_default=None)
    label = _text(LABEL_MAX, load_default=None)
    origin = fields.String(required=True, validate=validate.OneOf(["ubnd_giao", "so_dang_ky"]))
    basis = _text(load_default=None, allow_none=True)
    lead_unit = _slug()
    coop_units = fields.List(_slug(), load_default=list)
    responsible = _slug(load_default=None, allow_none=True)
    planned_start = _month()
    planned_finish = _month()
    committed_finish = _month()
    latest_finish = _month()
    roadmap = fields.List(fields.Nested(_Milestone), load_default=list)
    results = fields.List(fields.Nested(_Result), load_default=list)
    process_id = _slug(load_default=None, allow_none=True)


class _Plan(_Loose):
    year = fields.Integer(required=True, strict=True, validate=validate.Range(2000, 2100))
    version = fields.Integer(required=True, strict=True, validate=validate.Range(1, 1000))
    title = _text()
    number = _text(100, load_default=None, allow_none=True)
    dated = fields.Date(load_default=None, allow_none=True)
    replaces = _text(load_default=None, allow_none=True)
    focus_tasks = fields.List(fields.Nested(_FocusTask), required=True, validate=validate.Length(min=1, max=200))


SCHEMA = _Plan()


def _flat(messages: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Marshmallow's nested messages as (path, message): `focus_tasks[0].code`."""
    if isinstance(messages, Mapping):
        for key, below in messages.items():
            step = f"[{key}]" if isinstance(key, int) else f".{key}" if path else str(key)
            yield from _flat(below, path + step)
    else:
        for message in messages if isinstance(messages, list) else [messages]:
            yield path, str(message)


def read(plan: Mapping[str, Any]) -> dict[str, Any]:
    """The plan's JSON, checked and completed. Raises DefinitionError with everything that is wrong with it."""
    try:
        read: dict[str, Any] = SCHEMA.load(plan)
    except marshmallow.ValidationError as error:
        raise DefinitionError(
            Problem("plan", path, "wrong_value", message) for path, message in _flat(error.messages)
        ) from None
    problems = []
    codes: set[str] = set()
    for task in read["focus_tasks"]:
        if task["code"] in codes:
            problems.append(Problem("plan", task["code"], "duplicate_code", "expected every code once"))
        codes.add(task["code"])
        task["short_title"] = task["short_title"] or shorten(task["title"])
        task["label"] = task["label"] or shorten(task["short_title"], LABEL_MAX)
        if task["planned_start"] > task["latest_finish"]:
            problems.append(Problem("plan", task["code"], "months", "expected planned_start ≤ latest_finish"))
    if problems:
        raise DefinitionError(problems)
    return read


def shorten(title: str, limit: int = SHORT_MAX) -> str:
    """A title cut after a word, with an ellipsis, to at most `limit` characters."""
    text = " ".join(title.split())
    if len(text) <= limit:
        return text
    head = text[:limit]
    return (head.rpartition(" ")[0] or head[: limit - 1]).rstrip(" ,;:.") + "…"


def warnings(plan: Mapping[str, Any]) -> list[Problem]:
    """What is odd in a plan but is stored as it stands: months that contradict each other. Raises as `read`."""
    found = []
    for task in read(plan)["focus_tasks"]:
        for before, after in itertools.pairwise(MONTHS):
            if task[before] > task[after]:
                said = f"expected {before} ≤ {after}, found {task[before]} and {task[after]}"
                found.append(Problem("plan", task["code"], "months", said, {before: task[before], after: task[after]}))
    return found


# --- rows ---------------------------------------------------------------------------------------------------------


def load_plan(conn: sa.Connection, tenant: int, plan: Mapping[str, Any]) -> str:
    """Store a version of a plan and return its id; the same version again changes only rows that differ.

    Raises DefinitionError: what `read` finds, units that do not exist, a focus task left out that has cases.
    """
    new = read(plan)
    known = set(conn.execute(sa.select(units.c.id).where(units.c.tenant_id == tenant)).scalars())
    missing = [
        Problem("plan", task["code"], "unknown_unit", f"no such unit: {unit}", {"unit": unit})
        for task in new["focus_tasks"]
        for unit in (task["lead_unit"], *task["coop_units"])
        if unit not in known
    ]
    if missing:
        raise DefinitionError(missing)
    tasks = new.pop("focus_tasks")
    p = plans.c
    same = sa.and_(p.tenant_id == tenant, p.year == new["year"], p.version == new["version"])
    row = conn.execute(sa.select(plans).where(same)).first()
    if row is None:
        plan_id = clock.new_id()
        conn.execute(sa.insert(plans), {"tenant_id": tenant, "id": plan_id, **new})
    else:
        plan_id = row.id
        if _differs(row, new):
            conn.execute(sa.update(plans).where(p.tenant_id == tenant, p.id == plan_id).values(**new))
    _load_tasks(conn, tenant, plan_id, tasks)
    return plan_id


def _load_tasks(conn: sa.Connection, tenant: int, plan_id: str, tasks: list[dict[str, Any]]) -> None:
    f = focus_tasks.c
    mine = sa.and_(f.tenant_id == tenant, f.plan_id == plan_id)
    there = {row.code: row for row in conn.execute(sa.select(focus_tasks).where(mine))}
    gone = {row.id: code for code, row in there.items() if code not in {task["code"] for task in tasks}}
    if gone:
        in_use = sa.select(cases.c.focus_task_id).where(cases.c.tenant_id == tenant, cases.c.focus_task_id.in_(gone))
        used = sorted({gone[focus_id] for focus_id in conn.execute(in_use).scalars()})
        if used:
            raise DefinitionError(Problem("plan", code, "in_use", "expected to stay: it has cases") for code in used)
        conn.execute(sa.delete(focus_tasks).where(mine, f.id.in_(gone)))
    for task in tasks:
        row = there.get(task["code"])
        if row is None:
            conn.execute(
                sa.insert(focus_tasks), {"tenant_id": tenant, "id": clock.new_id(), "plan_id": plan_id, **task}
            )
        elif _differs(row, task):
            conn.execute(sa.update(focus_tasks).where(f.tenant_id == tenant, f.id == row.id).values(**task))


def _differs(row: Any, values: Mapping[str, Any]) -> bool:
    return any(row._mapping[name] != value for name, value in values.items())


def focus_task(conn: sa.Connection, tenant: int, focus_task_id: str) -> Any:
    """The row of a focus task. Raises NotFound."""
    f = focus_tasks.c
    row = conn.execute(sa.select(focus_tasks).where(f.tenant_id == tenant, f.id == focus_task_id)).first()
    if row is None:
        raise NotFound("focus_task", f"Expected a focus task, found none with id {focus_task_id}.")
    return row
