"""Word documents: the blank forms, filling them in, the signature block, what two of them say differently, tables."""

import io
import json
import re
import zipfile
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import docx
import openpyxl
import pytest
from docx.shared import Pt

from engine import DefinitionError, definitions, dmn, feel, papers
from engine.papers import blank, blocks, comparing, filling, reports
from engine.queries import papers as writing
from engine.queries.progress import ProgressRow, ResultRow
from engine.queries.views import Collated, CollatedRow

SHARED = Path(__file__).parents[1] / "workflows" / "shared"
ISSUERS = {
    name: papers.Issuer.read(told)
    for name, told in json.loads((SHARED / "templates" / "co_quan.json").read_text("utf-8")).items()
    if name != "note"
}


def decide(facts: Mapping[str, Any]) -> Mapping[str, Any]:
    table = dmn.parse((SHARED / "tham_quyen_ky.dmn").read_bytes(), "tham_quyen_ky").decision("tham_quyen_ky")
    found: Mapping[str, Any] = table.evaluate(facts, feel.Env(None, datetime(2022, 1, 4, tzinfo=UTC))).value
    return found


def document(*paragraphs: str) -> bytes:
    found = docx.Document()
    for text in paragraphs:
        found.add_paragraph(text)
    out = io.BytesIO()
    found.save(out)
    return out.getvalue()


# ---- the blank forms ---------------------------------------------------------------------------------------------


def test_the_blank_forms_are_what_their_generator_writes() -> None:
    assert {path.stem for path in (SHARED / "templates").glob("*.docx")} == set(blank.BLANKS)
    differing = [name for name, make in blank.BLANKS.items() if make().bytes() != papers.shipped(name)]
    assert differing == []


@pytest.mark.parametrize("name", sorted(blank.BLANKS))
def test_a_blank_form_is_laid_out_as_the_decree_wants(name: str) -> None:
    found = docx.Document(io.BytesIO(papers.shipped(name)))
    page = found.sections[0]
    assert sorted(round(side.mm) for side in (page.page_width, page.page_height)) == [210, 297]
    assert (page.page_width > page.page_height) is (name == "bang_tong_hop")
    top, bottom, left, right = (
        round(margin.mm) for margin in (page.top_margin, page.bottom_margin, page.left_margin, page.right_margin)
    )
    assert 20 <= top <= 25 and 20 <= bottom <= 25
    assert name == "bang_tong_hop" or (30 <= left <= 35 and 15 <= right <= 20)
    assert page.different_first_page_header_footer
    assert "PAGE" in page.header._element.xml and "PAGE" not in page.first_page_header._element.xml
    normal = found.styles["Normal"].font
    assert (normal.name, normal.size) == ("Times New Roman", Pt(14))
    text = papers.text(papers.shipped(name))
    assert "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM" in text
    assert "Độc lập - Tự do - Hạnh phúc" in text
    for tag in ("{{ co_quan }}", "{{ so }}", "{{ dia_danh_ngay }}"):
        assert tag in text


def test_the_names_in_braces_are_those_that_a_case_gives() -> None:
    import docxtpl

    known = {*filling.NAMES}
    for name in blank.BLANKS:
        asked = docxtpl.DocxTemplate(io.BytesIO(papers.shipped(name))).get_undeclared_template_variables()
        assert asked <= known, name


def test_every_template_that_an_artefact_names_is_there() -> None:
    named = {
        (file.parent.name, told["template"])
        for file in SHARED.parent.glob("*/artefacts.json")
        for told in json.loads(file.read_text("utf-8")).values()
        if isinstance(told, dict) and "template" in told
    }
    missing = [
        (folder, name)
        for folder, name in named
        if not any((SHARED.parent / where / "templates" / f"{name}.docx").is_file() for where in (folder, "shared"))
    ]
    assert missing == []


# ---- filling in --------------------------------------------------------------------------------------------------


def test_facts_are_filled_in_as_they_are_and_never_read_as_a_template() -> None:
    facts = {"trich_yeu": "phối hợp A & B <c> {{ so }} {% if x %}", "so": "Số: 04/TTr-KHCN", "kinh_gui": ["Ủy ban."]}
    text = papers.text(papers.render(papers.shipped("to_trinh"), facts))
    assert "Về việc phối hợp A & B <c> {{ so }} {% if x %}" in text
    assert "Số: 04/TTr-KHCN" in text
    assert "Kính gửi: Ủy ban." in text


