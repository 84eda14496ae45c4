"""Where the name of a flow stands: beside its own line, near where it starts, on a spot that nothing else uses."""

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from .geometry import Point, Rect

_AIR = 4


@dataclass(frozen=True, slots=True)
class Spot:
    """A possible place for a label, how good it is (less is better) and the flows whose lines would run through it."""

    box: Rect
    cost: int
    hit: tuple[str, ...] = ()


def spots(
    line: Sequence[Point],
    sizes: Iterable[tuple[int, int]],
    solid: Sequence[Rect],
    lines: Mapping[str, Sequence[Point]],
    own: str,
    area: Rect,
    borders: Sequence[int] = (),
) -> list[Spot]:
    """All places beside a line that are free of shapes and labels, best first."""
    found = []
    for preference, (w, h) in enumerate(sizes):
        for box, cost in _beside(line, w, h):
            if not area.contains(box) or any(box.grown(3).overlaps(r) for r in solid):
                continue
            if any(box.grown(-1).cut_by(a, b) for a, b in itertools.pairwise(line)):
                continue
            hit = tuple(
                key
                for key, points in lines.items()
                if key != own and any(box.grown(2).cut_by(a, b) for a, b in itertools.pairwise(points))
            )
            across = any(box.y < y < box.bottom for y in borders)
            found.append(Spot(box, cost + 12 * preference + 60 * across, hit))
    return sorted(found, key=lambda s: (len(s.hit), s.cost, s.box.x, s.box.y))


def _beside(line: Sequence[Point], w: int, h: int) -> Iterator[tuple[Rect, int]]:
    walked = 0
    for index, (a, b) in enumerate(itertools.pairwise(line)):
        length = abs(a[0] - b[0]) + abs(a[1] - b[1])
        for along in range(0, max(length, 1), 8):
            far = walked + along
            cost = far // 4 + 6 * index
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
                yield Rect(a[0] + _AIR + 2, start, w, h), cost + (0 if fits else 25)
                yield Rect(a[0] - _AIR - 2 - w, start, w, h), cost + 3 + (0 if fits else 25)
        walked += length
