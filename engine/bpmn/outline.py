"""What of a model is drawn, and how big: its steps, lanes, flows and artefacts as nodes to be placed.

Sizes follow the names, which are wrapped here as they will be drawn. Positions are not its business.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from lxml import etree

from . import lettering, placement
from .geometry import BPMN, ends, tag

GATEWAY: Final = 44
EVENT: Final = 36
TEXT: Final = 12.5
LINE: Final = 16
SMALL_TEXT: Final = 12.0
SMALL_LINE: Final = 15

TASKS: Final = frozenset(
    [
        *("task", "userTask", "manualTask", "serviceTask", "scriptTask", "businessRuleTask", "sendTask", "receiveTask"),
        "callActivity",
    ]
)
EVENTS: Final = frozenset(
    ["startEvent", "endEvent", "intermediateCatchEvent", "intermediateThrowEvent", "boundaryEvent"]
)
GATEWAYS: Final = frozenset(
    ["exclusiveGateway", "parallelGateway", "inclusiveGateway", "eventBasedGateway", "complexGateway"]
)
SUBPROCESSES: Final = frozenset(["subProcess", "transaction", "adHocSubProcess"])
STEPS: Final = TASKS | EVENTS | GATEWAYS | SUBPROCESSES
DATA: Final = frozenset(["dataObjectReference", "dataStoreReference", "dataInput", "dataOutput"])
ARTEFACTS: Final = DATA | {"textAnnotation"}
LINKS: Final = frozenset(["association", "dataInputAssociation", "dataOutputAssociation"])


@dataclass(frozen=True, slots=True)
class Lane:
    """A lane that holds steps (not one that only holds lanes), with the lanes around it."""

    id: str
    name: str
    members: frozenset[str]
    outer: tuple[str, ...] = ()

    @property
    def least_height(self) -> int:
        """At which its name fits the head in two lines."""
        limit = 80
        while limit < 176 and len(lettering.wrap(self.name, limit, SMALL_TEXT)) > 2:
            limit += 8
        return limit + 16


@dataclass(frozen=True, slots=True)
class Link:
    """An association or data association."""

    id: str
    source: str
    target: str


@dataclass(slots=True)
class Outline:
    """One process or sub-process, without what is inside of its sub-processes."""

    nodes: list[placement.Node]
    flows: list[placement.Flow]
    lanes: list[Lane]
    links: list[Link]

    @property
    def everything(self) -> list[placement.Node]:
        return [shape for node in self.nodes for shape in (node, *node.guards)]


def read(process: etree._Element, opened: Mapping[str, tuple[int, int]]) -> Outline:
    """Fresh nodes for one attempt; `opened` are the sizes of the sub-processes whose inside is drawn."""
    nodes = [_node(element, opened) for element in process if tag(element) in STEPS]
    by_id = {n.id: n for n in nodes}
    for element in process.findall(f"{{{BPMN}}}boundaryEvent"):
        host = by_id.get((element.get("attachedToRef") or "").rpartition(":")[2])
        if host is not None:
            guard = by_id[element.get("id", "")]
            guard.host = host
            host.guards.append(guard)
    nodes = [n for n in nodes if n.host is None]
    for host in nodes:
        if host.guards:
            host.h += 16 if host.h <= 80 else 0  # the name moves up, out of the way of what hangs on the border
            _hang(host)
    outline = Outline(nodes, _flows(process, by_id), lanes_of(process), links_of(process))
    _add_artefacts(process, outline, by_id)
    _seat(outline)
    return outline


def lanes_of(process: etree._Element) -> list[Lane]:
    """The lanes that hold steps, in the order of the file; the lane of the machine goes to the bottom."""
    found: list[Lane] = []

    def walk(lane_set: etree._Element, outer: tuple[str, ...]) -> None:
        for lane in lane_set.findall(f"{{{BPMN}}}lane"):
            lane_id = lane.get("id", "")
            child = lane.find(f"{{{BPMN}}}childLaneSet")
            if child is not None and child.find(f"{{{BPMN}}}lane") is not None:
                walk(child, (*outer, lane_id))
                continue
            members = frozenset((ref.text or "").strip() for ref in lane.findall(f"{{{BPMN}}}flowNodeRef"))
            found.append(Lane(lane_id, lane.get("name", ""), members, outer))

    for lane_set in process.findall(f"{{{BPMN}}}laneSet"):
        walk(lane_set, ())
    return sorted(found, key=lambda lane: lane.id == "system" and not lane.outer)


def links_of(process: etree._Element) -> list[Link]:
    """Associations of this scope, and the data associations of its steps."""
    found = []
    for element in process:
        for link in [element, *element] if tag(element) in STEPS else [element]:
            if tag(link) in LINKS and link.get("id"):
                found.append(Link(link.get("id", ""), *ends(link)))
    return found


# ---- sizes


def task_size(name: str, icon: bool = True) -> tuple[int, int]:
    """Width and height that a step's name needs; the type icon at the upper left must not touch its first line."""
    for w, h in ((112, 64), (128, 64), (128, 80), (144, 80), (160, 96), (192, 112)):
        lines = lettering.wrap(name, w - 12, TEXT)
        above = (h - LINE * len(lines)) / 2
        clear = not icon or above >= 14 or lettering.width(lines[0], TEXT) <= w - 2 * 22
        if above >= 8 and clear:
            return w, h
    return 224, placement.up(len(lettering.wrap(name, 224 - 12, TEXT)) * LINE + 28, 16)


