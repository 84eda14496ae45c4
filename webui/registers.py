"""Sổ số văn bản: the numbers of each register and year; the records clerk reserves, uses and cancels them."""

from datetime import date
from typing import Any

from flask import Blueprint, render_template, request, url_for
from flask_babel import gettext as _

import engine as core
from webui import wording
from webui.frame import actor, engine, go

pages = Blueprint("registers", __name__, url_prefix="/so-van-ban")


@pages.get("")
def index() -> Any:
    """A register of a year."""
    year = request.args.get("nam", type=int)
    return _page(engine().queries.book(actor(), request.args.get("so") or None, year))


def _page(book: Any, problems: Any = (), title: str = "", status: int = 200) -> Any:
    return render_template("registers.html", book=book, problems=problems, problem_title=title), status


def _refused(book: Any, error: core.Invalid, title: str) -> Any:
    found = [
        (f"f-{key}", f"{wording.field_label(key)}: {wording.problem(reasons[0])}")
        for key, reasons in error.fields.items()
    ]
    return _page(book, found, title, 422)


@pages.post("/giu-so")
def reserve() -> Any:
    """Keep the next numbers of a register free."""
    register = request.form.get("register", "")
    count = request.form.get("count", default=0, type=int)
    try:
        kept = engine().registers.reserve(actor(), register, count, request.form.get("reason", ""))
    except core.Invalid as error:
        return _refused(engine().queries.book(actor(), register), error, _("No number was reserved"))
    return go(url_for("registers.index", so=register), "reserved", ", ".join(kept[:3]) + ("…" if len(kept) > 3 else ""))


@pages.post("/<int:year>/<int:number>")
def change(year: int, number: int) -> Any:
    """Say what a reserved number stands on, or cancel a number."""
    register = request.form.get("register", "")
    try:
        if request.form.get("act") == "cancel":
            engine().registers.cancel(actor(), register, year, number, request.form.get("reason", ""))
        else:
            dated = _day(request.form.get("dated", ""))
            engine().registers.use(actor(), register, year, number, request.form.get("title", ""), dated)
    except core.Invalid as error:
        return _refused(engine().queries.book(actor(), register, year), error, _("The number was not changed"))
    return go(url_for("registers.index", so=register, nam=year), "number_changed")


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise core.Invalid({"dated": [core.Reason("required", "expected a day")]}) from None
