"""Reading a plan document as it is (text, Word, Excel): bytes in; the plan understood, with findings, out.

Pure: no database, no clock. `read` either understands the whole document or refuses it with every problem, each with
the line where it stands; nothing is guessed over silently, and every line is accounted for (`Understood.uses`).
"""

import re
from collections.abc import Iterable, Iterator

from engine.errors import DefinitionError, Problem
from engine.planfile import appendix, body, findings, months, sources
from engine.planfile.appendix import Planned
from engine.planfile.body import Body, BodyTask
from engine.planfile.cells import is_rule
from engine.planfile.model import Finding, Head, Item, Line, Source, Task, Understood, Unit, Use
from engine.planfile.sources import LIMIT, problem
from engine.planfile.spelling import corrected, fold, key, likeness, redact, unit_of

__all__ = ["LIMIT", "Finding", "Item", "Task", "Understood", "Unit", "Use", "as_text", "corrected", "read", "redact"]

TITLE_LIKE = 0.6


def read(content: bytes, *, units: Iterable[Unit] = (), year: int | None = None) -> Understood:
    """A plan document understood. `units` are matched with the names in it; `year` overrides the one in its title.

    Raises DefinitionError with everything that is wrong: no part of a broken document is taken over.
    """
    source = sources.read(content)
    known = tuple(units)
    first = _first_row(source)
    start = _appendix_line(source, first)
    above = tuple(line for line in source.lines if line.number < start and not _is_row(source, line))
    said = body.read(above, year)
    if said.head is None:
        raise DefinitionError(said.problems)
    if first is None:
        missing = problem("no_appendix", 'expected an appendix whose header row begins with "TT"')
        raise DefinitionError([*said.problems, *_tasks_faults(said), missing])
    table = appendix.read(source.rows, said.head.year)
    problems = [*said.problems, *_tasks_faults(said), *table.problems]
    problems += _pairs_faults(said, table.rows)
    if not table.problems:
        problems += [p for task in said.tasks if (p := _deadline_fault(task, said.head.year))]
    if problems:
        raise DefinitionError(sorted(problems, key=lambda p: p.params.get("line") or 0))
    tasks = tuple(
        _task(n, task, row, said.head, known)
        for n, (task, row) in enumerate(zip(said.tasks, table.rows, strict=True), 1)
    )
    items = (*_frame(said), *(item for task in tasks for item in task.items))
    told = tuple(_findings(said, table.rows, tasks, items, source.lines, known))
    uses = tuple(_uses(source, said, table, items, tasks, start))
    return Understood(said.head, items, tasks, told, uses, source.kind, source.redacted)


def as_text(content: bytes) -> str:
    """A document as the plain text that `read` understands the same way, without names and addresses of persons: what
    is handed from the page that shows a document to the one that stores it. Raises as `read` for what is no document.
    """
    source = sources.read(content)
    rows = {row.line: row for row in source.rows}
    lines = []
    for line in source.lines:
        cells = rows[line.number].cells if line.number in rows else (line.text,)
        lines.append("\t".join(cell.replace("\t", " ").replace("\n", "<br>") for cell in cells))
    return "\n".join(lines)


def _first_row(source: Source) -> int | None:
    return next((row.line for row in source.rows if row.cells[0].strip().lower() == sources.HEADER), None)


def _appendix_line(source: Source, first: int | None) -> int:
    """Where the appendix begins: at "Phụ lục" above its table."""
    if first is None:
        return len(source.lines) + 1
    above = [line for line in source.lines if line.number < first]
    titles = [line.number for line in above if fold(line.text).lower().startswith("phụ lục")]
    return titles[-1] if titles else first


def _is_row(source: Source, line: Line) -> bool:
    return any(row.line == line.number for row in source.rows)


def _tasks_faults(said: Body) -> Iterator[Problem]:
    if not said.tasks:
        yield problem("no_tasks", 'expected focus tasks like "1.1. Nhiệm vụ 1: …"')
    for task in said.tasks:
        at = task.heading.lines[0]
        if not task.bullets:
            yield problem("no_bullets", "expected bullets below a) Giải pháp thực hiện", at)
        if task.deadline is None:
            yield problem("no_deadline", "expected b) Thời gian hoàn thành", at)


