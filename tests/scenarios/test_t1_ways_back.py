"""T1 when somebody does not agree: work comes back to whom it is due, with the reason, or the case ends with one."""

from collections.abc import Callable

import pytest

import offices
from engine import Conflict, NotFound
from offices import CLERK, DIRECTOR, DRAFTER, HEAD, LEADER, PROVINCE, REASON, SECRETARY, VICE_CHAIR, decides, handles
from webui import demo

At = Callable[..., offices.Office]
REFUSES = {"outcome": "khong_dong_y", "noi_dung": "Nhiều quy định trùng với kế hoạch đã ban hành."}


# --- returned -----------------------------------------------------------------------------------------------------


def test_the_vice_chair_returns_twice_and_the_same_drafter_reworks(office_at: At) -> None:
    office = office_at("chi_dao")
    for returned, reworked, number in (("2022-03-03", "2022-03-04", 1), ("2022-03-07", "2022-03-09", 2)):
        office.at(returned).decides(VICE_CHAIR, "chi_dao", "yeu_cau_chinh_sua", f"{REASON} Lần {number}.")
        assert office.waits() == {"hoan_thien_ho_so": [DRAFTER]}
        handles("hoan_thien_ho_so")(office.at(reworked))
        assert office.waits() == {"chi_dao": ["vice_chair"]}
    desk = office.task(VICE_CHAIR, "chi_dao")
    assert desk.gate.round == 3
    assert [(s.round, s.outcome, s.reason) for s in desk.submissions] == [
        (1, "yeu_cau_chinh_sua", f"{REASON} Lần 1."),
        (2, "yeu_cau_chinh_sua", f"{REASON} Lần 2."),
    ]
    assert office.told(DRAFTER, "task_returned") == ["03/03 08:00", "07/03 08:00"]

    office.at("2022-03-10").decides(VICE_CHAIR, "chi_dao", "dong_y")
    assert office.waits() == {"hoan_thien_ho_so": [DRAFTER]}
    handles("hoan_thien_ho_so")(office.at("2022-03-11"))
    assert office.waits() == {"kiem_tra_ho_so": ["ubnd_office"]}
    assert office.history("chi_dao") == [
        ("completed", "yeu_cau_chinh_sua", 1),
        ("completed", "yeu_cau_chinh_sua", 2),
        ("completed", "dong_y", 3),
    ]
    documents = {d.artefact: [v.number for v in d.versions] for d in office.case().documents}
    assert documents["ban_trinh_ky"] == documents["to_trinh"] == ["3.0", "2.0", "1.0"]
    office.decides(PROVINCE, "kiem_tra_ho_so", "du")
    office.finish()
    assert office.case().result is not None
    assert office.milestones()["Phó Chủ tịch chỉ đạo"] == "done 10/03"
    assert office.faults() == []


def test_rework_makes_a_new_version_and_keeps_the_old_one(office_at: At) -> None:
    office = office_at("duyet_du_thao").at("2022-01-28 15:00")
    office.decides(HEAD, "duyet_du_thao", "yeu_cau_chinh_sua", REASON)
    assert office.waits() == {"xay_dung_du_thao": [DRAFTER]}
    handles("xay_dung_du_thao")(office)
    (draft,) = office.case().documents
    assert [(v.number, v.filename) for v in draft.versions] == [("2.0", "du_thao-2.docx"), ("1.0", "du_thao-1.docx")]
    kept = office.engine.queries.file(HEAD, draft.versions[1].id)
    assert kept.sha256 == draft.versions[1].sha256
    assert kept.content != office.engine.queries.file(HEAD, draft.versions[0].id).content


def test_a_milestone_is_not_reached_any_more_while_its_work_is_done_again(office_at: At) -> None:
    office = office_at("chi_dao").at("2022-03-03 09:00")
    office.decides(VICE_CHAIR, "chi_dao", "doi_hinh_thuc", REASON)
    assert office.waits() == {"chon_hinh_thuc": ["unit_head@phong_qlkh"]}
    handles("chon_hinh_thuc", HEAD, doc_kind="ke_hoach", ly_do=REASON)(office)
    handles("xay_dung_du_thao")(office)
    office.decides(HEAD, "duyet_du_thao", "dong_y")
    assert office.milestones()["Trình nội bộ"].startswith("current")
    assert office.milestones()["Dự thảo 1"] == "coming"
    assert office.milestones()["Phân công"] == "done 28/01"
    handles("mo_dot_xin_y_kien")(office)
    rounds = [(c.kind, c.round, c.closed) for c in office.case(DRAFTER).consultations]
    assert rounds == [("internal", 1, True), ("council", 1, True), ("internal", 2, False)]
    assert office.faults() == []


