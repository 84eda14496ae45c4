"""The shapes that pages read: frozen, plain, never rows of an object-relational mapper.

Instants are tz-aware UTC, days are dates. Texts from people or models are as stored; what the program itself says is a
code with parameters, which the web layer words in the reader's language.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from engine.deadlines import Due
from engine.errors import Reason
from engine.gates import Condition
from engine.queries.shapes import (
    Collated,
    CollatedRow,
    ConsultationView,
    OpinionView,
    RemarkView,
    SentView,
    VersionView,
)


class Facts:
    """A mapping whose keys are read as attributes: a row put together by hand where a query gives one elsewhere."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self.__dict__.update(values)

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(name)


@dataclass(frozen=True, slots=True)
class SessionView:
    """Who is logged in, for every page."""

    person: str
    name: str
    unit: str
    unit_name: str
    roles: frozenset[str]
    keys: frozenset[str]
    csrf: str
    lang: str | None
    shortcuts: bool = True
    # not noted as in use for a while: `people.touch` is due
    idle: bool = False


@dataclass(frozen=True, slots=True)
class Chrome:
    """What the top bar shows."""

    todo: int
    unread: int
    now: datetime
    clock_moved: bool
    may: frozenset[str]


@dataclass(frozen=True, slots=True)
class InboxRow:
    """One line of the inbox."""

    task_id: str
    version: int
    name: str
    kind: str
    case_id: str
    case_code: str
    case_short: str
    due: Due
    unread: bool
    claimable: bool
    assignee_name: str | None
    holder: str | None
    submitted_by: str | None
    round: int
    done_at: datetime | None
    outcome: str | None
    element: str = ""
    step: str | None = None
    # for whom the reader would act, when the task is somebody's who is away
    for_whom: str | None = None


@dataclass(frozen=True, slots=True)
class InboxGroup:
    """Rows of one urgency."""

    state: str
    rows: Sequence[InboxRow]


@dataclass(frozen=True, slots=True)
class FocusCount:
    """How many of the shown tasks belong to a focus task."""

    id: str
    short: str
    count: int


@dataclass(frozen=True, slots=True)
class LastDone:
    """The task that was completed last."""

    name: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Inbox:
    """Việc của tôi."""

    tab: str
    counts: Mapping[str, int]
    focus: Sequence[FocusCount]
    groups: Sequence[InboxGroup]
    last_done: LastDone | None
    ever: bool
    upcoming: Sequence[Any] = ()


@dataclass(frozen=True, slots=True)
class DocumentView:
    """A document with its versions, newest first."""

    artefact: str
    name: str
    required: bool
    editable: bool
    versions: Sequence[VersionView]
    symbol: str | None = None
    dated: date | None = None
    # the Word template that it can be begun with
    template: str | None = None
    # whether the reader may add a version beside the process's way (`engine.commands.approvals`)
    revisable: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """One decision that a gate offers."""

    slug: str
    kind: str
    label: str | None
    consequence: str | None
    reason_min: int


@dataclass(frozen=True, slots=True)
class GateView:
    """What the gate page shows beside the document."""

    gate: str
    decider: str
    outcomes: Sequence[Outcome]
    round: int
    max_rounds: int | None
    returned_to: str | None
    needs_password: bool
    capacity: str | None
    document: tuple[str, str] | None
    submitted_by: str | None
    submitted_at: datetime | None
    # why what was submitted is the document that was returned, unchanged
    kept: str | None
    # an approval that is asked for anew: of which artefact, and the version that was approved before
    again: str | None = None
    seen_before: int | None = None
    # the reader may decide, but nobody has given them the authority to sign
    unauthorised: bool = False


@dataclass(frozen=True, slots=True)
class Submission:
    """An earlier round at a gate."""

    round: int
    outcome: str
    reason: str | None
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class NextStep:
    """Where the case goes when this task is done."""

    name: str
    holder: str


@dataclass(frozen=True, slots=True)
class TaskView:
    """One task with all that its page needs."""

    id: str
    version: int
    name: str
    kind: str
    state: str
    case_id: str
    case_code: str
    case_title: str
    case_short: str
    step: str | None
    step_no: int
    step_count: int
    assignee: str | None
    assignee_name: str | None
    assigned_by: str | None
    opened_at: datetime
    claimed_at: datetime | None
    completed_at: datetime | None
    candidates: Sequence[str]
    due: Due
    instructions: str | None
    rights: frozenset[str]
    why_not: Reason | None
    form: Any
    draft: Mapping[str, Any] | None
    draft_saved_at: datetime | None
    conditions: Sequence[Condition]
    documents: Sequence[DocumentView]
    document_count: int
    consultation: ConsultationView | None
    next_step: NextStep | None
    gate: GateView | None
    assignable: Sequence[tuple[str, str]]
    submissions: Sequence[Submission]
    # for whom the reader acts (who is away), and for whom it was done: names
    acting_for: str | None = None
    done_for: str | None = None
    # why it is due then: `queries.explaining.Explanation`
    why_due: Any = None


@dataclass(frozen=True, slots=True)
class Milestone:
    """A point that a leader asks for, in plain words."""

    name: str
    state: str
    day: date | None
    expected: bool
    late_days: int


