"""Flows of a drawing: their lines, arrows, marks and names."""

import itertools
import math
from collections.abc import Iterator, Sequence

from . import geometry, outline, paint
from .geometry import Edge, Point, Rect
from .picture import Picture, outside, text


def lines(picture: Picture) -> Iterator[str]:
    """Flows that join are drawn once from where they meet: dashes laid over dashes would look like a full line."""
    edges = [e for e in picture.geometry.edges.values() if len(e.points) >= 2]
    drawn: dict[tuple[str, Point], list[Edge]] = {}
    parts = []
    for edge in [*(e for e in edges if e.id in picture.walked), *(e for e in edges if e.id not in picture.walked)]:
        port = drawn.setdefault((edge.target, edge.points[-1]), [])
        meetings = [m for m in (geometry.parting(edge.points, other.points) for other in port) if m is not None]
        alone = min((geometry.until(edge.points, m) for m in meetings), key=_length, default=None)
        port.append(edge)
        parts.append(_line(picture, edge, alone))
    yield from reversed(parts)  # the walked ones on top


def _length(points: Sequence[Point]) -> int:
    return sum(abs(a[0] - b[0]) + abs(a[1] - b[1]) for a, b in itertools.pairwise(points))


def _line(picture: Picture, edge: Edge, alone: Sequence[Point] | None) -> str:
    """One flow; `alone` is its own part when it joins another one that is drawn with its arrow."""
    walked = edge.id in picture.walked
    points = alone if alone is not None and len(alone) >= 2 else edge.points
    joins = points is not edge.points
    if edge.kind == "messageFlow":
        return _path(points, "k-message", joins) + _circle(edge) + ("" if joins else _arrow(edge, "k-paper", 11))
    if edge.kind in outline.LINKS:
        directed = edge.kind != "association" or picture.facts[edge.id].directed
        return _path(points, "k-dots", True) + (_open_arrow(edge) if directed else "")
    back = edge.id in picture.returns
    kind = ("k-walked" if walked else "k-flow") if not back else ("k-walked-back" if walked else "k-back")
    arrow = "" if joins else _arrow(edge, "k-walked-tip" if walked else "k-tip", 10)
    start = ""
    source, facts = picture.facts.get(edge.source), picture.facts.get(edge.id)
    if source is not None and source.default == edge.id:
        start = _slash(edge, "k-walked" if walked else "k-flow")
    elif facts is not None and facts.conditional and not _is_gateway(picture, edge.source):
        start = _diamond(edge)
    return f'<g id="fl-{text(edge.id)}" class="fl">{_path(points, kind, joins)}{arrow}{start}</g>'


def _is_gateway(picture: Picture, element: str) -> bool:
    return element in picture.geometry.shapes and "Gateway" in picture.geometry.shapes[element].kind


def _unit(a: tuple[float, float], b: tuple[float, float]) -> tuple[float, float]:
    length = math.hypot(b[0] - a[0], b[1] - a[1]) or 1.0
    return ((b[0] - a[0]) / length, (b[1] - a[1]) / length)


def _path(line: Sequence[Point], kind: str, whole: bool) -> str:
    """The line, its corners slightly rounded; it ends a little before its arrow's tip unless the whole is wanted."""
    points: list[tuple[float, float]] = [(float(x), float(y)) for x, y in line]
    if not whole:
        dx, dy = _unit(points[-2], points[-1])
        points[-1] = (points[-1][0] - 7 * dx, points[-1][1] - 7 * dy)
    drawn = [f"M{points[0][0]:g} {points[0][1]:g}"]
    for before, here, after in zip(points, points[1:], points[2:], strict=False):
        radius = min(4.0, math.dist(before, here) / 2, math.dist(here, after) / 2)
        a, b = _unit(here, before), _unit(here, after)
        drawn.append(
            f"L{here[0] + a[0] * radius:g} {here[1] + a[1] * radius:g}"
            f"Q{here[0]:g} {here[1]:g} {here[0] + b[0] * radius:g} {here[1] + b[1] * radius:g}"
        )
    drawn.append(f"L{points[-1][0]:g} {points[-1][1]:g}")
    return f'<path {paint.wear(kind)} d="{"".join(drawn)}"/>'


