"""FEEL's values in Python, and the relations between them: kind, equality, order.

Numbers are `decimal.Decimal` with 34 digits (int and float are accepted wherever a number may come in), strings,
booleans, null, lists and contexts are Python's own, dates and times come from `datetime`. What Python lacks is
here: a duration in months, a range, a function; dates beyond its years are in `chronology`. Text forms of dates live
in `temporal`, arithmetic in `operators`.
"""

import datetime as dt
import decimal
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from engine.feel import chronology
from engine.feel.chronology import FarDate, FarDateTime, FarDuration, FineTime
from engine.feel.errors import Fault

# IEEE 754 decimal128, as DMN 1.3 section 10.3.2.3 asks. Division by zero and overflow raise and become null.
ARITHMETIC = decimal.Context(
    prec=34,
    rounding=decimal.ROUND_HALF_EVEN,
    Emin=-6143,
    Emax=6144,
    traps=[decimal.InvalidOperation, decimal.DivisionByZero, decimal.Overflow],
)

Time = dt.time


@dataclass(frozen=True, slots=True, order=True)
class YearsMonths:
    """A years and months duration, counted in months (negative when it goes back)."""

    months: int

    @property
    def whole_years(self) -> int:
        return int(self.months / 12)

    @property
    def rest_months(self) -> int:
        return self.months - 12 * self.whole_years


@dataclass(frozen=True, slots=True)
class Range:
    """An interval; an end that is None is open towards that side."""

    start: Any
    end: Any
    start_included: bool = True
    end_included: bool = True

    def __contains__(self, value: Any) -> bool:
        return includes(self, value) is True


@dataclass(eq=False, slots=True)
class Function:
    """A function value: user defined, a built-in, or a business knowledge model."""

    name: str
    parameters: tuple[str, ...]
    call: Callable[[Any, list[Any]], Any]  # (run, arguments in the order of parameters) -> value
    types: tuple[Any, ...] = ()
    frame: list[Any] | None = field(default=None, repr=False)
    result: Callable[[], Any] | None = None  # tells the type of what it gives


KINDS: dict[type, str] = {
    Decimal: "number",
    int: "number",
    float: "number",
    str: "string",
    bool: "boolean",
    type(None): "null",
    list: "list",
    tuple: "list",
    dict: "context",
    dt.date: "date",
    FarDate: "date",
    dt.datetime: "date and time",
    FarDateTime: "date and time",
    dt.time: "time",
    FineTime: "time",
    dt.timedelta: "days and time duration",
    FarDuration: "days and time duration",
    YearsMonths: "years and months duration",
    Range: "range",
    Function: "function",
}


def kind(value: Any) -> str:
    """The FEEL name of a value's type; "unknown" for a Python object that FEEL has no place for."""
    return KINDS.get(type(value), "unknown")


def number(value: Any) -> Decimal | None:
    """The Decimal of anything that counts as a number, else None."""
    t = type(value)
    if t is Decimal:
        return value if value.is_finite() else None
    if t is int:
        return ARITHMETIC.create_decimal(value)
    if t is float:
        # repr gives the shortest text that means this float: 0.1 stays 0.1
        found = Decimal(repr(value))
        return found if found.is_finite() else None
    return None


def normal(value: Any) -> Any:
    """A value as FEEL's operators like it best: JSON numbers become Decimal; unknown objects become null."""
    t = type(value)
    if t is str or t is Decimal or t is bool or value is None or t is dict or t is list:
        return value
    if t is int or t is float:
        return number(value)
    if t is tuple:
        return list(value)
    if t in KINDS:
        return value
    return _adopt(value)


def _adopt(value: Any) -> Any:
    """Subclasses of known types (an Enum of str, a library's own date) as the plain type, anything else as null."""
    for base in (bool, int, float, Decimal, str, dt.datetime, dt.date, dt.time, dt.timedelta):
        if isinstance(value, base):
            if isinstance(value, int | float | Decimal):
                return number(Decimal(repr(float(value))) if isinstance(value, float) else Decimal(value))
            return str.__str__(value) if isinstance(value, str) else value
    if isinstance(value, dict):
        return dict(value)
    if isinstance(value, list | tuple):
        return list(value)
    return None


