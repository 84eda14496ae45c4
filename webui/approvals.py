"""Documents beside the process's way: mending one that was approved, doing without one."""

from typing import Any

from flask import Blueprint, abort, render_template, request, url_for
from flask_babel import gettext as _

import engine as core
from webui import wording
from webui.files import ACCEPT
from webui.frame import actor, engine, go, lang

pages = Blueprint("approvals", __name__, url_prefix="/ho-so")


@pages.route("/<case_id>/tai-lieu/<artefact>/sua", methods=["GET", "POST"])
def revise(case_id: str, artefact: str) -> Any:
    """Add a version of a document that was made in an earlier step; who approved it is asked anew."""
    case = engine().queries.case(actor(), case_id, lang())
    document = next((each for each in case.documents if each.artefact == artefact and each.versions), None)
    if document is None or not document.revisable:
        abort(404)
    affected = engine().queries.affected(actor(), case.id, artefact)
    shown = {"case": case, "document": document, "affected": affected, "accept": ACCEPT}
    if request.method == "GET":
        return render_template("revise.html", **shown, problems=[])
    upload = request.files.get("file")
    body = upload.read() if upload else b""
    name = (upload.filename if upload else "") or ""
    try:
        engine().approvals.revise(actor(), case.id, artefact, request.form.get("reason", ""), name, body)
    except core.Invalid as error:
        problems = _problems(error)
        return render_template(
            "revise.html", **shown, problems=problems, problem_title=_("The document was not changed")
        ), 422
    return go(url_for("cases.show", case_id=case.id, phan="tai-lieu"), "revised")


@pages.route("/<case_id>/tai-lieu/<artefact>/khong-can", methods=["GET", "POST"])
def waive(case_id: str, artefact: str) -> Any:
    """Say that a document will not be there, and why."""
    case = engine().queries.case(actor(), case_id, lang())
    name = dict(engine().queries.waivable(actor(), case.id)).get(artefact)
    if name is None:
        abort(404)
    if request.method == "GET":
        return render_template("waive.html", case=case, name=name, problems=[])
    try:
        engine().approvals.waive(actor(), case.id, artefact, request.form.get("reason", ""))
    except core.Invalid as error:
        problems = _problems(error)
        return render_template(
            "waive.html", case=case, name=name, problems=problems, problem_title=_("Nothing was changed.")
        ), 422
    return go(url_for("cases.show", case_id=case.id, phan="tai-lieu"), "waived")


def _problems(error: core.Invalid) -> list[tuple[str, str]]:
    return [
        (f"f-{key}", f"{wording.field_label(key)}: {wording.problem(reasons[0])}")
        for key, reasons in error.fields.items()
    ]
