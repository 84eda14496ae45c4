"""Who signs in which capacity, and by which mandate: thừa lệnh and thừa ủy quyền, given by who holds the seat."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

import pytest
import sqlalchemy as sa

import offices
from engine import Conflict, EngineError, Forbidden, Invalid, NotFound
from engine.queries.capacities import signed_kinds
from engine.records import journal, lane_bindings, mandates, memberships, tasks
from offices import CLERK, DIRECTOR, HEAD, LEADER, REASON, SECRETARY, VICE_CHAIR

At = Callable[..., offices.Office]
GRANT: dict[str, Any] = {
    "person": HEAD,
    "form": "TUQ.",
    "unit": "lanh_dao_so",
    "position": "giam_doc",
    "kinds": ["bao_cao"],
    "title": "Trưởng phòng Quản lý Khoa học",
    "number": "15/GUQ-KHCN",
    "dated": date(2022, 2, 18),
    "valid_from": date(2022, 2, 18),
    "valid_to": date(2022, 3, 15),
    "scope": "Báo cáo xin ý kiến về dự thảo Chỉ thị",
}


@contextmanager
def refused(kind: type[EngineError], code: str) -> Iterator[None]:
    with pytest.raises(kind) as found:
        yield
    assert found.value.code == code


def gives(office: offices.Office, actor: str = DIRECTOR, **other: Any) -> str:
    told = {**GRANT, **other}
    first = [told.pop(name) for name in ("person", "form", "unit", "position", "kinds")]
    return str(office.engine.mandates.grant(actor, *first, **told))


def capacity(office: offices.Office, element: str) -> str | None:
    t = tasks.c
    found = sa.select(t.capacity).where(t.element == element, t.state == "completed").order_by(t.ended_at.desc())
    return str(office.read(found)[0].capacity)


def holds(office: offices.Office, person: str) -> set[str]:
    return {row.element for group in office.engine.queries.inbox(person).groups for row in group.rows}


def before_the_signature(office_at: At) -> offices.Office:
    """The opinions of the council are awaited, on 18/02; what then waits is the director's signature."""
    return office_at("hoi_dong_gop_y").at("2022-02-18 09:00")


# --- in which capacity (DMN-02) -----------------------------------------------------------------------------------


def test_head_and_deputy_of_the_department_and_of_the_committee_sign_as_the_law_has_it(office_at: At) -> None:
    office = office_at("gop_y_noi_bo").hurry("thong_qua_du_thao_1")
    assert office.task("pgd.so.2", "thong_qua_du_thao_1").gate.capacity == "KT. GIÁM ĐỐC / PHÓ GIÁM ĐỐC"
    assert office.task(DIRECTOR, "thong_qua_du_thao_1").gate.capacity == "GIÁM ĐỐC"
    office.decides(DIRECTOR, "thong_qua_du_thao_1", "dong_y")
    assert capacity(office, "thong_qua_du_thao_1") == "GIÁM ĐỐC"
    office.at("2022-02-11 10:00").hurry("ky")
    office.decides(VICE_CHAIR, "ky", "dong_y")
    assert capacity(office, "ky") == "TM. ỦY BAN NHÂN DÂN / KT. CHỦ TỊCH / PHÓ CHỦ TỊCH"
    assert office.faults() == []


def test_who_stands_in_signs_as_what_they_are_themselves(office_at: At) -> None:
    office = before_the_signature(office_at)
    office.away(DIRECTOR, "2022-02-18", "2022-12-30", LEADER)
    office.hurry("ky_trinh")
    office.decides(LEADER, "ky_trinh", "dong_y")
    assert capacity(office, "ky_trinh") == "KT. GIÁM ĐỐC / PHÓ GIÁM ĐỐC"
    office.away(VICE_CHAIR, "2022-02-18", "2022-12-30", "ct.ubnd")
    office.decides("ct.ubnd", "chi_dao", "dong_y")
    for element, person, outcome in (("hoan_thien_ho_so", None, None), ("kiem_tra_ho_so", "cv.vpubnd", "du")):
        if person is None:
            offices.handles(element)(office)
        else:
            office.decides(person, element, outcome)
    office.decides("ct.ubnd", "ky", "dong_y")
    assert capacity(office, "ky") == "TM. ỦY BAN NHÂN DÂN / CHỦ TỊCH"


