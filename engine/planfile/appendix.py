"""The appendix of a plan: a table of seven columns whose rows go on from page to page.

A row that goes on has an empty first cell, and in scanned files one column too many or too few; its last two cells are
always the roadmap and the results. What such a row begins with without a marker goes on from the entry before it.
"""

import re
from dataclasses import dataclass, field

from engine.errors import Problem
from engine.planfile import months
from engine.planfile.cells import Piece, is_rule, pieces, plain
from engine.planfile.model import Row
from engine.planfile.sources import HEADER, problem
from engine.planfile.spelling import bare, fold

COLUMNS = 7
NUMBER = re.compile(r"^\d{1,2}\.?$")
# Verbs that begin a piece of work of its own, when they stand behind a semicolon or a page break.
WORK = r"(?:[Xx]ây dựng|[Đđ]ăng tải|[Cc]hỉnh sửa|[Hh]oàn thiện)\b"
ANOTHER = re.compile(rf"(?<=;)\s+(?={WORK})")
ON_ITS_OWN = re.compile(rf"^{WORK}")
# Where a result begins though its marker was lost: "… Hoàn thiện Dự thảo 1", "… Kế hoạch được UBND tỉnh ban hành".
LOST = re.compile(
    r"(?<=[^\W_A-ZĐ]) (?=Hoàn thiện )"
    r"|(?<=[^\W_A-ZĐ])(?<!ự thảo) (?=(?:Kế hoạch|Chỉ thị|Quy chế|Nghị quyết|Quyết định|Báo cáo) được )"
)


@dataclass
class Entry:
    """An entry of the roadmap or of the results, put together from its pieces. `span`: its months (roadmap only)."""

    text: str
    lines: list[int]
    span: months.Span | None = None

    def more(self, text: str, line: int) -> None:
        """Go on with what stands on the next page."""
        self.text += text if self.text.endswith("-") else f" {text}"
        self.lines.append(line)


@dataclass
class Planned:
    """A numbered row with all the rows that go on from it."""

    number: int
    line: int
    title: str
    unit: str
    start: str
    finish: str
    roadmap: list[Entry] = field(default_factory=list)
    results: list[Entry] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    joined: list[int] = field(default_factory=list)
    split: list[Entry] = field(default_factory=list)
    run_together: list[Entry] = field(default_factory=list)


@dataclass
class Appendix:
    """The whole table."""

    rows: list[Planned] = field(default_factory=list)
    unused: dict[int, str] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)


def read(rows: tuple[Row, ...], year: int) -> Appendix:
    """The rows of the appendix understood, with their problems."""
    table = Appendix()
    header = next((n for n, row in enumerate(rows) if row.cells[0].strip().lower() == HEADER), None)
    if header is None:
        table.problems.append(problem("no_appendix", 'expected an appendix whose header row begins with "TT"'))
        return table
    for row in rows[:header]:
        table.unused[row.line] = "before_the_table"
    if len(rows[header].cells) < COLUMNS:
        table.problems.append(_too_few(rows[header], COLUMNS))
        return table
    table.unused[rows[header].line] = "heading"
    span: list[months.Span | None] = [None]
    for row in rows[header + 1 :]:
        cells = tuple(cell.strip() for cell in row.cells)
        if not any(cells):
            continue
        if is_rule(row.cells):
            table.unused[row.line] = "rule"
        elif NUMBER.match(plain(cells[0]).strip()):
            span[0] = None
            _begin(table, row, year, span)
        elif cells[0]:
            said = cells[0][:40]
            table.problems.append(
                problem("row_number", f"expected a number or an empty cell, got {said}", row.line, text=said)
            )
        elif not table.rows:
            table.problems.append(problem("row_before", "expected a numbered row first", row.line))
        else:
            _go_on(table, row, year, span)
    for planned in table.rows:
        _separate(planned)
        if not planned.roadmap:
            table.problems.append(
                problem("no_roadmap", "expected entries in the roadmap", planned.line, no=planned.number)
            )
        if not planned.results:
            table.problems.append(problem("no_results", "expected results", planned.line, no=planned.number))
    if not table.rows:
        table.problems.append(problem("no_rows", "expected rows below the header of the appendix"))
    return table


def _too_few(row: Row, wanted: int) -> Problem:
    got = len(row.cells)
    return problem("too_few_columns", f"expected {wanted} columns, got {got}", row.line, expected=wanted, got=got)


