"""Messages by the elements of the standard: correlation keys (8.4.2), message flows and the pools they start (9.3)."""

import pytest

from engine import bpmn, errors
from kernel_models import Case, compile

# One correlation key of one property; an order has its number under `order`, a reply under `about`.
KEY = """
    <message id="order" name="order"/><message id="reply" name="reply"/>
    <correlationProperty id="number" type="string">
      <correlationPropertyRetrievalExpression messageRef="order"><messagePath>order.number</messagePath>
      </correlationPropertyRetrievalExpression>
      <correlationPropertyRetrievalExpression messageRef="reply"><messagePath>about</messagePath>
      </correlationPropertyRetrievalExpression>
    </correlationProperty>
    <collaboration id="c"><participant id="us" processRef="p"/><participant id="them"/>
      <correlationKey id="key"><correlationPropertyRef>number</correlationPropertyRef></correlationKey></collaboration>
"""
WAITS = """<startEvent id="s"/><receiveTask id="r1" messageRef="order"/><receiveTask id="r2" messageRef="reply"/>
    <userTask id="z"/>
    ~ s r1 r2 z"""


def test_the_first_message_of_a_conversation_decides_for_those_that_follow() -> None:
    case = Case(compile(WAITS, around=KEY))
    case.deliver("message", "order", {"order": {"number": 7}})
    with pytest.raises(bpmn.Stale):
        case.deliver("message", "reply", {"about": 8})
    case.deliver("message", "reply", {"about": 7})
    assert case.waiting() == ["z"]


def test_a_message_that_is_sent_decides_as_well() -> None:
    case = Case(
        compile(
            """<startEvent id="s"/><sendTask id="t" messageRef="order"/><receiveTask id="r" messageRef="reply"/>
            ~ s t r""",
            around=KEY,
        ),
        order={"number": "2022-01"},
    )
    assert case.last("message.thrown")["key"] == "2022-01"
    assert [e["key"] for e in case.messages.values()] == ["2022-01"]
    with pytest.raises(bpmn.Stale):
        case.deliver("message", "reply", {"about": "2022-02"})
    with pytest.raises(bpmn.Stale):
        case.deliver("message", "reply", key="2022-02")
    case.deliver("message", "reply", key="2022-01")
    assert case.ended == "completed"


def test_the_message_that_starts_a_process_decides_as_well() -> None:
    body = """<startEvent id="s">[message order]</startEvent><receiveTask id="r" messageRef="reply"/>
        ~ s r"""
    case = Case(compile(body, around=KEY), begin="s", order={"number": 1})
    with pytest.raises(bpmn.Stale):
        case.deliver("message", "reply", {"about": 2})
    case.deliver("message", "reply", {"about": 1})
    assert case.ended == "completed"


def test_who_waits_already_is_bound_by_the_first_message_too() -> None:
    case = Case(
        compile(
            """<startEvent id="s"/><parallelGateway id="f"/><receiveTask id="r1" messageRef="order"/>
            <receiveTask id="r2" messageRef="reply"/>
            ~ s f r1
            ~ f r2""",
            around=KEY,
        )
    )
    case.deliver("message", "reply", {"about": 1})
    with pytest.raises(bpmn.Stale):
        case.deliver("message", "order", {"order": {"number": 2}})
    case.deliver("message", "order", {"order": {"number": 1}})
    assert case.ended == "completed"


def test_a_process_may_say_which_values_it_waits_for() -> None:
    body = f"""<correlationSubscription id="cs" correlationKeyRef="key">
        <correlationPropertyBinding correlationPropertyRef="number"><dataPath>case.number</dataPath>
        </correlationPropertyBinding></correlationSubscription>{WAITS}"""
    case = Case(compile(body, around=KEY), case={"number": 5})
    with pytest.raises(bpmn.Stale):
        case.deliver("message", "order", {"order": {"number": 7}})
    case.deliver("message", "order", {"order": {"number": 5}})
    assert [e["key"] for e in case.messages.values()] == ["5"]
    lost = Case(compile(body, around=KEY))
    assert [i["code"] for i in lost.incidents.values()] == ["not_text"]


