"""Who belongs where: units, people, positions and the lanes of diagrams that are bound to them.

A *candidate key* says whose a task may be: `vice_chair` (a lane bound to a fixed unit) or `unit_head@phong_qlkh` (a
lane bound to a position in the unit after the @). Which people hold a key is worked out when it is asked, on that day,
so a change of people needs no change of tasks.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import sqlalchemy as sa

from engine.records import absences, lane_bindings, mandates, memberships, people, units

ADMINISTRATOR = "quan_tri"
WATCHERS = frozenset({"van_phong_tong_hop", "kiem_tra_chi_doc", "giam_doc", "lanh_dao_so"})
STAFF = WATCHERS | {"nguoi_soan_thao", "truong_don_vi", "van_thu", "chuyen_vien_phan_tich"}

# Who draws processes and deploys them.
ANALYST = "chuyen_vien_phan_tich"
# Duties that stay apart from deciding and drafting (domain.md §5): who has one does not stand in for who has not.
APART = frozenset({ADMINISTRATOR, ANALYST, "kiem_tra_chi_doc", "van_thu"})


@dataclass(frozen=True, slots=True)
class Actor:
    """A person as of one day: what they are called, where they sit, what they may do, which keys they hold."""

    id: str
    roles: frozenset[str]
    keys: frozenset[str]
    units: frozenset[str] = frozenset()
    # keys that are held only for somebody who is away, and those people themselves: key or person → who is away
    stands_for: Mapping[str, str] = field(default_factory=dict)
    # keys that are held by a mandate to sign, see `mandate_key` → the mandate's id
    mandates: Mapping[str, str] = field(default_factory=dict)

    @property
    def watches_all(self) -> bool:
        """Secretariat, inspection and the department's leaders see every case."""
        return bool(self.roles & WATCHERS)

    @property
    def repairs(self) -> bool:
        """Administrators set going again what has stopped for a technical reason."""
        return ADMINISTRATOR in self.roles

    @property
    def models(self) -> bool:
        """Analysts change processes; everybody else may look at them."""
        return ANALYST in self.roles

    @property
    def in_department(self) -> bool:
        """Staff of the department see its ordinary cases; outsiders only those they take part in."""
        return bool(self.roles & STAFF)


def valid_on(day: Any) -> sa.ColumnElement[bool]:
    """Memberships that hold on a day."""
    m = memberships.c
    return sa.and_(sa.or_(m.valid_from.is_(None), m.valid_from <= day), sa.or_(m.valid_to.is_(None), m.valid_to >= day))


def _bound() -> sa.ColumnElement[bool]:
    m, b = memberships.c, lane_bindings.c
    return sa.and_(
        b.tenant_id == m.tenant_id, b.position == m.position, sa.or_(b.unit_id == "", b.unit_id == m.unit_id)
    )


KEY = sa.case(
    (lane_bindings.c.unit_id == "", lane_bindings.c.lane.concat("@").concat(memberships.c.unit_id)),
    else_=lane_bindings.c.lane,
)


def _held_keys(tenant: Any, person: Any, day: Any) -> sa.Select[Any]:
    m = memberships.c
    return (
        sa.select(sa.func.aggregate_strings(KEY, " "))
        .select_from(memberships)
        .join(lane_bindings, _bound())
        .where(m.tenant_id == tenant, m.person_id == person, valid_on(day))
    )


def away_on(day: Any) -> sa.ColumnElement[bool]:
    """Absences that cover a day."""
    return sa.and_(absences.c.first_day <= day, absences.c.last_day >= day)


def _stood_in_for(tenant: Any, person: Any, day: Any) -> sa.Select[Any]:
    """ "gd.so>dept_director gd.so>dept_leader": whom somebody stands in for, and the seats that those sit on. Their own
    seats alone: who stands in for a deputy gets nothing of what the deputy stands in for (no sub-delegation)."""
    m, a = memberships.c, absences.c
    told = a.person_id.concat(">").concat(sa.func.coalesce(KEY, ""))
    return (
        sa.select(sa.func.aggregate_strings(told, " "))
        .select_from(absences)
        .outerjoin(memberships, sa.and_(m.tenant_id == a.tenant_id, m.person_id == a.person_id, valid_on(day)))
        .outerjoin(lane_bindings, _bound())
        .where(a.tenant_id == tenant, a.deputy_id == person, away_on(day))
    )


def mandate_key(kinds: Collection[str], key: str | None) -> str | None:
    """The candidate key that opens a signing gate of a seat to who has a mandate for its kind of document: a seat's key
    with the kind before it. A gate that signs several kinds, or an unknown one, is open to the seat alone."""
    return f"{SIGNS}{next(iter(kinds))}:{key}" if key and len(kinds) == 1 else None


SIGNS = "sign:"


