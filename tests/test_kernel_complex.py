"""The rarer half of BPMN: complex gateways, conditional and multiple events, compensation, transactions, ad-hoc
sub-processes, quantities, instantiating gateways, data associations, several pools (sections stand at the tests)."""

import pytest

from engine import bpmn, errors
from kernel_models import NOW, Case, compile, xml

DEFS = """
<message id="m" name="answer"/><message id="m2" name="second"/><signal id="sg" name="alarm"/>
<error id="er" errorCode="E1"/><escalation id="es" escalationCode="late"/>
"""


def model(body: str, around: str = "") -> bpmn.Definition:
    return compile(body, around=DEFS + around)


# -- complex gateway


def discriminator(needed: int, outgoing: str = "~ j z") -> bpmn.Definition:
    return model(f"""
        <startEvent id="s"/><exclusiveGateway id="again"/><parallelGateway id="f"/>
        <userTask id="a"/><userTask id="b"/><userTask id="c"/>
        <complexGateway id="j"><activationCondition>=activationCount >= {needed}</activationCondition></complexGateway>
        <userTask id="z"/><exclusiveGateway id="x"/><endEvent id="e"/><userTask id="late"/>
        ~ s again f a j
        ~ f b j
        ~ f c j
        {outgoing}
        ~ z x
        ~ x again if more
        ~ x e default
    """)


def test_a_complex_gateway_goes_on_with_n_of_m_and_takes_no_notice_of_the_rest() -> None:  # 13.4.5
    case = Case(discriminator(2))
    case.do("c")
    assert case.waiting() == ["a", "b"]
    case.do("a")
    assert case.waiting() == ["b", "z"]
    case.do("b")
    assert case.waiting() == ["z"]
    case.do("z", more=False)
    assert case.ended == "completed"


def test_a_complex_gateway_is_reset_and_works_again_in_a_loop() -> None:  # 13.4.5
    case = Case(discriminator(2))
    for _ in range(3):
        case.do("a", "b", "c")
        assert case.waiting() == ["z"]
        case.do("z", more=True)
    assert case.waiting() == ["a", "b", "c"]


def test_a_token_of_the_next_round_waits_until_the_gateway_is_reset() -> None:
    case = Case(discriminator(1))
    case.do("a")
    case.do("z", more=True)
    assert case.waiting() == ["a", "b", "b", "c", "c"]
    case.do("a")
    assert "z" not in case.waiting(), "two flows of the first round are still expected"
    case.do("b", "c")
    assert case.waiting() == ["b", "c", "z"]


def test_a_flow_may_ask_whether_the_gateway_is_reset() -> None:
    case = Case(discriminator(2, "~ j z if waitingForStart\n~ j late if not(waitingForStart)"))
    case.do("a", "b")
    assert case.waiting() == ["c", "z"]
    case.do("c")
    assert case.waiting() == ["late", "z"]


def test_the_activation_may_ask_for_single_flows() -> None:
    definition = model("""
        <startEvent id="s"/><parallelGateway id="f"/><userTask id="a"/><userTask id="b"/><userTask id="c"/>
        <complexGateway id="j">
          <activationCondition>a_j > 0 and b_j + c_j > 0</activationCondition>
        </complexGateway><userTask id="z"/>
        ~ s f a j z
        ~ f b j
        ~ f c j
    """)
    case = Case(definition).do("b", "c")
    assert case.waiting() == ["a"]
    assert case.do("a").waiting() == ["z"]


# -- conditional events


def test_an_intermediate_conditional_event_waits_until_its_condition_holds() -> None:  # 10.5.1
    case = Case(model("""
        <startEvent id="s"/><parallelGateway id="f"/><userTask id="w"/><userTask id="w2"/>
        <intermediateCatchEvent id="c">[condition x > 5]</intermediateCatchEvent><userTask id="a"/>
        ~ s f w w2
        ~ f c a
    """))  # fmt: skip
    assert case.waiting() == ["w"]
    case.do("w", x=5)
    assert case.waiting() == ["w2"]
    case.do("w2", x=6)
    assert case.waiting() == ["a"]


