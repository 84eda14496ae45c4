"""T1 from the assignment to the issued directive, done in a browser by the people whose steps they are.

Each kind of page and each of ten people acts in Chromium, with log-in and log-out; the same act by further people on a
page that was just seen goes through the demo's office, which calls the same commands.
"""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

import offices
import servers
import visitors
from offices import CLERK, DIRECTOR, DRAFTER, HEAD, LEADER, PROVINCE, REASON, SECRETARY, VICE_CHAIR
from webui import demo

# Servers on stores of this module's own: one worker runs it.
pytestmark = pytest.mark.xdist_group(__name__)

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
PREPARATION = {
    "nghien_cuu": "Nghiên cứu, đề xuất hình thức",
    "thu_thap": "Thu thập văn bản, tài liệu",
    "danh_gia": "Đánh giá tồn tại, hạn chế",
}
Office = Callable[[servers.LiveServer], offices.Office]
Visit = Callable[..., visitors.Visitor]


def test_ten_people_take_t1_from_assignment_to_the_issued_directive(
    live_server: servers.LiveServer, visitor: visitors.Visitor, visitor_at: Visit, office_of: Office
) -> None:
    office = office_of(live_server)
    acted = set()

    def comes(person: str, day: str, visitor: visitors.Visitor = visitor) -> visitors.Visitor:
        office.at(day)
        acted.add(person)
        return visitor.logs_in(person)

    # The secretary opens the case, the head of the unit assigns it, the drafter prepares it.
    comes(SECRETARY, "2022-01-28 08:30").follows("Hồ sơ")
    expect(visitor.page.get_by_text("Chưa có quy trình")).to_have_count(0)
    visitor.follows("Mở hồ sơ…")
    visitor.presses("Mở hồ sơ")
    expect(visitor.toast).to_have_text("Đã mở hồ sơ.")
    address = visitor.page.url.removeprefix(live_server.url).partition("?")[0]
    office.case_id = address.removeprefix("/ho-so/")
    comes(HEAD, "2022-01-28 09:10").does("Phân công người soạn thảo", demo.ANSWERS["phan_cong"])
    comes(DRAFTER, "2022-02-09 14:00")
    assert sorted(visitor.listed()) == sorted(PREPARATION.values())
    for element, task in PREPARATION.items():
        visitor.does(task, demo.ANSWERS[element])
    comes(HEAD, "2022-02-10 08:20").does("Chọn Chỉ thị hay Kế hoạch", demo.ANSWERS["chon_hinh_thuc"])
    comes(DRAFTER, "2022-02-11 16:00").does("Xây dựng dự thảo", demo.ANSWERS["xay_dung_du_thao"])
    desk = comes(HEAD, "2022-02-14 09:00").opens("Trưởng đơn vị duyệt dự thảo")
    expect(desk.locator(".paper")).to_contain_text("chất lượng thẩm định")  # what is decided on stands beside
    visitor.decides("Trưởng đơn vị duyệt dự thảo", "dong_y", "Đồng ý, chuyển tiếp")

    # The department is asked; the drafter accepts the one remark, a leader signs.
    comes(DRAFTER, "2022-02-14 10:00").does("Chọn người góp ý, thời hạn", demo.ANSWERS["mo_dot_xin_y_kien"])
    comes("cct.tdc", "2022-02-17 15:00").opens("Góp ý dự thảo")
    visitor.fills(demo.REMARKS)
    visitor.presses("Gửi ý kiến")
    expect(visitor.toast).to_contain_text("Góp ý dự thảo")
    for person in ("tp.shtt", "gd.ttud", "cvp.so", "pgd.so.1", "pgd.so.2"):
        office.does(person, "gop_y_noi_bo", demo.AGREES)
    comes(DRAFTER, "2022-02-24 09:00").opens("Hoàn thiện Dự thảo 1")
    finish = visitor.button("Hoàn thành")
    expect(finish).to_have_attribute("aria-disabled", "true")  # and the page says why
    visitor.follows("Giải trình tiếp")
    visitor.page.locator("[name=text]:visible").fill("Đã bổ sung vào mục 1 của dự thảo.")
    visitor.presses("Lưu, sang ý kiến sau")
    expect(visitor.page.get_by_text("Chưa giải trình")).to_have_count(0)
    visitor.does("Hoàn thiện Dự thảo 1", demo.ANSWERS["hoan_thien_du_thao_1"])
    comes(LEADER, "2022-02-25 08:40").decides(
        "Lãnh đạo Sở thông qua Dự thảo 1", "dong_y", "Đồng ý, ký", password=demo.PASSWORD
    )

    # The clerk asks the council; five answer, two are silent until the time is over.
    comes(CLERK, "2022-02-28 08:15").does("Gửi xin ý kiến Hội đồng", demo.ANSWERS["gui_hoi_dong"])
    member = comes("hd.khcn.1", "2022-03-08 10:00", visitor_at(live_server, **PHONE))
    member.opens("Hội đồng KH&CN góp ý")
    member.follows("Viết ý kiến")
    member.fills(demo.REMARKS)
    member.presses("Gửi ý kiến")
    for person in demo.COUNCIL[1:5]:
        office.does(person, "hoi_dong_gop_y", demo.AGREES)
    office.at("2022-03-10 08:00")
    comes(DRAFTER, "2022-03-17 15:30")
    visitor.goes(f"{address}?phan=y-kien")
    expect(visitor.page.locator("#panel")).to_contain_text("Tính là đồng ý")
    office.answers_remarks(DRAFTER)
    visitor.does("Hoàn thiện Dự thảo 2", demo.ANSWERS["hoan_thien_du_thao_2"])
    comes(DIRECTOR, "2022-03-18 08:30").decides(
        "Giám đốc duyệt, ký báo cáo", "dong_y", "Đồng ý, ký", password=demo.PASSWORD
    )

    # The vice chair returns it twice; then he agrees, the provincial office checks, he signs on 05/04 on his phone.
    for returned, reworked in (("2022-03-21", "2022-03-22"), ("2022-03-24", "2022-03-25")):
        comes(VICE_CHAIR, returned).decides(
            "Phó Chủ tịch cho ý kiến", "yeu_cau_chinh_sua", "Trả lại để chỉnh sửa", REASON
        )
        expect(visitor.page.locator(".toast")).to_be_visible()
        office.at(reworked).does(DRAFTER, "hoan_thien_ho_so", demo.ANSWERS["hoan_thien_ho_so"])
    comes(VICE_CHAIR, "2022-03-29 16:00").opens("Phó Chủ tịch cho ý kiến")
    expect(visitor.page.locator("label", has_text="Trả lại để chỉnh sửa")).to_contain_text("2")
    visitor.decides("Phó Chủ tịch cho ý kiến", "dong_y", "Đồng ý, chuyển tiếp")
    comes(DRAFTER, "2022-03-31 11:00").does("Hoàn thiện hồ sơ trình ký", demo.ANSWERS["hoan_thien_ho_so"])
    comes(PROVINCE, "2022-04-04 14:00").decides("Văn phòng UBND kiểm tra hồ sơ", "du", "Ghi nhận đủ hồ sơ")
    phone = comes(VICE_CHAIR, "2022-04-05 09:00", member)
    phone.opens("Ký ban hành")
    phone.follows("Đồng ý, ký…")
    phone.chooses("dong_y", password=demo.PASSWORD)
    phone.presses("Đồng ý, ký")
    expect(phone.toast).to_have_text("Đã ký: Ký ban hành.")

    # The clerk issues it, the secretary closes the task.
    comes(CLERK, "2022-04-05 15:00").does("Phát hành, gửi nơi nhận", demo.ANSWERS["phat_hanh"])
    comes(SECRETARY, "2022-04-06 08:30").does("Đóng nhiệm vụ", demo.ANSWERS["dong_nhiem_vu"])

    visitor.goes(address)
    head = visitor.page.locator(".page-head")
    expect(head).to_contain_text("Số 01/CT-UBND ngày 05/04/2022")
    assert {li.get_attribute("class") for li in visitor.page.locator(".milestones li").all()} == {"done"}
    visitor.goes(f"{address}?phan=nhat-ky")
    expect(visitor.page.locator("#panel")).to_contain_text(REASON)
    assert len(acted) == 10
    assert acted <= office.acted()
    assert office.case().result[0] == "01/CT-UBND"
    assert office.faults() == []


