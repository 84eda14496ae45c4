"""All tables. Rows only: no behaviour, no queries, no object-relational mapping.

`tenant_id` leads every key and unique index. Instants are UTC (`Utc`), days are dates, months are text "2022-03".
JSON that must keep its bytes (kernel state, journal payloads) is `Text`; JSON that nobody hashes is `JSON`.
Ids are UUIDv7 text, except where the domain has a slug of its own (people, units, lanes, artefacts).
"""

import sqlalchemy as sa

# All tables are asked for here, wherever they are declared.
from engine.tables import (
    NAMING,
    Digest,
    Id,
    Slug,
    Utc,
    absences,
    accounts,
    calendar_days,
    col,
    environments,
    lane_bindings,
    login_failures,
    mandates,
    memberships,
    meta,
    metadata,
    model_drafts,
    model_revisions,
    people,
    process_versions,
    resources,
    sessions,
    table,
    units,
)

# --- the plan -----------------------------------------------------------------------------------------------------

plans = table(
    "plans",
    col("id", Id),
    col("year", sa.Integer),
    col("version", sa.Integer),
    col("title", sa.Text),
    # blank until issued: "Số: …… /KH-KHCN"
    col("number", sa.Text, null=True),
    col("dated", sa.Date, null=True),
    col("replaces", sa.Text, null=True),
    # draft → adopted → replaced (by the next version) or closed (at the year's end)
    col("status", sa.String(10), server_default="adopted"),
    # the version that this one replaces or was to replace
    col("previous", Id, null=True),
    col("reason", sa.Text, null=True),
    col("made_at", Utc, null=True),
    col("made_by", Slug, null=True),
    col("ended_at", Utc, null=True),
    col("adopted_at", Utc, null=True),
    col("adopted_by", Slug, null=True),
    # what was understood of the document that it came from: head, items, findings, lines (engine.planfile), redacted
    col("document", sa.JSON, null=True),
    keys=("id",),
)
sa.Index("uq_plans_year_version", plans.c.tenant_id, plans.c.year, plans.c.version, unique=True)
focus_tasks = table(
    "focus_tasks",
    col("id", Id),
    col("plan_id", Id),
    col("code", sa.String(10)),
    col("sort", sa.Integer),
    col("title", sa.Text),
    col("short_title", sa.Text),
    # a few words for lists: "Chỉ thị KH&CN"
    col("label", sa.Text),
    # ubnd_giao (assigned by the provincial chairman) or so_dang_ky (registered by the director)
    col("origin", sa.String(20)),
    col("basis", sa.Text, null=True),
    col("lead_unit", Slug),
    col("coop_units", sa.JSON),
    col("responsible", Slug, null=True),
    col("planned_start", sa.String(7)),
    col("planned_finish", sa.String(7)),
    col("committed_finish", sa.String(7)),
    col("latest_finish", sa.String(7)),
    # [{"month": "2022-01", "text": …}] and [{"id": "T1-r1", "artefact": "du_thao_1", "text": …}]
    col("roadmap", sa.JSON),
    col("results", sa.JSON),
    # None: no workflow yet
    col("process_id", Slug, null=True),
    # the focus task of an earlier version, or of an earlier year, that this one carries on
    col("follows", Id, null=True),
    keys=("id",),
)
sa.Index("uq_focus_tasks_plan_code", focus_tasks.c.tenant_id, focus_tasks.c.plan_id, focus_tasks.c.code, unique=True)

# --- cases --------------------------------------------------------------------------------------------------------

# A case is a process instance. `state` is the kernel's main state, `version` the guard of every command.
cases = table(
    "cases",
    col("id", Id),
    col("code", sa.String(20)),
    col("title", sa.Text),
    col("focus_task_id", Id, null=True),
    col("process_id", Slug),
    col("definition", Digest),
    col("lead_unit", Slug),
    col("drafter", Slug, null=True),
    # thuong (everybody in the department), han_che (participants and leaders)
    col("secrecy", sa.String(12)),
    # running, completed, refused (ended without issuing), cancelled
    col("status", sa.String(12)),
    col("milestone", sa.Text, null=True),
    col("planned_start", sa.String(7)),
    col("planned_finish", sa.String(7)),
    col("committed_finish", sa.String(7)),
    col("latest_finish", sa.String(7)),
    col("started_at", Utc),
    col("started_by", Slug),
    col("ended_at", Utc, null=True),
    col("end_reason", sa.Text, null=True),
    col("state", sa.Text),
    # approvals that have to be given anew, because a document they saw was changed afterwards
    col("reopened", sa.Integer, server_default="0"),
    col("version", sa.Integer),
    col("head_seq", sa.Integer),
    col("head_hash", Digest),
    keys=("id",),
)
sa.Index("uq_cases_code", cases.c.tenant_id, cases.c.code, unique=True)
sa.Index("ix_cases_status_started", cases.c.tenant_id, cases.c.status, cases.c.started_at)
sa.Index("ix_cases_focus_task", cases.c.tenant_id, cases.c.focus_task_id)
# The children of a parallel multi-instance, each in a row of its own; `id` starts with the host's token id and a dot.
shards = table("shards", col("case_id", Id), col("id", sa.String(120)), col("state", sa.Text), keys=("case_id", "id"))

