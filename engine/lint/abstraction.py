"""A definition without data: every condition becomes a free choice, every wait something that may happen.

The kernel runs the result as it runs any definition, so what is explored is its own behaviour and not a second
opinion of it. Conditions ask an oracle; timers and conditional events become events that may come at any time;
a multi-instance has two children; called processes and ad-hoc sub-processes are one piece of work (each process is
explored on its own). Constant conditions keep their value: `false` is meant.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from engine import bpmn, feel
from engine.bpmn.definition import Element, EventDefinition, Flow, Job, Loop

CHILDREN = 2
# How often one choice is asked within one step: an automatic loop is followed so many turns.
TURNS = 4
# So many items in one step are surely a loop: a long model without waits needs a few for each element.
AGENDA, AGENDA_EACH = 2_000, 10

_TWO = feel.compile_expression(str(CHILDREN))
_JOB = Job("lint", {})
# What a complex gateway tells the conditions behind it; they need no data.
_RESET = frozenset({"waitingForStart"})


class Pruned(Exception):
    """The step follows an automatic loop for too many turns; its states are reached by other choices."""


@dataclass(slots=True)
class Oracle:
    """Answers the choices of one step from a script; what lies beyond it is false, and everything asked is kept."""

    script: tuple[bool, ...] = ()
    asked: list[tuple["Choice", bool]] = field(default_factory=list)
    visits: dict["Choice", int] = field(default_factory=dict)

    def prepare(self, script: tuple[bool, ...]) -> None:
        self.script = script
        self.asked = []
        self.visits = {}

    def ask(self, choice: "Choice") -> bool:
        at = len(self.asked)
        answer = self.script[at] if at < len(self.script) else False
        self.asked.append((choice, answer))
        visits = self.visits[choice] = self.visits.get(choice, 0) + 1
        if visits > TURNS:
            raise Pruned
        return answer


class Choice(feel.Compiled):
    """A condition that the oracle answers. `flow` is the sequence flow that it guards; a loop has none."""

    __slots__ = ("element", "flow", "oracle", "yes")

    def __init__(self, oracle: Oracle, element: str, flow: str | None, text: str, yes: str = "") -> None:
        self.oracle = oracle
        self.element = element
        self.flow = flow
        self.yes = yes  # loops: what the answer "true" means
        self.text = text
        self.variables = self.possible_variables = frozenset()
        self.constant = False

    def evaluate(self, context: Mapping[str, Any], env: feel.Env | None = None) -> Any:
        return self.oracle.ask(self)


@dataclass(frozen=True, slots=True)
class Abstract:
    """The abstract definition of one process, its oracle, and what its events were."""

    definition: bpmn.Definition
    oracle: Oracle
    kinds: Mapping[tuple[str, int], str]  # (element, event index) → kind in the model
    opaque: frozenset[str]  # elements that are not explored: the inside of ad-hoc sub-processes
    env: bpmn.Env


def abstract(definition: bpmn.Definition, process: str) -> Abstract:
    """The abstraction of one process of a definition."""
    oracle = Oracle()
    opaque = _inside_ad_hoc(definition)
    kinds = {(e.id, i): x.kind for e in definition.elements.values() for i, x in enumerate(e.events)}
    elements = {e.id: _element(e, oracle) for e in definition.elements.values() if e.id not in opaque}
    flows = {f.id: _flow(f, oracle) for f in definition.flows.values()}
    without_data = replace(
        definition, process_id=process, elements=elements, flows=flows, message_flows=(), problems=(), _paths={}
    )
    env = bpmn.Env(agenda_limit=AGENDA + AGENDA_EACH * len(elements))
    return Abstract(without_data, oracle, kinds, opaque, env)


def _inside_ad_hoc(definition: bpmn.Definition) -> frozenset[str]:
    found: set[str] = set()
    todo = [e.id for e in definition.elements.values() if e.type == "adHocSubProcess"]
    while todo:
        for node in definition.containers[todo.pop()].nodes:
            found.add(node)
            if node in definition.containers:
                todo.append(node)
    return frozenset(found)


def _element(e: Element, oracle: Oracle) -> Element:
    changes: dict[str, Any] = {
        "before": (),  # listeners are asked and answer: nothing else can come of them
        "after": (),
        "inputs": (),
        "outputs": (),
        "assignment": None,
        "form_key": None,
        "script": None,
        "decision": None,
        "result_variable": None,
        "events": tuple(_event(e.id, i, x) for i, x in enumerate(e.events)),
        "loop": _loop(e, oracle),
    }
    if e.type in ("callActivity", "adHocSubProcess"):
        changes |= {"type": "serviceTask", "call": None, "job": _JOB}
    elif e.type == "serviceTask" or e.job is not None:
        changes["job"] = _JOB
    elif e.type in ("scriptTask", "businessRuleTask"):
        changes["type"] = "task"
    return replace(e, **changes)


def _event(element: str, index: int, event: EventDefinition) -> EventDefinition:
    """Timers and conditions become messages that nobody sends; names become literals."""
    if event.kind in ("timer", "conditional"):
        return EventDefinition("message", event.id, f"\0{element} {index}")
    name = event.name.text if isinstance(event.name, feel.Compiled) else event.name
    return replace(event, name=name, key=None, correlation=None, condition=None, timer=None)


def _loop(e: Element, oracle: Oracle) -> Loop | None:
    loop = e.loop
    if loop is None:
        return None
    if loop.kind == "standard":
        text = loop.condition.text if loop.condition is not None else ""
        endless = loop.condition is None and loop.maximum is None
        condition = None if endless else Choice(oracle, e.id, None, text, yes="again")
        return Loop("standard", condition=condition, test_before=loop.test_before)
    completion = None
    if loop.completion is not None:
        completion = Choice(oracle, e.id, None, loop.completion.text, yes="enough")
    return Loop(loop.kind, cardinality=_TWO, completion=completion)


def _flow(flow: Flow, oracle: Oracle) -> Flow:
    if flow.condition is None or flow.condition.constant or flow.condition.variables == _RESET:
        return flow
    return replace(flow, condition=Choice(oracle, flow.source, flow.id, flow.condition.text))
