"""Quy trình: the library of processes, the page of one, and what the editor of analysts loads and saves.

Pages are for everybody and work without JavaScript; the editor is an island (`webui/frontend/js/studio`) that talks to
the addresses marked `for_scripts`. What is wrong with a model is found by the engine and worded here.
"""

import unicodedata
from collections.abc import Mapping
from pathlib import Path
from time import monotonic
from typing import Any

from flask import Blueprint, Response, make_response, render_template, request, url_for
from flask_babel import gettext as _
from markupsafe import Markup

import engine as core
from webui import failures, wording
from webui.frame import actor, chrome, engine, for_scripts, go, lang
from webui.wording import problems as words

pages = Blueprint("studio", __name__, url_prefix="/quy-trinh")

LIMIT, LIMIT_TEXT = 2_000_000, "2 MB"  # of a model; the engine reads no larger ones
TEMPLATES = Path("shared") / "element-templates.json"
# How long the library may spend on checking models that it has not seen; the pages of the rest tell.
PATIENCE = 2.0
DRAFT = 0


# ---- pages ----------------------------------------------------------------------------------------------------------


@pages.get("")
def index() -> Any:
    """The library."""
    return library()


def library(status: int = 200, **told: Any) -> Any:
    """All processes that match what is asked for; `told` says what went wrong with an upload or a new one."""
    rows = engine().queries.processes(actor(), lang())
    state = request.args.get("trang_thai", "")
    asked = request.args.get("tim", "").strip()
    kinds = {"deployed": ("deployed", "changing"), "draft": ("draft", "changing")}
    shown = [
        row
        for row in rows
        if row.state in kinds.get(state, (row.state,))
        and all(word in fold(f"{row.name} {row.id} {row.field or ''}") for word in fold(asked).split())
    ]
    page = render_template(
        "studio.html",
        rows=shown,
        total=len(rows),
        counts={key: sum(row.state in states for row in rows) for key, states in kinds.items()},
        state=state if state in kinds else "",
        asked=asked,
        problems=problem_counts(shown),
        may_edit=may_edit(),
        limit=LIMIT,
        limit_text=LIMIT_TEXT,
        **{"upload_problems": [], "new_problems": {}, "typed": {}, "exists": None} | told,
    )
    return make_response(page, status)


def fold(text: str) -> str:
    """Small letters without marks, to search by."""
    plain = unicodedata.normalize("NFD", text.lower().replace("đ", "d"))
    return "".join(letter for letter in plain if not unicodedata.combining(letter))


def problem_counts(rows: Any) -> dict[str, tuple[int, int] | None]:
    """Errors and warnings of what stands in each row; None for what there was no time to check."""
    until = monotonic() + PATIENCE
    found: dict[str, tuple[int, int] | None] = {}
    for row in rows:
        if monotonic() > until:
            found[row.id] = None
            continue
        which = DRAFT if row.draft else None
        report = engine().queries.problems(actor(), row.id, which, PATIENCE).report
        # That not everything was looked at is no fault of the model; its page says it.
        unseen = ("cap_reached", "time_reached")
        warnings = [f for f in report.findings if f.severity == "warning" and f.rule not in unseen]
        late = any(f.rule == "time_reached" for f in report.findings)
        found[row.id] = None if late and not report.errors else (len(report.errors), len(warnings))
    return found


def may_edit() -> bool:
    """Whether this person is an analyst; the engine decides, this only shows or hides."""
    return "models" in chrome().may


@pages.get("/<process_id>")
def show(process_id: str) -> Any:
    """One process: its diagram, versions, draft and problems; two versions compared."""
    process = engine().queries.process(actor(), process_id, lang())
    which = chosen(request.args.get("ban"), process)
    checked = engine().queries.problems(actor(), process_id, which)
    # Markup: the engine draws the diagram itself and escapes every text in it; nothing of a request enters here.
    drawing = Markup(engine().queries.process_diagram(actor(), process_id, which, lang()))
    return render_template(
        "studio_process.html",
        process=process,
        which=which,
        drawing=drawing,
        problems=told(checked),
        summary=summary(checked),
        may_edit=process.may_edit,
        names=checked.names,
        **compared(process_id, process),
    )


