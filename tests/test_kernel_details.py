"""Small things of the kernel that no other test looked at: each was found by a planted bug that nobody noticed."""

import json
import pathlib
from typing import Any

import pytest

from engine import bpmn
from engine.bpmn import state as states
from engine.bpmn.naming import facts
from engine.errors import Conflict, DefinitionError
from kernel_models import Case, compile, environment, xml

CALLED = 'id="q" isExecutable="true"'
MODELS = sorted((pathlib.Path(__file__).parent / "conformance" / "models").glob("*.bpmn"))


def test_each_input_mapping_sees_those_before_it() -> None:
    case = Case('<startEvent id="s"/><userTask id="a">[in 1 -> x][in x + 1 -> y][out x + y -> z]</userTask>\n~ s a')
    assert case.do("a").variables == {"z": 3}


def test_compensation_of_everything_stays_in_its_scope_though_there_is_nothing_to_undo() -> None:  # 13.5.5
    case = Case("""
        <startEvent id="s"/><userTask id="a"/><boundaryEvent id="b" attachedToRef="a">[compensate]</boundaryEvent>
        <userTask id="undo" isForCompensation="true"/><association id="x" sourceRef="b" targetRef="undo"/>
        <subProcess id="sub"><startEvent id="ps"/><intermediateThrowEvent id="t">[compensate]</intermediateThrowEvent>
          <userTask id="after"/>
          ~ ps t after
        </subProcess>
        ~ s a sub
    """)
    assert case.do("a").waiting() == ["after"]


def test_compensation_of_one_activity_looks_for_it_in_the_scopes_around() -> None:
    case = Case("""
        <startEvent id="s"/><userTask id="a"/><boundaryEvent id="b" attachedToRef="a">[compensate]</boundaryEvent>
        <userTask id="undo" isForCompensation="true"/><association id="x" sourceRef="b" targetRef="undo"/>
        <subProcess id="sub"><startEvent id="ps"/><intermediateThrowEvent id="t">[compensate a]</intermediateThrowEvent>
          <userTask id="after"/>
          ~ ps t after
        </subProcess>
        ~ s a sub
    """)
    assert case.do("a").waiting() == ["undo"]
    assert case.do("undo").waiting() == ["after"]


def test_a_sub_process_is_undone_when_all_of_it_is() -> None:
    handlers = "".join(
        f'<userTask id="{n}"/><boundaryEvent id="b{n}" attachedToRef="{n}">[compensate]</boundaryEvent>'
        f'<userTask id="undo_{n}" isForCompensation="true"/>'
        f'<association id="x{n}" sourceRef="b{n}" targetRef="undo_{n}"/>'
        for n in "ac"
    )
    case = Case(f"""
        <startEvent id="s"/>
        <subProcess id="sub"><startEvent id="ps"/>{handlers}
          ~ ps a c
        </subProcess>
        <intermediateThrowEvent id="t">[compensate]</intermediateThrowEvent><userTask id="after"/>
        ~ s sub t after
    """)
    assert case.do("a", "c").waiting() == ["undo_c"]
    assert case.do("undo_c").waiting() == ["undo_a"]
    assert case.went()[-1] == "undo_c"
    assert case.do("undo_a").waiting() == ["after"]


def test_a_cancelled_transaction_listens_to_nothing_while_it_is_undone() -> None:  # 13.3.4
    case = Case(
        compile(
            """
        <startEvent id="s"/>
        <transaction id="tx"><startEvent id="ts"/><userTask id="a"/><endEvent id="e">[cancel]</endEvent>
          <boundaryEvent id="b" attachedToRef="a">[compensate]</boundaryEvent>
          <userTask id="undo" isForCompensation="true"/><association id="x" sourceRef="b" targetRef="undo"/>
          <subProcess id="es" triggeredByEvent="true">
            <startEvent id="ess" isInterrupting="false">[message m]</startEvent><userTask id="est"/>
            ~ ess est
          </subProcess>
          ~ ts a e
        </transaction>
        <boundaryEvent id="c" attachedToRef="tx">[cancel]</boundaryEvent><userTask id="z"/>
        ~ s tx
        ~ c z
    """,
            around='<message id="m" name="hello"/>',
        )
    ).do("a")
    assert case.waiting() == ["undo"] and not case.messages
    with pytest.raises(bpmn.Stale):
        case.deliver("message", "hello")
    assert case.do("undo").waiting() == ["z"]


