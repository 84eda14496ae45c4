"""What is understood of a plan document: its head, its items, its focus tasks, and what a reader should know of them.

Every item keeps where it stood and its words as they stood (`text`, white space folded, mistakes of scanning included);
`label` is the same in correct spelling. Months are text "2022-03", days "2022-02-17".
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

# How loud a finding is: decided before the plan is adopted, read by a person, or told for completeness.
SEVERITIES = ("conflict", "warning", "info")


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit or agency that a plan may name."""

    id: str
    name: str
    short_name: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the source: its number from 1, where a person finds it ("dòng 12"), and its text."""

    number: int
    place: str
    text: str


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the appendix as it stands: its line and its cells; breaks within a cell are line feeds."""

    line: int
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Source:
    """A document as lines of its body and rows of its appendix, whatever kind of file it came in."""

    kind: str
    lines: tuple[Line, ...]
    rows: tuple[Row, ...]
    redacted: int = 0


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that the plan says. `kind`: requirement, purpose, organisation, title, target, body, deadline,
    appendix, result. `when` is a month, a range "2022-01..2022-02", a day, or empty."""

    id: str
    task: str
    kind: str
    where: str
    when: str
    text: str
    label: str
    lines: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that a person should know or decide. `params` has what the sentence is made of."""

    code: str
    severity: str
    task: str
    lines: tuple[int, ...]
    params: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Use:
    """What became of a line: the items made of it, or (`items` empty) the reason why none was."""

    line: Line
    items: tuple[str, ...]
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Head:
    """The head and foot of the document; what is blank in it is None or empty here."""

    agency: str
    title: str
    year: int
    number: str | None
    symbol: str
    place: str
    dated: str | None
    dated_text: str
    bases: tuple[str, ...]
    replaces: str | None
    signer: str | None
    recipients: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Task:
    """A focus task with all that body and appendix say of it."""

    code: str
    sort: int
    title: str
    origin: str
    basis: str | None
    unit_text: str
    lead_unit: str | None
    coop_units: tuple[str, ...]
    planned_start: str
    planned_finish: str
    committed_finish: str
    latest_finish: str
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Understood:
    """A whole plan document, understood. `uses` accounts for every line that is not empty."""

    head: Head
    items: tuple[Item, ...]
    tasks: tuple[Task, ...]
    findings: tuple[Finding, ...]
    uses: tuple[Use, ...]
    kind: str
    redacted: int

    @property
    def unused(self) -> list[Use]:
        """Lines of which nothing was taken over, each with its reason."""
        return [use for use in self.uses if not use.items]

    def count(self, kind: str) -> int:
        """How many items there are of a kind."""
        return sum(item.kind == kind for item in self.items)
