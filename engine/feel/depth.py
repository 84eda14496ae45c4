"""How deep a syntax tree is: what is walked recursively later must not be too deep for Python's stack."""

import dataclasses

from engine.feel import nodes
from engine.feel.errors import FeelLimitError
from engine.feel.runtime import MAX_NESTING

# The tree may be somewhat deeper than the brackets of the text: chains of filters or comparisons nest without brackets.
MAX_DEPTH = 2 * MAX_NESTING


def children(node: nodes.Node | nodes.Iterator) -> list[nodes.Node | nodes.Iterator]:
    """The nodes directly below a node, also those inside its tuples."""
    found: list[nodes.Node | nodes.Iterator] = []
    waiting: list[object] = [getattr(node, spot.name) for spot in dataclasses.fields(node)]
    while waiting:
        value = waiting.pop()
        if isinstance(value, nodes.Node | nodes.Iterator):
            found.append(value)
        elif isinstance(value, tuple):
            waiting.extend(value)
    return found


def measure(root: nodes.Node) -> int:
    """The number of nodes of a tree; FeelLimitError when it is too deep to be walked recursively."""
    count = 0
    level: list[nodes.Node | nodes.Iterator] = [root]
    for _ in range(MAX_DEPTH):
        count += len(level)
        level = [below for each in level for below in children(each)]
        if not level:
            return count
    raise FeelLimitError("The expression is nested too deeply.")
