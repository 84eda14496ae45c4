"""One task: its page, and what people do there. A plain task stands beside the list; a decision has a desk of its own.

Every action is a form post that ends in a redirect, so that it works without scripts and a reload repeats nothing.
What the engine refuses because of what was typed comes back as the same page, with the text kept and each problem
beside its field; every other refusal is a page of `failures`.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from flask import Blueprint, g, jsonify, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.datastructures import FileStorage

import engine as core
from webui import files, wording
from webui.frame import actor, engine, go, lang
from webui.inbox import listing

pages = Blueprint("tasks", __name__, url_prefix="/viec/<task_id>")

# What our forms post besides answers.
CONTROLS = frozenset(
    {"csrf_token", "seen_version", "seen_documents", "view", "upload", "password", "remark_clause", "remark_text"}
)
FILE_PREFIX = "file:"


def context(task: Any, **more: Any) -> dict[str, Any]:
    """What the templates of a task read."""
    if task is not None and "complete" not in task.rights:
        # Whether the reader is the drafter says nothing about who will decide.
        task = replace(task, conditions=[c for c in task.conditions if c.code != "four_eyes"])
    return {
        "task": task,
        "upload_limit": engine().settings.upload_limit,
        "accepted_types": files.ACCEPT,
        "problems": [],
        "problem_title": "",
        "errors": {},
        "chosen": None,
        "reason": "",
        "kept": str((task.draft or {}).get("kept_unchanged") or "") if task is not None else "",
        "seen_version": None,
        "alone": False,
        "bad_opinion": None,
        "typed_response": "",
        "remarks": (task.draft or {}).get("remarks") or [] if task is not None else [],
        "typed_choice": "",
        **more,
    }


@pages.get("")
def show(task_id: str) -> Any:
    """The task's page, or only the pane when the list asks for it."""
    task = engine().queries.task(actor(), task_id, lang())
    if request.headers.get("HX-Target") == "detail":
        return render_template("parts/detail.html", **context(task))
    return page(task)


def page(task: Any, **more: Any) -> str:
    """The whole page of a task, by its kind."""
    if task.kind == "task":
        return render_template("task.html", **listing(), **context(task, **more))
    more.setdefault("reason", drafted(task))
    return render_template("desk.html", **context(task, place=place(task.id), paper=files.paper(task), **more))


def place(task_id: str) -> dict[str, Any] | None:
    """Where a task stands among those to do: its number, and its neighbours."""
    found = engine().queries.inbox(actor(), "todo", None)
    ids = [row.task_id for group in found.groups for row in group.rows]
    if task_id not in ids or len(ids) < 2:
        return None
    at = ids.index(task_id)
    return {
        "n": at + 1,
        "count": len(ids),
        "before": ids[at - 1] if at else None,
        "after": ids[at + 1] if at + 1 < len(ids) else None,
    }


# --- what was sent ----------------------------------------------------------------------------------------------


def answers() -> dict[str, Any]:
    """What was typed and chosen, by field: text, or a list where several values came."""
    found: dict[str, Any] = {
        name: values[0] if len(values) == 1 else values
        for name, values in request.form.lists()
        if name not in CONTROLS and not name.startswith(FILE_PREFIX)
    }
    remarks = further_remarks()
    return found | ({"remarks": remarks} if remarks else {})


def further_remarks() -> list[dict[str, str]]:
    """The remarks that were written besides the form's own, a line each: clause and text."""
    lines = zip(request.form.getlist("remark_clause"), request.form.getlist("remark_text"), strict=False)
    return [{"clause": clause, "text": text} for clause, text in lines if clause.strip() or text.strip()]


def number(name: str) -> int | None:
    """A number that our own page put into the form; None when it is missing or was tampered with."""
    text = request.form.get(name, "")
    return int(text) if text.isascii() and text.isdigit() else None


def uploads() -> dict[str, FileStorage]:
    """The files that were chosen, by artefact."""
    return {
        name.removeprefix(FILE_PREFIX): file
        for name, file in request.files.items()
        if name.startswith(FILE_PREFIX) and file.filename
    }


def attach_all(task_id: str) -> int:
    """Store the chosen files and return how many there were. Raises what `attach` raises."""
    chosen = uploads()
    for artefact, file in chosen.items():
        engine().cases.attach(actor(), task_id, artefact, file.filename or "", file.mimetype or "", file.read())
    return len(chosen)


def keep(task_id: str) -> None:
    """Save what was typed before anything else can go wrong; who may not save has nothing to keep here."""
    typed = answers()
    if typed:
        try:
            engine().cases.save_draft(actor(), task_id, typed)
        except (core.Forbidden, core.Conflict, core.Invalid):
            return


# --- actions ----------------------------------------------------------------------------------------------------


@pages.post("/nhan")
def claim(task_id: str) -> Any:
    """Take an offered task."""
    engine().cases.claim(actor(), task_id, number("seen_version") or 0)
    return go(url_for("tasks.show", task_id=task_id), "claimed")


