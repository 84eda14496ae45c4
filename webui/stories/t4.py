"""T4 in the year 2022: the plan for biotechnology, signed on 15/06, in the month that was promised and a month after
the one that was planned.

Proposals come from twelve of fifteen bodies, the outline is returned once, a vice director is away and silent, one
district answers late, the vice chair wants draft 2 changed, the provincial office asks for a supplement, a member of
the committee does not vote. Times are those of the office (UTC+7).
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from webui.demo import UNITS, Office
from webui.stories.drafting import decides, does, gives, receives, remarks_then

CODE = "T4"
SECRETARY, HEAD, DRAFTER, CLERK = "cv.tonghop.1", "tp.qlkh", "cv.qlkh.2", "vt.so"
LEADER, AWAY, DIRECTOR, VICE_CHAIR = "pgd.so.1", "pgd.so.2", "gd.so", "pct.ubnd"
PROVINCE, PROVINCE_HEAD = "cv.vpubnd", "ldvp.ubnd"
DEPARTMENTS = {
    "so_khdt": "dm.skhdt",
    "so_tai_chinh": "dm.stc",
    "so_nnptnt": "dm.snnptnt",
    "so_cong_thuong": "dm.sct",
    "so_tttt": "dm.stttt",
}
DISTRICTS = {f"ubnd_huyen_{n:02d}": f"dm.huyen.{n:02d}" for n in range(1, 11)}
ASKED = {**DEPARTMENTS, **DISTRICTS}
SEATS = [f"ext_agencies@{unit}" for unit in ASKED]
MEMBERS = ("ct.ubnd", "pct.ubnd", "tv.ubnd.1", "tv.ubnd.2", "tv.ubnd.3", "tv.ubnd.4", "tv.ubnd.5")

_PLAN = (
    "Kế hoạch đẩy mạnh hoạt động nghiên cứu, ứng dụng công nghệ sinh học trên địa bàn tỉnh, giai đoạn 2022–2025.\n"
    "1. Mục tiêu: ứng dụng công nghệ sinh học vào sản xuất nông nghiệp, chế biến, bảo vệ môi trường và y tế.\n"
    "2. Nhiệm vụ: tuyển chọn giống, chế phẩm sinh học; nhân rộng mô hình; nâng cao năng lực nghiên cứu.\n"
    "3. Giải pháp: đặt hàng nhiệm vụ khoa học và công nghệ, hỗ trợ doanh nghiệp, đào tạo, thông tin, tuyên truyền.\n"
    "4. Kinh phí: ngân sách nhà nước và các nguồn hợp pháp khác.\n"
    "5. Tổ chức thực hiện: trách nhiệm của từng sở, ngành, UBND các huyện, thành phố."
)
TEXTS: Mapping[str, str] = {
    **dict.fromkeys(("du_thao", "du_thao_1", "du_thao_2", "ban_trinh_ky"), _PLAN),
    "cong_van_de_xuat": "Đề nghị quý cơ quan, đơn vị đề xuất nội dung xây dựng Kế hoạch công nghệ sinh học.",
    "tong_hop_de_xuat": "Bảng tổng hợp đề xuất của các sở, cơ quan, UBND các huyện, thành phố.",
    "du_thao_quyet_dinh_to": "Thành lập Tổ biên tập xây dựng Kế hoạch công nghệ sinh học gồm các ông, bà có tên sau.",
    "du_thao_thong_bao_phan_cong": "Phân công nhiệm vụ cụ thể cho các thành viên Tổ biên tập, tiến độ và kết quả.",
    "tong_hop_van_ban_tai_lieu": "Danh mục văn bản, tài liệu của Trung ương, các tỉnh và của tỉnh.",
    "du_thao_de_cuong": "Đề cương Kế hoạch: sự cần thiết, mục tiêu, nhiệm vụ, giải pháp, kinh phí, tổ chức thực hiện.",
    "de_cuong": "Đề cương Kế hoạch đã thống nhất: thêm phần năng lực nghiên cứu và phân kỳ thực hiện.",
    "cong_van_lay_y_kien": "Đề nghị quý cơ quan, đơn vị góp ý dự thảo Kế hoạch công nghệ sinh học.",
    "bien_ban_hoi_thao": "Biên bản hội thảo khoa học về nội dung đề xuất trong Kế hoạch.",
    "bao_cao_giai_trinh": "Tổng hợp, tiếp thu, giải trình ý kiến góp ý của các sở, ngành, huyện.",
    "bao_cao_xin_y_kien": "Báo cáo quá trình xây dựng dự thảo và xin ý kiến chỉ đạo của Phó Chủ tịch UBND tỉnh.",
    "ho_so_trinh_vp_ubnd": "Hồ sơ trình UBND tỉnh xem xét, ban hành Kế hoạch: danh mục thành phần hồ sơ.",
    "to_trinh": "Kính trình UBND tỉnh xem xét, ban hành Kế hoạch công nghệ sinh học.",
    "phieu_tham_tra": "Phiếu thẩm tra hồ sơ trình ban hành Kế hoạch công nghệ sinh học.",
    "thong_bao_ket_luan": "UBND tỉnh thông qua Kế hoạch, yêu cầu làm rõ nguồn kinh phí từng năm.",
    "bao_cao_tiep_thu": "Báo cáo tiếp thu, giải trình ý kiến của thành viên UBND tỉnh.",
}

AGREES = {"outcome": "dong_y"}
ANSWERS: Mapping[str, Mapping[str, Any]] = {
    "phan_cong": {"drafter": DRAFTER, "noi_dung": "Xây dựng đề cương, dự thảo Kế hoạch và hồ sơ trình UBND tỉnh."},
    "soan_cong_van": {"trich_yeu": "V/v đề xuất nội dung xây dựng Kế hoạch công nghệ sinh học"},
    "gui_xin_y_kien": {
        "noi_nhan": "chon",
        "recipients": SEATS,
        "ngay_gui": "2022-01-28",
        "cach_gui": "truc_lien_thong",
    },
    "tong_hop_de_xuat": {"noi_dung_chinh": "Bốn nhóm đề xuất: giống, chế phẩm sinh học, chế biến, xử lý môi trường."},
    "soan_quyet_dinh_to": {
        "to_truong": "Phó Giám đốc Sở phụ trách",
        "thanh_vien": "Trưởng phòng Quản lý Khoa học; chuyên viên các phòng, đơn vị liên quan.",
    },
    "soan_phan_cong": {"phan_cong": "Chuyên viên đầu mối viết phần chung; mỗi thành viên viết phần của lĩnh vực mình."},
    "thu_thap": {"danh_muc": "Chỉ thị của Ban Bí thư; kế hoạch của Chính phủ; kế hoạch các tỉnh.", "so_luong": 18},
    "du_thao_de_cuong": {"noi_dung_chinh": "Sáu phần: sự cần thiết, mục tiêu, nhiệm vụ, giải pháp, kinh phí, tổ chức."},
    "hoan_thien_de_cuong": {"noi_dung_tiep_thu": "Đã thêm phần năng lực nghiên cứu và phân kỳ thực hiện."},
    "xay_dung_du_thao": {
        "cac_phan": ["quan_diem_muc_tieu", "nhiem_vu", "giai_phap", "kinh_phi", "to_chuc"],
        "thuyet_minh": "Dự thảo theo đúng Đề cương đã thống nhất, đủ năm phần.",
    },
    "mo_dot_xin_y_kien": {"participants": [f"internal_units@{u}" for u in UNITS] + [LEADER, AWAY], "days": 5},
    "hoan_thien_du_thao_1": {"noi_dung_tiep_thu": "Đã tiếp thu các góp ý của phòng, đơn vị."},
    "hoi_thao": {
        "ngay_hop": "2022-03-18",
        "dia_diem": "Hội trường Sở",
        "thanh_phan": "Đại diện các sở, ngành, huyện, doanh nghiệp và nhà khoa học.",
        "ket_luan": "Ưu tiên giống cây ăn quả và chế phẩm xử lý môi trường chăn nuôi.",
        "hop_tiep": "xong",
    },
    "hoan_thien_du_thao_2": {"noi_dung_tiep_thu": "Đã tiếp thu ý kiến của các sở, ngành, huyện và của hội thảo."},
    "hoan_thien_ho_so": {
        "noi_dung_tiep_thu": "Đã bổ sung bản chụp ý kiến góp ý và bảng giải trình.",
        "thanh_phan": ["to_trinh", "du_thao", "bang_tong_hop", "y_kien_chi_dao", "ban_sao_gop_y"],
    },
    "moi_bieu_quyet": {"members": list(MEMBERS), "chu_toa": "ct.ubnd"},
    "tiep_thu": {"noi_dung_tiep_thu": "Đã làm rõ nguồn kinh phí từng năm theo ý kiến tại phiên họp."},
    "phat_hanh": {"ngay_phat_hanh": "2022-06-15", "noi_nhan": "Như Mục V; lưu: VT, KHCN", "ky_so_co_quan": True},
    "dong_nhiem_vu": {"ket_qua": "Kế hoạch đã ban hành, đã lưu hồ sơ.", "da_luu_ho_so": True},
}


def does_t4(element: str, person: str = DRAFTER, **changed: Any) -> Callable[[Office], Any]:
    """Somebody does a task of T4 with the story's answers, changed by `changed`."""
    return does(TEXTS, person, element, {**ANSWERS[element], **changed})


