"""What is written out of rows instead of a single case: the collated table of opinions, the progress of the year."""

import calendar
import io
import re
import zipfile
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import openpyxl
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from engine.papers.filling import UNWRITABLE, render, shipped
from engine.papers.layout import FONT, sealed

# Opinions as a collated table words them.
OUTCOMES: Mapping[str | None, str] = {
    None: "Chưa trả lời",
    "dong_y": "Nhất trí",
    "dong_y_co_y_kien": "Nhất trí và có ý kiến",
    "khong_dong_y": "Không nhất trí",
    "khong_tra_loi": "Không trả lời trong thời hạn",
    "tan_thanh": "Tán thành",
    "khong_tan_thanh": "Không tán thành",
    "khong_bieu_quyet": "Không biểu quyết",
    "co_de_xuat": "Có đề xuất",
    "khong_de_xuat": "Không có đề xuất",
    "co_y_kien": "Có ý kiến",
}
RESPONSES = {"tiep_thu": "Tiếp thu", "tiep_thu_mot_phan": "Tiếp thu một phần", "giai_trinh": "Giải trình"}
# The statuses of DMN-04 in words, each with the group that a summary counts it in.
STATUSES: Mapping[str, tuple[str, str]] = {
    "hoan_thanh_truoc_han": ("Hoàn thành trước hạn", "truoc_han"),
    "hoan_thanh_dung_han": ("Hoàn thành đúng hạn", "dung_han"),
    # after the planned month but within "chậm nhất": outside the department that is on time
    "hoan_thanh_cham_kh": ("Hoàn thành, chậm so với kế hoạch", "dung_han"),
    "hoan_thanh_qua_han": ("Hoàn thành quá hạn", "hoan_thanh_qua_han"),
    "dang_thuc_hien_trong_han": ("Đang thực hiện trong hạn", "trong_han"),
    "dang_thuc_hien_sap_den_han": ("Đang thực hiện, sắp đến hạn", "trong_han"),
    "dang_thuc_hien_cham_kh": ("Đang thực hiện, chậm so với kế hoạch", "trong_han"),
    "dang_thuc_hien_qua_han": ("Đang thực hiện quá hạn", "dang_qua_han"),
    "chua_thuc_hien_chua_den_han": ("Chưa thực hiện, chưa đến hạn", "chua_den_han"),
    "chua_thuc_hien_qua_han_bat_dau": ("Chưa thực hiện, quá hạn bắt đầu", "qua_han_bat_dau"),
    "tam_dung": ("Tạm dừng", "khac"),
    "khong_ban_hanh": ("Không ban hành", "khac"),
}
FLAGS = {"cham_so_ke_hoach": "Chậm so với tháng kế hoạch, trong tháng cam kết"}
ORIGINS = {"ubnd_giao": "Chủ tịch UBND tỉnh giao", "so_dang_ky": "Giám đốc Sở đăng ký"}
FILLS = {"blue": "D6E4F5", "green": "DCEFDC", "amber": "FBE7C1", "red": "F6D0CB", "grey": "E6E6E6"}


# ---- opinions ----------------------------------------------------------------------------------------------------


def collated_table(collated: Any, facts: Mapping[str, Any] | None = None, template: bytes | None = None) -> bytes:
    """The table of opinions (`engine.queries.views.Collated`) as a Word file, landscape, its head row on every page.

    `facts`: agency, number, date and signature, as `engine.queries.papers` gives them; without, those lines are empty.
    `template`: another one than the product's own. Raises PaperError(template).
    """
    counts = collated.counts
    told: dict[str, Any] = {
        "ten_co_quan": "Sở Khoa học và Công nghệ",
        **(facts or {}),
        "trich_yeu": collated.case_title,
        "tai_lieu": f"{_asked_on(collated)}, hồ sơ {collated.case_code}",
        "y_kien": {
            "hoi": collated.asked,
            "tra_loi": collated.answered,
            "dong_y": counts.get("dong_y", 0),
            "co_y_kien": counts.get("dong_y_co_y_kien", 0),
            "khong_dong_y": counts.get("khong_dong_y", 0),
            "khong_tra_loi": collated.silent,
        },
        "dong": [_collated_row(row) for row in collated.rows],
    }
    return render(template or shipped("bang_tong_hop"), told)


def _asked_on(collated: Any) -> str:
    return f"{collated.document_name} (bản {collated.version})" if collated.document_name else str(collated.case_title)


