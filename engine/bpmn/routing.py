"""Orthogonal lines between shapes, found on a grid of eight pixels.

Every flow is routed by A*: length, bends, crossings and closeness cost; shapes, labels and the lines of other flows
are walls. So no line can run through a step or on top of another line: what the geometry test asks for holds by
construction. Flows into the same target may join and share their last stretch. Nothing here knows BPMN or where shapes
should stand.
"""

import heapq
import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from .geometry import Point, Rect, straightened

PITCH = 8

EAST, SOUTH, WEST, NORTH = range(4)
_STEP = ((1, 0), (0, 1), (-1, 0), (0, -1))

# Costs, in tenths of a grid step.
_AHEAD, _BEND, _CROSSING, _BESIDE, _NEAR_SHAPE = 10, 65, 75, 7, 4
_JOIN = 25

_FREE, _RING, _SOLID = 0, 1, 2
_LEVEL, _UPRIGHT, _CORNER = 1, 2, 4
_FAR = 1 << 30


@dataclass(frozen=True, slots=True)
class Port:
    """A place on a shape's outline where a line may start or end, and how unwelcome it is there.

    On a slanted or round outline it lies `inset` pixels inside the shape's box.
    """

    at: Point
    side: int
    cost: int = 0
    inset: int = 0


@dataclass(slots=True)
class Wire:
    """A flow to be routed. Wires of one `group` may join on their way into the common target."""

    key: str
    sources: Sequence[Port]
    targets: Sequence[Port]
    group: str = ""
    cost: int = 0
    least: int = 0  # no way can cost less
    cells: list[int] = field(default_factory=list)
    points: list[Point] = field(default_factory=list)

    @property
    def course(self) -> "_Found":
        """Where it runs now; only of a wire that has found its way."""
        return _Found(self.cells, self.points[0], self.points[-1], self.cost)


@dataclass(frozen=True, slots=True)
class _Found:
    """A way: the grid points it passes, where it leaves and where it arrives, what it costs."""

    cells: list[int]
    start: Point
    end: Point
    cost: int


@dataclass(frozen=True, slots=True)
class _Join:
    """A point on another wire to the same target: how far it is from there, and which headings may join it."""

    tail: int
    key: str
    headings: set[int]


