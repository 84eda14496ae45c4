"""Multi-instance and standard loops: counters, conditions, outputs, shards (BPMN 13.3.6, 13.3.7)."""

import json

import pytest

from engine import bpmn, errors
from kernel_models import NOW, Case, compile, environment

AROUND = '<error id="er" errorCode="E1"/><signal id="sg" name="alarm"/><message id="m" name="answer"/>'


def model(loop: str, *, task: str = "userTask", inside: str = "", beside: str = "") -> bpmn.Definition:
    return compile(
        f"""
        <startEvent id="s"/><{task} id="a">{loop}{inside}</{task}><userTask id="z"/>{beside}
        ~ s a z
        """,
        around=AROUND,
    )


PEOPLE = ["an", "binh", "chi"]
ASK = model("[each people as person; out answers = answer]", inside="[in null -> answer]")


def test_every_item_has_a_child_in_a_shard_of_its_own() -> None:
    case = Case(ASK, people=PEOPLE)
    opened = [e for e in case.events if e["e"] == "task.opened"]
    host = case.last("host.opened")
    assert (host["el"], host["count"]) == ("a", 3)
    assert [(e["item"], e["index"], e["host"]) for e in opened] == [
        (person, number, host["host"]) for number, person in enumerate(PEOPLE, 1)
    ]
    assert [e["shard"] for e in opened] == [f"{host['host']}.{n}" for n in (1, 2, 3)]
    assert sorted(case.shards) == [e["shard"] for e in opened]
    assert "an" not in json.dumps(json.loads(case.state)["t"][host["host"]], ensure_ascii=False)


def test_the_output_stands_in_the_order_of_the_input() -> None:  # table 10.30
    case = Case(ASK, people=PEOPLE)
    for index in (3, 1, 2):
        assert "z" not in case.waiting()
        case.answer("a", index, answer=f"answer {index}")
    assert case.waiting() == ["z"]
    assert case.variables["answers"] == ["answer 1", "answer 2", "answer 3"]
    assert "answer" not in case.variables, "what a child declares stays in it"
    assert case.last("host.closed")["how"] == "all" and case.shards == {}
    assert case.last("shards.dropped")["host"] == case.last("host.closed")["host"]


def test_an_empty_collection_passes_at_once() -> None:
    case = Case(ASK, people=[])
    assert case.waiting() == ["z"] and case.variables["answers"] == []


@pytest.mark.parametrize("people", [None, "an", {"a": 1}, 3])
def test_what_is_not_a_list_is_an_incident(people: object) -> None:
    case = Case(ASK, people=people)
    assert [i["code"] for i in case.incidents.values()] == ["not_a_list"]
    assert case.waiting() == [] and case.shards == {}


def test_the_completion_condition_is_tried_after_each_child() -> None:
    loop = "[each people as person; until nrOfCompletedInstances >= 2 and nrOfActiveInstances = nrOfInstances - 2]"
    case = Case(model(loop), people=[*PEOPLE, "dung"])
    case.answer("a", 4)
    assert case.waiting() == ["a", "a", "a"]
    case.answer("a", 2)
    assert case.waiting() == ["z"]
    assert case.last("host.closed")["how"] == "condition"
    assert case.shards == {}
    left = {e["task"] for e in case.events if e["e"] == "task.opened" and e.get("index") in (1, 3)}
    for task in left:
        with pytest.raises(bpmn.Stale):
            case.complete(task)


def test_the_condition_sees_the_child_that_has_just_completed() -> None:
    case = Case(model("[each people as person; until veto]", inside="[in false -> veto]"), people=PEOPLE)
    case.answer("a", 1, veto=False)
    assert len(case.waiting()) == 2
    case.answer("a", 3, veto=True)
    assert case.waiting() == ["z"]


def test_the_condition_may_count_the_outputs_so_far() -> None:
    loop = "[each people as person; out answers = answer; until count(answers{}) >= 2]"
    case = Case(model(loop.replace("{}", '[item = "yes"]'), inside="[in null -> answer]"), people=PEOPLE)
    case.answer("a", 1, answer="yes").answer("a", 2, answer="no")
    assert case.waiting() == ["a"]
    case.answer("a", 3, answer="yes")
    assert case.variables["answers"] == ["yes", "no", "yes"]


