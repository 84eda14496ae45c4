"""The plan of 2022 is in the diagrams: every step, every item, every result (`make coverage-plan` prints the table)."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

import plan_coverage
import servers

PLAN = plan_coverage.wanted()
PROCESSES = {process["code"]: process for process in PLAN["processes"]}


@pytest.mark.parametrize("code", PROCESSES)
def test_every_step_of_a_process_is_an_element_with_its_items_and_results(code: str) -> None:
    found = plan_coverage.cover(PROCESSES[code])
    assert found.faults == []
    assert found.steps_found == found.steps


def test_together_they_cover_the_whole_plan() -> None:
    found = [plan_coverage.cover(process) for process in PROCESSES.values()]
    assert sum(one.steps_found for one in found) == 173
    items = {item["id"] for item in PLAN["items"]}
    assert len(items) == 173
    assert set().union(*(one.items for one in found)) == items
    results = {item["id"] for item in PLAN["items"] if item["kind"] == "result"}
    assert len(results) == 39
    assert set().union(*(one.results for one in found)) == results


def test_every_deviation_has_its_reason_and_is_still_one() -> None:
    told = plan_coverage.deviations()
    assert set(told) == {"steps", "covers", "results"}
    lines = [line for process in PROCESSES.values() for line in plan_coverage.cover(process).deviations]
    for reasons in told.values():
        for about, reason in reasons.items():
            assert len(reason) > 20, about
            assert any(line.startswith(f"{about}:") for line in lines), f"{about} is no deviation any more"


# --- what it would find --------------------------------------------------------------------------------------------


@pytest.fixture
def changed(tmp_path: Path) -> Callable[..., plan_coverage.Covered]:
    """What is found of T1 when its diagram is changed: a text is replaced by another, once."""

    def with_change(old: str, new: str) -> plan_coverage.Covered:
        for folder in ("chi_thi_khcn", "shared"):
            shutil.copytree(servers.ROOT / "workflows" / folder, tmp_path / folder)
        path = tmp_path / "chi_thi_khcn" / "chi_thi_khcn.bpmn"
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new, 1))
        return plan_coverage.cover(PROCESSES["T1"], tmp_path)

    return with_change


def test_a_missing_folder_is_told(tmp_path: Path) -> None:
    found = plan_coverage.cover(PROCESSES["T4"], tmp_path)
    assert (found.present, found.faults) == (False, ["T4: no diagram kh_cnsh/kh_cnsh.bpmn"])


def test_a_lost_step_is_told(changed: Callable[..., plan_coverage.Covered]) -> None:
    found = changed('name="step" value="T1.06"', 'name="part_of" value="T1.06"')
    assert "T1.06: no element has this step" in found.faults
    assert "T1-b3" not in found.items


def test_a_step_of_another_process_is_told(changed: Callable[..., plan_coverage.Covered]) -> None:
    found = changed('name="step" value="T1.06"', 'name="step" value="T1.99"')
    assert any(fault.startswith("T1.99:") for fault in found.faults)


def test_items_too_few_and_too_many_are_told(changed: Callable[..., plan_coverage.Covered]) -> None:
    found = changed('name="covers" value="T1-b4 T1-a2"', 'name="covers" value="T1-b4 T1-a3"')
    assert found.faults == ["T1.05: covers lacks T1-a2 has besides T1-a3"]


def test_a_result_that_nobody_makes_is_told(changed: Callable[..., plan_coverage.Covered]) -> None:
    produces = re.search(r'name="produces" value="[^"]*du_thao_1[^"]*"', _t1()).group()  # type: ignore[union-attr]
    found = changed(produces, produces.replace("du_thao_1", "du_thao_khac"))
    assert found.faults == ["T1-r1: nothing produces du_thao_1"]
    assert "T1-r1" not in found.results


def _t1() -> str:
    return (servers.ROOT / "workflows" / "chi_thi_khcn" / "chi_thi_khcn.bpmn").read_text()


def test_a_reason_turns_a_fault_into_a_deviation(tmp_path: Path) -> None:
    shutil.copytree(servers.ROOT / "workflows" / "chi_thi_khcn", tmp_path / "chi_thi_khcn")
    path = tmp_path / "chi_thi_khcn" / "chi_thi_khcn.bpmn"
    path.write_text(path.read_text().replace('name="covers" value="T1-b3"', 'name="covers" value="+"'))
    why = {"steps": {}, "covers": {"T1.06": "đánh giá làm ở bước khác"}, "results": {}}
    found = plan_coverage.cover(PROCESSES["T1"], tmp_path, why)
    assert [line for line in found.deviations if line.startswith("T1.06")] == [
        "T1.06: covers lacks T1-b3 (đánh giá làm ở bước khác)"
    ]
    assert "T1-b3" not in found.items
