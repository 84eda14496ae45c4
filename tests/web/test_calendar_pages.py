"""Lịch làm việc: everybody reads it, the secretariat changes a day after a look at what would move."""

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

from engine.records import calendar_days, focus_tasks

At = Callable[..., Any]
TYPED = {"kind": "nghi_hoan_doi", "name": "Nghỉ thêm sau Tết", "source": "Công văn 123/UBND-KGVX", "confirmed": "1"}
AFTER_TET = "/lich-lam-viec/2022-02-07"


def rows(person: Any) -> list[Any]:
    c = calendar_days.c
    return list(person.office.read(sa.select(calendar_days).where(c.day >= "2022-02-07", c.day <= "2022-02-07")))


def test_everybody_reads_a_year_by_months(site: At) -> None:
    here = site("nhan_nhiem_vu")
    page = here.person("cv.qlkh.1").sees("/lich-lam-viec?nam=2022")
    assert page.status == 200
    for text in ("Lịch làm việc 2022", "249 ngày làm việc", "Giỗ Tổ Hùng Vương", "nghỉ bù", "07:30–12:00, 13:00–16:30"):
        assert text in page.text, text
    counts = [19, 16, 23, 20, 20, 22, 21, 23, 20, 21, 22, 22]
    for month, count in enumerate(counts, 1):
        assert f"{month:02}/2022 {count} ngày làm việc" in page.text
    assert "dự kiến" not in page.text
    assert not [link for link in page.links() if link.startswith("/lich-lam-viec/2022")]
    later = here.person("cv.qlkh.1").sees("/lich-lam-viec?nam=2027")
    assert "Dự kiến: chưa công bố" in later.text and "dự kiến" in later.text
    assert here.person("cv.qlkh.1").sees("/lich-lam-viec?nam=1").status == 404


def test_a_day_is_changed_after_a_look_at_what_would_move(site: At) -> None:
    secretary = site("gop_y_noi_bo").person("cv.tonghop.1")
    assert AFTER_TET in secretary.sees("/lich-lam-viec?nam=2022").links()
    form = secretary.sees(AFTER_TET)
    assert "Hiện là: ngày thường" in form.text
    shown = secretary.sends(form, AFTER_TET, {**TYPED, "do": "preview"})
    assert shown.status == 200
    for text in ("của 1 hồ sơ sẽ đổi", "11/02/2022", "14/02/2022", "Đợt lấy ý kiến", "HS-2022-001"):
        assert text in shown.text, text
    assert rows(secretary) == []
    saved = secretary.sends(shown, AFTER_TET, {**TYPED, "do": "save"})
    assert saved.status == 303
    page = secretary.sees(saved.to)
    assert "Đã sửa lịch làm việc: 07/02/2022." in page.text and "Nghỉ thêm sau Tết" in page.text
    assert [row.kind for row in rows(secretary)] == ["nghi_hoan_doi"]


def test_what_becomes_late_is_said(site: At) -> None:
    secretary = site("gop_y_noi_bo").person("cv.tonghop.1")
    page = secretary.sends(secretary.sees(AFTER_TET), AFTER_TET, {**TYPED, "do": "preview"})
    secretary.sends(page, AFTER_TET, {**TYPED, "do": "save"})
    secretary.office.at("2022-02-14 09:00")
    shown = secretary.sends(secretary.sees(AFTER_TET), AFTER_TET, {"do": "drop_preview"})
    assert "sẽ thành quá hạn" in shown.text
    assert secretary.sends(shown, AFTER_TET, {"do": "drop"}).status == 303
    assert rows(secretary) == []


def test_who_saw_an_older_calendar_is_told(site: At) -> None:
    secretary = site("gop_y_noi_bo").person("cv.tonghop.1")
    shown = secretary.sends(secretary.sees(AFTER_TET), AFTER_TET, {**TYPED, "do": "preview"})
    other = "/lich-lam-viec/2022-02-08"
    first = secretary.sends(secretary.sees(other), other, {**TYPED, "do": "preview"})
    assert secretary.sends(first, other, {**TYPED, "do": "save"}).status == 303
    late = secretary.sends(shown, AFTER_TET, {**TYPED, "do": "save"})
    assert late.status == 409
    assert "vừa được người khác thay đổi" in late.text
    assert rows(secretary) == []


def test_what_cannot_be_is_said_field_by_field(site: At) -> None:
    secretary = site("nhan_nhiem_vu").person("cv.tonghop.1")
    form = secretary.sees(AFTER_TET)
    wrong = secretary.sends(form, AFTER_TET, {**TYPED, "kind": "lam_bu", "name": "", "do": "preview"})
    assert wrong.status == 422
    assert "Thứ Hai đến thứ Sáu vốn là ngày làm việc" in wrong.text
    assert "Tên: " in wrong.text
    assert secretary.sees("/lich-lam-viec/2022-02-30").status == 404
    assert secretary.sees("/lich-lam-viec/hom-nay").status == 404


def test_only_the_secretariat_changes_it(site: At) -> None:
    here = site("nhan_nhiem_vu")
    for person in ("cv.qlkh.1", "gd.so", "pct.ubnd"):
        assert here.person(person).sees(AFTER_TET).status == 403


# --- Lịch ngược ---------------------------------------------------------------------------------------------------


def test_a_process_is_scheduled_between_two_days(site: At) -> None:
    drafter = site("nhan_nhiem_vu").person("cv.qlkh.1")
    page = drafter.sees("/quy-trinh/chi_thi_khcn/lich?bat_dau=2022-01-28&ket_thuc=2022-03-31")
    assert page.status == 200
    for text in ("Lịch ngược", "T1.12", "Bắt đầu chậm nhất", "5 ngày làm việc", "Dự trữ"):
        assert text in page.text, text
    late = drafter.sees("/quy-trinh/chi_thi_khcn/lich?bat_dau=2022-03-21&ket_thuc=2022-03-31")
    assert "phải bắt đầu chậm nhất" in late.text and "sớm nhất là" in late.text
    assert drafter.sees("/quy-trinh/chi_thi_khcn/lich?bat_dau=2022-03-21&ket_thuc=2022-03-01").status == 422
    assert drafter.sees("/quy-trinh/khong_co/lich").status == 404
    assert drafter.sees("/quy-trinh/chi_thi_khcn/lich?bat_dau=hom-nay").status == 404
    assert "Bắt đầu chậm nhất" not in drafter.sees("/quy-trinh/chi_thi_khcn/lich?bat_dau=2022-01-28").text


def test_conflicts_are_told_before_a_case_is_opened_and_beside_it(site: At) -> None:
    here = site("nhan_nhiem_vu")
    secretary = here.person("cv.tonghop.1")
    (focus,) = here.office.read(sa.select(focus_tasks.c.id).where(focus_tasks.c.code == "T1"))
    page = secretary.sees(f"/ho-so/mo-moi/{focus.id}")
    assert "Thời gian có đủ không" in page.text
    whole = next(link for link in page.links() if link.endswith("/lich"))
    assert "Lịch ngược" in secretary.sees(whole).text
    running = site("gop_y_noi_bo")
    drafter = running.person("cv.qlkh.1")
    shown = drafter.sees(f"/ho-so/{running.office.case_id}/lich")
    assert shown.status == 200 and "29/04" in shown.text
    assert f"/ho-so/{running.office.case_id}/lich" in drafter.sees(f"/ho-so/{running.office.case_id}").links()
