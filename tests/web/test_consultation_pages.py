"""Pages of rounds of opinions: the table by clause and agency, replies from paper, late answers, who else is asked."""

import io
import re
from collections.abc import Callable
from typing import Any

import offices
from webui import demo

UNIT = "internal_units@chi_cuc_tdc"
PAPER = {
    "decided_by": "Chi cục trưởng Chi cục Tiêu chuẩn",
    "number": "12/CCTĐC",
    "dated": "2022-01-27",
    "received_on": "2022-01-28",
    "channel": "truc",
}


def paper(**more: Any) -> dict[str, Any]:
    return {**PAPER, "paper": (io.BytesIO(b"%PDF-1.4 quet"), "tra-loi.pdf"), **more}


def opinions_of(here: Any, person: str) -> Any:
    return here.office.case(person).consultations[-1].opinions


def test_remarks_are_written_by_clause_and_shown_by_clause_or_agency(site: Callable[..., Any]) -> None:
    here = site("gop_y_noi_bo")
    unit = here.person("cct.tdc")
    task = unit.task("gop_y_noi_bo")
    page = unit.sees(task)
    assert "Thêm góp ý theo điều, khoản" in page.text
    typed = {
        **demo.REMARKS,
        "remark_clause": ["Điều 10", "", ""],
        "remark_text": ["Bổ sung cơ quan phối hợp.", "Rà soát thể thức văn bản.", ""],
    }
    assert unit.sends(page, f"{task}/quyet-dinh", typed).status == 303
    for person in (p for p in offices.ASKED if p != "cct.tdc"):
        here.office.does(person, "gop_y_noi_bo", demo.AGREES)
    drafter = here.person("cv.qlkh.1")
    work = drafter.task("hoan_thien_du_thao_1")
    table = drafter.sees(f"{work}/y-kien")
    assert "Điều 10 · 1 ý kiến" in table.text and "Ý kiến chung về dự thảo · 1 ý kiến" in table.text
    assert "Tất cả ý kiến 3" in table.text and "Chưa giải trình 3" in table.text
    by_agency = drafter.sees(f"{work}/y-kien?nhom=co-quan")
    assert "· 3 ý kiến" in by_agency.text and "Điều 10." in by_agency.text
    ids = re.findall(r'name="remark" value="([^"]+)"', table.source)
    assert len(ids) == 3
    done = drafter.sends(table, f"{work}/tiep-thu-het", {"remark": ids, "text": "Đã bổ sung vào dự thảo."})
    assert done.status == 303
    shown = drafter.sees(done.to)
    assert "Đã tiếp thu: 3 ý kiến." in shown.text and "Chưa giải trình" not in shown.text
    assert "Tiếp thu 3" in drafter.sees(f"{work}/y-kien?loc=tiep_thu").text.replace("Đã tiếp thu", "Tiếp thu")


def test_wrong_remarks_come_back_with_what_was_typed(site: Callable[..., Any]) -> None:
    here = site("gop_y_noi_bo")
    unit = here.person("cct.tdc")
    task = unit.task("gop_y_noi_bo")
    typed = {**demo.REMARKS, "remark_clause": ["Điều 10"], "remark_text": [""]}
    answer = unit.sends(unit.sees(task), f"{task}/quyet-dinh", typed)
    assert answer.status == 422 and "Điều 10" in answer.source


def test_the_clerk_records_a_reply_from_paper(site: Callable[..., Any]) -> None:
    here = site("gop_y_noi_bo")
    clerk = here.person("vt.so")
    case = f"/ho-so/{here.office.case_id}?phan=y-kien"
    shown = clerk.sees(case)
    assert "Ghi nhận thay…" in shown.text
    opinion = next(o for o in opinions_of(here, "vt.so") if o.who.startswith("Chi cục"))
    address = f"/viec/{opinion.task_id}/ghi-nhan-thay"
    assert address in shown.links()
    form = clerk.sees(address)
    assert f"Ghi nhận thay: {opinion.who}" in form.text and "Bản quét văn bản" in form.text
    wrong = clerk.sends(form, address, {**demo.REMARKS, **PAPER, "decided_by": ""})
    assert wrong.status == 422
    assert "Người quyết định" in wrong.text and demo.REMARKS["noi_dung"] in wrong.source
    done = clerk.sends(form, address, {**demo.REMARKS, **paper()}, content_type="multipart/form-data")
    assert done.status == 303
    told = clerk.sees(done.to).text
    assert "ghi nhận thay bởi Văn thư Sở" in told or "Văn thư Sở" in told
    assert "số 12/CCTĐC" in told.lower() or "12/CCTĐC" in told
    journal = clerk.sees(f"/ho-so/{here.office.case_id}?phan=nhat-ky").text
    assert "ghi nhận thay: Chi cục trưởng Chi cục Tiêu chuẩn" in journal