def test_the_vice_chair_refuses_with_a_reason_and_nothing_is_issued(
    server_at: Callable[..., servers.LiveServer], visitor_at: Visit, office_of: Office
) -> None:
    server = server_at("chi_dao")
    office = office_of(server)
    visitor = visitor_at(server).logs_in(VICE_CHAIR)
    visitor.opens("Phó Chủ tịch cho ý kiến")
    visitor.chooses("khong_dong_y", reason="Ngắn")
    assert visitor.presses("Không đồng ý, dừng trình") == 422
    expect(visitor.summary).to_be_focused()
    expect(visitor.summary).to_contain_text("Viết ít nhất 10 ký tự")
    assert office.waits() == {"chi_dao": ["vice_chair"]}
    reason = "Trùng với chỉ thị đã ban hành năm trước."
    visitor.chooses("khong_dong_y", reason=reason)
    visitor.presses("Không đồng ý, dừng trình")
    expect(visitor.toast).to_contain_text("Phó Chủ tịch cho ý kiến")

    visitor.logs_in(SECRETARY).goes(f"/ho-so/{office.case_id}")
    expect(visitor.page.locator(".page-head")).to_contain_text("Kết thúc, không ban hành")
    visitor.goes(f"/ho-so/{office.case_id}?phan=cong")
    expect(visitor.page.locator("#panel")).to_contain_text(reason)
    assert (office.waits(), office.case().result, office.faults()) == ({}, None, [])


