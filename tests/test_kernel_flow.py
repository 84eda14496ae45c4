"""Sequence flow, gateways and scopes: how tokens move (BPMN 2.0.2 chapter 13; section numbers stand at the tests)."""

import pytest

from engine import bpmn
from kernel_models import NOW, Case, compile, environment


def test_a_token_follows_the_sequence_flow_and_the_instance_ends_with_its_last_token() -> None:
    case = Case('<startEvent id="s"/><userTask id="a"/><userTask id="b"/><endEvent id="e"/>\n~ s a b e')
    assert case.waiting() == ["a"]
    case.do("a")
    assert case.waiting() == ["b"] and case.ended is None
    case.do("b")
    assert case.ended == "completed"
    assert case.went() == ["s", "a", "b", "e"]
    assert [e["flow"] for e in case.events if e["e"] == "flow.taken"] == ["s_a", "a_b", "b_e"]


def test_a_process_without_start_event_starts_where_nothing_flows_in() -> None:  # 13.2
    case = Case('<userTask id="a"/><userTask id="b"/><userTask id="c"/>\n~ a c')
    assert case.waiting() == ["a", "b"]
    case.do("b", "a", "c")
    assert case.ended == "completed"


def test_several_start_events_without_trigger_all_start() -> None:  # 13.2
    case = Case('<startEvent id="s1"/><startEvent id="s2"/><userTask id="a"/><userTask id="b"/>\n~ s1 a\n~ s2 b')
    assert case.waiting() == ["a", "b"]


def test_a_second_completion_is_refused() -> None:
    case = Case('<startEvent id="s"/><userTask id="a"/><userTask id="b"/>\n~ s a b')
    task, before = case.task("a"), case.state
    case.do("a")
    with pytest.raises(bpmn.Stale):
        case.complete(task)
    with pytest.raises(bpmn.Stale):
        case.complete("99")
    with pytest.raises(bpmn.Stale):
        case.complete("no id")
    assert case.state != before and case.waiting() == ["b"]


def test_nothing_can_be_done_to_an_instance_that_has_ended() -> None:
    case = Case('<startEvent id="s"/><userTask id="a"/>\n~ s a').do("a")
    with pytest.raises(bpmn.Stale):
        case.complete("2")
    with pytest.raises(bpmn.Stale):
        case.cancel()


EXCLUSIVE = """
<startEvent id="s"/><exclusiveGateway id="g"/><userTask id="a"/><userTask id="b"/><userTask id="c"/>
~ s g
~ g a if x > 10
~ g b if x > 5
~ g c default
"""


@pytest.mark.parametrize(("x", "taken"), [(11, "a"), (10, "b"), (5, "c")])
def test_the_exclusive_gateway_takes_the_first_flow_whose_condition_holds(x: int, taken: str) -> None:  # 13.4.2
    assert Case(EXCLUSIVE, x=x).waiting() == [taken]


def test_no_flow_to_take_is_an_incident_that_a_retry_resolves() -> None:  # 13.4.2: an exception
    case = Case(
        '<startEvent id="s"/><userTask id="w"/><exclusiveGateway id="g"/><userTask id="a"/><userTask id="b"/>'
        "\n~ s w g\n~ g a if x = 1\n~ g b if x = 2"
    )
    case.do("w", x=3)
    assert [i["code"] for i in case.incidents.values()] == ["no_flow"]
    assert case.waiting() == [] and case.ended is None
    incident = next(iter(case.incidents))
    case.retry(incident)
    assert len(case.incidents) == 1 and incident not in case.incidents


@pytest.mark.parametrize(("x", "why"), [("7", "not_boolean"), (None, "not_boolean")])
def test_a_condition_that_is_not_boolean_is_an_incident(x: object, why: str) -> None:
    case = Case(EXCLUSIVE, x=x)
    assert [i["code"] for i in case.incidents.values()] == [why]
    assert [i["el"] for i in case.incidents.values()] == ["g"]
    assert case.went() == ["s"], "the token stays at the gateway, nothing of the step is left"


def test_a_task_with_two_flows_sends_a_token_along_both() -> None:  # 13.3.1
    case = Case('<startEvent id="s"/><task id="t"/><userTask id="a"/><userTask id="b"/>\n~ s t a\n~ t b')
    assert case.waiting() == ["a", "b"]


