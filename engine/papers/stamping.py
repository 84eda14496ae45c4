"""Number and date written into a document that was signed with their blank forms, as the records clerk does by hand.

What was signed stays as it is, byte for byte; this makes the copy that is read and printed.
"""

import io
import re
from collections.abc import Iterator
from datetime import date
from typing import Any

import docx
from docx.oxml.ns import qn

from engine.papers.filling import PaperError, checked, date_line
from engine.papers.layout import sealed

# "Số:      /CT-UBND" and "Bắc Giang, ngày    tháng 02 năm 2022", with dots for blanks or without.
NUMBER = re.compile(r"^\s*Số\s*:[\s.…_]*(/\S+)\s*$")
DATE = re.compile(r"^\s*(\D+?),\s*ngày[\s.…_]*tháng[\s.…_]*\d{0,2}[\s.…_]*năm[\s.…_]*(\d{4})?\s*$")
# Both stand in the head of a document.
LOOKED_AT = 40


def numbered(content: bytes, symbol: str | None, day: date | None) -> bytes:
    """A Word document with its number and date in place of the blank forms in its head. What has no blank form, or one
    of another register ("/BC-KHCN" for 01/CT-UBND), is left as it is. Raises PaperError(unreadable | too_big)."""
    try:
        found = docx.Document(io.BytesIO(checked(content)))
    except (KeyError, ValueError) as error:
        raise PaperError("unreadable", f"Expected a .docx file: {error}") from error
    changed = False
    for n, paragraph in enumerate(found.element.body.iter(qn("w:p"))):
        if n >= LOOKED_AT:
            break
        text = "".join(part.text or "" for part in _texts(paragraph))
        blank, dated = NUMBER.match(text), DATE.match(text)
        if blank and symbol and symbol.endswith(blank[1]):
            changed = _say(paragraph, f"Số: {symbol}") or changed
        elif dated and day:
            changed = _say(paragraph, date_line(dated[1].strip(), day, day)) or changed
    if not changed:
        return content
    out = io.BytesIO()
    found.save(out)
    return sealed(out.getvalue())


def _texts(paragraph: Any) -> Iterator[Any]:
    return iter(paragraph.iter(qn("w:t")))


def _say(paragraph: Any, text: str) -> bool:
    """Put a text in place of that of a paragraph, as its first part looks."""
    first, *rest = _texts(paragraph)
    first.text = text
    first.set("{http://www.w3.org/XML/1998/namespace}space", "preserve")
    for part in rest:
        part.text = ""
    return True
