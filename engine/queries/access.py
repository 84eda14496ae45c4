"""Who is asking, and what they may see: the one visibility filter that every query goes through."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from engine import deadlines, documents, forms, gates, identity, org
from engine.errors import NotFound
from engine.org import Actor
from engine.queries.views import Chrome, FileView, NoticeView, SessionView
from engine.records import (
    cases,
    consultations,
    document_versions,
    incidents,
    memberships,
    meta,
    notices,
    opinions,
    people,
    sessions,
    task_candidates,
    tasks,
    units,
)

# Anything that has a connection, a tenant, the clocks and the models: what the door gives to queries and commands.
Asker = Any


def names_key(keys: frozenset[str]) -> sa.ColumnElement[bool]:
    """Which rows of `tasks` have one of the keys as a candidate, or are open to a mandate among them."""
    t, k, held = tasks.c, task_candidates.c, sorted(keys)
    further = sa.exists().where(k.tenant_id == t.tenant_id, k.task_id == t.id, k.candidate.in_(held))
    signs = [key for key in held if key.startswith(org.SIGNS)]
    return sa.or_(t.candidate.in_(held), further, *([t.mandated.in_(signs)] if signs else []))


def visible(actor: Actor) -> sa.ColumnElement[bool]:
    """Which rows of `cases` the actor may see; what one may not see does not exist (404).

    Ordinary cases (`thuong`): the whole department. Restricted ones: who watches all. Any: who drafts it, opened it,
    has or had a task in it, or is asked now.
    """
    c, t = cases.c, tasks.c
    takes_part = sa.exists().where(
        t.tenant_id == c.tenant_id,
        t.case_id == c.id,
        sa.or_(
            t.assignee.in_((actor.id, *actor.stands_for)),
            t.ended_by == actor.id,
            sa.and_(names_key(actor.keys), t.state.in_(("ready", "claimed"))),
        ),
    )
    mine = sa.or_(c.drafter == actor.id, c.started_by == actor.id, takes_part)
    if actor.watches_all:
        return sa.true()
    if actor.in_department:
        return sa.or_(c.secrecy == "thuong", mine)
    return mine


def listed(actor: Actor) -> sa.ColumnElement[bool]:
    """Which rows of `cases` the actor finds and opens: those that are visible, and for an administrator those that have
    stopped for a technical reason, as long as they have. Their tasks and files stay closed to who only repairs."""
    if not actor.repairs:
        return visible(actor)
    c, i = cases.c, incidents.c
    stopped = sa.exists().where(i.tenant_id == c.tenant_id, i.case_id == c.id, i.resolved_at.is_(None))
    return sa.or_(visible(actor), stopped)


def require_visible(tx: Asker, actor: Actor, case_id: str, what: str = "case") -> None:
    """Raise NotFound unless the actor may see the case."""
    seen = tx.conn.execute(
        sa.select(cases.c.id).where(cases.c.tenant_id == tx.tenant, cases.c.id == case_id, visible(actor))
    ).first()
    if seen is None:
        raise NotFound(what, f"Expected a {what} that {actor.id} may see, found none.")


def _session() -> sa.Select[Any]:
    """A live session with its person, their unit and what they may do, and the clock: one statement per page."""
    s, m = sessions.c, memberships.c
    day: sa.BindParameter[Any] = sa.bindparam("day", type_=sa.Date)
    seat = (
        sa.select(units.c.id)
        .join(memberships, sa.and_(m.tenant_id == units.c.tenant_id, m.unit_id == units.c.id))
        .where(units.c.tenant_id == s.tenant_id, m.person_id == s.person_id, org.valid_on(day))
        .order_by(units.c.sort)
        .limit(1)
        .correlate(sessions)
        .scalar_subquery()
    )
    unit = units.alias("unit")
    return (
        identity.LIVE_SESSION.add_columns(
            people.c.name,
            people.c.lang,
            unit.c.id.label("unit_id"),
            unit.c.name.label("unit_name"),
            meta.c.clock_offset,
            meta.c.environment,
            *org.actor_columns(s.tenant_id, s.person_id, day),
        )
        .join(meta, meta.c.tenant_id == s.tenant_id)
        .outerjoin(unit, sa.and_(unit.c.tenant_id == s.tenant_id, unit.c.id == seat))
    )


SESSION = _session()


def session(tx: Asker, token: str) -> SessionView | None:
    """Who holds a session token now; None when it is unknown, idle for too long or too old (system time)."""
    s = tx.settings
    params = identity.session_params(tx.tenant, token, tx.system_now, s.session_idle, s.session_total)
    day = tx.today
    row = tx.conn.execute(SESSION, {**params, "day": day}).first()
    if row is None:
        return None
    tx.adopt(row)
    if tx.today != day:
        row = tx.conn.execute(SESSION, {**params, "day": tx.today}).one()
    actor = org.actor_of(row.person_id, row)
    return SessionView(
        row.person_id,
        row.name,
        row.unit_id or "",
        row.unit_name or "",
        actor.roles,
        actor.keys,
        row.csrf,
        row.lang,
        idle=tx.system_now - row.seen_at >= identity.TOUCH_EVERY,
    )


def chrome(tx: Asker, person: str) -> Chrome:
    """What the top bar shows: open tasks, unread notices, the business clock."""
    actor = tx.actor(person)
    t, n = tasks.c, notices.c
    todo = (
        sa.select(sa.func.count())
        .where(t.tenant_id == tx.tenant, t.state.in_(("ready", "claimed")))
        .where(
            sa.or_(
                t.assignee.in_((person, *actor.stands_for)),
                sa.and_(t.assignee.is_(None), names_key(actor.keys)),
            )
        )
        .scalar_subquery()
    )
    unread = (
        sa.select(sa.func.count())
        .where(n.tenant_id == tx.tenant, n.person_id == person, n.read_at.is_(None))
        .scalar_subquery()
    )
    row = tx.conn.execute(sa.select(todo.label("todo"), unread.label("unread"))).one()
    may = {"cases", "processes"}
    if actor.models:
        may.add("models")
    if actor.in_department or actor.watches_all:
        may.add("plan")
    if actor.roles & {"van_phong_tong_hop", "truong_don_vi"}:
        may.add("start")
    moved = abs((tx.now - tx.system_now).total_seconds()) >= 1
    return Chrome(row.todo, row.unread, tx.now, moved, frozenset(may))


def notices_of(tx: Asker, person: str, limit: int = 100) -> list[NoticeView]:
    """A person's notices, newest first."""
    n, c = notices.c, cases.c
    rows = tx.conn.execute(
        sa.select(notices, c.code)
        .outerjoin(cases, sa.and_(c.tenant_id == n.tenant_id, c.id == n.case_id))
        .where(n.tenant_id == tx.tenant, n.person_id == person)
        .order_by(n.created_at.desc(), n.id.desc())
        .limit(limit)
    )
    return [
        NoticeView(r.id, r.created_at, r.kind, r.params, r.case_id, r.code, r.task_id, r.read_at is None) for r in rows
    ]


