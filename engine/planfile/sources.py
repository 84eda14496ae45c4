"""Bytes of a plan document → lines and rows. Word, Excel and plain text; nothing else, and nothing that is too large.

Word: paragraphs and one table of seven columns. Excel: the sheet whose header row begins with "TT" is the appendix, the
others (in order) are the body, one line a row. Plain text: UTF-8, appendix cells between tabs. Names of persons,
addresses and telephone numbers are taken out here, before anything else sees them.
"""

import io
import zipfile
from collections.abc import Iterable, Iterator
from typing import Any

from engine.errors import DefinitionError, Problem
from engine.planfile.model import Line, Row, Source
from engine.planfile.spelling import redact

LIMIT = 5 * 1024 * 1024
# A file of this size unpacks to a plan of hundreds of pages; more is an attack.
UNPACKED = 40 * 1024 * 1024
ENTRIES = 2000
ROWS = 5000
COLUMNS = 20
HEADER = "tt"


def problem(code: str, message: str, line: int | None = None, **params: Any) -> Problem:
    """A problem of the document, at a line where it has one."""
    where = None if line is None else f"dòng {line}"
    return Problem("plan", where, code, message, {"line": line, **params})


def read(content: bytes) -> Source:
    """The document as lines and rows. Raises DefinitionError: empty, too_large, not_utf8, wrong_type, damaged."""
    if len(content) > LIMIT:
        raise DefinitionError(
            [problem("too_large", f"expected at most {LIMIT} bytes, got {len(content)}", limit=LIMIT)]
        )
    if not content.strip():
        raise DefinitionError([problem("empty", "expected a document, got an empty file")])
    if content.startswith(b"PK\x03\x04"):
        return _packed(content)
    return _text(content)


def _text(content: bytes) -> Source:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise DefinitionError([problem("not_utf8", "expected text in UTF-8, Word or Excel", line)]) from None
    if "\x00" in text:
        raise DefinitionError([problem("wrong_type", "expected text in UTF-8, Word or Excel")])
    given = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    found = (
        (f"dòng {number}", tuple(line.split("\t")) if "\t" in line else line) for number, line in enumerate(given, 1)
    )
    return _gathered("text", found)


def _packed(content: bytes) -> Source:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as package:
            entries = package.infolist()
            if len(entries) > ENTRIES or sum(entry.file_size for entry in entries) > UNPACKED:
                raise DefinitionError([problem("bomb", f"expected a file that unpacks to at most {UNPACKED} bytes")])
            names = {entry.filename for entry in entries}
            for entry in entries:
                # What the directory says of sizes may be a lie: unpacking stops where it would pass them.
                _unpack(package, entry)
    except (zipfile.BadZipFile, OSError, NotImplementedError, RuntimeError, EOFError) as error:
        raise DefinitionError([problem("damaged", f"expected a Word or Excel file: {error}")]) from None
    try:
        if "word/document.xml" in names:
            return _gathered("word", _word(content))
        if "xl/workbook.xml" in names:
            return _gathered("excel", _excel(content))
    except DefinitionError:
        raise
    except Exception as error:  # both libraries raise whatever their XML readers do
        raise DefinitionError([problem("damaged", f"expected a Word or Excel file: {type(error).__name__}")]) from None
    raise DefinitionError([problem("wrong_type", "expected text in UTF-8, Word or Excel")])


def _unpack(package: zipfile.ZipFile, entry: zipfile.ZipInfo) -> None:
    size = 0
    with package.open(entry) as part:
        while block := part.read(1 << 16):
            size += len(block)
            head = block[:4096] if size <= 1 << 16 else b""
            if size > UNPACKED:
                raise DefinitionError([problem("bomb", f"expected a file that unpacks to at most {UNPACKED} bytes")])
            if entry.filename.endswith((".xml", ".rels")) and (b"<!DOCTYPE" in head or b"<!ENTITY" in head):
                raise DefinitionError([problem("wrong_type", "expected XML without a document type")])


def _word(content: bytes) -> Iterator[tuple[str, Any]]:
    import docx  # slow to import; only who reads Word pays
    from docx.table import Table

    paragraphs = rows = 0
    for block in docx.Document(io.BytesIO(content)).iter_inner_content():
        if isinstance(block, Table):
            for row in block.rows:
                rows += 1
                # A merged cell stands once for each column that it spans.
                yield f"bảng, hàng {rows}", tuple(cell.text for cell in row.cells)
        else:
            for line in block.text.split("\n"):
                paragraphs += 1
                yield f"đoạn {paragraphs}", line


def _excel(content: bytes) -> Iterator[tuple[str, Any]]:
    import openpyxl

    book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True)
    sheets = []
    for sheet in book.worksheets:
        rows = []
        for number, row in enumerate(sheet.iter_rows(max_row=ROWS, max_col=COLUMNS, values_only=True), 1):
            rows.append((f"{sheet.title}!{number}", tuple("" if value is None else str(value) for value in row)))
        sheets.append(rows)
    book.close()
    appendix = [rows for rows in sheets if any(cells[0].strip().lower() == HEADER for _, cells in rows if cells)]
    for rows in sheets:
        if rows not in appendix:
            for place, cells in rows:
                yield place, " ".join(cell for cell in cells if cell.strip())
    for rows in appendix:
        for place, cells in rows:
            said = [n for n, cell in enumerate(cells) if cell.strip()]
            if said == [0] and cells[0].strip().lower() != HEADER:
                yield place, cells[0]  # the heading above the table
            elif said:
                yield place, cells[:7] if not any(cell.strip() for cell in cells[7:]) else cells


def _gathered(kind: str, found: Iterable[tuple[str, Any]]) -> Source:
    lines: list[Line] = []
    rows: list[Row] = []
    redacted = 0
    for place, said in found:
        number = len(lines) + 1
        if number > ROWS:
            raise DefinitionError([problem("too_large", f"expected at most {ROWS} lines", number, limit=ROWS)])
        if isinstance(said, tuple):
            cells = []
            for cell in said:
                text, count = redact(cell)
                cells.append(text)
                redacted += count
            rows.append(Row(number, tuple(cells)))
            lines.append(Line(number, place, "\t".join(cells)))
        else:
            text, count = redact(said)
            redacted += count
            lines.append(Line(number, place, text))
    return Source(kind, tuple(lines), tuple(rows), redacted)
