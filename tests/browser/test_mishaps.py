"""What goes wrong at a desk: impatience, two windows, old pages, wrong people, wrong files, forgotten fields.

Each mishap gets its clear answer in words and changes nothing; what was typed is not lost.
"""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

import offices
import servers
import visitors
from offices import DRAFTER, HEAD, REASON, VICE_CHAIR
from webui import demo

# Servers on stores of this module's own: one worker runs it.
pytestmark = pytest.mark.xdist_group(__name__)

RESEARCH, COLLECTION, REVIEW = (
    "Nghiên cứu, đề xuất hình thức",
    "Thu thập văn bản, tài liệu",
    "Đánh giá tồn tại, hạn chế",
)
SIGNING = "Ký ban hành"
LIMIT = 200 * 1024
ServerAt = Callable[..., servers.LiveServer]
OfficeOf = Callable[[servers.LiveServer], offices.Office]
Visit = Callable[..., visitors.Visitor]


@pytest.fixture
def preparing(server_at: ServerAt) -> servers.LiveServer:
    """The drafter has tasks to prepare; nothing here completes the last of them, REVIEW."""
    return server_at("chuan_bi")


@pytest.fixture
def office(preparing: servers.LiveServer, office_of: OfficeOf) -> offices.Office:
    return office_of(preparing)


@pytest.fixture
def drafting(server_at: ServerAt, office_of: OfficeOf) -> servers.LiveServer:
    """The drafter has a returned draft to upload anew; a file may have 200 kB."""
    server = server_at("duyet_du_thao", TRINHKY_UPLOAD_LIMIT=str(LIMIT))
    office = office_of(server)
    if "duyet_du_thao" in office.waits():
        office.decides(HEAD, "duyet_du_thao", "yeu_cau_chinh_sua", REASON)
    return server


def stored(server: servers.LiveServer, *without: str) -> Any:
    """All rows but those that come of logging in and looking."""
    return offices.dump(server.engine, without=("sessions", "login_failures", "notices", *without))


# --- twice -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("scripts", "element", "task"),
    [
        pytest.param(True, "nghien_cuu", RESEARCH, id="with scripts"),
        pytest.param(False, "thu_thap", COLLECTION, id="without"),
    ],
)
def test_a_double_click_completes_once(
    preparing: servers.LiveServer, office: offices.Office, visitor_at: Visit, scripts: bool, element: str, task: str
) -> None:
    before = len([entry for entry in office.case().journal if entry.kind == "task.completed"])
    visitor = visitor_at(preparing, java_script_enabled=scripts).logs_in(DRAFTER)
    visitor.opens(task)
    visitor.fills(demo.ANSWERS[element])
    visitor.button("Hoàn thành").dblclick()
    # Without scripts the browser sends the form twice; whoever comes second is told that it is done.
    calm = visitor.page.get_by_text(re.compile(f"Đã hoàn thành: {task}|Việc đã xong từ trước"))
    expect(visitor.toast if scripts else calm).to_be_visible()
    assert office.history(element) == [("completed", None, 1)]
    assert len([entry for entry in office.case().journal if entry.kind == "task.completed"]) == before + 1
    assert office.faults() == []


def test_the_second_of_two_people_is_told_and_keeps_what_was_typed(
    server_at: ServerAt, office_of: OfficeOf, visitor_at: Visit
) -> None:
    server = server_at("gop_y_noi_bo")
    office = office_of(server)
    first, second = visitor_at(server).logs_in("cct.tdc"), visitor_at(server).logs_in("pcct.tdc")
    for visitor, text in ((first, "Nhất trí, bổ sung thời hạn."), (second, "Phó Chi cục trưởng góp ý khác.")):
        visitor.opens("Góp ý dự thảo")
        visitor.fills({"outcome": "dong_y_co_y_kien", "noi_dung": text})
    assert first.presses("Gửi ý kiến") == 200
    before = stored(server)
    assert second.presses("Gửi ý kiến") == 409
    expect(second.title).to_have_text("Việc đã xong từ trước")
    expect(second.page.locator(".kept textarea")).to_have_value("Phó Chi cục trưởng góp ý khác.")
    expect(second.page.get_by_role("link", name="Mở lại việc")).to_be_visible()
    assert stored(server) == before
    assert office.history("gop_y_noi_bo") == [("completed", "dong_y_co_y_kien", 1)]


