"""From workflow folders to deployed, versioned definitions, and back to compiled ones by hash.

A folder holds one process (folder = file = process id), its decisions and forms. Deploying checks all of it in one
pass, stores the bytes by content and makes a new version only when something changed. What a kernel step may depend on
besides its own definition (which version a call activity means now, which decision table, which calendar) is gathered
in an *environment*, stored by content too: the journal names it, so a replay uses the same one.
"""

import hashlib
import json
import re
import zlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from engine import bpmn, dmn, forms
from engine.errors import DefinitionError, NotFound, Problem
from engine.records import environments, meta, process_versions, resources


@dataclass(frozen=True, slots=True)
class Bundle:
    """A deployed process version: its compiled definition and its forms (id → digest).

    The definition goes by the hash of the version, which is over the model and its forms: another form makes another
    version, though the model is the same. `model` is the digest of the model's bytes.
    """

    process_id: str
    version: int
    name: str
    definition: bpmn.Definition
    forms: Mapping[str, str]
    model: str


@dataclass(frozen=True)
class Environment:
    """What is current now: process id → hash, decision id → digest, the calendar, who is bound to which unit, and the
    forms that a model may name. Forms take no part in a step: a version has pinned its own."""

    hash: str
    processes: Mapping[str, str]
    decisions: Mapping[str, str]
    calendar: Any
    # lanes whose candidate key needs the unit of the case
    unit_lanes: frozenset[str]
    # artefact slug → name in words
    artefacts: Mapping[str, str]
    # folder → form id → digest; "" for those that all may use. Environments of before have none.
    forms: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    # artefact slug → name in English, where it has one
    artefacts_en: Mapping[str, str] = field(default_factory=dict)
    # folder → artefact slug → how it is written: its Word template, and where told its issuer and its signer's lane
    papers: Mapping[str, Mapping[str, Mapping[str, str]]] = field(default_factory=dict)
    # Word template ("to_trinh", or "<folder>/to_trinh") → digest
    templates: Mapping[str, str] = field(default_factory=dict)
    # the agencies that issue documents, out of `co_quan.json`
    issuers: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def paper_of(self, process_id: str, artefact: str) -> Mapping[str, str]:
        """How an artefact of a process is written ("template", "issuer", "signer"); empty when nobody said. One of
        several of a kind ("bien_ban-02") is written as all of them ("bien_ban#")."""
        mine, shared = self.papers.get(process_id, {}), self.papers.get("shared", {})
        base = re.sub(r"-\d+$", "", artefact)
        for slug in dict.fromkeys((artefact, f"{base}#", base)):
            found = mine.get(slug) or shared.get(slug)
            if found:
                return found
        return {}

    def template_for(self, process_id: str, name: str) -> str | None:
        """The digest of a Word template by name: the process's own, else the shared one; None when there is none."""
        return self.templates.get(f"{process_id}/{name}") or self.templates.get(name)

    def forms_for(self, process_id: str) -> dict[str, str]:
        """The forms that a model may name, id → digest: its own folder's, else the shared one, else another's."""
        others = [self.forms[key] for key in sorted(self.forms, reverse=True) if key not in ("", process_id)]
        found: dict[str, str] = {}
        for scope in (*others, self.forms.get("", {}), self.forms.get(process_id, {})):
            found |= scope
        return found


