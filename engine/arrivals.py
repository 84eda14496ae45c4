"""What comes with a message from outside, as the element that waits for it says: which values, of what kind.

An element that catches a message may have properties `value:ngay_hop` = "date; Ngày họp; Day of the meeting". The
kinds: text, number, date ("2022-05-20"), month ("2022-05"), yes_no, or options `hop=Họp/Meeting|phieu=Phiếu/Ballot`; a
`?` before the kind makes the value optional. Pure functions; the page draws the same fields that the command checks.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from engine.errors import Invalid, Reason

PREFIX = "value:"
MONTH = re.compile(r"20\d\d-(0[1-9]|1[0-2])")
LONGEST = 5000
# A number that is longer is none: "1e999999999" would be written out.
DIGITS = 18
# No calendar counts beyond these.
EARLIEST, LATEST = date(1990, 1, 1), date(2100, 12, 31)


@dataclass(frozen=True, slots=True)
class Field:
    """One value of a message: its name, kind, labels in both languages, whether it must be given, its options as
    (value, Vietnamese, English)."""

    name: str
    kind: str
    label: str
    label_en: str
    required: bool
    options: Sequence[tuple[str, str, str]] = ()


def fields(properties: Mapping[str, str]) -> list[Field]:
    """The values that an element expects with its message, in the order of its model."""
    found = []
    for key, text in properties.items():
        if not key.startswith(PREFIX):
            continue
        kind, _, labels = text.partition(";")
        label, _, english = labels.partition(";")
        name = key.removeprefix(PREFIX)
        kind, required = kind.strip().removeprefix("?"), not kind.strip().startswith("?")
        options = [_option(word) for word in kind.split("|")] if "=" in kind else []
        label = label.strip() or name
        found.append(Field(name, "choice" if options else kind, label, english.strip() or label, required, options))
    return found


def _option(word: str) -> tuple[str, str, str]:
    value, _, names = word.partition("=")
    vietnamese, _, english = names.partition("/")
    return value.strip(), vietnamese.strip(), english.strip() or vietnamese.strip()


def load(expected: Sequence[Field], given: Mapping[str, Any]) -> dict[str, Any]:
    """The values, checked and in the types that a process gets. Raises Invalid naming each bad one."""
    values: dict[str, Any] = {}
    problems: dict[str, list[Reason]] = {}
    for field in expected:
        raw = given.get(field.name)
        if raw is None or raw == "":
            if field.required and field.kind != "yes_no":
                problems[field.name] = [Reason("required", "expected a value")]
            values[field.name] = False if field.kind == "yes_no" else None
            continue
        try:
            values[field.name] = _value(field, raw)
        except ValueError as error:
            problems[field.name] = [Reason("wrong_type", str(error), {"kind": field.kind})]
    for name in given.keys() - {field.name for field in expected}:
        problems[name] = [Reason("unknown_field", "this message has no such value")]
    if problems:
        raise Invalid(problems)
    return values


def _value(field: Field, raw: Any) -> Any:
    text = str(raw).strip()
    match field.kind:
        case "number":
            try:
                number = Decimal(text)
            except InvalidOperation:
                raise ValueError("expected a number") from None
            if not number.is_finite() or len(text) > DIGITS or abs(number.adjusted()) > DIGITS:
                raise ValueError("expected a number")
            return int(number) if number == number.to_integral_value() else float(number)
        case "date":
            day = date.fromisoformat(text)
            if not EARLIEST <= day <= LATEST or day.isoformat() != text:
                raise ValueError(f"expected a day from {EARLIEST} to {LATEST}")
            return day.isoformat()
        case "month":
            if not MONTH.fullmatch(text):
                raise ValueError("expected a month like 2022-05")
            return text
        case "yes_no":
            return raw is True or text.lower() in ("true", "on", "1", "co")
        case "choice":
            if text not in {value for value, _, _ in field.options}:
                raise ValueError("expected one of " + ", ".join(value for value, _, _ in field.options))
            return text
    if "\x00" in text:
        raise ValueError("expected text")
    if len(text) > LONGEST:
        raise ValueError(f"expected at most {LONGEST} characters")
    return text
