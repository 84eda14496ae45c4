"""Undoing what was completed: compensation handlers, compensating event sub-processes, cancelled transactions.

A scope remembers its completed activities that can be undone, in order, with the data they had (BPMN 13.5.5). Throwing
compensation takes these records and undoes them one after the other, the last completed first; an activity is undone
at most once. A sub-process without a handler of its own is undone by undoing what was completed inside. The token that
throws waits and works through its queue; a handler tells it when it is done.
"""

from typing import TYPE_CHECKING, Any

from engine.bpmn import events, throwing
from engine.bpmn.definition import CONTAINERS, Element, EventDefinition
from engine.bpmn.faults import Fault
from engine.bpmn.state import Token

if TYPE_CHECKING:
    from engine.bpmn.run import Run

Record = dict[str, Any]  # e element, v variables, c records inside, l records of the turns of a loop, d and p of a call


def remember(run: "Run", token: Token, element: Element) -> None:
    """An activity has completed: its scope (for a turn of a loop, the loop) keeps what undoing it would need."""
    if element.event_sub_process or element.for_compensation:
        return
    inside = (token.extra or {}).get("c")
    if (
        not element.compensation_handler
        and not inside
        and not ((element.type in CONTAINERS or token.called) and _handler(run, token) is not None)
    ):
        return
    record: Record = {"e": element.id}
    if element.loop is not None and not run.is_child(token):
        if not inside:
            return
        record["l"] = inside
    else:
        if token.variables:
            record["v"] = token.values()
        if inside:
            record["c"] = inside
        if token.called is not None:
            record["d"] = token.called
            if token.process is not None:
                record["p"] = token.process
    scope = run.scope(token)
    run.keep(scope, "c", [*(scope.extra or {}).get("c", []), record])


def _handler(run: "Run", scope: Token) -> Element | None:
    """The start event of the compensating event sub-process inside a scope."""
    for start in events.starts(run, scope):
        if any(e.kind == "compensation" for e in start.events):
            return start
    return None


def throw(run: "Run", token: Token, element: Element, event: EventDefinition) -> bool:
    """Compensation is thrown: one activity, or everything in the scope. Whether the token waits for it."""
    scope: Token | None = run.scope(token)
    if scope is not None and scope.element and run.node(scope).event_sub_process:
        scope = run.around(scope)
    while scope is not None:
        records = (scope.extra or {}).get("c", [])
        chosen = [r for r in records if event.activity in (None, r["e"])]
        if chosen or event.activity is None:
            break
        scope = run.around(scope)
    if scope is None or not chosen or scope.part is not token.part:
        return False
    run.keep(scope, "c", [r for r in records if r not in chosen])
    if event.wait:
        _begin(run, token, scope, chosen)
        return True
    beside = run.add(run.scope(token), element.id)
    run.put(beside, "entered", True)
    run.keep(beside, "n", 1)
    _begin(run, beside, scope, chosen)
    return False


def cancel(run: "Run", token: Token, element: Element, event: EventDefinition) -> bool:
    """A transaction is cancelled: its tokens go, what was completed is undone, then its cancel boundary event happens
    (BPMN 13.3.4)."""
    transaction = run.around(token)
    while transaction is not None and (not transaction.element or run.node(transaction).type != "transaction"):
        transaction = run.around(transaction)
    if transaction is None or transaction is not run.scope(token):
        raise Fault("no_transaction", "Expected the cancel end event directly inside a transaction.")
    run.clear(transaction, keep=token)
    names = {s.id for s in events.starts(run, transaction)}
    for s in [s for s in transaction.subscriptions.values() if s.element in names]:
        events.unsubscribe(run, s, transaction)
    records = (transaction.extra or {}).get("c", [])
    run.keep(transaction, "c", None)
    _begin(run, token, transaction, records)
    return True


def _begin(run: "Run", token: Token, scope: Token, records: list[Record]) -> None:
    run.keep(token, "q", records)
    run.keep(token, "o", scope.number)
    run.later("compensate", token)


def compensate(run: "Run", token: Token) -> None:
    """Undo the next record of a token's queue; when none is left, the token goes on."""
    extra = token.extra or {}
    queue: list[Record] = extra.get("q", [])
    if not queue:
        _undone(run, token)
        return
    run.keep(token, "q", queue[:-1])
    record, scope = queue[-1], token.part.tokens[extra["o"]]
    if "l" in record:
        run.keep(token, "q", [*queue[:-1], *record["l"]])
        run.later("compensate", token)
        return
    element = run.inner(scope).elements[record["e"]]
    if element.compensation_handler is not None:
        handler = run.add(scope, element.compensation_handler)
        handler.variables = dict(record["v"]) if "v" in record else None
        run.keep(handler, "w", token.number)
        run.later("enter", handler)
        return
    body = run.add(scope, element.id)
    body.variables = dict(record.get("v", {}))
    body.called, body.process = record.get("d"), record.get("p")
    run.put(body, "entered", True)
    run.emit(body, {"e": "element.entered", "el": element.id, "token": body.id})
    run.keep(body, "w", token.number)
    start = _handler(run, body)
    if start is not None:
        run.keep(body, "c", record.get("c"))
        events.happen(run, body, start, None)
    else:
        _begin(run, body, body, record.get("c", []))


def _undone(run: "Run", token: Token) -> None:
    extra = token.extra or {}
    run.keep(token, "o", None)
    element = run.node(token)
    if "w" in extra:
        settled(run, token)
    elif "n" in extra:
        run.drop(token)
    elif any(e.kind == "cancel" for e in element.events):
        found = next(throwing.catchers(run, run.scope(token), "cancel"), None)
        if found is None or found[0] is not _activity(run, run.scope(token)):
            raise Fault("uncaught_cancel", "Expected a cancel event on the boundary of the transaction.")
        events.happen(run, found[0], found[1], None)
    else:
        run.finish(token, element)


def _activity(run: "Run", token: Token) -> Token:
    """The token that has the boundary events: the host, for a turn of a loop."""
    return run.scope(token) if run.is_child(token) else token


def settled(run: "Run", body: Token) -> None:
    """A sub-process that was entered again to be undone is empty: it is done when its queue is."""
    if body.children or (body.extra or {}).get("q") or "o" in (body.extra or {}):
        return
    run.emit(body, {"e": "element.completed", "el": body.element, "token": body.id})
    handled(run, body)
    run.drop(body)


def handled(run: "Run", token: Token) -> None:
    """A handler is done: whoever waits for it goes on."""
    number = (token.extra or {}).get("w")
    waiter = token.part.tokens.get(number) if number is not None else None
    if waiter is not None:
        run.later("compensate", waiter)
