"""Processes in words: their state, their field, what was done to a draft, how two versions differ."""

from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext

from webui.wording.marks import Mark

# What the installation deploys by itself (from folders of the command line) has no person.
SYSTEM = "system"


def process_mark(row: Any) -> Mark:
    """The state of a process in the library."""
    if row.state == "draft":
        return Mark("file-pen-line", _("Draft"), "idle", "tint")
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
    return Mark("circle-check", _("None"), "ok")


def who(name: str) -> str:
    """Who changed a process; what came with the installation has nobody's name."""
    return _("The installation") if name == SYSTEM else name
