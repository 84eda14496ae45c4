"""Events: timers, messages, signals, errors, escalations, links; on boundaries, in event sub-processes, in the flow
(BPMN 10.5, 13.5)."""

import datetime as dt

import pytest

from engine import bpmn
from kernel_models import NOW, Case, compile, environment

DEFS = """
<message id="m" name="answer"/>
<message id="mk" name="reply"><ext><zeebe:subscription correlationKey="=number"/></ext></message>
<signal id="sg" name="alarm"/><error id="er" errorCode="E1"/><error id="er2" errorCode="E2"/>
<escalation id="es" escalationCode="late"/>
"""


def model(body: str) -> bpmn.Definition:
    return compile(body, around=DEFS)


def _yes(value: bool) -> str:
    return str(value).lower()


def boundary(definition: str, *, interrupting: bool = True, body: str = '<userTask id="a"/>') -> bpmn.Definition:
    return model(f"""
        <startEvent id="s"/>{body}<userTask id="after"/><userTask id="caught"/>
        <boundaryEvent id="b" attachedToRef="a" cancelActivity="{_yes(interrupting)}">{definition}</boundaryEvent>
        ~ s a after
        ~ b caught
    """)


# -- timers


def test_an_interrupting_boundary_timer_withdraws_the_task() -> None:  # 13.5.3
    case = Case(boundary("[timer Duration P5D]"))
    armed = case.last("timer.armed")
    assert armed["el"] == "b" and armed["due"] == "2022-01-15T02:00:00Z" and armed["shard"] is None
    case.ring("b")
    assert case.waiting() == ["caught"]
    assert case.went("task.cancelled") == ["a"] and case.went("element.cancelled") == ["a"]
    assert case.count("timer.fired") == 1 and case.count("timer.cancelled") == 0


def test_a_boundary_timer_is_cancelled_when_the_task_is_done_first() -> None:
    case = Case(boundary("[timer Duration P5D]"))
    armed = case.last("timer.armed")["timer"]
    case.do("a")
    assert case.last("timer.cancelled")["timer"] == armed
    with pytest.raises(bpmn.Stale):
        case.fire(armed)


def test_a_boundary_timer_that_does_not_interrupt_leaves_the_task_open() -> None:
    case = Case(boundary("[timer Duration P5D]", interrupting=False)).ring("b")
    assert case.waiting() == ["a", "caught"]
    assert case.timers == {}, "a duration fires once"


def test_a_cycle_is_armed_again_until_its_repetitions_are_used_up() -> None:
    case = Case(boundary("[timer Cycle R3/P1D]", interrupting=False))
    dues = []
    while case.timers:
        dues.append(next(iter(case.timers.values()))["due"])
        case.ring("b")
    assert dues == ["2022-01-11T02:00:00Z", "2022-01-12T02:00:00Z", "2022-01-13T02:00:00Z"]
    assert case.waiting() == ["a", "caught", "caught", "caught"]


def test_firings_missed_while_nobody_looked_are_dropped() -> None:
    case = Case(boundary("[timer Cycle R10/P1D]", interrupting=False))
    case.now += dt.timedelta(days=3, hours=5)
    case.ring("b")
    armed = case.last("timer.armed")
    assert armed["due"] == "2022-01-14T02:00:00Z" and armed["repeats"] == 6


def test_an_endless_cycle_never_stops() -> None:
    case = Case(boundary("[timer Cycle R/PT1H]", interrupting=False))
    for _ in range(5):
        case.ring("b")
    assert len(case.timers) == 1 and case.last("timer.armed")["repeats"] == -1