def test_a_stale_page_changes_nothing_and_leads_back_to_the_task(
    preparing: servers.LiveServer, office: offices.Office, visitor_at: Visit
) -> None:
    visitor = visitor_at(preparing).logs_in(DRAFTER)
    visitor.opens(REVIEW)
    visitor.fills(demo.ANSWERS["danh_gia"])
    task = office.task(DRAFTER, "danh_gia")
    for holder, taker in ((DRAFTER, "cv.qlkh.2"), ("cv.qlkh.2", DRAFTER)):
        seen = office.task(holder, "danh_gia").version
        office.engine.cases.assign(HEAD, task.id, taker, "Người đang làm đi công tác.", seen)
    before = stored(preparing)
    assert visitor.presses("Hoàn thành") == 409
    expect(visitor.title).to_have_text("Người khác đã lưu trước đó")
    expect(visitor.page.locator("main")).to_contain_text(demo.ANSWERS["danh_gia"]["ton_tai"])
    assert stored(preparing) == before
    visitor.follows("Mở lại việc")
    expect(visitor.page.locator("#detail h1")).to_have_text(REVIEW)


# --- wrong people ------------------------------------------------------------------------------------------------


def test_who_may_only_look_gets_no_button_and_is_refused_when_forcing_it(
    preparing: servers.LiveServer, office: offices.Office, visitor_at: Visit
) -> None:
    address = f"/viec/{office.task(DRAFTER, 'danh_gia').id}"
    visitor = visitor_at(preparing).logs_in("cv.qlkh.2")
    assert visitor.goes(address) == 200
    expect(visitor.button("Hoàn thành")).to_have_count(0)
    expect(visitor.page.locator(".foot")).to_contain_text("Chuyên viên Phòng Quản lý Khoa học 1 đã nhận việc này")
    before = stored(preparing)
    with visitor.page.expect_navigation() as going:
        visitor.page.locator("form.task").evaluate(
            f"form => {{ form.action = '{address}/hoan-thanh'; form.submit(); }}"
        )
    assert going.value.status == 403
    expect(visitor.title).to_have_text("Tài khoản này không làm được việc đó")
    assert stored(preparing) == before


def test_who_may_not_see_a_case_is_not_told_that_it_exists(
    preparing: servers.LiveServer, office: offices.Office, visitor_at: Visit
) -> None:
    visitor = visitor_at(preparing).logs_in("gk.sk.1")
    for address in (f"/ho-so/{office.case_id}", f"/viec/{office.task(DRAFTER, 'danh_gia').id}", "/ho-so/khong-co"):
        assert visitor.goes(address) == 404
        expect(visitor.title).to_have_text("Không tìm thấy, hoặc không mở cho tài khoản này")
    visitor.goes("/ho-so")
    expect(visitor.page.locator("main")).not_to_contain_text("HS-2022-001")


def test_a_page_of_somebody_who_has_logged_out_sends_nothing(
    preparing: servers.LiveServer, office: offices.Office, visitor_at: Visit
) -> None:
    visitor = visitor_at(preparing).logs_in(DRAFTER)
    visitor.opens(REVIEW)
    other = visitors.Visitor(visitor.page.context.new_page(), preparing.url)
    other.goes("/viec")
    other.logs_in("cv.qlkh.2")
    before = stored(preparing)
    visitor.fills({"ton_tai": "Nội dung viết khi người khác đã đăng nhập."})
    assert visitor.presses("Hoàn thành") == 403
    expect(visitor.title).to_have_text("Trang này mở đã quá lâu")
    expect(visitor.page.locator(".kept textarea")).to_have_value("Nội dung viết khi người khác đã đăng nhập.")
    assert stored(preparing) == before


