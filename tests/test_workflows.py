"""The workflow folders as files: what an analyst may rely on when a step, a form, a table or a lane is looked for."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

import offices
import stores
from engine import bpmn, deadlines, dmn, feel, forms, gates
from engine.bpmn import layout
from engine.queries import checking

ROOT = Path(__file__).parents[1] / "workflows"
T1 = ROOT / "chi_thi_khcn" / "chi_thi_khcn.bpmn"
SHARED = ROOT / "shared"
STEPS: list[dict[str, Any]] = json.loads((Path(__file__).parent / "fixtures" / "t1_steps.json").read_text("utf-8"))
MODELS = sorted(ROOT.glob("*/*.bpmn"))
FORMS = sorted(ROOT.glob("*/forms/*.form"))
BPMN = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"
ZEEBE = "{http://camunda.org/schema/zeebe/1.0}"
MILESTONES = [
    "Phân công",
    "Trình nội bộ",
    "Dự thảo 1",
    "Hội đồng góp ý",
    "Dự thảo 2",
    "Giám đốc ký trình",
    "Phó Chủ tịch chỉ đạo",
    "Ký ban hành",
]

per_model = pytest.mark.parametrize("path", MODELS, ids=lambda p: p.stem)


def compiled(path: Path) -> bpmn.Definition:
    return bpmn.compile(path.read_bytes(), file=path.name)


def words(element: bpmn.Element, name: str) -> list[str]:
    return element.properties.get(name, "").split()


def user_tasks(definition: bpmn.Definition) -> Iterator[bpmn.Element]:
    return (e for e in definition.elements.values() if e.type == "userTask")


def read(name: str) -> Any:
    return json.loads((ROOT / "demo" / name).read_text("utf-8"))


def calendar() -> deadlines.Calendar:
    found = deadlines.public_holidays([2022])
    return deadlines.Calendar({d.day: deadlines.SpecialDay(d.kind == "lam_bu", d.name) for d in found})


# --- models -------------------------------------------------------------------------------------------------------


@per_model
def test_a_model_compiles_without_a_problem_under_the_name_of_its_file(path: Path) -> None:
    definition = compiled(path)
    assert definition.problems == ()
    assert definition.process_id == path.stem


@pytest.mark.parametrize("step", STEPS, ids=lambda s: s["step"])
def test_each_step_of_t1_is_one_element_with_exactly_its_covers(step: dict[str, Any]) -> None:
    found = [e for e in compiled(T1).elements.values() if e.properties.get("step") == step["step"]]
    assert len(found) == 1
    assert words(found[0], "covers") == step["covers"]


def test_t1_has_no_step_that_the_domain_does_not_know() -> None:
    known = {s["step"] for s in STEPS}
    for element in compiled(T1).elements.values():
        assert {*words(element, "step"), *words(element, "part_of")} <= known, element.id


def test_steps_stand_in_the_lanes_of_the_domain() -> None:
    definition = compiled(T1)
    lane = {e.properties["step"]: e.lane for e in definition.elements.values() if "step" in e.properties}
    for step in STEPS:
        if step["lane"] != "—":
            assert lane[step["step"]] in re.split(r"\W+", step["lane"]), step["step"]


def test_the_milestones_come_in_the_order_of_the_steps() -> None:
    elements = compiled(T1).elements.values()
    found = {e.properties["step"]: e.properties["milestone"] for e in elements if "milestone" in e.properties}
    assert [found[s["step"]] for s in STEPS if s["step"] in found] == MILESTONES


@per_model
def test_every_user_task_has_a_form_or_is_a_gate_and_says_what_to_do(path: Path) -> None:
    for task in user_tasks(compiled(path)):
        assert bool(task.form_key) != ("gate" in task.properties), task.id
        sentences = re.findall(r"[.;](?=\s|$)", task.documentation)
        assert 2 <= len(sentences) <= 5, task.id
        assert task.properties.get("name:en"), task.id


@per_model
def test_forms_named_by_tasks_lie_in_the_folder_and_none_lies_unused(path: Path) -> None:
    named = {t.form_key for m in path.parent.glob("*.bpmn") for t in user_tasks(compiled(m)) if t.form_key}
    assert named == {f.stem for f in path.parent.glob("forms/*.form")}


@per_model
def test_called_processes_and_decisions_exist(path: Path) -> None:
    tree = etree.parse(path)
    processes = {m.stem for m in MODELS}
    decisions = {name for file in ROOT.glob("*/*.dmn") for name in dmn.parse(file.read_bytes(), file.name).ids}
    assert {e.get("processId") for e in tree.iter(f"{ZEEBE}calledElement")} <= processes
    assert {e.get("decisionId") for e in tree.iter(f"{ZEEBE}calledDecision")} <= decisions


@per_model
def test_every_gate_has_a_way_on_for_each_outcome_and_an_unknown_one_approves_nothing(path: Path) -> None:
    definition = compiled(path)
    for task in user_tasks(definition):
        if "gate" not in task.properties:
            continue
        assert set(gates.outcomes(task.properties)) <= set(gates.OUTCOMES), task.id
        assert {o.target for o in task.outputs} >= {"outcome"}, task.id
        ways = {outcome: way_after(definition, task, outcome) for outcome in words(task, "outcomes")}
        approved = {way for outcome, way in ways.items() if gates.moves_on(outcome)}
        returned = {way for outcome, way in ways.items() if outcome in gates.RETURNS}
        unknown = way_after(definition, task, "la")
        if task.id != "chi_dao":
            assert unknown not in approved, task.id
            assert unknown in returned, task.id
        if "return_to" in task.properties:
            assert task.properties["return_to"] in returned, task.id


def way_after(definition: bpmn.Definition, task: bpmn.Element, outcome: str) -> str:
    """The element that the gateway behind a gate leads to."""
    gateway = definition.elements[definition.flows[task.outgoing[0]].target]
    assert gateway.type == "exclusiveGateway", task.id
    for flow_id in gateway.outgoing:
        condition = definition.flows[flow_id].condition
        if condition is not None and condition.evaluate({"outcome": outcome}) is True:
            return definition.flows[flow_id].target
    assert gateway.default
    return definition.flows[gateway.default].target


def test_a_direction_that_is_no_approval_goes_back_to_the_vice_chair() -> None:
    outputs = {o.target: o.source for o in compiled(T1).elements["chi_dao"].outputs}
    resubmit = {o: outputs["resubmit"].evaluate({"outcome": o}) for o in ("dong_y", "yeu_cau_chinh_sua", "la")}
    assert resubmit == {"dong_y": False, "yeu_cau_chinh_sua": True, "la": True}


@per_model
def test_every_flow_out_of_a_choice_is_named_and_one_is_the_default(path: Path) -> None:
    definition = compiled(path)
    for element in definition.elements.values():
        if element.type == "exclusiveGateway" and len(element.outgoing) > 1:
            assert element.name, element.id
            assert element.default, element.id
            assert all(definition.flows[f].name for f in element.outgoing), element.id


@per_model
def test_names_on_shapes_are_short(path: Path) -> None:
    assert [e.name for e in compiled(path).elements.values() if len(e.name) > 40] == []


@per_model
def test_no_year_and_no_date_is_written_into_an_expression(path: Path) -> None:
    tree = etree.parse(path)
    values = [v for e in tree.iter(f"{{{ZEEBE[1:-1]}}}*") for k, v in e.attrib.items() if e.tag != f"{ZEEBE}property"]
    texts = [e.text or "" for e in tree.iter(f"{BPMN}conditionExpression", f"{BPMN}timeDate", f"{BPMN}timeDuration")]
    assert [t for t in [*values, *texts] if re.search(r"\b(19|20)\d\d\b", t)] == []


@per_model
def test_documents_that_steps_need_or_make_have_names(path: Path) -> None:
    names = {k for f in ROOT.glob("*/artefacts.json") for k in json.loads(f.read_text("utf-8"))}
    for element in compiled(path).elements.values():
        slugs = {*words(element, "requires"), *words(element, "produces"), *words(element, "signs")} - {"opinions"}
        assert slugs <= names, element.id


def test_the_results_of_t1_are_made_by_the_steps_that_cover_them() -> None:
    task = next(t for t in read("plan-2022.json")["focus_tasks"] if t["code"] == "T1")
    for result in task["results"]:
        makers = [e for e in compiled(T1).elements.values() if result["artefact"] in words(e, "produces")]
        assert [e.properties["step"] for e in makers] == [result["steps"][0]]
        assert result["id"] in words(makers[0], "covers")


@per_model
def test_a_drawing_has_no_fault(path: Path) -> None:
    assert layout.faults(layout.Geometry.read(path.read_bytes())) == []


# --- forms --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", FORMS, ids=lambda p: p.stem)
def test_a_form_reads_under_the_name_of_its_file_and_speaks_both_languages(path: Path) -> None:
    form = forms.parse(path.read_bytes(), path.name)
    source = json.loads(path.read_text("utf-8"))
    assert source["id"] == path.stem
    assert source["title:en"]
    for component in source["components"]:
        texts = {"text", "description"} if component["type"] == "text" else {"label", "description"}
        for text in texts & component.keys():
            assert component["properties"].get(f"{text}:en"), (component["id"], text)
        assert all(option["label:en"] for option in component.get("values", ()))
    assert form.id == path.stem


@per_model
def test_what_a_task_puts_out_is_asked_by_its_form(path: Path) -> None:
    for task in user_tasks(compiled(path)):
        if task.form_key:
            source = json.loads((path.parent / "forms" / f"{task.form_key}.form").read_text("utf-8"))
            keys = {c.get("key") for c in source["components"]}
            read_names = {name for o in task.outputs for name in o.source.variables}
            # A task that happens many times may add to the list that it puts out, and name what it was about.
            gathered = {o.target for o in task.outputs} | ({task.loop.item} if task.loop else set())
            assert read_names <= keys | gathered, task.id


# --- decisions ----------------------------------------------------------------------------------------------------


def decide(name: str, context: dict[str, Any]) -> dict[str, Any]:
    env = feel.Env(calendar=calendar(), now=datetime(2022, 1, 4, 1, tzinfo=UTC))
    found = dmn.parse((SHARED / f"{name}.dmn").read_bytes(), name).decision(name).evaluate(context, env).value
    assert isinstance(found, dict)
    return found


@pytest.mark.parametrize(
    ("kind", "issuer", "normative", "process", "qppl", "meeting", "pattern"),
    [
        ("nghi_quyet", "hdnd_tinh", True, "nq_hdnd", True, True, "{n}/{yyyy}/NQ-HĐND"),
        ("quyet_dinh", "ubnd_tinh", True, "quyet_dinh_qppl", True, True, "{n}/{yyyy}/QĐ-UBND"),
        ("quyet_dinh", "ubnd_tinh", False, "quyet_dinh_hanh_chinh", False, None, "{n}/QĐ-UBND"),
        ("chi_thi", "ubnd_tinh", False, "chi_thi", False, False, "{n}/CT-UBND"),
        ("ke_hoach", "ubnd_tinh", False, "ke_hoach_ubnd", False, True, "{n}/KH-UBND"),
        ("ke_hoach", "so_khcn", False, "van_ban_so", False, False, "{n}/KH-KHCN"),
        ("cong_van", "so_khcn", False, "van_ban_so", False, False, "{n}/KHCN-{dv}"),
        ("huong_dan", "so_khcn", False, "van_ban_so", False, False, "{n}/HD-KHCN"),
        ("thong_bao", "btc_giai", False, "van_ban_ban", False, False, "{n}/{loai}-BTC"),
    ],
)
def test_a_document_is_routed_by_kind_and_issuer(
    kind: str, issuer: str, normative: bool, process: str, qppl: bool, meeting: bool | None, pattern: str
) -> None:
    route = decide("dinh_tuyen_van_ban", {"doc_kind": kind, "issuer": issuer, "contains_normative_rule": normative})
    assert (route["process_key"], route["is_qppl"], route["needs_ubnd_meeting"]) == (process, qppl, meeting)
    assert route["number_pattern"] == pattern
    assert route["needs_justice"] is qppl
    assert route["portal_days"] == (None if qppl else 0)


PLAN_MONTHS = {
    "T1": ("2022-01", "2022-03", "2022-03", "2022-04"),
    "T4": ("2022-01", "2022-05", "2022-06", "2022-06"),
    "T5": ("2022-01", "2022-08", "2022-09", "2022-09"),
}


def status(task: str, **facts: Any) -> dict[str, Any]:
    names = ("planned_start", "planned_finish", "committed_finish", "latest_finish")
    months = dict(zip(names, PLAN_MONTHS[task], strict=True))
    common = {"stopped": False, "paused": False, "started": True, "finished_on": None, "as_of": "2022-12-30"}
    return decide("trang_thai_tien_do", {**common, **months, **facts})


@pytest.mark.parametrize(
    ("task", "signed", "expected", "mark", "flag"),
    [
        ("T1", "2022-02-28", "hoan_thanh_truoc_han", None, None),
        ("T1", "2022-03-01", "hoan_thanh_dung_han", None, None),
        ("T1", "2022-03-31", "hoan_thanh_dung_han", None, None),
        ("T1", "2022-04-05", "hoan_thanh_cham_kh", "amber", None),
        ("T1", "2022-04-30", "hoan_thanh_cham_kh", "amber", None),
        ("T1", "2022-05-04", "hoan_thanh_qua_han", "red", None),
        ("T4", "2022-06-15", "hoan_thanh_dung_han", None, "cham_so_ke_hoach"),
        ("T5", "2022-07-20", "hoan_thanh_truoc_han", None, None),
    ],
)
def test_a_finished_task_is_judged_by_the_day_of_signing(
    task: str, signed: str, expected: str, mark: str | None, flag: str | None
) -> None:
    judged = status(task, finished_on=signed)
    assert judged == {"status": expected, "colour": "blue", "mark": mark, "flag": flag}


@pytest.mark.parametrize(
    ("facts", "expected", "colour"),
    [
        ({"stopped": True, "finished_on": "2022-03-01"}, "khong_ban_hanh", "grey"),
        ({"paused": True}, "tam_dung", "grey"),
        ({"started": False, "as_of": "2022-01-31"}, "chua_thuc_hien_chua_den_han", "grey"),
        ({"started": False, "as_of": "2022-02-01"}, "chua_thuc_hien_qua_han_bat_dau", "red"),
        ({"as_of": "2022-03-23"}, "dang_thuc_hien_trong_han", "green"),
        ({"as_of": "2022-03-24"}, "dang_thuc_hien_sap_den_han", "amber"),
        ({"as_of": "2022-04-01"}, "dang_thuc_hien_cham_kh", "amber"),
        ({"as_of": "2022-04-30"}, "dang_thuc_hien_cham_kh", "amber"),
        ({"as_of": "2022-05-01"}, "dang_thuc_hien_qua_han", "red"),
    ],
)
def test_an_unfinished_task_is_judged_by_today(facts: dict[str, Any], expected: str, colour: str) -> None:
    judged = status("T1", **facts)
    assert (judged["status"], judged["colour"]) == (expected, colour)


def test_every_rule_of_a_table_names_its_source_and_certainty() -> None:
    certain = {"S", "F", "M-hi", "M-med", "M-lo", "A", "A/M"}
    for file in ROOT.glob("*/*.dmn"):
        tree = etree.parse(file)
        space = tree.getroot().nsmap[None]
        rules = list(tree.iter(f"{{{space}}}rule"))
        assert rules, file.name
        for rule in rules:
            source, certainty = (e.findtext(f"{{{space}}}text") or "" for e in rule.iter(f"{{{space}}}annotationEntry"))
            assert len(source) > 3, (file.name, rule.get("id"))
            assert certainty in certain, (file.name, rule.get("id"))


# --- the demo organisation and plan -------------------------------------------------------------------------------


def test_every_lane_of_a_model_is_bound() -> None:
    lanes = {lane["lane"]: lane["bindings"] for lane in read("lanes.json")["lanes"]}
    groups = {"signer", "leader"}  # not lanes of people: the group comes in as a variable
    for path in MODELS:
        definition = compiled(path)
        for task in user_tasks(definition):
            assert task.lane in groups or lanes.get(task.lane or ""), (path.stem, task.id)
        assert {e.lane for e in definition.elements.values() if e.lane} <= lanes.keys() | groups


def test_each_bound_position_is_held_by_somebody() -> None:
    held = {(m["unit"], m["position"]) for p in read("people.json")["people"] for m in p["memberships"]}
    positions = {position for _, position in held}
    boards_without_members = {("bcd_iso", "thanh_vien")}
    for lane in read("lanes.json")["lanes"]:
        for seat in lane["bindings"]:
            key = (seat["unit"], seat["position"])
            assert key in held | boards_without_members if seat["unit"] else seat["position"] in positions, lane["lane"]


def test_people_sit_in_known_units_with_known_positions_and_roles() -> None:
    organisation = read("organisation.json")
    units, positions, roles = ({x["id"] for x in organisation[k]} for k in ("units", "positions", "roles"))
    people = read("people.json")["people"]
    assert len({p["id"] for p in people}) == len(people) > 60
    for person in people:
        for m in person["memberships"]:
            assert m["unit"] in units, person["id"]
            assert m["position"] in positions, person["id"]
            assert m["roles"] and set(m["roles"]) <= roles, person["id"]
    assert {u["parent"] for u in organisation["units"]} <= units | {None}


def test_separated_duties_do_not_meet_in_one_account() -> None:
    for person in read("people.json")["people"]:
        roles = {r for m in person["memberships"] for r in m["roles"]}
        assert not {"nguoi_soan_thao", "truong_don_vi"} <= roles, person["id"]
        assert roles == {"chuyen_vien_phan_tich"} or "chuyen_vien_phan_tich" not in roles, person["id"]
        assert roles == {"quan_tri"} or "quan_tri" not in roles, person["id"]


def test_demo_data_names_nobody_by_address() -> None:
    for path in (ROOT / "demo").iterdir():
        assert not re.search(r"[\w.]+@[\w-]+\.\w+", path.read_text("utf-8")), path.name


def test_the_plan_carries_six_tasks_with_their_months_roadmap_and_results() -> None:
    plan = read("plan-2022.json")
    tasks = plan["focus_tasks"]
    units = {u["id"] for u in read("organisation.json")["units"]}
    assert (plan["year"], plan["number"], plan["dated"]) == (2022, None, None)
    assert [t["code"] for t in tasks] == ["T1", "T2", "T3", "T4", "T5", "T6"]
    assert Counter(t["origin"] for t in tasks) == {"ubnd_giao": 3, "so_dang_ky": 3}
    assert sum(len(t["roadmap"]) for t in tasks) == 54
    assert sum(len(t["results"]) for t in tasks) == 39
    for task in tasks:
        months = [task[k] for k in ("planned_start", "planned_finish", "committed_finish", "latest_finish")]
        assert months == sorted(months), task["code"]
        assert {task["lead_unit"], *task["coop_units"]} <= units, task["code"]
        assert all(months[0] <= r["month"] <= r["until"] <= months[3] for r in task["roadmap"]), task["code"]
        assert task["process_id"] in {None, *(m.stem for m in MODELS)}
        assert task["title"] and task["short_title"] and task["short_title_en"]


def test_months_end_on_their_last_working_day() -> None:
    ends = [calendar().last_working_day_of_month(m) for m in ("2022-03", "2022-04", "2022-12")]
    assert ends == [date(2022, 3, 31), date(2022, 4, 29), date(2022, 12, 30)]


def test_lint_finds_no_error_in_the_shipped_processes(all_stores: stores.Stores) -> None:
    core = offices.open_engine(all_stores.fresh("sqlite", "demo"))
    for path in MODELS:
        around = core.read(checking.surroundings, path.stem)
        found = core.reports.check(path.stem, path.read_bytes(), around)
        assert found.report.errors == [], path.stem
    core.close()
