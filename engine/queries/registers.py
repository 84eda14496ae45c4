"""The number book as the records clerk reads it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa

from engine import numbering
from engine.queries.access import Asker, visible
from engine.records import cases, documents, number_acts, numbers, people


@dataclass(frozen=True, slots=True)
class NumberRow:
    """A number of a register. `case`: (id, code) when the reader may see it. `reason`: of what was done to it last."""

    number: int
    symbol: str
    state: str
    title: str | None
    dated: date | None
    given_at: datetime
    case: tuple[str, str] | None
    by: str | None
    reason: str | None


@dataclass(frozen=True, slots=True)
class Book:
    """A register of a year; `registers` are all that have numbers, as (name, year, how many)."""

    register: str
    year: int
    registers: Sequence[tuple[str, int, int]]
    rows: Sequence[NumberRow]
    may_change: bool


def book(tx: Asker, person: str, register: str | None = None, year: int | None = None) -> Book:
    """A register, newest number first; by default the one that gave a number last. For the department's staff: others
    get an empty book."""
    who = tx.actor(person)
    n = numbers.c
    known = tx.conn.execute(
        sa.select(n.register, n.year, sa.func.count().label("count"), sa.func.max(n.given_at).label("last"))
        .where(n.tenant_id == tx.tenant, n.register != numbering.CASES)
        .group_by(n.register, n.year)
        .order_by(n.year.desc(), n.register)
    ).all()
    keeps = "van_thu" in who.roles
    if not known or not who.in_department:
        return Book(register or "", year or tx.today.year, [], [], keeps)
    fitting = [row for row in known if (register is None or row.register == register) and year in (None, row.year)]
    chosen = max(fitting, key=lambda row: row.last) if fitting else max(known, key=lambda row: row.last)
    c, d, a = cases.c, documents.c, number_acts.c
    seen = sa.select(c.id, c.code).where(c.tenant_id == tx.tenant, visible(who)).subquery()
    newest = (
        sa.select(a.number, sa.func.max(a.seq).label("seq"))
        .where(a.tenant_id == tx.tenant, a.register == chosen.register, a.year == chosen.year)
        .group_by(a.number)
        .subquery()
    )
    rows = tx.conn.execute(
        sa.select(numbers, seen.c.code, d.title.label("document"), a.reason, people.c.name.label("by"))
        .outerjoin(seen, seen.c.id == n.case_id)
        .outerjoin(documents, sa.and_(d.tenant_id == n.tenant_id, d.case_id == n.case_id, d.number == n.symbol))
        .outerjoin(newest, newest.c.number == n.number)
        .outerjoin(
            number_acts,
            sa.and_(
                a.tenant_id == n.tenant_id,
                a.register == n.register,
                a.year == n.year,
                a.number == n.number,
                a.seq == newest.c.seq,
            ),
        )
        .outerjoin(people, sa.and_(people.c.tenant_id == n.tenant_id, people.c.id == a.actor))
        .where(n.tenant_id == tx.tenant, n.register == chosen.register, n.year == chosen.year)
        .order_by(n.number.desc(), d.id)
    ).all()
    by_number: dict[int, NumberRow] = {}
    for row in rows:
        by_number.setdefault(
            row.number,
            NumberRow(
                row.number,
                row.symbol,
                row.state,
                row.title or (row.document if row.code else None),
                row.dated,
                row.given_at,
                (row.case_id, row.code) if row.code else None,
                row.by,
                row.reason,
            ),
        )
    books = [(row.register, row.year, row.count) for row in known]
    return Book(chosen.register, chosen.year, books, list(by_number.values()), keeps)
