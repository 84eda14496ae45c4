"""Claiming, completing, deciding, handing on: what is refused is refused with its reason and changes nothing."""

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

import offices
from engine import Conflict, Forbidden, Invalid, NotFound
from engine.records import cases, document_versions, focus_tasks, memberships, tasks
from offices import CLERK, DIRECTOR, DRAFTER, HEAD, LEADER, PROVINCE, REASON, SECRETARY, VICE_CHAIR, handles, refused
from webui import demo

At = Callable[..., offices.Office]
OTHER_DRAFTER, OTHER_LEADER, OTHER_SECRETARY, OUTSIDER = "cv.qlkh.2", "pgd.so.2", "cv.tonghop.2", "dm.snv"


def complete(office: offices.Office, view: Any, person: str, answers: dict[str, Any], **more: Any) -> Any:
    return office.engine.cases.complete(view.id, person, answers, more.pop("seen", view.version), **more)


# --- twice --------------------------------------------------------------------------------------------------------


def test_a_second_completion_is_refused(office_at: At) -> None:
    office = office_at("chuan_bi")
    view = office.task(DRAFTER, "thu_thap")
    answers = demo.ANSWERS["thu_thap"]
    complete(office, view, DRAFTER, answers)
    for seen in (view.version, view.version + 1):
        with refused(office, Conflict, "already_completed"):
            complete(office, view, DRAFTER, answers, seen=seen)
    assert office.history("thu_thap") == [("completed", None, 1)]


def test_who_could_have_decided_too_is_told_that_it_is_decided(office_at: At) -> None:
    office = office_at("gop_y_noi_bo").hurry("thong_qua_du_thao_1")
    page = office.task(OTHER_LEADER, "thong_qua_du_thao_1")
    office.decides(LEADER, "thong_qua_du_thao_1", "dong_y")
    with refused(office, Conflict, "already_completed"):
        complete(office, page, OTHER_LEADER, {"outcome": "yeu_cau_chinh_sua", "reason": REASON})


def test_of_two_who_claim_a_task_the_second_is_told_that_it_is_taken(office_at: At) -> None:
    office = office_at("ky").until("dong_nhiem_vu")
    view = office.task(SECRETARY, "dong_nhiem_vu")
    office.engine.cases.claim(SECRETARY, view.id, view.version)
    with refused(office, Conflict, "already_claimed"):
        office.engine.cases.claim(OTHER_SECRETARY, view.id, view.version)
    assert office.waits() == {"dong_nhiem_vu": [SECRETARY]}
    with refused(office, Forbidden, "not_assignee"):
        complete(office, view, OTHER_SECRETARY, demo.ANSWERS["dong_nhiem_vu"], seen=view.version + 1)


def test_a_page_older_than_the_task_is_refused(office_at: At) -> None:
    office = office_at("phan_cong")
    old = office.task(HEAD, "phan_cong")
    office.engine.cases.claim(HEAD, old.id, old.version)
    with refused(office, Conflict, "stale"):
        complete(office, old, HEAD, demo.ANSWERS["phan_cong"])
    with refused(office, Conflict, "stale"):
        office.engine.cases.release(HEAD, old.id, old.version)
    complete(office, office.task(HEAD, "phan_cong"), HEAD, demo.ANSWERS["phan_cong"])


def test_the_drafts_autosave_makes_no_page_stale(office_at: At) -> None:
    office = office_at("phan_cong")
    view = office.task(HEAD, "phan_cong")
    office.engine.cases.save_draft(HEAD, view.id, {"noi_dung": "Soạn"})
    assert office.task(HEAD, "phan_cong").draft == {"noi_dung": "Soạn"}
    complete(office, view, HEAD, demo.ANSWERS["phan_cong"])
    assert office.read(sa.select(tasks.c.draft).where(tasks.c.id == view.id))[0].draft is None


# --- the right ----------------------------------------------------------------------------------------------------


