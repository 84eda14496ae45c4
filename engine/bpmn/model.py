"""Reading BPMN: a file becomes an immutable `Definition`, or the list of everything that is wrong with it.

SpiffWorkflow's parser reads: it finds the processes, indexes their nodes and flows, collects messages, signals,
errors, escalations and correlations, and calls for each flow node the parser that is registered for its tag. Our
parsers are registered for every tag (its extension point `OVERRIDE_PARSER_CLASSES`), because its own refuse much of
what the standard allows; they build `Element` instead of SpiffWorkflow's specs, and none of its runtime is used. The
XML is parsed here, hardened, before it sees it. Only this module imports SpiffWorkflow. What a model must satisfy
beyond being readable is in `checks`.
"""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from lxml import etree
from SpiffWorkflow.bpmn.parser.BpmnParser import BpmnParser
from SpiffWorkflow.bpmn.parser.event_parsers import EventDefinitionParser
from SpiffWorkflow.bpmn.parser.ProcessParser import ProcessParser
from SpiffWorkflow.bpmn.parser.ValidationException import ValidationException

from engine import errors, feel
from engine.bpmn import checks
from engine.bpmn.definition import (
    CONTAINERS,
    EVENTS,
    NODES,
    Assignment,
    Call,
    Container,
    Definition,
    Element,
    EventDefinition,
    Flow,
    InputOutput,
    Job,
    Loop,
    Process,
    Timer,
    Value,
)

BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"
ZEEBE = "http://camunda.org/schema/zeebe/1.0"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
MAX_BYTES = 2_000_000
MAX_ELEMENTS = 20_000

# Children of a process or sub-process that are not flow nodes and that we know.
_FURNITURE = frozenset(
    [
        "documentation",
        "extensionElements",
        "laneSet",
        "sequenceFlow",
        "dataObject",
        "dataObjectReference",
        "dataStoreReference",
        "association",
        "textAnnotation",
        "group",
        "ioSpecification",
        "property",
        "auditing",
        "monitoring",
        "supports",
        "correlationSubscription",
        "resourceRole",
        "performer",
        "humanPerformer",
        "potentialOwner",
        "incoming",
        "outgoing",
        "standardLoopCharacteristics",
        "completionCondition",
        "multiInstanceLoopCharacteristics",
        "dataInputAssociation",
        "dataOutputAssociation",
        "ioBinding",
        "resources",
    ]
)
_EVENTS = ("message", "signal", "timer", "error", "escalation", "conditional", "link", "cancel", "terminate")
_EVENT_KINDS = {f"{kind}EventDefinition": kind for kind in _EVENTS} | {"compensateEventDefinition": "compensation"}

Node = etree._Element


def _tag(name: str) -> str:
    return f"{{{BPMN}}}{name}"


def _zeebe(name: str) -> str:
    return f"{{{ZEEBE}}}{name}"


def _local(node: Node) -> str:
    return str(etree.QName(node).localname)


def _text(node: Node | None) -> str:
    return "" if node is None else "".join(str(t) for t in node.itertext()).strip()


def _refuse(file: str, code: str, message: str, **params: Any) -> errors.DefinitionError:
    return errors.DefinitionError([errors.Problem(file, None, code, message, params)])


