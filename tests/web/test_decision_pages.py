"""The desk: gates, opinions, signing, and the drafter's table of remarks."""

import re
from collections.abc import Callable
from typing import Any

import offices
from webui import demo

REASON = "Bổ sung yêu cầu công khai kết quả xét duyệt."


def test_nothing_is_chosen_on_arrival_even_with_a_draft(site: Callable[..., Any]) -> None:
    head = site("duyet_du_thao").person("tp.qlkh")
    task = head.task("duyet_du_thao")
    json = {"Accept": "application/json"}
    head.sends(head.sees(task), f"{task}/luu", {"outcome": "dong_y", "reason": REASON}, headers=json)
    shown = head.sees(task)
    assert REASON in shown.text
    assert shown.source.count('name="outcome"') >= 2
    assert not re.search(r'name="outcome"[^>]*\bchecked', shown.source)


def test_the_desk_shows_the_text_of_the_draft_and_the_conditions_before_the_options(site: Callable[..., Any]) -> None:
    head = site("duyet_du_thao").person("tp.qlkh")
    source = head.sees(head.task("duyet_du_thao")).source
    assert "Để nâng cao chất lượng" in source
    assert source.index('class="conditions"') < source.index('name="outcome"')


def test_a_return_needs_a_reason_and_the_choice_comes_back(site: Callable[..., Any]) -> None:
    head = site("duyet_du_thao").person("tp.qlkh")
    task = head.task("duyet_du_thao")
    before = offices.dump(head.office.engine, without=("sessions",))
    page = head.sees(task)
    for view in ("desk", "page"):
        sent = {"outcome": "yeu_cau_chinh_sua", "view": view}
        answer = head.sends(page, f"{task}/quyet-dinh", sent)
        assert answer.status == 422
        assert "Chưa gửi được quyết định" in answer.text
        assert "f-reason" in answer.ids() and "#f-reason" in answer.links()
        assert re.search(r'value="yeu_cau_chinh_sua" checked', answer.source)
        assert ("papers" in answer.source) == (view == "desk")
    assert offices.dump(head.office.engine, without=("sessions",)) == before


def test_no_decision_is_a_field_error(site: Callable[..., Any]) -> None:
    head = site("duyet_du_thao").person("tp.qlkh")
    task = head.task("duyet_du_thao")
    answer = head.sends(head.sees(task), f"{task}/quyet-dinh", {"reason": REASON})
    assert answer.status == 422 and "#f-outcome" in answer.links() and REASON in answer.text


def test_a_returned_draft_goes_back_with_its_reason(site: Callable[..., Any]) -> None:
    here = site("duyet_du_thao")
    head = here.person("tp.qlkh")
    task = head.task("duyet_du_thao")
    answer = head.sends(head.sees(task), f"{task}/quyet-dinh", {"outcome": "yeu_cau_chinh_sua", "reason": REASON})
    assert answer.status == 303
    assert "Đã trả lại để chỉnh sửa: Trưởng đơn vị duyệt dự thảo." in head.sees(answer.to).text
    drafter = here.person("cv.qlkh.1")
    told = drafter.sees("/thong-bao").text
    assert "Trả lại để chỉnh sửa" in told and REASON in told
    gates = drafter.sees(f"/ho-so/{here.office.case_id}?phan=cong").text
    assert REASON in gates


def test_signing_asks_for_the_password_in_place_and_a_wrong_one_signs_nothing(site: Callable[..., Any]) -> None:
    signer = site("ky").person("pct.ubnd")
    task = signer.task("ky")
    page = signer.sees(task)
    assert 'name="password"' in page.source
    for password, said in (("", "Nhập mật khẩu để ký"), ("sai", "Mật khẩu chưa đúng. Văn bản chưa được ký.")):
        answer = signer.sends(page, f"{task}/quyet-dinh", {"outcome": "dong_y", "password": password})
        assert answer.status == 422
        assert said in answer.text and "#f-password" in answer.links()
        assert "Ký với tư cách" in signer.sees(task).text
    answer = signer.sends(page, f"{task}/quyet-dinh", {"outcome": "dong_y", "password": demo.PASSWORD})
    assert answer.status == 303
    assert "Đã ký:" in signer.sees(answer.to).text


