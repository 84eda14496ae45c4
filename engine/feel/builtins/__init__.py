"""The built-in functions of FEEL (DMN 1.5 section 10.3.4), by kind; importing this package registers all of them."""

from engine.feel.builtins import calendar, contexts, conversion, lists, moments, numbers, ranges, strings
from engine.feel.builtins.registry import ABSENT, BUILTINS, Builtin

__all__ = [
    "ABSENT",
    "BUILTINS",
    "Builtin",
    "calendar",
    "contexts",
    "conversion",
    "lists",
    "moments",
    "numbers",
    "ranges",
    "strings",
]
