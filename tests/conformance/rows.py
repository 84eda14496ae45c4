"""The rows of the conformance table: what a model, a list of expressions or a decision file claims, and how to run it.

A row is one feature of a standard with a file of our own that shows it. `run` raises when the engine does something
else than the file says. Nothing here needs the test runner: the table, the tests and the planted bugs all use it.
"""

import functools
import pathlib
import tomllib
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Any

HERE = pathlib.Path(__file__).parent
CHAPTERS = (
    "BPMN: processes and data",
    "BPMN: gateways and flows",
    "BPMN: activities",
    "BPMN: events",
    "BPMN: compensation and transactions",
    "FEEL",
    "DMN",
)


@dataclass(frozen=True, slots=True)
class Row:
    """`id` is "bpmn/<file>", "feel/<file>/<feature>" or "dmn/<file>"; `reason` says why it is not 100 %, if so."""

    id: str
    file: pathlib.Path
    chapter: str
    feature: str
    section: str
    expects: int
    reason: str = ""
    act: Callable[[], None] = field(repr=False, compare=False, default=lambda: None)

    def run(self) -> None:
        """AssertionError (or whatever the engine raises) when the feature is not as the file says."""
        self.act()


def head(text: str | None, file: pathlib.Path) -> tuple[dict[str, str], list[str]]:
    """What a model says of itself (`feature: …`, `section: …`), and the lines of its script."""
    if not text or not text.strip():
        raise AssertionError(f"{file.name} does not say which feature it shows")
    said, _, script = text.strip().partition("\n\n")
    facts = dict(line.strip().split(": ", 1) for line in said.splitlines())
    return facts, [line.strip() for line in script.splitlines() if line.strip()]


def play(lines: list[str], act: Callable[[str], None]) -> None:
    """Act line by line; what fails names its line."""
    for number, line in enumerate(lines, 1):
        try:
            act(line)
        except AssertionError as error:
            raise AssertionError(f"line {number} `{line}`: {error}") from error


def expect(found: Any, expected: Any, what: str = "") -> None:
    """Not `assert`: the message must also be there where nobody rewrites assertions."""
    if found != expected:
        raise AssertionError(f"{what}expected {expected!r}, found {found!r}")


@functools.cache
def rows() -> tuple[Row, ...]:
    """All rows, in the order of the table."""
    return tuple(sorted(read(), key=lambda each: (CHAPTERS.index(each.chapter), numbers(each.section), each.id)))


def read(only: Collection[str] | None = None) -> list[Row]:
    """All rows, or those with the given ids (so that nothing else need be read)."""
    from conformance import bpmn_rows, dmn_rows, feel_rows

    def files(kind: str, pattern: str) -> list[pathlib.Path]:
        wanted = None if only is None else {tuple(each.split("/")[:2]) for each in only}
        return [file for file in sorted(HERE.glob(pattern)) if wanted is None or (kind, file.stem) in wanted]

    found = [bpmn_rows.row(file) for file in files("bpmn", "models/*.bpmn")]
    for file in files("feel", "feel/*.toml"):
        found += feel_rows.rows(file, tomllib.loads(file.read_text(encoding="utf-8")))
    found += [dmn_rows.row(file) for file in files("dmn", "decisions/*.dmn")]
    return [row for row in found if only is None or row.id in only]


def numbers(section: str) -> list[tuple[int, str]]:
    """A key by which "10.3.4" comes after "9.1"."""
    return [
        (int(part) if part.isdigit() else 99, part) for part in section.removeprefix("DMN ").split(" ")[0].split(".")
    ]
