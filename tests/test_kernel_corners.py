"""Odd corners of the standard: what happens where several features meet."""

import datetime as dt

import pytest

from engine import bpmn
from engine.errors import Conflict
from kernel_models import NOW, Case, compile, environment

SIGNALS = '<signal id="sg" name="alarm"/><signal id="sg2" name="bell"/><message id="m" name="letter"/>'
ERRORS = '<error id="er" errorCode="E"/><escalation id="es" escalationCode="L"/>'


# -- inclusive joins (13.4.3)


def test_an_inclusive_join_waits_for_what_a_boundary_event_can_still_send() -> None:
    case = Case(
        """<startEvent id="s"/><inclusiveGateway id="g"/><userTask id="a"/><userTask id="b"/>
        <userTask id="late"/>
        <boundaryEvent id="bt" attachedToRef="b" cancelActivity="false">[timer Duration P1D]</boundaryEvent>
        <inclusiveGateway id="j"/><userTask id="z"/>
        ~ s g a j z
        ~ g b
        ~ bt late j
        ~ b away
        <task id="away"/>""".replace("~ g b", "~ g b if true").replace("~ s g a j z", "~ s g\n~ g a if true\n~ a j z")
    )
    case.do("a")
    assert case.waiting() == ["b"]  # b itself never comes here, but its boundary event could
    case.ring("bt").do("b")
    assert case.waiting() == ["late"]
    case.do("late")
    assert case.waiting() == ["z"] and case.count("task.opened") == 4


def test_an_inclusive_join_in_a_loop_synchronises_every_turn() -> None:
    case = Case(
        """<startEvent id="s"/><exclusiveGateway id="m"/><inclusiveGateway id="g"/><userTask id="a"/>
        <userTask id="b"/><inclusiveGateway id="j"/><exclusiveGateway id="x"/><userTask id="z"/>
        ~ s m g
        ~ g a if n > 0
        ~ g b if n > 1
        ~ a j
        ~ b j x
        ~ x m if n > 1
        ~ x z default""",
        n=2,
    )
    case.do("a", n=2)
    assert case.waiting() == ["b"]
    case.do("b", n=2)
    assert case.waiting() == ["a", "b"]
    case.do("b", "a", n=1)
    assert case.waiting() == ["z"]


def test_a_token_that_an_incident_holds_is_still_waited_for() -> None:
    case = Case("""<startEvent id="s"/><inclusiveGateway id="g"/><userTask id="a"/>
        <scriptTask id="b">[script x(1) -> y]</scriptTask>
        <inclusiveGateway id="j"/><userTask id="z"/>
        <exclusiveGateway id="h"/>
        ~ s g
        ~ g a if true
        ~ g h if true
        ~ h b if x > 1
        ~ a j z
        ~ b j""")
    case.do("a")
    assert case.waiting() == [] and len(case.incidents) == 1


# -- complex gateway (13.4.5)


def test_a_complex_gateway_two_of_three_is_reset_in_every_turn_of_a_loop() -> None:
    case = Case("""<startEvent id="s"/><exclusiveGateway id="m"/><parallelGateway id="f"/><userTask id="a"/>
        <userTask id="b"/>
        <userTask id="c"/><complexGateway id="j">
        <activationCondition>=activationCount >= 2</activationCondition>
        </complexGateway><userTask id="n"/><exclusiveGateway id="x"/><userTask id="z"/>
        ~ s m f a j n x
        ~ f b j
        ~ f c j
        ~ x m if again
        ~ x z default""")
    for turn in range(3):
        case.do("a")
        assert "n" not in case.waiting()
        case.do("c")
        assert case.waiting() == ["b", "n"]
        case.do("b")
        assert case.waiting() == ["n"]
        case.do("n", again=turn < 2)
    assert case.waiting() == ["z"]
    assert case.do("z").ended == "completed"


# -- event gateways (13.4.4)


def test_the_shortest_of_several_timers_decides_and_the_others_are_disarmed() -> None:
    case = Case("""<startEvent id="s"/><eventBasedGateway id="g"/>
        <intermediateCatchEvent id="t3">[timer Duration P3D]</intermediateCatchEvent>
        <intermediateCatchEvent id="t1">[timer Duration P1D]</intermediateCatchEvent>
        <intermediateCatchEvent id="t2">[timer Duration P2D]</intermediateCatchEvent>
        <userTask id="a"/><userTask id="b"/><userTask id="c"/>
        ~ s g t3 c
        ~ g t1 a
        ~ g t2 b""")
    due = sorted((e["due"], e["el"]) for e in case.timers.values())
    assert [el for _, el in due] == ["t1", "t2", "t3"]
    case.ring("t1")
    assert case.waiting() == ["a"] and not case.timers


