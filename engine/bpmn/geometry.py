"""Plain geometry of a diagram: boxes, lines, and what can be wrong with them.

`Geometry.read` takes the diagram interchange out of a BPMN file, whoever wrote it; `faults` says in words what a reader
would stumble over (shapes that overlap, a label on a line, a flow through a step). The layout uses it to judge its own
attempts, authors to judge a file, tests to judge both. It knows no layout and draws nothing.
"""

import collections
import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from lxml import etree

from engine import errors

Point = tuple[int, int]

BPMN: Final = "http://www.omg.org/spec/BPMN/20100524/MODEL"
BPMNDI: Final = "http://www.omg.org/spec/BPMN/20100524/DI"
DC: Final = "http://www.omg.org/spec/DD/20100524/DC"
DI: Final = "http://www.omg.org/spec/DD/20100524/DI"

_MAX_BYTES: Final = 2_000_000
_MAX_ELEMENTS: Final = 20_000

# What may lie around other shapes: they are frames, not obstacles.
CONTAINERS: Final = frozenset({"participant", "lane", "subProcess", "transaction", "adHocSubProcess"})
OWNERS: Final = frozenset({"subProcess", "transaction", "adHocSubProcess", "process", "collaboration"})
# A group is a pencil line around things that belong together; it may cross anything.
LOOSE: Final = frozenset({"group"})


@dataclass(frozen=True, slots=True)
class Rect:
    """A box in pixels."""

    x: int
    y: int
    w: int
    h: int

    @property
    def right(self) -> int:
        return self.x + self.w

    @property
    def bottom(self) -> int:
        return self.y + self.h

    @property
    def cx(self) -> int:
        return self.x + self.w // 2

    @property
    def cy(self) -> int:
        return self.y + self.h // 2

    def grown(self, by: int) -> "Rect":
        return Rect(self.x - by, self.y - by, self.w + 2 * by, self.h + 2 * by)

    def moved(self, dx: int, dy: int) -> "Rect":
        return Rect(self.x + dx, self.y + dy, self.w, self.h)

    def overlaps(self, other: "Rect") -> bool:
        """Whether they share area; touching borders do not count."""
        return self.x < other.right and other.x < self.right and self.y < other.bottom and other.y < self.bottom

    def contains(self, other: "Rect") -> bool:
        return self.x <= other.x and self.y <= other.y and self.right >= other.right and self.bottom >= other.bottom

    def cut_by(self, a: Point, b: Point) -> bool:
        """Whether a straight line from `a` to `b` runs through the inside (along the border does not count)."""
        if a[0] == b[0] or a[1] == b[1]:
            return (
                min(a[0], b[0]) < self.right
                and max(a[0], b[0]) > self.x
                and min(a[1], b[1]) < self.bottom
                and max(a[1], b[1]) > self.y
            )
        # A slanted line (foreign files only): clip it against the box.
        low, high = 0.0, 1.0
        for start, delta, least, most in (
            (a[0], b[0] - a[0], self.x, self.right),
            (a[1], b[1] - a[1], self.y, self.bottom),
        ):
            if delta == 0:
                if not least < start < most:
                    return False
                continue
            first, second = (least - start) / delta, (most - start) / delta
            low, high = max(low, min(first, second)), min(high, max(first, second))
        return low < high


def union(rects: Iterable[Rect]) -> Rect:
    """The smallest box around all of them."""
    boxes = list(rects)
    x, y = min(r.x for r in boxes), min(r.y for r in boxes)
    return Rect(x, y, max(r.right for r in boxes) - x, max(r.bottom for r in boxes) - y)


def straightened(points: Iterable[Point]) -> list[Point]:
    """The same line without repeated points and without points in the middle of a straight run."""
    line: list[Point] = []
    for point in points:
        if line and line[-1] == point:
            continue
        if len(line) >= 2 and (line[-2][0] == line[-1][0] == point[0] or line[-2][1] == line[-1][1] == point[1]):
            between_x = min(line[-2][0], point[0]) <= line[-1][0] <= max(line[-2][0], point[0])
            between_y = min(line[-2][1], point[1]) <= line[-1][1] <= max(line[-2][1], point[1])
            if between_x and between_y:
                line[-1] = point
                continue
        line.append(point)
    return line


