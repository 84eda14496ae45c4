"""Simulating from what has happened: the journals' times and answers, and who may ask for them."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

import engine
import offices
from engine import Forbidden, NotFound
from engine.bpmn.worktime import WorkingTime
from engine.queries.durations import Reader
from engine.records import cases, journal
from kernel_models import NOW
from offices import DRAFTER, HEAD, REASON, SECRETARY
from webui import demo

At = Callable[..., offices.Office]
T1 = Path(__file__).parents[1] / "workflows" / "chi_thi_khcn" / "chi_thi_khcn.bpmn"
ANALYST = "ptqt.so"


def test_the_journal_says_how_long_steps_took_and_what_came_of_them(office_at: At) -> None:
    office = office_at("chi_dao")
    history = office.engine.queries.durations(SECRETARY, "chi_thi_khcn")
    assert (history.cases, history.erased, history.process_id) == (1, 0, "chi_thi_khcn")
    steps = history.parameters["elements"]
    times = {name: steps[name]["duration"]["sample"] for name in ("phan_cong", "xay_dung_du_thao", "duyet_du_thao")}
    assert times == {"phan_cong": [0.5], "xay_dung_du_thao": [1.5], "duyet_du_thao": [1.0]}, "without the midday break"
    assert steps["gop_y_noi_bo"]["duration"]["sample"] == [10.5] * len(offices.ASKED), "without the days of Tết"
    assert steps["duyet_du_thao"]["outcomes"] == [{"weight": 1, "variables": {"outcome": "dong_y"}}]
    assert history.parameters["variables"]["latest_finish"] == "2022-04"
    assert sum(len(s["duration"]["sample"]) for s in steps.values()) == history.tasks


def test_what_happened_can_be_simulated(office_at: At) -> None:
    office = office_at(offices.STOPS[-1])
    office.finish()
    history = office.engine.queries.durations("system", "chi_thi_khcn")
    result = engine.simulate(T1, history.parameters, cases=20)
    assert result["finished"] == 20 and result["ends"][0]["end"] == "da_ban_hanh"
    assert result["assumed"] == [], "every step that happened has times"


def test_a_deployed_process_is_simulated_in_its_store(office_at: At) -> None:
    office = office_at(offices.STOPS[-1])
    office.finish()
    given = office.engine.queries.durations(SECRETARY, "chi_thi_khcn").parameters
    learned = engine.simulate_deployed(office.engine, SECRETARY, "chi_thi_khcn", cases=10)
    assert learned["finished"] == 10 and learned["parameters"] == given
    assert engine.simulate(T1, given, cases=10)["days"] == learned["days"], "the store's files are those of the folder"
    with pytest.raises(Forbidden):
        engine.simulate_deployed(office.engine, DRAFTER, "chi_thi_khcn")
    with pytest.raises(NotFound):
        engine.simulate_deployed(office.engine, SECRETARY, "khong_co")


def test_only_analysts_and_the_secretariat_ask(office_at: At) -> None:
    office = office_at("chi_dao")
    with pytest.raises(Forbidden):
        office.engine.queries.durations(DRAFTER, "chi_thi_khcn")
    with pytest.raises(NotFound):
        office.engine.queries.durations(SECRETARY, "khong_co")


def test_restricted_cases_are_not_learned_from_by_those_who_may_not_see_them(office_at: At) -> None:
    office = office_at("chi_dao")
    assert office.engine.queries.durations(ANALYST, "chi_thi_khcn").cases == 1
    with office.engine.statements().begin() as connection:
        connection.execute(sa.update(cases).values(secrecy="han_che"))
    with pytest.raises(NotFound):
        office.engine.queries.durations(ANALYST, "chi_thi_khcn")


def test_an_opinion_that_never_came_is_one_that_nobody_gives(office_at: At) -> None:
    office = office_at("hoi_dong_gop_y")
    office.at("2022-03-01 09:00")  # the members' time is over
    steps = office.engine.queries.durations(SECRETARY, "chi_thi_khcn").parameters["elements"]
    assert steps["hoi_dong_gop_y"] == {"outcomes": [{"weight": len(demo.COUNCIL), "never": True}]}


def test_what_was_answered_the_second_time_is_told_apart(office_at: At) -> None:
    office = office_at("duyet_du_thao")
    office.decides(HEAD, "duyet_du_thao", "yeu_cau_chinh_sua", REASON)
    office.does(DRAFTER, "xay_dung_du_thao", demo.ANSWERS["xay_dung_du_thao"])
    office.decides(HEAD, "duyet_du_thao", "dong_y")
    step = office.engine.queries.durations(SECRETARY, "chi_thi_khcn").parameters["elements"]["duyet_du_thao"]
    assert step["outcomes"] == [{"weight": 1, "variables": {"outcome": "yeu_cau_chinh_sua"}}]
    assert step["again"]["outcomes"] == [{"weight": 1, "variables": {"outcome": "dong_y"}}]


def test_what_ends_with_its_case_was_not_left_undone() -> None:
    def opened(task: str, host: str | None = None) -> dict[str, Any]:
        return {"e": "task.opened", "task": task, "el": f"t{task[0]}", "host": host}

    cancelled = [{"e": "task.cancelled", "task": t} for t in ("3", "4")]
    dropped, ended = {"e": "shards.dropped", "host": "5"}, {"e": "instance.ended"}
    start = [opened("3"), opened("4"), opened("5.1.0", "5")]
    payloads = [
        [{"events": start}, {"events": [*cancelled, dropped]}],  # a boundary event took them away
        [{"events": start}, {"events": [*cancelled, dropped, ended]}],  # the case was withdrawn
    ]
    reader = Reader(WorkingTime(None, 0))
    for entries in payloads:
        reader.read([(NOW, json.dumps(payload)) for payload in entries])
    assert reader.withdrawn == 3 and reader.tasks == 0
    assert reader.elements()["t5"] == {"outcomes": [{"weight": 1, "never": True}]}


def test_erased_payloads_are_passed_over_and_counted(office_at: At) -> None:
    office = office_at("chi_dao")
    before = office.engine.queries.durations(SECRETARY, "chi_thi_khcn")
    entry = sa.and_(journal.c.kind == "gate.decided", journal.c.payload.contains('"duyet_du_thao"'))
    with office.engine.statements().begin() as connection:
        erased = connection.execute(sa.update(journal).where(entry).values(payload=None)).rowcount
    after = office.engine.queries.durations(SECRETARY, "chi_thi_khcn")
    assert after.erased == erased > 0 and after.tasks < before.tasks
