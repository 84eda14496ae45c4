"""Playing a model in memory: answers, jobs, silence, timers on a virtual clock."""

import datetime as dt
from typing import Any

from engine.bpmn.simulate import play
from kernel_models import NOW, compile, environment

MODEL = compile("""
<startEvent id="s"/><exclusiveGateway id="m"/><userTask id="draft"/>
<userTask id="ask">[each people as person; out answers = answer][in null -> answer]</userTask>
<boundaryEvent id="silence" attachedToRef="ask">[timer Duration P5D]</boundaryEvent>
<serviceTask id="send">[job mail]</serviceTask>
<userTask id="gate"/><exclusiveGateway id="x"/><endEvent id="e"/>
~ s m draft ask gate x
~ silence send gate
~ x m if outcome = "return"
~ x e default
""")


def run(answers: dict[str, Any], until: str | None = None) -> list[dict[str, Any]]:
    people = {"people": ["an", "binh"]}
    return list(play(MODEL, environment(), people, answers, until, now=NOW))


def entered(events: list[dict[str, Any]]) -> list[str]:
    return [e["el"] for e in events if e["e"] == "element.entered"]


def test_a_run_stops_where_nobody_answers() -> None:
    events = run({"draft": {}})
    assert entered(events)[-3:] == ["send", "m", "gate"] or entered(events)[-1] == "gate"
    assert events[-1]["e"] == "task.opened" and events[-1]["el"] == "gate"


def test_children_of_a_consultation_answer_by_their_index() -> None:
    events = run({"draft": {}, "ask": [{"answer": "có"}, {"answer": "không"}], "gate": {"outcome": "ok"}})
    assert events[-1] == {"at": "2022-01-10T02:00:00Z", "e": "instance.ended", "how": "completed"}
    assert not any(e["e"] == "timer.fired" for e in events)


def test_a_silent_child_waits_for_the_timer_and_the_clock_goes_forward() -> None:
    events = run({"draft": {}, "ask": [{"answer": "có"}, None], "gate": {"outcome": "ok"}})
    assert events[-1]["at"] == "2022-01-15T02:00:00Z" and events[-1]["how"] == "completed"
    assert [e["el"] for e in events if e["e"] == "job.wanted"] == ["send"]


def test_a_list_answers_visit_by_visit() -> None:
    rounds = [{"outcome": "return"}, {"outcome": "return"}, {"outcome": "ok"}]
    two = [[{"answer": 1}, {"answer": 2}]] * 2
    events = run({"draft": {}, "ask": two, "gate": rounds})
    assert entered(events).count("draft") == 3 and entered(events).count("gate") == 3
    assert events[-1]["how"] == "completed"
    assert sum(e["e"] == "timer.fired" for e in events) == 1, "the third round has no answers left"


def test_until_stops_the_clock() -> None:
    events = run({"draft": {}}, "2022-01-12")
    assert events[-1]["el"] == "ask" and not any(e["e"] == "timer.fired" for e in events)


def test_a_message_arrives_where_an_answer_is_given() -> None:
    model = compile(
        '<startEvent id="s"/><receiveTask id="r" messageRef="m"/><userTask id="a"/>\n~ s r a',
        around='<message id="m" name="letter"><ext><zeebe:subscription correlationKey="=1 + 1"/></ext></message>',
    )
    events = list(play(model, environment(), {}, {"r": {"x": 1}}, now=NOW))
    assert entered(events) == ["s", "r", "a"]


def test_an_endless_timer_does_not_play_for_ever() -> None:
    model = compile("""
        <startEvent id="s"/><userTask id="a"/>
        <boundaryEvent id="b" attachedToRef="a" cancelActivity="false">[timer Cycle R/PT1H]</boundaryEvent>
        <endEvent id="e"/>
        ~ s a
        ~ b e
    """)
    events = list(play(model, environment(), now=NOW))
    assert sum(e["e"] == "timer.fired" for e in events) == 1000
    assert len(list(play(model, environment(), until=NOW + dt.timedelta(hours=3), now=NOW))) < 40
