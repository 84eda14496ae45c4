"""Documents on their way to a reader: as a download, or shown on the page.

What people uploaded is never served as a page of ours: a download by name, or, for PDF and pictures only, inline under
a policy of its own. Word and plain text are shown as paragraphs of text, taken out here; no converter is needed.
"""

import io
import zipfile
from dataclasses import dataclass
from typing import Any
from xml.etree import ElementTree

from flask import Blueprint, Response, request, send_file

import engine as core
from webui.frame import actor, engine

pages = Blueprint("files", __name__, url_prefix="/tep")

ACCEPT = ".pdf,.docx,.doc,.xlsx,.xls,.pptx,.odt,.png,.jpg,.jpeg,.txt"
WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
INLINE = ("application/pdf", "image/png", "image/jpeg")
# Unpacked size of the text part of a Word file, and how much of it a page shows.
WORD_LIMIT = 8 * 1024 * 1024
LINES = 400
W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"


@pages.get("/<version_id>")
def show(version_id: str) -> Response:
    """The file of a document version."""
    found = engine().queries.file(actor(), version_id)
    inline = "xem" in request.args and found.media_type in INLINE
    response = send_file(
        io.BytesIO(found.content),
        mimetype=found.media_type if inline else found.media_type.split(";")[0],
        as_attachment=not inline,
        download_name=found.filename,
        etag=found.sha256,
    )
    policy = "default-src 'none'; style-src 'unsafe-inline'; object-src 'self'; frame-ancestors 'self'"
    response.headers["Content-Security-Policy"] = policy if inline else "default-src 'none'; sandbox"
    response.headers["X-Frame-Options"] = "SAMEORIGIN" if inline else "DENY"
    response.headers["Cache-Control"] = "private, no-cache"
    return response


@dataclass(frozen=True)
class Line:
    """A paragraph of a document shown as text."""

    text: str
    centred: bool = False
    strong: bool = False


@dataclass(frozen=True)
class Paper:
    """What stands on the paper of the decision desk: one document's newest version, as far as it can be shown."""

    document: Any
    version: Any
    kind: str  # text | pdf | image | other | none
    lines: tuple[Line, ...] = ()
    cut: bool = False


def paper(task: Any) -> Paper | None:
    """The document that the desk shows: the one asked for, else the one decided on, else what was added last."""
    documents = list(task.documents)
    about = task.gate.document[0] if task.gate and task.gate.document else None
    asked = [doc for doc in documents if doc.artefact == request.args.get("tl")]
    decided = [doc for doc in documents if doc.name == about]
    newest_first = sorted((doc for doc in documents if doc.versions), key=lambda doc: doc.versions[0].at, reverse=True)
    chosen = next(iter((*asked, *decided, *newest_first, *documents)), None)
    if chosen is None:
        return None
    if not chosen.versions:
        return Paper(chosen, None, "none")
    version = chosen.versions[0]
    if version.media_type == "application/pdf":
        return Paper(chosen, version, "pdf")
    if version.media_type in INLINE:
        return Paper(chosen, version, "image")
    if version.media_type == WORD or version.media_type.startswith("text/plain"):
        try:
            content = engine().queries.file(actor(), version.id).content
            lines = word_lines(content) if version.media_type == WORD else text_lines(content)
        except (core.NotFound, ValueError):
            return Paper(chosen, version, "other")
        return Paper(chosen, version, "text", tuple(lines[:LINES]), len(lines) > LINES)
    return Paper(chosen, version, "other")


def text_lines(content: bytes) -> list[Line]:
    """The paragraphs of a plain text."""
    text = content.decode("utf-8-sig", "replace")
    return [Line(line.strip()) for line in text.splitlines() if line.strip()]


def word_lines(content: bytes) -> list[Line]:
    """The paragraphs of a Word file. Raises ValueError when it is none, or larger than a page should show."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as package:
            if package.getinfo("word/document.xml").file_size > WORD_LIMIT:
                raise ValueError("too large to show")
            with package.open("word/document.xml") as part:
                xml = part.read(WORD_LIMIT + 1)
    except (zipfile.BadZipFile, KeyError, OSError, NotImplementedError, RuntimeError) as error:
        raise ValueError("not a Word file") from error
    # A document in UTF-16 could hide a DOCTYPE from the check; Word writes UTF-8.
    if len(xml) > WORD_LIMIT or b"\x00" in xml[:64] or b"<!DOCTYPE" in xml or b"<!ENTITY" in xml:
        raise ValueError("not a Word file that can be shown")
    try:
        root = ElementTree.fromstring(xml)
    except ElementTree.ParseError as error:
        raise ValueError("not a Word file") from error
    lines = []
    for paragraph in root.iter(f"{W}p"):
        text = "".join(_text_of(node) for node in paragraph.iter()).strip()
        if not text:
            continue
        align = paragraph.find(f"{W}pPr/{W}jc")
        centred = align is not None and align.get(f"{W}val") == "center"
        runs = [run for run in paragraph.iter(f"{W}r") if run.find(f"{W}t") is not None]
        strong = bool(runs) and all(run.find(f"{W}rPr/{W}b") is not None for run in runs)
        lines.append(Line(text, centred, strong))
    return lines


def _text_of(node: Any) -> str:
    if node.tag == f"{W}t":
        return node.text or ""
    return {f"{W}tab": "\t", f"{W}br": "\n"}.get(node.tag, "")
