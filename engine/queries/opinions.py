"""Rounds of opinions as pages show them: who answered what, who is silent, what the drafter did with each remark; and
the collated table of them (bảng tổng hợp, tiếp thu, giải trình)."""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa

from engine import consultations as consultations_of
from engine import deadlines, gates, org
from engine import tasks as task_rules
from engine.errors import NotFound
from engine.org import Actor
from engine.queries.access import Asker, due_of, key_names, require_visible, sources
from engine.queries.views import (
    Collated,
    CollatedRow,
    ConsultationView,
    Facts,
    OpinionView,
    RemarkView,
    SentView,
)
from engine.records import (
    cases,
    consultations,
    document_versions,
    documents,
    lane_bindings,
    memberships,
    opinion_remarks,
    opinions,
    people,
    tasks,
    units,
)

_answered = people.alias("answered")
CLERK = "clerk"
# A lane whose people have no account and no seat: what stands after the @ is what they are called.
NAMED_LANES = ("affected_parties",)


# --- who may do what ----------------------------------------------------------------------------------------------


def may_keep_records(actor: Actor, drafter: str | None) -> bool:
    """Whether somebody may write down what came on paper for a case: the records clerk, who holds the lane `clerk`, and
    the case's drafter."""
    return "van_thu" in actor.roles or CLERK in actor.keys or (drafter is not None and drafter == actor.id)


def outside(tx: Asker, candidate: str | None, assignee: str | None) -> bool:
    """Whether a task is for a body outside the department: nobody of the department could do it."""
    u, b, m = units.c, lane_bindings.c, memberships.c
    internal = sa.select(u.id).where(u.tenant_id == tx.tenant, u.kind == "internal")
    if assignee is not None:
        seats = sa.select(m.unit_id).where(m.tenant_id == tx.tenant, m.person_id == assignee, org.valid_on(tx.today))
        held = list(tx.conn.execute(seats).scalars())
        inside = sa.select(sa.func.count()).where(m.tenant_id == tx.tenant, m.person_id == assignee)
        if tx.conn.execute(inside.where(m.unit_id.in_(internal), org.valid_on(tx.today))).scalar_one():
            return False
        return bool(held) or assignee not in _known_people(tx, [assignee])
    lane, _, unit = (candidate or "").partition("@")
    if not lane:
        return False
    if unit:
        return tx.conn.execute(internal.where(u.id == unit)).first() is None
    bound = list(tx.conn.execute(sa.select(b.unit_id).where(b.tenant_id == tx.tenant, b.lane == lane)).scalars())
    known = set(tx.conn.execute(internal).scalars())
    return lane in NAMED_LANES or (bool(bound) and not any(one in known or not one for one in bound))


def _known_people(tx: Asker, ids: Collection[str]) -> set[str]:
    p = people.c
    return set(tx.conn.execute(sa.select(p.id).where(p.tenant_id == tx.tenant, p.id.in_(sorted(ids)))).scalars())


# --- rounds -------------------------------------------------------------------------------------------------------


def rounds(tx: Asker, case_id: str, actor: Actor, drafts: bool, only_task: str | None = None) -> list[ConsultationView]:
    """The rounds of a case that the actor may read in, oldest first; with `only_task`, that opinion alone.

    The drafter (`drafts`) and the department read all opinions. Who is asked does not see the others' while the round
    is open, and who is not of the department never does; of such a round only the own opinion is shown, and counted.
    """
    c, o, r = consultations.c, opinions.c, opinion_remarks.c
    chosen = [c.tenant_id == tx.tenant, c.case_id == case_id]
    if only_task is not None:
        chosen.append(c.id.in_(sa.select(o.consultation_id).where(o.tenant_id == tx.tenant, o.task_id == only_task)))
    heads = tx.conn.execute(
        sa.select(consultations, cases.c.status, cases.c.drafter)
        .join(cases, sa.and_(cases.c.tenant_id == c.tenant_id, cases.c.id == c.case_id))
        .where(*chosen)
        .order_by(c.opened_at, c.id)
    ).all()
    if not heads:
        return []
    rows = tx.conn.execute(
        sa.select(
            opinions,
            _answered.c.name.label("answered_name"),
            tasks.c.state.label("task_state"),
        )
        .outerjoin(tasks, sa.and_(tasks.c.tenant_id == o.tenant_id, tasks.c.id == o.task_id))
        .outerjoin(_answered, sa.and_(_answered.c.tenant_id == o.tenant_id, _answered.c.id == o.answered_by))
        .where(o.tenant_id == tx.tenant, o.consultation_id.in_([h.id for h in heads]))
        .order_by(o.sort, o.id)
    ).all()
    responders = people.alias("responders")
    said: dict[str, list[Any]] = defaultdict(list)
    for remark in tx.conn.execute(
        sa.select(opinion_remarks, responders.c.name.label("responder"))
        .outerjoin(responders, sa.and_(responders.c.tenant_id == r.tenant_id, responders.c.id == r.responded_by))
        .where(r.tenant_id == tx.tenant, r.case_id == case_id)
        .order_by(r.number, r.id)
    ):
        said[remark.opinion_id].append(remark)
    who = _participants(tx, [row.participant for row in rows])
    sent = _sent(tx, heads)
    found = [_round(tx, head, rows, said, who, sent, actor, drafts, only_task) for head in heads]
    return [view for view in found if view.opinions or (only_task is None and actor.in_department)]