def test_a_withdrawn_child_does_not_hang_the_others() -> None:
    case = Case(ASK, people=PEOPLE)
    case.answer("a", 1, answer=1)
    case.cancel_task(case.task("a", 2))
    assert case.went("task.cancelled") == ["a"]
    case.answer("a", 3, answer=3)
    assert case.waiting() == ["z"]
    assert case.variables["answers"] == [1, None, 3]


def test_withdrawing_the_last_child_ends_the_loop() -> None:
    case = Case(model("[each people as person]"), people=["an"])
    host = case.last("host.opened")["host"]
    case.cancel_task(f"{host}.1")
    assert case.waiting() == ["z"]
    with pytest.raises(bpmn.Stale):
        case.cancel_task(f"{host}.1")


def test_only_a_child_can_be_withdrawn() -> None:
    case = Case(ASK, people=[])
    with pytest.raises(bpmn.Stale):
        case.cancel_task(case.task("z"))


def test_a_multi_instance_that_runs_may_be_given_more_children() -> None:
    case = Case(ASK, people=PEOPLE)
    host = case.last("host.opened")["host"]
    case.answer("a", 2, answer=2)
    case.extend(host, ["dung", "em"])
    assert (case.last("host.extended")["host"], case.last("host.extended")["count"]) == (host, 2)
    opened = [e for e in case.events if e["e"] == "task.opened"][-2:]
    assert [(e["item"], e["index"], e["host"], e["shard"]) for e in opened] == [
        ("dung", 4, host, f"{host}.4"),
        ("em", 5, host, f"{host}.5"),
    ]
    for index in (5, 1, 3):
        case.answer("a", index, answer=index)
    assert case.waiting() == ["a"], "the loop waits for those who were added, too"
    case.answer("a", 4, answer=4)
    assert case.waiting() == ["z"] and case.variables["answers"] == [1, 2, 3, 4, 5]
    assert case.shards == {}
    with pytest.raises(bpmn.Stale):
        case.extend(host, ["g"])


def test_the_condition_counts_those_who_were_added() -> None:
    case = Case(model("[each people as person; until nrOfCompletedInstances / nrOfInstances > 0.5]"), people=["an"] * 4)
    case.extend(case.last("host.opened")["host"], ["binh", "chi"])
    for index in (6, 2, 3):
        case.answer("a", index)
    assert case.waiting() == ["a", "a", "a"], "three of six are not more than half"
    case.answer("a", 5)
    assert case.waiting() == ["z"] and case.last("host.closed")["how"] == "condition"


def test_who_was_added_may_be_taken_back() -> None:
    case = Case(ASK, people=["an"])
    host = case.last("host.opened")["host"]
    case.extend(host, ["binh"])
    case.cancel_task(f"{host}.2")
    case.answer("a", 1, answer=1)
    assert case.waiting() == ["z"] and case.variables["answers"] == [1, None]


def test_who_is_added_to_a_sequence_comes_last() -> None:
    loop = "[each people as person; out answers = person; sequential]"
    case = Case(model(loop), people=["an"])
    case.extend(case.last("host.opened")["host"], ["binh"])
    assert case.waiting() == ["a"]
    case.do("a")
    assert case.last("task.opened")["item"] == "binh"
    case.do("a")
    assert case.waiting() == ["z"] and case.variables["answers"] == ["an", "binh"]


def test_only_a_multi_instance_may_be_given_more() -> None:
    case = Case(ASK, people=PEOPLE)
    host = case.last("host.opened")["host"]
    before = case.state, dict(case.shards)
    for entity in (f"{host}.1.0", "0", "99", "what"):
        with pytest.raises(bpmn.Stale):
            case.extend(entity, ["g"])
    with pytest.raises(errors.Conflict, match="at most"):
        case.extend(host, [None] * 100_000)
    assert case.extend(host, []) == []
    assert json.loads(case.state) == json.loads(before[0]) and case.shards.keys() == before[1].keys()


