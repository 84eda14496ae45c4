"""Who is away, what would stop meanwhile, and what was done in somebody's name."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from engine import org
from engine.queries.access import Asker, names_of, visible
from engine.records import absences, cases, memberships, people, tasks, units

OPEN = ("ready", "claimed")
DAYS_MAX = 92


@dataclass(frozen=True, slots=True)
class Absence:
    """Somebody's absence. `state`: coming, now, over, taken_back. `done`: tasks that the deputy did in their name."""

    id: str
    person: str
    person_name: str
    first_day: date
    last_day: date
    deputy: str | None
    deputy_name: str | None
    reason: str
    state: str
    done: int
    may_end: bool


@dataclass(frozen=True, slots=True)
class Gap:
    """Days (first to last) on which nobody of a seat is there: who is away, and what waits there or comes there."""

    first_day: date
    last_day: date
    people: Sequence[str]
    gates: Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Choices:
    """Whose absence somebody may announce, and who may stand in: (id, name, unit name). `watches`: whether they see
    the absences of others."""

    people: Sequence[tuple[str, str, str]]
    deputies: Sequence[tuple[str, str, str]]
    watches: bool


@dataclass(frozen=True, slots=True)
class DoneFor:
    """A task that a deputy finished in somebody's name."""

    task_id: str
    name: str
    case_id: str
    case_code: str
    by: str
    at: datetime
    outcome: str | None


def absences_list(tx: Asker, person: str) -> list[Absence]:
    """The absences that somebody may see: one's own and those one stands in for; of everybody for the secretariat and
    the department's leaders; of one's unit for its head. The last 400 days, newest first."""
    who = tx.actor(person)
    a, m, t = absences.c, memberships.c, tasks.c
    mine = sa.or_(a.person_id == person, a.deputy_id == person)
    if who.watches_all:
        mine = sa.true()
    elif "truong_don_vi" in who.roles:
        unit = sa.select(m.person_id).where(m.tenant_id == tx.tenant, m.unit_id.in_(sorted(who.units)))
        mine = sa.or_(mine, a.person_id.in_(unit))
    since = tx.today - timedelta(days=400)
    rows = tx.conn.execute(
        sa.select(absences).where(a.tenant_id == tx.tenant, a.last_day >= since, mine).order_by(a.first_day.desc())
    ).all()
    names = names_of(tx, {row.person_id for row in rows} | {row.deputy_id for row in rows})
    done: dict[tuple[str, str], list[date]] = defaultdict(list)
    for row in tx.conn.execute(
        sa.select(t.on_behalf_of, t.ended_by, t.ended_at).where(
            t.tenant_id == tx.tenant, t.on_behalf_of.in_({row.person_id for row in rows}), t.state == "completed"
        )
    ):
        done[row.on_behalf_of, row.ended_by].append((row.ended_at + timedelta(hours=7)).date())
    leads = "van_phong_tong_hop" in who.roles
    head = "truong_don_vi" in who.roles
    found = []
    for row in rows:
        state = "over" if row.last_day < tx.today else "coming" if row.first_day > tx.today else "now"
        if row.last_day < row.first_day:
            state = "taken_back"
        days = done.get((row.person_id, row.deputy_id or ""), ())
        found.append(
            Absence(
                row.id,
                row.person_id,
                names.get(row.person_id, row.person_id),
                row.first_day,
                row.last_day,
                row.deputy_id,
                names.get(row.deputy_id or ""),
                row.reason,
                state,
                sum(row.first_day <= day <= row.last_day for day in days),
                state in ("coming", "now") and (row.person_id == person or leads or (head and row.deputy_id != person)),
            )
        )
    return found


def absence_choices(tx: Asker, person: str) -> Choices:
    """For the form that announces an absence. Staff of the department stand in for each other; of an outside body who
    is of the same unit."""
    who = tx.actor(person)
    everybody = org.people_of(tx.conn, tx.tenant, tx.today)
    u = units.c
    internal = set(tx.conn.execute(sa.select(u.id).where(u.tenant_id == tx.tenant, u.kind == "internal")).scalars())
    near = internal | who.units if who.in_department else who.units
    leads, heads = "van_phong_tong_hop" in who.roles, "truong_don_vi" in who.roles
    known = {row.id: (row.id, row.name, row.unit_name) for row in reversed(everybody)}
    order = list(dict.fromkeys(row.id for row in everybody))
    may = {row.id for row in everybody if leads or row.id == person or (heads and row.unit_id in who.units)}
    offered = {row.id for row in everybody if leads or row.unit_id in near}
    m = memberships.c
    held = sa.select(m.person_id, m.roles).where(m.tenant_id == tx.tenant, org.valid_on(tx.today))
    if not who.roles & org.APART:
        offered -= {row.person_id for row in tx.conn.execute(held) if org.APART & set(row.roles.split())}
    others = sorted((key for key in order if key in may), key=lambda key: key != person)
    return Choices(
        [known[key] for key in others], [known[key] for key in order if key in offered], who.watches_all or heads
    )


