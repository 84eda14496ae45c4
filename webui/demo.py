"""The demo's story: role accounts of the department doing their work through the public commands, on a moved clock.

`Office` acts as people do: it finds the task on somebody's list, attaches the documents it needs, fills in the form.
The scenario tests use the same office, so that what the demo shows is what is tested. Not here: the demo's
organisation, plan and workflows (`workflows/demo`), which the command `engine.operations.load_demo` loads.
"""

import io
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from xml.sax.saxutils import escape

from engine import Engine, NotFound

PASSWORD = "trinhky-demo"
# The provincial decision that assigns the tasks is of 28/01/2022; the store's business time starts that morning.
STARTS = datetime(2022, 1, 28, 0, 30, tzinfo=UTC)
WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


@dataclass
class Office:
    """People of the demo at work on one engine. Times are business time at the office (UTC+7)."""

    engine: Engine
    password: str = PASSWORD
    case_id: str = ""
    texts: Mapping[str, str] = field(default_factory=dict)

    def at(self, day: str) -> "Office":
        """Let business time pass until "2022-03-24" or "2022-03-24 08:30"; timers on the way fire."""
        moment = datetime.fromisoformat(day if " " in day else f"{day} 08:00")
        self.engine.operations.advance((moment - timedelta(hours=7)).replace(tzinfo=UTC))
        return self

    def opens(self, person: str, focus_code: str) -> str:
        """Somebody opens the case of a focus task ("T1"); returns the case id."""
        focus = next(f for f in self.engine.queries.focus_tasks(person) if f.code == focus_code)
        self.case_id = self.engine.cases.start(person, focus.id)
        self.engine.operations.settle()
        return self.case_id

    def task(self, person: str, element: str) -> Any:
        """The task of an element of the case on somebody's list, as their page shows it. Raises NotFound."""
        inbox = self.engine.queries.inbox(person)
        for row in (row for group in inbox.groups for row in group.rows):
            if row.case_id == self.case_id and row.element == element:
                return self.engine.queries.task(person, row.task_id)
        listed = sorted({row.element for group in inbox.groups for row in group.rows})
        raise NotFound("task", f"Expected {element} on the list of {person}, found {', '.join(listed) or 'none'}.")

    def does(self, person: str, element: str, answers: Mapping[str, Any] | None = None, **more: Any) -> Any:
        """Somebody completes a task: attaches what it makes, answers its form (and `more` answers)."""
        view = self.task(person, element)
        version = self.version(person, view) if self.attaches(person, view) else view.version
        done = self.engine.cases.complete(view.id, person, {**(answers or {}), **more}, version)
        self.engine.operations.settle()
        return done

    def attaches(self, person: str, view: Any) -> int:
        """Upload a document for every artefact that the task makes; returns how many: then the page is not as seen."""
        attached = 0
        for document in view.documents:
            if not document.editable:
                continue
            returned = any(c.code == "revised" and c.target == document.artefact for c in view.conditions)
            rework = returned or view.submissions != [] or self._is_rework(document, view)
            if document.versions and not rework:
                continue
            number = len(document.versions) + 1
            body = word(document.name, [f"Bản {number}.", *self.texts.get(document.artefact, DRAFT).split("\n")])
            self.engine.cases.attach(
                person, view.id, document.artefact, f"{document.artefact}-{number}.docx", WORD, body
            )
            attached += 1
        return attached

    @staticmethod
    def _is_rework(document: Any, view: Any) -> bool:
        return all(version.at < view.opened_at for version in document.versions)

    def version(self, person: str, view: Any) -> int:
        """The task's version as its page shows it now."""
        return int(self.engine.queries.task(person, view.id).version)

    def decides(self, person: str, element: str, outcome: str, reason: str = "") -> Any:
        """Somebody decides a gate: attaches the paper of the decision, if it has one, and signs with the password."""
        view = self.task(person, element)
        if self.attaches(person, view):
            view = self.task(person, element)
        answers = {"outcome": outcome, "reason": reason}
        seen = {"seen_documents": view.document_count}
        if view.gate.needs_password:
            done = self.engine.signing.sign(view.id, person, answers, view.version, self.password, **seen)
        else:
            done = self.engine.cases.complete(view.id, person, answers, view.version, **seen)
        self.engine.operations.settle()
        return done

    def away(self, person: str, first_day: str, last_day: str, deputy: str | None, reason: str = "Nghỉ phép") -> str:
        """Somebody announces that they are away, and who stands in."""
        first, last = date.fromisoformat(first_day), date.fromisoformat(last_day)
        return str(self.engine.authority.announce_absence(person, person, first, last, deputy, reason))

    def answers_remarks(self, person: str) -> int:
        """The drafter accepts every remark that is still open; returns how many."""
        case = self.engine.queries.case(person, self.case_id)
        open_remarks = [
            opinion
            for consultation in case.consultations
            for opinion in consultation.opinions
            if opinion.may_respond and opinion.response is None
        ]
        for opinion in open_remarks:
            self.engine.consulting.respond(person, opinion.id, "tiep_thu", "Đã bổ sung vào dự thảo.")
        return len(open_remarks)


