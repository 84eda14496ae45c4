"""What can be done to an instance: one function for each stimulus, from the texts of its state to the texts of its
next state.

Each is pure: the same arguments give the same bytes. `Stale` says that what was meant is gone, `NeedShards` asks for
more of the state; both leave everything as it was.
"""

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Any

from engine import errors
from engine.bpmn import behaviours, events, starting, throwing
from engine.bpmn.definition import Definition, Element
from engine.bpmn.faults import AgendaLimit, Stale
from engine.bpmn.run import Env, Outcome, Run
from engine.bpmn.state import Part, Subscription, Token, is_path, load, outermost, shard_of

Variables = Mapping[str, Any]
Shards = Mapping[str, str]
_NOTHING: Shards = {}


def _apply(make: Callable[[], Run], first: Callable[[Run], None]) -> Outcome:
    """Let `first` put items on the agenda, then settle. When they set off too much, none of it happens: each becomes
    an incident."""
    run = make()
    first(run)
    try:
        run.settle()
    except AgendaLimit:
        run = make()
        first(run)
        for action, token, args in list(run.agenda):
            message = f"Expected at most {run.env.agenda_limit} steps without waiting: the model loops."
            run.raise_incident(token, [action, *args], "agenda_limit", message)
            if action in ("enter", "child"):
                token.entered = False
        run.agenda.clear()
    return run.outcome()


def _open(d: Definition, state: str, shards: Shards, now: dt.datetime, env: Env) -> Callable[[], Run]:
    def make() -> Run:
        main = load(state)
        if main.ended is not None:
            raise Stale("instance", "Expected a running instance, but it has ended.")
        return Run(d, env, now, main, shards)

    return make


def start(d: Definition, variables: Variables, now: dt.datetime, env: Env, *, at: str | None = None) -> Outcome:
    """A new instance of the definition's main process, at its start event without a trigger, or at the start event
    `at` whose trigger has happened (then `variables` is what came with it)."""

    def make() -> Run:
        main = Part("")
        main.tokens[0] = Token(main, 0, "", variables={})
        return Run(d, env, now, main)

    def first(run: Run) -> None:
        root = run.main.root
        assert root.variables is not None
        root.variables.update(variables)
        run.later("begin", root, *starting.where(d, at))

    return _apply(make, first)


def complete(
    d: Definition, state: str, shards: Shards, task: str, variables: Variables, now: dt.datetime, env: Env
) -> Outcome:
    """A person's task or a job is done; its variables go where the element's mappings say."""

    def first(run: Run) -> None:
        s = _listener(run, task)
        if s is not None:
            owner = s.part.tokens[s.owner]
            run.emit(owner, {"e": "job.completed", "job": task})
            run.later("asked", owner, s.number, dict(variables))
            return
        token, element = _task(run, task)
        for incident in list(token.incidents.values()):
            run.resolve(incident, token)
        if behaviours.is_job(element):
            run.emit(token, {"e": "job.completed", "job": task})
        else:
            run.emit(token, {"e": "task.completed", "task": task, "el": element.id, "shard": run.shard_id(token)})
        run.later("done", token, dict(variables))

    return _apply(_open(d, state, shards, now, env), first)


def throw_error(
    d: Definition,
    state: str,
    shards: Shards,
    task: str,
    error_code: str,
    variables: Variables,
    now: dt.datetime,
    env: Env,
    *,
    message: str = "",
) -> Outcome:
    """A job or a task reports an error that the model knows; the diagram catches it, or an incident is raised."""

    def first(run: Run) -> None:
        token, _ = _task(run, task)
        run.later("throw", token, error_code, message, dict(variables))

    return _apply(_open(d, state, shards, now, env), first)


def throw_escalation(
    d: Definition, state: str, shards: Shards, task: str, code: str, now: dt.datetime, env: Env
) -> Outcome:
    """A task reports an escalation that the model knows; the task stays unless what catches it interrupts."""

    def first(run: Run) -> None:
        token, _ = _task(run, task)
        run.later("escalate", token, code)

    return _apply(_open(d, state, shards, now, env), first)


def incident(
    d: Definition, state: str, shards: Shards, task: str, code: str, message: str, now: dt.datetime, env: Env
) -> Outcome:
    """A technical failure outside: the token stays, the incident is recorded, `retry` asks for the job again."""

    def first(run: Run) -> None:
        s = _listener(run, task)
        token = s.part.tokens[s.owner] if s is not None else _task(run, task)[0]
        run.raise_incident(token, ["again"], code, message)

    return _apply(_open(d, state, shards, now, env), first)


