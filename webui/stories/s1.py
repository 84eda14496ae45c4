"""S1 in the year 2022: twelve progress reports, each opened by its timer on the 15th, signed and sent within its time.

In July a unit reports a day late; in October the office sends the report back to the units; in November the director
has it changed. Times are those of the office (UTC+7).
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from webui.demo import Office

CODE = "S1"
PROCESS = "bao_cao_tien_do"
SECRETARY, CHIEF, CLERK, DIRECTOR = "cv.tonghop.1", "cvp.so", "vt.so", "gd.so"
UNITS = ("tp.qlkh", "cct.tdc", "tp.shtt", "gd.ttud")
LATE = "gd.ttud"
RECIPIENTS = 3

REPORT = {
    "ket_qua": "Các nhiệm vụ của đơn vị thực hiện theo lộ trình; số liệu như bảng tiến độ.",
    "vuong_mac": "",
    "ky_toi": "Tiếp tục thực hiện theo lộ trình của kế hoạch.",
}
LATE_REPORT = {
    **REPORT,
    "vuong_mac": "Cán bộ đầu mối đi công tác, số liệu phải tổng hợp lại từ các bộ phận.",
    "minh_chung": "Báo cáo kết quả Giải thưởng Báo chí đã gửi Văn phòng Sở.",
}
TEXTS = {"bao_cao_trinh_ky": "Báo cáo tiến độ thực hiện các nhiệm vụ trọng tâm năm 2022 của Sở Khoa học và Công nghệ."}
# Month → the units' last day, the office's review, signing and sending: by 16 and 20 of it, or the next working day.
MONTHS = {
    "01": ("01-17", "01-18", "01-19"),
    "02": ("02-16", "02-17", "02-18"),
    "03": ("03-16", "03-17", "03-18"),
    "04": ("04-18", "04-19", "04-20"),
    "05": ("05-16", "05-17", "05-18"),
    "06": ("06-16", "06-17", "06-20"),
    "07": ("07-18", "07-20", "07-20"),
    "08": ("08-16", "08-17", "08-18"),
    "09": ("09-16", "09-19", "09-20"),
    "10": ("10-17", "10-19", "10-20"),
    "11": ("11-16", "11-17", "11-18"),
    "12": ("12-16", "12-19", "12-20"),
}
Act = Callable[[Office], Any]


def finds(office: Office) -> None:
    """The report that runs; its timer has opened it, or else the secretariat does."""
    running = office.engine.queries.cases(SECRETARY, "running").rows
    mine = [row.id for row in running if row.focus_code is None]
    office.case_id = mine[0] if mine else office.engine.cases.start(SECRETARY, None, process_id=PROCESS)
    office.engine.operations.settle()


def units_report(*units: str, **changed: Any) -> Act:
    """Units say how far their tasks are."""

    def act(office: Office) -> None:
        for unit in units:
            office.does(unit, "don_vi_cap_nhat", {**REPORT, **changed})

    return act


def opened(act: Act) -> Act:
    """The first act of a month: its case is looked up."""

    def both(office: Office) -> Any:
        finds(office)
        return act(office)

    return both


def reviewed(outcome: str = "dong_y", reason: str = "") -> Act:
    """The office completes the report, or sends it back to the units."""
    return lambda office: replace(office, texts=TEXTS).decides(SECRETARY, "ra_soat", outcome, reason)


def initialled(office: Office) -> None:
    """The head of the office initials the report before the director sees it."""
    office.decides(CHIEF, "ky_nhay", "dong_y")


def signed(outcome: str = "dong_y", reason: str = "") -> Act:
    """The director signs the report, or has it changed."""
    return lambda office: office.decides(DIRECTOR, "ky", outcome, reason)


def sent(day: str) -> Act:
    """The clerk sends the report to its three recipients."""

    def act(office: Office) -> None:
        for _ in range(RECIPIENTS):
            office.does(CLERK, "gui_bao_cao", {"ngay_gui": day, "cach_gui": "truc_lien_thong", "da_xac_nhan": True})

    return act


def month(name: str) -> Iterator[tuple[str, Act]]:
    """The acts of one month's report."""
    report, review, sign = (f"2022-{day}" for day in MONTHS[name])
    if name == "07":
        yield f"{report} 10:20", opened(units_report(*(unit for unit in UNITS if unit != LATE)))
        yield "2022-07-19 15:00", units_report(LATE, **LATE_REPORT)
    else:
        yield f"{report} 10:20", opened(units_report(*UNITS))
    if name == "10":
        back = "Bổ sung số công văn, quyết định làm minh chứng cho từng kết quả."
        yield "2022-10-18 09:10", reviewed("yeu_cau_chinh_sua", back)
        yield "2022-10-18 15:40", units_report(*UNITS, minh_chung="Số, ký hiệu văn bản ghi trong bảng kèm theo.")
    yield f"{review} 09:10", reviewed()
    if name == "11":
        yield "2022-11-17 10:30", initialled
        yield "2022-11-17 15:00", signed("yeu_cau_chinh_sua", "Nêu rõ nguyên nhân chậm của từng nhiệm vụ.")
        yield "2022-11-18 08:40", reviewed()
    yield f"{sign} 10:20", initialled
    yield f"{sign} 14:10", signed()
    yield f"{sign} 15:45", sent(sign)


STORY: tuple[tuple[str, Act], ...] = tuple(act for name in MONTHS for act in month(name))
