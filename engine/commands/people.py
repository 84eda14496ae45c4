"""Loading an organisation: its units, people with their positions and accounts, and who is meant by a lane."""

import re
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

import sqlalchemy as sa

from engine import clock, identity
from engine.collation import vietnamese_sort_key
from engine.commands.transaction import Tx
from engine.errors import DefinitionError, Problem
from engine.records import accounts, lane_bindings, memberships, people, units

# Slugs end up in candidate keys ("unit_head@phong_qlkh") that are kept separated by spaces.
SLUG = re.compile(r"[a-z0-9_.\-]{1,80}")


def load_organisation(tx: Tx, data: Mapping[str, Any]) -> None:
    """Insert or update units, people, memberships and lane bindings; make the accounts that are missing.

    `data` holds the contents of three files (`organisation`, `people`, `lanes`) and the `password` of new accounts,
    whose log-in name is the person's id. What the files do not mention stays as it is: people who were switched off,
    changed passwords, further memberships. Raises DefinitionError with all problems.
    """
    problems = list(_problems(data))
    if problems:
        raise DefinitionError(problems)
    found = [
        {
            "id": unit["id"],
            "name": unit["name"],
            "name_en": unit.get("name_en") or unit["name"],
            "short_name": unit.get("short_name") or unit["name"],
            "kind": unit["kind"],
            "parent": unit.get("parent"),
            "sort": unit["sort"],
            "valid_from": _day(unit.get("valid_from")),
            "valid_to": _day(unit.get("valid_to")),
        }
        for unit in data["organisation"]["units"]
    ]
    _upsert(tx, units, ("id",), found, {})
    persons = data["people"]["people"]
    found = [
        {
            "id": person["id"],
            "name": person["name"],
            "name_en": person.get("name_en") or person["name"],
            "sort_key": vietnamese_sort_key(person["name"]),
        }
        for person in persons
    ]
    _upsert(tx, people, ("id",), found, {"active": True})
    found = [
        {
            "person_id": person["id"],
            "unit_id": seat["unit"],
            "position": seat["position"],
            "roles": " ".join(seat["roles"]),
            "valid_from": _day(seat.get("valid_from")),
            "valid_to": _day(seat.get("valid_to")),
        }
        for person in persons
        for seat in person["memberships"]
    ]
    _upsert(tx, memberships, ("person_id", "unit_id", "position", "valid_from"), found, {"id": clock.new_id})
    found = [
        {"lane": lane["lane"], "position": binding["position"], "unit_id": binding["unit"]}
        for lane in data["lanes"]["lanes"]
        for binding in lane["bindings"]
    ]
    _upsert(tx, lane_bindings, ("lane", "position", "unit_id"), found, {})
    _open_accounts(tx, [person["id"] for person in persons], data["password"])


def _open_accounts(tx: Tx, persons: list[str], password: str) -> None:
    c = accounts.c
    there = set(tx.conn.execute(sa.select(c.login).where(c.tenant_id == tx.tenant)).scalars())
    missing = [person for person in persons if identity.fold_login(person) not in there]
    if missing:
        # One hash for all: everybody knows this password, and hashing it eighty times takes seconds.
        hashed = identity.hash_password(password, tx.settings)
        for person in missing:
            identity.create_account(tx.conn, tx.tenant, person, person, hashed)


def _upsert(
    tx: Tx, table: sa.Table, keys: tuple[str, ...], rows: list[dict[str, Any]], once: Mapping[str, Any]
) -> None:
    """Insert the rows whose keys are not there, update those that differ. `once` has values (or makers of values) that
    only a new row gets."""
    mine = table.c.tenant_id == tx.tenant
    there = {tuple(row._mapping[key] for key in keys): row for row in tx.conn.execute(sa.select(table).where(mine))}
    fresh = []
    for row in rows:
        old = there.get(tuple(row[key] for key in keys))
        if old is None:
            made = {name: value() if callable(value) else value for name, value in once.items()}
            fresh.append({"tenant_id": tx.tenant, **made, **row})
        elif any(old._mapping[name] != value for name, value in row.items()):
            same = [old._mapping[column.name] == column for column in table.primary_key.columns]
            tx.conn.execute(sa.update(table).where(*same).values(**row))
    if fresh:
        tx.conn.execute(sa.insert(table), fresh)


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)


# --- what can be wrong with the files -----------------------------------------------------------------------------


def _problems(data: Mapping[str, Any]) -> Iterator[Problem]:
    """References that lead nowhere and names that cannot be used; a file of another shape is one problem."""
    try:
        organisation = data["organisation"]
        known = {}
        for kind in ("unit", "position", "role"):
            ids = [entry["id"] for entry in organisation[f"{kind}s"]]
            known[kind] = set(ids)
            yield from _slugs("organisation", ids)
        for unit in organisation["units"]:
            yield from _known("organisation", unit["id"], known, {"unit": [unit.get("parent")]})
        yield from _slugs("people", [person["id"] for person in data["people"]["people"]])
        for person in data["people"]["people"]:
            for seat in person["memberships"]:
                used = {"unit": [seat["unit"]], "position": [seat["position"]], "role": seat["roles"]}
                yield from _known("people", person["id"], known, used)
        yield from _slugs("lanes", [lane["lane"] for lane in data["lanes"]["lanes"]])
        for lane in data["lanes"]["lanes"]:
            for binding in lane["bindings"]:
                used = {"unit": [binding["unit"]], "position": [binding["position"]]}
                yield from _known("lanes", lane["lane"], known, used)
    except (KeyError, TypeError, AttributeError) as error:
        yield Problem("organisation", None, "wrong_shape", f"expected units, people and lanes, found no {error}")


def _slugs(file: str, names: list[str]) -> Iterator[Problem]:
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield Problem(file, name, "duplicate_id", "expected every id once")
    for name in names:
        if not SLUG.fullmatch(name):
            yield Problem(file, name, "bad_id", "expected small letters, digits, dots, dashes and _ in an id")


def _known(
    file: str, element: str, known: Mapping[str, set[str]], used: Mapping[str, list[str | None]]
) -> Iterator[Problem]:
    for kind, names in used.items():
        for name in names:
            if name and name not in known[kind]:
                yield Problem(file, element, f"unknown_{kind}", f"no such {kind}: {name}", {kind: name})
