"""The life cycle of user tasks: one table of transitions with the right that each of them needs.

States after WS-HumanTask: `ready` (offered to candidates), `claimed` (somebody's), `completed`, `cancelled` (withdrawn
by the process). Buttons on pages are the transitions allowed here; nothing else decides who may do what to a task.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from engine import clock
from engine.errors import Conflict, Forbidden
from engine.org import Actor
from engine.records import task_candidates, tasks

OPEN_STATES = ("ready", "claimed")


@dataclass(frozen=True, slots=True)
class Transition:
    """From which states, to which state, and who may: a function of the task row and the actor."""

    sources: tuple[str, ...]
    target: str
    right: Callable[[Any, Actor], str | None]


def further_candidates() -> sa.ColumnElement[Any]:
    """A column `further` for any SELECT of `tasks`: candidate keys besides the first, space-separated."""
    k = task_candidates.c
    keys = sa.select(sa.func.aggregate_strings(k.candidate, " ")).where(
        k.tenant_id == tasks.c.tenant_id, k.task_id == tasks.c.id
    )
    return keys.correlate(tasks).scalar_subquery().label("further")


def is_offered_to(task: Any, actor: Actor) -> bool:
    """Whether a task (a row with `further`) names a key that the actor holds."""
    return task.mandated in actor.keys or not actor.keys.isdisjoint(_seats(task))


def _seats(task: Any) -> list[str]:
    return [key for key in (task.candidate, *(task.further or "").split()) if key]


def _is_candidate(task: Any, actor: Actor) -> str | None:
    return None if is_offered_to(task, actor) else "not_candidate"


def _is_assignee(task: Any, actor: Actor) -> str | None:
    return None if task.assignee == actor.id or task.assignee in actor.stands_for else "not_assignee"


def on_behalf_of(task: Any, actor: Actor) -> str | None:
    """For whom somebody acts on a task: who is away, when the task is theirs or their seat's; else None."""
    if task.assignee is not None:
        return actor.stands_for.get(task.assignee) if task.assignee != actor.id else None
    keys = _seats(task)
    if any(key in actor.keys and key not in actor.stands_for for key in keys):
        return None
    return next((actor.stands_for[key] for key in keys if key in actor.stands_for), None)


def mandate_of(task: Any, actor: Actor) -> str | None:
    """The mandate by which somebody acts on a task of a seat that they neither hold nor stand in for; else None."""
    if task.assignee not in (None, actor.id) or not actor.keys.isdisjoint(_seats(task)):
        return None
    return actor.mandates.get(task.mandated or "")


def _is_owner(task: Any, actor: Actor) -> str | None:
    # An offered task may be completed straight away by a candidate: claiming it first would be one more click for a
    # leader who is the only one who holds the seat.
    return _is_assignee(task, actor) if task.assignee else _is_candidate(task, actor)


def _may_assign(task: Any, actor: Actor) -> str | None:
    """Who holds it passes it on; the head of the lead unit and the secretariat reassign (not decisions of others)."""
    if task.assignee == actor.id:
        return None
    if task.kind == "task" and (
        "van_phong_tong_hop" in actor.roles or ("truong_don_vi" in actor.roles and task.lead_unit in actor.units)
    ):
        return None
    return "not_assignee"


def may_replace_drafter(actor: Actor, lead_unit: str) -> bool:
    """Who drafts in a unit is its head's to say."""
    return "truong_don_vi" in actor.roles and lead_unit in actor.units


def _may_release(task: Any, actor: Actor) -> str | None:
    return _is_assignee(task, actor) if task.candidate else "not_candidate"


TRANSITIONS: Mapping[str, Transition] = {
    "claim": Transition(("ready",), "claimed", _is_candidate),
    "release": Transition(("claimed",), "ready", _may_release),
    "assign": Transition(OPEN_STATES, "claimed", _may_assign),
    "save": Transition(OPEN_STATES, "claimed", _is_owner),
    "attach": Transition(OPEN_STATES, "claimed", _is_owner),
    "complete": Transition(OPEN_STATES, "completed", _is_owner),
}


