"""What reaches a case from outside, and cases that support the focus tasks: recording a message, opening a supporting
process."""

from typing import Any

from flask import Blueprint, abort, render_template, request, url_for
from flask_babel import gettext as _

import engine as core
from webui import wording
from webui.frame import actor, engine, go, lang

pages = Blueprint("arrivals", __name__, url_prefix="/ho-so")


@pages.route("/<case_id>/ghi-nhan/<message>", methods=["GET", "POST"])
def record(case_id: str, message: str) -> Any:
    """What came with a message that the case waits for; then the case goes on."""
    case = engine().queries.case(actor(), case_id, lang())
    found = engine().queries.awaited(actor(), case.id, lang())
    key = request.values.get("khoa") or None
    awaited = next((each for each in found if each.message == message and (key is None or each.key == key)), None)
    if awaited is None:
        if request.method == "POST":
            raise core.Conflict("not_awaited", f"Expected case {case.code} to wait for {message}, but it does not.")
        return go(url_for("cases.show", case_id=case.id))
    shown = {"case": case, "awaited": awaited, "english": lang() == "en", "wrong": {}, "problems": []}
    if request.method == "GET":
        return render_template("arrival.html", **shown)
    values = {field.name: request.form.get(field.name, "") for field in awaited.fields}
    try:
        engine().opening.receive(actor(), case.id, message, values, awaited.key)
    except core.Invalid as error:
        labels = {f.name: f.label_en if lang() == "en" else f.label for f in awaited.fields}
        wrong = {name: wording.problem(reasons[0]) for name, reasons in error.fields.items()}
        shown["wrong"] = wrong
        shown["problems"] = [(f"f-{name}", f"{labels.get(name, name)}: {text}") for name, text in wrong.items()]
        shown["problem_title"] = _("It was not recorded")
        return render_template("arrival.html", **shown), 422
    return go(url_for("cases.show", case_id=case.id), "received", awaited.name)


@pages.route("/mo-khac", methods=["GET", "POST"])
def support() -> Any:
    """The supporting processes that one may open: a report of a period, an adjustment of the plan."""
    found = engine().queries.supporting(actor())
    if not found:
        abort(404)
    problems: list[tuple[str | None, str]] = []
    if request.method == "POST":
        wanted = next((each for each in found if each.process_id == request.form.get("process")), None)
        focus = request.form.get("focus") or None
        if wanted is None:
            abort(404)
        if wanted.about_task and focus not in dict(wanted.focus_tasks):
            problems = [(f"f-{wanted.process_id}", _("Choose the focus task that it is about."))]
        else:
            about = focus if wanted.about_task else None
            try:
                case_id = engine().cases.start(actor(), about, process_id=wanted.process_id)
            except core.Conflict as error:
                problems = [(None, wording.refusal_text(error.code, dict(error.params)) or _("Nothing was changed."))]
            else:
                return go(url_for("cases.show", case_id=case_id), "started")
    title = _("The case was not opened")
    status = 422 if problems else 200
    return render_template("support.html", found=found, problems=problems, problem_title=title), status
