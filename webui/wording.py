"""Codes, dates and states as words of an office, in the reader's language.

The engine says `late, 3` or `not_candidate`; here it becomes "Quá hạn 3 ngày làm việc" or a sentence with what to do
now. Message ids are English; the catalogue holds the Vietnamese, which is the language people read. Nothing here asks
the engine for anything.
"""

import re
import sys
from datetime import date, datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from flask import Flask
from flask_babel import get_locale, ngettext
from flask_babel import gettext as _
from markupsafe import Markup, escape

from webui.frame import chrome

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")


def N_(text: str) -> str:
    """Marks a message for the catalogue where it is written; `_` translates it where it is shown."""
    return text


class Mark(NamedTuple):
    """A state as a reader sees it: icon and word, a tone of colour, and how loud (tag or bare text)."""

    icon: str
    text: str
    tone: str  # late warn ok act done ext idle
    loud: str = "text"  # solid | tint | text


# --- dates and numbers ------------------------------------------------------------------------------------------

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


# --- due dates --------------------------------------------------------------------------------------------------


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


ORIGINS = {
    "ubnd_giao": N_("Assigned by the Provincial People’s Committee"),
    "so_dang_ky": N_("Registered by the Director of the Department"),
}


def origin(code: str | None) -> str:
    """Where a focus task comes from."""
    return _(ORIGINS[code]) if code in ORIGINS else (code or "")


# --- decisions and opinions -------------------------------------------------------------------------------------

OUTCOMES = {
    "dong_y": N_("Approve"),
    "dong_y_co_chinh_sua": N_("Approve with edits"),
    "yeu_cau_chinh_sua": N_("Return for changes"),
    "khong_dong_y": N_("Reject"),
    "khong_tra_loi": N_("No reply"),
    "du": N_("Complete and correct"),
    "chua_du": N_("Not complete, return"),
    "dong_y_co_y_kien": N_("Agree, with remarks"),
    "doi_hinh_thuc": N_("Change the kind of document"),
}
OPINIONS = {
    "dong_y": ("circle-check", N_("Agrees"), "ok"),
    "dong_y_co_y_kien": ("message-square-text", N_("Has remarks"), "act"),
    "khong_dong_y": ("circle-x", N_("Disagrees"), "late"),
    "khong_tra_loi": ("circle-dashed", N_("No reply"), "idle"),
}
KINDS = {"approve": "circle-check", "edit": "pencil-line", "return": "undo-2", "refuse": "circle-x"}
# What the drafter does with a remark: as a choice, and once it is done.
RESPOND = {"tiep_thu": N_("Accept"), "giai_trinh": N_("Explain")}
RESPONSES = {
    "tiep_thu": ("circle-check", N_("Accepted"), "ok"),
    "giai_trinh": ("message-square-reply", N_("Explained"), "done"),
}


def outcome(slug: str | None) -> str:
    """An outcome in words."""
    return _(OUTCOMES[slug]) if slug in OUTCOMES else (slug or "–")


def option_label(option: Any, gate: Any) -> str:
    """What a decision option is called: the model's own words, else ours for this kind of gate."""
    if option.label:
        return str(option.label)
    if gate.gate == "signing" and option.kind == "approve":
        return _("Approve and sign")
    return outcome(option.slug)


def consequence(option: Any, gate: Any) -> str:
    """What happens when this option is chosen."""
    # The engine tells "who: which step"; the card has room for who.
    goes_to, _colon, _step = str(option.consequence or "").partition(": ")
    match option.kind:
        case "approve":
            return _("Goes to %(who)s", who=goes_to) if goes_to else _("The case moves on to the next step")
        case "edit":
            return _("Goes to %(who)s after the edits", who=goes_to) if goes_to else _("Moves on after the edits")
        case "return":
            back = gate.returned_to or goes_to
            to = _("Back to %(who)s", who=back) if back else _("Back to the drafter")
            if gate.max_rounds and gate.round > 1:
                done = ngettext(
                    "returned %(num)d of %(most)d time", "returned %(num)d of %(most)d times", gate.round - 1,
                    most=gate.max_rounds,
                )  # fmt: skip
                return f"{to} · {done}"
            return to
        case _ if goes_to and _colon:
            return _("Goes to %(who)s, with the reason", who=goes_to)
        case _:
            return _("Stops here; a reason is needed")


