"""The blank forms: every Word template of `workflows/shared/templates`, written by `python -m engine.papers.blank`.

They are ordinary .docx files that an office edits in Word: the layout is NĐ 30/2020/NĐ-CP's, what stands in double
braces is filled in from the case (docs/vi/quan-tri.md lists the names), and "…" is left to the drafter. Written anew
they are byte for byte the same, so that a change made here shows as one, and a change made in Word is not lost unseen:
the tests compare.
"""

import sys
from collections.abc import Callable, Mapping

from engine.papers.filling import FOLDER
from engine.papers.layout import Sheet, spaced, write


def to_trinh() -> Sheet:
    """Tờ trình: a submission to whoever decides."""
    s = Sheet("Tờ trình")
    s.head()
    s.title("TỜ TRÌNH", "Về việc {{ trich_yeu }}")
    s.addressed()
    s.body(
        "Thực hiện {{ van_ban_giao }}, {{ ten_co_quan }} trình {{ cap_tren }} xem xét việc {{ trich_yeu }} với những "
        "nội dung chính như sau:"
    )
    s.heading("I. SỰ CẦN THIẾT")
    s.bodies("1. Cơ sở chính trị, pháp lý: …", "2. Cơ sở thực tiễn: …")
    s.heading("II. MỤC ĐÍCH, QUAN ĐIỂM XÂY DỰNG")
    s.bodies("1. Mục đích: …", "2. Quan điểm: …")
    s.heading("III. QUÁ TRÌNH XÂY DỰNG DỰ THẢO")
    s.body(
        "{{ don_vi }} được giao chủ trì soạn thảo. Dự thảo đã được gửi lấy ý kiến {{ y_kien.hoi }} cơ quan, đơn vị, cá "
        "nhân; {{ y_kien.tra_loi }} ý kiến trả lời, trong đó {{ y_kien.dong_y }} nhất trí, {{ y_kien.co_y_kien }} nhất "
        "trí và có ý kiến góp ý, {{ y_kien.khong_dong_y }} không nhất trí; {{ y_kien.khong_tra_loi }} không trả lời "
        "trong thời hạn. Các ý kiến đã được tiếp thu, giải trình (có bảng tổng hợp kèm theo)."
    )
    s.heading("IV. BỐ CỤC VÀ NỘI DUNG CƠ BẢN CỦA DỰ THẢO")
    s.bodies("1. Bố cục: …", "2. Nội dung cơ bản: …")
    s.heading("V. NHỮNG VẤN ĐỀ XIN Ý KIẾN")
    s.body("…")
    s.body(
        "Trên đây là Tờ trình về việc {{ trich_yeu }}, {{ ten_co_quan }} kính trình {{ cap_tren }} xem xét, quyết "
        "định./."
    )
    s.repeated("gui_kem", "{{ doan }}", italic=True)
    s.foot()
    return s


def bao_cao() -> Sheet:
    """Báo cáo: to a leader for direction, or on results."""
    s = Sheet("Báo cáo")
    s.head()
    s.title("BÁO CÁO")
    s.addressed()
    s.body("Thực hiện {{ van_ban_giao }}, {{ ten_co_quan }} báo cáo {{ trich_yeu_thuong }} như sau:")
    s.heading("I. TÌNH HÌNH THỰC HIỆN")
    s.bodies(
        "1. Công tác chỉ đạo, triển khai: {{ don_vi }} được giao chủ trì. …",
        "2. Kết quả: Đã lấy ý kiến {{ y_kien.hoi }} cơ quan, đơn vị, cá nhân; {{ y_kien.tra_loi }} ý kiến trả lời, "
        "trong đó {{ y_kien.dong_y }} nhất trí, {{ y_kien.co_y_kien }} nhất trí và có ý kiến góp ý, {{ "
        "y_kien.khong_dong_y }} không nhất trí. …",
    )
    s.heading("II. TỒN TẠI, HẠN CHẾ VÀ NGUYÊN NHÂN")
    s.body("…")
    s.heading("III. NHIỆM VỤ, GIẢI PHÁP THỜI GIAN TỚI")
    s.body("Thời hạn hoàn thành theo kế hoạch: {{ han }}. …")
    s.heading("IV. ĐỀ XUẤT, KIẾN NGHỊ")
    s.body("…")
    s.body("{{ ten_co_quan }} trân trọng báo cáo./.")
    s.repeated("gui_kem", "{{ doan }}", italic=True)
    s.foot()
    return s


