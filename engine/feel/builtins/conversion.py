"""Built-ins that make one kind of value from another: `number`, `string`, `date`, `time`, `duration`, …"""

import datetime as dt
import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from engine.feel import chronology, nodes, temporal
from engine.feel.builtins.registry import ABSENT, builtin, single, to_day, to_integer, to_number, to_string, wrong
from engine.feel.chronology import Date, DateTime, Span, Time
from engine.feel.errors import Fault, FeelSyntaxError
from engine.feel.jsonvalues import plain
from engine.feel.lexer import NAME_PART, NAME_START
from engine.feel.runtime import Run
from engine.feel.values import ARITHMETIC, Range, YearsMonths, compare, kind, number

NUMBER = re.compile(r"[+-]?(?:[0-9]{1,400}(?:\.[0-9]{0,400})?|\.[0-9]{1,400})(?:[eE][+-]?[0-9]{1,5})?")


WORDS = re.compile(rf"[{NAME_START}][{NAME_PART}]*(?: [{NAME_START}][{NAME_PART}]*)*")


def invalid(what: str, text: str) -> Fault:
    return Fault("invalid_text", f"Expected {what}, found {text[:40]!r}.")


@builtin("number", "from", "from, grouping separator, decimal separator")
def number_(run: Run, source: Any, grouping: Any = ABSENT, point: Any = None) -> Decimal:
    source = single(source)
    if kind(source) == "number" and grouping is ABSENT:
        return to_number(source)
    text = to_string(source)
    grouping = None if grouping is ABSENT else grouping
    if grouping is not None:
        if grouping not in (" ", ",", "."):
            raise wrong("a blank, a comma or a dot as grouping separator", grouping)
        text = text.replace(grouping, "")
    if point is not None:
        if point not in (",", ".") or point == grouping:
            raise wrong("a comma or a dot as decimal separator", point)
        text = text.replace(point, ".") if point == "." or "." not in text else "?"
    if not NUMBER.fullmatch(text):
        raise invalid("a number", text)
    return ARITHMETIC.create_decimal(text)


@builtin("string", "from")
def string(run: Run, value: Any) -> str | None:
    if value is None:
        return None
    text = written(run, value, False)
    run.check_string(len(text))
    return text


def written(run: Run, value: Any, nested: bool) -> str:
    """A value as FEEL text; inside lists and contexts strings get their quotes."""
    match kind(value):
        case "null":
            return "null"
        case "string":
            return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"' if nested else str(value)
        case "boolean":
            return "true" if value else "false"
        case "number":
            found = number(value)
            return "null" if found is None else plain(found)
        case "date":
            return temporal.format_date(value)
        case "date and time":
            return temporal.format_date_time(value)
        case "time":
            return temporal.format_time(value)
        case "days and time duration":
            return temporal.format_seconds(value)
        case "years and months duration":
            return temporal.format_months(value)
        case "range":
            return written_range(run, value)
        case "list":
            return "[" + bounded(run, [written(run, each, True) for each in value]) + "]"
        case "context":
            return (
                "{"
                + bounded(
                    run, [f"{written_key(run, name)}: {written(run, each, True)}" for name, each in value.items()]
                )
                + "}"
            )
    raise wrong("a value with a text form", value)


def written_key(run: Run, name: str) -> str:
    """A key as it may stand in a context: other than words, in quotes."""
    return name if WORDS.fullmatch(name) else written(run, name, True)


def bounded(run: Run, parts: list[str]) -> str:
    run.check_string(sum(map(len, parts)) + 2 * len(parts))
    return ", ".join(parts)


def written_range(run: Run, value: Range) -> str:
    if value.start is None or value.end is None:
        operator = (">=" if value.start_included else ">") if value.end is None else "<=" if value.end_included else "<"
        end = value.start if value.end is None else value.end
        return f"({operator} {written(run, end, True)})"
    opening, closing = "[" if value.start_included else "(", "]" if value.end_included else ")"
    return f"{opening}{written(run, value.start, True)}..{written(run, value.end, True)}{closing}"


@builtin("date", "from", "year, month, day")
def date(run: Run, source: Any, month: Any = ABSENT, day: Any = ABSENT) -> Date:
    if month is not ABSENT:
        return chronology.date(to_integer(source), to_integer(month), to_integer(day))
    source = single(source)
    if type(source) is not str:
        return to_day(source, "a date or its text")
    found = temporal.parse_date(source)
    if found is None:
        raise invalid("a date", source)
    return found


@builtin("time", "from", "hour, minute, second, offset?")
def time(run: Run, source: Any, minute: Any = ABSENT, second: Any = ABSENT, offset: Any = None) -> Time:
    if minute is not ABSENT:
        return clock(source, minute, second, offset)
    source = single(source)
    match kind(source):
        case "time":
            return source  # type: ignore[no-any-return]
        case "date and time":
            return chronology.time_of(chronology.clock(source), source.tzinfo)
        case "date":
            return dt.time(tzinfo=dt.UTC)
    found = temporal.parse_time(to_string(source, "a time or its text"))
    if found is None:
        raise invalid("a time", source)
    return found


