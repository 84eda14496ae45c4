"""One process or sub-process on a sheet: attempts are made, judged, and the calmest faultless one is kept.

What is inside of a sub-process is laid out first, on a sheet of its own, and then stands as a box among the other
shapes. An attempt places the shapes, routes the lines, finds spots for the names of flows; `faults` judges it like any
other file.
"""

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from lxml import etree

from . import geometry, labelling, outline, placement, readability, routing
from .geometry import Edge, Geometry, Point, Rect, Shape, tag

HEAD: Final = 32
_PAD: Final = 24
_TITLE: Final = 24
_LEVELS: Final = 5
# How far a step in another lane moves right, and how much it gives to keep upright lines free.
_STRIDES: Final = ((48, 90), (64, 90), (80, 90), (48, 180), (64, 180), (80, 180))
_PATIENCE: Final = 100  # what a flow may pay, in costs of `routing`, to make room for the name of another
_FEW: Final = 12  # steps for which one stride is as good as another
_FINALISTS: Final = 2  # of the strides, drafted without refinement


@dataclass(slots=True)
class Sheet:
    """Boxes, labels and lines relative to the upper left corner."""

    width: int = 0
    height: int = 0
    shapes: dict[str, Rect] = field(default_factory=dict)
    labels: dict[str, Rect] = field(default_factory=dict)
    lines: dict[str, list[Point]] = field(default_factory=dict)
    lanes: dict[str, Rect] = field(default_factory=dict)
    opened: set[str] = field(default_factory=set)  # sub-processes whose inside is drawn
    troubles: int = 0  # what `faults` would say about it
    unrest: float = 0.0  # what a reader's eye has to follow: crossings, bends, distance

    def insert(self, other: "Sheet", dx: int, dy: int) -> None:
        self.shapes |= {k: r.moved(dx, dy) for k, r in other.shapes.items()}
        self.labels |= {k: r.moved(dx, dy) for k, r in other.labels.items()}
        self.lanes |= {k: r.moved(dx, dy) for k, r in other.lanes.items()}
        self.lines |= {k: [(x + dx, y + dy) for x, y in points] for k, points in other.lines.items()}
        self.opened |= other.opened


def lay_out(process: etree._Element, head: int = 0, title: int = 0) -> Sheet:
    """Tries the tight way first, and each time a more generous one, until nothing is in the way of anything."""
    inner: dict[str, Sheet] = {}
    for element in process:
        if tag(element) in outline.SUBPROCESSES and any(tag(child) in outline.STEPS for child in element):
            inner[element.get("id", "")] = lay_out(element, title=_TITLE)
    best: Sheet | None = None
    for level in range(_LEVELS):
        spacings = [placement.Spacing(level, step, caution) for step, caution in _STRIDES]
        if not outline.lanes_of(process):
            spacings = spacings[:1]  # the stride is the way from lane to lane
        elif sum(tag(child) in outline.STEPS for child in process) <= _FEW:
            spacings = [spacings[1]]
        elif len(spacings) > _FINALISTS:
            drafts = [(_attempt(process, inner, spacing, head, title, draft=True), spacing) for spacing in spacings]
            drafts.sort(key=lambda pair: (pair[0].troubles, pair[0].unrest))
            spacings = [spacing for _, spacing in drafts[:_FINALISTS]]
        for spacing in spacings:
            sheet = _attempt(process, inner, spacing, head, title)
            if best is None or (sheet.troubles, sheet.unrest) < (best.troubles, best.unrest):
                best = sheet
        if best is not None and not best.troubles:
            break
    assert best is not None
    return best


