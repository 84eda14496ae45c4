"""Months and days as a plan writes them: "Tháng 4-5", "tháng 6/2022", "ngày 17/2/2022".

Whoever reads gets "2022-04"; a month alone belongs to the plan's year.
"""

import re
from dataclasses import dataclass

# "Tháng 1:", "Tháng 4-5:", "Tháng 1 - 2:" at the beginning of an entry
LABEL = re.compile(r"^(?:[-+•–]\s*)?Tháng\s+(\d+)(?:\s*[-–]\s*(\d+))?\s*[:.]\s*(.*)\Z", re.S)
# A label that names a time, but no month that we know
STRANGE = re.compile(r"^(?:[-+•–]\s*)?((?:Tháng|Thang|Quý|Quí|Tuần|T\d+)\b[^:]{0,20}):")
ONE = re.compile(r"\Atháng\s+(\d{1,2})(?:\s*/\s*(\d{4}))?\Z", re.I)
IN_TEXT = re.compile(r"tháng\s+(\d{1,2})\s*/\s*(\d{4})", re.I)
DAY = re.compile(r"ngày\s+(\d{1,2})\s*/\s*(\d{1,2})\s*/\s*(\d{4})", re.I)
LATEST = re.compile(r"chậm nhất[^.;]*?tháng\s+(\d{1,2})(?:\s*/\s*(\d{4}))?", re.I)


@dataclass(frozen=True, slots=True)
class Span:
    """From a month to a month, both within."""

    month: str
    until: str

    @property
    def said(self) -> str:
        """ "2022-01", or "2022-01..2022-02"."""
        return self.month if self.month == self.until else f"{self.month}..{self.until}"


def month(year: int, number: int) -> str | None:
    """ "2022-03"; None for a month that does not exist."""
    return f"{year}-{number:02}" if 1 <= number <= 12 else None


def one(text: str, year: int) -> str | None:
    """A cell or line that is one month: "Tháng 3", "Tháng 3/2022"."""
    found = ONE.match(text.strip(" ."))
    return month(int(found.group(2) or year), int(found.group(1))) if found else None


def span(first: str, last: str | None, year: int) -> Span | None:
    """The months of a label; None when one does not exist or they stand the wrong way round."""
    begin, end = month(year, int(first)), month(year, int(last or first))
    return Span(begin, end) if begin and end and begin <= end else None


def latest(text: str, year: int) -> str | None:
    """The month of "chậm nhất trong tháng 4/2022"."""
    found = LATEST.search(text)
    return month(int(found.group(2) or year), int(found.group(1))) if found else None


def days(text: str) -> list[str]:
    """The days in a text: "2022-02-17"."""
    found = [(int(y), int(m), int(d)) for d, m, y in DAY.findall(text)]
    return [f"{y}-{m:02}-{d:02}" for y, m, d in found if 1 <= m <= 12 and 1 <= d <= 31]


def when(text: str, year: int) -> str:
    """What a text says of its own time within the plan's year: a day, else a month, else nothing."""
    mine = [day for day in days(text) if day.startswith(str(year))]
    if mine:
        return mine[0]
    found = next((m for m in IN_TEXT.finditer(text) if int(m.group(2)) == year), None)
    return (month(year, int(found.group(1))) or "") if found else ""
