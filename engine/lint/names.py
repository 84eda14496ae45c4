"""What a model refers to: forms, processes, decisions, and the variables that its expressions read."""

from collections.abc import Iterator

from engine import bpmn, feel
from engine.bpmn.definition import CONTAINERS, Element
from engine.lint import expressions, flows
from engine.lint.findings import Facts, Finding, finding

# What the kernel gives to expressions by itself.
_BUILT_IN = frozenset({"loopCounter", "activationCount"}) | {
    f"{prefix}{name}"
    for prefix in ("nrOf", "numberOf")
    for name in ("Instances", "ActiveInstances", "CompletedInstances", "TerminatedInstances")
}
# What a gate and an opinion answer besides their form.
_ANSWERS = frozenset({"outcome", "reason"})
# Jobs of the engine give back only what they are mapped for.
_OWN_JOBS = "trinhky:"


def check(d: bpmn.Definition, process: str, facts: Facts) -> Iterator[Finding]:
    """All findings of one process."""
    nodes = [d.elements[n] for n in flows.inside(d, process)]
    for e in nodes:
        yield from _references(d, e, facts)
    yield from _unwritten(process, nodes, facts)


def _references(d: bpmn.Definition, e: Element, facts: Facts) -> Iterator[Finding]:
    if facts.forms is not None and e.form_key and e.form_key not in facts.forms:
        yield finding("form_missing", e.id, f"Expected a form {e.form_key!r}.", ref=e.form_key)
    called = e.call.process if e.call is not None else None
    known = facts.processes
    if known is not None and isinstance(called, str) and called not in known and called not in d.processes:
        yield finding("process_missing", e.id, f"Expected a process {called!r} to call.", ref=called)
    if facts.decisions is not None and isinstance(e.decision, str) and e.decision not in facts.decisions:
        yield finding("decision_missing", e.id, f"Expected a decision {e.decision!r}.", ref=e.decision)


def _unwritten(process: str, nodes: list[Element], facts: Facts) -> Iterator[Finding]:
    """Names that are read and that nothing ever writes. Says nothing where values can come from outside under names
    that the model does not mention."""
    known = written(nodes, facts)
    if known is None:
        return
    known |= {*facts.variables, *facts.given.get(process, ())}
    told: set[str] = set()
    for e in nodes:
        for expression, where in _reads(e):
            for name in sorted(expression.variables - expressions.called(expression) - known - told):
                told.add(name)
                message = f"Nothing in the process writes {name!r}, which {where} reads."
                yield finding("unwritten_name", e.id, message, name=name, text=expression.text, what=where)


def written(nodes: list[Element], facts: Facts) -> set[str] | None:
    """The names that the elements write; None when that cannot be known."""
    found = set(_BUILT_IN)
    for e in nodes:
        names = _writes(e, facts)
        if names is None:
            return None
        found |= names
    return found


def _writes(e: Element, facts: Facts) -> set[str] | None:
    found = {m.target.partition(".")[0] for m in (*e.inputs, *e.outputs)}
    if e.loop is not None:
        found |= {n for n in (e.loop.item, e.loop.output_collection) if n}
    for event in e.events:
        found |= {n for n in (event.code_variable, event.message_variable) if n}
    if e.result_variable:
        found.add(e.result_variable)
    elif isinstance(e.decision, str):
        found.add(e.decision)
    if e.type == "userTask":
        if "gate" in e.properties or "outcomes" in e.properties:
            found |= _ANSWERS
        if e.form_key:
            form = None if facts.forms is None else facts.forms.get(e.form_key)
            if form is None:
                return None
            found |= {c.key for c in form.components if c.key}
    return None if _open(e) else found


def _open(e: Element) -> bool:
    """Whether variables may come in here that the model does not name."""
    if e.outputs:
        return False
    if e.job is not None:
        return not (isinstance(e.job.type, str) and e.job.type.startswith(_OWN_JOBS))
    if e.call is not None:
        return e.call.pass_child
    if e.script is not None or e.decision is not None:
        return e.result_variable is None and not isinstance(e.decision, str)
    return e.type == "receiveTask" or (
        e.type in ("intermediateCatchEvent", "boundaryEvent") and any(x.kind in ("message", "signal") for x in e.events)
    )


def _reads(e: Element) -> Iterator[tuple[feel.Compiled, str]]:
    """The expressions of an element whose names must have been written before, and what they are."""
    a, loop = e.assignment, e.loop
    given: list[tuple[object, str]] = [(m.source, f"the input {m.target!r}") for m in e.inputs]
    # What comes back from outside is under names of its own; a person's answers are those of the form.
    in_place = e.type in ("userTask", "scriptTask", "businessRuleTask", "task") and e.job is None
    if in_place or e.type in CONTAINERS:
        given += [(m.source, f"the output {m.target!r}") for m in e.outputs]
    if a is not None:
        given += [(a.assignee, "the assignee"), (a.groups, "candidateGroups"), (a.users, "candidateUsers")]
        given += [(a.due, "the due date"), (a.follow_up, "the follow-up date"), (a.priority, "the priority")]
    if loop is not None:
        given += [(loop.collection, "the input collection"), (loop.cardinality, "the cardinality")]
    given += [(e.script, "the script"), (e.decision, "the decision id")]
    given += [(e.call.process, "the called process")] if e.call is not None else []
    given += [(e.job.type, "the job type")] if e.job is not None else []
    for event in e.events:
        given += [(event.name, "the name of the event"), (event.key, "the correlation key")]
        given += [(event.condition, "the condition"), (event.timer.value if event.timer else None, "the timer")]
    for expression, what in given:
        if isinstance(expression, feel.Compiled):
            yield expression, what
