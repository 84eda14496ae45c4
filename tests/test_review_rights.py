"""What a fresh reading of the code found about rights: who may sign, replace, answer and see what."""

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

import offices
from engine import Conflict, Forbidden, Invalid
from engine.records import document_versions, task_candidates, tasks
from offices import CLERK, DIRECTOR, DRAFTER, HEAD, PROVINCE, REASON, VICE_CHAIR
from webui import demo

At = Callable[..., offices.Office]


def complete(office: offices.Office, view: Any, person: str, answers: dict[str, Any], **more: Any) -> Any:
    return office.engine.cases.complete(view.id, person, answers, view.version, **more)


# --- signing ------------------------------------------------------------------------------------------------------


def test_signing_subject_to_edits_is_a_signature_and_needs_the_password(office_at: At) -> None:
    office = office_at("hoi_dong_gop_y").hurry("ky_trinh")
    view = office.task(DIRECTOR, "ky_trinh")
    edit = {"outcome": "dong_y_co_chinh_sua", "reason": REASON}
    with pytest.raises(Forbidden, match="password"):
        complete(office, view, DIRECTOR, edit)
    office.engine.signing.sign(view.id, DIRECTOR, edit, view.version, office.password)
    (row,) = office.read(sa.select(tasks.c.capacity).where(tasks.c.element == "ky_trinh"))
    assert row.capacity == "GIÁM ĐỐC"


def test_only_what_a_signature_is_about_counts_as_signed(office_at: At) -> None:
    office = office_at("hoi_dong_gop_y").hurry("ky_trinh")
    office.decides(DIRECTOR, "ky_trinh", "dong_y")
    signed = {d.artefact for d in office.case().documents if d.versions[0].signed}
    assert signed == {"cong_van_xin_y_kien", "bao_cao_xin_y_kien"}


def test_a_signature_is_in_the_signers_own_capacity_also_where_several_could_sign(office_at: At) -> None:
    office = office_at("gop_y_noi_bo").hurry("thong_qua_du_thao_1")
    assert office.task("pgd.so.2", "thong_qua_du_thao_1").gate.capacity == "KT. GIÁM ĐỐC / PHÓ GIÁM ĐỐC"
    office.decides("pgd.so.2", "thong_qua_du_thao_1", "dong_y")
    (row,) = office.read(sa.select(tasks.c.capacity).where(tasks.c.element == "thong_qua_du_thao_1"))
    assert row.capacity == "KT. GIÁM ĐỐC / PHÓ GIÁM ĐỐC"


# --- documents ----------------------------------------------------------------------------------------------------


def test_who_only_needs_a_document_cannot_replace_it(office_at: At) -> None:
    office = office_at("ky")
    office.decides(VICE_CHAIR, "ky", "dong_y")
    view = office.task(CLERK, "phat_hanh")
    with pytest.raises(Invalid) as found:
        office.engine.cases.attach(CLERK, view.id, "chi_thi_da_ky", "khac.docx", "", demo.word("Bản khác", []))
    assert [r.code for r in found.value.fields["artefact"]] == ["not_an_option"]


def test_a_gate_without_its_document_can_be_returned_but_not_passed(office_at: At) -> None:
    office = office_at("duyet_du_thao")
    with office.engine.statements().begin() as connection:
        connection.execute(sa.delete(document_versions))
    view = office.task(HEAD, "duyet_du_thao")
    for forward in ("dong_y", "dong_y_co_chinh_sua"):
        with pytest.raises(Conflict) as found:
            complete(office, view, HEAD, {"outcome": forward, "reason": REASON})
        assert found.value.code == "gate_closed"
    complete(office, view, HEAD, {"outcome": "yeu_cau_chinh_sua", "reason": REASON})
    assert office.waits() == {"xay_dung_du_thao": [DRAFTER]}


# --- opinions -----------------------------------------------------------------------------------------------------

REMARK = {"outcome": "khong_dong_y", "noi_dung": "Chưa rõ nguồn kinh phí thực hiện."}


def test_who_is_asked_sees_no_other_opinion_anywhere_while_the_round_is_open(office_at: At) -> None:
    office = office_at("gop_y_noi_bo")
    office.does("cct.tdc", "gop_y_noi_bo", REMARK)
    shown = office.case("gd.ttud")
    (round_,) = shown.consultations
    assert [o.text for o in round_.opinions] == [None]
    assert round_.counts == {"khong_tra_loi": 1}
    assert [row.params.get("outcome") for row in shown.journal if row.kind == "opinion.given"] == [None]
    assert [o.text for o in office.case(DRAFTER).consultations[0].opinions if o.text] == [REMARK["noi_dung"]]


def test_a_council_member_sees_no_other_members_opinion(office_at: At) -> None:
    office = office_at("hoi_dong_gop_y")
    theirs = office.task("hd.khcn.2", "hoi_dong_gop_y").id
    office.does("hd.khcn.2", "hoi_dong_gop_y", REMARK)
    own = office.task("hd.khcn.1", "hoi_dong_gop_y")
    assert own.consultation.counts == {"khong_tra_loi": 1}
    shown = office.case("hd.khcn.1")
    assert shown.consultations == []
    assert {row.params.get("outcome") for row in shown.journal if row.kind == "opinion.given"} == {None}
    view = office.engine.queries.task("hd.khcn.1", theirs)
    assert view.consultation is None
    assert REMARK["noi_dung"] not in str(view.form)


def test_who_was_handed_the_drafters_work_answers_the_remarks(office_at: At) -> None:
    office = office_at("gop_y_noi_bo")
    office.does("cct.tdc", "gop_y_noi_bo", REMARK)
    office.at("2022-02-15")
    view = office.task(DRAFTER, "hoan_thien_du_thao_1")
    (remark,) = (o for o in view.consultation.opinions if o.may_respond)
    respond = office.engine.consulting.respond
    with pytest.raises(Forbidden):
        respond("cv.qlkh.2", remark.id, "tiep_thu")
    office.engine.cases.assign(HEAD, view.id, "cv.qlkh.2", REASON)
    shown = office.task("cv.qlkh.2", "hoan_thien_du_thao_1").consultation.opinions
    assert [o.id for o in shown if o.may_respond] == [remark.id]
    respond("cv.qlkh.2", remark.id, "tiep_thu")
    handed = office.task("cv.qlkh.2", "hoan_thien_du_thao_1")
    assert [c.state for c in handed.conditions if c.code == "opinions_explained"] == ["met"]


# --- several candidate groups -------------------------------------------------------------------------------------


def test_a_task_for_two_groups_is_also_the_second_groups(office_at: At) -> None:
    office = office_at("ky")
    view = office.task(VICE_CHAIR, "ky")
    with office.engine.statements().begin() as connection:
        row = {"tenant_id": 1, "task_id": view.id, "candidate": "ubnd_office"}
        connection.execute(sa.insert(task_candidates), row)
        connection.execute(sa.delete(tasks).where(tasks.c.element == "kiem_tra_ho_so"))
    assert office.task(PROVINCE, "ky").rights >= {"claim", "complete"}
    assert office.engine.queries.chrome(PROVINCE).todo == 1
    (row,) = (r for group in office.engine.queries.inbox(PROVINCE).groups for r in group.rows)
    assert row.claimable
    office.engine.cases.claim(PROVINCE, view.id, view.version)
    assert office.waits() == {"ky": [PROVINCE]}
