"""Dates, times and sizes as an office writes them: 24/03 within the year, 24/03/2021 outside it, UTC+7, 1,6 kB."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from flask_babel import get_locale
from flask_babel import gettext as _

from webui.frame import chrome
from webui.wording.marks import N_

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
WEEKDAYS = (
    N_("Monday"),
    N_("Tuesday"),
    N_("Wednesday"),
    N_("Thursday"),
    N_("Friday"),
    N_("Saturday"),
    N_("Sunday"),
)


def local(moment: datetime | date) -> date:
    """The office's day of an instant (or the day itself)."""
    return moment.astimezone(ZONE).date() if isinstance(moment, datetime) else moment


def day(moment: datetime | date | None) -> str:
    """24/03 inside the business year, 24/03/2021 outside it, a dash for none."""
    if moment is None:
        return "–"
    at, frame = local(moment), chrome()
    this_year = local(frame.now).year if frame is not None else None
    return at.strftime("%d/%m") if at.year == this_year else at.strftime("%d/%m/%Y")


def full_day(moment: datetime | date | None) -> str:
    """24/03/2022."""
    return "–" if moment is None else local(moment).strftime("%d/%m/%Y")


def weekday(moment: datetime | date) -> str:
    """thứ Năm 24/03/2022."""
    at = local(moment)
    return f"{_(WEEKDAYS[at.weekday()])} {at:%d/%m/%Y}"


def clock(moment: datetime) -> str:
    """09:41."""
    return moment.astimezone(ZONE).strftime("%H:%M")


def stamp(moment: datetime | None) -> str:
    """24/03/2022 09:41."""
    return "–" if moment is None else moment.astimezone(ZONE).strftime("%d/%m/%Y %H:%M")


def month(text: str | None) -> str:
    """ "2022-03" as 03/2022."""
    return f"{text[5:7]}/{text[:4]}" if text else "–"


def size(count: int) -> str:
    """A file's size as file managers tell it (1 MB = 1024 kB), with a decimal comma in Vietnamese."""
    amount = float(count)
    for unit in ("B", "kB", "MB"):
        if amount < 1000 or unit == "MB":
            break
        amount /= 1024
    text = f"{amount:.0f}" if unit == "B" or amount >= 10 or amount == int(amount) else f"{amount:.1f}"
    return f"{text.replace('.', ',') if str(get_locale()) == 'vi' else text} {unit}"
