"""The state space of a process without data, breadth first, by the kernel itself.

A state is what the kernel stores; two states are the same when they differ only in ids, order of birth and data.
Moves are everything that may happen: any open task or job completes, reports an error or an escalation that is
caught, any awaited event comes, in any order and with any choices. An event that does not interrupt comes at most once
for each time it is armed. The search stops at a cap of states or of seconds, and says so.
"""

import datetime as dt
import itertools
import time
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.bpmn import behaviours, stimuli
from engine.bpmn.definition import Definition, Element, EventDefinition, Flow
from engine.bpmn.faults import AgendaLimit
from engine.bpmn.run import Run
from engine.bpmn.state import Part, Subscription, Token, host_of, load
from engine.lint.abstraction import Abstract, Choice, Pruned
from engine.lint.copies import copy

CAP = 50_000
# So many tokens at one place of one scope are looked at for growth without bound; where only events beside the flow
# lead, reminders may pile up, and so many are not followed any further.
GROWTH = 3
PILE = 2
SCRIPTS = 512  # at most so many combinations of choices in one step
# What is kept of the states, in characters of their texts: of all of them, and of those that wait for their turn and
# are kept as they are (which takes some ten times as much).
ROOM = 250_000_000
LIVE = 10_000_000
_NOW = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)

Label = tuple[str, str, str]  # (do, element, choice)
Choices = tuple[tuple[Choice, bool], ...]
Place = tuple[Any, ...]
Last = tuple[int, Label, Choices]  # a state, and an act on it that leads to no state


class Walk(Run):
    """The kernel at work, with the elements that were entered and the ends that were reached twice."""

    seen: set[str]
    twice: set[str]
    ends: frozenset[str]
    kinds: Mapping[tuple[str, int], str]

    def emit(self, token: Token, event: dict[str, Any]) -> None:
        if event["e"] == "element.entered":
            self.seen.add(event["el"])

    def take(self, scope: Token, flow: Flow) -> None:
        if flow.target in self.ends:
            known = (scope.extra or {}).get("lint", [])
            if flow.id in known:
                self.twice.add(flow.target)
            else:
                scope.extra = {**(scope.extra or {}), "lint": sorted([*known, flow.id])}
        Run.take(self, scope, flow)


@dataclass(slots=True)
class Node:
    """A state that was reached: its texts, how, and what was found in it."""

    main: str
    shards: Mapping[str, str]
    parent: int
    label: Label
    choices: Choices
    ended: bool = False
    stuck: tuple[str, ...] = ()  # nothing moves any more but events that do not interrupt: where the tokens are
    silent: bool = False  # not even those
    followers: list[int] = field(default_factory=list)  # -1: a way on that is not a state
    places: dict[Place, int] | None = None  # only where many tokens are at one place
    live: Walk | None = None  # the state itself, until it has had its turn

    @property
    def size(self) -> int:
        return len(self.main) + sum(len(text) for text in self.shards.values())


@dataclass(slots=True)
class Space:
    """What the search found."""

    model: Abstract
    nodes: list[Node] = field(default_factory=list)
    until: float | None = None  # when the time is over, by `time.monotonic`
    complete: bool = True
    late: bool = False  # the time was over
    seen: set[str] = field(default_factory=set)
    doubled: dict[str, int] = field(default_factory=dict)  # element → first state with two tokens there
    unbounded: dict[str, int] = field(default_factory=dict)
    endless: dict[str, Last] = field(default_factory=dict)
    uncaught: dict[str, Last] = field(default_factory=dict)
    failed: dict[str, tuple[str, str]] = field(default_factory=dict)  # element → code and message of an incident

    def time_is_over(self) -> bool:
        """Whether to stop; then the search is not complete."""
        if self.until is not None and time.monotonic() > self.until:
            self.complete, self.late = False, True
        return self.late


