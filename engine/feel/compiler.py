"""Syntax tree → nested Python closures, compiled once and evaluated often.

Local names (loop variables, context keys, parameters) get slots at compile time; names inside a filter are first
looked up in the element at hand. Nothing here reaches Python attributes: a dot reads an entry of a context or one
of the listed properties.
"""

import datetime as dt
from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any

from engine.feel import evaluation, inference, nodes, operators, temporal, types, unary
from engine.feel.builtins import ABSENT, BUILTINS, Builtin
from engine.feel.builtins.registry import single
from engine.feel.errors import Fault, FeelLimitError
from engine.feel.evaluation import (
    FAST,
    RELATIONS,
    SIMPLE,
    Tester,
    any_of,
    apply,
    at_index,
    fail,
    failing,
    relate,
)
from engine.feel.runtime import NOWHERE, Code, Frame, Run
from engine.feel.values import Function, Range, compare, describe, kind, normal, number

MISSING = object()
# what a variable may be without any conversion
READY = frozenset({str, Decimal, bool, type(None), list, dict, dt.date, dt.datetime})
FIRST_SLOT = 2
# `date("2022-03-31")` is FEEL's older way of writing a literal: read once, when it is compiled
LITERAL_CALLS = frozenset({"date", "time", "date and time", "duration"})


class Scope:
    """Compile-time: names of this level, or the slot of a filter's element whose entries count as names."""

    __slots__ = ("copied", "element", "names", "parent")

    def __init__(self, parent: "Scope | None", names: dict[str, int] | None = None, element: int | None = None) -> None:
        self.parent = parent
        self.names = names or {}
        self.element = element
        self.copied: set[int] = set()


