"""Ghi nhận thay: gates and tasks of outside bodies that the clerk or the drafter completes from a paper."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import sqlalchemy as sa

import offices
from engine import Conflict, Forbidden, Invalid, NotFound
from engine.records import tasks
from offices import CLERK, DRAFTER, HEAD, LEADER, REASON, SECRETARY, VICE_CHAIR, handles, problems, refused

At = Callable[..., offices.Office]
SCAN = b"%PDF-1.4 but phe"
PAPER: dict[str, Any] = {
    "number": "455/UBND-KGVX",
    "dated": date(2022, 3, 1),
    "decided_by": "Phó Chủ tịch UBND tỉnh",
    "filename": "but-phe.pdf",
    "content": SCAN,
}


def open_task(office: offices.Office, element: str) -> str:
    t = tasks.c
    mine = sa.and_(t.case_id == office.case_id, t.element == element, t.state.in_(("ready", "claimed")))
    return str(office.read(sa.select(t.id).where(mine))[0].id)


def records(office: offices.Office, element: str, answers: Any, person: str = CLERK, **more: Any) -> Any:
    paper = {**PAPER, **more}
    task = open_task(office, element)
    done = office.engine.recording.record_decision(person, task, answers, *paper.values())
    office.engine.operations.settle()
    return done


def test_a_leaders_direction_on_paper_is_recorded_by_the_clerk(office_at: At) -> None:
    office = office_at("chi_dao")
    task = open_task(office, "chi_dao")
    assert "record" in office.engine.queries.task(CLERK, task).rights
    assert "record" not in office.engine.queries.task(SECRETARY, task).rights
    records(office, "chi_dao", {"outcome": "dong_y"})
    row = office.read(sa.select(tasks).where(tasks.c.id == task))[0]
    assert (row.state, row.ended_by, row.outcome) == ("completed", CLERK, "dong_y")
    assert {key: row.recorded[key] for key in ("decided_by", "number", "dated", "channel")} == {
        "decided_by": "Phó Chủ tịch UBND tỉnh",
        "number": "455/UBND-KGVX",
        "dated": "2022-03-01",
        "channel": "giay",
    }
    document = next(d for d in office.case().documents if d.artefact == "van_ban_chi_dao")
    assert (document.symbol, document.dated) == ("455/UBND-KGVX", date(2022, 3, 1))
    assert office.engine.queries.file(DRAFTER, document.versions[0].id).content == SCAN
    entry = next(e for e in office.case().journal if e.kind == "gate.decided")
    assert (entry.by, entry.params["decided_by"]) == ("Văn thư Sở", "Phó Chủ tịch UBND tỉnh")
    assert "hoan_thien_ho_so" in office.waits()
    assert office.faults() == []


def test_the_drafter_may_record_what_somebody_else_decided_on_the_own_draft(office_at: At) -> None:
    """Four eyes are about who decides: the drafter decides nothing here."""
    office = office_at("chi_dao")
    records(office, "chi_dao", {"outcome": "yeu_cau_chinh_sua", "reason": REASON}, DRAFTER)
    assert "chi_dao" not in office.waits() and office.faults() == []
    assert office.history("chi_dao")[-1][1] == "yeu_cau_chinh_sua"


def test_a_signature_of_an_outside_body_is_recorded_in_its_capacity(office_at: At) -> None:
    office = office_at("ky")
    records(office, "ky", {"outcome": "dong_y"}, dated=date(2022, 3, 9), number="")
    row = office.read(sa.select(tasks.c.capacity).where(tasks.c.element == "ky", tasks.c.state == "completed"))[0]
    assert row.capacity == "Phó Chủ tịch UBND tỉnh"
    assert "phat_hanh" in office.waits() and office.faults() == []


def test_the_departments_own_decisions_are_never_recorded(office_at: At) -> None:
    office = office_at("duyet_du_thao")
    with refused(office, Forbidden, "not_outside"):
        records(office, "duyet_du_thao", {"outcome": "dong_y"})
    office = office_at("hoi_dong_gop_y")
    for member in range(1, 8):
        office.does(f"hd.khcn.{member}", "hoi_dong_gop_y", {"outcome": "dong_y"})
    handles("hoan_thien_du_thao_2", remarks=True)(office)
    with refused(office, Forbidden, "not_outside"):
        records(office, "ky_trinh", {"outcome": "dong_y"}, decided_by="Giám đốc Sở")
    with refused(office, Forbidden, "not_outside"):
        records(office, "ky_trinh", {"outcome": "dong_y"}, DRAFTER, decided_by="Giám đốc Sở")


def test_who_keeps_no_records_records_nothing(office_at: At) -> None:
    office = office_at("chi_dao")
    for person in (HEAD, LEADER, SECRETARY, VICE_CHAIR):
        with refused(office, Forbidden, "not_recorder"):
            records(office, "chi_dao", {"outcome": "dong_y"}, person)
    with refused(office, NotFound, "task"):
        records(office, "chi_dao", {"outcome": "dong_y"}, "cv.stp")


def test_a_paper_says_who_decided_when_and_shows_itself(office_at: At) -> None:
    office = office_at("chi_dao")
    for more, wrong in (
        ({"decided_by": " "}, {"decided_by": ["required"]}),
        ({"decided_by": "Văn thư Sở"}, {"decided_by": ["same_person"]}),
        ({"decided_by": CLERK}, {"decided_by": ["same_person"]}),
        ({"dated": None}, {"dated": ["required"]}),
        ({"dated": date(2022, 5, 1)}, {"dated": ["after_received"]}),
        ({"filename": "", "content": b""}, {"file": ["required"]}),
        ({"content": b"MZ"}, {"file": ["wrong_type"]}),
        ({"number": "x" * 201}, {"number": ["too_long"]}),
    ):
        with refused(office, Invalid, "invalid") as found:
            records(office, "chi_dao", {"outcome": "dong_y"}, **more)
        assert problems(found.value) == wrong
    with refused(office, Invalid, "invalid") as found:
        records(office, "chi_dao", {"outcome": "khong_dong_y"})
    assert problems(found.value) == {"reason": ["required"]}


def test_a_paper_is_recorded_once_and_on_the_task_as_it_was_seen(office_at: At) -> None:
    office = office_at("chi_dao")
    task = open_task(office, "chi_dao")
    with refused(office, Conflict, "stale"):
        office.engine.recording.record_decision(CLERK, task, {"outcome": "dong_y"}, *PAPER.values(), seen_version=99)
    records(office, "chi_dao", {"outcome": "dong_y"})
    with refused(office, Conflict, "already_completed"):
        office.engine.recording.record_decision(CLERK, task, {"outcome": "dong_y"}, *PAPER.values())


def test_an_opinion_is_recorded_with_its_remarks(office_at: At) -> None:
    office = office_at("hoi_dong_gop_y")
    with refused(office, Conflict, "is_opinion"):
        records(office, "hoi_dong_gop_y", {"outcome": "dong_y"}, dated=date(2022, 2, 14))


def test_what_a_paper_said_cannot_be_changed_unseen(office_at: At) -> None:
    office = office_at("chi_dao")
    records(office, "chi_dao", {"outcome": "dong_y"})
    with office.engine.statements().begin() as connection:
        row = connection.execute(sa.select(tasks).where(tasks.c.recorded.is_not(None))).one()
        forged = {**row.recorded, "decided_by": "Chủ tịch UBND tỉnh"}
        connection.execute(sa.update(tasks).where(tasks.c.id == row.id).values(recorded=forged))
    assert office.faults() != []


OWN_PAPER = """
<startEvent id="bat_dau"/>
<userTask id="tham_dinh" name="Thẩm định">
  <ext><zeebe:assignmentDefinition candidateGroups="justice"/>
  <zeebe:properties><zeebe:property name="gate" value="appraisal"/>
    <zeebe:property name="outcomes" value="du_dieu_kien chua_du_dieu_kien"/>
    <zeebe:property name="produces" value="bao_cao_tham_dinh"/></zeebe:properties></ext></userTask>
<endEvent id="xong"/>
~ bat_dau tham_dinh xong
"""


def test_the_scan_is_the_paper_that_the_gate_brings(office_at: At, tmp_path: Path) -> None:
    """Sở Tư pháp's report: recorded, it is the report itself; without it the gate would not open."""
    office = office_at()
    offices.with_small_process(office, tmp_path, OWN_PAPER)
    office.opens(SECRETARY, "T2")
    records(
        office,
        "tham_dinh",
        {"outcome": "du_dieu_kien"},
        dated=date(2022, 1, 27),
        number="15/BC-STP",
        decided_by="Sở Tư pháp",
    )
    (document,) = office.case().documents
    assert (document.artefact, document.symbol) == ("bao_cao_tham_dinh", "15/BC-STP")
    assert office.case().state == "completed" and office.faults() == []
