"""Number registers (sổ): one continuous sequence per register and year, from 01 on 1 January (NĐ 30/2020, Điều 15).

A number is taken once and never given again: one that was reserved is used or cancelled with a reason, one that was
cancelled stays in the book as such. How numbers are written (`{n}/CT-UBND`, `{n}/{yyyy}/NQ-HĐND`) comes from DMN-01.
"""

import re
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from engine.errors import Conflict, NotFound
from engine.records import number_acts, numbers, registers

# The sequence that names cases; it is no register of documents.
CASES = "ho_so"


def register_of(pattern: str) -> str:
    """The name of the register whose numbers are written so: the pattern without its number, its year and the drafting
    unit; the letters of all units are numbered in one sequence."""
    return pattern.replace("{n}/", "").replace("{yyyy}/", "").replace("-{dv}", "")


def take_number(
    conn: sa.Connection,
    tenant: int,
    *,
    register: str,
    day: date,
    pattern: str,
    asked_for: str,
    case_id: str | None,
    now: datetime,
    state: str = "given",
    title: str | None = None,
    unit: str = "",
) -> str:
    """The next number of a register in a year, written by `pattern`; "04/CT-UBND" for one below ten. `unit` is the
    drafting unit, abbreviated, for patterns that name it ("86/KHCN-QLKH").

    Asking again for the same thing (`asked_for`) gives the same number: a job may run twice.
    """
    n = numbers.c
    given = conn.execute(sa.select(n.symbol).where(n.tenant_id == tenant, n.asked_for == asked_for)).scalar()
    if given:
        return str(given)
    r = registers.c
    here = sa.and_(r.tenant_id == tenant, r.name == register, r.year == day.year)
    last = conn.execute(sa.select(r.last).where(here).with_for_update()).scalar()
    number = (last or _entered_last(conn, tenant, pattern, day.year)) + 1
    if last is None:
        first = {"tenant_id": tenant, "name": register, "year": day.year, "last": number, "pattern": pattern}
        conn.execute(sa.insert(registers), first)
    else:
        conn.execute(sa.update(registers).where(here).values(last=number, pattern=pattern))
    symbol = pattern.replace("{n}", f"{number:02d}").replace("{yyyy}", str(day.year))
    symbol = symbol.replace("-{dv}", f"-{unit}" if unit else "")
    conn.execute(
        sa.insert(numbers),
        {
            "tenant_id": tenant,
            "register": register,
            "year": day.year,
            "number": number,
            "symbol": symbol,
            "case_id": case_id,
            "asked_for": asked_for,
            "given_at": now,
            "state": state,
            "title": title,
            "dated": day if state == "given" else None,
        },
    )
    return symbol


def _entered_last(conn: sa.Connection, tenant: int, pattern: str, year: int) -> int:
    """The highest number of letters that were written into the book before their register was opened: each stands in
    the register of its own unit, but all letters are one sequence."""
    if "-{dv}" not in pattern:
        return 0
    n = numbers.c
    rows = sa.select(n.number, n.symbol).where(n.tenant_id == tenant, n.year == year, n.register != CASES)
    return max((row.number for row in conn.execute(rows) if _written_by(pattern, row.symbol, year)), default=0)


def _written_by(pattern: str, symbol: str, year: int) -> bool:
    """Whether a symbol is one of a pattern, of whatever unit."""
    told = re.escape(pattern.replace("{yyyy}", str(year)))
    told = told.replace(re.escape("{n}"), r"\d{1,6}").replace(re.escape("-{dv}"), r"(-[^/]+)?")
    return re.fullmatch(told, symbol.strip().replace(" ", "")) is not None


SYMBOL = re.compile(r"(\d{1,6})/(.+)")


