"""T5 in the year 2022: the decision with the regulation on intellectual property, signed on 25/08, within the month
that was planned.

The head of the unit finds, after asking the department of justice, that it is no legal normative document. Three of
sixteen bodies propose nothing in time, the outline is returned once, a unit is silent, the vice chair agrees subject to
edits, a member of the committee is away on the day of the meeting. Times are those of the office (UTC+7).
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from webui.demo import Office
from webui.stories.drafting import decides, does, gives, receives, remarks_then

CODE = "T5"
SECRETARY, HEAD, DRAFTER, CLERK = "cv.tonghop.1", "tp.shtt", "cv.shtt.1", "vt.so"
LEADER, DIRECTOR, VICE_CHAIR = "pgd.so.2", "gd.so", "pct.ubnd"
PROVINCE, PROVINCE_HEAD = "cv.vpubnd", "ldvp.ubnd"
# whom the tables suggest, in their order: four departments, the police, the market surveillance, ten districts
ENFORCERS = (
    "dm.svhttdl",
    "dm.snnptnt",
    "dm.stttt",
    "dm.sct",
    "dm.cat",
    "dm.cqltt",
    *(f"dm.huyen.{n:02d}" for n in range(1, 11)),
)
INSIDE = {"phong_qlkh": "tp.qlkh", "chi_cuc_tdc": "cct.tdc", "tt_ung_dung": "gd.ttud", "van_phong_so": "cvp.so"}
MEMBERS = ("ct.ubnd", "pct.ubnd", "tv.ubnd.1", "tv.ubnd.2", "tv.ubnd.3", "tv.ubnd.4", "tv.ubnd.5")

_REGULATION = (
    "Quy chế phối hợp giữa các cơ quan chức năng của tỉnh trong thực thi, bảo vệ quyền sở hữu trí tuệ.\n"
    "Điều 1. Phạm vi điều chỉnh, đối tượng áp dụng.\n"
    "Điều 2. Nguyên tắc phối hợp: đúng chức năng, kịp thời, không chồng chéo.\n"
    "Điều 3. Nội dung phối hợp: trao đổi thông tin, thanh tra, kiểm tra, xử lý vi phạm, tuyên truyền.\n"
    "Điều 4. Trách nhiệm của từng cơ quan.\n"
    "Điều 5. Tổ chức thực hiện."
)
TEXTS: Mapping[str, str] = {
    **dict.fromkeys(("du_thao", "du_thao_1", "du_thao_2", "ban_trinh_ky"), _REGULATION),
    "cong_van_de_nghi": "Đề nghị quý cơ quan xây dựng nội dung phối hợp trong thực thi quyền sở hữu trí tuệ.",
    "du_thao_quyet_dinh_to": "Thành lập Tổ soạn thảo Quy chế phối hợp gồm các ông, bà có tên sau.",
    "du_thao_thong_bao_phan_cong": "Phân công nhiệm vụ cho các thành viên Tổ soạn thảo, thời gian và kết quả.",
    "danh_muc_tai_lieu": "Danh mục văn bản của Trung ương và Quy chế phối hợp các tỉnh đã ban hành.",
    "du_thao_de_cuong": "Đề cương Quy chế: quy định chung, nội dung phối hợp, trách nhiệm, tổ chức thực hiện.",
    "de_cuong": "Đề cương Quy chế đã thống nhất: thêm phần trao đổi thông tin và đầu mối.",
    "cong_van_lay_y_kien": "Đề nghị quý cơ quan góp ý dự thảo Quy chế phối hợp.",
    "bao_cao_giai_trinh": "Tổng hợp, tiếp thu, giải trình ý kiến của các cơ quan phối hợp.",
    "bao_cao_xin_y_kien": "Báo cáo quá trình xây dựng dự thảo và xin ý kiến chỉ đạo của Phó Chủ tịch UBND tỉnh.",
    "bang_chung_dang_tai": "Ảnh chụp bài đăng lấy ý kiến trên Cổng thông tin điện tử tỉnh.",
    "bao_cao_tham_dinh": "Báo cáo thẩm định dự thảo Quyết định ban hành Quy chế phối hợp.",
    "ho_so_trinh_vp_ubnd": "Hồ sơ trình UBND tỉnh ban hành Quy chế: danh mục thành phần hồ sơ.",
    "to_trinh": "Kính trình UBND tỉnh xem xét, ban hành Quyết định kèm Quy chế phối hợp.",
    "phieu_tham_tra": "Phiếu thẩm tra hồ sơ trình ban hành Quy chế phối hợp.",
    "thong_bao_ket_luan": "UBND tỉnh thông qua dự thảo Quy chế phối hợp.",
    "bao_cao_tiep_thu": "Báo cáo tiếp thu, giải trình ý kiến của thành viên UBND tỉnh.",
}

AGREES = {"outcome": "dong_y"}
ANSWERS: Mapping[str, Mapping[str, Any]] = {
    "phan_cong": {"drafter": DRAFTER, "noi_dung": "Xây dựng đề cương, dự thảo Quy chế và hồ sơ trình UBND tỉnh."},
    "xac_dinh_tinh_chat": {
        "tinh_chat": "khong_quy_pham",
        "ly_do": "Chỉ quy định việc phối hợp giữa các cơ quan; Sở Tư pháp thống nhất khi được hỏi.",
    },
    "soan_cong_van": {"trich_yeu": "V/v xây dựng nội dung phối hợp thực thi quyền sở hữu trí tuệ"},
    "gui_xin_y_kien": {"noi_nhan": "de_xuat", "ngay_gui": "2022-02-14", "cach_gui": "truc_lien_thong"},
    "soan_quyet_dinh_to": {
        "to_truong": "Phó Giám đốc Sở phụ trách",
        "thanh_vien": "Trưởng phòng chủ trì; đại diện các cơ quan thực thi quyền sở hữu trí tuệ.",
    },
    "soan_phan_cong": {"phan_cong": "Chuyên viên đầu mối viết phần chung; mỗi cơ quan viết phần trách nhiệm của mình."},
    "thu_thap": {"danh_muc": "Luật Sở hữu trí tuệ; Quy chế phối hợp của ba tỉnh.", "so_luong": 14},
    "du_thao_de_cuong": {"noi_dung_chinh": "Bốn chương: quy định chung, nội dung phối hợp, trách nhiệm, tổ chức."},
    "hoan_thien_de_cuong": {"noi_dung_tiep_thu": "Đã thêm phần trao đổi thông tin và cơ quan đầu mối."},
    "xay_dung_du_thao": {
        "cac_phan": ["quy_dinh_chung", "noi_dung_phoi_hop", "trach_nhiem", "trao_doi_thong_tin", "to_chuc"],
        "thuyet_minh": "Dự thảo theo đúng Đề cương đã thống nhất.",
    },
    "mo_dot_xin_y_kien": {
        "participants": [*(f"internal_units@{unit}" for unit in INSIDE), "pgd.so.1", LEADER],
        "days": 5,
    },
    "hoan_thien_du_thao_1": {"noi_dung_tiep_thu": "Đã tiếp thu các góp ý của phòng, đơn vị."},
    "hoan_thien_du_thao_2": {"noi_dung_tiep_thu": "Đã tiếp thu ý kiến của các cơ quan phối hợp."},
    "dang_tai": {"ngay_dang": "2022-08-01", "dia_chi": "https://cong-thong-tin.example/du-thao/quy-che-shtt"},
    "go_bai": {"ngay_go": "2022-09-01", "so_y_kien": 2},
    "hoan_thien_ho_so": {
        "noi_dung_tiep_thu": "Đã bổ sung cơ quan đầu mối theo ý kiến chỉ đạo.",
        "thanh_phan": ["to_trinh", "du_thao", "bang_tong_hop", "y_kien_chi_dao"],
    },
    "moi_bieu_quyet": {"members": list(MEMBERS), "chu_toa": "ct.ubnd"},
    "tiep_thu": {"noi_dung_tiep_thu": "Đã thống nhất thời hạn trao đổi thông tin giữa các cơ quan."},
    "phat_hanh": {"ngay_phat_hanh": "2022-08-25", "noi_nhan": "Như Điều 3; lưu: VT, KHCN", "ky_so_co_quan": True},
    "gui_cong_bao": {"ngay_gui": "2022-08-26"},
    "dong_nhiem_vu": {"ket_qua": "Quyết định ban hành Quy chế đã phát hành, đã lưu hồ sơ.", "da_luu_ho_so": True},
}


def does_t5(element: str, person: str = DRAFTER, **changed: Any) -> Callable[[Office], Any]:
    """Somebody does a task of T5 with the story's answers, changed by `changed`."""
    return does(TEXTS, person, element, {**ANSWERS[element], **changed})


