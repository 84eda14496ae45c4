"""FEEL that parses and is wrong all the same: functions that do not exist, arguments that they do not take, values of
different kinds compared or computed, conditions that give no yes or no. Only what is sure is told: the kinds of
variables are not guessed.
"""

import dataclasses
import datetime as dt
from collections.abc import Iterator
from functools import cache
from typing import Any

from engine import bpmn, feel
from engine.bpmn.definition import Element
from engine.feel import nodes
from engine.feel.builtins import BUILTINS
from engine.lint import flows
from engine.lint.findings import Finding, finding

# One value of each kind, to ask the operators themselves what they make of two kinds.
_SAMPLES: dict[str, Any] = {
    "string": "x",
    "number": 1,
    "boolean": True,
    "date": dt.date(2001, 1, 1),
    "days and time duration": dt.timedelta(days=1),
}
# What functions surely give.
_GIVES = {
    "today": "date",
    "string": "string",
    "number": "number",
    "count": "number",
    "string length": "number",
    "upper case": "string",
    "lower case": "string",
    "substring": "string",
    "contains": "boolean",
    "starts with": "boolean",
    "ends with": "boolean",
    "list contains": "boolean",
    "is defined": "boolean",
    "working days between": "number",
}


def check(d: bpmn.Definition, process: str) -> Iterator[Finding]:
    """All findings of one process."""
    inside = flows.inside(d, process)
    for node in inside:
        for expression, what, condition in _of(d.elements[node]):
            yield from _look(node, expression, what, condition)
    known = set(inside)
    for flow in d.flows.values():
        if flow.source in known and flow.condition is not None:
            yield from _look(flow.id, flow.condition, "the condition", True)


def called(expression: feel.Compiled) -> set[str]:
    """The names that an expression calls and does not declare: they are functions, not variables."""
    functions = (n.function for n in _walk(expression.tree) if isinstance(n, nodes.Call))
    return {f.name for f in functions if isinstance(f, nodes.Name)}


def _of(e: Element) -> Iterator[tuple[feel.Compiled, str, bool]]:
    """The expressions of an element: each with what it is for, and whether it must give yes or no."""
    found: list[tuple[Any, str, bool]] = [(m.source, f"the input {m.target!r}", False) for m in e.inputs]
    found += [(m.source, f"the output {m.target!r}", False) for m in e.outputs]
    if e.assignment is not None:
        a = e.assignment
        found += [(a.assignee, "the assignee", False), (a.groups, "candidateGroups", False)]
        found += [(a.users, "candidateUsers", False), (a.due, "the due date", False)]
        found += [(a.follow_up, "the follow-up date", False), (a.priority, "the priority", False)]
    if e.loop is not None:
        loop = e.loop
        found += [(loop.collection, "the input collection", False), (loop.cardinality, "the cardinality", False)]
        found += [(loop.output_element, "the output element", False), (loop.condition, "the loop condition", True)]
        found += [(loop.completion, "the completion condition", True)]
        found += [(condition, "the complex behaviour", True) for condition, _ in loop.complex_events]
    found += [(e.script, "the script", False), (e.decision, "the decision id", False)]
    found += [(e.activation, "the activation condition", True), (e.completion, "the completion condition", True)]
    found += [(e.active, "the active elements", False)]
    found += [(e.call.process, "the called process", False)] if e.call is not None else []
    found += [(e.job.type, "the job type", False)] if e.job is not None else []
    for event in e.events:
        found += [(event.name, "the name of the event", False), (event.key, "the correlation key", False)]
        found += [(event.computed, "the code of the event", False)]
        found += [(event.condition, "the condition", True), (event.timer and event.timer.value, "the timer", False)]
    for expression, what, condition in found:
        if isinstance(expression, feel.Compiled):
            yield expression, what, condition


