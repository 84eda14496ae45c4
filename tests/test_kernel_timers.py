"""Dates, durations and cycles of timers: instants in UTC, months counted in Việt Nam."""

import datetime as dt

import pytest

from engine import feel
from engine.bpmn import timers

UTC = dt.UTC


def at(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text)


@pytest.mark.parametrize(
    ("start", "duration", "then"),
    [
        ("2022-01-31T00:00:00+07:00", "P1M", "2022-02-28T00:00:00+07:00"),
        ("2022-01-31T18:00:00Z", "P1M", "2022-02-28T18:00:00Z"),  # the first of February in Việt Nam
        ("2022-12-15T00:00:00Z", "P1M", "2023-01-15T00:00:00Z"),
        ("2022-12-15T00:00:00Z", "P1Y1M", "2024-01-15T00:00:00Z"),
        ("2022-01-15T00:00:00Z", "-P1M", "2021-12-15T00:00:00Z"),
        ("2024-02-29T00:00:00+07:00", "P1Y", "2025-02-28T00:00:00+07:00"),
        ("2022-01-01T00:00:00Z", "P1W2DT3H4M5.5S", "2022-01-10T03:04:05.500000Z"),
        ("2022-01-01T00:00:00Z", "-PT1S", "2021-12-31T23:59:59Z"),
        ("2022-11-30T00:00:00+07:00", "P1M", "2022-12-30T00:00:00+07:00"),
    ],
)
def test_a_duration_is_added(start: str, duration: str, then: str) -> None:
    assert timers.add(at(start), duration) == at(then)


def test_durations_of_feel_are_durations() -> None:
    assert timers.add(at("2022-01-31T00:00:00+07:00"), feel.YearsMonths(1)) == at("2022-02-28T00:00:00+07:00")
    assert timers.add(at("2022-01-31T00:00:00Z"), dt.timedelta(days=1)) == at("2022-02-01T00:00:00Z")


@pytest.mark.parametrize(
    "text", ["", "P", "PT", "P1", "1D", "P1H", "P-1D", "P1D2M", "PT1.5H", "P1D ago", "P99999999999Y"]
)
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"expected|outside|long"):
        timers.add(at("2022-01-01T00:00:00Z"), text)


@pytest.mark.parametrize("text", ["P9000Y", "P4000000D", "-P3000Y", "-P900000D"])
def test_the_calendar_ends_somewhere(text: str) -> None:
    with pytest.raises(ValueError, match=r"outside|long"):
        timers.add(at("2022-01-01T00:00:00Z"), text)


@pytest.mark.parametrize(
    "value",
    [
        None,
        5,
        "soon",
        "2022-02-30",
        "2022-13-01T00:00:00",
        dt.time(1),
        "0001-01-01",
        True,
        "2022-01-01T00:00:00[No/Land]",
        "2022-01-01T00:00:00@",
    ],
)
def test_what_is_no_instant_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match=r"expected|outside"):
        timers.instant(value)


def test_a_date_alone_is_its_first_moment_or_its_last_second() -> None:
    assert timers.instant("2022-04-01") == at("2022-03-31T17:00:00Z")
    assert timers.instant(dt.date(2022, 4, 1), end_of_day=True) == at("2022-04-01T16:59:59Z")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2022-04-01T08:00:00[Asia/Ho_Chi_Minh]", "2022-04-01T01:00:00Z"),
        ("2022-04-01T08:00:00@Asia/Ho_Chi_Minh", "2022-04-01T01:00:00Z"),
        ("2022-04-01T08:00:00[Europe/Berlin]", "2022-04-01T06:00:00Z"),
        ("2022-04-01T08:00:00@Europe/Berlin", "2022-04-01T06:00:00Z"),
        ("2022-01-01T08:00:00[Europe/Berlin]", "2022-01-01T07:00:00Z"),
        ("2022-04-01T08:00:00+02:00[Europe/Berlin]", "2022-04-01T06:00:00Z"),
    ],
)
def test_the_zone_that_a_text_names_is_its_zone(text: str, expected: str) -> None:
    assert timers.instant(text) == at(expected)


