"""What a fresh reading found in pages: signatures that were not asked for, words that are not an office's."""

import io
import re
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import offices
from engine.queries.explaining import Explanation
from offices import DIRECTOR, DRAFTER, HEAD, LEADER, REASON, SECRETARY
from webui import demo, wording


def test_signing_subject_to_edits_asks_for_the_password_too(site: Callable[..., Any]) -> None:
    one = site("hoi_dong_gop_y")
    one.office.hurry("ky_trinh")
    director = one.person(DIRECTOR)
    task = director.task("ky_trinh")
    desk = director.sees(task)
    assert desk.source.count("data-signs") == 2
    edit = {"outcome": "dong_y_co_chinh_sua", "reason": REASON}
    refused = director.sends(desk, f"{task}/quyet-dinh", edit)
    assert refused.status == 422
    assert "Nhập mật khẩu để ký" in refused.text
    done = director.sends(desk, f"{task}/quyet-dinh", {**edit, "password": demo.PASSWORD})
    assert done.status == 303, done.text


def test_who_works_stays_logged_in_and_a_second_log_in_ends_the_first(site: Callable[..., Any]) -> None:
    one = site("chuan_bi", session_idle=3600)
    drafter = one.person(DRAFTER)
    first = drafter.client.get_cookie("tk_session").value
    for _ in range(3):
        one.office.engine.clock.advance(timedelta(minutes=40))
        assert drafter.sees("/viec").status == 200
    form = drafter.sees("/viec")
    again = {"login": HEAD, "password": demo.PASSWORD}
    assert drafter.sends(form, "/dang-nhap", again).status == 303
    assert one.office.engine.queries.session(first) is None
    assert one.office.engine.queries.session(drafter.client.get_cookie("tk_session").value).person == HEAD


def test_notices_that_models_send_are_told_in_words(site: Callable[..., Any]) -> None:
    one = site("ky")
    one.office.at("2022-05-02")
    for person, said in ((LEADER, "Hồ sơ chậm so với kế hoạch"), (DIRECTOR, "Hồ sơ quá thời hạn chậm nhất")):
        page = one.person(person).sees("/thong-bao")
        assert said in page.text, page.text
        for slug in ("cham_ke_hoach", "qua_han", "nhac_gop_y"):
            assert slug not in page.source


def test_the_journal_names_people_and_steps_of_called_processes(site: Callable[..., Any]) -> None:
    one = site("chuan_bi")
    view = one.office.task(DRAFTER, "thu_thap")
    one.office.engine.cases.assign(HEAD, view.id, "cv.qlkh.2", REASON)
    page = one.person(HEAD).sees(f"/ho-so/{one.office.case_id}?phan=nhat-ky")
    assert "Chuyên viên Phòng Quản lý Khoa học 2" in page.text
    assert "cv.qlkh.2" not in page.source
    two = site("ky")
    page = two.person(HEAD).sees(f"/ho-so/{two.office.case_id}?phan=nhat-ky")
    assert "Chọn người góp ý, thời hạn" in page.text


def test_a_nul_character_is_refused_before_a_database_chokes_on_it(site: Callable[..., Any]) -> None:
    head = site("phan_cong").person(HEAD)
    task = head.task("phan_cong")
    page = head.sees(task)
    assert head.sends(page, f"{task}/luu", {"noi_dung": "a\0b"}).status == 400
    assert head.sees("/ho-so/%00").status == 400
    assert head.sees("/ho-so?don_vi=%00").status == 400


def test_gates_of_shared_parts_say_their_kind_and_the_step_they_belong_to(site: Callable[..., Any]) -> None:
    one = site("ky")
    page = one.person(DIRECTOR).sees(f"/ho-so/{one.office.case_id}?phan=cong").source.replace("\u00a0", " ")
    kinds = re.findall(r'data-head="Loại">([^<]*)<', page)
    assert len(kinds) > 3 and "Cổng" not in kinds, kinds
    assert '<span class="sub">Phó Chủ tịch ký ban hành</span>' in page


def test_the_schedule_of_a_case_leads_back_to_it_by_its_code(site: Callable[..., Any]) -> None:
    one = site("ky")
    page = one.person(DIRECTOR).sees(f"/ho-so/{one.office.case_id}/lich").source
    assert f'<a href="/ho-so/{one.office.case_id}">HS-2022-001</a>' in page


def test_why_it_is_due_names_no_code_for_how_sure_its_source_is(site: Callable[..., Any]) -> None:
    with site().anybody().client.application.test_request_context():
        for sure, said in (("F", "Luật A)"), ("", "Luật A)"), ("M-med", "Luật A; cần xác nhận)")):
            told = Explanation("ngay", date(2022, 9, 23), date(2022, 9, 8), 15, source="Luật A", certainty=sure)
            assert wording.why_due(told).endswith(f"({said}")
        fixed = Explanation("ngay_lam_viec", date(2022, 9, 30), date(2022, 9, 30), 0)
        assert wording.why_due(fixed) == "", "no working days from the very day"


def test_who_decides_adds_the_paper_of_the_gate_on_the_desk(site: Callable[..., Any], tmp_path: Path) -> None:
    here = site("nhan_nhiem_vu")
    gate = '<zeebe:property name="gate" value="appraisal"/><zeebe:property name="produces" value="bao_cao_tham_dinh"/>'
    own = gate + '<zeebe:property name="outcomes" value="dong_y yeu_cau_chinh_sua"/>'
    body = f"""<startEvent id="s"/>
        <userTask id="tham_dinh" name="Thẩm định">
        <ext><zeebe:assignmentDefinition assignee="{HEAD}"/><zeebe:properties>{own}</zeebe:properties></ext></userTask>
        <endEvent id="e"/>
        ~ s tham_dinh e"""
    offices.with_small_process(here.office, tmp_path, body)
    here.office.opens(SECRETARY, "T2")
    head = here.person(HEAD)
    task = head.task("tham_dinh")
    desk = head.sees(task)
    assert 'name="file:bao_cao_tham_dinh"' in desk.source and "#doc-bao_cao_tham_dinh" in desk.links()
    file = (io.BytesIO(demo.word("bao_cao_tham_dinh", ["Báo cáo thẩm định."])), "bao-cao.docx", demo.WORD)
    sent = {"upload": "bao_cao_tham_dinh", "file:bao_cao_tham_dinh": file}
    answer = head.sends(desk, f"{task}/tai-len", sent)
    assert answer.status == 303, answer.text
    desk = head.sees(task)
    assert "bản 1.0" in desk.text
    assert head.sends(desk, f"{task}/quyet-dinh", {"outcome": "dong_y"}).status == 303