def word(title: str, paragraphs: Sequence[str]) -> bytes:
    """A small Word file with a title and paragraphs, the same bytes for the same text."""
    run = '<w:r><w:rPr><w:rFonts w:ascii="Times New Roman" w:hAnsi="Times New Roman"/><w:sz w:val="28"/></w:rPr>'
    body = "".join(
        f'<w:p><w:pPr><w:jc w:val="{align}"/></w:pPr>{run}<w:t xml:space="preserve">{escape(text)}</w:t></w:r></w:p>'
        for align, text in [("center", title), *(("both", p) for p in paragraphs)]
    )
    parts = {
        "[Content_Types].xml": (
            '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
            '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
            f'<Override PartName="/word/document.xml" ContentType="{WORD}.main+xml"/></Types>'
        ),
        "_rels/.rels": (
            '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
            '<Relationship Id="r1" Target="word/document.xml" Type='
            '"http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument"/></Relationships>'
        ),
        "word/document.xml": (
            '<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main">'
            f"<w:body>{body}</w:body></w:document>"
        ),
    }
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            archive.writestr(
                zipfile.ZipInfo(name, (2022, 1, 28, 0, 0, 0)), f'<?xml version="1.0" encoding="UTF-8"?>{text}'
            )
    return file.getvalue()


DRAFT = (
    "Để nâng cao chất lượng, hiệu quả các nhiệm vụ khoa học và công nghệ, Chủ tịch UBND tỉnh yêu cầu các cơ quan, "
    "đơn vị thực hiện một số nội dung sau:\n"
    "1. Nâng cao chất lượng thẩm định, xét duyệt đề tài của Hội đồng khoa học và công nghệ tỉnh, bảo đảm chặt chẽ, "
    "khách quan.\n"
    "2. Tập trung triển khai các nội dung mang tính ứng dụng, chuyển giao công nghệ sẵn có.\n"
    "3. Phấn đấu cơ bản các nhiệm vụ khoa học và công nghệ cấp tỉnh thực hiện năm 2023 đều do các sở, ngành, địa "
    "phương đặt hàng nghiên cứu; 100% nhiệm vụ cấp tỉnh năm 2023 được tuyển chọn."
)
DRAFTER = "cv.qlkh.1"
COUNCIL = tuple(f"hd.khcn.{n}" for n in range(1, 8))
UNITS = {"chi_cuc_tdc": "cct.tdc", "phong_khcn_cs_shtt": "tp.shtt", "tt_ung_dung": "gd.ttud", "van_phong_so": "cvp.so"}
AGREES = {"outcome": "dong_y", "noi_dung": "Nhất trí với nội dung dự thảo."}
REMARKS = {
    "outcome": "dong_y_co_y_kien",
    "noi_dung": "Bổ sung yêu cầu công khai kết quả xét duyệt.",
    "dieu_khoan": "Mục 1",
}