@dataclass(frozen=True, slots=True)
class Shape:
    """One drawn element: its box, what it sits in or on, and the box of its label when the file gives one."""

    id: str
    kind: str
    name: str
    box: Rect
    parent: str | None = None
    host: str | None = None
    label: Rect | None = None
    expanded: bool = True
    horizontal: bool = True


@dataclass(frozen=True, slots=True)
class Edge:
    """One drawn flow, message or association."""

    id: str
    kind: str
    name: str
    source: str
    target: str
    points: tuple[Point, ...]
    label: Rect | None = None

    def segments(self) -> Iterator[tuple[Point, Point]]:
        return itertools.pairwise(self.points)


@dataclass(frozen=True, slots=True)
class Geometry:
    """Everything that is drawn, in the order of the file."""

    shapes: Mapping[str, Shape] = field(default_factory=dict)
    edges: Mapping[str, Edge] = field(default_factory=dict)

    @property
    def labels(self) -> dict[str, Rect]:
        both: list[Shape | Edge] = [*self.shapes.values(), *self.edges.values()]
        return {item.id: item.label for item in both if item.label is not None}

    @property
    def bounds(self) -> Rect:
        corners = [Rect(x, y, 0, 0) for edge in self.edges.values() for x, y in edge.points]
        boxes = [shape.box for shape in self.shapes.values()]
        return union([*boxes, *self.labels.values(), *corners] or [Rect(0, 0, 0, 0)])

    @staticmethod
    def read(xml: bytes) -> "Geometry":
        """The diagram interchange of a BPMN file. Elements without a shape are simply not there."""
        return read_tree(parse(xml))


def parse(xml: bytes) -> etree._Element:
    """The root of a file from outside, comments kept: no entities, no DOCTYPE, at most 2 MB and 20,000 elements."""
    if len(xml) > _MAX_BYTES:
        raise _refused("too_large", f"Expected at most {_MAX_BYTES} bytes, found {len(xml)}.")
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_blank_text=True
    )
    try:
        root = etree.fromstring(xml, parser)
    except (etree.XMLSyntaxError, LookupError, ValueError) as error:
        raise _refused("xml", f"Expected well-formed XML: {error}.") from None
    if root.getroottree().docinfo.doctype:
        raise _refused("doctype", "Expected no DOCTYPE: entities and external files are not read.")
    if sum(1 for _ in root.iter()) > _MAX_ELEMENTS:
        raise _refused("too_many_elements", f"Expected at most {_MAX_ELEMENTS} XML elements.")
    return root


def _refused(code: str, message: str) -> errors.DefinitionError:
    return errors.DefinitionError([errors.Problem("", None, code, message)])


def tag(element: etree._Element) -> str:
    """The local name of an element; comments and instructions have none."""
    return etree.QName(element).localname if isinstance(element.tag, str) else ""


def read_tree(root: etree._Element) -> Geometry:
    elements = {e.get("id", ""): e for e in root.iter(f"{{{BPMN}}}*") if e.get("id")}
    shapes: dict[str, Shape] = {}
    edges: dict[str, Edge] = {}
    for drawn in root.iter(f"{{{BPMNDI}}}BPMNShape"):
        element = elements.get(_local(drawn.get("bpmnElement", "")))
        bounds = drawn.find(f"{{{DC}}}Bounds")
        if element is None or bounds is None:
            continue
        shape_id = element.get("id", "")
        shapes[shape_id] = Shape(
            id=shape_id,
            kind=tag(element),
            name=_name(element),
            box=_rect(bounds),
            parent=_parent(element),
            host=_local(element.get("attachedToRef", "")) or None,
            label=_label(drawn),
            expanded=drawn.get("isExpanded", "true") != "false",
            horizontal=drawn.get("isHorizontal", "true") != "false",
        )
    for drawn in root.iter(f"{{{BPMNDI}}}BPMNEdge"):
        element = elements.get(_local(drawn.get("bpmnElement", "")))
        if element is None:
            continue
        edge_id = element.get("id", "")
        source, target = ends(element)
        edges[edge_id] = Edge(
            id=edge_id,
            kind=tag(element),
            name=_name(element),
            source=source,
            target=target,
            points=tuple(
                (round(float(p.get("x", "0"))), round(float(p.get("y", "0")))) for p in drawn.iter(f"{{{DI}}}waypoint")
            ),
            label=_label(drawn),
        )
    return Geometry(shapes, edges)


