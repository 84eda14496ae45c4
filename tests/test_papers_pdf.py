"""Every Word document that the product makes, opened by LibreOffice: as PDF/A it shows the right Vietnamese text, the
number, the signature block, and page numbers from the second page on. All of them go through one conversion.
"""

import io
import re
import subprocess
import zipfile
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import docx
import pytest
import sqlalchemy as sa

import offices
import stores
from engine import papers
from engine.papers import blank
from engine.queries.views import Collated, CollatedRow
from engine.records import renditions
from webui import demo

pytestmark = [
    pytest.mark.xdist_group("libreoffice"),
    pytest.mark.skipif(papers.converter() is None, reason="LibreOffice is missing: `.ci/services install` gets it"),
]
SEVERAL = tuple("Phòng Quản lý Khoa học đề nghị làm rõ." for _ in range(70))
LONG = {"gui_kem": SEVERAL}


@pytest.fixture(scope="module")
def made(all_stores: stores.Stores) -> dict[str, bytes]:
    """Word documents by name: each template filled in from a case, and what is written out of rows."""
    office = offices.office_at(all_stores, "sqlite", "ky")
    queries, case = office.engine.queries, office.case_id
    found = {name: queries.paper(offices.DRAFTER, case, name).content for name in blank.BLANKS}
    found |= {
        artefact: queries.paper(offices.DRAFTER, case, template, artefact).content
        for artefact, template in (
            ("du_thao_2", "chi_thi"),
            ("cong_van_xin_y_kien", "cong_van"),
            ("bao_cao_xin_y_kien", "bao_cao"),
        )
    }
    heading = queries.paper_facts(offices.DRAFTER, case, "bang_tong_hop")
    found["issued"] = papers.render(
        papers.shipped("chi_thi"),
        {
            **queries.paper_facts(offices.DRAFTER, case, "chi_thi", "ban_trinh_ky"),
            "so": papers.number_line("01/CT-UBND", "", 2022),
            "dia_danh_ngay": papers.date_line("Bắc Giang", date(2022, 3, 1), date(2022, 3, 1)),
            "do_khan": "KHẨN",
        },
    )
    found["long"] = papers.render(papers.shipped("to_trinh"), {**heading, **LONG})
    rows = [
        CollatedRow(n, f"Cơ quan số {n}", "Khoản 1", "Đề nghị làm rõ trách nhiệm.", "dong_y_co_y_kien", "tiep_thu",
                    "Đã sửa.", False, None)
        for n in range(1, 40)
    ]  # fmt: skip
    collated = Collated("HS-2022-001", "Chỉ thị", "Dự thảo 1", "1.0", 39, 39, 0, rows, {"dong_y_co_y_kien": 39})
    found["collated"] = papers.collated_table(collated, heading)
    progress = queries.progress(offices.SECRETARY, 2022, date(2022, 2, 14))
    found["progress"] = papers.progress_report(progress, "tháng 02 năm 2022", heading, date(2022, 2, 14))
    office.engine.close()
    return found


