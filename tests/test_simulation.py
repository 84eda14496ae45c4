"""Simulation: what can be worked out by hand comes out; nothing is dropped; every simulated run is a run of the kernel.

Chance is seeded: what holds here holds on every machine.
"""

import datetime as dt
import json
import math
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import engine
from engine import bpmn, lint
from engine.bpmn import parameters, sampling, stimuli, world
from engine.bpmn.session import Session
from engine.bpmn.tally import Tally, report
from engine.bpmn.worktime import WorkingTime
from engine.errors import Invalid
from kernel_models import compile, xml
from properties.test_processes import model
from random_processes import Block, processes

T1 = Path(__file__).parents[1] / "workflows" / "chi_thi_khcn" / "chi_thi_khcn.bpmn"
# Monday 10/01/2022, 08:00 at the office
MONDAY = dt.datetime(2022, 1, 10, 1, 0, tzinfo=dt.UTC)
LINE = '<startEvent id="s"/><userTask id="a"/><userTask id="b"/><endEvent id="e"/>\n~ s a b e'
ONE = '<startEvent id="s"/><userTask id="a"/><endEvent id="e"/>\n~ s a e'


def run(body: str, given: dict[str, Any], cases: int = 1, seed: int = 1, **around: str) -> dict[str, Any]:
    """A simulation of a model in short form, in this process."""
    definition = compile(body, **around)
    read = parameters.read(given, MONDAY)
    parameters.check(read, [definition])
    tally = Tally()
    numbers = range(cases)

    def source(number: int) -> random.Random:
        return random.Random(f"{seed} case {number}")

    if world.shared(read):
        tally.add(world.together(definition, bpmn.Env(), read, numbers, source, random.Random(seed)))
    else:
        tally.add(world.alone(definition, bpmn.Env(), read, numbers, source))
    return report(tally, read, definition, [], seed=seed)


def element(result: dict[str, Any], name: str) -> dict[str, Any]:
    return next(e for e in result["elements"] if e["element"] == name)


def hours(n: float) -> dict[str, Any]:
    return {"fixed": n, "time": "calendar"}


# --- what can be worked out by hand -------------------------------------------------------------------------------


def test_fixed_durations_add_up() -> None:
    result = run(LINE, {"elements": {"a": {"duration": hours(30)}, "b": {"duration": hours(18)}}}, 3)
    assert result["days"]["n"] == result["finished"] == 3
    assert result["days"]["mean"] == result["days"]["median"] == result["days"]["p95"] == 2.0
    assert (element(result, "a")["critical"], element(result, "b")["critical"]) == (0.625, 0.375)
    assert result["finishing"]["median"] == "2022-01-12T01:00:00Z"


def test_working_time_skips_nights_and_weekends() -> None:
    result = run(ONE, {"elements": {"a": {"duration": "P5D"}}})
    assert result["finishing"]["median"] == "2022-01-14T10:30:00Z", "Friday at the end of work, not Monday morning"
    result = run(ONE, {"elements": {"a": {"duration": "P5DT1H"}}})
    assert result["finishing"]["median"] == "2022-01-17T02:00:00Z"
    assert element(result, "a")["working"]["mean"] == 41.0


def test_hours_of_the_office_can_be_stated() -> None:
    given = {"hours": ["09:00-15:00"], "elements": {"a": {"duration": "P2D"}}}
    assert run(ONE, given)["finishing"]["median"] == "2022-01-11T08:00:00Z"


def test_one_person_and_work_that_comes_faster_than_it_is_done() -> None:
    given = {"arrivals": hours(1), "people": {"r": 1}, "elements": {"a": {"duration": hours(2), "role": "r"}}}
    result = run(ONE, given, 10)
    a, role = element(result, "a"), result["roles"][0]
    assert a["waiting"]["mean"] == 4.5 and a["working"]["mean"] == 2, "case i waits i hours, counted from 0"
    assert role["peak"] == 5 and role["tasks"] == 10 and role["busy"] == 20
    assert result["days"]["max"] == pytest.approx(11 / 24, abs=1e-4)


