"""Never half a step: what an agenda item did before an expression in it failed is undone, and a retry does it whole."""

import json
from typing import Any

import pytest

from kernel_models import Case, compile

AROUND = """
<message id="m" name="answer"/><signal id="sg" name="alarm"/><error id="er" errorCode="E1"/>
<escalation id="es" escalationCode="late"/>
"""
# Fails while `ok` is not true: a function cannot be stored.
FAILS = "[out if ok then 1 else (function(x) x) -> done]"
RICH = """
<subProcess id="rich">[in 1 -> here]
  <startEvent id="is"/><parallelGateway id="if"/><userTask id="ia"/><parallelGateway id="ij"/>
  <subProcess id="im">[each [1, 2] as item; out got = item]
    <startEvent id="ms"/><intermediateCatchEvent id="mc">[signal sg]</intermediateCatchEvent>
    ~ ms mc
  </subProcess>
  <userTask id="is2">[each [1, 2] as item; sequential]</userTask>
  <intermediateCatchEvent id="ic">[message m]</intermediateCatchEvent>
  <serviceTask id="ijob">[job t]</serviceTask>
  <intermediateCatchEvent id="it">[timer Duration P9D]</intermediateCatchEvent>
  <exclusiveGateway id="bad"/><task id="never"/>
  <boundaryEvent id="ib" attachedToRef="ia">[compensate]</boundaryEvent><task id="iu" isForCompensation="true"/>
  <association id="as" sourceRef="ib" targetRef="iu"/>
  ~ is ig
  ~ ig ia ij
  ~ ig im
  ~ ig is2
  ~ ig ic
  ~ ig ijob
  ~ ig it
  ~ ig bad
  ~ bad never if null
  ~ bad ij if null
</subProcess>
""".replace('id="if"', 'id="ig"')


def kept(case: Case) -> Any:
    """Everything but counters and incidents."""
    states = {"": json.loads(case.state), **{part: json.loads(text) for part, text in case.shards.items()}}
    for state in states.values():
        state.pop("n")
        state.pop("i", None)
    return states


def model(body: str) -> Case:
    return Case(compile(body, around=AROUND), ok=False)


BOUNDARY = f"""
<startEvent id="s"/><parallelGateway id="f"/><userTask id="w"/>{RICH}<userTask id="z"/>
<boundaryEvent id="b" attachedToRef="rich">{FAILS}[timer Duration P5D]</boundaryEvent>
~ s f w
~ f rich
~ b z
"""
INSIDE = f"""
<startEvent id="s"/><parallelGateway id="f"/><userTask id="w"/>
<subProcess id="sub">{RICH}
  <subProcess id="h" triggeredByEvent="true">
    <startEvent id="b">{FAILS}[timer Duration P5D]</startEvent><userTask id="z"/>
    ~ b z
  </subProcess>
</subProcess>
~ s f w
~ f sub
"""


@pytest.mark.parametrize("body", [BOUNDARY, INSIDE], ids=["on the boundary", "inside"])
def test_an_interruption_that_fails_has_interrupted_nothing(body: str) -> None:
    case = model(body)
    first = [i["el"] for i in case.incidents.values()]
    assert first == ["bad"]
    before, told, timer = kept(case), len(case.events), next(t for t, e in case.timers.items() if e["el"] == "b")
    open_before = (set(case.tasks), set(case.jobs), set(case.messages), set(case.timers) - {timer})
    case.fire(timer)
    assert kept(case) == before
    assert [e["e"] for e in case.events[told:]] == ["timer.fired", "incident.raised"]
    assert (set(case.tasks), set(case.jobs), set(case.messages), set(case.timers)) == open_before
    with pytest.raises(Exception, match="incident"):
        case.fire(timer)
    case.do("w", ok=True)
    case.retry(next(i for i, e in case.incidents.items() if e["el"] != "bad"))
    assert case.waiting() == ["z"] and case.variables["done"] == 1
    assert not case.timers and not case.messages and not case.jobs and not case.shards and not case.incidents


def test_an_event_gateway_that_fails_still_waits() -> None:
    case = model(f"""
        <startEvent id="s"/><parallelGateway id="f"/><userTask id="w"/><eventBasedGateway id="g"/>
        <intermediateCatchEvent id="c1">{FAILS}[message m]</intermediateCatchEvent>
        <intermediateCatchEvent id="c2">[timer Duration P1D]</intermediateCatchEvent><userTask id="z"/>
        ~ s f w
        ~ f g c1 z
        ~ g c2 z
    """)
    before = kept(case)
    case.deliver("message", "answer", {"x": 1})
    assert kept(case) == before and [i["code"] for i in case.incidents.values()] == ["not_storable"]
    case.do("w", ok=True)
    case.retry(next(iter(case.incidents)))
    assert case.waiting() == ["z"] and not case.timers