def entered(
    conn: sa.Connection,
    tenant: int,
    *,
    symbol: str,
    day: date,
    asked_for: str,
    case_id: str | None,
    now: datetime,
    title: str,
) -> None:
    """Write a number into the book that was given before the book was kept here ("14/KH-KHCN"); its register goes on
    after it. One that is there already stays; a symbol of another shape belongs to no register of ours."""
    found = SYMBOL.fullmatch(symbol.strip().replace(" ", ""))
    if found is None:
        return
    number, rest = int(found[1]), found[2]
    pattern = "{n}/" + rest.replace(f"{day.year}/", "{yyyy}/")
    n, r = numbers.c, registers.c
    known = sa.select(r.name, r.pattern).where(r.tenant_id == tenant, r.year == day.year, r.pattern.contains("{dv}"))
    letters = (row.name for row in conn.execute(known) if _written_by(row.pattern, symbol, day.year))
    register = next(letters, None) or register_of(pattern)
    mine = sa.and_(n.tenant_id == tenant, n.register == register, n.year == day.year, n.number == number)
    if conn.execute(sa.select(n.number).where(mine)).first() is not None:
        return
    here = sa.and_(r.tenant_id == tenant, r.name == register, r.year == day.year)
    last = conn.execute(sa.select(r.last).where(here).with_for_update()).scalar()
    if last is None:
        first = {"tenant_id": tenant, "name": register, "year": day.year, "last": number, "pattern": pattern}
        conn.execute(sa.insert(registers), first)
    elif number > last:
        conn.execute(sa.update(registers).where(here).values(last=number))
    row = {
        "tenant_id": tenant,
        "register": register,
        "year": day.year,
        "number": number,
        "symbol": symbol,
        "case_id": case_id,
        "asked_for": asked_for,
        "given_at": now,
        "state": "given",
        "title": title,
        "dated": day,
    }
    conn.execute(sa.insert(numbers), row)


def pattern_of(conn: sa.Connection, tenant: int, register: str) -> str:
    """How the numbers of a register are written. Raises NotFound for one that has given none yet."""
    r = registers.c
    found = sa.select(r.pattern).where(r.tenant_id == tenant, r.name == register).order_by(r.year.desc()).limit(1)
    pattern = conn.execute(found).scalar()
    if pattern is None or register == CASES:
        raise NotFound("register", f"Expected a register {register}, found none.")
    return str(pattern)


def locked(conn: sa.Connection, tenant: int, register: str, year: int, number: int) -> Any:
    """The row of a number, locked. Raises NotFound."""
    n = numbers.c
    mine = sa.and_(n.tenant_id == tenant, n.register == register, n.year == year, n.number == number)
    row = conn.execute(sa.select(numbers).where(mine, n.register != CASES).with_for_update()).first()
    if row is None:
        raise NotFound("number", f"Expected number {number} of {register} in {year}, found none.")
    return row


def change(
    conn: sa.Connection, tenant: int, row: Any, state: str, *, actor: str, now: datetime, reason: str, **values: Any
) -> None:
    """Move a number to another state and write down who did it and why. Raises Conflict("number_state") unless it goes
    from reserved to used or cancelled, or from given or used to cancelled."""
    ways = {"reserved": ("used", "cancelled"), "used": ("cancelled",), "given": ("cancelled",)}
    if state not in ways.get(row.state, ()):
        message = f"Expected {row.symbol} in a state that can become {state}, it is {row.state}."
        raise Conflict("number_state", message, symbol=row.symbol, state=row.state)
    n = numbers.c
    mine = sa.and_(n.tenant_id == tenant, n.register == row.register, n.year == row.year, n.number == row.number)
    conn.execute(sa.update(numbers).where(mine).values(state=state, **values))
    note(conn, tenant, row.register, row.year, row.number, state, actor=actor, now=now, reason=reason)


def note(
    conn: sa.Connection,
    tenant: int,
    register: str,
    year: int,
    number: int,
    act: str,
    *,
    actor: str,
    now: datetime,
    reason: str,
) -> None:
    """Write down what was done to a number."""
    a = number_acts.c
    mine = sa.and_(a.tenant_id == tenant, a.register == register, a.year == year, a.number == number)
    seq = int(conn.execute(sa.select(sa.func.count()).where(mine)).scalar_one()) + 1
    conn.execute(
        sa.insert(number_acts),
        {
            "tenant_id": tenant,
            "register": register,
            "year": year,
            "number": number,
            "seq": seq,
            "act": act,
            "actor": actor,
            "at": now,
            "reason": reason,
        },
    )
