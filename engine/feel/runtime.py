"""What one evaluation carries along: who is asked for the time and the calendar, how much may still be spent, what
went wrong.

A *frame* is a plain list: [0] the context given by the caller, [1] the `Run`, then one slot for every local name of
the expression. Closures read it by index; a function call works on a copy.
"""

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from engine.feel.errors import Diagnostic, Fault, FeelLimitError
from engine.feel.values import Function

Frame = list[Any]
Code = Callable[[Frame], Any]

# Vietnam has kept +07:00 since before any case of ours; today() is the day there, not in Greenwich.
LOCAL_ZONE = dt.timezone(dt.timedelta(hours=7))

MAX_DIAGNOSTICS = 100


class Calendar(Protocol):
    """What the working-day functions ask."""

    def is_working_day(self, day: dt.date, /) -> bool: ...


class NamedType(Protocol):
    """A type that the host defines, such as an item definition of DMN."""

    def fit(self, value: Any, run: "Run", /) -> Any:
        """The value as one of the type; a Fault when it is none."""

    def holds(self, value: Any, run: "Run", /) -> bool:
        """Whether the value is of the type, its constraints left aside."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Caps of one evaluation. `steps` counts loop turns, calls, and every 64 characters or elements that are made."""

    steps: int = 1_000_000
    list_size: int = 100_000
    string_size: int = 1_000_000
    call_depth: int = 100


DEFAULT = Limits()

# Caps of a text; they hold before any evaluation and are therefore not the caller's to change.
MAX_TEXT = 10_000
MAX_NESTING = 100


@dataclass(frozen=True, slots=True)
class Env:
    """The outside world of an evaluation. Without `now`, now() and today() are null."""

    calendar: Calendar | None = None
    now: dt.datetime | None = None
    limits: Limits = DEFAULT
    zone: dt.tzinfo = LOCAL_ZONE


NOWHERE = Env()


NO_TYPES: Mapping[str, NamedType] = {}


class Run:
    """One evaluation under way."""

    __slots__ = ("depth", "diagnostics", "env", "limits", "muted", "steps", "types")

    def __init__(self, env: Env, types: Mapping[str, NamedType] = NO_TYPES) -> None:
        self.env = env
        self.limits = env.limits
        self.steps = env.limits.steps
        self.depth = 0
        self.muted = 0
        self.types = types
        self.diagnostics: list[Diagnostic] = []

    def charge(self, steps: int) -> None:
        """Spend steps; FeelLimitError when none are left."""
        self.steps -= steps
        if self.steps < 0:
            raise FeelLimitError(f"The expression needs more than {self.limits.steps} steps.")

    def note(self, code: str, message: str, position: int) -> None:
        """Record why something became null."""
        if not self.muted and len(self.diagnostics) < MAX_DIAGNOSTICS:
            self.diagnostics.append(Diagnostic(code, message, position))

    def check_list(self, size: int) -> None:
        """Refuse a list before it is made, and charge for making it."""
        if size > self.limits.list_size:
            raise FeelLimitError(f"A list may not have more than {self.limits.list_size} elements.")
        self.charge(1 + (size >> 3))

    def check_string(self, size: int) -> None:
        """Refuse a string before it is made, and charge for making it."""
        if size > self.limits.string_size:
            raise FeelLimitError(f"A string may not be longer than {self.limits.string_size} characters.")
        self.charge(1 + (size >> 6))


def call_function(run: Run, function: Function, arguments: list[Any]) -> Any:
    """Call a function value with arguments in order; a Fault when they do not fit."""
    if function.parameters != ("...",) and len(arguments) != len(function.parameters):
        raise Fault("wrong_arguments", f"Expected {len(function.parameters)} arguments, found {len(arguments)}.")
    run.depth += 1
    if run.depth > run.limits.call_depth:
        raise FeelLimitError(f"Functions may not call each other deeper than {run.limits.call_depth} levels.")
    run.charge(1)
    try:
        return function.call(run, arguments)
    finally:
        run.depth -= 1
