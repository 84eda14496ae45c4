"""Deploying process models, from workflow folders and from drafts; the drafts; and the calendar that deadlines are
counted by.

A draft is one whole model per process, kept by revision: nothing that was saved is ever overwritten. What takes long
(reading XML, searching a model's states) is done by `engine.door` before the transaction of a command begins.
"""

import re
from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from xml.sax.saxutils import quoteattr

import sqlalchemy as sa
from lxml import etree

from engine import bpmn, deadlines, definitions, forms, lint, org, starters
from engine.bpmn import layout
from engine.commands.transaction import Tx
from engine.errors import Conflict, DefinitionError, Forbidden, NotFound, Problem
from engine.queries import checking
from engine.records import model_drafts, model_revisions, people

# The command line acts as the installation itself; no person has this id.
SYSTEM = "system"
# Folder = file = process id: what can stand in an address, a file name and FEEL alike.
PROCESS_ID = re.compile(r"[a-z][a-z0-9_]{0,79}")


def require_analyst(tx: Tx, actor: str) -> None:
    """Raise Forbidden("analysts_only") unless the actor may change processes."""
    if actor != SYSTEM and not tx.actor(actor).models:
        raise Forbidden("analysts_only", f"Expected {actor} to be an analyst of processes.")


def deploy(
    tx: Tx,
    actor: str,
    folders: Path | Iterable[Path],
    checked: Collection[str] = (),
    states: int = checking.STATES,
) -> list[tuple[str, int]]:
    """Check and deploy workflow folders together; returns (process id, version) of what is new.

    Folders may refer to each other. Running cases keep their version. `checked` are hashes of versions that lint has
    found without error already; of each other model it looks at so many states at most. Raises Forbidden,
    DefinitionError with all problems of all files, the errors of lint among them; then nothing is deployed.
    """
    require_analyst(tx, actor)
    paths = [folders] if isinstance(folders, Path) else list(folders)
    content = definitions.current(tx.conn, tx.tenant)
    read = _read(paths, content["processes"], content["decisions"])
    known = {**content["processes"]}, {**content["decisions"]}
    _refuse_faulty(tx, read, *known, {*checked, *content["processes"].values()}, states)
    made: list[tuple[str, int]] = []
    for path, folder in read:
        made += definitions.store_folder(tx.conn, tx.tenant, folder, actor, tx.now)
        _store_artefacts(tx, content, path)
        content["processes"] |= {key: folder.version_hash(key) for key in folder.models}
        content["decisions"] |= {
            key: definitions.put(tx.conn, tx.tenant, "dmn", body) for key, body in folder.decisions.items()
        }
        for key, body in folder.forms.items():
            scope = path.name if key in folder.own_forms else ""
            content["forms"].setdefault(scope, {})[key] = definitions.digest_of(body)
    definitions.make_current(tx.conn, tx.tenant, content)
    _arm_starts(tx, [content["processes"][process_id] for process_id, _ in made])
    return made


def _arm_starts(tx: Tx, versions: Iterable[str]) -> None:
    """Processes that a timer starts begin by the newest version from now on."""
    for digest in versions:
        definition = tx.models.bundle(tx.conn, tx.tenant, digest).definition
        calendar = deadlines.read_calendar(tx.conn, tx.tenant)
        starters.arm(tx.conn, tx.tenant, definition, calendar, tx.now)


def check_folders(tx: Tx, actor: str, folders: Path | Iterable[Path]) -> frozenset[str]:
    """Search the models of folders for faults as `deploy` does, and store nothing; returns the hashes of the versions
    that are without error. Called before a deployment, since the search may take seconds."""
    require_analyst(tx, actor)
    paths = [folders] if isinstance(folders, Path) else list(folders)
    environment = tx.environment_facts
    read = _read(paths, environment.processes, environment.decisions)
    return _refuse_faulty(tx, read, environment.processes, environment.decisions, environment.processes.values())


def _read(
    paths: Collection[Path], known_processes: Iterable[str], known_decisions: Iterable[str]
) -> list[tuple[Path, definitions.Folder]]:
    """Read folders that may refer to each other. Raises DefinitionError with all problems of all files."""
    processes = {*known_processes} | {f.stem for p in paths for f in p.glob("*.bpmn")}
    decisions = {*known_decisions}
    read: list[tuple[Path, definitions.Folder]] = []
    problems: list[Problem] = []
    # Decisions first: a folder of shared tables may be named after one that uses them, and that one have its own.
    for path in sorted(paths, key=lambda p: (p.name != "shared", not any(p.glob("*.dmn")), p.name)):
        if not path.is_dir():
            problems.append(Problem(str(path), None, "no_folder", "expected a workflow folder"))
            continue
        try:
            folder = definitions.read_folder(path, processes, decisions)
        except DefinitionError as error:
            problems += error.problems
            continue
        decisions |= set(folder.decisions)
        read.append((path, folder))
    if problems:
        raise DefinitionError(problems)
    return read


