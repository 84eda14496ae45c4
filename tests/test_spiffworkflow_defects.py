"""Why SpiffWorkflow reads our diagrams and does not run them: defects of its run-time, each shown in a few lines.

Every test here asserts that a defect of 3.2.0 is **there**; docs/decisions/0001-kernel.md lists them all, numbered as
here. A test that fails after an upgrade is good news about SpiffWorkflow: strike the defect from the decision, think
again. What its parser does well is tested where we use it, in the tests of engine/bpmn/model.py.
"""

import importlib.metadata
import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from lxml import etree
from SpiffWorkflow.bpmn import BpmnEvent
from SpiffWorkflow.bpmn.exceptions import WorkflowDataException
from SpiffWorkflow.bpmn.parser import BpmnParser
from SpiffWorkflow.bpmn.parser.ValidationException import ValidationException
from SpiffWorkflow.bpmn.serializer import BpmnWorkflowSerializer
from SpiffWorkflow.bpmn.specs.event_definitions.message import MessageEventDefinition
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
from SpiffWorkflow.exceptions import SpiffWorkflowException, WorkflowException
from SpiffWorkflow.util.task import TaskState

BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"
Tree = dict[str, Any]


def parser(body: str, *, executable: str = "true", outside: str = "") -> BpmnParser:
    """A parser that has read one process with the given body."""
    reader = BpmnParser()
    reader.add_bpmn_xml(
        etree.fromstring(
            f'<definitions xmlns="{BPMN}" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" targetNamespace="t">'
            f'{outside}<process id="p" isExecutable="{executable}">{body}</process></definitions>'
        )
    )
    return reader


def workflow(body: str, **options: str) -> BpmnWorkflow:
    """A fresh instance of a process with the given body, moved until it waits for people."""
    reader = parser(body, **options)
    instance = BpmnWorkflow(reader.get_spec("p"), reader.get_subprocess_specs("p"))
    instance.do_engine_steps()
    return instance


def flows(*pairs: str) -> str:
    """Sequence flows from pairs written `a>b` or `a>b|condition`."""
    text = ""
    for number, pair in enumerate(pairs):
        ends, _, condition = pair.partition("|")
        source, target = ends.split(">")
        inner = f"<conditionExpression>{condition}</conditionExpression>" if condition else ""
        text += f'<sequenceFlow id="f{number}" sourceRef="{source}" targetRef="{target}">{inner}</sequenceFlow>'
    return text


def ready(instance: BpmnWorkflow, *names: str) -> list[Any]:
    """The READY tasks that people do, all or those of the named elements."""
    tasks = instance.get_tasks(state=TaskState.READY, manual=True)
    return [task for task in tasks if not names or task.task_spec.name in names]


def finish(instance: BpmnWorkflow, task: Any, **data: Any) -> None:
    """Complete one task with data and let the instance run on."""
    task.data.update(data)
    task.run()
    instance.do_engine_steps()


def let_timers_fire(instance: BpmnWorkflow) -> None:
    """Wait longer than a timer of PT0.01S and give every waiting event several chances."""
    time.sleep(0.02)
    for _ in range(3):
        instance.refresh_timers()
        instance.do_engine_steps()


EVENTS = '<startEvent id="s"/><endEvent id="e"/>'
TWO_BRANCHES = (
    f'{EVENTS}<parallelGateway id="fork"/><parallelGateway id="join"/>'
    '<userTask id="before"/><userTask id="a"/><userTask id="b"/><userTask id="after"/>'
    + flows("s>before", "before>fork", "fork>a", "fork>b", "a>join", "b>join", "join>after", "after>e")
)