def ends(element: etree._Element) -> tuple[str, str]:
    """Where a flow, association or data association starts and ends, by element id."""
    source, target = element.get("sourceRef"), element.get("targetRef")
    owner = element.getparent()
    owner_id = owner.get("id", "") if owner is not None else ""
    if source is None:
        source = element.findtext(f"{{{BPMN}}}sourceRef")
        if tag(element) == "dataOutputAssociation":
            source = owner_id
    if target is None:
        target = element.findtext(f"{{{BPMN}}}targetRef")
        if tag(element) == "dataInputAssociation":
            target = owner_id
    return _local((source or "").strip()), _local((target or "").strip())


def _local(name: str) -> str:
    return name.rpartition(":")[2]


def _name(element: etree._Element) -> str:
    if tag(element) == "textAnnotation":
        return (element.findtext(f"{{{BPMN}}}text") or "").strip()
    return element.get("name", "")


def _rect(bounds: etree._Element) -> Rect:
    x, y, w, h = (float(bounds.get(key, "0")) for key in ("x", "y", "width", "height"))
    return Rect(round(x), round(y), round(w), round(h))


def _label(drawn: etree._Element) -> Rect | None:
    bounds = drawn.find(f"{{{BPMNDI}}}BPMNLabel/{{{DC}}}Bounds")
    return _rect(bounds) if bounds is not None else None


def _parent(element: etree._Element) -> str | None:
    owner = element.getparent()
    while owner is not None and tag(owner) not in (
        "subProcess",
        "transaction",
        "adHocSubProcess",
        "process",
        "collaboration",
    ):
        owner = owner.getparent()
    return owner.get("id") if owner is not None and tag(owner) in CONTAINERS else None


# ---- what a reader would stumble over


def faults(geometry: Geometry) -> list[str]:
    """Everything that is wrong with a drawing, one sentence each; an empty list is a clean sheet."""
    return [
        *_shape_faults(geometry),
        *_edge_faults(geometry),
        *_shared_runs(geometry),
        *_label_faults(geometry),
    ]


def crossings(geometry: Geometry) -> int:
    """How often two flows cross at right angles. Not a fault, but fewer are calmer."""
    runs = [(edge.id, a, b) for edge in geometry.edges.values() for a, b in edge.segments()]
    level = [(i, *sorted((a[0], b[0])), a[1]) for i, a, b in runs if a[1] == b[1]]
    upright = [(i, *sorted((a[1], b[1])), a[0]) for i, a, b in runs if a[0] == b[0]]
    met = {
        (h, v, x, y)
        for h, left, right, y in level
        for v, top, bottom, x in upright
        if h != v and left < x < right and top < y < bottom
    }
    return len(met)


def _ancestors(shapes: Mapping[str, Shape], shape_id: str) -> Iterator[str]:
    """The boxes a shape lies in or hangs on, innermost first."""
    shape = shapes.get(shape_id)
    while shape is not None:
        above = shape.host or shape.parent
        if above is None:
            return
        yield above
        shape = shapes.get(above)


