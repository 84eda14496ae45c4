"""A plan text as Word and as Excel, for tests: the same lines and rows in other kinds of file."""

import io

import docx
import openpyxl

from engine.planfile.cells import pieces, plain

COLUMNS = 7


def _split(text: str) -> tuple[list[str], list[list[str]]]:
    lines = text.split("\n")
    start = next(n for n, line in enumerate(lines) if line.startswith("TT\t"))
    rows = [line.split("\t") for line in lines[start:] if line.strip()]
    return lines[:start], [row[:-2] + [""] * (COLUMNS - len(row)) + row[-2:] for row in rows if len(row) > 1]


def _cell(cell: str, column: int) -> str:
    """A cell without tags: one paragraph an entry, as somebody would have typed it."""
    return "\n".join(p.text for p in pieces(cell, 0)) if column >= COLUMNS - 2 else " ".join(plain(cell).split())


def word(text: str) -> bytes:
    """The plan as a Word document: paragraphs, then a table of seven columns."""
    body, rows = _split(text)
    document = docx.Document()
    for line in body:
        document.add_paragraph(line)
    table = document.add_table(rows=len(rows), cols=COLUMNS)
    for r, row in enumerate(rows):
        for c, cell in enumerate(row):
            table.cell(r, c).text = _cell(cell, c)
    packed = io.BytesIO()
    document.save(packed)
    return packed.getvalue()


def excel(text: str) -> bytes:
    """The plan as a workbook: the appendix as its first sheet, the body as its second."""
    body, rows = _split(text)
    book = openpyxl.Workbook()
    appendix = book.active
    appendix.title = "Phụ lục"
    for row in rows:
        appendix.append([_cell(cell, c) or None for c, cell in enumerate(row)])
    sheet = book.create_sheet("Kế hoạch")
    for line in body:
        sheet.append([line or None])
    packed = io.BytesIO()
    book.save(packed)
    return packed.getvalue()
