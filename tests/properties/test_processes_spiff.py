"""A second opinion: on the block-structured models that it runs soundly, SpiffWorkflow's own runtime must agree with
the kernel.

That is: sequences, exclusive, parallel and inclusive gateways, loops, sub-processes, called processes, errors on the
boundary, termination of a sub-process, and messages on the boundary of tasks, sub-processes and called processes. Not
asked of it, each for a defect in test_spiffworkflow_defects.py or the decision 0001: several turns of one activity
(defect 6), event gateways with several timers, event sub-processes that interrupt, links, compensation, complex
gateways, conditions on flows out of activities, ad-hoc (8), timers, which only ever look at the clock (9, 11). Its
branches have data of their own (4, 5), so the number that decides changes only where there is one branch.
"""

from collections.abc import Iterator
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from lxml import etree
from SpiffWorkflow.bpmn import BpmnEvent
from SpiffWorkflow.bpmn.parser import BpmnParser
from SpiffWorkflow.bpmn.specs.event_definitions.message import MessageEventDefinition
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
from SpiffWorkflow.util.task import TaskState

from kernel_models import Case, compile, xml
from random_models import Writer
from random_processes import Block, processes


def written(block: Block, feel: bool) -> tuple[str, str]:
    """The content of the process, and what stands beside it."""
    writer = Writer(feel)
    body = writer.process(block)
    around, done = "", set[str]()
    while len(done) < len(writer.called):
        for process, inner in list(writer.called.items()):
            if process not in done:
                done.add(process)
                around += f'<process id="{process}" isExecutable="true">\n{writer.process(inner)}\n</process>'
    messages = "".join(f'<message id="ms_{n}" name="{n}"/>' for n in sorted(set(writer.names.values())))
    return body, f'<error id="er" name="E" errorCode="E"/>{messages}{around}'


class Spiff:
    """An instance of SpiffWorkflow's runtime, driven until only user tasks are ready."""

    def __init__(self, block: Block, k: int) -> None:
        body, around = written(block, feel=False)
        text = xml(body, around=around).replace(b"<conditionExpression>=", b"<conditionExpression>")
        parser = BpmnParser()
        parser.add_bpmn_xml(etree.fromstring(text))
        self.workflow: Any = BpmnWorkflow(parser.get_spec("p"), parser.get_subprocess_specs("p"))
        self.workflow.task_tree.data["k"] = k
        self.settle()

    def settle(self) -> None:
        """Engine steps, and tasks without a kind, which SpiffWorkflow leaves to people and we pass."""
        self.workflow.do_engine_steps()
        while passing := [t for t in self.ready() if t.task_spec.bpmn_id.startswith(("auto", "y_"))]:
            passing[0].run()
            self.workflow.do_engine_steps()

    def ready(self) -> list[Any]:
        found = self.workflow.get_tasks(state=TaskState.READY, manual=True)
        return sorted(found, key=lambda t: str(t.task_spec.bpmn_id))

    def listening(self) -> list[str]:
        return sorted(e.name for e in self.workflow.waiting_events() if e.event_type == "MessageEventDefinition")

    def complete(self, task: Any, k: int) -> None:
        task.data["k"] = k
        task.run()
        self.settle()

    def deliver(self, name: str) -> None:
        self.workflow.send_event(BpmnEvent(MessageEventDefinition(name)))
        self.settle()


def branching(block: Block, inside: bool) -> Iterator[str]:
    """The tasks that have data of their own: k must not change there."""
    if block.kind == "task" and inside:
        yield block.id
    own = inside or block.kind in ("and", "or", "watch") or (block.kind == "sub" and block.handler is not None)
    for part in block.parts:
        yield from branching(part, own)
    if block.handler is not None:
        yield from branching(block.handler, inside)


def beside(block: Block) -> bool:
    """Whether some handler runs beside the rest."""
    return not block.interrupting or any(beside(b) for b in (*block.parts, block.handler) if b is not None)


BLOCKS = processes(simple=True, size=10)
COMMON: dict[str, Any] = {
    "max_examples": 80,
    "deadline": None,
    "derandomize": True,
    "suppress_health_check": list(HealthCheck),
    "phases": [Phase.generate, Phase.shrink],
}


def kinds(block: Block) -> Iterator[str]:
    yield f"{block.event} {block.kind}".strip() + ("" if block.interrupting else " beside")
    for part in (*block.parts, *([block.handler] if block.handler else [])):
        yield from kinds(part)


def test_what_is_asked_has_every_construct() -> None:
    found: set[str] = set()

    @settings(**COMMON)
    @given(BLOCKS)
    def look(block: Block) -> None:
        found.update(kinds(block))

    look()
    assert found >= {
        *("task", "auto", "seq", "xor", "and", "or", "loop", "sub", "call", "error sub", "error", "terminate"),
        *("message watch", "message watch beside"),
    }


@settings(**COMMON)
@given(BLOCKS, st.integers(0, 5), st.lists(st.tuples(st.integers(0, 40), st.integers(0, 5)), max_size=14))
def test_spiffworkflow_agrees(block: Block, k: int, choices: list[tuple[int, int]]) -> None:
    body, around = written(block, feel=True)
    kernel, spiff = Case(compile(body, around=around), k=k), Spiff(block, k)
    fixed = set(branching(block, beside(block)))
    heard: set[str] = set()  # a boundary that does not interrupt listens once in SpiffWorkflow (defect 8)
    for which, value in [*choices, *([(0, 1)] * 200)]:
        ready = spiff.ready()
        listening = [n for n in spiff.listening() if n not in heard]
        assert [t.task_spec.bpmn_id for t in ready] == kernel.waiting()
        assert listening == sorted(m["name"] for m in kernel.messages.values() if m["name"] not in heard)
        assert spiff.workflow.is_completed() == (kernel.ended is not None)
        if kernel.ended is not None:
            return
        chosen = which % (len(ready) + len(listening))
        if chosen >= len(ready):
            name = listening[chosen - len(ready)]
            heard.add(name)
            spiff.deliver(name)
            kernel.deliver("message", name)
            continue
        task = ready[chosen].task_spec.bpmn_id
        k = k if task in fixed else value
        spiff.complete(ready[chosen], k)
        kernel.do(task, k=k)