def _attempt(
    process: etree._Element,
    inner: Mapping[str, Sheet],
    spacing: placement.Spacing,
    head: int,
    title: int,
    draft: bool = False,
) -> Sheet:
    drawn = outline.read(process, {key: (content.width, content.height) for key, content in inner.items()})
    lanes = drawn.lanes
    placed = placement.place(drawn.nodes, drawn.flows, len(lanes), [lane.least_height for lane in lanes], spacing)
    depth = 1 + max(len(lane.outer) for lane in lanes) if lanes else 0
    left, top = head + depth * HEAD + _PAD, title
    sheet = Sheet(
        width=placement.up(left + placed.width + _PAD * (1 + spacing.level), 16),
        height=placement.up(top + max(placed.height, 56), 16),
    )
    for node in drawn.nodes:
        node.x, node.y = node.x + left, node.y + top
        for guard in node.guards:
            guard.x, guard.y = guard.x + node.x, node.y + node.h // 2
    for node in drawn.everything:
        sheet.shapes[node.id] = node.box
        if node.label_at is not None:
            sheet.labels[node.id] = node.label_at.moved(node.x, node.y)
        if node.id in inner:
            content = inner[node.id]
            sheet.insert(content, node.box.x + (node.w - content.width) // 2, node.box.y)
            sheet.opened.add(node.id)
    bands = [band.moved(0, top) for band in placed.bands]
    _draw_lanes(sheet, lanes, bands, head)
    start = left - _PAD + 8
    area = Rect(start, top, sheet.width - start - 8, sheet.height - top)
    _connect(sheet, drawn, area, [band.bottom for band in bands[:-1]], draft)
    return sheet


def _draw_lanes(sheet: Sheet, lanes: Sequence[outline.Lane], bands: Sequence[Rect], head: int) -> None:
    for lane, band in zip(lanes, bands, strict=False):
        for level, lane_id in enumerate([*lane.outer, lane.id]):
            x = head + level * HEAD
            box = Rect(x, band.y, sheet.width - x, band.h)
            known = sheet.lanes.get(lane_id)
            sheet.lanes[lane_id] = geometry.union([known, box]) if known else box
    if lanes:
        sheet.height = bands[-1].bottom


# ---- lines


def ports(box: Rect, kind: str, leaving: bool, back: bool, guard: bool = False) -> list[routing.Port]:
    """Where lines may leave or reach a shape, the natural places first."""
    east, south, west, north = routing.EAST, routing.SOUTH, routing.WEST, routing.NORTH
    if guard:
        sides = {south: 0}
    elif back:
        sides = {north: 0, south: 0, east: 10, west: 60}
    elif leaving:
        sides = {east: 0, north: 8, south: 8, west: 160}
    else:
        sides = {west: 0, north: 8, south: 8, east: 160}
    pointed = kind in outline.EVENTS | outline.GATEWAYS
    found = []
    for side, cost in sides.items():
        length = box.w if side in (north, south) else box.h
        reach = 0 if guard else 8 if pointed else max(0, length // 2 - 8)
        for off in sorted(range(-(reach // 8) * 8, reach + 1, 8), key=lambda o: (abs(o), o)):
            if not pointed and off > reach - 16 and side == north:
                continue  # the badge of a state sits at that corner
            inset = 0
            if kind in outline.GATEWAYS:
                inset = abs(off)
            elif kind in outline.EVENTS:
                inset = round(box.w / 2 - math.sqrt((box.w / 2) ** 2 - off**2))
            at = {
                east: (box.right - inset, box.cy + off),
                west: (box.x + inset, box.cy + off),
                south: (box.cx + off, box.bottom - inset),
                north: (box.cx + off, box.y + inset),
            }[side]
            aside = 70 if pointed else 8 + abs(off) // 4 + (10 if off % 16 else 0)
            found.append(routing.Port(at, side, cost + (aside if off else 0), inset))
    return found


def any_port(box: Rect, kind: str) -> list[routing.Port]:
    """The same for a line without direction: every side is as good."""
    cheapest: dict[tuple[Point, int], routing.Port] = {}
    for port in [*ports(box, kind, True, False), *ports(box, kind, False, False)]:
        known = cheapest.get((port.at, port.side))
        if known is None or port.cost < known.cost:
            cheapest[port.at, port.side] = port
    return list(cheapest.values())


def beside_line(points: Sequence[Point]) -> list[routing.Port]:
    """Places where a line may end on another line, at right angles to it."""
    found = []
    for a, b in itertools.pairwise(points):
        level = a[1] == b[1]
        low, high = (min(a[0], b[0]), max(a[0], b[0])) if level else (min(a[1], b[1]), max(a[1], b[1]))
        for along in range(-(-(low + 12) // 8) * 8, high - 11, 8):
            at = (along, a[1]) if level else (a[0], along)
            for side in (routing.NORTH, routing.SOUTH) if level else (routing.EAST, routing.WEST):
                found.append(routing.Port(at, side, abs(2 * along - low - high) // 8))
    return found


def _connect(sheet: Sheet, drawn: outline.Outline, area: Rect, borders: Sequence[int], draft: bool) -> None:
    nodes = {n.id: n for n in drawn.everything}
    grid = routing.Grid(area)
    for node in nodes.values():
        grid.block(node.box)
        if node.id in sheet.labels:
            grid.block_label(sheet.labels[node.id])
    for y in [area.y, *borders, area.bottom]:
        grid.keep_clear(y)
    wires = [_wire(flow) for flow in sorted(drawn.flows, key=_difficulty)]
    grid.route(wires, passes=0 if draft else 2)
    if not draft:
        sheet.labels |= _Names(sheet, grid, wires, area).place({f.id: f.name for f in drawn.flows}, borders)
    for wire in wires:
        sheet.lines[wire.key] = wire.points
    for link in drawn.links:
        source, target = nodes.get(link.source), nodes.get(link.target)
        if source is None and link.source in sheet.lines and target is not None:
            wire = routing.Wire(link.id, beside_line(sheet.lines[link.source]), any_port(target.box, target.kind))
        elif target is None and link.target in sheet.lines and source is not None:
            wire = routing.Wire(link.id, any_port(source.box, source.kind), beside_line(sheet.lines[link.target]))
        elif source is not None and target is not None:
            wire = routing.Wire(link.id, any_port(source.box, source.kind), any_port(target.box, target.kind))
        else:
            continue  # it reaches out of this scope; the whole file is asked later
        grid.route([wire])
        sheet.lines[link.id] = wire.points
    for key, points in sheet.lines.items():
        if not points:
            sheet.lines[key] = _last_resort(nodes, drawn, key)
    _judge(sheet, drawn)


def _difficulty(flow: placement.Flow) -> tuple[bool, bool, int]:
    """Straight neighbours and loops around a corner are routed first, long ways and returns last."""
    a, b = flow.tail, flow.target
    return (flow.back and a is not b, a.key != b.key, abs(a.x - b.x) + abs(a.y - b.y))


def _wire(flow: placement.Flow) -> routing.Wire:
    if flow.source is flow.target:
        return _loop(flow)
    back = flow.back or flow.target.x < flow.tail.x
    return routing.Wire(
        flow.id,
        ports(flow.source.box, flow.source.kind, True, back, flow.source.host is not None),
        ports(flow.target.box, flow.target.kind, False, back),
        f"{flow.target.id} {flow.back}",
    )


def _loop(flow: placement.Flow) -> routing.Wire:
    """A flow back into its own step goes around a corner of it."""
    upright, level = (routing.NORTH, routing.SOUTH), (routing.EAST, routing.WEST)
    box, kind = flow.source.box, flow.source.kind
    found = ports(box, kind, True, True)
    right, middle = [p for p in found if p.at[0] >= box.cx], [p for p in found if abs(p.at[1] - box.cy) <= 16]
    return routing.Wire(flow.id, [p for p in right if p.side in upright], [p for p in middle if p.side in level])


def _last_resort(nodes: Mapping[str, placement.Node], drawn: outline.Outline, key: str) -> list[Point]:
    """A plain line between two boxes, for a flow that found no way; the judge will say so."""
    flow = next((f for f in drawn.flows if f.id == key), None)
    link = next((k for k in drawn.links if k.id == key), None)
    a = flow.source.box if flow else nodes[link.source].box if link and link.source in nodes else Rect(0, 0, 0, 0)
    b = flow.target.box if flow else nodes[link.target].box if link and link.target in nodes else a
    middle = (a.right + b.x) // 2
    return [(a.right, a.cy), (middle, a.cy), (middle, b.cy), (b.x, b.cy)]


class _Names:
    """Places the names of flows, one after the other; where only other lines are in the way, they give way."""

    def __init__(self, sheet: Sheet, grid: routing.Grid, wires: Sequence[routing.Wire], area: Rect) -> None:
        self.grid, self.wires, self.area = grid, wires, area
        self.solid = [*sheet.shapes.values(), *sheet.labels.values()]
        self.taken: dict[str, Rect] = {}
        self.walls: dict[str, list[tuple[int, int]]] = {}

    def place(self, names: Mapping[str, str], borders: Sequence[int]) -> dict[str, Rect]:
        waiting = [wire for wire in self.wires if names.get(wire.key) and wire.points]
        for turn in range(3 * len(waiting)):
            if not waiting:
                break
            wire = waiting.pop(0)
            # A name that was moved twice stays where no line has to give way for it.
            waiting += self._place(wire, names[wire.key], borders, yielding=turn < 2 * len(names))
        return self.taken

    def _place(self, wire: routing.Wire, name: str, borders: Sequence[int], yielding: bool) -> list[routing.Wire]:
        """Finds a spot; the wires whose own names have to be placed again because their lines gave way."""
        lines = {w.key: w.points for w in self.wires if w.points}
        around = [*self.solid, *self.taken.values()]
        spots: list[tuple[float, int, labelling.Spot]] = []
        sizes: dict[tuple[int, int], int] = {}
        for limit, unwelcome in ((96, 0), (64, 35), (240, 50)):
            sizes.setdefault(outline.label_size(name, limit), unwelcome)
        for size, unwelcome in sizes.items():
            for spot in labelling.best_spots(wire.points, size, around, lines, wire.key, self.area, borders):
                spots.append((spot.cost + unwelcome, len(spots), spot))
        for patience in (_PATIENCE, _PATIENCE * 100):
            for _, _, spot in sorted(spots, key=lambda ranked: ranked[:2]):
                if spot.hit and not yielding:
                    continue
                moved = self._try(wire, spot, patience)
                if moved is not None:
                    return moved
        x, y = wire.points[0]
        self.taken[wire.key] = Rect(x + 6, y + 6, *outline.label_size(name, 96))
        return []

    def _try(self, wire: routing.Wire, spot: labelling.Spot, patience: int) -> list[routing.Wire] | None:
        """Takes the spot if the lines in its way find others, no more than `patience` dearer."""
        walls = self.grid.block_label(spot.box)
        hit = [w for w in self.wires if w.key in spot.hit]
        before = [(w, w.course) for w in hit]
        cost = sum(w.cost for w in hit)
        if self.grid.reroute(hit) or sum(w.cost for w in hit) > cost + patience:
            self.grid.unblock(walls)
            self.grid.restore(before)
            return None
        self.taken[wire.key], self.walls[wire.key] = spot.box, walls
        moved = [w for w, course in before if w.cells != course.cells and w.key in self.taken]
        for other in moved:
            del self.taken[other.key]
            self.grid.unblock(self.walls.pop(other.key, []))
        return moved


# ---- judging


def _judge(sheet: Sheet, drawn: outline.Outline) -> None:
    """Counts the faults of this sheet alone (sub-processes are plain boxes here) and how restless it is."""
    shapes = {}
    for node in drawn.everything:
        host, label = (node.host.id if node.host else None), sheet.labels.get(node.id)
        shapes[node.id] = Shape(node.id, node.kind, "", sheet.shapes[node.id], host=host, label=label)
    edges = {}
    for flow in drawn.flows:
        line, label = tuple(sheet.lines[flow.id]), sheet.labels.get(flow.id)
        edges[flow.id] = Edge(flow.id, "sequenceFlow", "", flow.source.id, flow.target.id, line, label)
    for link in drawn.links:
        if link.id in sheet.lines:
            line = tuple(sheet.lines[link.id])
            edges[link.id] = Edge(link.id, "association", "", link.source, link.target, line)
    picture = Geometry(shapes, edges)
    sheet.troubles = len(readability.faults(picture))
    bends = sum(len(e.points) - 2 for e in edges.values())
    length = sum(abs(a[0] - b[0]) + abs(a[1] - b[1]) for e in edges.values() for a, b in e.segments())
    sheet.unrest = 40 * readability.crossings(picture) + 10 * bends + length / 20 + (sheet.width + sheet.height) / 4
