"""Absences and mandates on pages: what would stop is seen before it is written down, and what was done for whom."""

from collections.abc import Callable
from typing import Any

import offices
from offices import DIRECTOR, DRAFTER, HEAD, SECRETARY

At = Callable[..., Any]
PAGE = "/vang-mat"
TYPED = {"first_day": "2022-02-12", "last_day": "2022-02-16", "reason": "Đi công tác", "deputy": ""}


def test_what_would_stop_is_seen_before_the_absence_is_written_down(site: At) -> None:
    here = site("duyet_du_thao")
    here.person(SECRETARY).office.at("2022-02-11 09:00")
    head = here.person(HEAD)
    form = head.sees(PAGE)
    assert form.status == 200 and "Báo vắng mặt" in form.text
    shown = head.sends(form, PAGE, {**TYPED, "person": HEAD, "do": "preview"})
    assert shown.status == 200
    assert "Từ 14/02 đến 16/02 Trưởng phòng Quản lý Khoa học và người thay đều vắng" in shown.text
    for text in ("cổng sẽ dừng", "HS-2022-001", "Trưởng đơn vị duyệt dự thảo"):
        assert text in shown.text, text
    assert head.office.engine.queries.absences(HEAD) == [], "a look writes nothing"
    covered = head.sends(shown, PAGE, {**TYPED, "person": HEAD, "deputy": "ptp.qlkh", "do": "preview"})
    assert "Không có cổng nào dừng" in covered.text
    saved = head.sends(covered, PAGE, {**TYPED, "person": HEAD, "deputy": "ptp.qlkh", "do": "save"})
    assert saved.status == 303
    after = head.sees(saved.to)
    assert "Đã ghi đợt vắng: 12/02/2022 – 16/02/2022." in after.text
    assert "Phó phòng Quản lý Khoa học" in after.text and "Sắp tới" in after.text


def test_what_is_wrong_is_said_field_by_field_and_kept(site: At) -> None:
    head = site("duyet_du_thao").person(HEAD)
    head.office.at("2022-02-11 09:00")
    form = head.sees(PAGE)
    wrong = head.sends(form, PAGE, {**TYPED, "person": HEAD, "last_day": "2022-02-10", "do": "preview"})
    assert wrong.status == 422 and "Đến hết ngày: Chọn ngày từ ngày đầu trở đi" in wrong.text
    short = head.sends(form, PAGE, {**TYPED, "person": HEAD, "reason": "", "do": "save"})
    assert short.status == 422 and "Lý do: Viết ít nhất 3 ký tự" in short.text
    no_day = head.sends(form, PAGE, {**TYPED, "person": HEAD, "first_day": "mai", "do": "preview"})
    assert no_day.status == 422 and "Từ ngày: Điền mục này" in no_day.text
    head.office.away(HEAD, "2022-02-14", "2022-02-15", None)
    twice = head.sends(form, PAGE, {**TYPED, "person": HEAD, "do": "save"})
    assert twice.status == 409 and "Đã có đợt vắng trong những ngày này" in twice.text
    assert 'value="Đi công tác"' in twice.source


def test_who_stands_in_sees_for_whom_everywhere(site: At) -> None:
    here = site("duyet_du_thao")
    deputy = here.person("cv.qlkh.2")
    office: offices.Office = deputy.office
    office.at("2022-02-11 09:00")
    office.away(HEAD, "2022-02-12", "2022-02-16", "cv.qlkh.2")
    office.at("2022-02-14 09:00")
    assert "Trưởng phòng Quản lý Khoa học , 12/02 – 16/02/2022" in deputy.sees(PAGE).text
    assert "thay Trưởng phòng Quản lý Khoa học" in deputy.sees("/viec").text
    task = deputy.task("duyet_du_thao")
    assert "Làm thay Trưởng phòng Quản lý Khoa học" in deputy.sees(task).text
    office.decides("cv.qlkh.2", "duyet_du_thao", "dong_y")
    assert "thay Trưởng phòng Quản lý Khoa học" in deputy.sees(task).text
    for part in ("buoc", "cong", "nhat-ky"):
        page = here.person(SECRETARY).sees(f"/ho-so/{office.case_id}?phan={part}")
        assert "thay Trưởng phòng Quản lý Khoa học" in page.text, part
    office.at("2022-02-17 09:00")
    office.engine.operations.settle()
    head = here.person(HEAD)
    assert f"{PAGE}#done" in head.sees("/thong-bao").links()
    digest = head.sees(PAGE)
    for text in ("Việc đã được làm thay", "Trưởng đơn vị duyệt dự thảo", "1 việc đã được làm thay"):
        assert text in digest.text, text


def test_an_absence_is_ended_on_the_page(site: At) -> None:
    head = site("duyet_du_thao").person(HEAD)
    head.office.at("2022-02-11 09:00")
    absence = head.office.away(HEAD, "2022-02-11", "2022-02-16", "ptp.qlkh")
    page = head.sees(PAGE)
    assert "Đang vắng" in page.text
    ended = head.sends(page, f"{PAGE}/{absence}/ket-thuc")
    assert ended.status == 303 and "Đã rút" in head.sees(ended.to).text


