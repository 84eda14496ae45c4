"""What a process model says, read once: immutable, shared between threads and instances, keyed by the file's hash.

Nothing here reads XML (that is `model`) and nothing here runs (that is `run`); expressions are already compiled.
Elements refer to each other by id, as the state of an instance does, so that a state can be carried to another version
of the model.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from engine import errors, feel

# A literal text, or the compiled expression of a text that starts with "=".
Value = str | feel.Compiled

# Flow nodes that own a scope of tokens and variables.
CONTAINERS = frozenset({"subProcess", "transaction", "adHocSubProcess"})
GATEWAYS = frozenset({"exclusiveGateway", "parallelGateway", "inclusiveGateway", "complexGateway", "eventBasedGateway"})
EVENTS = frozenset({"startEvent", "endEvent", "intermediateCatchEvent", "intermediateThrowEvent", "boundaryEvent"})
TASKS = frozenset(
    {
        "task",
        "userTask",
        "manualTask",
        "serviceTask",
        "scriptTask",
        "businessRuleTask",
        "sendTask",
        "receiveTask",
    }
)
ACTIVITIES = TASKS | CONTAINERS | {"callActivity"}
NODES = ACTIVITIES | GATEWAYS | EVENTS


@dataclass(frozen=True, slots=True)
class Flow:
    """A sequence flow; no condition means that it is always taken."""

    id: str
    source: str
    target: str
    name: str = ""
    condition: feel.Compiled | None = None


@dataclass(frozen=True, slots=True)
class InputOutput:
    """One `zeebe:input` or `zeebe:output`: the value of `source` is written to `target`, a name or a dotted path."""

    source: Value
    target: str


@dataclass(frozen=True, slots=True)
class Timer:
    """When a timer event is due: `kind` is date, duration or cycle; the value is a literal or an expression."""

    kind: str
    value: Value


@dataclass(frozen=True, slots=True)
class Correlation:
    """How messages of one kind are told apart (BPMN 8.4.2): the correlation key, where the payload has its properties,
    and, by process, what a process that says so waits for."""

    key: str
    message: tuple[feel.Compiled, ...]
    process: Mapping[str, tuple[feel.Compiled, ...]]


@dataclass(frozen=True, slots=True)
class EventDefinition:
    """What an event waits for or throws. Which fields mean something depends on `kind`."""

    kind: str  # message signal timer error escalation conditional link compensation cancel terminate
    id: str = ""
    name: Value | None = None  # message, signal: a literal or an expression
    key: Value | None = None  # message: the correlation key
    correlation: Correlation | None = None  # message: the key by the elements of the standard
    code: str | None = None  # error, escalation: None catches all
    computed: feel.Compiled | None = None  # the code of what is thrown, where it is an expression
    timer: Timer | None = None
    condition: feel.Compiled | None = None
    link: str = ""
    activity: str | None = None  # compensation: the activity to undo; None is the whole scope
    wait: bool = True  # compensation: the throwing event waits for the handlers
    code_variable: str | None = None  # error: the variable that takes the code of the caught error
    message_variable: str | None = None


def variable_of(expression: feel.Compiled | None) -> str | None:
    """The variable of an expression that is nothing but a variable or a path in one."""
    if expression is None or len(expression.variables) != 1 or expression.possible_variables:
        return None
    (name,) = expression.variables
    path = re.fullmatch(re.escape(name) + r"(\s*\.\s*[^\W\d]\w*)*", expression.text.strip())
    return name if path is not None else None


@dataclass(frozen=True, slots=True)
class Loop:
    """Loop characteristics. `kind`: parallel and sequential are multi-instance, standard is a while loop."""

    kind: str
    collection: feel.Compiled | None = None
    cardinality: feel.Compiled | None = None
    item: str | None = None
    output_collection: str | None = None
    output_element: feel.Compiled | None = None
    output_name: str | None = None  # the variable that it reads, when it is one (or a path in one)
    completion: feel.Compiled | None = None
    condition: feel.Compiled | None = None
    test_before: bool = False
    maximum: int | None = None
    behavior: str = "All"  # when the throwing event is thrown: All (never), None, One, Complex
    none_event: EventDefinition | None = None
    one_event: EventDefinition | None = None
    complex_events: tuple[tuple[feel.Compiled, EventDefinition], ...] = ()


@dataclass(frozen=True, slots=True)
class Assignment:
    """Who may do a user task and by when: expressions or literals, None where the model is silent."""

    assignee: Value | None = None
    groups: Value | None = None
    users: Value | None = None
    due: Value | None = None
    follow_up: Value | None = None
    priority: Value | None = None


@dataclass(frozen=True, slots=True)
class Job:
    """Work done outside: its type (a literal or an expression) and its static headers."""

    type: Value
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Listener:
    """A job that is done before an element starts (execution: start, task: creating) or before it is left (completing,
    end)."""

    event: str
    job: Job


@dataclass(frozen=True, slots=True)
class Call:
    """The process that a call activity starts, and which variables cross the border."""

    process: Value
    pass_parent: bool = True
    pass_child: bool = True


@dataclass(frozen=True, slots=True, eq=False)
class Element:
    """A flow node: an activity, a gateway or an event."""

    id: str
    type: str
    name: str = ""
    process: str = ""
    scope: str = ""  # the sub-process or process that contains it
    incoming: tuple[str, ...] = ()
    outgoing: tuple[str, ...] = ()
    default: str | None = None
    conditional: bool = False  # some outgoing flow has a condition
    events: tuple[EventDefinition, ...] = ()
    parallel_multiple: bool = False
    interrupting: bool = True  # boundary and start events
    attached_to: str | None = None
    boundaries: tuple[str, ...] = ()
    event_sub_process: bool = False
    for_compensation: bool = False
    compensation_handler: str | None = None  # on an activity: what undoes it
    instantiate: bool = False
    parallel_instantiation: bool = False
    loop: Loop | None = None
    data: tuple[str, ...] = ()  # variables that live as long as a sub-process does
    inputs: tuple[InputOutput, ...] = ()
    outputs: tuple[InputOutput, ...] = ()
    assignment: Assignment | None = None
    form_key: str | None = None
    job: Job | None = None
    before: tuple[Listener, ...] = ()  # listeners, in the order in which they are asked
    after: tuple[Listener, ...] = ()
    script: feel.Compiled | None = None
    decision: Value | None = None
    result_variable: str | None = None
    call: Call | None = None
    activation: feel.Compiled | None = None  # complex gateway
    ordering: str = "Parallel"  # ad-hoc
    cancel_remaining: bool = True
    active: feel.Compiled | None = None  # what of it starts by itself; None: everything
    completion: feel.Compiled | None = None
    start_quantity: int = 1
    completion_quantity: int = 1
    lane: str | None = None
    lane_name: str | None = None
    documentation: str = ""
    properties: Mapping[str, str] = field(default_factory=dict)

    @property
    def has_output_mappings(self) -> bool:
        """Whether the element says itself which of its variables go out."""
        return bool(self.outputs)

    @property
    def is_loop(self) -> bool:
        return self.loop is not None


@dataclass(frozen=True, slots=True)
class Container:
    """The inside of a process or a sub-process: where it starts and which event sub-processes listen."""

    id: str
    nodes: tuple[str, ...]
    starts: tuple[str, ...]  # where tokens are born when it is entered without a trigger
    handlers: tuple[str, ...]  # event sub-processes


@dataclass(frozen=True, slots=True)
class Process:
    """One process of the file."""

    id: str
    name: str
    executable: bool
    documentation: str = ""
    properties: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class Definition:
    """A compiled file. `process_id` is the process that `start` starts; the others can be called."""

    hash: str
    file: str
    process_id: str
    name: str
    processes: Mapping[str, Process]
    elements: Mapping[str, Element]
    flows: Mapping[str, Flow]
    containers: Mapping[str, Container]
    message_flows: tuple[tuple[str, str], ...] = ()
    problems: tuple[errors.Problem, ...] = ()
    _paths: dict[str, frozenset[str]] = field(default_factory=dict, repr=False)
    _links: dict[tuple[str, str, str], list[str]] = field(default_factory=dict, repr=False)

    def upstream(self, flow: str, without: str) -> frozenset[str]:
        """The elements from which a token can come to `flow` without passing the element `without` (BPMN 13.4.3)."""
        key = f"{flow} {without}"
        known = self._paths.get(key)
        if known is None:
            known = self._paths[key] = self._search(flow, without)
        return known

    def _search(self, flow: str, without: str) -> frozenset[str]:
        seen: set[str] = set()
        todo = [self.flows[flow].source]
        while todo:
            element = self.elements[todo.pop()]
            if element.id == without or element.id in seen:
                continue
            seen.add(element.id)
            todo.extend(self.flows[f].source for f in element.incoming)
            if element.attached_to:
                todo.append(element.attached_to)
            if element.type == "intermediateCatchEvent" and element.events and element.events[0].kind == "link":
                todo.extend(self._link_events("intermediateThrowEvent", element.scope, element.events[0].link))
        return frozenset(seen)

    def link_target(self, throw: Element, name: str) -> str | None:
        """The catching link event of that name beside a throwing one."""
        return next(iter(self._link_events("intermediateCatchEvent", throw.scope, name)), None)

    def _link_events(self, kind: str, scope: str, name: str) -> list[str]:
        """The link events of one kind, scope and name; all of them are looked for once."""
        if not self._links:
            links: dict[tuple[str, str, str], list[str]] = {("", "", ""): []}
            for element in self.elements.values():
                for event in element.events:
                    if event.kind == "link":
                        links.setdefault((element.type, element.scope, event.link), []).append(element.id)
            self._links.update(links)
        return self._links.get((kind, scope, name), [])
