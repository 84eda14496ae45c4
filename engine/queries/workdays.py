"""The working calendar of a year, and what would move if a day of it were changed."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from engine import bpmn, clock, deadlines, org
from engine.deadlines import Calendar, CalendarDay, Hours, Season, SpecialDay
from engine.errors import EngineError, Forbidden
from engine.queries.access import Asker, key_names
from engine.records import cases, consultations, people, retimings, shards, tasks, units

KEEPER = "van_phong_tong_hop"
# A list of this many lines is read by nobody; the rest is counted.
SHOWN = 200


@dataclass(frozen=True, slots=True)
class DayView:
    """A day of the calendar. `special` says what makes it unlike its weekday."""

    day: date
    working: bool
    special: CalendarDay | None


@dataclass(frozen=True, slots=True)
class MonthView:
    """A month: its days in weeks from Monday (None outside the month), and how many of them are worked."""

    month: str
    weeks: Sequence[Sequence[DayView | None]]
    working_days: int


@dataclass(frozen=True, slots=True)
class YearView:
    """The working calendar of a year. `expected`: some of its days are not announced yet. `seen`: what a change is to
    be made of. `pending`: cases that are still being counted anew after the last change."""

    year: int
    years: Sequence[int]
    months: Sequence[MonthView]
    special: Sequence[CalendarDay]
    expected: bool
    working_days: int
    hours: Sequence[Season]
    default_hours: Hours
    seen: str
    may_change: bool
    pending: int
    today: date


def calendar_of(tx: Asker, person: str, year: int | None = None) -> YearView:
    """The calendar of a year (of this one, when none is named), for everybody to read."""
    today = clock.local_date(tx.now)
    year = year or today.year
    rows = deadlines.calendar_rows(tx.conn, tx.tenant)
    calendar = Calendar({row.day: row.special for row in rows})
    special = {row.day: row for row in rows if row.day.year == year}
    months = [_month(year, number, calendar, special) for number in range(1, 13)]
    known = sorted({row.day.year for row in rows} | {today.year, year})
    pending = tx.conn.execute(
        sa.select(sa.func.count()).select_from(retimings).where(retimings.c.tenant_id == tx.tenant)
    ).scalar_one()
    return YearView(
        year=year,
        years=range(known[0], known[-1] + 2),
        months=months,
        special=list(special.values()),
        expected=not special or any(not row.confirmed for row in special.values()),
        working_days=sum(month.working_days for month in months),
        hours=deadlines.read_seasons(tx.conn, tx.tenant),
        default_hours=deadlines.DEFAULT_HOURS,
        seen=tx.environment_facts.calendar.digest,
        may_change=KEEPER in tx.actor(person).roles,
        pending=int(pending),
        today=today,
    )


def _month(year: int, number: int, calendar: Calendar, special: dict[date, CalendarDay]) -> MonthView:
    day = date(year, number, 1)
    cells: list[DayView | None] = [None] * day.weekday()
    while day.month == number:
        cells.append(DayView(day, calendar.is_working_day(day), special.get(day)))
        day += timedelta(days=1)
    cells += [None] * (-len(cells) % 7)
    worked = sum(cell is not None and cell.working for cell in cells)
    return MonthView(f"{year}-{number:02}", [cells[i : i + 7] for i in range(0, len(cells), 7)], worked)


# --- what would move ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Move:
    """Something that would be due on another day. `kind`: task, round (of opinions), timer, case (its latest month).
    `becomes_late`: it is not late now, and would be."""

    kind: str
    case_id: str
    case_code: str
    case_title: str
    name: str
    was: date | None
    due: date | None
    becomes_late: bool


@dataclass(frozen=True, slots=True)
class MovesOf:
    """What would move for one holder: a person or a unit's seat, with the unit; "" for what nobody holds."""

    holder: str
    unit: str
    moves: Sequence[Move]


@dataclass(frozen=True, slots=True)
class Preview:
    """What changing a day would do. `seen` is the calendar that it was worked out for."""

    seen: str
    cases: int
    moves: int
    late: int
    groups: Sequence[MovesOf]
    hidden: int


def calendar_preview(
    tx: Asker,
    actor: str,
    day: date,
    kind: str | None,
    name: str = "",
    source: str = "",
    confirmed: bool = False,
    half: str | None = None,
) -> Preview:
    """What would move, for whom, if `day` became special (`kind` None: like its weekday); nothing is stored.

    Every running case is counted anew in memory, as the change itself will do. Raises Forbidden("role"), Invalid as
    the change.
    """
    who = tx.actor(actor)
    if KEEPER not in who.roles:
        raise Forbidden("role", f"Expected {actor} to be of the secretariat.")
    now, old = tx.now, tx.environment_facts.calendar
    special = None if kind is None else deadlines.special_day(day, kind, name, source, confirmed, half).special
    new: Calendar = old.change(day, special)
    seen = old.digest
    # The name of a day moves nothing.
    if _meaning(old.days.get(day)) == _meaning(special):
        return Preview(seen, 0, 0, 0, [], 0)
    env = replace(tx.kernel_env(), calendar=new)
    found: list[tuple[str | None, Move]] = []
    c = cases.c
    running = sa.select(cases).where(c.tenant_id == tx.tenant, c.status == "running").order_by(c.code)
    for case in tx.conn.execute(running).all():
        found += _moves(tx, case, env, old, new, now)
    groups = _grouped(tx, found[:SHOWN])
    late = sum(move.becomes_late for _, move in found)
    concerned = len({move.case_id for _, move in found})
    return Preview(seen, concerned, len(found), late, groups, max(len(found) - SHOWN, 0))