@pytest.mark.parametrize(
    ("kind", "text", "due"),
    [
        ("Date", "2022-04-01T00:00:00+07:00", "2022-03-31T17:00:00Z"),
        ("Date", "2022-04-01T00:00:00", "2022-03-31T17:00:00Z"),
        ("Date", "2022-04-01", "2022-03-31T17:00:00Z"),
        ("Date", '=date("2022-04-01")', "2022-03-31T17:00:00Z"),
        ("Date", '=date and time("2022-04-01T00:00:00Z")', "2022-04-01T00:00:00Z"),
        ("Date", '=finish + "-31"', "2022-03-30T17:00:00Z"),
        ("Duration", "P1M", "2022-02-10T02:00:00Z"),
        ("Duration", "P1Y2M3DT4H5M6S", "2023-03-13T06:05:06Z"),
        ("Duration", '=duration("PT36H")', "2022-01-11T14:00:00Z"),
        ("Duration", "P2W", "2022-01-24T02:00:00Z"),
        ("Cycle", "R2/2022-02-01T00:00:00Z/P1D", "2022-02-01T00:00:00Z"),
    ],
)
def test_what_a_timer_says_becomes_an_instant_in_utc(kind: str, text: str, due: str) -> None:
    case = Case(boundary(f"[timer {kind} {text}]"), finish="2022-03")
    assert case.last("timer.armed")["due"] == due


@pytest.mark.parametrize("text", ["=1 + 1", "=null", "=tomorrow", '="soon"'])
def test_a_timer_that_is_no_instant_is_an_incident_and_the_task_is_not_opened(text: str) -> None:
    case = Case(boundary(f"[timer Date {text}]"))
    assert [i["code"] for i in case.incidents.values()] == ["bad_timer"]
    assert case.tasks == {} and case.went("element.entered") == ["s"]


def test_an_intermediate_timer_holds_the_flow() -> None:  # 13.5.1
    case = Case(
        '<startEvent id="s"/><intermediateCatchEvent id="t">[timer Duration P1D]</intermediateCatchEvent>'
        '<userTask id="a"/>\n~ s t a'
    )
    assert case.waiting() == []
    case.ring("t")
    assert case.waiting() == ["a"]


# -- messages and signals


def test_a_message_is_caught_by_its_name_and_key() -> None:  # 8.4.2
    case = Case(
        model("""
        <startEvent id="s"/><intermediateCatchEvent id="c">[message mk]</intermediateCatchEvent>
        <userTask id="a"/>
        ~ s c a
    """),
        number=12,
    )
    assert case.last("message.awaited")["name"] == "reply" and case.last("message.awaited")["key"] == "12"
    for name, key in (("reply", None), ("reply", "13"), ("answer", "12")):
        with pytest.raises(bpmn.Stale):
            case.deliver("message", name, key=key)
    case.deliver("message", "reply", {"text": "có"}, key="12")
    assert case.waiting() == ["a"] and case.variables["text"] == "có" and case.messages == {}


def test_a_receive_task_waits_for_its_message() -> None:
    case = Case(model('<startEvent id="s"/><receiveTask id="r" messageRef="m"/><userTask id="a"/>\n~ s r a'))
    case.deliver("message", "answer", {"x": 1})
    assert case.waiting() == ["a"] and case.variables == {"x": 1}


def test_a_message_is_caught_once_a_signal_by_everyone() -> None:  # 10.5.1
    catch = "<intermediateCatchEvent id='{0}'>[{1} {2}]</intermediateCatchEvent>"
    for kind, ref, name, left in (("message", "m", "answer", 1), ("signal", "sg", "alarm", 0)):
        case = Case(
            model(f"""
            <startEvent id="s"/><parallelGateway id="f"/>
            {catch.format("c1", kind, ref)}{catch.format("c2", kind, ref)}
            <userTask id="a"/><userTask id="b"/>
            ~ s f c1 a
            ~ f c2 b
        """)
        )
        case.deliver(kind, name)
        assert len(case.waiting()) == 2 - left


def test_a_signal_that_nobody_waits_for_changes_nothing() -> None:
    case = Case(boundary("[timer Duration P5D]"))
    assert case.deliver("signal", "alarm") == []


def test_a_thrown_signal_reaches_those_who_wait_now() -> None:  # 10.5.1: and not those who come later
    case = Case(
        model("""
        <startEvent id="s"/><parallelGateway id="f"/>
        <intermediateCatchEvent id="c">[signal sg]</intermediateCatchEvent><userTask id="a"/>
        <userTask id="w"/><intermediateThrowEvent id="t">[signal sg]</intermediateThrowEvent>
        <intermediateCatchEvent id="late">[signal sg]</intermediateCatchEvent><userTask id="b"/>
        ~ s f c a
        ~ f w t late b
    """)
    )
    case.do("w")
    assert case.waiting() == ["a"]
    assert case.last("signal.thrown")["name"] == "alarm"


