"""Separation of duties (domain.md §5): who drafts does not decide, who decides does not draft, who draws processes and
who keeps numbers decides nothing, who repairs reads nothing; neither a deputy nor a mandate changes any of it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

import pytest
import sqlalchemy as sa

import offices
from engine import Conflict, EngineError, Forbidden, Invalid, NotFound
from engine.records import cases
from offices import CLERK, DIRECTOR, DRAFTER, HEAD, REASON
from webui import demo

At = Callable[..., offices.Office]
ANALYST, ADMINISTRATOR, INSPECTOR = "ptqt.so", "qtht", "ktra"
FILE = demo.word("Bản khác", [])


@contextmanager
def refused(*kinds: type[EngineError]) -> Iterator[Any]:
    with pytest.raises(kinds) as found:
        yield found


def four_eyes(error: Conflict) -> bool:
    return [reason.code for reason in error.reasons] == ["four_eyes"]


def test_who_drafted_does_not_approve_in_any_role(office_at: At) -> None:
    """Not as a deputy of the head, and not when the work was handed to another drafter since."""
    office = office_at("duyet_du_thao").at("2022-02-09 09:00")
    office.engine.cases.replace_drafter(HEAD, office.case_id, "cv.qlkh.2", "Chuyển người soạn thảo.")
    office.away(HEAD, "2022-02-09", "2022-02-11", DRAFTER)
    with refused(Conflict) as found:
        office.decides(DRAFTER, "duyet_du_thao", "dong_y")
    assert four_eyes(found.value), "the version is still the first drafter's"
    with refused(Conflict) as found:
        office.decides(DRAFTER, "duyet_du_thao", "yeu_cau_chinh_sua", REASON)
    assert four_eyes(found.value)
    office.engine.authority.end_absence(HEAD, office.engine.queries.absences(HEAD)[0].id)
    office.away(HEAD, "2022-02-10", "2022-02-11", "cv.qlkh.2")
    office.at("2022-02-10 09:00")
    with refused(Conflict) as found:
        office.decides("cv.qlkh.2", "duyet_du_thao", "dong_y")
    assert four_eyes(found.value), "who drafts now does not approve either"
    assert office.faults() == []


def test_a_deputy_of_the_drafter_who_wrote_the_draft_does_not_approve_it(office_at: At) -> None:
    office = office_at("chuan_bi").at("2022-01-28 10:00")
    office.away(DRAFTER, "2022-01-28", "2022-02-11", "cv.qlkh.3")
    for element in ("nghien_cuu", "thu_thap", "danh_gia"):
        office.does("cv.qlkh.3", element, demo.ANSWERS[element])
    office.does(HEAD, "chon_hinh_thuc", demo.ANSWERS["chon_hinh_thuc"])
    office.does("cv.qlkh.3", "xay_dung_du_thao", demo.ANSWERS["xay_dung_du_thao"])
    office.away(HEAD, "2022-01-28", "2022-02-11", "cv.qlkh.3")
    with refused(Conflict) as found:
        office.decides("cv.qlkh.3", "duyet_du_thao", "dong_y")
    assert four_eyes(found.value)


def test_a_mandate_does_not_let_the_drafter_sign(office_at: At) -> None:
    office = office_at("hoi_dong_gop_y").at("2022-02-18 09:00")
    office.engine.mandates.grant(
        DIRECTOR, HEAD, "TUQ.", "lanh_dao_so", "giam_doc", ["bao_cao"], title="Trưởng phòng", number="15/GUQ-KHCN",
        dated=date(2022, 2, 18), valid_from=date(2022, 2, 18), valid_to=date(2022, 3, 15), scope="Báo cáo",
    )  # fmt: skip
    office.hurry("ky_trinh")
    with office.engine.statements().begin() as connection:
        connection.execute(sa.update(cases).where(cases.c.id == office.case_id).values(drafter=HEAD))
    with refused(Conflict) as found:
        office.decides(HEAD, "ky_trinh", "dong_y")
    assert four_eyes(found.value)


@pytest.mark.parametrize("deputy", [None, "cv.qlkh.2"])
def test_who_decides_does_not_change_the_draft(office_at: At, deputy: str | None) -> None:
    office = office_at("duyet_du_thao").at("2022-02-09 09:00")
    if deputy:
        office.away(HEAD, "2022-02-09", "2022-02-11", deputy)
    who = deputy or HEAD
    view = office.task(who, "duyet_du_thao")
    assert not any(document.editable for document in view.documents)
    with refused(Forbidden) as found:
        office.engine.cases.attach(who, view.id, "du_thao", "khac.docx", "", FILE)
    assert found.value.code == "decides_not_drafts"
    with refused(Forbidden, Conflict, NotFound):
        office.engine.approvals.revise(who, office.case_id, "du_thao", REASON, "khac.docx", FILE)


@pytest.mark.parametrize("person", [ANALYST, CLERK, ADMINISTRATOR, INSPECTOR])
def test_who_draws_keeps_repairs_or_inspects_decides_nothing(office_at: At, person: str) -> None:
    office = office_at("duyet_du_thao")
    view = office.task(HEAD, "duyet_du_thao")
    for outcome in ("dong_y", "yeu_cau_chinh_sua"):
        with refused(Forbidden, NotFound):
            answers = {"outcome": outcome, "reason": REASON}
            office.engine.cases.complete(view.id, person, answers, view.version)
    for act in (office.engine.cases.claim, office.engine.cases.release):
        with refused(Forbidden, NotFound):
            act(person, view.id, view.version)
    with refused(Forbidden, NotFound):
        office.engine.cases.assign(person, view.id, person, REASON)
    with refused(Forbidden, NotFound):
        office.engine.approvals.waive(person, office.case_id, "to_trinh", REASON)
    with refused(Forbidden, NotFound):
        office.engine.cases.replace_drafter(person, office.case_id, "cv.qlkh.2", REASON)
    assert office.waits() == {"duyet_du_thao": ["unit_head@phong_qlkh"]} and office.faults() == []


@pytest.mark.parametrize("person", [ANALYST, CLERK, ADMINISTRATOR, INSPECTOR])
def test_who_decides_nothing_signs_nothing(office_at: At, person: str) -> None:
    office = office_at("hoi_dong_gop_y").at("2022-02-18 09:00").hurry("ky_trinh")
    view = office.task(DIRECTOR, "ky_trinh")
    for outcome in ("dong_y", "yeu_cau_chinh_sua"):
        with refused(Forbidden, NotFound):
            answers = {"outcome": outcome, "reason": REASON}
            office.engine.signing.sign(view.id, person, answers, view.version, office.password)
    assert office.waits() == {"ky_trinh": ["dept_director"]}


@pytest.mark.parametrize("person", [ANALYST, CLERK, ADMINISTRATOR, INSPECTOR])
def test_who_draws_keeps_repairs_or_inspects_is_nobodys_deputy(office_at: At, person: str) -> None:
    office = office_at("duyet_du_thao").at("2022-02-09 09:00")
    with refused(Invalid) as found:
        office.away(HEAD, "2022-02-09", "2022-02-11", person)
    assert [reason.code for reason in found.value.fields["deputy"]] == ["kept_apart"]
    assert person not in {one[0] for one in office.engine.queries.absence_choices(HEAD).deputies}
    office.away(person, "2022-02-09", "2022-02-11", "cv.tonghop.2")


@pytest.mark.parametrize("away", [HEAD, "gd.so"])
def test_who_repairs_or_draws_may_be_asked_to_stand_in_but_not_to_name_themselves(office_at: At, away: str) -> None:
    """Nobody makes themselves somebody's deputy: the person, the head of the unit and the secretariat announce it."""
    office = office_at("duyet_du_thao").at("2022-02-09 09:00")
    for person in (ANALYST, ADMINISTRATOR, CLERK, DRAFTER):
        with refused(Forbidden):
            office.engine.authority.announce_absence(
                person, away, date(2022, 2, 9), date(2022, 2, 11), person, "Đi công tác"
            )


