"""FEEL values as JSON and back, for variables that are stored.

JSON has no dates and one kind of number. Dates, times and durations become their ISO text (and stay text when read
back: an expression says `date(x)`), numbers become int when they are whole, else the nearest float.
"""

from decimal import Decimal
from typing import Any

from engine.feel import temporal
from engine.feel.errors import FeelLimitError, FeelValueError
from engine.feel.values import Range, kind, number

# a float ends there, and Python refuses to print integers of more than 4300 digits
MAX_ADJUSTED = 308
MAX_DEPTH = 200


def to_json(value: Any, depth: int = 0) -> Any:
    """A value that `json.dumps` takes. FeelValueError for a function, FeelLimitError for what is too deep or too
    large."""
    name = kind(value)
    if name in ("string", "boolean", "null"):
        return value
    if depth > MAX_DEPTH:
        raise FeelLimitError(f"A value may not be nested deeper than {MAX_DEPTH} levels.")
    match name:
        case "number":
            return _number(value)
        case "list":
            return [to_json(each, depth + 1) for each in value]
        case "context":
            return {str(key): to_json(each, depth + 1) for key, each in value.items()}
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
            return _range(value, depth)
    raise FeelValueError(f"A {name} cannot be stored.")


def _number(value: Any) -> int | float | None:
    found = number(value)
    if found is None:
        return None
    if found.adjusted() > MAX_ADJUSTED:
        raise FeelLimitError("A number that is stored may not have more than 309 digits.")
    return int(found) if found == found.to_integral_value() else float(found)


def _range(value: Range, depth: int) -> str:
    ends = ["" if each is None else str(to_json(each, depth + 1)) for each in (value.start, value.end)]
    return f"{'[' if value.start_included else '('}{ends[0]}..{ends[1]}{']' if value.end_included else ')'}"


def from_json(value: Any) -> Any:
    """A JSON value with its numbers as Decimal, all the way down."""
    if isinstance(value, list):
        return [from_json(each) for each in value]
    if isinstance(value, dict):
        return {key: from_json(each) for key, each in value.items()}
    if isinstance(value, int | float) and not isinstance(value, bool):
        return number(value)
    return value


def plain(value: Decimal) -> str:
    """A number as FEEL writes it: no exponent, no trailing zeros."""
    text = format(value, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text
