"""Days counted exactly: every worked example of domain.md §3.1, in the calendar and in FEEL; DMN-04's dates; half days;
and why something is due when it is, in words."""

import itertools
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask, g

from engine import deadlines, dmn, feel
from engine.deadlines import Calendar, SpecialDay, hours_on
from engine.queries import explaining
from webui import languages, wording

WORKFLOWS = Path(__file__).parents[1] / "workflows"


@pytest.fixture(scope="module")
def calendar() -> Calendar:
    return Calendar({day.day: day.special for day in deadlines.public_holidays(range(2021, 2028))})


def evaluated(text: str, calendar: Calendar) -> Any:
    return feel.to_json(
        feel.compile_expression(text).evaluate({}, feel.Env(calendar, datetime(2022, 1, 1, tzinfo=UTC)))
    )


def d(text: str) -> date:
    """ "07/02" of 2022."""
    return date(2022, int(text[3:]), int(text[:2]))


@pytest.mark.parametrize(
    ("start", "number", "end", "said"),
    [
        ("20/01", 15, "07/02", "Mon"),
        ("20/04", 10, "04/05", "Wed"),
        ("03/08", 30, "05/09", "Mon"),
        ("04/05", 30, "03/06", "Fri"),
        ("10/06", 15, "27/06", "Mon"),
        ("15/08", 30, "14/09", "Wed"),
        ("16/09", 15, "03/10", "Mon"),
        ("09/12", 3, "12/12", "Mon"),
        ("12/12", 7, "19/12", "Mon"),
    ],
)
def test_limits_in_days(calendar: Calendar, start: str, number: int, end: str, said: str) -> None:
    assert calendar.limit_days(d(start), number) == d(end)
    assert d(end).strftime("%a") == said
    assert evaluated(f'days after(date("{d(start)}"), {number})', calendar) == f"{d(end)}"


@pytest.mark.parametrize(
    ("start", "number", "end"),
    [("20/04", 10, "06/05"), ("27/01", 5, "10/02"), ("25/08", 10, "12/09"), ("23/09", 5, "30/09")],
)
def test_limits_in_working_days(calendar: Calendar, start: str, number: int, end: str) -> None:
    assert calendar.limit_working_days(d(start), number) == d(end)
    assert evaluated(f'working days after(date("{d(start)}"), {number})', calendar) == f"{d(end)}"
    assert evaluated(f'working days between(date("{d(start)}"), date("{d(end)}"))', calendar) == number


@pytest.mark.parametrize(
    ("end", "number", "latest"),
    [
        ("07/12", 15, "22/11"),
        ("07/12", 10, "25/11"),
        ("07/12", 7, "30/11"),
        ("06/09", 30, "05/08"),
        ("23/09", 15, "08/09"),
    ],
)
def test_limits_backward(calendar: Calendar, end: str, number: int, latest: str) -> None:
    assert calendar.backward_days(d(end), number) == d(latest)
    assert evaluated(f'days before(date("{d(end)}"), {number})', calendar) == f"{d(latest)}"


@pytest.mark.parametrize(
    ("month", "last"),
    [
        ("01", "28/01"),
        ("03", "31/03"),
        ("04", "29/04"),
        ("05", "31/05"),
        ("06", "30/06"),
        ("08", "31/08"),
        ("09", "30/09"),
        ("12", "30/12"),
    ],
)
def test_months_do_not_roll(calendar: Calendar, month: str, last: str) -> None:
    assert calendar.last_working_day_of_month(f"2022-{month}") == d(last)
    assert evaluated(f'last working day of month(date("2022-{month}-01"))', calendar) == f"{d(last)}"


def test_working_days_of_each_month_of_2022(calendar: Calendar) -> None:
    firsts = [date(2022, month, 1) for month in range(1, 13)] + [date(2023, 1, 1)]
    wanted = [19, 16, 23, 20, 20, 22, 21, 23, 20, 21, 22, 22]
    days = [[date.fromordinal(o) for o in range(a.toordinal(), b.toordinal())] for a, b in itertools.pairwise(firsts)]
    assert [sum(map(calendar.is_working_day, month)) for month in days] == wanted
    said = [[evaluated(f'is working day(date("{day}"))', calendar) for day in month] for month in days]
    assert [sum(month) for month in said] == wanted


def test_feel_and_the_calendar_agree_on_every_day_of_the_year(calendar: Calendar) -> None:
    for ordinal in range(date(2022, 1, 1).toordinal(), date(2023, 1, 1).toordinal(), 3):
        day = date.fromordinal(ordinal)
        for n in (1, 4, 15, 30):
            assert evaluated(f'days after(date("{day}"), {n})', calendar) == f"{calendar.limit_days(day, n)}"
            assert evaluated(f'days before(date("{day}"), {n})', calendar) == f"{calendar.backward_days(day, n)}"


def test_swapped_days_of_2026(calendar: Calendar) -> None:
    assert not calendar.is_working_day(date(2026, 1, 2))
    assert calendar.is_working_day(date(2026, 1, 10))
    known = {day.day: day for day in deadlines.public_holidays([2026, 2027])}
    assert known[date(2026, 1, 10)].source == "12729/VPCP-KGVX"
    assert not known[date(2026, 11, 24)].confirmed
    assert not any(day.confirmed for day in known.values() if day.day.year == 2027)  # "dự kiến"


