"""T6 in the year 2022: the resolution on support for productivity and quality, adopted on 09/12 at the year's last
session of the provincial council.

The proposal is appraised twice: the first time it is not ready ("chưa đủ điều kiện"). One group of affected parties and
two bodies are silent, one disagrees; the committee adopts the draft subject to edits and its members are asked again.
The dates are the feasible ones of the plan and of the law: posted on 05/08, because a posting on 15/08 would have put
the appraisal outside September. Times are those of the office (UTC+7).
"""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from webui.demo import Office, word
from webui.stories.drafting import decides, does, gives, receives, remarks_then

CODE = "T6"
SECRETARY, HEAD, DRAFTER, CLERK, DIRECTOR = "cv.tonghop.1", "cct.tdc", "cv.tdc.1", "vt.so", "gd.so"
JUSTICE, JUSTICE_HEAD, VICE_CHAIR, CHAIR = "cv.stp", "gd.stp", "pct.ubnd", "ct.ubnd"
PROVINCE, PROVINCE_HEAD = "cv.vpubnd", "ldvp.ubnd"
STANDING, COMMITTEE, COUNCIL = "tt.hdnd", "ban.hdnd", "vp.hdnd"
INSIDE = ("cvp.so", "tp.qlkh", "tp.shtt", "gd.ttud", "gd.so", "pgd.so.1", "pgd.so.2")
ASKED = {
    "so_tai_chinh": "dm.stc",
    "so_noi_vu": "dm.snv",
    "so_khdt": "dm.skhdt",
    "so_cong_thuong": "dm.sct",
    "so_nnptnt": "dm.snnptnt",
    "mttq_tinh": "dm.mttq",
    "ubnd_huyen_01": "dm.huyen.01",
    "ubnd_huyen_02": "dm.huyen.02",
}
SEATS = [f"ext_agencies@{unit}" for unit in ASKED]
MEMBERS = ("ct.ubnd", "pct.ubnd", "tv.ubnd.1", "tv.ubnd.2", "tv.ubnd.3", "tv.ubnd.4", "tv.ubnd.5")
GROUPS = ("Doanh nghiệp nhỏ và vừa", "Hợp tác xã", "Hộ kinh doanh", "Hiệp hội doanh nghiệp")
PORTAL = "https://bacgiang.example/van-ban/du-thao"

