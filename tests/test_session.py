"""An instance that stays in memory: what the tests of the kernel do not meet beside it (they lead one along)."""

import pytest

from engine import bpmn
from engine.bpmn.session import KEPT, Session
from kernel_models import NOW, Case, compile

ASK = """
<startEvent id="s"/><userTask id="ask">[each people as person; out answers = answer]</userTask><userTask id="a"/>
~ s ask a
"""


def test_a_call_that_fails_half_way_leaves_everything_as_it_was() -> None:
    case = Case(ASK, people=["an", "binh"])
    case.answer("ask", 1, answer=1)
    state, shards = case.state, {"2.2": case.shards["2.2"]}
    session = Session(case.definition, case.env, state, shards)
    before = session.texts()
    with pytest.raises(bpmn.NeedShards):
        session.complete("2.2.0", {"answer": 2}, NOW)  # the last one: the answer of the first is wanted
    assert session.texts() == before
    whole = Session(case.definition, case.env, case.state, case.shards)
    assert [e["el"] for e in whole.complete("2.2.0", {"answer": 2}, NOW) if e["e"] == "task.opened"] == ["a"]
    assert whole.variables["answers"] == [1, 2]


def test_many_steps_are_taken_back_to_where_they_were() -> None:
    loop = compile("""
        <startEvent id="s"/><exclusiveGateway id="m"/><userTask id="a"/><exclusiveGateway id="x"/>
        <userTask id="ask">[each people as person; out answers = answer]</userTask>
        ~ s m a x
        ~ x ask if go
        ~ x m default
    """)
    session = Session(loop, bpmn.Env())
    events = session.start({"people": ["an", "binh"]}, NOW)
    for number in range(KEPT + 7):
        task = next(e["task"] for e in events if e["e"] == "task.opened")
        events = session.complete(task, {"go": number == KEPT + 6, "n": number}, NOW)
    before = session.texts()
    with pytest.raises(bpmn.Stale):
        session.complete(task, {}, NOW)
    assert session.texts() == before and session.variables["n"] == KEPT + 6
    host = next(e["host"] for e in events if e["e"] == "host.opened")
    session.complete(f"{host}.1.0", {"answer": 1}, NOW)
    session.complete(f"{host}.2.0", {"answer": 2}, NOW)
    assert session.ended == "completed" and session.variables["answers"] == [1, 2] and not session.texts()[1]


def keys(*elements: str) -> bpmn.Definition:
    scripts = {"x": "{b: 1, a: {d: 1, c: 2}} -> x", "k": "get entries(x).key -> k", "l": "get entries(x).key -> l"}
    made = "".join(f'<scriptTask id="{n}">[script {scripts[n]}]</scriptTask>' for n in elements if n in scripts)
    tasks = "".join(f'<userTask id="{n}"/>' for n in elements if n not in scripts)
    return compile(f'<startEvent id="s"/>{made}{tasks}\n~ s {" ".join(elements)}')


def test_a_context_is_in_the_same_order_in_the_step_that_made_it_and_after_it() -> None:
    definition, env = keys("x", "k", "a", "l", "b"), bpmn.Env()
    out = bpmn.start(definition, {}, NOW, env)
    task = next(e["task"] for e in out.step.events if e["e"] == "task.opened")
    found = bpmn.variables(bpmn.complete(definition, out.state, {}, task, {}, NOW, env).state)
    assert found["k"] == found["l"] == ["a", "b"]


def test_what_comes_from_outside_is_in_the_same_order_too() -> None:
    definition, env = keys("a", "k", "b"), bpmn.Env()
    out = bpmn.start(definition, {}, NOW, env)
    task = next(e["task"] for e in out.step.events if e["e"] == "task.opened")
    out = bpmn.complete(definition, out.state, {}, task, {"x": {"b": 1, "a": 2}}, NOW, env)
    assert bpmn.variables(out.state)["k"] == ["a", "b"]


def test_a_caller_may_change_what_it_gave() -> None:
    case = compile('<startEvent id="s"/><userTask id="a"/><userTask id="b"/>\n~ s a b')
    session = Session(case, bpmn.Env())
    given = {"list": [1]}
    session.start(given, NOW)
    given["list"].append(2)
    assert session.variables == {"list": [1]}