def cong_van() -> Sheet:
    """Công văn: a letter, what it is about under its number."""
    s = Sheet("Công văn")
    s.head(subject=True)
    s.addressed()
    s.body("Thực hiện {{ van_ban_giao }}, {{ ten_co_quan }} đang chủ trì tham mưu: {{ nhiem_vu }}.")
    s.body("Để hoàn thiện nội dung, bảo đảm chất lượng và tiến độ, {{ ten_co_quan }} đề nghị quý cơ quan, đơn vị:")
    s.bodies("1. …", "2. …")
    s.body(
        "Văn bản trả lời gửi về {{ ten_co_quan }} (qua {{ don_vi }}) trước ngày … để tổng hợp. Quá thời hạn trên, nếu "
        "không có văn bản trả lời, coi như nhất trí với nội dung dự thảo."
    )
    s.body("{{ ten_co_quan }} trân trọng đề nghị quý cơ quan, đơn vị quan tâm phối hợp./.")
    s.repeated("gui_kem", "{{ doan }}", italic=True)
    s.foot()
    return s


def quyet_dinh() -> Sheet:
    """Quyết định: of an agency or of its head."""
    s = Sheet("Quyết định")
    s.head()
    s.title("QUYẾT ĐỊNH", "Về việc {{ trich_yeu }}")
    s.centred("{{ tham_quyen }}", before=12)
    s.repeated("can_cu", "{{ doan }}", italic=True)
    s.centred("QUYẾT ĐỊNH:", before=12)
    s.body("**Điều 1.** …")
    s.body("**Điều 2.** Quyết định này có hiệu lực thi hành kể từ ngày …")
    s.body(
        "**Điều 3.** {{ don_vi }}, Thủ trưởng các cơ quan, đơn vị và cá nhân có liên quan căn cứ Quyết định thi hành./."
    )
    s.foot()
    return s


def chi_thi() -> Sheet:
    """Chỉ thị: what agencies must do."""
    s = Sheet("Chỉ thị")
    s.head()
    s.title("CHỈ THỊ", "Về việc {{ trich_yeu }}")
    s.body("Trong thời gian qua, … Bên cạnh kết quả đạt được, vẫn còn một số tồn tại, hạn chế: …")
    s.body("Để khắc phục những tồn tại, hạn chế nêu trên, {{ nguoi_ban_hanh }} yêu cầu:")
    s.heading("1. Các sở, cơ quan thuộc {{ cap_ban_hanh }}; Ủy ban nhân dân các huyện, thành phố")
    s.bodies("a) …", "b) …")
    s.heading("2. {{ ten_co_quan_soan_thao }}")
    s.bodies("a) …", "b) …")
    s.heading("3. Tổ chức thực hiện")
    s.body(
        "Giao {{ ten_co_quan_soan_thao }} theo dõi, đôn đốc, kiểm tra việc thực hiện; định kỳ tổng hợp, báo cáo "
        "{{ nguoi_ban_hanh }}."
    )
    s.body(
        "Yêu cầu Thủ trưởng các cơ quan, đơn vị, Chủ tịch Ủy ban nhân dân các huyện, thành phố tổ chức thực hiện "
        "nghiêm túc Chỉ thị này./."
    )
    s.foot()
    return s


def ke_hoach() -> Sheet:
    """Kế hoạch: who does what until when."""
    s = Sheet("Kế hoạch")
    s.head()
    s.title("KẾ HOẠCH")
    s.body("Thực hiện {{ van_ban_giao }}, {{ nguoi_ban_hanh }} ban hành Kế hoạch {{ trich_yeu_thuong }} như sau:")
    s.heading("I. MỤC ĐÍCH, YÊU CẦU")
    s.bodies("1. Mục đích: …", "2. Yêu cầu: …")
    s.heading("II. MỤC TIÊU")
    s.bodies("1. Mục tiêu chung: …", "2. Mục tiêu cụ thể: …")
    s.heading("III. NỘI DUNG, NHIỆM VỤ VÀ GIẢI PHÁP")
    s.bodies("1. …", "2. …")
    s.heading("IV. KINH PHÍ THỰC HIỆN")
    s.body("…")
    s.heading("V. TỔ CHỨC THỰC HIỆN")
    s.bodies("1. {{ don_vi }}: …", "2. Các cơ quan, đơn vị liên quan: …")
    s.body(
        "Trong quá trình thực hiện, nếu có vướng mắc, các cơ quan, đơn vị phản ánh về {{ ten_co_quan_soan_thao }} để "
        "tổng hợp, báo cáo {{ nguoi_ban_hanh }} xem xét, điều chỉnh./."
    )
    s.foot()
    return s


