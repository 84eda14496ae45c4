"""Lint of files and folders, for the command line: what a model refers to is looked for beside it and in `shared`."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from engine import bpmn, dmn, forms
from engine.errors import DefinitionError, Problem
from engine.lint import flows, names, report
from engine.lint.findings import CASE_VARIABLES, Facts, Finding, Report, finding
from engine.lint.space import CAP


def paths(
    given: Iterable[Path],
    *,
    states: int = CAP,
    seconds: float | None = None,
    holders: Mapping[str, int] | None = None,
    people: Path | None = None,
) -> dict[Path, Report]:
    """The report of every `*.bpmn` given or inside a folder given. `people` is a folder with `lanes.json` and
    `people.json`, from which is counted who holds each role."""
    files = [f for path in given for f in (sorted(path.rglob("*.bpmn")) if path.is_dir() else [path])]
    held = _holders(people) if people is not None else holders
    return {file: _file(file, states, seconds, held) for file in dict.fromkeys(files)}


def _file(file: Path, states: int, seconds: float | None, holders: Mapping[str, int] | None) -> Report:
    source = file.read_bytes()
    try:
        definition = bpmn.compile(source, file=file.name, strict=False)
    except DefinitionError as error:
        return Report([_told(p) for p in error.problems], 0, False)
    faulty: list[Problem] = []
    facts = facts_beside(file, holders, source, faulty)
    found = report.examine(definition, facts, states=states, seconds=seconds)
    return replace(found, findings=[*(_told(p) for p in faulty), *found.findings]) if faulty else found


def _told(problem: Problem) -> Finding:
    params = {"code": problem.code, "file": problem.file, **problem.params}
    return finding("model", problem.element, problem.message, **params)


def facts_beside(
    file: Path,
    holders: Mapping[str, int] | None = None,
    source: bytes | None = None,
    faulty: list[Problem] | None = None,
) -> Facts:
    """The facts that the files around a model tell. What is wrong with forms and decisions is added to `faulty`; they
    are there all the same, so that no model misses them."""
    wrong = [] if faulty is None else faulty
    folders = [file.parent, file.parent.parent / "shared"]
    found_forms: dict[str, forms.Form | None] = {}
    decisions: set[str] = set()
    unread = False  # a file of decisions is faulty: which there are is not known
    processes: set[str] = set()
    tables = {path.name: path.read_bytes() for folder in reversed(folders) for path in folder.glob("*.dmn")}
    for folder in folders:
        for path in sorted(folder.glob("forms/*.form")):
            try:
                found_forms.setdefault(path.stem, forms.parse(path.read_bytes(), path.name))
            except DefinitionError as error:
                found_forms.setdefault(path.stem, None)
                wrong += error.problems
        for path in sorted(folder.glob("*.dmn")):
            try:
                decisions.update(dmn.parse(path.read_bytes(), path.name, imports=tables).ids)
            except DefinitionError as error:
                unread = True
                wrong += error.problems
        processes |= {path.stem for path in folder.glob("*.bpmn")}
    answered = None if unread else decisions
    known = Facts(forms=found_forms, processes=processes, decisions=answered, holders=holders, source=source)
    given = _given(file, known)
    return Facts(found_forms, processes, answered, holders, CASE_VARIABLES, given, source)


def _given(file: Path, facts: Facts) -> dict[str, set[str]]:
    """What the models around pass into each process that they call."""
    found: dict[str, set[str]] = {}
    for path in sorted({*file.parent.glob("*.bpmn"), *file.parent.parent.glob("*/*.bpmn")}):
        if path.parent == file.parent.parent:
            continue
        try:
            d = bpmn.compile(path.read_bytes(), file=path.name, strict=False)
        except DefinitionError:
            continue
        for e in d.elements.values():
            if e.call is not None and isinstance(e.call.process, str):
                passed = found.setdefault(e.call.process, set())
                passed |= {m.target.partition(".")[0] for m in e.inputs}
                if e.call.pass_parent:
                    nodes = [d.elements[n] for n in flows.inside(d, e.process)]
                    passed |= names.written(nodes, facts) or set()
                    passed |= {*facts.variables}
    return found


def _holders(folder: Path) -> dict[str, int]:
    """How many people hold each role, in the unit where they are fewest."""
    lanes = json.loads((folder / "lanes.json").read_text("utf-8"))["lanes"]
    people = json.loads((folder / "people.json").read_text("utf-8"))["people"]
    seats = [(m["unit"], m["position"], p["id"]) for p in people for m in p["memberships"]]
    found: dict[str, int] = {}
    for lane in lanes:
        by_unit: dict[str, set[str]] = {}
        for binding in lane["bindings"]:
            for unit, position, person in seats:
                if position == binding["position"] and binding["unit"] in ("", unit):
                    by_unit.setdefault("" if binding["unit"] else unit, set()).add(person)
        found[lane["lane"]] = min((len(held) for held in by_unit.values()), default=0)
    return found