def thrown_to(definition: bpmn.Definition, catch: bpmn.Element) -> list[str]:
    """The throwing events of a link event that catches."""
    names = {e.link for e in catch.events if e.kind == "link" and catch.type == "intermediateCatchEvent"}
    around = [e for e in definition.elements.values() if e.scope == catch.scope and e.type == "intermediateThrowEvent"]
    return [e.id for e in around if any(x.kind == "link" and x.link in names for x in e.events)]


@pytest.mark.parametrize("file", MODELS, ids=lambda file: file.stem)
def test_what_can_come_to_a_flow_is_found_by_all_ways(file: pathlib.Path) -> None:
    """The search for the inclusive join against the plainest one there is."""
    try:
        definition = bpmn.compile(file.read_bytes(), file=file.name)
    except DefinitionError:
        return
    sources = {f.id: f.source for f in definition.flows.values()}
    for flow in sources:
        for without in {f.target for f in definition.flows.values() if f.id == flow}:
            found: set[str] = {sources[flow]} - {without}
            while True:
                before = [sources[f] for e in found for f in definition.elements[e].incoming]
                before += [a for e in found if (a := definition.elements[e].attached_to)]
                before += [t for e in found for t in thrown_to(definition, definition.elements[e])]
                if set(before) - {without} <= found:
                    break
                found |= set(before) - {without}
            assert definition.upstream(flow, without) == found


def test_a_boundary_event_on_a_called_process_of_another_file_is_the_callers() -> None:
    called = bpmn.compile(
        xml(
            """<startEvent id="qs"/><userTask id="qa"/>
            <subProcess id="es" triggeredByEvent="true">
              <startEvent id="ess" isInterrupting="false">[message n]</startEvent><userTask id="est"/>
              ~ ess est
            </subProcess>
            ~ qs qa""",
            process=CALLED,
            around='<message id="n" name="inner"/>',
        )
    )
    for events in ("", '<startEvent id="s2"/>'):
        caller = compile(
            f"""<startEvent id="s"/>{events}<callActivity id="c">[call q]</callActivity>
            <boundaryEvent id="b" attachedToRef="c" cancelActivity="false">[message m]</boundaryEvent><userTask id="z"/>
            ~ s c
            ~ b z""",
            around='<message id="m" name="outer"/>',
        )
        case = Case(caller, environment(called))
        case.deliver("message", "outer")
        case.deliver("message", "inner")
        assert case.waiting() == ["est", "qa", "z"]


def test_a_boundary_event_on_a_plain_called_process_of_another_file() -> None:
    called = bpmn.compile(
        xml('<startEvent id="qs"/><userTask id="qa"/>\n~ qs qa', process='id="q" isExecutable="true"')
    )
    caller = """<startEvent id="s"/><callActivity id="c">[call q]</callActivity>
        <boundaryEvent id="b" attachedToRef="c">[message m]</boundaryEvent><userTask id="z"/>
        ~ s c
        ~ b z"""
    case = Case(compile(caller, around='<message id="m" name="outer"/>'), environment(called))
    case.deliver("message", "outer")
    assert case.waiting() == ["z"]


def test_a_listener_that_is_done_is_completed_and_not_withdrawn() -> None:
    case = Case("""<startEvent id="s"/><userTask id="a"><ext><zeebe:executionListeners>
        <zeebe:executionListener eventType="start" type="hello"/></zeebe:executionListeners></ext></userTask>\n~ s a""")
    case.do("a")
    assert case.waiting() == ["a"] and case.tasks and case.count("job.cancelled") == 0


def test_what_has_no_id_is_given_one_and_read_leniently() -> None:
    text = xml('<startEvent id="s"/><userTask/>')
    definition = bpmn.compile(text, strict=False)
    assert {p.code for p in definition.problems} >= {"missing_id"}
    assert [e.type for name, e in definition.elements.items() if name.startswith("_userTask_")] == ["userTask"]


def test_of_two_elements_with_one_id_both_are_read_leniently() -> None:
    definition = bpmn.compile(xml('<startEvent id="s"/><userTask id="a"/><manualTask id="a"/>'), strict=False)
    assert {p.code for p in definition.problems} >= {"duplicate_id"}
    assert sorted(e.type for e in definition.elements.values()) == ["manualTask", "startEvent", "userTask"]


def test_a_problem_knows_what_its_process_or_flow_is_called() -> None:
    definition = compile(
        '<startEvent id="s"/><userTask id="a" name="Draft&#10;it"/>\n~ s a', process='id="p" name="The  Process"'
    )
    assert facts(definition, "p") == {"element_id": "p", "element_type": "process", "element_name": "The Process"}
    assert facts(definition, "a")["element_name"] == "Draft it"
    assert facts(definition, "s_a")["source_name"] == "s" and facts(definition, "s_a")["target_name"] == "Draft it"
    assert facts(definition, "gone") == {"element_id": "gone"} and facts(definition, None) == {}