def test_more_people_and_nobody_waits() -> None:
    given = {"arrivals": hours(1), "people": {"r": 2}, "elements": {"a": {"duration": hours(2), "role": "r"}}}
    result = run(ONE, given, 10)
    assert element(result, "a")["waiting"]["mean"] == 0


def test_the_most_important_task_is_done_first() -> None:
    def task(name: str, priority: int) -> str:
        return f'<userTask id="{name}"><ext><zeebe:priorityDefinition priority="{priority}"/></ext></userTask>'

    body = f"""
        <startEvent id="s"/><parallelGateway id="f"/>{task("first", 50)}{task("small", 10)}{task("great", 90)}
        ~ s f first
        ~ f small
        ~ f great
    """
    step = {"duration": hours(1), "role": "r"}
    result = run(body, {"people": {"r": 1}, "elements": {n: step for n in ("first", "small", "great")}})
    waiting = {e["element"]: e["waiting"]["mean"] for e in result["elements"]}
    assert waiting == {"first": 0, "great": 1, "small": 2} and result["roles"][0]["peak"] == 2


def test_a_queue_of_random_arrivals_is_as_long_as_theory_says() -> None:
    """M/M/1: with 1 arrival in 2 hours and 1 hour of work, a case is there for 2 hours in the mean, half of it waiting,
    and the person works half of the time."""
    exponential: Callable[[float], dict[str, Any]] = lambda n: {"gamma": {"mean": n, "sd": n}, "time": "calendar"}  # noqa: E731
    given = {
        "arrivals": exponential(2),
        "people": {"r": 1},
        "elements": {"a": {"duration": exponential(1), "role": "r"}},
    }
    result = run(ONE, given, 6_000, seed=7)
    assert result["days"]["mean"] * 24 == pytest.approx(2, rel=0.1)
    assert element(result, "a")["waiting"]["mean"] == pytest.approx(1, rel=0.15)


CHOICE = """
<startEvent id="s"/><userTask id="a"/><exclusiveGateway id="x"/><endEvent id="yes"/><endEvent id="no"/>
~ s a x
~ x yes if ok
~ x no default
"""


def test_outcomes_come_as_often_as_stated() -> None:
    outcomes = [{"weight": 3, "variables": {"ok": True}}, {"weight": 7, "variables": {"ok": False}}]
    result = run(CHOICE, {"elements": {"a": {"outcomes": outcomes}}}, 2_000)
    found = {end["end"]: end["cases"] for end in result["ends"]}
    assert found["yes"] + found["no"] == 2_000
    assert found["yes"] == pytest.approx(600, abs=4 * math.sqrt(2_000 * 0.3 * 0.7))


RETURN = """
<startEvent id="s"/><exclusiveGateway id="m"/><userTask id="a"/><exclusiveGateway id="x"/><endEvent id="e"/>
~ s m a x
~ x m if again
~ x e default
"""


def test_rounds_of_rework_follow_the_geometric_distribution() -> None:
    outcomes = [{"variables": {"again": True}}, {"weight": 3, "variables": {"again": False}}]
    result = run(RETURN, {"elements": {"a": {"duration": hours(1), "outcomes": outcomes}}}, 3_000)
    a = element(result, "a")
    assert a["visits"] == pytest.approx(4 / 3, rel=0.03) and a["again"] == pytest.approx(1 / 4, rel=0.1)
    assert result["rework"]["cases"] == a["again"] and result["rework"]["rounds"] == pytest.approx(1 / 3, rel=0.1)
    assert result["days"]["mean"] * 24 == pytest.approx(4 / 3, rel=0.03)


