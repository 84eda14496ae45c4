"""Dates, times and durations as text, and back: the lexical forms of FEEL (DMN 1.3 section 10.3.2.3), nothing locale.

Years have up to nine digits and may be negative, seconds up to nine digits after the point (any more are cut off).
"""

import datetime as dt
import re
import zoneinfo
from typing import Any

from engine.feel import chronology
from engine.feel.chronology import Date, DateTime, Span, Time
from engine.feel.values import YearsMonths

DATE = r"(?P<year>-?[0-9]{4,9})-(?P<month>[0-9]{2})-(?P<day>[0-9]{2})"
TIME = (
    r"(?P<hour>[0-9]{2}):(?P<minute>[0-9]{2}):(?P<second>[0-9]{2})(?:\.(?P<fraction>[0-9]{1,18}))?"
    r"(?P<zone>Z|z|[+-][0-9]{2}:[0-9]{2}(?::[0-9]{2})?|@[A-Za-z][A-Za-z0-9_+/-]{0,63})?"
)
DATE_ONLY = re.compile(DATE)
TIME_ONLY = re.compile(TIME)
END_OF_DAY = re.compile(r"24:00:00(?:\.0{1,18})?(?![0-9.])")
DATE_TIME = re.compile(rf"{DATE}T{TIME}")
MONTHS = re.compile(r"(?P<sign>-?)P(?=[0-9])(?:(?P<years>[0-9]{1,12})Y)?(?:(?P<months>[0-9]{1,12})M)?")
SECONDS = re.compile(
    r"(?P<sign>-?)P(?=[0-9]|T[0-9.])(?:(?P<days>[0-9]{1,12})D)?"
    r"(?:T(?=[0-9])(?:(?P<hours>[0-9]{1,12})H)?(?:(?P<minutes>[0-9]{1,12})M)?"
    r"(?:(?P<seconds>[0-9]{1,12})(?:\.(?P<fraction>[0-9]{0,18}))?S)?)?"
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


def _date(found: re.Match[str]) -> Date | None:
    year = found["year"]
    if len(year.lstrip("-")) > 4 and year.lstrip("-").startswith("0"):
        return None
    try:
        return chronology.date(int(year), int(found["month"]), int(found["day"]))
    except ValueError:
        return None


def _nanoseconds(found: re.Match[str]) -> int:
    return int((found["fraction"] or "0")[:9].ljust(9, "0"))


def _time(found: re.Match[str]) -> Time | None:
    zone = None
    if found["zone"]:
        zone = parse_zone(found["zone"])
        if zone is None:
            return None
    try:
        hour, minute, second = (int(found[part]) for part in ("hour", "minute", "second"))
        return chronology.time(hour, minute, second, _nanoseconds(found), zone)
    except ValueError:
        return None


def parse_date(text: str) -> Date | None:
    """`2022-03-31`."""
    found = DATE_ONLY.fullmatch(text)
    return _date(found) if found else None


def parse_time(text: str) -> Time | None:
    """`08:00:00`, `08:00:00.5+07:00`, `08:00:00@Asia/Ho_Chi_Minh`; a leading T is XML's and allowed. The end of a day,
    `24:00:00`, is the beginning of one."""
    text = text.removeprefix("T")
    found = TIME_ONLY.fullmatch(_midnight(text) or text)
    return _time(found) if found else None


def _midnight(text: str) -> str | None:
    return f"00{text[2:]}" if END_OF_DAY.match(text) else None


def parse_date_time(text: str) -> DateTime | None:
    """`2022-03-31T17:00:00Z`; a date alone means its midnight, `24:00:00` the midnight that ends the day."""
    day_text, mark, clock_text = text.partition("T")
    midnight = _midnight(clock_text)
    found = DATE_TIME.fullmatch(f"{day_text}T{midnight}" if midnight else text)
    if found is None:
        day = None if mark else parse_date(text)
        return chronology.combine(day, dt.time()) if day else None
    day, clock = _date(found), _time(found)
    if day is None or clock is None:
        return None
    try:
        return chronology.combine(chronology.date_of(chronology.days(day) + 1) if midnight else day, clock)
    except ValueError:
        return None


def parse_duration(text: str) -> Span | YearsMonths | None:
    """`P1Y2M` or `P3DT4H5M6.7S`; the two kinds do not mix."""
    found = MONTHS.fullmatch(text)
    if found:
        months = int(found["years"] or 0) * 12 + int(found["months"] or 0)
        return YearsMonths(-months if found["sign"] else months)
    found = SECONDS.fullmatch(text)
    if found is None:
        return None
    days, hours, minutes, seconds = (int(found[part] or 0) for part in ("days", "hours", "minutes", "seconds"))
    whole = ((days * 24 + hours) * 60 + minutes) * 60 + seconds
    number = whole * chronology.NANOSECONDS + _nanoseconds(found)
    try:
        return chronology.span(-number if found["sign"] else number)
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


def _decimals(nanoseconds: int) -> str:
    return f".{nanoseconds:09}".rstrip("0") if nanoseconds else ""


def format_clock(value: Time | DateTime) -> str:
    """`08:00:00.5`, without a zone."""
    return f"{value.hour:02}:{value.minute:02}:{value.second:02}{_decimals(chronology.fraction(value))}"


def format_time(value: Time) -> str:
    zone = value.tzinfo
    return format_clock(value) + format_zone(zone, zone.utcoffset(None) if zone is not None else None)


def format_date_time(value: DateTime) -> str:
    seconds = chronology.offset(value)
    offset = None if seconds is None else dt.timedelta(seconds=seconds)
    return f"{format_date(value)}T{format_clock(value)}" + format_zone(value.tzinfo, offset)


def format_date(value: Date | DateTime) -> str:
    sign = "-" if value.year < 0 else ""
    return f"{sign}{abs(value.year):04}-{value.month:02}-{value.day:02}"


def format_months(value: YearsMonths) -> str:
    years, months = divmod(abs(value.months), 12)
    text = (f"{years}Y" if years else "") + (f"{months}M" if months else "")
    return ("-P" if value.months < 0 else "P") + (text or "0M")


def format_seconds(value: Span) -> str:
    number = chronology.nanoseconds(value)
    if not number:
        return "PT0S"
    days, rest = divmod(abs(number), chronology.DAY)
    seconds, fraction = divmod(rest, chronology.NANOSECONDS)
    hours, minutes, seconds = seconds // 3600, seconds // 60 % 60, seconds % 60
    clock = (f"{hours}H" if hours else "") + (f"{minutes}M" if minutes else "")
    if seconds or fraction:
        clock += f"{seconds}{_decimals(fraction)}S"
    return ("-P" if number < 0 else "P") + (f"{days}D" if days else "") + (f"T{clock}" if clock else "")


def midnight(day: Date) -> DateTime:
    """A date where a date and time is wanted: its midnight in UTC."""
    return chronology.combine(day, dt.time(tzinfo=dt.UTC))