def test_a_deputy_without_an_office_of_their_own_signs_nothing_but_may_return(office_at: At) -> None:
    office = before_the_signature(office_at)
    office.away(DIRECTOR, "2022-02-18", "2022-12-30", HEAD)
    office.hurry("ky_trinh")
    view = office.task(HEAD, "ky_trinh")
    assert (view.gate.capacity, view.gate.unauthorised) == (None, True)
    with refused(Forbidden, "no_authority"):
        office.decides(HEAD, "ky_trinh", "dong_y")
    office.decides(HEAD, "ky_trinh", "yeu_cau_chinh_sua", REASON)
    assert office.history("ky_trinh")[-1][1] == "yeu_cau_chinh_sua" and office.faults() == []


def test_who_acts_as_head_signs_q_and_a_deputy_in_charge_signs_while_there_is_no_head(office_at: At) -> None:
    office = office_at("gop_y_noi_bo").hurry("thong_qua_du_thao_1")
    m = memberships.c
    acting = {DIRECTOR: ("quyen_giam_doc", "dept_director"), LEADER: ("pho_giam_doc_phu_trach", "dept_leader")}
    with office.engine.statements().begin() as connection:
        for person, (position, lane) in acting.items():
            connection.execute(sa.update(memberships).where(m.person_id == person).values(position=position))
            bound = {"tenant_id": office.engine.settings.tenant_id, "position": position, "unit_id": "lanh_dao_so"}
            connection.execute(sa.insert(lane_bindings), [{**bound, "lane": lane}])
            if lane == "dept_director":
                connection.execute(sa.insert(lane_bindings), [{**bound, "lane": "dept_leader"}])
    assert office.task(DIRECTOR, "thong_qua_du_thao_1").gate.capacity == "Q. GIÁM ĐỐC"
    assert office.task(LEADER, "thong_qua_du_thao_1").gate.unauthorised, "there is a head"
    office.away(DIRECTOR, "2022-01-28", "2022-03-30", None)
    assert office.task(LEADER, "thong_qua_du_thao_1").gate.capacity == "KT. GIÁM ĐỐC / PHÓ GIÁM ĐỐC"


# --- mandates -----------------------------------------------------------------------------------------------------


def test_by_a_mandate_in_force_a_head_of_a_unit_signs_and_it_is_written_down(office_at: At) -> None:
    office = before_the_signature(office_at)
    mandate = gives(office)
    assert len(office.told(HEAD, "mandate_given")) == 1
    office.hurry("ky_trinh")
    assert "ky_trinh" in holds(office, HEAD)
    assert office.task(HEAD, "ky_trinh").gate.capacity == "TUQ. GIÁM ĐỐC / TRƯỞNG PHÒNG QUẢN LÝ KHOA HỌC"
    office.decides(HEAD, "ky_trinh", "dong_y")
    assert capacity(office, "ky_trinh") == "TUQ. GIÁM ĐỐC / TRƯỞNG PHÒNG QUẢN LÝ KHOA HỌC"
    kept = [row.payload for row in office.read(sa.select(journal.c.payload).where(journal.c.actor == HEAD))]
    assert f'"mandate":"{mandate}"' in kept[-1] and office.faults() == []


def test_by_order_is_written_tl(office_at: At) -> None:
    office = before_the_signature(office_at)
    gives(office, person="cvp.so", form="TL.", title="Chánh Văn phòng", valid_to=None, scope="")
    office.hurry("ky_trinh")
    office.decides("cvp.so", "ky_trinh", "dong_y")
    assert capacity(office, "ky_trinh") == "TL. GIÁM ĐỐC / CHÁNH VĂN PHÒNG"


@pytest.mark.parametrize(
    ("other", "why"),
    [
        ({"kinds": ["cong_van", "thong_bao"]}, "another kind of document"),
        ({"valid_from": date(2022, 3, 10)}, "not yet in force"),
        ({"valid_to": date(2022, 2, 22)}, "over"),
        ({"position": "pho_giam_doc"}, "another seat"),
    ],
)
def test_a_mandate_covers_its_kinds_days_and_seat_alone(office_at: At, other: dict[str, Any], why: str) -> None:
    office = before_the_signature(office_at)
    gives(office, LEADER if "position" in other else DIRECTOR, **other)
    office.hurry("ky_trinh")
    office.at("2022-02-23 09:00")
    assert "ky_trinh" not in holds(office, HEAD), why
    view = office.task(DIRECTOR, "ky_trinh")
    with refused(Forbidden, "no_authority"):
        office.engine.signing.sign(view.id, HEAD, {"outcome": "dong_y"}, view.version, office.password)


