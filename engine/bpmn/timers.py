"""When a timer is due: ISO 8601 dates, durations and cycles, written out or computed, as instants in UTC.

Texts without a zone mean the time in Việt Nam, which has been +07:00 without change since before any case of ours;
months are counted on that calendar, so that a month after 31/01 00:00 is 28/02 00:00 there.
"""

import calendar
import datetime as dt
import re
import zoneinfo
from typing import Any

from engine import feel

ZONE = dt.timezone(dt.timedelta(hours=7))
_DURATION = re.compile(
    r"(?P<sign>-?)P(?=.)(?:(?P<Y>\d+)Y)?(?:(?P<M>\d+)M)?(?:(?P<W>\d+)W)?(?:(?P<D>\d+)D)?"
    r"(?:T(?=.)(?:(?P<h>\d+)H)?(?:(?P<m>\d+)M)?(?:(?P<s>\d+(?:\.\d+)?)S)?)?"
)
_ZONED = re.compile(r"(?P<at>.*?)(?:\[(?P<java>[^\]]*)\]|@(?P<feel>.*))")
_CYCLE = re.compile(r"R(?P<n>-1|\d*)/(?P<rest>.+)")
_MAX_TEXT = 200
# Instants beyond the calendar of Python are not instants.
_FIRST, _LAST = dt.datetime(1, 1, 3, tzinfo=dt.UTC), dt.datetime(9999, 12, 29, tzinfo=dt.UTC)


EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


def utc(instant: dt.datetime) -> str:
    """The text of an instant in UTC with seconds, or with microseconds where there are any."""
    text = instant.astimezone(dt.UTC).replace(tzinfo=None).isoformat()
    return f"{text}Z"


def brief(instant: dt.datetime) -> str | int:
    """An instant as it costs a state least: its whole minutes since 1970, else the text of `utc`."""
    minutes, rest = divmod(instant - EPOCH, dt.timedelta(minutes=1))
    return minutes if not rest else utc(instant)


def from_brief(kept: str | int) -> dt.datetime:
    """The instant that `brief` wrote."""
    return EPOCH + dt.timedelta(minutes=kept) if isinstance(kept, int) else from_utc(kept)


def from_utc(text: str) -> dt.datetime:
    """The instant of a text that `utc` wrote."""
    return dt.datetime.fromisoformat(text)


def add(instant: dt.datetime, duration: str | feel.YearsMonths | dt.timedelta) -> dt.datetime:
    """The instant that lies a duration later; ValueError for what is no duration or leaves the calendar."""
    months, delta = _duration(duration)
    if months:
        local = instant.astimezone(ZONE)
        year, month = divmod(local.year * 12 + local.month - 1 + months, 12)
        if not 1 <= year <= 9999:
            raise ValueError("the date lies outside the years 1 to 9999")
        day = min(local.day, calendar.monthrange(year, month + 1)[1])
        instant = local.replace(year=year, month=month + 1, day=day)
    try:
        return (instant + delta).astimezone(dt.UTC)
    except OverflowError:
        raise ValueError("the date lies outside the years 1 to 9999") from None


def instant(value: Any, end_of_day: bool = False) -> dt.datetime:
    """The instant of a date, a date and time, or the text of one; a date alone is its first moment in Việt Nam (or its
    last second, for deadlines). ValueError for anything else."""
    if isinstance(value, str):
        value = _parse(value)
    if isinstance(value, dt.datetime):
        aware = value if value.tzinfo is not None else value.replace(tzinfo=ZONE)
        return _within(aware)
    if isinstance(value, dt.date):
        time = dt.time(23, 59, 59) if end_of_day else dt.time()
        return _within(dt.datetime.combine(value, time, ZONE))
    raise ValueError(f"expected a date and time, found {value!r:.80}")


