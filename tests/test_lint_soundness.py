"""Soundness: each fault of behaviour is found, shown by a shortest run that the kernel follows, and nothing else is."""

import time

import pytest
from hypothesis import given, settings

from engine import bpmn, lint
from kernel_models import compile, xml
from properties.test_processes import COMMON, model
from random_processes import Block, processes

SEQUENCE = '<startEvent id="s"/><endEvent id="e"/>'
A, B, C = (f'<userTask id="{n}"/>' for n in "abc")
FAULTS = (
    "deadlock",
    "livelock",
    "doubled",
    "unbounded",
    "endless",
    "dead",
    "dead_event",
    "uncaught_error",
    "not_explored",
    "cap_reached",
    "loop_without_exit",
)


def faults(definition: bpmn.Definition | str, states: int = 5_000) -> list[lint.Finding]:
    """The findings on behaviour."""
    definition = compile(definition) if isinstance(definition, str) else definition
    return [f for f in lint.check(definition, states=states) if f.rule in FAULTS]


def one(definition: bpmn.Definition | str) -> lint.Finding:
    """The only finding on behaviour."""
    (found,) = faults(definition)
    return found


def acts(found: lint.Finding) -> list[str]:
    assert found.trace is not None
    return [" ".join(act.values()) for act in found.trace]


# -- deadlock


XOR_INTO_AND = f"""{SEQUENCE}{A}{B}<exclusiveGateway id="x"/><parallelGateway id="j"/>
~ s x
~ x a if k > 1
~ x b default
~ a j e
~ b j
"""


def test_a_choice_that_runs_into_a_parallel_join_is_a_deadlock_with_its_shortest_run() -> None:
    found = one(XOR_INTO_AND)
    assert (found.rule, found.element, found.severity) == ("deadlock", "j", "error")
    assert acts(found) == ["start p", "choose x x_b", "complete b"]
    assert lint.replay(compile(XOR_INTO_AND), "p", found.trace or []) == ["j"]


def test_the_run_to_a_deadlock_is_the_shortest_of_several() -> None:
    found = one(f"""{SEQUENCE}{A}{B}{C}<exclusiveGateway id="x"/><parallelGateway id="j"/>
~ s x
~ x a if k > 1
~ x b default
~ a c j e
~ b j
""")
    assert acts(found) == ["start p", "choose x x_b", "complete b"]


def test_an_inclusive_choice_into_a_parallel_join_is_a_deadlock() -> None:
    found = one(f"""{SEQUENCE}{A}{B}<inclusiveGateway id="o"/><parallelGateway id="j"/>
~ s o
~ o a if k
~ o b if l
~ a j e
~ b j
""")
    assert (found.rule, found.element) == ("deadlock", "j")
    assert len(acts(found)) == 3 and acts(found)[1] in ("choose o o_a", "choose o o_b")


def test_a_deadlock_beside_a_reminder_that_never_ends_it_is_found() -> None:
    found = one(
        XOR_INTO_AND
        + """<subProcess id="h" triggeredByEvent="true"><startEvent id="hs" isInterrupting="false">[timer Duration P1D]
</startEvent><userTask id="hu"/><endEvent id="he"/>
~ hs hu he
</subProcess>"""
    )
    assert (found.rule, found.element, len(acts(found))) == ("deadlock", "j", 3)


def test_a_join_that_never_goes_on_where_a_timer_interrupts_is_no_deadlock_but_dead() -> None:
    inner = XOR_INTO_AND.replace('"s"', '"s2"').replace('"e"', '"e2"').replace("~ s x", "~ s2 x")
    found = one(f"""{SEQUENCE}<subProcess id="sp">{inner.replace("~ a j e", "~ a j e2")}</subProcess>
<boundaryEvent id="late" attachedToRef="sp">[timer Duration P9D]</boundaryEvent>
~ s sp e
~ late e
""")
    assert (found.rule, found.element) == ("dead", "j")


def test_states_with_a_token_at_the_same_join_by_another_flow_are_two() -> None:
    found = faults(f"""{SEQUENCE}{C}<parallelGateway id="f"/><exclusiveGateway id="x"/><exclusiveGateway id="m"/>
<parallelGateway id="j"/>
~ s f x
~ x j default
~ x m if k
~ m j e
~ f c m
""")
    assert {(f.rule, f.element) for f in found} == {("deadlock", "j"), ("doubled", "j")}


