"""The number book: numbers run on without a gap, are reserved, used, cancelled with a reason, and never given twice."""

from collections.abc import Callable
from datetime import date

import pytest

import offices
from engine import Conflict, Forbidden, Invalid, NotFound, numbering

At = Callable[..., offices.Office]
CLERK, YEAR = offices.CLERK, 2022


def give(office: offices.Office, what: str, day: date = date(2022, 3, 1), pattern: str = "{n}/CT-UBND") -> str:
    def command(tx: object) -> str:
        return numbering.take_number(
            tx.conn,  # type: ignore[attr-defined]
            tx.tenant,  # type: ignore[attr-defined]
            register=numbering.register_of(pattern),
            day=day,
            pattern=pattern,
            asked_for=what,
            case_id=None,
            now=tx.now,  # type: ignore[attr-defined]
        )

    return str(office.engine.write(command))


@pytest.fixture
def office(office_at: At) -> offices.Office:
    return office_at()


def states(office: offices.Office) -> dict[str, str]:
    return {row.symbol: row.state for row in office.engine.queries.book(CLERK, "CT-UBND", YEAR).rows}


def test_a_register_counts_from_one_each_year(office: offices.Office) -> None:
    assert [give(office, "a"), give(office, "b"), give(office, "a")] == ["01/CT-UBND", "02/CT-UBND", "01/CT-UBND"]
    assert give(office, "c", date(2023, 1, 4)) == "01/CT-UBND"
    assert give(office, "d", pattern="{n}/{yyyy}/NQ-HĐND") == "01/2022/NQ-HĐND"
    names = [(name, year, count) for name, year, count in office.engine.queries.book(CLERK).registers]
    assert names == [("CT-UBND", 2023, 1), ("CT-UBND", 2022, 2), ("NQ-HĐND", 2022, 1)]


def test_a_reserved_number_is_left_out_and_used_later(office: offices.Office) -> None:
    give(office, "a")
    kept = office.engine.registers.reserve(CLERK, "CT-UBND", 2, "Văn bản mật làm ngoài hệ thống.")
    assert kept == ["02/CT-UBND", "03/CT-UBND"]
    assert give(office, "b") == "04/CT-UBND"
    office.engine.registers.use(CLERK, "CT-UBND", YEAR, 2, "Chỉ thị về phòng, chống thiên tai", date(2022, 1, 28))
    assert states(office) == {
        "04/CT-UBND": "given",
        "03/CT-UBND": "reserved",
        "02/CT-UBND": "used",
        "01/CT-UBND": "given",
    }


def test_a_cancelled_number_keeps_its_reason_and_is_never_given_again(office: offices.Office) -> None:
    give(office, "a")
    office.engine.registers.cancel(CLERK, "CT-UBND", YEAR, 1, "Ký nhầm người có thẩm quyền.")
    assert give(office, "b") == "02/CT-UBND"
    row = office.engine.queries.book(CLERK, "CT-UBND", YEAR).rows[-1]
    assert (row.state, row.reason) == ("cancelled", "Ký nhầm người có thẩm quyền.")
    with pytest.raises(Conflict, match="cancelled"):
        office.engine.registers.cancel(CLERK, "CT-UBND", YEAR, 1, "Ký nhầm người có thẩm quyền.")


def test_a_given_number_is_not_used_for_something_else(office: offices.Office) -> None:
    give(office, "a")
    with pytest.raises(Conflict):
        office.engine.registers.use(CLERK, "CT-UBND", YEAR, 1, "Văn bản khác", date(2022, 1, 28))


@pytest.mark.parametrize("day", [date(2021, 12, 31), date(2022, 12, 1)])
def test_a_reserved_number_is_used_in_its_year_and_not_ahead_of_time(office: offices.Office, day: date) -> None:
    give(office, "a")
    office.engine.registers.reserve(CLERK, "CT-UBND", 1, "Văn bản làm ngoài hệ thống.")
    with pytest.raises(Invalid) as refused:
        office.engine.registers.use(CLERK, "CT-UBND", YEAR, 2, "Chỉ thị", day)
    assert list(refused.value.fields) == ["dated"]


def test_only_the_records_clerk_keeps_the_book(office: offices.Office) -> None:
    give(office, "a")
    for call in (
        lambda: office.engine.registers.reserve("gd.so", "CT-UBND", 1, "Văn bản làm ngoài hệ thống."),
        lambda: office.engine.registers.cancel("gd.so", "CT-UBND", YEAR, 1, "Ký nhầm người có thẩm quyền."),
    ):
        with pytest.raises(Forbidden):
            call()
    assert not office.engine.queries.book("gd.so").may_change
    assert office.engine.queries.book("hd.khcn.1").rows == [], "outsiders do not read the book"


def test_a_register_goes_on_after_a_number_that_was_given_before(office: offices.Office) -> None:
    def enter(tx: object) -> None:
        numbering.entered(
            tx.conn,  # type: ignore[attr-defined]
            tx.tenant,  # type: ignore[attr-defined]
            symbol="14/KH-KHCN",
            day=date(2022, 1, 19),
            asked_for="entered:1",
            case_id=None,
            now=tx.now,  # type: ignore[attr-defined]
            title="Kế hoạch tổ chức Giải",
        )

    office.engine.write(enter)
    office.engine.write(enter)
    assert give(office, "a", pattern="{n}/KH-KHCN") == "15/KH-KHCN"
    rows = office.engine.queries.book(CLERK, "KH-KHCN", YEAR).rows
    assert [(row.symbol, row.title) for row in rows] == [("15/KH-KHCN", None), ("14/KH-KHCN", "Kế hoạch tổ chức Giải")]


def test_a_reason_and_a_known_register_are_needed(office: offices.Office) -> None:
    give(office, "a")
    with pytest.raises(Invalid):
        office.engine.registers.reserve(CLERK, "CT-UBND", 0, "ngắn")
    with pytest.raises(NotFound):
        office.engine.registers.reserve(CLERK, "QĐ-UBND", 1, "Văn bản làm ngoài hệ thống.")
    with pytest.raises(NotFound):
        office.engine.registers.reserve(CLERK, "ho_so", 1, "Văn bản làm ngoài hệ thống.")
