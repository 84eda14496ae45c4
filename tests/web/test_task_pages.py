"""A task's page: what it shows, what it does, and what it says when it cannot."""

import io
import re
from collections.abc import Callable
from typing import Any

import pytest

import offices
from webui import demo

TYPED = "Rà soát các chỉ thị đã ban hành từ năm 2016 đến nay."


def test_a_task_shows_what_to_do_what_is_missing_and_who_comes_next(site: Callable[..., Any]) -> None:
    drafter = site("chuan_bi").person("cv.qlkh.1")
    shown = drafter.sees(drafter.task("nghien_cuu"))
    for words in ("Nghiên cứu, đề xuất hình thức", "Bước 4 trên", "Xong việc này, hồ sơ chuyển", "Hoàn thành"):
        assert words in shown.text


def test_missing_entries_come_back_in_a_summary_that_leads_to_each_field(site: Callable[..., Any]) -> None:
    drafter = site("chuan_bi").person("cv.qlkh.1")
    task = drafter.task("nghien_cuu")
    before = offices.dump(drafter.office.engine, without=("sessions",))
    answer = drafter.sends(drafter.sees(task), f"{task}/hoan-thanh")
    assert answer.status == 422
    assert "Chưa hoàn thành được việc" in answer.text
    targets = [link[1:] for link in answer.links() if link.startswith("#f-")]
    assert len(targets) >= 2
    assert set(targets) <= answer.ids()
    assert 'aria-invalid="true"' in answer.source
    assert offices.dump(drafter.office.engine, without=("sessions",)) == before


def test_what_was_typed_survives_a_refusal(site: Callable[..., Any]) -> None:
    drafter = site("chuan_bi").person("cv.qlkh.1")
    task = drafter.task("nghien_cuu")
    answer = drafter.sends(drafter.sees(task), f"{task}/hoan-thanh", {"van_ban_da_ban_hanh": TYPED})
    assert answer.status == 422 and TYPED in answer.text


def test_a_finished_task_leads_to_the_next_one_and_says_what_was_done(site: Callable[..., Any]) -> None:
    drafter = site("chuan_bi").person("cv.qlkh.1")
    task = drafter.task("nghien_cuu")
    answer = drafter.sends(drafter.sees(task), f"{task}/hoan-thanh", demo.ANSWERS["nghien_cuu"])
    assert answer.status == 303
    after = drafter.sees(answer.to)
    assert "Đã hoàn thành: Nghiên cứu, đề xuất hình thức." in after.text
    assert "Đã hoàn thành:" not in drafter.sees(answer.to).text


def test_a_second_completion_is_refused_and_changes_nothing(site: Callable[..., Any]) -> None:
    drafter = site("chuan_bi").person("cv.qlkh.1")
    task = drafter.task("nghien_cuu")
    page = drafter.sees(task)
    assert drafter.sends(page, f"{task}/hoan-thanh", demo.ANSWERS["nghien_cuu"]).status == 303
    before = offices.dump(drafter.office.engine, without=("sessions",))
    again = drafter.sends(page, f"{task}/hoan-thanh", demo.ANSWERS["nghien_cuu"])
    assert again.status == 409
    assert "Việc đã xong từ trước" in again.text
    assert demo.ANSWERS["nghien_cuu"]["ly_do"] in again.text  # what was typed can be copied
    assert offices.dump(drafter.office.engine, without=("sessions",)) == before


def test_a_stale_page_is_refused_with_the_way_back_to_the_task(site: Callable[..., Any]) -> None:
    drafter = site("chuan_bi").person("cv.qlkh.1")
    task = drafter.task("nghien_cuu")
    page = drafter.sees(task)
    answer = drafter.sends(page, f"{task}/hoan-thanh", {**demo.ANSWERS["nghien_cuu"], "seen_version": "99"})
    assert answer.status == 409
    assert "Người khác đã lưu trước đó" in answer.text and task in answer.links()


def test_a_task_of_somebody_else_is_shown_without_its_buttons_and_refused(site: Callable[..., Any]) -> None:
    here = site("chuan_bi")
    head, drafter = here.person("cv.qlkh.2"), here.person("cv.qlkh.1")
    task = drafter.task("nghien_cuu")
    shown = head.sees(task)
    assert shown.status == 200 and "data-finish" not in shown.source
    answer = head.sends(shown, f"{task}/hoan-thanh", demo.ANSWERS["nghien_cuu"])
    assert answer.status == 403
    assert "Tài khoản này không làm được việc đó" in answer.text


def test_what_may_not_be_seen_is_not_there(site: Callable[..., Any]) -> None:
    here = site("chuan_bi")
    task = here.person("cv.qlkh.1").task("nghien_cuu")
    stranger = here.person("hd.khcn.1")
    assert stranger.sees(task).status == 404
    assert stranger.sees(f"/ho-so/{here.office.case_id}").status == 404
    assert stranger.sees("/viec/khong-co").status == 404


def test_drafts_save_without_a_page_and_come_back(site: Callable[..., Any]) -> None:
    drafter = site("chuan_bi").person("cv.qlkh.1")
    task = drafter.task("nghien_cuu")
    json = {"Accept": "application/json"}
    answer = drafter.sends(drafter.sees(task), f"{task}/luu", {"van_ban_da_ban_hanh": TYPED}, headers=json)
    assert answer.status == 200
    assert re.fullmatch(r"Đã tự lưu lúc \d\d:\d\d", answer.answer.json["saved"])
    shown = drafter.sees(task)
    assert TYPED in shown.text and answer.answer.json["saved"] in shown.text