def schedule(kind: str, value: Any, now: dt.datetime) -> tuple[dt.datetime, str | None, int | None]:
    """(due, interval, repeats) of a timer armed now. Only a cycle has the last two: its interval as text, and how many
    firings follow the first (-1 without end)."""
    if kind == "date":
        return instant(value), None, None
    if kind == "duration":
        if isinstance(value, str) and not _DURATION.fullmatch(value.strip()):
            return instant(value), None, None
        return add(now, value), None, None
    if isinstance(value, dt.timedelta | feel.YearsMonths):
        return _cycle(-1, feel.to_json(value), add(now, value), now)
    text = str(value).strip() if isinstance(value, str) else ""
    match = _CYCLE.fullmatch(text[:_MAX_TEXT])
    if match is None:
        if _DURATION.fullmatch(text[:_MAX_TEXT]):
            return _cycle(-1, text, add(now, text), now)
        raise ValueError(f"expected a cycle such as R3/PT1H, found {value!r:.80}")
    count = int(match["n"]) if match["n"] not in ("", "-1") else -1
    first, *others = match["rest"].split("/")
    if not others:
        return _cycle(count, first, add(now, first), now)
    if len(others) > 1:
        raise ValueError(f"expected at most a start and an interval, found {text!r:.80}")
    if first.startswith("P"):  # R/<duration>/<end>: until the end
        return _cycle(_until(instant(others[0]), first, count, now), first, add(now, first), now)
    if not _DURATION.fullmatch(others[0]):  # R/<start>/<end>: the interval is the time between them
        return _cycle(count, feel.to_json(instant(others[0]) - instant(first)), instant(first), now)
    return _cycle(count, others[0], instant(first), now)


def _until(end: dt.datetime, interval: str, count: int, now: dt.datetime) -> int:
    """How often a cycle fires that ends at an instant."""
    months, step = _duration(interval)
    if not months and step > dt.timedelta():
        fits = max(0, (end - now) // step)
        return fits if count < 0 else min(count, fits)
    fits, at = 0, add(now, interval)
    while now < at <= end and fits != count:
        fits, now, at = fits + 1, at, add(at, interval)
    return fits


def again(due: str, interval: str, repeats: int, now: dt.datetime) -> tuple[dt.datetime, int] | None:
    """The next firing of a cycle after the one that was due: a multiple of the interval that lies after now. Firings
    missed meanwhile are dropped, and counted."""
    if repeats == 0:
        return None
    at = add(from_utc(due), interval)
    left = repeats - 1 if repeats > 0 else -1
    months, step = _duration(interval)
    while at <= now:
        missed = 1 if months else (now - at) // step + 1
        at = add(at, interval) if months else at + step * missed
        if left >= 0:
            left -= missed
            if left < 0:
                return None
    return at, left


def check(kind: str, text: str) -> None:
    """ValueError when a literal can never be a timer of this kind."""
    schedule(kind, text, dt.datetime(2000, 1, 1, tzinfo=dt.UTC))


def _cycle(count: int, interval: str, due: dt.datetime, now: dt.datetime) -> tuple[dt.datetime, str, int]:
    if count == 0:
        raise ValueError("a cycle of no repetition never fires")
    if add(now, interval) <= now:
        raise ValueError("a cycle must have a positive interval")
    return due, interval, count - 1 if count > 0 else -1


def _duration(value: Any) -> tuple[int, dt.timedelta]:
    if isinstance(value, dt.timedelta):
        return 0, value
    if isinstance(value, feel.YearsMonths):
        return value.months, dt.timedelta()
    match = _DURATION.fullmatch(value.strip()[:_MAX_TEXT]) if isinstance(value, str) else None
    if match is None:
        raise ValueError(f"expected a duration such as P7D, found {value!r:.80}")
    part = {
        name: float(text) if name == "s" else int(text)
        for name, text in match.groupdict(default="0").items()
        if name != "sign"
    }
    sign = -1 if match["sign"] else 1
    try:
        delta = dt.timedelta(weeks=part["W"], days=part["D"], hours=part["h"], minutes=part["m"], seconds=part["s"])
    except OverflowError:
        raise ValueError("the duration is too long") from None
    return sign * int(part["Y"] * 12 + part["M"]), sign * delta


def _parse(text: str) -> dt.date | dt.datetime:
    text = text.strip()[:_MAX_TEXT]
    match = _ZONED.fullmatch(text)
    try:
        zone = zoneinfo.ZoneInfo(match["java"] or match["feel"]) if match is not None else None
        text = text if match is None else match["at"]
        value = dt.datetime.fromisoformat(text) if "T" in text or " " in text else dt.date.fromisoformat(text)
        if zone is not None and isinstance(value, dt.datetime) and value.tzinfo is None:  # an offset says it exactly
            return value.replace(tzinfo=zone)
        return value
    except (ValueError, OSError, zoneinfo.ZoneInfoNotFoundError):
        raise ValueError(f"expected a date and time such as 2022-04-01T00:00:00+07:00, found {text!r:.80}") from None


def _within(value: dt.datetime) -> dt.datetime:
    if not _FIRST.replace(tzinfo=None) < value.replace(tzinfo=None) < _LAST.replace(tzinfo=None):
        raise ValueError("the date lies outside the years 1 to 9999")
    return value.astimezone(dt.UTC)
