"""One case with all that its page needs: milestones, steps, documents, opinions, gates, journal, and its diagram."""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from engine import bpmn, clock, documents, gates, org
from engine import tasks as task_rules
from engine.bpmn import drawing
from engine.errors import NotFound
from engine.queries import paths
from engine.queries.access import Asker, due_of, hidden_papers, key_names, listed, month_due
from engine.queries.approvals import decided_papers, made_now
from engine.queries.explaining import explain_due, explain_month
from engine.queries.inbox import short
from engine.queries.opinions import rounds
from engine.queries.register import URGENCY, case_state
from engine.queries.views import (
    CaseView,
    Escalation,
    GateRow,
    IncidentView,
    JournalRow,
    Milestone,
    RowView,
    StepRow,
    Submission,
    TableView,
)
from engine.queries.work import document_views, drafters, person_name, signed_versions, written_as
from engine.records import cases, focus_tasks, incidents, journal, people, tasks, units

JOURNAL_SHOWN = 200
# Of the decision tables that one entry asked, and of the rows of one that counted.
TABLES_SHOWN, ROWS_SHOWN = 10, 10
# What a page shows out of a journal payload; the rest is for replaying.
SHOWN_FACTS = (
    "element",
    "outcome",
    "reason",
    gates.KEPT,
    "artefact",
    "filename",
    "number",
    "to",
    "from",
    "job",
    "code",
    "response",
    "count",
    "on_behalf_of",
)
# Facts that are persons.
PERSONS = ("to", "from", "on_behalf_of")
DONE, OPEN = "completed", ("ready", "claimed")


def _load(tx: Asker, person: str, case_id: str) -> Any:
    c, f = cases.c, focus_tasks.c
    row = tx.conn.execute(
        sa.select(
            cases,
            f.code.label("focus_code"),
            f.short_title,
            f.label,
            f.basis,
            f.origin,
            units.c.name.label("unit_name"),
        )
        .outerjoin(focus_tasks, sa.and_(f.tenant_id == c.tenant_id, f.id == c.focus_task_id))
        .outerjoin(units, sa.and_(units.c.tenant_id == c.tenant_id, units.c.id == c.lead_unit))
        .where(c.tenant_id == tx.tenant, sa.or_(c.id == case_id, c.code == case_id))
    ).first()
    if row is None:
        raise NotFound("case", f"Expected a case with id {case_id}, found none.")
    if tx.conn.execute(
        sa.select(c.id).where(c.tenant_id == tx.tenant, c.id == row.id, listed(tx.actor(person)))
    ).first():
        return row
    raise NotFound("case", f"Expected a case that {person} may see, found none.")


def _tasks(tx: Asker, case_id: str) -> list[Any]:
    t = tasks.c
    ended = people.alias("ended")
    held = people.alias("held")
    return list(
        tx.conn.execute(
            sa.select(tasks, held.c.name.label("assignee_name"), ended.c.name.label("ended_name"))
            .outerjoin(held, sa.and_(held.c.tenant_id == t.tenant_id, held.c.id == t.assignee))
            .outerjoin(ended, sa.and_(ended.c.tenant_id == t.tenant_id, ended.c.id == t.ended_by))
            .where(t.tenant_id == tx.tenant, t.case_id == case_id)
            .order_by(t.created_at, t.id)
        )
    )