# -- event sub-processes (13.5.4)


def test_a_scope_waits_for_every_event_sub_process_that_began_before_it_was_done() -> None:
    case = Case(
        compile(
            """<startEvent id="s"/><subProcess id="sub"><startEvent id="is"/><userTask id="a"/>
        <subProcess id="h" triggeredByEvent="true">
        <startEvent id="hs" isInterrupting="false">[signal sg]</startEvent>
        <userTask id="x"/>
        ~ hs x
        </subProcess>
        ~ is a
        </subProcess><userTask id="z"/>
        ~ s sub z""",
            around=SIGNALS,
        )
    )
    case.deliver("signal", "alarm")
    case.do("a")
    assert case.waiting() == ["x"]
    case.deliver("signal", "alarm")  # the scope is still open: its event sub-process listens
    assert case.waiting() == ["x", "x"]
    case.do("x", "x")
    assert case.waiting() == ["z"]
    case.deliver("signal", "alarm")
    assert case.waiting() == ["z"]


def test_an_interrupting_event_sub_process_in_a_called_process_leaves_its_caller_alone() -> None:
    called = compile(
        """<startEvent id="qs"/><userTask id="qa"/>
        <subProcess id="qh" triggeredByEvent="true"><startEvent id="qhs">[message m]</startEvent>
        <userTask id="qx"/>
        ~ qhs qx
        </subProcess>
        ~ qs qa""",
        process='id="q" isExecutable="true"',
        around=SIGNALS,
    )
    case = Case(
        compile("""<startEvent id="s"/><parallelGateway id="f"/><callActivity id="c">[call q]</callActivity>
        <userTask id="b"/><userTask id="z"/>
        ~ s f c z
        ~ f b"""),
        environment(called),
    )
    case.deliver("message", "letter")
    assert case.waiting() == ["b", "qx"]
    case.do("qx")
    assert case.waiting() == ["b", "z"]


def test_a_conditional_event_sub_process_starts_when_a_child_sets_the_variable() -> None:
    case = Case("""<startEvent id="s"/><userTask id="a">[each [1,2,3] as i]</userTask>
        <subProcess id="h" triggeredByEvent="true"><startEvent id="hs">[condition stop = true]</startEvent>
        <userTask id="x"/>
        ~ hs x
        </subProcess>
        ~ s a""")
    case.answer("a", 2, stop=True)
    assert case.waiting() == ["x"] and case.shards == {}
    case.do("x")
    assert case.ended == "completed"


# -- errors and escalations (13.5.3)


def test_an_error_in_a_child_is_caught_inside_the_child_before_the_boundary_of_all() -> None:
    body = """<startEvent id="s"/><subProcess id="sub">[each [1,2] as i]<startEvent id="is"/><userTask id="a"/>
        <exclusiveGateway id="g"/><endEvent id="ok"/><endEvent id="no">[error er]</endEvent>{inside}
        ~ is a g
        ~ g no if bad
        ~ g ok default
        </subProcess>
        <boundaryEvent id="b" attachedToRef="sub">[error er]</boundaryEvent><userTask id="y"/><userTask id="z"/>
        ~ s sub z
        ~ b y"""
    handler = """<subProcess id="h" triggeredByEvent="true"><startEvent id="hs">[error er]</startEvent>
        <userTask id="x"/>
        ~ hs x
        </subProcess>"""
    case = Case(compile(body.format(inside=handler), around=ERRORS))
    case.do("a", bad=True)
    assert case.waiting() == ["a", "x"]
    case.do("x")
    case.do("a", bad=False)
    assert case.waiting() == ["z"]
    case = Case(compile(body.format(inside=""), around=ERRORS))
    case.do("a", bad=True)
    assert case.waiting() == ["y"] and case.shards == {}


def test_an_escalation_out_of_a_called_process_lets_it_go_on() -> None:
    called = compile(
        """<startEvent id="qs"/><intermediateThrowEvent id="qt">[escalation es]</intermediateThrowEvent>
        <userTask id="qa"/>
        ~ qs qt qa""",
        process='id="q" isExecutable="true"',
        around=ERRORS,
    )
    case = Case(
        compile(
            """<startEvent id="s"/><callActivity id="c">[call q]</callActivity>
        <boundaryEvent id="b" attachedToRef="c" cancelActivity="false">[escalation es]</boundaryEvent>
        <userTask id="y"/><userTask id="z"/>
        ~ s c z
        ~ b y""",
            around=ERRORS,
        ),
        environment(called),
    )
    assert case.waiting() == ["qa", "y"]
    assert case.do("qa").waiting() == ["y", "z"]


