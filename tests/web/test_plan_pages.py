"""Pages of the plan: the year's plan, reading a document in, adopting, the end of the year."""

import io
from collections.abc import Callable
from typing import Any

import pytest

import plan_papers
import servers

MADE_UP = (servers.ROOT / "tests" / "fixtures" / "plan_made_up.txt").read_text()
SECRETARY, DIRECTOR, DRAFTER = "cv.tonghop.1", "gd.so", "cv.qlkh.1"
IN = "/ke-hoach/nhap"


def uploaded(person: Any, content: bytes, name: str = "ke-hoach.txt") -> Any:
    """The answer to a file that was chosen."""
    data = {"file": (io.BytesIO(content), name)}
    return person.sends(person.sees(IN), IN, data, content_type="multipart/form-data")


def test_the_plan_shows_dates_roadmap_and_results(site: Callable[..., Any]) -> None:
    person = site("chi_dao").person(DRAFTER)
    page = person.sees("/ke-hoach")
    assert page.status == 200
    assert "Kế hoạch năm 2022" in page.text
    assert "Số: ……" in page.text
    for words in ("03/2022 03/2022 04/2022", "2/3", "HS-2022-001", "kết quả 2 trên 3"):
        assert words in page.text
    # Labels are spelled correctly, also where the document was scanned wrongly.
    assert "Đôn đốc, hướng dẫn các cơ quan" in page.text
    assert "Đơn đốc" not in page.text
    assert {"T1", "T6"} <= page.ids()
    assert "Nhập văn bản" not in page.text


def test_an_outsider_has_no_plan_to_see(site: Callable[..., Any]) -> None:
    person = site("chi_dao").person("hd.khcn.1")
    assert person.sees("/ke-hoach").status == 403
    assert "/ke-hoach" not in person.sees("/ho-so").links()


@pytest.mark.parametrize("kind", ["text", "word", "excel"])
def test_a_document_is_shown_then_stored_then_adopted(site: Callable[..., Any], kind: str) -> None:
    place = site("phan_cong")
    person = place.person(SECRETARY)
    content = MADE_UP.encode() if kind == "text" else getattr(plan_papers, kind)(MADE_UP)
    shown = uploaded(person, content, {"text": "a.txt", "word": "a.docx", "excel": "a.xlsx"}[kind])
    assert shown.status == 200
    for words in (
        "2 nhiệm vụ trọng tâm",
        "9 giải pháp",
        "Cần quyết định",
        "Ba mốc khác nhau: kế hoạch 05/2024, cam kết 06/2024, chậm nhất 07/2024",
        "Lỗi quét: “Đơn đốc”, đọc là “Đôn đốc”",
        "T1-b3",
        "nơi nhận",
    ):
        assert words in shown.text
    for private in ("Bưởi", "Chanh", "example.org"):
        assert private not in shown.source
    assert place.office.engine.queries.plan(SECRETARY).year == 2022

    stored = person.sends(shown, IN, {"T1.planned_finish": "2024-06", "T1.short_title": "Dữ liệu mở"})
    assert (stored.status, stored.to) == (303, "/ke-hoach?nam=2024&ban=1")
    draft = person.sees(stored.to)
    assert "bản nháp" in draft.text
    assert "Dữ liệu mở" in draft.text
    task = place.office.engine.queries.plan(SECRETARY, 2024).tasks[0]
    assert (task.planned_finish, task.committed_finish, task.latest_finish) == ("2024-06", "2024-06", "2024-07")
    # The secretary prepares it; the director adopts it.
    assert "Ban hành phiên bản" not in draft.text
    director = place.person(DIRECTOR)
    page = director.sees(stored.to)
    plan_id = place.office.engine.queries.plan(SECRETARY, 2024).id
    address = f"/ke-hoach/{plan_id}/ban-hanh"
    assert director.sends(page, address, {"dated": "hôm nay"}).status == 422
    adopted = director.sends(page, address, {"number": "12/KH-KHCN", "dated": "05/03/2024"})
    assert (adopted.status, adopted.to) == (303, "/ke-hoach?nam=2024")
    assert "12/KH-KHCN" in director.sees("/ke-hoach").text


