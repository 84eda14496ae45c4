"""What a due date is counted by, read from the shape of its expression: "5 working days after today", "the last working
day of a month", "15 days before the session".

The house's models write due dates with the calendar functions of FEEL (`working days after`, `days after`, `days
before`, `last working day of month`); what else an expression does (`date and time(…)`, a branch by the unit) is looked
through. Pure. Not here: counting (`engine.deadlines`), words.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from engine import feel

WORKING, DAYS, BEFORE, MONTH = "ngay_lam_viec", "ngay", "truoc", "thang"
_FUNCTIONS = {
    "working days after": WORKING,
    "days after": DAYS,
    "days before": BEFORE,
    "last working day of month": MONTH,
}
_CALL = re.compile(r"(?<!\w)(working days after|days after|days before|last working day of month)\s*\(")
_BRANCH = re.compile(r"\bif\b(.+?)\bthen\b(.+)\belse\b(.+)", re.S)
_NAME = re.compile(r"[a-z_]\w*")


@dataclass(frozen=True, slots=True)
class Limit:
    """`kind` with what it is counted from (an expression; "today()" is the day on which it begins) and how many; a
    month has no number. None where a value is not known."""

    kind: str
    start_text: str
    number_text: str = ""
    start: date | None = None
    number: int | None = None

    @property
    def from_its_beginning(self) -> bool:
        """Whether it is counted from the day on which the task is opened, or the event is reached."""
        return self.start_text == "today()"

    @property
    def computed(self) -> bool:
        """Whether the number comes from somewhere else: a decision, a form."""
        return _NAME.search(self.number_text) is not None


def read(text: str, context: Mapping[str, Any], env: feel.Env) -> list[Limit]:
    """The limits that an expression may be counted by: one, or one for each branch whose condition is not known.
    Numbers and days are evaluated in `context`."""
    found = _branch(text, context, env)
    limits = []
    for part in found:
        call = _CALL.search(part)
        if call is None:
            continue
        kind = _FUNCTIONS[call[1]]
        arguments = _arguments(part, call.end())
        if not arguments:
            continue
        start_text = arguments[0].strip()
        number_text = arguments[1].strip() if len(arguments) > 1 else ""
        start = _day(value(start_text, context, env))
        number = value(number_text, context, env) if number_text else None
        limits.append(Limit(kind, re.sub(r"\s+", "", start_text), number_text, start, whole(number)))
    return limits


def _branch(text: str, context: Mapping[str, Any], env: feel.Env) -> list[str]:
    branch = _BRANCH.search(text)
    if branch is None or not _CALL.search(branch[2]) or not _CALL.search(branch[3]):
        return [text]
    condition = value(branch[1].strip(), context, env) if _complete(branch[1].strip(), context) else None
    if condition is True:
        return [branch[2]]
    return [branch[3]] if condition is False else [branch[2], branch[3]]


def _complete(text: str, context: Mapping[str, Any]) -> bool:
    """Whether everything that a condition asks for is known."""
    try:
        return all(context.get(name) is not None for name in feel.compile_expression(text).variables)
    except feel.FeelError:
        return False


def value(text: str, context: Mapping[str, Any], env: feel.Env) -> Any:
    """What a piece of an expression is worth; None where that is not known."""
    try:
        return feel.compile_expression(text).evaluate(dict(context), env)
    except feel.FeelError:
        return None


def _arguments(text: str, at: int) -> list[str]:
    """The arguments of a call whose parenthesis opened just before `at`."""
    depth, quoted, found, begin = 0, False, [], at
    for index in range(at, len(text)):
        letter = text[index]
        if letter == '"':
            quoted = not quoted
        elif quoted:
            continue
        elif letter in "([{":
            depth += 1
        elif letter in ")]}" and depth:
            depth -= 1
        elif letter == ")" or (letter == "," and not depth):
            found.append(text[begin:index])
            begin = index + 1
            if letter == ")":
                return found
    return []


def whole(found: Any) -> int | None:
    """A number of days; None for what is no number."""
    return int(feel.to_json(found)) if feel.kind(found) == "number" else None


def _day(found: Any) -> date | None:
    if isinstance(found, datetime):
        return found.date()
    if isinstance(found, date):
        return found
    try:
        return date.fromisoformat(found[:10]) if isinstance(found, str) else None
    except ValueError:
        return None
