"""Words of the plan: how a version stands, what changed, what is odd in a document, why one was not understood."""

from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext

from webui.wording.dates import month
from webui.wording.marks import N_, Mark

VERSIONS = {
    "draft": ("pencil", N_("Draft version"), "warn"),
    "adopted": ("circle-check", N_("Applies now"), "ok"),
    "replaced": ("history", N_("Replaced"), "idle"),
    "closed": ("lock", N_("Closed"), "done"),
}
STATUS = {
    "hoan_thanh_truoc_han": ("circle-check", N_("Done ahead of the plan"), "done"),
    "hoan_thanh_dung_han": ("circle-check", N_("Done, on time"), "done"),
    "hoan_thanh_cham_kh": ("clock-alert", N_("Done after the planned month"), "done"),
    "hoan_thanh_qua_han": ("triangle-alert", N_("Done after the latest month"), "late"),
    "dang_thuc_hien_trong_han": ("circle-dot", N_("Under way, on time"), "ok"),
    "dang_thuc_hien_sap_den_han": ("clock", N_("Under way, due soon"), "warn"),
    "dang_thuc_hien_cham_kh": ("clock-alert", N_("Past the planned month"), "warn"),
    "dang_thuc_hien_qua_han": ("triangle-alert", N_("Overdue"), "late"),
    "chua_thuc_hien_chua_den_han": ("circle", N_("Not begun"), "idle"),
    "chua_thuc_hien_qua_han_bat_dau": ("clock", N_("Should have begun"), "warn"),
    "tam_dung": ("circle", N_("Paused"), "idle"),
    "khong_ban_hanh": ("circle-x", N_("Stopped with approval"), "idle"),
}
FIELDS = {
    "planned_start": N_("Start"),
    "planned_finish": N_("Planned"),
    "committed_finish": N_("Committed"),
    "latest_finish": N_("Latest"),
    "lead_unit": N_("Unit in charge"),
    "title": N_("Title"),
    "roadmap": N_("Roadmap"),
    "results": N_("Results"),
}
SEVERITIES = {
    "conflict": ("triangle-alert", N_("To decide"), "late"),
    "warning": ("circle-dashed", N_("To note"), "warn"),
    "info": ("circle", N_("For information"), "idle"),
}
REASONS = {
    "heading": N_("heading"),
    "letterhead": N_("letterhead"),
    "pointer": N_("points to the appendix"),
    "recipients": N_("list of recipients"),
    "signature": N_("signature: names are not stored"),
    "foot": N_("foot of the document"),
    "appendix_caption": N_("caption of the appendix"),
    "before_the_table": N_("above the table"),
    "rule": N_("a line that is drawn"),
    "unknown": N_("not recognised"),
}
FINDINGS = {
    "dates_differ": N_(
        "Three months that differ: planned %(planned)s, committed %(committed)s, latest %(latest)s. All are kept."
    ),
    "dates_backwards": N_("The months contradict each other: planned, committed and latest are not in order."),
    "unknown_unit": N_("“%(name)s” is no unit that is known. Choose the unit."),
    "count_differs": N_("The heading promises %(promised)s tasks; there are %(found)s."),
    "only_in_body": N_("%(item)s stands only in the body, without a month: %(text)s"),
    "only_in_appendix": N_("%(item)s stands only in the appendix: %(text)s"),
    "detail_in_body": N_("%(item)s says more in the body than the roadmap does: %(text)s"),
    "said_twice": N_("%(item)s and %(other)s are the same sentence."),
    "time_differs": N_("%(item)s names %(day)s, but the roadmap (%(other)s) has %(month)s."),
    "already_done": N_("%(item)s was done before the plan was signed: %(day)s."),
    "older_than_before": N_("%(item)s (%(day)s) is older than %(other)s (%(other_day)s), which stands before it."),
    "month_without_work": N_("The roadmap has nothing in %(month)s."),
    "work_overlaps": N_("%(item)s (%(months)s) and %(other)s (%(other_months)s) run at the same time."),
    "counted": N_("%(item)s is counted: %(count)s."),
    "without_result": N_("%(item)s has no result of its own: %(text)s"),
    "term_appraisal": N_(
        "%(item)s calls the opinion of the Department of Justice a verification; by law it is an appraisal."
    ),
    "term_verification": N_("%(item)s calls the check of the Committee’s Office an appraisal; it is a verification."),
    "two_names": N_("One body under two names: %(names)s."),
    "form_open": N_("The title leaves the form open: %(one)s or %(other)s."),
    "law_or_not": N_(
        "The plan does not say whether this is a legal document; it has no step of the Department of Justice."
    ),
    "council_steps": N_("The plan names neither the standing body nor the committees of the People’s Council."),
    "title_differs": N_("The title in the appendix is not word for word that of the body."),
    "joined": N_("%(count)s entries that a page break had cut were put together."),
    "taken_apart": N_("Taken as work of its own: %(text)s"),
    "run_together": N_("Two results had run together; taken apart at: %(text)s"),
    "line_joined": N_("A bullet that was broken over two lines was put together: %(text)s"),
    "no_number": N_("The plan has no number yet (%(symbol)s)."),
    "no_date": N_("The plan has no date yet: %(text)s."),
    "replaces": N_("It replaces: %(text)s."),
    "same_number": N_("Two units have the number %(number)s: %(names)s."),
    "scanned": N_("Mistake of scanning: “%(wrong)s”, read as “%(right)s”."),
    "irregular_symbol": N_("Irregular number, kept as it stands: %(symbol)s."),
}
PROBLEMS = {
    "empty": N_("The file is empty."),
    "too_large": N_("The file is too large; up to 5 MB are accepted."),
    "bomb": N_("The file unpacks to far more than a plan can be."),
    "damaged": N_("The file is damaged and cannot be opened."),
    "wrong_type": N_("Neither Word, Excel nor text."),
    "not_utf8": N_("The text is not in UTF-8."),
    "no_year": N_("The title does not name a year."),
    "no_title": N_("There is no title below KẾ HOẠCH."),
    "no_tasks": N_("No focus task was found, such as “1.1. Nhiệm vụ 1: …”."),
    "no_appendix": N_("The appendix is missing: a table whose header begins with TT."),
    "no_rows": N_("The appendix has no rows."),
    "no_bullets": N_("The task has no bullets below a)."),
    "no_deadline": N_("The task has no deadline b)."),
    "second_deadline": N_("The task has a second deadline."),
    "unknown_origin": N_("The heading does not say who assigned or registered the tasks."),
    "unknown_month": N_("This is no month: “%(text)s”."),
    "no_month": N_("There is no month before: “%(text)s”."),
    "months_order": N_("The start is after the finish."),
    "too_few_columns": N_("The row has %(got)s columns; %(expected)s are needed."),
    "row_number": N_("The first cell is neither a number nor empty: “%(text)s”."),
    "row_order": N_("The rows are not numbered one after the other."),
    "row_before": N_("A row goes on, but none has begun."),
    "strange_cell": N_("A cell that should be empty says: “%(text)s”."),
    "no_roadmap": N_("The row has no roadmap."),
    "no_results": N_("The row has no results."),
    "tasks_and_rows": N_("The body has %(tasks)s tasks, the appendix %(rows)s rows."),
    "other_title": N_("The row is about another task: “%(text)s”."),
    "outside_a_task": N_("This belongs to no task: “%(text)s”."),
    "outside_a_unit": N_("This belongs to no unit: “%(text)s”."),
    "stray_line": N_("This is no bullet: “%(text)s”."),
    "unknown_unit": N_("“%(unit)s” is no unit."),
}