def test_who_gets_work_back_twice_sees_both_reasons(
    server_at: Callable[..., servers.LiveServer], visitor_at: Visit, office_of: Office
) -> None:
    server = server_at("duyet_du_thao")
    office = office_of(server)
    visitor = visitor_at(server)
    reasons = ["Chưa nêu rõ cơ quan chủ trì.", "Chưa nêu rõ thời hạn báo cáo."]
    for number, reason in enumerate(reasons, start=1):
        visitor.logs_in(HEAD).decides(
            "Trưởng đơn vị duyệt dự thảo", "yeu_cau_chinh_sua", "Trả lại để chỉnh sửa", reason
        )
        shown = visitor.logs_in(DRAFTER).opens("Xây dựng dự thảo")
        expect(shown.locator(".note.warn")).to_contain_text(reason)
        visitor.uploads("du_thao", text=f"{demo.DRAFT}\n4. {reason}")
        visitor.fills(demo.ANSWERS["xay_dung_du_thao"])
        visitor.presses("Hoàn thành")
        assert [s.reason for s in office.task(HEAD, "duyet_du_thao").submissions] == reasons[:number]
    visitor.logs_in(HEAD).decides("Trưởng đơn vị duyệt dự thảo", "dong_y", "Đồng ý, chuyển tiếp")
    visitor.goes(f"/ho-so/{office.case_id}?phan=tai-lieu")
    expect(visitor.page.locator(".doc", has_text="Dự thảo").first).to_contain_text("bản 3.0")
    assert office.history("duyet_du_thao") == [
        ("completed", "yeu_cau_chinh_sua", 1),
        ("completed", "yeu_cau_chinh_sua", 2),
        ("completed", "dong_y", 3),
    ]
    assert office.faults() == []