@pytest.mark.parametrize(
    ("text", "due", "interval", "more"),
    [
        ("R3/PT1H", "2022-01-01T01:00:00Z", "PT1H", 2),
        ("R/PT1H", "2022-01-01T01:00:00Z", "PT1H", -1),
        ("R-1/PT1H", "2022-01-01T01:00:00Z", "PT1H", -1),
        ("R1/P1D", "2022-01-02T00:00:00Z", "P1D", 0),
        ("PT1H", "2022-01-01T01:00:00Z", "PT1H", -1),
        ("R2/2022-02-01T00:00:00Z/P1M", "2022-02-01T00:00:00Z", "P1M", 1),
        ("R2/P1D/2022-12-31", "2022-01-02T00:00:00Z", "P1D", 1),
        ("R/P1D/2022-01-04T00:00:00Z", "2022-01-02T00:00:00Z", "P1D", 2),
        ("R9/P1M/2022-03-31T00:00:00Z", "2022-02-01T00:00:00Z", "P1M", 1),
        ("R2/2022-02-01T00:00:00Z/2022-02-01T02:00:00Z", "2022-02-01T00:00:00Z", "PT2H", 1),
    ],
)
def test_a_cycle_says_when_first_how_often_and_how_many_more(text: str, due: str, interval: str, more: int) -> None:
    assert timers.schedule("cycle", text, at("2022-01-01T00:00:00Z")) == (at(due), interval, more)


@pytest.mark.parametrize(
    "text",
    [
        "R0/PT1H",
        "R3/PT0S",
        "R3/-PT1H",
        "R3",
        "R3/",
        "R3/soon",
        "R1/2022-01-01/P1D/P1D",
        "R/PT1H/2021-01-01",
        "R/P1M/2021-01-01",
        "R/2022-02-01/2022-01-01",
        "0 0 9 * * *",
    ],
)
def test_what_is_no_cycle_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        timers.schedule("cycle", text, at("2022-01-01T00:00:00Z"))


@pytest.mark.parametrize(
    ("due", "interval", "repeats", "now", "then"),
    [
        ("2022-01-01T01:00:00Z", "PT1H", 2, "2022-01-01T01:00:00Z", ("2022-01-01T02:00:00Z", 1)),
        ("2022-01-01T01:00:00Z", "PT1H", 0, "2022-01-01T01:00:00Z", None),
        ("2022-01-01T01:00:00Z", "PT1H", -1, "2022-01-01T05:00:00Z", ("2022-01-01T06:00:00Z", -1)),
        ("2022-01-01T01:00:00Z", "PT1H", 9, "2022-01-01T04:30:00Z", ("2022-01-01T05:00:00Z", 5)),
        ("2022-01-01T01:00:00Z", "PT1H", 2, "2022-01-01T02:30:00Z", ("2022-01-01T03:00:00Z", 0)),
        ("2022-01-01T01:00:00Z", "PT1H", 2, "2022-01-01T03:00:00Z", None),
        ("2022-01-01T01:00:00Z", "PT1H", 1, "2022-01-09T00:00:00Z", None),
        ("2022-01-31T00:00:00Z", "P1M", 2, "2022-03-01T00:00:00Z", ("2022-03-28T00:00:00Z", 0)),
        ("2022-01-31T00:00:00Z", "P1M", 2, "2022-04-15T00:00:00Z", None),
        ("2022-01-31T00:00:00Z", "P1M", -1, "2022-04-15T00:00:00Z", ("2022-04-28T00:00:00Z", -1)),
    ],
)
def test_the_next_firing_lies_after_now(
    due: str, interval: str, repeats: int, now: str, then: tuple[str, int] | None
) -> None:
    expected = None if then is None else (at(then[0]), then[1])
    assert timers.again(due, interval, repeats, at(now)) == expected


def test_instants_are_written_in_utc() -> None:
    assert timers.utc(at("2022-04-01T00:00:00+07:00")) == "2022-03-31T17:00:00Z"
    assert timers.from_utc("2022-03-31T17:00:00Z") == at("2022-04-01T00:00:00+07:00")


def test_time_zones_do_not_matter_at_the_ends_of_the_calendar() -> None:
    assert timers.instant("9999-12-28T00:00:00+07:00").tzinfo == UTC
