"""One positive unary test, made into a closure."""

from decimal import Decimal
from typing import Any

from engine.feel import nodes
from engine.feel.evaluation import FAST, RELATIONS, SIMPLE, Tester, matches, relate
from engine.feel.runtime import Code, Frame
from engine.feel.values import equal


def tester(node: nodes.Test, operand: Code) -> Tester:
    """Whether a value passes a test whose operand is compiled already."""
    position = node.position
    if node.operator is not None:
        relation, fast = RELATIONS[node.operator], FAST[node.operator]

        def relates(frame: Frame, value: Any) -> bool | None:
            limit = operand(frame)
            if type(value) is Decimal and type(limit) is Decimal:
                return fast(value, limit)
            return relate(frame, relation, value, limit, position)

        return relates
    if isinstance(node.operand, nodes.Const) and type(node.operand.value) in SIMPLE:
        constant = node.operand.value

        def equals(frame: Frame, value: Any) -> bool | None:
            return equal(value, constant) is True

        return equals
    # `?` alone is the input itself and equals it, even when it is false
    uses_input = node.uses_input and not isinstance(node.operand, nodes.Name)

    def fits(frame: Frame, value: Any) -> bool | None:
        found = operand(frame)
        if uses_input and (found is None or type(found) is bool):
            return found
        return matches(frame[1], value, found)

    return fits