def retry(d: Definition, state: str, shards: Shards, incident: str, now: dt.datetime, env: Env) -> Outcome:
    """Run again what failed: one incident by its id, or all of a token by the token's."""

    def first(run: Run) -> None:
        part = _part(run, incident)
        number = int(incident.rpartition(".")[2])
        token = part.tokens.get(number)
        one = part.incidents.get(number)
        found = [one] if one is not None else list(token.incidents.values()) if token is not None else []
        if not found:
            raise Stale(incident)
        for each in found:
            owner = part.tokens[each.owner]
            run.resolve(each, owner)
            action, *args = each.action
            run.later(action, owner, *args)

    return _apply(_open(d, state, shards, now, env), first)


def fire(d: Definition, state: str, shards: Shards, timer: str, now: dt.datetime, env: Env) -> Outcome:
    """A timer is due."""

    def first(run: Run) -> None:
        part = _part(run, timer)
        s = part.subscriptions.get(int(timer.rpartition(".")[2]))
        if s is None or s.kind != "t":
            raise Stale(timer)
        owner = part.tokens[s.owner]
        if _pending(owner, s):
            raise Stale(timer, f"Timer {timer!r} has fired and waits for its incident to be resolved.")
        run.events.append({"e": "timer.fired", "timer": timer})
        run.later("trigger", owner, s.number, None)

    return _apply(_open(d, state, shards, now, env), first)


def deliver(
    d: Definition,
    state: str,
    shards: Shards,
    kind: str,
    name: str,
    payload: Variables,
    now: dt.datetime,
    env: Env,
    *,
    key: str | None = None,
) -> Outcome:
    """A message reaches the oldest subscription of its name and key (in the main state, then in the given shards), a
    signal reaches all of its name. A message that nobody waits for is Stale, a signal that nobody waits for changes
    nothing."""

    def first(run: Run) -> None:
        if kind == "signal":
            throwing.broadcast(run, name, dict(payload))
            return
        if kind != "message":
            raise ValueError(f"Expected message or signal, found {kind!r}.")
        directed = _directed(run, name, key)
        if directed is not None:
            run.later("trigger", directed.part.tokens[directed.owner], directed.number, dict(payload))
        elif throwing.correlate(run, name, key, dict(payload)) is None:
            raise Stale(name, f"Expected a subscription to the message {name!r}, but nothing waits for it.")

    return _apply(_open(d, state, shards, now, env), first)


def _directed(run: Run, name: str, key: str | None) -> Subscription | None:
    """The caller may give just the shard that waits; then the others are not needed."""
    for part_id in ("", *sorted(run.given, key=lambda i: [int(n) for n in i.split(".")])):
        part = run.part(part_id)
        for s in part.subscriptions.values():
            if (
                s.kind == "m"
                and s.name == name
                and (s.key is None or s.key == key)
                and not _pending(part.tokens[s.owner], s)
            ):
                return s
    return None


def cancel(d: Definition, state: str, shards: Shards, now: dt.datetime, env: Env) -> Outcome:
    """The whole instance is withdrawn."""

    def first(run: Run) -> None:
        run.clear(run.main.root, pools=True)
        run.agenda.clear()
        run.end("cancelled")

    return _apply(_open(d, state, shards, now, env), first)


def cancel_task(d: Definition, state: str, shards: Shards, task: str, now: dt.datetime, env: Env) -> Outcome:
    """One child of a multi-instance is taken back: by the id of its task, or of its token or shard."""

    def first(run: Run) -> None:
        child = _child(run, task)
        run.later("withdraw", child)

    return _apply(_open(d, state, shards, now, env), first)


def _child(run: Run, task: str) -> Token:
    if not is_path(task) and is_path(f"{task}.0"):
        task = f"{task}.0"
    token = _part(run, task).tokens.get(int(task.rpartition(".")[2]))
    at: Token | None = token
    while at is not None and not run.is_child(at):
        at = run.around(at)
    if at is None:
        raise Stale(task, f"Expected {task!r} to be a child of a multi-instance.")
    return at


def activate(
    d: Definition, state: str, shards: Shards, token: str, element: str, now: dt.datetime, env: Env
) -> Outcome:
    """One more activity of an ad-hoc sub-process is started, by the id of its token; Stale when it is not open."""

    def first(run: Run) -> None:
        scope = _part(run, token).tokens.get(int(token.rpartition(".")[2]))
        if scope is None or not scope.element or run.node(scope).type != "adHocSubProcess" or scope.host is not None:
            raise Stale(token)
        if element not in run.inner(scope).containers[scope.element].starts:
            raise errors.Conflict(
                "unknown_element", f"Expected an activity to start, found {element!r}.", element=element
            )
        if run.node(scope).ordering == "Sequential" and scope.children:
            raise errors.Conflict("busy", "Another activity of the sequential ad-hoc sub-process is running.")
        run.later("start", scope, element)

    return _apply(_open(d, state, shards, now, env), first)


