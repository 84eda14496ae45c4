"""Who is at the door: accounts, passwords, sessions and the throttling of log-in, all rows of our own.

Everything here runs on *system time*: a session must not live longer because a demo store's business clock was moved.
Functions only read and write rows of the caller's transaction. Mind that an attempt is counted before its password is
looked at (`begin_attempt`, in a transaction that commits) and taken back when it was right: of many that come at once
none slips through while the others are still being hashed. Not here: what a person may do (`engine.org`,
`engine.authority`).
"""

import hashlib
import ipaddress
import math
import secrets
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from engine import clock
from engine.errors import Forbidden
from engine.records import accounts, login_failures, people, sessions
from engine.settings import Settings

# Longer ones are refused before hashing; nobody types them, and hashing megabytes is work for an attacker.
PASSWORD_MAX = 1024
# An address may stand for a whole office behind one router.
ADDRESS_FACTOR = 10
# `seen_at` is written at most this often: a read of a page should not be a write.
TOUCH_EVERY = timedelta(minutes=1)


def fold_login(text: str) -> str:
    """A log-in name as it is stored and compared: NFC, lower case, no surrounding spaces."""
    return _utf8(unicodedata.normalize("NFC", text)).replace("\0", "").strip().lower()


def _utf8(text: str) -> str:
    # JSON can spell halves of characters, which neither a database nor a hash takes.
    return text.encode("utf-8", "replace").decode()


# --- passwords ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Hashing:
    hasher: PasswordHasher
    # What an unknown log-in is verified against, so that it takes as long as a known one.
    dummy: str


@lru_cache(maxsize=8)
def _hashing(time: int, memory_kib: int) -> _Hashing:
    hasher = PasswordHasher(time_cost=time, memory_cost=memory_kib)
    return _Hashing(hasher, hasher.hash(secrets.token_urlsafe(16)))


def _hashing_of(settings: Settings) -> _Hashing:
    return _hashing(settings.argon2_time, settings.argon2_memory_kib)


def _password(text: str) -> str:
    # Vietnamese input methods differ in composed and decomposed letters; both must open the same account.
    return _utf8(unicodedata.normalize("NFC", text))


def hash_password(password: str, settings: Settings) -> str:
    """The argon2id hash of a password, with its own salt and parameters in it. ValueError when empty or too long."""
    if not 0 < len(password) <= PASSWORD_MAX:
        raise ValueError(f"expected a password of 1 to {PASSWORD_MAX} characters")
    return _hashing_of(settings).hasher.hash(_password(password))


def verify(stored: str | None, password: str, settings: Settings) -> bool:
    """Whether a password belongs to a stored hash. `None` (no such account) costs the same work and is never true."""
    hashing = _hashing_of(settings)
    try:
        matches = hashing.hasher.verify(hashing.dummy if stored is None else stored, _password(password[:PASSWORD_MAX]))
    except (VerificationError, InvalidHashError):
        return False
    return matches and stored is not None and len(password) <= PASSWORD_MAX


def needs_rehash(stored: str, settings: Settings) -> bool:
    """Whether a hash was made with other parameters than the settings ask for now."""
    return _hashing_of(settings).hasher.check_needs_rehash(stored)


# --- accounts -----------------------------------------------------------------------------------------------------


def with_accounts(conn: sa.Connection, tenant: int, persons: Collection[str]) -> set[str]:
    """Which of some people can log in."""
    c = accounts.c
    if not persons:
        return set()
    wanted = sa.and_(c.tenant_id == tenant, c.active, c.person_id.in_(sorted(persons)))
    return set(conn.execute(sa.select(c.person_id).where(wanted)).scalars())


def create_account(conn: sa.Connection, tenant: int, login: str, person: str, password_hash: str) -> bool:
    """Insert an active account; an existing log-in is left as it is (False), its password too."""
    login = fold_login(login)
    c = accounts.c
    if conn.execute(sa.select(c.login).where(c.tenant_id == tenant, c.login == login)).first():
        return False
    row = {"tenant_id": tenant, "login": login, "person_id": person, "password_hash": password_hash, "active": True}
    conn.execute(sa.insert(accounts), row)
    return True


def set_hash(conn: sa.Connection, tenant: int, login: str, password_hash: str) -> None:
    """Store another hash: a changed password, or the same one with today's parameters."""
    c = accounts.c
    conn.execute(
        sa.update(accounts)
        .where(c.tenant_id == tenant, c.login == fold_login(login))
        .values(password_hash=password_hash)
    )


