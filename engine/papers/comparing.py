"""What a Word document says, and what is said otherwise in another: paragraph by paragraph, in words, tables too.

Only text is compared: what one reads. Changes that Word tracks count as accepted (what was struck is gone). Layout,
pictures, page heads and foot notes are not looked at.
"""

import difflib
import io
import re
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import docx
from docx.opc.exceptions import PackageNotFoundError
from docx.oxml.ns import qn
from lxml import etree

from engine.papers.filling import PaperError, checked

# A document of law has some hundred paragraphs. What is longer is not compared within a request.
PARAGRAPHS_MAX = 6_000
WORDS_MAX = 3_000
# Two paragraphs are one that was changed when at least this much of their words is the same.
ALIKE = 0.4
WORDS = re.compile(r"\s+|[^\W_]+|[^\w\s]|_+")
SAME, INSERTED, DELETED, CHANGED = "same", "inserted", "deleted", "changed"


@dataclass(frozen=True, slots=True)
class Line:
    """A paragraph with text. `place`: () in the running text, else (table, row, column), each from 1."""

    text: str
    place: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Change:
    """What became of a paragraph: `kind` is same, inserted, deleted or changed. `words` in the order of reading: parts
    that are same, inserted or deleted. `old` and `new` are where it stands, counted from 1; None where it is not."""

    kind: str
    words: tuple[tuple[str, str], ...]
    old: int | None
    new: int | None
    place: tuple[int, ...] = ()


def text(content: bytes) -> str:
    """What a Word document says, a line for every paragraph. Raises PaperError(unreadable | too_big)."""
    return "\n".join(line.text for line in lines(content))


def lines(content: bytes) -> list[Line]:
    """The paragraphs of a Word document that say something, in the order of reading, those of tables too.

    Raises PaperError(unreadable | too_big).
    """
    try:
        body = docx.Document(io.BytesIO(checked(content))).element.body
        found = [line for line in _below(body, (), [0]) if line.text]
    except (etree.XMLSyntaxError, PackageNotFoundError, KeyError, ValueError, zipfile.BadZipFile) as error:
        raise PaperError("unreadable", f"Expected a .docx file: {error}") from error
    if len(found) > PARAGRAPHS_MAX:
        raise PaperError("too_big", f"Expected at most {PARAGRAPHS_MAX} paragraphs, got {len(found)}.")
    return found


def compare(old: bytes, new: bytes) -> list[Change]:
    """Every paragraph of two Word documents in the order of reading, with what one must do to the old one to have the
    new one. Raises PaperError(unreadable | too_big)."""
    return differences(lines(old), lines(new))


def differences(old: Sequence[Line], new: Sequence[Line]) -> list[Change]:
    """`compare` for paragraphs."""
    found: list[Change] = []
    matcher = difflib.SequenceMatcher(None, [line.text for line in old], [line.text for line in new], autojunk=False)
    for kind, a, b, c, d in matcher.get_opcodes():
        if kind == "equal":
            found += [_one(SAME, new[c + n], a + n + 1, c + n + 1) for n in range(b - a)]
        else:
            found += _replaced(old[a:b], new[c:d], a, c)
    return found


def _one(kind: str, line: Line, old: int | None, new: int | None) -> Change:
    return Change(kind, ((SAME if kind == SAME else kind, line.text),), old, new, line.place)


def _replaced(old: Sequence[Line], new: Sequence[Line], a: int, c: int) -> Iterator[Change]:
    """Paragraphs that gave way to others: those that are alike are one that was changed, in order."""
    start = 0
    for n, line in enumerate(new):
        match = _alike(line, old, start) if len(old) * len(new) <= 10_000 else None
        if match is None:
            yield _one(INSERTED, line, None, c + n + 1)
            continue
        yield from (_one(DELETED, old[m], a + m + 1, None) for m in range(start, match))
        yield Change(CHANGED, tuple(_words(old[match].text, line.text)), a + match + 1, c + n + 1, line.place)
        start = match + 1
    yield from (_one(DELETED, old[m], a + m + 1, None) for m in range(start, len(old)))


def _alike(line: Line, old: Sequence[Line], start: int) -> int | None:
    """The first of the old paragraphs, from one on, that is alike."""
    mine = WORDS.findall(line.text)[:WORDS_MAX]
    matcher = difflib.SequenceMatcher(None, b=mine, autojunk=False)
    for n in range(start, len(old)):
        matcher.set_seq1(WORDS.findall(old[n].text)[:WORDS_MAX])
        if matcher.real_quick_ratio() >= ALIKE and matcher.quick_ratio() >= ALIKE and matcher.ratio() >= ALIKE:
            return n
    return None


def _words(old: str, new: str) -> Iterator[tuple[str, str]]:
    """The parts of a changed paragraph: same, deleted, inserted. A blank between two changed words goes with them."""
    a, b = WORDS.findall(old), WORDS.findall(new)
    if max(len(a), len(b)) > WORDS_MAX:
        yield from ((DELETED, old), (INSERTED, new))
        return
    matcher = difflib.SequenceMatcher(lambda word: word.isspace(), a, b, autojunk=False)
    gone, come = "", ""
    codes = matcher.get_opcodes()
    for n, (kind, i, j, k, m) in enumerate(codes):
        if kind == "equal":
            kept = "".join(a[i:j])
            if kept.isspace() and 0 < n < len(codes) - 1:
                gone, come = gone + kept, come + kept
                continue
            yield from _flushed(gone, come)
            gone, come = "", ""
            yield SAME, kept
        else:
            gone, come = gone + "".join(a[i:j]), come + "".join(b[k:m])
    yield from _flushed(gone, come)


def _flushed(gone: str, come: str) -> Iterator[tuple[str, str]]:
    if gone:
        yield DELETED, gone
    if come:
        yield INSERTED, come


def _below(node: Any, place: tuple[int, ...], tables: list[int]) -> Iterator[Line]:
    """The paragraphs below a node, in order; `tables` counts those seen."""
    for child in node:
        if child.tag == qn("w:p"):
            yield Line(_said(child), place)
        elif child.tag == qn("w:tbl"):
            tables[0] += 1
            number = tables[0]
            for r, row in enumerate(child.iterchildren(qn("w:tr")), 1):
                for k, cell in enumerate(row.iterchildren(qn("w:tc")), 1):
                    yield from _below(cell, (number, r, k), tables)
        elif child.tag in THROUGH:
            yield from _below(child, place, tables)


# What may stand around paragraphs: content controls, custom markup, tracked insertions.
THROUGH = {qn(f"w:{name}") for name in ("sdt", "sdtContent", "customXml", "ins", "moveTo", "smartTag")}
SKIPPED = {qn(f"w:{name}") for name in ("del", "moveFrom", "pict", "drawing", "object", "pPr", "rPr", "p")}
BREAKS = {qn("w:tab"): " ", qn("w:br"): " ", qn("w:cr"): " ", qn("w:noBreakHyphen"): "-", qn("w:sym"): "?"}


def _said(paragraph: Any) -> str:
    """The text of a paragraph, blanks run together."""

    def parts(node: Any) -> Iterator[str]:
        for child in node:
            if child.tag == qn("w:t"):
                yield child.text or ""
            elif child.tag in BREAKS:
                yield BREAKS[child.tag]
            elif child.tag not in SKIPPED and isinstance(child.tag, str):
                yield from parts(child)

    return " ".join("".join(parts(paragraph)).split())
