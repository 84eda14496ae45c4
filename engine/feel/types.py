"""FEEL types: whether a value belongs to one (`instance of`, typed parameters)."""

from typing import Any

from engine.feel import temporal
from engine.feel.errors import Fault
from engine.feel.inference import ALIASES as ALIASES
from engine.feel.inference import signature_conforms
from engine.feel.nodes import TypeRef
from engine.feel.runtime import Run
from engine.feel.values import Function, Range, describe, kind, normal

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
        return _signature(value, ref, run)
    named = run.types.get(ref.name)
    if named is None:
        raise Fault("unknown_type", f"Expected a FEEL type, found '{ref.name}'.")
    return value is not None and named.holds(value, run)


def _signature(function: Function, ref: TypeRef, run: Run) -> bool:
    """Whether a function has the wanted signature, as far as its own is known."""
    if function.parameters == ("...",):
        return True
    kinds = function.types or (None,) * len(function.parameters)
    own = [each if isinstance(each, TypeRef) else None for each in kinds]
    result = function.result() if function.result is not None else None
    run.charge(8 + len(result.members) if result is not None else 1)
    return signature_conforms(own, result, ref)


def coerced(value: Any, ref: TypeRef | None, run: Run) -> Any:
    """The value of a typed parameter (DMN 1.4 section 10.3.2.9.4): a list of one element and its element stand for each
    other, a date for its midnight; a Fault when the value fits in no way."""
    if ref is None or value is None:
        return value
    if ref.name in run.types:
        return run.types[ref.name].fit(value, run)
    if conforms(value, ref, run):
        return value
    if ref.name == "list" and kind(value) != "list" and conforms([value], ref, run):
        return [value]
    if kind(value) == "list" and len(value) == 1 and conforms(normal(value[0]), ref, run):
        return normal(value[0])
    if kind(value) == "date" and ALIASES.get(ref.name, ref.name) == "date and time":
        return temporal.midnight(value)
    raise Fault("wrong_type", f"Expected a {ref.name}, found {describe(value)}.")
