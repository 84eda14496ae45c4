"""What Alembic runs for every command: the connection comes from `engine.schema`, the target is `engine.records`.

Everything happens in one transaction, on SQLite too (its DDL is transactional); whoever comes second waits for the
first and finds nothing left to do.
"""

from typing import Any, Literal

import sqlalchemy as sa
from alembic import context
from alembic.autogenerate.api import AutogenContext

from engine.records import Utc, metadata

# Any number that nothing else of ours locks.
LOCK = 0x7472696E


def render_item(kind: str, thing: Any, _context: AutogenContext) -> str | Literal[False]:
    """A migration must not change when our own types do."""
    return "sa.DateTime(timezone=True)" if kind == "type" and isinstance(thing, Utc) else False


connection: sa.Connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=metadata,
    render_item=render_item,
    compare_type=True,
    compare_server_default=True,
    # SQLite can hardly alter a table: migrations that do copy it.
    render_as_batch=context.get_head_revision() is not None,
    transactional_ddl=True,
    transaction_per_migration=False,
)
with context.begin_transaction():
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(LOCK)))
    context.run_migrations()