_DRAFT = (
    "Nghị quyết quy định mức hỗ trợ nâng cao năng suất, chất lượng sản phẩm, hàng hóa và truy xuất nguồn gốc trên địa "
    "bàn tỉnh.\n"
    "Điều 1. Phạm vi điều chỉnh, đối tượng áp dụng: doanh nghiệp, hợp tác xã, hộ kinh doanh trên địa bàn tỉnh.\n"
    "Điều 2. Mức hỗ trợ áp dụng hệ thống quản lý, công cụ cải tiến năng suất.\n"
    "Điều 3. Mức hỗ trợ đạt giải thưởng chất lượng, chứng nhận phù hợp tiêu chuẩn, quy chuẩn.\n"
    "Điều 4. Mức hỗ trợ áp dụng truy xuất nguồn gốc.\n"
    "Điều 5. Kinh phí và tổ chức thực hiện."
)
_PROPOSAL = (
    "Đề nghị xây dựng Nghị quyết quy định mức hỗ trợ năng suất, chất lượng, truy xuất nguồn gốc.\n"
    "1. Sự cần thiết; mục đích, quan điểm.\n2. Phạm vi, đối tượng.\n3. Các chính sách và giải pháp.\n"
    "4. Nguồn lực và điều kiện bảo đảm thi hành.\n5. Thời gian dự kiến trình HĐND tỉnh."
)
TEXTS: Mapping[str, str] = {
    "ke_hoach_xay_dung_nq": "Kế hoạch xây dựng Nghị quyết: việc, người, hạn của từng giai đoạn.",
    "bao_cao_nghien_cuu": "Căn cứ ban hành và các quy định giao HĐND tỉnh quyết định mức hỗ trợ.",
    "van_ban_chinh_sach_cac_tinh": "Tập hợp nghị quyết của các tỉnh về hỗ trợ năng suất, chất lượng.",
    "bao_cao_khao_sat": "Kết quả khảo sát doanh nghiệp, hợp tác xã, hộ kinh doanh trên địa bàn tỉnh.",
    "bien_ban_lam_viec": "Biên bản làm việc với Sở Tài chính, Sở Công Thương, Sở Nông nghiệp và PTNT.",
    **dict.fromkeys(
        ("to_trinh_de_nghi", "ho_so_de_nghi", "ho_so_tham_dinh_de_nghi", "ho_so_trinh_chinh_sach"), _PROPOSAL
    ),
    "bao_cao_tac_dong": "Đánh giá tác động của từng chính sách: kinh tế, xã hội, giới, thủ tục hành chính.",
    "de_cuong_nghi_quyet": "Đề cương dự thảo Nghị quyết gồm năm điều.",
    "bao_cao_tong_hop_de_nghi": "Tổng hợp, tiếp thu, giải trình ý kiến về hồ sơ đề nghị.",
    "bao_cao_tham_dinh_de_nghi": "Báo cáo thẩm định đề nghị xây dựng Nghị quyết.",
    "bao_cao_giai_trinh_de_nghi": "Tiếp thu, giải trình ý kiến thẩm định hồ sơ đề nghị.",
    "to_trinh_chinh_sach": "Kính trình UBND tỉnh xem xét, thông qua đề nghị xây dựng Nghị quyết.",
    "ket_luan_thong_qua_chinh_sach": "UBND tỉnh thông qua ba chính sách của đề nghị xây dựng Nghị quyết.",
    "van_ban_chap_thuan": "Thường trực HĐND tỉnh chấp thuận đề nghị; UBND tỉnh trình tại kỳ họp cuối năm.",
    **dict.fromkeys(
        ("du_thao_nghi_quyet", "du_thao_nghi_quyet_da_tiep_thu", "du_thao_trinh_hdnd", "nghi_quyet_trinh_ky"), _DRAFT
    ),
    "du_thao_to_trinh": "Dự thảo Tờ trình của UBND tỉnh về dự thảo Nghị quyết.",
    "bao_cao_tong_hop_y_kien": "Tổng hợp, tiếp thu, giải trình ý kiến góp ý dự thảo Nghị quyết.",
    "bao_cao_tham_dinh_du_thao": "Báo cáo thẩm định dự thảo Nghị quyết: đủ điều kiện trình sau khi chỉnh sửa.",
    "ho_so_trinh_ubnd": "Hồ sơ trình UBND tỉnh: danh mục thành phần hồ sơ.",
    "to_trinh_ubnd": "Kính trình UBND tỉnh dự thảo Nghị quyết để trình HĐND tỉnh.",
    "van_ban_tham_tra": "Văn phòng UBND tỉnh: hồ sơ đủ thành phần, đúng thể thức.",
    "ket_luan_ubnd_thong_qua": "UBND tỉnh nhất trí trình HĐND tỉnh, yêu cầu làm rõ nguồn kinh phí.",
    "ket_luan_lay_lai_y_kien": "Thành viên UBND tỉnh nhất trí dự thảo đã chỉnh sửa.",
    "to_trinh_hdnd": "Kính trình HĐND tỉnh xem xét, thông qua Nghị quyết.",
    "van_ban_tham_tra_ubnd": "Dự thảo Nghị quyết đủ điều kiện trình HĐND tỉnh.",
    "bao_cao_tham_tra_hdnd": "Ban của HĐND tỉnh nhất trí trình kỳ họp, đề nghị rà soát mức hỗ trợ tại Điều 4.",
    "tai_lieu_ky_hop": "Bộ tài liệu kỳ họp gửi đại biểu HĐND tỉnh.",
    "bao_cao_giai_trinh_hdnd": "Tiếp thu, giải trình báo cáo thẩm tra của Ban của HĐND tỉnh.",
    "bien_ban_bieu_quyet": "Biên bản biểu quyết thông qua Nghị quyết tại kỳ họp.",
    "bang_chung_cong_bo": "Bản chụp Công báo tỉnh và trang đăng trên Cổng thông tin điện tử.",
    **dict.fromkeys(
        ("bang_chung_dang_tai_de_nghi", "bang_chung_dang_tai_du_thao"), "Bản chụp trang đăng tải trên Cổng tỉnh."
    ),
    **dict.fromkeys(
        ("cong_van_xin_y_kien_de_nghi", "cong_van_xin_y_kien_du_thao"),
        "Đề nghị quý cơ quan góp ý các tài liệu kèm theo.",
    ),
    **dict.fromkeys(
        ("cong_van_tham_dinh_de_nghi", "cong_van_tham_dinh_du_thao"), "Đề nghị Sở Tư pháp thẩm định hồ sơ kèm theo."
    ),
}