def acts(office: offices.Office, task_id: str, version: int) -> dict[str, Callable[[str], Any]]:
    """Everything that can be done to a task, by name."""
    do = office.engine.cases
    return {
        "claim": lambda person: do.claim(person, task_id, version),
        "release": lambda person: do.release(person, task_id, version),
        "save": lambda person: do.save_draft(person, task_id, {}),
        "assign": lambda person: do.assign(person, task_id, DRAFTER, REASON),
        "attach": lambda person: do.attach(person, task_id, "du_thao", "a.txt", "text/plain", b"a"),
        "complete": lambda person: do.complete(task_id, person, {}, version),
        "sign": lambda person: office.engine.signing.sign(task_id, person, {}, version, office.password),
    }


ACTS = ("claim", "release", "save", "assign", "attach", "complete", "sign")


def test_who_sees_a_case_but_has_no_part_in_the_task_is_forbidden(office_at: At, subtests: pytest.Subtests) -> None:
    office = office_at("duyet_du_thao")
    view = office.task(HEAD, "duyet_du_thao")
    assert office.engine.queries.task(OTHER_DRAFTER, view.id).rights == frozenset()
    for act in ACTS:
        code = {"assign": "not_assignee", "release": "not_assignee", "sign": "no_authority"}.get(act, "not_candidate")
        with subtests.test(act=act), refused(office, Forbidden, code):
            acts(office, view.id, view.version)[act](OTHER_DRAFTER)


@pytest.mark.parametrize("person", ["hd.khcn.1", OUTSIDER])
def test_for_who_may_not_see_a_case_its_task_does_not_exist(
    office_at: At, person: str, subtests: pytest.Subtests
) -> None:
    office = office_at("duyet_du_thao")
    view = office.task(HEAD, "duyet_du_thao")
    missing = "00000000-0000-7000-8000-000000000000"
    for task_id in (view.id, missing):
        for act in ACTS:
            with subtests.test(act=act, task=task_id), refused(office, NotFound, "task"):
                acts(office, task_id, view.version)[act](person)
    for ask in (lambda: office.engine.queries.task(person, view.id), lambda: office.case(person)):
        with pytest.raises(NotFound):
            ask()


def test_somebody_who_does_not_exist_sees_and_may_nothing(office_at: At, subtests: pytest.Subtests) -> None:
    office = office_at("duyet_du_thao")
    view = office.task(HEAD, "duyet_du_thao")
    for act in ACTS:
        kind, code = (Forbidden, "wrong_password") if act == "sign" else (NotFound, "task")
        with subtests.test(act=act), refused(office, kind, code, without=("login_failures",)):
            acts(office, view.id, view.version)[act]("nobody.at.all")


def test_a_council_member_sees_the_own_task_and_not_that_of_the_next(office_at: At) -> None:
    office = office_at("hoi_dong_gop_y")
    own = office.task("hd.khcn.1", "hoi_dong_gop_y")
    assert own.consultation.asked == 7
    assert len(own.consultation.opinions) == 1
    theirs = office.task("hd.khcn.2", "hoi_dong_gop_y")
    with refused(office, Forbidden, "not_assignee"):
        complete(office, theirs, "hd.khcn.1", demo.AGREES)


def test_a_unit_cannot_answer_for_another_unit(office_at: At) -> None:
    office = office_at("gop_y_noi_bo")
    theirs = office.task("tp.shtt", "gop_y_noi_bo")
    with refused(office, Forbidden, "not_candidate"):
        complete(office, theirs, "cct.tdc", demo.AGREES)
    complete(office, office.task("pcct.tdc", "gop_y_noi_bo"), "pcct.tdc", demo.AGREES)
    with pytest.raises(NotFound):
        office.task("cct.tdc", "gop_y_noi_bo")


def test_who_has_left_the_seat_may_no_longer(office_at: At) -> None:
    office = office_at("phan_cong")
    view = office.task(HEAD, "phan_cong")
    with office.engine.statements().begin() as connection:
        seat = sa.update(memberships).where(memberships.c.person_id == HEAD)
        connection.execute(seat.values(valid_to=sa.literal("2022-01-27").cast(sa.Date)))
    with pytest.raises((Forbidden, NotFound)):
        complete(office, view, HEAD, demo.ANSWERS["phan_cong"])


