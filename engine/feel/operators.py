"""Arithmetic and properties: what `+ - * / **`, unary minus and the dot do to each pair of kinds (DMN 1.3 tables
45-50, 65).

A pair that is not in the tables, a division by zero or a result out of range raises `Fault`.
"""

import datetime as dt
import decimal
import zoneinfo
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from engine.feel import chronology
from engine.feel.chronology import Date, DateTime, Span, Time
from engine.feel.errors import Fault
from engine.feel.runtime import Run
from engine.feel.values import ARITHMETIC, Range, YearsMonths, describe, kind, normal, number

# steps for what decimal computes by series, which is that much slower than a sum
TRANSCENDENTAL = 100


# steps for what reckons with the calendar
CALENDAR = 6
# more digits than any duration has: such a number is not even made an int
MAX_DIGITS = 40
MAX_MONTHS = 10**15


def _whole(value: Decimal) -> int:
    """A number without what is behind the point; OverflowError when it is longer than any duration."""
    if value.adjusted() > MAX_DIGITS:
        raise OverflowError("no such duration")
    return int(value)


def _scaled(span: Span, factor: Decimal) -> Span:
    return chronology.span(_whole(ARITHMETIC.multiply(Decimal(chronology.nanoseconds(span)), factor)))


def _divided(span: Span, divisor: Decimal) -> Span:
    return chronology.span(_whole(ARITHMETIC.divide(Decimal(chronology.nanoseconds(span)), divisor)))


def _months(number: int) -> YearsMonths:
    if abs(number) > MAX_MONTHS:
        raise OverflowError("no such duration")
    return YearsMonths(number)


def _months_scaled(span: YearsMonths, factor: Decimal) -> YearsMonths:
    return _months(_whole(ARITHMETIC.multiply(Decimal(span.months), factor)))


def _moment(value: Date | DateTime) -> tuple[bool, int]:
    """Whether it has an offset, and nanoseconds; a date counts as its midnight in UTC when it meets a date and time."""
    if isinstance(value, dt.datetime | chronology.FarDateTime):
        return value.tzinfo is not None, chronology.instant(value)
    return True, chronology.days(value) * chronology.DAY


def _between(a: Date | DateTime, b: Date | DateTime) -> Span:
    (zoned, first), (other, second) = _moment(a), _moment(b)
    if zoned != other:
        raise Fault("zone_missing", "Expected both dates to have a time zone, or neither.")
    return chronology.span(first - second)


def _later(a: DateTime, b: Span, sign: int = 1) -> DateTime:
    """Real time passes: with a zone, the sum is taken in UTC."""
    return chronology.at_instant(chronology.instant(a) + sign * chronology.nanoseconds(b), a.tzinfo)


def _clock_plus(a: Time, b: Span, sign: int = 1) -> Time:
    return chronology.time_of(chronology.clock(a) + sign * chronology.nanoseconds(b), a.tzinfo)


def _clock_minus(a: Time, b: Time) -> Span:
    first, second = chronology.offset(a), chronology.offset(b)
    if (first is None) != (second is None):
        raise Fault("zone_missing", "Expected both times to have a time zone, or neither.")
    apart = ((first or 0) - (second or 0)) * chronology.NANOSECONDS
    return chronology.span(chronology.clock(a) - chronology.clock(b) - apart)