def test_a_condition_that_holds_already_happens_at_once() -> None:
    case = Case(model("""
        <startEvent id="s"/><intermediateCatchEvent id="c">[condition x > 5]</intermediateCatchEvent><userTask id="a"/>
        ~ s c a
    """), x=9)  # fmt: skip
    assert case.waiting() == ["a"]


def test_a_conditional_boundary_event_happens_once_for_each_time_it_becomes_true() -> None:
    case = Case(model("""
        <startEvent id="s"/><parallelGateway id="f"/><userTask id="a"/><userTask id="caught"/>
        <exclusiveGateway id="mg"/><userTask id="w"/>
        <boundaryEvent id="b" attachedToRef="a" cancelActivity="false">[condition x > 5]</boundaryEvent>
        ~ s f a
        ~ f mg w mg
        ~ b caught
    """))  # fmt: skip
    for value, times in ((6, 1), (7, 1), (1, 1), (8, 2)):
        case.do("w", x=value)
        assert case.waiting().count("caught") == times


def test_a_condition_reaches_children_that_are_not_loaded() -> None:
    case = Case(model("""
        <startEvent id="s"/><parallelGateway id="f"/><userTask id="w"/>
        <subProcess id="sub">[each people as person]
          <startEvent id="is"/><intermediateCatchEvent id="c">[condition go = person]</intermediateCatchEvent>
          <userTask id="a"/>
          ~ is c a
        </subProcess>
        ~ s f w
        ~ f sub
    """), people=["an", "binh"])  # fmt: skip
    with pytest.raises(bpmn.NeedShards):
        bpmn.complete(case.definition, case.state, {}, case.task("w"), {"go": "binh"}, NOW, case.env)
    case.do("w", go="binh")
    assert case.waiting() == ["a"]


def test_a_conditional_event_sub_process() -> None:
    case = Case(model("""
        <startEvent id="s"/><userTask id="a"/><userTask id="b"/>
        <subProcess id="h" triggeredByEvent="true"><startEvent id="hs">[condition stop]</startEvent><userTask id="ht"/>
          ~ hs ht
        </subProcess>
        ~ s a b
    """))  # fmt: skip
    case.do("a", stop=True)
    assert case.waiting() == ["ht"]


def test_a_condition_that_is_no_condition_is_an_incident_and_nothing_else_stops() -> None:
    case = Case(model("""
        <startEvent id="s"/><userTask id="a"/><userTask id="z"/>
        <boundaryEvent id="b" attachedToRef="a">[condition x + 1]</boundaryEvent>
        ~ s a z
    """), x=1)  # fmt: skip
    assert [i["code"] for i in case.incidents.values()] == ["not_boolean"] and case.waiting() == ["a"]
    case.do("a")
    assert case.waiting() == ["z"] and case.incidents == {}


# -- multiple events


def test_a_multiple_event_happens_with_the_first_of_its_definitions() -> None:  # 10.5.1
    definition = model("""
        <startEvent id="s"/>
        <intermediateCatchEvent id="c">[message m][signal sg][timer Duration P1D]</intermediateCatchEvent>
        <userTask id="a"/>
        ~ s c a
    """)
    for kind, name in (("message", "answer"), ("signal", "alarm")):
        case = Case(definition)
        case.deliver(kind, name, {"x": 1})
        assert case.waiting() == ["a"] and not case.timers and not case.messages
    assert Case(definition).ring("c").waiting() == ["a"]


def test_a_parallel_multiple_event_happens_with_the_last_of_its_definitions() -> None:  # 10.5.1
    case = Case(model("""
        <startEvent id="s"/>
        <intermediateCatchEvent id="c" parallelMultiple="true">[message m][message m2]</intermediateCatchEvent>
        <userTask id="a"/>
        ~ s c a
    """))  # fmt: skip
    case.deliver("message", "second", {"x": 1})
    assert case.waiting() == []
    with pytest.raises(bpmn.Stale):
        case.deliver("message", "second")
    case.deliver("message", "answer", {"y": 2})
    assert case.waiting() == ["a"] and case.variables == {"x": 1, "y": 2}