def test_the_same_facts_give_the_same_bytes_and_others_do_not() -> None:
    one = papers.render(papers.shipped("cong_van"), {"so": "Số: 1/KHCN-QLKH"})
    assert one == papers.render(papers.shipped("cong_van"), {"so": "Số: 1/KHCN-QLKH"})
    assert one != papers.render(papers.shipped("cong_van"), {"so": "Số: 2/KHCN-QLKH"})


def test_characters_that_a_document_cannot_hold_are_left_out() -> None:
    facts = {"so": "Số\x00\x07\x0b\x0c\ud800: 1", "trich_yeu": "a\r\nb"}
    text = papers.text(papers.render(papers.shipped("bao_cao"), facts))
    assert "Số: 1" in text
    assert "a b" in text


def test_several_addressees_stand_below_each_other_and_none_leaves_no_line() -> None:
    several = {"kinh_gui": ["A", "B"], "kinh_gui_danh_sach": "- A;\n- B."}
    assert "- A; - B." in papers.text(papers.render(papers.shipped("cong_van"), several))
    one = papers.text(papers.render(papers.shipped("cong_van"), {"kinh_gui": ["A"]}))
    assert one.count("Kính gửi") == 1
    assert "{%" not in one


def test_urgency_stands_in_a_box_only_when_there_is_some() -> None:
    urgent = papers.render(papers.shipped("cong_van"), {"do_khan": "THƯỢNG KHẨN"})
    assert "THƯỢNG KHẨN" in papers.text(urgent)
    with zipfile.ZipFile(io.BytesIO(urgent)) as parts:
        boxed = parts.read("word/document.xml").decode()
    calm = papers.render(papers.shipped("cong_van"), {"do_khan": ""})
    with zipfile.ZipFile(io.BytesIO(calm)) as parts:
        assert parts.read("word/document.xml").decode().count("w:left w:val") < boxed.count("w:left w:val")


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "unreadable"),
        (b"PK\x03\x04 nothing", "unreadable"),
        (b"%PDF-1.7", "unreadable"),
    ],
)
def test_what_is_no_word_file_is_refused(content: bytes, code: str) -> None:
    for ask in (papers.text, lambda x: papers.render(x, {}), papers.to_pdf if papers.converter() else papers.text):
        with pytest.raises(papers.PaperError) as refused:
            ask(content)
        assert refused.value.code == code


def test_a_file_that_unpacks_without_end_is_refused() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as parts:
        parts.writestr("word/document.xml", b"<w:document/>")
        with parts.open("word/media/image1.png", "w", force_zip64=True) as part:
            for _ in range(210):
                part.write(bytes(1_000_000))
    with pytest.raises(papers.PaperError) as refused:
        papers.text(out.getvalue())
    assert refused.value.code == "too_big"


def test_a_template_cannot_reach_into_the_program() -> None:
    for tag in ("{{ ''.__class__.__mro__ }}", "{{ cycler.__init__.__globals__ }}", "{% for x in y %}"):
        try:
            made = papers.text(papers.render(document(tag), {}))
        except papers.PaperError as error:
            assert error.code == "template"
        else:
            assert "class" not in made and "os" not in made


# ---- lines whose form is fixed -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("symbol", "pattern", "expected"),
    [
        ("04/CT-UBND", "{n}/CT-UBND", "Số: 04/CT-UBND"),
        (None, "{n}/KH-KHCN", "Số:      /KH-KHCN"),
        (None, "{n}/{yyyy}/NQ-HĐND", "Số:      /2022/NQ-HĐND"),
    ],
)
def test_the_number_and_its_blank_form(symbol: str | None, pattern: str, expected: str) -> None:
    assert papers.number_line(symbol, pattern, 2022) == expected


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (date(2022, 2, 5), "Bắc Giang, ngày 05 tháng 02 năm 2022"),
        (date(2022, 1, 28), "Bắc Giang, ngày 28 tháng 01 năm 2022"),
        (date(2022, 3, 1), "Bắc Giang, ngày 01 tháng 3 năm 2022"),
        (date(2022, 11, 10), "Bắc Giang, ngày 10 tháng 11 năm 2022"),
        (None, "Bắc Giang, ngày    tháng 02 năm 2022"),
    ],
)
def test_the_date_and_its_blank_form(day: date | None, expected: str) -> None:
    assert papers.date_line("Bắc Giang", day, date(2022, 2, 14)) == expected


