"""Codes, dates and states as words of an office, in the reader's language.

The engine says `late, 3` or `not_candidate`; here it becomes "Quá hạn 3 ngày làm việc" or a sentence with what to do
now. Message ids are English; the catalogue holds the Vietnamese, which is the language people read. Nothing here asks
the engine for anything but the clock. Templates call all of it through `say`.
"""

import sys

from flask import Flask

from webui.wording.dates import clock, day, full_day, month, size, stamp, weekday
from webui.wording.decisions import (
    KINDS,
    OPINIONS,
    RESPOND,
    RESPONSES,
    button_label,
    condition_label,
    condition_mark,
    condition_note,
    consequence,
    gate_name,
    mandate_form,
    opinion,
    opinion_mark,
    option_label,
    outcome,
    outcome_mark,
    response_mark,
    row_note,
    table_value,
)
from webui.wording.events import done, event, origin
from webui.wording.marks import N_, Mark
from webui.wording.processes import (
    aspect,
    aspect_value,
    change_mark,
    kind,
    problems_mark,
    process_field,
    process_mark,
    revision_kind,
    who,
)
from webui.wording.prose import glue, paragraphs
from webui.wording.refusals import field_label, problem, reason_text, refusal, refusal_text, wait_text, why_not
from webui.wording.rounds import (
    CHANNELS,
    channel,
    remark_groups,
    round_kind,
    shown_counts,
    tally,
    unheard,
    without_remarks,
)
from webui.wording.states import case_mark, due_line, due_mark, due_tag, group, progress_mark, step_mark
from webui.wording.times import conflict, day_kind, half_day, hours, iso_day, length, month_name, move_kind, why_due

__all__ = [
    "CHANNELS",
    "KINDS",
    "N_",
    "OPINIONS",
    "RESPOND",
    "RESPONSES",
    "Mark",
    "aspect",
    "aspect_value",
    "button_label",
    "case_mark",
    "change_mark",
    "channel",
    "clock",
    "condition_label",
    "condition_mark",
    "condition_note",
    "conflict",
    "consequence",
    "day",
    "day_kind",
    "done",
    "due_line",
    "due_mark",
    "due_tag",
    "event",
    "field_label",
    "full_day",
    "gate_name",
    "glue",
    "group",
    "half_day",
    "hours",
    "iso_day",
    "kind",
    "length",
    "mandate_form",
    "month",
    "month_name",
    "move_kind",
    "opinion",
    "opinion_mark",
    "option_label",
    "origin",
    "outcome",
    "outcome_mark",
    "paragraphs",
    "problem",
    "problems_mark",
    "process_field",
    "process_mark",
    "progress_mark",
    "reason_text",
    "refusal",
    "refusal_text",
    "remark_groups",
    "response_mark",
    "revision_kind",
    "round_kind",
    "row_note",
    "shown_counts",
    "size",
    "stamp",
    "step_mark",
    "table_value",
    "tally",
    "unheard",
    "wait_text",
    "weekday",
    "who",
    "why_due",
    "why_not",
    "without_remarks",
]


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
