"""Copies of a state in memory: one state is the beginning of many steps, and reading its text again for each of them
would cost more than the step."""

from engine.bpmn.state import Host, Incident, Part, Subscription, Token

_SHARED = Token(Part(""), 0, "")  # where the shared empty tables are found


def copy(part: Part, host: Token | None = None) -> Part:
    """A part that shares nothing with the given one that a step would change. `host`: the token whose child it is."""
    made = Part(part.id, part.next)
    made.host = host
    made.ended, made.output, made.waits = part.ended, part.output, dict(part.waits) if part.waits else {}
    tokens = made.tokens
    for number, token in part.tokens.items():
        tokens[number] = _token(made, token)
    for number, token in tokens.items():
        if number:
            tokens[token.scope].hold(token)
    for number in part.joins:
        made.joins[number] = tokens[number]
    for number, s in part.subscriptions.items():
        again = Subscription(
            made, s.number, s.owner, s.kind, s.element, s.event, s.due, s.interval, s.repeats, s.name, s.key, s.was
        )
        made.subscriptions[number] = again
        tokens[s.owner].hold(again)
    for number, i in part.incidents.items():
        trouble = Incident(made, i.number, i.owner, i.action, i.code, i.message)
        made.incidents[number] = trouble
        tokens[i.owner].hold(trouble)
    return made


def _token(part: Part, token: Token) -> Token:
    made = Token.__new__(Token)
    made.part = part
    made.number = token.number
    made.element = token.element
    made.scope = token.scope
    variables = token.variables
    made.variables = dict(variables) if variables else variables if variables is None else {}
    made.flow = token.flow
    made.called = token.called
    made.process = token.process
    host = token.host
    made.host = host if host is None else _host(host)
    made.extra = token.extra
    made.children = _SHARED.children
    made.subscriptions = _SHARED.subscriptions
    made.incidents = _SHARED.incidents
    made.alive = token.alive
    made.entered = token.entered
    made.inner = token.inner
    made.node = token.node
    return made


def _host(host: Host) -> Host:
    queue = None if host.queue is None else list(host.queue)
    outputs = None if host.outputs is None else list(host.outputs)
    waits = dict(host.waits) if host.waits else {}
    return Host(
        host.total, host.active, host.completed, host.terminated, host.sharded, queue, outputs, waits, host.thrown
    )
