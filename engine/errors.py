"""The one family of errors that the engine raises, and nothing else.

A command is refused by raising one of these; it then has changed nothing. They carry a stable `code` and `params`
so that whoever shows them can word them in the reader's language; the English message is for logs and the command line.
A technical failure inside a running process is not an error here: it is an incident row (see `engine.bpmn`).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with a file: where it stands, a stable code, and what was expected instead."""

    file: str
    element: str | None
    code: str
    message: str
    params: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        where = f"{self.file or 'file'}{f' [{self.element}]' if self.element else ''}"
        return f"{where}: {self.message} ({self.code})"


@dataclass(frozen=True, slots=True)
class Reason:
    """One condition that is not met: its code, what it concerns, and the English sentence."""

    code: str
    message: str
    params: Mapping[str, Any] = field(default_factory=dict)


class EngineError(Exception):
    """Something that was asked for was refused; nothing was changed."""

    def __init__(self, code: str, message: str = "", **params: Any) -> None:
        super().__init__(message or code)
        self.code = code
        self.message = message or code
        self.params = params


class NotFound(EngineError):
    """What was named does not exist, or the actor may not see it (the two look the same on purpose)."""


class Forbidden(EngineError):
    """The actor sees it, but may not do this to it."""


class Conflict(EngineError):
    """The state of things does not allow it now: already completed, changed since seen, a closed gate."""

    def __init__(self, code: str, message: str = "", reasons: Iterable[Reason] = (), **params: Any) -> None:
        super().__init__(code, message, **params)
        self.reasons = list(reasons)


class Invalid(EngineError):
    """Fields of the input are wrong; `fields` maps each field to its problems as (code, params)."""

    def __init__(self, fields: Mapping[str, list[Reason]], code: str = "invalid", message: str = "") -> None:
        said = message or "; ".join(f"{name}: {', '.join(p.message for p in found)}" for name, found in fields.items())
        super().__init__(code, said)
        self.fields = dict(fields)


class TooLarge(EngineError):
    """The input is larger than what is accepted; `params` has `limit` in bytes."""


class DefinitionError(EngineError):
    """A model, decision, form or folder cannot be used; `problems` has all faults found in one pass."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = list(problems)
        super().__init__("definition", "\n".join(str(p) for p in self.problems))
