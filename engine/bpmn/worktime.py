"""Working time as one straight line: how many seconds of work lie between two instants, and when so many have passed.

The office works on the working days of a calendar, in the hours that are stated (they begin and end on the office's
clock, UTC+7). Instants are whole seconds since 1970 in UTC, the unit of a simulation. Days are looked up once, in
stretches of a year, so that a question costs two searches in a list. Not here: limits in days (`engine.deadlines`).
"""

import datetime as dt
from bisect import bisect_left, bisect_right

from engine import feel
from engine.bpmn.timers import ZONE

HOURS = ((8 * 3600, 12 * 3600), (13 * 3600 + 1800, 17 * 3600 + 1800))
_EPOCH = dt.date(1970, 1, 1)
_OFFSET = int(ZONE.utcoffset(None).total_seconds())
_DAY = 86_400
_STRETCH = 366
_FIRST, _LAST = dt.date(1900, 1, 1), dt.date(9990, 1, 1)


class Weekdays:
    """The calendar when none is given: Monday to Friday."""

    def is_working_day(self, day: dt.date, /) -> bool:
        return day.weekday() < 5


class WorkingTime:
    """The line, from some days before an instant on."""

    __slots__ = ("_before", "_begins", "_calendar", "_day", "_hours", "_total", "day")

    def __init__(self, calendar: feel.Calendar | None, since: int, hours: tuple[tuple[int, int], ...] = HOURS) -> None:
        self._calendar = calendar or Weekdays()
        self._hours = hours
        self.day = sum(end - begin for begin, end in hours)  # seconds of work in a working day
        self._begins: list[int] = []  # when the stretches of work begin
        self._before: list[int] = []  # the seconds of work before each
        self._total = 0
        self._day = max((since + _OFFSET) // _DAY - 60, (_FIRST - _EPOCH).days)
        while not self._begins or self._begins[0] > since or self._begins[-1] <= since:
            self._more()

    def _more(self) -> None:
        """One more year of days."""
        if _EPOCH + dt.timedelta(days=self._day) > _LAST:
            raise OverflowError("The working calendar has no more working days.")
        for number in range(self._day, self._day + _STRETCH):
            if self._calendar.is_working_day(_EPOCH + dt.timedelta(days=number)):
                for begin, end in self._hours:
                    self._begins.append(number * _DAY + begin - _OFFSET)
                    self._before.append(self._total)
                    self._total += end - begin
        self._day += _STRETCH

    def worked(self, instant: int) -> int:
        """The seconds of work before an instant, from an origin of its own; only differences mean something."""
        while self._begins[-1] <= instant:
            self._more()
        at = bisect_right(self._begins, instant) - 1
        return min(self._before[at] + instant - self._begins[at], self._before[at + 1]) if at >= 0 else 0

    def after(self, instant: int, seconds: int) -> int:
        """When so many seconds of work have passed since an instant: the end of a day rather than the next morning."""
        if seconds <= 0:
            return instant
        begins, before = self._begins, self._before
        while begins[-1] <= instant:
            self._more()
        at = bisect_right(begins, instant) - 1
        if at < 0:
            wanted = seconds
        else:
            wanted = min(before[at] + instant - begins[at], before[at + 1]) + seconds
            if wanted <= before[at + 1]:  # in the same stretch
                return begins[at] + wanted - before[at]
        while self._total <= wanted:
            self._more()
        at = bisect_left(before, wanted) - 1
        return begins[at] + wanted - before[at]

    def between(self, start: int, end: int) -> int:
        """The seconds of work between two instants."""
        return self.worked(end) - self.worked(start)
