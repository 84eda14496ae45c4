"""Activities that happen several times: multi-instance in parallel (children in shards) or in sequence, and the
standard loop.

The token of the activity is the host; it holds the counters and the boundary events. Each turn is a child that lives
one activation of the activity's behaviour and reports back (`child_done`). BPMN 13.3.6 (standard loop) and 13.3.7
(multi-instance).
"""

from typing import TYPE_CHECKING, Any

from engine import feel
from engine.bpmn import behaviours, scopes
from engine.bpmn.definition import Element, Loop
from engine.bpmn.faults import Fault, NeedShards
from engine.bpmn.state import Host, Part, Token, host_of

if TYPE_CHECKING:
    from engine.bpmn.run import Run

MAX_CHILDREN = 100_000


def begin(run: "Run", host: Token, element: Element) -> None:
    """The loop starts: as many children as the collection or the cardinality says, all at once or the first one."""
    loop = element.loop
    assert loop is not None
    if loop.kind == "standard":
        run.put(host, "host", Host(0))
        _turn(run, host, element, loop)
        return
    items = _items(run, host, loop)
    count = len(items)
    counters = Host(count, sharded=loop.kind == "parallel")
    if loop.kind == "sequential":
        counters.queue = items
        counters.outputs = [] if loop.output_collection else None
    else:
        counters.active = count
    run.put(host, "host", counters)
    run.emit(host, {"e": "host.opened", "host": host.id, "el": element.id, "count": count})
    if not count:
        end(run, host, element, "empty")
    elif counters.sharded:
        for number, item in enumerate(items, 1):
            _shard(run, host, element, loop, number, item)
    else:
        _next(run, host, element, loop, 1)


def _items(run: "Run", host: Token, loop: Loop) -> list[Any]:
    if loop.collection is not None:
        found = scopes.stored(run, loop.collection, host)
        if not isinstance(found, list):
            raise Fault("not_a_list", f"Expected a list to loop over, found {feel.kind(found)}: {loop.collection.text}")
        return found
    if loop.cardinality is None:
        raise Fault("not_a_list", "The loop has neither a collection nor a cardinality.")
    number = scopes.stored(run, loop.cardinality, host)
    if not isinstance(number, int) or isinstance(number, bool) or not 0 <= number <= MAX_CHILDREN:
        raise Fault(
            "not_a_number", f"Expected a number from 0 to {MAX_CHILDREN}, found {number!r:.80}: {loop.cardinality.text}"
        )
    return [None] * number


def extend(run: "Run", host: Token, items: list[Any]) -> None:
    """More children for a multi-instance that runs: they count as if they had stood at the end of its collection."""
    element = run.node(host)
    counters, loop = host.host, element.loop
    assert counters is not None and loop is not None
    first = counters.total + 1
    run.put(counters, "total", counters.total + len(items))
    run.emit(host, {"e": "host.extended", "host": host.id, "el": element.id, "count": len(items)})
    if not counters.sharded:
        run.put(counters, "queue", [*(counters.queue or ()), *items])
        return
    run.put(counters, "active", counters.active + len(items))
    for number, item in enumerate(items, first):
        _shard(run, host, element, loop, number, item)


def _locals(loop: Loop, number: int, item: Any) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if loop.output_name is not None:  # what the child will put out is its own from the start, as in Camunda 8
        found[loop.output_name] = None
    found["loopCounter"] = number
    if loop.item is not None:
        found[loop.item] = item
    return found


def _shard(run: "Run", host: Token, element: Element, loop: Loop, number: int, item: Any) -> None:
    part = Part(f"{host.id}.{number}", host=host)
    child = Token(part, 0, element.id, variables=_locals(loop, number, item))
    part.tokens[0] = child
    run.parts[part.id] = part

    def back() -> None:
        run.parts.pop(part.id, None)
        child.alive = False

    run.undo.append(back)
    run.later("child", child)


def _next(run: "Run", host: Token, element: Element, loop: Loop, number: int) -> None:
    """The next child of a sequence."""
    counters = host.host
    assert counters is not None and counters.queue is not None
    item, rest = counters.queue[0], counters.queue[1:]
    run.put(counters, "queue", rest)
    run.put(counters, "active", 1)
    child = run.add(host, element.id)
    child.variables = _locals(loop, number, item)
    run.later("child", child)


