"""Documents of a case: one per artefact, versions by content, never overwritten.

Files are rows addressed by their SHA-256, behind `store` and `content`, so that an object store can take over later.
"""

import hashlib
import re
from collections.abc import Mapping
from datetime import date, datetime
from pathlib import PurePosixPath
from typing import Any

import sqlalchemy as sa

from engine import clock
from engine.errors import Invalid, NotFound, Reason, TooLarge
from engine.records import document_versions, documents, files, numbers, people

# What may be uploaded: ending → (media type, first bytes that such a file has).
ACCEPTED: Mapping[str, tuple[str, tuple[bytes, ...]]] = {
    ".docx": ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", (b"PK\x03\x04",)),
    ".xlsx": ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", (b"PK\x03\x04",)),
    ".pptx": ("application/vnd.openxmlformats-officedocument.presentationml.presentation", (b"PK\x03\x04",)),
    ".odt": ("application/vnd.oasis.opendocument.text", (b"PK\x03\x04",)),
    ".doc": ("application/msword", (b"\xd0\xcf\x11\xe0",)),
    ".xls": ("application/vnd.ms-excel", (b"\xd0\xcf\x11\xe0",)),
    ".pdf": ("application/pdf", (b"%PDF-",)),
    ".png": ("image/png", (b"\x89PNG",)),
    ".jpg": ("image/jpeg", (b"\xff\xd8\xff",)),
    ".jpeg": ("image/jpeg", (b"\xff\xd8\xff",)),
    ".txt": ("text/plain; charset=utf-8", ()),
}
FILENAME_MAX = 200


def check_upload(filename: str, content: bytes, limit: int) -> tuple[str, str]:
    """(clean file name, media type) of an upload; the type is ours, by ending and content, not the browser's word.

    Raises TooLarge(limit=bytes), or Invalid(file) with required, empty_file, wrong_type or too_long.
    """
    name = PurePosixPath(filename.replace("\\", "/")).name
    name = re.sub(r"[\x00-\x1f\x7f\u202a-\u202e\u2066-\u2069]", "", name).strip()
    if len(content) > limit:
        raise TooLarge("file_too_large", f"Expected at most {limit} bytes, got {len(content)}.", limit=limit)
    if not name:
        raise Invalid({"file": [Reason("required", "expected a file")]})
    if not content:
        raise Invalid({"file": [Reason("empty_file", "expected a file that is not empty", {"filename": name})]})
    if len(name) > FILENAME_MAX:
        raise Invalid({"file": [Reason("too_long", "expected a shorter file name", {"max": FILENAME_MAX})]})
    accepted = ACCEPTED.get(PurePosixPath(name).suffix.lower())
    params = {"filename": name, "accepted": sorted(ACCEPTED)}
    if accepted is None or (accepted[1] and not content.startswith(accepted[1])):
        raise Invalid({"file": [Reason("wrong_type", f"expected one of {', '.join(sorted(ACCEPTED))}", params)]})
    if not accepted[1] and b"\x00" in content:
        raise Invalid({"file": [Reason("wrong_type", "expected a text file", params)]})
    return name, accepted[0]


def store(conn: sa.Connection, tenant: int, content: bytes) -> str:
    """Keep bytes once and return their SHA-256."""
    digest = hashlib.sha256(content).hexdigest()
    known = sa.select(files.c.size).where(files.c.tenant_id == tenant, files.c.sha256 == digest)
    if conn.execute(known).first() is None:
        conn.execute(
            sa.insert(files), {"tenant_id": tenant, "sha256": digest, "size": len(content), "content": content}
        )
    return digest


def content(conn: sa.Connection, tenant: int, digest: str) -> bytes:
    """The bytes with this SHA-256. Raises NotFound."""
    found = conn.execute(
        sa.select(files.c.content).where(files.c.tenant_id == tenant, files.c.sha256 == digest)
    ).scalar()
    if found is None:
        raise NotFound("file", f"Expected a stored file, found none with hash {digest}.")
    return bytes(found)


def intact(conn: sa.Connection, tenant: int, digest: str) -> bool:
    """Whether the stored bytes with this SHA-256 are still those."""
    body = conn.execute(
        sa.select(files.c.content).where(files.c.tenant_id == tenant, files.c.sha256 == digest)
    ).scalar()
    return body is not None and hashlib.sha256(bytes(body)).hexdigest() == digest