@dataclass
class Models:
    """Compiled definitions, forms and environments by hash, shared by all threads of the process.

    Everything in here is immutable and named by its content, so it never has to be thrown away for being old.
    `read_calendar` turns a stored calendar into the value that FEEL asks for working days.
    """

    read_calendar: Callable[[str], Any]

    bundles: dict[str, Bundle] = field(default_factory=dict)
    decision_files: dict[str, dmn.Definitions] = field(default_factory=dict)
    form_files: dict[str, forms.Form] = field(default_factory=dict)
    environments: dict[str, Environment] = field(default_factory=dict)

    def bundle(self, conn: sa.Connection, tenant: int, digest: str) -> Bundle:
        """The process version with this definition hash. Raises NotFound."""
        found = self.bundles.get(digest)
        if found is None:
            row = conn.execute(VERSION_BY_HASH, {"tenant": tenant, "hash": digest}).first()
            if row is None:
                raise NotFound("definition", f"Expected a deployed process definition, found none with hash {digest}.")
            model = row.files["model"]
            _intact(version_hash(row.files), digest, f"version {row.version} of {row.process_id}")
            compiled = bpmn.compile(resource(conn, tenant, model), file=row.process_id, strict=False)
            known_as = replace(compiled, hash=digest)
            found = Bundle(row.process_id, row.version, row.name, known_as, row.files["forms"], model)
            self.bundles[digest] = found
        return found

    def source(self, conn: sa.Connection, tenant: int, digest: str) -> bytes:
        """The bytes of the model of the process version with this hash. Raises NotFound."""
        return resource(conn, tenant, self.bundle(conn, tenant, digest).model)

    def form(self, conn: sa.Connection, tenant: int, digest: str) -> forms.Form:
        """The form with this content digest. Raises NotFound."""
        found = self.form_files.get(digest)
        if found is None:
            found = forms.parse(resource(conn, tenant, digest), digest)
            self.form_files[digest] = found
        return found

    def environment(self, conn: sa.Connection, tenant: int, digest: str) -> Environment:
        """The environment with this hash. Raises NotFound."""
        found = self.environments.get(digest)
        if found is None:
            text = conn.execute(ENVIRONMENT, {"tenant": tenant, "hash": digest}).scalar()
            if text is None:
                raise NotFound("environment", f"Expected a stored environment, found none with hash {digest}.")
            _intact(digest_of(text.encode()), digest, "environment")
            content = json.loads(text)
            calendar = self.read_calendar(resource(conn, tenant, content["calendar"]).decode())
            found = Environment(
                digest,
                content["processes"],
                content["decisions"],
                calendar,
                frozenset(content["unit_lanes"]),
                content["artefacts"],
                content.get("forms", {}),
                content.get("artefacts_en", {}),
                content.get("papers", {}),
                content.get("templates", {}),
                content.get("issuers", {}),
            )
            self.environments[digest] = found
        return found

    def kernel_env(self, conn: sa.Connection, tenant: int, digest: str) -> bpmn.Env:
        """What the kernel is given to look things up: definitions, decisions, calendar as of an environment."""
        environment = self.environment(conn, tenant, digest)

        def process(process_id: str) -> str:
            return environment.processes[process_id]

        def decision(decision_id: str) -> dmn.Decision:
            digest = environment.decisions[decision_id]
            parsed = self.decision_files.get(digest)
            if parsed is None:
                parsed = dmn.parse(resource(conn, tenant, digest), decision_id)
                self.decision_files[digest] = parsed
            return parsed.decision(decision_id)

        return bpmn.Env(
            definition=lambda h: self.bundle(conn, tenant, h).definition,
            process=process,
            decision=decision,
            calendar=environment.calendar,
        )


_TENANT: sa.BindParameter[Any] = sa.bindparam("tenant")
_HASH: sa.BindParameter[Any] = sa.bindparam("hash")
VERSION_BY_HASH = (
    sa.select(process_versions)
    .where(process_versions.c.tenant_id == _TENANT, process_versions.c.hash == _HASH)
    .order_by(process_versions.c.version.desc())
    .limit(1)
)
ENVIRONMENT = sa.select(environments.c.content).where(environments.c.tenant_id == _TENANT, environments.c.hash == _HASH)
RESOURCE = sa.select(resources.c.content).where(resources.c.tenant_id == _TENANT, resources.c.hash == _HASH)


