"""One task with all that its page needs: the form, what blocks completion, documents, opinions, the gate."""

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

from engine import bpmn, clock, consultations, documents, gates, org, tasks
from engine.errors import NotFound, Reason
from engine.queries import paths
from engine.queries.access import (
    Asker,
    due_of,
    hidden_papers,
    key_names,
    names_of,
    properties_of,
    require_visible,
    sources,
)
from engine.queries.approvals import CONFIRMS, blocking, waived
from engine.queries.capacities import Gate, NoAuthority, signed_as
from engine.queries.explaining import explain_due
from engine.queries.inbox import short
from engine.queries.opinions import may_keep_records, outside, rounds
from engine.queries.views import (
    DocumentView,
    GateView,
    NextStep,
    Outcome,
    Submission,
    TaskView,
    VersionView,
)
from engine.records import cases, focus_tasks, memberships, people
from engine.records import tasks as task_rows

_assignee = people.alias("assignee")
# Citizens' remarks are written down where a draft is posted (CA-7).
PORTAL_PROCESS = "ca_portal_publication"


_TENANT: sa.BindParameter[Any] = sa.bindparam("tenant")
# Built once: building it takes longer than asking.
LOAD = (
    sa.select(
        task_rows,
        tasks.further_candidates(),
        cases.c.code,
        cases.c.title,
        cases.c.lead_unit,
        cases.c.drafter,
        cases.c.reopened,
        cases.c.status,
        cases.c.process_id,
        cases.c.definition.label("case_definition"),
        cases.c.state.label("case_state"),
        focus_tasks.c.label,
        _assignee.c.name.label("assignee_name"),
    )
    .join(cases, sa.and_(cases.c.tenant_id == task_rows.c.tenant_id, cases.c.id == task_rows.c.case_id))
    .outerjoin(
        focus_tasks, sa.and_(focus_tasks.c.tenant_id == cases.c.tenant_id, focus_tasks.c.id == cases.c.focus_task_id)
    )
    .outerjoin(
        _assignee, sa.and_(_assignee.c.tenant_id == task_rows.c.tenant_id, _assignee.c.id == task_rows.c.assignee)
    )
    .where(task_rows.c.tenant_id == _TENANT, task_rows.c.id == sa.bindparam("task"))
)


def _load(tx: Asker, task_id: str) -> Any:
    row = tx.conn.execute(LOAD, {"tenant": tx.tenant, "task": task_id}).first()
    if row is None:
        raise NotFound("task", f"Expected a task with id {task_id}, found none.")
    return row