def button_label(option: Any, gate: Any) -> str:
    """What the button says once this option is chosen: verb and object."""
    match option.kind:
        case "approve" if gate.needs_password:
            return _("Approve and sign")
        case "approve" if gate.gate == "verification":
            return _("Record: complete")
        case "approve":
            return _("Approve, pass on")
        case "edit":
            return _("Approve with edits")
        case "return":
            return _("Return for changes")
        case _:
            return _("Reject, stop here")


GATES = {
    "approval": N_("Approval gate"),
    "appraisal": N_("Appraisal gate"),
    "verification": N_("Verification gate"),
    "direction": N_("Direction gate"),
    "vote": N_("Voting gate"),
    "signing": N_("Signing gate"),
    "opinion": N_("Opinion"),
    "gate": N_("Gate"),
}


def gate_name(kind: str) -> str:
    """A kind of gate in words."""
    return _(GATES[kind]) if kind in GATES else kind


def opinion_mark(opinion: Any) -> Mark:
    """What somebody answered, or that they have not."""
    if opinion.state == "waiting":
        return Mark("circle-dashed", _("Not answered yet"), "warn")
    if opinion.state == "deemed":
        return Mark("circle-dashed", _("Counts as agreeing"), "idle")
    if opinion.state == "withdrawn":
        return Mark("circle", _("Withdrawn"), "idle")
    icon, text, tone = OPINIONS.get(opinion.outcome, ("circle", opinion.outcome or "–", "idle"))
    return Mark(icon, _(text), tone)


def response_mark(opinion: Any) -> Mark:
    """What the drafter did with a remark."""
    if opinion.response in RESPONSES:
        icon, text, tone = RESPONSES[opinion.response]
        return Mark(icon, _(text), tone)
    return Mark("circle-dashed", _("Not explained yet"), "warn")


def outcome_mark(slug: str | None) -> Mark:
    """A gate's decision, or that it is still open."""
    tones = {
        "dong_y": ("circle-check", "ok"),
        "du": ("circle-check", "ok"),
        "dong_y_co_chinh_sua": ("circle-check", "ok"),
        "dong_y_co_y_kien": ("message-square-text", "act"),
        "yeu_cau_chinh_sua": ("undo-2", "warn"),
        "chua_du": ("undo-2", "warn"),
        "khong_dong_y": ("circle-x", "late"),
    }
    icon, tone = tones.get(slug or "", ("circle-dot", "act"))
    return Mark(icon, outcome(slug) if slug else _("Waiting for the decision"), tone)


# --- conditions, problems, refusals -----------------------------------------------------------------------------


def condition_label(condition: Any) -> str:
    """A condition in words: the model's own, else ours."""
    if condition.label:
        return str(condition.label)
    return {
        "opinions_in": _("All opinions are in, or the time for them is over"),
        "opinions_explained": _("Every remark is accepted or explained"),
        "four_eyes": _("Drafter and decider are two people"),
        "signature": _("Initialled by the head of the unit"),
        "form": _("The required fields are filled in"),
        "document": _("The document is there"),
    }.get(condition.code, condition.code)


def condition_note(condition: Any) -> str:
    """What is still missing of a condition, or by what it is met."""
    told = condition.params
    if condition.state == "met":
        parts = []
        if told.get("number"):
            parts.append(_("version %(number)s", number=f"{told['number']}.0"))
        if told.get("at"):
            parts.append(day(told["at"]))
        if told.get("by_name"):
            parts.append(str(told["by_name"]))
        return " · ".join(parts)
    if condition.code == "document":
        return _("no version yet")
    if condition.code in ("opinions_explained", "opinions_in") and told.get("count"):
        return (
            ngettext("%(num)d remark not explained yet", "%(num)d remarks not explained yet", told["count"])
            if condition.code == "opinions_explained"
            else ngettext("%(num)d reply missing", "%(num)d replies missing", told["count"])
        )
    return _("not met yet")


