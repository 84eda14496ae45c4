"""Dates, times and durations as text, and back: the lexical forms of FEEL (DMN 1.3 section 10.3.2.3), nothing locale.

Years outside 1-9999 have no place in Python's `datetime` and are refused; seconds are kept to the microsecond.
"""

import datetime as dt
import re
import zoneinfo
from typing import Any

from engine.feel.values import YearsMonths

DATE = r"(?P<year>-?[0-9]{4,9})-(?P<month>[0-9]{2})-(?P<day>[0-9]{2})"
TIME = (
    r"(?P<hour>[0-9]{2}):(?P<minute>[0-9]{2}):(?P<second>[0-9]{2})(?:\.(?P<fraction>[0-9]{1,18}))?"
    r"(?P<zone>Z|z|[+-][0-9]{2}:[0-9]{2}(?::[0-9]{2})?|@[A-Za-z][A-Za-z0-9_+/-]{0,63})?"
)
DATE_ONLY = re.compile(DATE)
TIME_ONLY = re.compile(TIME)
DATE_TIME = re.compile(rf"{DATE}T{TIME}")
MONTHS = re.compile(r"(?P<sign>-?)P(?=[0-9])(?:(?P<years>[0-9]{1,12})Y)?(?:(?P<months>[0-9]{1,12})M)?")
SECONDS = re.compile(
    r"(?P<sign>-?)P(?=[0-9T])(?:(?P<days>[0-9]{1,12})D)?"
    r"(?:T(?=[0-9])(?:(?P<hours>[0-9]{1,12})H)?(?:(?P<minutes>[0-9]{1,12})M)?"
    r"(?:(?P<seconds>[0-9]{1,12})(?:\.(?P<fraction>[0-9]{1,18}))?S)?)?"
)


def zone_named(name: str) -> dt.tzinfo | None:
    """The zone of an IANA name, from the machine's zone table."""
    try:
        return zoneinfo.ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return None


def parse_zone(text: str) -> dt.tzinfo | None:
    """`Z`, `+07:00` or `@Asia/Ho_Chi_Minh`."""
    if text in ("Z", "z"):
        return dt.UTC
    if text.startswith("@"):
        return zone_named(text[1:])
    hours, minutes, *seconds = (int(part) for part in text[1:].split(":"))
    if hours > 18 or minutes > 59:
        return None
    offset = dt.timedelta(hours=hours, minutes=minutes, seconds=seconds[0] if seconds else 0)
    return dt.timezone(-offset if text[0] == "-" else offset)


def _date(found: re.Match[str]) -> dt.date | None:
    year = found["year"]
    if len(year.lstrip("-")) > 4 and year.lstrip("-").startswith("0"):
        return None
    try:
        return dt.date(int(year), int(found["month"]), int(found["day"]))
    except ValueError:
        return None


def _time(found: re.Match[str]) -> dt.time | None:
    zone = None
    if found["zone"]:
        zone = parse_zone(found["zone"])
        if zone is None:
            return None
    micro = int((found["fraction"] or "0")[:6].ljust(6, "0"))
    try:
        return dt.time(int(found["hour"]), int(found["minute"]), int(found["second"]), micro, zone)
    except ValueError:
        return None


def parse_date(text: str) -> dt.date | None:
    """`2022-03-31`."""
    found = DATE_ONLY.fullmatch(text)
    return _date(found) if found else None


def parse_time(text: str) -> dt.time | None:
    """`08:00:00`, `08:00:00.5+07:00`, `08:00:00@Asia/Ho_Chi_Minh`; a leading T is XML's and allowed."""
    found = TIME_ONLY.fullmatch(text.removeprefix("T"))
    return _time(found) if found else None


def parse_date_time(text: str) -> dt.datetime | None:
    """`2022-03-31T17:00:00Z`; a date alone means its midnight."""
    found = DATE_TIME.fullmatch(text)
    if found is None:
        day = parse_date(text)
        return dt.datetime.combine(day, dt.time()) if day else None
    day, clock = _date(found), _time(found)
    return dt.datetime.combine(day, clock) if day is not None and clock is not None else None