def clock(hour: Any, minute: Any, second: Any, offset: Any) -> Time:
    seconds = to_number(second)
    if not 0 <= seconds < 60:
        raise wrong("a second within 0..59", second)
    whole = int(seconds)
    zone: dt.tzinfo | None = None
    if isinstance(offset, dt.timedelta):
        zone = dt.timezone(offset) if offset else dt.UTC
    elif isinstance(offset, str):
        zone = temporal.zone_named(offset)
        if zone is None:
            raise invalid("a time zone", offset)
    elif offset is not None:
        raise wrong("an offset", offset)
    return chronology.time(to_integer(hour), to_integer(minute), whole, int((seconds - whole).scaleb(9)), zone)


@builtin(
    "date and time",
    "from",
    "date, time",
    "date, timezone",
    "year, month, day, hour, minute, second, offset?",
    "year, month, day, hour, minute, second, timezone?",
)
def date_and_time(run: Run, source: Any, second: Any = ABSENT, *rest: Any) -> DateTime:
    if rest:
        day, (hour, minute, seconds, *offset) = date(run, source, second, rest[0]), rest[1:]
        return chronology.combine(day, clock(hour, minute, seconds, offset[0] if offset else None))
    source, second = single(source), single(second)
    if second is not ABSENT:
        if kind(source) == "date and time" and type(second) is str:
            zone = temporal.zone_named(second)
            if zone is None:
                raise invalid("a time zone", second)
            if source.tzinfo is None:
                return chronology.at_local(chronology.local(source), zone)
            return chronology.at_instant(chronology.instant(source), zone)
        if kind(second) != "time":
            raise wrong("a time", second)
        return chronology.combine(to_day(source), second)
    if kind(source) == "date and time":
        return source  # type: ignore[no-any-return]
    if kind(source) == "date":
        return temporal.midnight(source)
    found = temporal.parse_date_time(to_string(source, "a date and time or its text"))
    if found is None:
        raise invalid("a date and time", source)
    return found


@builtin("duration", "from")
def duration(run: Run, source: Any) -> Span | YearsMonths:
    source = single(source)
    if kind(source) in ("days and time duration", "years and months duration"):
        return source  # type: ignore[no-any-return]
    found = temporal.parse_duration(to_string(source, "a duration or its text"))
    if found is None:
        raise invalid("a duration", source)
    return found


@builtin("years and months duration", "from, to")
def years_and_months_duration(run: Run, start: Any, end: Any) -> YearsMonths:
    """The whole months from one date to another."""
    a, b = to_day(start), to_day(end)
    months = (b.year - a.year) * 12 + b.month - a.month
    if months > 0 and b.day < a.day:
        months -= 1
    elif months < 0 and b.day > a.day:
        months += 1
    return YearsMonths(months)


@builtin("range", "from")
def range_(run: Run, source: Any) -> Range:
    """A range from its text, with literals as ends (DMN 1.5)."""
    from engine.feel import parser  # the parser imports this package for the names of the functions

    text = to_string(source)
    run.charge(len(text))  # it is read like any expression
    try:
        found = literal(run, parser.parse_range(text), text)
    except FeelSyntaxError:
        found = None
    if not isinstance(found, Range):
        raise invalid("a range", text)
    return found


LITERAL_CALLS: dict[str, Callable[[Run, Any], Any]] = {
    "date": date,
    "time": time,
    "date and time": date_and_time,
    "duration": duration,
}


def literal(run: Run, node: nodes.Node | None, text: str) -> Any:
    """The value of a literal or of a range of literals; a Fault for anything that would have to be evaluated."""
    if node is None:
        return None
    if isinstance(node, nodes.Const):
        return node.value
    if isinstance(node, nodes.AtLiteral):
        return temporal.parse_any(node.text)
    if isinstance(node, nodes.Call) and isinstance(node.function, nodes.Name) and len(node.arguments) == 1:
        read = LITERAL_CALLS.get(node.function.name)
        if read is not None:
            return read(run, literal(run, node.arguments[0], text))
    if isinstance(node, nodes.RangeLiteral):
        low, high = literal(run, node.start, text), literal(run, node.end, text)
        if (node.start is not None and low is None) or (node.end is not None and high is None):
            raise invalid("a range", text)
        order = compare(low, high)
        if low is not None and high is not None and (kind(low) != kind(high) or order is None or order > 0):
            raise invalid("a range with two ends of one type, the lower one first", text)
        return Range(low, high, node.start_included, node.end_included)
    raise invalid("a literal", text)