def test_terminate_in_a_called_process_ends_that_process_only() -> None:
    called = compile(
        """<startEvent id="qs"/><parallelGateway id="qf"/><userTask id="qa"/><userTask id="qb"/>
        <endEvent id="qe">[terminate]</endEvent>
        ~ qs qf qa qe
        ~ qf qb""",
        process='id="q" isExecutable="true"',
    )
    case = Case(
        compile("""<startEvent id="s"/><parallelGateway id="f"/><callActivity id="c">[call q]</callActivity>
        <userTask id="b"/><userTask id="z"/>
        ~ s f c z
        ~ f b"""),
        environment(called),
    )
    case.do("qa")
    assert case.waiting() == ["b", "z"] and case.ended is None


# -- compensation (13.5.5)


def test_the_compensation_of_a_call_activity_undoes_what_was_completed_in_it() -> None:
    called = compile(
        """<startEvent id="qs"/><userTask id="qa"/>
        <boundaryEvent id="qb" attachedToRef="qa">[compensate]</boundaryEvent>
        <userTask id="qu" isForCompensation="true"/>
        <association id="as" sourceRef="qb" targetRef="qu"/>
        ~ qs qa""",
        process='id="q" isExecutable="true"',
    )
    case = Case(
        compile("""<startEvent id="s"/><callActivity id="c">[call q]</callActivity><userTask id="m"/>
        <intermediateThrowEvent id="t">[compensate c]</intermediateThrowEvent><userTask id="z"/>
        ~ s c m t z"""),
        environment(called),
    )
    case.do("qa", "m")
    assert case.waiting() == ["qu"]
    assert case.do("qu").waiting() == ["z"]


def test_a_cancelled_transaction_undoes_the_turns_of_a_multi_instance_and_nested_sub_processes() -> None:
    undo = """<boundaryEvent id="b_{0}" attachedToRef="{0}">[compensate]</boundaryEvent>
        <userTask id="u_{0}" isForCompensation="true"/>
        <association id="as_{0}" sourceRef="b_{0}" targetRef="u_{0}"/>"""
    case = Case(
        """<startEvent id="s"/><transaction id="t"><startEvent id="ts"/>
        <userTask id="a">[each [1,2] as i]</userTask>"""
        + undo.format("a")
        + """
        <subProcess id="n"><startEvent id="ns"/><userTask id="b"/>"""
        + undo.format("b")
        + """
        ~ ns b
        </subProcess><userTask id="c"/><endEvent id="stop">[cancel]</endEvent>
        ~ ts a n c stop
        </transaction><boundaryEvent id="bc" attachedToRef="t">[cancel]</boundaryEvent><userTask id="x"/>
        <userTask id="z"/>
        ~ s t z
        ~ bc x"""
    )
    case.do("a", "a", "b", "c")
    assert case.waiting() == ["u_b"]
    case.do("u_b")
    assert case.waiting() == ["u_a"]
    case.do("u_a", "u_a")
    assert case.waiting() == ["x"]


# -- links (10.5.5)


def test_several_links_lead_to_the_same_place() -> None:
    case = Case("""<startEvent id="s"/><parallelGateway id="f"/><userTask id="a"/><userTask id="b"/>
        <intermediateThrowEvent id="l1">[link L]</intermediateThrowEvent>
        <intermediateThrowEvent id="l2">[link L]</intermediateThrowEvent>
        <intermediateCatchEvent id="lc">[link L]</intermediateCatchEvent><userTask id="z"/>
        ~ s f a l1
        ~ f b l2
        ~ lc z""")
    case.do("a", "b")
    assert case.waiting() == ["z", "z"]


# -- timers (10.5.1)


def armed(timer: str, **more: object) -> list[tuple[str, object]]:
    case = Case(
        f"""<startEvent id="s"/><userTask id="a"/>
        <boundaryEvent id="b" attachedToRef="a" cancelActivity="false">[timer {timer}]</boundaryEvent>
        <task id="x"/>
        ~ s a
        ~ b x""",
        **more,
    )  # type: ignore[arg-type]
    found = []
    while case.timers and len(found) < 5:
        found.append(next(iter((e["due"], e.get("repeats")) for e in case.timers.values())))
        case.ring("b")
    return found


def test_a_cycle_with_a_start_fires_there_first() -> None:
    assert armed("Cycle R3/2022-02-01T00:00:00Z/P1D") == [
        ("2022-02-01T00:00:00Z", 2),
        ("2022-02-02T00:00:00Z", 1),
        ("2022-02-03T00:00:00Z", 0),
    ]