def test_the_provincial_office_finds_the_file_incomplete(office_at: At) -> None:
    office = office_at("chi_dao").until("kiem_tra_ho_so").at("2022-03-09 09:00")
    office.decides(PROVINCE, "kiem_tra_ho_so", "chua_du", "Thiếu báo cáo tổng hợp, giải trình.")
    assert office.waits() == {"hoan_thien_ho_so": [DRAFTER]}
    assert office.told(DRAFTER, "task_returned") == ["09/03 09:00"]
    handles("hoan_thien_ho_so")(office)
    # The vice chair has agreed already: the file goes to the office that returned it, not to him.
    assert office.waits() == {"kiem_tra_ho_so": ["ubnd_office"]}
    office.decides(PROVINCE, "kiem_tra_ho_so", "du")
    assert office.history("kiem_tra_ho_so") == [("completed", "chua_du", 1), ("completed", "du", 2)]
    office.finish()
    assert office.case().state == "completed"
    assert office.faults() == []


def test_the_vice_chair_returns_the_file_at_signing(office_at: At) -> None:
    office = office_at("ky").at("2022-03-10")
    office.decides(VICE_CHAIR, "ky", "yeu_cau_chinh_sua", "Sửa lại nơi nhận và thể thức trang cuối.")
    assert office.waits() == {"hoan_thien_ho_so": [DRAFTER]}
    assert office.case().result is None
    handles("hoan_thien_ho_so")(office)
    office.decides(PROVINCE, "kiem_tra_ho_so", "du")
    office.decides(VICE_CHAIR, "ky", "dong_y")
    assert office.history("ky") == [("completed", "yeu_cau_chinh_sua", 1), ("completed", "dong_y", 2)]
    signed = {d.artefact: d for d in office.case().documents}["chi_thi_da_ky"]
    assert (signed.symbol, len(signed.versions)) == ("01/CT-UBND", 1)
    assert office.faults() == []


def test_the_director_returns_the_report_and_only_he_sees_it_again(office_at: At) -> None:
    office = office_at("hoi_dong_gop_y").until("ky_trinh").at("2022-03-01 09:00")
    office.decides(DIRECTOR, "ky_trinh", "yeu_cau_chinh_sua", REASON)
    assert office.waits() == {"hoan_thien_du_thao_2": [DRAFTER]}
    handles("hoan_thien_du_thao_2")(office)
    assert office.waits() == {"ky_trinh": ["dept_director"]}
    assert office.task(DIRECTOR, "ky_trinh").gate.round == 2
    with pytest.raises(NotFound):
        office.task(LEADER, "ky_trinh")


# --- the director settles a disagreement -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("stop", "person", "element"),
    [("duyet_du_thao", HEAD, "duyet_du_thao"), ("gop_y_noi_bo", LEADER, "thong_qua_du_thao_1")],
)
def test_a_disagreement_in_the_department_goes_to_the_director(
    office_at: At, stop: str, person: str, element: str
) -> None:
    office = office_at(stop).hurry(element)
    office.decides(person, element, "khong_dong_y", REASON)
    assert office.waits() == {"cho_huong_xu_ly": ["dept_director"]}
    office.decides(DIRECTOR, "cho_huong_xu_ly", "yeu_cau_chinh_sua", "Làm lại theo hướng gọn hơn.")
    assert office.waits() == {"xay_dung_du_thao": [DRAFTER]}
    handles("xay_dung_du_thao")(office)
    assert office.waits() == {"duyet_du_thao": ["unit_head@phong_qlkh"]}
    assert office.faults() == []


def test_the_director_stops_a_draft_that_the_unit_head_refuses(office_at: At) -> None:
    office = office_at("duyet_du_thao")
    office.decides(HEAD, "duyet_du_thao", "khong_dong_y", REASON)
    office.decides(DIRECTOR, "cho_huong_xu_ly", "khong_dong_y", "Đã có văn bản của Trung ương quy định.")
    assert office.waits() == {}
    assert (office.case().state, office.case().outcome) == ("ended", "Đã có văn bản của Trung ương quy định.")


