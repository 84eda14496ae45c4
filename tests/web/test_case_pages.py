"""Hồ sơ: the focus tasks of the plan, opening a case, one case with its parts."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import offices
from webui import demo, wording


def test_the_six_focus_tasks_are_listed_and_each_can_be_opened(site: Callable[..., Any]) -> None:
    secretary = site("nhan_nhiem_vu").person("cv.tonghop.1")
    shown = secretary.sees("/ho-so")
    assert "Chưa có quy trình" not in shown.text
    assert len([link for link in shown.links() if "/mo-moi/" in link]) == 6


def test_a_case_is_opened_after_a_page_that_says_what_will_happen(site: Callable[..., Any]) -> None:
    secretary = site("nhan_nhiem_vu").person("cv.tonghop.1")
    link = next(link for link in secretary.sees("/ho-so").links() if "/mo-moi/" in link)
    page = secretary.sees(link)
    assert "Hồ sơ chạy ngay" in page.text and "03/2022" in page.text
    opened = secretary.sends(page, link)
    assert opened.status == 303 and opened.to.startswith("/ho-so/")
    assert "Đã mở hồ sơ." in secretary.sees(opened.to).text
    before = offices.dump(secretary.office.engine, without=("sessions",))
    again = secretary.sends(page, link)
    assert again.status == 409 and "đã có hồ sơ HS-2022-001" in again.text
    assert offices.dump(secretary.office.engine, without=("sessions",)) == before


def test_who_may_not_open_cases_gets_no_button_and_is_refused(site: Callable[..., Any]) -> None:
    here = site("nhan_nhiem_vu")
    link = next(link for link in here.person("cv.tonghop.1").sees("/ho-so").links() if "/mo-moi/" in link)
    drafter = here.person("cv.qlkh.1")
    assert not [link for link in drafter.sees("/ho-so").links() if "/mo-moi/" in link]
    assert drafter.sends(drafter.sees(link), link).status == 403


@pytest.mark.parametrize("part", ["buoc", "tai-lieu", "y-kien", "cong", "nhat-ky", "khong-co"])
def test_every_part_of_a_case_is_shown(site: Callable[..., Any], part: str) -> None:
    here = site("chi_dao")
    shown = here.person("cv.tonghop.1").sees(f"/ho-so/{here.office.case_id}?phan={part}")
    assert shown.status == 200
    for words in ("HS-2022-001", "Phân công", "Ký ban hành", "Phó Chủ tịch chỉ đạo", "Chủ trì: Phòng Quản lý Khoa học"):
        assert words in shown.text
    assert '<svg xmlns="http://www.w3.org/2000/svg" class="drawing"' in shown.source


def test_the_steps_are_the_diagrams_twin(site: Callable[..., Any]) -> None:
    here = site("chi_dao")
    shown = here.person("cv.tonghop.1").sees(f"/ho-so/{here.office.case_id}?tat_ca=1")
    rows = {name.removeprefix("b-") for name in shown.ids() if name.startswith("b-")}
    drawn = {name.removeprefix("el-") for name in shown.ids() if name.startswith("el-")}
    assert len(rows) >= 18
    assert rows <= drawn
    assert 'aria-current="step"' in shown.source


def test_steps_done_long_ago_are_folded_but_printed(site: Callable[..., Any]) -> None:
    here = site("chi_dao")
    secretary = here.person("cv.tonghop.1")
    folded = secretary.sees(f"/ho-so/{here.office.case_id}")
    assert folded.source.count('class="folded') > 5 and "bước đã xong trước ngày" in folded.text
    assert 'class="folded' not in secretary.sees(f"/ho-so/{here.office.case_id}?tat_ca=1").source


def test_the_journal_tells_in_words_what_happened(site: Callable[..., Any]) -> None:
    here = site("chi_dao")
    shown = here.person("cv.tonghop.1").sees(f"/ho-so/{here.office.case_id}?phan=nhat-ky")
    for words in ("Mở hồ sơ", "Trưởng phòng Quản lý Khoa học", "Đồng ý: Giám đốc", "Niêm phong của dòng mới nhất"):
        assert words in shown.text
    for code in ("task.completed", "gate.decided", "opinion.given", "document.added", "timer.fired", "job.completed"):
        assert code not in shown.text


def test_the_journal_tells_which_row_of_which_table_decided(site: Callable[..., Any]) -> None:
    here = site("duyet_du_thao")
    secretary = here.person("cv.tonghop.1")
    address = f"/ho-so/{here.office.case_id}?phan=nhat-ky"
    shown = secretary.sees(address)
    folded = re.search(r"<details.*?Định tuyến văn bản.*?</details>", shown.source, re.S)
    assert folded, shown.text
    for words in (
        "Căn cứ:",
        "Loại văn bản = ",
        "Có quy phạm? = Không",
        "cho kết quả:",
        "Văn bản QPPL? = Không",
        "Nguồn: ",
    ):
        assert words in folded[0]
    assert not re.search(r"; (S|F|A|M-\w+)<", folded[0])  # how sure a source is, is said in words


def test_what_a_table_gives_is_written_as_people_write_it(site: Callable[..., Any]) -> None:
    with site().anybody().client.application.test_request_context():
        assert wording.row_note("NĐ 30/2020; M-lo") == "NĐ 30/2020; theo trí nhớ, không chắc; cần xác nhận"
        assert [wording.row_note(note) for note in ("", "một nguồn", "a; b")] == ["", "một nguồn", "a; b"]
        given = [None, True, [1, "hai"], {"a": False, "b": []}, 2.50, "x" * 900]
        found = [wording.table_value(value) for value in given]
        assert found[:5] == ["–", "Có", "1, hai", "a = Không, b = –", "2.5"] and len(found[5]) == 200


def test_cases_are_filtered_by_state(site: Callable[..., Any]) -> None:
    secretary = site("chi_dao").person("cv.tonghop.1")
    assert "HS-2022-001" in secretary.sees("/ho-so?loc=dang-chay").text
    empty = secretary.sees("/ho-so?loc=da-xong")
    assert "Chưa có hồ sơ nào khớp bộ lọc" in empty.text and "/ho-so" in empty.links()


def test_a_person_without_tasks_is_told_what_will_appear(site: Callable[..., Any]) -> None:
    here = site("nhan_nhiem_vu")
    assert "Chưa có việc" in here.person("cv.qlkh.1").sees("/viec").text
    busy = site("chuan_bi")
    for element in ("nghien_cuu", "thu_thap", "danh_gia"):
        busy.office.does("cv.qlkh.1", element, demo.ANSWERS[element])
    shown = busy.person("cv.qlkh.1").sees("/viec")
    assert "Không còn việc cần làm" in shown.text and "Việc xong gần nhất" in shown.text


@pytest.mark.parametrize(
    ("issued", "words"),
    [("2022-03-31 17:00", "Đúng hạn"), ("2022-04-05 09:00", "Chậm so với tháng kế hoạch, trong hạn chậm nhất")],
)
def test_a_finished_case_says_how_it_stands_to_its_plan(site: Callable[..., Any], issued: str, words: str) -> None:
    here = site("ky")
    here.office.at(issued).decides(offices.VICE_CHAIR, "ky", "dong_y")
    offices.handles("phat_hanh", offices.CLERK)(here.office)
    offices.handles("dong_nhiem_vu", offices.SECRETARY)(here.office)
    shown = here.person("cv.tonghop.1").sees(f"/ho-so/{here.office.case_id}")
    assert "Hoàn thành" in shown.text and words in shown.text


def test_a_refused_case_says_why(site: Callable[..., Any]) -> None:
    here = site("ky")
    reason = "Nội dung trùng với <kế hoạch> đã ban hành."
    here.office.decides(offices.VICE_CHAIR, "ky", "khong_dong_y", reason)
    shown = here.person("cv.tonghop.1").sees(f"/ho-so/{here.office.case_id}")
    assert "Kết thúc, không ban hành" in shown.text and f"Lý do: {reason}" in shown.text


def test_the_head_changes_the_drafter_on_the_cases_page(site: Callable[..., Any]) -> None:
    here = site("chuan_bi")
    head, drafter = here.person("tp.qlkh"), here.person("cv.qlkh.1")
    case = f"/ho-so/{here.office.case_id}"
    form = f"{case}/nguoi-soan-thao"
    assert form in head.sees(case).links()
    assert form not in drafter.sees(case).links()
    assert drafter.sees(form).to == case
    page = head.sees(form)
    assert "Người soạn thảo hiện nay: Chuyên viên Phòng Quản lý Khoa học 1." in page.text
    refused = head.sends(page, form, {"person": "cv.qlkh.2", "reason": "ốm"})
    assert refused.status == 422 and "Lý do: Viết ít nhất 10 ký tự" in refused.text
    sent = {"person": "cv.qlkh.2", "reason": "Chuyển công tác sang đơn vị khác."}
    answer = head.sends(page, form, sent)
    assert (answer.status, answer.to) == (303, case)
    shown = head.sees(case)
    assert "Chuyên viên Phòng Quản lý Khoa học 2 là người soạn thảo mới của hồ sơ." in shown.text
    assert "Soạn thảo: Chuyên viên Phòng Quản lý Khoa học 2" in shown.text
    journal = head.sees(f"{case}?phan=nhat-ky").text
    assert "Đổi người soạn thảo từ Chuyên viên Phòng Quản lý Khoa học 1 sang" in journal
    assert "Đã chuyển người khác soạn thảo:" in drafter.sees("/thong-bao").text


def test_three_returns_are_shown_with_their_reasons(site: Callable[..., Any]) -> None:
    here = site("duyet_du_thao")
    for number in (1, 2, 3):
        reason = f"{offices.REASON} Lần {number}."
        here.office.decides(offices.HEAD, "duyet_du_thao", "yeu_cau_chinh_sua", reason)
        if number < 3:
            offices.handles("xay_dung_du_thao")(here.office)
    director = here.person(offices.DIRECTOR)
    case = director.sees(f"/ho-so/{here.office.case_id}")
    assert "đã trả lại hồ sơ 3 lần; Giám đốc Sở và Trưởng đơn vị đã được báo." in case.text
    journal = director.sees(f"/ho-so/{here.office.case_id}?phan=nhat-ky")
    assert "Trả lại lần thứ 3: đã báo Giám đốc Sở và Trưởng đơn vị." in journal.text
    notices = director.sees("/thong-bao").text
    assert "Đã bị trả lại 3 lần tại “Trưởng đơn vị duyệt dự thảo”" in notices
    for number in (1, 2, 3):
        assert f"{number}. “{offices.REASON} Lần {number}.”" in notices
        assert f"“{offices.REASON} Lần {number}.”" in case.text


def test_a_round_where_silence_is_no_consent_says_so(site: Callable[..., Any], tmp_path: Path) -> None:
    here = site("nhan_nhiem_vu")
    asks = '<zeebe:property name="consultation" value="internal"/><zeebe:property name="deemed_consent" value="false"/>'
    body = f"""<startEvent id="s"/>
        <userTask id="hoi" name="Góp ý">[each ["cv.qlkh.2"] as nguoi]
        <ext><zeebe:assignmentDefinition assignee="=nguoi"/><zeebe:properties>{asks}</zeebe:properties></ext></userTask>
        <boundaryEvent id="het" attachedToRef="hoi">[timer Duration P5D]</boundaryEvent><endEvent id="e"/>
        ~ s hoi e
        ~ het e"""
    offices.with_small_process(here.office, tmp_path, body)
    here.office.opens(offices.SECRETARY, "T2")
    page = f"/ho-so/{here.office.case_id}?phan=y-kien"
    shown = here.person(offices.SECRETARY).sees(page).text
    assert "ghi nhận là không trả lời, không tính là đồng ý" in shown and "Chưa trả lời 1" in shown
    here.office.at("2022-02-07")
    shown = here.person(offices.SECRETARY).sees(page).text
    assert "Không trả lời 1" in shown and "tính là đồng ý" not in shown.replace("không tính là đồng ý", "").lower()


@pytest.mark.parametrize(
    ("stop", "person", "said"),
    [
        ("nhan_nhiem_vu", "cv.tonghop.1", "Mở hồ sơ từ nhiệm vụ trọng tâm bên dưới."),
        ("nhan_nhiem_vu", "tp.qlkh", "Mở hồ sơ từ nhiệm vụ trọng tâm bên dưới."),
        ("nhan_nhiem_vu", "cv.qlkh.1", "Văn phòng Sở hoặc trưởng đơn vị chủ trì mở hồ sơ; khi đó hồ sơ hiện ở đây."),
        ("chuan_bi", "hd.khcn.1", "Hồ sơ hiện ở đây khi Sở xin ý kiến hoặc trình kiểm tra, trình duyệt."),
    ],
)
def test_an_empty_list_says_who_opens_cases_and_what_will_be_seen(
    site: Callable[..., Any], stop: str, person: str, said: str
) -> None:
    shown = site(stop).person(person).sees("/ho-so").text
    assert said in shown
    assert ("Mở hồ sơ từ" in shown) == (person in ("cv.tonghop.1", "tp.qlkh"))
    # Whether a case is open that one may not see is not told, neither way.
    assert ("Chưa mở" in shown) == (person in ("cv.qlkh.1", "tp.qlkh"))
