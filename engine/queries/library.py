"""Quy trình: the library of processes, one process with its versions and draft, and what an editor needs to know.

Everybody who is logged in may look; only analysts change anything (`engine.commands.models`). Cases are counted as far
as the reader may see them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from engine import bpmn, comparison, definitions
from engine.bpmn import drawing
from engine.collation import vietnamese_sort_key
from engine.comparison import Change
from engine.errors import DefinitionError, NotFound
from engine.org import Actor
from engine.queries import checking
from engine.queries.access import Asker, visible
from engine.records import (
    cases,
    focus_tasks,
    lane_bindings,
    model_drafts,
    model_revisions,
    people,
    process_versions,
)

REVISIONS_SHOWN = 50
# A model without interchange has to be laid out for every look; more elements would keep the reader waiting.
DRAWN = 100


@dataclass(frozen=True, slots=True)
class RevisionView:
    """One thing done to a draft: `kind` is saved, uploaded, restored, dropped or deployed."""

    number: int
    kind: str
    name: str
    base: int | None
    at: datetime
    by: str
    by_id: str


@dataclass(frozen=True, slots=True)
class ProcessRow:
    """A line of the library. `state`: deployed, draft (never deployed yet) or changing (deployed, and a draft is open).

    `callers` are the processes that it is a part of; `focus` the plan's tasks that it is for.
    """

    id: str
    name: str
    state: str
    field: str | None
    focus: Sequence[str]
    callers: Sequence[str]
    version: int | None
    running: int
    changed_by: str
    changed_at: datetime
    draft: RevisionView | None


@dataclass(frozen=True, slots=True)
class VersionRow:
    """A deployed version, with the cases under it."""

    version: int
    name: str
    at: datetime
    by: str
    note: str | None
    revision: int | None
    running: int
    ended: int


@dataclass(frozen=True, slots=True)
class ProcessView:
    """The page of a process."""

    row: ProcessRow
    about: str
    versions: Sequence[VersionRow]
    revisions: Sequence[RevisionView]
    may_edit: bool


@dataclass(frozen=True, slots=True)
class DraftView:
    """What an editor opens: the draft, or the latest version when no draft is open (then `number` is 0)."""

    process_id: str
    name: str
    number: int
    content: bytes
    # the version that the draft was begun from; without a draft the latest one
    base: int | None
    version: int | None
    saved_by: str
    saved_at: datetime | None


# Which model of a process is meant: a version's number, DRAFT, or None for the latest version (the draft, when nothing
# was deployed yet).
DRAFT = 0


def content(tx: Asker, person: str, process_id: str, which: int | None = None) -> bytes:
    """The bytes of a model. Raises NotFound."""
    if which != DRAFT:
        v = process_versions.c
        query = sa.select(v.files).where(v.tenant_id == tx.tenant, v.process_id == process_id)
        query = query.order_by(v.version.desc()).limit(1) if which is None else query.where(v.version == which)
        files = tx.conn.execute(query).scalar()
        if files is not None:
            return definitions.resource(tx.conn, tx.tenant, files["model"])
    if which is None or which == DRAFT:
        found = draft(tx, person, process_id)
        if found.number:
            return found.content
    raise NotFound("process", f"Expected a process {process_id} with this version, found none.")


def stored(tx: Asker, person: str, process_id: str, which: int | None = None) -> tuple[bytes, checking.Surroundings]:
    """The bytes of a model, and what it leans on now."""
    return content(tx, person, process_id, which), checking.surroundings(tx, process_id)


def _revisions(tx: Asker, *which: sa.ColumnElement[bool]) -> sa.Select[Any]:
    r = model_revisions.c
    return (
        sa.select(model_revisions, people.c.name.label("made_by_name"))
        .outerjoin(people, sa.and_(people.c.tenant_id == r.tenant_id, people.c.id == r.made_by))
        .where(r.tenant_id == tx.tenant, *which)
        .order_by(r.number.desc())
    )


def _revision_view(row: Any) -> RevisionView:
    by = row.made_by_name or row.made_by
    return RevisionView(row.number, row.kind, row.name, row.base, row.made_at, by, row.made_by)


def _open_drafts(tx: Asker, *which: sa.ColumnElement[bool]) -> list[Any]:
    d, r = model_drafts.c, model_revisions.c
    mine = sa.exists().where(d.tenant_id == r.tenant_id, d.process_id == r.process_id, d.number == r.number)
    return list(tx.conn.execute(_revisions(tx, mine, *which)))


def draft(tx: Asker, person: str, process_id: str) -> DraftView:
    """What an editor of this process opens. Raises NotFound when there is neither a draft nor a version."""
    tx.actor(person)
    found = next(iter(_open_drafts(tx, model_revisions.c.process_id == process_id)), None)
    latest = definitions.newest(tx.conn, tx.tenant, process_id)
    version = latest.version if latest is not None else None
    if found is not None:
        kept = definitions.resource(tx.conn, tx.tenant, found.hash)
        by = found.made_by_name or found.made_by
        return DraftView(process_id, found.name, found.number, kept, found.base, version, by, found.made_at)
    if latest is None:
        raise NotFound("process", f"Expected a process {process_id}, found none.")
    kept = definitions.resource(tx.conn, tx.tenant, latest.files["model"])
    return DraftView(process_id, latest.name, 0, kept, version, version, "", None)


def revision(tx: Asker, person: str, process_id: str, number: int) -> bytes:
    """The model as it was in a revision of the draft. Raises NotFound."""
    tx.actor(person)
    r = model_revisions.c
    row = tx.conn.execute(_revisions(tx, r.process_id == process_id, r.number == number)).first()
    if row is None:
        raise NotFound("revision", f"Expected a revision {number} of {process_id}, found none.")
    return definitions.resource(tx.conn, tx.tenant, row.hash)


def processes_list(tx: Asker, person: str, lang: str = "vi") -> list[ProcessRow]:
    """All processes, deployed or drawn only, by name."""
    return sorted(_rows(tx, tx.actor(person), lang), key=lambda row: (vietnamese_sort_key(row.name), row.id))


def _rows(tx: Asker, actor: Actor, lang: str, process_id: str | None = None) -> list[ProcessRow]:
    environment = tx.environment_facts
    deployed = {
        key: tx.models.bundle(tx.conn, tx.tenant, digest).definition for key, digest in environment.processes.items()
    }
    names = {key: name_of(d, lang) for key, d in deployed.items()}
    callers: dict[str, list[str]] = {}
    for key, d in deployed.items():
        for called in sorted(
            {e.call.process for e in d.elements.values() if e.call and isinstance(e.call.process, str)}
        ):
            callers.setdefault(called, []).append(names[key])
    f, v = focus_tasks.c, process_versions.c
    focus: dict[str, list[str]] = {}
    planned = sa.select(f.process_id, f.code).where(f.tenant_id == tx.tenant, f.process_id.is_not(None)).distinct()
    for row in tx.conn.execute(planned.order_by(f.code)):
        focus.setdefault(row.process_id, []).append(row.code)
    latest: dict[str, Any] = {}
    by = sa.func.coalesce(people.c.name, v.deployed_by)
    made = (
        sa.select(v.process_id, v.version, v.name, v.deployed_at.label("at"), by.label("by"))
        .outerjoin(people, sa.and_(people.c.tenant_id == v.tenant_id, people.c.id == v.deployed_by))
        .where(v.tenant_id == tx.tenant)
        .order_by(v.version)
    )
    drawn = model_revisions.c.process_id == process_id if process_id else sa.true()
    for row in tx.conn.execute(made.where(v.process_id == process_id) if process_id else made):
        latest[row.process_id] = row
    drafts = {row.process_id: _revision_view(row) for row in _open_drafts(tx, drawn)}
    running = _counted(tx, actor, cases.c.process_id, running=True)
    found = []
    for key in sorted({*latest, *drafts}):
        version, open_draft = latest.get(key), drafts.get(key)
        changed: Any = open_draft or version
        definition = deployed.get(key)
        properties = definition.processes[key].properties if definition and key in definition.processes else {}
        found.append(
            ProcessRow(
                id=key,
                name=names.get(key) or (version.name if version else open_draft.name if open_draft else key),
                state="draft" if version is None else "changing" if open_draft else "deployed",
                field=properties.get("field"),
                focus=tuple(focus.get(key, ())),
                callers=tuple(callers.get(key, ())),
                version=version.version if version else None,
                running=running.get(key, 0),
                changed_by=changed.by,
                changed_at=changed.at,
                draft=open_draft,
            )
        )
    return found


def _counted(tx: Asker, actor: Actor, column: Any, *which: Any, running: bool) -> dict[str, int]:
    """How many cases that the actor may see, by a column."""
    c = cases.c
    held = c.status == "running" if running else c.status != "running"
    rows = tx.conn.execute(
        sa.select(column, sa.func.count().label("held"))
        .where(c.tenant_id == tx.tenant, held, visible(actor), *which)
        .group_by(column)
    )
    return {row[0]: row.held for row in rows}


def name_of(definition: bpmn.Definition, lang: str) -> str:
    """What a process is called in a language."""
    own = definition.processes.get(definition.process_id)
    english = own.properties.get("name:en") if own is not None and lang == "en" else None
    return english or definition.name or definition.process_id


def process(tx: Asker, person: str, process_id: str, lang: str = "vi") -> ProcessView:
    """The page of a process. Raises NotFound."""
    actor = tx.actor(person)
    row = next(iter(_rows(tx, actor, lang, process_id)), None)
    if row is None:
        raise NotFound("process", f"Expected a process {process_id}, found none.")
    v, c = process_versions.c, cases.c
    running = _counted(tx, actor, c.definition, c.process_id == process_id, running=True)
    ended = _counted(tx, actor, c.definition, c.process_id == process_id, running=False)
    made = tx.conn.execute(
        sa.select(process_versions, people.c.name.label("by"))
        .outerjoin(people, sa.and_(people.c.tenant_id == v.tenant_id, people.c.id == v.deployed_by))
        .where(v.tenant_id == tx.tenant, v.process_id == process_id)
        .order_by(v.version.desc())
    ).all()
    versions = [
        VersionRow(
            r.version,
            r.name,
            r.deployed_at,
            r.by or r.deployed_by,
            r.note,
            r.revision,
            running.get(r.hash, 0),
            ended.get(r.hash, 0),
        )
        for r in made
    ]
    shown = _revisions(tx, model_revisions.c.process_id == process_id).limit(REVISIONS_SHOWN)
    revisions = [_revision_view(r) for r in tx.conn.execute(shown)]
    definition = _opened(content(tx, person, process_id))
    own = definition.processes.get(process_id) if definition is not None else None
    about = own.documentation if own is not None else ""
    return ProcessView(row, about, versions, revisions, actor.models)


def _opened(source: bytes) -> bpmn.Definition | None:
    try:
        return bpmn.compile(source, strict=False)
    except DefinitionError:
        return None


def process_diagram(tx: Asker, person: str, process_id: str, which: int | None = None, lang: str = "vi") -> str:
    """A process's diagram as SVG; an empty text when the model cannot be drawn. Raises NotFound."""
    source = content(tx, person, process_id, which)
    definition = _opened(source)
    if definition is None or (b"BPMNShape" not in source and len(definition.elements) > DRAWN):
        return ""
    try:
        return drawing.svg(source, {}, (), lang)
    except Exception:  # a file from elsewhere may be drawn in any way: the page says that there is no picture of it
        return ""