def test_a_case_is_opened_by_the_secretariat_or_the_head_of_the_lead_unit(office_at: At) -> None:
    office = office_at("nhan_nhiem_vu")
    focus = next(f for f in office.engine.queries.focus_tasks(SECRETARY) if f.code == "T1")
    for person in (DRAFTER, "tp.shtt", DIRECTOR, "hd.khcn.1"):
        with refused(office, Forbidden, "role"):
            office.engine.cases.start(person, focus.id)
    with refused(office, NotFound, "focus_task"):
        office.engine.cases.start(SECRETARY, "T1")
    waiting = next(f for f in office.engine.queries.focus_tasks(SECRETARY) if f.code == "T2")
    with office.engine.statements().begin() as connection:
        connection.execute(sa.update(focus_tasks).where(focus_tasks.c.id == waiting.id).values(process_id=None))
    with refused(office, Conflict, "no_process"):
        office.engine.cases.start(SECRETARY, waiting.id)
    office.engine.cases.start(HEAD, focus.id)


# --- four eyes ----------------------------------------------------------------------------------------------------


def test_the_head_is_not_offered_as_drafter(office_at: At) -> None:
    office = office_at("phan_cong")
    view = office.task(HEAD, "phan_cong")
    with refused(office, Invalid, "invalid") as found:
        complete(office, view, HEAD, {**demo.ANSWERS["phan_cong"], "drafter": HEAD})
    assert offices.problems(found.value) == {"drafter": ["not_an_option"]}


def test_a_head_who_drafted_cannot_approve_the_draft(office_at: At) -> None:
    office = office_at("phan_cong")
    with office.engine.statements().begin() as connection:
        seat = sa.update(memberships).where(memberships.c.person_id == HEAD)
        connection.execute(seat.values(roles="truong_don_vi nguoi_soan_thao"))
    handles("phan_cong", HEAD, drafter=HEAD)(office)
    for element in ("nghien_cuu", "thu_thap", "danh_gia", "chon_hinh_thuc", "xay_dung_du_thao"):
        handles(element, HEAD)(office)
    gate = office.task(HEAD, "duyet_du_thao")
    assert [(c.code, c.state) for c in gate.conditions] == [("document", "met"), ("four_eyes", "failed")]
    with refused(office, Conflict, "gate_closed") as found:
        complete(office, gate, HEAD, {"outcome": "dong_y"}, seen_documents=gate.document_count)
    assert [reason.code for reason in found.value.reasons] == ["four_eyes"]


def test_who_added_the_newest_version_cannot_approve_it_either(office_at: At) -> None:
    """Not the drafter, but the file on the desk is the decider's own."""
    office = office_at("duyet_du_thao")
    with office.engine.statements().begin() as connection:
        connection.execute(sa.update(document_versions).values(added_by=HEAD))
    with refused(office, Conflict, "gate_closed") as found:
        complete(office, office.task(HEAD, "duyet_du_thao"), HEAD, {"outcome": "dong_y"})
    assert [reason.code for reason in found.value.reasons] == ["four_eyes"]


# --- forms --------------------------------------------------------------------------------------------------------

WRONG_ANSWERS = [
    ({"noi_dung": None}, {"noi_dung": ["required"]}),
    ({"noi_dung": "   "}, {"noi_dung": ["required"]}),
    ({"noi_dung": "ngắn"}, {"noi_dung": ["too_short"]}),
    ({"noi_dung": "x" * 5001}, {"noi_dung": ["too_long"]}),
    ({"drafter": None, "noi_dung": None}, {"drafter": ["required"], "noi_dung": ["required"]}),
    ({"drafter": "tp.shtt"}, {"drafter": ["not_an_option"]}),
    ({"drafter": ["cv.qlkh.1", "cv.qlkh.2"]}, {"drafter": ["wrong_type"]}),
    ({"han_noi_bo": "31/02/2022"}, {"han_noi_bo": ["not_a_date"]}),
    ({"admin": True}, {"admin": ["unknown_field"]}),
    ({"outcome": "dong_y"}, {"outcome": ["unknown_field"]}),
]


