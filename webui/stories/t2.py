"""T2 in the year 2022, quality management by ISO 9001: a programme that runs all the year, closed on 28/12.

Six agencies take part. The branch head and later the director send papers back, one district answers on paper, a
department never scores itself, another appeals its score, the Department of Home Affairs asks twice within two days,
eleven trainings run beside the scoring. Times are those of the office (UTC+7).
"""

from collections.abc import Mapping
from typing import Any

from webui.demo import Office
from webui.stories.drafting import Act, decides, does, receives
from webui.stories.many import completes, holding

CODE = "T2"
SECRETARY, HEAD, DRAFTER, CLERK = "cv.tonghop.1", "cct.tdc", "cv.tdc.1", "vt.so"
LEADER, DIRECTOR, BOARD_HEAD, CHAIR = "pgd.so.2", "gd.so", "tbcd.iso", "ct.ubnd"
AGENCIES = {
    "so_noi_vu": "dm.snv",
    "so_khdt": "dm.skhdt",
    "so_nnptnt": "dm.snnptnt",
    "so_cong_thuong": "dm.sct",
    "ubnd_huyen_01": "dm.huyen.01",
    "ubnd_huyen_02": "dm.huyen.02",
}
SEATS = [f"ext_agencies@{unit}" for unit in AGENCIES]
# Who is silent, who must bring more evidence, who appeals, who has no account in the story and writes on paper.
SILENT, INCOMPLETE, APPEALS, ON_PAPER = "so_cong_thuong", "ubnd_huyen_01", "so_khdt", "ubnd_huyen_02"
UNITS = {
    "so_cong_thuong": "Sở Công Thương",
    "ubnd_huyen_01": "UBND huyện, thành phố 01",
    "so_khdt": "Sở Kế hoạch và Đầu tư",
    "ubnd_huyen_02": "UBND huyện, thành phố 02",
}

TEXTS: Mapping[str, str] = {
    "ke_hoach_chi_tiet": "Kế hoạch chi tiết của Chi cục: người, việc, hạn; mười một cuộc tập huấn.",
    "cong_van_huong_dan_iso": "Đề nghị các cơ quan xây dựng kế hoạch ISO của năm và gửi về Sở.",
    "bang_theo_doi_ke_hoach_iso": "Bảng tổng hợp, theo dõi kế hoạch của sáu cơ quan.",
    "du_thao_ke_hoach_bcd": "Kế hoạch hoạt động của Ban chỉ đạo ISO tỉnh.",
    "to_trinh_ke_hoach_bcd": "Kính trình Trưởng Ban chỉ đạo ký ban hành Kế hoạch hoạt động của Ban.",
    "du_thao_huong_dan_cham_diem": "Hướng dẫn chấm điểm theo bộ tiêu chí của tỉnh.",
    "du_thao_bao_cao_6_thang": "Báo cáo tình hình áp dụng hệ thống quản lý chất lượng sáu tháng đầu năm.",
    "du_thao_ke_hoach_cham_diem": "Kế hoạch chấm điểm: cơ quan, tổ chấm, thời gian.",
    "ket_qua_cham_diem": "Kết quả chấm điểm của các cơ quan.",
    "thong_bao_diem": "Thông báo kết quả chấm điểm và thời hạn giải trình.",
    "bang_xep_hang": "Bảng xếp hạng các cơ quan.",
    "to_trinh_xep_hang": "Kính trình Chủ tịch UBND tỉnh ban hành kết quả xếp hạng.",
    "du_thao_qd_xep_hang": "Quyết định công bố kết quả xếp hạng xây dựng, áp dụng ISO.",
    "du_thao_bao_cao_nam_iso": "Báo cáo năm về áp dụng hệ thống quản lý chất lượng.",
    "van_ban_phoi_hop": "Văn bản phối hợp, góp ý tiêu chí chấm điểm cải cách hành chính.",
}


def drafts(element: str, answers: Mapping[str, Any]) -> Act:
    return does(TEXTS, DRAFTER, element, answers)


def logs(day: str, agency: str, question: str) -> Act:
    """A question of the group is written into the log."""
    told = {"ngay": day, "co_quan": agency, "cau_hoi": question, "tra_loi": "Đã giải đáp và gửi biểu mẫu kèm theo."}
    return drafts("ghi_nhat_ky", told)


def urges(day: str) -> Act:
    told = {
        "ngay": day,
        "hinh_thuc": "cong_van",
        "noi_dung": "Đôn đốc các cơ quan cập nhật quy trình theo quy định mới.",
    }
    return drafts("don_doc_quy", told)