def explore(
    model: Abstract, main_flow: frozenset[str], cap: int, starts: list[str], until: float | None = None
) -> Space:
    """All states that can be reached, up to the cap or until a moment of `time.monotonic`. `main_flow`: elements where
    a second token means doubled work."""
    space = Space(model, until=until)
    known: dict[Any, int] = {}
    ends = frozenset(e.id for e in model.definition.elements.values() if e.type == "endEvent" and e.id in main_flow)
    queue: deque[int] = deque()
    room = live = 0

    def reached(walk: Walk, parent: int, label: Label, choices: Choices) -> None:
        nonlocal room, live
        space.seen |= walk.seen
        key = _key(walk)
        at = known.get(key)
        if at is None:
            node = _node(walk, parent, label, choices)
            at = known[key] = len(space.nodes)
            space.nodes.append(node)
            room += node.size
            if not node.ended and not _look(space, walk, at, main_flow):
                node.followers.append(-1)  # not followed: growth without bound has been shown
            elif not node.ended:
                queue.append(at)
                if live < LIVE:
                    live += node.size
                    walk.undo.clear()
                    node.live = walk
        for element in sorted(walk.twice):
            space.doubled.setdefault(element, at)
        if parent >= 0:
            space.nodes[parent].followers.append(at)

    for start in starts:
        for walk, choices in _steps(space, model, None, ("start", start, ""), ends, -1):
            reached(walk, -1, ("start", start, ""), choices)
    while queue:
        if len(space.nodes) >= cap or room > ROOM:
            space.complete = False
            break
        if space.time_is_over():
            break
        number = queue.popleft()
        node = space.nodes[number]
        if node.live is not None:
            walk, node.live, live = node.live, None, live - node.size
        else:
            walk = _walk(model, node, ends)
        moves = list(_moves(walk))
        if not any(firm for _, _, firm in moves):
            node.stuck = _standing(walk)
            node.silent = not moves
        for label, act, _ in moves:
            for after, choices in _steps(space, model, walk, label, ends, number, act):
                reached(after, number, label, choices)
    return space


def follow(model: Abstract, node: Node | None, label: Label) -> Iterator[tuple[Node, Choices]]:
    """Every outcome of the first move of that label from a state (None: before the start)."""
    space = Space(model)
    ends: frozenset[str] = frozenset()
    acts: list[Act | None] = [None]
    before = None
    if node is not None:
        before = _walk(model, node, ends)
        acts = list(itertools.islice((a for found, a, _ in _moves(before) if found == label), 1))
    for act in acts:
        for walk, choices in _steps(space, model, before, label, ends, -1, act):
            yield _node(walk, -1, label, choices), choices


def standing(model: Abstract, node: Node) -> list[str]:
    """The elements at which the tokens of a state are."""
    return list(_standing(_walk(model, node, frozenset()), every=True))


def _node(walk: Walk, parent: int, label: Label, choices: Choices) -> Node:
    outcome = walk.outcome()
    ended = walk.main.ended is not None
    shards = {k: v for k, v in outcome.shards.items() if v is not None}
    return Node(outcome.state, shards, parent, label, choices, ended)


def _walk(model: Abstract, node: Node, ends: frozenset[str]) -> Walk:
    """A state in memory, with all its shards."""
    walk = _new(model, load(node.main), ends)
    for part_id in sorted(node.shards, key=lambda i: (i.count("."), host_of(i))):
        part = walk.parts[part_id] = load(node.shards[part_id], part_id)
        part.host = _host(walk, part_id)
    return walk


def _again(walk: Walk, model: Abstract, ends: frozenset[str]) -> Walk:
    """The same state once more, to go on from."""
    made = _new(model, copy(walk.main), ends)
    for part_id, part in walk.parts.items():
        if part_id:
            made.parts[part_id] = copy(part, _host(made, part_id))
    return made


def _new(model: Abstract, main: Part, ends: frozenset[str]) -> Walk:
    walk = Walk(model.definition, model.env, _NOW, main)
    walk.seen, walk.twice, walk.ends, walk.kinds = set(), set(), ends, model.kinds
    return walk


def _host(walk: Walk, part_id: str) -> Token:
    above, number, _ = host_of(part_id)
    return walk.parts[above].tokens[number]