_CREDENTIALS = (
    sa.select(accounts.c.login, accounts.c.person_id, accounts.c.password_hash)
    .join(people, sa.and_(people.c.tenant_id == accounts.c.tenant_id, people.c.id == accounts.c.person_id))
    .where(accounts.c.tenant_id == sa.bindparam("tenant"), accounts.c.active, people.c.active)
    .order_by(accounts.c.login)
    .limit(1)
)
_BY_LOGIN = _CREDENTIALS.where(accounts.c.login == sa.bindparam("login"))
_BY_PERSON = _CREDENTIALS.where(accounts.c.person_id == sa.bindparam("person"))


def credentials(conn: sa.Connection, tenant: int, login: str) -> Any | None:
    """The row (login, person_id, password_hash) of an active account of an active person, else None."""
    return conn.execute(_BY_LOGIN, {"tenant": tenant, "login": fold_login(login)}).first()


def credentials_of(conn: sa.Connection, tenant: int, person: str) -> Any | None:
    """The same for a person who is already logged in and is asked for the password again, to sign."""
    return conn.execute(_BY_PERSON, {"tenant": tenant, "person": person}).first()


# --- sessions -----------------------------------------------------------------------------------------------------


def token_hash(token: str) -> str:
    """What is stored of a session's token; a copy of the database opens no session."""
    return hashlib.sha256(token.encode()).hexdigest()


def open_session(conn: sa.Connection, tenant: int, person: str, now: datetime) -> str:
    """Insert a session and return its token, which is known nowhere else. `now` is system time."""
    token = secrets.token_urlsafe(32)
    row = {
        "tenant_id": tenant,
        "token_hash": token_hash(token),
        "person_id": person,
        "csrf": secrets.token_urlsafe(32),
        "created_at": now,
        "seen_at": now,
    }
    conn.execute(sa.insert(sessions), row)
    return token


# A session joined with its person; queries that read more in the same statement add to it.
LIVE_SESSION = (
    sa.select(sessions)
    .join(people, sa.and_(people.c.tenant_id == sessions.c.tenant_id, people.c.id == sessions.c.person_id))
    .where(
        sessions.c.tenant_id == sa.bindparam("tenant"),
        sessions.c.token_hash == sa.bindparam("hash"),
        sessions.c.seen_at > sa.bindparam("seen_after"),
        sessions.c.created_at > sa.bindparam("created_after"),
        people.c.active,
        # An account that was switched off takes its sessions with it; one of several of a person does not.
        sa.exists().where(
            accounts.c.tenant_id == sessions.c.tenant_id,
            accounts.c.person_id == sessions.c.person_id,
            accounts.c.active,
        ),
    )
)


def session_params(tenant: int, token: str, now: datetime, idle: int, total: int) -> dict[str, Any]:
    """The values for `LIVE_SESSION`'s parameters. `idle` and `total` are seconds."""
    return {
        "tenant": tenant,
        "hash": token_hash(token),
        "seen_after": now - timedelta(seconds=idle),
        "created_after": now - timedelta(seconds=total),
    }


def find_session(conn: sa.Connection, tenant: int, token: str, now: datetime, idle: int, total: int) -> Any | None:
    """The session row of a token that is neither idle too long nor too old; None when the person, or every account of
    the person, is switched off."""
    return conn.execute(LIVE_SESSION, session_params(tenant, token, now, idle, total)).first()


def touch(conn: sa.Connection, tenant: int, token: str, now: datetime) -> None:
    """Note that a session was used; only written when the last note is older than `TOUCH_EVERY`."""
    c = sessions.c
    conn.execute(
        sa.update(sessions)
        .where(c.tenant_id == tenant, c.token_hash == token_hash(token), c.seen_at <= now - TOUCH_EVERY)
        .values(seen_at=now)
    )


def close_session(conn: sa.Connection, tenant: int, token: str) -> None:
    """Log out here."""
    c = sessions.c
    conn.execute(sa.delete(sessions).where(c.tenant_id == tenant, c.token_hash == token_hash(token)))


def close_all(conn: sa.Connection, tenant: int, person: str) -> None:
    """Log out everywhere: after a changed password, or when somebody leaves."""
    c = sessions.c
    conn.execute(sa.delete(sessions).where(c.tenant_id == tenant, c.person_id == person))


# --- throttling ---------------------------------------------------------------------------------------------------


def login_subject(login: str) -> str:
    """What failures of an account are counted under, whether it exists or not."""
    return f"login:{fold_login(login)[:80]}"


