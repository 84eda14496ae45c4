"""The yearly plan: its versions, its focus tasks, the months and results that it promises.

A plan is loaded from JSON whose texts are the plan document's own words. A version that is loaded again is compared row
by row, so that ids (which cases refer to) stay. A version is a draft, then adopted, then replaced by the next one or
closed at the year's end; of a year one version is adopted at a time. Not here: reading a document
(`engine.planfile`), deciding on versions (`engine.commands.plans`), running a focus task (`engine.commands.cases`), and
judging how far it is (`engine.deadlines`).
"""

import dataclasses
import itertools
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import marshmallow
import sqlalchemy as sa
from marshmallow import fields, validate

from engine import clock, org, planfile
from engine.errors import DefinitionError, NotFound, Problem, Reason
from engine.planfile.spelling import likeness, spoken
from engine.records import archived_cases, cases, focus_tasks, plans, units

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
    ref = _text(40, load_default=None, allow_none=True)


class _Result(_Loose):
    id = _text(40)
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
    _require_units(conn, tenant, new["focus_tasks"])
    tasks = new.pop("focus_tasks")
    p = plans.c
    same = sa.and_(p.tenant_id == tenant, p.year == new["year"], p.version == new["version"])
    row = conn.execute(sa.select(plans).where(same)).first()
    if row is None:
        plan_id = clock.new_id()
        # The newest version is in force, whatever order they are loaded in.
        later = sa.select(sa.func.max(p.version)).where(p.tenant_id == tenant, p.year == new["year"])
        status = "replaced" if (conn.execute(later).scalar() or 0) > new["version"] else "adopted"
        conn.execute(sa.insert(plans), {"tenant_id": tenant, "id": plan_id, "status": status, **new})
        if status == "adopted":
            older = sa.and_(p.tenant_id == tenant, p.year == new["year"], p.id != plan_id, p.status == "adopted")
            conn.execute(sa.update(plans).where(older).values(status="replaced"))
    else:
        plan_id = row.id
        if _differs(row, new):
            conn.execute(sa.update(plans).where(p.tenant_id == tenant, p.id == plan_id).values(**new))
    _load_tasks(conn, tenant, plan_id, tasks)
    return plan_id


def _require_units(conn: sa.Connection, tenant: int, tasks: list[dict[str, Any]]) -> None:
    known = set(conn.execute(sa.select(units.c.id).where(units.c.tenant_id == tenant)).scalars())
    missing = [
        Problem("plan", task["code"], "unknown_unit", f"no such unit: {unit}", {"unit": unit})
        for task in tasks
        for unit in (task["lead_unit"], *task["coop_units"])
        if unit not in known
    ]
    if missing:
        raise DefinitionError(missing)


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


# --- versions -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Change:
    """What is different between two versions: of a task by its code, or of the plan (code empty). `what` is the name of
    a field, or added, dropped."""

    code: str
    what: str
    before: Any = None
    after: Any = None


# The unit whose head adopts plans beside the director.
OFFICE = "van_phong_so"
REASON_MIN = 10
CHOOSABLE = (*MONTHS, "lead_unit", "process_id", "short_title", "label", "responsible")
SAME_TITLE = 0.6
# What the plan document does not say, and a new version takes over from the one before.
_KEPT = ("short_title", "label", "process_id", "responsible")


def plan(conn: sa.Connection, tenant: int, plan_id: str) -> Any:
    """The row of a version. Raises NotFound."""
    row = conn.execute(sa.select(plans).where(plans.c.tenant_id == tenant, plans.c.id == plan_id)).first()
    if row is None:
        raise NotFound("plan", f"Expected a plan with id {plan_id}, found none.")
    return row


def versions(conn: sa.Connection, tenant: int, year: int) -> list[Any]:
    """All versions of a year's plan, newest first."""
    p = plans.c
    mine = sa.select(plans).where(p.tenant_id == tenant, p.year == year)
    return list(conn.execute(mine.order_by(p.version.desc())))