def test_the_secretariat_sees_everybody_and_what_stops_ahead(site: At) -> None:
    here = site("chi_dao")
    secretary = here.person(SECRETARY)
    secretary.office.at("2022-03-28 09:00")
    assert "Không có: cổng nào của hồ sơ đang chạy cũng có người" in secretary.sees(PAGE).text
    secretary.office.away("pct.ubnd", "2022-04-04", "2022-04-06", None)
    page = secretary.sees(PAGE)
    assert "Từ 04/04 đến 06/04 Phó Chủ tịch UBND tỉnh và người thay đều vắng: 2 cổng sẽ dừng" in page.text
    plain = here.person(DRAFTER).sees(PAGE)
    assert "Các đợt vắng của người khác" not in plain.text and "Phó Chủ tịch UBND tỉnh" not in plain.text
    forged = here.person(DRAFTER).sends(plain, PAGE, {**TYPED, "first_day": "2022-04-04", "last_day": "2022-04-05",
                                                     "person": DIRECTOR, "do": "save"})  # fmt: skip
    assert forged.status == 403


# --- mandates -----------------------------------------------------------------------------------------------------

MANDATES = "/uy-quyen"
GIVEN = {
    "person": HEAD,
    "form": "TUQ.",
    "kinds": ["bao_cao", "cong_van"],
    "scope": "Báo cáo về dự thảo Chỉ thị",
    "title": "Trưởng phòng Quản lý Khoa học",
    "number": "15/GUQ-KHCN",
    "dated": "2022-02-18",
    "valid_from": "2022-02-18",
    "valid_to": "2022-03-15",
}


def test_the_holder_of_a_seat_gives_and_revokes_a_mandate_on_the_page(site: At) -> None:
    here = site("hoi_dong_gop_y")
    director = here.person(DIRECTOR)
    director.office.at("2022-02-18 09:00")
    form = director.sees(MANDATES)
    assert "Chưa có ủy quyền nào" in form.text and "Giao ủy quyền" in form.text
    wrong = director.sends(form, MANDATES, {**GIVEN, "scope": "", "valid_to": ""})
    assert wrong.status == 422
    for text in ("Giới hạn nội dung: Điền mục này", "Đến hết ngày: Điền mục này"):
        assert text in wrong.text, text
    assert 'value="15/GUQ-KHCN"' in wrong.source, "what was typed is kept"
    saved = director.sends(form, MANDATES, GIVEN)
    assert saved.status == 303
    page = director.sees(saved.to)
    for text in ("Trưởng phòng Quản lý Khoa học", "Giám đốc Sở", "Báo cáo, Công văn", "15/GUQ-KHCN", "Hiệu lực"):
        assert text in page.text, text
    head = here.person(HEAD)
    assert "giao ký TUQ. theo văn bản số 15/GUQ-KHCN" in head.sees("/thong-bao").text
    assert "15/GUQ-KHCN" in head.sees(MANDATES).text and "Thu hồi…" not in head.sees(MANDATES).text
    (row,) = director.office.engine.queries.mandates(DIRECTOR)
    end = f"{MANDATES}/{row.id}/thu-hoi"
    assert director.sends(page, end, {"reason": "Thôi"}).status == 422
    assert head.sends(head.sees(MANDATES), end, {"reason": "Không cần nữa."}).status == 403
    revoked = director.sends(page, end, {"reason": "Giám đốc trực tiếp ký."})
    assert revoked.status == 303 and "Đã thu hồi" in director.sees(revoked.to).text


def test_who_holds_no_seat_that_signs_gives_none(site: At) -> None:
    drafter = site("chuan_bi").person(DRAFTER)
    page = drafter.sees(MANDATES)
    assert page.status == 200 and "Chưa có ủy quyền nào" in page.text and "Văn bản giao" not in page.text
    forged = drafter.sends(page, MANDATES, {**GIVEN, "seat": "lanh_dao_so/giam_doc"})
    assert forged.status == 403 and "Chỉ người giữ vị trí mới giao ủy quyền" in forged.text


def test_who_may_not_sign_is_told_what_to_do_before_and_after(site: At) -> None:
    here = site("hoi_dong_gop_y")
    head = here.person(HEAD)
    office: offices.Office = head.office
    office.at("2022-02-18 09:00")
    office.away(DIRECTOR, "2022-02-18", "2022-12-30", HEAD)
    office.hurry("ky_trinh")
    address = head.task("ky_trinh")
    page = head.sees(address)
    assert "Chưa có thẩm quyền ký" in page.text and "giao ủy quyền" in page.text
    sent = head.sends(page, f"{address}/quyet-dinh", {"outcome": "dong_y", "password": office.password})
    assert sent.status == 403 and "Chưa có thẩm quyền ký" in sent.text
    director = here.person(DIRECTOR)
    assert "Ký với tư cách GIÁM ĐỐC" in director.sees(director.task("ky_trinh")).text
