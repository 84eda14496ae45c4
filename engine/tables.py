"""How tables are declared, and those of the installation and of people; the others stand in `engine.records`, which has
all of them for whoever reads rows. Rows only, as there.
"""

from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
metadata = sa.MetaData(naming_convention=NAMING)

Id = sa.String(36)
Slug = sa.String(80)
Digest = sa.String(64)


class Utc(sa.types.TypeDecorator[datetime]):
    """An instant: tz-aware in, tz-aware UTC out, on databases with and without time zones."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("an instant needs a time zone")
        value = value.astimezone(UTC)
        return value if dialect.name == "postgresql" else value.replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def table(name: str, *columns: Any, keys: tuple[str, ...]) -> sa.Table:
    """A table whose primary key is `tenant_id` followed by `keys`."""
    return sa.Table(
        name,
        metadata,
        sa.Column("tenant_id", sa.Integer, nullable=False),
        *columns,
        sa.PrimaryKeyConstraint("tenant_id", *keys),
    )


def col(name: str, kind: Any, *args: Any, null: bool = False, **options: Any) -> sa.Column[Any]:
    """A column that is NOT NULL unless said otherwise."""
    return sa.Column(name, kind, *args, nullable=null, **options)


# --- the installation ---------------------------------------------------------------------------------------------

# One row a tenant: what every command reads together with the case (clock, current environment of models).
meta = table(
    "meta",
    col("one", sa.Integer),
    col("clock_offset", sa.Float),
    col("environment", Digest),
    keys=("one",),
)
# What a kernel step may depend on besides its definition (see `engine.definitions.Environment`), by content.
environments = table("environments", col("hash", Digest), col("content", sa.Text), keys=("hash",))
# Bytes by content: models, decisions, forms, calendars. `kind`: bpmn, dmn, form, calendar, draft (packed).
resources = table(
    "resources",
    col("hash", Digest),
    col("kind", sa.String(16)),
    col("content", sa.LargeBinary),
    keys=("hash",),
)
# A version of a process definition. `hash` is over `files`: {"model": digest, "forms": {id: digest}}.
process_versions = table(
    "process_versions",
    col("process_id", Slug),
    col("version", sa.Integer),
    col("hash", Digest),
    col("name", sa.Text),
    col("files", sa.JSON),
    col("deployed_at", Utc),
    col("deployed_by", Slug),
    # why, in the words of whoever deployed it; and the revision of the draft that it was, when not from a folder
    col("note", sa.Text, null=True),
    col("revision", sa.Integer, null=True),
    keys=("process_id", "version"),
)
sa.Index("ix_process_versions_hash", process_versions.c.tenant_id, process_versions.c.hash)
# Append-only: everything that was ever done to a draft, each with the whole model as it was then.
model_revisions = table(
    "model_revisions",
    col("process_id", Slug),
    col("number", sa.Integer),
    # saved, uploaded (kept beside a draft that was there), restored, dropped, deployed
    col("kind", sa.String(10)),
    col("hash", Digest),
    col("name", sa.Text),
    # the version that was current when the draft was begun
    col("base", sa.Integer, null=True),
    col("made_at", Utc),
    col("made_by", Slug),
    keys=("process_id", "number"),
)
# The open draft of a process: which revision it is. No row: none is open.
model_drafts = table("model_drafts", col("process_id", Slug), col("number", sa.Integer), keys=("process_id",))
calendar_days = table(
    "calendar_days",
    col("day", sa.Date),
    # nghi_le, nghi_bu, nghi_hoan_doi (all off), lam_bu (a worked Saturday), nghi_nua_ngay (worked, half of it)
    col("kind", sa.String(20)),
    col("name", sa.Text),
    col("source", sa.Text),
    col("confirmed", sa.Boolean),
    # nghi_nua_ngay: sang or chieu
    col("half", sa.String(10), null=True),
    keys=("day",),
)

# --- people -------------------------------------------------------------------------------------------------------

units = table(
    "units",
    col("id", Slug),
    col("name", sa.Text),
    col("name_en", sa.Text),
    col("short_name", sa.Text),
    # internal (of the department) or external
    col("kind", sa.String(10)),
    col("parent", Slug, null=True),
    col("sort", sa.Integer),
    col("valid_from", sa.Date, null=True),
    col("valid_to", sa.Date, null=True),
    keys=("id",),
)
people = table(
    "people",
    col("id", Slug),
    col("name", sa.Text),
    col("name_en", sa.Text),
    col("sort_key", sa.Text),
    col("lang", sa.String(5), server_default="vi"),
    col("active", sa.Boolean),
    keys=("id",),
)
memberships = table(
    "memberships",
    col("id", Id),
    col("person_id", Slug),
    col("unit_id", Slug),
    col("position", Slug),
    # space-separated role slugs of domain.md §5; they grant permissions, lanes decide whose task it is
    col("roles", sa.Text),
    col("valid_from", sa.Date, null=True),
    col("valid_to", sa.Date, null=True),
    keys=("id",),
)
sa.Index("ix_memberships_person", memberships.c.tenant_id, memberships.c.person_id)
sa.Index("ix_memberships_seat", memberships.c.tenant_id, memberships.c.position, memberships.c.unit_id)
# lane → position × unit; an empty unit means the unit named in the candidate key, mostly the case's lead unit
lane_bindings = table(
    "lane_bindings",
    col("lane", Slug),
    col("position", Slug),
    col("unit_id", Slug),
    keys=("lane", "position", "unit_id"),
)
accounts = table(
    "accounts",
    col("login", sa.String(80)),
    col("person_id", Slug),
    col("password_hash", sa.Text),
    col("active", sa.Boolean),
    keys=("login",),
)
# every request asks whether the session's person still has an account
sa.Index("ix_accounts_person", accounts.c.tenant_id, accounts.c.person_id)
sessions = table(
    "sessions",
    # SHA-256 of the token that only the browser knows
    col("token_hash", Digest),
    col("person_id", Slug),
    col("csrf", sa.String(64)),
    col("created_at", Utc),
    col("seen_at", Utc),
    keys=("token_hash",),
)
login_failures = table(
    "login_failures",
    col("id", Id),
    # "login:<name>" or "address:<ip>"
    col("subject", sa.String(200)),
    col("at", Utc),
    keys=("id",),
)
sa.Index("ix_login_failures_subject_at", login_failures.c.tenant_id, login_failures.c.subject, login_failures.c.at)

# Who is away from one office day to another, and who stands in meanwhile. An absence that is ended early is cut short;
# one that is taken back before it began keeps its row with `last_day` before `first_day`.
absences = table(
    "absences",
    col("id", Id),
    col("person_id", Slug),
    col("first_day", sa.Date),
    col("last_day", sa.Date),
    col("deputy_id", Slug, null=True),
    col("reason", sa.Text),
    col("entered_by", Slug),
    col("entered_at", Utc),
    # when the person was told what had been done in their name
    col("told_at", Utc, null=True),
    keys=("id",),
)
sa.Index("ix_absences_deputy", absences.c.tenant_id, absences.c.deputy_id, absences.c.first_day)
sa.Index("ix_absences_person", absences.c.tenant_id, absences.c.person_id, absences.c.first_day)
# Who may sign for a seat (a position in a unit) what kinds of documents, by which written decision (TL., TUQ.).
mandates = table(
    "mandates",
    col("id", Id),
    col("person_id", Slug),
    # "TL." by order, "TUQ." by authorisation
    col("form", sa.String(4)),
    col("unit_id", Slug),
    col("position", Slug),
    # comma-separated kinds of documents: the names of their templates
    col("kinds", sa.Text),
    # what the person is called in the signature block, in capitals
    col("title", sa.Text),
    # the written decision that it stands on
    col("number", sa.Text),
    col("dated", sa.Date),
    # its limits in words
    col("scope", sa.Text, null=True),
    col("valid_from", sa.Date),
    col("valid_to", sa.Date, null=True),
    col("granted_by", Slug),
    col("granted_at", Utc),
    col("revoked_at", Utc, null=True),
    col("revoked_by", Slug, null=True),
    col("revoked_why", sa.Text, null=True),
    keys=("id",),
)
sa.Index("ix_mandates_person", mandates.c.tenant_id, mandates.c.person_id, mandates.c.valid_from)
