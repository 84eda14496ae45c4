"""An index over the input cells of a decision table: which rules may hit for a value, without evaluating cell by cell.

A set of rules is an integer with one bit a rule. Cells that compare with constants are found by the constant, cells
with intervals by bisection over their ends; what is left has to be evaluated.
"""

import bisect
from collections.abc import Hashable
from typing import Any

from engine import feel
from engine.feel import chronology, nodes, values

LITERAL_CALLS = frozenset({"date", "time", "date and time", "duration"})
MIRRORED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "=": "="}

# what is always true, false or null
CONDITIONS = (nodes.Comparison, nodes.Logic, nodes.Between, nodes.In, nodes.InstanceOf, nodes.Quantified)

Place = tuple[Hashable, Any]  # values of one group are ordered among themselves, and only there
Interval = tuple[Hashable, Any, Any, bool, bool]  # group, ends (None: open), whether the ends belong to it
Accepted = tuple[list[Any], list[Interval]]


class Column:
    """The rules that one input value leaves possible. `names`: what the model itself calls by these names."""

    __slots__ = ("always", "cells", "except_", "index", "others", "size", "spans")

    def __init__(self, tests: list[feel.Compiled], names: frozenset[str]) -> None:
        self.index: dict[Any, int] = {}
        self.except_: dict[Any, int] = {}
        self.always = 0
        self.others = 0
        self.cells: dict[int, feel.Code] = {}  # the other cells
        self.size = 0  # of a frame in which each of them can be evaluated
        found: dict[Hashable, list[tuple[int, Interval]]] = {}
        for number, test in enumerate(tests):
            bit = 1 << number
            accepted = accepted_by(test, names)
            negated = isinstance(test.tree, nodes.UnaryTests) and test.tree.negated
            if accepted is None:
                self.others |= bit
                self.cells[number], size = plain(test).parts
                self.size = max(self.size, size)
                continue
            constants, intervals = accepted
            if negated or (not constants and not intervals):
                self.always |= bit
            for mark in constants:
                index = self.except_ if negated else self.index
                index[mark] = index.get(mark, 0) | bit
            for each in intervals:
                found.setdefault(each[0], []).append((number, each))
        self.spans = {group: Spans(spans) for group, spans in found.items()}

    def possible(self, value: Any, run: feel.Run) -> int:
        mark = values.key(value, run.charge)
        found = self.index.get(mark, 0) | self.always | self.others
        if self.except_:
            found &= ~self.except_.get(mark, 0)
        place = place_of(value) if self.spans else None
        spans = self.spans.get(place[0]) if place is not None else None
        return found if spans is None or place is None else found | spans.at(place[1])


def plain(test: feel.Compiled) -> feel.Compiled:
    """A cell that is one condition about the input, as that condition: it hits exactly when the condition is true."""
    tree = test.tree
    if isinstance(tree, nodes.UnaryTests) and len(tree.tests) == 1 and not tree.negated:
        only = tree.tests[0]
        if only.operator is None and only.uses_input and isinstance(only.operand, CONDITIONS):
            return feel.Compiled(test.text, only.operand)
    return test


class Spans:
    """Which rules accept a value of one group: a set for each end of an interval, and for each gap between two."""

    __slots__ = ("ends", "sets")

    def __init__(self, spans: list[tuple[int, Interval]]) -> None:
        self.ends = sorted({end for _, interval in spans for end in interval[1:3] if end is not None})
        place = {end: 2 * n + 1 for n, end in enumerate(self.ends)}
        last = 2 * len(self.ends)
        changes: list[list[tuple[int, int]]] = [[] for _ in range(last + 2)]
        for rule, (_, low, high, low_included, high_included) in spans:
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


def place_of(value: Any) -> Place | None:
    """The group of a value and its place there, so that places of one group are ordered as FEEL orders the values and
    values of two groups cannot be compared; None for a value without order."""
    name = values.kind(value)
    if name == "number":
        found = values.number(value)
        return None if found is None else (name, found)
    if name in ("string", "years and months duration"):
        return name, value
    if name == "days and time duration":
        return name, chronology.nanoseconds(value)
    if name in ("date", "time", "date and time"):
        zoned, seconds = values.point(value, name)
        return ("time" if name == "time" else "moment", zoned), seconds
    return None


