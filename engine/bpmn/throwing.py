"""What is thrown, and who catches it: errors and escalations by the innermost catcher, signals by all.

BPMN 10.5.1, 13.5.3. An error or an escalation climbs the scopes from where it is thrown; at each level the event
sub-processes inside come before the boundary, and an event sub-process is not caught by its neighbours.
"""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from engine.bpmn import events
from engine.bpmn.definition import Element, EventDefinition
from engine.bpmn.faults import Fault
from engine.bpmn.state import Token

if TYPE_CHECKING:
    from engine.bpmn.run import Run

Catcher = tuple[Token, Element, EventDefinition]


def catchers(run: "Run", token: Token, kind: str) -> Iterator[Catcher]:
    """Who could catch what a token throws, innermost first: the owner, the catching event, its definition."""
    at: Token | None = token
    while at is not None and (at.element or not at.number):  # what is thrown in one pool is not caught in another
        scope = run.around(at)
        if at.element and not run.is_child(at):
            elements = run.inside(at).elements
            for boundary in run.node(at).boundaries:
                for event in elements[boundary].events:
                    if event.kind == kind:
                        yield at, elements[boundary], event
        handler = bool(at.element) and run.node(at).event_sub_process
        if scope is not None and scope.host is None and not handler:
            for start in events.starts(run, scope):
                for event in start.events:
                    if event.kind == kind:
                        yield scope, start, event
        at = scope


def catcher(run: "Run", token: Token, kind: str, code: str | None) -> Catcher | None:
    """The innermost that catches this code; beside one another, before one that catches all."""
    best: Catcher | None = None
    for found in catchers(run, token, kind):
        if best is not None and (found[0] is not best[0] or found[1].type != best[1].type):
            break
        if found[2].code is not None and found[2].code == code:
            return found
        if found[2].code is None and best is None:
            best = found
    return best


def throw_error(
    run: "Run", token: Token, code: str | None, message: str = "", payload: Mapping[str, Any] | None = None
) -> None:
    """A modelled error goes to whoever catches it; nobody is an incident."""
    found = catcher(run, token, "error", code)
    if found is None:
        raise Fault("uncaught_error", f"Nobody catches the error {code!r}{f': {message}' if message else ''}.")
    owner, element, event = found
    values = dict(payload or {})
    if event.code_variable:
        values[event.code_variable] = code
    if event.message_variable:
        values[event.message_variable] = message
    events.happen(run, owner, element, values)


def escalate(run: "Run", token: Token, code: str | None) -> None:
    """An escalation goes to whoever catches it; if that does not interrupt, or nobody does, the thrower goes on."""
    found = catcher(run, token, "escalation", code)
    caught_by = None if found is None else found[1].id
    run.emit(token, {"e": "escalation.thrown", "el": token.element, "code": code, "caught_by": caught_by})
    if found is not None:
        owner, element, event = found
        events.happen(run, owner, element, {event.code_variable: code} if event.code_variable else None)


def broadcast(run: "Run", name: str, payload: Mapping[str, Any] | None) -> None:
    """A signal reaches everyone who waits for it now."""
    for part in run.below(run.main, f"s:{name}"):
        for s in part.subscriptions.values():
            if s.kind == "s" and s.name == name:
                run.later("trigger", part.tokens[s.owner], s.number, payload)