# The form answers of T1's tasks, by element.
ANSWERS: Mapping[str, Mapping[str, Any]] = {
    "phan_cong": {"drafter": DRAFTER, "noi_dung": "Xây dựng dự thảo Chỉ thị, báo cáo tiến độ hằng tuần."},
    "nghien_cuu": {
        "van_ban_da_ban_hanh": "Các chỉ thị, kế hoạch về nhiệm vụ KH&CN giai đoạn 2016–2021.",
        "doc_kind": "chi_thi",
        "ly_do": "Cần yêu cầu các cơ quan thực hiện ngay trong năm.",
    },
    "thu_thap": {"danh_muc": "Luật KH&CN; các quyết định của UBND tỉnh về nhiệm vụ cấp tỉnh.", "so_luong": 12},
    "danh_gia": {
        "giai_doan": "2016–2021",
        "ton_tai": "Một số đề tài chưa xuất phát từ đặt hàng của thực tiễn.",
        "kien_nghi": "Tuyển chọn công khai, tăng tỷ lệ nhiệm vụ đặt hàng.",
    },
    "chon_hinh_thuc": {"doc_kind": "chi_thi"},
    "xay_dung_du_thao": {
        "g1": True,
        "g2": True,
        "g3": True,
        "g4": True,
        "thuyet_minh": "Dự thảo đã thể hiện đủ bốn mục tiêu của kế hoạch.",
    },
    "mo_dot_xin_y_kien": {"participants": [f"internal_units@{u}" for u in UNITS] + ["pgd.so.1", "pgd.so.2"], "days": 5},
    "hoan_thien_du_thao_1": {"noi_dung_tiep_thu": "Đã tiếp thu các góp ý của phòng, đơn vị."},
    "gui_hoi_dong": {
        "so_ky_hieu": "86/KHCN-QLKH",
        "ngay_van_ban": "2022-02-24",
        "members": list(COUNCIL),
        "days": 7,
        "cach_gui": "truc_lien_thong",
    },
    "hoan_thien_du_thao_2": {"noi_dung_tiep_thu": "Đã tiếp thu ý kiến của Hội đồng.", "next_step": "trinh_giam_doc"},
    "hoan_thien_ho_so": {
        "noi_dung_tiep_thu": "Đã tiếp thu ý kiến chỉ đạo.",
        "thanh_phan": ["ban_trinh_ky", "to_trinh"],
    },
    "phat_hanh": {"ngay_phat_hanh": "2022-04-05", "noi_nhan": "Các sở, ban, ngành; UBND huyện", "ky_so_co_quan": True},
    "dong_nhiem_vu": {"ket_qua": "Chỉ thị đã ban hành, đã lưu hồ sơ.", "da_luu_ho_so": True},
}


def _all(office: Office, people: Sequence[str], element: str) -> None:
    for n, person in enumerate(people):
        office.does(person, element, REMARKS if n == 1 else AGREES)


def _prepares(office: Office) -> None:
    for element in ("nghien_cuu", "thu_thap", "danh_gia"):
        office.does(DRAFTER, element, ANSWERS[element])


def _handles(element: str, person: str = DRAFTER, remarks: bool = False) -> Callable[[Office], Any]:
    def act(office: Office) -> None:
        if remarks:
            office.answers_remarks(person)
        office.does(person, element, ANSWERS[element])

    return act


# T1 as it went in the demo year: (when, what), up to the directive's issue on 05/04, late on plan, within "chậm nhất".
STORY: tuple[tuple[str, Callable[[Office], Any]], ...] = (
    ("2022-01-28 08:30", lambda o: o.opens("cv.tonghop.1", "T1")),
    ("2022-01-28 09:10", _handles("phan_cong", "tp.qlkh")),
    ("2022-02-09 14:00", _prepares),
    ("2022-02-10 08:20", _handles("chon_hinh_thuc", "tp.qlkh")),
    ("2022-02-11 16:00", _handles("xay_dung_du_thao")),
    ("2022-02-14 09:00", lambda o: o.decides("tp.qlkh", "duyet_du_thao", "dong_y")),
    ("2022-02-14 10:00", _handles("mo_dot_xin_y_kien")),
    ("2022-02-17 15:00", lambda o: _all(o, [*UNITS.values(), "pgd.so.1", "pgd.so.2"], "gop_y_noi_bo")),
    ("2022-02-24 09:00", _handles("hoan_thien_du_thao_1", remarks=True)),
    ("2022-02-25 08:40", lambda o: o.decides("pgd.so.1", "thong_qua_du_thao_1", "dong_y")),
    ("2022-02-28 08:15", _handles("gui_hoi_dong", "vt.so")),
    ("2022-03-08 10:00", lambda o: _all(o, COUNCIL[:5], "hoi_dong_gop_y")),
    ("2022-03-17 15:30", _handles("hoan_thien_du_thao_2", remarks=True)),
    (
        "2022-03-21 09:00",
        lambda o: o.decides("gd.so", "ky_trinh", "yeu_cau_chinh_sua", "Bổ sung yêu cầu công khai kết quả xét duyệt."),
    ),
    ("2022-03-22 10:00", _handles("hoan_thien_du_thao_2", remarks=True)),
    ("2022-03-25 08:30", lambda o: o.decides("gd.so", "ky_trinh", "dong_y")),
    ("2022-03-29 16:00", lambda o: o.decides("pct.ubnd", "chi_dao", "dong_y")),
    ("2022-03-31 11:00", _handles("hoan_thien_ho_so")),
    ("2022-04-04 14:00", lambda o: o.decides("cv.vpubnd", "kiem_tra_ho_so", "du")),
    ("2022-04-05 09:00", lambda o: o.decides("pct.ubnd", "ky", "dong_y")),
    ("2022-04-05 15:00", _handles("phat_hanh", "vt.so")),
    ("2022-04-06 08:30", _handles("dong_nhiem_vu", "cv.tonghop.1")),
)