def allowed(task: Any, actor: Actor) -> frozenset[str]:
    """The transitions that the actor may make now: what buttons a page shows."""
    return frozenset(
        name for name, t in TRANSITIONS.items() if task.state in t.sources and t.right(task, actor) is None
    )


def permit(name: str, task: Any, actor: Actor) -> Transition:
    """The transition, if the actor may make it now. Raises Forbidden, or Conflict if the task is not in a fit state."""
    transition = TRANSITIONS[name]
    refused = transition.right(task, actor)
    # Who could have done it as well, and comes second, is told that it is done, not that it was never theirs.
    too_late = task.state not in OPEN_STATES and is_offered_to(task, actor)
    if refused and not too_late:
        raise Forbidden(refused, f"Expected {actor.id} to be entitled to {name} task {task.id}.", task=task.id)
    if task.state not in transition.sources:
        code = {"completed": "already_completed", "cancelled": "withdrawn", "claimed": "already_claimed"}[task.state]
        raise Conflict(code, f"Expected to {name} task {task.id}, but it is already {task.state}.", task=task.id)
    return transition


def unchanged(task: Any, seen_version: int) -> None:
    """Refuse to act on a page that is older than the task. Raises Conflict("stale")."""
    if task.version != seen_version:
        raise Conflict(
            "stale",
            f"Expected task {task.id} as seen at version {seen_version}, it is at {task.version}.",
            task=task.id,
        )


INSERT = sa.insert(tasks)
INSERT_CANDIDATES = sa.insert(task_candidates)
_T: sa.BindParameter[Any] = sa.bindparam("b_tenant")
_CASE: sa.BindParameter[Any] = sa.bindparam("b_case")
_ID: sa.BindParameter[Any] = sa.bindparam("b_id")
_GUARD = sa.and_(
    tasks.c.tenant_id == _T,
    tasks.c.id == _ID,
    tasks.c.version == sa.bindparam("b_version"),
    tasks.c.state.in_(OPEN_STATES),
)
COMPLETE = (
    sa.update(tasks)
    .where(_GUARD)
    .values(
        state="completed",
        assignee=sa.bindparam("b_actor"),
        ended_by=sa.bindparam("b_actor"),
        ended_at=sa.bindparam("b_now"),
        outcome=sa.bindparam("b_outcome"),
        reason=sa.bindparam("b_reason"),
        answers=sa.bindparam("b_answers", type_=sa.JSON),
        seen=sa.bindparam("b_seen", type_=sa.JSON),
        capacity=sa.bindparam("b_capacity"),
        on_behalf_of=sa.bindparam("b_on_behalf_of"),
        recorded=sa.bindparam("b_recorded", type_=sa.JSON(none_as_null=True)),
        draft=None,
        version=tasks.c.version + 1,
    )
)


def complete(
    conn: sa.Connection,
    tenant: int,
    task: Any,
    actor: str,
    now: datetime,
    answers: Mapping[str, Any],
    seen: list[dict[str, Any]] | None = None,
    capacity: str | None = None,
    recorded: Mapping[str, Any] | None = None,
    behalf: str | None = None,
) -> None:
    """Write down that the task was done; `behalf`: whose deputy has done it. Raises Conflict when somebody else got
    there first."""
    done = conn.execute(
        COMPLETE,
        {
            "b_tenant": tenant,
            "b_id": task.id,
            "b_version": task.version,
            "b_actor": actor,
            "b_now": now,
            "b_outcome": answers.get("outcome"),
            "b_reason": answers.get("reason"),
            "b_answers": dict(answers),
            "b_seen": seen,
            "b_capacity": capacity,
            "b_on_behalf_of": behalf,
            "b_recorded": dict(recorded) if recorded else None,
        },
    )
    if done.rowcount != 1:
        raise Conflict("already_completed", f"Expected to complete task {task.id}, but it is already completed.")


def change(conn: sa.Connection, tenant: int, task: Any, **values: Any) -> None:
    """Update an open task under its version guard. Raises Conflict("stale")."""
    done = conn.execute(
        sa.update(tasks).where(_GUARD).values(**values, version=tasks.c.version + 1),
        {"b_tenant": tenant, "b_id": task.id, "b_version": task.version},
    )
    if done.rowcount != 1:
        raise Conflict("stale", f"Expected task {task.id} at version {task.version}, but it has changed.")


