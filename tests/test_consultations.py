"""Rounds of opinions in full: several remarks, late answers, replies on paper, who else is asked, who is taken off,
citizens on the portal, and the table that gathers it all."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

import offices
from engine import Conflict, Forbidden, Invalid, NotFound
from engine.consultations import last_day
from engine.records import cases, consultations, opinion_remarks, opinions
from offices import CLERK, DRAFTER, HEAD, REASON, SECRETARY, handles, problems, refused
from webui import demo

At = Callable[..., offices.Office]
SCAN = b"%PDF-1.4 tra loi"
TWO = {
    **demo.REMARKS,
    "remarks": [
        {"clause": "Điều 10", "text": "Bổ sung cơ quan phối hợp."},
        {"clause": None, "text": "Rà soát lỗi kỹ thuật trình bày."},
    ],
}
UNIT = "internal_units@chi_cuc_tdc"


def round_of(office: offices.Office, person: str = DRAFTER, n: int = -1) -> Any:
    return office.case(person).consultations[n]


def opinion_of(office: offices.Office, participant: str, person: str = DRAFTER) -> Any:
    row = office.read(
        sa.select(opinions.c.id)
        .where(opinions.c.participant == participant, opinions.c.case_id == office.case_id)
        .order_by(opinions.c.asked_at.desc(), opinions.c.id.desc())
    )[0]
    return next(o for r in office.case(person).consultations for o in r.opinions if o.id == row.id)


def records(office: offices.Office, participant: str, person: str = CLERK, **more: Any) -> str:
    """The clerk records a reply on paper."""
    told: dict[str, Any] = {
        "outcome": "dong_y_co_y_kien",
        "remarks": [("Điều 4", "Đề nghị bổ sung thời hạn thực hiện.")],
        "number": "12/CCTĐC",
        "dated": date(2022, 1, 27),
        "received_on": date(2022, 1, 28),
        "channel": "truc",
        "filename": "tra-loi.pdf",
        "content": SCAN,
        "decided_by": "Chi cục trưởng",
        **more,
    }
    return str(office.engine.consulting.record_for(person, opinion_of(office, participant).id, *told.values()))


# --- several remarks ----------------------------------------------------------------------------------------------


def test_each_remark_of_an_opinion_has_its_clause_and_its_answer(office_at: At) -> None:
    office = office_at("gop_y_noi_bo")
    office.does("cct.tdc", "gop_y_noi_bo", TWO)
    remarks = opinion_of(office, UNIT).remarks
    assert [(r.no, r.clause, r.text) for r in remarks] == [
        (1, demo.REMARKS["dieu_khoan"], demo.REMARKS["noi_dung"]),
        (2, "Điều 10", "Bổ sung cơ quan phối hợp."),
        (3, None, "Rà soát lỗi kỹ thuật trình bày."),
    ]
    office.engine.consulting.respond(DRAFTER, remarks[0].id, "tiep_thu", "")
    office.engine.consulting.respond(DRAFTER, remarks[1].id, "tiep_thu_mot_phan", "Bổ sung một cơ quan phối hợp.")
    assert [r.response for r in opinion_of(office, UNIT).remarks] == ["tiep_thu", "tiep_thu_mot_phan", None]
    assert round_of(office).open_responses == 1
    assert office.faults() == []


def test_one_unanswered_remark_keeps_the_task_open(office_at: At) -> None:
    office = office_at("gop_y_noi_bo")
    office.does("cct.tdc", "gop_y_noi_bo", TWO)
    for person in (p for p in offices.ASKED if p != "cct.tdc"):
        office.does(person, "gop_y_noi_bo", demo.AGREES)
    first, second, third = opinion_of(office, UNIT).remarks
    for remark in (first, third):
        office.engine.consulting.respond(DRAFTER, remark.id, "tiep_thu", "")
    task = office.task(DRAFTER, "hoan_thien_du_thao_1")
    office.attaches(DRAFTER, task)
    version = office.version(DRAFTER, task)
    with refused(office, Conflict, "gate_closed") as found:
        office.engine.cases.complete(task.id, DRAFTER, demo.ANSWERS["hoan_thien_du_thao_1"], version)
    assert [r.code for r in found.value.reasons] == ["opinions_explained"]
    office.engine.consulting.respond(DRAFTER, second.id, "giai_trinh", "Đã có ở văn bản khác của tỉnh.")
    handles("hoan_thien_du_thao_1")(office)
    assert "thong_qua_du_thao_1" in office.waits()
    assert office.faults() == []


def test_all_remarks_of_a_list_are_accepted_at_once(office_at: At) -> None:
    office = office_at("gop_y_noi_bo")
    office.does("cct.tdc", "gop_y_noi_bo", TWO)
    ids = [r.id for r in opinion_of(office, UNIT).remarks]
    office.engine.consulting.respond(DRAFTER, ids[0], "giai_trinh", "Đã có ở văn bản khác của tỉnh.")
    assert office.engine.consulting.accept_all(DRAFTER, office.case_id, ids, "Đã bổ sung vào dự thảo.") == 2
    told = [(r.response, r.response_text) for r in opinion_of(office, UNIT).remarks]
    assert told == [("giai_trinh", "Đã có ở văn bản khác của tỉnh."), *[("tiep_thu", "Đã bổ sung vào dự thảo.")] * 2]
    with refused(office, Conflict, "nothing_open"):
        office.engine.consulting.accept_all(DRAFTER, office.case_id, ids)
    with refused(office, Forbidden, "not_drafter"):
        office.engine.consulting.accept_all(HEAD, office.case_id, ids)
    with refused(office, Invalid, "invalid"):
        office.engine.consulting.accept_all(DRAFTER, office.case_id, [*ids, "khac"])
    assert office.faults() == []


@pytest.mark.parametrize("remarks", ["x", [{"text": 3}], [{"text": "", "clause": "Điều 1"}], ["a" * 5001], ["a"] * 101])
def test_remarks_that_are_none_are_refused(office_at: At, remarks: Any) -> None:
    office = office_at("gop_y_noi_bo")
    task = office.task("cct.tdc", "gop_y_noi_bo")
    with refused(office, Invalid, "invalid") as found:
        office.engine.cases.complete(task.id, "cct.tdc", {**demo.REMARKS, "remarks": remarks}, task.version)
    assert list(problems(found.value)) == ["remarks"]


def test_a_round_remembers_on_which_version_it_was_asked(office_at: At) -> None:
    office = office_at("gop_y_noi_bo")
    (sent,) = round_of(office).documents
    assert sent.number == "1.0"
    stored = office.read(sa.select(consultations.c.documents))[0].documents[0]
    assert (stored["sha256"], stored["version"]) == (sent.sha256, sent.id)
    assert office.engine.queries.file(DRAFTER, sent.id).sha256 == sent.sha256


# --- late answers -------------------------------------------------------------------------------------------------


def test_a_council_member_is_silent_and_answers_late(office_at: At) -> None:
    """HĐ KH&CN member silent → deemed consent; the late answer is kept, marked, and still to be dealt with."""
    office = office_at("hoi_dong_gop_y")
    for member in demo.COUNCIL[:6]:
        office.does(member, "hoi_dong_gop_y", demo.AGREES)
    office.at("2022-03-01")
    silent = opinion_of(office, "hd.khcn.7")
    assert (silent.state, round_of(office).deemed_consent) == ("deemed", True)
    assert office.told("hd.khcn.7", "round_closed") and not office.told("hd.khcn.1", "round_closed")
    state, before = office.state(), round_of(office).counts
    office.engine.consulting.answer_late("hd.khcn.7", silent.id, TWO)
    late = opinion_of(office, "hd.khcn.7")
    assert (late.state, late.outcome, late.late, late.silence) == (
        "answered",
        "dong_y_co_y_kien",
        True,
        "khong_tra_loi",
    )
    assert late.late_days >= 1 and len(late.remarks) == 3
    assert office.state() == state, "what silence meant stays"
    assert before["khong_tra_loi"] == 1 and round_of(office).late == 1
    assert office.told(DRAFTER, "late_opinion")
    task = office.task(DRAFTER, "hoan_thien_du_thao_2")
    assert [c.params["count"] for c in task.conditions if c.code == "opinions_explained"] == [3]
    office.engine.consulting.respond(DRAFTER, late.id, "tiep_thu", "")
    handles("hoan_thien_du_thao_2")(office)
    assert "ky_trinh" in office.waits()
    assert office.faults() == []


def test_a_late_answer_is_given_once_by_who_was_asked_after_the_round(office_at: At) -> None:
    office = office_at("hoi_dong_gop_y")
    opinion = opinion_of(office, "hd.khcn.7")
    with refused(office, Conflict, "round_open"):
        office.engine.consulting.answer_late("hd.khcn.7", opinion.id, demo.REMARKS)
    office.does("hd.khcn.1", "hoi_dong_gop_y", demo.AGREES)
    office.at("2022-03-01")
    with refused(office, NotFound, "opinion"):
        office.engine.consulting.answer_late("cv.stp", opinion.id, demo.REMARKS)
    for person in (HEAD, "hd.khcn.6"):
        with refused(office, Forbidden, "not_candidate"):
            office.engine.consulting.answer_late(person, opinion.id, demo.REMARKS)
    with refused(office, Invalid, "invalid") as found:
        office.engine.consulting.answer_late("hd.khcn.7", opinion.id, {"outcome": "dong_y_co_y_kien"})
    assert "noi_dung" in found.value.fields
    given = opinion_of(office, "hd.khcn.1")
    with refused(office, Conflict, "already_answered"):
        office.engine.consulting.answer_late("hd.khcn.1", given.id, demo.AGREES)
    office.engine.consulting.answer_late("hd.khcn.7", opinion.id, demo.AGREES)
    with refused(office, Conflict, "already_answered"):
        office.engine.consulting.answer_late("hd.khcn.7", opinion.id, demo.AGREES)
    assert office.faults() == []


def test_the_last_day_of_a_round_is_its_due_day_or_the_day_it_closed_before() -> None:
    def at(day: int, hour: int) -> datetime:
        return datetime(2022, 2, day, hour, tzinfo=UTC)

    midnight = at(23, 17)  # 24/02 00:00 at the office
    assert last_day(midnight, midnight) == date(2022, 2, 23)
    assert last_day(midnight, at(25, 2)) == date(2022, 2, 23), "a scheduler that slept gives nobody more time"
    assert last_day(midnight, at(20, 2)) == date(2022, 2, 20)
    assert last_day(None, at(20, 2)) == date(2022, 2, 20)


# --- replies on paper ---------------------------------------------------------------------------------------------


def test_a_paper_reply_is_recorded_with_both_names(office_at: At) -> None:
    """Ghi nhận thay: the clerk records what came on paper; the table and the journal say so."""
    office = office_at("gop_y_noi_bo")
    records(office, UNIT, remarks=[("Điều 4", "Đề nghị bổ sung thời hạn thực hiện."), "Rà soát thể thức văn bản."])
    opinion = opinion_of(office, UNIT)
    assert (opinion.state, opinion.outcome, opinion.late) == ("answered", "dong_y_co_y_kien", False)
    assert (opinion.recorded_by, opinion.decided_by) == ("Văn thư Sở", "Chi cục trưởng")
    assert (opinion.number, opinion.dated, opinion.received_on) == ("12/CCTĐC", date(2022, 1, 27), date(2022, 1, 28))
    assert [(r.clause, r.text) for r in opinion.remarks] == [
        ("Điều 4", "Đề nghị bổ sung thời hạn thực hiện."),
        (None, "Rà soát thể thức văn bản."),
    ]
    assert office.engine.queries.file(DRAFTER, opinion.paper).content == SCAN
    document = next(d for d in office.case().documents if d.artefact == "van_ban_gop_y-chi_cuc_tdc")
    assert (document.name, document.symbol) == ("Văn bản góp ý: Chi cục Tiêu chuẩn Đo lường Chất lượng", "12/CCTĐC")
    entry = next(e for e in office.case(DRAFTER).journal if e.kind == "opinion.given")
    assert (entry.by, entry.params["decided_by"]) == ("Văn thư Sở", "Chi cục trưởng")
    assert office.told("cct.tdc", "opinion_recorded")
    assert "gop_y_noi_bo" in office.waits() and UNIT not in office.waits()["gop_y_noi_bo"]
    assert office.faults() == []


def test_the_scan_of_an_opinion_is_as_closed_as_the_opinion(office_at: At) -> None:
    office = office_at("gop_y_noi_bo")
    records(office, UNIT)
    scan = opinion_of(office, UNIT).paper
    papers = {
        person: [d.artefact for d in office.task(person, "gop_y_noi_bo").documents]
        for person in ("pgd.so.1", "pgd.so.2")
    }
    assert all("van_ban_gop_y-chi_cuc_tdc" not in seen for seen in papers.values()), "the round is open"
    with pytest.raises(NotFound):
        office.engine.queries.file("pgd.so.1", scan)
    for reader in (DRAFTER, CLERK, SECRETARY, "cct.tdc"):
        assert office.engine.queries.file(reader, scan).content == SCAN
    assert office.case(CLERK).result is None, "a number of its sender's is no result of the case"
    office.at("2022-02-16")
    assert office.engine.queries.file("pgd.so.1", scan).content == SCAN


def test_a_paper_that_came_in_time_is_not_late_when_it_is_recorded_later(office_at: At) -> None:
    office = office_at("gop_y_noi_bo").at("2022-02-16")
    assert round_of(office).closed
    records(office, UNIT, dated=date(2022, 2, 7), received_on=date(2022, 2, 8))
    in_time = opinion_of(office, UNIT)
    assert (in_time.late, in_time.late_days, in_time.silence) == (False, 0, "khong_tra_loi")
    other = opinion_of(office, "pgd.so.2")
    office.engine.consulting.record_for(
        CLERK, other.id, "dong_y", [], "", date(2022, 2, 14), None, "giay", "y-kien.pdf", SCAN, "Phó Giám đốc Sở 2"
    )
    late = opinion_of(office, "pgd.so.2")
    assert (late.late, late.received_on) == (True, date(2022, 2, 16))
    assert round_of(office).late == 1
    assert office.faults() == []


def test_who_records_neither_decided_nor_was_asked(office_at: At) -> None:
    office = office_at("gop_y_noi_bo")
    with refused(office, Forbidden, "not_recorder"):
        records(office, UNIT, SECRETARY)
    with refused(office, Forbidden, "not_recorder"):
        records(office, UNIT, "cct.tdc")
    with refused(office, Invalid, "invalid") as found:
        records(
            office, UNIT, decided_by="Văn thư Sở", dated=date(2022, 1, 29), channel="chim", filename="", content=b""
        )
    assert set(problems(found.value)) >= {"decided_by", "channel", "dated"}
    with refused(office, Invalid, "invalid") as found:
        records(office, UNIT, filename="anh.exe")
    assert problems(found.value) == {"file": ["wrong_type"]}
    with refused(office, Invalid, "invalid") as found:
        records(office, UNIT, received_on=date(2022, 5, 1))
    assert problems(found.value) == {"received_on": ["in_the_future"]}
    records(office, UNIT, DRAFTER)  # the drafter may as well
    with refused(office, Conflict, "already_answered"):
        records(office, UNIT)
    assert office.faults() == []


def test_who_was_asked_gives_their_own_opinion(office_at: At) -> None:
    office = office_at("gop_y_noi_bo")
    opinion = round_of(office)
    office.engine.consulting.add_recipients(CLERK, opinion.id, [DRAFTER], "Người soạn thảo tự nêu ý kiến.")
    with refused(office, Forbidden, "own_opinion"):
        records(office, DRAFTER, DRAFTER)


# --- who is asked -------------------------------------------------------------------------------------------------


def test_a_further_recipient_is_asked_while_the_round_is_open(office_at: At) -> None:
    office = office_at("gop_y_noi_bo")
    head = round_of(office)
    asked = head.asked
    options = dict(office.engine.queries.recipients(DRAFTER, head.id))
    assert "gd.so" in options and "pgd.so.1" not in options
    (added,) = office.engine.consulting.add_recipients(DRAFTER, head.id, ["gd.so"], "Giám đốc yêu cầu được xem.")
    head = round_of(office)
    opinion = next(o for o in head.opinions if o.id == added)
    assert (head.asked, opinion.added, opinion.added_reason) == (asked + 1, True, "Giám đốc yêu cầu được xem.")
    assert office.task("gd.so", "gop_y_noi_bo").due.day == head.due.day, "until the end of the round, like the others"
    for person in offices.ASKED:
        office.does(person, "gop_y_noi_bo", demo.AGREES)
    assert not round_of(office).closed, "the round waits for who was added"
    office.does("gd.so", "gop_y_noi_bo", demo.AGREES)
    assert round_of(office).closed and "hoan_thien_du_thao_1" in office.waits()
    assert office.faults() == []


def test_nobody_is_asked_twice_nor_without_a_reason_nor_after_the_round(office_at: At) -> None:
    office = office_at("gop_y_noi_bo")
    head = round_of(office)
    add = office.engine.consulting.add_recipients
    for participants, reason, wrong in (
        (["pgd.so.1"], REASON, {"participants": ["already_asked"]}),
        (["khong.co"], REASON, {"participants": ["not_an_option"]}),
        (["ext_agencies@khong_co"], REASON, {"participants": ["not_an_option"]}),
        ([], "", {"participants": ["required"], "reason": ["too_short"]}),
    ):
        with refused(office, Invalid, "invalid") as found:
            add(DRAFTER, head.id, participants, reason)
        assert problems(found.value) == wrong
    with refused(office, Forbidden, "not_recorder"):
        add(HEAD, head.id, ["gd.so"], REASON)
    add(CLERK, head.id, ["affected_parties@Hợp tác xã Hoa Sen"], REASON)
    assert "Hợp tác xã Hoa Sen" in [o.who for o in round_of(office).opinions]
    office.at("2022-02-16")
    with refused(office, Conflict, "round_closed"):
        add(DRAFTER, head.id, ["gd.so"], REASON)
    assert office.faults() == []


def test_a_recipient_is_taken_off_and_stays_in_the_table(office_at: At) -> None:
    office = office_at("gop_y_noi_bo")
    asked = round_of(office).asked
    opinion = opinion_of(office, "pgd.so.2")
    with refused(office, Invalid, "invalid"):
        office.engine.consulting.withdraw_recipient(DRAFTER, opinion.id, "vắng")
    office.engine.consulting.withdraw_recipient(DRAFTER, opinion.id, "Đồng chí đi công tác dài ngày.")
    head = round_of(office)
    gone = opinion_of(office, "pgd.so.2")
    assert (gone.state, gone.withdrawn_reason) == ("withdrawn", "Đồng chí đi công tác dài ngày.")
    assert (head.asked, head.withdrawn) == (asked - 1, 1)
    assert office.told("pgd.so.2", "opinion_withdrawn")
    with pytest.raises(NotFound):
        office.task("pgd.so.2", "gop_y_noi_bo")
    with refused(office, Conflict, "withdrawn"):
        office.engine.consulting.withdraw_recipient(DRAFTER, opinion.id, REASON)
    with refused(office, Conflict, "withdrawn"):
        records(office, "pgd.so.2")
    for person in (p for p in offices.ASKED if p != "pgd.so.2"):
        office.does(person, "gop_y_noi_bo", demo.AGREES)
    assert round_of(office).closed, "nobody waits for who was taken off"
    assert opinion_of(office, "pgd.so.2").outcome is None, "nor are they silent"
    assert office.faults() == []


def test_who_was_taken_off_may_be_asked_again_and_the_last_one_ends_the_round(office_at: At) -> None:
    office = office_at("gop_y_noi_bo")
    for person in (p for p in offices.ASKED if p != "pgd.so.2"):
        office.does(person, "gop_y_noi_bo", demo.AGREES)
    head = round_of(office)
    office.engine.consulting.add_recipients(DRAFTER, head.id, ["gd.so"], REASON)
    for participant in ("pgd.so.2", "gd.so"):
        assert not round_of(office).closed
        office.engine.consulting.withdraw_recipient(CLERK, opinion_of(office, participant).id, REASON)
    assert round_of(office).closed and "hoan_thien_du_thao_1" in office.waits()
    assert office.faults() == []


# --- how many must answer -----------------------------------------------------------------------------------------

ROUND = """
<startEvent id="bat_dau"/>
<userTask id="hoi" name="Góp ý">[each ["cv.qlkh.2", "affected_parties@Hợp tác xã Hoa Sen"] as nguoi]
  <ext><zeebe:assignmentDefinition assignee="=if contains(nguoi, &quot;@&quot;) then null else nguoi"
    candidateGroups="=if contains(nguoi, &quot;@&quot;) then [nguoi] else []"/>
  <zeebe:properties><zeebe:property name="consultation" value="{kind}"/>
    <zeebe:property name="min_responses" value="2"/></zeebe:properties></ext></userTask>