def test_recipients_end_with_what_is_kept() -> None:
    found = papers.recipients(["Như trên", "Giám đốc Sở (b/cáo)"], "VT, P.QLKH")
    assert found == "- Như trên;\n- Giám đốc Sở (b/cáo);\n- Lưu: VT, P.QLKH."


def test_number_and_date_are_written_where_their_blank_forms_stand() -> None:
    facts = {"so": papers.number_line(None, "{n}/CT-UBND", 2022), "co_quan": "ỦY BAN NHÂN DÂN"}
    facts["dia_danh_ngay"] = papers.date_line("Bắc Giang", None, date(2022, 2, 1))
    signed = papers.render(papers.shipped("chi_thi"), facts)
    issued = papers.numbered(signed, "01/CT-UBND", date(2022, 3, 1))
    changed = [change for change in papers.compare(signed, issued) if change.kind != "same"]
    assert [change.kind for change in changed] == ["changed", "changed"]
    text = papers.text(issued)
    assert "Số: 01/CT-UBND" in text
    assert "Bắc Giang, ngày 01 tháng 3 năm 2022" in text
    assert issued == papers.numbered(signed, "01/CT-UBND", date(2022, 3, 1))


@pytest.mark.parametrize(
    ("paragraph", "symbol", "expected"),
    [
        ("Số: …./BC-KHCN", "07/BC-KHCN", "Số: 07/BC-KHCN"),
        ("Số:        /2022/NQ-HĐND", "12/2022/NQ-HĐND", "Số: 12/2022/NQ-HĐND"),
        ("Số:      /BC-KHCN", "01/CT-UBND", "Số: /BC-KHCN"),
        ("Số: 05/CT-UBND", "01/CT-UBND", "Số: 05/CT-UBND"),
        ("Bắc Giang, ngày … tháng … năm 2022", "1/x", "Bắc Giang, ngày 31 tháng 3 năm 2022"),
        ("Hoàn thành ngày    tháng 3 năm 2022, báo cáo", "1/x", "Hoàn thành ngày tháng 3 năm 2022, báo cáo"),
        ("Bắc Giang, ngày 05 tháng 02 năm 2022", "1/x", "Bắc Giang, ngày 05 tháng 02 năm 2022"),
    ],
)
def test_only_a_blank_form_of_the_same_register_is_filled_in(paragraph: str, symbol: str, expected: str) -> None:
    given = document(paragraph)
    made = papers.numbered(given, symbol, date(2022, 3, 31))
    assert papers.text(made) == expected
    assert (made == given) is (papers.text(given) == expected)