def case(tx: Asker, person: str, case_id: str, lang: str = "vi") -> CaseView:
    """The page of a case (by id or code). Raises NotFound when there is none that the person may see."""
    row = _load(tx, person, case_id)
    actor = tx.actor(person)
    bundle = tx.models.bundle(tx.conn, tx.tenant, row.definition)
    definition = bundle.definition
    rows = _tasks(tx, row.id)
    history = _journal_rows(tx, row.id)
    names = key_names(tx, [t.candidate for t in rows if t.candidate and t.state in OPEN])
    names |= _names(tx, {t.on_behalf_of for t in rows if t.on_behalf_of})
    step_rows = _steps(tx, row, definition, rows, names, actor.keys | {person}, _marks(history)["completed"])
    hidden = hidden_papers(tx, actor, row.id)
    versions = [v for v in documents.versions(tx.conn, tx.tenant, row.id) if v.id not in hidden]
    artefacts = tx.environment_facts.artefacts
    written = written_as(tx, row.process_id)
    doc_views = document_views(
        versions, (), (), artefacts, signed_versions(tx, row.id), editable=False, written=written
    )
    if row.status == "running" and (row.drafter == person or task_rules.drafting(tx.conn, tx.tenant, row.id, person)):
        here = made_now(tx, row.id, tx.actor(person)) | decided_papers(tx, row.id)
        doc_views = [replace(doc, revisable=not doc.symbol and doc.artefact not in here) for doc in doc_views]
    drafts = row.drafter == person or any(task_rules.stands_in(t, person) for t in rows)
    asked = rounds(tx, row.id, actor, drafts) if actor.in_department or drafts else []
    # Who may not read the opinions does not read them in the journal either.
    reads_opinions = drafts or (actor.in_department and all(len(r.opinions) == r.asked + r.withdrawn for r in asked))
    models = [tx.models.bundle(tx.conn, tx.tenant, digest).definition for digest in {t.definition for t in rows}]
    words = _words([*models, definition], lang)
    entries = _journal(tx, history, person, reads_opinions, words)
    open_dues = [due_of(tx, t.due_at) for t in rows if t.state in OPEN]
    worst = min(
        open_dues, key=lambda d: (URGENCY.get(d.state, 9), -d.days if d.state == "late" else d.days), default=None
    )
    # What came on paper has a number too, of its sender's.
    came = {t.recorded["document"]["artefact"] for t in rows if t.recorded}
    own = [d for d in doc_views if d.artefact not in came and not d.artefact.startswith("van_ban_gop_y-")]
    # The last that was issued: letters and plans on the way have numbers as well.
    issued = [(d.symbol, d.dated) for d in own if d.symbol and d.dated]
    result = max(issued, key=lambda one: one[1], default=None)
    return CaseView(
        id=row.id,
        code=row.code,
        title=row.short_title or row.title,
        short=row.label or short(row.title),
        process_name=bundle.name,
        focus_code=row.focus_code,
        lead_unit_name=row.unit_name or row.lead_unit,
        origin=row.basis or row.origin,
        state=case_state(row.status),
        started_at=row.started_at,
        ended_at=row.ended_at,
        outcome=row.end_reason,
        planned_finish=row.planned_finish,
        committed_finish=row.committed_finish,
        latest_finish=row.latest_finish,
        step_due=worst or due_of(tx, None, row.ended_at),
        case_due=month_due(tx, row.latest_finish, _issued_at(rows, definition, row)),
        why_due=explain_month(tx.environment_facts.calendar, row.latest_finish) if row.status == "running" else None,
        milestones=_milestones(tx, row, definition, rows),
        steps=step_rows,
        documents=doc_views,
        consultations=asked,
        gates=_gates(tx, rows, words, names),
        journal=entries,
        journal_count=len(history),
        incidents=_incidents(tx, row.id, words, actor.repairs),
        my_tasks=[
            (t.id, t.name_en if lang == "en" else t.name)
            for t in rows
            if t.state in OPEN and (t.assignee == person or (t.assignee is None and t.candidate in actor.keys))
        ],
        result=result,
        progress=bpmn.variables(row.state).get("status"),
        drafter_name=person_name(tx, row.drafter) if row.drafter else None,
        drafters=_drafters(tx, row, actor),
        may_retry=actor.repairs,
        escalations=_escalations(rows) if row.status == "running" else [],
    )


def _escalations(rows: list[Any]) -> list[Escalation]:
    """Gates that have sent work back as often as they may by themselves, and have not let it pass since."""
    decided: dict[str, list[Any]] = defaultdict(list)
    for t in sorted((t for t in rows if t.kind == "gate" and t.state == DONE), key=lambda t: (t.ended_at, t.id)):
        decided[t.element].append(t)
    found = []
    for own in decided.values():
        back = [t for t in own if t.outcome in gates.RETURNS]
        if len(back) >= gates.MAX_ROUNDS and own[-1] is back[-1]:
            told = [Submission(t.round, t.outcome, t.reason, t.ended_name or "", t.ended_at) for t in back]
            found.append(Escalation(own[-1].name, told))
    return found


def _drafters(tx: Asker, row: Any, actor: org.Actor) -> list[tuple[str, str]]:
    """By whom the actor may replace the drafter of a case."""
    if row.drafter is None or row.status != "running" or not task_rules.may_replace_drafter(actor, row.lead_unit):
        return []
    return [(person.id, person.name) for person in drafters(tx, row.lead_unit, row.drafter)]


