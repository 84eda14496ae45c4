"""The periodic report that the system writes: its table and its draft on the case, its figures in the journal."""

import io
from collections.abc import Callable
from datetime import UTC, date, datetime

import docx
import openpyxl
import pytest

import offices
from engine import papers
from engine.commands.reporting import period_words
from webui.stories import s1

At = Callable[..., offices.Office]


@pytest.mark.parametrize(
    ("period", "day", "words"),
    [
        ("thang", date(2022, 2, 14), "tháng 02 năm 2022"),
        ("thang", date(2022, 11, 14), "tháng 11 năm 2022"),
        ("quy", date(2022, 6, 14), "quý II năm 2022"),
        ("6_thang", date(2022, 6, 14), "6 tháng đầu năm 2022"),
        ("9_thang", date(2022, 9, 14), "9 tháng năm 2022"),
        ("nam", date(2022, 12, 14), "năm 2022"),
        ("dot_xuat", date(2022, 5, 4), "đến ngày 04/05/2022"),
    ],
)
def test_a_period_in_words(period: str, day: date, words: str) -> None:
    assert period_words(period, day) == words


@pytest.fixture
def office(office_at: At) -> offices.Office:
    """The office in the first report of the year, when the units have brought theirs in."""
    found = office_at("nhan_nhiem_vu")
    offices.wind(found.engine, datetime(2022, 1, 4, 1, tzinfo=UTC))
    for when, act in s1.STORY:
        found.at(when)
        act(found)
        if "bang_tien_do" in {document.artefact for document in found.case().documents}:
            return found
    raise AssertionError("expected the story to come to the report")


def test_the_table_and_the_draft_are_on_the_case_with_the_figures_of_the_cut_off_day(office: offices.Office) -> None:
    documents = {document.artefact: document.versions[0] for document in office.case().documents}
    table = office.engine.queries.file(offices.SECRETARY, documents["bang_tien_do"].id)
    draft = office.engine.queries.file(offices.SECRETARY, documents["du_thao_bao_cao"].id)
    assert (table.filename[-5:], draft.filename[-5:]) == (".xlsx", ".docx")
    day = date.fromisoformat(office.variables()["cut_off"])
    rows = office.engine.queries.progress(offices.SECRETARY, day.year, day)
    sheet = openpyxl.load_workbook(io.BytesIO(table.content))["Tiến độ"]
    assert [row[1].value for row in sheet.iter_rows(min_row=2)] == [row.title for row in rows]
    text = papers.text(draft.content)
    assert f"số liệu tính đến hết ngày {day:%d/%m/%Y}" in text
    assert "Số: /BC-KHCN" in text
    assert "Kính gửi: - Sở Nội vụ; - Sở Kế hoạch và Đầu tư; - Văn phòng UBND tỉnh." in " ".join(text.split())
    assert len(docx.Document(io.BytesIO(draft.content)).tables[-1].rows) == 7


def test_the_journal_pins_what_was_written(office: offices.Office) -> None:
    documents = {document.artefact: document.versions[0].sha256 for document in office.case().documents}
    variables = office.variables()
    assert variables["report_files"] == {name: documents[name] for name in ("bang_tien_do", "du_thao_bao_cao")}
    counts = variables["report_counts"]
    assert counts["so"] == 6 == sum(counts[n] for n in ("hoan_thanh", "dang_thuc_hien", "chua_thuc_hien", "khac"))
    assert office.faults() == []