def label_size(name: str, limit: int) -> tuple[int, int]:
    """The box of a name that stands outside of its shape; a long word may make it a little wider."""
    limit = max(limit, min(120, math.ceil(max((lettering.width(w, SMALL_TEXT) for w in name.split()), default=0))))
    lines = lettering.wrap(name, limit, SMALL_TEXT)
    return (
        math.ceil(max((lettering.width(line, SMALL_TEXT) for line in lines), default=0)) + 2,
        SMALL_LINE * len(lines),
    )


def _node(element: etree._Element, opened: Mapping[str, tuple[int, int]]) -> placement.Node:
    kind, node_id, name = tag(element), element.get("id", ""), element.get("name", "")
    if kind in EVENTS:
        w = h = EVENT
    elif kind in GATEWAYS:
        w = h = GATEWAY
    elif node_id in opened:
        title = math.ceil(lettering.width(name, TEXT)) + 48
        w, h = placement.up(max(opened[node_id][0], title), 16), placement.up(opened[node_id][1], 16)
    else:
        w, h = task_size(name, kind != "task")
        h += 16 if kind in SUBPROCESSES else 0  # the mark of a closed sub-process stands under its name
    node = placement.Node(node_id, kind, w, h)
    node.loose = element.get("triggeredByEvent") == "true"
    if kind in EVENTS | GATEWAYS and name:
        node.label = label_size(name, 72 if kind == "boundaryEvent" else 100)
    return node


def _hang(host: placement.Node) -> None:
    """Puts the boundary events along the bottom of their host, from the right; a name needs room before the next."""
    steps = [0]
    for guard in host.guards[:-1]:
        steps.append(placement.up(max(48, (guard.label[0] if guard.label else 0) + 36)))
    total = sum(steps)
    host.w = max(host.w, placement.up(total + 64, 16))
    x = host.w // 2 - 32 - total
    for guard, step in zip(host.guards, steps, strict=True):
        x += step
        guard.x = x


def _flows(process: etree._Element, nodes: Mapping[str, placement.Node]) -> list[placement.Flow]:
    flows = []
    for element in process.findall(f"{{{BPMN}}}sequenceFlow"):
        source, target = ends(element)
        if source in nodes and target in nodes:
            name = element.get("name", "")
            label = label_size(name, 96) if name else None
            flows.append(placement.Flow(element.get("id", ""), nodes[source], nodes[target], label, name))
    return flows


def _add_artefacts(process: etree._Element, outline: Outline, steps: Mapping[str, placement.Node]) -> None:
    """Data and annotations stand beside the step that they belong to; one that belongs to a flow, at its start."""
    flows = {f.id: f.tail for f in outline.flows}
    owners = [process, *process.findall(f"{{{BPMN}}}ioSpecification")]
    for element in (e for owner in owners for e in owner if tag(e) in ARTEFACTS and e.get("id")):
        kind, node_id = tag(element), element.get("id", "")
        near = [
            link.target if link.source == node_id else link.source
            for link in outline.links
            if node_id in (link.source, link.target)
        ]
        parent = element.getparent()
        if parent is not None and tag(parent) == "ioSpecification" and not near:
            continue
        if kind == "textAnnotation":
            text = (element.findtext(f"{{{BPMN}}}text") or "").strip()
            w, h = label_size(text, 160)
            node = placement.Node(node_id, kind, placement.up(w + 18, 16), placement.up(h + 6, 16))
        else:
            w, h = (48, 48) if kind == "dataStoreReference" else (32, 48)
            node = placement.Node(node_id, kind, w, h)
            if element.get("name"):
                node.label = label_size(element.get("name", ""), 100)
        partners = [steps.get(n) or flows.get(n) for n in near]
        node.beside = next((p.host or p for p in partners if p is not None), None)
        node.loose = node.beside is None
        outline.nodes.append(node)


def _seat(outline: Outline) -> None:
    """Gives every node its lane; one without stands with its neighbour, or at the bottom when it is loose."""
    if not outline.lanes:
        return
    homes = {member: i for i, lane in enumerate(outline.lanes) for member in lane.members}
    homeless = []
    for node in outline.nodes:
        if node.id in homes:
            node.lane = homes[node.id]
        else:
            homeless.append(node)
    for node in homeless:
        near = _neighbours(node, outline.flows)
        node.lane = next((homes[n] for n in near if n in homes), len(outline.lanes) - 1 if node.loose else 0)
        homes[node.id] = node.lane


def _neighbours(node: placement.Node, flows: Sequence[placement.Flow]) -> list[str]:
    beside = [node.beside.id] if node.beside is not None else []
    before = [f.tail.id for f in flows if f.target is node]
    after = [f.target.id for f in flows if f.tail is node]
    return beside + before + after
