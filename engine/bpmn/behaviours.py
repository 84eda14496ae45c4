"""What each element does: the registry from element type to what differs from the shared life cycle.

A behaviour has four moments, all of which default to "nothing special": `gather` (may a token that comes in go on, or
does it wait at a join), `start` (what the element does; the default passes), `closed` (the last token inside has gone)
and `withdraw` (it is interrupted). Waiting elements simply return from `start`; `Run.done` continues them.
"""

import datetime as dt
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from engine import dmn, feel
from engine.bpmn import compensation, events, joins, messages, retiming, scopes, throwing, timers
from engine.bpmn.definition import ACTIVITIES, Definition, Element, EventDefinition, Value
from engine.bpmn.faults import Fault
from engine.bpmn.state import Token

if TYPE_CHECKING:
    from engine.bpmn.run import Run

DEFAULT_PRIORITY = 50
MAX_CALL_DEPTH = 100


class Behaviour:
    """Passes: start events, tasks without a kind, manual tasks, exclusive gateways."""

    def gather(self, run: "Run", token: Token, element: Element, flow: str | None) -> bool:
        """Whether the token has to wait at a join."""
        return False

    def start(self, run: "Run", token: Token, element: Element) -> None:
        """What the element does; a waiting element returns without finishing."""
        run.finish(token, element)

    def closed(self, run: "Run", token: Token, element: Element) -> None:
        """Everything inside has come to its end."""
        run.finish(token, element)

    def withdraw(self, run: "Run", token: Token, element: Element) -> None:
        """Tell the world that what `start` asked for is not wanted any more."""


# -- tasks


class Working(Behaviour):
    """Work done outside, by a job worker."""

    def start(self, run: "Run", token: Token, element: Element) -> None:
        want_job(run, token, element)

    def withdraw(self, run: "Run", token: Token, element: Element) -> None:
        if element.job is not None:
            run.emit(token, {"e": "job.cancelled", "job": token.id})


class Task(Working):
    """Work done in place, unless the model gives it to a job worker."""

    def start(self, run: "Run", token: Token, element: Element) -> None:
        if element.job is not None:
            want_job(run, token, element)
        else:
            self.work(run, token, element)

    def work(self, run: "Run", token: Token, element: Element) -> None:
        run.finish(token, element)


class UserTask(Behaviour):
    """Waits for a person."""

    def start(self, run: "Run", token: Token, element: Element) -> None:
        event = task_opened(run, token, element)
        retiming.opened(run, token, element, event["due"], event["follow_up"])
        run.emit(token, event)

    def withdraw(self, run: "Run", token: Token, element: Element) -> None:
        run.emit(token, {"e": "task.cancelled", "task": token.id, "el": element.id, "shard": run.shard_id(token)})


class ScriptTask(Task):
    """FEEL evaluated in place."""

    def work(self, run: "Run", token: Token, element: Element) -> None:
        if element.script is None:
            raise Fault("no_script", "The task has no script.")
        result = scopes.stored(run, element.script, token)
        if element.result_variable:
            scopes.take(run, token, element, {element.result_variable: result})
        elif isinstance(result, dict):
            scopes.take(run, token, element, result)
        run.finish(token, element)


class BusinessRuleTask(Task):
    """A decision evaluated in place."""

    def work(self, run: "Run", token: Token, element: Element) -> None:
        if element.decision is None:
            raise Fault("no_decision", "The task calls no decision.")
        name = scopes.text(run, element.decision, token, "decision id")
        try:
            decision = run.env.decision(name)
        except KeyError:
            raise Fault("unknown_decision", f"There is no decision {name!r}.") from None
        try:
            found = decision.evaluate(scopes.everything(run, token), run.feel_env)
        except dmn.DecisionError as error:
            raise Fault("decision", f"{name}: {error}") from None
        except feel.FeelError as error:
            raise Fault("feel", f"{name}: {error}") from None
        value = scopes.as_json(found.value, name)
        run.emit(
            token,
            {
                "e": "decision.evaluated",
                "el": element.id,
                "token": token.id,
                "decision": name,
                "value": value,
                "explanation": found.explanation,
            },
        )
        scopes.take(run, token, element, {element.result_variable or name: value})
        run.finish(token, element)