def test_a_broken_document_lists_its_lines_and_stores_nothing(site: Callable[..., Any]) -> None:
    place = site("phan_cong")
    person = place.person(SECRETARY)
    page = uploaded(person, MADE_UP.replace("\tTháng 2\t", "\tTháng 13\t").encode())
    assert page.status == 422
    assert "Dòng 96: Đây không phải tháng: “Tháng 13”." in page.text
    assert "chưa lưu gì" in page.text
    assert uploaded(person, b"PK\x03\x04 broken", "a.docx").status == 422
    assert person.sends(person.sees(IN), IN, {"packed": "!!!", "store": "1"}).status == 422
    assert place.office.engine.queries.plan(SECRETARY).years == [2022]


def test_a_unit_that_is_not_known_is_chosen_on_the_page(site: Callable[..., Any]) -> None:
    place = site("phan_cong")
    person = place.person(SECRETARY)
    shown = uploaded(person, MADE_UP.replace("Trung tâm Ứng dụng KHCN", "Trung tâm Mới").encode())
    assert "“Trung tâm Mới”: chọn…" in shown.text
    refused = person.sends(shown, IN)
    assert refused.status == 422
    assert "Chọn đơn vị chủ trì của T2." in refused.text
    assert person.sends(refused, IN, {"T2.lead_unit": "tt_ung_dung"}).status == 303


def test_who_may_not_prepare_plans_is_told(site: Callable[..., Any]) -> None:
    person = site("phan_cong").person(DRAFTER)
    assert person.sees(IN).status == 403


def test_a_draft_is_amended_and_thrown_away(site: Callable[..., Any]) -> None:
    place = site("phan_cong")
    person = place.person(SECRETARY)
    stored = person.sends(uploaded(person, MADE_UP.encode()), IN)
    page = person.sees(stored.to)
    plan_id = place.office.engine.queries.plan(SECRETARY, 2024).id
    amended = person.sends(page, f"/ke-hoach/{plan_id}/sua", {"T2.latest_finish": "2024-11"})
    assert amended.status == 303
    assert place.office.engine.queries.plan(SECRETARY, 2024).tasks[1].latest_finish == "2024-11"
    assert person.sends(page, f"/ke-hoach/{plan_id}/bo").status == 303
    assert place.office.engine.queries.plan(SECRETARY).years == [2022]


def test_the_end_of_a_year_is_shown_before_it_is_done(site: Callable[..., Any]) -> None:
    place = site("chi_dao")
    place.office.at("2022-12-30")
    person = place.person(DIRECTOR)
    address = "/ke-hoach/2022/ket-thuc"
    page = person.sees(address)
    assert "đang thực hiện" in page.text
    assert "Mọi nhiệm vụ đều đã rõ cách xử lý." in page.text
    choices = {"T1.what": "carry", "T1.latest_finish": "2023-03"}
    choices |= {f"T{n}.what": "leave" for n in range(2, 7)}
    looked = person.sends(page, address, {**choices, "look": "1"})
    assert "T2 chưa thực hiện. Chuyển tiếp, hoặc nêu lý do không thực hiện." in looked.text
    assert person.sends(page, address, {**choices, "close": "1"}).status == 409
    choices |= {f"T{n}.why": "Không thực hiện trong năm 2022." for n in range(2, 7)}
    closed = person.sends(page, address, {**choices, "close": "1"})
    assert (closed.status, closed.to) == (303, "/ke-hoach?nam=2023")
    after = person.sees(closed.to)
    assert "chuyển tiếp từ năm 2022" in after.text
    assert "03/2023" in after.text
    assert place.person(SECRETARY).sees(address).status == 403
