"""Lane-aware automatic layout: fresh diagram interchange for a BPMN model.

`arrange` replaces what a file says about its picture and nothing else: pools and lanes as bands, the flow from left to
right, branches in rows, return flows in channels of their own, boundary events on their hosts, sub-processes opened up
and laid out in turn. The same model gives the same bytes. The finding of places is in `placement`, of lines in
`routing`, of spots for the names of flows in `labelling`; what is wrong with a picture says `geometry.faults`.

    python -m engine.bpmn.layout FILE…     rewrites files in place and prints their faults
"""

import math
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from lxml import etree

from . import labelling, lettering, placement, routing
from .geometry import (
    BPMN,
    BPMNDI,
    DC,
    DI,
    Edge,
    Geometry,
    Point,
    Rect,
    Shape,
    crossings,
    ends,
    faults,
    parse,
    tag,
    union,
)

__all__ = ["Geometry", "arrange", "crossings", "faults"]

TASK = (112, 64)
GATEWAY = 44
EVENT = 36
HEAD = 32
TEXT, LINE = 12.5, 16
SMALL_TEXT, SMALL_LINE = 12.0, 15
ORIGIN = (32, 32)
LEVELS = 5
STRIDES = ((48, 90), (64, 90), (80, 90), (48, 180), (64, 180), (80, 180))

TASKS = frozenset(
    [
        *("task", "userTask", "manualTask", "serviceTask", "scriptTask", "businessRuleTask", "sendTask", "receiveTask"),
        "callActivity",
    ]
)
EVENTS = frozenset(["startEvent", "endEvent", "intermediateCatchEvent", "intermediateThrowEvent", "boundaryEvent"])
GATEWAYS = frozenset(["exclusiveGateway", "parallelGateway", "inclusiveGateway", "eventBasedGateway", "complexGateway"])
SUBPROCESSES = frozenset(["subProcess", "transaction", "adHocSubProcess"])
STEPS = TASKS | EVENTS | GATEWAYS | SUBPROCESSES


@dataclass(slots=True)
class Sheet:
    """A laid-out process or sub-process: boxes, labels and lines relative to its top left corner."""

    width: int = 0
    height: int = 0
    shapes: dict[str, Rect] = field(default_factory=dict)
    labels: dict[str, Rect] = field(default_factory=dict)
    lines: dict[str, list[Point]] = field(default_factory=dict)
    lanes: dict[str, Rect] = field(default_factory=dict)
    troubles: int = 0  # what `faults` would say about it
    unrest: float = 0.0  # what a reader's eye has to follow: crossings, bends, distance

    def insert(self, other: "Sheet", dx: int, dy: int) -> None:
        self.shapes |= {k: r.moved(dx, dy) for k, r in other.shapes.items()}
        self.labels |= {k: r.moved(dx, dy) for k, r in other.labels.items()}
        self.lanes |= {k: r.moved(dx, dy) for k, r in other.lanes.items()}
        self.lines |= {k: [(x + dx, y + dy) for x, y in points] for k, points in other.lines.items()}


@dataclass(frozen=True, slots=True)
class Lane:
    """A lane that holds steps (not one that only holds lanes), with the lanes around it."""

    id: str
    name: str
    members: frozenset[str]
    outer: tuple[str, ...] = ()


def arrange(xml: bytes) -> bytes:
    """The same model with a fresh, readable diagram."""
    root = parse(xml)
    for old in root.findall(f"{{{BPMNDI}}}BPMNDiagram"):
        root.remove(old)
    sheet, expanded, subject = _whole(root)
    _write(root, sheet, expanded, subject)
    etree.indent(root, "  ")
    text: bytes = etree.tostring(root.getroottree(), encoding="UTF-8", xml_declaration=True, pretty_print=True)
    return text.replace(b"<?xml version='1.0' encoding='UTF-8'?>", b'<?xml version="1.0" encoding="UTF-8"?>', 1)


# ---- the whole file


