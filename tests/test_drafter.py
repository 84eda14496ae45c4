"""The drafter of a case is replaced: open and later tasks, what was typed, who is told, what the journal replays."""

from collections.abc import Callable

import pytest

import offices
from engine import Conflict, Forbidden, Invalid, NotFound
from offices import DIRECTOR, DRAFTER, HEAD, REASON, SECRETARY, handles, refused
from webui import demo

At = Callable[..., offices.Office]
OTHER = "cv.qlkh.2"


def replace(office: offices.Office, by: str = HEAD, to: str = OTHER, reason: str = REASON) -> None:
    office.engine.cases.replace_drafter(by, office.case_id, to, reason)


def test_open_and_later_tasks_go_to_the_new_drafter_with_what_was_typed(office_at: At) -> None:
    office = office_at("chuan_bi")
    view = office.task(DRAFTER, "nghien_cuu")
    office.engine.cases.save_draft(DRAFTER, view.id, {"ly_do": "Đang viết dở."})
    handles("thu_thap")(office)
    replace(office)
    assert office.waits() == {"danh_gia": [OTHER], "nghien_cuu": [OTHER]}
    assert office.task(OTHER, "nghien_cuu").draft == {"ly_do": "Đang viết dở."}
    assert office.variables()["drafter"] == OTHER
    for element in ("nghien_cuu", "danh_gia"):
        handles(element, OTHER)(office)
    handles("chon_hinh_thuc", HEAD)(office)
    assert office.waits() == {"xay_dung_du_thao": [OTHER]}
    assert office.case().drafter_name == "Chuyên viên Phòng Quản lý Khoa học 2"
    assert office.faults() == []


def test_a_called_process_that_is_open_follows(office_at: At) -> None:
    office = office_at("duyet_du_thao").until("mo_dot_xin_y_kien")
    assert office.waits() == {"mo_dot_xin_y_kien": [DRAFTER]}
    replace(office)
    assert office.waits() == {"mo_dot_xin_y_kien": [OTHER]}
    assert DRAFTER not in office.state()
    handles("mo_dot_xin_y_kien", OTHER)(office)
    assert office.faults() == []


def test_both_are_told_and_the_journal_says_who_and_why(office_at: At) -> None:
    office = office_at("chuan_bi")
    replace(office)
    for person, kind in ((OTHER, "drafter_given"), (DRAFTER, "drafter_taken")):
        notice = office.engine.queries.notices(person)[0]
        assert (notice.kind, notice.params["reason"]) == (kind, REASON)
    entry = office.case().journal[0]
    assert (entry.kind, entry.params["reason"]) == ("case.drafter_changed", REASON)
    assert entry.params["to"] == "Chuyên viên Phòng Quản lý Khoa học 2"


def test_documents_and_decisions_stay_whose_they_were(office_at: At) -> None:
    office = office_at("duyet_du_thao")
    replace(office)
    assert office.waits() == {"duyet_du_thao": ["unit_head@phong_qlkh"]}
    (draft,) = office.case(DRAFTER).documents
    assert draft.versions[0].by == "Chuyên viên Phòng Quản lý Khoa học 1"
    office.decides(HEAD, "duyet_du_thao", "yeu_cau_chinh_sua", REASON)
    assert office.waits() == {"xay_dung_du_thao": [OTHER]}


@pytest.mark.parametrize("person", [SECRETARY, DIRECTOR, DRAFTER, OTHER, "tp.shtt"])
def test_only_the_head_of_the_lead_unit_replaces_the_drafter(office_at: At, person: str) -> None:
    office = office_at("chuan_bi")
    assert office.case(person).drafters == []
    with refused(office, Forbidden, "role"):
        replace(office, person)


def test_who_may_not_see_the_case_does_not_find_it(office_at: At) -> None:
    office = office_at("chuan_bi")
    with refused(office, NotFound, "case"):
        replace(office, "hd.khcn.1")


def test_a_reason_and_another_officer_of_the_unit_are_needed(office_at: At) -> None:
    office = office_at("chuan_bi")
    for person in (DRAFTER, HEAD, "cv.shtt.1", ""):
        with refused(office, Invalid, "invalid") as found:
            replace(office, to=person, reason="ốm")
        assert offices.problems(found.value) == {"reason": ["too_short"], "person": ["not_an_option"]}


def test_there_must_be_a_drafter_and_a_running_case(office_at: At) -> None:
    office = office_at("phan_cong")
    with refused(office, Conflict, "no_drafter"):
        replace(office)
    office = office_at("chi_dao")
    office.decides(offices.VICE_CHAIR, "chi_dao", "khong_dong_y", REASON)
    assert office.case(HEAD).drafters == []
    with refused(office, Conflict, "case_ended"):
        replace(office)


def test_the_new_drafter_answers_the_remarks_and_the_old_one_does_not(office_at: At) -> None:
    office = office_at("hoi_dong_gop_y").at("2022-02-21 09:00")
    opinions = {p: demo.REMARKS if n == 0 else demo.AGREES for n, p in enumerate(demo.COUNCIL)}
    offices.all_answer("hoi_dong_gop_y", opinions)(office)
    replace(office)
    assert office.answers_remarks(DRAFTER) == 0
    assert office.answers_remarks(OTHER) == 1