def resource(conn: sa.Connection, tenant: int, digest: str) -> bytes:
    """Stored bytes by their SHA-256. Raises NotFound when there are none, or others than were stored."""
    content = conn.execute(RESOURCE, {"tenant": tenant, "hash": digest}).scalar()
    if content is None:
        raise NotFound("resource", f"Expected a stored file, found none with hash {digest}.")
    content = _unpacked(bytes(content))
    _intact(digest_of(content), digest, "file")
    return content


# Drafts are saved every few seconds, each time whole; packed they are a tenth. No file of ours begins like this.
_PACKED = b"\0zlib\0"


def _unpacked(stored: bytes) -> bytes:
    if not stored.startswith(_PACKED):
        return stored
    try:
        return zlib.decompress(stored[len(_PACKED) :])
    except zlib.error:
        return stored  # was changed in the store: it will not be what its hash says


def _intact(found: str, expected: str, what: str) -> None:
    """Refuse what is not what its hash says: a case must not run, nor be replayed, under anything else."""
    if found != expected:
        raise NotFound("resource", f"Expected the {what} with hash {expected}, but it was changed in the store.")


@dataclass(frozen=True)
class Folder:
    """What was read from one workflow folder: bytes by name, compiled and checked."""

    models: Mapping[str, bpmn.Definition]
    forms: Mapping[str, bytes]
    decisions: Mapping[str, bytes]
    sources: Mapping[str, bytes]
    # ids of the forms that lie in the folder itself
    own_forms: frozenset[str] = frozenset()

    def files_of(self, process_id: str) -> dict[str, Any]:
        """What a version of a process consists of, by content: its model and the forms that the model uses."""
        used = sorted({e.form_key for e in self.models[process_id].elements.values() if e.form_key})
        return {
            "model": digest_of(self.sources[process_id]),
            "forms": {form_id: digest_of(self.forms[form_id]) for form_id in used},
        }

    def version_hash(self, process_id: str) -> str:
        """What a version of a process goes by: in cases, tasks, journals and environments."""
        return version_hash(self.files_of(process_id))


def version_hash(files: Mapping[str, Any]) -> str:
    """The hash of a version that consists of these files."""
    return digest_of(json.dumps(files, sort_keys=True).encode())


@dataclass(frozen=True)
class Artefacts:
    """What a folder says about the documents of its processes: names by slug, in Vietnamese and, where given, in
    English; how each is written (see `Environment.papers`); the Word templates that lie in the folder, bytes by name;
    and the agencies that issue documents."""

    names: Mapping[str, str]
    names_en: Mapping[str, str]
    papers: Mapping[str, Mapping[str, str]]
    templates: Mapping[str, bytes]
    issuers: Mapping[str, Mapping[str, Any]]


# What `artefacts.json` may say of an artefact besides its name.
WRITTEN = ("template", "issuer", "signer")


def read_artefacts(path: Path) -> Artefacts:
    """Read `artefacts.json`, `templates/*.docx` and `templates/co_quan.json` of a folder, all of which it may lack.

    An artefact is its name, or {"name": "Tờ trình", "name:en": "Submission", "template": "to_trinh", "issuer":
    "so_khcn", "signer": "dept_director"}, of which only the name must be there. Raises DefinitionError.
    """
    file, agencies = path / "artefacts.json", path / "templates" / "co_quan.json"
    told: dict[str, Any] = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
    whole = {slug: {"name": said} if isinstance(said, str) else said for slug, said in told.items()}
    faults = [
        Problem("artefacts.json", slug, "artefact_without_name", "expected a name, or an object with a name")
        for slug, one in whole.items()
        if not (isinstance(one, dict) and isinstance(one.get("name"), str))
    ]
    if faults:
        raise DefinitionError(faults)
    issuers = json.loads(agencies.read_text(encoding="utf-8")) if agencies.is_file() else {}
    return Artefacts(
        {slug: one["name"] for slug, one in whole.items()},
        {slug: one["name:en"] for slug, one in whole.items() if one.get("name:en")},
        {
            slug: {key: one[key] for key in WRITTEN if one.get(key)}
            for slug, one in whole.items()
            if one.get("template")
        },
        {found.stem: found.read_bytes() for found in sorted(path.glob("templates/*.docx"))},
        {name: one for name, one in issuers.items() if isinstance(one, dict)},
    )