def _whole(root: etree._Element) -> tuple[Sheet, set[str], str]:
    processes = {p.get("id", ""): p for p in root.findall(f"{{{BPMN}}}process")}
    collaboration = root.find(f"{{{BPMN}}}collaboration")
    expanded: set[str] = set()
    whole = Sheet()
    y = ORIGIN[1]
    participants = collaboration.findall(f"{{{BPMN}}}participant") if collaboration is not None else []
    if collaboration is not None and participants:
        pools: list[tuple[str, Sheet | None]] = []
        for participant in participants:
            process = processes.pop((participant.get("processRef") or "").rpartition(":")[2], None)
            inner = lay_out(process, expanded, head=HEAD) if process is not None else None
            pools.append((participant.get("id", ""), inner if inner is not None and inner.shapes else None))
        width = max([inner.width for _, inner in pools if inner] or [600])
        for pool_id, inner in pools:
            height = inner.height if inner else 64
            if inner:
                _widen_lanes(inner, width)
                whole.insert(inner, ORIGIN[0], y)
            whole.shapes[pool_id] = Rect(ORIGIN[0], y, width, height)
            y += height + 64
    for process in processes.values():
        inner = lay_out(process, expanded)
        whole.insert(inner, ORIGIN[0], y)
        y += inner.height + 64
    subject = collaboration.get("id", "") if collaboration is not None and participants else next(iter(processes), "")
    return whole, expanded, subject


def _widen_lanes(sheet: Sheet, width: int) -> None:
    for key, box in sheet.lanes.items():
        sheet.lanes[key] = Rect(box.x, box.y, width - box.x, box.h)
    sheet.width = width


# ---- one process or sub-process


def lay_out(process: etree._Element, expanded: set[str], head: int = 0, title: int = 0) -> Sheet:
    """Lays out what is inside, more generously each time until nothing is in the way of anything."""
    inner: dict[str, Sheet] = {}
    for element in process:
        if tag(element) in SUBPROCESSES and any(tag(child) in STEPS for child in element):
            inner[element.get("id", "")] = lay_out(element, expanded, title=24)
            expanded.add(element.get("id", ""))
    best: Sheet | None = None
    for level in range(LEVELS):
        for step, caution in STRIDES:
            sheet = _attempt(process, inner, placement.Spacing(level, step, caution), head, title)
            if best is None or (sheet.troubles, sheet.unrest) < (best.troubles, best.unrest):
                best = sheet
            if not sheet.lanes:
                break  # the stride is the way from lane to lane
        if best is not None and not best.troubles:
            break
    assert best is not None
    return best