def _refuse_faulty(
    tx: Tx,
    read: Collection[tuple[Path, definitions.Folder]],
    processes: Mapping[str, str],
    decisions: Iterable[str],
    checked: Iterable[str],
    states: int = checking.STATES,
) -> frozenset[str]:
    """Raise DefinitionError with the errors of lint in the folders' models; returns the hashes of those without."""
    done = {*checked}
    mine = {key: model for _, folder in read for key, model in folder.models.items()}
    new = [(f, key) for _, f in read for key in f.models if f.version_hash(key) not in done]
    if not new:
        return frozenset(done)
    known_decisions = {*decisions, *(key for _, folder in read for key in folder.decisions)}
    deployed = {
        key: tx.models.bundle(tx.conn, tx.tenant, digest).definition
        for key, digest in processes.items()
        if key not in mine
    }
    holders = org.holder_counts(tx.conn, tx.tenant, tx.today)
    problems: list[Problem] = []
    for folder, key in new:
        parsed = {form_id: forms.parse(body, form_id) for form_id, body in folder.forms.items()}
        facts = lint.Facts(parsed, {*mine, *deployed}, known_decisions, holders, source=folder.sources[key])
        facts = replace(facts, given=checking.given({**deployed, **mine}, facts))
        report = lint.examine(folder.models[key], facts, states=states)
        problems += faults(f"{key}.bpmn", report)
        done.add(folder.version_hash(key))
    if problems:
        raise DefinitionError(problems)
    return frozenset(done)


def faults(file: str, report: lint.Report) -> list[Problem]:
    """The errors of a report as problems of a file."""
    return [Problem(file, f.element, f.rule, f.message, {**f.params, "run": f.trace}) for f in report.errors]


def _store_artefacts(tx: Tx, content: dict[str, Any], path: Path) -> None:
    """Bring what a folder says about its documents into the environment, and store its Word templates."""
    read = definitions.read_artefacts(path)
    content["artefacts"] |= read.names
    content["artefacts_en"] |= read.names_en
    content["papers"][path.name] = {**read.papers}
    content["issuers"] |= read.issuers
    for name, body in read.templates.items():
        digest = definitions.put(tx.conn, tx.tenant, "docx", body)
        content["templates"][name if path.name == "shared" else f"{path.name}/{name}"] = digest


def refresh_calendar(tx: Tx) -> str:
    """Bring stored calendar days and lane bindings into the environment that processes run under; returns its hash."""
    calendar = deadlines.read_calendar(tx.conn, tx.tenant)
    content = definitions.current(tx.conn, tx.tenant)
    content["calendar"] = definitions.put(tx.conn, tx.tenant, "calendar", calendar.to_json().encode())
    content["unit_lanes"] = sorted(org.lanes_by_unit(tx.conn, tx.tenant))
    return definitions.make_current(tx.conn, tx.tenant, content)


# ---- drafts ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Readable:
    """A model that can at least be opened: its process, what it is called, its bytes."""

    process_id: str
    name: str
    xml: bytes


@dataclass(frozen=True)
class Deployable:
    """A draft's model that was found without error under an environment: what a version of it consists of."""

    environment: str
    name: str
    files: Mapping[str, Any]


# Drawing 200 elements takes some seconds, once; a larger file without a drawing is opened as it is.
DRAWN = 200


def readable(xml: bytes, process_id: str | None = None, draw: bool = False, instead: str = "") -> Readable:
    """A model from outside; pure, and may take a second. It must be BPMN of the process `process_id` (of any whose id
    is a slug, when None; one that drawing tools made up, such as Process_1, is replaced by `instead` when that is one).
    `draw` gives it a diagram when it has none. Kept in UTF-8, as browsers read what they are given. Raises
    DefinitionError."""
    file = f"{process_id}.bpmn" if process_id else "model.bpmn"
    definition = bpmn.compile(xml, file=file, strict=False)
    found = definition.process_id
    if process_id is not None and found != process_id:
        told = {"expected": process_id, "found": found}
        message = f"expected process id {process_id}, found {found or 'none'}"
        raise DefinitionError([Problem(file, found or None, "process_id", message, told)])
    if not found or any(p.code == "missing_id" and p.element == found for p in definition.problems):
        raise DefinitionError([Problem(file, None, "no_process_id", "expected a process with an id")])
    if not PROCESS_ID.fullmatch(found):
        if process_id is None and PROCESS_ID.fullmatch(instead):
            return readable(_called(xml, found, instead), draw=draw)
        message = "expected a process id of small letters, digits and _, beginning with a letter"
        raise DefinitionError([Problem(file, found, "bad_process_id", message, {"found": found})])
    xml = _in_utf8(xml)
    if draw and b"BPMNShape" not in xml and len(definition.elements) <= DRAWN:
        with suppress(Exception):  # a model too broken to be drawn is still opened
            xml = layout.arrange(xml)
    return Readable(found, definition.name or found, xml)