def task(tx: Asker, person: str, task_id: str, lang: str = "vi") -> TaskView:
    """The page of a task for a person. Raises NotFound when there is none that the person may see."""
    row = _load(tx, task_id)
    actor = tx.actor(person)
    mine = row.assignee == person or row.assignee in actor.stands_for or tasks.is_offered_to(row, actor)
    if not mine:
        require_visible(tx, actor, row.case_id, "task")
    main = tx.models.bundle(tx.conn, tx.tenant, row.case_definition).definition
    bundle = tx.models.bundle(tx.conn, tx.tenant, row.definition)
    element = bundle.definition.elements[row.element]
    is_gate = row.kind == "gate"
    rights = tasks.allowed(row, actor)
    keeps = row.state in tasks.OPEN_STATES and row.kind != "opinion" and may_keep_records(actor, row.drafter)
    if keeps and not mine and outside(tx, row.candidate, row.assignee):
        rights |= {"record"}
    if bundle.process_id == PORTAL_PROCESS and (mine or may_keep_records(actor, row.drafter)):
        rights |= {"portal"}
    versions = documents.versions(tx.conn, tx.tenant, row.case_id)
    hidden = hidden_papers(tx, actor, row.case_id)
    properties = properties_of(tx, row)
    requires = gates.words(properties.get("requires"))
    produces = gates.words(properties.get("produces"))
    needs = consultations.standing(tx.conn, tx.tenant, row.case_id) if "opinions" in requires else None
    remarks, lacking = (needs.remarks, needs.missing_answers) if needs else (None, 0)
    names = tx.environment_facts.artefacts
    asks = row.state in tasks.OPEN_STATES and row.kind != "opinion"
    newest = documents.newest(versions)
    made = {slug: newest[slug] for slug in produces if slug in newest} if asks and not is_gate else {}
    returned = tasks.sent_back(tx.conn, tx.tenant, row, made, gates.RETURNS)
    # A missing document may have been waived; that is looked up only when one is missing.
    lacks = asks and any(slug not in newest for slug in (*requires, *produces) if slug != "opinions")
    without = waived(tx, row.case_id) if lacks else {}
    facts = gates.Facts(person, row.drafter, requires, produces, newest, names, remarks, returned, lacking, without)
    conditions = gates.conditions(facts, is_gate) if asks else []
    if asks and is_gate:
        looks_at = {*requires, *gates.words(properties.get("signs"))}
        conditions += [gates.unconfirmed(each) for each in blocking(tx, row, looks_at)]
    draft = row.draft or {}
    numbered = paths.numbers(main)
    signed = signed_versions(tx, row.case_id)
    drafts = row.drafter == person or tasks.stands_in(row, person)
    asked = []
    if row.kind == "opinion" or "opinions" in requires:
        asked = rounds(tx, row.case_id, actor, drafts, only_task=task_id if row.kind == "opinion" else None)
    # An opinion is its author's: others who take part in the case read that the task is there, not what was answered.
    readable = mine or row.kind != "opinion" or bool(asked)
    signs = "complete" in rights and element.properties.get("gate") == "signing"
    capacity, unauthorised = _capacity(tx, row, main, element, actor) if signs else (None, False)
    behalf = tasks.on_behalf_of(row, actor) if asks else None
    return TaskView(
        id=row.id,
        version=row.version,
        name=row.name_en if lang == "en" else row.name,
        kind=row.kind,
        state={"claimed": "reserved", "cancelled": "withdrawn"}.get(row.state, row.state),
        case_id=row.case_id,
        case_code=row.code,
        case_title=row.title,
        case_short=row.label or short(row.title),
        step=row.step,
        step_no=numbered.get(row.step or "", 0),
        step_count=max(numbered.values(), default=0),
        assignee=row.assignee,
        assignee_name=row.assignee_name,
        assigned_by=None,
        opened_at=row.created_at,
        claimed_at=row.claimed_at,
        completed_at=row.ended_at if row.state == "completed" else None,
        candidates=list(key_names(tx, [row.candidate, *(row.further or "").split()] if row.candidate else []).values()),
        due=due_of(tx, row.due_at, row.ended_at),
        why_due=explain_due(tx, row) if row.state in tasks.OPEN_STATES else None,
        instructions=element.documentation or None,
        rights=rights,
        why_not=None if "complete" in rights else _why_not(row, actor),
        form=_form(tx, row, draft.get("answers"), lang) if readable else None,
        draft=draft.get("answers") if readable else None,
        draft_saved_at=clock.parse(draft["at"]) if draft.get("at") else None,
        conditions=conditions,
        documents=document_views(
            [version for version in versions if version.id not in hidden],
            requires,
            produces,
            names,
            signed,
            editable="attach" in rights,
            decides=is_gate,
            written=written_as(tx, main.process_id),
        ),
        document_count=len(versions),
        consultation=_shown_round(asked, row, requires),
        next_step=_next_step(tx, main, bundle.definition, element, row),
        gate=_gate(tx, main, bundle.definition, element, row, versions, capacity, unauthorised),
        assignable=[(p.id, p.name) for p in assignable(tx, row)] if "assign" in rights else [],
        submissions=_submissions(tx, row),
        acting_for=names_of(tx, [behalf]).get(behalf) if behalf else None,
        done_for=names_of(tx, [row.on_behalf_of]).get(row.on_behalf_of) if row.on_behalf_of else None,
    )