AGREES = {"outcome": "dong_y"}
ANSWERS: Mapping[str, Mapping[str, Any]] = {
    "lap_ke_hoach": {
        "drafter": DRAFTER,
        "noi_dung": "Quý I nghiên cứu, khảo sát; quý II hồ sơ đề nghị; quý III dự thảo.",
    },
    "nghien_cuu": {"can_cu": "Luật Chất lượng sản phẩm, hàng hóa; Quyết định số 100/QĐ-TTg.", "so_luong": 14},
    "tham_khao": {
        "cac_tinh": "Thái Nguyên, Vĩnh Phúc, Quảng Ninh, Hải Dương",
        "so_sanh": "Các tỉnh hỗ trợ 30–50% chi phí tư vấn, chứng nhận; mức trần khác nhau.",
    },
    "khao_sat": {
        "so_don_vi": 120,
        "danh_gia": "Một phần ba số cơ sở đã áp dụng hệ thống quản lý; rất ít truy xuất nguồn gốc.",
        "muc_tieu": "Mỗi năm hỗ trợ ba mươi cơ sở, ưu tiên sản phẩm chủ lực.",
    },
    "chon_doi_tuong": {"doi_tuong": list(GROUPS), "days": 20},
    "xac_nhan_che_do": {
        "dieu27_khoan": "4",
        "special_measures": True,
        "che_do": "theo_ngay",
        "can_lam_viec": True,
    },
    "lam_viec": {
        "ngay_lam_viec": "2022-04-06",
        "thanh_phan": "Sở Tài chính, Sở Công Thương, Sở Nông nghiệp và PTNT.",
        "ket_luan": "Thống nhất ba nhóm chính sách hỗ trợ và nguồn ngân sách tỉnh.",
    },
    "lap_ho_so": {
        "chinh_sach": "Hỗ trợ hệ thống quản lý; giải thưởng, chứng nhận; truy xuất nguồn gốc.",
        "nguon_luc": "Ngân sách tỉnh, dự kiến năm tỷ đồng mỗi năm.",
    },
    "mo_dot_xin_y_kien": {
        "participants": [
            "internal_units@van_phong_so",
            "internal_units@phong_qlkh",
            "internal_units@phong_khcn_cs_shtt",
            "internal_units@tt_ung_dung",
            *INSIDE[4:],
        ],
        "days": 5,
    },
    "hoan_thien_de_nghi": {"noi_dung_chinh_sua": "Đã tiếp thu ý kiến trong Sở vào hồ sơ đề nghị.", "lay_y_kien": "co"},
    "soan_cong_van": {"trich_yeu": "V/v Nghị quyết quy định mức hỗ trợ năng suất, chất lượng"},
    "gui_xin_y_kien": {"noi_nhan": "chon", "recipients": SEATS, "cach_gui": "truc_lien_thong"},
    "dang_tai": {"dia_chi": PORTAL},
    "go_bai": {"so_y_kien": 0},
    "gui_cong_van": {"cach_gui": "truc_lien_thong", "noi_nhan_cong_van": "Sở Tư pháp; lưu: VT, TĐC"},
    "tong_hop_de_nghi": {"noi_dung_tiep_thu": "Đã tiếp thu, giải trình đủ ý kiến của cơ quan, tổ chức."},
    "tiep_thu_tham_dinh": {"noi_dung_tiep_thu": "Đã bổ sung đánh giá tác động về giới và thủ tục hành chính."},
    "hoan_thien_sau_chi_dao": {"noi_dung_tiep_thu": "Đã rà soát mức hỗ trợ theo khả năng cân đối ngân sách."},
    "moi_bieu_quyet": {"members": list(MEMBERS), "chu_toa": CHAIR},
    "soan_du_thao": {"thuyet_minh": "Dự thảo đúng ba chính sách đã được thông qua.", "dung_chinh_sach": True},
    "hoan_thien_du_thao": {"noi_dung_tiep_thu": "Đã tiếp thu ý kiến góp ý vào Điều 2 và Điều 4."},
    "hoan_thien_ho_so": {"noi_dung_tiep_thu": "Đã tiếp thu ý kiến thẩm định về căn cứ và hiệu lực."},
    "chinh_sua_du_thao": {"noi_dung_tiep_thu": "Đã làm rõ nguồn kinh phí tại Điều 5."},
    "tai_lieu_ky_hop": {
        "noi_dung_giai_trinh": "Giải trình mức hỗ trợ tại Điều 4 theo kết quả khảo sát.",
        "ngay_gui_dai_bieu": "2022-11-30",
    },
    "bieu_quyet_hdnd": {
        "ngay_bieu_quyet": "2022-12-09",
        "tong_so_dai_bieu": 75,
        "co_mat": 70,
        "tan_thanh": 68,
        "khong_tan_thanh": 1,
        "khong_bieu_quyet": 1,
    },
    "hoan_chinh_nghi_quyet": {"dung_noi_dung": True},
    "gui_cong_bao": {
        "ngay_gui_cong_bao": "2022-12-12",
        "ngay_gui_bo_tu_phap": "2022-12-12",
        "ngay_gui_csdl": "2022-12-12",
    },
    "bang_chung_cong_bo": {"so_cong_bao": "48", "ngay_dang": "2022-12-19", "dia_chi_dang": PORTAL},
    "dong_nhiem_vu": {"ket_qua": "Nghị quyết đã thông qua và công bố, đã lưu hồ sơ.", "da_luu_ho_so": True},
}


