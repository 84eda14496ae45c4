"""Vắng mặt, ủy quyền: who is away and who acts meanwhile, what would stop, what was done in one's name; mandates."""

from datetime import date, timedelta
from typing import Any

from flask import Blueprint, render_template, request, url_for
from flask_babel import gettext as _

import engine as core
from webui import wording
from webui.frame import actor, chrome, engine, go

pages = Blueprint("authority", __name__)
WEEKS_AHEAD = 4
KEPT_DAYS = 400
GRANT = ("person", "seat", "form", "scope", "title", "number", "dated", "valid_from", "valid_to")


@pages.get("/vang-mat")
def absences() -> Any:
    """My absences and deputies, what was done in my name; everybody's for who sees them."""
    today = _today()
    return _absences({"person": actor(), "first_day": today.isoformat(), "last_day": today.isoformat()})


@pages.post("/vang-mat")
def announce() -> Any:
    """Announce an absence after a look at what would stop."""
    form = {key: request.form.get(key, "") for key in ("person", "first_day", "last_day", "deputy", "reason")}
    try:
        first, last = _day(form, "first_day"), _day(form, "last_day")
        if last < first:
            raise core.Invalid({"last_day": [core.Reason("before_first", "expected a day after the first")]})
        if request.form.get("do") == "save":
            engine().authority.announce_absence(
                actor(), form["person"], first, last, form["deputy"] or None, form["reason"]
            )
            return go(
                url_for("authority.absences"),
                "absence_announced",
                f"{wording.full_day(first)} – {wording.full_day(last)}",
            )
        gaps = engine().queries.coverage(
            actor(), max(first, _today()), last, away=form["person"], deputy=form["deputy"] or None
        )
    except core.Invalid as error:
        return _absences(form, problems=problems_of(error), status=422)
    except core.Conflict as error:
        told = [("f-first_day", wording.refusal_text(error.code, dict(error.params)))]
        return _absences(form, problems=told, status=409)
    return _absences(form, gaps=gaps)


@pages.post("/vang-mat/<absence>/ket-thuc")
def end(absence: str) -> Any:
    """Somebody is back, or does not go."""
    engine().authority.end_absence(actor(), absence)
    return go(url_for("authority.absences"), "absence_ended")


def _absences(form: dict[str, Any], gaps: Any = None, problems: Any = (), status: int = 200) -> Any:
    queries, today = engine().queries, _today()
    found = queries.absences(actor())
    choices = queries.absence_choices(actor())
    if gaps is not None:
        name = next((one[1] for one in choices.people if one[0] == form["person"]), None)
        gaps = [gap for gap in gaps if name in gap.people]
    shown = render_template(
        "absences.html",
        mine=[row for row in found if row.person == actor()],
        standing=[row for row in found if row.deputy == actor() and row.state in ("now", "coming")],
        others=[row for row in found if row.person != actor()] if choices.watches else [],
        ahead=queries.coverage(actor(), today, today + timedelta(weeks=WEEKS_AHEAD)) if choices.watches else [],
        done=list(reversed(queries.done_for(actor(), today - timedelta(days=KEPT_DAYS), today))),
        choices=choices,
        form={"deputy": "", "reason": "", **form},
        gaps=gaps,
        problems=problems,
        today=today,
    )
    return shown, status


@pages.get("/uy-quyen")
def mandates() -> Any:
    """The mandates that somebody may see; the holder of a seat gives and revokes them."""
    return _mandates({"dated": _today().isoformat(), "valid_from": _today().isoformat(), "form": "TUQ."})


@pages.post("/uy-quyen")
def grant() -> Any:
    """Give a mandate."""
    form: dict[str, Any] = {key: request.form.get(key, "") for key in GRANT}
    form["kinds"] = request.form.getlist("kinds")
    unit, _slash, position = form["seat"].partition("/")
    days = {key: _day(form, key) if form[key] else None for key in ("dated", "valid_from", "valid_to")}
    try:
        if not form["person"]:
            raise core.Invalid({"person": [core.Reason("required", "expected a person")]})
        engine().mandates.grant(
            actor(), form["person"], form["form"], unit, position, form["kinds"], scope=form["scope"],
            title=form["title"], number=form["number"], **days,
        )  # fmt: skip
    except core.Invalid as error:
        return _mandates(form, _("The mandate was not given"), problems_of(error), 422)
    return go(url_for("authority.mandates"), "mandate_given", form["number"])


@pages.post("/uy-quyen/<mandate>/thu-hoi")
def revoke(mandate: str) -> Any:
    """Take a mandate back, with a reason."""
    try:
        engine().mandates.revoke(actor(), mandate, request.form.get("reason", ""))
    except core.Invalid as error:
        told = [(f"r-{mandate}", text) for _field, text in problems_of(error)]
        return _mandates({"form": "TUQ."}, _("The mandate was not revoked"), told, 422)
    return go(url_for("authority.mandates"), "mandate_revoked")


def _mandates(form: dict[str, Any], title: str = "", problems: Any = (), status: int = 200) -> Any:
    queries = engine().queries
    shown = render_template(
        "mandates.html",
        rows=queries.mandates(actor()),
        choices=queries.mandate_choices(actor()),
        form={**dict.fromkeys(GRANT, ""), "kinds": [], **form},
        problem_title=title,
        problems=problems,
    )
    return shown, status


def problems_of(error: core.Invalid) -> list[tuple[str, str]]:
    """What is wrong with a form, field by field."""
    return [
        (f"f-{key}", f"{wording.field_label(key)}: {wording.problem(reasons[0])}")
        for key, reasons in error.fields.items()
    ]


def _today() -> date:
    return (chrome().now + timedelta(hours=7)).date()  # type: ignore[no-any-return]


def _day(form: dict[str, Any], name: str) -> date:
    try:
        return date.fromisoformat(form[name])
    except ValueError:
        raise core.Invalid({name: [core.Reason("required", "expected a day")]}) from None