def _arrow(edge: Edge, kind: str, size: float) -> str:
    (x, y), (dx, dy) = edge.points[-1], _unit(edge.points[-2], edge.points[-1])
    back_x, back_y, half = x - dx * size, y - dy * size, size * 0.45
    corners = ((x, y), (back_x - dy * half, back_y + dx * half), (back_x + dy * half, back_y - dx * half))
    return f'<path {paint.wear(kind)} d="M{"L".join(f"{px:.1f} {py:.1f}" for px, py in corners)}z"/>'


def _open_arrow(edge: Edge) -> str:
    (x, y), (dx, dy) = edge.points[-1], _unit(edge.points[-2], edge.points[-1])
    left = (x - dx * 8 - dy * 4.5, y - dy * 8 + dx * 4.5)
    right = (x - dx * 8 + dy * 4.5, y - dy * 8 - dx * 4.5)
    return f'<path {paint.wear("k-hair")} d="M{left[0]:.1f} {left[1]:.1f}L{x} {y}L{right[0]:.1f} {right[1]:.1f}"/>'


def _circle(edge: Edge) -> str:
    (x, y), (dx, dy) = edge.points[0], _unit(edge.points[0], edge.points[1])
    return f'<circle {paint.wear("k-paper")} cx="{x + 3.5 * dx:g}" cy="{y + 3.5 * dy:g}" r="3.5"/>'


def _slash(edge: Edge, kind: str) -> str:
    """The mark of a default flow: a stroke across its beginning."""
    (x, y), (dx, dy) = edge.points[0], _unit(edge.points[0], edge.points[1])
    a = (x + 7 * dx - 4 * (dx - dy), y + 7 * dy - 4 * (dy + dx))
    b = (x + 7 * dx + 4 * (dx - dy), y + 7 * dy + 4 * (dy + dx))
    return f'<path {paint.wear(kind)} d="M{a[0]:.1f} {a[1]:.1f}L{b[0]:.1f} {b[1]:.1f}"/>'


def _diamond(edge: Edge) -> str:
    """The mark of a conditional flow out of a step."""
    (x, y), (dx, dy) = edge.points[0], _unit(edge.points[0], edge.points[1])
    corners = (
        (x, y),
        (x + 6 * dx - 4 * dy, y + 6 * dy + 4 * dx),
        (x + 12 * dx, y + 12 * dy),
        (x + 6 * dx + 4 * dy, y + 6 * dy - 4 * dx),
    )
    return f'<path {paint.wear("k-paper")} d="M{"L".join(f"{px:g} {py:g}" for px, py in corners)}z"/>'


def names(picture: Picture) -> Iterator[str]:
    for edge in picture.geometry.edges.values():
        name = picture.facts[edge.id].name if edge.id in picture.facts else edge.name
        if not name or len(edge.points) < 2:
            continue
        box = edge.label or _middle(edge)
        beside = None
        for a, b in itertools.pairwise(edge.points):
            if a[0] == b[0] and min(a[1], b[1]) - 8 <= box.cy <= max(a[1], b[1]) + 8 and abs(box.cx - a[0]) < box.w:
                beside = Rect(a[0], box.y, 0, box.h)
        yield outside(name, box, beside)


def _middle(edge: Edge) -> Rect:
    """Where the name of a flow goes when the file does not say: above the middle of its longest piece."""
    a, b = max(edge.segments(), key=lambda s: math.dist(s[0], s[1]))
    x, y = (a[0] + b[0]) // 2, (a[1] + b[1]) // 2
    return Rect(x - 45, y - 19, 90, 15) if a[1] == b[1] else Rect(x + 5, y - 8, 90, 15)