# ---- the signature block -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("issuer", "role", "title", "how", "lines", "written"),
    [
        ("so_khcn", "thu_truong", "GIÁM ĐỐC", {}, ["GIÁM ĐỐC"], False),
        ("so_khcn", "cap_pho", "PHÓ GIÁM ĐỐC", {}, ["KT. GIÁM ĐỐC", "PHÓ GIÁM ĐỐC"], False),
        ("ubnd_tinh", "thu_truong", "CHỦ TỊCH", {}, ["TM. ỦY BAN NHÂN DÂN", "CHỦ TỊCH"], False),
        (
            "ubnd_tinh",
            "cap_pho",
            "PHÓ CHỦ TỊCH",
            {},
            ["TM. ỦY BAN NHÂN DÂN", "KT. CHỦ TỊCH", "PHÓ CHỦ TỊCH"],
            False,
        ),
        ("ct_ubnd_tinh", "cap_pho", "PHÓ CHỦ TỊCH", {}, ["KT. CHỦ TỊCH", "PHÓ CHỦ TỊCH"], False),
        ("ct_ubnd_tinh", "thu_truong", "CHỦ TỊCH", {}, ["CHỦ TỊCH"], False),
        (
            "so_khcn",
            "truong_don_vi",
            "CHÁNH VĂN PHÒNG",
            {"delegation_type": "thua_lenh"},
            ["TL. GIÁM ĐỐC", "CHÁNH VĂN PHÒNG"],
            True,
        ),
        (
            "so_khcn",
            "truong_don_vi",
            "TRƯỞNG PHÒNG",
            {"delegation_type": "thua_uy_quyen"},
            ["TUQ. GIÁM ĐỐC", "TRƯỞNG PHÒNG"],
            True,
        ),
        ("so_khcn", "quyen", "GIÁM ĐỐC", {}, ["Q. GIÁM ĐỐC"], True),
        ("ubnd_tinh", "quyen", "CHỦ TỊCH", {}, ["TM. ỦY BAN NHÂN DÂN", "Q. CHỦ TỊCH"], True),
        (
            "so_khcn",
            "pho_phu_trach",
            "PHÓ GIÁM ĐỐC",
            {"head_absent": True},
            ["KT. GIÁM ĐỐC", "PHÓ GIÁM ĐỐC"],
            True,
        ),
        (
            "ubnd_tinh",
            "pho_phu_trach",
            "PHÓ CHỦ TỊCH",
            {"head_absent": True},
            ["TM. ỦY BAN NHÂN DÂN", "KT. CHỦ TỊCH", "PHÓ CHỦ TỊCH"],
            True,
        ),
        ("hdnd_tinh", "thu_truong", "CHỦ TỊCH", {}, ["CHỦ TỊCH"], False),
        ("btc_giai", "thu_truong", "TRƯỞNG BAN", {}, ["TM. BAN TỔ CHỨC", "TRƯỞNG BAN"], False),
        ("bcd_iso", "thu_truong", "TRƯỞNG BAN", {}, ["TM. BAN CHỈ ĐẠO", "TRƯỞNG BAN"], False),
    ],
)
def test_the_block_is_what_the_decree_has(
    issuer: str, role: str, title: str, how: dict[str, Any], lines: list[str], written: bool
) -> None:
    found = papers.block(decide, ISSUERS[issuer], role, title, **how)
    assert (list(found.lines), found.requires_written_delegation) == (lines, written)


@pytest.mark.parametrize(
    ("role", "how", "reason"),
    [
        ("truong_don_vi", {}, "khong_duoc_giao"),
        ("cap_pho", {"in_field": False}, "ngoai_linh_vuc"),
        ("pho_phu_trach", {}, "khong_duoc_giao"),
    ],
)
def test_who_may_not_sign_gets_no_block(role: str, how: dict[str, Any], reason: str) -> None:
    with pytest.raises(papers.NotAllowed) as refused:
        papers.block(decide, ISSUERS["so_khcn"], role, "TRƯỞNG PHÒNG", **how)
    assert refused.value.reason == reason


def test_whoever_signs_for_an_agency_has_a_row_in_the_table() -> None:
    for issuer in ISSUERS.values():
        for role, title, _ in issuer.signers.values():
            how = {"delegation_type": "thua_lenh"} if role == "truong_don_vi" else {}
            assert papers.block(decide, issuer, role, title, **how).lines[-1].endswith(title)
    assert blocks.DECISION == "tham_quyen_ky"


# ---- what is said differently ------------------------------------------------------------------------------------


def told(old: list[str], new: list[str]) -> list[tuple[str, list[tuple[str, str]]]]:
    found = papers.compare(document(*old), document(*new))
    return [(change.kind, list(change.words)) for change in found]


def test_what_is_equal_is_the_same_and_nothing_else() -> None:
    assert told(["Điều 1.", "Điều 2."], ["Điều 1.", "Điều 2."]) == [
        ("same", [("same", "Điều 1.")]),
        ("same", [("same", "Điều 2.")]),
    ]


def test_a_changed_paragraph_is_told_in_words() -> None:
    old = ["Các sở báo cáo trước ngày 15 tháng 3 hằng năm."]
    new = ["Các sở, ngành báo cáo trước ngày 20 tháng 3 hằng năm."]
    assert told(old, new) == [
        (
            "changed",
            [
                ("same", "Các sở"),
                ("inserted", ", ngành"),
                ("same", " báo cáo trước ngày "),
                ("deleted", "15"),
                ("inserted", "20"),
                ("same", " tháng 3 hằng năm."),
            ],
        )
    ]


