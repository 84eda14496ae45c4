"""Filling a Word template in: facts of a case into what stands in double braces, and the lines whose form is fixed.

Nothing that is filled in is read as a template again, and a template cannot reach anything but the facts: it comes from
an administrator and runs in Jinja's sandbox.
"""

import io
import re
import zipfile
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import docxtpl
import jinja2
from jinja2.sandbox import SandboxedEnvironment

from engine.papers.layout import sealed

# Where the templates are that come with the product.
FOLDER = Path(__file__).resolve().parents[2] / "workflows" / "shared" / "templates"
# What a template may name, and what it stands for: the list that docs/vi/quan-tri.md shows.
NAMES: Mapping[str, str] = {
    "co_quan_tren": "cơ quan chủ quản, in thường, kèm xuống dòng; trống khi không có",
    "co_quan": "cơ quan ban hành, in đậm, một hoặc hai dòng",
    "so": "dòng số, ký hiệu; để trống số khi chưa cấp",
    "dia_danh_ngay": "địa danh, ngày tháng năm; để trống ngày khi chưa ban hành",
    "do_khan": "mức độ khẩn; trống khi văn bản thường",
    "trich_yeu": "trích yếu nội dung",
    "trich_yeu_thuong": "trích yếu viết liền trong câu",
    "kinh_gui": "danh sách nơi kính gửi",
    "kinh_gui_danh_sach": "nơi kính gửi, mỗi nơi một dòng",
    "can_cu": "danh sách căn cứ ban hành",
    "tham_quyen": "thẩm quyền ban hành, chữ hoa, trên các căn cứ",
    "noi_nhan": "nơi nhận, mỗi nơi một dòng, dòng cuối là Lưu",
    "chu_ky": "quyền hạn, chức vụ của người ký, mỗi dòng một vế",
    "nguoi_ky": "người ký, ghi theo vai trò",
    "ten_co_quan": "tên cơ quan ban hành trong câu",
    "ten_co_quan_soan_thao": "tên cơ quan chủ trì soạn thảo",
    "nguoi_ban_hanh": "chủ thể ban hành trong câu",
    "cap_ban_hanh": "cấp ban hành",
    "cap_tren": "cấp trên của cơ quan ban hành",
    "ten_tinh": "tên tỉnh",
    "van_ban_giao": "văn bản giao nhiệm vụ",
    "nhiem_vu": "tên nhiệm vụ",
    "ho_so": "mã hồ sơ",
    "don_vi": "đơn vị chủ trì",
    "phoi_hop": "đơn vị phối hợp",
    "nguoi_soan": "người soạn thảo",
    "nguoi_soan_ngoac": "người soạn thảo trong ngoặc vuông, dưới chữ ký",
    "bat_dau": "tháng bắt đầu",
    "han": "thời hạn theo kế hoạch và chậm nhất",
    "ket_qua": "kết quả phải đạt, mỗi kết quả một dòng",
    "y_kien": "số ý kiến: hoi, tra_loi, dong_y, co_y_kien, khong_dong_y, khong_tra_loi",
    "y_kien_tom_tat": "số ý kiến, viết thành câu",
    "tai_lieu": "tài liệu được lấy ý kiến",
    "tai_lieu_kem": "tài liệu trong hồ sơ, mỗi tài liệu một dòng",
    "gui_kem": "danh sách dòng ghi tài liệu gửi kèm; rỗng khi không có",
    "dong": "các dòng của bảng",
    "ky": "kỳ báo cáo",
    "ngay_chot": "ngày chốt số liệu",
    "tong": "số nhiệm vụ theo tình trạng",
    "nhiem_vu_ket_qua": "danh sách câu về từng nhiệm vụ",
}
# Characters that XML cannot hold, and those that docxtpl takes for a new paragraph (\a) or page (\f).
UNWRITABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ufffe\uffff\ud800-\udfff]")
# A docx unpacked; what is bigger was not written by an office program.
UNPACKED_MAX = 200_000_000
# What a pen writes into: the blanks around these make six and four.
BLANK_NUMBER, BLANK_DAY = " " * 6, " " * 2


class PaperError(Exception):
    """A Word file that cannot be read, filled in or converted; `code`: unreadable, template, no_converter, converter,
    too_big."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def shipped(name: str) -> bytes:
    """A template as it comes with the product. Raises OSError when there is none of that name."""
    return (FOLDER / f"{name}.docx").read_bytes()


def checked(docx: bytes) -> bytes:
    """The file, when it is a Word file of a size that can be worked on. Raises PaperError(unreadable | too_big)."""
    try:
        with zipfile.ZipFile(io.BytesIO(docx)) as parts:
            size = sum(info.file_size for info in parts.infolist())
            known = "word/document.xml" in parts.namelist()
    except (zipfile.BadZipFile, ValueError, OSError) as error:
        raise PaperError("unreadable", f"Expected a .docx file: {error}") from error
    if not known:
        raise PaperError("unreadable", "Expected a .docx file, but it holds no document.")
    if size > UNPACKED_MAX:
        raise PaperError("too_big", f"Expected at most {UNPACKED_MAX} bytes unpacked, got {size}.")
    return docx


def render(template: bytes, facts: Mapping[str, Any]) -> bytes:
    """A template filled in with facts; what it names and nobody knows stays empty. The same facts give the same bytes.

    Line breaks in a fact are line breaks in the document. Raises PaperError(template | unreadable).
    """
    paper = docxtpl.DocxTemplate(io.BytesIO(checked(template)))
    surroundings = SandboxedEnvironment(autoescape=True, undefined=jinja2.ChainableUndefined)
    out = io.BytesIO()
    try:
        paper.render({name: _clean(value) for name, value in facts.items()}, surroundings)
        paper.save(out)
    except (jinja2.TemplateError, KeyError, ValueError, TypeError, SyntaxError) as error:
        raise PaperError("template", f"Expected a template that can be filled in: {error}") from error
    return sealed(out.getvalue())


def _clean(value: Any) -> Any:
    """A fact as the document can hold it."""
    match value:
        case str():
            return UNWRITABLE.sub("", value.replace("\r\n", "\n"))
        case Mapping():
            return {name: _clean(each) for name, each in value.items()}
        case list() | tuple():
            return [_clean(each) for each in value]
        case _:
            return value


def number_line(symbol: str | None, pattern: str, year: int) -> str:
    """The line of the number: "Số: 04/CT-UBND"; without one the blank form by the register's pattern
    ("{n}/CT-UBND"): "Số:      /CT-UBND"."""
    if symbol:
        return f"Số: {symbol}"
    return f"Số:{pattern.replace('{n}', BLANK_NUMBER).replace('{yyyy}', str(year))}"


def date_line(place: str, day: date | None, expected: date) -> str:
    """Place and date: "Bắc Giang, ngày 05 tháng 02 năm 2022", days below ten and the months 1 and 2 with a zero.

    Without a day the blank form, in the month in which it is expected: "Bắc Giang, ngày    tháng 02 năm 2022".
    """
    when = day or expected
    month = f"{when.month:02d}" if when.month < 3 else str(when.month)
    return f"{place}, ngày {f'{day.day:02d}' if day else BLANK_DAY} tháng {month} năm {when.year}"


def recipients(known: Sequence[str], archive: str) -> str:
    """Nơi nhận: a line each, and what is kept: "- Như trên;\\n- Lưu: VT, P.QLKH."."""
    return "\n".join([*(f"- {one};" for one in known), f"- Lưu: {archive}."])