# --- wrong files -------------------------------------------------------------------------------------------------


def test_an_oversized_file_is_not_even_sent(drafting: servers.LiveServer, visitor_at: Visit) -> None:
    visitor = visitor_at(drafting).logs_in(DRAFTER)
    visitor.opens("Xây dựng dự thảo")
    sent: list[str] = []
    visitor.page.on("request", lambda request: sent.append(request.url))
    body = b"%PDF-1.7 " + b"0" * LIMIT
    visitor.page.locator(".drop input[type=file]").set_input_files(
        [{"name": "to.pdf", "mimeType": "application/pdf", "buffer": body}]
    )
    expect(visitor.page.locator(".drop")).to_contain_text("Tệp lớn hơn 200 kB, chưa tải lên")
    assert sent == []


@pytest.mark.parametrize(
    ("name", "size", "status", "said"),
    [
        pytest.param("to.pdf", LIMIT + 10_000, 413, "Tệp quá lớn", id="too large for us"),
        pytest.param("rat_to.pdf", LIMIT + 500_000, 413, "Tệp quá lớn", id="too large to be read at all"),
        pytest.param("ct.exe", 1000, 422, "Loại tệp này không nhận", id="not a document"),
        pytest.param("gia.docx", 1000, 422, "Loại tệp này không nhận", id="a document by name only"),
        pytest.param("rong.docx", 0, 422, "Tệp rỗng", id="empty"),
    ],
)
def test_a_file_that_cannot_be_taken_is_answered_in_words_and_not_stored(
    drafting: servers.LiveServer, visitor_at: Visit, name: str, size: int, status: int, said: str
) -> None:
    visitor = visitor_at(drafting, java_script_enabled=False).logs_in(DRAFTER)
    visitor.opens("Xây dựng dự thảo")
    before = stored(drafting, "tasks")  # what was typed beside the file is saved as a draft
    body = (b"%PDF-1.7 " + b"0" * size)[:size] if name.endswith(".pdf") else b"MZ"[:size].ljust(size, b"\0")
    assert visitor.sends_file("du_thao", name, "application/octet-stream", body) == status
    expect(visitor.page.locator("main")).to_contain_text(said)
    assert stored(drafting, "tasks") == before


# --- forgotten ---------------------------------------------------------------------------------------------------


def test_a_missing_field_is_named_in_a_summary_that_has_the_focus_and_leads_to_it(
    preparing: servers.LiveServer, office: offices.Office, visitor_at: Visit
) -> None:
    visitor = visitor_at(preparing).logs_in(DRAFTER)
    visitor.opens(REVIEW)
    visitor.fills({**demo.ANSWERS["danh_gia"], "kien_nghi": ""})
    assert visitor.presses("Hoàn thành") == 422
    expect(visitor.summary).to_be_focused()
    links = visitor.summary.get_by_role("link")
    expect(links).to_have_text(["Kiến nghị đưa vào dự thảo: Điền mục này"])
    links.first.press("Enter")
    field = visitor.page.get_by_label("Kiến nghị đưa vào dự thảo")
    expect(field).to_be_focused()
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(field).to_have_accessible_description(re.compile("Điền mục này"))
    expect(visitor.page.locator("[name=ton_tai]")).to_have_value(demo.ANSWERS["danh_gia"]["ton_tai"])
    assert "danh_gia" in office.waits()


