"""Built-ins of ours for deadlines: working days and month ends. They ask the calendar of the evaluation; without
one, Monday to Friday are working days.

A day may be given as a date, as a date and time, or as text: `"2022-03-31"`, or `"2022-03"` for that month's first
day.
"""

import datetime as dt
import re
from decimal import Decimal
from typing import Any

from engine.feel import chronology, temporal
from engine.feel.builtins.conversion import invalid
from engine.feel.builtins.registry import builtin, single, to_day, to_integer
from engine.feel.errors import Fault
from engine.feel.runtime import Run

MONTH = re.compile(r"[0-9]{4}-[0-9]{2}")
ONE_DAY = dt.timedelta(days=1)


def day_of(value: Any) -> dt.date:
    value = single(value)
    if type(value) is str:
        found = temporal.parse_date(f"{value}-01" if MONTH.fullmatch(value) else value)
        if found is None:
            raise invalid("a date or a month", value)
        value = found
    day = to_day(value)
    if not isinstance(day, dt.date):
        raise Fault("out_of_range", "Expected a date within the years 1 to 9999.")
    return day


def works(run: Run, day: dt.date) -> bool:
    run.charge(1)
    calendar = run.env.calendar
    return day.weekday() < 5 if calendar is None else bool(calendar.is_working_day(day))


@builtin("is working day", "date")
def is_working_day(run: Run, date: Any) -> bool:
    return works(run, day_of(date))


@builtin("working days after", "date, n", "date, days")
def working_days_after(run: Run, date: Any, n: Any) -> dt.date:
    """The n-th working day after a day (before it if n is negative); for 0 the day itself, or the next working day.

    A date and time keeps its time of day.
    """
    day, count = day_of(date), to_integer(n)
    step = -ONE_DAY if count < 0 else ONE_DAY
    if count == 0:
        while not works(run, day):
            day += step
    left = abs(count)
    while left:
        day += step
        left -= works(run, day)
    original = single(date)
    return dt.datetime.combine(day, original.timetz()) if isinstance(original, dt.datetime) else day


@builtin("days after", "date, n", "date, days")
def days_after(run: Run, date: Any, n: Any) -> dt.date:
    """Where a limit of n calendar days ends: n days after a day, on the next working day when that is off
    (Bộ luật Dân sự 2015, Điều 148 khoản 5)."""
    day = shifted(date, to_integer(n))
    while not works(run, day):
        day = shifted(day, 1)
    return day


@builtin("days before", "date, n", "date, days")
def days_before(run: Run, date: Any, n: Any) -> dt.date:
    """The last day for what must be done at least n calendar days before a day; on the working day before it when that
    is off (the law is silent: the safe reading)."""
    day = shifted(date, -to_integer(n))
    while not works(run, day):
        day = shifted(day, -1)
    return day


def shifted(date: Any, days: int) -> dt.date:
    try:
        return day_of(date) + dt.timedelta(days=days)
    except OverflowError:
        raise Fault("out_of_range", "Expected a date within the years 1 to 9999.") from None


@builtin("working days between", "a, b", "from, to")
def working_days_between(run: Run, a: Any, b: Any) -> Decimal:
    """How many working days lie after `a`, up to and including `b`; negative if `b` is earlier."""
    start, end = day_of(a), day_of(b)
    sign = 1
    if end < start:
        start, end, sign = end, start, -1
    count = 0
    while start < end:
        start += ONE_DAY
        count += works(run, start)
    return Decimal(sign * count)


@builtin("start of month", "date")
def start_of_month(run: Run, date: Any) -> dt.date:
    return day_of(date).replace(day=1)


@builtin("end of month", "date")
def end_of_month(run: Run, date: Any) -> dt.date:
    day = day_of(date)
    return day.replace(day=chronology.days_in_month(day.year, day.month))


@builtin("last working day of month", "date")
def last_working_day_of_month(run: Run, date: Any) -> dt.date | None:
    """The last working day inside the month; null if it has none."""
    day = end_of_month(run, date)
    month = day.month
    while not works(run, day):
        day -= ONE_DAY
        if day.month != month:
            return None
    return day
