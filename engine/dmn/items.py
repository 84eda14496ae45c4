"""Item definitions: DMN's types, and how a value is brought into one.

A value that does not fit becomes null and leaves a diagnostic, as the standard wants. Beyond the standard, a *text*
that comes in from outside where a date, time or duration is expected is read as one, because JSON variables have no
other form for it.
"""

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from engine import feel
from engine.feel import nodes, temporal, types
from engine.feel.values import describe

PARSERS = {
    "date": temporal.parse_date,
    "time": temporal.parse_time,
    "date and time": temporal.parse_date_time,
    "days and time duration": temporal.parse_duration,
    "years and months duration": temporal.parse_duration,
}


@dataclass(slots=True)
class ItemType:
    """One type: a FEEL type (`base`), another item (`parent`), or a structure (`components`)."""

    name: str
    base: str | None = None
    parent: "ItemType | None" = None
    components: dict[str, "ItemType"] = field(default_factory=dict)
    collection: bool = False
    allowed: feel.Compiled | None = None
    constraint: feel.Compiled | None = None  # of the whole list (typeConstraint, DMN 1.5)
    result: "ItemType | None" = None  # of a function type

    def fit(self, value: Any, run: feel.Run) -> Any:
        """The value as one of the type, its constraints included; a Fault when it is none."""
        return fit(value, self, run)

    def holds(self, value: Any, run: feel.Run) -> bool:
        """Whether a value is of the type; allowed values do not count (`instance of`)."""
        return holds(value, self, run)

    def values(self) -> list[Any]:
        """The allowed values in their order, as far as they are constants."""
        found = constants(self.allowed) if self.allowed is not None else []
        return found or (self.parent.values() if self.parent is not None else [])

    def component(self, name: str) -> "ItemType | None":
        """A component of a structure, also of the one that this type is made of."""
        return self.components.get(name) or (self.parent.component(name) if self.parent is not None else None)


class Types(Mapping[str, ItemType]):
    """The types of a model by name; those of an imported model by `name of the import.name`.

    Dotted names are looked up along the imports when they are asked for: written out they could be endless, because
    models may import each other."""

    def __init__(self) -> None:
        self.own: dict[str, ItemType] = {}
        self.imports: list[tuple[str, Types]] = []
        self.spaces: dict[str, Types] = {}  # by namespace

    def __getitem__(self, name: str) -> ItemType:
        found = self.own.get(name)
        if found is not None:
            return found
        for prefix, types_ in self.imports:
            if name.startswith(f"{prefix}."):
                inner = types_.get(name[len(prefix) + 1 :])
                if inner is not None:
                    return inner
        raise KeyError(name)

    def __iter__(self) -> Iterator[str]:
        return iter(self.own)

    def __len__(self) -> int:
        return len(self.own)


# numbers as Camunda's modeler calls them
NUMBERS = dict.fromkeys(("integer", "long", "double"), "number")


def constants(tests: feel.Compiled) -> list[Any]:
    """The constants that a list of unary tests names, in order."""
    if not isinstance(tests.tree, nodes.UnaryTests) or tests.tree.negated:
        return []
    return [each.operand.value for each in tests.tree.tests if isinstance(each.operand, nodes.Const)]


def simple(ref: str) -> str | None:
    """The FEEL name of a built-in type reference such as `feel:dateTime` or `number`; None if it is not built in."""
    name = ref.split(":", 1)[1] if ref.startswith("feel:") else ref
    name = NUMBERS.get(name) or types.ALIASES.get(name, name)
    return name if name in types.SIMPLE or name in ("Any", "list", "context", "function", "range") else None


def fit(value: Any, item: ItemType, run: feel.Run, texts: bool = False) -> Any:
    """The value as one of the type; a Fault when it is none. `texts`: read dates and durations from strings."""
    value = feel.normal(value)
    if value is None:
        return None
    if item.collection:
        values = value if type(value) is list else [value]
        run.charge(len(values))
        found = [_fit_one(each, item, run, texts) for each in values]
        _check(found, item.constraint, item, run)
        return found
    if type(value) is list and len(value) == 1 and not _takes_lists(item):
        value = feel.normal(value[0])
    return _fit_one(value, item, run, texts)


def holds(value: Any, item: ItemType, run: feel.Run) -> bool:
    """Whether a value is of the type, without any conversion and without a look at allowed values."""
    run.charge(1)
    if item.collection:
        one = dataclasses.replace(item, collection=False)
        return type(value) is list and all(each is None or holds(each, one, run) for each in value)
    if item.parent is not None:
        return holds(value, item.parent, run)
    if item.components:
        return type(value) is dict and all(
            name in value and (value[name] is None or holds(value[name], component, run))
            for name, component in item.components.items()
        )
    return item.base in (None, "Any", feel.kind(value))


def _takes_lists(item: ItemType) -> bool:
    if item.collection or item.base in ("Any", "list"):
        return True
    return item.parent is not None and _takes_lists(item.parent)


def _fit_one(value: Any, item: ItemType, run: feel.Run, texts: bool) -> Any:
    value = feel.normal(value)
    if value is None:
        return None
    if item.parent is not None:
        # own allowed values replace those of the type that this one is made of
        value = fit(value, item.parent if item.allowed is None else _without_constraint(item.parent), run, texts)
    elif item.components:
        value = _structure(value, item, run, texts)
    elif item.base is not None:
        value = _basic(value, item.base, texts)
    _check(value, item.allowed, item, run)
    return value


def _without_constraint(item: ItemType) -> ItemType:
    bare = dataclasses.replace(item, allowed=None)
    if bare.parent is not None:
        bare.parent = _without_constraint(bare.parent)
    return bare


def _structure(value: Any, item: ItemType, run: feel.Run, texts: bool) -> dict[str, Any]:
    if type(value) is not dict:
        raise feel.Fault("wrong_type", f"Expected a {item.name}, found {describe(value)}.")
    run.charge(1)
    found = dict(value)
    for name, component in item.components.items():
        if name not in found and not texts:
            raise feel.Fault("wrong_type", f"Expected a {item.name} with an entry '{name}'.")
        found[name] = fit(found.get(name), component, run, texts)
    return found


def _basic(value: Any, base: str, texts: bool) -> Any:
    name = feel.kind(value)
    if base == "Any" or base == name:
        return value
    if base == "date and time" and name == "date":
        return temporal.midnight(value)
    if texts and name == "string" and base in PARSERS:
        found = PARSERS[base](value)
        if feel.kind(found) == base:
            return found
    raise feel.Fault("wrong_type", f"Expected a {base}, found {describe(value)}.")


def _check(value: Any, tests: feel.Compiled | None, item: ItemType, run: feel.Run) -> None:
    if tests is not None and tests.run({"?": value}, run) is not True:
        raise feel.Fault(
            "not_allowed", f"Expected an allowed value of {item.name} ({tests.text[:80]}), found {describe(value)}."
        )