def test_the_second_visit_may_be_stated_apart() -> None:
    given = {
        "elements": {
            "a": {
                "duration": hours(10),
                "outcomes": [{"variables": {"again": True}}],
                "again": {"duration": hours(2), "outcomes": [{"variables": {"again": False}}]},
            }
        }
    }
    result = run(RETURN, given, 5)
    assert result["days"]["mean"] == 0.5 and result["rework"] == {"cases": 1.0, "rounds": 1.0, "most": 1}


def test_the_children_of_a_consultation_are_one_visit() -> None:
    body = """
        <startEvent id="s"/><exclusiveGateway id="m"/><userTask id="ask">[each people as person]</userTask>
        <userTask id="a"/><exclusiveGateway id="x"/><endEvent id="e"/>
        ~ s m ask a x
        ~ x m if again
        ~ x e default
    """
    given = {
        "variables": {"people": ["an", "binh", "chi"]},
        "elements": {
            "ask": {"duration": hours(4), "again": {"duration": hours(1)}},
            "a": {
                "duration": hours(0),
                "outcomes": [{"variables": {"again": True}}],
                "again": {"outcomes": [{"variables": {"again": False}}]},
            },
        },
    }
    result = run(body, given, 2)
    ask = element(result, "ask")
    assert (ask["opened"], ask["visits"], ask["again"]) == (12, 2, 1) and result["rework"]["most"] == 1
    assert ask["working"]["mean"] == 2.5 and result["days"]["mean"] == pytest.approx(5 / 24, abs=1e-4)


LIMIT = """
<startEvent id="s"/><userTask id="a"/><boundaryEvent id="t" attachedToRef="a">[timer Duration PT10H]</boundaryEvent>
<endEvent id="done"/><endEvent id="late"/>
~ s a done
~ t late
"""


def test_a_boundary_timer_races_with_the_work() -> None:
    exponential = {"gamma": {"mean": 10, "sd": 10}, "time": "calendar"}
    result = run(LIMIT, {"elements": {"a": {"duration": exponential}}}, 2_000)
    late = next(end["cases"] for end in result["ends"] if end["end"] == "late") / 2_000
    assert late == pytest.approx(math.exp(-1), abs=4 * math.sqrt(0.37 * 0.63 / 2_000))
    assert element(result, "a")["withdrawn"] == round(late * 2_000)
    assert result["days"]["max"] <= 10 / 24 + 1e-4


def test_the_path_that_came_last_is_the_critical_one() -> None:
    body = """
        <startEvent id="s"/><parallelGateway id="f"/><userTask id="a"/><userTask id="b"/><userTask id="c"/>
        <parallelGateway id="j"/><endEvent id="e"/>
        ~ s f a j c e
        ~ f b j
    """
    given = {"elements": {n: {"duration": hours(h)} for n, h in {"a": 3, "b": 7, "c": 1}.items()}}
    result = run(body, given)
    assert [(e["element"], e["critical"]) for e in result["elements"]] == [("b", 0.875), ("c", 0.125), ("a", 0.0)]


def test_messages_arrive_after_a_while_and_expressions_read_the_case() -> None:
    body = """
        <startEvent id="s"/><receiveTask id="r" messageRef="m"/><exclusiveGateway id="x"/>
        <endEvent id="yes"/><endEvent id="no"/>
        ~ s r x
        ~ x yes if y = 4
        ~ x no default
    """
    around = '<message id="m" name="letter"><ext><zeebe:subscription correlationKey="=k"/></ext></message>'
    given = {
        "variables": {"k": "1", "x": 3},
        "messages": {"letter": {"duration": hours(5), "outcomes": [{"variables": {"y": "=x + 1"}}]}},
    }
    result = run(body, given, around=around)
    assert result["ends"][0]["end"] == "yes" and result["days"]["mean"] == pytest.approx(5 / 24, abs=1e-4)


