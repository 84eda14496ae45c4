"""What people do with a round of opinions besides answering it: who else is asked, who is taken off, answers that come
late or on paper, citizens' remarks, and what the drafter does with each remark."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Any

import sqlalchemy as sa

from engine import bpmn, clock, consultations, forms, gates, notices, org, queries, tasks
from engine.commands import cases, recording
from engine.commands.advance import advance, locked_case, note, sent
from engine.commands.transaction import Tx
from engine.errors import Conflict, Forbidden, Invalid, NotFound, Reason
from engine.records import consultations as rounds
from engine.records import opinion_remarks, opinions
from engine.records import tasks as task_rows

LABEL_MAX = 160


# --- what the drafter does with remarks ---------------------------------------------------------------------------


def respond(tx: Tx, actor: str, opinion_id: str, response: str, text: str = "") -> str:
    """Accept (`tiep_thu`), accept in part (`tiep_thu_mot_phan`) or explain (`giai_trinh`) a remark; returns its case.

    `opinion_id` names a remark, or an opinion: then all of its remarks without a response, or all when each has one.
    The case's drafter may, or who was handed the drafter's task, as long as the case runs; a response may be changed.
    Raises NotFound, Forbidden("not_drafter"), Conflict("not_answered" | "case_ended"), Invalid(response | text).
    """
    r = opinion_remarks.c
    named = (
        sa.select(opinion_remarks)
        .where(r.tenant_id == tx.tenant, sa.or_(r.id == opinion_id, r.opinion_id == opinion_id))
        .order_by(r.number)
    )
    first = tx.conn.execute(named).first()
    case_id = first.case_id if first else _opinion(tx, opinion_id).case_id
    case = _drafters_case(tx, actor, case_id)
    # Only now, with the case locked: who came first has answered some of them meanwhile.
    found = tx.conn.execute(named).all()
    consultations.check_response(response, text)
    if not found:
        raise Conflict("not_answered", "Expected to respond to a remark, but none was made.")
    whole = found[0].opinion_id == opinion_id
    chosen = [row.id for row in found if whole and row.response is None] or [row.id for row in found]
    _respond(tx, case, actor, chosen, response, text)
    return str(case_id)


def accept_all(tx: Tx, actor: str, case_id: str, remarks: Collection[str], text: str = "") -> int:
    """Accept all remarks of a list that nobody has answered yet, with the same words (or none); returns how many.

    Raises NotFound, Forbidden("not_drafter"), Conflict("case_ended" | "nothing_open"), Invalid(text | remarks).
    """
    case = _drafters_case(tx, actor, case_id)
    consultations.check_response("tiep_thu", text)
    r = opinion_remarks.c
    found = {
        row.id: row.response
        for row in tx.conn.execute(
            sa.select(r.id, r.response).where(
                r.tenant_id == tx.tenant, r.case_id == case.case_id, r.id.in_(sorted(set(remarks)))
            )
        )
    }
    if set(remarks) - found.keys():
        raise Invalid({"remarks": [Reason("not_an_option", "expected remarks of this case")]})
    still = sorted(remark for remark, response in found.items() if response is None)
    if not still:
        raise Conflict("nothing_open", "Expected a remark without a response among these.")
    _respond(tx, case, actor, still, "tiep_thu", text)
    return len(still)


def _respond(tx: Tx, case: Any, actor: str, remarks: list[str], response: str, text: str) -> None:
    consultations.respond(tx.conn, tx.tenant, remarks, response, text, actor, tx.now)
    facts = {"remarks": remarks, "response": response, "text": text.strip(), "count": len(remarks)}
    note(tx, case, actor, "opinion.responded", facts)


def _drafters_case(tx: Tx, actor: str, case_id: str) -> Any:
    """The locked case, for its drafter alone. Raises NotFound, Forbidden("not_drafter"), Conflict("case_ended")."""
    case = locked_case(tx, case_id, actor)
    queries.require_visible(tx, org.actor_of(actor, case), case_id, "opinion")
    if case.drafter != actor and not tasks.drafting(tx.conn, tx.tenant, case_id, actor):
        raise Forbidden("not_drafter", "Expected the case's drafter to respond to remarks.")
    _require_running(case)
    return case


def _require_running(case: Any) -> None:
    if case.status != "running":
        raise Conflict("case_ended", f"Expected case {case.code} to be running, it is {case.status}.")


# --- answers that come late, or on paper --------------------------------------------------------------------------


def answer_late(tx: Tx, actor: str, opinion_id: str, answers: Mapping[str, Any]) -> str:
    """Answer after the round was closed: kept and marked as late, it does not change what silence meant. `answers` are
    those of the opinion's form, with `remarks` besides. Whoever was asked may; the drafter is told. Returns the case
    id.

    Raises NotFound, Forbidden("not_candidate"), Conflict("round_open" | "already_answered" | "withdrawn" |
    "case_ended"), Invalid(fields).
    """
    opinion = _opinion(tx, opinion_id)
    case = locked_case(tx, opinion.case_id, actor)
    opinion = _opinion(tx, opinion_id)
    who = org.actor_of(actor, case)
    if opinion.participant not in who.keys:
        queries.require_visible(tx, who, opinion.case_id, "opinion")
        raise Forbidden("not_candidate", f"Expected {actor} to have been asked.")
    _closed_round(tx, opinion)
    _require_running(case)
    _keep_late(tx, case, actor, opinion, answers, True)
    return str(opinion.case_id)


def record_for(
    tx: Tx,
    actor: str,
    opinion_id: str,
    outcome: str,
    remarks: Sequence[Any],
    number: str,
    dated: date | None,
    received_on: date | None,
    channel: str,
    filename: str,
    content: bytes,
    decided_by: str,
    answers: Mapping[str, Any] | None = None,
) -> str:
    """Record an opinion that came on paper ("ghi nhận thay"); returns the case id.

    `remarks` are texts, (clause, text) or {"clause", "text"}; `answers` further fields of the opinion's form. The scan
    becomes a document of the case. While the round is open this completes the asked body's task; afterwards it counts
    as late when it was received after the last day. See `recording.Paper` for the other arguments.
    Raises NotFound, Forbidden("not_recorder" | "own_opinion"), Conflict("already_answered" | "withdrawn" |
    "case_ended"), Invalid(fields), TooLarge.
    """
    opinion = _opinion(tx, opinion_id)
    case = locked_case(tx, opinion.case_id, actor)
    opinion = _opinion(tx, opinion_id)
    who = org.actor_of(actor, case)
    queries.require_visible(tx, who, opinion.case_id, "opinion")
    recording.require_recorder(tx, who, case)
    if opinion.participant in who.keys:
        raise Forbidden("own_opinion", "Expected somebody else's opinion: one's own is given, not recorded.")
    _require_running(case)
    _require_unanswered(opinion)
    paper = recording.Paper(number, dated, decided_by, filename, content, received_on, channel)
    said = consultations.further(list(remarks))
    given = dict(answers or {}) | {"outcome": outcome}
    if said:
        given |= {"noi_dung": said[0]["text"], "dieu_khoan": said[0]["clause"] or "", "remarks": said[1:]}
    facts = recording.keep(tx, actor, case, paper, f"van_ban_gop_y-{_slug(opinion)}", opinion.task_id)
    told = queries.participant_name(tx, opinion.participant)
    _name_paper(tx, case, facts, told)
    task = tx.conn.execute(
        sa.select(task_rows).where(task_rows.c.tenant_id == tx.tenant, task_rows.c.id == opinion.task_id)
    ).first()
    if task is not None and task.state in tasks.OPEN_STATES:
        cases.complete(tx, task.id, actor, _of_form(tx, task, given), task.version, recorded=facts)
    else:
        head = _closed_round(tx, opinion)
        late = paper.received(tx) > consultations.last_day(head.due_at, head.closed_at)
        _keep_late(tx, locked_case(tx, opinion.case_id, actor), actor, opinion, given, late, facts)
    held = [row.id for row in org.holders(tx.conn, tx.tenant, opinion.participant, tx.today) if row.id != actor]
    params = {"title": case.title, "by": actor, "outcome": outcome, "number": paper.number, "decided_by": decided_by}
    notices.tell(tx.conn, tx.tenant, held, "opinion_recorded", params, tx.now, opinion.case_id, opinion.task_id)
    return str(opinion.case_id)


def _keep_late(
    tx: Tx,
    case: Any,
    actor: str,
    opinion: Any,
    given: Mapping[str, Any],
    late: bool,
    recorded: Mapping[str, Any] | None = None,
) -> None:
    task = tx.conn.execute(
        sa.select(task_rows).where(task_rows.c.tenant_id == tx.tenant, task_rows.c.id == opinion.task_id)
    ).first()
    values = _checked(tx, case, task, opinion, given)
    consultations.answer_late(tx.conn, tx.tenant, opinion, actor, tx.now, values, late, recorded)
    facts = {"opinion": opinion.id, "given": values, "outcome": values["outcome"], "late": late}
    if task is not None:
        facts |= {"element": task.element}
    if recorded:
        facts["recorded"] = dict(recorded)
    note(tx, case, actor, "opinion.late", facts)
    if case.drafter and case.drafter != actor:
        name = queries.participant_name(tx, opinion.participant)
        params = {"title": case.title, "who": name, "late": late}
        notices.tell(tx.conn, tx.tenant, [case.drafter], "late_opinion", params, tx.now, case.case_id)


def _checked(tx: Tx, case: Any, task: Any, opinion: Any, given: Mapping[str, Any]) -> dict[str, Any]:
    """The answers of a late opinion, checked by the form that its task had. Raises Invalid."""
    rest = dict(given)
    more = consultations.further(rest.pop("remarks", None))
    if task is not None and task.form:
        form = tx.models.form(tx.conn, tx.tenant, task.form)
        rest = {key: value for key, value in rest.items() if key in _keys(form)}
        values = dict(form.load(rest, queries.sources(tx, form, queries.Facts({**task._mapping, **case._mapping}))))
    else:
        values = {key: rest[key] for key in ("outcome", "noi_dung", "dieu_khoan") if rest.get(key)}
    offered = consultations.offered(_asking(tx, opinion).properties)
    if values.get("outcome") not in offered:
        code = "not_an_option" if values.get("outcome") else "required"
        raise Invalid({"outcome": [Reason(code, f"expected one of {', '.join(offered)}", {"options": list(offered)})]})
    return values | ({"remarks": more} if more else {})


def _of_form(tx: Tx, task: Any, given: Mapping[str, Any]) -> dict[str, Any]:
    """Of recorded answers those that the task's form asks for; what it has no field for is a further remark."""
    if not task.form:
        return dict(given)
    keys = _keys(tx.models.form(tx.conn, tx.tenant, task.form)) | {"remarks"}
    answers = {key: value for key, value in given.items() if key in keys}
    if given.get("noi_dung") and "noi_dung" not in keys:
        first = {"clause": given.get("dieu_khoan") or None, "text": given["noi_dung"]}
        answers["remarks"] = [first, *answers.get("remarks", ())]
    return answers