def nghi_quyet() -> Sheet:
    """Nghị quyết: of the people's council."""
    s = Sheet("Nghị quyết")
    s.head()
    s.title("NGHỊ QUYẾT", "{{ trich_yeu }}")
    s.centred("HỘI ĐỒNG NHÂN DÂN {{ ten_tinh|upper }}\nKHÓA …, KỲ HỌP THỨ …", before=12)
    s.repeated("can_cu", "{{ doan }}", italic=True)
    s.body(
        "Xét Tờ trình số … ngày … của Ủy ban nhân dân {{ ten_tinh }}; Báo cáo thẩm tra của Ban … Hội đồng nhân dân "
        "{{ ten_tinh }}; ý kiến thảo luận của đại biểu Hội đồng nhân dân tại kỳ họp.",
        italic=True,
    )
    s.centred("QUYẾT NGHỊ:", before=12)
    s.body("**Điều 1. Phạm vi điều chỉnh và đối tượng áp dụng**")
    s.bodies("1. Phạm vi điều chỉnh: …", "2. Đối tượng áp dụng: …")
    s.body("**Điều 2.** …")
    s.body("**Điều 3. Tổ chức thực hiện**")
    s.bodies(
        "1. Giao Ủy ban nhân dân {{ ten_tinh }} tổ chức thực hiện Nghị quyết.",
        "2. Giao Thường trực Hội đồng nhân dân, các Ban, các Tổ đại biểu và đại biểu Hội đồng nhân dân {{ ten_tinh }} "
        "giám sát việc thực hiện Nghị quyết.",
    )
    s.body(
        "Nghị quyết này đã được Hội đồng nhân dân {{ ten_tinh }} Khóa … Kỳ họp thứ … thông qua ngày … tháng … năm … "
        "và có hiệu lực từ ngày … tháng … năm …./."
    )
    s.foot()
    return s


def bang_tong_hop() -> Sheet:
    """Bảng tổng hợp, tiếp thu, giải trình ý kiến: landscape, its head on every page."""
    s = Sheet("Bảng tổng hợp, tiếp thu, giải trình ý kiến", landscape=True)
    s.head()
    s.title("BẢNG TỔNG HỢP, TIẾP THU, GIẢI TRÌNH Ý KIẾN GÓP Ý", "Đối với {{ tai_lieu }}")
    s.body(
        "{{ ten_co_quan }} đã gửi lấy ý kiến {{ y_kien.hoi }} cơ quan, đơn vị, cá nhân; {{ y_kien.tra_loi }} ý kiến "
        "trả lời, trong đó {{ y_kien.dong_y }} nhất trí, {{ y_kien.co_y_kien }} nhất trí và có ý kiến góp ý, "
        "{{ y_kien.khong_dong_y }} không nhất trí; {{ y_kien.khong_tra_loi }} không trả lời trong thời hạn. Kết quả "
        "tổng hợp, tiếp thu, giải trình như sau:"
    )
    s.control("")
    s.grid(
        [1.1, 5.2, 4.0, 7.4, 8.0],
        ["TT", "Cơ quan, đơn vị, cá nhân góp ý", "Nội dung dự thảo", "Ý kiến góp ý", "Tiếp thu, giải trình"],
        [
            ["{%tr for d in dong %}", "", "", "", ""],
            ["{{ d.tt }}", "{{ d.co_quan }}", "{{ d.dieu_khoan }}", "{{ d.y_kien }}", "{{ d.tiep_thu }}"],
            ["{%tr endfor %}", "", "", "", ""],
        ],
        middle=(0,),
    )
    s.foot()
    return s


