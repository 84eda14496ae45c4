"""Waiting written down: timers, service jobs, subscriptions and incidents are rows; a scheduler only rings a bell.

Every row is claimed by an update that says which state it must be in, so that two schedulers do no harm. Handlers of
jobs are registered by commands (`@handler("trinhky:number")`) and run inside the transaction that completes the job.
"""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from engine import clock
from engine.records import incidents, jobs, subscriptions, timers

MAX_ATTEMPTS = 5
HANDLERS: dict[str, Callable[..., dict[str, Any]]] = {}


def handler(kind: str) -> Callable[[Callable[..., dict[str, Any]]], Callable[..., dict[str, Any]]]:
    """Register the function that does jobs of a kind; it gets (tx, job row, case row) and returns result variables."""

    def register(function: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
        HANDLERS[kind] = function
        return function

    return register


def retry_after(attempts: int) -> timedelta:
    """How long to wait after a failed attempt: 5 s, 30 s, 3 min, 18 min."""
    return timedelta(seconds=5 * 6 ** max(attempts - 1, 0))


_T: sa.BindParameter[Any] = sa.bindparam("b_tenant")
_CASE: sa.BindParameter[Any] = sa.bindparam("b_case")
_TOKENS: sa.BindParameter[Any] = sa.bindparam("b_tokens", expanding=True)
CANCEL_TIMERS = (
    sa.update(timers)
    .where(timers.c.tenant_id == _T, timers.c.case_id == _CASE, timers.c.token.in_(_TOKENS), timers.c.state == "armed")
    .values(state="cancelled")
)
CANCEL_JOBS = (
    sa.update(jobs)
    .where(jobs.c.tenant_id == _T, jobs.c.case_id == _CASE, jobs.c.token.in_(_TOKENS), jobs.c.state == "queued")
    .values(state="cancelled")
)


def arm(conn: sa.Connection, tenant: int, case_id: str, events: Iterable[dict[str, Any]]) -> None:
    """Write armed timers down (one statement); each firing of a repeating timer is a timer of its own."""
    rows = [
        {
            "tenant_id": tenant,
            "case_id": case_id,
            "token": event["timer"],
            "shard": event.get("shard"),
            "element": event["el"],
            "due_at": clock.parse(event["due"]),
            "state": "armed",
        }
        for event in events
    ]
    if rows:
        conn.execute(sa.insert(timers), rows)


def cancel_timers(conn: sa.Connection, tenant: int, case_id: str, tokens: list[str]) -> None:
    """Take armed timers off."""
    if tokens:
        conn.execute(CANCEL_TIMERS, {"b_tenant": tenant, "b_case": case_id, "b_tokens": tokens})


def cancel_jobs(conn: sa.Connection, tenant: int, case_id: str, tokens: list[str]) -> None:
    """Take queued jobs off."""
    if tokens:
        conn.execute(CANCEL_JOBS, {"b_tenant": tenant, "b_case": case_id, "b_tokens": tokens})


def cancel_host(conn: sa.Connection, tenant: int, case_id: str, host: str) -> None:
    """Take off everything that children of a multi-instance were waiting for, at any depth."""
    for table, waiting in ((timers, "armed"), (jobs, "queued")):
        conn.execute(
            sa.update(table)
            .where(
                table.c.tenant_id == tenant,
                table.c.case_id == case_id,
                table.c.shard.startswith(f"{host}."),
                table.c.state == waiting,
            )
            .values(state="cancelled")
        )
    s = subscriptions.c
    conn.execute(
        sa.delete(subscriptions).where(s.tenant_id == tenant, s.case_id == case_id, s.shard.startswith(f"{host}."))
    )


def claim_timer(conn: sa.Connection, tenant: int, case_id: str, token: str, due_at: datetime) -> bool:
    """Take an armed timer to fire it; False when somebody else did, or it was cancelled or set anew."""
    t = timers.c
    done = conn.execute(
        sa.update(timers)
        .where(t.tenant_id == tenant, t.case_id == case_id, t.token == token, t.state == "armed", t.due_at == due_at)
        .values(state="fired")
    )
    return done.rowcount == 1


def due_timers(conn: sa.Connection, tenant: int, now: datetime, limit: int) -> list[Any]:
    """Armed timers that are due in business time, oldest first."""
    t = timers.c
    return list(
        conn.execute(
            sa.select(timers)
            .where(t.tenant_id == tenant, t.state == "armed", t.due_at <= now)
            .order_by(t.due_at, t.case_id, t.token)
            .limit(limit)
        )
    )


def next_timer(conn: sa.Connection, tenant: int, now: datetime) -> datetime | None:
    """When the next armed timer after `now` is due, in business time."""
    t = timers.c
    later = sa.select(sa.func.min(t.due_at)).where(t.tenant_id == tenant, t.state == "armed", t.due_at > now)
    return conn.execute(later).scalar()


def enqueue(
    conn: sa.Connection, tenant: int, case_id: str, events: Iterable[dict[str, Any]], system_now: datetime
) -> None:
    """Queue the jobs that a step wants done."""
    rows = [
        {
            "tenant_id": tenant,
            "id": clock.new_id(),
            "kind": event["type"],
            "case_id": case_id,
            "token": event["job"],
            "shard": event.get("shard"),
            "element": event["el"],
            "call": event.get("call"),
            "payload": {
                "headers": event.get("headers") or {},
                "variables": event.get("variables") or {},
                "process": event.get("process"),
            },
            "state": "queued",
            "attempts": 0,
            "run_at": system_now,
        }
        for event in events
    ]
    if rows:
        conn.execute(sa.insert(jobs), rows)


def due_jobs(conn: sa.Connection, tenant: int, system_now: datetime, limit: int) -> list[Any]:
    """Queued jobs whose time has come (system time)."""
    j = jobs.c
    return list(
        conn.execute(
            sa.select(jobs)
            .where(j.tenant_id == tenant, j.state == "queued", j.run_at <= system_now)
            .order_by(j.run_at, j.id)
            .limit(limit)
        )
    )


def finish(conn: sa.Connection, tenant: int, job: Any) -> bool:
    """Mark a queued job as done; False when somebody else did, or it was cancelled."""
    j = jobs.c
    done = conn.execute(
        sa.update(jobs)
        .where(j.tenant_id == tenant, j.id == job.id, j.state == "queued", j.attempts == job.attempts)
        .values(state="done", attempts=j.attempts + 1)
    )
    return done.rowcount == 1


def fail(conn: sa.Connection, tenant: int, job: Any, error: str, system_now: datetime) -> bool:
    """Note a failed attempt; True when it was the last and the job is given up (an incident is due)."""
    j = jobs.c
    attempts = job.attempts + 1
    last: bool = attempts >= MAX_ATTEMPTS
    noted = conn.execute(
        sa.update(jobs)
        .where(j.tenant_id == tenant, j.id == job.id, j.state == "queued", j.attempts == job.attempts)
        .values(
            state="failed" if last else "queued",
            attempts=attempts,
            last_error=error[:2000],
            run_at=system_now + retry_after(attempts),
        )
    )
    return last and noted.rowcount == 1


def raise_incidents(
    conn: sa.Connection, tenant: int, case_id: str, events: Iterable[dict[str, Any]], now: datetime
) -> None:
    """Write incidents of a step down."""
    rows = [
        {
            "tenant_id": tenant,
            "id": clock.new_id(),
            "case_id": case_id,
            "token": event["incident"],
            "shard": event.get("shard"),
            "element": event["el"],
            "code": event["code"],
            "message": event["message"],
            "raised_at": now,
        }
        for event in events
    ]
    if rows:
        conn.execute(sa.insert(incidents), rows)


def resolve_incidents(conn: sa.Connection, tenant: int, case_id: str, tokens: list[str], now: datetime) -> None:
    """Mark open incidents as resolved, by their kernel ids."""
    i = incidents.c
    if tokens:
        conn.execute(
            sa.update(incidents)
            .where(i.tenant_id == tenant, i.case_id == case_id, i.token.in_(tokens), i.resolved_at.is_(None))
            .values(resolved_at=now)
        )


def subscribe(conn: sa.Connection, tenant: int, case_id: str, events: Iterable[dict[str, Any]]) -> None:
    """Write down for which messages a case waits."""
    rows = [
        {
            "tenant_id": tenant,
            "case_id": case_id,
            "token": event["sub"],
            "shard": event.get("shard"),
            "name": event["name"],
            "key": event.get("key"),
            "element": event["el"],
            "definition": event.get("process"),
        }
        for event in events
    ]
    if rows:
        conn.execute(sa.insert(subscriptions), rows)


def unsubscribe(conn: sa.Connection, tenant: int, case_id: str, tokens: list[str]) -> None:
    """Forget subscriptions."""
    s = subscriptions.c
    if tokens:
        conn.execute(sa.delete(subscriptions).where(s.tenant_id == tenant, s.case_id == case_id, s.token.in_(tokens)))