def test_a_mandate_opens_signatures_and_no_other_gate_of_the_seat(office_at: At) -> None:
    office = before_the_signature(office_at)
    gives(office, kinds=["bao_cao", "chi_thi", "cong_van", "to_trinh"])
    office.hurry("ky_trinh")
    who = office.engine.read(lambda tx: tx.actor(HEAD))
    assert {"dept_director", "dept_leader"}.isdisjoint(who.keys)
    assert who.mandates.keys() <= who.keys


def test_a_revoked_mandate_ends_at_once_also_for_who_has_claimed_the_task(office_at: At) -> None:
    office = before_the_signature(office_at)
    mandate = gives(office)
    office.hurry("ky_trinh")
    view = office.task(HEAD, "ky_trinh")
    office.engine.cases.claim(HEAD, view.id, view.version)
    with refused(Forbidden, "no_sub_delegation"):
        office.engine.mandates.revoke(LEADER, mandate, "Không còn cần thiết nữa.")
    with pytest.raises(Invalid):
        office.engine.mandates.revoke(DIRECTOR, mandate, "Thôi")
    office.engine.mandates.revoke(DIRECTOR, mandate, "Giám đốc trực tiếp ký.")
    assert len(office.told(HEAD, "mandate_revoked")) == 1
    with refused(Forbidden, "no_authority"):
        office.engine.signing.sign(view.id, HEAD, {"outcome": "dong_y"}, view.version + 1, office.password)
    with refused(Conflict, "mandate_over"):
        office.engine.mandates.revoke(DIRECTOR, mandate, "Giám đốc trực tiếp ký.")
    (row,) = office.engine.queries.mandates(DIRECTOR)
    assert (row.state, row.revoked_why, row.may_revoke) == ("revoked", "Giám đốc trực tiếp ký.", False)


def test_who_was_given_a_mandate_and_who_stands_in_pass_nothing_on(office_at: At) -> None:
    office = before_the_signature(office_at)
    gives(office)
    office.away(DIRECTOR, "2022-02-18", "2022-03-30", LEADER)
    for actor in (HEAD, LEADER, SECRETARY, CLERK, "ptqt.so"):
        with refused(Forbidden, "no_sub_delegation"):
            gives(office, actor, person="cvp.so")
    office.away(HEAD, "2022-02-18", "2022-03-30", "ptp.qlkh")
    office.hurry("ky_trinh")
    assert "ky_trinh" not in holds(office, "ptp.qlkh"), "a deputy of who has a mandate does not have it"
    assert office.read(sa.select(sa.func.count()).select_from(mandates))[0][0] == 1


@pytest.mark.parametrize(
    ("other", "field"),
    [
        ({"form": "KT."}, "form"),
        ({"person": "cv.qlkh.1"}, "person"),
        ({"person": DIRECTOR}, "person"),
        ({"kinds": []}, "kinds"),
        ({"kinds": ["thu_tinh"]}, "kinds"),
        ({"title": " "}, "title"),
        ({"number": ""}, "number"),
        ({"dated": None}, "dated"),
        ({"dated": date(2022, 3, 1)}, "dated"),
        ({"valid_from": date(2022, 2, 1)}, "valid_from"),
        ({"valid_to": None}, "valid_to"),
        ({"valid_to": date(2022, 2, 17)}, "valid_to"),
        ({"scope": ""}, "scope"),
    ],
)
def test_a_mandate_is_limited_and_stands_on_a_decision(office_at: At, other: dict[str, Any], field: str) -> None:
    office = before_the_signature(office_at)
    with pytest.raises(Invalid) as found:
        gives(office, **other)
    assert set(found.value.fields) >= {field}
    assert office.engine.queries.mandates(DIRECTOR) == []


def test_nobody_is_given_one_who_is_not_there(office_at: At) -> None:
    office = before_the_signature(office_at)
    with refused(NotFound, "person"):
        gives(office, person="ai.do")


def test_a_gate_that_signs_several_kinds_is_open_to_the_seat_alone() -> None:
    class Papers:
        def paper_of(self, _process: str, slug: str) -> dict[str, str]:
            return {"template": slug.split("_")[0]}

    both = {"gate": "signing", "signs": "a_1 b_1"}
    assert signed_kinds(Papers(), "x", both, None) == ["a", "b"]
    assert signed_kinds(Papers(), "x", {**both, "signs": "a_1 a_2"}, None) == ["a"]
    assert signed_kinds(Papers(), "x", {**both, "gate": "approval"}, None) == []