def test_jobs_fail_and_are_tried_again_and_report_errors() -> None:
    body = """
        <startEvent id="s"/><serviceTask id="a">[job mail]</serviceTask>
        <boundaryEvent id="b" attachedToRef="a">[error x]</boundaryEvent><endEvent id="e"/><endEvent id="f"/>
        ~ s a e
        ~ b f
    """
    around = '<error id="x" errorCode="X"/>'
    failing = [{"weight": 1, "failure": "no network", "retry": hours(1)}, {"weight": 1, "error": "X"}]
    result = run(body, {"elements": {"a": {"outcomes": failing}}}, 400, around=around)
    assert [end["end"] for end in result["ends"]] == ["f"] and result["unfinished"] == 0
    assert result["days"]["mean"] * 24 == pytest.approx(1, rel=0.2), "as many failures before the error as after none"


def test_limits_are_judged_when_a_case_ends() -> None:
    given = {
        "variables": {"due": "2022-01-11T01:00:00Z"},
        "elements": {"a": {"duration": {"sample": [20, 30], "time": "calendar"}}},
        "limits": {"law": "=date and time(due)", "nonsense": "=1 + 1"},
    }
    result = run(ONE, given, 400)
    law = result["limits"]["law"]
    assert law["met"] + law["missed"] == 400 and law["late"] == pytest.approx(0.5, abs=0.1) and law["margin"] < 0.06
    assert result["limits"]["nonsense"]["unknown"] == 400
    all_late = run(ONE, given | {"elements": {"a": {"duration": hours(30)}}}, 100)["limits"]["law"]
    assert all_late["late"] == 1 and 0.01 < all_late["margin"] < 0.04, "a hundred late ones do not prove that all are"


def test_tasks_have_due_dates_of_their_own() -> None:
    due = '<ext><zeebe:taskSchedule dueDate="2022-01-10T05:00:00Z"/></ext>'
    body = f'<startEvent id="s"/><userTask id="a">{due}</userTask>\n~ s a'
    result = run(body, {"elements": {"a": {"duration": {"sample": [3, 5], "time": "calendar"}}}}, 400)
    assert element(result, "a")["late"] == pytest.approx(0.5, abs=0.1)


# --- nothing is dropped -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "given", "why", "detail"),
    [
        (ONE, {"elements": {"a": {"outcomes": [{"never": True}]}}}, "waiting", "task a"),
        (CHOICE.replace("default", "if not(ok)"), {}, "incident", "at x"),
        (RETURN, {"elements": {"a": {"outcomes": [{"variables": {"again": True}}]}}, "steps": 50}, "steps", ""),
        (ONE, {"elements": {"a": {"duration": "P30D"}}, "until": "P10D"}, "until", ""),
        (
            '<startEvent id="s"/><intermediateCatchEvent id="c">[message letter]</intermediateCatchEvent>\n~ s c',
            {},
            "waiting",
            "message c",
        ),
    ],
)
def test_what_does_not_end_says_why(body: str, given: dict[str, Any], why: str, detail: str) -> None:
    result = run(body, given, 7, around='<message id="letter" name="m"/>')
    assert (result["finished"], result["unfinished"], result["days"]["n"]) == (0, 7, 0)
    (reason,) = result["reasons"]
    assert reason["why"] == why and detail in reason["detail"] and reason["cases"] == 7


def test_what_was_not_stated_is_named() -> None:
    result = run(LINE, {"elements": {"a": {"duration": "P1D"}}})
    assert result["assumed"] == ["b"] and element(result, "b")["assumed"]


def test_what_never_happened_is_named() -> None:
    given = {"elements": {"a": {"outcomes": [{"variables": {"ok": True}}]}, "no": {}}}
    assert run(CHOICE, given)["unused"] == ["no"]


def test_the_longest_queue_is_told_and_not_the_last() -> None:
    tally = Tally()
    for length in (1, 5, 2):
        tally.queued("r", length)
    assert tally.roles["r"].peak == 5