@pytest.fixture(scope="module")
def folder(made: dict[str, bytes], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All of them as PDF files, by one start of LibreOffice."""
    there = tmp_path_factory.mktemp("pdf")
    for name, content in papers.to_pdfs(made).items():
        (there / f"{name}.pdf").write_bytes(content)
    return there


@pytest.fixture(scope="module")
def said(folder: Path) -> Callable[..., str]:
    """The text of a PDF, or of one of its pages, one blank between words."""

    def text(name: str, page: int | None = None, *, as_laid_out: bool = False) -> str:
        how = [*(["-f", str(page), "-l", str(page)] if page else []), *(["-layout"] if as_laid_out else [])]
        found = subprocess.run(["pdftotext", *how, str(folder / f"{name}.pdf"), "-"], capture_output=True, check=True)
        return " ".join(found.stdout.decode().split())

    return text


@pytest.mark.parametrize("name", [*blank.BLANKS, "du_thao_2", "cong_van_xin_y_kien", "bao_cao_xin_y_kien"])
def test_the_pdf_says_what_the_word_file_says(name: str, made: dict[str, bytes], said: Callable[..., str]) -> None:
    shown = re.sub(r"\W+", "", said(name))
    lost = [line for line in papers.lines(made[name]) if re.sub(r"\W+", "", line.text) not in shown]
    # Lines of a table's cell may be broken by what stands beside them.
    lost = [line for line in lost if any(re.sub(r"\W+", "", word) not in shown for word in line.text.split())]
    assert lost == []
    assert "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM" in said(name)
    assert "Độc lập - Tự do - Hạnh phúc" in said(name)
    assert "{" not in said(name)


def test_an_issued_directive_has_its_number_date_urgency_and_block(said: Callable[..., str]) -> None:
    text = said("issued")
    for words in (
        "ỦY BAN NHÂN DÂN TỈNH BẮC GIANG",
        "Số: 01/CT-UBND",
        "KHẨN",
        "Bắc Giang, ngày 01 tháng 3 năm 2022",
        "CHỈ THỊ Về việc nâng cao chất lượng các nhiệm vụ khoa học và công nghệ",
        "TM. ỦY BAN NHÂN DÂN KT. CHỦ TỊCH PHÓ CHỦ TỊCH",
        "[Phó Chủ tịch UBND tỉnh]",
        "Nơi nhận: - Thường trực Tỉnh ủy (b/cáo);",
        "- Lưu: VT, KGVX.",
    ):
        assert words in text
    assert text.count("./.") == 1


@pytest.mark.parametrize(
    ("name", "number"),
    [
        ("to_trinh", "/TTr-KHCN"),
        ("bao_cao", "/BC-KHCN"),
        ("ke_hoach", "/KH-KHCN"),
        ("cong_van", "/KHCN-QLKH"),
        ("chi_thi", "/CT-UBND"),
        ("nghi_quyet", "/2022/NQ-HĐND"),
        ("quyet_dinh", "/QĐ-KHCN"),
        ("thong_bao", "/TB-KHCN"),
    ],
)
def test_a_draft_has_the_blank_form_of_number_and_date(name: str, number: str, said: Callable[..., str]) -> None:
    text = said(name, as_laid_out=True)
    assert f"Số: {number} Bắc Giang, ngày tháng 3 năm 2022" in text


def test_pages_are_numbered_from_the_second_on_and_the_block_has_text_with_it(said: Callable[..., str]) -> None:
    assert not said("long", 1).startswith("1 ")
    pages = [said("long", page) for page in (2, 3, 4)]
    assert [page[:2] for page in pages] == ["2 ", "3 ", "4 "]
    last = next(page for page in pages if "GIÁM ĐỐC" in page)
    assert SEVERAL[0] in last


def test_a_table_repeats_its_head_on_every_page(said: Callable[..., str]) -> None:
    for page in (1, 2):
        assert "Cơ quan, đơn vị, cá nhân góp ý" in said("collated", page)
    assert "Cơ quan số 39" in said("collated")
    assert "39 ý kiến trả lời" in said("collated")


def test_the_periodic_report_adds_up(said: Callable[..., str]) -> None:
    text = said("progress")
    assert "Tổng số 6 nhiệm vụ" in text
    assert "số liệu tính đến hết ngày 14/02/2022" in text
    assert "Đang thực hiện trong hạn" in text


def test_a_pdf_is_pdf_a_with_its_fonts_inside(folder: Path) -> None:
    for file in folder.glob("*.pdf"):
        content = file.read_bytes()
        assert b"<pdfaid:part>2</pdfaid:part>" in content and b"<pdfaid:conformance>B" in content, file.name
    fonts = subprocess.run(["pdffonts", str(folder / "issued.pdf")], capture_output=True, check=True).stdout.decode()
    embedded = [line.split()[-5] for line in fonts.splitlines()[2:]]
    assert embedded and set(embedded) == {"yes"}


def test_pages_are_a4(folder: Path) -> None:
    for name, size in (("to_trinh", (595, 842)), ("bang_tong_hop", (842, 595))):
        told = subprocess.run(["pdfinfo", str(folder / f"{name}.pdf")], capture_output=True, check=True).stdout.decode()
        found = re.search(r"Page size:\s+([\d.]+) x ([\d.]+)", told)
        assert found and (round(float(found[1])), round(float(found[2]))) == size


# ---- what LibreOffice must not do --------------------------------------------------------------------------------


def test_a_picture_elsewhere_is_not_fetched(tmp_path: Path) -> None:
    import threading
    from http.server import BaseHTTPRequestHandler, HTTPServer

    asked: list[str] = []

    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_error(404)

        do_OPTIONS = do_HEAD = do_PROPFIND = do_GET

        def log_message(self, *args: Any) -> None:
            return

    server = HTTPServer(("127.0.0.1", 0), Page)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        address = f"http://127.0.0.1:{server.server_port}/picture.png"
        assert papers.to_pdf(linking(address)).startswith(b"%PDF")
    finally:
        server.shutdown()
        server.server_close()
    assert asked == []


def linking(address: str) -> bytes:
    """A Word file with a picture that lies elsewhere."""
    found = docx.Document()
    found.add_paragraph("Có một ảnh ở nơi khác:")
    number = found.part.relate_to(
        address, "http://schemas.openxmlformats.org/officeDocument/2006/relationships/image", is_external=True
    )
    drawing = f"""<w:r xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"
      xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing"
      xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"
      xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><w:drawing>
      <wp:inline><wp:extent cx="900000" cy="900000"/><wp:docPr id="1" name="a"/><a:graphic>
      <a:graphicData uri="http://schemas.openxmlformats.org/drawingml/2006/picture">
      <pic:pic xmlns:pic="http://schemas.openxmlformats.org/drawingml/2006/picture"><pic:nvPicPr>
      <pic:cNvPr id="1" name="a"/><pic:cNvPicPr/></pic:nvPicPr><pic:blipFill><a:blip r:link="{number}"/>
      <a:stretch><a:fillRect/></a:stretch></pic:blipFill><pic:spPr><a:xfrm><a:off x="0" y="0"/>
      <a:ext cx="900000" cy="900000"/></a:xfrm><a:prstGeom prst="rect"/></pic:spPr></pic:pic></a:graphicData>
      </a:graphic></wp:inline></w:drawing></w:r>"""
    found.paragraphs[-1]._p.append(docx.oxml.parse_xml(drawing))
    out = io.BytesIO()
    found.save(out)
    return out.getvalue()


def test_what_takes_too_long_is_ended(made: dict[str, bytes]) -> None:
    with pytest.raises(papers.PaperError) as refused:
        papers.to_pdf(made["to_trinh"], timeout=0.05)
    assert refused.value.code == "converter"


def test_a_word_file_in_name_only_is_refused() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as parts:
        parts.writestr("word/document.xml", "<w:document")
    with pytest.raises(papers.PaperError):
        papers.to_pdf(out.getvalue())


# ---- beside what was issued --------------------------------------------------------------------------------------


@pytest.fixture
def signed(all_stores: stores.Stores) -> Iterator[offices.Office]:
    office = offices.office_at(all_stores, "sqlite", "ky")
    office.finish()
    yield office
    office.engine.close()


def test_what_was_issued_has_a_pdf_beside_it_made_once_by_the_ticker(signed: offices.Office) -> None:
    engine = signed.engine
    (issued,) = [d for d in signed.case().documents if d.artefact == "chi_thi_da_ky"]
    version = issued.versions[0]
    before = signed.faults()
    assert engine.papers.render_issued() >= 1
    assert engine.papers.render_issued() == 0
    rows = signed.read(sa.select(renditions))
    assert [(row.kind, row.attempts, row.failed) for row in rows if row.source == version.id] == [("issued", 1, None)]
    found = engine.papers.pdf(offices.SECRETARY, version.id)
    assert found.content.startswith(b"%PDF-") and found.filename.endswith(".pdf")
    assert signed.faults() == before == []
    # It is there: looking at it starts nothing.
    calls: list[bytes] = []
    original = papers.to_pdf
    try:
        papers.to_pdf = lambda docx, *rest: calls.append(docx) or b"%PDF-"  # type: ignore[assignment,func-returns-value]
        assert engine.papers.pdf(offices.SECRETARY, version.id).content == found.content
    finally:
        papers.to_pdf = original
    assert calls == []


def test_a_document_that_cannot_be_converted_is_tried_three_times_and_stops_nothing(
    signed: offices.Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(content: bytes, *rest: Any) -> bytes:
        raise papers.PaperError("converter", "no")

    monkeypatch.setattr(papers, "to_pdf", fails)
    monkeypatch.setattr(papers, "to_pdfs", fails)
    for _ in range(5):
        assert signed.engine.papers.render_issued() == 0
        with signed.engine.statements().begin() as connection:
            connection.execute(sa.update(renditions).values(made_at=offices.SYSTEM.replace(year=2020)))
    assert {row.attempts for row in signed.read(sa.select(renditions))} == {3}


def test_a_person_looks_at_a_draft_as_pdf(all_stores: stores.Stores) -> None:
    office = offices.office_at(all_stores, "sqlite", "chi_dao")
    (draft,) = [d for d in office.case().documents if d.artefact == "du_thao_1"]
    found = office.engine.papers.pdf(offices.DRAFTER, draft.versions[0].id)
    assert found.content.startswith(b"%PDF-")
    assert draft.versions[0].media_type == demo.WORD
    office.engine.close()


def test_what_was_signed_from_a_template_has_its_number_in_the_pdf_and_stays_as_it_was(
    all_stores: stores.Stores, tmp_path: Path
) -> None:
    office = offices.office_at(all_stores, "sqlite", "chi_dao")
    queries = office.engine.queries

    def prepares(here: offices.Office) -> None:
        task = here.task(offices.DRAFTER, "hoan_thien_ho_so")
        drawn = queries.paper(offices.DRAFTER, here.case_id, "chi_thi", "ban_trinh_ky").content
        here.engine.cases.attach(offices.DRAFTER, task.id, "ban_trinh_ky", "Chỉ thị.docx", "", drawn)
        offices.handles("hoan_thien_ho_so")(here)

    office.finish(hoan_thien_ho_so=prepares)
    (issued,) = [d for d in office.case().documents if d.artefact == "chi_thi_da_ky"]
    signed = queries.file(offices.SECRETARY, issued.versions[0].id).content
    (tmp_path / "a.pdf").write_bytes(office.engine.papers.pdf(offices.SECRETARY, issued.versions[0].id).content)
    said = subprocess.run(["pdftotext", "-layout", str(tmp_path / "a.pdf"), "-"], capture_output=True, check=True)
    text = " ".join(said.stdout.decode().split())
    assert "Số: 01/CT-UBND Bắc Giang, ngày 31 tháng 3 năm 2022" in text
    assert "KT. CHỦ TỊCH" in text
    assert "Số: /CT-UBND" in papers.text(signed)
    assert office.faults() == []
    office.engine.close()