def _collated_row(row: Any) -> dict[str, Any]:
    said = [row.remark or OUTCOMES.get(row.outcome, row.outcome)]
    if row.remark and row.outcome == "khong_dong_y":
        said.insert(0, f"{OUTCOMES['khong_dong_y']}:")
    if row.late:
        said.append("(đến sau thời hạn)")
    if row.withdrawn:
        said.append(f"(thôi lấy ý kiến: {row.withdrawn})")
    whence = [part for part in (row.number, f"ngày {row.dated:%d/%m/%Y}" if row.dated else None) if part]
    who = row.agency
    if whence:
        who += f"\n(Văn bản số {' '.join(whence)})" if row.number else f"\n(Văn bản {whence[0]})"
    if row.recorded_by:
        who += f"\n(ghi nhận thay: {row.recorded_by})"
    answered = RESPONSES.get(row.response or "", "")
    dealt = f"{answered}: {row.response_text}" if answered and row.response_text else answered
    return {
        "tt": row.no,
        "co_quan": who,
        "dieu_khoan": row.clause or "",
        "y_kien": "\n".join(part for part in said if part),
        "tiep_thu": dealt or ("Chưa tiếp thu, giải trình" if row.remark else ""),
    }


# ---- progress ----------------------------------------------------------------------------------------------------


def month(text: str) -> str:
    """A month "2022-03" as a table has it: "03/2022"."""
    return f"{text[5:7]}/{text[:4]}"


def last_day(text: str) -> date:
    """The last day of a month "2022-03"."""
    year, number = int(text[:4]), int(text[5:7])
    return date(year, number, calendar.monthrange(year, number)[1])


def results_of(row: Any) -> str:
    """What of a task's results is there: "2/3: Dự thảo 1; Chỉ thị (01/CT-UBND, 31/03/2022)"."""
    done = []
    for one in row.results:
        if one.done:
            issued = ", ".join(p for p in (one.symbol, f"{one.dated:%d/%m/%Y}" if one.dated else None) if p)
            done.append(f"{one.text.lstrip('- ').rstrip('.;')}{f' ({issued})' if issued else ''}")
    return f"{row.results_done}/{row.results_total}" + (f": {'; '.join(done)}" if done else "")


def notes_of(row: Any) -> str:
    """What a reader should know besides: who gave the task, when it was finished, that it was behind the plan."""
    found = [ORIGINS.get(row.origin, "")]
    if row.finished_on:
        found.append(f"Hoàn thành ngày {row.finished_on:%d/%m/%Y}")
    found.append(FLAGS.get(row.flag or "", ""))
    return "; ".join(part for part in found if part)


def totals(rows: Sequence[Any]) -> dict[str, int]:
    """How many tasks stand how; the parts add up to the whole."""
    groups = Counter(STATUSES[row.status][1] for row in rows)
    done = groups["truoc_han"] + groups["dung_han"] + groups["hoan_thanh_qua_han"]
    running = groups["trong_han"] + groups["dang_qua_han"]
    idle = groups["chua_den_han"] + groups["qua_han_bat_dau"]
    names = ("truoc_han", "dung_han", "hoan_thanh_qua_han", "trong_han", "dang_qua_han", "khac")
    return {
        "so": len(rows),
        "hoan_thanh": done,
        "dang_thuc_hien": running,
        "chua_thuc_hien": idle,
        **{name: groups[name] for name in names},
        "chua_den_han": groups["chua_den_han"],
        "qua_han_bat_dau": groups["qua_han_bat_dau"],
    }


def progress_report(
    rows: Sequence[Any],
    period: str,
    facts: Mapping[str, Any],
    cut_off: date | None = None,
    template: bytes | None = None,
) -> bytes:
    """The periodic report as a Word file. `rows` as `engine.queries.progress` gives them; `period` in words ("tháng 02
    năm 2022"); `facts`: agency, number, date, recipients and signature. Raises PaperError(template)."""
    told = {
        **facts,
        "ky": period,
        "trich_yeu": f"Kết quả thực hiện nhiệm vụ trọng tâm {period}",
        "ngay_chot": f"{cut_off:%d/%m/%Y}" if cut_off else "…",
        "tong": totals(rows),
        "nhiem_vu_ket_qua": [_told(row) for row in rows],
        "dong": [
            {
                "tt": n,
                "nhiem_vu": row.title,
                "don_vi": row.lead_unit_name,
                "thoi_han": month(row.planned_finish),
                "cham_nhat": month(row.latest_finish),
                "ket_qua": results_of(row),
                "trang_thai": STATUSES[row.status][0],
            }
            for n, row in enumerate(rows, 1)
        ],
    }
    return render(template or shipped("bao_cao_tien_do"), told)


def _told(row: Any) -> str:
    limits = f"thời hạn {month(row.planned_finish)}, chậm nhất {month(row.latest_finish)}"
    standing = f"{STATUSES[row.status][0]}. Kết quả: {results_of(row)}."
    return f"- {row.code}. {row.title.rstrip('.')} ({row.lead_unit_name} chủ trì; {limits}): {standing}"