def parse_duration(text: str) -> dt.timedelta | YearsMonths | None:
    """`P1Y2M` or `P3DT4H5M6.7S`; the two kinds do not mix."""
    found = MONTHS.fullmatch(text)
    if found:
        months = int(found["years"] or 0) * 12 + int(found["months"] or 0)
        return YearsMonths(-months if found["sign"] else months)
    found = SECONDS.fullmatch(text)
    if found is None:
        return None
    micro = int((found["fraction"] or "0")[:6].ljust(6, "0"))
    try:
        span = dt.timedelta(
            days=int(found["days"] or 0),
            hours=int(found["hours"] or 0),
            minutes=int(found["minutes"] or 0),
            seconds=int(found["seconds"] or 0),
            microseconds=micro,
        )
        return -span if found["sign"] else span
    except OverflowError:
        return None


def parse_any(text: str) -> Any:
    """What `@"…"` means; None when it is nothing of the kind."""
    if DATE_ONLY.fullmatch(text):
        return parse_date(text)
    if DATE_TIME.fullmatch(text):
        return parse_date_time(text)
    found = parse_time(text)
    return parse_duration(text) if found is None else found


def format_zone(zone: dt.tzinfo | None, offset: dt.timedelta | None) -> str:
    """The text after a time of day."""
    if isinstance(zone, zoneinfo.ZoneInfo):
        return f"@{zone.key}"
    if offset is None:
        return ""
    if not offset:
        return "Z"
    sign = "-" if offset < dt.timedelta(0) else "+"
    whole = int(abs(offset).total_seconds())
    text = f"{sign}{whole // 3600:02}:{whole // 60 % 60:02}"
    return f"{text}:{whole % 60:02}" if whole % 60 else text


def format_clock(value: dt.time | dt.datetime) -> str:
    """`08:00:00.5`, without a zone."""
    text = f"{value.hour:02}:{value.minute:02}:{value.second:02}"
    return f"{text}.{value.microsecond:06}".rstrip("0") if value.microsecond else text


def format_time(value: dt.time) -> str:
    return format_clock(value) + format_zone(value.tzinfo, value.utcoffset())


def format_date_time(value: dt.datetime) -> str:
    return f"{format_date(value)}T{format_clock(value)}" + format_zone(value.tzinfo, value.utcoffset())


def format_date(value: dt.date) -> str:
    return f"{value.year:04}-{value.month:02}-{value.day:02}"


def format_months(value: YearsMonths) -> str:
    years, months = divmod(abs(value.months), 12)
    text = (f"{years}Y" if years else "") + (f"{months}M" if months else "")
    return ("-P" if value.months < 0 else "P") + (text or "0M")


def format_seconds(value: dt.timedelta) -> str:
    if not value:
        return "PT0S"
    sign, value = ("-", -value) if value < dt.timedelta(0) else ("", value)
    hours, rest = divmod(value.seconds, 3600)
    minutes, seconds = divmod(rest, 60)
    clock = (f"{hours}H" if hours else "") + (f"{minutes}M" if minutes else "")
    if value.microseconds:
        clock += f"{seconds}.{value.microseconds:06}".rstrip("0") + "S"
    elif seconds:
        clock += f"{seconds}S"
    return f"{sign}P" + (f"{value.days}D" if value.days else "") + (f"T{clock}" if clock else "")


def add_months(day: dt.date, months: int) -> dt.date:
    """The same day `months` later, or that month's last day; works for dates and dates with time. ValueError out of
    range."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return day.replace(year=year, month=month + 1, day=min(day.day, days_in_month(year, month + 1)))


def days_in_month(year: int, month: int) -> int:
    """28 to 31."""
    return (
        (dt.date(year + month // 12, month % 12 + 1, 1) - dt.timedelta(days=1)).day
        if (year, month) < (9999, 12)
        else 31
    )


def midnight(day: dt.date) -> dt.datetime:
    """A date where a date and time is wanted: its midnight in UTC."""
    return dt.datetime(day.year, day.month, day.day, tzinfo=dt.UTC)