# Built once: every page of a task asks.
SCANNED = (
    sa.select(
        *(opinions.c[name] for name in ("recorded", "participant", "answered_by", "consultation_id")),
        consultations.c.closed_at,
        cases.c.drafter,
    )
    .join(
        consultations,
        sa.and_(consultations.c.tenant_id == opinions.c.tenant_id, consultations.c.id == opinions.c.consultation_id),
    )
    .join(cases, sa.and_(cases.c.tenant_id == opinions.c.tenant_id, cases.c.id == opinions.c.case_id))
    .where(
        opinions.c.tenant_id == sa.bindparam("tenant"),
        opinions.c.case_id == sa.bindparam("case"),
        opinions.c.recorded.is_not(None),
    )
)


def hidden_papers(tx: Asker, actor: Actor, case_id: str) -> set[str]:
    """The document versions that are scans of others' opinions, which the actor may not read: who is asked does not see
    the others' while the round is open, who is not of the department never does; the drafter reads all."""
    o = opinions.c
    rows = tx.conn.execute(SCANNED, {"tenant": tx.tenant, "case": case_id}).all()
    others = [row for row in rows if row.recorded and row.participant not in actor.keys and row.answered_by != actor.id]
    if not others or others[0].drafter == actor.id:
        return set()
    if actor.in_department:
        here = sa.and_(o.tenant_id == tx.tenant, o.case_id == case_id, o.participant.in_(sorted(actor.keys)))
        asked = set(tx.conn.execute(sa.select(o.consultation_id).where(here)).scalars())
        others = [row for row in others if row.closed_at is None and row.consultation_id in asked]
    return {row.recorded["document"]["version"] for row in others}


def file(tx: Asker, person: str, version_id: str) -> FileView:
    """The bytes of a document version. Raises NotFound when there is none, or its case is not the actor's to see."""
    v = document_versions.c
    row = tx.conn.execute(sa.select(document_versions).where(v.tenant_id == tx.tenant, v.id == version_id)).first()
    if row is None:
        raise NotFound("file", f"Expected a document version with id {version_id}, found none.")
    actor = tx.actor(person)
    require_visible(tx, actor, row.case_id, "file")
    if version_id in hidden_papers(tx, actor, row.case_id):
        raise NotFound("file", f"Expected a document version that {person} may read, found none.")
    body = documents.content(tx.conn, tx.tenant, row.sha256)
    return FileView(row.filename, row.media_type, row.size, row.sha256, body)


