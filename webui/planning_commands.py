"""`trinhky plan`: reading a plan document in, showing the plan of a year, adopting a version."""

from pathlib import Path
from typing import Any

import click

from engine import DefinitionError, Engine, Settings

SECRETARY, DIRECTOR = "cv.tonghop.1", "gd.so"


def _open() -> Engine:
    core = Engine(Settings.from_env())
    click.get_current_context().call_on_close(core.close)
    return core


@click.group()
def plan() -> None:
    """The yearly plan: read its document in, show it, adopt it."""


@plan.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--year", type=int, help="the plan's year (as in its title when absent)")
@click.option("--dry-run", is_flag=True, help="only show what was understood; store nothing")
@click.option("--actor", default=SECRETARY, show_default=True, help="who prepares it")
def import_plan(file: Path, year: int | None, dry_run: bool, actor: str) -> None:
    """Read a plan document (.txt, .docx, .xlsx) and store it as a draft of its year.

    What was understood is printed task by task, with everything that a reader should know; a document that is broken
    gives a list of its problems with their lines, and nothing is stored (exit status 1).
    """
    core = _open()
    content = file.read_bytes()
    try:
        understood = core.plans.understand(actor, content, year)
        show_understood(understood)
        if not dry_run:
            plan_id = core.plans.import_document(actor, content, file.name, year)
    except DefinitionError as error:
        for problem in error.problems:
            line = problem.params.get("line")
            where = f"{file.name}:{line}" if line else file.name
            click.echo(f"{where}: {problem.message} ({problem.code})", err=True)
        raise click.ClickException(f"{len(error.problems)} problems; nothing was stored.") from error
    if dry_run:
        click.echo("Nothing was stored.")
        return
    view = core.queries.plan_by_id(actor, plan_id)
    click.echo(f"Stored as a draft: version {view.version} of {view.year}.")


def show_understood(understood: Any) -> None:
    """What was understood of a document, a line a task."""
    head = understood.head
    click.echo(f"{head.title} · number {head.number or '(blank)'} · {head.dated or head.dated_text or '(no date)'}")
    for task in understood.tasks:
        kinds = [sum(item.kind == kind for item in task.items) for kind in ("body", "appendix", "result")]
        months = " / ".join((task.planned_finish, task.committed_finish, task.latest_finish))
        counted = "{} bullets, {} entries, {} results".format(*kinds)
        unit = task.lead_unit or f"unknown unit: {task.unit_text}"
        click.echo(f"  {task.code}  {task.planned_start} – {months}  {unit}  {counted}")
    for found in (f for f in understood.findings if f.severity != "info"):
        where = f"line {', '.join(map(str, found.lines))}: " if found.lines else ""
        told = ", ".join(f"{key} {value}" for key, value in found.params.items())
        click.echo(f"  {found.severity}  {found.task or 'plan'}  {where}{found.code} ({told})")
    info = sum(f.severity == "info" for f in understood.findings)
    click.echo(f"  {info} more notes; {len(understood.unused)} lines not used, each with its reason")


@plan.command("show")
@click.option("--year", type=int, help="which year (the newest in force when absent)")
@click.option("--version", "number", type=int, help="which version (the one in force when absent)")
@click.option("--actor", default=SECRETARY, show_default=True)
def show(year: int | None, number: int | None, actor: str) -> None:
    """Show the plan of a year: its tasks with dates and results, and its versions."""
    view = _open().queries.plan(actor, year, number)
    if view is None:
        click.echo("There is no plan yet.")
        return
    click.echo(f"{view.title} · version {view.version}, {view.status} · number {view.number or '(blank)'}")
    for task in view.tasks:
        months = " / ".join((task.planned_finish, task.committed_finish, task.latest_finish))
        cases = ", ".join(f"{case.code} {case.state}" for case in task.cases) or "no case"
        click.echo(f"  {task.code:<6} {months}  results {task.results_done}/{len(task.results)}  {cases}  {task.short}")
    for row in view.versions:
        click.echo(f"  version {row.version}: {row.status}" + (f", {row.reason}" if row.reason else ""))
        for one in row.changes:
            click.echo(f"    {one.code} {one.what}: {one.before} -> {one.after}")


@plan.command("adopt")
@click.option("--year", type=int, required=True)
@click.option("--version", "number", type=int, required=True)
@click.option("--reason", default="", help="why it replaces the version before")
@click.option("--actor", default=DIRECTOR, show_default=True, help="who adopts it")
def adopt(year: int, number: int, reason: str, actor: str) -> None:
    """Adopt a draft: cases that run go on under it, with its months."""
    core = _open()
    moved = core.plans.adopt(actor, core.queries.plan_id(year, number), reason)
    click.echo(f"Version {number} of {year} is in force; {moved} cases moved along.")


@plan.command("close")
@click.argument("year", type=int)
@click.option("--carry", multiple=True, metavar="CODE", help="a task that goes on next year (several times)")
@click.option("--leave", multiple=True, metavar="CODE=REASON", help="a task that is given up (several times)")
@click.option("--dry-run", is_flag=True, help="only show what would happen")
@click.option("--actor", default=DIRECTOR, show_default=True)
def close(year: int, carry: tuple[str, ...], leave: tuple[str, ...], dry_run: bool, actor: str) -> None:
    """Close a year: carry unfinished tasks over with their cases, archive the rest."""
    core = _open()
    given_up = {code: why for code, _, why in (text.partition("=") for text in leave)}
    ending = core.queries.year_end(actor, year, list(carry), given_up)
    for one in ending.tasks:
        click.echo(f"  {one.task.code:<6} {one.state:<10} -> {one.chosen}  {one.task.short}")
    if ending.unclear:
        raise click.ClickException("; ".join(reason.message for reason in ending.unclear))
    if dry_run:
        click.echo("Nothing was changed.")
        return
    core.plans.close_year(actor, year, list(carry), given_up)
    click.echo(f"The plan of {year} is closed; {len(carry)} tasks go on in {year + 1}.")