def _deadline_fault(task: BodyTask, year: int) -> Problem | None:
    if task.deadline is None or body.deadline_month(task.deadline.text, year):
        return None
    said = task.deadline.text
    return problem("unknown_month", f'expected "Tháng 3/{year}", got "{said}"', task.deadline.lines[0], text=said)


def _pairs_faults(said: Body, rows: list[Planned]) -> Iterator[Problem]:
    if len(said.tasks) != len(rows):
        at = rows[-1].line if rows else None
        numbers = {"tasks": len(said.tasks), "rows": len(rows)}
        yield problem(
            "tasks_and_rows", f"expected {len(said.tasks)} rows in the appendix, got {len(rows)}", at, **numbers
        )
        return
    for task, row in zip(said.tasks, rows, strict=True):
        if likeness(task.heading.text, row.title) < TITLE_LIKE:
            yield problem(
                "other_title", f"expected the task of line {task.heading.lines[0]}", row.line, text=row.title[:60]
            )


# --- items --------------------------------------------------------------------------------------------------------


def _item(id_: str, task: str, kind: str, where: str, when: str, text: str, lines: list[int]) -> Item:
    return Item(id_, task, kind, where, when, fold(text), corrected(text), tuple(dict.fromkeys(lines)))


def _frame(said: Body) -> Iterator[Item]:
    """Requirements and purposes (R), then organisation (O)."""
    year = str(said.head.year) if said.head else ""
    ordered = sorted(said.purposes, key=lambda pair: not pair[0].startswith("requirement"))
    for n, (about, text) in enumerate(ordered, 1):
        kind, _, where = about.partition(" ")
        yield _item(f"R-b{n}", "R", kind, where, year, text.text, text.lines)
    n = 0
    seen: set[str] = set()
    for duty in said.duties:
        where = f"IV.{duty.number}" + ("bis" if duty.number in seen else "")
        seen.add(duty.number)
        for text in duty.lines:
            if text.text.endswith(":"):
                whole = f"{duty.heading.text} {text.text}"
                parts, lines = (
                    [whole],
                    [*duty.heading.lines, *text.lines, *(at for b in duty.bullets for at in b.lines)],
                )
            else:
                parts, lines = re.split(r";\s+", text.text), [*duty.heading.lines, *text.lines]
            for part in parts:
                n += 1
                yield _item(
                    f"O-b{n}", "O", "organisation", where, "periodic" if "định kỳ" in part else year, part, lines
                )
    for text in said.closing:
        for part in re.split(r";\s+", text.text):
            if "vướng mắc" in part or "điều chỉnh" in part:
                n += 1
                yield _item(f"O-b{n}", "O", "organisation", "IV.end", year, part, text.lines)
    if said.replaces:
        n += 1
        days = months.days(said.replaces.text)
        yield _item(
            f"O-b{n}",
            "O",
            "organisation",
            "IV.end",
            days[0][:7] if days else year,
            said.replaces.text,
            said.replaces.lines,
        )


def _task(n: int, task: BodyTask, row: Planned, head: Head, units: tuple[Unit, ...]) -> Task:
    code, year = f"T{n}", head.year
    items = list(_task_items(code, task, row, n, year))
    planned = row.finish
    committed = (body.deadline_month(task.deadline.text, year) if task.deadline else None) or planned
    latest = next((m for i in items if i.kind == "result" and (m := months.latest(i.text, year))), None)
    unit = unit_of(row.unit, units)
    basis = next((text for text in head.bases if text.startswith("Quyết định")), None)
    if basis and task.origin == "so_dang_ky":
        basis = f"Giám đốc Sở đăng ký, chấp thuận tại {basis.partition(' của ')[0]}"
    return Task(
        code=code,
        sort=n,
        title=fold(task.heading.text),
        origin=task.origin,
        basis=basis,
        unit_text=row.unit,
        lead_unit=unit.id if unit else None,
        coop_units=tuple(_cooperating(items, units, unit)),
        planned_start=row.start,
        planned_finish=planned,
        committed_finish=committed,
        latest_finish=latest or max(committed, planned),
        items=tuple(items),
    )


