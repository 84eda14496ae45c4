"""What can be done to a running instance, as acts on a `Run`: each looks whether what is meant is there (`Stale`) and
puts items on the agenda.

`stimuli` applies them to the text of a state, `session` to a state that stays in memory; both give the same.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from engine import errors
from engine.bpmn import behaviours, events, loops, messages, retiming, scopes, starting, throwing
from engine.bpmn.definition import Definition, Element
from engine.bpmn.faults import Stale
from engine.bpmn.run import Run
from engine.bpmn.state import Part, Subscription, Token, in_order, is_path, plain, shard_of

Variables = Mapping[str, Any]
Act = Callable[[Run], None]


def start(d: Definition, variables: Variables, at: str | None = None) -> Act:
    """The main process begins (or that of the element `at`), in a state that has nothing but its root."""
    values = in_order(variables)

    def act(run: Run) -> None:
        root = run.main.root
        assert root.variables is not None
        root.variables.update(values)
        elements, happened = starting.where(d, at)
        if at is not None and d.elements[at].scope != d.process_id:
            root.process = d.elements[at].scope
        run.later("begin", root, elements, happened)

    return act


def give_up(run: Run, act: Act) -> None:
    """Instead of doing what sets off too much: each item of it becomes an incident."""
    act(run)
    for action, token, args in list(run.agenda):
        message = f"Expected at most {run.env.agenda_limit} steps without waiting: the model loops."
        run.raise_incident(token, [action, *args], "agenda_limit", message)
        if action in ("enter", "child"):
            token.entered = False
    run.agenda.clear()


def complete(task: str, variables: Variables) -> Act:
    """A person's task or a job is done; its variables go where the element's mappings say."""
    values = in_order(variables)

    def act(run: Run) -> None:
        s = _listener(run, task) if _part(run, task).subscriptions else None
        if s is not None:
            owner = s.part.tokens[s.owner]
            run.emit(owner, {"e": "job.completed", "job": task})
            run.later("asked", owner, s.number, values)
            return
        token, element = _task(run, task)
        for incident in list(token.incidents.values()):
            run.resolve(incident, token)
        if behaviours.is_job(element):
            run.emit(token, {"e": "job.completed", "job": task})
        else:
            run.emit(token, {"e": "task.completed", "task": task, "el": element.id, "shard": run.shard_id(token)})
        run.later("done", token, values)

    return act


def throw_error(task: str, error_code: str, variables: Variables, message: str = "") -> Act:
    """A job or a task reports an error that the model knows; the diagram catches it, or an incident is raised."""
    values = in_order(variables)

    def act(run: Run) -> None:
        token, _ = _task(run, task)
        run.later("throw", token, error_code, message, values)

    return act


def throw_escalation(task: str, code: str) -> Act:
    """A task reports an escalation that the model knows; the task stays unless what catches it interrupts."""

    def act(run: Run) -> None:
        token, _ = _task(run, task)
        run.later("escalate", token, code)

    return act


def incident(task: str, code: str, message: str) -> Act:
    """A technical failure outside: the token stays, the incident is recorded, `retry` asks for the job again."""

    def act(run: Run) -> None:
        s = _listener(run, task)
        token = s.part.tokens[s.owner] if s is not None else _task(run, task)[0]
        run.raise_incident(token, ["again"], code, message)

    return act


def retry(incident: str) -> Act:
    """Run again what failed: one incident by its id, or all of a token by the token's."""

    def act(run: Run) -> None:
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

    return act


def fire(timer: str) -> Act:
    """A timer is due."""

    def act(run: Run) -> None:
        part = _part(run, timer)
        s = part.subscriptions.get(int(timer.rpartition(".")[2]))
        if s is None or s.kind != "t":
            raise Stale(timer)
        owner = part.tokens[s.owner]
        if messages.pending(s):
            raise Stale(timer, f"Timer {timer!r} has fired and waits for its incident to be resolved.")
        run.events.append({"e": "timer.fired", "timer": timer})
        run.later("trigger", owner, s.number, None)

    return act