@pytest.mark.parametrize("gateway", ["inclusiveGateway", "complexGateway"])
def test_a_join_that_fails_keeps_its_tokens(gateway: str) -> None:
    activation = "<activationCondition>=activationCount = 2</activationCondition>" if "complex" in gateway else ""
    case = model(f"""
        <startEvent id="s"/><parallelGateway id="f"/><userTask id="a"/><userTask id="b"/><userTask id="w"/>
        <{gateway} id="j">{activation}</{gateway}><userTask id="z"/><userTask id="y"/>
        ~ s f w
        ~ f a j
        ~ f b j
        ~ j z if if ok then true else null
        ~ j y if false
    """).do("a", "b")
    assert [r["kind"] for r in case.view() if r["element"] == "j"] == ["join", "join"]
    assert [i["code"] for i in case.incidents.values()] == ["not_boolean"]
    case.do("w", ok=True)
    case.retry(next(iter(case.incidents)))
    assert case.waiting() == ["z"] and [r["element"] for r in case.view()] == ["z"]


def test_a_parallel_join_that_leads_into_a_failure_is_done_once() -> None:
    case = model("""
        <startEvent id="s"/><parallelGateway id="f"/><userTask id="a"/><userTask id="b"/><userTask id="w"/>
        <parallelGateway id="j"/><scriptTask id="t">[script if ok then 1 else (function(x) x) -> done]</scriptTask>
        <userTask id="z"/>
        ~ s f w
        ~ f a j t z
        ~ f b j
    """).do("a", "b")
    assert [i["el"] for i in case.incidents.values()] == ["t"] and case.went().count("j") == 1
    case.do("w", ok=True)
    case.retry(next(iter(case.incidents)))
    assert case.waiting() == ["z"]


def test_the_last_child_of_a_consultation_whose_condition_fails_is_counted_once() -> None:
    case = model("""
        <startEvent id="s"/><parallelGateway id="f"/><userTask id="w"/><userTask id="z"/>
        <userTask id="a">[each [1, 2] as item; out got = item; until if ok then false else null]</userTask>
        ~ s f w
        ~ f a z
    """)
    before = kept(case)
    case.answer("a", 1)
    assert kept(case) == before
    case.do("w", ok=True)
    case.retry(next(iter(case.incidents)))
    case.answer("a", 2)
    assert case.waiting() == ["z"] and case.variables["got"] == [1, 2]


def test_a_call_that_fails_to_start_has_called_nothing() -> None:
    case = model("""
        <startEvent id="s"/><parallelGateway id="f"/><userTask id="w"/>
        <callActivity id="c">[in 1 -> own][call q]</callActivity><userTask id="z"/>
        ~ s f w
        ~ f c z
    """)
    assert [i["code"] for i in case.incidents.values()] == ["unknown_process"]
    token = next(r["token"] for r in case.view() if r["element"] == "c")
    assert json.loads(case.state)["t"][token] == {"e": "c"}


def test_a_new_start_that_fails_has_started_nothing() -> None:
    case = model("""
        <startEvent id="s"/><userTask id="a"/>
        <subProcess id="h" triggeredByEvent="true">
          <startEvent id="hs">[timer Date =finish]</startEvent><userTask id="ht"/>
          ~ hs ht
        </subProcess>
        ~ s a
    """)
    assert [(i["el"], i["code"]) for i in case.incidents.values()] == [("p", "bad_timer")]
    assert case.waiting() == [] and case.ended is None and kept(case) == {"": {"t": {"0": {"v": {"ok": False}}}}}


def test_a_withdrawal_that_fails_leaves_the_child() -> None:
    case = model("""
        <startEvent id="s"/><parallelGateway id="f"/><userTask id="w"/><userTask id="z"/>
        <userTask id="a">[each [1, 2] as item; until if ok then false else null]</userTask>
        ~ s f w
        ~ f a z
    """)
    before, host = kept(case), case.last("host.opened")["host"]
    case.cancel_task(f"{host}.1")
    assert kept(case) == before and sorted(case.shards) == [f"{host}.1", f"{host}.2"]
    case.do("w", ok=True)
    case.retry(next(iter(case.incidents)))
    assert sorted(case.shards) == [f"{host}.2"]


def test_an_error_whose_catcher_fails_has_withdrawn_nothing() -> None:
    case = model(f"""
        <startEvent id="s"/><parallelGateway id="f"/><userTask id="w"/><userTask id="z"/>
        <subProcess id="a"><startEvent id="is"/><parallelGateway id="ig"/><userTask id="ia"/><userTask id="ib"/>
          <endEvent id="ie">[error er]</endEvent>
          ~ is ig ia ie
          ~ ig ib
        </subProcess>
        <boundaryEvent id="b" attachedToRef="a">{FAILS}[error er]</boundaryEvent>
        ~ s f w
        ~ f a
        ~ b z
    """).do("ia")
    assert case.waiting() == ["ib", "w"]
    case.do("w", ok=True)
    case.retry(next(iter(case.incidents)))
    assert case.waiting() == ["z"]
