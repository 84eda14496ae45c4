"""Changing the days by which everything is counted, and the months of a plan: what is due moves, and who it concerns is
told.

A change of the calendar is one transaction; after it every running case is counted anew in a transaction of its own
(`retime_next`), by whoever made the change as long as they are few, else by the ticker. Rows of `retimings` say which
are left, so that nothing is forgotten when a process dies between two of them.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any

import sqlalchemy as sa

from engine import clock, deadlines, definitions, notices, org
from engine.commands import models
from engine.commands.advance import advance, locked_case
from engine.commands.models import SYSTEM
from engine.commands.transaction import Tx
from engine.errors import Conflict, Forbidden, Invalid, NotFound, Reason
from engine.records import calendar_days, cases, office_hours, retimings, tasks

KEEPER = "van_phong_tong_hop"
# How many moved dates a notice names.
NAMED = 5


def require_keeper(tx: Tx, actor: str) -> None:
    """Raise Forbidden("role") unless the actor keeps the calendar."""
    if actor != SYSTEM and KEEPER not in tx.actor(actor).roles:
        raise Forbidden("role", f"Expected {actor} to be of the secretariat.")


def change(
    tx: Tx,
    actor: str,
    day: date,
    kind: str,
    name: str,
    source: str,
    confirmed: bool,
    seen: str | None = None,
    half: str | None = None,
) -> int:
    """Make a day special, or say something else of a special day; returns how many cases are to be counted anew.

    `kind` is one of `deadlines.KINDS`, with `half` (sang, chieu) for nghi_nua_ngay; `source` is the document that says
    so, needed when it is `confirmed`. `seen` is the digest of the calendar that the actor has seen. Raises
    Forbidden("role"), Conflict("calendar_changed"), Invalid(day | kind | half | name | source).
    """
    require_keeper(tx, actor)
    row = deadlines.special_day(day, kind, name, source, confirmed, half)
    before = _locked(tx, seen)
    old = _row(tx, day)
    mine = sa.and_(calendar_days.c.tenant_id == tx.tenant, calendar_days.c.day == day)
    if old is not None:
        tx.conn.execute(sa.update(calendar_days).where(mine).values(**row._asdict()))
    else:
        tx.conn.execute(sa.insert(calendar_days), {"tenant_id": tx.tenant, **row._asdict()})
    told: dict[str, Any] = {
        "day": day.isoformat(),
        "kind": kind,
        "name": row.name,
        "source": row.source,
        "confirmed": confirmed,
    }
    told |= {"half": half} if half else {}
    return _counted_anew(tx, actor, before, told | ({"was": old.kind} if old else {}))


def remove(tx: Tx, actor: str, day: date, seen: str | None = None) -> int:
    """Make a special day what its weekday says; returns how many cases are to be counted anew.

    Raises Forbidden("role"), Conflict("calendar_changed"), NotFound.
    """
    require_keeper(tx, actor)
    before = _locked(tx, seen)
    old = _row(tx, day)
    if old is None:
        raise NotFound("day", f"Expected {day.isoformat()} to be a special day, it is none.")
    c = calendar_days.c
    tx.conn.execute(sa.delete(calendar_days).where(c.tenant_id == tx.tenant, c.day == day))
    return _counted_anew(tx, actor, before, {"day": day.isoformat(), "kind": None, "name": old.name, "was": old.kind})


def set_hours(tx: Tx, actor: str, seasons: list[deadlines.Season]) -> None:
    """Say when the office is open, season by season, in place of what held before. Due dates do not depend on it: a
    limit ends with the day.

    Raises Forbidden("role"), Invalid(seasons).
    """
    require_keeper(tx, actor)
    for season in seasons:
        spans = [minute for part in season.hours for minute in part]
        days = [day for day in (season.from_day, season.to_day) if day is not None]
        if not spans or spans != sorted(set(spans)) or spans[0] < 0 or spans[-1] > 24 * 60:
            raise Invalid({"seasons": [Reason("wrong_type", "expected hours in order, from 00:00 to 24:00")]})
        try:
            [date.fromisoformat(f"2024-{day}") for day in days]
        except ValueError:
            raise Invalid({"seasons": [Reason("wrong_type", "expected days such as 04-16")]}) from None
        if len(days) == 1:
            raise Invalid({"seasons": [Reason("required", "expected the first and the last day, or neither")]})
    if len({season.name for season in seasons}) < len(seasons):
        raise Invalid({"seasons": [Reason("not_an_option", "expected each season once")]})
    tx.conn.execute(sa.delete(office_hours).where(office_hours.c.tenant_id == tx.tenant))
    if seasons:
        rows = [{"tenant_id": tx.tenant, **season._asdict()} for season in seasons]
        tx.conn.execute(sa.insert(office_hours), rows)


def _row(tx: Tx, day: date) -> Any:
    c = calendar_days.c
    return tx.conn.execute(sa.select(calendar_days).where(c.tenant_id == tx.tenant, c.day == day)).first()


def _locked(tx: Tx, seen: str | None) -> str:
    """The environment before the change; others who change it wait. Raises Conflict("calendar_changed")."""
    definitions.current(tx.conn, tx.tenant)  # the lock
    before = definitions.current_hash(tx.conn, tx.tenant)
    known = tx.models.environment(tx.conn, tx.tenant, before).calendar.digest
    if seen is not None and seen != known:
        raise Conflict("calendar_changed", "Expected the calendar as seen on the page, but it was changed since.")
    return before


def _counted_anew(tx: Tx, actor: str, before: str, told: Mapping[str, Any]) -> int:
    """Bring the changed day into force and note for every running case that it is to be counted anew."""
    if models.refresh_calendar(tx) == before:
        return 0
    tx.forget()
    r = retimings.c
    waiting = {
        row.case_id: row.cause
        for row in tx.conn.execute(sa.select(r.case_id, r.cause).where(r.tenant_id == tx.tenant).with_for_update())
    }
    for case_id, cause in waiting.items():
        more = {**cause, "changes": [*cause["changes"], dict(told)]}
        mine = sa.and_(r.tenant_id == tx.tenant, r.case_id == case_id)
        tx.conn.execute(sa.update(retimings).where(mine).values(cause=more))
    running = sa.select(cases.c.id).where(cases.c.tenant_id == tx.tenant, cases.c.status == "running")
    cause = {"actor": actor, "before": before, "changes": [dict(told)]}
    new = [
        {"tenant_id": tx.tenant, "case_id": case_id, "cause": cause, "asked_at": tx.now}
        for case_id in tx.conn.execute(running.order_by(cases.c.id)).scalars()
        if case_id not in waiting
    ]
    if new:
        tx.conn.execute(sa.insert(retimings), new)
    tx.ring_bell()
    return len(new) + len(waiting)


def pending(tx: Tx, limit: int) -> list[str]:
    """The cases that are to be counted anew, oldest first."""
    r = retimings.c
    rows = sa.select(r.case_id).where(r.tenant_id == tx.tenant).order_by(r.asked_at, r.case_id).limit(limit)
    return list(tx.conn.execute(rows).scalars())


def retime_case(tx: Tx, case_id: str) -> bool:
    """Count one case anew after a change of the calendar, and tell whose dates have moved; False when somebody else
    did already. A case in which nothing moves gets no entry."""
    case = locked_case(tx, case_id, SYSTEM)
    r = retimings.c
    mine = sa.and_(r.tenant_id == tx.tenant, r.case_id == case_id)
    cause = tx.conn.execute(sa.select(r.cause).where(mine).with_for_update()).scalar()
    if cause is None:
        return False
    tx.conn.execute(sa.delete(retimings).where(mine))
    if case.status != "running":
        return True
    given = {"do": "retime", "vars": {}}
    facts = {"changes": cause["changes"]}
    actor = cause["actor"]
    moved = advance(tx, case, given, actor=actor, kind="case.retimed", facts=facts, if_any=True)
    _tell(tx, case, moved.events, {"by": actor, "changes": cause["changes"]}, {actor})
    return True


def change_dates(
    tx: Tx,
    case: Any,
    months: Mapping[str, str],
    *,
    actor: str,
    reason: str,
    plan_version: int | None,
    approved_by: str | None = None,
) -> list[dict[str, Any]]:
    """Give a running case other months of the plan (planned_start, planned_finish, committed_finish, latest_finish),
    and count its due dates and timers anew; returns the events of the kernel that say what moved.

    `case` is a row of `locked_case`, and is spent by this. The old months stay in the journal (`case.dates_changed`),
    with the reason, the version of the plan, and who approved it. Raises Conflict("case_ended"), Invalid for what is
    no month.
    """
    if case.status != "running":
        raise Conflict("case_ended", f"Expected case {case.code} to be running, it is {case.status}.")
    wrong = [name for name, month in months.items() if name not in MONTHS or not _is_month(month)]
    if wrong:
        raise Invalid({name: [Reason("wrong_type", "expected a month such as 2022-03")] for name in wrong})
    c = cases.c
    mine = sa.and_(c.tenant_id == tx.tenant, c.id == case.case_id)
    old = tx.conn.execute(sa.select(*(c[name] for name in MONTHS)).where(mine)).one()._mapping
    new = {name: month for name, month in months.items() if month != old[name]}
    if not new:
        return []
    facts = {
        "from": {name: old[name] for name in new},
        "to": new,
        "reason": reason,
        "plan_version": plan_version,
        "approved_by": approved_by or actor,
    }
    given = {"do": "retime", "vars": new}
    moved = advance(tx, case, given, actor=actor, kind="case.dates_changed", facts=facts)
    tx.conn.execute(sa.update(cases).where(mine).values(**new))
    _tell(tx, case, moved.events, {"by": actor, "reason": reason}, {actor})
    return moved.events


MONTHS = ("planned_start", "planned_finish", "committed_finish", "latest_finish")


def _is_month(text: str) -> bool:
    try:
        return len(text) == 7 and bool(date.fromisoformat(f"{text}-01"))
    except (TypeError, ValueError):
        return False


def _tell(tx: Tx, case: Any, events: list[dict[str, Any]], why: Mapping[str, Any], but: set[str]) -> None:
    """Tell everybody whose open task has another due date, once for the case."""
    dues = {e["task"]: e for e in events if e["e"] == "task.due_changed" and e["due"] != e["was"]}
    if not dues:
        return
    t = tasks.c
    rows = tx.conn.execute(
        sa.select(t.token, t.name, sa.func.coalesce(t.assignee, t.candidate).label("holder")).where(
            t.tenant_id == tx.tenant,
            t.case_id == case.case_id,
            t.state.in_(("ready", "claimed")),
            t.token.in_(list(dues)),
        )
    ).all()
    moved: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        if row.holder is None:
            continue
        event = dues[row.token]
        line = {"task": row.name, "was": _day(event["was"]), "due": _day(event["due"])}
        for person in org.holders(tx.conn, tx.tenant, row.holder, tx.today):
            moved.setdefault(person.id, []).append(line)
    for person, lines in moved.items():
        if person in but:
            continue
        params = {"title": case.title, "count": len(lines), "moved": lines[:NAMED], **lines[0], **why}
        notices.tell(tx.conn, tx.tenant, [person], "due_moved", params, tx.now, case.case_id)


def _day(instant: str | None) -> str | None:
    return deadlines.due_day(clock.parse(instant)).isoformat() if instant else None