def test_wrong_answers_are_refused_field_by_field(office_at: At, subtests: pytest.Subtests) -> None:
    office = office_at("phan_cong")
    view = office.task(HEAD, "phan_cong")
    for change, expected in WRONG_ANSWERS:
        with subtests.test(str(change)[:60]):
            with refused(office, Invalid, "invalid") as found:
                complete(office, view, HEAD, {**demo.ANSWERS["phan_cong"], **change})
            assert offices.problems(found.value) == expected


def test_all_missing_fields_are_named_at_once(office_at: At) -> None:
    office = office_at("chuan_bi")
    with refused(office, Invalid, "invalid") as found:
        complete(office, office.task(DRAFTER, "nghien_cuu"), DRAFTER, {})
    assert set(found.value.fields) == {"van_ban_da_ban_hanh", "doc_kind", "ly_do"}


def test_a_remark_is_asked_for_only_when_one_does_not_simply_agree(office_at: At) -> None:
    office = office_at("hoi_dong_gop_y")
    view = office.task("hd.khcn.1", "hoi_dong_gop_y")
    with refused(office, Invalid, "invalid") as found:
        complete(office, view, "hd.khcn.1", {"outcome": "khong_dong_y"})
    assert offices.problems(found.value) == {"noi_dung": ["required"]}
    complete(office, view, "hd.khcn.1", {"outcome": "dong_y"})


def test_a_draft_of_any_shape_is_kept_but_not_of_any_size(office_at: At) -> None:
    office = office_at("phan_cong")
    view = office.task(HEAD, "phan_cong")
    office.engine.cases.save_draft(HEAD, view.id, {"drafter": "?", "whatever": ["x"]})
    assert office.task(HEAD, "phan_cong").draft == {"drafter": "?", "whatever": ["x"]}
    with refused(office, Invalid, "invalid"):
        office.engine.cases.save_draft(HEAD, view.id, {"noi_dung": "x" * 200_001})


# --- gates --------------------------------------------------------------------------------------------------------

DECISIONS = [
    ({}, {"outcome": ["required"]}),
    ({"outcome": "du"}, {"outcome": ["not_an_option"]}),
    ({"outcome": "doi_hinh_thuc"}, {"outcome": ["not_an_option"]}),
    ({"outcome": "yeu_cau_chinh_sua"}, {"reason": ["required"]}),
    ({"outcome": "yeu_cau_chinh_sua", "reason": "  chưa rõ  "}, {"reason": ["too_short"]}),
    ({"outcome": "khong_dong_y", "reason": ""}, {"reason": ["required"]}),
    ({"outcome": "dong_y_co_chinh_sua"}, {"reason": ["required"]}),
    ({"outcome": "khong_dong_y", "reason": "x" * 5001}, {"reason": ["too_long"]}),
    ({"outcome": "dong_y", "doc_kind": "ke_hoach"}, {"doc_kind": ["unknown_field"]}),
    ({"outcome": ["dong_y"]}, {"outcome": ["not_an_option"]}),
]


def test_a_decision_must_be_offered_and_its_reason_given(office_at: At, subtests: pytest.Subtests) -> None:
    office = office_at("duyet_du_thao")
    view = office.task(HEAD, "duyet_du_thao")
    for answers, expected in DECISIONS:
        with subtests.test(str(answers)[:60]):
            with refused(office, Invalid, "invalid") as found:
                complete(office, view, HEAD, answers)
            assert offices.problems(found.value) == expected


def test_a_task_that_makes_a_document_is_not_done_without_it(office_at: At) -> None:
    office = office_at("phan_cong").until("xay_dung_du_thao")
    view = office.task(DRAFTER, "xay_dung_du_thao")
    with refused(office, Conflict, "gate_closed") as found:
        complete(office, view, DRAFTER, demo.ANSWERS["xay_dung_du_thao"])
    assert [(r.code, r.params["label"]) for r in found.value.reasons] == [("document", "Dự thảo trình nội bộ")]