def compared(process_id: str, process: Any) -> dict[str, Any]:
    """What can be compared on the page of a process, and what was asked for: by default the last two."""
    choices = [(str(version.version), _("version %(n)s", n=version.version)) for version in process.versions]
    if process.row.draft is not None:
        choices.insert(0, ("nhap", _("draft")))
    known = {key: DRAFT if key == "nhap" else int(key) for key, _label in choices}
    new = request.args.get("den") if request.args.get("den") in known else next(iter(known), "")
    others = [key for key in known if key != new]
    old = request.args.get("tu") if request.args.get("tu") in known else next(iter(others), "")
    asked = "tu" in request.args and bool(old) and bool(new)
    found = engine().queries.differences(actor(), process_id, known[old], known[new]) if asked else None
    return {"choices": choices, "old": old, "new": new, "differences": found}


def chosen(asked: str | None, process: Any) -> int:
    """Which model the page shows: the one asked for, else the latest version, else the draft."""
    known = {str(version.version): version.version for version in process.versions}
    if process.row.draft is not None:
        known["nhap"] = DRAFT
    latest = process.versions[0].version if process.versions else DRAFT
    return known.get(asked or "", latest)


@pages.get("/<process_id>/phien-ban/<int(max=99999999):version>.bpmn")
def version_file(process_id: str, version: int) -> Response:
    """A deployed version as a file."""
    return model_file(engine().queries.model(actor(), process_id, version), f"{process_id}-v{version}.bpmn")


@pages.get("/<process_id>/ban-nhap/<int(max=99999999):number>.bpmn")
def revision_file(process_id: str, number: int) -> Response:
    """An earlier revision of the draft as a file."""
    return model_file(engine().queries.revision(actor(), process_id, number), f"{process_id}-nhap-{number}.bpmn")


def model_file(content: bytes, name: str = "") -> Response:
    """A model's bytes: never a page of ours, whatever is in them."""
    response = Response(content, content_type="application/xml; charset=utf-8")
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    if name:
        response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


@pages.post("/tai-len")
def upload() -> Any:
    """Begin a draft with a file, and open it."""
    file = request.files.get("model")
    if file is None or not file.filename:
        return library(422, upload_problems=[_("Choose a file first")])
    content = file.stream.read(LIMIT + 1)
    if len(content) > LIMIT:
        said = _("The file is larger than %(limit)s. It was not stored.", limit=LIMIT_TEXT)
        return library(413, upload_problems=[said])
    try:
        process_id, _number = engine().models.import_draft(actor(), content, instead=slug(Path(file.filename).stem))
    except core.DefinitionError as error:
        return library(422, upload_problems=[words.say(p.code, p.params, p.message, lang()) for p in error.problems])
    except core.Conflict as error:
        if error.code != "draft_exists":
            raise
        return library(409, exists=error.params)
    return go(url_for("studio.edit", process_id=process_id), "model_uploaded")


@pages.post("/ve-moi")
def create() -> Any:
    """Begin the draft of a new process, and open it."""
    name = " ".join(request.form.get("name", "").split())[:200]
    process_id = request.form.get("process_id", "").strip() or slug(name)
    problems = {} if name else {"name": _("Fill in this field")}
    status = 422
    if not problems:
        try:
            engine().models.begin_draft(actor(), process_id, name)
            return go(url_for("studio.edit", process_id=process_id), "draft_begun")
        except core.DefinitionError:
            problems["process_id"] = _("Use small letters without marks, digits and _; begin with a letter")
        except core.Conflict as error:
            if error.code != "process_exists":
                raise
            status = 409
            problems["process_id"] = _("There is a process with this code already")
    return library(status, new_problems=problems, typed={"name": name, "process_id": process_id})


def slug(name: str) -> str:
    """A process id made of a name."""
    letters = "".join(letter if letter.isascii() and letter.isalnum() else "_" for letter in fold(name))
    return "_".join(part for part in letters.split("_") if part)[:60]


@pages.get("/<process_id>/sua")
def edit(process_id: str) -> Any:
    """The editor."""
    if not may_edit():
        raise core.Forbidden("analysts_only", "Expected an analyst of processes.")
    draft = engine().queries.draft(actor(), process_id)
    names = {"model": "draft_file", "check": "check", "deploy": "deploy", "process": "show"}
    urls = {key: url_for(f"studio.{name}", process_id=process_id) for key, name in names.items()}
    urls |= {"templates": url_for("studio.templates"), "options": url_for("studio.options")}
    # Which version is edited when no draft is open: another one may be deployed before the first save.
    urls["model"] = url_for("studio.draft_file", process_id=process_id, tu=draft.base)
    return render_template(
        "studio_edit.html", process={"id": process_id, "name": draft.name}, draft=draft, urls=urls, may_edit=True
    )


