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

from engine.feel import temporal
from engine.feel.errors import Fault
from engine.feel.runtime import Run
from engine.feel.values import ARITHMETIC, Range, YearsMonths, describe, kind, normal, number

MICROSECOND = dt.timedelta(microseconds=1)
DAY_MICROSECONDS = 86_400_000_000
# steps for what decimal computes by series, which is that much slower than a sum
TRANSCENDENTAL = 100


def micros(span: dt.timedelta) -> int:
    return span // MICROSECOND


def _scaled(span: dt.timedelta, factor: Decimal) -> dt.timedelta:
    return MICROSECOND * int(ARITHMETIC.multiply(Decimal(micros(span)), factor))


def _instant(value: dt.date) -> dt.datetime:
    """A date counts as its midnight in UTC when it meets a date and time."""
    if isinstance(value, dt.datetime):
        return value
    return dt.datetime(value.year, value.month, value.day, tzinfo=dt.UTC)


def _between(a: dt.date, b: dt.date) -> dt.timedelta:
    if isinstance(a, dt.datetime) or isinstance(b, dt.datetime):
        first, second = _instant(a), _instant(b)
        if (first.utcoffset() is None) != (second.utcoffset() is None):
            raise Fault("zone_missing", "Expected both dates to have a time zone, or neither.")
        if first.tzinfo is not None:
            first, second = first.astimezone(dt.UTC), second.astimezone(dt.UTC)
        return first - second
    return a - b


def _later(a: dt.datetime, span: dt.timedelta) -> dt.datetime:
    """Real time passes: with a zone, the sum is taken in UTC."""
    if a.tzinfo is None or isinstance(a.tzinfo, dt.timezone):
        return a + span
    return (a.astimezone(dt.UTC) + span).astimezone(a.tzinfo)


