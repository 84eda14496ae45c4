"""T4, the plan for biotechnology: as the year went, and the ways back on the way."""

from collections.abc import Iterator
from typing import Any

import pytest

import offices
import stores
import told
from engine import Conflict
from told import At, go_on, outcome_of
from webui.stories import t4
from webui.stories.t4 import decides_t4, does_t4

REQUEST, CONSOLIDATE, OUTLINE = "2022-02-16 14:00", "2022-02-21 09:30", "2022-02-23 09:00"
ANSWERS, LATE, DRAFT_2, DIRECTION = "2022-03-24 15:00", "2022-03-29 10:00", "2022-04-06 15:00", "2022-04-14 10:00"
CHECK, VOTES, SIGNING = "2022-05-11 15:00", "2022-05-26 15:00", "2022-06-15 09:00"
STOPS = (REQUEST, CONSOLIDATE, OUTLINE, ANSWERS, LATE, DRAFT_2, DIRECTION, CHECK, VOTES, SIGNING)
REASON = "Cần làm rõ thêm trước khi trình."


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def office_of_t4(request: pytest.FixtureRequest, all_stores: stores.Stores) -> Iterator[At]:
    yield from told.fixture(all_stores, request.param, t4, STOPS)


@pytest.fixture
def t4_at(all_stores: stores.Stores) -> Iterator[At]:
    yield from told.fixture(all_stores, "sqlite", t4, STOPS)


def round_of(office: offices.Office, kind: str) -> Any:
    """The last round of opinions of a kind, as the drafter sees it."""
    return [c for c in office.case(t4.DRAFTER).consultations if c.kind == kind][-1]


def test_t4_finished_15_06_is_on_time_with_a_flag(office_of_t4: At) -> None:
    office = office_of_t4(SIGNING)
    assert office.waits() == {"ky": ["vice_chair"]}
    # planned for May: the leaders were warned when May was over; promised for June, so nobody calls it overdue
    assert office.told(t4.LEADER, "cham_ke_hoach") == ["01/06 00:00"]
    assert office.everybody_told("qua_han") == set()

    go_on(office, t4)
    assert office.waits() == {}
    assert office.case().state == "completed"
    known = office.variables()
    assert (known["finished_on"], known["status"], known["flag"]) == (
        "2022-06-15",
        "hoan_thanh_dung_han",
        "cham_so_ke_hoach",
    )
    assert told.symbols(office)["ke_hoach_da_ban_hanh"] == "01/KH-UBND"
    stands = told.standing(office, "T4", "2022-06-30")
    assert (stands.status, stands.flag) == ("hoan_thanh_dung_han", "cham_so_ke_hoach")
    assert (stands.results_done, stands.results_total) == (8, 8)
    assert [r.id for r in stands.results if not r.done] == []
    assert set(office.milestones().values()) <= {m for m in office.milestones().values() if m.startswith("done")}
    assert office.faults() == []

    office.at("2022-12-30")
    assert {month: told.standing(office, "T4", told.month_end(month)).status for month in t4.MONTHLY} == t4.MONTHLY


def test_proposals_are_consolidated_only_when_each_is_answered(t4_at: At) -> None:
    office = t4_at(CONSOLIDATE).at("2022-02-21 09:00")
    asked = round_of(office, "proposal")
    assert asked.counts == {"co_de_xuat": 4, "khong_de_xuat": 8, "khong_tra_loi": 3}
    with offices.refused(office, Conflict, "gate_closed") as closed:
        view = office.task(t4.DRAFTER, "tong_hop_de_xuat")
        office.engine.cases.complete(view.id, t4.DRAFTER, t4.ANSWERS["tong_hop_de_xuat"], view.version)
    assert {reason.code for reason in closed.value.reasons} == {"opinions_explained", "document"}
    go_on(office, t4, OUTLINE)
    assert office.waits() == {"thong_nhat_de_cuong": ["dept_leader"]}


def test_the_outline_waits_for_proposals_team_and_documents(t4_at: At) -> None:
    office = t4_at(REQUEST).at(REQUEST)
    assert set(office.waits()) == {"de_xuat_noi_dung"}
    t4.proposals(silent=0)(office)
    assert set(office.waits()) == {"tong_hop_de_xuat"}
    assert told.symbols(office)["quyet_dinh_to_bien_tap"] == "01/QĐ-KHCN"
    assert told.symbols(office)["thong_bao_phan_cong"] == "01/TB-KHCN"


