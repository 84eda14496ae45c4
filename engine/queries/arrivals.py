"""What a case waits for from outside, and which supporting processes may be opened."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from engine import arrivals, org
from engine.queries.access import Asker, visible
from engine.queries.register import focus_tasks_list
from engine.records import cases, subscriptions


@dataclass(frozen=True, slots=True)
class Awaited:
    """A message that a case waits for. `any_time`: it starts something beside the main way and may come again."""

    message: str
    key: str | None
    name: str
    documentation: str
    fields: Sequence[arrivals.Field]
    any_time: bool


@dataclass(frozen=True, slots=True)
class Supporting:
    """A process that supports the focus tasks (a report, an adjustment of the plan)."""

    process_id: str
    name: str
    documentation: str
    # whether it is about one focus task, and the tasks that it may be opened for: (id, name)
    about_task: bool
    focus_tasks: Sequence[tuple[str, str]]


def may_record(who: org.Actor, case: Any) -> bool:
    """Whether somebody may write down what reached a case from outside: the secretariat, the records clerk, the drafter
    and the head of the lead unit."""
    heads = "truong_don_vi" in who.roles and case.lead_unit in who.units
    return bool(who.roles & {"van_phong_tong_hop", "van_thu"}) or case.drafter == who.id or heads


def awaited(tx: Asker, person: str, case_id: str, lang: str = "vi") -> list[Awaited]:
    """The messages that a running case waits for, for somebody who may record them; else none."""
    who = tx.actor(person)
    c, s = cases.c, subscriptions.c
    case = tx.conn.execute(sa.select(cases).where(c.tenant_id == tx.tenant, c.id == case_id, visible(who))).first()
    if case is None or case.status != "running" or not may_record(who, case):
        return []
    main = tx.models.bundle(tx.conn, tx.tenant, case.definition).definition
    found: dict[tuple[str, str | None], Awaited] = {}
    rows = tx.conn.execute(
        sa.select(subscriptions).where(s.tenant_id == tx.tenant, s.case_id == case_id).order_by(s.token)
    )
    for row in rows:
        here = tx.models.bundle(tx.conn, tx.tenant, row.definition).definition if row.definition else main
        element = here.elements[row.element]
        outer = here.elements.get(element.scope) if element.type == "startEvent" else None
        label = outer or element
        name = (label.properties.get("name:en") if lang == "en" else None) or label.name or row.name
        found.setdefault(
            (row.name, row.key),
            Awaited(
                row.name,
                row.key,
                name,
                element.documentation or label.documentation,
                arrivals.fields(element.properties),
                outer is not None,
            ),
        )
    return sorted(found.values(), key=lambda each: (each.any_time, each.name))


def supporting(tx: Asker, person: str) -> list[Supporting]:
    """The supporting processes that are deployed (code S…), each with the focus tasks that somebody may open it for."""
    who = tx.actor(person)
    found = []
    for process_id, digest in tx.environment_facts.processes.items():
        bundle = tx.models.bundle(tx.conn, tx.tenant, digest)
        process = bundle.definition.processes[bundle.definition.process_id]
        if not process.properties.get("code", "").startswith("S"):
            continue
        about = process.properties.get("about") == "focus_task"
        secretary = "van_phong_tong_hop" in who.roles
        tasks = [
            (task.id, f"{task.code} · {task.short}")
            for task in (focus_tasks_list(tx, person) if about else ())
            if secretary or task.led
        ]
        leads = secretary or ("truong_don_vi" in who.roles and process.properties.get("lead_unit") in who.units)
        if (tasks and ("truong_don_vi" in who.roles or secretary)) if about else leads:
            found.append(Supporting(process_id, bundle.name, process.documentation, about, tasks))
    return sorted(found, key=lambda each: each.name)
