"""Loading a yearly plan: twice the same, a changed one, a wrong one."""

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa

import servers
from engine import plans
from engine.errors import DefinitionError, NotFound
from engine.records import cases, focus_tasks, metadata, units
from engine.records import plans as plan_rows

PLAN_2022 = servers.ROOT / "workflows" / "demo" / "plan-2022.json"
UNITS = servers.ROOT / "workflows" / "demo" / "organisation.json"


@pytest.fixture
def plan() -> Any:
    return json.loads(PLAN_2022.read_text())


@pytest.fixture
def conn() -> Iterator[sa.Connection]:
    engine = sa.create_engine("sqlite://")
    with engine.begin() as connection:
        metadata.create_all(connection)
        for number, unit in enumerate(json.loads(UNITS.read_text())["units"]):
            row = {name: unit["id"] for name in ("id", "name", "name_en", "short_name")}
            connection.execute(sa.insert(units), {"tenant_id": 1, "kind": "internal", "sort": number, **row})
        yield connection
    engine.dispose()


def rows(conn: sa.Connection) -> dict[str, Any]:
    return {row.code: row for row in conn.execute(sa.select(focus_tasks).order_by(focus_tasks.c.sort))}


def codes(load: Any) -> list[tuple[str | None, str]]:
    with pytest.raises(DefinitionError) as refused:
        load()
    return [(problem.element, problem.code) for problem in refused.value.problems]


def test_the_plan_of_2022_is_stored_with_its_six_focus_tasks(conn, plan):
    plan_id = plans.load_plan(conn, 1, plan)
    stored = conn.execute(sa.select(plan_rows)).one()
    assert (stored.id, stored.year, stored.version, stored.number) == (plan_id, 2022, 2, None)
    tasks = rows(conn)
    assert list(tasks) == ["T1", "T2", "T3", "T4", "T5", "T6"]
    months = {code: (t.planned_finish, t.committed_finish, t.latest_finish) for code, t in tasks.items()}
    assert months == {
        "T1": ("2022-03", "2022-03", "2022-04"),
        "T2": ("2022-12", "2022-12", "2022-12"),
        "T3": ("2022-05", "2022-05", "2022-05"),
        "T4": ("2022-05", "2022-06", "2022-06"),
        "T5": ("2022-08", "2022-09", "2022-09"),
        "T6": ("2022-12", "2022-12", "2022-12"),
    }
    assert tasks["T1"].lead_unit == "phong_qlkh"
    assert tasks["T1"].process_id == "chi_thi_khcn"
    assert [result["id"] for result in tasks["T1"].results] == ["T1-r1", "T1-r2", "T1-r3"]
    assert tasks["T1"].roadmap[0]["month"] == "2022-01"
    assert plans.warnings(plan) == []


def test_loading_again_writes_nothing(conn, plan):
    first = plans.load_plan(conn, 1, plan)
    written = []
    sa.event.listen(conn, "before_cursor_execute", lambda _c, _u, statement, *_: written.append(statement))
    assert plans.load_plan(conn, 1, plan) == first
    assert written
    assert all(statement.startswith("SELECT") for statement in written)


def test_a_changed_plan_keeps_the_ids_that_cases_refer_to(conn, plan):
    plans.load_plan(conn, 1, plan)
    before = rows(conn)
    changed = copy.deepcopy(plan)
    changed["number"] = "40/KH-KHCN"
    changed["focus_tasks"][0]["latest_finish"] = "2022-05"
    plans.load_plan(conn, 1, changed)
    after = rows(conn)
    assert {code: row.id for code, row in after.items()} == {code: row.id for code, row in before.items()}
    assert after["T1"].latest_finish == "2022-05"
    assert after["T2"] == before["T2"]
    assert conn.execute(sa.select(plan_rows.c.number)).scalars().all() == ["40/KH-KHCN"]