def test_a_gate_stays_closed_while_a_document_is_missing(office_at: At) -> None:
    office = office_at("ky")
    with office.engine.statements().begin() as connection:
        connection.execute(sa.delete(document_versions).where(document_versions.c.filename == "ban_trinh_ky-1.docx"))
    view = office.task(VICE_CHAIR, "ky")
    with refused(office, Conflict, "gate_closed") as found:
        office.engine.signing.sign(view.id, VICE_CHAIR, {"outcome": "dong_y"}, view.version, office.password)
    assert [(r.code, r.params["label"]) for r in found.value.reasons] == [("document", "Bản trình ký")]


def test_who_decides_does_not_change_the_draft(office_at: At) -> None:
    office = office_at("duyet_du_thao")
    view = office.task(HEAD, "duyet_du_thao")
    assert not any(document.editable for document in view.documents)
    with refused(office, Forbidden, "decides_not_drafts"):
        office.engine.cases.attach(HEAD, view.id, "du_thao", "sua.docx", "", demo.word("Bản của Trưởng phòng", []))


def test_a_decision_on_other_documents_than_the_page_showed_is_refused(office_at: At) -> None:
    office = office_at("duyet_du_thao")
    view = office.task(HEAD, "duyet_du_thao")
    assert view.document_count == 1
    with refused(office, Conflict, "stale"):
        complete(office, view, HEAD, {"outcome": "dong_y"}, seen_documents=0)
    complete(office, view, HEAD, {"outcome": "dong_y"}, seen_documents=1)


def test_a_gate_remembers_the_versions_it_decided_on(office_at: At) -> None:
    office = office_at("ky")
    view = office.task(VICE_CHAIR, "ky")
    newest = {d.artefact: d.versions[0] for d in view.documents if d.versions}
    office.decides(VICE_CHAIR, "ky", "dong_y")
    (row,) = office.read(sa.select(tasks.c.seen, tasks.c.capacity).where(tasks.c.id == view.id))
    assert {s["artefact"]: (s["version"], s["sha256"]) for s in row.seen} == {
        slug: (version.id, version.sha256) for slug, version in newest.items()
    }
    assert row.capacity == "TM. ỦY BAN NHÂN DÂN / KT. CHỦ TỊCH / PHÓ CHỦ TỊCH"


# --- signing ------------------------------------------------------------------------------------------------------


def test_signing_needs_the_password(office_at: At) -> None:
    office = office_at("ky")
    view = office.task(VICE_CHAIR, "ky")
    with refused(office, Forbidden, "password_required"):
        complete(office, view, VICE_CHAIR, {"outcome": "dong_y"})


def test_a_wrong_password_signs_nothing_and_is_counted(office_at: At) -> None:
    office = office_at("ky")
    view = office.task(VICE_CHAIR, "ky")

    def sign(password: str) -> Any:
        return office.engine.signing.sign(view.id, VICE_CHAIR, {"outcome": "dong_y"}, view.version, password)

    for _ in range(5):
        with refused(office, Forbidden, "wrong_password", without=("login_failures",)):
            sign("khong-dung")
    # After five failures even the right one is refused for a while. Logging in is counted for itself, both ways:
    # strangers who guess at a log-in cannot stop a signature.
    with refused(office, Forbidden, "throttled") as found:
        sign(office.password)
    assert found.value.params["retry_after"] == 15 * 60
    assert office.waits() == {"ky": ["vice_chair"]}
    assert office.engine.people.log_in(VICE_CHAIR, office.password, "192.0.2.1")


def test_returning_at_a_signing_gate_signs_nothing(office_at: At) -> None:
    office = office_at("ky")
    view = office.task(VICE_CHAIR, "ky")
    complete(office, view, VICE_CHAIR, {"outcome": "yeu_cau_chinh_sua", "reason": REASON})
    (row,) = office.read(sa.select(tasks.c.capacity, tasks.c.outcome).where(tasks.c.id == view.id))
    assert tuple(row) == (None, "yeu_cau_chinh_sua")


