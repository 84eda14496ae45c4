"""Carrying a case one step on: the kernel is given a stimulus, and what it says happened is written into rows.

Every command that moves a case goes through `advance`, so that tasks, timers, jobs, rounds of opinions, the journal and
the case itself always change together, in the one transaction of the command.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from engine import (
    bpmn,
    clock,
    consultations,
    definitions,
    documents,
    gates,
    jobs,
    journal,
    notices,
    org,
    queries,
    tasks,
)
from engine.commands import retimes
from engine.commands import stimulus as stimuli
from engine.commands.transaction import Tx
from engine.errors import Conflict, NotFound
from engine.records import cases, meta, shards, units
from engine.records import tasks as task_rows

T: sa.BindParameter[Any] = sa.bindparam("tenant")
ID: sa.BindParameter[Any] = sa.bindparam("id")
PERSON: sa.BindParameter[Any] = sa.bindparam("person")
DAY = sa.bindparam("day", type_=sa.Date)
_META = [meta.c.clock_offset, meta.c.environment]
_CASE = [
    cases.c.code,
    cases.c.title,
    cases.c.lead_unit,
    cases.c.drafter,
    cases.c.secrecy,
    cases.c.status,
    cases.c.milestone,
    cases.c.reopened,
    cases.c.process_id,
    cases.c.definition.label("case_definition"),
    cases.c.state.label("case_state"),
    cases.c.version.label("case_version"),
    cases.c.head_seq,
    cases.c.head_hash,
]
# Reading the task, its case, the clock and what the actor may do in one statement saves three round trips per command.
TASK = (
    sa.select(task_rows, tasks.further_candidates(), *_CASE, *_META, *org.actor_columns(T, PERSON, DAY))
    .join(cases, sa.and_(cases.c.tenant_id == task_rows.c.tenant_id, cases.c.id == task_rows.c.case_id))
    .join(meta, meta.c.tenant_id == task_rows.c.tenant_id)
    .where(task_rows.c.tenant_id == T, task_rows.c.id == ID)
    # The case first, as everybody does; the task too, or PostgreSQL shows it as it was before the wait for the case.
    .with_for_update(of=[cases, task_rows])
)
CASE = (
    sa.select(cases.c.id.label("case_id"), *_CASE, *_META, *org.actor_columns(T, PERSON, DAY))
    .join(meta, meta.c.tenant_id == cases.c.tenant_id)
    .where(cases.c.tenant_id == T, cases.c.id == ID)
    .with_for_update(of=cases)
)
UPDATE_CASE = (
    sa.update(cases)
    .where(
        cases.c.tenant_id == sa.bindparam("b_tenant"),
        cases.c.id == sa.bindparam("b_id"),
        cases.c.version == sa.bindparam("b_version"),
    )
    .values(
        state=sa.bindparam("b_state"),
        version=cases.c.version + 1,
        head_seq=sa.bindparam("b_head_seq"),
        head_hash=sa.bindparam("b_head_hash"),
        status=sa.bindparam("b_status"),
        milestone=sa.bindparam("b_milestone"),
        drafter=sa.bindparam("b_drafter"),
        ended_at=sa.bindparam("b_ended_at"),
        end_reason=sa.bindparam("b_end_reason"),
    )
)
NOTE_CASE = (
    sa.update(cases)
    .where(
        cases.c.tenant_id == sa.bindparam("b_tenant"),
        cases.c.id == sa.bindparam("b_id"),
        cases.c.version == sa.bindparam("b_version"),
    )
    .values(version=cases.c.version + 1, head_seq=sa.bindparam("b_head_seq"), head_hash=sa.bindparam("b_head_hash"))
)
DELETE_SHARDS = sa.delete(shards).where(
    shards.c.tenant_id == sa.bindparam("b_tenant"),
    shards.c.case_id == sa.bindparam("b_id"),
    shards.c.id.in_(sa.bindparam("b_shards", expanding=True)),
)
SHARDS = sa.select(shards.c.id, shards.c.state).where(shards.c.tenant_id == T, shards.c.case_id == ID)


def locked_task(tx: Tx, task_id: str, person: str) -> Any:
    """The task with its case (locked), the clock and the actor. Raises NotFound when there is no such task."""
    return _locked(tx, TASK, task_id, person, "task")


def locked_case(tx: Tx, case_id: str, person: str) -> Any:
    """The case (locked), the clock and the actor. Raises NotFound when there is no such case."""
    return _locked(tx, CASE, case_id, person, "case")


def _locked(tx: Tx, statement: sa.Select[Any], row_id: str, person: str, what: str) -> Any:
    params = {"tenant": tx.tenant, "id": row_id, "person": person, "day": tx.today}
    row = tx.conn.execute(statement, params).first()
    if row is None:
        raise NotFound(what, f"Expected a {what} with id {row_id}, found none.")
    tx.adopt(row)
    if tx.today != params["day"]:
        row = tx.conn.execute(statement, {**params, "day": tx.today}).one()
    return row


@dataclass
class Advanced:
    """What a step did to a case, for the command that asked for it."""

    events: list[dict[str, Any]]
    status: str
    opened: list[dict[str, Any]] = field(default_factory=list)


def advance(
    tx: Tx,
    case: Any,
    stimulus: Mapping[str, Any],
    *,
    actor: str,
    kind: str,
    facts: Mapping[str, Any],
    end_reason: str | None = None,
    if_any: bool = False,
) -> Advanced:
    """Give the case a stimulus and write down all that follows from it; with `if_any` nothing, when nothing does.

    `case` is a row of `locked_task` or `locked_case`; `facts` go into the journal beside the stimulus. Raises
    Conflict when the case was changed meanwhile or no longer waits for this.
    """
    bundle = tx.models.bundle(tx.conn, tx.tenant, case.case_definition)
    loader = _loader(tx, case.case_id)
    try:
        outcome, loaded = stimuli.run(bundle.definition, tx.kernel_env(), case.case_state, loader, stimulus, tx.now)
    except bpmn.Stale as stale:
        raise Conflict("already_completed", f"Expected the case to wait for this, but it does not: {stale}") from None
    if if_any and not outcome.step.events:
        return Advanced([], case.status)
    return record(
        tx, case, bundle, outcome, loaded, stimulus, actor=actor, kind=kind, facts=facts, end_reason=end_reason
    )


def record(
    tx: Tx,
    case: Any,
    bundle: definitions.Bundle,
    outcome: bpmn.Outcome,
    loaded: set[str],
    stimulus: Mapping[str, Any],
    *,
    actor: str,
    kind: str,
    facts: Mapping[str, Any],
    end_reason: str | None = None,
) -> Advanced:
    """Write an outcome of the kernel into rows: what `advance` does after the kernel has spoken."""
    events = outcome.step.events
    by_name: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for event in events:
        by_name[event["e"]].append(event)
    also = _write_shards(tx, case.case_id, outcome.shards, loaded, by_name)
    _withdraw(tx, case.case_id, bundle, by_name)
    opened = _open_tasks(tx, case, bundle, events, by_name)
    if by_name["task.due_changed"] or by_name["timer.rearmed"]:
        retimes.write(tx, case.case_id, bundle, by_name)
    if by_name["timer.armed"]:
        jobs.arm(tx.conn, tx.tenant, case.case_id, by_name["timer.armed"])
    if by_name["job.wanted"]:
        jobs.enqueue(tx.conn, tx.tenant, case.case_id, by_name["job.wanted"], tx.system_now)
        tx.ring_bell()
    if by_name["incident.raised"]:
        jobs.raise_incidents(tx.conn, tx.tenant, case.case_id, by_name["incident.raised"], tx.now)
        _tell_administrators(tx, case, bundle, by_name["incident.raised"])
    if by_name["message.awaited"]:
        jobs.subscribe(tx.conn, tx.tenant, case.case_id, by_name["message.awaited"])

    payload = {
        **facts,
        "stimulus": dict(stimulus),
        "definition": case.case_definition,
        "environment": tx.environment,
        "events": events,
    }
    old = journal.Head(case.head_seq, case.head_hash)
    head, entry = journal.follow(tx.tenant, case.case_id, old, tx.now, actor, kind, payload)
    # A decision that sends work back completes its element, but reaches no milestone.
    outcome_slug = (facts.get("answers") or {}).get("outcome")
    approved = kind != "gate.decided" or gates.OUTCOMES.get(outcome_slug or "", "") in ("approve", "edit")
    status = case.status
    for ended in by_name["instance.ended"]:
        status = {"completed": "completed", "terminated": "refused", "cancelled": "cancelled"}[ended["how"]]
    variables = bpmn.variables(outcome.state) if status == "running" else {}
    if status != "running":
        tasks.cancel(tx.conn, tx.tenant, case.case_id, [""], tx.now)  # confirmations stand beside the process
    params = {
        "b_tenant": tx.tenant,
        "b_id": case.case_id,
        "b_version": case.case_version,
        "b_state": outcome.state,
        "b_head_seq": head.seq,
        "b_head_hash": head.hash,
        "b_status": status,
        "b_milestone": (_milestone(bundle, by_name["element.completed"]) if approved else None) or case.milestone,
        "b_drafter": variables.get("drafter") or case.drafter,
        "b_ended_at": tx.now if status != "running" else None,
        "b_end_reason": end_reason if status != "running" else None,
    }
    changed = journal.append(tx.conn, entry, (UPDATE_CASE, params), *also)
    if changed != 1:
        raise Conflict("stale", f"Expected case {case.code} at version {case.case_version}, but it has changed.")
    return Advanced(events, status, opened)


def note(tx: Tx, case: Any, actor: str, kind: str, facts: Mapping[str, Any]) -> None:
    """A journal entry for something that does not move the process (a claim, a document, a response)."""
    old = journal.Head(case.head_seq, case.head_hash)
    head, entry = journal.follow(tx.tenant, case.case_id, old, tx.now, actor, kind, dict(facts))
    params = {
        "b_tenant": tx.tenant,
        "b_id": case.case_id,
        "b_version": case.case_version,
        "b_head_seq": head.seq,
        "b_head_hash": head.hash,
    }
    if journal.append(tx.conn, entry, (NOTE_CASE, params)) != 1:
        raise Conflict("stale", f"Expected case {case.code} at version {case.case_version}, but it has changed.")


def _tell_administrators(tx: Tx, case: Any, bundle: definitions.Bundle, raised: list[dict[str, Any]]) -> None:
    """Who can repair is told of every step that has stopped."""
    administrators = org.administrators(tx.conn, tx.tenant, tx.today)
    for element, process in dict.fromkeys((incident["el"], incident.get("process")) for incident in raised):
        here = tx.models.bundle(tx.conn, tx.tenant, process) if process else bundle
        known = here.definition.elements.get(element)
        params = {"title": case.title, "name": (known.name if known else None) or element}
        notices.tell(tx.conn, tx.tenant, administrators, "incident", params, tx.now, case.case_id)


def _loader(tx: Tx, case_id: str) -> stimuli.Loader:
    def load(ids: list[str] | None, host: str | None) -> dict[str, str]:
        chosen = shards.c.id.in_(ids) if ids is not None else shards.c.id.startswith(f"{host}.")
        rows = tx.conn.execute(SHARDS.where(chosen), {"tenant": tx.tenant, "id": case_id})
        return {row.id: row.state for row in rows}

    return load


def _write_shards(
    tx: Tx,
    case_id: str,
    touched: Mapping[str, str | None],
    loaded: set[str],
    by_name: Mapping[str, list[dict[str, Any]]],
) -> list[journal.Change]:
    """Insert and update shards; returns the deletion of those that have ended, to go with the entry."""
    if not touched and not by_name["shards.dropped"]:
        return []
    here = sa.and_(shards.c.tenant_id == tx.tenant, shards.c.case_id == case_id)
    for dropped in by_name["shards.dropped"]:
        tx.conn.execute(sa.delete(shards).where(here, shards.c.id.startswith(f"{dropped['host']}.")))
    new, ended = [], []
    for shard_id, state in touched.items():
        if state is None:
            ended.append(shard_id)
        elif shard_id in loaded:
            tx.conn.execute(sa.update(shards).where(here, shards.c.id == shard_id).values(state=state))
        else:
            new.append({"tenant_id": tx.tenant, "case_id": case_id, "id": shard_id, "state": state})
    if new:
        tx.conn.execute(sa.insert(shards), new)
    return [(DELETE_SHARDS, {"b_tenant": tx.tenant, "b_id": case_id, "b_shards": ended})] if ended else []


def _withdraw(tx: Tx, case_id: str, bundle: definitions.Bundle, by_name: Mapping[str, list[dict[str, Any]]]) -> None:
    """Take off what the step ended: tasks, timers, jobs, subscriptions, whole multi-instances."""
    conn, tenant = tx.conn, tx.tenant
    tasks.cancel(conn, tenant, case_id, [e["task"] for e in by_name["task.cancelled"]], tx.now)
    jobs.cancel_timers(conn, tenant, case_id, [e["timer"] for e in by_name["timer.cancelled"]])
    jobs.cancel_jobs(conn, tenant, case_id, [e["job"] for e in by_name["job.cancelled"]])
    jobs.unsubscribe(conn, tenant, case_id, [e["sub"] for e in by_name["message.unawaited"]])
    jobs.resolve_incidents(conn, tenant, case_id, [e["incident"] for e in by_name["incident.resolved"]], tx.now)
    for dropped in by_name["shards.dropped"]:
        tasks.cancel_host(conn, tenant, case_id, dropped["host"], tx.now)
        jobs.cancel_host(conn, tenant, case_id, dropped["host"])
    for closed in by_name["host.closed"]:
        here = tx.models.bundle(conn, tenant, closed["process"]) if closed.get("process") else bundle
        silence = _silence(here.definition, closed["el"])
        silent = consultations.close_round(conn, tenant, case_id, closed["host"], tx.now, silence)
        _tell_silent(tx, case_id, here.definition.elements[closed["el"]], silent)


def _tell_silent(tx: Tx, case_id: str, asking: bpmn.Element, silent: list[Any]) -> None:
    """Who has not answered is told that the round is closed, what that means, and that an answer is still kept."""
    deemed = consultations.deemed_consent(asking.properties)
    for row in silent:
        held = [person.id for person in org.holders(tx.conn, tx.tenant, row.participant, tx.today)]
        params = {"task": asking.name or asking.id, "deemed": deemed}
        notices.tell(tx.conn, tx.tenant, held, "round_closed", params, tx.now, case_id, row.task_id)


def _open_tasks(
    tx: Tx,
    case: Any,
    bundle: definitions.Bundle,
    events: list[dict[str, Any]],
    by_name: Mapping[str, list[dict[str, Any]]],
) -> list[dict[str, Any]]:
    opened = by_name["task.opened"]
    if not opened:
        return []
    rounds = {host["host"]: _open_round(tx, case, bundle, host, events) for host in by_name["host.opened"]}
    rows, more, asked = [], [], []
    for event in opened:
        here = tx.models.bundle(tx.conn, tx.tenant, event["process"]) if event.get("process") else bundle
        element = here.definition.elements[event["el"]]
        properties = element.properties
        kind = "gate" if "gate" in properties else "opinion" if "consultation" in properties else "task"
        first, keys = tasks.candidate_keys(event, case.lead_unit, tx.environment_facts.unit_lanes, element.lane)
        caller = bundle.definition.elements.get(event.get("call") or "")
        step = (
            properties.get("step")
            or (caller.properties.get("step") if caller else None)
            or next(iter(gates.words(properties.get("part_of"))), None)
        )
        row = tasks.row(
            tenant=tx.tenant,
            case_id=case.case_id,
            event=event,
            now=tx.now,
            definition=here.definition.hash,
            step=step,
            kind=kind,
            names=_names(tx, element, event),
            candidate=first,
            form=here.forms.get(element.form_key) if element.form_key else None,
            round_=_round(tx, case.case_id, event["el"], event.get("call")) if kind == "gate" else 1,
        )
        rows.append(row)
        counts = gates.effective(properties, caller.properties if caller else None)
        kinds = queries.signed_kinds(tx.environment_facts, case.process_id, counts, caller)
        row["mandated"] = org.mandate_key(kinds, first)
        more += [{"tenant_id": tx.tenant, "task_id": row["id"], "candidate": key} for key in keys[1:]]
        if kind == "opinion" and event.get("host"):
            consultation = rounds.get(event["host"]) or _known_round(tx, case, event["host"])
            if consultation:
                asked.append(
                    {
                        "consultation_id": consultation,
                        "case_id": case.case_id,
                        "task_id": row["id"],
                        "participant": row["assignee"] or row["candidate"] or "",
                        "sort": event.get("index") or 0,
                        "asked_at": tx.now,
                    }
                )
    tasks.insert(tx.conn, rows, more)
    consultations.ask(tx.conn, tx.tenant, asked)
    return rows


def _names(tx: Tx, element: bpmn.Element, event: Mapping[str, Any]) -> tuple[str, str]:
    """What a task is called, in both languages. One of a multi-instance may say what it is about: the property
    `item_label` names a field of its item, `.` is the item itself (of a seat `lane@unit` the unit), `#` its number."""
    names = (element.name or element.id, element.properties.get("name:en") or element.name or element.id)
    label, item = element.properties.get("item_label"), event.get("item")
    about = event.get("index") if label == "#" else item if label == "." else None
    if isinstance(item, dict) and label:
        about = item.get(label)
    if about is None:
        return names
    _, at, unit = str(about).partition("@")
    if at:
        u = units.c
        named = tx.conn.execute(sa.select(u.name, u.name_en).where(u.tenant_id == tx.tenant, u.id == unit)).first()
        about, about_en = (named.name, named.name_en or named.name) if named else (unit, unit)
        return f"{names[0]}: {about}", f"{names[1]}: {about_en}"
    return f"{names[0]}: {about}", f"{names[1]}: {about}"


def _round(tx: Tx, case_id: str, element: str, call: str | None) -> int:
    """How often a gate has been come to, this time included; one in a called process counts for its call alone."""
    t = task_rows.c
    here = sa.and_(t.case_id == case_id, t.element == element, t.call.is_not_distinct_from(call))
    done = tx.conn.execute(
        sa.select(sa.func.count()).where(t.tenant_id == tx.tenant, here, t.state == "completed")
    ).scalar_one()
    return int(done) + 1


def _known_round(tx: Tx, case: Any, host: str) -> str | None:
    row = consultations.find_round(tx.conn, tx.tenant, case.case_id, host)
    return row.id if row else None


def _open_round(
    tx: Tx, case: Any, bundle: definitions.Bundle, host: Mapping[str, Any], events: list[dict[str, Any]]
) -> str | None:
    here = tx.models.bundle(tx.conn, tx.tenant, host["process"]) if host.get("process") else bundle
    element = here.definition.elements[host["el"]]
    if "consultation" not in element.properties:
        return None
    caller = bundle.definition.elements.get(host.get("call") or "")
    counts = gates.effective(element.properties, caller.properties if caller else None)
    due = [
        e["due"]
        for e in events
        if e["e"] == "timer.armed" and _closes(here.definition.elements.get(e["el"]), element.id)
    ]
    return consultations.open_round(
        tx.conn,
        tx.tenant,
        {
            "case_id": case.case_id,
            "host": host["host"],
            "element": element.id,
            "step": element.properties.get("step") or (caller.properties.get("step") if caller else None),
            "kind": element.properties["consultation"],
            "title": (caller.name if caller else None) or element.name or element.id,
            "round": consultations.rounds_before(tx.conn, tx.tenant, case.case_id, element.id) + 1,
            "documents": sent(tx, case.case_id, element.properties, caller.properties if caller else None),
            "deemed": consultations.deemed_consent(element.properties),
            "min_responses": consultations.min_responses(counts),
            "opened_at": tx.now,
            "due_at": clock.parse(min(due)) if due else None,
        },
    )


def sent(tx: Tx, case_id: str, own: Mapping[str, str], caller: Mapping[str, str] | None = None) -> list[dict[str, Any]]:
    """What somebody is asked on: the newest versions of the documents that the asking element requires, or the element
    that called its process."""
    wanted = gates.words(gates.effective(own, caller).get("requires")) or gates.words((caller or {}).get("requires"))
    newest = documents.newest(documents.versions(tx.conn, tx.tenant, case_id)) if wanted else {}
    rows = [newest[slug] for slug in wanted if slug in newest]
    return [{"artefact": v.artefact, "number": v.number, "sha256": v.sha256, "version": v.id} for v in rows]


def _closes(element: bpmn.Element | None, host: str) -> bool:
    """Whether this is an interrupting timer on the border of `host`."""
    return element is not None and element.attached_to == host and element.interrupting


def _silence(definition: bpmn.Definition, host: str) -> str:
    """What the model wants written down for who is silent when the round of `host` closes."""
    timers = (e for e in definition.elements.values() if _closes(e, host) and "silence" in e.properties)
    closing = next(timers, None)
    return consultations.silence(definition.elements[host].properties, closing.properties if closing else {})


def _milestone(bundle: definitions.Bundle, completed: list[dict[str, Any]]) -> str | None:
    """The last milestone of the main process that was completed."""
    reached = None
    for event in completed:
        if not event.get("process"):
            reached = bundle.definition.elements[event["el"]].properties.get("milestone") or reached
    return reached
