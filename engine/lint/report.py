"""All rules together: a definition and the facts in, findings out, each problem told once."""

import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

from engine import bpmn
from engine.bpmn import naming
from engine.bpmn.definition import Flow
from engine.lint import expressions, flows, gates, governance, names, soundness, structure
from engine.lint.findings import ERROR, Facts, Finding, Report, finding
from engine.lint.space import CAP

NO_FACTS = Facts()
MOST = 200  # findings of one rule that are listed


def check(
    definition: bpmn.Definition, facts: Facts = NO_FACTS, *, states: int = CAP, seconds: float | None = None
) -> list[Finding]:
    """What is wrong with a definition, errors first; `states` caps the search in each process, `seconds` in all."""
    return examine(definition, facts, states=states, seconds=seconds).findings


def examine(
    definition: bpmn.Definition, facts: Facts = NO_FACTS, *, states: int = CAP, seconds: float | None = None
) -> Report:
    """The findings, and how many states were looked at. A definition with problems of reading is not explored."""
    left = seconds
    found = [finding("model", p.element, p.message, code=p.code, **p.params) for p in definition.problems]
    broken = {p.element for p in definition.problems}  # not to be blamed twice
    explored, complete = 0, True
    for process in _processes(definition):
        shape = [f for f in structure.check(definition, process) if f.element not in broken]
        found += shape
        found += names.check(definition, process, facts)
        found += _conditions(definition, process, facts)
        found += expressions.check(definition, process)
        found += gates.check(definition, process)
        found += governance.check(definition, process, facts)
        if definition.problems or not flows.entries(definition, process):
            complete = False
        elif states > 0:
            before = time.monotonic()
            behaviour, space = soundness.check(definition, process, states, left)
            left = None if left is None else max(0.0, left - (time.monotonic() - before))
            found = [*_merge(found, behaviour)]
            explored += len(space.nodes)
            complete = complete and space.complete
    if facts.source is not None:
        found += structure.unused(facts.source)
    told = [replace(f, params={**naming.facts(definition, f.element), **f.params}) for f in found]
    listed = [*_listed(sorted(told, key=lambda f: f.severity != ERROR))]
    return Report(listed, explored, complete, names_of(definition))


def _listed(findings: list[Finding]) -> Iterator[Finding]:
    """Of each rule so many as somebody can look at, and how many more there are."""
    seen: Counter[str] = Counter()
    for found in findings:
        seen[found.rule] += 1
        if seen[found.rule] <= MOST:
            yield found
    for rule, count in seen.items():
        if count > MOST:
            message = f"There are {count - MOST:,} more findings of the rule {rule}."
            yield finding("more_of_these", None, message, like=rule, count=count - MOST)


def names_of(d: bpmn.Definition) -> dict[str, str]:
    """What elements, flows and processes are called, to tell a run in words: a flow without a name by its target."""
    found = {e.id: naming.called(d, e.id) for e in d.elements.values()}
    found |= {f.id: naming.plain(f.name) or found[f.target] for f in d.flows.values()}
    return found | {p.id: naming.plain(p.name) or p.id for p in d.processes.values()}


def _processes(d: bpmn.Definition) -> list[str]:
    """The processes that are run."""
    return [p.id for p in d.processes.values() if d.containers[p.id].nodes and (p.executable or p.id == d.process_id)]


def _conditions(d: bpmn.Definition, process: str, facts: Facts) -> Iterator[Finding]:
    """Names that conditions of flows read and nothing writes."""
    nodes = flows.inside(d, process)
    known = names.written([d.elements[n] for n in nodes], facts)
    if known is None:
        return
    known |= {*facts.variables, *facts.given.get(process, ())}
    inside = set(nodes)
    for flow in d.flows.values():
        if flow.source in inside:
            yield from _condition(flow, known)


def _condition(flow: Flow, known: set[str]) -> Iterator[Finding]:
    if flow.condition is None:
        return
    for name in sorted(flow.condition.variables - expressions.called(flow.condition) - known):
        message = f"Nothing in the process writes {name!r}, which the condition reads."
        text = flow.condition.text
        yield finding("unwritten_name", flow.id, message, name=name, text=text, what="the condition")


def _merge(shape: list[Finding], behaviour: list[Finding]) -> Iterator[Finding]:
    """Where structure has named a fault, the run that shows it goes there and nothing is told twice."""
    rest = list(behaviour)
    unsupported = {f.element for f in shape if f.rule == "not_supported"}
    for found in shape:
        if found.rule == "loop_without_exit":
            ring = found.params["elements"]
            same = [b for b in rest if b.rule in ("livelock", "endless") and b.element in ring]
            rest = [b for b in rest if b not in same]
            yield replace(found, trace=same[0].trace) if same else found
        else:
            yield found
    yield from (b for b in rest if not (b.rule == "not_explored" and b.element in unsupported))
