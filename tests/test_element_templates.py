"""The element templates of the studio: they write what the engine reads, in words that it knows, and nothing else."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

import servers
from engine import bpmn, feel, gates
from webui.wording.decisions import GATES, OUTCOMES

WORKFLOWS = Path(servers.ROOT, "workflows")
TEMPLATES: list[dict[str, Any]] = json.loads((WORKFLOWS / "shared/element-templates.json").read_text("utf-8"))
BY_ID = {template["id"]: template for template in TEMPLATES}
BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"
ZEEBE = "http://camunda.org/schema/zeebe/1.0"
# What a template may bind to: property names are checked one by one, the rest is read by engine/bpmn/reading.py.
ELEMENTS = {
    "zeebe:userTask": "userTask",
    "zeebe:assignmentDefinition": "assignmentDefinition",
    "zeebe:formDefinition": "formDefinition",
    "zeebe:taskSchedule": "taskSchedule",
    "zeebe:calledElement": "calledElement",
}
ATTRIBUTES = {"assignee", "candidateGroups", "formId", "dueDate", "processId"}
ATTRIBUTES |= {"propagateAllParentVariables", "propagateAllChildVariables"}
KINDS = {"internal", "external", "council", "public", "affected", "vote", "proposal"}
# The choices that the studio fills in when it is opened.
PLACES = {"{{roles}}", "{{forms}}", "{{steps}}"}


def documented() -> set[str]:
    """The properties of the table in workflows/README.md."""
    text = (WORKFLOWS / "README.md").read_text("utf-8").partition("## Thuộc tính")[2]
    rows = [line.split("|")[1] for line in text.splitlines() if line.startswith("| `")]
    return {name for row in rows for name in re.findall(r"`([\w:]+)`", row)}


def applied(template: dict[str, Any], **values: str) -> bytes:
    """A process with one element on which the template was put: what the studio's modeler writes.

    `values` are what the analyst chose, by the id of the field; a field without a value is written only where templates
    always write it.
    """
    kind = template["elementType"]["value"].removeprefix("bpmn:")
    head = f'xmlns="{BPMN}" xmlns:zeebe="{ZEEBE}" targetNamespace="test" id="d"'
    flows = '<sequenceFlow id="f1" sourceRef="s" targetRef="x"/><sequenceFlow id="f2" sourceRef="x" targetRef="e"/>'
    around = {
        "EndEvent": '<startEvent id="s"/><sequenceFlow id="f1" sourceRef="s" targetRef="x"/>',
        "BoundaryEvent": '<startEvent id="s"/><userTask id="t"/><endEvent id="e"/><endEvent id="e2"/>'
        '<sequenceFlow id="f1" sourceRef="s" targetRef="t"/><sequenceFlow id="f2" sourceRef="t" targetRef="e"/>'
        '<sequenceFlow id="f3" sourceRef="x" targetRef="e2"/>',
    }.get(kind, f'<startEvent id="s"/><endEvent id="e"/>{flows}')
    tag = kind[0].lower() + kind[1:]
    attached = ' attachedToRef="t"' if kind == "BoundaryEvent" else ""
    root = etree.fromstring(
        f'<definitions {head}><process id="p" isExecutable="true">{around}<{tag} id="x"{attached}>'
        f"<extensionElements/></{tag}></process></definitions>"
    )
    node = root.find(".//*[@id='x']")
    extensions = node[0]

    def extension(name: str) -> Any:
        found = extensions.find(f"{{{ZEEBE}}}{name}")
        return etree.SubElement(extensions, f"{{{ZEEBE}}}{name}") if found is None else found

    for field in template["properties"]:
        binding = field["binding"]
        value = values.get(field.get("id", ""), field.get("value", ""))
        value = str(value).lower() if isinstance(value, bool) else value
        match binding["type"]:
            case "zeebe:property" if value or not field.get("optional"):
                etree.SubElement(extension("properties"), f"{{{ZEEBE}}}property", name=binding["name"], value=value)
            case "zeebe:input" if value:
                mapping = extension("ioMapping")
                etree.SubElement(mapping, f"{{{ZEEBE}}}input", source=value, target=binding["name"])
            case "zeebe:output" if value:
                mapping = extension("ioMapping")
                etree.SubElement(mapping, f"{{{ZEEBE}}}output", source=binding["source"], target=value)
            case "zeebe:userTask":
                extension("userTask")
            case "bpmn:TimerEventDefinition#property":
                event = etree.SubElement(node, f"{{{BPMN}}}timerEventDefinition")
                etree.SubElement(event, f"{{{BPMN}}}{binding['name']}").text = value
            case kind if kind in ELEMENTS:
                extension(ELEMENTS[kind]).set(binding["property"], value)
    return etree.tostring(root)


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda t: t["id"])
def test_a_template_makes_a_model_that_compiles_and_says_what_it_promises(template: dict[str, Any]) -> None:
    definition = bpmn.compile(applied(template))
    element = definition.elements["x"]
    assert f"bpmn:{element.type[0].upper()}{element.type[1:]}" == template["elementType"]["value"]
    for field in template["properties"]:
        if field["binding"]["type"] == "zeebe:property" and field.get("value"):
            assert element.properties[field["binding"]["name"]] == field["value"]
    if "gate" in element.properties:
        assert element.properties["gate"] in GATES
        assert element.assignment is not None and element.assignment.due is not None
        assert [mapping.target for mapping in element.outputs] == ["outcome"]
    if "consultation" in element.properties:
        assert element.properties["consultation"] in KINDS


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda t: t["id"])
def test_a_template_writes_only_what_the_engine_knows(template: dict[str, Any]) -> None:
    known = documented()
    assert {"step", "gate", "outcomes", "requires", "name:en", "silence"} <= known  # the table was found
    for field in template["properties"]:
        binding = field["binding"]
        match binding["type"]:
            case "zeebe:property":
                assert binding["name"] in known
            case "zeebe:input" | "zeebe:output":
                text = field["value"] if binding["type"] == "zeebe:input" else binding["source"]
                feel.compile_expression(text.removeprefix("="))
            case "bpmn:TimerEventDefinition#property":
                assert binding["name"] == "timeDate"
            case kind:
                assert kind in ELEMENTS
                assert binding.get("property") is None or binding["property"] in ATTRIBUTES
        for choice in field.get("choices", []):
            if binding.get("name") == "outcomes":
                assert set(choice["value"].split()) <= set(gates.OUTCOMES) & set(OUTCOMES)
            assert not choice["value"].startswith("{{") or choice["value"] in PLACES


def test_choices_of_the_house_are_written_as_chosen() -> None:
    xml = applied(BY_ID["trinhky.gate.signing"], role="vice_chair", return_to="soan_thao", capacity="KT. CHỦ TỊCH")
    element = bpmn.compile(xml).elements["x"]
    assert element.assignment is not None and element.assignment.groups == "vice_chair"
    assert element.properties["return_to"] == "soan_thao"
    assert element.properties["capacity"] == "KT. CHỦ TỊCH"


def test_every_text_of_a_template_has_its_english() -> None:
    for template in TEMPLATES:
        said = [template["name"], template["description"], template["category"]["name"]]
        said += [group["label"] for group in template["groups"]]
        for field in template["properties"]:
            said += [field.get("label"), field.get("description")]
            said += [choice["name"] for choice in field.get("choices", []) if choice["value"] not in PLACES]
        missing = [text for text in said if text and not template["metadata"]["en"].get(text)]
        assert missing == [], template["id"]


def test_every_kind_of_gate_has_a_template_and_every_gate_of_ours_is_one() -> None:
    of_gates = {name.removeprefix("trinhky.gate.") for name in BY_ID if name.startswith("trinhky.gate.")}
    assert of_gates == set(GATES) - {"opinion", "gate"}
    for file in WORKFLOWS.rglob("*.bpmn"):
        for element in bpmn.compile(file.read_bytes()).elements.values():
            if gate := element.properties.get("gate"):
                assert f"trinhky.gate.{gate}" in BY_ID, f"{file.name}: {element.id}"
            if kind := element.properties.get("consultation"):
                assert f"trinhky.consultation.{kind}" in BY_ID, f"{file.name}: {element.id}"