def _parts(walk: Walk) -> list[Part]:
    """The main part and all shards in which something goes on."""
    if len(walk.parts) == 1:
        return [walk.main]
    return [p for p in walk.parts.values() if p.ended is None or not p.id]


# -- one step


Act = tuple[str, str, Any]  # (action, entity, argument)


def _steps(
    space: Space,
    model: Abstract,
    before: Walk | None,
    label: Label,
    ends: frozenset[str],
    number: int,
    act: Act | None = None,
) -> Iterator[tuple[Walk, Choices]]:
    """One move with every combination of choices that it meets, false before true."""
    oracle = model.oracle
    scripts: list[tuple[bool, ...]] = [()]
    tried = 0
    while scripts:
        script = scripts.pop()
        tried += 1
        if tried > SCRIPTS:
            element = oracle.asked[-1][0].element if oracle.asked else label[1]
            space.failed.setdefault(element, ("too_many_choices", f"there are more than {SCRIPTS} ways to choose"))
            space.complete = False
            return
        if space.time_is_over():
            return
        oracle.prepare(script)
        walk, fine = None, True
        try:
            if before is None or act is None:
                walk = _begin(model, label, ends)
                _go_on(walk)
            else:
                walk = _again(before, model, ends)
                _do(walk, act)
            walk.settle()
        except Pruned:
            fine = False
        except AgendaLimit:
            fine = False
            element = next((t.element for _, t, _ in walk.agenda if t.element), label[1]) if walk else label[1]
            space.endless.setdefault(element, (number, label, tuple(oracle.asked)))
        # More than can be tried need not be kept: those of the last questions are tried first.
        for at in range(len(oracle.asked) - 1, max(len(script), len(oracle.asked) - SCRIPTS) - 1, -1):
            scripts.append((*(answer for _, answer in oracle.asked[:at]), not oracle.asked[at][1]))
        if walk is None:
            continue
        if fine and not _failed(space, walk, (number, label, tuple(oracle.asked))):
            yield walk, tuple(oracle.asked)
        else:
            space.seen |= walk.seen


def _begin(model: Abstract, label: Label, ends: frozenset[str]) -> Walk:
    """A new instance, at the start event that the label names."""
    out = stimuli.start(model.definition, {}, _NOW, model.env, at=label[1] or None)
    shards = {part: text for part, text in out.shards.items() if text is not None}
    walk = _walk(model, Node(out.state, shards, -1, label, ()), ends)
    walk.seen |= {e["el"] for e in out.step.events if e["e"] == "element.entered"}
    return walk


def _go_on(walk: Walk) -> None:
    """A start that never comes to rest is given up by the kernel; going on from there shows where it goes round."""
    for incident in [i for i in walk.main.incidents.values() if i.code == "agenda_limit"]:
        owner = walk.main.tokens[incident.owner]
        walk.resolve(incident, owner)
        walk.later(incident.action[0], owner, *incident.action[1:])


def _do(walk: Walk, act: Act) -> None:
    action, entity, argument = act
    if action == "signal":
        for s in [s for p in _parts(walk) for s in p.subscriptions.values() if s.kind == "s" and s.name == entity]:
            if not s.was:
                s.was = True
                walk.later("trigger", s.part.tokens[s.owner], s.number, None)
        return
    part = walk.part(entity.rpartition(".")[0])
    number = int(entity.rpartition(".")[2])
    if action != "trigger":
        token = part.tokens[number]
        arguments = {"done": ({},), "throw": (argument, "", {}), "escalate": (argument,)}[action]
        walk.later(action, token, *arguments)
        return
    s = part.subscriptions[number]
    s.was = True  # what does not interrupt comes once
    walk.later("trigger", part.tokens[s.owner], number, None)


