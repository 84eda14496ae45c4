"""An index over the input cells of a decision table: which rules may hit for a value, without evaluating cell by cell.

A set of rules is an integer with one bit a rule. Cells that compare with constants are found by the constant, cells
with intervals of numbers, dates or durations by bisection; what is left has to be evaluated.
"""

import bisect
from typing import Any

from engine import feel
from engine.feel import nodes, values

# what an interval may be made of: kinds whose values are all comparable with each other
ORDERED = frozenset({"number", "date", "days and time duration", "years and months duration"})
LITERAL_CALLS = frozenset({"date", "duration"})

Interval = tuple[Any, Any, bool, bool]


class Column:
    """The rules that one input value leaves possible. `names`: what the model itself calls by these names."""

    __slots__ = ("always", "index", "others", "spans")

    def __init__(self, tests: list[feel.Compiled], names: frozenset[str]) -> None:
        self.index: dict[Any, int] = {}
        self.always = 0
        self.others = 0
        found: dict[str, list[tuple[int, Interval]]] = {}
        for number, test in enumerate(tests):
            bit = 1 << number
            accepted = accepted_by(test, names)
            if accepted is None:
                self.others |= bit
                continue
            constants, intervals = accepted
            if not constants and not intervals:
                self.always |= bit
            for mark in constants:
                self.index[mark] = self.index.get(mark, 0) | bit
            for each in intervals:
                kind = values.kind(each[1] if each[0] is None else each[0])
                found.setdefault(kind, []).append((number, each))
        self.spans = {kind: Spans(spans) for kind, spans in found.items()}

    def possible(self, value: Any, run: feel.Run) -> int:
        found = self.index.get(values.key(value, run.charge), 0) | self.always | self.others
        spans = self.spans.get(values.kind(value))
        return found if spans is None else found | spans.at(value)


class Spans:
    """Which rules accept a value of one kind: a set for each end of an interval, and for each gap between two ends."""

    __slots__ = ("ends", "sets")

    def __init__(self, spans: list[tuple[int, Interval]]) -> None:
        self.ends = sorted({end for _, interval in spans for end in interval[:2] if end is not None})
        place = {end: 2 * n + 1 for n, end in enumerate(self.ends)}
        last = 2 * len(self.ends)
        changes: list[list[tuple[int, int]]] = [[] for _ in range(last + 2)]
        for rule, (low, high, low_included, high_included) in spans:
            first = 0 if low is None else place[low] + (not low_included)
            until = last if high is None else place[high] - (not high_included)
            if first <= until:
                changes[first].append((rule, 1))
                changes[until + 1].append((rule, -1))
        self.sets: list[int] = []
        counts: dict[int, int] = {}  # a cell may name intervals that overlap
        current = 0
        for each in changes[:-1]:
            for rule, change in each:
                counts[rule] = counts.get(rule, 0) + change
                current = current | (1 << rule) if counts[rule] else current & ~(1 << rule)
            self.sets.append(current)

    def at(self, value: Any) -> int:
        n = bisect.bisect_left(self.ends, value)
        return self.sets[2 * n + (n < len(self.ends) and self.ends[n] == value)]


def accepted_by(test: feel.Compiled, names: frozenset[str]) -> tuple[list[Any], list[Interval]] | None:
    """Constants (as keys) and intervals that a cell accepts; both empty: any value; None: it has to be evaluated."""
    tree = test.tree
    if not isinstance(tree, nodes.UnaryTests) or tree.negated:
        return None
    constants: list[Any] = []
    intervals: list[Interval] = []
    for each in tree.tests:
        known, value = constant(each.operand, names)
        if known and each.operator is None and not isinstance(value, values.Range):
            constants.append(values.key(value))
            continue
        found = interval(each.operator, value) if known else None
        if found is None:
            return None
        intervals.append(found)
    return constants, intervals


def constant(node: nodes.Node, names: frozenset[str]) -> tuple[bool, Any]:
    """Whether a node always has the same value, and which: a literal, a range of literals, or `date("…")`."""
    if isinstance(node, nodes.Const):
        return True, node.value
    literal = isinstance(node, nodes.AtLiteral) or (
        isinstance(node, nodes.Call)
        and isinstance(node.function, nodes.Name)
        and node.function.name in LITERAL_CALLS - names
        and node.names is None
        and [type(each) for each in node.arguments] == [nodes.Const]
    )
    if isinstance(node, nodes.RangeLiteral):
        literal = all(each is None or constant(each, names)[0] for each in (node.start, node.end))
    if not literal:
        return False, None
    run = feel.Run(feel.Env())
    value = feel.Compiled("", node).run({}, run)
    return not run.diagnostics, value


def interval(operator: str | None, value: Any) -> Interval | None:
    """What a comparison with a constant accepts, as an interval."""
    if isinstance(value, values.Range):
        ends = {values.kind(each) for each in (value.start, value.end) if each is not None}
        if operator is not None or len(ends) != 1 or not ends <= ORDERED:
            return None
        return value.start, value.end, value.start_included, value.end_included
    if values.kind(value) not in ORDERED:
        return None
    match operator:
        case "<" | "<=":
            return None, value, False, operator == "<="
        case ">" | ">=":
            return value, None, operator == ">=", False
        case "=":
            return value, value, True, True
    return None