# A user task. `kind`: task, gate, opinion. `state`: see engine.tasks.TRANSITIONS.
tasks = table(
    "tasks",
    col("id", Id),
    col("case_id", Id),
    col("token", sa.String(120)),
    col("shard", sa.String(120), null=True),
    col("host", sa.String(120), null=True),
    # the call activity of the main process in whose called process it is, and which instance of a multi-instance
    col("call", sa.String(120), null=True),
    col("instance", sa.Integer, null=True),
    col("definition", Digest),
    col("element", sa.String(120)),
    col("step", sa.String(20), null=True),
    col("kind", sa.String(10)),
    col("name", sa.Text),
    col("name_en", sa.Text),
    # one candidate group is the rule; further ones stand in task_candidates
    col("candidate", sa.String(160), null=True),
    # a signing gate: the key of who has a mandate to sign it, beside the seat (engine.org.mandate_key)
    col("mandated", sa.String(200), null=True),
    col("assignee", Slug, null=True),
    col("state", sa.String(12)),
    col("form", Digest, null=True),
    col("round", sa.Integer),
    col("priority", sa.Integer),
    col("created_at", Utc),
    col("due_at", Utc, null=True),
    col("follow_up_at", Utc, null=True),
    col("claimed_at", Utc, null=True),
    col("ended_at", Utc, null=True),
    col("ended_by", Slug, null=True),
    col("outcome", Slug, null=True),
    col("reason", sa.Text, null=True),
    col("answers", sa.JSON, null=True),
    # a gate: the document versions that it decided on, [{"artefact", "number", "sha256"}], and the signing capacity
    col("seen", sa.JSON, null=True),
    col("capacity", sa.Text, null=True),
    # whose deputy has done it
    col("on_behalf_of", Slug, null=True),
    # what was decided on paper and recorded by another: {"decided_by", "number", "dated", "received_on", "channel",
    # "document": {"artefact", "number", "sha256"}}
    col("recorded", sa.JSON, null=True),
    col("draft", sa.JSON, null=True),
    col("version", sa.Integer),
    keys=("id",),
)
sa.Index("ix_tasks_case_token", tasks.c.tenant_id, tasks.c.case_id, tasks.c.token)
# The inbox reads open tasks only: two partial indexes keep it independent of history.
OPEN = sa.text("state IN ('ready', 'claimed')")
for _name, _column in (("assignee", tasks.c.assignee), ("candidate", tasks.c.candidate)):
    sa.Index(
        f"ix_tasks_open_{_name}",
        tasks.c.tenant_id,
        _column,
        tasks.c.due_at,
        sqlite_where=OPEN,
        postgresql_where=OPEN,
    )
sa.Index("ix_tasks_case_element", tasks.c.tenant_id, tasks.c.case_id, tasks.c.element)
sa.Index("ix_tasks_ended_by", tasks.c.tenant_id, tasks.c.ended_by, tasks.c.ended_at)
task_candidates = table(
    "task_candidates", col("task_id", Id), col("candidate", sa.String(160)), keys=("task_id", "candidate")
)
sa.Index("ix_task_candidates_candidate", task_candidates.c.tenant_id, task_candidates.c.candidate)

