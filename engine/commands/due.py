"""Whether a tick has anything to do, and when time makes something happen next: one look (one statement) at all that
waits. The lists of what is due are read by those who do it, and only then.

Instants are business time, except that jobs wait in system time.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from engine import jobs, starters
from engine.commands import reminders
from engine.commands.transaction import Tx
from engine.records import jobs as job_rows
from engine.records import meta, retimings, start_timers, timers


@dataclass(frozen=True, slots=True)
class Due:
    """What there is to do now."""

    timers: bool
    jobs: bool
    starts: bool
    retimings: bool
    reminders: bool


_TENANT: sa.BindParameter[Any] = sa.bindparam("tenant")


def _earliest(column: sa.Column[Any], state: str) -> sa.ScalarSelect[Any]:
    rows = column.table.c
    return (
        # Written out, not bound: only so SQLite takes the partial index over what waits.
        sa.select(sa.func.min(column, type_=column.type))
        .where(rows.tenant_id == _TENANT, rows.state == sa.literal(state, literal_execute=True))
        .scalar_subquery()
    )


LOOK = sa.select(
    meta.c.clock_offset,
    meta.c.environment,
    _earliest(timers.c.due_at, "armed").label("timer"),
    _earliest(job_rows.c.run_at, "queued").label("job"),
    _earliest(start_timers.c.due_at, "armed").label("start"),
    sa.exists().where(retimings.c.tenant_id == _TENANT).label("retiming"),
    reminders.DATED.label("dated"),
    reminders.SWEPT.label("swept"),
).where(meta.c.tenant_id == _TENANT)


def _look(tx: Tx) -> Any:
    row = tx.conn.execute(LOOK, {"tenant": tx.tenant}).first()
    if row is not None:
        tx.adopt(row)
    return row


def now(tx: Tx) -> Due:
    """What is due at this moment. Raises NotFound in a store that was never initialised."""
    row = _look(tx)
    at = tx.now

    def reached(due: datetime | None, moment: datetime = at) -> bool:
        return due is not None and due <= moment

    return Due(
        timers=reached(row.timer),
        jobs=reached(row.job, tx.system_now),
        starts=reached(row.start),
        retimings=bool(row.retiming),
        reminders=bool(row.dated) and reminders.sweep_is_due(tx, row.swept),
    )


def next_due(tx: Tx) -> datetime | None:
    """When time makes something happen next that is not due yet; None when nothing waits for its time."""
    row = _look(tx)
    at = tx.now
    # What is due already and still there has failed, or nobody has ticked: it hides what follows it.
    timer = row.timer if row.timer is None or row.timer > at else jobs.next_timer(tx.conn, tx.tenant, at)
    start = row.start if row.start is None or row.start > at else starters.next_due(tx.conn, tx.tenant, at)
    sweep = reminders.sweep_at(tx, row.swept) if row.dated else None
    return min((due for due in (timer, start, sweep) if due is not None and due > at), default=None)