def phieu_trinh() -> Sheet:
    """Phiếu trình: what goes on a leader's desk with the file."""
    s = Sheet("Phiếu trình")
    s.head()
    s.title("PHIẾU TRÌNH GIẢI QUYẾT CÔNG VIỆC")
    s.addressed()
    table = s.grid(
        [4.6, 11.9],
        ["Mục", "Nội dung"],
        [
            ["Hồ sơ", "{{ ho_so }}"],
            ["Nhiệm vụ", "{{ nhiem_vu }}"],
            ["Văn bản giao", "{{ van_ban_giao }}"],
            ["Đơn vị, người trình", "{{ don_vi }}; {{ nguoi_soan }}"],
            ["Thời hạn", "{{ han }}"],
            ["Tóm tắt nội dung trình", "…"],
            ["Ý kiến các cơ quan, đơn vị", "{{ y_kien_tom_tat }}"],
            ["Đề xuất của đơn vị trình", "…"],
            ["Tài liệu kèm theo", "{{ tai_lieu_kem }}"],
            ["Ý kiến của lãnh đạo đơn vị", "\n\n"],
            ["Ý kiến chỉ đạo, phê duyệt", "\n\n\n"],
        ],
        size=13,
    )
    for row in table.rows[1:]:
        row.cells[0].paragraphs[0].runs[0].bold = True
    s.two_signatures("NGƯỜI TRÌNH", "{{ nguoi_soan_ngoac }}", "{{ chu_ky }}", "{{ nguoi_ky }}")
    return s


def bien_ban() -> Sheet:
    """Biên bản: minutes, signed by who took them and who presided."""
    s = Sheet("Biên bản")
    s.head()
    s.title("BIÊN BẢN")
    s.bodies(
        "Thời gian bắt đầu: … giờ …, ngày … tháng … năm …",
        "Địa điểm: …",
        "Thành phần tham dự: …",
        "Chủ trì (chủ tọa): …",
        "Thư ký (người ghi biên bản): …",
    )
    s.body("Nội dung (theo diễn biến cuộc họp, hội nghị, hội thảo): {{ nhiem_vu }}.")
    s.bodies("1. …", "2. …")
    s.body("Kết luận: …")
    s.body("Cuộc họp (hội nghị, hội thảo) kết thúc vào … giờ …, ngày … tháng … năm …./.")
    s.two_signatures("THƯ KÝ", "…", "CHỦ TỌA", "…")
    last = s.document.add_paragraph()
    spaced(last, 6, 0)
    write(last, "Nơi nhận:", size=12, bold=True, italic=True)
    rest = s.document.add_paragraph()
    spaced(rest, 0, 0)
    write(rest, "{{ noi_nhan }}", size=11)
    return s


def thong_bao() -> Sheet:
    """Thông báo: conclusions, or who does what."""
    s = Sheet("Thông báo")
    s.head()
    s.title("THÔNG BÁO")
    s.body("Thực hiện {{ van_ban_giao }}, {{ ten_co_quan }} thông báo {{ trich_yeu_thuong }} như sau:")
    s.bodies("1. …", "2. …", "3. …")
    s.body("{{ ten_co_quan }} thông báo để các cơ quan, đơn vị, cá nhân có liên quan biết, thực hiện./.")
    s.foot()
    return s


def huong_dan() -> Sheet:
    """Hướng dẫn: how something is to be done."""
    s = Sheet("Hướng dẫn")
    s.head()
    s.title("HƯỚNG DẪN")
    s.body("Căn cứ {{ van_ban_giao }}, {{ ten_co_quan }} hướng dẫn {{ trich_yeu_thuong }} như sau:")
    s.heading("I. MỤC ĐÍCH, YÊU CẦU")
    s.bodies("1. Mục đích: …", "2. Yêu cầu: …")
    s.heading("II. NỘI DUNG HƯỚNG DẪN")
    s.bodies("1. …", "2. …")
    s.heading("III. TỔ CHỨC THỰC HIỆN")
    s.bodies("1. {{ don_vi }}: …", "2. Các cơ quan, đơn vị: …")
    s.body(
        "Trong quá trình thực hiện, nếu có vướng mắc, đề nghị các cơ quan, đơn vị phản ánh về {{ ten_co_quan }} để "
        "được hướng dẫn, giải quyết./."
    )
    s.foot()
    return s


