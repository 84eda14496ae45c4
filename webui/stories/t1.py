"""T1 in 2022, the directive on the quality of science and technology tasks: signed on 05/04, late on plan."""

from collections.abc import Mapping

from webui import demo

CODE = "T1"
STORY = demo.STORY
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
