"""Why something was refused: one field, one condition, one action; each with what can be done now."""

from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext

from webui.wording.dates import size
from webui.wording.marks import N_


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
        case "before_first" | "out_of_range":
            return _("Give a day from the first day on, within a year")
        case "kept_apart":
            return _("Who administers, draws processes, inspects or keeps numbers does not stand in here")
        case "before_decision":
            return _("Give a day from the day of the decision on")
        case "in_the_past":
            return _("Give a day that is not over")
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
        case "before_start":
            return _("The end lies before the start")
        case "out_of_range":
            return _("This is too far away")
        case "worked_anyway":
            return _("A day from Monday to Friday is worked anyway")
        case "off_anyway":
            return _("A Saturday or Sunday is off anyway")
        case "empty_file":
            return _("The file is empty")
        case "wrong_type":
            return _("Files of this kind are not accepted. Upload PDF, Word, Excel or a picture.")
        case "no_file":
            return _("Choose a file first")
        case "same_person":
            return _("Who decided is somebody else than who records it")
        case "after_received":
            return _("The paper cannot be younger than the day on which it came")
        case "in_the_future":
            return _("Give a day that has come")
        case "already_asked":
            return _("%(who)s has been asked already", who=told.get("who", "…"))
        case _:
            return str(reason.message or reason.code)


