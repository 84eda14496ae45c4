"""Rounds of opinions: replies on paper and late ones, further recipients, citizens' remarks, the collated table."""

import io
from dataclasses import replace
from datetime import date
from typing import Any

from flask import Blueprint, abort, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

import engine as core
from webui import files, wording
from webui.frame import actor, engine, go, lang
from webui.tasks import answers, context, further_remarks, number

pages = Blueprint("consulting", __name__)
TASK, CASE = "/viec/<task_id>", "/ho-so/<case_id>"
PAPER = ("decided_by", "number", "dated", "received_on", "channel")
BLANK_LINES = 5


# --- what came on paper -------------------------------------------------------------------------------------------


@pages.route(f"{TASK}/ghi-nhan-thay", methods=["GET", "POST"])
def record(task_id: str) -> ResponseReturnValue:
    """Record an opinion or a decision that came on paper."""
    task = engine().queries.task(actor(), task_id, lang())
    opinion = task.consultation.opinions[0] if task.kind == "opinion" and task.consultation else None
    may = opinion.may_record if opinion else "record" in task.rights
    if not may and request.method == "GET":
        return go(url_for("tasks.show", task_id=task_id))
    if request.method == "GET":
        return render_template("record.html", **context(task, **_paper(opinion)))
    try:
        _record(task, opinion)
    except core.Invalid as error:
        return _again(task, opinion, error.fields, _("The paper was not recorded"), "record.html")
    except core.Conflict as error:
        if error.code != "gate_closed":
            raise
        found = [(None, wording.reason_text(reason)) for reason in error.reasons]
        shown = {**_paper(opinion), "problems": found, "problem_title": _("The paper was not recorded")}
        return render_template("record.html", **context(task, **shown)), 409
    who = opinion.who if opinion else request.form.get("decided_by", "").strip()
    return go(url_for("cases.show", case_id=task.case_id, phan="y-kien" if opinion else "cong"), "paper_recorded", who)


def _record(task: Any, opinion: Any) -> None:
    given = {key: value for key, value in answers().items() if key not in PAPER}
    dated, received = _day("dated"), _day("received_on")
    file = request.files.get("paper")
    name, content = (file.filename or "", file.read()) if file is not None else ("", b"")
    told = {name: request.form.get(name, "").strip() for name in PAPER}
    if opinion is None:
        engine().recording.record_decision(
            actor(),
            task.id,
            given,
            told["number"],
            dated,
            told["decided_by"],
            name,
            content,
            received,
            told["channel"] or "giay",
            seen_version=number("seen_version"),
        )
        return
    outcome = str(given.pop("outcome", "") or "")
    more = given.pop("remarks", [])
    first = [{"clause": given.pop("dieu_khoan", ""), "text": given.pop("noi_dung", "")}]
    remarks = [one for one in first if one["text"] or one["clause"]] + more
    engine().consulting.record_for(
        actor(),
        opinion.id,
        outcome,
        remarks,
        told["number"],
        dated,
        received,
        told["channel"] or "giay",
        name,
        content,
        told["decided_by"],
        answers=given,
    )


def _day(name: str) -> date | None:
    text = request.form.get(name, "").strip()
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as error:
        raise core.Invalid({name: [core.Reason("not_a_date", "expected a day")]}) from error


def _paper(opinion: Any) -> dict[str, Any]:
    """What was typed about the paper; who answers is who was asked, unless said otherwise."""
    typed = {name: request.form.get(name, "") for name in PAPER}
    if request.method == "GET" and opinion is not None:
        typed["decided_by"] = opinion.who
    return {"opinion": opinion, "paper": typed, "accept": files.ACCEPT, "wrong": {}}


def _again(task: Any, opinion: Any, fields: Any, title: str, template: str) -> ResponseReturnValue:
    """The same page with what was typed and what is wrong with it."""
    labels = {field.key: field.label for field in task.form.fields if field.key} if task.form else {}
    wrong = {key: wording.problem(reasons[0]) for key, reasons in fields.items()}
    found = [(f"f-{key}", f"{labels.get(key) or wording.field_label(key)}: {text}") for key, text in wrong.items()]
    more = {**_paper(opinion), "wrong": wrong, "problems": found, "problem_title": title, "remarks": further_remarks()}
    more |= {"chosen": request.form.get("outcome"), "reason": request.form.get("reason", "")}
    if task.form:
        typed = answers()
        shown = [
            replace(field, problems=list(fields.get(field.key, ())), value=typed.get(field.key, field.value))
            if field.key
            else field
            for field in task.form.fields
        ]
        task = replace(task, form=replace(task.form, fields=tuple(shown)))
    return render_template(template, **context(task, **more)), 422


# --- answering late -----------------------------------------------------------------------------------------------


@pages.route(f"{TASK}/gui-muon", methods=["GET", "POST"])
def late(task_id: str) -> ResponseReturnValue:
    """Answer after the round was closed: kept, and marked as late."""
    task = engine().queries.task(actor(), task_id, lang())
    opinion = task.consultation.opinions[0] if task.kind == "opinion" and task.consultation else None
    if opinion is None or (not opinion.may_answer_late and request.method == "GET"):
        return go(url_for("tasks.show", task_id=task_id))
    if request.method == "GET":
        return render_template("late_opinion.html", **context(task, **_paper(opinion)))
    try:
        engine().consulting.answer_late(actor(), opinion.id, answers())
    except core.Invalid as error:
        return _again(task, opinion, error.fields, _("The opinion was not sent"), "late_opinion.html")
    return go(url_for("tasks.show", task_id=task_id), "opinion_kept_late")


