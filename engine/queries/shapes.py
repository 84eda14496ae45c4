"""The shapes of rounds of opinions, for `engine.queries.views`, which hands them on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from engine.deadlines import Due


@dataclass(frozen=True, slots=True)
class VersionView:
    """A version of a document."""

    id: str
    number: str
    filename: str
    media_type: str
    size: int
    at: datetime
    by: str
    sha256: str
    signed: bool


@dataclass(frozen=True, slots=True)
class RemarkView:
    """One remark of an opinion, on one clause, and what the drafter did with it."""

    id: str
    no: int
    clause: str | None
    text: str
    response: str | None
    response_text: str | None
    responded_at: datetime | None
    responded_by: str | None
    may_respond: bool


@dataclass(frozen=True, slots=True)
class SentView:
    """A version of a document that a round was asked on."""

    id: str
    name: str
    number: str
    sha256: str


@dataclass(frozen=True, slots=True)
class OpinionView:
    """One who was asked, and what came back."""

    id: str
    no: int
    who: str
    unit_name: str | None
    state: str
    outcome: str | None
    place: str | None
    text: str | None
    file: VersionView | None
    received_at: datetime | None
    late_days: int
    recorded_by: str | None
    response: str | None
    response_text: str | None
    responded_at: datetime | None
    may_respond: bool
    task_id: str | None = None
    remarks: Sequence[RemarkView] = ()
    # it came after the round was closed; `silence` is what was written down then
    late: bool = False
    silence: str | None = None
    # a reply on paper: when it came, what it says of itself, its scan (a document version), how it came
    received_on: date | None = None
    number: str | None = None
    dated: date | None = None
    decided_by: str | None = None
    channel: str | None = None
    paper: str | None = None
    added: bool = False
    added_reason: str | None = None
    withdrawn_reason: str | None = None
    may_record: bool = False
    may_withdraw: bool = False
    may_answer_late: bool = False


@dataclass(frozen=True, slots=True)
class ConsultationView:
    """A round of opinions."""

    id: str
    kind: str
    name: str
    round: int
    asked: int
    answered: int
    asked_at: datetime
    due: Due
    deemed_consent: bool
    deemed_from: date | None
    closed: bool
    counts: Mapping[str, int]
    open_responses: int
    opinions: Sequence[OpinionView]
    closed_at: datetime | None = None
    documents: Sequence[SentView] = ()
    min_responses: int | None = None
    # answers that are missing to what the model asks for at least
    short: int = 0
    late: int = 0
    withdrawn: int = 0
    may_add: bool = False
    may_add_remarks: bool = False


@dataclass(frozen=True, slots=True)
class CollatedRow:
    """A line of the collated table: one remark, or one agency without any (`remark` None).

    `no` counts the lines from 1. `outcome` is the opinion's slug (dong_y, dong_y_co_y_kien, khong_dong_y,
    khong_tra_loi, a vote …; None: still waited for). `response` is tiep_thu, giai_trinh or None, `response_text` the
    drafter's words. `recorded_by` is the name of who recorded a reply on paper, None when it was given by account.
    """

    no: int
    agency: str
    clause: str | None
    remark: str | None
    outcome: str | None
    response: str | None
    response_text: str | None
    late: bool
    recorded_by: str | None
    # why the agency was taken off the round; None: it was not
    withdrawn: str | None = None
    # what a reply on paper said of itself: its number, its day, and by whom it was decided
    number: str | None = None
    dated: date | None = None
    decided_by: str | None = None


@dataclass(frozen=True, slots=True)
class Collated:
    """Bảng tổng hợp, tiếp thu, giải trình ý kiến: what was asked on (the document with its version) and every line.

    `asked` counts the agencies without those withdrawn, `answered` those that replied (late ones too), `silent` those
    that a closed round found silent; `counts` holds further: dong_y, dong_y_co_y_kien, khong_dong_y (or the votes),
    khong_tra_loi, late, withdrawn, open (remarks without a response).
    """

    case_code: str
    case_title: str
    document_name: str
    version: str
    asked: int
    answered: int
    silent: int
    rows: Sequence[CollatedRow]
    counts: Mapping[str, int] = field(default_factory=dict)
    sha256: str | None = None
    # the rounds that are in it: their titles, in order
    titles: Sequence[str] = ()
    # clause: grouped by what of the draft a remark is about; agency: by who said it
    grouped: str = "agency"
