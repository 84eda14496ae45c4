"""Dates, times and durations as whole numbers, and the classes for those that Python's `datetime` cannot hold.

Python knows the years 1 to 9999 and microseconds; FEEL knows years of up to nine digits on both sides of zero and
nanoseconds. A value that Python can hold is Python's own, any other one is of a class here (`Far…`, with the same
attributes), so that most values stay what every other part of a program understands. All reckoning goes through two
numbers: days since 1970-01-01 and nanoseconds.
"""

import datetime as dt
from dataclasses import dataclass

NANOSECONDS = 1_000_000_000
DAY = 86_400 * NANOSECONDS
MAX_YEAR = 999_999_999
# no duration is longer than from the first to the last moment, twice over
MAX_SPAN = 2 * 366 * (2 * MAX_YEAR) * DAY
# the calendar repeats itself, weekdays included, after so many years and days
CYCLE_YEARS, CYCLE_DAYS = 400, 146_097
EPOCH = dt.date(1970, 1, 1).toordinal()
# a time of day with a named zone has no day that would say whether summer time is on: it counts by the zone's
# standard offset, read on this day
STANDARD_DAY = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)


@dataclass(frozen=True, slots=True)
class FarDate:
    """A date outside the years 1 to 9999."""

    year: int
    month: int
    day: int


@dataclass(frozen=True, slots=True)
class FineTime:
    """A time with parts of a microsecond."""

    hour: int
    minute: int
    second: int
    nanosecond: int
    tzinfo: dt.tzinfo | None = None


@dataclass(frozen=True, slots=True)
class FarDateTime:
    """A date and time outside the years 1 to 9999, or with parts of a microsecond."""

    year: int
    month: int
    day: int
    hour: int
    minute: int
    second: int
    nanosecond: int
    tzinfo: dt.tzinfo | None = None


@dataclass(frozen=True, slots=True)
class FarDuration:
    """A days and time duration that Python's timedelta cannot hold, in nanoseconds."""

    nanoseconds: int


Date = dt.date | FarDate
Time = dt.time | FineTime
DateTime = dt.datetime | FarDateTime
Span = dt.timedelta | FarDuration


# dates


def days_in_month(year: int, month: int) -> int:
    """28 to 31."""
    if month == 2:
        return 29 if year % 4 == 0 and (year % 100 != 0 or year % 400 == 0) else 28
    return 30 if month in (4, 6, 9, 11) else 31


def twin(year: int, month: int, day: int) -> dt.date:
    """The date at the same place of Python's own 400 years: same weekday, same week, same day of the year."""
    return dt.date(year % CYCLE_YEARS + 2000, month, day)


def near(year: int, month: int, day: int) -> dt.date:
    """The date by which a zone's rules are looked up: itself, or its twin where Python has no such year."""
    return dt.date(year, month, day) if 1 < year < 9999 else twin(year, month, day)


def date(year: int, month: int, day: int) -> Date:
    """A date; ValueError when the calendar has none such."""
    if 1 <= year <= 9999:
        return dt.date(year, month, day)
    if abs(year) > MAX_YEAR or not 1 <= month <= 12 or not 1 <= day <= days_in_month(year, month):
        raise ValueError("no such date")
    return FarDate(year, month, day)


def days(value: Date | DateTime) -> int:
    """Days since 1970-01-01 of a date, or of the day of a date and time."""
    if isinstance(value, dt.date):
        return value.toordinal() - EPOCH
    cycles = (value.year - 2000) // CYCLE_YEARS
    return twin(value.year, value.month, value.day).toordinal() - EPOCH + cycles * CYCLE_DAYS


def civil(number: int) -> tuple[int, int, int]:
    """Year, month and day of a number of days since 1970-01-01."""
    start = dt.date(2000, 1, 1).toordinal() - EPOCH
    cycles, rest = divmod(number - start, CYCLE_DAYS)
    found = dt.date.fromordinal(start + EPOCH + rest)
    return found.year + cycles * CYCLE_YEARS, found.month, found.day


def date_of(number: int) -> Date:
    """The date so many days after 1970-01-01; ValueError out of range."""
    return date(*civil(number))


def day_of(value: Date | DateTime) -> Date:
    """The date of a date and time; a date itself."""
    return date(value.year, value.month, value.day)


def add_months(value: Date | DateTime, months: int) -> Date | DateTime:
    """The same day so many months later, or that month's last day."""
    year, month = divmod(value.year * 12 + value.month - 1 + months, 12)
    day = min(value.day, days_in_month(year, month + 1))
    if isinstance(value, dt.datetime | FarDateTime):
        return date_time(year, month + 1, day, value.hour, value.minute, value.second, fraction(value), value.tzinfo)
    return date(year, month + 1, day)