class ReceiveTask(Behaviour):
    """Waits for a message."""

    def start(self, run: "Run", token: Token, element: Element) -> None:
        events.wait_for(run, token, element)


class SendTask(Task):
    """Sends a message, by a job worker or by itself."""

    def work(self, run: "Run", token: Token, element: Element) -> None:
        if not _must_wait(run, token):
            self.send(run, token, element)

    def send(self, run: "Run", token: Token, element: Element) -> None:
        for event in element.events:
            throw_message(run, token, element, event)
        run.finish(token, element)


def want_job(run: "Run", token: Token, element: Element) -> None:
    """Ask a job worker for work."""
    job = element.job
    kind = scopes.text(run, job.type, token, "job type") if job is not None else ""
    event: dict[str, Any] = {
        "e": "job.wanted",
        "job": token.id,
        "el": element.id,
        "shard": run.shard_id(token),
        "type": kind,
        "headers": dict(job.headers) if job is not None else {},
        "variables": token.values(),
    }
    run.emit(token, event)


def again(run: "Run", token: Token) -> None:
    """After a technical failure: the same job is wanted once more. A person's task has stayed open."""
    element = run.node(token)
    listener = events.listener(token)
    if listener is not None:
        events.want(run, token, element, listener)
    elif element.type != "userTask" and (element.job is not None or element.type == "serviceTask"):
        want_job(run, token, element)


def _must_wait(run: "Run", token: Token) -> bool:
    """Whether a token that sends a message or a signal has to wait until what is on its way has arrived; `send` is
    called for it then. Which branch is drawn first does not decide whether one hears the other."""
    if run.agenda:
        run.last.append(token)
        run.undo.append(run.last.pop)
    return bool(run.agenda)


def send(run: "Run", token: Token) -> None:
    """Everything else has arrived: the token sends its messages and signals."""
    element = run.node(token)
    (_SEND if element.type == "sendTask" else _THROW).send(run, token, element)


def is_job(element: Element) -> bool:
    """Whether the element, once entered, waits for a job worker."""
    return element.type == "serviceTask" or (element.job is not None and element.type != "userTask")


def task_opened(run: "Run", token: Token, element: Element) -> dict[str, Any]:
    """The event that opens a person's task: who may do it, by when, with which form."""
    a = element.assignment
    assignee = _name(run, a.assignee, token, "the assignee") if a is not None else None
    groups = _names(run, a.groups, token, "candidateGroups") if a is not None else []
    users = _names(run, a.users, token, "candidateUsers") if a is not None else []
    if assignee is None and not groups and not users and element.lane:
        groups = [element.lane]
    child = run.is_child(token)
    own = token.values()
    loop = element.loop
    return {
        "e": "task.opened",
        "task": token.id,
        "el": element.id,
        "shard": run.shard_id(token),
        "name": element.name,
        "assignee": assignee,
        "groups": groups,
        "users": users,
        "due": instant_of(run, a.due, token, "dueDate") if a is not None else None,
        "follow_up": instant_of(run, a.follow_up, token, "followUpDate") if a is not None else None,
        "priority": _priority(run, a.priority, token) if a is not None else DEFAULT_PRIORITY,
        "form": element.form_key,
        "item": own.get(loop.item) if child and loop is not None and loop.item else None,
        "index": own.get("loopCounter") if child else None,
        "host": run.scope(token).id if child else None,
    }


def _name(run: "Run", given: Value | None, token: Token, what: str) -> str | None:
    found = scopes.value(run, given, token)
    if found is None or found == "":
        return None
    if not isinstance(found, str):
        raise Fault("not_text", f"Expected a text as {what}, found {feel.kind(found)}.")
    return found


def _names(run: "Run", given: Value | None, token: Token, what: str) -> list[str]:
    found = scopes.value(run, given, token)
    if found is None:
        return []
    names = found.split(",") if isinstance(found, str) else found
    if not isinstance(names, list) or not all(isinstance(n, str) for n in names):
        raise Fault("not_text", f"Expected a list of texts as {what}, found {feel.kind(found)}.")
    return [n.strip() for n in names if n.strip()]