def test_another_version_stands_beside_the_first(conn, plan):
    first = plans.load_plan(conn, 1, plan)
    assert plans.load_plan(conn, 1, {**plan, "version": 3}) != first
    assert conn.execute(sa.select(sa.func.count()).select_from(focus_tasks)).scalar_one() == 12


def test_a_focus_task_with_cases_cannot_be_left_out(conn, plan):
    plans.load_plan(conn, 1, plan)
    text = {column.name: "2022-01" for column in cases.columns if isinstance(column.type, sa.String)}
    text |= {"id": "case", "focus_task_id": rows(conn)["T2"].id}
    moment = {"started_at": sa.func.current_timestamp(), "ended_at": None}
    conn.execute(sa.insert(cases).values(tenant_id=1, version=1, head_seq=0, **text, **moment))
    shorter = {**plan, "focus_tasks": [t for t in plan["focus_tasks"] if t["code"] not in {"T2", "T3"}]}
    assert codes(lambda: plans.load_plan(conn, 1, shorter)) == [("T2", "in_use")]
    assert "T3" in rows(conn)
    shorter["focus_tasks"].append(plan["focus_tasks"][1])
    plans.load_plan(conn, 1, shorter)
    assert "T3" not in rows(conn)


def test_everything_wrong_with_a_plan_is_reported(conn, plan):
    tasks = plan["focus_tasks"]
    tasks[0]["planned_start"] = "tháng 1"
    del tasks[1]["title"]
    tasks[2]["origin"] = "somebody"
    tasks[3]["results"][0]["id"] = ""
    plan["year"] = "2022"
    assert sorted(codes(lambda: plans.load_plan(conn, 1, plan))) == [
        ("focus_tasks[0].planned_start", "wrong_value"),
        ("focus_tasks[1].title", "wrong_value"),
        ("focus_tasks[2].origin", "wrong_value"),
        ("focus_tasks[3].results[0].id", "wrong_value"),
        ("year", "wrong_value"),
    ]


def test_unknown_units_and_repeated_codes_are_refused(conn, plan):
    plan["focus_tasks"][1]["code"] = "T1"
    assert codes(lambda: plans.load_plan(conn, 1, plan)) == [("T1", "duplicate_code")]
    plan["focus_tasks"][1]["code"] = "T2"
    plan["focus_tasks"][1]["lead_unit"] = "phong_moi"
    assert codes(lambda: plans.load_plan(conn, 1, plan)) == [("T2", "unknown_unit")]


def test_contradicting_months_are_stored_with_a_warning(conn, plan):
    plan["focus_tasks"][3]["committed_finish"] = "2022-04"
    (warning,) = plans.warnings(plan)
    assert (warning.element, warning.code) == ("T4", "months")
    assert warning.params == {"planned_finish": "2022-05", "committed_finish": "2022-04"}
    plans.load_plan(conn, 1, plan)
    assert rows(conn)["T4"].committed_finish == "2022-04"


def test_a_plan_without_short_titles_gets_them_cut_after_a_word(conn, plan):
    del plan["focus_tasks"][0]["short_title"]
    plans.load_plan(conn, 1, plan)
    short = rows(conn)["T1"].short_title
    assert len(short) <= plans.SHORT_MAX
    assert short.endswith("…")
    assert plan["focus_tasks"][0]["title"].startswith(short.rstrip("…") + " ")
    assert plans.shorten("x" * 200, 10) == "x" * 9 + "…"
    assert plans.shorten(" một  hai ") == "một hai"


def test_a_focus_task_is_found_by_id_within_its_tenant(conn, plan):
    plans.load_plan(conn, 1, plan)
    focus_id = rows(conn)["T5"].id
    assert plans.focus_task(conn, 1, focus_id).code == "T5"
    for tenant, unknown in ((2, focus_id), (1, "nothing")):
        with pytest.raises(NotFound):
            plans.focus_task(conn, tenant, unknown)