def digest_of(content: bytes) -> str:
    """What bytes go by."""
    return hashlib.sha256(content).hexdigest()


def read_folder(path: Path, known_processes: Iterable[str] = (), known_decisions: Iterable[str] = ()) -> Folder:
    """Read and check a workflow folder: every `*.bpmn`, `*.dmn` and `forms/*.form` in it, and the forms of the folder
    `shared` beside it.

    `known_processes` and `known_decisions` may be referred to besides those in the folder.
    Raises DefinitionError with every problem of every file, found in one pass.
    """
    problems: list[Problem] = []
    models: dict[str, bpmn.Definition] = {}
    sources: dict[str, bytes] = {}
    form_bytes: dict[str, bytes] = {}
    decisions: dict[str, bytes] = {}
    tables = {file.name: file.read_bytes() for near in (path.parent / "shared", path) for file in near.glob("*.dmn")}
    for file in sorted(path.glob("*.dmn")):
        try:
            content = dmn.bundle(file.read_bytes(), file.name, tables)  # a stored decision is found alone
            decisions.update(dict.fromkeys(dmn.parse(content, file.name).ids, content))
        except DefinitionError as error:
            problems += error.problems
    shared = path.parent / "shared"
    for file in sorted([*shared.glob("forms/*.form"), *path.glob("forms/*.form")], key=lambda f: f.parent != shared):
        form_bytes[file.stem] = file.read_bytes()  # a faulty form is there: no model misses it
        try:
            forms.parse(form_bytes[file.stem], file.name)
        except DefinitionError as error:
            problems += error.problems
    for file in sorted(path.glob("*.bpmn")):
        compiled = _compiled(file, problems)
        if compiled is None:
            continue
        if compiled.process_id != file.stem:
            problems.append(Problem(file.name, compiled.process_id, "process_id", f"expected process id {file.stem}"))
        models[compiled.process_id] = compiled
        sources[compiled.process_id] = file.read_bytes()
    for compiled in models.values():
        problems += _unresolved(compiled, form_bytes, {*models, *known_processes}, {*decisions, *known_decisions})
    if not models and not decisions and not problems:
        problems.append(Problem(path.name, None, "empty_folder", "expected at least one .bpmn or .dmn file"))
    if problems:
        raise DefinitionError(problems)
    own = frozenset() if path == shared else frozenset(file.stem for file in path.glob("forms/*.form"))
    return Folder(models, form_bytes, decisions, sources, own)


def _compiled(file: Path, problems: list[Problem]) -> bpmn.Definition | None:
    """The model of a file, its faults added to `problems`; one that can be opened at all is checked further."""
    content = file.read_bytes()
    try:
        return bpmn.compile(content, file=file.name)
    except DefinitionError as error:
        problems += error.problems
    try:
        return bpmn.compile(content, file=file.name, strict=False)
    except DefinitionError:
        return None


def _unresolved(
    model: bpmn.Definition, known_forms: Mapping[str, bytes], processes: set[str], decisions: set[str]
) -> list[Problem]:
    found = []
    for element in model.elements.values():
        where = (f"{model.process_id}.bpmn", element.id)
        if element.form_key and element.form_key not in known_forms:
            found.append(Problem(*where, "form_missing", f"expected forms/{element.form_key}.form in the folder"))
        # What is computed when it runs (an expression) cannot be checked here; an incident tells then.
        called = element.call.process if element.call else None
        if isinstance(called, str) and called not in processes:
            found.append(Problem(*where, "process_missing", f"expected a deployed process {called}"))
        if isinstance(element.decision, str) and element.decision not in decisions:
            found.append(Problem(*where, "decision_missing", f"expected a deployed decision {element.decision}"))
    return found


