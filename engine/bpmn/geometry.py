"""Plain geometry of a diagram: boxes and lines, and how they stand in a file.

`Geometry.read` takes the diagram interchange out of a BPMN file, whoever wrote it. Nothing here lays out, judges or
draws; this is what layout, `readability` and `drawing` share.
"""

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

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
    info: Any = root.getroottree().docinfo
    if info.doctype or info.internalDTD is not None:
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