def condition_mark(state: str) -> Mark:
    """The icon and tone of a condition."""
    return {
        "met": Mark("circle-check", _("met"), "ok"),
        "missing": Mark("circle-dashed", _("missing"), "warn"),
        "failed": Mark("circle-x", _("failed"), "late"),
    }[state]


def problem(reason: Any) -> str:
    """What is wrong with one field, as an instruction."""
    told = dict(reason.params)
    match reason.code:
        case "required":
            return _("Fill in this field")
        case "too_short" if "min" in told:
            return _("Write at least %(min)s characters", min=told["min"])
        case "too_long" if "max" in told:
            return _("Write at most %(max)s characters", max=told["max"])
        case "not_a_number":
            return _("Write a number, for example 12 or 12,5")
        case "min" if "min" in told:
            return _("The smallest value is %(min)s", min=told["min"])
        case "max" if "max" in told:
            return _("The largest value is %(max)s", max=told["max"])
        case "not_a_date":
            return _("Write a date as dd/mm/yyyy")
        case "not_an_option":
            return _("Choose one of the values in the list")
        case "wrong_password" | "bad_credentials":
            return _("The password is not right. Nothing was signed.")
        case "password_missing":
            return _("Give the password to sign")
        case "throttled":
            return wait_text(told.get("retry_after", 60))
        case "wrong_pattern":
            return _("Write it in the form that is asked for")
        case "empty_file":
            return _("The file is empty")
        case "wrong_type":
            return _("Files of this kind are not accepted. Upload PDF, Word, Excel or a picture.")
        case "no_file":
            return _("Choose a file first")
        case _:
            return str(reason.message or reason.code)


