"""Kế hoạch: the plan of a year, its versions, reading a plan document in, and the end of the year.

A document is shown before anything is stored. Between the two pages it travels as plain text without names of persons
(`without_persons`), packed into the form; what is stored is read from that text, never from the file.
"""

import base64
import binascii
import zlib
from collections.abc import Mapping
from datetime import date
from typing import Any

from flask import Blueprint, render_template, request, url_for
from flask_babel import gettext as _

import engine as core
from webui import wording
from webui.frame import actor, chrome, engine, go
from webui.wording import planning as words

pages = Blueprint("planning", __name__, url_prefix="/ke-hoach")

MONTHS = ("planned_start", "planned_finish", "committed_finish", "latest_finish")
CHOICES = (*MONTHS, "lead_unit", "process_id", "short_title")
PACKED_MAX = 6 * 1024 * 1024


@pages.get("")
def index() -> Any:
    """The plan of a year, in the version in force or the one asked for."""
    year, version = _number("nam"), _number("ban")
    view = engine().queries.plan(actor(), year, version)
    return _plan_page(view)


def _plan_page(view: Any, problems: Any = (), title: str = "", status: int = 200) -> Any:
    shown = {
        "plan": view,
        "words": words,
        "months": _months(view) if view else [],
        "today": f"{chrome().now:%Y-%m}" if chrome() else "",
        "choices": _month_choices(view.year) if view else [],
        "problems": problems,
        "problem_title": title,
    }
    return render_template("plan.html", **shown), status


def _number(name: str) -> int | None:
    text = request.args.get(name, "")
    return int(text) if text.isdecimal() and len(text) <= 4 else None


def _months(view: Any) -> list[str]:
    """The columns of the roadmap: the plan's year, and what its tasks reach beyond it."""
    reached = [m for task in view.tasks for m in (task.latest_finish, *task.months)]
    last = max([f"{view.year}-12", *reached])
    found = []
    for year in range(view.year, min(int(last[:4]), view.year + 2) + 1):
        found += [f"{year}-{n:02}" for n in range(1, 13) if f"{year}-{n:02}" <= last]
    return found


def _month_choices(year: int) -> list[str]:
    return [f"{one}-{n:02}" for one in (year, year + 1) for n in range(1, 13)]


# --- a document ---------------------------------------------------------------------------------------------------


@pages.route("/nhap", methods=["GET", "POST"])
def read_in() -> Any:
    """Choose a file; see what was understood of it; store it as a draft."""
    engine().queries.plan_units(actor())  # who may not prepare plans is told before choosing a file
    if request.method == "GET":
        return _choose()
    year = request.form.get("year", "").strip()
    wanted = int(year) if year.isdecimal() and len(year) == 4 else None
    given = request.files.get("file")
    name = (given.filename if given else request.form.get("filename", "")) or ""
    try:
        text = engine().plans.without_persons(given.read()) if given and given.filename else _unpacked()
        if text is None:
            return _choose([("f-file", wording.problem(core.Reason("required", "expected a file")))])
        content = text.encode()
        understood = engine().plans.understand(actor(), content, wanted)
        if "store" not in request.form:
            return _preview(understood, text, name, wanted)
        chosen = _chosen([task.code for task in understood.tasks])
        plan_id = engine().plans.import_document(actor(), content, name, wanted, chosen)
    except core.DefinitionError as error:
        if "store" in request.form and all(problem.params.get("line") is None for problem in error.problems):
            problems = [(_field(problem), _said(problem)) for problem in error.problems]
            return _preview(understood, text, name, wanted, problems)
        return _choose([(None, words.document_problem(problem)) for problem in error.problems])
    stored = engine().queries.plan(actor(), understood.head.year)
    version = next((row.version for row in stored.versions if row.id == plan_id), None)
    return go(url_for("planning.index", nam=understood.head.year, ban=version), "plan_drafted")


def _choose(problems: Any = ()) -> Any:
    title = _("The document was not understood; nothing was stored") if problems else ""
    shown = {"problems": problems, "problem_title": title}
    return render_template("plan_import.html", **shown), 422 if problems else 200


def _preview(understood: Any, text: str, name: str, year: int | None, problems: Any = ()) -> Any:
    units = [unit for unit in engine().queries.plan_units(actor())]
    processes = [(row.id, row.name) for row in engine().queries.processes(actor()) if row.version]
    view = engine().queries.plan(actor(), understood.head.year) if _has_plan(understood.head.year) else None
    before = {task.code: task for task in view.tasks} if view else {}
    by_task: dict[str, list[Any]] = {}
    for found in understood.findings:
        by_task.setdefault(found.task if found.task.startswith("T") else "", []).append(found)
    shown = {
        "plan": understood,
        "packed": base64.b64encode(zlib.compress(text.encode(), 9)).decode(),
        "filename": name,
        "year": year,
        "words": words,
        "units": units,
        "processes": processes,
        "before": before,
        "choices": _month_choices(understood.head.year),
        "typed": request.form,
        "found": by_task,
        "severities": ("conflict", "warning", "info"),
        "problems": problems,
        "problem_title": _("The draft was not stored"),
    }
    return render_template("plan_preview.html", **shown), 422 if problems else 200


def _has_plan(year: int) -> bool:
    try:
        engine().queries.plan_id(year)
    except core.NotFound:
        return False
    return True