def years(conn: sa.Connection, tenant: int) -> list[int]:
    """The years that have a plan, newest first."""
    p = plans.c
    mine = sa.select(p.year).where(p.tenant_id == tenant)
    return list(conn.execute(mine.distinct().order_by(p.year.desc())).scalars())


def in_force(conn: sa.Connection, tenant: int, year: int | None = None) -> Any:
    """The adopted version of a year, or of the newest year that has one; None when there is none."""
    p = plans.c
    mine = sa.select(plans).where(p.tenant_id == tenant, p.status == "adopted")
    if year is not None:
        mine = mine.where(p.year == year)
    return conn.execute(mine.order_by(p.year.desc(), p.version.desc()).limit(1)).first()


def tasks_of(conn: sa.Connection, tenant: int, plan_id: str) -> list[Any]:
    """The focus tasks of a version, in the plan's order."""
    f = focus_tasks.c
    mine = sa.select(focus_tasks).where(f.tenant_id == tenant, f.plan_id == plan_id)
    return list(conn.execute(mine.order_by(f.sort, f.code)))


def values_of(row: Any) -> dict[str, Any]:
    """What a focus task says, as `read` takes it: everything but its ids."""
    return {k: v for k, v in row._mapping.items() if k not in ("tenant_id", "id", "plan_id", "follows")}


def from_document(understood: planfile.Understood, version: int, before: Sequence[Any] = ()) -> dict[str, Any]:
    """What was understood of a document as a plan for `read`; what the document does not say (process, short titles,
    artefacts of results) is taken from the tasks `before`. A lead unit that was not recognised is left out."""
    taken = continued([(t.code, t.title) for t in understood.tasks], before)
    head = understood.head
    return {
        "year": head.year,
        "version": version,
        "title": head.title,
        "number": head.number,
        "dated": head.dated,
        "replaces": head.replaces,
        "focus_tasks": [_task_of(task, taken.get(task.code)) for task in understood.tasks],
    }


def _task_of(task: planfile.Task, old: Any) -> dict[str, Any]:
    known = {result["id"]: result for result in (old.results if old else ())}
    results = []
    for item in (i for i in task.items if i.kind == "result"):
        text, was = spoken(item.text), known.get(item.id)
        kept = {k: was[k] for k in ("artefact", "artefacts", "steps") if k in was} if was else {}
        results.append({"id": item.id, "text": text, **(kept if was and likeness(text, was["text"]) > 0.5 else {})})
    roadmap = []
    for item in (i for i in task.items if i.kind == "appendix"):
        first, _, last = item.when.partition("..")
        roadmap.append({"month": first, "until": last or first, "text": spoken(item.text), "ref": item.id})
    said = {name: getattr(task, name) for name in ("code", "sort", "title", "origin", "basis", "lead_unit", *MONTHS)}
    said |= {name: getattr(old, name) for name in _KEPT} if old else {}
    coop = list(old.coop_units) if old and old.coop_units else list(task.coop_units)
    return {**said, "coop_units": coop, "roadmap": roadmap, "results": results}


def continued(titles: Iterable[tuple[str, str]], before: Sequence[Any]) -> dict[str, Any]:
    """Which of the tasks `before` each task (code, title) carries on: the most alike, each once."""
    alike = [
        (likeness(title, old.title), code == old.code, -n, code, old)
        for code, title in titles
        for n, old in enumerate(before)
    ]
    found: dict[str, Any] = {}
    used: set[str] = set()
    for share, _, _, code, old in sorted(alike, key=lambda one: one[:3], reverse=True):
        if share >= SAME_TITLE and code not in found and old.id not in used:
            found[code] = old
            used.add(old.id)
    return found


