"""Built files of the front end: hashed names, compressed twins, icons.

`npm run build` in webui/frontend writes `static/manifest.json` (plain name → hashed name) and `static/icons.json`
(icon name → the inside of its SVG). Nothing here builds anything.
"""

import json
from pathlib import Path
from typing import Any

from flask import Flask, Response, request, send_from_directory, url_for
from markupsafe import Markup

STATIC = Path(__file__).parent / "static"
YEAR = 365 * 24 * 3600


class Assets:
    """What the build left behind, read once."""

    def __init__(self, folder: Path) -> None:
        try:
            self.manifest: dict[str, str] = json.loads((folder / "manifest.json").read_text("utf-8"))
            self.icons: dict[str, str] = json.loads((folder / "icons.json").read_text("utf-8"))
        except FileNotFoundError as missing:
            raise RuntimeError(
                f"{missing.filename} is missing: build the front end first (make run does it; or, in webui/frontend, "
                "npm ci --ignore-scripts && npm run build)"
            ) from None

    def icon(self, name: str, size: int = 16, label: str = "", cls: str = "") -> Markup:
        """The Lucide icon `name` as inline SVG, hidden from screen readers unless it has a label of its own."""
        inside = self.icons[name]
        said = Markup('role="img" aria-label="{}"').format(label) if label else Markup('aria-hidden="true"')
        # Markup: the inside comes from the icon package by way of our build, never from a user.
        return Markup(
            '<svg class="i{}" width="{}" height="{}" viewBox="0 0 24 24" fill="none" stroke="currentColor" '
            'stroke-width="{}" stroke-linecap="round" stroke-linejoin="round" {}>{}</svg>'
        ).format(f" {cls}" if cls else "", size, size, "2" if size <= 14 else "1.75", said, Markup(inside))


def install(app: Flask) -> None:
    """Serve /static and give templates `asset(name)` and `icon(name, size)`."""
    built = Assets(STATIC)

    def static_file(filename: str) -> Response:
        encodings = request.accept_encodings
        for encoding, suffix in (("br", ".br"), ("gzip", ".gz")):
            if encoding in encodings and (STATIC / f"{filename}{suffix}").is_file():
                mimetype = {"css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}.get(
                    filename.rsplit(".", 1)[-1]
                )
                response = send_from_directory(STATIC, f"{filename}{suffix}", mimetype=mimetype, max_age=YEAR)
                response.headers["Content-Encoding"] = encoding
                break
        else:
            response = send_from_directory(STATIC, filename, max_age=YEAR)
        response.headers["Vary"] = "Accept-Encoding"
        if filename in built.manifest.values():
            response.cache_control.immutable = True
        return response

    def asset(name: str) -> str:
        return url_for("static", filename=built.manifest[name])

    app.add_url_rule("/static/<path:filename>", endpoint="static", view_func=static_file)
    shared: dict[str, Any] = {"asset": asset, "icon": built.icon}
    app.jinja_env.globals.update(shared)