def save_draft(conn: sa.Connection, tenant: int, task_id: str, draft: Mapping[str, Any] | None) -> None:
    """Keep what was typed so far. Does not count as a change: it makes no other page stale."""
    conn.execute(sa.update(tasks).where(tasks.c.tenant_id == tenant, tasks.c.id == task_id).values(draft=draft))


def insert(conn: sa.Connection, rows: list[dict[str, Any]], more: list[dict[str, Any]]) -> None:
    """Open tasks: one statement for all, and one more only when a task has several candidate groups."""
    if rows:
        conn.execute(INSERT, rows)
    if more:
        conn.execute(INSERT_CANDIDATES, more)


CANCEL = (
    sa.update(tasks)
    .where(tasks.c.tenant_id == _T, tasks.c.case_id == _CASE, tasks.c.state.in_(OPEN_STATES))
    .values(state="cancelled", ended_at=sa.bindparam("b_now"), version=tasks.c.version + 1)
)
CANCEL_TOKENS = CANCEL.where(tasks.c.token.in_(sa.bindparam("b_tokens", expanding=True)))
CANCEL_HOST = CANCEL.where(
    sa.or_(tasks.c.host == sa.bindparam("b_host"), tasks.c.shard.startswith(sa.bindparam("b_prefix")))
)


def cancel(conn: sa.Connection, tenant: int, case_id: str, tokens: Iterable[str], now: datetime) -> None:
    """Withdraw tasks by their kernel ids."""
    found = list(tokens)
    if found:
        conn.execute(CANCEL_TOKENS, {"b_tenant": tenant, "b_case": case_id, "b_now": now, "b_tokens": found})


def cancel_host(conn: sa.Connection, tenant: int, case_id: str, host: str, now: datetime) -> None:
    """Withdraw all open tasks of a multi-instance, at any depth, without loading its shards."""
    conn.execute(
        CANCEL_HOST,
        {"b_tenant": tenant, "b_case": case_id, "b_now": now, "b_host": host, "b_prefix": f"{host}."},
    )


def candidate_keys(
    event: Mapping[str, Any], lead_unit: str, unit_lanes: frozenset[str], lane: str | None
) -> tuple[str | None, list[str]]:
    """(first candidate key, all keys) of an opened task: its groups, users, else the lane it stands in."""
    groups = list(event.get("groups") or ())
    users = list(event.get("users") or ())
    if not groups and not users and not event.get("assignee") and lane:
        groups = [lane]
    keys = [f"{g}@{lead_unit}" if "@" not in g and g in unit_lanes else g for g in groups] + users
    return (keys[0] if keys else None), keys


def row(
    *,
    tenant: int,
    case_id: str,
    event: Mapping[str, Any],
    now: datetime,
    definition: str,
    step: str | None,
    kind: str,
    names: tuple[str, str],
    candidate: str | None,
    form: str | None,
    round_: int,
) -> dict[str, Any]:
    """The row of a task that a kernel step opened."""
    assignee = event.get("assignee") or None
    due, follow = event.get("due"), event.get("follow_up")
    return {
        "tenant_id": tenant,
        "id": clock.new_id(),
        "case_id": case_id,
        "token": event["task"],
        "shard": event.get("shard"),
        "host": event.get("host"),
        "call": event.get("call"),
        "instance": event.get("index"),
        "definition": definition,
        "element": event["el"],
        "step": step,
        "kind": kind,
        "name": names[0],
        "name_en": names[1],
        "candidate": candidate,
        "assignee": assignee,
        "state": "claimed" if assignee else "ready",
        "form": form,
        "round": round_,
        "priority": int(event.get("priority") or 50),
        "created_at": now,
        "due_at": clock.parse(due) if due else None,
        "follow_up_at": clock.parse(follow) if follow else None,
        "claimed_at": now if assignee else None,
        "version": 1,
    }