# --- parameters ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"element": {}}, "element"),
        ({"start": "tomorrow"}, "start"),
        ({"hours": ["12:00-08:00"]}, "hours.0"),
        ({"people": {"r": 0}}, "people.r"),
        ({"limits": {"l": "=1 +"}}, "limits.l"),
        ({"defaults": {"task": "P1Y"}}, "defaults.task.fixed"),
        ({"elements": []}, "elements"),
        ({"elements": {"a": {"duration": {"normal": [1, 2]}}}}, "elements.a.duration"),
        ({"elements": {"a": {"duration": {"uniform": [2, 1]}}}}, "elements.a.duration.uniform"),
        ({"elements": {"a": {"duration": {"triangular": [1, "x", 3]}}}}, "elements.a.duration.triangular.1"),
        ({"elements": {"a": {"duration": {"sample": []}}}}, "elements.a.duration.sample"),
        ({"elements": {"a": {"duration": {"fixed": 1, "time": "night"}}}}, "elements.a.duration.time"),
        ({"elements": {"a": {"duration": {"gamma": {"mean": 0, "sd": 1}}}}}, "elements.a.duration.gamma.mean"),
        ({"elements": {"a": {"duration": {"gamma": {"mean": 2}}}}}, "elements.a.duration.gamma"),
        (
            {"elements": {"a": {"duration": {"lognormal": {"median": 3, "p90": 2}}}}},
            "elements.a.duration.lognormal.p90",
        ),
        ({"elements": {"a": {"outcomes": []}}}, "elements.a.outcomes"),
        ({"elements": {"a": {"outcomes": [{"weight": -1}]}}}, "elements.a.outcomes.0.weight"),
        ({"elements": {"a": {"outcomes": [{"weight": 0}]}}}, "elements.a.outcomes"),
        ({"elements": {"a": {"outcomes": [{"error": "E", "never": True}]}}}, "elements.a.outcomes.0"),
        ({"elements": {"a": {"outcomes": [{"variables": {"x": "=("}}]}}}, "elements.a.outcomes.0.variables.x"),
        ({"elements": {"a": {"again": {"role": "r"}}}}, "elements.a.again.role"),
        ({"elements": {"zzz": {}}}, "elements.zzz"),
        ({"until": -1}, "until"),
        ({"steps": 0}, "steps"),
        ({"messages": {"m": {"duration": True}}}, "messages.m.duration"),
    ],
)
def test_a_fault_names_its_field(given: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        run(ONE, given)
    assert field in refused.value.fields and field in refused.value.message


def test_all_faults_are_found_in_one_pass() -> None:
    with pytest.raises(Invalid) as refused:
        parameters.read({"steps": "x", "people": {"r": "x"}, "start": 1}, MONDAY)
    assert set(refused.value.fields) == {"steps", "people.r", "start"}


# --- distributions ------------------------------------------------------------------------------------------------


def _normal(x: float) -> float:
    return (1 + math.erf(x / math.sqrt(2))) / 2


SHAPES: dict[str, tuple[dict[str, Any], Callable[[float], float]]] = {
    "uniform": ({"uniform": [2, 6]}, lambda x: (x - 2) / 4),
    "triangular": (
        {"triangular": [0, 3, 4]},
        lambda x: x * x / 12 if x <= 3 else 1 - (4 - x) ** 2 / 4,
    ),
    "lognormal by quantiles": (
        {"lognormal": {"median": 4, "p90": 16}},
        lambda x: _normal(math.log(x / 4) / (math.log(4) / 1.2815515655446004)),
    ),
    "lognormal by moments": (
        {"lognormal": {"mean": 5, "sd": 5}},
        lambda x: _normal((math.log(x) - math.log(5) + math.log(2) / 2) / math.sqrt(math.log(2))),
    ),
    "gamma": ({"gamma": {"mean": 3, "sd": 3}}, lambda x: 1 - math.exp(-x / 3)),
    "gamma by quantiles": (
        {"gamma": {"median": math.log(2), "p90": math.log(10)}},
        lambda x: 1 - math.exp(-x),
    ),
}


def distance(given: dict[str, Any], share: Callable[[float], float], n: int = 4_000) -> float:
    """How far the sampled values are from a distribution (Kolmogorov and Smirnov), in units of what chance allows."""
    read = parameters.read({"elements": {"a": {"duration": given | {"time": "calendar"}}}}, MONDAY)
    duration = read.elements["a"].duration
    assert duration is not None
    chance = random.Random(11)
    values = sorted(duration.sample(chance) / 3600 for _ in range(n))
    return max(abs(share(v) - (i + 0.5) / n) for i, v in enumerate(values)) * math.sqrt(n)


@pytest.mark.parametrize("shape", SHAPES)
def test_durations_are_distributed_as_stated(shape: str) -> None:
    given, share = SHAPES[shape]
    assert distance(given, share) < 1.63, "one of a hundred seeds would be further away"


@pytest.mark.parametrize("shape", SHAPES)
def test_a_wrong_distribution_is_noticed(shape: str) -> None:
    given, share = SHAPES[shape]
    assert distance(given, lambda x: share(max(x * 0.9, 2 if shape == "uniform" else 0.001))) > 1.63


@pytest.mark.parametrize("shape", [0.3, 1.0, 4.0, 250.0])
def test_quantiles_of_gamma_agree_with_sampling(shape: float) -> None:
    chance = random.Random(5)
    values = sorted(chance.gammavariate(shape, 1) for _ in range(8_000))
    for share in (0.5, 0.9):
        near = sampling.gamma_quantile(shape, share)
        assert sum(v <= near for v in values) / 8_000 == pytest.approx(share, abs=0.02)


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 60 * 86_400), st.integers(0, 40 * 8 * 3600), st.integers(0, 40 * 8 * 3600))
def test_working_time_is_a_line(offset: int, first: int, second: int) -> None:
    start = world.seconds(MONDAY) + offset
    work = WorkingTime(None, world.seconds(MONDAY))
    then = work.after(start, first)
    assert work.between(start, then) == first and then >= start
    assert work.after(then, second) == work.after(start, first + second)
    local = (dt.datetime.fromtimestamp(then, dt.UTC) + dt.timedelta(hours=7)).time()
    assert first == 0 or dt.time(8) < local <= dt.time(12) or dt.time(13, 30) < local <= dt.time(17, 30)