def _keys(form: forms.Form) -> set[str]:
    return {component.key for component in form.components if component.key}


def _slug(opinion: Any) -> str:
    """What the paper of a participant is filed under: the unit, or the person."""
    name = opinion.participant.partition("@")[2] or opinion.participant
    plain = "".join(c if c.isascii() and (c.isalnum() or c == "_") else "_" for c in name.lower())
    return plain[:40] if plain.strip("_") else opinion.id[-12:]


def _name_paper(tx: Tx, case: Any, facts: Mapping[str, Any], who: str) -> None:
    recording.entitle(tx, case.case_id, facts["document"]["artefact"], f"Văn bản góp ý: {who}")


# --- who is asked -------------------------------------------------------------------------------------------------


def add_recipients(
    tx: Tx, actor: str, consultation_id: str, participants: Sequence[str], reason: str = ""
) -> list[str]:
    """Ask further bodies or persons while a round is open; returns the ids of their opinions.

    `participants` are candidate keys ("ext_agencies@so_tai_chinh"), person ids, or for a lane that nobody sits on a
    name after the @ ("affected_parties@Hợp tác xã Hoa Sen"). They have until the round's end. The drafter may, and who
    keeps records. Raises NotFound, Forbidden("not_recorder"), Conflict("round_closed" | "case_ended"),
    Invalid(participants | reason).
    """
    head = _round(tx, consultation_id)
    case = locked_case(tx, head.case_id, actor)
    head = _round(tx, consultation_id)
    who = org.actor_of(actor, case)
    queries.require_visible(tx, who, head.case_id, "consultation")
    recording.require_recorder(tx, who, case)
    _require_running(case)
    if head.closed_at is not None or head.kind == consultations.PORTAL:
        raise Conflict("round_closed", "Expected the round to be open.")
    o = opinions.c
    asked = set(
        tx.conn.execute(
            sa.select(o.participant).where(
                o.tenant_id == tx.tenant, o.consultation_id == head.id, o.withdrawn_at.is_(None)
            )
        ).scalars()
    )
    reason = reason.strip()
    problems: dict[str, list[Reason]] = {}
    wanted = [one.strip() for one in dict.fromkeys(participants) if one.strip()]
    if not wanted:
        problems["participants"] = [Reason("required", "expected somebody to ask")]
    for one in wanted:
        if one in asked:
            told = {"who": queries.participant_name(tx, one)}
            problems["participants"] = [Reason("already_asked", f"{one} has been asked already", told)]
        elif not _may_be_asked(tx, one):
            problems["participants"] = [Reason("not_an_option", f"expected somebody who can be asked, got {one}")]
    if len(reason) < gates.REASON_MIN:
        problems["reason"] = [Reason("too_short", "expected a reason", {"min": gates.REASON_MIN})]
    if problems:
        raise Invalid(problems)
    shard = head.host.rpartition(".")[0] or None
    moved = advance(
        tx,
        case,
        {"do": "extend", "host": head.host, "shard": shard, "items": wanted},
        actor=actor,
        kind="recipients.added",
        facts={"consultation": head.id, "participants": wanted, "reason": reason, "element": head.element},
    )
    opened = [row["id"] for row in moved.opened if row["host"] == head.host]
    added = tx.conn.execute(
        sa.update(opinions)
        .where(o.tenant_id == tx.tenant, o.task_id.in_(opened))
        .values(added_by=actor, added_reason=reason)
        .returning(o.id)
    ).scalars()
    if head.due_at is not None:  # the model counts from today; who was added has until the round's end, like the others
        t = task_rows.c
        tx.conn.execute(
            sa.update(task_rows)
            .where(t.tenant_id == tx.tenant, t.id.in_(opened), t.due_at > head.due_at)
            .values(due_at=head.due_at)
        )
    return list(added)


