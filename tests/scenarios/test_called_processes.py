"""The shared stages at work, each called by a small process: outside bodies, leaders, meetings, letters, the portal."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import offices
from engine import Conflict
from offices import CLERK, DIRECTOR, HEAD, LEADER, PROVINCE, REASON, SECRETARY, VICE_CHAIR
from webui import demo

At = Callable[..., offices.Office]
DRAFTER, JUSTICE = demo.DRAFTER, "cv.stp"
AGENCIES = ("dm.snv", "dm.stc", "dm.huyen.01")
SEATS = ["ext_agencies@so_noi_vu", "ext_agencies@so_tai_chinh", "ext_agencies@ubnd_huyen_01"]
MEMBERS = ["tv.ubnd.1", "tv.ubnd.2", "tv.ubnd.3", "tv.ubnd.4", "tv.ubnd.5", VICE_CHAIR, "ct.ubnd"]
CALLER = """
<startEvent id="bat_dau"/>
<userTask id="soan" name="Soạn dự thảo"><ext><zeebe:assignmentDefinition assignee="cv.qlkh.1"/>
  <zeebe:ioMapping><zeebe:output source="=&quot;cv.qlkh.1&quot;" target="drafter"/></zeebe:ioMapping>
  <zeebe:properties><zeebe:property name="produces" value="du_thao"/></zeebe:properties></ext></userTask>
<callActivity id="goi" name="Gọi"><ext>
  <zeebe:calledElement processId="{process}" propagateAllChildVariables="false" propagateAllParentVariables="false"/>
  <zeebe:ioMapping>{mappings}</zeebe:ioMapping><zeebe:properties>{properties}</zeebe:properties></ext></callActivity>
<userTask id="tiep_theo" name="Tiếp theo"><ext><zeebe:assignmentDefinition assignee="cv.qlkh.1"/>
  <zeebe:properties>{after}</zeebe:properties></ext></userTask>
