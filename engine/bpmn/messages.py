"""Messages: which subscription takes one, by name and correlation key (BPMN 8.4.2), and which other process of the file
one of them starts (9.3, 10.5.2).

A key comes from `zeebe:subscription`, or from the standard's own elements: a correlation key is a list of properties,
each message says where its payload has them, and a process may say which values it waits for. Where it does not, the
first message that a process sends or takes under a key says it for all that follow: the conversation, kept by the
process's outermost token.
"""

import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from engine import feel
from engine.bpmn import events, scopes
from engine.bpmn.definition import Correlation, Definition, Element, EventDefinition
from engine.bpmn.faults import Fault
from engine.bpmn.state import Subscription, Token

if TYPE_CHECKING:
    from engine.bpmn.run import Run

Payload = Mapping[str, Any] | None


# -- keys


def key_to_wait_for(run: "Run", owner: Token, element: Element, event: EventDefinition) -> str | None:
    """The key of a new subscription; None where the first message decides, or where there is none."""
    if event.key is not None:
        return scopes.text(run, event.key, owner, "correlation key")
    correlation = event.correlation
    if correlation is None:
        return None
    paths = correlation.process.get(element.process)
    if paths is None:
        return _known(run, owner, correlation)
    found = _joined([scopes.evaluate(run, path, owner) for path in paths])
    if found is None:
        raise Fault("not_text", f"Expected texts or numbers as correlation key {correlation.key!r}, found null.")
    return found


def key_to_send(run: "Run", token: Token, event: EventDefinition) -> str | None:
    """The key of a message that a token throws; the first one decides for the conversation."""
    if event.key is not None:
        return scopes.text(run, event.key, token, "correlation key")
    correlation = event.correlation
    if correlation is None:
        return None
    found = _joined([scopes.evaluate(run, path, token) for path in correlation.message])
    if found is None:
        return _known(run, token, correlation)
    _converse(run, token, correlation, found)
    return found


def begun(run: "Run", root: Token, element: Element, payload: Payload) -> None:
    """A message has started a process: it decides for the conversation."""
    for event in element.events:
        if event.correlation is not None:
            found = _in_payload(run, event.correlation, payload)
            if found is not None:
                _converse(run, root, event.correlation, found)


def _in_payload(run: "Run", correlation: Correlation, payload: Payload) -> str | None:
    """The key that a message brings."""
    try:
        return _joined([path.evaluate(dict(payload or {}), run.feel_env) for path in correlation.message])
    except feel.FeelError:
        return None


def _joined(values: list[Any]) -> str | None:
    """Several properties as one text; None when one of them is missing."""
    texts = [v if isinstance(v, str) else json.dumps(feel.to_json(v)) for v in values if v is not None]
    if not texts or len(texts) < len(values):
        return None
    return texts[0] if len(texts) == 1 else json.dumps(texts, ensure_ascii=False)


def _process(run: "Run", token: Token) -> Token:
    """The outermost token of the process around a token: the instance, or another pool of its file."""
    at = token
    while at.element:
        at = run.scope(at)
    return at


def _known(run: "Run", token: Token, correlation: Correlation) -> str | None:
    found: str | None = ((_process(run, token).extra or {}).get("y") or {}).get(correlation.key)
    return found


def _converse(run: "Run", token: Token, correlation: Correlation, found: str) -> None:
    """The first message under a key decides for those that follow."""
    root = _process(run, token)
    known = (root.extra or {}).get("y") or {}
    if correlation.key not in known and not correlation.process.get(run.container(root)):
        run.keep(root, "y", {**known, correlation.key: found})


# -- who takes it


def correlate(
    run: "Run", name: str, key: str | None, payload: Payload, targets: frozenset[str] | None = None
) -> Subscription | None:
    """A message reaches the oldest subscription of its name and key (at certain elements or processes, where a message
    flow says so); None when there is none."""
    for part in run.below(run.main, f"m:{name}"):
        for s in part.subscriptions.values():
            if takes(run, s, name, key, payload) and s.id not in run.claimed:
                if targets is not None and not _is_target(run, s, targets):
                    continue
                claim(run, s, key, payload)
                return s
    return None


def takes(run: "Run", s: Subscription, name: str, key: str | None, payload: Payload) -> bool:
    """Whether a subscription waits for this message."""
    if s.kind != "m" or s.name != name or pending(s):
        return False
    if s.key is not None and key is not None:
        return s.key == key
    owner = s.part.tokens[s.owner]
    correlation = events.element_of(run, owner, s).events[s.event].correlation
    if correlation is None:
        return s.key is None
    wanted = s.key if s.key is not None else _known(run, owner, correlation)
    return wanted is None or wanted == (key if key is not None else _in_payload(run, correlation, payload))


