"""Where the shapes of one process or sub-process stand: columns by the order of the flow, rows inside lanes.

Three steps. Return flows are found and set aside. Rows come from the dominator tree of what is left, so that the
branches of a gateway lie under each other and the join stands on the line of its split. Columns come from the flow: a
step stands right of the steps before it, but steps in different lanes may share columns, which is what keeps twenty
steps on a laptop. Lines and labels of flows are not its business; it only leaves room for them.
"""

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from .geometry import Rect

PITCH = 8


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
    def small(self) -> bool:
        """Events and gateways: their name stands beside them and flows may leave at any side."""
        return self.kind.endswith(("Event", "Gateway"))

    def parts(self, dx: int = 0) -> list[Rect]:
        """Everything it covers, relative to the line of its row, moved by `dx`."""
        rects = [Rect(self.x + dx - self.w // 2, -(self.h // 2), self.w, self.h)]
        if self.label_at is not None:
            rects.append(self.label_at.moved(self.x + dx, 0))
        for guard in self.guards:
            rects.append(Rect(self.x + dx + guard.x - guard.w // 2, self.h // 2 - guard.h // 2, guard.w, guard.h))
            if guard.label_at is not None:
                rects.append(guard.label_at.moved(self.x + dx + guard.x, self.h // 2))
        return rects


@dataclass(slots=True)
class Flow:
    """A sequence flow between two nodes; `label` is the room its name needs."""

    id: str
    source: Node
    target: Node
    label: tuple[int, int] | None = None
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

    @property
    def gap(self) -> int:
        return 40 + 16 * self.level

    @property
    def margin(self) -> int:
        return 24 + 8 * self.level

    @property
    def between(self) -> int:
        return 32 + 16 * self.level


def up(value: float, to: int = PITCH) -> int:
    """Rounded up to the grid."""
    return int(-(-value // to) * to)


# ---- order


def mark_returns(nodes: Sequence[Node], flows: Sequence[Flow]) -> None:
    """Marks the flows that lead back, by a depth-first walk from the starts in the order of the file."""
    out: dict[str, list[Flow]] = {node.id: [] for node in nodes}
    entered: set[str] = set()
    for flow in flows:
        flow.back = False
        out[flow.tail.id].append(flow)
        entered.add(flow.target.id)
    starts = [n for n in nodes if n.id not in entered]
    state: dict[str, int] = {}
    for root in [*starts, *nodes]:
        if root.id in state:
            continue
        state[root.id] = 1
        stack = [(root, iter(out[root.id]))]
        while stack:
            node, rest = stack[-1]
            for flow in rest:
                seen = state.get(flow.target.id)
                if seen == 1:
                    flow.back = True
                elif seen is None:
                    state[flow.target.id] = 1
                    stack.append((flow.target, iter(out[flow.target.id])))
                    break
            else:
                state[node.id] = 2
                stack.pop()


class _Order:
    """The forward flows as a graph: topological order, what dominates what, how long each branch is."""

    def __init__(self, nodes: Sequence[Node], flows: Iterable[Flow]) -> None:
        self.out: dict[str, list[Flow]] = {n.id: [] for n in nodes}
        self.into: dict[str, list[Flow]] = {n.id: [] for n in nodes}
        for flow in flows:
            if not flow.back:
                self.out[flow.tail.id].append(flow)
                self.into[flow.target.id].append(flow)
        place = {n.id: i for i, n in enumerate(nodes)}
        rank = {n.id: 0 for n in nodes}
        missing = {n.id: len(self.into[n.id]) for n in nodes}
        ready = [n for n in nodes if not missing[n.id]]
        walk: list[Node] = []
        while ready:
            node = ready.pop(0)
            walk.append(node)
            for flow in self.out[node.id]:
                rank[flow.target.id] = max(rank[flow.target.id], rank[node.id] + 1)
                missing[flow.target.id] -= 1
                if not missing[flow.target.id]:
                    ready.append(flow.target)
        self.nodes = sorted(walk, key=lambda n: (rank[n.id], place[n.id]))
        self.reach = {n.id: 1 for n in nodes}
        for node in reversed(self.nodes):
            self.reach[node.id] = 1 + max((self.reach[f.target.id] for f in self.out[node.id]), default=0)
        self.children = self._dominators()

    def _dominators(self) -> dict[str, list[Node]]:
        """Immediate dominators; the root is called ''."""
        depth: dict[str, int] = {"": 0}
        above: dict[str, str] = {}
        children: dict[str, list[Node]] = {"": []}
        for node in self.nodes:
            children[node.id] = []
            parent: str | None = None
            for flow in self.into[node.id]:
                other = flow.tail.id
                if parent is None:
                    parent = other
                while parent != other:
                    if depth[parent] >= depth[other]:
                        parent = above[parent]
                    else:
                        other = above[other]
            above[node.id] = parent or ""
            depth[node.id] = depth[above[node.id]] + 1
            children[above[node.id]].append(node)
        return children


# ---- rows

_Span = dict[int, tuple[int, int]]  # lane → first and last row, relative


def _joined(one: _Span, other: _Span) -> _Span:
    both = dict(one)
    for lane, (low, high) in other.items():
        mine = both.get(lane)
        both[lane] = (min(low, mine[0]), max(high, mine[1])) if mine else (low, high)
    return both


def _assign_rows(order: _Order) -> None:
    """Gives every node a row inside its lane; row 0 is the line that the main flow follows."""
    spans: dict[str, _Span] = {}
    shifts: dict[str, dict[int, int]] = {}

    def heads_of(parent: str) -> tuple[list[Node], list[Node]]:
        heads, joins = [], []
        for child in order.children[parent]:
            sources = {f.tail.id for f in order.into[child.id]}
            (joins if len(sources) > 1 else heads).append(child)
        return heads, joins

    by_id = {n.id: n for n in order.nodes}
    for parent in [*(n.id for n in reversed(order.nodes)), ""]:
        heads, joins = heads_of(parent)
        node = by_id.get(parent)
        taken: _Span = {}
        for child, way in _branch_order(node, heads, order):
            shift: dict[int, int] = {}
            for lane, (low, high) in spans[child.id].items():
                shift[lane] = _free_shift(taken.get(lane), low, high, way)
            shifts[child.id] = shift
            taken = _joined(taken, {k: (lo + shift[k], hi + shift[k]) for k, (lo, hi) in spans[child.id].items()})
        for child in joins:
            shifts[child.id] = {}
            taken = _joined(taken, spans[child.id])
        spans[parent] = _joined(taken, {node.lane: (0, 0)}) if node else taken

    base: dict[str, dict[int, int]] = {"": {}}
    for node in order.nodes:
        parent = next(p for p, children in order.children.items() if node in children)
        mine = dict(base[parent])
        for lane, shift in shifts[node.id].items():
            mine[lane] = mine.get(lane, 0) + shift
        base[node.id] = mine
        node.row = mine.get(node.lane, 0)


def _branch_order(node: Node | None, heads: list[Node], order: _Order) -> list[tuple[Node, int]]:
    """The branches in the order in which they choose their rows, with the side each prefers (-1 up, 1 down, 0 any)."""
    if (
        node is not None
        and node.kind in ("parallelGateway", "inclusiveGateway", "eventBasedGateway")
        and len(heads) > 2
    ):
        middle = (len(heads) - 1) // 2
        ranked = sorted(range(len(heads)), key=lambda i: (abs(i - middle), -i))
        return [(heads[i], (i > middle) - (i < middle)) for i in ranked]
    guarded = {f.target.id for f in order.out[node.id] if f.source.host} if node else set()
    ranked_heads = sorted(heads, key=lambda n: (n.id in guarded, -order.reach[n.id] if node else 0))
    return [(n, 1 if n.id in guarded or i == 1 else 0) for i, n in enumerate(ranked_heads)]


def _free_shift(taken: tuple[int, int] | None, low: int, high: int, way: int) -> int:
    if taken is None:
        return 0
    below, above = taken[1] + 1 - low, taken[0] - 1 - high
    if way:
        return below if way > 0 else above
    return below if abs(below) <= abs(above) else above


# ---- columns


class _Columns:
    """Gives the nodes their x, from left to right, keeping the ways of vertical lines free where that is cheap."""

    def __init__(self, order: _Order, spacing: Spacing) -> None:
        self.order, self.spacing = order, spacing
        self.rows: dict[tuple[int, int], list[Node]] = {}
        self.risers: list[tuple[int, tuple[int, int], tuple[int, int]]] = []
        self.depth: dict[tuple[int, int], int] = {}

    def place(self) -> None:
        for node in self.order.nodes:
            least = max([0 + node.w // 2, *(self._least(f, node) for f in self.order.into[node.id])])
            self._settle(node, up(least))
        left = min((n.left for n in self.order.nodes), default=0)
        for node in self.order.nodes:
            node.x -= left

    def _least(self, flow: Flow, node: Node) -> int:
        """The smallest x that a flow allows its target."""
        tail, gap = flow.tail, self.spacing.gap
        if flow.label:
            gap = max(gap, flow.label[0] + 24)
        if tail.small or node.small:
            gap = max(gap - 8, 32)
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

    def _settle(self, node: Node, least: int) -> None:
        key = (node.lane, node.row)
        others = self.rows.setdefault(key, [])
        best: tuple[int, int] | None = None
        x, tries = least, 0
        while tries < 40:
            node.x = 0
            if self._collides(node, x, others):
                x += PITCH
                if x > least + 20_000:
                    break
                continue
            tries += 1
            cost = (x - least) + 90 * self._in_the_way(node, x)
            if best is None or cost < best[0]:
                best = (cost, x)
            if cost <= x - least:
                break
            x += PITCH
        node.x = best[1] if best else least
        others.append(node)
        for flow in self.order.into[node.id]:
            riser = self._riser(flow, node)
            if riser is not None:
                self.risers.append(riser)

    def _collides(self, node: Node, x: int, others: list[Node]) -> bool:
        mine = node.parts(x)
        for other in others:
            distance = 16 if node.small or other.small else 24
            for a in mine:
                if any(a.grown(distance).overlaps(b) for b in other.parts()):
                    return True
        return False

    def _riser(self, flow: Flow, node: Node) -> tuple[int, tuple[int, int], tuple[int, int]] | None:
        """The vertical line that a flow between two rows will probably be."""
        tail = flow.tail
        here, there = (tail.lane, tail.row), (node.lane, node.row)
        if here == there:
            return None
        low, high = max(tail.left, node.left) + 8, min(tail.right, node.right) - 8
        if flow.source.host is not None:
            x = tail.x + flow.source.x
        elif low <= high:
            x = node.x if tail.small or low <= node.x <= high else (low + high) // 2
            x = tail.x if tail.small and low <= tail.x <= high else x
        else:
            x = tail.x if tail.small and tail.lane == node.lane else node.x
        return (x, min(here, there), max(here, there))

    def _in_the_way(self, node: Node, x: int) -> int:
        """How many expected vertical lines a place would block, or find blocked."""
        node.x = x
        key = (node.lane, node.row)
        count = 0
        for at, low, high in self.risers:
            if low < key < high and node.left - 12 < at < node.right + 12:
                count += 1
        for flow in self.order.into[node.id]:
            riser = self._riser(flow, node)
            if riser is None:
                continue
            at, low, high = riser
            for other_key, others in self.rows.items():
                if low < other_key < high:
                    count += sum(1 for o in others if o.left - 12 < at < o.right + 12)
            count += sum(1 for r, lo, hi in self.risers if abs(r - at) < PITCH and lo < high and low < hi)
        return count


# ---- the whole


def place(
    nodes: Sequence[Node], flows: Sequence[Flow], lanes: int, least_heights: Sequence[int], spacing: Spacing
) -> Placed:
    """Sets x, y and row of every node; returns the bands of the lanes (one band when there are none)."""
    mark_returns([n for n in nodes if not n.loose], flows)
    order = _Order([n for n in nodes if not n.loose], flows)
    _assign_rows(order)
    _choose_label_sides(nodes, flows)
    columns = _Columns(order, spacing)
    columns.place()
    _pull_rows_together(nodes, flows)
    _place_loose(nodes, spacing)
    return _stack(nodes, lanes, least_heights, spacing)


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
        key = (node.lane, node.row)
        below = above = False
        for flow in flows:
            if node not in (flow.tail, flow.target) or flow.tail is flow.target:
                continue
            other = flow.target if flow.tail is node else flow.tail
            below |= (other.lane, other.row) > key
            above |= (other.lane, other.row) < key
        half = node.h // 2
        if not below:
            node.label_at = Rect(-(w // 2), half + 4, w, h)
        elif not above:
            node.label_at = Rect(-(w // 2), -half - 4 - h, w, h)
        else:
            node.label_at = Rect(-w - 10, half + 12, w, h)


def _pull_rows_together(nodes: Sequence[Node], flows: Sequence[Flow]) -> None:
    """Moves whole branches into a row nearer to the main line where that row is free, so that lanes stay low."""
    neighbours: dict[str, set[str]] = {n.id: set() for n in nodes}
    for flow in flows:
        a, b = flow.tail, flow.target
        if not flow.back and (a.lane, a.row) == (b.lane, b.row):
            neighbours[a.id].add(b.id)
            neighbours[b.id].add(a.id)
    by_id = {n.id: n for n in nodes}
    seen: set[str] = set()
    runs: list[list[Node]] = []
    for node in nodes:
        if node.id in seen or node.row == 0 or node.loose:
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
        lane, row = run[0].lane, run[0].row
        way = 1 if row > 0 else -1
        for nearer in range(0, row, way):
            others = [n for n in nodes if n.lane == lane and n.row == nearer and not n.loose and n not in run]
            clash = any(
                a.grown(24).overlaps(b) for node in run for a in node.parts() for o in others for b in o.parts()
            )
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


def _place_loose(nodes: Sequence[Node], spacing: Spacing) -> None:
    """Event sub-processes stand in a row of their own at the bottom of their lane, or in an empty lane's only row."""
    width = max((n.right for n in nodes if not n.loose), default=0)
    for lane in sorted({n.lane for n in nodes if n.loose}):
        others = [n for n in nodes if n.lane == lane and not n.loose]
        row = max((n.row for n in others), default=-1) + 1
        x = 0
        for node in [n for n in nodes if n.lane == lane and n.loose]:
            if x and x + node.w > max(width, 1200):
                row, x = row + 1, 0
            node.row, node.x = row, x + node.w // 2
            x += up(node.w) + spacing.gap


def _stack(nodes: Sequence[Node], lanes: int, least_heights: Sequence[int], spacing: Spacing) -> Placed:
    """Turns rows into heights: rows as far apart as their shapes and names need, lanes on top of each other."""
    left = up(-min((r.x for n in nodes for r in n.parts()), default=0))
    for node in nodes:
        node.x += left
    width = max((r.right for n in nodes for r in n.parts()), default=0)
    bands: list[Rect] = []
    top = 0
    for lane in range(max(lanes, 1)):
        rows = sorted({n.row for n in nodes if n.lane == lane})
        reach: dict[int, tuple[int, int]] = {}
        need: dict[int, tuple[int, int]] = {}
        for row in rows:
            here = [n for n in nodes if n.lane == lane and n.row == row]
            shape = max(n.h // 2 for n in here)
            above = max(-r.y for n in here for r in n.parts())
            below = max(r.bottom for n in here for r in n.parts())
            reach[row] = (above, below)
            need[row] = (max(shape + spacing.margin, above + 12), max(shape + spacing.margin, below + 12))
        least = least_heights[lane] if lane < len(least_heights) else 0
        if not rows:
            height = up(max(least, 56))
        elif len(rows) == 1:
            half = up(max(*need[rows[0]], least / 2))
            height = 2 * half
            for node in nodes:
                if node.lane == lane:
                    node.y = top + half
        else:
            y = up(need[rows[0]][0])
            heights = {rows[0]: y}
            for before, row in itertools.pairwise(rows):
                y += up(reach[before][1] + spacing.between + reach[row][0])
                heights[row] = y
            height = up(y + need[rows[-1]][1])
            extra = up(max(0, least - height) / 2)
            height += 2 * extra
            for node in nodes:
                if node.lane == lane:
                    node.y = top + extra + heights[node.row]
        bands.append(Rect(0, top, width, height))
        top += height
    return Placed(bands, width, top)
