"""T4 and T5 as files: each step of the domain is one element in its lane, each result is made where the plan has it."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from engine import bpmn, gates
from webui.stories import t4, t5

HERE = Path(__file__).parent
ROOT = HERE.parent / "workflows"
FOLDERS = {"T4": "kh_cnsh", "T5": "quy_che_shtt"}
STEPS: dict[str, list[dict[str, Any]]] = {
    code: json.loads((HERE / "fixtures" / f"{code.lower()}_steps.json").read_text("utf-8")) for code in FOLDERS
}
MODELS = {code: bpmn.compile((ROOT / f / f"{f}.bpmn").read_bytes(), file=f"{f}.bpmn") for code, f in FOLDERS.items()}
MILESTONES = {
    "T4": [
        "Phân công",
        "Tổ biên tập",
        "Đề cương",
        "Dự thảo 1",
        "Các ngành góp ý",
        "Dự thảo 2",
        "Phó Chủ tịch chỉ đạo",
        "Phiên họp UBND tỉnh",
        "Ký ban hành",
    ],
    "T5": [
        "Phân công",
        "Tổ soạn thảo",
        "Đề cương",
        "Dự thảo 1",
        "Cơ quan phối hợp góp ý",
        "Dự thảo 2",
        "Phó Chủ tịch chỉ đạo",
        "Phiên họp UBND tỉnh",
        "Ký ban hành",
    ],
}
per_task = pytest.mark.parametrize("code", FOLDERS)


def elements(code: str) -> list[bpmn.Element]:
    return list(MODELS[code].elements.values())


def carrier(code: str, step: str) -> bpmn.Element:
    (found,) = [e for e in elements(code) if e.properties.get("step") == step]
    return found


@pytest.mark.parametrize("step", [s for steps in STEPS.values() for s in steps], ids=lambda s: s["step"])
def test_each_step_is_one_element_with_exactly_its_covers_in_its_lane(step: dict[str, Any]) -> None:
    element = carrier(step["step"][:2], step["step"])
    assert element.properties.get("covers", "").split() == step["covers"]
    if step["lane"] != "—":
        assert element.lane in re.split(r"\W+", step["lane"])


@per_task
def test_every_element_of_the_main_flow_belongs_to_a_step(code: str) -> None:
    known = {s["step"] for s in STEPS[code]}
    for element in elements(code):
        named = {*gates.words(element.properties.get("step")), *gates.words(element.properties.get("part_of"))}
        assert named <= known, element.id
        if element.lane and element.lane != "system":
            assert named, element.id


@per_task
def test_milestones_come_in_the_order_of_the_steps(code: str) -> None:
    found = {e.properties["step"]: e.properties["milestone"] for e in elements(code) if "milestone" in e.properties}
    assert [found[s["step"]] for s in STEPS[code] if s["step"] in found] == MILESTONES[code]


@per_task
def test_each_result_of_the_plan_is_made_by_its_step_and_named(code: str) -> None:
    plan = json.loads((ROOT / "demo" / "plan-2022.json").read_text("utf-8"))
    task = next(t for t in plan["focus_tasks"] if t["code"] == code)
    names = json.loads((ROOT / FOLDERS[code] / "artefacts.json").read_text("utf-8"))
    assert task["process_id"] == FOLDERS[code]
    for result in task["results"]:
        for artefact in result["artefacts"]:
            makers = [e for e in elements(code) if artefact in gates.words(e.properties.get("produces"))]
            (step,) = {e.properties.get("step") or e.properties["part_of"] for e in makers}
            assert step == result["steps"][0], artefact
            assert result["id"] in carrier(code, step).properties["covers"].split()
            assert names[artefact]["name"] and names[artefact]["name:en"]


@per_task
def test_every_paper_that_is_drafted_has_a_name_and_a_template_that_exists(code: str) -> None:
    names = json.loads((ROOT / FOLDERS[code] / "artefacts.json").read_text("utf-8"))
    used = {
        word
        for e in elements(code)
        for name in ("requires", "produces", "signs", "letter")
        for word in gates.words(e.properties.get(name))
    }
    assert used - {"opinions"} == names.keys()
    for artefact in names.values():
        if "template" in artefact:
            assert (ROOT / "shared" / "templates" / f"{artefact['template']}.docx").is_file(), artefact


def test_the_extra_steps_of_a_legal_normative_document_are_taken_only_then() -> None:
    model = MODELS["T5"]
    (gateway,) = [e for e in elements("T5") if e.id == "la_qppl"]
    ways = {}
    for known in ({"is_qppl": False}, {"is_qppl": True}, {"is_qppl": True, "posted_on": "2022-08-01"}, {}):
        taken = gateway.default
        for flow in gateway.outgoing:
            condition = model.flows[flow].condition
            if condition is not None and condition.evaluate({"is_qppl": None, "posted_on": None} | known) is True:
                taken = flow
                break
        ways[len(ways)] = model.flows[taken].target if taken else None
    assert list(ways.values()) == ["hoan_thien_ho_so", "tra_ngay_dang", "tham_dinh", "tra_ngay_dang"]


@pytest.mark.parametrize("story", [t4, t5], ids=lambda s: s.CODE)
def test_a_story_goes_forward_in_time_and_names_each_month(story: Any) -> None:
    times = [when for when, _ in story.STORY]
    assert times == sorted(times)
    assert len(set(times)) == len(times)
    assert sorted(story.MONTHLY) == [f"2022-{month:02d}" for month in range(1, 13)]