def test_sending_back_what_was_to_be_signed_needs_no_password(site: Callable[..., Any]) -> None:
    signer = site("ky").person("pct.ubnd")
    task = signer.task("ky")
    sent = {"outcome": "yeu_cau_chinh_sua", "reason": REASON}
    assert signer.sends(signer.sees(task), f"{task}/quyet-dinh", sent).status == 303


def test_a_decided_gate_stays_readable_and_offers_nothing(site: Callable[..., Any]) -> None:
    head = site("duyet_du_thao").person("tp.qlkh")
    task = head.task("duyet_du_thao")
    assert head.sends(head.sees(task), f"{task}/quyet-dinh", {"outcome": "dong_y"}).status == 303
    for address in (task, f"{task}/quyet-dinh", "/viec?loc=da-xong"):
        shown = head.sees(address)
        assert shown.status == 200
        assert "Trưởng đơn vị duyệt dự thảo" in shown.text or "Đã quyết định" in shown.text
        assert 'name="outcome"' not in shown.source


def test_who_waits_for_a_decision_is_told_whose_it_is(site: Callable[..., Any]) -> None:
    drafter = site("duyet_du_thao").person("cv.qlkh.1")
    shown = drafter.sees("/viec?loc=cho-ben-khac")
    assert "Chờ: Trưởng phòng Quản lý Khoa học" in shown.text
    assert "Người soạn khác người quyết định" not in shown.text


def test_the_decision_has_a_page_of_its_own_for_phones(site: Callable[..., Any]) -> None:
    head = site("duyet_du_thao").person("tp.qlkh")
    task = head.task("duyet_du_thao")
    links = [link for link in head.sees(task).links() if "/quyet-dinh" in link]
    assert len(links) == 2
    shown = head.sees(next(link for link in links if "yeu_cau_chinh_sua" in link))
    assert re.search(r'value="yeu_cau_chinh_sua" checked', shown.source)
    assert "papers" not in shown.source


def test_an_opinion_is_given_on_the_desk_and_others_answers_are_not_shown(site: Callable[..., Any]) -> None:
    here = site("hoi_dong_gop_y")
    here.office.does("hd.khcn.2", "hoi_dong_gop_y", demo.REMARKS)
    member = here.person("hd.khcn.1")
    task = member.task("hoi_dong_gop_y")
    shown = member.sees(task)
    assert demo.REMARKS["noi_dung"] not in shown.text
    assert member.sends(shown, f"{task}/quyet-dinh").status == 422
    answer = member.sends(shown, f"{task}/quyet-dinh", demo.AGREES)
    assert answer.status == 303
    assert "Đã gửi ý kiến: Hội đồng KH&CN góp ý." in member.sees(answer.to).text


def test_the_drafter_accepts_or_explains_each_remark_in_a_table(site: Callable[..., Any]) -> None:
    here = site("gop_y_noi_bo")
    for number, person in enumerate(offices.ASKED):
        here.office.does(person, "gop_y_noi_bo", demo.REMARKS if number < 2 else demo.AGREES)
    drafter = here.person("cv.qlkh.1")
    task = drafter.task("hoan_thien_du_thao_1")
    assert "còn 2 ý kiến chưa giải trình" in drafter.sees(task).text
    table = drafter.sees(f"{task}/y-kien")
    assert table.text.count(demo.REMARKS["noi_dung"]) == 2
    forms = re.findall(rf'action="({task}/y-kien/[^"]+)"', table.source)
    assert len(forms) == 2
    refused = drafter.sends(table, forms[0], {"response": "giai_trinh", "text": ""})
    assert refused.status == 422
    explained = {"response": "giai_trinh", "text": "Đã quy định ở văn bản khác."}
    onward = drafter.sends(table, forms[0], explained)
    assert onward.status == 303 and onward.to.endswith(f"#y-{forms[1].rpartition('/')[2]}")
    drafter.sends(table, forms[1], {"response": "tiep_thu", "text": "Đã bổ sung."})
    assert "Đã quy định ở văn bản khác." in drafter.sees(f"{task}/y-kien").text
    assert "chưa giải trình" not in drafter.sees(task).text