def test_a_signature_by_a_password_says_in_which_capacity(office_at: At) -> None:
    office = office_at("hoi_dong_gop_y").hurry("ky_trinh")
    office.decides(DIRECTOR, "ky_trinh", "dong_y")
    (row,) = office.read(sa.select(tasks.c.capacity).where(tasks.c.element == "ky_trinh"))
    assert row.capacity == "GIÁM ĐỐC"


# --- claiming and handing on --------------------------------------------------------------------------------------


def test_a_released_task_is_everybodys_again_with_what_was_typed(office_at: At) -> None:
    office = office_at("ky").until("dong_nhiem_vu")
    view = office.task(SECRETARY, "dong_nhiem_vu")
    office.engine.cases.claim(SECRETARY, view.id, view.version)
    office.engine.cases.save_draft(SECRETARY, view.id, {"ket_qua": "Đã ban hành"})
    office.engine.cases.release(SECRETARY, view.id, view.version + 1)
    assert office.waits() == {"dong_nhiem_vu": ["dept_office"]}
    assert office.task(OTHER_SECRETARY, "dong_nhiem_vu").draft == {"ket_qua": "Đã ban hành"}


def test_a_task_of_the_process_own_choice_cannot_be_given_back(office_at: At) -> None:
    office = office_at("chuan_bi")
    view = office.task(DRAFTER, "thu_thap")
    assert "release" not in view.rights
    with refused(office, Forbidden, "not_candidate"):
        office.engine.cases.release(DRAFTER, view.id, view.version)


def test_a_drafters_task_is_handed_on_with_a_reason_and_the_new_one_is_told(office_at: At) -> None:
    office = office_at("chuan_bi")
    for by, element in ((SECRETARY, "thu_thap"), (HEAD, "nghien_cuu"), (DRAFTER, "danh_gia")):
        view = office.task(DRAFTER, element)
        office.engine.cases.assign(by, view.id, OTHER_DRAFTER, "Người soạn thảo đi công tác.", view.version)
        assert office.waits()[element] == [OTHER_DRAFTER]
        notice = office.engine.queries.notices(OTHER_DRAFTER)[0]
        assert (notice.kind, notice.params["by"]) == ("task_assigned", by)
        with refused(office, Forbidden, "not_assignee"):
            complete(office, view, DRAFTER, demo.ANSWERS[element], seen=view.version + 1)
        handles(element, OTHER_DRAFTER)(office)
    assert office.faults() == []


def test_handing_on_needs_a_reason_and_somebody_who_may(office_at: At) -> None:
    office = office_at("chuan_bi")
    view = office.task(DRAFTER, "thu_thap")
    with refused(office, Invalid, "invalid") as found:
        office.engine.cases.assign(HEAD, view.id, CLERK, "ốm")
    assert offices.problems(found.value) == {"reason": ["too_short"], "person": ["not_an_option"]}
    with refused(office, Invalid, "invalid") as found:
        office.engine.cases.assign(HEAD, view.id, DRAFTER, REASON)
    assert offices.problems(found.value) == {"person": ["not_an_option"]}


@pytest.mark.parametrize(
    ("stop", "element", "holder"),
    [("chi_dao", "chi_dao", VICE_CHAIR), ("hoi_dong_gop_y", "hoi_dong_gop_y", "hd.khcn.1")],
)
def test_nobody_hands_on_the_decisions_or_opinions_of_others(
    office_at: At, stop: str, element: str, holder: str
) -> None:
    office = office_at(stop)
    view = office.task(holder, element)
    for person in (SECRETARY, HEAD, DIRECTOR):
        with refused(office, Forbidden, "not_assignee"):
            office.engine.cases.assign(person, view.id, OTHER_DRAFTER, REASON)


# --- opinions -----------------------------------------------------------------------------------------------------


