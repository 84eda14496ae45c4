"""FEEL types: whether a value belongs to one (`instance of`, typed parameters)."""

from typing import Any

from engine.feel.errors import Fault
from engine.feel.nodes import TypeRef
from engine.feel.runtime import Run
from engine.feel.values import Function, Range, kind

ALIASES = {
    "dateTime": "date and time",
    "date time": "date and time",
    "dayTimeDuration": "days and time duration",
    "yearMonthDuration": "years and months duration",
    "day and time duration": "days and time duration",
    "year and month duration": "years and months duration",
    "Null": "null",
}
SIMPLE = frozenset(
    {
        "number",
        "string",
        "boolean",
        "null",
        "date",
        "date and time",
        "time",
        "days and time duration",
        "years and months duration",
    }
)


def conforms(value: Any, ref: TypeRef, run: Run) -> bool:
    """Whether a value is of a type; null is only of type Null. A Fault for a name that is no type."""
    run.charge(1)
    name = ALIASES.get(ref.name, ref.name)
    found = kind(value)
    if name == "Any":
        return value is not None
    if name in SIMPLE:
        return found == name
    if name == "list":
        inner = ref.arguments[0] if ref.arguments else None
        return found == "list" and (inner is None or all(each is None or conforms(each, inner, run) for each in value))
    if name == "context":
        if found != "context":
            return False
        return all(
            key in value and (value[key] is None or conforms(value[key], inner, run)) for key, inner in ref.members
        )
    if name == "range":
        if not isinstance(value, Range):
            return False
        return not ref.arguments or all(
            each is None or conforms(each, ref.arguments[0], run) for each in (value.start, value.end)
        )
    if name == "function":
        if not isinstance(value, Function):
            return False
        return ref.result is None or len(value.parameters) == len(ref.arguments)
    raise Fault("unknown_type", f"Expected a FEEL type, found '{ref.name}'.")
