"""Lịch làm việc: the days of a year that are not what their weekday says; the secretariat changes one after a look at
what would move."""

from datetime import date
from typing import Any

from flask import Blueprint, abort, render_template, request, url_for
from flask_babel import gettext as _

import engine as core
from webui import wording
from webui.frame import actor, engine, go

pages = Blueprint("calendar", __name__, url_prefix="/lich-lam-viec")
KINDS = ("nghi_le", "nghi_bu", "nghi_hoan_doi", "lam_bu", "nghi_nua_ngay")


@pages.get("")
def index() -> Any:
    """A year by months."""
    year = request.args.get("nam", type=int)
    if year is not None and not 2000 <= year <= 2100:
        abort(404)
    return render_template("calendar.html", found=engine().queries.calendar(actor(), year))


@pages.route("/<day>", methods=["GET", "POST"])
def edit(day: str) -> Any:
    """One day: what it is, what would move if it were something else, and saving that."""
    at = _day(day)
    found = engine().queries.calendar(actor(), at.year)
    if not found.may_change:
        raise core.Forbidden("role", "Expected somebody of the secretariat.")
    now = next((special for special in found.special if special.day == at), None)
    form, problems, preview = _asked(now), [], None
    wanted = request.form.get("do", "") if request.method == "POST" else ""
    drop = wanted in ("drop_preview", "drop")
    if wanted:
        try:
            if wanted in ("save", "drop"):
                return _save(at, form, drop)
            asked = {"kind": None} if drop else form
            preview = engine().queries.calendar_preview(actor(), at, **asked)
        except core.Invalid as error:
            problems = [
                (f"f-{key}", f"{wording.field_label(key)}: {wording.problem(reasons[0])}")
                for key, reasons in error.fields.items()
            ]
    shown = render_template(
        "calendar_day.html",
        day=at,
        now=now,
        form=form,
        kinds=KINDS,
        drop=drop,
        preview=preview,
        problems=problems,
        problem_title=_("The day was not changed"),
    )
    return (shown, 422) if problems else shown


def _asked(now: Any) -> dict[str, Any]:
    """What was typed, or what the day is now."""
    if request.method == "GET":
        kept = ("kind", "name", "source", "confirmed", "half")
        return {key: getattr(now, key) for key in kept} if now else {**_EMPTY}
    kind = request.form.get("kind", "")
    return {
        "kind": kind,
        "name": request.form.get("name", ""),
        "source": request.form.get("source", ""),
        "confirmed": bool(request.form.get("confirmed")),
        "half": request.form.get("half") or None if kind == "nghi_nua_ngay" else None,
    }


_EMPTY = {"kind": "nghi_le", "name": "", "source": "", "confirmed": True, "half": None}


def _save(day: date, form: dict[str, Any], drop: bool) -> Any:
    seen = request.form.get("seen") or None
    if drop:
        engine().calendar.remove(actor(), day, seen)
    else:
        engine().calendar.change(actor(), day, seen=seen, **form)
    return go(url_for("calendar.index", nam=day.year), "calendar_changed", wording.full_day(day))


def _day(text: str) -> date:
    try:
        at = date.fromisoformat(text)
    except ValueError:
        abort(404)
    if not 2000 <= at.year <= 2100:
        abort(404)
    return at