# -- doubled work


@pytest.mark.parametrize("split", ["parallelGateway", "inclusiveGateway"])
def test_parallel_branches_that_merge_without_a_join_double_what_follows(split: str) -> None:
    conditions = ("if k", "if l") if split == "inclusiveGateway" else ("", "")
    model = f"""{SEQUENCE}{A}{B}{C}<{split} id="f"/><exclusiveGateway id="m"/>
~ s f
~ f a {conditions[0]}
~ f b {conditions[1]}
~ a m c e
~ b m
"""
    found = one(model)
    assert (found.rule, found.element) == ("doubled", "c")
    assert [a for a in acts(found) if "choose" not in a] == ["start p", "complete a", "complete b"]
    assert lint.replay(compile(model), "p", found.trace or []) == ["c"]


def test_an_end_that_is_reached_twice_by_one_flow_is_doubled() -> None:
    found = one(f"""{SEQUENCE}{A}{B}<parallelGateway id="f"/><exclusiveGateway id="m"/>
~ s f a m e
~ f b m
""")
    assert (found.rule, found.element) == ("doubled", "e")


def test_only_the_first_doubled_step_of_a_chain_is_told() -> None:
    found = one(f"""{SEQUENCE}{A}{B}{C}<userTask id="d"/><parallelGateway id="f"/>
~ s f a c d e
~ f b c
""")
    assert (found.rule, found.element) == ("doubled", "c")


# -- loops


def test_a_loop_that_can_never_be_left_is_told_once_with_a_run_into_it() -> None:
    found = one(f"""{SEQUENCE}{A}{B}<exclusiveGateway id="m"/>
~ s m a b m
""")
    assert found.rule == "loop_without_exit" and acts(found) == ["start p"]


def test_a_loop_whose_only_exit_is_never_taken_is_a_livelock() -> None:
    found = faults(f"""{SEQUENCE}{A}<exclusiveGateway id="x"/>
~ s a x
~ x e if false
~ x a default
""")
    assert [(f.rule, f.element) for f in found] == [("livelock", "a"), ("dead", "e")]


def test_a_loop_that_makes_new_tokens_each_time_round_has_no_bound() -> None:
    model = f"""{SEQUENCE}{A}{B}<parallelGateway id="f"/><exclusiveGateway id="m"/>
~ s m f a m
~ f b e
"""
    found = one(model)
    assert (found.rule, found.element) == ("unbounded", "b")
    assert acts(found) == ["start p", "complete a", "complete a"]


def test_an_automatic_loop_that_never_waits_is_endless() -> None:
    found = one("""<startEvent id="s"/><exclusiveGateway id="m"/><task id="t"/>
~ s m t m
""")
    assert found.rule == "loop_without_exit" and found.trace == [{"do": "start", "element": "p"}]


# -- dead elements, errors


def test_an_element_that_no_run_reaches_is_dead_and_what_follows_it_is_not_told_again() -> None:
    found = one(f"""{SEQUENCE}{A}{B}{C}<exclusiveGateway id="x"/>
~ s x
~ x a if false
~ x c default
~ a b e
~ c e
""")
    assert (found.rule, found.element) == ("dead", "a")


def test_an_event_that_cannot_happen_in_time_is_a_warning() -> None:
    found = one(f"""{SEQUENCE}<subProcess id="sp"><startEvent id="s2"/><task id="t"/><endEvent id="e2"/>
~ s2 t e2
</subProcess><boundaryEvent id="late" attachedToRef="sp">[timer Duration P9D]</boundaryEvent>
~ s sp e
~ late e
""")
    assert (found.rule, found.element, found.severity) == ("dead_event", "late", "warning")


def test_an_error_that_nobody_catches_is_a_warning() -> None:
    definition = bpmn.compile(
        xml(
            """<startEvent id="s"/><userTask id="a"/><endEvent id="bad">[error er]</endEvent>
~ s a bad
""",
            around='<error id="er" errorCode="E"/>',
        )
    )
    found = one(definition)
    assert (found.rule, found.element, found.severity) == ("uncaught_error", "bad", "warning")
    assert acts(found) == ["start p", "complete a"]


JOB = '<serviceTask id="job">[job mail]</serviceTask>'


