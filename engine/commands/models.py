"""Deploying workflow folders, and the calendar that deadlines are counted by."""

import json
from collections.abc import Iterable
from pathlib import Path

from engine import deadlines, definitions, org
from engine.commands.transaction import Tx
from engine.errors import DefinitionError, Forbidden, Problem

# The command line acts as the installation itself; no person has this id.
SYSTEM = "system"


def deploy(tx: Tx, actor: str, folders: Path | Iterable[Path]) -> list[tuple[str, int]]:
    """Check and deploy workflow folders together; returns (process id, version) of what is new.

    Folders may refer to each other. Running cases keep their version. Raises Forbidden("role"), DefinitionError with
    all problems of all files; then nothing is deployed.
    """
    if actor != SYSTEM and "chuyen_vien_phan_tich" not in tx.actor(actor).roles:
        raise Forbidden("role", f"Expected {actor} to be an analyst of processes.")
    paths = [folders] if isinstance(folders, Path) else list(folders)
    content = definitions.current(tx.conn, tx.tenant)
    processes = set(content["processes"]) | {f.stem for p in paths for f in p.glob("*.bpmn")}
    decisions = set(content["decisions"])
    read: list[definitions.Folder] = []
    problems: list[Problem] = []
    # Decisions first: a folder of shared tables may be named after one that uses them.
    for path in sorted(paths, key=lambda p: (not any(p.glob("*.dmn")), p.name)):
        if not path.is_dir():
            problems.append(Problem(str(path), None, "no_folder", "expected a workflow folder"))
            continue
        try:
            folder = definitions.read_folder(path, processes, decisions)
        except DefinitionError as error:
            problems += error.problems
            continue
        decisions |= set(folder.decisions)
        read.append(folder)
        content["artefacts"] |= _artefacts(path)
    if problems:
        raise DefinitionError(problems)
    made: list[tuple[str, int]] = []
    for folder in read:
        made += definitions.store_folder(tx.conn, tx.tenant, folder, actor, tx.now)
        content["processes"] |= {key: folder.version_hash(key) for key in folder.models}
        content["decisions"] |= {
            key: definitions.put(tx.conn, tx.tenant, "dmn", body) for key, body in folder.decisions.items()
        }
    definitions.make_current(tx.conn, tx.tenant, content)
    return made


def _artefacts(path: Path) -> dict[str, str]:
    """Names of artefacts out of `artefacts.json`: {slug: name in words}."""
    file = path / "artefacts.json"
    if not file.is_file():
        return {}
    names: dict[str, str] = json.loads(file.read_text(encoding="utf-8"))
    return names


def refresh_calendar(tx: Tx) -> str:
    """Bring stored calendar days and lane bindings into the environment that processes run under; returns its hash."""
    calendar = deadlines.read_calendar(tx.conn, tx.tenant)
    content = definitions.current(tx.conn, tx.tenant)
    content["calendar"] = definitions.put(tx.conn, tx.tenant, "calendar", calendar.to_json().encode())
    content["unit_lanes"] = sorted(org.lanes_by_unit(tx.conn, tx.tenant))
    return definitions.make_current(tx.conn, tx.tenant, content)
