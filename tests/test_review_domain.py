"""What a fresh reading found of the whole domain: rights by new ways, numbers, rows that no journal knows."""

from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import pytest
import sqlalchemy as sa

import offices
import stores
from engine import Forbidden, Invalid, NotFound, arrivals, numbering
from engine.queries import papers
from engine.records import cases, document_versions, opinions, tasks, waivers
from offices import DRAFTER, HEAD, SECRETARY, refused
from test_approvals import mend
from test_recording import records
from test_review_races import together
from webui import demo
from webui.stories import t3

At = Callable[..., offices.Office]


@pytest.fixture
def award(all_stores: stores.Stores) -> Iterator[offices.Office]:
    """The press award on the day before the judges fill their sheets in."""
    core = offices.open_engine(all_stores.fresh("sqlite", "demo"))
    offices.wind(core, demo.STARTS)
    office = offices.Office(core)
    for when, act in t3.STORY:
        if when >= "2022-04-12 14:00":
            break
        office.at(when)
        act(office)
    yield office
    core.close()
    all_stores.drop(core.settings.database_url)


def test_a_judge_is_no_drafter(award: offices.Office) -> None:
    """A sheet is given to a judge by name; whoever holds the drafter's work by name has the drafter's rights."""
    judge = "gk.sk.1"
    assert judge in award.waits()["cham_so_khao"]
    opinion = award.read(sa.select(opinions).where(opinions.c.outcome == "dong_y_co_y_kien"))[0]
    with refused(award, Forbidden, "not_drafter"):
        award.engine.consulting.respond(judge, opinion.id, "tiep_thu")
    with refused(award, NotFound, "case"):
        award.engine.queries.collated(judge, award.case_id)
    with refused(award, Forbidden, "not_drafter"):
        mend(award, "danh_sach_du_thi", "Danh sách của giám khảo.", person=judge)
    assert award.engine.queries.case(judge, award.case_id).consultations == []


def test_a_number_that_comes_with_a_message_is_one_that_can_be_written(office_at: At) -> None:
    """Found: "1e999999999" was written out digit by digit, and a day of the year 9999 has no working day after it."""
    number = arrivals.Field("so", "number", "Số", "Number", True)
    for text in ("1e99999", "1e-99999", "9" * 6000, "NaN"):
        with pytest.raises(Invalid):
            arrivals.load([number], {"so": text})
    assert arrivals.load([number], {"so": "12.5"}) == {"so": 12.5}
    day = arrivals.Field("ngay", "date", "Ngày", "Day", True)
    for text in ("0001-01-01", "9999-12-31", "2022-W10-1", "20220520"):
        with pytest.raises(Invalid):
            arrivals.load([day], {"ngay": text})
    words = arrivals.Field("ghi_chu", "text", "Ghi chú", "Note", False)
    with pytest.raises(Invalid):
        arrivals.load([words], {"ghi_chu": "a\x00b"})


PATTERN = "{n}/KHCN-{dv}"


def letter(office: offices.Office, what: str) -> str:
    return give(office, what, pattern=PATTERN, unit="QLKH")


def enter(office: offices.Office, symbol: str) -> None:
    def command(tx: Any) -> None:
        told = {"symbol": symbol, "day": date(2022, 2, 1), "asked_for": f"entered:{symbol}", "now": tx.now}
        numbering.entered(tx.conn, tx.tenant, **told, case_id=None, title="Công văn")

    office.engine.write(command)


def give(office: offices.Office, what: str, pattern: str, unit: str) -> str:
    def command(tx: Any) -> str:
        told = {"register": numbering.register_of(pattern), "day": date(2022, 3, 1), "pattern": pattern, "unit": unit}
        return numbering.take_number(tx.conn, tx.tenant, **told, asked_for=what, case_id=None, now=tx.now)

    return str(office.engine.write(command))


def test_letters_go_on_after_those_entered_of_whatever_unit(office_at: At) -> None:
    """Found: "01/KHCN-QLKH", written into the book when a case was opened mid-way, was given a second time."""
    office = office_at()
    enter(office, "01/KHCN-QLKH")
    assert letter(office, "a") == "02/KHCN-QLKH"
    enter(office, "03/KHCN-TĐC")
    assert letter(office, "b") == "04/KHCN-QLKH"


