"""What a form consists of: its components as read, and its lines as a template gets them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from engine import feel
from engine.errors import Reason

TYPES = ("text", "textfield", "textarea", "number", "select", "radio", "checkbox", "checklist", "datetime")
# Options that depend on the case; whoever loads or shows a form passes those that `Form.sources` names.
DATA_SOURCES = frozenset({"officers_of_lead_unit", "internal_participants", "council_members"})
# Sources of any lane: its people, or the units in which somebody sits on it.
LANE_SOURCES = ("holders_of_", "seats_of_")
TEXT_MAX = 20_000


class Option(NamedTuple):
    """One thing to choose: what is stored and what people read."""

    value: str
    label: str


@dataclass(frozen=True, slots=True)
class Field:
    """One line of a form as a template needs it; `text` components have only a label."""

    key: str
    type: str
    label: str
    description: str
    required: bool
    options: list[Option]
    value: Any
    problems: list[Reason]
    rows: int
    min: int | float | None
    max: int | float | None
    min_length: int | None
    max_length: int | None
    readonly: bool
    # Another field's condition reads this one: after a change the form is asked for again.
    refreshes: bool


@dataclass(frozen=True, slots=True)
class FormView:
    """A form with its values: what is hidden now is left out."""

    title: str
    fields: tuple[Field, ...]


@dataclass(frozen=True)
class Component:
    """One component of the JSON, checked. Texts are by language; `place` is its index; type `text` has no key."""

    place: int
    id: str
    type: str
    key: str = ""
    label: Mapping[str, str] = field(default_factory=dict)
    description: Mapping[str, str] = field(default_factory=dict)
    required: bool = False
    readonly: bool = False
    options: tuple[tuple[str, Mapping[str, str]], ...] = ()
    source: str | None = None
    default: Any = None
    hide: feel.Compiled | None = None
    rows: int = 0
    min: int | float | None = None
    max: int | float | None = None
    min_length: int | None = None
    max_length: int | None = None
    pattern: re.Pattern[str] | None = None
    # Number of decimals allowed; None: any.
    decimals: int | None = None

    def choices(self, sources: Mapping[str, list[Option]], lang: str) -> list[Option]:
        """What may be chosen: the model's own options, or the data source's."""
        if self.source is not None:
            return list(sources[self.source])
        return [Option(value, text(label, lang)) for value, label in self.options]


def text(texts: Mapping[str, str], lang: str) -> str:
    """A text in a language, else in Vietnamese."""
    return texts.get(lang) or texts.get("vi", "")