def test_a_thrown_message_is_caught_inside_or_told_outside() -> None:
    case = Case(
        model("""
            <startEvent id="s"/><userTask id="w"/><endEvent id="e"/>
            <intermediateThrowEvent id="t">[in x -> given][message mk]</intermediateThrowEvent>
            ~ s w t e
        """),
        number=7,
        x="thư",
    ).do("w")
    thrown = case.last("message.thrown")
    assert (thrown["name"], thrown["key"], thrown["payload"]) == ("reply", "7", {"given": "thư"})
    assert thrown["caught_by"] is None and case.ended == "completed"
    inside = Case(
        model("""
            <startEvent id="s"/><parallelGateway id="f"/><userTask id="w"/><endEvent id="t">[message m]</endEvent>
            <intermediateCatchEvent id="c">[message m]</intermediateCatchEvent><userTask id="a"/>
            ~ s f w t
            ~ f c a
        """)
    ).do("w")
    assert inside.last("message.thrown")["caught_by"] == "c" and inside.waiting() == ["a"]


def test_a_message_on_a_boundary_may_come_several_times_when_it_does_not_interrupt() -> None:
    case = Case(boundary("[message m]", interrupting=False))
    case.deliver("message", "answer")
    case.deliver("message", "answer")
    assert case.waiting() == ["a", "caught", "caught"]
    case.do("a")
    assert case.messages == {}


EVENT_GATEWAY = """
<startEvent id="s"/><eventBasedGateway id="g"/>
<intermediateCatchEvent id="short">[timer Duration PT1H]</intermediateCatchEvent><userTask id="a"/>
<intermediateCatchEvent id="long">[timer Duration PT5H]</intermediateCatchEvent><userTask id="b"/>
<intermediateCatchEvent id="c">[message m]</intermediateCatchEvent><userTask id="d"/>
~ s g long b
~ g short a
~ g c d
"""


@pytest.mark.parametrize(("ring", "then"), [("short", "a"), ("long", "b")])
def test_the_first_event_behind_an_event_gateway_wins(ring: str, then: str) -> None:  # 13.4.4
    case = Case(model(EVENT_GATEWAY)).ring(ring)
    assert case.waiting() == [then]
    assert case.timers == {} and case.messages == {}


def test_a_message_wins_at_an_event_gateway() -> None:
    case = Case(model(EVENT_GATEWAY))
    case.deliver("message", "answer", {"x": 1})
    assert case.waiting() == ["d"] and case.variables == {"x": 1}
    assert case.went()[-2:] == ["g", "c"]


# -- errors and escalations


def inner_error(code: str = "er", body: str = "", attributes: str = "") -> str:
    return f"""
        <subProcess id="a" {attributes}><startEvent id="is"/><userTask id="ia"/>
          <endEvent id="ie">[error {code}]</endEvent>{body}
          ~ is ia ie
        </subProcess>"""


def test_an_error_end_event_is_caught_on_the_boundary() -> None:  # 13.5.3
    case = Case(boundary("[error er]", body=inner_error())).do("ia")
    assert case.waiting() == ["caught"]
    assert case.went("element.cancelled") == ["ie", "a"]


def test_a_boundary_that_names_no_error_catches_all() -> None:
    assert Case(boundary("[error]", body=inner_error())).do("ia").waiting() == ["caught"]


def test_an_error_of_another_code_is_not_caught_and_becomes_an_incident() -> None:
    case = Case(boundary("[error er2]", body=inner_error())).do("ia")
    assert [i["code"] for i in case.incidents.values()] == ["uncaught_error"]
    assert case.waiting() == []


def test_the_code_wins_over_the_boundary_that_catches_all() -> None:
    case = Case(
        model(f"""
        <startEvent id="s"/>{inner_error()}<userTask id="all"/><userTask id="one"/>
        <boundaryEvent id="b1" attachedToRef="a">[error]</boundaryEvent>
        <boundaryEvent id="b2" attachedToRef="a">[error er]</boundaryEvent>
        ~ s a
        ~ b1 all
        ~ b2 one
    """)
    )
    assert case.do("ia").waiting() == ["one"]