def instant_of(run: "Run", given: Value | None, token: Token, what: str) -> str | None:
    """The instant of a due or follow-up date: a date alone is its last second, a duration is counted from now."""
    found = scopes.value(run, given, token)
    if found is None or found == "":
        return None
    try:
        if isinstance(found, dt.timedelta | feel.YearsMonths) or (isinstance(found, str) and found.startswith("P")):
            return timers.utc(timers.add(run.now, found))
        return timers.utc(timers.instant(found, end_of_day=True))
    except ValueError as error:
        raise Fault("bad_date", f"{what}: {error}") from None


def _priority(run: "Run", given: Value | None, token: Token) -> int:
    found = scopes.value(run, given, token)
    if found is None:
        return DEFAULT_PRIORITY
    try:
        return max(0, min(100, int(found)))
    except (TypeError, ValueError, OverflowError):
        raise Fault("not_a_number", f"Expected a number as priority, found {found!r:.80}.") from None


# -- gateways


class ParallelGateway(Behaviour):
    """Joins one token of each incoming flow, then forks (BPMN 13.4.1)."""

    def gather(self, run: "Run", token: Token, element: Element, flow: str | None) -> bool:
        if flow is None or len(element.incoming) < 2:
            return False
        joins.wait(run, token, flow)
        if len(token.part.joins) < len(element.incoming):
            return True  # not to sort ten thousand tokens ten thousand times
        by_flow = joins.first_of_each(joins.group(token))
        if len(by_flow) < len(element.incoming):
            return True
        by_flow[flow] = token
        joins.consume(run, token, list(by_flow.values()))
        return False


class InclusiveGateway(Behaviour):
    """Joins what can still come, then forks along every flow whose condition holds (BPMN 13.4.3)."""

    def gather(self, run: "Run", token: Token, element: Element, flow: str | None) -> bool:
        if flow is None or len(element.incoming) < 2:
            return False
        joins.wait(run, token, flow)
        return True


class ComplexGateway(InclusiveGateway):
    """Joins when its activation condition says so (BPMN 13.4.5)."""


class EventBasedGateway(Behaviour):
    """Waits for the first of the events behind it (BPMN 13.4.4)."""

    def start(self, run: "Run", token: Token, element: Element) -> None:
        inside = run.inside(token)
        for flow in element.outgoing:
            target = inside.elements[inside.flows[flow].target]
            for index, event in enumerate(target.events):
                events.subscribe(run, token, target, index, event)


# -- events


class CatchEvent(Behaviour):
    """Waits for what its definition says; a link target passes."""

    def start(self, run: "Run", token: Token, element: Element) -> None:
        events.wait_for(run, token, element)


class ThrowEvent(Behaviour):
    """Throws what its definitions say and goes on; end events too, and then there is no flow to go on along."""

    def start(self, run: "Run", token: Token, element: Element) -> None:
        if element.job is not None:
            want_job(run, token, element)
        elif not any(e.kind in ("message", "signal") for e in element.events) or not _must_wait(run, token):
            self.send(run, token, element)

    def send(self, run: "Run", token: Token, element: Element) -> None:
        for event in element.events:
            if THROW[event.kind](run, token, element, event) or not token.alive:
                return
        run.finish(token, element)

    def withdraw(self, run: "Run", token: Token, element: Element) -> None:
        if element.job is not None:
            run.emit(token, {"e": "job.cancelled", "job": token.id})


def throw_message(run: "Run", token: Token, element: Element, event: EventDefinition) -> bool:
    name = scopes.text(run, event.name, token, "message name")
    key = messages.key_to_send(run, token, event)
    payload = token.values()
    told = {"e": "message.thrown", "el": element.id, "name": name, "key": key, "payload": payload}
    run.emit(token, {**told, "caught_by": messages.send(run, token, element, name, key, payload)})
    return False


def throw_signal(run: "Run", token: Token, element: Element, event: EventDefinition) -> bool:
    name = scopes.text(run, event.name, token, "signal name")
    payload = token.values()
    run.emit(token, {"e": "signal.thrown", "el": element.id, "name": name, "payload": payload})
    throwing.broadcast(run, name, payload)
    messages.announce(run, token, element, name, payload)
    return False