CONDITIONAL = """
<startEvent id="s"/><userTask id="t"/><userTask id="a"/><userTask id="b"/><userTask id="c"/><userTask id="always"/>
~ s t
~ t a if x > 1
~ t b if x > 2
~ t c default
~ t always
"""


@pytest.mark.parametrize(("x", "taken"), [(3, ["a", "always", "b"]), (2, ["a", "always"]), (1, ["always", "c"])])
def test_conditional_and_default_flows_leave_a_task(x: int, taken: list[str]) -> None:  # 13.3.1
    assert Case(CONDITIONAL).do("t", x=x).waiting() == taken


def test_an_uncontrolled_merge_passes_each_token() -> None:  # 13.3.1
    case = Case(
        '<startEvent id="s"/><parallelGateway id="f"/><task id="a"/><task id="b"/><userTask id="t"/>'
        "\n~ s f a t\n~ f b t"
    )
    assert case.waiting() == ["t", "t"]
    case.do("t")
    assert case.ended is None
    case.do("t")
    assert case.ended == "completed"


PARALLEL = """
<startEvent id="s"/><parallelGateway id="f"/><userTask id="a"/><userTask id="b"/><parallelGateway id="j"/>
<userTask id="z"/>
~ s f a j z
~ f b j
"""


def test_the_parallel_gateway_joins_one_token_of_each_flow() -> None:  # 13.4.1
    case = Case(PARALLEL).do("a")
    assert case.waiting() == ["b"]
    assert [r["kind"] for r in case.view()] == ["token", "join"]
    case.do("b")
    assert case.waiting() == ["z"]
    assert case.went().count("j") == 1


def test_a_parallel_join_keeps_a_second_token_of_the_same_flow_for_the_next_time() -> None:  # 13.4.1
    case = Case("""
        <startEvent id="s"/><parallelGateway id="f"/><userTask id="a1"/><userTask id="a2"/><userTask id="b1"/>
        <exclusiveGateway id="m"/><parallelGateway id="j"/><userTask id="z"/>
        ~ s f a1 m j z
        ~ f a2 m
        ~ f b1 j
    """)
    case.do("a1", "a2", "b1")
    assert case.waiting() == ["z"]
    assert [r["element"] for r in case.view() if r["kind"] == "join"] == ["j"]


INCLUSIVE = """
<startEvent id="s"/><inclusiveGateway id="f"/><userTask id="a"/><userTask id="b"/><userTask id="c"/>
<inclusiveGateway id="j"/><userTask id="z"/>
~ s f
~ f a if x > 0
~ f b if x > 1
~ f c default
~ a j z
~ b j
~ c j
"""


@pytest.mark.parametrize(("x", "taken"), [(2, ["a", "b"]), (1, ["a"]), (0, ["c"])])
def test_the_inclusive_gateway_takes_every_flow_whose_condition_holds_and_joins_them(
    x: int, taken: list[str]
) -> None:  # 13.4.3
    case = Case(INCLUSIVE, x=x)
    assert case.waiting() == taken
    for done in taken:
        assert "z" not in case.waiting()
        case.do(done)
    assert case.waiting() == ["z"]


def test_the_inclusive_join_waits_for_what_can_still_come_from_far_away() -> None:  # 13.4.3
    case = Case("""
        <startEvent id="s"/><parallelGateway id="f"/><userTask id="a"/><userTask id="b"/><exclusiveGateway id="x"/>
        <inclusiveGateway id="j"/><userTask id="z"/><userTask id="away"/>
        ~ s f a j z
        ~ f b x
        ~ x j if join
        ~ x away default
    """)
    case.do("a")
    assert case.waiting() == ["b"], "b may still reach the join"
    case.do("b", join=False)
    assert case.waiting() == ["away", "z"], "nothing can reach the join any more"


def test_the_inclusive_join_does_not_wait_for_its_own_loop() -> None:  # 13.4.3: paths through the gateway do not count
    case = Case("""
        <startEvent id="s"/><inclusiveGateway id="j"/><userTask id="a"/><exclusiveGateway id="x"/><endEvent id="e"/>
        ~ s j a x
        ~ x j if again
        ~ x e default
    """)
    case.do("a", again=True)
    assert case.waiting() == ["a"]
    case.do("a", again=False)
    assert case.ended == "completed"


