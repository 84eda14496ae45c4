"""Documents on paper, seen from the pages: begun from a template, compared in words, shown as PDF."""

import io
import re
from collections.abc import Callable
from typing import Any

import docx
import pytest

import offices
from engine import papers
from webui import demo
from webui.papers import Row, stretches

Site = Callable[..., Any]


def word(*paragraphs: str) -> bytes:
    found = docx.Document()
    for text in paragraphs:
        found.add_paragraph(text)
    out = io.BytesIO()
    found.save(out)
    return out.getvalue()


def at(site: Site, stop: str) -> Any:
    """The site where T1 has come to any of its stops."""
    here = site("chuan_bi" if stop in ("xay_dung_du_thao", "duyet_du_thao") else "hoi_dong_gop_y")
    here.office.hurry(stop)
    return here


def attaches(here: Any, element: str, artefact: str, *paragraphs: str) -> None:
    task = here.office.task(offices.DRAFTER, element)
    here.office.engine.cases.attach(offices.DRAFTER, task.id, artefact, "Dự thảo.docx", demo.WORD, word(*paragraphs))


# ---- from a template ---------------------------------------------------------------------------------------------


def test_the_drafter_begins_a_document_from_its_template(site: Site) -> None:
    here = at(site, "xay_dung_du_thao")
    drafter = here.person(offices.DRAFTER)
    page = drafter.sees(drafter.task("xay_dung_du_thao"))
    assert "Tạo từ mẫu" in page.text
    (link,) = [link for link in page.links() if "/mau/" in link]
    assert link == f"/ho-so/{here.office.case_id}/mau/chi_thi.docx?tai_lieu=du_thao"
    answer = drafter.client.get(link)
    assert answer.status_code == 200
    assert answer.headers["Content-Disposition"].startswith("attachment")
    text = papers.text(answer.data)
    for words in (
        "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM",
        "Số: /CT-UBND",
        "Bắc Giang, ngày tháng 01 năm 2022",
        "CHỈ THỊ",
        "Về việc nâng cao chất lượng các nhiệm vụ khoa học và công nghệ",
        "TM. ỦY BAN NHÂN DÂN KT. CHỦ TỊCH PHÓ CHỦ TỊCH",
        "[Phó Chủ tịch UBND tỉnh]",
        "- Lưu: VT, KGVX.",
    ):
        assert words in text
    assert "{{" not in text and "{%" not in text


def test_what_is_filled_in_is_uploaded_as_it_is(site: Site) -> None:
    here = at(site, "xay_dung_du_thao")
    case, office = here.office.case_id, here.office
    made = office.engine.queries.paper(offices.DRAFTER, case, "chi_thi", "du_thao")
    task = office.task(offices.DRAFTER, "xay_dung_du_thao")
    office.engine.cases.attach(offices.DRAFTER, task.id, "du_thao", made.filename, "", made.content)
    (document,) = [d for d in office.task(offices.DRAFTER, "xay_dung_du_thao").documents if d.artefact == "du_thao"]
    assert document.versions[0].media_type == papers_word()


def papers_word() -> str:
    return str(demo.WORD)


def test_a_submission_names_its_number_opinions_and_signer(site: Site) -> None:
    here = at(site, "ky_trinh")
    made = here.office.engine.queries.paper(offices.DRAFTER, here.office.case_id, "to_trinh", "to_trinh")
    text = papers.text(made.content)
    assert "Số: /TTr-KHCN" in text
    assert "lấy ý kiến 13 cơ quan, đơn vị, cá nhân; 13 ý kiến trả lời, trong đó 13 nhất trí" in text
    assert "GIÁM ĐỐC\n[Giám đốc Sở]" in text
    assert "- Lưu: VT, P.QLKH." in text


def test_somebody_outside_gets_no_counts_of_opinions(site: Site) -> None:
    here = site("chi_dao")
    facts = here.office.engine.queries.paper_facts("pct.ubnd", here.office.case_id, "to_trinh", "to_trinh")
    assert set(facts["y_kien"].values()) == {"…"}


@pytest.mark.parametrize("template", ["khong_co", "../../x", "TO_TRINH"])
def test_a_template_that_is_not_there_is_not_found(site: Site, template: str) -> None:
    here = at(site, "xay_dung_du_thao")
    drafter = here.person(offices.DRAFTER)
    assert drafter.sees(f"/ho-so/{here.office.case_id}/mau/{template}.docx").status == 404


def test_who_may_not_see_the_case_gets_nothing_of_it(site: Site) -> None:
    here = at(site, "ky_trinh")
    outsider = here.person("dm.snv")
    case = here.office.case_id
    for address in (f"/ho-so/{case}/mau/to_trinh.docx", f"/ho-so/{case}/tai-lieu/du_thao_1/so-sanh"):
        assert outsider.sees(address).status == 404


# ---- two versions ------------------------------------------------------------------------------------------------