<boundaryEvent id="het_han" attachedToRef="hoi">[timer Duration P5D]</boundaryEvent>
<boundaryEvent id="nhac" attachedToRef="hoi" cancelActivity="false">[timer Duration P1D]</boundaryEvent>
<serviceTask id="nhac_viec"><ext><zeebe:taskDefinition type="trinhky:notify"/><zeebe:taskHeaders>
  <zeebe:header key="template" value="nhac_gop_y"/><zeebe:header key="open_tasks" value="hoi"/></zeebe:taskHeaders>
</ext></serviceTask>
<userTask id="tong_hop" name="Tổng hợp"><ext><zeebe:assignmentDefinition assignee="cv.qlkh.1"/>
  <zeebe:properties><zeebe:property name="requires" value="opinions"/></zeebe:properties></ext></userTask>
<endEvent id="xong"/>
~ bat_dau hoi tong_hop xong
~ het_han tong_hop
~ nhac nhac_viec
"""


def small(office: offices.Office, folder: Path, kind: str = "affected") -> offices.Office:
    offices.with_small_process(office, folder, ROUND.format(kind=kind))
    office.opens(SECRETARY, "T2")
    with office.engine.statements().begin() as connection:  # the small process chooses no drafter
        connection.execute(sa.update(cases).where(cases.c.id == office.case_id).values(drafter=DRAFTER))
    return office


def test_fewer_answers_than_needed_keep_the_task_open_until_a_late_one_comes(office_at: At, tmp_path: Path) -> None:
    office = small(office_at(), tmp_path)
    office.engine.cases.complete(
        office.task("cv.qlkh.2", "hoi").id, "cv.qlkh.2", {}, office.task("cv.qlkh.2", "hoi").version
    )
    office.at("2022-02-07")
    head = round_of(office)
    assert (head.closed, head.min_responses, head.short) == (True, 2, 1)
    task = office.task(DRAFTER, "tong_hop")
    with refused(office, Conflict, "gate_closed") as found:
        office.engine.cases.complete(task.id, DRAFTER, {}, task.version)
    assert [(r.code, r.params["count"]) for r in found.value.reasons] == [("opinions_enough", 1)]
    office.engine.consulting.record_for(
        CLERK,
        opinion_of(office, "affected_parties@Hợp tác xã Hoa Sen").id,
        "dong_y",
        [],
        "",
        date(2022, 2, 5),
        date(2022, 2, 6),
        "giay",
        "htx.pdf",
        SCAN,
        "Giám đốc hợp tác xã",
    )
    assert round_of(office).short == 0
    office.engine.cases.complete(task.id, DRAFTER, {}, task.version)
    assert office.case().state == "completed"
    assert office.faults() == []


def test_whom_only_a_letter_reaches_the_drafter_is_told(office_at: At, tmp_path: Path) -> None:
    office = small(office_at(), tmp_path)
    office.at("2022-01-31")
    assert office.told("cv.qlkh.2", "nhac_gop_y"), "who has an account is reminded"
    notices = [n for n in office.engine.queries.notices(DRAFTER) if n.kind == "remind_by_letter"]
    assert [n.params["who"] for n in notices] == ["Hợp tác xã Hoa Sen"]


def test_votes_are_counted_as_votes(office_at: At, tmp_path: Path) -> None:
    office = small(office_at(), tmp_path, "vote")
    opinion = opinion_of(office, "affected_parties@Hợp tác xã Hoa Sen")

    def votes(outcome: str) -> None:
        day = date(2022, 1, 28)
        office.engine.consulting.record_for(
            CLERK, opinion.id, outcome, [], "", day, day, "hop", "phieu.pdf", SCAN, "Giám đốc hợp tác xã"
        )

    office.at("2022-02-07")
    with refused(office, Invalid, "invalid") as found:
        votes("dong_y")
    assert problems(found.value) == {"outcome": ["not_an_option"]}
    votes("khong_tan_thanh")
    assert round_of(office).counts == {"khong_tan_thanh": 1, "khong_tra_loi": 1}
    assert round_of(office).open_responses == 0, "a vote owes nobody an answer"


# --- citizens -----------------------------------------------------------------------------------------------------


def test_citizens_remarks_open_a_round_of_the_posting(office_at: At) -> None:
    office = office_at("gop_y_noi_bo")
    task = office.task("cct.tdc", "gop_y_noi_bo").id
    add = office.engine.consulting.add_portal_remarks
    head = add(CLERK, task, [("Ông A", "Điều 2", "Nên quy định rõ mức hỗ trợ."), ("", None, "Ủng hộ chủ trương này.")])
    assert office.engine.consulting.add_portal_remark(CLERK, head, "Bà B", "Cần có lộ trình.", "Điều 2") == head
    assert add(DRAFTER, task, [("", "", "Nên công khai kết quả.")]) == head
    portal = next(r for r in office.case(DRAFTER).consultations if r.id == head)
    assert (portal.kind, portal.answered, portal.open_responses) == ("portal", 4, 4)
    assert [(o.who, o.place, o.text) for o in portal.opinions][:2] == [
        ("Ông A", "Điều 2", "Nên quy định rõ mức hỗ trợ."),
        ("", None, "Ủng hộ chủ trương này."),
    ]
    assert portal.may_add_remarks and not portal.may_add
    with refused(office, Invalid, "invalid"):
        add(CLERK, task, [("", "", " ")])
    with refused(office, Forbidden, "not_recorder"):
        add(HEAD, task, [("", "", "Nên công khai kết quả.")])
    with refused(office, Conflict, "not_portal"):
        add(CLERK, office.case(DRAFTER).consultations[0].id, [("", "", "Nên công khai.")])
    assert office.faults() == []


# --- the table ----------------------------------------------------------------------------------------------------


def test_the_collated_table_by_clause_and_by_agency(office_at: At) -> None:
    office = office_at("gop_y_noi_bo")
    office.does("cct.tdc", "gop_y_noi_bo", TWO)
    records(office, "internal_units@van_phong_so", remarks=[("Điều 2", "Thống nhất cách gọi tên cơ quan.")])
    office.does("pgd.so.1", "gop_y_noi_bo", demo.AGREES)
    office.engine.consulting.withdraw_recipient(DRAFTER, opinion_of(office, "pgd.so.2").id, REASON)
    office.at("2022-02-16")
    table = office.engine.queries.collated(DRAFTER, office.case_id)
    numbered = [row.clause for row in table.rows if row.remark]
    assert numbered.index("Điều 2") < numbered.index("Điều 10"), "as people count"
    assert [row.no for row in table.rows] == list(range(1, len(table.rows) + 1))
    assert (table.asked, table.answered, table.silent) == (len(offices.ASKED) - 1, 3, len(offices.ASKED) - 4)
    assert {key: table.counts[key] for key in ("dong_y", "dong_y_co_y_kien", "withdrawn", "open")} == {
        "dong_y": 1,
        "dong_y_co_y_kien": 2,
        "withdrawn": 1,
        "open": 4,
    }
    paper = next(row for row in table.rows if row.number)
    assert (paper.recorded_by, paper.decided_by, paper.clause) == ("Văn thư Sở", "Chi cục trưởng", "Điều 2")
    by_agency = office.engine.queries.collated(SECRETARY, office.case().code, grouped="agency")
    mine = [row.no for row in by_agency.rows if row.agency.startswith("Chi cục")]
    assert mine == list(range(mine[0], mine[0] + 3)), "an agency's remarks stand together"
    assert (table.document_name, table.version) == (by_agency.document_name, "1.0")
    word = office.engine.queries.collated_paper(DRAFTER, office.case_id)
    assert word.filename.endswith(".docx") and word.content.startswith(b"PK")
    with pytest.raises(NotFound):
        office.engine.queries.collated("hd.khcn.1", office.case_id)
    assert office.engine.queries.collated(DRAFTER, office.case_id, rounds=[]).rows == []


# --- what the journal holds against the rows ----------------------------------------------------------------------

FORGED = {
    "a late answer as in time": sa.update(opinions).where(opinions.c.late).values(late=False),
    "who decided on paper": sa.update(opinions).where(opinions.c.recorded.is_not(None)).values(recorded=None),
    "why somebody was taken off": sa.update(opinions)
    .where(opinions.c.withdrawn_at.is_not(None))
    .values(withdrawn_reason="Lý do khác hẳn."),
    "why somebody was added": sa.update(opinions)
    .where(opinions.c.added_by.is_not(None))
    .values(added_reason="Lý do khác hẳn."),
    "a second remark": sa.update(opinion_remarks).where(opinion_remarks.c.number == 2).values(clause="Điều 1"),
    "a remark that is gone": sa.delete(opinion_remarks).where(opinion_remarks.c.number == 3),
    "who responded": sa.update(opinion_remarks)
    .where(opinion_remarks.c.response.is_not(None))
    .values(responded_by="tp.qlkh"),
    "a response nobody gave": sa.update(opinion_remarks)
    .where(opinion_remarks.c.response.is_(None))
    .values(response="tiep_thu"),
    "a citizen's remark": sa.update(opinions).where(opinions.c.participant == "Ông A").values(participant="Ông B"),
}


def test_what_is_forged_in_a_round_is_found(office_at: At, subtests: pytest.Subtests) -> None:
    office = office_at("gop_y_noi_bo")
    office.does("cct.tdc", "gop_y_noi_bo", TWO)
    head = round_of(office)
    office.engine.consulting.add_portal_remark(
        CLERK, office.task("pgd.so.1", "gop_y_noi_bo").id, "Ông A", "Nên công khai kết quả."
    )
    office.engine.consulting.add_recipients(DRAFTER, head.id, ["gd.so"], REASON)
    office.engine.consulting.withdraw_recipient(DRAFTER, opinion_of(office, "pgd.so.2").id, REASON)
    records(office, "internal_units@van_phong_so")
    office.engine.consulting.respond(DRAFTER, opinion_of(office, UNIT).remarks[0].id, "tiep_thu", "")
    office.at("2022-02-16")
    office.engine.consulting.answer_late("gd.so", opinion_of(office, "gd.so").id, demo.REMARKS)
    assert office.faults() == []
    for name, statement in FORGED.items():
        with subtests.test(name), office.engine.statements().connect() as connection:
            kept = {
                t: [dict(r._mapping) for r in connection.execute(sa.select(t))] for t in (opinions, opinion_remarks)
            }
            assert connection.execute(statement).rowcount > 0
            connection.commit()
            assert office.faults(), name
            for table, rows in kept.items():
                connection.execute(sa.delete(table))
                for row in rows:  # JSON that is none is no JSON
                    connection.execute(sa.insert(table), [{k: v for k, v in row.items() if v is not None}])
            connection.commit()
            assert office.faults() == []
