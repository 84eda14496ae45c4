"""Rounds of opinions: who was asked, who answered, who kept silent, and what the drafter did with each remark.

A round is the multi-instance of a user task with the property `consultation`. An opinion that is not given when the
round closes is written down as such (`khong_tra_loi`); it counts as agreement, as official letters say, unless the
model says `deemed_consent` false.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from engine import clock
from engine.errors import Conflict, Invalid, Reason
from engine.records import consultations, opinions

RESPONSES = ("tiep_thu", "giai_trinh")
SILENT = "khong_tra_loi"


def deemed_consent(properties: Mapping[str, str]) -> bool:
    """Whether silence counts as agreement, by the properties of the task that asks: it does unless it says not."""
    return properties.get("deemed_consent", "true").strip().lower() != "false"


def silence(asking: Mapping[str, str], closing: Mapping[str, str]) -> str:
    """The outcome that is written down for who kept silent. The timer that closes the round may name another than
    `khong_tra_loi` (property `silence`), but none that agrees where silence is no consent."""
    named = closing.get("silence", "").strip() or SILENT
    return named if deemed_consent(asking) else SILENT


def open_round(conn: sa.Connection, tenant: int, row: dict[str, Any]) -> str:
    """Write down a new round; `row` has case_id, host, element, step, kind, title, round, opened_at, due_at."""
    consultation_id = clock.new_id()
    conn.execute(sa.insert(consultations), {"tenant_id": tenant, "id": consultation_id, **row})
    return consultation_id


def ask(conn: sa.Connection, tenant: int, rows: list[dict[str, Any]]) -> None:
    """Write down who is asked: consultation_id, case_id, task_id, participant, sort, asked_at."""
    if rows:
        conn.execute(sa.insert(opinions), [{"tenant_id": tenant, "id": clock.new_id(), **row} for row in rows])


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


def answer(conn: sa.Connection, tenant: int, task_id: str, actor: str, now: datetime, answers: dict[str, Any]) -> None:
    """Write an opinion down: outcome, remark (`noi_dung`) and clause (`dieu_khoan`) from the form's answers."""
    conn.execute(
        sa.update(opinions)
        .where(opinions.c.tenant_id == tenant, opinions.c.task_id == task_id)
        .values(
            outcome=answers.get("outcome"),
            remark=answers.get("noi_dung") or None,
            clause=answers.get("dieu_khoan") or None,
            answered_at=now,
            answered_by=actor,
        )
    )


def close_round(
    conn: sa.Connection, tenant: int, case_id: str, host: str, now: datetime, outcome: str = SILENT
) -> None:
    """Close a round: whoever is silent now is written down as such, with the model's `outcome` for it."""
    row = find_round(conn, tenant, case_id, host)
    if row is None or row.closed_at is not None:
        return
    o = opinions.c
    conn.execute(
        sa.update(opinions)
        .where(o.tenant_id == tenant, o.consultation_id == row.id, o.outcome.is_(None))
        .values(outcome=outcome)
    )
    conn.execute(
        sa.update(consultations)
        .where(consultations.c.tenant_id == tenant, consultations.c.id == row.id)
        .values(closed_at=now)
    )


def _needs_response() -> sa.ColumnElement[bool]:
    o = opinions.c
    return sa.and_(
        o.answered_at.is_not(None),
        o.response.is_(None),
        sa.or_(o.remark.is_not(None), o.outcome.in_(("dong_y_co_y_kien", "khong_dong_y"))),
    )


def unanswered(conn: sa.Connection, tenant: int, case_id: str) -> int:
    """How many remarks of the case nobody has accepted or explained yet."""
    o = opinions.c
    return int(
        conn.execute(
            sa.select(sa.func.count()).where(o.tenant_id == tenant, o.case_id == case_id, _needs_response())
        ).scalar_one()
    )


def respond(conn: sa.Connection, tenant: int, opinion: Any, response: str, text: str, now: datetime) -> None:
    """Accept (`tiep_thu`) or explain (`giai_trinh`) a remark; explaining needs words.

    Raises Invalid(response | text), Conflict("not_answered").
    """
    if response not in RESPONSES:
        raise Invalid({"response": [Reason("not_an_option", f"expected one of {', '.join(RESPONSES)}")]})
    if response == "giai_trinh" and len(text.strip()) < 10:
        raise Invalid({"text": [Reason("too_short", "expected an explanation of at least 10 characters", {"min": 10})]})
    if opinion.answered_at is None:
        raise Conflict("not_answered", "Expected to respond to an opinion, but none was given yet.")
    conn.execute(
        sa.update(opinions)
        .where(opinions.c.tenant_id == tenant, opinions.c.id == opinion.id)
        .values(response=response, response_text=text.strip() or None, responded_at=now)
    )