def test_the_clerk_records_a_decision_of_an_outside_body(site: Callable[..., Any]) -> None:
    here = site("chi_dao")
    case = here.office.case()
    task = next(row.task_id for row in case.gates if row.element == "chi_dao" and row.task_id)
    clerk = here.person("vt.so")
    assert f"/viec/{task}/ghi-nhan-thay" in clerk.sees(f"/viec/{task}").links()
    form = clerk.sees(f"/viec/{task}/ghi-nhan-thay")
    refused = clerk.sends(form, f"/viec/{task}/ghi-nhan-thay", PAPER)
    assert refused.status == 422
    sent = {"outcome": "dong_y", **paper(decided_by="Phó Chủ tịch UBND tỉnh")}
    done = clerk.sends(form, f"/viec/{task}/ghi-nhan-thay", sent, content_type="multipart/form-data")
    assert done.status == 303, done.text
    assert "Đã ghi nhận thay: Phó Chủ tịch UBND tỉnh." in clerk.sees(done.to).text
    leader = here.person("pgd.so.1")
    assert f"/viec/{task}/ghi-nhan-thay" not in leader.sees(f"/viec/{task}").links()


def test_a_late_opinion_is_sent_from_the_task_and_marked(site: Callable[..., Any]) -> None:
    here = site("hoi_dong_gop_y")
    member = here.person("hd.khcn.7")
    task = member.task("hoi_dong_gop_y")
    here.office.at("2022-03-01")
    page = member.sees(task)
    assert f"{task}/gui-muon" in page.links()
    form = member.sees(f"{task}/gui-muon")
    assert "không trả lời trong thời hạn vẫn được hiểu như trước" in form.text
    assert member.sends(form, f"{task}/gui-muon", {"outcome": "dong_y_co_y_kien"}).status == 422
    done = member.sends(form, f"{task}/gui-muon", demo.REMARKS)
    assert done.status == 303
    assert "Đã lưu ý kiến và ghi rõ là đến muộn." in member.sees(done.to).text
    drafter = here.person("cv.qlkh.1")
    table = drafter.sees(f"{drafter.task('hoan_thien_du_thao_2')}/y-kien")
    assert re.search(r"đến muộn \d+ ngày", table.text) and "Đến muộn 1" in table.text


def test_further_recipients_are_asked_and_taken_off(site: Callable[..., Any]) -> None:
    here = site("gop_y_noi_bo")
    drafter = here.person("cv.qlkh.1")
    case = f"/ho-so/{here.office.case_id}"
    round_ = here.office.case("cv.qlkh.1").consultations[-1]
    address = f"{case}/dot/{round_.id}/them-noi-nhan"
    assert address in drafter.sees(f"{case}?phan=y-kien").links()
    form = drafter.sees(address)
    assert "Giám đốc Sở" in form.text
    assert drafter.sends(form, address, {"participants": "gd.so", "reason": "x"}).status == 422
    done = drafter.sends(form, address, {"participants": "gd.so", "reason": offices.REASON})
    shown = drafter.sees(done.to)
    assert "Đã xin ý kiến thêm: Giám đốc Sở." in shown.text and "hỏi bổ sung" in shown.text
    opinion = next(o for o in opinions_of(here, "cv.qlkh.1") if o.who == "Giám đốc Sở")
    off = f"{case}/y-kien/{opinion.id}/rut"
    assert off in shown.links()
    page = drafter.sees(off)
    assert drafter.sends(page, off, {"reason": ""}).status == 422
    done = drafter.sends(page, off, {"reason": offices.REASON})
    assert "Đã rút khỏi đợt: Giám đốc Sở." in drafter.sees(done.to).text
    head = here.person("tp.qlkh")
    assert address not in head.sees(f"{case}?phan=y-kien").links()
    assert head.sees(address).status == 303


def test_the_table_is_offered_as_a_word_document(site: Callable[..., Any]) -> None:
    here = site("gop_y_noi_bo")
    here.office.does("cct.tdc", "gop_y_noi_bo", demo.REMARKS)
    drafter = here.person("cv.qlkh.1")
    round_ = here.office.case("cv.qlkh.1").consultations[-1]
    file = drafter.sees(f"/ho-so/{here.office.case_id}/bang-tong-hop.docx?dot={round_.id}")
    assert file.status == 200 and file.answer.data.startswith(b"PK")
    assert "attachment" in file.answer.headers["Content-Disposition"]
    outsider = here.person("hd.khcn.1")
    assert outsider.sees(f"/ho-so/{here.office.case_id}/bang-tong-hop.docx").status == 404