def move(d: Definition, state: str, shards: Shards, token: str, target: str, now: dt.datetime, env: Env) -> Outcome:
    """Repair: a token is taken from where it stands, with everything inside it, and enters another element of the same
    scope."""

    def first(run: Run) -> None:
        found = _part(run, token).tokens.get(int(token.rpartition(".")[2]))
        if found is None or not found.element or run.is_child(found):
            raise Stale(token)
        scope = run.scope(found)
        inside = run.inner(scope)
        if target not in inside.containers[run.container(scope)].nodes or inside.elements[target].type in (
            "startEvent",
            "boundaryEvent",
        ):
            raise errors.Conflict(
                "unknown_element", f"Expected an element beside it to move to, found {target!r}.", element=target
            )
        new = run.add(scope, target)
        run.cancel(found)
        run.events.append({"e": "token.moved", "token": token, "el": found.element, "to": new.id, "target": target})
        run.later("enter", new)

    return _apply(_open(d, state, shards, now, env), first)


def _part(run: Run, entity: str) -> Part:
    if not is_path(entity):
        raise Stale(entity)
    return run.part(shard_of(entity))


def _task(run: Run, task: str) -> tuple[Token, Element]:
    """A token that waits for a person or a job worker; Stale when it does not."""
    token = _part(run, task).tokens.get(int(task.rpartition(".")[2]))
    if token is None or not token.element or not token.entered or token.host is not None:
        raise Stale(task)
    element = run.node(token)
    if (element.type != "userTask" and not behaviours.is_job(element)) or events.listener(token) is not None:
        raise Stale(task)
    if any(i.action[0] in ("done", "throw") for i in token.incidents.values()):
        raise Stale(task, f"Task {task!r} is completed and waits for its incident to be resolved.")
    return token, element


def _listener(run: Run, task: str) -> Subscription | None:
    """The listener that waits for a job of this id; Stale when its result is waiting for an incident to be resolved."""
    s = _part(run, task).subscriptions.get(int(task.rpartition(".")[2]))
    if s is None or s.kind != "l":
        return None
    if any(i.action[:2] == ["asked", s.number] for i in s.part.tokens[s.owner].incidents.values()):
        raise Stale(task)
    return s


def _pending(owner: Token, s: Subscription) -> bool:
    return any(i.action[:2] == ["trigger", s.number] for i in owner.incidents.values())


def view(state: str, shards: Shards = _NOTHING) -> list[dict[str, Any]]:
    """Where the instance stands: every token that is not only a scope of others, in order; children of a
    multi-instance only from the shards given (their host is listed in any case, with its counters)."""
    found: list[dict[str, Any]] = []
    for part_id in ("", *sorted(shards, key=lambda i: [int(n) for n in i.split(".")])):
        part = load(state if not part_id else shards[part_id], part_id)
        for token in part.tokens.values():
            if not token.element and not token.incidents:
                continue
            kind = (
                "host"
                if token.host
                else "join"
                if token.flow
                else "scope"
                if token.children or token.called
                else "token"
            )
            row: dict[str, Any] = {
                "token": token.id,
                "element": token.element,
                "scope": f"{part.prefix}{token.scope}" if token.number else shard_of(part_id + ".0").rpartition(".")[0],
                "kind": kind,
                "shard": part_id or None,
            }
            process = _called_by(token)
            if process:
                row["process"] = process
            if token.host:
                row["counters"] = [token.host.total, token.host.active, token.host.completed, token.host.terminated]
            if token.incidents:
                row["incidents"] = [
                    {"incident": i.id, "code": i.code, "message": i.message} for i in token.incidents.values()
                ]
            found.append(row)
    return found


def _called_by(token: Token) -> str | None:
    """The hash of the called definition that a token's element belongs to, as far as this part knows."""
    at = token
    while at.number:
        at = at.part.tokens[at.scope]
        if at.called is not None:
            return at.called
    return None


def variables(state: str) -> dict[str, Any]:
    """The variables of the instance's outermost scope."""
    return outermost(state)


def ended(state: str) -> str | None:
    """How the instance ended, None while it runs."""
    return load(state).ended


def waiting(state: str, shards: Shards = _NOTHING) -> list[dict[str, Any]]:
    """All armed timers and awaited messages, signals and conditions, in order."""
    found: list[dict[str, Any]] = []
    for part_id in ("", *sorted(shards, key=lambda i: [int(n) for n in i.split(".")])):
        part = load(state if not part_id else shards[part_id], part_id)
        for s in part.subscriptions.values():
            kind = {"t": "timer", "m": "message", "s": "signal", "c": "condition", "l": "listener"}[s.kind]
            found.append(
                {
                    "sub": s.id,
                    "kind": kind,
                    "element": s.element,
                    "due": s.due,
                    "name": s.name,
                    "key": s.key,
                    "shard": part_id or None,
                }
            )
    return found
