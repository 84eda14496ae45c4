"""Rounds of opinions as pages show them: who answered what, who is silent, what the drafter did with each remark."""

from collections import Counter
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from engine import consultations as consultations_of
from engine import deadlines
from engine.org import Actor
from engine.queries.access import Asker, due_of, key_names
from engine.queries.views import ConsultationView, OpinionView
from engine.records import consultations, opinions, people, tasks, units

_answered = people.alias("answered")


def rounds(tx: Asker, case_id: str, actor: Actor, drafts: bool, only_task: str | None = None) -> list[ConsultationView]:
    """The rounds of a case that the actor may read in, oldest first; with `only_task`, that opinion alone.

    The drafter (`drafts`) and the department read all opinions. Who is asked does not see the others' while the round
    is open, and who is not of the department never does; of such a round only the own opinion is shown, and counted.
    """
    c, o = consultations.c, opinions.c
    chosen = [c.tenant_id == tx.tenant, c.case_id == case_id]
    if only_task is not None:
        chosen.append(c.id.in_(sa.select(o.consultation_id).where(o.tenant_id == tx.tenant, o.task_id == only_task)))
    heads = tx.conn.execute(sa.select(consultations).where(*chosen).order_by(c.opened_at, c.id)).all()
    if not heads:
        return []
    rows = tx.conn.execute(
        sa.select(
            opinions,
            _answered.c.name.label("answered_name"),
            tasks.c.due_at,
            tasks.c.state.label("task_state"),
            tasks.c.definition,
        )
        .join(tasks, sa.and_(tasks.c.tenant_id == o.tenant_id, tasks.c.id == o.task_id))
        .outerjoin(_answered, sa.and_(_answered.c.tenant_id == o.tenant_id, _answered.c.id == o.answered_by))
        .where(o.tenant_id == tx.tenant, o.consultation_id.in_([h.id for h in heads]))
        .order_by(o.sort, o.id)
    ).all()
    who = _participants(tx, [r.participant for r in rows])
    found = [_round(tx, head, rows, who, actor, drafts, only_task) for head in heads]
    return [view for view in found if view.opinions or (only_task is None and actor.in_department)]


def _participants(tx: Asker, keys: list[str]) -> dict[str, tuple[str, str | None]]:
    """Participant → (name, unit): a unit for "lane@unit", else a person."""
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
    persons |= key_names(tx, [key for key in asked if key not in persons])
    return {
        key: (named.get(key.partition("@")[2], key), None) if "@" in key else (persons.get(key, key), None)
        for key in keys
    }


def _round(
    tx: Asker,
    head: Any,
    rows: Any,
    who: dict[str, tuple[str, str | None]],
    actor: Actor,
    drafts: bool,
    only_task: str | None,
) -> ConsultationView:
    own = [r for r in rows if r.consultation_id == head.id]
    mine = [r for r in own if r.participant in actor.keys or r.answered_by == actor.id]
    reads_all = drafts or (actor.in_department and not (mine and head.closed_at is None))
    shown = [r for r in (own if reads_all else mine) if only_task is None or r.task_id == only_task]
    counts = Counter(r.outcome or consultations_of.SILENT for r in (own if reads_all else mine))
    deemed = consultations_of.deemed_consent(_asking(tx, head, own))
    views = [_opinion(tx, n, r, who[r.participant], drafts, deemed) for n, r in enumerate(shown, 1)]
    return ConsultationView(
        id=head.id,
        kind=head.kind,
        name=head.title,
        round=head.round,
        asked=len(own),
        answered=sum(r.answered_at is not None for r in own),
        asked_at=head.opened_at,
        due=due_of(tx, head.due_at, _closed_at(head)),
        deemed_consent=deemed,
        deemed_from=deadlines.due_day(head.due_at) + timedelta(days=1) if deemed and head.due_at else None,
        closed=head.closed_at is not None,
        counts=dict(counts),
        open_responses=sum(v.may_respond and v.response is None for v in views),
        opinions=views,
    )


def _asking(tx: Asker, head: Any, own: list[Any]) -> Mapping[str, str]:
    """The properties of the task that asked, in the model that the round was opened under."""
    if not own:
        return {}
    found: Mapping[str, str] = (
        tx.models.bundle(tx.conn, tx.tenant, own[0].definition).definition.elements[head.element].properties
    )
    return found


def _closed_at(head: Any) -> Any:
    """When a round closed; one that its own deadline closed was closed within it, not late."""
    if head.closed_at is None or head.due_at is None or head.closed_at < head.due_at:
        return head.closed_at
    return head.due_at - timedelta(microseconds=1)


def _opinion(tx: Asker, n: int, row: Any, who: tuple[str, str | None], is_drafter: bool, deemed: bool) -> OpinionView:
    answered = row.answered_at is not None
    needs = answered and (bool(row.remark) or row.outcome in ("dong_y_co_y_kien", "khong_dong_y"))
    silent = "withdrawn" if row.task_state == "cancelled" else "waiting"
    if row.outcome is not None:  # the round was closed on them
        silent = "deemed" if deemed else "silent"
    return OpinionView(
        id=row.id,
        no=n,
        who=who[0],
        unit_name=row.answered_name if answered and row.answered_name != who[0] else who[1],
        state="answered" if answered else silent,
        outcome=row.outcome,
        place=row.clause,
        text=row.remark,
        file=None,
        received_at=row.answered_at,
        late_days=0,
        recorded_by=None,
        response=row.response,
        response_text=row.response_text,
        responded_at=row.responded_at,
        may_respond=needs and is_drafter,
    )
