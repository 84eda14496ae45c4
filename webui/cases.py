"""Hồ sơ: the list of cases, one case with all its parts, and opening one for a focus task of the plan."""

from typing import Any

from flask import Blueprint, render_template, request, url_for
from flask_babel import gettext as _
from markupsafe import Markup

import engine as core
from webui import wording
from webui.frame import actor, chrome, engine, go, lang

pages = Blueprint("cases", __name__, url_prefix="/ho-so")

# the engine's key → the word in the address
STATES = {
    None: None,
    "running": "dang-chay",
    "late": "qua-han",
    "soon": "sap-han",
    "done": "da-xong",
    "archived": "luu-tru",
}
PARTS = {"buoc": "steps", "tai-lieu": "documents", "y-kien": "opinions", "cong": "gates", "nhat-ky": "journal"}


@pages.get("")
def index() -> Any:
    """The cases that may be seen, by state and unit, and the focus tasks of the plan."""
    slug = request.args.get("loc") or None
    state = next((key for key, word in STATES.items() if word == slug), None)
    unit = request.args.get("don_vi") or None
    labels = {
        None: _("All"),
        "running": _("Running"),
        "late": _("Overdue"),
        "soon": _("Due soon"),
        "done": _("Done"),
        "archived": _("Archived"),
    }
    focus = engine().queries.focus_tasks(actor())
    year = next((task.planned_finish[:4] for task in focus), None)
    return render_template(
        "cases.html",
        found=engine().queries.cases(actor(), state, unit),
        filters=[(key, word, labels[key]) for key, word in STATES.items()],
        state=state,
        slug_now=STATES[state],
        unit=unit,
        focus_tasks=focus,
        plan_year=year,
        supporting=engine().queries.supporting(actor()),
    )


@pages.get("/<case_id>")
def show(case_id: str) -> Any:
    """One case: milestones, diagram, and one of its tables."""
    case = engine().queries.case(actor(), case_id, lang())
    part = request.args.get("phan", "buoc")
    part = part if part in PARTS else "buoc"
    answered = sum(round_.answered for round_ in case.consultations)
    parts = [
        ("buoc", _("Steps"), len(case.steps)),
        ("tai-lieu", _("Documents"), len(case.documents)),
        ("y-kien", _("Opinions"), answered),
        ("cong", _("Gates"), len(case.gates)),
        ("nhat-ky", _("Journal"), case.journal_count),
    ]
    # Markup: the engine draws the diagram itself and escapes every text in it; nothing of a request enters here.
    drawing = Markup(engine().queries.diagram(actor(), case_id, lang()))
    folded = 0 if "tat_ca" in request.args else long_done(case.steps)
    late = sum(row.due.state == "done_late" for row in case.steps[:folded])
    return render_template(
        "case.html",
        case=case,
        part=part,
        panel=PARTS[part],
        parts=parts,
        drawing=drawing,
        element_names={row.element: row.name for row in case.steps},
        folded=folded,
        bad_opinion=None,
        folded_late=late,
        awaited=engine().queries.awaited(actor(), case.id, lang()),
        waivable=engine().queries.waivable(actor(), case.id) if part == "tai-lieu" else [],
    )


def long_done(steps: Any) -> int:
    """How many of the first steps to fold: done, and more than two before the first that is not."""
    done = next((n for n, row in enumerate(steps) if row.state != "done"), len(steps))
    running = done < len(steps)
    return done - 2 if running and done >= 6 else 0


@pages.post("/<case_id>/su-co/<incident_id>/chay-lai")
def retry(case_id: str, incident_id: str) -> Any:
    """Try again what stopped for a technical reason; an administrator may."""
    engine().operations.retry(actor(), incident_id)
    try:
        engine().queries.case(actor(), case_id, lang())
    except core.NotFound:  # it runs again, so it is none of an administrator's business any more
        return go(url_for("cases.index"), "retried")
    return go(url_for("cases.show", case_id=case_id), "retried")


@pages.route("/<case_id>/nguoi-soan-thao", methods=["GET", "POST"])
def drafter(case_id: str) -> Any:
    """Who drafts the case from now on: for the head of the unit in charge, with a reason."""
    case = engine().queries.case(actor(), case_id, lang())
    if request.method == "GET":
        if not case.drafters:
            return go(url_for("cases.show", case_id=case_id))
        return render_template("drafter.html", case=case, problems=[])
    person, reason = request.form.get("person", ""), request.form.get("reason", "")
    try:
        engine().cases.replace_drafter(actor(), case.id, person, reason)
    except core.Invalid as error:
        found = [
            (f"f-{key}", f"{wording.field_label(key)}: {wording.problem(reasons[0])}")
            for key, reasons in error.fields.items()
        ]
        title = _("The drafter is still the same")
        return render_template("drafter.html", case=case, problems=found, problem_title=title), 422
    return go(url_for("cases.show", case_id=case.id), "drafter_replaced", dict(case.drafters).get(person, ""))


@pages.route("/mo-moi/<focus_id>", methods=["GET", "POST"])
def start(focus_id: str) -> Any:
    """What will be opened, then opening it."""
    if request.method == "POST":
        try:
            case_id = engine().cases.start(actor(), focus_id)
        except core.Conflict as error:
            task = engine().queries.focus_task(actor(), focus_id)
            said = wording.refusal_text(error.code, dict(error.params)) or _("Nothing was changed.")
            problems = [(None, said)]
            title = _("The case was not opened")
            told = {"task": task, "problems": problems, "problem_title": title, "schedule": None}
            return render_template("start.html", **told), 409
        return go(url_for("cases.show", case_id=case_id), "started")
    chrome()
    task, schedule = engine().queries.focus_task(actor(), focus_id), engine().queries.focus_schedule(actor(), focus_id)
    return render_template("start.html", task=task, problems=[], schedule=schedule)
