"""T1 in 2022, the directive on the quality of science and technology tasks: signed on 05/04, late on plan.

As the demo's own story, except that the head of the unit is away when the draft is to be approved: the deputy does it.
"""

from collections.abc import Callable, Mapping
from typing import Any

from webui import demo
from webui.stories.office_life import DEPUTY

CODE = "T1"
APPROVAL = "2022-02-14 09:00"
STORY: tuple[tuple[str, Callable[[demo.Office], Any]], ...] = tuple(
    (when, (lambda office: office.decides(DEPUTY, "duyet_du_thao", "dong_y")) if when == APPROVAL else act)
    for when, act in demo.STORY
)
# Planned and committed for March, at the latest in April; signed on 05/04/2022.
MONTHLY: Mapping[str, str] = {
    "2022-01": "dang_thuc_hien_trong_han",
    "2022-02": "dang_thuc_hien_trong_han",
    "2022-03": "dang_thuc_hien_sap_den_han",
    "2022-04": "hoan_thanh_cham_kh",
    "2022-05": "hoan_thanh_cham_kh",
    "2022-06": "hoan_thanh_cham_kh",
    "2022-07": "hoan_thanh_cham_kh",
    "2022-08": "hoan_thanh_cham_kh",
    "2022-09": "hoan_thanh_cham_kh",
    "2022-10": "hoan_thanh_cham_kh",
    "2022-11": "hoan_thanh_cham_kh",
    "2022-12": "hoan_thanh_cham_kh",
}
