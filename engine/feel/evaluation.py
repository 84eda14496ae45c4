"""What the closures share at run time: relations, calls, indexes, loops, and the way from an error to null.

Everything here takes the frame or the run of the evaluation under way; nothing is kept between two evaluations.
"""

import operator
from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any

from engine.feel import chronology
from engine.feel.builtins import Builtin
from engine.feel.errors import Fault
from engine.feel.runtime import Code, Frame, Run, call_function
from engine.feel.values import Function, Range, compare, describe, equal, includes, kind, normal, number

SIMPLE = frozenset({str, Decimal, bool})
Tester = Callable[[Frame, Any], bool | None]
Relation = Callable[[Any, Any, Run], bool | None]

FAST: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def _ordered(test: Callable[[int], bool]) -> Callable[[Any, Any, Run], bool | None]:
    def relation(a: Any, b: Any, run: Run) -> bool | None:
        order = compare(a, b)
        return None if order is None else test(order)

    return relation


def _same(a: Any, b: Any, run: Run) -> bool | None:
    return equal(a, b, run.charge)


def _differs(a: Any, b: Any, run: Run) -> bool | None:
    found = equal(a, b, run.charge)
    return None if found is None else not found


RELATIONS: dict[str, Callable[[Any, Any, Run], bool | None]] = {
    "=": _same,
    "!=": _differs,
    "<": _ordered(lambda order: order < 0),
    "<=": _ordered(lambda order: order <= 0),
    ">": _ordered(lambda order: order > 0),
    ">=": _ordered(lambda order: order >= 0),
}


def fail(frame: Frame, code: str, message: str, position: int) -> Any:
    """Null, with the reason noted."""
    frame[1].note(code, message, position)
    return None


def failing(code: str, message: str, position: int) -> Code:
    return lambda frame: fail(frame, code, message, position)


def relate(
    frame: Frame, relation: Callable[[Any, Any, Run], bool | None], a: Any, b: Any, position: int
) -> bool | None:
    found = relation(a, b, frame[1])
    if found is None:
        fail(
            frame,
            "incomparable",
            f"Expected values that can be compared, found {describe(a)} and {describe(b)}.",
            position,
        )
    return found


def through_elements(name: str, elements: list[int], outside: Code) -> Code:
    """Inside filters: an entry of the innermost element that has one, else the name outside."""

    def read(frame: Frame) -> Any:
        for slot in elements:
            element = frame[slot]
            if type(element) is dict and name in element:
                return normal(element[name])
        return outside(frame)

    return read


def any_of(tests: list[Tester]) -> Tester:
    if len(tests) == 1:
        return tests[0]

    def find(frame: Frame, value: Any) -> bool | None:
        found: bool | None = False
        for test in tests:
            one = test(frame, value)
            if one is True:
                return True
            if one is None:
                found = None
        return found

    return find


def matches(run: Run, value: Any, wanted: Any) -> bool:
    """Whether a value fits what a cell evaluates to: equal to it, inside its range, or fitting an element of its
    list."""
    if type(wanted) is Range and type(value) is not Range:
        return includes(wanted, value) is True
    if type(wanted) is list:
        run.charge(2 + 2 * len(wanted))
        if type(value) is list and equal(value, wanted, run.charge) is True:
            return True
        return any(matches(run, value, normal(each)) for each in wanted)
    return equal(value, wanted, run.charge) is True


def at_index(frame: Frame, values: Any, index: Decimal, position: int) -> Any:
    """The element at a place counted from 1, or from the end if negative."""
    if type(values) is not list:
        if values is None:
            return None
        values = [values]
    if index == index.to_integral_value() and 0 < abs(index) <= len(values):
        place = int(index)
        return normal(values[place - 1 if place > 0 else place])
    return fail(frame, "no_such_element", f"Expected an index within 1..{len(values)}, found {index}.", position)


def apply(frame: Frame, function: Function, arguments: list[Any], names: tuple[str, ...] | None, position: int) -> Any:
    """Call a function value."""
    run: Run = frame[1]
    if names is not None:
        if set(names) != set(function.parameters):
            return fail(frame, "wrong_arguments", f"Expected the arguments {', '.join(function.parameters)}.", position)
        arguments = [arguments[names.index(name)] for name in function.parameters]
    try:
        return call_function(run, function, arguments)
    except Fault as fault:
        return fail(frame, fault.code, fault.message, position)


def run_builtin(frame: Frame, function: Callable[..., Any], arguments: list[Any], position: int) -> Any:
    run: Run = frame[1]
    price = 1
    for each in arguments:
        if type(each) is list:
            price += len(each)
        elif type(each) is str:
            price += len(each) >> 5
    run.charge(price)
    try:
        return function(run, *arguments)
    except Fault as fault:
        return fail(frame, fault.code, fault.message, position)
    except (ArithmeticError, ValueError):
        return fail(frame, "out_of_range", "Expected arguments that have a result within range.", position)


def as_function(builtin: Builtin) -> Function:
    """A built-in as a value, to be handed to another function."""

    def call(run: Run, arguments: list[Any]) -> Any:
        if not builtin.takes(len(arguments)):
            raise Fault("wrong_arguments", f"Expected {builtin.written}, found {len(arguments)} arguments.")
        return run_builtin([{}, run], builtin.function, arguments, 0)

    return Function(builtin.name, ("...",), call)


def walk(source: Code, end: Code | None, position: int) -> Callable[[Frame], Iterable[Any] | None]:
    """What an iterator goes through: a list, a range, or from one end to the other; None when it is nothing of
    these."""

    def values(frame: Frame) -> Iterable[Any] | None:
        first = source(frame)
        if end is not None:
            found = steps(first, end(frame))
        elif type(first) is Range:
            found = steps(first.start, first.end, first.start_included, first.end_included)
        elif first is None:
            found = None
        else:
            found = first if type(first) is list else [first]
        if found is None:
            fail(frame, "wrong_type", "Expected a list or a range to go through.", position)
        return found

    return values


def steps(start: Any, end: Any, start_included: bool = True, end_included: bool = True) -> Iterable[Any] | None:
    """The whole numbers or days of a range, upwards or downwards, one by one."""
    make: Callable[[int], Any]
    if kind(start) == "number" and kind(end) == "number":
        low, high = number(start), number(end)
        if low is None or high is None or low != low.to_integral_value() or high != high.to_integral_value():
            return None
        if max(abs(low), abs(high)) > 10**18:
            return None
        first, last, back = int(low), int(high), low > high
        make = Decimal
    elif kind(start) == "date" and kind(end) == "date":
        first, last = chronology.days(start), chronology.days(end)
        back, make = first > last, chronology.date_of
    else:
        return None
    way = -1 if back else 1
    if not start_included:
        first += way
    if not end_included:
        last -= way
    return map(make, range(first, last + way, way))


def nest(sources: list[Any], body: Callable[[Frame], bool]) -> Callable[[Frame], bool | None]:
    """Nested loops. The body says whether to go on; the result is True (went through), False (stopped) or None (no
    list)."""
    if not sources:
        return body
    (slot, values), rest = sources[0], nest(sources[1:], body)

    def turn(frame: Frame) -> bool | None:
        found = values(frame)
        if found is None:
            return None
        for each in found:
            frame[1].charge(1)
            frame[slot] = normal(each)
            done = rest(frame)
            if done is not True:
                return done
        return True

    return turn
