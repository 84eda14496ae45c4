"""Built-ins on dates and times: the clock that was handed in, places in the calendar, identity."""

import datetime as dt
from decimal import Decimal
from typing import Any

from engine.feel import chronology
from engine.feel.builtins.registry import builtin, single, to_day
from engine.feel.chronology import Date
from engine.feel.errors import Fault
from engine.feel.runtime import Run
from engine.feel.values import equal, kind

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


@builtin("now")
def now(run: Run) -> dt.datetime:
    """The moment of the evaluation, in the local zone."""
    if run.env.now is None:
        raise Fault("no_clock", "Expected an evaluation with a clock.")
    return run.env.now.astimezone(run.env.zone)


@builtin("today")
def today(run: Run) -> dt.date:
    """The local day of the evaluation."""
    return now(run).date()


def within(date: Any) -> dt.date:
    """The day, or the one at the same place of another 400 years: week and weekday are the same."""
    day = to_day(date)
    return chronology.twin(day.year, day.month, day.day)


@builtin("day of year", "date")
def day_of_year(run: Run, date: Any) -> Decimal:
    return Decimal(within(date).timetuple().tm_yday)


@builtin("day of week", "date")
def day_of_week(run: Run, date: Any) -> str:
    return DAYS[within(date).weekday()]


@builtin("month of year", "date")
def month_of_year(run: Run, date: Any) -> str:
    return MONTHS[to_day(date).month - 1]


@builtin("week of year", "date")
def week_of_year(run: Run, date: Any) -> Decimal:
    """The ISO 8601 week."""
    return Decimal(within(date).isocalendar().week)


@builtin("last day of month", "date")
def last_day_of_month(run: Run, date: Any) -> Date:
    day = to_day(date)
    return chronology.date(day.year, day.month, chronology.days_in_month(day.year, day.month))


@builtin("is", "value1, value2", others=True)
def is_(run: Run, a: Any, b: Any) -> bool:
    """The same value of the same type. Times that only name the same moment are not the same: clock, calendar and
    offset must agree (DMN 1.5 section 10.3.2.2)."""
    a, b = single(a), single(b)
    if kind(a) != kind(b):
        return False
    if kind(a) == "time":
        return (chronology.clock(a), chronology.offset(a)) == (chronology.clock(b), chronology.offset(b))
    if kind(a) == "date and time":
        return (chronology.local(a), chronology.offset(a)) == (chronology.local(b), chronology.offset(b))
    return equal(a, b, run.charge) is True
