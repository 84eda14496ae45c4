"""Gateways that wait for several tokens: parallel when it has one from each flow, inclusive and complex at rest.

Whether another token can still arrive at an inclusive join is only known when nothing else moves (BPMN 13.4.3,
13.4.5), so those joins are looked at when the agenda is empty, one at a time, oldest first.
"""

from typing import TYPE_CHECKING

from engine.bpmn import behaviours
from engine.bpmn.definition import Element
from engine.bpmn.state import Token

if TYPE_CHECKING:
    from engine.bpmn.run import Run


def wait(run: "Run", token: Token, flow: str) -> None:
    """A token stays at a join; it remembers by which flow it came."""
    run.put(token, "flow", flow)
    joins = token.part.joins
    joins[token.number] = token
    run.undo.append(lambda: joins.pop(token.number, None))


def group(token: Token) -> list[Token]:
    """The tokens that wait at the same join of the same scope, oldest first."""
    waiting = token.part.joins.values()
    found = [t for t in waiting if t.scope == token.scope and t.element == token.element]
    return sorted(found, key=lambda t: t.number)


def first_of_each(tokens: list[Token]) -> dict[str, Token]:
    """One token for each flow by which tokens came."""
    by_flow: dict[str, Token] = {}
    for token in tokens:
        if token.flow is not None:
            by_flow.setdefault(token.flow, token)
    return by_flow


def consume(run: "Run", survivor: Token, tokens: list[Token]) -> None:
    """The join takes these tokens; one of them goes on."""
    joins = survivor.part.joins
    if joins.pop(survivor.number, None) is not None:
        run.undo.append(lambda: joins.__setitem__(survivor.number, survivor))
    run.put(survivor, "flow", None)
    for token in tokens:
        if token is not survivor:
            run.drop(token)


def at_rest(run: "Run") -> bool:
    """Put the next join that may go on the agenda; false when nothing moves any more."""
    for part in list(run.parts.values()):
        oldest: dict[tuple[int, str], Token] = {}
        for token in part.joins.values():
            known = oldest.setdefault((token.scope, token.element), token)
            if token.number < known.number:
                oldest[token.scope, token.element] = token
        for token in sorted(oldest.values(), key=lambda t: t.number):
            element = run.node(token)
            if element.type not in ("inclusiveGateway", "complexGateway"):
                continue
            tokens = group(token)
            if any(t.incidents for t in tokens):
                continue
            if behaviours.REGISTRY[element.type].ready(run, token, element, tokens):
                run.later("join", token)
                return True
    return False


def can_still_come(run: "Run", token: Token, element: Element, tokens: list[Token]) -> bool:
    """Whether some other token of the scope can reach a flow on which none waits, without also being able to reach one
    on which one waits (BPMN 13.4.3)."""
    full = first_of_each(tokens).keys()
    empty = [f for f in element.incoming if f not in full]
    if not empty:
        return False
    definition = run.inside(token)
    scope = run.scope(token)
    for other in scope.children.values():
        if other.element == element.id and other.flow is not None:
            continue
        if any(other.element in definition.upstream(f, element.id) for f in empty) and not any(
            other.element in definition.upstream(f, element.id) for f in full
        ):
            return True
    return False


def join(run: "Run", token: Token) -> None:
    """A join that was found ready takes one token of each flow and goes on."""
    element = run.node(token)
    tokens = group(token)
    consume(run, token, list(first_of_each(tokens).values()))
    run.put(token, "entered", True)
    run.emit(token, {"e": "element.entered", "el": element.id, "token": token.id})
    run.activate(token, element)