def _participants(tx: Asker, keys: list[str]) -> dict[str, tuple[str, str | None]]:
    """Participant → (name, unit): a unit for "lane@unit", else a person; a name is itself."""
    named = {
        row.id: row.name
        for row in tx.conn.execute(sa.select(units.c.id, units.c.name).where(units.c.tenant_id == tx.tenant))
    }
    p = people.c
    asked = sorted({key for key in keys if "@" not in key})
    persons = {
        row.id: row.name
        for row in tx.conn.execute(sa.select(p.id, p.name).where(p.tenant_id == tx.tenant, p.id.in_(asked)))
    }
    lanes = {key for key in asked if key not in persons and " " not in key and key.isascii()}
    persons |= key_names(tx, sorted(lanes))
    return {
        key: (named.get(unit, unit), None) if (unit := key.partition("@")[2]) else (persons.get(key, key), None)
        for key in keys
    }


def participant_name(tx: Asker, participant: str) -> str:
    """What somebody who was asked is called."""
    return _participants(tx, [participant])[participant][0]


def _sent(tx: Asker, heads: Sequence[Any]) -> dict[str, Any]:
    """Version id → the version that a round was opened on, with its document's title."""
    ids = sorted({sent["version"] for head in heads for sent in head.documents or ()})
    if not ids:
        return {}
    d, v = documents.c, document_versions.c
    return {
        row.id: row
        for row in tx.conn.execute(
            sa.select(v.id, v.number, v.filename, v.sha256, d.artefact, d.title)
            .join(documents, sa.and_(d.tenant_id == v.tenant_id, d.id == v.document_id))
            .where(v.tenant_id == tx.tenant, v.id.in_(ids))
        )
    }


def _round(
    tx: Asker,
    head: Any,
    rows: Sequence[Any],
    said: Mapping[str, list[Any]],
    who: Mapping[str, tuple[str, str | None]],
    sent: Mapping[str, Any],
    actor: Actor,
    drafts: bool,
    only_task: str | None,
) -> ConsultationView:
    own = [row for row in rows if row.consultation_id == head.id]
    mine = [row for row in own if row.participant in actor.keys or row.answered_by == actor.id]
    reads_all = drafts or (actor.in_department and not (_asked_of(mine, actor) and head.closed_at is None))
    shown = [row for row in (own if reads_all else mine) if only_task is None or row.task_id == only_task]
    counted = [row for row in (own if reads_all else mine) if row.withdrawn_at is None]
    counts = Counter(row.outcome or consultations_of.SILENT for row in counted)
    keeps = head.status == "running" and (drafts or may_keep_records(actor, head.drafter))
    views = [
        _opinion(tx, n, row, said[row.id], who[row.participant], head, drafts, keeps, actor)
        for n, row in enumerate(shown, 1)
    ]
    asked = [row for row in own if row.withdrawn_at is None]
    answered = sum(row.answered_at is not None for row in asked)
    names = tx.environment_facts.artefacts
    return ConsultationView(
        id=head.id,
        kind=head.kind,
        name=head.title,
        round=head.round,
        asked=len(asked),
        answered=answered,
        asked_at=head.opened_at,
        due=due_of(tx, head.due_at, _closed_at(head)),
        deemed_consent=head.deemed,
        deemed_from=deadlines.due_day(head.due_at) + timedelta(days=1) if head.deemed and head.due_at else None,
        closed=head.closed_at is not None,
        counts=dict(counts),
        open_responses=sum(r.may_respond and r.response is None for v in views for r in v.remarks),
        opinions=views,
        closed_at=head.closed_at,
        documents=[
            SentView(one["version"], gates.named(names, one["artefact"]), f"{one['number']}.0", one["sha256"])
            for one in head.documents or ()
            if one["version"] in sent
        ],
        min_responses=head.min_responses,
        short=max(0, (head.min_responses or 0) - answered),
        late=sum(bool(row.late) for row in counted),
        withdrawn=sum(row.withdrawn_at is not None for row in own),
        may_add=keeps and head.closed_at is None and head.kind != consultations_of.PORTAL,
        may_add_remarks=keeps and head.kind == consultations_of.PORTAL,
    )