def opinions(extra: str = "", loop: str = "", condition: str = "") -> str:
    """A process that asks each of `people` in parallel and collects `opinion` in `opinions`."""
    return (
        f'{EVENTS}<userTask id="plan"/><userTask id="after"/><userTask id="ask">'
        "<multiInstanceLoopCharacteristics>"
        "<loopDataInputRef>people</loopDataInputRef><loopDataOutputRef>opinions</loopDataOutputRef>"
        '<inputDataItem id="person"/><outputDataItem id="opinion"/>'
        f"{condition and f'<completionCondition>{condition}</completionCondition>'}"
        f"</multiInstanceLoopCharacteristics></userTask>{extra}"
        + flows("s>plan", "plan>ask", *(loop.split() or ["ask>after"]), "after>e")
    )


def asked(**options: str) -> BpmnWorkflow:
    """An instance of `opinions` in which A, B and C have been asked."""
    instance = workflow(opinions(**options))
    finish(instance, ready(instance)[0], people=["A", "B", "C"])
    assert len(ready(instance, "ask [child]")) == 3
    return instance


def test_the_version_is_the_one_whose_defects_are_listed() -> None:
    assert importlib.metadata.version("SpiffWorkflow") == "3.2.0"


def test_defect_1_a_rework_loop_completes_while_a_task_is_ready() -> None:
    instance = workflow(
        f'{EVENTS}<exclusiveGateway id="good"/><userTask id="draft"/><userTask id="review"/>'
        + flows("s>draft", "draft>review", "review>good", "good>e|ok", "good>draft|not ok")
    )
    rounds = 0
    while not instance.is_completed():
        for element in ("draft", "review"):
            [task] = [t for t in instance.tasks.values() if t.state is TaskState.READY and t.task_spec.name == element]
            finish(instance, task, ok=False)
        rounds += 1
        assert rounds < 1000, "the loop went on as it should"
    left = [task for task in instance.tasks.values() if task.state is TaskState.READY]
    assert left, "it said completed although nobody had approved"


def test_defect_2_sorted_keys_lose_data() -> None:
    serializer = BpmnWorkflowSerializer()

    def data(text: str) -> list[str]:
        return sorted(repr(sorted(task.data.items())) for task in serializer.deserialize_json(text).tasks.values())

    lost = 0
    for _ in range(20):  # ids are random, and with them the sorted order
        instance = workflow(TWO_BRANCHES)
        finish(instance, ready(instance, "before")[0], note="kept")
        finish(instance, ready(instance, "a")[0], by_a=1)
        text = serializer.serialize_json(instance)
        try:
            lost += data(json.dumps(json.loads(text), sort_keys=True)) != data(text)
        except AttributeError:  # a child came before its parent
            lost += 1
    assert lost > 0


def test_defect_3_parallel_blocks_in_sequence_grow_the_task_tree_exponentially() -> None:
    def tasks(blocks: int) -> int:
        body, pairs, last = EVENTS, [], "s"
        for n in range(blocks):
            body += f'<parallelGateway id="f{n}_"/><parallelGateway id="j{n}_"/>'
            pairs.append(f"{last}>f{n}_")
            for branch in "abc":
                body += f'<userTask id="{branch}{n}"/>'
                pairs += [f"f{n}_>{branch}{n}", f"{branch}{n}>j{n}_"]
            last = f"j{n}_"
        return len(BpmnWorkflow(parser(body + flows(*pairs, f"{last}>e")).get_spec("p")).tasks)

    assert tasks(5) > 2.5 * tasks(4) > 6 * tasks(3)


def test_defect_4_a_parallel_join_merges_lists_by_index_and_an_opinion_vanishes() -> None:
    instance = workflow(TWO_BRANCHES)
    finish(instance, ready(instance)[0], opinions=[])
    for branch in "ab":
        [task] = ready(instance, branch)
        finish(instance, task, opinions=[*task.data["opinions"], f"opinion of {branch}"])
    assert ready(instance, "after")[0].data["opinions"] == ["opinion of b"]