def test_an_outline_sent_back_comes_in_a_new_version(t4_at: At) -> None:
    office = t4_at(OUTLINE).at(OUTLINE)
    decides_t4(t4.LEADER, "thong_nhat_de_cuong", "yeu_cau_chinh_sua", REASON)(office)
    assert office.waits() == {"du_thao_de_cuong": [t4.DRAFTER]}
    view = office.task(t4.DRAFTER, "du_thao_de_cuong")
    with offices.refused(office, Conflict, "gate_closed") as closed:
        office.engine.cases.complete(view.id, t4.DRAFTER, t4.ANSWERS["du_thao_de_cuong"], view.version)
    assert [reason.code for reason in closed.value.reasons] == ["revised"]
    does_t4("du_thao_de_cuong")(office)
    assert office.task(t4.LEADER, "thong_nhat_de_cuong").gate.round == 2


@pytest.mark.parametrize(
    ("outcome", "then"),
    [("yeu_cau_chinh_sua", {"du_thao_de_cuong": ["cv.qlkh.2"]}), ("khong_dong_y", {})],
)
def test_an_outline_that_is_refused_is_for_the_director(t4_at: At, outcome: str, then: dict[str, Any]) -> None:
    office = t4_at(OUTLINE).at(OUTLINE)
    decides_t4(t4.LEADER, "thong_nhat_de_cuong", "khong_dong_y", REASON)(office)
    assert office.waits() == {"cho_huong_xu_ly": ["dept_director"]}
    decides_t4(t4.DIRECTOR, "cho_huong_xu_ly", outcome, REASON)(office)
    assert office.waits() == then
    assert office.case().state == ("running" if then else "ended")


def test_silent_districts_are_written_down_as_silent_and_do_not_hold_it_up(t4_at: At) -> None:
    office = t4_at(ANSWERS).at(ANSWERS)
    t4.outside(silent=2)(office)
    assert set(office.waits()) == {"tra_loi_y_kien", "hoi_thao"}
    office.at("2022-03-26 08:00")
    assert set(office.waits()) == {"hoi_thao"}
    assert round_of(office, "external").counts["khong_tra_loi"] == 2
    assert office.everybody_told("nhac_gop_y") >= {"dm.huyen.09", "dm.huyen.10"}


def test_an_answer_after_the_round_is_kept_and_marked_as_late(t4_at: At) -> None:
    office = t4_at(LATE).at(LATE)
    before = round_of(office, "external").opinions[-1]
    assert (before.outcome, before.late) == ("khong_tra_loi", False)
    t4.late(office)
    after = round_of(office, "external").opinions[-1]
    assert (after.outcome, after.late, after.silence) == ("dong_y_co_y_kien", True, "khong_tra_loi")
    # it is a remark like any other: draft 2 cannot be handed in with it unanswered
    go_on(office, t4, DRAFT_2)
    view = office.at(DRAFT_2).task(t4.DRAFTER, "hoan_thien_du_thao_2")
    assert next(c for c in view.conditions if c.code == "opinions_explained").params["count"] == 5


def test_the_workshop_may_be_held_several_times(t4_at: At) -> None:
    office = t4_at(DRAFT_2)
    assert len(office.history("hoi_thao")) == 2


def test_what_the_vice_chair_returns_comes_back_through_the_director(t4_at: At) -> None:
    office = t4_at(DIRECTION).at(DIRECTION)
    decides_t4(t4.VICE_CHAIR, "cho_y_kien_chi_dao", "yeu_cau_chinh_sua", REASON)(office)
    assert office.waits() == {"hoan_thien_du_thao_2": [t4.DRAFTER]}
    does_t4("hoan_thien_du_thao_2")(office)
    assert office.waits() == {"ky": ["dept_director"]}
    decides_t4(t4.DIRECTOR, "ky")(office)
    assert office.waits() == {"cho_y_kien_chi_dao": ["vice_chair"]}
    decides_t4(t4.VICE_CHAIR, "cho_y_kien_chi_dao", "giao_hop", "Đưa ra phiên họp gần nhất.")(office)
    assert office.waits() == {"hoan_thien_ho_so": [t4.DRAFTER]}
    assert outcome_of(office, "cho_y_kien_chi_dao") == ["yeu_cau_chinh_sua", "giao_hop"]