def submits(unit: str, element: str, answers: Mapping[str, Any]) -> Act:
    """An agency does its task."""
    return does(TEXTS, AGENCIES[unit], element, answers)


def plan_of(unit: str, day: str) -> Act:
    return submits(unit, "tiep_nhan_ke_hoach", {"so_ky_hieu": "12/KH-ISO", "ngay_van_ban": day})


def all_of(*acts: Act) -> Act:
    def act(office: Office) -> None:
        for one in acts:
            one(office)

    return act


def on_paper(element: str, answers: Mapping[str, Any]) -> Act:
    """The clerk records what came on paper from the agency that writes."""

    def act(office: Office) -> None:
        (view,) = [v for v in holding(office, CLERK, element) if v.name.endswith(UNITS[ON_PAPER])]
        completes(office, CLERK, view, answers)

    return act


def letter(subject: str, at: tuple[str, str, str]) -> tuple[tuple[str, Act], ...]:
    """A letter is drafted, signed and sent, at these three instants."""
    sent = {"ngay_gui": at[2][:10], "cach_gui": "truc_lien_thong", "noi_nhan_cong_van": "Các cơ quan được chấm điểm"}
    return (
        (at[0], drafts("soan_cong_van", {"trich_yeu": subject})),
        (at[1], decides(TEXTS, LEADER, "ky_cong_van")),
        (at[2], does(TEXTS, CLERK, "gui_cong_van", sent)),
    )


def training(number: int, day: str) -> tuple[str, Act]:
    told = {
        "ngay": day,
        "dia_diem": f"Hội trường cụm {number}",
        "co_quan": "Công chức đầu mối ISO của các cơ quan trong cụm",
        "so_nguoi": 28 + number,
    }
    return (f"{day} 16:30", drafts("to_chuc_tap_huan", told))


TRAININGS = (
    "2022-07-05",
    "2022-07-08",
    "2022-07-12",
    "2022-07-19",
    "2022-07-26",
    "2022-08-02",
    "2022-08-09",
    "2022-08-16",
    "2022-08-30",
    "2022-09-13",
    "2022-09-27",
)


def scores(unit: str, points: float) -> Act:
    return submits(
        unit, "tu_cham_diem", {"diem_tu_cham": points, "tai_lieu": "Sổ tay chất lượng, hồ sơ đánh giá nội bộ."}
    )


def appraises(office: Office) -> None:
    """The team appraises whatever waits; the first time one agency must bring more evidence."""
    waiting = holding(office, DRAFTER, "tham_dinh_diem")
    for n, view in enumerate(waiting):
        told: dict[str, Any] = {"ket_luan": "cong_nhan", "diem_tham_dinh": 84 + n, "noi_dung": "Đã đối chiếu tài liệu."}
        if len(waiting) > 1 and view.name.endswith(UNITS[INCOMPLETE]):
            told = {"ket_luan": "yeu_cau_bo_sung", "noi_dung": "Thiếu hồ sơ đánh giá nội bộ."}
        elif view.name.endswith(UNITS[SILENT]):
            told = {
                "ket_luan": "dieu_chinh",
                "diem_tham_dinh": 40,
                "noi_dung": "Không nộp phiếu, chấm theo tài liệu có.",
            }
        completes(office, DRAFTER, view, told)


def replies(unit: str, appeal: str = "") -> Act:
    told = {"tra_loi": "giai_trinh", "noi_dung": appeal} if appeal else {"tra_loi": "chap_nhan"}
    return submits(unit, "giai_trinh_diem", told)


def answers_home_affairs(number: str, day: str, asked: str) -> Act:
    told = {
        "noi_dung_yeu_cau": asked,
        "so_tra_loi": number,
        "ngay_tra_loi": day,
        "noi_dung": "Đã cử người tham gia và góp ý tiêu chí về hệ thống quản lý chất lượng.",
    }
    return drafts("tra_loi_noi_vu", told)


BOARD_PLAN = {"noi_dung": "Năm nhóm nhiệm vụ của Ban chỉ đạo trong năm.", "board_members": [], "days": 5}
RANKING = {
    "nguon_xep_hang": "nguoi_de_xuat",
    "can_cu": "Quy định xếp hạng của tỉnh: theo tổng điểm sau thẩm định.",
    "xep_hang": "Năm cơ quan xếp loại tốt; một cơ quan chưa đạt.",
    "cap_ky": "ubnd_chair",
}
HALF_YEAR = {"so_co_quan": 45, "tinh_hinh": "Các cơ quan duy trì hệ thống, một số chậm cập nhật quy trình."}
YEAR = {
    "bat_buoc_tong": 45,
    "bat_buoc_ap_dung": 45,
    "xa_tong": 209,
    "xa_ap_dung": 209,
    "ket_qua": "Đủ hai chỉ tiêu; mười một cuộc tập huấn; đã chấm điểm, xếp hạng.",
}