def _asked_of(mine: Sequence[Any], actor: Actor) -> list[Any]:
    """Of one's own opinions those that one was asked for: who only recorded others' is no participant."""
    return [row for row in mine if row.participant in actor.keys or (row.task_id and not row.recorded)]


def _closed_at(head: Any) -> Any:
    """When a round closed; one that its own deadline closed was closed within it, not late."""
    if head.closed_at is None or head.due_at is None or head.closed_at < head.due_at:
        return head.closed_at
    return head.due_at - timedelta(microseconds=1)


def _opinion(
    tx: Asker,
    n: int,
    row: Any,
    said: Sequence[Any],
    who: tuple[str, str | None],
    head: Any,
    is_drafter: bool,
    keeps: bool,
    actor: Actor,
) -> OpinionView:
    answered = row.answered_at is not None
    state = "answered" if answered else "waiting"
    if row.withdrawn_at is not None or (row.task_state == "cancelled" and row.outcome is None):
        state = "withdrawn"
    elif not answered and row.outcome is not None:  # the round was closed on them
        state = "deemed" if head.deemed else "silent"
    remarks = [
        RemarkView(
            remark.id,
            remark.number,
            remark.clause,
            remark.text,
            remark.response,
            remark.response_text,
            remark.responded_at,
            remark.responder,
            is_drafter and head.status == "running",
        )
        for remark in said
    ]
    first = remarks[0] if remarks else None
    paper = row.recorded or {}
    # The day that a paper was received counts, not the one on which somebody recorded it.
    received = date.fromisoformat(paper["received_on"]) if paper else None
    late = due_of(
        tx, head.due_at, deadlines.end_of_day(received) - timedelta(minutes=1) if received else row.answered_at
    )
    done = bool(remarks) and all(remark.response for remark in remarks)
    open_still = state in ("waiting", "deemed", "silent") and head.status == "running"
    own = row.participant in actor.keys
    by_account = answered and not paper and head.kind != consultations_of.PORTAL
    return OpinionView(
        id=row.id,
        no=n,
        who=who[0],
        unit_name=row.answered_name if by_account and row.answered_name != who[0] else who[1],
        state=state,
        outcome=row.outcome,
        place=first.clause if first else None,
        text=(first.text or None) if first else None,
        file=None,
        received_at=row.answered_at,
        late_days=max(late.days, 1) if row.late else 0,
        recorded_by=row.answered_name if paper else None,
        response=first.response if first and done else None,
        response_text=first.response_text if first else None,
        responded_at=first.responded_at if first else None,
        may_respond=any(remark.may_respond for remark in remarks),
        task_id=row.task_id,
        remarks=remarks,
        late=bool(row.late),
        silence=row.silence,
        received_on=received,
        number=paper.get("number"),
        dated=date.fromisoformat(paper["dated"]) if paper else None,
        decided_by=paper.get("decided_by"),
        channel=paper.get("channel"),
        paper=(paper.get("document") or {}).get("version"),
        added=row.added_by is not None,
        added_reason=row.added_reason,
        withdrawn_reason=row.withdrawn_reason,
        may_record=keeps and open_still and not own and row.task_id is not None,
        may_withdraw=keeps and state == "waiting",
        may_answer_late=own and open_still and head.closed_at is not None,
    )


# --- who else could be asked --------------------------------------------------------------------------------------


def recipients(tx: Asker, person: str, consultation_id: str) -> list[tuple[str, str]]:
    """Whom one could still ask in a round, as (participant, name): who sits where the round's participants sit, and in
    a round within the department all of its units. Raises NotFound."""
    c, o = consultations.c, opinions.c
    head = tx.conn.execute(
        sa.select(consultations, cases.c.lead_unit)
        .join(cases, sa.and_(cases.c.tenant_id == c.tenant_id, cases.c.id == c.case_id))
        .where(c.tenant_id == tx.tenant, c.id == consultation_id)
    ).first()
    if head is None:
        raise NotFound("consultation", f"Expected a round with id {consultation_id}, found none.")
    require_visible(tx, tx.actor(person), head.case_id, "consultation")
    rows = tx.conn.execute(
        sa.select(o.participant, o.withdrawn_at).where(o.tenant_id == tx.tenant, o.consultation_id == consultation_id)
    ).all()
    known = [row.participant for row in rows]
    lanes = {key.partition("@")[0] for key in known if "@" in key} - set(NAMED_LANES)
    persons = {key for key in known if "@" not in key}
    if head.kind in ("external", "proposal"):
        lanes.add("ext_agencies")
    found: dict[str, str] = {}
    if head.kind == "internal":
        form = Facts({"sources": ("internal_participants",)})
        listed = sources(tx, form, Facts({"lead_unit": head.lead_unit}))  # type: ignore[arg-type]
        found |= {option.value: option.label for option in listed["internal_participants"]}
        lanes.discard("internal_units")
    for lane in sorted(lanes):
        found |= {f"{lane}@{seat.id}": seat.name for seat in org.seats(tx.conn, tx.tenant, lane, tx.today)}
    if persons:
        m = memberships.c
        beside = sa.select(m.unit_id).where(m.tenant_id == tx.tenant, m.person_id.in_(sorted(persons)))
        for row in org.people_of(tx.conn, tx.tenant, tx.today, m.unit_id.in_(beside)):
            found.setdefault(row.id, row.name)
    asked = {row.participant for row in rows if row.withdrawn_at is None}
    return [(key, name) for key, name in found.items() if key not in asked]


