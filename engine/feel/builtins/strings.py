"""Built-ins on strings. Positions count from 1 and in characters, as Python has them."""

from decimal import Decimal
from typing import Any

from engine.feel.builtins.registry import ABSENT, builtin, spread, to_integer, to_list, to_string
from engine.feel.errors import Fault
from engine.feel.runtime import Run


@builtin("string length", "string")
def string_length(run: Run, string: Any) -> Decimal:
    return Decimal(len(to_string(string)))


@builtin("substring", "string, start position, length?")
def substring(run: Run, string: Any, start: Any, length: Any = ABSENT) -> str:
    text, first = to_string(string), to_integer(start)
    if first == 0:
        raise Fault("wrong_argument", "Expected a start position other than 0.")
    first = first - 1 if first > 0 else len(text) + first
    if length is ABSENT:
        return text[max(first, 0) :]
    count = to_integer(length)
    if count < 0:
        raise Fault("wrong_argument", "Expected a length that is not negative.")
    return text[max(first, 0) : max(first + count, 0)]


@builtin("upper case", "string")
def upper_case(run: Run, string: Any) -> str:
    return to_string(string).upper()


@builtin("lower case", "string")
def lower_case(run: Run, string: Any) -> str:
    return to_string(string).lower()


@builtin("substring before", "string, match")
def substring_before(run: Run, string: Any, match: Any) -> str:
    before, found, _ = to_string(string).partition(to_string(match)) if match != "" else ("", "", "")
    return before if found else ""


@builtin("substring after", "string, match")
def substring_after(run: Run, string: Any, match: Any) -> str:
    if match == "":
        return to_string(string)
    return to_string(string).partition(to_string(match))[2]


@builtin("contains", "string, match")
def contains(run: Run, string: Any, match: Any) -> bool:
    return to_string(match) in to_string(string)


@builtin("starts with", "string, match")
def starts_with(run: Run, string: Any, match: Any) -> bool:
    return to_string(string).startswith(to_string(match))


@builtin("ends with", "string, match")
def ends_with(run: Run, string: Any, match: Any) -> bool:
    return to_string(string).endswith(to_string(match))


@builtin("trim", "string")
def trim(run: Run, string: Any) -> str:
    return to_string(string).strip()


@builtin("string join", "list", "list, delimiter", "list, delimiter, prefix, suffix")
def string_join(run: Run, values: Any, delimiter: Any = "", prefix: Any = "", suffix: Any = "") -> str:
    """Strings one after the other; nulls are left out."""
    parts = [to_string(each, "a list of strings") for each in to_list(values) if each is not None]
    between = "" if delimiter is None else to_string(delimiter)
    before, after = to_string(prefix), to_string(suffix)
    size = sum(map(len, parts)) + len(between) * max(len(parts) - 1, 0) + len(before) + len(after)
    run.check_string(size)
    return before + between.join(parts) + after


@builtin("concat", "values...")
def concat(run: Run, *values: Any) -> str:
    return string_join(run, spread(values))