def _meaning(special: SpecialDay | None) -> Any:
    return None if special is None else (special.working, special.half)


def _moves(
    tx: Asker, case: Any, env: bpmn.Env, old: Calendar, new: Calendar, now: datetime
) -> list[tuple[str | None, Move]]:
    """What moves in a case: (who holds it, move)."""
    definition = tx.models.bundle(tx.conn, tx.tenant, case.definition).definition
    s = shards.c
    parts = tx.conn.execute(sa.select(s.id, s.state).where(s.tenant_id == tx.tenant, s.case_id == case.id))
    try:
        outcome = bpmn.retime(definition, case.state, {row.id: row.state for row in parts}, {}, now, env)
    except EngineError:  # it has ended in the same moment, or its model is gone: nothing of it moves
        return []
    found: list[tuple[str | None, Move]] = []

    def add(holder: str | None, kind: str, name: str, was: Any, due: Any) -> None:
        before, after = deadlines.judge(was, now, old), deadlines.judge(due, now, new)
        late = after.state == "late" and before.state != "late"
        move = Move(kind, case.id, case.code, case.title, name, before.day, after.day, late and kind != "timer")
        found.append((holder, move))

    by_name: dict[str, dict[str, Any]] = {"task.due_changed": {}, "timer.rearmed": {}}
    for event in outcome.step.events:
        if event["e"] in by_name:
            by_name[event["e"]][event["task" if event["e"] == "task.due_changed" else "timer"]] = event
    if by_name["task.due_changed"]:
        t = tasks.c
        rows = sa.select(t.token, t.name, t.due_at, sa.func.coalesce(t.assignee, t.candidate).label("holder")).where(
            t.tenant_id == tx.tenant, t.case_id == case.id, t.state.in_(("ready", "claimed")), t.due_at.is_not(None)
        )
        for row in tx.conn.execute(rows.order_by(t.due_at, t.id)):
            due = by_name["task.due_changed"].get(row.token, {}).get("due")
            if due:
                add(row.holder, "task", row.name, row.due_at, clock.parse(due))
    rounds = _rounds(tx, case.id) if by_name["timer.rearmed"] else {}
    for event in by_name["timer.rearmed"].values():
        here = tx.models.bundle(tx.conn, tx.tenant, event["process"]).definition if "process" in event else definition
        element = here.elements[event["el"]]
        title = rounds.get(event["owner"])
        closes = element.attached_to is not None and element.interrupting and title is not None
        name = title if closes and title else element.name or element.id
        kind = "round" if closes else "timer"
        add(case.drafter, kind, name, clock.parse(event["was"]), clock.parse(event["due"]))
    before, after = (
        deadlines.end_of_day(calendar.last_working_day_of_month(case.latest_finish)) for calendar in (old, new)
    )
    if before != after:
        add(case.drafter, "case", case.title, before, after)
    return found


def _rounds(tx: Asker, case_id: str) -> dict[str, str]:
    """The open rounds of a case: host → title."""
    r = consultations.c
    rows = sa.select(r.host, r.title).where(r.tenant_id == tx.tenant, r.case_id == case_id, r.closed_at.is_(None))
    return {row.host: row.title for row in tx.conn.execute(rows)}


def _grouped(tx: Asker, found: list[tuple[str | None, Move]]) -> list[MovesOf]:
    """By who holds it: those for whom something becomes late first."""
    by_holder: dict[str, list[Move]] = {}
    for holder, move in found:
        by_holder.setdefault(holder or "", []).append(move)
    names = key_names(tx, [key for key in by_holder if key])
    day = clock.local_date(tx.now)
    known = {
        row.id: row.name
        for row in tx.conn.execute(sa.select(units.c.id, units.c.name).where(units.c.tenant_id == tx.tenant))
    }
    called = {
        row.id: row.name
        for row in tx.conn.execute(
            sa.select(people.c.id, people.c.name).where(people.c.tenant_id == tx.tenant, people.c.id.in_(by_holder))
        )
    }
    groups = []
    for holder, moves in by_holder.items():
        seats = org.holders(tx.conn, tx.tenant, holder, day) if holder else []
        unit = holder.partition("@")[2] or next((row.unit_id for row in seats), "")
        groups.append(MovesOf(called.get(holder) or names.get(holder) or holder, known.get(unit, ""), moves))
    return sorted(
        groups, key=lambda group: (not any(move.becomes_late for move in group.moves), group.unit, group.holder)
    )


__all__ = ["MovesOf", "Preview", "YearView", "calendar_of", "calendar_preview"]
