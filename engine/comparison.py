"""How two models of a process differ: what was added, what was removed, and what changed of what stayed.

Elements and flows are the same when their ids are. What the drawing looks like does not count; what an element does,
who does it, when and with what does. Changes carry codes and the two values as the model writes them; `webui` words
them.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from engine import feel
from engine.bpmn import Definition, Element, Flow
from engine.bpmn.definition import EventDefinition, InputOutput, Job, Listener, Loop


@dataclass(frozen=True, slots=True)
class Aspect:
    """One thing that changed: a code ("name", "role", "property outcomes"), before and after; empty is not set."""

    what: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Change:
    """An element or flow that is not the same. `kind` is added, removed or changed; `type` is the element's,
    sequenceFlow, process or form; `name` is what it is called, for a flow where it comes from and goes."""

    kind: str
    element: str
    type: str
    name: str
    aspects: tuple[Aspect, ...] = ()


def compare(old: Definition, new: Definition) -> list[Change]:
    """What one must do to the old model to have the new one; in the order of the models, removed things last."""
    found = [*_process(old, new)]
    # A role is called as its lane is, in whichever of the two.
    roles = {x.lane: x.lane_name for d in (old, new) for x in d.elements.values() if x.lane and x.lane_name}
    for e in new.elements.values():
        before = old.elements.get(e.id)
        if before is None:
            found.append(Change("added", e.id, e.type, _called(new, e.id)))
        elif aspects := [*_differ(_facts(before, roles), _facts(e, roles))]:
            found.append(Change("changed", e.id, e.type, _called(new, e.id), tuple(aspects)))
    for f in new.flows.values():
        was = old.flows.get(f.id)
        if was is None:
            found.append(Change("added", f.id, "sequenceFlow", _ends(new, f)))
        elif aspects := [*_differ(_flow(old, was, f), _flow(new, f, was))]:
            found.append(Change("changed", f.id, "sequenceFlow", _ends(new, f), tuple(aspects)))
    gone = [
        Change("removed", e.id, e.type, _called(old, e.id)) for e in old.elements.values() if e.id not in new.elements
    ]
    cut = [Change("removed", f.id, "sequenceFlow", _ends(old, f)) for f in old.flows.values() if f.id not in new.flows]
    return found + gone + cut


def _called(d: Definition, element: str) -> str:
    e = d.elements.get(element)
    return " ".join(e.name.split()) if e is not None and e.name.strip() else element


def _ends(d: Definition, f: Flow) -> str:
    return f"{_called(d, f.source)} → {_called(d, f.target)}"


def _differ(before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[Aspect]:
    for what in dict.fromkeys([*before, *after]):
        one, other = before.get(what, ""), after.get(what, "")
        if one != other:
            yield Aspect(what, one, other)


def _process(old: Definition, new: Definition) -> Iterator[Change]:
    one, other = old.processes.get(old.process_id), new.processes.get(new.process_id)
    if one is None or other is None:
        return
    facts = [
        {"name": p.name, "documentation": p.documentation} | {f"property {k}": v for k, v in p.properties.items()}
        for p in (one, other)
    ]
    if aspects := [*_differ(*facts)]:
        yield Change("changed", new.process_id, "process", other.name or new.process_id, tuple(aspects))


def _flow(d: Definition, f: Flow, other: Flow) -> dict[str, str]:
    """What counts about a flow. Its ends are told when they are other elements, not when these are called otherwise."""
    source = d.elements.get(f.source)
    ends = {"from": (f.source, other.source), "to": (f.target, other.target)}
    return {
        "name": f.name,
        **{what: _called(d, mine) for what, (mine, theirs) in ends.items() if mine != theirs},
        "condition": said(f.condition),
        "default": said(source is not None and source.default == f.id),
    }


def _facts(e: Element, roles: Mapping[str, str]) -> dict[str, str]:
    """Everything that counts about an element, as texts."""
    found = {what: said(read(e)) for what, read in _ASPECTS.items()}
    groups = e.assignment.groups if e.assignment is not None else None
    if isinstance(groups, str):
        found["role"] = ", ".join(roles.get(g.strip()) or g.strip() for g in groups.split(","))
    return found | {f"property {key}": value for key, value in e.properties.items()}


def _of_assignment(name: str) -> Callable[[Element], Any]:
    return lambda e: getattr(e.assignment, name) if e.assignment is not None else None


_ASPECTS: Mapping[str, Callable[[Element], Any]] = {
    "name": lambda e: e.name,
    "type": lambda e: e.type,
    "lane": lambda e: e.lane_name or e.lane,
    "role": _of_assignment("groups"),
    "assignee": _of_assignment("assignee"),
    "users": _of_assignment("users"),
    "due": _of_assignment("due"),
    "follow_up": _of_assignment("follow_up"),
    "priority": _of_assignment("priority"),
    "form": lambda e: e.form_key,
    "decision": lambda e: e.decision,
    "result": lambda e: e.result_variable,
    "called": lambda e: e.call.process if e.call is not None else None,
    "passes": lambda e: (e.call.pass_parent, e.call.pass_child) if e.call is not None else None,
    "script": lambda e: e.script,
    "job": lambda e: e.job,
    "listeners": lambda e: (*e.before, *e.after),
    "event": lambda e: e.events,
    "all_events": lambda e: e.parallel_multiple,
    "interrupting": lambda e: e.interrupting,
    "attached_to": lambda e: e.attached_to,
    "loop": lambda e: e.loop,
    "data": lambda e: e.data,
    "inputs": lambda e: e.inputs,
    "outputs": lambda e: e.outputs,
    "activation": lambda e: e.activation,
    "active": lambda e: e.active,
    "completion": lambda e: e.completion,
    "ordering": lambda e: e.ordering,
    "cancel_remaining": lambda e: e.cancel_remaining,
    "quantities": lambda e: (e.start_quantity, e.completion_quantity),
    "compensation": lambda e: (e.for_compensation, e.compensation_handler),
    "event_sub_process": lambda e: e.event_sub_process,
    "instantiate": lambda e: (e.instantiate, e.parallel_instantiation),
    "documentation": lambda e: e.documentation,
}


def said(value: Any) -> str:
    """A value of a model as one text, the same for the same value; an expression begins with "="."""
    match value:
        case None | False | ():
            return ""
        case True:
            return "true"
        case feel.Compiled():
            return f"={value.text}"
        case InputOutput():
            return f"{value.target} := {said(value.source)}"
        case Job():
            return _listed(said(value.type), **value.headers)
        case Listener():
            return f"{value.event}: {said(value.job)}"
        case EventDefinition():
            timer = f"{value.timer.kind} {said(value.timer.value)}" if value.timer is not None else ""
            told = {"name": value.name, "key": value.key, "code": value.code, "condition": value.condition}
            more = {"link": value.link, "activity": value.activity, "code_variable": value.code_variable}
            return _listed(f"{value.kind} {timer}".strip(), **told, **more, message_variable=value.message_variable)
        case Loop():
            names = [name for name in Loop.__slots__ if name != "kind"]
            return _listed(value.kind, **{name: getattr(value, name) for name in names})
        case tuple():
            return "; ".join(said(one) or "–" for one in value)
        case _:
            return str(value)


def _listed(first: str, **more: Any) -> str:
    return ", ".join([first, *(f"{key} {text}" for key, value in more.items() if (text := said(value)))])
