"""Texts of people and models on a page: escaped, in paragraphs, with compounds kept on one line."""

import re
from typing import Any

from markupsafe import Markup, escape

COMPOUNDS = (
    "Chỉ thị",
    "Kế hoạch",
    "khoa học",
    "Khoa học",
    "công nghệ",
    "Công nghệ",
    "Chủ tịch",
    "dự thảo",
    "Dự thảo",
    "Giám đốc",
    "Trưởng phòng",
    "Hội đồng",
    "Văn phòng",
    "Chuyên viên",
    "ý kiến",
)
_COMPOUND = re.compile(r"(?<!\w)(" + "|".join(re.escape(text) for text in COMPOUNDS) + r")(?!\w)")
_NUMBERED = re.compile(r"(?<=\w) (?=\d{1,3}\b(?![/:.,]\d))")


def glue(text: Any) -> str:
    """Keep compounds and "Dự thảo 2" on one line: browsers do not know where a Vietnamese word ends."""
    if text is None:
        return ""
    joined = _COMPOUND.sub(lambda found: found[0].replace(" ", "\u00a0"), str(text))
    return _NUMBERED.sub("\u00a0", joined)


def paragraphs(text: str | None) -> Markup:
    """Plain text as paragraphs: a blank line parts them, a single break stays one. Everything is escaped."""
    blocks = [block.strip() for block in re.split(r"\n\s*\n", text or "") if block.strip()]
    return Markup("").join(
        Markup("<p>{}</p>").format(Markup("<br>").join(escape(glue(line)) for line in block.splitlines()))
        for block in blocks
    )