def wait_text(seconds: Any) -> str:
    """How long to wait after too many wrong passwords."""
    minutes = max(1, -(-int(seconds) // 60))
    return ngettext("Try again in %(num)d minute", "Try again in %(num)d minutes", minutes)


FIELDS = {
    "person": N_("To whom"),
    "response": N_("Accept or explain"),
    "outcome": N_("Decision"),
    "reason": N_("Reason"),
    "password": N_("Password"),
    "file": N_("File"),
    "text": N_("Text"),
    "title": N_("Title"),
}


def why_not(reason: Any) -> str:
    """Why this person may not finish this task."""
    return refusal_text(reason.code, dict(reason.params))


def refusal_text(code: str, told: dict[str, Any]) -> str:
    """One sentence for a code of Forbidden or Conflict."""
    match code:
        case "not_mine" if told.get("holder"):
            return _("%(who)s has taken this task.", who=told["holder"])
        case "not_candidate" | "role":
            return _("This task is for somebody else's seat.")
        case "not_assignee" | "not_mine":
            return _("Somebody else has taken this task.")
        case "four_eyes":
            return _("Who drafted it cannot also decide on it.")
        case "already_completed":
            return _("This task is done already.")
        case "already_claimed":
            return _("Somebody else took this task first.")
        case "withdrawn":
            return _("This task was withdrawn because the case has moved on.")
        case "stale":
            return _("The task has changed since this page was opened.")
        case "no_mandate":
            return _("There is no mandate in force for this signature.")
        case "opinions_explained":
            return _("Some remarks are neither accepted nor explained.")
        case "opinions_in":
            return _("Some opinions are not in yet.")
        case "document":
            return _("Missing document: %(name)s", name=told.get("label") or "…")
        case "already_running":
            return _("Case %(code)s for this focus task is already running.", code=told.get("case", "…"))
        case "decides_not_drafts":
            return _("Who decides does not change the documents; return them with the reason instead.")
        case "not_drafter":
            return _("Only the drafter accepts or explains remarks.")
        case "case_ended":
            return _("The case is closed.")
        case "not_answered":
            return _("This opinion has not been answered yet.")
        case "password_required":
            return _("A signature needs the password once more.")
        case "busy":
            return _("Many people are saving at this moment. Try again in a few seconds.")
        case "no_process":
            return _("There is no process for this focus task yet.")
        case _:
            return ""


def refusal(error: Any) -> tuple[str, str, list[str]]:
    """Title, text and what to do now for a refusal of the engine's."""
    kind, code, told = type(error).__name__, error.code, dict(error.params)
    said = refusal_text(code, told)
    unchanged = _("Nothing was changed.")
    if kind == "NotFound":
        return (
            _("Not found, or not open to this account"),
            _("What the address names does not exist, or the unit that holds it has not opened it to this account."),
            [_("Check the address."), _("Ask the unit that holds the case for access.")],
        )
    if kind == "Forbidden":
        return (
            _("This account may not do that"),
            f"{said} {unchanged}" if said else unchanged,
            [_("Ask whoever holds the task, or the head of the unit, to do it or to pass it on.")],
        )
    if kind == "TooLarge":
        return (
            _("The file is too large"),
            _("The file was not stored. Files of up to %(limit)s are accepted.", limit=size(int(told.get("limit", 0)))),
            [_("Save the document as PDF, or reduce the pictures in it, and upload it again.")],
        )
    if kind == "Conflict":
        if code == "stale":
            return (
                _("Somebody saved in the meantime"),
                _("The task has changed since this page was opened. %(unchanged)s", unchanged=unchanged),
                [_("Open the task again, compare with what was typed below, then send it again.")],
            )
        title = {
            "already_completed": _("The task is done already"),
            "already_claimed": _("Somebody else took the task first"),
            "withdrawn": _("The task was withdrawn"),
            "gate_closed": _("The conditions are not met yet"),
            "already_running": _("The case is already open"),
        }.get(code, _("It is not possible at this moment"))
        text = {
            "already_completed": _("It was finished before this action arrived; the action was not repeated."),
            "already_claimed": _("The task was not assigned to this account."),
            "withdrawn": _("The case has moved on without it, so there is nothing left to finish."),
        }.get(code, f"{said} {unchanged}" if said else unchanged)
        return (
            title,
            text,
            [reason_text(reason) for reason in error.reasons] or [_("Open the task again to see where it stands.")],
        )
    if kind == "DefinitionError":
        return _("The model cannot be used"), unchanged, [str(problem) for problem in error.problems]
    return (
        _("Some entries are not right"),
        unchanged,
        [f"{field_label(name)}: {problem(found[0])}" for name, found in error.fields.items()],
    )


def reason_text(reason: Any) -> str:
    """One reason of a closed gate."""
    return refusal_text(reason.code, dict(reason.params)) or str(reason.message)


def field_label(name: str) -> str:
    """What an entry is called when the form does not say."""
    return _(FIELDS[name]) if name in FIELDS else name


# --- journal and notices ----------------------------------------------------------------------------------------

EVENTS = {
    "case.started": N_("Case opened"),
    "case.completed": N_("Case closed"),
    "case.cancelled": N_("Case cancelled"),
    "task.claimed": N_("Took the task: %(name)s"),
    "task.released": N_("Gave the task back: %(name)s"),
    "task.assigned": N_("Passed on to %(to)s: %(name)s"),
    "task.completed": N_("Finished: %(name)s"),
    "gate.decided": N_("%(outcome)s: %(name)s"),
    "opinion.given": N_("Opinion sent: %(outcome)s"),
    "document.added": N_("Uploaded %(filename)s, version %(number)s.0"),
    "opinion.responded": N_("Answered a remark: %(response)s"),
    "timer.fired": N_("Time reached: %(name)s"),
    "job.completed": N_("Done by the system: %(name)s"),
    "incident.raised": N_("Technical trouble at: %(name)s"),
    "incident.resolved": N_("Technical trouble resolved at: %(name)s"),
}


class _Gaps(dict[str, Any]):
    """Parameters of a sentence, with "…" for what an entry does not tell."""

    def __missing__(self, key: str) -> str:
        return "…"


def event(kind: str, params: dict[str, Any], names: dict[str, str] | None = None) -> str:
    """A journal entry or notice as a sentence. `names`: what the elements of the process are called."""
    told = _Gaps(params)
    if "name" not in told:
        known = (names or {}).get(str(told.get("element", "")))
        told["name"] = known or told.get("task_name") or told.get("title") or told.get("task") or "…"
    if "outcome" in told:
        told["outcome"] = outcome(told["outcome"])
    if told.get("response") in RESPONSES:
        message = RESPONSES[told["response"]][1]
        told["response"] = _(message)
    message = NOTICES.get(kind) or EVENTS.get(kind) or N_("Notice: %(name)s")
    # What has no name is told without one: "Đến giờ hẹn".
    return (_(message) % told).removesuffix(": …")


NOTICES = {
    "task_assigned": N_("New task: %(name)s"),
    "task_returned": N_("Returned for changes: %(name)s"),
    "task_due_soon": N_("Due soon: %(name)s"),
    "task_late": N_("Overdue: %(name)s"),
    "case_late": N_("The case is behind the plan: %(name)s"),
    "case_overdue": N_("The case is past its latest date: %(name)s"),
    "case_completed": N_("Case closed: %(name)s"),
    "consultation_closed": N_("The round of opinions is closed: %(name)s"),
    "incident": N_("Technical trouble at: %(name)s"),
    # kinds that our models send (header `template` of a job); those of others are told by their case
    "nhac_gop_y": N_("An opinion is still awaited: %(name)s"),
    "cham_ke_hoach": N_("The case is behind the plan: %(name)s"),
    "qua_han": N_("The case is past its latest date: %(name)s"),
    "da_ban_hanh": N_("The document was issued: %(name)s"),
}

DONE = {
    "claimed": N_("The task is taken."),
    "released": N_("The task was given back to the group."),
    "assigned": N_("Passed on to %(what)s."),
    "saved": N_("The draft is saved."),
    "uploaded": N_("The new version is stored."),
    "completed": N_("Finished: %(what)s."),
    "signed": N_("Signed: %(what)s."),
    "approve": N_("Approved: %(what)s."),
    "edit": N_("Approved with edits: %(what)s."),
    "return": N_("Returned for changes: %(what)s."),
    "refuse": N_("Rejected: %(what)s."),
    "opinion": N_("The opinion was sent: %(what)s."),
    "responded": N_("The answer to the remark is saved."),
    "started": N_("The case is open."),
}


def done(told: Any) -> str:
    """What the page before this one did."""
    return _(DONE[told.code]) % {"what": told.what} if told.code in DONE else ""


# --- prose ------------------------------------------------------------------------------------------------------

COMPOUNDS = (
    "Chỉ thị",
    "Kế hoạch",
    "khoa học",
    "Khoa học",
    "công nghệ",
    "Công nghệ",
    "Chủ tịch",
    "dự thảo",
    "Dự thảo",
    "Giám đốc",
    "Trưởng phòng",
    "Hội đồng",
    "Văn phòng",
    "Chuyên viên",
    "ý kiến",
)
_COMPOUND = re.compile(r"(?<!\w)(" + "|".join(re.escape(text) for text in COMPOUNDS) + r")(?!\w)")
_NUMBERED = re.compile(r"(?<=\w) (?=\d{1,3}\b(?![/:.,]\d))")


def glue(text: Any) -> str:
    """Keep compounds and "Dự thảo 2" on one line: browsers do not know where a Vietnamese word ends."""
    if text is None:
        return ""
    joined = _COMPOUND.sub(lambda found: found[0].replace(" ", "\u00a0"), str(text))
    return _NUMBERED.sub("\u00a0", joined)


def paragraphs(text: str | None) -> Markup:
    """Plain text as paragraphs: a blank line parts them, a single break stays one. Everything is escaped."""
    blocks = [block.strip() for block in re.split(r"\n\s*\n", text or "") if block.strip()]
    return Markup("").join(
        Markup("<p>{}</p>").format(Markup("<br>").join(escape(glue(line)) for line in block.splitlines()))
        for block in blocks
    )


def install(app: Flask) -> None:
    """Give templates these words."""
    app.jinja_env.filters.update(
        day=day,
        full_day=full_day,
        weekday=weekday,
        clock=clock,
        stamp=stamp,
        month=month,
        size=size,
        glue=glue,
        paragraphs=paragraphs,
        problem=problem,
        outcome=outcome,
    )
    app.jinja_env.globals["say"] = sys.modules[__name__]
    app.jinja_env.globals["wait_text"] = wait_text