class Grid:
    """The sheet: what is blocked, and which wire runs where."""

    def __init__(self, area: Rect) -> None:
        # One more row and column on every side, walled up, so that a search never looks over the edge.
        self.left, self.top = area.x // PITCH - 1, area.y // PITCH - 1
        self.columns = area.w // PITCH + 3
        self.rows = area.h // PITCH + 3
        size = self.columns * self.rows
        self.wall = bytearray(size)
        for column in range(self.columns):
            self.wall[column] = self.wall[size - 1 - column] = _SOLID
        for row in range(self.rows):
            self.wall[row * self.columns] = self.wall[(row + 1) * self.columns - 1] = _SOLID
        self.soft = bytearray(size)
        self.no_level = bytearray(self.rows)
        # Which wires pass a grid point, and how.
        self.level: dict[int, set[str]] = {}
        self.upright: dict[int, set[str]] = {}
        self.corner: dict[int, set[str]] = {}
        self.taken = bytearray(size)  # the same at a glance
        self.wires: dict[str, Wire] = {}

    # ---- walls

    def _cells(self, rect: Rect) -> Iterable[int]:
        """The grid points strictly inside a box."""
        first_x, last_x = rect.x // PITCH + 1, -(-rect.right // PITCH) - 1
        first_y, last_y = rect.y // PITCH + 1, -(-rect.bottom // PITCH) - 1
        for y in range(max(first_y - self.top, 0), min(last_y - self.top, self.rows - 1) + 1):
            for x in range(max(first_x - self.left, 0), min(last_x - self.left, self.columns - 1) + 1):
                yield y * self.columns + x

    def block(self, rect: Rect) -> None:
        """A shape: nothing passes through it, nor closer than eight pixels; sixteen are better."""
        for cell in self._cells(rect.grown(2 * PITCH)):
            self.soft[cell] = min(self.soft[cell] + 1, 3)
        for cell in self._cells(rect.grown(PITCH)):
            self.wall[cell] = max(self.wall[cell], _RING)
        for cell in self._cells(rect.grown(1)):
            self.wall[cell] = _SOLID

    def block_label(self, rect: Rect) -> list[tuple[int, int]]:
        """A name: nothing passes through it. Returns what `unblock` needs to take it away again."""
        before = [(cell, self.wall[cell]) for cell in self._cells(rect.grown(4))]
        for cell, _ in before:
            self.wall[cell] = _SOLID
        return before

    def unblock(self, before: Iterable[tuple[int, int]]) -> None:
        for cell, wall in before:
            self.wall[cell] = wall

    def keep_clear(self, y: int) -> None:
        """No line may run along this height (the border between two lanes)."""
        row = y // PITCH - self.top
        if 0 <= row < self.rows:
            self.no_level[row] = 1

    # ---- wires

    def route(self, wires: Sequence[Wire], passes: int = 2) -> list[Wire]:
        """Routes all, then each again with the others in place; returns those for which there was no way."""
        for wire in wires:
            self._lay(wire, self._search(wire))
        for _ in range(passes):
            changed = False
            for wire in wires:
                if wire.points and wire.cost <= wire.least + _AHEAD:
                    continue
                before = wire.cells
                self._lift(wire)
                self._lay(wire, self._search(wire))
                changed |= wire.cells != before
            if not changed:
                break
        return [wire for wire in wires if not wire.points]

    def lay_line(self, key: str, points: Sequence[Point]) -> None:
        """Takes over a line that is drawn already; only its grid points count."""
        cells: list[int] = []
        for (ax, ay), (bx, by) in itertools.pairwise(points):
            if ax == bx and not ax % PITCH:
                low, high = -(-min(ay, by) // PITCH), max(ay, by) // PITCH
                run = [(ax // PITCH, y) for y in range(low, high + 1)]
                run = run if by >= ay else run[::-1]
            elif ay == by and not ay % PITCH:
                low, high = -(-min(ax, bx) // PITCH), max(ax, bx) // PITCH
                run = [(x, ay // PITCH) for x in range(low, high + 1)]
                run = run if bx >= ax else run[::-1]
            else:
                continue
            inside = [
                (y - self.top) * self.columns + x - self.left
                for x, y in run
                if 0 <= x - self.left < self.columns and 0 <= y - self.top < self.rows
            ]
            cells += inside[1:] if cells and inside and cells[-1] == inside[0] else inside
        if cells:
            wire = Wire(key, (), ())
            self._lay(wire, _Found(cells, points[0], points[-1], 0))

    def reroute(self, wires: Sequence[Wire]) -> list[Wire]:
        """Lifts some wires and lays them anew (after a label has taken a place)."""
        for wire in wires:
            self._lift(wire)
        for wire in wires:
            self._lay(wire, self._search(wire))
        return [wire for wire in wires if not wire.points]

    def restore(self, before: Iterable[tuple[Wire, _Found]]) -> None:
        """Puts wires back where `course` found them."""
        old = list(before)
        for wire, _ in old:
            self._lift(wire)
        for wire, found in old:
            self._lay(wire, found)

    def _lift(self, wire: Wire) -> None:
        for table, sign in ((self.level, _LEVEL), (self.upright, _UPRIGHT), (self.corner, _CORNER)):
            for cell in wire.cells:
                users = table.get(cell)
                if users is not None:
                    users.discard(wire.key)
                    if not users:
                        del table[cell]
                        self.taken[cell] &= ~sign
        self.wires.pop(wire.key, None)
        wire.cells, wire.points = [], []

    def _lay(self, wire: Wire, found: _Found | None) -> None:
        if found is None:
            return
        wire.cells, wire.cost = found.cells, found.cost
        path = [found.start, *(self._point(cell) for cell in found.cells), found.end]
        wire.points = straightened(path)
        self.wires[wire.key] = wire
        for i, cell in enumerate(found.cells):
            before, here, after = path[i], path[i + 1], path[i + 2]
            came_level = before[1] == here[1] and before != here
            goes_level = after[1] == here[1] and after != here
            for passes, table, sign in (
                (came_level or goes_level, self.level, _LEVEL),
                (not came_level or not goes_level, self.upright, _UPRIGHT),
                (came_level != goes_level, self.corner, _CORNER),
            ):
                if passes:
                    table.setdefault(cell, set()).add(wire.key)
                    self.taken[cell] |= sign

    def _point(self, cell: int) -> Point:
        y, x = divmod(cell, self.columns)
        return ((x + self.left) * PITCH, (y + self.top) * PITCH)

    def _landing(self, port: Port) -> int | None:
        """The first free grid point in front of a port, or None when something stands there."""
        dx, dy = _STEP[port.side]
        x, y = port.at[0] + dx * port.inset, port.at[1] + dy * port.inset
        if (dx and y % PITCH) or (dy and x % PITCH):
            return None
        column = (x // PITCH + 1 if dx > 0 else -(-x // PITCH) - 1) if dx else x // PITCH
        row = (y // PITCH + 1 if dy > 0 else -(-y // PITCH) - 1) if dy else y // PITCH
        column, row = column - self.left, row - self.top
        for _ in range(3):
            if not (0 <= column < self.columns and 0 <= row < self.rows):
                return None
            cell = row * self.columns + column
            if self.wall[cell] == _SOLID:
                return None
            if self.wall[cell] == _FREE:
                return cell
            column, row = column + dx, row + dy
        return None

    def _search(self, wire: Wire) -> _Found | None:
        """A*: from the free points before the source's ports to those before the target's, or onto a wire to join."""
        goals = self._goals(wire)
        mates = {k for k, w in self.wires.items() if w.group == wire.group and wire.group and k != wire.key}
        joins = self._joins(mates)
        spots = [divmod(state >> 2, self.columns) for state in goals] + [divmod(cell, self.columns) for cell in joins]
        if not spots:
            return None
        return self._walk(wire, goals, joins, spots)

    def _goals(self, wire: Wire) -> dict[int, tuple[int, Port]]:
        """Cell and heading at which the wire has arrived, with the port and its price."""
        goals: dict[int, tuple[int, Port]] = {}
        for port in wire.targets:
            cell = self._landing(port)
            if cell is None or cell in self.corner:
                continue
            state = cell * 4 + (port.side + 2) % 4
            if state not in goals or goals[state][0] > port.cost:
                goals[state] = (port.cost, port)
        return goals

    def _joins(self, mates: set[str]) -> dict[int, _Join]:
        """The cells of wires that may be joined: from there it is their way."""
        joins: dict[int, _Join] = {}
        for key in sorted(mates):
            cells = self.wires[key].cells
            for i, cell in enumerate(cells[1:-1], 1):
                before, after = self._heading(cells[i - 1], cell), self._heading(cell, cells[i + 1])
                # Neither on top of the line that comes nor against the one that leaves.
                headings = {EAST, SOUTH, WEST, NORTH} - {before, (after + 2) & 3}
                tail = (len(cells) - i) * _AHEAD
                known = joins.get(cell)
                if known is None:
                    joins[cell] = _Join(tail, key, headings)
                else:
                    both = known.headings & headings
                    joins[cell] = _Join(tail, key, both) if tail < known.tail else _Join(known.tail, known.key, both)
        return {
            cell: join
            for cell, join in joins.items()
            if self.level.get(cell, mates) <= mates and self.upright.get(cell, mates) <= mates
        }

    def _heading(self, a: int, b: int) -> int:
        return EAST if b == a + 1 else WEST if b == a - 1 else SOUTH if b > a else NORTH

    def _walk(
        self,
        wire: Wire,
        goals: dict[int, tuple[int, Port]],
        joins: dict[int, _Join],
        spots: list[tuple[int, int]],
    ) -> _Found | None:
        """The search itself. It is the hot loop of every layout: hence local names, flat tables and no calls."""
        columns, size = self.columns, self.columns * self.rows
        wall, soft, no_level, taken = self.wall, self.soft, self.no_level, self.taken
        ahead, sides, turns = _ahead_tables(columns, self.rows, spots)
        best = [_FAR] * (4 * size)
        came = [-1] * (4 * size)
        done = bytearray(4 * size)
        origin: dict[int, Port] = {}
        heap: list[tuple[int, int, int]] = []
        for port in wire.sources:
            cell = self._landing(port)
            if cell is None or taken[cell]:
                continue
            state = cell * 4 + port.side
            if port.cost < best[state]:
                best[state] = port.cost
                origin[state] = port
                y, x = divmod(cell, columns)
                bends = turns[port.side][x if port.side in (EAST, WEST) else y]
                heapq.heappush(heap, (port.cost + ahead[x] + sides[y] + bends, -port.cost, state))
        wire.least = heap[0][0] if heap else 0
        final: tuple[int, int, int | None] | None = None  # cost, last state, the cell where it joins another wire
        while heap:
            estimate, _, state = heapq.heappop(heap)
            if final is not None and estimate >= final[0]:
                break
            if done[state]:
                continue
            done[state] = 1
            cost = best[state]
            cell, way = state >> 2, state & 3
            if state in goals:
                total = cost + goals[state][0]
                if final is None or total < final[0]:
                    final = (total, state, None)
            y, x = divmod(cell, columns)
            stuck = taken[cell] or came[state] < 0  # no turn on another wire, nor right at the start
            for turn in (way,) if stuck else (way, (way + 1) & 3, (way + 3) & 3):
                level = not turn & 1
                dx, dy = _STEP[turn]
                new = cell + dy * columns + dx
                use = taken[new]
                if use and new in joins:
                    join = joins[new]
                    total = cost + _AHEAD + (0 if turn == way else _BEND) + join.tail + _JOIN
                    if turn in join.headings and (final is None or total < final[0]):
                        final = (total, state, new)
                    continue
                if wall[new] or use & _CORNER or (level and no_level[y]) or use & (_LEVEL if level else _UPRIGHT):
                    continue
                price = cost + _AHEAD + soft[new] * _NEAR_SHAPE
                if turn != way:
                    price += _BEND
                if use:
                    price += _CROSSING * len((self.upright if level else self.level)[new])
                if level:
                    if (taken[new - columns] | taken[new + columns]) & _LEVEL:
                        price += _BESIDE
                elif (taken[new - 1] | taken[new + 1]) & _UPRIGHT:
                    price += _BESIDE
                code = new * 4 + turn
                if price < best[code]:
                    best[code] = price
                    came[code] = state
                    x2, y2 = x + dx, y + dy
                    if level:
                        bends = turns[turn][x2] or (_BEND if sides[y2] else 0)
                    else:
                        bends = turns[turn][y2] or (_BEND if ahead[x2] else 0)
                    heapq.heappush(heap, (price + ahead[x2] + sides[y2] + bends, -price, code))
        if final is None:
            return None
        total, state, joined = final
        path = [state >> 2]
        start = state
        while came[start] >= 0:
            start = came[start]
            path.append(start >> 2)
        path.reverse()
        if joined is None:
            return _Found(path, origin[start].at, goals[state][1].at, total)
        mate = self.wires[joins[joined].key]
        return _Found(path + mate.cells[mate.cells.index(joined) :], origin[start].at, mate.points[-1], total)


def _ahead_tables(
    columns: int, rows: int, spots: list[tuple[int, int]]
) -> tuple[list[int], list[int], dict[int, list[int]]]:
    """What is certainly still to pay, by column and by row: the distance to the box of the goals, and turning round."""
    top, bottom = min(y for y, _ in spots), max(y for y, _ in spots)
    left, right = min(x for _, x in spots), max(x for _, x in spots)
    ahead = [max(left - x, x - right, 0) * _AHEAD for x in range(columns)]
    sides = [max(top - y, y - bottom, 0) * _AHEAD for y in range(rows)]
    turns = {
        EAST: [2 * _BEND if x > right else 0 for x in range(columns)],
        WEST: [2 * _BEND if x < left else 0 for x in range(columns)],
        SOUTH: [2 * _BEND if y > bottom else 0 for y in range(rows)],
        NORTH: [2 * _BEND if y < top else 0 for y in range(rows)],
    }
    return ahead, sides, turns