def test_the_clerk_gives_numbers_and_changes_no_document(office_at: At) -> None:
    office = office_at("ky")
    office.decides("pct.ubnd", "ky", "dong_y")
    view = office.task(CLERK, "phat_hanh")
    signed = [document for document in view.documents if document.versions and document.artefact == "ban_trinh_ky"]
    for document in signed:
        with refused(EngineError):
            office.engine.cases.attach(CLERK, view.id, document.artefact, "khac.docx", "", FILE)
    with refused(Forbidden, Conflict, NotFound):
        office.engine.approvals.revise(CLERK, office.case_id, "ban_trinh_ky", REASON, "khac.docx", FILE)
    other = office_at("duyet_du_thao")
    with refused(Forbidden, Conflict, NotFound):
        other.engine.approvals.revise(CLERK, other.case_id, "du_thao", REASON, "khac.docx", FILE)


def test_who_repairs_sees_no_content_of_cases(office_at: At) -> None:
    office = office_at("duyet_du_thao")
    view = office.task(HEAD, "duyet_du_thao")
    version = next(document.versions[0].id for document in view.documents if document.versions)
    for look in (
        lambda: office.engine.queries.task(ADMINISTRATOR, view.id),
        lambda: office.engine.queries.file(ADMINISTRATOR, version),
        lambda: office.engine.queries.paper(ADMINISTRATOR, office.case_id, "bao_cao"),
    ):
        with refused(NotFound):
            look()
    assert office.engine.queries.done_for(ADMINISTRATOR, date(2022, 1, 1), date(2022, 12, 31)) == []
    assert office.engine.queries.mandates(ADMINISTRATOR) == []
    assert office.engine.queries.coverage(ADMINISTRATOR, date(2022, 2, 1), date(2022, 3, 1), away=HEAD) == []
