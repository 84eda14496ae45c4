"""Models for the tests of the kernel, written short, and the ways in which a test drives an instance.

A model is BPMN without the ceremony: elements as they are; lines that start with "~" for flows (`~ a b c` is two flows,
`~ g a if x > 3` one with a condition, `~ g a default` the default flow of g; ids are "a_b"); and what stands inside an
element in brackets:

    [message m] [signal s] [error e] [escalation e] [link L] [terminate] [cancel] [compensate a] [condition x > 1]
    [timer Duration P5D]      an event definition
    [job mail]                zeebe:taskDefinition
    [in x + 1 -> y] [out y -> z]   zeebe:ioMapping
    [script x + 1 -> y]       zeebe:script with its result variable
    [call p attributes…]      zeebe:calledElement
    [each items as item; out results = answer; until done > 2; sequential]    a multi-instance
"""

import datetime as dt
import itertools
import json
import random
import re
from collections.abc import Mapping
from typing import Any

import pytest
from lxml import etree

from engine import bpmn, errors
from engine.bpmn.session import Session
from engine.bpmn.simulate import Instance
from engine.bpmn.state import load

BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"
ZEEBE = "http://camunda.org/schema/zeebe/1.0"
NOW = dt.datetime(2022, 1, 10, 2, 0, tzinfo=dt.UTC)


def xml(body: str, *, around: str = "", process: str = 'id="p" name="P" isExecutable="true"') -> bytes:
    """A BPMN file around the content of one process; `around` stands beside it (messages, errors, other processes)."""
    inside = _expand(f"<process {process}>{body}\n</process>{around}")
    root = etree.fromstring(
        f'<definitions xmlns="{BPMN}" xmlns:zeebe="{ZEEBE}" targetNamespace="t">{inside}</definitions>'
    )
    for flow in root.iter(f"{{{BPMN}}}sequenceFlow"):
        if flow.attrib.pop("isDefault", None):
            source = root.xpath("//*[@id=$ref]", ref=flow.get("sourceRef"))[0]
            source.set("default", flow.get("id"))
    for extension in list(root.iter(f"{{{BPMN}}}ext")):
        _gather(extension)
    return etree.tostring(root)


def _gather(extension: etree._Element) -> None:
    """Zeebe elements of one owner stand together, inputs and outputs inside one ioMapping."""
    owner = extension.getparent()
    if owner is None:
        return
    together = owner.find(f"{{{BPMN}}}extensionElements")
    if together is None:
        together = etree.Element(f"{{{BPMN}}}extensionElements")
        owner.insert(0, together)
    for child in list(extension):
        place = together
        if child.tag in (f"{{{ZEEBE}}}input", f"{{{ZEEBE}}}output"):
            mapping = together.find(f"{{{ZEEBE}}}ioMapping")
            place = etree.SubElement(together, f"{{{ZEEBE}}}ioMapping") if mapping is None else mapping
        place.append(child)
    owner.remove(extension)


def _expand(body: str) -> str:
    used: set[str] = set()
    body = re.sub(r"^[ ]*~ (.*)$", lambda line: _flows(line[1], used), body, flags=re.M)
    return re.sub(r"\[(\w+)(?: ([^\[\]]*(?:\[[^\[\]]*\][^\[\]]*)*))?\]", _short, body)


