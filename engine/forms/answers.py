"""Answers: what a page posts or JSON says, read and checked, one marshmallow field per type of component.

Problems are `Reason`s, so that pages word them in the reader's language.
"""

import math
import re
import unicodedata
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, ClassVar

import marshmallow
from marshmallow import fields

from engine.errors import Reason
from engine.forms.model import TEXT_MAX, Component

# Whole numbers up to here survive JSON and a browser.
NUMBER_MAX = 10**15
MESSAGES = {
    "required": "an answer is required",
    "too_short": "at least {min} characters",
    "too_long": "at most {max} characters",
    "not_a_number": "not a number",
    "min": "at least {min}",
    "max": "at most {max}",
    "not_an_option": "not one of the options",
    "not_a_date": "not a date",
    "wrong_pattern": "not in the expected form",
    "wrong_type": "not the kind of value that is expected",
    "unknown_field": "no such field",
}


def reason(code: str, **params: Any) -> Reason:
    """A reason with its English sentence."""
    return Reason(code, MESSAGES[code].format(**params), params)


def _refuse(code: str, **params: Any) -> marshmallow.ValidationError:
    return marshmallow.ValidationError([reason(code, **params)])


class Answer(fields.Field[Any]):
    """A field whose problems are `Reason`s and for which blank means unanswered. Subclasses read one type each."""

    def __init__(self, component: Component) -> None:
        needed = [reason("required")]
        super().__init__(required=component.required, error_messages={"required": needed, "null": needed})
        self.component = component
        if not component.required:
            self.load_default = self.blank

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Any:
        answer = self.read(value)
        if self.required and (answer is None or answer is False or answer == []):
            raise self.make_error("required")
        return answer

    @staticmethod
    def blank() -> Any:
        """The JSON value of no answer."""
        return None

    def read(self, value: Any) -> Any:
        """The JSON value of what was typed or sent; raises ValidationError with a Reason."""
        raise NotImplementedError


def _one_text(value: Any) -> str:
    """The text of a value that a page may send as a list of one; NFC, without what databases cannot store."""
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if not isinstance(value, str):
        raise _refuse("wrong_type")
    value = value.replace("\r\n", "\n").replace("\r", "\n").encode("utf-8", "ignore").decode()
    value = "".join(c for c in value if c in "\n\t" or unicodedata.category(c) != "Cc")
    return unicodedata.normalize("NFC", value).strip()


class Text(Answer):
    def read(self, value: Any) -> str | None:
        c, text = self.component, _one_text(value)
        if c.type == "textfield":
            text = text.replace("\n", " ")
        if not text:
            return None
        limit = TEXT_MAX if c.max_length is None else c.max_length
        if len(text) > limit:
            raise _refuse("too_long", max=limit)
        if c.min_length is not None and len(text) < c.min_length:
            raise _refuse("too_short", min=c.min_length)
        if c.pattern is not None and not c.pattern.search(text):
            raise _refuse("wrong_pattern")
        return text


class Number(Answer):
    # A dot or a comma before the decimals; only spaces may group digits: neither "1.000" nor "1,000" is a thousand.
    shape = re.compile(r"[-+]?\d{1,30}([.,]\d{1,30})?")

    def read(self, value: Any) -> int | float | None:
        number = self.parse(value)
        if number is None:
            return None
        c = self.component
        if c.min is not None and number < Decimal(str(c.min)):
            raise _refuse("min", min=c.min)
        limit = NUMBER_MAX if c.max is None else c.max
        if number > Decimal(str(limit)):
            raise _refuse("max", max=limit)
        if number < -NUMBER_MAX:
            raise _refuse("min", min=-NUMBER_MAX)
        return int(number) if number == number.to_integral_value() else float(number)

    def parse(self, value: Any) -> Decimal | None:
        if isinstance(value, int | float) and not isinstance(value, bool):
            if not math.isfinite(value):
                raise _refuse("not_a_number")
            number = Decimal(str(value))
        else:
            text = re.sub(r"[ \u00a0\u202f]", "", _one_text(value))
            if not text:
                return None
            if not self.shape.fullmatch(text):
                raise _refuse("not_a_number")
            number = Decimal(text.replace(",", "."))
        # What people typed is taken as typed ("1.000" is not whole); JSON may spell a whole number 3.0.
        written = number if isinstance(value, str | list) else number.normalize()
        decimals = -int(written.as_tuple().exponent)
        if self.component.decimals is not None and decimals > self.component.decimals:
            raise _refuse("not_a_number")
        return number


class Day(Answer):
    def read(self, value: Any) -> str | None:
        text = _one_text(value)
        if not text:
            return None
        for shape in ("%Y-%m-%d", "%d/%m/%Y"):
            try:
                return datetime.strptime(text, shape).date().isoformat()  # noqa: DTZ007 - a day has no zone
            except ValueError:
                continue
        raise _refuse("not_a_date")


class Flag(Answer):
    words: ClassVar = {"on": True, "true": True, "1": True, "": False, "off": False, "false": False, "0": False}

    @staticmethod
    def blank() -> Any:
        return False

    def read(self, value: Any) -> bool:
        if isinstance(value, bool):
            return value
        found = self.words.get(_one_text(value).lower())
        if found is None:
            raise _refuse("wrong_type")
        return found


class Choice(Answer):
    def read(self, value: Any) -> str | None:
        text = _one_text(value)
        if not text:
            return None
        # Options of a data source are looked at by `Form.load`, which knows them.
        if self.component.source is None and text not in dict(self.component.options):
            raise _refuse("not_an_option")
        return text


class Choices(Answer):
    @staticmethod
    def blank() -> Any:
        return []

    def read(self, value: Any) -> list[str]:
        sent = value if isinstance(value, list) else [value]
        chosen = {text for item in sent if (text := _one_text(item))}
        if self.component.source is not None:
            return sorted(chosen)
        order = [option for option, _ in self.component.options]
        if not chosen <= set(order):
            raise _refuse("not_an_option")
        return [option for option in order if option in chosen]


ANSWERS: dict[str, type[Answer]] = {
    "textfield": Text,
    "textarea": Text,
    "number": Number,
    "select": Choice,
    "radio": Choice,
    "checkbox": Flag,
    "checklist": Choices,
    "datetime": Day,
}