def decides_t4(person: str, element: str, outcome: str = "dong_y", reason: str = "") -> Callable[[Office], Any]:
    """Somebody decides a gate of T4, with the paper of the decision where one is due."""
    return decides(TEXTS, person, element, outcome, reason)


def proposals(silent: int = 3) -> Callable[[Office], Any]:
    """All bodies but the last `silent` answer the request; each third of them proposes something."""
    people = list(ASKED.values())[: len(ASKED) - silent]
    given = {
        person: {"outcome": "co_de_xuat", "noi_dung": "Xây dựng mô hình chế phẩm sinh học trong chăn nuôi."}
        if n % 3 == 0
        else {"outcome": "khong_de_xuat"}
        for n, person in enumerate(people)
    }
    return gives("de_xuat_noi_dung", given)


def inside(silent: Sequence[str] = ()) -> Callable[[Office], Any]:
    """The units and leaders of the department answer, but those who are silent; the second has a remark."""
    people = [p for p in (*UNITS.values(), LEADER, AWAY) if p not in silent]
    remark = {"outcome": "dong_y_co_y_kien", "noi_dung": "Nêu rõ phân kỳ thực hiện từng năm.", "dieu_khoan": "Mục 2"}
    return gives("gop_y_noi_bo", {p: remark if n == 1 else AGREES for n, p in enumerate(people)})


