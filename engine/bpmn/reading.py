"""Reading one flow node: its attributes, event definitions, loop, mappings and the extension elements of `zeebe`.

What is wrong goes to the reader as a problem with the element's id, and reading goes on with what is left.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from lxml import etree

from engine import feel
from engine.bpmn.definition import (
    ACTIVITIES,
    CONTAINERS,
    EVENTS,
    Assignment,
    Call,
    Element,
    EventDefinition,
    InputOutput,
    Job,
    Listener,
    Loop,
    Timer,
    Value,
    variable_of,
)

if TYPE_CHECKING:
    from engine.bpmn.model import ProcessReader, Reader

BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"
ZEEBE = "http://camunda.org/schema/zeebe/1.0"

_EVENTS = ("message", "signal", "timer", "error", "escalation", "conditional", "link", "cancel", "terminate")
EVENT_KINDS = {f"{kind}EventDefinition": kind for kind in _EVENTS} | {"compensateEventDefinition": "compensation"}

Node = etree._Element


def tag(name: str) -> str:
    return f"{{{BPMN}}}{name}"


def zeebe_tag(name: str) -> str:
    return f"{{{ZEEBE}}}{name}"


def local(node: Node) -> str:
    return str(etree.QName(node).localname)


def text_of(node: Node | None) -> str:
    return "" if node is None else "".join(str(t) for t in node.itertext()).strip()


class Facts:
    """What the XML says of one flow node."""

    def __init__(self, reader: "Reader", process: "ProcessReader", node: Node) -> None:
        self.reader, self.process, self.node = reader, process, node
        self.id: str = node.get("id") or ""

    def element(self) -> Element:
        """The element; problems go to the reader."""
        node, process_parser = self.node, self.process
        kind = local(node)
        parent = node.getparent()
        assert parent is not None
        scope = parent.get("id") or ""
        outgoing = process_parser.outgoing(self.id)
        lane = self._lane()
        boundaries: tuple[str, ...] = ()
        if kind in ACTIVITIES:
            found = process_parser.get_boundary_events(self.id)
            boundaries = tuple(b.get("id") for b in found if b.getparent() is parent)
        default = node.get("default")
        if default and default not in outgoing:
            self.problem(
                "unresolved_reference", f"Expected the default flow {default!r} to leave this element.", default=default
            )
            default = None
        events = tuple(self._events()) if kind in EVENTS or kind in ("receiveTask", "sendTask") else ()
        values: dict[str, Any] = {
            "id": self.id,
            "type": kind,
            "name": node.get("name") or "",
            "process": process_parser.bpmn_id,
            "scope": scope,
            "incoming": tuple(process_parser.incoming.get(self.id, ())),
            "outgoing": outgoing,
            "default": default,
            "conditional": any(process_parser.flows[f].condition is not None for f in outgoing) or default is not None,
            "events": events,
            "parallel_multiple": node.get("parallelMultiple") == "true",
            "interrupting": node.get("cancelActivity" if kind == "boundaryEvent" else "isInterrupting", "true")
            == "true",
            "attached_to": node.get("attachedToRef") if kind == "boundaryEvent" else None,
            "boundaries": boundaries,
            "event_sub_process": kind in CONTAINERS and node.get("triggeredByEvent") == "true",
            "for_compensation": node.get("isForCompensation") == "true" or self.id in self.reader.handlers,
            "compensation_handler": self._compensation_handler(boundaries),
            "instantiate": node.get("instantiate") == "true",
            "parallel_instantiation": node.get("eventGatewayType") == "Parallel",
            "loop": self._loop(),
            "data": tuple(self._data_inside()) if kind in CONTAINERS else (),
            "inputs": (*self._associations("Input"), *self._mappings("input")),
            "outputs": (*self._mappings("output"), *self._associations("Output")),
            "assignment": self._assignment() if kind == "userTask" else None,
            "form_key": self._form(),
            "job": self._job(),
            "before": tuple(self._listeners("start", "creating")),
            "after": tuple(self._listeners("completing", "end")),
            "lane": None if lane is None else lane.get("id"),
            "lane_name": None if lane is None else lane.get("name"),
            "documentation": documentation(node),
            "properties": properties(node),
            "start_quantity": self._count("startQuantity"),
            "completion_quantity": self._count("completionQuantity"),
        }
        if kind == "scriptTask":
            values |= self._script()
        elif kind == "businessRuleTask":
            values |= self._decision()
        elif kind == "callActivity":
            values["call"] = self._call()
        elif kind == "complexGateway":
            values["activation"] = self._expression(node.find(tag("activationCondition")), "the activation condition")
        elif kind == "adHocSubProcess":
            zeebe = self._zeebe("adHoc")
            active = None if zeebe is None else zeebe.get("activeElementsCollection")
            values |= {
                "ordering": node.get("ordering", "Parallel"),
                "active": self.reader.expression(active, self.id, "the active elements"),
                "cancel_remaining": node.get("cancelRemainingInstances", "true") == "true",
                "completion": self._expression(node.find(tag("completionCondition")), "the completion condition"),
            }
        return Element(**values)

    def problem(self, code: str, message: str, **params: Any) -> None:
        self.reader.problem(self.id, code, message, **params)

    def _value(self, text: str | None, what: str) -> Value | None:
        return self.reader.value(text, self.id, what)

    def _expression(self, node: Node | None, what: str) -> feel.Compiled | None:
        if node is None or not self.reader.is_feel(node, self.id):
            return None
        return self.reader.expression(text_of(node), self.id, what)

    def _count(self, attribute: str) -> int:
        text = self.node.get(attribute, "1").strip()
        if re.fullmatch(r"[1-9]\d{0,5}", text):
            return int(text)
        self.problem(
            "bad_number", f"Expected a positive number as {attribute}, found {text!r}.", what=attribute, text=text
        )
        return 1

    def _zeebe(self, name: str) -> Node | None:
        found: Node | None = self.node.find(f"{tag('extensionElements')}/{zeebe_tag(name)}")
        return found

    def _lane(self) -> Node | None:
        """The lane that names the node, or the one around its sub-process."""
        node: Node | None = self.node
        while node is not None:
            lane = self.reader.lanes.get(node.get("id") or "")
            if lane is not None:
                return lane
            node = node.getparent()
        return None

    def _compensation_handler(self, boundaries: tuple[str, ...]) -> str | None:
        """The activity that a compensation boundary event of this one points to, by an association."""
        for boundary in boundaries:
            for kind, _ in self._definitions(self.reader.ids[boundary]):
                if kind == "compensation":
                    for handler, of in self.reader.handlers.items():
                        if of == boundary:
                            return handler
                    message = "Expected an association to the compensating activity."
                    self.reader.problem(boundary, "missing_target", message, case="compensation")
        return None

    def _definitions(self, node: Node) -> Iterator[tuple[str, Node]]:
        """The event definitions of an event, written in it or referenced, by kind."""
        for child in node.iterchildren(etree.Element):
            name = local(child)
            if name == "eventDefinitionRef":
                target = self.reader.ids.get(text_of(child).rpartition(":")[2])
                if target is not None and local(target) in EVENT_KINDS:
                    yield EVENT_KINDS[local(target)], target
                elif node is self.node:
                    ref = text_of(child)
                    self.problem("unresolved_reference", f"Expected an event definition {ref!r}.", ref=ref)
            elif name in EVENT_KINDS and str(child.tag).startswith(f"{{{BPMN}}}"):
                yield EVENT_KINDS[name], child
            elif name.endswith("EventDefinition") and node is self.node:
                self.problem(
                    "unknown_element", f"Expected an event definition that this engine runs, found <{name}>.", tag=name
                )

    # -- events

    def _events(self) -> Iterator[EventDefinition]:
        for kind, node in self._definitions(self.node):
            yield self._event(kind, node)
        if local(self.node) in ("receiveTask", "sendTask") and self.node.get("messageRef"):
            yield self._event("message", self.node)

    def _event(self, kind: str, node: Node) -> EventDefinition:
        event = EventDefinition(kind, node.get("id") or "")
        if kind in ("message", "signal"):
            return self._named(event, node)
        if kind in ("error", "escalation"):
            return self._coded(event, node)
        if kind == "timer":
            return replace(event, timer=self._timer(node))
        if kind == "conditional":
            condition = self._expression(node.find(tag("condition")), "the condition")
            if condition is None and self.id not in self.reader.broken:
                self.problem("missing_condition", "Expected a condition in the conditional event.")
            return replace(event, condition=condition)
        if kind == "link":
            name = node.get("name") or self.node.get("name") or ""
            if not name:
                self.problem("missing_name", "Expected a name on the link event.")
            return replace(event, link=name)
        if kind == "compensation":
            return replace(
                event, activity=node.get("activityRef"), wait=node.get("waitForCompletion", "true") == "true"
            )
        return event

    def _referenced(self, node: Node, attribute: str, kind: str) -> Node | None:
        """The message, signal, error or escalation that an event definition names; a problem if there is none."""
        ref = node.get(attribute)
        if ref is None:
            return None
        registry: dict[str, Any] = getattr(self.reader, f"{kind}s")
        for key in (ref, ref.rpartition(":")[2]):
            if key in registry:
                return self.reader.ids.get(key)
        self.problem("unresolved_reference", f"Expected a {kind} {ref!r} in the file.", ref=ref, kind=kind)
        return None

    def _named(self, event: EventDefinition, node: Node) -> EventDefinition:
        kind = event.kind
        target = self._referenced(node, f"{kind}Ref", kind)
        if target is None:
            if node.get(f"{kind}Ref") is None:
                own = self.node.get("name")
                if not own:
                    self.problem("unresolved_reference", f"Expected a {kind} to be referenced.", kind=kind)
                return replace(event, name=own or self.id)
            return replace(event, name=self.id)
        key: Value | None = None
        if kind == "message":
            subscription = target.find(f"{tag('extensionElements')}/{zeebe_tag('subscription')}")
            if subscription is not None:
                key = self._value(subscription.get("correlationKey"), "the correlation key")
        name = self._value(target.get("name"), f"the name of the {kind}")
        if name is None and not target.get("name"):
            self.reader.problem(target.get("id"), "missing_name", f"Expected a name on the {kind}.", kind=kind)
        correlation = self.reader.correlations.get(target.get("id") or "") if kind == "message" else None
        return replace(event, name=name or target.get("id"), key=key, correlation=correlation)

    def _coded(self, event: EventDefinition, node: Node) -> EventDefinition:
        target = self._referenced(node, f"{event.kind}Ref", event.kind if event.kind == "error" else "escalation")
        code = None if target is None else target.get(f"{event.kind}Code") or target.get("name") or target.get("id")
        thrown = (code or "").startswith("=") and local(self.node) not in ("boundaryEvent", "startEvent")
        return replace(
            event,
            code=code,
            computed=self.reader.expression(code, self.id, f"the code of the {event.kind}") if thrown else None,
            code_variable=node.get(zeebe_tag(f"{event.kind}CodeVariable")),
            message_variable=node.get(zeebe_tag(f"{event.kind}MessageVariable")),
        )

    def _timer(self, node: Node) -> Timer | None:
        for kind, name in (("date", "timeDate"), ("duration", "timeDuration"), ("cycle", "timeCycle")):
            child = node.find(tag(name))
            if child is None:
                continue
            value = self._value(text_of(child), f"the {name} of the timer")
            if value is not None:
                return Timer(kind, value)
            if not text_of(child):
                break
            return None
        self.problem("missing_timer", "Expected a date, a duration or a cycle in the timer event.")
        return None

    # -- activities

    def _loop(self) -> Loop | None:
        standard = self.node.find(tag("standardLoopCharacteristics"))
        if standard is not None:
            text = standard.get("loopMaximum")
            if text is not None and not text.strip().isdecimal():
                self.problem(
                    "bad_number", f"Expected a number as loopMaximum, found {text!r}.", what="loopMaximum", text=text
                )
                text = None
            return Loop(
                "standard",
                condition=self._expression(standard.find(tag("loopCondition")), "the loop condition"),
                test_before=standard.get("testBefore") == "true",
                maximum=None if text is None else int(text),
            )
        node = self.node.find(tag("multiInstanceLoopCharacteristics"))
        if node is None:
            return None
        zeebe = node.find(f"{tag('extensionElements')}/{zeebe_tag('loopCharacteristics')}")
        loop = Loop(
            "sequential" if node.get("isSequential") == "true" else "parallel",
            cardinality=self._expression(node.find(tag("loopCardinality")), "the loop cardinality"),
            completion=self._expression(node.find(tag("completionCondition")), "the completion condition"),
            behavior=node.get("behavior", "All"),
            none_event=self._loop_event(node, "noneBehaviorEventRef"),
            one_event=self._loop_event(node, "oneBehaviorEventRef"),
            complex_events=tuple(self._complex_events(node)),
        )
        if zeebe is not None:
            loop = replace(
                loop,
                collection=self.reader.expression(zeebe.get("inputCollection"), self.id, "the input collection"),
                item=zeebe.get("inputElement") or None,
                output_collection=zeebe.get("outputCollection") or None,
                output_element=self.reader.expression(zeebe.get("outputElement"), self.id, "the output element"),
            )
        else:
            source, target = node.find(tag("loopDataInputRef")), node.find(tag("loopDataOutputRef"))
            item, out = node.find(tag("inputDataItem")), node.find(tag("outputDataItem"))
            if source is not None:
                loop = replace(
                    loop, collection=self.reader.expression(self._data(text_of(source)), self.id, "loopDataInputRef")
                )
            if target is not None and out is not None:
                name = out.get("name") or out.get("id")
                loop = replace(
                    loop,
                    output_collection=self._data(text_of(target)),
                    output_element=self.reader.expression(name, self.id, "outputDataItem"),
                )
            if item is not None:
                loop = replace(loop, item=item.get("name") or item.get("id"))
        loop = replace(loop, output_name=variable_of(loop.output_element))
        if loop.collection is None and loop.cardinality is None and self.id not in self.reader.broken:
            self.problem(
                "missing_collection", "Expected an input collection or a cardinality in the multi-instance loop."
            )
        return loop

    def _data_inside(self) -> Iterator[str]:
        """The data objects of a sub-process that live as long as it does (BPMN 10.4.1): those that are written."""
        for child in self.node.iterchildren(tag("dataObject"), tag("property")):
            if child.get("id") in self.reader.written:
                yield self._data(child.get("id") or "")

    def _data(self, ref: str) -> str:
        """The variable that a data input, output, object or property stands for: its name, or its id."""
        node = self.reader.ids.get(ref)
        if node is not None and node.get("dataObjectRef") in self.reader.ids:
            node = self.reader.ids[node.get("dataObjectRef") or ""]
        return ref if node is None else str(node.get("name") or node.get("id"))

    def _loop_event(self, node: Node, attribute: str) -> EventDefinition | None:
        ref = node.get(attribute)
        if ref is None:
            return None
        target = self.reader.ids.get(ref.rpartition(":")[2])
        if target is None or local(target) not in EVENT_KINDS:
            self.problem("unresolved_reference", f"Expected an event definition {ref!r}.", ref=ref)
            return None
        return self._event(EVENT_KINDS[local(target)], target)

    def _complex_events(self, node: Node) -> Iterator[tuple[feel.Compiled, EventDefinition]]:
        for definition in node.iterchildren(tag("complexBehaviorDefinition")):
            condition = self._expression(definition.find(tag("condition")), "the complex behaviour")
            event = definition.find(tag("event"))
            for child in () if event is None else event.iterchildren(etree.Element):
                if condition is not None and local(child) in EVENT_KINDS:
                    yield condition, self._event(EVENT_KINDS[local(child)], child)

    def _mappings(self, kind: str) -> Iterator[InputOutput]:
        mapping = self._zeebe("ioMapping")
        for node in () if mapping is None else mapping.iterchildren(zeebe_tag(kind)):
            target = (node.get("target") or "").strip()
            source = self._value(node.get("source"), f"the {kind} mapping of {target!r}")
            if not re.fullmatch(r"[^\W\d]\w*(\.[^\W\d]\w*)*", target):
                self.problem(
                    "bad_mapping",
                    f"Expected a variable name as target of the {kind} mapping, found {target!r}.",
                    ref=target,
                )
            elif source is not None:
                yield InputOutput(source, target)
            elif not (node.get("source") or "").strip():
                self.problem("bad_mapping", f"Expected a source for the {kind} mapping of {target!r}.", target=target)

    def _associations(self, kind: str) -> Iterator[InputOutput]:
        """Data associations (BPMN 10.4.2) as mappings: a data object into a local variable before, a local one back
        after."""
        for node in self.node.iterchildren(tag(f"data{kind}Association")):
            source, target = node.find(tag("sourceRef")), node.find(tag("targetRef"))
            what = "a data association"
            assignments = list(node.iterchildren(tag("assignment")))
            transformation = node.find(tag("transformation"))
            for assignment in assignments:
                value = self._expression(assignment.find(tag("from")), what)
                name = self._data(text_of(assignment.find(tag("to"))).removeprefix("="))
                if value is not None and name:
                    yield InputOutput(value, name)
            if assignments or target is None:
                continue
            if transformation is not None:
                value = self._expression(transformation, what)
            else:
                value = None if source is None else self._variable(self._data(text_of(source)))
            if value is not None:
                yield InputOutput(value, self._data(text_of(target)))

    def _variable(self, name: str) -> feel.Compiled | None:
        """An expression that reads one variable, whatever characters its name has."""
        try:
            return feel.compile_expression(name, [name])
        except feel.FeelError as error:
            self.problem("bad_mapping", f"Expected the name of a variable, found {name!r}: {error}", ref=name)
            return None

    def _assignment(self) -> Assignment:
        who, when, priority = (self._zeebe(n) for n in ("assignmentDefinition", "taskSchedule", "priorityDefinition"))

        def read(node: Node | None, attribute: str) -> Value | None:
            return None if node is None else self._value(node.get(attribute), attribute)

        assignee, groups, users = self._roles() if who is None else (None, None, None)
        return Assignment(
            read(who, "assignee") or assignee,
            read(who, "candidateGroups") or groups,
            read(who, "candidateUsers") or users,
            read(when, "dueDate"),
            read(when, "followUpDate"),
            read(priority, "priority"),
        )

    def _roles(self) -> tuple[Value | None, Value | None, Value | None]:
        """Assignee, groups and users by the resource roles of the standard (BPMN 10.3.1): an expression of a performer
        is the assignee, of a potential owner a list of groups, both also as `user(…)` and `group(…)`; a resource is
        the group of its name."""
        found: dict[str, list[Value]] = {"assignee": [], "group": [], "user": []}
        for role in self.node.iterchildren(etree.Element):
            kind = local(role)
            if kind not in ("resourceRole", "performer", "humanPerformer", "potentialOwner"):
                continue
            ref, assignment = role.find(tag("resourceRef")), role.find(tag("resourceAssignmentExpression"))
            if ref is not None:
                resource = self.reader.ids.get(text_of(ref).rpartition(":")[2])
                if resource is None:
                    self.problem(
                        "unresolved_reference", f"Expected a resource {text_of(ref)!r} in the file.", ref=text_of(ref)
                    )
                else:
                    found["group"].append(resource.get("name") or resource.get("id") or "")
            elif assignment is not None:
                named = re.findall(r"(user|group)\(([^()]*)\)", text_of(assignment))
                for who, names in named:
                    place = "assignee" if who == "user" and kind.endswith("erformer") else who
                    found[place] += [n.strip() for n in names.split(",")]
                value = None if named else self._expression(next(iter(assignment), assignment), "who may do the task")
                if value is not None:
                    found["assignee" if kind.endswith("erformer") else "group"].append(value)

        def one(values: list[Value]) -> Value | None:
            """One expression, or all the names that were written out."""
            names = [v for v in values if isinstance(v, str)]
            return next((v for v in values if not isinstance(v, str)), ",".join(names) or None)

        return one(found["assignee"]), one(found["group"]), one(found["user"])

    def _form(self) -> str | None:
        form = self._zeebe("formDefinition")
        return None if form is None else form.get("formId") or form.get("formKey") or form.get("externalReference")

    def _job(self) -> Job | None:
        definition = self._zeebe("taskDefinition")
        if definition is None:
            return self._operation()
        kind = self._value(definition.get("type"), "the type of the job")
        if kind is None:
            if not (definition.get("type") or "").strip():
                self.problem("missing_task_definition", "Expected a type in zeebe:taskDefinition.")
            kind = self.id
        headers = self._zeebe("taskHeaders")
        return Job(
            kind,
            {}
            if headers is None
            else {h.get("key") or "": h.get("value") or "" for h in headers.iterchildren(zeebe_tag("header"))},
        )

    def _operation(self) -> Job | None:
        """What a service task, or a send task without a message, says in the elements of the standard: the name of its
        operation, else its implementation, is the type of the job (BPMN 10.3.3)."""
        kind = local(self.node)
        if kind not in ("serviceTask", "sendTask") or (kind == "sendTask" and self.node.get("messageRef")):
            return None
        ref = (self.node.get("operationRef") or "").rpartition(":")[2]
        operation = self.reader.ids.get(ref)
        if operation is not None:
            return Job(operation.get("name") or ref, {})
        if ref:
            self.problem("unresolved_reference", f"Expected an operation {ref!r} in the file.", ref=ref)
        implementation = (self.node.get("implementation") or "").strip()
        return Job(implementation, {}) if implementation and not implementation.startswith("##") else None

    def _listeners(self, *events: str) -> Iterator[Listener]:
        """Execution and task listeners for these moments, in their order. What else a task listener may ask for
        (assigning, updating, canceling) happens outside the kernel."""
        found = []
        for group, name in (("executionListeners", "executionListener"), ("taskListeners", "taskListener")):
            holder = self._zeebe(group)
            found += [] if holder is None else list(holder.iterchildren(zeebe_tag(name)))
        for event in events:
            for node in found:
                if node.get("eventType") == event:
                    kind = self._value(node.get("type"), "the type of the listener")
                    if kind is None:
                        self.problem("missing_task_definition", "Expected a type on the listener.")
                        continue
                    yield Listener(event, Job(kind, {}))

    def _script(self) -> dict[str, Any]:
        zeebe = self._zeebe("script")
        if zeebe is not None:
            script = self.reader.expression(zeebe.get("expression"), self.id, "the script")
            if script is None and self.id not in self.reader.broken:
                self.problem("missing_script", "Expected an expression in zeebe:script.")
            return {"script": script, "result_variable": zeebe.get("resultVariable") or None}
        node = self.node.find(tag("script"))
        if node is None or self._zeebe("taskDefinition") is not None:
            return {}
        language = self.node.get("scriptFormat") or "feel"
        if "feel" not in language.lower():
            self.problem(
                "unknown_language", f"Expected FEEL as script language, found {language!r}.", language=language
            )
            return {}
        return {"script": self.reader.expression(text_of(node), self.id, "the script")}

    def _decision(self) -> dict[str, Any]:
        zeebe = self._zeebe("calledDecision")
        if zeebe is None:
            return {}
        return {
            "decision": self._value(zeebe.get("decisionId"), "the decision id"),
            "result_variable": zeebe.get("resultVariable") or None,
        }

    def _call(self) -> Call | None:
        zeebe = self._zeebe("calledElement")
        text = self.node.get("calledElement") if zeebe is None else zeebe.get("processId")
        if zeebe is None and text and ":" in text and not text.startswith("="):
            prefix, _, name = text.partition(":")
            text = name if prefix in self.node.nsmap else text
        process = self._value(text, "the called process")
        if process is None:
            if self.id not in self.reader.broken:
                self.problem("missing_called_element", "Expected the id of a process to call.")
            return None
        if zeebe is None:
            return Call(process)
        return Call(
            process,
            zeebe.get("propagateAllParentVariables", "true") == "true",
            zeebe.get("propagateAllChildVariables", "true") == "true",
        )


def documentation(node: Node) -> str:
    return "\n".join(text_of(d) for d in node.iterchildren(tag("documentation")))


def properties(node: Node) -> dict[str, str]:
    found = node.find(f"{tag('extensionElements')}/{zeebe_tag('properties')}")
    if found is None:
        return {}
    return {p.get("name") or "": p.get("value") or "" for p in found.iterchildren(zeebe_tag("property"))}