def _why_not(row: Any, actor: org.Actor) -> Reason:
    if row.state not in tasks.OPEN_STATES:
        return Reason({"completed": "already_completed"}.get(row.state, "withdrawn"), "the task is closed")
    if row.assignee and row.assignee != actor.id:
        return Reason("not_mine", f"the task is with {row.assignee_name}", {"holder": row.assignee_name})
    return Reason("role", "the task is for somebody else")


def _form(tx: Asker, row: Any, draft: Any, lang: str) -> Any:
    if not row.form:
        return None
    form = tx.models.form(tx.conn, tx.tenant, row.form)
    values = row.answers if row.state == "completed" else draft
    return form.describe(values or {}, sources(tx, form, row), lang)


SIGNED = (
    sa.select(
        *(task_rows.c[name] for name in ("seen", "outcome", "element", "definition", "call", "instance")),
        cases.c.definition.label("case_definition"),
    )
    .join(cases, sa.and_(cases.c.tenant_id == task_rows.c.tenant_id, cases.c.id == task_rows.c.case_id))
    .where(
        task_rows.c.tenant_id == _TENANT,
        task_rows.c.case_id == sa.bindparam("case"),
        task_rows.c.capacity.is_not(None),
    )
)


def signed_versions(tx: Asker, case_id: str) -> set[str]:
    """SHA-256 of the document versions that a signature of the case was given on."""
    rows = tx.conn.execute(SIGNED, {"tenant": tx.tenant, "case": case_id})
    found = set()
    for row in rows:
        if gates.moves_on(row.outcome):
            # The decision pins every document it saw; the signature stands under those that the gate signs.
            properties = properties_of(tx, row)
            signs = gates.words(properties.get("signs") or properties.get("requires"))
            found |= {pinned["sha256"] for pinned in row.seen or () if pinned["artefact"] in signs}
    return found


def written_as(tx: Asker, process_id: str) -> Callable[[str], str | None]:
    """Which Word template an artefact of a process can be begun with."""
    environment = tx.environment_facts

    def template(artefact: str) -> str | None:
        name = environment.paper_of(process_id, artefact).get("template")
        return name if name and environment.template_for(process_id, name) else None

    return template


def document_views(
    versions: list[Any],
    requires: tuple[str, ...],
    produces: tuple[str, ...],
    names: Any,
    signed: set[str],
    editable: bool,
    decides: bool = False,
    written: Callable[[str], str | None] = lambda slug: None,
) -> list[DocumentView]:
    """The documents of a case for a page: those that the task is about first, then the others."""
    by_artefact: dict[str, list[Any]] = {}
    for version in versions:
        by_artefact.setdefault(version.artefact, []).append(version)
    wanted = [slug for slug in dict.fromkeys((*produces, *requires)) if slug != "opinions"]
    found = []
    for slug in (*wanted, *(s for s in by_artefact if s not in wanted)):
        rows = by_artefact.get(slug, [])
        views = [
            VersionView(
                r.id,
                f"{r.number}.0",
                r.filename,
                r.media_type,
                r.size,
                r.added_at,
                r.added_by_name or r.added_by,
                r.sha256,
                r.sha256 in signed,
            )
            for r in rows
        ]
        found.append(
            DocumentView(
                slug,
                rows[0].title if rows and gates.named(names, slug) == slug else gates.named(names, slug),
                slug in wanted,
                # What the task makes may be added to; what it only needs, just when it is missing and by who drafts.
                editable and slug in wanted and (slug in produces or not (rows or decides)),
                views,
                rows[0].symbol if rows else None,
                rows[0].dated if rows else None,
                written(slug),
            )
        )
    return found


