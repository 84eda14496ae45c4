"""What went wrong, in words: one table from error to HTTP status, one page for all of them.

A page of ours says first what did *not* happen, then what was kept, then what can be done now. The engine's errors
carry codes and parameters; the sentences are here and in `wording`. Whatever is not an error of the engine's family or
of HTTP is a bug: it is logged under a short code that the page shows and that a person can read out on the phone.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from flask import Flask, current_app, g, jsonify, make_response, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.exceptions import HTTPException

import engine as core
from webui import wording
from webui.frame import asked_by_script

STATUS: dict[type[Exception], int] = {
    core.NotFound: 404,
    core.Forbidden: 403,
    core.Conflict: 409,
    core.Invalid: 422,
    core.DefinitionError: 422,
    core.TooLarge: 413,
}


class Forged(Exception):
    """A changing request without a valid token: an old page, or somebody else's."""


@dataclass
class Page:
    """What an error page says."""

    kicker: str
    title: str
    text: str
    now: Sequence[str] = ()
    back: tuple[str, str] | None = None
    again: tuple[str, str] | None = None
    kept: list[tuple[str, str]] = field(default_factory=list)


def status_of(error: Exception) -> int:
    """The HTTP status of an error of the engine's."""
    return next((status for kind, status in STATUS.items() if isinstance(error, kind)), 500)


def install(app: Flask) -> None:
    """Answer every error with a page (or JSON for our own scripts)."""
    app.register_error_handler(core.EngineError, refused)
    app.register_error_handler(Forged, forged)
    app.register_error_handler(HTTPException, http)
    app.register_error_handler(Exception, bug)


def refused(error: core.EngineError) -> Any:
    """A command or query of the engine's was refused; it changed nothing."""
    return answer(status_of(error), page_of(error), code=error.code)


def forged(error: Forged) -> Any:
    """The page was older than the session, or the request did not come from a page of ours."""
    page = Page(
        _("Not sent"),
        _("This page was open for too long"),
        _("Nothing was saved or sent. What was typed is still in the browser: go back, copy it, reload the page."),
        [_("Go back to the previous page and reload it."), _("Log in again when asked to.")],
        back=(_("Back to my work"), url_for("inbox.index")),
        kept=typed(),
    )
    return answer(403, page, code="forged")


def http(error: HTTPException) -> Any:
    """Errors that Flask and Werkzeug raise themselves."""
    if error.code is None or error.code < 400:
        return error
    response = answer(error.code, page_of_status(error.code), code=f"http_{error.code}")
    for name, value in error.get_headers():
        if name in ("Allow", "Retry-After"):
            response.headers[name] = value
    return response


def bug(error: Exception) -> Any:
    """Not an error we know: log it under a code, show the code."""
    number = incident_number()
    current_app.logger.error("incident %s: %s %s", number, request.method, request.path, exc_info=error)
    page = Page(
        _("Not done"),
        _("The system met an error of its own"),
        _("The last action may not have been carried out. What was saved before is intact."),
        [
            _("Open the task again and see whether the action was recorded, then repeat it if it was not."),
            _("If it happens again, call the Department Office and read out the code %(code)s.", code=number),
        ],
        back=(_("Back to my work"), url_for("inbox.index")),
        kept=typed(),
    )
    return answer(500, page, code="internal", incident=number)


def incident_number() -> str:
    """A code that can be read out: no letters that sound or look alike."""
    letters = "2346789CDEFHJKLMNPQRTVWX"
    drawn = "".join(secrets.choice(letters) for _each in range(6))
    return f"{drawn[:2]}-{drawn[2:]}"


def typed() -> list[tuple[str, str]]:
    """What the person had written into the form that failed, so that it can be copied."""
    if request.method != "POST":
        return []
    try:
        form = request.form
    except Exception:
        return []
    hidden = {"csrf_token", "password", "seen_version", "tiep"}
    # Choices are sent as codes of one word; what somebody wrote has several.
    written = [(name, text) for name, text in form.items(multi=True) if name not in hidden]
    return [(name, text) for name, text in written if len(text.strip()) >= 10 and len(text.split()) > 1]


def page_of(error: core.EngineError) -> Page:
    """The page for an error of the engine's."""
    home = (_("Back to my work"), url_for("inbox.index"))
    title, text, now = wording.refusal(error)
    if isinstance(error, core.NotFound):
        return Page(_("Nothing to show"), title, text, now, home)
    if isinstance(error, core.Forbidden):
        return Page(_("Not permitted"), title, text, now, home, kept=typed())
    task_id = g.get("task_id")
    again = (_("Open the task again"), url_for("tasks.show", task_id=task_id)) if task_id else None
    return Page(_("Not done"), title, text, now, home, again, typed())


def page_of_status(status: int) -> Page:
    """The page for an HTTP error that did not come from the engine."""
    home = (_("Back to my work"), url_for("inbox.index"))
    pages = {
        403: Page(
            _("Not permitted"),
            _("This page is not open to this account"),
            _("Nothing was changed."),
            [_("Ask the unit that holds the case for access.")],
            home,
        ),
        404: Page(
            _("Nothing to show"),
            _("There is no such page"),
            _("The address may be mistyped, or what it named is not open to this account."),
            [_("Check the address."), _("Look for the case in the list of cases.")],
            home,
        ),
        405: Page(
            _("Not done"),
            _("This page cannot be used that way"),
            _("Nothing was changed. The address belongs to a button; it cannot be opened by itself."),
            [_("Go back and use the button on the page.")],
            home,
        ),
        413: Page(
            _("Not uploaded"),
            _("The file is too large"),
            _("The file was not stored. Files of up to %(limit)s are accepted.", limit=wording.size(limit())),
            [
                _("Save the document as PDF, or reduce the pictures in it, and upload it again."),
                _("What was typed on the page is still there: go back."),
            ],
            home,
        ),
    }
    if status in pages:
        return pages[status]
    return Page(
        _("Not done"),
        _("The request could not be understood"),
        _("Nothing was changed."),
        [_("Go back, reload the page and try again.")],
        home,
        kept=typed(),
    )


def limit() -> int:
    """The largest file accepted, in bytes."""
    return int(current_app.extensions["engine"].settings.upload_limit)


def answer(status: int, page: Page, *, code: str, incident: str | None = None) -> Any:
    """The error as a page; as JSON when a script of ours asked."""
    wanted = request.accept_mimetypes.best_match(["text/html", "application/json"])
    if wanted == "application/json" or asked_by_script():
        return make_response(jsonify(code=code, message=page.title, text=page.text), status)
    if g.get("chrome") is None and status == 500:
        g.session = None  # the frame must not ask the engine that has just failed
    return make_response(render_template("error.html", page=page, status=status, incident=incident), status)
