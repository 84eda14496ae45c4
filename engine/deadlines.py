"""The working calendar and what a date means for somebody who has to meet it.

Counting follows domain.md §3.1 (Bộ luật Dân sự 2015, Điều 145-148): a limit starts the day after; one in calendar days
that ends on a day off ends on the next working day; one in working days skips days off; a month never rolls over.
Public holidays and swapped days are rows (`records.calendar_days`) that the office edits; the `holidays` library only
fills them. Not here: timers of a model (`engine.bpmn`) and who is told about a date (`engine.notices`).
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from dataclasses import field as default
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from importlib.metadata import version
from typing import NamedTuple

import holidays
import sqlalchemy as sa

from engine import clock
from engine.errors import Invalid, Reason
from engine.records import calendar_days, office_hours

ONE_DAY = timedelta(days=1)
# A due date at most this many working days ahead is shown as "sắp đến hạn".
SOON = 5


class SpecialDay(NamedTuple):
    """A day that is not what its weekday says: off, or a Saturday that is worked. `half` says which half of a worked
    day is off ("sang", "chieu"); it counts as a working day for every limit."""

    working: bool
    name: str
    half: str | None = None


@dataclass(frozen=True)
class Calendar:
    """Which days are worked: Monday to Friday, except the special days. A value: two equal ones count alike."""

    days: Mapping[date, SpecialDay] = default(default_factory=dict)

    def is_working_day(self, day: date) -> bool:
        """Whether the office works on that day."""
        special = self.days.get(day)
        return day.weekday() < 5 if special is None else special.working

    def roll_forward(self, day: date) -> date:
        """The day itself when it is worked, else the next working day (Điều 148 khoản 5)."""
        while not self.is_working_day(day):
            day += ONE_DAY
        return day

    def roll_back(self, day: date) -> date:
        """The day itself when it is worked, else the working day before it."""
        while not self.is_working_day(day):
            day -= ONE_DAY
        return day

    def add_working_days(self, day: date, n: int) -> date:
        """The n-th working day after `day` (before it when n is negative); for n = 0 the day, rolled forward."""
        if n == 0:
            return self.roll_forward(day)
        step = ONE_DAY if n > 0 else -ONE_DAY
        left = abs(n)
        while left:
            day += step
            left -= self.is_working_day(day)
        return day

    def working_days_between(self, a: date, b: date) -> int:
        """How many working days lie after `a` up to and including `b`; negative when `b` is before `a`."""
        if b < a:
            return -self.working_days_between(b, a)
        return sum(self.is_working_day(a + timedelta(days=i)) for i in range(1, (b - a).days + 1))

    def last_working_day_of_month(self, month: str) -> date:
        """The operational due date of a month "2022-04": its last working day; it does not roll into the next month."""
        return self.roll_back(_first_of_next(month) - ONE_DAY)

    def limit_days(self, start: date, n: int) -> date:
        """Where a limit of n calendar days ("ngày") ends: n days after `start`, rolled to the next working day."""
        return self.roll_forward(start + timedelta(days=n))

    def limit_working_days(self, start: date, n: int) -> date:
        """Where a limit of n working days ("ngày làm việc") that starts the day after `start` ends."""
        return self.add_working_days(start, n)

    def backward_days(self, x: date, n: int) -> date:
        """The last day that is "chậm nhất n ngày trước ngày x": n calendar days back, pulled earlier when off."""
        return self.roll_back(x - timedelta(days=n))

    def to_json(self) -> str:
        """The canonical text: the same calendar gives the same bytes."""
        # Two values for nearly all days: calendars of before there were half days keep their bytes.
        days = {day.isoformat(): list(special[: 3 if special.half else 2]) for day, special in self.days.items()}
        return json.dumps({"days": days}, sort_keys=True, separators=(",", ":"), ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> "Calendar":
        """The calendar written by `to_json`."""
        days: dict[str, list[object]] = json.loads(text)["days"]
        return cls(
            {
                date.fromisoformat(day): SpecialDay(bool(on), str(name), str(half[0]) if half else None)
                for day, (on, name, *half) in days.items()
            }
        )

    def change(self, day: date, special: SpecialDay | None) -> "Calendar":
        """The calendar with one day changed (None: it is again what its weekday says)."""
        days = {known: value for known, value in self.days.items() if known != day}
        return Calendar(days if special is None else {**days, day: special})

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the canonical text."""
        return hashlib.sha256(self.to_json().encode()).hexdigest()