@pages.post("/tra")
def release(task_id: str) -> Any:
    """Give a task back to the group."""
    keep(task_id)
    engine().cases.release(actor(), task_id, number("seen_version") or 0)
    return go(url_for("inbox.index"), "released")


@pages.post("/luu")
def save(task_id: str) -> Any:
    """Save a draft; the page's own script gets JSON, a person's click a page."""
    engine().cases.save_draft(actor(), task_id, answers())
    if "application/json" in request.headers.get("Accept", ""):
        now = engine().queries.chrome(actor()).now
        return jsonify(saved=_("Saved by itself at %(time)s", time=wording.clock(now)))
    if uploads():
        return attach(task_id)
    return go(url_for("tasks.show", task_id=task_id), "saved")


@pages.post("/tai-len")
def attach(task_id: str) -> Any:
    """Upload files; what was typed beside them is kept."""
    keep(task_id)
    wanted = request.form.get("upload", "")
    try:
        count = attach_all(task_id)
        if not count:
            raise core.Invalid({"file": [core.Reason("no_file", "expected a file")]})
    except core.Invalid as error:
        task = engine().queries.task(actor(), task_id, lang())
        target = f"file-{wanted}" if wanted in {doc.artefact for doc in task.documents} else "documents"
        found = [(target, wording.problem(reason)) for reasons in error.fields.values() for reason in reasons]
        return page(task, problems=found, problem_title=_("The file was not uploaded")), 422
    return go(url_for("tasks.show", task_id=task_id) + (f"#doc-{wanted}" if wanted else ""), "uploaded")


@pages.post("/hoan-thanh")
def complete(task_id: str) -> Any:
    """Finish a plain task."""
    try:
        done = finish(
            task_id, lambda seen, documents: engine().cases.complete(task_id, actor(), answers(), seen, documents)
        )
    except (core.Invalid, core.Conflict) as error:
        return again(task_id, error, _("The task is not finished yet"))
    return onward(done, "completed", done.name_en if lang() == "en" else done.name)


@pages.get("/quyet-dinh")
def deciding(task_id: str) -> Any:
    """The decision as a page of its own, for phones."""
    task = engine().queries.task(actor(), task_id, lang())
    if task.gate is None:
        return go(url_for("tasks.show", task_id=task_id))
    return render_template("decide.html", **context(task, chosen=request.args.get("chon"), reason=drafted(task)))


@pages.post("/quyet-dinh")
def decide(task_id: str) -> Any:
    """Decide a gate or send an opinion; a signature asks for the password once more."""
    task = engine().queries.task(actor(), task_id, lang())
    chosen = request.form.get("outcome", "")
    option = next((o for o in task.gate.outcomes if o.slug == chosen), None) if task.gate else None
    signs = option is not None and task.gate.needs_password and option.kind in ("approve", "edit")

    def carry_out(seen: int, documents: int | None) -> Any:
        if not signs:
            return engine().cases.complete(task_id, actor(), answers(), seen, documents)
        password = request.form.get("password", "")
        if not password:
            raise core.Invalid({"password": [core.Reason("password_missing", "expected the password")]})
        try:
            return engine().signing.sign(task_id, actor(), answers(), seen, password, seen_documents=documents)
        except core.Forbidden as error:
            if error.code not in ("wrong_password", "throttled"):
                raise
            reason = core.Reason(error.code, str(error), error.params)
            raise core.Invalid({"password": [reason]}) from error

    title = _("The opinion was not sent") if task.kind == "opinion" else _("The decision was not sent")
    try:
        done = finish(task_id, carry_out)
    except (core.Invalid, core.Conflict) as error:
        return again(task_id, error, title)
    if task.kind == "opinion":
        return onward(done, "opinion", task.name)
    said = "signed" if signs and option.kind == "approve" else option.kind if option else "completed"
    return onward(done, said, task.name)


def finish(task_id: str, carry_out: Any) -> Any:
    """Store files that were chosen but not uploaded, then carry out, against what the page had seen."""
    seen, documents = number("seen_version"), number("seen_documents")
    if attach_all(task_id):
        # Our own upload is not somebody else's change: act on what stands now.
        documents = engine().queries.task(actor(), task_id, lang()).document_count
    return carry_out(seen if seen is not None else -1, documents)