# --- the collated table -------------------------------------------------------------------------------------------

_views = rounds  # below, `rounds` are the ids of those that are wanted


def collated(
    tx: Asker,
    person: str,
    case_id: str,
    rounds: Collection[str] | None = None,
    grouped: str = "clause",
) -> Collated:
    """The collated table of a case (by id or code): all its rounds, or those with the given ids. `grouped`: "clause" or
    "agency". The drafter and the department read it. Raises NotFound."""
    c = cases.c
    case = tx.conn.execute(
        sa.select(c.id, c.code, c.title, c.drafter).where(
            c.tenant_id == tx.tenant, sa.or_(c.id == case_id, c.code == case_id)
        )
    ).first()
    if case is None:
        raise NotFound("case", f"Expected a case with id {case_id}, found none.")
    actor = tx.actor(person)
    require_visible(tx, actor, case.id)
    drafts = case.drafter == person or task_rules.drafting(tx.conn, tx.tenant, case.id, person)
    if not (drafts or actor.in_department):
        raise NotFound("case", f"Expected a table that {person} may read, found none.")
    found = [view for view in _views(tx, case.id, actor, drafts) if rounds is None or view.id in rounds]
    rows = [row for view in found for row in _lines(view)]
    if grouped == "clause":
        rows = _by_clause(rows)
    counts: Counter[str] = Counter()
    for view in found:
        counts.update(view.counts)
        counts.update({"late": view.late, "withdrawn": view.withdrawn})
    remarks = [remark for view in found for opinion in view.opinions for remark in opinion.remarks]
    counts["open"] = sum(remark.response is None for remark in remarks)
    document = next((one for view in reversed(found) for one in view.documents[:1]), None)
    return Collated(
        case_code=case.code,
        case_title=case.title,
        document_name=document.name if document else "",
        version=document.number if document else "",
        asked=sum(view.asked for view in found),
        answered=sum(view.answered for view in found),
        silent=sum(o.silence is not None for view in found for o in view.opinions),
        rows=[replace(row, no=number) for number, row in enumerate(rows, 1)],
        counts=dict(counts),
        sha256=document.sha256 if document else None,
        titles=[view.name for view in found],
        grouped=grouped,
    )


def _lines(view: ConsultationView) -> list[CollatedRow]:
    found = []
    for opinion in view.opinions:
        base = CollatedRow(
            no=0,
            agency=opinion.who,
            clause=None,
            remark=None,
            outcome=opinion.outcome,
            response=None,
            response_text=None,
            late=opinion.late,
            recorded_by=opinion.recorded_by,
            withdrawn=opinion.withdrawn_reason,
            number=opinion.number or None,
            dated=opinion.dated,
            decided_by=opinion.decided_by,
        )
        told = [
            replace(
                base,
                clause=remark.clause,
                remark=remark.text or None,
                response=remark.response,
                response_text=remark.response_text,
            )
            for remark in opinion.remarks
        ]
        found += told or [base]
    return found


def _by_clause(rows: list[CollatedRow]) -> list[CollatedRow]:
    """Remarks by clause, as numbers read ("Điều 2" before "Điều 10"); those on the whole next, then who made none."""

    def place(row: CollatedRow) -> tuple[Any, ...]:
        return (row.remark is None and row.clause is None, row.clause is None, _natural(row.clause or ""))

    return sorted(rows, key=place)


def _natural(text: str) -> list[tuple[int, int, str]]:
    """A key by which texts with numbers sort as people count."""
    found: list[tuple[int, int, str]] = []
    word = ""
    for char in text.casefold() + " ":
        if word and char.isdecimal() != word[-1].isdecimal():
            found.append((0, int(word), "") if word.isdecimal() else (1, 0, word))
            word = ""
        word += char
    return found
