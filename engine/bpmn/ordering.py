"""The order of the steps of one process: which flows lead back, what comes after what, what dominates what.

A return flow is one that leads to a step on the way to itself. Layout and drawing both ask here, so that what is laid
out as a return is also drawn as one. Works on ids only; knows no XML and no picture.
"""

from collections.abc import Iterable, Sequence

Flow = tuple[str, str, str]  # its id, where it starts, where it ends


def returns(ids: Sequence[str], flows: Iterable[Flow]) -> frozenset[str]:
    """The flows that lead back, by a depth-first walk from the starts in the order of the file."""
    out: dict[str, list[tuple[str, str]]] = {i: [] for i in ids}
    entered: set[str] = set()
    for flow, source, target in flows:
        if source in out and target in out:
            out[source].append((flow, target))
            entered.add(target)
    back: set[str] = set()
    open_or_done: dict[str, bool] = {}  # True while the walk is still inside
    for root in [*(i for i in ids if i not in entered), *ids]:
        if root in open_or_done:
            continue
        open_or_done[root] = True
        stack = [(root, iter(out[root]))]
        while stack:
            here, rest = stack[-1]
            for flow, target in rest:
                state = open_or_done.get(target)
                if state:
                    back.add(flow)
                elif state is None:
                    open_or_done[target] = True
                    stack.append((target, iter(out[target])))
                    break
            else:
                open_or_done[here] = False
                stack.pop()
    return frozenset(back)


class Order:
    """A graph without circles: its topological order, its dominators, and how long the way from each node still is."""

    def __init__(self, ids: Sequence[str], flows: Iterable[Flow]) -> None:
        self.successors: dict[str, list[str]] = {i: [] for i in ids}
        self.predecessors: dict[str, list[str]] = {i: [] for i in ids}
        for _, source, target in flows:
            self.successors[source].append(target)
            self.predecessors[target].append(source)
        place = {node: i for i, node in enumerate(ids)}
        rank = dict.fromkeys(ids, 0)
        missing = {node: len(before) for node, before in self.predecessors.items()}
        ready = [node for node in ids if not missing[node]]
        for node in ready:  # grows while it is walked
            for after in self.successors[node]:
                rank[after] = max(rank[after], rank[node] + 1)
                missing[after] -= 1
                if not missing[after]:
                    ready.append(after)
        self.walk = sorted(ready, key=lambda node: (rank[node], place[node]))
        self.reach = dict.fromkeys(ids, 1)
        for node in reversed(self.walk):
            self.reach[node] = 1 + max((self.reach[after] for after in self.successors[node]), default=0)
        self.above = self._dominators()
        self.children: dict[str, list[str]] = {node: [] for node in ["", *ids]}
        for node in self.walk:
            self.children[self.above[node]].append(node)

    def _dominators(self) -> dict[str, str]:
        """The immediate dominator of each node; that of the starts is the root ''."""
        depth = {"": 0}
        above: dict[str, str] = {}
        for node in self.walk:
            parent: str | None = None
            for other in self.predecessors[node]:
                if parent is None:
                    parent = other
                while parent != other:
                    if depth[parent] >= depth[other]:
                        parent = above[parent]
                    else:
                        other = above[other]
            above[node] = parent or ""
            depth[node] = depth[above[node]] + 1
        return above