# --- every simulated run is a run of the kernel -------------------------------------------------------------------


class Watched(Session):
    """A session that notes what was done to it and what happened."""

    __slots__ = ("acts",)

    def __init__(self, definition: bpmn.Definition, env: bpmn.Env) -> None:
        super().__init__(definition, env)
        self.acts: list[tuple[Any, dt.datetime, list[dict[str, Any]]]] = []

    def apply(self, act: Any, now: dt.datetime) -> list[dict[str, Any]]:
        events = super().apply(act, now)
        self.acts.append((act, now, json.loads(json.dumps(events))))
        return events


class Watching(world.World):
    """A world whose sessions are watched."""

    watched: list[Watched]

    def session(self, number: int) -> Session:
        found = Watched(self.definition, self.env)
        self.watched.append(found)
        return found


COMMON = {"deadline": None, "suppress_health_check": list(HealthCheck), "derandomize": True}


@settings(max_examples=60, **COMMON)
@given(processes(), st.integers(0, 11), st.integers(0, 10**6))
def test_every_simulated_run_is_a_run_of_the_kernel(block: Block, k: int, seed: int) -> None:
    definition, _ = model(block)
    answers = [{"variables": {"k": n}} for n in range(12)]
    given = {
        "variables": {"k": k},
        "elements": {
            e.id: {"duration": {"uniform": [0, "P3D"]}, "outcomes": answers}
            for e in definition.elements.values()
            if e.type == "userTask" or any(x.kind == "message" for x in e.events)
        },
        "steps": 200,
    }
    read = parameters.read(given, MONDAY)
    work = WorkingTime(None, world.seconds(MONDAY))
    tally = Tally()
    watching = Watching(definition, bpmn.Env(), read, tally, work)
    watching.watched = []
    watching.run(range(3), lambda n: random.Random(seed + n))
    assert tally.cases == 3 == len(tally.finished) + sum(n for e, n in tally.ends.items() if e.startswith("("))
    for session in watching.watched:
        state, shards = "", dict[str, str]()
        for act, now, events in session.acts:
            if not state:
                out = stimuli.start(definition, {"k": k}, now, bpmn.Env())
            else:
                out = stimuli.apply(definition, state, shards, act, now, bpmn.Env())
            state = out.state
            shards = {p: t for p, t in {**shards, **out.shards}.items() if t is not None}
            assert out.step.events == events
        assert session.texts() == (state, shards)


