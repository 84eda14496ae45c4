"""Built-ins on numbers: rounding, roots, logarithms, and statistics over lists of numbers."""

import decimal
from decimal import Decimal
from typing import Any

from engine.feel import chronology
from engine.feel.builtins.registry import builtin, single, spread, to_integer, to_number
from engine.feel.errors import Fault
from engine.feel.operators import TRANSCENDENTAL, negate
from engine.feel.runtime import Run
from engine.feel.values import ARITHMETIC, YearsMonths, compare, kind, number

MIN_SCALE, MAX_SCALE = -6111, 6176


def rounded(n: Any, scale: Any, mode: str) -> Decimal:
    """`n` with at most `scale` digits after the point; a scale that is not whole is cut to one that is."""
    value, digits = to_number(n), to_number(scale, "a scale")
    if not MIN_SCALE <= digits <= MAX_SCALE:
        raise Fault("wrong_argument", f"Expected a scale within {MIN_SCALE}..{MAX_SCALE}.")
    places = int(digits)
    exponent = value.as_tuple().exponent
    if isinstance(exponent, int) and exponent >= -places:
        return value
    return value.quantize(Decimal(1).scaleb(-places), rounding=mode, context=ARITHMETIC)


@builtin("decimal", "n, scale")
def decimal_(run: Run, n: Any, scale: Any) -> Decimal:
    return rounded(n, scale, decimal.ROUND_HALF_EVEN)


@builtin("floor", "n, scale?")
def floor(run: Run, n: Any, scale: Any = 0) -> Decimal:
    return rounded(n, scale, decimal.ROUND_FLOOR)


@builtin("ceiling", "n, scale?")
def ceiling(run: Run, n: Any, scale: Any = 0) -> Decimal:
    return rounded(n, scale, decimal.ROUND_CEILING)


@builtin("round up", "n, scale?")
def round_up(run: Run, n: Any, scale: Any = 0) -> Decimal:
    return rounded(n, scale, decimal.ROUND_UP)


@builtin("round down", "n, scale?")
def round_down(run: Run, n: Any, scale: Any = 0) -> Decimal:
    return rounded(n, scale, decimal.ROUND_DOWN)


@builtin("round half up", "n, scale?")
def round_half_up(run: Run, n: Any, scale: Any = 0) -> Decimal:
    return rounded(n, scale, decimal.ROUND_HALF_UP)


@builtin("round half down", "n, scale?")
def round_half_down(run: Run, n: Any, scale: Any = 0) -> Decimal:
    return rounded(n, scale, decimal.ROUND_HALF_DOWN)


@builtin("abs", "n")
def abs_(run: Run, n: Any) -> Any:
    value = single(n)
    name = kind(value)
    if name == "days and time duration":
        return chronology.span(abs(chronology.nanoseconds(value)))
    if name == "years and months duration":
        return YearsMonths(abs(value.months))
    found = to_number(value)
    return negate(found) if found < 0 else found


@builtin("modulo", "dividend, divisor")
def modulo(run: Run, dividend: Any, divisor: Any) -> Decimal:
    """The rest of floor division: it has the divisor's sign."""
    a, b = to_number(dividend), to_number(divisor)
    if not b:
        raise Fault("division_by_zero", "Expected a divisor other than 0.")
    rest = ARITHMETIC.remainder(a, b)
    return ARITHMETIC.add(rest, b) if rest and (rest < 0) != (b < 0) else rest


@builtin("sqrt", "number")
def sqrt(run: Run, value: Any) -> Decimal:
    n = to_number(value)
    if n < 0:
        raise Fault("wrong_argument", "Expected a number that is not negative.")
    return ARITHMETIC.sqrt(n)


@builtin("log", "number")
def log(run: Run, value: Any) -> Decimal:
    n = to_number(value)
    if n <= 0:
        raise Fault("wrong_argument", "Expected a positive number.")
    run.charge(TRANSCENDENTAL)
    return ARITHMETIC.ln(n)


@builtin("exp", "number")
def exp(run: Run, value: Any) -> Decimal:
    run.charge(TRANSCENDENTAL)
    return ARITHMETIC.exp(to_number(value))


@builtin("odd", "number")
def odd(run: Run, value: Any) -> bool:
    return bool(to_integer(value) % 2)


@builtin("even", "number")
def even(run: Run, value: Any) -> bool:
    return not to_integer(value) % 2


def numbers(values: tuple[Any, ...]) -> list[Decimal]:
    found = [number(each) for each in spread(values)]
    if not found:
        raise Fault("empty_list", "Expected at least one number.")
    if any(each is None for each in found):
        raise Fault("wrong_argument", "Expected only numbers in the list.")
    return [each for each in found if each is not None]


def total(values: list[Decimal]) -> Decimal:
    result = Decimal(0)
    for each in values:
        result = ARITHMETIC.add(result, each)
    return result


@builtin("sum", "list", "list...")
def sum_(run: Run, *values: Any) -> Decimal:
    return total(numbers(values))


@builtin("product", "list", "list...")
def product(run: Run, *values: Any) -> Decimal:
    result = Decimal(1)
    for each in numbers(values):
        result = ARITHMETIC.multiply(result, each)
    return result


@builtin("mean", "list", "list...")
def mean(run: Run, *values: Any) -> Decimal:
    found = numbers(values)
    return ARITHMETIC.divide(total(found), Decimal(len(found)))


@builtin("median", "list", "list...")
def median(run: Run, *values: Any) -> Decimal:
    found = sorted(numbers(values))
    middle = len(found) // 2
    if len(found) % 2:
        return found[middle]
    return ARITHMETIC.divide(ARITHMETIC.add(found[middle - 1], found[middle]), Decimal(2))


@builtin("stddev", "list", "list...")
def stddev(run: Run, *values: Any) -> Decimal:
    """The sample standard deviation."""
    found = numbers(values)
    if len(found) < 2:
        raise Fault("wrong_argument", "Expected at least two numbers.")
    middle = ARITHMETIC.divide(total(found), Decimal(len(found)))
    run.charge(len(found))
    apart = [ARITHMETIC.subtract(each, middle) for each in found]
    squares = [ARITHMETIC.multiply(each, each) for each in apart]
    return ARITHMETIC.sqrt(ARITHMETIC.divide(total(squares), Decimal(len(found) - 1)))


@builtin("mode", "list", "list...")
def mode(run: Run, *values: Any) -> list[Decimal]:
    """The most frequent numbers, in ascending order."""
    if not spread(values):
        return []
    counts: dict[Decimal, int] = {}
    for each in numbers(values):
        counts[each] = counts.get(each, 0) + 1
    most = max(counts.values())
    return sorted(each for each, count in counts.items() if count == most)


def extreme(values: tuple[Any, ...], sign: int) -> Any:
    found = spread(values)
    if not found:
        raise Fault("empty_list", "Expected at least one value.")
    best = found[0]
    for each in found:
        order = compare(each, best)
        if order is None:
            raise Fault("incomparable", "Expected values of one ordered type.")
        if order * sign > 0:
            best = each
    return number(best) if kind(best) == "number" else best


@builtin("min", "list", "list...")
def min_(run: Run, *values: Any) -> Any:
    return extreme(values, -1)


@builtin("max", "list", "list...")
def max_(run: Run, *values: Any) -> Any:
    return extreme(values, 1)
