"""The journal: what happened to a case, append-only, chained per case.

An entry's payload holds the stimulus that was given to the kernel, the definition and environment it ran under, and the
events that came out: enough to replay the case. The chain runs over digests of payloads, so a payload can be erased and
the chain still verifies; a chain per case (not one for all) keeps writers of different cases apart.
"""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

import sqlalchemy as sa

from engine import clock
from engine.records import journal

GENESIS = "0" * 64
INSERT = sa.insert(journal).values({c.name: sa.bindparam(f"entry_{c.name}", type_=c.type) for c in journal.c})


@dataclass(frozen=True, slots=True)
class Head:
    """The last entry of a case's chain: its number (0 before the first) and its hash."""

    seq: int
    hash: str


def canonical(payload: Any) -> str:
    """The one text of a payload: sorted keys, no spaces, UTF-8."""
    return json.dumps(payload, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def digest(text: str) -> str:
    """SHA-256 of a text, hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()


def link(prev: str, case_id: str, seq: int, at: datetime, actor: str, kind: str, payload_digest: str) -> str:
    """The hash of an entry: over everything in it but the payload, which its digest stands for."""
    return digest("\n".join((prev, case_id, str(seq), clock.iso(at), actor, kind, payload_digest)))


def follow(
    tenant: int, case_id: str, head: Head, at: datetime, actor: str, kind: str, payload: Any
) -> tuple[Head, dict[str, Any]]:
    """The new head after one more entry, and the parameters of `INSERT` for it. `kind` is past tense:
    `task.completed`."""
    text = canonical(payload)
    payload_digest = digest(text)
    seq = head.seq + 1
    new = link(head.hash, case_id, seq, at, actor, kind, payload_digest)
    row = {
        "tenant_id": tenant,
        "case_id": case_id,
        "seq": seq,
        "at": at,
        "actor": actor,
        "kind": kind,
        "payload": text,
        "digest": payload_digest,
        "prev": head.hash,
        "hash": new,
    }
    return Head(seq, new), {f"entry_{name}": value for name, value in row.items()}


# A change that belongs to an entry, and its parameters.
Change = tuple[sa.Update | sa.Delete, dict[str, Any]]


@lru_cache(maxsize=16)
def _in_one(update: sa.Update, *others: sa.Update | sa.Delete) -> sa.Update:
    joined = update.add_cte(INSERT.cte("entry"))
    for number, other in enumerate(others):
        joined = joined.add_cte(other.cte(f"other_{number}"))
    return joined


def append(conn: sa.Connection, entry: dict[str, Any], case: Change, *others: Change) -> int:
    """Write an entry together with the update of the case whose head it becomes, and with what else changes by it;
    returns how many cases were updated.

    PostgreSQL does all in one statement: each one more is a round trip. So none of them may look at another's rows,
    and parameters with one name have one value.
    """
    if conn.dialect.name == "postgresql":
        together = {name: value for _, params in (case, *others) for name, value in params.items()}
        joined = _in_one(case[0], *(statement for statement, _ in others))
        return conn.execute(joined, {**together, **entry}).rowcount
    conn.execute(INSERT, entry)
    for statement, params in others:
        conn.execute(statement, params)
    return conn.execute(*case).rowcount


def faults(case_id: str, head: Head, entries: Iterable[Any]) -> list[str]:
    """What is wrong with a chain: a sentence per fault, naming the entry; empty when it verifies.

    `entries` are journal rows in order of `seq`; `head` is what the case row says the chain ends with.
    """
    found: list[str] = []
    prev, seq = GENESIS, 0
    for row in entries:
        seq += 1
        if row.seq != seq:
            found.append(f"entry {seq} is missing (found {row.seq})")
            seq = row.seq
        if row.prev != prev:
            found.append(f"entry {row.seq} does not follow the one before it")
        if row.payload is not None and digest(row.payload) != row.digest:
            found.append(f"entry {row.seq}: the payload is not what was written")
        if link(row.prev, case_id, row.seq, row.at, row.actor, row.kind, row.digest) != row.hash:
            found.append(f"entry {row.seq}: its facts are not what was written")
        prev = row.hash
    if (seq, prev) != (head.seq, head.hash):
        found.append(f"the chain ends at entry {seq}, the case says {head.seq}")
    return found
