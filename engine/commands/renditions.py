"""PDFs of Word documents, kept beside them by content: made once, outside the commands that people wait for.

What was issued has a PDF/A made of it by the ticker; any other version when somebody looks at it. Converting takes
seconds and a program that may be missing, so it never happens inside a transaction: `engine.door` converts between two.
"""

from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from engine import documents
from engine.commands.transaction import Tx
from engine.queries.papers import WORD
from engine.records import document_versions, renditions
from engine.records import documents as document_rows

KIND = "pdf_a"
ATTEMPTS, AGAIN = 3, timedelta(minutes=10)


def wanted(tx: Tx, limit: int = 20) -> list[tuple[str, bytes]]:
    """Issued Word documents without a PDF/A: (SHA-256, bytes); one that could not be converted comes again after a
    while, three times in all."""
    d, v, r = document_rows.c, document_versions.c, renditions.c
    tried = sa.exists().where(
        r.tenant_id == v.tenant_id,
        r.source == v.sha256,
        r.kind == KIND,
        sa.or_(r.sha256.is_not(None), r.attempts >= ATTEMPTS, r.made_at > tx.system_now - AGAIN),
    )
    rows = tx.conn.execute(
        sa.select(v.sha256)
        .join(document_rows, sa.and_(d.tenant_id == v.tenant_id, d.id == v.document_id))
        .where(v.tenant_id == tx.tenant, d.number.is_not(None), v.media_type == WORD, ~tried)
        .distinct()
        .order_by(v.sha256)
        .limit(limit)
    )
    return [(row.sha256, documents.content(tx.conn, tx.tenant, row.sha256)) for row in rows]


def stored(tx: Tx, source: str) -> bytes | None:
    """The PDF/A made of a file, by its SHA-256; None when there is none yet."""
    r = renditions.c
    found = tx.conn.execute(
        sa.select(r.sha256).where(r.tenant_id == tx.tenant, r.source == source, r.kind == KIND)
    ).scalar()
    return documents.content(tx.conn, tx.tenant, found) if found else None


def keep(tx: Tx, source: str, pdf: bytes) -> None:
    """Store the PDF/A made of a file; the first one stays."""
    if stored(tx, source) is None:
        _write(tx, source, sha256=documents.store(tx.conn, tx.tenant, pdf), failed=None)


def give_up(tx: Tx, source: str, message: str) -> None:
    """Note that a file could not be converted."""
    if stored(tx, source) is None:
        _write(tx, source, sha256=None, failed=message[:500])


def _write(tx: Tx, source: str, **values: Any) -> None:
    r = renditions.c
    here = sa.and_(r.tenant_id == tx.tenant, r.source == source, r.kind == KIND)
    known = tx.conn.execute(sa.select(r.attempts).where(here).with_for_update()).scalar()
    row = {"attempts": (known or 0) + 1, "made_at": tx.system_now, **values}
    if known is None:
        tx.conn.execute(sa.insert(renditions), {"tenant_id": tx.tenant, "source": source, "kind": KIND, **row})
    else:
        tx.conn.execute(sa.update(renditions).where(here).values(row))
