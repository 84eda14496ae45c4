"""The web application: requests become commands of the engine, rows become pages.

`create_app` is the composition root and the only place where the parts meet. This package imports nothing of the
engine but its door (`engine`), knows no SQL and holds no state between requests: who is logged in is a row of the
engine's, so that any number of these processes can stand behind one address.
"""

from typing import Any

from flask import Flask, redirect, url_for
from jinja2 import StrictUndefined
from werkzeug.middleware.proxy_fix import ProxyFix

import engine as core
from webui import (
    approvals,
    arrivals,
    assets,
    auth,
    authority,
    calendar,
    cases,
    consulting,
    failures,
    files,
    frame,
    inbox,
    languages,
    notices,
    papers,
    planning,
    protection,
    registers,
    scheduling,
    studio,
    tasks,
    wording,
)


def create_app(settings: "core.Settings | None" = None, *, engine: Any = None, proxies: int = 0) -> Flask:
    """The WSGI application for `settings` (from the environment when absent).

    `engine` hands in an engine that exists already; `proxies` is how many reverse proxies are trusted to tell the
    client's address. Raises RuntimeError when the front end has not been built.
    """
    if engine is None:
        engine = core.Engine(settings or core.Settings.from_env())
    app = Flask(__name__, static_folder=None)
    app.extensions["engine"] = engine
    app.config["MAX_CONTENT_LENGTH"] = engine.settings.upload_limit + 64 * 1024  # the form around the file
    app.config["MAX_FORM_MEMORY_SIZE"] = 2 * 1024 * 1024
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    if proxies:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=proxies, x_proto=proxies)  # type: ignore[method-assign]

    for part in (assets, languages, frame, wording, auth, protection, failures):
        part.install(app)
    for part in (
        auth,
        inbox,
        tasks,
        scheduling,
        calendar,
        authority,
        approvals,
        arrivals,
        cases,
        consulting,
        registers,
        files,
        papers,
        notices,
        planning,
        studio,
    ):
        app.register_blueprint(part.pages)

    @app.get("/")
    def home() -> Any:
        return redirect(url_for("inbox.index"))

    @app.get("/suc-khoe")
    def health() -> tuple[str, int, dict[str, str]]:
        """Answers while the process lives; asks nobody, so that a slow database does not get the process killed."""
        return "ok", 200, {"Content-Type": "text/plain; charset=utf-8"}

    return app