def decides_t5(person: str, element: str, outcome: str = "dong_y", reason: str = "") -> Callable[[Office], Any]:
    """Somebody decides a gate of T5, with the paper of the decision where one is due."""
    return decides(TEXTS, person, element, outcome, reason)


def proposals(silent: int = 3) -> Callable[[Office], Any]:
    """All bodies but the last `silent` answer the request; the six of the province propose something."""
    there = {"outcome": "co_de_xuat", "noi_dung": "Trao đổi thông tin vụ việc xâm phạm quyền trong ba ngày."}
    people = ENFORCERS[: len(ENFORCERS) - silent]
    given = {person: there if n < 6 else {"outcome": "khong_de_xuat"} for n, person in enumerate(people)}
    return gives("de_xuat_noi_dung", given)


def inside(silent: Sequence[str] = ()) -> Callable[[Office], Any]:
    """The units and leaders of the department answer, but those who are silent; the first has a remark."""
    people = [p for p in (*INSIDE.values(), "pgd.so.1", LEADER) if p not in silent]
    remark = {"outcome": "dong_y_co_y_kien", "noi_dung": "Nêu rõ cơ quan đầu mối.", "dieu_khoan": "Điều 4"}
    return gives("gop_y_noi_bo", {p: AGREES if n else remark for n, p in enumerate(people)})