def outside(silent: int = 2) -> Callable[[Office], Any]:
    """The bodies answer draft 1, but the last `silent`; three have remarks and one disagrees."""
    people = list(ASKED.values())[: len(ASKED) - silent]
    remark = {"outcome": "dong_y_co_y_kien", "noi_dung": "Bổ sung nguồn kinh phí thực hiện.", "dieu_khoan": "Mục 4"}
    against = {"outcome": "khong_dong_y", "noi_dung": "Nhiệm vụ này trùng với đề án của ngành.", "dieu_khoan": "Mục 2"}
    given: dict[str, Mapping[str, Any]] = dict.fromkeys(people, AGREES)
    given |= dict.fromkeys(people[:3], remark) | {people[3]: against}
    return gives("tra_loi_y_kien", given)


def late(office: Office) -> None:
    """The last district answers after the round was closed: kept, marked as late."""
    rounds = [c for c in office.engine.queries.case(DRAFTER, office.case_id).consultations if c.kind == "external"]
    remark = {
        "outcome": "dong_y_co_y_kien",
        "noi_dung": "Bổ sung trách nhiệm của UBND cấp huyện.",
        "dieu_khoan": "Mục 5",
    }
    office.engine.consulting.answer_late(list(ASKED.values())[-1], rounds[-1].opinions[-1].id, remark)


def votes(against: int = 1, silent: int = 1) -> Callable[[Office], Any]:
    """The committee votes: the last `silent` members do not, `against` before them are against."""
    voting = MEMBERS[: len(MEMBERS) - silent]
    yes, no = {"outcome": "tan_thanh"}, {"outcome": "khong_tan_thanh", "noi_dung": "Chưa rõ nguồn kinh phí từng năm."}
    return gives("bieu_quyet", {p: no if n >= len(voting) - against else yes for n, p in enumerate(voting)})


def meeting(day: str) -> Callable[[Office], Any]:
    """The secretariat records the day of the meeting."""
    return receives(SECRETARY, "lich_phien_hop", ngay_hop=day, hinh_thuc="hop")