HEADS = (
    ("TT", 5),
    ("Nhiệm vụ", 60),
    ("Đơn vị chủ trì", 26),
    ("Bắt đầu", 11),
    ("Thời hạn", 11),
    ("Chậm nhất", 11),
    ("Kết quả đến kỳ báo cáo", 48),
    ("Trạng thái", 28),
    ("Ghi chú", 34),
)
THIN = Side(style="thin", color="808080")


def progress_sheet(rows: Sequence[Any], period: str = "") -> bytes:
    """The table of progress as an Excel file: real dates (the first day of the month of the start, the last day of the
    months of the limits), the head row frozen, a filter, and a second sheet whose formulas count the statuses. The same
    rows give the same bytes."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert isinstance(sheet, Worksheet)
    sheet.title = "Tiến độ"
    _head(sheet, 1, [name for name, _ in HEADS])
    for n, (_, width) in enumerate(HEADS, 1):
        sheet.column_dimensions[get_column_letter(n)].width = width
    for n, row in enumerate(rows, 1):
        started = row.started_on or date(int(row.planned_start[:4]), int(row.planned_start[5:7]), 1)
        values = [
            n,
            row.title,
            row.lead_unit_name,
            started,
            last_day(row.planned_finish),
            last_day(row.latest_finish),
            results_of(row),
            STATUSES[row.status][0],
            notes_of(row),
        ]
        for k, value in enumerate(values, 1):
            _cell(sheet, n + 1, k, value)
        sheet.cell(n + 1, 8).fill = PatternFill("solid", fgColor=FILLS.get(row.colour, "FFFFFF"))
    sheet.freeze_panes = "C2"
    sheet.auto_filter.ref = f"A1:{get_column_letter(len(HEADS))}{len(rows) + 1}"
    _printed(sheet, period)
    _summary(book.create_sheet("Tổng hợp"), len(rows) + 1)
    book.properties.creator = ""
    out = io.BytesIO()
    book.save(out)
    return _timeless(out.getvalue())


def _head(sheet: Worksheet, row: int, names: Sequence[str]) -> None:
    for n, name in enumerate(names, 1):
        cell = sheet.cell(row, n, name)
        cell.font = Font(name=FONT, size=12, bold=True)
        cell.alignment = Alignment(horizontal="center", vertical="center", wrap_text=True)
        cell.border = Border(THIN, THIN, THIN, THIN)
        cell.fill = PatternFill("solid", fgColor="EDEDED")


def _cell(sheet: Worksheet, row: int, column: int, value: Any) -> None:
    cell = sheet.cell(row, column)
    cell.value = UNWRITABLE.sub("", value) if isinstance(value, str) else value
    if isinstance(value, str):
        cell.data_type = "s"  # a title that begins with "=" is no formula
    if isinstance(value, date):
        cell.number_format = "dd/mm/yyyy"
    cell.font = Font(name=FONT, size=12)
    middle = column == 1 or isinstance(value, date)
    cell.alignment = Alignment(horizontal="center" if middle else "left", vertical="top", wrap_text=True)
    cell.border = Border(THIN, THIN, THIN, THIN)


def _printed(sheet: Worksheet, period: str) -> None:
    """On paper: A4 landscape, all columns on its width, the head row on every page."""
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.paperSize = 9
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.print_title_rows = "1:1"
    # "&" begins a code in a page's head.
    sheet.oddHeader.center.text = f"Tiến độ thực hiện nhiệm vụ trọng tâm {period}".strip().replace("&", "&&")
    sheet.oddFooter.center.text = "&P/&N"


def _summary(sheet: Worksheet, last: int) -> None:
    """How many tasks of each status, counted by formulas: who corrects a status by hand corrects the total."""
    _head(sheet, 1, ["Trạng thái", "Số nhiệm vụ"])
    sheet.column_dimensions["A"].width, sheet.column_dimensions["B"].width = 40, 16
    words = [word for word, _ in STATUSES.values()]
    for n, word in enumerate(words, 2):
        _cell(sheet, n, 1, word)
        _cell(sheet, n, 2, None)
        sheet.cell(n, 2).value = f"=COUNTIF('Tiến độ'!$H$2:$H${max(last, 2)},A{n})"
    total = len(words) + 2
    _cell(sheet, total, 1, "Tổng số")
    _cell(sheet, total, 2, None)
    sheet.cell(total, 2).value = f"=SUM(B2:B{total - 1})"
    for column in (1, 2):
        sheet.cell(total, column).font = Font(name=FONT, size=12, bold=True)


def _timeless(content: bytes) -> bytes:
    """An Excel file without the moment of its writing."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            part = old.read(name)
            if name == "docProps/core.xml":
                part = re.sub(rb">\d{4}-\d\d-\d\dT[\d:.]+Z<", b">1980-01-01T00:00:00Z<", part)
            new.writestr(name, part)
    return sealed(out.getvalue())
