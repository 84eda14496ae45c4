"""Reading the JSON of form-js, with everything that is wrong with it in one pass."""

import json
import math
import re
import unicodedata
from collections.abc import Mapping
from typing import Any

import marshmallow

from engine import feel
from engine.errors import DefinitionError, Problem
from engine.forms.answers import ANSWERS
from engine.forms.form import Form
from engine.forms.model import DATA_SOURCES, LANE_SOURCES, TYPES, Component

BYTES_MAX = 200_000
DEPTH_MAX = 20
COMPONENTS_MAX = 200
# Names that the page posts beside the answers.
RESERVED = frozenset({"csrf_token", "seen_version", "password"})


def parse(content: bytes, file: str = "") -> Form:
    """The form of some JSON. Raises DefinitionError with everything that is wrong with it."""
    reader = _Reader(file)
    form = reader.form(content)
    if form is None:
        raise DefinitionError(reader.problems)
    return form


# Keys become process variables.
KEY = re.compile(r"[a-z_][A-Za-z0-9_]{0,79}")
# A repeated group that repeats inside: such patterns can take for ever on a text of thirty letters.
COSTLY = re.compile(r"\((?:[^()\\]|\\.)*[+*}](?:[^()\\]|\\.)*\)[+*{]")


class _Reader:
    """One pass over one file, gathering problems instead of stopping at the first."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.problems: list[Problem] = []
        self.where: str | None = None

    def wrong(self, code: str, message: str, **params: Any) -> None:
        self.problems.append(Problem(self.file, self.where, code, message, params))

    def source(self, content: bytes) -> dict[str, Any] | None:
        """The JSON object of the file, bounded; None when there is no use in looking further."""
        if len(content) > BYTES_MAX:
            self.wrong("too_large", f"expected at most {BYTES_MAX} bytes", limit=BYTES_MAX)
            return None
        try:
            source = json.loads(content, parse_constant=_no_constant)
            json.dumps(source, ensure_ascii=False).encode()
        except RecursionError:
            self.wrong("too_deep", f"expected at most {DEPTH_MAX} levels", limit=DEPTH_MAX)
            return None
        except ValueError as error:
            self.wrong("not_json", f"expected JSON in UTF-8: {error}")
            return None
        if _depth(source) > DEPTH_MAX:
            self.wrong("too_deep", f"expected at most {DEPTH_MAX} levels", limit=DEPTH_MAX)
            return None
        if not isinstance(source, dict) or source.get("type", "default") != "default":
            self.wrong("not_a_form", 'expected a JSON object of "type": "default"')
            return None
        return source

    def form(self, content: bytes) -> Form | None:
        source = self.source(content)
        if source is None:
            return None
        form_id = self.take(source, "id", str) or ""
        if not form_id:
            self.wrong("missing_id", 'expected an "id" for the form')
        found = self.take(source, "components", list) or []
        if not found:
            self.wrong("not_a_form", 'expected a list of "components"')
        if len(found) > COMPONENTS_MAX:
            self.wrong("too_many", f"expected at most {COMPONENTS_MAX} components", limit=COMPONENTS_MAX)
        components = [c for i, item in enumerate(found[:COMPONENTS_MAX]) if (c := self.component(i, item))]
        self.where = None
        title = {"vi": form_id, **self.texts(source, "title", source)}
        self.across(components)
        return None if self.problems else Form(form_id, title, tuple(components))

    def across(self, components: list[Component]) -> None:
        """What can only be seen with all components together."""
        seen: set[str] = set()
        for c in components:
            if c.key and c.key in seen:
                self.where = c.id
                self.wrong("duplicate_key", f"expected every key once, found {c.key!r} again", key=c.key)
            seen.add(c.key)
        for c in components:
            unknown = sorted(c.hide.variables - seen) if c.hide else []
            if unknown:
                self.where = c.id
                self.wrong("unknown_name", f"the condition reads {', '.join(unknown)}: no such field", names=unknown)

    def component(self, index: int, item: Any) -> Component | None:
        self.where = f"components[{index}]"
        if not isinstance(item, dict):
            self.wrong("not_a_component", "expected a JSON object")
            return None
        kind, key = item.get("type"), self.take(item, "key", str) or ""
        self.where = self.take(item, "id", str) or key or self.where
        if kind not in TYPES:
            self.wrong("unknown_component", f"expected one of {', '.join(TYPES)}, found {kind!r}", type=str(kind))
            return None
        own = self.take(item, "properties", dict) or {}
        common: dict[str, Any] = {"place": index, "id": self.where, "type": kind, "hide": self.hide(item)}
        if kind == "text":
            return Component(**common, label=self.texts(item, "text", own))
        self.check_key(key)
        label = self.texts(item, "dateLabel" if kind == "datetime" and "dateLabel" in item else "label", own, "label")
        if not label.get("vi"):
            self.wrong("missing_label", "expected a label: people must know what is asked")
        validate = self.take(item, "validate", dict) or {}
        for name in ("readonly", "disabled"):
            self.take(item, name, bool)
        component = Component(
            **common,
            key=key,
            label=label,
            description=self.texts(item, "description", own),
            required=self.take(validate, "required", bool) is True,
            readonly=item.get("readonly") is True or item.get("disabled") is True,
            default=item.get("defaultValue"),
            **self.particulars(kind, item, validate, own),
        )
        if component.default is not None:
            self.check_default(component)
        return component

    def check_default(self, component: Component) -> None:
        try:
            ANSWERS[component.type](component).read(component.default)
        except marshmallow.ValidationError:
            self.wrong("bad_default", f"expected a default that the field accepts, found {component.default!r:.60}")

    def check_key(self, key: str) -> None:
        if not key:
            self.wrong("missing_key", "expected a key: answers are stored under it")
        elif not KEY.fullmatch(key):
            self.wrong("bad_key", f"expected a small letter, then letters, digits, _ in a key, found {key!r}", key=key)
        elif key in RESERVED:
            self.wrong("reserved_key", f"the page itself posts {key!r}; expected another key", key=key)

    def particulars(
        self, kind: str, item: dict[str, Any], validate: dict[str, Any], own: dict[str, Any]
    ) -> dict[str, Any]:
        """What only some types have. What we would not enforce is refused rather than ignored."""
        if kind in {"textfield", "textarea"}:
            if validate.get("validationType") not in (None, "custom", ""):
                self.wrong(
                    "unsupported", f"validationType {validate['validationType']!r} is not supported; use a pattern"
                )
            low, high = self.bounds(validate, "minLength", "maxLength", (int,))
            rows = str(own.get("rows", 5 if kind == "textarea" else 1))
            return {
                "min_length": low,
                "max_length": high,
                "pattern": self.pattern(validate),
                "rows": int(rows) if rows.isdecimal() and len(rows) < 3 else 5,
            }
        if kind == "number":
            low, high = self.bounds(validate, "min", "max", (int, float))
            return {"min": low, "max": high, "decimals": self.take(item, "decimalDigits", int)}
        if kind == "datetime":
            if item.get("subtype") != "date":
                self.wrong("unsupported", f'expected "subtype": "date", found {item.get("subtype")!r}')
            if item.get("disallowPassedDates"):
                self.wrong("unsupported", "disallowPassedDates is not supported")
            return {}
        if kind in {"select", "radio", "checklist"}:
            return self.options(item)
        return {}

    def options(self, item: dict[str, Any]) -> dict[str, Any]:
        if item.get("valuesExpression"):
            self.wrong("unsupported", "valuesExpression is not supported; use values or valuesKey")
        source = self.take(item, "valuesKey", str)
        if source:
            if source not in DATA_SOURCES and not source.startswith(LANE_SOURCES):
                self.wrong("unknown_source", f"expected one of {', '.join(sorted(DATA_SOURCES))}, found {source!r}")
            return {"source": source}
        options: dict[str, dict[str, str]] = {}
        for option in self.take(item, "values", list) or []:
            value = option.get("value") if isinstance(option, dict) else None
            label = self.texts(option, "label", option) if isinstance(option, dict) else {}
            value = unicodedata.normalize("NFC", value).strip() if isinstance(value, str) else ""
            if not value or not label.get("vi"):
                self.wrong("bad_option", "expected a value and a label in every option")
            elif value in options:
                self.wrong("duplicate_option", f"expected every value once, found {value!r} again", value=value)
            else:
                options[value] = label
        if not options:
            self.wrong("missing_options", "expected at least one option, or a data source in valuesKey")
        return {"options": tuple(options.items())}

    def bounds(self, validate: dict[str, Any], low: str, high: str, kinds: tuple[type, ...]) -> tuple[Any, Any]:
        least, most = self.take(validate, low, *kinds), self.take(validate, high, *kinds)
        if least is not None and most is not None and least > most:
            self.wrong("bad_range", f"expected {low} ≤ {high}, found {least} and {most}")
        return least, most

    def pattern(self, validate: dict[str, Any]) -> re.Pattern[str] | None:
        text = self.take(validate, "pattern", str)
        if not text:
            return None
        try:
            compiled = re.compile(text)
        except (re.error, RecursionError, OverflowError) as error:
            self.wrong("bad_pattern", f"expected a regular expression: {error}")
            return None
        if len(text) > 500 or COSTLY.search(text):
            self.wrong("bad_pattern", "expected a pattern of at most 500 characters without repeats in a repeat")
            return None
        return compiled

    def hide(self, item: dict[str, Any]) -> feel.Compiled | None:
        text = (self.take(item, "conditional", dict) or {}).get("hide")
        if text is None or text == "":
            return None
        if not isinstance(text, str) or not text.startswith("="):
            self.wrong("bad_expression", 'expected a FEEL expression that starts with "="')
            return None
        try:
            return feel.compile_expression(text[1:])
        except feel.FeelSyntaxError as error:
            told = f"the condition is not FEEL: {error}"
            self.wrong("bad_expression", told, text=text[1:], position=error.position, reason=error.message)
            return None

    def texts(self, item: dict[str, Any], name: str, own: dict[str, Any], english: str | None = None) -> dict[str, str]:
        """A text and its English form, which stands in `own` (mostly the component's properties) as "label:en"."""
        found = {"vi": item.get(name), "en": own.get(f"{english or name}:en")}
        for text in found.values():
            if text is not None and not isinstance(text, str):
                self.wrong("wrong_type", f"expected a text for {name!r}")
        return {
            lang: unicodedata.normalize("NFC", text) for lang, text in found.items() if isinstance(text, str) and text
        }

    def take(self, item: Mapping[str, Any], name: str, *kinds: type) -> Any:
        """`item[name]` when it is of one of the kinds; anything else but nothing is a problem."""
        value = item.get(name)
        fits = isinstance(value, kinds) and (bool in kinds or not isinstance(value, bool))
        if value is None or (fits and not (isinstance(value, float) and not math.isfinite(value))):
            return value
        self.wrong("wrong_type", f"expected {' or '.join(k.__name__ for k in kinds)} for {name!r}, found {value!r:.60}")
        return None


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def _depth(value: Any) -> int:
    """How many lists and objects are inside each other."""
    depth, level = 0, [value]
    while level:
        depth += 1
        level = [
            child
            for item in level
            if isinstance(item, dict | list)
            for child in (item.values() if isinstance(item, dict) else item)
            if isinstance(child, dict | list)
        ]
    return depth
