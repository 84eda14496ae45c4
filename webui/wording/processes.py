"""Processes in words: their state, their field, what was done to a draft, how two versions differ."""

from collections.abc import Mapping
from typing import Any

from flask_babel import get_locale, ngettext
from flask_babel import gettext as _

from webui.wording.decisions import outcome
from webui.wording.marks import N_, Mark
from webui.wording.problems import KINDS

# What the installation deploys by itself (from folders of the command line) has no person.
SYSTEM = "system"


def process_mark(row: Any) -> Mark:
    """The state of a process in the library."""
    if row.state == "draft":
        return Mark("file-pen-line", _("Draft only"), "idle", "tint")
    if row.state == "changing":
        return Mark("file-pen-line", _("In force, a draft is open"), "warn", "tint")
    return Mark("circle-check", _("In force"), "ok")


def process_field(row: Any) -> str:
    """What a process is for: its own field, the focus tasks of the plan, or the processes that it is a part of."""
    if row.field:
        return str(row.field)
    if row.focus:
        return ngettext("Focus task %(codes)s", "Focus tasks %(codes)s", len(row.focus), codes=", ".join(row.focus))
    if row.callers:
        return _("Shared part of: %(names)s", names="; ".join(row.callers))
    return ""


def problems_mark(counts: tuple[int, int] | None) -> Mark:
    """How many problems a model has, errors before warnings."""
    if counts is None:
        return Mark("circle-dashed", _("Not checked yet"), "idle")
    errors, warnings = counts
    if errors:
        return Mark("circle-x", ngettext("%(num)d error", "%(num)d errors", errors), "late")
    if warnings:
        return Mark("triangle-alert", ngettext("%(num)d warning", "%(num)d warnings", warnings), "warn")
    return Mark("circle-check", _("No problems"), "ok")


def who(name: str) -> str:
    """Who changed a process; what came with the installation has nobody's name."""
    return _("The installation") if name == SYSTEM else name


REVISIONS = {
    "saved": N_("Saved"),
    "uploaded": N_("Uploaded beside an open draft"),
    "restored": N_("An earlier revision taken back"),
    "dropped": N_("Draft dropped"),
    "deployed": N_("Deployed"),
}


def revision_kind(kind: str) -> str:
    """What was done to a draft."""
    return _(REVISIONS[kind]) if kind in REVISIONS else kind


ASPECTS = {
    "name": N_("Name"),
    "documentation": N_("Instructions"),
    "type": N_("Kind"),
    "lane": N_("Lane"),
    "role": N_("Done by"),
    "assignee": N_("Person"),
    "users": N_("People"),
    "due": N_("Due"),
    "follow_up": N_("Follow-up"),
    "priority": N_("Priority"),
    "form": N_("Form"),
    "decision": N_("Decision table"),
    "result": N_("Result goes to"),
    "called": N_("Called process"),
    "script": N_("Calculation"),
    "job": N_("Automatic work"),
    "event": N_("Event"),
    "interrupting": N_("Interrupts"),
    "loop": N_("Repetition"),
    "data": N_("Own data"),
    "inputs": N_("Inputs"),
    "outputs": N_("Outputs"),
    "active": N_("Starts by itself"),
    "completion": N_("Ends when"),
    "attached_to": N_("At the border of"),
    "from": N_("Comes from"),
    "to": N_("Leads to"),
    "condition": N_("Condition"),
    "default": N_("Taken when no condition holds"),
    "property gate": N_("Kind of gate"),
    "property outcomes": N_("Possible decisions"),
    "property return_to": N_("Returned to"),
    "property milestone": N_("Milestone"),
    "property planned_month": N_("Planned month"),
    "property produces": N_("Documents made"),
    "property requires": N_("Documents and conditions required"),
    "property signs": N_("Document signed"),
    "property covers": N_("Items of the plan covered"),
    "property consultation": N_("Consultation"),
    "property name:en": N_("English name"),
}


def aspect(what: str) -> str:
    """What of an element has changed."""
    if what in ASPECTS:
        return _(ASPECTS[what])
    return what.removeprefix("property ").replace("_", " ")


def aspect_value(what: str, value: str, names: Mapping[str, str] | None = None) -> str:
    """One of the two values of what has changed; "–" for none."""
    if not value:
        return "–"
    if what == "property outcomes":
        return ", ".join(outcome(code) for code in value.split())
    if what == "type":
        return kind(value)
    if what in ("interrupting", "default"):
        return _("yes")
    if what in ("property return_to", "attached_to") and names:
        return ", ".join(names.get(one, one) for one in value.split())
    return value


def kind(type_: str) -> str:
    """What sort of element it is."""
    if type_ == "form":
        return _("form")
    pair = KINDS.get(type_)
    return pair[0 if str(get_locale()) == "vi" else 1] if pair else type_


def change_mark(change: Any) -> Mark:
    """Whether something was added, removed or changed, with the sign that says so without colour."""
    return {
        "added": Mark("plus", _("Added"), "ok"),
        "removed": Mark("minus", _("Removed"), "late"),
        "changed": Mark("pencil", _("Changed"), "warn"),
    }[change.kind]
