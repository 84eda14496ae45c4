"""A second opinion: on sequences, choices and parallel branches SpiffWorkflow's own runtime must agree with the kernel.

Where it is wrong is documented in test_spiffworkflow_defects.py; those constructs are not asked of it here.
"""

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree
from SpiffWorkflow.bpmn.parser import BpmnParser
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
from SpiffWorkflow.util.task import TaskState

from kernel_models import Case, compile, xml
from random_models import Writer
from random_processes import Block, processes


class Spiff:
    """An instance of SpiffWorkflow's runtime, driven until only user tasks are ready."""

    def __init__(self, block: Block, k: int) -> None:
        parser = BpmnParser()
        parser.add_bpmn_xml(etree.fromstring(xml(Writer(feel=False).process(block)).replace(b">=k %", b">k %")))
        self.workflow: Any = BpmnWorkflow(parser.get_spec("p"))
        self.workflow.task_tree.data["k"] = k
        self.settle()

    def settle(self) -> None:
        """Engine steps, and tasks without a kind, which SpiffWorkflow leaves to people and we pass."""
        self.workflow.do_engine_steps()
        while passing := [t for t in self.ready() if t.task_spec.bpmn_id.startswith("auto")]:
            passing[0].run()
            self.workflow.do_engine_steps()

    def ready(self) -> list[Any]:
        found = self.workflow.get_tasks(state=TaskState.READY, manual=True)
        return sorted(found, key=lambda t: str(t.task_spec.bpmn_id))

    def complete(self, task: Any, k: int) -> None:
        task.data["k"] = k
        task.run()
        self.settle()


@settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
@given(processes(simple=True, size=8), st.integers(0, 5), st.lists(st.integers(0, 40), max_size=12))
def test_spiffworkflow_agrees(block: Block, k: int, choices: list[int]) -> None:
    """k stays the same throughout: SpiffWorkflow gives each branch its own copy of the data."""
    kernel, spiff = Case(compile(Writer().process(block)), k=k), Spiff(block, k)
    for which in [*choices, *([0] * 200)]:
        ready = spiff.ready()
        assert [t.task_spec.bpmn_id for t in ready] == kernel.waiting()
        assert spiff.workflow.is_completed() == (kernel.ended is not None)
        if not ready:
            return
        chosen = ready[which % len(ready)]
        spiff.complete(chosen, k)
        kernel.do(chosen.task_spec.bpmn_id, k=k)
