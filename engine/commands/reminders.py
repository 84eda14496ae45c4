"""What time makes happen besides timers of cases: people are reminded of their tasks and their heads are told (DMN-07),
and processes begin by themselves.

Once every business day, when the office opens, all open tasks with a due date are looked at; the table says which level
a task has reached and who is to be told. Each level is told once per task; one that was skipped is not made up for.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any

import sqlalchemy as sa

from engine import clock, deadlines, feel, notices, org, starters
from engine.commands import authority
from engine.commands import cases as case_commands
from engine.commands.advance import locked_case, note
from engine.commands.models import SYSTEM
from engine.commands.transaction import Tx
from engine.records import cases, daily, escalations, focus_tasks, memberships, tasks, units

TABLE = "nhac_viec_leo_thang"
SWEEP = "reminders"
OPEN = ("ready", "claimed")
# What a notice is called, by the level of DMN-07; later ones say that the task is late.
NOTICE = {1: "task_half_time", 2: "task_due_soon"}


# --- processes that begin by themselves ---------------------------------------------------------------------------


def due_starts(tx: Tx, limit: int) -> list[Any]:
    """Timer start events that are due in business time."""
    return starters.due(tx.conn, tx.tenant, tx.now, limit)


def start_by_timer(tx: Tx, row: Any) -> bool:
    """Open a case of a process whose timer is due; False when somebody else did already."""
    if not starters.claim(tx.conn, tx.tenant, row, tx.now):
        return False
    definition = tx.models.bundle(tx.conn, tx.tenant, row.definition).definition
    starts = [
        name
        for name in definition.containers[definition.process_id].nodes
        if definition.elements[name].type == "startEvent"
    ]
    at = row.element if len(starts) > 1 else None
    case_commands.start(tx, SYSTEM, None, process_id=row.process_id, at=at)
    return True


# --- reminders ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Reached:
    """A task that has reached a level which nobody was told of yet."""

    task_id: str
    case_id: str
    level: int
    notify: tuple[str, ...]
    left: int
    overdue: int


_TENANT: sa.BindParameter[Any] = sa.bindparam("tenant")
# Whether there is anything to look at: an open task with a due date; and the day of the last look.
DATED = sa.exists().where(tasks.c.tenant_id == _TENANT, tasks.c.state.in_(OPEN), tasks.c.due_at.is_not(None))
SWEPT = sa.select(daily.c.day).where(daily.c.tenant_id == _TENANT, daily.c.name == SWEEP).scalar_subquery()
WAITING = sa.select(DATED.label("dated"), SWEPT.label("swept"))


def sweep_at(tx: Tx, last: date | None) -> datetime:
    """When open tasks are to be looked at next: when the office opens on the first working day after the last time."""
    return _opens(tx, _sweep_day(tx, last), tx.environment_facts.calendar)


def sweep_is_due(tx: Tx, last: date | None) -> bool:
    """Whether it is time to look at open tasks, when the last time was on that day."""
    # The day alone mostly says no; the office hours are rows that have to be read.
    return _sweep_day(tx, last) <= clock.local_date(tx.now) and sweep_at(tx, last) <= tx.now


def _sweep_day(tx: Tx, last: date | None) -> date:
    today = clock.local_date(tx.now)
    # One look makes up for all days that have passed: what is due is judged as of now.
    first = today if last is None else max(last + deadlines.ONE_DAY, today)
    day: date = tx.environment_facts.calendar.roll_forward(first)
    return day


def _opens(tx: Tx, day: date, calendar: deadlines.Calendar) -> datetime:
    hours = deadlines.hours_on(day, calendar, deadlines.read_seasons(tx.conn, tx.tenant))
    minute = hours[0][0] if hours else deadlines.DEFAULT_HOURS[0][0]
    return datetime.combine(day, time(minute // 60, minute % 60), clock.ZONE).astimezone(UTC)


def to_remind(tx: Tx) -> dict[str, list[Reached]] | None:
    """Case by case, the tasks that somebody is to be reminded of; None while it is not time to look."""
    row = tx.conn.execute(WAITING, {"tenant": tx.tenant}).one()
    if not (row.dated and sweep_is_due(tx, row.swept)):
        return None
    grouped: dict[str, list[Reached]] = defaultdict(list)
    for one in reached(tx):
        grouped[one.case_id].append(one)
    return grouped


def reached(tx: Tx) -> list[Reached]:
    """The open tasks that have come to a level of DMN-07 higher than any that was told before."""
    try:
        table = tx.kernel_env().decision(TABLE)
    except KeyError:
        return []
    calendar, today = tx.environment_facts.calendar, clock.local_date(tx.now)
    t, c, e = tasks.c, cases.c, escalations.c
    told = (
        sa.select(sa.func.max(e.level))
        .where(e.tenant_id == t.tenant_id, e.task_id == t.id)
        .correlate(tasks)
        .scalar_subquery()
    )
    rows = tx.conn.execute(
        sa.select(t.id, t.case_id, t.created_at, t.due_at, c.latest_finish, told.label("told"))
        .join(cases, sa.and_(c.tenant_id == t.tenant_id, c.id == t.case_id))
        .where(t.tenant_id == tx.tenant, t.state.in_(OPEN), t.due_at.is_not(None), c.status == "running")
        .order_by(t.case_id, t.id)
    )
    env = feel.Env(calendar, tx.now)
    answers: dict[tuple[int, int, int, bool], tuple[int, tuple[str, ...]]] = {}
    counts: dict[tuple[date, date], int] = {}

    def between(a: date, b: date) -> int:
        if (a, b) not in counts:
            counts[a, b] = calendar.working_days_between(a, b)
        return counts[a, b]

    found = []
    for row in rows:
        opened, due = clock.local_date(row.created_at), deadlines.due_day(row.due_at)
        whole = between(opened, due)
        left, overdue = between(today, due), max(between(due, today), 0)
        percent = 100 if whole <= 0 else min(max(round(100 * between(opened, today) / whole), 0), 100)
        past = tx.now >= deadlines.month_end(row.latest_finish)
        asked = (percent, max(left, 0), overdue, past)
        if asked not in answers:
            names = ("percent_elapsed", "working_days_left", "overdue_days", "past_latest")
            value = table.evaluate(dict(zip(names, asked, strict=True)), env).value or {}
            answers[asked] = (int(value.get("level") or 0), tuple(value.get("notify") or ()))
        level, notify = answers[asked]
        if level > (row.told or 0):
            found.append(Reached(row.id, row.case_id, level, notify, asked[1], overdue))
    return found


def remind(tx: Tx, case_id: str, found: list[Reached]) -> bool:
    """Tell whom the table names of the tasks of one case; False when others did, or the tasks are done meanwhile."""
    case = locked_case(tx, case_id, SYSTEM)
    if case.status != "running":
        return False
    responsible = tx.conn.execute(
        sa.select(focus_tasks.c.responsible)
        .join(cases, sa.and_(cases.c.tenant_id == focus_tasks.c.tenant_id, cases.c.focus_task_id == focus_tasks.c.id))
        .where(cases.c.tenant_id == tx.tenant, cases.c.id == case_id)
    ).scalar()
    t, e = tasks.c, escalations.c
    lines = []
    for one in found:
        task = tx.conn.execute(sa.select(tasks).where(t.tenant_id == tx.tenant, t.id == one.task_id)).one()
        mine = sa.and_(e.tenant_id == tx.tenant, e.task_id == one.task_id, e.level >= one.level)
        if task.state not in OPEN or tx.conn.execute(sa.select(e.level).where(mine)).first() is not None:
            continue
        told = _people(tx, case, task, one.notify, responsible)
        row = {"tenant_id": tx.tenant, "task_id": one.task_id, "level": one.level, "case_id": case_id}
        tx.conn.execute(sa.insert(escalations), {**row, "day": tx.today, "told": told})
        params = {
            "task": task.name,
            "name": task.name,
            "title": case.title,
            "level": one.level,
            "due": deadlines.due_day(task.due_at).isoformat(),
            "left": one.left,
            "overdue": one.overdue,
        }
        everybody = dict.fromkeys(person for persons in told.values() for person in persons)
        kind = NOTICE.get(one.level, "task_late")
        notices.tell(tx.conn, tx.tenant, everybody, kind, params, tx.now, case_id, one.task_id)
        # "notify", not "told": the journal keeps who was told as whom, words are made of it later.
        lines.append({"task": one.task_id, "name": task.name, "level": one.level, "notify": told})
    for line in lines:
        note(tx, case, SYSTEM, "task.escalated", {**line, "element": _element(tx, line["task"])})
        case = locked_case(tx, case_id, SYSTEM)
    return bool(lines)


def _element(tx: Tx, task_id: str) -> str:
    t = tasks.c
    return str(tx.conn.execute(sa.select(t.element).where(t.tenant_id == tx.tenant, t.id == task_id)).scalar_one())


def _people(tx: Tx, case: Any, task: Any, notify: tuple[str, ...], responsible: str | None) -> dict[str, list[str]]:
    """Who is told as what: {"nguoi_xu_ly": [person ids], …}. Nobody is named twice."""
    holder = task.assignee or task.candidate
    found: Mapping[str, Any] = {
        "nguoi_xu_ly": lambda: _holders(tx, holder) if holder else [],
        "truong_don_vi": lambda: _heads(tx, case, holder),
        "van_phong_so": lambda: [
            row.id
            for row in org.people_of(tx.conn, tx.tenant, tx.today, memberships.c.roles.contains("van_phong_tong_hop"))
        ],
        "pgd_phu_trach": lambda: _deputies(tx, responsible),
        "giam_doc": lambda: _holders(tx, "dept_director"),
    }
    told: dict[str, list[str]] = {}
    named: set[str] = set()
    for role in notify:
        persons = [p for p in dict.fromkeys(found[role]() if role in found else _holders(tx, role)) if p not in named]
        named.update(persons)
        if persons:
            told[role] = persons
    return told


def _holders(tx: Tx, key: str) -> list[str]:
    return [row.id for row in org.holders(tx.conn, tx.tenant, key, tx.today)]


def _deputies(tx: Tx, responsible: str | None) -> list[str]:
    """The deputy director in charge; all deputies while the plan names none."""
    if responsible:
        return _holders(tx, responsible)
    director = _holders(tx, "dept_director")
    return [person for person in _holders(tx, "dept_leader") if person not in director]


def _heads(tx: Tx, case: Any, holder: str | None) -> list[str]:
    """Who heads the unit of the department that has the task; for one outside, and where nobody does, the unit in
    charge of the case."""
    rows = org.holders(tx.conn, tx.tenant, holder, tx.today) if holder else []
    u = units.c
    internal = sa.select(u.id).where(u.tenant_id == tx.tenant, u.kind == "internal")
    known = set(tx.conn.execute(internal).scalars())
    own = next((row.unit_id for row in rows if row.unit_id in known), None)
    return (_holders(tx, f"unit_head@{own}") if own else []) or _holders(tx, f"unit_head@{case.lead_unit}")


def swept(tx: Tx) -> None:
    """Today's look at open tasks is done; who is back from an absence is told what was done meanwhile."""
    authority.tell_returned(tx)
    d = daily.c
    mine = sa.and_(d.tenant_id == tx.tenant, d.name == SWEEP)
    if tx.conn.execute(sa.update(daily).where(mine).values(day=clock.local_date(tx.now))).rowcount == 0:
        tx.conn.execute(sa.insert(daily), {"tenant_id": tx.tenant, "name": SWEEP, "day": clock.local_date(tx.now)})