def in_force(day: Any) -> sa.ColumnElement[bool]:
    """Mandates that hold on a day."""
    m = mandates.c
    ends = sa.or_(m.valid_to.is_(None), m.valid_to >= day)
    return sa.and_(m.revoked_at.is_(None), m.valid_from <= day, ends)


def _mandated(tenant: Any, person: Any, day: Any) -> sa.Select[Any]:
    """ "id>dept_director>cong_van,bao_cao …": the mandates of somebody, with the seats that they open."""
    m, b = mandates.c, lane_bindings.c
    key = sa.case((b.unit_id == "", b.lane.concat("@").concat(m.unit_id)), else_=b.lane)
    told = m.id.concat(">").concat(key).concat(">").concat(m.kinds)
    bound = sa.and_(
        b.tenant_id == m.tenant_id, b.position == m.position, sa.or_(b.unit_id == "", b.unit_id == m.unit_id)
    )
    return (
        sa.select(sa.func.aggregate_strings(told, " "))
        .select_from(mandates)
        .join(lane_bindings, bound)
        .where(m.tenant_id == tenant, m.person_id == person, in_force(day))
    )


# A name of its own: the statement around may read people too.
_asked = people.alias("asked")


def actor_columns(tenant: Any, person: Any, day: Any) -> list[sa.ColumnElement[Any]]:
    """Columns to add to any SELECT: the person's keys, roles and units on that day, as space-separated text.

    Reading them with the row that is being asked about saves a round trip in every command.
    """
    m = memberships.c

    def gathered(column: sa.ColumnElement[Any]) -> sa.Select[Any]:
        return sa.select(sa.func.aggregate_strings(column, " ")).where(
            m.tenant_id == tenant, m.person_id == person, valid_on(day)
        )

    return [
        _held_keys(tenant, person, day).scalar_subquery().label("actor_keys"),
        gathered(m.roles).scalar_subquery().label("actor_roles"),
        gathered(m.unit_id).scalar_subquery().label("actor_units"),
        _stood_in_for(tenant, person, day).scalar_subquery().label("actor_stands"),
        _mandated(tenant, person, day).scalar_subquery().label("actor_mandates"),
        sa.select(_asked.c.active)
        .where(_asked.c.tenant_id == tenant, _asked.c.id == person)
        .scalar_subquery()
        .label("actor_active"),
    ]


def actor_of(person: str, row: Any) -> Actor:
    """The actor from the columns of `actor_columns`; someone inactive or unknown holds nothing."""
    if not row.actor_active:
        return Actor(person, frozenset(), frozenset())
    own = frozenset((row.actor_keys or "").split()) | {person}
    stands: dict[str, str] = {}
    for word in (row.actor_stands or "").split():
        away, _, key = word.partition(">")
        stands.setdefault(away, away)
        if key and key not in own:
            stands.setdefault(key, away)
    signs: dict[str, str] = {}
    for word in (row.actor_mandates or "").split():
        mandate, key, kinds = word.split(">")
        for kind in kinds.split(","):
            signs.setdefault(f"{SIGNS}{kind}:{key}", mandate)
    return Actor(
        person,
        frozenset((row.actor_roles or "").split()),
        own | stands.keys() | signs.keys(),
        frozenset((row.actor_units or "").split()),
        stands,
        signs,
    )


_T: sa.BindParameter[Any] = sa.bindparam("tenant")
_P: sa.BindParameter[Any] = sa.bindparam("person")
_D: sa.BindParameter[Any] = sa.bindparam("day", type_=sa.Date)
ACTOR = sa.select(*actor_columns(_T, _P, _D))


def actor(conn: sa.Connection, tenant: int, person: str, day: date) -> Actor:
    """The actor for a person id on a day (one statement)."""
    return actor_of(person, conn.execute(ACTOR, {"tenant": tenant, "person": person, "day": day}).one())


def _held(unit: sa.ColumnElement[bool]) -> sa.Select[Any]:
    m, b = memberships.c, lane_bindings.c
    return (
        # PostgreSQL orders a DISTINCT only by what it selects.
        sa.select(people.c.id, people.c.name, m.unit_id, m.position, people.c.sort_key)
        .select_from(memberships)
        .join(people, sa.and_(people.c.tenant_id == m.tenant_id, people.c.id == m.person_id))
        .join(lane_bindings, sa.and_(b.tenant_id == m.tenant_id, b.position == m.position))
        .where(m.tenant_id == _T, b.lane == sa.bindparam("lane"), unit, people.c.active, valid_on(_D))
        .order_by(people.c.sort_key)
        .distinct()
    )