def _date_plus(a: Date, b: Span, sign: int = 1) -> Date:
    """The day on which the sum falls, reckoned from midnight."""
    return chronology.date_of(chronology.days(a) + sign * chronology.nanoseconds(b) // chronology.DAY)


def _span_plus(a: Span, b: Span, sign: int = 1) -> Span:
    return chronology.span(chronology.nanoseconds(a) + sign * chronology.nanoseconds(b))


N, S, D, DT, T = "number", "string", "date", "date and time", "time"
DAYS, MONTHS = "days and time duration", "years and months duration"

Operation = Callable[[Any, Any], Any]

TABLE: dict[tuple[str, str, str], Operation] = {
    ("+", N, N): ARITHMETIC.add,
    ("-", N, N): ARITHMETIC.subtract,
    ("*", N, N): ARITHMETIC.multiply,
    ("/", N, N): ARITHMETIC.divide,
    ("+", D, MONTHS): lambda a, b: chronology.add_months(a, b.months),
    ("-", D, MONTHS): lambda a, b: chronology.add_months(a, -b.months),
    ("+", MONTHS, D): lambda a, b: chronology.add_months(b, a.months),
    ("+", DT, MONTHS): lambda a, b: chronology.add_months(a, b.months),
    ("-", DT, MONTHS): lambda a, b: chronology.add_months(a, -b.months),
    ("+", MONTHS, DT): lambda a, b: chronology.add_months(b, a.months),
    ("+", D, DAYS): _date_plus,
    ("-", D, DAYS): lambda a, b: _date_plus(a, b, -1),
    ("+", DAYS, D): lambda a, b: _date_plus(b, a),
    ("+", DT, DAYS): _later,
    ("-", DT, DAYS): lambda a, b: _later(a, b, -1),
    ("+", DAYS, DT): lambda a, b: _later(b, a),
    ("+", T, DAYS): _clock_plus,
    ("-", T, DAYS): lambda a, b: _clock_plus(a, b, -1),
    ("+", DAYS, T): lambda a, b: _clock_plus(b, a),
    ("-", D, D): _between,
    ("-", DT, DT): _between,
    ("-", D, DT): _between,
    ("-", DT, D): _between,
    ("-", T, T): _clock_minus,
    ("+", DAYS, DAYS): _span_plus,
    ("-", DAYS, DAYS): lambda a, b: _span_plus(a, b, -1),
    ("+", MONTHS, MONTHS): lambda a, b: _months(a.months + b.months),
    ("-", MONTHS, MONTHS): lambda a, b: _months(a.months - b.months),
    ("*", DAYS, N): _scaled,
    ("*", N, DAYS): lambda a, b: _scaled(b, a),
    ("/", DAYS, N): _divided,
    ("*", MONTHS, N): _months_scaled,
    ("*", N, MONTHS): lambda a, b: _months_scaled(b, a),
    ("/", MONTHS, N): lambda a, b: _months(_whole(ARITHMETIC.divide(Decimal(a.months), b))),
    ("/", DAYS, DAYS): lambda a, b: ARITHMETIC.divide(
        Decimal(chronology.nanoseconds(a)), Decimal(chronology.nanoseconds(b))
    ),
    ("/", MONTHS, MONTHS): lambda a, b: ARITHMETIC.divide(Decimal(a.months), Decimal(b.months)),
}


def arithmetic(operator: str, a: Any, b: Any, run: Run) -> Any:
    """`a operator b`, or a Fault that says why there is no result."""
    if operator == "+" and type(a) is str and type(b) is str:
        run.check_string(len(a) + len(b))
        return a + b
    ka, kb = kind(a), kind(b)
    if ka == N:
        a = number(a)
    if kb == N:
        b = number(b)
    try:
        if operator == "**":
            if ka == kb == N and a is not None and b is not None:
                return power(a, b, run)
        else:
            operation = TABLE.get((operator, ka, kb))
            if operation is not None and a is not None and b is not None:
                if ka != N or kb != N:
                    run.charge(CALENDAR)
                return operation(a, b)
    except decimal.DivisionByZero:
        raise Fault("division_by_zero", "Expected a divisor other than 0.") from None
    except (decimal.DecimalException, OverflowError, ValueError):
        raise Fault(
            "out_of_range", f"Expected a result within range, found {describe(a)} {operator} {describe(b)}."
        ) from None
    raise Fault("wrong_type", f"Expected operands that '{operator}' knows, found {describe(a)} and {describe(b)}.")


def power(a: Decimal, b: Decimal, run: Run) -> Decimal:
    """a ** b; 0 ** 0 is 1."""
    run.charge(TRANSCENDENTAL if b != b.to_integral_value() or abs(b) > 1000 else 2)
    if not a and not b:
        return Decimal(1)
    if not a and b < 0:
        raise Fault("division_by_zero", "Expected a base other than 0.")
    return ARITHMETIC.power(a, b)


def negate(value: Any) -> Any:
    """Unary minus."""
    name = kind(value)
    if name == N and (found := number(value)) is not None:
        return ARITHMETIC.minus(found)
    if name == DAYS:
        return chronology.span(-chronology.nanoseconds(value))
    if name == MONTHS:
        return YearsMonths(-value.months)
    raise Fault("wrong_type", f"Expected a number or a duration after '-', found {describe(value)}.")


def _timezone(value: Time | DateTime) -> str | None:
    return value.tzinfo.key if isinstance(value.tzinfo, zoneinfo.ZoneInfo) else None


def _time_offset(value: Time | DateTime) -> dt.timedelta | None:
    if isinstance(value, dt.time | chronology.FineTime) and isinstance(value.tzinfo, zoneinfo.ZoneInfo):
        return None  # it differs from day to day
    found = chronology.offset(value)
    return None if found is None else dt.timedelta(seconds=found)


def _second(value: Time | DateTime) -> Decimal:
    fraction = chronology.fraction(value)
    found = Decimal(value.second)
    return (found + Decimal(fraction).scaleb(-9)).normalize() if fraction else found


def _rest(part: str) -> Callable[[Span], Decimal]:
    """Days, hours, minutes or seconds of a duration; all parts carry the sign of the whole."""

    def read(value: Span) -> Decimal:
        number = chronology.nanoseconds(value)
        sign = -1 if number < 0 else 1
        days, rest = divmod(abs(number), chronology.DAY)
        seconds, fraction = divmod(rest, chronology.NANOSECONDS)
        if part == "days":
            found = Decimal(days)
        elif part == "hours":
            found = Decimal(seconds // 3600)
        elif part == "minutes":
            found = Decimal(seconds // 60 % 60)
        else:
            found = Decimal(seconds % 60) + Decimal(fraction).scaleb(-9)
        return found.normalize() * sign if found else Decimal(0)

    return read


Reader = Callable[[Any], Any]
_DATE: dict[str, Reader] = {
    "year": lambda v: Decimal(v.year),
    "month": lambda v: Decimal(v.month),
    "day": lambda v: Decimal(v.day),
    "weekday": lambda v: Decimal((chronology.days(v) + 3) % 7 + 1),
}
_CLOCK: dict[str, Reader] = {
    "hour": lambda v: Decimal(v.hour),
    "minute": lambda v: Decimal(v.minute),
    "second": _second,
    "time offset": _time_offset,
    "timezone": _timezone,
}
PROPERTIES: dict[str, dict[str, Reader]] = {
    D: _DATE,
    DT: {**_DATE, **_CLOCK},
    T: _CLOCK,
    DAYS: {part: _rest(part) for part in ("days", "hours", "minutes", "seconds")},
    MONTHS: {"years": lambda v: Decimal(v.whole_years), "months": lambda v: Decimal(v.rest_months)},
    "range": {
        "start": lambda v: v.start,
        "end": lambda v: v.end,
        "start included": lambda v: v.start_included,
        "end included": lambda v: v.end_included,
    },
}


def member(value: Any, name: str, run: Run) -> Any:
    """`value.name`: an entry of a context, a property of a date or the like, or the list of them for a list."""
    t = type(value)
    if t is dict:
        if name in value:
            return normal(value[name])
        raise Fault("no_such_entry", f"Expected an entry '{name}' in the context.")
    if t is list or t is tuple:
        run.check_list(len(value))
        run.charge(2 * len(value))
        return [_member_or_null(each, name, run) for each in value]
    readers = PROPERTIES.get(kind(value))
    if readers is not None and name in readers:
        return readers[name](value)
    if isinstance(value, Range):
        raise Fault("no_such_entry", f"Expected a property of a range, found '{name}'.")
    raise Fault("no_such_entry", f"Expected something with an entry '{name}', found {describe(value)}.")


def _member_or_null(value: Any, name: str, run: Run) -> Any:
    try:
        return member(value, name, run)
    except Fault:
        return None


def descendants(value: Any, name: str, run: Run) -> list[Any]:
    """All entries of a name that are not null, in the order in which they stand, those inside others included."""
    found: list[Any] = []
    waiting = [iter([(None, value)])]
    while waiting:
        for key, each in waiting[-1]:
            run.charge(1)
            each = normal(each)
            if key == name and key is not None and each is not None:
                found.append(each)
                run.check_list(len(found)) if len(found) % 64 == 0 else None
            if type(each) is dict:
                waiting.append(iter(each.items()))
                break
            if type(each) is list:
                waiting.append(iter([(None, inner) for inner in each]))
                run.charge(len(each))
                break
        else:
            waiting.pop()
    return found