def test_new_and_struck_paragraphs_are_told_whole_where_they_stand() -> None:
    old = ["Mở đầu.", "Khoản này bị bỏ hẳn đi.", "Kết thúc."]
    new = ["Mở đầu.", "Kết thúc.", "Phụ lục hoàn toàn mới thêm vào."]
    assert told(old, new) == [
        ("same", [("same", "Mở đầu.")]),
        ("deleted", [("deleted", "Khoản này bị bỏ hẳn đi.")]),
        ("same", [("same", "Kết thúc.")]),
        ("inserted", [("inserted", "Phụ lục hoàn toàn mới thêm vào.")]),
    ]
    found = papers.compare(document(*old), document(*new))
    assert [(change.old, change.new) for change in found] == [(1, 1), (2, None), (3, 2), (None, 3)]


def test_the_two_sides_of_a_comparison_are_the_two_documents() -> None:
    old = ["I. Mở đầu", "a b c d e", "Giữ nguyên", "x y z", "Một đoạn khác hẳn"]
    new = ["I. Mở đầu chung", "a b d e f", "Thêm", "Giữ nguyên", "Một đoạn khác lạ", "x y z w"]
    found = papers.compare(document(*old), document(*new))
    sides = [
        ["".join(text for kind, text in change.words if kind != gone) for change in found if change.kind != gone]
        for gone in ("inserted", "deleted")
    ]
    assert sides == [old, new]