def _clock_plus(a: dt.time, span: dt.timedelta) -> dt.time:
    now = ((a.hour * 60 + a.minute) * 60 + a.second) * 1_000_000 + a.microsecond
    total = (now + micros(span)) % DAY_MICROSECONDS
    rest, micro = divmod(total, 1_000_000)
    return dt.time(rest // 3600, rest // 60 % 60, rest % 60, micro, a.tzinfo)


def _clock_minus(a: dt.time, b: dt.time) -> dt.timedelta:
    if (a.tzinfo is None) != (b.tzinfo is None):
        raise Fault("zone_missing", "Expected both times to have a time zone, or neither.")
    anchor = dt.date(2000, 1, 1)
    return _between(dt.datetime.combine(anchor, a), dt.datetime.combine(anchor, b))


def _date_plus(a: dt.date, span: dt.timedelta) -> dt.date:
    return (dt.datetime.combine(a, dt.time()) + span).date()


N, S, D, DT, T = "number", "string", "date", "date and time", "time"
DAYS, MONTHS = "days and time duration", "years and months duration"

Operation = Callable[[Any, Any], Any]

TABLE: dict[tuple[str, str, str], Operation] = {
    ("+", N, N): ARITHMETIC.add,
    ("-", N, N): ARITHMETIC.subtract,
    ("*", N, N): ARITHMETIC.multiply,
    ("/", N, N): ARITHMETIC.divide,
    ("+", D, MONTHS): lambda a, b: temporal.add_months(a, b.months),
    ("-", D, MONTHS): lambda a, b: temporal.add_months(a, -b.months),
    ("+", MONTHS, D): lambda a, b: temporal.add_months(b, a.months),
    ("+", DT, MONTHS): lambda a, b: temporal.add_months(a, b.months),
    ("-", DT, MONTHS): lambda a, b: temporal.add_months(a, -b.months),
    ("+", MONTHS, DT): lambda a, b: temporal.add_months(b, a.months),
    ("+", D, DAYS): _date_plus,
    ("-", D, DAYS): lambda a, b: _date_plus(a, -b),
    ("+", DAYS, D): lambda a, b: _date_plus(b, a),
    ("+", DT, DAYS): _later,
    ("-", DT, DAYS): lambda a, b: _later(a, -b),
    ("+", DAYS, DT): lambda a, b: _later(b, a),
    ("+", T, DAYS): _clock_plus,
    ("-", T, DAYS): lambda a, b: _clock_plus(a, -b),
    ("+", DAYS, T): lambda a, b: _clock_plus(b, a),
    ("-", D, D): _between,
    ("-", DT, DT): _between,
    ("-", D, DT): _between,
    ("-", DT, D): _between,
    ("-", T, T): _clock_minus,
    ("+", DAYS, DAYS): lambda a, b: a + b,
    ("-", DAYS, DAYS): lambda a, b: a - b,
    ("+", MONTHS, MONTHS): lambda a, b: YearsMonths(a.months + b.months),
    ("-", MONTHS, MONTHS): lambda a, b: YearsMonths(a.months - b.months),
    ("*", DAYS, N): _scaled,
    ("*", N, DAYS): lambda a, b: _scaled(b, a),
    ("/", DAYS, N): lambda a, b: MICROSECOND * int(ARITHMETIC.divide(Decimal(micros(a)), b)),
    ("*", MONTHS, N): lambda a, b: YearsMonths(int(ARITHMETIC.multiply(Decimal(a.months), b))),
    ("*", N, MONTHS): lambda a, b: YearsMonths(int(ARITHMETIC.multiply(Decimal(b.months), a))),
    ("/", MONTHS, N): lambda a, b: YearsMonths(int(ARITHMETIC.divide(Decimal(a.months), b))),
    ("/", DAYS, DAYS): lambda a, b: ARITHMETIC.divide(Decimal(micros(a)), Decimal(micros(b))),
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
                return operation(a, b)
    except decimal.DivisionByZero:
        raise Fault("division_by_zero", "Expected a divisor other than 0.") from None
    except (decimal.DecimalException, OverflowError, ValueError):
        raise Fault("out_of_range", f"The result of {describe(a)} {operator} {describe(b)} is out of range.") from None
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
        return -value
    if name == MONTHS:
        return YearsMonths(-value.months)
    raise Fault("wrong_type", f"Expected a number or a duration after '-', found {describe(value)}.")


def _timezone(value: dt.time | dt.datetime) -> str | None:
    return value.tzinfo.key if isinstance(value.tzinfo, zoneinfo.ZoneInfo) else None


def _rest(part: str) -> Callable[[dt.timedelta], Decimal]:
    """Days, hours, minutes or seconds of a duration; all parts carry the sign of the whole."""

    def read(value: dt.timedelta) -> Decimal:
        sign = -1 if value < dt.timedelta(0) else 1
        value = abs(value)
        if part == "days":
            found = Decimal(value.days)
        elif part == "hours":
            found = Decimal(value.seconds // 3600)
        elif part == "minutes":
            found = Decimal(value.seconds // 60 % 60)
        else:
            found = Decimal(value.seconds % 60) + Decimal(value.microseconds).scaleb(-6)
        return found.normalize() * sign if found else Decimal(0)

    return read


Reader = Callable[[Any], Any]
_DATE: dict[str, Reader] = {
    "year": lambda v: Decimal(v.year),
    "month": lambda v: Decimal(v.month),
    "day": lambda v: Decimal(v.day),
    "weekday": lambda v: Decimal(v.isoweekday()),
}
_CLOCK: dict[str, Reader] = {
    "hour": lambda v: Decimal(v.hour),
    "minute": lambda v: Decimal(v.minute),
    "second": lambda v: Decimal(v.second) + Decimal(v.microsecond).scaleb(-6) if v.microsecond else Decimal(v.second),
    "time offset": lambda v: v.utcoffset(),
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
        raise Fault("no_such_entry", f"A range has no property '{name}'.")
    raise Fault("no_such_entry", f"Expected something with an entry '{name}', found {describe(value)}.")


def _member_or_null(value: Any, name: str, run: Run) -> Any:
    try:
        return member(value, name, run)
    except Fault:
        return None