def test_two_inclusive_joins_in_a_row_go_one_after_the_other() -> None:
    case = Case("""
        <startEvent id="s"/><parallelGateway id="f"/><userTask id="a"/><userTask id="b"/><userTask id="c"/>
        <inclusiveGateway id="j1"/><inclusiveGateway id="j2"/><userTask id="z"/>
        ~ s f a j1 j2 z
        ~ f b j1
        ~ f c j2
    """)
    case.do("c", "a")
    assert "z" not in case.waiting()
    case.do("b")
    assert case.waiting() == ["z"]
    assert case.went()[-2:] == ["j1", "j2"]


def test_a_loop_of_gateways_leaves_nothing_behind() -> None:
    case = Case(
        '<startEvent id="s"/><exclusiveGateway id="m"/><userTask id="a"/><exclusiveGateway id="x"/><endEvent id="e"/>'
        "\n~ s m a x\n~ x m if again\n~ x e default"
    )
    case.do("a", again=True)
    size = len(case.state)
    for _ in range(1000):
        case.do("a", again=True)
    assert len(case.state) - size <= 3 * len("10000"), "only the counter grew longer"


def test_an_endless_automatic_loop_is_an_incident_and_leaves_the_state_as_it_was() -> None:
    case = Case(
        '<startEvent id="s"/><userTask id="w"/><exclusiveGateway id="m"/><scriptTask id="a">'
        '<extensionElements><zeebe:script expression="=n + 1" resultVariable="n"/></extensionElements></scriptTask>'
        "\n~ s w m a m",
        n=0,
        env=environment(agenda_limit=1000),
    )
    case.do("w")
    assert [i["code"] for i in case.incidents.values()] == ["agenda_limit"]
    assert [i["el"] for i in case.incidents.values()] == ["w"]
    assert case.variables == {"n": 0}
    with pytest.raises(bpmn.Stale):
        case.complete(case.view()[0]["token"])
    case.retry(next(iter(case.incidents)))
    assert [i["code"] for i in case.incidents.values()] == ["agenda_limit"]
    assert len(case.state) < 400


def test_an_endless_loop_at_the_start_is_an_incident_too() -> None:
    case = Case(
        '<startEvent id="s"/><exclusiveGateway id="m"/><task id="a"/>\n~ s m a m', env=environment(agenda_limit=100)
    )
    assert [i["el"] for i in case.incidents.values()] == ["p"]
    assert [(r["token"], r["element"]) for r in case.view()] == [("0", "")]


def test_a_doubling_loop_is_bounded() -> None:
    case = Case(
        '<startEvent id="s"/><parallelGateway id="m"/><task id="a"/><task id="b"/><exclusiveGateway id="x"/>'
        "\n~ s x m a x\n~ m b x",
        env=environment(agenda_limit=5000),
    )
    assert [i["code"] for i in case.incidents.values()] == ["agenda_limit"] and len(case.state) < 400


# -- sub-processes and calls

SUB = """
<startEvent id="s"/>
<subProcess id="sub">
  <startEvent id="is"/><parallelGateway id="ig"/><userTask id="ia"/><userTask id="ib"/><endEvent id="ie"/>
  ~ is ig ia ie
  ~ ig ib ie
</subProcess>
<userTask id="z"/>
~ s sub z
"""


def test_a_sub_process_completes_with_its_last_token() -> None:  # 13.3.4
    case = Case(SUB).do("ia")
    assert case.waiting() == ["ib"]
    case.do("ib")
    assert case.waiting() == ["z"]
    assert case.went()[-3:] == ["ib", "ie", "sub"]


def test_an_empty_sub_process_passes() -> None:
    assert Case('<startEvent id="s"/><subProcess id="sub"/><userTask id="z"/>\n~ s sub z').waiting() == ["z"]


def test_terminate_ends_only_the_scope_around_it() -> None:  # 13.5.6
    case = Case("""
        <startEvent id="s"/>
        <subProcess id="sub">
          <startEvent id="is"/><parallelGateway id="ig"/><userTask id="ia"/><userTask id="ib"/>
          <endEvent id="it"><terminateEventDefinition/></endEvent>
          ~ is ig ia it
          ~ ig ib
        </subProcess>
        <userTask id="z"/>
        ~ s sub z
    """)
    case.do("ia")
    assert case.waiting() == ["z"]
    assert case.went("element.cancelled") == ["ib"]
    assert case.went("task.cancelled") == ["ib"]