def test_each_paper_that_is_signed_counts_for_itself(t4_at: At) -> None:
    """The same signing gate serves seven papers of the case: its rounds are those of the paper at hand."""
    office = t4_at(DIRECTION).at(DIRECTION)
    decides_t4(t4.VICE_CHAIR, "cho_y_kien_chi_dao", "yeu_cau_chinh_sua", REASON)(office)
    for round_ in (2, 3, 4):
        does_t4("hoan_thien_du_thao_2")(office)
        assert office.task(t4.DIRECTOR, "ky").gate.round == round_
        assert office.told(t4.HEAD, "returned_too_often") == []
        decides_t4(t4.DIRECTOR, "ky", "yeu_cau_chinh_sua", REASON)(office)
    assert len(office.told(t4.HEAD, "returned_too_often")) == 1


def test_a_refusal_by_the_vice_chair_ends_it_without_a_plan(t4_at: At) -> None:
    office = t4_at(DIRECTION).at(DIRECTION)
    decides_t4(t4.VICE_CHAIR, "cho_y_kien_chi_dao", "khong_dong_y", REASON)(office)
    assert (office.waits(), office.case().state) == ({}, "ended")
    assert told.standing(office, "T4", "2022-04-30").status == "khong_ban_hanh"


def test_a_file_sent_back_as_a_whole_is_for_the_director(t4_at: At) -> None:
    office = t4_at(CHECK).at(CHECK)
    decides_t4(t4.PROVINCE, "tham_tra", "tra_ho_so", REASON)(office)
    assert office.waits() == {"huong_tra_ho_so": ["dept_director"]}
    decides_t4(t4.DIRECTOR, "huong_tra_ho_so", "yeu_cau_chinh_sua", REASON)(office)
    assert office.waits() == {"hoan_thien_du_thao_2": [t4.DRAFTER]}


def test_a_supplement_goes_through_the_directors_signature_again(t4_at: At) -> None:
    office = t4_at(CHECK)
    go_on(office, t4, VOTES)
    assert outcome_of(office, "tham_tra") == ["bo_sung", "du"]
    assert told.symbols(office)["to_trinh"] == "02/TTr-KHCN"


def test_a_meeting_that_does_not_adopt_it_sends_draft_2_back(t4_at: At) -> None:
    office = t4_at(VOTES).at(VOTES)
    t4.votes(against=4, silent=0)(office)
    # three of seven are not more than half: there is nothing to decide, only to write down
    assert office.waits() == {"ghi_chua_thong_qua": ["ubnd_office"]}
    does_t4_with = {"ket_luan": "Làm rõ nguồn kinh phí rồi trình lại phiên họp sau."}
    office.does(t4.PROVINCE_HEAD, "ghi_chua_thong_qua", does_t4_with)
    assert office.waits() == {"hoan_thien_du_thao_2": [t4.DRAFTER]}
    assert "ban_trinh_ky" not in told.symbols(office)


def test_the_chair_may_find_it_not_adopted_although_more_than_half_are_for_it(t4_at: At) -> None:
    office = t4_at(VOTES).at(VOTES)
    t4.votes(against=0, silent=0)(office)
    assert office.waits() == {"ket_luan": ["ubnd_office"]}
    decides_t4(t4.PROVINCE_HEAD, "ket_luan", "chua_thong_qua", "Chủ tọa yêu cầu trình lại vào tháng sau.")(office)
    assert office.waits() == {"hoan_thien_du_thao_2": [t4.DRAFTER]}


def test_a_plan_returned_at_signing_goes_back_to_the_points_of_the_committee(t4_at: At) -> None:
    office = t4_at(SIGNING).at(SIGNING)
    decides_t4(t4.VICE_CHAIR, "ky", "yeu_cau_chinh_sua", REASON)(office)
    assert office.waits() == {"tiep_thu": [t4.DRAFTER]}
    assert "finished_on" not in {k for k, v in office.variables().items() if v}


def test_not_signed_in_june_it_is_overdue(t4_at: At) -> None:
    office = t4_at(SIGNING).at("2022-07-01 08:00")
    assert office.everybody_told("qua_han") >= {t4.DIRECTOR, t4.SECRETARY}
    assert told.standing(office, "T4", "2022-07-01").status == "dang_thuc_hien_qua_han"
    decides_t4(t4.VICE_CHAIR, "ky")(office)
    assert told.standing(office, "T4", "2022-07-01").status == "hoan_thanh_qua_han"