def _shape_faults(geometry: Geometry) -> Iterator[str]:
    shapes = geometry.shapes
    solid = [s for s in shapes.values() if s.kind not in ("participant", "lane") and s.kind not in LOOSE]
    family = {s.id: set(_ancestors(shapes, s.id)) for s in solid}
    for a, b in itertools.combinations(solid, 2):
        if a.box.overlaps(b.box) and a.id not in family[b.id] and b.id not in family[a.id]:
            yield f"{a.id} and {b.id} overlap"
    for shape in solid:
        parent = shapes.get(shape.parent or "")
        if parent is not None and shape.host is None and parent.expanded and not parent.box.contains(shape.box):
            yield f"{shape.id} sticks out of {parent.id}"
        host = shapes.get(shape.host or "")
        if host is not None and not (
            host.box.grown(shape.box.w).contains(shape.box)
            and (shape.box.cx in (host.box.x, host.box.right) or shape.box.cy in (host.box.y, host.box.bottom))
        ):
            yield f"{shape.id} is not on the border of {host.id}"
    frames = [s for s in shapes.values() if s.kind in ("participant", "lane")]
    for a, b in itertools.combinations(frames, 2):
        if a.box.overlaps(b.box) and not a.box.contains(b.box) and not b.box.contains(a.box):
            yield f"{a.id} and {b.id} overlap"
    for shape in solid:
        for frame in frames:
            if shape.box.overlaps(frame.box) and not frame.box.contains(shape.box) and shape.host is None:
                yield f"{shape.id} lies across the border of {frame.id}"


def _edge_faults(geometry: Geometry) -> Iterator[str]:
    shapes = geometry.shapes
    for edge in geometry.edges.values():
        if len(edge.points) < 2:
            yield f"{edge.id} has no line"
            continue
        if any(a[0] != b[0] and a[1] != b[1] for a, b in edge.segments()):
            yield f"{edge.id} is not orthogonal"
        near = {edge.source, edge.target}
        spared = near | set(_ancestors(shapes, edge.source)) | set(_ancestors(shapes, edge.target))
        for shape in shapes.values():
            if shape.id in spared or shape.kind in ("participant", "lane") or shape.kind in LOOSE:
                continue
            if any(shape.box.grown(-1).cut_by(a, b) for a, b in edge.segments()):
                yield f"{edge.id} runs through {shape.id}"
        # Its own ends may be touched by the first and the last piece only, and the host of an event not at all.
        pieces = list(edge.segments())
        for end, inner in ((edge.source, pieces[1:]), (edge.target, pieces[:-1])):
            shape_at_end = shapes.get(end)
            if shape_at_end is None or (shape_at_end.kind in CONTAINERS and edge.source == edge.target):
                continue
            if any(shape_at_end.box.grown(-9).cut_by(a, b) for a, b in inner):
                yield f"{edge.id} runs through its own end {end}"
        for end, point in ((edge.source, edge.points[0]), (edge.target, edge.points[-1])):
            if end in shapes and not _docks(shapes[end], point):
                yield f"{edge.id} does not touch {end}"


def _docks(shape: Shape, point: Point) -> bool:
    """Whether a point lies on the outline of a shape, give or take two pixels."""
    box = shape.box
    if "Gateway" in shape.kind or shape.kind == "gateway":
        off = abs(point[0] - box.cx) / (box.w / 2) + abs(point[1] - box.cy) / (box.h / 2)
        return abs(off - 1) * box.w / 2 <= 2
    if shape.kind.endswith("Event"):
        off = ((point[0] - box.cx) ** 2 + (point[1] - box.cy) ** 2) ** 0.5
        return abs(off - box.w / 2) <= 2
    outer, inner = box.grown(2), box.grown(-2)
    here = Rect(point[0], point[1], 0, 0)
    return outer.contains(here) and not (inner.x < point[0] < inner.right and inner.y < point[1] < inner.bottom)


def _shared_runs(geometry: Geometry, least: int = 4) -> Iterator[str]:
    """Pairs of flows that lie on top of each other, except where both run into the same end."""
    lanes: dict[tuple[str, int], list[tuple[int, int, str]]] = collections.defaultdict(list)
    for edge in geometry.edges.values():
        for a, b in edge.segments():
            if a[1] == b[1]:
                lanes["level", a[1]].append((min(a[0], b[0]), max(a[0], b[0]), edge.id))
            elif a[0] == b[0]:
                lanes["upright", a[0]].append((min(a[1], b[1]), max(a[1], b[1]), edge.id))
    told: set[tuple[str, str]] = set()
    for key in sorted(lanes):
        for (low, high, one), (least_low, least_high, other) in itertools.combinations(sorted(lanes[key]), 2):
            if one == other or min(high, least_high) - max(low, least_low) < least:
                continue
            pair = (min(one, other), max(one, other))
            if pair in told or _join(geometry.edges[one], geometry.edges[other]):
                continue
            told.add(pair)
            yield f"{pair[0]} and {pair[1]} run on top of each other"


