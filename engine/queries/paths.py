"""Reading a process model for people: which steps it has, what comes next, where each decision leads. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engine import bpmn, feel

# What does itself is no place where anybody holds the case.
PASSED = frozenset(
    {
        "exclusiveGateway",
        "inclusiveGateway",
        "parallelGateway",
        "intermediateThrowEvent",
        "serviceTask",
        "scriptTask",
        "businessRuleTask",
    }
)


@dataclass(frozen=True, slots=True)
class Target:
    """Where a token gets to next: an activity or an end event."""

    element: bpmn.Element
    ends: bool


def steps(definition: bpmn.Definition) -> list[bpmn.Element]:
    """The elements that are steps of the plan (property `step`), in the order of their numbers; timers left out."""
    found = [e for e in definition.elements.values() if "step" in e.properties and not e.event_sub_process]
    return sorted((e for e in found if e.type != "startEvent" or not e.attached_to), key=lambda e: e.properties["step"])


def numbers(definition: bpmn.Definition) -> dict[str, int]:
    """Step → the number that people call it by: the plan's own ("T1.16" is step 16), else its place in the order."""
    found = [e.properties["step"] for e in steps(definition)]
    last = [step.rpartition(".")[2] for step in found]
    if all(part.isdecimal() for part in last) and len(set(last)) == len(last):
        return {step: int(part) for step, part in zip(found, last, strict=True)}
    return {step: n for n, step in enumerate(found, 1)}


def milestones(definition: bpmn.Definition) -> list[bpmn.Element]:
    """The elements that are milestones, in the order of their steps."""
    return [e for e in steps(definition) if "milestone" in e.properties]


def next_of(definition: bpmn.Definition, element: bpmn.Element, facts: Mapping[str, Any]) -> Target | None:
    """The first activity or end event after an element, deciding gateways by what is known; else None."""
    seen: set[str] = set()
    flows = element.outgoing
    while flows:
        chosen = _choose(definition, element, flows, facts)
        if chosen is None:
            return None
        element = definition.elements[definition.flows[chosen].target]
        if element.id in seen:
            return None
        seen.add(element.id)
        if element.type not in PASSED:
            return Target(element, element.type == "endEvent")
        flows = element.outgoing
    return None


def _choose(
    definition: bpmn.Definition, element: bpmn.Element, flows: tuple[str, ...], facts: Mapping[str, Any]
) -> str | None:
    if len(flows) == 1:
        return flows[0]
    for flow_id in flows:
        condition = definition.flows[flow_id].condition
        if condition is not None and _holds(condition, facts):
            return flow_id
    return element.default or flows[0]


def _holds(condition: feel.Compiled, facts: Mapping[str, Any]) -> bool:
    value, _ = condition.trace(facts, None)
    return value is True


def returns_to(definition: bpmn.Definition, element: bpmn.Element) -> bpmn.Element | None:
    """The step to which a gate returns work (property `return_to`)."""
    return definition.elements.get(element.properties.get("return_to", ""))