def _shown_round(asked: list[Any], row: Any, requires: tuple[str, ...]) -> Any:
    """The round that a task answers, or (for one that needs all remarks dealt with) the newest round."""
    if row.kind == "opinion":
        return asked[0] if asked else None
    return asked[-1] if asked and "opinions" in requires else None


def holder_of(tx: Asker, element: bpmn.Element, drafter: str | None) -> str:
    """Who will hold a step, in words: the drafter by name, else the lane."""
    if element.lane == "drafter" and drafter:
        return person_name(tx, drafter) or element.lane_name or drafter
    return element.lane_name or ""


def _next_step(
    tx: Asker, main: bpmn.Definition, own: bpmn.Definition, element: bpmn.Element, row: Any
) -> NextStep | None:
    if row.kind != "task":
        return None
    target = paths.next_of(own, element, {})
    if target is None or target.ends:
        caller = main.elements.get(row.call or "")
        if own is main or caller is None:
            return None
        target = paths.next_of(main, caller, {})
    if target is None or target.ends:
        return None
    return NextStep(target.element.name, holder_of(tx, target.element, row.drafter))


def _gate(
    tx: Asker,
    main: bpmn.Definition,
    own: bpmn.Definition,
    element: bpmn.Element,
    row: Any,
    versions: list[Any],
    capacity: str | None,
    unauthorised: bool,
) -> GateView | None:
    if row.kind == "task":
        return None
    lane = next(iter(key_names(tx, [row.candidate]).values()), None) if row.candidate else row.assignee_name
    caller = main.elements.get(row.call or "", element)
    back = paths.returns_to(main, element) or paths.returns_to(main, caller)
    outcomes = []
    again = row.token == ""  # an approval that is asked for anew, beside the process
    for slug in gates.outcomes(element.properties) if row.kind == "gate" else ():
        if again and gates.OUTCOMES.get(slug) not in ("approve", "return"):
            continue
        # Inside a called process a decision ends it; what follows is decided where it was called.
        where = (own, element) if own is main else (main, caller)
        target = paths.next_of(*where, {"outcome": slug})
        kind = gates.OUTCOMES.get(slug, "approve")
        outcomes.append(
            Outcome(
                slug,
                kind,
                None,
                _consequence(tx, target, row),
                gates.REASON_MIN if gates.needs_reason(slug) else 0,
            )
        )
    about = gates.words(properties_of(tx, row).get("requires")) or gates.words(caller.properties.get("requires"))
    newest = documents.newest(versions)
    document = next(((newest[s].title, f"{newest[s].number}.0") for s in about if s in newest), None)
    submitted = _submitted(tx, row)
    return GateView(
        gate=element.properties.get("gate", "opinion"),
        decider=lane or "",
        outcomes=outcomes,
        round=row.round,
        max_rounds=gates.MAX_ROUNDS if row.kind == "gate" else None,
        returned_to=holder_of(tx, back, row.drafter) if back else None,
        needs_password=element.properties.get("gate") == "signing",
        capacity=capacity,
        unauthorised=unauthorised,
        document=document,
        submitted_by=submitted.name if submitted else None,
        submitted_at=submitted.ended_at if submitted else None,
        kept=(submitted.answers or {}).get(gates.KEPT) if submitted else None,
        again=(row.host or "").removeprefix(CONFIRMS) if again else None,
        seen_before=next((pin["number"] for pin in row.seen or () if "task" in pin), None) if again else None,
    )


def _consequence(tx: Asker, target: paths.Target | None, row: Any) -> str | None:
    if target is None:
        return None
    if target.ends:
        return target.element.name
    holder = holder_of(tx, target.element, row.drafter)
    return f"{holder}: {target.element.name}" if holder else target.element.name


def _capacity(
    tx: Asker, row: Any, main: bpmn.Definition, element: bpmn.Element, who: org.Actor
) -> tuple[str | None, bool]:
    """In which capacity somebody would sign, and whether they have no authority to."""
    try:
        return _signed_as(tx, row, main, element, who), False
    except NoAuthority:
        return None, True


