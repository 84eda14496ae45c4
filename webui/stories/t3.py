"""T3 in the year 2022, the press award: the case was opened on 28/01 with two results that were there already.

The plan of the award (19/01) and the board's letter (18/01) are entered as done, with what proves them. Eight works
come in, one of a genre that is not taken, one with papers missing; a member of the board is silent twice, the head of
the board wants the rules and later the list changed, a judge asks to verify a work. Times are those of the office
(UTC+7).
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from engine import DoneStep, Evidence
from webui.demo import Office, word
from webui.stories.drafting import Act, decides, does, gives, remarks_then
from webui.stories.many import completes, holding

CODE = "T3"
SECRETARY, HEAD, DRAFTER, CLERK = "cv.tonghop.1", "gd.ttud", "vc.ttud.1", "vt.so"
LEADER, DIRECTOR, CHAIR = "pgd.so.1", "gd.so", "tbtc"
MEMBERS = ("tv.btc.1", "tv.btc.2", "tv.btc.3", "tv.btc.4")
PRELIM, FINAL = ("gk.sk.1", "gk.sk.2", "gk.sk.3"), ("gk.ck.1", "gk.ck.2", "gk.ck.3")

TEXTS: Mapping[str, str] = {
    "ke_hoach_tuyen_truyen": "Kế hoạch tuyên truyền Giải thưởng Báo chí: phóng sự phát hai lần, tin bài trên Cổng.",
    "cong_van_phoi_hop_tuyen_truyen": "Đề nghị Đài Phát thanh và Truyền hình tỉnh phối hợp phát phóng sự tuyên truyền.",
    "phong_su": "Lời bình phóng sự tuyên truyền Giải thưởng Báo chí về khoa học và công nghệ.",
    "du_thao_phuong_thuc_cham": "Chấm hai vòng, thang điểm 100; điểm của tác phẩm là trung bình cộng của giám khảo.",
    "quy_che_cham": "Quy chế chấm: tiêu chí, thang điểm, cách tính điểm, cơ cấu giải.",
    "bien_ban_hop_btc": "Biên bản họp Ban Tổ chức thống nhất phương thức chấm, xét tặng.",
    "danh_sach_du_thi": "Danh sách tác phẩm, tác giả tham dự Giải thưởng.",
    "bao_cao_tong_hop_ho_so": "Tám tác phẩm dự thi, bảy tác phẩm hợp lệ, một tác phẩm bị loại vì thể loại.",
    "du_thao_qd_hoi_dong": "Thành lập Hội đồng Giám khảo sơ khảo và chung khảo Giải thưởng Báo chí.",
    "bang_diem": "Bảng điểm chung khảo.",
    "du_thao_danh_sach_dat_giai": "Công nhận các tác phẩm đạt Giải thưởng Báo chí, kèm danh sách.",
    "bien_ban_le_trao_giai": "Biên bản Lễ công bố và trao Giải thưởng Báo chí.",
    "du_thao_bao_cao_ket_qua": "Báo cáo kết quả Giải thưởng Báo chí về khoa học và công nghệ tỉnh lần thứ nhất.",
}


def entered(element: str, at: str, by: str, answers: Mapping[str, Any] | None = None, *papers: Evidence) -> DoneStep:
    """A step that was done before the case was opened, at "2022-01-18 15:00"."""
    return DoneStep(element, _instant(at), by, dict(answers or {}), papers)


def _instant(at: str) -> datetime:
    return (datetime.fromisoformat(at) - timedelta(hours=7)).replace(tzinfo=UTC)


def paper(artefact: str, title: str, number: str | None = None, dated: date | None = None) -> Evidence:
    return Evidence(artefact, f"{artefact}.docx", word(title, ["Bản lưu."]), number, dated)


DONE: Sequence[DoneStep] = (
    entered("phan_cong", "2022-01-10 09:00", HEAD, {"drafter": DRAFTER, "noi_dung": "Tham mưu, theo dõi giải thưởng."}),
    entered(
        "soan_cong_van",
        "2022-01-14 10:00",
        DRAFTER,
        {"trich_yeu": "V/v tiếp tục hưởng ứng Giải thưởng Báo chí"},
        paper("cong_van_don_doc_btc", "Công văn đôn đốc", "63/BTC-KHCN", date(2022, 1, 18)),
    ),
    entered("xay_dung_ke_hoach", "2022-01-14 16:00", DRAFTER, None, paper("du_thao_ke_hoach_giai", "Dự thảo Kế hoạch")),
    entered("ky_cong_van", "2022-01-18 08:30", CHAIR, {"outcome": "dong_y"}),
    entered("gui_cong_van", "2022-01-18 10:00", CLERK, {"ngay_gui": "2022-01-18", "cach_gui": "truc_lien_thong"}),
    entered(
        "ky",
        "2022-01-19 09:00",
        DIRECTOR,
        {"outcome": "dong_y"},
        paper("ke_hoach_to_chuc_giai", "Kế hoạch tổ chức giải", "14/KH-KHCN", date(2022, 1, 19)),
    ),
)


def opens_midway(office: Office) -> str:
    """The secretariat opens the case as of 10/01, with the plan (R1) and the letter (R2) done."""
    focus = next(f for f in office.engine.queries.focus_tasks(SECRETARY) if f.code == CODE)
    office.case_id = office.engine.opening.start_midway(SECRETARY, focus.id, _instant("2022-01-10 08:00"), DONE)
    office.engine.operations.settle()
    return office.case_id


VALID = (
    ("Công nghệ trên đồng vải thiều", "truyen_hinh"),
    ("Người giữ giống lúa quê", "bao_in"),
    ("Mã vạch cho na dai", "bao_dien_tu"),
    ("Trạm quan trắc đầu nguồn", "phat_thanh"),
    ("Sáng chế của nông dân", "truyen_hinh"),
    ("Chế phẩm cho chuồng trại sạch", "bao_in"),
    ("Số hoá làng nghề", "bao_dien_tu"),
)
DOUBTED, MISSED, INCOMPLETE = VALID[2][0], VALID[6][0], VALID[4][0]


def registers(*works: tuple[str, str]) -> Act:
    """The clerk registers works as they come: (title, genre)."""

    def act(office: Office) -> None:
        for title, genre in works:
            day = office.engine.queries.chrome(CLERK).now + timedelta(hours=7)
            answers = {
                "ten_tac_pham": title,
                "tac_gia": f"Nhóm tác giả “{title}”",
                "the_loai": genre,
                "ngay_nop": f"{day:%Y-%m-%d}",
                "cach_nop": "buu_dien",
            }
            office.does(CLERK, "tiep_nhan_tac_pham", answers)

    return act


def checks(office: Office) -> None:
    """The drafter checks whatever works wait for it; the papers of one were incomplete at first."""
    waiting = holding(office, DRAFTER, "kiem_tra_hop_le")
    for view in waiting:
        complete = not (view.name.endswith(INCOMPLETE) and len(waiting) > 1)
        told = {"author_eligible": True, "about_science": True, "dossier_complete": complete}
        completes(office, DRAFTER, view, told)


def judges(judge: str, element: str, doubts: str = "") -> Act:
    """A judge fills in all sheets that wait for them; `doubts` is a title to be verified first."""

    def act(office: Office) -> None:
        for n, view in enumerate(holding(office, judge, element)):
            score = 72 + 3 * (n % 5) + len(judge) % 3
            answers: dict[str, Any] = {"diem": score, "nhan_xet": "Bám sát thực tiễn, có tính phát hiện."}
            if element == "cham_so_khao":
                verdict = "khong_dat" if view.name.endswith(MISSED) else "dat"
                answers["ket_luan"] = "can_xac_minh" if doubts and view.name.endswith(doubts) else verdict
            completes(office, judge, view, answers)

    return act


def jury(people: Sequence[str], element: str) -> Act:
    """All these judges, one after the other."""

    def act(office: Office) -> None:
        for person in people:
            judges(person, element)(office)

    return act


AGREES = {"outcome": "dong_y"}
REMARKS = {
    "outcome": "dong_y_co_y_kien",
    "noi_dung": "Nêu rõ cách xử lý khi hai tác phẩm bằng điểm.",
    "dieu_khoan": "Mục 3",
}
FOR = {"outcome": "tan_thanh"}
METHOD = {"thang_diem": 100, "tieu_chi": "Tính phát hiện, tính khoa học, tác động xã hội, chất lượng thể hiện."}
ASKED = {"members": [CHAIR, *MEMBERS]}
PRIZES = {
    "co_cau_giai": "Một giải A, một giải B, hai giải C, một giải Khuyến khích theo điểm trung bình.",
    "so_giai": 5,
    "voters": [CHAIR, *MEMBERS],
    "chu_toa": CHAIR,
    "days": 3,
}
TAKEN_IN = {"ngay_hop": "2022-02-17", "noi_dung_tiep_thu": "Đã bổ sung cách xếp khi bằng điểm."}

STORY: tuple[tuple[str, Act], ...] = (
    ("2022-01-28 08:40", opens_midway),
    (
        "2022-01-28 10:20",
        does(
            TEXTS,
            DRAFTER,
            "phoi_hop_tuyen_truyen",
            {
                "kenh": ["dai_ptth", "cong_ttdt"],
                "so_lan_phat": 2,
                "ngay_phat_1": "2022-02-17",
                "ngay_phat_2": "2022-02-24",
            },
        ),
    ),
    (
        "2022-01-28 11:00",
        does(TEXTS, DRAFTER, "mo_tiep_nhan", {"deadline": "2022-03-18", "noi_nhan": "Trung tâm Ứng dụng KH&CN"}),
    ),
    (
        "2022-02-07 09:30",
        does(TEXTS, DRAFTER, "soan_cong_van", {"trich_yeu": "V/v phối hợp tuyên truyền Giải Báo chí"}),
    ),
    ("2022-02-08 08:20", decides(TEXTS, LEADER, "ky_cong_van")),
    (
        "2022-02-08 14:10",
        does(
            TEXTS,
            CLERK,
            "gui_cong_van",
            {
                "ngay_gui": "2022-02-08",
                "cach_gui": "truc_lien_thong",
                "noi_nhan_cong_van": "Đài PT&TH tỉnh; Cổng TTĐT tỉnh",
            },
        ),
    ),
    ("2022-02-09 15:00", does(TEXTS, DRAFTER, "du_thao_phuong_thuc", {**METHOD, **ASKED, "days": 5})),
    ("2022-02-11 10:00", registers(*VALID[:2])),
    (
        "2022-02-14 14:30",
        gives("y_kien_btc", {CHAIR: AGREES, MEMBERS[0]: REMARKS, MEMBERS[1]: AGREES, MEMBERS[2]: AGREES}),
    ),
    (
        "2022-02-17 16:00",
        does(
            TEXTS,
            DRAFTER,
            "xac_nhan_phat_song",
            {"ngay_phat": "2022-02-17", "kenh": "Thời sự tối", "thoi_luong": 7},
        ),
    ),
    ("2022-02-18 09:00", remarks_then(DRAFTER, does(TEXTS, DRAFTER, "hoan_thien_quy_che", TAKEN_IN))),
    (
        "2022-02-21 08:30",
        decides(
            TEXTS, CHAIR, "thong_nhat_phuong_thuc", "yeu_cau_chinh_sua", "Bổ sung tiêu chí về tính mới của tác phẩm."
        ),
    ),
    ("2022-02-21 15:00", does(TEXTS, DRAFTER, "du_thao_phuong_thuc", {**METHOD, **ASKED, "days": 2})),
    ("2022-02-22 10:30", gives("y_kien_btc", dict.fromkeys((CHAIR, *MEMBERS), AGREES))),
    (
        "2022-02-23 09:00",
        does(
            TEXTS,
            DRAFTER,
            "hoan_thien_quy_che",
            {"ngay_hop": "2022-02-22", "noi_dung_tiep_thu": "Đã bổ sung tiêu chí về tính mới."},
        ),
    ),
    (
        "2022-02-24 16:30",
        does(
            TEXTS,
            DRAFTER,
            "xac_nhan_phat_song",
            {"ngay_phat": "2022-02-24", "kenh": "Chuyên mục KH&CN", "thoi_luong": 7},
        ),
    ),
    ("2022-02-25 08:15", decides(TEXTS, CHAIR, "thong_nhat_phuong_thuc")),
    ("2022-03-04 09:00", registers(*VALID[2:5])),
    ("2022-03-17 15:20", registers(*VALID[5:], ("Bài ca khoa học", "khac"))),
    ("2022-03-21 09:30", checks),
    (
        "2022-03-24 10:00",
        does(
            TEXTS,
            DRAFTER,
            "yeu_cau_bo_sung",
            {"ngay_bao": "2022-03-21", "phan_thieu": "Bản xác nhận của cơ quan báo chí.", "ket_qua": "da_bo_sung"},
        ),
    ),
    ("2022-03-24 10:40", checks),
    (
        "2022-03-24 15:00",
        does(
            TEXTS,
            DRAFTER,
            "thong_bao_loai",
            {
                "da_thong_bao": "Đã gửi thư cho tác giả của tác phẩm không đúng thể loại.",
                "ngay_thong_bao": "2022-03-24",
            },
        ),
    ),
    (
        "2022-03-25 09:00",
        does(
            TEXTS,
            DRAFTER,
            "bao_cao_ho_so",
            {"so_tac_pham": 8, "so_hop_le": 7, "nhan_xet": "Chất lượng hồ sơ tốt, đủ bốn thể loại."},
        ),
    ),
    ("2022-03-28 08:30", decides(TEXTS, CHAIR, "y_kien_truong_btc")),
    (
        "2022-03-29 14:00",
        does(
            TEXTS,
            DRAFTER,
            "du_thao_quyet_dinh",
            {
                "judges_prelim": list(PRELIM),
                "judges_final": list(FINAL),
                "can_cu": "Nhà báo, nhà khoa học có kinh nghiệm.",
            },
        ),
    ),
    ("2022-03-31 09:10", decides(TEXTS, CHAIR, "ky")),
    ("2022-04-12 14:00", judges("gk.sk.1", "cham_so_khao")),
    ("2022-04-13 09:00", judges("gk.sk.2", "cham_so_khao", doubts=DOUBTED)),
    ("2022-04-13 15:00", judges("gk.sk.3", "cham_so_khao")),
    (
        "2022-04-18 10:00",
        does(
            TEXTS,
            DRAFTER,
            "xac_minh_tac_pham",
            {"noi_dung_xac_minh": "Toà soạn xác nhận tác phẩm và thời điểm đăng.", "ket_qua": "xac_thuc"},
        ),
    ),
    ("2022-04-19 14:00", jury(PRELIM, "cham_so_khao")),
    ("2022-04-26 09:00", jury(FINAL, "cham_chung_khao")),
    ("2022-04-28 15:00", does(TEXTS, DRAFTER, "tong_hop_diem", PRIZES)),
    ("2022-04-29 10:00", gives("btc_xet_giai", dict.fromkeys((CHAIR, *MEMBERS[:3]), FOR))),
    ("2022-05-09 08:20", decides(TEXTS, CHAIR, "ky", "yeu_cau_chinh_sua", "Ghi rõ đơn vị công tác của từng tác giả.")),
    ("2022-05-10 09:00", does(TEXTS, DRAFTER, "tong_hop_diem", PRIZES)),
    ("2022-05-10 15:30", gives("btc_xet_giai", dict.fromkeys((CHAIR, *MEMBERS), FOR))),
    ("2022-05-12 08:30", decides(TEXTS, CHAIR, "ky")),
    (
        "2022-05-18 17:00",
        does(
            TEXTS,
            DRAFTER,
            "to_chuc_le",
            {"ngay_le": "2022-05-18", "dia_diem": "Hội trường Sở KH&CN", "so_giai_da_trao": 5},
        ),
    ),
    (
        "2022-05-23 10:00",
        does(TEXTS, DRAFTER, "bao_cao_ket_qua", {"ket_qua": "Tám tác phẩm dự thi, năm giải đã trao, đúng kế hoạch."}),
    ),
    ("2022-05-26 09:00", decides(TEXTS, LEADER, "ky")),
    (
        "2022-05-27 08:30",
        does(
            TEXTS,
            SECRETARY,
            "dong_nhiem_vu",
            {"ket_qua": "Đã trao giải, đã báo cáo kết quả, đã lưu hồ sơ.", "da_luu_ho_so": True},
        ),
    ),
)

# Planned, committed and latest for May; the final report was signed on 26/05/2022.
MONTHLY: Mapping[str, str] = {
    "2022-01": "dang_thuc_hien_trong_han",
    "2022-02": "dang_thuc_hien_trong_han",
    "2022-03": "dang_thuc_hien_trong_han",
    "2022-04": "dang_thuc_hien_trong_han",
    "2022-05": "hoan_thanh_dung_han",
    "2022-06": "hoan_thanh_dung_han",
    "2022-07": "hoan_thanh_dung_han",
    "2022-08": "hoan_thanh_dung_han",
    "2022-09": "hoan_thanh_dung_han",
    "2022-10": "hoan_thanh_dung_han",
    "2022-11": "hoan_thanh_dung_han",
    "2022-12": "hoan_thanh_dung_han",
}
