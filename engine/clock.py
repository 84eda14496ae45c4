"""The only place that reads the machine's clock and makes ids.

Two clocks exist. *System time* is the machine's: sessions, throttling and job retries use it. *Business time* is system
time plus an offset kept in the database (`meta.clock_offset`, seconds, non-zero only in demo and test stores): tasks,
timers, the journal and due dates use it. Both are tz-aware UTC; an instant is shown in `ZONE`.
"""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import uuid_utils

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")


class Clock:
    """System time. Tests pass a subclass that stands still or is moved by hand."""

    def system_now(self) -> datetime:
        """The machine's time, tz-aware UTC, microseconds."""
        return datetime.now(UTC)


class FixedClock(Clock):
    """A clock that moves only when told to; for tests and simulations."""

    def __init__(self, at: datetime) -> None:
        self.at = at.astimezone(UTC)

    def system_now(self) -> datetime:
        return self.at

    def advance(self, by: timedelta) -> None:
        """Move forward by `by` (never back)."""
        self.at += by


def new_id() -> str:
    """A fresh UUIDv7 as text: sorts by time, so that indexes grow at one end."""
    return str(uuid_utils.uuid7())


def local_date(instant: datetime) -> date:
    """The calendar day on which an instant falls at the office (UTC+7)."""
    return instant.astimezone(ZONE).date()


def iso(instant: datetime) -> str:
    """An instant as canonical UTC text, e.g. `2022-03-31T17:00:00Z` (microseconds only when not zero)."""
    return instant.astimezone(UTC).isoformat().replace("+00:00", "Z")


def parse(text: str) -> datetime:
    """The instant written by `iso`; a text without zone is taken as office time."""
    value = datetime.fromisoformat(text)
    return (value if value.tzinfo else value.replace(tzinfo=ZONE)).astimezone(UTC)
