"""Days, months and limits in words: the working calendar, why something is due when it is, a schedule."""

from datetime import date
from typing import Any

from flask_babel import gettext as _

from webui.wording.dates import full_day
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
