"""What a definition must satisfy so that it can be run: structure and references, each problem with its element id.

These are faults of the model as BPMN; whether a runnable model is a good one (soundness, roles, forms, deadlines) is
lint's question, not ours.
"""

from collections.abc import Callable, Collection, Iterator

from engine import errors
from engine.bpmn import timers
from engine.bpmn.definition import ACTIVITIES, Definition, Element

_TRIGGERS = {"message", "signal", "timer", "conditional"}
_CATCH_ALL = _TRIGGERS | {"error", "escalation", "compensation"}
# Which event definitions the standard allows where (BPMN 10.5, tables 10.84 to 10.93).
_ALLOWED = {
    "top start": _TRIGGERS,
    "event sub-process start": _CATCH_ALL,
    "sub-process start": set[str](),
    "intermediateCatchEvent": _TRIGGERS | {"link"},
    "intermediateThrowEvent": {"message", "signal", "escalation", "link", "compensation"},
    "boundaryEvent": _CATCH_ALL | {"cancel"},
    "endEvent": {"message", "signal", "error", "escalation", "terminate", "compensation", "cancel"},
}

Report = Callable[..., None]


def problems(definition: Definition, broken: Collection[str]) -> list[errors.Problem]:
    """All structural problems. `broken` are elements that reading has already found fault with."""
    found: list[errors.Problem] = []

    def report(element: str | None, code: str, message: str, **params: object) -> None:
        found.append(errors.Problem(definition.file, element, code, message, params))

    for element in definition.elements.values():
        _flows(definition, element, broken, report)
        if element.id not in broken:
            _content(definition, element, report)
        _events(definition, element, report)
    for flow in definition.flows.values():
        source, target = definition.elements.get(flow.source), definition.elements.get(flow.target)
        if source is not None and target is not None and source.scope != target.scope:
            report(flow.id, "flow_across_scopes", "Expected both ends of the flow in the same process or sub-process.")
    for container in definition.containers.values():
        _container(definition, container.id, report)
    return found


def _flows(d: Definition, e: Element, broken: Collection[str], report: Report) -> None:
    kind = e.type
    if kind == "endEvent" and e.outgoing:
        report(e.id, "flow_not_allowed", "Expected no flow out of an end event.")
    if kind in ("startEvent", "boundaryEvent") and e.incoming:
        report(
            e.id,
            "flow_not_allowed",
            f"Expected no flow into a {'start' if kind == 'startEvent' else 'boundary'} event.",
        )
    if any(event.kind == "link" for event in e.events):
        if kind == "intermediateThrowEvent" and e.outgoing:
            report(e.id, "flow_not_allowed", "Expected no flow out of a throwing link event.")
        if kind == "intermediateCatchEvent" and e.incoming:
            report(e.id, "flow_not_allowed", "Expected no flow into a catching link event.")
    if e.event_sub_process and (e.incoming or e.outgoing):
        report(e.id, "flow_not_allowed", "Expected no flow into or out of an event sub-process.")
    if e.for_compensation and (e.incoming or e.outgoing):
        report(e.id, "flow_not_allowed", "Expected no flow into or out of an activity for compensation.")
    if kind in ("exclusiveGateway", "inclusiveGateway", "complexGateway"):
        if len(e.outgoing) > 1:
            for flow in e.outgoing:
                if flow != e.default and d.flows[flow].condition is None and flow not in broken:
                    report(
                        flow,
                        "missing_condition",
                        f"Expected a condition on the flow, or the flow as default of {e.id!r}.",
                        gateway=e.id,
                    )
    elif kind in ("parallelGateway", "eventBasedGateway"):
        for flow in e.outgoing:
            if d.flows[flow].condition is not None:
                report(flow, "condition_not_allowed", f"Expected no condition on a flow out of the gateway {e.id!r}.")
    if kind == "eventBasedGateway":
        _event_gateway(d, e, report)


def _event_gateway(d: Definition, e: Element, report: Report) -> None:
    if not e.outgoing:
        report(e.id, "missing_target", "Expected at least one event behind the event-based gateway.")
    for flow in e.outgoing:
        target = d.elements[d.flows[flow].target]
        catches = target.type == "receiveTask" or (
            target.type == "intermediateCatchEvent" and not any(x.kind == "link" for x in target.events)
        )
        if not catches:
            report(target.id, "event_gateway_target", "Expected a catching event or a receive task behind the gateway.")