def store_folder(conn: sa.Connection, tenant: int, folder: Folder, actor: str, now: datetime) -> list[tuple[str, int]]:
    """Store a checked folder; returns (process id, version) of what is new. The same bytes again make no version."""
    for kind, contents in (("form", folder.forms), ("dmn", folder.decisions), ("bpmn", folder.sources)):
        for content in contents.values():
            put(conn, tenant, kind, content)
    made = []
    for process_id, compiled in folder.models.items():
        files, name = folder.files_of(process_id), compiled.name or process_id
        version = store_version(conn, tenant, process_id, name, files, actor, now)
        if version is not None:
            made.append((process_id, version))
    return made


def store_version(
    conn: sa.Connection,
    tenant: int,
    process_id: str,
    name: str,
    files: Mapping[str, Any],
    actor: str,
    now: datetime,
    note: str | None = None,
    revision: int | None = None,
) -> int | None:
    """Add a version of a process whose files are stored; None when they are those of the latest one."""
    latest, digest = newest(conn, tenant, process_id), version_hash(files)
    if latest is not None and latest.hash == digest:
        return None
    version: int = latest.version + 1 if latest else 1
    row = {"tenant_id": tenant, "process_id": process_id, "version": version, "hash": digest, "name": name}
    told = {"files": files, "deployed_at": now, "deployed_by": actor, "note": note, "revision": revision}
    conn.execute(sa.insert(process_versions), row | told)
    return version


def newest(conn: sa.Connection, tenant: int, process_id: str) -> Any:
    """The row of the latest version of a process, or None."""
    v = process_versions.c
    return conn.execute(
        sa.select(process_versions)
        .where(v.tenant_id == tenant, v.process_id == process_id)
        .order_by(v.version.desc())
        .limit(1)
    ).first()


def put(conn: sa.Connection, tenant: int, kind: str, content: bytes) -> str:
    """Store bytes by content (once) and return their SHA-256. The kind `draft` is stored packed."""
    digest = digest_of(content)
    if conn.execute(RESOURCE, {"tenant": tenant, "hash": digest}).first() is None:
        stored = _PACKED + zlib.compress(content) if kind == "draft" else content
        conn.execute(sa.insert(resources), {"tenant_id": tenant, "hash": digest, "kind": kind, "content": stored})
    return digest


def current(conn: sa.Connection, tenant: int) -> dict[str, Any]:
    """The content of the current environment, to be changed; an empty one before the first deployment."""
    # Whoever changes it too waits here: the last one would undo what the others have made current.
    conn.execute(sa.select(meta.c.one).where(meta.c.tenant_id == tenant).with_for_update())
    text = conn.execute(
        sa.select(environments.c.content)
        .join(
            meta,
            sa.and_(meta.c.tenant_id == environments.c.tenant_id, meta.c.environment == environments.c.hash),
        )
        .where(meta.c.tenant_id == tenant)
    ).scalar()
    empty: dict[str, Any] = {
        "processes": {},
        "decisions": {},
        "calendar": "",
        "unit_lanes": [],
        "artefacts": {},
        "artefacts_en": {},
        "papers": {},
        "templates": {},
        "issuers": {},
        "forms": {},
    }
    return empty | json.loads(text) if text else empty


def current_hash(conn: sa.Connection, tenant: int) -> str:
    """The hash of the current environment, as it is now for whoever holds it (see `current`)."""
    return str(conn.execute(sa.select(meta.c.environment).where(meta.c.tenant_id == tenant)).scalar() or "")


def make_current(conn: sa.Connection, tenant: int, content: Mapping[str, Any]) -> str:
    """Store an environment by content and make it the current one; returns its hash."""
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    digest = digest_of(text.encode())
    if conn.execute(ENVIRONMENT, {"tenant": tenant, "hash": digest}).first() is None:
        conn.execute(sa.insert(environments), {"tenant_id": tenant, "hash": digest, "content": text})
    conn.execute(sa.update(meta).where(meta.c.tenant_id == tenant).values(environment=digest))
    return digest
