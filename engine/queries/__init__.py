"""What pages need, as rows: every query takes who is asking and goes through the one visibility filter.

Queries read and never write; they return the frozen shapes of `engine.queries.views`.
"""

from engine.queries.access import (
    chrome,
    file,
    properties_of,
    require_visible,
    session,
    sources,
    visible,
)
from engine.queries.access import notices_of as notices
from engine.queries.approvals import (
    CONFIRMS,
    Approval,
    affected,
    approvals_of,
    blocking,
    decided_papers,
    made_now,
    unconfirmed,
    waivable,
    waived,
    wanted_artefacts,
)
from engine.queries.arrivals import awaited, may_record, supporting
from engine.queries.authority import absence_choices, coverage, done_for
from engine.queries.authority import absences_list as absences
from engine.queries.capacities import NoAuthority, signed_kinds
from engine.queries.dossier import case, diagram
from engine.queries.durations import durations
from engine.queries.explaining import explain_due
from engine.queries.inbox import inbox
from engine.queries.library import content as model
from engine.queries.library import (
    differences,
    draft,
    model_options,
    process,
    process_diagram,
    revision,
)
from engine.queries.library import processes_list as processes
from engine.queries.mandates import DOCUMENT_KINDS, MANDATE_FORMS, holds_seat, mandate_choices, unit_heads
from engine.queries.mandates import mandates_list as mandates
from engine.queries.opinions import (
    NAMED_LANES,
    collated,
    may_keep_records,
    outside,
    participant_name,
    recipients,
)
from engine.queries.papers import collated_paper, compared, paper, paper_facts
from engine.queries.progress import progress
from engine.queries.register import cases_list as cases
from engine.queries.register import focus_task
from engine.queries.register import focus_tasks_list as focus_tasks
from engine.queries.registers import book
from engine.queries.scheduling import case_schedule, focus_schedule, process_schedule
from engine.queries.views import Facts
from engine.queries.work import assignable, capacity_of, drafters, task
from engine.queries.workdays import calendar_of as calendar
from engine.queries.workdays import calendar_preview
from engine.queries.yearplan import plan, plan_by_id, plan_id, plan_units, year_end

__all__ = [
    "CONFIRMS",
    "DOCUMENT_KINDS",
    "MANDATE_FORMS",
    "NAMED_LANES",
    "Approval",
    "Facts",
    "NoAuthority",
    "absence_choices",
    "absences",
    "affected",
    "approvals_of",
    "assignable",
    "awaited",
    "blocking",
    "book",
    "calendar",
    "calendar_preview",
    "capacity_of",
    "case",
    "case_schedule",
    "cases",
    "chrome",
    "collated",
    "collated_paper",
    "compared",
    "coverage",
    "decided_papers",
    "diagram",
    "differences",
    "done_for",
    "draft",
    "drafters",
    "durations",
    "explain_due",
    "file",
    "focus_schedule",
    "focus_task",
    "focus_tasks",
    "holds_seat",
    "inbox",
    "made_now",
    "mandate_choices",
    "mandates",
    "may_keep_records",
    "may_record",
    "model",
    "model_options",
    "notices",
    "outside",
    "paper",
    "paper_facts",
    "participant_name",
    "plan",
    "plan_by_id",
    "plan_id",
    "plan_units",
    "process",
    "process_diagram",
    "process_schedule",
    "processes",
    "progress",
    "properties_of",
    "recipients",
    "require_visible",
    "revision",
    "session",
    "signed_kinds",
    "sources",
    "supporting",
    "task",
    "unconfirmed",
    "unit_heads",
    "visible",
    "waivable",
    "waived",
    "wanted_artefacts",
    "year_end",
]