def outside(silent: int = 2) -> Callable[[Office], Any]:
    """The bodies answer draft 1, but the last `silent`; two have remarks."""
    people = ENFORCERS[: len(ENFORCERS) - silent]
    remark = {
        "outcome": "dong_y_co_y_kien",
        "noi_dung": "Thống nhất thời hạn trả lời.",
        "dieu_khoan": "Điều 3",
    }
    return gives("tra_loi_y_kien", {p: remark if n in (4, 5) else AGREES for n, p in enumerate(people)})


def votes(against: int = 0, silent: int = 1) -> Callable[[Office], Any]:
    """The committee votes: the last `silent` members do not, `against` before them are against."""
    voting = MEMBERS[: len(MEMBERS) - silent]
    yes, no = {"outcome": "tan_thanh"}, {"outcome": "khong_tan_thanh", "noi_dung": "Chưa rõ cơ quan đầu mối."}
    return gives("bieu_quyet", {p: no if n >= len(voting) - against else yes for n, p in enumerate(voting)})


def meeting(day: str) -> Callable[[Office], Any]:
    """The secretariat records the day of the meeting."""
    return receives(SECRETARY, "lich_phien_hop", ngay_hop=day, hinh_thuc="hop")


STORY: tuple[tuple[str, Callable[[Office], Any]], ...] = (
    ("2022-01-28 10:00", lambda office: office.opens(SECRETARY, CODE)),
    ("2022-01-28 14:30", does_t5("phan_cong", HEAD)),
    ("2022-02-10 09:00", does_t5("xac_dinh_tinh_chat", HEAD)),
    ("2022-02-11 14:00", does_t5("soan_cong_van")),
    ("2022-02-14 08:30", decides_t5(DIRECTOR, "ky_cong_van")),
    ("2022-02-14 10:00", does_t5("gui_xin_y_kien", CLERK)),
    ("2022-02-15 10:00", does_t5("soan_quyet_dinh_to")),
    ("2022-02-16 09:00", decides_t5(DIRECTOR, "ky")),
    ("2022-02-17 10:00", does_t5("soan_phan_cong")),
    ("2022-02-18 09:00", decides_t5(DIRECTOR, "ky")),
    ("2022-02-22 15:00", does_t5("thu_thap")),
    ("2022-02-25 15:00", proposals()),
    ("2022-03-15 10:00", remarks_then(DRAFTER, does_t5("du_thao_de_cuong"))),
    (
        "2022-03-17 09:00",
        decides_t5(LEADER, "thong_nhat_de_cuong", "yeu_cau_chinh_sua", "Bổ sung phần trao đổi thông tin."),
    ),
    ("2022-03-23 15:00", does_t5("du_thao_de_cuong")),
    ("2022-03-25 09:00", decides_t5(LEADER, "thong_nhat_de_cuong")),
    ("2022-03-30 10:00", does_t5("hoan_thien_de_cuong")),
    ("2022-05-10 15:00", does_t5("xay_dung_du_thao")),
    ("2022-05-16 09:00", does_t5("mo_dot_xin_y_kien")),
    ("2022-05-20 15:00", inside(silent=("gd.ttud",))),
    ("2022-06-01 10:00", remarks_then(DRAFTER, does_t5("hoan_thien_du_thao_1"))),
    ("2022-07-04 09:00", decides_t5(DIRECTOR, "ky")),
    ("2022-07-05 08:30", does_t5("gui_xin_y_kien", CLERK, ngay_gui="2022-07-05")),
    ("2022-07-15 15:00", outside()),
    ("2022-07-22 10:00", remarks_then(DRAFTER, does_t5("hoan_thien_du_thao_2"))),
    ("2022-07-25 09:00", decides_t5(DIRECTOR, "ky")),
    (
        "2022-07-29 16:00",
        decides_t5(VICE_CHAIR, "cho_y_kien_chi_dao", "dong_y_co_chinh_sua", "Ghi rõ Sở là cơ quan đầu mối."),
    ),
    ("2022-08-03 10:00", does_t5("hoan_thien_ho_so")),
    ("2022-08-04 09:00", decides_t5(DIRECTOR, "ky")),
    ("2022-08-09 15:00", decides_t5(PROVINCE, "tham_tra", "du")),
    ("2022-08-10 09:00", meeting("2022-08-18")),
    ("2022-08-12 09:00", does_t5("moi_bieu_quyet", PROVINCE)),
    ("2022-08-18 15:00", votes()),
    ("2022-08-22 09:00", decides_t5(PROVINCE_HEAD, "ket_luan", "thong_qua")),
    ("2022-08-23 10:00", remarks_then(DRAFTER, does_t5("tiep_thu"))),
    ("2022-08-25 09:00", decides_t5(VICE_CHAIR, "ky")),
    ("2022-08-25 15:00", does_t5("phat_hanh", CLERK)),
    ("2022-08-26 08:30", does_t5("dong_nhiem_vu", SECRETARY)),
)

# What DMN-04 says on the last day of each month, written from the plan: planned August, promised September.
MONTHLY: dict[str, str] = {
    **{f"2022-{month:02d}": "dang_thuc_hien_trong_han" for month in range(1, 8)},
    **{f"2022-{month:02d}": "hoan_thanh_dung_han" for month in range(8, 13)},
}