def test_a_key_of_two_properties_needs_both() -> None:
    around = """<message id="m" name="m"/><message id="n" name="n"/>
        <correlationProperty id="a"><correlationPropertyRetrievalExpression messageRef="m"><messagePath>a</messagePath>
        </correlationPropertyRetrievalExpression><correlationPropertyRetrievalExpression messageRef="n">
        <messagePath>a</messagePath></correlationPropertyRetrievalExpression></correlationProperty>
        <correlationProperty id="b"><correlationPropertyRetrievalExpression messageRef="m"><messagePath>b</messagePath>
        </correlationPropertyRetrievalExpression><correlationPropertyRetrievalExpression messageRef="n">
        <messagePath>b</messagePath></correlationPropertyRetrievalExpression></correlationProperty>
        <collaboration id="c"><correlationKey id="key"><correlationPropertyRef>a</correlationPropertyRef>
        <correlationPropertyRef>b</correlationPropertyRef></correlationKey></collaboration>"""
    case = Case(
        compile(
            """<startEvent id="s"/><receiveTask id="r1" messageRef="m"/><receiveTask id="r2" messageRef="n"/>
            ~ s r1 r2""",
            around=around,
        )
    )
    case.deliver("message", "m", {"a": "x", "b": 1})
    for wrong in ({"a": "x"}, {"a": "x", "b": 2}, {"b": 1}):
        with pytest.raises(bpmn.Stale):
            case.deliver("message", "n", wrong)
    case.deliver("message", "n", {"a": "x", "b": 1})
    assert case.ended == "completed"


def test_a_property_that_says_nothing_is_a_problem() -> None:
    with pytest.raises(errors.DefinitionError) as refused:
        compile(WAITS, around=KEY.replace("<messagePath>about</messagePath>", ""))
    assert ("number", "correlation") in {(p.element, p.code) for p in refused.value.problems}


# -- message flows


def test_a_message_flow_starts_a_process_at_its_receive_task_or_event_gateway() -> None:
    first = """<startEvent id="s"/><intermediateThrowEvent id="t">[message order]</intermediateThrowEvent>
        <userTask id="a"/>
        ~ s t a"""
    flow = '<collaboration id="c"><messageFlow id="f" sourceRef="t" targetRef="{0}"/></collaboration>'
    messages = '<message id="order" name="order"/><message id="reply" name="reply"/>'
    receive = """<process id="q"><receiveTask id="r" messageRef="order" instantiate="true"/><userTask id="b"/>
        ~ r b
        </process>"""
    case = Case(compile(first, around=messages + receive + flow.format("r")))
    assert case.waiting() == ["a", "b"]
    gateway = """<process id="q"><eventBasedGateway id="g" instantiate="true"/>
        <intermediateCatchEvent id="e1">[message order]</intermediateCatchEvent>
        <intermediateCatchEvent id="e2">[message reply]</intermediateCatchEvent><userTask id="b"/>
        ~ g e1 b
        ~ g e2 b
        </process>"""
    case = Case(compile(first, around=messages + gateway + flow.format("e1")))
    assert case.waiting() == ["a", "b"] and not case.messages
    case.do("a", "b")
    assert case.ended == "completed"


def test_a_message_flow_decides_who_takes_a_message() -> None:
    body = """<startEvent id="s"/><parallelGateway id="f"/><receiveTask id="own" messageRef="order"/>
        <userTask id="a"/><intermediateThrowEvent id="t">[message order]</intermediateThrowEvent>
        ~ s f own
        ~ f a t"""
    around = """<message id="order" name="order"/><process id="q"><startEvent id="qs">[message order]</startEvent>
        <userTask id="b"/>
        ~ qs b
        </process><collaboration id="c"><participant id="pool" processRef="q"/>
        <messageFlow id="mf" sourceRef="t" targetRef="{}"/></collaboration>"""
    for target in ("qs", "pool"):
        case = Case(compile(body, around=around.format(target))).do("a")
        assert case.waiting() == ["b"] and [e["el"] for e in case.messages.values()] == ["own"]


def test_a_message_or_signal_starts_another_process_of_the_file_without_a_flow() -> None:
    for kind in ("message", "signal"):
        case = Case(
            compile(
                f"""<startEvent id="s"/><intermediateThrowEvent id="t">[{kind} x]</intermediateThrowEvent>
                <userTask id="a"/>
                ~ s t a""",
                around=f"""<{kind} id="x" name="begin"/><process id="q"><startEvent id="qs">[{kind} x]</startEvent>
                <userTask id="b"/>
                ~ qs b
                </process>""",
            )
        )
        assert case.waiting() == ["a", "b"]
        case.deliver(kind, "begin") if kind == "signal" else None
        assert case.waiting() == ["a", "b"]  # from outside it is for the store to start instances
        case.do("b", "a")
        assert case.ended == "completed"