# --- refused ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("stop", "person", "element"),
    [("hoi_dong_gop_y", DIRECTOR, "ky_trinh"), ("chi_dao", VICE_CHAIR, "chi_dao"), ("ky", VICE_CHAIR, "ky")],
)
def test_a_refusal_ends_the_case_and_its_reason_stays(office_at: At, stop: str, person: str, element: str) -> None:
    office = office_at(stop).hurry(element)
    why = "Nội dung đã có trong Kế hoạch của UBND tỉnh."
    done = office.decides(person, element, "khong_dong_y", why)
    assert (done.status, done.next_task_id) == ("refused", None)
    assert office.waits() == {}
    assert office.shards() == {}
    case = office.case()
    assert (case.state, case.outcome, case.result) == ("ended", why, None)
    assert case.ended_at is not None
    # A case that has ended is not late any more, and nobody is told that it is.
    office.at("2022-05-04")
    assert office.everybody_told("cham_ke_hoach") == office.everybody_told("qua_han") == set()
    assert office.faults() == []


def test_after_a_refusal_the_focus_task_can_be_started_anew(office_at: At) -> None:
    office = office_at("chi_dao")
    with pytest.raises(Conflict) as refused:
        office.opens(SECRETARY, "T1")
    assert (refused.value.code, refused.value.params) == ("already_running", {"case": "HS-2022-001"})
    office.decides(VICE_CHAIR, "chi_dao", "khong_dong_y", REASON)
    office.opens(SECRETARY, "T1")
    assert office.case().code == "HS-2022-002"
    assert office.waits() == {"phan_cong": ["unit_head@phong_qlkh"]}
    assert office.faults() == []


# --- the council is far apart -------------------------------------------------------------------------------------


def test_when_the_council_is_far_apart_it_is_asked_a_second_time(office_at: At) -> None:
    office = office_at("hoi_dong_gop_y").at("2022-02-21 09:00")
    first = {p: REFUSES if n < 4 else demo.REMARKS if n == 4 else demo.AGREES for n, p in enumerate(demo.COUNCIL)}
    offices.all_answer("hoi_dong_gop_y", first)(office)
    assert office.waits() == {"hoan_thien_du_thao_2": [DRAFTER]}

    again = handles("hoan_thien_du_thao_2", next_step="xin_y_kien_lai")
    with pytest.raises(Conflict) as closed:
        again(office)
    assert closed.value.code == "gate_closed"
    assert [(r.code, r.params["count"]) for r in closed.value.reasons] == [("opinions_explained", 5)]
    assert office.answers_remarks(DRAFTER) == 5
    again(office)
    assert office.waits() == {"gui_hoi_dong": ["clerk"]}
    handles("gui_hoi_dong", CLERK, so_ky_hieu="97/KHCN-QLKH", days=5)(office)
    assert office.waits() == {"hoi_dong_gop_y": list(demo.COUNCIL)}
    assert office.due("hd.khcn.1", "hoi_dong_gop_y") == "soon 28/02"
    offices.all_answer("hoi_dong_gop_y", dict.fromkeys(demo.COUNCIL, demo.AGREES))(office)

    council = [(c.round, c.counts) for c in office.case(DRAFTER).consultations if c.kind == "council"]
    assert council == [(1, {"khong_dong_y": 4, "dong_y_co_y_kien": 1, "dong_y": 2}), (2, {"dong_y": 7})]
    handles("hoan_thien_du_thao_2")(office)
    assert office.waits() == {"ky_trinh": ["dept_director"]}
    assert office.faults() == []


def test_a_remark_is_accepted_or_explained_and_shown_beside_it(office_at: At) -> None:
    office = office_at("hoi_dong_gop_y").at("2022-02-21 09:00")
    opinions = {p: demo.REMARKS if n < 2 else demo.AGREES for n, p in enumerate(demo.COUNCIL)}
    offices.all_answer("hoi_dong_gop_y", opinions)(office)

    def remarks() -> list[tuple[str, str | None, str | None, str | None]]:
        (council,) = [c for c in office.case(DRAFTER).consultations if c.kind == "council"]
        return [(o.who, o.place, o.response, o.response_text) for o in council.opinions if o.may_respond]

    (council,) = [c for c in office.case(DRAFTER).consultations if c.kind == "council"]
    one, other = [o.id for o in council.opinions if o.may_respond]
    office.engine.consulting.respond(DRAFTER, one, "tiep_thu", "")
    office.engine.consulting.respond(DRAFTER, other, "giai_trinh", "Nội dung này đã có tại Mục 2 của dự thảo.")
    assert remarks() == [
        ("Thành viên Hội đồng KH&CN tỉnh 1", "Mục 1", "tiep_thu", None),
        ("Thành viên Hội đồng KH&CN tỉnh 2", "Mục 1", "giai_trinh", "Nội dung này đã có tại Mục 2 của dự thảo."),
    ]
    decides_on_it = handles("hoan_thien_du_thao_2")
    decides_on_it(office)
    assert decides(DIRECTOR, "ky_trinh")(office).status == "running"
