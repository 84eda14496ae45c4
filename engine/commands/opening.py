"""What reaches a case from outside its tasks: messages that somebody records, and work that was done before it began.

A case may be opened "mid-way": the plan of 2022 was signed when two of its results were months old. Such steps go
through the process like any others, at the day on which they happened, with what proves them; the journal says that
they were entered later, and by whom.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from engine import arrivals, clock, documents, gates, numbering, org, queries, tasks
from engine.commands import cases, operations
from engine.commands.advance import advance, locked_case, locked_task, note
from engine.commands.models import SYSTEM
from engine.commands.transaction import Tx
from engine.errors import Conflict, Forbidden, Invalid, Reason
from engine.records import documents as document_rows
from engine.records import jobs as job_rows
from engine.records import subscriptions
from engine.records import tasks as task_rows
from engine.records import timers as timer_rows


def receive(
    tx: Tx, actor: str, case_id: str, message: str, values: Mapping[str, Any] | None = None, key: str | None = None
) -> None:
    """Record that a message has come for a case (the date of a meeting, a request of another department).

    `values` are what came with it, as the waiting element declares them (`engine.arrivals`); nothing else may enter the
    process. Whoever keeps records may, the drafter and
    the head of the lead unit. Raises NotFound, Forbidden("role"), Conflict("case_ended" | "not_awaited"), Invalid.
    """
    case = locked_case(tx, case_id, actor)
    who = org.actor_of(actor, case)
    queries.require_visible(tx, who, case_id)
    if actor != SYSTEM and not queries.may_record(who, case):
        raise Forbidden("role", f"Expected {actor} to keep records, or to lead or draft the case.")
    if case.status != "running":
        raise Conflict("case_ended", f"Expected case {case.code} to be running, it is {case.status}.")
    s = subscriptions.c
    waiting = sa.select(subscriptions).where(s.tenant_id == tx.tenant, s.case_id == case_id, s.name == message)
    awaited = [row for row in tx.conn.execute(waiting.order_by(s.token)) if key is None or row.key == key]
    if not awaited:
        raise Conflict("not_awaited", f"Expected case {case.code} to wait for {message}, but it does not.")
    here = tx.models.bundle(tx.conn, tx.tenant, awaited[0].definition or case.case_definition).definition
    expected = arrivals.fields(here.elements[awaited[0].element].properties)
    given = arrivals.load(expected, values or {})
    stimulus: dict[str, Any] = {"do": "deliver", "kind": "message", "name": message, "vars": given}
    if key is not None:
        stimulus["key"] = key
    facts = {"message": message, "values": given}
    advance(tx, case, stimulus, actor=actor, kind="message.received", facts=facts)


# --- mid-way ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Evidence:
    """What proves a step that was done before: a document of an artefact, with its number and day when it has them."""

    artefact: str
    filename: str
    content: bytes
    number: str | None = None
    dated: date | None = None


@dataclass(frozen=True, slots=True)
class DoneStep:
    """A task that was done before the case was opened: its element, the instant it was done (tz-aware), by whom, what
    its form says (fields may be missing), and the documents that it made. `waived`: why a document is missing."""

    element: str
    at: datetime
    by: str
    answers: Mapping[str, Any] = field(default_factory=dict)
    evidence: Sequence[Evidence] = ()
    waived: str = ""


def start_midway(
    tx: Tx, actor: str, focus_task_id: str, started_at: datetime, done: Sequence[DoneStep], title: str | None = None
) -> str:
    """Open a case for a focus task as of an earlier instant, with steps that are done already; returns the case id.

    The steps are completed in the order given, each at its own instant; timers that fell due in between fire then. All
    of it is one transaction: a step that is not open when its turn comes, or lacks its evidence, refuses the whole.
    Raises what `cases.start` raises, Conflict("not_open"), Invalid(done).
    """
    given = sorted(enumerate(done), key=lambda pair: (pair[1].at, pair[0]))
    late = [step.element for _, step in given if not started_at <= step.at <= tx.now]
    if late or started_at > tx.now:
        message = f"expected instants from {clock.iso(started_at)} to {clock.iso(tx.now)}, not of {', '.join(late)}"
        raise Invalid({"done": [Reason("in_the_past", message, {"elements": late})]})
    present = tx.now
    with tx.at(started_at):
        case_id = cases.start(tx, actor, focus_task_id, title)
    for _, step in given:
        _pass_time(tx, case_id, step.at)
        with tx.at(step.at):
            _enter(tx, actor, case_id, step, present)
        _do_jobs(tx, case_id, step.at)
    _pass_time(tx, case_id, present)
    return case_id


def _enter(tx: Tx, actor: str, case_id: str, step: DoneStep, present: datetime) -> None:
    """Complete one task as it was done then."""
    t = task_rows.c
    mine = sa.and_(t.tenant_id == tx.tenant, t.case_id == case_id, t.element == step.element)
    found = tx.conn.execute(sa.select(t.id).where(mine, t.state.in_(tasks.OPEN_STATES)).order_by(t.id)).scalar()
    if found is None:
        raise Conflict("not_open", f"Expected {step.element} to be open at {clock.iso(step.at)}, it is not.")
    task = locked_task(tx, found, actor)
    properties = queries.properties_of(tx, task)
    wanted = [slug for slug in gates.words(properties.get("produces")) if slug != "opinions"]
    brought = {evidence.artefact for evidence in step.evidence}
    missing = [slug for slug in wanted if slug not in brought]
    if missing and len(step.waived.strip()) < gates.REASON_MIN:
        names = tx.environment_facts.artefacts
        told = {"missing": [gates.named(names, slug) for slug in missing], "element": step.element}
        message = f"expected documents of {step.element}: {', '.join(missing)}"
        raise Invalid({"done": [Reason("evidence_missing", message, told)]})
    for evidence in step.evidence:
        _keep(tx, actor, task, evidence)
        task = locked_task(tx, found, actor)
    answers = dict(step.answers)
    tasks.complete(tx.conn, tx.tenant, task, step.by, tx.now, answers)
    facts: dict[str, Any] = {
        "task": task.id,
        "element": task.element,
        "answers": answers,
        "by": step.by,
        "entered_by": actor,
        "entered_at": clock.iso(present),
        "evidence": sorted(brought),
    }
    if missing:
        facts["waived"] = step.waived.strip()
    element = tx.models.bundle(tx.conn, tx.tenant, task.definition).definition.elements[task.element]
    passed = {k: v for k, v in answers.items() if k != "reason"} if element.has_output_mappings else {}
    stimulus = {"do": "complete", "task": task.token, "shard": task.shard, "vars": passed}
    advance(tx, task, stimulus, actor=step.by, kind="task.entered", facts=facts)


def _keep(tx: Tx, actor: str, task: Any, evidence: Evidence) -> None:
    name, kind = documents.check_upload(evidence.filename, evidence.content, tx.settings.upload_limit)
    added = documents.add_version(
        tx.conn,
        tx.tenant,
        case_id=task.case_id,
        artefact=evidence.artefact,
        title=gates.named(tx.environment_facts.artefacts, evidence.artefact),
        filename=name,
        media_type=kind,
        body=evidence.content,
        actor=actor,
        task_id=task.id,
        now=tx.now,
    )
    if evidence.number or evidence.dated:
        d = document_rows.c
        tx.conn.execute(
            sa.update(document_rows)
            .where(d.tenant_id == tx.tenant, d.id == added["document_id"])
            .values(number=evidence.number, dated=evidence.dated)
        )
    if evidence.number:
        numbering.entered(
            tx.conn,
            tx.tenant,
            symbol=evidence.number,
            day=evidence.dated or tx.today,
            asked_for=f"entered:{added['id']}",
            case_id=task.case_id,
            now=tx.now,
            title=gates.named(tx.environment_facts.artefacts, evidence.artefact),
        )
    facts = {"artefact": evidence.artefact, "number": added["number"], "sha256": added["sha256"], "filename": name}
    note(tx, task, actor, "document.added", {"task": task.id, **facts})


def _pass_time(tx: Tx, case_id: str, until: datetime) -> None:
    """Do the jobs and fire the timers of a case that fell due before an instant, each at its own time."""
    t = timer_rows.c
    at = None
    while True:
        _do_jobs(tx, case_id, at or until)
        mine = sa.and_(t.tenant_id == tx.tenant, t.case_id == case_id, t.state == "armed", t.due_at <= until)
        timer = tx.conn.execute(sa.select(timer_rows).where(mine).order_by(t.due_at, t.token).limit(1)).first()
        if timer is None:
            return
        at = timer.due_at
        with tx.at(at):
            operations.fire_timer(tx, timer)


def _do_jobs(tx: Tx, case_id: str, at: datetime) -> None:
    j = job_rows.c
    queued = sa.select(job_rows).where(j.tenant_id == tx.tenant, j.case_id == case_id, j.state == "queued")
    for job in tx.conn.execute(queued.order_by(j.id)).all():
        with tx.at(at):
            operations.do_job(tx, job)
