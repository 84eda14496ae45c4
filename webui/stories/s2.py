"""S2 in the year 2022: the unit in charge of T2 asks for time until December for the ranking, which the road map has in
November; the months of the task itself stay. The office returns the proposal once, the vice chair consents.

Times are those of the office (UTC+7).
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from webui.demo import Office

CODE = "S2"
PROCESS = "dieu_chinh_kh"
HEAD, SECRETARY, DIRECTOR, VICE_CHAIR = "cct.tdc", "cv.tonghop.1", "gd.so", "pct.ubnd"
FOCUS = "T2"
PROPOSAL = {
    "new_planned_finish": "2022-12",
    "new_committed_finish": "",
    "new_latest_finish": "",
    "ly_do": "Một số cơ quan nộp bản tự chấm muộn nên việc xếp hạng chuyển từ tháng 11 sang tháng 12.",
    "xin_y_kien_cap_giao": True,
}
TEXTS = {
    "phieu_de_nghi_dieu_chinh": "Đề nghị chuyển mốc xếp hạng kết quả áp dụng ISO từ tháng 11 sang tháng 12 năm 2022; "
    "thời hạn hoàn thành nhiệm vụ không thay đổi."
}


def opens(office: Office) -> None:
    """The head of the unit opens the adjustment of its task."""
    focus = next(f for f in office.engine.queries.focus_tasks(HEAD) if f.code == FOCUS)
    office.case_id = office.engine.cases.start(HEAD, focus.id, process_id=PROCESS)
    office.engine.operations.settle()


def proposes(**changed: Any) -> Callable[[Office], Any]:
    """The head proposes other months, with the reason."""
    return lambda office: replace(office, texts=TEXTS).does(HEAD, "de_nghi", {**PROPOSAL, **changed})


def decides(person: str, element: str, outcome: str, reason: str = "") -> Callable[[Office], Any]:
    """Somebody decides one of the gates."""
    return lambda office: office.decides(person, element, outcome, reason)


STORY: tuple[tuple[str, Callable[[Office], Any]], ...] = (
    ("2022-10-24 09:00", opens),
    ("2022-10-24 09:40", proposes()),
    (
        "2022-10-25 08:50",
        decides(SECRETARY, "tham_tra_de_nghi", "chua_du", "Nêu rõ số cơ quan chưa nộp và ảnh hưởng đến báo cáo năm."),
    ),
    (
        "2022-10-25 15:10",
        proposes(ly_do=f"{PROPOSAL['ly_do']} Bốn cơ quan chưa nộp; báo cáo năm không bị ảnh hưởng."),
    ),
    ("2022-10-26 09:20", decides(SECRETARY, "tham_tra_de_nghi", "du")),
    ("2022-10-27 10:00", decides(DIRECTOR, "giam_doc_quyet_dinh", "dong_y")),
    ("2022-10-31 16:00", decides(VICE_CHAIR, "cho_y_kien_chi_dao", "dong_y")),
)