def test_a_round_inside_a_child_of_another_may_be_given_more() -> None:
    inner = """<subProcess id="sub">[each groups as group]<startEvent id="is"/>
        <userTask id="a">[each group as person]</userTask>
        ~ is a
        </subProcess>"""
    case = Case(compile(f'<startEvent id="s"/>{inner}<userTask id="z"/>\n~ s sub z'), groups=[["an"], ["binh"]])
    hosts = [e["host"] for e in case.events if e["e"] == "host.opened" and e["el"] == "a"]
    case.extend(hosts[1], ["chi"])
    assert case.last("task.opened")["shard"].startswith(f"{hosts[1]}.")
    while "z" not in case.waiting():
        case.do("a")
    assert case.count("task.completed") == 3


def test_a_condition_that_fails_is_an_incident_of_the_child_and_its_answer_is_kept() -> None:
    case = Case(model("[each people as person; until enough]"), people=PEOPLE)
    case.answer("a", 1)
    assert [i["code"] for i in case.incidents.values()] == ["not_boolean"]
    incident = next(iter(case.incidents))
    assert incident.startswith(f"{case.last('host.opened')['host']}.1.")
    assert case.count("task.completed") == 1
    assert len(case.waiting()) == 2


def test_coming_back_to_a_consultation_starts_clean() -> None:
    definition = compile("""
        <startEvent id="s"/><exclusiveGateway id="m"/>
        <userTask id="a">[each people as person; out answers = person]</userTask>
        <userTask id="w"/><exclusiveGateway id="x"/><endEvent id="e"/>
        ~ s m a w x
        ~ x m if again
        ~ x e default
    """)
    case = Case(definition, people=PEOPLE)
    for _ in range(3):
        for index in (2, 3, 1):
            case.answer("a", index)
        assert case.variables["answers"] == PEOPLE
        case.do("w", again=True)
        assert case.shards.keys() == {e["shard"] for e in case.tasks.values()}
    assert case.count("host.opened") == 4


def test_a_sequence_asks_one_after_the_other() -> None:
    case = Case(
        model("[each people as person; out answers = answer; sequential]", inside="[in null -> answer]"), people=PEOPLE
    )
    for index, person in enumerate(PEOPLE, 1):
        opened = case.last("task.opened")
        assert (opened["item"], opened["index"], opened["shard"]) == (person, index, None)
        assert case.waiting() == ["a"]
        case.do("a", answer=person.upper())
    assert case.waiting() == ["z"] and case.variables["answers"] == ["AN", "BINH", "CHI"]


def test_a_sequence_stops_at_its_condition_and_skips_who_is_withdrawn() -> None:
    case = Case(
        model("[each people as person; until nrOfCompletedInstances = 2; sequential]"), people=[*PEOPLE, "dung"]
    )
    case.do("a")
    case.cancel_task(case.task("a"))
    assert case.last("task.opened")["item"] == "chi"
    case.do("a")
    assert case.waiting() == ["z"]


def test_null_items_are_items() -> None:  # SpiffWorkflow hangs here
    case = Case(model("[each people as person; sequential]"), people=[None, None])
    case.do("a", "a")
    assert case.waiting() == ["z"]


def test_the_cardinality_counts_without_a_collection() -> None:
    loop = (
        "<multiInstanceLoopCharacteristics><loopCardinality>=n + 1</loopCardinality></multiInstanceLoopCharacteristics>"
    )
    assert len(Case(model(loop), n=2).waiting()) == 3
    assert [i["code"] for i in Case(model(loop), n="x").incidents.values()] == ["not_a_number"]


# -- loops around scopes

INNER = '<startEvent id="is"/><userTask id="ia"/><userTask id="ib"/>\n~ is ia ib\n'


