"""What happened in the office in 2022 beside the tasks: an absence with a deputy, and a change of the working calendar.

Times are those of the office (UTC+7).
"""

from collections.abc import Callable
from datetime import date
from typing import Any

from webui.demo import Office

CODE = ""
SECRETARY, HEAD, DEPUTY = "cv.tonghop.1", "tp.qlkh", "ptp.qlkh"
# The water of a flood stands in the offices: the secretariat enters a day off that no calendar had foreseen.
FLOOD = date(2022, 10, 10)


def _closes(day: date) -> Callable[[Office], Any]:
    return lambda office: office.engine.calendar.change(
        SECRETARY, day, "nghi_hoan_doi", "Nghỉ do mưa lũ, làm bù 15/10", "Thông báo của UBND tỉnh", True
    )


def _opens(day: date) -> Callable[[Office], Any]:
    return lambda office: office.engine.calendar.change(
        SECRETARY, day, "lam_bu", "Làm bù cho ngày 10/10", "Thông báo của UBND tỉnh", True
    )


STORY: tuple[tuple[str, Callable[[Office], Any]], ...] = (
    ("2022-02-10 16:30", lambda office: office.away(HEAD, "2022-02-12", "2022-02-16", DEPUTY, "Đi công tác")),
    ("2022-10-07 15:00", _closes(FLOOD)),
    ("2022-10-07 15:05", _opens(date(2022, 10, 15))),
)