@dataclass(frozen=True, slots=True)
class StepRow:
    """A step of a case: the table twin of the diagram."""

    no: int
    step: str | None
    element: str
    name: str
    holder: str | None
    started_at: datetime | None
    due: Due
    done_at: datetime | None
    days: int | None
    norm: int | None
    state: str
    round: int
    note: str | None
    answered: int | None
    asked: int | None
    task_id: str | None
    # why it is due then: `queries.explaining.Explanation`
    why_due: Any = None
    # in whose name it was done, when a deputy or somebody with a mandate has done it
    done_for: str | None = None


@dataclass(frozen=True, slots=True)
class GateRow:
    """A decision, or a gate that waits for one."""

    name: str
    gate: str
    decider: str
    round: int
    outcome: str | None
    reason: str | None
    at: datetime | None
    element: str
    task_id: str | None
    state: str
    done_for: str | None = None
    # a signature: its block, from top to bottom
    capacity: str | None = None
    # the step of the case that a gate of a called process belongs to: several letters, each with its signature
    part: str | None = None


@dataclass(frozen=True, slots=True)
class RowView:
    """A row of a decision table that counted: its number, what it gives, and the source that is noted beside it."""

    number: int
    gives: Mapping[str, Any]
    note: str


@dataclass(frozen=True, slots=True)
class TableView:
    """A decision table that was asked while a step ran: what it was given, and which rows counted. `default`: none
    did, and the table says what holds then."""

    name: str
    given: Sequence[tuple[str, Any]]
    rows: Sequence[RowView]
    default: bool


@dataclass(frozen=True, slots=True)
class JournalRow:
    """An entry of the journal, without its payload; `tables` are those that it had decided by."""

    seq: int
    at: datetime
    kind: str
    by: str | None
    params: Mapping[str, Any]
    hash: str
    tables: Sequence[TableView] = ()


@dataclass(frozen=True, slots=True)
class IncidentView:
    """A step that stopped for a technical reason."""

    id: str
    element: str
    name: str
    at: datetime
    # for who may try it again: what failed
    message: str | None = None


@dataclass(frozen=True, slots=True)
class Escalation:
    """A gate that sends work back again and again, as long as it has not let it pass: its returns, oldest first."""

    name: str
    returns: Sequence[Submission]


@dataclass(frozen=True, slots=True)
class CaseView:
    """One case with all that its page needs."""

    id: str
    code: str
    title: str
    short: str
    process_name: str
    focus_code: str | None
    lead_unit_name: str
    origin: str | None
    state: str
    started_at: datetime
    ended_at: datetime | None
    outcome: str | None
    planned_finish: str
    committed_finish: str
    latest_finish: str
    step_due: Due
    case_due: Due
    milestones: Sequence[Milestone]
    steps: Sequence[StepRow]
    documents: Sequence[DocumentView]
    consultations: Sequence[ConsultationView]
    gates: Sequence[GateRow]
    journal: Sequence[JournalRow]
    journal_count: int
    incidents: Sequence[IncidentView]
    my_tasks: Sequence[tuple[str, str]]
    result: tuple[str, date] | None
    # what the process found out about its deadlines (DMN-04, domain.md §4): "hoan_thanh_cham_kh"
    progress: str | None = None
    # who drafts it, and for who may replace them, by whom: (person, name)
    drafter_name: str | None = None
    drafters: Sequence[tuple[str, str]] = ()
    escalations: Sequence[Escalation] = ()
    may_retry: bool = False
    # why it is due then: `queries.explaining.Explanation`
    why_due: Any = None


@dataclass(frozen=True, slots=True)
class CaseRow:
    """A line in the list of cases."""

    id: str
    code: str
    title: str
    short: str
    focus_code: str | None
    lead_unit_name: str
    state: str
    milestone: str | None
    steps: Sequence[tuple[str, str]]
    step_due: Due
    case_due: Due
    started_at: datetime
    done_steps: int
    step_count: int


@dataclass(frozen=True, slots=True)
class CaseList:
    """Hồ sơ."""

    counts: Mapping[str, int]
    units: Sequence[tuple[str, str]]
    rows: Sequence[CaseRow]
    # whether the reader is not of the department and sees only the cases that involve them
    outsider: bool = False


@dataclass(frozen=True, slots=True)
class FocusTaskView:
    """A focus task of the plan, executable or not yet."""

    id: str
    code: str
    no: int
    title: str
    short: str
    lead_unit_name: str
    origin: str
    planned_start: str
    planned_finish: str
    committed_finish: str
    latest_finish: str
    executable: bool
    cases: Sequence[tuple[str, str, str]]
    may_start: bool
    steps: int | None
    results: Sequence[str]
    label: str = ""
    # whether the reader heads the unit in charge
    led: bool = False


@dataclass(frozen=True, slots=True)
class NoticeView:
    """Something that one is told."""

    id: str
    at: datetime
    kind: str
    params: Mapping[str, Any]
    case_id: str | None
    case_code: str | None
    task_id: str | None
    unread: bool


@dataclass(frozen=True, slots=True)
class FileView:
    """A file to be sent to the reader."""

    filename: str
    media_type: str
    size: int
    sha256: str
    content: bytes = field(repr=False)