def test_an_event_that_refers_to_nothing_is_known_by_its_own_name() -> None:
    case = Case(
        '<startEvent id="s"/><intermediateCatchEvent id="c" name="go">[message]</intermediateCatchEvent>\n~ s c'
    )
    case.deliver("message", "go")
    assert case.ended == "completed"


@pytest.mark.parametrize("direction", ["incoming", "outgoing"])
@pytest.mark.parametrize("kind", ["event", "compensation"])
def test_one_flow_is_enough_to_be_refused(kind: str, direction: str) -> None:
    odd = {
        "event": '<subProcess id="o" triggeredByEvent="true"><startEvent id="os">[signal sg]</startEvent></subProcess>',
        "compensation": '<userTask id="o" isForCompensation="true"/>',
    }[kind]
    flow = "~ a o" if direction == "incoming" else "~ o a"
    with pytest.raises(DefinitionError) as caught:
        compile(f'<startEvent id="s"/><userTask id="a"/>{odd}~ s a\n{flow}', around='<signal id="sg" name="go"/>')
    assert ("o", "flow_not_allowed") in {(p.element, p.code) for p in caught.value.problems}


def test_an_assignment_of_a_data_association_is_a_mapping() -> None:  # 10.4.2
    case = Case("""<startEvent id="s"/><dataObject id="do"/><dataObjectReference id="total" dataObjectRef="do"/>
        <userTask id="a"><dataInputAssociation id="di"><sourceRef>total</sourceRef><targetRef>ain</targetRef>
        <assignment><from>=2 * 3</from><to>local</to></assignment></dataInputAssociation>
        [out local + 1 -> seen]</userTask>
        ~ s a""")
    assert case.do("a").variables["seen"] == 7


def test_an_instance_that_has_ended_takes_nothing_any_more() -> None:
    case = Case('<startEvent id="s"/><userTask id="a"/>\n~ s a')
    task = case.task("a")
    case.do("a")
    with pytest.raises(bpmn.Stale, match="has ended"):
        bpmn.complete(case.definition, case.state, {}, task, {}, case.now, case.env)
    with pytest.raises(bpmn.Stale, match="has ended"):
        bpmn.cancel(case.definition, case.state, {}, case.now, case.env)


def test_a_view_says_which_called_definition_a_token_is_in() -> None:
    called = bpmn.compile(
        xml('<startEvent id="qs"/><userTask id="qa"/>\n~ qs qa', process='id="q" isExecutable="true"')
    )
    case = Case(compile('<startEvent id="s"/><callActivity id="c">[call q]</callActivity>\n~ s c'), environment(called))
    assert {row["element"]: row.get("process") for row in case.view()} == {"c": None, "qa": called.hash}


LARGE: list[Any] = [
    {str(n): n for n in range(40)},
    {"inside": list(range(40))},
    {"inside": {str(n): n for n in range(40)}},
    list(range(40)),
]


@pytest.mark.parametrize("value", LARGE, ids=["context", "list in a context", "context in a context", "list"])
def test_large_variables_stand_packed_in_the_state(value: Any) -> None:
    case = Case('<startEvent id="s"/><userTask id="a"/>\n~ s a', small=[1], large=value, other=LARGE[0], third="x")
    record = json.loads(case.state)
    assert sorted(record["b"]["0"]) == ["large", "other"]
    assert case.do("a").variables == {"small": [1], "large": value, "other": LARGE[0], "third": "x"}
    given = {"large": value, "other": LARGE[0], "small": [1], "third": list(range(30))}
    started = bpmn.start(case.definition, given, case.now, case.env)  # as the kernel writes it, no key moved
    assert bpmn.variables(started.state) == given


def test_packed_variables_of_several_tokens_are_found_again() -> None:
    case = Case(
        """<startEvent id="s"/><userTask id="a">[in big -> x][in big -> y][out count(x) + count(y) -> n]</userTask>
        ~ s a""",
        big=list(range(40)),
    )
    part = states.load(case.state)
    assert sum(type(v) is states.Packed for t in part.tokens.values() for v in (t.variables or {}).values()) == 3
    assert case.do("a").variables["n"] == 80


