"""Who is asking: log-in, log-out, and the session behind each request.

The session is a row of the engine's; the browser holds only its token, in a cookie that scripts cannot read. Pages
need a log-in unless they are named in `OPEN`. What a person may do is not decided here but by the engine, per command.
"""

from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, Flask, Response, g, make_response, redirect, render_template, request, url_for

import engine as core
from webui import protection
from webui.frame import asked_by_script, engine, go, inside

COOKIE = "tk_session"
OPEN = frozenset({"static", "health", "auth.log_in", "auth.enter"})
# Nobody's work: these neither need nor ask for a session.
BARE = frozenset({"static", "health"})

pages = Blueprint("auth", __name__)


def install(app: Flask) -> None:
    """Find the session of each request, and send people without one to the log-in page."""
    app.before_request(recognise)


def recognise() -> Response | None:
    """Read the session's row; a page that needs a log-in is answered by the way to it."""
    g.session = g.chrome = None
    if request.endpoint in BARE:
        return None
    token = request.cookies.get(COOKIE)
    g.session = engine().queries.session(token) if token else None
    if token and g.session is not None and g.session.idle:
        with suppress(core.Conflict):  # a busy store: the next request says it
            engine().people.touch(token)
    if g.session is not None or request.endpoint in OPEN:
        return None
    if asked_by_script():
        return make_response({"code": "no_session"}, 401)
    seen = request.full_path.rstrip("?") if request.method == "GET" else urlsplit(request.referrer or "").path
    onward = inside(seen) if seen != "/" else None
    return go(url_for("auth.log_in", tiep=onward, het_phien=1 if token else None))


@pages.get("/dang-nhap")
def log_in() -> Any:
    """The log-in form."""
    if g.session is not None:
        return redirect(inside(request.args.get("tiep")) or url_for("inbox.index"))
    return show_form(expired="het_phien" in request.args)


@pages.post("/dang-nhap")
def enter() -> Any:
    """Check name and password; a new session is a new token, so that one set beforehand is worth nothing."""
    name, password = request.form.get("login", "").strip(), request.form.get("password", "")
    try:
        token = engine().people.log_in(name, password, request.remote_addr or "")
    except core.Forbidden as refused:
        if refused.code != "throttled":
            return show_form(name=name, refused=refused), 403
        wait = int(refused.params.get("retry_after", 60))
        return show_form(name=name, refused=refused), 429, {"Retry-After": str(wait)}
    before = request.cookies.get(COOKIE)
    if before:
        # Somebody else at the same browser: nobody can log the first one out any more.
        engine().people.log_out(before)
    response = go(inside(request.form.get("tiep")) or url_for("inbox.index"))
    response.set_cookie(COOKIE, token, httponly=True, samesite="Lax", secure=engine().settings.secure_cookies)
    response.delete_cookie(protection.FORM_COOKIE)
    return response


def show_form(*, name: str = "", refused: Any = None, expired: bool = False) -> Response:
    """The log-in page, with what was wrong and how long to wait."""
    onward = inside(request.values.get("tiep"))
    page = render_template("log_in.html", name=name, refused=refused, expired=expired, onward=onward)
    return protection.with_form_cookie(make_response(page))


@pages.post("/dang-xuat")
def log_out() -> Response:
    """End the session on the server, not only in the browser."""
    token = request.cookies.get(COOKIE)
    if token:
        engine().people.log_out(token)
    response = go(url_for("auth.log_in"))
    response.delete_cookie(COOKIE)
    return response