@pages.post("/<process_id>/bo-ban-nhap")
def drop(process_id: str) -> Any:
    """Close the draft; its revisions stay."""
    number, _base = tag(request.form.get("etag") or request.headers.get("If-Match") or "")
    if number is None:
        number = engine().queries.draft(actor(), process_id).number
    try:
        engine().models.drop_draft(actor(), process_id, number)
    except core.Conflict as error:
        return changed_meanwhile(process_id, error)
    return go(home(process_id), "draft_dropped")


def home(process_id: str) -> str:
    """The page of a process; the library when nothing of it is left: its only draft was dropped."""
    there = any(row.id == process_id for row in engine().queries.processes(actor()))
    return url_for("studio.show", process_id=process_id) if there else url_for("studio.index")


def changed_meanwhile(process_id: str, error: core.Conflict) -> Any:
    """The page for a form about a draft that is another one by now."""
    said = f"{wording.refusal_text(error.code, dict(error.params))} {_('Nothing was changed.')}"
    page = failures.Page(_("Not done"), _("Somebody saved in the meantime"), said)
    page.back = (_("See the process"), home(process_id))
    return failures.answer(409, page, code=error.code)


@pages.post("/<process_id>/ban-nhap/<int(max=99999999):number>/lay-lai")
def restore(process_id: str, number: int) -> Any:
    """Make an earlier revision the draft again."""
    seen, _base = tag(request.form.get("etag", ""))
    try:
        engine().models.restore_draft(actor(), process_id, number, seen or 0)
    except core.Conflict as error:
        return changed_meanwhile(process_id, error)
    return go(url_for("studio.edit", process_id=process_id), "draft_restored")


# ---- what the editor's script asks for --------------------------------------------------------------------------


@pages.get("/mau.json")
@for_scripts
def templates() -> Response:
    """The element templates of the workflows folder; none when it has no such file."""
    file = engine().settings.workflows / TEMPLATES
    return Response(file.read_bytes() if file.is_file() else b"[]", content_type="application/json")


@pages.get("/lua-chon.json")
@for_scripts
def options() -> Any:
    """Roles, forms, processes and decisions that a model can name."""
    return engine().queries.model_options(actor())


@pages.get("/<process_id>/ban-nhap.bpmn")
@for_scripts
def draft_file(process_id: str) -> Response:
    """The draft; the latest version when no draft is open."""
    draft = engine().queries.draft(actor(), process_id)
    response = model_file(draft.content)
    response.headers["ETag"] = f'"{draft.number}"'
    return response


@pages.put("/<process_id>/ban-nhap.bpmn")
@for_scripts
def save(process_id: str) -> Any:
    """Save the draft under the revision that was seen."""
    seen, base = tag(request.headers.get("If-Match", ""))
    if seen is None:
        return {"code": "precondition_required"}, 428
    if base is None:
        base = request.args.get("tu", type=int)
    content = body()
    if content is None:
        return {"code": "too_large", "limit": LIMIT}, 413
    try:
        number = engine().models.save_draft(actor(), process_id, content, seen, base)
    except core.DefinitionError as error:
        return {"problems": [told_problem(problem) for problem in error.problems]}, 422
    except core.Conflict as error:
        return lost(process_id, error)
    response = make_response("", 204)
    response.headers["ETag"] = f'"{number}"'
    return response


@pages.post("/<process_id>/kiem-tra")
@for_scripts
def check(process_id: str) -> Any:
    """What is wrong with a model; nothing is stored."""
    content = body()
    if content is None:
        return {"code": "too_large", "limit": LIMIT}, 413
    checked = engine().queries.check_model(actor(), process_id, content)
    report = checked.report
    return {
        "problems": [*told(checked), *overtaken(process_id)],
        "states": report.states,
        "complete": report.complete,
        "summary": summary(checked),
    }