def does_t6(element: str, person: str = DRAFTER, **changed: Any) -> Callable[[Office], Any]:
    """Somebody does a task of T6 with the story's answers, changed by `changed`."""
    return does(TEXTS, person, element, {**ANSWERS[element], **changed})


def decides_t6(person: str, element: str, outcome: str = "dong_y", reason: str = "") -> Callable[[Office], Any]:
    """Somebody decides a gate of T6, with the paper of the decision where one is due."""
    return decides(TEXTS, person, element, outcome, reason)


def in_turn(*acts: Callable[[Office], Any]) -> Callable[[Office], Any]:
    """Several acts one after the other at the same time."""

    def act(office: Office) -> None:
        for one in acts:
            one(office)

    return act


def recorded(group: str, outcome: str, remark: str = "", received: str = "") -> Callable[[Office], Any]:
    """The clerk records the paper of a group of affected parties, who have no accounts."""

    def act(office: Office) -> None:
        case = office.engine.queries.case(DRAFTER, office.case_id)
        (asked,) = [c for c in case.consultations if c.kind == "affected"]
        opinion = next(o for o in asked.opinions if o.who == group)
        day = date.fromisoformat(received)
        scan = word(f"Phiếu ý kiến: {group}", [remark or "Nhất trí với các chính sách dự kiến."])
        remarks = [("Mức hỗ trợ", remark)] if remark else []
        office.engine.consulting.record_for(
            CLERK, opinion.id, outcome, remarks, "", day, day, "giay", "phieu-y-kien.docx", scan, f"Đại diện {group}"
        )
        office.engine.operations.settle()

    return act


