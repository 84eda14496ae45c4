"""Gates and what follows from them: every outcome is dealt with, every condition waits for one that there is, and what
is returned comes back to where the model says.
"""

from collections.abc import Iterator

from engine import bpmn, feel
from engine.bpmn import naming
from engine.bpmn.definition import Element
from engine.feel import nodes
from engine.lint import flows
from engine.lint.findings import Finding, finding

# The kinds of gates that pages know, and the outcomes that return what was drafted.
KINDS = ("approval", "appraisal", "verification", "direction", "vote", "signing")
RETURNS = frozenset({"yeu_cau_chinh_sua", "chua_du", "doi_hinh_thuc"})
OUTCOME = "outcome"
_SPLITS = ("exclusiveGateway", "inclusiveGateway")


def check(d: bpmn.Definition, process: str) -> Iterator[Finding]:
    """All findings of one process."""
    nodes_inside = flows.inside(d, process)
    inside = set(nodes_inside)
    for node in nodes_inside:
        e = d.elements[node]
        if e.type == "userTask":
            yield from _gate(d, e, inside)
        if len(e.outgoing) > 1:
            yield from _choice(d, e)


def is_gate(e: Element) -> bool:
    return e.type == "userTask" and "gate" in e.properties


def outcomes(e: Element) -> list[str]:
    return e.properties.get("outcomes", "").split()


def _gate(d: bpmn.Definition, e: Element, inside: set[str]) -> Iterator[Finding]:
    back = e.properties.get("return_to", "").split()
    for target in back:
        if target not in inside:
            message = f"Expected the step to which it is returned, found no {target!r}."
            yield finding("return_unresolved", e.id, message, ref=target)
    if not is_gate(e):
        return
    kind = e.properties["gate"]
    if kind not in KINDS:
        message = f"Expected a gate of a known kind, found {kind!r}."
        yield finding("unknown_gate", e.id, message, kind=kind, offered=list(KINDS))
    offered = outcomes(e)
    if not offered:
        yield finding("gate_without_outcomes", e.id, "Expected the outcomes of the gate.")
    returning = [o for o in offered if o in RETURNS]
    behind: set[str] | None = None
    for target in back:
        if target in inside:
            behind = flows.downstream(d, e.id) if behind is None else behind
            if target not in behind:
                name = naming.called(d, target)
                message = f"Expected a way from here back to {name!r}."
                yield finding("return_not_drawn", e.id, message, ref=target, target=_quoted(name))
    if returning and not back and any(d.elements[n].type == "userTask" for n in _round(d, e)):
        message = "Expected return_to: the gate returns, and does not say to which step."
        yield finding("gate_without_return", e.id, message, outcome=returning[0])


def _quoted(name: str) -> str:
    return f"«{name}»"


def _round(d: bpmn.Definition, e: Element) -> set[str]:
    """Steps that can come after an element and before it once more."""
    after = flows.downstream(d, e.id)
    if e.id not in after:
        return set()
    back: dict[str, list[str]] = {}
    for node in after:
        for follower in flows.nexts(d, d.elements[node]):
            back.setdefault(follower, []).append(node)
    seen: set[str] = set()
    todo = [e.id]
    while todo:
        for node in back.get(todo.pop(), ()):
            if node not in seen:
                seen.add(node)
                todo.append(node)
    return seen - {e.id}


# -- choices behind gates


def _choice(d: bpmn.Definition, e: Element) -> Iterator[Finding]:
    """What the conditions of a choice say of the outcomes that can come there."""
    conditions = {f: d.flows[f].condition for f in e.outgoing if d.flows[f].condition is not None}
    asked = {f: _asked(c) for f, c in conditions.items() if c is not None}
    if not any(asked.values()):
        return
    gates = _deciding(d, e)
    if not gates:
        return
    offered = {o for gate in gates for o in outcomes(gate)}
    named = ", ".join(_quoted(naming.called(d, g.id)) for g in gates)
    for flow, waited in asked.items():
        for outcome in sorted((waited or set()) - offered):
            message, there = f"The gate {named} has no outcome {outcome!r}.", sorted(offered)
            yield finding("outcome_unknown", flow, message, outcome=outcome, gate=named, offered=there)
    if e.default is not None or e.type not in _SPLITS or any(w is None for w in asked.values()):
        return
    if len(conditions) < len(e.outgoing):
        return
    taken = {o for condition in conditions.values() for o in offered if _takes(condition, o)}
    for outcome in sorted(offered - taken):
        message = f"No flow is taken when the outcome of {named} is {outcome!r}."
        yield finding("outcome_unhandled", e.id, message, outcome=outcome, gate=named)


def covers_all(d: bpmn.Definition, e: Element) -> bool:
    """Whether a choice without default deals with every outcome that can come there, or says itself which it lacks."""
    conditions = [d.flows[f].condition for f in e.outgoing]
    asked = [_asked(c) for c in conditions if c is not None]
    return len(asked) == len(conditions) and all(asked) and bool(_deciding(d, e))


def _asked(condition: feel.Compiled) -> set[str] | None:
    """The outcomes that a condition names; None when it reads anything else as well."""
    if condition.variables != {OUTCOME} or condition.possible_variables:
        return None
    found = set()
    todo: list[object] = [condition.tree]
    while todo:
        at = todo.pop()
        if isinstance(at, nodes.Logic):
            todo += at.operands
        elif isinstance(at, nodes.Comparison) and at.operator in ("=", "!="):
            sides = at.left, at.right
            texts = [s.value for s in sides if isinstance(s, nodes.Const) and isinstance(s.value, str)]
            if len(texts) != 1 or not any(isinstance(s, nodes.Name) for s in sides):
                return None
            found.add(texts[0])
        elif isinstance(at, nodes.In) and isinstance(at.operand, nodes.Name):
            for test in at.tests:
                value = test.operand
                if test.operator not in (None, "=") or not isinstance(value, nodes.Const):
                    return None
                found.add(str(value.value))
        else:
            return None
    return found


def _takes(condition: feel.Compiled | None, outcome: str) -> bool:
    return condition is not None and condition.evaluate({OUTCOME: outcome}) is True


def _deciding(d: bpmn.Definition, e: Element) -> list[Element]:
    """The gates whose outcome a choice reads; [] when something else may have written it."""
    found: list[Element] = []
    seen: set[str] = set()
    todo = [e.id]
    while todo:
        at = d.elements[todo.pop()]
        for flow in at.incoming:
            source = d.elements[d.flows[flow].source]
            if source.id in seen:
                continue
            seen.add(source.id)
            written = [m for m in source.outputs if m.target == OUTCOME]
            if is_gate(source) and outcomes(source) and source.loop is None:
                plain = [m for m in written if isinstance(m.source, feel.Compiled) and m.source.text.strip() == OUTCOME]
                if (written and not plain) or (source.outputs and not written):
                    return []
                found.append(source)
            elif source.type in (*_SPLITS, "parallelGateway") and not written:
                todo.append(source.id)
            else:
                return []
        if not at.incoming:
            return []
    return found