@dataclass(frozen=True, slots=True)
class Differences:
    """How two models of a process differ. `drawing`: nothing but the picture does; `unreadable`: one is no model."""

    changes: Sequence[Change]
    drawing: bool = False
    unreadable: bool = False


def differences(tx: Asker, person: str, process_id: str, old: int, new: int) -> Differences:
    """How a version (the draft, when it is 0) differs from another. Raises NotFound."""
    one, other = content(tx, person, process_id, old), content(tx, person, process_id, new)
    before, after = _opened(one), _opened(other)
    if before is None or after is None:
        return Differences((), unreadable=True)
    found = comparison.compare(before, after)
    used = [_forms(tx, process_id, which, model) for which, model in ((old, before), (new, after))]
    for form_id in sorted(used[0].keys() & used[1].keys()):
        if used[0][form_id] != used[1][form_id]:
            title = tx.models.form(tx.conn, tx.tenant, used[1][form_id]).title["vi"]
            found.append(Change("changed", form_id, "form", title))
    return Differences(found, drawing=not found and one != other)


def _forms(tx: Asker, process_id: str, which: int, model: bpmn.Definition) -> dict[str, str]:
    """The forms of a version; of a draft those that it would get now."""
    v = process_versions.c
    if which != DRAFT:
        query = sa.select(v.files).where(v.tenant_id == tx.tenant, v.process_id == process_id, v.version == which)
        return dict(tx.conn.execute(query).scalar_one()["forms"])
    known = tx.environment_facts.forms_for(process_id)
    return {e.form_key: known[e.form_key] for e in model.elements.values() if e.form_key and e.form_key in known}