def _of_step(definition: bpmn.Definition, element: bpmn.Element, rows: list[Any]) -> list[Any]:
    """The tasks that belong to a step: its own, and those of the process that it calls or of what is inside it."""
    number = element.properties.get("step")
    inside = element.type in ("callActivity", "subProcess", "adHocSubProcess")
    return [t for t in rows if t.element == element.id or (t.step == number and inside)]


def _issued_at(rows: list[Any], definition: bpmn.Definition, row: Any) -> datetime | None:
    """When the case's result was signed: the plan's deadlines are for that, not for closing the file."""
    found = paths.milestones(definition)
    if found:
        mine = [t for t in _of_step(definition, found[-1], rows) if t.state == DONE]
        approved = [t for t in mine if gates.OUTCOMES.get(t.outcome or "") in ("approve", "edit")]
        if approved:
            return approved[-1].ended_at  # type: ignore[no-any-return]
    return row.ended_at  # type: ignore[no-any-return]


def _steps(
    tx: Asker,
    row: Any,
    definition: bpmn.Definition,
    rows: list[Any],
    names: dict[str, str],
    keys: frozenset[str],
    completed: dict[str, datetime],
) -> list[StepRow]:
    found = []
    drafter = person_name(tx, row.drafter) if row.drafter else None
    numbered = paths.numbers(definition)
    for element in _countable(definition):
        own = _of_step(definition, element, rows)
        opened = [t for t in own if t.state in OPEN]
        done = [t for t in own if t.state == DONE]
        due, started, finished, state = _standing(tx, own, opened, done)
        if not own and element.id in completed:
            state, started = "done", completed[element.id]
            finished = started
        if not own and row.status != "running" and state == "coming":
            state = "skipped"
        answered = asked = None
        opinions = [t for t in own if t.kind == "opinion"]
        if opinions:
            last_host = opinions[-1].host
            current = [t for t in opinions if t.host == last_host]
            asked, answered = len(current), sum(t.state == DONE for t in current)
        mine = next((t for t in opened if t.assignee in keys or (t.assignee is None and t.candidate in keys)), None)
        found.append(
            StepRow(
                no=numbered[element.properties["step"]],
                step=element.properties["step"],
                element=element.id,
                name=element.properties.get("label") or element.name or element.id,
                holder=_holder(drafter, element, opened, done, names),
                started_at=started,
                due=due,
                done_at=finished,
                days=_days(tx, started, finished),
                norm=None,
                state=state,
                round=max((t.round for t in own), default=1) if element.properties.get("gate") else _visits(own),
                note=None,
                answered=answered,
                asked=asked,
                task_id=mine.id if mine else None,
                why_due=explain_due(tx, opened[0]) if opened else None,
                done_for=names.get(done[-1].on_behalf_of or "") if done and not opened and not opinions else None,
            )
        )
    return found


def _countable(definition: bpmn.Definition) -> list[bpmn.Element]:
    """Steps that people know: splits and joins are not shown as rows."""
    return [e for e in paths.steps(definition) if e.type not in ("parallelGateway", "inclusiveGateway")]


def _visits(own: list[Any]) -> int:
    elements: dict[str, int] = defaultdict(int)
    for t in own:
        if t.kind == "task":
            elements[t.element] += 1
    return max(elements.values(), default=1)


def _standing(tx: Asker, own: list[Any], opened: list[Any], done: list[Any]) -> Any:
    """(due, started, finished, state) of a step out of its tasks."""
    if opened:
        dues = [due_of(tx, t.due_at) for t in opened]
        due = min(dues, key=lambda d: (URGENCY.get(d.state, 9), d.days))
        return due, opened[0].created_at, None, "late" if due.state == "late" else "active"
    # A round of opinions is over when it is closed, not with the last answer; whoever was silent was withdrawn then.
    ended = own if any(t.kind == "opinion" for t in own) else done or [t for t in own if t.state == "cancelled"]
    if ended:
        last = max(ended, key=lambda t: t.ended_at)
        finished = last.ended_at
        if last.due_at and 0 <= (finished - last.due_at).total_seconds() <= 1:
            finished = last.due_at
        return due_of(tx, last.due_at, finished), own[0].created_at, finished, "done"
    return due_of(tx, None), None, None, "coming"


def _days(tx: Asker, started: datetime | None, finished: datetime | None) -> int | None:
    if started is None:
        return None
    until = finished or tx.now
    calendar = tx.environment_facts.calendar
    days: int = calendar.working_days_between(clock.local_date(started), clock.local_date(until))
    return max(days, 0)