def _turn(run: "Run", host: Token, element: Element, loop: Loop) -> None:
    """One more turn of a standard loop, if its condition and its maximum allow it."""
    counters = host.host
    assert counters is not None
    done = counters.completed
    go_on = loop.maximum is None or done < loop.maximum
    if go_on and loop.condition is not None and (done or loop.test_before):
        extra = {"loopCounter": done}
        go_on = scopes.boolean(run, loop.condition, host, "the loop condition", extra)
    elif go_on and loop.condition is None and loop.maximum is None:
        go_on = not done
    if not go_on:
        run.put(host, "host", None)
        run.finish_loop(host, element)
        return
    run.put(counters, "active", 1)
    child = run.add(host, element.id)
    child.variables = {"loopCounter": done + 1}
    run.later("child", child)


def child_enter(run: "Run", child: Token) -> None:
    """A child starts: from here on it is an activity like any other."""
    element = run.node(child)
    run.put(child, "entered", True)
    run.emit(child, {"e": "element.entered", "el": element.id, "token": child.id})
    run.activate(child, element)


def child_done(run: "Run", child: Token, element: Element) -> None:
    """A child has completed: its output is kept, the condition is tried, the next one starts or the loop ends."""
    host = run.scope(child)
    counters, loop = host.host, element.loop
    assert counters is not None and loop is not None
    run.put(counters, "active", counters.active - 1)
    run.put(counters, "completed", counters.completed + 1)
    if loop.kind == "standard":
        run.drop(child)
        _turn(run, host, element, loop)
        return
    output = None
    if loop.output_collection is not None and loop.output_element is not None:
        output = scopes.stored(run, loop.output_element, child)
    satisfied = _satisfied(run, child, host, loop, output)
    items = len(run.agenda)
    _tell_behaviour(run, child, host, element, loop)
    if len(run.agenda) > items:  # the boundary must still be there for what the last child throws
        run.later("counted", child, output, satisfied)
    else:
        counted(run, child, output, satisfied)


def counted(run: "Run", child: Token, output: Any, satisfied: bool) -> None:
    """A child has completed and told so: it goes, and the loop goes on or ends."""
    host = run.scope(child)
    element = run.node(host)
    counters, loop = host.host, element.loop
    if not host.alive or not child.alive or counters is None or loop is None:
        return
    number = host_of(child.part.id)[2] if counters.sharded else counters.completed + counters.terminated
    if counters.outputs is not None:
        run.put(counters, "outputs", [*counters.outputs, output])
    if counters.sharded:
        _retire(run, child, loop, output)
    else:
        run.drop(child)
    _go_on(run, host, element, number, satisfied)


def _tell_behaviour(run: "Run", child: Token, host: Token, element: Element, loop: Loop) -> None:
    """The event that a completed instance throws towards the boundary of its activity (behavior, BPMN table 10.30)."""
    counters = host.host
    assert counters is not None
    if loop.behavior == "None" and loop.none_event is not None:
        behaviours.THROW[loop.none_event.kind](run, host, element, loop.none_event)
    elif loop.behavior == "One" and loop.one_event is not None and not counters.thrown:
        run.put(counters, "thrown", True)
        behaviours.THROW[loop.one_event.kind](run, host, element, loop.one_event)
    elif loop.behavior == "Complex":
        for condition, event in loop.complex_events:
            if host.alive and scopes.boolean(run, condition, child, "the complex behaviour"):
                behaviours.THROW[event.kind](run, host, element, event)


def withdraw(run: "Run", child: Token) -> None:
    """A child is taken back; the loop must not wait for it."""
    host = run.scope(child)
    element = run.node(host)
    counters, loop = host.host, element.loop
    assert counters is not None and loop is not None
    part = child.part
    run.cancel(child)
    if counters.sharded and loop.output_collection is not None:  # its place in the outputs stays, empty
        run.dropped.pop(part.id, None)
        run.parts[part.id] = Part(part.id, ended="done", host=host, waits=part.waits)
    run.put(counters, "active", counters.active - 1)
    run.put(counters, "terminated", counters.terminated + 1)
    if loop.kind == "standard":
        run.put(host, "host", None)
        run.finish_loop(host, element)
        return
    if counters.outputs is not None:
        run.put(counters, "outputs", [*counters.outputs, None])
    satisfied = _satisfied(run, host, host, loop, None)
    _go_on(run, host, element, counters.completed + counters.terminated, satisfied)


