"""Where the shapes of one process or sub-process stand: columns by the order of the flow, rows inside lanes.

Return flows are set aside first. Rows come from the dominator tree of what is left, so that the branches of a gateway
lie under each other and the join stands on the line of its split. Columns come from the flow: a step stands right of
the steps before it, but steps in different lanes may share columns, which keeps twenty steps on a laptop. Lines and
names of flows are not its business; it only leaves room for them.
"""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field

from . import ordering
from .geometry import Rect

PITCH = 8

_Row = tuple[int, int]  # lane, row inside the lane


@dataclass(slots=True)
class Node:
    """A shape to be placed. Positions are centres; `label` is the room its name needs outside of it (width, height)."""

    id: str
    kind: str
    w: int
    h: int
    lane: int = 0
    label: tuple[int, int] | None = None
    guards: list["Node"] = field(default_factory=list)
    host: "Node | None" = None
    loose: bool = False  # an event sub-process: nothing leads to it
    beside: "Node | None" = None  # what an artefact belongs to
    x: int = 0
    y: int = 0
    row: int = 0
    label_at: Rect | None = None  # relative to the centre

    @property
    def box(self) -> Rect:
        return Rect(self.x - self.w // 2, self.y - self.h // 2, self.w, self.h)

    @property
    def left(self) -> int:
        return self.x - self.w // 2

    @property
    def right(self) -> int:
        return self.x + self.w // 2

    @property
    def key(self) -> _Row:
        return (self.lane, self.row)

    @property
    def small(self) -> bool:
        """Events and gateways: their name stands beside them and flows may leave at any side."""
        return self.kind.endswith(("Event", "Gateway"))

    def shapes(self) -> list[Rect]:
        """Its box and those of its boundary events, relative to the line of its row."""
        rects = [Rect(self.left, -(self.h // 2), self.w, self.h)]
        for guard in self.guards:
            rects.append(Rect(self.x + guard.x - guard.w // 2, self.h // 2 - guard.h // 2, guard.w, guard.h))
        return rects

    def names(self) -> list[Rect]:
        """The boxes of the names outside of it, relative to the line of its row."""
        rects = [self.label_at.moved(self.x, 0)] if self.label_at is not None else []
        for guard in self.guards:
            if guard.label_at is not None:
                rects.append(guard.label_at.moved(self.x + guard.x, self.h // 2))
        return rects

    def stands_at(self, x: int) -> bool:
        """Whether an upright line at `x` would run through it, its name, or too close by."""
        return any(r.x - 12 < x < r.right + 12 for r in self.shapes()) or any(
            r.x - 6 < x < r.right + 6 for r in self.names()
        )

    def collides(self, other: "Node", distance: int) -> bool:
        mine, theirs = self.shapes(), other.shapes()
        if any(a.grown(distance).overlaps(b) for a in mine for b in theirs):
            return True
        names, others = self.names(), other.names()
        return (
            any(a.grown(6).overlaps(b) for a in names for b in [*theirs, *others])
            or any(a.grown(6).overlaps(b) for a in mine for b in others)
        )  # fmt: skip


@dataclass(slots=True)
class Flow:
    """A sequence flow between two nodes; `label` is the room its name needs."""

    id: str
    source: Node
    target: Node
    label: tuple[int, int] | None = None
    name: str = ""
    back: bool = False

    @property
    def tail(self) -> Node:
        """The placed node it leaves from: the host, when it starts at a boundary event."""
        return self.source.host or self.source


@dataclass(slots=True)
class Placed:
    """The result: lane bands from top to bottom, and the whole size of the content."""

    bands: list[Rect]
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Spacing:
    """How generous to be. A tighter sheet is tried first; each `level` adds room for lines and labels."""

    level: int = 0
    step: int = 48  # how far right a step stands that follows in another lane
    caution: int = 90  # how far a step moves on to keep the way of one upright line free

    @property
    def gap(self) -> int:
        return 32 + 16 * self.level

    @property
    def margin(self) -> int:
        return 24 + 8 * self.level

    @property
    def between(self) -> int:
        return 32 + 16 * self.level


def up(value: float, to: int = PITCH) -> int:
    """Rounded up to the grid."""
    return int(-(-value // to) * to)


def place(
    nodes: Sequence[Node], flows: Sequence[Flow], lanes: int, least_heights: Sequence[int], spacing: Spacing
) -> Placed:
    """Sets x, y and row of every node; returns the bands of the lanes (one band when there are none)."""
    bound = [n for n in nodes if not n.loose and n.beside is None]
    graph = [(f.id, f.tail.id, f.target.id) for f in flows]
    back = ordering.returns([n.id for n in bound], graph)
    for flow in flows:
        flow.back = flow.id in back
    order = ordering.Order([n.id for n in bound], [f for f in graph if f[0] not in back])
    _assign_rows(bound, flows, order)
    _choose_label_sides(nodes, flows)
    columns = _Columns(bound, flows, order, spacing)
    columns.place()
    _pull_rows_together(bound, flows)
    _choose_label_sides(nodes, flows)
    columns.settle_leaves()
    _choose_corners(nodes)
    for node in nodes:
        if node.beside is not None:
            columns.settle_beside(node, node.beside)
    for node in nodes:
        if node.loose:
            columns.settle_loose(node)
    return _stack(nodes, lanes, least_heights, spacing)


# ---- rows

_Span = dict[int, tuple[int, int]]  # lane → first and last row, relative


def _joined(one: _Span, other: _Span) -> _Span:
    both = dict(one)
    for lane, (low, high) in other.items():
        mine = both.get(lane)
        both[lane] = (min(low, mine[0]), max(high, mine[1])) if mine else (low, high)
    return both


def _assign_rows(nodes: Sequence[Node], flows: Sequence[Flow], order: ordering.Order) -> None:
    """Gives every node a row inside its lane; row 0 is the line that the main flow follows."""
    by_id = {n.id: n for n in nodes}
    guarded = {f.target.id for f in flows if f.source.host is not None and not f.back}
    spans: dict[str, _Span] = {}
    shifts: dict[str, dict[int, int]] = {}
    for parent in [*reversed(order.walk), ""]:
        node = by_id.get(parent)
        children = order.children[parent]
        heads = [c for c in children if len(set(order.predecessors[c])) < 2]
        taken: _Span = {}
        for child, way in _branch_order(node, heads, order, guarded):
            shift = {lane: _free_shift(taken.get(lane), low, high, way) for lane, (low, high) in spans[child].items()}
            shifts[child] = shift
            moved = {lane: (low + shift[lane], high + shift[lane]) for lane, (low, high) in spans[child].items()}
            taken = _joined(taken, moved)
        for child in children:
            if child not in heads:  # a join stands on the line of its split
                shifts[child] = {}
                taken = _joined(taken, spans[child])
        spans[parent] = _joined(taken, {node.lane: (0, 0)}) if node else taken
    base: dict[str, dict[int, int]] = {"": {}}
    for node_id in order.walk:
        mine = dict(base[order.above[node_id]])
        for lane, shift_by in shifts[node_id].items():
            mine[lane] = mine.get(lane, 0) + shift_by
        base[node_id] = mine
        by_id[node_id].row = mine.get(by_id[node_id].lane, 0)


def _branch_order(
    node: Node | None, heads: list[str], order: ordering.Order, guarded: set[str]
) -> list[tuple[str, int]]:
    """The branches in the order in which they choose their rows, with the side each prefers (-1 up, 1 down, 0 any)."""
    fans_out = ("parallelGateway", "inclusiveGateway", "eventBasedGateway")
    if node is not None and node.kind in fans_out and len(heads) > 2:
        middle = (len(heads) - 1) // 2
        ranked = sorted(range(len(heads)), key=lambda i: (abs(i - middle), -i))
        return [(heads[i], (i > middle) - (i < middle)) for i in ranked]
    ranked_heads = sorted(heads, key=lambda h: (h in guarded, -order.reach[h] if node else 0))
    return [(head, 1 if head in guarded or i == 1 else 0) for i, head in enumerate(ranked_heads)]


def _free_shift(taken: tuple[int, int] | None, low: int, high: int, way: int) -> int:
    if taken is None:
        return 0
    below, above = taken[1] + 1 - low, taken[0] - 1 - high
    if way:
        return below if way > 0 else above
    return below if abs(below) <= abs(above) else above


def _choose_label_sides(nodes: Sequence[Node], flows: Sequence[Flow]) -> None:
    """A name stands under its event or gateway; above it when a flow will leave or come at the bottom."""
    for node in nodes:
        for guard in node.guards:
            if guard.label:
                w, h = guard.label
                last = guard is node.guards[-1]
                guard.label_at = Rect(guard.w // 2 + 4, 5, w, h) if last else Rect(8, guard.h // 2 + 3, w, h)
        if not node.label:
            continue
        w, h = node.label
        below = above = False
        for flow in flows:
            if node not in (flow.tail, flow.target) or flow.tail is flow.target:
                continue
            other = flow.target if flow.tail is node else flow.tail
            below |= other.key > node.key
            above |= other.key < node.key
        half = node.h // 2
        if not below:
            node.label_at = Rect(-(w // 2), half + 4, w, h)
        elif not above:
            node.label_at = Rect(-(w // 2), -half - 4 - h, w, h)
        else:
            node.label_at = None  # in a corner, once its neighbours stand


def _choose_corners(nodes: Sequence[Node]) -> None:
    """The names of gateways with flows above and below stand in the corner that is free, as near as can be."""
    for node in nodes:
        if not node.label or node.label_at is not None:
            continue
        w, h = node.label
        near, far = 16, node.h // 2 + 14  # outside of a diamond and of a circle
        others = [o for o in nodes if o is not node and o.key == node.key]
        beyond = max((r.bottom for o in others for r in (*o.shapes(), *o.names())), default=0) + 10
        corners = [
            Rect(x, y, w, h)
            for reach in (near, far, max(far, beyond))
            for x, y in ((9, reach), (-w - 9, reach), (-w - 9, -reach - h), (9, -reach - h))
        ]
        for corner in corners:
            node.label_at = corner
            if not any(node.collides(other, 8) for other in others):
                break


def _pull_rows_together(nodes: Sequence[Node], flows: Sequence[Flow]) -> None:
    """Moves whole branches into a row nearer to the main line where that row is free, so that lanes stay low."""
    neighbours: dict[str, set[str]] = {n.id: set() for n in nodes}
    for flow in flows:
        if not flow.back and flow.tail.key == flow.target.key:
            neighbours[flow.tail.id].add(flow.target.id)
            neighbours[flow.target.id].add(flow.tail.id)
    by_id = {n.id: n for n in nodes}
    seen: set[str] = set()
    runs: list[list[Node]] = []
    for node in nodes:
        if node.id in seen or node.row == 0:
            continue
        run, queue = [], [node.id]
        seen.add(node.id)
        while queue:
            current = queue.pop()
            run.append(by_id[current])
            for other in sorted(neighbours[current] - seen):
                seen.add(other)
                queue.append(other)
        runs.append(run)
    for run in sorted(runs, key=lambda r: (abs(r[0].row), min(n.x for n in r))):
        lane, row = run[0].key
        for nearer in range(0, row, 1 if row > 0 else -1):
            others = [n for n in nodes if n.key == (lane, nearer)]
            clash = any(node.collides(other, 24) for node in run for other in others)
            if not clash and not _would_hide(run, others, flows):
                for node in run:
                    node.row = nearer
                break


def _would_hide(run: list[Node], others: list[Node], flows: Sequence[Flow]) -> bool:
    """Whether the run would stand on the straight line between two neighbours of that row, or of itself and one."""
    low, high = min(n.left for n in run), max(n.right for n in run)
    ids = {n.id for n in others}
    mine = {n.id for n in run}
    for flow in flows:
        a, b = flow.tail, flow.target
        if a.id in ids and b.id in ids and min(a.x, b.x) < high and max(a.x, b.x) > low:
            return True
        if (a.id in mine) != (b.id in mine) and (a.id in ids or b.id in ids):
            left, right = min(a.right, b.right), max(a.left, b.left)
            if any(o.left < right and o.right > left for o in others if o is not a and o is not b):
                return True
    return False


# ---- columns


@dataclass(frozen=True, slots=True)
class _Riser:
    """The upright line that a flow between two rows will probably be."""

    x: int
    low: _Row
    high: _Row


class _Columns:
    """Gives the nodes their x, from left to right, keeping the ways of upright lines free where that is cheap."""

    def __init__(self, nodes: Sequence[Node], flows: Sequence[Flow], order: ordering.Order, spacing: Spacing) -> None:
        by_id = {n.id: n for n in nodes}
        self.nodes = [by_id[i] for i in order.walk]
        self.into: dict[str, list[Flow]] = {n.id: [] for n in nodes}
        self.leaving: set[str] = set()
        # Room for the name of a flow, back or forth, between two neighbours.
        self.room: dict[frozenset[str], int] = {}
        self.loops = {f.tail.id for f in flows if f.tail is f.target}
        for flow in flows:
            if flow.label:
                pair = frozenset((flow.tail.id, flow.target.id))
                self.room[pair] = max(self.room.get(pair, 0), flow.label[0] + 16)
        self.flows = [f for f in flows if not f.back]
        for flow in self.flows:
            self.into[flow.target.id].append(flow)
            self.leaving.add(flow.tail.id)
        self.spacing = spacing
        self.placed: list[Node] = []
        self.risers: list[_Riser] = []

    def place(self) -> None:
        for node in self.nodes:
            least = max([node.w // 2, *(self._least(f, node) for f in self.into[node.id])])
            self._settle(node, up(least), self.spacing.caution)
            self.risers += [r for r in (self._riser(f, node) for f in self.into[node.id]) if r]

    def settle_leaves(self) -> None:
        """Ends may stand anywhere behind what leads to them: once all is known, out of the way of other lines."""
        for node in self.nodes:
            if node.id in self.leaving or not self.into[node.id]:
                continue
            self.placed.remove(node)
            self.risers = [r for f in self.flows if f.target is not node if (r := self._riser(f, f.target))]
            least = max([node.w // 2, *(self._least(f, node) for f in self.into[node.id])])
            self._settle(node, up(least), 2 * self.spacing.caution)
        self.risers = [r for f in self.flows if (r := self._riser(f, f.target))]

    def settle_beside(self, node: Node, partner: Node) -> None:
        """An artefact: above or below what it belongs to, as near as there is room."""
        rows = {n.row for n in self.placed if n.lane == partner.lane}
        best: tuple[int, int, int] | None = None
        for away in (1, 2, 3, 4):
            for row in (partner.row - away, partner.row + away):
                node.row = row
                others = [n for n in self.placed if n.key == node.key]
                for aside in range(0, 328, PITCH):
                    for x in (partner.x + aside, partner.x - aside):
                        node.x = up(x)
                        cost = aside + 60 * (away - 1) + (0 if row in rows else 40)
                        if best is not None and cost >= best[0]:
                            continue
                        if node.left >= 0 and not any(node.collides(o, 24) for o in others) and not self._blocks(node):
                            best = (cost, row, node.x)
        if best is None:
            best = (0, max(rows) + 1, partner.x)
        node.row, node.x = best[1], best[2]
        self.placed.append(node)

    def settle_loose(self, node: Node) -> None:
        """An event sub-process: in its lane, where a row has room for it, else in a row of its own below."""
        width = max((n.right for n in self.placed), default=0)
        rows = sorted({n.row for n in self.placed if n.lane == node.lane})
        for row in rows:
            others = [n for n in self.placed if n.key == (node.lane, row)]
            if any(n.h > 112 for n in others) != (node.h > 112) and len(others) > 3:
                continue  # a high box among many steps would make the whole row high
            node.row = row
            for x in range(up(node.w / 2), max(width - node.w // 2, up(node.w / 2)) + 1, PITCH):
                node.x = x
                if not any(node.collides(o, 32) for o in others) and not self._blocks(node):
                    self.placed.append(node)
                    return
        node.row = max(rows, default=-1) + 1
        node.x = up(node.w / 2)
        self.placed.append(node)

    def _blocks(self, node: Node) -> bool:
        if any(r.low < node.key < r.high and node.stands_at(r.x) for r in self.risers):
            return True
        others = [n for n in self.placed if n.key == node.key]
        return _would_hide([node], others, self.flows)

    def _least(self, flow: Flow, node: Node) -> int:
        """The smallest x that a flow allows its target."""
        tail, gap = flow.tail, self.spacing.gap
        if flow.label:
            gap = max(gap, flow.label[0] + 20)
        if tail.small or node.small:
            gap = max(gap - 8, 24)
        if flow.source.host is not None:
            x = tail.x + flow.source.x
            return x + gap // 2 + 8 + node.w // 2 if tail.lane == node.lane else x
        if tail.lane == node.lane:
            return tail.right + gap + node.w // 2
        if tail.small:
            return tail.x
        if node.small:
            return tail.right + 24 + (node.w // 2 if node.w > 48 else 0)
        return tail.x + min(self.spacing.step, tail.w // 2 + node.w // 2)

    def _settle(self, node: Node, least: int, caution: int) -> None:
        """The cheapest free place from `least` on: distance against blocked lines."""
        others = [n for n in self.placed if n.key == node.key]
        best: tuple[int, int] | None = None
        x, tries = least, 0
        while tries < 40:
            node.x = x
            if any(node.collides(other, self._distance(node, other)) for other in others):
                x += PITCH
                continue
            tries += 1
            cost = (x - least) + caution * self._in_the_way(node)
            if best is None or cost < best[0]:
                best = (cost, x)
            if best[0] <= x + PITCH - least:
                break
            x += PITCH
        node.x = best[1] if best else least
        self.placed.append(node)

    def _distance(self, node: Node, other: Node) -> int:
        least = 16 if node.small or other.small else 24
        if {node.id, other.id} & self.loops:
            least = 48
        return max(least, self.room.get(frozenset((node.id, other.id)), 0))

    def _riser(self, flow: Flow, node: Node) -> _Riser | None:
        tail = flow.tail
        if tail.key == node.key:
            return None
        low, high = max(tail.left, node.left) + 8, min(tail.right, node.right) - 8
        if flow.source.host is not None:
            x = tail.x + flow.source.x
        elif low > high:
            x = tail.x if tail.small and tail.lane == node.lane else node.x
        elif tail.small and low <= tail.x <= high:
            x = tail.x
        elif tail.small or low <= node.x <= high:
            x = node.x
        else:
            x = (low + high) // 2
        return _Riser(x, min(tail.key, node.key), max(tail.key, node.key))

    def _in_the_way(self, node: Node) -> int:
        """How many expected upright lines this place would block, or find blocked."""
        count = sum(1 for r in self.risers if r.low < node.key < r.high and node.stands_at(r.x))
        for flow in self.into[node.id]:
            mine = self._riser(flow, node)
            if mine is None:
                continue
            count += sum(1 for o in self.placed if mine.low < o.key < mine.high and o.stands_at(mine.x))
            count += sum(
                1 for r in self.risers if abs(r.x - mine.x) < PITCH and r.low < mine.high and mine.low < r.high
            )
        return count


# ---- heights


def _stack(nodes: Sequence[Node], lanes: int, least_heights: Sequence[int], spacing: Spacing) -> Placed:
    """Turns rows into heights: rows as far apart as their shapes and names need, lanes on top of each other."""
    parts = {n.id: [*n.shapes(), *n.names()] for n in nodes}
    left = min((r.x for rects in parts.values() for r in rects), default=0)
    shift = -(left // PITCH) * PITCH
    for node in nodes:
        node.x += shift
    width = max((r.right for rects in parts.values() for r in rects), default=0) + shift
    bands: list[Rect] = []
    top = 0
    for lane in range(max(lanes, 1)):
        inside = [n for n in nodes if n.lane == lane]
        reach: dict[int, tuple[int, int]] = {}
        need: dict[int, tuple[int, int]] = {}
        for row in sorted({n.row for n in inside}):
            here = [n for n in inside if n.row == row]
            shape = max(n.h // 2 for n in here)
            above = max(-r.y for n in here for r in parts[n.id])
            below = max(r.bottom for n in here for r in parts[n.id])
            reach[row] = (above, below)
            air = 12 + 12 * spacing.level
            need[row] = (max(shape + spacing.margin, above + air), max(shape + spacing.margin, below + air))
        rows = list(reach)
        least = least_heights[lane] if lane < len(least_heights) else 0
        if not rows:
            height = up(max(least, 56))
        elif len(rows) == 1:
            half = up(max(*need[rows[0]], least / 2))
            height = 2 * half
            for node in inside:
                node.y = top + half
        else:
            heights = {rows[0]: up(need[rows[0]][0])}
            for before, row in itertools.pairwise(rows):
                heights[row] = heights[before] + up(reach[before][1] + spacing.between + reach[row][0])
            height = up(heights[rows[-1]] + need[rows[-1]][1])
            extra = up(max(0, least - height) / 2)
            height += 2 * extra
            for node in inside:
                node.y = top + extra + heights[node.row]
        bands.append(Rect(0, top, width, height))
        top += height
    return Placed(bands, width, top)