def add_version(
    conn: sa.Connection,
    tenant: int,
    *,
    case_id: str,
    artefact: str,
    title: str,
    filename: str,
    media_type: str,
    body: bytes,
    actor: str,
    task_id: str | None,
    now: datetime,
) -> dict[str, Any]:
    """Add the next version of an artefact's document (making the document with its first one); returns its row.

    The same bytes as the newest version make no new one: a second click on "upload" adds nothing.
    """
    digest = store(conn, tenant, body)
    d, v = documents.c, document_versions.c
    known = conn.execute(
        sa.select(d.id, v.id.label("version_id"), v.number, v.sha256)
        .outerjoin(document_versions, sa.and_(v.tenant_id == d.tenant_id, v.document_id == d.id))
        .where(d.tenant_id == tenant, d.case_id == case_id, d.artefact == artefact)
        .order_by(v.number.desc())
        .limit(1)
    ).first()
    document_id = known.id if known else clock.new_id()
    if known is None:
        conn.execute(
            sa.insert(documents),
            {
                "tenant_id": tenant,
                "id": document_id,
                "case_id": case_id,
                "artefact": artefact,
                "title": title,
                "secrecy": "thuong",
            },
        )
    elif known.sha256 == digest:
        return {"id": known.version_id, "number": known.number, "sha256": digest, "document_id": document_id, "new": 0}
    row = {
        "tenant_id": tenant,
        "id": clock.new_id(),
        "document_id": document_id,
        "case_id": case_id,
        "number": (known.number or 0) + 1 if known else 1,
        "sha256": digest,
        "filename": filename,
        "media_type": media_type,
        "size": len(body),
        "added_by": actor,
        "added_at": now,
        "task_id": task_id,
    }
    conn.execute(sa.insert(document_versions), row)
    return {**row, "new": 1}


def _versions() -> sa.Select[Any]:
    d, v = documents.c, document_versions.c
    return (
        sa.select(
            d.artefact,
            d.title,
            d.number.label("symbol"),
            d.dated,
            v.id,
            v.document_id,
            v.number,
            v.sha256,
            v.filename,
            v.media_type,
            v.size,
            v.added_by,
            v.added_at,
            v.task_id,
            people.c.name.label("added_by_name"),
        )
        .select_from(document_versions)
        .join(documents, sa.and_(d.tenant_id == v.tenant_id, d.id == v.document_id))
        .outerjoin(people, sa.and_(people.c.tenant_id == v.tenant_id, people.c.id == v.added_by))
        .where(v.tenant_id == sa.bindparam("tenant"), v.case_id == sa.bindparam("case"))
        .order_by(v.document_id, v.number.desc())
    )


VERSIONS = _versions()


def versions(conn: sa.Connection, tenant: int, case_id: str) -> list[Any]:
    """All document versions of a case, newest first within each document (one statement)."""
    return list(conn.execute(VERSIONS, {"tenant": tenant, "case": case_id}))


def exists(conn: sa.Connection, tenant: int, case_id: str, artefact: str) -> bool:
    """Whether a case has a version of an artefact's document."""
    d, v = documents.c, document_versions.c
    found = (
        sa.select(v.id)
        .join(documents, sa.and_(d.tenant_id == v.tenant_id, d.id == v.document_id))
        .where(v.tenant_id == tenant, v.case_id == case_id, d.artefact == artefact)
        .limit(1)
    )
    return conn.execute(found).first() is not None


def newest(rows: list[Any]) -> dict[str, Any]:
    """Artefact slug → its newest version, out of `versions`."""
    found: dict[str, Any] = {}
    for row in rows:
        found.setdefault(row.artefact, row)
    return found


def give_number(conn: sa.Connection, tenant: int, case_id: str, artefact: str, symbol: str, day: date) -> None:
    """Write number and date on a document of a case; nothing to do when it has none."""
    d = documents.c
    mine = sa.and_(d.tenant_id == tenant, d.case_id == case_id, d.artefact == artefact)
    conn.execute(sa.update(documents).where(mine).values(number=symbol, dated=day))


def entered_number(conn: sa.Connection, tenant: int, case_id: str, artefact: str) -> Any:
    """(number, dated) of a document that came with a number from before its case was kept here, which no register of
    ours has given; else None."""
    d, n = documents.c, numbers.c
    # "entered:" marks what the book was told of (`engine.numbering.entered`).
    ours = sa.not_(n.asked_for.startswith("entered:"))
    given = sa.exists().where(n.tenant_id == d.tenant_id, n.symbol == d.number, ours)
    mine = sa.and_(d.tenant_id == tenant, d.case_id == case_id, d.artefact == artefact)
    return conn.execute(sa.select(d.number, d.dated).where(mine, d.number.is_not(None), ~given)).first()


def issue(
    conn: sa.Connection,
    tenant: int,
    case_id: str,
    signed: str,
    issued: str,
    title: str,
    symbol: str,
    day: date,
    now: datetime,
) -> None:
    """Issue what was signed: the newest version of artefact `signed` becomes document `issued`, with number and date.

    Nothing to do when the case has no such document yet; the step that needs it says so.
    """
    source = newest(versions(conn, tenant, case_id)).get(signed)
    if source is None:
        return
    body = content(conn, tenant, source.sha256)
    added = add_version(
        conn,
        tenant,
        case_id=case_id,
        artefact=issued,
        title=title,
        filename=source.filename,
        media_type=source.media_type,
        body=body,
        actor=source.added_by,
        task_id=None,
        now=now,
    )
    conn.execute(
        sa.update(documents)
        .where(documents.c.tenant_id == tenant, documents.c.id == added["document_id"])
        .values(number=symbol, dated=day)
    )