def done_for(tx: Asker, person: str, first_day: date, last_day: date) -> list[DoneFor]:
    """What deputies did in somebody's name on some days, oldest first."""
    t, c, p = tasks.c, cases.c, people.c
    rows = tx.conn.execute(
        sa.select(t.id, t.name, t.case_id, c.code, p.name.label("by"), t.ended_at, t.outcome)
        .join(cases, sa.and_(c.tenant_id == t.tenant_id, c.id == t.case_id))
        .outerjoin(people, sa.and_(p.tenant_id == t.tenant_id, p.id == t.ended_by))
        .where(t.tenant_id == tx.tenant, t.on_behalf_of == person, t.state == "completed")
        .order_by(t.ended_at, t.id)
    )
    return [
        DoneFor(row.id, row.name, row.case_id, row.code, row.by, row.ended_at, row.outcome)
        for row in rows
        if first_day <= (row.ended_at + timedelta(hours=7)).date() <= last_day
    ]


def coverage(
    tx: Asker,
    person: str,
    first_day: date,
    last_day: date,
    away: str | None = None,
    deputy: str | None = None,
) -> list[Gap]:
    """Where cases would stop between two days, because all who hold a seat are away and so are their deputies.

    With `away` also somebody who is not away yet, with the `deputy` thought of: what an announced absence would mean.
    Counted are open gates and the gates that running cases still have before them; at most 92 days are looked at, and
    of the cases those that the reader may see.
    """
    last_day = min(last_day, first_day + timedelta(days=DAYS_MAX))
    who = tx.actor(person)
    wanted = _coming_gates(tx, who)
    gone = _away(tx, first_day, last_day)
    if away is not None:
        gone.append((away, first_day, last_day, deputy))
    if not gone:
        return []
    found: dict[tuple[date, date, tuple[str, ...]], list[tuple[str, str]]] = defaultdict(list)
    calendar = tx.environment_facts.calendar
    days = [first_day + timedelta(days=n) for n in range((last_day - first_day).days + 1)]
    working = [day for day in days if calendar.is_working_day(day)]
    for key, named in wanted.items():
        held = {row.id: row.name for row in org.holders(tx.conn, tx.tenant, key, tx.today)}
        if not held:
            continue
        empty = [day for day in working if all(not _covered(each, day, gone) for each in held)]
        for first, last in _stretches(empty, calendar):
            found[first, last, tuple(sorted(held.values()))] += named
    return [
        Gap(first, last, people_, sorted(set(named)))
        for (first, last, people_), named in sorted(found.items(), key=lambda item: item[0])
    ]


def _covered(person: str, day: date, gone: Sequence[tuple[str, date, date, str | None]]) -> bool:
    """Whether a person, or a deputy who is there, acts on a day."""
    own = [row for row in gone if row[0] == person and row[1] <= day <= row[2]]
    if not own:
        return True
    deputies = [row[3] for row in own if row[3]]
    return any(all(not (row[0] == each and row[1] <= day <= row[2]) for row in gone) for each in deputies)


def _stretches(days: Sequence[date], calendar: Any) -> Iterable[tuple[date, date]]:
    """Runs of working days with nothing but days off between them."""
    start = None
    for n, day in enumerate(days):
        start = start or day
        following = days[n + 1] if n + 1 < len(days) else None
        if following is None or calendar.add_working_days(day, 1) != following:
            yield start, day
            start = None


def _away(tx: Asker, first_day: date, last_day: date) -> list[tuple[str, date, date, str | None]]:
    a = absences.c
    some = sa.and_(a.tenant_id == tx.tenant, a.first_day <= last_day, a.last_day >= first_day)
    rows = tx.conn.execute(sa.select(absences).where(some))
    return [(row.person_id, row.first_day, row.last_day, row.deputy_id) for row in rows]


def _coming_gates(tx: Asker, who: org.Actor) -> dict[str, list[tuple[str, str]]]:
    """Candidate key → (case code, gate) of running cases: gates that are open, and those not passed yet."""
    c, t = cases.c, tasks.c
    found: dict[str, list[tuple[str, str]]] = defaultdict(list)
    running = tx.conn.execute(
        sa.select(c.id, c.code, c.definition, c.lead_unit).where(
            c.tenant_id == tx.tenant, c.status == "running", visible(who)
        )
    ).all()
    passed: dict[str, set[str]] = defaultdict(set)
    codes = {row.id: row.code for row in running}
    for row in tx.conn.execute(
        sa.select(t.case_id, t.element, t.call, t.state, t.candidate, t.assignee, t.name).where(
            t.tenant_id == tx.tenant, t.case_id.in_(list(codes)), t.kind == "gate", t.state != "cancelled"
        )
    ):
        passed[row.case_id].add(row.call or row.element)
        if row.state in OPEN:
            found[row.assignee or row.candidate or ""].append((codes[row.case_id], row.name))
    unit_lanes = tx.environment_facts.unit_lanes
    for row in running:
        definition = tx.models.bundle(tx.conn, tx.tenant, row.definition).definition
        for element in definition.elements.values():
            lane = element.lane
            gate = "gate" in element.properties or "signs" in element.properties
            if not gate or not lane or element.id in passed[row.id] or element.type == "serviceTask":
                continue
            key = f"{lane}@{row.lead_unit}" if lane in unit_lanes else lane
            found[key].append((row.code, element.name or element.id))
    found.pop("", None)
    return found