def test_a_cycle_whose_start_is_over_fires_what_was_missed_once_and_goes_on() -> None:
    """Choice: the first firing is due at once, later ones that were missed are dropped."""
    found = armed("Cycle R3/2022-01-01T00:00:00Z/P1D")
    assert found[0] == ("2022-01-01T00:00:00Z", 2) and len(found) == 1
    assert armed("Cycle R/2022-01-09T00:00:00Z/P1D")[1] == ("2022-01-11T00:00:00Z", -1)


def test_months_are_counted_on_the_calendar() -> None:
    start = dt.datetime(2022, 1, 30, 20, 0, tzinfo=dt.UTC)  # 31/01 in Việt Nam
    assert armed("Duration P1M", now=start)[0][0] == "2022-02-27T20:00:00Z"
    assert [due for due, _ in armed("Cycle R2/P1M", now=NOW)] == ["2022-02-10T02:00:00Z", "2022-03-10T02:00:00Z"]


# -- loops (13.3.6, 13.3.7)


def test_no_children_complete_at_once_even_where_the_condition_would_hold() -> None:
    for mode in ("", "; sequential"):
        case = Case(f"""<startEvent id="s"/><userTask id="a">[each [] as i; until true{mode}]</userTask>
        <userTask id="z"/>
            ~ s a z""")
        assert case.waiting() == ["z"] and case.last("host.closed")["how"] == "empty"


def test_a_condition_that_holds_from_the_start_is_tried_after_the_first_child() -> None:
    """The standard evaluates it "every time an instance completes", not before."""
    for mode in ("", "; sequential"):
        case = Case(f"""<startEvent id="s"/><userTask id="a">[each [1,2,3] as i; until true{mode}]</userTask>
            <userTask id="z"/>
            ~ s a z""")
        assert case.waiting() == (["a"] if mode else ["a", "a", "a"])
        case.do("a")
        assert case.waiting() == ["z"]


def test_withdrawing_the_running_child_of_a_sequence_starts_the_next_one() -> None:
    case = Case("""<startEvent id="s"/><userTask id="a">[each ["x","y"] as i; out r = i; sequential]</userTask>
        <userTask id="z"/>
        ~ s a z""")
    case.cancel_task(case.task("a"))
    assert case.last("task.opened")["item"] == "y"
    case.do("a")
    assert case.waiting() == ["z"] and case.variables["r"] == [None, "y"]


def test_a_loop_with_a_maximum_of_zero_never_begins() -> None:
    case = Case("""<startEvent id="s"/><userTask id="a"><standardLoopCharacteristics loopMaximum="0"/>
        </userTask>
        <userTask id="z"/>
        ~ s a z""")
    assert case.waiting() == ["z"]


def test_several_tokens_out_of_an_activity_are_several_at_the_join() -> None:
    case = Case("""<startEvent id="s"/><parallelGateway id="f"/><userTask id="a" completionQuantity="2"/>
        <userTask id="b"/>
        <parallelGateway id="j"/><userTask id="z"/>
        ~ s f a j z
        ~ f b j""")
    case.do("a")
    assert case.waiting() == ["b"]
    case.do("b")
    assert case.waiting() == ["z"]  # one token of the first flow is left over
    assert [r["element"] for r in case.view()] == ["j", "z"]


def test_a_parallel_gateway_in_a_loop_joins_every_turn() -> None:
    case = Case(
        """<startEvent id="s"/><exclusiveGateway id="m"/><parallelGateway id="f"/><userTask id="a"/>
        <userTask id="b"/>
        <parallelGateway id="j"/><exclusiveGateway id="x"/><userTask id="z"/>
        ~ s m f a j x
        ~ f b j
        ~ x m if again
        ~ x z default""",
        again=True,
    )
    case.do("a").do("b").do("b").do("a", again=False)
    assert case.waiting() == ["z"]


# -- what reaches shards that are not loaded


def test_a_condition_over_a_variable_of_the_process_reaches_a_child_of_a_child() -> None:
    case = Case("""<startEvent id="s"/><subProcess id="o">[each [1,2] as i]<startEvent id="os"/>
        <subProcess id="n">[each [1,2] as j]<startEvent id="ns"/><userTask id="a"/>
        <boundaryEvent id="b" attachedToRef="a">[condition stop = true]</boundaryEvent><userTask id="x"/>
        ~ ns a
        ~ b x
        </subProcess>
        ~ os n
        </subProcess><userTask id="k"/>
        ~ s o
        ~ s k""")
    case.do("k", stop=True)
    assert case.waiting() == ["x"] * 4