def pending(s: Subscription) -> bool:
    """Whether it has happened already, and waits for an incident to be resolved: it does not happen once more."""
    owner = s.part.tokens[s.owner]
    return any(i.action[:2] == ["trigger", s.number] for i in owner.incidents.values())


def _is_target(run: "Run", s: Subscription, targets: frozenset[str]) -> bool:
    return s.element in targets or events.element_of(run, s.part.tokens[s.owner], s).process in targets


def claim(run: "Run", s: Subscription, key: str | None, payload: Payload) -> None:
    """A message is on its way to a subscription, which takes no other one meanwhile."""
    owner = s.part.tokens[s.owner]
    element = events.element_of(run, owner, s)
    if element.interrupting or element.type not in ("boundaryEvent", "startEvent"):
        run.claimed.add(s.id)
        run.undo.append(lambda: run.claimed.discard(s.id))
    correlation = element.events[s.event].correlation
    if correlation is not None:
        found = key if key is not None else _in_payload(run, correlation, payload)
        if found is not None:
            _converse(run, owner, correlation, found)
    run.later("trigger", owner, s.number, payload)


# -- between the processes of one file


def send(run: "Run", token: Token, element: Element, name: str, key: str | None, payload: dict[str, Any]) -> str | None:
    """A message of this instance: where a message flow leads, else to whoever waits for it inside, else to another
    process of the file that begins with it. The element that takes it; None when it goes outside: also along a flow to
    a process that is an instance of its own."""
    inside = run.inside(token)
    targets = [target for source, target in inside.message_flows if source == element.id]
    caught = correlate(run, name, key, payload, frozenset(targets) if targets else None)
    if caught is not None:
        return caught.element
    for target in targets:
        node = inside.elements.get(target)
        if node is not None and node.process == element.process:
            continue
        process = target if node is None else node.process
        begins = [n for n in entries(inside, process) if node is None or n is node]
        if begins:
            _open_pool(run, inside, begins[0], payload)
            return begins[0].id
        if node is not None and _is_open(run, node.process):
            kept = (run.main.root.extra or {}).get("b", [])
            run.keep(run.main.root, "b", [*kept, [name, key, payload]])
            return target
    if not targets:
        for node in _others(inside, element, "message", name):
            _open_pool(run, inside, node, payload)
            return node.id
    return None


def announce(run: "Run", token: Token, element: Element, name: str, payload: dict[str, Any]) -> None:
    """A signal of this instance starts every other process of the file that begins with it."""
    inside = run.inside(token)
    for node in _others(inside, element, "signal", name):
        _open_pool(run, inside, node, payload)


def entries(d: Definition, process: str) -> Iterator[Element]:
    """The elements of a process at which something from outside starts it: start events, instantiating receive tasks,
    and the events behind instantiating event-based gateways."""
    container = d.containers.get(process)
    for element in (d.elements[n] for n in container.nodes) if container is not None else ():
        if element.type == "startEvent" or (element.type == "receiveTask" and element.instantiate):
            yield element
        elif element.type == "eventBasedGateway" and element.instantiate:
            for flow in element.outgoing:
                yield d.elements[d.flows[flow].target]


def _is_open(run: "Run", process: str) -> bool:
    """Whether a process of the file runs in this instance, so that what comes too early is kept for it."""
    root = run.main.root
    return run.container(root) == process or any(not t.element and t.process == process for t in root.children.values())


def _others(d: Definition, element: Element, kind: str, name: str) -> Iterator[Element]:
    """Where other executable processes of the file begin with this message or signal. The main process is not among
    them: the store starts instances of it."""
    for process in d.processes.values():
        if process.executable and process.id not in (element.process, d.process_id):
            found = (n for n in entries(d, process.id) if any(e.kind == kind and e.name == name for e in n.events))
            yield from list(found)[:1]


def _open_pool(run: "Run", inside: Definition, start: Element, payload: dict[str, Any]) -> None:
    """Another process of the file begins, beside the first one and in the same instance (BPMN 9.3, 10.5.2)."""
    pool = run.add(run.main.root, "")
    pool.called, pool.process, pool.variables, pool.inner = inside.hash, start.process, {}, inside
    run.put(pool, "entered", True)
    run.later("begin", pool, [start.id], True, payload)


def take_kept(run: "Run", s: Subscription) -> None:
    """A new subscription takes a message of another pool that came before it."""
    root = run.main.root
    kept = (root.extra or {}).get("b")
    if not kept:
        return
    for number, (name, key, payload) in enumerate(kept):
        if takes(run, s, name, key, payload):
            run.keep(root, "b", kept[:number] + kept[number + 1 :])
            claim(run, s, key, payload)
            return