def _holder(
    drafter: str | None, element: bpmn.Element, opened: list[Any], done: list[Any], names: dict[str, str]
) -> str | None:
    if len(opened) > 1 and any(t.kind == "opinion" for t in opened):
        return element.lane_name
    for t in opened:
        return t.assignee_name or names.get(t.candidate or "") or element.lane_name
    if done and not any(t.kind == "opinion" for t in done):
        return done[-1].ended_name or element.lane_name
    return (drafter if element.lane == "drafter" else None) or element.lane_name or None


def _milestones(tx: Asker, row: Any, definition: bpmn.Definition, rows: list[Any]) -> list[Milestone]:
    found = []
    for element in paths.milestones(definition):
        own = _of_step(definition, element, rows)
        opened = [t for t in own if t.state in OPEN]
        done = [t for t in own if t.state == DONE and not _sent_back(t)]
        due, _, finished, state = _standing(tx, own, opened, done)
        shown = {"active": "current", "late": "late", "done": "done"}.get(state, "coming")
        day = clock.local_date(finished) if finished else due.day
        found.append(
            Milestone(
                element.properties["milestone"],
                shown,
                day,
                False,
                due.days if due.state in ("late", "done_late") else 0,
            )
        )
    # A milestone behind one that is under way again (returned work) is not reached any more.
    open_at = [i for i, m in enumerate(found) if m.state in ("current", "late")]
    if open_at:
        found = [
            Milestone(m.name, "coming", None, False, 0) if i > open_at[0] and m.state == "done" else m
            for i, m in enumerate(found)
        ]
    return found


def _sent_back(task: Any) -> bool:
    """A gate that was decided, but not in favour: its milestone is not reached."""
    return task.kind == "gate" and gates.OUTCOMES.get(task.outcome or "") not in ("approve", "edit")


def _gates(tx: Asker, rows: list[Any], words: dict[str, str], names: dict[str, str]) -> list[GateRow]:
    def kind(task: Any) -> str:
        found = tx.models.bundle(tx.conn, tx.tenant, task.definition).definition.elements.get(task.element)
        return (found.properties.get("gate") if found else None) or "gate"

    return [
        GateRow(
            name=t.name,
            gate=kind(t),
            part=words.get(t.call or ""),
            decider=t.ended_name or t.assignee_name or names.get(t.candidate or "", ""),
            round=t.round,
            outcome=t.outcome,
            reason=t.reason,
            at=t.ended_at,
            element=t.element,
            task_id=t.id if t.state in OPEN else None,
            state=t.state,
            done_for=names.get(t.on_behalf_of or ""),
            capacity=t.capacity,
        )
        for t in rows
        if t.kind == "gate" and t.state != "cancelled"
    ]


def _journal_rows(tx: Asker, case_id: str) -> list[Any]:
    j = journal.c
    return list(
        tx.conn.execute(
            sa.select(journal, people.c.name.label("by"))
            .outerjoin(people, sa.and_(people.c.tenant_id == j.tenant_id, people.c.id == j.actor))
            .where(j.tenant_id == tx.tenant, j.case_id == case_id)
            .order_by(j.seq.desc())
        )
    )


def _words(models: list[bpmn.Definition], lang: str) -> dict[str, str]:
    """What elements are called, those of called processes too."""
    found = {}
    for element in (element for model in models for element in model.elements.values()):
        english = element.properties.get("name:en") if lang == "en" else None
        if english or element.name:
            found[element.id] = english or element.name or ""
    return found


def _journal(tx: Asker, rows: list[Any], person: str, reads_opinions: bool, words: dict[str, str]) -> list[JournalRow]:
    told = []
    for row in rows[:JOURNAL_SHOWN]:
        payload = json.loads(row.payload) if row.payload else {}
        facts = {**(payload.get("answers") or {}), **payload}
        params = {key: facts[key] for key in SHOWN_FACTS if isinstance(facts.get(key), str | int)}
        if isinstance(facts.get("escalated"), dict):
            params["escalated"] = facts["escalated"]["rounds"]
        if isinstance(facts.get("notify"), dict):
            params |= {"level": facts["level"], "name": facts["name"]}
            params["notified"] = list(dict.fromkeys(p for persons in facts["notify"].values() for p in persons))
        if row.kind == "case.dates_changed":
            params["months"] = [(name, facts["from"][name], facts["to"][name]) for name in facts["to"]]
        if row.kind == "case.retimed":
            params["days"] = facts["changes"]
        if isinstance(facts.get("recorded"), dict):
            params["decided_by"] = facts["recorded"]["decided_by"]
        if params.get("element") in words:
            params["task_name"] = words[params["element"]]
        if row.kind in ("opinion.given", "opinion.late") and row.actor != person and not reads_opinions:
            params.pop("outcome", None)
        # What a table is given may be what people said.
        tables = [table for e in payload.get("events") or () for table in _tables(e, reads_opinions)]
        told.append((row, params, tables[:TABLES_SHOWN]))
    asked = {params[key] for _, params, _ in told for key in PERSONS if params.get(key)}
    named = _names(tx, asked.union(*(params.get("notified", ()) for _, params, _ in told)))
    for _, params, _ in told:
        if "notified" in params:
            params["notified"] = [named.get(person, person) for person in params["notified"]]
        params.update({key: named.get(params[key], params[key]) for key in PERSONS if key in params})
    return [JournalRow(row.seq, row.at, row.kind, row.by, params, row.hash, tables) for row, params, tables in told]