def _look(element: str, expression: feel.Compiled, what: str, condition: bool) -> Iterator[Finding]:
    text = expression.text
    declared = {name for node in _walk(expression.tree) for name in _declares(node)}
    for node in _walk(expression.tree):
        if isinstance(node, nodes.Call) and isinstance(node.function, nodes.Name):
            yield from _call(element, node, declared, text, what)
        wrong = _mistake(node)
        if wrong is not None:
            left, right = wrong
            message, at = f"Expected values of one kind in {what}, found {left} and {right}.", node.position
            yield finding("type_mistake", element, message, text=text, position=at, left=left, right=right, what=what)
    found = _kind(expression.tree) if condition else None
    if found not in (None, "boolean"):
        message = f"Expected {what} to give true or false, found {found}."
        at = expression.tree.position
        yield finding("type_mistake", element, message, case="condition", text=text, position=at, left=found, what=what)


def _call(element: str, call: nodes.Call, declared: set[str], text: str, what: str) -> Iterator[Finding]:
    name = getattr(call.function, "name", "")
    built_in = BUILTINS.get(name)
    at = call.function.position
    if name in declared:
        return
    if built_in is None:
        message = f"Expected a function of FEEL in {what}, found {name!r}."
        yield finding("unknown_function", element, message, name=name, text=text, position=at, what=what)
    elif not (built_in.takes(len(call.arguments)) if call.names is None else built_in.order(call.names) is not None):
        message = f"Expected the arguments that {name!r} takes in {what}."
        yield finding("wrong_arguments", element, message, name=name, text=text, position=at, what=what)


# -- the tree


def _walk(tree: nodes.Node) -> Iterator[nodes.Node]:
    todo: list[Any] = [tree]
    while todo:
        at = todo.pop()
        if isinstance(at, nodes.Node):
            yield at
        if dataclasses.is_dataclass(at) and not isinstance(at, type):
            todo += [getattr(at, f.name) for f in reversed(dataclasses.fields(at))]
        elif isinstance(at, tuple):
            todo += reversed(at)


def _declares(node: nodes.Node) -> list[str]:
    """Names that an expression itself gives a meaning: there may be functions among them."""
    if isinstance(node, nodes.FunctionDefinition):
        return [name for name, _ in node.parameters]
    if isinstance(node, nodes.For | nodes.Quantified):
        return [i.name for i in node.iterators]
    return [name for name, _ in node.entries] if isinstance(node, nodes.ContextLiteral) else []


def _kind(node: nodes.Node) -> str | None:
    """The kind of value that an expression surely gives, of those that can be compared; None when it is not sure."""
    if isinstance(node, nodes.Const):
        found = feel.kind(node.value)
        return found if found in _SAMPLES else None
    if isinstance(node, nodes.Comparison | nodes.Between | nodes.In | nodes.Quantified | nodes.InstanceOf):
        return "boolean"
    if isinstance(node, nodes.Arithmetic):
        kinds = {_kind(node.first), *(_kind(operand) for _, operand, _ in node.rest)}
        return kinds.pop() if len(kinds) == 1 and kinds <= {"number"} else None
    if isinstance(node, nodes.Call) and isinstance(node.function, nodes.Name):
        return _GIVES.get(node.function.name)
    return None


def _mistake(node: nodes.Node) -> tuple[str, str] | None:
    """Two kinds that an operator gets and can make nothing of."""
    if isinstance(node, nodes.Comparison):
        return _apart(_kind(node.left), node.operator, _kind(node.right))
    if isinstance(node, nodes.Arithmetic):
        before = _kind(node.first)
        for operator, operand, _ in node.rest:
            after = _kind(operand)
            wrong = _apart(before, operator, after)
            if wrong is not None:
                return wrong
            before = after if before == after else None
    if isinstance(node, nodes.Between):
        of = _kind(node.operand)
        return _apart(of, ">=", _kind(node.low)) or _apart(of, "<=", _kind(node.high))
    return None


@cache
def _apart(left: str | None, operator: str, right: str | None) -> tuple[str, str] | None:
    if left is None or right is None:
        return None
    if operator in ("=", "!="):
        return (left, right) if left != right else None
    if feel.compile_expression(f"a {operator} b").evaluate({"a": _SAMPLES[left], "b": _SAMPLES[right]}) is None:
        return left, right
    return None