def test_a_task_may_report_an_error_that_its_boundary_catches() -> None:
    body = '<serviceTask id="a">[job t]</serviceTask>'
    case = Case(boundary("[error er]", body=body))
    case.throw_error(case.task("a"), "E1", {"why": "x"})
    assert case.waiting() == ["caught"] and case.variables == {"why": "x"} and case.jobs == {}


def handler(start: str, *, interrupting: bool = True) -> str:
    return f"""
        <subProcess id="h" triggeredByEvent="true">
          <startEvent id="hs" isInterrupting="{_yes(interrupting)}">{start}</startEvent>
          <userTask id="ht"/><endEvent id="he"/>
          ~ hs ht he
        </subProcess>"""


def test_an_event_sub_process_catches_before_the_boundary() -> None:  # 13.5.4
    body = inner_error(body=handler("[error er]"))
    case = Case(boundary("[error er]", body=body)).do("ia")
    assert case.waiting() == ["ht"]
    case.do("ht")
    assert case.waiting() == ["after"], "a handled error lets the sub-process complete"


def test_an_event_sub_process_does_not_catch_its_own_error() -> None:
    body = """
        <subProcess id="a"><startEvent id="is"/><userTask id="ia"/>
          <endEvent id="ie">[error er]</endEvent>
          <subProcess id="h" triggeredByEvent="true"><startEvent id="hs">[error]</startEvent><userTask id="ht"/>
            <endEvent id="he">[error er2]</endEvent>
            ~ hs ht he
          </subProcess>
          ~ is ia ie
        </subProcess>"""
    case = Case(boundary("[error]", body=body)).do("ia", "ht")
    assert case.waiting() == ["caught"]


ESCALATE = """
<subProcess id="a"><startEvent id="is"/><userTask id="ia"/>
  <intermediateThrowEvent id="it">[escalation es]</intermediateThrowEvent><userTask id="ib"/>
  ~ is ia it ib
</subProcess>"""


def test_an_escalation_that_does_not_interrupt_lets_the_thrower_go_on() -> None:  # 13.5.3
    case = Case(boundary("[escalation es]", interrupting=False, body=ESCALATE)).do("ia")
    assert case.waiting() == ["caught", "ib"]
    assert case.last("escalation.thrown")["caught_by"] == "b"


def test_an_escalation_may_interrupt() -> None:
    case = Case(boundary("[escalation es]", body=ESCALATE)).do("ia")
    assert case.waiting() == ["caught"]


def test_an_escalation_that_nobody_catches_is_told_and_forgotten() -> None:
    case = Case(model(f'<startEvent id="s"/>{ESCALATE}\n~ s a')).do("ia")
    assert case.waiting() == ["ib"]
    assert case.last("escalation.thrown") | {"at": ""} == {
        "at": "",
        "e": "escalation.thrown",
        "el": "it",
        "code": "late",
        "caught_by": None,
    }


def test_an_error_leaves_a_called_process_by_the_call_activity() -> None:
    called = compile(
        '<startEvent id="cs"/><userTask id="ca"/><endEvent id="ce">[error er]</endEvent>\n~ cs ca ce',
        around=DEFS,
        process='id="called" isExecutable="true"',
    )
    body = '<callActivity id="a" calledElement="called"/>'
    case = Case(boundary("[error er]", body=body), environment(called)).do("ca")
    assert case.waiting() == ["caught"]
    assert "process" not in case.last("task.opened")


# -- event sub-processes


def beside(handlers: str) -> bpmn.Definition:
    return model(f'<startEvent id="s"/><userTask id="a"/>{handlers}\n~ s a')


def test_a_timer_of_the_process_runs_beside_it() -> None:
    """The two timers of a focus task: they warn and do not stop the work."""
    case = Case(beside(handler("[timer Duration P30D]", interrupting=False)))
    case.ring("hs")
    assert case.waiting() == ["a", "ht"]
    case.do("a")
    assert case.ended is None, "the handler belongs to the instance"
    case.do("ht")
    assert case.ended == "completed"


