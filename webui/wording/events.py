"""What happened: entries of the journal, notices, and what was just done."""

from datetime import date
from typing import Any

from flask_babel import gettext as _

from webui.wording.dates import full_day
from webui.wording.decisions import RESPONSES, opinion, outcome
from webui.wording.marks import N_

EVENTS = {
    "case.started": N_("Case opened"),
    "case.completed": N_("Case closed"),
    "case.cancelled": N_("Case cancelled"),
    "case.drafter_changed": N_("Drafter changed from %(from)s to %(to)s"),
    "task.claimed": N_("Took the task: %(name)s"),
    "task.released": N_("Gave the task back: %(name)s"),
    "task.assigned": N_("Passed on to %(to)s: %(name)s"),
    "task.completed": N_("Finished: %(name)s"),
    "task.entered": N_("Entered later as done: %(name)s"),
    "message.received": N_("Recorded as received: %(message)s"),
    "gate.decided": N_("%(outcome)s: %(name)s"),
    "opinion.given": N_("Opinion sent: %(outcome)s"),
    "document.added": N_("Uploaded %(filename)s, version %(number)s.0"),
    "document.revised": N_("Mended %(filename)s, version %(number)s.0: %(reason)s"),
    "document.waived": N_("Not needed: %(artefact)s. %(reason)s"),
    "gate.confirmed": N_("Asked anew, %(outcome)s: %(name)s"),
    "opinion.responded": N_("Answered a remark: %(response)s"),
    "opinion.late": N_("Opinion after the round was closed: %(outcome)s"),
    "opinion.withdrawn": N_("Taken off the round: %(name)s"),
    "recipients.added": N_("Asked further recipients: %(name)s"),
    "portal.remarks": N_("Recorded %(count)s remarks of citizens"),
    "timer.fired": N_("Time reached: %(name)s"),
    "task.escalated": N_("Reminded (level %(level)s): %(name)s"),
    "case.retimed": N_("Due dates counted anew after a change of the working calendar"),
    "case.plan_moved": N_("Now under version %(version)s of the plan of %(year)s"),
    "case.archived": N_("Archived with the plan of %(year)s"),
    "case.dates_changed": N_("The plan has other months for this case"),
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
        told["outcome"] = (opinion if kind in ("opinion.given", "opinion.late") else outcome)(told["outcome"])
    if told.get("response") in RESPONSES:
        message = RESPONSES[told["response"]][1]
        told["response"] = _(message)
    for key in ("due", "was"):
        if key in told:
            told[key] = full_day(date.fromisoformat(told[key])) if told[key] else "–"
    message = NOTICES.get(kind) or EVENTS.get(kind) or N_("Notice: %(name)s")
    # What has no name is told without one: "Đến giờ hẹn".
    said = (_(message) % told).removesuffix(": …")
    return f"{said} ({_('recorded for: %(who)s', who=told['decided_by'])})" if "decided_by" in told else said


NOTICES = {
    "task_assigned": N_("New task: %(name)s"),
    "drafter_given": N_("You are now the drafter of: %(name)s"),
    "drafter_taken": N_("Somebody else now drafts: %(name)s"),
    "task_returned": N_("Returned for changes: %(name)s"),
    "returned_too_often": N_("Returned %(rounds)s times at “%(task)s”: %(name)s"),
    "deputy_named": N_("You stand in for %(person_name)s from %(from)s to %(to)s"),
    "done_for_you": N_("Back again: see what %(by_name)s did in your name"),
    "mandate_given": N_("%(by_name)s gave a mandate to sign, %(form)s, by decision %(number)s"),
    "mandate_revoked": N_("%(by_name)s revoked the mandate %(form)s by decision %(number)s"),
    "confirm_again": N_("A document changed after the approval; confirm anew: %(name)s"),
    "plan_adjusted": N_("The plan of %(year)s was adjusted, version %(version)s: %(code)s. %(reason)s"),
    "task_due_soon": N_("Due soon: %(name)s"),
    "task_late": N_("Overdue: %(name)s"),
    "task_half_time": N_("Half of the time is over: %(name)s"),
    "due_moved": N_("Now due %(due)s, no longer %(was)s: %(task)s"),
    "case_late": N_("The case is behind the plan: %(name)s"),
    "case_overdue": N_("The case is past its latest date: %(name)s"),
    "case_completed": N_("Case closed: %(name)s"),
    "consultation_closed": N_("The round of opinions is closed: %(name)s"),
    "incident": N_("Technical trouble at: %(name)s"),
    "round_closed": N_("The round is closed without your opinion; a late one is still kept: %(name)s"),
    "opinion_withdrawn": N_("Your opinion is not needed any more: %(name)s"),
    "opinion_recorded": N_("Your reply on paper was recorded: %(name)s"),
    "late_opinion": N_("An opinion came late from %(who)s: %(name)s"),
    "remind_by_letter": N_("To be reminded by letter, as they have no account: %(who)s"),
    # kinds that our models send (header `template` of a job); those of others are told by their case
    "nhac_gop_y": N_("An opinion is still awaited: %(name)s"),
    "nhac_viec": N_("A reply is still awaited: %(name)s"),
    "thieu_tap_huan": N_("Trainings of the plan are still missing: %(name)s"),
    "cham_ke_hoach": N_("The case is behind the plan: %(name)s"),
    "nhac_bao_cao": N_("The unit’s report is due today: %(name)s"),
    "cham_bao_cao": N_("A unit has not reported: %(name)s"),
    "cham_tra_loi": N_("An outside body is late: %(name)s"),
    "qua_han": N_("The case is past its latest date: %(name)s"),
    "da_ban_hanh": N_("The document was issued: %(name)s"),
    "han_truoc_ky_hop": N_("Last day before the council's session: %(name)s"),
    "tai_lieu_ky_hop": N_("Papers of the council's session are ready: %(name)s"),
}

DONE = {
    "claimed": N_("The task is taken."),
    "released": N_("The task was given back to the group."),
    "assigned": N_("Passed on to %(what)s."),
    "retried": N_("The step that had stopped was tried again."),
    "drafter_replaced": N_("%(what)s is now the drafter of the case."),
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
    "accepted_all": N_("Accepted: %(what)s."),
    "opinion_kept_late": N_("The late opinion is kept and marked."),
    "paper_recorded": N_("Recorded from paper: %(what)s."),
    "recipients_added": N_("Asked as well: %(what)s."),
    "recipient_withdrawn": N_("Taken off the round: %(what)s."),
    "citizens_recorded": N_("The remarks of citizens are recorded."),
    "started": N_("The case is open."),
    "absence_announced": N_("The absence is written down: %(what)s."),
    "absence_ended": N_("The absence is ended."),
    "mandate_given": N_("The mandate is given: %(what)s."),
    "mandate_revoked": N_("The mandate is revoked."),
    "calendar_changed": N_("The calendar is changed: %(what)s."),
    "received": N_("Recorded: %(what)s."),
    "revised": N_("The new version is stored; who had approved is asked anew."),
    "waived": N_("The reason is written down; the document is not asked for any more."),
    "reserved": N_("Reserved: %(what)s."),
    "number_changed": N_("The number book is up to date."),
    "plan_drafted": N_("The document is stored as a draft of the plan."),
    "plan_amended": N_("The draft has these months now."),
    "plan_dropped": N_("The draft is gone."),
    "plan_adopted": N_("Version %(what)s of the plan is in force."),
    "year_closed": N_("The plan of %(what)s is closed."),
    "model_uploaded": N_("The file is stored as a draft."),
    "draft_begun": N_("The draft is begun."),
    "draft_dropped": N_("The draft was dropped; its revisions are kept."),
    "draft_restored": N_("The earlier revision is the draft again."),
}


def done(told: Any) -> str:
    """What the page before this one did."""
    return _(DONE[told.code]) % {"what": told.what} if told.code in DONE else ""


ORIGINS = {
    "ubnd_giao": N_("Assigned by the Provincial People’s Committee"),
    "so_dang_ky": N_("Registered by the Director of the Department"),
}


def origin(code: str | None) -> str:
    """Where a focus task comes from."""
    return _(ORIGINS[code]) if code in ORIGINS else (code or "")
