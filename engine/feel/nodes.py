"""The syntax tree. Nodes are plain facts: parser writes them, compiler reads them, nothing evaluates them."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Node:
    position: int


@dataclass(frozen=True, slots=True)
class Const(Node):
    value: Any


@dataclass(frozen=True, slots=True)
class AtLiteral(Node):
    text: str


@dataclass(frozen=True, slots=True)
class Name(Node):
    name: str


@dataclass(frozen=True, slots=True)
class Negation(Node):
    operand: Node


@dataclass(frozen=True, slots=True)
class Logic(Node):
    """`and` / `or` over two or more operands."""

    operator: str
    operands: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Arithmetic(Node):
    """Operators of one precedence, from left to right: a long sum is one flat node, not a deep one."""

    first: Node
    rest: tuple[tuple[str, Node, int], ...]


@dataclass(frozen=True, slots=True)
class Comparison(Node):
    operator: str
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Between(Node):
    operand: Node
    low: Node
    high: Node


@dataclass(frozen=True, slots=True)
class Test(Node):
    """One positive unary test: `operator` is None for a plain expression; `uses_input` says that it mentions `?`."""

    operator: str | None
    operand: Node
    uses_input: bool


@dataclass(frozen=True, slots=True)
class UnaryTests(Node):
    """Tests of a decision table's cell; no tests at all is `-`."""

    tests: tuple[Test, ...]
    negated: bool


@dataclass(frozen=True, slots=True)
class In(Node):
    operand: Node
    tests: tuple[Test, ...]


@dataclass(frozen=True, slots=True)
class TypeRef:
    """A type as written: its name, element types of list and range, members of context, signature of function."""

    name: str
    arguments: tuple["TypeRef", ...] = ()
    members: tuple[tuple[str, "TypeRef"], ...] = ()
    result: "TypeRef | None" = None


@dataclass(frozen=True, slots=True)
class InstanceOf(Node):
    operand: Node
    type: TypeRef


@dataclass(frozen=True, slots=True)
class Path(Node):
    operand: Node
    name: str


@dataclass(frozen=True, slots=True)
class Descendants(Node):
    """`operand...name` (DMN 1.6): the entries of that name in it and in everything that it holds."""

    operand: Node
    name: str


@dataclass(frozen=True, slots=True)
class Filter(Node):
    operand: Node
    condition: Node


@dataclass(frozen=True, slots=True)
class Call(Node):
    function: Node
    arguments: tuple[Node, ...]
    names: tuple[str, ...] | None  # None: positional


@dataclass(frozen=True, slots=True)
class If(Node):
    condition: Node
    then: Node
    otherwise: Node


@dataclass(frozen=True, slots=True)
class Iterator:
    """`name in source`, or `name in source..end`."""

    name: str
    source: Node
    end: Node | None
    position: int


@dataclass(frozen=True, slots=True)
class For(Node):
    iterators: tuple[Iterator, ...]
    body: Node


@dataclass(frozen=True, slots=True)
class Quantified(Node):
    every: bool
    iterators: tuple[Iterator, ...]
    condition: Node


@dataclass(frozen=True, slots=True)
class FunctionDefinition(Node):
    parameters: tuple[tuple[str, TypeRef | None], ...]
    body: Node
    external: bool


@dataclass(frozen=True, slots=True)
class ListLiteral(Node):
    elements: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class ContextLiteral(Node):
    entries: tuple[tuple[str, Node], ...]


@dataclass(frozen=True, slots=True)
class RangeLiteral(Node):
    start: Node | None
    end: Node | None
    start_included: bool
    end_included: bool