def test_an_interrupting_event_sub_process_replaces_its_scope() -> None:  # 13.5.4
    case = Case(
        model(f"""
        <startEvent id="s"/><parallelGateway id="f"/><userTask id="a"/><userTask id="b"/>
        {handler("[timer Duration P30D]")}
        ~ s f a
        ~ f b
    """)
    ).ring("hs")
    assert case.waiting() == ["ht"] and case.went("task.cancelled") == ["a", "b"]
    case.do("ht")
    assert case.ended == "completed"


def test_an_event_sub_process_is_disarmed_when_its_scope_ends() -> None:
    case = Case(beside(handler("[timer Duration P30D]"))).do("a")
    assert case.ended == "completed" and case.count("timer.cancelled") == 1


def test_an_event_sub_process_may_be_started_again_and_again() -> None:
    case = Case(beside(handler("[message m]", interrupting=False)))
    for _ in range(3):
        case.deliver("message", "answer")
    assert case.waiting() == ["a", "ht", "ht", "ht"]
    case.do("ht", "ht", "ht", "a")
    assert case.ended == "completed"


# -- links, start events, incidents


def test_a_link_goes_on_at_its_other_half() -> None:  # 10.5.5
    case = Case("""
        <startEvent id="s"/><intermediateThrowEvent id="t">[link L]</intermediateThrowEvent>
        <intermediateCatchEvent id="c">[link L]</intermediateCatchEvent><userTask id="a"/>
        ~ s t
        ~ c a
    """)
    assert case.waiting() == ["a"] and case.went() == ["s", "t", "c"]


def test_the_start_event_can_be_named_where_there_are_several() -> None:
    definition = model("""
        <startEvent id="s1">[message m]</startEvent>
        <startEvent id="s2">[signal sg]</startEvent>
        <userTask id="a"/><userTask id="b"/>
        ~ s1 a
        ~ s2 b
    """)
    one = bpmn.start(definition, {}, NOW, bpmn.Env(), at="s2")
    assert [e["el"] for e in one.step.events if e["e"] == "task.opened"] == ["b"]
    found = [(t["el"], t["kind"], t["name"]) for t in bpmn.triggers(definition, NOW, bpmn.Env())]
    assert found == [("s1", "message", "answer"), ("s2", "signal", "alarm")]


JOB = """
<startEvent id="s"/>
<serviceTask id="a">[job t]
  <ext><zeebe:taskHeaders><zeebe:header key="k" value="v"/></zeebe:taskHeaders></ext></serviceTask>
~ s a
"""


def test_a_failure_outside_is_an_incident_and_a_retry_wants_the_job_again() -> None:
    case = Case(JOB)
    job = case.task("a")
    case.incident(job, "worker", "no connection")
    assert case.view()[0]["incidents"][0]["message"] == "no connection"
    case.retry(job)
    assert case.count("job.wanted") == 2 and case.incidents == {}
    assert case.last("job.wanted")["headers"] == {"k": "v"}
    case.do("a")
    assert case.ended == "completed"


def test_a_job_with_an_incident_can_be_completed_by_hand() -> None:
    case = Case(JOB)
    case.incident(case.task("a"), "worker", "no connection")
    case.do("a")
    assert case.ended == "completed" and case.incidents == {}


def test_a_failing_output_keeps_the_result_for_the_retry() -> None:
    case = Case('<startEvent id="s"/><userTask id="a">[out function(x) x -> out]</userTask>\n~ s a')
    task = case.task("a")
    case.do("a", x=1)
    assert [i["code"] for i in case.incidents.values()] == ["not_storable"]
    with pytest.raises(bpmn.Stale):
        case.complete(task)
    assert case.count("task.completed") == 1 and case.ended is None
    case.cancel()
    assert case.ended == "cancelled" and case.count("task.cancelled") == 0


def test_cancelling_the_instance_withdraws_everything() -> None:
    case = Case(boundary("[timer Duration P5D]", body=ESCALATE))
    case.cancel()
    assert case.ended == "cancelled" and not (case.tasks or case.timers or case.view())


def test_repair_moves_a_token() -> None:
    case = Case(boundary("[timer Duration P5D]"))
    token = case.task("a")
    case.move(token, "after")
    assert case.waiting() == ["after"] and case.timers == {}
    assert case.last("token.moved")["target"] == "after"
    with pytest.raises(bpmn.Stale):
        case.move(token, "after")
