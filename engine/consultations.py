"""Rounds of opinions: who was asked on which version of what, who answered, who kept silent, and what the drafter did
with each remark.

A round is the multi-instance of a user task with the property `consultation`. An opinion that is not given when the
round closes is written down as such (`khong_tra_loi`); it counts as agreement, as official letters say, unless the
model says `deemed_consent` false. An answer that comes later is kept and marked; it does not change what silence meant.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from engine import clock
from engine.errors import Invalid, Reason
from engine.records import consultations, opinion_remarks, opinions

# What the drafter may do with a remark; only accepting it whole needs no words.
RESPONSES = ("tiep_thu", "tiep_thu_mot_phan", "giai_trinh")
WORDS_MIN = 10
SILENT = "khong_tra_loi"
PORTAL = "portal"
# What somebody may answer, by the kind of round; a model's own `outcomes` come first.
OUTCOMES: Mapping[str, tuple[str, ...]] = {
    "vote": ("tan_thanh", "khong_tan_thanh", "khong_bieu_quyet"),
    "proposal": ("co_de_xuat", "khong_de_xuat"),
}
OPINION_OUTCOMES = ("dong_y", "dong_y_co_y_kien", "khong_dong_y")
# A citizen does not vote on what was posted; what they write is a remark.
REMARKED = "co_y_kien"
# The drafter owes an answer to these even when not a word came with them.
OWED = ("dong_y_co_y_kien", "khong_dong_y")
REMARKS_MAX, TEXT_MAX, CLAUSE_MAX = 100, 5000, 200


@dataclass(frozen=True, slots=True)
class Remark:
    """What an opinion says on one place of the document. An empty text: it disagrees without a word."""

    text: str
    clause: str | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """What stands in the way of a task that needs all opinions dealt with: remarks that nobody has answered, and how
    many answers are missing to what the model asks for at least."""

    remarks: int
    missing_answers: int


def deemed_consent(properties: Mapping[str, str]) -> bool:
    """Whether silence counts as agreement, by the properties of the task that asks: it does unless it says not."""
    return properties.get("deemed_consent", "true").strip().lower() != "false"


def min_responses(properties: Mapping[str, str]) -> int | None:
    """How many must answer at least, by the property `min_responses`; None when the model asks for none."""
    text = ["", *properties.get("min_responses", "").split()][-1]  # the caller's stands last
    return int(text) if text.isascii() and text.isdigit() and int(text) else None


def offered(properties: Mapping[str, str]) -> tuple[str, ...]:
    """What may be answered in a round, by the properties of the task that asks."""
    kind = properties.get("consultation", "")
    return tuple((properties.get("outcomes") or "").split()) or OUTCOMES.get(kind, OPINION_OUTCOMES)


def silence(asking: Mapping[str, str], closing: Mapping[str, str]) -> str:
    """The outcome that is written down for who kept silent. The timer that closes the round may name another than
    `khong_tra_loi` (property `silence`), but none that agrees where silence is no consent."""
    named = closing.get("silence", "").strip() or SILENT
    return named if deemed_consent(asking) else SILENT


# --- remarks ------------------------------------------------------------------------------------------------------


def further(given: Any) -> list[dict[str, str | None]]:
    """Remarks besides the form's own, checked, as they are kept in a task's answers: [{"clause", "text"}].

    Each may be a text, a pair (clause, text), or a mapping; what says nothing is left out. Raises Invalid(remarks).
    """
    found: list[dict[str, str | None]] = []
    wrong = Reason("wrong_type", "expected remarks, each a text with the clause that it is about")
    if given is None:
        return found
    if not isinstance(given, list | tuple):
        raise Invalid({"remarks": [wrong]})
    for one in given:
        match one:
            case str(text):
                clause: Any = None
            case {"text": str(text), **rest}:
                clause = rest.get("clause")
            case (clause, str(text)):
                pass
            case _:
                raise Invalid({"remarks": [wrong]})
        if clause is not None and not isinstance(clause, str):
            raise Invalid({"remarks": [wrong]})
        text, clause = text.strip(), (clause or "").strip() or None
        if len(text) > TEXT_MAX or len(clause or "") > CLAUSE_MAX:
            limit = TEXT_MAX if len(text) > TEXT_MAX else CLAUSE_MAX
            raise Invalid({"remarks": [Reason("too_long", f"expected at most {limit} characters", {"max": limit})]})
        if text:
            found.append({"clause": clause, "text": text})
        elif clause:
            raise Invalid({"remarks": [Reason("required", f"expected a remark on {clause}")]})
    if len(found) > REMARKS_MAX:
        raise Invalid({"remarks": [Reason("too_long", f"expected at most {REMARKS_MAX}", {"max": REMARKS_MAX})]})
    return found


def said(answers: Mapping[str, Any]) -> list[Remark]:
    """The remarks of an opinion, out of a task's answers: the form's `noi_dung` with `dieu_khoan`, then `remarks`."""
    found = []
    if answers.get("noi_dung"):
        found.append(Remark(str(answers["noi_dung"]), answers.get("dieu_khoan") or None))
    found += [Remark(one["text"], one.get("clause")) for one in answers.get("remarks") or ()]
    if not found and answers.get("outcome") in OWED:
        found.append(Remark("", answers.get("dieu_khoan") or None))
    return found


def add_remarks(
    conn: sa.Connection, tenant: int, case_id: str, opinion_id: str, remarks: Sequence[Remark], after: int = 0
) -> None:
    """Write remarks of an opinion down, numbered from `after` + 1."""
    rows = [
        {
            "tenant_id": tenant,
            "id": clock.new_id(),
            "opinion_id": opinion_id,
            "case_id": case_id,
            "number": number,
            "clause": remark.clause,
            "text": remark.text,
        }
        for number, remark in enumerate(remarks, after + 1)
    ]
    if rows:
        conn.execute(sa.insert(opinion_remarks), rows)


# --- rounds -------------------------------------------------------------------------------------------------------


def open_round(conn: sa.Connection, tenant: int, row: dict[str, Any]) -> str:
    """Write down a new round; `row` has case_id, host, element, step, kind, title, round, documents, deemed,
    min_responses, opened_at, due_at."""
    consultation_id = clock.new_id()
    conn.execute(sa.insert(consultations), {"tenant_id": tenant, "id": consultation_id, **row})
    return consultation_id


def ask(conn: sa.Connection, tenant: int, rows: list[dict[str, Any]]) -> None:
    """Write down who is asked: consultation_id, case_id, task_id, participant, sort, asked_at."""
    if rows:
        conn.execute(
            sa.insert(opinions), [{"tenant_id": tenant, "id": clock.new_id(), "late": False, **row} for row in rows]
        )


def find_round(conn: sa.Connection, tenant: int, case_id: str, host: str) -> Any:
    """The round of a multi-instance host, or None."""
    c = consultations.c
    return conn.execute(
        sa.select(consultations).where(c.tenant_id == tenant, c.case_id == case_id, c.host == host)
    ).first()


def rounds_before(conn: sa.Connection, tenant: int, case_id: str, element: str) -> int:
    """How many rounds of this element the case has had."""
    c = consultations.c
    return int(
        conn.execute(
            sa.select(sa.func.count()).where(c.tenant_id == tenant, c.case_id == case_id, c.element == element)
        ).scalar_one()
    )


def answer(
    conn: sa.Connection,
    tenant: int,
    task: Any,
    actor: str,
    now: datetime,
    answers: Mapping[str, Any],
    recorded: Mapping[str, Any] | None = None,
) -> None:
    """Write down the opinion that a task has brought: its outcome and remarks from the task's answers; `recorded` for
    one that came on paper."""
    values = {"outcome": answers.get("outcome"), "answered_at": now, "answered_by": actor}
    if recorded:
        values["recorded"] = dict(recorded)
    o = opinions.c
    here = sa.and_(o.tenant_id == tenant, o.task_id == task.id)
    found = conn.execute(sa.update(opinions).where(here).values(values).returning(o.id)).scalar()
    if found is not None:
        add_remarks(conn, tenant, task.case_id, found, said(answers))


def answer_late(
    conn: sa.Connection,
    tenant: int,
    opinion: Any,
    actor: str,
    now: datetime,
    answers: Mapping[str, Any],
    late: bool,
    recorded: Mapping[str, Any] | None = None,
) -> None:
    """Write down an answer that came after the round was closed; what was written down for the silence stays."""
    values: dict[str, Any] = {"outcome": answers.get("outcome"), "answered_at": now, "answered_by": actor, "late": late}
    if recorded:
        values["recorded"] = dict(recorded)
    conn.execute(sa.update(opinions).where(opinions.c.tenant_id == tenant, opinions.c.id == opinion.id).values(values))
    add_remarks(conn, tenant, opinion.case_id, opinion.id, said(answers))


def last_day(due_at: datetime | None, closed_at: datetime) -> date:
    """The last day on which an answer to a closed round came in time: the round's due day, or the day on which it was
    closed when that was earlier. A round that a timer closes at midnight had the whole day before."""
    end = min(closed_at, due_at) if due_at else closed_at
    return clock.local_date(end - timedelta(microseconds=1))


def close_round(
    conn: sa.Connection, tenant: int, case_id: str, host: str, now: datetime, outcome: str = SILENT
) -> list[Any]:
    """Close a round: whoever is silent now is written down as such, with the model's `outcome` for it; returns them
    (participant, task_id)."""
    row = find_round(conn, tenant, case_id, host)
    if row is None or row.closed_at is not None:
        return []
    o = opinions.c
    silent = sa.and_(
        o.tenant_id == tenant,
        o.consultation_id == row.id,
        o.outcome.is_(None),
        o.answered_at.is_(None),
        o.withdrawn_at.is_(None),
    )
    kept = conn.execute(
        sa.update(opinions)
        .where(silent)
        .values(outcome=outcome, silence=outcome)
        .returning(o.participant, o.task_id, o.sort)
    ).all()
    conn.execute(
        sa.update(consultations)
        .where(consultations.c.tenant_id == tenant, consultations.c.id == row.id)
        .values(closed_at=now)
    )
    return sorted(kept, key=lambda one: one.sort)


# --- what is left to do -------------------------------------------------------------------------------------------


def standing(conn: sa.Connection, tenant: int, case_id: str) -> Standing:
    """What is left to do before all opinions of a case are dealt with. Of the rounds of an element only the newest has
    to have its number of answers."""
    r, c, o = opinion_remarks.c, consultations.c, opinions.c
    again = consultations.alias("again")
    remarks = (
        sa.select(sa.func.count())
        .select_from(opinion_remarks)
        .where(r.tenant_id == tenant, r.case_id == case_id, r.response.is_(None))
        .scalar_subquery()
    )
    answered = (
        sa.select(sa.func.count())
        .where(o.tenant_id == c.tenant_id, o.consultation_id == c.id, o.answered_at.is_not(None))
        .correlate(consultations)
        .scalar_subquery()
    )
    newer = sa.exists().where(
        again.c.tenant_id == c.tenant_id,
        again.c.case_id == c.case_id,
        again.c.element == c.element,
        again.c.round > c.round,
    )
    short = (
        sa.select(sa.func.coalesce(sa.func.sum(c.min_responses - answered), 0))
        .where(c.tenant_id == tenant, c.case_id == case_id, c.min_responses > answered, ~newer)
        .scalar_subquery()
    )
    row = conn.execute(sa.select(remarks.label("remarks"), short.label("short"))).one()
    return Standing(int(row.remarks), int(row.short))


def check_response(response: str, text: str) -> None:
    """Accept (`tiep_thu`), accept in part (`tiep_thu_mot_phan`) or explain (`giai_trinh`); all but the first need
    words. Raises Invalid(response | text)."""
    if response not in RESPONSES:
        raise Invalid({"response": [Reason("not_an_option", f"expected one of {', '.join(RESPONSES)}")]})
    if response != "tiep_thu" and len(text.strip()) < WORDS_MIN:
        message = f"expected an explanation of at least {WORDS_MIN} characters"
        raise Invalid({"text": [Reason("too_short", message, {"min": WORDS_MIN})]})
    if len(text) > TEXT_MAX:
        raise Invalid({"text": [Reason("too_long", f"expected at most {TEXT_MAX} characters", {"max": TEXT_MAX})]})


def respond(
    conn: sa.Connection, tenant: int, remarks: Iterable[str], response: str, text: str, actor: str, now: datetime
) -> None:
    """Write down what the drafter does with some remarks."""
    r = opinion_remarks.c
    conn.execute(
        sa.update(opinion_remarks)
        .where(r.tenant_id == tenant, r.id.in_(list(remarks)))
        .values(response=response, response_text=text.strip() or None, responded_at=now, responded_by=actor)
    )
