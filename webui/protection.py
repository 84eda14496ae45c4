"""Protection of every request and response: forged forms, framing, foreign scripts, caches, and compression.

A form carries a token signed with the secret of the session it belongs to, with a nonce of its own, so that two pages
never hold the same bytes and compression gives nothing away. The log-in form, which has no session yet, is bound to a
short-lived cookie in the same manner. There is no key of the application's, so nothing to share between nodes.
"""

import gzip
import secrets
from urllib.parse import urlsplit

from flask import Flask, Response, abort, current_app, g, request
from itsdangerous import BadData, URLSafeSerializer
from markupsafe import Markup

from webui import failures

FORM_COOKIE = "tk_form"
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
POLICY = (
    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'"
)


def install(app: Flask) -> None:
    """Check every changing request, and dress every response."""
    app.before_request(refuse_unspeakable)
    app.before_request(refuse_forged)
    app.after_request(dress)
    app.after_request(squeeze)
    app.jinja_env.globals.update(csrf_token=token, csrf_field=field)


def secret() -> str:
    """What this browser's tokens are signed with."""
    if g.get("session") is not None:
        return str(g.session.csrf)
    if not g.get("form_secret"):
        g.form_secret = request.cookies.get(FORM_COOKIE) or secrets.token_urlsafe(24)
    return str(g.form_secret)


def token() -> str:
    """A fresh token for a form or for the page's scripts."""
    return str(URLSafeSerializer(secret(), salt="form").dumps(secrets.token_urlsafe(9)))


def field() -> Markup:
    """The hidden input that every form has."""
    return Markup('<input type="hidden" name="csrf_token" value="{}">').format(token())


def with_form_cookie(response: Response) -> Response:
    """Bind the log-in form on this page to this browser."""
    secure = current_app.extensions["engine"].settings.secure_cookies
    response.set_cookie(FORM_COOKIE, secret(), max_age=3600, httponly=True, samesite="Strict", secure=secure)
    return response


def refuse_unspeakable() -> None:
    """Refuse NUL characters: no form of ours sends any, and PostgreSQL's texts cannot hold them."""
    said = [request.path, *request.args.values(), *(value for values in request.form.listvalues() for value in values)]
    if any("\0" in text for text in said):
        abort(400)


def refuse_forged() -> None:
    """Refuse a changing request that did not come from a page of ours in this very session."""
    if request.method in SAFE or request.endpoint is None:
        return
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
        raise failures.Forged
    origin = request.headers.get("Origin")
    if origin and origin != "null" and urlsplit(origin).netloc != request.host:
        raise failures.Forged
    if g.get("session") is None and FORM_COOKIE not in request.cookies:
        raise failures.Forged
    header = request.headers.get("X-CSRF-Token") or request.headers.get("X-CSRFToken")
    given = header or request.form.get("csrf_token", "")
    try:
        URLSafeSerializer(secret(), salt="form").loads(given)
    except BadData:
        raise failures.Forged from None


def dress(response: Response) -> Response:
    """The headers of every answer."""
    headers = response.headers
    headers.setdefault("Content-Security-Policy", POLICY)
    headers.setdefault("X-Frame-Options", "DENY")
    headers["X-Content-Type-Options"] = "nosniff"
    headers["Referrer-Policy"] = "same-origin"
    headers["Cross-Origin-Opener-Policy"] = "same-origin"
    headers["Cross-Origin-Resource-Policy"] = "same-origin"
    headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=(), payment=()"
    if current_app.extensions["engine"].settings.secure_cookies:
        headers["Strict-Transport-Security"] = "max-age=31536000"
    if request.endpoint != "static":
        headers.setdefault("Cache-Control", "private, no-store")
    return response


def squeeze(response: Response) -> Response:
    """Compress pages; files and built assets are compressed already or not worth it."""
    if (
        response.direct_passthrough
        or response.mimetype not in ("text/html", "image/svg+xml", "application/json")
        or "Content-Encoding" in response.headers
        or "gzip" not in request.accept_encodings
    ):
        return response
    body = response.get_data()
    if len(body) < 1024:
        return response
    response.set_data(gzip.compress(body, 6, mtime=0))
    response.headers["Content-Encoding"] = "gzip"
    response.headers.add("Vary", "Accept-Encoding")
    return response
