"""Loading the demo organisation, again and with mistakes."""

import copy
import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from types import SimpleNamespace
from typing import Any

import pytest
import sqlalchemy as sa

import servers
from engine import identity, org
from engine.commands import people as commands
from engine.errors import DefinitionError
from engine.records import accounts, lane_bindings, memberships, metadata, people, units
from engine.settings import Settings

NOW = datetime(2022, 1, 4, 2, tzinfo=UTC)
CHEAP = Settings(argon2_time=1, argon2_memory_kib=64)
TABLES = (units, people, memberships, lane_bindings, accounts)


@pytest.fixture
def tx() -> Iterator[Any]:
    engine = sa.create_engine("sqlite://")
    with engine.begin() as connection:
        metadata.create_all(connection)
        yield SimpleNamespace(conn=connection, tenant=1, now=NOW, system_now=NOW, settings=CHEAP)
    engine.dispose()


@pytest.fixture
def data() -> Any:
    demo = servers.ROOT / "workflows" / "demo"
    files = {name: json.loads((demo / f"{name}.json").read_text()) for name in ("organisation", "people", "lanes")}
    return {**files, "password": files["people"]["demo_password"]}


def stored(tx: Any) -> list[list[Any]]:
    return [sorted(map(str, tx.conn.execute(sa.select(table)))) for table in TABLES]


def test_the_demo_organisation_gives_everybody_a_seat_and_an_account(tx, data):
    commands.load_organisation(tx, data)
    assert org.actor(tx.conn, 1, "tp.qlkh", date(2022, 1, 4)).keys >= {"unit_head@phong_qlkh"}
    assert org.actor(tx.conn, 1, "pct.ubnd", date(2022, 1, 4)).keys >= {"vice_chair"}
    account = identity.credentials(tx.conn, 1, "cv.qlkh.1")
    assert account.person_id == "cv.qlkh.1"
    assert identity.verify(account.password_hash, data["password"], CHEAP)
    names = tx.conn.execute(sa.select(people.c.name).order_by(people.c.sort_key)).scalars().all()
    assert names.index("Chuyên viên Phòng Quản lý Khoa học 1") < names.index("Chuyên viên Phòng Quản lý Khoa học 2")
    districts = [name for name in names if "huyện" in name]
    assert districts == [f"Đầu mối UBND huyện {number:02}" for number in range(1, 11)]


def test_every_lane_of_the_demo_but_the_system_has_people(tx, data):
    commands.load_organisation(tx, data)
    bound = set(tx.conn.execute(sa.select(lane_bindings.c.lane)).scalars())
    assert bound == {lane["lane"] for lane in data["lanes"]["lanes"] if lane["bindings"]}
    day = date(2022, 1, 4)
    by_unit = org.lanes_by_unit(tx.conn, 1)
    fixed = sorted(bound - by_unit)
    assert [lane for lane in fixed if not org.holders(tx.conn, 1, lane, day)] == []


def test_loading_again_writes_nothing(tx, data):
    commands.load_organisation(tx, data)
    before, written = stored(tx), []
    sa.event.listen(tx.conn, "before_cursor_execute", lambda _c, _u, statement, *_: written.append(statement))
    commands.load_organisation(tx, data)
    assert all(statement.startswith("SELECT") for statement in written)
    assert stored(tx) == before


def test_loading_again_respects_what_the_administrator_did(tx, data):
    commands.load_organisation(tx, data)
    identity.set_hash(tx.conn, 1, "gd.so", identity.hash_password("khác", CHEAP))
    tx.conn.execute(sa.update(people).where(people.c.id == "cv.qlkh.3").values(active=False, lang="en"))
    before = stored(tx)
    commands.load_organisation(tx, data)
    assert stored(tx) == before


def test_a_changed_file_updates_rows_in_place(tx, data):
    commands.load_organisation(tx, data)
    seats = tx.conn.execute(sa.select(memberships.c.id).where(memberships.c.person_id == "gd.so")).scalars().all()
    changed = copy.deepcopy(data)
    director = next(p for p in changed["people"]["people"] if p["id"] == "gd.so")
    director["name"] = "Quyền Giám đốc Sở"
    director["memberships"][0] |= {"roles": ["giam_doc"], "valid_to": "2022-06-30"}
    commands.load_organisation(tx, changed)
    row = tx.conn.execute(sa.select(memberships).where(memberships.c.person_id == "gd.so")).one()
    assert [row.id] == seats
    assert (row.roles, row.valid_to) == ("giam_doc", date(2022, 6, 30))
    name = tx.conn.execute(sa.select(people.c.name).where(people.c.id == "gd.so")).scalar_one()
    assert name == "Quyền Giám đốc Sở"


def problems(tx: Any, data: Any) -> list[tuple[str, str | None, str]]:
    with pytest.raises(DefinitionError) as refused:
        commands.load_organisation(tx, data)
    assert stored(tx) == [[]] * len(TABLES)
    return [(problem.file, problem.element, problem.code) for problem in refused.value.problems]


def test_references_that_lead_nowhere_are_all_reported(tx, data):
    person = data["people"]["people"][0]
    person["memberships"][0] |= {"unit": "nowhere", "position": "nobody", "roles": ["nothing"]}
    data["people"]["people"].append(copy.deepcopy(person) | {"memberships": []})
    data["organisation"]["units"][1]["parent"] = "nowhere"
    data["organisation"]["units"].append({"id": "hai từ", "name": "x", "kind": "internal", "sort": 1})
    lane = data["lanes"]["lanes"][0]
    lane["bindings"].append({"unit": "nowhere", "position": "truong"})
    assert problems(tx, data) == [
        ("organisation", "hai từ", "bad_id"),
        ("organisation", data["organisation"]["units"][1]["id"], "unknown_unit"),
        ("people", person["id"], "duplicate_id"),
        ("people", person["id"], "unknown_unit"),
        ("people", person["id"], "unknown_position"),
        ("people", person["id"], "unknown_role"),
        ("lanes", lane["lane"], "unknown_unit"),
    ]


def test_a_file_of_another_shape_is_refused(tx, data):
    assert problems(tx, {**data, "people": {"persons": []}}) == [("organisation", None, "wrong_shape")]