def test_a_button_that_waits_for_a_document_says_so_and_leads_to_it(
    server_at: ServerAt, office_of: OfficeOf, visitor_at: Visit
) -> None:
    server = server_at("chi_dao")
    office = office_of(server)
    if "chi_dao" in office.waits():
        office.decides(VICE_CHAIR, "chi_dao", "dong_y")
    visitor = visitor_at(server).logs_in(DRAFTER)
    visitor.opens("Hoàn thiện hồ sơ trình ký")
    finish = visitor.button("Hoàn thành")
    expect(finish).to_have_attribute("aria-disabled", "true")
    expect(finish).to_have_accessible_description(re.compile("Còn thiếu.* điều kiện"))
    before = stored(server)
    finish.press("Enter")
    expect(visitor.page.locator("#why a")).to_be_focused()
    visitor.page.locator(".line-action").first.click()
    expect(visitor.page.locator(".doc:target")).to_be_in_viewport()
    assert stored(server) == before


def test_an_ended_session_leads_through_the_log_in_back_to_the_task(
    preparing: servers.LiveServer, visitor_at: Visit
) -> None:
    visitor = visitor_at(preparing).logs_in(DRAFTER)
    visitor.opens(REVIEW)
    visitor.fills({"ton_tai": "Nội dung đã viết trước khi hết phiên."})
    visitor.presses("Lưu nháp")
    expect(visitor.toast).to_have_text("Đã lưu nháp.")
    address = visitor.page.url
    token = next(c["value"] for c in visitor.page.context.cookies() if c["name"] == "tk_session")
    preparing.engine.people.log_out(token)
    visitor.presses("Hoàn thành")
    expect(visitor.title).to_have_text("Đăng nhập")
    expect(visitor.page.locator("main")).to_contain_text("Phiên làm việc đã hết")
    visitor.logs_in(DRAFTER)
    assert visitor.page.url == address
    expect(visitor.page.locator("[name=ton_tai]")).to_have_value("Nội dung đã viết trước khi hết phiên.")


# --- passwords ---------------------------------------------------------------------------------------------------


def test_a_wrong_password_signs_nothing_and_keeps_the_decision(
    server_at: ServerAt, office_of: OfficeOf, visitor_at: Visit
) -> None:
    server = server_at("ky")
    office = office_of(server)
    visitor = visitor_at(server).logs_in(VICE_CHAIR)
    visitor.opens(SIGNING)
    sign = visitor.page.locator("[data-decide]")
    expect(sign).to_have_attribute("aria-disabled", "true")  # nothing is chosen on arrival
    for password, said in (("", "Nhập mật khẩu"), ("sai-mat-khau", "Mật khẩu chưa đúng. Văn bản chưa được ký.")):
        visitor.chooses("dong_y", password=password)
        assert visitor.presses("Đồng ý, ký") == 422
        expect(visitor.summary).to_be_focused()
        expect(visitor.summary).to_contain_text(said)
        visitor.summary.get_by_role("link").first.click()
        expect(visitor.page.locator("[name=password]")).to_be_focused()
        expect(visitor.page.locator("[name=password]")).to_have_value("")
        expect(visitor.page.locator("input[name=outcome]:checked")).to_have_value("dong_y")
    assert (list(office.waits()), office.case().result) == (["ky"], None)
    assert office.faults() == []


def test_log_in_after_many_failures_says_how_long_to_wait(preparing: servers.LiveServer, visitor_at: Visit) -> None:
    visitor = visitor_at(preparing)
    for _ in range(preparing.engine.settings.login_failures):
        visitor.logs_in("cv.tdc.1", "sai")
        expect(visitor.summary).to_contain_text("Chưa đăng nhập được")
        expect(visitor.summary).to_be_focused()
        expect(visitor.page.get_by_label("Tên đăng nhập")).to_have_value("cv.tdc.1")
    visitor.logs_in("cv.tdc.1")
    expect(visitor.summary).to_contain_text("Nhập sai quá nhiều lần")
    expect(visitor.summary).to_contain_text(re.compile(r"Thử lại sau \d+ phút"))
    visitor.logs_in("cv.tdc.2")  # nobody else is kept out
    expect(visitor.page.locator("header.top")).to_contain_text("Chuyên viên Chi cục TĐC 2")