def inside(office: Office) -> None:
    """The units and leaders of the department answer; the second has a remark."""
    remark = {"outcome": "dong_y_co_y_kien", "noi_dung": "Nêu rõ nguồn kinh phí từng năm.", "dieu_khoan": "Mục 4"}
    gives("gop_y_noi_bo", {p: remark if n == 1 else AGREES for n, p in enumerate(INSIDE)})(office)


def outside(*silent: str) -> Callable[[Office], Any]:
    """The bodies asked answer, but those named; the first has a remark and the fourth disagrees."""
    remark = {"outcome": "dong_y_co_y_kien", "noi_dung": "Làm rõ khả năng cân đối ngân sách.", "dieu_khoan": "Điều 5"}
    against = {
        "outcome": "khong_dong_y",
        "noi_dung": "Mức hỗ trợ trùng với khuyến công của ngành.",
        "dieu_khoan": "Điều 2",
    }
    given: dict[str, Mapping[str, Any]] = dict.fromkeys(ASKED.values(), AGREES)
    given |= {ASKED["so_tai_chinh"]: remark, ASKED["so_cong_thuong"]: against}
    return gives("tra_loi_y_kien", {p: a for p, a in given.items() if p not in silent})


def votes(against: int = 0) -> Callable[[Office], Any]:
    """All members of the committee vote; the last `against` of them against."""
    no = {"outcome": "khong_tan_thanh", "noi_dung": "Chưa rõ nguồn kinh phí từng năm."}
    yes = {"outcome": "tan_thanh"}
    return gives("bieu_quyet", {p: no if n >= len(MEMBERS) - against else yes for n, p in enumerate(MEMBERS)})


def meeting(day: str, how: str = "hop") -> Callable[[Office], Any]:
    """The secretariat records the day of a meeting, or the last day for ballot papers."""
    return receives(SECRETARY, "lich_phien_hop", ngay_hop=day, hinh_thuc=how)


NOT_READY = "Chưa đánh giá tác động của từng chính sách đối với ngân sách và thủ tục hành chính."
EDITS = "Rà soát mức hỗ trợ theo khả năng cân đối ngân sách của tỉnh."
NO_NEW_OPINIONS = {
    "lay_y_kien": "khong",
    "ly_do_khong_lay": "Chính sách không đổi, chỉ bổ sung phần đánh giá tác động.",
}