def _called(xml: bytes, old: str, new: str) -> bytes:
    """A model whose process has another id: in its pool and in its drawing too."""
    root = etree.fromstring(_in_utf8(xml), _PARSER)
    for node in root.iter(etree.Element):
        for name in ("id",) if etree.QName(node).localname == "process" else ("processRef", "bpmnElement"):
            if node.get(name) == old:
                node.set(name, new)
    return bytes(etree.tostring(root, encoding="UTF-8", xml_declaration=True))


_PARSER = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
ENCODING = re.compile(rb"""<\?xml[^>]*?\sencoding\s*=\s*["']([\w.:-]+)""")


def _in_utf8(xml: bytes) -> bytes:
    """The bytes of a well-formed file as they are, of one in another encoding (UTF-16, windows-1258) written anew."""
    declared = ENCODING.match(xml.removeprefix(b"\xef\xbb\xbf"))
    if b"\0" not in xml[:4] and (declared is None or declared[1].lower() in (b"utf-8", b"utf8", b"us-ascii")):
        return xml
    tree = etree.fromstring(xml, _PARSER).getroottree()
    return bytes(etree.tostring(tree, encoding="UTF-8", xml_declaration=True))


BLANK = """<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL"
    xmlns:bpmndi="http://www.omg.org/spec/BPMN/20100524/DI" xmlns:dc="http://www.omg.org/spec/DD/20100524/DC"
    xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" id="definitions_{id}" targetNamespace="http://bpmn.io/schema/bpmn">
  <bpmn:process id="{id}" name={name} isExecutable="true">
    <bpmn:startEvent id="bat_dau" name="Bắt đầu"/>
  </bpmn:process>
  <bpmndi:BPMNDiagram id="so_do_{id}">
    <bpmndi:BPMNPlane id="mat_{id}" bpmnElement="{id}">
      <bpmndi:BPMNShape id="hinh_bat_dau" bpmnElement="bat_dau">
        <dc:Bounds x="180" y="160" width="36" height="36"/>
        <bpmndi:BPMNLabel><dc:Bounds x="174" y="203" width="48" height="14"/></bpmndi:BPMNLabel>
      </bpmndi:BPMNShape>
    </bpmndi:BPMNPlane>
  </bpmndi:BPMNDiagram>
</bpmn:definitions>
"""


def blank(process_id: str, name: str) -> bytes:
    """A model with a start event and nothing else. Raises DefinitionError when the id is no slug."""
    if not PROCESS_ID.fullmatch(process_id):
        message = "expected a process id of small letters, digits and _, beginning with a letter"
        raise DefinitionError([Problem("", None, "bad_process_id", message, {"found": process_id})])
    said = "".join(c for c in name.strip() if c.isprintable()) or process_id
    return BLANK.format(id=process_id, name=quoteattr(said)).encode()


def deployable(xml: bytes, definition: bpmn.Definition, around: checking.Surroundings) -> Deployable:
    """What a version of a checked model consists of: its bytes, and the forms that it names as they are now."""
    used = sorted({e.form_key for e in definition.elements.values() if e.form_key})
    files = {"model": definitions.digest_of(xml), "forms": {form_id: around.forms[form_id] for form_id in used}}
    return Deployable(around.environment, definition.name or definition.process_id, files)