# A round of opinions, one multi-instance host (of a portal's posting "portal:" and its step); and one row for each who
# was asked. `kind`: internal, external, council, affected, portal, vote, proposal.
consultations = table(
    "consultations",
    col("id", Id),
    col("case_id", Id),
    col("host", sa.String(120)),
    col("element", sa.String(120)),
    col("step", sa.String(20), null=True),
    col("kind", sa.String(12)),
    col("title", sa.Text),
    col("round", sa.Integer),
    # what was sent, the main document first: [{"artefact", "number", "sha256", "version"}]
    col("documents", sa.JSON),
    # whether silence counts as agreement, and how many must answer at least, if the model says so
    col("deemed", sa.Boolean),
    col("min_responses", sa.Integer, null=True),
    col("opened_at", Utc),
    col("due_at", Utc, null=True),
    col("closed_at", Utc, null=True),
    keys=("id",),
)
sa.Index("ix_consultations_case", consultations.c.tenant_id, consultations.c.case_id)
opinions = table(
    "opinions",
    col("id", Id),
    col("consultation_id", Id),
    col("case_id", Id),
    # none for a citizen's remark on what was posted
    col("task_id", Id, null=True),
    # a candidate key ("unit_head@chi_cuc_tdc"), a person id, or what a citizen is called
    col("participant", sa.String(160)),
    col("sort", sa.Integer),
    col("asked_at", Utc),
    # None while open; khong_tra_loi when the round closed on a silent member
    col("outcome", Slug, null=True),
    # what was written down when the round closed on them: a late answer does not change what silence meant
    col("silence", Slug, null=True),
    col("late", sa.Boolean),
    col("answered_at", Utc, null=True),
    col("answered_by", Slug, null=True),
    # an answer on paper that somebody else recorded, as in tasks.recorded
    col("recorded", sa.JSON, null=True),
    # who was added while the round was open, by whom and why; who was taken off it
    col("added_by", Slug, null=True),
    col("added_reason", sa.Text, null=True),
    col("withdrawn_at", Utc, null=True),
    col("withdrawn_by", Slug, null=True),
    col("withdrawn_reason", sa.Text, null=True),
    keys=("id",),
)
sa.Index("ix_opinions_consultation", opinions.c.tenant_id, opinions.c.consultation_id, opinions.c.sort)
sa.Index("ix_opinions_case", opinions.c.tenant_id, opinions.c.case_id)
sa.Index("ix_opinions_task", opinions.c.tenant_id, opinions.c.task_id)
# What an opinion says, each on a clause of the document; the drafter accepts or explains each.
opinion_remarks = table(
    "opinion_remarks",
    col("id", Id),
    col("opinion_id", Id),
    col("case_id", Id),
    # from 1, in the order in which they were given
    col("number", sa.Integer),
    col("clause", sa.Text, null=True),
    # empty: an opinion that does not simply agree, without a word
    col("text", sa.Text),
    # tiep_thu, tiep_thu_mot_phan or giai_trinh, once the drafter has dealt with it
    col("response", sa.String(20), null=True),
    col("response_text", sa.Text, null=True),
    col("responded_at", Utc, null=True),
    col("responded_by", Slug, null=True),
    keys=("id",),
)
sa.Index("ix_opinion_remarks_opinion", opinion_remarks.c.tenant_id, opinion_remarks.c.opinion_id)
sa.Index("ix_opinion_remarks_case", opinion_remarks.c.tenant_id, opinion_remarks.c.case_id)

# --- documents ----------------------------------------------------------------------------------------------------

files = table(
    "files",
    col("sha256", Digest),
    col("size", sa.Integer),
    col("content", sa.LargeBinary),
    keys=("sha256",),
)
# One document per artefact slug of a case; its versions are never overwritten.
documents = table(
    "documents",
    col("id", Id),
    col("case_id", Id),
    col("artefact", Slug),
    col("title", sa.Text),
    col("secrecy", sa.String(12)),
    col("number", sa.Text, null=True),
    col("dated", sa.Date, null=True),
    keys=("id",),
)
sa.Index("uq_documents_case_artefact", documents.c.tenant_id, documents.c.case_id, documents.c.artefact, unique=True)
document_versions = table(
    "document_versions",
    col("id", Id),
    col("document_id", Id),
    col("case_id", Id),
    col("number", sa.Integer),
    col("sha256", Digest),
    col("filename", sa.Text),
    col("media_type", sa.String(120)),
    col("size", sa.Integer),
    col("added_by", Slug),
    col("added_at", Utc),
    col("task_id", Id, null=True),
    keys=("id",),
)
sa.Index(
    "uq_document_versions_number",
    document_versions.c.tenant_id,
    document_versions.c.document_id,
    document_versions.c.number,
    unique=True,
)
sa.Index("ix_document_versions_case", document_versions.c.tenant_id, document_versions.c.case_id)
# A continuous sequence per register and year; a number is taken once and never reused.
registers = table(
    "registers",
    col("name", sa.String(40)),
    col("year", sa.Integer),
    col("last", sa.Integer),
    # how its numbers are written: "{n}/CT-UBND"
    col("pattern", sa.Text),
    keys=("name", "year"),
)
numbers = table(
    "numbers",
    col("register", sa.String(40)),
    col("year", sa.Integer),
    col("number", sa.Integer),
    col("symbol", sa.Text),
    col("case_id", Id, null=True),
    # the job or task that asked: asking twice gives the same number
    col("asked_for", sa.String(200)),
    col("given_at", Utc),
    # given (on a document of a case), reserved (kept free), used (reserved, then on a document made elsewhere),
    # cancelled; none of them is ever given again
    col("state", sa.String(10)),
    col("title", sa.Text, null=True),
    col("dated", sa.Date, null=True),
    keys=("register", "year", "number"),
)
# Append-only: who reserved, used or cancelled a number, and why.
number_acts = table(
    "number_acts",
    col("register", sa.String(40)),
    col("year", sa.Integer),
    col("number", sa.Integer),
    col("seq", sa.Integer),
    col("act", sa.String(10)),
    col("actor", Slug),
    col("at", Utc),
    col("reason", sa.Text),
    keys=("register", "year", "number", "seq"),
)
sa.Index("uq_numbers_asked_for", numbers.c.tenant_id, numbers.c.asked_for, unique=True)

