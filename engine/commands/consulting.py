"""What the drafter does with the opinions of a round: accept or explain each remark."""

import sqlalchemy as sa

from engine import consultations, org, queries, tasks
from engine.commands.advance import locked_case, note
from engine.commands.transaction import Tx
from engine.errors import Conflict, Forbidden, NotFound
from engine.records import opinions


def respond(tx: Tx, actor: str, opinion_id: str, response: str, text: str = "") -> str:
    """Accept (`tiep_thu`) or explain (`giai_trinh`) the remark of an opinion; returns the case id.

    The case's drafter may, or who was handed the drafter's task, as long as the case runs; a response may be changed.
    Raises NotFound, Forbidden("not_drafter"), Conflict("not_answered" | "case_ended"), Invalid(response | text).
    """
    found = tx.conn.execute(
        sa.select(opinions).where(opinions.c.tenant_id == tx.tenant, opinions.c.id == opinion_id)
    ).first()
    if found is None:
        raise NotFound("opinion", f"Expected an opinion with id {opinion_id}, found none.")
    case = locked_case(tx, found.case_id, actor)
    who = org.actor_of(actor, case)
    queries.require_visible(tx, who, found.case_id, "opinion")
    if case.drafter != actor and not tasks.drafting(tx.conn, tx.tenant, found.case_id, actor):
        raise Forbidden("not_drafter", "Expected the case's drafter to respond to remarks.")
    if case.status != "running":
        raise Conflict("case_ended", f"Expected case {case.code} to be running, it is {case.status}.")
    consultations.respond(tx.conn, tx.tenant, found, response, text, tx.now)
    facts = {"opinion": opinion_id, "response": response, "text": text.strip()}
    note(tx, case, actor, "opinion.responded", facts)
    return str(found.case_id)
