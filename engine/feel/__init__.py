"""FEEL, the Friendly Enough Expression Language of DMN 1.3-1.5: the one expression language of the engine.

`compile_expression` turns a text into a `Compiled`, which is evaluated any number of times, also by several threads
at once. An error inside an expression gives null and a diagnostic; only texts that are not FEEL (`FeelSyntaxError`)
and evaluations that grow too large (`FeelLimitError`) raise. No Python source is made or run, no Python attribute
can be reached, and the clock and the calendar come in through `Env`. The package knows nothing of BPMN, DMN or the
rest of the engine.
"""

import functools
from collections.abc import Collection, Mapping
from typing import Any

from engine.feel import nodes, parser
from engine.feel.compiler import Compiler
from engine.feel.errors import Diagnostic, Fault, FeelError, FeelLimitError, FeelSyntaxError, FeelValueError
from engine.feel.jsonvalues import from_json, to_json
from engine.feel.runtime import DEFAULT, NOWHERE, Calendar, Code, Env, Limits, Run, call_function
from engine.feel.values import Function, Range, Time, YearsMonths, equal, kind, normal

__all__ = [
    "DEFAULT",
    "Calendar",
    "Code",
    "Compiled",
    "Diagnostic",
    "Env",
    "Fault",
    "FeelError",
    "FeelLimitError",
    "FeelSyntaxError",
    "FeelValueError",
    "Function",
    "Limits",
    "Range",
    "Run",
    "Time",
    "YearsMonths",
    "call_function",
    "compile_expression",
    "compile_unary_tests",
    "compile_value",
    "equal",
    "from_json",
    "kind",
    "normal",
    "to_json",
]

CACHE_SIZE = 4096


class Compiled:
    """An expression ready to run. `variables` are the names that it surely reads from its context;
    `possible_variables` are those inside filters that may also mean an entry of the filtered element."""

    __slots__ = ("_code", "_slots", "constant", "possible_variables", "text", "tree", "variables")

    def __init__(self, text: str, tree: nodes.Node) -> None:
        compiler = Compiler()
        self.text = text
        self.tree = tree
        self._code: Code = compiler.compile(tree)
        self._slots: list[Any] = [None] * (compiler.slots - 2)
        self.variables = frozenset(compiler.variables)
        self.possible_variables = frozenset(compiler.possible)
        self.constant = isinstance(tree, nodes.Const)

    def __repr__(self) -> str:
        return f"<feel {self.text!r}>"

    @property
    def parts(self) -> tuple[Code, int]:
        """The closure, and the size of the frame that it needs: for who runs many expressions over one frame."""
        return self._code, 2 + len(self._slots)

    def run(self, context: Mapping[str, Any], run: Run) -> Any:
        """Evaluate as a part of a larger evaluation: limits and diagnostics are those of `run`."""
        try:
            return self._code([context, run, *self._slots])
        except RecursionError:
            raise FeelLimitError("The expression needs deeper recursion than the machine allows.") from None

    def evaluate(self, context: Mapping[str, Any], env: Env | None = None) -> Any:
        """The value of the expression; null where something in it is wrong."""
        return self.run(context, Run(env or NOWHERE))

    def trace(self, context: Mapping[str, Any], env: Env | None = None) -> tuple[Any, list[Diagnostic]]:
        """The value, and why parts of the expression became null."""
        run = Run(env or NOWHERE)
        return self.run(context, run), run.diagnostics


@functools.lru_cache(maxsize=CACHE_SIZE)
def _expression(text: str, names: frozenset[str]) -> Compiled:
    return Compiled(text, parser.parse_expression(text, names))


@functools.lru_cache(maxsize=CACHE_SIZE)
def _unary_tests(text: str, names: frozenset[str]) -> Compiled:
    return Compiled(text, parser.parse_unary_tests(text, names))


def compile_expression(text: str, names: Collection[str] = ()) -> Compiled:
    """Compile an expression. `names` are variables whose names hold blanks or operators. Raises FeelSyntaxError."""
    return _expression(text, frozenset(names))


def compile_unary_tests(text: str, names: Collection[str] = ()) -> Compiled:
    """Compile a decision table's input cell; it is evaluated with the input as `context["?"]`."""
    return _unary_tests(text, frozenset(names))


def compile_value(text: str, names: Collection[str] = ()) -> Compiled:
    """The zeebe convention: a text that begins with "=" is an expression, any other stands for itself as a string."""
    if text.lstrip().startswith("="):
        return compile_expression(text.lstrip()[1:], names)
    return Compiled(text, nodes.Const(0, text))