class Compiler:
    """Compiles one tree; afterwards `slots` is the size of a frame, `variables` the free names."""

    def __init__(self) -> None:
        self.slots = FIRST_SLOT
        self.count = 0
        self.variables: set[str] = set()
        self.possible: set[str] = set()

    def slot(self) -> int:
        self.slots += 1
        return self.slots - 1

    def compile(self, node: nodes.Node, scope: Scope | None = None) -> Code:
        self.count += 1
        return METHODS[type(node)](self, node, scope)

    def compile_body(self, node: nodes.Node, scope: Scope | None) -> tuple[Code, int]:
        """Closure and price of one run of something that will run often."""
        before = self.count
        code = self.compile(node, scope)
        return code, 1 + (self.count - before) // 2

    # values

    def const(self, node: nodes.Const, scope: Scope | None) -> Code:
        value = node.value
        return lambda frame: value

    def at_literal(self, node: nodes.AtLiteral, scope: Scope | None) -> Code:
        value = temporal.parse_any(node.text)
        if value is None:
            return failing(
                "invalid_literal", f"Expected a date, time or duration, found {node.text[:40]!r}.", node.position
            )
        return lambda frame: value

    def list_literal(self, node: nodes.ListLiteral, scope: Scope | None) -> Code:
        codes = [self.compile(each, scope) for each in node.elements]
        return lambda frame: [code(frame) for code in codes]

    def context_literal(self, node: nodes.ContextLiteral, scope: Scope | None) -> Code:
        inner = Scope(scope)
        keys = [key for key, _ in node.entries]
        again = next((key for number, key in enumerate(keys) if key in keys[:number]), None)
        if again is not None:
            return failing("duplicate_key", f"Expected each key once, found '{again[:40]}' again.", node.position)
        entries: list[tuple[str, int, Code]] = []
        for key, value in node.entries:
            slot = self.slot()
            if isinstance(value, nodes.FunctionDefinition):
                inner.names[key] = slot  # a function in a context can call itself
            code = self.compile(value, inner)
            inner.names[key] = slot
            entries.append((key, slot, code))

        def build(frame: Frame) -> Any:
            result = {}
            for key, slot, code in entries:
                value = frame[slot] = code(frame)
                if type(value) is Function and value.frame is not None:
                    value.frame[slot] = value
                result[key] = value
            return result

        return build

    def range_literal(self, node: nodes.RangeLiteral, scope: Scope | None) -> Code:
        start = self.compile(node.start, scope) if node.start is not None else None
        end = self.compile(node.end, scope) if node.end is not None else None
        start_included, end_included, position = node.start_included, node.end_included, node.position

        def build(frame: Frame) -> Any:
            low = start(frame) if start is not None else None
            high = end(frame) if end is not None else None
            # an end that is null is an open one: then it cannot be included, and the other end must be there
            if (low is None and (start_included or high is None)) or (high is None and end_included):
                return fail(frame, "wrong_type", "Expected a value at each end of a range that is included.", position)
            given = [each for each in (low, high) if each is not None]
            if any(kind(each) != kind(given[0]) or compare(each, given[0]) is None for each in given):
                return fail(frame, "wrong_type", "Expected two ends of one ordered type in a range.", position)
            return Range(low, high, start_included, end_included)

        if all(each is None or isinstance(each, nodes.Const | nodes.AtLiteral) for each in (node.start, node.end)):
            run = Run(NOWHERE)
            constant = build([{}, run])
            if not run.diagnostics:
                return lambda frame: constant
        return build

    def function_definition(self, node: nodes.FunctionDefinition, scope: Scope | None) -> Code:
        names = tuple(name for name, _ in node.parameters)
        kinds = tuple(ref for _, ref in node.parameters)
        inner = Scope(scope, {name: self.slot() for name in names})
        slots = [inner.names[name] for name in names]
        body, price = self.compile_body(node.body, inner)
        position, result = node.position, inference.Lazy(node)
        if node.external:
            return failing("external_function", "Expected a function of FEEL: no other language is run.", position)

        def define(frame: Frame) -> Function:
            captured = frame.copy()
            frame[1].charge(16 + (len(captured) >> 3))

            def call(run: Run, arguments: list[Any]) -> Any:
                local = captured.copy()
                local[1] = run
                for slot, value, ref in zip(slots, arguments, kinds, strict=True):
                    try:
                        local[slot] = types.coerced(value, ref, run)
                    except Fault as fault:  # DMN 1.5 section 10.3.2.13.2: it is not called, the result is null
                        return fail(local, fault.code, fault.message, position)
                run.charge(price + (len(local) >> 5))
                return body(local)

            return Function("", names, call, kinds, captured, result)

        return define

    # names

    def name(self, node: nodes.Name, scope: Scope | None) -> Code:
        name, position = node.name, node.position
        elements: list[int] = []
        level = scope
        while level is not None:
            if name in level.names:
                slot = level.names[name]
                copied = slot in level.copied
                return self.local(name, slot, copied, elements)
            if level.element is not None:
                elements.append(level.element)
            level = level.parent
        (self.possible if elements else self.variables).add(name)
        builtin = BUILTINS.get(name)

        def read(frame: Frame) -> Any:
            value = frame[0].get(name, MISSING)
            if type(value) in READY:
                return value
            if value is MISSING:
                if builtin is not None:
                    return evaluation.as_function(builtin)
                return fail(frame, "unknown_variable", f"Expected a variable '{name}'.", position)
            found = normal(value)
            if found is None:
                return fail(
                    frame, "unknown_value", f"The variable '{name}' has a value that FEEL does not know.", position
                )
            return found

        return evaluation.through_elements(name, elements, read) if elements else read

    def local(self, name: str, slot: int, copied: bool, elements: list[int]) -> Code:
        if copied:

            def read(frame: Frame) -> Any:
                frame[1].check_list(len(frame[slot]))
                return list(frame[slot])

        else:

            def read(frame: Frame) -> Any:
                return frame[slot]

        return evaluation.through_elements(name, elements, read) if elements else read

    # operators

    def negation(self, node: nodes.Negation, scope: Scope | None) -> Code:
        operand, position = self.compile(node.operand, scope), node.position

        def negate(frame: Frame) -> Any:
            try:
                return operators.negate(operand(frame))
            except Fault as fault:
                return fail(frame, fault.code, fault.message, position)

        return negate

    def logic(self, node: nodes.Logic, scope: Scope | None) -> Code:
        codes = [self.compile(each, scope) for each in node.operands]
        decisive = node.operator == "or"
        position = node.position

        def combine(frame: Frame) -> Any:
            found: bool | None = not decisive
            for code in codes:
                value = code(frame)
                if value is decisive:
                    return decisive
                if value is not found:
                    if value is not None and type(value) is not bool:
                        fail(frame, "wrong_type", f"Expected a boolean, found {describe(value)}.", position)
                    found = None
            return found

        return combine

    def arithmetic(self, node: nodes.Arithmetic, scope: Scope | None) -> Code:
        first, numbers = self.compile(node.first, scope), operators.TABLE
        steps = [
            (
                each,
                self.compile(operand, scope),
                None if each == "/" else numbers.get((each, "number", "number")),
                position,
            )
            for each, operand, position in node.rest
        ]

        def calculate(frame: Frame) -> Any:
            value = first(frame)
            for operator, code, fast, position in steps:
                operand = code(frame)
                try:
                    if fast is not None and type(value) is Decimal and type(operand) is Decimal:
                        value = fast(value, operand)
                    else:
                        value = operators.arithmetic(operator, value, operand, frame[1])
                except (Fault, ArithmeticError) as fault:
                    code_, message = (
                        (fault.code, fault.message)
                        if isinstance(fault, Fault)
                        else ("out_of_range", "Expected a result within range.")
                    )
                    value = fail(frame, code_, message, position)
            return value

        return calculate

    def comparison(self, node: nodes.Comparison, scope: Scope | None) -> Code:
        left, right = self.compile(node.left, scope), self.compile(node.right, scope)
        relation = RELATIONS[node.operator]
        fast, position = FAST[node.operator], node.position
        quick = SIMPLE if node.operator in ("=", "!=") else frozenset({Decimal, str})
        if isinstance(node.right, nodes.Const) and type(node.right.value) in quick:
            constant, wanted = node.right.value, type(node.right.value)

            def compare_constant(frame: Frame) -> Any:
                a = left(frame)
                if type(a) is wanted:
                    return fast(a, constant)
                return relate(frame, relation, a, constant, position)

            return compare_constant

        def compare_values(frame: Frame) -> Any:
            a, b = left(frame), right(frame)
            if type(a) is type(b) and type(a) in quick:
                return fast(a, b)
            return relate(frame, relation, a, b, position)

        return compare_values

    def between(self, node: nodes.Between, scope: Scope | None) -> Code:
        operand, low, high = (self.compile(each, scope) for each in (node.operand, node.low, node.high))
        position = node.position

        def test(frame: Frame) -> Any:
            value = operand(frame)
            after, before = compare(value, low(frame)), compare(value, high(frame))
            if after is None or before is None:
                return fail(frame, "wrong_type", "Expected three values of one ordered type.", position)
            return after >= 0 and before <= 0

        return test

    def instance_of(self, node: nodes.InstanceOf, scope: Scope | None) -> Code:
        operand, ref, position = self.compile(node.operand, scope), node.type, node.position

        def test(frame: Frame) -> Any:
            try:
                return types.conforms(operand(frame), ref, frame[1])
            except Fault as fault:
                return fail(frame, fault.code, fault.message, position)

        return test

    # tests

    def in_operator(self, node: nodes.In, scope: Scope | None) -> Code:
        operand = self.compile(node.operand, scope)
        slot = self.slot()
        inner = Scope(scope, {"?": slot})
        test = any_of([self.test(each, inner) for each in node.tests])

        def find(frame: Frame) -> Any:
            value = frame[slot] = operand(frame)
            return test(frame, value)

        return find

    def unary_tests(self, node: nodes.UnaryTests, scope: Scope | None) -> Code:
        if not node.tests:
            return lambda frame: True
        test = any_of([self.test(each, scope) for each in node.tests])
        negated = node.negated

        def find(frame: Frame) -> Any:
            found = test(frame, normal(frame[0].get("?")))
            return (None if found is None else not found) if negated else found

        return find

    def test(self, node: nodes.Test, scope: Scope | None) -> Tester:
        return unary.tester(node, self.compile(node.operand, scope))

    # access

    def path(self, node: nodes.Path, scope: Scope | None) -> Code:
        operand, name, position = self.compile(node.operand, scope), node.name, node.position

        def read(frame: Frame) -> Any:
            value = operand(frame)
            if type(value) is dict and name in value:
                found = value[name]
                return found if type(found) in READY else normal(found)
            try:
                return operators.member(value, name, frame[1])
            except Fault as fault:
                return fail(frame, fault.code, fault.message, position)

        return read

    def descendants(self, node: nodes.Descendants, scope: Scope | None) -> Code:
        operand, name = self.compile(node.operand, scope), node.name
        return lambda frame: operators.descendants(operand(frame), name, frame[1])

    def filter(self, node: nodes.Filter, scope: Scope | None) -> Code:
        operand, position = self.compile(node.operand, scope), node.position
        if isinstance(node.condition, nodes.Const) and type(node.condition.value) is Decimal:
            index = node.condition.value
            return lambda frame: at_index(frame, operand(frame), index, position)
        slot = self.slot()
        inner = Scope(Scope(scope, {"item": slot}), None, slot)
        condition, price = self.compile_body(node.condition, inner)

        def select(frame: Frame) -> Any:
            values = operand(frame)
            if values is None:
                return None
            if type(values) is not list:
                values = [values]
            run: Run = frame[1]
            if not values:
                # an index into an empty list is null, a condition on it gives an empty list
                run.muted += 1
                frame[slot] = None
                found = condition(frame)
                run.muted -= 1
                return None if kind(found) == "number" else []
            kept: list[Any] = []
            for each in values:
                run.charge(price)
                value = frame[slot] = normal(each)
                found = condition(frame)
                if found is True:
                    kept.append(value)
                elif found is not False and found is not None:
                    place = number(found)
                    if place is not None:
                        return at_index(frame, values, place, position)
                    fail(frame, "wrong_type", f"Expected a condition or an index, found {describe(found)}.", position)
            return kept

        return select

    def call(self, node: nodes.Call, scope: Scope | None) -> Code:
        arguments = [self.compile(each, scope) for each in node.arguments]
        names, position = node.names, node.position
        if isinstance(node.function, nodes.Name) and not self.is_local(node.function.name, scope):
            builtin = BUILTINS.get(node.function.name)
            if builtin is not None:
                return self.builtin_call(builtin, node, arguments)
        function = self.compile(node.function, scope)

        def invoke(frame: Frame) -> Any:
            target = function(frame)
            if type(target) is not Function:
                if target is not None:
                    fail(frame, "no_function", f"Expected a function, found {describe(target)}.", position)
                return None
            return apply(frame, target, [code(frame) for code in arguments], names, position)

        return invoke

    def is_local(self, name: str, scope: Scope | None) -> bool:
        while scope is not None:
            if name in scope.names:
                return True
            scope = scope.parent
        return False

    def builtin_call(self, builtin: Builtin, node: nodes.Call, codes: list[Code]) -> Code:
        names, position, arguments_of = node.names, node.position, node.arguments
        name, function = builtin.name, builtin.function
        if (
            name in LITERAL_CALLS
            and names is None
            and len(arguments_of) == 1
            and isinstance(arguments_of[0], nodes.Const)
        ):
            run = Run(NOWHERE)
            constant = evaluation.run_builtin([{}, run], function, [arguments_of[0].value], position)
            if not run.diagnostics:
                return lambda frame: constant
        order = list(range(len(codes))) if names is None else builtin.order(names)
        kinds = builtin.kinds(names) if names is not None else ()
        fits = order is not None and builtin.takes(len(order))
        given = f"{len(codes)} arguments" if names is None else "the arguments " + ", ".join(names)
        reordered = names is not None

        def invoke(frame: Frame) -> Any:
            own = frame[0].get(name)
            arguments = [code(frame) for code in codes]
            if type(own) is Function:  # a model may define a function of the same name
                return apply(frame, own, arguments, names, position)
            if order is None or not fits:
                return fail(frame, "wrong_arguments", f"Expected {builtin.written}, found {given}.", position)
            if reordered:
                arguments = [ABSENT if place is None else arguments[place] for place in order]
                for place, wanted in kinds:
                    if kind(single(arguments[place])) != wanted:
                        return fail(frame, "wrong_argument", f"Expected a {wanted} as argument of '{name}'.", position)
            return evaluation.run_builtin(frame, function, arguments, position)

        return invoke

    # control

    def conditional(self, node: nodes.If, scope: Scope | None) -> Code:
        condition, then, otherwise = (self.compile(each, scope) for each in (node.condition, node.then, node.otherwise))
        position = node.position

        def choose(frame: Frame) -> Any:
            found = condition(frame)
            if found is True:
                return then(frame)
            if found is not False and found is not None:
                fail(frame, "wrong_type", f"Expected a boolean condition, found {describe(found)}.", position)
            return otherwise(frame)

        return choose

    def sources(self, iterators: Iterable[nodes.Iterator], scope: Scope | None) -> tuple[list[Any], Scope | None]:
        """For each iterator: its slot and a closure that gives the values to go through."""
        found = []
        for each in iterators:
            source = self.compile(each.source, scope)
            end = self.compile(each.end, scope) if each.end is not None else None
            slot = self.slot()
            scope = Scope(scope, {each.name: slot})
            found.append((slot, evaluation.walk(source, end, each.position)))
        return found, scope

    def loop(self, node: nodes.For, scope: Scope | None) -> Code:
        sources, inner = self.sources(node.iterators, scope)
        partial = self.slot()
        own = Scope(inner, {"partial": partial})
        own.copied.add(partial)
        # an iterator called partial hides the results so far
        if any(each.name == "partial" for each in node.iterators):
            own = Scope(inner)
        body, price = self.compile_body(node.body, own)

        def collect(frame: Frame) -> bool:
            results = frame[partial]
            run: Run = frame[1]
            run.charge(price)
            if len(results) >= run.limits.list_size:
                raise FeelLimitError(f"A list may not have more than {run.limits.list_size} elements.")
            results.append(body(frame))
            return True

        step = evaluation.nest(sources, collect)

        def gather(frame: Frame) -> Any:
            outer = frame[partial]
            frame[partial] = []
            done = step(frame)
            results, frame[partial] = frame[partial], outer
            return results if done is not None else None

        return gather

    def quantified(self, node: nodes.Quantified, scope: Scope | None) -> Code:
        sources, inner = self.sources(node.iterators, scope)
        condition, price = self.compile_body(node.condition, inner)
        decisive = not node.every
        doubt = self.slot()
        position = node.position

        def check(frame: Frame) -> bool:
            frame[1].charge(price)
            found = condition(frame)
            if found is decisive:
                return False
            if type(found) is not bool:
                frame[doubt] = True
                if found is not None:
                    fail(frame, "wrong_type", f"Expected a boolean, found {describe(found)}.", position)
            return True

        step = evaluation.nest(sources, check)

        def decide(frame: Frame) -> Any:
            outer, frame[doubt] = frame[doubt], False
            done = step(frame)
            doubtful, frame[doubt] = frame[doubt], outer
            if done is None:
                return None
            if done is False:
                return decisive
            return None if doubtful else not decisive

        return decide


METHODS: dict[type[nodes.Node], Callable[[Compiler, Any, Scope | None], Code]] = {
    nodes.Const: Compiler.const,
    nodes.AtLiteral: Compiler.at_literal,
    nodes.Name: Compiler.name,
    nodes.Negation: Compiler.negation,
    nodes.Logic: Compiler.logic,
    nodes.Arithmetic: Compiler.arithmetic,
    nodes.Comparison: Compiler.comparison,
    nodes.Between: Compiler.between,
    nodes.In: Compiler.in_operator,
    nodes.InstanceOf: Compiler.instance_of,
    nodes.Path: Compiler.path,
    nodes.Descendants: Compiler.descendants,
    nodes.Filter: Compiler.filter,
    nodes.Call: Compiler.call,
    nodes.If: Compiler.conditional,
    nodes.For: Compiler.loop,
    nodes.Quantified: Compiler.quantified,
    nodes.FunctionDefinition: Compiler.function_definition,
    nodes.ListLiteral: Compiler.list_literal,
    nodes.ContextLiteral: Compiler.context_literal,
    nodes.RangeLiteral: Compiler.range_literal,
    nodes.UnaryTests: Compiler.unary_tests,
}
