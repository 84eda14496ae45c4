"""Trying files out without a store: a model played on a virtual clock, a decision table asked for a row.

What a model refers to is looked for beside it and in the folder `shared` next to its own: called processes by file
name, decisions by their id. Not here: how a play goes (`engine.bpmn.simulate`).
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from engine import bpmn, deadlines, dmn, feel
from engine.errors import DefinitionError, Invalid, Problem, Reason

# The morning on which the plan's tasks were assigned; a play without a start time begins then.
STARTS = datetime(2022, 1, 28, 1, 0, tzinfo=UTC)


def _files(model: Path, pattern: str) -> list[Path]:
    return [*sorted(model.parent.glob(pattern)), *sorted((model.parent.parent / "shared").glob(pattern))]


def _tables_beside(model: Path) -> dict[str, bytes]:
    """The decision models that one beside `model` may import, those next to it before those in `shared`."""
    return {file.name: file.read_bytes() for file in reversed(_files(model, "*.dmn"))}


def env_beside(model: Path) -> bpmn.Env:
    """An environment that finds definitions and decisions in the files beside a model. Raises DefinitionError."""
    definitions: dict[str, bpmn.Definition] = {}
    processes: dict[str, str] = {}
    decisions: dict[str, dmn.Decision] = {}
    beside = _tables_beside(model)
    for file in _files(model, "*.dmn"):
        parsed = dmn.parse(file.read_bytes(), file.name, imports=beside)
        for decision_id in parsed.ids:
            decisions.setdefault(decision_id, parsed.decision(decision_id))

    def process(process_id: str) -> str:
        if process_id not in processes:
            for file in _files(model, f"{process_id}.bpmn"):
                compiled = bpmn.compile(file.read_bytes(), file=file.name)
                definitions[compiled.hash] = compiled
                processes[process_id] = compiled.hash
                break
        return processes[process_id]

    calendar = deadlines.Calendar(
        {
            day.day: deadlines.SpecialDay(day.kind == "lam_bu", day.name)
            for day in deadlines.public_holidays(range(2021, 2028))
        }
    )
    return bpmn.Env(
        definition=definitions.__getitem__, process=process, decision=decisions.__getitem__, calendar=calendar
    )


def play(
    model: Path,
    variables: Mapping[str, Any] | None = None,
    answers: Mapping[str, Any] | None = None,
    *,
    until: datetime | None = None,
    now: datetime | None = None,
) -> Iterator[dict[str, Any]]:
    """Run a model in memory on a virtual clock and give its events as they happen, each with `at` (ISO, UTC).

    `answers`: what people answer, by element id: the variables, or a list with one entry per visit. Jobs do themselves.
    Raises DefinitionError with all problems of the model.
    """
    from engine.bpmn import simulate

    definition = bpmn.compile(model.read_bytes(), file=model.name)
    return simulate.play(
        definition, env_beside(model), dict(variables or {}), dict(answers or {}), until, now=now or STARTS
    )


def decide(table: Path, variables: Mapping[str, Any], decision_id: str | None = None) -> dict[str, Any]:
    """Evaluate a decision, a decision service or a knowledge model of a DMN file, JSON-able: {"value", "explanation",
    "diagnostics", "problems"}. The explanation has one step a decision, in the order of evaluation, with its tables
    and why each rule hit or did not; the diagnostics say why something became null, and which inputs nobody asked for.
    A file with faults is tried all the same: what is faulty is null, and the problems say what it is.

    Raises DefinitionError for what is no model or has no result, and Invalid("decision") when the file has several
    decisions and none (or an unknown one) is named.
    """
    parsed = dmn.parse(table.read_bytes(), table.name, strict=False, imports=_tables_beside(table))
    chosen = decision_id or (parsed.ids[0] if len(parsed.ids) == 1 else "")
    try:
        invocable = parsed.invocable(chosen)
    except KeyError:
        message = f"expected one of the file's decisions: {', '.join(parsed.ids)}"
        raise Invalid({"decision": [Reason("not_an_option", message)]}) from None
    try:
        result = invocable.evaluate(dict(variables), feel.Env(None, STARTS), detail=True)
    except dmn.DecisionError as error:
        raise DefinitionError([Problem(table.name, chosen, "decision", str(error))]) from error
    told = [{"code": each.code, "message": each.message} for each in result.diagnostics]
    if isinstance(invocable, dmn.Decision):
        asked = sorted(invocable.variables)
        unknown = [name for name in variables if name.split(".")[0] not in {each.split(".")[0] for each in asked}]
        told += [
            {"code": "unknown_input", "message": f"{name}: Expected one of the inputs {', '.join(asked)}."}
            for name in unknown
            if asked and not isinstance(variables[name], dict)
        ]
    return {
        "value": dmn.shown(result.value),
        "explanation": result.explanation,
        "diagnostics": told,
        "problems": [
            {"file": each.file, "element": each.element, "code": each.code, "message": each.message}
            for each in parsed.problems
        ],
    }
