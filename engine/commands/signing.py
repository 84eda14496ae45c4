"""Signing: deciding a gate in one's own name, after the password was given again (checked by the door beforehand)."""

from collections.abc import Mapping
from typing import Any

from engine import gates
from engine.commands import cases
from engine.commands.transaction import Tx
from engine.errors import Forbidden, NotFound
from engine.queries import NoAuthority, capacity_of


def sign(
    tx: Tx,
    task_id: str,
    actor: str,
    answers: Mapping[str, Any],
    seen_version: int,
    seen_documents: int | None = None,
) -> cases.Completed:
    """Decide a signing gate; the signature's capacity is written down with it (DMN-02). Raises what `cases.complete`
    raises, and Forbidden("no_authority") for who holds neither the seat nor a mandate for it that is in force."""
    reason = ""
    capacity: str | None = None
    try:
        capacity = capacity_of(tx, task_id, actor)
        if capacity is None:
            raise NotFound("task", f"Expected a task with id {task_id}, found none.")
    except NoAuthority as missing:
        reason = missing.reason
    try:
        if reason and gates.moves_on(answers.get("outcome")):
            # Sending it back signs nothing; who may not even do that is told so first.
            cases.require_may_decide(tx, task_id, actor)
            raise Forbidden("no_authority", f"Expected {actor} to have the authority to sign: {reason}.", task=task_id)
        return cases.complete(tx, task_id, actor, answers, seen_version, seen_documents, signed_as=capacity)
    except Forbidden as refused:
        if refused.code != "not_candidate":
            raise
        raise Forbidden("no_authority", f"Expected {actor} to hold the seat, or a mandate.", task=task_id) from refused