def test_who_is_taken_off_a_round_is_not_counted_in_papers(office_at: At) -> None:
    """Found: with somebody withdrawn, all counts became "…"."""
    office = office_at("gop_y_noi_bo")
    asked = office.read(sa.select(opinions).order_by(opinions.c.sort))
    office.engine.consulting.withdraw_recipient(DRAFTER, asked[0].id, "Đơn vị không liên quan đến dự thảo.")
    facts = office.engine.read(lambda tx: papers.paper_facts(tx, DRAFTER, office.case_id, "to_trinh"))
    assert facts["y_kien"]["hoi"] == len(asked) - 1


@pytest.mark.postgres
def test_two_who_make_the_same_day_special_come_one_after_the_other(all_stores: stores.Stores) -> None:
    office = offices.office_at(all_stores, "postgresql")
    day, source = date(2022, 6, 15), "Công văn 123/UBND-KGVX"

    def change(kind: str) -> Any:
        return office.engine.calendar.change(SECRETARY, day, kind, "Nghỉ", source, True)

    try:
        given = together(lambda: change("nghi_hoan_doi"), lambda: change("nghi_le"))
        assert [one for one in given if isinstance(one, Exception)] == []
    finally:
        office.engine.close()


def test_the_drafter_changes_no_paper_of_a_decision(office_at: At) -> None:
    """Found: the scan of what the vice chair decided could be replaced by the drafter, like a draft."""
    office = office_at("chi_dao")
    records(office, "chi_dao", {"outcome": "dong_y"}, number="")
    with refused(office, Forbidden, "not_drafters_paper"):
        mend(office, "van_ban_chi_dao", "Bút phê khác.")
    shown = {document.artefact: document.revisable for document in office.case(DRAFTER).documents}
    assert not shown["van_ban_chi_dao"] and shown["du_thao_1"]


OTHER = {"reason": "Lý do khác hẳn ban đầu."}
PINS = [{"artefact": "du_thao_2", "number": 9, "sha256": "0" * 64, "version": "0" * 36}]
FORGED: dict[str, Callable[[], Any]] = {
    "another reason to waive": lambda: sa.update(waivers).values(**OTHER),
    "another document waived": lambda: sa.update(waivers).values(artefact="chi_thi"),
    "other versions decided on": lambda: sa.update(tasks).where(tasks.c.outcome == "dong_y").values(seen=PINS),
    "another capacity": lambda: sa.update(tasks).where(tasks.c.element == "ky_trinh").values(capacity="TUQ. GIÁM ĐỐC"),
    "in another's name": lambda: sa.update(tasks).where(tasks.c.element == "ky_trinh").values(on_behalf_of="gd.so"),
    "another month": lambda: sa.update(cases).values(planned_finish="2022-12", latest_finish="2022-12"),
    "another drafter": lambda: sa.update(cases).values(drafter=HEAD),
    "another author": lambda: sa.update(document_versions).values(added_by=HEAD),
    "withdrawn by nobody": lambda: sa.update(opinions).values(withdrawn_at=demo.STARTS, withdrawn_reason="x"),
    "an opinion that nobody gave": lambda: sa.insert(opinions).from_select(
        [
            "tenant_id",
            "id",
            "consultation_id",
            "case_id",
            "participant",
            "outcome",
            "answered_at",
            "late",
            "sort",
            "asked_at",
        ],
        sa.select(
            opinions.c.tenant_id,
            sa.literal("0" * 36),
            opinions.c.consultation_id,
            opinions.c.case_id,
            sa.literal("Ai đó"),
            sa.literal("dong_y"),
            opinions.c.asked_at,
            sa.literal(False),
            sa.literal(99),
            opinions.c.asked_at,
        ).limit(1),
    ),
}


@pytest.mark.parametrize("what", FORGED)
def test_rows_that_no_journal_knows_are_found(all_stores: stores.Stores, what: str) -> None:
    """Found: waivers, pins, capacities, months, drafters and opinions could be changed without a trace."""
    office = offices.office_at(all_stores, "sqlite", "chi_dao")
    try:
        office.engine.approvals.waive(HEAD, office.case_id, "ban_trinh_ky", "Không cần tài liệu này trong hồ sơ.")
        assert office.faults() == []
        with office.engine.statements().begin() as connection:
            assert connection.execute(FORGED[what]()).rowcount > 0
        assert office.faults() != []
    finally:
        office.engine.close()