STORY: tuple[tuple[str, Callable[[Office], Any]], ...] = (
    ("2022-01-28 08:45", lambda office: office.opens(SECRETARY, CODE)),
    ("2022-01-28 09:20", does_t4("phan_cong", HEAD)),
    ("2022-01-28 10:30", does_t4("soan_cong_van")),
    ("2022-01-28 14:00", decides_t4(DIRECTOR, "ky_cong_van")),
    ("2022-01-28 15:20", does_t4("gui_xin_y_kien", CLERK)),
    ("2022-02-08 09:00", does_t4("soan_quyet_dinh_to")),
    ("2022-02-09 08:30", decides_t4(DIRECTOR, "ky")),
    ("2022-02-10 10:00", does_t4("soan_phan_cong")),
    ("2022-02-10 15:00", does_t4("thu_thap")),
    ("2022-02-11 09:00", decides_t4(DIRECTOR, "ky")),
    ("2022-02-16 14:00", proposals()),
    ("2022-02-21 09:30", remarks_then(DRAFTER, does_t4("tong_hop_de_xuat"))),
    ("2022-02-22 10:00", does_t4("du_thao_de_cuong")),
    (
        "2022-02-23 09:00",
        decides_t4(LEADER, "thong_nhat_de_cuong", "yeu_cau_chinh_sua", "Bổ sung phần năng lực nghiên cứu của tỉnh."),
    ),
    ("2022-02-24 10:00", does_t4("du_thao_de_cuong")),
    ("2022-02-24 16:00", decides_t4(LEADER, "thong_nhat_de_cuong")),
    ("2022-02-25 09:00", does_t4("hoan_thien_de_cuong")),
    ("2022-02-28 09:00", does_t4("xay_dung_du_thao")),
    ("2022-02-28 14:00", does_t4("mo_dot_xin_y_kien")),
    ("2022-03-04 15:00", inside(silent=(AWAY,))),
    ("2022-03-09 10:00", remarks_then(DRAFTER, does_t4("hoan_thien_du_thao_1"))),
    ("2022-03-10 09:00", decides_t4(DIRECTOR, "ky")),
    ("2022-03-11 08:30", does_t4("gui_xin_y_kien", CLERK, ngay_gui="2022-03-11")),
    ("2022-03-18 16:30", does_t4("hoi_thao", hop_tiep="con_hop")),
    ("2022-03-24 15:00", outside()),
    ("2022-03-29 10:00", late),
    ("2022-03-31 16:00", does_t4("hoi_thao", ngay_hop="2022-03-31", dia_diem="Trung tâm Ứng dụng KH&CN")),
    ("2022-04-06 15:00", remarks_then(DRAFTER, does_t4("hoan_thien_du_thao_2"))),
    ("2022-04-07 09:00", decides_t4(DIRECTOR, "ky")),
    (
        "2022-04-14 10:00",
        decides_t4(VICE_CHAIR, "cho_y_kien_chi_dao", "yeu_cau_chinh_sua", "Làm rõ sản phẩm chủ lực của từng huyện."),
    ),
    ("2022-04-19 14:00", does_t4("hoan_thien_du_thao_2")),
    ("2022-04-20 09:00", decides_t4(DIRECTOR, "ky")),
    ("2022-04-26 16:00", decides_t4(VICE_CHAIR, "cho_y_kien_chi_dao")),
    ("2022-05-05 10:00", does_t4("hoan_thien_ho_so")),
    ("2022-05-06 09:00", decides_t4(DIRECTOR, "ky")),
    ("2022-05-11 15:00", decides_t4(PROVINCE, "tham_tra", "bo_sung", "Thiếu bản chụp ý kiến góp ý của các huyện.")),
    ("2022-05-12 10:00", does_t4("hoan_thien_ho_so")),
    ("2022-05-13 09:00", decides_t4(DIRECTOR, "ky")),
    ("2022-05-17 15:00", decides_t4(PROVINCE, "tham_tra", "du")),
    ("2022-05-18 09:00", meeting("2022-05-26")),
    ("2022-05-20 09:00", does_t4("moi_bieu_quyet", PROVINCE)),
    ("2022-05-26 15:00", votes()),
    (
        "2022-05-30 10:00",
        decides_t4(PROVINCE_HEAD, "ket_luan", "thong_qua_sau_chinh_sua", "Làm rõ nguồn kinh phí từng năm."),
    ),
    ("2022-06-06 15:00", remarks_then(DRAFTER, does_t4("tiep_thu"))),
    ("2022-06-15 09:00", decides_t4(VICE_CHAIR, "ky")),
    ("2022-06-15 15:00", does_t4("phat_hanh", CLERK)),
    ("2022-06-16 08:30", does_t4("dong_nhiem_vu", SECRETARY)),
)

# What DMN-04 says on the last day of each month, written from the plan: planned May, promised and at the latest June.
MONTHLY: dict[str, str] = {
    "2022-01": "dang_thuc_hien_trong_han",
    "2022-02": "dang_thuc_hien_trong_han",
    "2022-03": "dang_thuc_hien_trong_han",
    "2022-04": "dang_thuc_hien_trong_han",
    "2022-05": "dang_thuc_hien_sap_den_han",
    **{f"2022-{month:02d}": "hoan_thanh_dung_han" for month in range(6, 13)},
}
