"""Approvals are bound to the versions that they saw: a later change reopens exactly the gates that it affects."""

from collections.abc import Callable

import pytest

import offices
from engine import Conflict, Forbidden, Invalid, NotFound
from offices import DIRECTOR, DRAFTER, HEAD, LEADER, SECRETARY
from webui import demo

At = Callable[..., offices.Office]
WHY = "Sửa lỗi số liệu ở Mục 2 của dự thảo."


def mend(office: offices.Office, artefact: str, text: str, person: str = DRAFTER, why: str = WHY) -> list[str]:
    body = demo.word(artefact, [text])
    found: list[str] = office.engine.approvals.revise(person, office.case_id, artefact, why, f"{artefact}.docx", body)
    return found


@pytest.fixture
def office(office_at: At) -> offices.Office:
    """T1 where the council gives its opinions: draft 1 and its letter were approved before."""
    return office_at("hoi_dong_gop_y")


def waiting(office: offices.Office) -> set[str]:
    return set(office.waits())


def test_a_change_reopens_the_gate_that_approved_the_document_and_no_other(office: offices.Office) -> None:
    before = waiting(office)
    (asked,) = mend(office, "du_thao_1", "Bản sửa.")
    assert waiting(office) - before == {"thong_qua_du_thao_1"}
    page = office.engine.queries.task(LEADER, asked)
    assert (page.gate.again, page.gate.seen_before, page.gate.round) == ("du_thao_1", 1, 2)
    assert [o.kind for o in page.gate.outcomes] == ["approve", "return"]
    assert office.told(LEADER, "confirm_again") != []
    assert office.faults() == []


def test_confirming_closes_it_and_binds_the_approval_to_the_new_version(office: offices.Office) -> None:
    before = office.state()
    mend(office, "du_thao_1", "Bản sửa.")
    office.decides(LEADER, "thong_qua_du_thao_1", "dong_y")
    assert office.state() == before, "the process did not move"
    assert "thong_qua_du_thao_1" not in waiting(office)
    assert mend(office, "du_thao_1", "Bản sửa lần nữa.") != [], "the next change asks anew"
    assert office.faults() == []


def test_a_gate_that_looks_at_the_document_waits_for_the_confirmation(office_at: At) -> None:
    office = office_at("chi_dao")  # the vice chair has draft 2 before them; the director approved it
    mend(office, "du_thao_2", "Bản sửa.")
    with pytest.raises(Conflict) as refused:
        office.decides("pct.ubnd", "chi_dao", "dong_y")
    assert "reconfirm" in [reason.code for reason in refused.value.reasons]
    office.decides(DIRECTOR, "ky_trinh", "dong_y")
    office.decides("pct.ubnd", "chi_dao", "dong_y")
    assert office.faults() == []


def test_one_that_is_returned_waits_for_the_next_version(office_at: At) -> None:
    office = office_at("chi_dao")
    mend(office, "du_thao_2", "Bản sửa.")
    office.decides(DIRECTOR, "ky_trinh", "yeu_cau_chinh_sua", "Số liệu năm 2021 chưa đúng.")
    assert office.told(DRAFTER, "task_returned") != []
    with pytest.raises(Conflict) as refused:
        office.decides("pct.ubnd", "chi_dao", "dong_y")
    assert "reconfirm_returned" in [reason.code for reason in refused.value.reasons]
    mend(office, "du_thao_2", "Bản sửa lần hai.")
    office.decides(DIRECTOR, "ky_trinh", "dong_y")
    office.decides("pct.ubnd", "chi_dao", "dong_y")


def test_a_gate_that_returns_is_not_held_up(office_at: At) -> None:
    office = office_at("chi_dao")
    mend(office, "du_thao_2", "Bản sửa.")
    office.decides("pct.ubnd", "chi_dao", "yeu_cau_chinh_sua", "Cần làm rõ trách nhiệm của các sở.")


def test_only_the_drafter_mends_and_says_why(office: offices.Office) -> None:
    with pytest.raises(Forbidden):
        mend(office, "du_thao_1", "Bản sửa.", person=HEAD)
    with pytest.raises(Invalid):
        mend(office, "du_thao_1", "Bản sửa.", why="ngắn")
    with pytest.raises(NotFound):
        mend(office, "ban_trinh_ky", "Bản sửa.")


def test_a_document_that_an_open_task_makes_is_changed_there(office_at: At) -> None:
    office = office_at("duyet_du_thao")
    office.decides(HEAD, "duyet_du_thao", "yeu_cau_chinh_sua", "Cần làm rõ trách nhiệm của các cơ quan.")
    with pytest.raises(Conflict, match="open task"):
        mend(office, "du_thao", "Bản sửa.")


def test_the_end_of_the_case_withdraws_what_is_still_asked(office_at: At) -> None:
    office = office_at("chi_dao")
    mend(office, "du_thao_1", "Bản sửa.")
    office.decides("pct.ubnd", "chi_dao", "khong_dong_y", "Không cần thiết ban hành trong năm nay.")
    assert office.waits() == {}


# --- doing without ------------------------------------------------------------------------------------------------


def test_the_head_may_say_that_a_document_is_not_needed(office_at: At) -> None:
    office = office_at("chuan_bi").until("xay_dung_du_thao")
    view = office.task(DRAFTER, "xay_dung_du_thao")
    with pytest.raises(Conflict):
        office.engine.cases.complete(view.id, DRAFTER, demo.ANSWERS["xay_dung_du_thao"], view.version)
    assert ("du_thao", "Dự thảo trình nội bộ") in office.engine.queries.waivable(HEAD, office.case_id)
    office.engine.approvals.waive(HEAD, office.case_id, "du_thao", "Dùng bản thảo giấy do Sở lưu.")
    assert office.engine.queries.waivable(HEAD, office.case_id) == []
    condition = next(c for c in office.task(DRAFTER, "xay_dung_du_thao").conditions if c.target == "du_thao")
    assert (condition.code, condition.state, condition.params["by"]) == (
        "waived",
        "met",
        "Trưởng phòng Quản lý Khoa học",
    )
    office.engine.cases.complete(view.id, DRAFTER, demo.ANSWERS["xay_dung_du_thao"], view.version)
    assert waiting(office) == {"duyet_du_thao"}
    assert office.faults() == []


def test_waiving_needs_a_reason_a_leader_and_a_missing_document(office_at: At) -> None:
    office = office_at("duyet_du_thao")
    waive = office.engine.approvals.waive
    with pytest.raises(Forbidden):
        waive(DRAFTER, office.case_id, "du_thao_1", "Dùng bản thảo giấy do Sở lưu.")
    with pytest.raises(Invalid):
        waive(HEAD, office.case_id, "du_thao_1", "ngắn")
    with pytest.raises(Conflict):
        waive(HEAD, office.case_id, "du_thao", "Dùng bản thảo giấy do Sở lưu.")
    with pytest.raises(NotFound):
        waive(HEAD, office.case_id, "la", "Dùng bản thảo giấy do Sở lưu.")
    assert office.engine.queries.waivable(SECRETARY, office.case_id) == []
