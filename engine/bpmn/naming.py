"""What an element is called, for whoever words a problem: its name, and for a flow what it connects."""

from dataclasses import replace
from typing import Any

from engine import errors
from engine.bpmn.definition import Definition


def facts(definition: Definition, element: str | None) -> dict[str, Any]:
    """Parameters of a sentence about an element: `element_id`, and as far as known `element_name`, `element_type`,
    for a flow `source_name` and `target_name`."""
    if element is None:
        return {}
    found: dict[str, Any] = {"element_id": element}
    e = definition.elements.get(element)
    if e is not None:
        return found | {"element_type": e.type, "element_name": plain(e.name)}
    flow = definition.flows.get(element)
    if flow is not None:
        ends = {"source_name": called(definition, flow.source), "target_name": called(definition, flow.target)}
        return found | {"element_type": "sequenceFlow", "element_name": plain(flow.name)} | ends
    process = definition.processes.get(element)
    if process is not None:
        return found | {"element_type": "process", "element_name": plain(process.name)}
    return found


def called(definition: Definition, element: str) -> str:
    """The name of an element, its id when it has none."""
    e = definition.elements.get(element)
    return (plain(e.name) if e is not None else "") or element


def plain(name: str) -> str:
    """A name in one line: modelers break them to fit the shape."""
    return " ".join(name.split())


def named(definition: Definition, problem: errors.Problem) -> errors.Problem:
    """A problem that also tells what its element is called."""
    return replace(problem, params={**facts(definition, problem.element), **problem.params})
