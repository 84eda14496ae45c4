"""What people do with a case: start it, claim and complete its tasks, hand them on, attach documents."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from engine import (
    bpmn,
    clock,
    consultations,
    definitions,
    documents,
    forms,
    gates,
    journal,
    notices,
    numbering,
    org,
    queries,
    tasks,
)
from engine.commands import approvals
from engine.commands.advance import advance, locked_case, locked_task, note, record
from engine.commands.models import SYSTEM
from engine.commands.transaction import Tx
from engine.errors import Conflict, Forbidden, Invalid, NotFound, Reason
from engine.records import cases as case_rows
from engine.records import focus_tasks
from engine.records import plans as plan_rows
from engine.records import tasks as task_rows


@dataclass(frozen=True, slots=True)
class Completed:
    """What a completion led to: the case, and the next task of the same case that is the actor's, if any.

    `name` and `name_en` are the completed task's.
    """

    case_id: str
    next_task_id: str | None
    status: str
    name: str
    name_en: str


def start(
    tx: Tx,
    actor: str,
    focus_task_id: str | None,
    title: str | None = None,
    *,
    process_id: str | None = None,
    variables: Mapping[str, Any] | None = None,
    at: str | None = None,
) -> str:
    """Open a case for a focus task of the plan and start its process; returns the case id.

    `process_id` starts another process for it (an adjustment of the plan); without a focus task that is a supporting
    process (a report), led by the unit in its property `lead_unit`. The process begins with the months of the plan,
    `lead_unit` and `variables`, and with `focus_code`, `origin` and `started_on` (the office's day) when its model
    names them; at the start event `at`, if it has several. The secretariat may, and the head of the lead unit; the
    product itself too, by timers.
    Raises NotFound, Forbidden, Conflict("no_process" | "already_running").
    """
    focus = _focus(tx, focus_task_id) if focus_task_id is not None else None
    wanted = process_id or (focus.process_id if focus else None) or ""
    digest = tx.environment_facts.processes.get(wanted)
    bundle = tx.models.bundle(tx.conn, tx.tenant, digest) if digest else None
    lead_unit = focus.lead_unit if focus else _led_by(bundle)
    if actor != SYSTEM and not may_start(tx.actor(actor), lead_unit):
        raise Forbidden("role", f"Expected {actor} to be of the secretariat or head of {lead_unit}.")
    if bundle is None or digest is None:
        told = f"focus task {focus.code}" if focus else wanted
        raise Conflict("no_process", f"Expected a deployed process for {told}, there is none yet.")
    if focus is not None:
        _require_none_running(tx, focus.id, bundle.process_id)
    months = {name: getattr(focus, name) if focus else f"{tx.today:%Y-%m}" for name in MONTHS}
    more = {
        "focus_code": focus.code if focus else "",
        "origin": focus.origin if focus else "",
        "started_on": tx.today.isoformat(),
    }
    given = {**months, "lead_unit": lead_unit, **_asked_for(tx, bundle, more), **(variables or {})}
    stimulus: dict[str, Any] = {"do": "start", "vars": given} | ({"at": at} if at else {})
    outcome = bpmn.start(bundle.definition, given, tx.now, tx.kernel_env(), at=at)
    case_id = clock.new_id()
    code = numbering.take_number(
        tx.conn,
        tx.tenant,
        register="ho_so",
        day=tx.today,
        pattern="{yyyy}-{n}",
        asked_for=f"case:{case_id}",
        case_id=case_id,
        now=tx.now,
    )
    year, _, number = code.partition("-")
    row = {
        "tenant_id": tx.tenant,
        "id": case_id,
        "code": f"HS-{year}-{int(number):03d}",
        "title": (title or "").strip() or _title(tx, bundle, focus, process_id),
        "focus_task_id": focus_task_id,
        "process_id": bundle.process_id,
        "definition": digest,
        "lead_unit": lead_unit,
        "drafter": None,
        "secrecy": "thuong",
        "status": "running",
        "milestone": None,
        **months,
        "started_at": tx.now,
        "started_by": actor,
        "ended_at": None,
        "state": outcome.state,
        "version": 0,
        "head_seq": 0,
        "head_hash": journal.GENESIS,
    }
    tx.conn.execute(sa.insert(case_rows), row)
    case = queries.Facts(
        {**row, "case_id": case_id, "case_definition": digest, "case_state": outcome.state, "case_version": 0}
    )
    record(
        tx,
        case,
        bundle,
        outcome,
        set(),
        stimulus,
        actor=actor,
        kind="case.started",
        facts={"case": case_id, "code": row["code"], "focus_task": focus.code if focus else None},
    )
    return case_id


# Of what a task was answered, what is told about it and never enters the process.
INNER = ("reason", "remarks", gates.KEPT)
MONTHS = ("planned_start", "planned_finish", "committed_finish", "latest_finish")


def _asked_for(tx: Tx, bundle: definitions.Bundle, facts: Mapping[str, Any]) -> dict[str, Any]:
    """The facts that a model names somewhere: what it does not ask for would only make its state larger."""
    model = definitions.resource(tx.conn, tx.tenant, bundle.model)
    return {name: value for name, value in facts.items() if name.encode() in model}


def _led_by(bundle: definitions.Bundle | None) -> str:
    """The unit that a supporting process names as its own."""
    process = bundle.definition.processes[bundle.definition.process_id] if bundle else None
    return process.properties.get("lead_unit", "") if process else ""


def _focus(tx: Tx, focus_task_id: str) -> Any:
    """The focus task, locked: two who open it at once come one after the other. Raises NotFound."""
    f = focus_tasks.c
    found = sa.select(focus_tasks).where(f.tenant_id == tx.tenant, f.id == focus_task_id).with_for_update()
    focus = tx.conn.execute(found).first()
    if focus is None:
        raise NotFound("focus_task", f"Expected a focus task with id {focus_task_id}, found none.")
    p = plan_rows.c
    plan = sa.select(p.status).where(p.tenant_id == tx.tenant, p.id == focus.plan_id)
    # Shared: a version that is replaced at this moment takes the new case with it, or refuses it.
    status = tx.conn.execute(plan.with_for_update(read=True)).scalar()
    if status != "adopted":
        raise Conflict("plan_not_in_force", f"Expected the plan of {focus.code} to be in force, it is {status}.")
    return focus


def _title(tx: Tx, bundle: Any, focus: Any, process_id: str | None) -> str:
    """What a case is called: as its focus task; a supporting one by its process, and by what or when it is about, for
    many of them stand in one list."""
    if focus is None:
        return f"{bundle.name} {tx.today:%m/%Y}"
    return f"{bundle.name}: {focus.label}" if process_id else str(focus.short_title)


def _require_none_running(tx: Tx, focus_task_id: str, process_id: str) -> None:
    c = case_rows.c
    same = sa.and_(c.tenant_id == tx.tenant, c.focus_task_id == focus_task_id, c.process_id == process_id)
    running = tx.conn.execute(sa.select(c.code).where(same, c.status == "running")).scalar()
    if running:
        raise Conflict("already_running", f"Expected no running case, but {running} is.", case=running)


def may_start(who: org.Actor, lead_unit: str) -> bool:
    """The secretariat opens cases; the head of the lead unit may open those of the unit."""
    return "van_phong_tong_hop" in who.roles or ("truong_don_vi" in who.roles and lead_unit in who.units)


def claim(tx: Tx, actor: str, task_id: str, seen_version: int) -> None:
    """Take an offered task. Raises NotFound, Forbidden("not_candidate"), Conflict("already_claimed" | "stale")."""
    task, who = _seen_task(tx, actor, task_id)
    tasks.permit("claim", task, who)
    tasks.unchanged(task, seen_version)
    tasks.change(tx.conn, tx.tenant, task, state="claimed", assignee=actor, claimed_at=tx.now)
    note(tx, task, actor, "task.claimed", {"task": task_id, "element": task.element})


def release(tx: Tx, actor: str, task_id: str, seen_version: int) -> None:
    """Give a claimed task back to the group; what was typed stays with it.

    Raises as `claim`, and Forbidden("not_assignee").
    """
    task, who = _seen_task(tx, actor, task_id)
    tasks.permit("release", task, who)
    tasks.unchanged(task, seen_version)
    tasks.change(tx.conn, tx.tenant, task, state="ready", assignee=None, claimed_at=None)
    note(tx, task, actor, "task.released", {"task": task_id, "element": task.element})


def assign(tx: Tx, actor: str, task_id: str, person: str, reason: str, seen_version: int | None = None) -> None:
    """Hand a task to somebody else who may do it, with a reason. They are told.

    Raises NotFound, Forbidden, Conflict("stale"), Invalid(person: not_an_option, reason: too_short).
    """
    task, who = _seen_task(tx, actor, task_id)
    tasks.permit("assign", task, who)
    if seen_version is not None:
        tasks.unchanged(task, seen_version)
    problems: dict[str, list[Reason]] = {}
    if len(reason.strip()) < gates.REASON_MIN:
        problems["reason"] = [Reason("too_short", "expected a reason", {"min": gates.REASON_MIN})]
    if person not in {row.id for row in queries.assignable(tx, task)}:
        problems["person"] = [Reason("not_an_option", f"expected somebody who may do the task, got {person}")]
    if problems:
        raise Invalid(problems)
    tasks.change(tx.conn, tx.tenant, task, state="claimed", assignee=person, claimed_at=tx.now)
    facts = {"task": task_id, "element": task.element, "from": task.assignee, "to": person, "reason": reason.strip()}
    note(tx, task, actor, "task.assigned", facts)
    params = {"task": task.name, "by": actor, "reason": reason.strip()}
    notices.tell(tx.conn, tx.tenant, [person], "task_assigned", params, tx.now, task.case_id, task_id)


def replace_drafter(tx: Tx, actor: str, case_id: str, person: str, reason: str) -> None:
    """Make somebody else the drafter of a case: of what is open now, with what was typed there, and of all later steps.
    The head of the lead unit may. Both are told why.

    Raises NotFound, Forbidden("role"), Conflict("case_ended" | "no_drafter"), Invalid(person: not_an_option, reason:
    too_short).
    """
    case = locked_case(tx, case_id, actor)
    who = org.actor_of(actor, case)
    queries.require_visible(tx, who, case_id)
    if not tasks.may_replace_drafter(who, case.lead_unit):
        raise Forbidden("role", f"Expected {actor} to be the head of {case.lead_unit}.")
    if case.status != "running":
        raise Conflict("case_ended", f"Expected case {case.code} to be running, it is {case.status}.")
    if case.drafter is None:
        raise Conflict("no_drafter", f"Expected case {case.code} to have a drafter, but none was chosen yet.")
    reason = reason.strip()
    problems: dict[str, list[Reason]] = {}
    if len(reason) < gates.REASON_MIN:
        problems["reason"] = [Reason("too_short", "expected a reason", {"min": gates.REASON_MIN})]
    if person not in {row.id for row in queries.drafters(tx, case.lead_unit, case.drafter)}:
        problems["person"] = [Reason("not_an_option", f"expected an officer of the lead unit, got {person}")]
    if problems:
        raise Invalid(problems)
    handed = tasks.drafters(tx.conn, tx.tenant, case_id, case.drafter)
    for task in handed:
        tasks.change(tx.conn, tx.tenant, task, state="claimed", assignee=person, claimed_at=tx.now)
    advance(
        tx,
        case,
        {"do": "set", "vars": {"drafter": person}},
        actor=actor,
        kind="case.drafter_changed",
        facts={"from": case.drafter, "to": person, "reason": reason, "tasks": [task.id for task in handed]},
    )
    params = {"title": case.title, "by": actor, "reason": reason}
    for told, kind in ((person, "drafter_given"), (case.drafter, "drafter_taken")):
        notices.tell(tx.conn, tx.tenant, [told], kind, params, tx.now, case_id)


def save_draft(tx: Tx, actor: str, task_id: str, answers: Mapping[str, Any]) -> None:
    """Keep what was typed so far, unchecked. Raises NotFound, Forbidden, Conflict, Invalid when it is too long.

    Leaves no journal entry: a draft is not an act yet, and it is saved every few seconds.
    """
    task, who = _seen_task(tx, actor, task_id)
    tasks.permit("save", task, who)
    if len(journal.canonical(dict(answers))) > 200_000:
        raise Invalid({"draft": [Reason("too_long", "expected at most 200,000 characters", {"max": 200_000})]})
    tasks.save_draft(tx.conn, tx.tenant, task_id, {"answers": dict(answers), "at": clock.iso(tx.now), "by": actor})


def attach(tx: Tx, actor: str, task_id: str, artefact: str, filename: str, media_type: str, content: bytes) -> str:
    """Add a version of a document that the task needs or makes; returns the version's id.

    `media_type` is the browser's word and is not believed. Raises NotFound, Forbidden, Conflict, TooLarge,
    Invalid(file | artefact).
    """
    del media_type
    task, who = _seen_task(tx, actor, task_id)
    tasks.permit("attach", task, who)
    properties = _properties(tx, task)
    produces = gates.words(properties.get("produces"))
    known = (*produces, *gates.words(properties.get("requires")))
    if artefact not in known or artefact == "opinions":
        raise Invalid({"artefact": [Reason("not_an_option", f"expected one of {', '.join(known)}")]})
    if "gate" in properties and artefact not in produces:
        # Who decides does not change the draft silently (domain.md §5): remarks or a return, not another file; the
        # paper of the decision itself (a report, a slip) is theirs to add.
        raise Forbidden("decides_not_drafts", "Expected the drafter to change documents, not the one who decides.")
    if artefact not in produces and documents.exists(tx.conn, tx.tenant, task.case_id, artefact):
        # What a task only needs may be supplied when it is missing, not replaced: it may be signed already.
        raise Invalid({"artefact": [Reason("not_an_option", f"expected one of {', '.join(produces)}")]})
    name, kind = documents.check_upload(filename, content, tx.settings.upload_limit)
    title = gates.named(tx.environment_facts.artefacts, artefact)
    added = documents.add_version(
        tx.conn,
        tx.tenant,
        case_id=task.case_id,
        artefact=artefact,
        title=title,
        filename=name,
        media_type=kind,
        body=content,
        actor=actor,
        task_id=task_id,
        now=tx.now,
    )
    if added["new"]:
        facts = {"artefact": artefact, "number": added["number"], "sha256": added["sha256"], "filename": name}
        note(tx, task, actor, "document.added", {"task": task_id, **facts})
    return str(added["id"])


def complete(
    tx: Tx,
    task_id: str,
    actor: str,
    answers: Mapping[str, Any],
    seen_version: int,
    seen_documents: int | None = None,
    signed_as: str | None = None,
    recorded: Mapping[str, Any] | None = None,
) -> Completed:
    """Complete a user task, decide a gate or give an opinion: the task's form is checked, its conditions must be met,
    the process moves on, all in one transaction.

    `answers` are the form's values by field key, and for a gate `outcome` and `reason`; what was returned is handed in
    again in a new version, or with `kept_unchanged`, the reason why not. `seen_version` is the task's
    version on the page that was acted on, `seen_documents` how many document versions it showed. `recorded` is what a
    paper says that the actor records for another (`engine.commands.recording`, which checks who may). Raises NotFound,
    Forbidden(not_candidate | not_assignee | password_required), Conflict(already_completed | stale | gate_closed with
    reasons), Invalid(fields).
    """
    task, who = _seen_task(tx, actor, task_id)
    if recorded is None:
        tasks.permit("complete", task, who)
    tasks.unchanged(task, seen_version)
    element = _element(tx, task)
    properties = _properties(tx, task)
    if task.token == "" and gates.OUTCOMES.get(answers.get("outcome") or "") not in ("approve", "return"):
        raise Invalid({"outcome": [Reason("not_an_option", "expected to confirm the approval or to return it")]})
    gate = properties.get("gate")
    if gate == "signing" and signed_as is None and gates.moves_on(answers.get("outcome")):
        raise Forbidden("password_required", "Expected signing to be confirmed with the password.")
    given = dict(answers)
    kept = gates.kept({gates.KEPT: given.pop(gates.KEPT, None)}) if _makes_documents(task, properties) else ""
    more = consultations.further(given.pop("remarks", None)) if task.kind == "opinion" else []
    values = _values(tx, task, element, given)
    if more:
        values["remarks"] = more
    # Who records what an outside body decided has not decided it.
    decider = "" if recorded else actor
    seen = _check_conditions(tx, task, properties, decider, values, kept, seen_documents)
    behalf = tasks.on_behalf_of(task, who) if recorded is None else None
    tasks.complete(tx.conn, tx.tenant, task, actor, tx.now, values, seen, signed_as, recorded, behalf)
    if task.kind == "opinion":
        consultations.answer(tx.conn, tx.tenant, task, actor, tx.now, values, recorded)
    if task.token == "":  # an approval given anew stands beside the process
        approvals.settle(tx, task, actor, values, seen, signed_as, behalf)
        return Completed(task.case_id, None, task.status, task.name, task.name_en)
    kind = "gate.decided" if gate else "opinion.given" if task.kind == "opinion" else "task.completed"
    # Only what the model maps out may enter the process: answers stay on the task's row.
    # What a leader directs is its reason: it enters where the model maps it out by name.
    named = {name for output in element.outputs for name in getattr(output.source, "variables", ())}
    inner = tuple(name for name in INNER if name not in named)
    passed = {k: v for k, v in values.items() if k not in inner} if element.has_output_mappings else {}
    facts: dict[str, Any] = {"task": task_id, "element": task.element, "answers": values}
    if seen:
        facts["seen"] = seen
    if signed_as:
        facts["capacity"] = signed_as
    if recorded:
        facts["recorded"] = dict(recorded)
    if behalf:
        facts["on_behalf_of"] = behalf
    mandate = tasks.mandate_of(task, who) if recorded is None else None
    if mandate:
        facts["mandate"] = mandate
    reasons = _too_often(tx, task, values)
    if reasons:
        facts["escalated"] = _escalate(tx, task, actor, reasons)
    moved = advance(
        tx,
        task,
        {"do": "complete", "task": task.token, "shard": task.shard, "vars": passed},
        actor=actor,
        kind=kind,
        facts=facts,
        end_reason=values.get("reason"),
    )
    _tell_returned(tx, task, actor, values, moved.opened)
    mine = [
        row
        for row in moved.opened
        if row["assignee"] == actor or (row["assignee"] is None and row["candidate"] in who.keys)
    ]
    next_task = mine[0]["id"] if mine else None
    return Completed(task.case_id, next_task, moved.status, task.name, task.name_en)


def _seen_task(tx: Tx, actor: str, task_id: str) -> tuple[Any, org.Actor]:
    """The locked task and the actor; NotFound when the actor may not even see its case."""
    task = locked_task(tx, task_id, actor)
    who = org.actor_of(actor, task)
    if task.assignee != actor and task.assignee not in who.stands_for and not tasks.is_offered_to(task, who):
        queries.require_visible(tx, who, task.case_id, "task")
    return task, who


def _element(tx: Tx, task: Any) -> bpmn.Element:
    return tx.models.bundle(tx.conn, tx.tenant, task.definition).definition.elements[task.element]


def require_may_decide(tx: Tx, task_id: str, actor: str) -> None:
    """Raises what `complete` raises for a task that is not there, not open, or somebody else's."""
    task, who = _seen_task(tx, actor, task_id)
    tasks.permit("complete", task, who)


def _properties(tx: Tx, task: Any) -> Mapping[str, str]:
    """The properties that count for a task: its element's, with what it inherits from the calling element."""
    return queries.properties_of(tx, task)


def _values(tx: Tx, task: Any, element: bpmn.Element, answers: Mapping[str, Any]) -> dict[str, Any]:
    """What was answered, checked: the form's values, a gate's outcome and reason. Raises Invalid with all fields."""
    given = dict(answers)
    values: dict[str, Any] = {}
    problems: dict[str, list[Reason]] = {}
    if "gate" in element.properties:
        decided = {"outcome": given.pop("outcome", None), "reason": given.pop("reason", None)}
        try:
            values.update(gates.decision(element.properties, decided))
        except Invalid as error:
            problems.update(error.fields)
    if task.form:
        form = tx.models.form(tx.conn, tx.tenant, task.form)
        try:
            values.update(form.load(given, queries.sources(tx, form, task)))
        except Invalid as error:
            problems.update(error.fields)
    elif given:
        problems.update({key: [Reason("unknown_field", "this task has no such field")] for key in given})
    if problems:
        raise Invalid(problems)
    return values


def _makes_documents(task: Any, properties: Mapping[str, str]) -> bool:
    return task.kind == "task" and bool(gates.words(properties.get("produces")))


def _check_conditions(
    tx: Tx,
    task: Any,
    properties: Mapping[str, str],
    actor: str,
    values: dict[str, Any],
    kept: str,
    seen_documents: int | None,
) -> list[dict[str, Any]] | None:
    """Refuse while the gate is closed; returns the document versions that a gate's decision is pinned to.

    What is missing closes the way forward only: a draft without its document can still be sent back. A returned
    document that is handed in as it was needs a reason (`kept`), which is written into the answers then.
    """
    is_gate = "gate" in properties
    requires = gates.words(properties.get("requires"))
    produces = gates.words(properties.get("produces"))
    # What an opinion "requires" is what its author reads: nobody has to add it.
    if not is_gate and (task.kind == "opinion" or not (requires or produces)):
        return None
    versions = documents.versions(tx.conn, tx.tenant, task.case_id)
    if seen_documents is not None and len(versions) != seen_documents:
        raise Conflict("stale", "Expected the documents as seen on the page, but a version was added since.")
    newest = documents.newest(versions)
    needs = consultations.standing(tx.conn, tx.tenant, task.case_id) if "opinions" in requires else None
    remarks, lacking = (needs.remarks, needs.missing_answers) if needs else (None, 0)
    made = {slug: newest[slug] for slug in produces if slug in newest}
    returned = {} if is_gate else tasks.sent_back(tx.conn, tx.tenant, task, made, gates.RETURNS)
    names = tx.environment_facts.artefacts
    # A missing document may have been waived; that is looked up only when one is missing.
    lacks = any(slug not in newest for slug in (*requires, *produces) if slug != "opinions")
    waived = queries.waived(tx, task.case_id) if lacks else {}
    facts = gates.Facts(actor, task.drafter, requires, produces, newest, names, remarks, returned, lacking, waived)
    wanted = gates.conditions(facts, is_gate)
    if is_gate:
        looks_at = {*requires, *gates.words(properties.get("signs"))}
        wanted += [gates.unconfirmed(each) for each in queries.blocking(tx, task, looks_at)]
    if is_gate and not gates.moves_on(values.get("outcome")):
        wanted = [condition for condition in wanted if condition.code == "four_eyes"]
    if kept and any(condition.code == "revised" and condition.state != "met" for condition in wanted):
        wanted = [condition for condition in wanted if condition.code != "revised"]
        values[gates.KEPT] = kept
    blocked = gates.closed_by(wanted)
    if blocked:
        raise Conflict(
            "gate_closed", "Expected all conditions to be met: " + "; ".join(r.message for r in blocked), blocked
        )
    if not is_gate:
        return None
    return [{"artefact": v.artefact, "number": v.number, "sha256": v.sha256, "version": v.id} for v in newest.values()]


def _too_often(tx: Tx, task: Any, values: Mapping[str, Any]) -> list[str]:
    """The reasons of all rounds when a gate has just sent work back for the last time that it may by itself; else none,
    so that it is told once."""
    if task.round < gates.MAX_ROUNDS or values.get("outcome") not in gates.RETURNS:
        return []
    returned = tasks.returns(tx.conn, tx.tenant, task, gates.RETURNS)
    return [row.reason or "" for row in returned] if len(returned) == gates.MAX_ROUNDS else []


# Who takes a case further that comes back again and again: the director, and the head of the unit that drafts.
ESCALATE_TO = ("dept_director", "unit_head")


def _escalate(tx: Tx, task: Any, actor: str, reasons: list[str]) -> dict[str, Any]:
    """Tell them, with the reasons of all rounds; returns what the journal keeps."""
    told: dict[str, None] = {}
    for lane in ESCALATE_TO:
        key = f"{lane}@{task.lead_unit}" if lane in tx.environment_facts.unit_lanes else lane
        told |= dict.fromkeys(person.id for person in org.holders(tx.conn, tx.tenant, key, tx.today))
    told.pop(actor, None)  # who has just decided knows
    params = {"title": task.title, "task": task.name, "by": actor, "rounds": len(reasons), "reasons": reasons}
    notices.tell(tx.conn, tx.tenant, told, "returned_too_often", params, tx.now, task.case_id)
    return {"rounds": len(reasons), "told": list(told)}


def _tell_returned(tx: Tx, task: Any, actor: str, values: Mapping[str, Any], opened: list[dict[str, Any]]) -> None:
    """Somebody whose work came back is told, with the reason."""
    if gates.OUTCOMES.get(values.get("outcome") or "") != "return":
        return
    for row in opened:
        if row["assignee"] and row["assignee"] != actor:
            params = {"task": task.name, "by": actor, "reason": values.get("reason"), "round": task.round}
            notices.tell(
                tx.conn, tx.tenant, [row["assignee"]], "task_returned", params, tx.now, task.case_id, row["id"]
            )


__all__ = [
    "Completed",
    "assign",
    "attach",
    "claim",
    "complete",
    "forms",
    "release",
    "replace_drafter",
    "save_draft",
    "start",
    "task_rows",
]
