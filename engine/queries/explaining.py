"""Why something is due on the day on which it is: how many days from when, what was passed over, by which law.

Worked out from the shape of the due date's expression (`engine.limits`), the calendar and the variables of the case.
What does not lead to the very day that is stored is not told: no explanation is better than a wrong one.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa

from engine import bpmn, clock, deadlines, feel, limits
from engine.deadlines import Calendar
from engine.queries.access import Asker
from engine.records import cases, journal
from engine.schedule import LAW


@dataclass(frozen=True, slots=True)
class Explanation:
    """`kind`: ngay_lam_viec (working days), ngay (days), truoc (days before), thang (the last working day of a month).

    `start`: counted from there (truoc: back from there); `skipped`: days off in between, (name, first, last);
    `fell_on`: where a limit in days came to lie, when that was a day off; `source`, `certainty`: of the law, if any.
    """

    kind: str
    day: date
    start: date | None = None
    number: int | None = None
    skipped: tuple[tuple[str, date, date], ...] = ()
    fell_on: date | None = None
    source: str = ""
    certainty: str = ""


def explain_due(tx: Asker, task: Any) -> Explanation | None:
    """Why a task (a row of `tasks`) is due when it is; None where its model says it in a way that is not known here."""
    if task.due_at is None:
        return None
    definition, state = getattr(task, "case_definition", None), getattr(task, "case_state", None)
    if definition is None or state is None:  # a row that was read without its case
        c = cases.c
        case = sa.select(c.definition, c.state).where(c.tenant_id == tx.tenant, c.id == task.case_id)
        definition, state = tx.conn.execute(case).one()
    main = tx.models.bundle(tx.conn, tx.tenant, definition).definition
    own = tx.models.bundle(tx.conn, tx.tenant, task.definition).definition
    element = own.elements.get(task.element)
    given = element.assignment.due if element is not None and element.assignment is not None else None
    if not isinstance(given, feel.Compiled):
        return None
    calendar = tx.environment_facts.calendar
    env = feel.Env(calendar, task.created_at)
    context: Mapping[str, Any] = bpmn.variables(state)
    text = given.text
    if own is not main:
        text, context = _handed(main.elements.get(task.call or ""), text, context, env)
    law = _law(tx, task.case_id) if any(e.decision == LAW for d in (own, main) for e in d.elements.values()) else []
    opened, due = clock.local_date(task.created_at), deadlines.due_day(task.due_at)
    return explain(text, context, opened, due, calendar, env, law)


def explain_month(calendar: Calendar, month: str) -> Explanation:
    """Why a month of the plan ends on the day on which it does."""
    day = calendar.last_working_day_of_month(month)
    return Explanation(limits.MONTH, day, skipped=_off(calendar, day, _last(day)))


def explain(
    text: str,
    context: Mapping[str, Any],
    opened: date,
    due: date,
    calendar: Calendar,
    env: feel.Env,
    law: list[Mapping[str, Any]] | None = None,
) -> Explanation | None:
    """Why `due` follows from an expression that was evaluated on the day `opened`. `law` are the limits that the case
    has looked up, the latest first."""
    for limit in limits.read(text, context, env):
        start = opened if limit.from_its_beginning else limit.start
        if limit.kind == limits.MONTH:
            if due == calendar.last_working_day_of_month(f"{due:%Y-%m}"):
                return Explanation(limit.kind, due, skipped=_off(calendar, due, _last(due)))
            continue
        known = [row for row in law or [] if _unit(row) == limit.kind] if limit.computed or limit.number is None else []
        numbers = [limit.number] if limit.number is not None else [row["number"] for row in known]
        if start is not None and limit.number is None and limit.kind == limits.WORKING:
            numbers.append(calendar.working_days_between(start, due))
        for number in numbers:
            if start is None or not isinstance(number, int) or number < 0:
                continue
            raw, end = _counted(limit.kind, start, number, calendar)
            if end != due:
                continue
            source = next((row for row in known if row["number"] == number), {})
            between = (start, due) if limit.kind == limits.WORKING else (raw, raw)
            return Explanation(
                limit.kind,
                due,
                start,
                number,
                _off(calendar, between[0], between[1]),
                raw if raw != due and limit.kind != limits.WORKING else None,
                str(source.get("source") or ""),
                str(source.get("certainty") or ""),
            )
    return None


def _counted(kind: str, start: date, number: int, calendar: Calendar) -> tuple[date, date]:
    """Where a limit comes to lie, and where it ends."""
    if kind == limits.WORKING:
        end = calendar.limit_working_days(start, number)
        return end, end
    if kind == limits.BEFORE:
        return start - timedelta(days=number), calendar.backward_days(start, number)
    return start + timedelta(days=number), calendar.limit_days(start, number)


def _unit(row: Mapping[str, Any]) -> str:
    return limits.BEFORE if row.get("direction") == "truoc" else str(row.get("unit"))


def _off(calendar: Calendar, first: date, last: date) -> tuple[tuple[str, date, date], ...]:
    """Special days off after `first` up to `last` (or that very day), days in a row as one."""
    found: list[tuple[str, date, date]] = []
    days = sorted(d for d, s in calendar.days.items() if not s.working and (first < d <= last or d == first == last))
    for day in days:
        name = calendar.days[day].name.removesuffix(" (nghỉ bù)")
        if found and found[-1][2] == day - timedelta(days=1):
            before = found.pop()
            found.append((min(before[0], name, key=len), before[1], day))
        else:
            found.append((name, day, day))
    return tuple(found)


def _last(day: date) -> date:
    return (day.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)


def _handed(
    caller: bpmn.Element | None, text: str, context: Mapping[str, Any], env: feel.Env
) -> tuple[str, Mapping[str, Any]]:
    """The expression and the variables of a task in a called process, as the calling element handed them. A date
    that was handed as it is, is explained by where it came from."""
    inputs = {m.target: m.source for m in caller.inputs} if caller is not None else {}
    source = inputs.get(text.strip())
    if isinstance(source, feel.Compiled):
        return source.text, context
    handed = {}
    for name, value in inputs.items():
        handed[name] = limits.value(value.text, context, env) if isinstance(value, feel.Compiled) else value
    return text, handed


def _law(tx: Asker, case_id: str) -> list[Mapping[str, Any]]:
    """What DMN-03 has said in this case, the latest first."""
    j = journal.c
    rows = sa.select(j.payload).where(j.tenant_id == tx.tenant, j.case_id == case_id, j.payload.contains(LAW))
    found: list[Mapping[str, Any]] = []
    for text in tx.conn.execute(rows.order_by(j.seq.desc()).limit(20)).scalars():
        events = json.loads(text).get("events") or ()
        said = [e["value"] for e in events if e["e"] == "decision.evaluated" and e.get("decision") == LAW]
        found += [value for value in reversed(said) if isinstance(value, Mapping) and "number" in value]
    return found


__all__ = ["Explanation", "explain", "explain_due", "explain_month"]
