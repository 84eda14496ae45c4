"""Việc của tôi: what waits for a person, grouped by urgency."""

from collections import Counter
from typing import Any

import sqlalchemy as sa

from engine.org import Actor
from engine.queries.access import Asker, due_of, key_names, names_key, names_of
from engine.queries.views import FocusCount, Inbox, InboxGroup, InboxRow, LastDone
from engine.records import cases, focus_tasks, people, tasks
from engine.tasks import further_candidates, is_offered_to, on_behalf_of

OPEN = ("ready", "claimed")
GROUPS = ("late", "today", "soon", "ok", "none", "done")
TABS = ("todo", "late", "soon", "group", "waiting", "watching", "done")
LIMIT = 300

_assignee = people.alias("assignee")
_ended = people.alias("ended")


_TENANT: sa.BindParameter[Any] = sa.bindparam("tenant")
_PERSON: sa.BindParameter[Any] = sa.bindparam("person")


def _rows() -> sa.Select[Any]:
    t, c = tasks.c, cases.c
    return (
        sa.select(
            tasks,
            further_candidates(),
            c.code,
            c.title,
            c.lead_unit,
            focus_tasks.c.id.label("focus_id"),
            focus_tasks.c.label,
            _assignee.c.name.label("assignee_name"),
        )
        .join(cases, sa.and_(c.tenant_id == t.tenant_id, c.id == t.case_id))
        .outerjoin(focus_tasks, sa.and_(focus_tasks.c.tenant_id == c.tenant_id, focus_tasks.c.id == c.focus_task_id))
        .outerjoin(_assignee, sa.and_(_assignee.c.tenant_id == t.tenant_id, _assignee.c.id == t.assignee))
        .where(t.tenant_id == _TENANT)
    )


# Built once: building them takes longer than asking.
ROWS = _rows()
_DONE = sa.and_(tasks.c.tenant_id == _TENANT, tasks.c.ended_by == _PERSON, tasks.c.state == "completed")
DONE = ROWS.where(_DONE).order_by(tasks.c.ended_at.desc()).limit(LIMIT)
DONE_COUNT = sa.select(sa.func.count()).where(_DONE)
LAST_DONE = sa.select(tasks.c.name, tasks.c.ended_at).where(_DONE).order_by(tasks.c.ended_at.desc()).limit(1)


def offered_to(actor: Actor) -> sa.ColumnElement[bool]:
    """Tasks that nobody holds and the actor may take."""
    return sa.and_(tasks.c.assignee.is_(None), names_key(actor.keys))


def inbox(tx: Asker, person: str, tab: str = "todo", focus: str | None = None) -> Inbox:
    """The inbox of a person on one tab (todo, late, soon, group, waiting, watching, done; another name means todo).

    `focus` keeps only the tasks of one focus task (its id). Finished tasks: the newest 300.
    """
    tab = tab if tab in TABS else "todo"
    actor = tx.actor(person)
    t = tasks.c
    is_open = t.state.in_(OPEN)
    asked = {"tenant": tx.tenant, "person": person}
    rows = [
        (row, due_of(tx, row.due_at))
        for row in tx.conn.execute(
            ROWS.where(is_open, sa.or_(t.assignee.in_((person, *actor.stands_for)), offered_to(actor))).order_by(
                t.due_at.is_(None), t.due_at, t.created_at
            ),
            asked,
        )
    ]
    others = sa.func.coalesce(t.assignee, "").not_in((person, *actor.stands_for))
    elsewhere = sa.and_(is_open, others, sa.not_(offered_to(actor)))
    watched = sa.or_(cases.c.drafter == person, cases.c.started_by == person)
    done_count = tx.conn.execute(DONE_COUNT, asked).scalar_one()
    waiting = [(row, due_of(tx, row.due_at)) for row in tx.conn.execute(ROWS.where(elsewhere, watched), asked)]
    counts = {
        "todo": len(rows),
        "late": sum(due.state == "late" for _, due in rows),
        "soon": sum(due.state in ("today", "soon") for _, due in rows),
        "group": sum(row.assignee is None for row, _ in rows),
        "waiting": len(waiting),
        "watching": len({row.case_id for row, _ in waiting}),
        "done": done_count,
    }
    shown = {
        "todo": rows,
        "late": [(r, d) for r, d in rows if d.state == "late"],
        "soon": [(r, d) for r, d in rows if d.state in ("today", "soon")],
        "group": [(r, d) for r, d in rows if r.assignee is None],
        "waiting": waiting,
        "watching": waiting,
    }.get(tab)
    if shown is None:
        shown = [(row, due_of(tx, row.due_at, row.ended_at)) for row in tx.conn.execute(DONE, asked)]
    focus_counts = Counter((row.focus_id, row.label) for row, _ in shown if row.focus_id)
    if focus:
        shown = [(r, d) for r, d in shown if r.focus_id == focus]
    names = key_names(tx, [r.candidate for r, _ in shown if not r.assignee and r.candidate])
    away = names_of(tx, {on_behalf_of(r, actor) for r, _ in shown} - {None}) if actor.stands_for else {}
    groups = []
    for state in GROUPS:
        of_state = [
            _line(r, d, actor, names, away) for r, d in shown if ("done" if tab == "done" else d.state) == state
        ]
        if of_state:
            groups.append(InboxGroup(state, of_state))
    last = _last_done(tx, person)
    return Inbox(
        tab,
        counts,
        [FocusCount(i, short, n) for (i, short), n in sorted(focus_counts.items(), key=lambda item: item[0][1])],
        groups,
        last,
        bool(rows or done_count or waiting),
    )


def _line(row: Any, due: Any, actor: Actor, names: dict[str, str], away: dict[str, str]) -> InboxRow:
    offered = row.assignee is None and row.state == "ready"
    return InboxRow(
        task_id=row.id,
        version=row.version,
        name=row.name,
        kind=row.kind,
        case_id=row.case_id,
        case_code=row.code,
        case_short=row.label or short(row.title),
        due=due,
        unread=row.claimed_at is None and offered,
        claimable=offered and is_offered_to(row, actor),
        assignee_name=row.assignee_name,
        holder=row.assignee_name or names.get(row.candidate or ""),
        submitted_by=None,
        round=row.round,
        done_at=row.ended_at,
        outcome=row.outcome,
        element=row.element,
        step=row.step,
        for_whom=away.get(on_behalf_of(row, actor) or ""),
    )


def _last_done(tx: Asker, person: str) -> LastDone | None:
    row = tx.conn.execute(LAST_DONE, {"tenant": tx.tenant, "person": person}).first()
    return LastDone(row.name, row.ended_at) if row else None


def short(title: str, length: int = 60) -> str:
    """A title cut at a word to at most `length` characters."""
    if len(title) <= length:
        return title
    return title[: length - 1].rsplit(" ", 1)[0] + "…"