def test_a_job_may_report_an_error_that_is_caught_further_out() -> None:
    assert not faults(f"""{SEQUENCE}<subProcess id="sp"><startEvent id="s2"/>{JOB}<endEvent id="e2"/>
~ s2 job e2
</subProcess><boundaryEvent id="b" attachedToRef="sp">[error]</boundaryEvent>{A}
~ s sp e
~ b a e
""")


def test_an_error_in_an_event_sub_process_is_not_caught_by_its_neighbour() -> None:
    found = one(f"""{SEQUENCE}{A}
<subProcess id="h" triggeredByEvent="true"><startEvent id="hs">[timer Duration P1D]</startEvent>{JOB}<endEvent id="he"/>
~ hs job he
</subProcess>
<subProcess id="n" triggeredByEvent="true"><startEvent id="ns">[error]</startEvent><endEvent id="ne"/>
~ ns ne
</subProcess>
~ s a e
""")
    assert (found.rule, found.element) == ("dead_event", "n")


# -- what is sound stays without findings


SOUND = {
    "two ends of parallel branches": """{A}{B}<parallelGateway id="f"/><endEvent id="e2"/>
~ s f a e
~ f b e2
""",
    "one end of parallel branches": """{A}{B}<parallelGateway id="f"/>
~ s f a e
~ f b e
""",
    "an inclusive split and join": """{A}{B}{C}<inclusiveGateway id="o"/><inclusiveGateway id="j"/>
~ s o
~ o a if k
~ o b if l
~ o c default
~ a j e
~ b j
~ c j
""",
    "a rework loop inside parallel branches": """{A}{B}<parallelGateway id="f"/><parallelGateway id="j"/>
<exclusiveGateway id="x"/>
~ s f a x
~ x a if k
~ x j default
~ f b j e
""",
    "a consultation with reminders and silence": """<userTask id="ask">[each people as person; until enough]</userTask>
<boundaryEvent id="remind" attachedToRef="ask" cancelActivity="false">[timer Cycle R/P1D]</boundaryEvent>
<boundaryEvent id="late" attachedToRef="ask">[timer Duration P9D]</boundaryEvent>
<serviceTask id="mail">[job mail]</serviceTask><endEvent id="told"/>
~ s ask e
~ remind mail told
~ late e
""",
    "reminders that pile up in a rework loop": """{A}<exclusiveGateway id="x"/>
<boundaryEvent id="remind" attachedToRef="a" cancelActivity="false">[timer Duration P1D]</boundaryEvent>
<userTask id="call"/><endEvent id="called"/>
~ s a x
~ x a if k
~ x e default
~ remind call called
""",
    "an event gateway": """<eventBasedGateway id="g"/>
<intermediateCatchEvent id="t">[timer Duration P1D]</intermediateCatchEvent>
<intermediateCatchEvent id="c">[condition k]</intermediateCatchEvent>
~ s g t e
~ g c e
""",
    "sequential, repeated and automatic loops": """<userTask id="a">[each xs as x; sequential]</userTask>
<userTask id="b"><standardLoopCharacteristics><loopCondition>=k</loopCondition></standardLoopCharacteristics></userTask>
<exclusiveGateway id="m"/><scriptTask id="t">[script n + 1 -> n]</scriptTask><exclusiveGateway id="x"/>
~ s a b m t x
~ x m if n > 9
~ x e default
""",
    "links": """{A}<intermediateThrowEvent id="t">[link L]</intermediateThrowEvent>
<intermediateCatchEvent id="c">[link L]</intermediateCatchEvent>
~ s a t
~ c e
""",
    "an interrupting event sub-process that terminates": """{A}<subProcess id="h" triggeredByEvent="true">
<startEvent id="hs">[timer Duration P1D]</startEvent><userTask id="hu"/><endEvent id="he">[terminate]</endEvent>
~ hs hu he
</subProcess>
~ s a e
""",
}


@pytest.mark.parametrize("name", SOUND)
def test_a_sound_model_has_no_findings(name: str) -> None:
    body = SOUND[name].replace("{A}", A).replace("{B}", B).replace("{C}", C)
    definition = compile(SEQUENCE + body)
    report = lint.examine(definition, states=5_000)
    assert report.complete and report.states > 1
    assert [str(f) for f in report.findings if f.rule in FAULTS] == []


