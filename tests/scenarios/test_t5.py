"""T5, the regulation on intellectual property: as the year went, and as a legal normative document."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

import offices
import stores
import told
from told import At, go_on, outcome_of
from webui.stories import t5
from webui.stories.drafting import gives, remarks_then
from webui.stories.t5 import decides_t5, does_t5

NATURE, OUTLINE, DIRECTION = "2022-02-10 09:00", "2022-03-17 09:00", "2022-07-29 16:00"
INVITED, SIGNING = "2022-08-12 09:00", "2022-08-25 09:00"
STOPS = (NATURE, OUTLINE, DIRECTION, INVITED, SIGNING)
REASON = "Cần làm rõ thêm trước khi trình."
NORMATIVE: Callable[[offices.Office], Any] = does_t5("xac_dinh_tinh_chat", t5.HEAD, tinh_chat="quy_pham")


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def office_of_t5(request: pytest.FixtureRequest, all_stores: stores.Stores) -> Iterator[At]:
    yield from told.fixture(all_stores, request.param, t5, STOPS)


@pytest.fixture
def t5_at(all_stores: stores.Stores) -> Iterator[At]:
    yield from told.fixture(all_stores, "sqlite", t5, STOPS)


def normative_until_direction(office: offices.Office) -> offices.Office:
    """The case of a legal normative document, up to the vice chair's approval on 29/07."""
    go_on(office, t5, DIRECTION, at_2022_02_10_09_00=NORMATIVE)
    office.at(DIRECTION)
    decides_t5(t5.VICE_CHAIR, "cho_y_kien_chi_dao")(office)
    return office


def everybody_answers(office: offices.Office) -> None:
    """All answer draft 1, the Fatherland Front too, which is asked about legal normative documents only."""
    t5.outside(0)(office)
    assert office.waits() == {"tra_loi_y_kien": ["ip_enforcers@mttq_tinh"]}
    office.does("dm.mttq", "tra_loi_y_kien", t5.AGREES)


def test_t5_is_signed_within_the_month_planned(office_of_t5: At) -> None:
    office = office_of_t5(SIGNING)
    assert office.waits() == {"ky": ["vice_chair"]}
    go_on(office, t5)
    assert (office.waits(), office.case().state) == ({}, "completed")
    known = office.variables()
    assert (known["finished_on"], known["status"], known["flag"]) == ("2022-08-25", "hoan_thanh_dung_han", None)
    assert told.symbols(office)["quyet_dinh_quy_che_da_ky"] == "01/QĐ-UBND"
    stands = told.standing(office, "T5", "2022-08-31")
    assert (stands.results_done, stands.results_total, stands.flag) == (5, 5, None)
    # no legal normative document: neither posted nor appraised, nor sent to the gazette
    assert {"bang_chung_dang_tai", "bao_cao_tham_dinh"}.isdisjoint(told.symbols(office))
    assert outcome_of(office, "dang_tai") == outcome_of(office, "tham_dinh") == outcome_of(office, "gui_cong_bao") == []
    assert all(state.startswith("done") for state in office.milestones().values())
    office.at("2022-12-30")
    assert {month: told.standing(office, "T5", told.month_end(month)).status for month in t5.MONTHLY} == t5.MONTHLY


def test_t5_switched_to_qppl_adds_18a_and_18b(office_of_t5: At) -> None:
    office = normative_until_direction(office_of_t5(NATURE))
    assert (office.variables()["is_qppl"], office.variables()["regime"]) == (True, "L2015_2020")
    # 18a: thirty days on the portal, counted from the day after
    assert office.waits() == {"dang_tai": ["clerk"]}
    office.at("2022-08-01 09:00")
    does_t5("dang_tai", t5.CLERK)(office)
    assert office.waits() == {}
    assert office.at("2022-08-31 17:00").waits() == {}
    assert office.at("2022-09-05 08:00").waits() == {"go_bai": ["clerk"]}
    does_t5("go_bai", t5.CLERK, ngay_go="2022-09-05")(office)
    # 18b: fifteen days from the day on which the file is complete
    assert office.waits() == {"kiem_tra_thanh_phan": ["justice"]}
    decides_t5("cv.stp", "kiem_tra_thanh_phan", "du")(office)
    assert office.due("gd.stp", "tham_dinh").endswith("20/09")
    office.at("2022-09-12 09:00")
    decides_t5("gd.stp", "tham_dinh", "du_dieu_kien")(office)
    assert office.waits() == {"hoan_thien_ho_so": [t5.DRAFTER]}

    for when, act in (
        ("2022-09-13 09:00", does_t5("hoan_thien_ho_so")),
        ("2022-09-13 14:00", decides_t5(t5.DIRECTOR, "ky")),
        ("2022-09-16 09:00", decides_t5(t5.PROVINCE, "tham_tra", "du")),
        ("2022-09-16 10:00", t5.meeting("2022-09-22")),
        ("2022-09-19 09:00", does_t5("moi_bieu_quyet", t5.PROVINCE)),
        ("2022-09-22 15:00", t5.votes(silent=0)),
        ("2022-09-23 09:00", decides_t5(t5.PROVINCE_HEAD, "ket_luan", "thong_qua")),
        ("2022-09-26 09:00", remarks_then(t5.DRAFTER, does_t5("tiep_thu"))),
        ("2022-09-29 09:00", decides_t5(t5.VICE_CHAIR, "ky")),
    ):
        act(office.at(when))
    # the number has the year, and the gazette is told within three days
    assert told.symbols(office)["quyet_dinh_quy_che_da_ky"] == "01/2022/QĐ-UBND"
    office.at("2022-09-29 15:00")
    does_t5("phat_hanh", t5.CLERK, ngay_phat_hanh="2022-09-29")(office)
    assert office.due(t5.CLERK, "gui_cong_bao").endswith("03/10")
    does_t5("gui_cong_bao", t5.CLERK, ngay_gui="2022-09-30")(office)
    assert office.waits() == {"dong_nhiem_vu": ["dept_office"]}
    assert (office.variables()["status"], office.variables()["flag"]) == ("hoan_thanh_dung_han", "cham_so_ke_hoach")