<endEvent id="xong"/>
~ bat_dau soan goi tiep_theo xong
"""
Opens = Callable[..., offices.Office]


@pytest.fixture
def calling(office_at: At, tmp_path: Path) -> Opens:
    """A case whose draft is written and that has come to a called process: calling("ca_…", {inputs}, "outputs")."""

    def opens(process: str, inputs: dict[str, str], outputs: str, after: str = "", **properties: str) -> offices.Office:
        office = offices.with_small_process(
            office_at(),
            tmp_path,
            CALLER.format(
                process=process,
                mappings="".join(
                    f"<zeebe:input source='={source}' target='{target}'/>"
                    for target, source in {"drafter": "drafter", **inputs}.items()
                )
                + "".join(f"<zeebe:output source='={name}' target='{name}'/>" for name in outputs.split()),
                properties="".join(
                    f'<zeebe:property name="{name}" value="{value}"/>'
                    for name, value in {"requires": "du_thao", **properties}.items()
                ),
                after=f'<zeebe:property name="requires" value="{after}"/>' if after else "",
            ),
        )
        office.opens(SECRETARY, "T4")
        office.does(DRAFTER, "soan")
        return office

    return opens


def results(office: offices.Office, *names: str) -> list[Any]:
    """Variables of the main process, once the called one has ended."""
    assert office.waits() == {"tiep_theo": [DRAFTER]}
    assert office.faults() == []
    return [office.variables().get(name) for name in names]


def document(office: offices.Office, artefact: str) -> Any:
    return next(d for d in office.case(DRAFTER).documents if d.artefact == artefact)


# --- CA-2: outside bodies -------------------------------------------------------------------------------------------

ASKS = {"days": "10", "day_kind": '"ngay_lam_viec"', "suggested": "[]", "letter": "false", "signer": '"dept_director"'}
SENT = {"noi_nhan": "chon", "recipients": SEATS, "ngay_gui": "2022-01-28", "cach_gui": "truc_lien_thong"}


def asked(calling: Opens, properties: dict[str, str] | None = None, **inputs: str) -> offices.Office:
    return calling("ca_external_consultation", {**ASKS, **inputs}, "answered asked", **(properties or {}))


def test_outside_bodies_answer_and_a_silent_one_is_taken_to_agree(calling: Opens) -> None:
    office = asked(calling)
    office.does(CLERK, "gui_xin_y_kien", SENT)
    assert office.waits() == {"tra_loi_y_kien": SEATS}
    # Tết is not counted: ten working days from Friday 28/01 end on 18/02.
    assert office.due("dm.snv", "tra_loi_y_kien").endswith("18/02")
    office.at("2022-02-10 09:00").does("dm.snv", "tra_loi_y_kien", demo.AGREES)
    office.does("dm.stc", "tra_loi_y_kien", demo.REMARKS)
    office.at("2022-02-18 23:59")
    assert office.told("dm.huyen.01", "nhac_gop_y") == ["11/02 08:00", "17/02 08:00"]
    assert office.everybody_told("nhac_gop_y") == {"dm.huyen.01"}
    assert office.waits() == {"tra_loi_y_kien": SEATS[2:]}
    office.at("2022-02-19 00:00")
    assert results(office, "answered", "asked") == [2, 3]
    (round_,) = office.case(DRAFTER).consultations
    assert (round_.kind, round_.counts) == ("external", {"dong_y": 1, "dong_y_co_y_kien": 1, "khong_tra_loi": 1})


def test_calendar_days_end_on_the_next_working_day_and_remind_before_it(calling: Opens) -> None:
    office = asked(calling, days="8", day_kind='"ngay"')
    office.does(CLERK, "gui_xin_y_kien", SENT)
    # Eight days from 28/01 end on Saturday 05/02, after Tết: the next working day is Monday 07/02.
    assert office.due("dm.snv", "tra_loi_y_kien").endswith("07/02")
    office.at("2022-02-07 23:59")
    # One day before the last working day is Friday 28/01 itself; half of the time is over in Tết, told after it.
    assert office.told("dm.snv", "nhac_gop_y") == ["28/01 08:00", "07/02 08:00"]
    assert office.waits() == {"tra_loi_y_kien": SEATS}
    office.at("2022-02-08 00:00")
    assert results(office, "answered", "asked") == [0, 3]


def test_without_a_number_of_days_the_table_says_how_long(calling: Opens) -> None:
    office = asked(calling, days="null", day_kind="null")
    office.does(CLERK, "gui_xin_y_kien", SENT)
    assert office.due("dm.snv", "tra_loi_y_kien").endswith("18/02")


def test_who_is_suggested_is_asked_when_the_clerk_leaves_it_so(calling: Opens) -> None:
    office = asked(calling, suggested='["ext_agencies@so_noi_vu"]')
    office.does(CLERK, "gui_xin_y_kien", {**SENT, "noi_nhan": "de_xuat", "recipients": []})
    assert office.waits() == {"tra_loi_y_kien": SEATS[:1]}


def test_with_nobody_suggested_the_clerk_has_to_choose(calling: Opens) -> None:
    office = asked(calling)
    office.does(CLERK, "gui_xin_y_kien", {**SENT, "noi_nhan": "de_xuat", "recipients": []})
    assert office.waits() == {"gui_xin_y_kien": ["clerk"]}
    office.does(CLERK, "gui_xin_y_kien", SENT)
    assert office.waits() == {"tra_loi_y_kien": SEATS}


def test_a_request_for_proposals_is_answered_with_one_or_with_none(calling: Opens) -> None:
    office = asked(calling, kind='"proposal"')
    office.does(CLERK, "gui_xin_y_kien", SENT)
    office.does("dm.snv", "de_xuat_noi_dung", {"outcome": "co_de_xuat", "noi_dung": "Nghiên cứu giống vải không hạt."})
    office.does("dm.stc", "de_xuat_noi_dung", {"outcome": "khong_de_xuat"})
    office.at("2022-02-19 00:00")
    assert results(office, "answered", "asked") == [2, 3]
    (round_,) = office.case(DRAFTER).consultations
    assert round_.counts == {"co_de_xuat": 1, "khong_de_xuat": 1, "khong_tra_loi": 1}
    assert not round_.deemed_consent


def test_a_letter_comes_before_the_request_and_is_returned_once(calling: Opens) -> None:
    office = asked(calling, {"letter": "cong_van_xin_y_kien"}, letter="true")
    letter = {"trich_yeu": "V/v xin ý kiến dự thảo Kế hoạch"}
    office.does(DRAFTER, "soan_cong_van", letter)
    office.decides(DIRECTOR, "ky_cong_van", "yeu_cau_chinh_sua", "Ghi rõ thời hạn trả lời trong công văn.")
    assert office.waits() == {"soan_cong_van": [DRAFTER]}
    office.at("2022-02-07 09:00").does(DRAFTER, "soan_cong_van", letter)
    office.decides(DIRECTOR, "ky_cong_van", "dong_y")
    # The letter is numbered when it is signed; the clerk's sending is the request itself.
    assert office.waits() == {"gui_xin_y_kien": ["clerk"]}
    kept = document(office, "cong_van_xin_y_kien")
    assert (len(kept.versions), f"{kept.dated:%d/%m/%Y}") == (2, "07/02/2022")
    assert kept.symbol == "01/KHCN-QLKH"
    assert kept.versions[0].signed
    office.does(CLERK, "gui_xin_y_kien", {**SENT, "ngay_gui": "2022-02-07"})
    assert office.waits() == {"tra_loi_y_kien": SEATS}


def test_nobody_is_asked_when_the_letter_is_not_signed(calling: Opens) -> None:
    office = asked(calling, {"letter": "cong_van_xin_y_kien"}, letter="true")
    office.does(DRAFTER, "soan_cong_van", {"trich_yeu": "V/v xin ý kiến dự thảo Kế hoạch"})
    office.decides(DIRECTOR, "ky_cong_van", "khong_dong_y", REASON)
    assert results(office, "answered", "asked") == [None, None]


# --- CA-9: letters --------------------------------------------------------------------------------------------------


def test_a_letter_is_drafted_signed_numbered_and_sent(calling: Opens) -> None:
    office = calling(
        "ca_outgoing_letter", {"signer": '"dept_leader"'}, "outcome doc_number doc_date", letter="cong_van_xin_y_kien"
    )
    office.does(DRAFTER, "soan_cong_van", {"trich_yeu": "V/v phối hợp"})
    office.decides(LEADER, "ky_cong_van", "dong_y")
    sent = {"ngay_gui": "2022-01-28", "cach_gui": "ban_giay", "noi_nhan_cong_van": "Sở Nội vụ"}
    office.does(CLERK, "gui_cong_van", sent)
    outcome, number, dated = results(office, "outcome", "doc_number", "doc_date")
    assert (outcome, dated) == ("dong_y", "2022-01-28")
    assert number == document(office, "cong_van_xin_y_kien").symbol


def test_who_drafts_a_letter_does_not_sign_it(calling: Opens) -> None:
    office = calling("ca_outgoing_letter", {"signer": '"unit_head"'}, "outcome", letter="cong_van_xin_y_kien")
    office.does(DRAFTER, "soan_cong_van", {"trich_yeu": "V/v phối hợp"})
    assert office.waits() == {"ky_cong_van": ["unit_head@phong_qlkh"]}
    office.decides(HEAD, "ky_cong_van", "dong_y")
    assert office.waits() == {"gui_cong_van": ["clerk"]}


# --- CA-3: direction ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("outcome", "words"),
    [
        ("dong_y", None),
        ("giao_hop", "Đưa ra phiên họp thường kỳ tháng 5 để thảo luận."),
        ("yeu_cau_chinh_sua", "Làm rõ nguồn kinh phí thực hiện rồi trình lại."),
        ("khong_dong_y", "Chưa cần thiết ban hành trong năm nay."),
    ],
)
def test_a_leaders_direction_comes_back_with_its_words(calling: Opens, outcome: str, words: str | None) -> None:
    inputs = {"leader": '"vice_chair"', "due": 'string(date and time("2022-02-10T17:00:00+07:00"))'}
    office = calling("ca_leader_direction", inputs, "outcome direction")
    assert office.due(VICE_CHAIR, "cho_y_kien_chi_dao").endswith("10/02")
    office.decides(VICE_CHAIR, "cho_y_kien_chi_dao", outcome, words or "")
    assert results(office, "outcome", "direction") == [outcome, words]


# --- CA-4: review by the provincial office --------------------------------------------------------------------------


def test_the_provincial_office_reviews_with_a_slip_of_its_own(calling: Opens) -> None:
    office = calling("ca_ubnd_office_review", {}, "outcome", produces="to_trinh")
    assert office.due(PROVINCE, "tham_tra").endswith("11/02")
    view = office.task(PROVINCE, "tham_tra")
    with pytest.raises(Conflict, match="document"):
        office.engine.cases.complete(view.id, PROVINCE, {"outcome": "du"}, view.version)
    office.decides(PROVINCE, "tham_tra", "du")
    assert results(office, "outcome") == ["du"]
    assert document(office, "to_trinh").versions[0].by == "Chuyên viên Văn phòng UBND tỉnh"


@pytest.mark.parametrize("outcome", ["bo_sung", "tra_ho_so"])
def test_the_file_comes_back_from_the_provincial_office(calling: Opens, outcome: str) -> None:
    office = calling("ca_ubnd_office_review", {}, "outcome", produces="to_trinh")
    office.decides(PROVINCE, "tham_tra", outcome, "Thiếu bản tổng hợp, giải trình ý kiến.")
    assert results(office, "outcome") == [outcome]


def test_a_late_review_is_told_and_still_awaited(calling: Opens) -> None:
    office = calling("ca_ubnd_office_review", {}, "outcome", produces="to_trinh")
    office.at("2022-02-11 23:59")
    assert office.everybody_told("cham_tra_loi") == set()
    office.at("2022-02-12 00:00")
    assert {DRAFTER, SECRETARY} <= office.everybody_told("cham_tra_loi")
    assert office.waits() == {"tham_tra": ["ubnd_office"]}


# --- CA-5: the meeting ----------------------------------------------------------------------------------------------


def meeting(
    calling: Opens, votes: dict[str, str], members: list[str] = MEMBERS, chair: str = "ct.ubnd"
) -> offices.Office:
    """A meeting on 20/05 at which some of its members vote; the others do not."""
    office = calling("ca_ubnd_meeting", {}, "outcome votes_for votes_against meeting_on", produces="to_trinh")
    assert office.waits() == {}
    came = {"ngay_hop": "2022-05-20", "hinh_thuc": "hop"}
    office.at("2022-05-10 09:00").engine.opening.receive(CLERK, office.case_id, "lich_phien_hop", came)
    office.does(PROVINCE, "moi_bieu_quyet", {"members": members, "chu_toa": chair})
    office.at("2022-05-20 10:00")
    for person, vote in votes.items():
        office.does(person, "bieu_quyet", {"outcome": vote})
    return office


FOR, AGAINST, NEITHER = "tan_thanh", "khong_tan_thanh", "khong_bieu_quyet"


def test_more_than_half_adopts_and_the_conclusion_says_how(calling: Opens) -> None:
    office = meeting(
        calling, {**dict.fromkeys(MEMBERS[:4], FOR), **dict.fromkeys(MEMBERS[4:6], AGAINST), "ct.ubnd": NEITHER}
    )
    office.decides(PROVINCE, "ket_luan", "thong_qua_sau_chinh_sua", "Bổ sung phân công trách nhiệm các sở.")
    adopted = ["thong_qua_sau_chinh_sua", 4, 2, "2022-05-20"]
    assert results(office, "outcome", "votes_for", "votes_against", "meeting_on") == adopted


def test_half_is_not_more_than_half_and_silence_is_no_vote(calling: Opens) -> None:
    office = meeting(calling, dict.fromkeys(MEMBERS[:3], FOR))
    assert sorted(office.waits()["bieu_quyet"]) == sorted(MEMBERS[3:])
    # The meeting was on a Friday; papers may be recorded until the end of Monday.
    office.at("2022-05-23 23:59")
    assert "bieu_quyet" in office.waits()
    office.at("2022-05-24 00:00")
    office.does(PROVINCE, "ghi_chua_thong_qua", {"ket_luan": "Chưa thông qua, giao Sở tiếp thu."})
    assert results(office, "outcome", "votes_for", "votes_against") == ["chua_thong_qua", 3, 0]


@pytest.mark.parametrize(("chair", "next_step"), [("ct.ubnd", "ket_luan"), ("tv.ubnd.1", "ghi_chua_thong_qua")])
def test_at_a_tie_the_chairs_side_decides(calling: Opens, chair: str, next_step: str) -> None:
    members = ["tv.ubnd.1", "tv.ubnd.2", "tv.ubnd.3", "ct.ubnd"]
    votes = {"tv.ubnd.1": AGAINST, "tv.ubnd.2": AGAINST, "tv.ubnd.3": FOR, "ct.ubnd": FOR}
    assert meeting(calling, votes, members, chair).waits() == {next_step: ["ubnd_office"]}


# --- CA-6: signing --------------------------------------------------------------------------------------------------

SIGNS = {
    "signer": '"dept_director"',
    "issuer": '"so_khcn"',
    "doc_kind": '"bao_cao"',
    "artefact": '"bao_cao_xin_y_kien"',
    "due": 'string(date and time("2022-02-10T17:00:00+07:00"))',
}


def signing(calling: Opens, **inputs: str) -> offices.Office:
    outputs = "outcome signed_on doc_number doc_date"
    return calling("ca_sign_and_issue", {**SIGNS, **inputs}, outputs, signs="du_thao", produces="bao_cao_xin_y_kien")


def test_the_unit_head_initials_before_the_director_signs(calling: Opens) -> None:
    office = signing(calling, initial="true")
    assert office.waits() == {"ky_nhay": ["unit_head@phong_qlkh"]}
    office.decides(HEAD, "ky_nhay", "dong_y")
    office.decides(DIRECTOR, "ky", "dong_y")
    signed = ["dong_y", "2022-01-28", "01/BC-KHCN", "2022-01-28"]
    assert results(office, "outcome", "signed_on", "doc_number", "doc_date") == signed
    assert document(office, "bao_cao_xin_y_kien").symbol == "01/BC-KHCN"


def test_what_is_not_initialled_never_reaches_the_signer(calling: Opens) -> None:
    office = signing(calling, initial="true")
    office.decides(HEAD, "ky_nhay", "yeu_cau_chinh_sua", "Sai thể thức trang đầu.")
    assert results(office, "outcome", "doc_number") == ["yeu_cau_chinh_sua", None]


def test_a_legal_document_is_numbered_with_its_year(calling: Opens) -> None:
    legal = {"signer": '"vice_chair"', "issuer": '"ubnd_tinh"', "doc_kind": '"quyet_dinh"', "is_qppl": "true"}
    office = signing(calling, **legal)
    office.decides(VICE_CHAIR, "ky", "dong_y")
    assert results(office, "doc_number") == ["01/2022/QĐ-UBND"]


@pytest.mark.parametrize(("kind", "number"), [("quyet_dinh", "01/QĐ-BTC"), ("cong_van", "01/BTC")])
def test_a_board_numbers_by_the_kind_of_document(calling: Opens, kind: str, number: str) -> None:
    office = signing(calling, issuer='"btc_giai"', doc_kind=f'"{kind}"')
    office.decides(DIRECTOR, "ky", "dong_y")
    assert results(office, "doc_number") == [number]


# --- CA-7: the portal -----------------------------------------------------------------------------------------------


def posted(calling: Opens, day: str = "2022-05-04") -> offices.Office:
    office = calling("ca_portal_publication", {"days": "30"}, "posted_on removed_on url", produces="to_trinh")
    office.at(f"{day} 09:00")
    office.does(CLERK, "dang_tai", {"ngay_dang": day, "dia_chi": "https://example.gov.vn/du-thao"})
    return office


def test_a_draft_stays_on_the_portal_for_thirty_days(calling: Opens) -> None:
    office = posted(calling)
    assert office.waits() == {}
    office.at("2022-06-03 23:59")
    assert office.waits() == {}, "the thirtieth day is Friday 03/06"
    office.at("2022-06-04 00:00")
    office.at("2022-06-06 08:00").does(CLERK, "go_bai", {"ngay_go": "2022-06-06", "so_y_kien": 2})
    dates = ["2022-05-04", "2022-06-06", "https://example.gov.vn/du-thao"]
    assert results(office, "posted_on", "removed_on", "url") == dates
    assert document(office, "to_trinh").versions


def test_a_page_that_went_down_early_is_posted_again_for_the_whole_time(calling: Opens) -> None:
    office = posted(calling).at("2022-06-06 08:00")
    office.does(CLERK, "go_bai", {"ngay_go": "2022-05-20", "so_y_kien": 0, "ghi_chu": "Cổng lỗi, bài bị gỡ."})
    assert office.waits() == {"dang_tai": ["clerk"]}
    office.does(CLERK, "dang_tai", {"ngay_dang": "2022-06-06", "dia_chi": "https://example.gov.vn/du-thao"})
    office.at("2022-07-06 23:59")
    assert office.waits() == {}
    office.at("2022-07-07 00:00").does(CLERK, "go_bai", {"ngay_go": "2022-07-07", "so_y_kien": 0})
    assert results(office, "posted_on", "removed_on") == ["2022-06-06", "2022-07-07"]


def test_posting_ends_on_a_working_day(calling: Opens) -> None:
    """Thirty days from 03/08 end on the holiday 02/09: the page stays until Monday 05/09 is over (domain.md §3.1)."""
    office = posted(calling, "2022-08-03").at("2022-09-05 23:59")
    assert office.waits() == {}
    assert office.at("2022-09-06 00:00").waits() == {"go_bai": ["clerk"]}


# --- CA-8: appraisal ------------------------------------------------------------------------------------------------


def appraisal(calling: Opens, regime: str = "L2015_2020", subject: str = "du_thao") -> offices.Office:
    inputs = {"subject": f'"{subject}"', "regime": f'"{regime}"'}
    return calling("ca_justice_appraisal", inputs, "outcome must_explain", produces="to_trinh").at("2022-06-10 09:00")


def test_the_appraisals_clock_starts_only_with_a_complete_file(calling: Opens) -> None:
    office = appraisal(calling)
    office.decides(JUSTICE, "kiem_tra_thanh_phan", "bo_sung", "Thiếu bản tổng hợp ý kiến góp ý.")
    assert office.waits() == {"bo_sung_ho_so": [DRAFTER]}
    office.at("2022-06-20 09:00").does(DRAFTER, "bo_sung_ho_so", {"noi_dung_bo_sung": "Đã bổ sung bản tổng hợp."})
    office.decides(JUSTICE, "kiem_tra_thanh_phan", "du")
    # Fifteen days from 20/06 are 05/07; from the first sending on 10/06 they would have been over on 27/06.
    assert office.due(JUSTICE, "tham_dinh").endswith("05/07")
    assert len(document(office, "du_thao").versions) == 2


def test_fifteen_days_that_end_on_a_saturday_end_on_monday(calling: Opens) -> None:
    """domain.md §2.5: a file of 10/06 is appraised until Monday 27/06."""
    office = appraisal(calling, subject="de_nghi")
    office.decides(JUSTICE, "kiem_tra_thanh_phan", "du")
    assert office.due(JUSTICE, "tham_dinh").endswith("27/06")
    office.at("2022-06-27 23:59")
    assert office.everybody_told("cham_tra_loi") == set()
    office.at("2022-06-28 00:00")
    assert {DRAFTER, SECRETARY} <= office.everybody_told("cham_tra_loi")
    assert office.waits() == {"tham_dinh": ["justice"]}


def test_a_request_for_supplements_starts_the_clock_anew(calling: Opens) -> None:
    office = appraisal(calling)
    office.decides(JUSTICE, "kiem_tra_thanh_phan", "du")
    office.at("2022-06-16 09:00").decides(JUSTICE, "tham_dinh", "bo_sung", "Bổ sung báo cáo đánh giá tác động.")
    office.at("2022-07-04 09:00").does(DRAFTER, "bo_sung_ho_so", {"noi_dung_bo_sung": "Đã bổ sung báo cáo."})
    assert office.everybody_told("cham_tra_loi") == set(), "the first clock has stopped"
    office.decides(JUSTICE, "kiem_tra_thanh_phan", "du")
    assert office.due(JUSTICE, "tham_dinh").endswith("19/07")


@pytest.mark.parametrize(
    ("outcome", "must_explain"),
    [("du_dieu_kien", False), ("du_sau_chinh_sua", True), ("chua_du_dieu_kien", True)],
)
def test_an_appraisal_ends_with_its_report_and_what_follows(calling: Opens, outcome: str, must_explain: bool) -> None:
    office = appraisal(calling)
    office.decides(JUSTICE, "kiem_tra_thanh_phan", "du")
    office.decides(JUSTICE, "tham_dinh", outcome, "" if outcome == "du_dieu_kien" else REASON)
    assert results(office, "outcome", "must_explain") == [outcome, must_explain]
    assert document(office, "to_trinh").versions[0].by == "Chuyên viên Sở Tư pháp"


@pytest.mark.parametrize(("regime", "due"), [("L2015", "20/06"), ("L2015_2020", "27/06"), ("L2025_87", "27/06")])
def test_each_law_has_its_own_time_for_the_appraisal(calling: Opens, regime: str, due: str) -> None:
    office = appraisal(calling, regime)
    office.decides(JUSTICE, "kiem_tra_thanh_phan", "du")
    assert office.due(JUSTICE, "tham_dinh").endswith(due)
