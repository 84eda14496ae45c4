"""Counting days by the law and the 2022 calendar (domain.md §3), and how a due date looks from a given moment."""

import itertools
from collections.abc import Iterator
from datetime import UTC, date, datetime

import pytest
import sqlalchemy as sa

from engine import clock, deadlines
from engine.deadlines import Calendar, Due, SpecialDay, judge, month_end
from engine.records import calendar_days, metadata


@pytest.fixture
def conn() -> Iterator[sa.Connection]:
    engine = sa.create_engine("sqlite://")
    with engine.begin() as connection:
        metadata.create_all(connection)
        yield connection
    engine.dispose()


@pytest.fixture(scope="module")
def calendar() -> Calendar:
    days = deadlines.public_holidays(range(2022, 2028))
    return Calendar({d.day: SpecialDay(d.kind == "lam_bu", d.name) for d in days})


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=clock.ZONE).astimezone(UTC)


@pytest.mark.parametrize(
    ("start", "n", "end"),
    [
        (date(2022, 1, 20), 15, date(2022, 2, 7)),  # 04/02 is Tết
        (date(2022, 4, 20), 10, date(2022, 5, 4)),  # 30/04, 01/05 and their two days in lieu
        (date(2022, 8, 3), 30, date(2022, 9, 5)),  # 02/09 is National Day, a Friday
        (date(2022, 3, 1), 10, date(2022, 3, 11)),  # an ordinary Friday stays
    ],
)
def test_a_limit_in_days_that_ends_on_a_day_off_ends_on_the_next_working_day(calendar, start, n, end):
    assert calendar.limit_days(start, n) == end


@pytest.mark.parametrize(
    ("start", "n", "end"),
    [
        (date(2022, 4, 20), 10, date(2022, 5, 6)),
        (date(2022, 1, 27), 5, date(2022, 2, 10)),
        (date(2022, 8, 25), 10, date(2022, 9, 12)),
        (date(2026, 1, 8), 2, date(2026, 1, 10)),  # a Saturday that is worked counts
    ],
)
def test_a_limit_in_working_days_skips_days_off(calendar, start, n, end):
    assert calendar.limit_working_days(start, n) == end
    assert calendar.working_days_between(start, end) == n
    assert calendar.working_days_between(end, start) == -n


def test_counting_back_pulls_a_day_off_earlier(calendar):
    assert calendar.backward_days(date(2022, 12, 20), 15) == date(2022, 12, 5)
    assert calendar.backward_days(date(2022, 12, 19), 15) == date(2022, 12, 2)  # 04/12 is a Sunday
    assert calendar.add_working_days(date(2022, 2, 7), -1) == date(2022, 1, 28)  # over Tết
    assert calendar.add_working_days(date(2022, 2, 5), 0) == date(2022, 2, 7)


def test_working_days_per_month_of_2022(calendar):
    first = [date(2022, month, 1) for month in range(1, 13)] + [date(2023, 1, 1)]
    counts = [
        sum(calendar.is_working_day(date.fromordinal(o)) for o in range(a.toordinal(), b.toordinal()))
        for a, b in itertools.pairwise(first)
    ]
    assert counts == [19, 16, 23, 20, 20, 22, 21, 23, 20, 21, 22, 22]


@pytest.mark.parametrize(
    ("month", "day"),
    [
        ("2022-03", date(2022, 3, 31)),
        ("2022-04", date(2022, 4, 29)),
        ("2022-05", date(2022, 5, 31)),
        ("2022-06", date(2022, 6, 30)),
        ("2022-08", date(2022, 8, 31)),
        ("2022-09", date(2022, 9, 30)),
        ("2022-12", date(2022, 12, 30)),
    ],
)
def test_a_month_ends_on_its_last_working_day_and_does_not_roll(calendar, month, day):
    assert calendar.last_working_day_of_month(month) == day


def test_the_instant_at_which_a_month_is_over():
    assert month_end("2022-03") == datetime(2022, 3, 31, 17, tzinfo=UTC)
    assert month_end("2022-12") == datetime(2022, 12, 31, 17, tzinfo=UTC)