def test_tables_are_compared_cell_by_cell() -> None:
    def table(value: str) -> bytes:
        found = docx.Document()
        grid = found.add_table(2, 2)
        for n, text in enumerate(["TT", "Nội dung", "1", value]):
            grid.cell(n // 2, n % 2).text = text
        out = io.BytesIO()
        found.save(out)
        return out.getvalue()

    found = papers.compare(table("hạn tháng 3"), table("hạn tháng 4"))
    changed = [change for change in found if change.kind != "same"]
    assert [(change.kind, change.place, change.words) for change in changed] == [
        ("changed", (1, 2, 2), (("same", "hạn tháng "), ("deleted", "3"), ("inserted", "4")))
    ]


def test_what_word_tracks_as_struck_is_gone_and_as_inserted_is_there() -> None:
    found = docx.Document()
    paragraph = found.add_paragraph("Điều 1. ")
    body = paragraph._p
    for tag, inner, text in (("del", "delText", "cũ"), ("ins", "t", "mới")):
        part = docx.oxml.parse_xml(
            f'<w:{tag} xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" w:id="1" w:author="a">'
            f"<w:r><w:{inner}>{text}</w:{inner}></w:r></w:{tag}>"
        )
        body.append(part)
    out = io.BytesIO()
    found.save(out)
    assert papers.text(out.getvalue()) == "Điều 1. mới"


def test_a_thousand_paragraphs_are_compared_in_seconds() -> None:
    old = [comparing.Line(f"Khoản {n}. Cơ quan số {n} báo cáo kết quả trước ngày {n % 28 + 1}.") for n in range(1000)]
    new = [replace(line, text=line.text.replace("kết quả", "tiến độ")) for line in old]
    found = comparing.differences(old, new)
    assert len([change for change in found if change.kind in ("changed", "inserted")]) == 1000


# ---- tables out of rows ------------------------------------------------------------------------------------------


ROWS = [
    ProgressRow(
        code="T1",
        title="=Chỉ thị & chất lượng",
        lead_unit="phong_qlkh",
        planned_start="2022-01",
        planned_finish="2022-03",
        committed_finish="2022-03",
        latest_finish="2022-04",
        started_on=date(2022, 1, 28),
        finished_on=date(2022, 3, 31),
        status="hoan_thanh_dung_han",
        colour="blue",
        results_done=1,
        results_total=2,
        origin="ubnd_giao",
        lead_unit_name="Phòng Quản lý Khoa học",
        results=(
            ResultRow("T1-r1", "Hoàn thiện Dự thảo 1", False),
            ResultRow("T1-r3", "- Chỉ thị được ký", True, "01/CT-UBND", date(2022, 3, 31)),
        ),
    ),
    ProgressRow(
        code="T2",
        title="ISO",
        lead_unit="chi_cuc_tdc",
        planned_start="2022-01",
        planned_finish="2022-12",
        committed_finish="2022-12",
        latest_finish="2022-12",
        started_on=None,
        finished_on=None,
        status="chua_thuc_hien_qua_han_bat_dau",
        colour="red",
        results_done=0,
        results_total=6,
        lead_unit_name="Chi cục TĐC",
    ),
]


def test_the_table_of_progress_has_real_dates_and_counts_by_formulas() -> None:
    made = papers.progress_sheet(ROWS, "tháng 3 năm 2022")
    assert made == papers.progress_sheet(ROWS, "tháng 3 năm 2022")
    book = openpyxl.load_workbook(io.BytesIO(made))
    sheet = book["Tiến độ"]
    assert [cell.value for cell in sheet[1]] == [
        "TT",
        "Nhiệm vụ",
        "Đơn vị chủ trì",
        "Bắt đầu",
        "Thời hạn",
        "Chậm nhất",
        "Kết quả đến kỳ báo cáo",
        "Trạng thái",
        "Ghi chú",
    ]
    first = [cell.value for cell in sheet[2]]
    assert first[1] == "=Chỉ thị & chất lượng" and sheet["B2"].data_type == "s"
    assert [when.date() for when in first[3:6]] == [date(2022, 1, 28), date(2022, 3, 31), date(2022, 4, 30)]
    assert sheet["E2"].is_date
    assert first[6] == "1/2: Chỉ thị được ký (01/CT-UBND, 31/03/2022)"
    assert first[7:] == ["Hoàn thành đúng hạn", "Chủ tịch UBND tỉnh giao; Hoàn thành ngày 31/03/2022"]
    assert sheet["D3"].value.date() == date(2022, 1, 1)
    assert (sheet.freeze_panes, sheet.auto_filter.ref) == ("C2", "A1:I3")
    assert book["Tổng hợp"]["B2"].value == "=COUNTIF('Tiến độ'!$H$2:$H$3,A2)"


def test_the_totals_of_a_report_add_up() -> None:
    every = [replace(ROWS[0], status=status) for status in reports.STATUSES]
    found = papers.totals(every)
    assert found["hoan_thanh"] == found["truoc_han"] + found["dung_han"] + found["hoan_thanh_qua_han"]
    assert found["dang_thuc_hien"] == found["trong_han"] + found["dang_qua_han"]
    assert (
        found["so"] == len(every) == sum(found[n] for n in ("hoan_thanh", "dang_thuc_hien", "chua_thuc_hien", "khac"))
    )


def test_the_report_says_how_every_task_stands() -> None:
    made = papers.progress_report(ROWS, "tháng 3 năm 2022", {"ten_co_quan": "Sở KH&CN"}, date(2022, 3, 14))
    text = papers.text(made)
    assert "Kết quả thực hiện nhiệm vụ trọng tâm tháng 3 năm 2022" in text
    assert "số liệu tính đến hết ngày 14/03/2022" in text
    assert "Tổng số 2 nhiệm vụ; hoàn thành 1 (trước hạn 0, đúng hạn 1, quá hạn 0)" in text
    assert "chưa thực hiện 1" in text
    rows = docx.Document(io.BytesIO(made)).tables[-1].rows
    assert [[cell.text for cell in row.cells][:1] for row in rows] == [["TT"], ["1"], ["2"]]
    assert rows[0]._tr.xml.count("w:tblHeader") == 1


def test_the_collated_table_says_what_became_of_every_remark() -> None:
    common: dict[str, Any] = {"clause": None, "remark": None, "response": None, "response_text": None, "late": False}
    rows = [
        CollatedRow(
            1,
            "Sở Nội vụ",
            **{**common, "clause": "Khoản 2", "remark": "Rõ <trách nhiệm> & kinh phí"}
            | {"response": "giai_trinh", "response_text": "Đã quy định tại khoản 3."},
            outcome="dong_y_co_y_kien",
            recorded_by="Văn thư Sở",
            number="12/SNV",
            dated=date(2022, 2, 9),
        ),
        CollatedRow(2, "Sở Tài chính", **common, outcome="khong_tra_loi", recorded_by=None),
        CollatedRow(
            3,
            "Công an tỉnh",
            **{**common, "late": True, "remark": "Bỏ khoản 4"},
            outcome="khong_dong_y",
            recorded_by=None,
        ),
    ]
    collated = Collated("HS-2022-0001", "Chỉ thị", "Dự thảo 1", "2.0", 3, 2, 1, rows, {"khong_dong_y": 1})
    made = papers.collated_table(collated)
    table = docx.Document(io.BytesIO(made)).tables[1]
    cells = [[cell.text for cell in row.cells] for row in table.rows]
    assert cells[0] == [
        "TT",
        "Cơ quan, đơn vị, cá nhân góp ý",
        "Nội dung dự thảo",
        "Ý kiến góp ý",
        "Tiếp thu, giải trình",
    ]
    assert cells[1] == [
        "1",
        "Sở Nội vụ\n(Văn bản số 12/SNV ngày 09/02/2022)\n(ghi nhận thay: Văn thư Sở)",
        "Khoản 2",
        "Rõ <trách nhiệm> & kinh phí",
        "Giải trình: Đã quy định tại khoản 3.",
    ]
    assert cells[2] == ["2", "Sở Tài chính", "", "Không trả lời trong thời hạn", ""]
    assert cells[3][3:] == ["Không nhất trí:\nBỏ khoản 4\n(đến sau thời hạn)", "Chưa tiếp thu, giải trình"]
    assert "gửi lấy ý kiến 3 cơ quan" in papers.text(made)
    assert "Đối với Dự thảo 1 (bản 2.0), hồ sơ HS-2022-0001" in papers.text(made)


# ---- what a document is about ------------------------------------------------------------------------------------


DIRECTIVE = "Chỉ thị nâng cao chất lượng các nhiệm vụ khoa học và công nghệ"
RULES = "Quyết định ban hành Quy chế phối hợp thực thi, bảo vệ quyền sở hữu trí tuệ"
RESOLUTION = "Nghị quyết quy định mức hỗ trợ"
ISO = "Áp dụng, duy trì, cải tiến HTQLCL theo TCVN ISO 9001"


@pytest.mark.parametrize(
    ("template", "name", "subject", "line"),
    [
        ("chi_thi", "Dự thảo 1", DIRECTIVE, "nâng cao chất lượng các nhiệm vụ khoa học và công nghệ"),
        ("chi_thi", "Bản trình ký", DIRECTIVE, "nâng cao chất lượng các nhiệm vụ khoa học và công nghệ"),
        ("chi_thi", "Dự thảo trình nội bộ", DIRECTIVE, "nâng cao chất lượng các nhiệm vụ khoa học và công nghệ"),
        ("to_trinh", "Tờ trình", DIRECTIVE, f"ban hành {DIRECTIVE}"),
        ("to_trinh", "", DIRECTIVE, f"ban hành {DIRECTIVE}"),
        ("to_trinh", "Tờ trình UBND tỉnh của Sở", RESOLUTION, f"ban hành {RESOLUTION}"),
        ("to_trinh", "Tờ trình đề nghị xây dựng Nghị quyết", RESOLUTION, f"đề nghị xây dựng {RESOLUTION}"),
        ("to_trinh", "Tờ trình xếp hạng", ISO, "xếp hạng"),
        ("bao_cao", "Báo cáo xin ý kiến Phó Chủ tịch", DIRECTIVE, f"Xin ý kiến Phó Chủ tịch về dự thảo {DIRECTIVE}"),
        ("cong_van", "Công văn xin ý kiến Hội đồng", DIRECTIVE, f"xin ý kiến Hội đồng đối với dự thảo {DIRECTIVE}"),
        ("quyet_dinh", "Dự thảo Quyết định thành lập Tổ", RULES, f"thành lập Tổ xây dựng {RULES}"),
        ("quyet_dinh", "Dự thảo QĐ xếp hạng", ISO, "xếp hạng"),
        (
            "quyet_dinh",
            "Dự thảo 2",
            RULES,
            "ban hành Quy chế phối hợp thực thi, bảo vệ quyền sở hữu trí tuệ",
        ),
        ("quyet_dinh", "Bản trình ký", "Quy chế phối hợp", "ban hành Quy chế phối hợp"),
        ("to_trinh", "Tờ trình", "Quy chế phối hợp", "ban hành Quy chế phối hợp"),
        ("nghi_quyet", "Dự thảo Nghị quyết", "Nghị quyết HĐND tỉnh về mức hỗ trợ", "Về mức hỗ trợ"),
        ("nghi_quyet", "Dự thảo Nghị quyết được tiếp thu, chỉnh sửa", RESOLUTION, "Quy định mức hỗ trợ"),
        ("nghi_quyet", "Nghị quyết của HĐND tỉnh đã ký chứng thực", RESOLUTION, "Quy định mức hỗ trợ"),
        ("thong_bao", "Dự thảo Thông báo phân công nhiệm vụ", RULES, f"Phân công nhiệm vụ xây dựng {RULES}"),
        ("thong_bao", "Thông báo kết luận phiên họp", RULES, f"Kết luận phiên họp về dự thảo {RULES}"),
        ("huong_dan", "Dự thảo hướng dẫn chấm điểm", ISO, "Chấm điểm"),
        ("phieu_trinh", "", DIRECTIVE, DIRECTIVE),
        ("ke_hoach", "Kế hoạch chi tiết của Chi cục", ISO, "Chi tiết của Chi cục"),
    ],
)
def test_the_subject_line_of_a_document(template: str, name: str, subject: str, line: str) -> None:
    assert writing.about(template, name, subject) == line


@pytest.mark.parametrize(
    ("unit", "short"),
    [
        ("Phòng QLKH", "P.QLKH"),
        ("Chi cục TĐC", "CCTĐC"),
        ("Văn phòng Sở", "VP"),
        ("Trung tâm Ứng dụng", "TTƯD"),
        ("Phòng KH&CN cơ sở và SHTT", "P.KH&CN-SHTT"),
        ("Lãnh đạo Sở", "Lãnh đạo Sở"),
    ],
)
def test_a_unit_as_numbers_and_archives_write_it(unit: str, short: str) -> None:
    assert writing.abbreviated(unit) == short


# ---- what a folder says ------------------------------------------------------------------------------------------


def test_an_artefact_is_a_name_or_more(tmp_path: Path) -> None:
    told = {"a": "Tờ A", "b#": {"name": "Tờ B", "name:en": "Paper B", "template": "bien_ban", "issuer": "btc_giai"}}
    (tmp_path / "artefacts.json").write_text(json.dumps(told), encoding="utf-8")
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "rieng.docx").write_bytes(b"PK")
    read = definitions.read_artefacts(tmp_path)
    assert read.names == {"a": "Tờ A", "b#": "Tờ B"}
    assert read.names_en == {"b#": "Paper B"}
    assert read.papers == {"b#": {"template": "bien_ban", "issuer": "btc_giai"}}
    assert read.templates == {"rieng": b"PK"}
    assert definitions.read_artefacts(tmp_path / "nothing").names == {}


