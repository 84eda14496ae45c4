"""What can go wrong in FEEL, and how it is told.

Only two things raise: a text that is not FEEL, and an evaluation that grows beyond its limits. Everything else that
is wrong inside an expression gives null, as the standard wants, and leaves a `Diagnostic`. `Fault` is the inner
signal that turns into such a diagnostic; it never leaves this package.
"""

from dataclasses import dataclass


class FeelError(Exception):
    """Root of everything that this package raises."""


class FeelSyntaxError(FeelError):
    """The text is not a FEEL expression."""

    def __init__(self, message: str, position: int, text: str) -> None:
        super().__init__(message, position, text)
        self.message = message
        self.position = position
        self.text = text

    def __str__(self) -> str:
        return f"{self.message} (at character {self.position + 1} of {self.text[:80]!r})"


class FeelLimitError(FeelError):
    """An expression or its evaluation is larger than the limits allow."""


class FeelValueError(FeelError):
    """A value has no counterpart on the other side (a function as JSON, an unknown Python object as FEEL)."""


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """Why a part of an expression became null: `position` is the character offset in the text."""

    code: str
    message: str
    position: int


class Fault(Exception):
    """Raised by operators and built-ins; the enclosing closure turns it into null and a diagnostic."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(code, message)
        self.code = code
        self.message = message
