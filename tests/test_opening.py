"""What reaches a case from outside its tasks: recorded messages, supporting processes, work done before it began."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

import offices
from engine import Conflict, DoneStep, Evidence, Forbidden, Invalid, arrivals, gates
from engine.records import documents, journal
from webui import demo

At = Callable[..., offices.Office]

MEETING = """
<startEvent id="bat_dau"/>
<userTask id="chuan_bi" name="Chuẩn bị"><ext><zeebe:assignmentDefinition assignee="cv.qlkh.1"/></ext></userTask>
<intermediateCatchEvent id="cho_lich" name="Lịch họp">[message lich_phien_hop]
  <ext><zeebe:ioMapping><zeebe:output source="=ngay_hop" target="meeting_on"/></zeebe:ioMapping>
  <zeebe:properties><zeebe:property name="value:ngay_hop" value="date; Ngày họp; Day of the meeting"/>
  <zeebe:property name="value:hinh_thuc" value="hop=Họp/Meeting|phieu=Phiếu/Ballot; Hình thức; How"/>
  <zeebe:property name="value:ghi_chu" value="?text; Ghi chú; Note"/></zeebe:properties></ext></intermediateCatchEvent>
<userTask id="hop" name="Họp"><ext><zeebe:assignmentDefinition assignee="cv.qlkh.1"/></ext></userTask>
<endEvent id="xong"/>
~ bat_dau chuan_bi cho_lich hop xong
"""
CAME = {"ngay_hop": "2022-05-20", "hinh_thuc": "hop"}


@pytest.fixture
def waiting(office_at: At, tmp_path: Path) -> offices.Office:
    """A case that waits for the day of a meeting."""
    office = offices.with_small_process(
        office_at(), tmp_path, MEETING, '<message id="lich_phien_hop" name="lich_phien_hop"/>'
    )
    office.opens(offices.SECRETARY, "T4")
    office.does("cv.qlkh.1", "chuan_bi")
    return office


def test_who_keeps_records_is_shown_what_the_case_waits_for(waiting: offices.Office) -> None:
    (awaited,) = waiting.engine.queries.awaited(offices.CLERK, waiting.case_id)
    assert (awaited.message, awaited.name, awaited.any_time) == ("lich_phien_hop", "Lịch họp", False)
    assert [(f.name, f.kind, f.required) for f in awaited.fields] == [
        ("ngay_hop", "date", True),
        ("hinh_thuc", "choice", True),
        ("ghi_chu", "text", False),
    ]
    assert waiting.engine.queries.awaited("cv.tdc.1", waiting.case_id) == [], "a colleague of another unit"


def test_a_recorded_message_moves_the_case_on_with_its_values(waiting: offices.Office) -> None:
    waiting.engine.opening.receive(offices.CLERK, waiting.case_id, "lich_phien_hop", CAME)
    assert waiting.waits() == {"hop": ["cv.qlkh.1"]}
    assert waiting.variables()["meeting_on"] == "2022-05-20"
    assert waiting.faults() == []
    with pytest.raises(Conflict, match="wait"):
        waiting.engine.opening.receive(offices.CLERK, waiting.case_id, "lich_phien_hop", CAME)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"ngay_hop": "20/05/2022"}, "ngay_hop"),
        ({"ngay_hop": ""}, "ngay_hop"),
        ({"hinh_thuc": "thu"}, "hinh_thuc"),
        ({"la": "x"}, "la"),
    ],
)
def test_a_value_of_the_wrong_kind_is_named_and_nothing_moves(
    waiting: offices.Office, change: dict[str, Any], field: str
) -> None:
    before = waiting.state()
    with pytest.raises(Invalid) as refused:
        waiting.engine.opening.receive(offices.CLERK, waiting.case_id, "lich_phien_hop", {**CAME, **change})
    assert list(refused.value.fields) == [field]
    assert waiting.state() == before


def test_only_who_keeps_records_may_say_that_something_came(waiting: offices.Office) -> None:
    with pytest.raises(Forbidden):
        waiting.engine.opening.receive("cv.tdc.1", waiting.case_id, "lich_phien_hop", CAME)


@pytest.mark.parametrize(
    ("kind", "given", "value"),
    [
        ("number", "12,5", None),
        ("number", "12", 12),
        ("number", "1.5", 1.5),
        ("month", "2022-13", None),
        ("yes_no", "on", True),
    ],
)
def test_values_come_in_the_types_that_a_process_gets(kind: str, given: str, value: Any) -> None:
    expected = arrivals.fields({"value:x": f"{kind}; X"})
    if value is None:
        with pytest.raises(Invalid):
            arrivals.load(expected, {"x": given})
    else:
        assert arrivals.load(expected, {"x": given}) == {"x": value}


def test_nothing_that_was_not_declared_enters_a_process(office_at: At, tmp_path: Path) -> None:
    before, _, rest = MEETING.partition("<zeebe:properties>")
    bare = before + rest.partition("</zeebe:properties>")[2]
    declared = '<message id="lich_phien_hop" name="lich_phien_hop"/>'
    office = offices.with_small_process(office_at(), tmp_path, bare, declared)
    office.opens(offices.SECRETARY, "T4")
    office.does("cv.qlkh.1", "chuan_bi")
    with pytest.raises(Invalid) as refused:
        office.engine.opening.receive(offices.CLERK, office.case_id, "lich_phien_hop", {"drafter": "cv.tdc.1"})
    assert list(refused.value.fields) == ["drafter"]


def test_an_adjustment_of_the_plan_is_opened_about_a_focus_task(office_at: At) -> None:
    found = {each.process_id: each for each in office_at().engine.queries.supporting(offices.SECRETARY)}
    adjustment = found["dieu_chinh_kh"]
    assert adjustment.about_task and len(adjustment.focus_tasks) == 6
    assert not found["bao_cao_tien_do"].about_task


# --- properties of called processes -------------------------------------------------------------------------------


def test_a_called_task_takes_the_documents_that_its_caller_names() -> None:
    own = {"inherits": "requires signs=letter", "requires": "opinions"}
    caller = {"requires": "du_thao_1", "letter": "cong_van"}
    found = gates.effective(own, caller)
    assert (found["requires"], found["signs"]) == ("opinions du_thao_1", "cong_van")
    assert gates.effective(own, None)["requires"] == "opinions"


def test_each_instance_has_a_document_of_its_own() -> None:
    assert gates.effective({"produces": "bien_ban# bao_cao"}, None, 3)["produces"] == "bien_ban-03 bao_cao"
    assert gates.named({"bien_ban#": "Biên bản tập huấn"}, "bien_ban-03") == "Biên bản tập huấn 3"


# --- work that was done before ------------------------------------------------------------------------------------


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


STARTED = instant("2022-01-10T01:00:00")
ASSIGNED = DoneStep("phan_cong", instant("2022-01-11T02:00:00"), "tp.qlkh", demo.ANSWERS["phan_cong"])
COLLECTED = DoneStep("thu_thap", instant("2022-01-20T02:00:00"), "cv.qlkh.1", {"so_luong": 12})


def midway(office: offices.Office, *done: DoneStep) -> str:
    focus = next(f for f in office.engine.queries.focus_tasks(offices.SECRETARY) if f.code == "T1")
    office.case_id = office.engine.opening.start_midway(offices.SECRETARY, focus.id, STARTED, list(done))
    return office.case_id


def test_a_case_begins_midway_with_steps_done_on_their_days(office_at: At) -> None:
    office = office_at()
    midway(office, COLLECTED, ASSIGNED)
    assert office.waits() == {"danh_gia": ["cv.qlkh.1"], "nghien_cuu": ["cv.qlkh.1"]}
    case = office.case()
    assert case.started_at == STARTED
    assert office.milestones()["Phân công"] == "done 11/01"
    kinds = [row.kind for row in office.read(sa.select(journal.c.kind).order_by(journal.c.seq))]
    assert kinds == ["case.started", "task.entered", "task.entered"]
    assert office.faults() == []


def test_a_step_whose_document_is_missing_needs_it_or_a_reason(office_at: At) -> None:
    office = office_at()
    steps = [ASSIGNED, COLLECTED]
    steps.append(DoneStep("nghien_cuu", instant("2022-01-21T02:00:00"), "cv.qlkh.1", {"doc_kind": "chi_thi"}))
    steps.append(DoneStep("danh_gia", instant("2022-01-22T02:00:00"), "cv.qlkh.1"))
    steps.append(DoneStep("chon_hinh_thuc", instant("2022-01-24T02:00:00"), "tp.qlkh", {"doc_kind": "chi_thi"}))
    draft = DoneStep("xay_dung_du_thao", instant("2022-01-25T02:00:00"), "cv.qlkh.1")
    with pytest.raises(Invalid, match="documents"):
        midway(office, *steps, draft)
    assert not any(f.cases for f in office.engine.queries.focus_tasks(offices.SECRETARY)), "nothing half done is stored"
    proof = Evidence("du_thao", "du-thao.docx", demo.word("Dự thảo", ["Bản 1."]), "14/KH-KHCN", date(2022, 1, 19))
    proved = DoneStep(draft.element, draft.at, draft.by, {}, [proof])
    midway(office, *steps, proved)
    assert office.waits() == {"duyet_du_thao": ["unit_head@phong_qlkh"]}
    kept = office.read(sa.select(documents.c.number, documents.c.dated))
    assert [tuple(row) for row in kept] == [("14/KH-KHCN", date(2022, 1, 19))]
    assert office.faults() == []


def test_a_missing_document_may_be_waived_with_a_reason(office_at: At) -> None:
    office = office_at()
    done = [
        ASSIGNED,
        COLLECTED,
        DoneStep("nghien_cuu", instant("2022-01-21T02:00:00"), "cv.qlkh.1", {"doc_kind": "chi_thi"}),
        DoneStep("danh_gia", instant("2022-01-22T02:00:00"), "cv.qlkh.1"),
        DoneStep("chon_hinh_thuc", instant("2022-01-24T02:00:00"), "tp.qlkh", {"doc_kind": "chi_thi"}),
        DoneStep("xay_dung_du_thao", instant("2022-01-25T02:00:00"), "cv.qlkh.1", waived="Bản giấy đã lưu kho."),
    ]
    midway(office, *done)
    assert office.waits() == {"duyet_du_thao": ["unit_head@phong_qlkh"]}


@pytest.mark.parametrize("at", ["2022-01-09T00:00:00", "2022-03-01T00:00:00"])
def test_a_step_lies_between_the_beginning_and_now(office_at: At, at: str) -> None:
    with pytest.raises(Invalid):
        midway(office_at(), DoneStep("phan_cong", instant(at), "tp.qlkh", demo.ANSWERS["phan_cong"]))


def test_a_step_out_of_its_turn_is_refused(office_at: At) -> None:
    with pytest.raises(Conflict, match="open"):
        midway(office_at(), COLLECTED)
