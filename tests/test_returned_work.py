"""What a gate has returned comes back changed, or with the reason why not; and the third return is not a matter of the
two alone any more."""

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

import offices
from engine import Conflict, Invalid
from engine.records import tasks
from offices import DIRECTOR, DRAFTER, HEAD, PROVINCE, REASON, VICE_CHAIR, handles, refused
from webui import demo

At = Callable[..., offices.Office]
WHY = "Số liệu đã đối chiếu với báo cáo năm 2021, không đổi."


def returned(office: offices.Office) -> Any:
    """The head has returned the draft; the drafter's task, as its page shows it."""
    office.decides(HEAD, "duyet_du_thao", "yeu_cau_chinh_sua", REASON)
    return office.task(DRAFTER, "xay_dung_du_thao")


def hands_in(office: offices.Office, view: Any, **more: Any) -> Any:
    answers = {**demo.ANSWERS[view_element(office, view)], **more}
    return office.engine.cases.complete(view.id, DRAFTER, answers, office.version(DRAFTER, view))


def view_element(office: offices.Office, view: Any) -> str:
    (row,) = office.read(sa.select(tasks.c.element).where(tasks.c.id == view.id))
    return str(row.element)


# --- the document -------------------------------------------------------------------------------------------------


def test_a_returned_document_is_not_handed_in_again_as_it_was(office_at: At) -> None:
    office = office_at("duyet_du_thao").at("2022-01-28 15:00")
    view = returned(office)
    assert [(c.code, c.state, c.target) for c in view.conditions] == [
        ("document", "met", "du_thao"),
        ("revised", "missing", "du_thao"),
    ]
    with refused(office, Conflict, "gate_closed") as found:
        hands_in(office, view)
    assert [(r.code, r.params["label"]) for r in found.value.reasons] == [("revised", "Dự thảo trình nội bộ")]


def test_the_same_file_once_more_is_no_new_version(office_at: At) -> None:
    office = office_at("duyet_du_thao").at("2022-01-28 15:00")
    view = returned(office)
    (document,) = (d for d in view.documents if d.artefact == "du_thao")
    same = office.engine.queries.file(DRAFTER, document.versions[0].id).content
    office.engine.cases.attach(DRAFTER, view.id, "du_thao", "khac_ten.docx", demo.WORD, same)
    with refused(office, Conflict, "gate_closed"):
        hands_in(office, view)


def test_a_new_version_answers_the_return(office_at: At) -> None:
    office = office_at("duyet_du_thao").at("2022-01-28 15:00")
    view = returned(office)
    office.attaches(DRAFTER, view)
    assert {c.state for c in office.task(DRAFTER, "xay_dung_du_thao").conditions} == {"met"}
    hands_in(office, view, kept_unchanged=WHY)
    gate = office.task(HEAD, "duyet_du_thao")
    assert gate.gate.kept is None, "there is nothing to excuse"


def test_why_it_stays_unchanged_is_written_down_and_read_at_the_gate(office_at: At) -> None:
    office = office_at("duyet_du_thao").at("2022-01-28 15:00")
    view = returned(office)
    hands_in(office, view, kept_unchanged=f"  {WHY} ")
    assert office.task(HEAD, "duyet_du_thao").gate.kept == WHY
    entry = next(row for row in office.case().journal if row.kind == "task.completed")
    assert entry.params["kept_unchanged"] == WHY
    assert "kept_unchanged" not in office.variables()
    assert office.faults() == []


@pytest.mark.parametrize(("said", "code"), [("như cũ", "too_short"), ("x" * 5001, "too_long")])
def test_a_word_is_no_reason(office_at: At, said: str, code: str) -> None:
    office = office_at("duyet_du_thao").at("2022-01-28 15:00")
    view = returned(office)
    with refused(office, Invalid, "invalid") as found:
        hands_in(office, view, kept_unchanged=said)
    assert offices.problems(found.value) == {"kept_unchanged": [code]}


@pytest.mark.parametrize("said", [["x" * 20], 5, "   "])
def test_what_is_no_text_is_no_reason_either(office_at: At, said: Any) -> None:
    office = office_at("duyet_du_thao").at("2022-01-28 15:00")
    view = returned(office)
    with refused(office, Conflict, "gate_closed"):
        hands_in(office, view, kept_unchanged=said)


def test_each_document_that_came_back_is_asked_for(office_at: At) -> None:
    office = office_at("chi_dao").hurry("kiem_tra_ho_so").at("2022-03-09 09:00")
    office.decides(PROVINCE, "kiem_tra_ho_so", "chua_du", REASON)
    view = office.task(DRAFTER, "hoan_thien_ho_so")
    office.engine.cases.attach(DRAFTER, view.id, "to_trinh", "to_trinh.txt", "text/plain", b"sua")
    with refused(office, Conflict, "gate_closed") as found:
        hands_in(office, view)
    assert [r.params["label"] for r in found.value.reasons] == ["Bản trình ký"]
    hands_in(office, view, kept_unchanged=WHY)
    assert office.task(PROVINCE, "kiem_tra_ho_so").gate.kept == WHY