def _month(table: Appendix, row: Row, cell: str, year: int, column: str) -> str:
    said = fold(plain(cell))
    found = months.one(said, year)
    if found is None:
        table.problems.append(
            problem("unknown_month", f'expected a month like "Tháng 3" in {column}, got "{said}"', row.line, text=said)
        )
    return found or ""


def _begin(table: Appendix, row: Row, year: int, span: list[months.Span | None]) -> None:
    if len(row.cells) < COLUMNS:
        table.problems.append(_too_few(row, COLUMNS))
        return
    first, title, unit, start, finish = (plain(cell) for cell in row.cells[:5])
    planned = Planned(
        number=int(first.strip().rstrip(".")),
        line=row.line,
        title=fold(title),
        unit=fold(unit),
        start=_month(table, row, start, year, "Thời gian bắt đầu"),
        finish=_month(table, row, finish, year, "Thời gian hoàn thành"),
        lines=[row.line],
    )
    if planned.number != len(table.rows) + 1:
        table.problems.append(
            problem(
                "row_order", f"expected row {len(table.rows) + 1}, got {planned.number}", row.line, no=planned.number
            )
        )
    if planned.start and planned.finish and planned.start > planned.finish:
        table.problems.append(problem("months_order", "expected the start before the finish", row.line))
    table.rows.append(planned)
    _fill(table, planned, row, year, span)


def _go_on(table: Appendix, row: Row, year: int, span: list[months.Span | None]) -> None:
    if len(row.cells) < COLUMNS - 1:
        table.problems.append(_too_few(row, COLUMNS))
        return
    planned = table.rows[-1]
    planned.lines.append(row.line)
    title = fold(plain(row.cells[1]))
    if title:
        planned.title = fold(f"{planned.title} {title}")
    for cell in row.cells[2:-2]:
        if cell.strip():
            said = fold(plain(cell))[:60]
            table.problems.append(problem("strange_cell", f"expected an empty cell, got {said}", row.line, text=said))
    _fill(table, planned, row, year, span)


def _fill(table: Appendix, planned: Planned, row: Row, year: int, span: list[months.Span | None]) -> None:
    goes_on = len(planned.lines) > 1
    for piece in pieces(row.cells[-2], row.line):
        _roadmap(table, planned, piece, year, span, goes_on)
    for piece in pieces(row.cells[-1], row.line):
        if goes_on and piece.first and not piece.marked and planned.results:
            planned.results[-1].more(piece.text, piece.line)
            planned.joined.append(piece.line)
        else:
            planned.results.append(Entry(piece.text, [piece.line]))


def _roadmap(
    table: Appendix, planned: Planned, piece: Piece, year: int, span: list[months.Span | None], goes_on: bool
) -> None:
    label = months.LABEL.match(piece.text)
    if label:
        span[0] = months.span(label.group(1), label.group(2), year)
        if span[0] is None:
            said = piece.text[: label.start(3)].strip()
            table.problems.append(problem("unknown_month", f'expected months, got "{said}"', piece.line, text=said))
        elif label.group(3).strip():
            planned.roadmap.append(Entry(label.group(3).strip(), [piece.line], span[0]))
        return
    strange = months.STRANGE.match(piece.text)
    if strange:
        said = strange.group(1)
        table.problems.append(
            problem("unknown_month", f'expected a month like "Tháng 4-5:", got "{said}"', piece.line, text=said)
        )
        return
    broken = goes_on and piece.first and not piece.marked and planned.roadmap
    if broken and not ON_ITS_OWN.match(piece.text):
        planned.roadmap[-1].more(piece.text, piece.line)
        planned.joined.append(piece.line)
    elif span[0] is None:
        if not any(p.code == "unknown_month" for p in table.problems):
            said = piece.text[:60]
            table.problems.append(problem("no_month", f"expected a month before: {said}", piece.line, text=said))
    else:
        entry = Entry(piece.text, [piece.line], span[0])
        planned.roadmap.append(entry)
        if broken:
            planned.split.append(entry)


def _separate(planned: Planned) -> None:
    """Take apart what one entry says of two pieces of work, and results that ran together."""
    planned.roadmap = [part for entry in planned.roadmap for part in _parts(entry, ANOTHER, planned.split)]
    planned.results = [part for entry in planned.results for part in _parts(entry, LOST, planned.run_together)]


def _parts(entry: Entry, where: re.Pattern[str], told: list[Entry]) -> list[Entry]:
    texts = [text for text in where.split(entry.text) if bare(text)]
    if len(texts) < 2:
        return [entry]
    parts = [Entry(text.strip(), list(entry.lines), entry.span) for text in texts]
    told += parts[1:]
    return parts