def _failed(space: Space, walk: Walk, last: Last) -> bool:
    """Whether the step ended in an incident: choices that no data can make, an error that leaves the process, or
    something that cannot be explored."""
    incidents = [(p, i) for p in _parts(walk) for i in p.incidents.values()]
    for part, incident in incidents:
        element = part.tokens[incident.owner].element
        if incident.code == "uncaught_error":
            space.uncaught.setdefault(element, last)
            space.seen.add(element)
            if last[0] >= 0:
                space.nodes[last[0]].followers.append(-1)
        elif incident.code != "no_flow":
            space.failed.setdefault(element, (incident.code, incident.message))
            space.complete = False
    return bool(incidents)


def _standing(walk: Walk, every: bool = False) -> tuple[str, ...]:
    """Where tokens are that nothing moves: at joins, or else wherever they are (`every`: in any case)."""
    joins = set() if every else {t.element for p in _parts(walk) for t in p.joins.values()}
    leaves = {t.element for p in _parts(walk) for t in p.tokens.values() if t.element and not t.children}
    return tuple(sorted(joins or leaves))


# -- what may happen


def _moves(walk: Walk) -> Iterator[tuple[Label, Act, bool]]:
    """Everything that may happen now; the last value is false for events that do not interrupt."""
    signals: dict[str, bool] = {}
    for part in _different(walk):
        for token in part.tokens.values():
            if token.element and token.entered and token.host is None and not token.children:
                node = walk.node(token)
                if node.type == "userTask" or behaviours.is_job(node):
                    yield from _work(walk, token, node)
        for s in part.subscriptions.values():
            firm = not _lasting(walk, part, s)
            if s.kind == "s" and s.name is not None and not s.was:
                signals[s.name] = signals.get(s.name, False) or firm
            elif s.kind != "s" and not s.was:
                original = walk.kinds.get((s.element, s.event), "message")
                do = {"timer": "fire", "conditional": "fire", "message": "deliver"}.get(original, original)
                yield (do, s.element, original), ("trigger", s.id, None), firm
    for name, firm in signals.items():
        yield ("signal", name, ""), ("signal", name, None), firm


def _different(walk: Walk) -> list[Part]:
    """The parts of a state, of children that are in the same state only the first: what one may do, the others may."""
    parts = _parts(walk)
    if len(parts) < 3:
        return parts
    below = _below(walk)
    same: set[tuple[int, Any]] = set()
    left_out: set[str] = set()
    found: list[Part] = []
    for part in parts:
        if part.id:
            kind = (id(part.host), _token_key(below, part.root))
            if kind in same or part.id.rpartition(".")[0].rpartition(".")[0] in left_out:
                left_out.add(part.id)
                continue
            same.add(kind)
        found.append(part)
    return found


def _lasting(walk: Walk, part: Part, s: Subscription) -> bool:
    element = walk.definition.elements[s.element]
    return not element.interrupting and element.type in ("boundaryEvent", "startEvent")


def _work(walk: Walk, token: Token, node: Element) -> Iterator[tuple[Label, Act, bool]]:
    yield ("complete", node.id, ""), ("done", token.id, None), True
    if not node.boundaries and node.type == "userTask":
        return
    offered: set[tuple[str, str | None]] = set()
    for kind, do in (("error", "throw"), ("escalation", "escalate")):
        for catching, event in _catchers(walk.definition, node, kind):
            beside = catching.attached_to == node.id
            if (beside or (kind == "error" and node.type != "userTask")) and (do, event.code) not in offered:
                offered.add((do, event.code))
                yield (do, node.id, event.code or ""), (do, token.id, event.code), catching.interrupting


def _catchers(d: Definition, e: Element, kind: str) -> Iterator[tuple[Element, EventDefinition]]:
    """The events that catch what an element throws, innermost first: on its border, then in the scopes around it."""
    at: Element | None = e
    while at is not None:
        nodes = list(at.boundaries)
        if not at.event_sub_process:
            nodes += [n for h in d.containers[at.scope].handlers for n in d.containers[h].nodes]
        for node in (d.elements[n] for n in nodes):
            if node.type in ("boundaryEvent", "startEvent"):
                yield from ((node, event) for event in node.events if event.kind == kind)
        at = d.elements.get(at.scope)


# -- when two states are the same


