"""How things stand: due dates, steps, cases, in icon and word."""

from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext

from webui.wording.dates import day, weekday
from webui.wording.marks import N_, Mark


def due_tag(due: Any, *, subject: str = "") -> Mark | None:
    """The due state for a header, with the day when it is still ahead. `subject`: "step", "case" or nothing."""
    if due is None or due.state in ("none", "done"):
        return None
    if due.state == "late":
        if not due.days:
            return Mark(
                "triangle-alert", _prefixed(subject, _("overdue since %(day)s", day=day(due.day))), "late", "solid"
            )
        late = ngettext("%(num)d working day overdue", "%(num)d working days overdue", due.days)
        return Mark("triangle-alert", _prefixed(subject, late), "late", "solid")
    if due.state == "done_late":
        return Mark("circle-check", _done_late(due.days), "done")
    if subject:
        left = (
            _("due today")
            if due.state == "today"
            else ngettext("%(num)d working day left", "%(num)d working days left", due.days)
        )
        tone, loud = ("warn", "tint") if due.state in ("today", "soon") else ("ok", "text")
        return Mark("clock" if tone == "warn" else "circle-dot", _prefixed(subject, left), tone, loud)
    when = weekday(due.day)
    if due.state == "today":
        return Mark("clock", _("Due today: %(day)s", day=when), "warn", "tint")
    if due.state == "soon":
        return Mark("clock", _("Due soon: %(day)s", day=when), "warn", "tint")
    return Mark("circle-dot", _("On time: %(day)s", day=when), "ok")


def _prefixed(subject: str, text: str) -> str:
    if subject == "step":
        return _("Current step: %(state)s", state=text)
    if subject == "case":
        return _("Case: %(state)s", state=text)
    return text[:1].upper() + text[1:]


def _done_late(days: int) -> str:
    return ngettext("Done, %(num)d day late", "Done, %(num)d days late", days) if days else _("Done, late")


def due_line(due: Any) -> str:
    """The due date for the end of a list row; its group already carries the state."""
    if due.state == "late":
        return (
            ngettext("%(num)d working day over", "%(num)d working days over", due.days)
            if due.days
            else (_("due %(day)s", day=day(due.day)))
        )
    if due.state == "today":
        return _("due %(day)s", day=day(due.day))
    if due.state == "soon":
        left = ngettext("%(num)d day left", "%(num)d days left", due.days)
        return f"{left} · {day(due.day)}"
    return day(due.day) if due.day else ""


def due_mark(due: Any) -> Mark:
    """The due state for a table cell: icon and word."""
    match due.state:
        case "late":
            late = ngettext("Overdue %(num)d day", "Overdue %(num)d days", due.days) if due.days else _("Overdue")
            return Mark("triangle-alert", late, "late")
        case "today" | "soon":
            return Mark("clock", _("Due soon"), "warn")
        case "done":
            return Mark("circle-check", _("Done, on time"), "done")
        case "done_late":
            return Mark("circle-check", _done_late(due.days), "done")
        case "ok":
            return Mark("circle-dot", _("On time"), "ok")
        case _:
            return Mark("circle-dot", _("No due date"), "idle")


GROUPS = {
    "late": ("triangle-alert", N_("Overdue"), "late"),
    "today": ("clock", N_("Due today"), "warn"),
    "soon": ("clock", N_("Due soon, within 5 working days"), "warn"),
    "ok": ("circle-dot", N_("On time"), "ok"),
    "none": ("circle-dot", N_("No due date"), "idle"),
    "done": ("circle-check", N_("Done"), "done"),
}


def group(state: str) -> Mark:
    """The head of an urgency group in the list of tasks."""
    icon, text, tone = GROUPS[state]
    return Mark(icon, _(text), tone)


def step_mark(row: Any) -> Mark:
    """The state of one row of the steps table."""
    if row.state == "coming":
        return Mark("circle", _("Not reached"), "idle")
    if row.state == "skipped":
        return Mark("circle", _("Not needed"), "idle")
    if row.state == "done":
        return due_mark(row.due) if row.due.state == "done_late" else Mark("circle-check", _("Done, on time"), "done")
    if row.state == "late" or row.due.state == "late":
        return due_mark(row.due)
    return due_mark(row.due) if row.due.state != "none" else Mark("circle-dot", _("In progress"), "act")


def case_mark(state: str, due: Any = None) -> Mark:
    """The state of a whole case."""
    if state == "running":
        return due_mark(due) if due is not None and due.state != "none" else Mark("circle-dot", _("Running"), "act")
    return {
        "completed": Mark("circle-check", _("Completed"), "done"),
        "ended": Mark("circle-x", _("Ended without a document"), "idle"),
        "cancelled": Mark("circle-x", _("Cancelled"), "idle"),
    }.get(state, Mark("circle", state, "idle"))


def progress_mark(status: str | None) -> Mark | None:
    """How a finished case stands to its plan, as table DMN-04 found it; None while that is open or not asked."""
    return {
        "hoan_thanh_truoc_han": Mark("circle-check", _("Ahead of the plan"), "done"),
        "hoan_thanh_dung_han": Mark("circle-check", _("On time, within the planned month"), "done"),
        "hoan_thanh_cham_kh": Mark("clock-alert", _("After the planned month, within the latest"), "warn"),
        "hoan_thanh_qua_han": Mark("triangle-alert", _("After the latest month"), "late"),
    }.get(status or "")