STORY: tuple[tuple[str, Act], ...] = tuple(
    sorted(
        (
            ("2022-01-28 08:50", lambda o: o.opens(SECRETARY, CODE)),
            (
                "2022-01-28 09:30",
                does(
                    TEXTS,
                    HEAD,
                    "phan_cong",
                    {"drafter": DRAFTER, "noi_dung": "Theo dõi chương trình ISO cả năm.", "so_lop": 11},
                ),
            ),
            (
                "2022-01-28 13:40",
                drafts(
                    "huong_dan_lap_ke_hoach",
                    {"agencies": SEATS, "han_nop": "2022-02-18", "noi_dung": "Lập kế hoạch theo mẫu, gửi về Sở."},
                ),
            ),
            *letter("V/v xây dựng kế hoạch ISO", ("2022-01-28 14:10", "2022-01-28 15:40", "2022-01-28 16:20")),
            ("2022-02-15 10:00", all_of(plan_of("so_noi_vu", "2022-02-14"), plan_of("so_khdt", "2022-02-15"))),
            ("2022-02-16 14:00", all_of(plan_of("so_nnptnt", "2022-02-16"), plan_of("ubnd_huyen_01", "2022-02-15"))),
            ("2022-02-18 15:00", plan_of("so_cong_thuong", "2022-02-18")),
            (
                "2022-02-21 09:00",
                on_paper("tiep_nhan_ke_hoach", {"so_ky_hieu": "45/KH-UBND", "ngay_van_ban": "2022-02-17"}),
            ),
            ("2022-02-22 10:00", drafts("lap_bang_theo_doi", {"so_da_nop": 6, "so_chua_nop": 0})),
            ("2022-02-22 15:00", drafts("du_thao_ke_hoach_bcd", BOARD_PLAN)),
            (
                "2022-02-23 09:00",
                decides(TEXTS, HEAD, "duyet_ke_hoach_bcd", "yeu_cau_chinh_sua", "Bổ sung lịch kiểm tra thực tế."),
            ),
            ("2022-02-23 15:00", drafts("du_thao_ke_hoach_bcd", BOARD_PLAN)),
            ("2022-02-24 09:00", decides(TEXTS, HEAD, "duyet_ke_hoach_bcd")),
            ("2022-02-25 09:00", decides(TEXTS, LEADER, "thong_qua_ke_hoach_bcd")),
            ("2022-02-28 10:00", decides(TEXTS, BOARD_HEAD, "ky")),
            (
                "2022-03-15 14:00",
                logs("2022-03-15", "UBND huyện 02", "Cập nhật quy trình khi thủ tục thay đổi thế nào?"),
            ),
            ("2022-04-29 10:00", urges("2022-04-29")),
            (
                "2022-05-05 10:00",
                drafts(
                    "huong_dan_cham_diem",
                    {"can_cu": "Bộ tiêu chí, quy định xếp hạng của Chủ tịch UBND tỉnh.", "thang_diem": 100},
                ),
            ),
            ("2022-05-10 09:00", decides(TEXTS, LEADER, "duyet_huong_dan")),
            ("2022-05-13 09:00", decides(TEXTS, DIRECTOR, "ky")),
            ("2022-05-16 09:00", receives(CLERK, "yeu_cau_so_noi_vu", so_cong_van="120/SNV", han_tra_loi="2022-05-27")),
            ("2022-05-17 14:00", receives(CLERK, "yeu_cau_so_noi_vu", so_cong_van="127/SNV", han_tra_loi="2022-06-03")),
            ("2022-05-24 10:00", answers_home_affairs("210/KHCN-TĐC", "2022-05-24", "kiem_tra_cchc")),
            ("2022-06-01 10:00", answers_home_affairs("225/KHCN-TĐC", "2022-06-01", "sua_tieu_chi")),
            ("2022-06-13 15:00", drafts("bao_cao_6_thang", HALF_YEAR)),
            ("2022-06-20 09:00", decides(TEXTS, LEADER, "ky", "yeu_cau_chinh_sua", "Bổ sung số liệu cấp xã.")),
            ("2022-06-21 10:00", drafts("bao_cao_6_thang", HALF_YEAR)),
            ("2022-06-24 09:00", decides(TEXTS, LEADER, "ky")),
            *(training(number, day) for number, day in enumerate(TRAININGS, 1)),
            ("2022-07-20 14:00", logs("2022-07-20", "Sở Nội vụ", "Đánh giá nội bộ mấy lần một năm?")),
            ("2022-07-29 10:00", urges("2022-07-29")),
            (
                "2022-08-01 10:00",
                drafts(
                    "du_thao_ke_hoach_cham",
                    {"pending": SEATS, "han_tu_cham": "2022-09-30", "to_cham": "Tổ chấm gồm ba công chức Chi cục."},
                ),
            ),
            ("2022-08-05 09:00", decides(TEXTS, LEADER, "ky")),
            ("2022-09-20 10:00", all_of(scores("so_noi_vu", 92), scores("so_khdt", 88), scores("so_nnptnt", 90))),
            ("2022-09-26 10:00", scores("ubnd_huyen_01", 81)),
            (
                "2022-09-28 14:00",
                on_paper(
                    "tu_cham_diem",
                    {"diem_tu_cham": 79, "tai_lieu": "Bản chụp phiếu tự chấm.", "ghi_nhan": "310/UBND-VP ngày 26/9"},
                ),
            ),
            ("2022-10-10 15:00", appraises),
            ("2022-10-12 10:00", scores("ubnd_huyen_01", 83)),
            ("2022-10-14 15:00", appraises),
            (
                "2022-10-17 10:00",
                drafts("lap_ket_qua_cham", {"days": 5, "nhan_xet": "Điểm sau thẩm định của sáu cơ quan."}),
            ),
            *letter("V/v thông báo kết quả chấm điểm", ("2022-10-17 14:00", "2022-10-18 09:00", "2022-10-19 09:00")),
            (
                "2022-10-21 10:00",
                all_of(
                    replies("so_noi_vu"),
                    replies("so_khdt", "Đề nghị tính điểm tiêu chí đánh giá nội bộ, đã có biên bản kèm theo."),
                    replies("so_nnptnt"),
                ),
            ),
            ("2022-10-28 15:00", appraises),
            ("2022-10-31 10:00", urges("2022-10-31")),
            (
                "2022-10-31 14:00",
                drafts("lap_ket_qua_cham", {"days": 3, "nhan_xet": "Đã xem xét giải trình của một cơ quan."}),
            ),
            *letter(
                "V/v thông báo kết quả chấm điểm sau giải trình",
                ("2022-11-01 09:00", "2022-11-01 15:00", "2022-11-02 09:00"),
            ),
            ("2022-11-03 10:00", replies("so_khdt")),
            ("2022-11-08 10:00", drafts("de_xuat_xep_hang", RANKING)),
            (
                "2022-11-10 09:00",
                decides(TEXTS, DIRECTOR, "ky_to_trinh_xep_hang", "yeu_cau_chinh_sua", "Nêu rõ căn cứ của từng hạng."),
            ),
            ("2022-11-11 10:00", drafts("de_xuat_xep_hang", RANKING)),
            ("2022-11-14 09:00", decides(TEXTS, DIRECTOR, "ky_to_trinh_xep_hang")),
            ("2022-11-23 09:00", decides(TEXTS, CHAIR, "ky")),
            ("2022-12-14 15:00", drafts("bao_cao_nam", YEAR)),
            ("2022-12-20 09:00", decides(TEXTS, DIRECTOR, "ky", "yeu_cau_chinh_sua", "Làm rõ số liệu UBND cấp xã.")),
            ("2022-12-22 10:00", drafts("bao_cao_nam", YEAR)),
            ("2022-12-27 09:00", decides(TEXTS, DIRECTOR, "ky")),
            (
                "2022-12-28 09:00",
                does(
                    TEXTS,
                    SECRETARY,
                    "dong_nhiem_vu",
                    {"ket_qua": "Báo cáo năm đã ký, xếp hạng đã công bố.", "da_luu_ho_so": True},
                ),
            ),
        ),
        key=lambda act: act[0],
    )
)

# Planned, committed and latest for December; the yearly report was signed on 27/12/2022.
MONTHLY: Mapping[str, str] = {
    "2022-01": "dang_thuc_hien_trong_han",
    "2022-02": "dang_thuc_hien_trong_han",
    "2022-03": "dang_thuc_hien_trong_han",
    "2022-04": "dang_thuc_hien_trong_han",
    "2022-05": "dang_thuc_hien_trong_han",
    "2022-06": "dang_thuc_hien_trong_han",
    "2022-07": "dang_thuc_hien_trong_han",
    "2022-08": "dang_thuc_hien_trong_han",
    "2022-09": "dang_thuc_hien_trong_han",
    "2022-10": "dang_thuc_hien_trong_han",
    "2022-11": "dang_thuc_hien_trong_han",
    "2022-12": "hoan_thanh_dung_han",
}