def _signed_as(tx: Asker, row: Any, main: bpmn.Definition, element: bpmn.Element, who: org.Actor) -> str:
    caller = main.elements.get(row.call or "", element)
    values = bpmn.variables(row.case_state) if caller.call else {}
    seat = row.candidate or row.assignee or ""
    gate = Gate(row.process_id, element, caller, properties_of(tx, row), seat, values)
    return signed_as(tx, gate, who, person_name(tx, who.id))


def capacity_of(tx: Asker, task_id: str, signer: str) -> str | None:
    """In which capacity somebody signs a signing task ("KT. GIÁM ĐỐC / PHÓ GIÁM ĐỐC"); None when there is no such
    task. Raises NoAuthority."""
    try:
        row = _load(tx, task_id)
    except NotFound:
        return None
    main = tx.models.bundle(tx.conn, tx.tenant, row.case_definition).definition
    element = tx.models.bundle(tx.conn, tx.tenant, row.definition).definition.elements[row.element]
    return _signed_as(tx, row, main, element, tx.actor(signer))


def person_name(tx: Asker, person: str) -> str | None:
    """What somebody is called."""
    return tx.conn.execute(  # type: ignore[no-any-return]
        sa.select(people.c.name).where(people.c.tenant_id == tx.tenant, people.c.id == person)
    ).scalar()


def _submitted(tx: Asker, row: Any) -> Any:
    t = task_rows.c
    return tx.conn.execute(
        sa.select(people.c.name, t.ended_at, t.answers)
        .join(people, sa.and_(people.c.tenant_id == t.tenant_id, people.c.id == t.ended_by))
        .where(
            t.tenant_id == tx.tenant,
            t.case_id == row.case_id,
            t.state == "completed",
            t.kind == "task",
            t.ended_at <= row.created_at,
        )
        .order_by(t.ended_at.desc())
        .limit(1)
    ).first()


def _submissions(tx: Asker, row: Any) -> list[Submission]:
    """What was decided before: at a gate in its own rounds, at a task by the gate that has sent the work back to it."""
    t = task_rows.c
    if row.kind == "gate":
        these = sa.and_(t.element == row.element, t.id != row.id)
    else:
        these = sa.and_(t.kind == "gate", t.ended_at <= row.created_at)
    rows = tx.conn.execute(
        sa.select(t.round, t.outcome, t.reason, t.ended_at, people.c.name)
        .join(people, sa.and_(people.c.tenant_id == t.tenant_id, people.c.id == t.ended_by))
        .where(t.tenant_id == tx.tenant, t.case_id == row.case_id, t.state == "completed", these)
        .order_by(t.ended_at)
    )
    found = [Submission(r.round, r.outcome or "", r.reason, r.name, r.ended_at) for r in rows]
    if row.kind == "gate":
        return found
    return [last for last in found[-1:] if row.kind == "task" and gates.OUTCOMES.get(last.outcome) == "return"]


def assignable(tx: Asker, row: Any) -> list[Any]:
    """Who else may do a task: the holders of its candidate key, or for a drafter's task the lead unit's officers."""
    if row.candidate:
        found = org.holders(tx.conn, tx.tenant, row.candidate, tx.today)
    elif row.kind == "task":
        return drafters(tx, row.lead_unit, row.assignee)
    else:
        found = []
    return [person for person in found if person.id != row.assignee]


def drafters(tx: Asker, lead_unit: str, without: str | None) -> list[Any]:
    """The officers of a unit who draft, without one of them."""
    m = memberships.c
    in_unit = (m.unit_id == lead_unit, m.roles.contains("nguoi_soan_thao"))
    return [person for person in org.people_of(tx.conn, tx.tenant, tx.today, *in_unit) if person.id != without]
