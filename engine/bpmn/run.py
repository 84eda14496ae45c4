"""One stimulus applied to one instance: tokens are moved until all of them wait.

There is one agenda, first in first out: everything that happens is an item on it, so that signals, subscriptions and
closing scopes come in the order in which they were caused. An item is all or nothing: where an expression in it fails,
what it did is undone, the token stays, and an incident keeps the item for a retry. One life cycle for all elements: a
token enters (arm boundary events, loop, input mappings), the behaviour does what differs (`behaviours`), the token
finishes (output mappings, disarm), leaves through `select`. Joins are decided at rest (`joins`).

No database, no clock, no randomness: `now` is an argument, ids come from counters in the state.
"""

import datetime as dt
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from engine import dmn, errors, feel
from engine.bpmn import behaviours, compensation, events, joins, loops, retiming, scopes, throwing
from engine.bpmn.definition import Definition, Element, Flow
from engine.bpmn.faults import AgendaLimit, Fault, NeedShards, Stale
from engine.bpmn.state import Host, Incident, Part, Token, host_of, load

Event = dict[str, Any]


def _unknown(key: str) -> Any:
    raise KeyError(key)


@dataclass(frozen=True, slots=True)
class Env:
    """What the kernel asks of the outside: definitions by hash, the hash of a process id now, decisions, days."""

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
    given: Mapping[str, Any] = field(default_factory=dict)  # shards: texts, or parts where they stay in memory
    parts: dict[str, Part] = field(default_factory=dict)
    dropped: dict[str, None] = field(default_factory=dict)  # shards that are no more
    agenda: deque[tuple[str, Token, tuple[Any, ...]]] = field(default_factory=deque)
    last: deque[Token] = field(default_factory=deque)  # tokens that send something once all others have arrived
    events: list[Event] = field(default_factory=list)
    undo: list[Callable[[], Any]] = field(default_factory=list)
    steps: int = 0
    undone: bool = False  # an item has failed
    changed: set[str] = field(default_factory=set)  # parts whose variables changed since conditions were last looked at
    claimed: set[str] = field(default_factory=set)  # subscriptions for which a message is on the agenda
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
            if self.last:
                self.later("send", self.last.popleft())
            elif not (self.changed and events.look(self)) and not joins.at_rest(self):
                return

    def _item(self, action: str, token: Token, args: tuple[Any, ...]) -> None:
        events, items = len(self.events), len(self.agenda)
        self.undo.clear()
        try:
            ACTIONS[action](self, token, *args)
        except Fault as fault:
            self.undone = True
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

    def keep(self, token: Token, key: str, value: Any) -> None:
        """Set one entry of what behaviours keep with a token; an empty value takes it away."""
        extra = {k: v for k, v in (token.extra or {}).items() if k != key}
        if value or value == 0:
            extra[key] = value
        self.put(token, "extra", extra or None)

    def emit(self, token: Token, event: Event) -> None:
        """Record what happened to a token."""
        scope = token.part.tokens[token.scope] if token.number else token.part.host
        if scope is None or (scope.inner or self.inner(scope)) is self.definition:
            self.events.append(event)
        else:
            self.record(self.inner(scope), token, event)

    def record(self, inside: Definition, token: Token, event: Event) -> None:
        """Record an event that belongs to a definition; inside a called process with the hash of its definition, and
        with the call activity of the main process that led there."""
        if inside is not self.definition:
            event["process"] = inside.hash
            event["call"] = self._caller(token)
        self.events.append(event)

    def _caller(self, token: Token) -> str:
        """The outermost call activity around a token (or the token itself, for what happens at its inside)."""
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
        given = self.given.get(part_id)
        if given is None:
            raise NeedShards(host.id, [part_id])
        part = self.parts[part_id] = load(given, part_id) if isinstance(given, str) else given
        part.host = host
        return part

    def below(self, part: Part, key: str) -> Iterator[Part]:
        """A part and the shards below it in which something of a kind may wait; NeedShards for those that are not
        there."""
        todo = deque([part])
        while todo:
            at = todo.popleft()
            yield at
            for token in sorted(at.tokens.values(), key=lambda t: t.number):
                if token.host is not None and token.host.sharded and self._may_wait(token, token.host, key):
                    todo.extend(self.shards(token, token.host))

    def _may_wait(self, token: Token, host: Host, key: str) -> bool:
        """Whether the index of a host, or a shard of it that has changed meanwhile, has such a subscription."""
        if host.waits.get(key):
            return True
        prefix = f"{token.id}."
        return any(p.id.startswith(prefix) and p.count_waits().get(key) for p in self.parts.values())

    def shards(self, token: Token, host: Host) -> list[Part]:
        """All living shards of a host, in order of their children; NeedShards when not all of them are there."""
        prefix = f"{token.id}."
        depth = prefix.count(".")
        wanted = {i for i in (*self.given, *self.parts) if i.startswith(prefix) and i.count(".") == depth}
        found = [self.part(i) for i in sorted(wanted - self.dropped.keys(), key=lambda i: host_of(i)[2])]
        if sum(p.ended is None for p in found) < host.active:
            raise NeedShards(token.id, None)
        return found

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
        scope = token.part.tokens[token.scope] if token.number else token.part.host
        return self.definition if scope is None else scope.inner or self.inner(scope)

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
        scope = token.part.tokens[token.scope] if token.number else token.part.host
        return scope is not None and scope.host is not None

    def shard_id(self, token: Token) -> str | None:
        return token.part.id or None

    # -- tokens

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

    # -- the life cycle

    def enter(self, token: Token, flow: str | None = None) -> None:
        """A token has come to an element."""
        element = self.node(token)
        behaviour = behaviours.REGISTRY.get(element.type)
        if behaviour is None:
            raise Fault("not_supported", f"The engine does not run <{element.type}>.")
        if element.start_quantity > 1 and joins.collect(self, token, element, flow):
            return
        if behaviour.gather(self, token, element, flow):
            return
        self.put(token, "entered", True)
        self.emit(token, {"e": "element.entered", "el": token.element, "token": token.id})
        if element.loop is not None:
            events.arm(self, token, element)
            loops.begin(self, token, element)
        else:
            self.activate(token, element)

    def activate(self, token: Token, element: Element) -> None:
        """Input mappings, boundary events, and what the element does."""
        if element.inputs:
            scopes.map_in(self, token, element)
            retiming.entered(self, token, element)
        if element.boundaries and element.loop is None:
            events.arm(self, token, element)
        if not element.before or not events.ask(self, token, element, 0, after=False):
            self.begin(token, element)

    def begin(self, token: Token, element: Element) -> None:
        """What the element does."""
        behaviours.REGISTRY[element.type].start(self, token, element)

    def open_scope(self, token: Token) -> None:
        """Arm the event sub-processes of a scope and start tokens inside it."""
        inside = self.inner(token)
        container = inside.containers[self.container(token)]
        scopes.open_data(self, token)
        events.listen(self, token)
        for start in container.starts:
            self.later("enter", self.add(token, start))
        if not container.starts:
            self.later("close", token)

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
        events.disarm(self, token)
        if not element.after or not events.ask(self, token, element, 0, after=True):
            self.complete(token, element)

    def complete(self, token: Token, element: Element) -> None:
        """The element is done."""
        self.emit(token, {"e": "element.completed", "el": token.element, "token": token.id})
        compensation.remember(self, token, element)
        if self.is_child(token):
            loops.child_done(self, token, element)
        else:
            self.leave(token, element)

    def finish_loop(self, host: Token, element: Element) -> None:
        """The whole loop is done: output mappings were its children's."""
        events.disarm(self, host)
        self.emit(host, {"e": "element.completed", "el": host.element, "token": host.id})
        compensation.remember(self, host, element)
        self.leave(host, element)

    def leave(self, token: Token, element: Element) -> None:
        """Send a token on along the flows that are to be taken."""
        scope = self.scope(token)
        behaviours.left(self, scope, element)
        for flow in self.select(token, element):
            for _ in range(element.completion_quantity):
                if len(self.agenda) > self.env.agenda_limit:
                    raise AgendaLimit
                self.take(scope, flow)
        if token.extra:
            compensation.handled(self, token)
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
        extra = {"waitingForStart": True} if element.type == "complexGateway" else None
        chosen: list[Flow] = []
        met = False
        for name in element.outgoing:
            flow = flows[name]
            if name == element.default:
                continue
            if flow.condition is None:
                chosen.append(flow)
            elif scopes.boolean(self, flow.condition, token, f"the condition of {name!r}", extra):
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
        if not scope.element:  # a process: the instance, or another pool of its file
            if scope.number or scope.part.id:
                self.drop(scope)
            else:
                self.end("completed")
        elif scope.extra and "w" in scope.extra:
            compensation.settled(self, scope)
        else:
            element = self.node(scope)
            behaviours.REGISTRY[element.type].closed(self, scope, element)

    def end(self, how: str) -> None:
        """The instance is over; only its variables stay."""
        root = self.main.root
        events.disarm(self, root)
        for incident in list(root.incidents.values()):
            self.resolve(incident, root)
        if self.main.ended is None:
            self.put(self.main, "ended", how)
            self.put(root, "extra", None)
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
        listens = events.listener(token) is not None
        events.disarm(self, token)
        if token.host is not None and token.host.sharded:
            loops.drop_shards(self, token, "cancelled")
        if token.entered and token.element:
            element = self.node(token)
            if token.host is None and not listens and not any(i.action[0] == "done" for i in token.incidents.values()):
                behaviours.REGISTRY[element.type].withdraw(self, token, element)
            self.emit(token, {"e": "element.cancelled", "el": token.element, "token": token.id})
        self.drop(token)

    def clear(self, scope: Token, keep: Token | None = None, *, pools: bool = False) -> None:
        """Withdraw all tokens in a scope but one; other pools of the file only when the whole instance goes."""
        for child in list(scope.children.values()):
            if child is not keep and child.alive and (child.element or pools):
                self.cancel(child)

    # -- the end of the call

    def tally(self) -> list[Part]:
        """The shards of this call, innermost first; their hosts know what waits in them now."""
        if len(self.parts) == 1 and "" in self.parts:
            return []
        loaded = sorted((p for p in self.parts.values() if p.id), key=lambda p: -p.id.count("."))
        for part in loaded:
            assert part.host is not None
            waits = {} if part.ended else part.count_waits()
            if waits != part.waits and part.host.host is not None:
                _shift(part.host.host.waits, part.waits, waits)
                part.waits = waits
        return loaded

    def outcome(self) -> Outcome:
        """The new texts of everything that changed."""
        shards: dict[str, str | None] = {}
        for part in self.tally():
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
    "begin": events.begin,
    "asked": events.asked,
    "enter": Run.enter,
    "done": Run.done,
    "close": Run.close,
    "occur": events.occur,
    "trigger": events.trigger,
    "check": events.check,
    "child": loops.child_enter,
    "counted": loops.counted,
    "withdraw": loops.withdraw,
    "extend": loops.extend,
    "join": joins.join,
    "reset": joins.reset,
    "again": behaviours.again,
    "send": behaviours.send,
    "progress": behaviours.progress,
    "start": behaviours.start_inside,
    "throw": throwing.throw_error,
    "escalate": throwing.escalate,
    "compensate": compensation.compensate,
    "retime": retiming.retime,
}