def withdraw_recipient(tx: Tx, actor: str, opinion_id: str, reason: str) -> None:
    """Take somebody off an open round, with a reason; who was asked is told. They stay in the table as withdrawn.

    Raises NotFound, Forbidden("not_recorder"), Conflict("round_closed" | "already_answered" | "withdrawn" |
    "case_ended"), Invalid(reason).
    """
    opinion = _opinion(tx, opinion_id)
    case = locked_case(tx, opinion.case_id, actor)
    opinion = _opinion(tx, opinion_id)
    who = org.actor_of(actor, case)
    queries.require_visible(tx, who, opinion.case_id, "opinion")
    recording.require_recorder(tx, who, case)
    _require_running(case)
    reason = reason.strip()
    if len(reason) < gates.REASON_MIN:
        raise Invalid({"reason": [Reason("too_short", "expected a reason", {"min": gates.REASON_MIN})]})
    _require_unanswered(opinion)
    t = task_rows.c
    task = tx.conn.execute(sa.select(task_rows).where(t.tenant_id == tx.tenant, t.id == opinion.task_id)).first()
    if task is None or task.state not in tasks.OPEN_STATES:
        raise Conflict("round_closed", "Expected the round to be open.")
    tx.conn.execute(
        sa.update(opinions)
        .where(opinions.c.tenant_id == tx.tenant, opinions.c.id == opinion.id)
        .values(withdrawn_at=tx.now, withdrawn_by=actor, withdrawn_reason=reason)
    )
    held = [row.id for row in org.holders(tx.conn, tx.tenant, opinion.participant, tx.today)]
    advance(
        tx,
        case,
        {"do": "withdraw", "task": task.token, "shard": task.shard},
        actor=actor,
        kind="opinion.withdrawn",
        facts={"opinion": opinion.id, "reason": reason, "element": task.element},
    )
    params = {"title": case.title, "task": task.name, "by": actor, "reason": reason}
    notices.tell(tx.conn, tx.tenant, held, "opinion_withdrawn", params, tx.now, opinion.case_id, task.id)


