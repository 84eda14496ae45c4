"""Tasks that one person has several of: what the stories with juries, entries and agencies have in common."""

from collections.abc import Mapping
from typing import Any

from webui.demo import Office


def holding(office: Office, person: str, element: str) -> list[Any]:
    """All tasks of an element of the case on somebody's list, by name, as their pages show them."""
    inbox = office.engine.queries.inbox(person)
    rows = [row for group in inbox.groups for row in group.rows]
    mine = [row.task_id for row in rows if row.case_id == office.case_id and row.element == element]
    return sorted((office.engine.queries.task(person, task_id) for task_id in mine), key=lambda view: str(view.name))


def completes(office: Office, person: str, view: Any, answers: Mapping[str, Any]) -> None:
    """Somebody completes this one of their tasks, with the documents that it makes."""
    office.attaches(person, view)
    office.engine.cases.complete(view.id, person, answers, office.version(person, view))
    office.engine.operations.settle()