def throw_error(run: "Run", token: Token, element: Element, event: EventDefinition) -> bool:
    throwing.throw_error(run, token, _code(run, token, event), element.name, token.values())
    return True


def throw_escalation(run: "Run", token: Token, element: Element, event: EventDefinition) -> bool:
    throwing.escalate(run, token, _code(run, token, event))
    return False


def _code(run: "Run", token: Token, event: EventDefinition) -> str | None:
    if event.computed is None:
        return event.code
    return scopes.text(run, event.computed, token, f"the code of the {event.kind}")


def terminate(run: "Run", token: Token, element: Element, event: EventDefinition) -> bool:
    """Everything in the same scope ends at once (BPMN 13.5.6); the instance, when that is the scope."""
    scope = run.scope(token)
    run.clear(scope, keep=token)
    run.emit(token, {"e": "element.completed", "el": element.id, "token": token.id})
    run.drop(token)
    if run.around(scope) is None and not scope.children:
        run.end("terminated")
    return True


def follow_link(run: "Run", token: Token, element: Element, event: EventDefinition) -> bool:
    """Go on at the catching link event of the same name (BPMN 10.5.5)."""
    target = run.inside(token).link_target(element, event.link)
    if target is None:
        raise Fault("no_link", f"There is no catching link event {event.link!r}.")
    scope = run.scope(token)
    run.emit(token, {"e": "element.completed", "el": element.id, "token": token.id})
    run.later("enter", run.add(scope, target))
    run.drop(token)
    return True


# What throwing does; true when the token has left or waits.
THROW: dict[str, Callable[["Run", Token, Element, EventDefinition], bool]] = {
    "message": throw_message,
    "signal": throw_signal,
    "error": throw_error,
    "escalation": throw_escalation,
    "terminate": terminate,
    "link": follow_link,
    "compensation": compensation.throw,
    "cancel": compensation.cancel,
}


# -- containers


class SubProcess(Behaviour):
    """A scope of its own."""

    def start(self, run: "Run", token: Token, element: Element) -> None:
        run.open_scope(token)


class AdHocSubProcess(SubProcess):
    """Activities in no fixed order, until the completion condition holds (BPMN 13.3.5). In parallel ordering all start
    at once; in sequential ordering the next one starts when nothing runs. `start_inside` starts one once more."""

    def start(self, run: "Run", token: Token, element: Element) -> None:
        scopes.open_data(run, token)
        events.listen(run, token)
        enabled = self._enabled(run, token, element)
        if element.ordering == "Sequential":
            run.keep(token, "t", enabled[1:])
            enabled = enabled[:1]
        for start in enabled:
            run.later("enter", run.add(token, start))
        if not enabled:
            run.later("close", token)

    def _enabled(self, run: "Run", token: Token, element: Element) -> list[str]:
        """What is to start: everything without incoming flow, or what the model computes (as in Camunda 8)."""
        known = list(run.inner(token).containers[element.id].starts)
        if element.active is None:
            return known
        found = scopes.stored(run, element.active, token)
        if not isinstance(found, list):
            raise Fault("not_a_list", f"Expected a list of activities, found {feel.kind(found)}: {element.active.text}")
        for name in found:
            if name not in known:
                raise Fault("unknown_element", f"Expected an activity to start, found {name!r:.80}.")
        return found

    def closed(self, run: "Run", token: Token, element: Element) -> None:
        extra = token.extra or {}
        if extra.get("t") and "e" not in extra:
            run.keep(token, "t", extra["t"][1:])
            run.later("enter", run.add(token, extra["t"][0]))
        elif element.completion is None or "e" in extra or _enough(run, token, element):
            run.finish(token, element)


def _enough(run: "Run", token: Token, element: Element) -> bool:
    assert element.completion is not None
    return scopes.boolean(run, element.completion, token, "the completion condition")


