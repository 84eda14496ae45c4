"""Faults of behaviour: deadlock, livelock, doubled work, growth without bound, endless loops, dead elements.

Each is shown by a shortest run, which `replay` plays on the kernel: a list of acts, each with the choices that it
meets. Data are left out, so a fault can be one that the data of every real case avoid; conversely, within the limits
that `docs/lint.md` names, a model without findings has none of these faults whatever the data are.
"""

import itertools
import time
from collections import deque
from collections.abc import Iterable, Iterator, Sequence

from engine import bpmn
from engine.bpmn.definition import Element
from engine.lint import flows, space
from engine.lint.abstraction import Choice, abstract
from engine.lint.findings import Finding, Trace, finding
from engine.lint.space import CAP, Choices, Label, Last, Node, Space


def check(
    definition: bpmn.Definition, process: str, cap: int = CAP, seconds: float | None = None
) -> tuple[list[Finding], Space]:
    """The findings of one process, and the space that was explored: so many states at most, so many seconds."""
    until = None if seconds is None else time.monotonic() + seconds
    model = abstract(definition, process)
    container = definition.containers[process]
    starts = [""] if container.starts else []
    starts += [n for n in container.nodes if _is_triggered(definition.elements[n])]
    main_flow = flows.main_flow(definition, process)
    found = space.explore(model, main_flow, cap, starts, until)
    findings = [
        *_deadlocks(definition, found),
        *_doubled(definition, found),
        *_grown(found),
        *_endless(found),
        *_errors(found),
        *_dead(definition, process, found),
        *_honest(process, found, cap, seconds),
    ]
    return findings, found


def _is_triggered(e: Element) -> bool:
    return (e.type == "startEvent" and bool(e.events)) or e.instantiate


# -- runs


def trace(found: Space, number: int) -> Trace:
    """The run to a state: the shortest one, because the search is breadth first."""
    steps: list[tuple[Label, Choices]] = []
    while number >= 0:
        node = found.nodes[number]
        steps.append((node.label, node.choices))
        number = node.parent
    return [act for label, choices in reversed(steps) for act in _acts(found.model.definition, label, choices)]


def _run_to(found: Space, last: Last) -> Trace:
    """The run to an act after which there is no state."""
    number, label, choices = last
    return [*trace(found, number), *_acts(found.model.definition, label, choices)]


def _acts(d: bpmn.Definition, label: Label, choices: Choices) -> Iterator[dict[str, str]]:
    do, element, choice = label
    yield {"do": do, "element": element or d.process_id} | ({"choice": choice} if choice else {})
    for group in _groups(choices):
        first = group[0][0]
        if first.flow is None:
            yield {"do": "choose", "element": first.element, "choice": first.yes if group[0][1] else "not " + first.yes}
        else:
            yield {"do": "choose", "element": first.element, "choice": " ".join(_taken(d, first.element, group))}


def _groups(choices: Choices) -> Iterator[Sequence[tuple[Choice, bool]]]:
    """Choices that belong to one visit of one element."""
    group: list[tuple[Choice, bool]] = []
    for choice, answer in choices:
        if group and (choice.element != group[0][0].element or choice in [c for c, _ in group]):
            yield group
            group = []
        group.append((choice, answer))
    if group:
        yield group


def _taken(d: bpmn.Definition, element: str, group: Iterable[tuple[Choice, bool]]) -> list[str]:
    """The flows that are taken with these answers."""
    e = d.elements[element]
    met = [c.flow for c, answer in group if answer and c.flow is not None]
    if e.type == "exclusiveGateway":
        return met or [e.default or ""]
    always = [f for f in e.outgoing if f != e.default and d.flows[f].condition is None]
    return [*always, *(met or ([e.default] if e.default else []))]


def replay(definition: bpmn.Definition, process: str, run: Trace) -> list[str]:
    """The elements at which tokens stand after a run, sorted; [] when the instance has ended. ValueError for a run
    that the kernel does not follow."""
    model = abstract(definition, process)
    node: Node | None = None
    todo = list(run)
    while todo:
        act = todo.pop(0)
        chosen: list[dict[str, str]] = []
        while todo and todo[0]["do"] == "choose":
            chosen.append(todo.pop(0))
        label = (act["do"], act["element"] if act["element"] != process else "", act.get("choice", ""))
        for after, choices in space.follow(model, node, label):
            if list(_acts(model.definition, label, choices))[1:] == chosen:
                node = after
                break
        else:
            raise ValueError(f"Expected to be able to {act['do']} {act['element']!r}.")
    return [] if node is None or node.ended else sorted(space.standing(model, node))


# -- findings


