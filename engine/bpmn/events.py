"""What a token waits for, and what happens when it comes: subscriptions of catching, boundary and start events.

Timers, messages, signals and conditions are armed when their owner is entered and kept in the state. Errors,
escalations, compensations and cancellations are not: whoever throws one finds its catcher in the definition
(`throwing`).
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from engine.bpmn import messages, retiming, scopes, timers
from engine.bpmn.definition import Definition, Element, EventDefinition
from engine.bpmn.faults import Fault
from engine.bpmn.state import Subscription, Token

if TYPE_CHECKING:
    from engine.bpmn.run import Run

Payload = Mapping[str, Any] | None


def subscribe(run: "Run", owner: Token, element: Element, index: int, event: EventDefinition) -> Subscription | None:
    """Arm one event definition of an element for an owner; None for what is not waited for."""
    new = Subscription(owner.part, owner.part.next, owner.number, "", element.id, index)
    told: dict[str, Any] | None = None
    if event.kind == "timer":
        told = _timer(run, new, owner, event)
    elif event.kind == "message":
        new.kind, new.name = "m", scopes.text(run, event.name, owner, "message name")
        new.key = messages.key_to_wait_for(run, owner, element, event)
        told = {"e": "message.awaited", "sub": new.id, "el": element.id, "name": new.name, "key": new.key}
    elif event.kind == "signal":
        new.kind, new.name = "s", scopes.text(run, event.name, owner, "signal name")
        told = {"e": "signal.awaited", "sub": new.id, "el": element.id, "name": new.name}
    elif event.kind == "conditional":
        new.kind = "c"
        run.changed.add(owner.part.id)
    else:
        return None
    _hold(run, new, owner)
    if told is not None:
        told["shard"] = run.shard_id(owner)
        run.record(inside_of(run, owner, element), owner, told)
    if new.kind == "m":
        messages.take_kept(run, new)
    return new


def _hold(run: "Run", new: Subscription, owner: Token) -> None:
    part = new.part
    part.next += 1
    part.subscriptions[new.number] = new
    owner.hold(new)

    def back() -> None:
        del part.subscriptions[new.number], owner.subscriptions[new.number]

    run.undo.append(back)


def _timer(run: "Run", new: Subscription, owner: Token, event: EventDefinition) -> dict[str, Any]:
    new.kind = "t"
    if event.timer is None:
        raise Fault("bad_timer", "The timer has no date, duration or cycle.")
    value = scopes.value(run, event.timer.value, owner)
    try:
        due, new.interval, new.repeats = timers.schedule(event.timer.kind, value, run.now)
    except ValueError as error:
        raise Fault("bad_timer", f"{error}") from None
    new.due = timers.utc(due)
    new.at = retiming.instant_to_keep(run, event.timer)
    return _armed(new)


def _armed(s: Subscription) -> dict[str, Any]:
    event: dict[str, Any] = {"e": "timer.armed", "timer": s.id, "el": s.element, "due": s.due}
    if s.repeats is not None:
        event["repeats"] = s.repeats
    return event


def inside_of(run: "Run", owner: Token, element: Element) -> Definition:
    """The definition that a catching element belongs to: a start event to the inside of its owner, all others to where
    the owner stands."""
    return run.inner(owner) if element.type == "startEvent" else run.inside(owner)


def unsubscribe(run: "Run", s: Subscription, owner: Token, *, told: bool = True) -> None:
    """Disarm; `told` is false for a timer that has just fired."""
    part = s.part
    del part.subscriptions[s.number], owner.subscriptions[s.number]

    def back() -> None:
        part.subscriptions[s.number] = s
        owner.hold(s)

    run.undo.append(back)
    if s.kind == "t" and told:
        run.events.append({"e": "timer.cancelled", "timer": s.id})
    elif s.kind == "l" and told:
        run.events.append({"e": "job.cancelled", "job": s.id})
    elif s.kind == "m":
        run.events.append({"e": "message.unawaited", "sub": s.id})
    elif s.kind == "s":
        run.events.append({"e": "signal.unawaited", "sub": s.id})


def disarm(run: "Run", token: Token) -> None:
    """Disarm everything that a token waits for."""
    for s in list(token.subscriptions.values()):
        unsubscribe(run, s, token)


def arm(run: "Run", token: Token, element: Element) -> None:
    """Arm the boundary events of an activity."""
    elements = run.inside(token).elements
    for boundary in element.boundaries:
        node = elements[boundary]
        for index, event in enumerate(node.events):
            subscribe(run, token, node, index, event)


def listen(run: "Run", scope: Token) -> None:
    """Arm the event sub-processes of a scope."""
    inside = run.inner(scope)
    for start in starts(run, scope):
        for index, event in enumerate(start.events):
            subscribe(run, scope, inside.elements[start.id], index, event)


def starts(run: "Run", scope: Token) -> list[Element]:
    """The start events of the event sub-processes inside a scope; none for a token that is no scope."""
    if scope.element and scope.called is None and scope.element not in run.inside(scope).containers:
        return []
    inside = run.inner(scope)
    container = inside.containers.get(run.container(scope))
    if container is None:
        return []
    nodes = [inside.elements[n] for h in container.handlers for n in inside.containers[h].nodes]
    return [n for n in nodes if n.type == "startEvent"]


def wait_for(run: "Run", token: Token, element: Element) -> None:
    """A catching element waits; one without anything to wait for passes."""
    found = [subscribe(run, token, element, index, event) for index, event in enumerate(element.events)]
    if not any(found):
        run.finish(token, element)


# -- listeners


def ask(run: "Run", token: Token, element: Element, index: int, *, after: bool) -> bool:
    """Ask the next listener before the element starts, or after it is done; false when there is none left."""
    listeners = element.after if after else element.before
    if index >= len(listeners):
        return False
    number = index if not after else len(element.before) + index
    new = Subscription(token.part, token.part.next, token.number, "l", element.id, number)
    _hold(run, new, token)
    want(run, token, element, new)
    return True


def want(run: "Run", token: Token, element: Element, s: Subscription) -> None:
    """Ask a job worker for the work of a listener, for the first time or again."""
    listener = (*element.before, *element.after)[s.event]
    kind = scopes.text(run, listener.job.type, token, "job type")
    wanted = {"e": "job.wanted", "job": s.id, "el": element.id, "shard": run.shard_id(token), "type": kind}
    run.emit(token, {**wanted, "headers": {}, "variables": token.values(), "listener": listener.event})


def asked(run: "Run", token: Token, number: int, result: Payload = None) -> None:
    """A listener has done its job: the next one, or the element goes on."""
    s = token.subscriptions.get(number)
    if s is None:
        return
    element = run.node(token)
    unsubscribe(run, s, token, told=False)
    for name, value in (result or {}).items():
        scopes.declare(run, token, name, value)
    index = s.event - len(element.before)
    if index < 0:
        if not ask(run, token, element, s.event + 1, after=False):
            run.begin(token, element)
    elif not ask(run, token, element, index + 1, after=True):
        run.complete(token, element)


def listener(token: Token) -> Subscription | None:
    """The listener job that a token waits for."""
    return next((s for s in token.subscriptions.values() if s.kind == "l"), None)


# -- something comes


def element_of(run: "Run", owner: Token, s: Subscription) -> Element:
    """The element that a subscription starts."""
    inner = any(s.element == start.id for start in starts(run, owner))
    return (run.inner(owner) if inner else run.inside(owner)).elements[s.element]


def trigger(run: "Run", owner: Token, number: int, payload: Payload = None) -> None:
    """A subscription of a token has fired."""
    s = owner.subscriptions.get(number)
    if s is None:
        return
    element = element_of(run, owner, s)
    lasting = not element.interrupting and element.type in ("boundaryEvent", "startEvent")
    if element.parallel_multiple:
        payload = _gathered(run, owner, s, element, payload, lasting)
        if payload is None:
            return
    elif not lasting:
        unsubscribe(run, s, owner, told=False)
    elif s.kind == "t":
        _next_turn(run, s, owner, element)
    happen(run, owner, element, payload)


def _gathered(run: "Run", owner: Token, s: Subscription, element: Element, payload: Payload, lasting: bool) -> Payload:
    """A parallel multiple event happens when all its definitions have (BPMN 10.5.1); until then what came is kept."""
    unsubscribe(run, s, owner, told=False)
    extra = owner.extra or {}
    kept = {**extra.get("k", {}).get(element.id, {}), **(payload or {})}
    rest = {name: value for name, value in extra.get("k", {}).items() if name != element.id}
    if any(other.element == element.id for other in owner.subscriptions.values()):
        run.keep(owner, "k", {**rest, element.id: kept})
        return None
    run.keep(owner, "k", rest)
    if lasting:
        for index, event in enumerate(element.events):
            subscribe(run, owner, element, index, event)
    return kept


def _next_turn(run: "Run", s: Subscription, owner: Token, element: Element) -> None:
    """A timer that does not interrupt has fired: a cycle is armed again under a new id."""
    unsubscribe(run, s, owner, told=False)
    if s.interval is None or s.repeats is None or s.due is None:
        return
    turn = timers.again(s.due, s.interval, s.repeats, run.now)
    if turn is None:
        return
    new = Subscription(s.part, s.part.next, s.owner, "t", s.element, s.event, timers.utc(turn[0]), s.interval, turn[1])
    _hold(run, new, owner)
    run.record(inside_of(run, owner, element), owner, {**_armed(new), "shard": run.shard_id(owner)})


def happen(run: "Run", owner: Token, element: Element, payload: Payload) -> None:
    """An event that a token waited for takes place at `element`: on its boundary, inside it, at it, or behind its
    gateway."""
    if element.type == "boundaryEvent":
        event = run.add(run.scope(owner), element.id)
        if element.interrupting:
            run.cancel(owner)
        occur(run, event, payload)
    elif element.type == "startEvent":
        _handle(run, owner, element, payload)
    elif owner.element == element.id:
        run.done(owner, payload)
    else:
        _choose(run, owner, element, payload)


def _handle(run: "Run", scope: Token, start: Element, payload: Payload) -> None:
    """An event sub-process starts inside its scope (BPMN 13.5.4)."""
    body = run.add(scope, start.scope)
    if start.interrupting:
        run.clear(scope, keep=body)
        names = {s.id for s in starts(run, scope)}
        for s in [s for s in scope.subscriptions.values() if s.element in names]:
            unsubscribe(run, s, scope)
    body.variables = {}
    run.put(body, "entered", True)
    run.emit(body, {"e": "element.entered", "el": start.scope, "token": body.id})
    scopes.open_data(run, body)
    listen(run, body)
    occur(run, run.add(body, start.id), payload)


def _choose(run: "Run", owner: Token, element: Element, payload: Payload) -> None:
    """The first event behind an event-based gateway decides (BPMN 13.4.4)."""
    disarm(run, owner)
    gateway, flows = run.node(owner), run.inside(owner).flows
    run.emit(owner, {"e": "element.completed", "el": gateway.id, "token": owner.id})
    event = run.add(run.scope(owner), element.id)
    flow = next(f for f in gateway.outgoing if flows[f].target == element.id)
    run.emit(event, {"e": "flow.taken", "flow": flow, "el": gateway.id})
    run.drop(owner)
    occur(run, event, payload)


def occur(run: "Run", token: Token, payload: Payload = None) -> None:
    """A token stands at an event that has already happened: it passes."""
    run.put(token, "entered", True)
    run.emit(token, {"e": "element.entered", "el": token.element, "token": token.id})
    run.done(token, payload)


def begin(run: "Run", root: Token, elements: list[str], happened: bool, payload: Payload = None) -> None:
    """Listen for the event sub-processes of the process, and put a token at each element. Behind a parallel
    event-based gateway that instantiates, the other events are still waited for (BPMN 10.6.6)."""
    listen(run, root)
    inside = run.inner(root)
    for name in elements:
        if happened:
            messages.begun(run, root, inside.elements[name], root.values() if payload is None else payload)
            run.later("occur", run.add(root, name), payload)
        else:
            run.later("enter", run.add(root, name))
        for flow in inside.elements[name].incoming if happened else ():
            gateway = inside.elements[inside.flows[flow].source]
            if gateway.type == "eventBasedGateway" and gateway.parallel_instantiation and not gateway.incoming:
                for other in gateway.outgoing:
                    if other != flow:
                        run.later("enter", run.add(root, inside.flows[other].target))


# -- conditions


def look(run: "Run") -> bool:
    """At rest: conditional events whose condition has become true happen (BPMN 10.5.1: false before, true now).
    Variables that changed in one part are seen in that part and in the shards below it. True when something happens."""
    changed = sorted(run.changed)
    run.changed.clear()
    seen: set[str] = set()
    before = len(run.agenda)
    for part_id in changed:
        if part_id in run.dropped:
            continue
        for part in run.below(run.part(part_id), "c"):
            if part.id not in seen:
                seen.add(part.id)
                for s in part.subscriptions.values():
                    if s.kind == "c":
                        run.later("check", part.tokens[s.owner], s.number)
    return len(run.agenda) > before


def check(run: "Run", owner: Token, number: int) -> None:
    """Look at one condition; null counts as false, because its variables may not be there yet."""
    s = owner.subscriptions.get(number)
    if s is None:
        return
    element = element_of(run, owner, s)
    condition = element.events[s.event].condition
    if condition is None:
        return
    now = scopes.evaluate(run, condition, owner)
    if now is not None and not isinstance(now, bool):
        scopes.boolean(run, condition, owner, f"the condition of {element.id!r}")
    if bool(now) != s.was:
        run.put(s, "was", bool(now))
        if now:
            run.later("trigger", owner, s.number)