def wait_text(seconds: Any) -> str:
    """How long to wait after too many wrong passwords."""
    minutes = max(1, -(-int(seconds) // 60))
    return ngettext("Try again in %(num)d minute", "Try again in %(num)d minutes", minutes)


FIELDS = {
    "day": N_("Day"),
    "first_day": N_("First day"),
    "last_day": N_("Last day"),
    "deputy": N_("Who stands in"),
    "form": N_("Form of signing"),
    "kinds": N_("Kinds of documents"),
    "scope": N_("Limited to"),
    "valid_from": N_("First day"),
    "valid_to": N_("Last day"),
    "kind": N_("Kind"),
    "half": N_("Half day"),
    "name": N_("Name"),
    "source": N_("Source document"),
    "person": N_("To whom"),
    "response": N_("Accept or explain"),
    "outcome": N_("Decision"),
    "reason": N_("Reason"),
    "kept_unchanged": N_("Why it stays unchanged"),
    "password": N_("Password"),
    "file": N_("File"),
    "remarks": N_("Remarks"),
    "decided_by": N_("Who decided"),
    "number": N_("Number and symbol"),
    "dated": N_("Day of the paper"),
    "received_on": N_("Received on"),
    "channel": N_("How it came"),
    "participants": N_("Whom to ask as well"),
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
        case "calendar_changed":
            return _("Somebody else has changed the calendar since this page was opened.")
        case "no_authority":
            return _(
                "No authority to sign here: this account holds neither the seat nor a mandate for this kind of "
                "document that is in force. Ask the holder of the seat for a mandate, or leave it to them."
            )
        case "no_sub_delegation":
            return _("A mandate is given by the holder of the seat alone and is not passed on.")
        case "mandate_over":
            return _("This mandate is not in force any more.")
        case "opinions_explained":
            return _("Some remarks are neither accepted nor explained.")
        case "opinions_enough":
            return _("Fewer have answered than are needed.")
        case "not_recorder":
            return _("Only the records clerk and the case's drafter record what came on paper.")
        case "not_outside":
            return _(
                "The department's own people decide in their own name; only papers of outside bodies are recorded."
            )
        case "own_opinion":
            return _("One's own opinion is given, not recorded for somebody.")
        case "is_opinion":
            return _("This is an opinion; it is recorded with its remarks.")
        case "already_answered":
            return _("They have answered already.")
        case "round_open":
            return _("The round is still open; answer in the task.")
        case "round_closed":
            return _("The round is closed already.")
        case "nothing_open":
            return _("All of these remarks are answered already.")
        case "not_portal":
            return _("Remarks of citizens belong to a posting on the portal.")
        case "opinions_in":
            return _("Some opinions are not in yet.")
        case "document":
            return _("Missing document: %(name)s", name=told.get("label") or "…")
        case "revised":
            return _(
                "%(name)s was returned and has not changed since. Upload a new version, or say why it stays unchanged.",
                name=told.get("label") or "…",
            )
        case "already_running":
            return _("Case %(code)s for this focus task is already running.", code=told.get("case", "…"))
        case "decides_not_drafts":
            return _("Who decides does not change the documents; return them with the reason instead.")
        case "not_drafters_paper":
            return _("This paper is part of a decision or an opinion; the drafter does not change it.")
        case "not_drafter":
            return _("Only the drafter accepts or explains remarks.")
        case "case_ended":
            return _("The case is closed.")
        case "number_state":
            return _("Number %(symbol)s was changed in the meantime.", symbol=told.get("symbol", "…"))
        case "number_state":
            return _("Number %(symbol)s was changed in the meantime.", symbol=told.get("symbol", "…"))
        case "reconfirm" | "reconfirm_returned":
            return _(
                "%(name)s was changed after it was approved; the approval has to be given anew first.",
                name=told.get("document", "…"),
            )
        case "not_comparable":
            return _("These two versions cannot be compared in words; only Word files of ordinary length can.")
        case "only_version":
            return _("There is only one version, so there is nothing to compare it with.")
        case "not_convertible" | "no_converter":
            return _("This file could not be turned into PDF. Download it to read.")
        case "paper_unwritable":
            return _("The template cannot be filled in; an administrator has to look at it.")
        case "issued":
            return _("The document has a number already; what is issued does not change any more.")
        case "open_task":
            return _("A task that makes this document is open; add the version there.")
        case "document_exists":
            return _("The document is there already.")
        case "absent_already":
            return _("An absence in these days is written down already; end that one first.")
        case "absence_over":
            return _("This absence is over.")
        case "not_awaited":
            return _("The case does not wait for this any more; somebody may have recorded it already.")
        case "not_open":
            return _("A step that was done before is not open at its turn; check the order of the steps.")
        case "evidence_missing":
            return _("Documents that prove a step are missing: %(names)s", names=", ".join(told.get("missing") or ()))
        case "resolved":
            return _("The technical trouble is resolved already.")
        case "no_drafter":
            return _("Nobody has been chosen as drafter yet.")
        case "not_answered":
            return _("This opinion has not been answered yet.")
        case "password_required":
            return _("A signature needs the password once more.")
        case "busy":
            return _("Many people are saving at this moment. Try again in a few seconds.")
        case "analysts_only":
            return _("Only analysts of processes draw and deploy them.")
        case "draft_changed":
            return _("Somebody else has changed the draft in the meantime.")
        case "draft_exists":
            return _("A draft of this process is open already.")
        case "process_exists":
            return _("There is a process with this code already")
        case "nothing_new":
            return _("The draft is the same as the version in force; there is nothing to deploy.")
        case "no_process":
            return _("There is no process for this focus task yet.")
        case "plan_role":
            return _("The Department Office prepares plans; the director or the head of the office adopts them.")
        case "plan_not_draft":
            return _("This version is no draft any more.")
        case "plan_changed":
            return _("Another version was adopted since this draft was made. Read the document in again.")
        case "plan_has_cases":
            return _("Cases stand under this draft already.")
        case "plan_not_in_force":
            return _("This plan is not in force.")
        case "running_left_out":
            return _("A case of %(code)s is running, but the new version has no such task.", code=told.get("code", "…"))
        case "year_unclear":
            return _("It is not clear yet what becomes of every task.")
        case "too_early":
            return _("The plan of %(year)s can be closed from December on.", year=told.get("year", "…"))
        case "draft_open":
            return _("A draft of this year’s plan is open. Adopt it or throw it away.")
        case "next_in_force":
            return _("The plan of %(year)s is in force already.", year=told.get("year", "…"))
        case "no_task":
            return _("The plan has no task %(code)s.", code=told.get("code", "…"))
        case "carried_and_left":
            return _("%(code)s is both carried on and given up.", code=told.get("code", "…"))
        case "finished":
            return _("%(code)s is finished; there is nothing to carry on.", code=told.get("code", "…"))
        case "still_running":
            return _(
                "%(code)s is still running (%(cases)s). Carry it on, or end its cases first.",
                code=told.get("code", "…"),
                cases=told.get("cases", "…"),
            )
        case "not_begun":
            return _("%(code)s was not begun. Carry it on, or say why it is given up.", code=told.get("code", "…"))
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
