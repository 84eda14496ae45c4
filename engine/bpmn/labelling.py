"""Where the name of a flow stands: beside its own line, near where it starts, on a spot that nothing else uses."""

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from .geometry import Point, Rect

_AIR = 4


@dataclass(frozen=True, slots=True)
class Spot:
    """A possible place for a label, how good it is (less is better) and the flows whose lines would run through it."""

    box: Rect
    cost: int
    hit: tuple[str, ...] = ()


def best_spots(
    line: Sequence[Point],
    size: tuple[int, int],
    solid: Sequence[Rect],
    lines: Mapping[str, Sequence[Point]],
    own: str,
    area: Rect,
    borders: Sequence[int] = (),
) -> list[Spot]:
    """The best place beside a line that covers no shape and no label, and the best that covers no other line either."""
    w, h = size
    around = Rect(min(x for x, _ in line), min(y for _, y in line), 1, 1)
    around = Rect(around.x, around.y, max(x for x, _ in line) - around.x, max(y for _, y in line) - around.y)
    around = Rect(around.x - w - 12, around.y - h - 12, around.w + 2 * w + 24, around.h + 2 * h + 24)
    near = [rect for rect in solid if rect.grown(4).overlaps(around)]
    pieces = [
        (key, a, b)
        for key, points in lines.items()
        if key != own
        for a, b in itertools.pairwise(points)
        if around.cut_by(a, b)
    ]
    covering: Spot | None = None
    ranked = ((box, cost + 60 * any(box.y < y < box.bottom for y in borders)) for box, cost in _beside(line, w, h))
    for box, cost in sorted(ranked, key=lambda spot: (spot[1], spot[0].x, spot[0].y)):
        grown = box.grown(3)
        if not area.contains(box) or any(grown.overlaps(rect) for rect in near):
            continue
        inside = box.grown(-1)
        if any(inside.cut_by(a, b) for a, b in itertools.pairwise(line)):
            continue
        outside = box.grown(2)
        hit = tuple(sorted({key for key, a, b in pieces if outside.cut_by(a, b)}))
        if not hit:
            return [spot for spot in (covering, Spot(box, cost)) if spot is not None]
        if covering is None or cost + 60 * len(hit) < covering.cost:
            covering = Spot(box, cost + 60 * len(hit), hit)
    return [covering] if covering is not None else []


def _beside(line: Sequence[Point], w: int, h: int) -> Iterator[tuple[Rect, int]]:
    walked = 0
    for index, (a, b) in enumerate(itertools.pairwise(line)):
        length = abs(a[0] - b[0]) + abs(a[1] - b[1])
        for along in range(0, max(length, 1), 8):
            far = walked + along
            cost = far // 2 + 20 * index
            if a[1] == b[1]:
                right = b[0] > a[0]
                start = a[0] + along + _AIR if right else a[0] - along - _AIR - w
                fits = w + 2 * _AIR + along <= length
                yield Rect(start, a[1] - _AIR - h, w, h), cost + (0 if fits else 25)
                yield Rect(start, a[1] + _AIR, w, h), cost + 6 + (0 if fits else 25)
            else:
                down = b[1] > a[1]
                start = a[1] + along + _AIR if down else a[1] - along - _AIR - h
                fits = h + 2 * _AIR + along <= length
                yield Rect(a[0] + _AIR + 3, start, w, h), cost + (0 if fits else 25)
                yield Rect(a[0] - _AIR - 3 - w, start, w, h), cost + 3 + (0 if fits else 25)
        walked += length