def test_a_sub_process_in_several_instances_keeps_its_variables_apart() -> None:
    case = Case(model("[each people as person; out done = person + mark]", task="subProcess",
                      inside="[in null -> mark]" + INNER), people=PEOPLE)  # fmt: skip
    for _ in PEOPLE:
        case.do("ia", mark="!")
    assert case.waiting() == ["ib", "ib", "ib"]
    case.do("ib", "ib", "ib", mark="?")
    assert case.variables == {"people": PEOPLE, "done": ["an?", "binh?", "chi?"]}


def test_a_called_process_in_several_instances() -> None:
    called = compile(INNER, process='id="called"')
    case = Case(
        model("[each people as person]", task="callActivity", inside="[call called]"),
        environment(called),
        people=PEOPLE,
    )
    assert {e["process"] for e in case.tasks.values()} == {called.hash}
    case.do("ia", "ia", "ia", "ib", "ib", "ib")
    assert case.waiting() == ["z"]


def test_shards_inside_shards() -> None:
    nested = '<startEvent id="is"/><userTask id="ia">[each squad as member]</userTask>\n~ is ia\n'
    case = Case(model("[each squads as squad]", task="subProcess", inside=nested), squads=[["a", "b"], ["c"], []])
    assert case.waiting() == ["ia", "ia", "ia"]
    assert [(e["item"], e["shard"].count(".")) for e in case.tasks.values()] == [("a", 3), ("b", 3), ("c", 3)]
    case.do("ia", "ia", "ia")
    assert case.waiting() == ["z"] and case.shards == {}


def test_an_error_in_one_child_ends_the_whole_activity() -> None:
    inner = '<startEvent id="is"/><userTask id="ia"/><endEvent id="ie">[error er]</endEvent>\n~ is ia ie\n'
    catch = '<boundaryEvent id="b" attachedToRef="a">[error er]</boundaryEvent><userTask id="caught"/>\n~ b caught\n'
    case = Case(model("[each people as person]", task="subProcess", inside=inner, beside=catch), people=PEOPLE)
    case.do("ia")
    assert case.waiting() == ["caught"] and case.shards == {} and case.last("host.closed")["how"] == "cancelled"


def test_a_boundary_timer_closes_a_consultation_without_its_shards() -> None:
    """Silence until the deadline: the store drops the shards by the host alone."""
    catch = (
        '<boundaryEvent id="b" attachedToRef="a">[timer Duration P5D]</boundaryEvent><userTask id="late"/>\n~ b late\n'
    )
    case = Case(model("[each people as person]", beside=catch), people=PEOPLE)
    case.answer("a", 2)
    timer = next(iter(case.timers))
    outcome = bpmn.fire(case.definition, case.state, {}, timer, NOW, case.env)
    assert [e["host"] for e in outcome.step.events if e["e"] == "shards.dropped"] == [case.last("host.opened")["host"]]
    case.fire(timer)
    assert case.waiting() == ["late"] and case.shards == {}


def test_a_signal_reaches_children_that_are_not_loaded() -> None:
    inner = """
        <startEvent id="is"/><intermediateCatchEvent id="c">[signal sg]</intermediateCatchEvent><userTask id="ia"/>
        ~ is c ia
    """
    case = Case(model("[each people as person]", task="subProcess", inside=inner), people=PEOPLE)
    assert case.waiting() == []
    with pytest.raises(bpmn.NeedShards) as need:
        bpmn.deliver(case.definition, case.state, {}, "signal", "alarm", {}, NOW, case.env)
    assert need.value.host == case.last("host.opened")["host"] and need.value.ids is None
    case.deliver("signal", "alarm")
    assert case.waiting() == ["ia", "ia", "ia"]
    assert bpmn.deliver(case.definition, case.state, {}, "signal", "alarm", {}, NOW, case.env).step.events == []


def test_a_signal_thrown_in_one_child_reaches_its_brothers() -> None:
    inner = """
        <startEvent id="is"/><userTask id="w"/><endEvent id="t">[signal sg]</endEvent>
        <subProcess id="h" triggeredByEvent="true">
          <startEvent id="hs">[signal sg]</startEvent><userTask id="ht"/>
          ~ hs ht
        </subProcess>
        ~ is w t
    """
    case = Case(model("[each people as person]", task="subProcess", inside=inner), people=PEOPLE)
    case.do("w")
    assert case.waiting() == ["ht", "ht", "ht"]


