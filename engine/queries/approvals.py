"""Which approvals of a case rest on document versions that are no longer the newest, and what was waived."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from engine import documents, gates, org, tasks
from engine.queries.access import Asker, properties_of, require_visible, visible
from engine.records import cases, opinions, people, waivers
from engine.records import tasks as task_rows

# What the tasks that ask for an approval anew say in `host`, before the artefact.
CONFIRMS = "confirm:"


@dataclass(frozen=True, slots=True)
class Approval:
    """An approval (its task row) that looked at a document: the version that it saw, and the newest one."""

    task: Any
    artefact: str
    title: str
    seen: int
    now: int


@dataclass(frozen=True, slots=True)
class Unconfirmed:
    """An approval that has to be given anew. `state`: open (somebody is asked) or returned (the drafter mends it)."""

    task_id: str
    element: str
    name: str
    artefact: str
    title: str
    seen: int
    now: int
    state: str


def _gates(tx: Asker, case_id: str) -> list[Any]:
    t, c = task_rows.c, cases.c
    return list(
        tx.conn.execute(
            sa.select(task_rows, c.definition.label("case_definition"))
            .join(cases, sa.and_(c.tenant_id == t.tenant_id, c.id == t.case_id))
            .where(t.tenant_id == tx.tenant, t.case_id == case_id, t.kind == "gate", t.state != "cancelled")
            .order_by(t.created_at, t.id)
        )
    )


def _looks_at(tx: Asker, task: Any) -> set[str]:
    properties = properties_of(tx, task)
    return {*gates.words(properties.get("requires")), *gates.words(properties.get("signs"))} - {"opinions"}


def approvals_of(tx: Asker, case_id: str, artefact: str) -> list[Approval]:
    """The approvals of a case that stand on an older version of a document: of each gate the last decision, when it
    sent the case on and the process does not ask that gate again just now."""
    newest = documents.newest(documents.versions(tx.conn, tx.tenant, case_id)).get(artefact)
    if newest is None:
        return []
    last: dict[tuple[str, str | None], Any] = {}
    asked: set[tuple[str, str | None]] = set()
    for row in _gates(tx, case_id):
        if row.state in tasks.OPEN_STATES and row.token:
            asked.add((row.element, row.call))
        elif row.state == "completed" and gates.moves_on(row.outcome):
            last[row.element, row.call] = row
        elif row.state == "completed" and row.token:
            last.pop((row.element, row.call), None)
    found = []
    for key, row in last.items():
        if key in asked or artefact not in _looks_at(tx, row):
            continue
        seen = max((pin["number"] for pin in row.seen or () if pin["artefact"] == artefact), default=0)
        if seen < newest.number:
            found.append(Approval(row, artefact, newest.title, seen, newest.number))
    return found


def unconfirmed(tx: Asker, case_id: str) -> list[Unconfirmed]:
    """The approvals that were asked for anew and are not given yet, oldest first."""
    newest = documents.newest(documents.versions(tx.conn, tx.tenant, case_id))
    last: dict[tuple[str, str | None], Any] = {}
    for row in _gates(tx, case_id):
        if row.token == "":
            last[row.element, row.call] = row
        elif row.state in tasks.OPEN_STATES:
            last.pop((row.element, row.call), None)  # the process itself asks again
    found = []
    for row in last.values():
        slug = (row.host or "").removeprefix(CONFIRMS)
        now = newest.get(slug)
        if now is None:
            continue
        seen = max((pin["number"] for pin in row.seen or () if pin["artefact"] == slug), default=0)
        waits = row.state in tasks.OPEN_STATES
        # One that was returned is settled by the next version, for which it is asked anew.
        if waits or (not gates.moves_on(row.outcome) and now.number <= seen):
            state = "open" if waits else "returned"
            found.append(Unconfirmed(row.id, row.element, row.name, slug, now.title, seen, now.number, state))
    return found


def blocking(tx: Asker, task: Any, looks_at: set[str]) -> list[Unconfirmed]:
    """The approvals that keep a gate from sending the case on: those of documents that it looks at, not its own."""
    if not task.reopened:
        return []
    return [each for each in unconfirmed(tx, task.case_id) if each.artefact in looks_at and each.task_id != task.id]


def waived(tx: Asker, case_id: str) -> dict[str, Mapping[str, Any]]:
    """What was waived in a case: artefact → by whom (name), when, why."""
    w, p = waivers.c, people.c
    rows = tx.conn.execute(
        sa.select(waivers, p.name.label("by_name"))
        .outerjoin(people, sa.and_(p.tenant_id == w.tenant_id, p.id == w.by))
        .where(w.tenant_id == tx.tenant, w.case_id == case_id)
    )
    return {row.artefact: {"by": row.by_name or row.by, "at": row.at, "reason": row.reason} for row in rows}


def wanted_artefacts(tx: Asker, case_id: str) -> set[str]:
    """The artefacts that a case's process makes or needs anywhere, those of called processes as their callers name
    them."""
    c = cases.c
    digest = tx.conn.execute(sa.select(c.definition).where(c.tenant_id == tx.tenant, c.id == case_id)).scalar_one()
    main = tx.models.bundle(tx.conn, tx.tenant, digest).definition
    found: set[str] = set()
    for element in main.elements.values():
        for name in ("requires", "produces", "signs", "letter"):
            found |= set(gates.words(element.properties.get(name)))
    t = task_rows.c
    rows = tx.conn.execute(
        sa.select(task_rows, c.definition.label("case_definition"))
        .join(cases, sa.and_(c.tenant_id == t.tenant_id, c.id == t.case_id))
        .where(t.tenant_id == tx.tenant, t.case_id == case_id, t.instance.is_not(None))
    )
    for row in rows:
        found |= set(gates.words(properties_of(tx, row).get("produces")))
    return found - {"opinions"}


def made_now(tx: Asker, case_id: str, who: org.Actor) -> set[str]:
    """The artefacts that open tasks of somebody in a case make: their versions are added there."""
    t, c = task_rows.c, cases.c
    rows = tx.conn.execute(
        sa.select(task_rows, tasks.further_candidates(), c.definition.label("case_definition"))
        .join(cases, sa.and_(c.tenant_id == t.tenant_id, c.id == t.case_id))
        .where(t.tenant_id == tx.tenant, t.case_id == case_id, t.state.in_(tasks.OPEN_STATES), t.token != "")
    )
    found: set[str] = set()
    for row in rows:
        if row.assignee == who.id or (row.assignee is None and tasks.is_offered_to(row, who)):
            found |= set(gates.words(properties_of(tx, row).get("produces")))
    return found


def decided_papers(tx: Asker, case_id: str) -> set[str]:
    """The documents of a case that are somebody's decision or opinion: the papers that gates bring, and the scans of
    what was recorded for others. The drafter drafts none of them."""
    t, c, o = task_rows.c, cases.c, opinions.c
    rows = tx.conn.execute(
        sa.select(task_rows, c.definition.label("case_definition"))
        .join(cases, sa.and_(c.tenant_id == t.tenant_id, c.id == t.case_id))
        .where(t.tenant_id == tx.tenant, t.case_id == case_id, t.state == "completed")
        .where(sa.or_(t.kind == "gate", t.recorded.is_not(None)))
    )
    scans = sa.select(o.recorded).where(o.tenant_id == tx.tenant, o.case_id == case_id, o.recorded.is_not(None))
    told = list(tx.conn.execute(scans).scalars())
    found: set[str] = set()
    for row in rows:
        told.append(row.recorded)
        if row.kind == "gate":
            found |= set(gates.words(properties_of(tx, row).get("produces")))
    return found | {paper["document"]["artefact"] for paper in told if paper}


def affected(tx: Asker, person: str, case_id: str, artefact: str) -> list[tuple[str, int]]:
    """Who would be asked anew were a document changed now: (name of the gate, version that it approved)."""
    require_visible(tx, tx.actor(person), case_id)
    return [(approval.task.name, approval.seen) for approval in approvals_of(tx, case_id, artefact)]


def waivable(tx: Asker, person: str, case_id: str) -> list[tuple[str, str]]:
    """The documents that open tasks of a case still miss, (artefact, name), for somebody who may waive them."""
    who = tx.actor(person)
    c, t = cases.c, task_rows.c
    case = tx.conn.execute(sa.select(cases).where(c.tenant_id == tx.tenant, c.id == case_id, visible(who))).first()
    if case is None:
        return []
    heads = "truong_don_vi" in who.roles and case.lead_unit in who.units
    if case.status != "running" or not (heads or who.roles & {"giam_doc", "lanh_dao_so"}):
        return []
    rows = tx.conn.execute(
        sa.select(task_rows, c.definition.label("case_definition"))
        .join(cases, sa.and_(c.tenant_id == t.tenant_id, c.id == t.case_id))
        .where(t.tenant_id == tx.tenant, t.case_id == case_id, t.state.in_(tasks.OPEN_STATES), t.kind != "opinion")
        .order_by(t.created_at, t.id)
    ).all()
    there = {*documents.newest(documents.versions(tx.conn, tx.tenant, case_id)), *waived(tx, case_id), "opinions"}
    found: dict[str, str] = {}
    for row in rows:
        properties = properties_of(tx, row)
        for slug in (*gates.words(properties.get("requires")), *gates.words(properties.get("produces"))):
            if slug not in there:
                found.setdefault(slug, gates.named(tx.environment_facts.artefacts, slug))
    return list(found.items())
