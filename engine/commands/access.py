"""Log-in, sessions and what people set for themselves. All on system time: a moved business clock opens no session."""

from typing import Any

import sqlalchemy as sa

from engine import identity, notices
from engine.commands.transaction import Tx
from engine.errors import Invalid, Reason
from engine.records import people

LANGUAGES = ("vi", "en")


def account_to_check(tx: Tx, login: str, address: str) -> tuple[Any, list[str]]:
    """The account row for a log-in name, or None; and the counts of this attempt, which stands as failed until they are
    taken back. Raises Forbidden("throttled", retry_after=seconds)."""
    counts = identity.begin_attempt(tx.conn, tx.tenant, login, address, tx.system_now, tx.settings)
    return identity.credentials(tx.conn, tx.tenant, login), counts


def password_to_check(tx: Tx, person: str) -> tuple[Any, list[str]]:
    """The same for a person who is to confirm a signature. Raises Forbidden("throttled")."""
    counts = identity.begin_attempt(tx.conn, tx.tenant, signing_subject(person), "", tx.system_now, tx.settings)
    return identity.credentials_of(tx.conn, tx.tenant, person), counts


def signing_subject(person: str) -> str:
    """What wrong passwords at signing are counted under: strangers who guess at a log-in cannot stop a signature."""
    return f"sign {person}"


def take_back(tx: Tx, counts: list[str]) -> None:
    """The password was right: the attempt counts no more."""
    identity.take_back(tx.conn, tx.tenant, counts)


def open_session(tx: Tx, person: str, login: str, counts: list[str], new_hash: str | None = None) -> str:
    """Open a session, take the attempt back and forget the failures of the log-in name; returns the token.

    `new_hash` replaces the stored one: the same password, hashed with today's parameters.
    """
    if new_hash is not None:
        identity.set_hash(tx.conn, tx.tenant, login, new_hash)
    identity.take_back(tx.conn, tx.tenant, counts)
    identity.clear_failures(tx.conn, tx.tenant, identity.login_subject(login))
    return identity.open_session(tx.conn, tx.tenant, person, tx.system_now)


def forget_expired(tx: Tx) -> None:
    """Delete sessions that ended and log-in failures that no longer count."""
    identity.forget_expired(tx.conn, tx.tenant, tx.system_now, tx.settings)


def log_out(tx: Tx, token: str) -> None:
    """End a session; one that does not exist is no error."""
    identity.close_session(tx.conn, tx.tenant, token)


def touch(tx: Tx, token: str) -> None:
    """Note that a session is in use, so that it does not end for idleness."""
    identity.touch(tx.conn, tx.tenant, token, tx.system_now)


def set_language(tx: Tx, person: str, lang: str) -> None:
    """Choose the language of the pages, `vi` or `en`. Raises Invalid(lang)."""
    if lang not in LANGUAGES:
        raise Invalid({"lang": [Reason("not_an_option", f"expected one of {', '.join(LANGUAGES)}")]})
    tx.conn.execute(sa.update(people).where(people.c.tenant_id == tx.tenant, people.c.id == person).values(lang=lang))


def read_notices(tx: Tx, person: str) -> None:
    """Mark all of a person's notices as read."""
    notices.read_all(tx.conn, tx.tenant, person, tx.now)