def parse_xml(xml: bytes, file: str = "") -> Node:
    """The root of a file that comes from outside: no DOCTYPE, no entities, at most 2 MB and 20,000 elements."""
    if len(xml) > MAX_BYTES:
        raise _refuse(file, "too_large", f"Expected at most {MAX_BYTES} bytes, found {len(xml)}.", limit=MAX_BYTES)
    if b"<!DOCTYPE" in xml.replace(b"\0", b""):  # without NULs, so that UTF-16 is seen as well
        raise _refuse(file, "doctype", "Expected no DOCTYPE: entities and external files are not read.")
    parser = etree.XMLPullParser(
        events=("start",),
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_pis=True,
        remove_comments=True,
    )
    count = 0
    try:
        for at in range(0, len(xml), 65_536):
            parser.feed(xml[at : at + 65_536])
            count += sum(1 for _ in parser.read_events())
            if count > MAX_ELEMENTS:
                raise _refuse(
                    file, "too_many_elements", f"Expected at most {MAX_ELEMENTS} XML elements.", limit=MAX_ELEMENTS
                )
        root: Node = parser.close()
    except etree.XMLSyntaxError as error:
        raise _refuse(file, "xml", f"Expected well-formed XML: {error.msg}.", line=error.lineno) from None
    except (LookupError, ValueError) as error:
        raise _refuse(file, "xml", f"Expected well-formed XML: {error}.") from None
    info: Any = root.getroottree().docinfo
    if info.doctype or info.internalDTD is not None:
        raise _refuse(file, "doctype", "Expected no DOCTYPE: entities and external files are not read.")
    return root


def compile(xml: bytes, *, file: str = "", strict: bool = True) -> Definition:
    """The definition in a BPMN file. Strict raises DefinitionError with all problems of the file; lenient opens
    whatever is BPMN and keeps them in `problems` (only what is not XML, not BPMN, too large or has a DOCTYPE still
    raises)."""
    root = parse_xml(xml, file)
    if root.tag != _tag("definitions"):
        raise _refuse(file, "not_bpmn", f"Expected <definitions> of BPMN 2.0 at the top, found <{_local(root)}>.")
    reader = Reader(file)
    definition = reader.read(root, hashlib.sha256(xml).hexdigest())
    problems = [*reader.problems, *checks.problems(definition, reader.broken)]
    if strict and problems:
        raise errors.DefinitionError(problems)
    return replace(definition, problems=tuple(problems))