def _may_be_asked(tx: Tx, participant: str) -> bool:
    """Whether somebody sits there; a name after the @ will do for a lane that nobody sits on."""
    if len(participant) > LABEL_MAX:
        return False
    lane, _, unit = participant.partition("@")
    if unit and lane in queries.NAMED_LANES:
        return True
    return bool(org.holders(tx.conn, tx.tenant, participant, tx.today))


# --- the portal ---------------------------------------------------------------------------------------------------


def add_portal_remark(
    tx: Tx, actor: str, task_or_consultation: str, author_label: str, text: str, clause: str | None = None
) -> str:
    """Write down one citizen's remark on what was posted; see `add_portal_remarks`. Returns the round's id."""
    return add_portal_remarks(tx, actor, task_or_consultation, [(author_label, clause, text)])


def add_portal_remarks(
    tx: Tx, actor: str, task_or_consultation: str, remarks: Sequence[tuple[str, str | None, str]]
) -> str:
    """Write down citizens' remarks on what was posted on the portal, as (who, clause, text); who may be empty. Returns
    the id of the round, which the first of them opens for the step of the posting.

    `task_or_consultation` is a task of the posting's step, or the round. Whoever keeps records may, the drafter, and
    who holds the task. Raises NotFound, Forbidden("not_recorder"), Conflict("case_ended" | "not_portal"),
    Invalid(remarks).
    """
    c, t = rounds.c, task_rows.c
    head = tx.conn.execute(sa.select(rounds).where(c.tenant_id == tx.tenant, c.id == task_or_consultation)).first()
    task = None
    if head is None:
        task = tx.conn.execute(
            sa.select(task_rows, tasks.further_candidates()).where(
                t.tenant_id == tx.tenant, t.id == task_or_consultation
            )
        ).first()
    if head is None and task is None:
        raise NotFound("task", f"Expected a task or a round with id {task_or_consultation}, found none.")
    case = locked_case(tx, head.case_id if head else task.case_id, actor)  # type: ignore[union-attr]
    who = org.actor_of(actor, case)
    if task is None or not (task.assignee == actor or tasks.is_offered_to(task, who)):
        queries.require_visible(tx, who, case.case_id)
        recording.require_recorder(tx, who, case)
    _require_running(case)
    if head is not None and head.kind != consultations.PORTAL:
        raise Conflict("not_portal", "Expected a round of remarks from the portal.")
    said = []
    for label, clause, text in remarks:
        if len(label.strip()) > LABEL_MAX:
            raise Invalid({"remarks": [Reason("too_long", "expected a shorter name", {"max": LABEL_MAX})]})
        said += [(label.strip(), one) for one in consultations.further([{"clause": clause, "text": text}])]
    if not said:
        raise Invalid({"remarks": [Reason("required", "expected a remark")]})
    consultation_id = head.id if head else _portal_round(tx, case, task)
    _keep_portal(tx, case, actor, consultation_id, said)
    return str(consultation_id)