def test_what_was_handed_in_after_a_return_is_not_asked_for_again(office_at: At) -> None:
    """The vice chair returns, gets a new version and agrees: nothing has come back after that."""
    office = office_at("chi_dao").at("2022-03-03")
    office.decides(VICE_CHAIR, "chi_dao", "yeu_cau_chinh_sua", REASON)
    handles("hoan_thien_ho_so")(office.at("2022-03-04"))
    office.decides(VICE_CHAIR, "chi_dao", "yeu_cau_chinh_sua", REASON)
    hands_in(office.at("2022-03-05"), office.task(DRAFTER, "hoan_thien_ho_so"), kept_unchanged=WHY)
    office.at("2022-03-07").decides(VICE_CHAIR, "chi_dao", "dong_y")
    view = office.task(DRAFTER, "hoan_thien_ho_so")
    assert [c.code for c in view.conditions] == ["document", "document"]
    hands_in(office, view)
    assert office.waits() == {"kiem_tra_ho_so": ["ubnd_office"]}


def test_another_kind_of_document_needs_another_draft(office_at: At) -> None:
    office = office_at("chi_dao").at("2022-03-03")
    office.decides(VICE_CHAIR, "chi_dao", "doi_hinh_thuc", REASON)
    handles("chon_hinh_thuc", HEAD, doc_kind="ke_hoach", ly_do=REASON)(office.at("2022-03-04"))
    with refused(office, Conflict, "gate_closed"):
        hands_in(office, office.task(DRAFTER, "xay_dung_du_thao"))


# --- the third time -----------------------------------------------------------------------------------------------


def returns(office: offices.Office, times: int, person: str = VICE_CHAIR, element: str = "chi_dao") -> None:
    """A gate returns so often; between, the drafter hands in new versions."""
    for number in range(1, times + 1):
        office.decides(person, element, "yeu_cau_chinh_sua", f"{REASON} Lần {number}.")
        if number < times:
            handles("hoan_thien_ho_so" if element == "chi_dao" else "xay_dung_du_thao")(office)


def test_the_third_return_is_told_to_the_director_and_the_head_of_the_unit_once(office_at: At) -> None:
    office = office_at("chi_dao")
    returns(office, 2)
    assert office.everybody_told("returned_too_often") == set()
    assert office.case().escalations == []
    handles("hoan_thien_ho_so")(office)
    office.decides(VICE_CHAIR, "chi_dao", "yeu_cau_chinh_sua", f"{REASON} Lần 3.")
    assert office.everybody_told("returned_too_often") == {DIRECTOR, HEAD}
    notice = office.engine.queries.notices(DIRECTOR)[0]
    reasons = [f"{REASON} Lần {number}." for number in (1, 2, 3)]
    assert (notice.kind, notice.params["reasons"]) == ("returned_too_often", reasons)
    (shown,) = office.case().escalations
    assert (shown.name, [r.reason for r in shown.returns]) == ("Phó Chủ tịch cho ý kiến", reasons)
    entry = next(row for row in office.case().journal if row.kind == "gate.decided")
    assert entry.params["escalated"] == 3

    handles("hoan_thien_ho_so")(office)
    office.decides(VICE_CHAIR, "chi_dao", "yeu_cau_chinh_sua", f"{REASON} Lần 4.")
    assert len(office.told(DIRECTOR, "returned_too_often")) == 1
    assert len(office.case().escalations[0].returns) == 4
    handles("hoan_thien_ho_so")(office)
    office.decides(VICE_CHAIR, "chi_dao", "dong_y")
    assert office.case().escalations == []
    assert office.faults() == []


def test_who_returns_it_the_third_time_is_not_told_of_it(office_at: At) -> None:
    office = office_at("duyet_du_thao")
    returns(office, 3, HEAD, "duyet_du_thao")
    assert office.everybody_told("returned_too_often") == {DIRECTOR}


def test_returns_of_different_gates_are_counted_apart(office_at: At) -> None:
    office = office_at("chi_dao").at("2022-03-03")
    returns(office, 2)
    handles("hoan_thien_ho_so")(office)
    office.decides(VICE_CHAIR, "chi_dao", "dong_y")
    handles("hoan_thien_ho_so")(office)
    office.decides(PROVINCE, "kiem_tra_ho_so", "chua_du", REASON)
    assert office.everybody_told("returned_too_often") == set()