@settings(max_examples=40, **COMMON)
@given(processes(size=9))
def test_block_structured_processes_are_sound(block: Block) -> None:
    """What random processes of blocks do is known: nothing waits for ever, is doubled or goes round without end."""
    definition, _ = model(block)
    report = lint.examine(definition, states=120, seconds=2)
    wrong = {"deadlock", "livelock", "doubled", "unbounded", "endless", "not_explored", "not_supported", "model"}
    assert not {f.rule for f in report.findings} & wrong


def test_an_end_that_fails_at_once_is_not_dead() -> None:
    around = '<error id="er" errorCode="E"/>'
    definition = compile('<startEvent id="s"/><endEvent id="bad">[error er]</endEvent>\n~ s bad\n', around=around)
    assert [(f.rule, f.element) for f in faults(definition)] == [("uncaught_error", "bad")]


def test_reminders_that_pile_up_do_not_multiply_the_states() -> None:
    body = SOUND["reminders that pile up in a rework loop"].replace("{A}", A)
    assert lint.examine(compile(SEQUENCE + body)).states <= 16


# -- limits


def wide(branches: int, more: str = "", start: str = "~ s f") -> bpmn.Definition:
    """Parallel branches of three steps: 4 ** branches states."""
    tasks = "".join(f'<userTask id="t{i}{k}"/>' for i in range(branches) for k in "abc")
    flows = "\n".join(f"~ f t{i}a t{i}b t{i}c j" for i in range(branches))
    return compile(
        f'{SEQUENCE}{tasks}<parallelGateway id="f"/><parallelGateway id="j"/>{more}\n{start}\n{flows}\n~ j e\n'
    )


def test_the_cap_is_honoured_and_stated() -> None:
    report = lint.examine(wide(6), states=300)
    (found,) = [f for f in report.findings if f.rule in FAULTS]
    assert found.rule == "cap_reached" and "no fault found (cap reached)" in found.message
    assert not report.complete and 300 <= report.states <= 310
    assert report.summary == f"explored {report.states} states, no fault found (not all of them)"


def test_a_fault_is_found_before_the_cap() -> None:
    body = f"""{A}{B}<exclusiveGateway id="z"/><exclusiveGateway id="x"/><parallelGateway id="stuck"/>
~ z f default
~ z x if k
~ x a if l
~ x b default
~ a stuck e
~ b stuck
"""
    found = faults(wide(6, body, "~ s z"), states=200)
    assert {f.rule for f in found} == {"deadlock", "cap_reached"}


def test_before_the_cap_a_stop_that_an_event_may_still_resolve_is_no_deadlock() -> None:
    inner = XOR_INTO_AND.replace('"s"', '"s2"').replace('"e"', '"e2"').replace("~ s x", "~ s2 x")
    inner = inner.replace('"j"', '"k"').replace("~ a j e", "~ a k e2").replace("~ b j", "~ b k")
    body = f"""<exclusiveGateway id="z"/><subProcess id="sp">{inner}
<subProcess id="h" triggeredByEvent="true"><startEvent id="hs" isInterrupting="false">[timer Duration P1D]</startEvent>
<endEvent id="he">[error]</endEvent>
~ hs he
</subProcess></subProcess><boundaryEvent id="out" attachedToRef="sp">[error]</boundaryEvent>
~ z f default
~ z sp if k
~ sp e
~ out e
"""
    assert {f.rule for f in faults(wide(6, body, "~ s z"), states=200)} == {"cap_reached"}


def test_states_are_looked_at_quickly() -> None:
    definition = wide(4)
    lint.examine(definition, states=50)
    best = min(_time(definition) for _ in range(3))
    assert best < 0.0008, f"{best * 1000:.2f} ms a state; the goal is 0.4, a busy machine may take twice"


def _time(definition: bpmn.Definition) -> float:
    before = time.process_time()
    report = lint.examine(definition)
    return (time.process_time() - before) / report.states


def test_states_that_differ_only_in_order_are_one() -> None:
    assert lint.examine(wide(3)).states == 4**3


def test_zero_states_leave_out_the_search() -> None:
    assert lint.examine(wide(6), states=0).states == 0


def test_a_run_that_the_kernel_does_not_follow_is_refused() -> None:
    choice = {"do": "choose", "element": "x", "choice": "x_b"}
    run = [{"do": "start", "element": "p"}, choice, {"do": "complete", "element": "a"}]
    with pytest.raises(ValueError, match="Expected to be able to complete 'a'"):
        lint.replay(compile(XOR_INTO_AND), "p", run)