@pytest.mark.parametrize(
    ("name", "body", "status", "said"),
    [
        ("virus.exe", b"MZ", 422, "Loại tệp này không nhận"),
        ("rong.docx", b"", 422, "Tệp rỗng"),
        ("gia.pdf", b"not a pdf", 422, "Loại tệp này không nhận"),
        ("to.pdf", b"%PDF-" + b"0" * 3000, 413, "Tệp quá lớn"),
        ("rat_to.pdf", b"%PDF-" + b"0" * 200_000, 413, "Tệp quá lớn"),
    ],
)
def test_an_upload_that_cannot_be_taken_stores_nothing(
    site: Callable[..., Any], name: str, body: bytes, status: int, said: str
) -> None:
    here = site("chuan_bi")
    here.office.until("xay_dung_du_thao")
    here.limit_uploads(2000)
    drafter = here.person("cv.qlkh.1")
    task = drafter.task("xay_dung_du_thao")
    before = offices.dump(drafter.office.engine, without=("sessions",))
    file = {"file:du_thao": (io.BytesIO(body), name), "upload": "du_thao"}
    answer = drafter.sends(drafter.sees(task), f"{task}/tai-len", file, content_type="multipart/form-data")
    assert answer.status == status
    assert said in answer.text
    assert offices.dump(drafter.office.engine, without=("sessions",)) == before


def test_an_upload_keeps_what_was_typed_beside_it(site: Callable[..., Any]) -> None:
    here = site("chuan_bi")
    here.office.until("xay_dung_du_thao")
    drafter = here.person("cv.qlkh.1")
    task = drafter.task("xay_dung_du_thao")
    body = demo.word("Phiếu", ["Một đoạn."])
    file = {"file:du_thao": (io.BytesIO(body), "phieu.docx"), "upload": "du_thao", "thuyet_minh": TYPED}
    answer = drafter.sends(drafter.sees(task), f"{task}/tai-len", file, content_type="multipart/form-data")
    assert answer.status == 303
    shown = drafter.sees(task)
    assert TYPED in shown.text and "phieu.docx" in shown.text and "bản 1.0" in shown.text


def test_a_task_is_taken_and_given_back(site: Callable[..., Any]) -> None:
    head = site("phan_cong").person("tp.qlkh")
    task = head.task("phan_cong")
    shown = head.sees(task)
    if "data-claim" not in shown.source:
        pytest.fail("expected an offered task to show the button that takes it")
    assert head.sends(shown, f"{task}/nhan").status == 303
    held = head.sees(task)
    assert "Đã nhận việc." in held.text and "Trả lại nhóm" in held.text
    assert head.sends(held, f"{task}/tra").to == "/viec"
    assert "data-claim" in head.sees(task).source


def test_passing_on_needs_a_person_and_a_reason(site: Callable[..., Any]) -> None:
    drafter = site("chuan_bi").person("cv.qlkh.1")
    task = drafter.task("thu_thap")
    page = drafter.sees(f"{task}/chuyen")
    refused = drafter.sends(page, f"{task}/chuyen", {"person": "cv.qlkh.2", "reason": "ốm"})
    assert refused.status == 422 and "Viết ít nhất 10 ký tự" in refused.text
    given = {"person": "cv.qlkh.2", "reason": "Chuyên viên 1 đi công tác hai tuần."}
    assert drafter.sends(page, f"{task}/chuyen", given).to == "/viec"
    assert "Thu thập văn bản" not in drafter.sees("/viec").text


def test_the_pane_alone_is_sent_when_the_list_asks_for_it(site: Callable[..., Any]) -> None:
    drafter = site("chuan_bi").person("cv.qlkh.1")
    pane = drafter.sees(drafter.task("nghien_cuu"), headers={"HX-Request": "true", "HX-Target": "detail"})
    assert pane.status == 200
    assert "<html" not in pane.source and "Nghiên cứu, đề xuất hình thức" in pane.text


def test_a_returned_document_comes_back_changed_or_with_a_reason(site: Callable[..., Any]) -> None:
    here = site("duyet_du_thao")
    here.office.at("2022-01-28 15:00").decides(offices.HEAD, "duyet_du_thao", "yeu_cau_chinh_sua", offices.REASON)
    drafter = here.person("cv.qlkh.1")
    task = drafter.task("xay_dung_du_thao")
    page = drafter.sees(task)
    assert "Đã sửa sau khi bị trả lại: Dự thảo trình nội bộ – chưa có bản mới từ khi bị trả lại" in page.text
    assert {"f-kept_unchanged", "doc-du_thao"} <= page.ids()
    answers = {key: "true" if value is True else value for key, value in demo.ANSWERS["xay_dung_du_thao"].items()}
    refused = drafter.sends(page, f"{task}/hoan-thanh", answers)
    assert refused.status == 409
    assert "Dự thảo trình nội bộ đã bị trả lại và chưa có bản mới. Tải lên bản mới, hoặc nêu lý do" in refused.text
    short = drafter.sends(page, f"{task}/hoan-thanh", {**answers, "kept_unchanged": "như cũ"})
    assert short.status == 422 and "Viết ít nhất 10 ký tự" in short.text and ">như cũ<" in short.source
    why = "Số liệu đã đối chiếu, không đổi."
    assert drafter.sends(page, f"{task}/hoan-thanh", {**answers, "kept_unchanged": why}).status == 303

    head = here.person(offices.HEAD)
    gate = head.task("duyet_du_thao")
    for address in (gate, f"{gate}/quyet-dinh"):
        assert f"Chuyên viên Phòng Quản lý Khoa học 1 nêu lý do: “{why}”" in head.sees(address).text
    journal = head.sees(f"/ho-so/{here.office.case_id}?phan=nhat-ky")
    assert f"Giữ nguyên: “{why}”" in journal.text