def save_draft(tx: Tx, actor: str, model: Readable, seen: int, base: int | None = None) -> int:
    """Store a model as the draft of its process and return the number of the revision.

    `seen` is the revision that the actor has changed, 0 when no draft was open; then `base` is the version that was
    begun from. Raises Forbidden, Conflict("draft_changed"): somebody else saved, dropped or deployed it.
    """
    require_analyst(tx, actor)
    open_draft = _unchanged(tx, model.process_id, seen)
    if open_draft is not None:
        base = open_draft.base
    else:
        latest = definitions.newest(tx.conn, tx.tenant, model.process_id)
        version = latest.version if latest is not None else None
        if base is not None and base != version:
            message = f"Expected version {base} of {model.process_id} to be the latest, found {version}."
            told: dict[str, Any] = {"process_id": model.process_id, "number": 0, "kind": "deployed"}
            if latest is not None:
                told |= {"saved_by": latest.deployed_by, "saved_at": latest.deployed_at}
            raise Conflict("draft_changed", message, **told)
        base = version
    digest = definitions.put(tx.conn, tx.tenant, "draft", model.xml)
    if open_draft is not None and open_draft.hash == digest:
        return seen
    return _revise(tx, actor, model.process_id, "saved", digest, model.name, base)


def import_draft(tx: Tx, actor: str, model: Readable) -> int:
    """Begin a draft with a model from a file; returns the number of the revision.

    Raises Forbidden, and Conflict("draft_exists") when a draft is open that says something else: then `keep_import`
    stores the file.
    """
    require_analyst(tx, actor)
    if (found := _open_draft(tx, model.process_id)) is not None:
        if found.hash == definitions.digest_of(model.xml):
            return int(found.number)
        raise _conflict("draft_exists", found, found.number)
    return save_draft(tx, actor, model, 0)


def keep_import(tx: Tx, actor: str, model: Readable) -> int:
    """Store a model from a file beside the open draft, which stays as it is; returns the number of the revision.
    `restore_draft` makes it the draft."""
    require_analyst(tx, actor)
    latest = definitions.newest(tx.conn, tx.tenant, model.process_id)
    digest = definitions.put(tx.conn, tx.tenant, "draft", model.xml)
    base = latest.version if latest is not None else None
    return _append(tx, actor, model.process_id, "uploaded", digest, model.name, base)


def begin_draft(tx: Tx, actor: str, model: Readable) -> int:
    """Begin the draft of a process that is not there yet. Raises Forbidden, Conflict("process_exists")."""
    require_analyst(tx, actor)
    known = definitions.newest(tx.conn, tx.tenant, model.process_id) is not None
    if known or _open_draft(tx, model.process_id) is not None:
        raise Conflict(
            "process_exists",
            f"Expected a new process id, but there is a process {model.process_id}.",
            process_id=model.process_id,
        )
    return save_draft(tx, actor, model, 0)


def drop_draft(tx: Tx, actor: str, process_id: str, seen: int) -> None:
    """Close the draft without deploying it; its revisions stay, and one can be restored.

    Raises Forbidden, Conflict("draft_changed"), NotFound when no draft is open.
    """
    require_analyst(tx, actor)
    found = _required(tx, process_id, seen)
    _append(tx, actor, process_id, "dropped", found.hash, found.name, found.base)
    _close(tx, process_id)


def restore_draft(tx: Tx, actor: str, process_id: str, number: int, seen: int) -> int:
    """Make an earlier revision the draft again, as a revision of its own whose number is returned.

    Raises Forbidden, NotFound when there is no such revision, Conflict("draft_changed").
    """
    require_analyst(tx, actor)
    _unchanged(tx, process_id, seen)
    r = model_revisions.c
    row = tx.conn.execute(
        sa.select(model_revisions).where(r.tenant_id == tx.tenant, r.process_id == process_id, r.number == number)
    ).first()
    if row is None:
        raise NotFound("revision", f"Expected a revision {number} of {process_id}, found none.")
    return _revise(tx, actor, process_id, "restored", row.hash, row.name, row.base)


def draft_to_check(tx: Tx, actor: str, process_id: str, seen: int) -> tuple[bytes, checking.Surroundings]:
    """What `deploy_draft` checks before its transaction: the draft's bytes, and what they lean on.

    Raises Forbidden, NotFound when no draft is open, Conflict("draft_changed").
    """
    require_analyst(tx, actor)
    found = _required(tx, process_id, seen, reading=True)
    return definitions.resource(tx.conn, tx.tenant, found.hash), checking.surroundings(tx, process_id)


def deploy_draft(
    tx: Tx, actor: str, process_id: str, seen: int, note: str, model: Deployable
) -> tuple[str, int] | None:
    """Make a version of a checked draft and close it; running cases keep theirs. None when what it leans on has changed
    since it was checked.

    Raises Forbidden, NotFound, Conflict("draft_changed" | "nothing_new").
    """
    require_analyst(tx, actor)
    content = definitions.current(tx.conn, tx.tenant)
    found = _required(tx, process_id, seen)
    if definitions.current_hash(tx.conn, tx.tenant) != model.environment:
        return None
    version = definitions.store_version(
        tx.conn, tx.tenant, process_id, model.name, model.files, actor, tx.now, note.strip() or None, found.number
    )
    if version is None:
        raise Conflict("nothing_new", "Expected a changed model, but the draft is the version that is deployed.")
    content["processes"] |= {process_id: definitions.version_hash(model.files)}
    definitions.make_current(tx.conn, tx.tenant, content)
    _arm_starts(tx, [definitions.version_hash(model.files)])
    _append(tx, actor, process_id, "deployed", found.hash, found.name, found.base)
    _close(tx, process_id)
    return process_id, version