def test_a_message_goes_to_the_child_whose_key_it_has() -> None:
    inner = '<startEvent id="is"/><receiveTask id="r" messageRef="mk"/><userTask id="ia"/>\n~ is r ia\n'
    definition = compile(
        f'<startEvent id="s"/><subProcess id="a">[each people as person]{inner}</subProcess>\n~ s a',
        around='<message id="mk" name="reply"><ext><zeebe:subscription correlationKey="=person"/></ext></message>',
    )
    case = Case(definition, people=PEOPLE)
    shard = next(e["shard"] for e in case.messages.values() if e["key"] == "binh")
    direct = bpmn.deliver(
        definition, case.state, {shard: case.shards[shard]}, "message", "reply", {}, NOW, case.env, key="binh"
    )
    assert list(direct.shards) == [shard]
    case.deliver("message", "reply", key="binh")
    assert case.last("task.opened")["shard"] == shard
    with pytest.raises(bpmn.Stale):
        case.deliver("message", "reply", key="binh")


def test_an_answer_touches_its_own_shard_only() -> None:
    case = Case(model("[each people as person]"), people=[f"p{n}" for n in range(100)])
    task = case.task("a", 50)
    shard = case.tasks[task]["shard"]
    with pytest.raises(bpmn.NeedShards) as need:
        bpmn.complete(case.definition, case.state, {}, task, {}, NOW, case.env)
    assert need.value.ids == [shard]
    outcome = bpmn.complete(case.definition, case.state, {shard: case.shards[shard]}, task, {}, NOW, case.env)
    assert outcome.shards == {shard: None}
    assert json.loads(outcome.state)["t"][case.last("host.opened")["host"]]["m"]["n"] == [100, 99, 1, 0]


# -- standard loop


def _loop(attributes: str, condition: str = "") -> str:
    inside = f"<loopCondition>={condition}</loopCondition>" if condition else ""
    return f"<standardLoopCharacteristics {attributes}>{inside}</standardLoopCharacteristics>"


def test_a_standard_loop_repeats_while_its_condition_holds() -> None:  # 13.3.6
    case = Case(model(_loop("", "more")))
    case.do("a", more=True).do("a", more=True)
    assert case.waiting() == ["a"]
    case.do("a", more=False)
    assert case.waiting() == ["z"]
    assert [e["index"] for e in case.events if e["e"] == "task.opened" and e["el"] == "a"] == [1, 2, 3]


def test_a_standard_loop_may_test_before_and_pass_at_once() -> None:
    assert Case(model(_loop('testBefore="true"', "more")), more=False).waiting() == ["z"]
    assert Case(model(_loop('testBefore="true"', "more")), more=True).waiting() == ["a"]


def test_a_standard_loop_stops_at_its_maximum() -> None:
    case = Case(model(_loop('loopMaximum="2"', "true"))).do("a", "a")
    assert case.waiting() == ["z"]
    case = Case(model(_loop('loopMaximum="2"'))).do("a", "a")
    assert case.waiting() == ["z"]


def test_what_counts_the_turns_of_a_call_does_not_leave_it() -> None:
    """Only what the called process made goes out, not the counter and the item that belong to the turn."""
    case = Case(
        compile(
            """<startEvent id="s"/><subProcess id="o">[each ["x", "y"] as item; sequential]<startEvent id="os"/>
            <callActivity id="c">[call q][each [7, 8, 9] as number]</callActivity>
            <userTask id="a">[out loopCounter -> turn]</userTask>
            ~ os c a
            </subProcess>
            ~ s o""",
            around="""<process id="q"><startEvent id="qs"/><scriptTask id="w">[script number -> last]</scriptTask>
            ~ qs w
            </process>""",
        )
    )
    assert case.variables == {"last": 9}
    case.do("a")
    assert case.variables == {"last": 9, "turn": 1}
    case.do("a")
    assert case.variables == {"last": 9, "turn": 2} and case.ended == "completed"