def _tables(explained: Mapping[str, Any], whole: bool) -> Iterator[TableView]:
    """The tables of an event or of a step of its explanation, those first that others lean on."""
    steps = [step for part in ("explanation", "services", "tables") for step in explained.get(part) or ()]
    for step in steps:
        yield from _tables(step, whole)
    if "table" in explained and "rules" in explained:
        labels = explained.get("labels") or {}
        rows = [
            RowView(r["index"], {labels.get(k, k): v for k, v in r["outputs"].items()}, r["annotation"] or "")
            for r in explained["rules"][:ROWS_SHOWN]
        ]
        given = [(one["label"], one["value"]) for one in explained["inputs"]] if whole else []
        yield TableView(explained["table"] or explained["decision"], given, rows, bool(explained.get("default")))


def _names(tx: Asker, persons: set[str]) -> dict[str, str]:
    if not persons:
        return {}
    c = people.c
    return {
        row.id: row.name
        for row in tx.conn.execute(sa.select(c.id, c.name).where(c.tenant_id == tx.tenant, c.id.in_(sorted(persons))))
    }


def _marks(rows: list[Any]) -> dict[str, Any]:
    """Out of the journal: when elements of the main process were completed last, and which flows were walked."""
    completed: dict[str, datetime] = {}
    walked: dict[str, None] = {}
    for row in reversed(rows):
        for event in (json.loads(row.payload).get("events") or ()) if row.payload else ():
            if event.get("process"):
                continue
            if event["e"] == "element.completed":
                completed[event["el"]] = row.at
            elif event["e"] == "flow.taken":
                walked[event["flow"]] = None
    return {"completed": completed, "walked": walked}


def _incidents(tx: Asker, case_id: str, words: dict[str, str], repairs: bool) -> list[IncidentView]:
    i = incidents.c
    rows = tx.conn.execute(
        sa.select(incidents)
        .where(i.tenant_id == tx.tenant, i.case_id == case_id, i.resolved_at.is_(None))
        .order_by(i.raised_at)
    )
    return [
        IncidentView(
            r.id,
            r.element,
            words.get(r.element, r.element),
            r.raised_at,
            r.message if repairs else None,
        )
        for r in rows
    ]


def diagram(tx: Asker, person: str, case_id: str, lang: str = "vi") -> str:
    """The case's diagram as SVG: what is done, active, late, and the ways that were walked. Raises NotFound."""
    row = _load(tx, person, case_id)
    definition = tx.models.bundle(tx.conn, tx.tenant, row.definition).definition
    rows = _tasks(tx, row.id)
    marked = _marks(_journal_rows(tx, row.id))
    marks: dict[str, drawing.Mark] = {}
    for element_id in marked["completed"]:
        marks[element_id] = drawing.Mark("done")
    for element in definition.elements.values():
        own = (
            _of_step(definition, element, rows)
            if "step" in element.properties
            else [t for t in rows if t.element == element.id]
        )
        opened = [t for t in own if t.state in OPEN]
        if not opened:
            continue
        dues = [due_of(tx, t.due_at) for t in opened]
        late = [d for d in dues if d.state == "late"]
        opinions = [t for t in own if t.kind == "opinion" and t.host == opened[-1].host]
        note = f"quá {max(d.days for d in late)} ngày" if late else ""
        answered = sum(t.state == DONE for t in opinions)
        marks[element.id] = drawing.Mark("late" if late else "active", answered, note, total=len(opinions))
    xml = tx.models.source(tx.conn, tx.tenant, row.definition)
    return drawing.svg(xml, marks, tuple(marked["walked"]), lang)
