"""Documents on paper: a draft begun from a template, two versions side by side in words, a version as PDF."""

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, redirect, render_template, request, send_file, url_for
from flask_babel import gettext as _

import engine as core
from webui.frame import actor, engine

pages = Blueprint("papers", __name__)

WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
# A run of unchanged paragraphs is folded but for so many at its ends.
SHOWN_AROUND = 1


@pages.app_context_processor
def context() -> dict[str, Any]:
    """What lists of documents ask: whether a version can be shown as PDF, and compared with another."""
    return {"shown_as_pdf": shown_as_pdf, "comparable": comparable}


def shown_as_pdf(version: Any) -> bool:
    """Whether a version of a document can be looked at as PDF here."""
    return version is not None and version.media_type == WORD and engine().papers.available()


def comparable(document: Any) -> bool:
    """Whether the newest version of a document can be compared with the one before."""
    return len(document.versions) > 1 and all(version.media_type == WORD for version in document.versions[:2])


@pages.get("/ho-so/<case_id>/mau/<template>.docx")
def draft(case_id: str, template: str) -> Response:
    """A Word template filled in from the case."""
    found = engine().queries.paper(actor(), case_id, template, request.args.get("tai_lieu") or None)
    response = send_file(
        io.BytesIO(found.content),
        mimetype=found.media_type,
        as_attachment=True,
        download_name=found.filename,
        max_age=0,
    )
    response.headers["Cache-Control"] = "private, no-store"  # the same address gives another draft tomorrow
    return response


@pages.get("/tep/<version_id>/xem.pdf")
def preview(version_id: str) -> Any:
    """A version as PDF; without LibreOffice the file itself."""
    try:
        found = engine().papers.pdf(actor(), version_id)
    except core.Conflict as error:
        if error.code != "no_converter":
            raise
        return redirect(url_for("files.show", version_id=version_id))
    response = send_file(
        io.BytesIO(found.content), mimetype=found.media_type, download_name=found.filename, etag=found.sha256
    )
    response.headers["Content-Security-Policy"] = (
        "default-src 'none'; style-src 'unsafe-inline'; object-src 'self'; frame-ancestors 'self'"
    )
    response.headers["X-Frame-Options"] = "SAMEORIGIN"
    response.headers["Cache-Control"] = "private, no-cache"
    return response


@dataclass(frozen=True)
class Row:
    """A paragraph of two versions: what stands left and right, in parts that are same, deleted or inserted."""

    kind: str
    old: Sequence[tuple[str, str]]
    new: Sequence[tuple[str, str]]
    place: str


@dataclass(frozen=True)
class Stretch:
    """Paragraphs that belong together; those that are the same in both are folded."""

    rows: Sequence[Row]
    folded: bool


@pages.get("/ho-so/<case_id>/tai-lieu/<artefact>/so-sanh")
def compare(case_id: str, artefact: str) -> str:
    """Two versions of a document side by side."""
    found = engine().queries.compared(actor(), case_id, artefact, _number("tu"), _number("den"))
    rows = [_row(change) for change in found.changes]
    counts = {kind: sum(row.kind == kind for row in rows) for kind in ("changed", "inserted", "deleted")}
    return render_template("compare.html", found=found, stretches=list(stretches(rows)), counts=counts)


def stretches(rows: Sequence[Row]) -> Iterator[Stretch]:
    """Rows in order, long runs of unchanged ones folded."""
    n = 0
    while n < len(rows):
        same = rows[n].kind == "same"
        end = next((m for m in range(n, len(rows)) if (rows[m].kind == "same") != same), len(rows))
        run = rows[n:end]
        first, last = n == 0, end == len(rows)
        head = 0 if first else SHOWN_AROUND
        tail = 0 if last else SHOWN_AROUND
        if same and len(run) > head + tail + 1:
            yield from (Stretch(part, folded) for part, folded in _folded(run, head, tail) if part)
        else:
            yield Stretch(run, False)
        n = end


def _folded(run: Sequence[Row], head: int, tail: int) -> Iterator[tuple[Sequence[Row], bool]]:
    yield run[:head], False
    yield run[head : len(run) - tail], True
    yield run[len(run) - tail :], False


def _row(change: Any) -> Row:
    old = [part for part in change.words if part[0] != "inserted"]
    new = [part for part in change.words if part[0] != "deleted"]
    place = ""
    if change.place:
        table, row, column = change.place
        place = _("Table %(table)s, row %(row)s, column %(column)s", table=table, row=row, column=column)
    return Row(change.kind, old, new, place)


def _number(name: str) -> int | None:
    text = request.args.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 else None