def _join(one: Edge, other: Edge) -> bool:
    """Whether two flows share nothing but their last stretch into the same port."""
    meeting = parting(one.points, other.points) if one.target == other.target else None
    if meeting is None:
        return False
    return not _touches(until(one.points, meeting), until(other.points, meeting))


def parting(one: Sequence[Point], other: Sequence[Point]) -> Point | None:
    """Where two lines that end at the same point, from the same side, come together; None when they do not."""
    mine, theirs = list(one), list(other)
    if mine[-1] != theirs[-1]:
        return None
    last = mine[-1]
    while mine and theirs and mine[-1] == theirs[-1]:
        last = mine.pop()
        theirs.pop()
    if not mine or not theirs:
        return last
    a, b = mine[-1], theirs[-1]
    for along, across in ((0, 1), (1, 0)):
        if a[across] == b[across] == last[across] and (a[along] < last[along]) == (b[along] < last[along]):
            return a if _far(a, last) < _far(b, last) else b
    return None if last == one[-1] else last


def until(line: Sequence[Point], stop: Point) -> list[Point]:
    """A line up to a point on it."""
    walked = [line[0]]
    for a, b in itertools.pairwise(line):
        if Rect(min(a[0], b[0]), min(a[1], b[1]), abs(a[0] - b[0]), abs(a[1] - b[1])).contains(Rect(*stop, 0, 0)):
            return [*walked, stop]
        walked.append(b)
    return walked


def _far(a: Point, b: Point) -> int:
    return abs(a[0] - b[0]) + abs(a[1] - b[1])


def _touches(one: list[Point], other: list[Point]) -> bool:
    """Whether two lines share a stretch."""
    for a, b in itertools.pairwise(one):
        for c, d in itertools.pairwise(other):
            for along, across in ((0, 1), (1, 0)):
                if a[across] == b[across] == c[across] == d[across]:
                    low = max(min(a[along], b[along]), min(c[along], d[along]))
                    high = min(max(a[along], b[along]), max(c[along], d[along]))
                    if high - low >= 4:
                        return True
    return False


def _covers(shape: Shape, box: Rect) -> bool:
    """Whether a box lies on a shape; the corners around a diamond and a circle are free."""
    across = max(box.x - shape.box.cx, shape.box.cx - box.right, 0) / (shape.box.w / 2)
    along = max(box.y - shape.box.cy, shape.box.cy - box.bottom, 0) / (shape.box.h / 2)
    if "Gateway" in shape.kind:
        return across + along < 1
    if shape.kind.endswith("Event"):
        return across**2 + along**2 < 1
    return shape.box.overlaps(box)


def _label_faults(geometry: Geometry) -> Iterator[str]:
    shapes, labels = geometry.shapes, geometry.labels
    for owner, box in labels.items():
        around = {owner, *_ancestors(shapes, owner)}
        if owner in geometry.edges:
            edge = geometry.edges[owner]
            around |= set(_ancestors(shapes, edge.source)) & set(_ancestors(shapes, edge.target))
        for shape in shapes.values():
            if shape.kind in ("participant", "lane") or shape.kind in LOOSE or not _covers(shape, box):
                continue
            if shape.id == owner and not shape.kind.endswith(("Event", "Gateway")):
                continue  # the name of a task lies inside it
            if shape.id != owner and shape.id in around and shape.kind in CONTAINERS and shape.box.contains(box):
                continue
            yield f"the label of {owner} lies on {shape.id}"
        for edge in geometry.edges.values():
            if any(box.grown(-1).cut_by(a, b) for a, b in edge.segments()):
                yield f"the label of {owner} lies on {edge.id}"
    for (one, a), (other, b) in itertools.combinations(labels.items(), 2):
        if a.overlaps(b):
            yield f"the labels of {one} and {other} overlap"