def _attempt(
    process: etree._Element, inner: dict[str, Sheet], spacing: placement.Spacing, head: int, title: int
) -> Sheet:
    lanes = _lanes(process)
    nodes, guards = _nodes(process, inner)
    by_id = {n.id: n for n in [*nodes, *guards]}
    flows = _flows(process, by_id)
    _seat(nodes, flows, lanes)
    placed = placement.place(nodes, flows, len(lanes), [_lane_height(lane.name) for lane in lanes], spacing)
    depth = 1 + max((len(lane.outer) for lane in lanes), default=0) if lanes else 0
    pad = 24
    left, top = head + depth * HEAD + pad, title
    sheet = Sheet(
        width=placement.up(left + placed.width + pad, 16), height=placement.up(top + max(placed.height, 56), 16)
    )
    for node in nodes:
        node.x, node.y = node.x + left, node.y + top
        for guard in node.guards:
            guard.x, guard.y = guard.x + node.x, node.y + node.h // 2
    for node in [*nodes, *guards]:
        sheet.shapes[node.id] = node.box
        if node.label_at is not None:
            sheet.labels[node.id] = node.label_at.moved(node.x, node.y)
        if node.id in inner:
            content = inner[node.id]
            sheet.insert(content, node.box.x + (node.w - content.width) // 2, node.box.y)
    bands = [band.moved(0, top) for band in placed.bands]
    for lane, band in zip(lanes, bands, strict=False):
        x = head + len(lane.outer) * HEAD
        sheet.lanes[lane.id] = Rect(x, band.y, sheet.width - x, band.h)
        for level, outer in enumerate(lane.outer):
            box = Rect(head + level * HEAD, band.y, sheet.width - head - level * HEAD, band.h)
            sheet.lanes[outer] = union([sheet.lanes[outer], box]) if outer in sheet.lanes else box
    if lanes:
        sheet.height = bands[-1].bottom
    _connect(
        sheet,
        [*nodes, *guards],
        flows,
        Rect(left - pad + 8, top, sheet.width - left + pad - 16, sheet.height - top),
        bands,
    )
    return sheet


def _lanes(process: etree._Element) -> list[Lane]:
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


def _lane_height(name: str) -> int:
    """The least height at which a lane's name fits its head in two lines."""
    limit = 80
    while limit < 176 and len(lettering.wrap(name, limit, SMALL_TEXT)) > 2:
        limit += 8
    return limit + 16


def _nodes(process: etree._Element, inner: dict[str, Sheet]) -> tuple[list[placement.Node], list[placement.Node]]:
    nodes: list[placement.Node] = []
    guards: list[placement.Node] = []
    for element in process:
        kind, node_id, name = tag(element), element.get("id", ""), element.get("name", "")
        if kind not in STEPS:
            continue
        if kind in EVENTS:
            w = h = EVENT
        elif kind in GATEWAYS:
            w = h = GATEWAY
        elif node_id in inner:
            content = inner[node_id]
            title = math.ceil(lettering.width(name, TEXT)) + 48
            w, h = placement.up(max(content.width, title), 16), placement.up(content.height, 16)
        else:
            w, h = task_size(name)
        node = placement.Node(node_id, kind, w, h)
        node.loose = element.get("triggeredByEvent") == "true"
        if kind in EVENTS | GATEWAYS and name:
            node.label = label_size(name, 100 if kind != "boundaryEvent" else 72)
        (guards if kind == "boundaryEvent" else nodes).append(node)
    hosts = {n.id: n for n in nodes}
    for guard in list(guards):
        element = next(e for e in process if e.get("id") == guard.id)
        host = hosts.get((element.get("attachedToRef") or "").rpartition(":")[2])
        if host is None:
            nodes.append(guard)
            guards.remove(guard)
            continue
        guard.host = host
        host.guards.append(guard)
    for host in nodes:
        if host.guards:
            host.h += 16 if host.h <= 80 and host.id not in inner else 0
            _hang(host)
    return nodes, guards


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


def task_size(name: str, icon: bool = True) -> tuple[int, int]:
    """Width and height that a step's name needs: up to three lines in the usual box, then a bigger one.

    The type icon stands at the upper left; a first line that would touch it asks for the next size.
    """
    for w, most, h in ((112, 3, 64), (128, 3, 64), (128, 4, 80), (144, 4, 80), (160, 5, 96), (192, 6, 112)):
        lines = lettering.wrap(name, w - 12, TEXT)
        free = len(lines) < 3 or not icon or h > 64 or lettering.width(lines[0], TEXT) <= w - 2 * 22
        if len(lines) <= most and free:
            return w, h
    return 224, placement.up(len(lettering.wrap(name, 224 - 12, TEXT)) * LINE + 24, 16)


def label_size(name: str, limit: int) -> tuple[int, int]:
    lines = lettering.wrap(name, limit, SMALL_TEXT)
    return (
        math.ceil(max((lettering.width(line, SMALL_TEXT) for line in lines), default=0)) + 2,
        SMALL_LINE * len(lines),
    )


def _flows(process: etree._Element, nodes: dict[str, placement.Node]) -> list[placement.Flow]:
    flows = []
    for element in process.findall(f"{{{BPMN}}}sequenceFlow"):
        source, target = ends(element)
        if source in nodes and target in nodes:
            name = element.get("name", "")
            label = label_size(name, 96) if name else None
            flows.append(placement.Flow(element.get("id", ""), nodes[source], nodes[target], label))
    return flows


def _seat(nodes: Sequence[placement.Node], flows: Sequence[placement.Flow], lanes: Sequence[Lane]) -> None:
    """Gives every node its lane; one without stands with its neighbour, or at the bottom when it is loose."""
    if not lanes:
        return
    homes = {member: i for i, lane in enumerate(lanes) for member in lane.members}
    homeless = []
    for node in nodes:
        if node.id in homes:
            node.lane = homes[node.id]
        else:
            homeless.append(node)
    for node in homeless:
        near = [f.tail.id for f in flows if f.target is node] + [f.target.id for f in flows if f.tail is node]
        node.lane = next((homes[n] for n in near if n in homes), len(lanes) - 1 if node.loose else 0)
        homes[node.id] = node.lane


# ---- lines


def ports(box: Rect, kind: str, leaving: bool, back: bool, guard: bool = False) -> list[routing.Port]:
    """Where lines may leave or reach a shape, the natural places first."""
    east, south, west, north = routing.EAST, routing.SOUTH, routing.WEST, routing.NORTH
    if back:
        sides = {north: 0, south: 0, east: 10, west: 60}
    elif leaving:
        sides = {east: 0, north: 8, south: 8, west: 160}
    else:
        sides = {west: 0, north: 8, south: 8, east: 160}
    if guard:
        sides = {south: 0}
    found = []
    for side, cost in sides.items():
        length = box.w if side in (north, south) else box.h
        reach = 8 if kind in EVENTS | GATEWAYS else length // 2 - 8
        if guard:
            reach = 0
        step = 8
        for off in sorted(range(-(reach // step) * step, reach + 1, step), key=lambda o: (abs(o), o)):
            inset = 0
            if kind in GATEWAYS:
                inset = abs(off)
            elif kind in EVENTS:
                inset = round(box.w / 2 - math.sqrt((box.w / 2) ** 2 - off**2))
            at = {
                east: (box.right - inset, box.cy + off),
                west: (box.x + inset, box.cy + off),
                south: (box.cx + off, box.bottom - inset),
                north: (box.cx + off, box.y + inset),
            }[side]
            if kind in EVENTS | GATEWAYS:
                extra = 100 if off else 0
            else:
                extra = 0 if not off else 8 + abs(off) // 4 + (10 if off % 16 else 0)
            found.append(routing.Port(at, side, cost + extra, inset))
    return found


def _connect(
    sheet: Sheet,
    nodes: Sequence[placement.Node],
    flows: Sequence[placement.Flow],
    area: Rect,
    bands: Sequence[Rect],
) -> None:
    grid = routing.Grid(area)
    for node in nodes:
        grid.block(node.box)
        if node.id in sheet.labels:
            grid.block_label(sheet.labels[node.id])
    borders = [band.bottom for band in bands[:-1]]
    for y in borders:
        grid.keep_clear(y)

    def difficulty(flow: placement.Flow) -> tuple[bool, bool, int]:
        a, b = flow.tail, flow.target
        straight = (a.lane, a.row) == (b.lane, b.row) and not flow.back
        return (flow.back, not straight, abs(a.x - b.x) + abs(a.y - b.y))

    wires = []
    for flow in sorted(flows, key=difficulty):
        back = flow.back or flow.target.x < flow.tail.x
        guard = flow.source.host is not None
        wires.append(
            routing.Wire(
                flow.id,
                ports(flow.source.box, flow.source.kind, True, back, guard),
                ports(flow.target.box, flow.target.kind, False, back),
                f"{flow.target.id} {flow.back}",
            )
        )
    grid.route(wires)
    named = {f.id: f.label for f in flows if f.label}
    taken = _name_lines(sheet, grid, wires, named, area, borders)
    sheet.labels |= taken
    for flow in flows:
        wire = next(w for w in wires if w.key == flow.id)
        sheet.lines[flow.id] = wire.points or _plain(flow.source.box, flow.target.box)
    _judge(sheet, nodes, flows)


def _judge(sheet: Sheet, nodes: Sequence[placement.Node], flows: Sequence[placement.Flow]) -> None:
    """Counts the faults of this sheet alone (sub-processes are plain boxes here) and how restless it is."""
    shapes = {
        n.id: Shape(
            n.id, n.kind, "", sheet.shapes[n.id], host=n.host.id if n.host else None, label=sheet.labels.get(n.id)
        )
        for n in nodes
    }
    edges = {
        f.id: Edge(f.id, "sequenceFlow", "", f.source.id, f.target.id, tuple(sheet.lines[f.id]), sheet.labels.get(f.id))
        for f in flows
    }
    drawn = Geometry(shapes, edges)
    sheet.troubles = len(faults(drawn))
    bends = sum(len(e.points) - 2 for e in edges.values())
    length = sum(abs(a[0] - b[0]) + abs(a[1] - b[1]) for e in edges.values() for a, b in e.segments())
    sheet.unrest = 40 * crossings(drawn) + 10 * bends + length / 20 + sheet.width / 6 + sheet.height / 6


def _name_lines(
    sheet: Sheet,
    grid: routing.Grid,
    wires: Sequence[routing.Wire],
    named: dict[str, tuple[int, int]],
    area: Rect,
    borders: Sequence[int],
) -> dict[str, Rect]:
    """Places the names of flows; where only other lines are in the way, they give way."""
    solid = [*sheet.shapes.values(), *sheet.labels.values()]
    taken: dict[str, Rect] = {}
    for wire in wires:
        if wire.key not in named or not wire.points:
            continue
        lines = {w.key: w.points for w in wires if w.points}
        spot = labelling.best_spot(
            wire.points, named[wire.key], [*solid, *taken.values()], lines, wire.key, area, borders
        )
        if spot is None:
            x, y = wire.points[0]
            taken[wire.key] = Rect(x + 6, y + 6, *named[wire.key])
            continue
        taken[wire.key] = spot.box
        grid.block_label(spot.box)
        if spot.hit:
            grid.reroute([w for w in wires if w.key in spot.hit])
    return taken


def _plain(a: Rect, b: Rect) -> list[Point]:
    """A line of last resort between two boxes."""
    start, end = (a.right, a.cy), (b.x, b.cy)
    middle = (start[0] + end[0]) // 2
    return [start, (middle, start[1]), (middle, end[1]), end]


# ---- writing


def _write(root: etree._Element, sheet: Sheet, expanded: set[str], subject: str) -> None:
    diagram = etree.SubElement(
        root,
        f"{{{BPMNDI}}}BPMNDiagram",
        {"id": f"{subject}_diagram"},
        nsmap={"bpmndi": BPMNDI, "dc": DC, "di": DI},
    )
    plane = etree.SubElement(diagram, f"{{{BPMNDI}}}BPMNPlane", {"id": f"{subject}_plane", "bpmnElement": subject})
    boxes = {**sheet.lanes, **sheet.shapes}
    for element in root.iter(f"{{{BPMN}}}*"):
        element_id = element.get("id", "")
        if element_id in boxes:
            attributes = {"id": f"{element_id}_di", "bpmnElement": element_id}
            if tag(element) in ("participant", "lane"):
                attributes["isHorizontal"] = "true"
            if tag(element) in SUBPROCESSES:
                attributes["isExpanded"] = "true" if element_id in expanded else "false"
            if tag(element) == "exclusiveGateway":
                attributes["isMarkerVisible"] = "true"
            shape = etree.SubElement(plane, f"{{{BPMNDI}}}BPMNShape", attributes)
            _bounds(shape, boxes[element_id])
            _label(shape, sheet.labels.get(element_id))
    for element in root.iter(f"{{{BPMN}}}*"):
        element_id = element.get("id", "")
        if element_id in sheet.lines:
            edge = etree.SubElement(
                plane, f"{{{BPMNDI}}}BPMNEdge", {"id": f"{element_id}_di", "bpmnElement": element_id}
            )
            for x, y in sheet.lines[element_id]:
                etree.SubElement(edge, f"{{{DI}}}waypoint", {"x": str(x), "y": str(y)})
            _label(edge, sheet.labels.get(element_id))


def _bounds(parent: etree._Element, box: Rect) -> None:
    sizes = {"x": box.x, "y": box.y, "width": box.w, "height": box.h}
    etree.SubElement(parent, f"{{{DC}}}Bounds", {key: str(value) for key, value in sizes.items()})


def _label(parent: etree._Element, box: Rect | None) -> None:
    if box is not None:
        _bounds(etree.SubElement(parent, f"{{{BPMNDI}}}BPMNLabel"), box)


def main(files: Iterable[str]) -> int:
    """Rewrites each file and says what is still wrong with its picture; 1 when anything is."""
    wrong = 0
    for name in files:
        path = Path(name)
        arranged = arrange(path.read_bytes())
        path.write_bytes(arranged)
        geometry = Geometry.read(arranged)
        found = faults(geometry)
        wrong += bool(found)
        size = geometry.bounds
        count = f"{len(geometry.shapes)} shapes, {crossings(geometry)} crossings, {len(found)} faults"
        print(f"{name}: {size.w} × {size.h}, {count}")
        for fault in found:
            print(f"  {fault}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