class _Gaps(dict[str, Any]):
    def __missing__(self, key: str) -> str:
        return "…"


def version_mark(status: str) -> Mark:
    """How a version of a plan stands."""
    icon, text, tone = VERSIONS[status]
    return Mark(icon, _(text), tone)


def status_mark(status: str | None) -> Mark | None:
    """How a focus task stands to the plan, by DMN-04."""
    if status not in STATUS:
        return None
    icon, text, tone = STATUS[status]
    return Mark(icon, _(text), tone)


def severity_mark(severity: str) -> Mark:
    """How much a finding asks of its reader."""
    icon, text, tone = SEVERITIES[severity]
    return Mark(icon, _(text), tone)


def finding(found: Any) -> str:
    """What is odd in a plan document, as a sentence."""
    told = _Gaps({key: _said(key, value) for key, value in found.params.items()})
    message = FINDINGS.get(found.code)
    return _(message) % told if message else found.code


def _said(key: str, value: Any) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(str(one) for one in value)
    if key in ("planned", "committed", "latest", "month", "months", "other_months", "day", "other_day"):
        return when(str(value))
    return str(value)


def when(text: str) -> str:
    """ "2022-01..2022-02" as months, "2022-02-17" as a day."""
    text = text.partition(" ")[0]
    first, _dots, last = text.partition("..")
    if last:
        return f"{month(first)} – {month(last)}"
    return month(first) if len(first) == 7 else "/".join(reversed(first.split("-")))


def lines(numbers: Any) -> str:
    """Where something stands in the document."""
    several = list(dict.fromkeys(numbers))
    if not several:
        return ""
    said = ", ".join(str(number) for number in several)
    return ngettext("line %(at)s", "lines %(at)s", len(several), at=said)


def document_problem(problem: Any) -> str:
    """Why a document was not understood, with its line."""
    message = PROBLEMS.get(problem.code)
    said = _(message) % _Gaps(problem.params) if message else problem.message
    at = problem.params.get("line")
    return _("Line %(at)s: %(said)s", at=at, said=said) if at else said


def unused(reason: str) -> str:
    """Why nothing was made of a line."""
    return _(REASONS.get(reason, reason))


def field_name(name: str) -> str:
    """What a field of a focus task is called."""
    return _(FIELDS[name]) if name in FIELDS else name


def change(one: Any) -> str:
    """What a version changed of one task."""
    if one.what == "added":
        return _("%(code)s is new: %(what)s", code=one.code, what=one.after)
    if one.what == "dropped":
        return _("%(code)s is gone: %(what)s", code=one.code, what=one.before)
    named = field_name(one.what)
    if one.what.endswith(("_start", "_finish")):
        return f"{one.code}: {named} {month(one.before)} → {month(one.after)}"
    if one.what in ("roadmap", "results"):
        return _("%(code)s: %(what)s changed", code=one.code, what=named)
    return f"{one.code}: {named} “{one.before}” → “{one.after}”"