def test_only_the_drafter_answers_remarks_and_only_given_ones(office_at: At) -> None:
    office = office_at("hoi_dong_gop_y")
    office.does("hd.khcn.1", "hoi_dong_gop_y", demo.REMARKS)
    respond = office.engine.consulting.respond
    (council,) = [c for c in office.case(DRAFTER).consultations if c.kind == "council"]
    given, silent = council.opinions[0].id, council.opinions[1].id
    with refused(office, Forbidden, "not_drafter"):
        respond(HEAD, given, "tiep_thu", "")
    with refused(office, NotFound, "opinion"):
        respond(OUTSIDER, given, "tiep_thu", "")
    with refused(office, NotFound, "opinion"):
        respond(DRAFTER, "nothing", "tiep_thu", "")
    with refused(office, Conflict, "not_answered"):
        respond(DRAFTER, silent, "tiep_thu", "")
    with refused(office, Invalid, "invalid"):
        respond(DRAFTER, given, "bo_qua", "")
    with refused(office, Invalid, "invalid") as found:
        respond(DRAFTER, given, "giai_trinh", "không")
    assert offices.problems(found.value) == {"text": ["too_short"]}
    respond(DRAFTER, given, "tiep_thu", "")
    assert office.faults() == []


def test_remarks_of_an_ended_case_stay_as_they_are(office_at: At) -> None:
    office = office_at("hoi_dong_gop_y").hurry("ky_trinh")
    office.decides(DIRECTOR, "ky_trinh", "khong_dong_y", REASON)
    opinion = office.case(DRAFTER).consultations[0].opinions[0].id
    with refused(office, Conflict, "case_ended"):
        office.engine.consulting.respond(DRAFTER, opinion, "tiep_thu", "")


# --- what follows -------------------------------------------------------------------------------------------------


def test_completing_leads_to_the_next_task_when_it_is_ones_own(office_at: At) -> None:
    office = office_at("duyet_du_thao").until("mo_dot_xin_y_kien")
    done = handles("mo_dot_xin_y_kien")(office)
    assert (done.case_id, done.next_task_id, done.status) == (office.case_id, None, "running")
    office = office_at("duyet_du_thao")
    office.decides(HEAD, "duyet_du_thao", "yeu_cau_chinh_sua", REASON)
    office.does(DRAFTER, "xay_dung_du_thao", demo.ANSWERS["xay_dung_du_thao"])
    done = office.decides(HEAD, "duyet_du_thao", "khong_dong_y", REASON)
    assert done.next_task_id is None


def test_the_next_task_of_somebody_who_holds_its_seat_is_offered_at_once(office_at: At) -> None:
    office = office_at("phan_cong").until("chon_hinh_thuc")
    view = office.task(HEAD, "chon_hinh_thuc")
    assert view.next_step.holder == "Chuyên viên Phòng Quản lý Khoa học 1"
    office = office_at("gop_y_noi_bo").hurry("hoan_thien_du_thao_1")
    done = handles("hoan_thien_du_thao_1", remarks=True)(office)
    assert done.next_task_id is None


def test_a_gate_that_returns_the_file_shows_the_provincial_office_who_gets_it(office_at: At) -> None:
    office = office_at("chi_dao").hurry("kiem_tra_ho_so")
    gate = office.task(PROVINCE, "kiem_tra_ho_so").gate
    told = {outcome.slug: outcome.consequence for outcome in gate.outcomes}
    assert told["chua_du"].startswith("Chuyên viên Phòng Quản lý Khoa học 1: ")
    assert gate.returned_to == "Chuyên viên Phòng Quản lý Khoa học 1"


def test_a_case_never_changes_behind_its_version(office_at: At) -> None:
    office = office_at("chuan_bi")
    numbers = []
    for element in ("nghien_cuu", "thu_thap", "danh_gia"):
        handles(element)(office)
        numbers.append(office.read(sa.select(cases.c.version, cases.c.head_seq))[0])
    assert [n.version for n in numbers] == sorted({n.version for n in numbers})
    first = numbers[0].head_seq
    assert [n.head_seq for n in numbers] == [first, first + 1, first + 2]