def chosen(plan: dict[str, Any], choices: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """A plan with what somebody chose for its tasks. Raises DefinitionError for a task or field that is none."""
    codes = {task["code"]: dict(task) for task in plan["focus_tasks"]}
    wrong = [(code, name) for code, values in choices.items() for name in values if name not in CHOOSABLE]
    wrong += [(code, "") for code in choices if code not in codes]
    if wrong:
        raise DefinitionError(
            Problem("plan", code, "no_choice", f"expected one of {', '.join(CHOOSABLE)} of a task, got {name or code}")
            for code, name in wrong
        )
    for code, values in choices.items():
        codes[code].update({k: v for k, v in values.items() if v not in (None, "")})
    return {**plan, "focus_tasks": list(codes.values())}


def add_version(
    conn: sa.Connection, tenant: int, new: Mapping[str, Any], facts: Mapping[str, Any], follows: Mapping[str, str]
) -> str:
    """Store a version whose JSON is `new` (see `read`) with the columns `facts`; returns its id.

    `follows`: for a task's code, the id of the task that it carries on. Raises as `load_plan`.
    """
    plan_id = clock.new_id()
    said = read(new)
    _require_units(conn, tenant, said["focus_tasks"])
    tasks = said.pop("focus_tasks")
    conn.execute(sa.insert(plans), {"tenant_id": tenant, "id": plan_id, **said, **facts})
    _load_tasks(conn, tenant, plan_id, [{**task, "follows": follows.get(task["code"])} for task in tasks])
    return plan_id


def add_empty(conn: sa.Connection, tenant: int, year: int, title: str, now: Any, person: str) -> str:
    """Store the draft of a year without a task: what is to do is not known yet. Returns its id."""
    plan_id = clock.new_id()
    facts = {"status": "draft", "version": 1, "made_at": now, "made_by": person}
    conn.execute(sa.insert(plans), {"tenant_id": tenant, "id": plan_id, "year": year, "title": title, **facts})
    return plan_id


def extend(conn: sa.Connection, tenant: int, row: Any, tasks: list[dict[str, Any]], follows: Mapping[str, str]) -> None:
    """Give a draft these tasks; `follows` as in `add_version`, for those that it says something of."""
    said = read({"year": row.year, "version": row.version, "title": row.title, "focus_tasks": tasks})
    _require_units(conn, tenant, said["focus_tasks"])
    more = [{**t, **({"follows": follows[t["code"]]} if t["code"] in follows else {})} for t in said["focus_tasks"]]
    _load_tasks(conn, tenant, row.id, more)


def known_units(conn: sa.Connection, tenant: int) -> tuple[planfile.Unit, ...]:
    """The units that a plan document may name."""
    u = units.c
    rows = conn.execute(sa.select(u.id, u.name, u.short_name).where(u.tenant_id == tenant).order_by(u.sort, u.id))
    return tuple(planfile.Unit(row.id, row.name, row.short_name) for row in rows)


def amend(conn: sa.Connection, tenant: int, row: Any, choices: Mapping[str, Mapping[str, Any]]) -> None:
    """Change the tasks of a draft as chosen. Raises as `chosen` and `read`."""
    tasks = tasks_of(conn, tenant, row.id)
    new = {"year": row.year, "version": row.version, "title": row.title, "focus_tasks": [values_of(t) for t in tasks]}
    said = read(chosen(new, choices))
    _require_units(conn, tenant, said["focus_tasks"])
    _load_tasks(conn, tenant, row.id, said["focus_tasks"])


def changes(before: Sequence[Any], after: Sequence[Any]) -> list[Change]:
    """What differs between the tasks of two versions; one that only has another code is the same task."""
    old = {task.id: task for task in before}
    by_code = {task.code: task for task in before}
    found: list[Change] = []
    met = set()
    for task in after:
        was = old.get(task.follows or "") or by_code.get(task.code)
        if was is None or was.id in met:
            found.append(Change(task.code, "added", None, task.short_title))
            continue
        met.add(was.id)
        for name in ("title", "lead_unit", *MONTHS):
            if getattr(was, name) != getattr(task, name):
                found.append(Change(task.code, name, getattr(was, name), getattr(task, name)))
        for name in ("roadmap", "results"):
            texts = [[entry["text"] for entry in getattr(one, name) or ()] for one in (was, task)]
            if texts[0] != texts[1]:
                found.append(Change(task.code, name, len(texts[0]), len(texts[1])))
    found += [Change(task.code, "dropped", task.short_title, None) for task in before if task.id not in met]
    return found


def document_json(understood: planfile.Understood, filename: str) -> dict[str, Any]:
    """What is stored of a document: what was understood, found, and not used; nothing else of the file."""
    name = re.sub(r"[^\w. -]", "_", filename)[-100:]
    return {
        "filename": planfile.redact(name)[0],
        "kind": understood.kind,
        "redacted": understood.redacted,
        "head": _plain(dataclasses.asdict(understood.head)),
        "items": [_plain(dataclasses.asdict(item)) for item in understood.items],
        "findings": [_plain(dataclasses.asdict(finding)) for finding in understood.findings],
        "unused": [
            {"line": use.line.number, "place": use.line.place, "reason": use.reason, "text": use.line.text}
            for use in understood.unused
        ],
    }


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    return value


# --- who may, and what stands in the way ------------------------------------------------------------


def may_draft(who: org.Actor) -> bool:
    """The secretariat prepares plans, and whoever adopts them."""
    return "van_phong_tong_hop" in who.roles or may_adopt(who)


def may_adopt(who: org.Actor) -> bool:
    """The director adopts a plan, or the head of the department's office."""
    return "giam_doc" in who.roles or ("truong_don_vi" in who.roles and OFFICE in who.units)


def cases_of(conn: sa.Connection, tenant: int, task_ids: list[str]) -> list[Any]:
    """The cases of focus tasks that are not archived, in the order in which they are locked."""
    c, a = cases.c, archived_cases.c
    kept = ~sa.exists().where(a.tenant_id == c.tenant_id, a.case_id == c.id)
    mine = sa.select(c.id, c.code, c.status, c.focus_task_id, c.process_id)
    return list(conn.execute(mine.where(c.tenant_id == tenant, c.focus_task_id.in_(task_ids), kept).order_by(c.id)))


def state_at_end(task: Any, opened: Sequence[Any]) -> str:
    """How a focus task stands at the end of its year: running, finished (its own process has ended), not_begun."""
    mine = [case for case in opened if case.focus_task_id == task.id]
    if any(case.status == "running" for case in mine):
        return "running"
    return "finished" if any(case.process_id == task.process_id for case in mine) else "not_begun"


def unclear(
    conn: sa.Connection,
    tenant: int,
    row: Any,
    old: Sequence[Any],
    opened: Sequence[Any],
    carry: Sequence[str],
    leave: Mapping[str, str],
    today: date,
) -> list[Reason]:
    """Why the year of a plan cannot be closed like this: what is not known of its tasks `old` with their cases."""
    found = []
    if today < date(row.year, 12, 1):
        found.append(Reason("too_early", f"expected December of {row.year} or later", {"year": row.year}))
    if any(p.status == "draft" for p in versions(conn, tenant, row.year)):
        found.append(Reason("draft_open", "expected no open draft of this year's plan", {}))
    if any(p.status == "adopted" for p in versions(conn, tenant, row.year + 1)):
        found.append(
            Reason("next_in_force", "expected next year's plan not to be in force yet", {"year": row.year + 1})
        )
    codes = {task.code for task in old}
    for code in (*carry, *leave):
        if code not in codes:
            found.append(Reason("no_task", f"expected a task of the plan, got {code}", {"code": code}))
    for task in old:
        running = [case.code for case in opened if case.focus_task_id == task.id and case.status == "running"]
        finished = state_at_end(task, opened) == "finished"
        params = {"code": task.code, "cases": ", ".join(running)}
        if task.code in carry and task.code in leave:
            found.append(Reason("carried_and_left", f"expected {task.code} once", params))
        elif task.code in carry and finished:
            found.append(Reason("finished", f"expected an unfinished task, but {task.code} is finished", params))
        elif task.code not in carry and running:
            found.append(Reason("still_running", f"expected {task.code} to be carried: cases are running", params))
        elif task.code not in carry and not finished and len(leave.get(task.code, "").strip()) < REASON_MIN:
            found.append(Reason("not_begun", f"expected {task.code} to be carried, or given up with a reason", params))
    return found
