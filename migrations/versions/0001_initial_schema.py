"""Initial schema."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "absences",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("person_id", sa.String(length=80), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("deputy_id", sa.String(length=80), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("entered_by", sa.String(length=80), nullable=False),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_absences")),
    )
    op.create_index("ix_absences_deputy", "absences", ["tenant_id", "deputy_id", "first_day"], unique=False)
    op.create_index("ix_absences_person", "absences", ["tenant_id", "person_id", "first_day"], unique=False)
    op.create_table(
        "accounts",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("login", sa.String(length=80), nullable=False),
        sa.Column("person_id", sa.String(length=80), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "login", name=op.f("pk_accounts")),
    )
    op.create_index("ix_accounts_person", "accounts", ["tenant_id", "person_id"], unique=False)
    op.create_table(
        "archived_cases",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.String(length=36), nullable=False),
        sa.Column("plan_id", sa.String(length=36), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("archived_by", sa.String(length=80), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "case_id", name=op.f("pk_archived_cases")),
    )
    op.create_table(
        "calendar_days",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("confirmed", sa.Boolean(), nullable=False),
        sa.Column("half", sa.String(length=10), nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "day", name=op.f("pk_calendar_days")),
    )
    op.create_table(
        "cases",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("code", sa.String(length=20), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("focus_task_id", sa.String(length=36), nullable=True),
        sa.Column("process_id", sa.String(length=80), nullable=False),
        sa.Column("definition", sa.String(length=64), nullable=False),
        sa.Column("lead_unit", sa.String(length=80), nullable=False),
        sa.Column("drafter", sa.String(length=80), nullable=True),
        sa.Column("secrecy", sa.String(length=12), nullable=False),
        sa.Column("status", sa.String(length=12), nullable=False),
        sa.Column("milestone", sa.Text(), nullable=True),
        sa.Column("planned_start", sa.String(length=7), nullable=False),
        sa.Column("planned_finish", sa.String(length=7), nullable=False),
        sa.Column("committed_finish", sa.String(length=7), nullable=False),
        sa.Column("latest_finish", sa.String(length=7), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("started_by", sa.String(length=80), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("end_reason", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reopened", sa.Integer(), server_default="0", nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("head_seq", sa.Integer(), nullable=False),
        sa.Column("head_hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_cases")),
    )
    op.create_index("ix_cases_focus_task", "cases", ["tenant_id", "focus_task_id"], unique=False)
    op.create_index("ix_cases_status_started", "cases", ["tenant_id", "status", "started_at"], unique=False)
    op.create_index("uq_cases_code", "cases", ["tenant_id", "code"], unique=True)
    op.create_table(
        "consultations",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("case_id", sa.String(length=36), nullable=False),
        sa.Column("host", sa.String(length=120), nullable=False),
        sa.Column("element", sa.String(length=120), nullable=False),
        sa.Column("step", sa.String(length=20), nullable=True),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("documents", sa.JSON(), nullable=False),
        sa.Column("deemed", sa.Boolean(), nullable=False),
        sa.Column("min_responses", sa.Integer(), nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_consultations")),
    )
    op.create_index("ix_consultations_case", "consultations", ["tenant_id", "case_id"], unique=False)
    op.create_table(
        "daily",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "name", name=op.f("pk_daily")),
    )
    op.create_table(
        "document_versions",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("document_id", sa.String(length=36), nullable=False),
        sa.Column("case_id", sa.String(length=36), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("filename", sa.Text(), nullable=False),
        sa.Column("media_type", sa.String(length=120), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("added_by", sa.String(length=80), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("task_id", sa.String(length=36), nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_document_versions")),
    )
    op.create_index("ix_document_versions_case", "document_versions", ["tenant_id", "case_id"], unique=False)
    op.create_index(
        "uq_document_versions_number", "document_versions", ["tenant_id", "document_id", "number"], unique=True
    )
    op.create_table(
        "documents",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("case_id", sa.String(length=36), nullable=False),
        sa.Column("artefact", sa.String(length=80), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("secrecy", sa.String(length=12), nullable=False),
        sa.Column("number", sa.Text(), nullable=True),
        sa.Column("dated", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_documents")),
    )
    op.create_index("uq_documents_case_artefact", "documents", ["tenant_id", "case_id", "artefact"], unique=True)
    op.create_table(
        "environments",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "hash", name=op.f("pk_environments")),
    )
    op.create_table(
        "escalations",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("task_id", sa.String(length=36), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.String(length=36), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("told", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "task_id", "level", name=op.f("pk_escalations")),
    )
    op.create_index("ix_escalations_case", "escalations", ["tenant_id", "case_id"], unique=False)
    op.create_table(
        "files",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "sha256", name=op.f("pk_files")),
    )
    op.create_table(
        "focus_tasks",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("plan_id", sa.String(length=36), nullable=False),
        sa.Column("code", sa.String(length=10), nullable=False),
        sa.Column("sort", sa.Integer(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("short_title", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("origin", sa.String(length=20), nullable=False),
        sa.Column("basis", sa.Text(), nullable=True),
        sa.Column("lead_unit", sa.String(length=80), nullable=False),
        sa.Column("coop_units", sa.JSON(), nullable=False),
        sa.Column("responsible", sa.String(length=80), nullable=True),
        sa.Column("planned_start", sa.String(length=7), nullable=False),
        sa.Column("planned_finish", sa.String(length=7), nullable=False),
        sa.Column("committed_finish", sa.String(length=7), nullable=False),
        sa.Column("latest_finish", sa.String(length=7), nullable=False),
        sa.Column("roadmap", sa.JSON(), nullable=False),
        sa.Column("results", sa.JSON(), nullable=False),
        sa.Column("process_id", sa.String(length=80), nullable=True),
        sa.Column("follows", sa.String(length=36), nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_focus_tasks")),
    )
    op.create_index("uq_focus_tasks_plan_code", "focus_tasks", ["tenant_id", "plan_id", "code"], unique=True)
    op.create_table(
        "incidents",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("case_id", sa.String(length=36), nullable=False),
        sa.Column("token", sa.String(length=120), nullable=False),
        sa.Column("shard", sa.String(length=120), nullable=True),
        sa.Column("element", sa.String(length=120), nullable=False),
        sa.Column("code", sa.String(length=80), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("raised_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("resolved_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_incidents")),
    )
    op.create_index("ix_incidents_case", "incidents", ["tenant_id", "case_id"], unique=False)
    op.create_table(
        "jobs",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=80), nullable=False),
        sa.Column("case_id", sa.String(length=36), nullable=False),
        sa.Column("token", sa.String(length=120), nullable=False),
        sa.Column("shard", sa.String(length=120), nullable=True),
        sa.Column("element", sa.String(length=120), nullable=False),
        sa.Column("call", sa.String(length=120), nullable=True),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("run_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_jobs")),
    )
    op.create_index("ix_jobs_case_token", "jobs", ["tenant_id", "case_id", "token"], unique=False)
    op.create_index(
        "ix_jobs_queued",
        "jobs",
        ["tenant_id", "run_at"],
        unique=False,
        sqlite_where=sa.text("state = 'queued'"),
        postgresql_where=sa.text("state = 'queued'"),
    )
    op.create_table(
        "journal",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.String(length=36), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(length=80), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("payload", sa.Text(), nullable=True),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("prev", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "case_id", "seq", name=op.f("pk_journal")),
    )
    op.create_table(
        "lane_bindings",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("lane", sa.String(length=80), nullable=False),
        sa.Column("position", sa.String(length=80), nullable=False),
        sa.Column("unit_id", sa.String(length=80), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "lane", "position", "unit_id", name=op.f("pk_lane_bindings")),
    )
    op.create_table(
        "login_failures",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("subject", sa.String(length=200), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_login_failures")),
    )
    op.create_index("ix_login_failures_subject_at", "login_failures", ["tenant_id", "subject", "at"], unique=False)
    op.create_table(
        "mandates",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("person_id", sa.String(length=80), nullable=False),
        sa.Column("form", sa.String(length=4), nullable=False),
        sa.Column("unit_id", sa.String(length=80), nullable=False),
        sa.Column("position", sa.String(length=80), nullable=False),
        sa.Column("kinds", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("dated", sa.Date(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=True),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("granted_by", sa.String(length=80), nullable=False),
        sa.Column("granted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_by", sa.String(length=80), nullable=True),
        sa.Column("revoked_why", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_mandates")),
    )
    op.create_index("ix_mandates_person", "mandates", ["tenant_id", "person_id", "valid_from"], unique=False)
    op.create_table(
        "memberships",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("person_id", sa.String(length=80), nullable=False),
        sa.Column("unit_id", sa.String(length=80), nullable=False),
        sa.Column("position", sa.String(length=80), nullable=False),
        sa.Column("roles", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_memberships")),
    )
    op.create_index("ix_memberships_person", "memberships", ["tenant_id", "person_id"], unique=False)
    op.create_index("ix_memberships_seat", "memberships", ["tenant_id", "position", "unit_id"], unique=False)
    op.create_table(
        "meta",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("one", sa.Integer(), nullable=False),
        sa.Column("clock_offset", sa.Float(), nullable=False),
        sa.Column("environment", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "one", name=op.f("pk_meta")),
    )
    op.create_table(
        "model_drafts",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("process_id", sa.String(length=80), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "process_id", name=op.f("pk_model_drafts")),
    )
    op.create_table(
        "model_revisions",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("process_id", sa.String(length=80), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("base", sa.Integer(), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.String(length=80), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "process_id", "number", name=op.f("pk_model_revisions")),
    )
    op.create_table(
        "notices",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("person_id", sa.String(length=80), nullable=False),
        sa.Column("case_id", sa.String(length=36), nullable=True),
        sa.Column("task_id", sa.String(length=36), nullable=True),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("params", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_notices")),
    )
    op.create_index("ix_notices_person", "notices", ["tenant_id", "person_id", "created_at"], unique=False)
    op.create_table(
        "number_acts",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("register", sa.String(length=40), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("act", sa.String(length=10), nullable=False),
        sa.Column("actor", sa.String(length=80), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "register", "year", "number", "seq", name=op.f("pk_number_acts")),
    )
    op.create_table(
        "numbers",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("register", sa.String(length=40), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("symbol", sa.Text(), nullable=False),
        sa.Column("case_id", sa.String(length=36), nullable=True),
        sa.Column("asked_for", sa.String(length=200), nullable=False),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("title", sa.Text(), nullable=True),
        sa.Column("dated", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "register", "year", "number", name=op.f("pk_numbers")),
    )
    op.create_index("uq_numbers_asked_for", "numbers", ["tenant_id", "asked_for"], unique=True)
    op.create_table(
        "office_hours",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("from_day", sa.String(length=5), nullable=True),
        sa.Column("to_day", sa.String(length=5), nullable=True),
        sa.Column("hours", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "name", name=op.f("pk_office_hours")),
    )
    op.create_table(
        "opinion_remarks",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("opinion_id", sa.String(length=36), nullable=False),
        sa.Column("case_id", sa.String(length=36), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("clause", sa.Text(), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("response", sa.String(length=20), nullable=True),
        sa.Column("response_text", sa.Text(), nullable=True),
        sa.Column("responded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("responded_by", sa.String(length=80), nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_opinion_remarks")),
    )
    op.create_index("ix_opinion_remarks_case", "opinion_remarks", ["tenant_id", "case_id"], unique=False)
    op.create_index("ix_opinion_remarks_opinion", "opinion_remarks", ["tenant_id", "opinion_id"], unique=False)
    op.create_table(
        "opinions",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("consultation_id", sa.String(length=36), nullable=False),
        sa.Column("case_id", sa.String(length=36), nullable=False),
        sa.Column("task_id", sa.String(length=36), nullable=True),
        sa.Column("participant", sa.String(length=160), nullable=False),
        sa.Column("sort", sa.Integer(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("outcome", sa.String(length=80), nullable=True),
        sa.Column("silence", sa.String(length=80), nullable=True),
        sa.Column("late", sa.Boolean(), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_by", sa.String(length=80), nullable=True),
        sa.Column("recorded", sa.JSON(), nullable=True),
        sa.Column("added_by", sa.String(length=80), nullable=True),
        sa.Column("added_reason", sa.Text(), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_by", sa.String(length=80), nullable=True),
        sa.Column("withdrawn_reason", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_opinions")),
    )
    op.create_index("ix_opinions_case", "opinions", ["tenant_id", "case_id"], unique=False)
    op.create_index("ix_opinions_consultation", "opinions", ["tenant_id", "consultation_id", "sort"], unique=False)
    op.create_index("ix_opinions_task", "opinions", ["tenant_id", "task_id"], unique=False)
    op.create_table(
        "people",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.String(length=80), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=False),
        sa.Column("sort_key", sa.Text(), nullable=False),
        sa.Column("lang", sa.String(length=5), server_default="vi", nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_people")),
    )
    op.create_table(
        "plan_moves",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.String(length=36), nullable=False),
        sa.Column("plan_id", sa.String(length=36), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("moved_by", sa.String(length=80), nullable=False),
        sa.Column("approved_by", sa.String(length=80), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("before", sa.JSON(), nullable=False),
        sa.Column("after", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "case_id", "plan_id", name=op.f("pk_plan_moves")),
    )
    op.create_table(
        "plans",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=True),
        sa.Column("dated", sa.Date(), nullable=True),
        sa.Column("replaces", sa.Text(), nullable=True),
        sa.Column("status", sa.String(length=10), server_default="adopted", nullable=False),
        sa.Column("previous", sa.String(length=36), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("made_by", sa.String(length=80), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("adopted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("adopted_by", sa.String(length=80), nullable=True),
        sa.Column("document", sa.JSON(), nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_plans")),
    )
    op.create_index("uq_plans_year_version", "plans", ["tenant_id", "year", "version"], unique=True)
    op.create_table(
        "process_versions",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("process_id", sa.String(length=80), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("files", sa.JSON(), nullable=False),
        sa.Column("deployed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("deployed_by", sa.String(length=80), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "process_id", "version", name=op.f("pk_process_versions")),
    )
    op.create_index("ix_process_versions_hash", "process_versions", ["tenant_id", "hash"], unique=False)
    op.create_table(
        "registers",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.Column("pattern", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "name", "year", name=op.f("pk_registers")),
    )
    op.create_table(
        "renditions",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("source", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=True),
        sa.Column("failed", sa.Text(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "source", "kind", name=op.f("pk_renditions")),
    )
    op.create_table(
        "resources",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "hash", name=op.f("pk_resources")),
    )
    op.create_table(
        "retimings",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.String(length=36), nullable=False),
        sa.Column("cause", sa.JSON(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "case_id", name=op.f("pk_retimings")),
    )
    op.create_table(
        "seals",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("cases", sa.Integer(), nullable=False),
        sa.Column("heads", sa.Text(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("prev", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "day", name=op.f("pk_seals")),
    )
    op.create_table(
        "sessions",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("person_id", sa.String(length=80), nullable=False),
        sa.Column("csrf", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "token_hash", name=op.f("pk_sessions")),
    )
    op.create_table(
        "shards",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.String(length=36), nullable=False),
        sa.Column("id", sa.String(length=120), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "case_id", "id", name=op.f("pk_shards")),
    )
    op.create_table(
        "start_timers",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("process_id", sa.String(length=80), nullable=False),
        sa.Column("element", sa.String(length=120), nullable=False),
        sa.Column("definition", sa.String(length=64), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("every", sa.String(length=80), nullable=True),
        sa.Column("more", sa.Integer(), nullable=True),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "process_id", "element", name=op.f("pk_start_timers")),
    )
    op.create_table(
        "subscriptions",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.String(length=36), nullable=False),
        sa.Column("token", sa.String(length=120), nullable=False),
        sa.Column("shard", sa.String(length=120), nullable=True),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=True),
        sa.Column("element", sa.String(length=120), nullable=False),
        sa.Column("definition", sa.String(length=64), nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "case_id", "token", name=op.f("pk_subscriptions")),
    )
    op.create_index("ix_subscriptions_name", "subscriptions", ["tenant_id", "name", "key"], unique=False)
    op.create_table(
        "task_candidates",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("task_id", sa.String(length=36), nullable=False),
        sa.Column("candidate", sa.String(length=160), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "task_id", "candidate", name=op.f("pk_task_candidates")),
    )
    op.create_index("ix_task_candidates_candidate", "task_candidates", ["tenant_id", "candidate"], unique=False)
    op.create_table(
        "tasks",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("case_id", sa.String(length=36), nullable=False),
        sa.Column("token", sa.String(length=120), nullable=False),
        sa.Column("shard", sa.String(length=120), nullable=True),
        sa.Column("host", sa.String(length=120), nullable=True),
        sa.Column("call", sa.String(length=120), nullable=True),
        sa.Column("instance", sa.Integer(), nullable=True),
        sa.Column("definition", sa.String(length=64), nullable=False),
        sa.Column("element", sa.String(length=120), nullable=False),
        sa.Column("step", sa.String(length=20), nullable=True),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=False),
        sa.Column("candidate", sa.String(length=160), nullable=True),
        sa.Column("mandated", sa.String(length=200), nullable=True),
        sa.Column("assignee", sa.String(length=80), nullable=True),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("form", sa.String(length=64), nullable=True),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("follow_up_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("claimed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by", sa.String(length=80), nullable=True),
        sa.Column("outcome", sa.String(length=80), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("answers", sa.JSON(), nullable=True),
        sa.Column("seen", sa.JSON(), nullable=True),
        sa.Column("capacity", sa.Text(), nullable=True),
        sa.Column("on_behalf_of", sa.String(length=80), nullable=True),
        sa.Column("recorded", sa.JSON(), nullable=True),
        sa.Column("draft", sa.JSON(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_tasks")),
    )
    op.create_index("ix_tasks_case_element", "tasks", ["tenant_id", "case_id", "element"], unique=False)
    op.create_index("ix_tasks_case_token", "tasks", ["tenant_id", "case_id", "token"], unique=False)
    op.create_index("ix_tasks_ended_by", "tasks", ["tenant_id", "ended_by", "ended_at"], unique=False)
    op.create_index(
        "ix_tasks_open_assignee",
        "tasks",
        ["tenant_id", "assignee", "due_at"],
        unique=False,
        sqlite_where=sa.text("state IN ('ready', 'claimed')"),
        postgresql_where=sa.text("state IN ('ready', 'claimed')"),
    )
    op.create_index(
        "ix_tasks_open_candidate",
        "tasks",
        ["tenant_id", "candidate", "due_at"],
        unique=False,
        sqlite_where=sa.text("state IN ('ready', 'claimed')"),
        postgresql_where=sa.text("state IN ('ready', 'claimed')"),
    )
    op.create_table(
        "timers",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.String(length=36), nullable=False),
        sa.Column("token", sa.String(length=120), nullable=False),
        sa.Column("shard", sa.String(length=120), nullable=True),
        sa.Column("element", sa.String(length=120), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "case_id", "token", name=op.f("pk_timers")),
    )
    op.create_index(
        "ix_timers_armed",
        "timers",
        ["tenant_id", "due_at"],
        unique=False,
        sqlite_where=sa.text("state = 'armed'"),
        postgresql_where=sa.text("state = 'armed'"),
    )
    op.create_table(
        "units",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.String(length=80), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=False),
        sa.Column("short_name", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("parent", sa.String(length=80), nullable=True),
        sa.Column("sort", sa.Integer(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_units")),
    )
    op.create_table(
        "waivers",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.String(length=36), nullable=False),
        sa.Column("artefact", sa.String(length=80), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("by", sa.String(length=80), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "case_id", "artefact", name=op.f("pk_waivers")),
    )
