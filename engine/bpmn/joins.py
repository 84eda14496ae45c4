"""Gateways that wait for several tokens: parallel when it has one from each flow, inclusive and complex at rest.

Whether another token can still arrive at an inclusive join is only known when nothing else moves (BPMN 13.4.3,
13.4.5), so those joins are looked at when the agenda is empty, one at a time, oldest first. A complex gateway goes on
when its activation condition holds, then takes no notice of what else arrives on the flows that it still expects,
until it is reset.
"""

from typing import TYPE_CHECKING, Any

from engine.bpmn import scopes
from engine.bpmn.definition import Definition, Element
from engine.bpmn.state import Part, Token

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
    return waiting_at(token.part, token.scope, token.element)


def waiting_at(part: Part, scope: int, element: str) -> list[Token]:
    found = [t for t in part.joins.values() if t.scope == scope and t.element == element]
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


def collect(run: "Run", token: Token, element: Element, flow: str | None) -> bool:
    """An activity that starts with several tokens (startQuantity, BPMN 13.3.1): whether this one still waits for
    others."""
    wait(run, token, flow or "")
    if len(token.part.joins) < element.start_quantity:
        return True
    tokens = group(token)
    if len(tokens) < element.start_quantity:
        return True
    consume(run, token, [t for t in tokens if t is not token][: element.start_quantity - 1])
    return False


def at_rest(run: "Run") -> bool:
    """Put the next join that may go on, or be reset, on the agenda; false when nothing moves any more."""
    for part in list(run.parts.values()):
        oldest: dict[tuple[int, str], Token] = {}
        for token in part.joins.values():
            known = oldest.setdefault((token.scope, token.element), token)
            if token.number < known.number:
                oldest[token.scope, token.element] = token
        for token in sorted(oldest.values(), key=lambda t: t.number):
            element = run.node(token)
            if element.type in ("inclusiveGateway", "complexGateway"):
                tokens = group(token)
                if not any(t.incidents for t in tokens) and _ready(run, token, element, tokens):
                    run.later("join", token)
                    return True
        for token in part.tokens.values():
            if token.extra and "g" in token.extra:
                for gateway in sorted(token.extra["g"]):
                    if _can_reset(run, token, gateway) and not token.incidents:
                        run.later("reset", token, gateway)
                        return True
    return False


def _ready(run: "Run", token: Token, element: Element, tokens: list[Token]) -> bool:
    if element.type == "inclusiveGateway":
        full = set(first_of_each(tokens))
        return not can_come(run, run.scope(token), element, full, set(element.incoming) - full)
    if element.id in ((run.scope(token).extra or {}).get("g") or {}):
        return False  # it has gone on and is not reset yet
    if element.activation is None:
        return True
    extra = _counts(element, tokens) | {"waitingForStart": True}
    return scopes.evaluate(run, element.activation, run.scope(token), extra) is True


def _counts(element: Element, tokens: list[Token]) -> dict[str, Any]:
    """What an activation condition may count: flows that have a token, and the tokens of each flow by its id."""
    counts: dict[str, Any] = dict.fromkeys(element.incoming, 0)
    for token in tokens:
        if token.flow is not None:
            counts[token.flow] += 1
    return counts | {"activationCount": len(first_of_each(tokens))}


def can_come(run: "Run", scope: Token, element: Element, full: set[str], empty: set[str]) -> bool:
    """Whether some other token of the scope can reach an empty flow, without also being able to reach a full one (BPMN
    13.4.3)."""
    if not empty:
        return False
    definition = run.inner(scope)
    for other in scope.children.values():
        if other.element == element.id and other.flow is not None:
            continue
        if _reaches(definition, other.element, empty, element.id) and not _reaches(
            definition, other.element, full, element.id
        ):
            return True
    return False


def _reaches(definition: Definition, start: str, flows: set[str], without: str) -> bool:
    return any(start in definition.upstream(f, without) for f in flows)


def join(run: "Run", token: Token) -> None:
    """A join that was found ready takes one token of each flow and goes on."""
    element = run.node(token)
    taken = first_of_each(group(token))
    scope = run.scope(token)
    if element.type == "complexGateway":
        rest = sorted(set(element.incoming) - set(taken))
        if rest:
            run.keep(scope, "g", {**(scope.extra or {}).get("g", {}), element.id: rest})
    consume(run, token, list(taken.values()))
    run.put(token, "entered", True)
    run.emit(token, {"e": "element.entered", "el": element.id, "token": token.id})
    run.activate(token, element)


def _can_reset(run: "Run", scope: Token, gateway: str) -> bool:
    """Whether every flow that a complex gateway still expects has a token, or can get none any more."""
    element = run.inner(scope).elements[gateway]
    expected = set((scope.extra or {})["g"][gateway])
    here = set(first_of_each(waiting_at(scope.part, scope.number, gateway)))
    return not can_come(run, scope, element, set(element.incoming) - expected | here, expected - here)


def reset(run: "Run", scope: Token, gateway: str) -> None:
    """A complex gateway takes the late tokens and can be activated again (BPMN 13.4.5). Only flows whose condition
    asks for waitingForStart are taken now."""
    element = run.inner(scope).elements[gateway]
    memory = (scope.extra or {})["g"]
    late = first_of_each(waiting_at(scope.part, scope.number, gateway))
    run.keep(scope, "g", {k: v for k, v in memory.items() if k != gateway})
    flows = run.inner(scope).flows
    for name in element.outgoing:
        condition = flows[name].condition
        if condition is not None and "waitingForStart" in condition.variables:
            what = f"the condition of {name!r}"
            if scopes.boolean(run, condition, scope, what, {"waitingForStart": False}):
                run.take(scope, flows[name])
    for flow in memory[gateway]:
        if flow in late:
            run.drop(late[flow])
    if not scope.children:
        run.later("close", scope)