class Reader(BpmnParser):  # type: ignore[misc]
    """SpiffWorkflow's parser with our node parsers; `problems` gathers what would otherwise stop at the first fault."""

    def __init__(self, file: str) -> None:
        super().__init__()
        self.file = file
        self.problems: list[errors.Problem] = []
        self.broken: set[str] = set()  # elements with a problem of reading, not to be blamed twice
        self.ids: dict[str, Node] = {}
        self.lanes: dict[str, Node] = {}

    def problem(self, element: str | None, code: str, message: str, **params: Any) -> None:
        self.problems.append(errors.Problem(self.file, element, code, message, params))
        if element:
            self.broken.add(element)

    def read(self, root: Node, digest: str) -> Definition:
        """The whole file."""
        self._index(root)
        try:
            self.add_bpmn_xml(root, self.file)
        except ValidationException as error:
            self.problem(getattr(error, "id", None) or None, "unreadable", f"Expected readable BPMN: {error}")
        processes: dict[str, Process] = {}
        elements: dict[str, Element] = {}
        flows: dict[str, Flow] = {}
        containers: dict[str, Container] = {}
        for process_id, parser in self.process_parsers.items():
            node = parser.node
            parser.read()
            processes[process_id] = Process(
                process_id,
                node.get("name") or "",
                node.get("isExecutable", "true") == "true",
                _documentation(node),
                _properties(node),
            )
            elements.update(parser.spec.task_specs)
            flows.update(parser.flows)
            containers.update(parser.containers())
        main = self._main(processes, containers)
        return Definition(
            hash=digest,
            file=self.file,
            process_id=main,
            name=processes[main].name if main else "",
            processes=processes,
            elements=elements,
            flows=flows,
            containers=containers,
            message_flows=tuple(
                (f.get("sourceRef") or "", f.get("targetRef") or "") for f in root.iter(_tag("messageFlow"))
            ),
        )

    def _main(self, processes: dict[str, Process], containers: dict[str, Container]) -> str:
        """The process that is started: the first executable one with content, else the first with content."""
        filled = [p for p in processes.values() if containers[p.id].nodes]
        if not filled:
            self.problem(None, "no_process", "Expected a process with at least one element.")
            return next(iter(processes), "")
        return next((p.id for p in filled if p.executable), filled[0].id)

    def _index(self, root: Node) -> None:
        """Ids and lanes of the file. What must have an id and has none is given one, so that reading can go on."""
        ours = {
            _tag(t) for t in (*NODES, "process", "sequenceFlow", "message", "signal", "error", "escalation", "lane")
        }
        ours |= {_tag("correlationProperty")}
        for number, node in enumerate(root.iter(etree.Element)):
            node_id = node.get("id")
            if not node_id and node.tag in ours:
                node_id = f"_{_local(node)}_{number}"
                node.set("id", node_id)
                self.problem(node_id, "missing_id", f"Expected an id on the {_local(node)} in line {node.sourceline}.")
            if not node_id or not str(node.tag).startswith(f"{{{BPMN}}}"):
                continue
            if node_id in self.ids:
                self.problem(node_id, "duplicate_id", f"Expected the id {node_id!r} once, found it again.")
                node.set("id", f"{node_id}_{number}")
            self.ids[node.get("id") or ""] = node
        for ref in root.iter(_tag("flowNodeRef")):
            lane = ref.getparent()
            if lane is not None:
                self.lanes[_text(ref)] = lane  # a child lane comes after its parent and wins

    def _add_data_stores(self, bpmn: Node) -> None:
        """Data stores are not run; SpiffWorkflow would refuse those for which it has no class."""

    def _add_diagram_indexes(self, bpmn: Node) -> None:
        """Lanes are read by id in `_index`; where a shape lies means nothing to an execution."""

    def _add_correlations(self, bpmn: Node) -> None:
        try:
            super()._add_correlations(bpmn)
        except ValidationException as error:
            self.problem(None, "correlation", f"Expected complete correlation properties: {error}")

    def expression(self, text: str | None, element: str, what: str) -> feel.Compiled | None:
        """A FEEL expression, with or without the leading "="; None where it is missing or does not parse."""
        text = (text or "").strip().removeprefix("=").strip()
        if not text:
            return None
        try:
            return feel.compile_expression(text)
        except feel.FeelError as error:
            position = getattr(error, "position", None)
            self.problem(element, "feel", f"Expected FEEL in {what}: {error}", text=text, position=position, what=what)
            return None

    def value(self, text: str | None, element: str, what: str) -> Value | None:
        """A literal, or a compiled expression when the text starts with "="."""
        if text is None or not text.strip():
            return None
        if text.lstrip().startswith("="):
            return self.expression(text, element, what)
        return text.strip()


