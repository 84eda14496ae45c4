"""Approvals are bound to the document versions that they saw: a later change reopens exactly the gates it affects.

A gate's decision is pinned to the newest versions of its time (`tasks.seen`). Within the process a returned draft comes
to its gates again by itself. When the drafter mends a document *outside* the process's way, every approval that was
given on an older version of it is asked for anew: a task for the same seat, beside the process (`token` empty), that
confirms or returns. Until all are confirmed, no gate that looks at the document sends the case on. And a document that
will not be there may be waived, with a reason, by who answers for the case.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from engine import clock, deadlines, documents, gates, notices, org, queries, tasks
from engine.commands.advance import locked_case, note
from engine.commands.transaction import Tx
from engine.errors import Conflict, Forbidden, Invalid, NotFound, Reason
from engine.records import cases as case_rows
from engine.records import tasks as task_rows
from engine.records import waivers

# A confirmation is worked off within so many working days, as the director's direction is (a house rule).
CONFIRM_WITHIN = 2
LEADERS = frozenset({"giam_doc", "lanh_dao_so"})


def revise(tx: Tx, actor: str, case_id: str, artefact: str, reason: str, filename: str, content: bytes) -> list[str]:
    """Add a version of a document that was made in an earlier step; returns the ids of the confirmations it asks for.

    The drafter may, or who stands in; no paper of a decision or an opinion. Raises NotFound, Forbidden("not_drafter" |
    "not_drafters_paper"), Conflict("case_ended" | "issued" | "open_task"), Invalid(file | reason), TooLarge.
    """
    case, who = _seen_case(tx, actor, case_id)
    if case.drafter != actor and not tasks.drafting(tx.conn, tx.tenant, case_id, actor):
        raise Forbidden("not_drafter", "Expected the case's drafter to change its documents.")
    versions = documents.versions(tx.conn, tx.tenant, case_id)
    current = documents.newest(versions).get(artefact)
    if current is None:
        raise NotFound("document", f"Expected a document {artefact} in case {case.code}, found none.")
    if current.symbol:
        raise Conflict("issued", f"Expected a document without a number, {current.symbol} is issued.")
    if artefact in queries.decided_papers(tx, case_id):
        raise Forbidden("not_drafters_paper", f"Expected a document of the drafter's, {artefact} is a decision's own.")
    if artefact in queries.made_now(tx, case_id, who):
        raise Conflict("open_task", f"Expected no open task that makes {artefact}; add the version there.")
    if len(reason.strip()) < gates.REASON_MIN:
        raise Invalid({"reason": [Reason("too_short", "expected a reason", {"min": gates.REASON_MIN})]})
    name, kind = documents.check_upload(filename, content, tx.settings.upload_limit)
    added = documents.add_version(
        tx.conn,
        tx.tenant,
        case_id=case_id,
        artefact=artefact,
        title=current.title,
        filename=name,
        media_type=kind,
        body=content,
        actor=actor,
        task_id=None,
        now=tx.now,
    )
    if not added["new"]:
        raise Invalid({"file": [Reason("unchanged", "expected another file than the newest version")]})
    affected = queries.approvals_of(tx, case_id, artefact)
    opened = [_ask_again(tx, case, approval, artefact) for approval in affected]
    _count(tx, case_id)
    facts = {
        "artefact": artefact,
        "number": added["number"],
        "sha256": added["sha256"],
        "filename": name,
        "reason": reason.strip(),
        "reopened": [approval.task.element for approval in affected],
    }
    note(tx, case, actor, "document.revised", facts)
    return opened


def _ask_again(tx: Tx, case: Any, approval: queries.Approval, artefact: str) -> str:
    """A task for the seat that approved, unless one is open already; who holds it is told."""
    old = approval.task
    t = task_rows.c
    mine = sa.and_(t.tenant_id == tx.tenant, t.case_id == case.case_id, t.element == old.element, t.token == "")
    same = sa.and_(t.call == old.call) if old.call else t.call.is_(None)
    there = tx.conn.execute(sa.select(t.id).where(mine, same, t.state.in_(tasks.OPEN_STATES))).scalar()
    if there is not None:
        return str(there)
    task_id = clock.new_id()
    calendar = tx.environment_facts.calendar
    kept = {
        name: getattr(old, name)
        for name in (
            "call",
            "instance",
            "definition",
            "element",
            "step",
            "kind",
            "name",
            "name_en",
            "candidate",
            "mandated",
        )
    }
    row = {
        **kept,
        "tenant_id": tx.tenant,
        "id": task_id,
        "case_id": case.case_id,
        "token": "",
        "host": f"{queries.CONFIRMS}{artefact}",
        "assignee": None if old.candidate else old.ended_by,
        "state": "ready" if old.candidate else "claimed",
        "round": old.round + 1,
        "priority": old.priority,
        "created_at": tx.now,
        "due_at": deadlines.end_of_day(calendar.add_working_days(tx.today, CONFIRM_WITHIN)),
        "version": 1,
        "seen": [{"artefact": artefact, "number": approval.seen, "task": old.id}],
    }
    tx.conn.execute(sa.insert(task_rows), row)
    held = org.holders(tx.conn, tx.tenant, old.candidate or old.ended_by, tx.today)
    params = {"title": case.title, "name": old.name, "document": approval.title}
    notices.tell(
        tx.conn, tx.tenant, [person.id for person in held], "confirm_again", params, tx.now, case.case_id, task_id
    )
    return task_id


def settle(
    tx: Tx,
    task: Any,
    actor: str,
    values: Mapping[str, Any],
    seen: Sequence[Mapping[str, Any]] | None,
    signed: str | None,
    behalf: str | None = None,
) -> None:
    """Write down how a confirmation ended: confirmed, the approval counts for the versions that it saw now; returned,
    the drafter is told and has to mend the document once more."""
    facts: dict[str, Any] = {"task": task.id, "element": task.element, "answers": dict(values)}
    if seen:
        facts["seen"] = list(seen)
    if signed:
        facts["capacity"] = signed
    if behalf:
        facts["on_behalf_of"] = behalf
    _count(tx, task.case_id)
    note(tx, task, actor, "gate.confirmed", facts)
    if not gates.moves_on(values.get("outcome")) and task.drafter and task.drafter != actor:
        params = {"task": task.name, "by": actor, "reason": values.get("reason"), "round": task.round}
        notices.tell(tx.conn, tx.tenant, [task.drafter], "task_returned", params, tx.now, task.case_id)


def _count(tx: Tx, case_id: str) -> None:
    """Keep on the case how many approvals have to be confirmed: a gate asks only when there are any."""
    pending = len(queries.unconfirmed(tx, case_id))
    c = case_rows.c
    tx.conn.execute(sa.update(case_rows).where(c.tenant_id == tx.tenant, c.id == case_id).values(reopened=pending))


def waive(tx: Tx, actor: str, case_id: str, artefact: str, reason: str) -> None:
    """Say that a document will not be there, and why: tasks that need it may be finished without it.

    The head of the lead unit may, and the department's leaders. Raises NotFound, Forbidden("role"),
    Conflict("case_ended" | "document_exists"), Invalid(reason).
    """
    case, who = _seen_case(tx, actor, case_id)
    heads = "truong_don_vi" in who.roles and case.lead_unit in who.units
    if not (heads or who.roles & LEADERS):
        raise Forbidden("role", f"Expected {actor} to head {case.lead_unit} or to lead the department.")
    if artefact not in queries.wanted_artefacts(tx, case_id):
        raise NotFound("artefact", f"Expected a document that case {case.code} makes or needs, not {artefact}.")
    if documents.exists(tx.conn, tx.tenant, case_id, artefact):
        raise Conflict("document_exists", f"Expected no document {artefact}, but the case has one.")
    reason = reason.strip()
    if len(reason) < gates.REASON_MIN:
        raise Invalid({"reason": [Reason("too_short", "expected a reason", {"min": gates.REASON_MIN})]})
    row = {
        "tenant_id": tx.tenant,
        "case_id": case_id,
        "artefact": artefact,
        "reason": reason,
        "by": actor,
        "at": tx.now,
    }
    w = waivers.c
    mine = sa.and_(w.tenant_id == tx.tenant, w.case_id == case_id, w.artefact == artefact)
    tx.conn.execute(sa.delete(waivers).where(mine))
    tx.conn.execute(sa.insert(waivers), row)
    note(tx, case, actor, "document.waived", {"artefact": artefact, "reason": reason})


def _seen_case(tx: Tx, actor: str, case_id: str) -> tuple[Any, org.Actor]:
    case = locked_case(tx, case_id, actor)
    who = org.actor_of(actor, case)
    queries.require_visible(tx, who, case_id)
    if case.status != "running":
        raise Conflict("case_ended", f"Expected case {case.code} to be running, it is {case.status}.")
    return case, who