def test_terminate_at_the_top_ends_the_instance() -> None:  # 13.5.6
    case = Case("""
        <startEvent id="s"/><parallelGateway id="f"/><userTask id="a"/><userTask id="b"/>
        <endEvent id="t"><terminateEventDefinition/></endEvent>
        ~ s f a t
        ~ f b
    """)
    case.do("a")
    assert case.ended == "terminated"
    assert case.tasks == {} and case.count("instance.ended") == 1
    assert bpmn.ended(case.state) == "terminated"


CALLED = compile(
    '<startEvent id="cs"/><userTask id="ca"/><endEvent id="ce"/>\n~ cs ca ce', process='id="called" isExecutable="true"'
)


def _caller(attributes: str = "", mapping: str = "") -> str:
    return f"""
        <startEvent id="s"/>
        <callActivity id="c"><extensionElements>
          <zeebe:calledElement processId="called" {attributes}/>{mapping}
        </extensionElements></callActivity>
        <userTask id="z"/>
        ~ s c z
    """


def test_a_called_process_is_pinned_by_its_hash() -> None:  # 13.3.5
    newer = compile('<startEvent id="cs"/><endEvent id="ce"/>\n~ cs ce', process='id="called" isExecutable="true"')
    case = Case(compile(_caller()), environment(CALLED))
    assert case.last("process.called")["hash"] == CALLED.hash
    assert case.last("task.opened")["process"] == CALLED.hash
    assert "process" not in case.events[0]
    case.env = bpmn.Env({CALLED.hash: CALLED, newer.hash: newer}.__getitem__, lambda _: newer.hash)
    case.do("ca")
    assert case.waiting() == ["z"]
    assert "process" not in case.last("task.opened")


def test_variables_cross_the_border_of_a_call_as_it_says() -> None:
    env = environment(CALLED)
    everything = Case(compile(_caller()), env, x=1).do("ca", y=2)
    assert everything.variables == {"x": 1, "y": 2}
    nothing_in = Case(compile(_caller('propagateAllParentVariables="false"')), env, x=1)
    assert '"v":{"x":1}' in bpmn.start(nothing_in.definition, {"x": 1}, NOW, env).state
    assert nothing_in.do("ca", x=5).variables == {"x": 5}
    nothing_out = Case(compile(_caller('propagateAllChildVariables="false"')), env, x=1).do("ca", x=2, y=2)
    assert nothing_out.variables == {"x": 1}
    mapped = Case(
        compile(
            _caller(
                'propagateAllParentVariables="false"',
                '<zeebe:ioMapping><zeebe:input source="=x + 1" target="given"/>'
                '<zeebe:output source="=given + y" target="got"/></zeebe:ioMapping>',
            )
        ),
        env,
        x=1,
    ).do("ca", y=10)
    assert mapped.variables == {"x": 1, "got": 12}


def test_a_process_of_the_same_file_is_called_from_there() -> None:
    definition = compile(
        _caller(),
        around='<process id="called"><startEvent id="cs"/><userTask id="ca"/>\n~ cs ca\n</process>',
    )
    case = Case(definition).do("ca")
    assert case.waiting() == ["z"]


def test_an_unknown_process_is_an_incident_and_runs_once_it_is_there() -> None:
    case = Case(compile(_caller()))
    assert [i["code"] for i in case.incidents.values()] == ["unknown_process"]
    case.env = environment(CALLED)
    case.retry(next(iter(case.incidents)))
    assert case.waiting() == ["ca"]


def test_a_process_that_calls_itself_for_ever_is_an_incident() -> None:
    definition = compile('<startEvent id="s"/><callActivity id="c" calledElement="p"/>\n~ s c')
    case = Case(definition)
    assert [i["code"] for i in case.incidents.values()] == ["call_depth"]


def test_the_same_input_gives_the_same_bytes() -> None:
    one, two = Case(SUB, x=1), Case(SUB, x=1)
    for case in (one, two):
        case.do("ib", "ia")
    assert one.events == two.events
    assert bpmn.start(one.definition, {"b": 1, "a": 2}, NOW, one.env) == bpmn.start(
        one.definition, {"a": 2, "b": 1}, NOW, one.env
    )
