"""Ghi nhận thay: what an outside body decided on paper, recorded by the clerk or the drafter.

Outside actors usually do not log in (domain.md §1.3). Who records is never who decided; the paper's number, day and
scan stand in the case, and the journal and the pages say that it was recorded. Never for a decision of the department
itself: its people decide in their own name.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa

from engine import documents, gates, org, queries, tasks
from engine.commands import cases
from engine.commands.advance import locked_task, note
from engine.commands.transaction import Tx
from engine.errors import Conflict, Forbidden, Invalid, Reason
from engine.records import documents as document_rows
from engine.records import people

# How a paper came: the documents axis (trục liên thông văn bản), on paper, by mail, at a meeting, otherwise.
CHANNELS = ("truc", "giay", "thu_dien_tu", "hop", "khac")
TEXT_MAX = 200


@dataclass(frozen=True, slots=True)
class Paper:
    """What was received: the number as it stands on it (may be empty), its day, who decided (an office, in words), the
    scan, the day on which it came (None: today), and how it came."""

    number: str
    dated: date | None
    decided_by: str
    filename: str
    content: bytes
    received_on: date | None = None
    channel: str = "giay"

    def received(self, tx: Tx) -> date:
        """The day on which it came."""
        return self.received_on or tx.today


def record_decision(
    tx: Tx,
    actor: str,
    task_id: str,
    answers: Mapping[str, Any],
    number: str,
    dated: date | None,
    decided_by: str,
    filename: str,
    content: bytes,
    received_on: date | None = None,
    channel: str = "giay",
    seen_version: int | None = None,
) -> cases.Completed:
    """Complete a gate or a task of an outside body with what its paper says; `answers` as for `cases.complete`.

    The scan becomes the paper that the task produces, else a document of its own. Raises NotFound,
    Forbidden("not_recorder" | "not_outside"), Conflict as `cases.complete`, Invalid(fields), TooLarge.
    """
    task = locked_task(tx, task_id, actor)
    who = org.actor_of(actor, task)
    queries.require_visible(tx, who, task.case_id, "task")
    require_recorder(tx, who, task)
    if task.kind == "opinion":
        raise Conflict("is_opinion", "Expected a decision; an opinion is recorded with its remarks.")
    if task.state not in tasks.OPEN_STATES:
        code = "already_completed" if task.state == "completed" else "withdrawn"
        raise Conflict(code, f"Expected task {task_id} to be open, it is {task.state}.", task=task_id)
    if not queries.outside(tx, task.candidate, task.assignee):
        raise Forbidden("not_outside", "Expected a task of an outside body: the department decides in its own name.")
    if seen_version is not None:
        tasks.unchanged(task, seen_version)
    paper = Paper(number, dated, decided_by, filename, content, received_on, channel)
    properties = queries.properties_of(tx, task)
    own = [slug for slug in gates.words(properties.get("produces")) if slug != "opinions"]
    artefact = own[0] if own else f"van_ban_{task.element}"[:70]
    facts = keep(tx, actor, task, paper, artefact, task_id, replaces=bool(own))
    if not own:
        entitle(tx, task.case_id, facts["document"]["artefact"], f"{task.name}: {paper.decided_by.strip()}")
    signed_as = paper.decided_by.strip() if properties.get("gate") == "signing" else None
    return cases.complete(tx, task_id, actor, answers, task.version, signed_as=signed_as, recorded=facts)


def require_recorder(tx: Tx, who: org.Actor, case: Any) -> None:
    """The records clerk may, who drafts the case, and who holds the lane `clerk`. Raises Forbidden("not_recorder")."""
    if queries.may_keep_records(who, case.drafter) or tasks.drafting(tx.conn, tx.tenant, case.case_id, who.id):
        return
    raise Forbidden("not_recorder", f"Expected {who.id} to keep records, or to draft the case.")


def keep(
    tx: Tx, actor: str, case: Any, paper: Paper, artefact: str, task_id: str | None, replaces: bool = False
) -> dict[str, Any]:
    """Check a paper, keep its scan as a document of the case, and say what is written down with the decision.

    Without `replaces` it becomes a document of its own also where one of that artefact is there already. It is noted in
    the journal, so the case must be locked anew afterwards. Raises Invalid(fields), TooLarge.
    """
    facts = _facts(tx, actor, paper)
    name, kind = documents.check_upload(paper.filename, paper.content, tx.settings.upload_limit)
    slug, again = artefact, 1
    while not replaces and documents.exists(tx.conn, tx.tenant, case.case_id, slug):
        again += 1
        slug = f"{artefact}-{again}"
    added = documents.add_version(
        tx.conn,
        tx.tenant,
        case_id=case.case_id,
        artefact=slug,
        title=gates.named(tx.environment_facts.artefacts, slug),
        filename=name,
        media_type=kind,
        body=paper.content,
        actor=actor,
        task_id=task_id,
        now=tx.now,
    )
    tx.conn.execute(
        sa.update(document_rows)
        .where(document_rows.c.tenant_id == tx.tenant, document_rows.c.id == added["document_id"])
        .values(number=paper.number.strip() or None, dated=paper.dated)
    )
    document = {"artefact": slug, "number": added["number"], "sha256": added["sha256"]}
    if added["new"]:
        note(tx, case, actor, "document.added", {"task": task_id, **document, "filename": name})
    return {**facts, "document": document | {"version": added["id"]}}


def _facts(tx: Tx, actor: str, paper: Paper) -> dict[str, Any]:
    """What a decision on paper says of itself, checked. Raises Invalid with all fields."""
    problems: dict[str, list[Reason]] = {}
    decider = paper.decided_by.strip()
    own_name = tx.conn.execute(
        sa.select(people.c.name).where(people.c.tenant_id == tx.tenant, people.c.id == actor)
    ).scalar()
    if not decider:
        problems["decided_by"] = [Reason("required", "expected who decided")]
    elif decider in (actor, own_name):
        problems["decided_by"] = [Reason("same_person", "expected somebody else than who records it")]
    for field, text in (("decided_by", decider), ("number", paper.number.strip())):
        if len(text) > TEXT_MAX:
            problems[field] = [Reason("too_long", f"expected at most {TEXT_MAX} characters", {"max": TEXT_MAX})]
    received = paper.received(tx)
    if paper.dated is None:
        problems["dated"] = [Reason("required", "expected the day of the paper")]
    elif paper.dated > received:
        problems["dated"] = [Reason("after_received", "expected a day before it was received")]
    if received > tx.today:
        problems["received_on"] = [Reason("in_the_future", "expected a day that has come")]
    if paper.channel not in CHANNELS:
        problems["channel"] = [Reason("not_an_option", f"expected one of {', '.join(CHANNELS)}")]
    if problems:
        raise Invalid(problems)
    assert paper.dated is not None
    return {
        "decided_by": decider,
        "number": paper.number.strip(),
        "dated": paper.dated.isoformat(),
        "received_on": received.isoformat(),
        "channel": paper.channel,
    }


def entitle(tx: Tx, case_id: str, artefact: str, title: str) -> None:
    """Call a document of a case something: one that no workflow names."""
    d = document_rows.c
    tx.conn.execute(
        sa.update(document_rows)
        .where(d.tenant_id == tx.tenant, d.case_id == case_id, d.artefact == artefact)
        .values(title=title[:500])
    )