def test_a_parallel_multiple_boundary_that_does_not_interrupt_starts_over() -> None:
    case = Case(model("""
        <startEvent id="s"/><userTask id="a"/><userTask id="caught"/>
        <boundaryEvent id="b" attachedToRef="a" parallelMultiple="true" cancelActivity="false">
          [message m][message m2]</boundaryEvent>
        ~ s a
        ~ b caught
    """))  # fmt: skip
    for _ in range(2):
        case.deliver("message", "answer")
        case.deliver("message", "second")
    assert case.waiting() == ["a", "caught", "caught"]


def test_an_end_event_may_throw_several_things() -> None:
    case = Case(model('<startEvent id="s"/><endEvent id="e">[message m][signal sg][escalation es]</endEvent>\n~ s e'))
    assert [e["e"] for e in case.events if e["e"].endswith(".thrown")] == [
        "message.thrown",
        "signal.thrown",
        "escalation.thrown",
    ]
    assert case.ended == "completed"


def test_two_messages_thrown_at_once_reach_two_who_wait() -> None:
    case = Case(model("""
        <startEvent id="s"/><parallelGateway id="f"/><userTask id="w"/>
        <endEvent id="e">[message m][message m][message m]</endEvent>
        <intermediateCatchEvent id="c1">[message m]</intermediateCatchEvent><userTask id="a"/>
        <intermediateCatchEvent id="c2">[message m]</intermediateCatchEvent><userTask id="b"/>
        ~ s f w e
        ~ f c1 a
        ~ f c2 b
    """))  # fmt: skip
    case.do("w")
    assert case.waiting() == ["a", "b"]
    assert [e["caught_by"] for e in case.events if e["e"] == "message.thrown"] == ["c1", "c2", None]


# -- compensation


BOOK = """
<startEvent id="s"/><userTask id="hotel"/><userTask id="flight"/><userTask id="pay"/>
<boundaryEvent id="bh" attachedToRef="hotel">[compensate]</boundaryEvent>
<userTask id="no_hotel" isForCompensation="true"/>
<boundaryEvent id="bf" attachedToRef="flight">[compensate]</boundaryEvent>
<userTask id="no_flight" isForCompensation="true"/>
<association id="a1" sourceRef="bh" targetRef="no_hotel"/><association id="a2" sourceRef="bf" targetRef="no_flight"/>
<intermediateThrowEvent id="undo">{}</intermediateThrowEvent><userTask id="after"/>
~ s hotel flight pay undo after
"""


def test_compensation_undoes_in_reverse_order_and_the_thrower_waits() -> None:  # 13.5.5
    case = Case(model(BOOK.format("[compensate]"))).do("hotel", "flight", "pay")
    assert case.waiting() == ["no_flight"]
    case.do("no_flight")
    assert case.waiting() == ["no_hotel"]
    case.do("no_hotel")
    assert case.waiting() == ["after"]
    case.do("after")
    assert case.ended == "completed"


def test_compensation_of_one_activity() -> None:
    case = Case(model(BOOK.format("[compensate hotel]"))).do("hotel", "flight", "pay")
    assert case.waiting() == ["no_hotel"]
    case.do("no_hotel")
    assert case.waiting() == ["after"]


def test_what_was_not_completed_is_not_compensated() -> None:
    body = BOOK.format("[compensate]").replace("~ s hotel flight pay undo after", "~ s hotel undo after")
    case = Case(model(body + "\n~ after flight pay\n")).do("hotel")
    assert case.waiting() == ["no_hotel"]
    case.do("no_hotel")
    assert case.waiting() == ["after"]


def test_compensation_that_nobody_waits_for_runs_beside() -> None:
    event = '<compensateEventDefinition waitForCompletion="false"/>'
    case = Case(model(BOOK.format(event))).do("hotel", "flight", "pay")
    assert case.waiting() == ["after", "no_flight"]
    case.do("after", "no_flight")
    assert case.ended is None
    case.do("no_hotel")
    assert case.ended == "completed"


