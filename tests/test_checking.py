"""Checking models while others do: few at once, nobody waits long, and what was not looked at is not claimed."""

from collections.abc import Callable
from typing import Any

import pytest

import offices
from engine import Conflict
from engine.queries.checking import Reports, surroundings
from test_commands_races import at_once
from test_drafts import DEADLOCK, SOUND

At = Callable[..., offices.Office]
NEW = "quy_trinh_moi"


@pytest.fixture
def around(office_at: At) -> Any:
    return office_at().engine.read(surroundings, NEW)


def rules(report: Any) -> set[str]:
    return {finding.rule for finding in report.findings}


def test_who_finds_all_places_taken_is_told_that_the_runs_were_not_looked_at(around: Any) -> None:
    full = Reports(at_once=0)
    found = full.check(NEW, DEADLOCK, around, 0.01).report
    assert (found.states, found.complete) == (0, False)
    assert "time_reached" in rules(found) and "deadlock" not in rules(found)
    broken = full.check(NEW, b"<html/>", around, 0.01)
    assert broken.definition is None and broken.report.errors


def test_a_deployment_waits_for_its_turn_and_is_refused_when_none_comes(around: Any) -> None:
    with pytest.raises(Conflict) as refused:
        Reports(at_once=0, turn=0.01).check(NEW, SOUND, around)
    assert refused.value.code == "busy"


def test_a_place_is_given_back_and_what_was_found_there_is_found_again_without_one(around: Any) -> None:
    reports = Reports(at_once=1)
    models = [SOUND.replace("Soạn".encode(), f"Soạn {n}".encode()) for n in range(4)]
    found = at_once([lambda xml=xml: reports.check(NEW, xml, around) for xml in models])  # type: ignore[misc]
    assert all(one.report.complete and one.report.states for one in found)
    assert "deadlock" in rules(reports.check(NEW, DEADLOCK, around, 30).report)
    assert reports._slots.acquire(timeout=0)
    assert reports.check(NEW, models[0], around, 0.01).report.complete