def _content(d: Definition, e: Element, report: Report) -> None:
    kind = e.type
    if kind == "serviceTask" and e.job is None:
        report(e.id, "missing_task_definition", "Expected zeebe:taskDefinition with the type of the job.")
    elif kind == "sendTask" and e.job is None and not e.events:
        report(e.id, "missing_task_definition", "Expected zeebe:taskDefinition or a message to send.")
    elif kind == "businessRuleTask" and e.job is None and e.decision is None:
        report(e.id, "missing_decision", "Expected zeebe:calledDecision with the id of the decision.")
    elif kind == "scriptTask" and e.job is None and e.script is None:
        report(e.id, "missing_script", "Expected zeebe:script with a FEEL expression.")
    elif kind == "receiveTask" and not e.events and not e.instantiate:
        report(e.id, "missing_message", "Expected a message on the receive task.")
    elif kind == "complexGateway" and len(e.incoming) > 1 and e.activation is None:
        report(e.id, "missing_condition", "Expected an activation condition on the complex gateway.")
    if kind == "boundaryEvent":
        host = d.elements.get(e.attached_to or "")
        if host is None or host.type not in ACTIVITIES or host.scope != e.scope:
            report(
                e.id,
                "missing_target",
                f"Expected attachedToRef to name an activity beside it, found {e.attached_to!r}.",
                host=e.attached_to,
            )


def _events(d: Definition, e: Element, report: Report) -> None:
    place = e.type
    if place == "startEvent":
        owner = d.elements.get(e.scope)
        place = (
            "top start"
            if owner is None
            else "event sub-process start"
            if owner.event_sub_process
            else "sub-process start"
        )
    allowed = _ALLOWED.get(place)
    for event in e.events:
        if allowed is not None and event.kind not in allowed:
            report(e.id, "event_not_allowed", f"Expected no {event.kind} event definition here.", kind=event.kind)
        if event.timer is not None and isinstance(event.timer.value, str):
            try:
                timers.check(event.timer.kind, event.timer.value)
            except ValueError as error:
                report(e.id, "bad_timer", f"Expected a timer: {error}.", text=event.timer.value)
        if place == "event sub-process start" and event.kind in ("error", "compensation") and not e.interrupting:
            report(
                e.id,
                "event_not_allowed",
                f"Expected an event sub-process for {event.kind} to interrupt.",
                kind=event.kind,
            )
        if event.activity is not None and event.activity not in d.elements:
            report(
                e.id,
                "unresolved_reference",
                f"Expected an activity {event.activity!r} to compensate.",
                ref=event.activity,
                kind="activity",
            )
        if event.kind == "cancel" and place == "endEvent":
            around = d.elements.get(e.scope)
            if around is None or around.type != "transaction":
                report(e.id, "event_not_allowed", "Expected a cancel end event only in a transaction.", kind="cancel")
    if e.type == "boundaryEvent":
        _boundary(d, e, report)
    elif e.type == "intermediateCatchEvent" and not e.events:
        report(e.id, "missing_event_definition", "Expected what the event waits for.")
    elif e.type == "intermediateThrowEvent":
        for event in e.events:
            if event.kind == "link" and d.link_target(e, event.link) is None:
                report(
                    e.id, "missing_target", f"Expected a catching link event {event.link!r} beside it.", link=event.link
                )


def _boundary(d: Definition, e: Element, report: Report) -> None:
    host = d.elements.get(e.attached_to or "")
    if not e.events:
        report(e.id, "missing_event_definition", "Expected what the boundary event waits for.")
    for event in e.events:
        if event.kind == "cancel" and host is not None and host.type != "transaction":
            report(e.id, "event_not_allowed", "Expected a cancel event only on a transaction.", kind="cancel")
        if event.kind in ("error", "cancel") and not e.interrupting:
            report(e.id, "event_not_allowed", f"Expected a boundary {event.kind} event to interrupt.", kind=event.kind)


def _container(d: Definition, container: str, report: Report) -> None:
    inside = d.containers[container]
    if not inside.nodes:
        return
    starts = [d.elements[n] for n in inside.nodes if d.elements[n].type == "startEvent"]
    owner = d.elements.get(container)
    if owner is None:
        if not inside.starts and not starts and not any(d.elements[n].instantiate for n in inside.nodes):
            report(container, "missing_start", "Expected a start event, or an element without incoming flow.")
    elif owner.event_sub_process:
        triggers = [s for s in starts if s.events]
        if len(starts) != 1 or not triggers:
            report(
                container,
                "missing_start",
                "Expected exactly one start event, with a trigger, in the event sub-process.",
            )
    elif owner.type == "adHocSubProcess":
        for e in (d.elements[n] for n in inside.nodes):
            if e.type in ("startEvent", "endEvent"):
                report(
                    e.id, "event_not_allowed", "Expected no start or end event in an ad-hoc sub-process.", kind=e.type
                )
    elif not inside.starts:
        report(container, "missing_start", "Expected a start event, or an element without incoming flow.")
    for name in _doubles(d, container):
        report(container, "duplicate_link", f"Expected one catching link event {name!r}, found several.", ref=name)


def _doubles(d: Definition, container: str) -> Iterator[str]:
    seen: set[str] = set()
    for node in d.containers[container].nodes:
        e = d.elements[node]
        if e.type == "intermediateCatchEvent":
            for event in e.events:
                if event.kind == "link":
                    if event.link in seen:
                        yield event.link
                    seen.add(event.link)
