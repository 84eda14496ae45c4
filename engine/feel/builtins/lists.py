"""Built-ins on lists: what they hold, cutting and joining, sorting, truth over all elements."""

import functools
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from engine.feel.builtins.registry import ABSENT, builtin, spread, to_boolean, to_integer, to_list, wrong
from engine.feel.errors import Fault
from engine.feel.runtime import Run, call_function
from engine.feel.values import Function, compare, key, kind, normal


def joined(run: Run, lists: Iterable[Any]) -> list[Any]:
    result: list[Any] = []
    for each in lists:
        part = to_list(each) if each is not None else [None]
        run.check_list(len(result) + len(part))
        result.extend(part)
    return result


def distinct(run: Run, values: list[Any]) -> list[Any]:
    run.check_list(len(values))
    seen = set()
    result = []
    for each in values:
        mark = key(each, run.charge)
        if mark not in seen:
            seen.add(mark)
            result.append(each)
    return result


def place(values: list[Any], position: Any) -> int:
    """The Python index of a FEEL position (from 1, or from the end)."""
    index = to_integer(position, "a position")
    if index == 0 or abs(index) > len(values):
        raise Fault("no_such_element", f"Expected a position within 1..{len(values)}, found {index}.")
    return index - 1 if index > 0 else len(values) + index


@builtin("list contains", "list, element")
def list_contains(run: Run, values: Any, element: Any) -> bool:
    wanted = key(element, run.charge)
    return any(key(each, run.charge) == wanted for each in to_list(values))


@builtin("count", "list", "list...")
def count(run: Run, *values: Any) -> Decimal:
    return Decimal(len(spread(values)))


@builtin("is empty", "list")
def is_empty(run: Run, values: Any) -> bool:
    return not to_list(values)


@builtin("all", "list", "list...")
def all_(run: Run, *values: Any) -> bool | None:
    return truth(values, False)


@builtin("any", "list", "list...")
def any_(run: Run, *values: Any) -> bool | None:
    return truth(values, True)


def truth(values: tuple[Any, ...], decisive: bool) -> bool | None:
    """Three-valued: one decisive element decides, otherwise one that is no boolean makes it null."""
    found: bool | None = not decisive
    for each in spread(values):
        if each is decisive:
            return bool(decisive)
        if type(each) is not bool:
            found = None
    return found


@builtin("not", "negand")
def not_(run: Run, negand: Any) -> bool:
    return not to_boolean(negand)


@builtin("sublist", "list, start position, length?")
def sublist(run: Run, values: Any, start: Any, length: Any = ABSENT) -> list[Any]:
    found = to_list(values)
    first = place(found, start)
    run.check_list(len(found) - first)
    if length is ABSENT:
        return found[first:]
    size = to_integer(length)
    if size < 0 or first + size > len(found):
        raise Fault("wrong_argument", f"Expected a length of at most {len(found) - first}, found {size}.")
    return found[first : first + size]


@builtin("append", "list, item...")
def append(run: Run, values: Any, *items: Any) -> list[Any]:
    found = to_list(values)
    run.check_list(len(found) + len(items))
    return [*found, *items]


@builtin("concatenate", "list...")
def concatenate(run: Run, *lists: Any) -> list[Any]:
    return joined(run, lists)


@builtin("insert before", "list, position, newItem")
def insert_before(run: Run, values: Any, position: Any, item: Any) -> list[Any]:
    found = to_list(values)
    index = place(found, position)
    run.check_list(len(found) + 1)
    return [*found[:index], item, *found[index:]]


@builtin("remove", "list, position")
def remove(run: Run, values: Any, position: Any) -> list[Any]:
    found = to_list(values)
    index = place(found, position)
    run.check_list(len(found))
    return found[:index] + found[index + 1 :]


@builtin("list replace", "list, position: number, newItem", "list, match: function, newItem")
def list_replace(run: Run, values: Any, where: Any, item: Any) -> list[Any]:
    found = to_list(values)
    run.check_list(len(found))
    if isinstance(where, Function):
        return [item if to_boolean(call_function(run, where, [normal(each), item])) else each for each in found]
    index = place(found, where)
    return [*found[:index], item, *found[index + 1 :]]


@builtin("reverse", "list")
def reverse(run: Run, values: Any) -> list[Any]:
    found = to_list(values)
    run.check_list(len(found))
    return found[::-1]


@builtin("index of", "list, match")
def index_of(run: Run, values: Any, match: Any) -> list[Decimal]:
    wanted = key(match, run.charge)
    return [Decimal(n) for n, each in enumerate(to_list(values), 1) if key(each, run.charge) == wanted]


@builtin("union", "list...")
def union(run: Run, *lists: Any) -> list[Any]:
    return distinct(run, joined(run, lists))


@builtin("distinct values", "list")
def distinct_values(run: Run, values: Any) -> list[Any]:
    return distinct(run, to_list(values))


@builtin("duplicate values", "list")
def duplicate_values(run: Run, values: Any) -> list[Any]:
    counts: dict[Any, int] = {}
    found = to_list(values)
    for each in found:
        mark = key(each, run.charge)
        counts[mark] = counts.get(mark, 0) + 1
    return distinct(run, [each for each in found if counts[key(each, run.charge)] > 1])


@builtin("flatten", "list")
def flatten(run: Run, values: Any) -> list[Any]:
    result: list[Any] = []
    waiting = [iter(to_list(values))]
    while waiting:
        for each in waiting[-1]:
            run.charge(1)
            if type(each) is list:
                waiting.append(iter(each))
                break
            run.check_list(len(result) + 1) if len(result) % 1000 == 999 else None
            result.append(each)
        else:
            waiting.pop()
    run.check_list(len(result))
    return result


@builtin("partition", "list, size")
def partition(run: Run, values: Any, size: Any) -> list[list[Any]]:
    found, width = to_list(values), to_integer(size)
    if width < 1:
        raise Fault("wrong_argument", "Expected a positive size.")
    run.check_list(len(found))
    return [found[start : start + width] for start in range(0, len(found), width)]


@builtin("sort", "list, precedes?")
def sort(run: Run, values: Any, precedes: Any = ABSENT) -> list[Any]:
    """A stable sort by a function that says which of two comes first, or by natural order."""
    found = [normal(each) for each in to_list(values)]
    run.check_list(len(found))
    if precedes is ABSENT and {kind(each) for each in found} in ({"number"}, {"string"}):
        run.charge(len(found))
        return sorted(found)

    def order(a: Any, b: Any) -> int:
        run.charge(2)
        if precedes is ABSENT:
            result = compare(a, b)
            if result is None:
                raise Fault("incomparable", "Expected values of one ordered type.")
            return result
        if call_function(run, precedes, [a, b]) is True:
            return -1
        return 1 if call_function(run, precedes, [b, a]) is True else 0

    if precedes is not ABSENT and not isinstance(precedes, Function):
        raise wrong("a function", precedes)
    return sorted(found, key=functools.cmp_to_key(order))


@builtin("get or else", "value, default")
def get_or_else(run: Run, value: Any, default: Any) -> Any:
    return default if value is None else value


@builtin("is defined", "value")
def is_defined(run: Run, value: Any) -> bool:
    return kind(value) != "null"