def test_a_process_that_is_not_executable_is_not_started() -> None:
    case = Case(
        compile(
            """<startEvent id="s"/><intermediateThrowEvent id="t">[message x]</intermediateThrowEvent><userTask id="a"/>
            ~ s t a""",
            around="""<message id="x" name="begin"/><process id="q" isExecutable="false">
            <startEvent id="qs">[message x]</startEvent><userTask id="b"/>
            ~ qs b
            </process>""",
        )
    )
    assert case.waiting() == ["a"] and case.last("message.thrown")["caught_by"] is None


def test_every_process_of_a_file_can_be_an_instance_of_its_own() -> None:
    """The pool of the receiver is not open here, so its message goes outside, to the instance that waits there."""
    definition = compile(
        """<startEvent id="s"/><intermediateThrowEvent id="t">[message order]</intermediateThrowEvent><userTask id="a"/>
        ~ s t a""",
        around="""<message id="order" name="order"/><process id="q"><startEvent id="qs"/>
        <receiveTask id="r" messageRef="order"/><userTask id="b"/>
        ~ qs r b
        </process><collaboration id="c"><messageFlow id="f" sourceRef="t" targetRef="r"/></collaboration>""",
    )
    other = Case(definition, begin="qs")
    assert [e["el"] for e in other.messages.values()] == ["r"]
    first = Case(definition)
    assert first.last("message.thrown")["caught_by"] is None and first.waiting() == ["a"]
    other.deliver("message", first.last("message.thrown")["name"])
    assert other.waiting() == ["b"]
    assert other.do("b").ended == "completed" and first.do("a").ended == "completed"
    with pytest.raises(errors.Conflict):
        Case(definition, begin="nowhere")


def test_what_is_sent_reaches_who_is_on_the_way_to_wait_for_it() -> None:
    """Parallel branches are concurrent: which of them is drawn first does not decide whether one hears the other."""
    around = '<signal id="sg" name="alarm"/><message id="m" name="letter"/>'
    for thrown, caught in (("[signal sg]", "[signal sg]"), ("[message m]", "[message m]")):
        case = Case(
            compile(
                f"""<startEvent id="s"/><parallelGateway id="f"/>
                <intermediateThrowEvent id="t">{thrown}</intermediateThrowEvent><task id="p1"/><task id="p2"/>
                <intermediateCatchEvent id="c">{caught}</intermediateCatchEvent><userTask id="y"/><userTask id="z"/>
                ~ s f t z
                ~ f p1 p2 c y""",
                around=around,
            )
        )
        assert case.waiting() == ["y", "z"]


def test_a_thrower_does_not_hear_itself() -> None:
    case = Case(
        compile(
            """<startEvent id="s"/><intermediateThrowEvent id="t">[signal sg]</intermediateThrowEvent>
            <intermediateCatchEvent id="c">[signal sg]</intermediateCatchEvent><userTask id="z"/>
            ~ s t c z""",
            around='<signal id="sg" name="alarm"/>',
        )
    )
    assert case.waiting() == []
    case.deliver("signal", "alarm")
    assert case.waiting() == ["z"]


def test_a_message_that_one_event_could_not_take_in_yet_is_not_given_to_it_twice() -> None:
    case = Case(
        compile(
            """<startEvent id="s"/><parallelGateway id="g"/><userTask id="a"/>
            <intermediateThrowEvent id="th">[message m]</intermediateThrowEvent>
            <intermediateCatchEvent id="c">[message m]
            [out if bad then count(for i in 1..1000, j in 1..1000 return i) else 1 -> z]</intermediateCatchEvent>
            ~ s g c
            ~ g a th""",
            around='<message id="m" name="n"/>',
        ),
        bad=True,
    )
    case.deliver("message", "n", {})
    assert len(case.incidents) == 1
    case.do("a", bad=False)
    assert (len(case.incidents), case.last("message.thrown")["caught_by"]) == (1, None)
    case.retry(next(iter(case.incidents)))
    assert (case.variables["z"], case.ended) == (1, "completed")