# Documents that will not be there, with the reason of who answers for the case.
waivers = table(
    "waivers",
    col("case_id", Id),
    col("artefact", Slug),
    col("reason", sa.Text),
    col("by", Slug),
    col("at", Utc),
    keys=("case_id", "artefact"),
)

# --- waiting, telling, remembering --------------------------------------------------------------------------------

timers = table(
    "timers",
    col("case_id", Id),
    col("token", sa.String(120)),
    col("shard", sa.String(120), null=True),
    col("element", sa.String(120)),
    col("due_at", Utc),
    # armed, fired, cancelled
    col("state", sa.String(10)),
    keys=("case_id", "token"),
)
ARMED = sa.text("state = 'armed'")
sa.Index("ix_timers_armed", timers.c.tenant_id, timers.c.due_at, sqlite_where=ARMED, postgresql_where=ARMED)
# Work to be done outside the command that wanted it: service tasks of cases, later mail and webhooks.
jobs = table(
    "jobs",
    col("id", Id),
    col("kind", sa.String(80)),
    col("case_id", Id),
    col("token", sa.String(120)),
    col("shard", sa.String(120), null=True),
    col("element", sa.String(120)),
    # the call activity of the main process in whose called process it was wanted
    col("call", sa.String(120), null=True),
    col("payload", sa.JSON),
    # queued, done, failed, cancelled
    col("state", sa.String(10)),
    col("attempts", sa.Integer),
    # system time: retries do not wait for business time
    col("run_at", Utc),
    col("last_error", sa.Text, null=True),
    keys=("id",),
)
QUEUED = sa.text("state = 'queued'")
sa.Index("ix_jobs_queued", jobs.c.tenant_id, jobs.c.run_at, sqlite_where=QUEUED, postgresql_where=QUEUED)
sa.Index("ix_jobs_case_token", jobs.c.tenant_id, jobs.c.case_id, jobs.c.token)
incidents = table(
    "incidents",
    col("id", Id),
    col("case_id", Id),
    # the kernel's id of the incident
    col("token", sa.String(120)),
    col("shard", sa.String(120), null=True),
    col("element", sa.String(120)),
    col("code", sa.String(80)),
    col("message", sa.Text),
    col("raised_at", Utc),
    col("resolved_at", Utc, null=True),
    keys=("id",),
)
sa.Index("ix_incidents_case", incidents.c.tenant_id, incidents.c.case_id)
# Where a case waits for a message from outside.
subscriptions = table(
    "subscriptions",
    col("case_id", Id),
    col("token", sa.String(120)),
    col("shard", sa.String(120), null=True),
    col("name", sa.String(200)),
    col("key", sa.String(200), null=True),
    # who waits, and in which called process (none: the main one)
    col("element", sa.String(120)),
    col("definition", Digest, null=True),
    keys=("case_id", "token"),
)
sa.Index("ix_subscriptions_name", subscriptions.c.tenant_id, subscriptions.c.name, subscriptions.c.key)
notices = table(
    "notices",
    col("id", Id),
    col("person_id", Slug),
    col("case_id", Id, null=True),
    col("task_id", Id, null=True),
    col("kind", sa.String(40)),
    col("params", sa.JSON),
    col("created_at", Utc),
    col("read_at", Utc, null=True),
    keys=("id",),
)
sa.Index("ix_notices_person", notices.c.tenant_id, notices.c.person_id, notices.c.created_at)
# Append-only. `hash` chains `prev`, `seq`, `at`, `actor`, `kind`, `digest`; a payload may be erased, its digest stays.
journal = table(
    "journal",
    col("case_id", Id),
    col("seq", sa.Integer),
    col("at", Utc),
    col("actor", Slug),
    col("kind", sa.String(40)),
    col("payload", sa.Text, null=True),
    col("digest", Digest),
    col("prev", Digest),
    col("hash", Digest),
    keys=("case_id", "seq"),
)
# Heads of all cases gathered once a day, chained: a rewrite of a case's whole chain no longer goes unseen.
seals = table(
    "seals",
    col("day", sa.Date),
    col("cases", sa.Integer),
    # {case id: [number of its last entry, hash of that entry]}
    col("heads", sa.Text),
    col("digest", Digest),
    col("prev", Digest),
    col("hash", Digest),
    keys=("day",),
)