def again(task_id: str, error: Any, title: str) -> Any:
    """The same page with what was typed and each problem beside its field; other conflicts are a page of their own."""
    if isinstance(error, core.Conflict) and error.code != "gate_closed":
        raise error
    task = engine().queries.task(actor(), task_id, lang())
    if task.form and any(field.refreshes for field in task.form.fields):
        # Which fields there are depends on what was typed: ask for the form as it is with that.
        keep(task_id)
        task = engine().queries.task(actor(), task_id, lang())
    fields: Mapping[str, Any] = error.fields if isinstance(error, core.Invalid) else {}
    problems = [("conditions", wording.reason_text(reason)) for reason in getattr(error, "reasons", [])]
    labels = {field.key: field.label for field in task.form.fields if field.key} if task.form else {}
    for key, reasons in fields.items():
        said = wording.problem(reasons[0])
        label = labels.get(key) or wording.field_label(key)
        own = key in ("outcome", "reason", "password", "kept_unchanged") and key not in labels
        problems.append((f"f-{key}", said if own else f"{label}: {said}"))
    if task.form:
        typed = answers()
        shown = [
            replace(field, problems=list(fields.get(field.key, ())), value=typed.get(field.key, field.value))
            if field.key
            else field
            for field in task.form.fields
        ]
        task = replace(task, form=replace(task.form, fields=tuple(shown)))
    more = {
        "problems": problems,
        "problem_title": title,
        "errors": fields,
        "chosen": request.form.get("outcome"),
        "reason": request.form.get("reason", ""),
        "kept": request.form.get("kept_unchanged", ""),
        "remarks": further_remarks(),
        "seen_version": request.form.get("seen_version"),
    }
    status = 409 if isinstance(error, core.Conflict) else 422
    if request.form.get("view") == "page":
        return render_template("decide.html", **context(task, **more)), status
    return page(task, **more), status


def onward(done: Any, code: str, what: str) -> Any:
    """To the next task of the same case when it is this person's, else to the list."""
    if done.next_task_id:
        return go(url_for("tasks.show", task_id=done.next_task_id), code, what)
    return go(url_for("inbox.index"), code, what)


def drafted(task: Any) -> str:
    """The reason that was typed before; the decision itself is never chosen on arrival."""
    return str((task.draft or {}).get("reason") or "")


# --- opinions and passing on --------------------------------------------------------------------------------------


@pages.get("/y-kien")
def opinions(task_id: str) -> Any:
    """The table of opinions that the drafter accepts or explains."""
    return table_of_opinions(engine().queries.task(actor(), task_id, lang()))


def table_of_opinions(task: Any, **more: Any) -> Any:
    """The table, or back to the task when nobody was asked."""
    if task.consultation is None:
        return go(url_for("tasks.show", task_id=task.id))
    return render_template("opinions.html", **context(task, **more))


@pages.post("/y-kien/<opinion_id>")
def respond(task_id: str, opinion_id: str) -> Any:
    """Accept or explain one remark, then on to the next."""
    text = request.form.get("text", "")
    try:
        engine().consulting.respond(actor(), opinion_id, request.form.get("response", ""), text)
    except core.Invalid as error:
        found = [(f"r-{opinion_id}", wording.problem(reasons[0])) for reasons in error.fields.values()]
        task = engine().queries.task(actor(), task_id, lang())
        more = {"problems": found, "problem_title": _("The answer was not saved"), "bad_opinion": opinion_id}
        more["typed_choice"] = request.form.get("response", "")
        return table_of_opinions(task, **more, typed_response=text), 422
    task = engine().queries.task(actor(), task_id, lang())
    asked = task.consultation.opinions if task.consultation else []
    still = [remark for o in asked for remark in o.remarks if remark.may_respond and not remark.response]
    address = url_for("tasks.opinions", task_id=task_id, **table()) + (f"#y-{still[0].id}" if still else "")
    return go(address, "responded")


def table() -> dict[str, str]:
    """How the table of remarks is shown, to be kept from page to page."""
    return {name: request.values[name] for name in ("nhom", "loc") if request.values.get(name)}


@pages.post("/tiep-thu-het")
def accept_all(task_id: str) -> Any:
    """Accept all remarks that the list shows and nobody has answered yet."""
    task = engine().queries.task(actor(), task_id, lang())
    wanted = request.form.getlist("remark")
    try:
        count = engine().consulting.accept_all(actor(), task.case_id, wanted, request.form.get("text", ""))
    except core.Conflict as error:
        if error.code != "nothing_open":
            raise
        return go(url_for("tasks.opinions", task_id=task_id, **table()))
    said = ngettext("%(num)d remark", "%(num)d remarks", count)
    return go(url_for("tasks.opinions", task_id=task_id, **table()), "accepted_all", said)


@pages.route("/chuyen", methods=["GET", "POST"])
def assign(task_id: str) -> Any:
    """Pass the task on to somebody else who may do it, with a reason."""
    task = engine().queries.task(actor(), task_id, lang())
    if request.method == "GET":
        return render_template("assign.html", **context(task))
    person, reason = request.form.get("person", ""), request.form.get("reason", "")
    try:
        engine().cases.assign(actor(), task_id, person, reason, number("seen_version"))
    except core.Invalid as error:
        found = [
            (f"f-{key}", f"{wording.field_label(key)}: {wording.problem(reasons[0])}")
            for key, reasons in error.fields.items()
        ]
        title = _("The task was not passed on")
        return render_template("assign.html", **context(task, problems=found, problem_title=title)), 422
    name = dict(task.assignable).get(person, "")
    return go(url_for("inbox.index"), "assigned", name)


@pages.before_request
def remember_task() -> None:
    """Lets an error page offer the way back to the task."""
    g.task_id = (request.view_args or {}).get("task_id")
