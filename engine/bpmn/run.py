"""One stimulus applied to one instance: tokens are moved until all of them wait.

There is one agenda, first in first out: everything that happens is an item on it, so that signals, subscriptions and
closing scopes come in the order in which they were caused. An item is all or nothing: where an expression in it fails,
what it did is undone, the token stays, and an incident keeps the item so that a retry runs it again. There is one life
cycle for all elements: a token enters (arm boundary events, loop, input mappings), the element's behaviour does what
differs (`behaviours`), the token finishes (output mappings, disarm) and leaves through `select`. Joins that depend on
what can still arrive are decided at rest (`joins`).

No database, no clock, no randomness: `now` is an argument, ids come from counters in the state.
"""

import datetime as dt
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from engine import dmn, errors, feel
from engine.bpmn import behaviours, joins, loops, scopes, timers
from engine.bpmn.definition import Definition, Element, EventDefinition, Flow
from engine.bpmn.faults import AgendaLimit, Fault, NeedShards, Stale
from engine.bpmn.state import Host, Incident, Part, Subscription, Token, host_of, load

Event = dict[str, Any]


def _unknown(key: str) -> Any:
    raise KeyError(key)


@dataclass(frozen=True, slots=True)
class Env:
    """What the kernel asks of the outside: definitions by hash, the hash that a process id is bound to now, decisions,
    days."""

    definition: Callable[[str], Definition] = _unknown
    process: Callable[[str], str] = _unknown
    decision: Callable[[str], dmn.Decision] = _unknown
    calendar: feel.Calendar | None = None
    agenda_limit: int = 50_000


@dataclass(frozen=True, slots=True)
class Step:
    """What happened, in order: plain dicts, "e" is the name of the event."""

    events: list[Event]

    @property
    def ended(self) -> str | None:
        """How the instance ended in this step, if it did."""
        return next((e["how"] for e in reversed(self.events) if e["e"] == "instance.ended"), None)


@dataclass(frozen=True, slots=True)
class Outcome:
    """The new main state, the shards that changed (None: deleted), and the step."""

    state: str
    shards: dict[str, str | None]
    step: Step


