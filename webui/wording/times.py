"""Days, months and limits in words: the working calendar, why something is due when it is, a schedule."""

from datetime import date
from typing import Any

from flask_babel import gettext as _

from webui.wording.dates import WEEKDAYS, full_day
from webui.wording.marks import N_

DAY_KINDS = {
    "nghi_le": N_("public holiday"),
    "nghi_bu": N_("day off in lieu"),
    "nghi_hoan_doi": N_("swapped day off"),
    "lam_bu": N_("worked Saturday or Sunday"),
    "nghi_nua_ngay": N_("half a day off"),
}
HALVES = {"sang": N_("morning off"), "chieu": N_("afternoon off")}
MONTHS = {
    "planned_start": N_("Start"),
    "planned_finish": N_("Planned month"),
    "committed_finish": N_("Promised month"),
    "latest_finish": N_("Latest month"),
}


MOVES = {
    "task": N_("Task"),
    "round": N_("Round of opinions"),
    "timer": N_("Reminder or closing time"),
    "case": N_("Latest date of the case"),
}


def move_kind(kind: str) -> str:
    """What it is that would be due on another day."""
    return _(MOVES[kind]) if kind in MOVES else kind


def day_kind(kind: str | None) -> str:
    """What kind of special day it is; none is a day like its weekday."""
    return _(DAY_KINDS[kind]) if kind in DAY_KINDS else _("ordinary day")


def half_day(half: str | None) -> str:
    """Which half of a day is off."""
    return _(HALVES[half]) if half in HALVES else ""


def month_name(name: str) -> str:
    """What one of the plan's months is."""
    return _(MONTHS[name]) if name in MONTHS else name


def iso_day(text: str) -> str:
    """ "2022-02-07" as 07/02/2022."""
    return full_day(date.fromisoformat(text))


def hours(parts: Any) -> str:
    """07:30–12:00, 13:00–16:30."""
    return ", ".join(f"{a // 60:02}:{a % 60:02}–{b // 60:02}:{b % 60:02}" for a, b in parts)


def length(takes: Any) -> str:
    """How long a step takes."""
    if not takes.number:
        return _("within the day")
    said = _("%(n)s days", n=takes.number) if takes.unit == "ngay" else _("%(n)s working days", n=takes.number)
    return _("%(length)s, assumed", length=said) if takes.assumed else said


def conflict(found: Any) -> str:
    """What cannot be met, in a sentence."""
    told = {
        "name": f"{found.step.label} {found.step.name}".strip(),
        "needed": full_day(found.needed),
        "possible": full_day(found.possible),
        "days": found.days,
    }
    if found.kind == "start":
        return _("“%(name)s” must begin by %(needed)s, but cannot begin before %(possible)s.", **told)
    if found.kind == "end":
        return _(
            "The end is fixed for %(needed)s, but is met on %(possible)s at best: %(days)s working days late.", **told
        )
    return _(
        "“%(name)s” is due by %(needed)s, but is done on %(possible)s at best: %(days)s working days late.", **told
    )


def why_due(told: Any) -> str:
    """Why something is due when it is, in a line under the date."""
    if told is None or (told.number == 0 and not told.skipped):
        return ""  # the day itself, which stands above
    short = {"n": told.number, "start": told.start and brief(told.start), "day": brief(told.day)}
    match told.kind:
        case "ngay_lam_viec":
            said = _("%(n)s working days from %(start)s", **short)
        case "ngay":
            said = _("%(n)s days from %(start)s", **short)
        case "truoc":
            said = _("%(n)s days before %(start)s", **short)
        case _:
            month = f"{told.day.month}/{told.day.year}"
            said = _("month %(month)s: its last working day is %(day)s", month=month, **short)
    if told.fell_on is not None:
        days = {"fell": weekday_short(told.fell_on), "day": weekday_short(told.day)}
        later = told.day > told.fell_on
        said += ", " + (
            _("which falls on %(fell)s and ends on %(day)s", **days)
            if later
            else _("which falls on %(fell)s and is pulled to %(day)s", **days)
        )
    if told.skipped:
        off = ", ".join(
            f"{name} {brief(first)}{'' if first == last else f'–{brief(last)}'}" for name, first, last in told.skipped
        )
        said += ", " + _("passing over %(days)s", days=off)
    if told.source:
        doubt = told.certainty not in ("", "S", "F")
        said += " (" + (_("%(source)s; to be confirmed", source=told.source) if doubt else told.source) + ")"
    return said


def brief(day: date) -> str:
    """27/01."""
    return f"{day:%d/%m}"


def weekday_short(day: date) -> str:
    """thứ Bảy 25/06."""
    return f"{_(WEEKDAYS[day.weekday()])} {day:%d/%m}"