def accepted_by(test: feel.Compiled, names: frozenset[str]) -> Accepted | None:
    """Constants (as keys) and intervals that a cell names; both empty: any value; None: it has to be evaluated."""
    tree = test.tree
    if not isinstance(tree, nodes.UnaryTests):
        return None
    found = any_of(tree.tests, names)
    # `not` of a comparison is null, not true, for what cannot be compared: only constants by themselves are sure
    if tree.negated and any(each.operator or isinstance(each.operand, CONDITIONS) for each in tree.tests):
        return None
    return None if tree.negated and found is not None and found[1] else found


def any_of(tests: tuple[nodes.Test, ...], names: frozenset[str]) -> Accepted | None:
    constants: list[Any] = []
    intervals: list[Interval] = []
    for each in tests:
        known, value = constant(each.operand, names)
        found = related(each.operator, value) if known else None if each.operator is not None else claimed(each, names)
        if found is None:
            return None
        constants += found[0]
        intervals += found[1]
    return constants, intervals


def claimed(test: nodes.Test, names: frozenset[str]) -> Accepted | None:
    """What a condition about the input accepts, such as `? > 1 and ? <= 3`."""
    return condition(test.operand, names) if test.uses_input else None


def condition(node: nodes.Node, names: frozenset[str]) -> Accepted | None:
    if isinstance(node, nodes.Comparison):
        left, right, operator = node.left, node.right, node.operator
        if is_input(right):
            left, right, operator = right, left, MIRRORED.get(operator, "")
        known, value = constant(right, names)
        if not is_input(left) or not known or operator not in MIRRORED:
            return None
        if operator == "=":
            return [values.key(value)], []
        return related(operator, value)
    if isinstance(node, nodes.Between) and is_input(node.operand):
        low, high = (constant(each, names) for each in (node.low, node.high))
        return related(None, values.Range(low[1], high[1])) if low[0] and high[0] else None
    if isinstance(node, nodes.Logic):
        parts = [condition(each, names) for each in node.operands]
        if any(each is None for each in parts):
            return None
        known_parts = [each for each in parts if each is not None]
        if node.operator == "or":
            return [mark for each in known_parts for mark in each[0]], [i for each in known_parts for i in each[1]]
        return both(known_parts)
    return None


def is_input(node: nodes.Node) -> bool:
    return isinstance(node, nodes.Name) and node.name == "?"


def both(parts: list[Accepted]) -> Accepted | None:
    """The common part of single intervals of one group."""
    if any(constants or len(intervals) != 1 for constants, intervals in parts):
        return None
    group, low, high, low_included, high_included = parts[0][1][0]
    for _, ((other, start, end, start_included, end_included),) in parts[1:]:
        if other != group:
            return None
        if start is not None and (low is None or (start, not start_included) > (low, not low_included)):
            low, low_included = start, start_included
        if end is not None and (high is None or (end, end_included) < (high, high_included)):
            high, high_included = end, end_included
    return [], [(group, low, high, low_included, high_included)]


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


def related(operator: str | None, value: Any) -> Accepted | None:
    """What a comparison with a constant accepts; without an operator the constant itself, or what lies in it."""
    if isinstance(value, values.Range):
        places = [place_of(each) for each in (value.start, value.end) if each is not None]
        groups = {each[0] for each in places if each is not None}
        if operator is not None or None in places or len(groups) != 1:
            return None
        low, high = (None if end is None else (place_of(end) or (None, None))[1] for end in (value.start, value.end))
        return [], [(groups.pop(), low, high, value.start_included, value.end_included)]
    if operator in (None, "="):
        return [values.key(value)], []
    place = place_of(value)
    if place is None:
        return None
    group, end = place
    if operator in ("<", "<="):
        return [], [(group, None, end, False, operator == "<=")]
    if operator in (">", ">="):
        return [], [(group, end, None, operator == ">=", False)]
    return None