def test_defect_5_nested_data_is_shared_between_branches_and_with_history() -> None:
    instance = workflow(TWO_BRANCHES)
    finish(instance, ready(instance)[0], case={"paper": {"title": "first"}})
    [before] = [task for task in instance.tasks.values() if task.task_spec.name == "before"]
    ready(instance, "a")[0].data["case"]["paper"]["title"] = "second"
    assert ready(instance, "b")[0].data["case"]["paper"]["title"] == "second", "a sibling branch sees it"
    assert before.data["case"]["paper"]["title"] == "second", "and a completed task has another past"


def test_defect_6_a_completion_condition_does_not_see_the_answers_so_there_is_no_quorum() -> None:
    instance = asked(condition="len(opinions) >= 2")
    for task in ready(instance, "ask [child]")[:2]:
        finish(instance, task, opinion="yes")
    assert [task.task_spec.name for task in ready(instance)] == ["ask [child]"], "two of two needed, and it waits"


def test_defect_6_a_completion_condition_knows_no_nr_of_completed_instances() -> None:
    instance = asked(condition="nrOfCompletedInstances >= 2")
    with pytest.raises(SpiffWorkflowException):
        finish(instance, ready(instance, "ask [child]")[0], opinion="yes")


def test_defect_6_a_withdrawn_child_hangs_the_consultation() -> None:
    instance = asked()
    first, *others = ready(instance, "ask [child]")
    first.cancel()
    for task in others:
        finish(instance, task, opinion="yes")
    let_timers_fire(instance)
    assert not ready(instance) and not instance.is_completed()


def test_defect_6_asking_again_in_a_rework_round_raises() -> None:
    instance = asked(
        extra='<exclusiveGateway id="good"/><userTask id="judge"/>',
        loop="ask>judge judge>good good>after|ok good>ask|ok==False",
    )
    for task in ready(instance, "ask [child]"):
        finish(instance, task, opinion="no")
    with pytest.raises(WorkflowDataException):
        finish(instance, ready(instance, "judge")[0], ok=False)


def test_defect_6_opinions_come_in_the_order_of_answering() -> None:
    instance = asked()
    for task in reversed(ready(instance, "ask [child]")):
        finish(instance, task, opinion=task.data["person"])
    assert ready(instance, "after")[0].data["opinions"] == ["C", "B", "A"]


def timer(tag: str, name: str, duration: str) -> str:
    """An event with a timer; the duration is an expression, as SpiffWorkflow wants it."""
    inner = f'<timerEventDefinition><timeDuration>"{duration}"</timeDuration></timerEventDefinition>'
    return f'<{tag} id="{name}">{inner}</{tag}>'


def test_defect_8_an_event_gateway_never_fires_the_shorter_timer_when_the_longer_is_drawn_first() -> None:
    soon, late = timer("intermediateCatchEvent", "soon", "PT0.01S"), timer("intermediateCatchEvent", "late", "P9D")
    tasks = '<userTask id="x"/><userTask id="y"/>'
    control = workflow(EVENTS + tasks + soon + flows("s>soon", "soon>x", "x>e"))
    let_timers_fire(control)
    assert ready(control, "x"), "by itself the timer fires"
    instance = workflow(
        f'{EVENTS}<eventBasedGateway id="g"/>{tasks}{late}{soon}'
        + flows("s>g", "g>late", "g>soon", "soon>x", "late>y", "x>e", "y>e")
    )
    let_timers_fire(instance)
    assert not ready(instance)


def test_defect_8_an_interrupting_event_sub_process_does_not_interrupt() -> None:
    inner = (
        '<sequenceFlow id="c1" sourceRef="cs" targetRef="late"/><sequenceFlow id="c2" sourceRef="late" targetRef="ce"/>'
    )
    instance = workflow(
        f'{EVENTS}<userTask id="draft"/><subProcess id="sub" triggeredByEvent="true">'
        f'{timer("startEvent", "cs", "PT0.01S")}<userTask id="late"/><endEvent id="ce"/>{inner}</subProcess>'
        + flows("s>draft", "draft>e")
    )
    let_timers_fire(instance)
    assert {task.task_spec.name for task in ready(instance)} == {"draft", "late"}, "a start event interrupts by default"