def test_a_completed_sub_process_is_undone_by_undoing_what_is_inside() -> None:  # 13.5.5
    case = Case(model("""
        <startEvent id="s"/>
        <subProcess id="sub">[in 1 -> here]
          <startEvent id="is"/><userTask id="a"/><userTask id="b"/>
          <boundaryEvent id="ba" attachedToRef="a">[compensate]</boundaryEvent>
          <scriptTask id="undo_a" isForCompensation="true">[script here -> seen_by_a]</scriptTask>
          <boundaryEvent id="bb" attachedToRef="b">[compensate]</boundaryEvent>
          <userTask id="undo_b" isForCompensation="true"/>
          <association id="x1" sourceRef="ba" targetRef="undo_a"/>
          <association id="x2" sourceRef="bb" targetRef="undo_b"/>
          ~ is a b
        </subProcess>
        <userTask id="w"/><endEvent id="e">[compensate]</endEvent>
        ~ s sub w e
    """))  # fmt: skip
    case.do("a", here=2).do("b", here=3).do("w")
    assert case.waiting() == ["undo_b"]
    case.do("undo_b")
    assert case.ended == "completed"
    assert case.variables == {"seen_by_a": 3}, "the handler sees the data that the sub-process ended with"


def test_a_compensating_event_sub_process_replaces_the_default() -> None:
    case = Case(model("""
        <startEvent id="s"/>
        <subProcess id="sub"><startEvent id="is"/><userTask id="a"/>
          <boundaryEvent id="ba" attachedToRef="a">[compensate]</boundaryEvent>
          <userTask id="undo_a" isForCompensation="true"/><association id="x1" sourceRef="ba" targetRef="undo_a"/>
          <subProcess id="h" triggeredByEvent="true"><startEvent id="hs">[compensate]</startEvent><userTask id="ht"/>
            <endEvent id="he">[compensate]</endEvent>
            ~ hs ht he
          </subProcess>
          ~ is a
        </subProcess>
        <userTask id="w"/><endEvent id="e">[compensate]</endEvent>
        ~ s sub w e
    """))  # fmt: skip
    case.do("a", "w")
    assert case.waiting() == ["ht"]
    case.do("ht")
    assert case.waiting() == ["undo_a"]
    case.do("undo_a")
    assert case.ended == "completed"


def test_every_turn_of_a_multi_instance_is_compensated_with_its_own_data() -> None:
    case = Case(model("""
        <startEvent id="s"/><userTask id="a">[each people as person]</userTask>
        <boundaryEvent id="ba" attachedToRef="a">[compensate]</boundaryEvent>
        <serviceTask id="undo" isForCompensation="true">[job undo][in person -> who]</serviceTask>
        <association id="x1" sourceRef="ba" targetRef="undo"/><endEvent id="e">[compensate]</endEvent>
        ~ s a e
    """), people=["an", "binh", "chi"])  # fmt: skip
    for index in (1, 3, 2):
        case.answer("a", index)
    undone = []
    while case.jobs:
        undone.append(case.last("job.wanted")["variables"]["who"])
        case.do("undo")
    assert undone == ["binh", "chi", "an"] and case.ended == "completed"


def test_an_activity_in_a_loop_is_compensated_as_often_as_it_was_done() -> None:
    case = Case(model("""
        <startEvent id="s"/><exclusiveGateway id="mg"/><userTask id="a"/><exclusiveGateway id="x"/>
        <boundaryEvent id="ba" attachedToRef="a">[compensate]</boundaryEvent>
        <userTask id="undo" isForCompensation="true"/><association id="x1" sourceRef="ba" targetRef="undo"/>
        <endEvent id="e">[compensate]</endEvent>
        ~ s mg a x
        ~ x mg if more
        ~ x e default
    """)).do("a", "a", more=True).do("a", more=False)  # fmt: skip
    case.do("undo", "undo")
    assert case.waiting() == ["undo"]
    case.do("undo")
    assert case.ended == "completed"