def _quote(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;").strip()


def _short(found: re.Match[str]) -> str:
    word, rest = found[1], _quote(found[2] or "")
    source, _, target = rest.rpartition(" -&gt; " if " -&gt; " in rest else " -> ")
    match word:
        case "message" | "signal" | "error" | "escalation":
            ref = f' {word}Ref="{rest}"' if rest else ""
            return f"<{word}EventDefinition{ref}/>"
        case "link":
            return f'<linkEventDefinition name="{rest}"/>'
        case "terminate" | "cancel":
            return f"<{word}EventDefinition/>"
        case "compensate":
            ref = f' activityRef="{rest}"' if rest else ""
            return f"<compensateEventDefinition{ref}/>"
        case "condition":
            return f"<conditionalEventDefinition><condition>={rest}</condition></conditionalEventDefinition>"
        case "timer":
            kind, _, text = rest.partition(" ")
            return f"<timerEventDefinition><time{kind}>{text}</time{kind}></timerEventDefinition>"
        case "job":
            return f'<ext><zeebe:taskDefinition type="{rest}"/></ext>'
        case "in" | "out":
            return f'<ext><zeebe:{word}put source="={source}" target="{target}"/></ext>'
        case "script":
            return f'<ext><zeebe:script expression="={source}" resultVariable="{target}"/></ext>'
        case "call":
            process, _, attributes = rest.replace("&quot;", '"').partition(" ")
            return f'<ext><zeebe:calledElement processId="{process}" {attributes}/></ext>'
        case "each":
            return _each(rest)
    return found[0]


def _each(text: str) -> str:
    first, *others = [t.strip() for t in text.split("; ")]
    collection, _, item = first.partition(" as ")
    attributes, condition, sequential = f'inputCollection="={collection}"', "", ""
    if item:
        attributes += f' inputElement="{item}"'
    for other in others:
        word, _, rest = other.partition(" ")
        if word == "sequential":
            sequential = ' isSequential="true"'
        elif word == "until":
            condition = f"<completionCondition>={rest}</completionCondition>"
        elif word == "out":
            name, _, value = rest.partition(" = ")
            attributes += f' outputCollection="{name}" outputElement="={value}"'
    loop = f"<extensionElements><zeebe:loopCharacteristics {attributes}/></extensionElements>{condition}"
    return f"<multiInstanceLoopCharacteristics{sequential}>{loop}</multiInstanceLoopCharacteristics>"


def _flows(line: str, used: set[str]) -> str:
    path, _, condition = line.partition(" if ")
    nodes = path.split()
    default = nodes[-1] == "default"
    if default:
        nodes.pop()
    made = []
    for source, target in itertools.pairwise(nodes):
        name = f"{source}_{target}"
        while name in used:
            name += "_"
        used.add(name)
        inside = f"<conditionExpression>={_quote(condition)}</conditionExpression>" if condition else ""
        mark = ' isDefault="1"' if default else ""
        made.append(
            f'<sequenceFlow id="{name}" sourceRef="{source}" targetRef="{target}"{mark}>{inside}</sequenceFlow>'
        )
    return "".join(made)


def compile(body: str, **more: str) -> bpmn.Definition:
    return bpmn.compile(xml(body, **more), file="test.bpmn")


def environment(*called: bpmn.Definition, decisions: Mapping[str, Any] | None = None, **more: Any) -> bpmn.Env:
    """An environment that knows other definitions and decisions."""
    by_hash = {d.hash: d for d in called}
    by_process = {p: d.hash for d in called for p in d.processes}
    return bpmn.Env(by_hash.__getitem__, by_process.__getitem__, (decisions or {}).__getitem__, **more)


class Case(Instance):
    """An instance that a test drives by element ids. Every state that comes out is read back with shuffled keys, so
    that nothing can depend on their order; and a session that stays in memory is led the same way and must agree, byte
    for byte."""

    def __init__(
        self,
        definition: bpmn.Definition | str,
        env: bpmn.Env | None = None,
        now: dt.datetime = NOW,
        *,
        begin: str | None = None,
        **variables: Any,
    ) -> None:
        definition = compile(definition) if isinstance(definition, str) else definition
        super().__init__(definition, env or bpmn.Env(), now)
        self.shuffle = random.Random(1)
        self.bytes: tuple[str, dict[str, str]] = ("", {})
        self.start(variables, at=begin)
        self.session = Session(self.definition, self.env)
        assert self.session.start(variables, now, at=begin) == [told(e) for e in self.events]
        self.mirrored = self._met()

    def _do(self, entity: str, act: Any) -> list[dict[str, Any]]:
        if self.mirrored != self._met():  # the test has put something else in its place
            self.bytes = (canonical(self.state), {p: canonical(t) for p, t in self.shards.items()})
            self.session = Session(self.definition, self.env, self.state, self.shards)
        try:
            events = super()._do(entity, act)
        except (errors.Conflict, bpmn.NeedShards) as refused:
            with pytest.raises(type(refused)):
                self.session.apply(act, self.now)
            self.mirrored = self._met()
            raise
        assert self.session.apply(act, self.now) == events
        self.mirrored = self._met()
        return events

    def _met(self) -> Any:
        """Where the instance stands; a session must stand there too."""
        assert not hasattr(self, "mirrored") or self.session.texts() == self.bytes
        return self.definition, self.env, self.state, dict(self.shards)

    def _take(self, outcome: bpmn.Outcome) -> list[dict[str, Any]]:
        events = super()._take(outcome)
        shards = {**self.bytes[1], **outcome.shards}
        self.bytes = (outcome.state, {p: t for p, t in shards.items() if t is not None and p in self.shards})
        self.state = shuffled(self.state, self.shuffle)
        self.shards = {part: shuffled(text, self.shuffle) for part, text in self.shards.items()}
        return events

    def waiting(self) -> list[str]:
        """The elements at which tasks and jobs are open, sorted."""
        return sorted(e["el"] for e in (*self.tasks.values(), *self.jobs.values()))

    def task(self, element: str, index: int | None = None) -> str:
        """The id of the oldest open task or job at an element (of one child of a multi-instance)."""
        for entity, event in (*self.tasks.items(), *self.jobs.items()):
            if event["el"] == element and (index is None or event.get("index") == index):
                return entity
        raise AssertionError(f"nothing is open at {element}, only at {self.waiting()}")

    def do(self, *elements: str, **variables: Any) -> "Case":
        """Complete the oldest task or job at each of the elements, one after the other, with the same variables."""
        for element in elements:
            self.complete(self.task(element), variables)
        return self

    def answer(self, element: str, index: int, **variables: Any) -> "Case":
        """Complete the task of one child of a multi-instance."""
        self.complete(self.task(element, index), variables)
        return self

    def ring(self, element: str) -> "Case":
        """Fire the timer that is armed at an element."""
        self.fire(next(t for t, e in self.timers.items() if e["el"] == element))
        return self

    def went(self, kind: str = "element.completed") -> list[str]:
        """The elements of all events of a kind, in order."""
        return [e["el"] for e in self.events if e["e"] == kind]

    def last(self, kind: str) -> dict[str, Any]:
        """The newest event of a kind."""
        return next(e for e in reversed(self.events) if e["e"] == kind)

    def count(self, kind: str) -> int:
        return sum(e["e"] == kind for e in self.events)


def told(event: Mapping[str, Any]) -> dict[str, Any]:
    """An event without the instant at which it was noted."""
    return {key: value for key, value in event.items() if key != "at"}


def canonical(text: str) -> str:
    """The text as the kernel would write it."""
    return load(text).dump()


def shuffled(text: str, chance: random.Random) -> str:
    """The same JSON with its keys in another order."""

    def walk(value: Any) -> Any:
        if isinstance(value, dict):
            keys = list(value)
            chance.shuffle(keys)
            return {key: walk(value[key]) for key in keys}
        return [walk(each) for each in value] if isinstance(value, list) else value

    return json.dumps(walk(json.loads(text)), ensure_ascii=False)
