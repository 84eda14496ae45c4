"""Built-ins that compare points and ranges with each other (DMN 1.3 table 78, after Allen's interval relations)."""

from typing import Any

from engine.feel.builtins.registry import builtin, single
from engine.feel.errors import Fault
from engine.feel.runtime import Run
from engine.feel.values import Range, compare, equal, includes, normal

BOTH = ("point1, point2", "range1, range2", "point, range", "range, point")
RANGES = ("range1, range2",)


def order(a: Any, b: Any, open_a: int = 0, open_b: int = 0) -> int:
    """The order of two ends; `open_…` is -1 or 1 when a None there means minus or plus infinity."""
    if a is None or b is None:
        left = open_a if a is None else 0
        right = open_b if b is None else 0
        if left == right == 0:
            raise Fault("wrong_argument", "Expected points or ranges, found null.")
        return (left > right) - (left < right)
    found = compare(normal(a), normal(b))
    if found is None:
        raise Fault("incomparable", "Expected points and ranges of one ordered type.")
    return found


def starts(a: Range, b: Range) -> int:
    """The order of two starts; an excluded start comes after an included one."""
    found = order(a.start, b.start, -1, -1)
    return found if found else b.start_included - a.start_included


def ends(a: Range, b: Range) -> int:
    """The order of two ends; an excluded end comes before an included one."""
    found = order(a.end, b.end, 1, 1)
    return found if found else a.end_included - b.end_included


def as_range(value: Any) -> Range:
    value = single(value)
    if value is None:
        raise Fault("wrong_argument", "Expected a point or a range, found null.")
    return value if isinstance(value, Range) else Range(value, value)


def both_ranges(a: Any, b: Any) -> tuple[Range, Range]:
    a, b = single(a), single(b)
    if not isinstance(a, Range) or not isinstance(b, Range):
        raise Fault("wrong_argument", "Expected two ranges.")
    return a, b


def touch(end: Range, start: Range) -> tuple[int, bool]:
    """The order of one range's end and another's start, and whether both belong to their ranges."""
    return order(end.end, start.start, 1, -1), end.end_included and start.start_included


@builtin("before", *BOTH)
def before(run: Run, a: Any, b: Any) -> bool:
    found, both = touch(as_range(a), as_range(b))
    return found < 0 or (found == 0 and not both)


@builtin("after", *BOTH)
def after(run: Run, a: Any, b: Any) -> bool:
    return before(run, b, a)


@builtin("meets", *RANGES)
def meets(run: Run, a: Any, b: Any) -> bool:
    found, both = touch(*both_ranges(a, b))
    return found == 0 and both


@builtin("met by", *RANGES)
def met_by(run: Run, a: Any, b: Any) -> bool:
    return meets(run, b, a)


@builtin("overlaps", *RANGES)
def overlaps(run: Run, a: Any, b: Any) -> bool:
    first, second = both_ranges(a, b)
    return not before(run, first, second) and not before(run, second, first)


@builtin("overlaps before", *RANGES)
def overlaps_before(run: Run, a: Any, b: Any) -> bool:
    first, second = both_ranges(a, b)
    return starts(first, second) < 0 and not before(run, first, second) and ends(first, second) <= 0


@builtin("overlaps after", *RANGES)
def overlaps_after(run: Run, a: Any, b: Any) -> bool:
    return overlaps_before(run, b, a)


@builtin("finishes", "point, range", "range1, range2")
def finishes(run: Run, a: Any, b: Any) -> bool:
    a, b = single(a), single(b)
    if not isinstance(b, Range):
        raise Fault("wrong_argument", "Expected a range.")
    if not isinstance(a, Range):
        return b.end_included and order(a, b.end, 0, 1) == 0
    return ends(a, b) == 0 and starts(a, b) >= 0


@builtin("finished by", "range, point", "range1, range2")
def finished_by(run: Run, a: Any, b: Any) -> bool:
    return finishes(run, b, a)


@builtin("includes", "range, point", "range1, range2")
def includes_(run: Run, a: Any, b: Any) -> bool | None:
    a, b = single(a), single(b)
    if not isinstance(a, Range):
        raise Fault("wrong_argument", "Expected a range.")
    if isinstance(b, Range):
        return starts(a, b) <= 0 and ends(a, b) >= 0
    return includes(a, b)


@builtin("during", "point, range", "range1, range2")
def during(run: Run, a: Any, b: Any) -> bool | None:
    return includes_(run, b, a)


@builtin("starts", "point, range", "range1, range2")
def starts_(run: Run, a: Any, b: Any) -> bool:
    a, b = single(a), single(b)
    if not isinstance(b, Range):
        raise Fault("wrong_argument", "Expected a range.")
    if not isinstance(a, Range):
        return b.start_included and order(a, b.start, 0, -1) == 0
    return starts(a, b) == 0 and ends(a, b) <= 0


@builtin("started by", "range, point", "range1, range2")
def started_by(run: Run, a: Any, b: Any) -> bool:
    return starts_(run, b, a)


@builtin("coincides", "point1, point2", "range1, range2")
def coincides(run: Run, a: Any, b: Any) -> bool | None:
    a, b = single(a), single(b)
    if isinstance(a, Range) and isinstance(b, Range):
        return starts(a, b) == 0 and ends(a, b) == 0
    return equal(a, b)