def test_half_a_day_is_worked_and_keeps_the_bytes_of_other_days(calendar: Calendar) -> None:
    half = calendar.change(date(2022, 3, 8), SpecialDay(True, "8/3", "chieu"))
    assert half.is_working_day(date(2022, 3, 8))
    assert half.limit_working_days(date(2022, 3, 7), 2) == calendar.limit_working_days(date(2022, 3, 7), 2)
    assert hours_on(date(2022, 3, 8), half) == ((450, 720),)
    assert Calendar.from_json(half.to_json()) == half
    assert half.change(date(2022, 3, 8), None).to_json() == calendar.to_json()
    assert '"2022-03-08":[true,"8/3","chieu"]' in half.to_json()


# --- DMN-04 -------------------------------------------------------------------------------------------------------

PLAN = {
    "T1": ("2022-03", "2022-03", "2022-04"),
    "T4": ("2022-05", "2022-06", "2022-06"),
    "T5": ("2022-08", "2022-09", "2022-09"),
}


@pytest.mark.parametrize(
    ("task", "signed", "status"),
    [
        ("T1", "2022-03-31", "hoan_thanh_dung_han"),
        ("T1", "2022-04-05", "hoan_thanh_cham_kh"),
        ("T1", "2022-05-04", "hoan_thanh_qua_han"),
        ("T4", "2022-06-15", "hoan_thanh_dung_han"),
        ("T5", "2022-07-20", "hoan_thanh_truoc_han"),
    ],
)
def test_the_dates_of_dmn_04(calendar: Calendar, task: str, signed: str, status: str) -> None:
    file = WORKFLOWS / "shared" / "trang_thai_tien_do.dmn"
    table = dmn.parse(file.read_bytes(), file.name).decision("trang_thai_tien_do")
    planned, committed, latest = PLAN[task]
    months = {"planned_finish": planned, "committed_finish": committed, "latest_finish": latest}
    facts = {"stopped": False, "paused": False, "started": True, "finished_on": signed}
    asked = {**facts, "as_of": signed, "planned_start": "2022-01", **months}
    value: Any = table.evaluate(asked, feel.Env(calendar)).value
    assert value["status"] == status
    assert (value["flag"] is not None) == (task == "T4")  # planned for May, promised for June


# --- why it is due ------------------------------------------------------------------------------------------------


@pytest.fixture
def words() -> Iterator[Flask]:
    app = Flask("words")
    languages.install(app)
    with app.test_request_context("/"):
        g.session = SimpleNamespace(lang=None, person="x")
        g.chrome = SimpleNamespace(now=datetime(2022, 3, 24, 2, 0, tzinfo=UTC))
        yield app


LAW = [{"number": 15, "unit": "ngay", "direction": "sau", "source": "Luật 80/2015/QH13, Điều 121", "certainty": "F"}]


@pytest.mark.parametrize(
    ("text", "opened", "due", "said"),
    [
        (
            'date and time(working days after(today(), 5), time("23:59:59+07:00"))',
            "27/01",
            "10/02",
            "5 ngày làm việc kể từ 27/01, bỏ qua Tết Nguyên Đán 31/01–04/02",
        ),
        ("working days after(today(), 10)", "20/04", "06/05", None),
        (
            'last working day of month(date(m + "-01"))',
            "01/03",
            "29/04",
            "tháng 4/2022: ngày làm việc cuối cùng là 29/04",
        ),
        (
            "days after(today(), 15)",
            "10/06",
            "27/06",
            "15 ngày kể từ 10/06, rơi vào thứ Bảy 25/06 nên tính đến thứ Hai 27/06",
        ),
        (
            "days before(date(khai_mac), 10)",
            "01/10",
            "25/11",
            "10 ngày trước 07/12, rơi vào Chủ Nhật 27/11 nên lùi về thứ Sáu 25/11",
        ),
        ("days after(today(), n)", "16/05", "31/05", "15 ngày kể từ 16/05 (Luật 80/2015/QH13, Điều 121)"),
        ("working days after(today(), 5)", "27/01", "11/02", ""),
        ("due", "27/01", "11/02", ""),
    ],
)
def test_why_something_is_due(
    words: Flask, calendar: Calendar, text: str, opened: str, due: str, said: str | None
) -> None:
    context = {"m": "2022-04", "khai_mac": "2022-12-07", "n": 15}
    env = feel.Env(calendar, datetime(2022, d(opened).month, d(opened).day, 2, tzinfo=UTC))
    found = explaining.explain(text, context, d(opened), d(due), calendar, env, LAW)
    told = wording.why_due(found)
    if said is None:
        assert told.startswith("10 ngày làm việc kể từ 20/04, bỏ qua Ngày Chiến thắng 30/04–03/05")
    elif said.startswith("tháng"):
        assert told.startswith(said)
    else:
        assert told.replace("Chủ nhật", "Chủ Nhật") == said