def address_subject(address: str) -> str:
    """What failures from an address are counted under; IPv6 by its /64, of which one customer has all."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return f"address:{address[:80]}"
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped is not None:
            return f"address:{parsed.ipv4_mapped}"
        return f"address:{ipaddress.ip_network((int(parsed) >> 64 << 64, 64))}"
    return f"address:{parsed}"


def failures(conn: sa.Connection, tenant: int, subject: str, since: datetime) -> int:
    """How many failed log-ins a subject has after an instant."""
    c = login_failures.c
    counted = sa.select(sa.func.count()).where(c.tenant_id == tenant, c.subject == subject, c.at > since)
    return int(conn.execute(counted).scalar_one())


def note_failure(conn: sa.Connection, tenant: int, subject: str, now: datetime) -> str:
    """Count a log-in as failed; returns what `take_back` wants if it was not."""
    row = {"tenant_id": tenant, "id": clock.new_id(), "subject": subject, "at": now}
    conn.execute(sa.insert(login_failures), row)
    return row["id"]  # type: ignore[return-value]


def begin_attempt(
    conn: sa.Connection, tenant: int, login: str, address: str, now: datetime, settings: Settings
) -> list[str]:
    """Look whether one more attempt may be made, and count it as failed until it is taken back; returns the counts.

    Attempts for the same account or from the same address come one after the other. Raises as `check_throttle`, and
    counts nothing then.
    """
    subjects = [login_subject(login), *([address_subject(address)] if address else [])]
    if conn.dialect.name == "postgresql":  # SQLite has one writer at a time
        for subject in sorted(subjects):
            key = sa.func.hashtextextended(f"log-in {tenant} {subject}", 0)
            conn.execute(sa.select(sa.func.pg_advisory_xact_lock(key)))
    check_throttle(conn, tenant, login, address, now, settings)
    return [note_failure(conn, tenant, subject, now) for subject in subjects]


def take_back(conn: sa.Connection, tenant: int, counts: list[str]) -> None:
    """The attempt was none: its password was right."""
    c = login_failures.c
    conn.execute(sa.delete(login_failures).where(c.tenant_id == tenant, c.id.in_(counts)))


def clear_failures(conn: sa.Connection, tenant: int, subject: str) -> None:
    """Forget them, after a log-in that succeeded. An address is not cleared: one good account would excuse the rest."""
    c = login_failures.c
    conn.execute(sa.delete(login_failures).where(c.tenant_id == tenant, c.subject == subject))


def check_throttle(
    conn: sa.Connection, tenant: int, login: str, address: str, now: datetime, settings: Settings
) -> None:
    """Refuse a log-in after too many failures of this account or address within the window.

    Raises Forbidden("throttled") with `retry_after`, in seconds. An empty address (a password asked for again, to sign)
    is not looked at: it would stand for everybody. It looks before the password is verified, so a refused
    attempt neither costs a hash nor prolongs the wait.
    """
    window = timedelta(seconds=settings.login_window)
    c = login_failures.c
    limits = {login_subject(login): settings.login_failures}
    if address:
        limits[address_subject(address)] = settings.login_failures * ADDRESS_FACTOR
    waits = []
    for subject, limit in limits.items():
        # The limit-th newest failure: once it leaves the window there is room for another attempt.
        oldest = conn.execute(
            sa.select(c.at)
            .where(c.tenant_id == tenant, c.subject == subject, c.at > now - window)
            .order_by(c.at.desc())
            .offset(limit - 1)
            .limit(1)
        ).scalar()
        if oldest is not None:
            waits.append((oldest + window - now).total_seconds())
    if waits:
        seconds = math.ceil(max(waits))
        raise Forbidden("throttled", f"too many failed log-ins; try again in {seconds} s", retry_after=seconds)


def forget_expired(conn: sa.Connection, tenant: int, now: datetime, settings: Settings) -> None:
    """Delete sessions that ended and failures that no longer count; for a scheduler, now and then."""
    s, f = sessions.c, login_failures.c
    idle, total = timedelta(seconds=settings.session_idle), timedelta(seconds=settings.session_total)
    ended = sa.or_(s.seen_at <= now - idle, s.created_at <= now - total)
    conn.execute(sa.delete(sessions).where(s.tenant_id == tenant, ended))
    window = timedelta(seconds=settings.login_window)
    conn.execute(sa.delete(login_failures).where(f.tenant_id == tenant, f.at <= now - window))