# --- time ---------------------------------------------------------------------------------------------------------

# When the office is open, by season: minutes since midnight; a season "04-16" to "10-15" comes every year, the one
# that is named "" holds in all other months.
office_hours = table(
    "office_hours",
    col("name", sa.Text),
    col("from_day", sa.String(5), null=True),
    col("to_day", sa.String(5), null=True),
    # [[450, 720], [780, 990]]
    col("hours", sa.JSON),
    keys=("name",),
)
# Cases whose due dates are still to be counted anew after a change of the calendar, and after which.
retimings = table(
    "retimings",
    col("case_id", Id),
    # {"actor", "before" (the environment), "changes": [{"day", "kind", "name", …}]}
    col("cause", sa.JSON),
    col("asked_at", Utc),
    keys=("case_id",),
)
# Processes that a timer starts: the next instant of each timer start event of a newest version.
start_timers = table(
    "start_timers",
    col("process_id", Slug),
    col("element", sa.String(120)),
    col("definition", Digest),
    col("due_at", Utc),
    # cycles: the ISO duration between two firings, and how many follow the next one (-1 without end)
    col("every", sa.String(80), null=True),
    col("more", sa.Integer, null=True),
    # armed, fired, cancelled
    col("state", sa.String(10)),
    keys=("process_id", "element"),
)
# Levels of reminding (DMN-07) that a task has reached: each once, and who was told.
escalations = table(
    "escalations",
    col("task_id", Id),
    col("level", sa.Integer),
    col("case_id", Id),
    col("day", sa.Date),
    col("told", sa.JSON),
    keys=("task_id", "level"),
)
sa.Index("ix_escalations_case", escalations.c.tenant_id, escalations.c.case_id)
# What is done once a business day, and the last day on which it was.
daily = table("daily", col("name", sa.String(40)), col("day", sa.Date), keys=("name",))

# --- versions of the plan -----------------------------------------------------------------------------------------

# Each time that a case came to stand under another version of the plan: its months before and after.
plan_moves = table(
    "plan_moves",
    col("case_id", Id),
    col("plan_id", Id),
    col("at", Utc),
    col("moved_by", Slug),
    col("approved_by", Slug),
    col("reason", sa.Text),
    # {"planned_finish": "2022-05"}; both empty when no month changed
    col("before", sa.JSON),
    col("after", sa.JSON),
    keys=("case_id", "plan_id"),
)
# Cases of closed years: still there for whoever asks, no longer in the lists.
archived_cases = table(
    "archived_cases",
    col("case_id", Id),
    col("plan_id", Id),
    col("at", Utc),
    col("archived_by", Slug),
    keys=("case_id",),
)

# --- renditions of documents --------------------------------------------------------------------------------------

# What was made of a file by conversion, `sha256` among `files`; none: it failed so far. `source`: for pdf_a the
# SHA-256 of the file; for issued, where number and date are filled in, the id of the document version.
renditions = table(
    "renditions",
    col("source", Digest),
    # pdf_a, issued
    col("kind", sa.String(10)),
    col("sha256", Digest, null=True),
    col("failed", sa.Text, null=True),
    col("attempts", sa.Integer),
    # system time: nobody's deadline depends on it
    col("made_at", Utc),
    keys=("source", "kind"),
)
