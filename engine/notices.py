"""What people are told inside the application. The web layer words a notice from its kind and parameters."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from engine import clock
from engine.records import notices


def tell(
    conn: sa.Connection,
    tenant: int,
    persons: Iterable[str],
    kind: str,
    params: Mapping[str, Any],
    now: datetime,
    case_id: str | None = None,
    task_id: str | None = None,
) -> int:
    """Give each of the persons one notice (once, however often they are named); returns how many."""
    rows = [
        {
            "tenant_id": tenant,
            "id": clock.new_id(),
            "person_id": person,
            "case_id": case_id,
            "task_id": task_id,
            "kind": kind,
            "params": dict(params),
            "created_at": now,
        }
        for person in dict.fromkeys(persons)
    ]
    if rows:
        conn.execute(sa.insert(notices), rows)
    return len(rows)


def told_since(
    conn: sa.Connection, tenant: int, persons: Collection[str], kind: str, case_id: str, since: datetime
) -> set[tuple[str, str | None]]:
    """Who of some people was given notices of a kind about a case since an instant: (person, task)."""
    n = notices.c
    rows = conn.execute(
        sa.select(n.person_id, n.task_id).where(
            n.tenant_id == tenant,
            n.person_id.in_(sorted(persons)),
            n.created_at >= since,
            n.kind == kind,
            n.case_id == case_id,
        )
    )
    return {(row.person_id, row.task_id) for row in rows}


def read_all(conn: sa.Connection, tenant: int, person: str, now: datetime) -> None:
    """Mark all of a person's notices as read."""
    n = notices.c
    conn.execute(
        sa.update(notices).where(n.tenant_id == tenant, n.person_id == person, n.read_at.is_(None)).values(read_at=now)
    )