def stands_in(task: Any, person: str) -> bool:
    """Whether somebody holds an open task that was meant for the drafter by name: who was handed the drafter's work.

    One of a multi-instance is given to its item's person by name (a judge's sheet): that makes nobody the drafter.
    """
    meant = task.kind == "task" and task.candidate is None and task.host is None
    return bool(meant and task.assignee == person and task.state in OPEN_STATES)


def drafting(conn: sa.Connection, tenant: int, case_id: str, person: str) -> bool:
    """Whether somebody stands in for the drafter of a case with any of its open tasks."""
    t = tasks.c
    rows = conn.execute(
        sa.select(t.kind, t.candidate, t.host, t.assignee, t.state).where(
            t.tenant_id == tenant, t.case_id == case_id, t.assignee == person, t.state.in_(OPEN_STATES)
        )
    )
    return any(stands_in(row, person) for row in rows)


def drafters(conn: sa.Connection, tenant: int, case_id: str, person: str) -> list[Any]:
    """The open tasks of a case that somebody holds as its drafter: given by name, not by a seat."""
    t = tasks.c
    mine = sa.and_(t.tenant_id == tenant, t.case_id == case_id, t.assignee == person, t.state.in_(OPEN_STATES))
    return list(conn.execute(sa.select(tasks).where(mine, t.kind == "task", t.candidate.is_(None)).order_by(t.id)))


def sent_back(
    conn: sa.Connection, tenant: int, task: Any, versions: Mapping[str, Any], outcomes: Collection[str]
) -> dict[str, int]:
    """Of the documents that an open task makes, those that came back with it: artefact → number of the version that a
    gate has returned, by one of `outcomes`, since the task's element was completed last.

    `versions` are the newest versions of these documents. One that this task has added is an answer to the
    return; no statement is spent when all are.
    """
    old = [slug for slug, version in versions.items() if version.task_id != task.id]
    if not old:
        return {}
    gate, again = tasks.alias("gate"), tasks.alias("again")
    resubmitted = sa.exists().where(
        again.c.tenant_id == gate.c.tenant_id,
        again.c.case_id == gate.c.case_id,
        again.c.element == task.element,
        again.c.state == "completed",
        again.c.ended_at > gate.c.ended_at,
    )
    returns = sa.select(gate.c.seen).where(
        gate.c.tenant_id == tenant,
        gate.c.case_id == task.case_id,
        gate.c.kind == "gate",
        gate.c.outcome.in_(list(outcomes)),
        gate.c.ended_at <= task.created_at,
        ~resubmitted,
    )
    found: dict[str, int] = {}
    for pinned in (pinned for seen in conn.execute(returns).scalars() for pinned in seen or ()):
        if pinned["artefact"] in versions:
            found[pinned["artefact"]] = max(pinned["number"], found.get(pinned["artefact"], 0))
    return found


def returns(conn: sa.Connection, tenant: int, task: Any, outcomes: Collection[str]) -> list[Any]:
    """The decisions of a gate, oldest first, that sent work back: (reason, ended_at). One in a called process counts
    for its call alone: what the director returns of one paper is nothing against another."""
    t = tasks.c
    here = sa.and_(t.element == task.element, t.call.is_not_distinct_from(task.call))
    same = sa.and_(t.tenant_id == tenant, t.case_id == task.case_id, here)
    decided = sa.and_(t.state == "completed", t.outcome.in_(list(outcomes)))
    return list(conn.execute(sa.select(t.reason, t.ended_at).where(same, decided).order_by(t.ended_at, t.id)))


def holding(conn: sa.Connection, tenant: int, case_id: str, elements: list[str], call: str | None = None) -> list[Any]:
    """The open tasks of some elements of a case: id, holder (a person id or a candidate key); with `call`, those in the
    process that this call activity has called."""
    t = tasks.c
    called = t.call == call if call is not None else sa.true()
    return list(
        conn.execute(
            sa.select(t.id, sa.func.coalesce(t.assignee, t.candidate).label("holder"))
            .where(t.tenant_id == tenant, t.case_id == case_id, t.element.in_(elements), t.state.in_(OPEN_STATES))
            .where(called)
            .order_by(t.id)
        )
    )