# --- who is asked -------------------------------------------------------------------------------------------------


def _round(case_id: str, round_id: str) -> tuple[Any, Any]:
    case = engine().queries.case(actor(), case_id, lang())
    found = next((one for one in case.consultations if one.id == round_id), None)
    if found is None:
        abort(404)
    return case, found


@pages.route(f"{CASE}/dot/<round_id>/them-noi-nhan", methods=["GET", "POST"])
def add(case_id: str, round_id: str) -> ResponseReturnValue:
    """Ask further bodies while the round is open."""
    case, round_ = _round(case_id, round_id)
    back = url_for("cases.show", case_id=case.id, phan="y-kien")
    if not round_.may_add and request.method == "GET":
        return go(back)
    options = engine().queries.recipients(actor(), round_.id)
    shown = {"case": case, "round": round_, "options": options, "problems": [], "wrong": {}, "picked": []}
    if request.method == "GET":
        return render_template("recipients.html", **shown)
    picked = [key for key in request.form.getlist("participants") if key in dict(options)]
    named = [f"affected_parties@{line.strip()}" for line in request.form.get("named", "").splitlines() if line.strip()]
    try:
        engine().consulting.add_recipients(actor(), round_.id, [*picked, *named], request.form.get("reason", ""))
    except core.Invalid as error:
        wrong = {key: wording.problem(reasons[0]) for key, reasons in error.fields.items()}
        found = [(f"f-{key}", f"{wording.field_label(key)}: {text}") for key, text in wrong.items()]
        shown |= {"problems": found, "wrong": wrong, "picked": picked, "problem_title": _("Nobody was asked as well")}
        return render_template("recipients.html", **shown), 422
    names = [dict(options)[key] for key in picked] + [key.partition("@")[2] for key in named]
    return go(back, "recipients_added", ", ".join(names))


@pages.route(f"{CASE}/y-kien/<opinion_id>/rut", methods=["GET", "POST"])
def withdraw(case_id: str, opinion_id: str) -> ResponseReturnValue:
    """Take somebody off an open round, with a reason."""
    case = engine().queries.case(actor(), case_id, lang())
    back = url_for("cases.show", case_id=case.id, phan="y-kien")
    opinion = next((o for round_ in case.consultations for o in round_.opinions if o.id == opinion_id), None)
    if opinion is None:
        abort(404)
    if not opinion.may_withdraw and request.method == "GET":
        return go(back)
    if request.method == "GET":
        return render_template("withdraw.html", case=case, opinion=opinion, problems=[], wrong={})
    try:
        engine().consulting.withdraw_recipient(actor(), opinion.id, request.form.get("reason", ""))
    except core.Invalid as error:
        wrong = {key: wording.problem(reasons[0]) for key, reasons in error.fields.items()}
        found = [(f"f-{key}", f"{wording.field_label(key)}: {text}") for key, text in wrong.items()]
        more = {"problems": found, "wrong": wrong, "problem_title": _("Nobody was taken off the round")}
        return render_template("withdraw.html", case=case, opinion=opinion, **more), 422
    return go(back, "recipient_withdrawn", opinion.who)


# --- the portal ---------------------------------------------------------------------------------------------------


@pages.route(f"{TASK}/y-kien-cong-dan", methods=["GET", "POST"])
def citizens(task_id: str) -> ResponseReturnValue:
    """Write down citizens' remarks on what was posted, as a small table."""
    task = engine().queries.task(actor(), task_id, lang())
    if "portal" not in task.rights and request.method == "GET":
        return go(url_for("tasks.show", task_id=task_id))
    names = ("who", "clause", "text")
    lines = [
        dict(zip(names, line, strict=True))
        for line in zip(*(request.form.getlist(name) for name in names), strict=False)
        if any(part.strip() for part in line)
    ]
    if request.method == "GET":
        return render_template("citizens.html", **context(task, lines=[], blank=BLANK_LINES, wrong={}))
    try:
        said = [(line["who"], line["clause"], line["text"]) for line in lines]
        engine().consulting.add_portal_remarks(actor(), task.id, said)
    except core.Invalid as error:
        found = [("f-who-1", wording.problem(reasons[0])) for reasons in error.fields.values()]
        title = _("The remarks were not recorded")
        shown = {"lines": lines, "blank": BLANK_LINES, "wrong": {}, "problems": found, "problem_title": title}
        return render_template("citizens.html", **context(task, **shown)), 422
    return go(url_for("cases.show", case_id=task.case_id, phan="y-kien"), "citizens_recorded")


# --- the collated table -------------------------------------------------------------------------------------------


@pages.get(f"{CASE}/bang-tong-hop.docx")
def collated(case_id: str) -> ResponseReturnValue:
    """The collated table as a Word document: all rounds, or the one in `dot`."""
    wanted = request.args.getlist("dot") or None
    by = "agency" if request.args.get("nhom") == "co-quan" else "clause"
    found = engine().queries.collated_paper(actor(), case_id, wanted, by)
    return send_file(
        io.BytesIO(found.content), mimetype=found.media_type, as_attachment=True, download_name=found.filename
    )