# -- transactions

TRANSACTION = """
<startEvent id="s"/>
<transaction id="tx"><startEvent id="is"/><parallelGateway id="f"/><userTask id="a"/><userTask id="b"/>
<userTask id="c"/>
  <boundaryEvent id="ba" attachedToRef="a">[compensate]</boundaryEvent>
  <userTask id="undo" isForCompensation="true"/><association id="x1" sourceRef="ba" targetRef="undo"/>
  <endEvent id="stop">[cancel]</endEvent>
  ~ is f a
  ~ f b stop
  ~ f c
</transaction>
<boundaryEvent id="bc" attachedToRef="tx">[cancel]</boundaryEvent><userTask id="cancelled"/><userTask id="z"/>
~ s tx z
~ bc cancelled
"""


def test_a_cancelled_transaction_is_undone_and_leaves_by_its_cancel_event() -> None:  # 13.3.4
    case = Case(model(TRANSACTION)).do("a", "b")
    assert case.waiting() == ["undo"] and case.went("task.cancelled") == ["c"]
    case.do("undo")
    assert case.waiting() == ["cancelled"]
    case.do("cancelled")
    assert case.ended == "completed"


def test_a_transaction_that_is_not_cancelled_is_a_sub_process() -> None:
    body = TRANSACTION.replace('<endEvent id="stop">[cancel]</endEvent>', '<endEvent id="stop"/>')
    assert Case(model(body)).do("a", "b", "c").waiting() == ["z"]


def test_a_cancel_end_event_outside_a_transaction_is_refused() -> None:
    body = '<startEvent id="s"/><userTask id="a"/><endEvent id="e">[cancel]</endEvent>\n~ s a e'
    with pytest.raises(errors.DefinitionError) as refused:
        model(body)
    assert [(p.element, p.code) for p in refused.value.problems] == [("e", "event_not_allowed")]


# -- ad-hoc sub-processes


def ad_hoc(attributes: str = "", condition: str = "", flows: str = "") -> bpmn.Definition:
    inside = f"<completionCondition>={condition}</completionCondition>" if condition else ""
    return model(f"""
        <startEvent id="s"/>
        <adHocSubProcess id="ah" {attributes}>{inside}<userTask id="a"/><userTask id="b"/><userTask id="c"/>
          {flows}
        </adHocSubProcess><userTask id="z"/>
        ~ s ah z
    """)


def test_all_activities_of_an_ad_hoc_sub_process_start_at_once() -> None:  # 13.3.5
    case = Case(ad_hoc(flows="~ a c"))
    assert case.waiting() == ["a", "b"]
    case.do("a", "b")
    assert case.waiting() == ["c"]
    assert case.do("c").waiting() == ["z"]


def test_an_ad_hoc_sub_process_in_sequence_does_one_after_the_other() -> None:
    case = Case(ad_hoc('ordering="Sequential"'))
    for name in "abc":
        assert case.waiting() == [name]
        case.do(name)
    assert case.waiting() == ["z"]


def test_the_completion_condition_withdraws_what_remains() -> None:
    case = Case(ad_hoc(condition="enough"), enough=False).do("b")
    assert case.waiting() == ["a", "c"]
    case.do("c", enough=True)
    assert case.waiting() == ["z"] and case.went("task.cancelled") == ["a"]


def test_the_completion_condition_may_wait_for_what_remains() -> None:
    case = Case(ad_hoc('cancelRemainingInstances="false"', "enough"), enough=True).do("b")
    assert case.waiting() == ["a", "c"]
    assert case.do("a", "c").waiting() == ["z"]


def test_activities_of_an_ad_hoc_sub_process_can_be_started_once_more() -> None:
    case = Case(ad_hoc(condition="enough"), enough=False).do("a", "b", "c")
    assert case.waiting() == [] and case.ended is None
    token = case.view()[0]["token"]
    case.activate(token, "b")
    assert case.waiting() == ["b"]
    with pytest.raises(errors.Conflict):
        case.activate(token, "z")
    assert case.do("b", enough=True).waiting() == ["z"]


