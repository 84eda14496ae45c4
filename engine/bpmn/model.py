"""Reading BPMN: a file becomes an immutable `Definition`, or the list of everything that is wrong with it.

SpiffWorkflow's parser reads: it finds the processes, indexes their nodes and flows, collects messages, signals,
errors, escalations and correlations, and calls for each flow node the parser that is registered for its tag. Our
parsers are registered for every tag (its extension point `OVERRIDE_PARSER_CLASSES`), because its own refuse much of
what the standard allows; they build `Element` instead of SpiffWorkflow's specs, and none of its runtime is used. The
XML is parsed here, hardened, before it sees it. Only this module imports SpiffWorkflow. What a model must satisfy
beyond being readable is in `checks`.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from lxml import etree
from SpiffWorkflow.bpmn.parser.BpmnParser import BpmnParser
from SpiffWorkflow.bpmn.parser.event_parsers import EventDefinitionParser
from SpiffWorkflow.bpmn.parser.ProcessParser import ProcessParser
from SpiffWorkflow.bpmn.parser.ValidationException import ValidationException

from engine import errors, feel
from engine.bpmn import checks, naming
from engine.bpmn.definition import (
    ACTIVITIES,
    CONTAINERS,
    NODES,
    Container,
    Correlation,
    Definition,
    Element,
    Flow,
    Process,
    Value,
)
from engine.bpmn.reading import BPMN, Facts, Node, documentation, local, properties, tag, text_of

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
        "supportedInterfaceRef",
        "categoryValueRef",
    ]
)
_BOOLEANS = frozenset(
    [
        "isExecutable",
        "triggeredByEvent",
        "isForCompensation",
        "cancelActivity",
        "isInterrupting",
        "parallelMultiple",
        "instantiate",
        "isSequential",
        "testBefore",
        "cancelRemainingInstances",
        "waitForCompletion",
    ]
)
_GLOBAL = {
    "globalTask": "task",
    "globalUserTask": "userTask",
    "globalManualTask": "manualTask",
    "globalScriptTask": "scriptTask",
    "globalBusinessRuleTask": "businessRuleTask",
}


def _name(ref: str | None) -> str:
    """The id that a reference means, without the prefix of a namespace."""
    return (ref or "").strip().rpartition(":")[2]


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
    if root.tag != tag("definitions"):
        raise _refuse(file, "not_bpmn", f"Expected <definitions> of BPMN 2.0 at the top, found <{local(root)}>.")
    reader = Reader(file)
    definition = reader.read(root, hashlib.sha256(xml).hexdigest())
    found = [*reader.problems, *checks.problems(definition, reader.broken)]
    problems = [naming.named(definition, problem) for problem in found]
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
        self.correlations: dict[str, Correlation] = {}  # by message
        self.written: set[str] = set()  # data objects and properties to which data associations lead
        self.handlers: dict[str, str] = {}  # compensating activity: the boundary event that an association leads from

    def problem(self, element: str | None, code: str, message: str, **params: Any) -> None:
        self.problems.append(errors.Problem(self.file, element, code, message, params))
        if element:
            self.broken.add(element)

    def read(self, root: Node, digest: str) -> Definition:
        """The whole file."""
        self._unfold_global_tasks(root)
        self._index(root)
        try:
            self.add_bpmn_xml(root, self.file)
        except ValidationException as error:
            self.problem(getattr(error, "id", None) or None, "unreadable", f"Expected readable BPMN: {error}")
        self._correlate(root)
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
                documentation(node),
                properties(node),
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
            message_flows=tuple(self._message_flows(root)),
        )

    def _message_flows(self, root: Node) -> Iterator[tuple[str, str]]:
        """Message flows by the ids of what they connect; a pool stands for its process."""
        pools = {p.get("id"): _name(p.get("processRef")) for p in root.iter(tag("participant")) if p.get("processRef")}
        for flow in root.iter(tag("messageFlow")):
            ends = [_name(flow.get(end)) for end in ("sourceRef", "targetRef")]
            yield pools.get(ends[0], ends[0]), pools.get(ends[1], ends[1])

    def _main(self, processes: dict[str, Process], containers: dict[str, Container]) -> str:
        """The process that is started: the first executable one with content, else the first with content."""
        filled = [p for p in processes.values() if containers[p.id].nodes]
        if not filled:
            self.problem(None, "no_process", "Expected a process with at least one element.")
            return next(iter(processes), "")
        return next((p.id for p in filled if p.executable), filled[0].id)

    def _unfold_global_tasks(self, root: Node) -> None:
        """A global task (BPMN 10.3.4) is called like a process: it becomes one, with that single task in it."""
        for node in [n for n in root.iterchildren(etree.Element) if local(n) in _GLOBAL]:
            process = etree.SubElement(root, tag("process"), id=node.get("id") or "", isExecutable="false")
            process.set("name", node.get("name") or "")
            task = etree.SubElement(process, tag(_GLOBAL[local(node)]), id=f"{node.get('id')}_task")
            for name, value in node.attrib.items():
                if name != "id":
                    task.set(name, value)
            for child in list(node):
                task.append(child)
            root.remove(node)

    def _index(self, root: Node) -> None:
        """Ids and lanes of the file. What must have an id and has none is given one, so that reading can go on; a flow
        may be without, the schema does not ask for one and only gateways that join remember it."""
        ours = {tag(t) for t in (*NODES, "process", "message", "signal", "error", "escalation", "lane")}
        ours |= {tag("correlationProperty")}
        for number, node in enumerate(root.iter(etree.Element)):
            node_id = node.get("id")
            if not node_id and node.tag in ours:
                node_id = f"_{local(node)}_{number}"
                node.set("id", node_id)
                self.problem(
                    node_id,
                    "missing_id",
                    f"Expected an id on the {local(node)} in line {node.sourceline}.",
                    tag=local(node),
                    line=node.sourceline,
                )
            if not node_id or not str(node.tag).startswith(f"{{{BPMN}}}"):
                continue
            if node_id in self.ids:
                self.problem(node_id, "duplicate_id", f"Expected the id {node_id!r} once, found it again.")
                node.set("id", f"{node_id}_{number}")
            self.ids[node.get("id") or ""] = node
        self._tidy(root)
        for number, flow in enumerate(root.iter(tag("sequenceFlow"))):
            if not flow.get("id"):
                name = f"{flow.get('sourceRef')}_{flow.get('targetRef')}"
                while name in self.ids:
                    name = f"{name}_{number}"
                flow.set("id", name)
                self.ids[name] = flow
        for association in root.iter(tag("association")):
            ends = association.get("sourceRef") or "", association.get("targetRef") or ""
            for boundary, handler in (ends, ends[::-1]):
                kinds = [local(self.ids[end]) if end in self.ids else "" for end in (boundary, handler)]
                if kinds[0] == "boundaryEvent" and kinds[1] in ACTIVITIES:
                    self.handlers[handler] = boundary
        for association in root.iter(tag("dataOutputAssociation")):
            if association.find(tag("sourceRef")) is not None or association.find(tag("assignment")) is not None:
                self.written.add(self._object(text_of(association.find(tag("targetRef")))))
        for ref in root.iter(tag("loopDataOutputRef")):
            self.written.add(self._object(text_of(ref)))
        for ref in root.iter(tag("flowNodeRef")):
            lane = ref.getparent()
            if lane is not None:
                self.lanes[text_of(ref)] = lane  # a child lane comes after its parent and wins

    def _tidy(self, root: Node) -> None:
        """What the schema allows to write in several ways is written in one: 1 and 0 for true and false, spaces around
        values, and references with the prefix of a namespace."""
        for node in root.iter(etree.Element):
            if not str(node.tag).startswith(f"{{{BPMN}}}"):
                continue
            for name, text in ((str(n), str(t)) for n, t in node.attrib.items()):
                if name in _BOOLEANS:
                    node.set(name, {"1": "true", "0": "false"}.get(text.strip(), text.strip()))
                elif name.endswith("Ref") or name == "default":
                    node.set(name, self._bare(text))
            if local(node).endswith(("Ref", "Refs")) and not len(node):
                node.text = self._bare(text_of(node))

    def _object(self, ref: str) -> str:
        """The data object that a reference means, or what it is."""
        node = self.ids.get(ref)
        return ref if node is None else node.get("dataObjectRef") or ref

    def _bare(self, ref: str) -> str:
        """A reference without the prefix of a namespace, if it then is an id of the file."""
        ref = ref.strip()
        return _name(ref) if ref not in self.ids and _name(ref) in self.ids else ref

    def _correlate(self, root: Node) -> None:
        """What tells the messages of the file apart: correlation keys, their properties in each message, and what a
        process waits for (BPMN 8.4.2). A message that is under several keys goes by the first."""
        in_message: dict[str, dict[str, feel.Compiled]] = {}  # by message and property
        for prop in root.iter(tag("correlationProperty")):
            for found in prop.iterchildren(tag("correlationPropertyRetrievalExpression")):
                path = self._path(found.find(tag("messagePath")), prop)
                if path is not None:
                    in_message.setdefault(_name(found.get("messageRef")), {})[prop.get("id") or ""] = path
        in_process: dict[str, dict[str, dict[str, feel.Compiled]]] = {}  # by key, process and property
        for subscription in root.iter(tag("correlationSubscription")):
            process = subscription.getparent()
            of_key = in_process.setdefault(_name(subscription.get("correlationKeyRef")), {})
            for found in subscription.iterchildren(tag("correlationPropertyBinding")):
                path = self._path(found.find(tag("dataPath")), subscription)
                if path is not None and process is not None:
                    known = of_key.setdefault(process.get("id") or "", {})
                    known[_name(found.get("correlationPropertyRef"))] = path
        for node in root.iter(tag("correlationKey")):
            key = node.get("id") or node.get("name") or ""
            wanted = [_name(text_of(ref)) for ref in node.iterchildren(tag("correlationPropertyRef"))]
            if not wanted:
                continue
            waits = {
                process: tuple(paths[p] for p in wanted)
                for process, paths in in_process.get(key, {}).items()
                if paths.keys() >= set(wanted)
            }
            for message in [m for m, paths in in_message.items() if all(p in paths for p in wanted)]:
                paths = in_message.pop(message)
                self.correlations[message] = Correlation(key, tuple(paths[p] for p in wanted), waits)

    def _path(self, node: Node | None, owner: Node) -> feel.Compiled | None:
        """An expression of a correlation; a problem where there is none."""
        element = owner.get("id") or ""
        if node is None or not text_of(node):
            self.problem(element, "correlation", "Expected complete correlation properties: an expression is missing.")
            return None
        return self.expression(text_of(node), element, "the correlation") if self.is_feel(node, element) else None

    def _add_data_stores(self, bpmn: Node) -> None:
        """Data stores are not run; SpiffWorkflow would refuse those for which it has no class."""

    def _add_diagram_indexes(self, bpmn: Node) -> None:
        """Lanes are read by id in `_index`; where a shape lies means nothing to an execution."""

    def _add_correlations(self, bpmn: Node) -> None:
        try:
            super()._add_correlations(bpmn)
        except ValidationException as error:
            self.problem(None, "correlation", f"Expected complete correlation properties: {error}")

    def is_feel(self, node: Node | None, element: str) -> bool:
        """Whether an expression is in FEEL, as all of ours are; a problem where it says otherwise."""
        language = None if node is None else node.get("language")
        if language and "feel" not in language.lower():
            message = f"Expected FEEL as expression language, found {language!r}."
            self.problem(element, "unknown_language", message, language=language)
            return False
        return True

    def expression(self, text: str | None, element: str, what: str) -> feel.Compiled | None:
        """A FEEL expression, with or without the leading "="; None where it is missing or does not parse."""
        text = (text or "").strip().removeprefix("=").strip()
        if not text:
            return None
        try:
            return feel.compile_expression(text)
        except feel.FeelError as error:
            position, reason = getattr(error, "position", None), getattr(error, "message", str(error))
            message = f"Expected FEEL in {what}: {error}"
            self.problem(element, "feel", message, text=text, position=position, what=what, reason=reason)
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
        nodes = {n.get("id"): n for n in self.node.iter(*(tag(t) for t in NODES))}
        for flow in self.node.iter(tag("sequenceFlow")):
            self._flow(flow, nodes)
        for node in nodes.values():
            try:
                self.parse_node(node)
            except ValidationException as error:
                self.parser.problem(node.get("id"), "unreadable", f"Expected a readable {local(node)}: {error}")
        for holder in self.node.iter(tag("process"), *(tag(t) for t in CONTAINERS)):
            for child in holder.iterchildren(etree.Element):
                name = local(child)
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
                    flow_id, "missing_target", f"Expected {name} to name a flow node, found {end!r}.", ref=end, end=name
                )
        if source not in nodes or target not in nodes:
            return
        condition = node.find(tag("conditionExpression"))
        text = text_of(condition)
        if condition is not None and not text:
            self.parser.problem(flow_id, "missing_condition", "Expected an expression in the condition.")
        self.flows[flow_id] = Flow(
            flow_id,
            str(source),
            str(target),
            node.get("name") or "",
            (self.parser.is_feel(condition, flow_id) and self.parser.expression(text, flow_id, "the condition"))
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
        """Called by SpiffWorkflow's dispatcher."""
        element = Facts(self.process_parser.parser, self.process_parser, self.node).element()
        self.spec.task_specs[element.id] = element
        return element


Reader.OVERRIDE_PARSER_CLASSES = {tag(name): (NodeReader, Element) for name in NODES}
Reader.PROCESS_PARSER_CLASS = ProcessReader