def _unpacked() -> str | None:
    """The text that the preview handed on; None when there is none."""
    packed = request.form.get("packed", "")
    try:
        unpacking = zlib.decompressobj()
        text = unpacking.decompress(base64.b64decode(packed, validate=True), PACKED_MAX)
        return text.decode() if text and not unpacking.unconsumed_tail else None
    except (ValueError, binascii.Error, zlib.error, UnicodeDecodeError):
        return None


def _chosen(codes: Any) -> dict[str, dict[str, str]]:
    """What was chosen for each task: fields "T4.planned_finish"."""
    found: dict[str, dict[str, str]] = {}
    for code in codes:
        values = {name: request.form.get(f"{code}.{name}", "").strip() for name in CHOICES}
        given = {name: value for name, value in values.items() if value}
        if given:
            found[code] = given
    return found


def _field(problem: Any) -> str | None:
    return None if problem.element is None else f"f-{str(problem.element).rpartition('.')[2]}"


def _said(problem: Any) -> str:
    where = str(problem.element or "")
    number = where.partition("[")[2].partition("]")[0]
    if where.endswith(".lead_unit") and number.isdecimal():
        return _("Choose the unit in charge of T%(no)s.", no=int(number) + 1)
    if problem.code == "wrong_value" and number.isdecimal():
        return _("T%(no)s: %(what)s is not right.", no=int(number) + 1, what=where.rpartition(".")[2])
    return words.document_problem(problem)


# --- drafts and versions --------------------------------------------------------------------------------------------


@pages.post("/<plan_id>/sua")
def amend(plan_id: str) -> Any:
    """Other months for the tasks of a draft."""
    view = _by_id(plan_id)
    try:
        engine().plans.amend(actor(), plan_id, _chosen([task.code for task in view.tasks]))
    except core.DefinitionError as error:
        problems = [(None, _said(problem)) for problem in error.problems]
        return _plan_page(view, problems, _("The draft was not changed"), 422)
    return go(url_for("planning.index", nam=view.year, ban=view.version), "plan_amended")


@pages.post("/<plan_id>/bo")
def drop(plan_id: str) -> Any:
    """Throw a draft away."""
    view = _by_id(plan_id)
    engine().plans.drop(actor(), plan_id)
    return go(url_for("planning.index", nam=view.year if len(view.versions) > 1 else None), "plan_dropped")


@pages.post("/<plan_id>/ban-hanh")
def adopt(plan_id: str) -> Any:
    """Adopt a draft; cases that run go on under it."""
    view = _by_id(plan_id)
    dated, problems = _dated(request.form.get("dated", "").strip())
    if not problems:
        number = request.form.get("number", "").strip()[:100] or None
        try:
            engine().plans.adopt(actor(), plan_id, request.form.get("reason", ""), number, dated)
        except core.Invalid as error:
            problems = [(f"f-{k}", f"{_field_label(k)}: {wording.problem(v[0])}") for k, v in error.fields.items()]
        except core.Conflict as error:
            reasons = [wording.reason_text(reason) for reason in error.reasons]
            problems = [(None, text) for text in reasons or [wording.refusal_text(error.code, dict(error.params))]]
    if problems:
        return _plan_page(view, problems, _("The draft was not adopted"), 422)
    return go(url_for("planning.index", nam=view.year), "plan_adopted", str(view.version))


def _field_label(name: str) -> str:
    return _("Reason") if name == "reason" else wording.field_label(name)


def _dated(text: str) -> tuple[date | None, list[tuple[str | None, str]]]:
    if not text:
        return None, []
    try:
        day, month, year = (int(part) for part in text.replace("-", "/").split("/"))
        return date(year, month, day), []
    except ValueError:
        return None, [("f-dated", _("Write the date as dd/mm/yyyy."))]


def _by_id(plan_id: str) -> Any:
    """A version by its id, wherever it stands. Raises NotFound."""
    view = engine().queries.plan_by_id(actor(), plan_id)
    return view


# --- the end of a year ----------------------------------------------------------------------------------------------


@pages.route("/<int:year>/ket-thuc", methods=["GET", "POST"])
def close(year: int) -> Any:
    """What becomes of each task at the end of the year: shown first, then done."""
    if request.method == "GET":
        return _ending(engine().queries.year_end(actor(), year), {}, year)
    codes = [key.partition(".")[0] for key in request.form if key.endswith(".what")]
    carry = [code for code in codes if request.form.get(f"{code}.what") == "carry"]
    leave = {c: request.form.get(f"{c}.why", "") for c in codes if request.form.get(f"{c}.what") == "leave"}
    months = {c: given for c in carry if (given := _new_months(c))}
    if "close" not in request.form:
        return _ending(engine().queries.year_end(actor(), year, carry, leave), request.form, year)
    try:
        engine().plans.close_year(actor(), year, carry, leave, months)
    except core.Conflict as error:
        problems = [(None, wording.reason_text(reason)) for reason in error.reasons]
        problems = problems or [(None, wording.refusal_text(error.code, dict(error.params)))]
        return _ending(engine().queries.year_end(actor(), year, carry, leave), request.form, year, problems)
    return go(url_for("planning.index", nam=year + 1), "year_closed", str(year))


def _new_months(code: str) -> dict[str, str]:
    values = {name: request.form.get(f"{code}.{name}", "").strip() for name in MONTHS}
    return {name: value for name, value in values.items() if value}


def _ending(view: Any, typed: Mapping[str, str], year: int, problems: Any = ()) -> Any:
    shown = {
        "end": view,
        "typed": typed,
        "words": words,
        "choices": _month_choices(year + 1),
        "problems": problems,
        "problem_title": _("The year was not closed"),
    }
    return render_template("plan_end.html", **shown), 409 if problems else 200
