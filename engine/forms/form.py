"""A form: checks answers, describes itself to a template."""

import math
from collections.abc import Mapping
from typing import Any

import marshmallow
from marshmallow import fields

from engine import feel
from engine.errors import Invalid, Reason
from engine.forms.answers import ANSWERS, reason
from engine.forms.model import TEXT_MAX, Component, Field, FormView, Option, text


class Form:
    """A parsed form. Immutable; shared between threads."""

    def __init__(self, form_id: str, title: Mapping[str, str], components: tuple[Component, ...]) -> None:
        self.id = form_id
        self.title = title
        self.components = components
        self.sources: frozenset[str] = frozenset(c.source for c in components if c.source is not None)
        self._asked = {c.key: c for c in components if c.key and not c.readonly}
        self._readonly = frozenset(c.key for c in components if c.key and c.readonly)
        self._dynamic = [c for c in self._asked.values() if c.source is not None]
        self._conditional = [c for c in components if c.hide is not None]
        self._read: frozenset[str] = frozenset().union(*(c.hide.variables for c in self._conditional if c.hide))
        answers: dict[str, fields.Field[Any]] = {key: ANSWERS[c.type](c) for key, c in self._asked.items()}
        self._schema = marshmallow.Schema.from_dict(answers, name="Form")(unknown=marshmallow.RAISE)

    @property
    def keys(self) -> frozenset[str]:
        """The fields that have an answer."""
        return frozenset(self._asked)

    def load(self, answers: Mapping[str, Any], sources: Mapping[str, list[Option]]) -> dict[str, Any]:
        """The answers as JSON values, by key; unanswered is null, an empty list or false.

        Takes what a page posts (text or list of text) as well as JSON. What a condition hides is neither required nor
        kept. `sources` has the options of every name in `self.sources`. Raises Invalid with the reasons by field.
        """
        # A browser posts what it shows read-only, too; it is not an answer.
        given = {k: v for k, v in answers.items() if v is not None and k not in self._readonly}
        hidden = {c.key for c in self._hidden(self._values(given))}
        kept = {key: value for key, value in given.items() if key not in hidden}
        problems: dict[str, list[Reason]] = {}
        try:
            values: dict[str, Any] = self._schema.load(kept, partial=tuple(hidden))
        except marshmallow.ValidationError as error:
            values = dict(error.valid_data) if isinstance(error.valid_data, dict) else {}
            for key, found in error.messages_dict.items():
                problems[key] = [r if isinstance(r, Reason) else reason("unknown_field") for r in found]
        for c in self._dynamic:
            chosen = values.get(c.key) or []
            chosen = {chosen} if isinstance(chosen, str) else set(chosen)
            order = [option.value for option in sources[c.source or ""]]
            if not chosen <= set(order):
                problems[c.key] = [reason("not_an_option")]
            elif c.type == "checklist" and chosen:
                values[c.key] = [option for option in order if option in chosen]
        if problems:
            raise Invalid(problems)
        return values

    def draft(self, answers: Mapping[str, Any]) -> dict[str, Any]:
        """What was typed so far, unchecked but within bounds: known fields, texts and lists of texts."""
        kept: dict[str, Any] = {}
        for key, value in answers.items():
            if key not in self._asked:
                continue
            if isinstance(value, str):
                kept[key] = value.replace("\0", "")[:TEXT_MAX]
            elif isinstance(value, list):
                kept[key] = [item[:200] for item in value[:1000] if isinstance(item, str)]
            elif value is None or isinstance(value, bool | int) or (isinstance(value, float) and math.isfinite(value)):
                kept[key] = value
        return kept

    def describe(
        self,
        values: Mapping[str, Any],
        sources: Mapping[str, list[Option]],
        lang: str = "vi",
        problems: Mapping[str, list[Reason]] | None = None,
    ) -> FormView:
        """The form for a template, with values as typed, drafted or loaded; defaults stand where there is none."""
        shown = {c.key: values.get(c.key, c.default) for c in self.components if c.key}
        given = {key: value for key, value in shown.items() if value is not None}
        hidden = {c.place for c in self._hidden(self._values(given))}
        lines = [
            Field(
                key=c.key,
                type=c.type,
                label=text(c.label, lang),
                description=text(c.description, lang),
                required=c.required and not c.readonly,
                options=c.choices(sources, lang),
                value=_shown(c, shown.get(c.key)),
                problems=list((problems or {}).get(c.key, ())) if c.key else [],
                rows=c.rows,
                min=c.min,
                max=c.max,
                min_length=c.min_length,
                max_length=c.max_length,
                readonly=c.readonly,
                refreshes=c.key in self._read,
            )
            for c in self.components
            if c.place not in hidden
        ]
        return FormView(text(self.title, lang), tuple(lines))

    def _values(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """What can be read of the answers, for conditions; what cannot be read is null there."""
        if not self._conditional:
            return {}
        try:
            read = self._schema.load(given, partial=True, unknown=marshmallow.EXCLUDE)
        except marshmallow.ValidationError as error:
            read = error.valid_data if isinstance(error.valid_data, dict) else {}
        unanswered = {c.key: ANSWERS[c.type].blank() for c in self.components if c.key}
        readonly = {c.key: given.get(c.key, c.default) for c in self.components if c.key and c.readonly}
        return {**unanswered, **readonly, **read}

    def _hidden(self, values: Mapping[str, Any]) -> list[Component]:
        """What conditions hide. A hidden field reads as null in the conditions of others, so they are tried again."""
        hidden: list[Component] = []
        for _ in self._conditional:
            gone = {c.key for c in hidden}
            context = {key: None if key in gone else value for key, value in values.items()}
            now = [c for c in self._conditional if c.hide and _is_true(c.hide, context)]
            if now == hidden:
                break
            hidden = now
        return hidden


def _is_true(condition: feel.Compiled, context: Mapping[str, Any]) -> bool:
    try:
        return condition.evaluate(context) is True
    except feel.FeelLimitError:
        return False


def _shown(component: Component, value: Any) -> Any:
    if component.type == "checklist":
        return [value] if isinstance(value, str) else list(value or ())
    if component.type == "checkbox":
        return value in {True, "on", "true", "1"} if isinstance(value, bool | str) else False
    if isinstance(value, list):
        return value[0] if value else ""
    return "" if value is None else value
