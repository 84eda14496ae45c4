"""The number book: the records clerk reserves numbers, says what a reserved one was used for, cancels with a reason."""

from datetime import date

import sqlalchemy as sa

from engine import clock, gates, numbering
from engine.commands.transaction import Tx
from engine.errors import Forbidden, Invalid, Reason
from engine.records import numbers

KEEPER = "van_thu"
RESERVED_MAX = 50
TITLE_MAX = 500


def reserve(tx: Tx, actor: str, register: str, count: int, reason: str) -> list[str]:
    """Keep the next `count` numbers of a register for documents that are made elsewhere; returns their symbols.

    Raises Forbidden("role"), NotFound, Invalid(count | reason).
    """
    _require_keeper(tx, actor)
    problems = _reason(reason)
    if not 1 <= count <= RESERVED_MAX:
        told = {"min": 1, "max": RESERVED_MAX}
        problems["count"] = [Reason("out_of_range", f"expected 1 to {RESERVED_MAX} numbers", told)]
    if problems:
        raise Invalid(problems)
    pattern = numbering.pattern_of(tx.conn, tx.tenant, register)
    found = []
    for _ in range(count):
        asked_for = f"reserved:{clock.new_id()}"
        symbol = numbering.take_number(
            tx.conn,
            tx.tenant,
            register=register,
            day=tx.today,
            pattern=pattern,
            asked_for=asked_for,
            case_id=None,
            now=tx.now,
            state="reserved",
        )
        n = numbers.c
        mine = sa.and_(n.tenant_id == tx.tenant, n.asked_for == asked_for)
        number = tx.conn.execute(sa.select(n.number).where(mine)).scalar_one()
        numbering.note(
            tx.conn,
            tx.tenant,
            register,
            tx.today.year,
            number,
            "reserved",
            actor=actor,
            now=tx.now,
            reason=reason.strip(),
        )
        found.append(symbol)
    return found


def use(tx: Tx, actor: str, register: str, year: int, number: int, title: str, dated: date) -> None:
    """Say on which document a reserved number stands. Raises Forbidden, NotFound, Conflict("number_state"),
    Invalid(title | dated): a document is dated in the year of its register, not later than today."""
    _require_keeper(tx, actor)
    title = title.strip()
    problems: dict[str, list[Reason]] = {}
    if not title:
        problems["title"] = [Reason("required", "expected the document's subject")]
    elif len(title) > TITLE_MAX:
        problems["title"] = [Reason("too_long", f"expected at most {TITLE_MAX} characters", {"max": TITLE_MAX})]
    if dated.year != year or dated > tx.today:
        problems["dated"] = [Reason("out_of_range", f"expected a day of {year} up to today", {"year": year})]
    if problems:
        raise Invalid(problems)
    row = numbering.locked(tx.conn, tx.tenant, register, year, number)
    numbering.change(tx.conn, tx.tenant, row, "used", actor=actor, now=tx.now, reason=title, title=title, dated=dated)


def cancel(tx: Tx, actor: str, register: str, year: int, number: int, reason: str) -> None:
    """Cancel a number with a reason: it stays in the book and is never given again. Raises Forbidden, NotFound,
    Conflict("number_state"), Invalid(reason)."""
    _require_keeper(tx, actor)
    problems = _reason(reason)
    if problems:
        raise Invalid(problems)
    row = numbering.locked(tx.conn, tx.tenant, register, year, number)
    numbering.change(tx.conn, tx.tenant, row, "cancelled", actor=actor, now=tx.now, reason=reason.strip())


def _require_keeper(tx: Tx, actor: str) -> None:
    if KEEPER not in tx.actor(actor).roles:
        raise Forbidden("role", f"Expected {actor} to be a records clerk.")


def _reason(text: str) -> dict[str, list[Reason]]:
    if len(text.strip()) < gates.REASON_MIN:
        return {"reason": [Reason("too_short", "expected a reason", {"min": gates.REASON_MIN})]}
    return {}
