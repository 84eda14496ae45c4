"""What every part of the application asks for: the engine, the person, the counts of the top bar, the last thing done.

Asked once a request and kept on `g`. A notice for the next page ("Đã ký và trình") travels in a cookie signed with the
session's own secret, since there is no other place where a page leaves something for the one after it.
"""

from typing import Any, NamedTuple

from flask import Flask, Response, current_app, g, make_response, redirect, request
from flask_babel import get_locale
from itsdangerous import BadData, URLSafeSerializer

DONE_COOKIE = "tk_done"
KEYS_COOKIE = "tk_keys"


class Done(NamedTuple):
    """Something that was just done: a code that `wording.done` words, and what it was done to."""

    code: str
    what: str


def engine() -> Any:
    """The one engine of this application."""
    return current_app.extensions["engine"]


def actor() -> str:
    """The person id of whoever is logged in."""
    return str(g.session.person)


def lang() -> str:
    """The language in which texts of models are wanted."""
    return str(get_locale() or "vi")


def chrome() -> Any:
    """Counts, clock and permissions for the frame of the page; None without a session."""
    if g.get("chrome") is None and g.get("session") is not None:
        g.chrome = engine().queries.chrome(actor())
    return g.get("chrome")


def go(address: str, done: str | None = None, what: str = "") -> Response:
    """Send the browser to `address` after a change; htmx is told by a header, lest it fill a pane with the page."""
    if request.headers.get("HX-Request"):
        response = make_response("", 204)
        response.headers["HX-Redirect"] = address
    else:
        response = make_response(redirect(address, 303))
    if done is not None:
        value = URLSafeSerializer(g.session.csrf, salt="done").dumps([done, what[:200]])
        secure = engine().settings.secure_cookies
        response.set_cookie(DONE_COOKIE, value, max_age=60, httponly=True, samesite="Lax", secure=secure)
    return response


def just_done() -> Done | None:
    """What the page before this one did; told once."""
    value = request.cookies.get(DONE_COOKIE)
    if not value or g.get("session") is None:
        return None
    g.done_told = True
    try:
        code, what = URLSafeSerializer(g.session.csrf, salt="done").loads(value)
    except (BadData, ValueError):
        return None
    return Done(str(code), str(what))


def for_scripts(view: Any) -> Any:
    """Marks a view that scripts of ours ask: what goes wrong is told as JSON, and nobody is sent to the log-in page."""
    view.for_scripts = True
    return view


def asked_by_script() -> bool:
    """Whether the request is for such a view."""
    return getattr(current_app.view_functions.get(request.endpoint or ""), "for_scripts", False)


def inside(address: str | None) -> str | None:
    """`address` when it is a path of this site, else None: nobody is forwarded to somewhere else."""
    if address and address.startswith("/") and not address.startswith(("//", "/\\")) and address.isprintable():
        return address
    return None


def office_name() -> str:
    """Whose installation this is, for the log-in page."""
    return str(getattr(engine().settings, "office", "") or "Sở Khoa học và Công nghệ tỉnh Bắc Giang")


def shortcuts() -> bool:
    """Whether this person wants shortcut keys, in this browser."""
    return g.get("session") is not None and g.session.shortcuts and request.cookies.get(KEYS_COOKIE) != "0"


def install(app: Flask) -> None:
    """Give templates the frame, and take a told notice back."""
    app.context_processor(lambda: {"session": g.get("session"), "chrome": chrome, "shortcuts": shortcuts})
    app.jinja_env.globals.update(just_done=just_done, office_name=office_name)

    @app.after_request
    def take_back(response: Response) -> Response:
        if g.pop("done_told", False):
            response.delete_cookie(DONE_COOKIE)
        return response