@pytest.mark.parametrize("told", [{"a": 1}, {"a": {}}, {"a": {"name": None}}, {"a": ["x"]}])
def test_an_artefact_without_a_name_is_refused(tmp_path: Path, told: Any) -> None:
    (tmp_path / "artefacts.json").write_text(json.dumps(told), encoding="utf-8")
    with pytest.raises(DefinitionError) as refused:
        definitions.read_artefacts(tmp_path)
    assert [problem.code for problem in refused.value.problems] == ["artefact_without_name"]


def test_a_folders_own_template_comes_before_the_shared_one_and_several_of_a_kind_are_written_alike() -> None:
    papers_of = {"iso": {"bien_ban#": {"template": "bien_ban"}, "ke_hoach": {"template": "ke_hoach"}}}
    stored = {"bien_ban": "d1", "iso/ke_hoach": "d2", "ke_hoach": "d3"}
    found = definitions.Environment("h", {}, {}, None, frozenset(), {}, papers=papers_of, templates=stored)
    assert found.paper_of("iso", "bien_ban-07") == {"template": "bien_ban"}
    assert found.paper_of("khac", "ke_hoach") == {}
    assert [found.template_for("iso", "ke_hoach"), found.template_for("khac", "ke_hoach")] == ["d2", "d3"]
    assert found.template_for("iso", "khong_co") is None


@pytest.mark.parametrize("guide", ["vi/quan-tri", "en/administrator"])
def test_the_administrators_guide_names_everything_that_a_template_may_name(guide: str) -> None:
    text = (SHARED.parents[1] / "docs" / f"{guide}.md").read_text("utf-8")
    told = re.findall(r"^\| `(\w+)` \|", text[text.index("`{{ trich_yeu }}`") :], re.M)
    assert told[: len(filling.NAMES)] == list(filling.NAMES)
