"""How a built-in function is declared, and what all of them need to read their arguments.

A built-in is a Python function `(run, *arguments) -> value` with one or more signatures as text: `"list, position,
newItem"`, a trailing `?` marks an optional parameter, a trailing `...` any number of them, `position: number` the type
that tells two signatures apart when an argument is named. Wrong arguments raise `Fault`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, TypeVar

from engine.feel import chronology
from engine.feel.chronology import Date, Span
from engine.feel.errors import Fault
from engine.feel.values import YearsMonths, describe, kind, normal, number

F = TypeVar("F", bound=Callable[..., Any])


class Absent:
    """The one value that says: this optional argument was not given (null says something else)."""

    def __repr__(self) -> str:
        return "ABSENT"


ABSENT = Absent()


@dataclass(frozen=True, slots=True)
class Signature:
    names: tuple[str, ...]
    required: int
    variadic: bool
    kinds: tuple[tuple[int, str], ...] = ()
    text: str = ""

    @classmethod
    def read(cls, text: str) -> "Signature":
        parts = [part.strip() for part in text.split(",")] if text else []
        kinds = tuple((n, part.split(":")[1].strip()) for n, part in enumerate(parts) if ":" in part)
        parts = [part.split(":")[0] for part in parts]
        variadic = bool(parts) and parts[-1].endswith("...")
        # "negative numbers?" would be ambiguous, but no standard parameter ends in a question mark
        names = tuple(part.removesuffix("...").removesuffix("?") for part in parts)
        required = sum(1 for part in parts if not part.endswith("?"))
        return cls(names, required, variadic, kinds, ", ".join(parts))

    def takes(self, count: int) -> bool:
        return count >= self.required and (self.variadic or count <= len(self.names))


@dataclass(frozen=True, slots=True)
class Builtin:
    name: str
    signatures: tuple[Signature, ...]
    function: Callable[..., Any]
    others: bool = False  # named arguments that no signature knows are left out

    @property
    def written(self) -> str:
        """How it may be called, for people."""
        return " or ".join(f"{self.name}({each.text})" for each in self.signatures)

    def takes(self, count: int) -> bool:
        return any(each.takes(count) for each in self.signatures)

    def signature(self, names: tuple[str, ...]) -> Signature | None:
        """The signature that named arguments fit; of two with the same names the one in which they stand so."""
        for each in sorted(self.signatures, key=lambda each: each.names[: len(names)] != names):
            if (self.others or set(names) <= set(each.names)) and set(each.names[: each.required]) <= set(names):
                return each
        return None

    def order(self, names: tuple[str, ...]) -> list[int | None] | None:
        """For named arguments: which of them goes to each position (None: absent); None when no signature fits."""
        found = self.signature(names)
        if found is None:
            return None
        places = [names.index(name) if name in names else None for name in found.names]
        while places and places[-1] is None:
            places.pop()
        return places

    def kinds(self, names: tuple[str, ...]) -> tuple[tuple[int, str], ...]:
        """The types that named arguments must have at some positions."""
        found = self.signature(names)
        return found.kinds if found is not None else ()


BUILTINS: dict[str, Builtin] = {}


def builtin(name: str, *signatures: str, others: bool = False) -> Callable[[F], F]:
    """Declare a built-in under a FEEL name."""

    def declare(function: F) -> F:
        BUILTINS[name] = Builtin(name, tuple(Signature.read(each) for each in signatures or ("",)), function, others)
        return function

    return declare


def single(value: Any) -> Any:
    """A list of one element counts as that element where a single value is wanted."""
    if type(value) is list and len(value) == 1:
        return normal(value[0])
    return value


def wrong(what: str, value: Any) -> Fault:
    return Fault("wrong_argument", f"Expected {what}, found {describe(value)}.")


def to_number(value: Any, what: str = "a number") -> Decimal:
    found = number(single(value))
    if found is None:
        raise wrong(what, value)
    return found


def to_integer(value: Any, what: str = "a whole number") -> int:
    found = to_number(value, what)
    if found != found.to_integral_value() or abs(found) > 10**18:
        raise wrong(what, value)
    return int(found)


def to_string(value: Any, what: str = "a string") -> str:
    value = single(value)
    if type(value) is not str:
        raise wrong(what, value)
    return value


def to_boolean(value: Any, what: str = "a boolean") -> bool:
    value = single(value)
    if type(value) is not bool:
        raise wrong(what, value)
    return value


def to_list(value: Any, what: str = "a list") -> list[Any]:
    """A list; any other value except null counts as a list of itself."""
    if type(value) is list:
        return value
    if value is None:
        raise wrong(what, value)
    return [value]


def to_context(value: Any, what: str = "a context") -> dict[str, Any]:
    value = single(value)
    if type(value) is not dict:
        raise wrong(what, value)
    return value


def to_day(value: Any, what: str = "a date") -> Date:
    """A date; of a date and time its day."""
    value = single(value)
    name = kind(value)
    if name == "date and time":
        return chronology.day_of(value)
    if name != "date":
        raise wrong(what, value)
    return value  # type: ignore[no-any-return]


def to_duration(value: Any, what: str = "a duration") -> Span | YearsMonths:
    value = single(value)
    if kind(value) not in ("days and time duration", "years and months duration"):
        raise wrong(what, value)
    return value  # type: ignore[no-any-return]


def spread(values: tuple[Any, ...]) -> list[Any]:
    """The elements of `f(list)` or of `f(a, b, c)`."""
    if len(values) == 1:
        return to_list(values[0])
    return list(values)
