"""Due dates that have moved, written into rows: what `advance` does with the kernel's `task.due_changed` and
`timer.rearmed`."""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from engine import clock, definitions
from engine.commands.transaction import Tx
from engine.records import consultations, tasks, timers

Events = Mapping[str, list[dict[str, Any]]]


def write(tx: Tx, case_id: str, bundle: definitions.Bundle, by_name: Events) -> None:
    """Move the due dates of tasks, the instants of timers, and the end of rounds that such a timer closes."""
    t = tasks.c
    for event in by_name["task.due_changed"]:
        # The version stays: a page that shows the old date may still be acted on.
        mine = sa.and_(t.tenant_id == tx.tenant, t.case_id == case_id, t.token == event["task"])
        dates = {"due_at": _instant(event["due"]), "follow_up_at": _instant(event["follow_up"])}
        tx.conn.execute(sa.update(tasks).where(mine, t.state.in_(("ready", "claimed"))).values(**dates))
    for event in by_name["timer.rearmed"]:
        armed = timers.c
        mine = sa.and_(armed.tenant_id == tx.tenant, armed.case_id == case_id, armed.token == event["timer"])
        due = clock.parse(event["due"])
        tx.conn.execute(sa.update(timers).where(mine, armed.state == "armed").values(due_at=due))
        here = tx.models.bundle(tx.conn, tx.tenant, event["process"]) if event.get("process") else bundle
        element = here.definition.elements.get(event["el"])
        if element is None or element.attached_to is None or not element.interrupting:
            continue
        if "consultation" in here.definition.elements[element.attached_to].properties:
            r = consultations.c
            round_ = sa.and_(r.tenant_id == tx.tenant, r.case_id == case_id, r.host == event["owner"])
            tx.conn.execute(sa.update(consultations).where(round_, r.closed_at.is_(None)).values(due_at=due))


def _instant(text: str | None) -> Any:
    return clock.parse(text) if text else None