class ProcessReader(ProcessParser):  # type: ignore[misc]
    """One process: SpiffWorkflow indexes it, we walk its flow nodes in the order of the file (never along the flows,
    which would recurse as deep as the process is long)."""

    flows: dict[str, Flow]

    def read(self) -> None:
        """Fill `spec.task_specs` with elements and `flows` with sequence flows."""
        self.spec = _Sheet()
        self.flows = {}
        self.incoming: dict[str, list[str]] = {}
        nodes = {n.get("id"): n for n in self.node.iter(*(_tag(t) for t in NODES))}
        for flow in self.node.iter(_tag("sequenceFlow")):
            self._flow(flow, nodes)
        for node in nodes.values():
            try:
                self.parse_node(node)
            except ValidationException as error:
                self.parser.problem(node.get("id"), "unreadable", f"Expected a readable {_local(node)}: {error}")
        for holder in self.node.iter(_tag("process"), *(_tag(t) for t in CONTAINERS)):
            for child in holder.iterchildren(etree.Element):
                name = _local(child)
                known = str(child.tag).startswith(f"{{{BPMN}}}") and (name in NODES or name in _FURNITURE)
                if not known:
                    self.parser.problem(
                        child.get("id") or holder.get("id"),
                        "unknown_element",
                        f"Expected an element that this engine runs, found <{name}>.",
                        tag=name,
                    )

    def _flow(self, node: Node, nodes: dict[str | None, Node]) -> None:
        flow_id, source, target = node.get("id") or "", node.get("sourceRef"), node.get("targetRef")
        for end, name in ((source, "sourceRef"), (target, "targetRef")):
            if end not in nodes:
                self.parser.problem(
                    flow_id, "missing_target", f"Expected {name} to name a flow node, found {end!r}.", ref=end
                )
        if source not in nodes or target not in nodes:
            return
        condition = node.find(_tag("conditionExpression"))
        text = _text(condition)
        if condition is not None and not text:
            self.parser.problem(flow_id, "missing_condition", "Expected an expression in the condition.")
        self.flows[flow_id] = Flow(
            flow_id,
            str(source),
            str(target),
            node.get("name") or "",
            (_language(self.parser, condition, flow_id) and self.parser.expression(text, flow_id, "the condition"))
            or None,
        )
        self.incoming.setdefault(str(target), []).append(flow_id)

    def outgoing(self, element: str) -> tuple[str, ...]:
        return tuple(f.get("id") for f in self.get_outgoing_sequence_flows(element) if f.get("id") in self.flows)

    def containers(self) -> Iterator[tuple[str, Container]]:
        """The inside of the process and of each of its sub-processes."""
        elements: dict[str, Element] = self.spec.task_specs
        inside: dict[str, list[Element]] = {self.bpmn_id: []}
        for e in elements.values():
            inside.setdefault(e.scope, []).append(e)
            if e.type in CONTAINERS:
                inside.setdefault(e.id, [])
        for container, nodes in inside.items():
            handlers = tuple(e.id for e in nodes if e.event_sub_process)
            nested = container in elements
            ad_hoc = nested and elements[container].type == "adHocSubProcess"
            starts = [e for e in nodes if e.type == "startEvent"]
            if not ad_hoc and starts:
                plain = [e for e in starts if not e.events]
                chosen = plain or ([] if not nested or elements[container].event_sub_process else starts)
            else:
                chosen = [
                    e
                    for e in nodes
                    if not e.incoming
                    and not e.event_sub_process
                    and not e.for_compensation
                    and e.type not in ("boundaryEvent", "startEvent")
                    and not (e.type == "intermediateCatchEvent" and any(x.kind == "link" for x in e.events))
                    and not e.instantiate
                ]
            yield container, Container(container, tuple(e.id for e in nodes), tuple(e.id for e in chosen), handlers)


class _Sheet:
    """What SpiffWorkflow calls the spec: here only the place where its dispatcher looks up what it has parsed."""

    def __init__(self) -> None:
        self.task_specs: dict[str, Element] = {}