def model_options(tx: Asker, person: str) -> dict[str, list[dict[str, str]]]:
    """What a model can name, for an editor's pickers: roles, forms, processes, decisions, each {"id", "name"}."""
    tx.actor(person)
    environment = tx.environment_facts
    lanes = tx.conn.execute(
        sa.select(lane_bindings.c.lane).where(lane_bindings.c.tenant_id == tx.tenant).distinct()
    ).scalars()
    bundles = {key: tx.models.bundle(tx.conn, tx.tenant, digest) for key, digest in environment.processes.items()}
    # What roles are called stands in the models alone: as their lanes.
    elements = [e for bundle in bundles.values() for e in bundle.definition.elements.values()]
    lane_names = {e.lane: e.lane_name for e in elements if e.lane and e.lane_name}
    known = tx.kernel_env()
    forms = {
        form_id: tx.models.form(tx.conn, tx.tenant, digest).title["vi"]
        for form_id, digest in environment.forms_for("").items()
    }
    return {
        "roles": _options({lane: lane_names.get(lane, lane) for lane in lanes}),
        "forms": _options(forms),
        "processes": _options({key: bundle.name for key, bundle in bundles.items()}),
        "decisions": _options({key: known.decision(key).label or key for key in environment.decisions}),
    }


def _options(named: Mapping[str, str]) -> list[dict[str, str]]:
    chosen = sorted(named.items(), key=lambda item: (vietnamese_sort_key(item[1]), item[0]))
    return [{"id": key, "name": name} for key, name in chosen]
