"""What can be said of a value's type without running anything: for `instance of function<…> -> …`.

A type that cannot be told is None and fits everywhere; nothing is refused on a guess.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from engine.feel import nodes, temporal
from engine.feel.nodes import TypeRef
from engine.feel.values import kind

ALIASES = {
    "dateTime": "date and time",
    "date time": "date and time",
    "dayTimeDuration": "days and time duration",
    "yearMonthDuration": "years and months duration",
    "day and time duration": "days and time duration",
    "year and month duration": "years and months duration",
    "Null": "null",
}
ANY, BOOLEAN = TypeRef("Any"), TypeRef("boolean")
CERTAIN = nodes.Comparison | nodes.Logic | nodes.Between | nodes.In | nodes.InstanceOf | nodes.Quantified
Known = Mapping[str, TypeRef | None]


class Lazy:
    """The type of a function's result, looked for when somebody asks: most functions are only called."""

    __slots__ = ("_found", "_node")

    def __init__(self, node: nodes.FunctionDefinition) -> None:
        self._node: nodes.FunctionDefinition | None = node
        self._found: TypeRef | None = None

    def __call__(self) -> TypeRef | None:
        if self._node is not None:
            self._found, self._node = infer(self._node.body, dict(self._node.parameters)), None
        return self._found


def infer(node: nodes.Node, known: Known) -> TypeRef | None:
    """The type of an expression; `known` are the parameters around it."""
    match node:
        case nodes.Const():
            return TypeRef("number" if isinstance(node.value, Decimal) else kind(node.value))
        case nodes.AtLiteral():
            return TypeRef(kind(temporal.parse_any(node.text)))
        case nodes.Name():
            return known.get(node.name)
        case nodes.ListLiteral():
            return TypeRef("list", (common([infer(each, known) for each in node.elements]) or ANY,))
        case nodes.ContextLiteral():
            members: dict[str, TypeRef | None] = {}
            for key, value in node.entries:
                members[key] = infer(value, {**known, **members})
            return TypeRef("context", (), tuple((key, found or ANY) for key, found in members.items()))
        case nodes.FunctionDefinition():
            inner = {**known, **dict(node.parameters)}
            result = None if node.external else infer(node.body, inner)
            return TypeRef("function", tuple(ref or ANY for _, ref in node.parameters), (), result or ANY)
        case nodes.If():
            return common([infer(node.then, known), infer(node.otherwise, known)])
        case nodes.Arithmetic():
            found = common([infer(each, known) for each in (node.first, *(operand for _, operand, _ in node.rest))])
            return found if found is not None and found.name in ("number", "string") else None
        case nodes.For():
            return TypeRef("list", (ANY,))
    return BOOLEAN if isinstance(node, CERTAIN) else None


def common(found: Sequence[TypeRef | None]) -> TypeRef | None:
    """The one type of all; None when they differ."""
    first = found[0] if found else None
    return first if all(each == first for each in found) else None


def type_conforms(found: TypeRef | None, wanted: TypeRef) -> bool:
    """Whether every value of one type is one of another (DMN 1.5 section 10.3.2.9.2)."""
    name = ALIASES.get(wanted.name, wanted.name)
    if found is None or name == "Any":
        return True
    if ALIASES.get(found.name, found.name) != name:
        return False
    if name in ("list", "range"):
        return not wanted.arguments or not found.arguments or type_conforms(found.arguments[0], wanted.arguments[0])
    if name == "context":
        members = dict(found.members)
        return all(key in members and type_conforms(members[key], ref) for key, ref in wanted.members)
    if name == "function":
        return signature_conforms(found.arguments, found.result, wanted)
    return True


def signature_conforms(parameters: Sequence[TypeRef | None], result: TypeRef | None, wanted: TypeRef) -> bool:
    """A function may ask less of its arguments than wanted, and promise more of its result."""
    if wanted.result is None:
        return True
    return (
        len(parameters) == len(wanted.arguments)
        and all(type_conforms(ask, own or ANY) for own, ask in zip(parameters, wanted.arguments, strict=True))
        and type_conforms(result, wanted.result)
    )