def phieu_giao_viec() -> Sheet:
    """Phiếu giao việc: who is to draft what until when."""
    s = Sheet("Phiếu giao việc")
    s.head()
    s.title("PHIẾU GIAO VIỆC")
    s.addressed()
    table = s.grid(
        [4.6, 11.9],
        ["Mục", "Nội dung"],
        [
            ["Hồ sơ", "{{ ho_so }}"],
            ["Nhiệm vụ", "{{ nhiem_vu }}"],
            ["Văn bản giao", "{{ van_ban_giao }}"],
            ["Đơn vị chủ trì", "{{ don_vi }}"],
            ["Đơn vị phối hợp", "{{ phoi_hop }}"],
            ["Người thực hiện", "{{ nguoi_soan }}"],
            ["Bắt đầu", "{{ bat_dau }}"],
            ["Hoàn thành", "{{ han }}"],
            ["Kết quả phải đạt", "{{ ket_qua }}"],
            ["Yêu cầu khác", "…"],
        ],
        size=13,
    )
    for row in table.rows[1:]:
        row.cells[0].paragraphs[0].runs[0].bold = True
    s.foot()
    return s


def bao_cao_tien_do() -> Sheet:
    """Báo cáo tiến độ: the periodic report on the year's focus tasks, its table on pages of its own."""
    s = Sheet("Báo cáo tiến độ")
    s.head()
    s.title("BÁO CÁO")
    s.addressed()
    s.body(
        "{{ ten_co_quan }} báo cáo kết quả thực hiện nhiệm vụ trọng tâm {{ ky }}, số liệu tính đến hết ngày "
        "{{ ngay_chot }}, như sau:"
    )
    s.heading("I. CÔNG TÁC CHỈ ĐẠO, TRIỂN KHAI")
    s.body("…")
    s.heading("II. KẾT QUẢ THỰC HIỆN")
    s.body(
        "1. Kết quả chung: Tổng số {{ tong.so }} nhiệm vụ; hoàn thành {{ tong.hoan_thanh }} (trước hạn "
        "{{ tong.truoc_han }}, đúng hạn {{ tong.dung_han }}, quá hạn {{ tong.hoan_thanh_qua_han }}); đang thực hiện "
        "{{ tong.dang_thuc_hien }} (trong hạn {{ tong.trong_han }}, quá hạn {{ tong.dang_qua_han }}); chưa thực hiện "
        "{{ tong.chua_thuc_hien }}; tạm dừng hoặc không ban hành {{ tong.khac }}."
    )
    s.body("2. Kết quả từng nhiệm vụ:")
    s.repeated("nhiem_vu_ket_qua", "{{ doan }}")
    s.heading("III. TỒN TẠI, HẠN CHẾ, NGUYÊN NHÂN")
    s.body("…")
    s.heading("IV. NHIỆM VỤ TRỌNG TÂM KỲ TỚI")
    s.body("…")
    s.heading("V. ĐỀ XUẤT, KIẾN NGHỊ")
    s.body("…")
    s.body("{{ ten_co_quan }} trân trọng báo cáo./.")
    s.foot()
    s.document.add_page_break()  # type: ignore[no-untyped-call]
    s.centred("PHỤ LỤC", before=0)
    s.centred("Tiến độ thực hiện nhiệm vụ trọng tâm {{ ky }}", before=0)
    s.centred("(Kèm theo Báo cáo của {{ ten_co_quan }})", before=0, bold=False, italic=True)
    s.control("")
    s.grid(
        [0.9, 4.6, 2.5, 1.6, 1.6, 3.0, 2.3],
        ["TT", "Nhiệm vụ", "Đơn vị chủ trì", "Thời hạn", "Chậm nhất", "Kết quả đến kỳ báo cáo", "Trạng thái"],
        [
            ["{%tr for d in dong %}", "", "", "", "", "", ""],
            [
                "{{ d.tt }}",
                "{{ d.nhiem_vu }}",
                "{{ d.don_vi }}",
                "{{ d.thoi_han }}",
                "{{ d.cham_nhat }}",
                "{{ d.ket_qua }}",
                "{{ d.trang_thai }}",
            ],
            ["{%tr endfor %}", "", "", "", "", "", ""],
        ],
        size=11,
        middle=(0, 3, 4),
    )
    return s


BLANKS: Mapping[str, Callable[[], Sheet]] = {
    make.__name__: make
    for make in (
        to_trinh,
        bao_cao,
        cong_van,
        quyet_dinh,
        chi_thi,
        ke_hoach,
        nghi_quyet,
        bang_tong_hop,
        phieu_trinh,
        bien_ban,
        thong_bao,
        huong_dan,
        phieu_giao_viec,
        bao_cao_tien_do,
    )
}


def main() -> int:
    """Write all of them."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, make in BLANKS.items():
        (FOLDER / f"{name}.docx").write_bytes(make().bytes())
    return 0


if __name__ == "__main__":
    sys.exit(main())
