"""A cell of the appendix as pieces: paragraphs and list entries, with HTML left by scanning taken off.

In a scanned cell several entries may stand in one paragraph, each after its marker ("- … - …"); a marker counts only
between spaces and before a capital or a figure, so that "nghiên cứu- ứng dụng", "QĐ-" and "5-10" stay whole.
"""

import html
import re
from dataclasses import dataclass

from engine.planfile.spelling import UPPER, fold

BREAK = re.compile(r"</?(?:p|ul|ol|li|br|div)\b[^>]*>", re.I)
TAG = re.compile(r"</?[a-z][^>]*>", re.I)
MARK = re.compile(rf"(?:(?<=\s)|^)[-+•–]\s+(?=[{UPPER}\"“(])|(?:(?<=\D\s)|^)[-+•–]\s+(?=\d)")
DASHES = re.compile(r"-{2,}\Z")


@dataclass(frozen=True, slots=True)
class Piece:
    """An entry of a cell. `opens`: it begins a paragraph or has a marker; otherwise it goes on from a page before."""

    text: str
    line: int
    marked: bool
    first: bool


def plain(cell: str) -> str:
    """A cell's words alone, tags as breaks."""
    return html.unescape(TAG.sub("", BREAK.sub("\n", cell)))


def pieces(cell: str, line: int) -> list[Piece]:
    """The entries of a cell in order."""
    found: list[Piece] = []
    for paragraph in plain(cell).split("\n"):
        text = fold(paragraph)
        starts = [match.start() for match in MARK.finditer(text)]
        for begin, end in zip([0, *starts], [*starts, len(text)], strict=True):
            said = text[begin:end].strip()
            if said and said not in ("-", "+"):
                found.append(Piece(said, line, begin in starts, not found))
    return found


def is_rule(cells: tuple[str, ...]) -> bool:
    """Whether a row only draws a line ("--")."""
    said = [cell.strip() for cell in cells if cell.strip()]
    return bool(said) and all(DASHES.match(cell) for cell in said)