def test_defect_8_a_boundary_event_that_does_not_interrupt_listens_only_once() -> None:
    border = '<boundaryEvent id="b" attachedToRef="a" cancelActivity="false"><messageEventDefinition messageRef="m"/>'
    instance = workflow(
        f'{EVENTS}<userTask id="a"/><userTask id="x"/>{border}</boundaryEvent>' + flows("s>a", "a>e", "b>x"),
        outside='<message id="m" name="letter"/>',
    )
    letter = BpmnEvent(MessageEventDefinition("letter"))
    instance.send_event(letter)
    instance.do_engine_steps()
    assert ready(instance, "x") and ready(instance, "a"), "the task is still open"
    with pytest.raises(WorkflowException):
        instance.send_event(letter)


def test_defect_8_models_that_bpmn_allows_are_refused() -> None:
    start = '<startEvent id="s"/>'
    refused: dict[str, Callable[[], BpmnParser]] = {
        "complex gateway": lambda: parser(f'{start}<complexGateway id="g"/>' + flows("s>g")),
        "several flows out of a task": lambda: parser(
            f'{EVENTS}<task id="a"/><endEvent id="e2"/>' + flows("s>a", "a>e", "a>e2")
        ),
        "isExecutable=false": lambda: parser(EVENTS + flows("s>e"), executable="false"),
    }
    for name, read in refused.items():
        with pytest.raises((ValidationException, SpiffWorkflowException, KeyError)):
            read().get_spec("p")
            pytest.fail(f"{name} was read", pytrace=False)


def test_defect_9_a_future_task_may_be_run() -> None:
    instance = workflow(
        f'{EVENTS}<userTask id="draft"/><userTask id="sign"/>{flows("s>draft", "draft>sign", "sign>e")}'
    )
    [sign] = [task for task in instance.tasks.values() if task.task_spec.name == "sign"]
    assert sign.has_state(TaskState.FUTURE)
    sign.run()
    assert sign.state is TaskState.COMPLETED and ready(instance, "draft"), "signed before it was drafted"


def test_defect_10_an_expression_is_python_and_may_do_anything() -> None:
    script = '<scriptTask id="x"><script>who = __import__("os").getpid()</script></scriptTask>'
    instance = workflow(EVENTS + script + flows("s>x", "x>e"))
    assert instance.last_task.data["who"] > 0


def test_defect_10_a_loaded_instance_has_the_unsafe_engine_back() -> None:
    from SpiffWorkflow.bpmn.script_engine import PythonScriptEngine

    class Safe(PythonScriptEngine):
        pass

    spec = parser(EVENTS + '<userTask id="a"/>' + flows("s>a", "a>e")).get_spec("p")
    serializer = BpmnWorkflowSerializer()
    loaded = serializer.deserialize_json(serializer.serialize_json(BpmnWorkflow(spec, script_engine=Safe())))
    assert type(loaded.script_engine) is PythonScriptEngine


def test_defect_11_an_element_named_start_breaks_the_process() -> None:
    with pytest.raises(SpiffWorkflowException, match="No output task connected"):
        workflow('<startEvent id="Start"/><endEvent id="e"/>' + flows("Start>e"))


def test_defect_11_a_plain_iso_duration_is_not_a_timer() -> None:
    with pytest.raises(SpiffWorkflowException):
        workflow(EVENTS + timer("intermediateCatchEvent", "t", "P7D").replace('"P7D"', "P7D") + flows("s>t", "t>e"))


def test_defect_14_the_state_of_a_finished_loop_keeps_growing() -> None:
    def size(rounds: int) -> int:
        instance = workflow(
            f'{EVENTS}<exclusiveGateway id="good"/><userTask id="draft"/>'
            + flows("s>draft", "draft>good", "good>e|ok", "good>draft|not ok")
        )
        for _ in range(rounds):
            finish(instance, ready(instance)[0], ok=False)
        return len(BpmnWorkflowSerializer().serialize_json(instance))

    assert size(30) > 2 * size(10)