def test_the_swap_of_january_2026_is_corrected(calendar):
    assert not calendar.is_working_day(date(2026, 1, 2))
    assert calendar.is_working_day(date(2026, 1, 10))
    assert calendar.is_working_day(date(2026, 8, 22))
    assert not calendar.is_working_day(date(2026, 8, 31))


def test_unannounced_days_are_marked_unconfirmed():
    by_day = {d.day: d for d in deadlines.public_holidays([2026, 2027])}
    assert by_day[date(2026, 1, 2)].confirmed
    assert by_day[date(2026, 1, 2)].source == "12729/VPCP-KGVX"
    assert by_day[date(2026, 9, 2)].confirmed
    assert not by_day[date(2026, 11, 24)].confirmed
    assert not any(d.confirmed for d in by_day.values() if d.day.year == 2027)


def test_only_the_years_asked_for_are_filled():
    assert {d.day.year for d in deadlines.public_holidays([2022])} == {2022}
    assert len(deadlines.public_holidays([2022])) == 15
    kinds = {d.kind for d in deadlines.public_holidays([2022, 2026])}
    assert kinds == {"nghi_le", "nghi_bu", "nghi_hoan_doi", "lam_bu"}


def test_filling_again_keeps_what_the_office_changed(conn):
    assert deadlines.fill_calendar(conn, 1, [2022]) == 15
    first_september = calendar_days.c.day == date(2022, 9, 1)
    conn.execute(sa.update(calendar_days).where(first_september).values(kind="lam_bu"))
    assert deadlines.fill_calendar(conn, 1, [2022]) == 0
    assert deadlines.read_calendar(conn, 1).is_working_day(date(2022, 9, 1))
    assert deadlines.read_calendar(conn, 2) == Calendar()


def test_a_calendar_survives_json_with_its_digest(calendar):
    again = Calendar.from_json(calendar.to_json())
    assert again == calendar
    assert again.digest == calendar.digest
    backwards = Calendar(dict(reversed(list(calendar.days.items()))))
    assert backwards.digest == calendar.digest
    assert Calendar().digest != calendar.digest


@pytest.mark.parametrize(
    ("due", "now", "expected"),
    [
        ("2022-04-01 00:00", "2022-03-31 23:59", Due("today", date(2022, 3, 31))),
        ("2022-04-01 00:00", "2022-04-01 00:00", Due("late", date(2022, 3, 31), 1)),
        ("2022-03-31 23:59:59", "2022-03-31 23:59:59", Due("today", date(2022, 3, 31))),
        ("2022-04-01 00:00", "2022-04-05 09:00", Due("late", date(2022, 3, 31), 3)),
        ("2022-04-01 00:00", "2022-03-24 09:00", Due("soon", date(2022, 3, 31), 5)),
        ("2022-04-01 00:00", "2022-03-23 09:00", Due("ok", date(2022, 3, 31), 6)),
        ("2022-04-02 00:00", "2022-04-02 08:00", Due("late", date(2022, 4, 1), 0)),  # Friday's, seen on Saturday
        ("2022-02-10 00:00", "2022-01-28 09:00", Due("soon", date(2022, 2, 9), 3)),  # Tết in between
        ("2022-03-31 11:00", "2022-03-31 10:00", Due("today", date(2022, 3, 31))),
        ("2022-03-31 11:00", "2022-03-31 12:00", Due("late", date(2022, 3, 31), 0)),
    ],
)
def test_how_a_due_date_looks(calendar, due, now, expected):
    assert judge(local(due), local(now), calendar) == expected


def test_how_a_met_and_a_missed_due_date_look(calendar):
    now = local("2023-01-01 00:00")
    due = local("2022-04-01 00:00")
    assert judge(due, now, calendar, local("2022-03-31 23:00")) == Due("done", date(2022, 3, 31))
    assert judge(due, now, calendar, local("2022-04-05 08:00")) == Due("done_late", date(2022, 3, 31), 3)
    assert judge(None, now, calendar) == Due("none")
    assert judge(None, now, calendar, local("2022-04-05 08:00")) == Due("done")