def _satisfied(run: "Run", seen_from: Token, host: Token, loop: Loop, output: Any) -> bool:
    """The completion condition, as the child that has just completed sees it."""
    if loop.completion is None:
        return False
    extra: dict[str, Any] = {}
    name = loop.output_collection
    if name is not None and name in loop.completion.variables:
        extra[name] = _outputs(run, host, seen_from, output)
    return scopes.boolean(run, loop.completion, seen_from, "the completion condition", extra)


def _outputs(run: "Run", host: Token, child: Token | None, output: Any) -> list[Any]:
    """What the completed children have put out, in input order; null for those that have not."""
    counters = host.host
    assert counters is not None
    if counters.outputs is not None:
        found = counters.outputs + ([output] if child is not None and child is not host else [])
        return found + [None] * (counters.total - len(found))
    values: list[Any] = []
    missing: list[str] = []
    for number in range(1, counters.total + 1):
        part_id = f"{host.id}.{number}"
        part = run.parts.get(part_id)
        if part is None and part_id not in run.dropped:
            if part_id not in run.given:
                missing.append(part_id)
                continue
            part = run.part(part_id)
        if child is not None and part is child.part:
            values.append(output)
        else:
            values.append(None if part is None else part.output)
    if missing:
        raise NeedShards(host.id, None)
    return values


def _retire(run: "Run", child: Token, loop: Loop, output: Any) -> None:
    """The shard of a completed child goes, or stays with its output alone until the loop ends."""
    if loop.output_collection is None:
        run.drop(child)
        return
    part = child.part
    for incident in list(child.incidents.values()):
        run.resolve(incident, child)
    tokens = part.tokens
    run.put(child, "alive", False)
    run.put(part, "tokens", {})
    run.put(part, "ended", "done")
    run.put(part, "output", output)
    assert not part.subscriptions and len(tokens) == 1


def _go_on(run: "Run", host: Token, element: Element, number: int, satisfied: bool) -> None:
    counters, loop = host.host, element.loop
    assert counters is not None and loop is not None
    if satisfied:
        end(run, host, element, "condition")
    elif counters.queue:
        _next(run, host, element, loop, number + 1)
    elif not counters.active:
        end(run, host, element, "all")


def end(run: "Run", host: Token, element: Element, how: str) -> None:
    """The loop is over: children that still run are withdrawn, the outputs are written, the activity completes."""
    counters, loop = host.host, element.loop
    assert counters is not None and loop is not None
    outputs = _outputs(run, host, None, None) if loop.output_collection is not None else None
    run.clear(host)
    if counters.sharded:
        drop_shards(run, host, how)
    else:
        run.emit(host, {"e": "host.closed", "host": host.id, "el": element.id, "how": how})
    if outputs is not None and loop.output_collection is not None:
        scopes.write(run, run.scope(host), loop.output_collection, outputs, inside=True)
    run.put(host, "host", None)
    run.finish_loop(host, element)


def drop_shards(run: "Run", host: Token, how: str) -> None:
    """All shards of a host go, with everything in them, loaded or not; the store cancels their tasks and timers."""
    run.emit(host, {"e": "host.closed", "host": host.id, "el": host.element, "how": how})
    if host.host is not None and host.host.total:
        run.emit(host, {"e": "shards.dropped", "host": host.id})
    prefix = f"{host.id}."
    gone = {i for i in (*run.parts, *run.given) if i.startswith(prefix) and i not in run.dropped}
    for part_id in sorted(gone, key=lambda i: [int(n) for n in i.split(".")]):
        part = run.parts.pop(part_id, None)
        run.dropped[part_id] = None
        tokens = [t for t in part.tokens.values() if t.alive] if part is not None else []
        for token in tokens:
            token.alive = False
        run.undo.append(lambda p=part, i=part_id, ts=tokens: _restore(run, p, i, ts))  # type: ignore[misc]


def _restore(run: "Run", part: Part | None, part_id: str, tokens: list[Token]) -> None:
    run.dropped.pop(part_id, None)
    if part is not None:
        run.parts[part_id] = part
    for token in tokens:
        token.alive = True