def test_two_versions_stand_side_by_side_in_words(site: Site) -> None:
    here = at(site, "xay_dung_du_thao")
    common = [f"Khoản {n} giữ nguyên như cũ." for n in range(1, 9)]
    attaches(here, "xay_dung_du_thao", "du_thao", *common, "Báo cáo trước ngày 15 <hằng tháng>.", "Bỏ đi hẳn.")
    attaches(here, "xay_dung_du_thao", "du_thao", *common, "Báo cáo trước ngày 20 <hằng tháng>.", "Điều 9 thêm & mới")
    drafter = here.person(offices.DRAFTER)
    page = drafter.sees(drafter.task("xay_dung_du_thao"))
    (link,) = [link for link in page.links() if link.endswith("/so-sanh")]
    shown = drafter.sees(link)
    assert shown.status == 200
    assert "<del>15</del>" in shown.source and "<ins>20</ins>" in shown.source
    assert "&lt;hằng tháng&gt;" in shown.source
    assert "7 đoạn giữ nguyên" in shown.text
    for words in ("1 đoạn sửa", "1 đoạn thêm", "1 đoạn bỏ"):
        assert words in shown.text
    turned = drafter.sees(f"{link}?tu=2&den=1")
    assert "<del>20</del>" in turned.source and "<ins>15</ins>" in turned.source


def test_equal_versions_are_said_to_be_equal_and_one_alone_is_not_compared(site: Site) -> None:
    here = at(site, "xay_dung_du_thao")
    drafter, case = here.person(offices.DRAFTER), here.office.case_id
    attaches(here, "xay_dung_du_thao", "du_thao", "Một.")
    address = f"/ho-so/{case}/tai-lieu/du_thao/so-sanh"
    alone = drafter.sees(address)
    assert alone.status == 409 and "Mới có một bản" in alone.text
    assert "Hai bản có nội dung như nhau." in drafter.sees(f"{address}?tu=1&den=1").text
    assert drafter.sees(f"{address}?tu=1&den=7").status == 404
    assert drafter.sees(f"/ho-so/{case}/tai-lieu/khong_co/so-sanh").status == 404


def test_who_decided_before_is_shown_what_changed_since(site: Site) -> None:
    here = at(site, "duyet_du_thao")
    office = here.office
    office.decides(offices.HEAD, "duyet_du_thao", "yeu_cau_chinh_sua", offices.REASON)
    for day in ("mười lăm", "hai mươi"):
        attaches(here, "xay_dung_du_thao", "du_thao", f"Báo cáo trước ngày {day} hằng tháng.")
    found = office.engine.queries.compared(offices.HEAD, office.case_id, "du_thao")
    assert (found.old.number, found.new.number, found.seen) == (1, 3, 1)
    mine = office.engine.queries.compared(offices.DRAFTER, office.case_id, "du_thao")
    assert (mine.old.number, mine.new.number, mine.seen) == (2, 3, None)


def test_a_pdf_is_not_compared(site: Site) -> None:
    here = at(site, "xay_dung_du_thao")
    task = here.office.task(offices.DRAFTER, "xay_dung_du_thao")
    for n in (1, 2):
        here.office.engine.cases.attach(offices.DRAFTER, task.id, "du_thao", "a.pdf", "", f"%PDF-1.4 {n}".encode())
    drafter = here.person(offices.DRAFTER)
    assert "/so-sanh" not in drafter.sees(drafter.task("xay_dung_du_thao")).source
    refused = drafter.sees(f"/ho-so/{here.office.case_id}/tai-lieu/du_thao/so-sanh")
    assert refused.status == 409 and "chỉ so được tệp Word" in refused.text


@pytest.mark.parametrize(
    ("kinds", "folded"),
    [
        ("ssss", [("ssss", False)]),
        ("sssscssss", [("sss", True), ("s", False), ("c", False), ("s", False), ("sss", True)]),
        ("cssc", [("c", False), ("ss", False), ("c", False)]),
        ("cssssc", [("c", False), ("s", False), ("ss", True), ("s", False), ("c", False)]),
        ("", []),
    ],
)
def test_long_runs_of_the_same_are_folded(kinds: str, folded: list[tuple[str, bool]]) -> None:
    rows = [Row({"s": "same", "c": "changed"}[kind], (), (), "") for kind in kinds]
    found = [("".join(row.kind[0] for row in stretch.rows), stretch.folded) for stretch in stretches(rows)]
    if kinds == "ssss":
        assert found == [("ssss", True)]
        return
    assert found == folded


# ---- as PDF ------------------------------------------------------------------------------------------------------


def test_without_libreoffice_the_file_itself_is_given(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(papers, "converter", lambda: None)
    here = at(site, "xay_dung_du_thao")
    attaches(here, "xay_dung_du_thao", "du_thao", "Một.")
    drafter = here.person(offices.DRAFTER)
    page = drafter.sees(drafter.task("xay_dung_du_thao"))
    assert "Xem PDF" not in page.text
    (version,) = set(re.findall(r"/tep/([\w-]+)", page.source))
    answer = drafter.sees(f"/tep/{version}/xem.pdf")
    assert (answer.status, answer.to) == (302, f"/tep/{version}")
