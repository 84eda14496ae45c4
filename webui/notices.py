"""What a person was told, and the little that can be set for oneself: shortcut keys on or off."""

from typing import Any

from flask import Blueprint, g, render_template, request, url_for

from webui.frame import KEYS_COOKIE, actor, engine, go, inside

pages = Blueprint("notices", __name__)


@pages.get("/thong-bao")
def index() -> Any:
    """Notices, newest first."""
    return render_template("notices.html", notices=engine().queries.notices(actor()))


@pages.post("/thong-bao/da-doc")
def read() -> Any:
    """Mark all as read."""
    engine().people.read_notices(actor())
    g.chrome = None
    return go(url_for("notices.index"))


@pages.post("/tai-khoan/phim-tat")
def shortcuts() -> Any:
    """Switch the shortcut keys on or off (WCAG 2.1.4)."""
    response = go(inside(request.form.get("tiep")) or url_for("inbox.index"))
    secure = engine().settings.secure_cookies
    wanted = "1" if request.form.get("on") else "0"
    response.set_cookie(KEYS_COOKIE, wanted, max_age=365 * 24 * 3600, httponly=True, samesite="Lax", secure=secure)
    return response
