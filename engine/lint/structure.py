"""Rules on the shape of a model: what leads nowhere, what nothing leads to, what the engine does not run."""

from collections import defaultdict
from collections.abc import Iterator

from lxml import etree

from engine import bpmn
from engine.bpmn import behaviours
from engine.bpmn.definition import ACTIVITIES, GATEWAYS, Element
from engine.lint import flows, gates
from engine.lint.findings import Finding, finding

_DECLARED = ("message", "signal", "error", "escalation")


def check(d: bpmn.Definition, process: str) -> Iterator[Finding]:
    """All findings of one process."""
    nodes = [d.elements[n] for n in flows.inside(d, process)]
    yield from _unreachable(d, process)
    for e in nodes:
        yield from _ends(d, e)
        yield from _default(d, e)
        yield from _supported(e)
    yield from _loops(d, process)
    yield from _names(process, nodes)


def _unreachable(d: bpmn.Definition, process: str) -> Iterator[Finding]:
    """The first of each chain: what stands behind it is told with it."""
    lost = flows.unreachable(d, process)
    heads = {n for n in lost if not any(d.flows[f].source in lost for f in d.elements[n].incoming)}
    heads = {n for n in heads if d.elements[n].attached_to not in lost and d.elements[n].scope not in lost}
    told = heads | flows.downstream(d, *heads)
    rest = [n for n in sorted(lost) if n not in told and d.elements[n].scope not in lost]
    for element in sorted(heads) + rest[:1]:
        e = d.elements[element]
        if e.for_compensation:
            message = "Nothing is undone by this: no compensation event is connected with it."
            yield finding("unreachable", element, message, case="compensation")
        else:
            yield finding("unreachable", element, f"No flow leads to {e.name or element!r}.")


def _ends(d: bpmn.Definition, e: Element) -> Iterator[Finding]:
    if e.outgoing or e.type == "endEvent" or e.event_sub_process or e.for_compensation:
        return
    owner = d.elements.get(e.scope)
    if owner is not None and owner.type == "adHocSubProcess":
        return
    if e.type == "boundaryEvent":
        if not any(x.kind == "compensation" for x in e.events):
            yield finding("boundary_without_flow", e.id, "Expected a flow out of the boundary event.")
    elif e.type == "intermediateThrowEvent" and any(x.kind == "link" for x in e.events):
        return
    elif e.type in ACTIVITIES or e.type in ("intermediateThrowEvent", "intermediateCatchEvent"):
        yield finding("implicit_end", e.id, "The process ends here without an end event.")
    else:
        yield finding("dead_end", e.id, "Expected a flow that leads on from here.")


def _default(d: bpmn.Definition, e: Element) -> Iterator[Finding]:
    if e.type not in GATEWAYS or not e.conditional or e.default is not None:
        return
    if all(d.flows[f].condition is not None for f in e.outgoing):
        if gates.covers_all(d, e):  # what is lacking is told by name
            return
        message = "Expected a default flow: when no condition holds, the case stops here with an incident."
        yield finding("missing_default", e.id, message)


def _supported(e: Element) -> Iterator[Finding]:
    if e.type not in behaviours.REGISTRY:
        yield finding("not_supported", e.id, f"The engine does not run <{e.type}>.", type=e.type)
    elif e.type in ("intermediateThrowEvent", "endEvent") and e.job is None:
        for kind in sorted({x.kind for x in e.events} - behaviours.THROW.keys()):
            yield finding("not_supported", e.id, f"The engine does not run {kind} events here.", type=kind)


def _loops(d: bpmn.Definition, process: str) -> Iterator[Finding]:
    lost = flows.unreachable(d, process)
    for container in (process, *(n for n in flows.inside(d, process) if n in d.containers)):
        if _interrupted(d, container):
            continue
        for loop in flows.loops(d, container):
            out = any(after not in loop for n in loop for after in flows.nexts(d, d.elements[n]))
            if not out and not loop <= lost:
                first = next(n for n in d.containers[container].nodes if n in loop)
                yield finding("loop_without_exit", first, "No flow leads out of this loop.", elements=sorted(loop))


def _interrupted(d: bpmn.Definition, container: str) -> bool:
    """Whether something can interrupt what goes on in a container."""
    at: str | None = container
    while at is not None:
        for handler in d.containers[at].handlers:
            if any(
                d.elements[n].type == "startEvent" and d.elements[n].interrupting for n in d.containers[handler].nodes
            ):
                return True
        owner = d.elements.get(at)
        if owner is not None and any(d.elements[b].interrupting for b in owner.boundaries):
            return True
        at = None if owner is None else owner.scope
    return False


def _names(process: str, nodes: list[Element]) -> Iterator[Finding]:
    """Two steps of one name cannot be told apart in a list of tasks."""
    by_name: dict[str, list[str]] = defaultdict(list)
    for e in nodes:
        if e.type in ACTIVITIES and e.name.strip():
            by_name[" ".join(e.name.split()).casefold()].append(e.id)
    for same in by_name.values():
        for element in same[1:]:
            message = f"This step has the same name as {same[0]!r}."
            yield finding("duplicate_name", element, message, other=same[0])


def unused(source: bytes) -> Iterator[Finding]:
    """Messages, signals, errors and escalations that are declared in the file and used nowhere."""
    root = bpmn.parse_xml(source)
    used: set[str] = set()
    for node in root.iter(etree.Element):
        used |= {str(v).rpartition(":")[2] for k, v in node.attrib.items() if str(k) != "id"}
        if node.text and node.text.strip():
            used.add(node.text.strip().rpartition(":")[2])
    for node in root.iterchildren(etree.Element):
        kind = etree.QName(node).localname
        name = node.get("id")
        if kind in _DECLARED and name and name not in used:
            yield finding(
                "unused_declaration", name, f"No event uses this {kind}.", kind=kind, ref=node.get("name") or name
            )