def sources(tx: Asker, form: forms.Form, task: Any) -> dict[str, list[forms.Option]]:
    """The options of a form's data sources, for a task of a case."""
    found: dict[str, list[forms.Option]] = {}
    for name in form.sources:
        if name == "officers_of_lead_unit":
            rows = org.people_of(
                tx.conn,
                tx.tenant,
                tx.today,
                memberships.c.unit_id == task.lead_unit,
                memberships.c.roles.contains("nguoi_soan_thao"),
            )
            found[name] = [forms.Option(r.id, r.name) for r in rows]
        elif name == "council_members":
            rows = org.people_of(tx.conn, tx.tenant, tx.today, memberships.c.unit_id == COUNCIL)
            found[name] = [forms.Option(r.id, r.name) for r in rows]
        elif name == "internal_participants":
            found[name] = _internal_participants(tx, task)
        elif name.startswith(HOLDERS):
            held = org.holders(tx.conn, tx.tenant, name.removeprefix(HOLDERS), tx.today)
            found[name] = [forms.Option(r.id, r.name) for r in held]
        elif name.startswith(SEATS):
            lane = name.removeprefix(SEATS)
            seats = org.seats(tx.conn, tx.tenant, lane, tx.today)
            found[name] = [forms.Option(f"{lane}@{r.id}", r.name) for r in seats]
    return found


COUNCIL = "hd_khcn"
# Option sources of any lane: its people, or the units in which somebody sits on it.
HOLDERS, SEATS = "holders_of_", "seats_of_"
LEADERS = "lanh_dao_so"


def _internal_participants(tx: Asker, task: Any) -> list[forms.Option]:
    """Units of the department but the one that drafts, then its leaders: who is asked in an internal round."""
    u = units.c
    rows = tx.conn.execute(
        sa.select(u.id, u.name)
        .where(u.tenant_id == tx.tenant, u.kind == "internal", u.id.not_in((LEADERS, task.lead_unit)))
        .where(sa.exists().where(memberships.c.tenant_id == u.tenant_id, memberships.c.unit_id == u.id))
        .order_by(u.sort)
    )
    found = [forms.Option(f"internal_units@{r.id}", r.name) for r in rows]
    leaders = org.people_of(tx.conn, tx.tenant, tx.today, memberships.c.unit_id == LEADERS)
    return found + [forms.Option(r.id, r.name) for r in leaders]


def properties_of(tx: Asker, task: Any) -> Mapping[str, str]:
    """The properties that count for a task (a row with `case_definition`): its element's own, and what it inherits from
    the element of the main process that called its process."""
    own = tx.models.bundle(tx.conn, tx.tenant, task.definition).definition.elements[task.element].properties
    main = tx.models.bundle(tx.conn, tx.tenant, task.case_definition).definition
    caller = main.elements.get(task.call or "")
    return gates.effective(own, caller.properties if caller else None, task.instance)


def due_of(tx: Asker, due_at: Any, done_at: Any = None) -> deadlines.Due:
    """A due instant judged against business time and the working calendar."""
    return deadlines.judge(due_at, tx.now, tx.environment_facts.calendar, done_at)


def names_of(tx: Asker, persons: Collection[str | None]) -> dict[str, str]:
    """What people are called, by id."""
    p = people.c
    wanted = sorted(person for person in persons if person)
    rows = tx.conn.execute(sa.select(p.id, p.name).where(p.tenant_id == tx.tenant, p.id.in_(wanted)))
    return {row.id: row.name for row in rows}


def key_names(tx: Asker, keys: list[str]) -> dict[str, str]:
    """Candidate keys in words: the names of who holds them today ("Trưởng phòng Quản lý Khoa học")."""
    names: dict[str, str] = {}
    for key in dict.fromkeys(k for k in keys if k):
        held = org.holders(tx.conn, tx.tenant, key, tx.today)
        names[key] = ", ".join(r.name for r in held[:2]) + (" …" if len(held) > 2 else "") if held else key
    return names


def month_due(tx: Asker, month: str, done_at: Any = None) -> deadlines.Due:
    """A month deadline ("2022-04") judged: it ends with the month and does not roll on, the day that is shown is the
    last working day in it (domain.md §1.1)."""
    calendar = tx.environment_facts.calendar
    judged = deadlines.judge(deadlines.month_end(month), tx.now, calendar, done_at)
    return replace(judged, day=calendar.last_working_day_of_month(month))
