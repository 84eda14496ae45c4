"""FEEL by feature: lists of expressions in `feel/*.toml`, each with the value that the standard gives it.

    [[row]]
    feature = "…"            # unique
    section = "DMN 10.3.4.3"
    context = "{x: 1}"       # optional: what the expressions see
    cases = [["expression", "expected, as FEEL"], …]
    unary = [["input", "unary tests", "true | false | null"], …]
    fails = ["text that the parser must refuse", …]

Expected and found must be equal in type too. The comparison is our own: the engine's equality is one of the features.
"""

import datetime as dt
import functools
import pathlib
from typing import Any

from conformance.rows import Row, expect
from engine import feel

NOW = dt.datetime(2022, 1, 10, 2, 0, tzinfo=dt.UTC)


class Calendar:
    """Monday to Friday."""

    def is_working_day(self, day: dt.date, /) -> bool:
        return day.weekday() < 5


ENV = feel.Env(now=NOW, calendar=Calendar())


def rows(file: pathlib.Path, content: dict[str, Any]) -> list[Row]:
    return [
        Row(
            id=f"feel/{file.stem}/{each['feature']}",
            file=file,
            chapter="FEEL",
            feature=each["feature"],
            section=each["section"],
            expects=sum(len(each.get(kind, ())) for kind in ("cases", "unary", "fails")),
            reason=each.get("reason", ""),
            act=functools.partial(check, each),
        )
        for each in content["row"]
    ]


def check(row: dict[str, Any]) -> None:
    context = value(row.get("context", "{}"))
    names = frozenset(context)
    for text, expected in row.get("cases", ()):
        same(feel.compile_expression(text, names).evaluate(context, ENV), value(expected), text)
    for given, tests, expected in row.get("unary", ()):
        found = feel.compile_unary_tests(tests, names).evaluate({**context, "?": value(given)}, ENV)
        same(found, value(expected), f"{given} in {tests}")
    for text in row.get("fails", ()):
        try:
            feel.compile_expression(text, names)
        except feel.FeelSyntaxError:
            continue
        raise AssertionError(f"`{text}` was not refused")


def value(text: str) -> Any:
    """The value of a text that must be right: null only where it says so."""
    found, diagnostics = feel.compile_expression(text).trace({}, ENV)
    expect([each.message for each in diagnostics], [], f"`{text}`: ")
    return found


def same(found: Any, expected: Any, what: str) -> None:
    """Equal in type and value, in lists and contexts too; instants also in their zone."""
    expect(shape(found), shape(expected), f"`{what}`: ")


def shape(value: Any) -> Any:
    match value:
        case list() | tuple():
            return ["list", *map(shape, value)]
        case dict():
            return {name: shape(each) for name, each in value.items()}
        case feel.Range():
            ends = (shape(value.start), shape(value.end))
            return ("range", *ends, value.start_included, value.end_included)
        case dt.datetime() | dt.time():
            zone = value.tzinfo
            return (feel.kind(value), value.isoformat(), str(zone) if hasattr(zone, "key") else "")
        case int() | float() if not isinstance(value, bool):
            return ("number", str(feel.normal(value).normalize()))
    if feel.kind(value) == "number":
        return ("number", str(value.normalize()))
    return (type(value).__name__, value)