def test_an_instance_begins_at_elements_of_its_process_only() -> None:
    definition = compile("""<startEvent id="s"/><subProcess id="sub"><startEvent id="is"/></subProcess>
        ~ s sub""")
    for element in ("nowhere", "is"):
        with pytest.raises(Conflict):
            Case(definition, begin=element)


@pytest.mark.parametrize("kind", ["scriptTask", "businessRuleTask", "sendTask", "serviceTask"])
def test_whatever_a_worker_does_is_completed_as_a_job(kind: str) -> None:
    case = Case(f'<startEvent id="s"/><{kind} id="a">[job t]</{kind}>\n~ s a').do("a")
    assert case.count("job.completed") == 1 and case.count("task.completed") == 0


def test_a_cycle_may_be_the_value_of_an_expression() -> None:
    case = Case("""<startEvent id="s"/><userTask id="a"/><userTask id="z"/>
        <boundaryEvent id="b" attachedToRef="a" cancelActivity="false">[timer Cycle =duration("PT1H")]</boundaryEvent>
        ~ s a
        ~ b z""")
    due = [case.ring("b").last("timer.fired") and next(iter(case.timers.values()))["due"] for _ in range(2)]
    assert due == ["2022-01-10T04:00:00Z", "2022-01-10T05:00:00Z"] and case.waiting() == ["a", "z", "z"]


def test_an_incident_of_the_whole_instance_ends_with_it() -> None:
    case = Case("""<startEvent id="s"/><userTask id="a"/><subProcess id="es" triggeredByEvent="true">
        <startEvent id="ess">[timer Duration =1 + "x"]</startEvent></subProcess>
        ~ s a""")
    assert [i["token"] for i in case.incidents.values()] == ["0"]
    case.cancel()
    assert not case.incidents and case.ended == "cancelled"


def test_a_child_of_a_sequence_leaves_nothing_behind() -> None:
    case = Case('<startEvent id="s"/><userTask id="a">[each [1, 2, 3] as item; sequential]</userTask>\n~ s a')
    before = len(json.loads(case.state)["t"])
    case.do("a")
    assert len(json.loads(case.state)["t"]) == before and case.count("element.cancelled") == 0


def test_an_event_definition_that_is_not_there_is_told_once() -> None:
    body = '<intermediateCatchEvent id="c"><eventDefinitionRef>gone</eventDefinitionRef></intermediateCatchEvent>'
    with pytest.raises(DefinitionError) as caught:
        compile(f'<startEvent id="s"/>{body}\n~ s c')
    assert [(p.element, p.code) for p in caught.value.problems].count(("c", "unresolved_reference")) == 1


@pytest.mark.parametrize("kind", ["error", "escalation"])
def test_the_code_of_what_is_thrown_may_be_computed(kind: str) -> None:
    body = f"""<startEvent id="s"/><subProcess id="sub"><startEvent id="i"/><endEvent id="t">[{kind} thrown]</endEvent>
          ~ i t
        </subProcess><boundaryEvent id="b" attachedToRef="sub">[{kind} caught]</boundaryEvent><userTask id="a"/>
        ~ s sub
        ~ b a"""
    around = f'<{kind} id="thrown" {kind}Code="=code"/><{kind} id="caught" {kind}Code="17"/>'
    assert Case(compile(body, around=around), code=17).waiting() == ["a"]
    other = Case(compile(body, around=around), code="18")
    assert [i["code"] for i in other.incidents.values()] == (["uncaught_error"] if kind == "error" else [])
    missing = Case(compile(body, around=around))
    assert [i["code"] for i in missing.incidents.values()] == ["not_text"]


@pytest.mark.parametrize(("ordering", "first"), [("Parallel", ["a", "c"]), ("Sequential", ["c"])])
def test_an_ad_hoc_sub_process_may_say_what_starts_in_it(ordering: str, first: list[str]) -> None:
    body = f"""<startEvent id="s"/><adHocSubProcess id="ah" ordering="{ordering}">
          <ext><zeebe:adHoc activeElementsCollection="=todo"/></ext>
          <userTask id="a"/><userTask id="b"/><userTask id="c"/></adHocSubProcess><userTask id="z"/>
        ~ s ah z"""
    case = Case(body, todo=["c", "a"])
    assert case.waiting() == first
    assert case.do("c").do("a").waiting() == ["z"]
    assert Case(body, todo=[]).waiting() == ["z"]
    for wrong, code in (("c", "not_a_list"), (["x"], "unknown_element"), ([1], "unknown_element")):
        assert [i["code"] for i in Case(body, todo=wrong).incidents.values()] == [code]