# Built once: a page asks for the holders of every task that it lists.
HELD_IN_UNIT: sa.Select[Any] = _held(memberships.c.unit_id == sa.bindparam("unit"))
HELD_WHEREVER_BOUND: sa.Select[Any] = _held(lane_bindings.c.unit_id == memberships.c.unit_id)
ONE_PERSON: sa.Select[Any] = (
    sa.select(people.c.id, people.c.name, memberships.c.unit_id, memberships.c.position, people.c.sort_key)
    .join(
        memberships,
        sa.and_(memberships.c.tenant_id == people.c.tenant_id, memberships.c.person_id == people.c.id),
    )
    .where(people.c.tenant_id == _T, people.c.id == _P, people.c.active)
    .limit(1)
)


def holders(conn: sa.Connection, tenant: int, key: str, day: date) -> list[Any]:
    """People (id, name, unit_id, position) who hold a candidate key on a day; a person id is its own only holder."""
    lane, _, unit = key.partition("@")
    asked = {"tenant": tenant, "lane": lane, "day": day}
    if unit:
        in_unit: list[Any] = list(conn.execute(HELD_IN_UNIT, {**asked, "unit": unit}))
        return in_unit
    found: list[Any] = list(conn.execute(HELD_WHEREVER_BOUND, asked))
    if found:
        return found
    return list(conn.execute(ONE_PERSON, {"tenant": tenant, "person": key}))


def seats(conn: sa.Connection, tenant: int, lane: str, day: date) -> list[Any]:
    """The units (id, name) in which somebody holds a lane on a day, in the order of the organisation."""
    m, b, u = memberships.c, lane_bindings.c, units.c
    found = (
        sa.select(u.id, u.name, u.sort)
        .select_from(memberships)
        .join(people, sa.and_(people.c.tenant_id == m.tenant_id, people.c.id == m.person_id))
        .join(
            lane_bindings,
            sa.and_(
                b.tenant_id == m.tenant_id, b.position == m.position, sa.or_(b.unit_id == "", b.unit_id == m.unit_id)
            ),
        )
        .join(units, sa.and_(u.tenant_id == m.tenant_id, u.id == m.unit_id))
        .where(m.tenant_id == tenant, b.lane == lane, people.c.active, valid_on(day))
        .order_by(u.sort, u.id)
        .distinct()
    )
    return list(conn.execute(found))


def holder_counts(conn: sa.Connection, tenant: int, day: date) -> dict[str, int]:
    """How many people hold each bound lane on a day; in the unit where they are fewest, for a lane of every unit."""
    m, b = memberships.c, lane_bindings.c
    seats = (
        sa.select(m.tenant_id, m.position, m.unit_id, m.person_id)
        .join(people, sa.and_(people.c.tenant_id == m.tenant_id, people.c.id == m.person_id))
        .where(people.c.active, valid_on(day))
        .subquery()
    )
    unit = sa.case((b.unit_id == "", sa.func.coalesce(seats.c.unit_id, "")), else_="")
    sits = sa.and_(
        seats.c.tenant_id == b.tenant_id,
        seats.c.position == b.position,
        sa.or_(b.unit_id == "", b.unit_id == seats.c.unit_id),
    )
    rows = conn.execute(
        sa.select(b.lane, unit.label("unit"), sa.func.count(seats.c.person_id.distinct()).label("held"))
        .select_from(lane_bindings.outerjoin(seats, sits))
        .where(b.tenant_id == tenant)
        .group_by(b.lane, unit)
    )
    found: dict[str, list[int]] = {}
    for row in rows:
        found.setdefault(row.lane, []).append(row.held)
    # Several positions may be bound to one lane; one that nobody has does not leave the lane empty.
    return {lane: min((count for count in counts if count), default=0) for lane, counts in found.items()}


def lanes_by_unit(conn: sa.Connection, tenant: int) -> frozenset[str]:
    """Lanes whose unit is not fixed: their candidate key needs `@unit`."""
    found = conn.execute(
        sa.select(lane_bindings.c.lane).where(lane_bindings.c.tenant_id == tenant, lane_bindings.c.unit_id == "")
    )
    return frozenset(found.scalars())


def administrators(conn: sa.Connection, tenant: int, day: date) -> list[str]:
    """Who repairs: person ids."""
    found = people_of(conn, tenant, day, memberships.c.roles.contains(ADMINISTRATOR))
    return list(dict.fromkeys(row.id for row in found))


def people_of(conn: sa.Connection, tenant: int, day: date, *conditions: sa.ColumnElement[bool]) -> list[Any]:
    """People with a membership that meets the conditions on a day: id, name, unit_id, position, unit name."""
    m = memberships.c
    return list(
        conn.execute(
            sa.select(people.c.id, people.c.name, m.unit_id, m.position, units.c.name.label("unit_name"))
            .select_from(people)
            .join(memberships, sa.and_(m.tenant_id == people.c.tenant_id, m.person_id == people.c.id))
            .join(units, sa.and_(units.c.tenant_id == m.tenant_id, units.c.id == m.unit_id))
            .where(people.c.tenant_id == tenant, people.c.active, valid_on(day), *conditions)
            .order_by(units.c.sort, people.c.sort_key)
        )
    )