def left(run: "Run", scope: Token, element: Element) -> None:
    """An element inside a scope has completed: an ad-hoc sub-process tries its condition after each activity."""
    if scope.element and scope.host is None and element.type in ACTIVITIES and not element.event_sub_process:
        around = run.node(scope)
        if around.completion is not None and around.type == "adHocSubProcess":
            run.later("progress", scope)


def progress(run: "Run", scope: Token) -> None:
    """The completion condition of an ad-hoc sub-process is tried; what still runs is withdrawn or waited for."""
    element = run.node(scope)
    if "e" not in (scope.extra or {}) and not _enough(run, scope, element):
        return
    run.keep(scope, "e", 1)
    for token in list(scope.children.values()):  # nothing more begins; what has begun may have to go too
        if element.cancel_remaining or not (token.entered or token.extra):
            run.cancel(token)
    run.later("close", scope)


def start_inside(run: "Run", scope: Token, element: str) -> None:
    """One more activity of an ad-hoc sub-process is started."""
    run.later("enter", run.add(scope, element))


class CallActivity(Behaviour):
    """Another process as a nested scope; its definition is pinned by hash when it starts."""

    def start(self, run: "Run", token: Token, element: Element) -> None:
        call = element.call
        if call is None:
            raise Fault("no_process", "The call activity calls nothing.")
        process = scopes.text(run, call.process, token, "process id")
        digest, definition = _called(run, token, process)
        if not definition.containers[process].starts:
            raise Fault("no_start", f"The process {process!r} has no start event without a trigger.")
        passed = scopes.everything(run, token) if call.pass_parent else token.values()
        run.put(token, "variables", passed)
        run.put(token, "called", digest)
        run.put(token, "process", None if definition.process_id == process else process)
        run.put(token, "inner", definition)
        run.emit(
            token, {"e": "process.called", "el": element.id, "process_id": process, "hash": digest, "scope": token.id}
        )
        run.open_scope(token)

    def closed(self, run: "Run", token: Token, element: Element) -> None:
        if not element.outputs and element.call is not None and element.call.pass_child:
            scope, loop = run.scope(token), element.loop
            own = {"loopCounter", loop.item, loop.output_name} if loop is not None and run.is_child(token) else set()
            for name, value in token.values().items():
                if name not in own:
                    scopes.write(run, scope, name, value, inside=True)
        run.finish(token, element)


def _called(run: "Run", token: Token, process: str) -> tuple[str, Definition]:
    depth = 0
    at: Token | None = token
    while at is not None:
        depth += at.called is not None
        at = run.around(at)
    if depth >= MAX_CALL_DEPTH:
        raise Fault("call_depth", f"Expected at most {MAX_CALL_DEPTH} calls inside each other.")
    inside = run.inside(token)
    if process in inside.processes:
        return inside.hash, inside
    try:
        digest = run.env.process(process)
        definition = run.env.definition(digest)
    except KeyError:
        raise Fault("unknown_process", f"There is no process {process!r}.") from None
    if process not in definition.processes:
        raise Fault("unknown_process", f"There is no process {process!r} in the definition {digest[:12]}.")
    return digest, definition


_PASS, _TASK, _SEND, _THROW, _SCOPE = Behaviour(), Task(), SendTask(), ThrowEvent(), SubProcess()

REGISTRY: dict[str, Behaviour] = {
    "task": _TASK,
    "manualTask": _PASS,
    "userTask": UserTask(),
    "serviceTask": Working(),
    "scriptTask": ScriptTask(),
    "businessRuleTask": BusinessRuleTask(),
    "sendTask": _SEND,
    "receiveTask": ReceiveTask(),
    "callActivity": CallActivity(),
    "subProcess": _SCOPE,
    "transaction": _SCOPE,
    "adHocSubProcess": AdHocSubProcess(),
    "exclusiveGateway": _PASS,
    "parallelGateway": ParallelGateway(),
    "inclusiveGateway": InclusiveGateway(),
    "complexGateway": ComplexGateway(),
    "eventBasedGateway": EventBasedGateway(),
    "startEvent": _PASS,
    "intermediateCatchEvent": CatchEvent(),
    "intermediateThrowEvent": _THROW,
    "boundaryEvent": _PASS,
    "endEvent": _THROW,
}