def _deadlocks(d: bpmn.Definition, found: Space) -> Iterator[Finding]:
    doomed = _doomed(found) if found.complete else {i for i, n in enumerate(found.nodes) if n.silent}
    told: set[str] = set()
    dead_ends = [i for i in sorted(doomed) if found.nodes[i].stuck]
    for number in dead_ends:
        for element in found.nodes[number].stuck:
            if element not in told:
                told.add(element)
                yield finding(
                    "deadlock",
                    element,
                    f"A token can wait at {_name(d, element)} for ever: what it waits for cannot come any more.",
                    trace(found, number),
                )
    if found.complete:
        alive = _backwards(found, {*range(len(found.nodes))} - doomed | set(dead_ends))
        for number in sorted(doomed - alive)[:1]:
            where = space.standing(found.model, found.nodes[number])
            yield finding(
                "livelock",
                where[0] if where else None,
                "The process can come to where it goes on for ever and can never end.",
                trace(found, number),
                standing=where,
            )


def _doomed(found: Space) -> set[int]:
    """States from which no end can be reached."""
    good = {i for i, n in enumerate(found.nodes) if n.ended or -1 in n.followers}
    return {*range(len(found.nodes))} - _backwards(found, good)


def _backwards(found: Space, states: set[int]) -> set[int]:
    """These states and all from which one of them can be reached."""
    before: dict[int, list[int]] = {}
    for number, node in enumerate(found.nodes):
        for follower in node.followers:
            before.setdefault(follower, []).append(number)
    seen = set(states)
    todo = deque(states)
    while todo:
        for number in before.get(todo.popleft(), ()):
            if number not in seen:
                seen.add(number)
                todo.append(number)
    return seen


def _doubled(d: bpmn.Definition, found: Space) -> Iterator[Finding]:
    """Only where it begins: what comes after it is doubled too."""
    origins = flows.first_of(d, [*found.doubled], [*found.unbounded])
    for element in origins:
        if element in found.unbounded:
            continue
        yield finding(
            "doubled",
            element,
            f"Parallel branches come together without a join: {_name(d, element)} can be reached twice at once.",
            trace(found, found.doubled[element]),
        )


def _grown(found: Space) -> Iterator[Finding]:
    for element, number in itertools.islice(found.unbounded.items(), 1):
        yield finding(
            "unbounded",
            element,
            "A loop makes new tokens each time round: their number has no bound.",
            trace(found, number),
        )


def _endless(found: Space) -> Iterator[Finding]:
    for element, last in found.endless.items():
        message = "The process can go round for ever without waiting for anything."
        yield finding("endless", element, message, _run_to(found, last))


def _errors(found: Space) -> Iterator[Finding]:
    for element, last in found.uncaught.items():
        message = "Nobody catches this error in the process: it needs a caller that does, or it stops with an incident."
        yield finding("uncaught_error", element, message, _run_to(found, last))


def _dead(d: bpmn.Definition, process: str, found: Space) -> Iterator[Finding]:
    """Elements that no run reaches although flows lead there; only the first of a chain, and only when all runs were
    looked at."""
    if not found.complete or found.endless:
        return
    dead = {e for e in flows.inside(d, process) if e not in found.seen} - found.model.opaque
    dead -= flows.unreachable(d, process)
    stuck = {element for node in found.nodes for element in node.stuck}
    for element in sorted(dead):
        e = d.elements[element]
        before = {d.flows[f].source for f in e.incoming}
        # What waits for ever at a join is told as a deadlock there.
        stands = element in stuck
        first = not before or before & found.seen
        skipped = e.for_compensation or any(x.kind == "compensation" for x in e.events) or e.scope in dead
        hosted = e.attached_to in dead
        if first and not stands and not skipped and not hosted:
            if e.type == "boundaryEvent" or e.event_sub_process:
                yield finding("dead_event", element, f"What {_name(d, element)} waits for never happens in time.")
            else:
                yield finding("dead", element, f"No run ever comes to {_name(d, element)}.")


def _honest(process: str, found: Space, cap: int, seconds: float | None) -> Iterator[Finding]:
    for element, (code, message) in found.failed.items():
        yield finding("not_explored", element, f"Runs were not followed beyond here ({code}): {message}", code=code)
    if not found.complete and not found.failed:
        faults = found.doubled or found.unbounded or found.endless or any(n.silent for n in found.nodes)
        said = "see the faults found" if faults else "no fault found"
        states = len(found.nodes)
        if found.late:
            message = f"Explored {states:,} states in {seconds:g} seconds, {said} (time is over)."
            yield finding("time_reached", process, message, states=states, seconds=seconds)
        else:
            message = f"Explored {states:,} states, {said} (cap reached)."
            case = "memory" if states < cap else None
            yield finding("cap_reached", process, message, states=states, cap=cap, case=case)


def _name(d: bpmn.Definition, element: str) -> str:
    name = d.elements[element].name if element in d.elements else ""
    return f"{name!r}" if name else f"{element!r}"
