"""PDFs of Word documents, kept beside them: made once, outside the commands that people wait for.

What was issued has a PDF/A made of it by the ticker, with number and date where the signed file has their blank forms;
any other version when somebody looks at it. Converting takes seconds and a program that may be missing, so it never
happens inside a transaction: `engine.door` converts between two.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa

from engine import documents
from engine.commands.transaction import Tx
from engine.queries.papers import WORD
from engine.records import document_versions, renditions
from engine.records import documents as document_rows

# A file as it is, by its SHA-256; an issued version under its number, by the version's id.
KIND, ISSUED = "pdf_a", "issued"
ATTEMPTS, AGAIN = 3, timedelta(minutes=10)


@dataclass(frozen=True)
class Issued:
    """The version of a document that was issued, with the number and date that it got."""

    version_id: str
    sha256: str
    symbol: str
    dated: date | None


def _issued() -> sa.Select[Any]:
    d, v = document_rows.c, document_versions.c
    newer = document_versions.alias("newer")
    n = newer.c
    later = sa.exists().where(n.tenant_id == v.tenant_id, n.document_id == v.document_id, n.number > v.number)
    return (
        sa.select(v.id, v.sha256, d.number, d.dated)
        .join(document_rows, sa.and_(d.tenant_id == v.tenant_id, d.id == v.document_id))
        .where(v.tenant_id == sa.bindparam("tenant"), d.number.is_not(None), v.media_type == WORD, ~later)
        .order_by(v.id)
    )


def wanted(tx: Tx, limit: int = 20) -> list[tuple[Issued, bytes]]:
    """Issued Word documents without a PDF/A, with their bytes; one that could not be converted comes again after a
    while, three times in all."""
    v, r = document_versions.c, renditions.c
    tried = sa.exists().where(
        r.tenant_id == v.tenant_id,
        r.source == v.id,
        r.kind == ISSUED,
        sa.or_(r.sha256.is_not(None), r.attempts >= ATTEMPTS, r.made_at > tx.system_now - AGAIN),
    )
    rows = tx.conn.execute(_issued().where(~tried).limit(limit), {"tenant": tx.tenant})
    found = [Issued(row.id, row.sha256, row.number, row.dated) for row in rows]
    return [(one, documents.content(tx.conn, tx.tenant, one.sha256)) for one in found]


def issued_as(tx: Tx, version_id: str) -> Issued | None:
    """What a version was issued as; None when it was not, or is not the one that was."""
    row = tx.conn.execute(_issued().where(document_versions.c.id == version_id), {"tenant": tx.tenant}).first()
    return Issued(row.id, row.sha256, row.number, row.dated) if row else None


def stored(tx: Tx, source: str, kind: str = KIND) -> bytes | None:
    """The PDF/A made of a source; None when there is none yet."""
    r = renditions.c
    found = tx.conn.execute(
        sa.select(r.sha256).where(r.tenant_id == tx.tenant, r.source == source, r.kind == kind)
    ).scalar()
    return documents.content(tx.conn, tx.tenant, found) if found else None


def keep(tx: Tx, source: str, kind: str, pdf: bytes) -> None:
    """Store the PDF/A made of a source; the first one stays."""
    if stored(tx, source, kind) is None:
        _write(tx, source, kind, sha256=documents.store(tx.conn, tx.tenant, pdf), failed=None)


def give_up(tx: Tx, source: str, kind: str, message: str) -> None:
    """Note that a source could not be converted."""
    if stored(tx, source, kind) is None:
        _write(tx, source, kind, sha256=None, failed=message[:500])


def _write(tx: Tx, source: str, kind: str, **values: Any) -> None:
    r = renditions.c
    here = sa.and_(r.tenant_id == tx.tenant, r.source == source, r.kind == kind)
    known = tx.conn.execute(sa.select(r.attempts).where(here).with_for_update()).scalar()
    row = {"attempts": (known or 0) + 1, "made_at": tx.system_now, **values}
    if known is None:
        tx.conn.execute(sa.insert(renditions), {"tenant_id": tx.tenant, "source": source, "kind": kind, **row})
    else:
        tx.conn.execute(sa.update(renditions).where(here).values(row))