def point(value: Any, name: str) -> tuple[bool, int]:
    """What a date, a time or a date and time is compared by (DMN 1.5 section 10.3.2.3.4-6): whether it has an offset,
    and whole seconds on the time line. A date counts as its midnight in UTC."""
    if name == "date":
        return True, chronology.days(value) * 86_400
    seconds = (chronology.clock(value) if name == "time" else chronology.local(value)) // chronology.NANOSECONDS
    offset = chronology.offset(value)
    return (False, seconds) if offset is None else (True, seconds - offset)


TIMELINE = frozenset({"date", "date and time"})


def key(value: Any, charge: Callable[[int], None] | None = None) -> Hashable:
    """A hashable that is equal for two values exactly when FEEL calls them equal (null counts as equal to null)."""
    t = type(value)
    if t is str:
        return value  # type: ignore[no-any-return]
    name = KINDS.get(t)
    if name == "number":
        return ("n", number(value))
    if name == "list":
        if charge is not None:
            charge(2 * len(value))
        return ("l", tuple(key(each, charge) for each in value))
    if name == "context":
        if charge is not None:
            charge(2 * len(value))
        return ("c", frozenset((k, key(v, charge)) for k, v in value.items()))
    if name == "time":
        return ("t", *point(value, name))
    if name in TIMELINE:
        return ("d", *point(value, name))
    if name == "days and time duration":
        return ("s", chronology.nanoseconds(value))
    if name == "range":
        return ("r", key(value.start), key(value.end), value.start_included, value.end_included)
    if name == "function":
        return ("f", id(value))
    return (name, value) if name else ("u", id(value))


def equal(a: Any, b: Any, charge: Callable[[int], None] | None = None) -> bool | None:
    """FEEL equality: null equals only null; two values of different types give null (DMN 1.5 table 53)."""
    if a is None or b is None:
        return a is b
    ta, tb = KINDS.get(type(a)), KINDS.get(type(b))
    if ta is None or tb is None:
        return None
    if ta != tb and not (ta in TIMELINE and tb in TIMELINE):
        return None
    if ta == "number":
        return number(a) == number(b)
    return key(a, charge) == key(b, charge)


ORDERED = frozenset(
    {"number", "string", "date", "date and time", "time", "days and time duration", "years and months duration"}
)


def compare(a: Any, b: Any) -> int | None:
    """-1, 0 or 1 as a is before, equal to or after b; None where FEEL knows no order."""
    ta, tb = kind(a), kind(b)
    if ta not in ORDERED or (ta != tb and not (ta in TIMELINE and tb in TIMELINE)):
        return None
    if ta == "number":
        a, b = number(a), number(b)
        if a is None or b is None:
            return None
    elif ta == "time" or ta in TIMELINE:
        if type(a) is not dt.date or type(b) is not dt.date:
            (zoned, a), (other, b) = point(a, ta), point(b, tb)
            if zoned != other:
                return None
    elif ta == "days and time duration":
        a, b = chronology.nanoseconds(a), chronology.nanoseconds(b)
    return int(a > b) - int(a < b)


def includes(interval: Range, value: Any) -> bool | None:
    """Whether a value lies in a range; None when it cannot be compared with the ends."""
    if interval.start is None and interval.end is None:
        return None
    if interval.start is not None:
        order = compare(value, interval.start)
        if order is None:
            return None
        if order < 0 or (order == 0 and not interval.start_included):
            return False
    if interval.end is not None:
        order = compare(value, interval.end)
        if order is None:
            return None
        if order > 0 or (order == 0 and not interval.end_included):
            return False
    return True


def describe(value: Any) -> str:
    """A short, bounded text for diagnostics: the kind, and the value where it is small."""
    name = kind(value)
    if name in ("number", "boolean"):
        return f"{name} {value}"
    if name == "string":
        return f"string {value[:40]!r}"
    return name


def require(condition: bool, code: str, message: str) -> None:
    """Raise a Fault unless the condition holds."""
    if not condition:
        raise Fault(code, message)
