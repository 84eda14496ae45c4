"""`trinhky schedule` and the page "Lịch ngược": when the steps of a process can and must be done."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import click
from flask import Blueprint, abort, render_template, request, url_for
from flask_babel import gettext as _

import engine as core
from webui import wording
from webui.frame import actor, engine, lang

pages = Blueprint("schedules", __name__)


@pages.get("/quy-trinh/<process_id>/lich")
def process(process_id: str) -> Any:
    """The schedule of a process between two days of the reader's choice."""
    start, finish = _day("bat_dau"), _day("ket_thuc")
    problems, found = [], None
    try:
        found = engine().queries.process_schedule(actor(), process_id, start, finish)
    except core.Invalid as error:
        fields = {"finish": "f-ket_thuc"}
        problems = [(fields.get(key, ""), wording.problem(reasons[0])) for key, reasons in error.fields.items()]
    trail = [(_("Processes"), url_for("studio.index")), (process_id, url_for("studio.show", process_id=process_id))]
    return _page(found, trail, problems, form=True), 422 if problems else 200


@pages.get("/ho-so/<case_id>/lich")
def case(case_id: str) -> Any:
    """The schedule of a case."""
    found = engine().queries.case_schedule(actor(), case_id)
    code = engine().queries.case(actor(), case_id, lang()).code
    trail = [(_("Cases"), url_for("cases.index")), (code, url_for("cases.show", case_id=case_id))]
    return _page(found, trail)


@pages.get("/ho-so/mo-moi/<focus_id>/lich")
def focus(focus_id: str) -> Any:
    """The schedule of a focus task that is to be opened."""
    found = engine().queries.focus_schedule(actor(), focus_id)
    if found is None:
        abort(404)
    trail = [(_("Cases"), url_for("cases.index")), (_("Open a case"), url_for("cases.start", focus_id=focus_id))]
    return _page(found, trail)


def _page(found: Any, trail: list[Any], problems: Any = (), form: bool = False) -> str:
    return render_template(
        "schedule.html",
        found=found,
        trail=[*trail, (_("Schedule backwards"), None)],
        problems=problems,
        problem_title=_("The schedule could not be made"),
        form=form,
    )


def _day(name: str) -> date | None:
    text = request.args.get(name, "")
    if not text:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        abort(404)
    if not 2000 <= day.year <= 2100:
        abort(404)
    return day


@click.command()
@click.argument("model", type=click.Path(exists=True, path_type=Path), metavar="PROCESS")
@click.option("--start", metavar="DAY", help="forward from here: 2022-01-28")
@click.option("--finish", metavar="DAY", help="backward from here: 2022-12-30")
@click.option("--vars", "variables", default="{}", metavar="JSON", help="what a case would begin with")
@click.option("--json", "as_json", is_flag=True, help="print the schedule as JSON")
def schedule(model: Path, start: str | None, finish: str | None, variables: str, as_json: bool) -> None:
    """When the steps of a process can be done, and when they must begin for the end to be met.

    PROCESS is a .bpmn file or its folder. Limits are those of the law tables and models beside it; what nobody has said
    takes one working day and is marked with "?". Exit status 0 when all fits, 3 when something cannot be met.
    """
    file = model / f"{model.name}.bpmn" if model.is_dir() else model
    if not (start or finish):
        raise click.UsageError("give --start, --finish or both")
    begin, end = (date.fromisoformat(text) if text else None for text in (start, finish))
    found = core.schedule_model(file, begin, end, json.loads(variables))
    click.echo(json.dumps(_plain(found), ensure_ascii=False, indent=2) if as_json else "\n".join(table(found)))
    if found.conflicts:
        click.get_current_context().exit(3)


def table(found: Any) -> list[str]:
    """The schedule as lines of a terminal."""
    lines = [f"{'step':9}{'earliest':>21}{'latest':>21}{'slack':>7}  takes"]
    for slot in found.slots:
        length = slot.step.length
        unit = "d" if length.unit == "ngay" else "wd"
        slack = "" if slot.slack is None else str(slot.slack)
        early = _span(slot.earliest_start, slot.earliest_finish)
        late = _span(slot.latest_start, slot.latest_finish)
        takes = f"{length.number} {unit}{'?' if length.assumed else ''}"
        source = f" ({length.source})" if length.source else ""
        lines.append(f"{slot.step.label:9}{early:>21}{late:>21}{slack:>7}  {takes:6} {slot.step.name}{source}")
    for conflict in found.conflicts:
        said = {"start": "must begin by", "end": "must end by", "month": "is due by"}[conflict.kind]
        name = f"{conflict.step.label} {conflict.step.name}".strip()
        lines.append(f"! {name}: {said} {conflict.needed}, but not before {conflict.possible} ({conflict.days} wd)")
    return lines


def _span(first: date | None, last: date | None) -> str:
    return f"{first:%d/%m/%y} – {last:%d/%m/%y}" if first and last else ""


def _plain(found: Any) -> dict[str, Any]:
    def day(value: date | None) -> str | None:
        return value.isoformat() if value else None

    return {
        "start": day(found.start),
        "finish": day(found.finish),
        "steps": [
            {
                "id": s.step.id,
                "step": s.step.label,
                "name": s.step.name,
                "number": s.step.length.number,
                "unit": s.step.length.unit,
                "source": s.step.length.source,
                "assumed": s.step.length.assumed,
                "earliest": [day(s.earliest_start), day(s.earliest_finish)],
                "latest": [day(s.latest_start), day(s.latest_finish)],
                "slack": s.slack,
            }
            for s in found.slots
        ],
        "conflicts": [
            {"kind": c.kind, "step": c.step.id, "needed": day(c.needed), "possible": day(c.possible), "days": c.days}
            for c in found.conflicts
        ],
    }
