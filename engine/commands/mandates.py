"""Mandates: the holder of a seat has somebody sign some kinds of documents, by order (thừa lệnh, TL.) or by authority
given (thừa ủy quyền, TUQ.), on a written decision (NĐ 30/2020/NĐ-CP Điều 13).

Only who holds the seat by membership gives one: a deputy who stands in does not, and who was given one passes nothing
on. An authorisation is limited in time and in content; by order may be open-ended.
"""

from collections.abc import Sequence
from datetime import date

import sqlalchemy as sa

from engine import clock, gates, notices
from engine.commands.transaction import Tx
from engine.errors import Conflict, Forbidden, Invalid, NotFound, Reason
from engine.queries import DOCUMENT_KINDS, MANDATE_FORMS, holds_seat, unit_heads
from engine.records import mandates, people

LIMITED = "TUQ."
TEXT_MAX = 200


def grant(
    tx: Tx,
    actor: str,
    person: str,
    form: str,
    unit: str,
    position: str,
    kinds: Sequence[str],
    *,
    title: str,
    number: str,
    dated: date | None,
    valid_from: date | None,
    valid_to: date | None = None,
    scope: str = "",
) -> str:
    """Give somebody a mandate to sign for a seat (`position` in `unit`) documents of some kinds; returns its id.

    `title`: what the person is called in the signature block. `number`, `dated`: the written decision. The person is
    told. Raises NotFound("person"), Forbidden("no_sub_delegation"), Invalid with all fields.
    """
    if not holds_seat(tx, actor, unit, position):
        raise Forbidden("no_sub_delegation", f"Expected {actor} to be {position} of {unit} by membership.")
    p = people.c
    if not tx.conn.execute(sa.select(p.id).where(p.tenant_id == tx.tenant, p.id == person, p.active)).first():
        raise NotFound("person", f"Expected a person {person}, found none.")
    problems = _texts(title, number, scope)
    if form not in MANDATE_FORMS:
        problems["form"] = [Reason("not_an_option", f"expected one of {', '.join(MANDATE_FORMS)}")]
    if person == actor or person not in {row.id for row in unit_heads(tx)}:
        problems["person"] = [Reason("not_an_option", "expected the head of another unit")]
    wanted = sorted(set(kinds))
    if not wanted:
        problems["kinds"] = [Reason("required", "expected at least one kind of document")]
    elif not set(wanted) <= set(DOCUMENT_KINDS):
        problems["kinds"] = [Reason("not_an_option", f"expected some of {', '.join(DOCUMENT_KINDS)}")]
    problems |= _days(tx.today, form, dated, valid_from, valid_to)
    if form == LIMITED and not scope.strip():
        problems["scope"] = [Reason("required", "expected what the authorisation is limited to")]
    if problems:
        raise Invalid(problems)
    row = {
        "tenant_id": tx.tenant,
        "id": clock.new_id(),
        "person_id": person,
        "form": form,
        "unit_id": unit,
        "position": position,
        "kinds": ",".join(wanted),
        "title": " ".join(title.upper().split()),
        "number": number.strip(),
        "dated": dated,
        "scope": scope.strip() or None,
        "valid_from": valid_from,
        "valid_to": valid_to,
        "granted_by": actor,
        "granted_at": tx.now,
    }
    tx.conn.execute(sa.insert(mandates), row)
    params = {"by_name": _name(tx, actor), "form": form, "number": row["number"]}
    notices.tell(tx.conn, tx.tenant, [person], "mandate_given", params, tx.now)
    return str(row["id"])


def revoke(tx: Tx, actor: str, mandate_id: str, reason: str) -> None:
    """Take a mandate back from this moment on; the person is told why. Who holds the seat by membership may.

    Raises NotFound("mandate"), Forbidden("no_sub_delegation"), Conflict("mandate_over"), Invalid(reason).
    """
    m = mandates.c
    mine = sa.and_(m.tenant_id == tx.tenant, m.id == mandate_id)
    row = tx.conn.execute(sa.select(mandates).where(mine).with_for_update()).first()
    if row is None:
        raise NotFound("mandate", f"Expected a mandate with id {mandate_id}, found none.")
    if not holds_seat(tx, actor, row.unit_id, row.position):
        raise Forbidden("no_sub_delegation", f"Expected {actor} to be {row.position} of {row.unit_id} by membership.")
    if row.revoked_at is not None or (row.valid_to is not None and row.valid_to < tx.today):
        raise Conflict("mandate_over", "Expected a mandate that is in force or to come, but it is over.")
    reason = reason.strip()
    if len(reason) < gates.REASON_MIN:
        raise Invalid({"reason": [Reason("too_short", "expected a reason", {"min": gates.REASON_MIN})]})
    tx.conn.execute(sa.update(mandates).where(mine).values(revoked_at=tx.now, revoked_by=actor, revoked_why=reason))
    params = {"by_name": _name(tx, actor), "form": row.form, "number": row.number, "reason": reason}
    notices.tell(tx.conn, tx.tenant, [row.person_id], "mandate_revoked", params, tx.now)


def _texts(title: str, number: str, scope: str) -> dict[str, list[Reason]]:
    problems: dict[str, list[Reason]] = {}
    for field, text in (("title", title), ("number", number)):
        if not text.strip():
            problems[field] = [Reason("required", "expected a text")]
    for field, text in (("title", title), ("number", number), ("scope", scope)):
        if len(text) > TEXT_MAX:
            problems[field] = [Reason("too_long", f"expected at most {TEXT_MAX} characters", {"max": TEXT_MAX})]
    return problems


def _days(today: date, form: str, dated: date | None, first: date | None, last: date | None) -> dict[str, list[Reason]]:
    """What is wrong with the days: the decision comes first, an authorisation ends."""
    problems: dict[str, list[Reason]] = {}
    if dated is None:
        problems["dated"] = [Reason("required", "expected the day of the decision")]
    elif dated > today:
        problems["dated"] = [Reason("in_the_future", "expected a decision that was taken")]
    if first is None:
        problems["valid_from"] = [Reason("required", "expected the first day")]
    elif dated is not None and first < dated:
        problems["valid_from"] = [Reason("before_decision", "expected a day from the decision on")]
    if last is None:
        if form == LIMITED:
            problems["valid_to"] = [Reason("required", "expected an authorisation that ends")]
    elif (first is not None and last < first) or last < today:
        problems["valid_to"] = [Reason("in_the_past", "expected a day from the first one on that is not over")]
    return problems


def _name(tx: Tx, person: str) -> str:
    p = people.c
    return str(tx.conn.execute(sa.select(p.name).where(p.tenant_id == tx.tenant, p.id == person)).scalar() or person)
