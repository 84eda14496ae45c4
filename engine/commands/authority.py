"""Absences and deputies: who is away, who acts meanwhile.

While somebody is away, the deputy holds the seats of the absent person and may act on tasks given to them by name; the
journal says for whom. What a deputy stands in for passes on to nobody (no sub-delegation, NĐ 30/2020/NĐ-CP Điều 13).
"""

from datetime import date

import sqlalchemy as sa

from engine import clock, notices, org
from engine.commands.transaction import Tx
from engine.errors import Conflict, Forbidden, Invalid, NotFound, Reason
from engine.records import absences, memberships, people

LONGEST = 366


def announce_absence(
    tx: Tx, actor: str, person: str, first_day: date, last_day: date, deputy: str | None, reason: str
) -> str:
    """Write down that somebody is away from one office day to another, and who stands in; returns the absence's id.

    Oneself may, the head of the person's unit, and the secretariat. The deputy is told. Raises NotFound,
    Forbidden("role"), Invalid(first_day | last_day | deputy | reason), Conflict("absent_already").
    """
    who = tx.actor(actor)
    _require_known(tx, person)
    if not may_announce(tx, who, person):
        raise Forbidden("role", f"Expected {actor} to be {person}, the head of the unit, or of the secretariat.")
    problems: dict[str, list[Reason]] = {}
    if last_day < first_day or (last_day - first_day).days > LONGEST:
        problems["last_day"] = [Reason("out_of_range", f"expected a day from {first_day} on, within a year")]
    if last_day < tx.today:
        problems["first_day"] = [Reason("in_the_past", "expected an absence that is not over")]
    if deputy is not None and (deputy == person or not _active(tx, deputy)):
        problems["deputy"] = [Reason("not_an_option", "expected a colleague who has an account")]
    elif deputy is not None and (tx.actor(deputy).roles & org.APART) - tx.actor(person).roles:
        problems["deputy"] = [Reason("kept_apart", "expected a colleague whose duties are not kept apart")]
    if len(reason.strip()) < 3:
        problems["reason"] = [Reason("too_short", "expected a reason", {"min": 3})]
    if problems:
        raise Invalid(problems)
    a = absences.c
    mine = sa.and_(a.tenant_id == tx.tenant, a.person_id == person)
    overlap = sa.and_(a.first_day <= last_day, a.last_day >= first_day)
    if tx.conn.execute(sa.select(a.id).where(mine, overlap)).first():
        raise Conflict("absent_already", f"Expected no absence of {person} in these days, but there is one.")
    row = {
        "tenant_id": tx.tenant,
        "id": clock.new_id(),
        "person_id": person,
        "first_day": first_day,
        "last_day": last_day,
        "deputy_id": deputy,
        "reason": reason.strip(),
        "entered_by": actor,
        "entered_at": tx.now,
    }
    tx.conn.execute(sa.insert(absences), row)
    if deputy is not None:
        params = {"person_name": _name(tx, person), "from": f"{first_day:%d/%m}", "to": f"{last_day:%d/%m/%Y}"}
        notices.tell(tx.conn, tx.tenant, [deputy], "deputy_named", params, tx.now)
    return str(row["id"])


def end_absence(tx: Tx, actor: str, absence_id: str) -> None:
    """Somebody is back: the absence ends yesterday, one that has not begun is taken back. Raises NotFound, Forbidden,
    Conflict("absence_over")."""
    a = absences.c
    mine = sa.and_(a.tenant_id == tx.tenant, a.id == absence_id)
    row = tx.conn.execute(sa.select(absences).where(mine).with_for_update()).first()
    if row is None:
        raise NotFound("absence", f"Expected an absence with id {absence_id}, found none.")
    if not may_announce(tx, tx.actor(actor), row.person_id):
        raise Forbidden("role", f"Expected {actor} to be {row.person_id}, the head of the unit, or of the secretariat.")
    if row.last_day < tx.today:
        raise Conflict("absence_over", "Expected an absence that lasts, but it is over.")
    yesterday = date.fromordinal(tx.today.toordinal() - 1)
    tx.conn.execute(sa.update(absences).where(mine).values(last_day=yesterday))


def may_announce(tx: Tx, who: org.Actor, person: str) -> bool:
    """Whether somebody may write down that a person is away."""
    if who.id == person or "van_phong_tong_hop" in who.roles:
        return True
    m = memberships.c
    units = sa.select(m.unit_id).where(m.tenant_id == tx.tenant, m.person_id == person, org.valid_on(tx.today))
    return "truong_don_vi" in who.roles and not who.units.isdisjoint(tx.conn.execute(units).scalars())


def tell_returned(tx: Tx) -> int:
    """Tell those whose absence is over what was done in their name, once; returns how many were told."""
    a = absences.c
    over = sa.select(absences).where(a.tenant_id == tx.tenant, a.last_day < tx.today, a.told_at.is_(None))
    told = 0
    for row in tx.conn.execute(over.order_by(a.id)).all():
        tx.conn.execute(sa.update(absences).where(a.tenant_id == tx.tenant, a.id == row.id).values(told_at=tx.now))
        if row.deputy_id and row.last_day >= row.first_day:
            params = {"by_name": _name(tx, row.deputy_id), "absence": row.id}
            notices.tell(tx.conn, tx.tenant, [row.person_id], "done_for_you", params, tx.now)
            told += 1
    return told


def _require_known(tx: Tx, person: str) -> None:
    if not _active(tx, person):
        raise NotFound("person", f"Expected a person {person}, found none.")


def _name(tx: Tx, person: str) -> str:
    p = people.c
    found = tx.conn.execute(sa.select(p.name).where(p.tenant_id == tx.tenant, p.id == person)).scalar()
    return str(found or person)


def _active(tx: Tx, person: str) -> bool:
    p = people.c
    found = sa.select(p.id).where(p.tenant_id == tx.tenant, p.id == person, p.active)
    return tx.conn.execute(found).first() is not None