STORY: tuple[tuple[str, Callable[[Office], Any]], ...] = (
    ("2022-01-28 09:30", lambda office: office.opens(HEAD, CODE)),
    ("2022-01-28 10:20", does_t6("lap_ke_hoach", HEAD)),
    ("2022-03-01 09:00", does_t6("chon_doi_tuong")),
    ("2022-03-10 15:00", does_t6("nghien_cuu")),
    ("2022-03-11 09:00", recorded("Doanh nghiệp nhỏ và vừa", "dong_y", received="2022-03-11")),
    ("2022-03-18 10:00", does_t6("tham_khao")),
    (
        "2022-03-18 14:00",
        recorded("Hợp tác xã", "khong_dong_y", "Mức hỗ trợ truy xuất nguồn gốc chưa đủ bù chi phí.", "2022-03-17"),
    ),
    (
        "2022-03-22 09:00",
        recorded("Hiệp hội doanh nghiệp", "dong_y_co_y_kien", "Rút gọn hồ sơ đề nghị hỗ trợ.", "2022-03-21"),
    ),
    ("2022-03-25 16:00", does_t6("khao_sat")),
    ("2022-04-01 09:00", does_t6("xac_nhan_che_do", HEAD)),
    ("2022-04-06 16:00", does_t6("lam_viec")),
    ("2022-04-13 15:00", remarks_then(DRAFTER, does_t6("lap_ho_so"))),
    ("2022-04-14 09:00", does_t6("mo_dot_xin_y_kien")),
    ("2022-04-20 15:00", inside),
    ("2022-04-28 15:00", remarks_then(DRAFTER, does_t6("hoan_thien_de_nghi"))),
    ("2022-04-29 09:00", does_t6("soan_cong_van")),
    ("2022-04-29 15:00", decides_t6(DIRECTOR, "ky_cong_van")),
    ("2022-05-04 08:30", does_t6("gui_xin_y_kien", CLERK, ngay_gui="2022-05-04")),
    ("2022-05-04 09:30", does_t6("dang_tai", CLERK, ngay_dang="2022-05-04")),
    ("2022-05-13 15:00", outside("dm.mttq", "dm.huyen.02")),
    ("2022-06-06 08:30", does_t6("go_bai", CLERK, ngay_go="2022-06-06")),
    ("2022-06-08 15:00", remarks_then(DRAFTER, does_t6("tong_hop_de_nghi"))),
    ("2022-06-09 09:00", does_t6("soan_cong_van")),
    ("2022-06-10 08:30", decides_t6(DIRECTOR, "ky_cong_van")),
    ("2022-06-10 09:30", does_t6("gui_cong_van", CLERK, ngay_gui="2022-06-10")),
    ("2022-06-10 15:00", decides_t6(JUSTICE, "kiem_tra_thanh_phan", "du")),
    ("2022-06-20 15:00", decides_t6(JUSTICE_HEAD, "tham_dinh", "chua_du_dieu_kien", NOT_READY)),
    ("2022-06-22 15:00", does_t6("hoan_thien_de_nghi", **NO_NEW_OPINIONS)),
    ("2022-06-23 10:00", does_t6("tong_hop_de_nghi")),
    ("2022-06-23 14:00", does_t6("soan_cong_van")),
    ("2022-06-24 08:30", decides_t6(DIRECTOR, "ky_cong_van")),
    ("2022-06-24 09:30", does_t6("gui_cong_van", CLERK, ngay_gui="2022-06-24")),
    ("2022-06-24 15:00", decides_t6(JUSTICE, "kiem_tra_thanh_phan", "du")),
    (
        "2022-07-08 15:00",
        decides_t6(JUSTICE_HEAD, "tham_dinh", "du_sau_chinh_sua", "Bổ sung đánh giá tác động về giới."),
    ),
    ("2022-07-12 15:00", does_t6("tiep_thu_tham_dinh")),
    ("2022-07-19 10:00", decides_t6(VICE_CHAIR, "cho_y_kien_chi_dao", "dong_y_co_chinh_sua", EDITS)),
    ("2022-07-22 15:00", does_t6("hoan_thien_sau_chi_dao")),
    ("2022-07-25 09:00", decides_t6(DIRECTOR, "ky")),
    ("2022-07-27 09:00", meeting("2022-08-02")),
    ("2022-07-28 09:00", does_t6("moi_bieu_quyet", PROVINCE)),
    ("2022-08-02 10:00", votes()),
    ("2022-08-02 15:00", decides_t6(PROVINCE_HEAD, "ket_luan", "thong_qua")),
    ("2022-08-04 09:00", decides_t6(STANDING, "tt_hdnd_chap_thuan", "chap_thuan")),
    ("2022-08-04 14:00", does_t6("soan_du_thao")),
    ("2022-08-04 15:00", does_t6("soan_cong_van")),
    ("2022-08-05 08:30", decides_t6(DIRECTOR, "ky_cong_van")),
    ("2022-08-05 09:30", does_t6("gui_xin_y_kien", CLERK, ngay_gui="2022-08-05")),
    ("2022-08-05 10:30", does_t6("dang_tai", CLERK, ngay_dang="2022-08-05")),
    ("2022-08-12 15:00", outside("dm.mttq")),
    ("2022-09-06 08:30", does_t6("go_bai", CLERK, ngay_go="2022-09-06")),
    ("2022-09-06 15:00", remarks_then(DRAFTER, does_t6("hoan_thien_du_thao"))),
    ("2022-09-07 09:00", does_t6("soan_cong_van")),
    ("2022-09-07 15:00", decides_t6(DIRECTOR, "ky_cong_van")),
    ("2022-09-08 08:30", does_t6("gui_cong_van", CLERK, ngay_gui="2022-09-08")),
    ("2022-09-08 15:00", decides_t6(JUSTICE, "kiem_tra_thanh_phan", "du")),
    (
        "2022-09-21 15:00",
        decides_t6(JUSTICE_HEAD, "tham_dinh", "du_sau_chinh_sua", "Bỏ căn cứ đã hết hiệu lực ở phần căn cứ."),
    ),
    ("2022-09-22 15:00", does_t6("hoan_thien_ho_so")),
    ("2022-09-23 09:00", decides_t6(DIRECTOR, "ky")),
    ("2022-09-28 15:00", decides_t6(PROVINCE, "tham_tra", "du")),
    ("2022-10-10 09:00", meeting("2022-10-20")),
    ("2022-10-12 09:00", does_t6("moi_bieu_quyet", PROVINCE)),
    ("2022-10-20 10:00", votes(against=2)),
    (
        "2022-10-20 16:00",
        decides_t6(PROVINCE_HEAD, "ket_luan", "thong_qua_sau_chinh_sua", "Làm rõ nguồn kinh phí rồi lấy lại ý kiến."),
    ),
    ("2022-10-24 15:00", remarks_then(DRAFTER, does_t6("chinh_sua_du_thao"))),
    ("2022-10-25 09:00", meeting("2022-10-27", "phieu")),
    ("2022-10-25 10:00", does_t6("moi_bieu_quyet", PROVINCE)),
    ("2022-10-27 10:00", votes()),
    ("2022-10-27 16:00", decides_t6(PROVINCE_HEAD, "ket_luan", "thong_qua")),
    ("2022-10-31 10:00", decides_t6(PROVINCE, "tham_tra", "du")),
    ("2022-11-02 09:00", receives(SECRETARY, "lich_ky_hop", khai_mac="2022-12-07")),
    ("2022-11-18 09:00", decides_t6(CHAIR, "ky")),
    (
        "2022-11-24 15:00",
        decides_t6(COMMITTEE, "ban_hdnd_tham_tra", "dong_y_co_chinh_sua", "Rà soát mức hỗ trợ tại Điều 4."),
    ),
    ("2022-11-29 15:00", does_t6("tai_lieu_ky_hop")),
    ("2022-12-09 10:30", does_t6("bieu_quyet_hdnd", COUNCIL)),
    ("2022-12-09 14:00", does_t6("hoan_chinh_nghi_quyet", COUNCIL)),
    ("2022-12-09 16:00", decides_t6(STANDING, "ky")),
    ("2022-12-12 09:00", does_t6("gui_cong_bao", CLERK)),
    ("2022-12-19 15:00", does_t6("bang_chung_cong_bo", CLERK)),
    ("2022-12-20 08:30", does_t6("dong_nhiem_vu", SECRETARY)),
)

# What DMN-04 says on the last day of each month, written from the plan: planned, promised and at the latest December.
MONTHLY: dict[str, str] = {
    **{f"2022-{month:02d}": "dang_thuc_hien_trong_han" for month in range(1, 12)},
    "2022-12": "hoan_thanh_dung_han",
}