@pages.post("/<process_id>/trien-khai")
@for_scripts
def deploy(process_id: str) -> Any:
    """Make the draft the next version."""
    asked = request.get_json(silent=True)
    asked = asked if isinstance(asked, dict) else {}
    seen, _base = tag(str(asked.get("etag", "")))
    if seen is None:
        return {"code": "precondition_required"}, 428
    note = str(asked.get("note") or "")[:2000]
    if "\0" in note or any("\ud800" <= letter <= "\udfff" for letter in note):  # no database holds these
        return {"code": "invalid"}, 422
    try:
        _id, version = engine().models.deploy_draft(actor(), process_id, seen, note)
    except core.DefinitionError:
        # What is wrong is told as a check tells it, warnings and runs included; it was looked for a moment ago.
        found = told(engine().queries.problems(actor(), process_id, DRAFT))
        return {"problems": [*found, *overtaken(process_id)]}, 409
    except core.Conflict as error:
        return lost(process_id, error)
    return {"version": version, "url": url_for("studio.show", process_id=process_id)}


def overtaken(process_id: str) -> list[dict[str, Any]]:
    """The warning that a version was deployed after the draft was begun: deploying the draft would take it back."""
    try:
        draft = engine().queries.draft(actor(), process_id)
    except core.NotFound:
        return []
    if not draft.number or draft.version is None or draft.base == draft.version:
        return []
    said = _(
        "It was begun from version %(base)s; version %(n)s has been deployed since: compare before deploying.",
        base=draft.base or "–",
        n=draft.version,
    )
    return [{"rule": "overtaken", "severity": "warning", "element": None, "message": said, "run": None}]


def body() -> bytes | None:
    """What was sent, None when it is larger than a model may be."""
    if (request.content_length or 0) > LIMIT:
        return None
    content = request.stream.read(LIMIT + 1) if not request.form else b""
    return None if len(content) > LIMIT else content


def tag(text: str) -> tuple[int | None, int | None]:
    """The revision and the version in an entity tag: "7" is revision 7, "0.2" is no draft, begun from version 2."""
    number, _dot, base = text.strip().removeprefix("W/").strip('"').partition(".")
    if not (number.isascii() and number.isdigit() and len(number) < 10):
        return None, None
    return int(number), int(base) if base.isascii() and base.isdigit() and len(base) < 10 else None


def lost(process_id: str, error: core.Conflict) -> Any:
    """Somebody else was faster (412), or it cannot be done now (409)."""
    told = dict(error.params)
    if error.code != "draft_changed":
        said = wording.refusal_text(error.code, told) or error.message
        general = {"rule": error.code, "severity": "error", "element": None, "message": said, "run": None}
        return {"code": error.code, "problems": [general]}, 409
    number, at = told.get("number", 0), told.get("saved_at")
    try:
        version = engine().queries.draft(actor(), process_id).version
    except core.NotFound:  # a draft that was never deployed, and was dropped
        version = None
    return {
        "code": error.code,
        "kind": told.get("kind"),
        "saved_by": told.get("saved_by"),
        "saved_at": at.isoformat() if at is not None else None,
        "etag": str(number) if number else f"0.{version}" if version else "0",
        "xml_url": url_for("studio.draft_file", process_id=process_id),
    }, 412


# ---- words ----------------------------------------------------------------------------------------------------------


def told(checked: Any) -> list[dict[str, Any]]:
    """The findings on a model in the reader's language, errors first."""
    names = checked.names
    return [
        {
            "rule": finding.rule,
            "severity": finding.severity,
            "element": finding.element,
            "name": names.get(finding.element or "", ""),
            "message": words.say(finding.rule, finding.params, finding.message, lang()),
            "run": told_run(finding.trace, names),
        }
        for finding in checked.report.findings
    ]


def told_problem(problem: core.Problem) -> dict[str, Any]:
    """A problem of a file, in the shape of a finding."""
    said = words.say(problem.code, problem.params, problem.message, lang())
    return {"rule": problem.code, "severity": "error", "element": problem.element, "message": said, "run": None}


def told_run(trace: Any, names: Mapping[str, str]) -> list[dict[str, Any]] | None:
    """The shortest run that shows a fault, each act with its words."""
    if not trace:
        return None
    said = words.run_words(trace, names, lang())
    return [
        {"do": act["do"], "element": act.get("element"), "choice": act.get("choice"), "words": text}
        for act, text in zip(trace, said, strict=True)
    ]


def summary(checked: Any) -> str:
    """How far the runs of a model were looked at."""
    report = checked.report
    faults = any(finding.trace and finding.severity == "error" for finding in report.findings)
    return words.summary_words(report.states, report.complete, faults, lang())