class NodeReader(EventDefinitionParser):  # type: ignore[misc]
    """One flow node, registered for every tag."""

    def parse_node(self) -> Element:
        """The element; problems go to the reader."""
        self.reader: Reader = self.process_parser.parser
        node: Node = self.node
        self.id: str = node.get("id") or ""
        kind = _local(node)
        parent = node.getparent()
        assert parent is not None
        scope = parent.get("id") or ""
        process_parser: ProcessReader = self.process_parser
        outgoing = process_parser.outgoing(self.id)
        lane = self._lane()
        boundaries = tuple(b.get("id") for b in process_parser.get_boundary_events(self.id) if b.getparent() is parent)
        default = node.get("default")
        if default and default not in outgoing:
            self.problem(
                "unresolved_reference", f"Expected the default flow {default!r} to leave this element.", ref=default
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
            "for_compensation": node.get("isForCompensation") == "true",
            "compensation_handler": self._compensation_handler(boundaries),
            "instantiate": node.get("instantiate") == "true",
            "parallel_instantiation": node.get("eventGatewayType") == "Parallel",
            "loop": self._loop(),
            "inputs": tuple(self._mappings("input")),
            "outputs": tuple(self._mappings("output")),
            "assignment": self._assignment() if kind == "userTask" else None,
            "form_key": self._form(),
            "job": self._job(),
            "lane": None if lane is None else lane.get("id"),
            "lane_name": None if lane is None else lane.get("name"),
            "documentation": _documentation(node),
            "properties": _properties(node),
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
            values["activation"] = self._expression(node.find(_tag("activationCondition")), "the activation condition")
        elif kind == "adHocSubProcess":
            values |= {
                "ordering": node.get("ordering", "Parallel"),
                "cancel_remaining": node.get("cancelRemainingInstances", "true") == "true",
                "completion": self._expression(node.find(_tag("completionCondition")), "the completion condition"),
            }
        element = Element(**values)
        self.spec.task_specs[self.id] = element
        return element

    def problem(self, code: str, message: str, **params: Any) -> None:
        self.reader.problem(self.id, code, message, **params)

    def _value(self, text: str | None, what: str) -> Value | None:
        return self.reader.value(text, self.id, what)

    def _expression(self, node: Node | None, what: str) -> feel.Compiled | None:
        if node is None or not _language(self.reader, node, self.id):
            return None
        return self.reader.expression(_text(node), self.id, what)

    def _count(self, attribute: str) -> int:
        text = self.node.get(attribute, "1").strip()
        if re.fullmatch(r"[1-9]\d{0,5}", text):
            return int(text)
        self.problem("bad_number", f"Expected a positive number as {attribute}, found {text!r}.")
        return 1

    def _zeebe(self, name: str) -> Node | None:
        found: Node | None = self.node.find(f"{_tag('extensionElements')}/{_zeebe(name)}")
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
            node = self.reader.ids[boundary]
            if node.find(_tag("compensateEventDefinition")) is None and not any(
                self.reader.ids.get(_text(r)) is not None
                and _local(self.reader.ids[_text(r)]) == "compensateEventDefinition"
                for r in node.iterchildren(_tag("eventDefinitionRef"))
            ):
                continue
            for association in self.process_parser.node.iter(_tag("association")):
                ends = (association.get("sourceRef"), association.get("targetRef"))
                if boundary in ends:
                    other = ends[1] if ends[0] == boundary else ends[0]
                    if other is not None and other in self.process_parser.nodes_by_id:
                        return str(other)
            self.reader.problem(
                boundary, "missing_target", "Expected an association from here to the compensating activity."
            )
        return None

    # -- events

    def _events(self) -> Iterator[EventDefinition]:
        for child in self.node.iterchildren(etree.Element):
            name = _local(child)
            if name == "eventDefinitionRef":
                target = self.reader.ids.get(_text(child).rpartition(":")[2])
                if target is None or _local(target) not in _EVENT_KINDS:
                    self.problem(
                        "unresolved_reference", f"Expected an event definition {_text(child)!r}.", ref=_text(child)
                    )
                    continue
                child, name = target, _local(target)
            if name in _EVENT_KINDS and str(child.tag).startswith(f"{{{BPMN}}}"):
                yield self._event(_EVENT_KINDS[name], child)
            elif name.endswith("EventDefinition"):
                self.problem("unknown_element", f"Expected an event definition that this engine runs, found <{name}>.")
        if _local(self.node) in ("receiveTask", "sendTask") and self.node.get("messageRef"):
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
            condition = self._expression(node.find(_tag("condition")), "the condition")
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
        self.problem("unresolved_reference", f"Expected a {kind} {ref!r} in the file.", ref=ref)
        return None

    def _named(self, event: EventDefinition, node: Node) -> EventDefinition:
        kind = event.kind
        target = self._referenced(node, f"{kind}Ref", kind)
        if target is None:
            if node.get(f"{kind}Ref") is None:
                own = self.node.get("name")
                if not own:
                    self.problem("unresolved_reference", f"Expected a {kind} to be referenced.", ref=None)
                return replace(event, name=own or self.id)
            return replace(event, name=self.id)
        key: Value | None = None
        if kind == "message":
            subscription = target.find(f"{_tag('extensionElements')}/{_zeebe('subscription')}")
            if subscription is not None:
                key = self._value(subscription.get("correlationKey"), "the correlation key")
        name = self._value(target.get("name"), f"the name of the {kind}")
        if name is None and not target.get("name"):
            self.reader.problem(target.get("id"), "missing_name", f"Expected a name on the {kind}.")
        return replace(event, name=name or target.get("id"), key=key)

    def _coded(self, event: EventDefinition, node: Node) -> EventDefinition:
        target = self._referenced(node, f"{event.kind}Ref", event.kind if event.kind == "error" else "escalation")
        code = None if target is None else target.get(f"{event.kind}Code") or target.get("name") or target.get("id")
        return replace(
            event,
            code=code,
            code_variable=node.get(_zeebe(f"{event.kind}CodeVariable")),
            message_variable=node.get(_zeebe(f"{event.kind}MessageVariable")),
        )

    def _timer(self, node: Node) -> Timer | None:
        for kind, tag in (("date", "timeDate"), ("duration", "timeDuration"), ("cycle", "timeCycle")):
            child = node.find(_tag(tag))
            if child is None:
                continue
            value = self._value(_text(child), f"the {tag} of the timer")
            if value is not None:
                return Timer(kind, value)
            if not _text(child):
                break
            return None
        self.problem("missing_timer", "Expected a date, a duration or a cycle in the timer event.")
        return None

    # -- activities

    def _loop(self) -> Loop | None:
        standard = self.node.find(_tag("standardLoopCharacteristics"))
        if standard is not None:
            text = standard.get("loopMaximum")
            if text is not None and not text.strip().isdecimal():
                self.problem("bad_number", f"Expected a number as loopMaximum, found {text!r}.")
                text = None
            return Loop(
                "standard",
                condition=self._expression(standard.find(_tag("loopCondition")), "the loop condition"),
                test_before=standard.get("testBefore") == "true",
                maximum=None if text is None else int(text),
            )
        node = self.node.find(_tag("multiInstanceLoopCharacteristics"))
        if node is None:
            return None
        zeebe = node.find(f"{_tag('extensionElements')}/{_zeebe('loopCharacteristics')}")
        loop = Loop(
            "sequential" if node.get("isSequential") == "true" else "parallel",
            cardinality=self._expression(node.find(_tag("loopCardinality")), "the loop cardinality"),
            completion=self._expression(node.find(_tag("completionCondition")), "the completion condition"),
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
            source, target = node.find(_tag("loopDataInputRef")), node.find(_tag("loopDataOutputRef"))
            item, out = node.find(_tag("inputDataItem")), node.find(_tag("outputDataItem"))
            if source is not None:
                loop = replace(
                    loop, collection=self.reader.expression(self._data(_text(source)), self.id, "loopDataInputRef")
                )
            if target is not None and out is not None:
                name = out.get("name") or out.get("id")
                loop = replace(
                    loop,
                    output_collection=self._data(_text(target)),
                    output_element=self.reader.expression(name, self.id, "outputDataItem"),
                )
            if item is not None:
                loop = replace(loop, item=item.get("name") or item.get("id"))
        if loop.collection is None and loop.cardinality is None and self.id not in self.reader.broken:
            self.problem(
                "missing_collection", "Expected an input collection or a cardinality in the multi-instance loop."
            )
        return loop

    def _data(self, ref: str) -> str:
        """The variable that a data input, output, object or property stands for: its name, or its id."""
        node = self.reader.ids.get(ref)
        if node is None:
            return ref
        return str(node.get("name") or ref)

    def _loop_event(self, node: Node, attribute: str) -> EventDefinition | None:
        ref = node.get(attribute)
        if ref is None:
            return None
        target = self.reader.ids.get(ref.rpartition(":")[2])
        if target is None or _local(target) not in _EVENT_KINDS:
            self.problem("unresolved_reference", f"Expected an event definition {ref!r}.", ref=ref)
            return None
        return self._event(_EVENT_KINDS[_local(target)], target)

    def _complex_events(self, node: Node) -> Iterator[tuple[feel.Compiled, EventDefinition]]:
        for definition in node.iterchildren(_tag("complexBehaviorDefinition")):
            condition = self._expression(definition.find(_tag("condition")), "the complex behaviour")
            event = definition.find(_tag("event"))
            for child in () if event is None else event.iterchildren(etree.Element):
                if condition is not None and _local(child) in _EVENT_KINDS:
                    yield condition, self._event(_EVENT_KINDS[_local(child)], child)

    def _mappings(self, kind: str) -> Iterator[InputOutput]:
        mapping = self._zeebe("ioMapping")
        for node in () if mapping is None else mapping.iterchildren(_zeebe(kind)):
            target = (node.get("target") or "").strip()
            source = self._value(node.get("source"), f"the {kind} mapping of {target!r}")
            if not re.fullmatch(r"[^\W\d]\w*(\.[^\W\d]\w*)*", target):
                self.problem(
                    "bad_mapping", f"Expected a variable name as target of the {kind} mapping, found {target!r}."
                )
            elif source is not None:
                yield InputOutput(source, target)
            elif not (node.get("source") or "").strip():
                self.problem("bad_mapping", f"Expected a source for the {kind} mapping of {target!r}.")

    def _assignment(self) -> Assignment:
        who, when, priority = (self._zeebe(n) for n in ("assignmentDefinition", "taskSchedule", "priorityDefinition"))

        def read(node: Node | None, attribute: str) -> Value | None:
            return None if node is None else self._value(node.get(attribute), attribute)

        return Assignment(
            read(who, "assignee"),
            read(who, "candidateGroups"),
            read(who, "candidateUsers"),
            read(when, "dueDate"),
            read(when, "followUpDate"),
            read(priority, "priority"),
        )

    def _form(self) -> str | None:
        form = self._zeebe("formDefinition")
        return None if form is None else form.get("formId") or form.get("formKey") or form.get("externalReference")

    def _job(self) -> Job | None:
        definition = self._zeebe("taskDefinition")
        if definition is None:
            return None
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
            else {h.get("key") or "": h.get("value") or "" for h in headers.iterchildren(_zeebe("header"))},
        )

    def _script(self) -> dict[str, Any]:
        zeebe = self._zeebe("script")
        if zeebe is not None:
            script = self.reader.expression(zeebe.get("expression"), self.id, "the script")
            if script is None and self.id not in self.reader.broken:
                self.problem("missing_script", "Expected an expression in zeebe:script.")
            return {"script": script, "result_variable": zeebe.get("resultVariable") or None}
        node = self.node.find(_tag("script"))
        if node is None or self._zeebe("taskDefinition") is not None:
            return {}
        language = self.node.get("scriptFormat") or "feel"
        if "feel" not in language.lower():
            self.problem(
                "unknown_language", f"Expected FEEL as script language, found {language!r}.", language=language
            )
            return {}
        return {"script": self.reader.expression(_text(node), self.id, "the script")}

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


Reader.OVERRIDE_PARSER_CLASSES = {_tag(name): (NodeReader, Element) for name in NODES}
Reader.PROCESS_PARSER_CLASS = ProcessReader


def _documentation(node: Node) -> str:
    return "\n".join(_text(d) for d in node.iterchildren(_tag("documentation")))


def _properties(node: Node) -> dict[str, str]:
    found = node.find(f"{_tag('extensionElements')}/{_zeebe('properties')}")
    if found is None:
        return {}
    return {p.get("name") or "": p.get("value") or "" for p in found.iterchildren(_zeebe("property"))}


def _language(reader: Reader, node: Node | None, element: str) -> bool:
    """Whether an expression is in FEEL, as all of ours are; a problem where it says otherwise."""
    language = None if node is None else node.get("language")
    if language and "feel" not in language.lower():
        reader.problem(
            element, "unknown_language", f"Expected FEEL as expression language, found {language!r}.", language=language
        )
        return False
    return True
