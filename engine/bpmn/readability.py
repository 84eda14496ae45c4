"""What is wrong with a diagram, in words: shapes that overlap, a label on a line, a flow through a step.

The layout judges its own attempts with it, authors judge a file, tests judge both. An empty list is a clean sheet.
"""

import collections
import itertools
import math
from collections.abc import Iterator, Mapping

from . import geometry
from .geometry import CONTAINERS, LOOSE, Edge, Geometry, Point, Rect, Shape


def faults(picture: Geometry) -> list[str]:
    """Everything that is wrong with a drawing, one sentence each; an empty list is a clean sheet."""
    return [
        *_shape_faults(picture),
        *_edge_faults(picture),
        *_shared_runs(picture),
        *_label_faults(picture),
    ]


def crossings(picture: Geometry) -> int:
    """How often two flows cross at right angles. Not a fault, but fewer are calmer."""
    runs = [(edge.id, a, b) for edge in picture.edges.values() for a, b in edge.segments()]
    level = [(i, min(a[0], b[0]), max(a[0], b[0]), a[1]) for i, a, b in runs if a[1] == b[1]]
    upright = [(i, min(a[1], b[1]), max(a[1], b[1]), a[0]) for i, a, b in runs if a[0] == b[0]]
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


def _shape_faults(picture: Geometry) -> Iterator[str]:
    shapes = picture.shapes
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


def _edge_faults(picture: Geometry) -> Iterator[str]:
    shapes = picture.shapes
    for edge in picture.edges.values():
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
        return bool(abs(off - 1) * box.w / 2 <= 2)
    if shape.kind.endswith("Event"):
        off = math.hypot(point[0] - box.cx, point[1] - box.cy)
        return abs(off - box.w / 2) <= 2
    outer, inner = box.grown(2), box.grown(-2)
    here = Rect(point[0], point[1], 0, 0)
    return outer.contains(here) and not (inner.x < point[0] < inner.right and inner.y < point[1] < inner.bottom)


def _shared_runs(picture: Geometry, least: int = 4) -> Iterator[str]:
    """Pairs of flows that lie on top of each other, except where both run into the same end."""
    lanes: dict[tuple[str, int], list[tuple[int, int, str]]] = collections.defaultdict(list)
    for edge in picture.edges.values():
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
            if pair in told or _join(picture.edges[one], picture.edges[other]):
                continue
            told.add(pair)
            yield f"{pair[0]} and {pair[1]} run on top of each other"


def _join(one: Edge, other: Edge) -> bool:
    """Whether two flows share nothing but their last stretch into the same port."""
    meeting = geometry.parting(one.points, other.points) if one.target == other.target else None
    if meeting is None:
        return False
    return not _touches(geometry.until(one.points, meeting), geometry.until(other.points, meeting))


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


def _label_faults(picture: Geometry) -> Iterator[str]:
    shapes, labels = picture.shapes, picture.labels
    for owner, box in labels.items():
        around = {owner, *_ancestors(shapes, owner)}
        if owner in picture.edges:
            edge = picture.edges[owner]
            around |= set(_ancestors(shapes, edge.source)) & set(_ancestors(shapes, edge.target))
        for shape in shapes.values():
            if shape.kind in ("participant", "lane") or shape.kind in LOOSE or not _covers(shape, box):
                continue
            if shape.id == owner and not shape.kind.endswith(("Event", "Gateway")):
                continue  # the name of a task lies inside it
            if shape.id != owner and shape.id in around and shape.kind in CONTAINERS and shape.box.contains(box):
                continue
            yield f"the label of {owner} lies on {shape.id}"
        for edge in picture.edges.values():
            if any(box.grown(-1).cut_by(a, b) for a, b in edge.segments()):
                yield f"the label of {owner} lies on {edge.id}"
    for (one, a), (other, b) in itertools.combinations(labels.items(), 2):
        if a.overlaps(b):
            yield f"the labels of {one} and {other} overlap"