def test_an_appraisal_that_finds_it_unfit_sends_draft_2_back_without_a_second_posting(t5_at: At) -> None:
    office = normative_until_direction(t5_at(NATURE)).at("2022-08-01 09:00")
    does_t5("dang_tai", t5.CLERK)(office)
    office.at("2022-09-05 08:00")
    does_t5("go_bai", t5.CLERK, ngay_go="2022-09-05")(office)
    decides_t5("cv.stp", "kiem_tra_thanh_phan", "du")(office)
    decides_t5("gd.stp", "tham_dinh", "chua_du_dieu_kien", "Trùng thẩm quyền với Luật Sở hữu trí tuệ.")(office)
    assert office.waits() == {"hoan_thien_du_thao_2": [t5.DRAFTER]}
    does_t5("hoan_thien_du_thao_2")(office)
    decides_t5(t5.DIRECTOR, "ky")(office)
    decides_t5(t5.VICE_CHAIR, "cho_y_kien_chi_dao")(office)
    assert office.waits() == {"kiem_tra_thanh_phan": ["justice"]}


def test_a_case_opened_in_2025_is_posted_by_the_law_of_2025(all_stores: stores.Stores) -> None:
    core = offices.open_engine(all_stores.fresh("sqlite", "demo"))
    offices.wind(core, datetime(2025, 5, 5, 1, tzinfo=UTC))
    office = offices.Office(core)
    everybody = {
        NATURE: NORMATIVE,
        "2022-02-25 15:00": t5.proposals(0),
        "2022-05-20 15:00": t5.inside(),
        "2022-07-15 15:00": everybody_answers,
    }
    for when, act in t5.STORY:  # all of it on one day
        if when == "2022-08-03 10:00":
            break
        everybody.get(when, act)(office)
    assert office.waits() == {"dang_tai": ["clerk"]}
    assert (office.variables()["regime"], office.variables()["portal_days"]) == ("L2025", 20)
    told.whole([office])
    core.close()


def test_whom_to_ask_comes_from_the_tables(t5_at: At) -> None:
    office = t5_at(NATURE)
    go_on(office, t5, "2022-02-15 10:00")
    asked = office.waits()["de_xuat_noi_dung"]
    assert len(asked) == 16
    assert {"ip_enforcers@cong_an_tinh", "ip_enforcers@cuc_qltt", "ip_enforcers@ubnd_huyen_10"} <= set(asked)
    assert not [seat for seat in asked if "tai_chinh" in seat or "noi_vu" in seat]


def test_an_outline_sent_back_waits_for_the_drafter(t5_at: At) -> None:
    office = t5_at(OUTLINE).at(OUTLINE)
    decides_t5(t5.LEADER, "thong_nhat_de_cuong", "yeu_cau_chinh_sua", REASON)(office)
    assert office.waits() == {"du_thao_de_cuong": [t5.DRAFTER]}


def test_the_vice_chair_may_want_it_changed(t5_at: At) -> None:
    office = t5_at(DIRECTION).at(DIRECTION)
    decides_t5(t5.VICE_CHAIR, "cho_y_kien_chi_dao", "yeu_cau_chinh_sua", REASON)(office)
    assert office.waits() == {"hoan_thien_du_thao_2": [t5.DRAFTER]}


@pytest.mark.parametrize(("for_it", "then"), [(("ct.ubnd", 2), "ket_luan"), (("", 3), "ghi_chua_thong_qua")])
def test_at_a_tie_the_side_of_the_chair_decides(t5_at: At, for_it: tuple[str, int], then: str) -> None:
    office = t5_at(INVITED).at(INVITED)
    members = t5.MEMBERS[:6]
    does_t5("moi_bieu_quyet", t5.PROVINCE, members=list(members))(office)
    chair, others = for_it
    yes = {chair, *[m for m in members if m != "ct.ubnd"][:others]}
    against = {"outcome": "khong_tan_thanh", "noi_dung": "Chưa rõ cơ quan đầu mối."}
    office.at("2022-08-18 15:00")
    gives("bieu_quyet", {m: {"outcome": "tan_thanh"} if m in yes else against for m in members})(office)
    assert office.waits() == {then: ["ubnd_office"]}


def test_a_regulation_not_adopted_goes_back_to_draft_2(t5_at: At) -> None:
    office = t5_at(INVITED)
    go_on(office, t5, "2022-08-18 15:00").at("2022-08-18 15:00")
    # one is silent: three of seven are not more than half
    t5.votes(against=3, silent=1)(office)
    office.at("2022-08-20 08:00")
    assert office.waits() == {"ghi_chua_thong_qua": ["ubnd_office"]}
    office.does(t5.PROVINCE_HEAD, "ghi_chua_thong_qua", {"ket_luan": "Làm rõ cơ quan đầu mối rồi trình lại."})
    assert office.waits() == {"hoan_thien_du_thao_2": [t5.DRAFTER]}