def test_a_message_key_may_be_an_expression_over_the_child() -> None:
    case = Case(
        compile(
            """<startEvent id="s"/><receiveTask id="r" messageRef="mk">[each ["an", "binh"] as who]</receiveTask>
        <userTask id="z"/>
        ~ s r z""",
            around="""<message id="mk" name="=&quot;answer of &quot; + who"><ext>
            <zeebe:subscription correlationKey="=who"/></ext></message>""",
        )
    )
    case.deliver("message", "answer of binh", key="binh")
    assert case.waiting() == []
    with pytest.raises(bpmn.Stale):
        case.deliver("message", "answer of an", key="binh")
    case.deliver("message", "answer of an", key="an")
    assert case.waiting() == ["z"]


@pytest.mark.parametrize("cancel", ["true", "false"])
def test_nothing_more_begins_in_an_ad_hoc_sub_process_that_has_enough(cancel: str) -> None:  # 13.3.5
    case = Case(
        f"""<startEvent id="s"/><adHocSubProcess id="ah" cancelRemainingInstances="{cancel}">
          <userTask id="a"/><userTask id="a2"/><userTask id="b"/><userTask id="b2"/>
          <parallelGateway id="j"/><task id="x"/>
          ~ a a2
          ~ b b2
          ~ a j x
          ~ b j
        <completionCondition>enough</completionCondition></adHocSubProcess><userTask id="z"/>
        ~ s ah z""",
        enough=False,
    )
    token = next(row["token"] for row in case.view() if row["element"] == "ah")
    case.do("a", enough=True)
    if cancel == "false":
        assert case.waiting() == ["b"]
        with pytest.raises(Conflict):
            case.activate(token, "a")
        case.do("b", enough=False)  # it had enough once
    assert case.waiting() == ["z"]
    assert case.went("element.entered") == ["s", "ah", "a", "b", "z"]


@pytest.mark.parametrize("order", ["", "; sequential"])
def test_what_a_child_puts_out_is_its_own(order: str) -> None:
    case = Case(
        f'<startEvent id="s"/><userTask id="a">[each [1, 2, 3] as i; out all = one.part{order}]</userTask>\n~ s a'
    )
    case.do("a", one={"part": 5}).do("a").do("a", one={"part": 7})
    assert case.variables == {"all": [5, None, 7]}


def test_what_a_child_puts_out_is_its_own_behind_mappings_and_calls_too() -> None:
    case = Case(
        """<startEvent id="s"/><userTask id="a">[each [1, 2] as i; out all = one][out answer + i -> one]</userTask>
        <userTask id="b">[each [1, 2] as i; out same = i]</userTask>
        ~ s a b"""
    )
    case.do("a", answer=1).do("a", answer=1).do("b").do("b")
    assert case.variables == {"all": [2, 3], "same": [1, 2]}
    called = compile(
        '<startEvent id="qs"/><scriptTask id="t">[script 10 * i -> one]</scriptTask>\n~ qs t', process='id="q"'
    )
    case = Case(
        '<startEvent id="s"/><callActivity id="c">[call q][each [1, 2] as i; out all = one]</callActivity>\n~ s c',
        environment(called),
    )
    assert case.variables == {"all": [10, 20]}


def test_a_data_object_of_a_sub_process_lives_as_long_as_the_sub_process() -> None:  # 10.4.1
    write = """<dataOutputAssociation><sourceRef>{0}_out</sourceRef><targetRef>{1}</targetRef></dataOutputAssociation>
        <ioSpecification><dataOutput id="{0}_out" name="given"/><inputSet/><outputSet/></ioSpecification>"""
    case = Case(
        f"""
        <dataObject id="outer" name="x"/><dataObject id="seen" name="y"/>
        <startEvent id="s"/>
        <subProcess id="sub"><dataObject id="inner" name="x"/><dataObjectReference id="ref" dataObjectRef="inner"/>
          <dataObject id="drawn" name="w"/>
          <startEvent id="i"/><userTask id="a">{write.format("a", "ref")}</userTask>
          <userTask id="b">{write.format("b", "seen")}</userTask><userTask id="c">[in x -> x]</userTask>
          <scriptTask id="t">[script x -> w]</scriptTask>
          ~ i a b t c
        </subProcess>
        <userTask id="d">{write.format("d", "outer")}</userTask>
        ~ s sub d
    """,
        x=0,
    )
    case.do("a", given=1)
    case.do("b", given=2)
    assert case.variables == {"x": 0, "y": 2, "w": 1}  # what no association leads to is only drawn
    case.do("c")
    assert case.do("d", given=3).variables == {"x": 3, "y": 2, "w": 1}