def _portal_round(tx: Tx, case: Any, task: Any) -> str:
    """The round of a posting: one for each step that posts."""
    key = f"portal:{task.call or task.step or task.element}"
    known = consultations.find_round(tx.conn, tx.tenant, case.case_id, key)
    if known is not None:
        return str(known.id)
    main = tx.models.bundle(tx.conn, tx.tenant, case.case_definition).definition
    here = tx.models.bundle(tx.conn, tx.tenant, task.definition).definition
    caller = main.elements.get(task.call or "")
    element = here.elements[task.element]
    return consultations.open_round(
        tx.conn,
        tx.tenant,
        {
            "case_id": case.case_id,
            "host": key,
            "element": task.element,
            "step": task.step,
            "kind": consultations.PORTAL,
            "title": (caller.name if caller else None) or element.name or element.id,
            "round": consultations.rounds_before(tx.conn, tx.tenant, case.case_id, task.element) + 1,
            "documents": sent(tx, case.case_id, element.properties, caller.properties if caller else None),
            "deemed": False,
            "min_responses": None,
            "opened_at": tx.now,
            "due_at": None,
        },
    )


def _keep_portal(tx: Tx, case: Any, actor: str, consultation_id: str, said: Sequence[tuple[str, Any]]) -> None:
    o = opinions.c
    asked = sa.select(sa.func.count()).where(o.tenant_id == tx.tenant, o.consultation_id == consultation_id)
    sort = int(tx.conn.execute(asked).scalar_one())
    kept = []
    for label, remark in said:
        sort += 1
        opinion_id = clock.new_id()
        row = {"id": opinion_id, "consultation_id": consultation_id, "case_id": case.case_id, "participant": label}
        answered = {"outcome": consultations.REMARKED, "answered_at": tx.now, "answered_by": actor, "late": False}
        tx.conn.execute(
            sa.insert(opinions), {"tenant_id": tx.tenant, **row, **answered, "sort": sort, "asked_at": tx.now}
        )
        one = consultations.Remark(remark["text"], remark["clause"])
        consultations.add_remarks(tx.conn, tx.tenant, case.case_id, opinion_id, [one])
        kept.append({"opinion": opinion_id, "who": label, **remark})
    note(tx, case, actor, "portal.remarks", {"consultation": consultation_id, "remarks": kept, "count": len(kept)})