def _key(walk: Walk) -> Any:
    """The state without ids, order and data."""
    if walk.main.ended is not None:
        return "ended"
    return _token_key(_below(walk), walk.main.root)


def _below(walk: Walk) -> dict[int, list[Part]]:
    """The shards of each host in which something goes on."""
    found: dict[int, list[Part]] = {}
    if len(walk.parts) > 1:
        for part in walk.parts.values():
            if part.id and part.ended is None:
                found.setdefault(id(part.host), []).append(part)
    return found


def _token_key(below: dict[int, list[Part]], token: Token) -> Any:
    waits: Any = ()
    if token.subscriptions:
        waits = tuple(sorted((s.element, s.event, s.was) for s in token.subscriptions.values()))
    host = token.host
    if host is None:
        if not token.children and not waits and token.extra is None:
            return (token.element, token.flow or "")
        counters: Any = ()
        children = [_token_key(below, t) for t in token.children.values()]
    elif host.sharded:
        counters = ()
        children = [_token_key(below, p.root) for p in below.get(id(token), ())]
    else:
        counters = (host.active, len(host.queue or ()))
        children = [_token_key(below, t) for t in token.children.values()]
    if len(children) > 1:
        children.sort(key=repr)
    extra = _shape(token.extra) if token.extra else ""
    return (token.element, token.flow or "", waits, counters, extra, tuple(children))


def _shape(kept: Any) -> Any:
    """What behaviours keep with a token, without ids and data: of records of completed activities, which they are."""
    if isinstance(kept, dict):
        if "e" in kept:
            return (kept["e"], _shape(kept.get("c", [])), _shape(kept.get("l", [])))
        return tuple((key, _shape(value)) for key, value in sorted(kept.items()))
    if isinstance(kept, list):
        return tuple(dict.fromkeys(_shape(value) for value in kept))
    return kept if isinstance(kept, str) else ""


# -- what is wrong with a state


def _look(space: Space, walk: Walk, number: int, main_flow: frozenset[str]) -> bool:
    """Note doubled work; false when the state need not be followed because tokens grow without bound."""
    places: dict[Place, int] = {}
    many = False
    for part in _parts(walk):
        for token in part.tokens.values():
            if not token.element or (token.number == 0 and part.id) or walk.is_child(token):
                continue
            place = (part.id, token.scope, token.element, token.flow)
            count = places[place] = places.get(place, 0) + 1
            if count > 1:
                if token.element in main_flow:
                    space.doubled.setdefault(token.element, number)
                many = many or count >= _enough(token.element, main_flow)
    if not many:
        return True
    here = _marking(places)
    space.nodes[number].places = here
    at = space.nodes[number].parent
    while at >= 0:
        before = space.nodes[at]
        if before.places is None:
            before.places = _marking(_places(_walk(space.model, before, frozenset())))
        if _covers(here, before.places):
            grown = [p[0] for p, n in here.items() if n > before.places[p] and n >= _enough(p[0], main_flow)]
            for element in [e for e in grown if e in main_flow][:1]:
                space.unbounded.setdefault(element, number)
            if grown:
                return False
        at = before.parent
    return True


def _enough(element: str, main_flow: frozenset[str]) -> int:
    return GROWTH if element in main_flow else PILE


def _places(walk: Walk) -> dict[Place, int]:
    places: dict[Place, int] = {}
    for part in _parts(walk):
        for token in part.tokens.values():
            if token.element and not (token.number == 0 and part.id) and not walk.is_child(token):
                place = (part.id, token.scope, token.element, token.flow)
                places[place] = places.get(place, 0) + 1
    return places


def _marking(places: Mapping[Place, int]) -> dict[Place, int]:
    """How many tokens are at each element, by whatever flow and in whatever scope."""
    found: dict[Place, int] = {}
    for (_, _, element, flow), count in places.items():
        found[element, flow] = found.get((element, flow), 0) + count
    return found


def _covers(more: Mapping[Place, int], less: Mapping[Place, int]) -> bool:
    return more.keys() == less.keys() and all(more[p] >= n for p, n in less.items()) and more != less