def _first_of_next(month: str) -> date:
    year, number = int(month[:4]), int(month[5:])
    return date(year + number // 12, number % 12 + 1, 1)


def month_end(month: str) -> datetime:
    """The instant at which a month "2022-03" is over: the first instant of the next one at the office, in UTC."""
    return datetime.combine(_first_of_next(month), time(), clock.ZONE).astimezone(UTC)


def end_of_day(day: date) -> datetime:
    """The instant at which a day is over at the office ("24 giờ"), in UTC."""
    return datetime.combine(day + ONE_DAY, time(), clock.ZONE).astimezone(UTC)


# --- one due date, judged -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Due:
    """A due date as somebody sees it now.

    `state`: late, today, soon, ok, none, done, done_late. `day`: the office's day on which it is due. `days`: working
    days left (soon, ok) or over (late, done_late), else 0; a Friday's deadline on Saturday is late by 0 of them.
    """

    state: str
    day: date | None = None
    days: int = 0


def due_day(due_at: datetime) -> date:
    """The office's day that a due instant closes: midnight belongs to the day before."""
    return clock.local_date(due_at - timedelta(microseconds=1))


def judge(due_at: datetime | None, now: datetime, calendar: Calendar, done_at: datetime | None = None) -> Due:
    """How a due instant stands at `now`, or stood when it was done. Instants are tz-aware.

    An instant of 00:00 or from 23:59 on means "within that day": it is late from the next midnight on.
    """
    if due_at is None:
        return Due("none" if done_at is None else "done")
    day = due_day(due_at)
    ends = end_of_day(day)
    if ends - due_at > timedelta(minutes=1):
        ends = due_at
    at = now if done_at is None else done_at
    late, today = at >= ends, clock.local_date(at)
    if late:
        return Due("late" if done_at is None else "done_late", day, max(calendar.working_days_between(day, today), 0))
    if done_at is not None:
        return Due("done", day)
    if today == day:
        return Due("today", day)
    left = calendar.working_days_between(today, day)
    return Due("soon" if left <= SOON else "ok", day, left)


# --- the calendar's rows ------------------------------------------------------------------------------------------


HALF = "nghi_nua_ngay"
# Off: a public holiday, a day in lieu, a swapped day. Worked: a Saturday in return, a day of which half is off.
KINDS = ("nghi_le", "nghi_bu", "nghi_hoan_doi", "lam_bu", HALF)
WORKED = ("lam_bu", HALF)
HALVES = ("sang", "chieu")


class CalendarDay(NamedTuple):
    """A row of the calendar. `kind`: one of `KINDS`; `half` with nghi_nua_ngay: sang or chieu, the half that is off."""

    day: date
    kind: str
    name: str
    source: str
    confirmed: bool
    half: str | None = None

    @property
    def special(self) -> SpecialDay:
        """What it means for counting."""
        return SpecialDay(self.kind in WORKED, self.name, self.half if self.kind == HALF else None)


# The last year whose days the Government has announced; what the library says of later years is a guess ("dự kiến").
ANNOUNCED_THROUGH = 2026
# Where the library is wrong or early (domain.md §3.3). Each row replaces what it says of that day.
CORRECTIONS = (
    CalendarDay(date(2026, 1, 2), "nghi_hoan_doi", "Nghỉ hoán đổi (làm bù 10/01/2026)", "12729/VPCP-KGVX", True),
    CalendarDay(date(2026, 1, 10), "lam_bu", "Làm bù cho ngày 02/01/2026", "12729/VPCP-KGVX", True),
    CalendarDay(date(2026, 11, 24), "nghi_le", "Ngày Văn hóa Việt Nam", "80-NQ/TW; chờ sửa Bộ luật Lao động", False),
)


YEARS = range(2000, 2101)
TEXT_MAX = 200


def special_day(day: date, kind: str, name: str, source: str, confirmed: bool, half: str | None = None) -> CalendarDay:
    """The special day that somebody asks for. Raises Invalid(day | kind | half | name | source) with all fields."""
    problems: dict[str, list[Reason]] = {}
    if day.year not in YEARS:
        problems["day"] = [Reason("out_of_range", "expected a day of this century", {"min": 2000, "max": 2100})]
    if kind not in KINDS:
        problems["kind"] = [Reason("not_an_option", f"expected one of {', '.join(KINDS)}")]
    elif kind == "lam_bu" and day.weekday() < 5:
        problems["kind"] = [Reason("worked_anyway", "expected a Saturday or a Sunday")]
    elif kind in ("nghi_bu", "nghi_hoan_doi") and day.weekday() >= 5:
        problems["kind"] = [Reason("off_anyway", "expected a day from Monday to Friday")]
    if (kind == HALF) != (half is not None) or half not in (None, *HALVES):
        problems["half"] = [Reason("not_an_option", "expected sang or chieu for half a day, nothing else")]
    name, source = name.strip(), source.strip()
    for field, text, needed in (("name", name, True), ("source", source, confirmed)):
        if needed and not text:
            problems[field] = [Reason("required", "expected a text")]
        elif len(text) > TEXT_MAX:
            problems[field] = [Reason("too_long", f"expected at most {TEXT_MAX} characters", {"max": TEXT_MAX})]
    if problems:
        raise Invalid(problems)
    return CalendarDay(day, kind, name, source, confirmed, half)


def public_holidays(years: Iterable[int]) -> list[CalendarDay]:
    """The special days of some years: the library's, filtered and corrected, in order."""
    wanted = set(years)
    known = holidays.country_holidays("VN", years=sorted(wanted), language="vi")
    source = f"holidays {version('holidays')}"
    found = {
        day: CalendarDay(day, _kind(name), name, source, day.year <= ANNOUNCED_THROUGH) for day, name in known.items()
    }
    # The library hands out the worked Saturdays of every year whatever year is asked for.
    for day in known.weekend_workdays:
        found[day] = CalendarDay(day, "lam_bu", "Làm bù", source, day.year <= ANNOUNCED_THROUGH)
    found.update((correction.day, correction) for correction in CORRECTIONS)
    return [found[day] for day in sorted(found) if day.year in wanted]


def _kind(name: str) -> str:
    if "(nghỉ bù)" in name:
        return "nghi_bu"
    return "nghi_hoan_doi" if "thay cho ngày" in name else "nghi_le"


def fill_calendar(conn: sa.Connection, tenant: int, years: Iterable[int]) -> int:
    """Insert the special days of some years that have no row yet and return how many; what is there stays as it is."""
    c = calendar_days.c
    there = set(conn.execute(sa.select(c.day).where(c.tenant_id == tenant)).scalars())
    rows = [{"tenant_id": tenant, **day._asdict()} for day in public_holidays(years) if day.day not in there]
    if rows:
        conn.execute(sa.insert(calendar_days), rows)
    return len(rows)


def read_calendar(conn: sa.Connection, tenant: int) -> Calendar:
    """The calendar as the rows say now; unconfirmed days count like confirmed ones."""
    return Calendar({day.day: day.special for day in calendar_rows(conn, tenant)})


def calendar_rows(conn: sa.Connection, tenant: int, year: int | None = None) -> list[CalendarDay]:
    """The special days (of a year), in order."""
    c = calendar_days.c
    rows = sa.select(c.day, c.kind, c.name, c.source, c.confirmed, c.half).where(c.tenant_id == tenant).order_by(c.day)
    if year is not None:
        rows = rows.where(c.day >= date(year, 1, 1), c.day <= date(year, 12, 31))
    return [CalendarDay(*row) for row in conn.execute(rows)]


# --- office hours -------------------------------------------------------------------------------------------------

Hours = tuple[tuple[int, int], ...]
# Minutes since midnight: 07:30–12:00 and 13:00–16:30 (domain.md §3.1); a province sets its own, by season.
DEFAULT_HOURS: Hours = ((450, 720), (780, 990))


class Season(NamedTuple):
    """When the office is open in a part of every year: from "04-16" to "10-15", or over New Year from "10-16" to
    "04-15"; without days, in all that other seasons leave."""

    name: str
    from_day: str | None
    to_day: str | None
    hours: Hours

    def covers(self, day: date) -> bool:
        """Whether the day lies in it."""
        if self.from_day is None or self.to_day is None:
            return True
        at = f"{day:%m-%d}"
        if self.from_day <= self.to_day:
            return self.from_day <= at <= self.to_day
        return at >= self.from_day or at <= self.to_day


def read_seasons(conn: sa.Connection, tenant: int) -> list[Season]:
    """The office hours as the rows say now, seasons with days first."""
    c = office_hours.c
    rows = conn.execute(sa.select(c.name, c.from_day, c.to_day, c.hours).where(c.tenant_id == tenant))
    found = [Season(r.name, r.from_day, r.to_day, tuple((int(a), int(b)) for a, b in r.hours)) for r in rows]
    return sorted(found, key=lambda season: (season.from_day is None, season.from_day or "", season.name))


def hours_on(day: date, calendar: Calendar, seasons: Iterable[Season] = ()) -> Hours:
    """When the office is open on a day, in minutes since midnight; nothing on a day off, half of it on a half day."""
    if not calendar.is_working_day(day):
        return ()
    hours = next((season.hours for season in seasons if season.covers(day)), DEFAULT_HOURS)
    special = calendar.days.get(day)
    if special is None or special.half is None:
        return hours
    return tuple(part for part in hours if (part[0] >= NOON) == (special.half == "sang"))


NOON = 12 * 60