def deliver(kind: str, name: str, payload: Variables, key: str | None = None) -> Act:
    """A message reaches the oldest subscription of its name and key (in the main state, then in the given shards), a
    signal reaches all of its name. A message that nobody waits for is Stale, a signal that nobody waits for changes
    nothing."""
    values = in_order(payload)

    def act(run: Run) -> None:
        if kind == "signal":
            throwing.broadcast(run, name, values)
            return
        if kind != "message":
            raise ValueError(f"Expected message or signal, found {kind!r}.")
        directed = _directed(run, name, key, values)
        if directed is not None:
            messages.claim(run, directed, key, values)
        elif messages.correlate(run, name, key, values) is None:
            raise Stale(name, f"Expected a subscription to the message {name!r}, but nothing waits for it.")

    return act


def cancel() -> Act:
    """The whole instance is withdrawn."""

    def act(run: Run) -> None:
        run.clear(run.main.root, pools=True)
        run.agenda.clear()
        run.end("cancelled")

    return act


def cancel_task(task: str) -> Act:
    """One child of a multi-instance is taken back: by the id of its task, or of its token or shard."""

    def act(run: Run) -> None:
        child = _child(run, task)
        run.later("withdraw", child)

    return act


def extend(host: str, items: Sequence[Any]) -> Act:
    """A multi-instance that runs gets more children, one for each item, as if its collection had been longer. Stale
    when it is over; Conflict when it would become too large."""
    values = [in_order({"item": item})["item"] for item in items]

    def act(run: Run) -> None:
        found = _part(run, host).tokens.get(int(host.rpartition(".")[2]))
        if found is None or found.host is None or not found.element:
            raise Stale(host)
        loop = run.node(found).loop
        if loop is None or loop.kind == "standard":
            raise Stale(host, f"Expected {host!r} to be a multi-instance.")
        if found.host.total + len(values) > loops.MAX_CHILDREN:
            raise errors.Conflict("too_many", f"Expected at most {loops.MAX_CHILDREN} instances.")
        if values:
            run.later("extend", found, values)

    return act


def activate(token: str, element: str) -> Act:
    """One more activity of an ad-hoc sub-process is started, by the id of its token; Stale when it is not open."""

    def act(run: Run) -> None:
        scope = _part(run, token).tokens.get(int(token.rpartition(".")[2]))
        if scope is None or not scope.element or run.node(scope).type != "adHocSubProcess" or scope.host is not None:
            raise Stale(token)
        if element not in run.inner(scope).containers[scope.element].starts:
            raise errors.Conflict(
                "unknown_element", f"Expected an activity to start, found {element!r}.", element=element
            )
        if "e" in (scope.extra or {}):
            raise errors.Conflict("busy", "The ad-hoc sub-process is complete but for what still runs.")
        if run.node(scope).ordering == "Sequential" and scope.children:
            raise errors.Conflict("busy", "Another activity of the sequential ad-hoc sub-process is running.")
        run.later("start", scope, element)

    return act


def move(token: str, target: str) -> Act:
    """Repair: a token is taken from where it stands, with everything inside it, and enters another element of the same
    scope."""

    def act(run: Run) -> None:
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

    return act


def set_variables(variables: Variables) -> Act:
    """Repair: variables of the instance get other values. A process that it has called and that was given a variable of
    the same name follows, as long as it has not changed it; the children of multi-instances do not."""
    values = in_order(variables)

    def act(run: Run) -> None:
        root = run.main.root
        for name, new in values.items():
            before = root.variables or {}
            if name in before:
                old = plain(before[name])
                for token in run.main.tokens.values():
                    own = token.variables or {}
                    if token.called is not None and name in own and plain(own[name]) == old:
                        scopes.declare(run, token, name, new)
            scopes.declare(run, root, name, new)
        run.events.append({"e": "variables.set", "names": list(values)})

    return act


def retime(variables: Variables) -> Act:
    """The calendar has changed, or variables of the instance now have other values: due dates and timers are counted
    anew (`retiming`), from the instants at which their tasks were opened and they were armed."""

    def act(run: Run) -> None:
        if variables:
            set_variables(variables)(run)
        retiming.begin(run)

    return act


def _directed(run: Run, name: str, key: str | None, values: Variables) -> Subscription | None:
    """The caller may give just the shard that waits; then the others are not needed."""
    for part_id in ("", *sorted(run.given, key=lambda i: [int(n) for n in i.split(".")])):
        part = run.part(part_id)
        for s in part.subscriptions.values():
            if messages.takes(run, s, name, key, values):
                return s
    return None


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
