"""Mandates to sign: which there are, and what the form that gives one offers."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa

from engine import org
from engine.queries.access import Asker, names_of
from engine.queries.capacities import FORMS
from engine.queries.papers import KINDS
from engine.records import lane_bindings, mandates, memberships

DOCUMENT_KINDS = {kind: word for kind, (word, _) in KINDS.items()}
MANDATE_FORMS = tuple(FORMS)
# Positions of who heads a unit or an agency: to them a mandate may be given.
HEADS = ("truong", "giam_doc", "truong_ban")


@dataclass(frozen=True, slots=True)
class Mandate:
    """A mandate as a page shows it. `state`: coming, now, over, revoked; `seat`: what its holder is called; `kinds`:
    what the kinds of documents are called."""

    id: str
    person: str
    person_name: str
    form: str
    seat: str
    kinds: Sequence[str]
    title: str
    number: str
    dated: date
    scope: str | None
    valid_from: date
    valid_to: date | None
    by_name: str
    state: str
    revoked_why: str | None
    may_revoke: bool


@dataclass(frozen=True, slots=True)
class MandateChoices:
    """For who may give one: their seats (unit, position, what its holder is called), heads of units (id, name, unit),
    and the kinds of documents."""

    seats: Sequence[tuple[str, str, str]]
    people: Sequence[tuple[str, str, str]]
    kinds: Sequence[tuple[str, str]]


def holds_seat(tx: Asker, person: str, unit: str, position: str) -> bool:
    """Whether somebody holds a seat today by membership."""
    tx.actor(person)  # makes the business day known
    m = memberships.c
    seat = sa.and_(m.tenant_id == tx.tenant, m.person_id == person, m.unit_id == unit, m.position == position)
    return tx.conn.execute(sa.select(m.id).where(seat, org.valid_on(tx.today))).first() is not None


def unit_heads(tx: Asker) -> list[Any]:
    """Who heads a unit (id, name, unit_id, position, unit_name)."""
    return org.people_of(tx.conn, tx.tenant, tx.today, memberships.c.position.in_(HEADS))


def mandates_list(tx: Asker, person: str) -> list[Mandate]:
    """The mandates that somebody may see, newest first: those given and received; all for the secretariat, the
    department's leaders and inspection."""
    who = tx.actor(person)
    m = mandates.c
    mine = sa.true() if who.watches_all else sa.or_(m.person_id == person, m.granted_by == person)
    found = sa.select(mandates).where(m.tenant_id == tx.tenant, mine).order_by(m.valid_from.desc(), m.id.desc())
    rows = tx.conn.execute(found).all()
    names = names_of(tx, {row.person_id for row in rows} | {row.granted_by for row in rows})
    called = {seat[:2]: seat[2] for seat in _seats(tx)}
    held = _memberships(tx, person)
    return [
        Mandate(
            row.id,
            row.person_id,
            names.get(row.person_id, row.person_id),
            row.form,
            called.get((row.unit_id, row.position), names.get(row.granted_by, row.granted_by)),
            [DOCUMENT_KINDS.get(kind, kind) for kind in row.kinds.split(",")],
            row.title,
            row.number,
            row.dated,
            row.scope,
            row.valid_from,
            row.valid_to,
            names.get(row.granted_by, row.granted_by),
            _state(row, tx.today),
            row.revoked_why,
            _state(row, tx.today) in ("coming", "now") and (row.unit_id, row.position) in held,
        )
        for row in rows
    ]


def mandate_choices(tx: Asker, person: str) -> MandateChoices:
    """What somebody may choose from when giving a mandate; no seats: they may give none."""
    held = _memberships(tx, person)
    seats = [seat for seat in _seats(tx) if seat[:2] in held]
    heads = [(row.id, row.name, row.unit_name) for row in unit_heads(tx) if row.id != person]
    return MandateChoices(seats, heads if seats else [], list(DOCUMENT_KINDS.items()))


def _state(row: Any, today: date) -> str:
    if row.revoked_at is not None:
        return "revoked"
    if row.valid_to is not None and row.valid_to < today:
        return "over"
    return "coming" if row.valid_from > today else "now"


def _memberships(tx: Asker, person: str) -> set[tuple[str, str]]:
    tx.actor(person)
    m = memberships.c
    own = sa.select(m.unit_id, m.position).where(m.tenant_id == tx.tenant, m.person_id == person)
    return {(row.unit_id, row.position) for row in tx.conn.execute(own.where(org.valid_on(tx.today)))}


def _seats(tx: Asker) -> list[tuple[str, str, str]]:
    """The seats of heads and their deputies that sign for an agency: (unit, position, what the holder is called)."""
    b = lane_bindings.c
    bound: dict[str, list[tuple[str, str]]] = {}
    for row in tx.conn.execute(
        sa.select(b.lane, b.unit_id, b.position).where(b.tenant_id == tx.tenant, b.unit_id != "")
    ):
        bound.setdefault(row.lane, []).append((row.unit_id, row.position))
    found: dict[tuple[str, str], str] = {}
    for issuer in tx.environment_facts.issuers.values():
        for lane, (role, _title, called) in issuer.get("signers", {}).items():
            for seat in bound.get(lane, ()) if role in ("thu_truong", "cap_pho") else ():
                found.setdefault(seat, called)
    return [(unit, position, called) for (unit, position), called in found.items()]
