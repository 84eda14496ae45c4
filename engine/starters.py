"""Processes that a timer starts ("Mở kỳ báo cáo"): when the timer start events of a newest version are due next.

Armed when a version is deployed, in place of the version before; an instant that has passed by then is left out. A
cycle is armed again each time it has fired. Instants are business time. Not here: starting the case.
"""

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from engine import clock, feel
from engine.bpmn import Definition, timers
from engine.errors import DefinitionError, Problem
from engine.records import start_timers


def arm(
    conn: sa.Connection, tenant: int, definition: Definition, calendar: feel.Calendar | None, now: datetime
) -> list[datetime]:
    """Arm the timer start events of a definition's main process, and disarm those of its earlier versions; returns the
    instants. Their expressions see the calendar and the clock, no variables. Raises DefinitionError for one that gives
    no instant."""
    rows = _rows(definition, calendar, now)
    s = start_timers.c
    conn.execute(sa.delete(start_timers).where(s.tenant_id == tenant, s.process_id == definition.process_id))
    if rows:
        conn.execute(sa.insert(start_timers), [{"tenant_id": tenant, **row} for row in rows])
    return [row["due_at"] for row in rows]


def _rows(definition: Definition, calendar: feel.Calendar | None, now: datetime) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    problems = []
    env = feel.Env(calendar, now)
    for name in definition.containers[definition.process_id].nodes:
        element = definition.elements[name]
        timer = next((event.timer for event in element.events if event.timer is not None), None)
        if element.type != "startEvent" or timer is None:
            continue
        value = timer.value.evaluate({}, env) if isinstance(timer.value, feel.Compiled) else timer.value
        try:
            due, every, more = timers.schedule(timer.kind, value, now)
        except (ValueError, feel.FeelError) as error:
            problems.append(Problem(f"{definition.process_id}.bpmn", name, "bad_timer", f"{error}"))
            continue
        if due <= now and every is not None and more is not None:
            turn = timers.again(timers.utc(due), every, more, now)
            if turn is None:
                continue
            due, more = turn
        if due > now:
            row = {"process_id": definition.process_id, "element": name, "definition": definition.hash}
            found.append({**row, "due_at": due, "every": every, "more": more, "state": "armed"})
    if problems:
        raise DefinitionError(problems)
    return found


def due(conn: sa.Connection, tenant: int, now: datetime, limit: int) -> list[Any]:
    """Armed timer start events that are due, oldest first."""
    s = start_timers.c
    rows = sa.select(start_timers).where(s.tenant_id == tenant, s.state == "armed", s.due_at <= now)
    return list(conn.execute(rows.order_by(s.due_at, s.process_id, s.element).limit(limit)))


def next_due(conn: sa.Connection, tenant: int, now: datetime) -> datetime | None:
    """When the next one after `now` is due."""
    s = start_timers.c
    later = sa.select(sa.func.min(s.due_at)).where(s.tenant_id == tenant, s.state == "armed", s.due_at > now)
    return conn.execute(later).scalar()


def claim(conn: sa.Connection, tenant: int, row: Any, now: datetime) -> bool:
    """Take a due timer start event to start a case; a cycle is armed for its next turn. False when somebody else did,
    or when another version was deployed."""
    s = start_timers.c
    values: dict[str, Any] = {"state": "fired"}
    if row.every is not None and row.more is not None:
        turn = timers.again(clock.iso(row.due_at), row.every, row.more, now)
        if turn is not None:
            values = {"due_at": turn[0], "more": turn[1]}
    mine = sa.and_(s.tenant_id == tenant, s.process_id == row.process_id, s.element == row.element)
    same = sa.and_(s.definition == row.definition, s.state == "armed", s.due_at == row.due_at)
    done = conn.execute(sa.update(start_timers).where(mine, same).values(**values))
    return done.rowcount == 1