# --- finding ------------------------------------------------------------------------------------------------------


def _opinion(tx: Tx, opinion_id: str) -> Any:
    o = opinions.c
    found = tx.conn.execute(sa.select(opinions).where(o.tenant_id == tx.tenant, o.id == opinion_id)).first()
    if found is None:
        raise NotFound("opinion", f"Expected an opinion with id {opinion_id}, found none.")
    return found


def _round(tx: Tx, consultation_id: str) -> Any:
    c = rounds.c
    found = tx.conn.execute(sa.select(rounds).where(c.tenant_id == tx.tenant, c.id == consultation_id)).first()
    if found is None:
        raise NotFound("consultation", f"Expected a round with id {consultation_id}, found none.")
    return found


def _asking(tx: Tx, opinion: Any) -> bpmn.Element:
    """The element that asked, in the model that the round was opened under."""
    head = _round(tx, opinion.consultation_id)
    t = task_rows.c
    digest = tx.conn.execute(sa.select(t.definition).where(t.tenant_id == tx.tenant, t.id == opinion.task_id)).scalar()
    return tx.models.bundle(tx.conn, tx.tenant, str(digest)).definition.elements[head.element]


def _closed_round(tx: Tx, opinion: Any) -> Any:
    """The round of an opinion that may still be answered late. Raises Conflict."""
    _require_unanswered(opinion)
    head = _round(tx, opinion.consultation_id)
    if head.closed_at is None:
        raise Conflict("round_open", "Expected the round to be closed: while it is open, its task is completed.")
    return head


def _require_unanswered(opinion: Any) -> None:
    if opinion.withdrawn_at is not None:
        raise Conflict("withdrawn", "Expected somebody who is asked, but they were taken off the round.")
    if opinion.answered_at is not None:
        raise Conflict("already_answered", "Expected an opinion that was not given yet.")