def _task_items(code: str, task: BodyTask, row: Planned, n: int, year: int) -> Iterator[Item]:
    where = task.place
    parts = list(body.targets(task.heading.text))
    yield _item(f"{code}-t", code, "title", where, "", parts[0], [*task.heading.lines, *row.lines])
    # A target that names no year is for the year that the others name.
    named = [found for part in parts[1:] for found in re.findall(r"năm (\d{4})", part)]
    for number, part in enumerate(parts[1:], 1):
        yield _item(f"{code}-g{number}", code, "target", where, max(named, default=str(year)), part, task.heading.lines)
    for bullet in task.bullets:
        when = months.when(bullet.text, year)
        yield _item(f"{code}-b{bullet.number}", code, "body", f"{where}.a", when, bullet.text, bullet.lines)
    if task.deadline:
        when = body.deadline_month(task.deadline.text, year) or ""
        yield _item(f"{code}-d1", code, "deadline", f"{where}.b", when, task.deadline.text, task.deadline.lines)
    for number, entry in enumerate(row.roadmap, 1):
        when = entry.span.said if entry.span else ""
        yield _item(f"{code}-a{number}", code, "appendix", f"PL.{n}", when, entry.text, entry.lines)
    for number, entry in enumerate(row.results, 1):
        latest = months.latest(entry.text, year)
        when = f"{latest} (chậm nhất)" if latest else months.when(entry.text, year)
        yield _item(f"{code}-r{number}", code, "result", f"PL.{n}", when, entry.text, entry.lines)


def _cooperating(items: list[Item], units: tuple[Unit, ...], lead: Unit | None) -> Iterator[str]:
    """Units that a bullet on working together names, whole or after "các Sở:"; districts are named as a group."""
    text = key(" ; ".join(i.text for i in items if i.kind == "body" and "phối hợp" in i.text.lower()))
    padded = f" {text} "
    group = "các sở" in text
    for unit in units:
        name = key(unit.name)
        names = [name, name.removeprefix("sở ")] if group and name.startswith("sở ") else [name]
        names += [name.removesuffix(" tỉnh")] if len(name.split()) > 3 else []
        named = any(f" {one} " in padded for one in names)
        district = re.match(r"ubnd huyện thành phố \d+$", name) and "ubnd các huyện" in text
        if (named or district) and unit != lead and name not in ("ubnd tỉnh", "lãnh đạo sở"):
            yield unit.id


# --- findings and lines ---------------------------------------------------------------------------------------------


def _findings(
    said: Body,
    rows: list[Planned],
    tasks: tuple[Task, ...],
    items: tuple[Item, ...],
    lines: tuple[Line, ...],
    units: tuple[Unit, ...],
) -> Iterator[Finding]:
    if said.head is None:
        return
    yield from findings.document(said.head, said, rows, units)
    yield from findings.scanning(lines)
    yield from findings.symbols(items)
    for text, line in ((text, at) for at, text in said.joined):
        yield Finding("line_joined", "info", "", (line,), {"text": text})
    for task, row, given in zip(tasks, rows, said.tasks, strict=True):
        yield from findings.dates(task)
        if units and task.lead_unit is None:
            yield Finding("unknown_unit", "conflict", task.code, (row.line,), {"name": task.unit_text})
        yield from findings.one_sided(task)
        yield from findings.twins(task)
        yield from findings.times(task, said.head)
        yield from findings.roadmap(task)
        yield from findings.results(task)
        yield from findings.terms(task)
        yield from findings.rows_of(task, row, given.heading.text)


def _uses(
    source: Source, said: Body, table: appendix.Appendix, items: tuple[Item, ...], tasks: tuple[Task, ...], start: int
) -> Iterator[Use]:
    of_line: dict[int, list[str]] = {}
    for item in items:
        for at in item.lines:
            of_line.setdefault(at, []).append(item.id)
    for row, task in zip(table.rows, tasks, strict=True):
        for at in row.lines:
            if f"{task.code}-t" not in of_line.get(at, []):
                of_line.setdefault(at, []).append(f"{task.code}-t")
    rows = {row.line: row for row in source.rows}
    for line in source.lines:
        if not fold(line.text):
            continue
        ids = tuple(of_line.get(line.number, ()))
        if not ids and said.used.get(line.number):
            ids = ("head",)
        reason = said.unused.get(line.number) or table.unused.get(line.number) or ""
        if not ids and not reason and line.number >= start:
            reason = "rule" if line.number in rows and is_rule(rows[line.number].cells) else "appendix_caption"
        if reason == "signature":  # whatever stands there is a person's name
            line = Line(line.number, line.place, "[họ tên]")
        yield Use(line, ids, "" if ids else reason or "unknown")