# -- quantities, instantiation, implicit things


def test_an_activity_may_need_several_tokens_and_send_several() -> None:  # 13.3.1
    case = Case(model("""
        <startEvent id="s"/><parallelGateway id="f"/><userTask id="a"/><userTask id="b"/>
        <userTask id="t" startQuantity="2" completionQuantity="3"/><userTask id="z"/>
        ~ s f a t z
        ~ f b t
    """))  # fmt: skip
    case.do("a")
    assert case.waiting() == ["b"]
    case.do("b")
    assert case.waiting() == ["t"]
    assert case.do("t").waiting() == ["z", "z", "z"]


INSTANTIATING = """
<eventBasedGateway id="g" instantiate="true" eventGatewayType="{}"/>
<intermediateCatchEvent id="c1">[message m]</intermediateCatchEvent><userTask id="a"/>
<intermediateCatchEvent id="c2">[message m2]</intermediateCatchEvent><userTask id="b"/>
~ g c1 a
~ g c2 b
"""


def test_an_event_gateway_starts_an_instance_with_the_first_event() -> None:  # 10.6.6
    d = model(INSTANTIATING.format("Exclusive"))
    assert [(t["el"], t["name"]) for t in bpmn.triggers(d, NOW, bpmn.Env())] == [("c1", "answer"), ("c2", "second")]
    outcome = bpmn.start(d, {}, NOW, bpmn.Env(), at="c2")
    assert [e["el"] for e in outcome.step.events if e["e"] == "task.opened"] == ["b"]
    assert bpmn.waiting(outcome.state) == []


def test_a_parallel_event_gateway_starts_an_instance_that_waits_for_the_other_events() -> None:  # 10.6.6
    d = model(INSTANTIATING.format("Parallel"))
    outcome = bpmn.start(d, {}, NOW, bpmn.Env(), at="c2")
    assert [w["name"] for w in bpmn.waiting(outcome.state)] == ["answer"]


def test_a_receive_task_may_start_an_instance() -> None:
    d = model('<receiveTask id="r" messageRef="m" instantiate="true"/><userTask id="a"/>\n~ r a')
    outcome = bpmn.start(d, {"x": 1}, NOW, bpmn.Env(), at="r")
    assert [e["el"] for e in outcome.step.events if e["e"] == "task.opened"] == ["a"]


def test_event_definitions_may_be_referenced() -> None:
    case = Case(
        model(
            '<startEvent id="s"/><intermediateCatchEvent id="c"><eventDefinitionRef>shared</eventDefinitionRef>'
            '</intermediateCatchEvent><userTask id="a"/>\n~ s c a',
            '<signalEventDefinition id="shared" signalRef="sg"/>',
        )
    )
    case.deliver("signal", "alarm")
    assert case.waiting() == ["a"]


def test_the_behaviour_of_a_multi_instance_throws_to_its_boundary() -> None:  # table 10.30
    loop = """<multiInstanceLoopCharacteristics behavior="{}" {}><loopCardinality>=3</loopCardinality>{}
      </multiInstanceLoopCharacteristics>"""
    body = """
        <startEvent id="s"/><userTask id="a">{}</userTask><userTask id="caught"/><userTask id="z"/>
        <boundaryEvent id="b" attachedToRef="a" cancelActivity="false">[signal sg]</boundaryEvent>
        ~ s a z
        ~ b caught
    """
    shared = '<signalEventDefinition id="shared" signalRef="sg"/>'
    one = Case(model(body.format(loop.format("One", 'oneBehaviorEventRef="shared"', "")), shared)).do("a", "a", "a")
    assert one.waiting() == ["caught", "z"]
    each = Case(model(body.format(loop.format("None", 'noneBehaviorEventRef="shared"', "")), shared)).do("a", "a")
    assert each.waiting() == ["a", "caught", "caught"]
    complex_ = """<complexBehaviorDefinition><condition>=nrOfCompletedInstances = 2</condition>
      <event><signalEventDefinition signalRef="sg"/></event></complexBehaviorDefinition>"""
    some = Case(model(body.format(loop.format("Complex", "", complex_)), shared)).do("a", "a")
    assert some.waiting() == ["a", "caught"]