def test_a_simulated_run_visits_nothing_that_lint_calls_unreachable() -> None:
    body = """
        <startEvent id="s"/><userTask id="a"/><exclusiveGateway id="x"/><userTask id="b"/><userTask id="dead"/>
        <endEvent id="e"/>
        ~ s a x
        ~ x b if k = 1
        ~ x dead if false
        ~ x e default
        ~ b e
        ~ dead e
    """
    definition = compile(body)
    found = {f.element for f in lint.examine(definition).findings}
    assert "dead" in found
    result = run(body, {"elements": {"a": {"outcomes": [{"variables": {"k": 1}}, {"variables": {"k": 2}}]}}}, 100)
    assert {e["element"] for e in result["elements"]} == {"a", "b"}


# --- files, seeds, processes --------------------------------------------------------------------------------------


@pytest.fixture
def file(tmp_path: Path) -> Path:
    found = tmp_path / "p.bpmn"
    found.write_bytes(xml(RETURN))
    return found


RANDOM = {
    "elements": {
        "a": {
            "duration": {"lognormal": {"median": "PT3H", "p90": "P2D"}},
            "outcomes": [{"variables": {"again": True}}, {"weight": 3, "variables": {"again": False}}],
        }
    }
}


def test_the_same_seed_gives_the_same_result_on_any_number_of_processes(file: Path) -> None:
    one = engine.simulate(file, RANDOM, cases=250, seed=5)
    assert engine.simulate(file, RANDOM, cases=250, seed=5, processes=2) == one
    assert engine.simulate(file, RANDOM, cases=250, seed=6)["days"] != one["days"]
    assert one["seed"] == 5 and one["parameters"] == RANDOM and one["cases"] == 250


def test_a_shared_world_is_repeated_in_replications(file: Path) -> None:
    given = RANDOM | {"people": {"-": 1}, "arrivals": "P1D", "replications": 3}
    done: list[int] = []
    one = engine.simulate(file, given, cases=30, seed=5, progress=done.append)
    assert done == [10, 20, 30]
    assert engine.simulate(file, given, cases=30, seed=5, processes=2) == one
    assert one["roles"][0]["people"] == 1 and 0 < one["roles"][0]["utilisation"] <= 1


def test_t1_is_simulated_with_its_own_assumptions() -> None:
    given = json.loads((T1.parent / "simulation.json").read_text("utf-8"))
    assert "GIẢ ĐỊNH" in given["about"]
    result = engine.simulate(T1, given, cases=60, seed=2)
    assert (result["finished"], result["assumed"], result["unused"]) == (60, [], [])
    ends = {end["end"]: end["cases"] for end in result["ends"]}
    assert ends["da_ban_hanh"] > 45
    assert 50 < result["days"]["median"] < 110 and 0 < result["limits"]["latest_finish"]["late"] < 0.4
    assert result["limits"]["planned_finish"]["late"] > result["limits"]["latest_finish"]["late"]
    assert element(result, "xay_dung_du_thao")["visits"] > 1 and result["rework"]["cases"] > 0.4
    assert sum(e["critical"] for e in result["elements"]) == pytest.approx(1, abs=0.01)
