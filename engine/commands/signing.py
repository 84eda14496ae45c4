"""Signing: deciding a gate in one's own name, after the password was given again (checked by the door beforehand)."""

from collections.abc import Mapping
from typing import Any

from engine.commands import cases
from engine.commands.transaction import Tx
from engine.errors import NotFound
from engine.queries import capacity_of


def sign(
    tx: Tx,
    task_id: str,
    actor: str,
    answers: Mapping[str, Any],
    seen_version: int,
    seen_documents: int | None = None,
) -> cases.Completed:
    """Decide a signing gate; the signature's capacity is written down with it. Raises what `cases.complete` raises."""
    capacity = capacity_of(tx, task_id, actor)
    if capacity is None:
        raise NotFound("task", f"Expected a task with id {task_id}, found none.")
    return cases.complete(tx, task_id, actor, answers, seen_version, seen_documents, signed_as=capacity)