def _open_draft(tx: Tx, process_id: str, reading: bool = False) -> Any:
    """The revision that is the open draft, None when none is; others who would change it wait until we are done,
    unless we are only `reading`."""
    d = model_drafts.c
    # By itself: a row that is read together with a locked one may be as it was before the wait.
    query = sa.select(d.number).where(d.tenant_id == tx.tenant, d.process_id == process_id)
    number = tx.conn.execute(query if reading else query.with_for_update()).scalar()
    if number is None and not reading:
        # There is no row to wait at: two who begin a draft, or who do after one was dropped, meet here.
        definitions.current(tx.conn, tx.tenant)
        number = tx.conn.execute(query.with_for_update()).scalar()
    return None if number is None else _revision(tx, process_id, model_revisions.c.number == number)


def _revision(tx: Tx, process_id: str, *which: sa.ColumnElement[bool]) -> Any:
    """The newest revision of a process, of those that are meant, with the name of who made it; None without any."""
    r = model_revisions.c
    return tx.conn.execute(
        sa.select(model_revisions, people.c.name.label("made_by_name"))
        .outerjoin(people, sa.and_(people.c.tenant_id == r.tenant_id, people.c.id == r.made_by))
        .where(r.tenant_id == tx.tenant, r.process_id == process_id, *which)
        .order_by(r.number.desc())
        .limit(1)
    ).first()


def _unchanged(tx: Tx, process_id: str, seen: int, reading: bool = False) -> Any:
    """The open draft, which must be revision `seen` (0: none). Raises Conflict("draft_changed")."""
    found = _open_draft(tx, process_id, reading)
    if (0 if found is None else found.number) != seen:
        raise _conflict("draft_changed", found or _revision(tx, process_id), 0 if found is None else found.number)
    return found


def _required(tx: Tx, process_id: str, seen: int, reading: bool = False) -> Any:
    """The open draft. Raises NotFound besides what `_unchanged` raises."""
    found = _unchanged(tx, process_id, seen, reading)
    if found is None:
        raise NotFound("draft", f"Expected an open draft of {process_id}, found none.")
    return found


def _conflict(code: str, last: Any, number: int) -> Conflict:
    """Somebody else was at the draft: who, when, what, and which revision is open now."""
    if last is None:
        return Conflict(code, "Expected a draft that is not there.", number=number, saved_by="", saved_at=None, kind="")
    told: dict[str, Any] = {"process_id": last.process_id, "number": number, "kind": last.kind}
    told |= {"saved_by": last.made_by_name or last.made_by, "saved_at": last.made_at}
    message = f"Expected the draft of {last.process_id} as it was, but it was {last.kind} by {last.made_by}."
    return Conflict(code, message, **told)


def _revise(tx: Tx, actor: str, process_id: str, kind: str, digest: str, name: str, base: int | None) -> int:
    """Append a revision and make it the open draft."""
    number = _append(tx, actor, process_id, kind, digest, name, base)
    d = model_drafts.c
    moved = tx.conn.execute(
        sa.update(model_drafts).where(d.tenant_id == tx.tenant, d.process_id == process_id).values(number=number)
    )
    if not moved.rowcount:
        tx.conn.execute(sa.insert(model_drafts), {"tenant_id": tx.tenant, "process_id": process_id, "number": number})
    return number


def _append(tx: Tx, actor: str, process_id: str, kind: str, digest: str, name: str, base: int | None) -> int:
    """Append a revision. Two who do it at once get the same number: the database refuses one, the door tries again."""
    last = _revision(tx, process_id)
    number: int = last.number + 1 if last is not None else 1
    row = {"tenant_id": tx.tenant, "process_id": process_id, "number": number, "kind": kind, "hash": digest}
    told = {"name": name, "base": base, "made_at": tx.now, "made_by": actor}
    tx.conn.execute(sa.insert(model_revisions), row | told)
    return number


def _close(tx: Tx, process_id: str) -> None:
    d = model_drafts.c
    tx.conn.execute(sa.delete(model_drafts).where(d.tenant_id == tx.tenant, d.process_id == process_id))