# times of day


def fraction(value: Time | DateTime) -> int:
    """Nanoseconds beyond the whole second."""
    return value.microsecond * 1000 if isinstance(value, dt.time | dt.datetime) else value.nanosecond


def clock(value: Time | DateTime) -> int:
    """Nanoseconds since midnight, as the clock shows it."""
    return ((value.hour * 60 + value.minute) * 60 + value.second) * NANOSECONDS + fraction(value)


def time(hour: int, minute: int, second: int, nanosecond: int, zone: dt.tzinfo | None) -> Time:
    """A time; ValueError when no clock shows it."""
    plain = dt.time(hour, minute, second, nanosecond // 1000, zone)
    return FineTime(hour, minute, second, nanosecond, zone) if nanosecond % 1000 else plain


def time_of(number: int, zone: dt.tzinfo | None) -> Time:
    """The time so many nanoseconds after midnight; whole days are left out."""
    seconds, nanosecond = divmod(number % DAY, NANOSECONDS)
    return time(seconds // 3600, seconds // 60 % 60, seconds % 60, nanosecond, zone)


# dates with times


def date_time(
    year: int, month: int, day: int, hour: int, minute: int, second: int, nanosecond: int, zone: dt.tzinfo | None
) -> DateTime:
    """A date and time; ValueError when there is none such."""
    found, at = date(year, month, day), time(hour, minute, second, nanosecond, zone)
    return combine(found, at)


def combine(day: Date, at: Time) -> DateTime:
    if type(day) is dt.date and isinstance(at, dt.time):
        return dt.datetime.combine(day, at)
    return FarDateTime(day.year, day.month, day.day, at.hour, at.minute, at.second, fraction(at), at.tzinfo)


def offset(value: Time | DateTime) -> int | None:
    """Seconds from UTC; None without a zone."""
    zone = value.tzinfo
    if zone is None:
        return None
    if isinstance(value, dt.datetime):
        found = value.utcoffset()
    elif isinstance(value, FarDateTime):
        day = near(value.year, value.month, value.day)
        found = dt.datetime.combine(day, dt.time(value.hour, value.minute, value.second), zone).utcoffset()
    else:
        at = STANDARD_DAY.replace(tzinfo=zone)
        found = zone.utcoffset(at)
        summer = zone.dst(at)
        if found is not None and summer:
            found -= summer
    return None if found is None else found // dt.timedelta(seconds=1)


def local(value: DateTime) -> int:
    """Nanoseconds since 1970-01-01T00:00:00, as calendar and clock of its place show it."""
    return days(value) * DAY + clock(value)


def instant(value: DateTime) -> int:
    """Nanoseconds since 1970-01-01T00:00:00Z; without a zone, as if it were UTC."""
    return local(value) - (offset(value) or 0) * NANOSECONDS


def at_local(number: int, zone: dt.tzinfo | None) -> DateTime:
    """The date and time that calendar and clock show after so many nanoseconds."""
    day, rest = divmod(number, DAY)
    return combine(date_of(day), time_of(rest, zone))


def at_instant(number: int, zone: dt.tzinfo | None) -> DateTime:
    """The moment so many nanoseconds after 1970-01-01T00:00:00Z, as a place in that zone tells it."""
    if zone is None or isinstance(zone, dt.timezone):
        fixed = zone.utcoffset(None) if zone is not None else dt.timedelta()
        return at_local(number + fixed // dt.timedelta(seconds=1) * NANOSECONDS, zone)
    day, rest = divmod(number, DAY)
    year, month, number_of_day = civil(day)
    seconds = rest // NANOSECONDS
    inside = dt.time(seconds // 3600, seconds // 60 % 60, seconds % 60)
    there = dt.datetime.combine(near(year, month, number_of_day), inside, dt.UTC).astimezone(zone)
    found = at_local(number + (there.utcoffset() or dt.timedelta()) // dt.timedelta(seconds=1) * NANOSECONDS, zone)
    return found.replace(fold=there.fold) if isinstance(found, dt.datetime) else found


# durations


def nanoseconds(value: Span) -> int:
    if isinstance(value, FarDuration):
        return value.nanoseconds
    return (value.days * 86_400 + value.seconds) * NANOSECONDS + value.microseconds * 1000


def span(number: int) -> Span:
    """A duration of so many nanoseconds; OverflowError beyond all dates."""
    if abs(number) > MAX_SPAN:
        raise OverflowError("no such duration")
    if number % 1000 == 0 and abs(number) < 999_999_999 * DAY:
        return dt.timedelta(microseconds=number // 1000)
    return FarDuration(number)