# -- data and pools


def test_data_associations_carry_data_objects_in_and_out() -> None:  # 10.4.2
    case = Case(
        model("""
        <dataObject id="do1" name="draft"/><dataObjectReference id="dr1" dataObjectRef="do1"/>
        <dataObject id="do2" name="total cost"/><dataObjectReference id="dr2" dataObjectRef="do2"/>
        <startEvent id="s"/>
        <userTask id="a">
          <ioSpecification><dataInput id="di" name="text"/><dataOutput id="dout" name="price"/></ioSpecification>
          <dataInputAssociation><sourceRef>dr1</sourceRef><targetRef>di</targetRef></dataInputAssociation>
          <dataOutputAssociation><sourceRef>dout</sourceRef><targetRef>dr2</targetRef></dataOutputAssociation>
        </userTask><userTask id="z"/>
        ~ s a z
    """),
        draft="bản nháp",
    )
    assert '"text": "bản nháp"' in case.state
    case.do("a", price=7)
    assert case.variables == {"draft": "bản nháp", "total cost": 7}


def test_a_global_task_is_called_like_a_process() -> None:  # 10.3.4
    case = Case(
        model(
            '<startEvent id="s"/><callActivity id="c" calledElement="gt"/><userTask id="z"/>\n~ s c z',
            '<globalUserTask id="gt" name="Đọc"/>',
        )
    )
    assert case.last("task.opened")["name"] == "Đọc"
    case.complete(case.last("task.opened")["task"])
    assert case.waiting() == ["z"]


POOLS = """
<collaboration id="col"><participant id="p1" processRef="p"/><participant id="p2" processRef="q"/>
  <messageFlow id="mf1" sourceRef="ask" targetRef="qs"/><messageFlow id="mf2" sourceRef="reply" targetRef="got"/>
  </collaboration>
<process id="q" isExecutable="true">
  <startEvent id="qs">[message m]</startEvent><userTask id="work"/><endEvent id="reply">[message m2]</endEvent>
  ~ qs work reply
</process>
"""


def test_pools_of_one_file_exchange_messages_in_one_instance() -> None:  # 9.3
    case = Case(
        model(
            """
            <startEvent id="s"/>
            <intermediateThrowEvent id="ask">[in x + 1 -> question][message m]</intermediateThrowEvent>
            <userTask id="before"/><intermediateCatchEvent id="got">[message m2]</intermediateCatchEvent>
            <userTask id="z"/>
            ~ s ask before got z
            """,
            POOLS,
        ),
        x=1,
    )
    assert case.waiting() == ["before", "work"]
    assert case.last("message.thrown")["caught_by"] == "qs"
    case.do("work", answer=42)
    assert case.waiting() == ["before"], "the reply came before it was waited for, and is kept"
    case.do("before")
    assert case.waiting() == ["z"]
    assert case.variables == {"x": 1}, "each pool has its own data"
    case.do("z")
    assert case.ended == "completed"


def test_the_instance_ends_with_its_last_pool() -> None:
    body = """
        <startEvent id="s"/><intermediateThrowEvent id="ask">[message m]</intermediateThrowEvent><userTask id="got"/>
        ~ s ask got
    """
    case = Case(model(body, POOLS.replace('<messageFlow id="mf2" sourceRef="reply" targetRef="got"/>', "")))
    case.do("got")
    assert case.ended is None
    case.do("work")
    assert case.ended == "completed"
    cancelled = Case(case.definition)
    cancelled.cancel()
    assert cancelled.ended == "cancelled" and cancelled.tasks == {}


def test_the_file_says_which_of_its_processes_is_started() -> None:
    d = bpmn.compile(
        xml("<task id='t'/>", process='id="p" isExecutable="false"', around='<process id="q"><task id="u"/></process>')
    )
    assert d.process_id == "q"