@dataclass(slots=True, eq=False)
class Run:
    """An instance in memory, while one call lasts."""

    definition: Definition
    env: Env
    now: dt.datetime
    main: Part
    given: Mapping[str, str] = field(default_factory=dict)
    parts: dict[str, Part] = field(default_factory=dict)
    dropped: dict[str, None] = field(default_factory=dict)  # shards that are no more
    agenda: deque[tuple[str, Token, tuple[Any, ...]]] = field(default_factory=deque)
    events: list[Event] = field(default_factory=list)
    undo: list[Callable[[], Any]] = field(default_factory=list)
    steps: int = 0
    changed: bool = True  # whether variables changed since conditions were last looked at
    _feel: feel.Env | None = None

    def __post_init__(self) -> None:
        self.parts[""] = self.main

    @property
    def feel_env(self) -> feel.Env:
        """The surroundings of every expression in this call."""
        if self._feel is None:
            self._feel = feel.Env(self.env.calendar, self.now)
        return self._feel

    # -- the agenda

    def later(self, action: str, token: Token, *args: Any) -> None:
        """Put an item on the agenda; its arguments are JSON, so that an incident can keep them."""
        self.agenda.append((action, token, args))

    def settle(self) -> None:
        """Work through the agenda until every token waits."""
        while True:
            while self.agenda:
                self.steps += 1
                if self.steps > self.env.agenda_limit:
                    raise AgendaLimit
                action, token, args = self.agenda.popleft()
                if token.alive:
                    self._item(action, token, args)
            if not joins.at_rest(self):
                return

    def _item(self, action: str, token: Token, args: tuple[Any, ...]) -> None:
        events, items = len(self.events), len(self.agenda)
        self.undo.clear()
        try:
            ACTIONS[action](self, token, *args)
        except Fault as fault:
            for step in reversed(self.undo):
                step()
            self.undo.clear()
            del self.events[events:]
            while len(self.agenda) > items:
                self.agenda.pop()
            self.raise_incident(token, [action, *args], fault.code, fault.message)

    def put(self, thing: Any, name: str, value: Any) -> None:
        """Set an attribute, undone when the item fails."""
        old = getattr(thing, name)
        self.undo.append(lambda: setattr(thing, name, old))
        setattr(thing, name, value)

    def emit(self, token: Token, event: Event) -> None:
        """Record what happened to a token; inside a called process with the hash of its definition, and with the call
        activity of the main process that led there."""
        inside = self.inside(token)
        if inside is not self.definition:
            event["process"] = inside.hash
            event["call"] = self._caller(token)
        self.events.append(event)

    def _caller(self, token: Token) -> str:
        """The outermost call activity around a token."""
        caller = token
        scope = self.around(token)
        while scope is not None:
            if scope.called is not None:
                caller = scope
            scope = self.around(scope)
        return caller.element

    # -- incidents

    def raise_incident(self, token: Token, action: list[Any], code: str, message: str) -> None:
        part = token.part
        incident = Incident(part, part.next, token.number, action, code, message[:500])
        part.next += 1
        part.incidents[incident.number] = incident
        token.hold(incident)
        self.emit(
            token,
            {
                "e": "incident.raised",
                "incident": incident.id,
                "el": token.element or self.definition.process_id,
                "token": token.id,
                "code": code,
                "message": incident.message,
            },
        )

    def resolve(self, incident: Incident, token: Token) -> None:
        part = incident.part
        del part.incidents[incident.number], token.incidents[incident.number]

        def back() -> None:
            part.incidents[incident.number] = incident
            token.hold(incident)

        self.undo.append(back)
        self.emit(token, {"e": "incident.resolved", "incident": incident.id})

    # -- where things are

    def part(self, part_id: str) -> Part:
        """A part of the state; NeedShards when the caller has not given it, Stale when its host is gone."""
        part = self.parts.get(part_id)
        if part is not None:
            return part
        if part_id in self.dropped:
            raise Stale(part_id)
        above, number, _ = host_of(part_id)
        host = self.part(above).tokens.get(number)
        if host is None or host.host is None or not host.host.sharded:
            raise Stale(part_id)
        text = self.given.get(part_id)
        if text is None:
            raise NeedShards(host.id, [part_id])
        part = self.parts[part_id] = load(text, part_id)
        part.host = host
        return part

    def around(self, token: Token) -> Token | None:
        """The scope in which a token moves: None for the instance itself."""
        if token.number:
            return token.part.tokens[token.scope]
        return token.part.host

    def scope(self, token: Token) -> Token:
        """The scope in which a token moves, for tokens that have one."""
        scope = token.part.tokens[token.scope] if token.number else token.part.host
        assert scope is not None
        return scope

    def inner(self, scope: Token) -> Definition:
        """The definition to which the children of a scope belong."""
        if scope.inner is not None:
            return scope.inner
        path: list[Token] = []
        at: Token | None = scope
        while at is not None and at.inner is None:
            path.append(at)
            if at.called is not None:
                same = at.called == self.definition.hash
                at.inner = self.definition if same else self.env.definition(at.called)
            else:
                at = self.around(at)
        found = self.definition if at is None or at.inner is None else at.inner
        for token in path:
            token.inner = found
        return found

    def inside(self, token: Token) -> Definition:
        """The definition to which a token's own element belongs."""
        scope = self.around(token)
        return self.definition if scope is None else self.inner(scope)

    def node(self, token: Token) -> Element:
        """The element at which a token stands."""
        if token.node is None:
            found = self.inside(token).elements.get(token.element)
            if found is None:
                raise errors.Conflict(
                    "unknown_element", f"The definition has no element {token.element!r}.", element=token.element
                )
            token.node = found
        return token.node

    def container(self, scope: Token) -> str:
        """The id of the process or sub-process whose elements a scope holds."""
        if scope.called is not None or not scope.element:
            return scope.process or self.inner(scope).process_id
        return scope.element

    def is_child(self, token: Token) -> bool:
        """Whether a token is one turn of a loop, not the whole activity."""
        scope = self.around(token)
        return scope is not None and scope.host is not None

    def shard_id(self, token: Token) -> str | None:
        return token.part.id or None

    # -- tokens and subscriptions

    def add(self, scope: Token, element: str) -> Token:
        """A new token inside a scope."""
        part = scope.part
        token = Token(part, part.next, element, scope.number)
        part.next += 1
        part.tokens[token.number] = token
        scope.hold(token)

        def back() -> None:
            del part.tokens[token.number], scope.children[token.number]
            token.alive = False

        self.undo.append(back)
        return token

    def drop(self, token: Token) -> None:
        """Take a token away; its scope closes when it was the last one."""
        for incident in list(token.incidents.values()):
            self.resolve(incident, token)
        part, number = token.part, token.number
        scope = self.scope(token)
        token.alive = False
        if number == 0:
            self._drop_part(part)
            return
        at_join = part.joins.pop(number, None)
        del part.tokens[number], scope.children[number]

        def back() -> None:
            token.alive = True
            part.tokens[number] = token
            scope.hold(token)
            if at_join is not None:
                part.joins[number] = token

        self.undo.append(back)
        if not scope.children and scope.host is None:
            self.later("close", scope)

    def _drop_part(self, part: Part) -> None:
        del self.parts[part.id]
        self.dropped[part.id] = None
        token = part.root

        def back() -> None:
            self.parts[part.id] = part
            del self.dropped[part.id]
            token.alive = True

        self.undo.append(back)

    def subscribe(self, owner: Token, element: Element, index: int, event: EventDefinition) -> Subscription | None:
        """Arm what an event waits for; errors, escalations and the like are found when they are thrown."""
        part = owner.part
        new = Subscription(part, part.next, owner.number, "", element.id, index)
        if event.kind == "timer":
            announced = self._timer(new, owner, event)
        elif event.kind == "message":
            new.kind, new.name, new.key = "m", scopes.text(self, event.name, owner, "message name"), None
            if event.key is not None:
                new.key = scopes.text(self, event.key, owner, "correlation key")
            announced = {"e": "message.awaited", "sub": new.id, "el": element.id, "name": new.name, "key": new.key}
        elif event.kind == "signal":
            new.kind, new.name = "s", scopes.text(self, event.name, owner, "signal name")
            announced = {"e": "signal.awaited", "sub": new.id, "el": element.id, "name": new.name}
        elif event.kind == "conditional":
            new.kind = "c"
            announced = None
        else:
            return None
        part.next += 1
        part.subscriptions[new.number] = new
        owner.hold(new)
        self.changed = True

        def back() -> None:
            del part.subscriptions[new.number], owner.subscriptions[new.number]

        self.undo.append(back)
        if announced is not None:
            announced["shard"] = self.shard_id(owner)
            self._tell(owner, element, announced)
        return new

    def _timer(self, new: Subscription, owner: Token, event: EventDefinition) -> Event:
        new.kind = "t"
        if event.timer is None:
            raise Fault("bad_timer", "The timer has no date, duration or cycle.")
        value = scopes.value(self, event.timer.value, owner)
        try:
            due, new.interval, new.repeats = timers.schedule(event.timer.kind, value, self.now)
        except ValueError as error:
            raise Fault("bad_timer", f"{error}") from None
        new.due = timers.utc(due)
        announced: Event = {"e": "timer.armed", "timer": new.id, "el": new.element, "due": new.due}
        if new.repeats is not None:
            announced["repeats"] = new.repeats
        return announced

    def _tell(self, owner: Token, element: Element, event: Event) -> None:
        """Events of a start event belong to the inside of the owner, all others to where the owner stands."""
        inside = self.inner(owner) if element.type == "startEvent" else self.inside(owner)
        if inside is not self.definition:
            event["process"] = inside.hash
        self.events.append(event)

    def unsubscribe(self, s: Subscription, owner: Token, told: bool = True) -> None:
        """Disarm; `told` is false when the subscription has just been used up."""
        part = s.part
        del part.subscriptions[s.number], owner.subscriptions[s.number]

        def back() -> None:
            part.subscriptions[s.number] = s
            owner.hold(s)

        self.undo.append(back)
        if told and s.kind == "t":
            self.events.append({"e": "timer.cancelled", "timer": s.id})
        elif s.kind == "m":
            self.events.append({"e": "message.unawaited", "sub": s.id})
        elif s.kind == "s":
            self.events.append({"e": "signal.unawaited", "sub": s.id})

    def disarm(self, token: Token) -> None:
        """Disarm everything that a token waits for."""
        for s in list(token.subscriptions.values()):
            self.unsubscribe(s, token)

    # -- the life cycle

    def enter(self, token: Token, flow: str | None = None) -> None:
        """A token has come to an element."""
        element = self.node(token)
        behaviour = behaviours.REGISTRY.get(element.type)
        if behaviour is None:
            raise Fault("not_supported", f"The engine does not run <{element.type}>.")
        if behaviour.gather(self, token, element, flow):
            return
        self.put(token, "entered", True)
        self.emit(token, {"e": "element.entered", "el": token.element, "token": token.id})
        if element.loop is not None:
            self.arm(token, element)
            loops.begin(self, token, element)
        else:
            self.activate(token, element)

    def activate(self, token: Token, element: Element) -> None:
        """Input mappings, boundary events, and what the element does."""
        if element.inputs:
            scopes.map_in(self, token, element)
        if element.boundaries and element.loop is None:
            self.arm(token, element)
        behaviours.REGISTRY[element.type].start(self, token, element)

    def arm(self, token: Token, element: Element) -> None:
        """Arm the boundary events of an activity."""
        elements = self.inside(token).elements
        for boundary in element.boundaries:
            node = elements[boundary]
            for index, event in enumerate(node.events):
                self.subscribe(token, node, index, event)

    def open_scope(self, token: Token) -> None:
        """Arm the event sub-processes of a scope and start tokens inside it."""
        inside = self.inner(token)
        container = inside.containers[self.container(token)]
        self.listen(token)
        for start in container.starts:
            self.later("enter", self.add(token, start))
        if not container.starts:
            self.later("close", token)

    def listen(self, scope: Token) -> None:
        """Arm the event sub-processes of a scope."""
        inside = self.inner(scope)
        for handler in inside.containers[self.container(scope)].handlers:
            for start in inside.containers[handler].nodes:
                node = inside.elements[start]
                if node.type == "startEvent":
                    for index, event in enumerate(node.events):
                        self.subscribe(scope, node, index, event)

    def done(self, token: Token, result: Mapping[str, Any] | None = None) -> None:
        """What the token waited for has come, with a result."""
        element = self.node(token)
        if result:
            scopes.take(self, token, element, result)
        self.finish(token, element)

    def finish(self, token: Token, element: Element) -> None:
        """Output mappings, disarm; then the loop goes on, or the token leaves."""
        if element.outputs:
            scopes.map_out(self, token, element)
        self.disarm(token)
        self.emit(token, {"e": "element.completed", "el": token.element, "token": token.id})
        if self.is_child(token):
            loops.child_done(self, token, element)
        else:
            self.leave(token, element)

    def finish_loop(self, host: Token, element: Element) -> None:
        """The whole loop is done: output mappings were its children's."""
        self.disarm(host)
        self.emit(host, {"e": "element.completed", "el": host.element, "token": host.id})
        self.leave(host, element)

    def leave(self, token: Token, element: Element) -> None:
        """Send a token on along the flows that are to be taken."""
        scope = self.scope(token)
        for flow in self.select(token, element):
            self.take(scope, flow)
        self.drop(token)

    def take(self, scope: Token, flow: Flow) -> None:
        """A new token travels along a flow."""
        token = self.add(scope, flow.target)
        self.emit(token, {"e": "flow.taken", "flow": flow.id, "el": flow.source})
        self.later("enter", token, flow.id)

    def select(self, token: Token, element: Element) -> Iterator[Flow]:
        """The flows by which a token leaves an element (BPMN 13.3.1, 13.4.2, 13.4.3)."""
        flows = self.inside(token).flows
        if not element.conditional or element.type in ("parallelGateway", "eventBasedGateway"):
            return iter([flows[f] for f in element.outgoing])
        exclusive = element.type == "exclusiveGateway"
        chosen: list[Flow] = []
        met = False
        for name in element.outgoing:
            flow = flows[name]
            if name == element.default:
                continue
            if flow.condition is None:
                chosen.append(flow)
            elif scopes.boolean(self, flow.condition, token, f"the condition of {name!r}"):
                chosen.append(flow)
                met = True
            else:
                continue
            if exclusive:
                return iter(chosen)
        if element.default is not None and not met:
            chosen.append(flows[element.default])
        if not chosen:
            raise Fault("no_flow", f"No condition holds and no flow is the default of {element.id!r}.")
        return iter(chosen)

    def close(self, scope: Token) -> None:
        """A scope whose last token has gone is complete."""
        if scope.children:
            return
        if scope.number == 0 and not scope.part.id:
            self.end("completed")
            return
        element = self.node(scope)
        behaviours.REGISTRY[element.type].closed(self, scope, element)

    def end(self, how: str) -> None:
        """The instance is over; only its variables stay."""
        root = self.main.root
        self.disarm(root)
        for incident in list(root.incidents.values()):
            self.resolve(incident, root)
        if self.main.ended is None:
            self.put(self.main, "ended", how)
            self.events.append({"e": "instance.ended", "how": how})

    # -- interruption

    def cancel(self, token: Token) -> None:
        """Withdraw a token and everything inside it, innermost first."""
        order: list[Token] = []
        todo = [token]
        while todo:
            at = todo.pop()
            order.append(at)
            todo.extend(at.children.values())
        for at in reversed(order):
            self._withdraw(at)

    def _withdraw(self, token: Token) -> None:
        self.disarm(token)
        if token.host is not None and token.host.sharded:
            loops.drop_shards(self, token, "cancelled")
        if token.entered and token.element:
            element = self.node(token)
            if token.host is None and not any(i.action[0] == "done" for i in token.incidents.values()):
                behaviours.REGISTRY[element.type].withdraw(self, token, element)
            self.emit(token, {"e": "element.cancelled", "el": token.element, "token": token.id})
        self.drop(token)

    def clear(self, scope: Token, keep: Token | None = None) -> None:
        """Withdraw all tokens in a scope but one."""
        for child in list(scope.children.values()):
            if child is not keep and child.alive:
                self.cancel(child)

    def trigger(self, owner: Token, number: int, payload: Mapping[str, Any] | None = None) -> None:
        """A subscription of a token has fired."""
        s = owner.subscriptions.get(number)
        if s is None:
            return
        starts = s.element in self._starts(owner)
        element = (self.inner(owner) if starts else self.inside(owner)).elements[s.element]
        lasting = not element.interrupting and element.type in ("boundaryEvent", "startEvent")
        if not lasting:
            self.unsubscribe(s, owner, told=False)
        elif s.kind == "t":
            self._next_turn(s, owner)
        self.happen(owner, element, payload)

    def _starts(self, owner: Token) -> set[str]:
        """Start events of the event sub-processes inside an owner (empty for anything but a scope)."""
        if owner.element and owner.called is None and owner.element not in self.inside(owner).containers:
            return set()
        inside = self.inner(owner)
        container = inside.containers.get(self.container(owner))
        return set() if container is None else {n for h in container.handlers for n in inside.containers[h].nodes}

    def _next_turn(self, s: Subscription, owner: Token) -> None:
        """A timer that does not interrupt has fired: a cycle is armed again under a new id."""
        self.unsubscribe(s, owner, told=False)
        if s.interval is None or s.repeats is None or s.due is None:
            return
        turn = timers.again(s.due, s.interval, s.repeats, self.now)
        if turn is None:
            return
        part = owner.part
        new = Subscription(part, part.next, s.owner, "t", s.element, s.event, timers.utc(turn[0]), s.interval, turn[1])
        part.next += 1
        part.subscriptions[new.number] = new
        owner.hold(new)

        def back() -> None:
            del part.subscriptions[new.number], owner.subscriptions[new.number]

        self.undo.append(back)
        event: Event = {"e": "timer.armed", "timer": new.id, "el": s.element, "due": new.due, "repeats": new.repeats}
        event["shard"] = self.shard_id(owner)
        starts = s.element in self._starts(owner)
        inside = self.inner(owner) if starts else self.inside(owner)
        if inside is not self.definition:
            event["process"] = inside.hash
        self.events.append(event)

    def happen(self, owner: Token, element: Element, payload: Mapping[str, Any] | None) -> None:
        """An event that a token waited for takes place at `element`: on its boundary, inside it, at it, or behind its
        gateway."""
        if element.type == "boundaryEvent":
            scope = self.scope(owner)
            event = self.add(scope, element.id)
            if element.interrupting:
                self.cancel(owner)
            self.occur(event, element, payload)
        elif element.type == "startEvent":
            handler = self.inner(owner).elements[element.scope]
            body = self.add(owner, handler.id)
            if element.interrupting:
                self.clear(owner, keep=body)
                for s in [s for s in owner.subscriptions.values() if s.element in self._starts(owner)]:
                    self.unsubscribe(s, owner)
            body.variables = {}
            self.put(body, "entered", True)
            self.emit(body, {"e": "element.entered", "el": handler.id, "token": body.id})
            self.listen(body)
            self.occur(self.add(body, element.id), element, payload)
        elif owner.element == element.id:
            self.done(owner, payload)
        else:
            self.disarm(owner)
            scope = self.scope(owner)
            gateway = self.node(owner)
            self.emit(owner, {"e": "element.completed", "el": gateway.id, "token": owner.id})
            flow = next(f for f in gateway.outgoing if self.inside(owner).flows[f].target == element.id)
            event = self.add(scope, element.id)
            self.emit(event, {"e": "flow.taken", "flow": flow, "el": gateway.id})
            self.drop(owner)
            self.occur(event, element, payload)

    def occur(self, token: Token, element: Element, payload: Mapping[str, Any] | None) -> None:
        """A token stands at an event that has already happened: it passes."""
        self.put(token, "entered", True)
        self.emit(token, {"e": "element.entered", "el": element.id, "token": token.id})
        self.done(token, payload)

    # -- throwing

    def catchers(self, token: Token, kind: str) -> Iterator[tuple[Token, Element, EventDefinition]]:
        """Who could catch what a token throws, innermost first: (owner, catching event, its definition). At each level
        first the event sub-processes inside, then the boundary; an event sub-process is not caught by its neighbours
        (BPMN 13.5.3)."""
        at: Token | None = token
        while at is not None:
            scope = self.around(at)
            elements = self.inside(at).elements
            if at.element and not self.is_child(at):
                for boundary in self.node(at).boundaries:
                    for event in elements[boundary].events:
                        if event.kind == kind:
                            yield at, elements[boundary], event
            if scope is not None and scope.host is None and not (at.element and self.node(at).event_sub_process):
                inside = self.inner(scope)
                for handler in inside.containers[self.container(scope)].handlers:
                    for node in inside.containers[handler].nodes:
                        start = inside.elements[node]
                        if start.type == "startEvent":
                            for event in start.events:
                                if event.kind == kind:
                                    yield scope, start, event
            at = scope

    def catcher(self, token: Token, kind: str, code: str | None) -> tuple[Token, Element, EventDefinition] | None:
        """Who catches: the innermost owner that catches the code, before one that catches all."""
        best: tuple[Token, Element, EventDefinition] | None = None
        for found in self.catchers(token, kind):
            if best is not None and (found[0] is not best[0] or found[1].type != best[1].type):
                break
            if found[2].code is not None and found[2].code == code:
                return found
            if found[2].code is None and best is None:
                best = found
        return best

    def throw_error(
        self, token: Token, code: str | None, message: str = "", payload: Mapping[str, Any] | None = None
    ) -> None:
        """A modelled error goes to whoever catches it; nobody is an incident."""
        found = self.catcher(token, "error", code)
        if found is None:
            raise Fault("uncaught_error", f"Nobody catches the error {code!r}{f': {message}' if message else ''}.")
        owner, element, event = found
        values = dict(payload or {})
        if event.code_variable:
            values[event.code_variable] = code
        if event.message_variable:
            values[event.message_variable] = message
        self.happen(owner, element, values)

    def escalate(self, token: Token, code: str | None) -> None:
        """An escalation goes to whoever catches it; if that does not interrupt, or nobody does, the thrower goes on."""
        found = self.catcher(token, "escalation", code)
        self.emit(
            token,
            {
                "e": "escalation.thrown",
                "el": token.element,
                "code": code,
                "caught_by": None if found is None else found[1].id,
            },
        )
        if found is not None:
            owner, element, caught = found
            self.happen(owner, element, {caught.code_variable: code} if caught.code_variable else None)

    def waiting_parts(self, kind: str, name: str | None) -> Iterator[Part]:
        """Every part in which something of this kind may wait, main first; NeedShards for those that are not there."""
        key = kind if name is None else f"{kind}:{name}"
        todo = [self.main]
        while todo:
            part = todo.pop(0)
            yield part
            for token in sorted(part.tokens.values(), key=lambda t: t.number):
                host = token.host
                if host is not None and host.sharded and self._may_wait(token, host, key):
                    todo.extend(self.shards(token, host))

    def _may_wait(self, token: Token, host: Host, key: str) -> bool:
        """Whether the index of a host, or one of its shards that is loaded and changed meanwhile, has such a
        subscription."""
        if host.waits.get(key):
            return True
        prefix = f"{token.id}."
        return any(p.id.startswith(prefix) and p.count_waits().get(key) for p in self.parts.values())

    def shards(self, token: Token, host: Host) -> list[Part]:
        """All living shards of a host, in order of their children; NeedShards when not all of them are there."""
        prefix = f"{token.id}."
        wanted = {i for i in self.given if i.startswith(prefix) and i.count(".") == prefix.count(".")}
        wanted |= {i for i in self.parts if i.startswith(prefix) and i.count(".") == prefix.count(".")}
        found = [self.part(i) for i in sorted(wanted - self.dropped.keys(), key=lambda i: host_of(i)[2])]
        if sum(p.ended is None for p in found) < host.active:
            raise NeedShards(token.id, None)
        return found

    def broadcast(self, name: str, payload: Mapping[str, Any] | None) -> None:
        """A signal reaches everyone who waits for it now (BPMN 10.5.1)."""
        for part in self.waiting_parts("s", name):
            for s in list(part.subscriptions.values()):
                if s.kind == "s" and s.name == name:
                    self.later("trigger", part.tokens[s.owner], s.number, payload)

    def correlate(self, name: str, key: str | None, payload: Mapping[str, Any] | None) -> Subscription | None:
        """A message reaches the oldest subscription of its name and key."""
        for part in self.waiting_parts("m", name):
            for s in part.subscriptions.values():
                if s.kind == "m" and s.name == name and (s.key is None or s.key == key):
                    self.later("trigger", part.tokens[s.owner], s.number, payload)
                    return s
        return None

    # -- the end of the call

    def outcome(self) -> Outcome:
        """The new texts of everything that changed."""
        shards: dict[str, str | None] = {}
        loaded = sorted((p for p in self.parts.values() if p.id), key=lambda p: -p.id.count("."))
        for part in loaded:
            assert part.host is not None
            waits = {} if part.ended else part.count_waits()
            if waits != part.waits and part.host.host is not None:
                _shift(part.host.host.waits, part.waits, waits)
        for part in loaded:
            text = part.dump()
            if text != self.given.get(part.id):
                shards[part.id] = text
        for part_id in self.dropped:
            shards[part_id] = None
        return Outcome(self.main.dump(), shards, Step(self.events))


def _shift(index: dict[str, int], old: Mapping[str, int], new: Mapping[str, int]) -> None:
    for key in {*old, *new}:
        count = index.get(key, 0) + new.get(key, 0) - old.get(key, 0)
        if count > 0:
            index[key] = count
        else:
            index.pop(key, None)


ACTIONS: dict[str, Callable[..., None]] = {
    "enter": Run.enter,
    "done": Run.done,
    "close": Run.close,
    "trigger": Run.trigger,
    "child": loops.child_enter,
    "join": joins.join,
    "withdraw": loops.withdraw,
    "again": behaviours.again,
    "throw": Run.throw_error,
    "escalate": Run.escalate,
}
